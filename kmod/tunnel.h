/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To other hosts and from them, through one VXLAN device of the kernel's in
 * metadata mode, which serves all VNets of a network namespace.
 */
#ifndef _VNET_TUNNEL_H
#define _VNET_TUNNEL_H

#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/vnet.h>

struct netlink_ext_ack;
struct vnet_net;
struct vnet_packet;
struct vnet_stats;

/**
 * struct vnet_tunnel - the VXLAN device of a network namespace
 * @dev: the device, a reference is held
 * @vn: the namespace
 * @stats: from and to all other hosts, as if they were one NIC
 * @inherit_ttl: the outer TTL is the inner one, which the device cannot change
 * @tracker: of the reference to @dev
 */
struct vnet_tunnel {
	struct net_device *dev;
	struct vnet_net *vn;
	struct vnet_stats __percpu *stats;
	bool inherit_ttl;
	netdevice_tracker tracker;
};

extern struct notifier_block vnet_tunnel_netdev_nb;

/* RTNL: use @dev; if it is in use, then as it is configured now. -EBUSY: there is
 * another.
 */
int vnet_tunnel_set(struct vnet_net *vn, struct net_device *dev,
		    struct netlink_ext_ack *extack);
/* RTNL: use none, if there is one */
void vnet_tunnel_del(struct vnet_net *vn);

/* RCU or RTNL: the tunnel that @dev is, or NULL */
struct vnet_tunnel *vnet_tunnel_of(const struct net_device *dev);

/* RCU: can anything be sent to other hosts now? */
bool vnet_tunnel_up(const struct vnet_net *vn);

/**
 * vnet_tunnel_identify() - from which host, into which VNet?
 * @pkt: what the VXLAN device has received; @pkt->tunnel is set. Sets @pkt->host
 *	and @pkt->vnet.
 *
 * Context: softirq.
 * Return: VNET_DROP_NONE if that host may send into that VNet, or why not
 */
enum vnet_drop vnet_tunnel_identify(struct vnet_packet *pkt);

/**
 * vnet_tunnel_resolve() - who on this host is a packet for?
 * @pkt: a checked packet that vnet_tunnel_identify() has let pass; sets
 *	@pkt->target
 *
 * The sender has done the routing. A frame to a NIC's MAC is for that NIC, one to
 * the virtual router's for whoever owns the destination address here. Nothing
 * goes on to another host, so nothing goes round in circles.
 *
 * Context: softirq.
 * Return: VNET_DROP_NONE, or why it is for nobody
 */
enum vnet_drop vnet_tunnel_resolve(struct vnet_packet *pkt);

/**
 * vnet_tunnel_claims() - is that port the tunnel's?
 * @pkt: checked packet of a guest, on its way to the host or through it
 *
 * The host may give a guest's packets its own address, and then another host would
 * take VXLAN from a guest for the host's. It may as well give the guest what is sent
 * to the host's port, once the guest has sent from there.
 *
 * Context: RCU.
 * Return: true if it is UDP from or to the tunnel's port
 */
bool vnet_tunnel_claims(const struct vnet_packet *pkt);

/**
 * vnet_tunnel_send() - hand a packet to another host
 * @pkt: target.remote is set
 *
 * Context: RCU, softirqs off.
 * Return: VNET_DROP_NONE, or why not. pkt->skb is NULL if it is gone either way.
 */
enum vnet_drop vnet_tunnel_send(struct vnet_packet *pkt);

#endif /* _VNET_TUNNEL_H */
