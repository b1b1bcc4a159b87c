// SPDX-License-Identifier: GPL-2.0-or-later
/* VNets, NICs and subnets, as text or as JSON in Azure's shapes. */
#include <jansson.h>
#include <string.h>

#include "lib/mac.h"
#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/listing.h"
#include "vrs/names.h"
#include "vrs/vrs.h"

static uint64_t count_drops(const struct genl_stats *stats)
{
	uint64_t packets = 0;
	unsigned int i;

	for (i = 0; i < stats->n_drops; i++)
		packets += stats->drops[i].packets;
	return packets;
}

json_t *show_stats(const struct genl_stats *stats)
{
	json_t *drops = json_object();
	unsigned int i;

	for (i = 0; i < stats->n_drops; i++)
		json_object_set_new(drops, stats->drops[i].name,
				    json_integer(stats->drops[i].packets));
	return json_build("{s:I, s:I, s:I, s:I, s:o}",
			  "rxPackets", (json_int_t)stats->rx_packets,
			  "rxBytes", (json_int_t)stats->rx_bytes,
			  "txPackets", (json_int_t)stats->tx_packets,
			  "txBytes", (json_int_t)stats->tx_bytes,
			  "dropped", drops);
}

/*
 * VNets
 */

static json_t *spaces_json(const struct genl_vnet *vnet)
{
	json_t *spaces = json_array();
	char text[PREFIX_STRLEN];
	unsigned int i;

	for (i = 0; i < vnet->n_spaces; i++)
		json_array_append_new(spaces, json_string(
			prefix_format(&vnet->spaces[i], text)));
	return spaces;
}

static json_t *mirrors_json(const struct genl_vnet *vnet)
{
	json_t *mirrors = json_array();
	unsigned int i;

	for (i = 0; i < vnet->n_mirrors; i++) {
		const struct genl_mirror *mirror = &vnet->mirrors[i];

		json_array_append_new(mirrors, json_build(
			"{s:s, s:s, s:s, s:I, s:I}",
			"class", names_class(mirror->route_class),
			"family", mirror->family == AF_INET ? "ipv4" : "ipv6",
			"state", names_mirror_state(mirror->state),
			"routes", (json_int_t)mirror->routes,
			"bytes", (json_int_t)mirror->bytes));
	}
	return mirrors;
}

static json_t *vnet_json(const struct genl_vnet *vnet)
{
	char name[IFNAMSIZ];

	return json_build("{s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:{s:o},"
			  " s:o, s:o}",
			  "name", vrs_device(vnet->name, name),
			  "vni", (json_int_t)vnet->vni,
			  "table", (json_int_t)vnet->table,
			  "bgpTable", (json_int_t)vnet->bgp_table,
			  "maxRoutes", (json_int_t)vnet->max_routes,
			  "ecmpSymmetric", (int)vnet->ecmp_symmetric,
			  "nics", (json_int_t)vnet->n_nics,
			  "addressSpace",
			  "addressPrefixes", spaces_json(vnet),
			  "mirrors", mirrors_json(vnet),
			  "stats", show_stats(&vnet->stats));
}

static unsigned long long count_routes(const struct genl_vnet *vnet,
				       unsigned int route_class)
{
	unsigned long long routes = 0;
	unsigned int i;

	for (i = 0; i < vnet->n_mirrors; i++) {
		if (vnet->mirrors[i].route_class == route_class)
			routes += vnet->mirrors[i].routes;
	}
	return routes;
}

static void vnet_row(struct table *table, const struct genl_vnet *vnet)
{
	char name[IFNAMSIZ], text[PREFIX_STRLEN];
	unsigned int i;

	table_add(table, vrs_device(vnet->name, name));
	table_addf(table, "%u", vnet->vni);
	table_addf(table, "%u", vnet->table);
	table_addf(table, "%u", vnet->bgp_table);
	table_addf(table, "%u", vnet->n_nics);
	table_addf(table, "%llu", count_routes(vnet, VNET_CLASS_SYSTEM));
	table_addf(table, "%llu", count_routes(vnet, VNET_CLASS_BGP));
	table_add(table, "");
	for (i = 0; i < vnet->n_spaces; i++)
		table_add_item(table, prefix_format(&vnet->spaces[i], text));
}

static void add_vnet(const struct genl_vnet *vnet, void *arg)
{
	struct listing *list = arg;

	if (list->rows)
		json_array_append_new(list->rows, vnet_json(vnet));
	else
		vnet_row(&list->table, vnet);
}

int show_vnets(const struct request *req)
{
	static const char *const titles[] = {
		"VNet", "VNI", "Table", "BGP table", "NICs", "System routes",
		"BGP routes", "Address spaces",
	};
	struct listing list;

	if (!listing_begin(&list, req, ARRAY_SIZE(titles), titles))
		return VRS_FAILED;
	genl_get_vnets(&list.g, 0, add_vnet, &list, &list.err);
	return listing_end(&list, "VNets");
}

/*
 * NICs
 */

/* The first address of each family is the primary one. */
static json_t *nic_addrs_json(const struct genl_nic *nic)
{
	json_t *configs = json_array();
	bool seen4 = false, seen6 = false;
	char text[ADDR_STRLEN];
	unsigned int i;

	for (i = 0; i < nic->n_addrs; i++) {
		const struct addr *addr = &nic->addrs[i];
		bool *seen = addr->family == AF_INET ? &seen4 : &seen6;

		json_array_append_new(configs, json_build(
			"{s:s, s:b, s:s}",
			"privateIPAddress", addr_format(addr, text),
			"primary", !*seen,
			"privateIPAddressVersion",
			addr->family == AF_INET ? "IPv4" : "IPv6"));
		*seen = true;
	}
	return configs;
}

static json_t *nic_json(const struct genl_nic *nic)
{
	char name[IFNAMSIZ], vnet[IFNAMSIZ], mac[MAC_STRLEN];

	return json_build("{s:s, s:s, s:s?, s:b, s:b, s:o, s:o}",
			  "name", vrs_device(nic->name, name),
			  "vnet", vrs_ifname(nic->vnet_ifindex, vnet),
			  "macAddress", nic->has_mac ?
				mac_format(nic->mac, mac) : NULL,
			  "enableIPForwarding",
			  (nic->flags & VNET_NIC_F_FORWARDING) != 0,
			  "ownRoutes",
			  (nic->flags & VNET_NIC_F_OWN_ROUTES) != 0,
			  "ipConfigurations", nic_addrs_json(nic),
			  "stats", show_stats(&nic->stats));
}

static void nic_row(struct table *table, const struct genl_nic *nic)
{
	char name[IFNAMSIZ], text[ADDR_STRLEN], vnet[IFNAMSIZ];
	char mac[MAC_STRLEN];
	unsigned int i;

	table_add(table, vrs_device(nic->name, name));
	table_add(table, vrs_ifname(nic->vnet_ifindex, vnet));
	table_add(table, nic->has_mac ? mac_format(nic->mac, mac) : "-");
	table_add(table, nic->flags & VNET_NIC_F_FORWARDING ? "on" : "off");
	table_addf(table, "%llu", (unsigned long long)nic->stats.rx_packets);
	table_addf(table, "%llu", (unsigned long long)nic->stats.tx_packets);
	table_addf(table, "%llu",
		   (unsigned long long)count_drops(&nic->stats));
	table_add(table, "");
	for (i = 0; i < nic->n_addrs; i++)
		table_add_item(table, addr_format(&nic->addrs[i], text));
}

static void add_nic(const struct genl_nic *nic, void *arg)
{
	struct listing *list = arg;

	if (list->rows)
		json_array_append_new(list->rows, nic_json(nic));
	else
		nic_row(&list->table, nic);
}

int show_nics(const struct request *req)
{
	static const char *const titles[] = {
		"NIC", "VNet", "MAC", "Forwarding", "Sent", "Received",
		"Dropped", "Addresses",
	};
	struct listing list;

	if (!listing_begin(&list, req, ARRAY_SIZE(titles), titles))
		return VRS_FAILED;
	genl_get_nics(&list.g, list.ifindex, add_nic, &list, &list.err);
	return listing_end(&list, "NICs");
}

/*
 * Subnets
 */

static void add_subnet(const struct genl_subnet *subnet, void *arg)
{
	const char *propagation = names_propagation(subnet->flags);
	bool inside = subnet->flags & VNET_SUBNET_F_BGP_INSIDE;
	bool keep = subnet->flags & VNET_SUBNET_F_KEEP_LOST;
	struct listing *list = arg;
	char text[PREFIX_STRLEN];

	prefix_format(&subnet->prefix, text);
	if (list->rows) {
		json_array_append_new(list->rows, json_build(
			"{s:s, s:s, s:o, s:b, s:s, s:b, s:b}",
			"vnet", list->vnet, "addressPrefix", text,
			"routeTable", subnet->table ?
				json_integer(subnet->table) : json_null(),
			"disableBgpRoutePropagation",
			strcmp(propagation, "off") == 0,
			"propagation", propagation,
			"bgpInside", inside, "keepLost", keep));
		return;
	}
	table_add(&list->table, list->vnet);
	table_add(&list->table, text);
	if (subnet->table)
		table_addf(&list->table, "%u", subnet->table);
	else
		table_add(&list->table, "-");
	table_add(&list->table, propagation);
	table_add(&list->table, inside ? "on" : "off");
	table_add(&list->table, keep ? "on" : "off");
}

static void list_subnets(struct listing *list, int ifindex)
{
	genl_get_subnets(&list->g, ifindex, add_subnet, list, &list->err);
}

int show_subnets(const struct request *req)
{
	static const char *const titles[] = {
		"VNet", "Subnet", "Route table", "Propagation", "BGP inside",
		"Keep lost",
	};
	struct listing list;

	if (!listing_begin(&list, req, ARRAY_SIZE(titles), titles))
		return VRS_FAILED;
	listing_each_vnet(&list, list_subnets);
	return listing_end(&list, "subnets");
}
