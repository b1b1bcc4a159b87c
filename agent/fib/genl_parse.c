// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each kind of object in an answer has one parse function. An attribute that
 * is not known, or not of the size the specification gives, is passed over.
 */
#include "fib/genl_parse.h"

#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

/*
 * Attributes
 */

static uint64_t get_uint(const struct nlattr *attr)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case sizeof(uint8_t):
		return mnl_attr_get_u8(attr);
	case sizeof(uint16_t):
		return mnl_attr_get_u16(attr);
	case sizeof(uint32_t):
		return mnl_attr_get_u32(attr);
	case sizeof(uint64_t):
		return mnl_attr_get_u64(attr);
	default:
		return 0;
	}
}

static void get_addr(const struct nlattr *attr, struct addr *addr)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case 4:
		*addr = addr_make(AF_INET, mnl_attr_get_payload(attr));
		break;
	case 16:
		*addr = addr_make(AF_INET6, mnl_attr_get_payload(attr));
		break;
	}
}

static bool get_mac(const struct nlattr *attr, uint8_t *mac)
{
	if (mnl_attr_get_payload_len(attr) < 6)
		return false;
	memcpy(mac, mnl_attr_get_payload(attr), 6);
	return true;
}

static void get_name(const struct nlattr *attr, char *name, size_t size)
{
	snprintf(name, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
}

/*
 * Objects
 */

static void parse_drop(const struct nlattr *nest, struct genl_stats *stats)
{
	const struct nlattr *attr;
	struct genl_drop *drop;

	if (stats->n_drops == ARRAY_SIZE(stats->drops))
		return;
	drop = &stats->drops[stats->n_drops++];
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_DROP_REASON:
			drop->reason = get_uint(attr);
			break;
		case VNET_A_DROP_NAME:
			get_name(attr, drop->name, sizeof(drop->name));
			break;
		case VNET_A_DROP_PACKETS:
			drop->packets = get_uint(attr);
			break;
		}
	}
}

static void parse_stats(const struct nlattr *nest, struct genl_stats *stats)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_STATS_RX_PACKETS:
			stats->rx_packets = get_uint(attr);
			break;
		case VNET_A_STATS_RX_BYTES:
			stats->rx_bytes = get_uint(attr);
			break;
		case VNET_A_STATS_TX_PACKETS:
			stats->tx_packets = get_uint(attr);
			break;
		case VNET_A_STATS_TX_BYTES:
			stats->tx_bytes = get_uint(attr);
			break;
		case VNET_A_STATS_DROP:
			parse_drop(attr, stats);
			break;
		}
	}
}

static void parse_space(const struct nlattr *nest, struct genl_vnet *vnet)
{
	const struct nlattr *attr;
	struct prefix *space;

	vnet->spaces = xreallocarray(vnet->spaces, vnet->n_spaces + 1,
				     sizeof(*vnet->spaces));
	space = &vnet->spaces[vnet->n_spaces++];
	memset(space, 0, sizeof(*space));
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_PREFIX_ADDR:
			get_addr(attr, &space->addr);
			break;
		case VNET_A_PREFIX_LEN:
			space->len = get_uint(attr);
			break;
		}
	}
}

static void parse_mirror(const struct nlattr *nest, struct genl_vnet *vnet)
{
	const struct nlattr *attr;
	struct genl_mirror *mirror;

	if (vnet->n_mirrors == ARRAY_SIZE(vnet->mirrors))
		return;
	mirror = &vnet->mirrors[vnet->n_mirrors++];
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_MIRROR_CLASS:
			mirror->route_class = get_uint(attr);
			break;
		case VNET_A_MIRROR_FAMILY:
			mirror->family = get_uint(attr);
			break;
		case VNET_A_MIRROR_STATE:
			mirror->state = get_uint(attr);
			break;
		case VNET_A_MIRROR_ROUTES:
			mirror->routes = get_uint(attr);
			break;
		case VNET_A_MIRROR_BYTES:
			mirror->bytes = get_uint(attr);
			break;
		}
	}
}

static void parse_vnet_attr(const struct nlattr *attr, struct genl_vnet *vnet)
{
	switch (mnl_attr_get_type(attr)) {
	case VNET_A_IFINDEX:
		vnet->ifindex = get_uint(attr);
		break;
	case VNET_A_NAME:
		get_name(attr, vnet->name, sizeof(vnet->name));
		break;
	case VNET_A_VNI:
		vnet->vni = get_uint(attr);
		break;
	case VNET_A_TABLE:
		vnet->table = get_uint(attr);
		break;
	case VNET_A_BGP_TABLE:
		vnet->bgp_table = get_uint(attr);
		break;
	case VNET_A_MAX_ROUTES:
		vnet->max_routes = get_uint(attr);
		break;
	case VNET_A_ECMP_SYMMETRIC:
		vnet->ecmp_symmetric = get_uint(attr);
		break;
	case VNET_A_NUM_NICS:
		vnet->n_nics = get_uint(attr);
		break;
	case VNET_A_SPACE:
		parse_space(attr, vnet);
		break;
	case VNET_A_MIRROR:
		parse_mirror(attr, vnet);
		break;
	case VNET_A_STATS:
		parse_stats(attr, &vnet->stats);
		break;
	}
}

static void parse_subnet(const struct nlattr *nest, struct genl_subnet *subnet)
{
	const struct nlattr *attr;

	memset(subnet, 0, sizeof(*subnet));
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_SUBNET_ADDR:
			get_addr(attr, &subnet->prefix.addr);
			break;
		case VNET_A_SUBNET_LEN:
			subnet->prefix.len = get_uint(attr);
			break;
		case VNET_A_SUBNET_TABLE:
			subnet->table = get_uint(attr);
			break;
		case VNET_A_SUBNET_FLAGS:
			subnet->flags = get_uint(attr);
			break;
		}
	}
}

static void parse_peering(const struct nlattr *nest,
			  struct genl_peering *peering)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_PEERING_IFINDEX:
			peering->peer_ifindex = get_uint(attr);
			break;
		case VNET_A_PEERING_FLAGS:
			peering->flags = get_uint(attr);
			break;
		case VNET_A_PEERING_STATE:
			peering->state = get_uint(attr);
			break;
		}
	}
}

static void parse_nic_addrs(const struct nlattr *nest, struct genl_nic *nic)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == VNET_A_NIC_ADDR &&
		    nic->n_addrs < ARRAY_SIZE(nic->addrs))
			get_addr(attr, &nic->addrs[nic->n_addrs++]);
	}
}

static void parse_nic_attr(const struct nlattr *attr, struct genl_nic *nic)
{
	switch (mnl_attr_get_type(attr)) {
	case VNET_A_IFINDEX:
		nic->ifindex = get_uint(attr);
		break;
	case VNET_A_VNET_IFINDEX:
		nic->vnet_ifindex = get_uint(attr);
		break;
	case VNET_A_NAME:
		get_name(attr, nic->name, sizeof(nic->name));
		break;
	case VNET_A_NIC_MAC:
		nic->has_mac = get_mac(attr, nic->mac);
		break;
	case VNET_A_NIC_FLAGS:
		nic->flags = get_uint(attr);
		break;
	case VNET_A_NIC_ADDRS:
		parse_nic_addrs(attr, nic);
		break;
	case VNET_A_STATS:
		parse_stats(attr, &nic->stats);
		break;
	}
}

static void parse_endpoint(const struct nlattr *nest,
			   struct genl_endpoint *endpoint)
{
	const struct nlattr *attr;

	memset(endpoint, 0, sizeof(*endpoint));
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_ENDPOINT_ADDR:
			get_addr(attr, &endpoint->addr);
			break;
		case VNET_A_ENDPOINT_HOST:
			get_addr(attr, &endpoint->host);
			break;
		case VNET_A_ENDPOINT_VNI:
			endpoint->vni = get_uint(attr);
			break;
		case VNET_A_ENDPOINT_MAC:
			endpoint->has_mac = get_mac(attr, endpoint->mac);
			break;
		}
	}
}

static void parse_tunnel_attr(const struct nlattr *attr,
			      struct genl_tunnel *tunnel)
{
	switch (mnl_attr_get_type(attr)) {
	case VNET_A_IFINDEX:
		tunnel->ifindex = get_uint(attr);
		break;
	case VNET_A_NAME:
		get_name(attr, tunnel->name, sizeof(tunnel->name));
		break;
	case VNET_A_STATS:
		parse_stats(attr, &tunnel->stats);
		break;
	}
}

static void parse_hop(const struct nlattr *nest, struct genl_hop *hop)
{
	const struct nlattr *attr;

	memset(hop, 0, sizeof(*hop));
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VNET_A_HOP_ADDR:
			get_addr(attr, &hop->addr);
			break;
		case VNET_A_HOP_WEIGHT:
			hop->weight = get_uint(attr);
			break;
		case VNET_A_HOP_IFINDEX:
			hop->ifindex = get_uint(attr);
			break;
		case VNET_A_HOP_FLAGS:
			hop->flags = get_uint(attr);
			break;
		case VNET_A_HOP_HOST:
			get_addr(attr, &hop->host);
			break;
		case VNET_A_HOP_PACKETS:
			hop->packets = get_uint(attr);
			break;
		case VNET_A_HOP_BYTES:
			hop->bytes = get_uint(attr);
			break;
		}
	}
}

static void parse_route_attr(const struct nlattr *attr,
			     struct genl_route *route)
{
	switch (mnl_attr_get_type(attr)) {
	case VNET_A_ROUTE_CLASS:
		route->route_class = get_uint(attr);
		break;
	case VNET_A_ROUTE_STATE:
		route->state = get_uint(attr);
		break;
	case VNET_A_ROUTE_REASON:
		route->reason = get_uint(attr);
		break;
	case VNET_A_ROUTE_ADDR:
		get_addr(attr, &route->prefix.addr);
		break;
	case VNET_A_ROUTE_LEN:
		route->prefix.len = get_uint(attr);
		break;
	case VNET_A_ROUTE_TYPE:
		route->type = get_uint(attr);
		break;
	case VNET_A_ROUTE_TABLE:
		route->table = get_uint(attr);
		break;
	case VNET_A_ROUTE_PROTOCOL:
		route->protocol = get_uint(attr);
		break;
	case VNET_A_ROUTE_NHID:
		route->nhid = get_uint(attr);
		break;
	case VNET_A_ROUTE_PEER_IFINDEX:
		route->peer_ifindex = get_uint(attr);
		break;
	case VNET_A_ROUTE_HOP:
		route->hops = xreallocarray(route->hops, route->n_hops + 1,
					    sizeof(*route->hops));
		parse_hop(attr, &route->hops[route->n_hops++]);
		break;
	}
}

static void parse_route(const struct nlattr *nest, struct genl_route *route)
{
	const struct nlattr *attr;

	memset(route, 0, sizeof(*route));
	mnl_attr_for_each_nested(attr, nest)
		parse_route_attr(attr, route);
}

static void parse_candidate(const struct nlattr *nest,
			    struct genl_lookup *lookup)
{
	lookup->candidates = xreallocarray(lookup->candidates,
					   lookup->n_candidates + 1,
					   sizeof(*lookup->candidates));
	parse_route(nest, &lookup->candidates[lookup->n_candidates++]);
}

static void parse_lookup_attr(const struct nlattr *attr,
			      struct genl_lookup *lookup)
{
	switch (mnl_attr_get_type(attr)) {
	case VNET_A_ROUTE:
		parse_route(attr, &lookup->route);
		lookup->has_route = true;
		break;
	case VNET_A_LOOKUP_HOP:
		parse_hop(attr, &lookup->hop);
		lookup->has_hop = true;
		break;
	case VNET_A_LOOKUP_DROP:
		lookup->drop = get_uint(attr);
		break;
	case VNET_A_LOOKUP_CANDIDATE:
		parse_candidate(attr, lookup);
		break;
	}
}

/*
 * Answers
 */

void genl_parse_vnet(const struct nlmsghdr *nlh, void *arg)
{
	const struct genl_answer *answer = arg;
	const struct nlattr *attr;
	struct genl_vnet vnet = { 0 };

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_vnet_attr(attr, &vnet);
	answer->cb.vnet(&vnet, answer->arg);
	free(vnet.spaces);
}

void genl_parse_subnet(const struct nlmsghdr *nlh, void *arg)
{
	const struct genl_answer *answer = arg;
	const struct nlattr *attr;
	struct genl_subnet subnet;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VNET_A_SUBNET)
			continue;
		parse_subnet(attr, &subnet);
		answer->cb.subnet(&subnet, answer->arg);
	}
}

void genl_parse_peering(const struct nlmsghdr *nlh, void *arg)
{
	struct genl_peering peering = { 0 };
	const struct genl_answer *answer = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == VNET_A_IFINDEX)
			peering.vnet_ifindex = get_uint(attr);
		else if (mnl_attr_get_type(attr) == VNET_A_PEERING)
			parse_peering(attr, &peering);
	}
	answer->cb.peering(&peering, answer->arg);
}

void genl_parse_nic_copy(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_nic_attr(attr, arg);
}

void genl_parse_nic(const struct nlmsghdr *nlh, void *arg)
{
	const struct genl_answer *answer = arg;
	struct genl_nic nic = { 0 };

	genl_parse_nic_copy(nlh, &nic);
	answer->cb.nic(&nic, answer->arg);
}

void genl_parse_endpoint(const struct nlmsghdr *nlh, void *arg)
{
	const struct genl_answer *answer = arg;
	const struct nlattr *attr;
	struct genl_endpoint endpoint;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VNET_A_ENDPOINT)
			continue;
		parse_endpoint(attr, &endpoint);
		answer->cb.endpoint(&endpoint, answer->arg);
	}
}

void genl_parse_tunnel(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_tunnel_attr(attr, arg);
}

void genl_parse_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct genl_answer *answer = arg;
	const struct nlattr *attr;
	struct genl_route route;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VNET_A_ROUTE)
			continue;
		parse_route(attr, &route);
		answer->cb.route(&route, answer->arg);
		free(route.hops);
	}
}

void genl_parse_lookup(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_lookup_attr(attr, arg);
}

void genl_parse_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;
	uint16_t *family = arg;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*family = get_uint(attr);
	}
}
