// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/idset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

void idset_add(struct idset *set, uint32_t id)
{
	uint32_t word = id / 64;
	uint32_t n;

	if (word >= set->n_words) {
		n = MAX(word + 1, set->n_words * 2);
		set->bits = xreallocarray(set->bits, n, sizeof(*set->bits));
		memset(set->bits + set->n_words, 0,
		       (n - set->n_words) * sizeof(*set->bits));
		set->n_words = n;
	}
	set->n += !(set->bits[word] >> id % 64 & 1);
	set->bits[word] |= 1ull << id % 64;
}

void idset_del(struct idset *set, uint32_t id)
{
	if (!idset_has(set, id))
		return;
	set->bits[id / 64] &= ~(1ull << id % 64);
	set->n--;
}

bool idset_has(const struct idset *set, uint32_t id)
{
	return id / 64 < set->n_words && set->bits[id / 64] >> id % 64 & 1;
}

bool idset_pop(struct idset *set, uint32_t *id)
{
	uint64_t *word;

	if (set->n == 0)
		return false;
	while (!set->bits[set->cursor]) {
		if (++set->cursor == set->n_words)
			set->cursor = 0;
	}
	word = &set->bits[set->cursor];
	*id = set->cursor * 64 + __builtin_ctzll(*word);
	*word &= *word - 1;
	set->n--;
	return true;
}

void idset_fini(struct idset *set)
{
	free(set->bits);
	*set = (struct idset){ 0 };
}

uint64_t idset_bytes(const struct idset *set)
{
	return set->n_words * 8;
}
