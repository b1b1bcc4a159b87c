// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/util.h"
#include "vrsd/out.h"

#define SMALL_SIZE	4096		/* buffer that gathers copies */
#define GATHER_SIZE	(64 * 1024)	/* shared buffer */
#define PARTS_MAX	64		/* per write */

static struct out_buf *buf_alloc(size_t size)
{
	struct out_buf *buf = xmalloc(sizeof(*buf) + size);

	buf->refs = 1;
	buf->len = 0;
	buf->size = size;
	return buf;
}

static void buf_unref(struct out_buf *buf)
{
	if (--buf->refs == 0)
		free(buf);
}

struct out_buf *out_gather(const void *data, size_t len, size_t *offset)
{
	static struct out_buf *buf;

	/* Referred to by nobody else: all that it held has been sent. */
	if (buf && buf->refs == 1)
		buf->len = 0;
	if (!buf || buf->size - buf->len < len) {
		if (buf)
			buf_unref(buf);
		buf = buf_alloc(MAX(len, GATHER_SIZE));
	}
	*offset = buf->len;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return buf;
}

static struct out_ref *ref_at(struct out_queue *queue, size_t i)
{
	return &queue->refs[(queue->head + i) % queue->size];
}

static void grow(struct out_queue *queue)
{
	size_t size = queue->size ? queue->size * 2 : 16, i;
	struct out_ref *refs = xreallocarray(NULL, size, sizeof(*refs));

	for (i = 0; i < queue->count; i++)
		refs[i] = *ref_at(queue, i);
	free(queue->refs);
	queue->refs = refs;
	queue->size = size;
	queue->head = 0;
}

void out_queue_ref(struct out_queue *queue, struct out_buf *buf,
		   size_t offset, size_t len)
{
	struct out_ref *last = queue->count ?
			       ref_at(queue, queue->count - 1) : NULL;

	queue->bytes += len;
	if (last && last->buf == buf && last->offset + last->len == offset) {
		last->len += len;
		return;
	}
	if (queue->count == queue->size)
		grow(queue);
	buf->refs++;
	*ref_at(queue, queue->count++) = (struct out_ref){
		.buf = buf,
		.offset = offset,
		.len = len,
	};
}

void out_queue_copy(struct out_queue *queue, const void *data, size_t len)
{
	struct out_buf *buf = NULL;

	if (queue->count)
		buf = ref_at(queue, queue->count - 1)->buf;
	if (buf && buf->refs == 1 && buf->size - buf->len >= len) {
		memcpy(buf->data + buf->len, data, len);
		buf->len += len;
		out_queue_ref(queue, buf, buf->len - len, len);
		return;
	}
	buf = buf_alloc(MAX(len, SMALL_SIZE));
	memcpy(buf->data, data, len);
	buf->len = len;
	out_queue_ref(queue, buf, 0, len);
	buf_unref(buf);
}

void out_queue_ref_waiting(struct out_queue *queue, struct out_buf *buf,
			   size_t offset, size_t len)
{
	if (len < SMALL_SIZE)
		out_queue_copy(queue, buf->data + offset, len);
	else
		out_queue_ref(queue, buf, offset, len);
}

static void written(struct out_queue *queue, size_t n)
{
	struct out_ref *ref;
	size_t part;

	queue->bytes -= n;
	while (n > 0) {
		ref = ref_at(queue, 0);
		part = MIN(n, ref->len);
		ref->offset += part;
		ref->len -= part;
		n -= part;
		if (ref->len == 0) {
			buf_unref(ref->buf);
			queue->head = (queue->head + 1) % queue->size;
			queue->count--;
		}
	}
}

ssize_t out_queue_write(struct out_queue *queue, int fd)
{
	struct iovec iov[PARTS_MAX];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t total = 0, n;
	size_t i;

	while (queue->count > 0) {
		msg.msg_iovlen = MIN(queue->count, PARTS_MAX);
		for (i = 0; i < msg.msg_iovlen; i++) {
			struct out_ref *ref = ref_at(queue, i);

			iov[i].iov_base = ref->buf->data + ref->offset;
			iov[i].iov_len = ref->len;
		}
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -1;
		written(queue, n);
		total += n;
	}
	return total;
}

void out_queue_clear(struct out_queue *queue)
{
	while (queue->count > 0)
		written(queue, ref_at(queue, 0)->len);
	free(queue->refs);
	*queue = (struct out_queue){ 0 };
}
