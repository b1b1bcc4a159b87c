// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What surrounds the state machine: bytes become messages and messages events
 * on the way in; on the way out messages are counted.
 */

#include <string.h>

#include "bgp/event.h"
#include "bgp/notify.h"
#include "bgp/restart.h"
#include "lib/log.h"
#include "lib/util.h"

#define SEND_HOLD_MIN	480		/* seconds, RFC 9687 4.1 */

void bgp_peer_init(struct bgp_peer *peer, const struct bgp_peer_conf *conf,
		   const struct bgp_io_ops *ops, struct bgp_update *parser,
		   const char *name, void *ctx)
{
	enum bgp_direction i;

	memset(peer, 0, sizeof(*peer));
	peer->conf = *conf;
	peer->ops = ops;
	peer->ctx = ctx;
	peer->name = name;
	peer->parser = parser;
	peer->idle_hold = conf->connect_retry;
	for (i = 0; i < BGP_DIRECTIONS; i++) {
		peer->conn[i].peer = peer;
		peer->conn[i].direction = i;
	}
}

void bgp_peer_start(struct bgp_peer *peer)
{
	if (peer->started)
		return;
	peer->started = true;
	peer->idle_hold = peer->conf.connect_retry;
	bgp_fsm(&peer->conn[BGP_INCOMING], BGP_EV_START, NULL);
	bgp_fsm(&peer->conn[BGP_OUTGOING], BGP_EV_START, NULL);
}

static void stop(struct bgp_peer *peer, const struct bgp_error *err)
{
	enum bgp_direction i;

	peer->started = false;
	peer->bare = false;
	for (i = 0; i < BGP_DIRECTIONS; i++) {
		bgp_fsm(&peer->conn[i], BGP_EV_STOP, err);
		peer->ops->timer_stop(&peer->conn[i], BGP_TIMER_IDLE_HOLD);
	}
	peer->connect_retries = 0;
}

void bgp_peer_stop(struct bgp_peer *peer, enum bgp_cease subcode,
		   const char *text)
{
	struct bgp_error err;

	bgp_notify_cease(&err, subcode, text);
	stop(peer, &err);
}

void bgp_peer_unreachable(struct bgp_peer *peer, const char *reason)
{
	struct bgp_error err;

	bgp_error_set(&err, BGP_ERR_CEASE, BGP_CEASE_UNSPECIFIC, NULL, 0,
		      "%s", reason);
	err.hard = true;
	stop(peer, &err);
	bgp_peer_start(peer);
}

void bgp_peer_leave(struct bgp_peer *peer)
{
	struct bgp_conn *conn = peer->session;
	struct bgp_error err;

	if (conn && conn->offered.restart.families &&
	    conn->remote.caps.end_of_rib) {
		peer->started = false;
		bgp_notify_cease(&err, BGP_CEASE_ADMIN_RESET, NULL);
		if (bgp_restart_notifies(conn)) {
			bgp_fsm(conn, BGP_EV_STOP, &err);
		} else {
			/* A NOTIFICATION would end what it keeps. */
			bgp_error_set(&err, 0, 0, NULL, 0, "we restart");
			bgp_fsm(conn, BGP_EV_TCP_FAILS, &err);
		}
	}
	bgp_peer_stop(peer, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
}

void bgp_peer_fail(struct bgp_peer *peer, const struct bgp_error *err)
{
	if (peer->session)
		bgp_fsm(peer->session, BGP_EV_STOP, err);
}

struct bgp_conn *bgp_peer_incoming(struct bgp_peer *peer)
{
	struct bgp_conn *conn = &peer->conn[BGP_INCOMING];
	struct bgp_conn *session = peer->session;
	struct bgp_error err;

	/* It has died before its OPEN, and does not know of the old one. */
	if (conn->state == BGP_OPENSENT) {
		bgp_error_set(&err, 0, 0, NULL, 0, "it has dialled anew");
		bgp_fsm(conn, BGP_EV_TCP_FAILS, &err);
	}
	/* RFC 4724 5: it has restarted, and we have not noticed. */
	if (session && session->remote.caps.restart.families) {
		bgp_error_set(&err, 0, 0, NULL, 0,
			      "it has dialled anew: it has restarted");
		bgp_fsm(session, BGP_EV_TCP_FAILS, &err);
		if (conn->state == BGP_IDLE)
			bgp_fsm(conn, BGP_EV_IDLE_HOLD, NULL);
	}
	return conn->state == BGP_ACTIVE ? conn : NULL;
}

void bgp_conn_opened(struct bgp_conn *conn)
{
	conn->attached = true;
	bgp_fsm(conn, BGP_EV_TCP_UP, NULL);
}

void bgp_conn_closed(struct bgp_conn *conn, const char *reason)
{
	struct bgp_error err;

	conn->attached = false;
	bgp_error_set(&err, 0, 0, NULL, 0, "%s", reason);
	bgp_fsm(conn, BGP_EV_TCP_FAILS, &err);
}

void bgp_conn_timer(struct bgp_conn *conn, enum bgp_timer timer)
{
	static const enum bgp_event events[BGP_TIMER_COUNT] = {
		[BGP_TIMER_IDLE_HOLD] = BGP_EV_IDLE_HOLD,
		[BGP_TIMER_CONNECT_RETRY] = BGP_EV_CONNECT_RETRY,
		[BGP_TIMER_HOLD] = BGP_EV_HOLD,
		[BGP_TIMER_KEEPALIVE] = BGP_EV_KEEPALIVE_TIMER,
		[BGP_TIMER_SEND_HOLD] = BGP_EV_SEND_HOLD,
	};

	bgp_fsm(conn, events[timer], NULL);
}

/* How we read what this peer sends us. */
static struct bgp_update_rules rules_of(const struct bgp_conn *conn)
{
	const struct bgp_peer_conf *conf = &conn->peer->conf;
	bool ebgp = conf->local_as != conn->remote.as;

	return (struct bgp_update_rules){
		.wire = conn->wire,
		.ebgp = ebgp,
		.role = conf->caps.role,
		.remote_as = conn->remote.as,
		.originator = conn->remote.router_id,
		.router_id = conf->router_id,
		.cluster_id = conf->cluster_id,
		.first_as = ebgp && conf->enforce_first_as ?
			    conn->remote.as : 0,
	};
}

static void recv_open(struct bgp_conn *conn, struct rbuf body)
{
	struct bgp_error err;
	struct bgp_open open;

	if (!bgp_open_parse(body, &open, &err)) {
		bgp_fsm(conn, BGP_EV_OPEN_ERROR, &err);
		return;
	}
	if (conn->state == BGP_OPENSENT)
		conn->remote = open;
	bgp_fsm(conn, BGP_EV_OPEN, NULL);
}

static void recv_update(struct bgp_conn *conn, struct rbuf body)
{
	struct bgp_update_rules rules = rules_of(conn);
	struct bgp_peer *peer = conn->peer;
	struct bgp_update *u = peer->parser;
	enum bgp_verdict verdict;

	if (conn->state != BGP_ESTABLISHED) {
		bgp_fsm(conn, BGP_EV_UPDATE, NULL);
		return;
	}
	verdict = bgp_update_parse(u, body, &rules);
	peer->stats.verdict[verdict]++;
	if (verdict != BGP_ACCEPT && log_sparsely(peer->stats.verdict[verdict]))
		log_warn("%s: UPDATE: %s: %s (%llu so far)", peer->name,
			 u->error.text, bgp_verdict_name(verdict),
			 (unsigned long long)peer->stats.verdict[verdict]);
	if (verdict == BGP_SESSION_RESET)
		bgp_fsm(conn, BGP_EV_UPDATE_ERROR, &u->error);
	else
		bgp_fsm(conn, BGP_EV_UPDATE, NULL);
}

static void recv_notification(struct bgp_conn *conn, struct rbuf body)
{
	struct bgp_error err;

	bgp_notify_parse(body, &err);
	if (err.code == BGP_ERR_OPEN && err.subcode == BGP_OPEN_BAD_VERSION)
		bgp_fsm(conn, BGP_EV_NOTIFY_VERSION, &err);
	else
		bgp_fsm(conn, BGP_EV_NOTIFY, &err);
}

static void recv_refresh(struct bgp_conn *conn, struct rbuf body)
{
	struct bgp_peer *peer = conn->peer;
	struct bgp_error err;
	enum bgp_refresh what;
	enum bgp_af af;
	bool enhanced;

	if (conn->state != BGP_ESTABLISHED) {
		bgp_fsm(conn, BGP_EV_REFRESH, NULL);
		return;
	}
	enhanced = conn->offered.enhanced_refresh &&
		   conn->remote.caps.enhanced_refresh;
	switch (bgp_refresh_parse(body, enhanced, &af, &what, &err)) {
	case BGP_REFRESH_ERROR:
		bgp_fsm(conn, BGP_EV_REFRESH_ERROR, &err);
		return;
	case BGP_REFRESH_OK:
		if (conn->wire.families & bgp_af_bit(af)) {
			bgp_fsm(conn, BGP_EV_REFRESH, NULL);
			peer->ops->refresh(peer, af, what);
			return;
		}
		/* fall through */
	case BGP_REFRESH_IGNORE:
		bgp_fsm(conn, BGP_EV_REFRESH, NULL);
		return;
	}
}

static void recv_message(struct bgp_conn *conn, enum bgp_msg_type type,
			 struct rbuf body)
{
	conn->peer->stats.rx[type]++;
	/* Only who is in Established sends these. */
	if (type == BGP_MSG_UPDATE || type == BGP_MSG_ROUTE_REFRESH)
		bgp_conn_settle(conn);
	switch (type) {
	case BGP_MSG_OPEN:
		recv_open(conn, body);
		break;
	case BGP_MSG_UPDATE:
		recv_update(conn, body);
		break;
	case BGP_MSG_NOTIFICATION:
		recv_notification(conn, body);
		break;
	case BGP_MSG_KEEPALIVE:
		bgp_fsm(conn, BGP_EV_KEEPALIVE, NULL);
		break;
	case BGP_MSG_ROUTE_REFRESH:
		recv_refresh(conn, body);
		break;
	}
}

size_t bgp_conn_input(struct bgp_conn *conn, const void *data, size_t len,
		      unsigned int budget)
{
	struct rbuf stream = rbuf_make(data, len);
	enum bgp_msg_type type;
	struct bgp_error err;
	struct rbuf body;
	/* RFC 8654 4: who offers it must take it. */
	uint16_t max_len = conn->offered.extended_message ?
			   BGP_MSG_MAX_EXT : BGP_MSG_MAX;

	while (conn->attached && budget--) {
		switch (bgp_msg_next(&stream, max_len, &type, &body, &err)) {
		case BGP_FRAME_PARTIAL:
			return len - stream.left;
		case BGP_FRAME_ERROR:
			bgp_fsm(conn, BGP_EV_HEADER_ERROR, &err);
			break;
		case BGP_FRAME_MESSAGE:
			recv_message(conn, type, body);
			break;
		}
	}
	return len - stream.left;
}

void bgp_conn_written(struct bgp_conn *conn, bool progress, bool pending)
{
	uint64_t seconds = conn->peer->conf.send_hold_time;

	if (!seconds)
		seconds = MAX(SEND_HOLD_MIN, 2 * conn->hold_time);
	if (conn->state < BGP_OPENCONFIRM || !conn->hold_time)
		return;
	if (pending && (progress || !conn->sending))
		conn->peer->ops->timer_set(conn, BGP_TIMER_SEND_HOLD,
					   1000 * seconds);
	else if (!pending && conn->sending)
		conn->peer->ops->timer_stop(conn, BGP_TIMER_SEND_HOLD);
	conn->sending = pending;
}

/* They are our own, so lengths and types hold. */
static void count_sent(struct bgp_stats *stats, const uint8_t *msg, size_t len)
{
	size_t at, step;

	for (at = 0; at + BGP_HEADER_LEN <= len; at += step) {
		step = msg[at + 16] << 8 | msg[at + 17];
		stats->tx[msg[at + 18]]++;
	}
}

void bgp_conn_send(struct bgp_conn *conn, const void *msgs, size_t len)
{
	count_sent(&conn->peer->stats, msgs, len);
	conn->peer->ops->send(conn, msgs, len);
}

/* RFC 4271 8.2.2: an UPDATE is as good as a KEEPALIVE. */
static void put_keepalive_off(struct bgp_conn *conn)
{
	if (conn->hold_time)
		conn->peer->ops->timer_set(conn, BGP_TIMER_KEEPALIVE,
					   conn->keepalive_ms);
}

bool bgp_peer_send(struct bgp_peer *peer, const void *msgs, size_t len)
{
	const uint8_t *first = msgs;

	if (!peer->session)
		return false;
	bgp_conn_send(peer->session, msgs, len);
	if (first[BGP_HEADER_LEN - 1] == BGP_MSG_UPDATE)
		put_keepalive_off(peer->session);
	return true;
}

enum bgp_state bgp_peer_state(const struct bgp_peer *peer)
{
	return MAX(peer->conn[BGP_OUTGOING].state,
		   peer->conn[BGP_INCOMING].state);
}
