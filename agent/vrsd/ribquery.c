// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers about the tables. A query is a list of walks, one for each table,
 * family and, where it matters, peer; they are gone through one after the
 * other, a batch of rows at a time, while the tables go on changing. One for
 * counters has a part for each peer.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"

struct part {
	struct ribs_vnet *vnet;		/* NULL: gone since */
	struct ribs_peer *peer;		/* NULL: all of the table */
	enum bgp_af af;
};

struct query {
	struct query *next;
	uint32_t id;
	enum query_kind kind;
	enum rib_view view;
	struct rib_map *map;		/* QUERY_POLICY: held */
	struct part *parts;
	size_t n_parts;
	size_t at;			/* the part that is being walked */
	struct rib_walk *walk;		/* of it, NULL: not yet begun */
	size_t rows;			/* in this batch */
};

static struct query *queries;

static const enum rib_view views[QUERY_KINDS] = {
	[QUERY_LEARNED] = RIB_VIEW_LEARNED,
	[QUERY_ADVERTISED] = RIB_VIEW_ADVERTISED,
	[QUERY_LOC_RIB] = RIB_VIEW_LOC,
	[QUERY_POLICY] = RIB_VIEW_LEARNED,
};

static void add_parts(struct query *query, struct ribs_vnet *vnet,
		      struct ribs_peer *peer)
{
	unsigned int n = query->kind == QUERY_COUNTS ? 1 : BGP_AF_COUNT;
	enum bgp_af af;

	query->parts = xreallocarray(query->parts, query->n_parts + n,
				     sizeof(*query->parts));
	for (af = 0; af < n; af++)
		query->parts[query->n_parts++] = (struct part){
			.vnet = vnet,
			.peer = peer,
			.af = af,
		};
}

static void plan_vnet(struct query *query, struct ribs_vnet *vnet,
		      const char *neighbor)
{
	struct ribs_peer *peer = NULL;

	if (!neighbor[0] && query->view != RIB_VIEW_ADVERTISED &&
	    query->view != RIB_VIEW_OFFERED) {
		add_parts(query, vnet, NULL);
		return;
	}
	while ((peer = ribpeer_next(peer)))
		if (peer->vnet == vnet &&
		    (!neighbor[0] || peer_is_neighbor(&peer->id, neighbor)))
			add_parts(query, vnet, peer);
}

static void plan_counts(struct query *query, const struct msg_query *msg)
{
	struct ribs_peer *peer = NULL;

	while ((peer = ribpeer_next(peer)))
		if (peer_asked_for(&peer->id, msg))
			add_parts(query, peer->vnet, peer);
}

static void plan(struct query *query, const struct msg_query *msg)
{
	struct ribs_vnet *vnet = NULL;

	if (msg->kind == QUERY_COUNTS) {
		plan_counts(query, msg);
		return;
	}
	while ((vnet = ribvnet_next(vnet)))
		if (!msg->vnet[0] || !strcmp(msg->vnet, vnet->conf->name))
			plan_vnet(query, vnet, msg->neighbor);
}

static void end_walk(struct query *query)
{
	if (query->walk)
		rib_walk_free(query->walk);
	query->walk = NULL;
}

static void query_free(struct query *query)
{
	struct query **p = &queries;

	while (*p != query)
		p = &(*p)->next;
	*p = query->next;
	end_walk(query);
	rib_map_put(query->map);
	free(query->parts);
	free(query);
}

static struct query *query_find(uint32_t id)
{
	struct query *query;

	for (query = queries; query; query = query->next)
		if (query->id == id)
			break;
	return query;
}

/*
 * Rows
 */

/* The VNet in the terms of a row that is not about a session. */
static void vnet_id(const struct ribs_vnet *vnet, struct row_peer_id *id)
{
	id->vni = vnet->vni;
	snprintf(id->vnet, sizeof(id->vnet), "%s", vnet->conf->name);
}

static bool in_use(enum rib_why why)
{
	return why == RIB_WHY_BEST || why == RIB_WHY_MULTIPATH ||
	       why == RIB_WHY_SAME_NEXT_HOP;
}

static void fill_why(struct row_route *row, const struct rib_row *from)
{
	char text[PREFIX_STRLEN];

	row->best = in_use(from->why);
	if (!row->best)
		snprintf(row->why, sizeof(row->why), "%s",
			 rib_why_name(from->why));
	else if (from->suppressed_by)
		snprintf(row->why, sizeof(row->why), "inside %s",
			 prefix_format(from->suppressed_by, text));
}

static enum row_route_state row_state(enum rib_route_state state)
{
	static const enum row_route_state states[] = {
		[RIB_ROUTE_NONE] = ROW_ROUTE_NONE,
		[RIB_ROUTE_PENDING] = ROW_ROUTE_PENDING,
		[RIB_ROUTE_INSTALLED] = ROW_ROUTE_INSTALLED,
		[RIB_ROUTE_FAILED] = ROW_ROUTE_FAILED,
	};

	return states[state];
}

/* Azure does not list what the loop check drops. */
static bool listed(const struct ribs_vnet *vnet, const struct rib_row *row)
{
	const struct conf_server *server = vnet->conf->server;

	return !server || server->profile != CONF_PROFILE_AZURE ||
	       row->why != RIB_WHY_LOOP;
}

static bool send_row(void *arg, const struct rib_row *from)
{
	struct query *query = arg;
	const struct part *part = &query->parts[query->at];
	const struct ribs_peer *peer = part->peer;
	struct msg_row_route msg = { .query = query->id };
	struct row_route *row = &msg.row;

	if (!listed(part->vnet, from))
		return true;
	if (!peer && from->peer)
		peer = ribpeer_find(from->peer->id);
	if (peer)
		row->id = peer->id;
	else
		vnet_id(part->vnet, &row->id);
	row->own = !from->peer;
	if (from->peer)
		row->source = from->peer->neighbor;
	row->prefix = from->prefix;
	row->path_id = from->path_id;
	row->stale = from->stale;
	row->state = row_state(from->state);
	row->error = from->error;
	if (from->error_text)
		snprintf(row->error_text, sizeof(row->error_text), "%s",
			 from->error_text);
	fill_why(row, from);
	msg.attrs_len = from->attrs->size;
	chan_send2(proc_chan(PROC_CONTROL), MSG_ROW_ROUTE, &msg, sizeof(msg),
		   from->attrs, msg.attrs_len);
	query->rows++;
	return true;
}

static size_t align4(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* Two sets of attributes, each where a number may lie. */
static void send_both(const struct msg_row_policy *msg,
		      const struct bgp_attrs *before,
		      const struct bgp_attrs *after)
{
	struct msg_row_policy head = *msg;
	uint8_t *dst;

	head.before_len = before->size;
	dst = chan_reserve(proc_chan(PROC_CONTROL), MSG_ROW_POLICY,
			   sizeof(head) + align4(before->size) + after->size);
	memcpy(dst, &head, sizeof(head));
	dst += sizeof(head);
	memset(dst, 0, align4(before->size));
	memcpy(dst, before, before->size);
	memcpy(dst + align4(before->size), after, after->size);
}

/* What the map would make of it; the row's strings are its VNet's. */
static bool send_policy_row(void *arg, const struct rib_row *from)
{
	struct query *query = arg;
	const struct part *part = &query->parts[query->at];
	bool out = query->view == RIB_VIEW_OFFERED;
	const struct ribs_peer *peer = part->peer;
	const struct bgp_attrs *before = out ? from->attrs : from->raw;
	struct msg_row_policy msg = { .query = query->id };
	struct rib_map_result result;

	if (!before)
		return true;
	if (!peer && from->peer)
		peer = ribpeer_find(from->peer->id);
	if (!peer)
		return true;
	result = rib_map_apply(query->map, before,
			       rib_map_class(query->map, &from->prefix),
			       out && peer->id.remote_as != peer->id.local_as ?
			       peer->id.local_as : 0);
	msg.row.id = peer->id;
	msg.row.network = from->prefix;
	msg.row.outcome = result.drop ? ROW_DROPPED :
			  result.replaced ? ROW_REPLACED :
			  result.attrs ? ROW_CHANGED : ROW_UNCHANGED;
	if (result.replaced)
		msg.row.prefix = *result.replaced;
	send_both(&msg, before, result.attrs ? result.attrs : before);
	free(result.attrs);
	query->rows++;
	return true;
}

static void count_part(struct query *query)
{
	const struct ribs_peer *peer = query->parts[query->at].peer;
	struct msg_row_counts msg = { .query = query->id };
	struct rib_peer_stats stats;
	enum bgp_af af;

	query->rows++;
	if (!query->parts[query->at].vnet)
		return;
	msg.peer = peer->id.peer;
	for (af = 0; af < BGP_AF_COUNT; af++) {
		stats = rib_peer_stats(peer->rib, af);
		msg.learned += stats.learned;
		msg.advertised += stats.advertised;
		/* Others have their turn before the next table is walked. */
		if (stats.walked)
			query->rows = QUERY_BATCH;
	}
	chan_send(proc_chan(PROC_CONTROL), MSG_ROW_COUNTS, &msg, sizeof(msg));
}

/* Walk on; returns whether the part is not at its end. */
static bool walk_part(struct query *query)
{
	const struct part *part = &query->parts[query->at];

	if (!part->vnet)
		return false;
	if (!query->walk)
		query->walk = rib_walk_new(part->vnet->rib, part->af,
					   query->view,
					   part->peer ? part->peer->rib :
							NULL);
	if (rib_walk_run(query->walk, QUERY_BATCH - query->rows,
			 query->map ? send_policy_row : send_row, query))
		return true;
	end_walk(query);
	return false;
}

/*
 * About QUERY_BATCH prefixes, whether or not there is something to tell of
 * them, so that a view of a few out of many takes no longer turn than others.
 */
static void step(struct query *query)
{
	query->rows = 0;
	while (query->at < query->n_parts && query->rows < QUERY_BATCH) {
		if (query->kind == QUERY_COUNTS)
			count_part(query);
		else if (walk_part(query))
			break;
		query->at++;
	}
	if (query->at < query->n_parts) {
		chan_send(proc_chan(PROC_CONTROL), MSG_QUERY_BATCH,
			  &query->id, sizeof(query->id));
		return;
	}
	proc_query_end(query->id, 0, NULL);
	query_free(query);
}

/*
 * Queries
 */

static void send_status(const struct msg_query *query)
{
	struct msg_row_status msg = { .query = query->id };
	struct ribs_vnet *vnet = NULL;
	struct rib_stats stats;
	struct rib_mem mem;
	enum bgp_af af;

	proc_status(&msg.row);
	while ((vnet = ribvnet_next(vnet))) {
		rib_mem(vnet->rib, &mem);
		rib_stats(vnet->rib, &stats);
		msg.row.paths += mem.paths;
		msg.row.attributes += mem.attrs;
		for (af = 0; af < BGP_AF_COUNT; af++) {
			msg.row.prefixes += stats.prefixes[af];
			msg.row.failed += stats.failed[af];
		}
	}
	chan_send(proc_chan(PROC_CONTROL), MSG_ROW_STATUS, &msg, sizeof(msg));
}

static void begin_walks(const struct msg_query *msg)
{
	struct query *query = xcalloc(1, sizeof(*query));

	query->id = msg->id;
	query->kind = msg->kind;
	query->view = views[msg->kind];
	if (msg->kind == QUERY_POLICY) {
		query->map = rib_map_hold(ribvnet_map(msg->map));
		if (msg->outbound)
			query->view = RIB_VIEW_OFFERED;
	}
	query->next = queries;
	queries = query;
	plan(query, msg);
	step(query);
}

/* The others have asked for peers first: sessions know all that have some. */
static bool is_vnet(const char *name)
{
	struct ribs_vnet *vnet = NULL;

	while ((vnet = ribvnet_next(vnet)))
		if (!strcmp(name, vnet->conf->name))
			return true;
	return false;
}

/* What was named and is not there; false if all is. */
static bool refused(const struct msg_query *msg, char *text, size_t size)
{
	if (msg->kind == QUERY_POLICY && !ribvnet_map(msg->map))
		snprintf(text, size, "no route map \"%s\"", msg->map);
	else if (msg->kind == QUERY_LOC_RIB && msg->vnet[0] &&
		 !is_vnet(msg->vnet))
		snprintf(text, size, "no VNet \"%s\"", msg->vnet);
	else
		return false;
	return true;
}

void ribquery_begin(const struct msg_query *msg)
{
	char text[sizeof(msg->map) + 16];

	if (refused(msg, text, sizeof(text))) {
		proc_query_end(msg->id, ENOENT, text);
		return;
	}
	switch (msg->kind) {
	case QUERY_STATUS:
		send_status(msg);
		proc_query_end(msg->id, 0, NULL);
		break;
	case QUERY_POLICY:
	case QUERY_COUNTS:
	case QUERY_LEARNED:
	case QUERY_ADVERTISED:
	case QUERY_LOC_RIB:
		if (query_find(msg->id))
			proc_violation(PROC_CONTROL, MSG_QUERY);
		begin_walks(msg);
		break;
	default:
		proc_violation(PROC_CONTROL, MSG_QUERY);
	}
}

void ribquery_more(uint32_t id)
{
	struct query *query = query_find(id);

	if (query)
		step(query);
}

void ribquery_cancel(uint32_t id)
{
	struct query *query = query_find(id);

	if (query)
		query_free(query);
}

static void part_gone(struct query *query, size_t i)
{
	query->parts[i].vnet = NULL;
	if (i == query->at)
		end_walk(query);
}

void ribquery_peer_gone(const struct ribs_peer *peer)
{
	struct query *query;
	size_t i;

	for (query = queries; query; query = query->next)
		for (i = 0; i < query->n_parts; i++)
			if (query->parts[i].peer == peer)
				part_gone(query, i);
}

void ribquery_vnet_gone(const struct ribs_vnet *vnet)
{
	struct query *query;
	size_t i;

	for (query = queries; query; query = query->next)
		for (i = 0; i < query->n_parts; i++)
			if (query->parts[i].vnet == vnet)
				part_gone(query, i);
}
