/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows: what packets have in common that must take one way.
 */
#ifndef _VNET_FLOW_H
#define _VNET_FLOW_H

#include <linux/types.h>

#include "addr.h"

struct vnet_packet;

/**
 * struct vnet_flow - what keeps packets on one next hop
 * @src: source address
 * @dst: destination address
 * @family: AF_INET or AF_INET6
 * @protocol: IPPROTO_*
 * @sport: source port, 0 where there is none or in fragments
 * @dport: destination port, likewise
 */
struct vnet_flow {
	union vnet_addr src;
	union vnet_addr dst;
	u8 family;
	u8 protocol;
	__be16 sport;
	__be16 dport;
};

/**
 * vnet_flow_of() - the flow a packet belongs to
 * @pkt: packet whose IP header has been checked, left unchanged
 * @flow: result
 *
 * Ports count for unfragmented packets of protocols that have them. A fragment
 * has none, not even the first one, so that all parts of a datagram take the
 * same way. An ICMP error belongs to the flow it answers. Of tunnels the outer
 * header counts.
 *
 * Context: RCU, softirq safe.
 */
void vnet_flow_of(const struct vnet_packet *pkt, struct vnet_flow *flow);

/**
 * vnet_flow_hash() - a number that stands for a flow, the same on every host
 * @flow: flow
 * @symmetric: the same for the flow's other direction
 *
 * Context: any.
 */
u32 vnet_flow_hash(const struct vnet_flow *flow, bool symmetric);

#endif /* _VNET_FLOW_H */
