/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OPEN (RFC 4271 4.2, RFC 9072) and its capabilities (RFC 5492). */
#ifndef BGP_OPEN_H
#define BGP_OPEN_H

#include "bgp/bgp.h"
#include "lib/buf.h"

enum bgp_cap_code {
	BGP_CAP_MP = 1,			/* RFC 4760 */
	BGP_CAP_ROUTE_REFRESH = 2,	/* RFC 2918 */
	BGP_CAP_EXTENDED_NEXT_HOP = 5,	/* RFC 8950 */
	BGP_CAP_EXTENDED_MESSAGE = 6,	/* RFC 8654 */
	BGP_CAP_ROLE = 9,		/* RFC 9234 */
	BGP_CAP_GRACEFUL_RESTART = 64,	/* RFC 4724 */
	BGP_CAP_AS4 = 65,		/* RFC 6793 */
	BGP_CAP_ADD_PATH = 69,		/* RFC 7911 */
	BGP_CAP_ENHANCED_REFRESH = 70,	/* RFC 7313 */
	BGP_CAP_LONG_LIVED = 71,	/* RFC 9494 */
};

#define BGP_RESTART_TIME_MAX	4095	/* seconds; 12 bits */
#define BGP_LONG_LIVED_MAX	0xffffff

/* Graceful restart, RFC 4724 3, RFC 8538 2, RFC 9494 3. */
struct bgp_cap_restart {
	bool restarting;		/* R: it has just restarted */
	bool notification;		/* N: also over a NOTIFICATION */
	uint16_t time;			/* seconds until it is back */
	uint8_t families;		/* whose routes are to be kept */
	uint8_t forwarding;		/* F: of these, it has kept its own */
	uint8_t long_lived;		/* families kept for longer */
	uint8_t long_lived_forwarding;
	uint32_t long_lived_time[BGP_AF_COUNT];	/* seconds */
};

/* What one side can do. All-zero: RFC 4271 and nothing else. */
struct bgp_caps {
	uint8_t families;		/* bgp_af_bit()s, each an MP entry */
	bool mp;			/* has MP entries, of any family */
	bool route_refresh;
	bool enhanced_refresh;
	bool extended_message;
	bool end_of_rib;		/* sends and wants End-of-RIB: it has
					 * the graceful restart capability */
	bool as4;
	uint8_t role;			/* enum bgp_role */
	uint8_t ext_nexthop;		/* families with IPv6 next hops */
	struct bgp_cap_restart restart;
	uint32_t as;			/* of the AS4 capability */
	uint8_t add_path_rx;		/* families it can receive */
	uint8_t add_path_tx;		/* families it can send */
	uint8_t unknown;		/* entries we know nothing of */
};

struct bgp_open {
	uint32_t as;			/* from AS4 if there, else My AS */
	uint16_t hold_time;		/* seconds, 0 or at least 3 */
	uint32_t router_id;		/* host byte order */
	struct bgp_caps caps;
};

void bgp_open_build(struct wbuf *w, const struct bgp_open *open);

/**
 * bgp_open_parse - the body of an OPEN and all checks that need no
 *	configuration (version, identifier, hold time, AS 0, lengths)
 * @body: bytes after the header
 *
 * Return: false with the NOTIFICATION in @err.
 */
bool bgp_open_parse(struct rbuf body, struct bgp_open *open,
		    struct bgp_error *err);

/**
 * bgp_open_negotiate - what two sets of capabilities agree on
 * @wire: the result; no families in it means there is nothing to talk about
 */
void bgp_open_negotiate(const struct bgp_caps *local,
			const struct bgp_caps *remote, struct bgp_wire *wire);

/**
 * bgp_roles_agree - RFC 9234 4.2
 * @local: ours towards this peer; BGP_ROLE_NONE: all is well
 * @strict: the peer must have told its own
 */
bool bgp_roles_agree(enum bgp_role local, const struct bgp_caps *remote,
		     bool strict);
/* "rs-client"; of what bgp_open_parse() may say, too. */
const char *bgp_role_name(enum bgp_role role);

/*
 * Write the MP capabilities of @caps, as an Unsupported Capability
 * NOTIFICATION wants them.
 */
void bgp_open_mp_caps(struct wbuf *w, const struct bgp_caps *caps);

/* "ipv4-unicast ipv6-unicast route-refresh as4", for log and status. */
void bgp_caps_format(const struct bgp_caps *caps, char *buf, size_t size);

#endif
