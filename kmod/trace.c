// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints, and what they read from a packet.
 */
#include "dest.h"
#include "endpoint.h"
#include "link.h"
#include "nexthop.h"
#include "packet.h"
#include "port.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

void vnet_trace_vnet_name(char *name, const struct vnet_packet *pkt)
{
	strscpy(name, pkt->vnet ? pkt->vnet->dev->name : "-", IFNAMSIZ);
}

static void set_name(char *name, const struct vnet_port *port, bool remote)
{
	strscpy(name, port ? port->dev->name : remote ? "tunnel" : "host",
		IFNAMSIZ);
}

void vnet_trace_from_name(char *name, const struct vnet_packet *pkt)
{
	set_name(name, pkt->from, pkt->tunnel);
}

void vnet_trace_to_name(char *name, const struct vnet_packet *pkt)
{
	set_name(name, pkt->target.port, pkt->target.remote);
}

static void set_addr(u8 *field, int family, const void *addr)
{
	struct in6_addr ip6;

	if (family == AF_INET)
		ipv6_addr_set_v4mapped(get_unaligned((const __be32 *)addr), &ip6);
	else
		memcpy(&ip6, addr, sizeof(ip6));
	memcpy(field, &ip6, sizeof(ip6));
}

/* Whether @pkt->past says what the packet was */
static bool has_past(const struct vnet_packet *pkt)
{
	return !pkt->skb && pkt->family && pkt->past.len;
}

void vnet_trace_saddr(u8 *addr, const struct vnet_packet *pkt)
{
	if (has_past(pkt))
		memcpy(addr, pkt->past.saddr, sizeof(pkt->past.saddr));
	else if (pkt->skb && pkt->family)
		set_addr(addr, pkt->family, vnet_packet_saddr(pkt));
	else
		memset(addr, 0, sizeof(struct in6_addr));
}

void vnet_trace_daddr(u8 *addr, const struct vnet_packet *pkt)
{
	if (has_past(pkt))
		memcpy(addr, pkt->past.daddr, sizeof(pkt->past.daddr));
	else if (pkt->skb && pkt->family)
		set_addr(addr, pkt->family, vnet_packet_daddr(pkt));
	else
		memset(addr, 0, sizeof(struct in6_addr));
}

unsigned int vnet_trace_len(const struct vnet_packet *pkt)
{
	if (pkt->skb)
		return pkt->skb->len;
	return has_past(pkt) ? pkt->past.len : 0;
}

u16 vnet_trace_protocol(const struct vnet_packet *pkt)
{
	if (pkt->skb)
		return ntohs(pkt->skb->protocol);
	return has_past(pkt) ? ntohs(pkt->past.protocol) : 0;
}

void vnet_trace_keep(struct vnet_packet *pkt)
{
	pkt->past.len = pkt->skb->len;
	pkt->past.protocol = pkt->skb->protocol;
	vnet_trace_saddr(pkt->past.saddr, pkt);
	vnet_trace_daddr(pkt->past.daddr, pkt);
}

void vnet_trace_hop(u8 *addr, const struct vnet_packet *pkt)
{
	const struct vnet_endpoint *ep = pkt->target.ep;

	if (ep)
		set_addr(addr, ep->key.family, &ep->key.addr);
	else
		memset(addr, 0, sizeof(struct in6_addr));
}

/* The next-hop object that the route refers to, 0 = none */
u32 vnet_trace_nhid(const struct vnet_packet *pkt)
{
	const struct vnet_dest *dest = pkt->route.dest;

	return dest && dest->action.nh ? dest->action.nh->id : 0;
}
