// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests are put together by the functions at the end; each kind of object
 * in an answer has one parse function above them. An attribute that is not
 * known, or not of the size the specification gives, is passed over.
 */
#include "fib/genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

#define ANSWER_ROOM	(1 << 20)	/* bytes that the module answers with */

union msg_buf {
	struct nlmsghdr nlh;
	char bytes[NETLINK_MSG_SIZE];
};

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

static void put_addr(struct nlmsghdr *nlh, uint16_t type,
		     const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_bytes(addr), addr->bytes);
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
 * Answers: from a message to the caller's function or memory
 */

struct answer {
	union {
		genl_vnet_cb *vnet;
		genl_subnet_cb *subnet;
		genl_peering_cb *peering;
		genl_nic_cb *nic;
		genl_endpoint_cb *endpoint;
		genl_route_cb *route;
	} cb;
	void *arg;
};

static void answer_vnet(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *answer = arg;
	const struct nlattr *attr;
	struct genl_vnet vnet = { 0 };

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_vnet_attr(attr, &vnet);
	answer->cb.vnet(&vnet, answer->arg);
	free(vnet.spaces);
}

static void answer_subnet(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *answer = arg;
	const struct nlattr *attr;
	struct genl_subnet subnet;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VNET_A_SUBNET)
			continue;
		parse_subnet(attr, &subnet);
		answer->cb.subnet(&subnet, answer->arg);
	}
}

static void answer_peering(const struct nlmsghdr *nlh, void *arg)
{
	struct genl_peering peering = { 0 };
	const struct answer *answer = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == VNET_A_IFINDEX)
			peering.vnet_ifindex = get_uint(attr);
		else if (mnl_attr_get_type(attr) == VNET_A_PEERING)
			parse_peering(attr, &peering);
	}
	answer->cb.peering(&peering, answer->arg);
}

static void answer_nic_copy(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_nic_attr(attr, arg);
}

static void answer_nic(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *answer = arg;
	struct genl_nic nic = { 0 };

	answer_nic_copy(nlh, &nic);
	answer->cb.nic(&nic, answer->arg);
}

static void answer_endpoint(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *answer = arg;
	const struct nlattr *attr;
	struct genl_endpoint endpoint;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != VNET_A_ENDPOINT)
			continue;
		parse_endpoint(attr, &endpoint);
		answer->cb.endpoint(&endpoint, answer->arg);
	}
}

static void answer_tunnel(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_tunnel_attr(attr, arg);
}

static void answer_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct answer *answer = arg;
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

static void answer_lookup(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		parse_lookup_attr(attr, arg);
}

static void answer_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;
	uint16_t *family = arg;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*family = get_uint(attr);
	}
}

/*
 * Requests
 */

static void put_header(union msg_buf *msg, uint16_t type, uint8_t cmd,
		       uint8_t version)
{
	struct genlmsghdr *genl;

	netlink_msg(msg, type, 0);
	genl = mnl_nlmsg_put_extra_header(&msg->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
}

/* Begin @cmd about device @ifindex; 0 names no device. */
static void begin(struct genl *g, union msg_buf *msg, uint8_t cmd, int ifindex)
{
	put_header(msg, g->family, cmd, VNET_GENL_VERSION);
	if (ifindex)
		mnl_attr_put_u32(&msg->nlh, VNET_A_IFINDEX, ifindex);
}

/* Who may not have that much room has all but the largest answers. */
int genl_open(struct genl *g, struct netlink_error *err)
{
	int rc = netlink_open(&g->nl, NETLINK_GENERIC);

	g->family = 0;
	if (rc == 0)
		netlink_set_room(&g->nl, ANSWER_ROOM);
	return netlink_error_set(err, -rc, NULL);
}

int genl_resolve(struct genl *g, struct netlink_error *err)
{
	union msg_buf msg;
	int rc;

	put_header(&msg, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(&msg.nlh, CTRL_ATTR_FAMILY_NAME, VNET_GENL_NAME);
	rc = netlink_talk(&g->nl, &msg.nlh, answer_family, &g->family, err);
	if (rc == -ENOENT)
		netlink_error_set(err, ENOENT,
				  "kernel module vnet is not loaded");
	return rc;
}

void genl_close(struct genl *g)
{
	netlink_close(&g->nl);
}

int genl_get_vnets(struct genl *g, int ifindex, genl_vnet_cb *cb, void *arg,
		   struct netlink_error *err)
{
	struct answer answer = { .cb.vnet = cb, .arg = arg };
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_VNET_GET, ifindex);
	if (ifindex)
		return netlink_talk(&g->nl, &msg.nlh, answer_vnet, &answer,
				    err);
	return netlink_dump(&g->nl, &msg.nlh, answer_vnet, &answer, err);
}

/* All objects of a kind that a VNet has, or that there are. */
static int dump(struct genl *g, uint8_t cmd, int ifindex, netlink_cb *cb,
		void *arg, struct netlink_error *err)
{
	union msg_buf msg;

	begin(g, &msg, cmd, ifindex);
	return netlink_dump(&g->nl, &msg.nlh, cb, arg, err);
}

static struct nlattr *put_subnet(struct nlmsghdr *nlh,
				 const struct prefix *prefix)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VNET_A_SUBNET);

	put_addr(nlh, VNET_A_SUBNET_ADDR, &prefix->addr);
	mnl_attr_put_u8(nlh, VNET_A_SUBNET_LEN, prefix->len);
	return nest;
}

int genl_set_subnet(struct genl *g, int vnet_ifindex,
		    const struct genl_subnet *subnet, struct netlink_error *err)
{
	struct nlattr *nest;
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_SUBNET_SET, vnet_ifindex);
	nest = put_subnet(&msg.nlh, &subnet->prefix);
	mnl_attr_put_u32(&msg.nlh, VNET_A_SUBNET_TABLE, subnet->table);
	mnl_attr_put_u32(&msg.nlh, VNET_A_SUBNET_FLAGS, subnet->flags);
	mnl_attr_nest_end(&msg.nlh, nest);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_del_subnet(struct genl *g, int vnet_ifindex,
		    const struct prefix *prefix, struct netlink_error *err)
{
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_SUBNET_DEL, vnet_ifindex);
	mnl_attr_nest_end(&msg.nlh, put_subnet(&msg.nlh, prefix));
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_get_subnets(struct genl *g, int vnet_ifindex, genl_subnet_cb *cb,
		     void *arg, struct netlink_error *err)
{
	struct answer answer = { .cb.subnet = cb, .arg = arg };

	return dump(g, VNET_CMD_SUBNET_GET, vnet_ifindex, answer_subnet,
		    &answer, err);
}

int genl_set_peering(struct genl *g, const struct genl_peering *peering,
		     struct netlink_error *err)
{
	struct nlattr *nest;
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_PEERING_SET, peering->vnet_ifindex);
	nest = mnl_attr_nest_start(&msg.nlh, VNET_A_PEERING);
	mnl_attr_put_u32(&msg.nlh, VNET_A_PEERING_IFINDEX,
			 peering->peer_ifindex);
	mnl_attr_put_u32(&msg.nlh, VNET_A_PEERING_FLAGS, peering->flags);
	mnl_attr_nest_end(&msg.nlh, nest);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_del_peering(struct genl *g, int vnet_ifindex, int peer_ifindex,
		     struct netlink_error *err)
{
	struct nlattr *nest;
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_PEERING_DEL, vnet_ifindex);
	nest = mnl_attr_nest_start(&msg.nlh, VNET_A_PEERING);
	mnl_attr_put_u32(&msg.nlh, VNET_A_PEERING_IFINDEX, peer_ifindex);
	mnl_attr_nest_end(&msg.nlh, nest);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_get_peerings(struct genl *g, int vnet_ifindex, genl_peering_cb *cb,
		      void *arg, struct netlink_error *err)
{
	struct answer answer = { .cb.peering = cb, .arg = arg };

	return dump(g, VNET_CMD_PEERING_GET, vnet_ifindex, answer_peering,
		    &answer, err);
}

static void put_nic_addrs(struct nlmsghdr *nlh, const struct genl_nic_set *set)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VNET_A_NIC_ADDRS);
	unsigned int i;

	for (i = 0; i < set->n_addrs; i++)
		put_addr(nlh, VNET_A_NIC_ADDR, &set->addrs[i]);
	mnl_attr_nest_end(nlh, nest);
}

int genl_set_nic(struct genl *g, const struct genl_nic_set *set,
		 struct netlink_error *err)
{
	union msg_buf msg;

	if (set->n_addrs > GENL_MAX_ADDRS)
		return netlink_error_set(err, E2BIG, "too many addresses");
	begin(g, &msg, VNET_CMD_NIC_SET, set->ifindex);
	if (set->mac)
		mnl_attr_put(&msg.nlh, VNET_A_NIC_MAC, 6, set->mac);
	if (set->set_flags)
		mnl_attr_put_u32(&msg.nlh, VNET_A_NIC_FLAGS, set->flags);
	if (set->set_addrs)
		put_nic_addrs(&msg.nlh, set);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_get_nic(struct genl *g, int ifindex, struct genl_nic *nic,
		 struct netlink_error *err)
{
	union msg_buf msg;

	memset(nic, 0, sizeof(*nic));
	begin(g, &msg, VNET_CMD_NIC_GET, ifindex);
	return netlink_talk(&g->nl, &msg.nlh, answer_nic_copy, nic, err);
}

int genl_get_nics(struct genl *g, int vnet_ifindex, genl_nic_cb *cb, void *arg,
		  struct netlink_error *err)
{
	struct answer answer = { .cb.nic = cb, .arg = arg };

	return dump(g, VNET_CMD_NIC_GET, vnet_ifindex, answer_nic,
		    &answer, err);
}

int genl_set_endpoint(struct genl *g, int vnet_ifindex,
		      const struct genl_endpoint *endpoint,
		      struct netlink_error *err)
{
	struct nlattr *nest;
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_ENDPOINT_SET, vnet_ifindex);
	nest = mnl_attr_nest_start(&msg.nlh, VNET_A_ENDPOINT);
	put_addr(&msg.nlh, VNET_A_ENDPOINT_ADDR, &endpoint->addr);
	put_addr(&msg.nlh, VNET_A_ENDPOINT_HOST, &endpoint->host);
	if (endpoint->vni)
		mnl_attr_put_u32(&msg.nlh, VNET_A_ENDPOINT_VNI, endpoint->vni);
	if (endpoint->has_mac)
		mnl_attr_put(&msg.nlh, VNET_A_ENDPOINT_MAC, 6, endpoint->mac);
	mnl_attr_nest_end(&msg.nlh, nest);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_del_endpoint(struct genl *g, int vnet_ifindex, const struct addr *addr,
		      struct netlink_error *err)
{
	struct nlattr *nest;
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_ENDPOINT_DEL, vnet_ifindex);
	nest = mnl_attr_nest_start(&msg.nlh, VNET_A_ENDPOINT);
	put_addr(&msg.nlh, VNET_A_ENDPOINT_ADDR, addr);
	mnl_attr_nest_end(&msg.nlh, nest);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_get_endpoints(struct genl *g, int vnet_ifindex, genl_endpoint_cb *cb,
		       void *arg, struct netlink_error *err)
{
	struct answer answer = { .cb.endpoint = cb, .arg = arg };

	return dump(g, VNET_CMD_ENDPOINT_GET, vnet_ifindex, answer_endpoint,
		    &answer, err);
}

int genl_set_tunnel(struct genl *g, int ifindex, struct netlink_error *err)
{
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_TUNNEL_SET, ifindex);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_del_tunnel(struct genl *g, struct netlink_error *err)
{
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_TUNNEL_DEL, 0);
	return netlink_talk(&g->nl, &msg.nlh, NULL, NULL, err);
}

int genl_get_tunnel(struct genl *g, struct genl_tunnel *tunnel,
		    struct netlink_error *err)
{
	memset(tunnel, 0, sizeof(*tunnel));
	return dump(g, VNET_CMD_TUNNEL_GET, 0, answer_tunnel, tunnel, err);
}

int genl_get_effective(struct genl *g, int nic_ifindex, int family,
		       genl_route_cb *cb, void *arg, struct netlink_error *err)
{
	struct answer answer = { .cb.route = cb, .arg = arg };
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_EFFECTIVE_GET, nic_ifindex);
	if (family)
		mnl_attr_put_u8(&msg.nlh, VNET_A_FAMILY, family);
	return netlink_dump(&g->nl, &msg.nlh, answer_route, &answer, err);
}

static void put_flow(struct nlmsghdr *nlh, const struct genl_flow *flow)
{
	put_addr(nlh, VNET_A_LOOKUP_DST, &flow->dst);
	if (flow->src.family)
		put_addr(nlh, VNET_A_LOOKUP_SRC, &flow->src);
	mnl_attr_put_u8(nlh, VNET_A_LOOKUP_PROTO, flow->protocol);
	mnl_attr_put_u16(nlh, VNET_A_LOOKUP_SPORT, flow->sport);
	mnl_attr_put_u16(nlh, VNET_A_LOOKUP_DPORT, flow->dport);
}

int genl_lookup(struct genl *g, int nic_ifindex, const struct genl_flow *flow,
		struct genl_lookup *out, struct netlink_error *err)
{
	union msg_buf msg;

	memset(out, 0, sizeof(*out));
	begin(g, &msg, VNET_CMD_LOOKUP, nic_ifindex);
	put_flow(&msg.nlh, flow);
	return netlink_talk(&g->nl, &msg.nlh, answer_lookup, out, err);
}

void genl_lookup_free(struct genl_lookup *lookup)
{
	size_t i;

	for (i = 0; i < lookup->n_candidates; i++)
		free(lookup->candidates[i].hops);
	free(lookup->candidates);
	free(lookup->route.hops);
	lookup->route.hops = NULL;
	lookup->candidates = NULL;
	lookup->n_candidates = 0;
}
