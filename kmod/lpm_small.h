/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small body of an LPM table: the routes in one block, sorted by address and then
 * by length, each with the place of the closest route that covers it. A lookup finds the
 * last route that begins at or before the address and goes outwards from there until one
 * covers it. 10 bytes for an IPv4 route, 14 or 22 for an IPv6 route, and what is in front.
 *
 * The block never changes but for the values: a new route means a new block, a removed
 * one keeps its place with the value 0 until the next.
 */
#ifndef _VNET_LPM_SMALL_H
#define _VNET_LPM_SMALL_H

#include "lpm_key.h"

#define LPM_SMALL_MAX	440	/* routes */
#define LPM_NO_PARENT	0xffff

/*
 * Of several tables that are asked for an address, most have nothing for it but the default
 * route, and that a map tells at once: it has a bit for each of the equal blocks of the address
 * space, set where a route reaches into one. IPv4 only: IPv6 addresses are too close together.
 */
#define LPM_MAP_SHIFT		24	/* from an address to its block ... */
#define LPM_MAP_SHIFT_MANY	20	/* ... where there are many routes */

/*
 * What a search looks at first would be all over a block of many routes. So it begins with the
 * keys that every 16th place has, and then has one or two cache lines to look at.
 */
#define LPM_SMALL_LINE	64	/* bytes of a cache line */
#define LPM_GROUP	16	/* places; see lpm_small_search16() */
#define LPM_GROUPS	32	/* there is always room for so many */

/* Places from which there are groups, and a map of more and smaller blocks */
#define LPM_SMALL_MANY	128

struct lpm_small {
	struct vnet_lpm_body head;
	/*
	 * First, .front words: for IPv4 the map; then, from LPM_SMALL_MANY places on, the first
	 * keys of LPM_GROUPS groups, up to the end of a cache line, with all bits set where there
	 * is no group. Then the keys. For IPv4 the addresses, u32 each; for IPv6 their first
	 * halves, u64 each, then if .long6 the second halves. Then the leaves, u32 each; then
	 * the parents, u16 each: the place of the closest route that covers this one, or
	 * LPM_NO_PARENT.
	 */
	u64 data[];
};

static inline unsigned int lpm_small_map_shift(unsigned int count)
{
	return count < LPM_SMALL_MANY ? LPM_MAP_SHIFT : LPM_MAP_SHIFT_MANY;
}

static inline unsigned int lpm_small_map_words(unsigned int count, bool ip6)
{
	return ip6 ? 0 : (1U << (32 - lpm_small_map_shift(count))) / 64;
}

static inline u32 *lpm_small_key4(const struct lpm_small *small)
{
	return (u32 *)(small->data + small->head.front);
}

static inline u64 *lpm_small_hi(const struct lpm_small *small)
{
	return (u64 *)small->data + small->head.front;
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

/* The first keys of the groups, in front of those that they are of */
static __always_inline void *lpm_small_groups(const void *keys, bool wide)
{
	return (u64 *)keys - (wide ? LPM_GROUPS : LPM_GROUPS / 2);
}

/* An element of an array of u64 or of u32. */
static __always_inline u64 lpm_small_word(const void *array, bool wide, unsigned long i)
{
	return wide ? ((const u64 *)array)[i] : ((const u32 *)array)[i];
}

/*
 * The place in [@at, @at + @count) of the last element that is not above @key, if the first is
 * not. By halves, so that nothing is to be predicted but the number of rounds: more parts would
 * take fewer rounds, but so many more instructions that they take longer.
 */
static __always_inline unsigned long lpm_small_search(const void *array, bool wide, u64 key,
						      unsigned long at, unsigned long count)
{
	unsigned long half, middle;

	while (count > 1) {
		half = count / 2;
		middle = at + half;
		at = lpm_small_word(array, wide, middle) <= key ? middle : at;
		count -= half;
	}
	return at;
}

/* One of these rounds, where it is known how many there are. */
static __always_inline unsigned long lpm_small_round(const void *array, bool wide, u64 key,
						     unsigned long at, unsigned long half)
{
	return lpm_small_word(array, wide, at + half) <= key ? at + half : at;
}

/* Among 16 */
static __always_inline unsigned long lpm_small_search16(const void *array, bool wide, u64 key,
							unsigned long at)
{
	at = lpm_small_round(array, wide, key, at, 8);
	at = lpm_small_round(array, wide, key, at, 4);
	at = lpm_small_round(array, wide, key, at, 2);
	return lpm_small_round(array, wide, key, at, 1);
}

/* The place of @key among the first words of all keys, @array, as lpm_small_search() */
static __always_inline unsigned long lpm_small_place(const struct lpm_small *small,
						     const void *array, bool wide, u64 key)
{
	unsigned long count = small->head.count, at;
	const void *groups;

	if (count < LPM_SMALL_MANY)
		return lpm_small_search(array, wide, key, 0, count);
	groups = lpm_small_groups(array, wide);
	at = lpm_small_round(groups, wide, key, 0, LPM_GROUPS / 2);
	at = LPM_GROUP * lpm_small_search16(groups, wide, key, at);
	/*
	 * The last group may be short: with places before it, there are always as many rounds.
	 * And what stands for a group that is not there is not above the highest key.
	 */
	at = min(at, count - LPM_GROUP);
	return lpm_small_search16(array, wide, key, at);
}

/* Whether a route may cover the address of an IPv4 packet */
static __always_inline bool lpm_small_reaches(const struct lpm_small *small, u32 addr)
{
	unsigned int block = addr >> lpm_small_map_shift(small->head.count);

	return small->data[block / 64] >> block % 64 & 1;
}

/* The leaf of the longest prefix that covers the address of an IPv4 packet, 0 if none. */
static __always_inline u32 lpm_small_lookup4(const struct lpm_small *small, u32 addr)
{
	const u32 *keys = lpm_small_key4(small), *leaves = keys + small->head.count;
	const u16 *parent = (const u16 *)(leaves + small->head.count);
	unsigned int place;
	u32 differ, leaf;

	if (keys[0] > addr)
		return 0;
	place = lpm_small_place(small, keys, false, addr);
	/* What covers this route shares its bits: only lengths need be compared. */
	differ = keys[place] ^ addr;
	do {
		leaf = READ_ONCE(leaves[place]);
		if (!(differ >> (-lpm_leaf_len(leaf) & 31)) && lpm_leaf_value(leaf))
			return leaf;
		place = parent[place];
	} while (place != LPM_NO_PARENT);
	return 0;
}

/* The leaf of the longest prefix of at most @maxlen bits that covers the key, 0 if none. */
u32 vnet_lpm_small_lookup_shorter(const struct lpm_small *small, struct lpm_key key, u8 maxlen);

/* The same of any length */
static __always_inline u32 lpm_small_lookup(const struct lpm_small *small, struct lpm_key key)
{
	if (small->head.ip6)
		return vnet_lpm_small_lookup_shorter(small, key, 128);
	return lpm_small_lookup4(small, key.hi >> 32);
}

/* Asks for what a search begins with: the groups or, where there are none, all keys. */
static inline void lpm_small_prefetch(const struct lpm_small *small)
{
	size_t key_bytes = small->head.ip6 ? sizeof(u64) : sizeof(u32);
	size_t end = sizeof(*small) + small->head.front * sizeof(u64);
	/* That this is a small body has been read from its first line. */
	size_t at = LPM_SMALL_LINE;

	if (small->head.count < LPM_SMALL_MANY)
		end += small->head.count * key_bytes;
	else
		at = end - LPM_GROUPS * key_bytes;
	for (; at < end; at += LPM_SMALL_LINE)
		prefetch((const char *)small + at);
}

/* Memory in sizes that suit: before the first table, and when the last one has been freed. */
void vnet_lpm_small_setup(void);
void vnet_lpm_small_cleanup(void);

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
