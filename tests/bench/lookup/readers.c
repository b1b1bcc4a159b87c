// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What readers of a full table lose beside a writer that makes 100,000 updates a
 * second, in user space: user-mode Linux has one CPU, so no reader is ever beside
 * a writer there. By turns, a round with the writer and one without.
 *
 *	readers ROUNDS		prints "bench: FAMILY readers alone|beside thr NS"
 *				and "bench: FAMILY readers updates rate N"
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../../../kmod/lpm.h"
#include "prefixes.h"

#define LOOKUPS		(1U << 22)
#define ADDRESSES	(1U << 18)
#define SECTION		1024		/* lookups in one read-side section */
#define RATE		100000		/* updates a second ... */
#define BURST		20		/* ... in as many bursts of these as it takes */

static struct vnet_lpm table;
static spinlock_t lock;
static struct bench_prefix *prefixes;
static uint32_t count;
static uint8_t (*address)[16];
static bool writing, stop;
static unsigned long updates;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static struct vnet_prefix prefix_of(struct bench_prefix p)
{
	struct vnet_prefix prefix = { .len = p.len };
	uint64_t hi = htobe64(p.hi);

	memcpy(prefix.addr, &hi, sizeof(hi));
	return prefix;
}

static void insert(uint32_t i)
{
	struct vnet_prefix prefix = prefix_of(prefixes[i]);

	if (vnet_lpm_insert(&table, &prefix, 1 + i % 256, NULL))
		err(1, "insert");
}

/* One route in 16 goes and comes back. */
static void update(unsigned long n)
{
	uint32_t i = n / 2 * 16 % count;
	struct vnet_prefix prefix = prefix_of(prefixes[i]);

	if (n % 2)
		insert(i);
	else
		vnet_lpm_remove(&table, &prefix, NULL);
}

static void *write_all(void *unused)
{
	struct timespec pause = { .tv_nsec = 1000000000L / RATE * BURST };
	double begin = 0;
	unsigned long done = 0, due;

	(void)unused;
	while (!READ_ONCE(stop)) {
		if (!READ_ONCE(writing)) {
			begin = 0;
		} else if (begin == 0) {
			begin = now();
			done = 0;
		} else {
			due = (now() - begin) * RATE;
			for (; done < due; done++) {
				update(updates);
				WRITE_ONCE(updates, updates + 1);
			}
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static double read_all(void)
{
	double begin = now();
	uint32_t i, k, sum = 0;
	uint8_t len;

	for (i = 0; i < LOOKUPS; i += SECTION) {
		rcu_read_lock();
		for (k = 0; k < SECTION; k++)
			sum += vnet_lpm_lookup(&table, address[(i + k) % ADDRESSES], &len);
		rcu_read_unlock();
	}
	__asm__ volatile("" : : "r"(sum));
	return (now() - begin) * 1e9 / LOOKUPS;
}

static void make_table(bool v6)
{
	struct bench_rng rng = { .state = 9 };
	uint32_t slots = 4, *seen, i;
	struct bench_prefix p;
	uint64_t word[2];

	count = v6 ? 200000 : 1000000;
	while (slots < 2 * count)
		slots *= 2;
	seen = calloc(slots, sizeof(*seen));
	prefixes = calloc(count, sizeof(*prefixes));
	address = calloc(ADDRESSES, sizeof(*address));
	if (!seen || !prefixes || !address)
		err(1, "%u prefixes", count);
	bench_prefixes(v6, prefixes, count, seen, slots);
	free(seen);
	vnet_lpm_init(&table, v6 ? AF_INET6 : AF_INET, &lock);
	for (i = 0; i < count; i++)
		insert(i);
	for (i = 0; i < ADDRESSES; i++) {
		p = prefixes[bench_random(&rng) % count];
		word[0] = p.len < 64 ? p.hi | bench_random(&rng) >> p.len : p.hi;
		word[0] = htobe64(word[0]);
		word[1] = bench_random(&rng);
		memcpy(address[i], word, sizeof(word));
	}
}

static void run_family(bool v6, unsigned int rounds)
{
	pthread_t writer;
	unsigned long before;
	unsigned int i;
	double begin;

	make_table(v6);
	stop = false;
	if (pthread_create(&writer, NULL, write_all, NULL))
		errx(1, "no thread");
	for (i = 0; i < 2 * rounds; i++) {
		begin = now();
		before = READ_ONCE(updates);
		WRITE_ONCE(writing, i % 2);
		printf("bench: %d readers %s thr %.2f\n", v6 ? 6 : 4,
		       i % 2 ? "beside" : "alone", read_all());
		if (i % 2)
			printf("bench: %d readers updates rate %.0f\n", v6 ? 6 : 4,
			       (READ_ONCE(updates) - before) / (now() - begin));
	}
	WRITE_ONCE(stop, true);
	pthread_join(writer, NULL);
	vnet_lpm_destroy(&table);
	rcu_barrier();
	free(prefixes);
	free(address);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? atoi(argv[1]) : 9;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		errx(1, "a reader beside a writer takes two processors");
	run_family(false, rounds);
	run_family(true, rounds);
	return 0;
}
