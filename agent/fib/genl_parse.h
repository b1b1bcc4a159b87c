/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of the generic netlink family, for genl.c, which asks. */
#ifndef FIB_GENL_PARSE_H
#define FIB_GENL_PARSE_H

#include "fib/genl.h"

/* Who is told of each object, with @arg. */
struct genl_answer {
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

/* These have a struct genl_answer, */
netlink_cb genl_parse_vnet;
netlink_cb genl_parse_subnet;
netlink_cb genl_parse_peering;
netlink_cb genl_parse_nic;
netlink_cb genl_parse_endpoint;
netlink_cb genl_parse_route;
/* and these what they fill in. */
netlink_cb genl_parse_nic_copy;		/* struct genl_nic */
netlink_cb genl_parse_tunnel;		/* struct genl_tunnel */
netlink_cb genl_parse_lookup;		/* struct genl_lookup */
netlink_cb genl_parse_family;		/* uint16_t, the family's number */

#endif
