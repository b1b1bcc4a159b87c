// SPDX-License-Identifier: GPL-2.0-only
/* Updates of the buckets of an LPM trie; see lpm_trie.h. */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include "lpm_bucket.h"

unsigned int vnet_lpm_bucket_live(const struct lpm_bucket *bucket)
{
	unsigned int i, live = 0;

	for (i = 0; i < bucket->head.count; i++)
		live += lpm_leaf_value(bucket->place[i].leaf) != 0;
	return live;
}

static void bucket_add(struct lpm_bucket *bucket, u32 leaf, u64 word)
{
	struct lpm_place *place = &bucket->place[bucket->head.count++];

	place->leaf = leaf;
	place->high = word >> 32;
	place->low = word;
}

u32 vnet_lpm_bucket_build(struct lpm_arena *arena, const struct lpm_bucket *old,
			  unsigned int level, const struct lpm_route *route, gfp_t gfp)
{
	unsigned int count = old ? old->head.count : 0, i;
	unsigned int live = old ? vnet_lpm_bucket_live(old) : 0;
	u32 index, leaf = route ? lpm_leaf(route->value, route->len) : 0;
	u64 word = route ? lpm_bucket_word(route->key, level) : 0;
	struct lpm_bucket *new;

	index = vnet_lpm_arena_alloc(arena, struct_size(new, place, live + !!leaf), gfp);
	if (!index)
		return 0;
	new = lpm_arena_at(arena, index);
	new->head.base = old ? old->head.base : 0;
	new->head.count = 0;
	for (i = 0; i < count; i++) {
		if (!lpm_leaf_value(old->place[i].leaf))
			continue;
		if (leaf && lpm_leaf_len(old->place[i].leaf) < route->len) {
			bucket_add(new, leaf, word);
			leaf = 0;
		}
		bucket_add(new, old->place[i].leaf, lpm_place_word(&old->place[i]));
	}
	if (leaf)
		bucket_add(new, leaf, word);
	return index;
}

u32 *vnet_lpm_bucket_at(const struct lpm_bucket *bucket, unsigned int level,
			struct lpm_key key, u8 len)
{
	u64 word = lpm_bucket_word(key, level);
	const struct lpm_place *place;
	unsigned int i;

	if (!lpm_bucket_fits(level, len))
		return NULL;
	for (i = 0; i < bucket->head.count; i++) {
		place = &bucket->place[i];
		if (lpm_place_word(place) == word && lpm_leaf_len(READ_ONCE(place->leaf)) == len)
			return (u32 *)&place->leaf;
	}
	return NULL;
}

bool vnet_lpm_bucket_route(const struct lpm_bucket *bucket, unsigned int level,
			   struct lpm_key key, unsigned int place, struct lpm_route *route)
{
	u64 word = lpm_place_word(&bucket->place[place]);
	u32 leaf = READ_ONCE(bucket->place[place].leaf);

	route->key.hi = level < 8 ? word : key.hi;
	route->key.lo = level < 8 ? 0 : word;
	route->len = lpm_leaf_len(leaf);
	route->value = lpm_leaf_value(leaf);
	return route->value;
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
