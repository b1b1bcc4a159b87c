// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readers of an LPM table while a writer fills, churns and empties it, under
 * ThreadSanitizer. Some routes stay all the time. Whatever a reader gets must
 * be a route that exists at times, that covers the address, and that is no
 * shorter than the longest of those that stay; a walk must meet each of these
 * exactly once.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include "ktap.h"
#include "lpm/oracle.h"
#include "../../kmod/lpm_wide.h"

#define READERS 2
#define ROUTES	4000 /* route[i] has the values 2i + 2 and 2i + 3 */
#define STAY(i) ((i) % 50 == 0)
#define ADDRS	2000

static struct vnet_lpm table;
static spinlock_t lock;
static struct vnet_prefix route[ROUTES];
static u8 addr[ADDRS][16];
static u8 least[ADDRS]; /* length of the longest route that stays there */
static unsigned int bits;
static bool stop, wrong;
static unsigned long long lookups;

static bool valid(unsigned int a, u32 value, u8 len, unsigned int at_least)
{
	unsigned int i = value / 2 - 1;

	if (!value)
		return !at_least;
	return i < ROUTES && route[i].len == len &&
	       prefix_covers(&route[i], addr[a]) && len >= at_least;
}

static bool read_one(u64 *rnd)
{
	unsigned int maxlen = random_below(rnd, bits + 1);
	unsigned int a = random_below(rnd, ADDRS);
	const struct vnet_lpm *tables[VNET_LPM_TABLES] = { &table };
	struct vnet_lpm_match match[VNET_LPM_TABLES];
	u8 len = 0;
	u32 value;

	vnet_lpm_lookup_tables(tables, addr[a], match);
	if (!valid(a, match[0].value, match[0].len, least[a]))
		return false;
	value = vnet_lpm_lookup(&table, addr[a], &len);
	if (!valid(a, value, len, least[a]))
		return false;
	value = vnet_lpm_lookup_shorter(&table, addr[a], maxlen, &len);
	return valid(a, value, len, least[a] <= maxlen ? least[a] : 0) &&
	       (!value || len <= maxlen);
}

static bool read_batch(u64 *rnd)
{
	unsigned int a[24], i;
	const void *addrs[24];
	u32 value[24];
	u8 len[24];

	for (i = 0; i < 24; i++) {
		a[i] = random_below(rnd, ADDRS);
		addrs[i] = addr[a[i]];
	}
	vnet_lpm_prefetch_many(&table, addrs, 24);
	vnet_lpm_lookup_many(&table, addrs, 24, value, len);
	for (i = 0; i < 24; i++)
		if (!valid(a[i], value[i], len[i], least[a[i]]))
			return false;
	return true;
}

static bool read_walk(void)
{
	struct vnet_lpm_cursor c = { };
	unsigned int seen = 0, i;

	while (vnet_lpm_next(&table, &c)) {
		i = c.value / 2 - 1;
		if (i >= ROUTES ||
		    memcmp(&route[i], &c.prefix, sizeof(c.prefix)))
			return false;
		seen += STAY(i);
	}
	return seen == DIV_ROUND_UP(ROUTES, 50);
}

static void *reader(void *arg)
{
	u64 rnd = (uintptr_t)arg;
	unsigned int i, n;
	bool ok = true;

	for (n = 0; ok && !READ_ONCE(stop); n++) {
		rcu_read_lock();
		for (i = 0; ok && i < 50; i++)
			ok = read_one(&rnd);
		ok = ok && read_batch(&rnd) && (n % 64 || read_walk());
		rcu_read_unlock();
	}
	if (!ok)
		WRITE_ONCE(wrong, true);
	__atomic_fetch_add(&lookups, 74ULL * n, __ATOMIC_RELAXED);
	return NULL;
}

static void fill(int family, u64 *rnd)
{
	struct vnet_lpm seen;
	struct oracle stay;
	unsigned int i;

	bits = family == AF_INET ? 32 : 128;
	vnet_lpm_init(&table, family, &lock);
	vnet_lpm_init(&seen, family, &lock);
	oracle_init(&stay, family);
	for (i = 0; i < ROUTES; ) {
		random_prefix(rnd, bits, 3, &route[i]);
		/* Others begin in bytes in which nothing else does. */
		if (!STAY(i) && i % 4 == 0 && route[i].len > 8)
			route[i].addr[0] = random_next(rnd);
		if (vnet_lpm_get(&seen, &route[i]))
			continue;
		vnet_lpm_insert(&seen, &route[i], 1, NULL);
		if (STAY(i)) {
			oracle_insert(&stay, &route[i], 2 * i + 2);
			vnet_lpm_insert(&table, &route[i], 2 * i + 2, NULL);
		}
		i++;
	}
	for (i = 0; i < ADDRS; i++) {
		random_addr(rnd, bits, &route[random_below(rnd, ROUTES)],
			    addr[i]);
		least[i] = 0;
		oracle_lookup(&stay, addr[i], bits, &least[i]);
	}
	oracle_free(&stay);
	vnet_lpm_flush(&seen);
	rcu_barrier();
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* Too few to have met in earnest */
#define ENOUGH	1000
#define PATIENCE 60		/* seconds, on a machine that has other work */

/*
 * Up and down between the routes that stay and all, from body to body: for some
 * time, and until there has been enough of it.
 */
static unsigned int write_all(u64 *rnd, double seconds, unsigned int *shrunk)
{
	bool trie = false, was;
	unsigned int n = 0, i, odds;
	double begin = now();

	do {
		odds = n / 20000 % 2 ? 0 : 90;
		i = random_below(rnd, ROUTES);
		if (STAY(i) || random_below(rnd, 100) < odds)
			vnet_lpm_insert(&table, &route[i], 2 * i + 2 + n % 2,
					NULL);
		else
			vnet_lpm_remove(&table, &route[i], NULL);
		was = trie;
		trie = table.body && table.body->kind == LPM_TRIE;
		*shrunk += was && !trie;
		if (n % 3000 < 256 / LPM_WIDE_STEP)
			vnet_lpm_widen(&table);
		if (n % 3000 == 2000)
			vnet_lpm_narrow(&table);
		n++;
	} while (!READ_ONCE(wrong) &&
		 (now() < begin + seconds ||
		  (n <= ENOUGH && now() < begin + PATIENCE)));
	return n;
}

static void test_family(int family, u64 rnd, double seconds)
{
	pthread_t thread[READERS];
	unsigned int i, updates, shrunk = 0;

	stop = false;
	lookups = 0;
	fill(family, &rnd);
	for (i = 0; i < READERS; i++)
		if (pthread_create(&thread[i], NULL, reader,
				   (void *)(uintptr_t)(rnd + i + 1)))
			abort();
	updates = write_all(&rnd, seconds, &shrunk);
	WRITE_ONCE(stop, true);
	for (i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	ktap_ok(!wrong && lookups > ENOUGH && updates > ENOUGH,
		"IPv%d: %llu lookups beside %u updates, small again %u times",
		family == AF_INET ? 4 : 6, lookups, updates, shrunk);
	vnet_lpm_destroy(&table);
	rcu_barrier();
}

int main(void)
{
	const char *seconds = getenv("LPM_SECONDS");
	const char *given = getenv("LPM_SEED");
	u64 seed = given ? strtoull(given, NULL, 0) : (u64)time(NULL);

	ktap_start();
	printf("# LPM_SEED=%llu\n", (unsigned long long)seed);
	test_family(AF_INET, 2 * seed + 1, seconds ? atof(seconds) : 3);
	test_family(AF_INET6, 2 * seed + 1, seconds ? atof(seconds) : 3);
	return ktap_finish();
}
