// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System and user-defined routes: rows that follow from the description. They
 * are few, a dump of each table tells what there is.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "fib/rtm.h"
#include "fib/state.h"
#include "lib/util.h"

#define METRIC_IPV6	1024	/* what the kernel takes when none is given */

/* The ranges that Azure drops unless something says otherwise, IPv4 only */
static const struct {
	uint32_t addr;
	uint8_t len;
} reserved[] = {
	{ 0x0a000000, 8 },
	{ 0x64400000, 10 },
	{ 0xac100000, 12 },
	{ 0xc0a80000, 16 },
};

enum row_state {
	ROW_MISSING,
	ROW_WRONG,			/* ours, to be replaced */
	ROW_RIGHT,
	ROW_FOREIGN,			/* somebody else's is in its place */
};

struct row {
	struct rtm_route route;
	enum row_state state;
};

struct rows {
	uint32_t system;		/* the VNet's table */
	struct row *wanted;
	size_t n_wanted;
	struct row **by_key;		/* the same, to find one by */
	struct rtm_route *stale;	/* ours and not wanted */
	size_t n_stale;
};

static struct prefix reserved_prefix(size_t i)
{
	struct addr addr = addr_from_v4(reserved[i].addr);

	return prefix_make(&addr, reserved[i].len);
}

/*
 * What is wanted
 */

static void want_row(struct rows *rows, const struct rtm_route *route)
{
	struct row *row;

	rows->wanted = xreallocarray(rows->wanted, rows->n_wanted + 1,
				     sizeof(*rows->wanted));
	row = &rows->wanted[rows->n_wanted++];
	*row = (struct row){ .route = *route };
	if (route->prefix.addr.family == AF_INET6)
		row->route.metric = METRIC_IPV6;
}

static bool is_among(const struct prefix *spaces, size_t n,
		     const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (prefix_equal(&spaces[i], prefix))
			return true;
	}
	return false;
}

/*
 * The kernel takes no route through a device that is down. The VNet's own is up
 * before there are rows, but that is perhaps not known yet.
 */
static int if_up(const struct vnet *vnet, int ifindex)
{
	const struct rtm_link *link;

	if (ifindex == vnet->ifindex)
		return ifindex;
	link = links_by_index(&vnet->fib->links, ifindex);
	return link && link->up ? ifindex : 0;
}

/* Rows into a peer wait for its device. */
static int way_into(const struct vnet *vnet, const struct fib_peering *side)
{
	return if_up(vnet, peering_ifindex(vnet, side));
}

/* Whether there is a row for a prefix as an address space. */
static bool is_space(const struct vnet *vnet, const struct prefix *prefix)
{
	const struct fib_vnet *spec = vnet->spec;
	size_t i;

	for (i = 0; i < spec->n_peerings; i++) {
		if (way_into(vnet, &spec->peerings[i]) &&
		    is_among(spec->peerings[i].spaces,
			     spec->peerings[i].n_spaces, prefix))
			return true;
	}
	return is_among(spec->spaces, spec->n_spaces, prefix);
}

static bool has_family(const struct fib_vnet *spec, int family)
{
	size_t i;

	for (i = 0; i < spec->n_spaces; i++) {
		if (spec->spaces[i].addr.family == family)
			return true;
	}
	return false;
}

static void want_reserved(struct rows *rows, const struct vnet *vnet)
{
	struct rtm_route route = {
		.table = vnet->spec->table,
		.protocol = RTPROT_KERNEL,
		.type = RTM_ROUTE_BLACKHOLE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		route.prefix = reserved_prefix(i);
		if (!is_space(vnet, &route.prefix))
			want_row(rows, &route);
	}
}

/* To the device @internet, and there to who is known to be the way out. */
static void lead_out(struct rtm_route *route, const struct fib_vnet *spec,
		     int internet)
{
	route->ifindex = internet;
	route->gateway = route->prefix.addr.family == AF_INET ?
			 spec->gateway4 : spec->gateway6;
}

static void want_default(struct rows *rows, const struct fib_vnet *spec,
			 int family, int internet)
{
	static const uint8_t zero[16];
	struct addr any = addr_make(family, zero);
	struct rtm_route route = {
		.prefix = prefix_make(&any, 0),
		.table = spec->table,
		.protocol = FIB_PROTO_CONFIG,
	};

	lead_out(&route, spec, internet);
	if (internet && has_family(spec, family))
		want_row(rows, &route);
}

static void want_peering(struct rows *rows, const struct vnet *vnet,
			 const struct fib_peering *side)
{
	struct rtm_route route = {
		.table = vnet->spec->table,
		.protocol = FIB_PROTO_CONFIG,
		.ifindex = way_into(vnet, side),
	};
	size_t i;

	for (i = 0; route.ifindex && i < side->n_spaces; i++) {
		route.prefix = side->spaces[i];
		want_row(rows, &route);
	}
}

static void want_system(struct rows *rows, const struct vnet *vnet,
			int internet)
{
	const struct fib_vnet *spec = vnet->spec;
	struct rtm_route route = {
		.table = spec->table,
		.protocol = FIB_PROTO_CONFIG,
		.ifindex = vnet->ifindex,
	};
	size_t i;

	for (i = 0; i < spec->n_spaces; i++) {
		route.prefix = spec->spaces[i];
		want_row(rows, &route);
	}
	for (i = 0; i < spec->n_peerings; i++)
		want_peering(rows, vnet, &spec->peerings[i]);
	want_default(rows, spec, AF_INET, internet);
	want_default(rows, spec, AF_INET6, internet);
	want_reserved(rows, vnet);
}

/*
 * What needs a device that is not there drops its packets until it is: whoever
 * wrote it wants no other way.
 */
static void want_user(struct rows *rows, const struct vnet *vnet,
		      const struct fib_user_table *table,
		      const struct fib_user_route *user, int internet)
{
	struct rtm_route route = {
		.prefix = user->prefix,
		.table = table->table,
		.protocol = FIB_PROTO_CONFIG,
		.ifindex = vnet->ifindex,
	};

	switch (user->type) {
	case FIB_USER_APPLIANCE:
		route.gateway = user->next_hop;
		route.ifindex = if_up(vnet, peering_hop_ifindex(vnet,
							&user->next_hop));
		break;
	case FIB_USER_VNET_LOCAL:
		break;
	case FIB_USER_INTERNET:
		lead_out(&route, vnet->spec, internet);
		break;
	case FIB_USER_NONE:
		route.ifindex = 0;
		break;
	}
	if (!route.ifindex) {
		route.gateway = (struct addr){ 0 };
		route.type = RTM_ROUTE_BLACKHOLE;
	}
	want_row(rows, &route);
}

static void want_all(struct rows *rows, const struct vnet *vnet)
{
	const struct fib_vnet *spec = vnet->spec;
	const struct rtm_link *link;
	int internet = 0;
	size_t i, j;

	link = links_by_name(&vnet->fib->links, spec->internet);
	if (link && link->up)
		internet = link->ifindex;
	want_system(rows, vnet, internet);
	for (i = 0; i < spec->n_tables; i++) {
		for (j = 0; j < spec->tables[i].n_routes; j++)
			want_user(rows, vnet, &spec->tables[i],
				  &spec->tables[i].routes[j], internet);
	}
}

static int compare_keys(const struct rtm_route *a, const struct rtm_route *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return prefix_cmp(&a->prefix, &b->prefix);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return compare_keys(&(*x)->route, &(*y)->route);
}

static void sort_rows(struct rows *rows)
{
	size_t i;

	rows->by_key = xcalloc(rows->n_wanted + 1, sizeof(struct row *));
	for (i = 0; i < rows->n_wanted; i++)
		rows->by_key[i] = &rows->wanted[i];
	qsort(rows->by_key, rows->n_wanted, sizeof(struct row *), compare_rows);
}

/*
 * What there is
 */

/* The kernel gives a blackhole a device of its own choice. */
static bool same_route(const struct rtm_route *a, const struct rtm_route *b)
{
	if (a->type != b->type || a->multipath || b->multipath ||
	    a->nhid != b->nhid)
		return false;
	if (a->type == RTM_ROUTE_BLACKHOLE)
		return a->protocol == b->protocol;
	return a->ifindex == b->ifindex && addr_equal(&a->gateway, &b->gateway);
}

static bool is_ours(const struct rtm_route *route)
{
	struct prefix prefix;
	size_t i;

	if (route->protocol == FIB_PROTO_CONFIG)
		return true;
	if (route->protocol != RTPROT_KERNEL ||
	    route->type != RTM_ROUTE_BLACKHOLE)
		return false;
	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		prefix = reserved_prefix(i);
		if (prefix_equal(&prefix, &route->prefix))
			return true;
	}
	return false;
}

static int compare_with_row(const void *route, const void *row)
{
	return compare_keys(route, &(*(struct row *const *)row)->route);
}

static struct row *find_row(const struct rows *rows,
			    const struct rtm_route *route)
{
	struct row **found = NULL;

	if (rows->n_wanted)
		found = bsearch(route, rows->by_key, rows->n_wanted,
				sizeof(*found), compare_with_row);
	return found ? *found : NULL;
}

/*
 * It was there before the module read the VNet's table, and could not be
 * refused. So it is deleted and put there again, and now the module can. A
 * route table of which rows are idle is refused as a whole.
 */
static bool is_idle(const struct rows *rows, const struct row *row,
		    const struct rtm_route *is)
{
	return is->table == rows->system && is->offload_failed && is_ours(is) &&
	       same_route(&row->route, is);
}

static void compare_row(const struct nlmsghdr *nlh, void *arg)
{
	struct rows *rows = arg;
	struct rtm_route is;
	struct row *row;

	if (!rtm_get_route(nlh, &is) || is.type == RTM_ROUTE_OTHER)
		return;
	row = find_row(rows, &is);
	if (row && !is_idle(rows, row, &is)) {
		if (same_route(&row->route, &is))
			row->state = ROW_RIGHT;
		else
			row->state = is_ours(&is) ? ROW_WRONG : ROW_FOREIGN;
		return;
	}
	if (!is_ours(&is))
		return;
	rows->stale = xreallocarray(rows->stale, rows->n_stale + 1,
				    sizeof(*rows->stale));
	rows->stale[rows->n_stale++] = is;
}

/* A table that nothing was ever put into is not there: that is no error. */
static bool compare_table(struct vnet *vnet, struct rows *rows, uint32_t table)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct netlink_error err;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (netlink_dump(&vnet->fib->talk,
				 rtm_dump_routes(buf, families[i], table),
				 compare_row, rows, &err) < 0 &&
		    err.error != ENOENT) {
			vnet_unread(vnet, "routes", &err);
			return false;
		}
	}
	return true;
}

static bool compare_tables(struct vnet *vnet, struct rows *rows,
			   const struct fib_vnet *spec)
{
	bool ok = compare_table(vnet, rows, spec->table);
	size_t i;

	for (i = 0; i < spec->n_tables; i++)
		ok = ok && compare_table(vnet, rows, spec->tables[i].table);
	return ok;
}

/*
 * Changes
 */

/* Whether it is there in the end. */
static bool put_row(struct vnet *vnet, struct row *row)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8))), text[PREFIX_STRLEN];
	uint16_t flags = NLM_F_CREATE;

	prefix_format(&row->route.prefix, text);
	switch (row->state) {
	case ROW_RIGHT:
		return true;
	case ROW_FOREIGN:
		vnet_problem(vnet, "%s: another route is in table %u", text,
			     row->route.table);
		return false;
	case ROW_MISSING:
		flags |= NLM_F_EXCL;
		break;
	case ROW_WRONG:
		flags |= NLM_F_REPLACE;
		break;
	}
	if (!vnet_request(vnet, text, rtm_put_route(buf, flags, &row->route)))
		return false;
	row->state = ROW_RIGHT;
	return true;
}

static void delete_row(struct vnet *vnet, const struct rtm_route *route)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8))), text[PREFIX_STRLEN];

	vnet_request(vnet, prefix_format(&route->prefix, text),
		     rtm_del_route(buf, route));
}

/*
 * Whether all are there in the end. One that shrinks to a reserved range makes
 * room for what is inside it.
 */
static bool put_rows(struct vnet *vnet, struct rows *rows)
{
	bool all = true;
	size_t i;

	for (i = 0; i < rows->n_wanted; i++) {
		if (rows->wanted[i].state == ROW_WRONG)
			put_row(vnet, &rows->wanted[i]);
	}
	for (i = 0; i < rows->n_wanted; i++)
		all = put_row(vnet, &rows->wanted[i]) && all;
	return all;
}

/*
 * Address spaces may not overlap, not even for a moment. User-defined routes
 * may: there, what is to go stays until what takes its place is there, and no
 * packet goes past an appliance in between.
 */
static bool in_the_way(const struct vnet *vnet, const struct rows *rows,
		       const struct rtm_route *stale)
{
	size_t i;

	if (stale->table != vnet->spec->table)
		return false;
	for (i = 0; i < rows->n_wanted; i++) {
		const struct row *row = &rows->wanted[i];

		if ((row->state == ROW_MISSING || row->state == ROW_WRONG) &&
		    row->route.table == stale->table &&
		    row->route.type == stale->type &&
		    prefix_overlaps(&row->route.prefix, &stale->prefix))
			return true;
	}
	return false;
}

static void delete_stale(struct vnet *vnet, struct rows *rows, bool all)
{
	size_t i;

	for (i = 0; i < rows->n_stale; i++) {
		if (rows->stale[i].table && (all ||
		    in_the_way(vnet, rows, &rows->stale[i]))) {
			delete_row(vnet, &rows->stale[i]);
			rows->stale[i].table = 0;
		}
	}
}

/* A table that is full takes what comes when what goes is gone. */
static void change_rows(struct vnet *vnet, struct rows *rows)
{
	char problem[sizeof(vnet->problem)];
	bool all;

	delete_stale(vnet, rows, false);
	memcpy(problem, vnet->problem, sizeof(problem));
	all = put_rows(vnet, rows);
	delete_stale(vnet, rows, true);
	if (!all && rows->n_stale) {
		memcpy(vnet->problem, problem, sizeof(problem));
		put_rows(vnet, rows);
	}
}

static void free_rows(struct rows *rows)
{
	free(rows->wanted);
	free(rows->by_key);
	free(rows->stale);
}

/* Address spaces that are there before we do anything are of an earlier run. */
static void look(struct vnet *vnet, const struct rows *rows)
{
	const struct row *row;

	for (row = rows->wanted; row < rows->wanted + rows->n_wanted; row++) {
		if (row->state != ROW_RIGHT ||
		    row->route.ifindex != vnet->ifindex ||
		    !is_among(vnet->spec->spaces, vnet->spec->n_spaces,
			      &row->route.prefix))
			continue;
		if (row->route.prefix.addr.family == AF_INET)
			vnet->kept4 = true;
		else
			vnet->kept6 = true;
	}
	vnet->looked = true;
}

void rows_apply(struct vnet *vnet)
{
	struct rows rows = { .system = vnet->spec->table };

	want_all(&rows, vnet);
	sort_rows(&rows);
	if (compare_tables(vnet, &rows, vnet->spec)) {
		if (!vnet->looked)
			look(vnet, &rows);
		change_rows(vnet, &rows);
	}
	free_rows(&rows);
}

void rows_release(struct vnet *vnet)
{
	struct rows rows = { 0 };

	compare_tables(vnet, &rows, vnet->spec);
	delete_stale(vnet, &rows, true);
	free_rows(&rows);
}

/*
 * Route tables that are left
 */

static bool has_table(const struct fib_vnet *spec, uint32_t table)
{
	size_t i;

	for (i = 0; i < spec->n_tables; i++) {
		if (spec->tables[i].table == table)
			return true;
	}
	return false;
}

void rows_leave(struct vnet *vnet, const struct fib_vnet *spec)
{
	const struct fib_vnet *old = vnet->spec;
	size_t i;

	for (i = 0; i < old->n_tables; i++) {
		if (has_table(spec, old->tables[i].table))
			continue;
		vnet->left = xreallocarray(vnet->left, vnet->n_left + 1,
					   sizeof(*vnet->left));
		vnet->left[vnet->n_left++] = old->tables[i].table;
	}
}

/* Whether a table has come back, or has become another VNet's. */
static bool is_in_use(const struct fib *fib, uint32_t table)
{
	struct vnet *vnet, *tmp;

	HASH_ITER(hh, fib->vnets, vnet, tmp) {
		if (vnet->spec->table == table || has_table(vnet->spec, table))
			return true;
	}
	return false;
}

void rows_empty_left(struct vnet *vnet)
{
	struct rows rows = { 0 };
	uint32_t table;

	for (; vnet->n_left > 0; vnet->n_left--) {
		table = vnet->left[vnet->n_left - 1];
		if (!is_in_use(vnet->fib, table) &&
		    !compare_table(vnet, &rows, table))
			break;
	}
	delete_stale(vnet, &rows, true);
	free_rows(&rows);
}
