// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What summaries cost: how often attributes, next hops and addresses are looked
 * at, counted by wrapping the functions that all who look go through; and
 * memory. That they are right is rib_outsum_test's, but where it takes more
 * prefixes than are looked at in one piece.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "rib/rib.h"
#include "rib/table.h"
#include "unit/rib_map_text.h"

#define LOCAL_AS	65515
#define N_GATEWAYS	8
#define N_HOPS		1000
#define N_MANY		4000
#define N_SOME		20
#define N_PIECES	10000	/* prefixes that are looked at in some */
#define N_OTHERS	100	/* prefixes that no map has to do with */

static struct rib *rib;
static struct rib_map *sums_up, *prepends;

/* ---- who looks ------------------------------------------------------- */

static unsigned int n_exported, n_looked, n_compared;

struct bgp_attrs *__real_adjout_export(const struct table *t,
				       const struct group *group,
				       uint16_t origin, uint32_t attrs);
struct bgp_attrs *__wrap_adjout_export(const struct table *t,
				       const struct group *group,
				       uint16_t origin, uint32_t attrs);

struct bgp_attrs *__wrap_adjout_export(const struct table *t,
				       const struct group *group,
				       uint16_t origin, uint32_t attrs)
{
	n_exported++;
	return __real_adjout_export(t, group, origin, attrs);
}

struct addr __real_bgp_attrs_nexthop(const struct bgp_attrs *attrs);
struct addr __wrap_bgp_attrs_nexthop(const struct bgp_attrs *attrs);

struct addr __wrap_bgp_attrs_nexthop(const struct bgp_attrs *attrs)
{
	n_looked++;
	return __real_bgp_attrs_nexthop(attrs);
}

int __real_addr_cmp(const struct addr *a, const struct addr *b);
int __wrap_addr_cmp(const struct addr *a, const struct addr *b);

int __wrap_addr_cmp(const struct addr *a, const struct addr *b)
{
	n_compared++;
	return __real_addr_cmp(a, b);
}

/* ---- what is done ---------------------------------------------------- */

static void on_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	(void)send;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void start(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };

	rib = rib_new(&conf, &ops, NULL);
}

static struct rib_peer *add(unsigned int n, struct rib_peer_policy policy)
{
	struct rib_peer_conf conf = {
		.id = n,
		.name = "one",
		.neighbor = addr_from_v4(0x0a010201 + n),
		.local = addr_from_v4(0x0a010104),
		.as = policy.kind == CONF_NVA ? 65001 + n : LOCAL_AS,
		.policy = policy,
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.nexthop = { conf.local },
	};
	struct rib_peer *peer = rib_peer_add(rib, &conf);

	addr_parse("fd00::4", &session.nexthop[BGP_IPV6_UNICAST]);
	rib_peer_up(peer, &session);
	return peer;
}

static void run(void)
{
	while (rib_run(rib, 1000))
		;
}

/* A host in 10.2.0.0/16, with a next hop of its own; or not any more. */
static void host(struct rib_peer *from, unsigned int n, bool withdraw)
{
	struct bgp_nlri nlri;
	struct addr addr = addr_from_v4(0x0a020000 + n);
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0b000000 + n) };
	uint8_t path[] = { 2, 1, 0, 0, 0xfd, 0xe9 }, buf[8];
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct bgp_attrs *attrs;

	nlri = (struct bgp_nlri){ .prefix = prefix_make(&addr, 32) };
	bgp_nlri_build(&to, &nlri, false);
	if (withdraw) {
		rib_peer_withdraw(from, 0, rbuf_make(buf, to.len));
		return;
	}
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, sizeof(path));
	attrs = bgp_attrs_new(&set);
	rib_peer_announce(from, 0, attrs, rbuf_make(buf, to.len));
	free(attrs);
}

static uint64_t bytes_now(void)
{
	struct rib_mem mem;

	run();
	rib_mem(rib, &mem);
	return mem.queue_bytes;
}

/* ---- what it costs --------------------------------------------------- */

static void test_others(void)
{
	struct rib_peer *peer;
	struct prefix space;
	unsigned int i;

	start();
	for (i = 0; i < N_OTHERS; i++) {
		space.addr = addr_from_v4(0x14000000 + (i << 8));
		space = prefix_make(&space.addr, 24);
		rib_space_add(rib, &space);
	}
	n_exported = 0;
	peer = add(1, (struct rib_peer_policy){ .out = sums_up });
	run();
	ktap_ok(peer->af[BGP_IPV4_UNICAST].group->sums &&
		!peer->af[BGP_IPV6_UNICAST].group->sums,
		"only the family that the map replaces has summaries");
	if (!ktap_ok(n_exported < N_OTHERS / 2,
		     "what no summary covers is not looked at one by one"))
		printf("# %u times\n", n_exported);
	rib_free(rib);
}

/* Of many prefixes none is kept waiting by a peer that gets another map. */
static void test_move(void)
{
	struct rib_peer_policy other = { .out = prepends };
	struct rib_peer *source, *taker;
	const struct peer_af *af;
	unsigned int n, turns = 0;

	start();
	source = add(0, (struct rib_peer_policy){ .kind = CONF_NVA });
	taker = add(1, (struct rib_peer_policy){ .kind = CONF_NVA });
	af = &taker->af[BGP_IPV4_UNICAST];
	for (n = 1; n <= N_MANY; n++)
		host(source, n, false);
	run();
	n_exported = 0;
	rib_peer_set_policy(taker, &other);
	ktap_ok(af->group->map && n_exported == 0,
		"a peer has another map at once, without a look at prefixes");
	while (af->leaving) {
		n_exported = 0;
		host(source, N_MANY + ++turns, false);
		rib_run(rib, 0);
		if (n_exported > N_MANY / 2)
			break;
	}
	ktap_ok(!af->leaving && turns > 2,
		"which are looked at in %u pieces", turns);
	run();
	ktap_ok(!af->lag && rib_peer_stats(taker, 0).advertised ==
		N_MANY + turns, "until it has all of them by its map");
	rib_free(rib);
}

/* One peer has many next hops in a summary that many are told of. */
static void test_parts(void)
{
	struct rib_peer *source;
	uint64_t before, full;
	unsigned int n;

	start();
	rib_set_policy(rib, &(struct rib_policy){ .branch_to_branch = true });
	source = add(0, (struct rib_peer_policy){ .kind = CONF_NVA });
	for (n = 1; n <= N_GATEWAYS; n++)
		add(n, (struct rib_peer_policy){ .kind = CONF_VPN,
						 .out = sums_up });
	before = bytes_now();
	for (n = 1; n <= N_HOPS; n++)
		host(source, n, false);
	full = bytes_now();
	ktap_ok(full >= before + N_HOPS * sizeof(struct bgp_attrs),
		"the memory of summaries is counted");
	n_looked = 0;
	host(source, 1, true);
	run();
	if (!ktap_ok(n_looked > 0 && n_looked < 4 * N_HOPS,
		     "what changes is looked at once for all members"))
		printf("# %u times\n", n_looked);
	for (n = 2; n <= N_HOPS; n++)
		host(source, n, true);
	ktap_ok(bytes_now() < (before + full) / 2, "and is given back");
	rib_free(rib);
}

/*
 * Routes are about to get out that did not before. A group gets to know of some
 * of them first, and they go before it is their turn.
 */
static void test_review(void)
{
	struct rib_peer *source, *taker;
	unsigned int n;

	start();
	source = add(0, (struct rib_peer_policy){ .kind = CONF_VPN });
	for (n = 1; n <= N_PIECES; n++)
		host(source, n, false);
	run();
	taker = add(1, (struct rib_peer_policy){ .kind = CONF_NVA,
						 .out = sums_up });
	rib_run(rib, 0);
	rib_set_policy(rib, &(struct rib_policy){ .branch_to_branch = true });
	rib_run(rib, 0);
	for (n = 1; n <= N_PIECES; n++)
		host(source, n, true);
	run();
	ktap_ok(rib_peer_stats(taker, 0).advertised == 0,
		"a summary goes with routes that have never been sent");
	rib_free(rib);
}

static bool on_summary(void *arg, const struct rib_row *row)
{
	if (row->prefix.len == 16)
		*(struct addr *)arg = bgp_attrs_nexthop(row->attrs);
	return true;
}

/* The next hop of 10.2.0.0/16, 0: there is none. */
static uint32_t summary_hop(void)
{
	struct rib_walk *walk = rib_walk_new(rib, 0, RIB_VIEW_LOC, NULL);
	struct addr hop = addr_from_v4(0);

	while (rib_walk_run(walk, 100, on_summary, &hop))
		;
	rib_walk_free(walk);
	return addr_to_v4(&hop);
}

static void test_inbound(void)
{
	bool held[N_SOME] = { false }, same = true;
	struct rib_peer *source;
	unsigned int n, step;

	start();
	source = add(0, (struct rib_peer_policy){ .in = sums_up });
	for (step = 0; same && step < 1000; step++) {
		n = 1 + random() % (N_SOME - 1);
		held[n] = random() % 2;
		host(source, n, !held[n]);
		for (n = 1; n < N_SOME && !held[n]; n++)
			;
		same = summary_hop() == (n < N_SOME ? 0x0b000000 + n : 0);
	}
	ktap_ok(same, "the lowest of some next hops is the summary's");
	n_compared = 0;
	for (n = N_MANY; n > 0; n--)
		host(source, n, false);
	for (n = 1; n <= N_MANY; n++)
		host(source, n, true);
	if (!ktap_ok(n_compared < 60 * N_MANY && summary_hop() == 0,
		     "many are not compared each with each"))
		printf("# %u times\n", n_compared);
	rib_free(rib);
}

int main(void)
{
	ktap_start();
	hash_init();
	sums_up = rib_map_from_text(
		"    - { name: r, match: [{ condition: Contains, prefixes:"
		" [10.2.0.0/16] }],"
		" actions: [{ type: Replace, prefixes: [10.2.0.0/16] }] }\n");
	prepends = rib_map_from_text(
		"    - { name: p, actions: [{ type: Add, as-path: [64600] }]"
		" }\n");
	test_others();
	test_move();
	test_parts();
	test_review();
	test_inbound();
	rib_map_put(sums_up);
	rib_map_put(prepends);
	return ktap_finish();
}
