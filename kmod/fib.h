/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mirror of the kernel's routing tables. A table that belongs to a VNet is
 * followed, in step with the kernel, into a lookup structure of ours.
 */
#ifndef _VNET_FIB_H
#define _VNET_FIB_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/vnet.h>

#include "addr.h"
#include "mirror.h"

struct netlink_ext_ack;
struct vnet;
struct vnet_net;

/**
 * struct vnet_table - a routing table that belongs to a VNet
 * @node: in struct vnet_net.tables
 * @owned: in struct vnet.tables (RTNL)
 * @id: the kernel's table id
 * @serial: never used twice, tells a table from one that had its place
 * @class: enum vnet_route_class
 * @vnet: owner
 * @users: 1 for the VNet's own tables, the number of subnets for a
 *	user-defined one (RTNL)
 * @mirror: by enum vnet_af
 */
struct vnet_table {
	struct rhash_head node;
	struct list_head owned;
	u32 id;
	u64 serial;
	u8 class;
	struct vnet *vnet;
	unsigned int users;
	struct vnet_mirror mirror[VNET_AF_NUM];
};

/**
 * vnet_fib_table_get() - mirror a table, or use one that is mirrored already
 * @vnet: owner
 * @id: the kernel's table id
 * @class: enum vnet_route_class
 * @extack: reason of a refusal
 *
 * Context: RTNL.
 * Return: the table, or -EBUSY if the id belongs to somebody else, -EINVAL,
 *	-ENOMEM
 */
struct vnet_table *vnet_fib_table_get(struct vnet *vnet, u32 id, u8 class,
				      struct netlink_ext_ack *extack);
/* RTNL; waits for readers if nobody has a reference any more */
void vnet_fib_table_put(struct vnet_table *table);

/* RTNL: all tables of a VNet go, whoever has a reference */
void vnet_fib_table_drop_all(struct vnet *vnet);

/**
 * vnet_fib_table_settle() - wait until a table is live
 * @vn: namespace
 * @table: a table to which the caller has a reference
 * @extack: reason of a refusal
 *
 * Context: RTNL, which is dropped and taken again if the table is not live yet.
 * Return: the table; -ENODEV if it went away meanwhile, with its VNet and the
 *	caller's reference, -EBUSY if the kernel's tables change too fast to be
 *	read
 */
struct vnet_table *vnet_fib_table_settle(struct vnet_net *vn,
					 struct vnet_table *table,
					 struct netlink_ext_ack *extack);

/**
 * vnet_fib_table_check() - does a table do all that its routes say?
 * @table: a table that is live
 * @extack: reason of a refusal
 *
 * Routes that were there before the table was mirrored could not be refused.
 *
 * Context: RTNL.
 * Return: 0, or why the first of them would have been: -ENOSPC, -ENOMEM,
 *	-EOPNOTSUPP, -E2BIG
 */
int vnet_fib_table_check(const struct vnet_table *table,
			 struct netlink_ext_ack *extack);

static inline bool vnet_fib_table_live(const struct vnet_table *table)
{
	return READ_ONCE(table->mirror[VNET_AF_IP4].live) &&
	       READ_ONCE(table->mirror[VNET_AF_IP6].live);
}

int vnet_fib_init_net(struct vnet_net *vn);
void vnet_fib_exit_net(struct vnet_net *vn);

#endif /* _VNET_FIB_H */
