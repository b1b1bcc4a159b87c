// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: effective routes and lookups
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "dest.h"
#include "effective.h"
#include "endpoint.h"
#include "flow.h"
#include "genl.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "nexthop.h"
#include "port.h"
#include "remote.h"

/* ---- Rows ---- */

static int fill_hop_host(struct sk_buff *skb, const struct vnet_host_key *host)
{
	return nla_put(skb, VNET_A_HOP_HOST, vnet_addr_len(host->family),
		       &host->addr);
}

/* @vnet: whose routes are told; @flags: VNET_HOP_F_* of it as a member */
static int fill_hop(struct sk_buff *skb, int attr, const struct vnet *vnet,
		    const struct vnet_endpoint *ep, u16 weight, u32 flags)
{
	const struct vnet_remote *remote = rcu_dereference(ep->remote);
	const struct vnet_port *port = rcu_dereference(ep->port);
	u64 packets, bytes;
	struct nlattr *nest;

	if (vnet_endpoint_usable(ep))
		flags |= VNET_HOP_F_UP;
	if (!vnet_effective_reaches(vnet, ep->key.family, &ep->key.addr,
				    ep->key.vnet))
		flags |= VNET_HOP_F_UNREACHABLE;
	nest = nla_nest_start(skb, attr);
	if (!nest ||
	    nla_put(skb, VNET_A_HOP_ADDR, vnet_addr_len(ep->key.family),
		    &ep->key.addr) ||
	    nla_put_u16(skb, VNET_A_HOP_WEIGHT, weight) ||
	    nla_put_u32(skb, VNET_A_HOP_IFINDEX, port ? port->dev->ifindex : 0) ||
	    nla_put_u32(skb, VNET_A_HOP_FLAGS, flags) ||
	    (remote && fill_hop_host(skb, &remote->vtep->host->key)))
		return -EMSGSIZE;
	vnet_stats_sum_hop(READ_ONCE(ep->hop_stats), &packets, &bytes);
	if (nla_put_u64_64bit(skb, VNET_A_HOP_PACKETS, packets, VNET_A_HOP_PAD) ||
	    nla_put_u64_64bit(skb, VNET_A_HOP_BYTES, bytes, VNET_A_HOP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_hops(struct sk_buff *skb, const struct vnet_port *port,
		     const struct vnet_row *row, const struct vnet_nhset *set)
{
	bool active = row->state == VNET_ROUTE_ACTIVE;
	bool on_standby = vnet_nhset_on_standby(set);
	unsigned int i;
	int err = 0;

	for (i = 0; i < set->num && !err; i++) {
		const struct vnet_nhset_member *member = &set->members[i];
		u32 flags = i < set->active ? 0 : VNET_HOP_F_STANDBY;

		if (active && (!flags || on_standby) &&
		    vnet_nhset_takes_flows(set, member) &&
		    vnet_nhset_member_usable(member))
			flags |= VNET_HOP_F_USED;
		err = fill_hop(skb, VNET_A_ROUTE_HOP, port->vnet, member->ep,
			       member->weight, flags);
	}
	return err;
}

static int fill_row(struct sk_buff *skb, int attr, const struct vnet_port *port,
		    int family, const struct vnet_row *row)
{
	const struct vnet_nhset *set = vnet_dest_nhset(row->dest);
	const struct vnet_action *action = &row->dest->action;
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_u8(skb, VNET_A_ROUTE_CLASS, row->class) ||
	    nla_put_u8(skb, VNET_A_ROUTE_STATE, row->state) ||
	    nla_put_u8(skb, VNET_A_ROUTE_REASON, row->reason) ||
	    nla_put(skb, VNET_A_ROUTE_ADDR, vnet_addr_len(family),
		    row->prefix.addr) ||
	    nla_put_u8(skb, VNET_A_ROUTE_LEN, row->prefix.len) ||
	    nla_put_u8(skb, VNET_A_ROUTE_TYPE, row->type) ||
	    nla_put_u32(skb, VNET_A_ROUTE_TABLE, row->table) ||
	    nla_put_u8(skb, VNET_A_ROUTE_PROTOCOL, action->protocol) ||
	    nla_put_u32(skb, VNET_A_ROUTE_NHID, action->nh ? action->nh->id : 0) ||
	    (action->peer && nla_put_u32(skb, VNET_A_ROUTE_PEER_IFINDEX,
					 action->peer->dev->ifindex)) ||
	    (set && fill_hops(skb, port, row, set)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* ---- Dump ---- */

/* Where a dump stands, in struct netlink_callback.ctx */
struct effective_dump {
	struct vnet_prefix prefix;	/* of the last row */
	u8 class;
	bool started;
	u8 family;
	bool done;
};

struct effective_row {
	const struct vnet_port *port;
	int family;
	struct vnet_row row;
};

static int fill_effective(struct sk_buff *skb, const void *object)
{
	const struct effective_row *effective = object;

	return nla_put_u32(skb, VNET_A_IFINDEX, effective->port->dev->ifindex) ?:
	       fill_row(skb, VNET_A_ROUTE, effective->port, effective->family,
			&effective->row);
}

static int effective_dump_family(struct sk_buff *skb,
				 struct netlink_callback *cb,
				 struct effective_dump *dump,
				 const struct vnet_port *port)
{
	struct effective_row effective = {
		.port = port,
		.family = dump->family,
		.row = { .prefix = dump->prefix, .class = dump->class },
	};
	int err;

	while (vnet_effective_next(port, dump->family, &effective.row,
				   dump->started)) {
		err = vnet_genl_fill(skb, cb, VNET_CMD_EFFECTIVE_GET,
				     fill_effective, &effective);
		if (err)
			return err;
		dump->prefix = effective.row.prefix;
		dump->class = effective.row.class;
		dump->started = true;
	}
	return 0;
}

static int effective_dump_rows(struct sk_buff *skb, struct netlink_callback *cb,
			       struct effective_dump *dump,
			       const struct vnet_port *port, bool both)
{
	int err;

	while (!dump->done) {
		err = effective_dump_family(skb, cb, dump, port);
		if (err)
			return err;
		dump->done = !both || dump->family == AF_INET6;
		memset(&dump->prefix, 0, sizeof(dump->prefix));
		dump->started = false;
		dump->family = AF_INET6;
	}
	return 0;
}

static int effective_dump_begin(struct effective_dump *dump,
				struct nlattr *family,
				struct netlink_ext_ack *extack)
{
	if (dump->family)
		return 0;
	dump->family = family ? nla_get_u8(family) : AF_INET;
	if (dump->family == AF_INET || dump->family == AF_INET6)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, family,
			    "vnet: The family is neither IPv4 nor IPv6");
	return -EAFNOSUPPORT;
}

int vnet_genl_effective_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct effective_dump *dump = (struct effective_dump *)cb->ctx;
	struct nlattr **attrs = vnet_compat_dump_attrs(cb);
	struct vnet_port *port;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	err = effective_dump_begin(dump, attrs[VNET_A_FAMILY], cb->extack);
	if (err)
		return err;
	rtnl_lock();
	cb->seq = vnet_net(sock_net(skb->sk))->generation;
	port = vnet_genl_port(sock_net(skb->sk), attrs, cb->extack);
	if (IS_ERR(port)) {
		err = PTR_ERR(port);
	} else if (!vnet_effective_ready(port)) {
		NL_SET_ERR_MSG_MOD(cb->extack,
				   "Routing tables are still being read");
		err = -EAGAIN;
	} else {
		rcu_read_lock();
		err = effective_dump_rows(skb, cb, dump, port,
					  !attrs[VNET_A_FAMILY]);
		rcu_read_unlock();
	}
	rtnl_unlock();
	return vnet_genl_dump_result(skb, err);
}

/* ---- Lookup ---- */

struct lookup {
	const struct vnet_port *port;
	struct vnet_flow flow;
	bool has_src;
	struct vnet_effective route;
	struct vnet_target target;
	enum vnet_drop drop;
};

static int lookup_parse_src(struct lookup *lookup, const struct nlattr *src,
			    struct netlink_ext_ack *extack)
{
	struct vnet_flow *flow = &lookup->flow;

	if (nla_len(src) != vnet_addr_len(flow->family)) {
		NL_SET_ERR_MSG_ATTR(extack, src,
				    "vnet: Addresses are of one family, 4 or 16 bytes");
		return -EINVAL;
	}
	vnet_addr_set(&flow->src, flow->family, nla_data(src));
	lookup->has_src = true;
	return 0;
}

static int lookup_parse(struct lookup *lookup, struct genl_info *info)
{
	struct nlattr *dst = info->attrs[VNET_A_LOOKUP_DST];
	struct nlattr *src = info->attrs[VNET_A_LOOKUP_SRC];
	struct vnet_flow *flow = &lookup->flow;
	int ret;

	if (!dst) {
		NL_SET_ERR_MSG_MOD(info->extack, "VNET_A_LOOKUP_DST is missing");
		return -EINVAL;
	}
	ret = vnet_genl_addr(&flow->dst, dst, info->extack);
	if (ret < 0)
		return ret;
	flow->family = ret;
	ret = src ? lookup_parse_src(lookup, src, info->extack) : 0;
	if (ret)
		return ret;
	if (info->attrs[VNET_A_LOOKUP_PROTO])
		flow->protocol = nla_get_u8(info->attrs[VNET_A_LOOKUP_PROTO]);
	if (info->attrs[VNET_A_LOOKUP_SPORT])
		flow->sport = htons(nla_get_u16(info->attrs[VNET_A_LOOKUP_SPORT]));
	if (info->attrs[VNET_A_LOOKUP_DPORT])
		flow->dport = htons(nla_get_u16(info->attrs[VNET_A_LOOKUP_DPORT]));
	return 0;
}

static bool flow_multicast(const struct vnet_flow *flow)
{
	if (flow->family == AF_INET)
		return ipv4_is_multicast(flow->dst.ip4) ||
		       ipv4_is_lbcast(flow->dst.ip4);
	return ipv6_addr_is_multicast(&flow->dst.ip6);
}

/* What would be checked before the lookup */
static enum vnet_drop lookup_check_sender(const struct lookup *lookup)
{
	const struct vnet_port *port = lookup->port;
	const struct vnet_port_config *config = rcu_dereference(port->config);

	if (!config->num_addrs)
		return VNET_DROP_UNCONFIGURED;
	if (flow_multicast(&lookup->flow))
		return VNET_DROP_MULTICAST;
	if (lookup->has_src && !(config->flags & VNET_NIC_F_FORWARDING) &&
	    !vnet_port_owns(port, lookup->flow.family, &lookup->flow.src))
		return VNET_DROP_SPOOFED_ADDR;
	return VNET_DROP_NONE;
}

static void lookup_run(struct lookup *lookup)
{
	const struct vnet_port *port = lookup->port;
	struct vnet_flow *flow = &lookup->flow;
	const struct vnet_endpoint *own;
	enum vnet_drop drop;

	own = vnet_port_primary(port, flow->family);
	if (!lookup->has_src && own)
		flow->src = own->key.addr;
	drop = vnet_effective_lookup(port->vnet, port, flow->family, &flow->dst,
				     &lookup->route);
	if (!drop)
		drop = vnet_effective_resolve(port->vnet, port, flow->family,
					      lookup->has_src ? &flow->src : NULL,
					      &flow->dst, &lookup->route,
					      vnet_flow_hash(flow,
							     READ_ONCE(port->vnet->ecmp_symmetric)),
					      &lookup->target);
	if (!drop && lookup->target.remote && !vnet_endpoint_usable(lookup->target.ep))
		drop = VNET_DROP_NO_TUNNEL;
	lookup->drop = lookup_check_sender(lookup) ?: drop;
}

static bool row_wins(const struct lookup *lookup, const struct vnet_row *row)
{
	return lookup->route.dest && row->class == lookup->route.class &&
	       row->prefix.len == lookup->route.plen;
}

static int fill_candidates(struct sk_buff *skb, const struct lookup *lookup,
			   bool winner)
{
	int attr = winner ? VNET_A_ROUTE : VNET_A_LOOKUP_CANDIDATE;
	const struct vnet_flow *flow = &lookup->flow;
	struct vnet_row row = {};
	bool started = false;
	int err = 0;

	while (!err && vnet_effective_shorter(lookup->port, flow->family,
					      &flow->dst, &row, started)) {
		started = true;
		if (row_wins(lookup, &row) == winner)
			err = fill_row(skb, attr, lookup->port, flow->family, &row);
	}
	return err;
}

/* A host's address is no row of the tables; it is told like one. */
static int fill_host(struct sk_buff *skb, const struct lookup *lookup)
{
	const struct vnet_flow *flow = &lookup->flow;
	struct vnet_row row = {
		.dest = lookup->route.dest,
		.type = lookup->route.type,
		.class = lookup->route.class,
		.state = VNET_ROUTE_ACTIVE,
		.table = lookup->port->vnet->table_id,
	};

	row.prefix.len = lookup->route.plen;
	memcpy(row.prefix.addr, &flow->dst, vnet_addr_len(flow->family));
	return fill_row(skb, VNET_A_ROUTE, lookup->port, flow->family, &row);
}

static int fill_lookup_all(struct sk_buff *skb, const struct lookup *lookup)
{
	const struct vnet_endpoint *ep = lookup->target.ep;
	int err;

	err = nla_put_u32(skb, VNET_A_IFINDEX, lookup->port->dev->ifindex);
	if (err)
		return err;
	if (lookup->route.dest && lookup->route.type == VNET_HOP_HOST)
		err = fill_host(skb, lookup);
	else
		err = fill_candidates(skb, lookup, true);
	if (!err && ep)
		err = fill_hop(skb, VNET_A_LOOKUP_HOP, lookup->port->vnet, ep, 1, 0);
	if (!err)
		err = nla_put_u8(skb, VNET_A_LOOKUP_DROP, lookup->drop);
	return err ?: fill_candidates(skb, lookup, false);
}

static int fill_lookup(struct sk_buff *skb, const void *object)
{
	struct lookup lookup = *(const struct lookup *)object;
	int err;

	rcu_read_lock();
	lookup_run(&lookup);
	err = fill_lookup_all(skb, &lookup);
	rcu_read_unlock();
	return err;
}

int vnet_genl_lookup(struct sk_buff *skb, struct genl_info *info)
{
	struct lookup lookup = {};
	struct vnet_port *port;
	int err;

	err = lookup_parse(&lookup, info);
	if (err)
		return err;
	rtnl_lock();
	port = vnet_genl_port(genl_info_net(info), info->attrs, info->extack);
	lookup.port = port;
	err = IS_ERR(port) ? PTR_ERR(port) :
	      vnet_genl_reply(info, fill_lookup, &lookup);
	rtnl_unlock();
	return err;
}
