// SPDX-License-Identifier: GPL-2.0-only
/* Buckets of an LPM trie; see lpm_trie.h. */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include "lpm_bucket.h"

/* ---- places ---- */

static bool is_long(unsigned int level)
{
	return level >= LPM_BUCKET_LONG;
}

/* Places for so many routes */
static unsigned int places_for(unsigned int level, unsigned int routes)
{
	if (is_long(level))
		return routes;
	if (routes > 4)
		return LPM_BUCKET_MAX;
	return routes > 2 ? 4 : routes;
}

bool vnet_lpm_bucket_route(const struct lpm_bucket *bucket, unsigned int level,
			   struct lpm_key key, unsigned int place, struct lpm_route *route)
{
	u64 word;
	u32 leaf;

	route->key = key;
	if (is_long(level)) {
		route->key.lo = bucket->place[2 * place];
		leaf = READ_ONCE(bucket->place[2 * place + 1]);
		route->len = lpm_leaf_len(leaf);
		route->value = lpm_leaf_value(leaf);
		return leaf;
	}
	word = READ_ONCE(bucket->place[place]);
	if (level < LPM_HASH_LEVEL)
		route->key.hi = word & ~0ULL << 32;
	else
		route->key.hi = (key.hi & ~0ULL << 32) | word >> 32;
	route->key.lo = 0;
	route->len = lpm_place_len(word, level);
	route->value = (u32)word >> LPM_PLACE_VALUE;
	return word;
}

/* The place of a route, .count if it is not there */
static unsigned int place_of(const struct lpm_bucket *bucket, unsigned int level,
			     struct lpm_key key, u8 len, struct lpm_route *route)
{
	unsigned int i;

	for (i = 0; i < bucket->head.count; i++)
		if (vnet_lpm_bucket_route(bucket, level, key, i, route) && route->len == len &&
		    lpm_key_equal(route->key, key))
			break;
	return i;
}

/* The word that has the value of a place */
static u64 *place_value(struct lpm_bucket *bucket, unsigned int level, unsigned int place)
{
	return &bucket->place[is_long(level) ? 2 * place + 1 : place];
}

static u64 value_word(unsigned int level, struct lpm_key key, u8 len, u32 value)
{
	return is_long(level) ? lpm_leaf(value, len) : lpm_place(key, level, len, value);
}

/* Whether the prefix of one route covers that of another, which is longer. */
static bool covers(const struct lpm_route *route, const struct lpm_route *other)
{
	return route->len < other->len &&
	       lpm_key_equal(route->key, lpm_key_mask(other->key, route->len));
}

/* ---- updates ---- */

static void place_put(struct lpm_bucket *bucket, unsigned int level, unsigned int place,
		      const struct lpm_route *route)
{
	if (is_long(level))
		bucket->place[2 * place] = route->key.lo;
	WRITE_ONCE(*place_value(bucket, level, place),
		   value_word(level, route->key, route->len, route->value));
}

unsigned int vnet_lpm_bucket_live(const struct lpm_bucket *bucket, unsigned int level)
{
	const struct lpm_key any = { };
	unsigned int i, live = 0;
	struct lpm_route here;

	for (i = 0; i < bucket->head.count; i++)
		live += vnet_lpm_bucket_route(bucket, level, any, i, &here);
	return live;
}

bool vnet_lpm_bucket_worn(const struct lpm_bucket *bucket, unsigned int level)
{
	unsigned int places = places_for(level, vnet_lpm_bucket_live(bucket, level));

	return is_long(level) || 2 * places < bucket->head.count;
}

bool vnet_lpm_bucket_add(struct lpm_bucket *bucket, unsigned int level,
			 const struct lpm_route *route)
{
	unsigned int i, none = bucket->head.count, hole = none;
	struct lpm_route here;

	/* One word can be written at once, two cannot. */
	if (is_long(level))
		return false;
	for (i = 0; i < bucket->head.count; i++) {
		if (!vnet_lpm_bucket_route(bucket, level, route->key, i, &here))
			hole = min(hole, i);
		/* It may be removed next, while a reader has passed this place by. */
		else if (covers(route, &here))
			return false;
		else if (covers(&here, route))
			break;
	}
	if (hole == none)
		return false;
	place_put(bucket, level, hole, route);
	return true;
}

u32 vnet_lpm_bucket_build(struct lpm_arena *arena, const struct lpm_bucket *old,
			  unsigned int level, const struct lpm_route *route, gfp_t gfp)
{
	unsigned int live = old ? vnet_lpm_bucket_live(old, level) : 0, words, i, at = 0;
	unsigned int places = places_for(level, live + !!route);
	const struct lpm_key key = route ? route->key : (struct lpm_key){ };
	struct lpm_bucket *new;
	struct lpm_route here;
	u32 index;

	words = is_long(level) ? 2 * places : places;
	index = vnet_lpm_arena_alloc(arena, struct_size(new, place, words), gfp);
	if (!index)
		return 0;
	new = lpm_arena_at(arena, index);
	new->head.base = old ? old->head.base : 0;
	new->head.count = places;
	memset(new->place, 0, words * sizeof(new->place[0]));
	for (i = 0; old && i < old->head.count; i++) {
		if (!vnet_lpm_bucket_route(old, level, key, i, &here))
			continue;
		if (route && covers(&here, route)) {
			place_put(new, level, at++, route);
			route = NULL;
		}
		place_put(new, level, at++, &here);
	}
	if (route)
		place_put(new, level, at, route);
	return index;
}

void vnet_lpm_bucket_set(struct lpm_bucket *bucket, unsigned int level, struct lpm_key key,
			 u8 len, u32 value)
{
	struct lpm_route here;
	unsigned int place = place_of(bucket, level, key, len, &here);

	WRITE_ONCE(*place_value(bucket, level, place),
		   value ? value_word(level, key, len, value) : 0);
}

/* ---- for readers and writers ---- */

u32 vnet_lpm_bucket_get(const struct lpm_bucket *bucket, unsigned int level,
			struct lpm_key key, u8 len)
{
	struct lpm_route here;

	if (!lpm_bucket_fits(level, len) ||
	    place_of(bucket, level, key, len, &here) == bucket->head.count)
		return 0;
	return here.value;
}

u32 vnet_lpm_bucket_shorter(const struct lpm_bucket *bucket, struct lpm_key key,
			    unsigned int level, u8 maxlen)
{
	struct lpm_route here;
	unsigned int i;

	for (i = 0; i < bucket->head.count; i++)
		if (vnet_lpm_bucket_route(bucket, level, key, i, &here) && here.len <= maxlen &&
		    lpm_key_equal(here.key, lpm_key_mask(key, here.len)))
			return lpm_leaf(here.value, here.len);
	return 0;
}

bool vnet_lpm_bucket_next(const struct lpm_bucket *bucket, unsigned int level,
			  struct lpm_route *route)
{
	struct lpm_route here, best = { };
	unsigned int i;

	for (i = 0; i < bucket->head.count; i++)
		if (vnet_lpm_bucket_route(bucket, level, route->key, i, &here) &&
		    (!route->len || lpm_route_before(route, &here)) &&
		    (!best.len || lpm_route_before(&here, &best)))
			best = here;
	if (!best.len)
		return false;
	*route = best;
	return true;
}
