/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of ids: open addressing, five bytes a slot, of which one is
 * a tag (part of the hash) so that a probe rarely looks at a wrong element.
 * Id and tag are side by side, so most probes wait for one line of memory.
 * The elements, their keys and the comparison are the caller's:
 *
 *	struct idhash_probe probe = idhash_probe(table, hash);
 *
 *	while (idhash_next(table, &probe, &id))
 *		if (key of id is the one)
 *			return id;
 *
 * A table that has to grow or shrink moves a few ids with each insertion and
 * removal, and is two tables until all have moved: no operation hashes more
 * than these. Only the memory of a table comes and goes at once.
 */
#ifndef LIB_IDHASH_H
#define LIB_IDHASH_H

#include <stdbool.h>
#include <stdint.h>

/* The hash of the element @id. */
typedef uint32_t idhash_fn(const void *ctx, uint32_t id);

struct idhash_slot {
	uint32_t id;
	uint8_t tag;			/* 0: empty, 1: was removed */
} __attribute__((packed));

struct idhash_slots {
	struct idhash_slot *slot;
	uint32_t size;			/* slots */
};

struct idhash {
	struct idhash_slots now;
	struct idhash_slots old;	/* what has not moved; size 0: none */
	uint32_t moved;			/* slots of old that are done with */
	uint32_t used;			/* ids in both */
	uint32_t dead;			/* slots of now with tag 1 */
	idhash_fn *hash;
	const void *ctx;
};

struct idhash_probe {
	const struct idhash_slots *in;
	uint32_t hash;
	uint32_t at;
};

void idhash_init(struct idhash *table, idhash_fn *hash, const void *ctx);
void idhash_fini(struct idhash *table);

/* @id must not be in the table; @hash must be the hash of it. */
void idhash_insert(struct idhash *table, uint32_t hash, uint32_t id);
/* @id must be in the table. */
void idhash_remove(struct idhash *table, uint32_t hash, uint32_t id);

/* Call @func for each id; it may not insert or remove. */
void idhash_each(const struct idhash *table,
		 void (*func)(void *arg, uint32_t id), void *arg);

uint64_t idhash_bytes(const struct idhash *table);

static inline uint8_t idhash_tag(uint32_t hash)
{
	return (hash & 0xff) | 2;
}

/* High bits choose the slot, low bits are the tag. */
static inline uint32_t idhash_home(const struct idhash_slots *in,
				   uint32_t hash)
{
	return (uint64_t)hash * in->size >> 32;
}

static inline struct idhash_probe idhash_probe_in(const struct idhash_slots *in,
						  uint32_t hash)
{
	return (struct idhash_probe){ in, hash, idhash_home(in, hash) };
}

static inline struct idhash_probe idhash_probe(const struct idhash *table,
					       uint32_t hash)
{
	return idhash_probe_in(&table->now, hash);
}

/* Fetch what a later probe will look at first. */
static inline void idhash_prefetch(const struct idhash *table, uint32_t hash)
{
	__builtin_prefetch(table->now.slot + idhash_home(&table->now, hash));
}

/* The next id that may be the one; false at the end. */
static inline bool idhash_next(const struct idhash *table,
			       struct idhash_probe *probe, uint32_t *id)
{
	const struct idhash_slots *in = probe->in;
	uint8_t want = idhash_tag(probe->hash);

	if (table->now.size == 0)
		return false;
	for (;;) {
		const struct idhash_slot *slot = &in->slot[probe->at];

		probe->at = probe->at + 1 == in->size ? 0 : probe->at + 1;
		if (slot->tag == want) {
			*id = slot->id;
			return true;
		}
		if (slot->tag != 0)
			continue;
		if (table->old.size == 0 || in == &table->old)
			return false;
		in = &table->old;
		*probe = idhash_probe_in(in, probe->hash);
	}
}

#endif
