// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribproc.h"

static struct peer_table peers;		/* that have a session, or had */

struct ribproc_peer *ribpeer_find(uint32_t number)
{
	return peer_table_get(&peers, number);
}

struct ribproc_peer *ribpeer_next(const struct ribproc_peer *peer)
{
	return peer_table_next(&peers, peer ? peer->id.peer : 0);
}

/* Whether another session of the same neighbor is up. */
static bool neighbor_has_other(const struct ribproc_peer *peer)
{
	const struct ribproc_peer *other;

	for (other = peer->vnet->peers; other; other = other->next)
		if (other != peer && (other->up || other->stale) &&
		    addr_equal(&other->id.remote, &peer->id.remote))
			return true;
	return false;
}

static void peer_remove(struct ribproc_peer *peer)
{
	struct ribproc_peer **p = &peer->vnet->peers;

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

static void tell_hop(const struct ribproc_peer *peer, uint16_t type)
{
	struct msg_hop msg;

	if (!ribproc_has_kernel())
		return;
	memset(&msg, 0, sizeof(msg));
	msg.vni = peer->vnet->vni;
	msg.hop = peer->id.remote;
	chan_send(proc_chan(PROC_KERNEL), type, &msg, sizeof(msg));
}

void ribpeer_forget(struct ribproc_peer *peer)
{
	/* The kernel has a short way to move all routes off a next hop. */
	if (!neighbor_has_other(peer))
		tell_hop(peer, MSG_HOP_DOWN);
	peer_remove(peer);
}

/* Who is at the other end; NULL if it is no longer configured. */
static const struct conf_neighbor *neighbor_of(const struct ribproc_vnet *vnet,
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
static bool may_return(const struct ribproc_peer *peer)
{
	const struct conf_server *server = peer->vnet->conf->server;
	const struct conf_neighbor *neighbor = neighbor_of(peer->vnet,
							   &peer->id);

	return neighbor && !neighbor->shutdown &&
	       neighbor->graceful_restart && server->restart_time &&
	       has_asn(neighbor, peer->id.remote_as) &&
	       conf_server_instance_of(server, &peer->id.local) != SIZE_MAX;
}

void ribpeer_down(const struct msg_peer_down *msg)
{
	struct ribproc_peer *peer = ribpeer_find(msg->peer);
	uint8_t kept;

	if (!peer || !peer->up)
		return;
	peer->up = false;
	/* Perhaps it is for the new configuration that it was ended. */
	kept = may_return(peer) ? ribstale_kept(peer, msg->kept) : 0;
	if (kept) {
		ribstale_down(peer, msg);
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
static uint8_t vnet_families(const struct ribproc_vnet *vnet)
{
	if (vnet->conf->server->profile == CONF_PROFILE_AZURE)
		return bgp_af_bit(BGP_IPV4_UNICAST);
	return (1 << BGP_AF_COUNT) - 1;
}

static bool peer_up_valid(const struct msg_peer_up *up)
{
	return up->id.peer != 0 && up->id.peer <= MSG_PEERS_MAX &&
	       addr_bits(&up->id.local) && addr_bits(&up->id.remote) &&
	       (up->wire.max_len == BGP_MSG_MAX ||
		up->wire.max_len == BGP_MSG_MAX_EXT);
}

static bool same_ends(const struct row_peer_id *a,
		      const struct row_peer_id *b)
{
	return addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->remote, &b->remote) &&
	       a->remote_as == b->remote_as;
}

static struct ribproc_peer *peer_new(struct ribproc_vnet *vnet,
				     const struct rib_peer_conf *conf)
{
	struct ribproc_peer *peer = xcalloc(1, sizeof(*peer));

	peer->vnet = vnet;
	peer->next = vnet->peers;
	vnet->peers = peer;
	peer_table_set(&peers, conf->id, peer);
	peer->rib = rib_peer_add(vnet->rib, conf);
	ribstale_init(peer);
	riblimit_init(peer);
	return peer;
}

void ribpeer_up(const struct msg_peer_up *up)
{
	struct ribproc_vnet *vnet = ribvnet_find(up->id.vni);
	struct msg_peer_ref ref = {
		.peer = up->id.peer,
		.serial = up->serial,
	};
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
	struct ribproc_peer *peer = ribpeer_find(up->id.peer);

	if (!peer_up_valid(up) || (peer && peer->up))
		proc_violation(PROC_SESSION, MSG_PEER_UP);
	/* Session has not heard yet that the VNet is gone. */
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
	peer->serial = up->serial;
	peer->families = up->wire.families & vnet_families(vnet);
	peer->told_family = false;
	peer->add_path = up->wire.add_path_rx;
	peer->end_of_rib = up->end_of_rib;
	peer->restarting = up->restarting;
	peer->complete = 0;
	riblimit_set(peer, vnet->conf->server, neighbor);
	riblimit_up(peer);
	chan_send(proc_chan(PROC_SESSION), MSG_PEER_HEARD, &ref, sizeof(ref));
	rib_peer_up(peer->rib, &session);
	ribstale_up(peer, up);
	tell_hop(peer, MSG_HOP_UP);
}

static bool takes_family(struct ribproc_peer *peer, enum bgp_af af)
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

void ribpeer_update(const struct msg_update *msg, size_t len)
{
	const uint8_t *tail = (const uint8_t *)(msg + 1);
	struct ribproc_peer *peer = ribpeer_find(msg->peer);
	const struct bgp_attrs *attrs = (const void *)tail;
	struct rbuf nlri;

	len -= sizeof(*msg);
	if (msg->af >= BGP_AF_COUNT || msg->attrs_len > len ||
	    msg->nlri_len != len - msg->attrs_len)
		proc_violation(PROC_SESSION, MSG_UPDATE);
	nlri = rbuf_make(tail + msg->attrs_len, msg->nlri_len);
	if (!peer || !peer->up)
		return;
	if (!bgp_nlri_valid(nlri, msg->af,
			    peer->add_path & bgp_af_bit(msg->af)) ||
	    (!msg->withdraw && !bgp_attrs_valid(attrs, msg->attrs_len)))
		proc_violation(PROC_SESSION, MSG_UPDATE);
	if (!takes_family(peer, msg->af))
		return;
	if (msg->withdraw)
		rib_peer_withdraw(peer->rib, msg->af, nlri);
	else
		riblimit_announce(peer, msg->af, attrs, nlri);
	/* Other attributes for the same prefixes make room, too. */
	if (peer->limit.refused_more ||
	    (msg->withdraw && (peer->limit.told || peer->limit.told_excess ||
			       peer->limit.refused > 0)))
		riblimit_room(peer);
}

void ribpeer_refresh(const struct msg_peer_af *msg)
{
	struct ribproc_peer *peer = ribpeer_find(msg->peer);

	if (msg->af >= BGP_AF_COUNT)
		proc_violation(PROC_SESSION, MSG_REFRESH);
	if (!peer || !peer->up)
		return;
	if (msg->what == BGP_REFRESH_REQUEST)
		rib_peer_refresh(peer->rib, msg->af);
	else
		ribstale_refresh(peer, msg->af, msg->what);
}

void ribpeer_end_of_rib(const struct msg_peer_af *msg)
{
	struct ribproc_peer *peer = ribpeer_find(msg->peer);

	if (msg->af >= BGP_AF_COUNT)
		proc_violation(PROC_SESSION, MSG_END_OF_RIB);
	if (!peer || !peer->up)
		return;
	peer->complete |= bgp_af_bit(msg->af) & peer->families;
	ribstale_end_of_rib(peer, msg->af);
	ribproc_wake(peer->vnet);
}

void ribpeer_remove_all(struct ribproc_vnet *vnet)
{
	while (vnet->peers)
		peer_remove(vnet->peers);
}

/*
 * Sessions go on under the names that their neighbor and VNet have now, and
 * with their policy.
 */
static void update_peers(struct ribproc_vnet *vnet)
{
	const struct conf_neighbor *neighbor;
	struct rib_peer_policy policy;
	struct ribproc_peer *peer;
	size_t instance;

	for (peer = vnet->peers; peer; peer = peer->next) {
		struct row_peer_id *id = &peer->id;

		snprintf(id->vnet, sizeof(id->vnet), "%s", vnet->conf->name);
		neighbor = neighbor_of(vnet, id);
		if (!neighbor)
			continue;	/* session ends it in a moment */
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

static void forget_unconfigured(struct ribproc_vnet *vnet)
{
	struct ribproc_peer *peer, *next;

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

void ribpeer_configure(struct ribproc_vnet *vnet)
{
	forget_unconfigured(vnet);
	update_peers(vnet);
}
