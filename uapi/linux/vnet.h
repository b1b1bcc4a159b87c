/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Virtual networks: rtnetlink link kind "vnet" and generic netlink family
 * "vnet".
 *
 * A VNet is a network device of kind "vnet". NICs of virtual machines (tap,
 * veth) are enslaved to it. Its routes are ordinary kernel routes, and the
 * table a route stands in is its class:
 *
 *   system        IFLA_VNET_TABLE         address spaces, peerings, Internet
 *   BGP           IFLA_VNET_BGP_TABLE     what NVAs have announced
 *   user-defined  VNET_A_SUBNET_TABLE     a route table bound to subnets
 *
 * There is no other way to add a route. What rtnetlink cannot say (subnets,
 * peerings, NIC addresses, effective routes, counters) is said here.
 *
 * Two protocols of routes (rtm_protocol) mean something: RTPROT_KERNEL of an
 * IPv4 blackhole in the system table says that it is a reserved range, which
 * steps aside; VNET_PROTO_GATEWAY says that a route leads to a gateway. In the
 * BGP table every other protocol says that it was learned by the route server;
 * in a user-defined table the type is then VNET_HOP_GATEWAY.
 *
 * One protocol of next-hop groups (nh_protocol) means something:
 * VNET_PROTO_STANDBY says that the members of weight 1 stand by. They are handed
 * packets only while no member of more weight can be, from one packet to the next
 * and without anybody being told. Where all have weight 1 none stands by, and in a
 * resilient group none does. It counts what the group was made with: the kernel
 * tells of another protocol in a replacement only when that is done.
 *
 * rtnetlink
 * ---------
 * RTM_NEWLINK, IFLA_INFO_KIND "vnet", IFLA_INFO_DATA:
 *
 *   IFLA_VNET_VNI           u32  1..16777215, unique in the network namespace
 *   IFLA_VNET_TABLE         u32  system table, required, owned by this VNet
 *   IFLA_VNET_BGP_TABLE     u32  BGP table, required, owned by this VNet
 *   IFLA_VNET_MAX_ROUTES    u32  limit per class and family, 0 = none
 *   IFLA_VNET_ECMP_SYMMETRIC u32 1 (default): both directions of a flow get the
 *                                same of several next hops; 0: not necessarily
 *
 * IFLA_VNET_MAX_ROUTES and IFLA_VNET_ECMP_SYMMETRIC can be changed later, the
 * others cannot. A table belongs to one VNet
 * in one role: EBUSY, with the owner named in the extack, otherwise.
 *
 * Generic netlink
 * ---------------
 * Messages name their object by VNET_A_IFINDEX: the VNet device or, for the NIC,
 * effective-route and lookup commands, the NIC. There is one tunnel, and dumps of all
 * objects of a kind name none. Changes need CAP_NET_ADMIN in the user namespace that
 * owns the network namespace; reads of anything that shows addresses need it too.
 * Every refusal carries an extack message, and the offending attribute where there is
 * one. Nothing is changed by a request that is refused. Messages of a dump have up to
 * 64 KiB, those that answer a do up to 1 MiB: the socket needs room for that (SO_RCVBUF),
 * and for the ACK behind it.
 *
 * VNET_CMD_VNET_GET (do: one VNet; dump: all) answers
 *   VNET_A_IFINDEX          u32
 *   VNET_A_NAME             string
 *   VNET_A_VNI              u32
 *   VNET_A_TABLE            u32
 *   VNET_A_BGP_TABLE        u32
 *   VNET_A_MAX_ROUTES       u32
 *   VNET_A_ECMP_SYMMETRIC   u32, as IFLA_VNET_ECMP_SYMMETRIC
 *   VNET_A_NUM_NICS         u32
 *   VNET_A_SPACE            nested, one for each address space (multi). A VNet with some
 *                           2,000 of them does not fit into a message of a dump, which
 *                           ends there with EMSGSIZE; do finds it.
 *       VNET_A_PREFIX_ADDR      4 or 16 bytes, network order
 *       VNET_A_PREFIX_LEN       u8
 *   VNET_A_MIRROR           nested, one for each family of the system and of the BGP
 *                           class (multi)
 *       VNET_A_MIRROR_CLASS     u8, enum vnet_route_class
 *       VNET_A_MIRROR_FAMILY    u8, AF_INET or AF_INET6
 *       VNET_A_MIRROR_STATE     u8, enum vnet_mirror_state
 *       VNET_A_MIRROR_ROUTES    u32
 *       VNET_A_MIRROR_BYTES     u64, memory of the mirror and lookup structure
 *   VNET_A_STATS            nested, see below
 *
 * VNET_CMD_SUBNET_SET creates or changes, VNET_CMD_SUBNET_DEL removes,
 * VNET_CMD_SUBNET_GET dumps the subnets of one VNet (VNET_A_IFINDEX):
 *   VNET_A_SUBNET           nested
 *       VNET_A_SUBNET_ADDR      4 or 16 bytes, network order, no host bits
 *       VNET_A_SUBNET_LEN       u8
 *       VNET_A_SUBNET_TABLE     u32, user-defined routes; 0 = none
 *       VNET_A_SUBNET_FLAGS     u32, VNET_SUBNET_F_*
 * A subnet lies inside an address space and overlaps no other subnet. A table
 * whose routes cannot all be used is refused: ENOSPC if there are more than
 * IFLA_VNET_MAX_ROUTES, EOPNOTSUPP, E2BIG, ENOMEM; they show rt_offload_failed then.
 *
 * VNET_CMD_PEERING_SET creates or changes, VNET_CMD_PEERING_DEL removes one
 * side of a peering, that of the VNet VNET_A_IFINDEX; VNET_CMD_PEERING_GET
 * dumps the sides of this VNet, or all:
 *   VNET_A_IFINDEX          u32, the VNet whose side it is
 *   VNET_A_PEERING          nested
 *       VNET_A_PEERING_IFINDEX  u32, the peer, another VNet
 *       VNET_A_PEERING_FLAGS    u32, VNET_PEERING_F_*; absent: as they are, in a
 *                               new side VNET_PEERING_F_VNET_ACCESS
 *       VNET_A_PEERING_STATE    u8, enum vnet_peering_state (answers only)
 * Nothing takes effect before both sides are there. Then the routes that the
 * system table has into the peer (`ip route add SPACE dev PEER table TABLE`) are
 * used. Peering is not transitive. EEXIST: an address space overlaps one of the
 * VNet or of another peer of it, and the same when a space is added later.
 * EBUSY: the VNet uses the gateways of another peer, or has BGP routes of its
 * own. A VNet that is to use remote gateways takes no BGP routes of its own:
 * its NICs have those of the peer's BGP table. Both sides go with either VNet.
 *
 * VNET_CMD_NIC_SET sets what a NIC may be and do (VNET_A_IFINDEX the NIC). An
 * attribute that is absent stays as it is; the addresses given replace all
 * that were there.
 *   VNET_A_NIC_MAC          6 bytes, the guest's, required before addresses
 *   VNET_A_NIC_FLAGS        u32, VNET_NIC_F_*
 *   VNET_A_NIC_ADDRS        nested
 *       VNET_A_NIC_ADDR         4 or 16 bytes, network order (multi, the first
 *                               one of a family is primary; an empty nest
 *                               removes all)
 * An address lies inside an address space of the VNet and belongs to one NIC.
 *
 * VNET_CMD_NIC_GET (do: one NIC; dump: all, or those of the VNet that
 * VNET_A_IFINDEX names) answers VNET_A_IFINDEX, VNET_A_NAME,
 * VNET_A_VNET_IFINDEX, VNET_A_NIC_MAC, VNET_A_NIC_FLAGS, VNET_A_NIC_ADDRS,
 * VNET_A_STATS.
 *
 * VNET_CMD_ENDPOINT_SET says that an address of a VNet (VNET_A_IFINDEX) is at
 * another host, VNET_CMD_ENDPOINT_DEL that it no longer is (of the attributes it
 * needs VNET_A_ENDPOINT_ADDR), VNET_CMD_ENDPOINT_GET dumps those of one VNet:
 *   VNET_A_ENDPOINT         nested
 *       VNET_A_ENDPOINT_ADDR    4 or 16 bytes, network order
 *       VNET_A_ENDPOINT_HOST    4 or 16 bytes, network order, the other host's
 *                               address in the underlay
 *       VNET_A_ENDPOINT_VNI     u32, what the VNet is called there; absent = as
 *                               here. One VNI for one VNet at one host; an only
 *                               endpoint there can be set with another.
 *       VNET_A_ENDPOINT_MAC     6 bytes, destination of frames to it: the guest's;
 *                               absent = the virtual router's, by which the other
 *                               host finds the owner of the destination address.
 *                               A next hop needs its own.
 * An address lies inside an address space of the VNet, and is no NIC's here. To set
 * it again is to replace it. From a host that an endpoint of a VNet is at, frames
 * into this VNet and those peered with it are accepted, from others none.
 *
 * VNET_CMD_TUNNEL_SET makes VNET_A_IFINDEX, a VXLAN device in metadata mode
 * ("external"), the way to other hosts and from them, for all VNets of the network
 * namespace. Its local address, TTL and TOS (also "inherit"), flow label and checksum
 * options apply; they are read when it is set, which may be repeated. What guests
 * send the host, or through it, from or to its UDP port is dropped.
 * VNET_CMD_TUNNEL_DEL ends all that, as does the end of the device.
 * VNET_CMD_TUNNEL_GET (dump: none or one) answers VNET_A_IFINDEX, VNET_A_NAME and
 * VNET_A_STATS, as if the other hosts were one NIC.
 *
 * VNET_CMD_EFFECTIVE_GET dumps the effective routes of a NIC (VNET_A_IFINDEX,
 * and VNET_A_FAMILY, u8, AF_INET or AF_INET6, to have one family only), in the
 * order of prefixes, best class first. Rows that Azure's portal hides are among
 * them, with a reason:
 *   VNET_A_IFINDEX          u32, the NIC
 *   VNET_A_ROUTE            nested
 *       VNET_A_ROUTE_CLASS      u8, enum vnet_route_class
 *       VNET_A_ROUTE_STATE      u8, enum vnet_route_state
 *       VNET_A_ROUTE_REASON     u8, enum vnet_route_reason, why not active
 *       VNET_A_ROUTE_ADDR       4 or 16 bytes, network order
 *       VNET_A_ROUTE_LEN        u8
 *       VNET_A_ROUTE_TYPE       u8, enum vnet_hop_type
 *       VNET_A_ROUTE_TABLE      u32
 *       VNET_A_ROUTE_PROTOCOL   u8, rtm_protocol
 *       VNET_A_ROUTE_NHID       u32, next-hop object, 0 = none
 *       VNET_A_ROUTE_PEER_IFINDEX u32, the VNet that a peering's row leads to
 *       VNET_A_ROUTE_HOP        nested (multi), one for each next hop
 *           VNET_A_HOP_ADDR         4 or 16 bytes, absent if directly there
 *           VNET_A_HOP_WEIGHT       u16, 1..256
 *           VNET_A_HOP_IFINDEX      u32, the NIC that owns the address (0: none)
 *           VNET_A_HOP_FLAGS        u32, VNET_HOP_F_*
 *           VNET_A_HOP_HOST         4 or 16 bytes, the other host that the address
 *                                   is at, if it is
 *           VNET_A_HOP_PACKETS,
 *           VNET_A_HOP_BYTES        u64, handed to this address as a next hop, by
 *                                   whatever route
 *
 * VNET_CMD_LOOKUP answers what would happen to a packet that the NIC
 * VNET_A_IFINDEX sends to VNET_A_LOOKUP_DST. A flow can be given too.
 *   request:
 *       VNET_A_LOOKUP_DST       4 or 16 bytes
 *       VNET_A_LOOKUP_SRC       4 or 16 bytes, optional: an address of the NIC
 *       VNET_A_LOOKUP_PROTO     u8, optional
 *       VNET_A_LOOKUP_SPORT     u16 host order, optional
 *       VNET_A_LOOKUP_DPORT     u16 host order, optional
 *   answer:
 *       VNET_A_IFINDEX          u32, the NIC
 *       VNET_A_ROUTE            the winner (absent if nothing matches)
 *       VNET_A_LOOKUP_HOP       nested, as VNET_A_ROUTE_HOP: the chosen one
 *       VNET_A_LOOKUP_DROP      u8, enum vnet_drop, VNET_DROP_NONE = forwarded
 *       VNET_A_LOOKUP_CANDIDATE nested (multi), as VNET_A_ROUTE: what else
 *                               matched, longest prefix first
 *
 * VNET_A_STATS is
 *       VNET_A_STATS_RX_PACKETS, _RX_BYTES   u64, from the guest(s)
 *       VNET_A_STATS_TX_PACKETS, _TX_BYTES   u64, to the guest(s)
 *       VNET_A_STATS_DROP       nested (multi), one for each reason not zero
 *           VNET_A_DROP_REASON      u8, enum vnet_drop
 *           VNET_A_DROP_NAME        string
 *           VNET_A_DROP_PACKETS     u64
 *
 * Addresses in one message are of one family, but for those in a list and those of
 * other hosts.
 *
 * Packets that are larger than the receiver's MTU, or than what the underlay takes
 * to another host, are fragmented if they are IPv4 without DF. Of others the sender
 * is told by ICMP, from the first address of its subnet, and they are counted as
 * VNET_DROP_TOO_BIG.
 */
#ifndef _UAPI_LINUX_VNET_H
#define _UAPI_LINUX_VNET_H

#include <linux/types.h>

/* rtnetlink, IFLA_INFO_DATA of link kind "vnet" */
enum {
	IFLA_VNET_UNSPEC,
	IFLA_VNET_VNI,
	IFLA_VNET_TABLE,
	IFLA_VNET_BGP_TABLE,
	IFLA_VNET_MAX_ROUTES,
	IFLA_VNET_ECMP_SYMMETRIC,
	__IFLA_VNET_LAST
};

#define IFLA_VNET_MAX	(__IFLA_VNET_LAST - 1)

#define VNET_VNI_MAX	((1U << 24) - 1)

/* rtm_protocol of routes to gateways */
#define VNET_PROTO_GATEWAY	87
/* nh_protocol of groups with members that stand by */
#define VNET_PROTO_STANDBY	88

#define VNET_GENL_NAME		"vnet"
#define VNET_GENL_VERSION	1

enum vnet_cmd {
	VNET_CMD_UNSPEC,
	VNET_CMD_VNET_GET,
	VNET_CMD_SUBNET_SET,
	VNET_CMD_SUBNET_DEL,
	VNET_CMD_SUBNET_GET,
	VNET_CMD_NIC_SET,
	VNET_CMD_NIC_GET,
	VNET_CMD_EFFECTIVE_GET,
	VNET_CMD_LOOKUP,
	VNET_CMD_ENDPOINT_SET,
	VNET_CMD_ENDPOINT_DEL,
	VNET_CMD_ENDPOINT_GET,
	VNET_CMD_TUNNEL_SET,
	VNET_CMD_TUNNEL_DEL,
	VNET_CMD_TUNNEL_GET,
	VNET_CMD_PEERING_SET,
	VNET_CMD_PEERING_DEL,
	VNET_CMD_PEERING_GET,
	__VNET_CMD_LAST
};

#define VNET_CMD_MAX	(__VNET_CMD_LAST - 1)

/* Top level of every message of the family */
enum vnet_attr {
	VNET_A_UNSPEC,
	VNET_A_PAD,
	VNET_A_IFINDEX,
	VNET_A_NAME,
	VNET_A_VNI,
	VNET_A_TABLE,
	VNET_A_BGP_TABLE,
	VNET_A_MAX_ROUTES,
	VNET_A_NUM_NICS,
	VNET_A_SPACE,
	VNET_A_MIRROR,
	VNET_A_STATS,
	VNET_A_SUBNET,
	VNET_A_VNET_IFINDEX,
	VNET_A_NIC_MAC,
	VNET_A_NIC_FLAGS,
	VNET_A_NIC_ADDRS,
	VNET_A_FAMILY,
	VNET_A_ROUTE,
	VNET_A_LOOKUP_DST,
	VNET_A_LOOKUP_SRC,
	VNET_A_LOOKUP_PROTO,
	VNET_A_LOOKUP_SPORT,
	VNET_A_LOOKUP_DPORT,
	VNET_A_LOOKUP_HOP,
	VNET_A_LOOKUP_DROP,
	VNET_A_LOOKUP_CANDIDATE,
	VNET_A_ECMP_SYMMETRIC,
	VNET_A_ENDPOINT,
	VNET_A_PEERING,
	__VNET_A_LAST
};

#define VNET_A_MAX	(__VNET_A_LAST - 1)

enum vnet_attr_prefix {
	VNET_A_PREFIX_UNSPEC,
	VNET_A_PREFIX_ADDR,
	VNET_A_PREFIX_LEN,
	__VNET_A_PREFIX_LAST
};

#define VNET_A_PREFIX_MAX	(__VNET_A_PREFIX_LAST - 1)

enum vnet_attr_mirror {
	VNET_A_MIRROR_UNSPEC,
	VNET_A_MIRROR_PAD,
	VNET_A_MIRROR_CLASS,
	VNET_A_MIRROR_FAMILY,
	VNET_A_MIRROR_STATE,
	VNET_A_MIRROR_ROUTES,
	VNET_A_MIRROR_BYTES,
	__VNET_A_MIRROR_LAST
};

#define VNET_A_MIRROR_MAX	(__VNET_A_MIRROR_LAST - 1)

enum vnet_attr_subnet {
	VNET_A_SUBNET_UNSPEC,
	VNET_A_SUBNET_ADDR,
	VNET_A_SUBNET_LEN,
	VNET_A_SUBNET_TABLE,
	VNET_A_SUBNET_FLAGS,
	__VNET_A_SUBNET_LAST
};

#define VNET_A_SUBNET_MAX	(__VNET_A_SUBNET_LAST - 1)

enum vnet_attr_peering {
	VNET_A_PEERING_UNSPEC,
	VNET_A_PEERING_IFINDEX,
	VNET_A_PEERING_FLAGS,
	VNET_A_PEERING_STATE,
	__VNET_A_PEERING_LAST
};

#define VNET_A_PEERING_MAX	(__VNET_A_PEERING_LAST - 1)

enum vnet_attr_nic_addr {
	VNET_A_NIC_ADDR_UNSPEC,
	VNET_A_NIC_ADDR,
	__VNET_A_NIC_ADDR_LAST
};

#define VNET_A_NIC_ADDR_MAX	(__VNET_A_NIC_ADDR_LAST - 1)

enum vnet_attr_route {
	VNET_A_ROUTE_UNSPEC,
	VNET_A_ROUTE_CLASS,
	VNET_A_ROUTE_STATE,
	VNET_A_ROUTE_REASON,
	VNET_A_ROUTE_ADDR,
	VNET_A_ROUTE_LEN,
	VNET_A_ROUTE_TYPE,
	VNET_A_ROUTE_TABLE,
	VNET_A_ROUTE_PROTOCOL,
	VNET_A_ROUTE_NHID,
	VNET_A_ROUTE_HOP,
	VNET_A_ROUTE_PEER_IFINDEX,
	__VNET_A_ROUTE_LAST
};

#define VNET_A_ROUTE_MAX	(__VNET_A_ROUTE_LAST - 1)

enum vnet_attr_hop {
	VNET_A_HOP_UNSPEC,
	VNET_A_HOP_ADDR,
	VNET_A_HOP_WEIGHT,
	VNET_A_HOP_IFINDEX,
	VNET_A_HOP_FLAGS,
	VNET_A_HOP_HOST,
	VNET_A_HOP_PAD,
	VNET_A_HOP_PACKETS,
	VNET_A_HOP_BYTES,
	__VNET_A_HOP_LAST
};

#define VNET_A_HOP_MAX	(__VNET_A_HOP_LAST - 1)

enum vnet_attr_endpoint {
	VNET_A_ENDPOINT_UNSPEC,
	VNET_A_ENDPOINT_ADDR,
	VNET_A_ENDPOINT_HOST,
	VNET_A_ENDPOINT_VNI,
	VNET_A_ENDPOINT_MAC,
	__VNET_A_ENDPOINT_LAST
};

#define VNET_A_ENDPOINT_MAX	(__VNET_A_ENDPOINT_LAST - 1)

enum vnet_attr_stats {
	VNET_A_STATS_UNSPEC,
	VNET_A_STATS_PAD,
	VNET_A_STATS_RX_PACKETS,
	VNET_A_STATS_RX_BYTES,
	VNET_A_STATS_TX_PACKETS,
	VNET_A_STATS_TX_BYTES,
	VNET_A_STATS_DROP,
	__VNET_A_STATS_LAST
};

#define VNET_A_STATS_MAX	(__VNET_A_STATS_LAST - 1)

enum vnet_attr_drop {
	VNET_A_DROP_UNSPEC,
	VNET_A_DROP_PAD,
	VNET_A_DROP_REASON,
	VNET_A_DROP_NAME,
	VNET_A_DROP_PACKETS,
	__VNET_A_DROP_LAST
};

#define VNET_A_DROP_MAX	(__VNET_A_DROP_LAST - 1)

/* No BGP route takes part in this subnet's effective routes, ... */
#define VNET_SUBNET_F_NO_PROPAGATION	(1U << 0)
/* ... none that the route server has learned, ... */
#define VNET_SUBNET_F_NO_ROUTE_SERVER	(1U << 1)
/* ... none of a gateway (VNET_PROTO_GATEWAY). */
#define VNET_SUBNET_F_NO_GATEWAY	(1U << 2)
/* BGP routes equal to or inside address spaces take part, too. */
#define VNET_SUBNET_F_BGP_INSIDE	(1U << 3)
/* BGP routes that have lost all next hops stay active, as in Azure: packets are dropped. */
#define VNET_SUBNET_F_KEEP_LOST		(1U << 4)

#define VNET_SUBNET_F_ALL		(VNET_SUBNET_F_NO_PROPAGATION | \
					 VNET_SUBNET_F_NO_ROUTE_SERVER | \
					 VNET_SUBNET_F_NO_GATEWAY | \
					 VNET_SUBNET_F_BGP_INSIDE | \
					 VNET_SUBNET_F_KEEP_LOST)

/* What one side of a peering allows. NICs of its VNet reach those of the peer: */
#define VNET_PEERING_F_VNET_ACCESS		(1U << 0)
/* the peer may send what comes from addresses outside its address spaces; */
#define VNET_PEERING_F_FORWARDED_TRAFFIC	(1U << 1)
/* the peer may use this VNet's BGP table; */
#define VNET_PEERING_F_GATEWAY_TRANSIT		(1U << 2)
/* this VNet uses the peer's, one side of a VNet only. */
#define VNET_PEERING_F_USE_REMOTE_GATEWAYS	(1U << 3)

#define VNET_PEERING_F_ALL	(VNET_PEERING_F_VNET_ACCESS | \
				 VNET_PEERING_F_FORWARDED_TRAFFIC | \
				 VNET_PEERING_F_GATEWAY_TRANSIT | \
				 VNET_PEERING_F_USE_REMOTE_GATEWAYS)

enum vnet_peering_state {
	VNET_PEERING_INITIATED,		/* the other side is not there yet */
	VNET_PEERING_CONNECTED,
	VNET_PEERING_DISCONNECTED,	/* the other side was removed */
	__VNET_PEERING_LAST
};

/* The NIC may send from, and be sent, addresses that are not its own. */
#define VNET_NIC_F_FORWARDING		(1U << 0)
/* The NIC has BGP routes that it is a next hop of, as in Azure. */
#define VNET_NIC_F_OWN_ROUTES		(1U << 1)

#define VNET_NIC_F_ALL			(VNET_NIC_F_FORWARDING | \
					 VNET_NIC_F_OWN_ROUTES)

/* The next hop's NIC is there and has carrier; on another host: there is a tunnel. */
#define VNET_HOP_F_UP			(1U << 0)
/* It is in a VNet that this one has no peering with, or no access to. */
#define VNET_HOP_F_UNREACHABLE		(1U << 1)
/* It stands by for the others of its group (VNET_A_ROUTE_HOP only). */
#define VNET_HOP_F_STANDBY		(1U << 2)
/* Flows of the NIC whose route it is choose it; where it is unreachable, or the NIC itself, they
 * are dropped (VNET_A_ROUTE_HOP only).
 */
#define VNET_HOP_F_USED			(1U << 3)

/* In the order of preference at the same prefix: a higher class wins. */
enum vnet_route_class {
	VNET_CLASS_SYSTEM,
	VNET_CLASS_BGP,
	VNET_CLASS_USER,
	__VNET_CLASS_LAST
};

#define VNET_CLASS_MAX	(__VNET_CLASS_LAST - 1)

enum vnet_mirror_state {
	VNET_MIRROR_LIVE,	/* holds what the kernel's table holds */
	VNET_MIRROR_REPLAYING,	/* routes that were there before the VNet are
				 * still being read
				 */
};

enum vnet_route_state {
	VNET_ROUTE_ACTIVE,
	VNET_ROUTE_INVALID,	/* listed, and not used */
	VNET_ROUTE_HIDDEN,	/* not listed by Azure, and not used */
};

/* Why a route is not active */
enum vnet_route_reason {
	VNET_REASON_NONE,
	VNET_REASON_USER_WINS,		/* user-defined route, same prefix */
	VNET_REASON_BGP_WINS,		/* BGP route, same prefix */
	VNET_REASON_INSIDE_SPACE,	/* equal to or inside an address space
					 * of this or a peered VNet
					 */
	VNET_REASON_NO_PROPAGATION,	/* the subnet takes no BGP routes */
	VNET_REASON_OWN_NEXT_HOP,	/* this NIC is a next hop */
	VNET_REASON_DEFAULT_OVERRIDDEN,	/* reserved range stepped aside */
	VNET_REASON_SPACE_COVERS,	/* reserved range inside an address
					 * space
					 */
	VNET_REASON_NEXT_HOP_GONE,	/* nobody owns the next hop's address */
	VNET_REASON_NEXT_HOP_DOWN,	/* the owner has no carrier, or no queue
					 * yet, or is down
					 */
	VNET_REASON_NOT_PEERED,		/* leads into a VNet, and the peering has
					 * not both sides
					 */
	__VNET_REASON_LAST
};

#define VNET_REASON_MAX	(__VNET_REASON_LAST - 1)

/* What is done with a packet, in Azure's words */
enum vnet_hop_type {
	VNET_HOP_NONE,			/* drop */
	VNET_HOP_VNET_LOCAL,		/* the NIC that owns the address */
	VNET_HOP_PEERING,		/* the same in a peered VNet */
	VNET_HOP_APPLIANCE,		/* the NIC that owns the next hop */
	VNET_HOP_GATEWAY,		/* the same, learned by BGP */
	VNET_HOP_INTERNET,		/* the host's own routing */
	VNET_HOP_HOST,			/* a socket of the host in the VNet */
	__VNET_HOP_LAST
};

#define VNET_HOP_MAX	(__VNET_HOP_LAST - 1)

/* Why a packet was dropped. Values never change; new ones go at the end. */
enum vnet_drop {
	VNET_DROP_NONE,			/* it was not */
	VNET_DROP_MALFORMED,		/* truncated or inconsistent headers */
	VNET_DROP_PROTOCOL,		/* neither IPv4, IPv6 nor ARP */
	VNET_DROP_MULTICAST,		/* multicast or broadcast destination */
	VNET_DROP_SPOOFED_MAC,		/* source MAC is not the NIC's */
	VNET_DROP_SPOOFED_ADDR,		/* source address is not the NIC's; to
					 * the host: no route of the VNet leads
					 * back
					 */
	VNET_DROP_NO_ROUTE,		/* no effective route */
	VNET_DROP_NEXT_HOP_NONE,	/* effective route says None */
	VNET_DROP_NO_NIC,		/* nobody owns the destination address */
	VNET_DROP_NEXT_HOP_GONE,	/* nobody owns the next hop's address */
	VNET_DROP_NIC_DOWN,		/* the owner has no carrier or is down */
	VNET_DROP_NOT_FORWARDING,	/* not addressed to the receiving NIC,
					 * which has no IP forwarding
					 */
	VNET_DROP_SAME_NIC,		/* would go back to the sending NIC */
	VNET_DROP_UNCONFIGURED,		/* the NIC has no MAC or address yet */
	VNET_DROP_TOO_BIG,		/* larger than the receiver's MTU, or
					 * what gets to its host
					 */
	VNET_DROP_NO_MEMORY,
	VNET_DROP_INTERNAL,		/* what a guest cannot cause */
	VNET_DROP_NOT_ROUTER,		/* destination MAC is not the virtual
					 * router's
					 */
	VNET_DROP_NEIGHBOUR,		/* ARP or ND that needs no answer:
					 * gratuitous, probes, replies
					 */
	VNET_DROP_QUEUE_FULL,		/* the receiver's queue is full */
	VNET_DROP_UNKNOWN_VNI,		/* from another host, for no VNet here */
	VNET_DROP_UNKNOWN_HOST,		/* from a host where no endpoint of the
					 * VNet or a peered one is
					 */
	VNET_DROP_NO_TUNNEL,		/* for another host, and the VXLAN device
					 * is missing or down
					 */
	VNET_DROP_HOST_UNREACHABLE,	/* the underlay has no route to the host */
	VNET_DROP_FORWARDED,		/* from outside the sender's VNet, and
					 * the peer takes no forwarded traffic
					 */
	VNET_DROP_UNREACHABLE,		/* the next hop is in a VNet that is not
					 * peered
					 */
	VNET_DROP_OFFLOAD,		/* could not be cut into segments, or
					 * given its checksum, for a device that
					 * does not do so itself
					 */
	VNET_DROP_TUNNEL_PORT,		/* from a guest to the host or through
					 * it, UDP from or to the VXLAN device's
					 * port
					 */
	VNET_DROP_ICMP_ERROR,		/* from a guest to this host or another: a
					 * redirect, or "too big" of what is no
					 * TCP of the host's there; to others, of
					 * what the guest was not sent
					 */
	__VNET_DROP_LAST
};

#define VNET_DROP_MAX	(__VNET_DROP_LAST - 1)

#endif /* _UAPI_LINUX_VNET_H */
