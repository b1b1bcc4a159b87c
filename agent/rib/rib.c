// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/rib.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/util.h"
#include "rib/table.h"

#define SWEEP_NETS	16384		/* looked at in one piece */

static void table_init(struct table *t, struct rib *rib, enum bgp_af af)
{
	t->rib = rib;
	t->af = af;
	net_store_init(&t->nets, bgp_af_info[af].family);
	feed_init(t);
}

static void table_fini(struct table *t)
{
	adjout_fini(t);
	feed_fini(t);
	net_store_fini(&t->nets);
}

/* What we originate: IGP, an empty AS_PATH, a next hop by session. */
static uint32_t own_attrs(struct attrset_pool *pool)
{
	struct bgp_attr_set set = { .origin = BGP_ORIGIN_IGP };
	struct bgp_attrs *flat = bgp_attrs_new(&set);
	uint32_t id = attrset_intern(pool, flat);

	free(flat);
	return id;
}

#define MOVE_NETS	512		/* each goes through two maps */

struct rib *rib_new(const struct rib_conf *conf, const struct rib_ops *ops,
		    void *arg)
{
	struct rib *rib = xcalloc(1, sizeof(*rib));
	unsigned int af;

	rib->conf = *conf;
	rib->ops = ops;
	rib->arg = arg;
	attrset_pool_init(&rib->attrs, conf->local_as);
	rib->move_nets = MOVE_NETS;
	rib->attrs.own = peer_local_addr;
	rib->attrs.own_ctx = rib;
	for (af = 0; af < BGP_AF_COUNT; af++)
		table_init(&rib->table[af], rib, af);
	peer_own_new(rib);
	rib->own_attrs = own_attrs(&rib->attrs);
	return rib;
}

void rib_free(struct rib *rib)
{
	unsigned int af;
	uint32_t i;

	for (af = 0; af < BGP_AF_COUNT; af++)
		table_fini(&rib->table[af]);
	attrset_pool_fini(&rib->attrs);
	for (i = 0; i < rib->n_peers; i++) {
		if (rib->peer[i])
			peer_free(rib->peer[i]);
	}
	free(rib->peer);
	free(rib->neighbor);
	free(rib->origin);
	free(rib->summary);
	free(rib->spaces);
	if (rib->pack)
		pack_free(rib->pack);
	free(rib);
}

/* ---- turns ----------------------------------------------------------- */

void rib_wake(struct rib *rib)
{
	rib->woken = true;
	if (rib->awake)
		return;
	rib->awake = true;
	rib->ops->wake(rib->arg);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* One piece of each kind of work: the kernel first, then the peers. */
static bool table_run(struct table *t)
{
	bool more;

	more = revise_run(t);
	more |= adjin_sweep(t, SWEEP_NETS);
	more |= adjin_long_lived(t);
	if (t->rib->held)
		return more;
	more |= feed_run(t);
	more |= adjout_run(t);
	return more;
}

void rib_hold(struct rib *rib, bool hold)
{
	rib->held = hold;
	rib->restarted |= hold;
	rib_wake(rib);
}

bool rib_run(struct rib *rib, uint64_t budget_us)
{
	uint64_t end = now_us() + budget_us;
	unsigned int af;
	bool more;

	rib->awake = true;
	do {
		more = false;
		rib->woken = false;
		for (af = 0; af < BGP_AF_COUNT; af++)
			more |= table_run(&rib->table[af]);
		/* One table may have made work for one before it. */
		more |= rib->woken;
	} while (more && now_us() < end);
	rib->awake = more;
	return more;
}

/* ---- the kernel ------------------------------------------------------ */

void rib_route_done(struct rib *rib, enum bgp_af af,
		    const struct prefix *prefix, int error, const char *text)
{
	feed_done(&rib->table[af], prefix, error, text);
}

void rib_route_again(struct rib *rib, const struct addr *hop)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		feed_again(&rib->table[af], hop);
}

void rib_route_ready(struct rib *rib)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (rib->table[af].feed.blocked)
			rib_wake(rib);
		rib->table[af].feed.blocked = false;
	}
}

bool rib_route_settled(const struct rib *rib)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (revise_waiting(&rib->table[af]) ||
		    feed_waiting(&rib->table[af].feed) > 0 ||
		    rib->table[af].feed.n_unanswered > 0)
			return false;
	}
	return true;
}

void rib_route_note(struct rib *rib)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		feed_note(&rib->table[af].feed);
}

bool rib_route_noted_done(const struct rib *rib)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		if (!feed_noted_done(&rib->table[af].feed))
			return false;
	return true;
}

/* ---- counters -------------------------------------------------------- */

void rib_mem(const struct rib *rib, struct rib_mem *mem)
{
	const struct table *t;
	unsigned int af;

	memset(mem, 0, sizeof(*mem));
	for (af = 0; af < BGP_AF_COUNT; af++) {
		t = &rib->table[af];
		mem->prefixes += t->nets.nets.used;
		mem->prefix_bytes += net_prefix_bytes(&t->nets);
		mem->paths += t->nets.n_paths;
		mem->path_bytes += net_path_bytes(&t->nets);
		mem->queue_bytes += adjout_bytes(t) + feed_bytes(t);
	}
	mem->attrs = rib->attrs.index.used;
	mem->attr_bytes = attrset_bytes(&rib->attrs);
	mem->nexthops = rib->attrs.nexthop_index.used;
}

uint32_t rib_prefixes(const struct rib *rib)
{
	uint32_t n = 0;
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		n += rib->table[af].n_usable;
	return n;
}

void rib_stats(const struct rib *rib, struct rib_stats *stats)
{
	const struct table *t;
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		t = &rib->table[af];
		stats->prefixes[af] = t->n_usable;
		stats->pending[af] = feed_waiting(&t->feed) +
				     t->feed.n_unanswered;
		stats->failed[af] = t->feed.n_errors;
	}
}
