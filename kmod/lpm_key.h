/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys and leaves shared by the bodies of an LPM table.
 *
 * A key is an address as two words in host order, its first bit the topmost bit of
 * @hi; an IPv4 address fills the top half of @hi. So one code serves both families.
 */
#ifndef _VNET_LPM_KEY_H
#define _VNET_LPM_KEY_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned/packed_struct.h>
#include <asm/byteorder.h>
#include "lpm.h"

/* As in compat.h: for the arrays of a batch, of which each element is written before it is read */
#ifndef __uninitialized
#define __uninitialized __attribute__((__uninitialized__))
#endif

struct lpm_key {
	u64 hi;
	u64 lo;
};

/*
 * What a reader finds is a leaf: prefix length in bits 24-30, value below; 0 is no
 * route. The length is stored modulo 128: the default route lives elsewhere, so a
 * stored 0 means 128.
 */
#define LPM_LEN_SHIFT		24

static inline u32 lpm_leaf(u32 value, u8 len)
{
	return (u32)(len & 127) << LPM_LEN_SHIFT | value;
}

static inline u32 lpm_leaf_value(u32 leaf)
{
	return leaf & VNET_LPM_VALUE_MAX;
}

/* Prefix length of a leaf that is a route. */
static inline u8 lpm_leaf_len(u32 leaf)
{
	return leaf >> LPM_LEN_SHIFT ?: 128;
}

/* The same for any leaf; no route counts as length 0. */
static inline u8 lpm_leaf_rank(u32 leaf)
{
	return leaf ? lpm_leaf_len(leaf) : 0;
}

static inline struct lpm_key lpm_key_load(const void *addr, u8 bits)
{
	struct lpm_key key = { };
	const u8 *raw = addr;

	if (bits == 32) {
		key.hi = (u64)be32_to_cpu((__force __be32)__get_unaligned_cpu32(raw)) << 32;
	} else {
		key.hi = be64_to_cpu((__force __be64)__get_unaligned_cpu64(raw));
		key.lo = be64_to_cpu((__force __be64)__get_unaligned_cpu64(raw + 8));
	}
	return key;
}

static inline void lpm_key_store(void *addr, u8 bits, struct lpm_key key)
{
	__be64 word[2] = { cpu_to_be64(key.hi), cpu_to_be64(key.lo) };

	memcpy(addr, word, bits / 8);
}

/* The first @len bits of a key, 1 .. 128. */
static inline struct lpm_key lpm_key_mask(struct lpm_key key, u8 len)
{
	if (len <= 64) {
		key.hi &= ~0ULL << (64 - len);
		key.lo = 0;
	} else {
		key.lo &= ~0ULL << (128 - len);
	}
	return key;
}

static inline bool lpm_key_equal(struct lpm_key a, struct lpm_key b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* How many leading bits two keys share. */
static inline u8 lpm_key_common(struct lpm_key a, struct lpm_key b)
{
	if (a.hi != b.hi)
		return 64 - fls64(a.hi ^ b.hi);
	return 128 - fls64(a.lo ^ b.lo);
}

/* A byte of the key, counted from the front. */
static inline u8 lpm_key_byte(struct lpm_key key, unsigned int level)
{
	u64 word = level < 8 ? key.hi : key.lo;

	return word >> (56 - 8 * (level & 7));
}

static inline struct lpm_key lpm_key_set_byte(struct lpm_key key,
					      unsigned int level, u8 byte)
{
	unsigned int shift = 56 - 8 * (level & 7);
	u64 *word = level < 8 ? &key.hi : &key.lo;

	*word = (*word & ~(0xffULL << shift)) | (u64)byte << shift;
	return key;
}

/*
 * hweight64() is patched to the popcnt instruction where the kernel can patch itself;
 * user-mode Linux cannot, so this code is compiled with -mpopcnt there.
 */
static inline unsigned long lpm_popcount(u64 word)
{
#ifdef __POPCNT__
	return __builtin_popcountll(word);
#else
	return hweight64(word);
#endif
}

/*
 * @a or, if that is 0, @b, without a branch: nothing predicts which, and a branch gone wrong
 * throws away the memory accesses of the lookups that follow.
 */
static inline u32 lpm_either(u32 a, u32 b)
{
	u32 mask = -(u32)!a;

	OPTIMIZER_HIDE_VAR(mask);
	return a | (b & mask);
}

/* A route as the bodies hand it around; @len is 1 .. 128. */
struct lpm_route {
	struct lpm_key key;
	u8 len;
	u32 value;
};

/* The order of iteration. */
static inline bool lpm_route_before(const struct lpm_route *a, const struct lpm_route *b)
{
	if (a->key.hi != b->key.hi)
		return a->key.hi < b->key.hi;
	if (a->key.lo != b->key.lo)
		return a->key.lo < b->key.lo;
	return a->len < b->len;
}

enum lpm_kind {
	LPM_SMALL,			/* lpm_small.h */
	LPM_TRIE,			/* lpm_trie.h */
};

/* The head of every body; what is a small one's fills a gap here. */
struct vnet_lpm_body {
	struct rcu_head rcu;
	u8 kind;			/* enum lpm_kind */
	bool ip6;
	bool long6;			/* some IPv6 prefix is longer than 64 bits */
	u8 front;			/* words in front of the keys */
	u16 count;			/* places */
	u16 live;			/* of these, with a value */
};

#endif /* _VNET_LPM_KEY_H */
