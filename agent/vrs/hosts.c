// SPDX-License-Identifier: GPL-2.0-or-later
/* What is at other hosts, and the way there: set and shown. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mac.h"
#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/listing.h"
#include "vrs/table.h"
#include "vrs/vrs.h"

static int report(const struct request *req, const struct netlink_error *err)
{
	char object[IFNAMSIZ + ADDR_STRLEN + 12], addr[ADDR_STRLEN];

	snprintf(object, sizeof(object), "%s: endpoint %s", req->device,
		 addr_format(&req->address, addr));
	return vrs_kernel_error(object, err);
}

int hosts_set_endpoint(const struct request *req)
{
	struct genl_endpoint endpoint = {
		.addr = req->address,
		.host = req->host,
		.vni = req->vni,
		.has_mac = req->set_mac,
	};
	struct netlink_error err;
	int ifindex;
	struct genl g;

	if (!req->host.family) {
		vrs_error("endpoint set: name the host");
		return VRS_USAGE;
	}
	memcpy(endpoint.mac, req->mac, sizeof(endpoint.mac));
	ifindex = vrs_ifindex(req->device);
	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	genl_set_endpoint(&g, ifindex, &endpoint, &err);
	genl_close(&g);
	return report(req, &err);
}

int hosts_del_endpoint(const struct request *req)
{
	int ifindex = vrs_ifindex(req->device);
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	genl_del_endpoint(&g, ifindex, &req->address, &err);
	genl_close(&g);
	return report(req, &err);
}

static void add_endpoint(const struct genl_endpoint *endpoint, void *arg)
{
	char addr[ADDR_STRLEN], host[ADDR_STRLEN], mac[MAC_STRLEN];
	struct listing *list = arg;

	addr_format(&endpoint->addr, addr);
	addr_format(&endpoint->host, host);
	mac_format(endpoint->mac, mac);
	if (list->rows) {
		json_array_append_new(list->rows, json_build(
			"{s:s, s:s, s:s, s:I, s:s}", "vnet", list->vnet,
			"address", addr, "host", host,
			"vni", (json_int_t)endpoint->vni, "macAddress", mac));
		return;
	}
	table_add(&list->table, list->vnet);
	table_add(&list->table, addr);
	table_add(&list->table, host);
	table_addf(&list->table, "%u", endpoint->vni);
	table_add(&list->table, mac);
}

static void list_endpoints(struct listing *list, int ifindex)
{
	genl_get_endpoints(&list->g, ifindex, add_endpoint, list, &list->err);
}

int hosts_show_endpoints(const struct request *req)
{
	static const char *const titles[] = {
		"VNet", "Address", "Host", "VNI", "MAC",
	};
	struct listing list;

	if (!listing_begin(&list, req, ARRAY_SIZE(titles), titles))
		return VRS_FAILED;
	listing_each_vnet(&list, list_endpoints);
	return listing_end(&list, "endpoints");
}

int hosts_set_tunnel(const struct request *req)
{
	int ifindex = vrs_ifindex(req->device);
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	genl_set_tunnel(&g, ifindex, &err);
	genl_close(&g);
	return vrs_kernel_error(req->device, &err);
}

int hosts_del_tunnel(const struct request *req)
{
	struct netlink_error err;
	struct genl g;

	(void)req;
	if (!vrs_open(&g))
		return VRS_FAILED;
	genl_del_tunnel(&g, &err);
	genl_close(&g);
	return vrs_kernel_error("tunnel", &err);
}

static void tunnel_text(const struct genl_tunnel *tunnel)
{
	static const char *const titles[] = {
		"Tunnel", "From hosts", "To hosts", "Dropped",
	};
	unsigned long long dropped = 0;
	char name[IFNAMSIZ];
	struct table table;
	unsigned int i;

	for (i = 0; i < tunnel->stats.n_drops; i++)
		dropped += tunnel->stats.drops[i].packets;
	table_init(&table, ARRAY_SIZE(titles), titles);
	if (tunnel->ifindex) {
		table_add(&table, vrs_device(tunnel->name, name));
		table_addf(&table, "%llu",
			   (unsigned long long)tunnel->stats.rx_packets);
		table_addf(&table, "%llu",
			   (unsigned long long)tunnel->stats.tx_packets);
		table_addf(&table, "%llu", dropped);
	}
	table_print(&table);
	table_free(&table);
}

int hosts_show_tunnel(const struct request *req)
{
	struct genl_tunnel tunnel;
	struct netlink_error err;
	char name[IFNAMSIZ];
	struct genl g;

	if (!vrs_open(&g))
		return VRS_FAILED;
	genl_get_tunnel(&g, &tunnel, &err);
	genl_close(&g);
	if (err.error)
		return vrs_kernel_error("tunnel", &err);
	if (!req->json)
		tunnel_text(&tunnel);
	else if (tunnel.ifindex)
		json_show(json_build("{s:s, s:o}",
				     "name", vrs_device(tunnel.name, name),
				     "stats", show_stats(&tunnel.stats)));
	else
		json_show(json_null());
	return VRS_OK;
}
