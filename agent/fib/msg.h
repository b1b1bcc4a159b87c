/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink messages about next-hop objects, routes, links and addresses:
 * written from and read into plain structs. No socket, no state.
 */
#ifndef FIB_MSG_H
#define FIB_MSG_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "fib/fib.h"
#include "lib/addr.h"

#define MSG_MAX	1024		/* bytes of any message written here */

/*
 * A next-hop object: one address behind a device, or a group, whose protocol is
 * VNET_PROTO_STANDBY if members stand by
 */
struct msg_nexthop {
	uint32_t id;
	uint8_t protocol;
	int ifindex;
	struct addr gateway;		/* none if it is a group */
	unsigned int n_members;
	unsigned int n_standby;		/* of these, the last ones */
	uint32_t members[FIB_MAX_HOPS];
};

enum msg_route_type {
	MSG_ROUTE_UNICAST,
	MSG_ROUTE_BLACKHOLE,
	MSG_ROUTE_OTHER,		/* local, broadcast, ...; only read */
};

struct msg_route {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;		/* 0: the kernel's default */
	uint8_t protocol;
	enum msg_route_type type;
	uint32_t nhid;			/* 0: gateway and device count */
	struct addr gateway;		/* none: directly there */
	int ifindex;			/* 0: none */
	bool offload_failed;		/* only read */
	bool multipath;			/* only read */
};

struct msg_link {
	int ifindex;
	char name[IFNAMSIZ];
	bool up, carrier, gone;
	int master;			/* ifindex, 0: none */
	bool is_vnet;
	uint32_t vni, table, bgp_table, max_routes;	/* of a VNet */
	bool ecmp_symmetric;
};

struct msg_address {
	int ifindex;
	struct addr addr;
	uint8_t len;
	uint8_t protocol;		/* FIB_PROTO_CONFIG if it is ours */
};

/*
 * Writing: @buf has MSG_MAX bytes, @flags are NLM_F_* besides NLM_F_REQUEST.
 */
struct nlmsghdr *msg_put_nexthop(void *buf, uint16_t flags,
				 const struct msg_nexthop *nexthop);
struct nlmsghdr *msg_del_nexthop(void *buf, uint32_t id);
struct nlmsghdr *msg_put_route(void *buf, uint16_t flags,
			       const struct msg_route *route);
/*
 * The same for the next of many: @like is what msg_put_route() has written for
 * a route of the same family with a table and a next-hop object, which differs
 * in its prefix and that object only.
 */
struct nlmsghdr *msg_put_route_like(void *buf, const struct nlmsghdr *like,
				    const struct prefix *prefix, uint32_t nhid);
struct nlmsghdr *msg_del_route(void *buf, const struct msg_route *route);
/* Create a VNet device: name, VNI, tables and options of @link. */
struct nlmsghdr *msg_new_vnet(void *buf, const struct msg_link *link);
/* Change the options of a VNet device: max_routes, ecmp_symmetric. */
struct nlmsghdr *msg_set_vnet(void *buf, const struct msg_link *link);
struct nlmsghdr *msg_del_link(void *buf, int ifindex);
struct nlmsghdr *msg_set_up(void *buf, int ifindex);
/* Set the master of a link (0: none); @up: set it up, too. */
struct nlmsghdr *msg_set_master(void *buf, int ifindex, int master, bool up);
/* Loose reverse path filter for IPv4. */
struct nlmsghdr *msg_set_loose_rp_filter(void *buf, int ifindex);
struct nlmsghdr *msg_put_address(void *buf, const struct msg_address *address);
struct nlmsghdr *msg_del_address(void *buf, const struct msg_address *address);

/* Dumps; 0 in @table: all tables. */
struct nlmsghdr *msg_dump_nexthops(void *buf);
struct nlmsghdr *msg_dump_routes(void *buf, int family, uint32_t table);
struct nlmsghdr *msg_dump_links(void *buf);
/* One, by its name */
struct nlmsghdr *msg_ask_link(void *buf, const char *name);
struct nlmsghdr *msg_dump_addresses(void *buf, int ifindex);

/*
 * Reading: false if the message is of another kind or makes no sense. What is
 * not known is passed over.
 */
bool msg_get_nexthop(const struct nlmsghdr *nlh, struct msg_nexthop *nexthop);
bool msg_get_route(const struct nlmsghdr *nlh, struct msg_route *route);
bool msg_get_link(const struct nlmsghdr *nlh, struct msg_link *link);
bool msg_get_address(const struct nlmsghdr *nlh, struct msg_address *address);

#endif
