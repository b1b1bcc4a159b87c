/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of one size, named by 32-bit ids instead of pointers.
 *
 * They live in chunks (see pages.h). An id stays valid and an element stays
 * in place until it is freed; a chunk that has become empty is given back.
 */
#ifndef LIB_SLAB_H
#define LIB_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab_chunk {
	uint8_t *mem;			/* NULL: given back */
	uint32_t used;			/* elements in use */
	uint32_t fresh;			/* elements never used start here */
	uint32_t free;			/* first freed element + 1, 0: none */
	uint32_t next, prev;		/* in the list of chunks with room */
};

struct slab {
	size_t size;			/* bytes of an element, at least 4 */
	unsigned int shift;		/* 2^shift elements in a chunk */
	uint32_t n_chunks;
	struct slab_chunk *chunk;
	uint32_t room;			/* list head, chunk + 1 */
	uint32_t vacant;		/* list of chunks without memory */
	uint32_t n_mapped;
	uint64_t used;			/* elements */
};

void slab_init(struct slab *slab, size_t size);
void slab_fini(struct slab *slab);

/* A new element, its contents undefined. */
uint32_t slab_alloc(struct slab *slab);
/* Overwrites the first four bytes of the element. */
void slab_release(struct slab *slab, uint32_t id);

/* Bytes of memory mapped, bookkeeping included. */
uint64_t slab_bytes(const struct slab *slab);

static inline void *slab_get(const struct slab *slab, uint32_t id)
{
	return slab->chunk[id >> slab->shift].mem +
	       (id & ((1u << slab->shift) - 1)) * slab->size;
}

/* Whether there is an element behind an id, be it a freed one. */
static inline bool slab_mapped(const struct slab *slab, uint32_t id)
{
	uint32_t slot = id & ((1u << slab->shift) - 1);

	return id >> slab->shift < slab->n_chunks &&
	       slab->chunk[id >> slab->shift].mem &&
	       slot < slab->chunk[id >> slab->shift].fresh;
}

/* Every id is below this. */
static inline uint32_t slab_end(const struct slab *slab)
{
	return slab->n_chunks << slab->shift;
}

/*
 * For scans: the first id at or after @id whose element was handed out at
 * least once; slab_end() if there is none.
 */
uint32_t slab_seek(const struct slab *slab, uint32_t id);

#endif
