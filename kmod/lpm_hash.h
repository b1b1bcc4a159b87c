/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A short cut through an LPM trie of IPv6 routes: from the first four bytes of the
 * address to the entry that the walk from the root would find for them. It skips four
 * levels, in which most of the memory accesses of a lookup are.
 *
 * What it holds is right, but it need not hold all: who finds nothing walks. So it may do
 * without memory, and while a page is rearranged a reader may miss what is in it.
 *
 * The pages are hash tables of their own, with open addressing by pairs of slots, each of which
 * doubles when it fills: a little work at a time. A slot has the entry, and what tells it from
 * others of the page, in one word, so no reader sees one without the other.
 */
#ifndef _VNET_LPM_HASH_H
#define _VNET_LPM_HASH_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#define LPM_HASH_LEVEL	4	/* of the entries: bytes of the address before them */
#define LPM_HASH_PAGE_BITS 6
#define LPM_HASH_PAGES	BIT(LPM_HASH_PAGE_BITS)
#define LPM_HASH_TAG	31UL	/* low bits of a page's address */

/*
 * Four bytes give one mix, and each mix comes from one: its first bits say which page, the next
 * ones the home in it, and all but the first are in the slot. What finds its home and the other
 * slot of that pair taken goes to the first pair with room behind. The home then has a mark,
 * which it keeps until it is empty: a pair with room has nothing behind it.
 */
#define LPM_HASH_MORE	BIT_ULL(32)	/* in a slot: the mark */
#define LPM_HASH_KEY	33		/* ... first bit of what tells slots apart: in use, ... */
#define LPM_HASH_USED	BIT_ULL(LPM_HASH_KEY)
#define LPM_HASH_MIX	38		/* ... and, from this bit on, the mix */

/* For writers */
struct lpm_hash_page {
	u64 *old;		/* slots before the last growth, until nobody reads them */
	unsigned long cookie;	/* grace period of these */
	u32 used;		/* slots in use */
};

struct lpm_hash {
	/* Address and, in LPM_HASH_TAG, the shift that leaves of 32 bits the number of a slot. */
	unsigned long slots[LPM_HASH_PAGES];
	struct lpm_hash_page page[LPM_HASH_PAGES];
};

static inline u32 lpm_hash_mix(u32 word)
{
	return word * 0x9e3779b1U;
}

static inline unsigned int lpm_hash_page(u32 mix)
{
	return mix >> (32 - LPM_HASH_PAGE_BITS);
}

/* The home of a mix in a page with a tag */
static inline u32 lpm_hash_home(u32 mix, unsigned int tag)
{
	return (mix << LPM_HASH_PAGE_BITS) >> tag;
}

/* The slot of a mix, without a mark */
static inline u64 lpm_hash_slot(u32 mix, u32 entry)
{
	return (u64)mix << LPM_HASH_MIX | LPM_HASH_USED | entry;
}

/* Whether a slot is that of a mix */
static inline bool lpm_hash_is(u64 slot, u32 mix)
{
	return !((slot ^ lpm_hash_slot(mix, 0)) >> LPM_HASH_KEY);
}

/* The page of a mix with its tag */
static inline unsigned long lpm_hash_tagged(const struct lpm_hash *hash, u32 mix)
{
	/* Pairs with the publication of a page: what the slots hold comes first. */
	return smp_load_acquire(&hash->slots[lpm_hash_page(mix)]);
}

static inline const u64 *lpm_hash_slots(unsigned long tagged)
{
	return (const u64 *)(tagged & ~LPM_HASH_TAG);
}

/* The entry of a mix behind the pair of its home, 0 if there is none. */
u32 vnet_lpm_hash_more(const struct lpm_hash *hash, u32 mix);

/* The home of a mix */
static inline const u64 *lpm_hash_start(const struct lpm_hash *hash, u32 mix)
{
	unsigned long tagged = lpm_hash_tagged(hash, mix);

	return lpm_hash_slots(tagged) + lpm_hash_home(mix, tagged & LPM_HASH_TAG);
}

/* The other slot of a pair */
static inline const u64 *lpm_hash_mate(const u64 *slot)
{
	return (const u64 *)((unsigned long)slot ^ sizeof(*slot));
}

/* From its home on: the entry of a mix, 0 if there is none here. */
static __always_inline u32 lpm_hash_find(const struct lpm_hash *hash, u32 mix, const u64 *home)
{
	u64 first, slot;

	/* As lpm_entry_load() for what the entry names. */
	first = smp_load_acquire(home);
	/* Likewise. */
	slot = smp_load_acquire(lpm_hash_mate(home));
	slot = lpm_hash_is(first, mix) ? first : slot;
	OPTIMIZER_HIDE_VAR(slot);
	if (lpm_hash_is(slot, mix))
		return slot;
	return unlikely(first & LPM_HASH_MORE) ? vnet_lpm_hash_more(hash, mix) : 0;
}

/* An empty one; NULL: no memory. */
struct lpm_hash *vnet_lpm_hash_create(gfp_t gfp);

/* Makes @entry the one of @word, 0: none; cannot fail but to hold it. */
void vnet_lpm_hash_set(struct lpm_hash *hash, u32 word, u32 entry, gfp_t gfp);

/* No reader left. */
void vnet_lpm_hash_free(struct lpm_hash *hash);

/* Memory taken from the system, in bytes. */
size_t vnet_lpm_hash_bytes(const struct lpm_hash *hash);

#endif /* _VNET_LPM_HASH_H */
