// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rtnetlink messages: what rtm.c writes is read by libnl-3, which knows
 * nothing of it, and by rtm.c itself; bytes of no sense do no harm.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/vnet.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>

#include "fib/netlink.h"
#include "fib/rtm.h"
#include "ktap.h"

static char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

static struct prefix prefix(const char *text)
{
	struct prefix out;

	ktap_must(prefix_parse(text, &out) == NULL);
	return out;
}

static struct addr address(const char *text)
{
	struct addr out;

	ktap_must(addr_parse(text, &out) == NULL);
	return out;
}

static bool nl_addr_is(struct nl_addr *addr, const char *text)
{
	char is[64];

	return addr && strcmp(nl_addr2str(addr, is, sizeof(is)), text) == 0;
}

/*
 * Routes
 */

static void test_gateway_route(const char *dst, const char *via)
{
	struct rtm_route route = {
		.prefix = prefix(dst),
		.table = 2001,
		.metric = 7,
		.protocol = FIB_PROTO_CONFIG,
		.gateway = address(via),
		.ifindex = 5,
	};
	struct nlmsghdr *nlh = rtm_put_route(buf, NLM_F_CREATE, &route);
	struct rtnl_route *theirs = NULL;
	struct rtnl_nexthop *nh;
	struct rtm_route ours;

	ktap_must(rtnl_route_parse(nlh, &theirs) == 0);
	nh = rtnl_route_nexthop_n(theirs, 0);
	ktap_ok(nl_addr_is(rtnl_route_get_dst(theirs), dst) &&
		rtnl_route_get_table(theirs) == 2001 &&
		rtnl_route_get_priority(theirs) == 7 &&
		rtnl_route_get_protocol(theirs) == FIB_PROTO_CONFIG &&
		rtnl_route_get_type(theirs) == RTN_UNICAST,
		"%s via %s: libnl sees the route", dst, via);
	ktap_ok(nh && nl_addr_is(rtnl_route_nh_get_gateway(nh), via) &&
		rtnl_route_nh_get_ifindex(nh) == 5,
		"%s via %s: libnl sees the next hop", dst, via);
	rtnl_route_put(theirs);
	ktap_ok(rtm_get_route(nlh, &ours) &&
		prefix_equal(&ours.prefix, &route.prefix) &&
		ours.table == 2001 && ours.metric == 7 &&
		ours.protocol == FIB_PROTO_CONFIG && ours.ifindex == 5 &&
		ours.type == RTM_ROUTE_UNICAST && ours.nhid == 0 &&
		addr_equal(&ours.gateway, &route.gateway),
		"%s via %s: read back", dst, via);
}

static void test_other_routes(void)
{
	struct rtm_route route = {
		.prefix = prefix("10.0.0.0/8"),
		.table = 100,
		.protocol = RTPROT_KERNEL,
		.type = RTM_ROUTE_BLACKHOLE,
	};
	struct nlmsghdr *nlh = rtm_put_route(buf, NLM_F_CREATE, &route);
	struct rtnl_route *theirs = NULL;
	struct nlattr *attr;
	struct rtm_route ours;

	ktap_must(rtnl_route_parse(nlh, &theirs) == 0);
	ktap_ok(rtnl_route_get_type(theirs) == RTN_BLACKHOLE &&
		rtnl_route_get_table(theirs) == 100, "a blackhole");
	rtnl_route_put(theirs);

	route.type = RTM_ROUTE_UNICAST;
	route.nhid = 0x56000001;
	nlh = rtm_put_route(buf, NLM_F_CREATE, &route);
	attr = nlmsg_find_attr(nlh, sizeof(struct rtmsg), RTA_NH_ID);
	ktap_ok(attr && nla_get_u32(attr) == 0x56000001 &&
		!nlmsg_find_attr(nlh, sizeof(struct rtmsg), RTA_OIF) &&
		rtm_get_route(nlh, &ours) && ours.nhid == 0x56000001,
		"a route to a next-hop object");

	nlh = rtm_del_route(buf, &route);
	ktap_ok(nlh->nlmsg_type == RTM_DELROUTE &&
		rtm_get_route(nlh, &ours) && ours.nhid == 0 &&
		prefix_equal(&ours.prefix, &route.prefix),
		"the removal of a route");
	nlh = rtm_dump_routes(buf, AF_INET6, 101);
	attr = nlmsg_find_attr(nlh, sizeof(struct rtmsg), RTA_TABLE);
	ktap_ok(nlh->nlmsg_type == RTM_GETROUTE && attr &&
		nla_get_u32(attr) == 101, "a dump of one table");
}

static void test_route_like(const char *first, const char *second)
{
	static char next[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_route route = {
		.prefix = prefix(first),
		.table = 101,
		.metric = 20,
		.protocol = RTPROT_BGP,
		.nhid = 0x56000001,
	};
	const struct nlmsghdr *nlh;

	rtm_put_route(buf, NLM_F_CREATE, &route);
	route.prefix = prefix(second);
	route.nhid = 0x56000002;
	nlh = rtm_put_route_like(next, (void *)buf, &route.prefix, route.nhid);
	rtm_put_route(buf, NLM_F_CREATE, &route);
	ktap_ok(memcmp(buf, next, nlh->nlmsg_len) == 0,
		"%s after %s is what it is alone", second, first);
}

/*
 * Next-hop objects
 */

static void test_nexthops(void)
{
	struct rtm_nexthop hop = {
		.id = 0x56000000,
		.protocol = RTPROT_BGP,
		.ifindex = 9,
		.gateway = address("fd00::4"),
	};
	struct rtm_nexthop group = {
		.id = 0x56000002,
		.protocol = RTPROT_BGP,
		.n_members = FIB_MAX_HOPS,
	};
	struct rtm_nexthop ours;
	struct nlmsghdr *nlh;
	unsigned int i;

	nlh = rtm_put_nexthop(buf, NLM_F_CREATE, &hop);
	ktap_ok(rtm_get_nexthop(nlh, &ours) &&
		memcmp(&ours, &hop, sizeof(hop)) == 0, "a hop");
	for (i = 0; i < FIB_MAX_HOPS; i++)
		group.members[i] = 100 + i;
	nlh = rtm_put_nexthop(buf, NLM_F_CREATE, &group);
	ktap_ok(nlh->nlmsg_len <= RTM_MSG_MAX && rtm_get_nexthop(nlh, &ours) &&
		memcmp(&ours, &group, sizeof(group)) == 0,
		"the largest group");
	group.protocol = VNET_PROTO_STANDBY;
	group.n_standby = 1;
	nlh = rtm_put_nexthop(buf, NLM_F_CREATE, &group);
	ktap_ok(rtm_get_nexthop(nlh, &ours) &&
		memcmp(&ours, &group, sizeof(group)) == 0,
		"one with a member that stands by");
	nlh = rtm_del_nexthop(buf, 0x56000002);
	ktap_ok(rtm_get_nexthop(nlh, &ours) && ours.id == 0x56000002,
		"the removal of a next-hop object");
}

/*
 * Links and addresses
 */

static void keep_object(struct nl_object *object, void *arg)
{
	nl_object_get(object);
	*(struct nl_object **)arg = object;
}

/* What libnl makes of a message; the caller puts it. */
static struct nl_object *parse(struct nlmsghdr *nlh)
{
	struct nl_object *object = NULL;
	struct nl_msg *msg = nlmsg_convert(nlh);

	ktap_must(msg);
	nlmsg_set_proto(msg, NETLINK_ROUTE);
	nl_msg_parse(msg, keep_object, &object);
	nlmsg_free(msg);
	return object;
}

static void test_links(void)
{
	struct rtm_link link = {
		.name = "blue",
		.vni = 5001,
		.table = 100,
		.bgp_table = 101,
		.max_routes = 7,
		.ecmp_symmetric = true,
	};
	struct nlmsghdr *nlh = rtm_new_vnet(buf, &link);
	struct rtnl_link *theirs = (struct rtnl_link *)parse(nlh);
	struct nlattr *attr;
	struct rtm_link ours;

	ktap_ok(theirs && strcmp(rtnl_link_get_name(theirs), "blue") == 0 &&
		strcmp(rtnl_link_get_type(theirs), "vnet") == 0,
		"libnl sees a link of kind vnet");
	nl_object_put((struct nl_object *)theirs);
	ktap_ok(rtm_get_link(nlh, &ours) && ours.is_vnet && ours.vni == 5001 &&
		ours.table == 100 && ours.bgp_table == 101 &&
		strcmp(ours.name, "blue") == 0, "and we what it is");

	nlh = rtm_set_master(buf, 7, 8, true);
	attr = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_MASTER);
	ktap_ok(attr && nla_get_u32(attr) == 8 && rtm_get_link(nlh, &ours) &&
		ours.ifindex == 7 && ours.master == 8 && ours.up,
		"a NIC is enslaved");
	nlh = rtm_del_link(buf, 7);
	ktap_ok(rtm_get_link(nlh, &ours) && ours.gone && ours.ifindex == 7,
		"a link is deleted");
}

static void test_address(const char *text, int len)
{
	struct rtm_address address_of = {
		.ifindex = 3,
		.addr = address(text),
		.len = len,
		.protocol = FIB_PROTO_CONFIG,
	};
	struct nlmsghdr *nlh = rtm_put_address(buf, &address_of);
	struct rtnl_addr *theirs = (struct rtnl_addr *)parse(nlh);
	struct rtm_address ours;

	ktap_ok(theirs && nl_addr_is(rtnl_addr_get_local(theirs), text) &&
		rtnl_addr_get_prefixlen(theirs) == len &&
		rtnl_addr_get_ifindex(theirs) == 3, "%s: libnl sees it", text);
	nl_object_put((struct nl_object *)theirs);
	ktap_ok(rtm_get_address(nlh, &ours) && ours.ifindex == 3 &&
		ours.len == len && ours.protocol == FIB_PROTO_CONFIG &&
		addr_equal(&ours.addr, &address_of.addr), "%s: read back",
		text);
}

/*
 * Answers of the kernel
 */

static void test_errors(void)
{
	struct nlmsghdr *nlh = netlink_msg(buf, NLMSG_ERROR, 0);
	struct nlmsgerr *head;
	struct netlink_error err;

	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->error = -EEXIST;
	nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "table 100 is taken");
	ktap_ok(netlink_error_parse(nlh, &err) && err.error == EEXIST &&
		strcmp(err.text, "table 100 is taken") == 0,
		"an error in the kernel's words");

	nlh->nlmsg_flags = NLM_F_CAPPED;
	ktap_ok(netlink_error_parse(nlh, &err) &&
		strcmp(err.text, strerror(EEXIST)) == 0,
		"an error without any");
	nlh->nlmsg_len = MNL_NLMSG_HDRLEN + 2;
	ktap_ok(!netlink_error_parse(nlh, &err), "an error that is cut off");
}

/* Run under the sanitizers: whatever bytes there are, none outside is read. */
static void test_noise(void)
{
	static const uint16_t types[] = {
		RTM_NEWROUTE, RTM_NEWNEXTHOP, RTM_NEWLINK, RTM_NEWADDR,
		NLMSG_ERROR,
	};
	struct rtm_nexthop nexthop;
	struct rtm_address addr;
	struct rtm_route route;
	struct rtm_link link;
	struct netlink_error err;
	unsigned int i, j, understood = 0;

	for (i = 0; i < 200000; i++) {
		size_t len = sizeof(struct nlmsghdr) + random() % 120;
		struct nlmsghdr *nlh = malloc(len);
		uint8_t *bytes = (uint8_t *)nlh;

		for (j = 0; j < len; j++)
			bytes[j] = random() % 4 ? random() % 24 : random();
		nlh->nlmsg_len = len;
		nlh->nlmsg_type = types[random() % 5];
		understood += rtm_get_route(nlh, &route);
		understood += rtm_get_nexthop(nlh, &nexthop);
		understood += rtm_get_link(nlh, &link);
		understood += rtm_get_address(nlh, &addr);
		if (nlh->nlmsg_type == NLMSG_ERROR)
			netlink_error_parse(nlh, &err);
		free(nlh);
	}
	ktap_ok(understood > 1000,
		"200,000 messages of noise, some understood");
}

int main(void)
{
	ktap_start();
	test_gateway_route("10.66.0.0/16", "10.1.3.4");
	test_gateway_route("fd00:9::/32", "fd00:10:1::4");
	test_other_routes();
	test_route_like("10.1.0.0/16", "0.0.0.0/0");
	test_route_like("192.0.2.0/24", "198.51.100.77/32");
	test_route_like("2001:db8::/32", "2001:db8:1:2::/64");
	test_nexthops();
	test_links();
	test_address("10.1.1.4", 32);
	test_address("fd00:10:1::4", 128);
	test_errors();
	test_noise();
	return ktap_finish();
}
