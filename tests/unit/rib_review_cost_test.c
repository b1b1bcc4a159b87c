// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What other policies, and peers that come and go, cost: how often a path is
 * put through a map and a prefix decided on, counted by wrapping the functions
 * that do it. That the outcome is right is rib_remap_test's and
 * rib_oracle_test's.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "rib/table.h"
#include "unit/rib_map_text.h"

#define LOCAL_AS	65515
#define N_PEERS		20
#define N_ROUTES	5000
#define N_PATHS		64
#define N_MANY		40	/* prefixes of as many paths */

static struct rib *rib;
static struct rib_peer *peer[N_PEERS];

static unsigned int n_mapped, n_decided;

struct rib_map_result __real_rib_map_apply(const struct rib_map *map,
					   const struct bgp_attrs *attrs,
					   uint64_t class, uint32_t keep_as);
struct rib_map_result __wrap_rib_map_apply(const struct rib_map *map,
					   const struct bgp_attrs *attrs,
					   uint64_t class, uint32_t keep_as);

struct rib_map_result __wrap_rib_map_apply(const struct rib_map *map,
					   const struct bgp_attrs *attrs,
					   uint64_t class, uint32_t keep_as)
{
	n_mapped++;
	return __real_rib_map_apply(map, attrs, class, keep_as);
}

void __real_decide_commit(struct table *t, uint32_t id,
			  const struct choice *before);
void __wrap_decide_commit(struct table *t, uint32_t id,
			  const struct choice *before);

void __wrap_decide_commit(struct table *t, uint32_t id,
			  const struct choice *before)
{
	n_decided++;
	__real_decide_commit(t, id, before);
}

static unsigned int n_withdrawing;	/* messages to others than peer[0] */

static void on_send(void *arg, const struct rib_send *send)
{
	const uint8_t *msg = send->data, *end = msg + send->len;

	(void)arg;
	if (send->n_peers == 1 && send->peers[0] == 0)
		return;
	for (; msg < end; msg += msg[16] << 8 | msg[17])
		n_withdrawing += msg[18] == BGP_MSG_UPDATE &&
				 (msg[19] || msg[20]);
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void run(void)
{
	while (rib_run(rib, 0))
		;
}

/* A session of IPv4 only. */
static void up(struct rib_peer *p)
{
	struct rib_session agreed = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .add_path_rx = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};

	rib_peer_up(p, &agreed);
}

static void start(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct rib_peer_conf session;
	unsigned int i;

	rib = rib_new(&conf, &ops, NULL);
	for (i = 0; i < N_PEERS; i++) {
		session = (struct rib_peer_conf){
			.id = i,
			.name = "nva",
			.neighbor = addr_from_v4(0x0a010201 + i),
			.local = addr_from_v4(0x0a010104),
			.as = 65001 + i,
		};
		peer[i] = rib_peer_add(rib, &session);
		up(peer[i]);
	}
	run();
}

static void end(void)
{
	unsigned int i;

	for (i = 0; i < N_PEERS; i++)
		rib_peer_remove(peer[i]);
	run();
	rib_free(rib);
}

static struct addr nexthop;

static void announce(unsigned int prefix, unsigned int path_id)
{
	uint8_t path[10] = { 2, 2, 0, 0, 0xfd, 0xe9 }, wire[16];
	struct wbuf w = wbuf_make(wire, sizeof(wire));
	struct bgp_attr_set set = { .nexthop = nexthop };
	struct bgp_nlri nlri = {
		.prefix = { addr_from_v4(0x14000000 + (prefix << 8)), 24 },
		.path_id = path_id,
	};
	struct bgp_attrs *attrs;

	path[9] = path_id + 1;
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, sizeof(path));
	attrs = bgp_attrs_new(&set);
	bgp_nlri_build(&w, &nlri, true);
	rib_peer_announce(peer[0], 0, attrs, rbuf_make(wire, w.len));
	free(attrs);
}

static void announce_all(void)
{
	unsigned int i;

	for (i = 0; i < N_ROUTES; i++)
		announce(i, 0);
	run();
	n_decided = 0;
}

/* Each path goes through another map once, however many its prefix has. */
static void test_map(void)
{
	struct rib_peer_policy policy = {
		.in = rib_map_from_text("      - { name: r, actions: "
			"[{ type: Add, communities: [\"65001:1\"] }] }\n"),
	};
	unsigned int i, j;

	start();
	for (i = 0; i < N_MANY; i++)
		for (j = 0; j < N_PATHS; j++)
			announce(i, j);
	run();
	n_mapped = 0;
	rib_peer_set_policy(peer[0], &policy);
	rib_map_put(policy.in);
	rib_run(rib, 0);
	ktap_ok(n_mapped > 0 && n_mapped < N_MANY * N_PATHS,
		"not all paths go through a map in one piece: %u", n_mapped);
	run();
	ktap_ok(n_mapped == N_MANY * N_PATHS,
		"each goes through it once: %u", n_mapped);
	end();
}

/* All sessions get a policy by which other routes are accepted. */
static void test_policies(void)
{
	struct rib_peer_policy policy = { .allow_own_as = 1 };
	unsigned int i;

	start();
	announce_all();
	for (i = 0; i < N_PEERS; i++)
		rib_peer_set_policy(peer[i], &policy);
	ktap_ok(rib_revising(rib), "a new policy has yet to be applied");
	rib_run(rib, 0);
	ktap_ok(n_decided > 0 && n_decided < N_ROUTES && rib_revising(rib),
		"not all prefixes are decided on in one piece: %u",
		n_decided);
	run();
	ktap_ok(n_decided == N_ROUTES,
		"all prefixes are decided on once: %u", n_decided);
	ktap_ok(!rib_revising(rib), "and then it has been");

	/* Each time when the first piece is done */
	n_decided = 0;
	for (i = 0; i < 3; i++) {
		policy.allow_own_as = 2 + i;
		rib_peer_set_policy(peer[0], &policy);
		rib_run(rib, 0);
	}
	run();
	ktap_ok(n_decided > N_ROUTES && n_decided <= 2 * N_ROUTES,
		"asked for anew all the time it comes to an end: %u",
		n_decided);
	end();
}

/* All are inside one of two address spaces that come together, and go. */
static void test_spaces(void)
{
	static const char *const text[] = { "20.0.0.0/12", "20.16.0.0/12" };
	struct prefix space[ARRAY_SIZE(text)];
	unsigned int i;

	start();
	announce_all();
	for (i = 0; i < ARRAY_SIZE(text); i++) {
		ktap_must(!prefix_parse(text[i], &space[i]));
		rib_space_add(rib, &space[i]);
	}
	n_decided = 0;
	rib_run(rib, 0);
	ktap_ok(n_decided > 0 && n_decided < N_ROUTES && rib_revising(rib),
		"address spaces come to prefixes in pieces: %u", n_decided);
	run();
	ktap_ok(n_decided == N_ROUTES, "to each once: %u", n_decided);
	n_decided = 0;
	rib_space_del(rib, &space[1]);
	run();
	ktap_ok(n_decided < N_ROUTES,
		"one that goes only to what is inside: %u", n_decided);
	rib_space_del(rib, &space[0]);
	end();
}

/* The last prefix is an address space for a while. */
static void test_same_prefix(void)
{
	struct prefix space = {
		addr_from_v4(0x14000000 + ((N_ROUTES - 1) << 8)), 24
	};

	start();
	announce_all();
	rib_space_add(rib, &space);
	run();
	n_withdrawing = 0;
	rib_space_del(rib, &space);
	run();
	ktap_ok(n_withdrawing == 0,
		"a route that has been behind a space is there at once");
	end();
}

/* What makes an address ours, that is a route's next hop, comes and goes. */
static void test_flapping(void)
{
	struct rib_peer_conf session = {
		.id = N_PEERS,
		.name = "flapping",
		.neighbor = addr_from_v4(0x0a010301),
		.local = addr_from_v4(0x0a010105),
		.as = 65100,
	};
	unsigned int i, quiet = 0;
	struct rib_peer *flapping;

	start();
	announce_all();
	nexthop = session.local;
	announce(0, 0);
	run();
	for (i = 0; i < 10; i++) {
		flapping = rib_peer_add(rib, &session);
		rib_run(rib, 0);
		quiet += !rib_revising(rib);
		rib_peer_remove(flapping);
		rib_run(rib, 0);
		quiet += !rib_revising(rib);
	}
	ktap_ok(quiet > 0 && quiet < 20,
		"nobody waits for who keeps asking: %u of 20", quiet);
	run();
	nexthop = addr_from_v4(0x0a010201);
	end();
}

/* The address of a family that no session has is not one of ours. */
static void test_sessions(void)
{
	unsigned int i;

	start();
	announce_all();
	for (i = 0; i < N_PEERS; i++)
		rib_peer_down(peer[i], 1, 0);
	run();
	ktap_ok(n_decided == 0, "that sessions are lost changes no route: %u",
		n_decided);
	for (i = 0; i < N_PEERS; i++)
		up(peer[i]);
	run();
	ktap_ok(n_decided == 0, "nor that they come back: %u", n_decided);
	end();
}

int main(void)
{
	ktap_start();
	hash_init();
	nexthop = addr_from_v4(0x0a010201);
	test_map();
	test_policies();
	test_spaces();
	test_same_prefix();
	test_flapping();
	test_sessions();
	return ktap_finish();
}
