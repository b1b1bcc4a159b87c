/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address in a VNet that packets can be handed to. It exists while a NIC
 * owns it, it is known to be at another host, or a next hop names it, so that it
 * comes and goes in one pointer, whatever the number of routes and groups that
 * lead there. Netlink has a narrower word: its endpoints (VNET_CMD_ENDPOINT_*) are
 * those that are at another host, struct vnet_remote (remote.h) here.
 */
#ifndef _VNET_ENDPOINT_H
#define _VNET_ENDPOINT_H

#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "addr.h"
#include "stats.h"

struct vnet;
struct vnet_net;
struct vnet_port;
struct vnet_remote;

/**
 * struct vnet_endpoint_key - identity of an endpoint
 * @vnet: the VNet the address is in
 * @addr: the address, unused bytes are zero
 * @family: AF_INET or AF_INET6, 32 bits wide so that the key has no padding
 */
struct vnet_endpoint_key {
	const struct vnet *vnet;
	union vnet_addr addr;
	u32 family;
	u32 zero;
};

/**
 * struct vnet_endpoint - an address in a VNet
 * @node: in struct vnet_net.endpoints
 * @key: identity
 * @port: the NIC that owns the address, NULL = nobody here. Writers hold RTNL,
 *	readers RCU.
 * @remote: where it is on another host, NULL = nowhere. Never together with
 *	@port. Writers hold RTNL, readers RCU.
 * @is_hop: a route has named it as next hop (vnet_net.endpoint_lock). It remains.
 * @hop_stats: packets it got as a next hop; NULL if no route has named it yet.
 *	Set once.
 * @vn: namespace
 * @users: the owner and the next-hop sets (vnet_net.endpoint_lock)
 * @rcu: for freeing
 */
struct vnet_endpoint {
	struct rhash_head node;
	struct vnet_endpoint_key key;
	struct vnet_port __rcu *port;
	struct vnet_remote __rcu *remote;
	bool is_hop;
	struct vnet_hop_stats __percpu *hop_stats;
	struct vnet_net *vn;
	unsigned int users;
	struct rcu_head rcu;
};

int vnet_endpoint_init_net(struct vnet_net *vn);
void vnet_endpoint_exit_net(struct vnet_net *vn);

/* Look up or create, and count as user. Any context. NULL: no memory. */
struct vnet_endpoint *vnet_endpoint_get(const struct vnet *vnet, int family,
					const void *addr);
/* The same, for an address that is a next hop: its packets are counted, and its NIC knows. */
struct vnet_endpoint *vnet_endpoint_get_hop(const struct vnet *vnet, int family,
					    const void *addr);
/* RTNL: the address is @port's from now on */
void vnet_endpoint_own(struct vnet_endpoint *ep, struct vnet_port *port);
/* One more user, while there is one. Any context. */
struct vnet_endpoint *vnet_endpoint_use(struct vnet_endpoint *ep);
void vnet_endpoint_put(struct vnet_endpoint *ep);

/**
 * vnet_endpoint_find() - look an address up
 * @vnet: VNet
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes, network order
 *
 * Context: RCU, softirq safe.
 * Return: the endpoint, whose @port may be NULL, or NULL
 */
struct vnet_endpoint *vnet_endpoint_find(const struct vnet *vnet, int family,
					 const void *addr);

/**
 * vnet_endpoint_usable() - can packets be handed to an endpoint now?
 * @ep: endpoint
 *
 * Context: RCU, softirq safe.
 * Return: true if its NIC is there and has carrier, or it is on another host and
 *	there is a tunnel
 */
bool vnet_endpoint_usable(const struct vnet_endpoint *ep);

/* RCU, softirqs off: @ep got a packet because a route names it as next hop */
static inline void vnet_endpoint_count(const struct vnet_endpoint *ep,
				       unsigned int bytes)
{
	struct vnet_hop_stats __percpu *stats = READ_ONCE(ep->hop_stats);

	if (stats)
		vnet_stats_count_hop(stats, bytes);
}

#endif /* _VNET_ENDPOINT_H */
