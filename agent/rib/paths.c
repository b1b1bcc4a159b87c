// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several paths of one prefix for peers that take them (RFC 7911): the first
 * so many in order of preference that they may have and the group's map lets
 * out. Equal ones, as a neighbor sends them to each instance, count once.
 *
 * Unlike in adjout.c what was sent has to be remembered, for which of a
 * prefix's paths peers have cannot be told from one of them. So each group has
 * a table: of each prefix the paths and the identifiers they were sent by. A
 * path keeps its identifier as long as it is sent. Identifiers are 1 up to the
 * most paths that are sent; one that becomes free is given to the next path,
 * which thereby replaces the one before without a gap. A peer that has missed
 * something can be told of each identifier what is behind it now, and needs no
 * table of its own.
 *
 * A group's members have what its table has, but for paths that came from
 * themselves. Prefixes whose paths may have changed wait in .changed, and only
 * what is another than in the table is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "rib/table.h"

#define SET_SHIFT	27		/* of paths.set: length above, place */
#define SET_PLACE	((1u << SET_SHIFT) - 1)

struct paths *paths_new(uint8_t max)
{
	struct paths *paths = xcalloc(1, sizeof(*paths));
	unsigned int i;

	paths->max = max;
	for (i = 0; i < PATHS_MAX; i++)
		slab_init(&paths->sets[i], (i + 1) * sizeof(struct sent_path));
	return paths;
}

/* ---- the table ------------------------------------------------------- */

static struct sent_path *set_get(const struct paths *paths, uint32_t id,
				 uint32_t *n)
{
	uint32_t at = id < paths->size ? paths->set[id] : 0;

	*n = at >> SET_SHIFT;
	if (*n == 0)
		return NULL;
	return slab_get(&paths->sets[*n - 1], at & SET_PLACE);
}

const struct sent_path *paths_get(const struct group *group, uint32_t id,
				  uint32_t *n)
{
	return set_get(group->paths, id, n);
}

static void set_grow(struct paths *paths, uint32_t id)
{
	uint32_t size = MAX(id + 1, paths->size * 2);

	paths->set = xreallocarray(paths->set, size, sizeof(*paths->set));
	memset(paths->set + paths->size, 0,
	       (size - paths->size) * sizeof(*paths->set));
	paths->size = size;
}

/* Replace what there is; attributes are held and let go of. */
static void set_put(struct table *t, struct paths *paths, uint32_t id,
		    const struct sent_path *list, uint32_t n)
{
	struct attrset_pool *pool = &t->rib->attrs;
	struct sent_path *old;
	uint32_t i, n_old, place;

	for (i = 0; i < n; i++)
		attrset_hold(pool, list[i].attrs);
	old = set_get(paths, id, &n_old);
	for (i = 0; i < n_old; i++)
		attrset_put(pool, old[i].attrs);
	if (n == n_old && n > 0) {
		memcpy(old, list, n * sizeof(*list));
		return;
	}
	if (n_old > 0)
		slab_release(&paths->sets[n_old - 1],
			     paths->set[id] & SET_PLACE);
	if (id >= paths->size) {
		if (n == 0)
			return;
		set_grow(paths, id);
	}
	paths->set[id] = 0;
	if (n == 0)
		return;
	place = slab_alloc(&paths->sets[n - 1]);
	if (place > SET_PLACE)
		fatalx("too many paths to be sent");
	memcpy(slab_get(&paths->sets[n - 1], place), list, n * sizeof(*list));
	paths->set[id] = n << SET_SHIFT | place;
}

/* No group has it any more. */
void paths_free(struct table *t, struct paths *paths)
{
	uint32_t id, n;
	unsigned int i;

	for (id = 0; id < paths->size; id++) {
		if (!set_get(paths, id, &n))
			continue;
		set_put(t, paths, id, NULL, 0);
		adjin_release(t, id);
	}
	while (idset_pop(&paths->changed, &id))
		if (net_try(&t->nets, id))
			adjin_release(t, id);
	for (i = 0; i < PATHS_MAX; i++)
		slab_fini(&paths->sets[i]);
	idset_fini(&paths->changed);
	free(paths->set);
	free(paths);
}

bool paths_refer(const struct table *t, uint32_t id)
{
	const struct group *group;
	uint32_t n;

	if (t->n_path_groups == 0)
		return false;
	for (group = t->groups; group; group = group->next) {
		if (group->paths && (set_get(group->paths, id, &n) ||
				     idset_has(&group->paths->changed, id)))
			return true;
	}
	return false;
}

/* ---- what is to be looked at ----------------------------------------- */

void paths_mark(struct table *t, uint32_t id)
{
	struct group *group;

	if (t->n_path_groups == 0)
		return;
	for (group = t->groups; group; group = group->next) {
		if (group->paths)
			idset_add(&group->paths->changed, id);
	}
	rib_wake(t->rib);
}

void paths_fill(struct table *t, struct group *group)
{
	uint32_t id;

	for (id = net_next(&t->nets, 0); id != NET_NONE;
	     id = net_next(&t->nets, id + 1))
		idset_add(&group->paths->changed, id);
}

void paths_mark_all(struct table *t)
{
	struct group *group;

	for (group = t->groups; group; group = group->next) {
		if (group->paths)
			paths_fill(t, group);
	}
}

/* ---- what is to be sent ---------------------------------------------- */

/* Whether a path gets out at all; what is looked at here seldom is there. */
static bool gets_out(const struct table *t, const struct group *group,
		     const struct prefix *prefix, uint16_t origin,
		     uint32_t attrs)
{
	const struct attrset *set = attrset_get(&t->rib->attrs, attrs);
	bool plain = !(set->flags & ATTRSET_LLGR_STALE) &&
		     set->flat.nexthop_family == bgp_af_info[t->af].family;
	struct bgp_attrs *out;

	if (!group->map && !group->how.no_otc && plain)
		return true;
	out = outbound_attrs(t, group, prefix, origin, attrs);
	free(out);
	return out != NULL;
}

/* The same, whatever the map says. */
static bool gets_to_map(const struct table *t, const struct group *group,
			uint16_t origin, uint32_t attrs)
{
	struct bgp_attrs *out = adjout_export(t, group, origin, attrs);

	free(out);
	return out != NULL;
}

static bool has_attrs(const struct sent_path *list, uint32_t n,
		      uint32_t attrs)
{
	while (n > 0) {
		if (list[--n].attrs == attrs)
			return true;
	}
	return false;
}

uint32_t paths_select(struct table *t, const struct group *group,
		      struct net *net, bool map, struct sent_path *list)
{
	struct prefix prefix = net_prefix(&t->nets, net);
	const struct rib_path *path = NULL;
	struct rib *rib = t->rib;
	uint16_t origin;
	uint32_t n = 0;

	while (n < group->paths->max && (path = decide_next(t, net, path))) {
		if (!(decide_audience(rib, path) & AUDIENCE(group->kind)) ||
		    has_attrs(list, n, path->attrs))
			continue;
		origin = path->peer == PEER_OWN ? ORIGIN_OWN :
			 peer_origin(rib, rib->peer[path->peer]->neighbor,
				     AUDIENCE(group->kind));
		if (map ? !gets_out(t, group, &prefix, origin, path->attrs) :
			  !gets_to_map(t, group, origin, path->attrs))
			continue;
		list[n++] = (struct sent_path){
			.attrs = path->attrs,
			.path_id = net_path_id(&t->nets, net, path),
			.peer = path->peer,
			.origin = origin,
			.summary = path->summary,
		};
	}
	return n;
}

static const struct sent_path *find_id(const struct sent_path *list,
				       uint32_t n, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (list[i].id == id)
			return &list[i];
	}
	return NULL;
}

static bool same_source(const struct sent_path *a, const struct sent_path *b)
{
	return a->peer == b->peer && a->path_id == b->path_id &&
	       a->summary == b->summary;
}

/* Whoever says it: of equal ones another may be the one that is sent. */
static bool same_route(const struct sent_path *a, const struct sent_path *b)
{
	return a->attrs == b->attrs && a->origin == b->origin;
}

static void keep_ids(struct sent_path *list, uint32_t n, uint32_t max,
		     const struct sent_path *old, uint32_t n_old,
		     bool (*same)(const struct sent_path *a,
				  const struct sent_path *b))
{
	uint32_t i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; list[i].id == 0 && j < n_old; j++) {
			if (same(&list[i], &old[j]) && old[j].id <= max &&
			    !find_id(list, n, old[j].id))
				list[i].id = old[j].id;
		}
	}
}

/* What was sent before keeps its identifier, others get the lowest free. */
static void give_ids(struct sent_path *list, uint32_t n, uint32_t max,
		     const struct sent_path *old, uint32_t n_old)
{
	uint32_t i, id = 0;

	keep_ids(list, n, max, old, n_old, same_route);
	keep_ids(list, n, max, old, n_old, same_source);
	for (i = 0; i < n; i++) {
		if (list[i].id != 0)
			continue;
		while (find_id(list, n, ++id))
			;
		list[i].id = id;
	}
}

/* ---- live changes ---------------------------------------------------- */

/* What is behind an identifier has changed; NULL: nothing is. */
static bool put_change(struct pack *b, uint32_t net,
		       const struct sent_path *old,
		       const struct sent_path *new)
{
	const struct sent_path *either = old ? old : new;

	if (!either || (old && new && old->attrs == new->attrs &&
			old->origin == new->origin))
		return false;
	if (!new) {
		pack_withdraw(b, net, old->id, old->origin);
		return true;
	}
	/* Its source may have had another's. */
	if (old && old->origin != new->origin)
		pack_withdraw_only(b, net, new->id, new->origin);
	pack_announce(b, net, new->id, new->attrs, new->origin);
	return true;
}

static void lag_set(struct table *t, const struct group *group, uint32_t id)
{
	struct peer_af *af;
	uint32_t i;

	for (i = 0; i < group->n_members; i++) {
		af = &group->member[i]->af[t->af];
		if (af->lag)
			idset_add(&af->lag->nets, id);
	}
	/* The group that they are of now may never have had it. */
	for (i = 1; group->n_leaving > 0 && i < t->rib->n_peers; i++) {
		if (t->rib->peer[i] &&
		    t->rib->peer[i]->af[t->af].leaving == group)
			idset_add(&t->rib->peer[i]->af[t->af].lag->nets, id);
	}
}

/* Whether there was something to tell, which is in the pack. */
static bool live_one(struct table *t, struct pack *b, struct group *group,
		     uint32_t id)
{
	struct sent_path new[PATHS_MAX];
	const struct sent_path *old;
	uint32_t i, n, n_old;
	bool changed = false;

	n = paths_select(t, group, net_get(&t->nets, id), true, new);
	old = set_get(group->paths, id, &n_old);
	give_ids(new, n, group->paths->max, old, n_old);
	for (i = 1; i <= group->paths->max; i++)
		changed |= put_change(b, id, find_id(old, n_old, i),
				      find_id(new, n, i));
	/* Even so the same may come from another session now. */
	set_put(t, group->paths, id, new, n);
	if (changed)
		lag_set(t, group, id);
	return changed;
}

bool paths_run(struct table *t, struct group *group)
{
	struct pack *b = t->rib->pack;
	struct paths *paths = group->paths;
	uint32_t id;

	if (!paths || paths->changed.n == 0)
		return false;
	if (pack_much(b))
		return true;
	pack_reset(b, t);
	while (pack_takes(b, 2 * paths->max) &&
	       idset_pop(&paths->changed, &id)) {
		if (!live_one(t, b, group, id))
			adjin_release(t, id);
	}
	pack_send(b, &(struct pack_target){ .group = group });
	pack_release(b);
	return true;
}

/* ---- dumps and slow peers -------------------------------------------- */

void paths_announce(struct pack *b, const struct group *group, uint32_t id)
{
	const struct sent_path *list;
	uint32_t i, n;

	list = set_get(group->paths, id, &n);
	for (i = 0; i < n; i++)
		pack_announce(b, id, list[i].id, list[i].attrs,
			      list[i].origin);
}

/* Whether a path is the peer's own. */
static bool is_own(const struct rib_peer *peer, const struct sent_path *path)
{
	return peer->rib->origin[path->origin].neighbor == peer->neighbor;
}

/* What a peer has by an identifier; NULL: nothing. */
static const struct sent_path *peer_path(const struct rib_peer *peer,
					 const struct group *group,
					 uint32_t net, uint32_t id)
{
	const struct sent_path *list, *path;
	uint32_t n;

	list = set_get(group->paths, net, &n);
	path = find_id(list, n, id);
	return path && !is_own(peer, path) ? path : NULL;
}

void paths_replace(struct table *t, struct pack *b,
		   const struct rib_peer *peer, uint32_t net)
{
	const struct peer_af *af = &peer->af[t->af];
	const struct sent_path *path;
	uint32_t id;

	for (id = 1; id <= af->path_ids; id++) {
		path = peer_path(peer, af->group, net, id);
		if (path)
			pack_announce(b, net, id, path->attrs, path->origin);
		else
			pack_withdraw(b, net, id, ORIGIN_OWN);
	}
}

/* ---- another policy -------------------------------------------------- */

void paths_adopt(struct table *t, struct group *group,
		 const struct group *from, uint32_t id)
{
	bool waits = idset_has(&group->paths->changed, id);
	struct sent_path new[PATHS_MAX];
	const struct sent_path *old;
	uint32_t n, n_old;

	/* What waits is going to be sent to all members anyway. */
	if (set_get(group->paths, id, &n) || (waits && !group->adopting))
		return;
	n = paths_select(t, group, net_get(&t->nets, id), true, new);
	old = paths_get(from, id, &n_old);
	give_ids(new, n, group->paths->max, old, n_old);
	set_put(t, group->paths, id, new, n);
	/*
	 * If all members are on their way from other groups it is adopted all
	 * the same: to go by a table without it would be to withdraw it. Then
	 * there will be nothing new in it for those that have been here before.
	 */
	if (waits && n > 0)
		lag_set(t, group, id);
}

static struct bgp_attrs *look_at(const struct table *t,
				 const struct group *group,
				 const struct prefix *prefix,
				 const struct sent_path *path)
{
	return path ? outbound_attrs(t, group, prefix, path->origin,
				     path->attrs) : NULL;
}

bool paths_differ(struct table *t, const struct rib_peer *peer,
		  const struct group *before, const struct group *after,
		  uint32_t id)
{
	struct prefix prefix = net_prefix(&t->nets, net_get(&t->nets, id));
	struct bgp_attrs *a, *b;
	bool differ = false;
	uint32_t i;

	for (i = 1; i <= PATHS_MAX && !differ; i++) {
		a = look_at(t, before, &prefix, peer_path(peer, before, id, i));
		b = look_at(t, after, &prefix, peer_path(peer, after, id, i));
		differ = a && b ? !bgp_attrs_equal(a, b) : a != b;
		free(a);
		free(b);
	}
	return differ;
}

/* ---- counters -------------------------------------------------------- */

uint32_t paths_count(const struct table *t, const struct rib_peer *peer)
{
	const struct group *group = peer->af[t->af].group;
	const struct sent_path *list;
	uint32_t id, i, n, count = 0;

	for (id = 0; id < group->paths->size; id++) {
		list = set_get(group->paths, id, &n);
		for (i = 0; i < n; i++)
			count += !is_own(peer, &list[i]);
	}
	return count;
}

uint64_t paths_bytes(const struct paths *paths)
{
	uint64_t bytes = idset_bytes(&paths->changed) +
			 paths->size * sizeof(*paths->set);
	unsigned int i;

	for (i = 0; i < PATHS_MAX; i++)
		bytes += slab_bytes(&paths->sets[i]);
	return bytes;
}
