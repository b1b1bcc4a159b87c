/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to one network namespace.
 */
#ifndef _VNET_MAIN_H
#define _VNET_MAIN_H

#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct net;

#define VNET_TABLE_HASH_BITS	8

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
 * @nexthops: next-hop objects by id, struct vnet_nexthop
 * @dests: destinations of all mirrors by action, struct vnet_dest
 * @endpoints: addresses packets can be handed to, struct vnet_endpoint
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
	struct rhashtable nexthops;
	struct rhashtable dests;
	struct rhashtable endpoints;
	spinlock_t endpoint_lock;	/* look-up-or-create, release */
};

struct vnet_net *vnet_net(const struct net *net);

#endif /* _VNET_MAIN_H */
