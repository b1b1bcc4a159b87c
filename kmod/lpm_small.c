// SPDX-License-Identifier: GPL-2.0-only
/* The small body of an LPM table: see lpm_small.h. */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "lpm_small.h"

/*
 * Tables are many and blocks of any size, of which kmalloc() wastes nearly half where they are
 * a little over a power of two. So there are sizes in between. A cache that could not be made
 * is done without.
 */
static const struct {
	const char *name;
	size_t bytes;
} between[] = {
	{ "vnet_lpm_768", 768 },
	{ "vnet_lpm_1536", 1536 },
	{ "vnet_lpm_3072", 3072 },
	{ "vnet_lpm_6144", 6144 },
};

static_assert(LPM_GROUP == 16 && LPM_GROUPS == 2 * 16);
static_assert(LPM_GROUPS * LPM_GROUP >= LPM_SMALL_MAX);

static struct kmem_cache *caches[ARRAY_SIZE(between)];

void vnet_lpm_small_setup(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(between); i++)
		caches[i] = kmem_cache_create(between[i].name, between[i].bytes,
					      LPM_SMALL_LINE, 0, NULL);
}

void vnet_lpm_small_cleanup(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(between); i++) {
		kmem_cache_destroy(caches[i]);
		caches[i] = NULL;
	}
}

/* To be freed by kfree(). */
static void *block_alloc(size_t bytes, gfp_t gfp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(between); i++)
		if (caches[i] && bytes <= between[i].bytes && bytes > between[i].bytes / 3 * 2)
			return kmem_cache_alloc(caches[i], gfp);
	return kmalloc(bytes, gfp);
}

static struct lpm_route route_at(const struct lpm_small *small, unsigned int place)
{
	u32 leaf = READ_ONCE(lpm_small_leaf(small)[place]);
	struct lpm_route route = {
		.key = lpm_small_key(small, place),
		.len = lpm_leaf_len(leaf),
		.value = lpm_leaf_value(leaf),
	};

	return route;
}

/* The place of the closest route before @place that covers it, all before being set. */
static u16 find_parent(const struct lpm_small *small, unsigned int place,
		       const struct lpm_route *route)
{
	const u16 *parent = lpm_small_parent(small);
	u16 at = place ? place - 1 : LPM_NO_PARENT;

	while (at != LPM_NO_PARENT &&
	       lpm_leaf_len(lpm_small_leaf(small)[at]) >
	       lpm_key_common(lpm_small_key(small, at), route->key))
		at = parent[at];
	return at;
}

/* The last route that begins at or before @key: its place, -1 if there is none. */
static int find(const struct lpm_small *small, struct lpm_key key)
{
	const u64 *hi = lpm_small_hi(small), *lo = lpm_small_lo(small);
	int first = 0, last;

	if (lpm_small_key(small, 0).hi > key.hi)
		return -1;
	if (!small->head.ip6)
		return lpm_small_place(small, lpm_small_key4(small), false, key.hi >> 32);
	last = lpm_small_place(small, hi, true, key.hi);
	if (!small->head.long6 || hi[last] != key.hi)
		return last;
	/* The first halves are equal from here on back to @first. */
	if (hi[0] < key.hi)
		first = lpm_small_place(small, hi, true, key.hi - 1) + 1;
	if (lo[first] > key.lo)
		return first - 1;
	return lpm_small_search(lo, true, key.lo, first, last - first + 1);
}

u32 vnet_lpm_small_lookup_shorter(const struct lpm_small *small, struct lpm_key key, u8 maxlen)
{
	const u16 *parent = lpm_small_parent(small);
	const u32 *leaves = lpm_small_leaf(small);
	int place = find(small, key);
	u8 common;
	u32 leaf;

	if (place < 0)
		return 0;
	/* As in lpm_small_lookup4() */
	common = min(lpm_key_common(lpm_small_key(small, place), key), maxlen);
	for (; place != LPM_NO_PARENT; place = parent[place]) {
		leaf = READ_ONCE(leaves[place]);
		if (lpm_leaf_len(leaf) <= common && lpm_leaf_value(leaf))
			return leaf;
	}
	return 0;
}

/* Words in front of the keys of so many routes */
static unsigned int front_words(unsigned int count, bool ip6)
{
	unsigned int map = lpm_small_map_words(count, ip6);
	size_t groups = LPM_GROUPS * (ip6 ? sizeof(u64) : sizeof(u32));
	size_t head = sizeof(struct lpm_small);

	if (count < LPM_SMALL_MANY)
		return map;
	return (ALIGN(head + map * sizeof(u64) + groups, LPM_SMALL_LINE) - head) / sizeof(u64);
}

struct lpm_small *vnet_lpm_small_alloc(unsigned int count, bool ip6, bool long6, gfp_t gfp)
{
	size_t route_bytes = (ip6 ? sizeof(u64) << long6 : sizeof(u32)) + sizeof(u32) + sizeof(u16);
	unsigned int front = front_words(count, ip6), map = lpm_small_map_words(count, ip6);
	struct lpm_small *small;

	if (count > LPM_SMALL_MAX)
		return NULL;
	small = block_alloc(struct_size(small, data, front) + count * route_bytes, gfp);
	if (!small)
		return NULL;
	small->head.kind = LPM_SMALL;
	small->head.count = count;
	small->head.live = 0;
	small->head.ip6 = ip6;
	small->head.long6 = long6;
	small->head.front = front;
	memset(small->data, 0, map * sizeof(u64));
	memset(small->data + map, 0xff, (front - map) * sizeof(u64));
	return small;
}

/* Notes the blocks that the routes of places reach into. */
static void note_blocks(struct lpm_small *small, unsigned int first, unsigned int n)
{
	unsigned int shift = lpm_small_map_shift(small->head.count), place, block, len, blocks;

	for (place = first; place < first + n; place++) {
		len = lpm_leaf_len(lpm_small_leaf(small)[place]);
		block = lpm_small_key4(small)[place] >> shift;
		blocks = len + shift < 32 ? 1U << (32 - shift - len) : 1;
		if (blocks >= 64)
			memset(&small->data[block / 64], 0xff, blocks / 8);
		else
			small->data[block / 64] |= ((1ULL << blocks) - 1) << block % 64;
	}
}

/* Notes the keys of places that are the first of their group. */
static void note_groups(struct lpm_small *small, unsigned int first, unsigned int n)
{
	u32 *key4 = lpm_small_key4(small), *groups4 = lpm_small_groups(key4, false);
	u64 *hi = lpm_small_hi(small), *groups6 = lpm_small_groups(hi, true);
	unsigned int place;

	for (place = ALIGN(first, LPM_GROUP); place < first + n; place += LPM_GROUP)
		if (small->head.ip6)
			groups6[place / LPM_GROUP] = hi[place];
		else
			groups4[place / LPM_GROUP] = key4[place];
}

/* To be called for places once they have their routes */
static void note_places(struct lpm_small *small, unsigned int first, unsigned int n)
{
	if (!small->head.ip6)
		note_blocks(small, first, n);
	if (small->head.count >= LPM_SMALL_MANY)
		note_groups(small, first, n);
}

void vnet_lpm_small_put(struct lpm_small *small, const struct lpm_route *route)
{
	unsigned int place = small->head.live++;

	if (small->head.ip6)
		lpm_small_hi(small)[place] = route->key.hi;
	else
		lpm_small_key4(small)[place] = route->key.hi >> 32;
	if (small->head.long6)
		lpm_small_lo(small)[place] = route->key.lo;
	lpm_small_leaf(small)[place] = lpm_leaf(route->value, route->len);
	lpm_small_parent(small)[place] = find_parent(small, place, route);
	note_places(small, place, 1);
}

static bool needs_long6(const struct lpm_small *old, const struct lpm_route *route)
{
	unsigned int i;

	if (route && route->len > 64)
		return true;
	if (!old || !old->head.long6 || old->head.live == old->head.count)
		return old && old->head.long6;
	for (i = 0; i < old->head.count; i++)
		if (route_at(old, i).value && route_at(old, i).len > 64)
			return true;
	return false;
}

static void copy_places(struct lpm_small *new, unsigned int to, const struct lpm_small *old,
			unsigned int from, unsigned int n)
{
	if (!new->head.ip6)
		memcpy(lpm_small_key4(new) + to, lpm_small_key4(old) + from, n * sizeof(u32));
	else
		memcpy(lpm_small_hi(new) + to, lpm_small_hi(old) + from, n * sizeof(u64));
	if (new->head.long6)
		memcpy(lpm_small_lo(new) + to, lpm_small_lo(old) + from, n * sizeof(u64));
	memcpy(lpm_small_leaf(new) + to, lpm_small_leaf(old) + from, n * sizeof(u32));
	note_places(new, to, n);
	new->head.live += n;
}

/* What moves up by one place because of the route at @place, and what that covers now. */
static void shift_parents(struct lpm_small *new, const struct lpm_small *old,
			  unsigned int place, const struct lpm_route *route)
{
	const u16 *was = lpm_small_parent(old);
	u16 *parent = lpm_small_parent(new), outer = parent[place];
	unsigned int i;

	for (i = place; i < old->head.count; i++)
		parent[i + 1] = was[i] + (was[i] >= place && was[i] != LPM_NO_PARENT);
	for (i = place + 1; i < new->head.count; i++) {
		if (lpm_key_common(lpm_small_key(new, i), route->key) < route->len)
			break;
		if (parent[i] == outer)
			parent[i] = place;
	}
}

/* @new: as @old, all of whose places have a route, and @route in its place. */
static void insert_place(struct lpm_small *new, const struct lpm_small *old,
			 const struct lpm_route *route)
{
	unsigned int low = 0, high = old->head.count, mid;
	struct lpm_route here;

	while (low < high) {
		mid = (low + high) / 2;
		here = route_at(old, mid);
		if (lpm_route_before(&here, route))
			low = mid + 1;
		else
			high = mid;
	}
	copy_places(new, 0, old, 0, low);
	memcpy(lpm_small_parent(new), lpm_small_parent(old), low * sizeof(u16));
	vnet_lpm_small_put(new, route);
	copy_places(new, low + 1, old, low, old->head.count - low);
	shift_parents(new, old, low, route);
}

struct lpm_small *vnet_lpm_small_build(const struct lpm_small *old,
				       const struct lpm_route *route, bool ip6, gfp_t gfp)
{
	unsigned int count = (old ? old->head.live : 0) + !!route, i;
	struct lpm_small *new;
	struct lpm_route here;

	new = vnet_lpm_small_alloc(count, ip6, needs_long6(old, route), gfp);
	if (!new)
		return NULL;
	if (old && route && old->head.live == old->head.count &&
	    new->head.long6 == old->head.long6) {
		insert_place(new, old, route);
		return new;
	}
	for (i = 0; old && i < old->head.count; i++) {
		here = route_at(old, i);
		if (!here.value)
			continue;
		if (route && lpm_route_before(route, &here)) {
			vnet_lpm_small_put(new, route);
			route = NULL;
		}
		vnet_lpm_small_put(new, &here);
	}
	if (route)
		vnet_lpm_small_put(new, route);
	return new;
}

u32 *vnet_lpm_small_at(const struct lpm_small *small, struct lpm_key key, u8 len)
{
	int place = find(small, key);
	u32 *leaf = lpm_small_leaf(small);

	if (place < 0)
		return NULL;
	/* Among routes of one address each is the parent of the next. */
	while (place != LPM_NO_PARENT && lpm_leaf_len(READ_ONCE(leaf[place])) > len)
		place = lpm_small_parent(small)[place];
	if (place == LPM_NO_PARENT || lpm_leaf_len(READ_ONCE(leaf[place])) != len ||
	    !lpm_key_equal(lpm_small_key(small, place), key))
		return NULL;
	return &leaf[place];
}

bool vnet_lpm_small_next(const struct lpm_small *small, struct lpm_route *route)
{
	int place = route->len ? find(small, route->key) : -1;
	struct lpm_route here;

	while (place >= 0) {
		here = route_at(small, place);
		if (!lpm_route_before(route, &here))
			break;
		place--;
	}
	while (++place < small->head.count) {
		here = route_at(small, place);
		if (here.value) {
			*route = here;
			return true;
		}
	}
	return false;
}
