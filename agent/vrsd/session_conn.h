/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two connections of a BGP peer: sockets, what has been read of a message,
 * what waits to be written, and timers. What is done with them is for the state
 * machine (bgp/fsm.h) to say, most of whose bgp_io_ops are here.
 */
#ifndef VRSD_SESSION_CONN_H
#define VRSD_SESSION_CONN_H

#include <bsd/sys/queue.h>

#include "bgp/fsm.h"
#include "vrsd/out.h"

struct loop_fd;
struct session_peer;
struct peer_timer;

struct peer_conn {
	struct session_peer *peer;
	struct bgp_conn *bgp;
	int fd;				/* -1: none */
	bool connecting;
	uint64_t dialed_ms;		/* when it was handed over to connect */
	struct loop_fd *watch;
	struct peer_timer *timers;	/* [BGP_TIMER_COUNT] */
	uint8_t *rest;			/* received, not a whole message yet */
	size_t rest_len;
	struct out_queue out;
	bool blocked;			/* the socket takes no more */
	int failed;			/* errno of writing: what the peer has
					 * said before is still read */
	unsigned int last_reads;	/* of that */
	struct peer_conn *next_dirty;	/* has something new to write */
	bool dirty;
	TAILQ_ENTRY(peer_conn) wait;	/* has something new to read */
	bool waiting;			/* for a later turn */
};

static inline struct peer_conn *session_conn_of(const struct bgp_conn *bgp)
{
	return bgp->io;
}

void session_conn_init(struct session_peer *peer, enum bgp_direction direction);
void session_conn_fini(struct peer_conn *conn);

/* Whether who has dialled has hung up since. */
bool session_conn_hung_up(int fd);
/* A connection of the peer was accepted; @fd becomes the peer's. */
void session_conn_accept(struct session_peer *peer, int fd);
/* Whether it would matter if we forgot how often the peer has dialled in. */
bool session_conn_calls(const struct session_peer *peer);
/* The answer to MSG_DIAL: a connecting socket, or -1 and an errno. */
void session_conn_dialed(struct session_peer *peer, int fd, int error);

/* Its connections are of no use any more. */
void session_conn_drop(struct session_peer *peer, const char *reason);

/* Have the parent give a connection the keys of now. */
void session_conn_rekey(const struct peer_conn *conn);

/*
 * Queue whole messages of its table, @len bytes from @offset in @buf on.
 */
void session_conn_send(struct session_peer *peer, struct out_buf *buf,
		       size_t offset, size_t len);

/* The state machine's: see struct bgp_io_ops. */
void session_conn_dial(struct bgp_conn *bgp);
bool session_conn_half_open(const struct bgp_conn *bgp);
void session_conn_close(struct bgp_conn *bgp);
void session_conn_put(struct bgp_conn *bgp, const void *msg, size_t len);
void session_conn_timer_set(struct bgp_conn *bgp, enum bgp_timer which,
			    uint64_t ms);
void session_conn_timer_stop(struct bgp_conn *bgp, enum bgp_timer which);

/* Once, before the first. */
void session_conn_setup(void);

#endif
