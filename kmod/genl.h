/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink family "vnet": uapi/linux/vnet.h is its specification.
 */
#ifndef _VNET_GENL_H
#define _VNET_GENL_H

#include <linux/types.h>
#include <linux/vnet.h>
#include <net/genetlink.h>

#include "addr.h"

struct net;
struct net_device;
struct vnet;
struct vnet_port;
struct vnet_stats_sum;
struct vnet_table;

extern struct genl_family vnet_genl_family;

int vnet_genl_init(void);
void vnet_genl_uninit(void);

/**
 * vnet_genl_port() - the NIC that VNET_A_IFINDEX names
 * @net: namespace of the request
 * @attrs: its attributes
 * @extack: reason of a refusal
 *
 * Context: RTNL.
 * Return: the NIC, or -EINVAL, -ENODEV
 */
struct vnet_port *vnet_genl_port(struct net *net, struct nlattr **attrs,
				 struct netlink_ext_ack *extack);

/* RTNL: the device that VNET_A_IFINDEX names, or -EINVAL, -ENODEV */
struct net_device *vnet_genl_dev(struct net *net, struct nlattr **attrs,
				 struct netlink_ext_ack *extack);

/* The same for a VNet */
struct vnet *vnet_genl_vnet(struct net *net, struct nlattr **attrs,
			    struct netlink_ext_ack *extack);

/* RTNL: the VNet that another attribute names, or -EINVAL, -ENODEV */
struct vnet *vnet_genl_vnet_of(struct net *net, const struct nlattr *attr,
			       struct netlink_ext_ack *extack);

/* The family of the address in @attr, which @addr is set to, or -EINVAL */
int vnet_genl_addr(union vnet_addr *addr, const struct nlattr *attr,
		   struct netlink_ext_ack *extack);

/**
 * vnet_genl_settle() - wait until a table has been read
 * @table: table of a VNet
 * @extack: reason of a refusal
 *
 * Context: RTNL, which is dropped while waiting: the VNet may be gone afterwards.
 * Return: the VNet, or what vnet_fib_table_settle() says
 */
struct vnet *vnet_genl_settle(struct vnet_table *table,
			      struct netlink_ext_ack *extack);

/* VNET_A_STATS; -EMSGSIZE if there is no room */
int vnet_genl_fill_stats(struct sk_buff *skb, const struct vnet_stats_sum *sum);

/* Fills a message about @object; -EMSGSIZE if there is no room */
typedef int (*vnet_genl_fill_fn)(struct sk_buff *skb, const void *object);

/**
 * vnet_genl_reply() - answer a do request, in a message as large as it takes
 * @info: request
 * @fill: how to fill it
 * @object: what with
 *
 * Context: RTNL.
 */
int vnet_genl_reply(struct genl_info *info, vnet_genl_fill_fn fill,
		    const void *object);

/* One message of a dump */
int vnet_genl_fill(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		   vnet_genl_fill_fn fill, const void *object);

/* What a dump returns, having stopped with @err: -EMSGSIZE is an error only of an empty @skb */
int vnet_genl_dump_result(const struct sk_buff *skb, int err);

/* Dumps what a VNet has, from object cb->args[0] on; @i counts objects. RTNL. */
typedef int (*vnet_genl_dump_fn)(struct sk_buff *skb, struct netlink_callback *cb,
				 const struct vnet *vnet, long *i);

/* The dump of the VNet that the request names; with _any of all if it names none */
int vnet_genl_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		       vnet_genl_dump_fn dump);
int vnet_genl_dump_any(struct sk_buff *skb, struct netlink_callback *cb,
		       vnet_genl_dump_fn dump);

/* Commands of genl_vnet.c */
int vnet_genl_vnet_get(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_vnet_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Commands of genl_subnet.c */
extern const struct nla_policy vnet_genl_subnet_policy[VNET_A_SUBNET_MAX + 1];

int vnet_genl_subnet_set(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_subnet_del(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_subnet_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Commands of genl_nic.c */
extern const struct nla_policy vnet_genl_nic_addr_policy[VNET_A_NIC_ADDR_MAX + 1];

int vnet_genl_nic_set(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_nic_get(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_nic_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Commands of genl_peering.c */
extern const struct nla_policy vnet_genl_peering_policy[VNET_A_PEERING_MAX + 1];

int vnet_genl_peering_set(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_peering_del(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_peering_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Commands of genl_route.c */
int vnet_genl_effective_dump(struct sk_buff *skb, struct netlink_callback *cb);
int vnet_genl_lookup(struct sk_buff *skb, struct genl_info *info);

/* Commands of genl_tunnel.c */
extern const struct nla_policy vnet_genl_endpoint_policy[VNET_A_ENDPOINT_MAX + 1];

int vnet_genl_endpoint_set(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_endpoint_del(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_endpoint_dump(struct sk_buff *skb, struct netlink_callback *cb);
int vnet_genl_tunnel_set(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_tunnel_del(struct sk_buff *skb, struct genl_info *info);
int vnet_genl_tunnel_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _VNET_GENL_H */
