/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last step of a packet: to the guest behind a NIC, or to the host.
 */
#ifndef _VNET_DELIVER_H
#define _VNET_DELIVER_H

#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/vnet.h>

#include "forward.h"

struct dst_entry;
struct net_device;
struct vnet;
struct vnet_packet;
struct vnet_port;
struct vnet_stats;

/**
 * vnet_deliver_to_nic() - hand a packet to the guest of its target NIC
 * @pkt: target.port is set and has passed the receiver's checks but size
 *
 * The IP packet is not changed: no hop has been passed.
 *
 * Context: RCU, softirqs off.
 * Return: VNET_DROP_NONE, or why not. pkt->skb is NULL if it is gone either way.
 */
enum vnet_drop vnet_deliver_to_nic(struct vnet_packet *pkt);

/**
 * struct vnet_way - how a packet leaves
 * @dev: device
 * @stats: who gets it
 * @mac: destination of the frame
 * @dst: goes along with the packet, to a tunnel; NULL = none
 * @mtu: the largest IP packet that goes this way
 */
struct vnet_way {
	struct net_device *dev;
	struct vnet_stats __percpu *stats;
	const u8 *mac;
	struct dst_entry *dst;
	unsigned int mtu;
};

/**
 * vnet_deliver_out() - hand a packet to a device
 * @pkt: has passed the receiver's checks but size
 * @way: how
 *
 * Context and return: as for vnet_deliver_to_nic()
 */
enum vnet_drop vnet_deliver_out(struct vnet_packet *pkt, const struct vnet_way *way);

/**
 * vnet_deliver_to_host() - hand a packet to the host's stack, as received on the
 * device of its target VNet
 * @pkt: target.vnet is set
 *
 * Context and return: as for vnet_deliver_to_nic()
 */
enum vnet_drop vnet_deliver_to_host(struct vnet_packet *pkt);

/**
 * vnet_deliver_to_device() - have the host's stack receive a packet
 * @vnet: on whose device
 * @skb: data at the network header; consumed
 *
 * Context: RCU, softirqs off.
 * Return: VNET_DROP_NONE, or why not
 */
enum vnet_drop vnet_deliver_to_device(const struct vnet *vnet, struct sk_buff *skb);

/**
 * vnet_deliver_push_eth() - put the router's Ethernet header before a packet
 * @skb: data at the network header, headroom and ->protocol set
 * @dest: the guest's MAC
 */
static inline void vnet_deliver_push_eth(struct sk_buff *skb, const u8 *dest)
{
	struct ethhdr *eth = __skb_push(skb, ETH_HLEN);

	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_dest, dest);
	ether_addr_copy(eth->h_source, vnet_router_mac);
	eth->h_proto = skb->protocol;
}

/**
 * vnet_deliver_frame() - hand a complete frame to a guest, and count it
 * @port: the guest's NIC
 * @skb: frame, data at the Ethernet header; consumed
 *
 * Context: RCU, softirqs off.
 * Return: VNET_DROP_NONE, or why the NIC did not take it
 */
enum vnet_drop vnet_deliver_frame(const struct vnet_port *port,
				  struct sk_buff *skb);

#endif /* _VNET_DELIVER_H */
