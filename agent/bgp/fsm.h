/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BGP finite state machine, RFC 4271 section 8, without sockets or clock.
 *
 * A peer has two connections, each with a state machine of its own: the one
 * we dial and the one it dials. At most one of them becomes Established;
 * section 6.8 decides between two. The caller does the I/O that struct
 * bgp_io_ops asks for and reports what happened with bgp_conn_*().
 */
#ifndef BGP_FSM_H
#define BGP_FSM_H

#include "bgp/msg.h"
#include "bgp/open.h"
#include "bgp/update.h"

enum bgp_state {
	BGP_IDLE,
	BGP_CONNECT,
	BGP_ACTIVE,
	BGP_OPENSENT,
	BGP_OPENCONFIRM,
	BGP_ESTABLISHED,
};

enum bgp_timer {
	BGP_TIMER_IDLE_HOLD,		/* Idle until the next attempt; up
					 * until the last ones are forgiven */
	BGP_TIMER_CONNECT_RETRY,
	BGP_TIMER_HOLD,
	BGP_TIMER_KEEPALIVE,
	BGP_TIMER_SEND_HOLD,		/* RFC 9687 */
	BGP_TIMER_COUNT,
};

enum bgp_direction {
	BGP_OUTGOING,			/* we dial */
	BGP_INCOMING,			/* the peer dials */
	BGP_DIRECTIONS,
};

struct bgp_peer;

struct bgp_conn {
	struct bgp_peer *peer;
	enum bgp_direction direction;
	enum bgp_state state;
	bool attached;			/* a transport is open or opening */
	bool sending;			/* the transport is behind, RFC 9687 */
	bool waiting;			/* in OpenConfirm: the other decides */
	bool told;			/* our KEEPALIVE was sent there ... */
	bool confirmed;			/* ... and the peer's has come */
	bool bare;			/* our OPEN had no capabilities */
	struct bgp_caps offered;	/* what it had */
	struct bgp_open remote;
	struct bgp_wire wire;		/* agreed on with .remote */
	uint16_t hold_time;		/* seconds, agreed on; 0: no timers */
	uint32_t keepalive_ms;		/* the KeepaliveTimer was set to */
	void *io;			/* the caller's */
};

struct bgp_peer_conf {
	uint32_t local_as;
	uint32_t remote_as;		/* 0: one of .asns */
	const uint32_t *asns;		/* the caller's */
	size_t n_asns;
	uint32_t router_id;		/* ours, host byte order */
	uint32_t cluster_id;		/* as reflector, 0: we are none */
	uint16_t hold_time;		/* seconds we propose; 0 or >= 3 */
	uint16_t send_hold_time;	/* seconds, 0: RFC 9687's default */
	uint16_t connect_retry;		/* seconds between attempts */
	bool passive;			/* never dial */
	bool enforce_first_as;		/* AS_PATH starts with remote_as */
	bool strict_role;		/* the peer must tell its role */
	struct bgp_caps caps;		/* what we offer */
};

/* What of its routes outlives a session, and how long. */
struct bgp_kept {
	uint8_t families;		/* bgp_af_bit()s */
	uint16_t time[BGP_AF_COUNT];	/* seconds for it to come back */
	uint32_t long_lived_time[BGP_AF_COUNT];	/* and then, RFC 9494 */
};

struct bgp_stats {
	uint64_t rx[BGP_MSG_TYPE_MAX + 1];	/* messages, by type */
	uint64_t tx[BGP_MSG_TYPE_MAX + 1];
	uint64_t verdict[BGP_VERDICT_COUNT];	/* UPDATEs by outcome */
	uint32_t established;			/* times */
};

/*
 * What the state machine asks of its surroundings. None of these may call
 * back into the state machine before it has returned.
 */
struct bgp_io_ops {
	/* Dial; later bgp_conn_opened() or bgp_conn_closed(). */
	void (*connect)(struct bgp_conn *conn);
	/* Whether the peer may have a dial before it is up here. */
	bool (*half_open)(const struct bgp_conn *conn);
	/* Send what was queued as far as it goes at once, and close. */
	void (*close)(struct bgp_conn *conn);
	/* Queue one message; the bytes are the caller's again on return. */
	void (*send)(struct bgp_conn *conn, const void *msg, size_t len);
	/* (Re)start or stop one timer; then bgp_conn_timer(). */
	void (*timer_set)(struct bgp_conn *conn, enum bgp_timer timer,
			  uint64_t ms);
	void (*timer_stop)(struct bgp_conn *conn, enum bgp_timer timer);
	/* A random number below @n, for jitter. */
	uint32_t (*random)(uint32_t n);
	/* Every transition. */
	void (*state)(struct bgp_conn *conn, enum bgp_state old);
	/* peer->session has become Established. */
	void (*established)(struct bgp_peer *peer);
	/*
	 * It has ended; @err: what was sent or received, or code 0.
	 * peer->kept tells what it leaves.
	 */
	void (*down)(struct bgp_peer *peer, const struct bgp_error *err);
	/* Routes; never with verdict SESSION_RESET. */
	void (*update)(struct bgp_peer *peer, struct bgp_update *update);
	void (*refresh)(struct bgp_peer *peer, enum bgp_af af,
			enum bgp_refresh what);
};

struct bgp_peer {
	struct bgp_peer_conf conf;
	const struct bgp_io_ops *ops;
	void *ctx;			/* the caller's */
	const char *name;		/* for log lines; the caller's */
	bool started;			/* administratively up */
	bool bare;			/* so the next OPEN is to be */
	uint16_t idle_hold;		/* seconds of rest after an error */
	uint32_t connect_retries;	/* ConnectRetryCounter */
	struct bgp_conn conn[BGP_DIRECTIONS];
	struct bgp_conn *session;	/* the Established one, or NULL */
	struct bgp_update *parser;	/* the process's */
	struct bgp_stats stats;
	struct bgp_error last_error;	/* why the last session ended */
	bool last_error_received;	/* the peer sent it */
	struct bgp_kept kept;		/* of the last session's routes */
};

/**
 * bgp_peer_init - a peer at rest
 * @conf: copied
 * @parser: from bgp_update_new(); peers share it
 * @name: for log lines; must outlive the peer
 */
void bgp_peer_init(struct bgp_peer *peer, const struct bgp_peer_conf *conf,
		   const struct bgp_io_ops *ops, struct bgp_update *parser,
		   const char *name, void *ctx);

/* The OPEN that a peer with @conf is sent, BGP_MSG_MAX bytes at most. */
void bgp_peer_offer(const struct bgp_peer_conf *conf, struct wbuf *w);

/* ManualStart: dial (unless passive) and take connections. */
void bgp_peer_start(struct bgp_peer *peer);
/* ManualStop: Cease with @subcode and, for 2 and 4, @text (may be NULL). */
void bgp_peer_stop(struct bgp_peer *peer, enum bgp_cease subcode,
		   const char *text);
/*
 * We are about to restart and have kept forwarding: end the session so that
 * the peer keeps our routes, if it said that it would (RFC 4724 4.2), else as
 * bgp_peer_stop() with an Administrative Shutdown.
 */
void bgp_peer_leave(struct bgp_peer *peer);
/*
 * The way to the peer is gone, for @reason: stop and start again at once, and
 * keep nothing that it has announced.
 */
void bgp_peer_unreachable(struct bgp_peer *peer, const char *reason);
/* End the session with @err (a limit, BFD); the peer tries again later. */
void bgp_peer_fail(struct bgp_peer *peer, const struct bgp_error *err);

/**
 * bgp_peer_incoming - the peer has dialled us
 *
 * Return: the connection to attach the socket to, followed by
 * bgp_conn_opened(); NULL to refuse it.
 */
struct bgp_conn *bgp_peer_incoming(struct bgp_peer *peer);

/* The transport is up. */
void bgp_conn_opened(struct bgp_conn *conn);
/*
 * Dialling failed, or the transport is gone; ops->close is not called.
 * @reason: in words, for log and status
 */
void bgp_conn_closed(struct bgp_conn *conn, const char *reason);
void bgp_conn_timer(struct bgp_conn *conn, enum bgp_timer timer);

/**
 * bgp_conn_input - received bytes
 * @budget: messages to handle at most, so that one peer cannot take the loop
 *
 * Stops when ops->close was called; conn->attached tells.
 * Return: bytes consumed; keep the rest and put the new bytes behind it.
 */
size_t bgp_conn_input(struct bgp_conn *conn, const void *data, size_t len,
		      unsigned int budget);

/**
 * bgp_conn_written - how sending gets on, for the send hold timer
 * @progress: the transport took bytes since the last call
 * @pending: there is more to send
 */
void bgp_conn_written(struct bgp_conn *conn, bool progress, bool pending);

/*
 * Send an UPDATE or ROUTE-REFRESH on the Established session; the length is
 * of one or more whole messages of one type. False if there is no session.
 */
bool bgp_peer_send(struct bgp_peer *peer, const void *msgs, size_t len);

/* The more advanced of the two connections' states. */
enum bgp_state bgp_peer_state(const struct bgp_peer *peer);
const char *bgp_state_name(enum bgp_state state);

#endif
