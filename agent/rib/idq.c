// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/idq.h"

#include <stddef.h>

#include "lib/pages.h"

#define BLOCK_IDS	((PAGES_CHUNK - sizeof(void *)) / sizeof(uint32_t))

struct idq_block {
	struct idq_block *next;
	uint32_t id[BLOCK_IDS];
};

_Static_assert(sizeof(struct idq_block) == PAGES_CHUNK, "a block is a chunk");

void idq_push(struct idq *q, uint32_t id)
{
	struct idq_block *block = q->last;

	if (!block || q->tail == BLOCK_IDS) {
		block = pages_get(sizeof(*block));
		block->next = NULL;
		if (q->last)
			q->last->next = block;
		else
			q->first = block;
		q->last = block;
		q->tail = 0;
		q->n_blocks++;
	}
	block->id[q->tail++] = id;
	q->n++;
}

bool idq_peek(const struct idq *q, uint32_t *id)
{
	if (q->n == 0)
		return false;
	*id = q->first->id[q->head];
	return true;
}

bool idq_pop(struct idq *q, uint32_t *id)
{
	struct idq_block *block = q->first;

	if (!idq_peek(q, id))
		return false;
	q->n--;
	if (++q->head == BLOCK_IDS || q->n == 0) {
		q->first = block->next;
		if (!q->first) {
			q->last = NULL;
			q->tail = 0;
		}
		q->head = 0;
		q->n_blocks--;
		pages_put(block, sizeof(*block));
	}
	return true;
}

void idq_fini(struct idq *q)
{
	struct idq_block *block;

	while ((block = q->first)) {
		q->first = block->next;
		pages_put(block, sizeof(*block));
	}
	*q = (struct idq){ 0 };
}

uint64_t idq_bytes(const struct idq *q)
{
	return (uint64_t)q->n_blocks * sizeof(struct idq_block);
}
