/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NIC of a virtual machine: a device enslaved to a VNet, with the MAC and
 * IP addresses that its guest may use.
 */
#ifndef _VNET_PORT_H
#define _VNET_PORT_H

#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/ratelimit_types.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/vnet.h>
#include <net/sch_generic.h>

#include "addr.h"
#include "endpoint.h"
#include "forward.h"

struct netlink_ext_ack;
struct vnet;
struct vnet_stats;
struct vnet_subnet;

/* As Azure allows */
#define VNET_PORT_MAX_ADDRS	256

/**
 * struct vnet_port_config - what a NIC may be and do; replaced as a whole
 * @rcu: for freeing
 * @port: whose it is
 * @by_mac: in struct vnet_net.macs, if the NIC has addresses (RTNL; RCU)
 * @flags: VNET_NIC_F_*
 * @mac: the guest's MAC address, all zero = not set
 * @num_addrs: length of @addrs
 * @addrs: the NIC's addresses; the first of each family is primary
 */
struct vnet_port_config {
	struct rcu_head rcu;
	struct vnet_port *port;
	struct hlist_node by_mac;
	u32 flags;
	u8 mac[ETH_ALEN];
	u16 num_addrs;
	struct vnet_endpoint *addrs[];
};

/**
 * struct vnet_port - a NIC
 * @dev: its device, a reference is held
 * @vnet: its VNet, for as long as the NIC is enslaved
 * @config: never NULL; writers hold RTNL, readers RCU
 * @subnet: by enum vnet_af, the subnet of the primary address; NULL = none.
 *	Writers hold RTNL, readers RCU.
 * @stats: from and to this guest
 * @is_hop: a route has named one of its addresses as next hop (vnet_net.endpoint_lock;
 *	READ_ONCE). It remains.
 * @icmp_limit: of ICMP errors to this guest
 * @node: in struct vnet.ports (RTNL; RCU)
 * @tracker: of the reference to @dev
 */
struct vnet_port {
	struct net_device *dev;
	struct vnet *vnet;
	struct vnet_port_config __rcu *config;
	struct vnet_subnet __rcu *subnet[VNET_AF_NUM];
	struct vnet_stats __percpu *stats;
	bool is_hop;
	struct ratelimit_state icmp_limit;
	struct list_head node;
	netdevice_tracker tracker;
};

extern struct notifier_block vnet_port_netdev_nb;

/* RTNL; ndo_add_slave and ndo_del_slave of the VNet's device */
int vnet_port_add(struct net_device *vnet_dev, struct net_device *dev,
		  struct netlink_ext_ack *extack);
int vnet_port_del(struct net_device *vnet_dev, struct net_device *dev);

/**
 * vnet_port_get_rcu() - the NIC that a device is
 * @dev: a device that may or may not be enslaved to a VNet
 *
 * Context: RCU or RTNL.
 * Return: the NIC or NULL
 */
static inline struct vnet_port *vnet_port_get_rcu(const struct net_device *dev)
{
	if (rcu_access_pointer(dev->rx_handler) != vnet_forward_rx)
		return NULL;
	return rcu_dereference_rtnl(dev->rx_handler_data);
}

/**
 * vnet_port_owns() - does an address belong to a NIC?
 * @port: the NIC
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes, network order
 *
 * Context: RCU, softirq safe.
 */
bool vnet_port_owns(const struct vnet_port *port, int family, const void *addr);

/* RCU: the NIC's first address of a family; NULL = none */
const struct vnet_endpoint *vnet_port_primary(const struct vnet_port *port, int family);

/* Any context that keeps @port: can its guest be handed packets? A device that has just got
 * its carrier drops them until its queue is attached, for which the kernel waits for RTNL.
 */
static inline bool vnet_port_up(const struct vnet_port *port)
{
	return netif_running(port->dev) && netif_carrier_ok(port->dev) &&
	       !qdisc_tx_is_noop(port->dev);
}

/**
 * vnet_port_by_mac() - the NIC that a frame is addressed to
 * @vnet: VNet
 * @mac: the guest's MAC address
 *
 * Context: RCU, softirq safe.
 * Return: the NIC or NULL
 */
struct vnet_port *vnet_port_by_mac(const struct vnet *vnet, const u8 *mac);

/**
 * vnet_port_check_addr() - may this be the address of somebody in a VNet?
 * @vnet: VNet
 * @family: AF_INET or AF_INET6
 * @addr: address
 * @extack: reason of a refusal
 *
 * Context: RTNL.
 * Return: 0; -EADDRNOTAVAIL, -ERANGE if it is outside the VNet, -EADDRINUSE if it
 *	is this host's
 */
int vnet_port_check_addr(const struct vnet *vnet, int family,
			 const union vnet_addr *addr,
			 struct netlink_ext_ack *extack);

/* An address and its family */
struct vnet_port_addr {
	union vnet_addr addr;
	u8 family;
};

/**
 * struct vnet_port_change - what VNET_CMD_NIC_SET asks for
 * @mac: NULL = stays
 * @set_flags: @flags is given
 * @flags: VNET_NIC_F_*
 * @set_addrs: @addrs is given
 * @num_addrs: length of @addrs
 * @addrs: all addresses, in the order given
 */
struct vnet_port_change {
	const u8 *mac;
	bool set_flags;
	u32 flags;
	bool set_addrs;
	unsigned int num_addrs;
	struct vnet_port_addr *addrs;
};

/* RTNL; all of the change or nothing */
int vnet_port_change(struct vnet_port *port,
		     const struct vnet_port_change *change,
		     struct netlink_ext_ack *extack);

/* RTNL; @subnet is new, takes another's place, or goes: NICs with their primary address in it */
void vnet_port_bind(struct vnet *vnet, struct vnet_subnet *subnet);
void vnet_port_unbind(struct vnet *vnet, struct vnet_subnet *subnet);

#endif /* _VNET_PORT_H */
