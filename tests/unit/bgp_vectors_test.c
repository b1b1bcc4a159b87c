// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes in, outcome out: the cases are in tests/unit/data/bgp_*.txt. */

#include <string.h>

#include "bgp/attr_wire.h"
#include "bgp/msg.h"
#include "bgp/notify.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "ktap.h"
#include "unit/vectors.h"

#define DATA	"tests/unit/data/"

void vector_result(bool ok, const struct vector *vector, const char *got)
{
	if (!ktap_ok(ok, "%s", vector->name))
		printf("# expected:\n%s# got:\n%s", vector->expect, got);
}

/* "notify 2/1 0004: version: 3" */
static void say_error(char *out, const struct bgp_error *err)
{
	vector_say(out, "notify %u/%u", err->code, err->subcode);
	if (err->data_len) {
		vector_say(out, " ");
		vector_say_hex(out, err->data, err->data_len);
	}
	vector_say(out, ": %s\n", err->text);
}

static void header_case(const struct vector *v, char *out)
{
	struct rbuf stream = vector_bytes(v, "stream");
	uint16_t max_len = vector_has(v, "extended") ? BGP_MSG_MAX_EXT :
						       BGP_MSG_MAX;
	enum bgp_msg_type type;
	struct bgp_error err;
	struct rbuf body;

	for (;;) {
		switch (bgp_msg_next(&stream, max_len, &type, &body, &err)) {
		case BGP_FRAME_PARTIAL:
			vector_say(out, "partial, %zu left\n", stream.left);
			return;
		case BGP_FRAME_ERROR:
			say_error(out, &err);
			return;
		case BGP_FRAME_MESSAGE:
			vector_say(out, "%s, body of %zu\n",
				   bgp_msg_type_name(type), body.left);
			break;
		}
	}
}

static void say_restart(char *out, const struct bgp_cap_restart *restart)
{
	enum bgp_af af;

	vector_say(out, "restart: %s%s%u s,", restart->restarting ? "R " : "",
		   restart->notification ? "N " : "", restart->time);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(restart->families & bgp_af_bit(af)))
			continue;
		vector_say(out, " %s%s", bgp_af_info[af].name,
			   restart->forwarding & bgp_af_bit(af) ? " F" : "");
		if (restart->long_lived & bgp_af_bit(af))
			vector_say(out, " long-lived %u s%s",
				   restart->long_lived_time[af],
				   restart->long_lived_forwarding &
				   bgp_af_bit(af) ? " F" : "");
	}
	vector_say(out, "\n");
}

static void open_case(const struct vector *v, char *out)
{
	char caps[256], id[ADDR_STRLEN];
	struct bgp_error err;
	struct bgp_open open;
	struct addr addr;

	if (!bgp_open_parse(vector_bytes(v, "body"), &open, &err)) {
		say_error(out, &err);
		return;
	}
	addr = addr_from_v4(open.router_id);
	bgp_caps_format(&open.caps, caps, sizeof(caps));
	vector_say(out, "AS %u, hold time %u, id %s\n", open.as,
		   open.hold_time, addr_format(&addr, id));
	vector_say(out, "capabilities: %s, unknown %u\n", caps,
		   open.caps.unknown);
	if (open.caps.restart.time)
		say_restart(out, &open.caps.restart);
	if (open.caps.role)
		vector_say(out, "role: %s\n", bgp_role_name(open.caps.role));
}

static void notify_case(const struct vector *v, char *out)
{
	struct bgp_error err;

	bgp_notify_parse(vector_bytes(v, "body"), &err);
	say_error(out, &err);
}

static void refresh_case(const struct vector *v, char *out)
{
	struct bgp_error err;
	enum bgp_refresh what;
	enum bgp_af af;

	switch (bgp_refresh_parse(vector_bytes(v, "body"),
				  vector_has(v, "enhanced"), &af, &what,
				  &err)) {
	case BGP_REFRESH_OK:
		vector_say(out, "%s %u\n", bgp_af_info[af].name, what);
		break;
	case BGP_REFRESH_IGNORE:
		vector_say(out, "ignore\n");
		break;
	case BGP_REFRESH_ERROR:
		say_error(out, &err);
		break;
	}
}

static void say_attrs(char *out, const struct bgp_attrs *attrs)
{
	static const struct {
		enum bgp_attrs_part part;
		const char *name;
	} lists[] = {
		{ BGP_PART_COMMUNITIES, "communities" },
		{ BGP_PART_EXT_COMMUNITIES, "extended" },
		{ BGP_PART_LARGE_COMMUNITIES, "large" },
	};
	struct rbuf other = bgp_attrs_part(attrs, BGP_PART_OTHER);
	char text[1024];
	size_t i;

	bgp_as_path_format(attrs, text, sizeof(text));
	vector_say(out, "  %s, path \"%s\" of %u from %u",
		   bgp_origin_name(attrs->origin), text, attrs->as_path_hops,
		   attrs->first_as);
	if (attrs->flags & BGP_ATTRS_MED)
		vector_say(out, ", med %u", attrs->med);
	if (attrs->flags & BGP_ATTRS_LOCAL_PREF)
		vector_say(out, ", local-pref %u", attrs->local_pref);
	if (attrs->flags & BGP_ATTRS_ATOMIC)
		vector_say(out, ", atomic");
	if (attrs->flags & BGP_ATTRS_AGGREGATOR)
		vector_say(out, ", aggregator %u %08x", attrs->aggregator_as,
			   attrs->aggregator_id);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		bgp_communities_format(attrs, lists[i].part, text,
				       sizeof(text));
		if (*text)
			vector_say(out, ", %s %s", lists[i].name, text);
	}
	if (attrs->flags & 0xf0)
		vector_say(out, ", partial %02x", attrs->flags & 0xf0);
	if (attrs->marks & BGP_MARK_LEAK)
		vector_say(out, ", leak");
	if (attrs->marks & BGP_MARK_REFLECTED)
		vector_say(out, ", reflected");
	if (other.left) {
		vector_say(out, ", other ");
		vector_say_hex(out, other.pos, other.left);
	}
	vector_say(out, "%s\n", bgp_attrs_valid(attrs, attrs->size) ? "" :
				", NOT CANONICAL");
}

static void say_block(char *out, struct bgp_update *u,
		      const struct bgp_update_block *block, bool add_path)
{
	struct rbuf r = block->nlri;
	char text[PREFIX_STRLEN];
	struct bgp_nlri nlri;

	vector_say(out, "%s %s", block->withdraw ? "withdraw" : "announce",
		   bgp_af_info[block->af].name);
	while (bgp_nlri_next(&r, block->af, add_path, &nlri)) {
		vector_say(out, " %s", prefix_format(&nlri.prefix, text));
		if (add_path)
			vector_say(out, "#%u", nlri.path_id);
	}
	if (!block->withdraw)
		vector_say(out, " via %s",
			   addr_format(&block->nexthop, text));
	vector_say(out, "%s\n", r.left ? " BAD REST" : "");
	if (!block->withdraw)
		say_attrs(out, bgp_update_attrs(u, block));
}

static struct bgp_update_rules rules_of(const struct vector *v)
{
	struct bgp_update_rules rules = {
		.wire = {
			.as4 = !vector_has(v, "as2"),
			.families = bgp_af_bit(BGP_IPV4_UNICAST) |
				    bgp_af_bit(BGP_IPV6_UNICAST),
		},
		.ebgp = !vector_has(v, "ibgp"),
		.first_as = vector_has(v, "first-as") ? 65001 : 0,
	};

	if (vector_has(v, "ipv4-only"))
		rules.wire.families = bgp_af_bit(BGP_IPV4_UNICAST);
	if (vector_has(v, "ipv6-only"))
		rules.wire.families = bgp_af_bit(BGP_IPV6_UNICAST);
	if (vector_has(v, "add-path"))
		rules.wire.add_path_rx = rules.wire.families;
	if (vector_has(v, "role"))
		rules.role = vector_bytes(v, "role").pos[0] + 1;
	rules.remote_as = 65001;
	if (vector_has(v, "reflector")) {
		rules.originator = 0x0a010404;
		rules.router_id = 0x0a010105;
		rules.cluster_id = 0x0a010104;
	}
	if (vector_has(v, "ext-nexthop"))
		rules.wire.ext_nexthop = bgp_af_bit(BGP_IPV4_UNICAST);
	return rules;
}

/* A body from its three fields, or as it is. */
static struct rbuf update_body(const struct vector *v)
{
	static uint8_t data[VECTOR_BYTES];
	struct wbuf w = wbuf_make(data, sizeof(data));
	size_t at;

	if (vector_has(v, "body"))
		return vector_bytes(v, "body");
	at = wbuf_reserve(&w, 2);
	wbuf_rbuf(&w, vector_bytes(v, "withdrawn"));
	wbuf_fill_u16(&w, at);
	at = wbuf_reserve(&w, 2);
	wbuf_rbuf(&w, vector_bytes(v, "attrs"));
	wbuf_fill_u16(&w, at);
	wbuf_rbuf(&w, vector_bytes(v, "nlri"));
	return rbuf_make(data, w.len);
}

static void update_case(const struct vector *v, char *out)
{
	struct bgp_update_rules rules = rules_of(v);
	struct bgp_update *u = bgp_update_new();
	enum bgp_verdict verdict;
	unsigned int i;

	verdict = bgp_update_parse(u, update_body(v), &rules);
	vector_say(out, "%s%s%s\n", bgp_verdict_name(verdict),
		   verdict == BGP_ACCEPT ? "" : ": ", u->error.text);
	if (verdict == BGP_SESSION_RESET) {
		vector_say(out, "notify %u/%u ", u->error.code,
			   u->error.subcode);
		vector_say_hex(out, u->error.data, u->error.data_len);
		vector_say(out, "\n");
	}
	if (u->eor)
		vector_say(out, "end-of-rib %s\n",
			   bgp_af_info[u->eor_af].name);
	for (i = 0; i < u->n_blocks; i++)
		say_block(out, u, &u->block[i],
			  rules.wire.add_path_rx &
			  bgp_af_bit(u->block[i].af));
	bgp_update_free(u);
}

int main(void)
{
	ktap_start();
	vectors_run(DATA "bgp_header.txt", header_case);
	vectors_run(DATA "bgp_open.txt", open_case);
	vectors_run(DATA "bgp_notification.txt", notify_case);
	vectors_run(DATA "bgp_refresh.txt", refresh_case);
	vectors_run(DATA "bgp_update.txt", update_case);
	return ktap_finish();
}
