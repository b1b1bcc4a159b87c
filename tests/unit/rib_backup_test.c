// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel is told the next best path and whose a route is, also when neither
 * a path nor what is used has changed, but how peers stand to each other; and
 * when a path comes that changes nothing but that.
 */
#include <stdlib.h>

#include "ktap.h"
#include "lib/hash.h"
#include "rib/rib.h"

#define N_PEERS		3

static const struct prefix prefix = {
	{ .family = AF_INET, .bytes = { 20 } }, 24
};
static struct rib *rib;
static struct rib_peer *peer[N_PEERS];

static struct {
	unsigned int hop;		/* peers, from 1 */
	unsigned int backup;		/* 0: none */
	bool gateway;
	unsigned int n_told;
} kernel;

static struct addr address(unsigned int i)
{
	return addr_from_v4(0x0a010200 + i);
}

/* Which peer has this address. */
static unsigned int whose(const struct addr *addr)
{
	struct addr one;
	unsigned int i;

	for (i = 1; addr && i <= N_PEERS; i++) {
		one = address(i);
		if (addr_equal(&one, addr))
			return i;
	}
	return 0;
}

static bool on_route(void *arg, const struct rib_route *route)
{
	(void)arg;
	kernel.hop = route->n_nexthops ? whose(&route->nexthops[0]) : 0;
	kernel.backup = whose(route->backup);
	kernel.gateway = route->gateway;
	kernel.n_told++;
	return true;
}

static void on_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	(void)send;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static void run(void)
{
	unsigned int answered = 0;

	kernel.n_told = 0;
	while (rib_run(rib, 0) || answered < kernel.n_told)
		if (answered < kernel.n_told) {
			rib_route_done(rib, BGP_IPV4_UNICAST, &prefix, 0, NULL);
			answered++;
		}
}

static void add(unsigned int i, enum conf_kind kind)
{
	struct rib_peer_conf conf = {
		.id = i,
		.name = "peer",
		.neighbor = address(i),
		.local = addr_from_v4(0x0a010104),
		.as = 65000 + i,
		.policy = { .kind = kind },
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};

	peer[i - 1] = rib_peer_add(rib, &conf);
	rib_peer_up(peer[i - 1], &session);
}

/* One prefix, by a path of so many, which leads to peer @hop. */
static void announce_to(unsigned int i, unsigned int n, unsigned int hop)
{
	uint8_t path[2 + 4 * 8] = { 2, n }, wire[16];
	struct wbuf w = wbuf_make(wire, sizeof(wire));
	struct bgp_attr_set set = { .nexthop = address(hop) };
	struct bgp_nlri nlri = { .prefix = prefix };
	struct bgp_attrs *attrs;
	unsigned int at;

	for (at = 0; at < n; at++)
		path[2 + 4 * at + 3] = 10 * i + at;
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, 2 + 4 * n);
	attrs = bgp_attrs_new(&set);
	bgp_nlri_build(&w, &nlri, false);
	rib_peer_announce(peer[i - 1], BGP_IPV4_UNICAST, attrs,
			  rbuf_make(wire, w.len));
	free(attrs);
}

static void announce(unsigned int i, unsigned int n)
{
	announce_to(i, n, i);
}

static bool on_row(void *arg, const struct rib_row *row)
{
	unsigned int *used = arg;

	*used |= 1u << row->peer->id;
	return true;
}

/* Whose paths are used now, with what waits for its turn: bits by peer. */
static unsigned int used_now(void)
{
	struct rib_walk *walk = rib_walk_new(rib, BGP_IPV4_UNICAST,
					     RIB_VIEW_LOC, NULL);
	unsigned int used = 0;

	while (rib_walk_run(walk, 1, on_row, &used))
		;
	rib_walk_free(walk);
	return used;
}

static const struct rib_ops ops = {
	.send = on_send,
	.route = on_route,
	.wake = on_wake,
};

static void test_standing(void)
{
	struct rib_conf conf = {
		.local_as = 65515,
		.policy = { .preference = CONF_PREFER_EXPRESSROUTE },
	};
	struct rib_policy policy = { .preference = CONF_PREFER_AS_PATH };
	struct rib_peer_policy nva = { .kind = CONF_NVA };

	rib = rib_new(&conf, &ops, NULL);
	add(1, CONF_EXPRESSROUTE);
	add(2, CONF_EXPRESSROUTE);
	add(3, CONF_NVA);
	announce(1, 1);
	announce(2, 5);
	announce(3, 2);
	run();
	ktap_ok(kernel.hop == 1 && kernel.backup == 2 && kernel.gateway,
		"the preferred kind's second stands by");
	rib_set_policy(rib, &policy);
	run();
	ktap_ok(kernel.hop == 1 && kernel.backup == 3,
		"by length of path alone another does");
	rib_peer_set_policy(peer[0], &nva);
	run();
	ktap_ok(kernel.hop == 1 && !kernel.gateway,
		"what was a gateway's route is an NVA's");
	rib_peer_set_policy(peer[0], &nva);
	run();
	ktap_ok(kernel.n_told == 0, "the same again is not told");
	rib_free(rib);
}

/* A RIB with three NVAs, of which the first has announced a short path. */
static void start(const struct prefix *space)
{
	struct rib_conf conf = {
		.local_as = 65515,
		.policy = { .preference = CONF_PREFER_AS_PATH },
	};
	unsigned int i;

	rib = rib_new(&conf, &ops, NULL);
	rib_hold(rib, true);
	rib_hold(rib, false);
	if (space)
		rib_space_add(rib, space);
	for (i = 1; i <= N_PEERS; i++)
		add(i, CONF_NVA);
	announce(1, 1);
	run();
}

static void test_backup_newcomers(void)
{
	start(NULL);
	announce(3, 4);
	run();
	ktap_ok(kernel.hop == 1 && kernel.backup == 3,
		"who comes second stands by");
	announce(2, 4);
	run();
	ktap_ok(kernel.backup == 2, "one as good with a lower address does");
	rib_free(rib);

	start(NULL);
	announce(2, 4);
	run();
	announce(3, 4);
	run();
	ktap_ok(kernel.n_told == 0, "with a higher one it is not told");
	rib_free(rib);

	start(NULL);
	announce_to(3, 4, 2);
	run();
	announce(2, 3);
	run();
	ktap_ok(kernel.n_told == 0, "nor one that leads to the same");
	rib_free(rib);
}

static void test_newcomers(void)
{
	static const struct prefix space = {
		{ .family = AF_INET, .bytes = { 20 } }, 16
	};
	struct rib_policy policy = { .preference = CONF_PREFER_EXPRESSROUTE };
	struct rib_peer_policy gateway = { .kind = CONF_EXPRESSROUTE };

	start(NULL);
	rib_peer_down(peer[0], 0, 0);
	announce(2, 4);
	ktap_ok(used_now() == 1u << 2,
		"who comes after the best has gone is used at once");
	rib_free(rib);

	start(NULL);
	rib_peer_set_policy(peer[1], &gateway);
	run();
	announce(2, 1);
	rib_set_policy(rib, &policy);
	announce(3, 1);
	ktap_ok(used_now() == 1u << 2,
		"who comes after a preference has is not");
	rib_free(rib);

	start(&space);
	announce(2, 1);
	announce(3, 4);
	run();
	ktap_ok(kernel.n_told == 0,
		"nobody is told who comes inside an address space");
	rib_free(rib);
}

int main(void)
{
	ktap_start();
	hash_init();
	test_standing();
	test_backup_newcomers();
	test_newcomers();
	return ktap_finish();
}
