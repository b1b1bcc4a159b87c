// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/rtm.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/vnet.h>
#include <stdio.h>
#include <string.h>

#include "fib/netlink.h"

static void put_addr(struct nlmsghdr *nlh, uint16_t type,
		     const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_bytes(addr), addr->bytes);
}

/* An address whose family the message's header gives. */
static void get_addr(const struct nlattr *attr, int family, struct addr *addr)
{
	if (mnl_attr_get_payload_len(attr) == (family == AF_INET ? 4 : 16))
		*addr = addr_make(family, mnl_attr_get_payload(attr));
}

static uint32_t get_u32(const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(attr);
}

/*
 * Next-hop objects
 */

static void put_group(struct nlmsghdr *nlh, const struct rtm_nexthop *nexthop)
{
	struct nexthop_grp members[FIB_MAX_HOPS];
	unsigned int i;

	memset(members, 0, sizeof(members));
	for (i = 0; i < nexthop->n_members; i++)
		members[i].id = nexthop->members[i];
	/* weights are one more than written; 1 says that one stands by */
	for (i = 0; nexthop->n_standby &&
	     i < nexthop->n_members - nexthop->n_standby; i++)
		members[i].weight = 1;
	mnl_attr_put(nlh, NHA_GROUP,
		     nexthop->n_members * sizeof(members[0]), members);
}

/*
 * A gateway is taken as being on the link: which addresses a VNet hands
 * packets to is not the host's to judge, and it must not depend on the order
 * in which address spaces and next hops come and go.
 */
struct nlmsghdr *rtm_put_nexthop(void *buf, uint16_t flags,
				 const struct rtm_nexthop *nexthop)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWNEXTHOP, flags);
	struct nhmsg *nhm = mnl_nlmsg_put_extra_header(nlh, sizeof(*nhm));

	nhm->nh_protocol = nexthop->protocol;
	mnl_attr_put_u32(nlh, NHA_ID, nexthop->id);
	if (nexthop->n_members) {
		nhm->nh_family = AF_UNSPEC;
		put_group(nlh, nexthop);
		return nlh;
	}
	nhm->nh_family = nexthop->gateway.family;
	nhm->nh_flags = RTNH_F_ONLINK;
	mnl_attr_put_u32(nlh, NHA_OIF, nexthop->ifindex);
	put_addr(nlh, NHA_GATEWAY, &nexthop->gateway);
	return nlh;
}

struct nlmsghdr *rtm_del_nexthop(void *buf, uint32_t id)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_DELNEXTHOP, 0);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nhmsg));
	mnl_attr_put_u32(nlh, NHA_ID, id);
	return nlh;
}

struct nlmsghdr *rtm_dump_nexthops(void *buf)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_GETNEXTHOP, 0);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nhmsg));
	return nlh;
}

/* Of all members, those with weights above 1, or the others */
static void get_members(const struct nexthop_grp *members, size_t n, bool more,
			struct rtm_nexthop *nexthop)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((members[i].weight > 0) == more)
			nexthop->members[nexthop->n_members++] = members[i].id;
}

static bool get_group(const struct nlattr *attr, struct rtm_nexthop *nexthop)
{
	const struct nexthop_grp *members = mnl_attr_get_payload(attr);
	size_t n = mnl_attr_get_payload_len(attr) / sizeof(*members);

	if (n > FIB_MAX_HOPS)
		return false;
	nexthop->n_members = 0;
	get_members(members, n, true, nexthop);
	if (nexthop->protocol == VNET_PROTO_STANDBY && nexthop->n_members > 0)
		nexthop->n_standby = n - nexthop->n_members;
	get_members(members, n, false, nexthop);
	return true;
}

bool rtm_get_nexthop(const struct nlmsghdr *nlh, struct rtm_nexthop *nexthop)
{
	const struct nhmsg *nhm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	bool ok = true;

	memset(nexthop, 0, sizeof(*nexthop));
	if ((nlh->nlmsg_type != RTM_NEWNEXTHOP &&
	     nlh->nlmsg_type != RTM_DELNEXTHOP) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*nhm))
		return false;
	nexthop->protocol = nhm->nh_protocol;
	mnl_attr_for_each(attr, nlh, sizeof(*nhm)) {
		switch (mnl_attr_get_type(attr)) {
		case NHA_ID:
			nexthop->id = get_u32(attr);
			break;
		case NHA_OIF:
			nexthop->ifindex = get_u32(attr);
			break;
		case NHA_GATEWAY:
			get_addr(attr, nhm->nh_family, &nexthop->gateway);
			break;
		case NHA_GROUP:
			ok = get_group(attr, nexthop);
			break;
		}
	}
	return ok && nexthop->id;
}

/*
 * Routes
 */

static struct rtmsg *route_header(struct nlmsghdr *nlh, int family,
				  uint32_t table)
{
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = family;
	rtm->rtm_table = table < 256 ? table : RT_TABLE_UNSPEC;
	if (table)
		mnl_attr_put_u32(nlh, RTA_TABLE, table);
	return rtm;
}

static struct rtmsg *put_route_key(struct nlmsghdr *nlh,
				   const struct rtm_route *route)
{
	struct rtmsg *rtm = route_header(nlh, route->prefix.addr.family,
					 route->table);

	rtm->rtm_dst_len = route->prefix.len;
	rtm->rtm_protocol = route->protocol;
	rtm->rtm_type = route->type == RTM_ROUTE_BLACKHOLE ? RTN_BLACKHOLE :
							     RTN_UNICAST;
	put_addr(nlh, RTA_DST, &route->prefix.addr);
	if (route->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, route->metric);
	return rtm;
}

struct nlmsghdr *rtm_put_route(void *buf, uint16_t flags,
			       const struct rtm_route *route)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWROUTE, flags);
	struct rtmsg *rtm = put_route_key(nlh, route);

	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	if (route->nhid) {
		mnl_attr_put_u32(nlh, RTA_NH_ID, route->nhid);
		return nlh;
	}
	if (route->gateway.family) {
		rtm->rtm_flags = RTNH_F_ONLINK;
		put_addr(nlh, RTA_GATEWAY, &route->gateway);
	} else if (route->ifindex) {
		rtm->rtm_scope = RT_SCOPE_LINK;
	}
	if (route->ifindex)
		mnl_attr_put_u32(nlh, RTA_OIF, route->ifindex);
	return nlh;
}

struct nlmsghdr *rtm_put_route_like(void *buf, const struct nlmsghdr *like,
				    const struct prefix *prefix, uint32_t nhid)
{
	/* as put_route_key() and rtm_put_route() have laid it out */
	const size_t dst = MNL_NLMSG_HDRLEN + sizeof(struct rtmsg) +
			   MNL_ATTR_HDRLEN + sizeof(uint32_t) +
			   MNL_ATTR_HDRLEN;
	uint32_t len = like->nlmsg_len;
	struct rtmsg *rtm;

	memcpy(buf, like, len);
	rtm = mnl_nlmsg_get_payload(buf);
	rtm->rtm_dst_len = prefix->len;
	memcpy((char *)buf + dst, prefix->addr.bytes,
	       addr_bytes(&prefix->addr));
	memcpy((char *)buf + len - sizeof(nhid), &nhid, sizeof(nhid));
	return buf;
}

struct nlmsghdr *rtm_del_route(void *buf, const struct rtm_route *route)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_DELROUTE, 0);

	put_route_key(nlh, route)->rtm_scope = RT_SCOPE_NOWHERE;
	return nlh;
}

struct nlmsghdr *rtm_dump_routes(void *buf, int family, uint32_t table)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_GETROUTE, 0);

	route_header(nlh, family, table);
	return nlh;
}

static enum rtm_route_type route_type(unsigned int rtm_type)
{
	switch (rtm_type) {
	case RTN_UNICAST:
		return RTM_ROUTE_UNICAST;
	case RTN_BLACKHOLE:
		return RTM_ROUTE_BLACKHOLE;
	default:
		return RTM_ROUTE_OTHER;
	}
}

bool rtm_get_route(const struct nlmsghdr *nlh, struct rtm_route *route)
{
	static const uint8_t zero[16];
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	memset(route, 0, sizeof(*route));
	if ((nlh->nlmsg_type != RTM_NEWROUTE &&
	     nlh->nlmsg_type != RTM_DELROUTE) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) ||
	    (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6))
		return false;
	route->prefix.addr = addr_make(rtm->rtm_family, zero);
	route->prefix.len = rtm->rtm_dst_len;
	route->table = rtm->rtm_table;
	route->protocol = rtm->rtm_protocol;
	route->type = route_type(rtm->rtm_type);
	route->offload_failed = rtm->rtm_flags & RTM_F_OFFLOAD_FAILED;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			get_addr(attr, rtm->rtm_family, &route->prefix.addr);
			break;
		case RTA_TABLE:
			route->table = get_u32(attr);
			break;
		case RTA_PRIORITY:
			route->metric = get_u32(attr);
			break;
		case RTA_NH_ID:
			route->nhid = get_u32(attr);
			break;
		case RTA_GATEWAY:
			get_addr(attr, rtm->rtm_family, &route->gateway);
			break;
		case RTA_OIF:
			route->ifindex = get_u32(attr);
			break;
		case RTA_MULTIPATH:
			route->multipath = true;
			break;
		}
	}
	return true;
}

/*
 * Links
 */

static struct ifinfomsg *put_ifinfo(struct nlmsghdr *nlh, int ifindex)
{
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

	ifm->ifi_index = ifindex;
	return ifm;
}

static struct nlattr *begin_info(struct nlmsghdr *nlh)
{
	struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);

	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "vnet");
	return info;
}

static void put_options(struct nlmsghdr *nlh, const struct rtm_link *link)
{
	mnl_attr_put_u32(nlh, IFLA_VNET_MAX_ROUTES, link->max_routes);
	mnl_attr_put_u32(nlh, IFLA_VNET_ECMP_SYMMETRIC, link->ecmp_symmetric);
}

struct nlmsghdr *rtm_new_vnet(void *buf, const struct rtm_link *link)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWLINK,
					   NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;

	put_ifinfo(nlh, 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, link->name);
	info = begin_info(nlh);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(nlh, IFLA_VNET_VNI, link->vni);
	mnl_attr_put_u32(nlh, IFLA_VNET_TABLE, link->table);
	mnl_attr_put_u32(nlh, IFLA_VNET_BGP_TABLE, link->bgp_table);
	put_options(nlh, link);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

struct nlmsghdr *rtm_set_vnet(void *buf, const struct rtm_link *link)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWLINK, 0);
	struct nlattr *info, *data;

	put_ifinfo(nlh, link->ifindex);
	info = begin_info(nlh);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	put_options(nlh, link);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

struct nlmsghdr *rtm_del_link(void *buf, int ifindex)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_DELLINK, 0);

	put_ifinfo(nlh, ifindex);
	return nlh;
}

static void want_up(struct ifinfomsg *ifm)
{
	ifm->ifi_flags = IFF_UP;
	ifm->ifi_change = IFF_UP;
}

struct nlmsghdr *rtm_set_up(void *buf, int ifindex)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWLINK, 0);

	want_up(put_ifinfo(nlh, ifindex));
	return nlh;
}

struct nlmsghdr *rtm_set_master(void *buf, int ifindex, int master, bool up)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWLINK, 0);
	struct ifinfomsg *ifm = put_ifinfo(nlh, ifindex);

	if (up)
		want_up(ifm);
	mnl_attr_put_u32(nlh, IFLA_MASTER, master);
	return nlh;
}

/*
 * The same as writing 2 to net.ipv4.conf.<device>.rp_filter, without a file.
 * The filter in force is the larger of this and "all", so 0 would not turn a
 * strict host-wide setting off, and strict drops what comes from a peered
 * VNet, whose route leads elsewhere.
 */
struct nlmsghdr *rtm_set_loose_rp_filter(void *buf, int ifindex)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_SETLINK, 0);
	struct nlattr *spec, *inet, *conf;

	put_ifinfo(nlh, ifindex);
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(nlh, AF_INET);
	conf = mnl_attr_nest_start(nlh, IFLA_INET_CONF);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_RP_FILTER, 2);
	mnl_attr_nest_end(nlh, conf);
	mnl_attr_nest_end(nlh, inet);
	mnl_attr_nest_end(nlh, spec);
	return nlh;
}

struct nlmsghdr *rtm_dump_links(void *buf)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_GETLINK, 0);

	put_ifinfo(nlh, 0);
	return nlh;
}

struct nlmsghdr *rtm_ask_link(void *buf, const char *name)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_GETLINK, 0);

	put_ifinfo(nlh, 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return nlh;
}

static void get_vnet_data(const struct nlattr *data, struct rtm_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_VNET_VNI:
			link->vni = get_u32(attr);
			break;
		case IFLA_VNET_TABLE:
			link->table = get_u32(attr);
			break;
		case IFLA_VNET_BGP_TABLE:
			link->bgp_table = get_u32(attr);
			break;
		case IFLA_VNET_MAX_ROUTES:
			link->max_routes = get_u32(attr);
			break;
		case IFLA_VNET_ECMP_SYMMETRIC:
			link->ecmp_symmetric = get_u32(attr);
			break;
		}
	}
}

/* The kind comes before the data, which only it gives a meaning. */
static void get_link_info(const struct nlattr *info, struct rtm_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_INFO_KIND:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
				link->is_vnet = strcmp(mnl_attr_get_str(attr),
						       "vnet") == 0;
			break;
		case IFLA_INFO_DATA:
			if (link->is_vnet)
				get_vnet_data(attr, link);
			break;
		}
	}
}

bool rtm_get_link(const struct nlmsghdr *nlh, struct rtm_link *link)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	memset(link, 0, sizeof(*link));
	/* a bridge tells of its ports with a family of its own */
	if ((nlh->nlmsg_type != RTM_NEWLINK &&
	     nlh->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifm) ||
	    ifm->ifi_family != AF_UNSPEC)
		return false;
	link->ifindex = ifm->ifi_index;
	link->up = ifm->ifi_flags & IFF_UP;
	link->carrier = ifm->ifi_flags & IFF_LOWER_UP;
	link->gone = nlh->nlmsg_type == RTM_DELLINK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifm)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			snprintf(link->name, sizeof(link->name), "%.*s",
				 (int)mnl_attr_get_payload_len(attr),
				 mnl_attr_get_str(attr));
			break;
		case IFLA_MASTER:
			link->master = get_u32(attr);
			break;
		case IFLA_LINKINFO:
			get_link_info(attr, link);
			break;
		}
	}
	return true;
}

/*
 * Addresses
 */

static void put_address_key(struct nlmsghdr *nlh,
			    const struct rtm_address *address)
{
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = address->addr.family;
	ifa->ifa_prefixlen = address->len;
	ifa->ifa_index = address->ifindex;
	put_addr(nlh, IFA_LOCAL, &address->addr);
	put_addr(nlh, IFA_ADDRESS, &address->addr);
}

/* There is nobody to ask whether an IPv6 address is taken: no DAD. */
struct nlmsghdr *rtm_put_address(void *buf, const struct rtm_address *address)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_NEWADDR,
					   NLM_F_CREATE | NLM_F_REPLACE);

	put_address_key(nlh, address);
	if (address->addr.family == AF_INET6)
		mnl_attr_put_u32(nlh, IFA_FLAGS, IFA_F_NODAD);
	mnl_attr_put_u8(nlh, IFA_PROTO, address->protocol);
	return nlh;
}

struct nlmsghdr *rtm_del_address(void *buf, const struct rtm_address *address)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_DELADDR, 0);

	put_address_key(nlh, address);
	return nlh;
}

struct nlmsghdr *rtm_dump_addresses(void *buf, int ifindex)
{
	struct nlmsghdr *nlh = netlink_msg(buf, RTM_GETADDR, 0);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_index = ifindex;
	return nlh;
}

bool rtm_get_address(const struct nlmsghdr *nlh, struct rtm_address *address)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	memset(address, 0, sizeof(*address));
	if ((nlh->nlmsg_type != RTM_NEWADDR &&
	     nlh->nlmsg_type != RTM_DELADDR) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return false;
	address->ifindex = ifa->ifa_index;
	address->len = ifa->ifa_prefixlen;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_LOCAL:
			get_addr(attr, ifa->ifa_family, &address->addr);
			break;
		case IFA_ADDRESS:
			if (!address->addr.family)
				get_addr(attr, ifa->ifa_family,
					 &address->addr);
			break;
		case IFA_PROTO:
			if (mnl_attr_get_payload_len(attr) >= 1)
				address->protocol = mnl_attr_get_u8(attr);
			break;
		}
	}
	return address->addr.family != 0;
}
