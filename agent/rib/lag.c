// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/lag.h"

#include <stdlib.h>

#include "lib/util.h"

#define LAG_SCAN	65536		/* prefixes looked at in one piece */

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

void lag_set_range(struct table *t, struct peer_af *af, uint32_t from,
		   uint32_t to)
{
	uint32_t id;

	for (id = net_next(&t->nets, from); id < to;
	     id = net_next(&t->nets, id + 1)) {
		if (was_sent(t, af, id))
			idset_add(&af->lag->nets, id);
	}
}

void lag_start(struct table *t, struct rib_peer *peer)
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

void lag_free(struct table *t, struct rib_peer *peer)
{
	struct lag *lag = peer->af[t->af].lag;
	uint32_t id;

	peer->af[t->af].lag = NULL;
	t->n_lagging--;
	while (idset_pop(&lag->nets, &id) || idset_pop(&lag->last, &id)) {
		/* It can be in both, and be gone then. */
		idset_del(&lag->last, id);
		adjin_release(t, id);
	}
	idset_fini(&lag->nets);
	idset_fini(&lag->last);
	free(lag);
}

void lag_set_all(struct table *t, uint32_t id)
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

void lag_moves_on(struct table *t, uint32_t n)
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
	uint32_t to = from < end ? from + MIN(end - from, LAG_SCAN) : end;

	lag_set_range(t, af, from, to);
	af->lag->again = to < end ? to : NET_NONE;
}

static bool lag_done(const struct peer_af *af)
{
	const struct lag *lag = af->lag;

	return lag->nets.n == 0 && lag->last.n == 0 && lag->behind == 0 &&
	       lag->again == NET_NONE && !af->leaving;
}

bool lag_run(struct table *t, struct rib_peer *peer)
{
	struct peer_af *af = &peer->af[t->af];
	struct pack *b = t->rib->pack;
	struct idset *nets;
	uint32_t id;

	if (!af->lag || peer->paused)
		return false;
	if (af->lag->again != NET_NONE) {
		lag_again(t, af);
		if (af->lag->nets.n == 0)
			return true;
	}
	nets = lag_next(af);
	if (!nets)
		return false;
	if (pack_much(b))
		return true;
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
