// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what guests send. Nothing in a frame is believed: each length is
 * compared with what is there before the bytes it covers are read, and pointers
 * into the header are taken anew after each call that may move it.
 */
#include "packet.h"

#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"
#include "effective.h"
#include "endpoint.h"
#include "link.h"
#include "remote.h"

/*
 * The field a deferred checksum is written to lies behind all that packets are judged by: IP
 * headers and ports, of ICMP all there is. A guest on a tap says where it is, and could otherwise
 * have the checksum written over those after they have been checked.
 */
static bool csum_sound(const struct sk_buff *skb, unsigned int transport, u8 protocol)
{
	int start = skb_checksum_start_offset(skb);

	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return start == (int)transport &&
		       skb->csum_offset == offsetof(struct icmphdr, checksum);
	return start >= (int)transport &&
	       start + skb->csum_offset >= transport + 2 * sizeof(__be16);
}

static bool csum_sound4(const struct sk_buff *skb)
{
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       csum_sound(skb, ip_hdrlen(skb), ip_hdr(skb)->protocol);
}

static bool csum_sound6(const struct sk_buff *skb)
{
	u8 protocol = ipv6_hdr(skb)->nexthdr;
	__be16 frag_off;
	int offset;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return true;
	offset = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &protocol, &frag_off);
	return offset > 0 && csum_sound(skb, offset, protocol);
}

/* Addresses that no packet on a wire has */
static bool ip4_martian(const struct iphdr *iph)
{
	return ipv4_is_loopback(iph->daddr) || ipv4_is_zeronet(iph->daddr) ||
	       ipv4_is_loopback(iph->saddr) || ipv4_is_multicast(iph->saddr) ||
	       ipv4_is_lbcast(iph->saddr);
}

/* Of a GSO packet the TCP header is read that should be at @offset. What a guest hands over is
 * linear only as far as it says.
 */
static bool pull_gso_tcp(struct sk_buff *skb, unsigned int offset)
{
	return !skb_is_gso(skb) || !skb_is_gso_tcp(skb) ||
	       pskb_may_pull(skb, offset + sizeof(struct tcphdr));
}

static enum vnet_drop check_ip4(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int hlen, len;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)))
		return VNET_DROP_MALFORMED;
	hlen = ip_hdrlen(skb);
	if (ip_hdr(skb)->version != 4 || hlen < sizeof(struct iphdr) ||
	    !pskb_may_pull(skb, hlen))
		return VNET_DROP_MALFORMED;
	if (ip_fast_csum(ip_hdr(skb), ip_hdr(skb)->ihl))
		return VNET_DROP_MALFORMED;

	len = vnet_compat_ip_totlen(skb, ip_hdr(skb));
	if (len < hlen || len > skb->len || pskb_trim_rcsum(skb, len))
		return VNET_DROP_MALFORMED;
	if (!csum_sound4(skb) || ip4_martian(ip_hdr(skb)))
		return VNET_DROP_MALFORMED;
	/* Segmentation would make other fragments of it than what it has been looked at as. */
	if (skb_is_gso(skb) && ip_is_fragment(ip_hdr(skb)))
		return VNET_DROP_MALFORMED;
	if (!pull_gso_tcp(skb, hlen))
		return VNET_DROP_MALFORMED;

	skb_set_transport_header(skb, hlen);
	pkt->family = AF_INET;
	return VNET_DROP_NONE;
}

static bool ip6_martian(const struct ipv6hdr *ip6h)
{
	return ipv6_addr_loopback(&ip6h->daddr) || ipv6_addr_any(&ip6h->daddr) ||
	       ipv6_addr_v4mapped(&ip6h->daddr) ||
	       ipv6_addr_loopback(&ip6h->saddr) ||
	       ipv6_addr_is_multicast(&ip6h->saddr) ||
	       ipv6_addr_v4mapped(&ip6h->saddr);
}

/*
 * Length of a whole packet, 0 if it makes no sense. More than 64 KiB has a length
 * of zero and a jumbo option, and exists only as a GSO packet.
 */
static unsigned int ip6_totlen(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	unsigned int len = ntohs(ip6h->payload_len);

	if (!len && ip6h->nexthdr == NEXTHDR_HOP)
		return skb_is_gso(skb) ? skb->len : 0;
	return sizeof(*ip6h) + len;
}

/*
 * Of what awaits its checksum it is known where that begins, behind all headers. Otherwise it
 * matters only of GSO packets, whose TCP header is read there: no header of a guest's may lead
 * beyond what is linear.
 */
static int ip6_transport_offset(const struct sk_buff *skb)
{
	u8 protocol = ipv6_hdr(skb)->nexthdr;
	int offset = sizeof(struct ipv6hdr);
	__be16 frag_off;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return skb_checksum_start_offset(skb);
	if (skb_is_gso(skb))
		offset = ipv6_skip_exthdr(skb, offset, &protocol, &frag_off);
	if (offset < 0 || offset + sizeof(struct tcphdr) > skb_headlen(skb))
		return sizeof(struct ipv6hdr);
	return offset;
}

static enum vnet_drop check_ip6(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)))
		return VNET_DROP_MALFORMED;
	if (ipv6_hdr(skb)->version != 6)
		return VNET_DROP_MALFORMED;

	len = ip6_totlen(skb);
	if (!len || len > skb->len || pskb_trim_rcsum(skb, len))
		return VNET_DROP_MALFORMED;
	if (!csum_sound6(skb) || ip6_martian(ipv6_hdr(skb)))
		return VNET_DROP_MALFORMED;
	if (!pull_gso_tcp(skb, sizeof(struct ipv6hdr)))
		return VNET_DROP_MALFORMED;

	skb_set_transport_header(skb, ip6_transport_offset(skb));
	pkt->family = AF_INET6;
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_packet_check(struct vnet_packet *pkt)
{
	switch (pkt->skb->protocol) {
	case htons(ETH_P_IP):
		return check_ip4(pkt);
	case htons(ETH_P_IPV6):
		return check_ip6(pkt);
	default:
		return VNET_DROP_PROTOCOL;
	}
}

bool vnet_packet_saddr_routable(const struct vnet_packet *pkt)
{
	const struct in6_addr *ip6;

	if (pkt->family == AF_INET)
		return !ipv4_is_zeronet(ip_hdr(pkt->skb)->saddr);
	ip6 = &ipv6_hdr(pkt->skb)->saddr;
	return !ipv6_addr_any(ip6) &&
	       !(ipv6_addr_type(ip6) & IPV6_ADDR_LINKLOCAL);
}

/* In IPv6 one fragment header can follow the other. */
bool vnet_packet_fragmented(const struct vnet_packet *pkt)
{
	unsigned int at = 0;

	if (pkt->family == AF_INET)
		return ip_is_fragment(ip_hdr(pkt->skb));
	return ipv6_find_hdr(pkt->skb, &at, NEXTHDR_FRAGMENT, NULL, NULL) == NEXTHDR_FRAGMENT;
}

int vnet_packet_find(const struct vnet_packet *pkt, u8 wanted)
{
	const struct sk_buff *skb = pkt->skb;
	__be16 frag_off;
	u8 protocol;
	int offset;

	if (pkt->family == AF_INET) {
		protocol = ip_hdr(skb)->protocol;
		frag_off = ip_hdr(skb)->frag_off & htons(IP_OFFSET);
		offset = ip_hdrlen(skb);
	} else {
		protocol = ipv6_hdr(skb)->nexthdr;
		offset = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &protocol, &frag_off);
		/* Headers that end too early may go on in another fragment. */
		if (offset < 0)
			return vnet_packet_fragmented(pkt) ? -1 : 0;
		frag_off &= htons(IP6_OFFSET);
	}
	return offset > 0 && protocol == wanted && !frag_off ? offset : 0;
}

bool vnet_packet_has_udp_port(const struct vnet_packet *pkt, __be16 port)
{
	int offset = vnet_packet_find(pkt, IPPROTO_UDP);
	const __be16 *ports;
	__be16 buf[2];

	/* What may be in a later fragment is not to be told. */
	if (offset <= 0)
		return offset < 0;
	ports = skb_header_pointer(pkt->skb, offset, sizeof(buf), buf);
	return !ports || (ports[0] == port || ports[1] == port);
}

static bool taken_by_other(const struct vnet_packet *pkt, const struct vnet *vnet,
			   int family, const void *addr)
{
	const struct vnet_endpoint *ep = vnet_endpoint_find(vnet, family, addr);
	const struct vnet_remote *remote;
	const struct vnet_port *owner;

	if (!ep)
		return false;
	owner = rcu_dereference(ep->port);
	remote = rcu_dereference(ep->remote);
	return (owner && owner != pkt->from) ||
	       (remote && remote->vtep->host != pkt->host);
}

bool vnet_packet_taken(const struct vnet_packet *pkt, const struct vnet *vnet,
		       int family, const void *addr)
{
	const struct vnet *peer;

	if (taken_by_other(pkt, vnet, family, addr) ||
	    vnet_effective_host(vnet, family, addr))
		return true;
	peer = vnet_effective_peer(vnet, family, addr);
	return peer && taken_by_other(pkt, peer, family, addr);
}
