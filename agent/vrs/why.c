// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One lookup explained: every route that matches, longest prefix first and at
 * one length the best class first, which of them wins, its next hops and the
 * one that the flow takes, where that ends, and what would drop the packet.
 * The kernel answers with the code that forwards; here it is only told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/names.h"
#include "vrs/routes.h"
#include "vrs/table.h"
#include "vrs/vrs.h"

struct why {
	const struct request *req;
	struct routes_subnets subnets;
	struct genl_lookup lookup;
};

/* Whether the winner stands before candidate @i. */
static bool before(const struct genl_route *winner,
		   const struct genl_route *candidate)
{
	return winner->prefix.len > candidate->prefix.len ||
	       (winner->prefix.len == candidate->prefix.len &&
		winner->route_class > candidate->route_class);
}

/* Call @func for all that match, the winner in its place. */
static void each_match(const struct why *why,
		       void (*func)(const struct why *,
				    const struct genl_route *, bool won,
				    void *arg), void *arg)
{
	const struct genl_lookup *lookup = &why->lookup;
	bool told = !lookup->has_route;
	unsigned int i;

	for (i = 0; i < lookup->n_candidates; i++) {
		if (!told && before(&lookup->route, &lookup->candidates[i])) {
			func(why, &lookup->route, true, arg);
			told = true;
		}
		func(why, &lookup->candidates[i], false, arg);
	}
	if (!told)
		func(why, &lookup->route, true, arg);
}

static bool is_chosen(const struct genl_lookup *lookup,
		      const struct genl_hop *hop)
{
	return lookup->has_hop && addr_equal(&lookup->hop.addr, &hop->addr);
}

/* Whether the packet leaves for another host. */
static bool ends_elsewhere(const struct genl_lookup *lookup)
{
	return lookup->has_route && lookup->drop == VNET_DROP_NONE &&
	       lookup->has_hop && lookup->hop.host.family;
}

static const char *end_host(const struct genl_lookup *lookup, char *addr)
{
	return ends_elsewhere(lookup) ?
	       addr_format(&lookup->hop.host, addr) : NULL;
}

/* Which device of this host the packet ends at, if nothing drops it. */
static const char *end_of(const struct genl_lookup *lookup, char *name)
{
	if (!lookup->has_route || lookup->drop != VNET_DROP_NONE ||
	    ends_elsewhere(lookup))
		return NULL;
	if (lookup->has_hop)
		return vrs_ifname(lookup->hop.ifindex, name);
	if (lookup->route.peer_ifindex)
		return vrs_ifname(lookup->route.peer_ifindex, name);
	return NULL;
}

static const char *end_kind(const struct genl_lookup *lookup)
{
	if (!lookup->has_route || lookup->drop != VNET_DROP_NONE)
		return "nowhere";
	if (ends_elsewhere(lookup))
		return "other host";
	if (lookup->has_hop)
		return "NIC";
	return lookup->route.type == VNET_HOP_INTERNET ? "Internet" : "host";
}

/*
 * JSON
 */

static void add_match_json(const struct why *why,
			   const struct genl_route *route, bool won, void *arg)
{
	json_t *row = routes_json(&why->subnets, route);

	json_object_set_new(row, "wins", json_boolean(won));
	json_array_append_new(arg, row);
}

static json_t *hops_json(const struct genl_lookup *lookup)
{
	char addr[ADDR_STRLEN], host[ADDR_STRLEN], name[IFNAMSIZ];
	json_t *hops = json_array();
	unsigned int i;

	for (i = 0; lookup->has_route && i < lookup->route.n_hops; i++) {
		const struct genl_hop *hop = &lookup->route.hops[i];

		json_array_append_new(hops, json_build(
			"{s:s, s:i, s:s?, s:s?, s:s?, s:b}",
			"address", addr_format(&hop->addr, addr),
			"weight", hop->weight,
			"nic", hop->ifindex ?
			       vrs_ifname(hop->ifindex, name) : NULL,
			"host", hop->host.family ?
				addr_format(&hop->host, host) : NULL,
			"problem", routes_hop_problem(hop),
			"chosen", is_chosen(lookup, hop)));
	}
	return hops;
}

static json_t *flow_json(const struct genl_flow *flow)
{
	char src[ADDR_STRLEN];

	return json_build("{s:s?, s:i, s:i, s:i}",
			  "source", flow->src.family ?
				    addr_format(&flow->src, src) : NULL,
			  "protocol", flow->protocol,
			  "sourcePort", flow->sport,
			  "destinationPort", flow->dport);
}

static json_t *winner_json(const struct why *why)
{
	const struct genl_route *route = &why->lookup.route;
	json_t *row;

	if (!why->lookup.has_route)
		return json_null();
	row = routes_json(&why->subnets, route);
	json_object_set_new(row, "table", json_integer(route->table));
	json_object_set_new(row, "nexthopId", route->nhid ?
			    json_integer(route->nhid) : json_null());
	return row;
}

static void show_json(const struct why *why)
{
	const struct genl_lookup *lookup = &why->lookup;
	char nic[IFNAMSIZ], name[IFNAMSIZ];
	char addr[ADDR_STRLEN], host[ADDR_STRLEN];
	json_t *matches = json_array();

	each_match(why, add_match_json, matches);
	json_show(json_build("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s?, s:s?, "
			     "s:s?}",
			     "nic", vrs_device(why->req->device, nic),
			     "destination",
			     addr_format(&why->req->address, addr),
			     "flow", flow_json(&why->req->flow),
			     "candidates", matches,
			     "route", winner_json(why),
			     "nextHops", hops_json(lookup),
			     "endsAt", end_kind(lookup),
			     "device", end_of(lookup, name),
			     "host", end_host(lookup, host),
			     "dropped", names_drop(lookup->drop)));
}

/*
 * Text
 */

static void add_match_text(const struct why *why,
			   const struct genl_route *route, bool won, void *arg)
{
	(void)why;
	table_add(arg, won ? "*" : "");
	routes_row(arg, route);
}

static void matches_text(const struct why *why)
{
	static const char *const titles[] = {
		"", "Source", "State", "Address Prefix", "Next Hop Type",
		"Next Hop IP", "Why",
	};
	struct table table;

	table_init(&table, ARRAY_SIZE(titles), titles);
	each_match(why, add_match_text, &table);
	table_print(&table);
	table_free(&table);
}

static void hops_text(const struct genl_lookup *lookup)
{
	static const char *const titles[] = {
		"", "Next Hop IP", "Weight", "NIC", "Host", "Problem",
	};
	char addr[ADDR_STRLEN], name[IFNAMSIZ];
	struct table table;
	unsigned int i;

	if (!lookup->has_route || !lookup->route.n_hops)
		return;
	table_init(&table, ARRAY_SIZE(titles), titles);
	for (i = 0; i < lookup->route.n_hops; i++) {
		const struct genl_hop *hop = &lookup->route.hops[i];

		table_add(&table, is_chosen(lookup, hop) ? "*" : "");
		table_add(&table, addr_format(&hop->addr, addr));
		table_addf(&table, "%u", hop->weight);
		table_add(&table, hop->ifindex ?
				  vrs_ifname(hop->ifindex, name) : "");
		table_add(&table, hop->host.family ?
				  addr_format(&hop->host, addr) : "");
		table_add(&table, routes_hop_problem(hop));
	}
	putchar('\n');
	table_print(&table);
	table_free(&table);
}

static void show_text(const struct why *why)
{
	const struct genl_lookup *lookup = &why->lookup;
	const struct genl_route *route = &lookup->route;
	char text[PREFIX_STRLEN], name[IFNAMSIZ], host[ADDR_STRLEN];
	const char *end = ends_elsewhere(lookup) ? end_host(lookup, host) :
						   end_of(lookup, name);

	matches_text(why);
	putchar('\n');
	if (lookup->has_route)
		printf("Wins: %s, %s, of table %u%s\n",
		       prefix_format(&route->prefix, text),
		       names_hop_type(route->type), route->table,
		       route->nhid ? ", by a next-hop object" : "");
	else
		puts("Wins: none");
	hops_text(lookup);
	printf("Ends at: %s%s%s\n", end_kind(lookup), end ? " " : "",
	       end ? end : "");
	if (lookup->drop != VNET_DROP_NONE)
		printf("Dropped: %s\n", names_drop(lookup->drop));
}

int why_run(const struct request *req)
{
	struct why why = { .req = req };
	struct genl_flow flow = req->flow;
	int ifindex = vrs_ifindex(req->device);
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	flow.dst = req->address;
	if (routes_find_subnets(&g, ifindex, &why.subnets, &err) == 0)
		genl_lookup(&g, ifindex, &flow, &why.lookup, &err);
	genl_close(&g);
	if (err.error == 0 && req->json)
		show_json(&why);
	else if (err.error == 0)
		show_text(&why);
	genl_lookup_free(&why.lookup);
	return vrs_kernel_error(req->device, &err);
}
