// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path.
 *
 *	guest --> NIC's rx handler --+
 *	                             +--> effective route --> target --> deliver
 *	host --> VNet's ndo_start_xmit                          |
 *	                                                        |
 *	another host --> VXLAN device's rx handler -------------+
 *
 * From a NIC everything is taken and nothing is believed: Ethernet addresses, IP
 * header and sender address are checked, ARP and neighbour discovery are answered
 * by the virtual router, and the rest is routed, as there is no layer 2 between
 * NICs. All of it runs under RCU, takes no lock, writes no memory that another
 * CPU writes (but see struct vnet_vtep), and ends in exactly one of: handed over,
 * answered, or drop().
 */
#include "forward.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "compat.h"
#include "deliver.h"
#include "dest.h"
#include "endpoint.h"
#include "flow.h"
#include "link.h"
#include "neigh.h"
#include "nexthop.h"
#include "packet.h"
#include "port.h"
#include "stats.h"
#include "trace.h"
#include "tunnel.h"

const u8 vnet_router_mac[ETH_ALEN] __aligned(2) = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };

/* The nearest of the kernel's own drop reasons, for those who watch them all */
static enum skb_drop_reason core_reason(enum vnet_drop reason)
{
	switch (reason) {
	case VNET_DROP_MALFORMED:
		return SKB_DROP_REASON_IP_INHDR;
	case VNET_DROP_PROTOCOL:
		return SKB_DROP_REASON_UNHANDLED_PROTO;
	case VNET_DROP_MULTICAST:
	case VNET_DROP_UNCONFIGURED:
		return SKB_DROP_REASON_IP_INADDRERRORS;
	case VNET_DROP_SPOOFED_MAC:
	case VNET_DROP_SPOOFED_ADDR:
	case VNET_DROP_TUNNEL_PORT:
	case VNET_DROP_ICMP_ERROR:
		return SKB_DROP_REASON_IP_RPFILTER;
	case VNET_DROP_NO_ROUTE:
	case VNET_DROP_NEXT_HOP_NONE:
		return SKB_DROP_REASON_IP_INNOROUTES;
	case VNET_DROP_NO_NIC:
	case VNET_DROP_NEXT_HOP_GONE:
		return SKB_DROP_REASON_NEIGH_FAILED;
	case VNET_DROP_NIC_DOWN:
		return SKB_DROP_REASON_DEV_READY;
	case VNET_DROP_TOO_BIG:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	case VNET_DROP_NOT_ROUTER:
	case VNET_DROP_NOT_FORWARDING:
		return SKB_DROP_REASON_OTHERHOST;
	case VNET_DROP_NO_MEMORY:
		return SKB_DROP_REASON_NOMEM;
	case VNET_DROP_OFFLOAD:
		return SKB_DROP_REASON_SKB_GSO_SEG;
	default:
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
}

/* For `ip -s link` of what it was received by: the VNet's device sums up by itself. */
static void count_at_device(const struct vnet_packet *pkt)
{
	if (pkt->from)
		dev_core_stats_rx_dropped_inc(pkt->from->dev);
	else if (pkt->tunnel)
		dev_core_stats_rx_dropped_inc(pkt->tunnel->dev);
}

/* The end of every packet that is not handed over; counted at its sender, and if
 * that is another host, for the VNet as well.
 */
static void drop(struct vnet_packet *pkt, enum vnet_drop reason)
{
	if (pkt->tunnel)
		vnet_stats_count_drop(pkt->tunnel->stats, reason);
	if (pkt->vnet)
		vnet_stats_count_drop(pkt->from ? pkt->from->stats :
						  pkt->vnet->stats, reason);
	count_at_device(pkt);
	trace_vnet_drop(pkt, reason);
	if (pkt->skb)
		kfree_skb_reason(pkt->skb, core_reason(reason));
}

/* Flows are told apart only where there is a choice. */
static u32 flow_hash(const struct vnet_packet *pkt)
{
	const struct vnet_nhset *set = pkt->route.set;
	struct vnet_flow flow;
	u32 hash;

	if (!set || (set->num < 2 && !set->activity))
		return 0;
	vnet_flow_of(pkt, &flow);
	hash = vnet_flow_hash(&flow, READ_ONCE(pkt->vnet->ecmp_symmetric));
	vnet_nhset_mark(set, hash);
	return hash;
}

static enum vnet_drop hand_over(struct vnet_packet *pkt)
{
	if (pkt->target.port)
		return vnet_deliver_to_nic(pkt);
	if (pkt->target.remote)
		return vnet_tunnel_send(pkt);
	return vnet_deliver_to_host(pkt);
}

/* Count what is handed over because a route names a next hop */
static enum vnet_drop deliver(struct vnet_packet *pkt)
{
	const struct vnet_endpoint *ep = pkt->target.ep;
	unsigned int len = pkt->skb->len + ETH_HLEN;
	enum vnet_drop reason = hand_over(pkt);

	if (!reason && ep && pkt->route.set)
		vnet_endpoint_count(ep, len);
	return reason;
}

/* Route a checked unicast packet and hand it over */
static __always_inline enum vnet_drop route(struct vnet_packet *pkt)
{
	const void *daddr = vnet_packet_daddr(pkt);
	enum vnet_drop reason;

	if (pkt->family == AF_INET6 &&
	    ipv6_addr_type(daddr) & IPV6_ADDR_LINKLOCAL)
		return VNET_DROP_NO_ROUTE;
	reason = vnet_effective_lookup(pkt->vnet, pkt->from, pkt->family, daddr,
				       &pkt->route);
	if (!reason)
		reason = vnet_effective_resolve(pkt->vnet, pkt->from, pkt->family,
						vnet_packet_saddr(pkt), daddr, &pkt->route,
						flow_hash(pkt), &pkt->target);
	trace_vnet_lookup(pkt);
	return reason ?: deliver(pkt);
}

/* May the guest send from this address? */
static bool source_allowed(const struct vnet_packet *pkt,
			   const struct vnet_port_config *config)
{
	if (config->flags & VNET_NIC_F_FORWARDING)
		return vnet_packet_saddr_routable(pkt);
	return vnet_port_owns(pkt->from, pkt->family, vnet_packet_saddr(pkt));
}

static enum vnet_drop receive_ip(struct vnet_packet *pkt,
				 const struct vnet_port_config *config)
{
	enum vnet_drop reason = vnet_packet_check(pkt);

	if (reason)
		return reason;
	if (pkt->family == AF_INET6 && vnet_neigh_is_nd(pkt))
		return vnet_neigh_nd(pkt);
	if (vnet_packet_is_multicast(pkt) ||
	    is_multicast_ether_addr(eth_hdr(pkt->skb)->h_dest))
		return VNET_DROP_MULTICAST;
	if (!source_allowed(pkt, config))
		return VNET_DROP_SPOOFED_ADDR;
	return route(pkt);
}

/* A priority tag is no VLAN; anything else in a VLAN is none of ours. */
static enum vnet_drop check_vlan(struct sk_buff *skb)
{
	if (!skb_vlan_tag_present(skb))
		return VNET_DROP_NONE;
	if (skb_vlan_tag_get_id(skb))
		return VNET_DROP_PROTOCOL;
	__vlan_hwaccel_clear_tag(skb);
	return VNET_DROP_NONE;
}

static enum vnet_drop check_ethernet(const struct sk_buff *skb,
				     const struct vnet_port_config *config)
{
	const struct ethhdr *eth = eth_hdr(skb);

	if (!(config->flags & VNET_NIC_F_FORWARDING) &&
	    !ether_addr_equal(eth->h_source, config->mac))
		return VNET_DROP_SPOOFED_MAC;
	if (!is_valid_ether_addr(eth->h_source))
		return VNET_DROP_SPOOFED_MAC;
	if (!is_multicast_ether_addr(eth->h_dest) &&
	    !ether_addr_equal(eth->h_dest, vnet_router_mac))
		return VNET_DROP_NOT_ROUTER;
	return VNET_DROP_NONE;
}

static enum vnet_drop receive(struct vnet_packet *pkt)
{
	const struct vnet_port_config *config;
	struct sk_buff *skb = pkt->skb;
	enum vnet_drop reason;

	config = rcu_dereference(pkt->from->config);
	if (!config->num_addrs)
		return VNET_DROP_UNCONFIGURED;
	if (skb->mac_len < ETH_HLEN)
		return VNET_DROP_MALFORMED;
	reason = check_vlan(skb);
	if (reason)
		return reason;
	reason = check_ethernet(skb, config);
	if (reason)
		return reason;
	if (skb->protocol == htons(ETH_P_ARP))
		return vnet_neigh_arp(pkt);
	return receive_ip(pkt, config);
}

static rx_handler_result_t finish(struct vnet_packet *pkt, enum vnet_drop reason)
{
	if (reason)
		drop(pkt, reason);
	else if (pkt->skb)
		consume_skb(pkt->skb);	/* answered */
	return RX_HANDLER_CONSUMED;
}

/* Member by member: the compiler, or the kernel's option to clear the stack, would clear all
 * of it by a string instruction, which takes longer than the checks that follow.
 */
static void begin(struct vnet_packet *pkt, const struct vnet *vnet, const struct vnet_port *from,
		  const struct vnet_tunnel *tunnel, struct sk_buff *skb)
{
	pkt->skb = skb;
	pkt->vnet = vnet;
	pkt->from = from;
	pkt->tunnel = tunnel;
	pkt->host = NULL;
	pkt->family = 0;
	pkt->route.dest = NULL;
	pkt->route.set = NULL;
	pkt->route.type = 0;
	pkt->route.class = 0;
	pkt->route.plen = 0;
	pkt->target.port = NULL;
	pkt->target.remote = NULL;
	pkt->target.vnet = NULL;
	pkt->target.ep = NULL;
}

/* Where a packet seems to go, NULL if nowhere. @skb: whose data begins with what is to be an
 * IP header; nothing has been checked.
 */
static const void *announced_daddr(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = (const void *)skb->data;
	const struct iphdr *iph = (const void *)skb->data;
	unsigned int there = skb_headlen(skb);

	if (skb->protocol == htons(ETH_P_IP) && there >= sizeof(*iph))
		return &iph->daddr;
	if (skb->protocol == htons(ETH_P_IPV6) && there >= sizeof(*ip6h))
		return &ip6h->daddr;
	return NULL;
}

static bool same_train(const struct vnet *vnet, const struct sk_buff *skb,
		       const struct sk_buff *next)
{
	const struct vnet_port *port = vnet_port_get_rcu(next->dev);

	return port && port->vnet == vnet && next->protocol == skb->protocol;
}

/* More requests than this memory does not answer side by side. */
#define TRAIN_MAX	16

/*
 * Guests send in trains. The routes of what waits behind a packet in the CPU's backlog, where
 * veth puts it, are asked for together with its own: they come while the first ones are
 * forwarded. With softirqs off, as here, nobody else takes from that queue: on 6.12 its own
 * lock is for kernels where softirqs run as threads. Returns how many behind @skb have been
 * announced.
 */
static unsigned int announce_train(const struct vnet *vnet, const struct sk_buff *skb)
{
	const struct sk_buff_head *queue = this_cpu_ptr(&softnet_data.process_queue);
	int family = skb->protocol == htons(ETH_P_IPV6) ? AF_INET6 : AF_INET;
	const void *daddr[TRAIN_MAX] __uninitialized;
	const struct sk_buff *next;
	unsigned int n = 1;

	daddr[0] = announced_daddr(skb);
	if (!daddr[0])
		return 0;
	skb_queue_walk(queue, next) {
		if (n == TRAIN_MAX || !same_train(vnet, skb, next))
			break;
		daddr[n] = announced_daddr(next);
		if (!daddr[n])
			break;
		n++;
	}
	vnet_effective_prefetch(vnet, family, daddr, n);
	return n - 1;
}

/*
 * Packets that have been announced and not come yet. If somebody before us takes them, a filter
 * at the NIC's ingress, or packets come from elsewhere than the backlog meanwhile, as many
 * others go unannounced: which costs time, and nothing else.
 */
static DEFINE_PER_CPU(unsigned int, announced);

static void announce(const struct vnet *vnet, const struct sk_buff *skb)
{
	unsigned int left = __this_cpu_read(announced);

	__this_cpu_write(announced, left ? left - 1 : announce_train(vnet, skb));
}

rx_handler_result_t vnet_forward_rx(struct sk_buff **pskb)
{
	const struct vnet_port *port;
	struct vnet_packet pkt __uninitialized;
	struct sk_buff *skb = *pskb;

	/* what the host itself multicasts out of the NIC */
	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;

	port = rcu_dereference(skb->dev->rx_handler_data);
	announce(port->vnet, skb);
	vnet_stats_count_rx(port->stats, skb->len + skb->mac_len);
	begin(&pkt, port->vnet, port, NULL, skb_share_check(skb, GFP_ATOMIC));

	/* The guest must not change what has been checked. */
	if (!pkt.skb || skb_orphan_frags_rx(pkt.skb, GFP_ATOMIC))
		return finish(&pkt, VNET_DROP_NO_MEMORY);
	return finish(&pkt, receive(&pkt));
}

/* ARP and neighbour discovery stay on the host they are sent on. */
static enum vnet_drop receive_remote(struct vnet_packet *pkt)
{
	enum vnet_drop reason;

	reason = vnet_tunnel_identify(pkt);
	if (reason)
		return reason;
	if (pkt->skb->mac_len < ETH_HLEN)
		return VNET_DROP_MALFORMED;
	reason = check_vlan(pkt->skb);
	if (reason)
		return reason;
	if (pkt->skb->protocol == htons(ETH_P_ARP))
		return VNET_DROP_NEIGHBOUR;
	reason = vnet_packet_check(pkt);
	if (reason)
		return reason;
	if (pkt->family == AF_INET6 && vnet_neigh_is_nd(pkt))
		return VNET_DROP_NEIGHBOUR;
	if (vnet_packet_is_multicast(pkt) ||
	    is_multicast_ether_addr(eth_hdr(pkt->skb)->h_dest))
		return VNET_DROP_MULTICAST;
	if (!vnet_packet_saddr_routable(pkt))
		return VNET_DROP_SPOOFED_ADDR;
	return vnet_tunnel_resolve(pkt) ?: hand_over(pkt);
}

rx_handler_result_t vnet_forward_tunnel_rx(struct sk_buff **pskb)
{
	const struct vnet_tunnel *tunnel;
	struct vnet_packet pkt __uninitialized;
	struct sk_buff *skb = *pskb;

	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;

	tunnel = rcu_dereference(skb->dev->rx_handler_data);
	vnet_stats_count_rx(tunnel->stats, skb->len + skb->mac_len);
	begin(&pkt, NULL, NULL, tunnel, skb_share_check(skb, GFP_ATOMIC));
	return finish(&pkt, pkt.skb ? receive_remote(&pkt) : VNET_DROP_NO_MEMORY);
}

static enum vnet_drop transmit(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum vnet_drop reason;

	if (!pskb_may_pull(skb, ETH_HLEN))
		return VNET_DROP_MALFORMED;
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);

	reason = vnet_packet_check(pkt);
	if (reason)
		return reason;
	if (vnet_packet_is_multicast(pkt))
		return VNET_DROP_MULTICAST;
	return route(pkt);
}

netdev_tx_t vnet_forward_xmit(struct sk_buff *skb, struct net_device *dev)
{
	const struct vnet *vnet = vnet_link_priv(dev);
	struct vnet_packet pkt __uninitialized;
	enum vnet_drop reason;

	rcu_read_lock();
	begin(&pkt, vnet, NULL, NULL, skb);
	vnet_stats_count_rx(vnet->stats, skb->len);
	reason = transmit(&pkt);
	if (reason)
		drop(&pkt, reason);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
