// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peerings: each side by itself, in the words of "az network vnet peering".
 */
#include <stdio.h>
#include <string.h>

#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/listing.h"
#include "vrs/names.h"
#include "vrs/vrs.h"

static const struct {
	uint32_t flag;
	const char *name;		/* Azure's */
} flags[] = {
	{ VNET_PEERING_F_VNET_ACCESS, "allowVirtualNetworkAccess" },
	{ VNET_PEERING_F_FORWARDED_TRAFFIC, "allowForwardedTraffic" },
	{ VNET_PEERING_F_GATEWAY_TRANSIT, "allowGatewayTransit" },
	{ VNET_PEERING_F_USE_REMOTE_GATEWAYS, "useRemoteGateways" },
};

static json_t *side_json(const struct genl_peering *side)
{
	char vnet[IFNAMSIZ], peer[IFNAMSIZ];
	json_t *row;
	size_t i;

	row = json_build("{s:s, s:s, s:s}",
			 "vnet", vrs_ifname(side->vnet_ifindex, vnet),
			 "remoteVirtualNetwork",
			 vrs_ifname(side->peer_ifindex, peer),
			 "peeringState", names_peering_state(side->state));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		json_object_set_new(row, flags[i].name,
				    json_boolean(side->flags & flags[i].flag));
	return row;
}

static void add_side(const struct genl_peering *side, void *arg)
{
	struct listing *list = arg;
	char name[IFNAMSIZ];
	size_t i;

	if (list->rows) {
		json_array_append_new(list->rows, side_json(side));
		return;
	}
	table_add(&list->table, vrs_ifname(side->vnet_ifindex, name));
	table_add(&list->table, vrs_ifname(side->peer_ifindex, name));
	table_add(&list->table, names_peering_state(side->state));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		table_add(&list->table,
			  side->flags & flags[i].flag ? "on" : "off");
}

int peering_show(const struct request *req)
{
	static const char *const titles[] = {
		"VNet", "Peer", "State", "VNet access", "Forwarded traffic",
		"Gateway transit", "Remote gateways",
	};
	struct listing list;

	if (!listing_begin(&list, req, ARRAY_SIZE(titles), titles))
		return VRS_FAILED;
	genl_get_peerings(&list.g, list.ifindex, add_side, &list, &list.err);
	return listing_end(&list, "peerings");
}

/* The side of @wanted's VNets among those that the kernel has */
struct side_search {
	struct genl_peering wanted;
	bool found;
};

static void match_side(const struct genl_peering *side, void *arg)
{
	struct side_search *search = arg;

	if (side->peer_ifindex != search->wanted.peer_ifindex)
		return;
	search->wanted = *side;
	search->found = true;
}

static bool find_ends(const struct request *req, struct genl_peering *side)
{
	side->vnet_ifindex = vrs_ifindex(req->device);
	if (side->vnet_ifindex)
		side->peer_ifindex = vrs_ifindex(req->peer_vnet);
	return side->vnet_ifindex && side->peer_ifindex;
}

static int report(const struct request *req, const struct netlink_error *err)
{
	char object[2 * IFNAMSIZ + 16];

	snprintf(object, sizeof(object), "%s: peering with %s", req->device,
		 req->peer_vnet);
	return vrs_kernel_error(object, err);
}

static int find_side(struct genl *g, struct side_search *search,
		     struct netlink_error *err)
{
	unsigned int tries = 0;
	int rc;

	do {
		search->found = false;
		rc = genl_get_peerings(g, search->wanted.vnet_ifindex,
				       match_side, search, err);
	} while (vrs_again(rc, &tries));
	return rc;
}

int peering_set(const struct request *req)
{
	struct side_search search = { .found = false };
	struct netlink_error err;
	struct genl g;

	if (!find_ends(req, &search.wanted) || !vrs_open(&g))
		return VRS_FAILED;
	if (find_side(&g, &search, &err) == 0) {
		if (!search.found)
			search.wanted.flags = VNET_PEERING_F_VNET_ACCESS;
		search.wanted.flags &= ~req->set_peering;
		search.wanted.flags |= req->peering;
		genl_set_peering(&g, &search.wanted, &err);
	}
	genl_close(&g);
	return report(req, &err);
}

int peering_del(const struct request *req)
{
	struct genl_peering side;
	struct netlink_error err;
	struct genl g;

	if (!find_ends(req, &side) || !vrs_open(&g))
		return VRS_FAILED;
	genl_del_peering(&g, side.vnet_ifindex, side.peer_ifindex, &err);
	genl_close(&g);
	return report(req, &err);
}
