// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of ids against a list of what must be in it, while it grows and
 * shrinks: each id is found at all times, what is not there never, and no
 * operation asks for the hashes of more than a few.
 */
#include <stdlib.h>

#include "ktap.h"
#include "lib/idhash.h"

#define IDS		50000
#define ASKED_MAX	64

static bool present[IDS];
static uint32_t n_present;
static unsigned int asked, asked_most;

/* One id in eight has the hash of another, and of these some all the same. */
static uint32_t hash_of(uint32_t id)
{
	if (id % 8 == 0)
		id++;
	if (id % 1024 < 16)
		id = 1;
	return id * 2654435769u;
}

static uint32_t asked_hash(const void *ctx, uint32_t id)
{
	(void)ctx;
	asked++;
	return hash_of(id);
}

static unsigned int times_found(const struct idhash *table, uint32_t id)
{
	struct idhash_probe probe = idhash_probe(table, hash_of(id));
	unsigned int n = 0;
	uint32_t other;

	while (idhash_next(table, &probe, &other))
		n += other == id;
	return n;
}

static bool right(const struct idhash *table, uint32_t id)
{
	return times_found(table, id) == present[id];
}

static void count(void *sum, uint32_t id)
{
	*(uint64_t *)sum += 1ull << 32 | id;
}

static bool all_right(const struct idhash *table)
{
	uint64_t sum = 0, want = 0;
	uint32_t id;

	for (id = 0; id < IDS; id++) {
		if (!right(table, id))
			return false;
		if (present[id])
			count(&want, id);
	}
	idhash_each(table, count, &sum);
	return sum == want && table->used == n_present;
}

static void toggle(struct idhash *table, uint32_t id)
{
	asked = 0;
	if (present[id])
		idhash_remove(table, hash_of(id), id);
	else
		idhash_insert(table, hash_of(id), id);
	n_present += present[id] ? -1 : 1;
	present[id] = !present[id];
	if (asked > asked_most)
		asked_most = asked;
}

/* Toggle some of 10 that are not, and of 10 that are, until so many are. */
static bool reach(struct idhash *table, uint32_t want, unsigned int add,
		  unsigned int remove)
{
	uint32_t id;

	while (n_present != want) {
		id = random() % IDS;
		if (random() % 10u >= (present[id] ? remove : add))
			continue;
		toggle(table, id);
		if (!right(table, id) || !right(table, random() % IDS))
			return false;
	}
	return true;
}

int main(void)
{
	struct idhash table;
	unsigned int moves;
	uint32_t id;
	bool ok;

	ktap_start();
	srandom(1);
	idhash_init(&table, asked_hash, NULL);
	ktap_ok(all_right(&table), "nothing is found in an empty table");
	ktap_ok(reach(&table, IDS / 2, 10, 2) && all_right(&table),
		"each id is found while the table grows, and no other");
	ktap_ok(reach(&table, IDS / 8, 1, 10) && all_right(&table),
		"and while it shrinks");
	for (id = 0, ok = true, moves = 0; id < IDS; id++) {
		if (!present[id])
			toggle(&table, id);
		if (table.old.size == 0 || id % 50)
			continue;
		moves++;
		ok = ok && all_right(&table);
		toggle(&table, id);
		ok = ok && all_right(&table);
		if (moves > 20)
			break;
	}
	ktap_ok(ok && moves > 20, "all of them, amid a move");
	ktap_ok(reach(&table, 0, 0, 10) && all_right(&table),
		"and none when all are removed");
	ktap_ok(idhash_bytes(&table) == 0, "an empty table has no memory");
	ktap_ok(asked_most > 0 && asked_most <= ASKED_MAX,
		"no operation asked for more than %u hashes", asked_most);
	idhash_fini(&table);
	return ktap_finish();
}
