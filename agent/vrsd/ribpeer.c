// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"

static struct peer_table peers;		/* that have a session, or had */

struct ribs_peer *ribpeer_find(uint32_t number)
{
	return peer_table_get(&peers, number);
}

struct ribs_peer *ribpeer_next(const struct ribs_peer *peer)
{
	return peer_table_next(&peers, peer ? peer->id.peer : 0);
}

/* Whether another session of the same neighbor is up. */
static bool neighbor_has_other(const struct ribs_peer *peer)
{
	const struct ribs_peer *other;

	for (other = peer->vnet->peers; other; other = other->next)
		if (other != peer && (other->up || other->stale) &&
		    addr_equal(&other->id.remote, &peer->id.remote))
			return true;
	return false;
}

static void peer_remove(struct ribs_peer *peer)
{
	struct ribs_peer **p = &peer->vnet->peers;

	while (*p != peer)
		p = &(*p)->next;
	*p = peer->next;
	ribquery_peer_gone(peer);
	peer_table_set(&peers, peer->id.peer, NULL);
	ribstale_fini(peer);
	riblimit_fini(peer);
	rib_peer_remove(peer->rib);
	free(peer);
}

static void tell_hop(const struct ribs_peer *peer, uint16_t type)
{
	struct msg_hop msg;

	if (!ribs_has_kernel())
		return;
	memset(&msg, 0, sizeof(msg));
	msg.vni = peer->vnet->vni;
	msg.hop = peer->id.remote;
	chan_send(proc_chan(PROC_KERNEL), type, &msg, sizeof(msg));
}

void ribpeer_forget(struct ribs_peer *peer)
{
	/* The kernel has a short way to move all routes off a next hop. */
	if (!neighbor_has_other(peer))
		tell_hop(peer, MSG_HOP_DOWN);
	peer_remove(peer);
}

/* Who is at the other end; NULL if it is no longer configured. */
static const struct conf_neighbor *neighbor_of(const struct ribs_vnet *vnet,
					       const struct row_peer_id *id)
{
	const struct conf_server *server = vnet->conf->server;

	return server ? conf_neighbor_find(server, &id->remote) : NULL;
}

static bool has_asn(const struct conf_neighbor *neighbor, uint32_t asn)
{
	size_t i;

	if (neighbor->asn)
		return neighbor->asn == asn;
	for (i = 0; i < neighbor->n_asns; i++)
		if (neighbor->asns[i] == asn)
			return true;
	return false;
}

/* Whether a session that is down is still to be, and its paths kept for it. */
static bool may_return(const struct ribs_peer *peer)
{
	const struct conf_server *server = peer->vnet->conf->server;
	const struct conf_neighbor *neighbor = neighbor_of(peer->vnet,
							   &peer->id);

	return neighbor && !neighbor->shutdown &&
	       neighbor->graceful_restart && server->restart_time &&
	       has_asn(neighbor, peer->id.remote_as) &&
	       conf_server_instance_of(server, &peer->id.local) != SIZE_MAX;
}

void ribpeer_down(uint32_t number, const struct ribpeer_down *down)
{
	struct ribs_peer *peer = ribpeer_find(number);
	uint8_t kept;

	if (!peer || !peer->up)
		return;
	peer->up = false;
	/* Perhaps it is for the new configuration that it was ended. */
	kept = may_return(peer) ? ribstale_kept(peer, down->kept) : 0;
	if (kept) {
		ribstale_down(peer, down);
		/* what was offered may be more than what is configured now */
		ribstale_limit(peer,
			       peer->vnet->conf->server->long_lived_time);
	} else {
		/* what it takes away is not to be waited with for long */
		ribstart_lost(peer->vnet);
		ribpeer_forget(peer);
	}
}

/*
 * What is sent as next hop is the instance itself, in either family, and for
 * IPv4 by IPv6 where it has no other and that was agreed on (RFC 8950).
 */
static void instance_nexthops(const struct conf_server *server,
			      const struct row_peer_id *id,
			      struct rib_session *session)
{
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		session->nexthop[af] = conf_server_instance(server,
				id->instance, bgp_af_info[af].family);
		if (!session->nexthop[af].family &&
		    session->wire.ext_nexthop & bgp_af_bit(af))
			session->nexthop[af] = conf_server_instance(server,
					id->instance, AF_INET6);
	}
}

/* With ADD-PATH; where prefixes have no limit, paths have none, either. */
static uint32_t path_limit(const struct conf_neighbor *neighbor)
{
	if (neighbor->prefix_limit == 0)
		return 0;
	return MAX(neighbor->prefix_limit, CONF_PATH_LIMIT);
}

static struct rib_peer_policy peer_policy(const struct conf_neighbor *neighbor)
{
	return (struct rib_peer_policy){
		.kind = neighbor->kind,
		.as_override = neighbor->as_override,
		.allow_own_as = neighbor->allowas_in,
		.add_path_send = neighbor->add_path_send,
		.limit = riblimit_bound(neighbor),
		.path_limit = path_limit(neighbor),
		.attr_limit = neighbor->prefix_limit ? CONF_ATTR_LIMIT : 0,
		.in = ribvnet_map(neighbor->inbound),
		.out = ribvnet_map(neighbor->outbound),
	};
}

/* Azure offers IPv6 on the wire, and has none. */
static uint8_t vnet_families(const struct ribs_vnet *vnet)
{
	if (vnet->conf->server->profile == CONF_PROFILE_AZURE)
		return bgp_af_bit(BGP_IPV4_UNICAST);
	return (1 << BGP_AF_COUNT) - 1;
}

static bool same_ends(const struct row_peer_id *a,
		      const struct row_peer_id *b)
{
	return addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) &&
	       a->remote_as == b->remote_as;
}

static struct ribs_peer *peer_new(struct ribs_vnet *vnet,
				  const struct rib_peer_conf *conf)
{
	struct ribs_peer *peer = xcalloc(1, sizeof(*peer));

	peer->vnet = vnet;
	peer->next = vnet->peers;
	vnet->peers = peer;
	peer_table_set(&peers, conf->id, peer);
	peer->rib = rib_peer_add(vnet->rib, conf);
	ribstale_init(peer);
	riblimit_init(peer);
	return peer;
}

void ribpeer_up(const struct ribpeer_up *up)
{
	struct ribs_vnet *vnet = ribvnet_find(up->id.vni);
	const struct conf_neighbor *neighbor;
	struct rib_session session = {
		.wire = up->wire,
		.enhanced_refresh = up->enhanced_refresh,
		.role = up->role,
	};
	struct rib_peer_conf conf = {
		.id = up->id.peer,
		.name = up->id.neighbor,
		.neighbor = up->id.remote,
		.local = up->id.local,
		.as = up->id.remote_as,
	};
	struct ribs_peer *peer = ribpeer_find(up->id.peer);

	/* Sessions have not heard yet that the VNet is gone. */
	if (!vnet || vnet->draining || !vnet->conf->server)
		return;
	neighbor = neighbor_of(vnet, &up->id);
	if (!neighbor)
		return;
	conf.policy = peer_policy(neighbor);
	session.no_end_of_rib =
		vnet->conf->server->profile == CONF_PROFILE_AZURE;
	instance_nexthops(vnet->conf->server, &up->id, &session);
	/* Stale paths of a session with somebody else under this number. */
	if (peer && (peer->vnet != vnet || !same_ends(&peer->id, &up->id))) {
		peer_remove(peer);
		peer = NULL;
	}
	if (!peer)
		peer = peer_new(vnet, &conf);
	peer->id = up->id;
	peer->up = true;
	peer->families = up->wire.families & vnet_families(vnet);
	peer->told_family = false;
	peer->end_of_rib = up->end_of_rib;
	peer->restarting = up->restarting;
	peer->complete = 0;
	riblimit_set(peer, vnet->conf->server, neighbor);
	riblimit_up(peer);
	rib_peer_up(peer->rib, &session);
	ribstale_up(peer, up);
	tell_hop(peer, MSG_HOP_UP);
}

static bool takes_family(struct ribs_peer *peer, enum bgp_af af)
{
	if (peer->families & bgp_af_bit(af))
		return true;
	if (!peer->told_family)
		log_warn("vnet %s neighbor %s instance %u: profile azure: "
			 "%s prefixes are not taken", peer->id.vnet,
			 peer->id.neighbor, peer->id.instance,
			 bgp_af_info[af].name);
	peer->told_family = true;
	return false;
}

void ribpeer_update(uint32_t number, enum bgp_af af,
		    const struct bgp_attrs *attrs, struct rbuf nlri)
{
	struct ribs_peer *peer = ribpeer_find(number);

	if (!peer || !peer->up || !takes_family(peer, af))
		return;
	if (attrs)
		riblimit_announce(peer, af, attrs, nlri);
	else
		rib_peer_withdraw(peer->rib, af, nlri);
	/* Other attributes for the same prefixes make room, too. */
	if (peer->limit.refused_more ||
	    (!attrs && (peer->limit.told || peer->limit.told_excess ||
			peer->limit.refused > 0)))
		riblimit_room(peer);
}

void ribpeer_refresh(uint32_t number, enum bgp_af af, enum bgp_refresh what)
{
	struct ribs_peer *peer = ribpeer_find(number);

	if (!peer || !peer->up)
		return;
	if (what == BGP_REFRESH_REQUEST)
		rib_peer_refresh(peer->rib, af);
	else
		ribstale_refresh(peer, af, what);
}

void ribpeer_end_of_rib(uint32_t number, enum bgp_af af)
{
	struct ribs_peer *peer = ribpeer_find(number);

	if (!peer || !peer->up)
		return;
	peer->complete |= bgp_af_bit(af) & peer->families;
	ribstale_end_of_rib(peer, af);
	ribs_wake(peer->vnet);
}

void ribpeer_pause(uint32_t number)
{
	struct ribs_peer *peer = ribpeer_find(number);

	if (peer)
		rib_peer_pause(peer->rib);
}

void ribpeer_resume(uint32_t number)
{
	struct ribs_peer *peer = ribpeer_find(number);

	if (peer)
		rib_peer_resume(peer->rib);
}

void ribpeer_end(void)
{
	peers.n = 0;
}

void ribpeer_remove_all(struct ribs_vnet *vnet)
{
	while (vnet->peers)
		peer_remove(vnet->peers);
}

/*
 * Sessions go on under the names that their neighbor and VNet have now, and
 * with their policy.
 */
static void update_peers(struct ribs_vnet *vnet)
{
	const struct conf_neighbor *neighbor;
	struct rib_peer_policy policy;
	struct ribs_peer *peer;
	size_t instance;

	for (peer = vnet->peers; peer; peer = peer->next) {
		struct row_peer_id *id = &peer->id;

		snprintf(id->vnet, sizeof(id->vnet), "%s", vnet->conf->name);
		neighbor = neighbor_of(vnet, id);
		if (!neighbor)
			continue;	/* its session ends in a moment */
		snprintf(id->neighbor, sizeof(id->neighbor), "%s",
			 neighbor->name);
		instance = conf_server_instance_of(vnet->conf->server,
						   &id->local);
		if (instance != SIZE_MAX)
			id->instance = instance;
		policy = peer_policy(neighbor);
		rib_peer_set_policy(peer->rib, &policy);
		riblimit_set(peer, vnet->conf->server, neighbor);
		riblimit_room(peer);
	}
}

static void forget_unconfigured(struct ribs_vnet *vnet)
{
	struct ribs_peer *peer, *next;

	for (peer = vnet->peers; peer; peer = next) {
		next = peer->next;
		if (peer->up)
			continue;
		if (may_return(peer))
			ribstale_limit(peer,
				       vnet->conf->server->long_lived_time);
		else
			ribpeer_forget(peer);
	}
}

void ribpeer_configure(struct ribs_vnet *vnet)
{
	forget_unconfigured(vnet);
	update_peers(vnet);
}
