/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue of ids, first in first out. That an id waits once at most is the
 * caller's to see to (a flag in the element): then the queue is bounded by
 * the number of elements. Memory is given back as the queue drains.
 */
#ifndef RIB_IDQ_H
#define RIB_IDQ_H

#include <stdbool.h>
#include <stdint.h>

struct idq_block;

struct idq {
	struct idq_block *first, *last;
	uint32_t head;			/* next to take from first */
	uint32_t tail;			/* next to fill in last */
	uint32_t n;			/* ids waiting */
	uint32_t n_blocks;
};

void idq_push(struct idq *q, uint32_t id);
/* False if the queue is empty. */
bool idq_peek(const struct idq *q, uint32_t *id);
bool idq_pop(struct idq *q, uint32_t *id);
void idq_fini(struct idq *q);
uint64_t idq_bytes(const struct idq *q);

#endif
