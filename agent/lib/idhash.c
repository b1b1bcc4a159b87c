// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/idhash.h"

#include <stdlib.h>
#include <string.h>

#include "lib/pages.h"
#include "lib/util.h"

#define SIZE_MIN	64
#define TAG_EMPTY	0
#define TAG_DEAD	1

/* Slots and tags are one piece of memory, in pages once it is large. */
static void arrays_get(struct idhash *table, uint32_t size)
{
	size_t bytes = (size_t)size * (sizeof(*table->slot) + 1);

	table->slot = bytes < PAGES_CHUNK ? xmalloc(bytes) : pages_get(bytes);
	table->tag = (uint8_t *)(table->slot + size);
	memset(table->tag, TAG_EMPTY, size);
	table->size = size;
	table->dead = 0;
}

static void arrays_put(struct idhash *table)
{
	size_t bytes = idhash_bytes(table);

	if (bytes < PAGES_CHUNK)
		free(table->slot);
	else
		pages_put(table->slot, bytes);
}

void idhash_init(struct idhash *table, idhash_fn *hash, const void *ctx)
{
	memset(table, 0, sizeof(*table));
	table->hash = hash;
	table->ctx = ctx;
}

void idhash_fini(struct idhash *table)
{
	arrays_put(table);
	idhash_init(table, table->hash, table->ctx);
}

static void put(struct idhash *table, uint32_t hash, uint32_t id)
{
	uint32_t at = idhash_home(table, hash);

	while (table->tag[at] > TAG_DEAD)
		at = at + 1 == table->size ? 0 : at + 1;
	if (table->tag[at] == TAG_DEAD)
		table->dead--;
	table->tag[at] = idhash_tag(hash);
	table->slot[at] = id;
}

#define MOVE	32

/*
 * Move what is in a table from slot @from on, some at a time: looking at many
 * elements before any is put away lets the processor wait for all at once.
 */
static uint32_t move(struct idhash *table, const struct idhash *old,
		     uint32_t from)
{
	uint32_t id[MOVE], hash[MOVE];
	uint32_t i, n = 0;

	for (; from < old->size && n < MOVE; from++) {
		id[n] = old->slot[from];
		n += old->tag[from] > TAG_DEAD;
	}
	for (i = 0; i < n; i++)
		hash[i] = table->hash(table->ctx, id[i]);
	for (i = 0; i < n; i++)
		put(table, hash[i], id[i]);
	return from;
}

static void resize(struct idhash *table, uint32_t size)
{
	struct idhash old = *table;
	uint32_t at = 0;

	arrays_get(table, size);
	while (at < old.size)
		at = move(table, &old, at);
	arrays_put(&old);
}

void idhash_insert(struct idhash *table, uint32_t hash, uint32_t id)
{
	uint64_t full = (uint64_t)table->size * 13 / 16;

	if (table->used + table->dead >= full)
		resize(table, MAX(table->used + table->used / 8 * 7,
				  SIZE_MIN));
	put(table, hash, id);
	table->used++;
}

void idhash_remove(struct idhash *table, uint32_t hash, uint32_t id)
{
	uint32_t at = idhash_home(table, hash);
	uint8_t tag = idhash_tag(hash);
	uint32_t next;

	while (table->tag[at] != tag || table->slot[at] != id)
		at = at + 1 == table->size ? 0 : at + 1;
	next = at + 1 == table->size ? 0 : at + 1;
	if (table->tag[next] == TAG_EMPTY) {
		table->tag[at] = TAG_EMPTY;
	} else {
		table->tag[at] = TAG_DEAD;
		table->dead++;
	}
	table->used--;
	if (table->used == 0)
		idhash_fini(table);
	else if (table->size > SIZE_MIN && table->used < table->size / 6)
		resize(table, MAX(table->used * 2, SIZE_MIN));
}

uint64_t idhash_bytes(const struct idhash *table)
{
	return (uint64_t)table->size * (sizeof(*table->slot) + 1);
}
