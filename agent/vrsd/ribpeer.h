/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sessions tell the tables of their peers. A peer is named by its number
 * (vrsd/msg.h); of one that no table knows nothing is taken.
 *
 * Tables never go back into a session from here: what they want of one, they
 * ask for with session_send(), session_ask_refresh() and session_over_limit(),
 * and all of these only queue.
 */
#ifndef VRSD_RIBPEER_H
#define VRSD_RIBPEER_H

#include "bgp/bgp.h"
#include "bgp/msg.h"
#include "ctl/rows.h"
#include "lib/buf.h"

struct bgp_attrs;

/* A session became Established. */
struct ribpeer_up {
	struct row_peer_id id;
	struct bgp_wire wire;
	uint8_t forwarding;		/* families whose stale routes hold
					 * until End-of-RIB, */
	uint8_t long_lived_forwarding;	/* and whose long-lived ones do */
	bool end_of_rib;		/* it sends that */
	bool restarting;		/* it waits for ours */
	bool enhanced_refresh;		/* RFC 7313 was agreed on */
	uint8_t role;			/* enum bgp_role, ours */
};

/* It has ended; what it leaves becomes stale, all else is withdrawn. */
struct ribpeer_down {
	uint8_t kept;			/* bgp_af_bit()s */
	uint16_t restart_time[BGP_AF_COUNT];	/* seconds to come back */
	uint32_t long_lived_time[BGP_AF_COUNT];	/* and then */
};

void ribpeer_up(const struct ribpeer_up *up);
void ribpeer_down(uint32_t number, const struct ribpeer_down *down);

/**
 * ribpeer_update - take one block of an UPDATE
 * @attrs: as bgp_update_attrs() has them; NULL: a withdrawal
 * @nlri: with path identifiers if the session's wire has them
 */
void ribpeer_update(uint32_t number, enum bgp_af af,
		    const struct bgp_attrs *attrs, struct rbuf nlri);
void ribpeer_end_of_rib(uint32_t number, enum bgp_af af);
/* ROUTE-REFRESH: a request, BoRR or EoRR. */
void ribpeer_refresh(uint32_t number, enum bgp_af af, enum bgp_refresh what);

/*
 * Too much waits to be sent to it: until ribpeer_resume() only remember what
 * has changed for it.
 */
void ribpeer_pause(uint32_t number);
void ribpeer_resume(uint32_t number);

/* From now on no table knows anybody: what is in the kernel stays there. */
void ribpeer_end(void);

#endif
