/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and names of BGP that every part of the codec shares. */
#ifndef BGP_BGP_H
#define BGP_BGP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define BGP_PORT		179
#define BGP_VERSION		4
#define BGP_HEADER_LEN		19
#define BGP_MSG_MAX		4096	/* RFC 4271 */
#define BGP_MSG_MAX_EXT		65535	/* RFC 8654 */
#define BGP_AS_TRANS		23456	/* RFC 6793 */

enum bgp_msg_type {
	BGP_MSG_OPEN = 1,
	BGP_MSG_UPDATE = 2,
	BGP_MSG_NOTIFICATION = 3,
	BGP_MSG_KEEPALIVE = 4,
	BGP_MSG_ROUTE_REFRESH = 5,
	BGP_MSG_TYPE_MAX = BGP_MSG_ROUTE_REFRESH,
};

/* Address families this speaker knows; index of tables and bit of masks. */
enum bgp_af {
	BGP_IPV4_UNICAST,
	BGP_IPV6_UNICAST,
	BGP_AF_COUNT,
};

struct bgp_af_info {
	uint16_t afi;			/* IANA address family */
	uint8_t safi;			/* 1: unicast */
	uint8_t family;			/* AF_INET, AF_INET6 */
	const char *name;		/* "ipv4-unicast" */
};

extern const struct bgp_af_info bgp_af_info[BGP_AF_COUNT];

/* Find the family of @afi and @safi; false if it is not one of ours. */
bool bgp_af_find(uint16_t afi, uint8_t safi, enum bgp_af *af);

static inline uint8_t bgp_af_bit(enum bgp_af af)
{
	return 1u << af;
}

/* NOTIFICATION codes, RFC 4271 4.5 and later ones. */
enum bgp_error_code {
	BGP_ERR_HEADER = 1,
	BGP_ERR_OPEN = 2,
	BGP_ERR_UPDATE = 3,
	BGP_ERR_HOLD_TIMER = 4,
	BGP_ERR_FSM = 5,
	BGP_ERR_CEASE = 6,
	BGP_ERR_ROUTE_REFRESH = 7,	/* RFC 7313 */
	BGP_ERR_SEND_HOLD_TIMER = 8,	/* RFC 9687 */
};

enum bgp_header_error {
	BGP_HEADER_NOT_SYNCHRONIZED = 1,
	BGP_HEADER_BAD_LENGTH = 2,
	BGP_HEADER_BAD_TYPE = 3,
};

enum bgp_open_error {
	BGP_OPEN_UNSPECIFIC = 0,
	BGP_OPEN_BAD_VERSION = 1,
	BGP_OPEN_BAD_PEER_AS = 2,
	BGP_OPEN_BAD_IDENTIFIER = 3,
	BGP_OPEN_BAD_PARAMETER = 4,
	BGP_OPEN_BAD_HOLD_TIME = 6,
	BGP_OPEN_BAD_CAPABILITY = 7,
	BGP_OPEN_ROLE_MISMATCH = 11,	/* RFC 9234 */
};

enum bgp_update_error {
	BGP_UPDATE_BAD_ATTR_LIST = 1,
	BGP_UPDATE_UNKNOWN_WELL_KNOWN = 2,
	BGP_UPDATE_MISSING_WELL_KNOWN = 3,
	BGP_UPDATE_BAD_FLAGS = 4,
	BGP_UPDATE_BAD_LENGTH = 5,
	BGP_UPDATE_BAD_ORIGIN = 6,
	BGP_UPDATE_BAD_NEXT_HOP = 8,
	BGP_UPDATE_BAD_OPTIONAL = 9,
	BGP_UPDATE_BAD_NETWORK = 10,
	BGP_UPDATE_BAD_AS_PATH = 11,
};

enum bgp_fsm_error {			/* RFC 6608 */
	BGP_FSM_UNSPECIFIED = 0,
	BGP_FSM_IN_OPENSENT = 1,
	BGP_FSM_IN_OPENCONFIRM = 2,
	BGP_FSM_IN_ESTABLISHED = 3,
};

enum bgp_cease {			/* RFC 4486, 8538, 9384 */
	BGP_CEASE_UNSPECIFIC = 0,
	BGP_CEASE_MAX_PREFIXES = 1,
	BGP_CEASE_ADMIN_SHUTDOWN = 2,
	BGP_CEASE_PEER_DECONFIGURED = 3,
	BGP_CEASE_ADMIN_RESET = 4,
	BGP_CEASE_REJECTED = 5,
	BGP_CEASE_CONFIG_CHANGE = 6,
	BGP_CEASE_COLLISION = 7,
	BGP_CEASE_OUT_OF_RESOURCES = 8,
	BGP_CEASE_HARD_RESET = 9,
	BGP_CEASE_BFD_DOWN = 10,
};

/* What a speaker is to its peer, RFC 9234 4.1; on the wire one less. */
enum bgp_role {
	BGP_ROLE_NONE,			/* it does not say */
	BGP_ROLE_PROVIDER,
	BGP_ROLE_RS,
	BGP_ROLE_RS_CLIENT,
	BGP_ROLE_CUSTOMER,
	BGP_ROLE_PEER,
	BGP_ROLE_CONFLICT,		/* says two, or one there is not */
};

#define BGP_ERROR_DATA_MAX	(BGP_MSG_MAX - BGP_HEADER_LEN - 2)

/*
 * What ends a session: the NOTIFICATION to send, or that was received, and
 * the reason in words for log and status. Filled by whoever finds the error.
 */
struct bgp_error {
	uint8_t code;			/* enum bgp_error_code, 0: none */
	uint8_t subcode;
	bool hard;			/* no route of the peer may outlive it,
					 * whatever the code; only of what we
					 * send */
	uint16_t data_len;		/* bytes of data */
	char text[400];			/* one line for people */
	uint8_t data[BGP_ERROR_DATA_MAX];
};

/* Fill @err; @data longer than a NOTIFICATION can carry is cut. */
void bgp_error_set(struct bgp_error *err, uint8_t code, uint8_t subcode,
		   const void *data, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* The names of a code and of its subcode ("" if it has none). */
const char *bgp_error_code_name(uint8_t code);
const char *bgp_error_subcode_name(uint8_t code, uint8_t subcode);

/*
 * What both ends agreed on in OPEN, as far as it changes the bytes of later
 * messages. Peers with equal values can share encoded messages.
 */
struct bgp_wire {
	bool as4;			/* 4-octet AS numbers, RFC 6793 */
	uint16_t max_len;		/* longest message we may send */
	uint8_t families;		/* bgp_af_bit()s in use */
	uint8_t add_path_rx;		/* families received with path ids */
	uint8_t add_path_tx;		/* families sent with path ids */
	uint8_t ext_nexthop;		/* families with IPv6 next hops */
	uint8_t long_lived;		/* families whose stale routes the
					 * peer may be told, RFC 9494 */
};

#endif
