// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets leave a VNet here. GSO packets and deferred checksums pass as they
 * are: the device that cannot take them has the stack finish the work. What is
 * larger than the way allows is fragmented if it may be, or its sender is told.
 */
#include "deliver.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/route.h>

#include "compat.h"
#include "icmp.h"
#include "link.h"
#include "main.h"
#include "packet.h"
#include "port.h"
#include "remote.h"
#include "stats.h"
#include "trace.h"
#include "tunnel.h"

static enum vnet_drop transmit(struct net_device *dev,
			       struct vnet_stats __percpu *stats,
			       struct sk_buff *skb)
{
	unsigned int len = skb->len;
	int err;

	skb->dev = dev;
	err = dev_queue_xmit(skb);
	/* Whatever kept the stack from finishing the work: seldom memory, and from 6.12 on
	 * some of it has an error of its own.
	 */
	if (err == -ENOMEM || err == -EINVAL)
		return VNET_DROP_OFFLOAD;
	/* All that a device says whose queue is not attached, or not any more */
	if (err < 0 || (err == NET_XMIT_CN && qdisc_tx_is_noop(dev)))
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

/* What one stack or device has noted in a packet means nothing to the next. The time at which it
 * is to be delivered is the host's way to pace what it sends: a guest that has one is a container,
 * and must not have others wait behind it in the queue of a device.
 */
static void forget_past(const struct vnet_packet *pkt)
{
	skb_scrub_packet(pkt->skb, false);
	if (pkt->from || pkt->tunnel)
		skb_set_delivery_time(pkt->skb, 0, 0);
	else
		skb_clear_tstamp(pkt->skb);
}

/* What has to succeed while the packet can still be dropped as a whole */
static inline enum vnet_drop prepare(struct sk_buff *skb, const struct vnet_way *way)
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

static inline enum vnet_drop emit(struct sk_buff *skb, const struct vnet_way *way)
{
	vnet_deliver_push_eth(skb, way->mac);
	return transmit(way->dev, way->stats, skb);
}

/* ---- Pieces ---- */

/* One of several; consumes @skb */
static enum vnet_drop send_piece(struct sk_buff *skb, const struct vnet_way *way)
{
	enum vnet_drop reason = prepare(skb, way);

	if (!reason)
		return emit(skb, way);
	kfree_skb(skb);
	return reason;
}

/* What the fragments of a packet are handed on with: as their route */
struct fragmenting {
	struct rtable rt;
	const struct vnet_way *way;
	enum vnet_drop reason;
};

static struct dst_ops fragment_dst_ops = {
	.family = AF_UNSPEC,
};

static int fragment_out(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct fragmenting *all = container_of(skb_rtable(skb), struct fragmenting, rt);

	all->reason = send_piece(skb, all->way);
	return all->reason ? -ENOBUFS : 0;
}

/* Consumes @skb, which has forgotten its past */
static enum vnet_drop fragment(struct sk_buff *skb, const struct vnet_way *way)
{
	struct fragmenting all = { .way = way };
	int err;

	/* Fragmentation itself would give SCTP the checksum of others. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_hwoffload_help(skb, 0)) {
		kfree_skb(skb);
		return VNET_DROP_OFFLOAD;
	}
	vnet_compat_dst_init(&all.rt.dst, &fragment_dst_ops);
	all.rt.dst.dev = way->dev;
	/* Not counted: a packet that fails may be kept by who looks at drops, longer than this. */
	skb_dst_set_noref(skb, &all.rt.dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->frag_max_size = min_t(unsigned int, way->mtu, IP_MAX_MTU);

	err = ip_do_fragment(dev_net(way->dev), NULL, skb, fragment_out);
	return all.reason ?: err ? VNET_DROP_NO_MEMORY : VNET_DROP_NONE;
}

/* Consumes @skb, a GSO packet that has forgotten its past. What cannot go ends it: the
 * segments before have been sent, and been counted, as if they had come one by one.
 */
static enum vnet_drop fragment_gso(struct sk_buff *skb, const struct vnet_way *way)
{
	enum vnet_drop reason = VNET_DROP_NONE;
	struct sk_buff *segs, *seg, *next;

	/* Checksums have to be finished before there are fragments, whatever the device can do. */
	segs = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(skb);
		return VNET_DROP_OFFLOAD;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		reason = seg->len <= way->mtu ? send_piece(seg, way) : fragment(seg, way);
		if (reason)
			break;
	}
	kfree_skb_list(next);
	return reason;
}

/* GSO packets, too: a sender that did not ask for DF need not listen to ICMP, and where it is
 * GRO that has made one of its packets, it does not know of any. A way that is too narrow for
 * IPv4 (RFC 791 has 68 bytes) is none: the kernel itself takes IPv4 from such a device.
 */
static bool may_fragment(const struct vnet_packet *pkt, unsigned int mtu)
{
	return pkt->family == AF_INET && !(ip_hdr(pkt->skb)->frag_off & htons(IP_DF)) &&
	       mtu >= IPV4_MIN_MTU;
}

/* From here on the packet is another's, who does not give it back when it fails. */
static inline void give_away(struct vnet_packet *pkt)
{
	pkt->past.len = 0;
	if (trace_vnet_drop_enabled())
		vnet_trace_keep(pkt);
	pkt->skb = NULL;
}

/* In place, as the way to a NIC is put together for each packet. */
static __always_inline enum vnet_drop deliver_out(struct vnet_packet *pkt,
						  const struct vnet_way *way)
{
	bool fits = vnet_packet_fits(pkt, way->mtu);
	struct sk_buff *skb = pkt->skb;
	enum vnet_drop reason;

	if (!fits && !may_fragment(pkt, way->mtu)) {
		vnet_icmp_too_big(pkt, way->mtu);
		return VNET_DROP_TOO_BIG;
	}
	if (skb_warn_if_lro(skb))
		return VNET_DROP_INTERNAL;
	forget_past(pkt);
	reason = fits ? prepare(skb, way) : VNET_DROP_NONE;
	if (reason)
		return reason;
	skb_forward_csum(skb);
	trace_vnet_forward(pkt);
	give_away(pkt);
	if (fits)
		return emit(skb, way);
	return skb_is_gso(skb) ? fragment_gso(skb, way) : fragment(skb, way);
}

enum vnet_drop vnet_deliver_out(struct vnet_packet *pkt, const struct vnet_way *way)
{
	return deliver_out(pkt, way);
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

	return deliver_out(pkt, &way);
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

/* A sender that none of the VNet's routes leads to would be answered by the host's others, out of
 * the VNet. A device that is down has lost its routes, and takes nothing.
 */
static bool unanswerable(const struct vnet_packet *pkt)
{
	const struct vnet *vnet = pkt->target.vnet;

	return netif_running(vnet->dev) &&
	       !vnet_effective_routed(vnet, pkt->family, vnet_packet_saddr(pkt));
}

/* What is for an address that the host has in the VNet */
static enum vnet_drop check_for_host(const struct vnet_packet *pkt)
{
	if (impostor(pkt) || unanswerable(pkt))
		return VNET_DROP_SPOOFED_ADDR;
	return vnet_icmp_misleads(pkt) ? VNET_DROP_ICMP_ERROR : VNET_DROP_NONE;
}

/* Is it for this host, or another one that is known? */
static bool for_any_host(const struct vnet_packet *pkt)
{
	struct net *net = dev_net(pkt->target.vnet->dev);
	struct vnet_host_key key = { .family = pkt->family };

	vnet_addr_set(&key.addr, pkt->family, vnet_packet_daddr(pkt));
	if (vnet_remote_host(vnet_net(net), &key))
		return true;
	/* on whatever device, in a VRF too */
	if (pkt->family == AF_INET6)
		return ipv6_chk_addr(net, &key.addr.ip6, NULL, 0);
	return __ip_dev_find(net, key.addr.ip4, false);
}

/* Errors about what a guest was sent. One that forwards may have been sent anything. */
static bool is_own_error(const struct vnet_packet *pkt)
{
	return !pkt->from || vnet_icmp_quotes_own(pkt) ||
	       rcu_dereference(pkt->from->config)->flags & VNET_NIC_F_FORWARDING;
}

/* By way of the Internet guests reach the host's other addresses and other hosts, too, where
 * there is nobody to be mistaken for. Errors to their correspondents go on. Those of TCP are no
 * better here: behind a host that masquerades, the connection is the guest's, and the path that
 * the other host would believe it of is the one to this host.
 */
static enum vnet_drop check_internet(const struct vnet_packet *pkt)
{
	if (!vnet_icmp_steers(pkt) || (is_own_error(pkt) && !for_any_host(pkt)))
		return VNET_DROP_NONE;
	return VNET_DROP_ICMP_ERROR;
}

/* Of a guest, on this host or another */
static enum vnet_drop prepare_from_guest(struct vnet_packet *pkt)
{
	enum vnet_drop reason;

	if (vnet_tunnel_claims(pkt))
		return VNET_DROP_TUNNEL_PORT;
	reason = pkt->route.type == VNET_HOP_INTERNET ? check_internet(pkt) :
							check_for_host(pkt);
	if (reason)
		return reason;
	forget_past(pkt);
	pkt->skb->pkt_type = PACKET_HOST;
	return VNET_DROP_NONE;
}

/* What the host sent comes back only if it is meant for the host. */
static enum vnet_drop prepare_from_host(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (!is_loopback(pkt))
		return VNET_DROP_SAME_NIC;
	skb_orphan(skb);
	/* keeps the route; taps have seen it on its way out */
	skb->pkt_type = PACKET_LOOPBACK;
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_deliver_to_device(const struct vnet *vnet, struct sk_buff *skb)
{
	unsigned int len = skb->len + ETH_HLEN;

	skb->dev = vnet->dev;
	/* A tap's queue is none of ours, which the kernel would spread packets by. */
	skb_set_queue_mapping(skb, 0);
	if (netif_rx(skb) != NET_RX_SUCCESS) {
		vnet_stats_count_refused(vnet->stats);
		return VNET_DROP_QUEUE_FULL;
	}
	vnet_stats_count_tx(vnet->stats, len);
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_deliver_to_host(struct vnet_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum vnet_drop reason;

	reason = pkt->from || pkt->tunnel ? prepare_from_guest(pkt) :
					    prepare_from_host(pkt);
	if (reason)
		return reason;
	trace_vnet_forward(pkt);
	give_away(pkt);
	return vnet_deliver_to_device(pkt->target.vnet, skb);
}
