/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARP and neighbour discovery: the virtual router answers for every address.
 */
#ifndef _VNET_NEIGH_H
#define _VNET_NEIGH_H

#include <linux/types.h>
#include <linux/vnet.h>

struct vnet_packet;

/**
 * vnet_neigh_arp() - answer an ARP request of a guest
 * @pkt: ARP frame from a NIC, nothing of it has been checked
 *
 * Context: softirq.
 * Return: VNET_DROP_NONE if it has been answered (the frame is still the
 *	caller's), otherwise why not
 */
enum vnet_drop vnet_neigh_arp(struct vnet_packet *pkt);

/**
 * vnet_neigh_is_nd() - would a receiver take this for neighbour discovery?
 * @pkt: a checked IPv6 packet
 *
 * Such a packet is never forwarded. The fabric does not decrement the hop limit,
 * so the 255 that proves to a guest that the sender is on its link proves nothing
 * here.
 */
bool vnet_neigh_is_nd(const struct vnet_packet *pkt);

/**
 * vnet_neigh_nd() - answer a neighbour solicitation of a guest
 * @pkt: a packet from a NIC for which vnet_neigh_is_nd() holds
 *
 * Context and return: as for vnet_neigh_arp()
 */
enum vnet_drop vnet_neigh_nd(struct vnet_packet *pkt);

#endif /* _VNET_NEIGH_H */
