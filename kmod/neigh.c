// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual router in the guests' neighbour tables.
 *
 * There is no layer 2 between NICs: whatever address a guest asks for, the
 * answer is the router's MAC, and the packet that follows is routed. Nothing is
 * learned from what guests say, so there is nothing to forge.
 *
 * A guest that asks for its own address does not want an answer: it looks for a
 * duplicate, or makes itself known. When it probes for an address that it has
 * not got (sender address zero), it is about to use it, and is answered only if
 * somebody else in the VNet has it.
 */
#include "neigh.h"

#include <linux/if_arp.h>
#include <net/arp.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "debugfs.h"
#include "deliver.h"
#include "forward.h"
#include "packet.h"
#include "port.h"

/* What follows the fixed part of an ARP header for IPv4 over Ethernet */
struct arp_addrs {
	u8 sha[ETH_ALEN];
	__be32 sip;
	u8 tha[ETH_ALEN];
	__be32 tip;
} __packed;

/* A neighbour advertisement with the target's link-layer address */
#define NA_LEN	(sizeof(struct nd_msg) + NDISC_OPT_SPACE(ETH_ALEN))

static const u8 allnodes_mac[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };

static bool forwarding(const struct vnet_port *port)
{
	return rcu_dereference(port->config)->flags & VNET_NIC_F_FORWARDING;
}

/* The one kind of address a guest gives itself */
static bool is_linklocal6(int family, const void *addr)
{
	return family == AF_INET6 &&
	       ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL;
}

/*
 * Is an answer due to the guest, which says to be @src (NULL: nobody yet) and
 * looks for @target?
 */
static enum vnet_drop check_solicitation(const struct vnet_packet *pkt,
					 int family, const void *src,
					 const void *target)
{
	const struct vnet_port *port = pkt->from;

	if (vnet_port_owns(port, family, target))
		return VNET_DROP_NEIGHBOUR;
	if (!src)
		return vnet_packet_taken(pkt, pkt->vnet, family, target) ?
			VNET_DROP_NONE : VNET_DROP_NEIGHBOUR;
	if (!memcmp(src, target, vnet_addr_len(family)))
		return VNET_DROP_NEIGHBOUR;
	if (!forwarding(port) && !is_linklocal6(family, src) &&
	    !vnet_port_owns(port, family, src))
		return VNET_DROP_SPOOFED_ADDR;
	return VNET_DROP_NONE;
}

/* Returns the addresses of a sound ARP packet, NULL if it is none */
static const struct arp_addrs *arp_parse(struct sk_buff *skb)
{
	const struct arphdr *arp;

	if (!pskb_may_pull(skb, sizeof(*arp) + sizeof(struct arp_addrs)))
		return NULL;
	arp = arp_hdr(skb);
	if (arp->ar_hrd != htons(ARPHRD_ETHER) || arp->ar_hln != ETH_ALEN ||
	    arp->ar_pro != htons(ETH_P_IP) || arp->ar_pln != sizeof(__be32))
		return NULL;
	return (const struct arp_addrs *)(arp + 1);
}

enum vnet_drop vnet_neigh_arp(struct vnet_packet *pkt)
{
	const struct vnet_port *port = pkt->from;
	const struct arp_addrs *arp = arp_parse(pkt->skb);
	const struct ethhdr *eth = eth_hdr(pkt->skb);
	enum vnet_drop reason;
	struct sk_buff *reply;
	__be32 sip, tip;

	if (!arp)
		return VNET_DROP_MALFORMED;
	if (arp_hdr(pkt->skb)->ar_op != htons(ARPOP_REQUEST))
		return VNET_DROP_NEIGHBOUR;

	sip = get_unaligned(&arp->sip);
	tip = get_unaligned(&arp->tip);
	if (ipv4_is_multicast(tip) || ipv4_is_lbcast(tip) ||
	    ipv4_is_zeronet(tip) || ipv4_is_loopback(tip))
		return VNET_DROP_MALFORMED;
	if (!forwarding(port) && !ether_addr_equal_unaligned(arp->sha, eth->h_source))
		return VNET_DROP_SPOOFED_MAC;
	reason = check_solicitation(pkt, AF_INET, sip ? &sip : NULL, &tip);
	if (reason)
		return reason;

	reply = arp_create(ARPOP_REPLY, ETH_P_ARP, sip, port->dev, tip,
			   eth->h_source, vnet_router_mac, arp->sha);
	if (!reply)
		return VNET_DROP_NO_MEMORY;
	return vnet_deliver_frame(port, reply);
}

/* The ICMPv6 type behind all extension headers, -1 if that is not there */
static int icmp6_type(const struct sk_buff *skb)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr, buf;
	__be16 frag_off;
	const u8 *type;
	int offset;

	offset = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr,
				  &frag_off);
	if (offset < 0 || nexthdr != IPPROTO_ICMPV6)
		return -1;
	type = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return type ? *type : -1;
}

bool vnet_neigh_is_nd(const struct vnet_packet *pkt)
{
	int type;

	if (ipv6_hdr(pkt->skb)->hop_limit != 255)
		return false;
	type = icmp6_type(pkt->skb);
	return type >= NDISC_ROUTER_SOLICITATION && type <= NDISC_REDIRECT;
}

/* Returns a neighbour solicitation that may be answered, NULL if it is none */
static const struct nd_msg *ns_parse(struct sk_buff *skb)
{
	const unsigned int hlen = sizeof(struct ipv6hdr);
	const struct nd_msg *ns;
	unsigned int len;

	if (!pskb_may_pull(skb, hlen + sizeof(*ns)))
		return NULL;
	len = skb->len - hlen;
	if (!skb_csum_unnecessary(skb) &&
	    csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len,
			    IPPROTO_ICMPV6, skb_checksum(skb, hlen, len, 0)))
		return NULL;
	ns = (const struct nd_msg *)(ipv6_hdr(skb) + 1);
	if (ns->icmph.icmp6_code || ipv6_addr_is_multicast(&ns->target) ||
	    ipv6_addr_any(&ns->target) || ipv6_addr_loopback(&ns->target))
		return NULL;
	return ns;
}

/* The IPv6 header and the advertisement: @target is at the router's MAC */
static void na_fill(struct sk_buff *skb, const struct in6_addr *daddr,
		    const struct in6_addr *target, bool solicited)
{
	struct ipv6hdr *ip6h;
	struct nd_msg *na;

	skb_reset_network_header(skb);
	ip6h = skb_put_zero(skb, sizeof(*ip6h));
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->payload_len = htons(NA_LEN);
	ip6h->nexthdr = IPPROTO_ICMPV6;
	ip6h->hop_limit = 255;
	ip6h->saddr = *target;
	ip6h->daddr = *daddr;

	skb_reset_transport_header(skb);
	na = skb_put_zero(skb, NA_LEN);
	na->icmph.icmp6_type = NDISC_NEIGHBOUR_ADVERTISEMENT;
	na->icmph.icmp6_router = 1;
	na->icmph.icmp6_solicited = solicited;
	na->icmph.icmp6_override = 1;
	na->target = *target;
	na->opt[0] = ND_OPT_TARGET_LL_ADDR;
	na->opt[1] = 1;		/* in units of 8 bytes */
	ether_addr_copy(na->opt + 2, vnet_router_mac);
	na->icmph.icmp6_cksum = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
						NA_LEN, IPPROTO_ICMPV6,
						csum_partial(na, NA_LEN, 0));
}

static struct sk_buff *na_create(const struct vnet_port *port,
				 const struct ethhdr *to,
				 const struct in6_addr *saddr,
				 const struct in6_addr *target)
{
	struct net_device *dev = port->dev;
	bool solicited = !ipv6_addr_any(saddr);
	struct sk_buff *skb;

	skb = vnet_try_alloc(alloc_skb(LL_RESERVED_SPACE(dev) +
				       sizeof(struct ipv6hdr) + NA_LEN +
				       dev->needed_tailroom, GFP_ATOMIC));
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IPV6);
	if (solicited) {
		na_fill(skb, saddr, target, true);
		vnet_deliver_push_eth(skb, to->h_source);
	} else {
		na_fill(skb, &in6addr_linklocal_allnodes, target, false);
		vnet_deliver_push_eth(skb, allnodes_mac);
	}
	return skb;
}

enum vnet_drop vnet_neigh_nd(struct vnet_packet *pkt)
{
	const struct in6_addr *saddr;
	enum vnet_drop reason;
	const struct nd_msg *ns;
	struct sk_buff *reply;

	/* fragments and other extension headers: RFC 6980 has them ignored */
	if (ipv6_hdr(pkt->skb)->nexthdr != IPPROTO_ICMPV6 ||
	    icmp6_type(pkt->skb) != NDISC_NEIGHBOUR_SOLICITATION)
		return VNET_DROP_NEIGHBOUR;
	ns = ns_parse(pkt->skb);
	if (!ns)
		return VNET_DROP_MALFORMED;

	saddr = &ipv6_hdr(pkt->skb)->saddr;
	reason = check_solicitation(pkt, AF_INET6,
				    ipv6_addr_any(saddr) ? NULL : saddr,
				    &ns->target);
	if (reason)
		return reason;

	reply = na_create(pkt->from, eth_hdr(pkt->skb), saddr, &ns->target);
	if (!reply)
		return VNET_DROP_NO_MEMORY;
	return vnet_deliver_frame(pkt->from, reply);
}
