// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations on a table and on a plain list, which must agree. Included by lpm.c
 * when built with DEBUG; runs when the module is loaded and takes at most SELFTEST_TIME.
 * The operations follow from the seed alone, time says only how many there are.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched.h>

#define SELFTEST_TIME	HZ	/* for each family */
#define SELFTEST_ROUTES	1000
#define SELFTEST_FILL	700		/* routes to begin with: beyond the small body */
#define SELFTEST_WAVE	1000		/* operations of which most remove, then most insert */

static unsigned int selftest_seed;
module_param(selftest_seed, uint, 0444);
MODULE_PARM_DESC(selftest_seed, "Seed of the self-test's operations (0: one that is new)");

static struct rnd_state selftest_random;

struct plain_route {
	struct vnet_prefix prefix;
	u32 value;
};

struct plain_list {
	unsigned int count;
	struct plain_route route[SELFTEST_ROUTES];
};

static u32 random_u32(void)
{
	return prandom_u32_state(&selftest_random);
}

/* A prefix of few different bytes but for its last, so that prefixes nest and repeat. */
static void random_prefix(struct vnet_prefix *prefix, unsigned int bits)
{
	unsigned int i;
	u32 random;

	memset(prefix, 0, sizeof(*prefix));
	prefix->len = random_u32() % (bits + 1);
	for (i = 0; i < prefix->len; i += 8) {
		random = random_u32();
		prefix->addr[i / 8] = i + 8 < prefix->len ? random % 3 * 127 : random;
	}
	if (prefix->len % 8)
		prefix->addr[prefix->len / 8] &= 0xff00 >> prefix->len % 8;
}

/* The address in a prefix with all the other bits set, or with random ones. */
static void random_host(const struct vnet_prefix *prefix, unsigned int bits, u8 *addr)
{
	u32 random = random_u32() % 2 ? ~0U : random_u32();
	unsigned int i;

	memcpy(addr, prefix->addr, sizeof(prefix->addr));
	for (i = prefix->len; i < bits; i++)
		addr[i / 8] |= (random >> i % 32 & 1) << (7 - i % 8);
}

static bool plain_covers(const struct vnet_prefix *prefix, const u8 *addr)
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	return !memcmp(prefix->addr, addr, bytes) &&
	       (!bits || !((prefix->addr[bytes] ^ addr[bytes]) >> (8 - bits)));
}

static struct plain_route *plain_get(struct plain_list *list, const struct vnet_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (!memcmp(&list->route[i].prefix, prefix, sizeof(*prefix)))
			return &list->route[i];
	return NULL;
}

static u32 plain_lookup(const struct plain_list *list, const u8 *addr, u8 maxlen, u8 *plen)
{
	const struct plain_route *best = NULL, *route;

	for (route = list->route; route < list->route + list->count; route++)
		if (route->prefix.len <= maxlen && plain_covers(&route->prefix, addr) &&
		    (!best || route->prefix.len > best->prefix.len))
			best = route;
	if (!best)
		return 0;
	*plen = best->prefix.len;
	return best->value;
}

static bool same_lookup(struct vnet_lpm *t, const struct plain_list *list,
			const struct vnet_prefix *near)
{
	u8 addr[16], len = 0, want_len = 0, maxlen = random_u32() % (t->bits + 1);
	u32 value, want, many = 0;
	const void *addrs = addr;

	random_host(near, t->bits, addr);
	want = plain_lookup(list, addr, t->bits, &want_len);
	value = vnet_lpm_lookup(t, addr, &len);
	if (value != want || (want && len != want_len))
		return false;
	vnet_lpm_lookup_many(t, &addrs, 1, &many, &len);
	if (many != want || (want && len != want_len))
		return false;
	want = plain_lookup(list, addr, maxlen, &want_len);
	value = vnet_lpm_lookup_shorter(t, addr, maxlen, &len);
	return value == want && (!want || len == want_len);
}

/* Every route of the table is on the list, in order, and there are as many. */
static bool same_walk(struct vnet_lpm *t, struct plain_list *list)
{
	struct vnet_lpm_cursor c = { };
	struct vnet_prefix last = { };
	struct plain_route *route;
	unsigned int count = 0;
	int order;

	while (vnet_lpm_next(t, &c)) {
		route = plain_get(list, &c.prefix);
		order = memcmp(last.addr, c.prefix.addr, sizeof(last.addr));
		if (!route || route->value != c.value ||
		    (count && (order > 0 || (!order && last.len >= c.prefix.len))))
			return false;
		last = c.prefix;
		count++;
	}
	return count == list->count && count == vnet_lpm_routes(t);
}

static bool both_remove(struct vnet_lpm *t, struct plain_list *list,
			const struct vnet_prefix *prefix)
{
	struct plain_route *route = plain_get(list, prefix);
	u32 want = route ? route->value : 0, old = 0;

	if (vnet_lpm_remove(t, prefix, &old) != (route ? 0 : -ENOENT))
		return false;
	if (route)
		*route = list->route[--list->count];
	return old == want;
}

static bool both_insert(struct vnet_lpm *t, struct plain_list *list,
			const struct vnet_prefix *prefix)
{
	struct plain_route *route = plain_get(list, prefix);
	u32 value = 1 + random_u32() % 300, old = 0;
	u32 want = route ? route->value : 0;

	if (!route && list->count == SELFTEST_ROUTES)
		return true;
	if (vnet_lpm_insert(t, prefix, value, &old))
		return true;		/* no memory, nothing changed: as will be seen */
	if (!route) {
		route = &list->route[list->count++];
		route->prefix = *prefix;
	}
	route->value = value;
	return old == want;
}

/* An update, mostly of a route that is there unless it is to become one. */
static bool random_update(struct vnet_lpm *t, struct plain_list *list, unsigned int n,
			  struct vnet_prefix *prefix)
{
	bool growing = n / SELFTEST_WAVE % 2;
	bool insert = random_u32() % 10 < (growing ? 9 : 2);

	random_prefix(prefix, t->bits);
	if (list->count && random_u32() % 4 && !(insert && growing))
		*prefix = list->route[random_u32() % list->count].prefix;
	return insert ? both_insert(t, list, prefix) : both_remove(t, list, prefix);
}

static bool selftest_step(struct vnet_lpm *t, struct plain_list *list, unsigned int n)
{
	struct vnet_prefix prefix;
	bool ok;

	spin_lock_bh(t->lock);
	ok = random_update(t, list, n, &prefix) &&
	     vnet_lpm_get(t, &prefix) ==
	     (plain_get(list, &prefix) ? plain_get(list, &prefix)->value : 0);
	if (n % 8 == 0)
		vnet_lpm_widen(t);
	spin_unlock_bh(t->lock);
	rcu_read_lock();
	ok = ok && same_lookup(t, list, &prefix) && (n % 500 || same_walk(t, list));
	rcu_read_unlock();
	return ok;
}

static bool selftest_family(int family, struct plain_list *list, unsigned int *steps)
{
	unsigned long end = jiffies + SELFTEST_TIME;
	struct vnet_prefix prefix;
	struct vnet_lpm t;
	spinlock_t lock;		/* of the table's writers */
	bool ok = true;

	spin_lock_init(&lock);
	vnet_lpm_init(&t, family, &lock);
	list->count = 0;
	prandom_seed_state(&selftest_random, selftest_seed);
	spin_lock_bh(&lock);
	for (*steps = 0; ok && *steps < SELFTEST_FILL; ++*steps) {
		random_prefix(&prefix, t.bits);
		ok = both_insert(&t, list, &prefix);
	}
	spin_unlock_bh(&lock);
	for (*steps = 0; ok && time_before(jiffies, end); ++*steps) {
		ok = selftest_step(&t, list, *steps);
		cond_resched();
	}
	/* Nobody else reads. */
	vnet_lpm_destroy(&t);
	return ok;
}

bool __init vnet_lpm_selftest(void)
{
	struct plain_list *list = kvmalloc(sizeof(*list), GFP_KERNEL);
	unsigned int steps4 = 0, steps6 = 0;
	bool ok;

	if (!list)
		return false;
	if (!selftest_seed)
		selftest_seed = get_random_u32();
	ok = selftest_family(AF_INET, list, &steps4) && selftest_family(AF_INET6, list, &steps6);
	kvfree(list);
	rcu_barrier();
	pr_info("lpm self-test: %s after %u IPv4 and %u IPv6 operations, selftest_seed=%u\n",
		ok ? "pass" : "FAIL", steps4, steps6, selftest_seed);
	return ok;
}
