// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Effective routes and next hop of a NIC, in the columns and the JSON shape of
 * "az network nic show-effective-route-table" and "az network watcher
 * show-next-hop". What Azure does not tell is added: why a route is not used.
 */
#include <stdio.h>
#include <string.h>

#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/names.h"
#include "vrs/routes.h"
#include "vrs/table.h"
#include "vrs/vrs.h"

static bool has_address(const struct genl_hop *hop)
{
	return hop->addr.family != 0;
}

/*
 * What Azure tells of: those that the NIC's packets are handed to, or, while
 * there are none, those that they would be.
 */
static bool is_listed_hop(const struct genl_route *route,
			  const struct genl_hop *hop)
{
	unsigned int i;

	if (!has_address(hop))
		return false;
	for (i = 0; i < route->n_hops; i++) {
		if (route->hops[i].flags & VNET_HOP_F_USED)
			return hop->flags & VNET_HOP_F_USED;
	}
	return !(hop->flags & VNET_HOP_F_STANDBY);
}

const char *routes_hop_problem(const struct genl_hop *hop)
{
	if (hop->flags & VNET_HOP_F_UNREACHABLE)
		return "its VNet is not peered";
	if (hop->host.family)
		return hop->flags & VNET_HOP_F_UP ? NULL :
						    "no tunnel to its host";
	if (!hop->ifindex)
		return "no NIC owns it";
	return hop->flags & VNET_HOP_F_UP ? NULL : "its NIC is down";
}

/* Why a route is not used, or what is amiss with one that is; or NULL. */
static const char *explain(const struct genl_route *route, char *text)
{
	char addr[ADDR_STRLEN];
	const char *problem;
	unsigned int i;

	if (route->reason != VNET_REASON_NONE &&
	    route->reason != VNET_REASON_NEXT_HOP_DOWN &&
	    route->reason != VNET_REASON_NEXT_HOP_GONE)
		return names_reason(route->reason);
	if (route->peer_ifindex && route->type == VNET_HOP_NONE)
		return "access to the peer is off";
	for (i = 0; i < route->n_hops; i++) {
		const struct genl_hop *hop = &route->hops[i];

		problem = has_address(hop) ? routes_hop_problem(hop) : NULL;
		if (!problem)
			continue;
		snprintf(text, ROUTES_WHY_LEN, "next hop %s: %s",
			 addr_format(&hop->addr, addr), problem);
		return text;
	}
	return names_reason(route->reason);
}

/*
 * Effective routes
 */

struct routes_view {
	const struct request *req;
	struct routes_subnets subnets;
	struct table table;
	struct json_list list;
};

static json_t *hops_json(const struct genl_route *route)
{
	json_t *hops = json_array();
	char text[ADDR_STRLEN];
	unsigned int i;

	for (i = 0; i < route->n_hops; i++) {
		if (!is_listed_hop(route, &route->hops[i]))
			continue;
		json_array_append_new(hops, json_string(
			addr_format(&route->hops[i].addr, text)));
	}
	return hops;
}

/* What Azure does not tell of each next hop */
static json_t *hop_details_json(const struct genl_route *route)
{
	json_t *hops = json_array();
	char text[ADDR_STRLEN];
	unsigned int i;

	for (i = 0; i < route->n_hops; i++) {
		const struct genl_hop *hop = &route->hops[i];

		if (!has_address(hop))
			continue;
		json_array_append_new(hops, json_build(
			"{s:s, s:I, s:b, s:b, s:b, s:I, s:I}",
			"address", addr_format(&hop->addr, text),
			"weight", (json_int_t)hop->weight,
			"up", !!(hop->flags & VNET_HOP_F_UP),
			"standby", !!(hop->flags & VNET_HOP_F_STANDBY),
			"used", !!(hop->flags & VNET_HOP_F_USED),
			"packets", (json_int_t)hop->packets,
			"bytes", (json_int_t)hop->bytes));
	}
	return hops;
}

json_t *routes_json(const struct routes_subnets *subnets,
		    const struct genl_route *route)
{
	bool no_propagation = route->prefix.addr.family == AF_INET ?
			      subnets->no_propagation4 :
			      subnets->no_propagation6;
	char prefix[PREFIX_STRLEN], why[ROUTES_WHY_LEN];

	return json_build("{s:n, s:b, s:s, s:s, s:[s], s:s, s:o, s:o,"
			  " s:s?}",
			  "name",
			  "disableBgpRoutePropagation", no_propagation,
			  "source", names_source(route->route_class),
			  "state", names_state(route->state),
			  "addressPrefix",
			  prefix_format(&route->prefix, prefix),
			  "nextHopType", names_hop_type(route->type),
			  "nextHopIpAddress", hops_json(route),
			  "nextHops", hop_details_json(route),
			  "why", explain(route, why));
}

void routes_row(struct table *table, const struct genl_route *route)
{
	char prefix[PREFIX_STRLEN], addr[ADDR_STRLEN], why[ROUTES_WHY_LEN];
	unsigned int i;

	table_add(table, names_source(route->route_class));
	table_add(table, names_state(route->state));
	table_add(table, prefix_format(&route->prefix, prefix));
	table_add(table, names_hop_type(route->type));
	table_add(table, "");
	for (i = 0; i < route->n_hops; i++) {
		if (is_listed_hop(route, &route->hops[i]))
			table_add_item(table, addr_format(&route->hops[i].addr,
							  addr));
	}
	table_add(table, explain(route, why));
}

/* Azure does not list a system route that a BGP route beats. */
static bool is_listed(const struct genl_route *route)
{
	return route->state != VNET_ROUTE_HIDDEN &&
	       (route->route_class != VNET_CLASS_SYSTEM ||
		route->reason != VNET_REASON_BGP_WINS);
}

static void add_route(const struct genl_route *route, void *arg)
{
	struct routes_view *view = arg;

	if (!view->req->all && !is_listed(route))
		return;
	if (view->req->json)
		json_list_add(&view->list, routes_json(&view->subnets, route));
	else
		routes_row(&view->table, route);
}

/* The NIC is in the subnet that its primary address is in. */
struct subnet_search {
	const struct genl_nic *nic;
	struct routes_subnets *subnets;
};

/* Azure knows one switch: it is off if nothing comes through. */
static bool propagates(uint32_t flags)
{
	const uint32_t both = VNET_SUBNET_F_NO_ROUTE_SERVER |
			      VNET_SUBNET_F_NO_GATEWAY;

	return !(flags & VNET_SUBNET_F_NO_PROPAGATION) &&
	       (flags & both) != both;
}

static void match_subnet(const struct genl_subnet *subnet, void *arg)
{
	struct subnet_search *search = arg;
	int family = subnet->prefix.addr.family;
	const struct genl_nic *nic = search->nic;
	unsigned int i;

	if (propagates(subnet->flags))
		return;
	for (i = 0; i < nic->n_addrs; i++) {
		if (nic->addrs[i].family == family)
			break;
	}
	if (i == nic->n_addrs ||
	    !prefix_contains(&subnet->prefix, &nic->addrs[i]))
		return;
	if (family == AF_INET)
		search->subnets->no_propagation4 = true;
	else
		search->subnets->no_propagation6 = true;
}

int routes_find_subnets(struct genl *g, int nic_ifindex,
			struct routes_subnets *subnets,
			struct netlink_error *err)
{
	struct genl_nic nic;
	struct subnet_search search = { .nic = &nic, .subnets = subnets };
	unsigned int tries = 0;
	int rc;

	rc = genl_get_nic(g, nic_ifindex, &nic, err);
	if (rc < 0)
		return rc;
	do {
		memset(subnets, 0, sizeof(*subnets));
		rc = genl_get_subnets(g, nic.vnet_ifindex, match_subnet,
				      &search, err);
	} while (vrs_again(rc, &tries));
	return rc;
}

static void effective_json(struct genl *g, int ifindex,
			   struct routes_view *view, struct netlink_error *err)
{
	json_list_begin(&view->list, "value");
	genl_get_effective(g, ifindex, 0, add_route, view, err);
	if (vrs_list_read(err))
		json_list_end(&view->list);
}

static void effective_text(struct genl *g, int ifindex,
			   struct routes_view *view, struct netlink_error *err)
{
	static const char *const titles[] = {
		"Source", "State", "Address Prefix", "Next Hop Type",
		"Next Hop IP", "Why",
	};

	table_init(&view->table, ARRAY_SIZE(titles), titles);
	genl_get_effective(g, ifindex, 0, add_route, view, err);
	if (vrs_list_read(err))
		table_print(&view->table);
	table_free(&view->table);
}

static int show_effective(struct genl *g, int ifindex,
			  struct routes_view *view)
{
	struct netlink_error err;

	if (routes_find_subnets(g, ifindex, &view->subnets, &err) < 0)
		return vrs_kernel_error(view->req->device, &err);
	if (view->req->json)
		effective_json(g, ifindex, view, &err);
	else
		effective_text(g, ifindex, view, &err);
	return vrs_list_error(view->req->device, &err);
}

int routes_effective(const struct request *req)
{
	struct routes_view view = { .req = req };
	int ifindex = vrs_ifindex(req->device);
	struct genl g;
	int status;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	status = show_effective(&g, ifindex, &view);
	genl_close(&g);
	return status;
}

/*
 * Next hop
 */

/* The route that decides, or None where there is none. Azure writes a peering
 * in another way here than in the list of effective routes.
 */
static const char *next_hop_type(const struct genl_lookup *lookup)
{
	if (!lookup->has_route)
		return names_hop_type(VNET_HOP_NONE);
	if (lookup->route.type == VNET_HOP_PEERING)
		return "VnetPeering";
	return names_hop_type(lookup->route.type);
}

static const char *next_hop_addr(const struct genl_lookup *lookup, char *text)
{
	if (!lookup->has_hop || !has_address(&lookup->hop))
		return NULL;
	return addr_format(&lookup->hop.addr, text);
}

static const char *next_hop_nic(const struct genl_lookup *lookup, char *name)
{
	if (!lookup->has_hop || !if_indextoname(lookup->hop.ifindex, name))
		return NULL;
	return vrs_device(name, name);
}

static const char *next_hop_host(const struct genl_lookup *lookup, char *text)
{
	if (!lookup->has_hop || !lookup->hop.host.family)
		return NULL;
	return addr_format(&lookup->hop.host, text);
}

static const char *route_table_id(const struct genl_lookup *lookup, char *text,
				  size_t size)
{
	if (!lookup->has_route || lookup->route.route_class != VNET_CLASS_USER)
		return "System Route";
	snprintf(text, size, "%u", lookup->route.table);
	return text;
}

static json_t *next_hop_json(const struct genl_lookup *lookup,
			     const struct routes_subnets *subnets)
{
	char addr[ADDR_STRLEN], host[ADDR_STRLEN], nic[IFNAMSIZ], table[12];
	json_t *candidates = json_array();
	unsigned int i;

	for (i = 0; i < lookup->n_candidates; i++)
		json_array_append_new(candidates, routes_json(subnets,
						&lookup->candidates[i]));
	return json_build("{s:s, s:s?, s:s, s:s?, s:s?, s:s?, s:o, s:o}",
			  "nextHopType", next_hop_type(lookup),
			  "nextHopIpAddress", next_hop_addr(lookup, addr),
			  "routeTableId",
			  route_table_id(lookup, table, sizeof(table)),
			  "nic", next_hop_nic(lookup, nic),
			  "host", next_hop_host(lookup, host),
			  "dropped", names_drop(lookup->drop),
			  "route", lookup->has_route ?
				routes_json(subnets, &lookup->route) :
				json_null(),
			  "candidates", candidates);
}

static void next_hop_text(const struct genl_lookup *lookup)
{
	static const char *const titles[] = {
		"Next Hop Type", "Next Hop IP", "Route Table", "Source",
		"Address Prefix", "NIC", "Host", "Dropped",
	};
	char addr[ADDR_STRLEN], nic[IFNAMSIZ], id[12], prefix[PREFIX_STRLEN];
	char host[ADDR_STRLEN];
	const struct genl_route *route = &lookup->route;
	struct table table;

	table_init(&table, ARRAY_SIZE(titles), titles);
	table_add(&table, next_hop_type(lookup));
	table_add(&table, next_hop_addr(lookup, addr));
	table_add(&table, route_table_id(lookup, id, sizeof(id)));
	table_add(&table, lookup->has_route ?
			  names_source(route->route_class) : NULL);
	table_add(&table, lookup->has_route ?
			  prefix_format(&route->prefix, prefix) : NULL);
	table_add(&table, next_hop_nic(lookup, nic));
	table_add(&table, next_hop_host(lookup, host));
	table_add(&table, names_drop(lookup->drop));
	table_print(&table);
	table_free(&table);
}

/* What else matched, for who wants to know why it is not that. */
static void candidates_text(const struct genl_lookup *lookup)
{
	static const char *const titles[] = {
		"Other Source", "State", "Address Prefix", "Next Hop Type",
		"Next Hop IP", "Why",
	};
	struct table table;
	unsigned int i;

	if (lookup->n_candidates == 0)
		return;
	putchar('\n');
	table_init(&table, ARRAY_SIZE(titles), titles);
	for (i = 0; i < lookup->n_candidates; i++)
		routes_row(&table, &lookup->candidates[i]);
	table_print(&table);
	table_free(&table);
}

int routes_next_hop(const struct request *req)
{
	struct routes_view view = { .req = req };
	int ifindex = vrs_ifindex(req->device);
	struct genl_flow flow = { .dst = req->address };
	struct genl_lookup lookup = { .n_candidates = 0 };
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	if (routes_find_subnets(&g, ifindex, &view.subnets, &err) == 0)
		genl_lookup(&g, ifindex, &flow, &lookup, &err);
	genl_close(&g);
	if (err.error == 0 && req->json) {
		json_show(next_hop_json(&lookup, &view.subnets));
	} else if (err.error == 0) {
		next_hop_text(&lookup);
		candidates_text(&lookup);
	}
	genl_lookup_free(&lookup);
	return vrs_kernel_error(req->device, &err);
}
