// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A neighbor with a wrong key, or too far away, is one that never comes: the
 * kernel drops its segments without a word to any socket. It counts them,
 * though, for the network namespace as a whole, and the log tells of that: at
 * once, and then less and less often while there are more, as somebody may be
 * sending them for no other reason.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"

#define COUNTERS	"/proc/net/netstat"
#define SIZE_MAX_READ	16384
#define PERIOD_MS	5000
#define PAUSE_MS	10000		/* after the first line; it doubles */
#define PAUSE_MAX_MS	3600000

static const struct {
	const char *name;		/* the kernel's */
	const char *what;
} counters[] = {
	{ "TCPMD5Failure", "the wrong TCP MD5 signature: another key" },
	{ "TCPMD5NotFound", "no TCP MD5 signature, where there is a key" },
	{ "TCPMD5Unexpected", "a TCP MD5 signature, where there is no key" },
	{ "TCPAOBad", "the wrong TCP-AO signature: another key" },
	{ "TCPAOKeyNotFound", "a TCP-AO key ID that is not known" },
	{ "TCPAORequired", "no TCP-AO signature, where there is a key" },
	{ "TCPMinTTLDrop", "a TTL too low for ttl-security" },
};

static struct {
	uint64_t told;			/* the counter then */
	uint64_t due_ms;		/* not before; 0: at once */
	uint64_t pause_ms;		/* since the last line */
} state[ARRAY_SIZE(counters)];
static struct loop_timer *timer;

/* Nothing new in a whole pause: what comes next is another matter. */
static void tell_more(size_t i, uint64_t value)
{
	uint64_t now = loop_now_ms();

	if (now < state[i].due_ms)
		return;
	if (value <= state[i].told) {
		state[i].pause_ms = 0;
		return;
	}
	log_warn("%" PRIu64 " TCP segments dropped, with %s",
		 value - state[i].told, counters[i].what);
	state[i].told = value;
	state[i].pause_ms = state[i].pause_ms ?
			    MIN(2 * state[i].pause_ms, PAUSE_MAX_MS) : PAUSE_MS;
	state[i].due_ms = now + state[i].pause_ms;
}

/* Note what a counter says now; tell of what is new if @tell. */
static void note(const char *name, uint64_t value, bool tell)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (strcmp(counters[i].name, name))
			continue;
		if (tell)
			tell_more(i, value);
		else
			state[i].told = value;
	}
}

/* "TcpExt: NAME NAME..." and below it the values in the same order. */
static void read_lines(char *names, char *values, bool tell)
{
	char *name, *value;

	while ((name = strsep(&names, " ")) && (value = strsep(&values, " ")))
		note(name, strtoull(value, NULL, 10), tell);
}

static void look(bool tell)
{
	static char text[SIZE_MAX_READ];
	int fd = open(COUNTERS, O_RDONLY | O_CLOEXEC);
	char *names, *values, *rest = text;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	while ((names = strsep(&rest, "\n")) && (values = strsep(&rest, "\n")))
		if (!strncmp(names, "TcpExt:", strlen("TcpExt:")))
			read_lines(names, values, tell);
}

static void look_again(void *arg)
{
	(void)arg;
	look(true);
	loop_timer_set(timer, PERIOD_MS);
}

void segments_watch(void)
{
	timer = loop_timer_new(look_again, NULL);
	look(false);
	loop_timer_set(timer, PERIOD_MS);
}
