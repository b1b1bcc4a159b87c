// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Summaries on the way out: an outbound map replaces several prefixes by one.
 * What it replaces is not sent; in its stead the members of the group are told
 * one prefix of the map, as long as they may hear of a route that it stands
 * for. Its next hop is, where next hops are told as they are, the lowest of
 * theirs.
 *
 * Which summary a prefix is part of is found out when the group gets its map,
 * in small steps (outsum_fill()), and kept up to date with each change of what
 * is sent (outsum_update()). Each member remembers what it was told of each
 * summary, and is told the difference in its turn. A route to the summary's own
 * prefix is kept as one more part, which counts if there is no other: nothing
 * but this file tells anybody of that prefix.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/util.h"
#include "rib/table.h"

#define NONE	0
#define OWN	0x80000000u		/* the prefix is a summary's own */
#define FILL_NETS	4096		/* looked at in one piece */

/* What some prefixes have in common, of which one neighbor is the source. */
struct part {
	uint32_t which;			/* of outsum.sum; slab_release() */
	uint16_t neighbor;
	bool real;			/* the route to that prefix itself */
	uint32_t n;			/* prefixes */
	struct bgp_attrs *attrs;	/* as sent; NULL: entry is free */
};

/* Of the parts of a summary, and of those of other neighbors than its. */
struct sum_choice {
	const struct part *best, *other;
};

struct outsum {
	struct {
		struct prefix prefix;
		uint32_t net;		/* there as long as we are */
	} *sum;
	uint32_t n_sums;
	struct slab parts;		/* struct part */
	uint64_t attr_bytes;		/* of theirs */
	struct idhash index;		/* of parts */
	uint32_t *of;			/* by net: 1 + part, and OWN */
	uint32_t size;
	struct sum_choice *choice;	/* by summary */
	uint64_t version, chosen;	/* now; when that was made */
	bool filling;			/* prefixes from here on are yet to */
	uint32_t cursor;		/* be looked at */
};

/* What one peer was told of a summary. */
struct outsum_told {
	struct bgp_attrs *attrs;	/* NULL: nothing */
	bool unknown;			/* it may have it otherwise */
};

/* ---- parts ----------------------------------------------------------- */

static struct part *part_get(const struct outsum *sums, uint32_t id)
{
	return slab_get(&sums->parts, id);
}

static uint32_t part_hash(const struct part *part)
{
	uint32_t key[3] = { part->which, part->neighbor, part->real };

	return hash_bytes(part->attrs, part->attrs->size) ^
	       hash_bytes(key, sizeof(key));
}

static uint32_t hash_of(const void *ctx, uint32_t id)
{
	return part_hash(part_get(ctx, id));
}

static bool part_same(const struct part *a, const struct part *b)
{
	return a->which == b->which && a->neighbor == b->neighbor &&
	       a->real == b->real && bgp_attrs_equal(a->attrs, b->attrs);
}

/* The part like @like, whose attributes become its own or are freed. */
static uint32_t part_hold(struct outsum *sums, struct part *like)
{
	uint32_t hash = part_hash(like), at;
	struct idhash_probe probe = idhash_probe(&sums->index, hash);

	while (idhash_next(&sums->index, &probe, &at)) {
		if (!part_same(part_get(sums, at), like))
			continue;
		free(like->attrs);
		part_get(sums, at)->n++;
		return at;
	}
	at = slab_alloc(&sums->parts);
	*part_get(sums, at) = *like;
	part_get(sums, at)->n = 1;
	sums->attr_bytes += like->attrs->size;
	idhash_insert(&sums->index, hash, at);
	sums->version++;
	return at;
}

static void part_put(struct outsum *sums, uint32_t at)
{
	struct part *part = part_get(sums, at);

	if (--part->n > 0)
		return;
	idhash_remove(&sums->index, part_hash(part), at);
	sums->attr_bytes -= part->attrs->size;
	free(part->attrs);
	part->attrs = NULL;
	slab_release(&sums->parts, at);
	sums->version++;
}

/* The next one that is not free, beginning with @*id; NULL: none. */
static const struct part *part_next(const struct outsum *sums, uint32_t *id)
{
	const struct part *part;

	while ((*id = slab_seek(&sums->parts, *id)) < slab_end(&sums->parts)) {
		part = part_get(sums, (*id)++);
		if (part->attrs)
			return part;
	}
	return NULL;
}

/* ---- what a prefix is part of ---------------------------------------- */

static uint32_t *of_net(struct outsum *sums, uint32_t net)
{
	uint32_t size;

	if (net >= sums->size) {
		size = MAX(net + 1, sums->size * 2);
		sums->of = xreallocarray(sums->of, size, sizeof(*sums->of));
		memset(sums->of + sums->size, 0,
		       (size - sums->size) * sizeof(*sums->of));
		sums->size = size;
	}
	return &sums->of[net];
}

bool outsum_owns(const struct group *group, uint32_t net)
{
	return group->sums && net < group->sums->size &&
	       group->sums->of[net] & OWN;
}

/* What all routes on the session have, and no map takes away. */
static struct bgp_attrs *restore(const struct group *group, bool stale,
				 struct bgp_attrs *attrs)
{
	const struct bgp_export how = {
		.community = group->how.community,
		.ebgp = group->how.ebgp,
	};
	struct bgp_attrs *again = bgp_attrs_export(attrs, &how), *marked;

	free(attrs);
	if (!stale || !again)
		return again;
	marked = bgp_attrs_with_community(again, BGP_COMMUNITY_LLGR_STALE);
	if (!marked)
		return again;
	free(again);
	return marked;
}

static uint32_t which_of(const struct outsum *sums,
			 const struct prefix *prefix)
{
	uint32_t i;

	for (i = 0; !prefix_equal(&sums->sum[i].prefix, prefix); i++)
		;
	return i;
}

/* A rule that replaces prefixes matches none beyond what it puts there. */
static bool covered(const struct outsum *sums, const struct prefix *prefix)
{
	uint32_t i;

	for (i = 0; i < sums->n_sums; i++) {
		if (prefix_covers(&sums->sum[i].prefix, prefix))
			return true;
	}
	return false;
}

/* What becomes of a route on its way; false: it is in no summary. */
static bool make_part(struct table *t, const struct group *group,
		      uint32_t id, struct part *part)
{
	struct net *net = net_get(&t->nets, id);
	struct prefix prefix = net_prefix(&t->nets, net);
	const struct rib_path *path;
	struct rib_map_result result;
	uint16_t origin;
	bool stale;

	if (!covered(group->sums, &prefix))
		return false;
	path = decide_export(t, net, &origin);
	if (!path ||
	    !(t->rib->origin[origin].audience & AUDIENCE(group->kind)))
		return false;
	part->attrs = adjout_export(t, group, origin, path->attrs);
	if (!part->attrs)
		return false;
	result = rib_map_apply(group->map, part->attrs,
			       rib_map_class(group->map, &prefix),
			       group->how.prepend_as);
	if (result.drop || result.attrs) {
		free(part->attrs);
		part->attrs = result.attrs;
	}
	part->real = !result.replaced && outsum_owns(group, id);
	part->neighbor = t->rib->origin[origin].neighbor;
	if (!part->attrs || (!result.replaced && !part->real)) {
		free(part->attrs);
		return false;
	}
	part->which = which_of(group->sums, result.replaced ?: &prefix);
	if (!result.replaced)
		return true;
	stale = attrset_get(&t->rib->attrs, path->attrs)->flags &
		ATTRSET_LLGR_STALE;
	part->attrs = restore(group, stale, part->attrs);
	return part->attrs;
}

static void update(struct table *t, struct group *group, uint32_t id)
{
	struct outsum *sums = group->sums;
	uint32_t *of = of_net(sums, id);
	uint32_t old = *of & ~OWN, new = NONE;
	struct part part = { .n = 0 };

	if (make_part(t, group, id, &part))
		new = part_hold(sums, &part) + 1;
	*of = new | (*of & OWN);
	if (old != NONE)
		part_put(sums, old - 1);
}

void outsum_update(struct table *t, uint32_t id)
{
	struct group *group;

	for (group = t->n_outsums ? t->groups : NULL; group;
	     group = group->next) {
		if (group->sums)
			update(t, group, id);
	}
}

/* ---- groups ---------------------------------------------------------- */

static void sum_add(struct table *t, struct outsum *sums,
		    const struct prefix *prefix)
{
	uint32_t i;

	for (i = 0; i < sums->n_sums; i++) {
		if (prefix_equal(&sums->sum[i].prefix, prefix))
			return;
	}
	sums->sum = xreallocarray(sums->sum, i + 1, sizeof(*sums->sum));
	sums->sum[i].prefix = *prefix;
	sums->sum[i].net = net_add(&t->nets, prefix);
	sums->n_sums++;
	*of_net(sums, sums->sum[i].net) |= OWN;
}

static bool replaces(const struct table *t, const struct rib_map *map)
{
	struct prefix prefix;
	uint32_t i;

	for (i = 0; rib_map_replaces(map, i, &prefix); i++) {
		if (prefix.addr.family == bgp_af_info[t->af].family)
			return true;
	}
	return false;
}

void outsum_begin(struct table *t, struct group *group)
{
	struct outsum *sums;
	struct prefix prefix;
	uint32_t i;

	if (!replaces(t, group->map))
		return;
	sums = xcalloc(1, sizeof(*sums));
	group->sums = sums;
	sums->version = 1;
	sums->filling = true;
	slab_init(&sums->parts, sizeof(struct part));
	idhash_init(&sums->index, hash_of, sums);
	for (i = 0; rib_map_replaces(group->map, i, &prefix); i++) {
		if (prefix.addr.family == bgp_af_info[t->af].family)
			sum_add(t, sums, &prefix);
	}
	sums->choice = xcalloc(sums->n_sums, sizeof(*sums->choice));
	t->n_outsums++;
}

bool outsum_fill(struct table *t, struct group *group)
{
	struct outsum *sums = group->sums;
	uint32_t i, id;

	if (!outsum_filling(group))
		return false;
	for (i = 0; i < FILL_NETS; i++) {
		id = net_next(&t->nets, sums->cursor);
		if (id == NET_NONE) {
			sums->filling = false;
			break;
		}
		sums->cursor = id + 1;
		update(t, group, id);
	}
	return true;
}

bool outsum_filling(const struct group *group)
{
	return group->sums && group->sums->filling;
}

void outsum_end(struct table *t, struct outsum *sums)
{
	const struct part *part;
	uint32_t i = 0;

	t->n_outsums--;
	while ((part = part_next(sums, &i)))
		free(part->attrs);
	for (i = 0; i < sums->n_sums; i++)
		adjin_release(t, sums->sum[i].net);
	idhash_fini(&sums->index);
	free(sums->sum);
	slab_fini(&sums->parts);
	free(sums->of);
	free(sums->choice);
	free(sums);
}

uint64_t outsum_bytes(const struct group *group)
{
	const struct outsum *sums = group->sums;

	if (!sums)
		return 0;
	return slab_bytes(&sums->parts) + idhash_bytes(&sums->index) +
	       sums->attr_bytes + (uint64_t)sums->size * sizeof(*sums->of);
}

bool outsum_refers(const struct table *t, uint32_t id)
{
	const struct group *group;

	for (group = t->n_outsums ? t->groups : NULL; group;
	     group = group->next) {
		if (outsum_owns(group, id))
			return true;
	}
	return false;
}

/* ---- members --------------------------------------------------------- */

void outsum_join(struct peer_af *af)
{
	if (af->group->sums)
		af->told = xcalloc(af->group->sums->n_sums + 1,
				   sizeof(*af->told));
	af->told_version = 0;
}

void outsum_leave(struct peer_af *af)
{
	uint32_t i;

	for (i = 0; af->told && i < af->group->sums->n_sums; i++)
		free(af->told[i].attrs);
	free(af->told);
	af->told = NULL;
}

/* What it was told of a summary that goes on to be one, or is none now. */
static void move_one(struct peer_af *af, struct outsum_told *told,
		     uint32_t net)
{
	const struct outsum *sums = af->group->sums;
	uint32_t i;

	for (i = 0; sums && i < sums->n_sums; i++) {
		if (sums->sum[i].net == net) {
			af->told[i] = *told;
			return;
		}
	}
	/* What it stood for is to be there before. */
	if (told->attrs || told->unknown)
		idset_add(&af->lag->last, net);
	free(told->attrs);
}

/* Whether it may have a route to a summary's prefix from elsewhere. */
static bool had_route(const struct table *t, const struct rib_peer *peer,
		      const struct group *group, uint32_t net)
{
	if (outsum_owns(group, net))
		return false;
	if (lag_has(peer->af[t->af].lag, net))
		return true;
	return peer_has(peer, net_get(&t->nets, net)->sent) &&
	       (!group->map || outbound_has(group, net));
}

void outsum_move(struct table *t, struct rib_peer *peer,
		 const struct group *before)
{
	struct peer_af *af = &peer->af[t->af];
	struct outsum_told *told = af->told;
	const struct outsum *sums;
	uint32_t i;

	af->told = NULL;
	outsum_join(af);
	sums = before->sums;
	for (i = 0; sums && i < sums->n_sums; i++)
		move_one(af, &told[i], sums->sum[i].net);
	free(told);
	sums = af->group->sums;
	for (i = 0; sums && i < sums->n_sums; i++)
		af->told[i].unknown |= had_route(t, peer, before,
						 sums->sum[i].net);
}

void outsum_refresh(struct peer_af *af)
{
	uint32_t i;

	for (i = 0; af->told && i < af->group->sums->n_sums; i++)
		af->told[i].unknown |= af->told[i].attrs != NULL;
	af->told_version = 0;
}

/* As of summaries on the way in: see is_better() there. */
static bool better(const struct part *a, const struct part *b)
{
	bool stale_a = bgp_community_present(a->attrs,
					     BGP_COMMUNITY_LLGR_STALE);
	bool stale_b = bgp_community_present(b->attrs,
					     BGP_COMMUNITY_LLGR_STALE);
	bool otc_a = bgp_attrs_has_otc(a->attrs);
	bool otc_b = bgp_attrs_has_otc(b->attrs);
	struct addr hop_a = bgp_attrs_nexthop(a->attrs);
	struct addr hop_b = bgp_attrs_nexthop(b->attrs);
	int cmp = addr_cmp(&hop_a, &hop_b);

	if (a->real != b->real)
		return b->real;
	if (otc_a != otc_b)
		return otc_a;
	if (stale_a != stale_b)
		return stale_b;
	if (cmp == 0 && a->attrs->size != b->attrs->size)
		return a->attrs->size < b->attrs->size;
	if (cmp == 0)
		cmp = memcmp(a->attrs, b->attrs, a->attrs->size);
	return cmp < 0;
}

/*
 * Parts of one neighbor and summary can be as many as its prefixes: look at
 * them once for all members, of whom each is told one of these two.
 */
static void choose(struct outsum *sums)
{
	const struct part *part;
	struct sum_choice *choice;
	uint32_t at = 0;

	if (sums->chosen == sums->version)
		return;
	sums->chosen = sums->version;
	memset(sums->choice, 0, sums->n_sums * sizeof(*sums->choice));
	while ((part = part_next(sums, &at))) {
		choice = &sums->choice[part->which];
		if (!choice->best || better(part, choice->best)) {
			if (choice->best &&
			    choice->best->neighbor != part->neighbor)
				choice->other = choice->best;
			choice->best = part;
		} else if (part->neighbor != choice->best->neighbor &&
			   (!choice->other || better(part, choice->other))) {
			choice->other = part;
		}
	}
}

/* What to tell a peer, which is not to hear of its own routes. */
static const struct bgp_attrs *choice_for(const struct sum_choice *choice,
					  const struct rib_peer *peer)
{
	const struct part *part = choice->best;

	if (part && part->neighbor == peer->neighbor)
		part = choice->other;
	return part ? part->attrs : NULL;
}

static void tell(struct table *t, const struct rib_peer *peer, uint32_t net,
		 struct outsum_told *told, const struct bgp_attrs *attrs)
{
	bool same = attrs && told->attrs ?
		    bgp_attrs_equal(attrs, told->attrs) :
		    !attrs && !told->attrs;

	if (same && !told->unknown)
		return;
	pack_send_one(t, peer, net, attrs);
	free(told->attrs);
	told->attrs = NULL;
	told->unknown = false;
	if (!attrs)
		return;
	told->attrs = xmalloc(attrs->size);
	memcpy(told->attrs, attrs, attrs->size);
}

bool outsum_run(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct outsum *sums = af->group->sums;
	uint32_t i;

	if (!sums || sums->filling || peer->paused ||
	    af->told_version == sums->version)
		return false;
	af->told_version = sums->version;
	choose(sums);
	for (i = 0; i < sums->n_sums; i++)
		tell(t, peer, sums->sum[i].net, &af->told[i],
		     choice_for(&sums->choice[i], peer));
	return true;
}

const struct bgp_attrs *outsum_told(const struct peer_af *af, uint32_t net)
{
	uint32_t i;

	for (i = 0; af->told && i < af->group->sums->n_sums; i++) {
		if (af->group->sums->sum[i].net == net)
			return af->told[i].attrs;
	}
	return NULL;
}

uint32_t outsum_count(const struct peer_af *af)
{
	uint32_t i, n = 0;

	for (i = 0; af->told && i < af->group->sums->n_sums; i++)
		n += af->told[i].attrs != NULL;
	return n;
}
