// SPDX-License-Identifier: GPL-2.0-or-later

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "speaker.h"

#define IN_SIZE		(1024 * 1024)
#define OUT_CHUNK	(1024 * 1024)	/* of one speaker before the next */
#define SPEAKERS_MAX	1024

static int epoll_fd;
static struct sockaddr_in target;
static uint32_t target_as;
static struct speaker *speakers[SPEAKERS_MAX];
static unsigned int n_speakers;
static uint64_t now;			/* of this turn */

void speakers_init(const uint8_t address[4], uint32_t as)
{
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		err(1, "epoll");
	target.sin_family = AF_INET;
	target.sin_port = htons(179);
	memcpy(&target.sin_addr, address, 4);
	target_as = as;
}

static void watch(struct speaker *s, int op)
{
	bool out = s->state == SPEAKER_CONNECTING || s->out_len > 0;
	struct epoll_event event = {
		.events = (s->deaf ? 0 : EPOLLIN) | (out ? EPOLLOUT : 0),
		.data.ptr = s,
	};

	if (epoll_ctl(epoll_fd, op, s->fd, &event))
		err(1, "epoll_ctl");
}

/*
 * Sessions
 */

static void drop(struct speaker *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->state = SPEAKER_CLOSED;
	s->in_len = 0;
	s->out_len = 0;
	s->deaf = false;
}

static void lost(struct speaker *s)
{
	s->lost++;
	drop(s);
}

void speaker_connect(struct speaker *s)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	int one = 1;

	if (!s->in) {
		s->in = malloc(IN_SIZE);
		if (!s->in || n_speakers == SPEAKERS_MAX)
			errx(1, "too many speakers");
		speakers[n_speakers++] = s;
	}
	memcpy(&local.sin_addr, s->address, 4);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (void *)&local, sizeof(local)))
		err(1, "%s", inet_ntoa(local.sin_addr));
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(s->fd, (void *)&target, sizeof(target)) &&
	    errno != EINPROGRESS) {
		drop(s);
		return;
	}
	s->state = SPEAKER_CONNECTING;
	s->silence = 0;
	watch(s, EPOLL_CTL_ADD);
}

void speaker_reset(struct speaker *s)
{
	struct linger linger = { .l_onoff = 1 };

	if (s->fd >= 0)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger,
			   sizeof(linger));
	drop(s);
}

static void send_now(struct speaker *s, const void *message, size_t len)
{
	if (write(s->fd, message, len) != (ssize_t)len)
		lost(s);
}

void speaker_cease(struct speaker *s)
{
	uint8_t message[BGP_MAX], *p;

	if (s->state != SPEAKER_ESTABLISHED || s->out_len)
		errx(1, "a speaker is not ready to end");
	p = message_begin(message, BGP_NOTIFICATION);
	*p++ = 6;
	*p++ = 2;
	send_now(s, message, message_end(message, p));
	drop(s);
}

static void send_open(struct speaker *s)
{
	uint8_t message[BGP_MAX], *p, *caps;

	p = message_begin(message, BGP_OPEN);
	*p++ = 4;
	p = put16(p, s->as > 65535 ? 23456 : s->as);
	p = put16(p, s->hold);
	memcpy(p, s->address, 4);
	p += 4;
	caps = p + 3;
	p[1] = 2;
	p = caps;
	*p++ = 1;			/* multiprotocol: IPv4 unicast */
	*p++ = 4;
	p = put32(p, 1 << 16 | 1);
	*p++ = 2;			/* route refresh */
	*p++ = 0;
	*p++ = 65;			/* AS numbers of four octets */
	*p++ = 4;
	p = put32(p, s->as);
	caps[-1] = p - caps;
	caps[-3] = p - caps + 2;
	send_now(s, message, message_end(message, p));
}

static void send_keepalive(struct speaker *s)
{
	uint8_t message[BGP_HEADER];

	s->keepalive_due = now + s->hold * 1000000000ull / 3;
	message_end(message, message_begin(message, BGP_KEEPALIVE));
	/* Between two UPDATEs; and those say as much. */
	if (!s->out_len)
		send_now(s, message, sizeof(message));
}

/*
 * Sending
 */

static void flush(struct speaker *s)
{
	size_t len = s->out_len < OUT_CHUNK ? s->out_len : OUT_CHUNK;
	ssize_t n = write(s->fd, s->out, len);

	if (n < 0 && errno != EAGAIN) {
		lost(s);
		return;
	}
	if (n > 0) {
		s->out += n;
		s->out_len -= n;
	}
	if (!s->out_len && s->repeat) {
		s->out = s->feed->data;
		s->out_len = s->feed->len;
	}
	if (!s->out_len)
		watch(s, EPOLL_CTL_MOD);
}

void speaker_send(struct speaker *s, const struct feed *feed)
{
	if (s->state != SPEAKER_ESTABLISHED || s->out_len)
		errx(1, "a speaker is not ready to send");
	s->feed = feed;
	s->out = feed->data;
	s->out_len = feed->len;
	flush(s);
	if (s->fd >= 0 && s->out_len)
		watch(s, EPOLL_CTL_MOD);
}

uint64_t speaker_silence(const struct speaker *s)
{
	uint64_t since;

	if (s->state != SPEAKER_ESTABLISHED)
		return s->silence;
	since = now_ns() - s->last_heard;
	return since > s->silence ? since : s->silence;
}

void speaker_deaf(struct speaker *s, bool deaf)
{
	s->deaf = deaf;
	if (s->fd >= 0)
		watch(s, EPOLL_CTL_MOD);
}

/*
 * Receiving
 */

static void note(struct ledger *l, uint32_t slot, unsigned int path)
{
	uint8_t *entry = &l->path[slot];

	if (slot >= PROBE_SLOT && slot < PROBE_SLOT + PROBES_MAX) {
		if (path && !l->probe_at[slot - PROBE_SLOT])
			l->probe_at[slot - PROBE_SLOT] = now_ns();
		return;
	}
	/* 10.0.0.0/8: what a daemon says of its own network. */
	if (slot >> 16 == 10)
		return;
	if (*entry) {
		l->present--;
		l->sum -= *entry - 1;
	}
	*entry = path;
	if (path) {
		l->present++;
		l->sum += path - 1;
	}
}

/* The prefixes from @p to @end; @path is the length + 1, 0: withdrawn. */
static unsigned int walk(struct speaker *s, const uint8_t *p,
			 const uint8_t *end, unsigned int path)
{
	unsigned int n = 0, octets;
	uint32_t slot;

	for (; p < end; p += 1 + octets) {
		octets = (p[0] + 7) / 8;
		if (octets > 4 || octets > end - p - 1)
			errx(1, "malformed prefix");
		n++;
		if (!s->ledger)
			continue;
		slot = octets > 0 ? p[1] << 16 : 0;
		slot |= octets > 1 ? p[2] << 8 : 0;
		slot |= octets > 2 ? p[3] : 0;
		note(s->ledger, slot, path);
	}
	return n;
}

/* Without the AS of the daemon itself, which some add and some do not. */
static unsigned int path_length(const uint8_t *p, const uint8_t *end)
{
	unsigned int n = 0;
	bool first = true;

	for (; end - p >= 2; p += 2 + 4 * p[1]) {
		n += p[0] == 1 ? 1 : p[1];
		if (first && p[1] && end - p >= 6 && get32(p + 2) == target_as)
			n--;
		first = false;
	}
	return n;
}

static void update(struct speaker *s, const uint8_t *m, size_t len)
{
	const uint8_t *end = m + len, *p = m + BGP_HEADER + 2, *attrs, *value;
	size_t withdrawn = get16(p - 2), size;
	unsigned int path = 0;

	attrs = p + withdrawn + 2;
	if (attrs > end || get16(attrs - 2) > end - attrs)
		errx(1, "malformed UPDATE");
	s->updates++;
	s->withdrawn += walk(s, p, p + withdrawn, 0);
	p = attrs + get16(attrs - 2);
	for (; s->ledger && p - attrs >= 3; attrs = value + size) {
		value = attrs + (attrs[0] & 0x10 ? 4 : 3);
		size = attrs[0] & 0x10 ? get16(attrs + 2) : attrs[2];
		if (size > (size_t)(p - value))
			errx(1, "malformed attribute");
		if (attrs[1] == 2)
			path = path_length(value, value + size);
	}
	s->announced += walk(s, p, end, path + 1);
}

static void message(struct speaker *s, const uint8_t *m, size_t len)
{
	switch (m[18]) {
	case BGP_OPEN:
		send_keepalive(s);
		break;
	case BGP_UPDATE:
		update(s, m, len);
		if (len > 23)
			s->last_update = now;
		break;
	case BGP_KEEPALIVE:
		if (s->state != SPEAKER_OPEN_SENT)
			break;
		s->state = SPEAKER_ESTABLISHED;
		s->established_at = now;
		break;
	case BGP_NOTIFICATION:
		fprintf(stderr, "notification %u/%u\n", m[19], m[20]);
		break;
	}
}

static void receive(struct speaker *s)
{
	ssize_t n = read(s->fd, s->in + s->in_len, IN_SIZE - s->in_len);
	size_t at = 0, len;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		lost(s);
		return;
	}
	now = now_ns();
	if (s->state == SPEAKER_ESTABLISHED && now - s->last_heard > s->silence)
		s->silence = now - s->last_heard;
	s->last_heard = now;
	s->bytes += n;
	s->in_len += n;
	while (s->fd >= 0 && s->in_len - at >= BGP_HEADER) {
		len = get16(s->in + at + 16);
		if (len < BGP_HEADER)
			errx(1, "malformed message");
		if (s->in_len - at < len)
			break;
		message(s, s->in + at, len);
		at += len;
	}
	if (s->fd < 0)
		return;
	s->in_len -= at;
	memmove(s->in, s->in + at, s->in_len);
}

static void ready(struct speaker *s, uint32_t events)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (s->state == SPEAKER_CONNECTING) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			drop(s);
			return;
		}
		s->state = SPEAKER_OPEN_SENT;
		watch(s, EPOLL_CTL_MOD);
		send_open(s);
		return;
	}
	if (!s->deaf && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		receive(s);
	else if (events & (EPOLLERR | EPOLLHUP))
		lost(s);
	if (s->fd >= 0 && events & EPOLLOUT && s->out_len)
		flush(s);
}

void speakers_run(int ms)
{
	struct epoll_event events[64];
	unsigned int i;
	int n, k;

	n = epoll_wait(epoll_fd, events, 64, ms);
	now = now_ns();
	for (k = 0; k < n; k++) {
		struct speaker *s = events[k].data.ptr;

		if (s->fd >= 0)
			ready(s, events[k].events);
	}
	for (i = 0; i < n_speakers; i++)
		if (speakers[i]->state == SPEAKER_ESTABLISHED &&
		    now >= speakers[i]->keepalive_due)
			send_keepalive(speakers[i]);
}
