// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation of kernel routes
 *
 * The kernel says where a route leads (a gateway, a device, nowhere), the table
 * it stands in says whose word that is. Both together make the next-hop type:
 *
 *			system		BGP		user-defined
 *   via a VNet		Appliance	Gateway		Appliance
 *   dev this VNet	VNetLocal	refused		VNetLocal
 *   dev other VNet	Peering		refused		refused
 *   other device	Internet	refused		Internet
 *   blackhole		None		None		None
 *   local		Host		refused		refused
 *
 * By its protocol, VNET_PROTO_GATEWAY, a route says that it leads to a gateway:
 * in a user-defined table it is of type Gateway then. A route into another VNet
 * is a row of a peering, and takes effect when both sides are peered.
 */
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/nexthop.h>

#include "compat.h"
#include "fib.h"
#include "link.h"
#include "main.h"
#include "nexthop.h"
#include "route.h"

#define refuse(extack, msg) ({			\
	NL_SET_ERR_MSG_MOD(extack, msg);	\
	-EOPNOTSUPP;				\
})

static int type_of_hops(const struct vnet_table *table,
			const struct vnet_action *action)
{
	return table->class == VNET_CLASS_BGP ||
	       action->protocol == VNET_PROTO_GATEWAY ? VNET_HOP_GATEWAY :
							VNET_HOP_APPLIANCE;
}

static int type_of_vnet(const struct vnet_table *table, const struct vnet *vnet,
			struct netlink_ext_ack *extack)
{
	if (table->class == VNET_CLASS_BGP)
		return refuse(extack, "A BGP route needs a gateway");
	if (vnet == table->vnet)
		return VNET_HOP_VNET_LOCAL;
	if (table->class == VNET_CLASS_USER)
		return refuse(extack,
			      "A route into another VNet belongs in the system table");
	return VNET_HOP_PEERING;
}

/* Returns enum vnet_hop_type, or an error */
static int type_of_set(const struct vnet_table *table,
		       const struct vnet_action *action,
		       const struct vnet_nhset *set,
		       struct netlink_ext_ack *extack)
{
	switch (set->kind) {
	case VNET_NHSET_HOPS:
		return type_of_hops(table, action);
	case VNET_NHSET_VNET:
		return type_of_vnet(table, set->vnet, extack);
	case VNET_NHSET_OUT:
		if (table->class == VNET_CLASS_BGP)
			return refuse(extack, "A BGP route stays inside VNets");
		return VNET_HOP_INTERNET;
	default:
		return VNET_HOP_NONE;
	}
}

/* Takes over @set and @nh, whatever the result */
static int route_finish(struct vnet_route *route,
			const struct vnet_mirror *mirror,
			struct vnet_nhset *set, struct vnet_nexthop *nh,
			struct netlink_ext_ack *extack)
{
	const struct vnet_nhset *hops = nh ? rcu_dereference(nh->set) : set;
	int type;

	route->action.nh = nh;
	route->action.set = set;

	if (hops)
		type = type_of_set(mirror->table, &route->action, hops,
				   extack);
	else
		type = refuse(extack, "The next-hop object is being deleted");
	if (type >= 0 && hops->family && hops->family != mirror->family)
		type = refuse(extack, "Route and next hop are of different families");
	if (type < 0) {
		vnet_route_release(route);
		return type;
	}

	route->action.type = type;
	if (type == VNET_HOP_PEERING)
		route->action.peer = hops->vnet;
	if (set && set->kind != VNET_NHSET_HOPS && set->paths == 1) {
		vnet_nhset_free(set);
		route->action.set = NULL;
	}
	return VNET_ROUTE_USED;
}

static int route_by_nexthop(struct vnet_route *route,
			    const struct vnet_mirror *mirror, u32 id,
			    struct netlink_ext_ack *extack)
{
	struct net *net = dev_net(mirror->table->vnet->dev);
	struct vnet_nexthop *nh;

	nh = vnet_nexthop_get(vnet_net(net), id);
	if (!nh)
		return refuse(extack,
			      "The next-hop object is of a kind no VNet can use");
	return route_finish(route, mirror, NULL, nh, extack);
}

/* Types that need no next hop */
static int route_by_type(struct vnet_route *route,
			 const struct vnet_mirror *mirror, u8 type,
			 struct netlink_ext_ack *extack)
{
	const struct vnet_table *table = mirror->table;

	switch (type) {
	case RTN_LOCAL:
		if (table->class != VNET_CLASS_SYSTEM)
			return refuse(extack,
				      "A local route belongs in the system table");
		route->action.type = VNET_HOP_HOST;
		return VNET_ROUTE_USED;
	case RTN_BLACKHOLE:
		route->action.type = VNET_HOP_NONE;
		if (table->class == VNET_CLASS_SYSTEM &&
		    mirror->family == AF_INET &&
		    route->action.protocol == RTPROT_KERNEL)
			route->action.flags |= VNET_DEST_F_RESERVED;
		return VNET_ROUTE_USED;
	default:
		return refuse(extack,
			      "Routes of a VNet are unicast, blackhole or local");
	}
}

void vnet_route_prefix4(struct vnet_prefix *prefix,
			const struct fib_entry_notifier_info *info)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->ip4 = htonl(info->dst);
	prefix->len = info->dst_len;
}

static int nhset_add_nhc(struct vnet_nhset *set,
			 const struct fib_nh_common *nhc,
			 struct netlink_ext_ack *extack)
{
	const struct vnet_gateway gw = {
		.dev = nhc->nhc_dev,
		.family = nhc->nhc_gw_family,
		.addr = &nhc->nhc_gw,
		.weight = nhc->nhc_weight,
		.encap = nhc->nhc_lwtstate,
	};

	if (!nhc->nhc_dev)
		return refuse(extack, "The route has no device");
	return vnet_nhset_add(set, &gw, extack);
}

static int route_by_gateways4(struct vnet_route *route,
			      const struct vnet_mirror *mirror,
			      struct fib_info *fi,
			      struct netlink_ext_ack *extack)
{
	unsigned int i, num = fib_info_num_path(fi);
	struct vnet_nhset *set;
	int err;

	set = vnet_nhset_alloc(num, GFP_ATOMIC, extack);
	if (IS_ERR(set))
		return PTR_ERR(set);
	for (i = 0; i < num; i++) {
		err = nhset_add_nhc(set, fib_info_nhc(fi, i), extack);
		if (err) {
			vnet_nhset_free(set);
			return err;
		}
	}
	return route_finish(route, mirror, set, NULL, extack);
}

int vnet_route_from_fib4(struct vnet_route *route,
			 const struct vnet_mirror *mirror,
			 const struct fib_entry_notifier_info *info)
{
	struct netlink_ext_ack *extack = info->info.extack;
	struct fib_info *fi = info->fi;

	memset(route, 0, sizeof(*route));
	vnet_route_prefix4(&route->prefix, info);
	route->action.protocol = fi->fib_protocol;
	route->action.priority = fi->fib_priority;

	if (info->type == RTN_BROADCAST || info->type == RTN_MULTICAST ||
	    info->type == RTN_ANYCAST)
		return VNET_ROUTE_IGNORED;
	if (info->dscp)
		return refuse(extack, "A route of a VNet has no TOS");
	if (info->type != RTN_UNICAST)
		return route_by_type(route, mirror, info->type, extack);
	if (fi->nh)
		return route_by_nexthop(route, mirror, fi->nh->id, extack);
	return route_by_gateways4(route, mirror, fi, extack);
}

void vnet_route_prefix6(struct vnet_prefix *prefix, const struct fib6_info *rt)
{
	prefix->ip6 = rt->fib6_dst.addr;
	prefix->len = rt->fib6_dst.plen;
}

static int route_by_gateways6(struct vnet_route *route,
			      const struct vnet_mirror *mirror,
			      struct fib6_info *rt,
			      struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;
	struct fib6_info *iter;
	int err;

	set = vnet_nhset_alloc(1 + READ_ONCE(rt->fib6_nsiblings), GFP_ATOMIC,
			       extack);
	if (IS_ERR(set))
		return PTR_ERR(set);
	err = nhset_add_nhc(set, &rt->fib6_nh->nh_common, extack);
	if (err)
		goto err_add;
	if (!READ_ONCE(rt->fib6_nsiblings))
		goto out;
	list_for_each_entry_rcu(iter, &rt->fib6_siblings, fib6_siblings) {
		err = nhset_add_nhc(set, &iter->fib6_nh->nh_common, extack);
		if (err)
			goto err_add;
	}
out:
	return route_finish(route, mirror, set, NULL, extack);

err_add:
	vnet_nhset_free(set);
	return err;
}

/* What the kernel makes of addresses and multicast by itself: link-local and
 * multicast prefixes, and the host route beside a local address.
 */
static bool route_ignored6(const struct fib6_info *rt)
{
	const struct in6_addr *addr = &rt->fib6_dst.addr;

	if (rt->fib6_type == RTN_MULTICAST)
		return true;
	if (rt->fib6_dst.plen &&
	    ipv6_addr_type(addr) & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_MULTICAST))
		return true;
	return rt->fib6_type == RTN_UNICAST && rt->fib6_dst.plen == 128 &&
	       rt->fib6_protocol == RTPROT_KERNEL;
}

int vnet_route_from_fib6(struct vnet_route *route,
			 const struct vnet_mirror *mirror,
			 struct fib6_info *rt, struct netlink_ext_ack *extack)
{
	memset(route, 0, sizeof(*route));
	vnet_route_prefix6(&route->prefix, rt);
	route->action.protocol = rt->fib6_protocol;
	route->action.priority = rt->fib6_metric;

	if (rt->fib6_src.plen)
		return refuse(extack, "A route of a VNet has no source prefix");
	if (route_ignored6(rt))
		return VNET_ROUTE_IGNORED;
	if (rt->fib6_type == RTN_ANYCAST)
		return route_by_type(route, mirror, RTN_LOCAL, extack);
	if (rt->fib6_type != RTN_UNICAST)
		return route_by_type(route, mirror, rt->fib6_type, extack);
	if (rt->nh)
		return route_by_nexthop(route, mirror, rt->nh->id, extack);
	return route_by_gateways6(route, mirror, rt, extack);
}

void vnet_route_release(struct vnet_route *route)
{
	vnet_nhset_free(route->action.set);
	route->action.set = NULL;
	if (route->action.nh)
		vnet_nexthop_put(route->action.nh);
	route->action.nh = NULL;
}
