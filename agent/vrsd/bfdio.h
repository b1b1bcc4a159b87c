/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of the process bfd. */
#ifndef VRSD_BFDIO_H
#define VRSD_BFDIO_H

#include "vrsd/msg.h"

struct loop_fd;

struct bfdio_sock {
	struct bfdio_sock *next;
	struct msg_bfd_socket id;
	int receiver;
	int sender;			/* -1: comes */
	struct loop_fd *watch;
};

struct bfdio_ops {
	/* A packet. @ttl: 0: unknown. */
	void (*input)(struct bfdio_sock *sock, const struct addr *remote,
		      int ttl, const uint8_t *data, size_t len);
	/* Whose socket @sock is has @now, which is NULL when it closes. */
	void (*give)(const struct bfdio_sock *sock, struct bfdio_sock *now);
};

bool bfdio_is(const struct bfdio_sock *sock, const struct msg_bfd_socket *id);
/* NULL: there is none. */
struct bfdio_sock *bfdio_find(const struct msg_bfd_socket *id);
/* Have one packet handled; whether there was one. */
bool bfdio_read(struct bfdio_sock *sock);
/* Send BFD_PACKET_LEN bytes; 0, or -1 with errno set. */
int bfdio_send(const struct bfdio_sock *sock, const struct addr *remote,
	       const uint8_t *data);

/* MSG_BFD_RECEIVER, MSG_BFD_SENDER and MSG_BFD_CLOSE */
void bfdio_receiver(const struct msg_bfd_socket *id, int fd);
void bfdio_sender(const struct msg_bfd_socket *id, int fd);
void bfdio_close(const struct msg_bfd_socket *id);
void bfdio_init(const struct bfdio_ops *ops);

#endif
