/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A short cut through an LPM trie of IPv6 routes: from the first four bytes of the
 * address to the entry that the walk from the root would find for them. It skips four
 * levels, in which most of the memory accesses of a lookup are.
 *
 * What it holds is right, but it need not hold all: who finds nothing walks. So it may do
 * without memory, and while a page is rearranged a reader may miss what is in it.
 *
 * The pages are hash tables of their own, with open addressing, each of which doubles
 * when it fills: a little work at a time. A slot holds the four bytes and the entry in one
 * word, so no reader sees one without the other.
 */
#ifndef _VNET_LPM_HASH_H
#define _VNET_LPM_HASH_H

#include <linux/compiler.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#define LPM_HASH_LEVEL	4	/* of the entries: bytes of the address before them */
#define LPM_HASH_PAGES	64
#define LPM_HASH_TAG	31UL	/* low bits of a page's address */

struct lpm_hash_page {
	unsigned long slots;	/* their address and, in LPM_HASH_TAG, log2 of how many */
	u64 *old;		/* slots before the last growth, until nobody reads them */
	unsigned long cookie;	/* grace period of these */
	u32 used;		/* slots in use */
};

struct lpm_hash {
	struct lpm_hash_page page[LPM_HASH_PAGES];
};

static inline u64 lpm_hash_mix(u32 word)
{
	return word * 0x9e3779b97f4a7c15ULL;
}

/* Where the search for a word begins, and the size of its page, less 1; NULL: no page. */
static inline const u64 *lpm_hash_start(const struct lpm_hash *hash, u32 word, u32 *at, u32 *mask)
{
	u64 mixed = lpm_hash_mix(word);
	/* Pairs with the publication of a page: what the slots hold comes first. */
	unsigned long slots = smp_load_acquire(&hash->page[mixed >> 58].slots);

	*mask = (1U << (slots & LPM_HASH_TAG)) - 1;
	*at = (mixed >> 32) & *mask;
	return (const u64 *)(slots & ~LPM_HASH_TAG);
}

/* The entry for the first four bytes of an address, 0 if there is none here. */
static inline u32 lpm_hash_find(const struct lpm_hash *hash, u32 word)
{
	u32 at, mask;
	const u64 *slots = lpm_hash_start(hash, word, &at, &mask);
	u64 slot;

	if (!slots)
		return 0;
	for (;; at = (at + 1) & mask) {
		/* As lpm_entry_load() for what the entry names. */
		slot = smp_load_acquire(&slots[at]);
		if (slot >> 32 == word || !slot)
			return slot;
	}
}

/* Asks for what lpm_hash_find() will look at first. */
static inline void lpm_hash_prefetch(const struct lpm_hash *hash, u32 word)
{
	u32 at, mask;
	const u64 *slots = lpm_hash_start(hash, word, &at, &mask);

	if (slots)
		prefetch(&slots[at]);
}

/* Makes @entry the one of @word, 0: none; cannot fail but to hold it. */
void vnet_lpm_hash_set(struct lpm_hash *hash, u32 word, u32 entry, gfp_t gfp);

/* No reader left. */
void vnet_lpm_hash_free(struct lpm_hash *hash);

/* Memory taken from the system, in bytes. */
size_t vnet_lpm_hash_bytes(const struct lpm_hash *hash);

#endif /* _VNET_LPM_HASH_H */
