// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/idhash.h"

#include <stdlib.h>
#include <string.h>

#include "lib/pages.h"
#include "lib/util.h"

#define SIZE_MIN	64
#define TAG_EMPTY	0
#define TAG_DEAD	1

static size_t slots_bytes(const struct idhash_slots *slots)
{
	return (size_t)slots->size * sizeof(*slots->slot);
}

/* All are empty; memory in pages, as it is for many, comes zeroed. */
static struct idhash_slots slots_get(uint32_t size)
{
	struct idhash_slots slots = { .size = size };
	size_t bytes = slots_bytes(&slots);

	slots.slot = bytes <= PAGES_CHUNK ? xcalloc(1, bytes) :
					    pages_get(bytes);
	return slots;
}

static void slots_put(struct idhash_slots *slots)
{
	size_t bytes = slots_bytes(slots);

	if (bytes <= PAGES_CHUNK)
		free(slots->slot);
	else
		pages_put(slots->slot, bytes);
	*slots = (struct idhash_slots){ 0 };
}

void idhash_init(struct idhash *table, idhash_fn *hash, const void *ctx)
{
	memset(table, 0, sizeof(*table));
	table->hash = hash;
	table->ctx = ctx;
}

void idhash_fini(struct idhash *table)
{
	slots_put(&table->now);
	slots_put(&table->old);
	idhash_init(table, table->hash, table->ctx);
}

static uint32_t next_slot(const struct idhash_slots *in, uint32_t at)
{
	return at + 1 == in->size ? 0 : at + 1;
}

static void put(struct idhash *table, uint32_t hash, uint32_t id)
{
	struct idhash_slots *in = &table->now;
	uint32_t at = idhash_home(in, hash);

	while (in->slot[at].tag > TAG_DEAD)
		at = next_slot(in, at);
	if (in->slot[at].tag == TAG_DEAD)
		table->dead--;
	in->slot[at].tag = idhash_tag(hash);
	in->slot[at].id = id;
}

/*
 * Slots looked at in one piece: few enough that nobody waits for it, and so
 * many that a move ends long before the next one is due.
 */
#define MOVE	64

/*
 * Move what is in some of the old slots; behind it there may be more, so it
 * counts as removed there. Looking at many elements before any is put away
 * lets the processor wait for all at once.
 */
static void move(struct idhash *table)
{
	struct idhash_slots *old = &table->old;
	uint32_t end = MIN(table->moved + MOVE, old->size);
	uint32_t id[MOVE], hash[MOVE];
	uint32_t i, n = 0;

	for (i = table->moved; i < end; i++) {
		if (old->slot[i].tag <= TAG_DEAD)
			continue;
		id[n++] = old->slot[i].id;
		old->slot[i].tag = TAG_DEAD;
	}
	for (i = 0; i < n; i++)
		hash[i] = table->hash(table->ctx, id[i]);
	for (i = 0; i < n; i++)
		put(table, hash[i], id[i]);
	table->moved = end;
	if (end == old->size)
		slots_put(old);
}

static void resize(struct idhash *table, uint32_t size)
{
	while (table->old.size > 0)
		move(table);
	table->old = table->now;
	table->moved = 0;
	table->now = slots_get(MAX(size, SIZE_MIN));
	table->dead = 0;
}

void idhash_insert(struct idhash *table, uint32_t hash, uint32_t id)
{
	uint64_t full = (uint64_t)table->now.size * 13 / 16;

	/* If none is dead twice the slots, so an id moves once in all. */
	if (table->used + table->dead >= full)
		resize(table, table->used / 13 * 32);
	if (table->old.size > 0)
		move(table);
	put(table, hash, id);
	table->used++;
}

/* The slot of @id, or their number. */
static uint32_t find(const struct idhash_slots *in, uint32_t hash, uint32_t id)
{
	uint8_t tag = idhash_tag(hash);
	uint32_t at = idhash_home(in, hash);

	while (in->slot[at].tag != tag || in->slot[at].id != id) {
		if (in->slot[at].tag == TAG_EMPTY)
			return in->size;
		at = next_slot(in, at);
	}
	return at;
}

static void vacate(struct idhash *table, uint32_t at)
{
	struct idhash_slots *in = &table->now;

	if (in->slot[next_slot(in, at)].tag == TAG_EMPTY) {
		in->slot[at].tag = TAG_EMPTY;
	} else {
		in->slot[at].tag = TAG_DEAD;
		table->dead++;
	}
}

void idhash_remove(struct idhash *table, uint32_t hash, uint32_t id)
{
	uint32_t size = table->now.size, at = find(&table->now, hash, id);

	if (at < size)
		vacate(table, at);
	else
		table->old.slot[find(&table->old, hash, id)].tag = TAG_DEAD;
	table->used--;
	/* Shrink seldom: each id moves, and all may be on their way out. */
	if (table->used == 0)
		idhash_fini(table);
	else if (size > SIZE_MIN && table->used < size / 16)
		resize(table, table->used * 2);
	else if (table->old.size > 0)
		move(table);
}

static void each_in(const struct idhash_slots *in,
		    void (*func)(void *arg, uint32_t id), void *arg)
{
	uint32_t at;

	for (at = 0; at < in->size; at++)
		if (in->slot[at].tag > TAG_DEAD)
			func(arg, in->slot[at].id);
}

void idhash_each(const struct idhash *table,
		 void (*func)(void *arg, uint32_t id), void *arg)
{
	each_in(&table->now, func, arg);
	each_in(&table->old, func, arg);
}

uint64_t idhash_bytes(const struct idhash *table)
{
	return slots_bytes(&table->now) + slots_bytes(&table->old);
}
