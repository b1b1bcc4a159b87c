/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VNet peering. Each side is an object of its own, of one VNet towards another;
 * what the two agree on takes effect, and one side alone is nothing.
 *
 * A side is there while somebody has configured it or a route of the VNet leads
 * into the peer, so that a packet finds it from its route by one pointer.
 */
#ifndef _VNET_PEERING_H
#define _VNET_PEERING_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/vnet.h>

struct netlink_ext_ack;
struct vnet;
struct vnet_mirror;
struct vnet_net;
struct vnet_prefix;

/* struct vnet_peering.effect: both sides are configured, ... */
#define VNET_PEERED_F_UP	BIT(0)
/* ... this one gives access to the peer, ... */
#define VNET_PEERED_F_ACCESS	BIT(1)
/* ... the peer takes what others than this VNet have sent */
#define VNET_PEERED_F_FORWARD	BIT(2)

/**
 * struct vnet_peering - one side of a peering
 * @node: in struct vnet.peerings (vnet_net.peering_lock writes, readers RCU)
 * @vnet: the VNet whose side it is
 * @peer: the other VNet
 * @other: the peer's side, a reference is held while this one is configured
 *	(RTNL)
 * @configured: by VNET_CMD_PEERING_SET (RTNL writes, READ_ONCE)
 * @was_up: the other side was configured, too, and is not any more (RTNL)
 * @flags: VNET_PEERING_F_* (RTNL)
 * @effect: VNET_PEERED_F_*, what both sides amount to (RTNL writes, READ_ONCE)
 * @routes: destinations that lead into the peer (vnet_net.peering_lock writes,
 *	READ_ONCE)
 * @users: whoever configured it or the other side, and @routes
 *	(vnet_net.peering_lock)
 * @rcu: for freeing
 */
struct vnet_peering {
	struct list_head node;
	struct vnet *vnet;
	struct vnet *peer;
	struct vnet_peering *other;
	bool configured;
	bool was_up;
	u32 flags;
	u32 effect;
	unsigned int routes;
	unsigned int users;
	struct rcu_head rcu;
};

/* Look up or create the side of @vnet for a destination that leads into the peer, which is
 * counted as user and in @routes. Any context. NULL: no memory.
 */
struct vnet_peering *vnet_peering_get_route(struct vnet *vnet, struct vnet *peer);
void vnet_peering_put_route(struct vnet_peering *peering);

/* Any context: VNET_PEERED_F_* as of now */
static inline u32 vnet_peering_effect(const struct vnet_peering *peering)
{
	return READ_ONCE(peering->effect);
}

/* Any context: are both sides configured, and does a route of @vnet's lead there? */
static inline bool vnet_peering_used(const struct vnet_peering *peering)
{
	return vnet_peering_effect(peering) & VNET_PEERED_F_UP &&
	       READ_ONCE(peering->routes);
}

/* RTNL: enum vnet_peering_state */
u8 vnet_peering_state(const struct vnet_peering *peering);

/**
 * vnet_peering_set() - create or change one side
 * @vnet: whose side
 * @peer: towards whom
 * @flags: VNET_PEERING_F_*; NULL: stay as they are, or the default
 * @extack: reason of a refusal
 *
 * Context: RTNL; the tables of both are live.
 * Return: 0; -EINVAL; -EEXIST if address spaces overlap; -EBUSY if @vnet uses
 *	other gateways; -ENOMEM
 */
int vnet_peering_set(struct vnet *vnet, struct vnet *peer, const u32 *flags,
		     struct netlink_ext_ack *extack);

/* RTNL: remove one side; -ENOENT if it is not configured */
int vnet_peering_del(struct vnet *vnet, struct vnet *peer,
		     struct netlink_ext_ack *extack);

/* RTNL; the VNet goes: both sides of all its peerings */
void vnet_peering_del_all(struct vnet *vnet);

/**
 * vnet_peering_check_space() - may a VNet have this address space?
 * @mirror: of its system table
 * @prefix: the space
 * @extack: reason of a refusal, or NULL
 *
 * Return: 0, or -EEXIST if it overlaps one of a VNet it is to be peered with, or of
 *	another that such a VNet is to be peered with
 */
int vnet_peering_check_space(const struct vnet_mirror *mirror,
			     const struct vnet_prefix *prefix,
			     struct netlink_ext_ack *extack);

#endif /* _VNET_PEERING_H */
