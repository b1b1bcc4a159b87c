/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels between the processes: typed messages over a connected pair of
 * AF_UNIX stream sockets, in order, batched, with descriptors.
 *
 * Sending never waits and never fails: messages gather in memory and leave
 * together at the end of the loop turn, or as soon as there are many. A sender
 * of bulk data looks at chan_congested() and, while it holds, produces no
 * more until ->drained is called; thus a slow process slows its producers
 * down and nothing grows without bound. Nobody waits for an answer.
 */
#ifndef VRSD_CHAN_H
#define VRSD_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAN_MSG_MAX	(1024 * 1024)	/* bytes, header included */
#define CHAN_ALIGN	8		/* of every message, and so of bodies */

/* On the channel each message is this and its body, padded to CHAN_ALIGN. */
struct chan_head {
	uint32_t len;			/* of the body */
	uint16_t type;			/* enum msg_type */
	uint16_t has_fd;		/* a descriptor travels with it */
};

struct chan;

struct chan_ops {
	/*
	 * One message. @body is aligned and valid until the return; @fd is -1
	 * or the callee's. Must not call chan_free().
	 */
	void (*message)(struct chan *ch, uint16_t type, const void *body,
			size_t len, int fd);
	/*
	 * The other end is gone: @error is 0, ECONNRESET or EPIPE. Or it sent
	 * what no channel carries, or nothing can be carried any more.
	 */
	void (*closed)(struct chan *ch, int error);
	/* No longer congested; may be NULL. */
	void (*drained)(struct chan *ch);
};

/**
 * chan_new - take a connected stream socket
 * @fd: becomes the channel's, and nonblocking
 * @ctx: the caller's, see chan_ctx()
 */
struct chan *chan_new(int fd, const struct chan_ops *ops, void *ctx);
void chan_free(struct chan *ch);
void *chan_ctx(const struct chan *ch);

void chan_send(struct chan *ch, uint16_t type, const void *body, size_t len);
/* A fixed part and a variable one behind it. */
void chan_send2(struct chan *ch, uint16_t type, const void *body, size_t len,
		const void *tail, size_t tail_len);
/* @fd is closed once it has been sent. */
void chan_send_fd(struct chan *ch, uint16_t type, const void *body, size_t len,
		  int fd);

/**
 * chan_reserve - compose a message in place
 * @len: of the body
 *
 * Return: room for the body, aligned; good until the next call on @ch.
 */
void *chan_reserve(struct chan *ch, uint16_t type, size_t len);

/**
 * chan_extend - add to the last message
 * @type: its type
 * @data: what its body grows by
 * @max: bytes that the body may have then
 *
 * Return: false if it is another's, has begun to leave, or has no room.
 */
bool chan_extend(struct chan *ch, uint16_t type, const void *data, size_t len,
		 size_t max);

/* Whether more waits to be sent than a producer should add to. */
bool chan_congested(const struct chan *ch);
/* Write what the socket takes now, without waiting for the end of the turn. */
void chan_flush(struct chan *ch);
#endif
