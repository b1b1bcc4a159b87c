// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Summaries: an inbound map replaces the prefixes of several paths by one. The
 * paths stay, for their peer may withdraw them one by one; in their stead a
 * path of the same peer stands at the prefix of the map, as long as there is
 * one that contributes to it. Its next hop is the lowest of theirs, of those
 * that are not stale if there are any.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "rib/table.h"

uint32_t summary_prefix(struct rib *rib, const struct prefix *prefix)
{
	uint32_t i;

	for (i = 0; i < rib->n_summaries; i++) {
		if (prefix_equal(&rib->summary[i], prefix))
			return i;
	}
	rib->summary = xreallocarray(rib->summary, i + 1,
				     sizeof(*rib->summary));
	rib->summary[rib->n_summaries++] = *prefix;
	return i;
}

static struct summary *find(struct peer_af *af, uint32_t which)
{
	uint32_t i;

	for (i = 0; i < af->n_summaries; i++) {
		if (af->summary[i].which == which)
			return &af->summary[i];
	}
	return NULL;
}

static struct summary *find_or_add(struct peer_af *af, uint32_t which)
{
	struct summary *summary = find(af, which);

	if (summary)
		return summary;
	af->summary = xreallocarray(af->summary, af->n_summaries + 1,
				    sizeof(*af->summary));
	summary = &af->summary[af->n_summaries++];
	*summary = (struct summary){ .which = which };
	return summary;
}

/*
 * The attributes of the summary that a path contributes; a reference. RFC 9494
 * 4.3: what is long-lived stale says so, even where a map empties communities.
 */
static uint32_t part_attrs(const struct table *t, uint32_t attrs)
{
	struct attrset_pool *pool = &t->rib->attrs;
	const struct attrset *set = attrset_get(pool, attrs);
	struct bgp_attrs *marked = NULL;
	uint32_t id;

	if (set->flags & ATTRSET_LLGR_STALE)
		marked = bgp_attrs_with_community(&set->flat,
						  BGP_COMMUNITY_LLGR_STALE);
	id = attrset_intern(pool, marked ? marked : &set->flat);
	free(marked);
	return id;
}

/* Those that are a last resort come last. */
static int part_cmp(const struct table *t, uint32_t a, uint32_t b)
{
	const struct attrset_pool *pool = &t->rib->attrs;
	int least_a = attrset_get(pool, a)->flags & ATTRSET_LEAST;
	int least_b = attrset_get(pool, b)->flags & ATTRSET_LEAST;

	if (least_a != least_b)
		return least_a - least_b;
	return addr_cmp(&attrset_nexthop(pool, a)->addr,
			&attrset_nexthop(pool, b)->addr);
}

static void publish(struct table *t, struct rib_peer *peer,
		    const struct summary *summary)
{
	const struct prefix *prefix = &t->rib->summary[summary->which];
	uint32_t best, i;

	if (summary->n == 0) {
		adjin_summary_unset(t, peer, prefix);
		return;
	}
	best = summary->part[0].attrs;
	for (i = 1; i < summary->n; i++) {
		if (part_cmp(t, summary->part[i].attrs, best) < 0)
			best = summary->part[i].attrs;
	}
	adjin_summary_set(t, peer, prefix, best);
}

void summary_add(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct summary *summary = find_or_add(&peer->af[t->af],
					      attrset_summary(pool, attrs));
	uint32_t part = part_attrs(t, attrs);
	uint32_t i;

	for (i = 0; i < summary->n; i++) {
		if (summary->part[i].attrs == part)
			break;
	}
	if (i < summary->n) {
		summary->part[i].n++;
		attrset_put(pool, part);
	} else {
		summary->part = xreallocarray(summary->part, i + 1,
					      sizeof(*summary->part));
		summary->part[i].attrs = part;
		summary->part[i].n = 1;
		summary->n++;
	}
	publish(t, peer, summary);
}

void summary_touch(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	struct summary *summary = find(&peer->af[t->af],
			attrset_summary(&t->rib->attrs, attrs));

	publish(t, peer, summary);
}

void summary_del(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct peer_af *af = &peer->af[t->af];
	struct summary *summary = find(af, attrset_summary(pool, attrs));
	uint32_t part = part_attrs(t, attrs);
	uint32_t i;

	for (i = 0; summary->part[i].attrs != part; i++)
		;
	attrset_put(pool, part);
	if (--summary->part[i].n > 0)
		return;
	summary->part[i] = summary->part[--summary->n];
	publish(t, peer, summary);
	attrset_put(pool, part);
	if (summary->n > 0)
		return;
	free(summary->part);
	*summary = af->summary[--af->n_summaries];
}
