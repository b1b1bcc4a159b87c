/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of the process bfd.
 *
 * It goes before all other processes, so nobody is to keep it busy. Of what
 * comes from others than neighbors the kernel drops all it can tell
 * (bfd/filter.h). When much of what it lets in is for nobody all the same, the
 * socket rests for a while, and the kernel drops what it has no room for.
 */
#ifndef VRSD_BFDIO_H
#define VRSD_BFDIO_H

#include "bfd/filter.h"
#include "vrsd/msg.h"

struct loop_fd;
struct loop_timer;

struct bfdio_sock {
	struct bfdio_sock *next;
	struct msg_bfd_socket id;
	int receiver;
	int sender;			/* -1: comes */
	struct loop_fd *watch;
	unsigned int stray;		/* packets, while rest runs */
	struct loop_timer *rest;
	struct bfd_filter filter;	/* to be */
	bool stale;			/* that of the kernel */
	bool complained;		/* about that */
};

struct bfdio_ops {
	/* A packet; whether it was one of a neighbor. @ttl: 0: unknown. */
	bool (*input)(struct bfdio_sock *sock, const struct addr *remote,
		      int ttl, const uint8_t *data, size_t len);
	/* Add all neighbors to the filters of the sockets that are stale. */
	void (*neighbors)(void);
	/* Whose socket @sock is has @now, which is NULL when it closes. */
	void (*give)(const struct bfdio_sock *sock, struct bfdio_sock *now);
};

bool bfdio_is(const struct bfdio_sock *sock, const struct msg_bfd_socket *id);
/* NULL: there is none. */
struct bfdio_sock *bfdio_find(const struct msg_bfd_socket *id);
/* There are other neighbors now; @sock: may be NULL. */
void bfdio_change(struct bfdio_sock *sock);
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
