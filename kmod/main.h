/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to one network namespace.
 */
#ifndef _VNET_MAIN_H
#define _VNET_MAIN_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct net;
struct vnet_tunnel;

#define VNET_TABLE_HASH_BITS	8
#define VNET_MAC_HASH_BITS	10

/**
 * struct vnet_net - state of one network namespace
 * @net: the namespace
 * @generation: counts changes of the objects that dumps walk through (RTNL)
 * @vnets: VNets, linked by struct vnet.node; writers hold RTNL, readers RTNL or
 *	RCU
 * @tables: mirrored tables by table id, struct vnet_table.node; writers hold
 *	RTNL, readers RCU
 * @fib_nb: follows all tables that are live
 * @replay_nb: reads the tables that had routes before they were mirrored
 * @replay_work: registers @replay_nb for one round
 * @nexthop_nb: follows next-hop objects
 * @nexthop_lock: serialises changes of next-hop objects; inside RTNL, if that is
 *	held: the kernel moves buckets of resilient groups without it
 * @report_work: tells the kernel which buckets of resilient groups are in use
 * @nexthops: next-hop objects by id, struct vnet_nexthop
 * @dests: destinations of all mirrors by action, struct vnet_dest
 * @endpoints: addresses packets can be handed to, struct vnet_endpoint
 * @vnis: VNets by VNI (RTNL writes, RCU reads)
 * @macs: struct vnet_port_config.by_mac (RTNL writes, RCU reads)
 * @tunnel: leads to other hosts, NULL = none. Writers hold RTNL, readers RCU.
 * @hosts: other hosts by address, struct vnet_host (RTNL writes, RCU reads)
 * @vteps: VNets at other hosts, struct vnet_vtep.node (RTNL)
 * @peering_lock: serialises writers of struct vnet.peerings; taken with BH
 *	disabled, inside a mirror's lock
 * @endpoint_lock: serialises look-up-or-create and release in @endpoints;
 *	taken with BH disabled, inside a mirror's lock
 */
struct vnet_net {
	struct net *net;
	u32 generation;
	struct list_head vnets;
	struct hlist_head tables[1 << VNET_TABLE_HASH_BITS];
	struct notifier_block fib_nb;
	struct notifier_block replay_nb;
	struct delayed_work replay_work;
	struct notifier_block nexthop_nb;
	struct mutex nexthop_lock;	/* changes of next-hop objects */
	struct delayed_work report_work;
	struct rhashtable nexthops;
	struct rhashtable dests;
	struct rhashtable endpoints;
	struct xarray vnis;
	struct hlist_head macs[1 << VNET_MAC_HASH_BITS];
	struct vnet_tunnel __rcu *tunnel;
	struct rhashtable hosts;
	struct list_head vteps;
	spinlock_t peering_lock;	/* struct vnet.peerings */
	spinlock_t endpoint_lock;	/* look-up-or-create, release */
};

struct vnet_net *vnet_net(const struct net *net);

#endif /* _VNET_MAIN_H */
