/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ids, a bit each, that is worked off in order, round and round. */
#ifndef RIB_IDSET_H
#define RIB_IDSET_H

#include <stdbool.h>
#include <stdint.h>

struct idset {
	uint64_t *bits;
	uint32_t n_words;
	uint32_t n;			/* ids in it */
	uint32_t cursor;		/* word to go on with */
};

void idset_add(struct idset *set, uint32_t id);
void idset_del(struct idset *set, uint32_t id);
bool idset_has(const struct idset *set, uint32_t id);
/* Take one out; false if there is none. */
bool idset_pop(struct idset *set, uint32_t *id);
void idset_fini(struct idset *set);
uint64_t idset_bytes(const struct idset *set);

#endif
