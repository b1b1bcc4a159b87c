// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What peers are sent, without a table of it.
 *
 * A prefix remembers in .sent whose path was sent last, and to what kinds of
 * peers. So it is known who has it: all of these but that neighbor. Five kinds
 * of work follow:
 *
 *  - live: prefixes whose best path has changed (NET_OUT, in the queue .out)
 *    go to everybody who can take them.
 *  - review: who is to get what has changed, for everything; the difference
 *    is sent.
 *  - sync: peers that came up, or asked for a refresh, are dumped the table.
 *    The dump of a group goes round and round while somebody needs it; a peer
 *    joins it where it is and leaves when it has come round once, so that any
 *    number of peers share one encoding. Prefixes in the queue are left out:
 *    they are about to be sent to all.
 *  - lag: a peer that cannot take more gets a bit per prefix that it has
 *    missed. When it can, it is sent the state of then.
 *  - move: a peer of another policy lags, too, and gets a bit per prefix that
 *    looks different now, while all are looked at piece by piece.
 *
 * There is no minimum interval between advertisements of a prefix (RFC 4271
 * 9.2.1.1, a SHOULD): packets follow what is programmed here at once, and an
 * NVA that hears of it seconds later sends into nothing meanwhile. What the
 * interval is for, that a prefix which changes all the time floods nobody, is
 * met by the queue and the lag: a prefix is in them once, with the state of
 * when it is sent, and who takes less is sent less.
 *
 * Groups that are sent several paths of a prefix do have a table: paths.c has
 * their live changes and reviews; dumps and slow peers are as described.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

#define SYNC_SCAN	65536		/* prefixes looked at in one piece */

/* ---- slow peers ------------------------------------------------------ */

/* Whether a peer may have something of a prefix. */
static bool was_sent(const struct table *t, const struct peer_af *af,
		     uint32_t id)
{
	uint32_t n;

	if (af->group->paths)
		return paths_get(af->group, id, &n) ||
		       (af->leaving && paths_get(af->leaving, id, &n));
	return net_get(&t->nets, id)->sent != ORIGIN_NONE;
}

static void lag_set_range(struct table *t, struct peer_af *af, uint32_t from,
			  uint32_t to)
{
	uint32_t id;

	for (id = net_next(&t->nets, from); id < to;
	     id = net_next(&t->nets, id + 1)) {
		if (was_sent(t, af, id))
			idset_add(&af->lag->nets, id);
	}
}

/* What is left of the dump is remembered bit by bit. */
static void lag_start(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	uint32_t cursor = af->group->cursor;

	af->lag = xcalloc(1, sizeof(*af->lag));
	af->lag->again = NET_NONE;
	t->n_lagging++;
	if (!af->syncing)
		return;
	if (!af->wrapped)
		lag_set_range(t, af, cursor, net_end(&t->nets));
	lag_set_range(t, af, af->wrapped ? cursor : 0, af->sync_start);
	af->syncing = false;
	af->group->n_syncing--;
}

static void lag_free(struct table *t, struct rib_peer *peer)
{
	struct lag *lag = peer->af[t->af].lag;
	uint32_t id;

	peer->af[t->af].lag = NULL;
	t->n_lagging--;
	while (idset_pop(&lag->nets, &id) || idset_pop(&lag->last, &id))
		adjin_release(t, id);
	idset_fini(&lag->nets);
	idset_fini(&lag->last);
	free(lag);
}

bool adjout_lagging(const struct table *t, uint32_t id)
{
	const struct rib_peer *peer;
	uint32_t i;

	if (t->n_lagging == 0)
		return false;
	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer && peer->af[t->af].lag &&
		    lag_has(peer->af[t->af].lag, id))
			return true;
	}
	return false;
}

/* With ADD-PATH, paths_run() does it. */
static void lag_set_all(struct table *t, uint32_t id)
{
	struct rib_peer *peer;
	uint32_t i;

	if (t->n_lagging == 0)
		return;
	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer && peer->af[t->af].lag &&
		    !peer->af[t->af].group->paths)
			idset_add(&peer->af[t->af].lag->nets, id);
	}
}

/* ---- groups ---------------------------------------------------------- */

static bool wire_equal(const struct bgp_wire *a, const struct bgp_wire *b)
{
	return a->as4 == b->as4 && a->max_len == b->max_len &&
	       a->families == b->families &&
	       a->add_path_tx == b->add_path_tx &&
	       a->ext_nexthop == b->ext_nexthop &&
	       a->long_lived == b->long_lived;
}

static bool how_equal(const struct bgp_export *a, const struct bgp_export *b)
{
	return addr_equal(&a->nexthop, &b->nexthop) &&
	       a->prepend_as == b->prepend_as &&
	       a->override_as == b->override_as &&
	       a->community == b->community && a->ebgp == b->ebgp &&
	       a->otc == b->otc && a->no_otc == b->no_otc;
}

/* What becomes of a route on its way to a peer. */
static struct bgp_export peer_how(const struct table *t,
				  const struct rib_peer *peer)
{
	const struct rib_peer_policy *policy = &peer->conf.policy;
	uint32_t local_as = t->rib->conf.local_as;
	bool ebgp = peer->conf.as != local_as;
	enum bgp_role role = peer->session.role;

	return (struct bgp_export){
		.nexthop = peer->session.nexthop[t->af],
		.prepend_as = ebgp ? local_as : 0,
		.override_as = ebgp && policy->as_override ?
			       peer->conf.as : 0,
		.community = policy->kind == CONF_EXPRESSROUTE ?
			     BGP_COMMUNITY_ROUTE_SERVER : 0,
		.otc = role == BGP_ROLE_PROVIDER || role == BGP_ROLE_PEER ||
		       role == BGP_ROLE_RS ? local_as : 0,
		.no_otc = role == BGP_ROLE_CUSTOMER || role == BGP_ROLE_PEER ||
			  role == BGP_ROLE_RS_CLIENT,
		.ebgp = ebgp,
	};
}

/* How many paths of a prefix it is sent; 0: one, without ADD-PATH. */
static uint8_t peer_paths(const struct table *t, const struct rib_peer *peer)
{
	if (!(peer->session.wire.add_path_tx & bgp_af_bit(t->af)))
		return 0;
	return MIN(MAX(peer->conf.policy.add_path_send, 1), PATHS_MAX);
}

/* The group that a peer belongs to; made if there is none. */
static struct group *group_get(struct table *t, const struct rib_peer *peer)
{
	const struct bgp_wire *wire = &peer->session.wire;
	struct bgp_export how = peer_how(t, peer);
	uint8_t paths = peer_paths(t, peer);
	struct group *group;

	for (group = t->groups; group; group = group->next) {
		if (group->kind == peer->conf.policy.kind &&
		    group->map == peer->conf.policy.out &&
		    (group->paths ? group->paths->max : 0) == paths &&
		    wire_equal(&group->wire, wire) &&
		    how_equal(&group->how, &how))
			return group;
	}
	group = xcalloc(1, sizeof(*group));
	group->wire = *wire;
	group->how = how;
	group->kind = peer->conf.policy.kind;
	group->map = rib_map_hold(peer->conf.policy.out);
	if (paths > 0) {
		group->paths = paths_new(paths);
		t->n_path_groups++;
	}
	group->next = t->groups;
	t->groups = group;
	if (group->map && !group->paths)
		outsum_begin(t, group);
	return group;
}

/* A gateway is told the next hop as it is: it does not go through us. */
struct bgp_attrs *adjout_export(const struct table *t,
				const struct group *group, uint16_t origin,
				uint32_t attrs)
{
	const struct attrset *set = attrset_get(&t->rib->attrs, attrs);
	struct bgp_export how = group->how;

	/* RFC 9494 4.3: not to those who would take it for a fresh one. */
	if (set->flags & ATTRSET_LLGR_STALE &&
	    !(group->wire.long_lived & bgp_af_bit(t->af)))
		return NULL;
	if (!how.ebgp && t->rib->origin[origin].neighbor != NEIGHBOR_OWN)
		how.nexthop = (struct addr){ 0 };
	/* RFC 8950 4: nor what they have not agreed to take. */
	if (t->af == BGP_IPV4_UNICAST &&
	    (how.nexthop.family ?: set->flat.nexthop_family) == AF_INET6 &&
	    !(group->wire.ext_nexthop & bgp_af_bit(t->af)))
		return NULL;
	return bgp_attrs_export(&set->flat, &how);
}

static void group_add(struct table *t, struct group *group,
		      struct rib_peer *peer)
{
	group->member = xreallocarray(group->member, group->n_members + 1,
				      sizeof(*group->member));
	group->member[group->n_members++] = peer;
	peer->af[t->af].group = group;
	if (group->paths)
		peer->af[t->af].path_ids = MAX(peer->af[t->af].path_ids,
					       group->paths->max);
}

static void group_put(struct table *t, struct group *group)
{
	struct group **link = &t->groups;

	if (group->n_members > 0 || group->n_leaving > 0)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	if (group->sums)
		outsum_end(t, group->sums);
	if (group->paths) {
		t->n_path_groups--;
		paths_free(t, group->paths);
	}
	rib_map_put(group->map);
	free(group->has);
	free(group->member);
	free(group);
}

static void group_remove(struct table *t, struct group *group,
			 const struct rib_peer *peer)
{
	uint32_t i;

	for (i = 0; group->member[i] != peer; i++)
		;
	group->member[i] = group->member[--group->n_members];
	group_put(t, group);
}

static void leave(struct table *t, struct peer_af *af)
{
	struct group *group = af->leaving;

	if (!group)
		return;
	af->leaving = NULL;
	group->n_leaving--;
	group_put(t, group);
}

static void sync_start(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];

	if (!af->syncing)
		af->group->n_syncing++;
	af->syncing = true;
	af->wrapped = false;
	af->sync_start = af->group->cursor;
}

void adjout_join(struct table *t, struct rib_peer *peer)
{
	const struct rib_session *session = &peer->session;
	struct group *group;
	bool fresh;

	if (!(session->wire.families & bgp_af_bit(t->af)))
		return;
	peer->af[t->af].eor_due = !session->no_end_of_rib;
	/* Without a next hop that the peer takes, that is all it is sent. */
	if (session->nexthop[t->af].family == 0)
		return;
	peer->af[t->af].path_ids = 0;
	group_add(t, group_get(t, peer), peer);
	outsum_join(&peer->af[t->af]);
	group = peer->af[t->af].group;
	fresh = group->n_members == 1 && group->n_leaving == 0;
	if (group->paths && (fresh || group->adopting)) {
		group->adopting = false;
		paths_fill(t, group);
	}
	if (!group->paths || !fresh)
		sync_start(t, peer);
}

void adjout_leave(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct group *group = af->group;

	af->eor_due = false;
	if (!group)
		return;
	leave(t, af);
	if (af->lag)
		lag_free(t, peer);
	if (af->syncing)
		group->n_syncing--;
	outsum_leave(af);
	group_remove(t, group, peer);
	af->group = NULL;
	af->syncing = false;
	af->borr_due = false;
	af->eorr_due = false;
}

void adjout_refresh(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];

	/*
	 * Not all at once: who does not listen may ask for it any number of
	 * times.
	 */
	if (af->lag)
		af->lag->again = 0;
	else
		sync_start(t, peer);
	outsum_refresh(af);
	/* RFC 7313 4: not before the first End-of-RIB. */
	af->borr_due = peer->session.enhanced_refresh && !af->eor_due;
}

/* ---- changes of policy ----------------------------------------------- */

/* How a route looked to a peer, and looks. */
struct outlook {
	struct table *t;
	struct rib_peer *peer;
	struct group *before, *after;
};

/* What a group has of a prefix; NULL: nothing. */
static struct bgp_attrs *look_at(const struct outlook *look,
				 const struct group *group, uint32_t id,
				 uint32_t attrs)
{
	const struct net *net = net_get(&look->t->nets, id);
	struct prefix prefix = net_prefix(&look->t->nets, net);
	uint8_t audience = look->t->rib->origin[net->sent].audience;

	if (!(audience & AUDIENCE(group->kind)) || outsum_owns(group, id))
		return NULL;
	return outbound_attrs(look->t, group, &prefix, net->sent, attrs);
}

static void outlook_one(struct outlook *look, uint32_t id)
{
	struct table *t = look->t;
	struct net *net = net_get(&t->nets, id);
	const struct rib_path *path;
	struct bgp_attrs *a, *b;
	uint16_t origin;

	if (net->sent == ORIGIN_NONE)
		return;
	path = decide_export(t, net, &origin);
	a = path ? look_at(look, look->before, id, path->attrs) : NULL;
	b = path ? look_at(look, look->after, id, path->attrs) : NULL;
	/*
	 * What is about to be sent anew, or withdrawn, may be there from
	 * before, which the new group knows nothing of.
	 */
	if (t->rib->origin[net->sent].neighbor != look->peer->neighbor &&
	    (net->flags & NET_OUT || !path ||
	     (a && b ? !bgp_attrs_equal(a, b) : a != b)))
		idset_add(&look->peer->af[t->af].lag->nets, id);
	/* Whatever others, who may be slow, have of it so far. */
	if (look->after->map && path && !(net->flags & NET_OUT))
		outbound_set(look->after, id, b != NULL);
	free(a);
	free(b);
}

static void outlook_paths(struct outlook *look, uint32_t id)
{
	paths_adopt(look->t, look->after, look->before, id);
	if (paths_differ(look->t, look->peer, look->before, look->after, id))
		idset_add(&look->peer->af[look->t->af].lag->nets, id);
}

/*
 * The peer is of its new group at once, and lags: what changes from now on it
 * is sent as that has it, and what does not when its turn comes and it looks
 * different (run_move()). What has not been looked at when it changes groups
 * once more is just sent.
 */
void adjout_regroup(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct group *before = af->group, *after;

	if (!before)
		return;
	after = group_get(t, peer);
	if (after == before)
		return;
	if (!af->lag)
		lag_start(t, peer);
	if (af->leaving)
		lag_set_range(t, af, af->move_cursor, net_end(&t->nets));
	after->adopting |= after->n_members == 0 && after->n_leaving == 0;
	before->n_leaving++;
	group_add(t, after, peer);
	leave(t, af);
	af->leaving = before;
	af->move_cursor = 0;
	outsum_move(t, peer, before);
	group_remove(t, before, peer);
	rib_wake(t->rib);
}

static void move_some(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct outlook look = {
		.t = t,
		.peer = peer,
		.before = af->leaving,
		.after = af->group,
	};
	uint32_t i, id;

	for (i = 0; i < t->rib->move_nets; i++) {
		id = net_next(&t->nets, af->move_cursor);
		if (id == NET_NONE) {
			af->group->adopting = false;
			leave(t, af);
			return;
		}
		af->move_cursor = id + 1;
		if (look.after->paths)
			outlook_paths(&look, id);
		else
			outlook_one(&look, id);
	}
}

/*
 * With ADD-PATH: whether the table of a peer's new group lacks paths that are
 * about to be in it. To go by it now would be to withdraw them from a peer that
 * has them from before.
 */
static bool must_wait(const struct peer_af *af)
{
	const struct group *group = af->group;

	return af->leaving && group->paths && !group->adopting &&
	       group->paths->changed.n > 0;
}

/* A piece for one of those that have changed groups; whether there was one. */
static bool run_move(struct table *t)
{
	struct rib_peer *peer;
	struct peer_af *af;
	bool worked = false;
	uint32_t i;

	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		af = peer ? &peer->af[t->af] : NULL;
		if (!af || !af->leaving)
			continue;
		/* Here, or with changes all the time it waits for ever. */
		if (must_wait(af) && !worked)
			worked = paths_run(t, af->group);
		if (must_wait(af))
			continue;
		move_some(t, peer);
		return true;
	}
	return worked;
}

void adjout_review(struct table *t)
{
	t->review = true;
	t->review_cursor = 0;
	paths_mark_all(t);
	rib_wake(t->rib);
}

/* ---- live changes ---------------------------------------------------- */

void adjout_mark(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	uint16_t origin;

	if (net->flags & NET_OUT)
		return;
	if (net->sent == ORIGIN_NONE && !decide_export(t, net, &origin))
		return;
	net->flags |= NET_OUT;
	idq_push(&t->out, id);
	rib_wake(t->rib);
}

static void count_sent(struct table *t, uint16_t sent, int by)
{
	const struct origin *origin = &t->rib->origin[sent];
	struct neighbor *neighbor = &t->rib->neighbor[origin->neighbor];
	unsigned int kind;

	for (kind = 0; kind < CONF_KINDS; kind++) {
		if (!(origin->audience & AUDIENCE(kind)))
			continue;
		neighbor->sourced[t->af][kind] += by;
		t->n_sent[kind] += by;
	}
}

static void set_sent(struct table *t, struct net *net, uint16_t sent)
{
	if (net->sent != ORIGIN_NONE)
		count_sent(t, net->sent, -1);
	net->sent = sent;
	if (sent != ORIGIN_NONE)
		count_sent(t, sent, 1);
}

/* Those kinds that had what was sent and do not get what is sent now. */
static void withdraw_lost(struct table *t, struct pack *b, uint32_t id,
			  uint16_t old, uint16_t new)
{
	struct rib *rib = t->rib;
	uint8_t lost = rib->origin[old].audience;

	if (new != ORIGIN_NONE)
		lost &= ~rib->origin[new].audience;
	if (lost != 0)
		pack_withdraw(b, id, 0,
			      peer_origin(rib, rib->origin[old].neighbor,
					  lost));
}

static void live_one(struct table *t, struct pack *b, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	const struct rib_path *path;
	uint16_t old = net->sent;
	uint16_t new;

	net->flags &= ~NET_OUT;
	path = decide_export(t, net, &new);
	if (!path && old == ORIGIN_NONE) {
		outsum_update(t, id);
		adjin_release(t, id);
		return;
	}
	lag_set_all(t, id);
	if (old != ORIGIN_NONE)
		withdraw_lost(t, b, id, old, new);
	if (path) {
		/* Its source may have had another's. */
		if (peer_has(t->rib->peer[path->peer], old))
			pack_withdraw_only(b, id, 0, new);
		pack_announce(b, id, 0, path->attrs, new);
	}
	set_sent(t, net, new);
	outsum_update(t, id);
}

static void send_all(struct table *t, struct pack *b)
{
	struct group *group;

	for (group = t->groups; group; group = group->next) {
		if (!group->paths)
			pack_send(b, &(struct pack_target){ .group = group });
	}
	pack_release(b);
}

/* So many of those that slow peers have passed over were sent. */
static void lag_moves_on(struct table *t, uint32_t n)
{
	struct lag *lag;
	uint32_t i;

	if (t->n_lagging == 0)
		return;
	for (i = 1; i < t->rib->n_peers; i++) {
		lag = t->rib->peer[i] ? t->rib->peer[i]->af[t->af].lag : NULL;
		if (lag)
			lag->behind -= MIN(lag->behind, n);
	}
}

static bool run_live(struct table *t)
{
	struct pack *b = t->rib->pack;
	uint32_t id, n;

	/* A change of source and audience takes three entries. */
	pack_reset(b, t);
	for (n = 0; n < PACK_MAX / 3 && idq_pop(&t->out, &id); n++)
		live_one(t, b, id);
	if (n == 0)
		return false;
	lag_moves_on(t, n);
	send_all(t, b);
	return true;
}

/*
 * The path is the one that was sent, or NET_OUT would be set: only who has it
 * changes.
 */
static void review_one(struct table *t, struct pack *b, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	struct rib *rib = t->rib;
	const struct rib_path *path;
	uint16_t old = net->sent;
	uint16_t new;
	uint8_t gained;

	path = decide_export(t, net, &new);
	if (new == old) {
		/* It may have been otherwise in between. */
		outsum_update(t, id);
		return;
	}
	lag_set_all(t, id);
	if (old != ORIGIN_NONE)
		withdraw_lost(t, b, id, old, new);
	set_sent(t, net, new);
	outsum_update(t, id);
	if (!path)
		return;
	gained = rib->origin[new].audience;
	if (old != ORIGIN_NONE)
		gained &= ~rib->origin[old].audience;
	if (gained != 0)
		pack_announce(b, id, 0, path->attrs,
			      peer_origin(rib, rib->origin[new].neighbor,
					  gained));
}

static bool run_review(struct table *t)
{
	struct pack *b = t->rib->pack;
	uint32_t id, n;

	if (!t->review)
		return false;
	pack_reset(b, t);
	for (n = 0; n < PACK_MAX / 2; n++) {
		id = net_next(&t->nets, t->review_cursor);
		if (id == NET_NONE) {
			t->review = false;
			break;
		}
		t->review_cursor = id + 1;
		if (!(net_get(&t->nets, id)->flags & NET_OUT))
			review_one(t, b, id);
	}
	send_all(t, b);
	return true;
}

/* ---- dumps ----------------------------------------------------------- */

static void sync_collect(struct table *t, struct group *group,
			 struct pack *b)
{
	const struct rib_path *path;
	struct net *net;
	uint16_t origin;
	uint32_t id, n;

	for (n = 0; n < SYNC_SCAN && pack_takes(b, PATHS_MAX); n++) {
		id = net_next(&t->nets, group->cursor);
		if (id == NET_NONE) {
			group->cursor = 0;
			return;
		}
		group->cursor = id + 1;
		if (group->paths) {
			paths_announce(b, group, id);
			continue;
		}
		net = net_get(&t->nets, id);
		if (net->flags & NET_OUT || net->sent == ORIGIN_NONE)
			continue;
		path = decide_export(t, net, &origin);
		if (path)
			pack_announce(b, id, 0, path->attrs, net->sent);
	}
}

/* The dump has moved on; who has seen all of it? */
static void sync_progress(struct table *t, struct group *group)
{
	struct peer_af *af;
	uint32_t i;

	for (i = 0; i < group->n_members; i++) {
		af = &group->member[i]->af[t->af];
		if (!af->syncing)
			continue;
		if (af->wrapped ? group->cursor == 0 ||
				  group->cursor >= af->sync_start :
				  group->cursor == 0 && af->sync_start == 0) {
			af->syncing = false;
			group->n_syncing--;
		}
		af->wrapped |= group->cursor == 0;
	}
}

static bool run_sync(struct table *t, struct group *group)
{
	struct pack *b = t->rib->pack;

	if (group->n_syncing == 0)
		return false;
	pack_reset(b, t);
	sync_collect(t, group, b);
	pack_send(b, &(struct pack_target){
		.group = group,
		.syncing = true,
	});
	sync_progress(t, group);
	return true;
}

/* ---- catching up ----------------------------------------------------- */

static void lag_one(struct table *t, struct pack *b,
		    const struct rib_peer *peer, uint32_t id)
{
	const struct peer_af *af = &peer->af[t->af];
	struct net *net = net_get(&t->nets, id);
	const struct rib_path *path;
	uint16_t origin;

	if (af->group->paths) {
		if (af->leaving)
			paths_adopt(t, af->group, af->leaving, id);
		paths_replace(t, b, peer, id);
		return;
	}
	path = decide_export(t, net, &origin);
	/* Without a path it is yet to be reviewed, or it is on its way. */
	if (!peer_has(peer, net->sent) || (!path && !(net->flags & NET_OUT)))
		pack_withdraw(b, id, 0, ORIGIN_OWN);
	else if (!(net->flags & NET_OUT))
		pack_announce(b, id, 0, path->attrs, net->sent);
	else
		af->lag->behind = t->out.n;
	/*
	 * The last is about to be sent to all, which sets the bit again: what
	 * the others are told need not be enough for one that lags.
	 */
}

/* What is to be told next; NULL: nothing before something else has happened. */
static struct idset *lag_next(const struct peer_af *af)
{
	struct lag *lag = af->lag;

	if (lag->nets.n > 0)
		return &lag->nets;
	if (lag->behind > 0 || af->leaving)
		return NULL;
	return &lag->last;
}

/* A piece of what it has asked for. */
static void lag_again(struct table *t, struct peer_af *af)
{
	uint32_t from = af->lag->again, end = net_end(&t->nets);
	uint32_t to = from < end ? from + MIN(end - from, SYNC_SCAN) : end;

	lag_set_range(t, af, from, to);
	af->lag->again = to < end ? to : NET_NONE;
}

static bool lag_done(const struct peer_af *af)
{
	const struct lag *lag = af->lag;

	return lag->nets.n == 0 && lag->last.n == 0 && lag->behind == 0 &&
	       lag->again == NET_NONE && !af->leaving;
}

static bool run_lag(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct pack *b = t->rib->pack;
	struct idset *nets;
	uint32_t id;

	if (!af->lag || peer->paused || must_wait(af))
		return false;
	if (af->lag->again != NET_NONE) {
		lag_again(t, af);
		if (af->lag->nets.n == 0)
			return true;
	}
	nets = lag_next(af);
	if (!nets)
		return false;
	pack_reset(b, t);
	while (pack_takes(b, PATHS_MAX) && idset_pop(nets, &id)) {
		idset_del(&af->lag->last, id);
		lag_one(t, b, peer, id);
	}
	pack_send(b, &(struct pack_target){
		.group = af->group,
		.only = peer,
	});
	pack_release(b);
	if (lag_done(af))
		lag_free(t, peer);
	return true;
}

/* ---- turns ----------------------------------------------------------- */

static void end_of_rib(struct table *t, struct rib_peer *peer)
{
	if (peer->af[t->af].eor_due)
		pack_send_eor(t, peer);
	peer->af[t->af].eor_due = false;
}

static bool run_peer(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	bool worked;

	if (!af->group) {
		end_of_rib(t, peer);
		return false;
	}
	/* Into a queue that does not move one is as good as many. */
	if (af->borr_due && !peer->paused) {
		af->borr_due = false;
		af->eorr_due = true;
		pack_send_refresh(t, peer, BGP_REFRESH_BEGIN);
	}
	if (peer->paused && !af->lag)
		lag_start(t, peer);
	/* What replaces others is to be there before they go. */
	if (outsum_filling(af->group))
		return false;
	worked = outsum_run(t, peer);
	worked |= run_lag(t, peer);
	if (af->syncing || af->lag || t->out.n > 0 || t->review ||
	    (af->group->paths && af->group->paths->changed.n > 0))
		return worked;
	end_of_rib(t, peer);
	if (af->eorr_due)
		pack_send_refresh(t, peer, BGP_REFRESH_END);
	af->eorr_due = false;
	return worked;
}

bool adjout_run(struct table *t)
{
	struct rib *rib = t->rib;
	struct group *group;
	bool worked = false;
	uint32_t i;

	if (!rib->pack)
		rib->pack = pack_new(rib);
	pack_reset(rib->pack, t);
	/* First: so it is sent with what was told otherwise. */
	worked |= run_move(t);
	for (i = 1; i < rib->n_peers; i++) {
		if (rib->peer[i])
			worked |= run_peer(t, rib->peer[i]);
	}
	worked |= run_live(t);
	worked |= run_review(t);
	for (group = t->groups; group; group = group->next) {
		worked |= outsum_fill(t, group);
		worked |= paths_run(t, group);
		worked |= run_sync(t, group);
	}
	return worked;
}

void adjout_fini(struct table *t)
{
	struct rib_peer *peer;
	uint32_t i;

	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer)
			adjout_leave(t, peer);
	}
	idq_fini(&t->out);
}

uint64_t adjout_bytes(const struct table *t)
{
	uint64_t bytes = idq_bytes(&t->out);
	const struct rib_peer *peer;
	const struct group *group;
	uint32_t i;

	for (group = t->groups; group; group = group->next) {
		if (group->paths)
			bytes += paths_bytes(group->paths);
		bytes += outsum_bytes(group);
	}
	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer && peer->af[t->af].lag)
			bytes += idset_bytes(&peer->af[t->af].lag->nets) +
				 idset_bytes(&peer->af[t->af].lag->last);
	}
	return bytes;
}
