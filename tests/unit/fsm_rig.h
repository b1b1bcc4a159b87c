/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state machine without sockets or clock, and a peer to send it messages.
 * What it asks for is written down in a line of text, to be compared:
 *
 *	out connect		dial
 *	in send OPEN		a message; NOTIFICATION with its codes
 *	out close
 *	up / down 6/7		the session
 */
#ifndef TESTS_UNIT_FSM_RIG_H
#define TESTS_UNIT_FSM_RIG_H

#include "bgp/fsm.h"
#include "ktap.h"

#define LOCAL_AS	65515
#define REMOTE_AS	65001

extern struct bgp_peer_conf conf;	/* the next peer's */
extern struct bgp_peer peer;
extern struct bgp_conn *const out, *const in;
extern uint64_t now;			/* ms */
extern bool half_open;			/* the peer may have heard of a dial */

void rig_init(void);
void rig_fini(void);

/* A new peer, at rest. */
void fresh(void);
/* Bring a connection of a new peer, and no other, into a state. */
void reach(struct bgp_conn *conn, enum bgp_state state);

/* The actions since the last call. */
const char *did(void);
bool same(const char *got, const char *expected);

#define EXPECT(expected, ...)	ktap_ok(same(did(), expected), __VA_ARGS__)

bool running(const struct bgp_conn *conn, enum bgp_timer timer);
uint64_t time_left(const struct bgp_conn *conn, enum bgp_timer timer);
/* A timer's time has come. */
void expire(struct bgp_conn *conn, enum bgp_timer timer);

/* What the peer's OPEN says; defaults are good. */
struct says {
	uint32_t as;
	uint32_t id;
	int hold_time;			/* -1: 0 */
	uint8_t families;
};

void feed(struct bgp_conn *conn, const struct wbuf *w);
void recv_open_of(struct bgp_conn *conn, struct says says);
void recv_open(struct bgp_conn *conn);
void recv_keepalive(struct bgp_conn *conn);
void recv_notification(struct bgp_conn *conn, uint8_t code, uint8_t subcode);
void recv_refresh(struct bgp_conn *conn);
/* A withdrawal of 10.0.0.0/8, or of a prefix of 33 bits. */
void recv_update(struct bgp_conn *conn, bool good);

#endif
