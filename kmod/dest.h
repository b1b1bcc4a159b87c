/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Destination: what a route says apart from its prefix. Prefixes with the same
 * destination share one, so that a million prefixes behind one next-hop object
 * cost one.
 */
#ifndef _VNET_DEST_H
#define _VNET_DEST_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/vnet.h>
#include <linux/xarray.h>

#include "mirror.h"
#include "nexthop.h"

struct vnet;
struct vnet_net;
struct vnet_nhset;
struct vnet_peering;

/* A reserved range of the platform, which steps aside (system table only) */
#define VNET_DEST_F_RESERVED	BIT(0)

/**
 * struct vnet_action - what a route says apart from its prefix
 * @type: enum vnet_hop_type
 * @flags: VNET_DEST_F_*
 * @protocol: rtm_protocol
 * @priority: metric
 * @nh: next-hop object, or NULL
 * @set: next hops of a route that names them itself, or NULL
 * @peer: the other VNet of VNET_HOP_PEERING
 */
struct vnet_action {
	u8 type;
	u8 flags;
	u8 protocol;
	u32 priority;
	struct vnet_nexthop *nh;
	struct vnet_nhset *set;
	struct vnet *peer;
};

/**
 * struct vnet_dest - an action that routes of a mirror share; never changes
 * @peering: of VNET_HOP_PEERING, a reference is held; else NULL
 * @action: the action; references to its @nh and @set are held
 * @node: in struct vnet_net.dests
 * @mirror: whose it is
 * @index: in struct vnet_mirror.dests and .list, the value in its lookup structure
 * @routes: how many refer to it, 0 = retired (mirror lock)
 * @grace: RCU state when it was retired
 * @retired: in struct vnet_mirror.retired (mirror lock)
 * @rcu: for freeing, which waits for those who walk struct vnet_mirror.dests;
 *	of what is retired they may read no more than @routes
 *
 * What packets ask for is in the first half of a cache line.
 */
struct vnet_dest {
	struct vnet_peering *peering;
	struct vnet_action action;
	struct rhash_head node;
	struct vnet_mirror *mirror;
	u32 index;
	u32 routes;
	unsigned long grace;
	union {
		struct list_head retired;
		struct rcu_head rcu;
	};
};

int vnet_dest_init_net(struct vnet_net *vn);
void vnet_dest_exit_net(struct vnet_net *vn);

/**
 * vnet_dest_get() - the destination with an action, created if need be
 * @mirror: whose lock is held
 * @action: the action; @set is consumed if the call succeeds
 *
 * Return: the destination with one more route, or NULL: no memory
 */
struct vnet_dest *vnet_dest_get(struct vnet_mirror *mirror,
				struct vnet_action *action);

/* One route less; mirror lock. Cannot fail. A destination without routes is
 * retired: readers who have found its index still find it.
 */
void vnet_dest_put(struct vnet_dest *dest);

/* Free some of what is retired, without waiting for readers if none is left (@last). Mirror
 * lock. Return: whether there is more of it.
 */
bool vnet_dest_reclaim(struct vnet_mirror *mirror, bool last);

/* RCU or mirror lock: what an index stands for */
static inline struct vnet_dest *vnet_dest_of(const struct vnet_mirror *mirror,
					     u32 index)
{
	const struct vnet_dest_list *list;

	/* A list from before the index was looked up may be of its last life. */
	smp_rmb();
	list = rcu_dereference_check(mirror->list,
				     lockdep_is_held(&mirror->lock));
	if (likely(list && index < list->size))
		return rcu_dereference_check(list->dest[index],
					     lockdep_is_held(&mirror->lock));
	return xa_load((struct xarray *)&mirror->dests, index);
}

/**
 * vnet_dest_nhset() - the next hops of a destination as of now
 * @dest: destination
 *
 * Context: RCU, softirq safe.
 * Return: the set; NULL if there is none, or its next-hop object is gone
 */
static inline const struct vnet_nhset *
vnet_dest_nhset(const struct vnet_dest *dest)
{
	const struct vnet_nexthop *nh = dest->action.nh;

	return nh ? rcu_dereference(nh->set) : dest->action.set;
}

#endif /* _VNET_DEST_H */
