// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The short cut of large IPv6 tables alone: random changes of pages so full
 * that words go far from their homes, beside a plain list. LPM_SEED=n repeats
 * a run.
 */
#include <stdio.h>
#include <time.h>
#include "ktap.h"
#include "lpm/oracle.h"
#include "lpm/unmix.h"

static u64 seed;

#define HASH_WORDS 192

/*
 * What the hash test uses: a mix and its entry. In one page or few, with few
 * homes, the last ones of a page among them, so that many find theirs taken.
 */
struct hash_test {
	struct lpm_hash *hash;
	u32 mix[HASH_WORDS];
	u32 entry[HASH_WORDS];
	unsigned int more;	/* found behind the next pair */
};

static u32 hash_get(const struct lpm_hash *hash, u32 mix)
{
	return lpm_hash_find(hash, mix, lpm_hash_start(hash, mix));
}

/* How many slots behind its home a mix is, round the end */
static u32 hash_distance(const struct lpm_hash *hash, u32 mix)
{
	unsigned long tagged = lpm_hash_tagged(hash, mix);
	u32 last = U32_MAX >> (tagged & LPM_HASH_TAG), i;
	u32 home = lpm_hash_home(mix, tagged & LPM_HASH_TAG);
	const u64 *slots = lpm_hash_slots(tagged);

	for (i = 0; i < last && !lpm_hash_is(slots[(home + i) & last], mix);)
		i++;
	return i;
}

static bool hash_same(struct hash_test *t)
{
	unsigned int i;

	for (i = 0; i < HASH_WORDS; i++) {
		if (hash_get(t->hash, t->mix[i]) != t->entry[i])
			return false;
		if (t->entry[i])
			t->more += hash_distance(t->hash, t->mix[i]) > 3;
	}
	return true;
}

static void test_hash(unsigned int pages, unsigned int homes)
{
	struct hash_test t = { .hash = vnet_lpm_hash_create(GFP_ATOMIC) };
	u64 rnd = seed;
	unsigned int i, n;
	bool ok = t.hash;

	for (i = 0; i < HASH_WORDS; i++)
		t.mix[i] = i % pages << (32 - LPM_HASH_PAGE_BITS) |
			   (63 - i % homes) << 20 | i;
	for (n = 0; ok && n < 20000; n++) {
		i = random_below(&rnd, HASH_WORDS);
		t.entry[i] = random_below(&rnd, 4) > n / 2500 % 4 ? n + 1 : 0;
		vnet_lpm_hash_set(t.hash, unmix(t.mix[i]), t.entry[i],
				  GFP_ATOMIC);
		rcu_barrier();
		ok = hash_same(&t);
	}
	vnet_lpm_hash_free(t.hash);
	ktap_ok(ok && t.more, "the short cut: %u changes, pages %u, homes %u",
		n, pages, homes);
}

/* Whose search may end at an empty slot that looks like its own. */
static void test_hash_zero(void)
{
	struct lpm_hash *hash = vnet_lpm_hash_create(GFP_ATOMIC);
	bool ok = hash;

	if (ok) {
		vnet_lpm_hash_set(hash, unmix(1), 1, GFP_ATOMIC);
		vnet_lpm_hash_set(hash, unmix(0), 2, GFP_ATOMIC);
		vnet_lpm_hash_set(hash, unmix(1), 0, GFP_ATOMIC);
		ok = hash_get(hash, 0) == 2 && !hash_get(hash, 1);
	}
	vnet_lpm_hash_free(hash);
	ktap_ok(ok, "the short cut: an empty slot is nobody's");
}

int main(void)
{
	const char *given = getenv("LPM_SEED");

	ktap_start();
	seed = given ? strtoull(given, NULL, 0) : (u64)time(NULL);
	printf("# LPM_SEED=%llu\n", (unsigned long long)seed);
	test_hash(1, 64);
	test_hash(1, 8);
	test_hash(4, 8);
	test_hash_zero();
	return ktap_finish();
}
