/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waits to be written to a connection. Bulk data is held by reference,
 * so that bytes that go to many peers are in memory once, and leaves in large
 * writes; small messages are gathered.
 */
#ifndef VRSD_OUT_H
#define VRSD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that several queues can refer to. */
struct out_buf {
	unsigned int refs;
	size_t len;
	size_t size;			/* of data */
	uint8_t data[];
};

/**
 * out_gather - put bytes where several queues can refer to them
 * @offset: where in the buffer they are
 *
 * Bytes gathered one after the other lie one after the other as long as there
 * is room. Return: the buffer; it is good until the next call unless referred
 * to.
 */
struct out_buf *out_gather(const void *data, size_t len, size_t *offset);

struct out_ref {
	struct out_buf *buf;
	size_t offset;
	size_t len;
};

struct out_queue {
	struct out_ref *refs;		/* ring of size entries */
	size_t size, head, count;
	size_t bytes;			/* not yet written */
};

/* Queue a part of @buf, taking a reference. */
void out_queue_ref(struct out_queue *queue, struct out_buf *buf,
		   size_t offset, size_t len);
/*
 * The same where it has to wait: small parts are copied, as each would keep
 * its whole buffer in memory, and much more than is counted in bytes.
 */
void out_queue_ref_waiting(struct out_queue *queue, struct out_buf *buf,
			   size_t offset, size_t len);
/* Queue a copy. */
void out_queue_copy(struct out_queue *queue, const void *data, size_t len);
/*
 * Write to @fd until all is written or it takes no more.
 * Return: bytes written, or -1 with errno set.
 */
ssize_t out_queue_write(struct out_queue *queue, int fd);
/* Drop all, and the memory. */
void out_queue_clear(struct out_queue *queue);

#endif
