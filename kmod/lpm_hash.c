// SPDX-License-Identifier: GPL-2.0-only
/* The short cut through an LPM trie: see lpm_hash.h. */
#include <linux/kernel.h>
#include <linux/slab.h>
#include "lpm_hash.h"

/* Tags, see struct lpm_hash */
#define TAG_MIN		28U	/* of a new page: 16 slots, aligned so that it has room */
#define TAG_MAX		19U	/* 64 KiB */
#define TAG_NONE	31U	/* of no_slots */

/* The pair of slots of a page that there is no memory for yet; nobody writes to it. */
static const u64 no_slots[2] __aligned(LPM_HASH_TAG + 1);

static u64 *page_slots(const struct lpm_hash *hash, unsigned int page)
{
	return (u64 *)lpm_hash_slots(hash->slots[page]);
}

static unsigned int page_tag(const struct lpm_hash *hash, unsigned int page)
{
	return hash->slots[page] & LPM_HASH_TAG;
}

static u32 tag_last(unsigned int tag)
{
	return U32_MAX >> tag;
}

/* The mix of what a slot has, without its first bits */
static u32 slot_mix(u64 slot)
{
	return slot >> LPM_HASH_MIX;
}

/* How many pairs @at is behind @from, round the end */
static u32 pairs_behind(u32 at, u32 from, unsigned int tag)
{
	return ((at >> 1) - (from >> 1)) & (tag_last(tag) >> 1);
}

/* The first slot of the next pair */
static u32 next_pair(u32 at, unsigned int tag)
{
	return ((at | 1) + 1) & tag_last(tag);
}

static bool pair_full(const u64 *slots, u32 at)
{
	return slots[at] && slots[at ^ 1];
}

/* Where a mix is, or the empty slot where it would go */
static u32 slot_find(const u64 *slots, unsigned int tag, u32 mix)
{
	u32 at = lpm_hash_home(mix, tag);

	for (;; at = next_pair(at, tag)) {
		if (lpm_hash_is(slots[at], mix))
			return at;
		if (lpm_hash_is(slots[at ^ 1], mix))
			return at ^ 1;
		if (!pair_full(slots, at))
			return slots[at] ? at ^ 1 : at;
	}
}

/* Puts something else in a slot, which remains the home that it was. */
static void slot_set(u64 *slots, u32 at, u64 slot)
{
	slot = (slot & ~LPM_HASH_MORE) | (slots[at] & LPM_HASH_MORE);
	/* Pairs with lpm_hash_find(): what the entry names comes first. */
	smp_store_release(&slots[at], slot);
}

static void slot_fill(u64 *slots, unsigned int tag, u32 mix, u32 entry)
{
	u32 at = slot_find(slots, tag, mix), home = lpm_hash_home(mix, tag);

	slot_set(slots, at, lpm_hash_slot(mix, entry));
	if (pairs_behind(at, home, tag))
		WRITE_ONCE(slots[home], slots[home] | LPM_HASH_MORE);
}

/* The slot of a pair, @at its first, from which something may go to @gap; @gap if none. */
static u32 pair_spare(const u64 *slots, unsigned int tag, u32 at, u32 gap)
{
	u32 last = at | 1, home;

	for (; at <= last; at++) {
		home = lpm_hash_home(slot_mix(slots[at]), tag);
		if (slots[at] && pairs_behind(at, home, tag) >= pairs_behind(at, gap, tag))
			return at;
	}
	return gap;
}

/* Empties a slot: what is behind its pair because that was full takes its place. */
static void slot_close(u64 *slots, unsigned int tag, u32 gap)
{
	u32 at = gap, from;
	bool full = true;

	while (full) {
		at = next_pair(at, tag);
		full = pair_full(slots, at);
		from = pair_spare(slots, tag, at, gap);
		if (from == gap)
			continue;
		slot_set(slots, gap, slots[from]);
		gap = from;
	}
	WRITE_ONCE(slots[gap], 0);
}

u32 vnet_lpm_hash_more(const struct lpm_hash *hash, u32 mix)
{
	unsigned long tagged = lpm_hash_tagged(hash, mix);
	unsigned int tag = tagged & LPM_HASH_TAG;
	const u64 *slots = lpm_hash_slots(tagged);
	u32 at = lpm_hash_home(mix, tag);
	u64 first, slot;

	do {
		at = next_pair(at, tag);
		/* As in lpm_hash_find(). */
		first = smp_load_acquire(&slots[at]);
		/* Likewise. */
		slot = smp_load_acquire(&slots[at ^ 1]);
		if (lpm_hash_is(first, mix))
			return first;
		if (lpm_hash_is(slot, mix))
			return slot;
	} while (first && slot);
	return 0;
}

/* A page may be full up to three quarters; no_slots have no quarter. */
static bool page_has_room(const struct lpm_hash *hash, unsigned int page)
{
	u32 quarter = (tag_last(page_tag(hash, page)) + 1) / 4;

	return hash->page[page].used < 3 * quarter;
}

static void page_reclaim(struct lpm_hash_page *page)
{
	if (page->old && poll_state_synchronize_rcu(page->cookie)) {
		kfree(page->old);
		page->old = NULL;
	}
}

/* Doubles a page, or makes its first; false: not now. */
static bool page_grow(struct lpm_hash *hash, unsigned int page, gfp_t gfp)
{
	unsigned int had = page_tag(hash, page), tag = min(had - 1, TAG_MIN), i;
	u64 *old = page_slots(hash, page), *new;

	if (hash->page[page].old || tag < TAG_MAX)
		return false;
	new = kcalloc(tag_last(tag) + 1, sizeof(*new), gfp | __GFP_NOWARN);
	if (!new)
		return false;
	for (i = 0; i <= tag_last(had); i++)
		if (old[i])
			slot_fill(new, tag, slot_mix(old[i]), old[i]);
	/* Pairs with lpm_hash_tagged(). */
	smp_store_release(&hash->slots[page], (unsigned long)new | tag);
	if (had == TAG_NONE)
		return true;
	hash->page[page].old = old;
	hash->page[page].cookie = start_poll_synchronize_rcu();
	return true;
}

void vnet_lpm_hash_set(struct lpm_hash *hash, u32 word, u32 entry, gfp_t gfp)
{
	u32 mix = lpm_hash_mix(word), page = lpm_hash_page(mix), at;
	u64 *slots = page_slots(hash, page);

	page_reclaim(&hash->page[page]);
	at = slot_find(slots, page_tag(hash, page), mix);
	if (!entry) {
		if (slots[at]) {
			slot_close(slots, page_tag(hash, page), at);
			hash->page[page].used--;
		}
		return;
	}
	/* As after most updates: readers need not fetch it again. */
	if ((u32)slots[at] == entry)
		return;
	if (!slots[at]) {
		if (!page_has_room(hash, page) && !page_grow(hash, page, gfp))
			return;
		hash->page[page].used++;
	}
	slot_fill(page_slots(hash, page), page_tag(hash, page), mix, entry);
}

struct lpm_hash *vnet_lpm_hash_create(gfp_t gfp)
{
	struct lpm_hash *hash = kzalloc(sizeof(*hash), gfp);
	unsigned int i;

	for (i = 0; hash && i < LPM_HASH_PAGES; i++)
		hash->slots[i] = (unsigned long)no_slots | TAG_NONE;
	return hash;
}

/* Slots of a page that are in memory of their own */
static u64 *page_memory(const struct lpm_hash *hash, unsigned int page)
{
	return page_tag(hash, page) == TAG_NONE ? NULL : page_slots(hash, page);
}

void vnet_lpm_hash_free(struct lpm_hash *hash)
{
	unsigned int i;

	for (i = 0; hash && i < LPM_HASH_PAGES; i++) {
		kfree(page_memory(hash, i));
		kfree(hash->page[i].old);
	}
	kfree(hash);
}

size_t vnet_lpm_hash_bytes(const struct lpm_hash *hash)
{
	size_t bytes = ksize(hash);
	unsigned int i;

	for (i = 0; hash && i < LPM_HASH_PAGES; i++)
		bytes += ksize(page_memory(hash, i)) + ksize(hash->page[i].old);
	return bytes;
}
