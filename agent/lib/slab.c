// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/slab.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/pages.h"
#include "lib/util.h"

void slab_init(struct slab *slab, size_t size)
{
	memset(slab, 0, sizeof(*slab));
	slab->size = size;
	while (size << (slab->shift + 1) <= PAGES_CHUNK)
		slab->shift++;
}

/* Elements larger than a chunk have chunks of one. */
static size_t chunk_bytes(const struct slab *slab)
{
	return slab->size <= PAGES_CHUNK ? PAGES_CHUNK : slab->size;
}

static void chunk_map(struct slab *slab, struct slab_chunk *chunk)
{
	chunk->mem = pages_get(chunk_bytes(slab));
	chunk->used = 0;
	chunk->fresh = 0;
	chunk->free = 0;
	slab->n_mapped++;
}

static void chunk_unmap(struct slab *slab, struct slab_chunk *chunk)
{
	pages_put(chunk->mem, chunk_bytes(slab));
	chunk->mem = NULL;
	slab->n_mapped--;
}

void slab_fini(struct slab *slab)
{
	uint32_t i;

	for (i = 0; i < slab->n_chunks; i++) {
		if (slab->chunk[i].mem)
			chunk_unmap(slab, &slab->chunk[i]);
	}
	free(slab->chunk);
	slab_init(slab, slab->size);
}

static void room_insert(struct slab *slab, uint32_t at)
{
	struct slab_chunk *chunk = &slab->chunk[at];

	chunk->prev = 0;
	chunk->next = slab->room;
	if (slab->room != 0)
		slab->chunk[slab->room - 1].prev = at + 1;
	slab->room = at + 1;
}

static void room_remove(struct slab *slab, uint32_t at)
{
	struct slab_chunk *chunk = &slab->chunk[at];

	if (chunk->prev != 0)
		slab->chunk[chunk->prev - 1].next = chunk->next;
	else
		slab->room = chunk->next;
	if (chunk->next != 0)
		slab->chunk[chunk->next - 1].prev = chunk->prev;
}

/* A chunk with memory and all of its elements free, in the room list. */
static void chunk_add(struct slab *slab)
{
	uint32_t at;

	if (slab->vacant != 0) {
		at = slab->vacant - 1;
		slab->vacant = slab->chunk[at].next;
	} else {
		at = slab->n_chunks;
		if (at >= UINT32_MAX >> slab->shift)
			fatalx("table is full");
		if ((at & (at - 1)) == 0)
			slab->chunk = xreallocarray(slab->chunk,
						    at == 0 ? 1 : at * 2,
						    sizeof(*slab->chunk));
		slab->n_chunks++;
	}
	chunk_map(slab, &slab->chunk[at]);
	room_insert(slab, at);
}

uint32_t slab_alloc(struct slab *slab)
{
	struct slab_chunk *chunk;
	uint32_t at, slot;

	if (slab->room == 0)
		chunk_add(slab);
	at = slab->room - 1;
	chunk = &slab->chunk[at];
	if (chunk->free != 0) {
		slot = chunk->free - 1;
		memcpy(&chunk->free, chunk->mem + slot * slab->size,
		       sizeof(chunk->free));
	} else {
		slot = chunk->fresh++;
	}
	if (++chunk->used == 1u << slab->shift)
		room_remove(slab, at);
	slab->used++;
	return at << slab->shift | slot;
}

void slab_release(struct slab *slab, uint32_t id)
{
	uint32_t at = id >> slab->shift;
	uint32_t slot = id & ((1u << slab->shift) - 1);
	struct slab_chunk *chunk = &slab->chunk[at];

	memcpy(chunk->mem + slot * slab->size, &chunk->free,
	       sizeof(chunk->free));
	chunk->free = slot + 1;
	if (chunk->used-- == 1u << slab->shift)
		room_insert(slab, at);
	slab->used--;
	if (chunk->used > 0)
		return;
	room_remove(slab, at);
	chunk_unmap(slab, chunk);
	chunk->next = slab->vacant;
	slab->vacant = at + 1;
}

uint64_t slab_bytes(const struct slab *slab)
{
	return (uint64_t)slab->n_mapped * chunk_bytes(slab) +
	       slab->n_chunks * sizeof(*slab->chunk);
}

uint32_t slab_seek(const struct slab *slab, uint32_t id)
{
	uint32_t at = id >> slab->shift;
	uint32_t slot = id & ((1u << slab->shift) - 1);

	for (; at < slab->n_chunks; at++, slot = 0) {
		if (slab->chunk[at].mem && slot < slab->chunk[at].fresh)
			return at << slab->shift | slot;
	}
	return slab_end(slab);
}
