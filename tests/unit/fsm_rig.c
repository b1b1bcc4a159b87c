// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgp/notify.h"
#include "fsm_rig.h"
#include "lib/util.h"

#define NOW		5000	/* ms, where the clock stands at start */
#define OFF		UINT64_MAX

static char actions[1024];
uint64_t now;
bool half_open;
static uint64_t deadline[BGP_DIRECTIONS][BGP_TIMER_COUNT];
static struct bgp_update *parser;
struct bgp_peer peer;
struct bgp_conn *const out = &peer.conn[BGP_OUTGOING];
struct bgp_conn *const in = &peer.conn[BGP_INCOMING];

static void say(const char *fmt, ...)
{
	size_t len = strlen(actions);
	va_list ap;

	if (len)
		len += snprintf(actions + len, sizeof(actions) - len, ", ");
	va_start(ap, fmt);
	vsnprintf(actions + len, sizeof(actions) - len, fmt, ap);
	va_end(ap);
}

static const char *side(const struct bgp_conn *conn)
{
	return conn->direction == BGP_OUTGOING ? "out" : "in";
}

static void op_connect(struct bgp_conn *conn)
{
	say("%s connect", side(conn));
}

static bool op_half_open(const struct bgp_conn *conn)
{
	(void)conn;
	return half_open;
}

static void op_close(struct bgp_conn *conn)
{
	say("%s close", side(conn));
}

static void op_send(struct bgp_conn *conn, const void *msg, size_t len)
{
	const uint8_t *p = msg;

	if (p[18] == BGP_MSG_NOTIFICATION && len > 20)
		say("%s send NOTIFICATION %u/%u", side(conn), p[19], p[20]);
	else
		say("%s send %s", side(conn), bgp_msg_type_name(p[18]));
}

static void op_timer_set(struct bgp_conn *conn, enum bgp_timer timer,
			 uint64_t ms)
{
	deadline[conn->direction][timer] = now + ms;
}

static void op_timer_stop(struct bgp_conn *conn, enum bgp_timer timer)
{
	deadline[conn->direction][timer] = OFF;
}

static uint32_t op_random(uint32_t n)
{
	(void)n;
	return 0;
}

static void op_state(struct bgp_conn *conn, enum bgp_state old)
{
	ktap_must(conn->state != old);
}

static void op_established(struct bgp_peer *p)
{
	ktap_must(p->session && p->session->state == BGP_ESTABLISHED);
	say("up");
}

static void op_down(struct bgp_peer *p, const struct bgp_error *err)
{
	ktap_must(!p->session);
	say("down %u/%u", err->code, err->subcode);
}

static void op_update(struct bgp_peer *p, struct bgp_update *update)
{
	(void)p;
	say("update of %u", update->n_blocks);
}

static void op_refresh(struct bgp_peer *p, enum bgp_af af,
		       enum bgp_refresh what)
{
	(void)p;
	say("refresh %s %u", bgp_af_info[af].name, what);
}

static const struct bgp_io_ops ops = {
	.connect = op_connect,
	.half_open = op_half_open,
	.close = op_close,
	.send = op_send,
	.timer_set = op_timer_set,
	.timer_stop = op_timer_stop,
	.random = op_random,
	.state = op_state,
	.established = op_established,
	.down = op_down,
	.update = op_update,
	.refresh = op_refresh,
};

static const struct bgp_caps all_caps = {
	.families = 1 << BGP_IPV4_UNICAST | 1 << BGP_IPV6_UNICAST,
	.route_refresh = true,
	.as4 = true,
	.as = LOCAL_AS,
};

struct bgp_peer_conf conf = {
	.local_as = LOCAL_AS,
	.remote_as = REMOTE_AS,
	.router_id = 0x0a010104,
	.hold_time = 180,
	.connect_retry = 5,
};

void fresh(void)
{
	memset(deadline, 0xff, sizeof(deadline));
	now = NOW;
	conf.caps = all_caps;
	bgp_peer_init(&peer, &conf, &ops, parser, "peer", NULL);
	actions[0] = '\0';
}

const char *did(void)
{
	static char copy[sizeof(actions)];

	strcpy(copy, actions);
	actions[0] = '\0';
	return copy;
}

bool same(const char *got, const char *expected)
{
	if (!strcmp(got, expected))
		return true;
	printf("# expected: %s\n# got:      %s\n", expected, got);
	return false;
}

bool running(const struct bgp_conn *conn, enum bgp_timer timer)
{
	return deadline[conn->direction][timer] != OFF;
}

uint64_t time_left(const struct bgp_conn *conn, enum bgp_timer timer)
{
	return deadline[conn->direction][timer] - now;
}

void expire(struct bgp_conn *conn, enum bgp_timer timer)
{
	uint64_t *when = &deadline[conn->direction][timer];

	ktap_must(*when != OFF);
	now = MAX(now, *when);
	*when = OFF;
	bgp_conn_timer(conn, timer);
}

void feed(struct bgp_conn *conn, const struct wbuf *w)
{
	ktap_must(wbuf_ok(w));
	ktap_must(bgp_conn_input(conn, w->data, w->len, 100) == w->len ||
		  !conn->attached);
}

void recv_open_of(struct bgp_conn *conn, struct says says)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_open open = {
		.as = says.as ? says.as : REMOTE_AS,
		.router_id = says.id ? says.id : 0x0a010204,
		.hold_time = says.hold_time < 0 ? 0 :
			     says.hold_time ? says.hold_time : 90,
		.caps = all_caps,
	};

	open.caps.as = open.as;
	if (says.families)
		open.caps.families = says.families;
	bgp_open_build(&w, &open);
	feed(conn, &w);
}

void recv_open(struct bgp_conn *conn)
{
	recv_open_of(conn, (struct says){ .as = 0 });
}

void recv_keepalive(struct bgp_conn *conn)
{
	uint8_t msg[BGP_HEADER_LEN];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	bgp_keepalive_build(&w);
	feed(conn, &w);
}

void recv_notification(struct bgp_conn *conn, uint8_t code,
			      uint8_t subcode)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_error err;

	bgp_error_set(&err, code, subcode, NULL, 0, "%s", "");
	bgp_notify_build(&w, &err);
	feed(conn, &w);
}

void recv_refresh(struct bgp_conn *conn)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	bgp_refresh_build(&w, BGP_IPV6_UNICAST, BGP_REFRESH_REQUEST);
	feed(conn, &w);
}

void recv_update(struct bgp_conn *conn, bool good)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	size_t begin = bgp_msg_begin(&w, BGP_MSG_UPDATE);

	wbuf_u16(&w, 2);
	wbuf_u8(&w, good ? 8 : 33);
	wbuf_u8(&w, 10);
	wbuf_u16(&w, 0);
	bgp_msg_end(&w, begin);
	feed(conn, &w);
}

void reach(struct bgp_conn *conn, enum bgp_state state)
{
	bool incoming = conn->direction == BGP_INCOMING;

	conf.passive = incoming;
	fresh();
	conf.passive = false;
	if (state == BGP_IDLE)
		goto done;
	bgp_peer_start(&peer);
	if (state == BGP_CONNECT || (state == BGP_ACTIVE && incoming))
		goto done;
	bgp_conn_opened(conn);
	if (state == BGP_ACTIVE)
		bgp_conn_closed(conn, "reset");
	if (state >= BGP_OPENCONFIRM)
		recv_open(conn);
	if (state == BGP_ESTABLISHED)
		recv_keepalive(conn);
done:
	ktap_must(conn->state == state);
	actions[0] = '\0';
}

void rig_init(void)
{
	parser = bgp_update_new();
}

void rig_fini(void)
{
	bgp_update_free(parser);
}
