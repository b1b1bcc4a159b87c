// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adj-RIB-In: paths come and go.
 *
 * A path carries the epoch of the session it was heard in. A session that
 * ends moves its peer to the next epoch, which makes all of the peer's paths
 * stale at once, at no cost; the peer's void_age says from which age on paths
 * do not count any more. Decisions ignore void paths at once, unless one more
 * path comes and the best one stays; a sweep over the table removes them piece
 * by piece.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "rib/table.h"

static struct rib_path *path_find(struct table *t, struct net *net,
				  uint16_t peer, uint32_t path_id,
				  bool summary, uint32_t *at)
{
	const uint32_t *ids = net_path_ids(&t->nets, net);
	struct rib_path *paths;
	uint32_t i, n;

	paths = net_paths(&t->nets, net, &n);
	for (i = 0; i < n; i++) {
		if (paths[i].peer == peer && paths[i].summary == summary &&
		    (ids ? ids[i] : 0) == path_id) {
			*at = i;
			return &paths[i];
		}
	}
	return NULL;
}

/* A path has come, or is about to go. */
static void count_in(struct table *t, struct net *net,
		     const struct rib_path *path)
{
	struct peer_af *af = &t->rib->peer[path->peer]->af[t->af];

	af->count[path->epoch] += !path->summary;
	af->more += limit_has_more(t, net, path);
}

static void count_out(struct table *t, struct net *net,
		      const struct rib_path *path)
{
	struct peer_af *af = &t->rib->peer[path->peer]->af[t->af];

	af->count[path->epoch] -= !path->summary;
	if (path->epoch == af->epoch)
		af->more -= limit_has_more(t, net, path);
}

/* The attribute set is still referred to; the caller puts it. */
static uint32_t path_drop(struct table *t, struct net *net,
			  const struct rib_path *path, uint32_t at)
{
	uint32_t attrs = path->attrs;

	count_out(t, net, path);
	net_path_del(&t->nets, net, at);
	return attrs;
}

static uint32_t net_add_suppressed(struct table *t, const struct net_key *key)
{
	uint32_t id = net_key_add(&t->nets, key);
	struct net *net = net_get(&t->nets, id);

	if (net->flags == NET_LIVE && net->one.attrs == NET_NONE)
		net->flags |= space_flag(t->rib, &key->prefix);
	return id;
}

/* Whether another path stands for one with these attributes. */
static bool summed(const struct table *t, uint32_t attrs)
{
	return t->rib->n_summaries > 0 &&
	       attrset_get(&t->rib->attrs, attrs)->flags & ATTRSET_SUMMED;
}

/* A path had these attributes, which are put. */
static void path_gone(struct table *t, struct rib_peer *peer, uint32_t attrs)
{
	if (summed(t, attrs))
		summary_del(t, peer, attrs);
	attrset_put(&t->rib->attrs, attrs);
}

static void path_refresh(struct table *t, struct rib_peer *peer,
			 struct net *net, struct rib_path *path,
			 unsigned int epoch)
{
	uint32_t attrs = path->attrs;

	count_out(t, net, path);
	path->epoch = epoch;
	count_in(t, net, path);
	if (summed(t, attrs))
		summary_touch(t, peer, attrs);
}

/* Of two epochs the one that is not as long ago. */
static unsigned int later(const struct peer_af *af, unsigned int a,
			  unsigned int b)
{
	return (af->epoch - a) % EPOCHS < (af->epoch - b) % EPOCHS ? a : b;
}

/*
 * Limits of ADD-PATH leave half of the places to other paths: this takes more
 * sessions than anybody has. The last place is kept for our own route.
 */
static bool is_full(const struct table *t, struct net *net,
		    const struct rib_peer *peer)
{
	uint32_t n;

	net_paths(&t->nets, net, &n);
	return n + (peer->index != PEER_OWN) >= NET_PATHS_MAX;
}

/*
 * @attrs: id, not owned. @epoch: unless it was heard later. False: the prefix
 * can have no more paths.
 */
static bool path_set(struct table *t, struct rib_peer *peer,
		     const struct net_key *key, uint32_t attrs,
		     unsigned int epoch, bool summary)
{
	const struct attrset *set = attrset_get(&t->rib->attrs, attrs);
	struct rib_path *path, now = {
		.attrs = attrs,
		.peer = peer->index,
		.hops = set->hops,
		.why = RIB_WHY_AS_PATH_LENGTH,
		.least = !!(set->flags & ATTRSET_LEAST),
		.summary = summary,
	};
	uint32_t id = net_add_suppressed(t, key);
	struct net *net = net_get(&t->nets, id);
	uint32_t old = NET_NONE;
	struct choice before;
	enum rib_why why;
	uint32_t at;

	path = path_find(t, net, peer->index, key->path_id, summary, &at);
	if (path)
		epoch = later(&peer->af[t->af], epoch, path->epoch);
	now.epoch = epoch;
	if (path && path->attrs == attrs &&
	    !path_void(t->rib, t->af, path)) {
		path_refresh(t, peer, net, path, epoch);
		return true;
	}
	if (!path && is_full(t, net, peer))
		return false;
	why = path ? RIB_WHY_BEST : decide_newcomer(t, net, &now);
	if (why == RIB_WHY_BEST)
		decide_begin(t, net, &before);
	if (path) {
		count_out(t, net, path);
		old = path->attrs;
	} else {
		path = net_path_add(&t->nets, net, key->path_id);
	}
	*path = now;
	count_in(t, net, path);
	attrset_hold(&t->rib->attrs, attrs);
	if (why == RIB_WHY_BEST)
		decide_commit(t, id, &before);
	else
		decide_admit(t, id, why);
	if (summed(t, attrs))
		summary_add(t, peer, attrs, epoch);
	if (old != NET_NONE)
		path_gone(t, peer, old);
	return true;
}

static void path_remove(struct table *t, struct rib_peer *peer, uint32_t id,
			const struct rib_path *path, uint32_t at)
{
	struct net *net = net_get(&t->nets, id);
	struct choice before;
	uint32_t attrs;

	decide_begin(t, net, &before);
	attrs = path_drop(t, net, path, at);
	decide_commit(t, id, &before);
	path_gone(t, peer, attrs);
}

static void path_unset(struct table *t, struct rib_peer *peer,
		       const struct net_key *key, bool summary)
{
	uint32_t id = net_key_find(&t->nets, key);
	struct rib_path *path;
	uint32_t at;

	if (id == NET_NONE)
		return;
	path = path_find(t, net_get(&t->nets, id), peer->index, key->path_id,
			 summary, &at);
	if (path)
		path_remove(t, peer, id, path, at);
}

/* It keeps its epoch: its peer has said nothing. */
static void path_change(struct table *t, uint32_t id, struct rib_path *path,
			uint32_t attrs)
{
	const struct attrset *set = attrset_get(&t->rib->attrs, attrs);
	struct rib_peer *peer = t->rib->peer[path->peer];
	unsigned int epoch = path->epoch;
	uint32_t old = path->attrs;
	struct choice before;

	decide_begin(t, net_get(&t->nets, id), &before);
	attrset_hold(&t->rib->attrs, attrs);
	path->attrs = attrs;
	path->hops = set->hops;
	path->least = !!(set->flags & ATTRSET_LEAST);
	path->checked = false;
	decide_commit(t, id, &before);
	if (summed(t, attrs))
		summary_add(t, peer, attrs, epoch);
	path_gone(t, peer, old);
}

bool adjin_change(struct table *t, uint32_t id, uint16_t peer,
		  uint32_t path_id, uint32_t attrs)
{
	struct net *net = net_get(&t->nets, id);
	struct rib_path *path;
	uint32_t at;

	path = path_find(t, net, peer, path_id, false, &at);
	if (!path || path->attrs == attrs)
		return false;
	path_change(t, id, path, attrs);
	return true;
}

void adjin_summary_set(struct table *t, struct rib_peer *peer,
		       const struct prefix *prefix, uint32_t attrs,
		       unsigned int epoch)
{
	struct net_key key = { .prefix = *prefix };

	net_key_hash(&t->nets, &key);
	path_set(t, peer, &key, attrs, epoch, true);
}

void adjin_summary_change(struct table *t, const struct rib_peer *peer,
			  const struct prefix *prefix, uint32_t attrs)
{
	uint32_t id = net_find(&t->nets, prefix), at;
	struct rib_path *path;

	if (id == NET_NONE)
		return;
	path = path_find(t, net_get(&t->nets, id), peer->index, 0, true, &at);
	if (path && path->attrs != attrs && !path_void(t->rib, t->af, path))
		path_change(t, id, path, attrs);
}

void adjin_summary_unset(struct table *t, struct rib_peer *peer,
			 const struct prefix *prefix)
{
	struct net_key key = { .prefix = *prefix };

	net_key_hash(&t->nets, &key);
	path_unset(t, peer, &key, true);
}

#define KEYS		32

/* The next prefixes of a list, with their memory on its way. */
static uint32_t take_keys(struct table *t, const struct rib_peer *peer,
			  struct rbuf *nlri, struct net_key *key)
{
	bool add_path = peer->session.wire.add_path_rx & bgp_af_bit(t->af);
	struct bgp_nlri entry[KEYS];
	const struct net *net[KEYS];
	uint32_t i, n = 0;

	while (n < KEYS && bgp_nlri_next(nlri, t->af, add_path, &entry[n]))
		n++;
	for (i = 0; i < n; i++) {
		key[i].prefix = entry[i].prefix;
		key[i].path_id = entry[i].path_id;
		net_key_hash(&t->nets, &key[i]);
	}
	for (i = 0; i < n; i++)
		net[i] = net_key_touch(&t->nets, &key[i]);
	for (i = 0; i < n; i++)
		net_touch_paths(&t->nets, net[i]);
	return n;
}

static void take_one(struct table *t, struct rib_peer *peer,
		     const struct net_key *key, struct inbound *in,
		     struct rib_excess *excess)
{
	uint32_t attrs;

	if (limit_exceeded(t, peer, key, excess))
		return;
	attrs = inbound_attrs(in, &key->prefix);
	/* What a map makes of attributes is new, even if they are not. */
	if (limit_attrs_exceeded(peer, attrs)) {
		path_unset(t, peer, key, false);
		excess->attrs++;
	} else if (!path_set(t, peer, key, attrs, peer->af[t->af].epoch,
			     false)) {
		excess->many++;
	}
}

static void take(struct table *t, struct rib_peer *peer, uint32_t attrs,
		 struct rbuf nlri, struct rib_excess *excess)
{
	struct net_key key[KEYS];
	struct inbound in;
	uint32_t i, n;

	inbound_begin(&in, peer, attrs);
	while ((n = take_keys(t, peer, &nlri, key)) > 0) {
		for (i = 0; i < n; i++)
			take_one(t, peer, &key[i], &in, excess);
	}
	inbound_end(&in);
}

/* Returns how many prefixes there were. */
static uint32_t withdraw(struct table *t, struct rib_peer *peer,
			 struct rbuf nlri)
{
	struct net_key key[KEYS];
	uint32_t i, n, all = 0;

	while ((n = take_keys(t, peer, &nlri, key)) > 0) {
		for (i = 0; i < n; i++)
			path_unset(t, peer, &key[i], false);
		all += n;
	}
	return all;
}

struct rib_excess rib_peer_announce(struct rib_peer *peer, enum bgp_af af,
				    const struct bgp_attrs *attrs,
				    struct rbuf nlri)
{
	struct attrset_pool *pool = &peer->rib->attrs;
	struct table *t = &peer->rib->table[af];
	struct rib_excess excess = { .prefixes = 0 };
	uint32_t id;

	feed_cause(t, peer);
	pool->owner = peer->index;
	id = attrset_intern(pool, attrs);
	if (limit_attrs_exceeded(peer, id))
		excess.attrs = withdraw(t, peer, nlri);
	else
		take(t, peer, id, nlri, &excess);
	attrset_put(pool, id);
	pool->owner = PEER_OWN;
	feed_cause(t, NULL);
	return excess;
}

void rib_peer_withdraw(struct rib_peer *peer, enum bgp_af af,
		       struct rbuf nlri)
{
	struct table *t = &peer->rib->table[af];

	feed_cause(t, peer);
	withdraw(t, peer, nlri);
	feed_cause(t, NULL);
}

void adjin_own_add(struct table *t, const struct prefix *prefix)
{
	struct rib_peer *own = t->rib->peer[PEER_OWN];
	struct net_key key = { .prefix = *prefix };

	net_key_hash(&t->nets, &key);
	path_set(t, own, &key, t->rib->own_attrs, own->af[t->af].epoch, false);
}

void adjin_own_del(struct table *t, const struct prefix *prefix)
{
	struct net_key key = { .prefix = *prefix };

	net_key_hash(&t->nets, &key);
	path_unset(t, t->rib->peer[PEER_OWN], &key, false);
}

/* ---- long-lived stale paths ------------------------------------------ */

#define AGEING_PATHS	512		/* looked at in one piece */

static bool has_no_llgr(const struct attrset_pool *pool, uint32_t attrs)
{
	return bgp_community_present(&attrset_get(pool, attrs)->flat,
				     BGP_COMMUNITY_NO_LLGR);
}

/*
 * Whether it is to go, by what its peer has sent or a route map has made of
 * that (RFC 9494 4.2).
 */
static bool is_no_llgr(const struct attrset_pool *pool, uint32_t attrs)
{
	return has_no_llgr(pool, attrs) ||
	       has_no_llgr(pool, attrset_raw(pool, attrs));
}

/* Its peer may have sent it as stale: it may have to go all the same. */
static bool is_marked(const struct attrset_pool *pool, uint32_t attrs)
{
	return attrset_get(pool, attrs)->flags & ATTRSET_LLGR_STALE &&
	       !is_no_llgr(pool, attrs);
}

/* A stale path that is to be marked or to go; NULL: none. */
static struct rib_path *unmarked(struct table *t, struct net *net,
				 uint32_t *at)
{
	const struct rib_peer *peer;
	struct rib_path *paths;
	uint32_t i, n;

	paths = net_paths(&t->nets, net, &n);
	for (i = 0; i < n; i++) {
		peer = t->rib->peer[paths[i].peer];
		if (!peer->af[t->af].ageing || paths[i].summary ||
		    path_age(peer, t->af, &paths[i]) == 0 ||
		    path_void(t->rib, t->af, &paths[i]) ||
		    is_marked(&t->rib->attrs, paths[i].attrs))
			continue;
		*at = i;
		return &paths[i];
	}
	return NULL;
}

/* Its raw attributes with LLGR_STALE, or NET_NONE: it is to go. */
static uint32_t marked_attrs(struct attrset_pool *pool, uint32_t attrs)
{
	uint32_t raw = attrset_raw(pool, attrs);
	const struct bgp_attrs *flat = &attrset_get(pool, raw)->flat;
	struct bgp_attrs *marked;
	uint32_t id;

	if (is_no_llgr(pool, attrs))
		return NET_NONE;
	marked = bgp_attrs_with_community(flat, BGP_COMMUNITY_LLGR_STALE);
	if (!marked)
		return NET_NONE;
	id = attrset_intern(pool, marked);
	free(marked);
	return id;
}

static void mark(struct table *t, struct rib_peer *peer, uint32_t id,
		 uint32_t path_id, uint32_t marked)
{
	struct prefix prefix = net_prefix(&t->nets, net_get(&t->nets, id));
	struct inbound in;

	inbound_begin(&in, peer, marked);
	adjin_change(t, id, peer->index, path_id, inbound_attrs(&in, &prefix));
	inbound_end(&in);
}

/* One stale path; what that took, or 0: the prefix has no more. */
static uint32_t long_lived_one(struct table *t, uint32_t id)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct net *net = net_try(&t->nets, id);
	struct rib_peer *peer;
	struct rib_path *path;
	uint32_t at, marked, n;

	path = net ? unmarked(t, net, &at) : NULL;
	if (!path)
		return 0;
	net_paths(&t->nets, net, &n);
	peer = t->rib->peer[path->peer];
	pool->owner = peer->index;
	marked = marked_attrs(pool, path->attrs);
	if (marked == NET_NONE) {
		path_remove(t, peer, id, path, at);
	} else {
		mark(t, peer, id, net_path_id(&t->nets, net, path), marked);
		attrset_put(pool, marked);
	}
	pool->owner = PEER_OWN;
	return decide_cost(n);
}

static void long_lived_done(struct table *t)
{
	uint32_t i;

	t->ageing = false;
	for (i = 0; i < t->rib->n_peers; i++) {
		if (t->rib->peer[i])
			t->rib->peer[i]->af[t->af].ageing = false;
	}
}

bool adjin_long_lived(struct table *t)
{
	uint32_t id, cost, looked = 0;

	while (t->ageing && looked < AGEING_PATHS) {
		id = net_next(&t->nets, t->ageing_cursor);
		if (id == NET_NONE) {
			long_lived_done(t);
			break;
		}
		t->ageing_cursor = id + 1;
		looked++;
		while ((cost = long_lived_one(t, id)) > 0)
			looked += cost;
	}
	return t->ageing;
}

/* ---- sweeping -------------------------------------------------------- */

static bool net_has_void(struct table *t, struct net *net)
{
	const struct rib_path *paths;
	uint32_t i, n;

	paths = net_paths(&t->nets, net, &n);
	for (i = 0; i < n; i++) {
		if (path_void(t->rib, t->af, &paths[i]))
			return true;
	}
	return false;
}

#define SWEEP_PATHS	16

/* Drop some void paths; whether the prefix, still there then, has more. */
static bool net_sweep(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	struct choice before;
	struct rib_path dropped[SWEEP_PATHS];
	uint32_t n_dropped = 0;
	struct rib_path *paths;
	uint32_t i, n;
	bool more;

	decide_begin(t, net, &before);
	net_paths(&t->nets, net, &n);
	for (i = n; i > 0 && n_dropped < SWEEP_PATHS; i--) {
		paths = net_paths(&t->nets, net, &n);
		if (!path_void(t->rib, t->af, &paths[i - 1]))
			continue;
		dropped[n_dropped++] = paths[i - 1];
		path_drop(t, net, &paths[i - 1], i - 1);
	}
	more = net_has_void(t, net);
	if (n_dropped > 0)
		feed_cause(t, t->rib->peer[dropped[0].peer]);
	decide_commit(t, id, &before);
	feed_cause(t, NULL);
	while (n_dropped-- > 0)
		path_gone(t, t->rib->peer[dropped[n_dropped].peer],
			  dropped[n_dropped].attrs);
	return more;
}

void adjin_sweep_net(struct table *t, uint32_t id)
{
	if (net_has_void(t, net_get(&t->nets, id))) {
		while (net_sweep(t, id))
			;
	}
}

/* Whether some peer's void paths are left; those without are settled. */
static bool sweep_needed(struct table *t)
{
	struct rib *rib = t->rib;
	bool needed = false;
	struct rib_peer *peer;
	uint32_t i;

	for (i = 1; i < rib->n_peers; i++) {
		peer = rib->peer[i];
		if (!peer || peer->af[t->af].void_age == VOID_NONE)
			continue;
		if (peer_void_paths(peer, t->af) > 0) {
			needed = true;
			continue;
		}
		peer->af[t->af].void_age = VOID_NONE;
		peer_try_free(peer);
	}
	return needed;
}

/* Returns what it took. */
static uint32_t net_sweep_all(struct table *t, uint32_t id)
{
	uint32_t cost = 0, n;

	/* what became of a path may have taken the prefix with it */
	do {
		net_paths(&t->nets, net_get(&t->nets, id), &n);
		cost += decide_cost(n);
	} while (net_sweep(t, id) && net_try(&t->nets, id));
	return cost;
}

bool adjin_sweep(struct table *t, uint32_t max)
{
	uint32_t id, cost;

	if (!sweep_needed(t))
		return false;
	while (max > 0) {
		id = net_next(&t->nets, t->sweep_cursor);
		if (id == NET_NONE) {
			t->sweep_cursor = 0;
			break;
		}
		t->sweep_cursor = id + 1;
		cost = 1;
		if (net_has_void(t, net_get(&t->nets, id)))
			cost = net_sweep_all(t, id);
		max -= MIN(max, cost);
	}
	return sweep_needed(t);
}

void adjin_sweep_all(struct table *t)
{
	while (adjin_sweep(t, UINT32_MAX))
		;
}

void adjin_release(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	uint32_t n;

	net_paths(&t->nets, net, &n);
	if (n > 0 || net->flags & (NET_OUT | NET_FEED | NET_STATE) ||
	    net->sent != ORIGIN_NONE || adjout_lagging(t, id) ||
	    paths_refer(t, id) || outsum_refers(t, id))
		return;
	net_del(&t->nets, id);
}
