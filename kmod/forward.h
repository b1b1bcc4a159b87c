/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data path: a packet from a NIC or from the host is looked up in the
 * sender's effective routes and handed to a NIC, to the host, or dropped.
 */
#ifndef _VNET_FORWARD_H
#define _VNET_FORWARD_H

#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

/* The virtual router's MAC address, which every guest sees as its gateway's */
extern const u8 vnet_router_mac[ETH_ALEN];

/**
 * vnet_forward_rx() - rx handler of a NIC; takes every frame the guest sends
 *
 * rx_handler_data is the struct vnet_port, which has to outlive an RCU grace
 * period after netdev_rx_handler_unregister().
 */
rx_handler_result_t vnet_forward_rx(struct sk_buff **pskb);

/**
 * vnet_forward_tunnel_rx() - rx handler of the VXLAN device; takes every frame
 * that other hosts send
 *
 * rx_handler_data is the struct vnet_tunnel, on the terms of vnet_forward_rx().
 */
rx_handler_result_t vnet_forward_tunnel_rx(struct sk_buff **pskb);

/**
 * vnet_forward_xmit() - ndo_start_xmit of the VNet device: packets of sockets
 * bound to the VNet, and those the host routes into it
 */
netdev_tx_t vnet_forward_xmit(struct sk_buff *skb, struct net_device *dev);

#endif /* _VNET_FORWARD_H */
