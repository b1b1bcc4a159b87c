// SPDX-License-Identifier: GPL-2.0-or-later
#include "vrs/names.h"

#include <linux/vnet.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/util.h"

static const char *const sources[] = {
	[VNET_CLASS_SYSTEM] = "Default",
	[VNET_CLASS_BGP] = "VirtualNetworkGateway",
	[VNET_CLASS_USER] = "User",
};

static const char *const classes[] = {
	[VNET_CLASS_SYSTEM] = "system",
	[VNET_CLASS_BGP] = "bgp",
	[VNET_CLASS_USER] = "user",
};

static const char *const states[] = {
	[VNET_ROUTE_ACTIVE] = "Active",
	[VNET_ROUTE_INVALID] = "Invalid",
	[VNET_ROUTE_HIDDEN] = "Hidden",
};

static const char *const peering_states[] = {
	[VNET_PEERING_INITIATED] = "Initiated",
	[VNET_PEERING_CONNECTED] = "Connected",
	[VNET_PEERING_DISCONNECTED] = "Disconnected",
};

static const char *const mirror_states[] = {
	[VNET_MIRROR_LIVE] = "live",
	[VNET_MIRROR_REPLAYING] = "replaying",
};

static const char *const hop_types[] = {
	[VNET_HOP_NONE] = "None",
	[VNET_HOP_VNET_LOCAL] = "VnetLocal",
	[VNET_HOP_PEERING] = "VNetPeering",
	[VNET_HOP_APPLIANCE] = "VirtualAppliance",
	[VNET_HOP_GATEWAY] = "VirtualNetworkGateway",
	[VNET_HOP_INTERNET] = "Internet",
	[VNET_HOP_HOST] = "Host",
};

static const char *const reasons[] = {
	[VNET_REASON_USER_WINS] = "user-defined route to the same prefix wins",
	[VNET_REASON_BGP_WINS] = "BGP route to the same prefix wins",
	[VNET_REASON_INSIDE_SPACE] =
		"inside an address space of this or a peered VNet",
	[VNET_REASON_NO_PROPAGATION] = "the subnet's propagation leaves it out",
	[VNET_REASON_OWN_NEXT_HOP] = "this NIC is a next hop",
	[VNET_REASON_DEFAULT_OVERRIDDEN] = "default route is overridden",
	[VNET_REASON_SPACE_COVERS] = "inside an address space",
	[VNET_REASON_NEXT_HOP_GONE] = "no NIC owns the next hop's address",
	[VNET_REASON_NEXT_HOP_DOWN] = "the next hop's NIC is down",
	[VNET_REASON_NOT_PEERED] = "the peering has one side only",
};

static const char *const drops[] = {
	[VNET_DROP_MALFORMED] = "malformed packet",
	[VNET_DROP_PROTOCOL] = "neither IPv4, IPv6 nor ARP",
	[VNET_DROP_MULTICAST] = "multicast or broadcast destination",
	[VNET_DROP_SPOOFED_MAC] = "source MAC is not the NIC's",
	[VNET_DROP_SPOOFED_ADDR] = "source address is not the NIC's",
	[VNET_DROP_NO_ROUTE] = "no route",
	[VNET_DROP_NEXT_HOP_NONE] = "next hop type is None",
	[VNET_DROP_NO_NIC] = "no NIC owns the destination address",
	[VNET_DROP_NEXT_HOP_GONE] = "no NIC owns the next hop's address",
	[VNET_DROP_NIC_DOWN] = "receiving NIC is down",
	[VNET_DROP_NOT_FORWARDING] = "receiving NIC has no IP forwarding",
	[VNET_DROP_SAME_NIC] = "would go back to the sending NIC",
	[VNET_DROP_UNCONFIGURED] = "NIC has no MAC or address",
	[VNET_DROP_TOO_BIG] = "larger than the receiver's MTU",
	[VNET_DROP_NO_MEMORY] = "out of memory",
	[VNET_DROP_INTERNAL] = "internal error",
	[VNET_DROP_NOT_ROUTER] = "destination MAC is not the router's",
	[VNET_DROP_NEIGHBOUR] = "ARP or ND that needs no answer",
	[VNET_DROP_QUEUE_FULL] = "receiver's queue is full",
	[VNET_DROP_UNKNOWN_VNI] = "from another host, for no VNet here",
	[VNET_DROP_UNKNOWN_HOST] = "from a host that is not known",
	[VNET_DROP_NO_TUNNEL] = "VXLAN device is missing or down",
	[VNET_DROP_HOST_UNREACHABLE] = "no route to the other host",
	[VNET_DROP_FORWARDED] = "the peering takes no forwarded traffic",
	[VNET_DROP_UNREACHABLE] = "next hop is in a VNet that is not peered",
	[VNET_DROP_OFFLOAD] = "could not be segmented or checksummed",
	[VNET_DROP_TUNNEL_PORT] = "UDP port is the VXLAN device's",
	[VNET_DROP_ICMP_ERROR] = "ICMP error could mislead the host",
};

/* A newer module may know more than this program. */
static const char *find(const char *const *names, size_t n, unsigned int value)
{
	return value < n && names[value] ? names[value] : "unknown";
}

#define FIND(names, value)	find(names, ARRAY_SIZE(names), value)

const char *names_source(unsigned int route_class)
{
	return FIND(sources, route_class);
}

const char *names_state(unsigned int state)
{
	return FIND(states, state);
}

const char *names_hop_type(unsigned int type)
{
	return FIND(hop_types, type);
}

const char *names_class(unsigned int route_class)
{
	return FIND(classes, route_class);
}

const char *names_mirror_state(unsigned int state)
{
	return FIND(mirror_states, state);
}

const char *names_propagation(unsigned int subnet_flags)
{
	bool server = !(subnet_flags & VNET_SUBNET_F_NO_ROUTE_SERVER);
	bool gateway = !(subnet_flags & VNET_SUBNET_F_NO_GATEWAY);

	if (subnet_flags & VNET_SUBNET_F_NO_PROPAGATION ||
	    (!server && !gateway))
		return "off";
	if (server && gateway)
		return "on";
	return server ? "route-server" : "gateway";
}

const char *names_peering_state(unsigned int state)
{
	return FIND(peering_states, state);
}

const char *names_reason(unsigned int reason)
{
	return reason == VNET_REASON_NONE ? NULL : FIND(reasons, reason);
}

const char *names_drop(unsigned int drop)
{
	return drop == VNET_DROP_NONE ? NULL : FIND(drops, drop);
}
