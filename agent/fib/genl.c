// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "fib/genl_parse.h"

#define ANSWER_ROOM	(1 << 20)	/* bytes that the module answers with */

union msg_buf {
	struct nlmsghdr nlh;
	char bytes[NETLINK_MSG_SIZE];
};

static void put_addr(struct nlmsghdr *nlh, uint16_t type,
		     const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_bytes(addr), addr->bytes);
}

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
	rc = netlink_talk(&g->nl, &msg.nlh, genl_parse_family, &g->family, err);
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
	struct genl_answer answer = { .cb.vnet = cb, .arg = arg };
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_VNET_GET, ifindex);
	if (ifindex)
		return netlink_talk(&g->nl, &msg.nlh, genl_parse_vnet, &answer,
				    err);
	return netlink_dump(&g->nl, &msg.nlh, genl_parse_vnet, &answer, err);
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
	struct genl_answer answer = { .cb.subnet = cb, .arg = arg };

	return dump(g, VNET_CMD_SUBNET_GET, vnet_ifindex, genl_parse_subnet,
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
	struct genl_answer answer = { .cb.peering = cb, .arg = arg };

	return dump(g, VNET_CMD_PEERING_GET, vnet_ifindex, genl_parse_peering,
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
	return netlink_talk(&g->nl, &msg.nlh, genl_parse_nic_copy, nic, err);
}

int genl_get_nics(struct genl *g, int vnet_ifindex, genl_nic_cb *cb, void *arg,
		  struct netlink_error *err)
{
	struct genl_answer answer = { .cb.nic = cb, .arg = arg };

	return dump(g, VNET_CMD_NIC_GET, vnet_ifindex, genl_parse_nic,
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
	struct genl_answer answer = { .cb.endpoint = cb, .arg = arg };

	return dump(g, VNET_CMD_ENDPOINT_GET, vnet_ifindex, genl_parse_endpoint,
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
	return dump(g, VNET_CMD_TUNNEL_GET, 0, genl_parse_tunnel, tunnel, err);
}

int genl_get_effective(struct genl *g, int nic_ifindex, int family,
		       genl_route_cb *cb, void *arg, struct netlink_error *err)
{
	struct genl_answer answer = { .cb.route = cb, .arg = arg };
	union msg_buf msg;

	begin(g, &msg, VNET_CMD_EFFECTIVE_GET, nic_ifindex);
	if (family)
		mnl_attr_put_u8(&msg.nlh, VNET_A_FAMILY, family);
	return netlink_dump(&g->nl, &msg.nlh, genl_parse_route, &answer, err);
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
	return netlink_talk(&g->nl, &msg.nlh, genl_parse_lookup, out, err);
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
