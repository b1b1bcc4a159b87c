// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What peers are sent, without a table of it.
 *
 * A prefix remembers in .sent whose path was sent last. So it is known who
 * has it: every peer but that neighbor. Three kinds of work follow:
 *
 *  - live: prefixes whose best path has changed (NET_OUT, in the queue .out)
 *    go to everybody who can take them.
 *  - sync: peers that came up, or asked for a refresh, are dumped the table.
 *    The dump of a group goes round and round while somebody needs it; a peer
 *    joins it where it is and leaves when it has come round once, so that any
 *    number of peers share one encoding. Prefixes in the queue are left out:
 *    they are about to be sent to all.
 *  - lag: a peer that cannot take more gets a bit per prefix that it has
 *    missed. When it can, it is sent the state of then.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

#define SYNC_SCAN	65536		/* prefixes looked at in one piece */

/* ---- slow peers ------------------------------------------------------ */

static void lag_set(struct lag *lag, uint32_t id)
{
	uint32_t word = id / 64;
	uint32_t n;

	if (word >= lag->n_words) {
		n = MAX(word + 1, lag->n_words * 2);
		lag->bits = xreallocarray(lag->bits, n, sizeof(*lag->bits));
		memset(lag->bits + lag->n_words, 0,
		       (n - lag->n_words) * sizeof(*lag->bits));
		lag->n_words = n;
	}
	lag->n_set += !(lag->bits[word] >> id % 64 & 1);
	lag->bits[word] |= 1ull << id % 64;
}

static bool lag_test(const struct lag *lag, uint32_t id)
{
	return id / 64 < lag->n_words &&
	       lag->bits[id / 64] >> id % 64 & 1;
}

/* Take one out, in order of id, round and round. */
static bool lag_pop(struct lag *lag, uint32_t *id)
{
	uint64_t *word;

	if (lag->n_set == 0)
		return false;
	while (!lag->bits[lag->cursor]) {
		if (++lag->cursor == lag->n_words)
			lag->cursor = 0;
	}
	word = &lag->bits[lag->cursor];
	*id = lag->cursor * 64 + __builtin_ctzll(*word);
	*word &= *word - 1;
	lag->n_set--;
	return true;
}

static void lag_set_range(struct table *t, struct lag *lag, uint32_t from,
			  uint32_t to)
{
	uint32_t id;

	for (id = net_next(&t->nets, from); id < to;
	     id = net_next(&t->nets, id + 1)) {
		if (net_get(&t->nets, id)->sent != NEIGHBOR_NONE)
			lag_set(lag, id);
	}
}

/* What is left of the dump is remembered bit by bit. */
static void lag_start(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	uint32_t cursor = af->group->cursor;

	af->lag = xcalloc(1, sizeof(*af->lag));
	t->n_lagging++;
	if (!af->syncing)
		return;
	if (!af->wrapped)
		lag_set_range(t, af->lag, cursor, net_end(&t->nets));
	lag_set_range(t, af->lag, af->wrapped ? cursor : 0, af->sync_start);
	af->syncing = false;
	af->group->n_syncing--;
}

static void lag_free(struct table *t, struct rib_peer *peer)
{
	struct lag *lag = peer->af[t->af].lag;
	uint32_t id;

	peer->af[t->af].lag = NULL;
	t->n_lagging--;
	while (lag_pop(lag, &id))
		adjin_release(t, id);
	free(lag->bits);
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
		    lag_test(peer->af[t->af].lag, id))
			return true;
	}
	return false;
}

static void lag_set_all(struct table *t, uint32_t id)
{
	struct rib_peer *peer;
	uint32_t i;

	if (t->n_lagging == 0)
		return;
	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer && peer->af[t->af].lag)
			lag_set(peer->af[t->af].lag, id);
	}
}

/* ---- groups ---------------------------------------------------------- */

static bool wire_equal(const struct bgp_wire *a, const struct bgp_wire *b)
{
	return a->as4 == b->as4 && a->max_len == b->max_len &&
	       a->families == b->families &&
	       a->add_path_tx == b->add_path_tx;
}

static struct group *group_get(struct table *t, const struct bgp_wire *wire,
			       const struct bgp_export *how)
{
	struct group *group;

	for (group = t->groups; group; group = group->next) {
		if (wire_equal(&group->wire, wire) &&
		    addr_equal(&group->how.nexthop, &how->nexthop) &&
		    group->how.prepend_as == how->prepend_as &&
		    group->how.ebgp == how->ebgp)
			return group;
	}
	group = xcalloc(1, sizeof(*group));
	group->wire = *wire;
	group->how = *how;
	group->next = t->groups;
	t->groups = group;
	return group;
}

static void group_put(struct table *t, struct group *group)
{
	struct group **link = &t->groups;

	if (group->n_members > 0)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	free(group->member);
	free(group);
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
	struct peer_af *af = &peer->af[t->af];
	const struct rib_session *session = &peer->session;
	bool ebgp = peer->conf.as != t->rib->conf.local_as;
	struct bgp_export how = {
		.nexthop = session->nexthop[t->af],
		.prepend_as = ebgp ? t->rib->conf.local_as : 0,
		.ebgp = ebgp,
	};
	struct group *group;

	if (!(session->wire.families & bgp_af_bit(t->af)) ||
	    how.nexthop.family == 0)
		return;
	group = group_get(t, &session->wire, &how);
	group->member = xreallocarray(group->member, group->n_members + 1,
				      sizeof(*group->member));
	group->member[group->n_members++] = peer;
	af->group = group;
	af->eor_due = true;
	sync_start(t, peer);
}

void adjout_leave(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct group *group = af->group;
	uint32_t i;

	if (!group)
		return;
	if (af->lag)
		lag_free(t, peer);
	if (af->syncing)
		group->n_syncing--;
	for (i = 0; group->member[i] != peer; i++)
		;
	group->member[i] = group->member[--group->n_members];
	group_put(t, group);
	af->group = NULL;
	af->syncing = false;
	af->eor_due = false;
}

void adjout_refresh(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];

	if (af->lag)
		lag_set_range(t, af->lag, 0, net_end(&t->nets));
	else
		sync_start(t, peer);
}

/* ---- live changes ---------------------------------------------------- */

void adjout_mark(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);

	if (net->flags & NET_OUT)
		return;
	if (net->sent == NEIGHBOR_NONE && !decide_export(t, net))
		return;
	net->flags |= NET_OUT;
	idq_push(&t->out, id);
	rib_wake(t->rib);
}

static void set_sent(struct table *t, struct net *net, uint16_t neighbor)
{
	if (net->sent != NEIGHBOR_NONE) {
		t->rib->neighbor[net->sent].sourced[t->af]--;
		t->n_sent--;
	}
	net->sent = neighbor;
	if (neighbor != NEIGHBOR_NONE) {
		t->rib->neighbor[neighbor].sourced[t->af]++;
		t->n_sent++;
	}
}

static void live_one(struct table *t, struct pack *b, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	const struct rib_path *path;
	uint16_t old = net->sent;
	uint16_t source;

	net->flags &= ~NET_OUT;
	path = decide_export(t, net);
	if (!path && old == NEIGHBOR_NONE) {
		adjin_release(t, id);
		return;
	}
	lag_set_all(t, id);
	if (!path) {
		pack_withdraw(b, id, old);
		set_sent(t, net, NEIGHBOR_NONE);
		return;
	}
	source = t->rib->peer[path->peer]->neighbor;
	if (old != NEIGHBOR_NONE && old != source)
		pack_withdraw_only(b, id, source);
	pack_announce(b, id, path->attrs, source);
	set_sent(t, net, source);
}

static bool run_live(struct table *t)
{
	struct pack *b = t->rib->pack;
	const struct group *group;
	uint32_t id, n;

	/* A change of source takes two entries. */
	pack_reset(b, t);
	for (n = 0; n < PACK_MAX / 2 && idq_pop(&t->out, &id); n++)
		live_one(t, b, id);
	if (n == 0)
		return false;
	for (group = t->groups; group; group = group->next)
		pack_send(b, &(struct pack_target){ .group = group });
	pack_release(b);
	return true;
}

/* ---- dumps ----------------------------------------------------------- */

static void sync_collect(struct table *t, struct group *group,
			 struct pack *b)
{
	const struct rib_path *path;
	struct net *net;
	uint32_t id, n;

	for (n = 0; n < SYNC_SCAN && !pack_full(b); n++) {
		id = net_next(&t->nets, group->cursor);
		if (id == NET_NONE) {
			group->cursor = 0;
			return;
		}
		group->cursor = id + 1;
		net = net_get(&t->nets, id);
		if (net->flags & NET_OUT || net->sent == NEIGHBOR_NONE)
			continue;
		path = decide_export(t, net);
		pack_announce(b, id, path->attrs, net->sent);
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
	struct net *net = net_get(&t->nets, id);

	if (net->sent == NEIGHBOR_NONE || net->sent == peer->neighbor)
		pack_withdraw(b, id, NEIGHBOR_OWN);
	else if (!(net->flags & NET_OUT))
		pack_announce(b, id, decide_export(t, net)->attrs, net->sent);
	/* Else it is about to be sent to all, which sets the bit again. */
}

static bool run_lag(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct pack *b = t->rib->pack;
	uint32_t id;

	if (!af->lag || peer->paused)
		return false;
	pack_reset(b, t);
	while (!pack_full(b) && lag_pop(af->lag, &id))
		lag_one(t, b, peer, id);
	pack_send(b, &(struct pack_target){
		.group = af->group,
		.only = peer,
	});
	pack_release(b);
	if (af->lag->n_set == 0)
		lag_free(t, peer);
	return true;
}

/* ---- turns ----------------------------------------------------------- */

static bool run_peer(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	bool worked;

	if (!af->group)
		return false;
	if (peer->paused && !af->lag)
		lag_start(t, peer);
	worked = run_lag(t, peer);
	if (af->eor_due && !af->syncing && !af->lag && t->out.n == 0) {
		af->eor_due = false;
		pack_send_eor(t, peer);
	}
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
	for (i = 1; i < rib->n_peers; i++) {
		if (rib->peer[i])
			worked |= run_peer(t, rib->peer[i]);
	}
	worked |= run_live(t);
	for (group = t->groups; group; group = group->next)
		worked |= run_sync(t, group);
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
	uint32_t i;

	for (i = 1; i < t->rib->n_peers; i++) {
		peer = t->rib->peer[i];
		if (peer && peer->af[t->af].lag)
			bytes += peer->af[t->af].lag->n_words * 8;
	}
	return bytes;
}
