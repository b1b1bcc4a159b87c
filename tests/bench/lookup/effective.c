// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark of effective routes: part of a vnet.ko that is built for this alone,
 * from the same sources as any other. In a VNet with full tables, the whole
 * lookup (user-defined, BGP and system routes, then the group's member and its
 * NIC) beside a bare lookup in the BGP table alone, and beside the kernel's rules
 * and tables with the same routes.
 *
 * Writing to the module's parameter "bench" is the run:
 *	setup VNET SUBNETS TABLE	gives NICs n<i> (senders) and h<i> (next hops)
 *					addresses, n<i> a subnet with table TABLE + i
 *	run VNET SUBNETS ROUNDS		measures with senders in so many subnets
 *	memory VNET			what the module holds for each BGP prefix
 * The log says "bench: effective SUBNETS ENTRY thr|lat NS" for each round.
 */
#include <linux/if_ether.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <net/ip_fib.h>
#include <net/nexthop.h>

#include "effective.h"
#include "fib.h"
#include "link.h"
#include "mirror.h"
#include "port.h"
#include "subnet.h"

#include "prefixes.h"

#define LOOKUPS		(1U << 18)
#define MAX_SUBNETS	256
#define NUM_HOPS	16

/* The VNet's address space is a /16, each subnet a /24 of it. */
#define SPACE		0x0a000000

/* The BGP table's routes are those that fill.c makes from the same numbers. */
#define ROUTES		1000000

struct query {
	__be32 addr;
	u16 from;
};

static struct vnet *vnet;
static struct vnet_port *senders[MAX_SUBNETS];
static int iifs[MAX_SUBNETS];
static struct vnet_port *hops[NUM_HOPS];
static unsigned int subnets;
static struct query *trace;

/*
 * The entries. Each gives a number that depends on the answer, 0 if there is none.
 */

/* Without the top bit: see measure_lat(). */
static u32 as_number(const void *answer)
{
	return (unsigned long)answer & INT_MAX;
}

static u32 lookup_base(const struct query *q)
{
	u8 len;

	return vnet_lpm_lookup(&vnet->bgp->mirror[VNET_AF_IP4].lpm, &q->addr, &len);
}

static u32 lookup_effective(const struct query *q)
{
	const struct vnet_port *from = senders[q->from];
	struct vnet_effective res;
	struct vnet_target target;

	if (vnet_effective_lookup(vnet, from, AF_INET, &q->addr, &res))
		return 0;
	if (vnet_effective_resolve(vnet, from, AF_INET, NULL, &q->addr, &res,
				   (__force u32)q->addr, &target))
		return 0;
	return as_number(target.port);
}

static u32 lookup_rules(const struct query *q)
{
	struct flowi4 fl4 = {
		.daddr = q->addr,
		.flowi4_iif = iifs[q->from],
	};
	struct fib_result res;
	struct net *net = dev_net(vnet->dev);

	if (__fib_lookup(net, &fl4, &res, FIB_LOOKUP_NOREF))
		return 0;
	if (!res.fi->nh)
		return 0;
	nexthop_path_fib_result(&res, (__force u32)q->addr);
	return as_number(res.nhc->nhc_dev);
}

struct entry {
	const char *name;
	u32 (*lookup)(const struct query *q);
};

static const struct entry entries[] = {
	{ "base", lookup_base },
	{ "effective", lookup_effective },
	{ "rules", lookup_rules },
};

/*
 * One destination in 16 has a user-defined route, as fill.c makes them, the others one
 * in the BGP table; none is in the VNet or means the host.
 */
static __be32 address(struct bench_rng *rng, const struct bench_prefix *prefixes)
{
	u64 r = bench_random(rng);
	const struct bench_prefix *p = &prefixes[(u32)r % ROUTES];
	u32 addr = (p->hi | bench_random(rng) >> p->len) >> 32;

	if (r >> 60 == 0 || addr >> 16 == SPACE >> 16 || addr >> 24 == 127)
		addr = 0xac100000 | (u32)(r % 99) << 8 | (r >> 32 & 0xff);
	return htonl(addr);
}

static int make_trace(void)
{
	struct bench_rng rng = { .state = 7 };
	u32 slots = roundup_pow_of_two(2 * ROUTES), *seen, i;
	struct bench_prefix *prefixes;

	seen = vzalloc(array_size(slots, sizeof(*seen)));
	prefixes = vmalloc(array_size(ROUTES, sizeof(*prefixes)));
	trace = vmalloc(array_size(LOOKUPS + 1, sizeof(*trace)));
	if (seen && prefixes && trace) {
		bench_prefixes(0, prefixes, ROUTES, seen, slots);
		for (i = 0; i <= LOOKUPS; i++) {
			trace[i].addr = address(&rng, prefixes);
			trace[i].from = bench_random(&rng) % subnets;
		}
	}
	vfree(seen);
	vfree(prefixes);
	return trace ? 0 : -ENOMEM;
}

static u64 measure_thr(const struct entry *e)
{
	u64 begin = ktime_get_ns();
	unsigned int i, total = 0;

	for (i = 0; i < LOOKUPS; i++)
		total += e->lookup(&trace[i]);
	OPTIMIZER_HIDE_VAR(total);
	return ktime_get_ns() - begin;
}

/* No answer has its top bit set, which only we know. */
static u64 measure_lat(const struct entry *e)
{
	u64 begin = ktime_get_ns();
	unsigned int i, last = 0;

	for (i = 0; i < LOOKUPS; i++)
		last = e->lookup(&trace[i + (last >> 31)]);
	return ktime_get_ns() - begin;
}

static void print(const struct entry *e, const char *what, u64 ns)
{
	ns = div_u64(ns * 100, LOOKUPS);
	pr_info("bench: effective %u %s %s %llu.%02llu\n", subnets, e->name, what,
		div_u64(ns, 100), ns % 100);
}

static void measure(const struct entry *e)
{
	u64 thr, lat;

	rcu_read_lock();
	thr = measure_thr(e);
	lat = measure_lat(e);
	rcu_read_unlock();
	cond_resched();
	print(e, "thr", thr);
	print(e, "lat", lat);
}

/* Nobody measures drops: every packet has a route, and a NIC to go to. */
static int check(void)
{
	unsigned int i, missing[2] = { };

	rcu_read_lock();
	for (i = 0; i < LOOKUPS; i++) {
		missing[0] += !lookup_effective(&trace[i]);
		missing[1] += !lookup_rules(&trace[i]);
	}
	rcu_read_unlock();
	if (!missing[0] && !missing[1])
		return 0;
	pr_err("bench: effective %u: without a way: %u, by rules %u\n", subnets, missing[0],
	       missing[1]);
	return -ENODATA;
}

static int run(unsigned int rounds)
{
	unsigned int round, i;
	int err = make_trace() ?: check();

	for (round = 0; round < rounds && !err; round++)
		for (i = 0; i < ARRAY_SIZE(entries); i++)
			measure(&entries[i]);
	vfree(trace);
	return err;
}

static int set_nic(struct vnet_port *port, u32 ip)
{
	struct vnet_port_addr addr = { .family = AF_INET, .addr.ip4 = htonl(ip) };
	struct vnet_port_change nic = {
		.set_flags = true, .flags = VNET_NIC_F_FORWARDING,
		.set_addrs = true, .num_addrs = 1, .addrs = &addr,
		.mac = port->dev->dev_addr,
	};

	return vnet_port_change(port, &nic, NULL);
}

static int set_subnet(unsigned int i, u32 table)
{
	struct vnet_subnet_change subnet = {
		.family = AF_INET, .len = 24, .set_table = true,
		.addr.ip4 = htonl(SPACE | i << 8),
	};
	int err;

	subnet.table = vnet_fib_table_get(vnet, table, VNET_CLASS_USER, NULL);
	if (IS_ERR(subnet.table))
		return PTR_ERR(subnet.table);
	err = vnet_subnet_set(vnet, &subnet, NULL);
	return err ?: set_nic(senders[i], SPACE | i << 8 | 4);
}

static int setup(u32 table)
{
	unsigned int i;
	int err = 0;

	rtnl_lock();
	for (i = 0; i < subnets && !err; i++)
		err = set_subnet(i, table + i);
	for (i = 0; i < NUM_HOPS && !err; i++)
		err = set_nic(hops[i], SPACE | (100 + i));
	rtnl_unlock();
	for (i = 0; i < subnets && !err; i++)
		while (!vnet_effective_ready(senders[i]))
			schedule_timeout_uninterruptible(1);
	return err;
}

static int memory(void)
{
	static const char *const name[] = { "4", "6" };
	struct vnet_mirror_info info;
	unsigned int af;

	for (af = 0; af < VNET_AF_NUM; af++) {
		vnet_mirror_info(&vnet->bgp->mirror[af], &info);
		pr_info("bench: %s control bytes each %llu\n", name[af],
			div_u64(info.bytes * 100, info.routes ?: 1));
	}
	return 0;
}

/* RTNL: the NIC with this letter and number */
static struct vnet_port *find_nic(struct net *net, char letter, unsigned int number)
{
	struct net_device *dev;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "%c%u", letter, number);
	dev = __dev_get_by_name(net, name);
	return dev ? vnet_port_get_rcu(dev) : NULL;
}

static int find(const char *dev_name)
{
	struct net *net = current->nsproxy->net_ns;
	struct net_device *dev;
	unsigned int i;
	bool all = true;

	rtnl_lock();
	dev = __dev_get_by_name(net, dev_name);
	vnet = dev && vnet_link_is(dev) ? vnet_link_priv(dev) : NULL;
	for (i = 0; i < subnets; i++) {
		senders[i] = find_nic(net, 'n', i);
		iifs[i] = senders[i] ? senders[i]->dev->ifindex : 0;
		all &= !!senders[i];
	}
	for (i = 0; i < NUM_HOPS; i++) {
		hops[i] = find_nic(net, 'h', i);
		all &= !!hops[i];
	}
	rtnl_unlock();
	return vnet && all ? 0 : -ENODEV;
}

static int bench_set(const char *text, const struct kernel_param *kp)
{
	char what[8], dev[IFNAMSIZ];
	unsigned int number = 0;
	int err;

	subnets = 0;
	if (sscanf(text, "%7s %15s %u %u", what, dev, &subnets, &number) < 2 ||
	    subnets > MAX_SUBNETS)
		return -EINVAL;
	err = find(dev);
	if (err)
		return err;
	if (!strcmp(what, "setup"))
		return setup(number);
	if (!strcmp(what, "run"))
		return run(number);
	return memory();
}

static const struct kernel_param_ops bench_ops = {
	.set = bench_set,
};
module_param_cb(bench, &bench_ops, NULL, 0200);
