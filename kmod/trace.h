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

/* Names by value, in the order of their enums, that of drop reasons from its second value on.
 * stats.c and debugfs.c have them from here, too.
 */
#define VNET_TRACE_CLASSES			\
	EM(VNET_CLASS_SYSTEM, "system")		\
	EM(VNET_CLASS_BGP, "bgp")		\
	E_(VNET_CLASS_USER, "user")

#define VNET_TRACE_TYPES			\
	EM(VNET_HOP_NONE, "none")		\
	EM(VNET_HOP_VNET_LOCAL, "vnet_local")	\
	EM(VNET_HOP_PEERING, "peering")		\
	EM(VNET_HOP_APPLIANCE, "appliance")	\
	EM(VNET_HOP_GATEWAY, "gateway")		\
	EM(VNET_HOP_INTERNET, "internet")	\
	E_(VNET_HOP_HOST, "host")

#define VNET_TRACE_DROPS				\
	EM(VNET_DROP_MALFORMED, "malformed")		\
	EM(VNET_DROP_PROTOCOL, "protocol")		\
	EM(VNET_DROP_MULTICAST, "multicast")		\
	EM(VNET_DROP_SPOOFED_MAC, "spoofed_mac")	\
	EM(VNET_DROP_SPOOFED_ADDR, "spoofed_addr")	\
	EM(VNET_DROP_NO_ROUTE, "no_route")		\
	EM(VNET_DROP_NEXT_HOP_NONE, "next_hop_none")	\
	EM(VNET_DROP_NO_NIC, "no_nic")			\
	EM(VNET_DROP_NEXT_HOP_GONE, "next_hop_gone")	\
	EM(VNET_DROP_NIC_DOWN, "nic_down")		\
	EM(VNET_DROP_NOT_FORWARDING, "not_forwarding")	\
	EM(VNET_DROP_SAME_NIC, "same_nic")		\
	EM(VNET_DROP_UNCONFIGURED, "unconfigured")	\
	EM(VNET_DROP_TOO_BIG, "too_big")		\
	EM(VNET_DROP_NO_MEMORY, "no_memory")		\
	EM(VNET_DROP_INTERNAL, "internal")		\
	EM(VNET_DROP_NOT_ROUTER, "not_router")		\
	EM(VNET_DROP_NEIGHBOUR, "neighbour")		\
	EM(VNET_DROP_QUEUE_FULL, "queue_full")		\
	EM(VNET_DROP_UNKNOWN_VNI, "unknown_vni")	\
	EM(VNET_DROP_UNKNOWN_HOST, "unknown_host")	\
	EM(VNET_DROP_NO_TUNNEL, "no_tunnel")		\
	EM(VNET_DROP_HOST_UNREACHABLE, "host_unreachable")\
	EM(VNET_DROP_FORWARDED, "forwarded")		\
	EM(VNET_DROP_UNREACHABLE, "unreachable")	\
	EM(VNET_DROP_OFFLOAD, "offload")		\
	EM(VNET_DROP_TUNNEL_PORT, "tunnel_port")	\
	E_(VNET_DROP_ICMP_ERROR, "icmp_error")

#define vnet_trace_show_class(class)						\
	__print_symbolic(class, { VNET_TRACE_NONE, "-" }, VNET_TRACE_CLASSES)
#define vnet_trace_show_type(type)						\
	__print_symbolic(type, { VNET_TRACE_NONE, "-" }, VNET_TRACE_TYPES)

#endif

/* The kernel is told what the enums are worth for those who read traces by its formats, ... */
#undef EM
#undef E_
#define EM(value, name)		TRACE_DEFINE_ENUM(value);
#define E_(value, name)		TRACE_DEFINE_ENUM(value);

VNET_TRACE_CLASSES
VNET_TRACE_TYPES
VNET_TRACE_DROPS

/* ... and from here on the lists are elements of arrays. */
#undef EM
#undef E_
#define EM(value, name)		{ value, name },
#define E_(value, name)		{ value, name }

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
		  vnet_trace_show_class(__entry->class),
		  __entry->plen,
		  vnet_trace_show_type(__entry->type),
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
		  vnet_trace_show_class(__entry->class),
		  __entry->plen,
		  vnet_trace_show_type(__entry->type),
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
		  vnet_trace_show_class(__entry->class),
		  __entry->plen,
		  vnet_trace_show_type(__entry->type),
		  __entry->hop)
);

#endif /* _VNET_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
