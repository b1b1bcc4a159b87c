// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Inbound route maps. A path keeps what its peer has sent: where a map makes
 * something else of it, the path has a derived set of attributes that leads
 * back to the one received. So another map needs nothing of the peer. What is
 * refused as it was received stays as it is: it must not stand for others.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "rib/table.h"

void inbound_begin(struct inbound *in, const struct rib_peer *peer,
		   uint32_t raw)
{
	in->rib = peer->rib;
	in->map = peer->conf.policy.in;
	in->applied = in->map && decide_accepts(peer, raw);
	in->raw = raw;
	in->n = 0;
}

void inbound_end(struct inbound *in)
{
	while (in->n > 0)
		attrset_put(&in->rib->attrs, in->known[--in->n].attrs);
}

/* A reference to what the map makes of a route of this class. */
static uint32_t derive(struct inbound *in, uint64_t class)
{
	struct attrset_pool *pool = &in->rib->attrs;
	const struct bgp_attrs *flat = &attrset_get(pool, in->raw)->flat;
	struct rib_map_result result = rib_map_apply(in->map, flat, class, 0);
	uint32_t id, summary = 0;
	uint16_t flags = 0;

	if (!result.drop && !result.replaced && !result.attrs) {
		attrset_hold(pool, in->raw);
		return in->raw;
	}
	if (result.drop) {
		flags = ATTRSET_DROPPED;
	} else if (result.replaced) {
		flags = ATTRSET_SUMMED;
		summary = summary_prefix(in->rib, result.replaced);
	}
	id = attrset_derive(pool, in->raw, result.attrs ? result.attrs : flat,
			    flags, summary);
	free(result.attrs);
	return id;
}

uint32_t inbound_attrs(struct inbound *in, const struct prefix *prefix)
{
	uint64_t class;
	uint32_t i;

	if (!in->applied || !prefix_is_unicast(prefix))
		return in->raw;
	class = rib_map_class(in->map, prefix);
	for (i = 0; i < in->n; i++) {
		if (in->known[i].class == class)
			return in->known[i].attrs;
	}
	if (in->n == INBOUND_CLASSES)
		inbound_end(in);
	in->known[in->n].class = class;
	in->known[in->n].attrs = derive(in, class);
	return in->known[in->n++].attrs;
}

/* ---- another map ----------------------------------------------------- */

#define REMAP_COST	8		/* of a path's way through a map */

/* A path of a prefix, by what it keeps when it changes. */
struct remap_path {
	uint32_t path_id;
	uint32_t attrs;
	uint16_t peer;
};

/* One path whose map has changed. */
static void review_path(struct remap *remap, uint32_t id,
			const struct remap_path *path)
{
	struct table *t = remap->t;
	const struct rib_peer *peer = t->rib->peer[path->peer];
	struct inbound *in = &remap->in[path->peer];
	struct attrset_pool *pool = &t->rib->attrs;
	uint32_t raw = attrset_raw(pool, path->attrs);
	struct prefix prefix;

	/* The raw set must outlive what is known of it. */
	if (in->map != peer->conf.policy.in || in->raw != raw) {
		inbound_end(in);
		if (in->raw != NET_NONE)
			attrset_put(pool, in->raw);
		attrset_hold(pool, raw);
		inbound_begin(in, peer, raw);
	}
	prefix = net_prefix(&t->nets, net_get(&t->nets, id));
	pool->owner = path->peer;
	adjin_change(t, id, path->peer, path->path_id,
		     inbound_attrs(in, &prefix));
	pool->owner = PEER_OWN;
}

/* Those of the prefix whose map has changed; returns how many. */
static uint32_t list_paths(struct remap *remap, struct net *net)
{
	struct table *t = remap->t;
	const uint32_t *ids = net_path_ids(&t->nets, net);
	const struct rib_path *paths;
	uint32_t i, n, listed = 0;

	paths = net_paths(&t->nets, net, &n);
	if (n > remap->size) {
		remap->path = xreallocarray(remap->path, n,
					    sizeof(*remap->path));
		remap->size = n;
	}
	for (i = 0; i < n; i++) {
		if (!t->rib->peer[paths[i].peer]->remap || paths[i].summary ||
		    path_void(t->rib, t->af, &paths[i]))
			continue;
		remap->path[listed++] = (struct remap_path){
			.path_id = ids ? ids[i] : 0,
			.attrs = paths[i].attrs,
			.peer = paths[i].peer,
		};
	}
	return listed;
}

/*
 * A path that changes is moved to where it belongs now: so they are listed
 * before the first one does. Returns what it took.
 */
uint32_t remap_net(struct remap *remap, uint32_t id)
{
	struct net *net = net_get(&remap->t->nets, id);
	uint32_t i, n = list_paths(remap, net);

	for (i = 0; i < n; i++)
		review_path(remap, id, &remap->path[i]);
	return n * REMAP_COST * decide_cost(n);
}

void remap_begin(struct remap *remap, struct table *t)
{
	uint32_t i, n = t->rib->n_peers;

	*remap = (struct remap){ .t = t };
	remap->in = xcalloc(n, sizeof(*remap->in));
	for (i = 0; i < n; i++) {
		remap->in[i].rib = t->rib;
		remap->in[i].raw = NET_NONE;
	}
}

void remap_end(struct remap *remap)
{
	struct rib *rib = remap->t->rib;
	uint32_t i;

	for (i = 0; i < rib->n_peers; i++) {
		inbound_end(&remap->in[i]);
		if (remap->in[i].raw != NET_NONE)
			attrset_put(&rib->attrs, remap->in[i].raw);
	}
	free(remap->in);
	free(remap->path);
}

void inbound_done(struct rib *rib)
{
	unsigned int af;
	uint32_t i;

	for (af = 0; af < BGP_AF_COUNT; af++)
		if (rib->table[af].revision.what & REVISE_MAPS)
			return;
	for (i = 0; i < rib->n_peers; i++)
		if (rib->peer[i])
			rib->peer[i]->remap = false;
}
