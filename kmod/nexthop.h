/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's next-hop objects. Each leads to a set of next hops, and is moved
 * to another by one pointer, whatever the number of routes that refer to it.
 */
#ifndef _VNET_NEXTHOP_H
#define _VNET_NEXTHOP_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "main.h"
#include "nhset.h"

struct netlink_ext_ack;
struct nh_notifier_single_info;

/**
 * struct vnet_nexthop - a next-hop object of the kernel
 * @node: in struct vnet_net.nexthops
 * @id: the kernel's id
 * @set: where it leads; NULL once the kernel has deleted the object. Writers
 *	hold struct vnet_net.nexthop_lock, readers RCU.
 * @refcnt: the table of objects and every destination that refers to it
 * @rcu: for freeing
 */
struct vnet_nexthop {
	struct rhash_head node;
	u32 id;
	struct vnet_nhset __rcu *set;
	refcount_t refcnt;
	struct rcu_head rcu;
};

/* nexthop_lock: where an object leads, NULL = it is deleted */
static inline struct vnet_nhset *vnet_nexthop_nhset(const struct vnet_net *vn,
						    const struct vnet_nexthop *nh)
{
	return rcu_dereference_protected(nh->set,
					 lockdep_is_held(&vn->nexthop_lock));
}

int vnet_nexthop_init_net(struct vnet_net *vn);
void vnet_nexthop_exit_net(struct vnet_net *vn);

/* RCU: the next-hop object with this id and a reference to it, or NULL */
struct vnet_nexthop *vnet_nexthop_get(struct vnet_net *vn, u32 id);
/* Any context. */
void vnet_nexthop_put(struct vnet_nexthop *nh);

/* vnet_nhset_add() for a next hop that a notifier tells of */
int vnet_nexthop_add_info(struct vnet_nhset *set,
			  const struct nh_notifier_single_info *info,
			  u16 weight, struct netlink_ext_ack *extack);

#endif /* _VNET_NEXTHOP_H */
