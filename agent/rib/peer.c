// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers, which are sessions, and neighbors, which are what is at the other
 * end: a neighbor has one session with each instance of the route server.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "rib/table.h"

#define CHARGED_PLACES	256	/* at most, of peers that are gone */

/* ---- neighbors ------------------------------------------------------- */

static bool neighbor_free(const struct neighbor *neighbor)
{
	unsigned int af, kind;

	for (af = 0; af < BGP_AF_COUNT; af++)
		for (kind = 0; kind < CONF_KINDS; kind++)
			if (neighbor->sourced[af][kind] > 0)
				return false;
	return neighbor->n_peers == 0;
}

static uint16_t neighbor_hold(struct rib *rib, const struct addr *addr)
{
	uint32_t vacant = rib->n_neighbors;
	struct neighbor *neighbor;
	uint32_t i;

	for (i = 1; i < rib->n_neighbors; i++) {
		neighbor = &rib->neighbor[i];
		if (neighbor_free(neighbor)) {
			vacant = i;
		} else if (addr_equal(&neighbor->addr, addr)) {
			neighbor->n_peers++;
			return i;
		}
	}
	if (vacant == NEIGHBOR_NONE)
		fatalx("too many neighbors");
	if (vacant == rib->n_neighbors) {
		rib->neighbor = xreallocarray(rib->neighbor,
					      ++rib->n_neighbors,
					      sizeof(*rib->neighbor));
		rib->neighbor[vacant] = (struct neighbor){ 0 };
	}
	/* Its origins stay with the place. */
	rib->neighbor[vacant].addr = *addr;
	rib->neighbor[vacant].n_peers = 1;
	return vacant;
}

uint16_t peer_origin(struct rib *rib, uint16_t neighbor, uint8_t audience)
{
	uint16_t *at = &rib->neighbor[neighbor].origin[audience];

	if (*at != 0 ||
	    (neighbor == NEIGHBOR_OWN && audience == AUDIENCE_ALL))
		return *at;
	if (rib->n_origins == ORIGIN_NONE)
		fatalx("too many neighbors");
	rib->origin = xreallocarray(rib->origin, rib->n_origins + 1,
				    sizeof(*rib->origin));
	*at = rib->n_origins++;
	rib->origin[*at] = (struct origin){ neighbor, audience };
	return *at;
}

/* ---- peers ----------------------------------------------------------- */

bool peer_local_addr(const void *ctx, const struct addr *addr)
{
	const struct rib *rib = ctx;
	const struct rib_peer *peer;
	uint32_t i;

	for (i = 1; i < rib->n_peers; i++) {
		peer = rib->peer[i];
		if (!peer || peer->removed)
			continue;
		if (addr_equal(&peer->conf.local, addr))
			return true;
		if (peer->up &&
		    (addr_equal(&peer->session.nexthop[0], addr) ||
		     addr_equal(&peer->session.nexthop[1], addr)))
			return true;
	}
	return false;
}

/* What is accepted is another: have all go through inbound maps anew. */
static void remap_all(struct rib *rib)
{
	unsigned int af;
	uint32_t i;

	for (i = 1; i < rib->n_peers; i++) {
		if (rib->peer[i] && rib->peer[i]->conf.policy.in)
			rib->peer[i]->remap = true;
	}
	for (af = 0; af < BGP_AF_COUNT; af++)
		revise_for_peer(&rib->table[af], REVISE_PATHS | REVISE_MAPS);
}

/*
 * A peer has come, gone, or changed: our own addresses may have with it, and
 * so what is a valid next hop.
 */
static void review(const struct rib_peer *peer)
{
	struct attrset_pool *pool = &peer->rib->attrs;
	bool changed = attrset_review_nexthop(pool, &peer->conf.local);
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		changed |= attrset_review_nexthop(pool,
						  &peer->session.nexthop[af]);
	if (changed)
		remap_all(peer->rib);
}

static int rank_cmp(const void *pa, const void *pb)
{
	const struct rib_peer *a = *(struct rib_peer *const *)pa;
	const struct rib_peer *b = *(struct rib_peer *const *)pb;
	int cmp = addr_cmp(&a->conf.neighbor, &b->conf.neighbor);

	if (cmp == 0)
		cmp = addr_cmp(&a->conf.local, &b->conf.local);
	return cmp != 0 ? cmp : a->index - b->index;
}

/*
 * Peers that stay keep their order when another comes or goes, so no
 * decision changes by this.
 */
static void rank(struct rib *rib)
{
	struct rib_peer **sorted;
	uint32_t i, n = 0;

	sorted = xcalloc(rib->n_peers, sizeof(*sorted));
	for (i = 1; i < rib->n_peers; i++) {
		if (rib->peer[i])
			sorted[n++] = rib->peer[i];
	}
	qsort(sorted, n, sizeof(*sorted), rank_cmp);
	for (i = 0; i < n; i++)
		sorted[i]->rank = i + 1;
	free(sorted);
}

static struct rib_peer *peer_new(struct rib *rib, uint32_t index)
{
	struct rib_peer *peer = xcalloc(1, sizeof(*peer));
	unsigned int af;

	peer->rib = rib;
	peer->index = index;
	for (af = 0; af < BGP_AF_COUNT; af++)
		peer->af[af].void_age = VOID_NONE;
	rib->peer[index] = peer;
	return peer;
}

struct rib_peer *peer_own_new(struct rib *rib)
{
	rib->peer = xcalloc(1, sizeof(*rib->peer));
	rib->n_peers = 1;
	rib->neighbor = xcalloc(1, sizeof(*rib->neighbor));
	rib->n_neighbors = 1;
	rib->neighbor[NEIGHBOR_OWN].n_peers = 1;
	rib->origin = xcalloc(1, sizeof(*rib->origin));
	rib->n_origins = 1;
	rib->origin[ORIGIN_OWN] = (struct origin){
		.neighbor = NEIGHBOR_OWN,
		.audience = AUDIENCE_ALL,
	};
	return peer_new(rib, PEER_OWN);
}

/* Where routes of a kind of peer stand in the routing preference. */
static uint8_t peer_class(const struct rib *rib, enum conf_kind kind)
{
	switch (rib->conf.policy.preference) {
	case CONF_PREFER_EXPRESSROUTE:
		return kind != CONF_EXPRESSROUTE;
	case CONF_PREFER_VPN:
		return kind == CONF_EXPRESSROUTE;
	case CONF_PREFER_AS_PATH:
		break;
	}
	return 0;
}

/*
 * What a peer is charged with may be used by others when it is gone: who comes
 * next is not to pay for that, so the place stays empty until then; but not
 * any number of places, which others have a say in.
 */
static uint32_t peer_place(const struct rib *rib)
{
	uint32_t first = 0, charged = 0, i;

	for (i = 1; i < rib->n_peers && charged < CHARGED_PLACES; i++) {
		if (rib->peer[i])
			continue;
		if (rib->attrs.charged[i] == 0)
			return i;
		if (charged++ == 0)
			first = i;
	}
	return charged < CHARGED_PLACES ? i : first;
}

struct rib_peer *rib_peer_add(struct rib *rib, const struct rib_peer_conf *conf)
{
	struct rib_peer *peer;
	uint32_t i = peer_place(rib);

	if (i > UINT16_MAX)
		fatalx("too many peers");
	if (i == rib->n_peers)
		rib->peer = xreallocarray(rib->peer, ++rib->n_peers,
					  sizeof(*rib->peer));
	peer = peer_new(rib, i);
	peer->conf = *conf;
	peer->name = xstrdup(conf->name);
	peer->conf.name = peer->name;
	peer->neighbor = neighbor_hold(rib, &conf->neighbor);
	peer->class = peer_class(rib, conf->policy.kind);
	rib_map_hold(conf->policy.in);
	rib_map_hold(conf->policy.out);
	rank(rib);
	review(peer);
	return peer;
}

void peer_free(struct rib_peer *peer)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		summaries_free(&peer->af[af]);
	rib_map_put(peer->conf.policy.in);
	rib_map_put(peer->conf.policy.out);
	free(peer->name);
	free(peer);
}

void peer_try_free(struct rib_peer *peer)
{
	struct rib *rib = peer->rib;
	unsigned int af, i;

	if (!peer->removed)
		return;
	for (af = 0; af < BGP_AF_COUNT; af++) {
		for (i = 0; i < EPOCHS; i++) {
			if (peer->af[af].count[i] > 0)
				return;
		}
	}
	/*
	 * With the neighbor the kernel process has lost a next hop. If others
	 * have it, too, it is what they say that counts.
	 */
	if (--rib->neighbor[peer->neighbor].n_peers == 0 &&
	    attrset_has_nexthop(&rib->attrs, &peer->conf.neighbor))
		rib_route_again(rib, &peer->conf.neighbor);
	rib->peer[peer->index] = NULL;
	peer_free(peer);
}

void rib_set_policy(struct rib *rib, const struct rib_policy *policy)
{
	bool exchange = policy->branch_to_branch !=
			rib->conf.policy.branch_to_branch;
	bool prefer = policy->preference != rib->conf.policy.preference;
	struct rib_peer *peer;
	uint32_t i;
	unsigned int af;

	rib->conf.policy = *policy;
	for (i = 1; prefer && i < rib->n_peers; i++) {
		peer = rib->peer[i];
		if (peer)
			peer->class = peer_class(rib, peer->conf.policy.kind);
	}
	if (prefer)
		revise_all(rib, REVISE_PATHS | REVISE_STANDING);
	for (af = 0; exchange && af < BGP_AF_COUNT; af++)
		adjout_review(&rib->table[af]);
}

void rib_peer_set_policy(struct rib_peer *peer,
			 const struct rib_peer_policy *policy)
{
	struct rib_peer_policy old = peer->conf.policy;
	struct rib *rib = peer->rib;
	bool kind = old.kind != policy->kind;
	bool accepts = kind || old.allow_own_as != policy->allow_own_as;
	unsigned int af, revise = 0;

	rib_map_hold(policy->in);
	rib_map_hold(policy->out);
	peer->conf.policy = *policy;
	peer->class = peer_class(rib, policy->kind);
	if (accepts)
		revise = REVISE_PATHS | (kind ? REVISE_STANDING : 0);
	/* What is accepted from now on has not been through any map yet. */
	if (old.in != policy->in || (policy->in && accepts)) {
		peer->remap = true;
		revise |= REVISE_MAPS;
	}
	revise_all(rib, revise);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (kind || old.as_override != policy->as_override ||
		    old.add_path_send != policy->add_path_send ||
		    old.out != policy->out)
			adjout_regroup(&rib->table[af], peer);
		if (kind)
			adjout_review(&rib->table[af]);
	}
	rib_map_put(old.in);
	rib_map_put(old.out);
}

bool rib_revising(const struct rib *rib)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (revise_waiting(&rib->table[af]))
			return true;
	}
	return false;
}

uint32_t peer_void_paths(const struct rib_peer *peer, enum bgp_af af)
{
	const struct peer_af *pa = &peer->af[af];
	unsigned int age;
	uint32_t n = 0;

	for (age = pa->void_age; age < EPOCHS; age++)
		n += pa->count[(pa->epoch - age) % EPOCHS];
	return n;
}

/*
 * A new epoch. What was stale before is void now (RFC 4724 4.2), what was
 * heard since is stale. There are four epochs: before the oldest could be
 * taken for the new one, its paths go.
 */
static void next_epoch(struct rib_peer *peer, enum bgp_af af)
{
	struct peer_af *pa = &peer->af[af];

	if (pa->count[(pa->epoch + 1) % EPOCHS] > 0) {
		pa->void_age = MIN(pa->void_age, EPOCHS - 1);
		adjin_sweep_all(&peer->rib->table[af]);
	}
	pa->epoch = (pa->epoch + 1) % EPOCHS;
	pa->more = 0;
	pa->void_age = 2;
	pa->ageing = false;
	rib_wake(peer->rib);
}

bool rib_peer_stale(struct rib_peer *peer, enum bgp_af af)
{
	if (peer_void_paths(peer, af) > 0)
		return false;
	next_epoch(peer, af);
	return true;
}

void rib_peer_sweep(struct rib_peer *peer, enum bgp_af af)
{
	peer->af[af].void_age = 1;
	rib_wake(peer->rib);
}

void rib_peer_long_lived(struct rib_peer *peer, enum bgp_af af)
{
	struct table *t = &peer->rib->table[af];

	peer->af[af].ageing = true;
	t->ageing = true;
	t->ageing_cursor = 0;
	rib_wake(peer->rib);
}

void rib_peer_up(struct rib_peer *peer, const struct rib_session *session)
{
	struct rib *rib = peer->rib;
	unsigned int af;

	if (peer->up)
		rib_peer_down(peer, 0, 0);
	peer->session = *session;
	peer->up = true;
	peer->paused = false;
	review(peer);
	for (af = 0; af < BGP_AF_COUNT; af++)
		adjout_join(&rib->table[af], peer);
	rib_wake(rib);
}

void rib_peer_down(struct rib_peer *peer, uint8_t keep, uint8_t keep_stale)
{
	unsigned int af, void_age;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		adjout_leave(&peer->rib->table[af], peer);
		/* What is void now will be by one older. */
		void_age = MIN(peer->af[af].void_age + 1u, EPOCHS - 1u);
		next_epoch(peer, af);
		if (!(keep & bgp_af_bit(af)))
			peer->af[af].void_age = 1;
		else if (keep_stale & bgp_af_bit(af))
			peer->af[af].void_age = void_age;
	}
	peer->up = false;
	peer->paused = false;
	review(peer);
}

void rib_peer_remove(struct rib_peer *peer)
{
	walk_peer_gone(peer->rib, peer);
	rib_peer_down(peer, 0, 0);
	peer->removed = true;
	review(peer);
	peer_try_free(peer);
}

void rib_peer_refresh(struct rib_peer *peer, enum bgp_af af)
{
	if (peer->af[af].group)
		adjout_refresh(&peer->rib->table[af], peer);
	rib_wake(peer->rib);
}

/* Takes effect between two packs: see adjout_run(). */
void rib_peer_pause(struct rib_peer *peer)
{
	peer->paused = peer->up;
}

void rib_peer_resume(struct rib_peer *peer)
{
	peer->paused = false;
	rib_wake(peer->rib);
}

struct rib_peer_stats rib_peer_stats(const struct rib_peer *peer,
				     enum bgp_af af)
{
	const struct peer_af *pa = &peer->af[af];
	const struct rib *rib = peer->rib;
	enum conf_kind kind = peer->conf.policy.kind;
	struct rib_peer_stats stats = { 0 };
	unsigned int i;

	for (i = 0; i < EPOCHS; i++)
		stats.learned += pa->count[i];
	stats.learned -= peer_void_paths(peer, af);
	stats.walked = pa->group && (pa->group->paths || pa->group->map);
	if (pa->group && pa->group->paths)
		stats.advertised = paths_count(&rib->table[af], peer);
	else if (pa->group && pa->group->map)
		stats.advertised = outbound_count(&rib->table[af], peer) +
				   outsum_count(pa);
	else if (pa->group)
		stats.advertised = rib->table[af].n_sent[kind] -
			rib->neighbor[peer->neighbor].sourced[af][kind];
	return stats;
}
