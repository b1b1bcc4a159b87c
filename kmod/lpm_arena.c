// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the nodes and buckets of one LPM trie: see lpm_arena.h.
 *
 * Each chunk begins with the empty block that index 0 names, and with a bitmap of its
 * granules in which the first and the last granule of every hole are marked, so a block
 * that is freed finds a hole before and behind it. A hole describes itself: its size in
 * its first and last word, its neighbours in the list of its bin in between.
 */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "lpm_arena.h"

#define BITMAP_GRANULES	(LPM_CHUNK_GRANULES / 8 / LPM_GRANULE)
#define HEAD_GRANULES	(LPM_ARENA_EMPTY / LPM_GRANULE + BITMAP_GRANULES)
#define WHOLE_CHUNK	(LPM_CHUNK_GRANULES - HEAD_GRANULES)
#define MIN_HOLE	2		/* granules; struct hole and the last word */
#define MAX_SCAN	8		/* holes looked at in a bin of mixed sizes */
#define RECLAIM_BATCH	8		/* so that no update pays for many others */

struct hole {
	u32 size;			/* granules */
	u32 next;
	u32 prev;
};

static struct lpm_block *block_at(const struct lpm_arena *arena, u32 index)
{
	return lpm_arena_at(arena, index);
}

static struct hole *hole_at(const struct lpm_arena *arena, u32 index)
{
	return lpm_arena_at(arena, index);
}

/* Where the hole that ends before @index repeats its size. */
static u32 *hole_tail(const struct lpm_arena *arena, u32 index)
{
	return (u32 *)lpm_arena_at(arena, index - 1) + 1;
}

static u32 chunk_offset(u32 index)
{
	return index & (LPM_CHUNK_GRANULES - 1);
}

static unsigned long *chunk_marks(const struct lpm_arena *arena, u32 index)
{
	return lpm_arena_at(arena, index - chunk_offset(index) + LPM_ARENA_EMPTY / LPM_GRANULE);
}

static unsigned int bin_of(u32 size)
{
	unsigned int log;

	if (size < 64)
		return size;
	log = fls(size) - 1;
	return 64 + (log - 6) * 8 + ((size >> (log - 3)) & 7);
}

static void hole_add(struct lpm_arena *arena, u32 index, u32 size)
{
	unsigned long *marks = chunk_marks(arena, index);
	struct hole *hole = hole_at(arena, index);
	unsigned int bin = bin_of(size);

	hole->size = size;
	hole->prev = 0;
	hole->next = arena->bin[bin];
	*hole_tail(arena, index + size) = size;
	if (hole->next)
		hole_at(arena, hole->next)->prev = index;
	arena->bin[bin] = index;
	__set_bit(bin, arena->filled);
	__set_bit(chunk_offset(index), marks);
	__set_bit(chunk_offset(index) + size - 1, marks);
}

static void hole_del(struct lpm_arena *arena, u32 index)
{
	unsigned long *marks = chunk_marks(arena, index);
	struct hole *hole = hole_at(arena, index);
	unsigned int bin = bin_of(hole->size);

	if (hole->next)
		hole_at(arena, hole->next)->prev = hole->prev;
	if (hole->prev)
		hole_at(arena, hole->prev)->next = hole->next;
	else
		arena->bin[bin] = hole->next;
	if (!arena->bin[bin])
		__clear_bit(bin, arena->filled);
	__clear_bit(chunk_offset(index), marks);
	__clear_bit(chunk_offset(index) + hole->size - 1, marks);
}

/* The first hole of at least @size granules among a few of its bin. */
static u32 hole_scan(const struct lpm_arena *arena, u32 size)
{
	u32 index = arena->bin[bin_of(size)];
	unsigned int i;

	for (i = 0; index && i < MAX_SCAN; i++) {
		if (hole_at(arena, index)->size >= size)
			return index;
		index = hole_at(arena, index)->next;
	}
	return 0;
}

/* A hole of at least @size granules, as small as is quick to find; 0 if none. */
static u32 hole_find(const struct lpm_arena *arena, u32 size)
{
	u32 index = hole_scan(arena, size);
	unsigned int bin;

	if (index)
		return index;
	bin = find_next_bit(arena->filled, LPM_BINS, bin_of(size) + 1);
	return bin < LPM_BINS ? arena->bin[bin] : 0;
}

/* Doubles the array of chunks; readers may be in the old one. */
static bool grow_array(struct lpm_arena *arena, gfp_t gfp)
{
	struct lpm_chunks *old = rcu_dereference_raw(arena->chunks);
	u32 slots = old ? 2 * arena->slots : 8;
	struct lpm_chunks *new;

	if (slots > 1U << (LPM_INDEX_BITS - LPM_CHUNK_SHIFT))
		return false;
	new = kzalloc(struct_size(new, chunk, slots), gfp);
	if (!new)
		return false;
	if (old)
		memcpy(new->chunk, old->chunk, arena->slots * sizeof(old->chunk[0]));
	rcu_assign_pointer(arena->chunks, new);
	arena->slots = slots;
	if (old)
		kfree_rcu(old, rcu);
	return true;
}

static bool add_chunk(struct lpm_arena *arena, gfp_t gfp)
{
	struct lpm_chunks *chunks;
	u64 *chunk;
	u32 slot;

	if (arena->taken == arena->slots && !grow_array(arena, gfp))
		return false;
	chunk = kmalloc(LPM_CHUNK_BYTES, gfp);
	if (!chunk)
		return false;
	memset(chunk, 0, HEAD_GRANULES * LPM_GRANULE);
	chunks = rcu_dereference_raw(arena->chunks);
	for (slot = 0; chunks->chunk[slot]; slot++)
		;
	WRITE_ONCE(chunks->chunk[slot], chunk);
	arena->taken++;
	arena->empty++;
	hole_add(arena, slot * LPM_CHUNK_GRANULES + HEAD_GRANULES, WHOLE_CHUNK);
	return true;
}

/* Gives back the chunk that consists of one hole, not in a bin, at @index. */
static void del_chunk(struct lpm_arena *arena, u32 index)
{
	struct lpm_chunks *chunks = rcu_dereference_raw(arena->chunks);
	u32 slot = index >> LPM_CHUNK_SHIFT;

	kfree(chunks->chunk[slot]);
	WRITE_ONCE(chunks->chunk[slot], NULL);
	arena->taken--;
}

u32 vnet_lpm_arena_alloc(struct lpm_arena *arena, size_t bytes, gfp_t gfp)
{
	u32 size = DIV_ROUND_UP(bytes, LPM_GRANULE);
	u32 index = hole_find(arena, size);
	u32 rest;

	if (!index) {
		if (!add_chunk(arena, gfp | __GFP_NOWARN))
			return 0;
		index = hole_find(arena, size);
	}
	hole_del(arena, index);
	rest = hole_at(arena, index)->size;
	if (rest == WHOLE_CHUNK)
		arena->empty--;
	rest -= size;
	if (rest >= MIN_HOLE)
		hole_add(arena, index + size, rest);
	else
		size += rest;
	block_at(arena, index)->granules = size;
	arena->blocks++;
	arena->used += size;
	return index;
}

/* Makes a hole of a block and of the holes beside it. */
static void release(struct lpm_arena *arena, u32 index)
{
	u32 size = block_at(arena, index)->granules;
	unsigned long *marks = chunk_marks(arena, index);
	u32 end = chunk_offset(index) + size;
	u32 before;

	if (end < LPM_CHUNK_GRANULES && test_bit(end, marks)) {
		hole_del(arena, index + size);
		size += hole_at(arena, index + size)->size;
	}
	if (chunk_offset(index) > HEAD_GRANULES &&
	    test_bit(chunk_offset(index) - 1, marks)) {
		before = *hole_tail(arena, index);
		index -= before;
		hole_del(arena, index);
		size += before;
	}
	if (size == WHOLE_CHUNK && arena->empty && index >> LPM_CHUNK_SHIFT) {
		/* One is kept against thrashing, and the first for the empty block. */
		del_chunk(arena, index);
		return;
	}
	if (size == WHOLE_CHUNK)
		arena->empty++;
	hole_add(arena, index, size);
}

static void account_free(struct lpm_arena *arena, u32 index)
{
	arena->blocks--;
	arena->used -= block_at(arena, index)->granules;
}

void vnet_lpm_arena_free_now(struct lpm_arena *arena, u32 index)
{
	account_free(arena, index);
	release(arena, index);
}

void vnet_lpm_arena_free(struct lpm_arena *arena, u32 index)
{
	account_free(arena, index);
	block_at(arena, index)->next = arena->fresh;
	arena->fresh = index;
}

void vnet_lpm_arena_reclaim(struct lpm_arena *arena)
{
	unsigned int i;
	u32 index;

	for (i = 0; arena->done && i < RECLAIM_BATCH; i++) {
		index = arena->done;
		arena->done = block_at(arena, index)->next;
		release(arena, index);
	}
	if (!arena->done && arena->waiting && poll_state_synchronize_rcu(arena->cookie)) {
		arena->done = arena->waiting;
		arena->waiting = 0;
	}
	if (!arena->waiting && arena->fresh) {
		arena->waiting = arena->fresh;
		arena->fresh = 0;
		arena->cookie = start_poll_synchronize_rcu();
	}
}

void vnet_lpm_arena_destroy(struct lpm_arena *arena)
{
	struct lpm_chunks *chunks = rcu_dereference_raw(arena->chunks);
	u32 slot;

	for (slot = 0; slot < arena->slots; slot++)
		kfree(chunks->chunk[slot]);
	kfree(chunks);
}

size_t vnet_lpm_arena_bytes(const struct lpm_arena *arena)
{
	return arena->taken * (size_t)LPM_CHUNK_BYTES + ksize(rcu_dereference_raw(arena->chunks));
}
