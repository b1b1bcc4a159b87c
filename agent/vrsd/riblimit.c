// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefix limits: of a session, both families together. What counts are
 * prefixes held, so announcing one again costs nothing. Azure counts otherwise:
 * for each UPDATE what is held and what it announces, be it the same; and it
 * has a limit for all of a VNet together, beyond which nothing is taken.
 */
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/ribs.h"
#include "vrsd/session.h"

#define ASK_MS		30000		/* between two questions for all */

static void ask_later(void *arg)
{
	riblimit_room(arg);
}

uint32_t riblimit_bound(const struct conf_neighbor *neighbor)
{
	if (neighbor->prefix_limit == 0 || neighbor->excess != CONF_EXCESS_WARN)
		return neighbor->prefix_limit;
	return MAX(neighbor->prefix_limit, CONF_DEFAULT_PREFIX_LIMIT);
}

void riblimit_set(struct ribs_peer *peer, const struct conf_server *server,
		  const struct conf_neighbor *neighbor)
{
	struct ribs_limit *limit = &peer->limit;

	limit->azure = server->profile == CONF_PROFILE_AZURE &&
		       neighbor->kind == CONF_NVA;
	limit->max = neighbor->prefix_limit;
	limit->bound = riblimit_bound(neighbor);
	limit->excess = neighbor->excess;
	limit->restart = neighbor->prefix_restart;
}

void riblimit_init(struct ribs_peer *peer)
{
	peer->limit.timer = loop_timer_new(ask_later, peer);
}

void riblimit_fini(struct ribs_peer *peer)
{
	loop_timer_free(peer->limit.timer);
}

void riblimit_up(struct ribs_peer *peer)
{
	peer->limit.told = false;
	peer->limit.told_excess = false;
	peer->limit.told_paths = false;
	peer->limit.told_total = false;
	peer->limit.told_attrs = false;
	peer->limit.over = false;
	peer->limit.refused = 0;
	peer->limit.refused_more = false;
}

static void tell(const struct ribs_peer *peer, bool *told, uint32_t max,
		 const char *consequence)
{
	if (*told)
		return;
	*told = true;
	log_warn("vnet %s neighbor %s instance %u: more than %u prefixes, %s",
		 peer->id.vnet, peer->id.neighbor, peer->id.instance, max,
		 consequence);
}

static void tell_paths(struct ribs_peer *peer)
{
	if (peer->limit.told_paths)
		return;
	peer->limit.told_paths = true;
	log_warn("vnet %s neighbor %s instance %u: too many paths of a "
		 "prefix or in all, the others are not taken",
		 peer->id.vnet, peer->id.neighbor, peer->id.instance);
}

static void tell_attrs(struct ribs_peer *peer)
{
	if (peer->limit.told_attrs)
		return;
	peer->limit.told_attrs = true;
	log_warn("vnet %s neighbor %s instance %u: its attributes take %llu "
		 "MiB, what has other ones is not taken", peer->id.vnet,
		 peer->id.neighbor, peer->id.instance, CONF_ATTR_LIMIT >> 20);
}

static void tell_total(struct ribs_peer *peer)
{
	peer->vnet->full = true;
	if (peer->limit.told_total)
		return;
	peer->limit.told_total = true;
	log_warn("vnet %s neighbor %s instance %u: profile azure: %u "
		 "prefixes are all that the vnet takes, the others are not "
		 "taken", peer->id.vnet, peer->id.neighbor, peer->id.instance,
		 CONF_AZURE_TOTAL);
}

static void teardown(struct ribs_peer *peer)
{
	tell(peer, &peer->limit.told_excess, peer->limit.max,
	     "the session ends");
	peer->limit.over = true;
	session_over_limit(peer->id.peer, peer->limit.restart);
}

static uint32_t count(enum bgp_af af, struct rbuf nlri)
{
	struct bgp_nlri entry;
	uint32_t n = 0;

	while (bgp_nlri_next(&nlri, af, false, &entry))
		n++;
	return n;
}

void riblimit_announce(struct ribs_peer *peer, enum bgp_af af,
		       const struct bgp_attrs *attrs, struct rbuf nlri)
{
	struct ribs_limit *limit = &peer->limit;
	struct rib_excess excess;

	if (limit->over)
		return;
	if (limit->azure &&
	    rib_peer_held(peer->rib) + count(af, nlri) > limit->max) {
		teardown(peer);
		return;
	}
	excess = rib_peer_announce(peer->rib, af, attrs, nlri);
	if (excess.paths + excess.many > 0)
		tell_paths(peer);
	if (excess.total > 0)
		tell_total(peer);
	if (excess.attrs > 0)
		tell_attrs(peer);
	limit->refused += excess.prefixes + excess.total;
	limit->refused_more |= excess.paths + excess.attrs > 0;
	if (limit->max > 0 && limit->excess == CONF_EXCESS_WARN &&
	    rib_peer_held(peer->rib) > limit->max)
		tell(peer, &limit->told, limit->max, "all are taken");
	if (excess.prefixes == 0)
		return;
	if (limit->excess == CONF_EXCESS_TEARDOWN)
		teardown(peer);
	else
		tell(peer, &limit->told_excess, limit->bound,
		     "the others are not taken");
}

static bool has_room(const struct ribs_peer *peer, uint32_t max)
{
	return max == 0 || rib_peer_held(peer->rib) + MAX(max / 10, 1u) <= max;
}

/*
 * What was not taken is not known any more: when there is room again, it must
 * be said again. But of too many paths of one prefix the peer has to choose.
 */
void riblimit_room(struct ribs_peer *peer)
{
	struct ribs_limit *limit = &peer->limit;
	bool more = limit->refused_more && rib_peer_has_room(peer->rib);
	bool prefixes = has_room(peer, limit->bound);

	if (has_room(peer, limit->max))
		limit->told = false;
	if (prefixes)
		limit->told_excess = false;
	prefixes = prefixes && limit->refused > 0 && !limit->told_total;
	if (!peer->up || (!prefixes && !more))
		return;
	if (limit->asked_ms && loop_now_ms() < limit->asked_ms + ASK_MS) {
		loop_timer_set(limit->timer,
			       limit->asked_ms + ASK_MS - loop_now_ms());
		return;
	}
	if (more) {
		limit->refused_more = false;
		limit->told_paths = false;
		limit->told_attrs = false;
	}
	if (prefixes)
		limit->refused = 0;
	limit->asked_ms = loop_now_ms();
	session_ask_refresh(peer->id.peer);
}

/* For all of a VNet: its peers are asked when there is room for some. */
void riblimit_turn(struct ribs_vnet *vnet)
{
	struct ribs_peer *peer;
	struct rib_stats stats;

	if (!vnet->full)
		return;
	rib_stats(vnet->rib, &stats);
	if (stats.prefixes[BGP_IPV4_UNICAST] + CONF_AZURE_TOTAL / 10 >
	    CONF_AZURE_TOTAL)
		return;
	vnet->full = false;
	for (peer = vnet->peers; peer; peer = peer->next) {
		if (!peer->limit.told_total)
			continue;
		peer->limit.told_total = false;
		riblimit_room(peer);
	}
}
