// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Channels between two ends in one loop: order, sizes, descriptors, congestion,
 * and what happens to one whose other end sends nonsense or goes away.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/chan.h"

#define PATTERN(i, at)	((uint8_t)((i) * 31 + (at)))

struct end {
	struct chan *ch;
	int fd;
	unsigned int heard;		/* messages */
	unsigned int wrong;		/* not what was sent */
	unsigned int fds;
	unsigned int drained;
	bool closed;
	int error;
	unsigned int expect;		/* leave the loop after so many */
};

static struct end left, right;

/* Message i is of type i % 1000 and has a length all of its own. */
static size_t length_of(unsigned int i)
{
	static const size_t lengths[] = {
		0, 1, 7, 8, 9, 100, 4096, 65535, 65536, 70001, 300000,
		CHAN_MSG_MAX - sizeof(struct chan_head), 12000,
	};

	return lengths[i % ARRAY_SIZE(lengths)];
}

static void message(struct chan *ch, uint16_t type, const void *body,
		    size_t len, int fd)
{
	struct end *end = chan_ctx(ch);
	unsigned int i = end->heard++;
	const uint8_t *bytes = body;
	size_t at;
	char c;

	if (type != i % 1000 || (uintptr_t)body % CHAN_ALIGN)
		end->wrong++;
	if (fd >= 0) {
		end->fds++;
		if (len != 1 || read(fd, &c, 1) != 1 || c != *bytes)
			end->wrong++;
		close(fd);
	} else {
		if (len != length_of(i))
			end->wrong++;
		for (at = 0; at < len; at += 997)
			if (bytes[at] != PATTERN(i, at))
				end->wrong++;
	}
	if (end->heard == end->expect)
		loop_exit(0);
}

static void closed(struct chan *ch, int error)
{
	struct end *end = chan_ctx(ch);

	end->closed = true;
	end->error = error;
	loop_exit(0);
}

static void drained(struct chan *ch)
{
	struct end *end = chan_ctx(ch);

	end->drained++;
}

static const struct chan_ops ops = {
	.message = message,
	.closed = closed,
	.drained = drained,
};

static void timed_out(void *arg)
{
	(void)arg;
	loop_exit(1);
}

/* Run until loop_exit(); a test that waits for ever has failed. */
static bool run(void)
{
	struct loop_timer *timer = loop_timer_new(timed_out, NULL);
	int status;

	loop_timer_set(timer, 10000);
	status = loop_run();
	loop_timer_free(timer);
	return status == 0;
}

static void begin(void)
{
	int fds[2];

	ktap_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) ==
		  0);
	memset(&left, 0, sizeof(left));
	memset(&right, 0, sizeof(right));
	left.fd = fds[0];
	left.ch = chan_new(fds[0], &ops, &left);
	right.ch = chan_new(fds[1], &ops, &right);
}

static void end(void)
{
	chan_free(left.ch);
	chan_free(right.ch);
}

static void send_pattern(unsigned int i)
{
	size_t len = length_of(i), at;
	uint8_t *body = chan_reserve(left.ch, i % 1000, len);

	for (at = 0; at < len; at++)
		body[at] = PATTERN(i, at);
}

/* The same in two pieces; false: the second was not taken. */
static bool send_grown(unsigned int i)
{
	size_t len = length_of(i), half = len / 2, at;
	uint8_t *body = chan_reserve(left.ch, i % 1000, half);
	uint8_t rest[4096];

	for (at = 0; at < half; at++)
		body[at] = PATTERN(i, at);
	for (; at < len; at++)
		rest[at - half] = PATTERN(i, at);
	return chan_extend(left.ch, i % 1000, rest, len - half, len);
}

static void send_pipe(unsigned int i)
{
	uint8_t c = 'a' + i % 26;
	int fds[2];

	ktap_must(pipe(fds) == 0);
	ktap_must(write(fds[1], &c, 1) == 1);
	close(fds[1]);
	chan_send_fd(left.ch, i % 1000, &c, 1, fds[0]);
}

static void test_order(void)
{
	unsigned int i;

	begin();
	right.expect = 500;
	for (i = 0; i < right.expect; i++)
		send_pattern(i);
	ktap_ok(chan_congested(left.ch), "a full channel is congested");
	ktap_ok(run(), "500 messages of 0 to 1 MiB arrive");
	ktap_ok(right.wrong == 0, "in order, whole and aligned");
	ktap_ok(!chan_congested(left.ch) && left.drained == 1,
		"an empty channel is not congested, and said so once");
	end();
}

static void test_descriptors(void)
{
	unsigned int i;

	begin();
	right.expect = 120;
	for (i = 0; i < right.expect; i++) {
		if (i % 12 == 0 || i % 12 == 5)
			send_pipe(i);
		else
			send_pattern(i);
	}
	ktap_ok(run(), "messages with and without descriptors arrive");
	ktap_ok(right.fds == 20 && right.wrong == 0,
		"each descriptor with its message");
	end();
}

static void test_batches(void)
{
	unsigned int i;

	begin();
	right.expect = 12 * 10000;
	for (i = 0; i < right.expect; i++)
		chan_send(left.ch, 1, "12345678", 1 + i % 8);
	ktap_ok(run() && right.heard == right.expect,
		"120,000 small messages arrive");
	end();
}

/* As little as the kernel gives, if it is less. */
static void set_room(int fd, int bytes)
{
	ktap_must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes,
			     sizeof(bytes)) == 0);
}

static bool extend(uint16_t type, size_t len, size_t max)
{
	static const uint8_t data[65536];

	return chan_extend(left.ch, type, data, len, max);
}

static void test_extend(void)
{
	unsigned int i, taken = 0;

	begin();
	right.expect = 8;
	for (i = 0; i < 7; i++)
		taken += send_grown(i);
	ktap_ok(taken == 7, "messages of 0 to 4096 bytes grow");
	ktap_ok(!extend(5, 1, 5000), "not one of another type");
	ktap_ok(!extend(6, 65536, 70000), "nor one without room");
	ktap_ok(!extend(6, 1, 4096), "nor one that is as long as it may be");
	chan_flush(left.ch);
	ktap_ok(!extend(6, 1, 5000), "nor one that was sent");
	send_pipe(7);
	ktap_ok(!extend(7, 1, 5000), "nor one with a descriptor");
	ktap_ok(run() && right.heard == 8 && right.wrong == 0,
		"they arrive whole, and what comes behind them");
	end();

	begin();
	set_room(left.fd, 1);
	right.heard = 12;
	right.expect = 13;
	send_pattern(12);
	chan_flush(left.ch);
	ktap_ok(!extend(12, 1, 16000), "nor one of which a part was");
	ktap_ok(run() && right.wrong == 0, "which arrives, too");
	end();
}

static void test_close(void)
{
	begin();
	right.expect = 3;
	send_pattern(0);
	send_pattern(1);
	chan_flush(left.ch);
	chan_free(left.ch);
	left.ch = NULL;
	ktap_ok(run() && right.closed && !right.error && right.heard == 2,
		"what was sent is heard before the end");
	right.closed = false;
	chan_send(right.ch, 1, "x", 1);
	chan_flush(right.ch);
	ktap_ok(!right.closed && right.heard == 2,
		"sending to nobody is harmless, and says nothing more");
	chan_free(right.ch);
}

static void feed_raw(const void *data, size_t len, const char *what)
{
	int fds[2];

	ktap_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) ==
		  0);
	memset(&right, 0, sizeof(right));
	right.ch = chan_new(fds[1], &ops, &right);
	ktap_must(write(fds[0], data, len) == (ssize_t)len);
	ktap_ok(run() && right.closed && right.error && right.heard == 0,
		"%s", what);
	chan_free(right.ch);
	close(fds[0]);
}

static void test_nonsense(void)
{
	struct chan_head head = { .len = CHAN_MSG_MAX };

	feed_raw(&head, sizeof(head), "a message too long ends the channel");
	head.len = UINT32_MAX;
	feed_raw(&head, sizeof(head), "a length that wraps ends the channel");
	head.len = 0;
	head.has_fd = 1;
	feed_raw(&head, sizeof(head),
		 "a descriptor that is not there ends the channel");
}

int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_INFO);
	loop_init();
	test_order();
	test_descriptors();
	test_batches();
	test_extend();
	test_close();
	test_nonsense();
	loop_fini();
	return ktap_finish();
}
