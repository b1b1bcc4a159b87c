// SPDX-License-Identifier: GPL-2.0-only
/* The short cut through an LPM trie: see lpm_hash.h. */
#include <linux/kernel.h>
#include <linux/slab.h>
#include "lpm_hash.h"

#define MIN_SHIFT	4	/* log2 of the slots of a new page; keeps LPM_HASH_TAG free */
#define MAX_SHIFT	13	/* 64 KiB */

static u64 *page_slots(const struct lpm_hash_page *page)
{
	return (u64 *)(page->slots & ~LPM_HASH_TAG);
}

static u32 page_mask(const struct lpm_hash_page *page)
{
	return (1U << (page->slots & LPM_HASH_TAG)) - 1;
}

static u32 slot_home(u64 slot, u32 mask)
{
	return (lpm_hash_mix(slot >> 32) >> 32) & mask;
}

/* Where @word is, or the empty slot at which the search for it ends. */
static u32 slot_find(const u64 *slots, u32 mask, u32 word)
{
	u32 at = (lpm_hash_mix(word) >> 32) & mask;

	while (slots[at] && slots[at] >> 32 != word)
		at = (at + 1) & mask;
	return at;
}

/* Fills the gap at @at with what its place in the search has put behind it. */
static void slot_close(u64 *slots, u32 mask, u32 at)
{
	u32 next = at;

	for (;;) {
		next = (next + 1) & mask;
		if (!slots[next])
			break;
		/* Only what begins its search at or before the gap may go there. */
		if (((next - slot_home(slots[next], mask)) & mask) < ((next - at) & mask))
			continue;
		/* Pairs with lpm_hash_find(), as any slot that is written. */
		smp_store_release(&slots[at], slots[next]);
		at = next;
	}
	WRITE_ONCE(slots[at], 0);
}

/* A page may be full up to three quarters. */
static bool page_has_room(const struct lpm_hash_page *page)
{
	return page->slots && page->used < page_mask(page) - page_mask(page) / 4;
}

static void page_reclaim(struct lpm_hash_page *page)
{
	if (page->old && poll_state_synchronize_rcu(page->cookie)) {
		kfree(page->old);
		page->old = NULL;
	}
}

/* Doubles a page, or makes its first; false: not now. */
static bool page_grow(struct lpm_hash_page *page, gfp_t gfp)
{
	unsigned int shift = page->slots ? (page->slots & LPM_HASH_TAG) + 1 : MIN_SHIFT;
	u32 mask = (1U << shift) - 1, i;
	u64 *old = page_slots(page), *new;

	if (page->old || shift > MAX_SHIFT)
		return false;
	new = kcalloc(1U << shift, sizeof(*new), gfp | __GFP_NOWARN);
	if (!new)
		return false;
	for (i = 0; old && i <= page_mask(page); i++)
		if (old[i])
			new[slot_find(new, mask, old[i] >> 32)] = old[i];
	/* Pairs with lpm_hash_start(). */
	smp_store_release(&page->slots, (unsigned long)new | shift);
	page->old = old;
	page->cookie = start_poll_synchronize_rcu();
	return true;
}

void vnet_lpm_hash_set(struct lpm_hash *hash, u32 word, u32 entry, gfp_t gfp)
{
	struct lpm_hash_page *page = &hash->page[lpm_hash_mix(word) >> 58];
	u64 *slots = page_slots(page);
	u32 at = 0, mask = page_mask(page);

	page_reclaim(page);
	if (slots) {
		at = slot_find(slots, mask, word);
		if (slots[at] && !entry) {
			slot_close(slots, mask, at);
			page->used--;
			return;
		}
	}
	if (!entry)
		return;
	if (!slots || !slots[at]) {
		if (!page_has_room(page) && !page_grow(page, gfp))
			return;
		slots = page_slots(page);
		at = slot_find(slots, page_mask(page), word);
		page->used++;
	}
	/* Pairs with lpm_hash_find(): what the entry names comes first. */
	smp_store_release(&slots[at], (u64)word << 32 | entry);
}

void vnet_lpm_hash_free(struct lpm_hash *hash)
{
	unsigned int i;

	for (i = 0; hash && i < LPM_HASH_PAGES; i++) {
		kfree(page_slots(&hash->page[i]));
		kfree(hash->page[i].old);
	}
	kfree(hash);
}

size_t vnet_lpm_hash_bytes(const struct lpm_hash *hash)
{
	size_t bytes = ksize(hash);
	unsigned int i;

	for (i = 0; hash && i < LPM_HASH_PAGES; i++)
		bytes += ksize(page_slots(&hash->page[i])) + ksize(hash->page[i].old);
	return bytes;
}
