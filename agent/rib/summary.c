// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Summaries: an inbound map replaces the prefixes of several paths by one. The
 * paths stay, for their peer may withdraw them one by one; in their stead a
 * path of the same peer stands at the prefix of the map, as long as there is
 * one that contributes to it. Its next hop is the lowest of theirs, of those
 * with OTC if there are any, and of these of those that are not stale.
 */
#include <stdlib.h>

#include "lib/hash.h"
#include "lib/idhash.h"
#include "lib/slab.h"
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

/* What some paths contribute. */
struct part {
	uint32_t attrs;			/* held: those of the summary */
	uint32_t n;			/* paths that have these */
	uint32_t at;			/* in the heap */
};

/* A prefix by which a map replaces others, and what contributes to it. */
struct summary {
	uint32_t which;			/* of rib->summary */
	struct slab parts;		/* struct part */
	struct idhash index;		/* of these, by attributes */
	uint32_t *heap;			/* of these, the best one first */
	uint32_t n, size;
};

static struct part *part_get(const struct summary *summary, uint32_t id)
{
	return slab_get(&summary->parts, id);
}

static uint32_t attrs_hash(uint32_t attrs)
{
	return hash_bytes(&attrs, sizeof(attrs));
}

static uint32_t part_hash(const void *ctx, uint32_t id)
{
	return attrs_hash(part_get(ctx, id)->attrs);
}

static struct summary *find(const struct peer_af *af, uint32_t which)
{
	uint32_t i;

	for (i = 0; i < af->n_summaries; i++) {
		if (af->summary[i]->which == which)
			return af->summary[i];
	}
	return NULL;
}

static struct summary *find_or_add(struct peer_af *af, uint32_t which)
{
	struct summary *summary = find(af, which);

	if (summary)
		return summary;
	summary = xcalloc(1, sizeof(*summary));
	summary->which = which;
	slab_init(&summary->parts, sizeof(struct part));
	idhash_init(&summary->index, part_hash, summary);
	af->summary = xreallocarray(af->summary, af->n_summaries + 1,
				    sizeof(*af->summary));
	af->summary[af->n_summaries++] = summary;
	return summary;
}

static void summary_free(struct summary *summary)
{
	idhash_fini(&summary->index);
	slab_fini(&summary->parts);
	free(summary->heap);
	free(summary);
}

void summaries_free(struct peer_af *af)
{
	while (af->n_summaries > 0)
		summary_free(af->summary[--af->n_summaries]);
	free(af->summary);
}

/* The last that contributed has gone. */
static void forget(struct peer_af *af, struct summary *summary)
{
	uint32_t i;

	for (i = 0; af->summary[i] != summary; i++)
		;
	af->summary[i] = af->summary[--af->n_summaries];
	summary_free(summary);
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

/*
 * With OTC before without: of a neighbor that has no role, of which they may
 * differ, no route leaks as part of a summary. Last resorts come last.
 */
static bool is_better(const struct table *t, const struct summary *summary,
		      uint32_t a, uint32_t b)
{
	const struct attrset_pool *pool = &t->rib->attrs;
	uint32_t set_a = part_get(summary, a)->attrs;
	uint32_t set_b = part_get(summary, b)->attrs;
	bool otc_a = bgp_attrs_has_otc(&attrset_get(pool, set_a)->flat);
	bool otc_b = bgp_attrs_has_otc(&attrset_get(pool, set_b)->flat);
	unsigned int resort_a = attrset_resort(pool, set_a);
	unsigned int resort_b = attrset_resort(pool, set_b);

	if (otc_a != otc_b)
		return otc_a;
	if (resort_a != resort_b)
		return resort_a < resort_b;
	return addr_cmp(&attrset_nexthop(pool, set_a)->addr,
			&attrset_nexthop(pool, set_b)->addr) < 0;
}

/* ---- a heap of parts -------------------------------------------------- */

static void put_at(struct summary *summary, uint32_t at, uint32_t id)
{
	summary->heap[at] = id;
	part_get(summary, id)->at = at;
}

/* A place that @id may have, from @at upwards, or else downwards. */
static void settle(const struct table *t, struct summary *summary,
		   uint32_t at, uint32_t id)
{
	uint32_t *heap = summary->heap;
	uint32_t next;

	for (; at > 0; at = next) {
		next = (at - 1) / 2;
		if (!is_better(t, summary, id, heap[next]))
			break;
		put_at(summary, at, heap[next]);
	}
	for (; 2 * at + 1 < summary->n; at = next) {
		next = 2 * at + 1;
		if (next + 1 < summary->n &&
		    is_better(t, summary, heap[next + 1], heap[next]))
			next++;
		if (!is_better(t, summary, heap[next], id))
			break;
		put_at(summary, at, heap[next]);
	}
	put_at(summary, at, id);
}

static struct part *part_find(const struct summary *summary, uint32_t attrs,
			      uint32_t *id)
{
	struct idhash_probe probe = idhash_probe(&summary->index,
						 attrs_hash(attrs));

	while (idhash_next(&summary->index, &probe, id)) {
		if (part_get(summary, *id)->attrs == attrs)
			return part_get(summary, *id);
	}
	return NULL;
}

/* @attrs: becomes the part's. */
static void part_add(const struct table *t, struct summary *summary,
		     uint32_t attrs)
{
	uint32_t id = slab_alloc(&summary->parts);

	*part_get(summary, id) = (struct part){ .attrs = attrs, .n = 1 };
	idhash_insert(&summary->index, attrs_hash(attrs), id);
	if (summary->n == summary->size) {
		summary->size = MAX(2 * summary->size, 4u);
		summary->heap = xreallocarray(summary->heap, summary->size,
					      sizeof(*summary->heap));
	}
	settle(t, summary, summary->n++, id);
}

static void part_del(const struct table *t, struct summary *summary,
		     uint32_t id)
{
	const struct part *part = part_get(summary, id);
	uint32_t at = part->at, last = summary->heap[--summary->n];

	if (last != id)
		settle(t, summary, at, last);
	idhash_remove(&summary->index, attrs_hash(part->attrs), id);
	slab_release(&summary->parts, id);
}

static uint32_t best_attrs(const struct summary *summary)
{
	return part_get(summary, summary->heap[0])->attrs;
}

/*
 * Something that contributes to it was heard in @epoch: it is no older, nor
 * younger, as what is stale can get here by another map or as long-lived.
 */
static void publish(struct table *t, struct rib_peer *peer,
		    const struct summary *summary, unsigned int epoch)
{
	adjin_summary_set(t, peer, &t->rib->summary[summary->which],
			  best_attrs(summary), epoch);
}

/*
 * Something has gone, which makes nothing else new: what is left may be stale
 * as well, or void and not yet swept.
 */
static void review(struct table *t, struct rib_peer *peer,
		   const struct summary *summary)
{
	const struct prefix *prefix = &t->rib->summary[summary->which];

	if (summary->n == 0)
		adjin_summary_unset(t, peer, prefix);
	else
		adjin_summary_change(t, peer, prefix, best_attrs(summary));
}

void summary_add(struct table *t, struct rib_peer *peer, uint32_t attrs,
		 unsigned int epoch)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct summary *summary = find_or_add(&peer->af[t->af],
					      attrset_summary(pool, attrs));
	uint32_t set = part_attrs(t, attrs), id;
	struct part *part = part_find(summary, set, &id);

	if (part) {
		part->n++;
		attrset_put(pool, set);
	} else {
		part_add(t, summary, set);
	}
	publish(t, peer, summary, epoch);
}

void summary_touch(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	struct summary *summary = find(&peer->af[t->af],
			attrset_summary(&t->rib->attrs, attrs));

	publish(t, peer, summary, peer->af[t->af].epoch);
}

void summary_del(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct peer_af *af = &peer->af[t->af];
	struct summary *summary = find(af, attrset_summary(pool, attrs));
	uint32_t set = part_attrs(t, attrs), id;
	struct part *part = part_find(summary, set, &id);

	attrset_put(pool, set);
	if (--part->n > 0)
		return;
	part_del(t, summary, id);
	review(t, peer, summary);
	attrset_put(pool, set);
	if (summary->n == 0)
		forget(af, summary);
}
