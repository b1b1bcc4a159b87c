/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A subnet binds the NICs whose primary address is in it to a table of
 * user-defined routes.
 */
#ifndef _VNET_SUBNET_H
#define _VNET_SUBNET_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/vnet.h>

#include "addr.h"

struct netlink_ext_ack;
struct vnet;
struct vnet_table;

/**
 * struct vnet_subnet - a subnet of a VNet; immutable but for @node
 * @node: in struct vnet.subnets (RTNL; RCU)
 * @addr: prefix without host bits
 * @family: AF_INET or AF_INET6
 * @len: prefix length
 * @flags: VNET_SUBNET_F_*
 * @user: user-defined routes, NULL = none; a reference is held
 * @rcu: for freeing
 */
struct vnet_subnet {
	struct list_head node;
	union vnet_addr addr;
	u8 family;
	u8 len;
	u32 flags;
	struct vnet_table *user;
	struct rcu_head rcu;
};

/* RTNL: the subnet with exactly this prefix, or NULL */
struct vnet_subnet *vnet_subnet_get(struct vnet *vnet, int family,
				    const union vnet_addr *addr, u8 len);

/* RTNL: the subnet that contains @addr, or NULL */
struct vnet_subnet *vnet_subnet_of(struct vnet *vnet, int family,
				   const union vnet_addr *addr);

/**
 * struct vnet_subnet_change - what VNET_CMD_SUBNET_SET asks for
 * @addr: prefix
 * @family: AF_INET or AF_INET6
 * @len: prefix length
 * @set_table: @table is given
 * @table: user-defined routes, a reference that vnet_subnet_set() takes over if
 *	it succeeds; NULL = none
 * @set_flags: @flags is given
 * @flags: VNET_SUBNET_F_*
 *
 * What is not given stays as it is; in a new subnet it is none.
 */
struct vnet_subnet_change {
	union vnet_addr addr;
	u8 family;
	u8 len;
	bool set_table;
	struct vnet_table *table;
	bool set_flags;
	u32 flags;
};

/* RTNL: create or change a subnet, all of the change or nothing */
int vnet_subnet_set(struct vnet *vnet, const struct vnet_subnet_change *change,
		    struct netlink_ext_ack *extack);
/* RTNL */
void vnet_subnet_del(struct vnet *vnet, struct vnet_subnet *subnet);

/* RTNL; the VNet goes, and takes its tables with it: they are not put one by one,
 * which would wait for readers as often.
 */
void vnet_subnet_del_all(struct vnet *vnet);

#endif /* _VNET_SUBNET_H */
