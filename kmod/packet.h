/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet on its way through a VNet.
 *
 * The functions of the data path take one and answer with an enum vnet_drop:
 * VNET_DROP_NONE to go on, anything else ends the packet's way in the one place
 * that drops (forward.c).
 */
#ifndef _VNET_PACKET_H
#define _VNET_PACKET_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/vnet.h>
#include <net/ipv6.h>

#include "compat.h"
#include "effective.h"

struct vnet;
struct vnet_host;
struct vnet_port;
struct vnet_tunnel;

/* What is told of a packet that was given away and then not taken. Addresses of
 * both families have 16 bytes, as in tracepoints.
 */
struct vnet_packet_past {
	unsigned int len;		/* 0 = nobody wanted to know */
	__be16 protocol;
	u8 saddr[sizeof(struct in6_addr)];
	u8 daddr[sizeof(struct in6_addr)];
};

/**
 * struct vnet_packet - what is known of a packet
 * @skb: data at the network header; NULL once it has been given away
 * @vnet: VNet of the sender; NULL while it is not known for what the tunnel has
 *	received
 * @from: NIC that sent it, NULL = the host or another host
 * @tunnel: what it has been received by from another host, NULL = it has not
 * @host: that host, once it is known
 * @family: AF_INET or AF_INET6 once vnet_packet_check() has found the header
 *	sound, 0 before and for everything else
 * @route: the effective route, if @route.dest is set
 * @target: where it goes; all NULL until that is known
 * @past: what @skb was, once it has been given away; unset before
 */
struct vnet_packet {
	struct sk_buff *skb;
	const struct vnet *vnet;
	const struct vnet_port *from;
	const struct vnet_tunnel *tunnel;
	const struct vnet_host *host;
	u8 family;
	struct vnet_effective route;
	struct vnet_target target;
	struct vnet_packet_past past;
};

/* Addresses of a packet whose header has been checked; valid until the next
 * call that may move the header.
 */
static inline const void *vnet_packet_saddr(const struct vnet_packet *pkt)
{
	return pkt->family == AF_INET6 ? (const void *)&ipv6_hdr(pkt->skb)->saddr :
					 (const void *)&ip_hdr(pkt->skb)->saddr;
}

static inline const void *vnet_packet_daddr(const struct vnet_packet *pkt)
{
	return pkt->family == AF_INET6 ? (const void *)&ipv6_hdr(pkt->skb)->daddr :
					 (const void *)&ip_hdr(pkt->skb)->daddr;
}

/**
 * vnet_packet_check() - is this a sound IPv4 or IPv6 packet?
 * @pkt: skb->protocol says which; nothing has been looked at
 *
 * What is checked is what ip_rcv() and ipv6_rcv() check. Ethernet padding is
 * trimmed. Afterwards the IP header, with IPv4 options, is in the linear area.
 *
 * Context: softirq.
 * Return: VNET_DROP_NONE, VNET_DROP_MALFORMED or VNET_DROP_PROTOCOL
 */
enum vnet_drop vnet_packet_check(struct vnet_packet *pkt);

/* Does the packet's IP destination name more than one receiver? */
static inline bool vnet_packet_is_multicast(const struct vnet_packet *pkt)
{
	__be32 ip4;

	if (pkt->family == AF_INET6)
		return ipv6_addr_is_multicast(&ipv6_hdr(pkt->skb)->daddr);
	ip4 = ip_hdr(pkt->skb)->daddr;
	return ipv4_is_multicast(ip4) || ipv4_is_lbcast(ip4);
}

/* Is the IP source an address that a router may forward from? */
bool vnet_packet_saddr_routable(const struct vnet_packet *pkt);

/* Is it a fragment, or says that it is one? */
bool vnet_packet_fragmented(const struct vnet_packet *pkt);

/**
 * vnet_packet_find() - where what a packet carries begins
 * @pkt: checked packet, or its first fragment
 * @wanted: IPPROTO_*
 *
 * Return: the offset; 0 if it is not there; -1 if it may be in a later fragment
 */
int vnet_packet_find(const struct vnet_packet *pkt, u8 wanted);

/* Is it UDP, or the first fragment of it, from or to @port (network order)? Also if that is not
 * to be told.
 */
bool vnet_packet_has_udp_port(const struct vnet_packet *pkt, __be16 port);

/**
 * vnet_packet_taken() - does an address belong to somebody else?
 * @pkt: a packet of a NIC, or of another host
 * @vnet: where to look: in this VNet and in those peered with it
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes, network order
 *
 * Context: RCU.
 * Return: true if this host has it, a NIC other than the sender's, or a host other
 *	than the sender's
 */
bool vnet_packet_taken(const struct vnet_packet *pkt, const struct vnet *vnet,
		       int family, const void *addr);

/* Would all segments fit? Plain TCP, which most are, in place. */
static inline bool vnet_packet_gso_fits(const struct sk_buff *skb, unsigned int mtu)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (skb->encapsulation || !(shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
		return skb_gso_validate_network_len(skb, mtu);
	return skb_transport_offset(skb) + tcp_hdrlen(skb) + shinfo->gso_size <= mtu;
}

/**
 * vnet_packet_fits() - would a receiver with this MTU take the packet?
 * @pkt: checked packet; if it is a GSO packet, its segments count
 * @mtu: the receiver's
 */
static inline bool vnet_packet_fits(const struct vnet_packet *pkt, unsigned int mtu)
{
	const struct sk_buff *skb = pkt->skb;

	/* no link of an IPv6 network has less (RFC 8200 5) */
	if (pkt->family == AF_INET6)
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
	return skb->len <= mtu || (skb_is_gso(skb) && vnet_packet_gso_fits(skb, mtu));
}

#endif /* _VNET_PACKET_H */
