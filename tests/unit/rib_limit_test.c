// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much of a peer is taken: prefixes count once, whatever paths they have
 * (RFC 7911), in small cases and against a model of random changes; bounds for
 * paths; and what all peers may have together. And how much is sent in a turn.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/msg.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/table.h"
#include "unit/rib_map_text.h"

#define LOCAL_AS	65515
#define N_PREFIXES	12
#define N_IDS		4
#define STEPS		20000
#define LARGE		60000	/* bytes, leave little room for prefixes */

static struct rib *rib;
static size_t sent;			/* bytes */

static void on_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	sent += send->len;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void run(void)
{
	while (rib_run(rib, 1000))
		;
}

static struct prefix nth(unsigned int n)
{
	struct addr addr = addr_from_v4(0x14000000 + (n << 8));

	return prefix_make(&addr, 24);
}

static void up(struct rib_peer *peer, bool add_path)
{
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .add_path_rx = add_path },
		.nexthop = { addr_from_v4(0x0a010104) },
	};

	rib_peer_up(peer, &session);
}

static struct rib_peer *add(unsigned int n,
			    const struct rib_peer_policy *policy,
			    bool add_path)
{
	struct rib_peer_conf conf = {
		.id = n,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010200 + n),
		.local = addr_from_v4(0x0a010104),
		.as = 65000 + n,
		.policy = *policy,
	};
	struct rib_peer *peer = rib_peer_add(rib, &conf);

	up(peer, add_path);
	run();
	return peer;
}

/* @id: RFC 7911, 0: without; @hops: 0 withdraws. */
static struct rib_excess say(struct rib_peer *peer, unsigned int n,
			     uint32_t id, unsigned int hops, bool add_path)
{
	struct bgp_nlri nlri = { .path_id = id, .prefix = nth(n) };
	struct rib_excess excess = { .prefixes = 0 };
	uint8_t path[64], buf[16];
	struct wbuf w = wbuf_make(path, sizeof(path));
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010201) };
	struct bgp_attrs *attrs;
	unsigned int i;

	bgp_nlri_build(&to, &nlri, add_path);
	if (hops == 0) {
		rib_peer_withdraw(peer, 0, rbuf_make(buf, to.len));
		return excess;
	}
	wbuf_u16(&w, 0x0200 + hops);
	for (i = 0; i < hops; i++)
		wbuf_u32(&w, 65001);
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, w.len);
	attrs = bgp_attrs_new(&set);
	excess = rib_peer_announce(peer, 0, attrs, rbuf_make(buf, to.len));
	free(attrs);
	return excess;
}

static bool taken(struct rib_peer *peer, unsigned int n, uint32_t id)
{
	struct rib_excess excess = say(peer, n, id, 1, true);

	return excess.prefixes + excess.paths + excess.many +
	       excess.total == 0;
}

static uint32_t learned(struct rib_peer *peer)
{
	return rib_peer_stats(peer, BGP_IPV4_UNICAST).learned;
}

static void start(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };

	rib = rib_new(&conf, &ops, NULL);
}

/* ---- prefixes, not paths --------------------------------------------- */

static void test_unique(void)
{
	struct rib_peer *peer;
	unsigned int n, id;
	bool all = true;

	start();
	peer = add(1, &(struct rib_peer_policy){ .limit = 3 }, true);
	for (n = 0; n < 3; n++)
		for (id = 1; id <= 4; id++)
			all &= taken(peer, n, id);
	ktap_ok(all && rib_peer_held(peer) == 3 && learned(peer) == 12,
		"twelve paths of three prefixes are within a limit of three");
	ktap_ok(say(peer, 3, 1, 1, true).prefixes == 1,
		"a fourth prefix is not");
	ktap_ok(taken(peer, 1, 5) && taken(peer, 1, 1),
		"one more path of a prefix is, and one that is there already");
	for (id = 1; id <= 4; id++)
		say(peer, 0, id, 0, true);
	ktap_ok(rib_peer_held(peer) == 2, "a prefix has gone with its paths");
	ktap_ok(taken(peer, 3, 9) && rib_peer_held(peer) == 3,
		"and makes room for another");
	say(peer, 1, 3, 0, true);
	ktap_ok(rib_peer_held(peer) == 3 &&
		say(peer, 4, 1, 1, true).prefixes == 1,
		"one path of several makes none");
	ktap_must(rib_peer_stale(peer, BGP_IPV4_UNICAST));
	ktap_ok(rib_peer_held(peer) == 0, "none is held when all are stale");
	ktap_ok(taken(peer, 1, 1) && taken(peer, 1, 2) && taken(peer, 5, 1) &&
		taken(peer, 6, 1) && rib_peer_held(peer) == 3 &&
		say(peer, 2, 1, 1, true).prefixes == 1,
		"three others may be said then, even without the old ones");
	rib_free(rib);
}

static void test_paths(void)
{
	struct rib_peer_policy policy = { .limit = 100, .path_limit = 10 };
	struct rib_peer *peer;
	unsigned int n;
	bool all = true;

	start();
	peer = add(1, &policy, true);
	for (n = 0; n < 10; n++)
		all &= taken(peer, n / 2, 1 + n % 2);
	ktap_ok(all && say(peer, 0, 3, 1, true).paths == 1,
		"paths have a limit of their own");
	ktap_ok(taken(peer, 0, 1), "one that is there is no more");
	say(peer, 4, 1, 0, true);
	ktap_ok(taken(peer, 0, 3), "one that has gone makes room");
	rib_free(rib);
}

static void test_stale_paths(void)
{
	struct rib_peer *peer;
	unsigned int id;
	bool all = true;

	start();
	peer = add(1, &(struct rib_peer_policy){ .limit = 100 }, true);
	for (id = 1; id <= 64; id++)
		all &= taken(peer, 0, id);
	ktap_ok(all && say(peer, 0, 65, 1, true).many == 1,
		"64 paths of a prefix are taken");
	rib_peer_down(peer, bgp_af_bit(BGP_IPV4_UNICAST), 0);
	up(peer, true);
	for (id = 101; id <= 163; id++)
		all &= taken(peer, 0, id);
	ktap_ok(all && taken(peer, 0, 1),
		"64 again after a restart, be their identifiers others");
	ktap_ok(say(peer, 0, 2, 1, true).many == 1,
		"a stale one that comes back counts, too");
	rib_peer_sweep(peer, BGP_IPV4_UNICAST);
	run();
	ktap_ok(learned(peer) == 64, "the stale ones go");
	rib_free(rib);
}

/*
 * Have a prefix have @total paths: a peer's, with the attributes of the first.
 * To announce so many by so many peers takes a decision on all for each.
 */
static void fill(struct rib_peer *peer, unsigned int n, uint32_t total)
{
	struct table *t = &rib->table[BGP_IPV4_UNICAST];
	struct peer_af *af = &peer->af[BGP_IPV4_UNICAST];
	struct prefix prefix = nth(n);
	struct net *net = net_get(&t->nets, net_find(&t->nets, &prefix));
	struct rib_path path;
	uint32_t had;

	path = net_paths(&t->nets, net, &had)[0];
	path.peer = peer->index;
	path.epoch = af->epoch;
	path.why = RIB_WHY_AS_PATH_LENGTH;
	af->count[af->epoch] += total - had;
	af->more += total - had - 1;
	while (had < total) {
		*net_path_add(&t->nets, net, 1000 + had++) = path;
		attrset_hold(&rib->attrs, path.attrs);
	}
}

/* Half of a prefix's places are for those who have one path of it. */
static void test_full(void)
{
	struct rib_peer_policy policy = { .limit = 100 };
	struct rib_peer *many, *some, *one, *late;
	struct prefix space = nth(0);

	start();
	many = add(1, &policy, true);
	some = add(2, &policy, true);
	one = add(3, &policy, false);
	late = add(4, &policy, false);
	say(some, 0, 1, 1, true);
	fill(many, 0, 32766);
	rib_peer_down(many, bgp_af_bit(BGP_IPV4_UNICAST), 0);
	up(many, true);
	ktap_ok(taken(some, 0, 2) && taken(some, 0, 3),
		"32768 paths of a prefix are taken, of all together");
	ktap_ok(say(some, 0, 4, 1, true).many == 1, "one more is not");
	ktap_ok(taken(some, 0, 3) && taken(many, 0, 1001) && taken(some, 1, 1),
		"one that is there, or stale, is, and one of another prefix");
	ktap_ok(say(one, 0, 0, 1, false).many == 0,
		"and the path of one that has no others");
	fill(many, 0, 65534);
	ktap_ok(say(late, 0, 0, 1, false).many == 1 &&
		rib_peer_held(late) == 0 && say(one, 0, 0, 2, false).many == 0,
		"up to 65534, whose attributes may change");
	ktap_ok(rib_space_add(rib, &space) &&
		learned(rib->peer[PEER_OWN]) == 1,
		"the last place is for an address space");
	say(some, 0, 2, 0, true);
	say(some, 0, 3, 0, true);
	ktap_ok(say(late, 0, 0, 1, false).many == 0,
		"others that have gone make room");
	rib_free(rib);
}

/* ---- against a model ------------------------------------------------- */

static unsigned int epoch_of[N_PREFIXES][N_IDS];	/* 0: none */

static uint32_t model_held(unsigned int epoch)
{
	unsigned int n, id;
	uint32_t held = 0;

	for (n = 0; n < N_PREFIXES; n++) {
		for (id = 0; id < N_IDS && epoch_of[n][id] != epoch; id++)
			;
		held += id < N_IDS;
	}
	return held;
}

static void test_random(void)
{
	unsigned int step, epoch = 1, n, id, what;
	bool add_path = true, same = true;
	struct rib_peer *peer, *other;

	start();
	memset(epoch_of, 0, sizeof(epoch_of));
	peer = add(1, &(struct rib_peer_policy){ .limit = 0 }, true);
	other = add(2, &(struct rib_peer_policy){ .limit = 0 }, true);
	for (step = 0; same && step < STEPS; step++) {
		n = random() % N_PREFIXES;
		id = add_path ? random() % N_IDS : 0;
		what = random() % 100;
		if (what < 55) {
			say(peer, n, id, 1 + random() % 3, add_path);
			epoch_of[n][id] = epoch;
		} else if (what < 80) {
			say(peer, n, id, 0, add_path);
			epoch_of[n][id] = 0;
		} else if (what < 96) {
			say(other, n, random() % N_IDS, random() % 3, true);
		} else if (what < 97 &&
			   rib_peer_stale(peer, BGP_IPV4_UNICAST)) {
			epoch++;
		} else if (what < 98) {
			rib_peer_sweep(peer, BGP_IPV4_UNICAST);
			run();
		} else if (what < 99) {
			run();
		} else {
			rib_peer_down(peer, random() % 2, 0);
			add_path = random() % 2;
			up(peer, add_path);
			epoch++;
		}
		same = rib_peer_held(peer) == model_held(epoch);
	}
	if (!ktap_ok(same, "what is held is what a model says, all the time"))
		printf("# step %u: held %u, model %u\n", step,
		       rib_peer_held(peer), model_held(epoch));
	rib_free(rib);
}

/* ---- all peers ------------------------------------------------------- */

static void test_total(void)
{
	struct rib_policy policy = { .max_prefixes = 5 };
	struct rib_peer *a, *b;
	struct prefix space;
	unsigned int n;

	start();
	rib_set_policy(rib, &policy);
	prefix_parse("10.1.0.0/16", &space);
	rib_space_add(rib, &space);
	a = add(1, &(struct rib_peer_policy){ .limit = 3 }, false);
	b = add(2, &(struct rib_peer_policy){ .limit = 0 }, false);
	for (n = 0; n < 3; n++)
		say(a, n, 0, 1, false);
	for (n = 0; n < 3; n++)
		say(b, n, 0, 1, false);
	ktap_ok(rib_peer_held(a) == 3 && rib_peer_held(b) == 3,
		"a prefix of two peers counts once in all");
	ktap_ok(say(b, 3, 0, 1, false).total == 0,
		"with an address space they are five");
	ktap_ok(say(b, 4, 0, 1, false).total == 1 && rib_peer_held(b) == 4,
		"a sixth is not taken");
	ktap_ok(say(b, 3, 0, 2, false).total == 0,
		"what is there may change");
	ktap_ok(say(a, 3, 0, 1, false).prefixes == 1 &&
		say(a, 3, 0, 1, false).total == 0,
		"a peer's own limit comes first");
	for (n = 0; n < 2; n++)
		say(a, n, 0, 0, false);
	ktap_ok(say(b, 4, 0, 1, false).total == 1,
		"what another still has makes no room");
	say(b, 0, 0, 0, false);
	ktap_ok(say(b, 4, 0, 1, false).total == 0,
		"what the last has withdrawn does");
	rib_free(rib);
}

/* ---- attributes ------------------------------------------------------ */

/* With @size bytes of large communities that are all @mark. */
static struct rib_excess say_big(struct rib_peer *peer, unsigned int n,
				 uint32_t mark, size_t size)
{
	struct bgp_nlri nlri = { .prefix = nth(n) };
	static uint8_t large[LARGE];
	uint8_t buf[16];
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct wbuf w = wbuf_make(large, sizeof(large));
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010201) };
	struct rib_excess excess;
	struct bgp_attrs *attrs;
	uint32_t i;

	bgp_nlri_build(&to, &nlri, false);
	for (i = 0; w.len < size; i++) {
		wbuf_u32(&w, mark);
		wbuf_u32(&w, i);
		wbuf_u32(&w, 0);
	}
	set.part[BGP_PART_LARGE_COMMUNITIES] = rbuf_make(large, w.len);
	attrs = bgp_attrs_new(&set);
	excess = rib_peer_announce(peer, 0, attrs, rbuf_make(buf, to.len));
	free(attrs);
	return excess;
}

static void test_attrs(void)
{
	struct rib_peer_policy policy = { .attr_limit = 10000 };
	struct rib_peer *a, *b;
	unsigned int n;

	start();
	a = add(1, &policy, false);
	b = add(2, &policy, false);
	for (n = 0; n < 8; n++)
		say_big(a, n, n, 4800);
	ktap_ok(rib_peer_held(a) == 2, "attributes are taken up to a limit");
	ktap_ok(say_big(a, 9, 1, 4800).attrs == 0 && rib_peer_held(a) == 3,
		"more prefixes with one of them cost nothing");
	ktap_ok(say_big(b, 3, 0, 4800).attrs == 0 &&
		say_big(b, 4, 1, 4800).attrs == 0 &&
		say_big(b, 5, 10, 4800).attrs == 0 &&
		say_big(b, 6, 11, 4800).attrs == 0,
		"nor do they cost another peer");
	ktap_ok(say_big(b, 7, 12, 4800).attrs == 1, "which has its own limit");
	ktap_ok(say_big(a, 9, 13, 4800).attrs == 1 && rib_peer_held(a) == 2,
		"what cannot be taken replaces what was there");
	say_big(b, 3, 10, 4800);
	say(a, 0, 0, 0, false);
	ktap_ok(say_big(a, 8, 8, 4800).attrs == 0,
		"what is gone makes room");
	rib_peer_remove(a);
	run();
	a = add(1, &policy, false);
	ktap_ok(say_big(a, 0, 20, 4800).attrs == 0 &&
		say_big(a, 1, 21, 4800).attrs == 0 &&
		say_big(a, 2, 22, 4800).attrs == 1,
		"and who comes anew has none, even if others use them still");
	rib_free(rib);
}

#define LARGE_ROUTES	2000
#define TURN_MAX	(2 * 1024 * 1024)

/*
 * What one neighbor announces waits in memory for another: little of it at a
 * time, however large its attributes are.
 */
static void test_turn(void)
{
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX_EXT,
			  .families = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};
	struct rib_peer_policy policy = { .attr_limit = 0 };
	size_t most = 0, all = 0;
	struct rib_peer *a, *b;
	unsigned int i;
	bool more;

	start();
	a = add(1, &policy, false);
	b = add(2, &policy, false);
	rib_peer_down(b, 0, 0);
	for (i = 0; i < LARGE_ROUTES; i++)
		say_big(a, i, i % 200, LARGE);
	run();
	rib_peer_up(b, &session);
	do {
		sent = 0;
		more = rib_run(rib, 0);
		all += sent;
		most = MAX(most, sent);
	} while (more);
	ktap_ok(all > (size_t)200 * LARGE, "all is told");
	ktap_ok(most < TURN_MAX, "little in one turn");
	rib_free(rib);
}

/* Prefixes 1 to 3 are each made something else of. */
static struct rib_map *map_new(void)
{
	return rib_map_from_text(
		"    - { name: a, match: [{ condition: Equals, prefixes:"
		" [20.0.1.0/24] }],"
		" actions: [{ type: Add, communities: [\"65001:1\"] }] }\n"
		"    - { name: b, match: [{ condition: Equals, prefixes:"
		" [20.0.2.0/24] }],"
		" actions: [{ type: Add, communities: [\"65001:2\"] }] }\n"
		"    - { name: c, match: [{ condition: Equals, prefixes:"
		" [20.0.3.0/24] }],"
		" actions: [{ type: Add, communities: [\"65001:3\"] }] }\n");
}

static void test_derived(void)
{
	struct rib_map *map = map_new();
	struct rib_peer_policy policy = { .attr_limit = 10000, .in = map };
	struct rib_peer *a;

	start();
	a = add(1, &policy, false);
	say(a, 2, 0, 1, false);
	ktap_ok(say_big(a, 0, 0, 4000).attrs == 0 &&
		say_big(a, 1, 0, 4000).attrs == 0 && rib_peer_held(a) == 3,
		"what a map makes of attributes is taken");
	ktap_ok(say_big(a, 2, 0, 4000).attrs == 1 && rib_peer_held(a) == 2 &&
		say_big(a, 3, 0, 4000).attrs == 1,
		"up to the same limit, if they are there already or not");
	ktap_ok(say_big(a, 4, 0, 4000).attrs == 0 && rib_peer_held(a) == 3 &&
		rib->attrs.charged[a->index] < 10000,
		"nothing is left of what is refused");
	say(a, 1, 0, 0, false);
	ktap_ok(say_big(a, 3, 0, 4000).attrs == 0, "what is gone makes room");
	rib_free(rib);
	rib_map_put(map);
}

static void test_another_map(void)
{
	struct rib_map *map = map_new();
	struct rib_peer_policy policy = { .attr_limit = 10000 };
	struct rib_peer *a;

	start();
	a = add(1, &policy, false);
	say_big(a, 1, 0, 4000);
	policy.in = map;
	rib_peer_set_policy(a, &policy);
	run();
	ktap_ok(say_big(a, 4, 4, 4000).attrs == 1,
		"what another map makes of them later counts, too");
	policy.in = NULL;
	rib_peer_set_policy(a, &policy);
	run();
	ktap_ok(say_big(a, 4, 4, 4000).attrs == 0, "and not without it");
	rib_free(rib);
	rib_map_put(map);
}

static void test_long_lived(void)
{
	struct rib_peer_policy policy = { .attr_limit = 10000 };
	struct rib_peer *a;

	start();
	a = add(1, &policy, false);
	say_big(a, 0, 0, 4000);
	say_big(a, 1, 1, 4000);
	rib_peer_down(a, bgp_af_bit(BGP_IPV4_UNICAST), 0);
	rib_peer_long_lived(a, BGP_IPV4_UNICAST);
	run();
	up(a, false);
	ktap_ok(say_big(a, 2, 2, 4000).attrs == 1,
		"attributes count as long-lived stale ones");
	rib_peer_sweep(a, BGP_IPV4_UNICAST);
	run();
	ktap_ok(say_big(a, 2, 2, 4000).attrs == 0, "until these are gone");
	rib_free(rib);
}

int main(void)
{
	ktap_start();
	hash_init();
	test_unique();
	test_paths();
	test_stale_paths();
	test_full();
	test_random();
	test_total();
	test_attrs();
	test_turn();
	test_derived();
	test_another_map();
	test_long_lived();
	return ktap_finish();
}
