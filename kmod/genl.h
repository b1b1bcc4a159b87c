/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink family "vnet": uapi/linux/vnet.h is its specification.
 */
#ifndef _VNET_GENL_H
#define _VNET_GENL_H

#include <linux/types.h>
#include <net/genetlink.h>

struct net;
struct vnet;
struct vnet_port;

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

/* Commands of genl_route.c */
int vnet_genl_effective_dump(struct sk_buff *skb, struct netlink_callback *cb);
int vnet_genl_lookup(struct sk_buff *skb, struct genl_info *info);

#endif /* _VNET_GENL_H */
