// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments that the kernel drops are told of at once, and less and less often
 * while there are more. The kernel's counters are in a file of ours.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "vrsd/parent.h"

#define SECOND		1000
#define HOUR		(3600 * SECOND)
#define STEP		(5 * SECOND)

static char path[] = "/tmp/segments_test.XXXXXX";
static uint64_t now = 1000 * SECOND, due;
static loop_cb *look;
static unsigned int n_lines, last_n;
static char last_text[80];

int __wrap_open(const char *name, int flags, ...);
int __real_open(const char *name, int flags, ...);

int __wrap_open(const char *name, int flags, ...)
{
	bool counters = !strcmp(name, "/proc/net/netstat");

	return __real_open(counters ? path : name, flags);
}

uint64_t loop_now_ms(void)
{
	return now;
}

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg)
{
	(void)arg;
	look = cb;
	return NULL;
}

void loop_timer_set(struct loop_timer *timer, uint64_t ms)
{
	(void)timer;
	due = now + ms;
}

void log_warn(const char *fmt, ...)
{
	char line[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	n_lines++;
	ktap_must(sscanf(line, "%u TCP segments dropped, with %79[^\n]",
			 &last_n, last_text) == 2);
}

static void counters(unsigned int key, unsigned int ttl)
{
	FILE *file = fopen(path, "w");

	ktap_must(file);
	fprintf(file, "TcpExt: SyncookiesSent TCPMD5Failure TCPMinTTLDrop\n"
		"TcpExt: 7 %u %u\nIpExt: InNoRoutes\nIpExt: 0\n", key, ttl);
	fclose(file);
}

/* Until so much time has passed, with @key more of one and @ttl of another. */
static void pass(uint64_t ms, unsigned int key, unsigned int ttl)
{
	static unsigned int keys = 100, ttls = 200;
	uint64_t end = now + ms;

	while (now < end) {
		keys += key;
		ttls += ttl;
		counters(keys, ttls);
		ktap_must(due == now + STEP);
		now = due;
		look(NULL);
	}
}

int main(void)
{
	unsigned int lines;

	ktap_start();
	ktap_must(close(mkstemp(path)) == 0);
	counters(100, 200);
	segments_watch();
	pass(STEP, 0, 0);
	ktap_ok(n_lines == 0, "what was dropped before is not told");
	pass(STEP, 3, 0);
	ktap_ok(n_lines == 1 && last_n == 3 && strstr(last_text, "MD5"),
		"what is dropped is, at once");
	pass(STEP, 3, 0);
	ktap_ok(n_lines == 1, "more is not");
	pass(STEP, 3, 0);
	ktap_ok(n_lines == 2 && last_n == 6, "but 10 s later, with the number");
	pass(STEP, 3, 1);
	ktap_ok(n_lines == 3 && last_n == 1 && strstr(last_text, "TTL"),
		"what has another reason is told at once, too");
	pass(24 * HOUR, 3, 0);
	ktap_ok(n_lines < 3 + 10 + 24, "in a day there are %u lines",
		n_lines - 3);
	lines = n_lines;
	pass(HOUR, 3, 0);
	ktap_ok(n_lines == lines + 1 && last_n == 3 * HOUR / STEP,
		"one an hour in the end");
	pass(2 * HOUR, 0, 0);
	lines = n_lines;
	pass(STEP, 1, 0);
	ktap_ok(n_lines == lines + 1 && last_n == 1,
		"after an hour without any the next is told at once");
	pass(2 * STEP, 1, 0);
	ktap_ok(n_lines == lines + 2, "and again after 10 s");
	unlink(path);
	return ktap_finish();
}
