// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/chan.h"

/*
 * Small on purpose: what waits here, a flood of routes, delays whoever comes
 * behind it, and what is still in the cache is read faster.
 */
#define SEGMENT_SIZE	(16 * 1024)
#define FLUSH_SIZE	SEGMENT_SIZE	/* do not wait for the end of turn */
#define SEGMENTS_MAX	16		/* per write */
#define QUEUE_HIGH	(24 * 1024)	/* congested from here on ... */
#define QUEUE_LOW	(8 * 1024)	/* ... until here */
#define QUEUE_MAX	(1024 * 1024 * 1024)	/* nobody reads, on purpose */
#define READ_SIZE	(16 * 1024)
#define FDS_MAX		16		/* received and not yet handed out */

/* Whole messages on their way out; a descriptor has a segment of its own. */
struct segment {
	struct segment *next;
	size_t size;			/* of data */
	size_t len;			/* filled */
	size_t sent;
	int fd;
	uint8_t data[] __attribute__((aligned(CHAN_ALIGN)));
};

struct chan {
	int fd;
	const struct chan_ops *ops;
	void *ctx;
	struct loop_fd *watch;
	struct loop_job *flush_job;
	bool blocked;			/* the socket takes no more */
	bool congested;
	bool dead;

	struct segment *first, *last;
	size_t last_at;			/* of the last message, in .last */
	struct segment *spare;
	size_t queued;			/* bytes in all segments, unsent */

	uint8_t *in;
	size_t in_size, in_len;
	int fds[FDS_MAX];
	unsigned int n_fds;
};

static size_t padded(size_t len)
{
	return (len + CHAN_ALIGN - 1) & ~(size_t)(CHAN_ALIGN - 1);
}

static void watch_update(struct chan *ch)
{
	unsigned int want = 0;

	if (!ch->dead)
		want |= LOOP_READ;
	if (!ch->dead && ch->blocked)
		want |= LOOP_WRITE;
	loop_fd_want(ch->watch, want);
}

static void fail(struct chan *ch, int error)
{
	if (ch->dead)
		return;
	ch->dead = true;
	watch_update(ch);
	ch->ops->closed(ch, error);
}

/*
 * Sending
 */

static struct segment *segment_new(struct chan *ch, size_t room)
{
	struct segment *seg = ch->spare;

	if (seg && seg->size >= room) {
		ch->spare = NULL;
	} else {
		room = MAX(room, SEGMENT_SIZE);
		seg = xmalloc(sizeof(*seg) + room);
		seg->size = room;
	}
	seg->next = NULL;
	seg->len = 0;
	seg->sent = 0;
	seg->fd = -1;
	if (ch->last)
		ch->last->next = seg;
	else
		ch->first = seg;
	ch->last = seg;
	return seg;
}

static void segment_shift(struct chan *ch)
{
	struct segment *seg = ch->first;

	ch->first = seg->next;
	if (!ch->first)
		ch->last = NULL;
	if (!ch->spare && seg->size == SEGMENT_SIZE)
		ch->spare = seg;
	else
		free(seg);
}

/* @total bytes more, of which the last may be padding. */
static void grow(struct chan *ch, size_t total)
{
	struct segment *seg = ch->last;

	memset(seg->data + seg->len + total - CHAN_ALIGN, 0, CHAN_ALIGN);
	seg->len += total;
	ch->queued += total;
	if (ch->queued >= QUEUE_HIGH)
		ch->congested = true;
	if (!ch->blocked)
		loop_defer(ch->flush_job);
}

static void *append(struct chan *ch, uint16_t type, size_t len, int fd)
{
	size_t total = sizeof(struct chan_head) + padded(len);
	struct segment *seg = ch->last;
	struct chan_head *head;

	if (total > CHAN_MSG_MAX)
		fatalx("message %u of %zu bytes is too long", type, len);
	if (ch->queued > QUEUE_MAX)
		fatalx("%zu bytes wait for a process that does not read",
		       ch->queued);
	if (!seg || fd >= 0 || seg->fd >= 0 || seg->size - seg->len < total)
		seg = segment_new(ch, total);
	ch->last_at = seg->len;
	head = (struct chan_head *)(seg->data + seg->len);
	seg->fd = fd;
	/* The head last: it may have been taken for padding. */
	grow(ch, total);
	head->len = len;
	head->type = type;
	head->has_fd = fd >= 0;
	return head + 1;
}

bool chan_extend(struct chan *ch, uint16_t type, const void *data, size_t len,
		 size_t max)
{
	struct segment *seg = ch->last;
	struct chan_head *head;
	size_t more;

	if (!seg || seg->fd >= 0 || seg->sent > ch->last_at)
		return false;
	head = (struct chan_head *)(seg->data + ch->last_at);
	more = padded(head->len + len) - padded(head->len);
	if (head->type != type || head->len + len > max ||
	    seg->size - seg->len < more)
		return false;
	if (more > 0)
		grow(ch, more);
	memcpy((uint8_t *)(head + 1) + head->len, data, len);
	head->len += len;
	return true;
}

static ssize_t write_segments(struct chan *ch)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov[SEGMENTS_MAX];
	struct msghdr msg = { .msg_iov = iov };
	struct segment *seg = ch->first;
	struct cmsghdr *cmsg;

	for (; seg && msg.msg_iovlen < SEGMENTS_MAX; seg = seg->next) {
		if (seg->fd >= 0 && seg != ch->first)
			break;
		iov[msg.msg_iovlen].iov_base = seg->data + seg->sent;
		iov[msg.msg_iovlen++].iov_len = seg->len - seg->sent;
		if (seg->fd >= 0)
			break;
	}
	if (ch->first->fd >= 0 && ch->first->sent == 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &ch->first->fd, sizeof(int));
	}
	return sendmsg(ch->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void written(struct chan *ch, size_t n)
{
	struct segment *seg;
	size_t part;

	ch->queued -= n;
	while (n > 0) {
		seg = ch->first;
		part = MIN(n, seg->len - seg->sent);
		seg->sent += part;
		n -= part;
		if (seg->fd >= 0) {
			close(seg->fd);
			seg->fd = -1;
		}
		if (seg->sent == seg->len)
			segment_shift(ch);
	}
}

void chan_flush(struct chan *ch)
{
	ssize_t n;

	ch->blocked = false;
	while (ch->first && !ch->dead) {
		n = write_segments(ch);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			ch->blocked = true;
			break;
		}
		if (n < 0) {
			fail(ch, errno);
			break;
		}
		written(ch, n);
	}
	watch_update(ch);
	if (ch->congested && ch->queued <= QUEUE_LOW && !ch->dead) {
		ch->congested = false;
		if (ch->ops->drained)
			ch->ops->drained(ch);
	}
}

static void flush_due(void *arg)
{
	chan_flush(arg);
}

/* Called once the message is complete, unlike in append(). */
static void sent(struct chan *ch)
{
	if (ch->queued >= FLUSH_SIZE && !ch->blocked && !ch->congested)
		chan_flush(ch);
}

void chan_send2(struct chan *ch, uint16_t type, const void *body, size_t len,
		const void *tail, size_t tail_len)
{
	uint8_t *dst = append(ch, type, len + tail_len, -1);

	if (len)
		memcpy(dst, body, len);
	if (tail_len)
		memcpy(dst + len, tail, tail_len);
	sent(ch);
}

void chan_send(struct chan *ch, uint16_t type, const void *body, size_t len)
{
	chan_send2(ch, type, body, len, NULL, 0);
}

void chan_send_fd(struct chan *ch, uint16_t type, const void *body, size_t len,
		  int fd)
{
	void *dst = append(ch, type, len, fd);

	if (len)
		memcpy(dst, body, len);
	sent(ch);
}

void *chan_reserve(struct chan *ch, uint16_t type, size_t len)
{
	sent(ch);
	return append(ch, type, len, -1);
}

bool chan_congested(const struct chan *ch)
{
	return ch->congested;
}

/*
 * Receiving
 */

static bool keep_fds(struct chan *ch, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	unsigned int n, i;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			       sizeof(int));
			if (ch->n_fds < FDS_MAX)
				ch->fds[ch->n_fds++] = fd;
			else
				close(fd);
		}
	}
	return !(msg->msg_flags & MSG_CTRUNC);
}

static int take_fd(struct chan *ch)
{
	int fd;

	if (ch->n_fds == 0)
		return -1;
	fd = ch->fds[0];
	ch->n_fds--;
	memmove(ch->fds, ch->fds + 1, ch->n_fds * sizeof(int));
	return fd;
}

/* Hand out the message at @at; returns its size, 0 if it is not whole. */
static size_t dispatch_one(struct chan *ch, size_t at)
{
	const struct chan_head *head = (const void *)(ch->in + at);
	size_t total;
	int fd = -1;

	if (ch->in_len - at < sizeof(*head))
		return 0;
	total = sizeof(*head) + padded(head->len);
	if (total > CHAN_MSG_MAX) {
		fail(ch, EMSGSIZE);
		return 0;
	}
	if (ch->in_len - at < total) {
		if (total > ch->in_size) {
			ch->in = xreallocarray(ch->in, 1, total);
			ch->in_size = total;
		}
		return 0;
	}
	if (head->has_fd) {
		fd = take_fd(ch);
		if (fd < 0) {
			fail(ch, EBADMSG);
			return 0;
		}
	}
	ch->ops->message(ch, head->type, head + 1, head->len, fd);
	return total;
}

static void dispatch(struct chan *ch)
{
	size_t at = 0, n;

	while (!ch->dead) {
		n = dispatch_one(ch, at);
		if (n == 0)
			break;
		at += n;
	}
	if (at > 0) {
		ch->in_len -= at;
		memmove(ch->in, ch->in + at, ch->in_len);
	}
}

static void receive(struct chan *ch)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {
		.iov_base = ch->in + ch->in_len,
		.iov_len = ch->in_size - ch->in_len,
	};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = recvmsg(ch->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(ch, n < 0 ? errno : 0);
		return;
	}
	if (!keep_fds(ch, &msg)) {
		fail(ch, EMFILE);
		return;
	}
	ch->in_len += n;
	dispatch(ch);
}

static void ready(int fd, unsigned int what, void *arg)
{
	struct chan *ch = arg;

	(void)fd;
	if (what & LOOP_WRITE)
		chan_flush(ch);
	if (what & LOOP_READ && !ch->dead)
		receive(ch);
}

struct chan *chan_new(int fd, const struct chan_ops *ops, void *ctx)
{
	struct chan *ch = xcalloc(1, sizeof(*ch));

	ch->fd = fd;
	ch->ops = ops;
	ch->ctx = ctx;
	ch->in_size = READ_SIZE;
	ch->in = xmalloc(ch->in_size);
	ch->flush_job = loop_job_new(flush_due, ch);
	ch->watch = loop_fd_new(fd, LOOP_READ, ready, ch);
	return ch;
}

void chan_free(struct chan *ch)
{
	if (!ch)
		return;
	while (ch->first) {
		if (ch->first->fd >= 0)
			close(ch->first->fd);
		segment_shift(ch);
	}
	while (ch->n_fds > 0)
		close(ch->fds[--ch->n_fds]);
	free(ch->spare);
	loop_fd_free(ch->watch);
	loop_job_free(ch->flush_job);
	close(ch->fd);
	free(ch->in);
	free(ch);
}

void *chan_ctx(const struct chan *ch)
{
	return ch->ctx;
}
