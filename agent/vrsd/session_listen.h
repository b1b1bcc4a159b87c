/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listening sockets that the parent has handed over. */
#ifndef VRSD_SESSION_LISTEN_H
#define VRSD_SESSION_LISTEN_H

#include "vrsd/msg.h"

/* In place of one that there may be, whose connections are then dropped. */
void session_listen_open(const struct msg_listener *conf, int fd);
/* Whether there was one. */
bool session_listen_close(const struct msg_listener *conf);
void session_listen_forwarding(const struct msg_forwarding *msg);

/* Of a peer, families that were forwarded before this process was there. */
uint8_t session_listen_kept(const struct row_peer_id *id);
/* Whether they are forwarded now, as far as is known. */
bool session_listen_forwards(const struct row_peer_id *id);

#endif
