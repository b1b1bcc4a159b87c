// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output queues: random copies and references from several queues to the same
 * buffers, written through sockets that take a bit at a time, compared with
 * plain strings.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/util.h"
#include "vrsd/out.h"

#define QUEUES	5
#define ROUNDS	20000

static struct {
	struct out_queue queue;
	uint8_t *expected;		/* all that was ever queued */
	size_t queued, size;
	size_t seen;			/* and read at the other end */
	int fds[2];
	bool wrong;
} q[QUEUES];

static uint64_t seed = 1;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % n;
}

static void expect(unsigned int i, const uint8_t *data, size_t len)
{
	if (q[i].queued + len > q[i].size) {
		q[i].size = 2 * (q[i].queued + len);
		q[i].expected = xreallocarray(q[i].expected, 1, q[i].size);
	}
	memcpy(q[i].expected + q[i].queued, data, len);
	q[i].queued += len;
}

static void fill(uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = random_below(256);
}

static void queue_copy(void)
{
	unsigned int i = random_below(QUEUES);
	uint8_t data[6000];
	size_t len = 1 + random_below(random_below(10) ? 100 : sizeof(data));

	fill(data, len);
	out_queue_copy(&q[i].queue, data, len);
	expect(i, data, len);
}

static void queue_shared(void)
{
	static uint8_t data[200000];
	size_t len = 1 + random_below(random_below(50) ? 500 : sizeof(data));
	unsigned int i, to = random_below(1 << QUEUES);
	struct out_buf *buf;
	size_t offset;

	fill(data, len);
	buf = out_gather(data, len, &offset);
	for (i = 0; i < QUEUES; i++) {
		if (!(to & 1u << i))
			continue;
		if (random_below(2))
			out_queue_ref(&q[i].queue, buf, offset, len);
		else
			out_queue_ref_waiting(&q[i].queue, buf, offset, len);
		expect(i, data, len);
	}
}

static void read_some(unsigned int i, size_t max)
{
	uint8_t data[65536];
	ssize_t n = recv(q[i].fds[1], data, MIN(max, sizeof(data)),
			 MSG_DONTWAIT);

	if (n <= 0)
		return;
	if (q[i].seen + n > q[i].queued ||
	    memcmp(data, q[i].expected + q[i].seen, n))
		q[i].wrong = true;
	q[i].seen += n;
}

static void check_queue(unsigned int i)
{
	while (q[i].queue.bytes > 0) {
		if (out_queue_write(&q[i].queue, q[i].fds[0]) < 0)
			break;
		read_some(i, SIZE_MAX);
	}
	while (q[i].seen < q[i].queued && !q[i].wrong)
		read_some(i, SIZE_MAX);
	ktap_ok(!q[i].wrong && q[i].seen == q[i].queued,
		"queue %u: %zu bytes, as they were queued", i, q[i].queued);
	ktap_ok(q[i].queue.count == 0 && q[i].queue.bytes == 0,
		"queue %u is empty", i);
}

static void test_random(void)
{
	unsigned int i, round;

	for (i = 0; i < QUEUES; i++)
		ktap_must(socketpair(AF_UNIX, SOCK_STREAM, 0, q[i].fds) == 0);
	for (round = 0; round < ROUNDS; round++) {
		if (random_below(2))
			queue_copy();
		else
			queue_shared();
		i = random_below(QUEUES);
		if (random_below(4) == 0)
			out_queue_write(&q[i].queue, q[i].fds[0]);
		if (random_below(3) == 0)
			read_some(i, 1 + random_below(65536));
	}
	for (i = 0; i < QUEUES; i++)
		check_queue(i);
}

/* What the buffers take that a queue refers to. */
static size_t held(const struct out_queue *queue)
{
	const struct out_buf *last = NULL;
	size_t i, sum = 0;

	for (i = 0; i < queue->count; i++) {
		const struct out_ref *ref =
			&queue->refs[(queue->head + i) % queue->size];

		if (ref->buf != last)
			sum += ref->buf->size;
		last = ref->buf;
	}
	return sum;
}

/* A peer that reads nothing, among others that are sent much more. */
static void test_waiting(void)
{
	static uint8_t others[50000];
	struct out_queue queue = { 0 };
	uint8_t data[60];
	struct out_buf *buf;
	size_t offset, i;

	for (i = 0; i < 1000; i++) {
		fill(data, sizeof(data));
		buf = out_gather(data, sizeof(data), &offset);
		out_queue_ref_waiting(&queue, buf, offset, sizeof(data));
		out_gather(others, sizeof(others), &offset);
	}
	ktap_ok(queue.bytes == 1000 * sizeof(data) &&
		held(&queue) <= 2 * queue.bytes,
		"what waits takes no more memory than is counted");
	buf = out_gather(others, sizeof(others), &offset);
	out_queue_ref_waiting(&queue, buf, offset, sizeof(others));
	ktap_ok(queue.refs[(queue.head + queue.count - 1) %
			   queue.size].buf == buf,
		"and what is large is shared");
	out_queue_clear(&queue);
}

static void test_error(void)
{
	queue_shared();
	out_queue_copy(&q[0].queue, "x", 1);
	close(q[0].fds[1]);
	ktap_ok(out_queue_write(&q[0].queue, q[0].fds[0]) < 0,
		"writing to nobody is an error");
}

int main(void)
{
	unsigned int i;

	ktap_start();
	test_random();
	test_waiting();
	test_error();
	for (i = 0; i < QUEUES; i++) {
		out_queue_clear(&q[i].queue);
		free(q[i].expected);
	}
	ktap_ok(q[0].queue.bytes == 0, "a cleared queue is empty");
	return ktap_finish();
}
