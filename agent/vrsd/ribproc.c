// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rib process: a table for each VNet, between session, which brings what
 * peers announce, and kernel, which programs what is best. Messages are dealt
 * with as they come; what follows from them is done in turns of the loop, as
 * much as session and kernel can take.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/conftext.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribproc.h"
#include "vrsd/vrsd.h"

#define TURN_US		500		/* of work for a VNet, in a loop turn */

struct route_map {
	const char *name;
	const struct conf_map *conf;
	struct rib_map *map;
};

static struct {
	bool no_kernel;
	bool restarted;
	struct conf *conf;
	bool applying;			/* MSG_CONF_DONE is owed */
	struct route_map *maps;
	size_t n_maps;
	struct ribproc_vnet *vnets;
	uint32_t turn;			/* VNI of the one to work on next */
	struct peer_table peers;	/* that have a session, or had */
	struct loop_job *work_job;
} ribs;

struct ribproc_vnet *ribproc_vnet(uint32_t vni)
{
	struct ribproc_vnet *vnet;

	for (vnet = ribs.vnets; vnet; vnet = vnet->next)
		if (vnet->vni == vni)
			return vnet;
	return NULL;
}

struct ribproc_vnet *ribproc_vnets(void)
{
	return ribs.vnets;
}

struct ribproc_peer *ribproc_peer(uint32_t number)
{
	return peer_table_get(&ribs.peers, number);
}

struct ribproc_peer *ribproc_peer_next(const struct ribproc_peer *peer)
{
	return peer_table_next(&ribs.peers, peer ? peer->id.peer : 0);
}

/*
 * What the tables ask for
 */

static void ops_send(void *arg, const struct rib_send *send)
{
	struct msg_send msg = { .n_peers = send->n_peers, .len = send->len };
	size_t numbers = send->n_peers * sizeof(*send->peers);
	uint8_t *dst = chan_reserve(proc_chan(PROC_SESSION), MSG_SEND,
				    sizeof(msg) + numbers + send->len);

	(void)arg;
	memcpy(dst, &msg, sizeof(msg));
	memcpy(dst + sizeof(msg), send->peers, numbers);
	memcpy(dst + sizeof(msg) + numbers, send->data, send->len);
}

static bool ops_route(void *arg, const struct rib_route *route)
{
	struct ribproc_vnet *vnet = arg;
	struct msg_route msg = {
		.vni = vnet->vni,
		.n_hops = MIN(route->n_nexthops, MSG_HOPS_MAX),
		.n_backups = route->backup != NULL,
		.gateway = route->gateway,
		.prefix = route->prefix,
	};
	size_t hops = msg.n_hops * sizeof(*route->nexthops);
	uint8_t *dst;

	if (chan_congested(proc_chan(PROC_KERNEL)))
		return false;
	dst = chan_reserve(proc_chan(PROC_KERNEL), MSG_ROUTE, sizeof(msg) +
			   hops + msg.n_backups * sizeof(*route->backup));
	memcpy(dst, &msg, sizeof(msg));
	memcpy(dst + sizeof(msg), route->nexthops, hops);
	if (route->backup)
		memcpy(dst + sizeof(msg) + hops, route->backup,
		       sizeof(*route->backup));
	return true;
}

static void ops_wake(void *arg)
{
	(void)arg;
	loop_defer(ribs.work_job);
}

static const struct rib_ops rib_ops = {
	.send = ops_send,
	.route = ops_route,
	.wake = ops_wake,
};

static const struct rib_ops rib_ops_no_kernel = {
	.send = ops_send,
	.wake = ops_wake,
};

/*
 * Peers
 */

/* Whether another session of the same neighbor is up. */
static bool neighbor_has_other(const struct ribproc_peer *peer)
{
	struct ribproc_peer *other = NULL;

	while ((other = ribproc_peer_next(other)))
		if (other != peer && (other->up || other->stale) &&
		    other->vnet == peer->vnet &&
		    addr_equal(&other->id.remote, &peer->id.remote))
			return true;
	return false;
}

static void peer_remove(struct ribproc_peer *peer)
{
	ribquery_peer_gone(peer);
	peer_table_set(&ribs.peers, peer->id.peer, NULL);
	ribstale_fini(peer);
	riblimit_fini(peer);
	rib_peer_remove(peer->rib);
	free(peer);
}

static void tell_hop(const struct ribproc_peer *peer, uint16_t type)
{
	struct msg_hop msg;

	if (ribs.no_kernel)
		return;
	memset(&msg, 0, sizeof(msg));
	msg.vni = peer->vnet->vni;
	msg.hop = peer->id.remote;
	chan_send(proc_chan(PROC_KERNEL), type, &msg, sizeof(msg));
}

void ribproc_peer_forget(struct ribproc_peer *peer)
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

static void peer_down(const struct msg_peer_down *msg)
{
	struct ribproc_peer *peer = ribproc_peer(msg->peer);
	uint8_t kept;

	if (!peer || !peer->up)
		return;
	peer->up = false;
	/* Perhaps it is for the new configuration that it was ended. */
	kept = may_return(peer) ? ribstale_kept(peer, msg->kept) : 0;
	/* What it takes away is not to be waited with for long. */
	if (!kept)
		ribstart_lost(peer->vnet);
	if (kept)
		ribstale_down(peer, msg);
	else
		ribproc_peer_forget(peer);
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

struct rib_map *ribproc_map(const char *name)
{
	size_t i;

	for (i = 0; name && i < ribs.n_maps; i++)
		if (!strcmp(ribs.maps[i].name, name))
			return ribs.maps[i].map;
	return NULL;
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
		.in = ribproc_map(neighbor->inbound),
		.out = ribproc_map(neighbor->outbound),
	};
}

static struct rib_policy vnet_policy(const struct conf_vnet *conf)
{
	const struct conf_server *server = conf->server;
	struct rib_policy policy = { 0 };

	if (server) {
		policy.branch_to_branch = server->branch_to_branch;
		policy.preference = server->preference;
		policy.max_prefixes = server->profile == CONF_PROFILE_AZURE ?
				      CONF_AZURE_TOTAL : 0;
	}
	return policy;
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
	peer_table_set(&ribs.peers, conf->id, peer);
	peer->rib = rib_peer_add(vnet->rib, conf);
	ribstale_init(peer);
	riblimit_init(peer);
	return peer;
}

static void peer_up(const struct msg_peer_up *up)
{
	struct ribproc_vnet *vnet = ribproc_vnet(up->id.vni);
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
	struct ribproc_peer *peer = ribproc_peer(up->id.peer);

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

static void update(const struct msg_update *msg, size_t len)
{
	const uint8_t *tail = (const uint8_t *)(msg + 1);
	struct ribproc_peer *peer = ribproc_peer(msg->peer);
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

static void refresh(const struct msg_peer_af *msg)
{
	struct ribproc_peer *peer = ribproc_peer(msg->peer);

	if (msg->af >= BGP_AF_COUNT)
		proc_violation(PROC_SESSION, MSG_REFRESH);
	if (!peer || !peer->up)
		return;
	if (msg->what == BGP_REFRESH_REQUEST)
		rib_peer_refresh(peer->rib, msg->af);
	else
		ribstale_refresh(peer, msg->af, msg->what);
}

static void end_of_rib(const struct msg_peer_af *msg)
{
	struct ribproc_peer *peer = ribproc_peer(msg->peer);

	if (msg->af >= BGP_AF_COUNT)
		proc_violation(PROC_SESSION, MSG_END_OF_RIB);
	if (!peer || !peer->up)
		return;
	peer->complete |= bgp_af_bit(msg->af) & peer->families;
	ribstale_end_of_rib(peer, msg->af);
	loop_defer(ribs.work_job);
}

/*
 * What the kernel says
 */

static void route_done(const struct msg_route_done *msg, size_t len)
{
	struct ribproc_vnet *vnet = ribproc_vnet(msg->vni);
	size_t text_len = len - sizeof(*msg);
	enum bgp_af af;
	char text[256];

	if (!vnet)
		return;
	text_len = MIN(text_len, sizeof(text) - 1);
	memcpy(text, msg + 1, text_len);
	text[text_len] = '\0';
	af = msg->prefix.addr.family == AF_INET6 ? BGP_IPV6_UNICAST :
						   BGP_IPV4_UNICAST;
	rib_route_done(vnet->rib, af, &msg->prefix, msg->error,
		       text_len ? text : NULL);
	if (!vnet->swept || vnet->draining)
		loop_defer(ribs.work_job);
}

static void hop_back(const struct msg_hop *msg)
{
	struct ribproc_vnet *vnet = ribproc_vnet(msg->vni);

	if (vnet && !vnet->draining)
		rib_route_again(vnet->rib, &msg->hop);
}

/*
 * Configuration
 */

static uint32_t local_as(const struct conf_vnet *conf)
{
	return conf->server ? conf->server->asn : CONF_DEFAULT_ASN;
}

static void add_spaces(struct ribproc_vnet *vnet, const struct conf_vnet *conf)
{
	size_t i;

	vnet->spaces = xreallocarray(vnet->spaces,
				     vnet->n_spaces + conf->n_spaces,
				     sizeof(*vnet->spaces));
	for (i = 0; i < conf->n_spaces; i++)
		vnet->spaces[vnet->n_spaces++] = conf->spaces[i].prefix;
}

static bool has_space(const struct ribproc_vnet *vnet,
		      const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < vnet->n_spaces; i++)
		if (prefix_equal(&vnet->spaces[i], prefix))
			return true;
	return false;
}

/*
 * The VNet's own spaces, and those of the spokes that use its gateways: NVAs
 * reach both by the route server's VNet.
 */
static void vnet_set_spaces(struct ribproc_vnet *vnet,
			    const struct conf_vnet *conf)
{
	struct prefix *old = vnet->spaces;
	size_t i, n_old = vnet->n_spaces;

	vnet->spaces = NULL;
	vnet->n_spaces = 0;
	if (conf)
		add_spaces(vnet, conf);
	for (i = 0; conf && i < ribs.conf->n_vnets; i++)
		if (conf_peering_transits(conf, &ribs.conf->vnets[i]))
			add_spaces(vnet, &ribs.conf->vnets[i]);
	/* Those that stay are not there twice: add says so, and does nothing */
	for (i = 0; i < vnet->n_spaces; i++)
		rib_space_add(vnet->rib, &vnet->spaces[i]);
	for (i = 0; i < n_old; i++)
		if (!has_space(vnet, &old[i]))
			rib_space_del(vnet->rib, &old[i]);
	free(old);
}

static bool has_inside(const struct conf_vnet *conf)
{
	const struct conf_route_table *table;
	size_t i;

	for (i = 0; i < conf->n_subnets; i++) {
		const char *name = conf->subnets[i].route_table;

		table = name ? conf_table_find(ribs.conf, name) : NULL;
		if (table && table->bgp_inside)
			return true;
	}
	return false;
}

/*
 * Some subnet may want what others do not, of the VNet or of a spoke that uses
 * its gateways: the kernel tells them apart.
 */
static bool wants_inside(const struct conf_vnet *conf)
{
	size_t i;

	if (has_inside(conf))
		return true;
	for (i = 0; i < ribs.conf->n_vnets; i++)
		if (conf_peering_transits(conf, &ribs.conf->vnets[i]) &&
		    has_inside(&ribs.conf->vnets[i]))
			return true;
	return false;
}

static void vnet_begin(struct ribproc_vnet *vnet)
{
	struct rib_conf conf = {
		.local_as = local_as(vnet->conf),
		.policy = vnet_policy(vnet->conf),
	};

	vnet->local_as = conf.local_as;
	vnet->rib = rib_new(&conf, ribs.no_kernel ? &rib_ops_no_kernel :
						    &rib_ops, vnet);
	vnet_set_spaces(vnet, vnet->conf);
	rib_program_inside(vnet->rib, wants_inside(vnet->conf));
}

static void remove_peers(struct ribproc_vnet *vnet)
{
	struct ribproc_peer *peer, *next;

	for (peer = ribproc_peer_next(NULL); peer; peer = next) {
		next = ribproc_peer_next(peer);
		if (peer->vnet == vnet)
			peer_remove(peer);
	}
}

static void vnet_add(const struct conf_vnet *conf)
{
	struct ribproc_vnet *vnet = xcalloc(1, sizeof(*vnet));

	vnet->vni = conf->vni;
	vnet->conf = conf;
	vnet->next = ribs.vnets;
	ribs.vnets = vnet;
	vnet_begin(vnet);
	ribstart_init(vnet, !ribs.no_kernel, ribs.restarted);
}

/*
 * Sessions go on under the names that their neighbor and VNet have now, and
 * with their policy.
 */
static void update_peers(struct ribproc_vnet *vnet)
{
	const struct conf_neighbor *neighbor;
	struct ribproc_peer *peer = NULL;
	struct rib_peer_policy policy;
	size_t instance;

	while ((peer = ribproc_peer_next(peer))) {
		struct row_peer_id *id = &peer->id;

		if (peer->vnet != vnet)
			continue;
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

	for (peer = ribproc_peer_next(NULL); peer; peer = next) {
		next = ribproc_peer_next(peer);
		if (peer->vnet != vnet || peer->up)
			continue;
		if (may_return(peer))
			ribstale_limit(peer,
				       vnet->conf->server->long_lived_time);
		else
			ribproc_peer_forget(peer);
	}
}

/* A table has one local AS: with another it is emptied and made anew. */
static void vnet_change(struct ribproc_vnet *vnet,
			const struct conf_vnet *conf)
{
	struct rib_policy policy = vnet_policy(conf);

	vnet->conf = conf;
	if (local_as(conf) == vnet->local_as) {
		vnet_set_spaces(vnet, conf);
		rib_set_policy(vnet->rib, &policy);
		rib_program_inside(vnet->rib, wants_inside(conf));
		forget_unconfigured(vnet);
		update_peers(vnet);
		rib_remap(vnet->rib);
	} else {
		remove_peers(vnet);
		vnet_set_spaces(vnet, NULL);
		ribquery_vnet_gone(vnet);
		vnet->draining = true;
	}
	ribstart_change(vnet);
}

static void vnet_remove(struct ribproc_vnet *vnet)
{
	struct ribproc_vnet **p = &ribs.vnets;

	remove_peers(vnet);
	ribquery_vnet_gone(vnet);
	while (*p != vnet)
		p = &(*p)->next;
	*p = vnet->next;
	ribstart_fini(vnet);
	rib_free(vnet->rib);
	free(vnet->spaces);
	free(vnet);
}

static const struct conf_vnet *conf_by_vni(const struct conf *conf,
					   uint32_t vni)
{
	size_t i;

	for (i = 0; i < conf->n_vnets; i++)
		if (conf->vnets[i].vni == vni)
			return &conf->vnets[i];
	return NULL;
}

/* A map that does what it did stays, so that nothing is gone through again. */
static struct rib_map *keep_map(const struct conf_map *conf)
{
	size_t i;

	for (i = 0; i < ribs.n_maps; i++)
		if (!strcmp(ribs.maps[i].name, conf->name) &&
		    conf_map_equal(ribs.maps[i].conf, conf))
			return rib_map_hold(ribs.maps[i].map);
	return rib_map_new(conf);
}

static void take_maps(const struct conf *conf)
{
	struct route_map *maps = xcalloc(conf->n_maps + 1, sizeof(*maps));
	size_t i;

	for (i = 0; i < conf->n_maps; i++)
		maps[i] = (struct route_map){
			.name = conf->maps[i].name,
			.conf = &conf->maps[i],
			.map = keep_map(&conf->maps[i]),
		};
	/* Peers that have one hold it. */
	for (i = 0; i < ribs.n_maps; i++)
		rib_map_put(ribs.maps[i].map);
	free(ribs.maps);
	ribs.maps = maps;
	ribs.n_maps = conf->n_maps;
}

static void apply(struct conf *conf)
{
	struct ribproc_vnet *vnet, *next;
	struct conf *old = ribs.conf;
	size_t i;

	take_maps(conf);

	ribs.conf = conf;
	for (vnet = ribs.vnets; vnet; vnet = next) {
		next = vnet->next;
		if (!conf_by_vni(conf, vnet->vni))
			vnet_remove(vnet);
	}
	for (i = 0; i < conf->n_vnets; i++) {
		vnet = ribproc_vnet(conf->vnets[i].vni);
		if (vnet)
			vnet_change(vnet, &conf->vnets[i]);
		else
			vnet_add(&conf->vnets[i]);
	}
	ribs.restarted = false;		/* what is new later was not before */
	conf_free(old);
	ribs.applying = true;
	loop_defer(ribs.work_job);
}

/*
 * Work
 */

/* A table that was to be emptied is; a new one takes its place. */
static void finish_draining(struct ribproc_vnet *vnet)
{
	if (!rib_route_settled(vnet->rib))
		return;
	/* One may have begun since it drains. */
	ribquery_vnet_gone(vnet);
	rib_free(vnet->rib);
	vnet->draining = false;
	vnet_begin(vnet);
}

static void conf_done_if_so(void)
{
	struct ribproc_vnet *vnet;

	if (!ribs.applying)
		return;
	for (vnet = ribs.vnets; vnet; vnet = vnet->next)
		if (vnet->draining || rib_remapping(vnet->rib))
			return;
	ribs.applying = false;
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
}

static bool work_on(struct ribproc_vnet *vnet)
{
	bool busy = rib_run(vnet->rib, TURN_US);

	if (vnet->draining && !busy)
		finish_draining(vnet);
	ribstart_turn(vnet);
	riblimit_turn(vnet);
	return busy;
}

/*
 * All VNets in turn, as far as session can take what they send. One that sends
 * so much that it cannot is not the first once more, or the others would never
 * come to theirs.
 */
static void work(void *arg)
{
	struct ribproc_vnet *first = ribproc_vnet(ribs.turn);
	struct ribproc_vnet *vnet;
	bool more = false;

	(void)arg;
	if (!first)
		first = ribs.vnets;
	vnet = first;
	/* Where it ends before, drained() goes on. */
	while (vnet && !chan_congested(proc_chan(PROC_SESSION))) {
		more |= work_on(vnet);
		vnet = vnet->next ? vnet->next : ribs.vnets;
		ribs.turn = vnet->vni;
		if (vnet == first)
			break;
	}
	conf_done_if_so();
	if (more)
		loop_defer(ribs.work_job);
}

static void drained(enum proc_id to)
{
	struct ribproc_vnet *vnet;

	if (to == PROC_KERNEL)
		for (vnet = ribs.vnets; vnet; vnet = vnet->next)
			rib_route_ready(vnet->rib);
	loop_defer(ribs.work_job);
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const uint32_t *number = body;
	struct ribproc_peer *peer;

	(void)fd;
	switch (type) {
	case MSG_CONF_TEXT:
		conftext_add(body, len);
		break;
	case MSG_CONF_END:
		apply(conftext_end());
		break;
	case MSG_PEER_UP:
		peer_up(body);
		break;
	case MSG_PEER_DOWN:
		peer_down(body);
		break;
	case MSG_UPDATE:
		update(body, len);
		break;
	case MSG_END_OF_RIB:
		end_of_rib(body);
		break;
	case MSG_REFRESH:
		refresh(body);
		break;
	case MSG_PEER_SLOW:
		peer = ribproc_peer(*number);
		if (peer)
			rib_peer_pause(peer->rib);
		break;
	case MSG_PEER_READY:
		peer = ribproc_peer(*number);
		if (peer)
			rib_peer_resume(peer->rib);
		break;
	case MSG_ROUTE_DONE:
		route_done(body, len);
		break;
	case MSG_HOP_BACK:
		hop_back(body);
		break;
	case MSG_QUERY:
		ribquery_begin(body);
		break;
	case MSG_QUERY_MORE:
		ribquery_more(*number);
		break;
	case MSG_QUERY_CANCEL:
		ribquery_cancel(*number);
		break;
	default:
		proc_violation(from, type);
	}
}

static const struct proc_ops ops = {
	.message = message,
	.drained = drained,
};

int rib_main(const struct options *opt)
{
	proc_init(PROC_RIB, &ops);
	ribs.no_kernel = opt->no_kernel;
	ribs.restarted = opt->restarted;
	ribs.work_job = loop_job_new(work, NULL);
	sandbox_enter(PROC_RIB, &opt->sandbox);
	return loop_run();
}
