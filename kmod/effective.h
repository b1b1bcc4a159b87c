/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Effective routes of a NIC: which of its user-defined, BGP and system routes
 * is used. The same code answers forwarding, the dump of all rows, and the
 * explanation of one lookup.
 */
#ifndef _VNET_EFFECTIVE_H
#define _VNET_EFFECTIVE_H

#include <linux/types.h>
#include <linux/vnet.h>

#include "addr.h"
#include "lpm.h"

struct vnet;
struct vnet_dest;
struct vnet_endpoint;
struct vnet_nhset;
struct vnet_port;
struct vnet_remote;

/**
 * struct vnet_effective - the route that wins for a destination address
 * @dest: what to do; NULL = no route
 * @set: its next hops; NULL if it has none, or they are gone
 * @type: enum vnet_hop_type: that of @dest, or None where access to a peer is off
 * @class: enum vnet_route_class
 * @plen: prefix length
 */
struct vnet_effective {
	const struct vnet_dest *dest;
	const struct vnet_nhset *set;
	u8 type;
	u8 class;
	u8 plen;
};

/**
 * vnet_effective_lookup() - the effective route to an address
 * @vnet: VNet the packet is in
 * @from: the NIC that sends it, NULL = the host's own sockets, which have no
 *	user-defined routes
 * @family: AF_INET or AF_INET6
 * @daddr: destination, 4 or 16 bytes in network order
 * @res: result, valid until rcu_read_unlock()
 *
 * Context: RCU, softirq safe; takes no lock, allocates nothing.
 * Return: VNET_DROP_NONE, or VNET_DROP_NO_ROUTE if nothing matches
 */
enum vnet_drop vnet_effective_lookup(const struct vnet *vnet,
				     const struct vnet_port *from, int family,
				     const void *daddr,
				     struct vnet_effective *res);

/**
 * vnet_effective_prefetch() - announce some vnet_effective_lookup()
 * @vnet: VNet
 * @family: AF_INET or AF_INET6
 * @daddr: @n pointers to destinations, 4 or 16 bytes each in network order
 * @n: how many, as in vnet_lpm_prefetch_many()
 *
 * The table that may be too large for the caches is BGP's. Context: RCU, softirq safe.
 */
void vnet_effective_prefetch(const struct vnet *vnet, int family,
			     const void *const *daddr, unsigned int n);

/**
 * vnet_effective_host() - is an address the host's in a VNet?
 * @vnet: VNet
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes, network order
 *
 * Known as soon as the system table is. Context: RCU, softirq safe.
 */
bool vnet_effective_host(const struct vnet *vnet, int family, const void *addr);

/* RCU: has the system table a route to an address, of whatever type, but not into a VNet that is
 * not peered? The host asks its other tables for addresses without one.
 */
bool vnet_effective_routed(const struct vnet *vnet, int family, const void *addr);

/**
 * struct vnet_target - where a packet goes
 * @port: the NIC it is handed to
 * @remote: the other host it is handed to; without it and @port, it is this host
 * @vnet: the VNet whose device the host receives it on (VNET_HOP_HOST and
 *	VNET_HOP_INTERNET); a peered one if the host's address is there
 * @ep: the endpoint chosen; NULL if none was
 */
struct vnet_target {
	struct vnet_port *port;
	const struct vnet_remote *remote;
	const struct vnet *vnet;
	const struct vnet_endpoint *ep;
};

/**
 * vnet_effective_resolve() - from the effective route to the NIC
 * @vnet: as for vnet_effective_lookup()
 * @from: likewise
 * @family: likewise
 * @saddr: source of the packet; NULL = an address of the sender
 * @daddr: likewise
 * @res: its answer, with a route
 * @hash: vnet_flow_hash() of the flow
 * @target: result, valid until rcu_read_unlock()
 *
 * Includes every check of the receiver that does not depend on the packet's
 * size: carrier, not the sender, own address or IP forwarding. Another host checks
 * for its own NICs.
 *
 * Context: RCU, softirq safe; takes no lock, allocates nothing.
 * Return: VNET_DROP_NONE or why the packet goes nowhere
 */
enum vnet_drop vnet_effective_resolve(const struct vnet *vnet,
				      const struct vnet_port *from, int family,
				      const void *saddr, const void *daddr,
				      const struct vnet_effective *res,
				      u32 hash, struct vnet_target *target);

/* RCU: the peer in whose address space an address is, if both have a side; or NULL */
const struct vnet *vnet_effective_peer(const struct vnet *vnet, int family, const void *addr);

/* RCU: does @vnet reach an address of @to, itself or a peer it has access to? */
bool vnet_effective_reaches(const struct vnet *vnet, int family,
			    const void *addr, const struct vnet *to);

/**
 * vnet_effective_check_nic() - would a NIC be handed a packet?
 * @from: the NIC that sends it, NULL = none of this host
 * @family: AF_INET or AF_INET6
 * @daddr: destination, 4 or 16 bytes in network order
 * @to: the NIC
 *
 * Context: RCU, softirq safe.
 * Return: VNET_DROP_NONE, or why not
 */
enum vnet_drop vnet_effective_check_nic(const struct vnet_port *from, int family,
					const void *daddr,
					const struct vnet_port *to);

/**
 * struct vnet_row - one of a NIC's routes, used or not
 * @prefix: prefix
 * @dest: what it says
 * @type: enum vnet_hop_type, as in struct vnet_effective
 * @class: enum vnet_route_class
 * @state: enum vnet_route_state
 * @reason: enum vnet_route_reason
 * @table: kernel's table id
 */
struct vnet_row {
	struct vnet_prefix prefix;
	const struct vnet_dest *dest;
	u8 type;
	u8 class;
	u8 state;
	u8 reason;
	u32 table;
};

/* RCU or RTNL: have the tables that concern a NIC been read? */
bool vnet_effective_ready(const struct vnet_port *port);

/**
 * vnet_effective_next() - walk through the routes of a NIC
 * @port: the NIC
 * @family: AF_INET or AF_INET6
 * @row: the row to continue after, all zero to begin; then the next one
 * @started: false to begin
 *
 * In the order of prefixes, at one prefix the best class first. Routes may change
 * between two calls.
 *
 * Context: RCU.
 * Return: false at the end
 */
bool vnet_effective_next(const struct vnet_port *port, int family,
			 struct vnet_row *row, bool started);

/**
 * vnet_effective_shorter() - walk through the routes that match an address
 * @port: the NIC
 * @family: AF_INET or AF_INET6
 * @daddr: address, 4 or 16 bytes in network order
 * @row: the row to continue after; then the next one
 * @started: false to begin
 *
 * Longest prefix first, at one length the best class first.
 *
 * Context: RCU.
 * Return: false at the end
 */
bool vnet_effective_shorter(const struct vnet_port *port, int family,
			    const void *daddr, struct vnet_row *row,
			    bool started);

#endif /* _VNET_EFFECTIVE_H */
