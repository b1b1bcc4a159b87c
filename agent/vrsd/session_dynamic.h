/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbors of ranges, which dial in and have a peer as long as they stay. */
#ifndef VRSD_SESSION_DYNAMIC_H
#define VRSD_SESSION_DYNAMIC_H

#include "vrsd/session_peer.h"

/* The peer of that number is a place in a range, or not any more. */
void session_dynamic_conf(const struct msg_conf_peer *conf);
/* That was all; places that were not named are gone. */
void session_dynamic_conf_end(void);

/* A peer for who has dialled in; NULL: there is none for it. */
struct session_peer *session_dynamic_find(const struct msg_listener *where,
					  const struct addr *remote, int fd);
/* See later whether one that dialled in is still there. */
void session_dynamic_look_after(void);

/* Rows of ranges that are refused. */
void session_dynamic_query(const struct msg_query *query);
void session_dynamic_init(void);

#endif
