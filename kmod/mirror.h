/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One family of a mirrored table: prefixes, destinations, address spaces.
 */
#ifndef _VNET_MIRROR_H
#define _VNET_MIRROR_H

#include <linux/types.h>

#include "addr.h"
#include "fib.h"

struct netlink_ext_ack;
struct vnet_action;
struct vnet_endpoint;
struct vnet_peering;
struct vnet_prefix;

/* Who writes to a mirror: see struct vnet_mirror.live and .replaying */
enum vnet_mirror_writer {
	VNET_MIRROR_BY_EVENT,
	VNET_MIRROR_BY_REPLAY,
};

void vnet_mirror_init(struct vnet_mirror *mirror, struct vnet_table *table,
		      int family);

/* When nobody reads or writes it any more. Process context. */
void vnet_mirror_destroy(struct vnet_mirror *mirror);

/* Is it @writer's turn? Certain only under the mirror's lock. */
bool vnet_mirror_turn(const struct vnet_mirror *mirror,
		      enum vnet_mirror_writer writer);

/**
 * vnet_mirror_set() - add a route or change what its prefix leads to
 * @mirror: mirror
 * @writer: who calls; nothing is done if it is not this writer's turn
 * @prefix: prefix
 * @action: @set is consumed if the call succeeds
 * @extack: reason of a refusal, or NULL
 *
 * Context: any.
 * Return: 0 and @prefix is in the mirror; -ESRCH if it is not @writer's turn;
 *	-ENOSPC, -EEXIST (address spaces overlap), -ENOMEM. Nothing is changed
 *	by an error.
 */
int vnet_mirror_set(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		    const struct vnet_prefix *prefix,
		    struct vnet_action *action, struct netlink_ext_ack *extack);

/* Any context. Cannot fail; the prefix need not be there. */
void vnet_mirror_del(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		     const struct vnet_prefix *prefix);

/**
 * vnet_mirror_del_hop() - one of several next hops of a route is gone
 * @mirror: mirror
 * @writer: who calls
 * @prefix: of the route; it goes as a whole if that was its last next hop
 * @ep: the next hop, NULL = one that is in no VNet; need not be the route's
 * @others: it is known that there are others left: if the mirror has one only, that is it
 *
 * Context: RCU.
 * Return: 0; an error if the rest cannot be mirrored, mostly for want of memory: the route
 *	goes as a whole
 */
int vnet_mirror_del_hop(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
			const struct vnet_prefix *prefix,
			const struct vnet_endpoint *ep, bool others);

/**
 * vnet_mirror_action() - what a prefix leads to
 * @mirror: mirror
 * @prefix: prefix
 *
 * Context: RCU.
 * Return: the action, valid until rcu_read_unlock(), or NULL
 */
const struct vnet_action *vnet_mirror_action(const struct vnet_mirror *mirror,
					     const struct vnet_prefix *prefix);

/* Any context: set .live and .replaying; drop all routes first if @flush */
void vnet_mirror_switch(struct vnet_mirror *mirror, bool live, bool replaying,
			bool flush);

/* Any context: what a peering amounts to has changed; cannot fail. */
void vnet_mirror_relink(struct vnet_mirror *mirror,
			const struct vnet_peering *peering);

/**
 * vnet_mirror_forget() - drop what leads into another VNet
 * @mirror: mirror of a system table
 * @peer: the VNet, which is about to go, so the kernel's routes there are gone
 *
 * Context: any. Cannot fail.
 */
void vnet_mirror_forget(struct vnet_mirror *mirror, const struct vnet *peer);

/* Any context: has it no route? */
bool vnet_mirror_empty(struct vnet_mirror *mirror);

/* Is @inner equal to or inside @outer? */
bool vnet_mirror_within(int family, const struct vnet_prefix *inner,
			const struct vnet_prefix *outer);

/**
 * vnet_mirror_space() - the address space an address is in
 * @mirror: of a system table
 * @addr: 4 or 16 bytes, network order
 * @len: set to the length of the space
 *
 * Context: RCU, softirq safe.
 * Return: VNET_SPACE_*, 0 = none
 */
u32 vnet_mirror_space(const struct vnet_mirror *mirror, const void *addr,
		      u8 *len);

/**
 * struct vnet_mirror_info - what a mirror amounts to
 * @state: enum vnet_mirror_state
 * @routes: prefixes
 * @dests: distinct destinations
 * @bytes: memory of the mirror and its lookup structure
 */
struct vnet_mirror_info {
	u8 state;
	u32 routes;
	u32 dests;
	u64 bytes;
};

/* Any context. */
void vnet_mirror_info(struct vnet_mirror *mirror,
		      struct vnet_mirror_info *info);

#endif /* _VNET_MIRROR_H */
