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

#include "rib/group.h"
#include "rib/lag.h"

#define SYNC_SCAN	65536		/* prefixes looked at in one piece */

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

/* ---- members --------------------------------------------------------- */

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
	if (net->sent == ORIGIN_NONE && !decide_export(t, net, &origin)) {
		/* A group may have counted on a review that was to come. */
		outsum_update(t, id);
		return;
	}
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

static bool run_live(struct table *t)
{
	struct pack *b = t->rib->pack;
	uint32_t id, n;

	/* A change of source and audience takes three entries. */
	pack_reset_all(b, t);
	for (n = 0; n < PACK_MAX / 3 && pack_takes(b, 3) &&
	     idq_pop(&t->out, &id); n++)
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
	pack_reset_all(b, t);
	for (n = 0; n < PACK_MAX / 2 && pack_takes(b, 2); n++) {
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
	if (pack_much(b))
		return true;
	pack_reset(b, t);
	sync_collect(t, group, b);
	pack_send(b, &(struct pack_target){
		.group = group,
		.syncing = true,
	});
	sync_progress(t, group);
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
	if (!must_wait(af))
		worked |= lag_run(t, peer);
	if (af->syncing || af->lag || t->out.n > 0 || t->review ||
	    revise_waiting(t) ||
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
	pack_begin(rib->pack);
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
