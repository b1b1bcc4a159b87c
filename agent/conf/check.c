// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/check.h"

#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mac.h"
#include "lib/util.h"

/* 'vnet "blue": profile azure: neighbor "sdwan": ' */
static void format_place(const struct check *c, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	if (c->vnet)
		n += snprintf(buf + n, size - n, "vnet \"%s\": ",
			      c->vnet->name);
	if (c->azure)
		n += snprintf(buf + n, size - n, "profile azure: ");
	if (c->neighbor)
		n += snprintf(buf + n, size - n, "neighbor \"%s\": ",
			      c->neighbor->name);
	if (c->map)
		n += snprintf(buf + n, size - n, "route-map \"%s\": ",
			      c->map->name);
	if (c->rule)
		snprintf(buf + n, size - n, "rule \"%s\": ", c->rule->name);
}

bool check_fail(const struct check *c, const void *member,
		struct conf_pos otherwise, const char *fmt, ...)
{
	/* Names have at most 63 bytes: all that there can be has room. */
	char where[300], what[400];
	va_list ap;

	format_place(c, where, sizeof(where));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	conf_error_set(c->r->err, c->r->file,
		       schema_pos(c->r, member, otherwise), "%s%s", where,
		       what);
	return false;
}

bool check_is_given(const struct check *c, const void *member)
{
	return schema_pos(c->r, member, (struct conf_pos){ 0 }).line > 0;
}

/* ---- things that may be there once only ------------------------------ */

/*
 * A set of keys, each with the place where it was seen first. Sorted and
 * compared at the end, so that thousands of NICs cost no square.
 */
struct seen {
	char key[128];
	const void *member;
	struct conf_pos pos;
};

struct seen_set {
	struct seen *seen;
	size_t n, size;
};

__attribute__((format(printf, 4, 5)))
static void see(struct seen_set *set, const void *member, struct conf_pos pos,
		const char *fmt, ...)
{
	struct seen *seen;
	va_list ap;

	if (set->n == set->size) {
		set->size = MAX(set->size * 2, (size_t)16);
		set->seen = xreallocarray(set->seen, set->size,
					  sizeof(*set->seen));
	}
	seen = &set->seen[set->n++];
	seen->member = member;
	seen->pos = pos;
	va_start(ap, fmt);
	vsnprintf(seen->key, sizeof(seen->key), fmt, ap);
	va_end(ap);
}

static int pos_cmp(struct conf_pos a, struct conf_pos b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

static int seen_cmp(const void *pa, const void *pb)
{
	const struct seen *a = pa, *b = pb;
	int cmp = strcmp(a->key, b->key);

	return cmp != 0 ? cmp : pos_cmp(a->pos, b->pos);
}

/* Complain about the second of two equal keys, the first in the file. */
static bool check_seen(const struct check *c, struct seen_set *set)
{
	const struct seen *worst = NULL;
	size_t i;

	for (i = 0; i < set->n; i++)
		set->seen[i].pos = schema_pos(c->r, set->seen[i].member,
					      set->seen[i].pos);
	if (set->n > 0)
		qsort(set->seen, set->n, sizeof(*set->seen), seen_cmp);
	for (i = 1; i < set->n; i++) {
		if (strcmp(set->seen[i].key, set->seen[i - 1].key) == 0 &&
		    (!worst || pos_cmp(set->seen[i].pos, worst->pos) < 0))
			worst = &set->seen[i];
	}
	if (worst)
		check_fail(c, worst->member, worst->pos,
			   "%s is here twice, first in line %u", worst->key,
			   worst[-1].pos.line);
	free(set->seen);
	*set = (struct seen_set){ 0 };
	return !worst;
}

static bool check_unique_global(const struct check *c)
{
	const struct conf_route_table *table;
	const struct conf_vnet *vnet;
	struct seen_set set = { 0 };
	size_t i, j;

	for (i = 0; i < c->conf->n_vnets; i++) {
		vnet = &c->conf->vnets[i];
		see(&set, vnet->name, vnet->pos, "device \"%s\"", vnet->name);
		see(&set, &vnet->vni, vnet->pos, "vni %u", vnet->vni);
		see(&set, &vnet->table, vnet->pos, "table %u", vnet->table);
		see(&set, &vnet->bgp_table, vnet->pos, "table %u",
		    vnet->bgp_table);
		for (j = 0; j < vnet->n_nics; j++)
			see(&set, vnet->nics[j].device, vnet->nics[j].pos,
			    "device \"%s\"", vnet->nics[j].device);
	}
	for (i = 0; i < c->conf->n_tables; i++) {
		table = &c->conf->tables[i];
		see(&set, &table->name, table->pos, "route-table \"%s\"",
		    table->name);
		see(&set, &table->table, table->pos, "table %u",
		    table->table);
	}
	for (i = 0; i < c->conf->n_maps; i++)
		see(&set, &c->conf->maps[i].name, c->conf->maps[i].pos,
		    "route-map \"%s\"", c->conf->maps[i].name);
	return check_seen(c, &set);
}

static void see_addr(struct seen_set *set, const struct addr *addr,
		     struct conf_pos pos)
{
	char buf[ADDR_STRLEN];

	see(set, addr, pos, "address %s", addr_format(addr, buf));
}

/*
 * NICs and instances have different addresses. So have neighbors, but a
 * neighbor is a NIC as a rule.
 */
static bool check_unique_addresses(const struct check *c)
{
	const struct conf_server *server = c->vnet->server;
	const struct conf_nic *nic;
	struct seen_set set = { 0 };
	char mac[MAC_STRLEN];
	size_t i, j;

	for (i = 0; i < c->vnet->n_nics; i++) {
		nic = &c->vnet->nics[i];
		for (j = 0; j < nic->n_addresses; j++)
			see_addr(&set, &nic->addresses[j], nic->pos);
		if (nic->has_mac)
			see(&set, nic->mac, nic->pos, "mac %s",
			    mac_format(nic->mac, mac));
	}
	for (i = 0; i < c->vnet->n_endpoints; i++)
		see_addr(&set, &c->vnet->endpoints[i].address,
			 c->vnet->endpoints[i].pos);
	for (i = 0; server && i < server->n_addresses; i++)
		see_addr(&set, &server->addresses[i], server->pos);
	if (!check_seen(c, &set))
		return false;
	for (i = 0; server && i < server->n_addresses; i++)
		see_addr(&set, &server->addresses[i], server->pos);
	for (i = 0; server && i < server->n_neighbors; i++) {
		if (server->neighbors[i].address.family != 0)
			see_addr(&set, &server->neighbors[i].address,
				 server->neighbors[i].pos);
		see(&set, &server->neighbors[i].name,
		    server->neighbors[i].pos, "neighbor \"%s\"",
		    server->neighbors[i].name);
	}
	return check_seen(c, &set);
}

/* ---- prefixes that must not overlap ---------------------------------- */

static int piece_cmp(const void *pa, const void *pb)
{
	const struct check_piece *a = pa, *b = pb;
	int cmp = prefix_cmp(a->prefix, b->prefix);

	return cmp != 0 ? cmp : pos_cmp(a->pos, b->pos);
}

/* Of two that overlap the one that comes later in the file is wrong. */
bool check_disjoint(const struct check *c, struct check_piece *piece,
		    size_t n, const char *noun)
{
	char first[PREFIX_STRLEN], second[PREFIX_STRLEN];
	const struct check_piece *outer = piece, *a, *b;
	size_t i;

	if (n > 0)
		qsort(piece, n, sizeof(*piece), piece_cmp);
	for (i = 1; i < n; i++) {
		if (!prefix_covers(outer->prefix, piece[i].prefix)) {
			outer = &piece[i];
			continue;
		}
		a = pos_cmp(outer->pos, piece[i].pos) < 0 ? outer : &piece[i];
		b = a == outer ? &piece[i] : outer;
		return check_fail(c, b->prefix, b->pos,
				  "%s %s overlaps %s of line %u", noun,
				  prefix_format(b->prefix, second),
				  prefix_format(a->prefix, first), a->pos.line);
	}
	return true;
}

/*
 * More than prefix_is_unicast() asks: neither the default nor link-local, nor
 * ::ffff:0:0/96, which is IPv4 in another form that no packet has.
 */
static bool is_unicast_space(const struct prefix *prefix)
{
	static const uint8_t bytes[16] = { [10] = 0xff, 0xff };
	struct addr addr = addr_make(AF_INET6, bytes);
	struct prefix mapped = prefix_make(&addr, 96);

	return prefix->len > 0 && addr_is_unicast(&prefix->addr) &&
	       !addr_is_link_local(&prefix->addr) &&
	       !prefix_overlaps(prefix, &mapped);
}

static bool check_spaces(const struct check *c)
{
	const struct conf_vnet *vnet = c->vnet;
	struct check_piece *piece = xcalloc(vnet->n_spaces + 1, sizeof(*piece));
	char buf[PREFIX_STRLEN];
	bool ok = true;
	size_t i;

	if (vnet->n_spaces == 0)
		ok = check_fail(c, &vnet->spaces, vnet->pos,
				"address-spaces: expected at least one prefix");
	for (i = 0; ok && i < vnet->n_spaces; i++) {
		piece[i] = (struct check_piece){ &vnet->spaces[i].prefix,
						 vnet->spaces[i].pos };
		if (!is_unicast_space(piece[i].prefix))
			ok = check_fail(c, piece[i].prefix, piece[i].pos,
					"address space %s: expected unicast "
					"space",
					prefix_format(piece[i].prefix, buf));
	}
	ok = ok && check_disjoint(c, piece, vnet->n_spaces, "address space");
	free(piece);
	return ok;
}

/* ---- inside the VNet ------------------------------------------------- */

bool check_in_spaces(const struct conf_vnet *vnet, const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < vnet->n_spaces; i++) {
		if (prefix_covers(&vnet->spaces[i].prefix, prefix))
			return true;
	}
	return false;
}

bool check_addr(const struct check *c, const struct addr *addr,
		struct conf_pos pos, const char *noun, const char *name)
{
	struct prefix prefix = prefix_make(addr, addr_bits(addr));
	char buf[ADDR_STRLEN];

	if (check_in_spaces(c->vnet, &prefix))
		return true;
	return check_fail(c, addr, pos,
			  "%s%s%s%s: address %s is outside the address spaces",
			  noun, name ? " \"" : "", name ? name : "",
			  name ? "\"" : "", addr_format(addr, buf));
}

static bool check_subnet(const struct check *c, struct conf_subnet *subnet)
{
	const struct conf_route_table *table;
	char buf[PREFIX_STRLEN];

	prefix_format(&subnet->prefix, buf);
	if (!check_in_spaces(c->vnet, &subnet->prefix))
		return check_fail(c, &subnet->prefix, subnet->pos,
				  "subnet %s is outside the address spaces",
				  buf);
	if (!subnet->route_table)
		return true;
	table = conf_table_find(c->conf, subnet->route_table);
	if (!table)
		return check_fail(c, &subnet->route_table, subnet->pos,
				  "subnet %s: there is no route-table \"%s\"",
				  buf, subnet->route_table);
	if (strcmp(table->vnet, c->vnet->name) != 0)
		return check_fail(c, &subnet->route_table, subnet->pos,
				  "subnet %s: route-table \"%s\" is of vnet "
				  "\"%s\"", buf, table->name, table->vnet);
	subnet->table = table->table;
	return true;
}

static bool check_subnets(const struct check *c, struct conf_vnet *vnet)
{
	struct check_piece *piece = xcalloc(vnet->n_subnets + 1,
					    sizeof(*piece));
	bool ok = true;
	size_t i;

	for (i = 0; ok && i < vnet->n_subnets; i++) {
		piece[i] = (struct check_piece){ &vnet->subnets[i].prefix,
						 vnet->subnets[i].pos };
		ok = check_subnet(c, &vnet->subnets[i]);
	}
	ok = ok && check_disjoint(c, piece, vnet->n_subnets, "subnet");
	free(piece);
	return ok;
}

static bool check_endpoint(const struct check *c,
			   const struct conf_endpoint *endpoint)
{
	const struct addr *host = &endpoint->host;
	char addr[ADDR_STRLEN];

	if (!check_addr(c, &endpoint->address, endpoint->pos, "endpoint",
			NULL))
		return false;
	addr_format(&endpoint->address, addr);
	if (!addr_is_unicast(host) || addr_is_link_local(host))
		return check_fail(c, host, endpoint->pos,
				  "endpoint \"%s\": host: expected a unicast "
				  "address", addr);
	if (endpoint->has_mac && !mac_is_unicast(endpoint->mac))
		return check_fail(c, endpoint->mac, endpoint->pos,
				  "endpoint \"%s\": mac: expected a unicast "
				  "address", addr);
	return true;
}

static int by_host(const void *pa, const void *pb)
{
	const struct conf_endpoint *a = *(struct conf_endpoint *const *)pa;
	const struct conf_endpoint *b = *(struct conf_endpoint *const *)pb;
	int cmp = addr_cmp(&a->host, &b->host);

	return cmp ? cmp : (a > b) - (a < b);
}

/* The kernel knows a VNet by one number at each host. */
static bool check_host(const struct check *c, const struct conf_endpoint *a,
		       const struct conf_endpoint *b)
{
	uint32_t vni_a = a->vni ? a->vni : c->vnet->vni;
	uint32_t vni_b = b->vni ? b->vni : c->vnet->vni;
	char addr[ADDR_STRLEN], host[ADDR_STRLEN];

	if (!addr_equal(&a->host, &b->host) || vni_a == vni_b)
		return true;
	return check_fail(c, &b->vni, b->pos,
			  "endpoint \"%s\": vni: expected %u, as for others "
			  "at %s", addr_format(&b->address, addr), vni_a,
			  addr_format(&b->host, host));
}

static bool check_hosts(const struct check *c, const struct conf_vnet *vnet)
{
	const struct conf_endpoint **sorted;
	bool ok = true;
	size_t i;

	sorted = xcalloc(vnet->n_endpoints + 1, sizeof(*sorted));
	for (i = 0; i < vnet->n_endpoints; i++)
		sorted[i] = &vnet->endpoints[i];
	qsort(sorted, vnet->n_endpoints, sizeof(*sorted), by_host);
	for (i = 1; ok && i < vnet->n_endpoints; i++)
		ok = check_host(c, sorted[i - 1], sorted[i]);
	free(sorted);
	return ok;
}

static bool check_nic(const struct check *c, const struct conf_nic *nic)
{
	size_t i;

	if (nic->has_mac && mac_equal(nic->mac, mac_of_router))
		return check_fail(c, nic->mac, nic->pos,
				  "nic \"%s\": mac: expected another than the "
				  "virtual router's", nic->device);
	if (nic->has_mac && !mac_is_unicast(nic->mac))
		return check_fail(c, nic->mac, nic->pos,
				  "nic \"%s\": mac: expected a unicast address",
				  nic->device);
	if (nic->n_addresses > CONF_NIC_ADDRS_MAX)
		return check_fail(c, &nic->addresses, nic->pos,
				  "nic \"%s\": addresses: expected at most %u",
				  nic->device, CONF_NIC_ADDRS_MAX);
	for (i = 0; i < nic->n_addresses; i++) {
		if (!check_addr(c, &nic->addresses[i], nic->pos, "nic",
				nic->device))
			return false;
	}
	if (!nic->has_mac && nic->n_addresses > 0)
		return check_fail(c, &nic->addresses, nic->pos,
				  "nic \"%s\": mac is missing, which a nic "
				  "with addresses needs", nic->device);
	return true;
}

/* ---- peerings -------------------------------------------------------- */

/* The first space of @peer that overlaps one of @vnet, or NULL. */
static const struct prefix *find_overlap(const struct conf_vnet *vnet,
					 const struct conf_vnet *peer)
{
	size_t i, j;

	for (i = 0; i < peer->n_spaces; i++) {
		for (j = 0; j < vnet->n_spaces; j++) {
			if (prefix_overlaps(&peer->spaces[i].prefix,
					    &vnet->spaces[j].prefix))
				return &peer->spaces[i].prefix;
		}
	}
	return NULL;
}

static bool check_overlap(const struct check *c,
			  const struct conf_peering *peering,
			  const struct conf_vnet *peer,
			  const struct conf_vnet *other)
{
	const struct prefix *overlap = find_overlap(other, peer);
	char buf[PREFIX_STRLEN];

	if (!overlap)
		return true;
	return check_fail(c, peering->vnet, peering->pos,
			  "peering \"%s\": address space %s overlaps that of "
			  "vnet \"%s\"", peering->vnet,
			  prefix_format(overlap, buf), other->name);
}

/*
 * Neither the VNet nor another peer of it has any of the @i-th peer's space.
 * @peers: of all peerings, found once, as there may be a thousand
 */
static bool check_peer_spaces(const struct check *c,
			      const struct conf_vnet *const *peers, size_t i)
{
	const struct conf_peering *peering = &c->vnet->peerings[i];
	size_t j;

	for (j = 0; j < i; j++) {
		if (!check_overlap(c, peering, peers[i], peers[j]))
			return false;
	}
	return check_overlap(c, peering, peers[i], c->vnet);
}

static bool check_gateways(const struct check *c,
			   const struct conf_peering *peering)
{
	const struct conf_vnet *peer = conf_vnet_find(c->conf, peering->vnet);
	const struct conf_peering *other;
	const char *problem = NULL;

	if (!peering->remote_gateways)
		return true;
	other = peer ? conf_peering_find(peer, c->vnet->name) : NULL;
	if (other && !other->gateway_transit)
		problem = "the peer's side has no allow-gateway-transit";
	if (peering->gateway_transit)
		problem = "not with allow-gateway-transit";
	else if (c->vnet->server)
		problem = "not in a vnet with a route-server";
	for (other = c->vnet->peerings; other < peering; other++) {
		if (other->remote_gateways)
			problem = "in one peering only";
	}
	return !problem ||
	       check_fail(c, &peering->remote_gateways, peering->pos,
			  "peering \"%s\": use-remote-gateways: %s",
			  peering->vnet, problem);
}

static bool check_peering(const struct check *c,
			  const struct conf_vnet *const *peers, size_t i)
{
	const struct conf_peering *peering = &c->vnet->peerings[i];

	if (!peers[i])
		return check_fail(c, peering->vnet, peering->pos,
				  "peering \"%s\": there is no such vnet",
				  peering->vnet);
	if (peers[i] == c->vnet)
		return check_fail(c, peering->vnet, peering->pos,
				  "peering \"%s\": expected another vnet",
				  peering->vnet);
	return check_peer_spaces(c, peers, i) && check_gateways(c, peering);
}

static bool check_peerings(const struct check *c)
{
	size_t i, n = c->vnet->n_peerings;
	const struct conf_vnet **peers = xcalloc(n + 1, sizeof(*peers));
	const struct conf_peering *peering = c->vnet->peerings;
	struct seen_set set = { 0 };
	bool ok;

	for (i = 0; i < n; i++) {
		see(&set, peering[i].vnet, peering[i].pos, "peering \"%s\"",
		    peering[i].vnet);
		peers[i] = conf_vnet_find(c->conf, peering[i].vnet);
	}
	ok = check_seen(c, &set);
	for (i = 0; ok && i < n; i++)
		ok = check_peering(c, peers, i);
	free(peers);
	return ok;
}

/* ---- tables ---------------------------------------------------------- */

static bool table_reserved(uint32_t table)
{
	return table >= RT_TABLE_COMPAT && table <= RT_TABLE_LOCAL;
}

static bool check_table_id(const struct check *c, const uint32_t *table,
			   struct conf_pos pos, const char *key)
{
	if (!table_reserved(*table))
		return true;
	return check_fail(c, table, pos,
			  "%s: table %u is the system's own", key, *table);
}

static bool check_route(const struct check *c,
			const struct conf_route_table *table,
			const struct conf_route *route)
{
	bool needs = route->type == CONF_NH_VIRTUAL_APPLIANCE;
	const struct addr *hop = &route->next_hop;
	char buf[PREFIX_STRLEN];

	prefix_format(&route->prefix, buf);
	if (needs != (hop->family != 0))
		return check_fail(c, hop, route->pos,
				  "route-table \"%s\": route %s: next-hop: "
				  "expected %s with next-hop-type %s",
				  table->name, buf,
				  needs ? "an address" : "none",
				  conf_nh_type_name(route->type));
	if (!needs)
		return true;
	if (hop->family != route->prefix.addr.family)
		return check_fail(c, hop, route->pos,
				  "route-table \"%s\": route %s: next-hop: "
				  "expected an %s address", table->name, buf,
				  hop->family == AF_INET ? "IPv6" : "IPv4");
	if (!addr_is_unicast(hop))
		return check_fail(c, hop, route->pos,
				  "route-table \"%s\": route %s: next-hop: "
				  "expected a unicast address", table->name,
				  buf);
	return true;
}

static bool check_table(const struct check *c,
			const struct conf_route_table *table)
{
	struct seen_set set = { 0 };
	char buf[PREFIX_STRLEN];
	size_t i;

	if (!conf_vnet_find(c->conf, table->vnet))
		return check_fail(c, table->vnet, table->pos,
				  "route-table \"%s\": there is no vnet \"%s\"",
				  table->name, table->vnet);
	if (!check_table_id(c, &table->table, table->pos, "route-table"))
		return false;
	for (i = 0; i < table->n_routes; i++) {
		if (!check_route(c, table, &table->routes[i]))
			return false;
	}
	for (i = 0; i < table->n_routes; i++)
		see(&set, &table->routes[i].prefix, table->routes[i].pos,
		    "route %s", prefix_format(&table->routes[i].prefix, buf));
	return check_seen(c, &set);
}

static int name_cmp(const void *pa, const void *pb)
{
	const char *const *a = pa, *const *b = pb;

	return strcmp(*a, *b);
}

/* Devices of VNets and NICs, in order; to be freed. */
static const char **list_devices(const struct conf *conf, size_t *n)
{
	const struct conf_vnet *vnet;
	const char **names;
	size_t i, j;

	*n = conf->n_vnets;
	for (i = 0; i < conf->n_vnets; i++)
		*n += conf->vnets[i].n_nics;
	names = xcalloc(*n + 1, sizeof(*names));
	*n = 0;
	for (i = 0; i < conf->n_vnets; i++) {
		vnet = &conf->vnets[i];
		names[(*n)++] = vnet->name;
		for (j = 0; j < vnet->n_nics; j++)
			names[(*n)++] = vnet->nics[j].device;
	}
	qsort(names, *n, sizeof(*names), name_cmp);
	return names;
}

/* Out of a VNet is not into another, past what is checked on the way there. */
static bool check_internet(struct check *c)
{
	const char *name, **names;
	const struct conf_vnet *vnet;
	bool ok = true;
	size_t n, i;

	names = list_devices(c->conf, &n);
	for (i = 0; ok && i < c->conf->n_vnets; i++) {
		vnet = c->vnet = &c->conf->vnets[i];
		name = vnet->internet;
		ok = !bsearch(&name, names, n, sizeof(*names), name_cmp) ||
		     check_fail(c, name, vnet->pos,
				"internet: expected a device outside all "
				"vnets, got \"%s\"", name);
	}
	c->vnet = NULL;
	free(names);
	return ok;
}

static bool check_ways_out(const struct check *c)
{
	const struct conf_vnet *vnet = c->vnet;
	const struct addr *gateway;
	char buf[ADDR_STRLEN];
	size_t i;

	for (i = 0; i < vnet->n_gateways; i++) {
		gateway = &vnet->gateways[i];
		if (vnet->internet[0] == '\0')
			return check_fail(c, gateway, vnet->pos,
					  "internet-gateways: there is no "
					  "internet");
		if (!addr_is_unicast(gateway))
			return check_fail(c, gateway, vnet->pos,
					  "internet-gateways: expected a "
					  "unicast address, got %s",
					  addr_format(gateway, buf));
		if (i > 0 && gateway->family == gateway[-1].family)
			return check_fail(c, gateway, vnet->pos,
					  "internet-gateways: expected one of "
					  "each family at most");
	}
	return true;
}

/* @sessions: of this VNet and those before. */
static bool check_vnet(struct check *c, struct conf_vnet *vnet,
		       size_t *sessions)
{
	bool ok;
	size_t i;

	c->vnet = vnet;
	ok = check_ways_out(c) &&
	     check_table_id(c, &vnet->table, vnet->pos, "table") &&
	     check_table_id(c, &vnet->bgp_table, vnet->pos, "bgp-table") &&
	     check_spaces(c) && check_subnets(c, vnet) && check_peerings(c);
	for (i = 0; ok && i < vnet->n_nics; i++)
		ok = check_nic(c, &vnet->nics[i]);
	for (i = 0; ok && i < vnet->n_endpoints; i++)
		ok = check_endpoint(c, &vnet->endpoints[i]);
	ok = ok && check_hosts(c, vnet);
	ok = ok && (!vnet->server ||
		    check_server(c, vnet->server, sessions)) &&
	     check_unique_addresses(c);
	c->vnet = NULL;
	return ok;
}

bool check_conf(const struct schema_reader *r, struct conf *conf)
{
	struct check c = { .r = r, .conf = conf };
	size_t sessions = 0, i;

	if (!check_unique_global(&c) || !check_internet(&c))
		return false;
	for (i = 0; i < conf->n_maps; i++) {
		if (!check_map(&c, &conf->maps[i]))
			return false;
	}
	for (i = 0; i < conf->n_vnets; i++) {
		if (!check_vnet(&c, &conf->vnets[i], &sessions))
			return false;
	}
	for (i = 0; i < conf->n_tables; i++) {
		if (!check_table(&c, &conf->tables[i]))
			return false;
	}
	return true;
}
