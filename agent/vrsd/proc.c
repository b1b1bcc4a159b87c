// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/hash.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/proc.h"

static enum proc_id self;
static const struct proc_ops *ops;
static struct chan *chans[PROC_COUNT];
static uint64_t started_ms;
static int statm_fd;			/* how much memory is in use */

static enum proc_id other_end(const struct chan *ch)
{
	return (struct chan **)chan_ctx(ch) - chans;
}

void proc_violation(enum proc_id from, uint16_t type)
{
	fatalx("message %s from process %s makes no sense", msg_name(type),
	       proc_name(from));
}

static void shutdown_asked(void)
{
	if (ops->shutdown)
		ops->shutdown();
	else
		loop_exit(0);
}

static void message(struct chan *ch, uint16_t type, const void *body,
		    size_t len, int fd)
{
	enum proc_id from = other_end(ch);

	if (!msg_valid(from, self, type, len, fd >= 0) ||
	    !msg_strings_end(type, body))
		proc_violation(from, type);
	switch (type) {
	case MSG_CHANNEL:
		proc_attach(*(const uint32_t *)body, fd);
		break;
	case MSG_SHUTDOWN:
		shutdown_asked();
		break;
	case MSG_PING:
		chan_send(ch, MSG_PONG, NULL, 0);
		break;
	default:
		ops->message(from, type, body, len, fd);
	}
}

static bool is_gone(int error)
{
	return error == 0 || error == ECONNRESET || error == EPIPE;
}

/* Who lives on without a channel would wait for ever for what was to come. */
static void closed(struct chan *ch, int error)
{
	if (!is_gone(error))
		fatalx("channel to %s: %s", proc_name(other_end(ch)),
		       strerror(error));
	if (ops->lost)
		ops->lost(other_end(ch));
	else if (other_end(ch) == PROC_PARENT)
		loop_exit(1);
}

static void drained(struct chan *ch)
{
	if (ops->drained)
		ops->drained(other_end(ch));
}

static const struct chan_ops chan_ops = {
	.message = message,
	.closed = closed,
	.drained = drained,
};

void proc_attach(enum proc_id other, int fd)
{
	if (other >= PROC_COUNT || chans[other])
		fatalx("no second channel to process %u", other);
	chans[other] = chan_new(fd, &chan_ops, &chans[other]);
}

struct chan *proc_chan(enum proc_id other)
{
	if (!chans[other])
		fatalx("no channel to process %s", proc_name(other));
	return chans[other];
}

bool proc_has_chan(enum proc_id other)
{
	return chans[other] != NULL;
}

void proc_ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGINT, SIGTERM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

void proc_init(enum proc_id proc, const struct proc_ops *proc_ops)
{
	self = proc;
	ops = proc_ops;
	started_ms = loop_now_ms();
	proc_ignore_signals();
	hash_init();
	loop_init();
	statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (proc != PROC_PARENT)
		proc_attach(PROC_PARENT, PROC_PARENT_FD);
}

static uint64_t resident_bytes(void)
{
	unsigned long size, resident;
	char text[128];
	ssize_t n = pread(statm_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%lu %lu", &size, &resident) != 2)
		return 0;
	return (uint64_t)resident * sysconf(_SC_PAGESIZE);
}

void proc_status(struct row_status *row)
{
	memset(row, 0, sizeof(*row));
	snprintf(row->process, sizeof(row->process), "%s", proc_name(self));
	row->pid = getpid();
	row->seconds = (loop_now_ms() - started_ms) / 1000;
	row->rss = resident_bytes();
}

void proc_send_status(uint32_t query)
{
	struct msg_row_status msg = { .query = query };

	proc_status(&msg.row);
	chan_send(proc_chan(PROC_CONTROL), MSG_ROW_STATUS, &msg, sizeof(msg));
}

void proc_query_end(uint32_t query, int error, const char *text)
{
	struct msg_query_end end = { .query = query, .error = error };

	chan_send2(proc_chan(PROC_CONTROL), MSG_QUERY_END, &end, sizeof(end),
		   text, text ? strlen(text) : 0);
}
