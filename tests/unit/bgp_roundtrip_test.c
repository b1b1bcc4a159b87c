// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What we write we read back equal: random messages of every type, for every
 * kind of session. The seed is printed; give it as argument to repeat a run.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/as_path.h"
#include "bgp/attr_wire.h"
#include "bgp/fsm.h"
#include "bgp/msg.h"
#include "bgp/notify.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "ktap.h"
#include "lib/util.h"

#define ROUNDS		3000
#define NLRI_MAX	3000
#define BOTH_FAMILIES	(1 << BGP_IPV4_UNICAST | 1 << BGP_IPV6_UNICAST)

static uint64_t random_state;
static struct bgp_update *parser;
static uint8_t message[BGP_MSG_MAX_EXT + 64];
static struct bgp_nlri nlri[NLRI_MAX];

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (random_state >> 33) % n;
}

static bool one_in(uint32_t n)
{
	return random_below(n) == 0;
}

static uint32_t random_as(void)
{
	return one_in(3) ? 70000 + random_below(1000000) :
			   1 + random_below(65535);
}

static void random_path(struct wbuf *w)
{
	unsigned int segments = random_below(4), count;

	while (segments--) {
		count = 1 + random_below(one_in(20) ? 200 : 5);
		wbuf_u8(w, one_in(4) ? AS_SET : AS_SEQUENCE);
		wbuf_u8(w, count);
		while (count--)
			wbuf_u32(w, random_as());
	}
}

/* Ascending multiples of four bytes, so no sorting is needed. */
static void random_list(struct wbuf *w, size_t words)
{
	unsigned int i, n = one_in(2) ? 0 : random_below(one_in(20) ? 60 : 6);
	uint32_t first = random_below(1000);

	for (i = 0; i < n; i++) {
		size_t word;

		wbuf_u32(w, first + i);
		for (word = 1; word < words; word++)
			wbuf_u32(w, random_below(UINT32_MAX));
	}
}

static void random_other(struct wbuf *w)
{
	uint8_t value[600] = { 1, 2, 3 };
	unsigned int code;

	if (one_in(2))
		attr_put(w, ATTR_OPTIONAL, BGP_ATTR_CLUSTER_LIST,
			 rbuf_make(value, 4));
	for (code = 40; code < 256; code += 1 + random_below(100))
		attr_put(w, ATTR_OPTIONAL | ATTR_TRANSITIVE | ATTR_PARTIAL,
			 code, rbuf_make(value, random_below(600)));
}

static void fill(struct bgp_attr_set *set, enum bgp_attrs_part part,
		 struct wbuf *w, size_t begin)
{
	set->part[part] = rbuf_make(w->data + begin, w->len - begin);
}

static struct addr random_addr(enum bgp_af af)
{
	uint8_t bytes[16] = { 10, random_below(256) };
	unsigned int i;

	for (i = 2; i < sizeof(bytes); i++)
		bytes[i] = random_below(256);
	return addr_make(bgp_af_info[af].family, bytes);
}

static struct bgp_attrs *random_attrs(enum bgp_af af)
{
	static uint8_t scratch[65536];
	struct wbuf w = wbuf_make(scratch, sizeof(scratch));
	struct bgp_attr_set set = {
		.flags = random_below(256),
		.origin = random_below(3),
		.med = random_below(UINT32_MAX),
		.local_pref = random_below(UINT32_MAX),
		.aggregator_as = random_as(),
		.aggregator_id = random_below(UINT32_MAX),
		.nexthop = random_addr(af),
	};
	size_t begin;

	random_path(&w);
	fill(&set, BGP_PART_AS_PATH, &w, 0);
	begin = w.len;
	random_list(&w, 1);
	fill(&set, BGP_PART_COMMUNITIES, &w, begin);
	begin = w.len;
	random_list(&w, 2);
	fill(&set, BGP_PART_EXT_COMMUNITIES, &w, begin);
	begin = w.len;
	random_list(&w, 3);
	fill(&set, BGP_PART_LARGE_COMMUNITIES, &w, begin);
	begin = w.len;
	random_other(&w);
	fill(&set, BGP_PART_OTHER, &w, begin);
	/* A partial bit without its attribute does not exist. */
	if (!(set.flags & BGP_ATTRS_AGGREGATOR))
		set.flags &= ~BGP_ATTRS_PARTIAL_AGGREGATOR;
	if (!set.part[BGP_PART_COMMUNITIES].left)
		set.flags &= ~BGP_ATTRS_PARTIAL_COMMUNITIES;
	if (!set.part[BGP_PART_EXT_COMMUNITIES].left)
		set.flags &= ~BGP_ATTRS_PARTIAL_EXT_COMMUNITIES;
	if (!set.part[BGP_PART_LARGE_COMMUNITIES].left)
		set.flags &= ~BGP_ATTRS_PARTIAL_LARGE_COMMUNITIES;
	ktap_must(wbuf_ok(&w));
	return bgp_attrs_new(&set);
}

static size_t random_nlri(enum bgp_af af, bool add_path)
{
	size_t i, n = 1 + random_below(one_in(10) ? NLRI_MAX : 20);
	unsigned int bits = af == BGP_IPV4_UNICAST ? 32 : 128;
	struct addr addr;

	for (i = 0; i < n; i++) {
		addr = random_addr(af);
		nlri[i].prefix = prefix_make(&addr, random_below(bits + 1));
		nlri[i].path_id = add_path ? random_below(UINT32_MAX) : 0;
	}
	return n;
}

static struct bgp_wire random_wire(void)
{
	return (struct bgp_wire){
		.as4 = !one_in(3),
		.max_len = one_in(3) ? BGP_MSG_MAX_EXT : BGP_MSG_MAX,
		.families = BOTH_FAMILIES,
		.add_path_rx = one_in(3) ? BOTH_FAMILIES : 0,
	};
}

/* Parse the one message there is; its only block. */
static const struct bgp_update_block *read_back(const struct wbuf *w,
						const struct bgp_wire *wire)
{
	struct bgp_update_rules rules = { .wire = *wire };
	struct rbuf stream = rbuf_make(w->data, w->len), body;
	enum bgp_msg_type type;
	struct bgp_error err;

	if (bgp_msg_next(&stream, wire->max_len, &type, &body, &err) !=
	    BGP_FRAME_MESSAGE || type != BGP_MSG_UPDATE || stream.left)
		return NULL;
	if (bgp_update_parse(parser, body, &rules) != BGP_ACCEPT) {
		printf("# %s\n", parser->error.text);
		return NULL;
	}
	return parser->n_blocks == 1 ? &parser->block[0] : NULL;
}

static bool same_prefixes(const struct bgp_update_block *block, bool add_path,
			  const struct bgp_nlri *sent, size_t n)
{
	struct rbuf r = block->nlri;
	struct bgp_nlri got;

	for (; n; n--, sent++)
		if (!bgp_nlri_next(&r, block->af, add_path, &got) ||
		    got.path_id != sent->path_id ||
		    !prefix_equal(&got.prefix, &sent->prefix))
			return false;
	return !r.left;
}

/* Whether one prefix fits behind the attributes. */
static bool fits(const struct bgp_wire *wire, const struct bgp_attrs *attrs,
		 enum bgp_af af, size_t prefix_len)
{
	static uint8_t data[3 * UINT16_MAX];
	struct wbuf w = wbuf_make(data, sizeof(data));
	size_t mp = af == BGP_IPV4_UNICAST ? 0 : 4 + 3 + 1 + 16 + 1;

	attr_build_list(&w, wire, attrs, af == BGP_IPV4_UNICAST);
	return BGP_HEADER_LEN + 4 + w.len + mp + prefix_len <= wire->max_len;
}

/* Messages of @attrs (withdrawals without) until all prefixes are said. */
static bool exchange(const struct bgp_wire *wire,
		     const struct bgp_attrs *attrs, enum bgp_af af, size_t n)
{
	bool add_path = wire->add_path_rx;
	const struct bgp_update_block *block;
	struct wbuf w;
	size_t at, took;

	for (at = 0; at < n; at += took) {
		w = wbuf_make(message, sizeof(message));
		if (attrs)
			took = bgp_update_reach(&w, wire, attrs, af,
						nlri + at, n - at);
		else
			took = bgp_update_unreach(&w, wire, af, nlri + at,
						  n - at);
		if (!took)
			return attrs && !fits(wire, attrs, af,
				bgp_nlri_len(&nlri[at], add_path));
		if (w.len > wire->max_len)
			return false;
		/* Full, or the last one. */
		if (at + took < n && w.len + bgp_nlri_len(&nlri[at + took],
		    add_path) <= wire->max_len)
			return false;
		block = read_back(&w, wire);
		if (!block || block->af != af || block->withdraw != !attrs ||
		    !same_prefixes(block, add_path, nlri + at, took))
			return false;
		if (attrs && !bgp_attrs_equal(attrs,
					      bgp_update_attrs(parser, block)))
			return false;
	}
	return true;
}

static void test_updates(void)
{
	unsigned int round, reached = 0, withdrawn = 0;
	struct bgp_attrs *attrs;
	struct bgp_wire wire;
	enum bgp_af af;
	size_t n;

	for (round = 0; round < ROUNDS; round++) {
		af = random_below(BGP_AF_COUNT);
		wire = random_wire();
		wire.add_path_tx = wire.add_path_rx;
		attrs = random_attrs(af);
		n = random_nlri(af, wire.add_path_tx);
		ktap_must(bgp_attrs_valid(attrs, attrs->size));
		reached += exchange(&wire, attrs, af, n);
		withdrawn += exchange(&wire, NULL, af, n);
		free(attrs);
	}
	ktap_ok(reached == ROUNDS, "announcements: %u of %u", reached, ROUNDS);
	ktap_ok(withdrawn == ROUNDS, "withdrawals: %u of %u", withdrawn,
		ROUNDS);
}

static void test_end_of_rib(void)
{
	struct bgp_update_rules rules = { .wire.families = BOTH_FAMILIES };
	struct wbuf w;
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		w = wbuf_make(message, sizeof(message));
		bgp_update_eor(&w, af);
		bgp_update_parse(parser, rbuf_make(message + BGP_HEADER_LEN,
						   w.len - BGP_HEADER_LEN),
				 &rules);
		ktap_ok(wbuf_ok(&w) && parser->verdict == BGP_ACCEPT &&
			parser->eor && parser->eor_af == af &&
			!parser->n_blocks, "End-of-RIB of %s",
			bgp_af_info[af].name);
	}
}

/* Attributes that an extended message could carry and this one cannot. */
static void test_too_big(void)
{
	static uint8_t value[5000];
	uint8_t other[5010];
	struct wbuf list = wbuf_make(other, sizeof(other));
	struct bgp_wire wire = { .as4 = true, .max_len = BGP_MSG_MAX };
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010204) };
	struct bgp_attrs *attrs;
	struct wbuf w = wbuf_make(message, sizeof(message));

	attr_put(&list, 0xe0, 99, rbuf_make(value, sizeof(value)));
	set.part[BGP_PART_OTHER] = rbuf_make(other, list.len);
	attrs = bgp_attrs_new(&set);
	wbuf_u8(&w, 0xee);
	random_nlri(BGP_IPV4_UNICAST, false);
	ktap_ok(!bgp_update_reach(&w, &wire, attrs, BGP_IPV4_UNICAST, nlri,
				  1) && w.len == 1 && wbuf_ok(&w),
		"attributes that do not fit leave nothing behind");
	wire.max_len = BGP_MSG_MAX_EXT;
	ktap_ok(bgp_update_reach(&w, &wire, attrs, BGP_IPV4_UNICAST, nlri,
				 1) == 1 && w.len > 5000,
		"they fit into an extended message");
	free(attrs);
}

static void random_restart(struct bgp_cap_restart *restart, bool present)
{
	enum bgp_af af;

	restart->long_lived = random_below(4);
	restart->long_lived_forwarding = random_below(4) & restart->long_lived;
	for (af = 0; af < BGP_AF_COUNT; af++)
		if (restart->long_lived & bgp_af_bit(af))
			restart->long_lived_time[af] =
				random_below(BGP_LONG_LIVED_MAX + 1);
	if (!present)
		return;
	restart->restarting = one_in(2);
	restart->notification = one_in(2);
	restart->time = random_below(BGP_RESTART_TIME_MAX + 1);
	restart->families = random_below(4);
	restart->forwarding = random_below(4) & restart->families;
}

/* Everything that an OPEN can say, into memory that is zero. */
static void random_open(struct bgp_open *open)
{
	struct bgp_caps *caps = &open->caps;

	open->as = random_as();
	open->hold_time = one_in(5) ? 0 : 3 + random_below(65000);
	open->router_id = 1 + random_below(UINT32_MAX - 1);
	caps->families = random_below(4);
	caps->mp = caps->families;
	caps->route_refresh = one_in(2);
	caps->enhanced_refresh = one_in(2);
	caps->extended_message = one_in(2);
	caps->end_of_rib = one_in(2);
	caps->role = random_below(BGP_ROLE_CONFLICT);
	caps->ext_nexthop = random_below(4);
	random_restart(&caps->restart, caps->end_of_rib);
	caps->add_path_rx = random_below(4);
	caps->add_path_tx = random_below(4);
	caps->as4 = open->as > UINT16_MAX || one_in(2);
	caps->as = caps->as4 ? open->as : 0;
}

/* The body of the one message that was built. */
static struct rbuf body_of(const struct wbuf *w, enum bgp_msg_type type)
{
	struct rbuf stream = rbuf_make(w->data, w->len), body;
	enum bgp_msg_type got;
	struct bgp_error err;

	ktap_must(wbuf_ok(w));
	ktap_must(bgp_msg_next(&stream, BGP_MSG_MAX, &got, &body, &err) ==
		  BGP_FRAME_MESSAGE && got == type && !stream.left);
	return body;
}

static bool same_bytes(const struct wbuf *a, const struct wbuf *b)
{
	return wbuf_ok(a) && wbuf_ok(b) && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}

static bool open_returns(const struct bgp_open *open)
{
	uint8_t again[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(message, BGP_MSG_MAX);
	struct wbuf w2 = wbuf_make(again, sizeof(again));
	struct bgp_open back;
	struct bgp_error err;

	bgp_open_build(&w, open);
	if (!bgp_open_parse(body_of(&w, BGP_MSG_OPEN), &back, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	bgp_open_build(&w2, &back);
	/* All of it: a field that is new is not forgotten here. */
	return !memcmp(open, &back, sizeof(back)) && same_bytes(&w, &w2);
}

static void test_open(void)
{
	unsigned int round, same = 0;
	struct bgp_open open;

	for (round = 0; round < ROUNDS; round++) {
		memset(&open, 0, sizeof(open));
		random_open(&open);
		same += open_returns(&open);
	}
	ktap_ok(same == ROUNDS, "OPEN: %u of %u", same, ROUNDS);
}

/* A Cease that may have a text, or any error with any data. */
static void random_error(struct bgp_error *err)
{
	static uint8_t data[BGP_ERROR_DATA_MAX];
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = ' ' + random_below('~' - ' ' + 1);
	text[random_below(sizeof(text))] = '\0';
	text[sizeof(text) - 1] = '\0';
	if (one_in(2)) {
		bgp_notify_cease(err, random_below(12), text);
		return;
	}
	for (i = 0; i < sizeof(data); i++)
		data[i] = random_below(256);
	bgp_error_set(err, 1 + random_below(255), random_below(256), data,
		      random_below(one_in(2) ? 20 : sizeof(data) + 1), "%s",
		      "");
}

static bool notification_returns(const struct bgp_error *err)
{
	static uint8_t again[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(message, BGP_MSG_MAX);
	struct wbuf w2 = wbuf_make(again, sizeof(again));
	static struct bgp_error back;

	bgp_notify_build(&w, err);
	bgp_notify_parse(body_of(&w, BGP_MSG_NOTIFICATION), &back);
	bgp_notify_build(&w2, &back);
	return back.code == err->code && back.subcode == err->subcode &&
	       back.data_len == err->data_len &&
	       !memcmp(back.data, err->data, err->data_len) &&
	       (!err->text[0] || !strcmp(back.text, err->text)) &&
	       back.text[0] && same_bytes(&w, &w2);
}

static void test_notifications(void)
{
	unsigned int round, same = 0;
	static struct bgp_error err;

	for (round = 0; round < ROUNDS; round++) {
		random_error(&err);
		same += notification_returns(&err);
	}
	ktap_ok(same == ROUNDS, "NOTIFICATION: %u of %u", same, ROUNDS);
}

static void test_notification(void)
{
	struct bgp_error err, back;
	char longest[400];
	struct wbuf w = wbuf_make(message, BGP_MSG_MAX);

	bgp_notify_cease(&err, BGP_CEASE_ADMIN_SHUTDOWN, "back at noon");
	bgp_notify_build(&w, &err);
	bgp_notify_parse(rbuf_make(message + BGP_HEADER_LEN,
				   w.len - BGP_HEADER_LEN), &back);
	ktap_ok(back.code == 6 && back.subcode == 2 &&
		!strcmp(back.text, err.text) &&
		strstr(back.text, "\"back at noon\""), "%s", back.text);
	bgp_notify_cease(&err, BGP_CEASE_MAX_PREFIXES, "back at noon");
	ktap_ok(!err.data_len, "other Ceases take no text");
	memset(longest, 'x', sizeof(longest));
	longest[254] = '\xc3';
	longest[255] = '\xb6';
	longest[399] = '\0';
	bgp_notify_cease(&err, BGP_CEASE_ADMIN_RESET, longest);
	ktap_ok(err.data_len == 1 + 254 && err.data[0] == 254,
		"a text is cut between characters");
	memset(message, 1, sizeof(message));
	bgp_error_set(&err, 3, 1, message, sizeof(message), "%s", "");
	w = wbuf_make(message, sizeof(message));
	bgp_notify_build(&w, &err);
	ktap_ok(w.len == BGP_MSG_MAX, "data is cut to fit");
}

/* Without RFC 7313 the byte that tells a begin or an end says nothing. */
static bool refresh_returns(enum bgp_af af, enum bgp_refresh what,
			    bool enhanced)
{
	struct wbuf w = wbuf_make(message, BGP_MSG_MAX);
	enum bgp_refresh expect = enhanced ? what : BGP_REFRESH_REQUEST, got;
	struct bgp_error err;
	enum bgp_af got_af;

	bgp_refresh_build(&w, af, what);
	return bgp_refresh_parse(body_of(&w, BGP_MSG_ROUTE_REFRESH), enhanced,
				 &got_af, &got, &err) == BGP_REFRESH_OK &&
	       got_af == af && got == expect;
}

static void test_refresh(void)
{
	unsigned int i, same = 0, all = BGP_AF_COUNT * (BGP_REFRESH_END + 1);

	for (i = 0; i < 2 * all; i++)
		same += refresh_returns(i % BGP_AF_COUNT,
					i / BGP_AF_COUNT %
					(BGP_REFRESH_END + 1), i >= all);
	ktap_ok(same == 2 * all, "ROUTE-REFRESH: %u of %u", same, 2 * all);
}

int main(int argc, char **argv)
{
	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) :
				  (uint64_t)time(NULL);
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)random_state);
	parser = bgp_update_new();
	test_updates();
	test_end_of_rib();
	test_too_big();
	test_open();
	test_notifications();
	test_notification();
	test_refresh();
	bgp_update_free(parser);
	return ktap_finish();
}
