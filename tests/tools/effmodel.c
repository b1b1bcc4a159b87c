// SPDX-License-Identifier: GPL-2.0-or-later
#include "effmodel.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

struct model model;

/*
 * Addresses: some spaces are a reserved range, contain one or are inside one.
 */

static const struct {
	const char *space[2];
} plan[VNETS] = {
	{ { "10.0.0.0/16", "fd00::/32" } },
	{ { "192.168.0.0/15", "fd00:1::/32" } },
	{ { "172.16.0.0/12", "fd00:2::/32" } },
	{ { "100.66.0.0/16", "fd00:3::/32" } },
};

static struct prefix parsed[VNETS][2];

const struct prefix *model_spaces(unsigned int v, int family)
{
	return &parsed[v][family == AF_INET6];
}

bool model_space(unsigned int v, const struct prefix *prefix)
{
	return prefix_equal(model_spaces(v, prefix->addr.family), prefix);
}

/* Subnet or NIC number @n of a VNet, and the host's part @host */
static struct addr place(unsigned int v, unsigned int n, unsigned int host,
			 int family)
{
	struct addr addr = model_spaces(v, family)->addr;

	if (family == AF_INET) {
		addr.bytes[2] = n;
		addr.bytes[3] = host;
	} else {
		addr.bytes[7] = n;
		addr.bytes[15] = host;
	}
	return addr;
}

struct prefix model_subnet(unsigned int v, unsigned int s, int family)
{
	struct addr addr = place(v, s, 0, family);

	return prefix_make(&addr, family == AF_INET ? 24 : 64);
}

struct addr model_addr(unsigned int v, unsigned int nic, int family)
{
	return place(v, nic, 4, family);
}

/* Near the spaces and the reserved ranges, or somewhere else */
struct addr model_random_addr(int family)
{
	static const char *const outside[] = {
		"10.200.0.1", "100.64.0.1", "8.8.8.8", "192.168.200.7",
	};
	unsigned int v = rand() % VNETS, n = rand() % 4;
	struct addr addr;

	if (rand() % 3)
		return place(v, n, rand() % 2 ? 4 : rand() % 8, family);
	if (family == AF_INET) {
		addr_parse(outside[rand() % ARRAY_SIZE(outside)], &addr);
		return addr;
	}
	addr = place(v, n, 4, family);
	addr.bytes[1] = rand() % 2 ? 1 : 0;
	return addr;
}

/* Even groups are of IPv4. */
uint32_t model_random_group(int family)
{
	unsigned int i = rand() % (GROUPS / 2) * 2 + (family == AF_INET6);

	return model.group[i].id;
}

static void init_group(struct group *group, unsigned int i)
{
	int family = i % 2 ? AF_INET6 : AF_INET;
	unsigned int first = rand() % (VNETS * 4), j;

	group->id = 1000 + 10 * i;
	group->n = 1 + rand() % GROUP_HOPS;
	for (j = 0; j < group->n; j++) {
		/* distinct; number 3 of a VNet is nobody */
		unsigned int hop = (first + 5 * j) % (VNETS * 4);

		group->hop[j].vnet = hop / 4;
		group->hop[j].addr = model_addr(hop / 4, hop % 4, family);
	}
}

void model_init(void)
{
	unsigned int v, i;

	for (v = 0; v < VNETS; v++) {
		prefix_parse(plan[v].space[0], &parsed[v][0]);
		prefix_parse(plan[v].space[1], &parsed[v][1]);
		for (i = 0; i < NICS; i++)
			model.vnet[v].nic[i] = (struct nic){ true, true, 0 };
	}
	for (i = 0; i < GROUPS; i++)
		init_group(&model.group[i], i);
}

static struct route *find(unsigned int v, unsigned int table,
			  const struct prefix *prefix)
{
	struct table *t = &model.vnet[v].table[table];
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (prefix_equal(&t->route[i].prefix, prefix))
			return &t->route[i];
	return NULL;
}

void model_put(unsigned int v, unsigned int table, const struct route *route)
{
	struct route *old = find(v, table, &route->prefix);
	struct table *t = &model.vnet[v].table[table];

	if (old)
		*old = *route;
	else if (t->n < ROUTES_MAX)
		t->route[t->n++] = *route;
}

void model_del(unsigned int v, unsigned int table, unsigned int i)
{
	struct table *t = &model.vnet[v].table[table];

	t->route[i] = t->route[--t->n];
}

/*
 * The rules
 */

/* Who asks */
struct asker {
	unsigned int v, n;
	int family;
	bool has_user;
	unsigned int user;		/* table */
	uint32_t flags;			/* of the subnet */
	unsigned int bgp;		/* whose BGP table counts */
};

static bool connected(unsigned int v, unsigned int w)
{
	return model.side[v][w].there && model.side[w][v].there;
}

static bool accesses(unsigned int v, unsigned int w)
{
	return connected(v, w) &&
	       model.side[v][w].flags & VNET_PEERING_F_VNET_ACCESS;
}

static bool uses_gateways(unsigned int v, unsigned int w)
{
	return connected(v, w) && model.side[v][w].flags &
				  VNET_PEERING_F_USE_REMOTE_GATEWAYS &&
	       model.side[w][v].flags & VNET_PEERING_F_GATEWAY_TRANSIT;
}

static struct asker make_asker(unsigned int v, unsigned int n, int family)
{
	struct asker a = { .v = v, .n = n, .family = family, .bgp = v };
	const struct subnet *subnet;
	unsigned int w;

	for (w = 0; w < VNETS; w++)
		if (uses_gateways(v, w))
			a.bgp = w;
	/* A NIC without addresses is in no subnet. */
	if (n >= 2 || !model.vnet[v].nic[n].owns)
		return a;
	subnet = &model.vnet[v].subnet[n][family == AF_INET6];
	a.has_user = subnet->has_table;
	a.user = TABLE_USER + n;
	a.flags = subnet->flags;
	return a;
}

static bool is_reserved(const struct route *route)
{
	return route->kind == KIND_NONE && route->protocol == RTPROT_KERNEL;
}

/* Equal to or inside a row of @v's own, or of a peer that counts */
static bool inside(unsigned int v, const struct prefix *prefix,
		   bool (*counts)(unsigned int peer, unsigned int v))
{
	const struct table *t = &model.vnet[v].table[TABLE_SYSTEM];
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const struct route *route = &t->route[i];

		if (prefix_covers(&route->prefix, prefix) &&
		    (route->kind == KIND_LOCAL ||
		     (route->kind == KIND_PEER && counts(route->peer, v))))
			return true;
	}
	return false;
}

static bool in_space(const struct asker *a, const struct prefix *prefix)
{
	return inside(a->v, prefix, connected);
}

/* What the route server whose routes it has announces by itself */
static bool is_announced(const struct asker *a, const struct prefix *prefix)
{
	return a->bgp != a->v && inside(a->bgp, prefix, uses_gateways);
}

static const struct group *group_of(const struct route *route)
{
	return &model.group[(route->group - 1000) / 10];
}

/* Number of the NIC of @v that owns an address, or -1 */
static int owner(unsigned int v, const struct addr *addr)
{
	struct addr own;
	unsigned int n;

	for (n = 0; n < NICS; n++) {
		own = model_addr(v, n, addr->family);
		if (model.vnet[v].nic[n].owns && addr_equal(&own, addr))
			return n;
	}
	return -1;
}

enum alive { ALIVE, OWN, DOWN, GONE };

static bool is_asker(const struct asker *a, const struct hop *hop)
{
	return hop->vnet == a->v && owner(a->v, &hop->addr) == (int)a->n;
}

static enum alive hop_alive(const struct asker *a, const struct hop *hop)
{
	int n = owner(hop->vnet, &hop->addr);

	if (n < 0)
		return GONE;
	if (!model.vnet[hop->vnet].nic[n].up)
		return DOWN;
	return is_asker(a, hop) ? OWN : ALIVE;
}

static unsigned int hops_reason(const struct asker *a,
				const struct route *route)
{
	bool takes_own = model.vnet[a->v].nic[a->n].flags &
			 VNET_NIC_F_OWN_ROUTES;
	const struct group *group = group_of(route);
	bool kept = a->flags & VNET_SUBNET_F_KEEP_LOST;
	enum alive best = GONE, is;
	bool own = false;
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		is = hop_alive(a, &group->hop[i]);
		if (is == OWN)
			return takes_own ? VNET_REASON_NONE :
					   VNET_REASON_OWN_NEXT_HOP;
		best = is < best ? is : best;
		own |= is_asker(a, &group->hop[i]);
	}
	switch (best) {
	case ALIVE:
		return VNET_REASON_NONE;
	case DOWN:
		if (kept && own && !takes_own)
			return VNET_REASON_OWN_NEXT_HOP;
		return kept ? VNET_REASON_NONE : VNET_REASON_NEXT_HOP_DOWN;
	default:
		return kept ? VNET_REASON_NONE : VNET_REASON_NEXT_HOP_GONE;
	}
}

static unsigned int bgp_filter(const struct asker *a, const struct route *route)
{
	uint32_t off = route->protocol == VNET_PROTO_GATEWAY ?
		       VNET_SUBNET_F_NO_GATEWAY :
		       VNET_SUBNET_F_NO_ROUTE_SERVER;

	if (a->flags & (off | VNET_SUBNET_F_NO_PROPAGATION))
		return VNET_REASON_NO_PROPAGATION;
	if ((in_space(a, &route->prefix) ||
	     is_announced(a, &route->prefix)) &&
	    !(a->flags & VNET_SUBNET_F_BGP_INSIDE))
		return VNET_REASON_INSIDE_SPACE;
	return hops_reason(a, route);
}

static bool overridden(const struct asker *a)
{
	struct prefix any = { .addr = model_random_addr(a->family) };
	const struct route *route = NULL;

	any = prefix_make(&any.addr, 0);
	if (a->has_user)
		route = find(a->v, a->user, &any);
	if (route)
		return route->kind == KIND_HOPS;
	route = find(a->bgp, TABLE_BGP, &any);
	return route && bgp_filter(a, route) == VNET_REASON_NONE;
}

static unsigned int system_filter(const struct asker *a,
				  const struct route *route)
{
	if (route->kind == KIND_PEER && !connected(a->v, route->peer))
		return VNET_REASON_NOT_PEERED;
	if (!is_reserved(route))
		return VNET_REASON_NONE;
	if (in_space(a, &route->prefix))
		return VNET_REASON_SPACE_COVERS;
	return overridden(a) ? VNET_REASON_DEFAULT_OVERRIDDEN :
			       VNET_REASON_NONE;
}

static unsigned int filter(const struct asker *a, unsigned int class,
			   const struct route *route)
{
	switch (class) {
	case VNET_CLASS_BGP:
		return bgp_filter(a, route);
	case VNET_CLASS_SYSTEM:
		return system_filter(a, route);
	default:
		return VNET_REASON_NONE;
	}
}

static unsigned int type_of(const struct asker *a, unsigned int class,
			    const struct route *route)
{
	switch (route->kind) {
	case KIND_LOCAL:
		return VNET_HOP_VNET_LOCAL;
	case KIND_PEER:
		return connected(a->v, route->peer) &&
		       !accesses(a->v, route->peer) ? VNET_HOP_NONE :
						      VNET_HOP_PEERING;
	case KIND_INTERNET:
		return VNET_HOP_INTERNET;
	case KIND_HOPS:
		return class == VNET_CLASS_BGP ||
		       route->protocol == VNET_PROTO_GATEWAY ?
		       VNET_HOP_GATEWAY : VNET_HOP_APPLIANCE;
	default:
		return VNET_HOP_NONE;
	}
}

static struct table *class_table(const struct asker *a, unsigned int class)
{
	switch (class) {
	case VNET_CLASS_SYSTEM:
		return &model.vnet[a->v].table[TABLE_SYSTEM];
	case VNET_CLASS_BGP:
		return &model.vnet[a->bgp].table[TABLE_BGP];
	default:
		return a->has_user ? &model.vnet[a->v].table[a->user] : NULL;
	}
}

static struct row judge(const struct asker *a, unsigned int class,
			const struct route *route)
{
	struct row row = {
		.prefix = route->prefix,
		.class = class,
		.type = type_of(a, class, route),
		.table = class == VNET_CLASS_USER ? a->user : class,
		.reason = filter(a, class, route),
	};
	const struct route *bgp = find(a->bgp, TABLE_BGP, &route->prefix);

	if (row.reason == VNET_REASON_NEXT_HOP_GONE ||
	    row.reason == VNET_REASON_NEXT_HOP_DOWN)
		row.state = VNET_ROUTE_INVALID;
	else if (row.reason)
		row.state = VNET_ROUTE_HIDDEN;
	else if (class < VNET_CLASS_USER && a->has_user &&
		 find(a->v, a->user, &route->prefix))
		row.reason = VNET_REASON_USER_WINS;
	else if (class < VNET_CLASS_BGP && bgp && !bgp_filter(a, bgp))
		row.reason = VNET_REASON_BGP_WINS;
	if (row.reason == VNET_REASON_USER_WINS ||
	    row.reason == VNET_REASON_BGP_WINS)
		row.state = VNET_ROUTE_INVALID;
	return row;
}

void model_rows(unsigned int v, unsigned int nic, int family,
		struct rows *rows)
{
	struct asker a = make_asker(v, nic, family);
	unsigned int class, i;

	rows->n = 0;
	for (class = 0; class <= VNET_CLASS_MAX; class++) {
		const struct table *t = class_table(&a, class);

		for (i = 0; t && i < t->n; i++)
			if (t->route[i].prefix.addr.family == family &&
			    rows->n < ROWS_MAX)
				rows->row[rows->n++] =
					judge(&a, class, &t->route[i]);
	}
}

/*
 * Lookups
 */

static const struct route *best(const struct asker *a, const struct addr *dst,
				unsigned int *class)
{
	const struct route *found = NULL;
	unsigned int c, i;

	for (c = 0; c <= VNET_CLASS_MAX; c++) {
		const struct table *t = class_table(a, c);

		for (i = 0; t && i < t->n; i++) {
			const struct route *route = &t->route[i];

			if (!prefix_contains(&route->prefix, dst) ||
			    (found && found->prefix.len > route->prefix.len) ||
			    filter(a, c, route))
				continue;
			found = route;
			*class = c;
		}
	}
	return found;
}

static unsigned int receive(const struct asker *a, unsigned int w, int n,
			    const struct addr *dst)
{
	const struct nic *nic = &model.vnet[w].nic[n];

	if (w == a->v && n == (int)a->n)
		return VNET_DROP_SAME_NIC;
	if (!nic->up)
		return VNET_DROP_NIC_DOWN;
	if (!(nic->flags & VNET_NIC_F_FORWARDING) && owner(w, dst) != n)
		return VNET_DROP_NOT_FORWARDING;
	return VNET_DROP_NONE;
}

/* From @a's VNet into @w */
static unsigned int cross(const struct asker *a, unsigned int w,
			  const struct addr *src)
{
	if (!src || prefix_contains(model_spaces(a->v, a->family), src) ||
	    model.side[w][a->v].flags & VNET_PEERING_F_FORWARDED_TRAFFIC)
		return VNET_DROP_NONE;
	return VNET_DROP_FORWARDED;
}

/*
 * The peer whose row is the longest of the system's for an address, or -1.
 * Where a reserved range is longer, either a space covers it or there is no
 * peer.
 */
static int peer_towards(const struct asker *a, const struct addr *addr)
{
	const struct table *t = &model.vnet[a->v].table[TABLE_SYSTEM];
	const struct route *found = NULL;
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (prefix_contains(&t->route[i].prefix, addr) &&
		    !is_reserved(&t->route[i]) &&
		    (!found || found->prefix.len < t->route[i].prefix.len))
			found = &t->route[i];
	return found && found->kind == KIND_PEER ? (int)found->peer : -1;
}

/* Of this VNet or of another, be it peered or not */
static bool in_any_space(const struct asker *a, const struct addr *addr)
{
	const struct table *t = &model.vnet[a->v].table[TABLE_SYSTEM];
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (prefix_contains(&t->route[i].prefix, addr) &&
		    (t->route[i].kind == KIND_LOCAL ||
		     t->route[i].kind == KIND_PEER))
			return true;
	return false;
}

static unsigned int to_hop(const struct asker *a, const struct hop *hop,
			   const struct addr *dst, const struct addr *src)
{
	int n = owner(hop->vnet, &hop->addr);
	unsigned int drop;

	if (hop->vnet != a->v) {
		if (peer_towards(a, &hop->addr) != (int)hop->vnet ||
		    !accesses(a->v, hop->vnet))
			return VNET_DROP_UNREACHABLE;
		drop = cross(a, hop->vnet, src);
		if (drop)
			return drop;
	}
	return n < 0 ? VNET_DROP_NEXT_HOP_GONE :
		       receive(a, hop->vnet, n, dst);
}

/* The module chooses; one that is alive if there is one. */
static unsigned int to_hops(const struct asker *a,
			    const struct route *route, const struct addr *dst,
			    const struct addr *src, const struct addr *chosen,
			    struct answer *answer)
{
	const struct group *group = group_of(route);
	const struct hop *hop = NULL;
	bool any_alive = false;
	enum alive is = GONE;
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		is = hop_alive(a, &group->hop[i]);
		any_alive |= is == ALIVE || is == OWN;
		if (chosen && addr_equal(&group->hop[i].addr, chosen))
			hop = &group->hop[i];
	}
	answer->hop_ok = hop != NULL;
	if (!hop)
		return VNET_DROP_NEXT_HOP_GONE;
	is = hop_alive(a, hop);
	if (any_alive && is != ALIVE && is != OWN)
		answer->hop_ok = false;
	return to_hop(a, hop, dst, src);
}

static unsigned int to_nic(const struct asker *a, unsigned int w,
			   const struct addr *dst)
{
	int n = owner(w, dst);

	return n < 0 ? VNET_DROP_NO_NIC : receive(a, w, n, dst);
}

static unsigned int follow(const struct asker *a, unsigned int class,
			   const struct route *route, const struct addr *dst,
			   const struct addr *src, const struct addr *chosen,
			   struct answer *answer)
{
	unsigned int drop;

	switch (type_of(a, class, route)) {
	case VNET_HOP_VNET_LOCAL:
		return to_nic(a, a->v, dst);
	case VNET_HOP_PEERING:
		drop = cross(a, route->peer, src);
		return drop ? drop : to_nic(a, route->peer, dst);
	case VNET_HOP_INTERNET:
		return in_any_space(a, dst) ? VNET_DROP_NO_ROUTE :
					      VNET_DROP_NONE;
	case VNET_HOP_NONE:
		return VNET_DROP_NEXT_HOP_NONE;
	default:
		return to_hops(a, route, dst, src, chosen, answer);
	}
}

void model_lookup(unsigned int v, unsigned int nic, const struct addr *dst,
		  const struct addr *src, const struct addr *hop,
		  struct answer *answer)
{
	struct asker a = make_asker(v, nic, dst->family);
	const struct nic *sender = &model.vnet[v].nic[nic];
	const struct route *route;
	unsigned int class = 0;

	*answer = (struct answer){ .hop_ok = true };
	route = best(&a, dst, &class);
	answer->drop = VNET_DROP_NO_ROUTE;
	if (route) {
		answer->found = true;
		answer->route = judge(&a, class, route);
		answer->drop = follow(&a, class, route, dst, src, hop, answer);
	}
	if (!sender->owns)
		answer->drop = VNET_DROP_UNCONFIGURED;
	else if (src && !(sender->flags & VNET_NIC_F_FORWARDING) &&
		 owner(v, src) != (int)nic)
		answer->drop = VNET_DROP_SPOOFED_ADDR;
}
