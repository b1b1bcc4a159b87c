// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/random.h"
#include "lib/util.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribpeer.h"
#include "vrsd/session_dynamic.h"
#include "vrsd/session_listen.h"
#include "vrsd/tcp_ao.h"

#define CONNECT_RETRY	5		/* seconds, about as Azure does */

static uint64_t started;		/* when this process was */

/*
 * What we offer
 */

/* What we say of restarts, but for what has become of the last one. */
static struct bgp_cap_restart restart_caps(const struct msg_conf_peer *conf)
{
	struct bgp_cap_restart restart = { .time = conf->restart_time };
	enum bgp_af af;

	if (!conf->restart_time)
		return restart;
	restart.notification = true;
	restart.families = conf->families;
	if (!conf->long_lived_time)
		return restart;
	restart.long_lived = conf->families;
	for (af = 0; af < BGP_AF_COUNT; af++)
		restart.long_lived_time[af] = conf->long_lived_time;
	return restart;
}

/*
 * R, that we have restarted: until the peer has had a session with this
 * process, and no longer than we told it to wait. F, that forwarding has gone
 * on since its last session: if that was with this process yes, as the kernel
 * holds the routes; if with an earlier one as far as the kernel process found
 * the VNet as that had left it.
 */
static void tell_restart(struct session_peer *peer)
{
	struct bgp_cap_restart *restart = &peer->bgp.conf.caps.restart;
	uint64_t until = started + restart->time * 1000ull;
	uint8_t kept = peer->held ? peer->conf.families :
				    session_listen_kept(&peer->conf.id);

	restart->restarting = peer->conf.restarted &&
			      !peer->bgp.stats.established &&
			      loop_now_ms() < until;
	restart->forwarding = restart->families & kept;
	restart->long_lived_forwarding = restart->long_lived & kept;
}

/* IPv4 by IPv6 next hops, where the VNet can have such. */
static uint8_t ext_nexthop(const struct msg_conf_peer *conf)
{
	if (conf->families & bgp_af_bit(BGP_IPV6_UNICAST))
		return conf->families & bgp_af_bit(BGP_IPV4_UNICAST);
	return 0;
}

/* In profile azure what a capture of Azure's OPEN has, and no more. */
static struct bgp_caps peer_caps(const struct msg_conf_peer *conf)
{
	return (struct bgp_caps){
		.families = conf->azure ? (1 << BGP_AF_COUNT) - 1 :
			    conf->families,
		.mp = true,
		.route_refresh = true,
		.enhanced_refresh = !conf->azure,
		.end_of_rib = !conf->azure,
		.extended_message = !conf->azure,
		.as4 = true,
		.as = conf->id.local_as,
		.role = conf->role,
		.add_path_rx = conf->add_path_rx ? conf->families : 0,
		.add_path_tx = conf->add_path_tx ? conf->families : 0,
		.ext_nexthop = conf->azure ? 0 : ext_nexthop(conf),
		.restart = restart_caps(conf),
	};
}

/*
 * What the state machine tells
 */

/* The neighbor's state is that of the connection that has come further. */
static void io_state(struct bgp_conn *bgp, enum bgp_state old)
{
	struct session_peer *peer = session_conn_of(bgp)->peer;
	const struct bgp_conn *other = &peer->bgp.conn[!bgp->direction];

	if (bgp_peer_state(&peer->bgp) != MAX(old, other->state))
		peer->since_ms = loop_now_ms();
	if (session_peer_dynamic(peer))
		session_dynamic_look_after();
	if (bgp->state == BGP_OPENSENT)
		tell_restart(peer);
}

/* It has more to tell of a neighbor that BGP is up with. */
static void tell_bfd(const struct session_peer *peer, enum msg_type type)
{
	struct msg_bfd_peer msg = {
		.peer = peer->conf.id.peer,
		.remote = peer->conf.id.remote,
	};

	chan_send(proc_chan(PROC_BFD), type, &msg, sizeof(msg));
}

void session_peer_tell_bfd(const struct session_peer *peer)
{
	if (peer->bgp.session)
		tell_bfd(peer, MSG_BFD_BEGIN);
}

static void io_established(struct bgp_peer *bgp)
{
	struct session_peer *peer = bgp->ctx;
	const struct bgp_caps *remote = &bgp->session->remote.caps;
	struct ribpeer_up up = {
		.wire = bgp->session->wire,
		.forwarding = remote->restart.forwarding,
		.long_lived_forwarding = remote->restart.long_lived_forwarding &
					 bgp->session->wire.long_lived,
		/* many send it only to who has offered graceful restart */
		.end_of_rib = remote->end_of_rib &&
			      bgp->session->offered.end_of_rib,
		.restarting = remote->restart.restarting,
		.enhanced_refresh = remote->enhanced_refresh &&
				    bgp->session->offered.enhanced_refresh,
		.role = peer->conf.role,
	};

	peer->conf.id.remote_as = bgp->session->remote.as;
	up.id = peer->conf.id;
	peer->slow = false;
	peer->told_unaskable = false;
	session_peer_tell_bfd(peer);
	ribpeer_up(&up);
}

static void io_down(struct bgp_peer *bgp, const struct bgp_error *err)
{
	const struct bgp_kept *kept = &bgp->kept;
	struct session_peer *peer = bgp->ctx;
	struct ribpeer_down down = { .kept = kept->families };

	(void)err;
	memcpy(down.restart_time, kept->time, sizeof(down.restart_time));
	memcpy(down.long_lived_time, kept->long_lived_time,
	       sizeof(down.long_lived_time));
	tell_bfd(peer, MSG_BFD_END);
	session_forget_asked(peer);
	peer->held = session_listen_forwards(&peer->conf.id);
	peer->conf.id.remote_as = bgp->conf.remote_as;
	ribpeer_down(peer->conf.id.peer, &down);
}

static void io_update(struct bgp_peer *bgp, struct bgp_update *update)
{
	struct session_peer *peer = bgp->ctx;
	uint32_t number = peer->conf.id.peer;
	unsigned int i;

	for (i = 0; i < update->n_blocks; i++) {
		const struct bgp_update_block *block = &update->block[i];

		ribpeer_update(number, block->af, block->withdraw ? NULL :
			       bgp_update_attrs(update, block), block->nlri);
	}
	if (update->eor)
		ribpeer_end_of_rib(number, update->eor_af);
}

static void io_refresh(struct bgp_peer *bgp, enum bgp_af af,
		       enum bgp_refresh what)
{
	struct session_peer *peer = bgp->ctx;

	ribpeer_refresh(peer->conf.id.peer, af, what);
}

static const struct bgp_io_ops io_ops = {
	.connect = session_conn_dial,
	.half_open = session_conn_half_open,
	.close = session_conn_close,
	.send = session_conn_put,
	.timer_set = session_conn_timer_set,
	.timer_stop = session_conn_timer_stop,
	.random = random_below,
	.state = io_state,
	.established = io_established,
	.down = io_down,
	.update = io_update,
	.refresh = io_refresh,
};

/*
 * Peers
 */

static void start(struct session_peer *peer)
{
	if (!peer->conf.shutdown)
		bgp_peer_start(&peer->bgp);
}

/* Who waits after going over its limit is not let in by a reload. */
void session_peer_start(struct session_peer *peer)
{
	if (!loop_timer_running(peer->again))
		start(peer);
}

static void come_again(void *arg)
{
	struct session_peer *peer = arg;

	start(peer);
	if (session_peer_dynamic(peer))
		session_dynamic_look_after();
}

/* It has announced more prefixes than it may. */
static void stop_for(struct session_peer *peer, uint32_t restart)
{
	bgp_peer_stop(&peer->bgp, BGP_CEASE_MAX_PREFIXES, NULL);
	if (!restart)
		return;
	peer->again_ms = loop_now_ms() + 1000 * (uint64_t)restart;
	loop_timer_set(peer->again, 1000 * (uint64_t)restart);
}

static void tell_unaskable(struct session_peer *peer)
{
	if (peer->told_unaskable)
		return;
	peer->told_unaskable = true;
	log_warn("%s: there is room for what was not taken, but without route "
		 "refresh it cannot be asked for that", peer->name);
}

static void ask_refresh(struct session_peer *peer)
{
	const struct bgp_conn *session = peer->bgp.session;
	uint8_t msg[BGP_HEADER_LEN + 4];
	struct wbuf w;
	enum bgp_af af;

	if (!session->remote.caps.route_refresh) {
		tell_unaskable(peer);
		return;
	}
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(session->wire.families & bgp_af_bit(af)))
			continue;
		w = wbuf_make(msg, sizeof(msg));
		bgp_refresh_build(&w, af, BGP_REFRESH_REQUEST);
		bgp_peer_send(&peer->bgp, msg, w.len);
	}
}

void session_peer_do(struct session_peer *peer, enum session_asked what)
{
	if (!peer->bgp.session)
		return;
	if (what == SESSION_ASKED_STOP)
		stop_for(peer, peer->restart);
	else
		ask_refresh(peer);
}

static struct bgp_peer_conf bgp_conf(const struct msg_conf_peer *conf)
{
	return (struct bgp_peer_conf){
		.local_as = conf->id.local_as,
		.remote_as = conf->id.remote_as,
		.n_asns = conf->n_asns,
		.router_id = conf->router_id,
		.cluster_id = conf->cluster_id,
		.hold_time = conf->hold_time,
		.send_hold_time = conf->send_hold_time,
		.passive = conf->range.addr.family != 0,
		.connect_retry = CONNECT_RETRY,
		/* RFC 7947 2.2.2.1: a route server does not prepend its own */
		.enforce_first_as = conf->role != BGP_ROLE_RS_CLIENT,
		.strict_role = conf->strict_role,
		.caps = peer_caps(conf),
	};
}

struct session_peer *session_peer_new(const struct msg_conf_peer *conf,
				      struct bgp_update *parser)
{
	struct bgp_peer_conf bgp = bgp_conf(conf);
	struct session_peer *peer = xcalloc(1, sizeof(*peer));

	peer->conf = *conf;
	bgp.asns = peer->conf.asns;
	peer->name = peer_name(&conf->id);
	peer->since_ms = loop_now_ms();
	bgp_peer_init(&peer->bgp, &bgp, &io_ops, parser, peer->name, peer);
	session_conn_init(peer, BGP_OUTGOING);
	session_conn_init(peer, BGP_INCOMING);
	peer->again = loop_timer_new(come_again, peer);
	return peer;
}

/* What changes in an OPEN with time, and not with the configuration */
static void leave_out_time(struct bgp_cap_restart *restart)
{
	restart->restarting = false;
	restart->forwarding = 0;
	restart->long_lived_forwarding = 0;
}

/* Whether OPEN would not be what it was: all in it is agreed on only there. */
static bool other_offer(struct bgp_peer_conf old, struct bgp_peer_conf new)
{
	uint8_t a[BGP_MSG_MAX], b[BGP_MSG_MAX];
	struct wbuf was = wbuf_make(a, sizeof(a));
	struct wbuf is = wbuf_make(b, sizeof(b));

	leave_out_time(&old.caps.restart);
	leave_out_time(&new.caps.restart);
	bgp_peer_offer(&old, &was);
	bgp_peer_offer(&new, &is);
	return was.len != is.len || memcmp(a, b, is.len);
}

/* Whether a session that is up would not be let in any more. */
static bool role_refused(const struct session_peer *peer,
			 const struct bgp_peer_conf *new)
{
	const struct bgp_conn *session = peer->bgp.session;

	return session && !bgp_roles_agree(new->caps.role,
					   &session->remote.caps,
					   new->strict_role);
}

/* Paths taken under the old identifier would come back unseen (RFC 4456 8). */
static bool other_cluster(const struct session_peer *peer,
			  const struct bgp_peer_conf *new)
{
	return peer->conf.id.remote_as == new->local_as &&
	       peer->bgp.conf.cluster_id != new->cluster_id;
}

/* Whether all that it was told has a next hop that is not ours any more. */
static bool other_next_hop(const struct session_peer *peer,
			   const struct msg_conf_peer *conf)
{
	const struct bgp_conn *session = peer->bgp.session;
	enum bgp_af other = conf->id.local.family == AF_INET ?
			    BGP_IPV6_UNICAST : BGP_IPV4_UNICAST;

	return session && session->wire.families & bgp_af_bit(other) &&
	       !addr_equal(&peer->conf.other, &conf->other);
}

/* One that has yet to say its AS would be measured by two configurations. */
static bool other_as(const struct session_peer *peer,
		     const struct bgp_peer_conf *new)
{
	return !peer->bgp.session &&
	       peer->bgp.conf.remote_as != new->remote_as;
}

static bool must_reset(const struct session_peer *peer,
		       const struct msg_conf_peer *conf,
		       const struct bgp_peer_conf *bgp)
{
	return peer->conf.auth != conf->auth ||
	       peer->conf.min_ttl != conf->min_ttl ||
	       other_next_hop(peer, conf) || other_as(peer, bgp) ||
	       other_cluster(peer, bgp) ||
	       other_offer(peer->bgp.conf, *bgp) || role_refused(peer, bgp);
}

/* What is known of the peer only since it is there stays known. */
static void take_conf(struct session_peer *peer,
		      const struct msg_conf_peer *conf)
{
	struct row_peer_id was = peer->conf.id;

	peer->conf = *conf;
	peer->conf.id.remote = was.remote;
	if (peer->bgp.session)
		peer->conf.id.remote_as = was.remote_as;
	free(peer->name);
	peer->name = peer_name(&peer->conf.id);
}

/* What it was stopped for does not hold any more, or not in this way. */
static bool other_limit(const struct msg_conf_peer *old,
			const struct msg_conf_peer *conf)
{
	return old->prefix_limit != conf->prefix_limit ||
	       old->excess != conf->excess ||
	       old->prefix_restart != conf->prefix_restart;
}

void session_peer_update(struct session_peer *peer,
			 const struct msg_conf_peer *conf)
{
	struct bgp_peer_conf bgp = bgp_conf(conf);
	bool reset = must_reset(peer, conf, &bgp);
	bool other_keys = peer->conf.keys != conf->keys;
	enum bgp_direction i;

	if (conf->shutdown || reset || other_limit(&peer->conf, conf))
		loop_timer_stop(peer->again);
	/* By what was agreed on, so before that is forgotten */
	if (conf->shutdown)
		bgp_peer_stop(&peer->bgp, BGP_CEASE_ADMIN_SHUTDOWN,
			      conf->shutdown_message);
	else if (reset)
		bgp_peer_stop(&peer->bgp, BGP_CEASE_CONFIG_CHANGE, NULL);
	take_conf(peer, conf);
	bgp.asns = peer->conf.asns;
	peer->bgp.name = peer->name;
	peer->bgp.conf = bgp;
	if (reset)
		session_peer_start(peer);
	else if (other_keys)
		for (i = 0; i < BGP_DIRECTIONS; i++)
			if (peer->conn[i].fd >= 0)
				session_conn_rekey(&peer->conn[i]);
}

void session_peer_free(struct session_peer *peer, enum bgp_cease why)
{
	bgp_peer_stop(&peer->bgp, why, NULL);
	session_forget_asked(peer);
	loop_timer_free(peer->again);
	session_conn_fini(&peer->conn[BGP_OUTGOING]);
	session_conn_fini(&peer->conn[BGP_INCOMING]);
	free(peer->name);
	free(peer);
}

/* Seconds, begun ones whole; 0: it need not wait. */
static uint32_t restart_in(const struct session_peer *peer)
{
	uint64_t now = loop_now_ms();

	if (!loop_timer_running(peer->again) || now >= peer->again_ms)
		return 0;
	return (peer->again_ms - now + 999) / 1000;
}

static void ao_row(int fd, struct row_peer *row)
{
	struct tcp_ao_info_opt info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_AO_INFO, &info, &len))
		return;
	row->ao_known = true;
	row->ao_send_id = info.current_key;
	row->ao_recv_id = info.rnext;
	row->ao_good = info.pkt_good;
	row->ao_bad = info.pkt_bad;
}

void session_peer_row(const struct session_peer *peer, struct row_peer *row)
{
	const struct bgp_peer *bgp = &peer->bgp;
	const struct bgp_conn *session = bgp->session;

	memset(row, 0, sizeof(*row));
	row->id = peer->conf.id;
	row->state = bgp_peer_state(bgp);
	row->shutdown = peer->conf.shutdown;
	row->restart_in = restart_in(peer);
	row->last_error_received = bgp->last_error_received;
	row->since_ms = loop_now_ms() - peer->since_ms;
	memcpy(row->rx, bgp->stats.rx, sizeof(row->rx));
	memcpy(row->tx, bgp->stats.tx, sizeof(row->tx));
	row->treated_as_withdraw = bgp->stats.verdict[BGP_TREAT_AS_WITHDRAW];
	row->attrs_discarded = bgp->stats.verdict[BGP_ATTR_DISCARD];
	row->established = bgp->stats.established;
	row->connect_retries = bgp->connect_retries;
	snprintf(row->last_error, sizeof(row->last_error), "%s",
		 bgp->last_error.text);
	row->protection = peer->conf.protection;
	snprintf(row->problem, sizeof(row->problem), "%s",
		 session_problem(peer->conf.id.peer));
	if (!session)
		return;
	if (row->protection == ROW_TCP_AO)
		ao_row(session_conn_of(session)->fd, row);
	row->hold_time = session->hold_time;
	row->remote_id = session->remote.router_id;
	row->queued = session_conn_of(session)->out.bytes;
	bgp_caps_format(&session->remote.caps, row->capabilities,
			sizeof(row->capabilities));
	bgp_caps_format(&session->offered, row->sent_capabilities,
			sizeof(row->sent_capabilities));
	if (session->remote.caps.role)
		snprintf(row->role, sizeof(row->role), "%s",
			 bgp_role_name(session->remote.caps.role));
	row->restart_time = session->remote.caps.restart.time;
}

void session_peer_init(void)
{
	session_conn_setup();
	started = loop_now_ms();
}
