// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Views in order of prefix over a table that has no order, in small steps.
 *
 * A walk first collects the ids of the prefixes that it will visit, into
 * buckets that divide the address space at a sample of prefixes. A bucket is
 * sorted only when its turn comes. What an id stands for is looked up when it
 * is visited, so rows show the state of that moment.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

#define BUCKETS		256
#define COLLECT_MAX	65536		/* prefixes in one step */

struct bucket {
	uint32_t *id;
	uint32_t n, size;
};

struct rib_walk {
	struct rib_walk *next;
	struct rib *rib;
	struct table *t;
	enum rib_view view;
	const struct rib_peer *peer;
	bool collected;
	uint32_t cursor;		/* collecting: next id */
	struct prefix first[BUCKETS];	/* lower bound of each but bucket 0 */
	uint32_t n_buckets;
	struct bucket bucket[BUCKETS];
	uint32_t at_bucket, at;		/* visiting: next of its ids */
	uint64_t row;			/* visiting: next row of the prefix */
};

static int sample_cmp(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static void sample(struct rib_walk *walk)
{
	const struct net_store *nets = &walk->t->nets;
	uint64_t end = net_end(nets);
	uint32_t i, id;

	for (i = 1; i < BUCKETS; i++) {
		id = net_next(nets, end * i / BUCKETS);
		if (id == NET_NONE)
			break;
		walk->first[i] = net_prefix(nets, net_get(nets, id));
	}
	walk->n_buckets = i;
	qsort(&walk->first[1], i - 1, sizeof(walk->first[0]), sample_cmp);
}

struct rib_walk *rib_walk_new(struct rib *rib, enum bgp_af af,
			      enum rib_view view, const struct rib_peer *peer)
{
	struct rib_walk *walk = xcalloc(1, sizeof(*walk));

	walk->rib = rib;
	walk->t = &rib->table[af];
	walk->view = view;
	walk->peer = peer;
	walk->next = rib->walks;
	rib->walks = walk;
	sample(walk);
	return walk;
}

static void bucket_free(struct bucket *bucket)
{
	free(bucket->id);
	*bucket = (struct bucket){ 0 };
}

static void stop(struct rib_walk *walk)
{
	uint32_t i;

	for (i = 0; i < BUCKETS; i++)
		bucket_free(&walk->bucket[i]);
	walk->collected = true;
	walk->at_bucket = walk->n_buckets;
}

void rib_walk_free(struct rib_walk *walk)
{
	struct rib_walk **link = &walk->rib->walks;

	while (*link != walk)
		link = &(*link)->next;
	*link = walk->next;
	stop(walk);
	free(walk);
}

void walk_peer_gone(struct rib *rib, const struct rib_peer *peer)
{
	struct rib_walk *walk;

	for (walk = rib->walks; walk; walk = walk->next) {
		if (walk->peer == peer)
			stop(walk);
	}
}

/* ---- what a walk is about -------------------------------------------- */

/*
 * The rows of a prefix are told in order of a number that stays the same
 * while the walk pauses: 0 for the best path, else from the peer's index and
 * the path's identifier.
 */
static bool path_row(const struct rib_walk *walk, const struct rib_path *path,
		     uint32_t path_id, uint64_t *row)
{
	bool used = path->why == RIB_WHY_BEST ||
		    path->why == RIB_WHY_MULTIPATH;

	if (path_void(walk->rib, walk->t->af, path))
		return false;
	*row = (path->peer * 2ull + path->summary + 1) << 32 | path_id;
	if (walk->view == RIB_VIEW_LOC) {
		if (path->why == RIB_WHY_BEST)
			*row = 0;
		return used;
	}
	return path->peer != PEER_OWN &&
	       (!walk->peer || walk->peer->index == path->peer);
}

/* The path of the next row; NULL: no more. */
static const struct rib_path *next_path(const struct rib_walk *walk,
					struct net *net, uint64_t *row)
{
	const uint32_t *ids = net_path_ids(&walk->t->nets, net);
	const struct rib_path *paths, *best = NULL;
	uint64_t this;
	uint32_t i, n;

	paths = net_paths(&walk->t->nets, net, &n);
	for (i = 0; i < n; i++) {
		if (!path_row(walk, &paths[i], ids ? ids[i] : 0, &this) ||
		    this < walk->row)
			continue;
		if (!best || this < *row) {
			best = &paths[i];
			*row = this;
		}
	}
	return best;
}

static bool is_outward(const struct rib_walk *walk)
{
	return walk->view == RIB_VIEW_ADVERTISED ||
	       walk->view == RIB_VIEW_OFFERED;
}

static const struct group *walk_group(const struct rib_walk *walk)
{
	return walk->peer->af[walk->t->af].group;
}

/* With ADD-PATH: what the peer's group has of a prefix. */
static uint32_t sent_paths(const struct rib_walk *walk, struct net *net,
			   uint32_t id, struct sent_path *list)
{
	const struct group *group = walk_group(walk);
	const struct sent_path *sent;
	uint32_t n;

	if (walk->view == RIB_VIEW_OFFERED)
		return paths_select(walk->t, group, net, false, list);
	sent = paths_get(group, id, &n);
	if (n > 0)
		memcpy(list, sent, n * sizeof(*list));
	return n;
}

/* Whether an outbound map makes this prefix of others. */
static bool is_summary(const struct rib_walk *walk, uint32_t id)
{
	const struct group *group = walk_group(walk);

	return walk->view == RIB_VIEW_ADVERTISED && group &&
	       outsum_owns(group, id);
}

static const struct bgp_attrs *summary_sent(const struct rib_walk *walk,
					    uint32_t id)
{
	return outsum_told(&walk->peer->af[walk->t->af], id);
}

static bool advertised(const struct rib_walk *walk, struct net *net,
		       uint32_t id)
{
	const struct group *group = walk_group(walk);
	struct sent_path list[PATHS_MAX];

	if (is_summary(walk, id))
		return summary_sent(walk, id) != NULL;

	if (group && group->paths)
		return sent_paths(walk, net, id, list) > 0;
	return group && peer_has(walk->peer, net->sent);
}

static bool concerns(const struct rib_walk *walk, struct net *net,
		     uint32_t id)
{
	uint64_t row = 0;

	if (is_outward(walk))
		return advertised(walk, net, id);
	return next_path(walk, net, &row) != NULL;
}

/* ---- collecting ------------------------------------------------------ */

static struct bucket *bucket_find(struct rib_walk *walk,
				  const struct net *net)
{
	struct prefix prefix = net_prefix(&walk->t->nets, net);
	uint32_t low = 0, high = walk->n_buckets;
	uint32_t mid;

	while (high - low > 1) {
		mid = (low + high) / 2;
		if (prefix_cmp(&prefix, &walk->first[mid]) < 0)
			high = mid;
		else
			low = mid;
	}
	return &walk->bucket[low];
}

static void bucket_add(struct bucket *bucket, uint32_t id)
{
	if (bucket->n == bucket->size) {
		bucket->size = MAX(bucket->size * 2, 64u);
		bucket->id = xreallocarray(bucket->id, bucket->size,
					   sizeof(*bucket->id));
	}
	bucket->id[bucket->n++] = id;
}

static void collect(struct rib_walk *walk)
{
	const struct net_store *nets = &walk->t->nets;
	struct net *net;
	uint32_t i;

	for (i = 0; i < COLLECT_MAX; i++) {
		walk->cursor = net_next(nets, walk->cursor);
		if (walk->cursor == NET_NONE) {
			walk->collected = true;
			return;
		}
		net = net_get(nets, walk->cursor);
		if (concerns(walk, net, walk->cursor))
			bucket_add(bucket_find(walk, net), walk->cursor);
		walk->cursor++;
	}
}

static int id_cmp(const void *a, const void *b, void *ctx)
{
	const struct net_store *nets = ctx;

	return net_cmp(nets, net_get(nets, *(const uint32_t *)a),
		       net_get(nets, *(const uint32_t *)b));
}

static void bucket_sort(struct rib_walk *walk, struct bucket *bucket)
{
	uint32_t i, n = 0;

	for (i = 0; i < bucket->n; i++) {
		if (net_try(&walk->t->nets, bucket->id[i]))
			bucket->id[n++] = bucket->id[i];
	}
	bucket->n = n;
	if (n > 1)
		qsort_r(bucket->id, n, sizeof(*bucket->id), id_cmp,
			&walk->t->nets);
}

/* ---- visiting -------------------------------------------------------- */

static bool tell(struct rib_walk *walk, uint32_t id, struct net *net,
		 const struct rib_path *path, uint32_t path_id,
		 const struct bgp_attrs *attrs, rib_row_cb *cb, void *arg)
{
	const struct rib_peer *peer = walk->rib->peer[path->peer];
	const struct attrset_pool *pool = &walk->rib->attrs;
	struct rib_row row = {
		.af = walk->t->af,
		.prefix = net_prefix(&walk->t->nets, net),
		.attrs = attrs,
		.peer = path->peer == PEER_OWN ? NULL : &peer->conf,
		.path_id = path_id,
		.why = path->why,
		.stale = path_age(peer, walk->t->af, path) > 0,
	};

	if (walk->view == RIB_VIEW_LEARNED && !path->summary)
		row.raw = &attrset_get(pool, attrset_raw(pool,
						path->attrs))->flat;
	if (net->flags & NET_SUPPRESSED)
		row.suppressed_by = rib_space_covering(walk->rib, &row.prefix);
	if (path->why <= RIB_WHY_SAME_NEXT_HOP)
		row.state = feed_state(walk->t, net, id, &row.error,
				       &row.error_text);
	return cb(arg, &row);
}

/* It is nobody's path, and told as one of our own. */
static bool visit_summary(struct rib_walk *walk, uint32_t id,
			  struct net *net, rib_row_cb *cb, void *arg)
{
	const struct bgp_attrs *attrs = summary_sent(walk, id);
	const struct rib_path path = {
		.peer = PEER_OWN,
		.epoch = walk->rib->peer[PEER_OWN]->af[walk->t->af].epoch,
		.why = RIB_WHY_BEST,
		.summary = true,
	};

	return !attrs || tell(walk, id, net, &path, 0, attrs, cb, arg);
}

static bool visit_advertised(struct rib_walk *walk, uint32_t id,
			     struct net *net, rib_row_cb *cb, void *arg)
{
	const struct group *group = walk->peer->af[walk->t->af].group;
	const struct rib_path *path;
	struct bgp_attrs *attrs;
	struct prefix prefix;
	uint16_t origin;
	bool told;

	if (is_summary(walk, id))
		return visit_summary(walk, id, net, cb, arg);
	path = decide_export(walk->t, net, &origin);
	if (!path || !advertised(walk, net, id))
		return true;
	prefix = net_prefix(&walk->t->nets, net);
	if (walk->view == RIB_VIEW_OFFERED)
		attrs = adjout_export(walk->t, group, origin, path->attrs);
	else
		attrs = outbound_attrs(walk->t, group, &prefix, origin,
				       path->attrs);
	told = !attrs || tell(walk, id, net, path, 0, attrs, cb, arg);
	free(attrs);
	return told;
}

/* The path that was sent; NULL: it is gone, and its withdrawal under way. */
static const struct rib_path *path_sent(const struct rib_walk *walk,
					struct net *net,
					const struct sent_path *sent)
{
	const uint32_t *ids = net_path_ids(&walk->t->nets, net);
	const struct rib_path *paths;
	uint32_t i, n;

	paths = net_paths(&walk->t->nets, net, &n);
	for (i = 0; i < n; i++) {
		if (paths[i].peer == sent->peer &&
		    (ids ? ids[i] : 0) == sent->path_id &&
		    paths[i].summary == sent->summary)
			return &paths[i];
	}
	return NULL;
}

static bool tell_sent(struct rib_walk *walk, uint32_t id, struct net *net,
		      const struct sent_path *sent, rib_row_cb *cb, void *arg)
{
	const struct rib_path *path = path_sent(walk, net, sent);
	const struct group *group = walk_group(walk);
	struct prefix prefix = net_prefix(&walk->t->nets, net);
	struct bgp_attrs *attrs;
	bool told;

	if (!path || walk->rib->origin[sent->origin].neighbor ==
		     walk->peer->neighbor)
		return true;
	if (walk->view == RIB_VIEW_OFFERED)
		attrs = adjout_export(walk->t, group, sent->origin,
				      sent->attrs);
	else
		attrs = outbound_attrs(walk->t, group, &prefix, sent->origin,
				       sent->attrs);
	told = !attrs || tell(walk, id, net, path, sent->id, attrs, cb, arg);
	free(attrs);
	return told;
}

static uint64_t sent_row(const struct sent_path *sent)
{
	return (sent->peer * 2ull + sent->summary + 1) << 32 | sent->path_id;
}

/* In an order that stays the same while the walk pauses. */
static const struct sent_path *next_sent(const struct rib_walk *walk,
					 const struct sent_path *list,
					 uint32_t n)
{
	const struct sent_path *next = NULL;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (sent_row(&list[i]) >= walk->row &&
		    (!next || sent_row(&list[i]) < sent_row(next)))
			next = &list[i];
	}
	return next;
}

static bool visit_paths(struct rib_walk *walk, uint32_t id, struct net *net,
			rib_row_cb *cb, void *arg)
{
	struct sent_path list[PATHS_MAX];
	uint32_t n = sent_paths(walk, net, id, list);
	const struct sent_path *sent;

	while ((sent = next_sent(walk, list, n))) {
		if (!tell_sent(walk, id, net, sent, cb, arg))
			return false;
		walk->row = sent_row(sent) + 1;
	}
	return true;
}

static bool visit(struct rib_walk *walk, uint32_t id, struct net *net,
		  rib_row_cb *cb, void *arg)
{
	const struct rib_path *path;
	uint64_t row = 0;

	if (is_outward(walk) && walk_group(walk) && walk_group(walk)->paths)
		return visit_paths(walk, id, net, cb, arg);
	if (is_outward(walk))
		return visit_advertised(walk, id, net, cb, arg);
	while ((path = next_path(walk, net, &row))) {
		if (!tell(walk, id, net, path,
			  net_path_id(&walk->t->nets, net, path),
			  &attrset_get(&walk->rib->attrs, path->attrs)->flat,
			  cb, arg))
			return false;
		walk->row = row + 1;
	}
	return true;
}

bool rib_walk_run(struct rib_walk *walk, size_t max, rib_row_cb *cb,
		  void *arg)
{
	struct bucket *bucket;
	struct net *net;

	if (!walk->collected) {
		collect(walk);
		return true;
	}
	while (max > 0 && walk->at_bucket < walk->n_buckets) {
		bucket = &walk->bucket[walk->at_bucket];
		if (walk->at == 0 && walk->row == 0)
			bucket_sort(walk, bucket);
		if (walk->at == bucket->n) {
			bucket_free(bucket);
			walk->at_bucket++;
			walk->at = 0;
			continue;
		}
		net = net_try(&walk->t->nets, bucket->id[walk->at]);
		if (net && !visit(walk, bucket->id[walk->at], net, cb, arg))
			return true;
		walk->row = 0;
		walk->at++;
		max--;
	}
	return walk->at_bucket < walk->n_buckets;
}

const char *rib_why_name(enum rib_why why)
{
	static const char *const name[RIB_WHY_COUNT] = {
		[RIB_WHY_BEST] = "best",
		[RIB_WHY_MULTIPATH] = "multipath",
		[RIB_WHY_SAME_NEXT_HOP] = "same-next-hop",
		[RIB_WHY_NOT_UNICAST] = "not-unicast",
		[RIB_WHY_LOOP] = "as-loop",
		[RIB_WHY_NEXT_HOP] = "next-hop",
		[RIB_WHY_LEAK] = "route-leak",
		[RIB_WHY_REFLECTED] = "reflection-loop",
		[RIB_WHY_COMMUNITY] = "gateway-community",
		[RIB_WHY_ROUTE_MAP] = "route-map",
		[RIB_WHY_SUMMARIZED] = "summarized",
		[RIB_WHY_OWN_SPACE] = "own-address-space",
		[RIB_WHY_LEAST_PREFERRED] = "least-preferred",
		[RIB_WHY_PREFERENCE] = "routing-preference",
		[RIB_WHY_AS_PATH_LENGTH] = "as-path-length",
	};

	return name[why];
}
