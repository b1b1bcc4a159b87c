// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the RIB is built on, each against something simple: the prefix store,
 * arrays of paths, interned attributes, queues; and the RIB in sizes that the
 * random test does not reach.
 */
#include <limits.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/attrset.h"
#include "rib/idq.h"
#include "rib/net.h"
#include "rib/rib.h"
#include "unit/rib_sent.h"

#define N_NETS	65000		/* not when the index has just grown */

static uint64_t rng_state = 1;

static uint32_t rnd(uint32_t n)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return (rng_state >> 33) % n;
}

/* ---- prefixes -------------------------------------------------------- */

/* The @i-th of many different ones, of all lengths. */
static struct prefix nth_prefix(int family, uint32_t i)
{
	uint32_t scattered = i * 2654435761u;
	struct addr addr;
	uint8_t bytes[16] = { 0x20, 1, scattered >> 24, scattered >> 16,
			      scattered >> 8, scattered };

	if (family == AF_INET6) {
		addr = addr_make(AF_INET6, bytes);
		return prefix_make(&addr, 48 + i % 81);
	}
	/* Inside 128.0.0.0/2, where all is unicast. */
	addr = addr_from_v4(1u << 31 | scattered >> 2);
	return prefix_make(&addr, 32);
}

static bool all_found(struct net_store *store, const uint32_t *id)
{
	struct prefix prefix, got;
	uint32_t i;

	for (i = 0; i < N_NETS; i++) {
		prefix = nth_prefix(store->family, i);
		if (net_find(store, &prefix) != id[i])
			return false;
		if (id[i] == NET_NONE)
			continue;
		got = net_prefix(store, net_get(store, id[i]));
		if (!prefix_equal(&got, &prefix))
			return false;
	}
	return true;
}

static uint32_t count_nets(const struct net_store *store)
{
	uint32_t id, n = 0;

	for (id = net_next(store, 0); id != NET_NONE;
	     id = net_next(store, id + 1))
		n++;
	return n;
}

static void test_nets(int family)
{
	const char *name = family == AF_INET ? "IPv4" : "IPv6";
	uint32_t *id = xcalloc(N_NETS, sizeof(*id));
	struct net_store store;
	struct prefix prefix;
	uint64_t full;
	uint32_t i;

	net_store_init(&store, family);
	for (i = 0; i < N_NETS; i++) {
		prefix = nth_prefix(family, i);
		id[i] = net_add(&store, &prefix);
	}
	ktap_ok(all_found(&store, id) && count_nets(&store) == N_NETS,
		"%s: %u prefixes are found", name, N_NETS);
	full = net_prefix_bytes(&store);
	ktap_ok(full < N_NETS * (family == AF_INET ? 30 : 45),
		"%s: %.1f bytes a prefix", name, (double)full / N_NETS);
	for (i = 0; i < N_NETS; i++) {
		if (rnd(2) == 0)
			continue;
		net_del(&store, id[i]);
		id[i] = NET_NONE;
	}
	ktap_ok(all_found(&store, id), "%s: half of them are gone", name);
	for (i = 0; i < N_NETS; i++) {
		prefix = nth_prefix(family, i);
		id[i] = net_add(&store, &prefix);
	}
	ktap_ok(all_found(&store, id) && count_nets(&store) == N_NETS,
		"%s: they are back, the others in place", name);
	for (i = 0; i < N_NETS; i++)
		net_del(&store, id[i]);
	ktap_ok(count_nets(&store) == 0 && store.nets.used == 0 &&
		net_prefix_bytes(&store) < full / 50,
		"%s: %lu of %lu bytes are left without prefixes", name,
		net_prefix_bytes(&store), full);
	net_store_fini(&store);
	free(id);
}

/* ---- paths of one prefix --------------------------------------------- */

static uint32_t id_of(uint32_t attrs, bool wide)
{
	return wide && attrs % 3 ? attrs * 7 : 0;
}

static bool same_paths(struct net_store *store, struct net *net,
		       const uint32_t *attrs, uint32_t n, bool wide)
{
	const uint32_t *ids = net_path_ids(store, net);
	const struct rib_path *paths;
	uint32_t got, i;

	paths = net_paths(store, net, &got);
	for (i = 0; i < got && i < n; i++) {
		if (paths[i].attrs != attrs[i] ||
		    (ids ? ids[i] : 0) != id_of(attrs[i], wide))
			return false;
	}
	return got == n;
}

/* @wide: most have identifiers. */
static void test_paths(bool wide)
{
	static uint32_t attrs[3000];
	struct prefix prefix = nth_prefix(AF_INET, 1);
	struct net_store store;
	uint32_t i, at, n = 0;
	struct net *net;
	bool ok = true;

	net_store_init(&store, AF_INET);
	net = net_get(&store, net_add(&store, &prefix));
	for (i = 0; i < 40000 && ok; i++) {
		/* Grow for a while, shrink for a while. */
		if (n == 0 || (n < ARRAY_SIZE(attrs) &&
			       rnd(8) < (i / 8000 % 2 ? 3u : 5u))) {
			attrs[n] = i;
			*net_path_add(&store, net, id_of(i, wide)) =
				(struct rib_path){ .attrs = i };
			n++;
		} else {
			at = rnd(n);
			net_path_del(&store, net, at);
			n--;
			memmove(attrs + at, attrs + at + 1,
				(n - at) * sizeof(*attrs));
		}
		ok = store.n_paths == n &&
		     same_paths(&store, net, attrs, n, wide);
	}
	ktap_ok(ok, "paths of a prefix keep their order%s",
		wide ? " and identifiers" : "");
	while (n > 0)
		net_path_del(&store, net, --n);
	ktap_ok(same_paths(&store, net, attrs, 0, wide) &&
		net_path_bytes(&store) < 8192,
		"no array is left without paths");
	net_store_fini(&store);
}

/* ---- attributes ------------------------------------------------------ */

/* How often the AS is in the path: once or twice */
static unsigned int path_len = 1;

static struct bgp_attrs *make_attrs(uint32_t hop, uint32_t as,
				    unsigned int communities)
{
	static uint8_t list[65532];
	struct wbuf w = wbuf_make(list, sizeof(list));
	uint8_t path[10] = { 2, path_len, as >> 24, as >> 16, as >> 8, as,
			     as >> 24, as >> 16, as >> 8, as };
	struct bgp_attr_set set = {
		.nexthop = addr_from_v4(hop),
		.part[BGP_PART_AS_PATH] = rbuf_make(path, 2 + 4 * path_len),
	};
	unsigned int i;

	for (i = 0; i < communities; i++)
		wbuf_u32(&w, 0x10000 + i);
	set.part[BGP_PART_COMMUNITIES] = rbuf_make(list, w.len);
	return bgp_attrs_new(&set);
}

static void test_attrs(void)
{
	static uint32_t id[5000];
	struct attrset_pool pool;
	struct bgp_attrs *attrs;
	bool ok = true;
	uint32_t i;

	attrset_pool_init(&pool, 65515);
	for (i = 0; i < ARRAY_SIZE(id); i++) {
		attrs = make_attrs(i % 100 + 1, i, i % 300);
		id[i] = attrset_intern(&pool, attrs);
		ok &= attrset_intern(&pool, attrs) == id[i] &&
		      bgp_attrs_equal(&attrset_get(&pool, id[i])->flat,
				      attrs);
		free(attrs);
	}
	ktap_ok(ok && pool.index.used == ARRAY_SIZE(id),
		"equal attributes are one set");
	ktap_ok(pool.nexthop_index.used == 100, "next hops are shared");
	for (i = 0; i < ARRAY_SIZE(id); i++) {
		attrs = make_attrs(i % 100 + 1, i, i % 300);
		attrset_put(&pool, id[i]);
		ok &= bgp_attrs_equal(&attrset_get(&pool, id[i])->flat,
				      attrs);
		attrset_put(&pool, id[i]);
		free(attrs);
	}
	ktap_ok(ok && pool.index.used == 0 && pool.nexthop_index.used == 0 &&
		pool.n_big == 0, "sets go with their last reference");
	attrset_pool_fini(&pool);
}

static void test_queue(void)
{
	struct idq q = { 0 };
	uint32_t in = 0, out = 0, id;
	bool ok = true;
	unsigned int i;

	for (i = 0; i < 200000 && ok; i++) {
		if (rnd(100) < (i / 20000 % 2 ? 40u : 60u))
			idq_push(&q, in++);
		else if (idq_pop(&q, &id))
			ok = id == out++;
		ok &= q.n == in - out;
	}
	while (idq_pop(&q, &id))
		ok &= id == out++;
	ktap_ok(ok && in == out, "a queue keeps its order");
	ktap_ok(idq_bytes(&q) == 0, "an empty queue has no memory");
}

/* ---- the RIB, large -------------------------------------------------- */

static struct rib *rib;
static struct bgp_update *parser;
static struct rib_peer *peers[400];	/* by id */
static uint32_t n_reach[400], n_unreach[400], n_messages[400], n_eor[400];
static uint32_t n_refresh;		/* messages BoRR and EoRR */
static bool oversize;

/* What is in @parser */
static void count_message(uint32_t peer)
{
	struct bgp_nlri entry;
	struct rbuf nlri;
	unsigned int i;

	n_messages[peer]++;
	n_eor[peer] += parser->eor;
	for (i = 0; i < parser->n_blocks; i++) {
		nlri = parser->block[i].nlri;
		while (bgp_nlri_next(&nlri, parser->block[i].af, false,
				     &entry)) {
			n_reach[peer] += !parser->block[i].withdraw;
			n_unreach[peer] += parser->block[i].withdraw;
		}
	}
}

static void on_send(void *arg, const struct rib_send *send)
{
	static const struct bgp_update_rules rules = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.ebgp = true,
	};
	struct rbuf stream = rbuf_make(send->data, send->len);
	size_t i;

	(void)arg;
	oversize |= send->len > RIB_SEND_MAX;
	if (send->data[BGP_HEADER_LEN - 1] == BGP_MSG_ROUTE_REFRESH) {
		n_refresh++;
		return;
	}
	while (rib_sent_next(&stream, parser, &rules)) {
		for (i = 0; i < send->n_peers; i++)
			count_message(send->peers[i]);
	}
}

static void on_wake(void *arg)
{
	++*(unsigned int *)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void run(void)
{
	while (rib_run(rib, 1000))
		;
}

static struct rib_peer *add_peer(uint32_t id)
{
	struct addr local = addr_from_v4(0x0a010104);
	struct rib_peer_conf conf = {
		.id = id,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a020000 + id),
		.local = local,
		.as = 65001,
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.nexthop = { local },
		.enhanced_refresh = true,
	};
	struct rib_peer *peer = rib_peer_add(rib, &conf);

	peers[id] = peer;
	rib_peer_up(peer, &session);
	return peer;
}

/* Prefixes @from to @to with the same attributes. */
static void announce(struct rib_peer *peer, uint32_t from, uint32_t to,
		     uint32_t hop, unsigned int communities)
{
	struct bgp_attrs *attrs = make_attrs(hop, 65001, communities);
	uint8_t *buf = xmalloc(5 * (to - from));
	struct wbuf w = wbuf_make(buf, 5 * (to - from));
	struct bgp_nlri nlri = { .path_id = 0 };

	for (; from < to; from++) {
		nlri.prefix = nth_prefix(AF_INET, from);
		bgp_nlri_build(&w, &nlri, false);
	}
	rib_peer_announce(peer, BGP_IPV4_UNICAST, attrs,
			  rbuf_make(buf, w.len));
	free(attrs);
	free(buf);
}

static void withdraw(struct rib_peer *peer, uint32_t at)
{
	struct bgp_nlri nlri = { .prefix = nth_prefix(AF_INET, at) };
	uint8_t buf[5];
	struct wbuf w = wbuf_make(buf, sizeof(buf));

	bgp_nlri_build(&w, &nlri, false);
	rib_peer_withdraw(peer, BGP_IPV4_UNICAST, rbuf_make(buf, w.len));
}

static void reset_counts(void)
{
	memset(n_reach, 0, sizeof(n_reach));
	memset(n_unreach, 0, sizeof(n_unreach));
	memset(n_messages, 0, sizeof(n_messages));
	memset(n_eor, 0, sizeof(n_eor));
}

static void test_dump(void)
{
	struct rib_peer *source = add_peer(1);
	struct rib_peer *slow;
	uint32_t i;

	add_peer(2);
	run();
	ktap_ok(n_eor[1] == 1 && n_eor[2] == 1,
		"an empty table is an End-of-RIB");
	reset_counts();
	for (i = 0; i < 50000; i += 100)
		announce(source, i, i + 100, i / 100 % 50 + 1, 0);
	run();
	ktap_ok(n_reach[2] == 50000 && n_messages[2] <= 520 &&
		n_messages[1] == 0, "50000 prefixes in %u messages",
		n_messages[2]);
	add_peer(3);
	add_peer(4);
	run();
	ktap_ok(n_reach[3] == 50000 && n_reach[4] == 50000 && n_eor[3] == 1 &&
		n_eor[4] == 1, "new peers get them all, then End-of-RIB");
	ktap_ok(n_messages[3] < 400, "packed into %u messages, better than "
		"they came", n_messages[3]);
	reset_counts();
	slow = peers[3];
	rib_peer_pause(slow);
	for (i = 0; i < 50000; i++)
		withdraw(source, i);
	run();
	ktap_ok(n_unreach[2] == 50000 && n_messages[2] < 100,
		"50000 withdrawals in %u messages", n_messages[2]);
	ktap_ok(n_messages[3] == 0, "a paused peer is left alone");
	rib_peer_resume(slow);
	run();
	ktap_ok(n_unreach[3] == 50000 && n_reach[3] == 0,
		"and told when it can listen again");
}

/* Who does not listen may ask as often as he likes. */
static void test_refresh_paused(void)
{
	struct rib_peer *slow = peers[3];
	struct rib_mem before, after;
	unsigned int i;

	announce(peers[1], 0, 50000, 1, 0);
	run();
	rib_peer_pause(slow);
	run();
	reset_counts();
	rib_mem(rib, &before);
	for (i = 0; i < 3; i++) {
		rib_peer_refresh(slow, 0);
		run();
	}
	rib_mem(rib, &after);
	ktap_ok(after.queue_bytes == before.queue_bytes,
		"a paused peer's request does not go through the table");
	ktap_ok(n_refresh == 0 && n_messages[3] == 0,
		"nor does it have anything sent");
	rib_peer_resume(slow);
	run();
	ktap_ok(n_reach[3] == 50000 && n_unreach[3] == 0,
		"when it listens it is sent all, once");
	ktap_ok(n_refresh == 2, "between BoRR and EoRR");
	rib_mem(rib, &after);
	ktap_ok(after.queue_bytes == 0, "and nothing is left");
	for (i = 0; i < 50000; i++)
		withdraw(peers[1], i);
	run();
}

static void test_bounded_turn(void)
{
	struct rib_peer *peer = peers[1];
	struct rib_stats stats;

	announce(peer, 0, 50000, 1, 0);
	reset_counts();
	ktap_ok(rib_run(rib, 0) && n_reach[2] > 0 && n_reach[2] < 50000,
		"a turn without time does one piece: %u prefixes",
		n_reach[2]);
	run();
	rib_stats(rib, &stats);
	ktap_ok(n_reach[2] == 50000 && stats.prefixes[0] == 50000,
		"and the next ones the rest");
	rib_peer_down(peer, 0, 0);
	while (rib_run(rib, 0))
		;
	rib_stats(rib, &stats);
	ktap_ok(n_unreach[2] == 50000 && stats.prefixes[0] == 0 &&
		rib_peer_stats(peer, 0).learned == 0,
		"a lost peer's paths go piece by piece");
}

/* Room for a byte: the default route has it, and another prefix has not. */
static void test_short_fits(struct rib_peer *peer)
{
	static const uint8_t nlri[] = { 0, 24, 10, 1, 2 };
	unsigned int communities;
	struct bgp_attrs *attrs;

	for (communities = 990; communities < 1020; communities++) {
		attrs = make_attrs(1, 65001, communities);
		reset_counts();
		rib_peer_announce(peer, BGP_IPV4_UNICAST, attrs,
				  rbuf_make(nlri, sizeof(nlri)));
		run();
		free(attrs);
		if (n_reach[2] == 1)
			break;
	}
	ktap_ok(n_reach[2] == 1 && n_unreach[2] == 1,
		"a prefix that is too long takes no shorter one with it");
	rib_peer_withdraw(peer, BGP_IPV4_UNICAST,
			  rbuf_make(nlri, sizeof(nlri)));
	run();
}

/* RFC 8654 4: what cannot be sent any more is withdrawn. */
static void test_too_large(void)
{
	struct rib_peer *peer = add_peer(5);
	unsigned int i;

	announce(peer, 0, 10, 1, 0);
	run();
	reset_counts();
	announce(peer, 0, 10, 1, 1020);
	run();
	ktap_ok(n_reach[2] == 0 && n_unreach[2] == 10,
		"attributes too large for a session are a withdrawal");
	announce(peer, 0, 10, 1, 1);
	run();
	ktap_ok(n_reach[2] == 10, "until they fit again");
	for (i = 0; i < 10; i++)
		withdraw(peer, i);
	run();
	test_short_fits(peer);
	rib_peer_remove(peer);
	run();
}

/* More paths than any small array holds, all in use. */
static void test_many_paths(void)
{
	struct rib_peer *peer[300];
	struct rib_stats stats;
	unsigned int i;
	struct rib_mem mem;

	for (i = 0; i < 300; i++) {
		peer[i] = add_peer(50 + i);
		announce(peer[i], 7, 9, i + 1, 0);
	}
	run();
	rib_mem(rib, &mem);
	rib_stats(rib, &stats);
	ktap_ok(mem.paths == 600 && stats.prefixes[0] == 2,
		"300 peers announce the same");
	reset_counts();
	for (i = 0; i < 300; i++)
		rib_peer_remove(peer[i]);
	run();
	rib_mem(rib, &mem);
	ktap_ok(mem.paths == 0 && mem.prefixes == 0 && n_unreach[2] == 2,
		"and are all removed at once");
}

/* Routes for a kernel that answers when it is told to. */
static struct prefix handed[8192];
static unsigned int n_handed;
/* Routes that were handed out with a next hop that is gone */
static struct addr gone;
static unsigned int n_gone;

static bool has_gone(const struct rib_route *route)
{
	size_t i;

	for (i = 0; i < route->n_nexthops; i++)
		if (addr_equal(&route->nexthops[i], &gone))
			return true;
	return route->backup && addr_equal(route->backup, &gone);
}

static bool on_route(void *arg, const struct rib_route *route)
{
	(void)arg;
	ktap_must(n_handed < ARRAY_SIZE(handed));
	n_gone += has_gone(route);
	handed[n_handed++] = route->prefix;
	return true;
}

static const struct rib_ops with_kernel = {
	.send = on_send,
	.route = on_route,
	.wake = on_wake,
};

static void answer_all(void)
{
	while (n_handed > 0)
		rib_route_done(rib, BGP_IPV4_UNICAST, &handed[--n_handed], 0,
			       NULL);
	run();
}

static void answer_first(void)
{
	rib_route_done(rib, BGP_IPV4_UNICAST, &handed[0], 0, NULL);
	memmove(handed, handed + 1, --n_handed * sizeof(*handed));
}

static bool was_handed(uint32_t n)
{
	struct prefix prefix = nth_prefix(AF_INET, n);
	unsigned int i;

	for (i = 0; i < n_handed; i++)
		if (prefix_equal(&handed[i], &prefix))
			return true;
	return false;
}

/* With ADD-PATH a peer can name paths of one prefix without end. */
/* A family that was agreed on, but that we have no next hop for */
static void test_no_nexthop(void)
{
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};
	struct rib_peer *peer = add_peer(11);

	rib_peer_down(peer, 0, 0);
	reset_counts();
	rib_peer_up(peer, &session);
	run();
	ktap_ok(n_eor[11] == 2, "End-of-RIB is sent of both families: %u",
		n_eor[11]);
	rib_peer_remove(peer);
}

static void test_path_flood(void)
{
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .add_path_rx = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};
	struct bgp_attrs *attrs = make_attrs(1, 65001, 0);
	struct rib_peer *peer = add_peer(9);
	uint32_t refused = 0, at;
	uint8_t buf[16];

	rib_peer_down(peer, 0, 0);
	rib_peer_up(peer, &session);
	for (at = 1; at <= 70000; at++) {
		struct bgp_nlri nlri = {
			.prefix = nth_prefix(AF_INET, 7),
			.path_id = at,
		};
		struct wbuf w = wbuf_make(buf, sizeof(buf));

		bgp_nlri_build(&w, &nlri, true);
		refused += rib_peer_announce(peer, BGP_IPV4_UNICAST, attrs,
					     rbuf_make(buf, w.len)).many;
	}
	ktap_ok(refused == 70000 - 64 &&
		rib_peer_stats(peer, BGP_IPV4_UNICAST).learned == 64,
		"one peer's paths of one prefix are bounded");
	ktap_ok(rib_peer_held(peer) == 1, "and are one prefix");
	free(attrs);
	rib_peer_remove(peer);
	run();
}

/* What is stale does not count against what its peer says now. */
static void test_limit(void)
{
	struct rib_peer_policy policy = { .limit = 4 };
	struct rib_peer *peer = add_peer(9);

	rib_peer_set_policy(peer, &policy);
	announce(peer, 0, 6, 1, 0);
	ktap_ok(rib_peer_held(peer) == 4 &&
		rib_peer_stats(peer, BGP_IPV4_UNICAST).learned == 4,
		"a limit of 4 takes 4");
	ktap_ok(rib_peer_stale(peer, BGP_IPV4_UNICAST) &&
		rib_peer_held(peer) == 0, "none when they are stale");
	announce(peer, 2, 8, 1, 0);
	ktap_ok(rib_peer_held(peer) == 4 &&
		rib_peer_stats(peer, BGP_IPV4_UNICAST).learned == 6,
		"it takes 4 more, of which it had 2");
	rib_peer_sweep(peer, BGP_IPV4_UNICAST);
	ktap_ok(!rib_peer_stale(peer, BGP_IPV4_UNICAST),
		"none become stale before the others have gone");
	run();
	ktap_ok(rib_peer_stale(peer, BGP_IPV4_UNICAST) &&
		rib_peer_stats(peer, BGP_IPV4_UNICAST).learned == 4,
		"then they may");
	rib_peer_remove(peer);
	run();
}

static void test_feed(void)
{
	struct rib_conf conf = { .local_as = 65515 };
	struct addr back = addr_from_v4(7), unknown = addr_from_v4(8);
	struct addr any = { 0 };
	unsigned int woken = 0;

	rib = rib_new(&conf, &with_kernel, &woken);
	add_peer(1);
	add_peer(2);
	announce(peers[1], 0, 8000, 1, 0);
	run();
	ktap_ok(n_handed > 0 && n_handed < 2000,
		"only so many routes wait for an answer");
	announce(peers[2], 10000, 10001, 2, 0);
	run();
	ktap_ok(!was_handed(10000), "not even another peer's");
	answer_all();
	ktap_ok(was_handed(10000), "but that is the next one");
	announce(peers[1], 10001, 10002, 1, 0);
	answer_all();
	ktap_ok(!was_handed(10001), "which one more of the first peer is not");
	while (n_handed > 0)
		answer_all();
	ktap_ok(rib_route_settled(rib), "all routes get their turn");
	announce(peers[1], 9000, 9100, 7, 0);
	while (run(), n_handed > 0)
		answer_all();
	rib_route_again(rib, &back);
	run();
	ktap_ok(n_handed == 100 && was_handed(9000) && was_handed(9099),
		"those of a next hop that is back are handed out again");
	answer_all();
	rib_route_again(rib, &unknown);
	run();
	ktap_ok(n_handed == 0, "none of one that no prefix has");
	rib_route_again(rib, &any);
	run();
	ktap_ok(was_handed(0) && !rib_route_settled(rib),
		"all if it is not known which is back");
	rib_free(rib);
}

/* The routes of peer 1 among those handed out */
static unsigned int bulk_handed(void)
{
	unsigned int n = 0, i;

	for (i = 0; i < 8000; i++)
		n += was_handed(i);
	return n;
}

/* How many routes wait to be handed out */
static unsigned int waiting(void)
{
	struct rib_stats stats;

	rib_stats(rib, &stats);
	return stats.pending[BGP_IPV4_UNICAST] - n_handed;
}

/* What waits is told apart from what another peer changes all the time. */
static void test_feed_noted(void)
{
	struct rib_conf conf = { .local_as = 65515 };
	unsigned int woken = 0, round, bulk, least = UINT_MAX;

	n_handed = 0;
	rib = rib_new(&conf, &with_kernel, &woken);
	add_peer(1);
	add_peer(2);
	ktap_ok(rib_route_noted_done(rib), "nothing has been noted");
	announce(peers[1], 0, 8000, 1, 0);
	run();
	announce(peers[2], 10000, 10900, 2, 0);
	rib_route_note(rib);
	bulk = bulk_handed();
	for (round = 0; !rib_route_noted_done(rib) && round < 100; round++) {
		answer_all();
		bulk += bulk_handed();
		least = MIN(least, waiting());
		announce(peers[2], 10000, 10900, 2 + round % 2, 0);
	}
	ktap_ok(rib_route_noted_done(rib) && bulk == 8000 && least > 0,
		"what waited is out after %u rounds, when others wait", round);
	while (n_handed > 0)
		answer_all();
	announce(peers[1], 0, 3, 7, 0);
	rib_route_note(rib);
	run();
	announce(peers[2], 10000, 10001, 9, 0);
	run();
	ktap_must(n_handed == 4);
	answer_first();
	answer_first();
	ktap_ok(!rib_route_noted_done(rib), "routes are to be answered for");
	answer_first();
	ktap_ok(rib_route_noted_done(rib) && n_handed == 1,
		"but not those that come after");
	rib_free(rib);
}

/* What changes while a peer's many routes are on their way. */
static void test_feed_lanes(void)
{
	struct rib_conf conf = { .local_as = 65515 };
	unsigned int woken = 0, round, least = UINT_MAX;

	rib = rib_new(&conf, &with_kernel, &woken);
	add_peer(1);
	add_peer(2);
	add_peer(3);
	add_peer(4);
	announce(peers[2], 10000, 10001, 2, 0);
	announce(peers[3], 20000, 20600, 3, 0);
	announce(peers[4], 30000, 30600, 4, 0);
	while (run(), n_handed > 0)
		answer_all();
	announce(peers[1], 0, 8000, 1, 0);
	run();
	rib_peer_remove(peers[2]);
	run();
	answer_all();
	ktap_ok(was_handed(10000), "what a peer leaves does not wait for them");
	announce(peers[3], 20000, 20001, 5, 0);
	answer_all();
	ktap_must(was_handed(20000));
	withdraw(peers[3], 20000);
	answer_all();
	ktap_ok(was_handed(20000), "nor does what changes on its way");
	for (round = 0; round < 8; round++) {
		uint32_t from = round % 2 * 300;

		announce(peers[3], 20000 + from, 20300 + from, 6 + round, 0);
		announce(peers[4], 30000 + from, 30300 + from, 6 + round, 0);
		answer_all();
		least = MIN(least, bulk_handed());
	}
	ktap_ok(least >= 100,
		"others that change all the time leave them a share: %u",
		least);
	rib_free(rib);
}

/* Hand out some 20000 of 40000 routes, then lose peer 1 and go on. */
static void lose_in_feed(bool backup)
{
	unsigned int rounds;

	add_peer(1);
	add_peer(2);
	path_len = backup ? 2 : 1;
	announce(peers[1], 0, 40000, 1, 0);
	path_len = 1;
	announce(peers[2], 0, 40000, 2, 0);
	memset(&gone, 0, sizeof(gone));
	for (run(), rounds = 20000 / n_handed; rounds > 0; rounds--)
		answer_all();
	gone = addr_from_v4(1);
	n_gone = 0;
	rib_peer_remove(peers[1]);
	while (n_handed > 0)
		rib_route_done(rib, BGP_IPV4_UNICAST, &handed[--n_handed], 0,
			       NULL);
	rib_run(rib, 0);
	ktap_must(n_handed > 0);
	while (n_handed > 0)
		answer_all();
}

static void test_feed_lost(void)
{
	struct rib_conf conf = { .local_as = 65515 };
	struct rib_stats stats;
	unsigned int woken = 0, backup;

	for (backup = 0; backup < 2; backup++) {
		rib = rib_new(&conf, &with_kernel, &woken);
		lose_in_feed(backup);
		rib_stats(rib, &stats);
		ktap_ok(n_gone == 0, "no route leads to a lost peer%s (%u do)",
			backup ? ", not even as backup" : "", n_gone);
		ktap_ok(stats.prefixes[0] == 40000 && stats.pending[0] == 0,
			"all are handed out as they are without it");
		rib_free(rib);
	}
}

static void test_rib(void)
{
	struct rib_conf conf = { .local_as = 65515 };
	unsigned int woken = 0;

	rib = rib_new(&conf, &ops, &woken);
	test_dump();
	test_refresh_paused();
	test_bounded_turn();
	test_too_large();
	test_many_paths();
	test_no_nexthop();
	test_path_flood();
	test_limit();
	ktap_ok(!oversize, "no send is larger than said");
	woken = 0;
	announce(peers[2], 0, 2, 1, 0);
	announce(peers[2], 2, 4, 1, 0);
	ktap_ok(woken == 1, "woken once for two changes");
	rib_free(rib);
}

int main(void)
{
	ktap_start();
	hash_init();
	parser = bgp_update_new();
	test_nets(AF_INET);
	test_nets(AF_INET6);
	test_paths(false);
	test_paths(true);
	test_attrs();
	test_queue();
	test_rib();
	test_feed();
	test_feed_noted();
	test_feed_lanes();
	test_feed_lost();
	bgp_update_free(parser);
	return ktap_finish();
}
