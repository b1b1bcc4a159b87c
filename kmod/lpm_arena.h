/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the nodes and buckets of one LPM trie.
 *
 * These blocks are 24 bytes to 2 KiB and outnumber everything else, so they are named
 * by 30-bit indexes instead of pointers and packed into chunks at a granule of eight
 * bytes. Freed neighbours merge, so a table that has grown route by route does not
 * keep the sizes it has grown through, and an empty chunk goes back to the system.
 * A block that readers may still see is reused only after a grace period.
 */
#ifndef _VNET_LPM_ARENA_H
#define _VNET_LPM_ARENA_H

#include <linux/bitmap.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#define LPM_INDEX_BITS		30
#define LPM_GRANULE		sizeof(u64)
#define LPM_CHUNK_SHIFT		12	/* 4,096 granules, 32 KiB */
#define LPM_CHUNK_GRANULES	4096U
#define LPM_ARENA_EMPTY		64	/* bytes that are 0 at index 0: a block that is empty */
#define LPM_CHUNK_BYTES		(LPM_CHUNK_GRANULES * LPM_GRANULE)
/* Free holes are binned by size: exactly below 64 granules, by eighths above. */
#define LPM_BINS		(64 + 6 * 8)

/* How every block begins. */
struct lpm_block {
	u32 next;			/* in a list of blocks on the way out */
	u16 granules;			/* size as allocated */
	/* for the owner */
	u8 count;
	u8 stale;
	u32 base;
};

/* Where the chunks are: chunk[index >> LPM_CHUNK_SHIFT]. */
struct lpm_chunks {
	struct rcu_head rcu;
	u64 *chunk[];			/* in granules */
};

struct lpm_arena {
	struct lpm_chunks __rcu *chunks;
	u32 slots;			/* size of that array */
	u32 taken;			/* chunks in it */
	u32 empty;			/* of these, without a block */
	u32 blocks;			/* allocated, without those on the way out */
	u32 used;			/* granules of these blocks */
	/* Blocks on the way out, linked by .next. */
	u32 fresh;			/* no grace period begun for them */
	u32 waiting;			/* until the grace period of @cookie is over */
	u32 done;			/* no reader sees them any more */
	unsigned long cookie;
	u32 bin[LPM_BINS];		/* first hole of each size */
	DECLARE_BITMAP(filled, LPM_BINS);
};

/*
 * An index that a reader has loaded with acquire semantics belongs to a chunk of
 * the array as it is read here, afterwards.
 */
static inline void *lpm_arena_at(const struct lpm_arena *arena, u32 index)
{
	struct lpm_chunks *chunks = rcu_dereference_raw(arena->chunks);
	unsigned long chunk = index >> LPM_CHUNK_SHIFT;

	return READ_ONCE(chunks->chunk[chunk]) + (index & (LPM_CHUNK_GRANULES - 1));
}

/* Returns the index of a block of at least @bytes with its .granules set, or 0. */
u32 vnet_lpm_arena_alloc(struct lpm_arena *arena, size_t bytes, gfp_t gfp);

/* Frees a block that no reader has seen. */
void vnet_lpm_arena_free_now(struct lpm_arena *arena, u32 index);

/* Frees a block, already unlinked, after a grace period. Takes no memory. */
void vnet_lpm_arena_free(struct lpm_arena *arena, u32 index);

/* Takes back a few blocks whose time has come; to be called once an update. */
void vnet_lpm_arena_reclaim(struct lpm_arena *arena);

/* Gives all chunks back; no reader left. */
void vnet_lpm_arena_destroy(struct lpm_arena *arena);

/* Memory taken from the system, in bytes. */
size_t vnet_lpm_arena_bytes(const struct lpm_arena *arena);

#endif /* _VNET_LPM_ARENA_H */
