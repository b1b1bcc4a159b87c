/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of RFC 4271 8.1, for the two halves of the state machine. */
#ifndef BGP_EVENT_H
#define BGP_EVENT_H

#include "bgp/fsm.h"

/*
 * With the RFC's numbers. 12, 14, 15 and 20 are not there: fsm.c says why.
 */
enum bgp_event {
	BGP_EV_START,			/* 1, 3 to 7 */
	BGP_EV_STOP,			/* 2, 8; the Cease to send */
	BGP_EV_CONNECT_RETRY,		/* 9 */
	BGP_EV_HOLD,			/* 10 */
	BGP_EV_KEEPALIVE_TIMER,		/* 11 */
	BGP_EV_IDLE_HOLD,		/* 13 */
	BGP_EV_TCP_UP,			/* 16, 17 */
	BGP_EV_TCP_FAILS,		/* 18; why */
	BGP_EV_OPEN,			/* 19 */
	BGP_EV_HEADER_ERROR,		/* 21; what to send */
	BGP_EV_OPEN_ERROR,		/* 22; what to send */
	BGP_EV_COLLISION,		/* 23: this one is to go */
	BGP_EV_NOTIFY_VERSION,		/* 24; what came */
	BGP_EV_NOTIFY,			/* 25; what came */
	BGP_EV_KEEPALIVE,		/* 26 */
	BGP_EV_UPDATE,			/* 27; peer->parser has it */
	BGP_EV_UPDATE_ERROR,		/* 28; what to send */
	BGP_EV_SEND_HOLD,		/* 29, RFC 9687 */
	BGP_EV_REFRESH,			/* RFC 2918 */
	BGP_EV_REFRESH_ERROR,		/* RFC 7313; what to send */
};

/**
 * bgp_fsm - one step of the state machine
 * @err: the NOTIFICATION that belongs to the event, NULL if none does
 */
void bgp_fsm(struct bgp_conn *conn, enum bgp_event event,
	     const struct bgp_error *err);

/*
 * The peer has decided for this connection, where it waited in OpenConfirm for
 * the other one: it is the session.
 */
void bgp_conn_settle(struct bgp_conn *conn);

/* Queue one or more whole messages, and count them. */
void bgp_conn_send(struct bgp_conn *conn, const void *msgs, size_t len);

static inline struct bgp_conn *bgp_conn_other(struct bgp_conn *conn)
{
	return &conn->peer->conn[!conn->direction];
}

#endif
