/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes tell each other: the specification of every channel.
 *
 *	parent -- speaker, kernel, control, bfd		(one channel each)
 *	speaker -- kernel -- bfd -- speaker
 *	control -- speaker, kernel, bfd
 *
 * Bodies are these structs in host form, some with a tail of bytes. A VNet is
 * named by its VNI. A peer is one session as configured, a neighbor seen from
 * one instance address, and named by a number that the parent draws. Neighbors
 * that dial in from a range of addresses get a number each, drawn beforehand,
 * and as long as nobody is there the peer's remote address is none.
 *
 * A receiver trusts no sender: msg_valid() holds the sizes and who may say
 * what to whom, and what a body points out is checked where it is used. A
 * message that breaks this ends the receiving process, and so the service.
 *
 * A configuration goes to kernel, to speaker for its tables, to bfd, and to
 * speaker for its peers, in this order, each when the one before has answered,
 * so that nobody hears of a VNet or peer it does not know yet.
 */
#ifndef VRSD_MSG_H
#define VRSD_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgp/bgp.h"
#include "bgp/notify.h"
#include "conf/conf.h"
#include "ctl/rows.h"
#include "lib/addr.h"

enum proc_id {
	PROC_PARENT,
	PROC_SPEAKER,
	PROC_KERNEL,
	PROC_CONTROL,
	PROC_BFD,
	PROC_COUNT,
};

enum msg_type {
	/* parent -> any child */
	MSG_CHANNEL = 1,	/* uint32_t enum proc_id, fd: a sibling */
	MSG_SHUTDOWN,		/* end in good order */
	MSG_PING,		/* is its loop alive? */
	/* any child -> parent */
	MSG_PONG,		/* it is */

	/* parent -> kernel, speaker: the file's text, in pieces */
	MSG_CONF_TEXT,		/* bytes */
	/* parent -> bfd */
	MSG_CONF_BFD,		/* msg_conf_bfd, for each */
	/* parent -> kernel, speaker, bfd: that was all of it */
	MSG_CONF_END,
	/* parent -> speaker */
	MSG_CONF_PEER,		/* msg_conf_peer, for each */
	MSG_CONF_PEERS_END,	/* those were all of them */
	/* kernel, speaker, bfd -> parent: it is in force */
	MSG_CONF_DONE,

	/* parent -> speaker */
	MSG_LISTENER,		/* msg_listener, fd */
	MSG_LISTENER_CLOSE,	/* msg_listener */
	MSG_DIALED,		/* uint32_t peer, fd: connecting */
	MSG_DIAL_FAILED,	/* msg_dial_failed */
	MSG_PEER_PROBLEM,	/* msg_peer_problem: refuse it, or not any
				 * more; also of peers not configured yet */
	/* parent -> bfd */
	MSG_BFD_RECEIVER,	/* msg_bfd_socket, fd */
	MSG_BFD_SENDER,		/* msg_bfd_socket, fd; after the receiver */
	MSG_BFD_CLOSE,		/* msg_bfd_socket */
	/* speaker -> parent */
	MSG_DIAL,		/* uint32_t peer */
	MSG_REKEY,		/* uint32_t peer, fd: a connection of it, which
				 * is to have the keys of now */
	/* kernel -> parent */
	MSG_VNET_READY,		/* msg_vnet_ready: device and addresses are
				 * up */
	MSG_VNET_LOST,		/* uint32_t vni: and are not any more */
	/* parent -> speaker */
	MSG_FORWARDING,		/* msg_forwarding: the same */
	/* kernel -> parent, which passes it on to speaker */
	MSG_NIC_DOWN,		/* msg_hop: its NIC has no carrier */
	MSG_UNREACHABLE,	/* the same */
	/* parent -> control */
	MSG_CONTROL_SOCKET,	/* fd, listening */
	MSG_RELOADED,		/* msg_query_end, text if refused */

	/* speaker -> bfd: BGP with it is up, and is not any more */
	MSG_BFD_BEGIN,		/* msg_bfd_peer */
	MSG_BFD_END,		/* msg_bfd_peer */
	/* bfd -> speaker */
	MSG_BFD_DOWN,		/* msg_bfd_peer: is not reached any more */

	/* speaker -> kernel */
	MSG_ROUTES,		/* msg_routes, next hops, prefixes */
	/* speaker, bfd -> kernel */
	MSG_HOP_DOWN,		/* msg_hop */
	/* speaker -> kernel */
	MSG_HOP_UP,		/* msg_hop: its neighbor is up */
	MSG_SWEEP,		/* uint32_t vni: all that is wanted was sent */
	/* kernel -> speaker */
	MSG_HOP_BACK,		/* msg_hop: set what has it once more, or
				 * all routes if it has no family */
	MSG_ROUTES_DONE,	/* uint32_t vni, prefixes: it holds them so */
	MSG_ROUTE_FAILED,	/* msg_route_failed, text */

	/* control -> speaker, kernel, bfd */
	MSG_QUERY,		/* msg_query: begin, with a batch of rows */
	MSG_QUERY_MORE,		/* uint32_t id: the next batch */
	MSG_QUERY_CANCEL,	/* uint32_t id */
	/* control -> parent */
	MSG_RELOAD,		/* uint32_t id */
	/* speaker, kernel, bfd -> control */
	MSG_ROW_PEER,		/* msg_row_peer */
	MSG_ROW_COUNTS,		/* msg_row_counts */
	MSG_ROW_ROUTE,		/* msg_row_route, struct bgp_attrs */
	MSG_ROW_STATUS,		/* msg_row_status */
	MSG_ROW_PROBLEM,	/* msg_row_problem */
	MSG_ROW_POLICY,		/* msg_row_policy, two struct bgp_attrs */
	MSG_ROW_BFD,		/* msg_row_bfd */
	MSG_QUERY_BATCH,	/* uint32_t id: there is more */
	MSG_QUERY_END,		/* msg_query_end, text if it failed */

	MSG_TYPE_COUNT,
};

/**
 * msg_valid - whether a message may be what it says
 * @len: bytes of the body
 * @has_fd: a descriptor came with it
 */
bool msg_valid(enum proc_id from, enum proc_id to, uint16_t type, size_t len,
	       bool has_fd);
/* Whether the strings in a body of that type and a valid length have an end. */
bool msg_strings_end(uint16_t type, const void *body);
const char *msg_name(uint16_t type);
const char *proc_name(enum proc_id id);
/* PROC_COUNT if there is none of this name. */
enum proc_id proc_find(const char *name);

#define MSG_PEERS_MAX	CONF_SESSIONS_MAX	/* highest number of a peer */

struct msg_conf_peer {
	struct row_peer_id id;
	struct addr other;		/* the instance's in the other family */
	uint32_t router_id;		/* ours, host byte order */
	uint32_t cluster_id;		/* of all instances, RFC 4456 */
	uint16_t hold_time;		/* seconds */
	uint16_t send_hold_time;	/* seconds, 0: by the hold time */
	uint8_t families;		/* bgp_af_bit()s to offer */
	uint8_t min_ttl;		/* of what it sends, 0: any */
	uint32_t auth;			/* another number: another key */
	uint32_t keys;			/* another: keys to roll over to */
	uint8_t protection;		/* enum row_protection */
	struct prefix range;		/* family 0: id.remote is known */
	uint32_t n_asns;		/* if id.remote_as is 0 */
	uint32_t asns[CONF_ASNS_MAX];
	uint8_t role;			/* enum bgp_role */
	bool azure;			/* offer what Azure does, not more */
	bool strict_role;
	bool shutdown;			/* there is to be no session */
	char shutdown_message[BGP_SHUTDOWN_TEXT_MAX + 1];
	bool add_path_rx, add_path_tx;	/* RFC 7911 */
	bool restarted;			/* there was a vrsd before this one */
	uint16_t restart_time;		/* seconds, 0: no graceful restart */
	uint32_t long_lived_time;	/* seconds */
	uint32_t prefix_limit;
	uint8_t excess;			/* enum conf_excess */
	uint16_t prefix_restart;	/* seconds after a teardown */
};

/* One BFD session, with whom a BGP session is. */
struct msg_conf_bfd {
	struct row_peer_id id;
	struct prefix range;		/* as of msg_conf_peer */
	uint16_t interval;		/* ms */
	uint8_t mult;
	uint8_t multihop;		/* RFC 5883 */
	uint8_t min_ttl;		/* of what it sends, 0: any */
};

/*
 * Each instance address has one socket to receive, on BFD's port, and one to
 * send, from a port of its own (RFC 5881 section 4).
 */
struct msg_bfd_socket {
	uint32_t vni;
	struct addr local;
	uint32_t multihop;
};

struct msg_bfd_peer {
	uint32_t peer;
	struct addr remote;
};

struct msg_vnet_ready {
	uint32_t vni;
	uint8_t kept;			/* bgp_af_bit()s that were forwarded
					 * while there was no vrsd */
};

struct msg_forwarding {
	uint32_t vni;
	uint32_t on;			/* 0: and nothing has been kept */
};

struct msg_listener {
	uint32_t vni;
	struct addr local;
	uint8_t kept;			/* the same, of its VNet */
};

/* Why its keys are not on the listening socket; "": they are. */
struct msg_peer_problem {
	uint32_t peer;
	char problem[ROW_PROBLEM_MAX];
};

struct msg_dial_failed {
	uint32_t peer;
	int32_t error;			/* errno */
};

/* The latest wish for each prefix: where it leads; no next hop: remove it. */
struct msg_routes {
	uint32_t vni;
	uint16_t n_hops;		/* struct addr in the tail */
	uint8_t n_backups;		/* behind them, 0 or 1 */
	bool gateway;			/* as of rib_route */
};

#define MSG_HOPS_MAX	64
#define MSG_PREFIXES_MAX	64	/* also of an answer */

struct msg_hop {
	uint32_t vni;
	struct addr hop;
};

struct msg_route_failed {
	uint32_t vni;
	int32_t error;			/* errno */
	struct prefix prefix;
};

/*
 * An answer comes in batches, so that who asks can take its time: after about
 * QUERY_BATCH rows MSG_QUERY_BATCH, and the next after MSG_QUERY_MORE.
 */
#define QUERY_BATCH	256

enum query_kind {
	QUERY_PEERS,			/* speaker: ROW_PEER */
	QUERY_COUNTS,			/* speaker: ROW_COUNTS */
	QUERY_LEARNED,			/* speaker: ROW_ROUTE */
	QUERY_ADVERTISED,		/* speaker: ROW_ROUTE */
	QUERY_LOC_RIB,			/* speaker: ROW_ROUTE */
	QUERY_POLICY,			/* speaker: ROW_POLICY */
	QUERY_STATUS,			/* all: ROW_STATUS */
	QUERY_PROBLEMS,			/* kernel: ROW_PROBLEM */
	QUERY_BFD,			/* bfd: ROW_BFD */
	QUERY_KINDS,
};

struct msg_query {
	uint32_t id;			/* drawn by control */
	uint32_t kind;			/* enum query_kind */
	char vnet[IFNAMSIZ];		/* "": all */
	char neighbor[ROW_NAME_MAX];	/* name or address, "": all */
	char map[ROW_NAME_MAX];		/* of QUERY_POLICY */
	uint32_t outbound;		/* the same */
};

struct msg_row_peer {
	uint32_t query;
	struct row_peer row;
};

struct msg_row_counts {
	uint32_t query;
	uint32_t peer;
	uint32_t learned;
	uint32_t advertised;
};

struct msg_row_route {
	uint32_t query;
	struct row_route row;
	uint32_t attrs_len;
};

struct msg_row_status {
	uint32_t query;
	struct row_status row;
};

struct msg_row_problem {
	uint32_t query;
	struct row_vnet_problem row;
};

struct msg_row_policy {
	uint32_t query;
	struct row_policy row;
	uint32_t before_len;		/* bytes; the other is behind it */
};

struct msg_row_bfd {
	uint32_t query;
	struct row_bfd row;
};

struct msg_query_end {
	uint32_t query;
	int32_t error;			/* 0: complete */
};

#endif
