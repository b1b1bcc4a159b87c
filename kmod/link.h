/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VNet: a network device of kind "vnet", an L3 master whose slaves are the
 * NICs of virtual machines.
 */
#ifndef _VNET_LINK_H
#define _VNET_LINK_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/ratelimit_types.h>
#include <linux/types.h>

#include "stats.h"

struct dentry;
struct vnet_table;

/**
 * struct vnet - private area of a VNet's device
 * @dev: the device; its lifetime is the VNet's, one RCU grace period longer for
 *	readers
 * @node: in struct vnet_net.vnets (RTNL; RCU)
 * @vni: unique in the network namespace, fixed
 * @table_id: of the system table, fixed
 * @bgp_table_id: of the BGP table, fixed
 * @ecmp_symmetric: both directions of a flow get the same next hop (RTNL writes,
 *	READ_ONCE)
 * @max_routes: limit per class and family, 0 = none (RTNL writes, READ_ONCE)
 * @system: system table, fixed from newlink until nobody sends to or through the
 *	device any more
 * @bgp: BGP table, likewise
 * @peerings: its sides of peerings, struct vnet_peering.node
 *	(vnet_net.peering_lock; RCU)
 * @gateway: the peer whose BGP table is used instead of @bgp, NULL = none.
 *	Writers hold RTNL, readers RCU.
 * @borrows: configured to use some peer's, so @bgp takes no route (RTNL writes,
 *	READ_ONCE)
 * @tables: all its tables, struct vnet_table.owned (RTNL)
 * @ports: NICs, struct vnet_port.node (RTNL; RCU)
 * @num_ports: length of @ports (RTNL)
 * @subnets: struct vnet_subnet.node (RTNL; RCU)
 * @remotes: endpoints on other hosts, struct vnet_remote.node (RTNL)
 * @stats: the host's side, as if the host were a NIC
 * @icmp_limit: of ICMP errors to the host and to other hosts
 * @gone: what NICs that have left had counted (RTNL)
 * @debugfs: folder in debugfs (RTNL)
 */
struct vnet {
	struct net_device *dev;
	struct list_head node;
	u32 vni;
	u32 table_id;
	u32 bgp_table_id;
	u32 max_routes;
	bool ecmp_symmetric;
	struct vnet_table *system;
	struct vnet_table *bgp;
	struct list_head peerings;
	struct vnet __rcu *gateway;
	bool borrows;
	struct list_head tables;
	struct list_head ports;
	unsigned int num_ports;
	struct list_head subnets;
	struct list_head remotes;
	struct vnet_stats __percpu *stats;
	struct ratelimit_state icmp_limit;
	struct vnet_stats gone;
	struct dentry *debugfs;
};

extern const struct net_device_ops vnet_link_netdev_ops;

/* Is @dev a VNet? Any context that keeps @dev. */
static inline bool vnet_link_is(const struct net_device *dev)
{
	return dev->netdev_ops == &vnet_link_netdev_ops;
}

/* The VNet of a device for which vnet_link_is() holds */
static inline struct vnet *vnet_link_priv(const struct net_device *dev)
{
	return netdev_priv(dev);
}

int vnet_link_init(void);
void vnet_link_uninit(void);

#endif /* _VNET_LINK_H */
