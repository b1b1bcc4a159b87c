// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The LPM table at full size in user space: 1,000,000 IPv4 and 200,000 IPv6
 * routes whose lengths are shared out as in the Internet's tables. Prints time
 * per lookup (thr: one after the other without waiting; lat: each address
 * depends on the last result; batch: vnet_lpm_lookup_many()), memory, and time
 * per update with its tail.
 *
 * lpm_bench [rounds]. GLIBC_TUNABLES=glibc.malloc.hugetlb=1 gives the chunks
 * huge pages, as the kernel's linear map has.
 */
#include <stdio.h>
#include <time.h>
#include "oracle.h"
#include "../../kmod/lpm_wide.h"

#define LOOKUPS (1 << 20)
#define BATCH 32

static u64 rnd = 88172645463325252ULL;
static spinlock_t lock;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static double uniform(void)
{
	return (random_next(&rnd) >> 11) * 0x1p-53;
}

/* An index below @n, small ones far more often than large ones. */
static unsigned int skewed(unsigned int n)
{
	double x = uniform();

	return x * x * x * n;
}

struct share {
	unsigned int len;
	double part;
};

static const struct share shares4[] = {
	{ 24, .62 }, { 22, .11 }, { 23, .10 }, { 21, .053 }, { 20, .045 },
	{ 19, .025 }, { 18, .014 }, { 16, .0135 }, { 17, .008 }, { 32, .002 },
	{ 29, .001 }, { 26, .001 }, { 15, .002 }, { 14, .001 }, { 12, .0005 },
	{ 11, .0003 }, { 8, .0001 }, { 0, 0 },
};

static const struct share shares6[] = {
	{ 48, .42 }, { 32, .12 }, { 44, .10 }, { 40, .095 }, { 36, .05 },
	{ 47, .04 }, { 46, .04 }, { 45, .03 }, { 42, .03 }, { 38, .02 },
	{ 34, .01 }, { 33, .01 }, { 29, .015 }, { 30, .005 }, { 28, .003 },
	{ 20, .001 }, { 64, .01 }, { 0, 0 },
};

static unsigned int pick_len(const struct share *s)
{
	double x = uniform();

	for (; s[1].part > 0; s++) {
		if (x < s->part)
			break;
		x -= s->part;
	}
	return s->len;
}

/* The addresses cluster in 40,000 IPv4 /16 and 30,000 IPv6 /32, unlike full. */
static u32 blocks4[40000], blocks6[30000];

static void make_blocks(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks4); i++)
		blocks4[i] = (1 + random_below(&rnd, 223)) << 24 |
			     random_below(&rnd, 256) << 16;
	for (i = 0; i < ARRAY_SIZE(blocks6); i++) {
		static const u16 top[] = {0x2001, 0x2400, 0x2600,
					  0x2800, 0x2a00, 0x2c0f};
		unsigned int t = random_below(&rnd, ARRAY_SIZE(top));

		blocks6[i] = top[t] << 16 | skewed(8192) << 3;
		if (t && t < 5)
			blocks6[i] += random_below(&rnd, 12) << 16;
	}
}

/* Every second IPv4 prefix follows the last, as in a block that was split. */
static struct vnet_prefix make_prefix(int family)
{
	static struct lpm_key last;
	static struct vnet_prefix prefix;
	struct lpm_key key = { };

	if (family == AF_INET && prefix.len && random_below(&rnd, 2)) {
		key.hi = last.hi + (1ULL << (64 - prefix.len));
	} else if (family == AF_INET) {
		prefix.len = pick_len(shares4);
		key.hi = blocks4[skewed(40000)] | random_below(&rnd, 65536);
		key.hi <<= 32;
	} else {
		prefix.len = pick_len(shares6);
		key.hi = (u64)blocks6[skewed(30000)] << 32;
		/* Half of a provider's customers count from the start. */
		if (random_below(&rnd, 2))
			key.hi |= random_next(&rnd) >> 32;
		else
			key.hi |= skewed(512) << 16;
	}
	last = lpm_key_mask(key, prefix.len);
	lpm_key_store(prefix.addr, family == AF_INET ? 32 : 128, last);
	return prefix;
}

struct bench {
	struct vnet_lpm t;
	int family;
	unsigned int count;
	struct vnet_prefix *prefix;
	u8 (*trace[3])[16];
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

/* Times of single updates, in seconds. */
static void print_updates(const char *what, double *took, unsigned int n,
			  double total)
{
	qsort(took, n, sizeof(*took), by_value);
	printf("  %-8s %6.3f M/s  p50 %.2f  p99 %.2f  p99.9 %.2f  p99.99 %.2f"
	       "  max %.1f us\n",
	       what, n / total / 1e6, took[n / 2] * 1e6,
	       took[n - n / 100] * 1e6, took[n - n / 1000] * 1e6,
	       took[n - n / 10000] * 1e6, took[n - 1] * 1e6);
}

static void fill(struct bench *b)
{
	unsigned int want = b->family == AF_INET ? 1000000 : 200000, i;
	double *took = malloc(want * sizeof(*took));
	double begin, total, last, next;
	struct vnet_prefix prefix;
	struct vnet_lpm filter;

	/* Distinct prefixes first. */
	b->prefix = malloc(want * sizeof(*b->prefix));
	vnet_lpm_init(&filter, b->family, &lock);
	for (i = 0; i < want; ) {
		prefix = make_prefix(b->family);
		if (vnet_lpm_get(&filter, &prefix))
			continue;
		vnet_lpm_insert(&filter, &prefix, 1, NULL);
		b->prefix[i++] = prefix;
	}
	vnet_lpm_destroy(&filter);
	b->count = want;
	vnet_lpm_init(&b->t, b->family, &lock);
	begin = now();
	for (i = 0; i < want; i++)
		vnet_lpm_insert(&b->t, &b->prefix[i], 1 + i % 256, NULL);
	total = now() - begin;
	vnet_lpm_flush(&b->t);
	rcu_barrier();
	last = now();
	for (i = 0; i < want; i++) {
		vnet_lpm_insert(&b->t, &b->prefix[i], 1 + i % 256, NULL);
		next = now();
		took[i] = next - last;
		last = next;
	}
	print_updates("insert", took, want, total);
	free(took);
}

static void churn(struct bench *b, const char *what)
{
	unsigned int n = 500000, i, k;
	double *took = malloc(n * sizeof(*took));
	double begin = now(), last = begin, next;

	for (i = 0; i < n; i++) {
		k = random_below(&rnd, b->count);
		if (*what == 'f' && i & 1)
			vnet_lpm_insert(&b->t, &b->prefix[k], 7, NULL);
		else if (*what == 'f')
			vnet_lpm_remove(&b->t, &b->prefix[k], NULL);
		else
			vnet_lpm_insert(&b->t, &b->prefix[k], 1 + i % 256,
					NULL);
		next = now();
		took[i] = next - last;
		last = next;
	}
	print_updates(what, took, n, last - begin);
	free(took);
	for (i = 0; i < b->count; i++)
		vnet_lpm_insert(&b->t, &b->prefix[i], 1 + i % 256, NULL);
}

static void drain(struct bench *b)
{
	double *took = malloc(b->count * sizeof(*took));
	double begin = now(), last = begin, next;
	unsigned int i;

	for (i = 0; i < b->count; i++) {
		vnet_lpm_remove(&b->t, &b->prefix[i], NULL);
		next = now();
		took[i] = next - last;
		last = next;
	}
	print_updates("remove", took, b->count, last - begin);
	free(took);
}

static void random_host(const struct bench *b, u8 *addr)
{
	const struct vnet_prefix *prefix =
		&b->prefix[random_below(&rnd, b->count)];
	unsigned int i;

	memcpy(addr, prefix->addr, 16);
	for (i = prefix->len; i < (b->family == AF_INET ? 32 : 128); i++)
		if (random_next(&rnd) >> 63)
			addr[i / 8] |= 0x80 >> i % 8;
}

static void make_traces(struct bench *b)
{
	static u8 popular[100000][16];
	double norm = 0, x, *sum = malloc(sizeof(*sum) * 100000);
	unsigned int i, t, low, high, mid;

	for (i = 0; i < 100000; i++) {
		random_host(b, popular[i]);
		norm += 1.0 / (i + 1);
		sum[i] = norm;
	}
	for (t = 0; t < 3; t++)
		b->trace[t] = malloc(LOOKUPS * 16);
	for (i = 0; i < LOOKUPS; i++) {
		u64 word[2] = { random_next(&rnd), random_next(&rnd) };

		memcpy(b->trace[0][i], word, 16);
		if (b->family == AF_INET6)
			b->trace[0][i][0] = 0x20 | (b->trace[0][i][0] & 0x1f);
		for (x = uniform() * norm, low = 0, high = 99999; low < high;) {
			mid = (low + high) / 2;
			if (sum[mid] < x)
				low = mid + 1;
			else
				high = mid;
		}
		memcpy(b->trace[1][i], popular[low], 16);
		random_host(b, b->trace[2][i]);
	}
	free(sum);
}

static double run_thr(struct bench *b, u8 (*trace)[16])
{
	double begin = now();
	unsigned int i, sum = 0;
	u8 len;

	for (i = 0; i < LOOKUPS; i++)
		sum += vnet_lpm_lookup(&b->t, trace[i], &len);
	__asm__ volatile("" : : "r"(sum));
	return (now() - begin) / LOOKUPS * 1e9;
}

static double run_lat(struct bench *b, u8 (*trace)[16])
{
	double begin = now();
	unsigned int i, last = 0;
	u8 len;

	/* A value has 24 bits, which the compiler does not know. */
	for (i = 0; i < LOOKUPS; i++)
		last = vnet_lpm_lookup(&b->t, trace[i + (last >> 24)], &len);
	__asm__ volatile("" : : "r"(last));
	return (now() - begin) / LOOKUPS * 1e9;
}

static double run_batch(struct bench *b, u8 (*trace)[16])
{
	double begin = now();
	const void *addr[BATCH];
	u32 value[BATCH], sum = 0;
	u8 len[BATCH];
	unsigned int i, k;

	for (i = 0; i < LOOKUPS; i += BATCH) {
		for (k = 0; k < BATCH; k++)
			addr[k] = trace[i + k];
		vnet_lpm_lookup_many(&b->t, addr, BATCH, value, len);
		sum += value[i % BATCH];
	}
	__asm__ volatile("" : : "r"(sum));
	return (now() - begin) / LOOKUPS * 1e9;
}

static void lookups(struct bench *b, unsigned int rounds)
{
	static double (*const run[])(struct bench *b, u8 (*trace)[16]) = {
		run_thr, run_lat, run_batch
	};
	static const char *const what[] = { "thr", "lat", "batch" };
	static const char *const name[] = { "random", "zipf", "matching" };
	double took[3][3][64];
	unsigned int r, t, k;

	for (r = 0; r < rounds; r++)
		for (t = 0; t < 3; t++)
			for (k = 0; k < 3; k++)
				took[t][k][r] = run[k](b, b->trace[t]);
	for (t = 0; t < 3; t++) {
		printf("  %-8s", name[t]);
		for (k = 0; k < 3; k++) {
			double mid = median(took[t][k], rounds);

			printf("  %s %.1f (best %.1f)", what[k], mid,
			       took[t][k][0]);
		}
		printf(" ns\n");
	}
}

/* What lookups never touch: heads but for the base, and lists. */
static void count_lists(const struct lpm_trie *trie, u32 entry, size_t *writers)
{
	const struct lpm_node *node = lpm_trie_child(trie, entry);
	unsigned int i, runs;
	u32 below;

	*writers += 8;
	if (entry & LPM_BUCKET)
		return;
	runs = node->before[3] + lpm_popcount(node->map[3]);
	*writers += 5 * node->head.count;
	for (i = 0; i < runs; i++) {
		below = lpm_code_entry(node, node->run[i], 0);
		if (below & LPM_CHILD)
			count_lists(trie, below, writers);
	}
}

static void memory(struct bench *b)
{
	struct vnet_lpm_stats st;
	size_t writers = 0;

	vnet_lpm_stats(&b->t, &st);
	count_lists(container_of(b->t.body, struct lpm_trie, head),
		    container_of(b->t.body, struct lpm_trie, head)->root,
		    &writers);
	printf("  memory   bytes a route: %.2f for lookups, %.2f with what only"
	       " updates use, %.2f with what is free; %u blocks\n",
	       (double)(st.bytes - st.idle_bytes - writers) / b->count,
	       (double)(st.bytes - st.idle_bytes) / b->count,
	       (double)st.bytes / b->count, st.nodes);
}

/*
 * What the machine can do at the moment: loads from @bytes of memory, waiting
 * for one another and not.
 */
static void reference(size_t bytes)
{
	unsigned int n = bytes / 64, i, k, at = 0, sum = 0;
	u32 *mem = aligned_alloc(1 << 21, bytes);
	double begin;

	/* One cycle through all lines (Sattolo). */
	for (i = 0; i < n; i++)
		mem[i * 16] = i;
	for (i = n - 1; i; i--) {
		k = random_below(&rnd, i);
		at = mem[i * 16];
		mem[i * 16] = mem[k * 16];
		mem[k * 16] = at;
	}
	begin = now();
	for (i = 0; i < LOOKUPS; i++)
		at = mem[at * 16];
	printf("  loads from %zu KiB: waiting %.1f ns,", bytes >> 10,
	       (now() - begin) / LOOKUPS * 1e9);
	begin = now();
	for (i = 0; i < LOOKUPS; i++)
		sum += mem[(u64)(i * 2654435761U) * n >> 32 << 4];
	printf(" not waiting %.1f ns\n", (now() - begin) / LOOKUPS * 1e9);
	__asm__ volatile("" : : "r"(at + sum));
	free(mem);
}

static void bench(int family, unsigned int rounds)
{
	struct bench b = { .family = family };
	unsigned int t;

	printf("IPv%d\n", family == AF_INET ? 4 : 6);
	fill(&b);
	memory(&b);
	make_traces(&b);
	reference(512 << 10);
	reference(8 << 20);
	lookups(&b, rounds);
	churn(&b, "replace");
	churn(&b, "flap");
	memory(&b);
	drain(&b);
	vnet_lpm_destroy(&b.t);
	for (t = 0; t < 3; t++)
		free(b.trace[t]);
	free(b.prefix);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? atoi(argv[1]) : 5;

	if (rounds < 1 || rounds > 64) {
		fprintf(stderr, "lpm_bench: between 1 and 64 rounds, please\n");
		return 2;
	}
	make_blocks();
	bench(AF_INET, rounds);
	bench(AF_INET6, rounds);
	return 0;
}
