/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be shown of the agent, a row at a time: filled in by the process
 * that knows, made into JSON by the one that answers. protocol.h says what
 * the members mean to those who ask.
 */
#ifndef CTL_ROWS_H
#define CTL_ROWS_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgp/attr.h"
#include "bgp/bgp.h"
#include "lib/addr.h"

#define ROW_NAME_MAX	64		/* neighbor name, with its 0 */
#define ROW_PROBLEM_MAX	128

/* One session as configured. */
struct row_peer_id {
	uint32_t peer;
	uint32_t vni;
	char vnet[IFNAMSIZ];
	char neighbor[ROW_NAME_MAX];
	uint32_t instance;		/* index of the instance address */
	struct addr local;		/* instance address */
	struct addr remote;
	uint32_t local_as;
	uint32_t remote_as;
};

/* What its segments are authenticated with. */
enum row_protection {
	ROW_UNPROTECTED,
	ROW_TCP_MD5,
	ROW_TCP_AO,
	ROW_PROTECTIONS,
};

/* A session's state; the prefix counts are another process's. */
struct row_peer {
	struct row_peer_id id;
	uint8_t state;			/* enum bgp_state */
	uint8_t last_error_received;
	uint16_t hold_time;		/* agreed on */
	uint32_t remote_id;
	uint64_t since_ms;		/* how long it has been in this state */
	uint64_t rx[BGP_MSG_TYPE_MAX + 1];
	uint64_t tx[BGP_MSG_TYPE_MAX + 1];
	uint64_t treated_as_withdraw;	/* UPDATEs, RFC 7606 */
	uint64_t attrs_discarded;	/* likewise */
	uint64_t queued;		/* bytes to be sent */
	uint32_t established;		/* times */
	uint32_t connect_retries;	/* failed since it was started */
	uint32_t learned;		/* prefixes */
	uint32_t advertised;
	uint16_t restart_time;		/* seconds it asks for */
	char role[16];			/* what it says it is, "": nothing */
	char capabilities[192];		/* the peer's */
	char sent_capabilities[192];	/* ours */
	char last_error[400];
	bool shutdown;			/* by the configuration */
	uint32_t restart_in;		/* seconds it has to wait for having
					 * announced too much; 0: it has not */
	uint8_t protection;		/* enum row_protection */
	bool ao_known;			/* what follows is, of the session */
	uint8_t ao_send_id;		/* of the key that we use */
	uint8_t ao_recv_id;		/* of the one we have asked it to */
	uint64_t ao_good, ao_bad;	/* segments */
	char problem[ROW_PROBLEM_MAX];	/* with its keys: it is refused */
};

enum row_route_state {
	ROW_ROUTE_NONE,			/* not to be in the kernel */
	ROW_ROUTE_PENDING,
	ROW_ROUTE_INSTALLED,
	ROW_ROUTE_FAILED,
};

/* One path; struct bgp_attrs is kept beside it. */
struct row_route {
	struct row_peer_id id;		/* neighbor "": the VNet's own */
	struct addr source;		/* who sent it, family 0: nobody */
	struct prefix prefix;
	uint32_t path_id;		/* RFC 7911, 0: none */
	uint8_t best;			/* in use */
	uint8_t stale;
	uint8_t own;			/* originated for the VNet */
	uint8_t state;			/* enum row_route_state */
	int32_t error;			/* errno of ROW_ROUTE_FAILED */
	char why[48];			/* what it lost by, or "" */
	char error_text[120];
};

struct row_status {
	char process[16];
	int32_t pid;
	uint64_t seconds;
	uint64_t rss;			/* bytes */
	uint64_t prefixes;
	uint64_t paths;
	uint64_t attributes;		/* interned sets */
	uint64_t failed;		/* routes the kernel refuses */
	uint64_t audits;		/* comparisons with the kernel ... */
	uint64_t repairs;		/* ... and differences they found */
};

/* The first thing about a VNet that could not be made as described. */
struct row_vnet_problem {
	char vnet[IFNAMSIZ];
	char text[320];
};

enum row_outcome {
	ROW_UNCHANGED,
	ROW_CHANGED,
	ROW_DROPPED,
	ROW_REPLACED,			/* by .prefix */
	ROW_OUTCOMES,
};

/* What a map would do; two struct bgp_attrs are kept beside it. */
struct row_policy {
	struct row_peer_id id;
	struct prefix network;
	uint8_t outcome;		/* enum row_outcome */
	struct prefix prefix;
};

/* One BFD session. */
struct row_bfd {
	struct row_peer_id id;
	uint8_t state, remote_state;	/* enum bfd_state */
	uint8_t diag, remote_diag;	/* enum bfd_diag */
	uint8_t multihop;
	uint8_t mult, remote_mult;
	uint8_t polling;
	uint32_t disc, remote_disc;
	uint32_t tx_us, rx_us;		/* agreed on, 0: none */
	uint64_t detect_us;
	uint64_t since_ms;		/* how long it has been in this state */
	uint64_t rx, tx, discarded;	/* packets */
	uint32_t ups;
};

enum row_view {
	ROW_LEARNED,
	ROW_ADVERTISED,
	ROW_LOC_RIB,
};

/* New references. */
json_t *row_peer_json(const struct row_peer *row);
json_t *row_route_json(const struct row_route *row,
		       const struct bgp_attrs *attrs, enum row_view view);
json_t *row_policy_json(const struct row_policy *row,
			const struct bgp_attrs *before,
			const struct bgp_attrs *after);
json_t *row_status_json(const struct row_status *row);
/* Of a neighbor with a problem, or of a VNet. */
json_t *row_peer_problem_json(const struct row_peer *row);
json_t *row_vnet_problem_json(const struct row_vnet_problem *row);
json_t *row_bfd_json(const struct row_bfd *row);

#endif
