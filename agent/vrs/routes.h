/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of effective routes, as text and as Azure's JSON */
#ifndef VRS_ROUTES_H
#define VRS_ROUTES_H

#include <jansson.h>

#include "fib/genl.h"
#include "vrs/table.h"

#define ROUTES_WHY_LEN	128

/* The subnets that a NIC is in by its primary addresses, by family */
struct routes_subnets {
	bool no_propagation4, no_propagation6;
};

int routes_find_subnets(struct genl *g, int nic_ifindex,
			struct routes_subnets *subnets,
			struct netlink_error *err);

/* Source, state, prefix, type, next hops and why: six cells */
void routes_row(struct table *table, const struct genl_route *route);
json_t *routes_json(const struct routes_subnets *subnets,
		    const struct genl_route *route);

/* What is amiss with a next hop, or NULL. */
const char *routes_hop_problem(const struct genl_hop *hop);

#endif
