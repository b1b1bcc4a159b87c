/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BGP sessions of the speaker, as its other half may use them: the tables,
 * and what deals with messages of other processes.
 */
#ifndef VRSD_SESSION_H
#define VRSD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct msg_query;
struct rib_send;

void session_init(void);
/*
 * A message of another process: false if it is not for sessions. @fd is -1 or
 * the callee's.
 */
bool session_message(uint16_t type, const void *body, int fd);
/* QUERY_PEERS, answered at once or when control can take it. */
void session_query(const struct msg_query *query);
void session_query_cancel(uint32_t id);
/* Control takes more. */
void session_query_go_on(void);
/* Say goodbye to all peers, for good. */
void session_shutdown(void);

/* Queue BGP messages, encoded once, for those who are to get them. */
void session_send(const struct rib_send *send);

/*
 * The next two may be called while the peer is being dealt with: what they ask
 * for is done when that is over, and not if the session has ended by then.
 */

/* Have the peer announce everything again, if it can. */
void session_ask_refresh(uint32_t number);
/* End its session, for @restart seconds; 0: until somebody does something. */
void session_over_limit(uint32_t number, uint32_t restart);

#endif
