// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The decision process (RFC 4271 9.1), as a route server for virtual networks
 * needs it:
 *
 *  1. A path is eligible unless its prefix is no unicast one (RFC 4271 6.3),
 *     its AS_PATH contains our own AS (more often than its peer is allowed),
 *     its next hop is no unicast address, or one of ours, it is a leak (RFC
 *     9234), a gateway sends what a route server has marked, or a route map
 *     drops it or has another path stand for it.
 *  2. Our own route (an address space of the VNet) beats every other.
 *  3. The kind of peer that the routing preference names wins; before that,
 *     long-lived stale paths (RFC 9494) lose against all others, and paths in
 *     graceful shutdown (RFC 8326) against all but these.
 *  4. The shortest AS_PATH wins.
 *  5. All paths left are used, each next hop once. They are ordered by the
 *     neighbor's address, then by the instance's; the first is the best path,
 *     which is the one sent on.
 *
 * ORIGIN, MED and LOCAL_PREF take no part. Each path keeps the step at which
 * it lost. The paths of a prefix are kept in order: those in use first.
 */
#include <string.h>

#include "rib/table.h"

static bool why_used(unsigned int why)
{
	return why == RIB_WHY_BEST || why == RIB_WHY_MULTIPATH;
}

static uint32_t path_hops(const struct table *t, const struct rib_path *path)
{
	if (path->hops < ATTRSET_HOPS_MAX)
		return path->hops;
	return attrset_get(&t->rib->attrs, path->attrs)->flat.as_path_hops;
}

/* RFC 4271 9.1.2, and how often the peer may be forgiven for it. */
static bool set_loops(const struct rib_peer *peer, uint32_t attrs,
		      const struct attrset *set)
{
	const struct attrset_pool *pool = &peer->rib->attrs;
	uint32_t raw = attrset_raw(pool, attrs);

	return set->flags & ATTRSET_LOOP &&
	       bgp_as_path_count(&attrset_get(pool, raw)->flat,
				 peer->rib->conf.local_as) >
	       peer->conf.policy.allow_own_as;
}

/*
 * What a route server has told an ExpressRoute gateway is not to come back by
 * one, and a VPN gateway is to bring nothing of what Azure marks.
 */
static bool set_marked(const struct rib_peer *peer, const struct attrset *set)
{
	static const uint16_t marks[CONF_KINDS] = {
		[CONF_VPN] = ATTRSET_AZURE,
		[CONF_EXPRESSROUTE] = ATTRSET_ROUTE_SERVER,
	};

	return set->flags & marks[peer->conf.policy.kind];
}

/* What is wrong with a path as it was received; RIB_WHY_BEST: nothing. */
static enum rib_why judge(const struct rib_peer *peer, uint32_t attrs)
{
	const struct attrset_pool *pool = &peer->rib->attrs;
	const struct attrset *set = attrset_get(pool, attrs);

	if (set_loops(peer, attrs, set))
		return RIB_WHY_LOOP;
	if (set->flags & ATTRSET_BAD_NEXT_HOP ||
	    nexthop_get(pool, set->nexthop)->own)
		return RIB_WHY_NEXT_HOP;
	if (set->flags & ATTRSET_LEAK)
		return RIB_WHY_LEAK;
	if (set->flags & ATTRSET_REFLECTED)
		return RIB_WHY_REFLECTED;
	return set_marked(peer, set) ? RIB_WHY_COMMUNITY : RIB_WHY_BEST;
}

bool decide_accepts(const struct rib_peer *peer, uint32_t attrs)
{
	return judge(peer, attrs) == RIB_WHY_BEST;
}

/*
 * Step 1; RIB_WHY_BEST: eligible. The answer for a path stands until its next
 * hop becomes ours (revise.c), and saves a look at its attributes.
 */
static enum rib_why path_eligible(const struct table *t,
				  const struct net *net,
				  const struct rib_path *path)
{
	struct prefix prefix;
	enum rib_why why;
	uint16_t flags;

	if (path->checked)
		return why_refused(path->why) ? path->why : RIB_WHY_BEST;
	net_prefix_read(&t->nets, net, &prefix);
	if (!prefix_is_unicast(&prefix))
		return RIB_WHY_NOT_UNICAST;
	why = judge(t->rib->peer[path->peer], path->attrs);
	if (why != RIB_WHY_BEST)
		return why;
	flags = attrset_get(&t->rib->attrs, path->attrs)->flags;
	if (flags & ATTRSET_DROPPED)
		return RIB_WHY_ROUTE_MAP;
	return flags & ATTRSET_SUMMED ? RIB_WHY_SUMMARIZED : RIB_WHY_BEST;
}

/* Steps 3 and 4 in one number; the least wins. */
static uint64_t path_cost(const struct table *t, const struct rib_path *path)
{
	uint64_t resort = path->least ?
			  attrset_resort(&t->rib->attrs, path->attrs) : 0;

	return resort << 48 |
	       (uint64_t)t->rib->peer[path->peer]->class << 32 |
	       path_hops(t, path);
}

/* What is left after step 1. */
struct left {
	uint64_t least;			/* cost */
	bool own;			/* our own route is among them */
	bool differ;			/* not all have that cost */
};

/* Step 1: the paths left are marked BEST. */
static struct left eligible(const struct table *t, const struct net *net,
			    struct rib_path *paths, uint32_t n)
{
	struct left left = { .least = UINT64_MAX };
	bool any = false;
	uint64_t cost;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (paths[i].peer == PEER_OWN) {
			paths[i].why = RIB_WHY_BEST;
			left.own = true;
			continue;
		}
		if (path_void(t->rib, t->af, &paths[i])) {
			paths[i].why = RIB_WHY_AS_PATH_LENGTH;
			paths[i].checked = false;
			continue;
		}
		paths[i].why = path_eligible(t, net, &paths[i]);
		paths[i].checked = true;
		if (paths[i].why != RIB_WHY_BEST)
			continue;
		cost = path_cost(t, &paths[i]);
		left.differ |= any && cost != left.least;
		if (cost < left.least)
			left.least = cost;
		any = true;
	}
	return left;
}

/* The step, 3 or 4, at which a path loses to one of less cost. */
static enum rib_why why_lost(uint64_t cost, uint64_t least)
{
	if (cost >> 48 > least >> 48)
		return RIB_WHY_LEAST_PREFERRED;
	if (cost >> 32 > least >> 32)
		return RIB_WHY_PREFERENCE;
	return RIB_WHY_AS_PATH_LENGTH;
}

/* Steps 1 to 4: the paths left are marked BEST. */
static void eliminate(const struct table *t, const struct net *net,
		      struct rib_path *paths, uint32_t n)
{
	struct left left = eligible(t, net, paths, n);
	uint64_t cost;
	uint32_t i;

	if (!left.own && !left.differ)
		return;
	for (i = 0; i < n; i++) {
		if (paths[i].why != RIB_WHY_BEST || paths[i].peer == PEER_OWN)
			continue;
		cost = path_cost(t, &paths[i]);
		if (left.own)
			paths[i].why = RIB_WHY_OWN_SPACE;
		else if (cost > left.least)
			paths[i].why = why_lost(cost, left.least);
	}
}

static uint64_t sort_key(const struct table *t, const struct rib_path *path,
			 uint32_t path_id)
{
	return (uint64_t)!why_used(path->why) << 48 |
	       (uint64_t)t->rib->peer[path->peer]->rank << 32 | path_id;
}

/*
 * Move the @at-th to its place among those before it, which are in order:
 * those in use first, each part by rank, then by identifier. Returns the place.
 */
static uint32_t settle(const struct table *t, struct rib_path *paths,
		       uint32_t *ids, uint32_t at)
{
	struct rib_path path = paths[at];
	uint32_t id = ids ? ids[at] : 0;
	uint64_t key = sort_key(t, &path, id);

	while (at > 0 && sort_key(t, &paths[at - 1],
				  ids ? ids[at - 1] : 0) > key) {
		paths[at] = paths[at - 1];
		if (ids)
			ids[at] = ids[at - 1];
		at--;
	}
	paths[at] = path;
	if (ids)
		ids[at] = id;
	return at;
}

static void sort(const struct table *t, struct rib_path *paths, uint32_t *ids,
		 uint32_t n)
{
	uint64_t key, last = sort_key(t, &paths[0], ids ? ids[0] : 0);
	uint32_t i;

	for (i = 1; i < n; i++) {
		key = sort_key(t, &paths[i], ids ? ids[i] : 0);
		if (last <= key)
			last = key;
		else
			settle(t, paths, ids, i);
	}
}

/* Step 5: each next hop once. Returns whether some were in use already. */
static bool multipath(struct table *t, struct rib_path *paths, uint32_t n)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct nexthop *nexthop;
	bool dropped = false;
	uint32_t i;

	t->rib->decision++;
	for (i = 0; i < n && paths[i].why == RIB_WHY_BEST; i++) {
		nexthop = attrset_nexthop(pool, paths[i].attrs);
		if (i > 0 && nexthop->stamp == t->rib->decision) {
			paths[i].why = RIB_WHY_SAME_NEXT_HOP;
			dropped = true;
		} else if (i > 0) {
			paths[i].why = RIB_WHY_MULTIPATH;
		}
		nexthop->stamp = t->rib->decision;
	}
	return dropped;
}

static void decide(struct table *t, struct net *net)
{
	uint32_t *ids = net_path_ids(&t->nets, net);
	struct rib_path *paths;
	uint32_t n;

	paths = net_paths(&t->nets, net, &n);
	eliminate(t, net, paths, n);
	if (n < 2)
		return;
	sort(t, paths, ids, n);
	if (multipath(t, paths, n))
		sort(t, paths, ids, n);
}

/* ---- what follows from a decision ------------------------------------ */

/*
 * What takes over when all that is used is gone: the next best path. Only the
 * kernel's side wants to know.
 */
static const struct rib_path *backup_path(const struct table *t,
					  const struct rib_path *paths,
					  uint32_t n)
{
	const struct rib_path *best = NULL;
	uint64_t cost, least = UINT64_MAX;
	uint32_t i;

	if (n < 2 || !t->rib->ops->route)
		return NULL;
	for (i = 0; i < n; i++) {
		if (!paths[i].checked || paths[i].peer == PEER_OWN ||
		    paths[i].why < RIB_WHY_LEAST_PREFERRED)
			continue;
		cost = path_cost(t, &paths[i]);
		if (cost < least) {
			least = cost;
			best = &paths[i];
		}
	}
	return best;
}

static uint32_t backup_attrs(const struct table *t,
			     const struct rib_path *paths, uint32_t n)
{
	const struct rib_path *path = backup_path(t, paths, n);

	return path ? path->attrs : ATTRSET_NONE;
}

/*
 * Our own route is not programmed, nor is what is suppressed, unless that is
 * asked for.
 */
static bool is_withheld(const struct table *t, const struct net *net,
			const struct rib_path *paths, uint32_t n)
{
	return (net->flags & NET_SUPPRESSED && !t->rib->program_inside) ||
	       (n > 0 && paths[0].peer == PEER_OWN);
}

/* One route is either: what leads to an NVA, too, is the route server's. */
static bool all_of_gateways(const struct table *t,
			    const struct rib_path *paths, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n && why_used(paths[i].why); i++) {
		if (t->rib->peer[paths[i].peer]->conf.policy.kind == CONF_NVA)
			return false;
	}
	return i > 0;
}

void decide_begin(const struct table *t, struct net *net,
		  struct choice *choice)
{
	const struct rib_path *paths;
	uint32_t i, n;

	choice->suppressed = net->flags & NET_SUPPRESSED;
	choice->source = NEIGHBOR_NONE;
	paths = net_paths(&t->nets, net, &n);
	choice->withheld = is_withheld(t, net, paths, n);
	for (i = 0; i < n && why_used(paths[i].why); i++) {
		if (i < CHOICE_USED)
			choice->used[i] = paths[i].attrs;
	}
	choice->n_used = i;
	choice->backup = i > 0 ? backup_attrs(t, paths, n) : ATTRSET_NONE;
	choice->gateway = all_of_gateways(t, paths, n);
	if (i > 0)
		choice->source = t->rib->peer[paths[0].peer]->neighbor;
}

static bool choice_wanted(const struct choice *choice)
{
	return choice->n_used > 0 && !choice->withheld;
}

/* Whether the kernel's view is another; @a and @b are both wanted. */
static bool hop_differs(const struct attrset_pool *pool, uint32_t a,
			uint32_t b)
{
	if (a == b)
		return false;
	return a == ATTRSET_NONE || b == ATTRSET_NONE ||
	       attrset_nexthop(pool, a) != attrset_nexthop(pool, b);
}

static bool nexthops_differ(const struct table *t, const struct choice *a,
			    const struct choice *b)
{
	const struct attrset_pool *pool = &t->rib->attrs;
	uint32_t i;

	if (a->n_used != b->n_used || a->n_used > CHOICE_USED ||
	    a->gateway != b->gateway)
		return true;
	if (hop_differs(pool, a->backup, b->backup))
		return true;
	for (i = 0; i < a->n_used; i++) {
		if (hop_differs(pool, a->used[i], b->used[i]))
			return true;
	}
	return false;
}

static bool export_differs(const struct choice *a, const struct choice *b)
{
	return a->source != b->source || a->suppressed != b->suppressed ||
	       (a->n_used > 0 && a->used[0] != b->used[0]);
}

void decide_commit(struct table *t, uint32_t id, const struct choice *before)
{
	struct net *net = net_get(&t->nets, id);
	struct choice after;
	bool wanted, was_wanted;

	decide(t, net);
	decide_begin(t, net, &after);
	t->n_usable += (after.n_used > 0) - (before->n_used > 0);
	was_wanted = choice_wanted(before);
	wanted = choice_wanted(&after);
	if (wanted != was_wanted ||
	    (wanted && nexthops_differ(t, before, &after)))
		feed_mark(t, id);
	if (export_differs(before, &after))
		adjout_mark(t, id);
	paths_mark(t, id);
	adjin_release(t, id);
}

/* Whether no path in use has @path's next hop. */
static bool other_nexthop(const struct table *t, const struct rib_path *paths,
			  uint32_t n, const struct rib_path *path)
{
	const struct attrset_pool *pool = &t->rib->attrs;
	uint32_t i, nexthop = attrset_get(pool, path->attrs)->nexthop;

	for (i = 0; i < n && why_used(paths[i].why); i++) {
		if (attrset_get(pool, paths[i].attrs)->nexthop == nexthop)
			return false;
	}
	return true;
}

/*
 * Those in use are all as good as the first. If that does not count any more,
 * or how peers stand has changed since, all are to be looked at. Others that
 * are void stay what they are until they are swept.
 */
enum rib_why decide_newcomer(const struct table *t, struct net *net,
			     const struct rib_path *path)
{
	const struct rib_path *paths;
	uint64_t cost, least;
	enum rib_why why;
	uint32_t n;

	paths = net_paths(&t->nets, net, &n);
	if (n == 0 || paths[0].why != RIB_WHY_BEST ||
	    paths[0].peer == PEER_OWN || path->peer == PEER_OWN ||
	    path_void(t->rib, t->af, &paths[0]) ||
	    path_void(t->rib, t->af, path) ||
	    t->revision.what & REVISE_PATHS)
		return RIB_WHY_BEST;
	why = path_eligible(t, net, path);
	if (why != RIB_WHY_BEST)
		return why;
	cost = path_cost(t, path);
	least = path_cost(t, &paths[0]);
	if (cost > least)
		return why_lost(cost, least);
	return cost == least && other_nexthop(t, paths, n, path) ?
	       RIB_WHY_MULTIPATH : RIB_WHY_BEST;
}

/*
 * The prefix still has a best path. What is sent on is another only if the one
 * that has come is the first, and what the kernel has only if it is used or
 * stands by.
 */
void decide_admit(struct table *t, uint32_t id, enum rib_why why)
{
	struct net *net = net_get(&t->nets, id);
	struct rib_path *paths;
	uint32_t backup, n;

	paths = net_paths(&t->nets, net, &n);
	backup = backup_attrs(t, paths, n - 1);
	paths[n - 1].why = why;
	paths[n - 1].checked = true;
	if (settle(t, paths, net_path_ids(&t->nets, net), n - 1) == 0) {
		paths[0].why = RIB_WHY_BEST;
		paths[1].why = RIB_WHY_MULTIPATH;
		adjout_mark(t, id);
	}
	if (!is_withheld(t, net, paths, n) &&
	    (why == RIB_WHY_MULTIPATH ||
	     hop_differs(&t->rib->attrs, backup, backup_attrs(t, paths, n))))
		feed_mark(t, id);
	paths_mark(t, id);
}

/*
 * The kinds of peers that a path may be sent to. Gateways hear only of NVAs
 * and of the other kind of gateway; and are in our own AS.
 */
unsigned int decide_audience(const struct rib *rib,
			     const struct rib_path *path)
{
	enum conf_kind kind = rib->peer[path->peer]->conf.policy.kind;
	unsigned int flags = attrset_get(&rib->attrs, path->attrs)->flags;
	unsigned int to = AUDIENCE(CONF_NVA);

	if (path->peer == PEER_OWN)
		return AUDIENCE_ALL;
	if (flags & ATTRSET_NO_ADVERTISE)
		return 0;
	if (rib->conf.policy.branch_to_branch)
		to = kind == CONF_NVA ? AUDIENCE_ALL :
					AUDIENCE_ALL & ~AUDIENCE(kind);
	else if (kind != CONF_NVA)
		to = 0;
	if (flags & ATTRSET_NO_EXPORT)
		to &= ~AUDIENCE(CONF_NVA);
	return to;
}

const struct rib_path *decide_export(const struct table *t, struct net *net,
				     uint16_t *origin)
{
	const struct rib_path *path;
	unsigned int to;
	uint32_t n;

	*origin = ORIGIN_NONE;
	path = net_paths(&t->nets, net, &n);
	if (n == 0 || path->why != RIB_WHY_BEST)
		return NULL;
	if (path->peer == PEER_OWN) {
		*origin = ORIGIN_OWN;
		return path;
	}
	if (net->flags & NET_SUPPRESSED)
		return NULL;
	to = decide_audience(t->rib, path);
	if (to == 0)
		return NULL;
	*origin = peer_origin(t->rib, t->rib->peer[path->peer]->neighbor, to);
	return path;
}

/* A place in the order of preference that no other path of the prefix has. */
struct place {
	uint64_t cost, tie;
};

static struct place path_place(const struct table *t,
			       const struct rib_path *path, uint32_t path_id)
{
	uint64_t rank = t->rib->peer[path->peer]->rank;

	return (struct place){
		.cost = path_cost(t, path),
		.tie = rank << 33 | (uint64_t)path_id << 1 | path->summary,
	};
}

static bool place_before(const struct place *a, const struct place *b)
{
	return a->cost != b->cost ? a->cost < b->cost : a->tie < b->tie;
}

static bool path_sendable(const struct table *t, const struct net *net,
			  const struct rib_path *path)
{
	if (path->peer == PEER_OWN)
		return true;
	return !(net->flags & NET_SUPPRESSED) && path->checked &&
	       !why_refused(path->why) && path->why != RIB_WHY_OWN_SPACE &&
	       !path_void(t->rib, t->af, path);
}

const struct rib_path *decide_next(const struct table *t, struct net *net,
				   const struct rib_path *last)
{
	const uint32_t *ids = net_path_ids(&t->nets, net);
	const struct rib_path *paths, *next = NULL;
	struct place floor = { 0 }, this, best = { 0 };
	uint32_t i, n;

	paths = net_paths(&t->nets, net, &n);
	if (last)
		floor = path_place(t, last, ids ? ids[last - paths] : 0);
	for (i = 0; i < n; i++) {
		if (!path_sendable(t, net, &paths[i]))
			continue;
		this = path_place(t, &paths[i], ids ? ids[i] : 0);
		if ((last && !place_before(&floor, &this)) ||
		    (next && !place_before(&this, &best)))
			continue;
		next = &paths[i];
		best = this;
	}
	return next;
}

uint32_t decide_nexthops(const struct table *t, struct net *net,
			 struct addr *hops, uint32_t max)
{
	const struct attrset_pool *pool = &t->rib->attrs;
	const struct rib_path *paths;
	uint32_t i, n;

	paths = net_paths(&t->nets, net, &n);
	if (is_withheld(t, net, paths, n))
		return 0;
	for (i = 0; i < n && why_used(paths[i].why); i++) {
		if (i < max)
			hops[i] = attrset_nexthop(pool, paths[i].attrs)->addr;
	}
	return i;
}

bool decide_gateway(const struct table *t, struct net *net)
{
	const struct rib_path *paths;
	uint32_t n;

	paths = net_paths(&t->nets, net, &n);
	return all_of_gateways(t, paths, n);
}

const struct addr *decide_backup(const struct table *t, struct net *net)
{
	const struct rib_path *paths, *backup;
	uint32_t n;

	paths = net_paths(&t->nets, net, &n);
	backup = backup_path(t, paths, n);
	return backup ? &attrset_nexthop(&t->rib->attrs, backup->attrs)->addr :
			NULL;
}
