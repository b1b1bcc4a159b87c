// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine of RFC 4271 8.2.2, as written there: bgp_fsm() picks the
 * state, one function per state has a case per event.
 *
 * Each connection runs one. The outgoing one goes Idle, Connect, OpenSent; the
 * incoming one is started passively, so it waits in Active, and Idle means
 * that connections are refused. Once one is Established the other rests in
 * Idle with no timer.
 *
 * Falling back to Idle starts the IdleHoldTimer, after which the RFC's
 * automatic start follows. It is short, except after an error in what the peer
 * said: then DampPeerOscillations is in effect, both connections rest, and
 * each error in a row doubles the time, until a session has lasted as long as
 * the longest rest. The same timer measures that.
 *
 * Where this is not what 8.2.2 says, event by event:
 *
 *	4, 5	The incoming connection waits in Active without a
 *		ConnectRetryTimer: dialling is the outgoing one's.
 *	10	In OpenSent beside a connection that is up, or waits (26), it
 *		is a collision like any other: Cease, which damps nothing.
 *	12, 20	There is no DelayOpenTimer: it saves a collision now and then,
 *		and makes every session slower.
 *	14, 15	A connection from somewhere else never gets here; one that is
 *		not awaited is refused (bgp_peer_incoming()).
 *	17	Another connection of the peer's ends one in OpenSent: it does
 *		not know of that any more.
 *	18	In OpenSent beside a session there is nothing to go on for, so
 *		it leads to Idle.
 *	19	A second OPEN on one connection has nothing to do with a
 *		collision: it is not expected, RFC 6608. In OpenSent beside
 *		another one in OpenSent, the KEEPALIVE that answers OPEN waits
 *		until the peer has said OPEN on the other one, too, or that has
 *		ended; so it does beside a dial that the peer may have heard of
 *		before we do. A peer that accepts that one only when this is
 *		its session may take it for our restart (RFC 4724 5), and close
 *		the session.
 *		CollisionDetectEstablishedState is off: a session that is up
 *		stays, and another connection goes.
 *	21	In Established, where the RFC has it among "any other event",
 *		it is answered as 6.1 says: with the error that it is.
 *	25	In OpenSent it ends the connection as it does later: to answer
 *		a NOTIFICATION with another one helps nobody.
 *	26	In OpenConfirm it waits beside a connection in OpenSent that
 *		6.8 will prefer: a session that came up on this one would be
 *		closed again by the peer, with all that it had brought. The
 *		other one's OPEN decides, or its end. A peer that sends routes
 *		on this one has a session here, so it comes up. What OPEN said
 *		is judged once more: there may be another configuration.
 *	29	RFC 9687. ROUTE-REFRESH (RFC 2918) counts as sign of life.
 *
 * Of the session attributes (8.1) AllowAutomaticStart and
 * DampPeerOscillations are always on, AcceptConnectionsUnconfiguredPeers,
 * DelayOpen, SendNOTIFICATIONwithoutOPEN, CollisionDetectEstablishedState and
 * TrackTcpState off. PassiveTcpEstablishment is the incoming connection's. What
 * is not of sessions, MinRouteAdvertisementIntervalTimer (9.2.1.1), is not
 * there at all: rib/adjout.c says why.
 */

#include <stdio.h>
#include <string.h>

#include "bgp/event.h"
#include "bgp/notify.h"
#include "bgp/restart.h"
#include "lib/log.h"
#include "lib/util.h"

#define OPEN_HOLD_TIME		240	/* seconds, 8.2.2 "a large value" */
#define OPEN_DUE_TIME		5	/* seconds, while another one waits */
#define DIAL_DUE_TIME		1	/* the same, until a dial is up */
#define IDLE_HOLD_MAX		30	/* seconds */

static const char *const state_names[] = {
	[BGP_IDLE] = "Idle",
	[BGP_CONNECT] = "Connect",
	[BGP_ACTIVE] = "Active",
	[BGP_OPENSENT] = "OpenSent",
	[BGP_OPENCONFIRM] = "OpenConfirm",
	[BGP_ESTABLISHED] = "Established",
};

const char *bgp_state_name(enum bgp_state state)
{
	return state_names[state];
}

/* RFC 4271 10: three quarters of a time, and up to all of it. */
static uint64_t jitter(const struct bgp_peer *peer, unsigned int seconds)
{
	uint64_t ms = seconds * 1000ull;

	return ms - peer->ops->random(ms / 4 + 1);
}

static void timer_set(struct bgp_conn *conn, enum bgp_timer timer, uint64_t ms)
{
	conn->peer->ops->timer_set(conn, timer, ms);
}

static void timer_stop(struct bgp_conn *conn, enum bgp_timer timer)
{
	conn->peer->ops->timer_stop(conn, timer);
}

static void connect_retry_start(struct bgp_conn *conn)
{
	timer_set(conn, BGP_TIMER_CONNECT_RETRY,
		  jitter(conn->peer, conn->peer->conf.connect_retry));
}

static void hold_restart(struct bgp_conn *conn)
{
	if (conn->hold_time)
		timer_set(conn, BGP_TIMER_HOLD, conn->hold_time * 1000ull);
}

static void keepalive_restart(struct bgp_conn *conn)
{
	if (!conn->hold_time)
		return;
	conn->keepalive_ms = jitter(conn->peer, conn->hold_time / 3);
	timer_set(conn, BGP_TIMER_KEEPALIVE, conn->keepalive_ms);
}

static void transport_close(struct bgp_conn *conn)
{
	if (!conn->attached)
		return;
	conn->attached = false;
	conn->peer->ops->close(conn);
}

static void session_up(struct bgp_conn *conn)
{
	struct bgp_peer *peer = conn->peer;

	peer->session = conn;
	peer->bare = false;
	peer->stats.established++;
	log_notice("%s: session established, hold time %u s", peer->name,
		   conn->hold_time);
	peer->ops->established(peer);
}

static void session_down(struct bgp_conn *conn)
{
	struct bgp_peer *peer = conn->peer;

	peer->session = NULL;
	peer->kept = bgp_restart_kept(conn, &peer->last_error);
	log_notice("%s: session down: %s%s", peer->name,
		   peer->last_error_received ? "received " : "",
		   peer->last_error.text);
	peer->ops->down(peer, &peer->last_error);
}

/* The other one, if it still has not got an OPEN, has time again. */
static void wait_over(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);

	if (conn->waiting && other->state == BGP_OPENSENT)
		timer_set(other, BGP_TIMER_HOLD, OPEN_HOLD_TIME * 1000);
	else if (conn->waiting && other->state == BGP_CONNECT)
		timer_stop(other, BGP_TIMER_HOLD);
	conn->waiting = false;
}

/* The only place where a state changes. */
static void change_state(struct bgp_conn *conn, enum bgp_state state)
{
	enum bgp_state old = conn->state;
	enum bgp_timer timer;

	conn->state = state;
	wait_over(conn);
	log_debug("%s: %s connection: %s -> %s", conn->peer->name,
		  conn->direction == BGP_OUTGOING ? "outgoing" : "incoming",
		  bgp_state_name(old), bgp_state_name(state));
	if (state == BGP_IDLE || state == BGP_ACTIVE) {
		for (timer = 0; timer < BGP_TIMER_COUNT; timer++)
			timer_stop(conn, timer);
		transport_close(conn);
		/* Once: perhaps it was all a mistake. */
		if (conn->bare)
			conn->peer->bare = conn->bare = false;
		conn->sending = false;
		conn->hold_time = 0;
	}
	conn->peer->ops->state(conn, old);
	if (state == BGP_ESTABLISHED)
		session_up(conn);
	else if (old == BGP_ESTABLISHED)
		session_down(conn);
}

/* Whether this connection has a part to play. */
static bool wanted(const struct bgp_conn *conn)
{
	const struct bgp_peer *peer = conn->peer;

	return peer->started && !peer->session &&
	       !(conn->direction == BGP_OUTGOING && peer->conf.passive);
}

static void idle_hold(struct bgp_conn *conn, bool damp)
{
	const struct bgp_peer *peer = conn->peer;
	uint64_t ms = 0;

	if (!wanted(conn))
		return;
	if (damp)
		ms = peer->idle_hold * 1000ull;
	else if (conn->direction == BGP_OUTGOING)
		ms = jitter(peer, peer->conf.connect_retry);
	timer_set(conn, BGP_TIMER_IDLE_HOLD, ms);
}

/*
 * To Idle. The other connection comes along if it is not in use: because it
 * had been put to rest for this one, or to rest as well.
 */
static void fall(struct bgp_conn *conn, bool damp)
{
	struct bgp_conn *other = bgp_conn_other(conn);
	struct bgp_peer *peer = conn->peer;
	bool rested = conn->state >= BGP_OPENCONFIRM;

	change_state(conn, BGP_IDLE);
	peer->connect_retries++;
	idle_hold(conn, damp);
	if (damp && other->state > BGP_IDLE && other->state <= BGP_ACTIVE)
		change_state(other, BGP_IDLE);
	if ((damp || rested) && other->state == BGP_IDLE)
		idle_hold(other, damp);
	if (damp)
		peer->idle_hold = MIN(2 * peer->idle_hold, IDLE_HOLD_MAX);
}

/* Put a connection to rest that is not needed any more. */
static void rest(struct bgp_conn *conn)
{
	if (conn->state == BGP_IDLE)
		timer_stop(conn, BGP_TIMER_IDLE_HOLD);
	else
		change_state(conn, BGP_IDLE);
}

/* What ends a connection beside the session says nothing about that. */
static void note(struct bgp_conn *conn, const struct bgp_error *err,
		 bool received)
{
	struct bgp_peer *peer = conn->peer;

	if (!peer->session || peer->session == conn) {
		peer->last_error = *err;
		peer->last_error_received = received;
	}
	if (conn->state == BGP_OPENSENT || conn->state == BGP_OPENCONFIRM)
		log_info("%s: no session: %s%s", conn->peer->name,
			 received ? "received " : "", err->text);
}

void bgp_peer_offer(const struct bgp_peer_conf *conf, struct wbuf *w)
{
	struct bgp_open open = {
		.as = conf->local_as,
		.hold_time = conf->hold_time,
		.router_id = conf->router_id,
		.caps = conf->caps,
	};

	open.caps.as = conf->local_as;
	bgp_open_build(w, &open);
}

static void send_open(struct bgp_conn *conn)
{
	struct bgp_peer_conf conf = conn->peer->conf;
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	conn->bare = conn->peer->bare;
	if (conn->bare)
		memset(&conf.caps, 0, sizeof(conf.caps));
	conn->offered = conf.caps;
	bgp_peer_offer(&conf, &w);
	bgp_conn_send(conn, msg, w.len);
}

static void send_keepalive(struct bgp_conn *conn)
{
	uint8_t msg[BGP_HEADER_LEN];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	bgp_keepalive_build(&w);
	bgp_conn_send(conn, msg, w.len);
}

/* Errors in what the peer says, as opposed to its absence and to Cease. */
static bool is_fault(const struct bgp_error *err)
{
	switch (err->code) {
	case BGP_ERR_HOLD_TIMER:
	case BGP_ERR_CEASE:
	case BGP_ERR_SEND_HOLD_TIMER:
		return false;
	default:
		return true;
	}
}

/* Send a NOTIFICATION and fall. */
static void notify(struct bgp_conn *conn, const struct bgp_error *err)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_error hard = *err;

	bgp_restart_harden(conn, &hard);
	bgp_notify_build(&w, &hard);
	bgp_conn_send(conn, msg, w.len);
	note(conn, err, false);
	fall(conn, is_fault(err));
}

static void notify_plain(struct bgp_conn *conn, uint8_t code, uint8_t subcode,
			 const void *data, size_t len)
{
	const char *sub = bgp_error_subcode_name(code, subcode);
	struct bgp_error err;

	bgp_error_set(&err, code, subcode, data, len, "%s%s%s",
		      bgp_error_code_name(code), *sub ? ", " : "", sub);
	notify(conn, &err);
}

/* The message that an event is about, 0: none. */
static uint8_t message_of(enum bgp_event event)
{
	switch (event) {
	case BGP_EV_OPEN:
	case BGP_EV_OPEN_ERROR:
		return BGP_MSG_OPEN;
	case BGP_EV_UPDATE:
	case BGP_EV_UPDATE_ERROR:
		return BGP_MSG_UPDATE;
	case BGP_EV_KEEPALIVE:
		return BGP_MSG_KEEPALIVE;
	case BGP_EV_REFRESH:
	case BGP_EV_REFRESH_ERROR:
		return BGP_MSG_ROUTE_REFRESH;
	default:
		return 0;
	}
}

/* RFC 6608: by state, with the type of the message as data */
static void notify_unexpected(struct bgp_conn *conn, enum bgp_event event)
{
	static const uint8_t subcode[] = {
		[BGP_OPENSENT] = BGP_FSM_IN_OPENSENT,
		[BGP_OPENCONFIRM] = BGP_FSM_IN_OPENCONFIRM,
		[BGP_ESTABLISHED] = BGP_FSM_IN_ESTABLISHED,
	};
	uint8_t type = message_of(event);

	notify_plain(conn, BGP_ERR_FSM, subcode[conn->state], &type,
		     type ? 1 : 0);
}

/* What there is no session with this peer without, or NULL. */
static const char *needed_capability(const struct bgp_peer_conf *conf)
{
	if (conf->remote_as > UINT16_MAX)
		return "its AS number has four octets";
	if (conf->strict_role)
		return "it has to tell its role";
	return NULL;
}

/*
 * RFC 5492 3: a speaker of before capabilities does not know the parameter
 * that they are in. It is asked once more without. Whatever comes of that,
 * later connections begin with all that we have: so nothing is lost for good
 * by one wrong message.
 */
static void capabilities_refused(struct bgp_conn *conn,
				 const struct bgp_error *err)
{
	struct bgp_peer *peer = conn->peer;
	const char *needed = needed_capability(&peer->conf);
	struct bgp_error why;

	if (!needed) {
		note(conn, err, true);
		log_notice("%s: does not take capabilities, is asked again "
			   "without", peer->name);
		fall(conn, false);
		peer->bare = true;
		return;
	}
	bgp_error_set(&why, err->code, err->subcode, err->data, err->data_len,
		      "%.80s; not asked without capabilities: %s", err->text,
		      needed);
	note(conn, &why, true);
	fall(conn, true);
}

/*
 * The peer said why it goes. If it does not like our OPEN its own may have come
 * before it says so: both are sent at once.
 */
static void notified(struct bgp_conn *conn, const struct bgp_error *err)
{
	if (conn->state != BGP_ESTABLISHED && !conn->bare &&
	    err->code == BGP_ERR_OPEN &&
	    err->subcode == BGP_OPEN_BAD_PARAMETER) {
		capabilities_refused(conn, err);
		return;
	}
	note(conn, err, true);
	fall(conn, is_fault(err));
}

static void transport_lost(struct bgp_conn *conn, const struct bgp_error *err)
{
	note(conn, err, false);
	fall(conn, false);
}

static void dial(struct bgp_conn *conn)
{
	connect_retry_start(conn);
	conn->attached = true;
	conn->peer->ops->connect(conn);
}

static void start(struct bgp_conn *conn)
{
	if (!wanted(conn))
		return;
	if (conn->direction == BGP_INCOMING) {
		change_state(conn, BGP_ACTIVE);
		return;
	}
	change_state(conn, BGP_CONNECT);
	dial(conn);
}

/* When the other one's OPEN is due, before the peer's patience is over. */
static void set_due(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);
	unsigned int due = other->state == BGP_CONNECT ? DIAL_DUE_TIME :
							 OPEN_DUE_TIME;

	if (conn->hold_time)
		due = MIN(due, conn->hold_time / 3u);
	timer_set(other, BGP_TIMER_HOLD, due * 1000);
}

static void transport_up(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);

	timer_stop(conn, BGP_TIMER_CONNECT_RETRY);
	change_state(conn, BGP_OPENSENT);
	if (other->waiting)
		set_due(other);
	else
		timer_set(conn, BGP_TIMER_HOLD, OPEN_HOLD_TIME * 1000);
	send_open(conn);
}

/*
 * 6.8, with the tie broken by RFC 6286 2.3: the connection that was initiated
 * by the higher identifier, or the higher AS, stays. @conn has the peer's OPEN.
 */
static bool preferred(const struct bgp_conn *conn)
{
	const struct bgp_peer_conf *conf = &conn->peer->conf;
	bool ours = conf->local_as > conn->remote.as;

	if (conf->router_id != conn->remote.router_id)
		ours = conf->router_id > conn->remote.router_id;
	return ours == (conn->direction == BGP_OUTGOING);
}

/* Whether this connection survives meeting the other one. */
static bool collision_resolved(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);

	if (other->state < BGP_OPENCONFIRM)
		return true;
	if (other->state == BGP_OPENCONFIRM && preferred(conn)) {
		bgp_fsm(other, BGP_EV_COLLISION, NULL);
		return true;
	}
	bgp_fsm(conn, BGP_EV_COLLISION, NULL);
	return false;
}

static bool as_acceptable(const struct bgp_peer_conf *conf, uint32_t as)
{
	size_t i;

	if (conf->remote_as)
		return conf->remote_as == as;
	for (i = 0; i < conf->n_asns; i++)
		if (conf->asns[i] == as)
			return true;
	return false;
}

static void bad_peer_as(const struct bgp_peer_conf *conf, uint32_t as,
			struct bgp_error *err)
{
	if (conf->remote_as)
		bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_BAD_PEER_AS, NULL, 0,
			      "Bad Peer AS: %u, expected %u", as,
			      conf->remote_as);
	else
		bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_BAD_PEER_AS, NULL, 0,
			      "Bad Peer AS: %u, expected one of %zu", as,
			      conf->n_asns);
}

/* 6.2, what only the configuration can tell. */
static bool open_acceptable(struct bgp_conn *conn, struct bgp_error *err)
{
	const struct bgp_peer_conf *conf = &conn->peer->conf;
	const struct bgp_open *open = &conn->remote;
	uint8_t caps[64];
	struct wbuf w = wbuf_make(caps, sizeof(caps));

	if (!as_acceptable(conf, open->as)) {
		bad_peer_as(conf, open->as, err);
		return false;
	}
	if (open->as == conf->local_as &&
	    open->router_id == conf->router_id) {
		bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_BAD_IDENTIFIER,
			      NULL, 0, "Bad BGP Identifier: it is our own");
		return false;
	}
	if (!bgp_roles_agree(conf->caps.role, &open->caps,
			     conf->strict_role)) {
		bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_ROLE_MISMATCH,
			      NULL, 0, "Role Mismatch: it is %s to us, "
			      "we are %s to it",
			      bgp_role_name(open->caps.role),
			      bgp_role_name(conf->caps.role));
		return false;
	}
	if (!conn->wire.families) {
		bgp_open_mp_caps(&w, &conn->offered);
		bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_BAD_CAPABILITY, caps,
			      w.len, "Unsupported Capability: no address "
			      "family in common");
		return false;
	}
	return true;
}

/* The peer has this connection, or may have it. */
static bool pending(const struct bgp_conn *conn)
{
	return conn->state == BGP_OPENSENT ||
	       (conn->state == BGP_CONNECT &&
		conn->peer->ops->half_open(conn));
}

static void wait_for_other(struct bgp_conn *conn)
{
	if (!conn->waiting)
		set_due(conn);
	conn->waiting = true;
}

static void tell(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);

	/* Nothing is gained by dialling on. */
	if (other->direction == BGP_OUTGOING && other->state <= BGP_ACTIVE)
		rest(other);
	conn->told = true;
	send_keepalive(conn);
	keepalive_restart(conn);
}

static void open_received(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);
	struct bgp_peer *peer = conn->peer;
	struct bgp_error err;

	bgp_open_negotiate(&conn->offered, &conn->remote.caps, &conn->wire);
	if (!open_acceptable(conn, &err)) {
		notify(conn, &err);
		return;
	}
	if (!collision_resolved(conn))
		return;
	conn->hold_time = MIN(peer->conf.hold_time, conn->remote.hold_time);
	change_state(conn, BGP_OPENCONFIRM);
	timer_stop(conn, BGP_TIMER_HOLD);
	hold_restart(conn);
	conn->told = conn->confirmed = false;
	if (pending(other))
		wait_for_other(conn);
	else
		tell(conn);
}

static void establish(struct bgp_conn *conn)
{
	struct bgp_conn *other = bgp_conn_other(conn);
	struct bgp_error err;

	/* The configuration may be another since its OPEN. */
	if (!open_acceptable(conn, &err)) {
		notify(conn, &err);
		return;
	}
	hold_restart(conn);
	timer_set(conn, BGP_TIMER_IDLE_HOLD, IDLE_HOLD_MAX * 1000);
	change_state(conn, BGP_ESTABLISHED);
	/* One in OpenSent hears that it is too late when its OPEN comes. */
	if (other->state <= BGP_ACTIVE)
		rest(other);
}

/* The peer has confirmed this connection: it is the session, or waits. */
static void confirmed(struct bgp_conn *conn)
{
	hold_restart(conn);
	conn->confirmed = true;
	if (bgp_conn_other(conn)->state == BGP_OPENSENT && !preferred(conn))
		wait_for_other(conn);
	if (!conn->waiting)
		establish(conn);
}

void bgp_conn_settle(struct bgp_conn *conn)
{
	if (!conn->waiting)
		return;
	wait_over(conn);
	if (!conn->told)
		tell(conn);
	if (conn->confirmed)
		establish(conn);
}

static void in_idle(struct bgp_conn *conn, enum bgp_event event)
{
	switch (event) {
	case BGP_EV_START:
	case BGP_EV_IDLE_HOLD:
		start(conn);
		break;
	default:			/* ignored, as 8.2.2 says */
		break;
	}
}

static void in_connect(struct bgp_conn *conn, enum bgp_event event,
		       const struct bgp_error *err)
{
	switch (event) {
	case BGP_EV_START:
		break;
	case BGP_EV_CONNECT_RETRY:
		transport_close(conn);
		dial(conn);
		break;
	case BGP_EV_TCP_UP:
		transport_up(conn);
		break;
	case BGP_EV_TCP_FAILS:
		transport_lost(conn, err);
		break;
	case BGP_EV_HOLD:		/* another connection has waited */
		rest(conn);
		break;
	case BGP_EV_STOP:
	default:			/* no message comes without OPEN */
		fall(conn, false);
		break;
	}
}

static void in_active(struct bgp_conn *conn, enum bgp_event event,
		      const struct bgp_error *err)
{
	switch (event) {
	case BGP_EV_START:
		break;
	case BGP_EV_CONNECT_RETRY:
		change_state(conn, BGP_CONNECT);
		dial(conn);
		break;
	case BGP_EV_TCP_UP:
		transport_up(conn);
		break;
	case BGP_EV_TCP_FAILS:
		transport_lost(conn, err);
		break;
	case BGP_EV_STOP:
	default:
		fall(conn, false);
		break;
	}
}

/* To Active, unless the other connection has become the session meanwhile. */
static void opening_lost(struct bgp_conn *conn, const struct bgp_error *err)
{
	if (!wanted(conn)) {
		transport_lost(conn, err);
		return;
	}
	note(conn, err, false);
	change_state(conn, BGP_ACTIVE);
	if (conn->direction == BGP_OUTGOING)
		connect_retry_start(conn);
}

static void collision_lost(struct bgp_conn *conn)
{
	notify_plain(conn, BGP_ERR_CEASE, BGP_CEASE_COLLISION, NULL, 0);
}

/* No OPEN comes. Beside one that is as good as up, that is no error. */
static void open_overdue(struct bgp_conn *conn)
{
	const struct bgp_conn *other = bgp_conn_other(conn);

	if (other->waiting || other->state == BGP_ESTABLISHED)
		collision_lost(conn);
	else
		notify_plain(conn, BGP_ERR_HOLD_TIMER, 0, NULL, 0);
}

static void in_opensent(struct bgp_conn *conn, enum bgp_event event,
			const struct bgp_error *err)
{
	switch (event) {
	case BGP_EV_START:
		break;
	case BGP_EV_STOP:
	case BGP_EV_HEADER_ERROR:
	case BGP_EV_OPEN_ERROR:
		notify(conn, err);
		break;
	case BGP_EV_HOLD:
		open_overdue(conn);
		break;
	case BGP_EV_TCP_FAILS:
		opening_lost(conn, err);
		break;
	case BGP_EV_OPEN:
		open_received(conn);
		break;
	case BGP_EV_COLLISION:
		collision_lost(conn);
		break;
	case BGP_EV_NOTIFY_VERSION:
	case BGP_EV_NOTIFY:
		notified(conn, err);
		break;
	default:
		notify_unexpected(conn, event);
		break;
	}
}

static void in_openconfirm(struct bgp_conn *conn, enum bgp_event event,
			   const struct bgp_error *err)
{
	switch (event) {
	case BGP_EV_START:
		break;
	case BGP_EV_STOP:
	case BGP_EV_HEADER_ERROR:
	case BGP_EV_OPEN_ERROR:
		notify(conn, err);
		break;
	case BGP_EV_HOLD:
		notify_plain(conn, BGP_ERR_HOLD_TIMER, 0, NULL, 0);
		break;
	case BGP_EV_SEND_HOLD:
		notify_plain(conn, BGP_ERR_SEND_HOLD_TIMER, 0, NULL, 0);
		break;
	case BGP_EV_KEEPALIVE_TIMER:
		send_keepalive(conn);
		keepalive_restart(conn);
		break;
	case BGP_EV_TCP_FAILS:
		transport_lost(conn, err);
		break;
	case BGP_EV_NOTIFY_VERSION:
	case BGP_EV_NOTIFY:
		notified(conn, err);
		break;
	case BGP_EV_COLLISION:
		collision_lost(conn);
		break;
	case BGP_EV_KEEPALIVE:
		confirmed(conn);
		break;
	default:
		notify_unexpected(conn, event);
		break;
	}
}

static void in_established(struct bgp_conn *conn, enum bgp_event event,
			   const struct bgp_error *err)
{
	struct bgp_peer *peer = conn->peer;

	switch (event) {
	case BGP_EV_START:
		break;
	case BGP_EV_STOP:
	case BGP_EV_HEADER_ERROR:
	case BGP_EV_UPDATE_ERROR:
	case BGP_EV_REFRESH_ERROR:
		notify(conn, err);
		break;
	case BGP_EV_HOLD:
		notify_plain(conn, BGP_ERR_HOLD_TIMER, 0, NULL, 0);
		break;
	case BGP_EV_SEND_HOLD:
		notify_plain(conn, BGP_ERR_SEND_HOLD_TIMER, 0, NULL, 0);
		break;
	case BGP_EV_IDLE_HOLD:
		/* So long without an error: the peer is forgiven. */
		peer->idle_hold = peer->conf.connect_retry;
		break;
	case BGP_EV_KEEPALIVE_TIMER:
		send_keepalive(conn);
		keepalive_restart(conn);
		break;
	case BGP_EV_TCP_FAILS:
		transport_lost(conn, err);
		break;
	case BGP_EV_NOTIFY_VERSION:
	case BGP_EV_NOTIFY:
		notified(conn, err);
		break;
	case BGP_EV_COLLISION:
		collision_lost(conn);
		break;
	case BGP_EV_KEEPALIVE:
	case BGP_EV_REFRESH:
		hold_restart(conn);
		break;
	case BGP_EV_UPDATE:
		hold_restart(conn);
		peer->ops->update(peer, peer->parser);
		break;
	default:
		notify_unexpected(conn, event);
		break;
	}
}

void bgp_fsm(struct bgp_conn *conn, enum bgp_event event,
	     const struct bgp_error *err)
{
	switch (conn->state) {
	case BGP_IDLE:
		in_idle(conn, event);
		break;
	case BGP_CONNECT:
		in_connect(conn, event, err);
		break;
	case BGP_ACTIVE:
		in_active(conn, event, err);
		break;
	case BGP_OPENSENT:
		in_opensent(conn, event, err);
		break;
	case BGP_OPENCONFIRM:
		in_openconfirm(conn, event, err);
		break;
	case BGP_ESTABLISHED:
		in_established(conn, event, err);
		break;
	}
	/* Nothing to wait for any more. */
	if (conn->state < BGP_OPENSENT && conn->peer->started)
		bgp_conn_settle(bgp_conn_other(conn));
}
