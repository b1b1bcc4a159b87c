// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A BGP speaker that says what a file tells it to, right or wrong, to a route
 * server that is under test, and a second one that watches what comes of it.
 *
 *	speaker [-i] FILE SERVER OBSERVER FIRST
 *
 * FILE has cases as in unit/vectors.h. Each is a session of its own, from
 * FIRST, FIRST + 1 and so on, all with AS 65001: what an error does to the
 * next session of the same neighbor is not the subject here. With -i all
 * sessions are internal, the observer's as well. The steps of a case, in
 * order:
 *
 *	open BODY	the OPEN's body instead of the usual one
 *	caps BYTES	its capabilities instead of the usual ones
 *	no-open		none at all
 *	refuse BODY	a connection before that: the server's OPEN is answered
 *			by this NOTIFICATION, behind the case's own OPEN; the
 *			server's OPEN that follows is told
 *	as2		routes in the way of those without 4-octet AS numbers
 *	add-path	and in the way of those with path identifiers, here 1
 *	early		what follows is sent before the session is up
 *	message BYTES	one message: its type and its body
 *	raw BYTES	as they are
 *	listen BYTES	wait until the server has sent this message
 *	withdrawn BYTES, attrs BYTES, nlri BYTES
 *			the fields of an UPDATE, sent after all of the above
 *
 * Before the steps, unless they are "early", the routes 10.250.0.0/16 and,
 * where the OPEN is the usual one and the session external, fd00:250::/32 are
 * announced and seen by the observer. Behind them comes 10.251.0.0/16: when
 * the observer has seen that, it has seen all that came before. What is told
 * then:
 *
 *	= reset CODE/SUBCODE DATA	the NOTIFICATION
 *	= closed			the connection, without one
 *	= up				the session is
 *	= sent ROUTE-REFRESH BODY	what else the server has said to us
 *	= sent OPEN BODY		the second one
 *	= PREFIX path N... [FLAGS CODE VALUE]...
 *					what the observer was announced last;
 *					ORIGINATOR_ID may be "speaker"
 *	= PREFIX -			it has been withdrawn
 *
 * of these two prefixes. The observer's session, external with AS 65002, is
 * up throughout, or all fails.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/attr_wire.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "ktap.h"
#include "unit/vectors.h"

#define SUBJECT		"10.250.0.0/16"
#define SUBJECT_V6	"fd00:250::/32"
#define SENTINEL	"10.251.0.0/16"
#define OUR_AS		65515		/* the server's */
#define PATIENCE	10000		/* milliseconds */
#define N_ROUTES	8

struct link {
	int fd;
	uint8_t buf[2 * BGP_MSG_MAX_EXT];
	size_t len;
};

/* What the observer has been told of a prefix. */
static struct route {
	char prefix[PREFIX_STRLEN];
	char text[512];			/* "-": withdrawn */
} routes[N_ROUTES];

static struct sockaddr_in server, first, observer_addr;
static struct link observer, tested;
static struct bgp_update *parser;
static unsigned int n_cases;
static uint32_t identifier;	/* the case's */
static bool internal;			/* the sessions are */
static char *out;			/* of the case at hand */
static struct rbuf awaited;		/* message of its "listen" */
static bool heard;

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

static void print_lines(const char *title, const char *text)
{
	size_t len;

	printf("# %s\n", title);
	for (; *text; text += len) {
		len = strcspn(text, "\n") + 1;
		printf("#   %.*s", (int)len, text);
	}
}

void vector_result(bool ok, const struct vector *v, const char *got)
{
	if (ktap_ok(ok, "%s", v->name))
		return;
	print_lines("expected:", v->expect);
	print_lines("got:", got);
}

/* ---- links ----------------------------------------------------------- */

static void link_open(struct link *link, struct sockaddr_in from)
{
	int one = 1;

	link->len = 0;
	link->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (link->fd < 0)
		err(1, "socket");
	setsockopt(link->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(link->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(link->fd, (struct sockaddr *)&server, sizeof(server)))
		err(1, "%s", inet_ntoa(from.sin_addr));
}

static void link_close(struct link *link)
{
	close(link->fd);
	link->fd = -1;
}

/* The server may have closed: that is told by reading. */
static void link_send(struct link *link, const void *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(link->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EPIPE && errno != ECONNRESET)
			err(1, "send");
		if (n < 0)
			return;
		data = (const uint8_t *)data + n;
		len -= n;
	}
}

/* Wait for bytes on either link; false if the time is over. */
static bool wait_for(int64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = observer.fd, .events = POLLIN },
		{ .fd = tested.fd, .events = POLLIN },
	};
	int64_t left = deadline - now_ms();

	return left > 0 && poll(fds, 2, left) > 0;
}

/* Take what is there; false: the connection is at its end. */
static bool link_fill(struct link *link)
{
	ssize_t n = recv(link->fd, link->buf + link->len,
			 sizeof(link->buf) - link->len, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	link->len += n;
	return true;
}

static bool link_next(struct link *link, enum bgp_msg_type *type,
		      uint8_t *data, struct rbuf *body)
{
	struct rbuf stream = rbuf_make(link->buf, link->len), r;
	struct bgp_error error;
	enum bgp_frame frame;

	frame = bgp_msg_next(&stream, BGP_MSG_MAX_EXT, type, &r, &error);
	if (frame == BGP_FRAME_ERROR)
		errx(1, "the server sends: %s", error.text);
	if (frame == BGP_FRAME_PARTIAL)
		return false;
	memcpy(data, r.pos, r.left);
	*body = rbuf_make(data, r.left);
	link->len = stream.left;
	memmove(link->buf, stream.pos, stream.left);
	return true;
}

/* ---- messages -------------------------------------------------------- */

static void send_message(struct link *link, uint8_t type, struct rbuf body)
{
	static uint8_t msg[VECTOR_BYTES];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	size_t begin = bgp_msg_begin(&w, type);

	wbuf_rbuf(&w, body);
	bgp_msg_end(&w, begin);
	link_send(link, msg, w.len);
}

static void send_keepalive(struct link *link)
{
	send_message(link, BGP_MSG_KEEPALIVE, rbuf_make(NULL, 0));
}

static void send_open(struct link *link, struct bgp_open *open,
		      const struct vector *v)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct rbuf caps;

	if (v && vector_has(v, "open")) {
		send_message(link, BGP_MSG_OPEN, vector_bytes(v, "open"));
		return;
	}
	if (!v || !vector_has(v, "caps")) {
		bgp_open_build(&w, open);
		link_send(link, msg, w.len);
		return;
	}
	caps = vector_bytes(v, "caps");
	wbuf_u8(&w, BGP_VERSION);
	wbuf_u16(&w, open->as);
	wbuf_u16(&w, open->hold_time);
	wbuf_u32(&w, open->router_id);
	wbuf_u8(&w, caps.left ? caps.left + 2 : 0);
	if (caps.left) {
		wbuf_u8(&w, 2);
		wbuf_u8(&w, caps.left);
		wbuf_rbuf(&w, caps);
	}
	send_message(link, BGP_MSG_OPEN, rbuf_make(msg, w.len));
}

static struct bgp_open usual_open(uint32_t as, struct sockaddr_in from)
{
	if (internal)
		as = OUR_AS;
	return (struct bgp_open){
		.as = as,
		.hold_time = 180,
		.router_id = ntohl(from.sin_addr.s_addr),
		.caps = {
			.families = bgp_af_bit(BGP_IPV4_UNICAST) |
				    bgp_af_bit(BGP_IPV6_UNICAST),
			.route_refresh = true,
			.as4 = true,
			.as = as,
		},
	};
}

/* fd00:250::/32 by fd00:10:1:2::4, with ORIGIN IGP and AS_PATH 65001. */
static void announce_v6(struct link *link)
{
	static const uint8_t body[] = {
		0, 0, 0, 42,
		0x80, 14, 26, 0, 2, 1, 16,
		0xfd, 0, 0, 0x10, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0,
		32, 0xfd, 0, 2, 0x50,
		0x40, 1, 1, 0,
		0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9,
	};

	send_message(link, BGP_MSG_UPDATE, rbuf_make(body, sizeof(body)));
}

/* AS_PATH 65001, from an old speaker or not; or, with LOCAL_PREF, none. */
static void put_path(struct wbuf *w, const struct vector *v)
{
	static const uint8_t path2[] = { 0x40, 2, 4, 2, 1, 0xfd, 0xe9 };
	static const uint8_t path4[] = {
		0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9
	};
	static const uint8_t none[] = { 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0, 100 };

	if (internal)
		wbuf_copy(w, none, sizeof(none));
	else if (vector_has(v, "as2"))
		wbuf_copy(w, path2, sizeof(path2));
	else
		wbuf_copy(w, path4, sizeof(path4));
}

/* ORIGIN IGP, a path and a next hop. */
static void announce(struct link *link, const uint8_t prefix[3],
		     const struct vector *v)
{
	static const uint8_t origin[] = { 0x40, 1, 1, 0 };
	static const uint8_t nexthop[] = { 0x40, 3, 4, 10, 1, 2, 4 };
	uint8_t body[64];
	struct wbuf w = wbuf_make(body, sizeof(body));
	size_t len;

	wbuf_u16(&w, 0);
	len = wbuf_reserve(&w, 2);
	wbuf_copy(&w, origin, sizeof(origin));
	put_path(&w, v);
	wbuf_copy(&w, nexthop, sizeof(nexthop));
	wbuf_fill_u16(&w, len);
	if (vector_has(v, "add-path"))
		wbuf_u32(&w, 1);
	wbuf_copy(&w, prefix, 3);
	send_message(link, BGP_MSG_UPDATE, rbuf_make(body, w.len));
}

/* ---- the observer ---------------------------------------------------- */

static struct route *route_get(const char *prefix)
{
	unsigned int i;

	for (i = 0; i < N_ROUTES && routes[i].prefix[0]; i++)
		if (!strcmp(routes[i].prefix, prefix))
			return &routes[i];
	ktap_must(i < N_ROUTES);
	strcpy(routes[i].prefix, prefix);
	strcpy(routes[i].text, "-");
	return &routes[i];
}

static bool present(const char *prefix)
{
	return strcmp(route_get(prefix)->text, "-");
}

/* Each case has an identifier of its own, which is not told as bytes. */
static bool is_originator(uint8_t code, struct rbuf value)
{
	uint32_t id;

	return code == BGP_ATTR_ORIGINATOR_ID && rbuf_u32(&value, &id) &&
	       id == identifier;
}

static void say_rest(struct route *route, struct rbuf list)
{
	size_t at = strlen(route->text), i;
	uint8_t flags, code, len8;
	struct rbuf value;
	uint16_t len;

	while (rbuf_u8(&list, &flags) && rbuf_u8(&list, &code)) {
		if (flags & ATTR_EXTENDED)
			ktap_must(rbuf_u16(&list, &len));
		else
			ktap_must(rbuf_u8(&list, &len8));
		ktap_must(rbuf_sub(&list, flags & ATTR_EXTENDED ? len : len8,
				   &value));
		if (code <= BGP_ATTR_NEXT_HOP || code == BGP_ATTR_MP_REACH)
			continue;
		at += snprintf(route->text + at, sizeof(route->text) - at,
			       " %02x %u ", flags, code);
		if (is_originator(code, value)) {
			at += snprintf(route->text + at,
				       sizeof(route->text) - at, "speaker");
			continue;
		}
		for (i = 0; i < value.left && at + 3 < sizeof(route->text); i++)
			at += sprintf(route->text + at, "%02x", value.pos[i]);
	}
}

static void observe_block(const struct bgp_update_block *block,
			  struct rbuf attrs)
{
	struct rbuf nlri = block->nlri;
	char prefix[PREFIX_STRLEN], path[256];
	struct bgp_nlri entry;
	struct route *route;

	while (bgp_nlri_next(&nlri, block->af, false, &entry)) {
		route = route_get(prefix_format(&entry.prefix, prefix));
		strcpy(route->text, "-");
		if (block->withdraw)
			continue;
		bgp_as_path_format(bgp_update_attrs(parser, block), path,
				   sizeof(path));
		snprintf(route->text, sizeof(route->text), "path%s%s",
			 path[0] ? " " : "", path);
		say_rest(route, attrs);
	}
}

static void observe_update(struct rbuf body)
{
	struct bgp_update_rules rules = {
		.wire = { .as4 = true, .families = 3 },
		.ebgp = !internal,
	};
	struct rbuf r = body, attrs;
	unsigned int i;
	uint16_t len;

	if (bgp_update_parse(parser, body, &rules) != BGP_ACCEPT)
		errx(1, "the server sends: %s", parser->error.text);
	ktap_must(rbuf_u16(&r, &len) && rbuf_skip(&r, len) &&
		  rbuf_u16(&r, &len) && rbuf_sub(&r, len, &attrs));
	for (i = 0; i < parser->n_blocks; i++)
		observe_block(&parser->block[i], attrs);
}

static void observe(void)
{
	static uint8_t data[BGP_MSG_MAX_EXT];
	enum bgp_msg_type type;
	struct rbuf body;

	if (!link_fill(&observer))
		errx(1, "the observer's session was closed");
	while (link_next(&observer, &type, data, &body)) {
		if (type == BGP_MSG_UPDATE)
			observe_update(body);
		else if (type == BGP_MSG_NOTIFICATION)
			errx(1, "NOTIFICATION %u/%u to the observer",
			     data[0], data[1]);
	}
}

/* Until @prefix is there, or gone. */
static void observe_until(const char *prefix, bool there)
{
	int64_t deadline = now_ms() + PATIENCE;

	observe();
	while (present(prefix) != there) {
		if (!wait_for(deadline))
			errx(1, "the observer waits for %s", prefix);
		observe();
	}
}

static void observer_up(void)
{
	struct bgp_open open = usual_open(65002, observer_addr);

	tested.fd = -1;
	link_open(&observer, observer_addr);
	send_open(&observer, &open, NULL);
	send_keepalive(&observer);
	observe_until("10.1.0.0/16", true);
}

/* ---- the speaker under the file's orders ----------------------------- */

enum outcome {
	GOES_ON,
	HAS_ENDED,			/* and it is told how */
};

static void say_body(const char *what, struct rbuf body)
{
	vector_say(out, "%s", what);
	vector_say_hex(out, body.pos, body.left);
	vector_say(out, "\n");
}

/* Messages to us, until it is a KEEPALIVE (@up) or there is none now. */
static enum outcome listen_to(bool *up)
{
	static uint8_t data[BGP_MSG_MAX_EXT];
	enum bgp_msg_type type;
	char text[64];
	struct rbuf body;
	bool open = link_fill(&tested);

	while (link_next(&tested, &type, data, &body)) {
		heard |= awaited.left == body.left + 1 &&
			 awaited.pos[0] == type &&
			 !memcmp(awaited.pos + 1, body.pos, body.left);
		switch (type) {
		case BGP_MSG_NOTIFICATION:
			rbuf_skip(&body, 2);
			snprintf(text, sizeof(text), "reset %u/%u%s", data[0],
				 data[1], body.left ? " " : "");
			say_body(text, body);
			return HAS_ENDED;
		case BGP_MSG_KEEPALIVE:
			*up = true;
			break;
		case BGP_MSG_ROUTE_REFRESH:
			say_body("sent ROUTE-REFRESH ", body);
			break;
		default:
			break;
		}
	}
	if (!open)
		vector_say(out, "closed\n");
	return open ? GOES_ON : HAS_ENDED;
}

static enum outcome listen_until_up(void)
{
	int64_t deadline = now_ms() + PATIENCE;
	bool up = false;

	while (!up) {
		if (!wait_for(deadline)) {
			vector_say(out, "silence\n");
			return HAS_ENDED;
		}
		observe();
		if (listen_to(&up) == HAS_ENDED)
			return HAS_ENDED;
	}
	return GOES_ON;
}

static void send_update(const struct vector *v)
{
	static uint8_t body[VECTOR_BYTES];
	struct wbuf w = wbuf_make(body, sizeof(body));
	size_t at;

	if (!vector_has(v, "attrs") && !vector_has(v, "withdrawn") &&
	    !vector_has(v, "nlri"))
		return;
	at = wbuf_reserve(&w, 2);
	wbuf_rbuf(&w, vector_bytes(v, "withdrawn"));
	wbuf_fill_u16(&w, at);
	at = wbuf_reserve(&w, 2);
	wbuf_rbuf(&w, vector_bytes(v, "attrs"));
	wbuf_fill_u16(&w, at);
	wbuf_rbuf(&w, vector_bytes(v, "nlri"));
	send_message(&tested, BGP_MSG_UPDATE, rbuf_make(body, w.len));
}

static void send_steps(const struct vector *v)
{
	unsigned int i;

	for (i = 0; i < v->n_inputs; i++) {
		const struct vector_input *in = &v->input[i];

		if (!strcmp(in->keyword, "raw"))
			link_send(&tested, in->data, in->len);
		else if (!strcmp(in->keyword, "message"))
			send_message(&tested, in->data[0],
				     rbuf_make(in->data + 1, in->len - 1));
	}
	send_update(v);
}

/*
 * Until the observer has @prefix and we have what is waited for, or the
 * session is at its end.
 */
static enum outcome until_seen(const char *prefix)
{
	int64_t deadline = now_ms() + PATIENCE;
	bool up;

	while (!present(prefix) || (awaited.left && !heard)) {
		if (!wait_for(deadline)) {
			vector_say(out, "silence\n");
			return HAS_ENDED;
		}
		observe();
		if (listen_to(&up) == HAS_ENDED)
			return HAS_ENDED;
	}
	return listen_to(&up);
}

static void say_route(const char *prefix)
{
	vector_say(out, "%s %s\n", prefix, route_get(prefix)->text);
}

/* A session whose end has been told leaves nothing behind. */
static void finish(void)
{
	link_close(&tested);
	observe_until(SUBJECT, false);
	observe_until(SUBJECT_V6, false);
	observe_until(SENTINEL, false);
	send_keepalive(&observer);
}

static bool has_v6(const struct vector *v)
{
	return !vector_has(v, "open") && !vector_has(v, "caps") && !internal;
}

static void run_established(const struct vector *v)
{
	static const uint8_t subject[] = { 16, 10, 250 };
	static const uint8_t sentinel[] = { 16, 10, 251 };

	send_keepalive(&tested);
	if (has_v6(v))
		announce_v6(&tested);
	announce(&tested, subject, v);
	if (until_seen(SUBJECT) == HAS_ENDED)
		return;
	if (!vector_has(v, "early"))
		send_steps(v);
	awaited = vector_bytes(v, "listen");
	announce(&tested, sentinel, v);
	if (until_seen(SENTINEL) == HAS_ENDED)
		return;
	vector_say(out, "up\n");
	say_route(SUBJECT);
	if (has_v6(v))
		say_route(SUBJECT_V6);
}

/* Dial until the server takes the connection and says OPEN on it. */
static struct rbuf dial_for_open(struct sockaddr_in from)
{
	static uint8_t data[BGP_MSG_MAX_EXT];
	int64_t deadline = now_ms() + PATIENCE;
	enum bgp_msg_type type;
	struct rbuf body;

	for (;;) {
		link_open(&tested, from);
		while (wait_for(deadline) && link_fill(&tested)) {
			observe();
			if (link_next(&tested, &type, data, &body))
				return body;
		}
		if (now_ms() >= deadline)
			errx(1, "no OPEN from the server");
		link_close(&tested);
		poll(NULL, 0, 50);
	}
}

static void refuse_once(const struct vector *v, struct bgp_open *open,
			struct sockaddr_in from)
{
	dial_for_open(from);
	send_open(&tested, open, v);
	send_message(&tested, BGP_MSG_NOTIFICATION, vector_bytes(v, "refuse"));
	link_close(&tested);
	say_body("sent OPEN ", dial_for_open(from));
}

static void run_case(const struct vector *v, char *text)
{
	struct sockaddr_in from = first;
	struct bgp_open open;

	out = text;
	awaited.left = 0;
	heard = false;
	from.sin_addr.s_addr = htonl(ntohl(first.sin_addr.s_addr) +
				     n_cases++);
	open = usual_open(65001, from);
	identifier = open.router_id;
	if (vector_has(v, "refuse"))
		refuse_once(v, &open, from);
	else
		link_open(&tested, from);
	if (!vector_has(v, "no-open"))
		send_open(&tested, &open, v);
	if (vector_has(v, "early"))
		send_steps(v);
	if (listen_until_up() == GOES_ON)
		run_established(v);
	finish();
}

static struct sockaddr_in address(const char *text, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1)
		errx(1, "%s: no IPv4 address", text);
	return sin;
}

int main(int argc, char **argv)
{
	internal = argc > 1 && !strcmp(argv[1], "-i");
	argc -= internal;
	argv += internal;
	if (argc != 5)
		errx(2, "usage: speaker [-i] FILE SERVER OBSERVER FIRST");
	server = address(argv[2], BGP_PORT);
	observer_addr = address(argv[3], 0);
	first = address(argv[4], 0);
	parser = bgp_update_new();
	ktap_start();
	observer_up();
	vectors_run(argv[1], run_case);
	observe();			/* its session is up to the end */
	return ktap_finish();
}
