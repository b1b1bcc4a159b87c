/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of ids: open addressing, five bytes a slot, of which one is
 * a tag (part of the hash) so that a probe rarely looks at a wrong element.
 * The elements, their keys and the comparison are the caller's:
 *
 *	struct idhash_probe probe = idhash_probe(table, hash);
 *
 *	while (idhash_next(table, &probe, &id))
 *		if (key of id is the one)
 *			return id;
 */
#ifndef LIB_IDHASH_H
#define LIB_IDHASH_H

#include <stdbool.h>
#include <stdint.h>

/* The hash of the element @id. */
typedef uint32_t idhash_fn(const void *ctx, uint32_t id);

struct idhash {
	uint32_t *slot;			/* ids */
	uint8_t *tag;			/* 0: empty, 1: was removed */
	uint32_t size;			/* slots */
	uint32_t used;			/* ids in the table */
	uint32_t dead;			/* slots with tag 1 */
	idhash_fn *hash;
	const void *ctx;
};

struct idhash_probe {
	uint32_t at;
	uint8_t tag;
};

void idhash_init(struct idhash *table, idhash_fn *hash, const void *ctx);
void idhash_fini(struct idhash *table);

/* @id must not be in the table; @hash must be the hash of it. */
void idhash_insert(struct idhash *table, uint32_t hash, uint32_t id);
/* @id must be in the table. */
void idhash_remove(struct idhash *table, uint32_t hash, uint32_t id);

uint64_t idhash_bytes(const struct idhash *table);

static inline uint8_t idhash_tag(uint32_t hash)
{
	return (hash & 0xff) | 2;
}

/* High bits choose the slot, low bits are the tag. */
static inline uint32_t idhash_home(const struct idhash *table, uint32_t hash)
{
	return (uint64_t)hash * table->size >> 32;
}

static inline struct idhash_probe idhash_probe(const struct idhash *table,
					       uint32_t hash)
{
	return (struct idhash_probe){ idhash_home(table, hash),
				      idhash_tag(hash) };
}

/* Fetch what a later probe will look at first. */
static inline void idhash_prefetch(const struct idhash *table, uint32_t hash)
{
	uint32_t at = idhash_home(table, hash);

	__builtin_prefetch(table->tag + at);
	__builtin_prefetch(table->slot + at);
}

/* The next id that may be the one; false at the end. */
static inline bool idhash_next(const struct idhash *table,
			       struct idhash_probe *probe, uint32_t *id)
{
	if (table->size == 0)
		return false;
	for (;;) {
		uint32_t at = probe->at;
		uint8_t tag = table->tag[at];

		if (tag == 0)
			return false;
		probe->at = at + 1 == table->size ? 0 : at + 1;
		if (tag == probe->tag) {
			*id = table->slot[at];
			return true;
		}
	}
}

#endif
