/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small body of an LPM table: the routes in one block, sorted by address and then
 * by length, each with the place of the closest route that covers it. A lookup finds the
 * last route that begins at or before the address and goes outwards from there until one
 * covers it. 10 bytes for an IPv4 route, 14 or 22 for an IPv6 route.
 *
 * The block never changes but for the values: a new route means a new block, a removed
 * one keeps its place with the value 0 until the next.
 */
#ifndef _VNET_LPM_SMALL_H
#define _VNET_LPM_SMALL_H

#include "lpm_key.h"

#define LPM_NO_PARENT	0xffff

struct lpm_small {
	struct vnet_lpm_body head;
	/*
	 * For IPv4 the addresses, u32 each; for IPv6 their first halves, u64 each, then
	 * if .long6 the second halves. Then the leaves, u32 each; then the parents, u16
	 * each: the place of the closest route that covers this one, or LPM_NO_PARENT.
	 */
	u64 data[];
};

static inline u32 *lpm_small_key4(const struct lpm_small *small)
{
	return (u32 *)small->data;
}

static inline u64 *lpm_small_hi(const struct lpm_small *small)
{
	return (u64 *)small->data;
}

static inline u64 *lpm_small_lo(const struct lpm_small *small)
{
	return lpm_small_hi(small) + small->head.count;
}

static inline u32 *lpm_small_leaf(const struct lpm_small *small)
{
	if (!small->head.ip6)
		return lpm_small_key4(small) + small->head.count;
	return (u32 *)(lpm_small_hi(small) + (small->head.count << small->head.long6));
}

static inline u16 *lpm_small_parent(const struct lpm_small *small)
{
	return (u16 *)(lpm_small_leaf(small) + small->head.count);
}

static inline struct lpm_key lpm_small_key(const struct lpm_small *small, unsigned int place)
{
	struct lpm_key key = { };

	if (!small->head.ip6) {
		key.hi = (u64)lpm_small_key4(small)[place] << 32;
	} else {
		key.hi = lpm_small_hi(small)[place];
		if (small->head.long6)
			key.lo = lpm_small_lo(small)[place];
	}
	return key;
}

/* An element of an array of u64 or of u32. */
static __always_inline u64 lpm_small_word(const void *array, bool wide, unsigned int i)
{
	return wide ? ((const u64 *)array)[i] : ((const u32 *)array)[i];
}

/*
 * The place in [@at, @at + @count) of the last element that is not above @key, if the
 * first is not. Four parts at a time, since three comparisons that do not wait for one
 * another take the time of one.
 */
static __always_inline unsigned int lpm_small_search(const void *array, bool wide, u64 key,
						     unsigned int at, unsigned int count)
{
	unsigned int part;

	while (count > 3) {
		part = count / 4;
		at += part * ((lpm_small_word(array, wide, at + part) <= key) +
			      (lpm_small_word(array, wide, at + 2 * part) <= key) +
			      (lpm_small_word(array, wide, at + 3 * part) <= key));
		count -= 3 * part;
	}
	part = count > 1 && lpm_small_word(array, wide, at + 1) <= key;
	if (count > 2)
		part += lpm_small_word(array, wide, at + 2) <= key;
	return at + part;
}

/* The last route that begins at or before @key: its place, -1 if there is none. */
static __always_inline int lpm_small_find(const struct lpm_small *small, struct lpm_key key)
{
	const u64 *hi = lpm_small_hi(small), *lo = lpm_small_lo(small);
	int first = 0, last;

	if (lpm_small_key(small, 0).hi > key.hi)
		return -1;
	if (!small->head.ip6)
		return lpm_small_search(small->data, false, key.hi >> 32, 0, small->head.count);
	last = lpm_small_search(hi, true, key.hi, 0, small->head.count);
	if (!small->head.long6 || hi[last] != key.hi)
		return last;
	/* The first halves are equal from here on back to @first. */
	if (hi[0] < key.hi)
		first = lpm_small_search(hi, true, key.hi - 1, 0, small->head.count) + 1;
	if (lo[first] > key.lo)
		return first - 1;
	return lpm_small_search(lo, true, key.lo, first, last - first + 1);
}

/* lpm_small_lookup() of either family */
static __always_inline u32 lpm_small_walk(const struct lpm_small *small, struct lpm_key key,
					  u8 maxlen)
{
	const u16 *parent = lpm_small_parent(small);
	const u32 *leaves = lpm_small_leaf(small);
	int place = lpm_small_find(small, key);
	u8 common;
	u32 leaf;

	if (place < 0)
		return 0;
	/* What covers this route shares its bits: only lengths need be compared. */
	common = min(lpm_key_common(lpm_small_key(small, place), key), maxlen);
	for (; place != LPM_NO_PARENT; place = parent[place]) {
		leaf = READ_ONCE(leaves[place]);
		if (lpm_leaf_len(leaf) <= common && lpm_leaf_value(leaf))
			return leaf;
	}
	return 0;
}

u32 vnet_lpm_small_lookup6(const struct lpm_small *small, struct lpm_key key, u8 maxlen);

/*
 * The leaf of the longest prefix of at most @maxlen bits that covers the key, 0 if none. IPv4
 * in place, as it is much less work than IPv6, and all of it fits in registers.
 */
static __always_inline u32 lpm_small_lookup(const struct lpm_small *small, struct lpm_key key,
					    u8 maxlen)
{
	if (small->head.ip6)
		return vnet_lpm_small_lookup6(small, key, maxlen);
	return lpm_small_walk(small, key, maxlen);
}

/* Asks for what the first two rounds of a search look at, wherever that leads. */
static inline void lpm_small_prefetch(const struct lpm_small *small)
{
	size_t bytes = small->head.count * (small->head.ip6 ? sizeof(u64) : sizeof(u32));
	const char *keys = (const char *)small->data;
	size_t step = max_t(size_t, bytes / 16, 64), at;

	for (at = step; at < bytes; at += step)
		prefetch(keys + at);
}

/* An empty body for @count routes, which are then put in order; NULL: no memory. */
struct lpm_small *vnet_lpm_small_alloc(unsigned int count, bool ip6, bool long6, gfp_t gfp);
void vnet_lpm_small_put(struct lpm_small *small, const struct lpm_route *route);

/*
 * A new body with the live routes of @old, which may be NULL, and with @route, which is
 * not in @old and may be NULL. NULL: no memory.
 */
struct lpm_small *vnet_lpm_small_build(const struct lpm_small *old,
				       const struct lpm_route *route, bool ip6, gfp_t gfp);

/* Where the value of a route is, also of a removed one; NULL if it has no place. */
u32 *vnet_lpm_small_at(const struct lpm_small *small, struct lpm_key key, u8 len);

/* The route after @route, the first if its length is 0; false at the end. */
bool vnet_lpm_small_next(const struct lpm_small *small, struct lpm_route *route);

#endif /* _VNET_LPM_SMALL_H */
