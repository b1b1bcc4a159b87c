// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much of a peer is taken. Prefixes count, each once whatever paths of it
 * there are (RFC 7911), and only what the peer has said since its paths became
 * stale the last time. Paths of ADD-PATH have bounds of their own, for they
 * could be named without end; and so have attributes, which could be another
 * 64 KiB for each prefix.
 */
#include "lib/util.h"
#include "rib/table.h"

#define ADD_PATHS_MAX	64	/* of one prefix, of one peer, not stale */

/*
 * And of all: half of what a prefix can have, so that the other half is left
 * to those who have one path of it.
 */
#define ADD_PATHS_ALL	((NET_PATHS_MAX + 1) / 2)

static bool is_fresh(const struct table *t, const struct rib_path *path)
{
	return path_age(t->rib->peer[path->peer], t->af, path) == 0;
}

bool limit_has_more(const struct table *t, struct net *net,
		    const struct rib_path *path)
{
	const struct rib_path *paths;
	uint32_t i, n;

	if (path->summary || !net_path_ids(&t->nets, net))
		return false;
	paths = net_paths(&t->nets, net, &n);
	for (i = 0; i < n; i++) {
		if (&paths[i] != path && paths[i].peer == path->peer &&
		    !paths[i].summary && is_fresh(t, &paths[i]))
			return true;
	}
	return false;
}

/*
 * What there is already of a prefix. Of the peer's own what is not stale: it
 * may come back with other identifiers for the same paths (RFC 7911 4).
 */
struct found {
	bool usable;			/* by anybody's path */
	bool fresh;			/* the peer has it */
	bool same;			/* and with this identifier */
	bool there;			/* or had, it is stale */
	uint32_t paths;			/* of the peer */
	uint32_t all;			/* of everybody, stale ones, too */
};

static struct found find(struct table *t, const struct rib_peer *peer,
			 const struct net_key *key)
{
	uint32_t id = net_key_find(&t->nets, key);
	struct found found = { .usable = false };
	const struct rib_path *paths;
	const uint32_t *ids;
	struct net *net;
	uint32_t i, n;
	bool same;

	if (id == NET_NONE)
		return found;
	net = net_get(&t->nets, id);
	paths = net_paths(&t->nets, net, &n);
	ids = net_path_ids(&t->nets, net);
	found.usable = n > 0 && paths[0].why == RIB_WHY_BEST;
	found.all = n;
	for (i = 0; i < n; i++) {
		if (paths[i].peer != peer->index || paths[i].summary)
			continue;
		same = (ids ? ids[i] : 0) == key->path_id;
		found.there |= same;
		if (!is_fresh(t, &paths[i]))
			continue;
		found.paths++;
		found.fresh = true;
		found.same |= same;
	}
	return found;
}

static uint32_t fresh_paths(const struct rib_peer *peer)
{
	uint32_t n = 0;
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		n += peer->af[af].count[peer->af[af].epoch];
	return n;
}

uint32_t rib_peer_held(const struct rib_peer *peer)
{
	uint32_t n = fresh_paths(peer);
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		n -= peer->af[af].more;
	return n;
}

bool limit_exceeded(struct table *t, const struct rib_peer *peer,
		    const struct net_key *key, struct rib_excess *excess)
{
	const struct rib_peer_policy *policy = &peer->conf.policy;
	uint32_t most = t->rib->conf.policy.max_prefixes;
	bool full = policy->limit > 0 && rib_peer_held(peer) >= policy->limit;
	bool all_full = most > 0 && rib_prefixes(t->rib) >= most;
	bool paths_full = policy->path_limit > 0 &&
			  fresh_paths(peer) >= policy->path_limit;
	struct found found;

	if (!full && !all_full && key->path_id == 0)
		return false;
	found = find(t, peer, key);
	if (key->path_id != 0 && !found.same && found.paths >= ADD_PATHS_MAX)
		return ++excess->many;
	if (key->path_id != 0 && !found.there && found.all >= ADD_PATHS_ALL)
		return ++excess->many;
	if (key->path_id != 0 && !found.same && paths_full)
		return ++excess->paths;
	if (full && !found.fresh)
		return ++excess->prefixes;
	if (all_full && !found.usable)
		return ++excess->total;
	return false;
}

bool limit_attrs_exceeded(const struct rib_peer *peer, uint32_t attrs)
{
	const struct attrset_pool *pool = &peer->rib->attrs;
	uint64_t limit = peer->conf.policy.attr_limit;

	return limit > 0 && pool->charged[peer->index] > limit &&
	       attrset_is_new(pool, attrs);
}

bool rib_peer_has_room(const struct rib_peer *peer)
{
	const struct rib_peer_policy *policy = &peer->conf.policy;
	uint64_t charged = peer->rib->attrs.charged[peer->index];
	uint64_t paths = fresh_paths(peer);

	if (policy->path_limit > 0 &&
	    paths + MAX(policy->path_limit / 10, 1u) > policy->path_limit)
		return false;
	return policy->attr_limit == 0 ||
	       charged + policy->attr_limit / 10 <= policy->attr_limit;
}
