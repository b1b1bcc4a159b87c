/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BGP peer: the state machine of bgp/fsm.h with its sockets, timers and
 * queues. What the state machine has to tell goes to the tables.
 */
#ifndef VRSD_SESSION_PEER_H
#define VRSD_SESSION_PEER_H

#include "bgp/fsm.h"
#include "vrsd/msg.h"
#include "vrsd/session_conn.h"

/* What a table wants of a session; the more matters more. */
enum session_asked {
	SESSION_ASKED_NOTHING,
	SESSION_ASKED_REFRESH,		/* have it announce everything again */
	SESSION_ASKED_STOP,		/* it has announced too much */
};

struct session_peer {
	struct msg_conf_peer conf;	/* remote_as: also as heard */
	char *name;			/* for log lines */
	struct bgp_peer bgp;
	struct peer_conn conn[BGP_DIRECTIONS];
	bool held;			/* forwarding has gone on since its
					 * last session with this process */
	bool slow;			/* its table was asked to hold back */
	enum session_asked asked;	/* by its table */
	TAILQ_ENTRY(session_peer) ask;	/* with others of whom it has */
	uint32_t restart;		/* seconds after SESSION_ASKED_STOP */
	bool told_unaskable;		/* that it has no route refresh */
	unsigned int dials;		/* asked for and not yet answered */
	uint64_t calls_ms;		/* until when it would have dialled in
					 * as often at the allowed pace */
	uint64_t calls_refused;
	uint64_t ttl_refused;		/* connections, for their TTL */
	uint64_t since_ms;		/* in this state */
	bool wanted;			/* by the configuration being read */
	struct loop_timer *again;	/* when it may come back: */
	uint64_t again_ms;
};

struct session_peer *session_peer_new(const struct msg_conf_peer *conf,
				      struct bgp_update *parser);
/* With a Cease if there is a session. */
void session_peer_free(struct session_peer *peer, enum bgp_cease why);
/*
 * Take over what may change without another peer: names, proposals, how it is
 * protected.
 */
void session_peer_update(struct session_peer *peer,
			 const struct msg_conf_peer *conf);

/*
 * Begin, or go on, unless it is shut down by the configuration or has still to
 * wait after it announced too much.
 */
void session_peer_start(struct session_peer *peer);

/* What its table has asked for, out of the state machine. */
void session_peer_do(struct session_peer *peer, enum session_asked what);
/* Say to bfd, perhaps again, that BGP is up, if it is. */
void session_peer_tell_bfd(const struct session_peer *peer);

void session_peer_row(const struct session_peer *peer, struct row_peer *row);

void session_peer_init(void);

static inline bool session_peer_dynamic(const struct session_peer *peer)
{
	return peer->conf.range.addr.family != 0;
}

/* session.c: why the peer of that number is refused, or "". */
const char *session_problem(uint32_t number);
/* session.c: what its table has asked for does not matter any more. */
void session_forget_asked(struct session_peer *peer);
/* session.c: all peers one after the other, beginning with NULL. */
struct session_peer *session_next(const struct session_peer *peer);
/* The peer with this number, or NULL. */
struct session_peer *session_find(uint32_t number);
/* session.c: the peer with these addresses, or NULL. */
struct session_peer *session_find_by_address(uint32_t vni,
					     const struct addr *local,
					     const struct addr *remote);
struct session_peer *session_new(const struct msg_conf_peer *conf);
void session_remove(struct session_peer *peer, enum bgp_cease why);

#endif
