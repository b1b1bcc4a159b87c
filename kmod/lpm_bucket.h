/* SPDX-License-Identifier: GPL-2.0-only */
/* Updates of the buckets of an LPM trie; see lpm_trie.h. */
#ifndef _VNET_LPM_BUCKET_H
#define _VNET_LPM_BUCKET_H

#include "lpm_trie.h"

/* The level at or below which a bucket must be to hold a prefix of @len bits. */
static inline unsigned int lpm_bucket_top(u8 len)
{
	if (len > 64)
		return LPM_BUCKET_LONG;
	return len > 8 * LPM_HASH_LEVEL ? LPM_HASH_LEVEL : LPM_BUCKET_TOP;
}

/* Whether a bucket at @level, which is for longer prefixes, can hold one of @len bits. */
static inline bool lpm_bucket_fits(unsigned int level, u8 len)
{
	return level >= lpm_bucket_top(len) && (level < LPM_BUCKET_LONG || len > 64);
}

/* Adds a route that fits and is not there, in front of readers; false: not in this bucket. */
bool vnet_lpm_bucket_add(struct lpm_bucket *bucket, unsigned int level,
			 const struct lpm_route *route);

/*
 * A bucket with the live routes of @old, which may be NULL, and with @route, which may be
 * NULL, fits and is not in @old. Returns its index, 0: no memory.
 */
u32 vnet_lpm_bucket_build(struct lpm_arena *arena, const struct lpm_bucket *old,
			  unsigned int level, const struct lpm_route *route, gfp_t gfp);

/* The value of a route, 0 if it is not there. */
u32 vnet_lpm_bucket_get(const struct lpm_bucket *bucket, unsigned int level,
			struct lpm_key key, u8 len);

/* Changes the value of a route that is there, in front of readers; 0: removes it. */
void vnet_lpm_bucket_set(struct lpm_bucket *bucket, unsigned int level, struct lpm_key key,
			 u8 len, u32 value);

/* Routes that are there */
unsigned int vnet_lpm_bucket_live(const struct lpm_bucket *bucket, unsigned int level);

/* Whether removals have left so much room that the bucket should be copied. */
bool vnet_lpm_bucket_worn(const struct lpm_bucket *bucket, unsigned int level);

/* The route at a place, in a bucket at @level on the way to @key; false if there is none. */
bool vnet_lpm_bucket_route(const struct lpm_bucket *bucket, unsigned int level,
			   struct lpm_key key, unsigned int place, struct lpm_route *route);

/*
 * Moves @route on to the next route in the bucket at @level, whose address it shares so
 * far; from its length of 0 to the first.
 */
bool vnet_lpm_bucket_next(const struct lpm_bucket *bucket, unsigned int level,
			  struct lpm_route *route);

#endif /* _VNET_LPM_BUCKET_H */
