/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One family of a mirrored table: prefixes, destinations, address spaces.
 */
#ifndef _VNET_MIRROR_H
#define _VNET_MIRROR_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "addr.h"
#include "lpm.h"

struct netlink_ext_ack;
struct vnet;
struct vnet_action;
struct vnet_dest;
struct vnet_endpoint;
struct vnet_peering;
struct vnet_table;

/* A list of destinations begins with so many, which suffice for most tables, and has at most
 * so many: what is beyond is found by a walk.
 */
#define VNET_MIRROR_LIST_MIN	16
#define VNET_MIRROR_LIST_MAX	4096

/**
 * struct vnet_dest_list - destinations by index
 * @rcu: for freeing
 * @size: length of @dest
 * @dest: NULL where there is none
 */
struct vnet_dest_list {
	struct rcu_head rcu;
	u32 size;
	struct vnet_dest __rcu *dest[];
};

/**
 * struct vnet_mirror - one family of a mirrored table
 * @table: the table
 * @family: AF_INET or AF_INET6
 * @live: holds what the kernel's table holds (@lock writes, READ_ONCE). Nobody
 *	may use what a mirror that is not live holds.
 * @replaying: takes part in the current round of replay (@lock writes,
 *	READ_ONCE)
 * @touched: the kernel's table has changed while the mirror was not live (@lock)
 * @refused: routes that this mirror could not take when it was replayed: nobody
 *	was there to be told. One writer at a time, as for @heard.
 * @refusal: why the first of them could not be taken
 * @lock: serialises writers of all below; taken with BH disabled
 * @lpm: prefix -> index in @dests; RCU readers
 * @spaces: system table: the address spaces, prefix -> VNET_SPACE_*; no two of
 *	them overlap; RCU readers
 * @list: those of @dests with the smallest indexes; NULL before the first; RCU readers
 * @dests: struct vnet_dest by index, shared by prefixes; RCU readers
 * @num_dests: how many of @dests have routes (@lock)
 * @retired: those that have none any more, until no reader knows them (@lock)
 * @heard: event that the notifier of live tables has applied; changes with the
 *	table, one event at a time
 */
struct vnet_mirror {
	struct vnet_table *table;
	u8 family;
	bool live;
	bool replaying;
	bool touched;
	u32 refused;
	int refusal;
	spinlock_t lock;	/* writers */
	struct vnet_lpm lpm;
	struct vnet_lpm spaces;
	struct vnet_dest_list __rcu *list;
	struct xarray dests;
	u32 num_dests;
	struct list_head retired;
	const void *heard;
};

/* Whose an address space is: values of struct vnet_mirror.spaces. A route into a
 * VNet that is not peered is nobody's: it only keeps its place.
 */
#define VNET_SPACE_OWN		1
#define VNET_SPACE_PEER		2
#define VNET_SPACE_NOBODY	3

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

/**
 * vnet_mirror_follow() - the kernel's table changes
 * @mirror: mirror
 *
 * Context: any.
 * Return: true if the mirror is live, so that it follows, and will not cease to
 *	be before its table goes; false: it is touched
 */
bool vnet_mirror_follow(struct vnet_mirror *mirror);

/**
 * vnet_mirror_has_read() - all of the kernel's table has been read
 * @mirror: mirror that is replaying
 *
 * The mirror is live, unless the table has changed meanwhile: then it is emptied,
 * to be read again.
 *
 * Context: any.
 * Return: is it live?
 */
bool vnet_mirror_has_read(struct vnet_mirror *mirror);

/* Any context: set .live and .replaying; drop all routes first if @flush */
void vnet_mirror_switch(struct vnet_mirror *mirror, bool live, bool replaying,
			bool flush);

/* Any context: what a peering amounts to has changed; cannot fail. */
void vnet_mirror_peering_changed(struct vnet_mirror *mirror,
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
