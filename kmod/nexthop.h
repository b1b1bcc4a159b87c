/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Next hops: sets of endpoints, and the kernel's next-hop objects that name
 * one. A set never changes; a next-hop object is moved to another set by one
 * pointer, whatever the number of routes that refer to it.
 */
#ifndef _VNET_NEXTHOP_H
#define _VNET_NEXTHOP_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "addr.h"

struct net_device;
struct netlink_ext_ack;
struct vnet;
struct vnet_endpoint;
struct vnet_net;
struct vnet_port;

/* Next hops of a set: so many fit into a netlink message that shows them */
#define VNET_NHSET_MAX		512

/**
 * struct vnet_nhset_member - one next hop
 * @ep: whom packets are handed to, a reference is held
 * @weight: 1..256
 * @bound: sum of the weights up to and including this one
 */
struct vnet_nhset_member {
	struct vnet_endpoint *ep;
	u16 weight;
	u32 bound;
};

enum vnet_nhset_kind {
	VNET_NHSET_HOPS,	/* gateways in VNets: @members */
	VNET_NHSET_VNET,	/* directly in a VNet: @vnet */
	VNET_NHSET_OUT,		/* a device that is no VNet */
	VNET_NHSET_REJECT,	/* blackhole */
};

/**
 * struct vnet_nhset - immutable set of next hops
 * @rcu: for freeing
 * @kind: enum vnet_nhset_kind
 * @family: of the gateways, 0 = none
 * @num: length of @members, 0 unless VNET_NHSET_HOPS
 * @max: room in @members
 * @paths: next hops of whatever kind; the first says what kind it is
 * @total: sum of weights
 * @vnet: VNET_NHSET_VNET
 * @members: the next hops
 */
struct vnet_nhset {
	struct rcu_head rcu;
	u8 kind;
	u8 family;
	u16 num;
	u16 max;
	u16 paths;
	u32 total;
	const struct vnet *vnet;
	struct vnet_nhset_member members[];
};

/**
 * struct vnet_nexthop - a next-hop object of the kernel
 * @node: in struct vnet_net.nexthops
 * @id: the kernel's id
 * @set: where it leads; NULL once the kernel has deleted the object. Writers
 *	hold RTNL, readers RCU.
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

int vnet_nexthop_init_net(struct vnet_net *vn);
void vnet_nexthop_exit_net(struct vnet_net *vn);

/* RCU: the next-hop object with this id and a reference to it, or NULL */
struct vnet_nexthop *vnet_nexthop_get(struct vnet_net *vn, u32 id);
/* Any context. */
void vnet_nexthop_put(struct vnet_nexthop *nh);

/**
 * struct vnet_gateway - one next hop as the kernel has it
 * @dev: device, NULL only if @reject
 * @family: of @addr, 0 = directly out of @dev
 * @addr: 4 or 16 bytes, network order
 * @weight: 1..256
 * @encap: the kernel would add an encapsulation
 * @reject: blackhole
 */
struct vnet_gateway {
	const struct net_device *dev;
	u8 family;
	const void *addr;
	u16 weight;
	bool encap;
	bool reject;
};

/**
 * vnet_nhset_alloc() - begin a set
 * @max: number of next hops it is to have
 * @gfp: how to allocate
 * @extack: reason of a refusal, or NULL
 *
 * Return: an empty set to be filled with vnet_nhset_add(), -E2BIG, -ENOMEM
 */
struct vnet_nhset *vnet_nhset_alloc(unsigned int max, gfp_t gfp,
				    struct netlink_ext_ack *extack);

/**
 * vnet_nhset_add() - add a next hop to a set nobody else knows yet
 * @set: the set, with room for it
 * @gw: the next hop
 * @extack: reason of a refusal, or NULL
 *
 * Context: any.
 * Return: 0, -EOPNOTSUPP if @gw cannot stand beside the others, -E2BIG if they
 *	are more than the set was made for, -ENOMEM
 */
int vnet_nhset_add(struct vnet_nhset *set, const struct vnet_gateway *gw,
		   struct netlink_ext_ack *extack);

/* Is @ep a member? */
bool vnet_nhset_has(const struct vnet_nhset *set,
		    const struct vnet_endpoint *ep);

/* Any context: a copy with one next hop less, @ep if it has members. NULL: no
 * memory.
 */
struct vnet_nhset *vnet_nhset_without(const struct vnet_nhset *set,
				      const struct vnet_endpoint *ep);

/* Any context; readers may still be using the set. */
void vnet_nhset_free(struct vnet_nhset *set);

bool vnet_nhset_equal(const struct vnet_nhset *a, const struct vnet_nhset *b);

/**
 * struct vnet_flow - what keeps packets of one flow on one next hop
 * @src: source address
 * @dst: destination address
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_*
 * @sport: source port, 0 where there is none or in fragments
 * @dport: destination port, likewise
 */
struct vnet_flow {
	union vnet_addr src;
	union vnet_addr dst;
	u8 family;
	u8 protocol;
	__be16 sport;
	__be16 dport;
};

/* Context: any. */
u32 vnet_nexthop_hash(const struct vnet_flow *flow);

/**
 * vnet_nexthop_select() - choose a member for a flow
 * @set: a set of kind VNET_NHSET_HOPS with at least one member
 * @hash: vnet_nexthop_hash() of the flow
 * @skip: a NIC that must not be chosen, or NULL
 *
 * Members whose NIC is gone or down are passed over while there is another.
 *
 * Context: RCU, softirq safe.
 * Return: the endpoint, or NULL if every member belongs to @skip
 */
const struct vnet_endpoint *
vnet_nexthop_select(const struct vnet_nhset *set, u32 hash,
		    const struct vnet_port *skip);

#endif /* _VNET_NEXTHOP_H */
