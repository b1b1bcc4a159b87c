// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A configuration is put into force in stages, one after the other: a VNet has
 * a device before it has a table, and a table before it has peers.
 *
 * Peers are numbered here. A session whose addresses and local AS stay the same
 * keeps its number from one configuration to the next, and with it its TCP
 * connection, if the neighbor's AS may still be what it is.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgp/open.h"
#include "lib/hash.h"
#include "lib/idhash.h"
#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define TEXT_CHUNK	(256 * 1024)

enum stage {
	STAGE_DEVICES,			/* kernel: VNets and their NICs */
	STAGE_TABLES,			/* speaker */
	STAGE_BFD,			/* bfd, before BGP can come up */
	STAGE_PEERS,			/* speaker: sessions */
	STAGES,				/* none is under way */
};

static const enum proc_id stage_proc[STAGES] = {
	[STAGE_DEVICES] = PROC_KERNEL,
	[STAGE_TABLES] = PROC_SPEAKER,
	[STAGE_BFD] = PROC_BFD,
	[STAGE_PEERS] = PROC_SPEAKER,
};

struct apply_peer {
	bool used;
	bool wanted;			/* by the configuration */
	struct msg_conf_peer conf;
	struct msg_conf_bfd bfd;	/* interval 0: none */
	uint32_t slot;			/* of a range, from 0 */
	struct auth auth;
	char problem[AUTH_PROBLEM_MAX];	/* with it, as speaker was told */
};

static struct {
	struct conf *conf;
	char *text;
	size_t len;
	bool no_kernel;
	bool restarted;
	enum stage stage;		/* whose end is waited for */
	void (*done)(void);

	struct apply_peer *peers;	/* [number - 1] */
	size_t n_peers;
	struct idhash index;		/* of those used, by peer_hash() */
	size_t first_free;		/* none before it is free */
	struct msg_vnet_ready *ready;	/* VNets whose device is there */
	size_t n_ready;
} apply;

static struct msg_vnet_ready *find_ready(uint32_t vni)
{
	size_t i;

	for (i = 0; i < apply.n_ready; i++)
		if (apply.ready[i].vni == vni)
			return &apply.ready[i];
	return NULL;
}

static bool is_configured(uint32_t vni)
{
	size_t i;

	for (i = 0; i < apply.conf->n_vnets; i++)
		if (apply.conf->vnets[i].vni == vni)
			return true;
	return false;
}

/* The devices of VNets that are not configured any more are gone. */
static void forget_gone(void)
{
	size_t i, n = 0;

	for (i = 0; i < apply.n_ready; i++)
		if (is_configured(apply.ready[i].vni))
			apply.ready[n++] = apply.ready[i];
	apply.n_ready = n;
}

static bool is_ready(uint32_t vni)
{
	return find_ready(vni) || apply.no_kernel;
}

/* What is there at a first start, somebody else has made. */
uint8_t apply_kept(uint32_t vni)
{
	const struct msg_vnet_ready *ready = find_ready(vni);

	return ready && apply.restarted ? ready->kept : 0;
}

static const char *device_of(const char *vnet)
{
	return apply.no_kernel ? "" : vnet;
}

/*
 * Peers
 */

/* RFC 6286: any number but 0 that is unique in the AS. */
static uint32_t router_id(const struct conf_vnet *vnet, size_t instance)
{
	struct addr v4 = conf_server_instance(vnet->server, instance, AF_INET);
	uint32_t id = 0;
	struct addr v6;
	size_t i;

	if (v4.family)
		return addr_to_v4(&v4);
	/* The same after each start. Instances may differ in any bits. */
	v6 = conf_server_instance(vnet->server, instance, AF_INET6);
	for (i = 0; i < sizeof(v6.bytes); i++)
		id = (id ^ v6.bytes[i]) * 16777619;
	return id ? id : vnet->vni;
}

/*
 * An instance with no IPv4 address can be the next hop by its IPv6 one. The
 * VNet's address spaces do not matter: sessions outlive a change of these.
 */
static uint8_t instance_families(const struct conf_server *server,
				 size_t instance)
{
	uint8_t families = bgp_af_bit(BGP_IPV4_UNICAST);

	if (conf_server_instance(server, instance, AF_INET6).family)
		families |= bgp_af_bit(BGP_IPV6_UNICAST);
	return families;
}

/* Whether it is another by its AS, of perhaps several, speaker knows. */
static bool same_peer(const struct msg_conf_peer *a,
		      const struct msg_conf_peer *b)
{
	return a->id.vni == b->id.vni &&
	       addr_equal(&a->id.local, &b->id.local) &&
	       addr_equal(&a->id.remote, &b->id.remote) &&
	       a->id.local_as == b->id.local_as &&
	       prefix_equal(&a->range, &b->range);
}

static uint32_t peer_hash(const struct msg_conf_peer *conf, uint32_t slot)
{
	const struct addr *local = &conf->id.local;
	const struct addr *remote = conf->range.addr.family ?
				    &conf->range.addr : &conf->id.remote;
	struct {
		uint32_t vni, slot;
		uint8_t local[16], remote[16];
	} key = { .vni = conf->id.vni, .slot = slot };

	memcpy(key.local, local->bytes, addr_bytes(local));
	memcpy(key.remote, remote->bytes, addr_bytes(remote));
	return hash_bytes(&key, sizeof(key));
}

static uint32_t place_hash(const void *ctx, uint32_t at)
{
	(void)ctx;
	return peer_hash(&apply.peers[at].conf, apply.peers[at].slot);
}

static struct apply_peer *old_place(const struct msg_conf_peer *conf,
				    uint32_t slot)
{
	struct idhash_probe probe = idhash_probe(&apply.index,
						 peer_hash(conf, slot));
	uint32_t at;

	while (idhash_next(&apply.index, &probe, &at))
		if (apply.peers[at].slot == slot &&
		    same_peer(&apply.peers[at].conf, conf))
			return &apply.peers[at];
	return NULL;
}

/* The first; NULL if there is none. */
static struct apply_peer *free_place(void)
{
	while (apply.first_free < apply.n_peers &&
	       apply.peers[apply.first_free].used)
		apply.first_free++;
	if (apply.first_free < apply.n_peers)
		return &apply.peers[apply.first_free];
	if (apply.n_peers == MSG_PEERS_MAX)
		return NULL;
	apply.peers = xreallocarray(apply.peers, apply.n_peers + 1,
				    sizeof(*apply.peers));
	memset(&apply.peers[apply.n_peers], 0, sizeof(*apply.peers));
	return &apply.peers[apply.n_peers++];
}

static void use_place(struct apply_peer *peer)
{
	uint32_t at = peer - apply.peers;

	if (!peer->used)
		idhash_insert(&apply.index, place_hash(NULL, at), at);
	peer->used = true;
}

/* Those that nobody wants any more are free from now on. */
static void leave_places(void)
{
	size_t i;

	for (i = 0; i < apply.n_peers; i++) {
		struct apply_peer *peer = &apply.peers[i];

		if (!peer->used || peer->wanted)
			continue;
		idhash_remove(&apply.index, place_hash(NULL, i), i);
		peer->used = false;
		auth_forget(&peer->auth);
	}
	apply.first_free = 0;
}

static void take_auth(struct apply_peer *peer,
		      const struct conf_neighbor *neighbor)
{
	struct auth auth = auth_copy(neighbor);
	enum auth_change change = auth_compare(&peer->auth, &auth);

	if (change == AUTH_OTHER)
		peer->conf.auth++;
	else if (change == AUTH_ROLLED)
		peer->conf.keys++;
	auth_forget(&peer->auth);
	peer->auth = auth;
	peer->conf.protection = auth.md5 ? ROW_TCP_MD5 :
				auth.n_ao ? ROW_TCP_AO : ROW_UNPROTECTED;
}

static void take_bfd(struct apply_peer *peer, const struct conf_bfd *bfd)
{
	memset(&peer->bfd, 0, sizeof(peer->bfd));
	if (!bfd)
		return;
	peer->bfd.id = peer->conf.id;
	peer->bfd.range = peer->conf.range;
	peer->bfd.interval = bfd->interval;
	peer->bfd.mult = bfd->multiplier;
	peer->bfd.multihop = bfd->multihop;
	/* One hop is one hop, whatever BGP may do. */
	peer->bfd.min_ttl = bfd->multihop ? peer->conf.min_ttl : 255;
}

static void want_place(struct msg_conf_peer *conf, uint32_t slot,
		       const struct conf_neighbor *neighbor)
{
	struct apply_peer *peer = old_place(conf, slot);

	if (!peer)
		peer = free_place();
	/* Those that go with this reload have their places until its end. */
	if (!peer) {
		log_err("vnet %s neighbor %s: no place for a session before "
			"the next reload", conf->id.vnet, neighbor->name);
		return;
	}
	conf->id.peer = peer - apply.peers + 1;
	conf->auth = peer->conf.auth;
	conf->keys = peer->conf.keys;
	peer->conf = *conf;
	peer->slot = slot;
	peer->wanted = true;
	use_place(peer);
	take_auth(peer, neighbor);
	take_bfd(peer, neighbor->bfd);
}

static const uint8_t roles[] = {
	[CONF_ROLE_NONE] = BGP_ROLE_NONE,
	[CONF_ROLE_PROVIDER] = BGP_ROLE_PROVIDER,
	[CONF_ROLE_RS] = BGP_ROLE_RS,
	[CONF_ROLE_RS_CLIENT] = BGP_ROLE_RS_CLIENT,
	[CONF_ROLE_CUSTOMER] = BGP_ROLE_CUSTOMER,
	[CONF_ROLE_PEER] = BGP_ROLE_PEER,
};

/* What @neighbor is to an instance, if that has an address of its family. */
static struct msg_conf_peer peer_conf(const struct conf_vnet *vnet,
				      size_t instance,
				      const struct conf_neighbor *neighbor)
{
	const struct conf_server *server = vnet->server;

	return (struct msg_conf_peer){
		.id = {
			.vni = vnet->vni,
			.instance = instance,
			.local = conf_server_instance(server, instance,
					conf_neighbor_family(neighbor)),
			.remote = neighbor->address,
			.local_as = server->asn,
			.remote_as = neighbor->asn,
		},
		.router_id = router_id(vnet, instance),
		/* They share one table: what one has reflected, all have. */
		.cluster_id = router_id(vnet, 0),
		.hold_time = server->hold_time,
		.send_hold_time = server->send_hold_time,
		.families = instance_families(server, instance),
		.min_ttl = neighbor->ttl_security ?
			   256 - neighbor->ttl_security : 0,
		.range = neighbor->range,
		.n_asns = neighbor->n_asns,
		.role = neighbor->kind == CONF_NVA ? roles[neighbor->role] :
						     BGP_ROLE_NONE,
		.azure = server->profile == CONF_PROFILE_AZURE,
		.strict_role = neighbor->strict_role,
		.shutdown = neighbor->shutdown,
		.add_path_rx = neighbor->add_path_receive,
		.add_path_tx = neighbor->add_path_send > 0,
		.restarted = apply.restarted,
		/* One of a range is known while its session is up only. */
		.restart_time = neighbor->graceful_restart &&
				neighbor->address.family ?
				server->restart_time : 0,
		.long_lived_time = server->long_lived_time,
		.prefix_limit = neighbor->prefix_limit,
		.excess = neighbor->excess,
		.prefix_restart = neighbor->prefix_restart,
	};
}

static void want_peer(const struct conf_vnet *vnet, size_t instance,
		      const struct conf_neighbor *neighbor)
{
	struct msg_conf_peer conf = peer_conf(vnet, instance, neighbor);
	uint32_t slot, n;

	if (!conf.id.local.family)
		return;
	conf.other = conf_server_instance(vnet->server, instance,
					  conf.id.local.family == AF_INET ?
					  AF_INET6 : AF_INET);
	if (neighbor->n_asns)
		memcpy(conf.asns, neighbor->asns,
		       neighbor->n_asns * sizeof(*conf.asns));
	snprintf(conf.id.vnet, sizeof(conf.id.vnet), "%s", vnet->name);
	snprintf(conf.id.neighbor, sizeof(conf.id.neighbor), "%s",
		 neighbor->name);
	if (neighbor->shutdown_message)
		snprintf(conf.shutdown_message, sizeof(conf.shutdown_message),
			 "%s", neighbor->shutdown_message);
	n = neighbor->range.addr.family ? neighbor->limit : 1;
	for (slot = 0; slot < n; slot++)
		want_place(&conf, slot, neighbor);
}

static void number_peers(void)
{
	const struct conf_vnet *vnet;
	size_t i, instance, n;

	for (i = 0; i < apply.n_peers; i++)
		apply.peers[i].wanted = false;
	for (i = 0; i < apply.conf->n_vnets; i++) {
		vnet = &apply.conf->vnets[i];
		if (!vnet->server)
			continue;
		n = conf_server_instances(vnet->server);
		for (instance = 0; instance < n; instance++) {
			size_t j;

			for (j = 0; j < vnet->server->n_neighbors; j++)
				want_peer(vnet, instance,
					  &vnet->server->neighbors[j]);
		}
	}
	leave_places();
}

void apply_dial(uint32_t number)
{
	struct msg_dial_failed failed = { .peer = number };
	const struct row_peer_id *id;
	const struct apply_peer *peer;
	int fd = -1;

	if (number == 0 || number > apply.n_peers)
		proc_violation(PROC_SPEAKER, MSG_DIAL);
	peer = &apply.peers[number - 1];
	id = &peer->conf.id;
	if (chan_congested(proc_chan(PROC_SPEAKER))) {
		failed.error = EAGAIN;
	} else if (!peer->used || !id->remote.family || !is_ready(id->vni)) {
		failed.error = ENETDOWN;
	} else if (peer->problem[0]) {
		failed.error = EKEYREJECTED;
	} else {
		fd = sockets_dial(&id->local, &id->remote,
				  device_of(id->vnet), peer->conf.min_ttl,
				  &peer->auth);
		failed.error = errno;
	}
	if (fd >= 0)
		chan_send_fd(proc_chan(PROC_SPEAKER), MSG_DIALED, &number,
			     sizeof(number), fd);
	else
		chan_send(proc_chan(PROC_SPEAKER), MSG_DIAL_FAILED, &failed,
			  sizeof(failed));
}

/* Whose keys a peer's are: its own, or those of the range it dials in from. */
static struct prefix auth_of(const struct apply_peer *peer)
{
	const struct addr *remote = &peer->conf.id.remote;

	return remote->family ? prefix_make(remote, addr_bits(remote)) :
				peer->conf.range;
}

void apply_rekey(uint32_t number, int fd)
{
	char problem[AUTH_PROBLEM_MAX];
	const struct apply_peer *peer;
	struct prefix who;

	if (number == 0 || number > apply.n_peers)
		proc_violation(PROC_SPEAKER, MSG_REKEY);
	peer = &apply.peers[number - 1];
	if (peer->used && peer->auth.n_ao) {
		who = auth_of(peer);
		if (!auth_roll(fd, &who, &peer->auth, problem))
			log_err("vnet %s neighbor %s: the keys of a session "
				"stay as they are: %s", peer->conf.id.vnet,
				peer->conf.id.neighbor, problem);
	}
	close(fd);
}

static void tell_problem(struct apply_peer *peer, const char *problem)
{
	struct msg_peer_problem msg = { .peer = peer - apply.peers + 1 };
	const struct row_peer_id *id = &peer->conf.id;
	char local[ADDR_STRLEN];

	if (strcmp(peer->problem, problem) == 0)
		return;
	if (peer->slot == 0 && problem[0])
		log_err("vnet %s neighbor %s: refused at %s: %s", id->vnet,
			id->neighbor, addr_format(&id->local, local),
			problem);
	else if (peer->slot == 0 && peer->used)
		log_notice("vnet %s neighbor %s: not refused any more at %s",
			   id->vnet, id->neighbor,
			   addr_format(&id->local, local));
	snprintf(peer->problem, sizeof(peer->problem), "%s", problem);
	memcpy(msg.problem, peer->problem, sizeof(msg.problem));
	chan_send(proc_chan(PROC_SPEAKER), MSG_PEER_PROBLEM, &msg,
		  sizeof(msg));
}

static void tell_protection(struct apply_peer *peer)
{
	struct prefix who = auth_of(peer);

	tell_problem(peer, peer->used ?
		     sockets_problem(peer->conf.id.vni, &peer->conf.id.local,
				     &who) : "");
}

void apply_protection(void)
{
	size_t i;

	for (i = 0; i < apply.n_peers; i++)
		tell_protection(&apply.peers[i]);
}

/* One VNet's alone: a thousand may become ready one after the other. */
static void protection_in(uint32_t vni)
{
	size_t i;

	for (i = 0; i < apply.n_peers; i++) {
		if (apply.peers[i].conf.id.vni == vni)
			tell_protection(&apply.peers[i]);
	}
}

/*
 * Listeners
 */

/*
 * What is asked of those who may connect to @local; returns all their keys. If
 * there is nobody nothing is asked: who connects is told so, and it is logged.
 */
static struct socket_key *collect_keys(uint32_t vni, const struct addr *local,
				       size_t *n_keys, uint8_t *min_ttl)
{
	struct socket_key *keys = xcalloc(apply.n_peers + 1, sizeof(*keys));
	bool any = false;
	size_t i, n = 0;

	*min_ttl = 0;
	for (i = 0; i < apply.n_peers; i++) {
		const struct apply_peer *peer = &apply.peers[i];

		if (!peer->used || peer->conf.id.vni != vni ||
		    !addr_equal(&peer->conf.id.local, local))
			continue;
		*min_ttl = any ? MIN(*min_ttl, peer->conf.min_ttl) :
				 peer->conf.min_ttl;
		any = true;
		if (peer->conf.protection == ROW_UNPROTECTED || peer->slot > 0)
			continue;
		keys[n].who = auth_of(peer);
		keys[n++].auth = &peer->auth;
	}
	*n_keys = n;
	return keys;
}

static void listen_in(const struct conf_vnet *vnet)
{
	const struct addr *local;
	struct socket_key *keys;
	uint8_t min_ttl;
	size_t i, n;

	if (!vnet->server || !is_ready(vnet->vni))
		return;
	for (i = 0; i < vnet->server->n_addresses; i++) {
		local = &vnet->server->addresses[i];
		keys = collect_keys(vnet->vni, local, &n, &min_ttl);
		sockets_listen(vnet->vni, local, device_of(vnet->name),
			       min_ttl, keys, n);
		free(keys);
	}
}

/* BFD's sockets of a VNet, as far as somebody uses them. */
static void bfd_in(const struct conf_vnet *vnet)
{
	size_t i;

	if (!vnet->server || !is_ready(vnet->vni))
		return;
	for (i = 0; i < apply.n_peers; i++) {
		const struct apply_peer *peer = &apply.peers[i];

		if (peer->used && peer->bfd.interval && peer->slot == 0 &&
		    peer->conf.id.vni == vnet->vni)
			bfdsock_open(vnet->vni, &peer->conf.id.local,
				     device_of(vnet->name),
				     peer->bfd.multihop);
	}
}

static void listen_all(void)
{
	size_t i;

	sockets_mark();
	bfdsock_mark();
	for (i = 0; i < apply.conf->n_vnets; i++) {
		listen_in(&apply.conf->vnets[i]);
		bfd_in(&apply.conf->vnets[i]);
	}
	sockets_sweep();
	bfdsock_sweep();
	apply_protection();
}

static void tell_forwarding(uint32_t vni, bool on)
{
	const struct msg_forwarding msg = { .vni = vni, .on = on };

	chan_send(proc_chan(PROC_SPEAKER), MSG_FORWARDING, &msg, sizeof(msg));
}

void apply_vnet_lost(uint32_t vni)
{
	struct msg_vnet_ready *known = find_ready(vni);

	if (known)
		known->kept = 0;
	tell_forwarding(vni, false);
}

void apply_vnet_ready(const struct msg_vnet_ready *ready)
{
	struct msg_vnet_ready *known = find_ready(ready->vni);
	size_t i;

	if (!known) {
		apply.ready = xreallocarray(apply.ready, apply.n_ready + 1,
					    sizeof(*apply.ready));
		known = &apply.ready[apply.n_ready++];
	}
	*known = *ready;
	tell_forwarding(ready->vni, true);
	for (i = 0; i < apply.conf->n_vnets; i++) {
		if (apply.conf->vnets[i].vni != ready->vni)
			continue;
		listen_in(&apply.conf->vnets[i]);
		bfd_in(&apply.conf->vnets[i]);
		protection_in(ready->vni);
	}
}

/*
 * Stages
 */

static void send_text(enum proc_id to)
{
	size_t at, n;

	for (at = 0; at < apply.len; at += n) {
		n = MIN(apply.len - at, TEXT_CHUNK);
		chan_send(proc_chan(to), MSG_CONF_TEXT, apply.text + at, n);
	}
}

static void send_peers(void)
{
	size_t i;

	for (i = 0; i < apply.n_peers; i++)
		if (apply.peers[i].used)
			chan_send(proc_chan(PROC_SPEAKER), MSG_CONF_PEER,
				  &apply.peers[i].conf,
				  sizeof(apply.peers[i].conf));
}

static void send_bfd(void)
{
	size_t i;

	for (i = 0; i < apply.n_peers; i++)
		if (apply.peers[i].used && apply.peers[i].bfd.interval)
			chan_send(proc_chan(PROC_BFD), MSG_CONF_BFD,
				  &apply.peers[i].bfd,
				  sizeof(apply.peers[i].bfd));
}

static void begin_stage(enum stage stage)
{
	enum proc_id proc = stage_proc[stage];
	enum msg_type end = MSG_CONF_END;

	switch (stage) {
	case STAGE_BFD:
		number_peers();
		/* A peer's key is there before it can be let in. */
		listen_all();
		send_bfd();
		break;
	case STAGE_PEERS:
		send_peers();
		end = MSG_CONF_PEERS_END;
		break;
	default:			/* who need all of it */
		send_text(proc);
	}
	chan_send(proc_chan(proc), end, NULL, 0);
	apply.stage = stage;
}

void apply_answered(enum proc_id from)
{
	if (apply.stage == STAGES || from != stage_proc[apply.stage])
		proc_violation(from, MSG_CONF_DONE);
	if (apply.stage == STAGE_DEVICES)
		forget_gone();
	if (apply.stage < STAGE_PEERS) {
		begin_stage(apply.stage + 1);
		return;
	}
	apply.stage = STAGES;
	apply.done();
}

void apply_start(struct conf *conf, char *text, size_t len,
		 void (*done)(void))
{
	conf_free(apply.conf);
	free(apply.text);
	apply.conf = conf;
	apply.text = text;
	apply.len = len;
	apply.done = done;
	begin_stage(apply.no_kernel ? STAGE_TABLES : STAGE_DEVICES);
}

void apply_init(const struct options *opt)
{
	apply.no_kernel = opt->no_kernel;
	apply.stage = STAGES;
	apply.restarted = opt->restarted;
	idhash_init(&apply.index, place_hash, NULL);
	sockets_init();
	bfdsock_init();
}
