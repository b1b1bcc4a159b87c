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

#define REMAP_NETS	512		/* looked at in one piece */

/* One path whose map has changed; whether the prefix's paths have moved. */
static bool review_path(struct table *t, uint32_t id, struct inbound *in,
			const struct rib_path *path, uint32_t path_id)
{
	const struct rib_peer *peer = t->rib->peer[path->peer];
	struct attrset_pool *pool = &t->rib->attrs;
	uint32_t raw = attrset_raw(pool, path->attrs);
	struct prefix prefix;
	bool changed;

	if (!peer->remap || path->summary || path_void(t->rib, t->af, path))
		return false;
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
	changed = adjin_change(t, id, path->peer, path_id,
			       inbound_attrs(in, &prefix));
	pool->owner = PEER_OWN;
	return changed;
}

static void review_net(struct table *t, uint32_t id, struct inbound *in)
{
	const struct rib_path *paths;
	const uint32_t *ids;
	uint32_t i, n;

again:
	paths = net_paths(&t->nets, net_get(&t->nets, id), &n);
	ids = net_path_ids(&t->nets, net_get(&t->nets, id));
	for (i = 0; i < n; i++) {
		if (review_path(t, id, &in[paths[i].peer], &paths[i],
				ids ? ids[i] : 0))
			goto again;
	}
}

static void review_some(struct table *t, struct inbound *in)
{
	uint32_t i, id;

	for (i = 0; i < REMAP_NETS; i++) {
		id = net_next(&t->nets, t->remap_cursor);
		if (id == NET_NONE) {
			t->remap = false;
			return;
		}
		t->remap_cursor = id + 1;
		review_net(t, id, in);
	}
}

bool inbound_run(struct table *t)
{
	struct inbound *in;
	uint32_t i, n = t->rib->n_peers;

	if (!t->remap)
		return false;
	in = xcalloc(n, sizeof(*in));
	for (i = 0; i < n; i++) {
		in[i].rib = t->rib;
		in[i].raw = NET_NONE;
	}
	review_some(t, in);
	for (i = 0; i < n; i++) {
		inbound_end(&in[i]);
		if (in[i].raw != NET_NONE)
			attrset_put(&t->rib->attrs, in[i].raw);
	}
	free(in);
	if (rib_remapping(t->rib))
		return true;
	for (i = 0; i < n; i++) {
		if (t->rib->peer[i])
			t->rib->peer[i]->remap = false;
	}
	return false;
}
