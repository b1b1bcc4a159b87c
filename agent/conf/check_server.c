// SPDX-License-Identifier: GPL-2.0-or-later
/* A VNet's route server, and its neighbors. */
#include "conf/check.h"

#include <stdlib.h>

#include "lib/util.h"

/* Azure's own and IANA's, which no NVA may use (route-server-faq). */
static bool nva_asn_reserved(uint32_t asn)
{
	static const struct { uint32_t first, last; } range[] = {
		{ 8074, 8075 }, { 12076, 12076 }, { AS_TRANS, AS_TRANS },
		{ 64496, 64511 }, { 65515, 65515 }, { 65517, 65520 },
		{ 65535, 65551 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(range); i++) {
		if (asn >= range[i].first && asn <= range[i].last)
			return true;
	}
	return false;
}

static bool check_asn(const struct check *c, const uint32_t *asn)
{
	if (*asn == c->vnet->server->asn)
		return check_fail(c, asn, c->neighbor->pos,
				  "asn %u is the route server's own", *asn);
	if (nva_asn_reserved(*asn))
		return check_fail(c, asn, c->neighbor->pos,
				  "asn %u is reserved", *asn);
	return true;
}

static bool check_asns(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	size_t i;

	if ((neighbor->asn != 0) == (neighbor->n_asns > 0))
		return check_fail(c, &neighbor->asns, neighbor->pos,
				  "expected either asn or asns");
	if (neighbor->n_asns > CONF_ASNS_MAX)
		return check_fail(c, &neighbor->asns, neighbor->pos,
				  "asns: expected at most %u", CONF_ASNS_MAX);
	for (i = 0; i < neighbor->n_asns; i++) {
		if (!check_asn(c, &neighbor->asns[i]))
			return false;
	}
	return neighbor->asn == 0 || check_asn(c, &neighbor->asn);
}

/* The peered VNet that has all of @prefix, or NULL. */
static const struct conf_vnet *find_peer(const struct check *c,
					 const struct prefix *prefix)
{
	const struct conf_vnet *peer;
	size_t i;

	for (i = 0; i < c->vnet->n_peerings; i++) {
		peer = conf_vnet_find(c->conf, c->vnet->peerings[i].vnet);
		if (peer && check_in_spaces(peer, prefix))
			return peer;
	}
	return NULL;
}

/* NVAs may be behind a peering that lets both sides reach the other. */
static bool check_behind(const struct check *c, const void *place,
			 const struct conf_vnet *peer)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	const struct conf_peering *ours, *theirs;

	if (neighbor->kind != CONF_NVA)
		return check_fail(c, place, neighbor->pos,
				  "a gateway is in the vnet itself, not in "
				  "peered \"%s\"", peer->name);
	ours = conf_peering_find(c->vnet, peer->name);
	theirs = conf_peering_find(peer, c->vnet->name);
	if (!theirs)
		return check_fail(c, place, neighbor->pos,
				  "vnet \"%s\" has no peering "
				  "with this one", peer->name);
	if (!ours->vnet_access || !theirs->vnet_access)
		return check_fail(c, place, neighbor->pos,
				  "the peering with \"%s\" is without "
				  "allow-vnet-access", peer->name);
	return true;
}

/* In the VNet, or in one that is directly peered with it. */
static bool check_place(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	const struct addr *addr = &neighbor->address;
	bool range = addr->family == 0;
	struct prefix prefix = range ? neighbor->range :
				       prefix_make(addr, addr_bits(addr));
	const void *place = range ? (const void *)&neighbor->range : addr;
	const struct conf_vnet *peer;
	char buf[PREFIX_STRLEN];

	if (check_in_spaces(c->vnet, &prefix))
		return true;
	peer = find_peer(c, &prefix);
	if (peer)
		return check_behind(c, place, peer);
	return check_fail(c, place, neighbor->pos,
			  "%s %s is outside the address spaces",
			  range ? "range" : "address",
			  range ? prefix_format(&prefix, buf) :
				  addr_format(addr, buf));
}

static bool check_maps_of(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	const struct conf_map *map;

	if (neighbor->inbound && !conf_map_find(c->conf, neighbor->inbound))
		return check_fail(c, &neighbor->inbound, neighbor->pos,
				  "there is no route-map \"%s\"",
				  neighbor->inbound);
	if (!neighbor->outbound)
		return true;
	map = conf_map_find(c->conf, neighbor->outbound);
	if (!map)
		return check_fail(c, &neighbor->outbound, neighbor->pos,
				  "there is no route-map \"%s\"",
				  neighbor->outbound);
	if (neighbor->add_path_send > 0 && check_map_replaces(map))
		return check_fail(c, &neighbor->outbound, neighbor->pos,
				  "route-map \"%s\" replaces prefixes, which "
				  "is not done with add-path-send",
				  neighbor->outbound);
	return true;
}

static bool check_gateway(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	const struct conf_server *server = c->vnet->server;

	if (neighbor->n_asns > 0)
		return check_fail(c, &neighbor->asns, neighbor->pos,
				  "asns has no meaning for a gateway");
	if (neighbor->asn != server->asn)
		return check_fail(c, &neighbor->asn, neighbor->pos,
				  "asn: expected the route server's, %u, of a "
				  "gateway", server->asn);
	if (neighbor->as_override)
		return check_fail(c, &neighbor->as_override, neighbor->pos,
				  "as-override has no meaning for a gateway");
	if (neighbor->role != CONF_ROLE_NONE)
		return check_fail(c, &neighbor->role, neighbor->pos,
				  "role has no meaning for a gateway");
	return true;
}

/* Keys that mean nothing without another one. */
static bool check_company(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	bool range = neighbor->range.addr.family != 0;

	if (!range && check_is_given(c, &neighbor->limit))
		return check_fail(c, &neighbor->limit, neighbor->pos,
				  "limit: only with a range");
	if (neighbor->shutdown_message && !neighbor->shutdown)
		return check_fail(c, &neighbor->shutdown_message, neighbor->pos,
				  "shutdown-message: only with shutdown");
	if (neighbor->strict_role && neighbor->role == CONF_ROLE_NONE)
		return check_fail(c, &neighbor->strict_role, neighbor->pos,
				  "strict-role: only with a role");
	return true;
}

static bool check_neighbor(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	bool range = neighbor->range.addr.family != 0;
	int family = conf_neighbor_family(neighbor);

	if (range == (neighbor->address.family != 0))
		return check_fail(c, &neighbor->range, neighbor->pos,
				  "expected either address or range");
	if (!check_company(c) || !check_place(c))
		return false;
	if (conf_server_instance(c->vnet->server, 0, family).family == 0)
		return check_fail(c, range ? (const void *)&neighbor->range :
					     &neighbor->address, neighbor->pos,
				  "the route server has no %s address",
				  family == AF_INET ? "IPv4" : "IPv6");
	if (!check_maps_of(c))
		return false;
	return neighbor->kind == CONF_NVA ? check_asns(c) : check_gateway(c);
}

static bool check_ranges(const struct check *c,
			 const struct conf_server *server)
{
	struct check_piece *piece = xcalloc(server->n_neighbors + 1,
					    sizeof(*piece));
	size_t i, n = 0;
	bool ok;

	for (i = 0; i < server->n_neighbors; i++) {
		const struct conf_neighbor *range = &server->neighbors[i];

		if (range->range.addr.family == 0)
			continue;
		piece[n++] = (struct check_piece){ &range->range, range->pos };
	}
	ok = check_disjoint(c, piece, n, "range");
	free(piece);
	return ok;
}

static bool check_own(const struct check *c, const struct conf_server *server)
{
	struct check at = *c;
	size_t i;

	if (server->asn == AS_TRANS || server->asn == 65535)
		return check_fail(c, &server->asn, server->pos,
				  "route-server: asn %u is reserved",
				  server->asn);
	if (server->hold_time == 1 || server->hold_time == 2)
		return check_fail(c, &server->hold_time, server->pos,
				  "route-server: hold-time: expected 0 or "
				  "3..65535, got %u", server->hold_time);
	if (server->send_hold_time &&
	    server->send_hold_time <= server->hold_time)
		return check_fail(c, &server->send_hold_time, server->pos,
				  "route-server: send-hold-time: expected 0 "
				  "or more than hold-time, %u, got %u",
				  server->hold_time, server->send_hold_time);
	if (server->long_lived_time && !server->restart_time)
		return check_fail(c, &server->long_lived_time, server->pos,
				  "route-server: long-lived-time: needs a "
				  "restart-time");
	if (server->n_addresses == 0)
		return check_fail(c, &server->addresses, server->pos,
				  "route-server: addresses: expected at "
				  "least one");
	if (conf_server_instances(server) > CONF_INSTANCES_MAX)
		return check_fail(c, &server->addresses, server->pos,
				  "route-server: addresses: expected at most "
				  "%u of a family", CONF_INSTANCES_MAX);
	for (i = 0; i < server->n_addresses; i++) {
		if (!check_addr(c, &server->addresses[i], server->pos,
				"route-server", NULL))
			return false;
	}
	for (i = 0; i < server->n_neighbors; i++) {
		at.neighbor = &server->neighbors[i];
		if (!check_neighbor(&at))
			return false;
	}
	return check_ranges(c, server);
}

/* How many sessions there may be with the neighbor. */
static size_t count_sessions(const struct conf_server *server,
			     const struct conf_neighbor *neighbor)
{
	bool range = neighbor->range.addr.family != 0;
	int family = conf_neighbor_family(neighbor);
	size_t instances = 0, i;

	for (i = 0; i < server->n_addresses; i++)
		instances += server->addresses[i].family == family;
	return instances * (range ? neighbor->limit : 1);
}

static bool check_sessions(const struct check *c,
			   const struct conf_server *server, size_t *n)
{
	const struct conf_neighbor *neighbor;
	size_t i;

	for (i = 0; i < server->n_neighbors; i++) {
		neighbor = &server->neighbors[i];
		*n += count_sessions(server, neighbor);
		if (*n > CONF_SESSIONS_MAX)
			return check_fail(c, &neighbor->limit, neighbor->pos,
					  "neighbor \"%s\": expected at most "
					  "%u sessions in all", neighbor->name,
					  CONF_SESSIONS_MAX);
	}
	return true;
}

/* Gateways are in the route server's AS, and need not say so. */
static void fill_gateways(struct conf_server *server)
{
	struct conf_neighbor *neighbor;
	size_t i;

	for (i = 0; i < server->n_neighbors; i++) {
		neighbor = &server->neighbors[i];
		if (neighbor->kind != CONF_NVA && neighbor->asn == 0 &&
		    neighbor->n_asns == 0)
			neighbor->asn = server->asn;
	}
}

bool check_server(const struct check *c, struct conf_server *server,
		  size_t *sessions)
{
	fill_gateways(server);
	return check_own(c, server) && check_keys(c) &&
	       (server->profile != CONF_PROFILE_AZURE || check_azure(c)) &&
	       check_sessions(c, server, sessions);
}
