/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink messages about next-hop objects, routes, links and addresses:
 * written from and read into plain structs. No socket, no state.
 */
#ifndef FIB_RTM_H
#define FIB_RTM_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "fib/fib.h"
#include "lib/addr.h"

#define RTM_MSG_MAX	1024		/* bytes of any message written here */

/*
 * A next-hop object: one address behind a device, or a group, whose protocol is
 * VNET_PROTO_STANDBY if members stand by
 */
struct rtm_nexthop {
	uint32_t id;
	uint8_t protocol;
	int ifindex;
	struct addr gateway;		/* none if it is a group */
	unsigned int n_members;
	unsigned int n_standby;		/* of these, the last ones */
	uint32_t members[FIB_MAX_HOPS];
};

enum rtm_route_type {
	RTM_ROUTE_UNICAST,
	RTM_ROUTE_BLACKHOLE,
	RTM_ROUTE_OTHER,		/* local, broadcast, ...; only read */
};

struct rtm_route {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;		/* 0: the kernel's default */
	uint8_t protocol;
	enum rtm_route_type type;
	uint32_t nhid;			/* 0: gateway and device count */
	struct addr gateway;		/* none: directly there */
	int ifindex;			/* 0: none */
	bool offload_failed;		/* only read */
	bool multipath;			/* only read */
};

struct rtm_link {
	int ifindex;
	char name[IFNAMSIZ];
	bool up, carrier, gone;
	int master;			/* ifindex, 0: none */
	bool is_vnet;
	uint32_t vni, table, bgp_table, max_routes;	/* of a VNet */
	bool ecmp_symmetric;
};

struct rtm_address {
	int ifindex;
	struct addr addr;
	uint8_t len;
	uint8_t protocol;		/* FIB_PROTO_CONFIG if it is ours */
};

/*
 * Writing: @buf has RTM_MSG_MAX bytes, @flags are NLM_F_* besides
 * NLM_F_REQUEST.
 */
struct nlmsghdr *rtm_put_nexthop(void *buf, uint16_t flags,
				 const struct rtm_nexthop *nexthop);
struct nlmsghdr *rtm_del_nexthop(void *buf, uint32_t id);
struct nlmsghdr *rtm_put_route(void *buf, uint16_t flags,
			       const struct rtm_route *route);
/*
 * The same for the next of many: @like is what rtm_put_route() has written for
 * a route of the same family with a table and a next-hop object, which differs
 * in its prefix and that object only.
 */
struct nlmsghdr *rtm_put_route_like(void *buf, const struct nlmsghdr *like,
				    const struct prefix *prefix, uint32_t nhid);
struct nlmsghdr *rtm_del_route(void *buf, const struct rtm_route *route);
/* Create a VNet device: name, VNI, tables and options of @link. */
struct nlmsghdr *rtm_new_vnet(void *buf, const struct rtm_link *link);
/* Change the options of a VNet device: max_routes, ecmp_symmetric. */
struct nlmsghdr *rtm_set_vnet(void *buf, const struct rtm_link *link);
struct nlmsghdr *rtm_del_link(void *buf, int ifindex);
struct nlmsghdr *rtm_set_up(void *buf, int ifindex);
/* Set the master of a link (0: none); @up: set it up, too. */
struct nlmsghdr *rtm_set_master(void *buf, int ifindex, int master, bool up);
/* Loose reverse path filter for IPv4. */
struct nlmsghdr *rtm_set_loose_rp_filter(void *buf, int ifindex);
struct nlmsghdr *rtm_put_address(void *buf, const struct rtm_address *address);
struct nlmsghdr *rtm_del_address(void *buf, const struct rtm_address *address);

/* Dumps; 0 in @table: all tables. */
struct nlmsghdr *rtm_dump_nexthops(void *buf);
struct nlmsghdr *rtm_dump_routes(void *buf, int family, uint32_t table);
struct nlmsghdr *rtm_dump_links(void *buf);
/* One, by its name */
struct nlmsghdr *rtm_ask_link(void *buf, const char *name);
struct nlmsghdr *rtm_dump_addresses(void *buf, int ifindex);

/*
 * Reading: false if the message is of another kind or makes no sense. What is
 * not known is passed over.
 */
bool rtm_get_nexthop(const struct nlmsghdr *nlh, struct rtm_nexthop *nexthop);
bool rtm_get_route(const struct nlmsghdr *nlh, struct rtm_route *route);
bool rtm_get_link(const struct nlmsghdr *nlh, struct rtm_link *link);
bool rtm_get_address(const struct nlmsghdr *nlh, struct rtm_address *address);

#endif
