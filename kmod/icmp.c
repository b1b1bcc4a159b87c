// SPDX-License-Identifier: GPL-2.0-only
/*
 * Too big, as the virtual router says it; and what guests say to the host by ICMP
 *
 * The virtual router is no hop, but it is where a packet meets an MTU smaller than
 * the sender's. It answers as any router would (RFC 1191, RFC 8201), only that the
 * answer is made here and handed over, not routed by the host: the sender's NIC is
 * known, and the host has no address that means anything in the VNet.
 */
#include "icmp.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ratelimit.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "debugfs.h"
#include "deliver.h"
#include "effective.h"
#include "endpoint.h"
#include "fib.h"
#include "forward.h"
#include "link.h"
#include "mirror.h"
#include "packet.h"
#include "port.h"
#include "subnet.h"
#include "tunnel.h"

/* RFC 1812 4.3.2.3 */
#define ICMP4_MAX	576

static bool icmp4_error(u8 type)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return true;
	}
	return false;
}

static bool answerable4(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const u8 *type;
	u8 buf;

	if (iph->frag_off & htons(IP_OFFSET))
		return false;
	if (iph->protocol != IPPROTO_ICMP)
		return true;
	type = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(buf), &buf);
	return type && !icmp4_error(*type);
}

static bool answerable6(const struct sk_buff *skb)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr, buf;
	__be16 frag_off = 0;
	const u8 *type;
	int offset;

	offset = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr, &frag_off);
	if (offset < 0 || frag_off & htons(IP6_OFFSET))
		return false;
	if (nexthdr != IPPROTO_ICMPV6)
		return true;
	type = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return type && *type & ICMPV6_INFOMSG_MASK;
}

/* ---- Errors for the host ---- */

static bool quotes_tcp4(const struct sk_buff *skb, int offset)
{
	const struct iphdr *quoted;
	struct iphdr buf;

	quoted = skb_header_pointer(skb, offset + sizeof(struct icmphdr), sizeof(buf), &buf);
	return quoted && quoted->protocol == IPPROTO_TCP &&
	       quoted->saddr == ip_hdr(skb)->daddr;
}

static bool quotes_tcp6(const struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *quoted;
	struct ipv6hdr buf;

	quoted = skb_header_pointer(skb, offset + sizeof(struct icmp6hdr), sizeof(buf), &buf);
	return quoted && quoted->nexthdr == IPPROTO_TCP &&
	       ipv6_addr_equal(&quoted->saddr, &ipv6_hdr(skb)->daddr);
}

/* @head: type and code */
static bool is_too_big(bool ip6, const u8 *head)
{
	if (ip6)
		return head[0] == ICMPV6_PKT_TOOBIG;
	return head[0] == ICMP_DEST_UNREACH && head[1] == ICMP_FRAG_NEEDED;
}

bool vnet_icmp_steers(const struct vnet_packet *pkt)
{
	bool ip6 = pkt->family == AF_INET6;
	const u8 *head;
	u8 buf[2];
	int offset;

	offset = vnet_packet_find(pkt, ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	/* What may be in a later fragment is not to be told. */
	if (offset <= 0)
		return offset < 0;
	head = skb_header_pointer(pkt->skb, offset, sizeof(buf), buf);
	return !head || is_too_big(ip6, head) || (!ip6 && head[0] == ICMP_REDIRECT);
}

/* Is it "too big" for TCP? What is quoted may be in another fragment. */
static bool is_for_tcp(const struct vnet_packet *pkt)
{
	bool ip6 = pkt->family == AF_INET6;
	const u8 *head;
	u8 buf[2];
	int offset;

	offset = vnet_packet_find(pkt, ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (offset <= 0 || vnet_packet_fragmented(pkt))
		return false;
	head = skb_header_pointer(pkt->skb, offset, sizeof(buf), buf);
	return head && is_too_big(ip6, head) &&
	       (ip6 ? quotes_tcp6(pkt->skb, offset) : quotes_tcp4(pkt->skb, offset));
}

bool vnet_icmp_misleads(const struct vnet_packet *pkt)
{
	return vnet_icmp_steers(pkt) && !is_for_tcp(pkt);
}

bool vnet_icmp_quotes_own(const struct vnet_packet *pkt)
{
	bool ip6 = pkt->family == AF_INET6;
	union vnet_addr buf;
	const void *addr;
	int offset;

	offset = vnet_packet_find(pkt, ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (offset <= 0 || vnet_packet_fragmented(pkt))
		return false;
	offset += ip6 ? sizeof(struct icmp6hdr) + offsetof(struct ipv6hdr, daddr) :
			sizeof(struct icmphdr) + offsetof(struct iphdr, daddr);
	addr = skb_header_pointer(pkt->skb, offset, vnet_addr_len(pkt->family), &buf);
	return addr && vnet_port_owns(pkt->from, pkt->family, addr);
}

/* ---- The router's address ---- */

static const struct vnet_subnet *subnet_of(const struct vnet_packet *pkt)
{
	const struct vnet_port *port = pkt->from ?: pkt->target.port;

	return port ? rcu_dereference(port->subnet[vnet_af(pkt->family)]) : NULL;
}

/* Whose router it is, if there is no subnet */
static const void *anchor(const struct vnet_packet *pkt)
{
	if (pkt->from && vnet_port_owns(pkt->from, pkt->family, vnet_packet_saddr(pkt)))
		return vnet_packet_saddr(pkt);
	if (pkt->target.ep && pkt->target.ep->key.family == pkt->family)
		return &pkt->target.ep->key.addr;
	return vnet_packet_daddr(pkt);
}

static bool router_addr(union vnet_addr *router, const struct vnet_packet *pkt)
{
	const struct vnet_mirror *system = &pkt->vnet->system->mirror[vnet_af(pkt->family)];
	const struct vnet_subnet *subnet = subnet_of(pkt);
	union vnet_addr addr;
	u8 len;

	if (subnet) {
		*router = subnet->addr;
	} else {
		vnet_addr_set(&addr, pkt->family, anchor(pkt));
		if (!vnet_mirror_space(system, &addr, &len))
			return false;
		vnet_addr_prefix(router, pkt->family, &addr, len);
	}
	/* Nobody believes what comes from their own address. */
	if (pkt->family == AF_INET6) {
		router->ip6.s6_addr[15] |= 1;
		if (ipv6_addr_equal(&router->ip6, &ipv6_hdr(pkt->skb)->saddr))
			router->ip6.s6_addr[15] ^= 3;
		return true;
	}
	router->ip4 |= htonl(1);
	if (router->ip4 == ip_hdr(pkt->skb)->saddr)
		router->ip4 ^= htonl(3);
	return true;
}

/* ---- The message ---- */

static struct sk_buff *message_alloc(const struct vnet_packet *pkt, unsigned int len)
{
	const unsigned int room = LL_MAX_HEADER + MAX_HEADER;
	struct sk_buff *skb;

	skb = vnet_try_alloc(alloc_skb(room + len, GFP_ATOMIC));
	if (!skb)
		return NULL;
	skb_reserve(skb, room);
	skb_reset_network_header(skb);
	skb->protocol = pkt->skb->protocol;
	return skb;
}

/* @max: for all of the message; @header: of it, what comes before the quotation */
static unsigned int quote_len(const struct vnet_packet *pkt, unsigned int max,
			      unsigned int header)
{
	return min(pkt->skb->len, max - header);
}

static struct sk_buff *message4(const struct vnet_packet *pkt,
				const union vnet_addr *router, unsigned int mtu)
{
	unsigned int header = sizeof(struct iphdr) + sizeof(struct icmphdr);
	unsigned int len = quote_len(pkt, ICMP4_MAX, header);
	struct sk_buff *skb = message_alloc(pkt, header + len);
	struct icmphdr *icmph;
	struct iphdr *iph;

	if (!skb)
		return NULL;
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = (ip_hdr(pkt->skb)->tos & IPTOS_TOS_MASK) |
		   IPTOS_PREC_INTERNETCONTROL;
	iph->tot_len = htons(header + len);
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_ICMP;
	iph->saddr = router->ip4;
	iph->daddr = ip_hdr(pkt->skb)->saddr;
	ip_send_check(iph);

	skb_set_transport_header(skb, sizeof(*iph));
	icmph = skb_put_zero(skb, sizeof(*icmph));
	icmph->type = ICMP_DEST_UNREACH;
	icmph->code = ICMP_FRAG_NEEDED;
	icmph->un.frag.mtu = htons(min(mtu, 0xffffU));
	skb_copy_bits(pkt->skb, 0, skb_put(skb, len), len);
	icmph->checksum = csum_fold(skb_checksum(skb, sizeof(*iph),
						 sizeof(*icmph) + len, 0));
	return skb;
}

static struct sk_buff *message6(const struct vnet_packet *pkt,
				const union vnet_addr *router, unsigned int mtu)
{
	unsigned int header = sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr);
	unsigned int len = quote_len(pkt, IPV6_MIN_MTU, header);
	unsigned int size = sizeof(struct icmp6hdr) + len;
	struct sk_buff *skb = message_alloc(pkt, header + len);
	struct icmp6hdr *icmp6h;
	struct ipv6hdr *ip6h;

	if (!skb)
		return NULL;
	ip6h = skb_put_zero(skb, sizeof(*ip6h));
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->payload_len = htons(size);
	ip6h->nexthdr = IPPROTO_ICMPV6;
	ip6h->hop_limit = IPDEFTTL;
	ip6h->saddr = router->ip6;
	ip6h->daddr = ipv6_hdr(pkt->skb)->saddr;

	skb_set_transport_header(skb, sizeof(*ip6h));
	icmp6h = skb_put_zero(skb, sizeof(*icmp6h));
	icmp6h->icmp6_type = ICMPV6_PKT_TOOBIG;
	icmp6h->icmp6_mtu = htonl(max_t(unsigned int, mtu, IPV6_MIN_MTU));
	skb_copy_bits(pkt->skb, 0, skb_put(skb, len), len);
	icmp6h->icmp6_cksum = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, size,
					      IPPROTO_ICMPV6,
					      skb_checksum(skb, sizeof(*ip6h), size, 0));
	return skb;
}

/* ---- To the sender ---- */

/* As net.ipv4.icmp_msgs_per_sec and icmp_msgs_burst are by default */
void vnet_icmp_limit_init(struct ratelimit_state *limit)
{
	ratelimit_state_init(limit, HZ / 20, 50);
	/* says nothing in the log */
	ratelimit_set_flags(limit, RATELIMIT_MSG_ON_RELEASE);
}

/* The sender is somewhere behind its NIC, with the MAC the packet came from. */
static void reply_to_nic(const struct vnet_packet *pkt, struct sk_buff *skb)
{
	vnet_deliver_push_eth(skb, eth_hdr(pkt->skb)->h_source);
	vnet_deliver_frame(pkt->from, skb);
}

/* As a packet of the host would go there, but not to the host. */
static void reply_to_remote(const struct vnet_packet *pkt, struct sk_buff *skb)
{
	struct vnet_packet reply = {
		.skb = skb,
		.vnet = pkt->vnet,
		.family = pkt->family,
	};
	const void *daddr = vnet_packet_daddr(&reply);
	enum vnet_drop reason;

	reason = vnet_effective_lookup(reply.vnet, NULL, reply.family, daddr,
				       &reply.route) ?:
		 vnet_effective_resolve(reply.vnet, NULL, reply.family, NULL, daddr,
					&reply.route, 0, &reply.target);
	if (!reason && reply.target.remote)
		vnet_tunnel_send(&reply);
	else if (!reason && reply.target.port)
		vnet_deliver_to_nic(&reply);
	kfree_skb(reply.skb);
}

/* The packet was the host's, or came by way of it. What the host sends from one VNet into
 * another is first met there, but its address is in the VNet that it is from.
 */
static void reply_to_host(const struct vnet_packet *pkt, struct sk_buff *skb)
{
	const void *host = vnet_packet_saddr(pkt);
	const struct vnet *peer = vnet_effective_peer(pkt->vnet, pkt->family, host);

	vnet_deliver_push_eth(skb, vnet_router_mac);
	skb_pull(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
	if (!peer || !vnet_effective_host(peer, pkt->family, host))
		peer = pkt->vnet;
	vnet_deliver_to_device(peer, skb);
}

static bool allowed(const struct vnet_packet *pkt)
{
	const struct ratelimit_state *limit = pkt->from ? &pkt->from->icmp_limit :
							  &pkt->vnet->icmp_limit;

	return __ratelimit((struct ratelimit_state *)limit);
}

void vnet_icmp_too_big(const struct vnet_packet *pkt, unsigned int mtu)
{
	union vnet_addr router = {};
	struct sk_buff *skb;
	bool answerable;

	answerable = pkt->family == AF_INET6 ? answerable6(pkt->skb) :
					       answerable4(pkt->skb);
	if (!answerable || !vnet_packet_saddr_routable(pkt) ||
	    !router_addr(&router, pkt) || !allowed(pkt))
		return;
	skb = pkt->family == AF_INET6 ? message6(pkt, &router, mtu) :
					message4(pkt, &router, mtu);
	if (!skb)
		return;
	if (pkt->from)
		reply_to_nic(pkt, skb);
	else if (pkt->tunnel)
		reply_to_remote(pkt, skb);
	else
		reply_to_host(pkt, skb);
}
