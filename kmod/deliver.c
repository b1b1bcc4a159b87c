// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets leave a VNet here. GSO packets and deferred checksums pass as they
 * are: the device that cannot take them has the stack finish the work.
 */
#include "deliver.h"

#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <net/dst_metadata.h>
#include <net/ip6_fib.h>
#include <net/route.h>

#include "forward.h"
#include "link.h"
#include "packet.h"
#include "port.h"
#include "stats.h"
#include "trace.h"

void vnet_deliver_push_eth(struct sk_buff *skb, const u8 *dest)
{
	struct ethhdr *eth = skb_push(skb, ETH_HLEN);

	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_dest, dest);
	ether_addr_copy(eth->h_source, vnet_router_mac);
	eth->h_proto = skb->protocol;
}

static enum vnet_drop transmit(struct net_device *dev,
			       struct vnet_stats __percpu *stats,
			       struct sk_buff *skb)
{
	unsigned int len = skb->len;
	int err;

	skb->dev = dev;
	err = dev_queue_xmit(skb);
	if (err == -ENOMEM)
		return VNET_DROP_NO_MEMORY;
	if (err < 0)
		return VNET_DROP_NIC_DOWN;
	if (err > 0 && err != NET_XMIT_CN)
		return VNET_DROP_QUEUE_FULL;
	vnet_stats_count_tx(stats, len);
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_deliver_frame(const struct vnet_port *port,
				  struct sk_buff *skb)
{
	return transmit(port->dev, port->stats, skb);
}

/* What one stack or device has noted in a packet means nothing to the next. */
static void forget_past(struct sk_buff *skb)
{
	skb_scrub_packet(skb, false);
	skb_clear_tstamp(skb);
}

/* What has to succeed while the packet can still be dropped as a whole */
static enum vnet_drop prepare(struct sk_buff *skb, const struct vnet_way *way)
{
	if (skb_cow_head(skb, ETH_HLEN + way->dev->needed_headroom))
		return VNET_DROP_NO_MEMORY;
	skb_dst_drop(skb);
	if (!way->dst)
		return VNET_DROP_NONE;
	if (!dst_hold_safe(way->dst))
		return VNET_DROP_NO_TUNNEL;
	skb_dst_set(skb, way->dst);
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_deliver_out(struct vnet_packet *pkt, const struct vnet_way *way)
{
	struct sk_buff *skb = pkt->skb;
	enum vnet_drop reason;

	if (!vnet_packet_fits(pkt, way->mtu))
		return VNET_DROP_TOO_BIG;
	if (skb_warn_if_lro(skb))
		return VNET_DROP_INTERNAL;
	forget_past(skb);
	reason = prepare(skb, way);
	if (reason)
		return reason;
	skb_forward_csum(skb);
	trace_vnet_forward(pkt);
	vnet_deliver_push_eth(skb, way->mac);
	pkt->skb = NULL;
	return transmit(way->dev, way->stats, skb);
}

enum vnet_drop vnet_deliver_to_nic(struct vnet_packet *pkt)
{
	const struct vnet_port *port = pkt->target.port;
	const struct vnet_way way = {
		.dev = port->dev,
		.stats = port->stats,
		.mac = rcu_dereference(port->config)->mac,
		.mtu = READ_ONCE(port->dev->mtu),
	};

	return vnet_deliver_out(pkt, &way);
}

/* A packet of the host to an address of its own, routed to be received */
static bool is_loopback(const struct vnet_packet *pkt)
{
	const struct dst_entry *dst = skb_dst(pkt->skb);

	if (!skb_valid_dst(pkt->skb) || pkt->route.type != VNET_HOP_HOST)
		return false;
	if (pkt->family == AF_INET6)
		return ((const struct rt6_info *)dst)->rt6i_flags & RTF_LOCAL;
	return skb_rtable(pkt->skb)->rt_flags & RTCF_LOCAL;
}

/*
 * A guest with IP forwarding may send from any address but one of another NIC's
 * or the host's when it talks to the host: such packets come from their owner
 * directly, as user-defined routes do not apply to the host's addresses.
 */
static bool impostor(const struct vnet_packet *pkt)
{
	const void *saddr = vnet_packet_saddr(pkt);

	return vnet_packet_taken(pkt, pkt->vnet, pkt->family, saddr) ||
	       (pkt->target.vnet != pkt->vnet &&
		vnet_packet_taken(pkt, pkt->target.vnet, pkt->family, saddr));
}

/* What the host sent comes back only if it is meant for the host. */
static enum vnet_drop prepare_for_host(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (pkt->from || pkt->tunnel) {
		if (pkt->route.type != VNET_HOP_INTERNET && impostor(pkt))
			return VNET_DROP_SPOOFED_ADDR;
		forget_past(skb);
		skb->pkt_type = PACKET_HOST;
		return VNET_DROP_NONE;
	}
	if (!is_loopback(pkt))
		return VNET_DROP_SAME_NIC;
	skb_orphan(skb);
	/* keeps the route; taps have seen it on its way out */
	skb->pkt_type = PACKET_LOOPBACK;
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_deliver_to_host(struct vnet_packet *pkt)
{
	const struct vnet *vnet = pkt->target.vnet;
	struct sk_buff *skb = pkt->skb;
	unsigned int len = skb->len + ETH_HLEN;
	enum vnet_drop reason;

	reason = prepare_for_host(pkt);
	if (reason)
		return reason;
	trace_vnet_forward(pkt);
	skb->dev = vnet->dev;
	pkt->skb = NULL;
	if (netif_rx(skb) != NET_RX_SUCCESS)
		return VNET_DROP_QUEUE_FULL;
	vnet_stats_count_tx(vnet->stats, len);
	return VNET_DROP_NONE;
}
