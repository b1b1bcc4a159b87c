// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another inbound route map on a table of many routes, and what becomes of them
 * when their peer stays away: they are gone through piece by piece, and what
 * other peers have to say is not kept waiting.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "unit/rib_map_text.h"

#define LOCAL_AS	65515
#define N_ROUTES	20000
#define OTHER		0xc0000200	/* 192.0.2.0/24 */
#define LLGR_STALE	"llgr-stale"
#define LATE		0xc6336400	/* 198.51.100.0/24 */
#define LOOPED		0xcb007100	/* 203.0.113.0/24 */

static struct rib *rib;
static struct rib_peer *many, *other;
static struct prefix watched;		/* OTHER, or a summary */
static bool programmed;			/* that */
static bool sent;			/* OTHER */
static bool looped;			/* what is announced has our AS in it */

static void on_send(void *arg, const struct rib_send *send)
{
	static const uint8_t nlri[] = { 24, 192, 0, 2 };
	size_t i;

	(void)arg;
	for (i = 0; i < send->n_peers; i++)
		sent |= send->peers[i] == 1 &&
			memmem(send->data, send->len, nlri, sizeof(nlri));
}

static struct rib_route due[256];
static size_t n_due;

static bool on_route(void *arg, const struct rib_route *route)
{
	(void)arg;
	if (n_due == ARRAY_SIZE(due))
		return false;
	programmed |= prefix_equal(&route->prefix, &watched) &&
		      route->n_nexthops > 0;
	due[n_due++] = *route;
	return true;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { on_send, on_route, on_wake };

/* One piece of each kind of work; whether there is more. */
static bool turn(void)
{
	bool more = rib_run(rib, 0);

	while (n_due > 0) {
		n_due--;
		rib_route_done(rib, due[n_due].af, &due[n_due].prefix, 0,
			       NULL);
		more = true;
	}
	if (more)
		rib_route_ready(rib);
	return more;
}

static void run(void)
{
	while (turn())
		;
}

static void up(struct rib_peer *peer)
{
	struct rib_session agreed = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};

	rib_peer_up(peer, &agreed);
}

static struct rib_peer *peer_add(uint32_t id)
{
	struct rib_peer_conf conf = {
		.id = id,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010200 + id),
		.local = addr_from_v4(0x0a010104),
		.as = 65000 + id,
	};
	struct rib_peer *peer = rib_peer_add(rib, &conf);

	up(peer);
	return peer;
}

static void announce(struct rib_peer *peer, uint32_t as, uint32_t addr,
		     uint32_t n)
{
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010200 +
							    as - 65000) };
	uint8_t path[10] = { 2, 1 + looped }, wire[1024];
	struct wbuf w = wbuf_make(wire, sizeof(wire));
	struct bgp_attrs *attrs;
	uint32_t i;

	path[4] = as >> 8;
	path[5] = as & 0xff;
	path[8] = LOCAL_AS >> 8;
	path[9] = LOCAL_AS & 0xff;
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, 2 + 4 * path[1]);
	attrs = bgp_attrs_new(&set);
	for (i = 0; i < n; i++) {
		struct bgp_nlri nlri = {
			.prefix = { addr_from_v4(addr + (i << 8)), 24 },
		};

		bgp_nlri_build(&w, &nlri, false);
		if (w.len + 8 < sizeof(wire) && i + 1 < n)
			continue;
		rib_peer_announce(peer, 0, attrs, rbuf_make(wire, w.len));
		w = wbuf_make(wire, sizeof(wire));
	}
	free(attrs);
}

/* A map of one rule. */
static struct rib_map *map_new(const char *rule)
{
	char text[512];

	snprintf(text, sizeof(text), "      - { name: r, %s }\n", rule);
	return rib_map_from_text(text);
}

/* How many paths of @many have one. */
struct count {
	const char *community;
	unsigned int with, without;
	bool late;			/* LATE is among the first */
};

static bool on_row(void *arg, const struct rib_row *row)
{
	struct count *count = arg;
	char text[64];

	if (!row->peer || row->peer->id != 1)
		return true;
	bgp_communities_format(row->attrs, BGP_PART_COMMUNITIES, text,
			       sizeof(text));
	if (strcmp(text, count->community)) {
		count->without++;
		return true;
	}
	count->with++;
	count->late |= addr_to_v4(&row->prefix.addr) == LATE;
	return true;
}

static struct count count(const char *community)
{
	struct count result = { .community = community };
	struct rib_walk *walk = rib_walk_new(rib, 0, RIB_VIEW_LEARNED, NULL);

	while (rib_walk_run(walk, 1000, on_row, &result))
		;
	rib_walk_free(walk);
	return result;
}

static void set_rule(const char *rule, unsigned int allow_own_as)
{
	struct rib_peer_policy policy = {
		.in = rule ? map_new(rule) : NULL,
		.allow_own_as = allow_own_as,
	};

	rib_peer_set_policy(many, &policy);
	rib_map_put(policy.in);
}

/* Add a community to all, or nothing. */
static void set_map(const char *community, unsigned int allow_own_as)
{
	char rule[128];

	snprintf(rule, sizeof(rule),
		 "actions: [{ type: Add, communities: [\"%s\"] }]",
		 community ?: "");
	set_rule(community ? rule : NULL, allow_own_as);
}

static void test_meanwhile(void)
{
	struct count now;

	set_map("65001:1", 0);
	now = count("65001:1");
	ktap_ok(rib_revising(rib) && now.with == 0,
		"nothing goes through a new map at once");
	announce(other, 65002, OTHER, 1);
	announce(many, 65001, LATE, 1);
	while (!(programmed && sent) && turn())
		;
	ktap_ok(programmed, "another peer's route is programmed");
	ktap_ok(sent, "and sent on");
	now = count("65001:1");
	ktap_ok(rib_revising(rib) && now.with > 0 && now.without > 0,
		"while not all have been through the map");
	ktap_ok(now.late, "what comes meanwhile has been");
	run();
	now = count("65001:1");
	ktap_ok(!rib_revising(rib) && now.with == N_ROUTES + 1 &&
		now.without == 0, "in the end all have been");
}

/* A second map before the first is through, and a peer that goes. */
static void test_again(void)
{
	struct count now;

	set_map("65001:2", 0);
	turn();
	now = count("65001:2");
	ktap_ok(now.with > 0 && now.without > 0, "half through a map");
	set_map("65001:3", 0);
	run();
	now = count("65001:3");
	ktap_ok(now.with == N_ROUTES + 1 && now.without == 0,
		"and all through the next one");
	set_map(NULL, 0);
	run();
	now = count("");
	ktap_ok(now.with == N_ROUTES + 1 && now.without == 0,
		"without a map all is as it was received");
	set_map("65001:4", 1);
	turn();
	now = count("65001:4");
	ktap_ok(now.with > 0 && now.without > 0 && rib_revising(rib),
		"if more is accepted, that goes piece by piece");
	run();
	now = count("65001:4");
	ktap_ok(now.with == N_ROUTES + 1 && !rib_revising(rib),
		"until all have been through the map");
}

/* What was refused until now meets the map before it is used for anything. */
static void test_accepted(void)
{
	many = peer_add(1);
	set_rule("actions: [{ type: Drop }]", 0);
	looped = true;
	announce(many, 65001, 0x14000000, N_ROUTES);
	announce(many, 65001, LOOPED, 1);
	looped = false;
	run();
	watched = (struct prefix){ addr_from_v4(LOOPED), 24 };
	programmed = false;
	set_rule("actions: [{ type: Drop }]", 1);
	run();
	ktap_ok(!programmed, "nothing that is accepted now gets round the map");
	set_rule(NULL, 1);
	run();
	ktap_ok(programmed, "and without it would have been");
}

/* The peer does not come back in time, and what it has left is marked. */
static void test_long_lived(void)
{
	struct count now;

	set_map(NULL, 1);
	run();
	programmed = sent = false;
	rib_peer_down(many, 1, 0);
	rib_peer_long_lived(many, 0);
	now = count(LLGR_STALE);
	ktap_ok(now.with == 0 && now.without == N_ROUTES + 1,
		"nothing becomes long-lived at once");
	announce(other, 65002, OTHER + 256, 1);
	while (rib_run(rib, 0) && count(LLGR_STALE).with == 0)
		;
	now = count(LLGR_STALE);
	ktap_ok(now.with > 0 && now.without > 0, "it does piece by piece");
	run();
	now = count(LLGR_STALE);
	ktap_ok(now.with == N_ROUTES + 1 && now.without == 0,
		"in the end all is");

	up(many);
	announce(many, 65001, 0x14000000, N_ROUTES);
	rib_peer_sweep(many, 0);
	run();
	now = count("");
	ktap_ok(now.with == N_ROUTES && now.without == 0,
		"what is told again is as it was, what is not is gone");

	rib_peer_down(many, 1, 0);
	rib_peer_long_lived(many, 0);
	turn();
	up(many);
	announce(many, 65001, 0x14000000, N_ROUTES);
	rib_peer_stale(many, 0);
	run();
	now = count("");
	ktap_ok(now.with == N_ROUTES && now.without == 0,
		"a peer that is back ends it, whatever it refreshes");
	rib_peer_down(many, 1, 0);
	rib_peer_long_lived(many, 0);
	turn();
	up(many);
	announce(many, 65001, 0x14000000, N_ROUTES);
	rib_peer_down(many, 1, 0);
	run();
	now = count("");
	ktap_ok(now.with == N_ROUTES && now.without == 0,
		"and what it leaves when it goes again has its own time");
	up(many);
	announce(many, 65001, 0x14000000, N_ROUTES);
	rib_peer_sweep(many, 0);
	run();
}

static void test_gone(void)
{
	struct rib_mem mem;

	set_map("65001:5", 1);
	turn();
	ktap_ok(rib_revising(rib), "a peer goes half through a map");
	rib_peer_remove(many);
	rib_peer_remove(other);
	run();
	rib_mem(rib, &mem);
	ktap_ok(!rib_revising(rib) && mem.paths == 0 && mem.prefixes == 0 &&
		mem.attrs == 1, "nothing is left");
}

/*
 * What a peer leaves behind is swept, and with it the better part of a summary
 * long before the other: that one does not take its place.
 */
static void test_summary(void)
{
	many = peer_add(1);
	set_rule("match: [{ condition: Equals, "
		 "prefixes: [20.0.0.0/24, 198.51.100.0/24] }], "
		 "actions: [{ type: Replace, prefixes: [0.0.0.0/0] }]", 0);
	announce(many, 65001, 0x14000000, N_ROUTES);
	announce(many, 65002, LATE, 1);
	programmed = false;
	watched = (struct prefix){ addr_from_v4(0), 0 };
	run();
	ktap_ok(programmed, "a summary of two routes is programmed");
	rib_peer_down(many, 0, 0);
	programmed = false;
	run();
	ktap_ok(!programmed, "and not again when their peer has gone");
}

/* Whether what stands for others is there, and is stale. */
static bool on_watched(void *arg, const struct rib_row *row)
{
	if (prefix_equal(&row->prefix, &watched))
		*(bool *)arg = row->stale;
	return true;
}

static bool watched_stale(void)
{
	struct rib_walk *walk = rib_walk_new(rib, 0, RIB_VIEW_LOC, NULL);
	bool stale = false;

	while (rib_walk_run(walk, 1000, on_watched, &stale))
		;
	rib_walk_free(walk);
	return stale;
}

/* What a peer has left is no younger in the summary that stands for it. */
static void test_summary_age(void)
{
	up(many);
	announce(many, 65001, 0x14000000, N_ROUTES);
	announce(many, 65002, LATE, 1);
	run();
	ktap_ok(!watched_stale(), "a summary of what is heard is not stale");
	rib_peer_down(many, 1, 0);
	run();
	ktap_ok(watched_stale(), "it is when their peer has gone");
	rib_peer_long_lived(many, 0);
	run();
	ktap_ok(watched_stale(), "and when they are long-lived");
	set_rule("match: [{ condition: Equals, prefixes: [20.0.0.0/24] }], "
		 "actions: [{ type: Replace, prefixes: [20.0.0.0/8] }]", 0);
	watched = (struct prefix){ addr_from_v4(0x14000000), 8 };
	run();
	ktap_ok(watched_stale(), "and so is another one, by another map");
	up(many);
	announce(many, 65001, 0x14000000, 1);
	run();
	ktap_ok(!watched_stale(), "until the first of them is heard again");
}

int main(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };

	ktap_start();
	hash_init();
	watched = (struct prefix){ addr_from_v4(OTHER), 24 };
	rib = rib_new(&conf, &ops, NULL);
	many = peer_add(1);
	other = peer_add(2);
	announce(many, 65001, 0x14000000, N_ROUTES);
	run();
	test_meanwhile();
	test_again();
	test_long_lived();
	test_gone();
	rib_free(rib);
	rib = rib_new(&conf, &ops, NULL);
	test_accepted();
	rib_free(rib);
	rib = rib_new(&conf, &ops, NULL);
	test_summary();
	test_summary_age();
	rib_free(rib);
	return ktap_finish();
}
