/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: vnet:vnet_lookup for each packet whose destination is looked up,
 * vnet:vnet_forward for each that is handed over, vnet:vnet_drop for each that is
 * not.
 *
 * Addresses of both families have 16 bytes: IPv4 is shown as IPv4-mapped IPv6,
 * and what is not known as "::". @nic is "host" for what the host sends and
 * "tunnel" for what other hosts do, @to for what they get.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vnet

#if !defined(_VNET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VNET_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>
#include <linux/vnet.h>

#include "packet.h"

#ifndef _VNET_TRACE_HELPERS
#define _VNET_TRACE_HELPERS

void vnet_trace_vnet_name(char *name, const struct vnet_packet *pkt);
void vnet_trace_from_name(char *name, const struct vnet_packet *pkt);
void vnet_trace_to_name(char *name, const struct vnet_packet *pkt);
void vnet_trace_saddr(u8 *addr, const struct vnet_packet *pkt);
void vnet_trace_daddr(u8 *addr, const struct vnet_packet *pkt);
void vnet_trace_hop(u8 *addr, const struct vnet_packet *pkt);
unsigned int vnet_trace_len(const struct vnet_packet *pkt);
u16 vnet_trace_protocol(const struct vnet_packet *pkt);
u32 vnet_trace_nhid(const struct vnet_packet *pkt);

/* Fills in @pkt->past, for the trace of a packet that will be given away now */
void vnet_trace_keep(struct vnet_packet *pkt);

/* Class and type of a packet that was dropped before it had a route */
#define VNET_TRACE_NONE		0xff

#define VNET_TRACE_CLASSES			\
	{ VNET_TRACE_NONE, "-" },		\
	{ VNET_CLASS_SYSTEM, "system" },	\
	{ VNET_CLASS_BGP, "bgp" },		\
	{ VNET_CLASS_USER, "user" }

#define VNET_TRACE_TYPES			\
	{ VNET_TRACE_NONE, "-" },		\
	{ VNET_HOP_NONE, "none" },		\
	{ VNET_HOP_VNET_LOCAL, "vnet_local" },	\
	{ VNET_HOP_PEERING, "peering" },	\
	{ VNET_HOP_APPLIANCE, "appliance" },	\
	{ VNET_HOP_GATEWAY, "gateway" },	\
	{ VNET_HOP_INTERNET, "internet" },	\
	{ VNET_HOP_HOST, "host" }

/* In the order of enum vnet_drop, from its second value on; stats.c has it too. */
#define VNET_TRACE_DROPS				\
	{ VNET_DROP_MALFORMED, "malformed" }, \
	{ VNET_DROP_PROTOCOL, "protocol" }, \
	{ VNET_DROP_MULTICAST, "multicast" }, \
	{ VNET_DROP_SPOOFED_MAC, "spoofed_mac" }, \
	{ VNET_DROP_SPOOFED_ADDR, "spoofed_addr" }, \
	{ VNET_DROP_NO_ROUTE, "no_route" }, \
	{ VNET_DROP_NEXT_HOP_NONE, "next_hop_none" }, \
	{ VNET_DROP_NO_NIC, "no_nic" }, \
	{ VNET_DROP_NEXT_HOP_GONE, "next_hop_gone" }, \
	{ VNET_DROP_NIC_DOWN, "nic_down" }, \
	{ VNET_DROP_NOT_FORWARDING, "not_forwarding" }, \
	{ VNET_DROP_SAME_NIC, "same_nic" }, \
	{ VNET_DROP_UNCONFIGURED, "unconfigured" }, \
	{ VNET_DROP_TOO_BIG, "too_big" }, \
	{ VNET_DROP_NO_MEMORY, "no_memory" }, \
	{ VNET_DROP_INTERNAL, "internal" }, \
	{ VNET_DROP_NOT_ROUTER, "not_router" }, \
	{ VNET_DROP_NEIGHBOUR, "neighbour" }, \
	{ VNET_DROP_QUEUE_FULL, "queue_full" }, \
	{ VNET_DROP_UNKNOWN_VNI, "unknown_vni" }, \
	{ VNET_DROP_UNKNOWN_HOST, "unknown_host" }, \
	{ VNET_DROP_NO_TUNNEL, "no_tunnel" }, \
	{ VNET_DROP_HOST_UNREACHABLE, "host_unreachable" }, \
	{ VNET_DROP_FORWARDED, "forwarded" }, \
	{ VNET_DROP_UNREACHABLE, "unreachable" }, \
	{ VNET_DROP_OFFLOAD, "offload" }, \
	{ VNET_DROP_TUNNEL_PORT, "tunnel_port" }, \
	{ VNET_DROP_ICMP_ERROR, "icmp_error" }

#endif

TRACE_DEFINE_ENUM(VNET_DROP_MALFORMED);
TRACE_DEFINE_ENUM(VNET_DROP_PROTOCOL);
TRACE_DEFINE_ENUM(VNET_DROP_MULTICAST);
TRACE_DEFINE_ENUM(VNET_DROP_SPOOFED_MAC);
TRACE_DEFINE_ENUM(VNET_DROP_SPOOFED_ADDR);
TRACE_DEFINE_ENUM(VNET_DROP_NO_ROUTE);
TRACE_DEFINE_ENUM(VNET_DROP_NEXT_HOP_NONE);
TRACE_DEFINE_ENUM(VNET_DROP_NO_NIC);
TRACE_DEFINE_ENUM(VNET_DROP_NEXT_HOP_GONE);
TRACE_DEFINE_ENUM(VNET_DROP_NIC_DOWN);
TRACE_DEFINE_ENUM(VNET_DROP_NOT_FORWARDING);
TRACE_DEFINE_ENUM(VNET_DROP_SAME_NIC);
TRACE_DEFINE_ENUM(VNET_DROP_UNCONFIGURED);
TRACE_DEFINE_ENUM(VNET_DROP_TOO_BIG);
TRACE_DEFINE_ENUM(VNET_DROP_NO_MEMORY);
TRACE_DEFINE_ENUM(VNET_DROP_INTERNAL);
TRACE_DEFINE_ENUM(VNET_DROP_NOT_ROUTER);
TRACE_DEFINE_ENUM(VNET_DROP_NEIGHBOUR);
TRACE_DEFINE_ENUM(VNET_DROP_QUEUE_FULL);
TRACE_DEFINE_ENUM(VNET_DROP_UNKNOWN_VNI);
TRACE_DEFINE_ENUM(VNET_DROP_UNKNOWN_HOST);
TRACE_DEFINE_ENUM(VNET_DROP_NO_TUNNEL);
TRACE_DEFINE_ENUM(VNET_DROP_HOST_UNREACHABLE);
TRACE_DEFINE_ENUM(VNET_DROP_FORWARDED);
TRACE_DEFINE_ENUM(VNET_DROP_UNREACHABLE);
TRACE_DEFINE_ENUM(VNET_DROP_OFFLOAD);
TRACE_DEFINE_ENUM(VNET_DROP_TUNNEL_PORT);
TRACE_DEFINE_ENUM(VNET_DROP_ICMP_ERROR);
TRACE_DEFINE_ENUM(VNET_CLASS_SYSTEM);
TRACE_DEFINE_ENUM(VNET_CLASS_BGP);
TRACE_DEFINE_ENUM(VNET_CLASS_USER);
TRACE_DEFINE_ENUM(VNET_HOP_NONE);
TRACE_DEFINE_ENUM(VNET_HOP_VNET_LOCAL);
TRACE_DEFINE_ENUM(VNET_HOP_PEERING);
TRACE_DEFINE_ENUM(VNET_HOP_APPLIANCE);
TRACE_DEFINE_ENUM(VNET_HOP_GATEWAY);
TRACE_DEFINE_ENUM(VNET_HOP_INTERNET);
TRACE_DEFINE_ENUM(VNET_HOP_HOST);

TRACE_EVENT(vnet_lookup,
	TP_PROTO(const struct vnet_packet *pkt),
	TP_ARGS(pkt),

	TP_STRUCT__entry(
		__array(char, vnet, IFNAMSIZ)
		__array(char, nic, IFNAMSIZ)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
		__array(u8, hop, 16)
		__field(u32, nhid)
		__field(u8, class)
		__field(u8, type)
		__field(u8, plen)
	),

	TP_fast_assign(
		vnet_trace_vnet_name(__entry->vnet, pkt);
		vnet_trace_from_name(__entry->nic, pkt);
		vnet_trace_saddr(__entry->saddr, pkt);
		vnet_trace_daddr(__entry->daddr, pkt);
		vnet_trace_hop(__entry->hop, pkt);
		__entry->nhid = vnet_trace_nhid(pkt);
		__entry->class = pkt->route.dest ? pkt->route.class :
						   VNET_TRACE_NONE;
		__entry->type = pkt->route.dest ? pkt->route.type :
						  VNET_TRACE_NONE;
		__entry->plen = pkt->route.plen;
	),

	TP_printk("%s: %s: %pI6c to %pI6c: %s /%u %s nhid %u via %pI6c",
		  __entry->vnet, __entry->nic, __entry->saddr, __entry->daddr,
		  __print_symbolic(__entry->class, VNET_TRACE_CLASSES),
		  __entry->plen,
		  __print_symbolic(__entry->type, VNET_TRACE_TYPES),
		  __entry->nhid, __entry->hop)
);

TRACE_EVENT(vnet_forward,
	TP_PROTO(const struct vnet_packet *pkt),
	TP_ARGS(pkt),

	TP_STRUCT__entry(
		__array(char, vnet, IFNAMSIZ)
		__array(char, nic, IFNAMSIZ)
		__array(char, to, IFNAMSIZ)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
		__array(u8, hop, 16)
		__field(unsigned int, len)
		__field(u8, class)
		__field(u8, type)
		__field(u8, plen)
	),

	TP_fast_assign(
		vnet_trace_vnet_name(__entry->vnet, pkt);
		vnet_trace_from_name(__entry->nic, pkt);
		vnet_trace_to_name(__entry->to, pkt);
		vnet_trace_saddr(__entry->saddr, pkt);
		vnet_trace_daddr(__entry->daddr, pkt);
		vnet_trace_hop(__entry->hop, pkt);
		__entry->len = pkt->skb->len;
		__entry->class = pkt->route.class;
		__entry->type = pkt->route.type;
		__entry->plen = pkt->route.plen;
	),

	TP_printk("%s: %s to %s: %pI6c to %pI6c len %u: %s /%u %s via %pI6c",
		  __entry->vnet, __entry->nic, __entry->to,
		  __entry->saddr, __entry->daddr, __entry->len,
		  __print_symbolic(__entry->class, VNET_TRACE_CLASSES),
		  __entry->plen,
		  __print_symbolic(__entry->type, VNET_TRACE_TYPES),
		  __entry->hop)
);

TRACE_EVENT(vnet_drop,
	TP_PROTO(const struct vnet_packet *pkt, enum vnet_drop reason),
	TP_ARGS(pkt, reason),

	TP_STRUCT__entry(
		__array(char, vnet, IFNAMSIZ)
		__array(char, nic, IFNAMSIZ)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
		__array(u8, hop, 16)
		__field(unsigned int, len)
		__field(u16, protocol)
		__field(u8, reason)
		__field(u8, class)
		__field(u8, type)
		__field(u8, plen)
	),

	TP_fast_assign(
		vnet_trace_vnet_name(__entry->vnet, pkt);
		vnet_trace_from_name(__entry->nic, pkt);
		vnet_trace_saddr(__entry->saddr, pkt);
		vnet_trace_daddr(__entry->daddr, pkt);
		vnet_trace_hop(__entry->hop, pkt);
		__entry->len = vnet_trace_len(pkt);
		__entry->protocol = vnet_trace_protocol(pkt);
		__entry->reason = reason;
		__entry->class = pkt->route.dest ? pkt->route.class :
						   VNET_TRACE_NONE;
		__entry->type = pkt->route.dest ? pkt->route.type :
						  VNET_TRACE_NONE;
		__entry->plen = pkt->route.plen;
	),

	TP_printk("%s: %s: %pI6c to %pI6c protocol 0x%04x len %u: %s: %s /%u %s via %pI6c",
		  __entry->vnet, __entry->nic, __entry->saddr, __entry->daddr,
		  __entry->protocol, __entry->len,
		  __print_symbolic(__entry->reason, VNET_TRACE_DROPS),
		  __print_symbolic(__entry->class, VNET_TRACE_CLASSES),
		  __entry->plen,
		  __print_symbolic(__entry->type, VNET_TRACE_TYPES),
		  __entry->hop)
);

#endif /* _VNET_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
