/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graceful restart as far as sessions are concerned: which of a peer's routes
 * outlive a session, and how a session ends that should or should not leave
 * any. RFC 4724, RFC 8538, RFC 9494.
 */
#ifndef BGP_RESTART_H
#define BGP_RESTART_H

#include "bgp/fsm.h"

/**
 * bgp_restart_kept - what of the peer's routes its lost session leaves
 * @conn: the session
 * @err: why it ended; code 0: the transport went
 *
 * Return: no family in .families if all go at once.
 */
struct bgp_kept bgp_restart_kept(const struct bgp_conn *conn,
				 const struct bgp_error *err);
/* Whether a session with notification support (RFC 8538 2) is up. */
bool bgp_restart_notifies(const struct bgp_conn *conn);
/*
 * RFC 8538 3: the same error inside a Hard Reset, if it is one after which
 * no routes are to be kept and the peer would keep them.
 */
void bgp_restart_harden(const struct bgp_conn *conn, struct bgp_error *err);

#endif
