/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of next hops, and which of them a flow gets.
 *
 * Flows are spread by rendezvous hashing: each bucket of flows goes to the
 * member that scores highest for it. A member that leaves gives its buckets to
 * those who come second there, one that returns takes them back, and no other
 * flow moves. Scores depend on bucket, address and weight alone: sets with the
 * same members agree, in whatever order, VNet or host they stand.
 */
#ifndef _VNET_NHSET_H
#define _VNET_NHSET_H

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "endpoint.h"
#include "port.h"

struct net_device;
struct netlink_ext_ack;
struct vnet;

/* Next hops of a set: so many fit into a netlink message that shows them */
#define VNET_NHSET_MAX		512
/* The same for all sets but resilient ones: flows must not move because a set grows. With
 * eight members, shares are within some 4 % of what weights say.
 */
#define VNET_NHSET_BUCKETS	4096
/* In place of a member: a bucket that the kernel has put where we cannot follow */
#define VNET_NHSET_NOBODY	VNET_NHSET_MAX

/**
 * struct vnet_nhset_member - one next hop
 * @ep: whom packets are handed to, a reference is held
 * @key: what its scores are made of
 * @weight: 1..256
 * @buckets: how many the kernel has given it, if it is the kernel that decides
 */
struct vnet_nhset_member {
	struct vnet_endpoint *ep;
	u64 key;
	u16 weight;
	u32 buckets;
};

enum vnet_nhset_kind {
	VNET_NHSET_HOPS,	/* gateways in VNets: @members */
	VNET_NHSET_VNET,	/* directly in a VNet: @vnet */
	VNET_NHSET_OUT,		/* a device that is no VNet */
	VNET_NHSET_REJECT,	/* blackhole */
};

/**
 * struct vnet_nhset - set of next hops; immutable but for @table and what follows
 * from it in a resilient group
 * @rcu: for freeing
 * @kind: enum vnet_nhset_kind
 * @family: of the gateways, 0 = none
 * @num: length of @members, 0 unless VNET_NHSET_HOPS
 * @active: of these, the first ones; the others stand by, as long as one of the
 *	first can be handed packets. All, if all would stand by.
 * @max: room in @members
 * @paths: next hops of whatever kind; the first says what kind it is
 * @vnet: VNET_NHSET_VNET
 * @buckets: of flows, 0 while there is no choice
 * @bits: of each bucket in @table, a power of two: few, so that the caches hold many sets
 * @table: index of the member by bucket: the best one, or in a resilient group the
 *	one that the kernel has put there or VNET_NHSET_NOBODY (nexthop_lock;
 *	READ_ONCE)
 * @activity: of a resilient group, buckets that had packets since the kernel was
 *	told; NULL otherwise
 * @told: which those were (report_work)
 * @members: the next hops
 */
struct vnet_nhset {
	struct rcu_head rcu;
	u8 kind;
	u8 family;
	u16 num;
	u16 active;
	u16 max;
	u16 paths;
	struct vnet *vnet;
	u32 buckets;
	u32 bits;
	unsigned long *table;
	unsigned long *activity;
	unsigned long *told;
	struct vnet_nhset_member members[];
};

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

/* Any context: have both the same next hops in the same order? Either may be NULL. */
bool vnet_nhset_equal(const struct vnet_nhset *a, const struct vnet_nhset *b);

/**
 * vnet_nhset_seal() - make a set ready to be used
 * @set: a set with all its next hops that nobody else knows yet
 * @gfp: how to allocate
 *
 * Context: any. Work is proportional to the number of next hops.
 * Return: 0 or -ENOMEM
 */
int vnet_nhset_seal(struct vnet_nhset *set, gfp_t gfp);

/* The best that can be said of the members of a set */
enum vnet_nhset_state {
	VNET_NHSET_USABLE,	/* one can be handed packets */
	VNET_NHSET_OWN,		/* the NIC itself is one of those that can */
	VNET_NHSET_DOWN,	/* whoever is there is down */
	VNET_NHSET_GONE,	/* nobody is there */
};

/* RCU: can a member be handed packets? */
static inline bool
vnet_nhset_member_usable(const struct vnet_nhset_member *member)
{
	const struct vnet_port *port = rcu_dereference(member->ep->port);

	if (likely(port))
		return vnet_port_up(port);
	return vnet_endpoint_usable(member->ep);
}

/* Who has no bucket left of a resilient group is in it only until there is memory
 * for a set without it.
 */
static inline bool vnet_nhset_takes_flows(const struct vnet_nhset *set,
					  const struct vnet_nhset_member *member)
{
	return !set->activity || READ_ONCE(member->buckets);
}

/* RCU: are those that stand by in use, as none of the others can be handed packets? */
bool vnet_nhset_on_standby(const struct vnet_nhset *set);

/* RCU: is a NIC, up or down, a member? */
bool vnet_nhset_leads_to(const struct vnet_nhset *set,
			 const struct vnet_port *port);

/* RCU: vnet_nhset_state() of all members */
enum vnet_nhset_state vnet_nhset_best_state(const struct vnet_nhset *set,
					    const struct vnet_port *own);

/**
 * vnet_nhset_state() - is there a next hop?
 * @set: a set of kind VNET_NHSET_HOPS
 * @own: the NIC that sends, or NULL
 *
 * Members that stand by count while none of the others can be handed packets.
 *
 * Context: RCU, softirq safe. As a rule the first member decides.
 */
static inline enum vnet_nhset_state
vnet_nhset_state(const struct vnet_nhset *set, const struct vnet_port *own)
{
	const struct vnet_nhset_member *first = set->members;

	if (likely(!(own && READ_ONCE(own->is_hop)) && set->num &&
		   vnet_nhset_takes_flows(set, first) &&
		   vnet_nhset_member_usable(first)))
		return VNET_NHSET_USABLE;
	return vnet_nhset_best_state(set, own);
}

/**
 * vnet_nhset_set_table() - have the kernel decide which bucket is whose
 * @set: an empty set that nobody else knows yet
 * @buckets: how many
 *
 * Context: process.
 * Return: 0 or -ENOMEM
 */
int vnet_nhset_set_table(struct vnet_nhset *set, unsigned int buckets);

/* nexthop_lock: a copy of a set with a table, with room for @more members, without those
 * that have no buckets. NULL: no memory.
 */
struct vnet_nhset *vnet_nhset_resize(const struct vnet_nhset *set,
				     unsigned int more);

/* nexthop_lock: member @to gets a bucket that was @from's; either may be
 * VNET_NHSET_NOBODY. Cannot fail.
 */
void vnet_nhset_move(struct vnet_nhset *set, unsigned int bucket,
		     unsigned int from, unsigned int to);

/* RCU or nexthop_lock: the index of the member whose bucket it is, or VNET_NHSET_NOBODY */
static inline unsigned int vnet_nhset_whose(const struct vnet_nhset *set,
					    unsigned int bucket)
{
	unsigned int at = bucket * set->bits;
	unsigned long word = READ_ONCE(set->table[BIT_WORD(at)]);

	return word >> at % BITS_PER_LONG & (BIT(set->bits) - 1);
}

/* RCU: vnet_nhset_select() where the member whose bucket it is cannot be handed packets */
const struct vnet_endpoint *
vnet_nhset_select_other(const struct vnet_nhset *set, unsigned int bucket);

/**
 * vnet_nhset_select() - choose a next hop for a flow
 * @set: a sealed set of kind VNET_NHSET_HOPS with at least one member
 * @hash: vnet_flow_hash() of the flow
 *
 * Members whose NIC is gone, down or without carrier are passed over while there
 * is another, those that stand by while there is one of the others; that is looked
 * at for each packet, so nobody has to tell.
 *
 * Context: RCU, softirq safe.
 * Return: the endpoint, or NULL if it has no member that flows go to
 */
static inline const struct vnet_endpoint *
vnet_nhset_select(const struct vnet_nhset *set, u32 hash)
{
	const struct vnet_nhset_member *member = set->members;
	unsigned int bucket, i = 0;

	/* Where there is no other, whether it is usable is for the caller to see. */
	if (!set->buckets && set->num == 1)
		return member->ep;
	if (set->buckets) {
		bucket = reciprocal_scale(hash, set->buckets);
		i = vnet_nhset_whose(set, bucket);
		member += i;
	} else {
		/* One in use, of which no table is made; but several may stand by. */
		bucket = reciprocal_scale(hash, VNET_NHSET_BUCKETS);
	}
	if (likely(i < set->num && vnet_nhset_member_usable(member)))
		return member->ep;
	return vnet_nhset_select_other(set, bucket);
}

/* RCU: a packet of a flow goes by @set; of resilient groups the kernel wants to know */
static inline void vnet_nhset_mark(const struct vnet_nhset *set, u32 hash)
{
	unsigned int bucket;

	if (!set->activity)
		return;
	bucket = reciprocal_scale(hash, set->buckets);
	if (!test_bit(bucket, set->activity))
		set_bit(bucket, set->activity);
}

#endif /* _VNET_NHSET_H */
