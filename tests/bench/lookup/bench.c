// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookup benchmark: the module's longest-prefix match beside the kernel's own
 * tables and a BPF LPM trie, all with the same routes, in one run, interleaved.
 *
 * Loading the module is the run; it never stays. Each line in the log is
 *	bench: FAMILY TRACE ENTRY thr NS lat NS
 * thr: independent lookups; lat: each needs the answer of the one before. All
 * entries must give the same answers, or the run fails.
 *
 * "bench: FAMILY load 512k|table lat NS" is what memory takes for a load that needs
 * the one before, anywhere in 512 KiB or in as much as the table has: a measure for
 * lat that belongs to the machine.
 */
#include <linux/bpf.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/ipv6_stubs.h>
#include <net/nexthop.h>

#include "lpm.h"
#include "prefixes.h"

static int family = 4;
module_param(family, int, 0);
static unsigned int count = 1000000;
module_param(count, uint, 0);
static unsigned int nexthops = 256;
module_param(nexthops, uint, 0);
static unsigned int table = 1000;
module_param(table, uint, 0);
static int map = -1;
module_param(map, int, 0);
static unsigned int rounds = 9;
module_param(rounds, uint, 0);
static unsigned int lookups = 1U << 20;
module_param(lookups, uint, 0);
static unsigned int builds = 5;
module_param(builds, uint, 0);

#define ZIPF_ADDRESSES	100000
#define MANY_NEXTHOPS	65536

struct bench_addr {
	__be64 hi;
	__be64 lo;
};

static bool v6;
static struct bench_prefix *prefixes;
static struct vnet_lpm lpm;
static DEFINE_SPINLOCK(lpm_lock);
static struct fib_table *table4;
static struct fib6_table *table6;
static struct bpf_map *bpf_map;
static struct bench_addr *trace;

/* Memory to be read in an order that nobody foresees; see above. */
static const char *const load_names[] = { "512k", "table" };
struct bench_line {
	u32 next;
} __aligned(64);

static struct bench_line *lines[ARRAY_SIZE(load_names)];

/*
 * The entries. Each gives the id of the next hop, 0 if nothing matches.
 */

static u32 lookup_lpm(const struct bench_addr *a)
{
	u8 plen;

	return vnet_lpm_lookup(&lpm, a, &plen);
}

static u32 lookup_fib4(const struct bench_addr *a)
{
	struct flowi4 fl4 = { .daddr = *(const __be32 *)a };
	struct fib_result res;

	if (fib_table_lookup(table4, &fl4, &res, FIB_LOOKUP_NOREF))
		return 0;
	return res.fi->nh->id;
}

static u32 lookup_fib6(const struct bench_addr *a)
{
	struct flowi6 fl6 = { .daddr = *(const struct in6_addr *)a };
	struct fib6_result res = { };

	if (ipv6_stub->fib6_table_lookup(&init_net, table6, 0, &fl6, &res, 0) ||
	    !res.f6i->nh)
		return 0;
	return res.f6i->nh->id;
}

static u32 lookup_bpf(const struct bench_addr *a)
{
	struct {
		u32 len;
		u8 addr[16];
	} key = { .len = v6 ? 128 : 32 };
	const u32 *value;

	memcpy(key.addr, a, v6 ? 16 : 4);
	value = bpf_map->ops->map_lookup_elem(bpf_map, &key);
	return value ? *value : 0;
}

struct bench_entry {
	const char *name;
	u32 (*lookup)(const struct bench_addr *a);
};

static const struct bench_entry entries4[] = {
	{ "lpm", lookup_lpm }, { "fib", lookup_fib4 }, { "bpf", lookup_bpf },
};

static const struct bench_entry entries6[] = {
	{ "lpm", lookup_lpm }, { "fib", lookup_fib6 }, { "bpf", lookup_bpf },
};

/*
 * Traces
 */

static struct bench_addr address(u64 hi, u64 lo)
{
	/* IPv4 is read from the first four bytes. */
	return (struct bench_addr){ cpu_to_be64(hi), cpu_to_be64(lo) };
}

static struct bench_addr random_address(struct bench_rng *rng)
{
	u64 hi = bench_random(rng);

	return address(v6 ? hi >> 3 | 1ULL << 61 : hi, bench_random(rng));
}

static struct bench_addr matching_address(struct bench_rng *rng)
{
	u64 r = bench_random(rng);
	const struct bench_prefix *p = &prefixes[(u32)r % count];
	u64 host = p->len == 64 ? 0 : bench_random(rng) >> p->len;

	return address(p->hi | host, bench_random(rng));
}

static void trace_random(struct bench_rng *rng)
{
	unsigned int i;

	for (i = 0; i < lookups; i++)
		trace[i] = random_address(rng);
}

static void trace_matching(struct bench_rng *rng)
{
	unsigned int i;

	for (i = 0; i < lookups; i++)
		trace[i] = matching_address(rng);
}

/* Zipf with exponent 1: rank k is drawn from [2^j, 2^(j+1)) for a uniform j. */
static void trace_zipf(struct bench_rng *rng)
{
	struct bench_addr *dst = vmalloc(array_size(ZIPF_ADDRESSES, sizeof(*dst)));
	unsigned int i, j, rank;

	if (!dst)
		return trace_matching(rng);
	for (i = 0; i < ZIPF_ADDRESSES; i++)
		dst[i] = matching_address(rng);
	for (i = 0; i < lookups; i++) {
		do {
			j = bench_random(rng) % fls(ZIPF_ADDRESSES);
			rank = (1U << j) + (bench_random(rng) & ((1U << j) - 1));
		} while (rank > ZIPF_ADDRESSES);
		trace[i] = dst[rank - 1];
	}
	vfree(dst);
}

struct bench_trace {
	const char *name;
	void (*make)(struct bench_rng *rng);
};

static const struct bench_trace traces[] = {
	{ "random", trace_random }, { "zipf", trace_zipf },
	{ "matching", trace_matching },
};

/*
 * Measuring
 */

static u64 measure_thr(const struct bench_entry *e, u64 *sum)
{
	u64 begin = ktime_get_ns(), total = 0;
	unsigned int i;

	for (i = 0; i < lookups; i++)
		total += e->lookup(&trace[i]);
	*sum = total;
	return ktime_get_ns() - begin;
}

/* The answer's top bit is never set, which only we know. */
static u64 measure_lat(const struct bench_entry *e)
{
	u64 begin = ktime_get_ns();
	unsigned int i, last = 0;

	for (i = 0; i < lookups; i++)
		last = e->lookup(&trace[i + (last >> 31)]);
	return ktime_get_ns() - begin;
}

#define BATCH		32

static u64 measure_batch(u64 *sum)
{
	u64 begin = ktime_get_ns(), total = 0;
	const void *addr[BATCH];
	u32 value[BATCH];
	u8 plen[BATCH];
	unsigned int i, j;

	for (i = 0; i < lookups; i += BATCH) {
		for (j = 0; j < BATCH; j++)
			addr[j] = &trace[i + j];
		vnet_lpm_lookup_many(&lpm, addr, BATCH, value, plen);
		for (j = 0; j < BATCH; j++)
			total += value[j];
	}
	*sum = total;
	return ktime_get_ns() - begin;
}

static void print_ns(const char *trace_name, const char *entry, const char *what, u64 ns)
{
	ns = div_u64(ns * 100, lookups);
	pr_info("bench: %d %s %s %s %llu.%02llu\n", family, trace_name, entry, what,
		div_u64(ns, 100), ns % 100);
}

/* Everybody must give the same answers. */
static int check_sum(const char *trace_name, const char *entry, u64 sum, u64 expected)
{
	if (sum == expected)
		return 0;
	pr_err("bench: %d %s %s: sum of answers %llu, expected %llu\n", family, trace_name,
	       entry, sum, expected);
	return -EINVAL;
}

static int measure_entry(const struct bench_trace *t, const struct bench_entry *e,
			 u64 expected, bool print)
{
	u64 thr, lat, sum;

	rcu_read_lock();
	/* Who comes first would find the caches full of another's. */
	measure_thr(e, &sum);
	thr = measure_thr(e, &sum);
	lat = measure_lat(e);
	rcu_read_unlock();
	if (print) {
		print_ns(t->name, e->name, "thr", thr);
		print_ns(t->name, e->name, "lat", lat);
	}
	cond_resched();
	return check_sum(t->name, e->name, sum, expected);
}

static int measure(const struct bench_trace *t, bool print)
{
	const struct bench_entry *e = v6 ? entries6 : entries4;
	u64 batch, expected;
	unsigned int i;
	int err = 0;

	rcu_read_lock();
	/* As in measure_entry(). */
	measure_batch(&expected);
	batch = measure_batch(&expected);
	rcu_read_unlock();
	if (print)
		print_ns(t->name, "lpm", "batch", batch);
	for (i = 0; i < ARRAY_SIZE(entries4) && !err; i++, e++)
		if (e->lookup != lookup_bpf || bpf_map)
			err = measure_entry(t, e, expected, print);
	return err;
}

static void measure_loads(void)
{
	unsigned int i, k, at;
	u64 begin;

	for (k = 0; k < ARRAY_SIZE(lines); k++) {
		begin = ktime_get_ns();
		for (i = 0, at = 0; i < lookups; i++)
			at = READ_ONCE(lines[k][at].next);
		print_ns("load", load_names[k], "lat", ktime_get_ns() - begin);
		cond_resched();
	}
}

/*
 * Our table: built in random order, which is measured too. What takes time of its own
 * takes it each time, so of the time of each insertion the least counts that it took in
 * several builds: the machine has other work to do, at times in the middle of one.
 */

/* The kernel's clock moves on every 256 ns here, which is as long as an insertion takes. */
static u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* @took in ticks, of which @per_ms pass in a millisecond */
static void print_inserts(const char *what, u32 *took, u32 per_ms)
{
	u32 *ns = took;
	u64 total = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		ns[i] = div_u64((u64)took[i] * 1000000, per_ms);
		total += ns[i];
	}
	sort(ns, count, sizeof(*ns), compare_u32, NULL);
	pr_info("bench: %d insert %s rate %llu\n", family, what,
		div64_u64((u64)count * NSEC_PER_SEC, total));
	pr_info("bench: %d insert %s p99.9 %u\n", family, what, ns[count - 1 - count / 1000]);
	pr_info("bench: %d insert %s worst %u\n", family, what, ns[count - 1]);
}

/* The lock held */
static int insert_into(struct vnet_lpm *t, unsigned int i)
{
	struct vnet_prefix p = { .len = prefixes[i].len };
	__be64 hi = cpu_to_be64(prefixes[i].hi);

	memcpy(p.addr, &hi, sizeof(hi));
	if (!v6)
		memset(p.addr + 4, 0, 4);
	return vnet_lpm_insert(t, &p, 1 + i % nexthops, NULL);
}

static int insert(unsigned int i)
{
	int err;

	spin_lock_bh(&lpm_lock);
	err = insert_into(&lpm, i);
	spin_unlock_bh(&lpm_lock);
	return err;
}

static void print_memory(const char *what)
{
	struct vnet_lpm_stats st;

	spin_lock_bh(&lpm_lock);
	vnet_lpm_stats(&lpm, &st);
	spin_unlock_bh(&lpm_lock);
	pr_info("bench: %d memory lpm %s %zu\n", family, what, st.bytes);
}

/*
 * Grace periods pass as they do where time is not all ours: here a loop that never
 * sleeps would see none, and no memory come back.
 */
static int build_once(u32 *took)
{
	unsigned int i;
	u64 begin;
	int err;

	for (i = 0; i < count; i++) {
		begin = ticks();
		err = insert(i);
		took[i] = min_t(u64, ticks() - begin, took[i]);
		if (err)
			return err;
		if (i == 99)
			print_memory("small");
		if (!(i & 1023)) {
			cond_resched();
			synchronize_rcu();
		}
	}
	return 0;
}

static int build(const char *what)
{
	u32 *took = vmalloc(array_size(count, sizeof(*took)));
	u64 begin = ktime_get_ns(), begin_ticks = ticks(), ms;
	unsigned int i;
	int err = 0;

	if (!took)
		return -ENOMEM;
	memset(took, 0xff, count * sizeof(*took));
	for (i = 0; i < builds && !err; i++) {
		spin_lock_bh(&lpm_lock);
		vnet_lpm_flush(&lpm);
		spin_unlock_bh(&lpm_lock);
		rcu_barrier();
		err = build_once(took);
	}
	ms = div_u64(ktime_get_ns() - begin, NSEC_PER_MSEC);
	if (!err)
		print_inserts(what, took, div64_u64(ticks() - begin_ticks, ms));
	vfree(took);
	return err;
}

/* With more next hops than any VNet has, and then the table for all else. */
static int build_both(void)
{
	unsigned int few = nexthops;
	int err;

	vnet_lpm_init(&lpm, v6 ? AF_INET6 : AF_INET, &lpm_lock);
	nexthops = MANY_NEXTHOPS;
	err = build("lpm-many");
	nexthops = few;
	if (!err)
		err = build("lpm");
	if (!err)
		print_memory("full");
	return err;
}

/* One circle through all lines, a random one. */
static struct bench_line *make_lines(size_t bytes)
{
	u32 n = bytes / sizeof(struct bench_line), i, other;
	struct bench_line *line = vmalloc(array_size(n, sizeof(*line)));
	struct bench_rng rng = { .state = n };

	if (!line)
		return NULL;
	for (i = 0; i < n; i++)
		line[i].next = i;
	for (i = n - 1; i > 0; i--) {
		other = bench_random(&rng) % i;
		swap(line[i].next, line[other].next);
	}
	return line;
}

static int make_loads(void)
{
	struct vnet_lpm_stats st;

	spin_lock_bh(&lpm_lock);
	vnet_lpm_stats(&lpm, &st);
	spin_unlock_bh(&lpm_lock);
	lines[0] = make_lines(SZ_512K);
	lines[1] = make_lines(st.bytes);
	return lines[0] && lines[1] ? 0 : -ENOMEM;
}

/*
 * As many VNets as a host may have, each with as many routes as most have; the memory
 * of all tables.
 */

#define TABLES		10000
#define TABLE_ROUTES	100

static int build_table(struct vnet_lpm *t, unsigned int first, size_t *bytes)
{
	struct vnet_lpm_stats st;
	unsigned int i;
	int err = 0;

	vnet_lpm_init(t, v6 ? AF_INET6 : AF_INET, &lpm_lock);
	spin_lock_bh(&lpm_lock);
	for (i = 0; i < TABLE_ROUTES && !err; i++)
		err = insert_into(t, (first + i) % count);
	vnet_lpm_stats(t, &st);
	spin_unlock_bh(&lpm_lock);
	*bytes += sizeof(*t) + st.bytes;
	return err;
}

static int build_many(void)
{
	struct vnet_lpm *tables = vzalloc(array_size(TABLES, sizeof(*tables)));
	size_t bytes = 0;
	unsigned int i;
	int err = 0;

	if (!tables)
		return -ENOMEM;
	for (i = 0; i < TABLES && !err; i++) {
		err = build_table(&tables[i], i * TABLE_ROUTES, &bytes);
		/* What was replaced goes back. */
		if (!(i & 15))
			synchronize_rcu();
		cond_resched();
	}
	synchronize_rcu();
	while (i--)
		vnet_lpm_destroy(&tables[i]);
	vfree(tables);
	if (!err)
		pr_info("bench: %d memory lpm many %zu\n", family, bytes);
	return err;
}

static int make_prefixes(void)
{
	u32 slots = roundup_pow_of_two(2 * count), *seen;

	seen = vzalloc(array_size(slots, sizeof(*seen)));
	prefixes = vmalloc(array_size(count, sizeof(*prefixes)));
	trace = vmalloc(array_size(lookups + 1, sizeof(*trace)));
	if (seen && prefixes && trace)
		bench_prefixes(v6, prefixes, count, seen, slots);
	vfree(seen);
	return prefixes && trace ? 0 : -ENOMEM;
}

static int find_peers(void)
{
	if (v6)
		table6 = fib6_get_table(&init_net, table);
	else
		table4 = fib_new_table(&init_net, table);
	if (!table4 && !table6)
		return -ENOENT;
	if (map < 0)
		return 0;
	bpf_map = bpf_map_get(map);
	if (!IS_ERR(bpf_map))
		return 0;
	map = PTR_ERR(bpf_map);
	bpf_map = NULL;
	return map;
}

static int run(void)
{
	unsigned int round, i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(traces) && !err; i++) {
		struct bench_rng rng = { .state = i + 1 };

		traces[i].make(&rng);
		for (round = 0; round <= rounds && !err; round++) {
			err = measure(&traces[i], round > 0);
			if (round > 0)
				measure_loads();
		}
	}
	return err;
}

static int __init bench_init(void)
{
	int err;

	v6 = family == 6;
	vnet_lpm_setup();
	err = make_prefixes();
	if (!err)
		err = find_peers();
	if (!err)
		err = build_many();
	if (!err)
		err = build_both();
	if (!err)
		err = make_loads();
	if (!err)
		err = run();
	synchronize_rcu();
	vnet_lpm_destroy(&lpm);
	rcu_barrier();
	vnet_lpm_cleanup();
	if (bpf_map)
		bpf_map_put(bpf_map);
	vfree(lines[0]);
	vfree(lines[1]);
	vfree(trace);
	vfree(prefixes);
	pr_info("bench: %d end %d\n", family, err);
	return err ?: -EAGAIN;
}
module_init(bench_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("lookup benchmark");
