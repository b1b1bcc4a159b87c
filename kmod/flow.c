// SPDX-License-Identifier: GPL-2.0-only
/*
 * From packets to flows, as the kernel's own multipath routing does it with a
 * layer 4 policy.
 */
#include "flow.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jhash.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "packet.h"

/* Ports, where the protocol has them at the start of its header */
static void set_ports(struct vnet_flow *flow, const struct sk_buff *skb,
		      int offset)
{
	__be16 buf[2];
	const __be16 *ports;

	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		ports = skb_header_pointer(skb, offset, sizeof(buf), buf);
		if (ports) {
			flow->sport = ports[0];
			flow->dport = ports[1];
		}
	}
}

/* Returns where the header behind IP begins, 0 in a fragment */
static int set_ip4(struct vnet_flow *flow, const struct iphdr *iph, int offset)
{
	flow->src.ip4 = iph->saddr;
	flow->dst.ip4 = iph->daddr;
	flow->protocol = iph->protocol;
	return ip_is_fragment(iph) ? 0 : offset + iph->ihl * 4;
}

/* The same. Only the first fragment knows the protocol behind its header. */
static int set_ip6(struct vnet_flow *flow, const struct sk_buff *skb,
		   const struct ipv6hdr *ip6h, int offset)
{
	__be16 frag_off;

	flow->src.ip6 = ip6h->saddr;
	flow->dst.ip6 = ip6h->daddr;
	flow->protocol = ip6h->nexthdr;
	offset = ipv6_skip_exthdr(skb, offset + sizeof(*ip6h), &flow->protocol,
				  &frag_off);
	if (offset > 0 && !frag_off)
		return offset;
	if (offset > 0)
		flow->protocol = NEXTHDR_FRAGMENT;
	return 0;
}

/* What is quoted in an ICMP error went the other way. */
static void reverse(struct vnet_flow *flow)
{
	swap(flow->src, flow->dst);
	swap(flow->sport, flow->dport);
}

static void set_quoted4(struct vnet_flow *flow, const struct sk_buff *skb,
			int offset)
{
	const struct icmphdr *icmp;
	const struct iphdr *iph;
	struct icmphdr icmp_buf;
	struct iphdr buf;

	icmp = skb_header_pointer(skb, offset, sizeof(icmp_buf), &icmp_buf);
	if (!icmp || !icmp_is_err(icmp->type))
		return;
	offset += sizeof(*icmp);
	iph = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return;
	offset = set_ip4(flow, iph, offset);
	if (offset)
		set_ports(flow, skb, offset);
	reverse(flow);
}

static void set_quoted6(struct vnet_flow *flow, const struct sk_buff *skb,
			int offset)
{
	const struct ipv6hdr *ip6h;
	struct icmp6hdr icmp_buf;
	const struct icmp6hdr *icmp;
	struct ipv6hdr buf;

	icmp = skb_header_pointer(skb, offset, sizeof(icmp_buf), &icmp_buf);
	if (!icmp || !icmpv6_is_err(icmp->icmp6_type))
		return;
	offset += sizeof(*icmp);
	ip6h = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return;
	offset = set_ip6(flow, skb, ip6h, offset);
	if (offset)
		set_ports(flow, skb, offset);
	reverse(flow);
}

void vnet_flow_of(const struct vnet_packet *pkt, struct vnet_flow *flow)
{
	const struct sk_buff *skb = pkt->skb;
	int offset;

	memset(flow, 0, sizeof(*flow));
	flow->family = pkt->family;
	offset = pkt->family == AF_INET6 ?
		 set_ip6(flow, skb, ipv6_hdr(skb), 0) :
		 set_ip4(flow, ip_hdr(skb), 0);
	if (!offset)
		return;
	if (flow->protocol == IPPROTO_ICMP && pkt->family == AF_INET)
		set_quoted4(flow, skb, offset);
	else if (flow->protocol == IPPROTO_ICMPV6 && pkt->family == AF_INET6)
		set_quoted6(flow, skb, offset);
	else
		set_ports(flow, skb, offset);
}

/* Nothing random and nothing local goes into it: both ends of a flow may be on
 * other hosts, and are to choose the same next hop.
 */
u32 vnet_flow_hash(const struct vnet_flow *flow, bool symmetric)
{
	unsigned int len = vnet_addr_len(flow->family);
	const union vnet_addr *a = &flow->src, *b = &flow->dst;
	u32 ports[2] = { (__force u32)flow->sport, (__force u32)flow->dport };
	int order = memcmp(a, b, len) ?: memcmp(&ports[0], &ports[1],
						sizeof(ports[0]));

	if (symmetric && order > 0) {
		swap(a, b);
		swap(ports[0], ports[1]);
	}
	if (flow->family == AF_INET)
		return jhash_3words((__force u32)a->ip4, (__force u32)b->ip4,
				    ports[0] << 16 | ports[1], flow->protocol);
	return jhash2((const u32 *)a, len / sizeof(u32),
		      jhash2((const u32 *)b, len / sizeof(u32),
			     jhash_2words(ports[0] << 16 | ports[1],
					  flow->protocol, 0)));
}
