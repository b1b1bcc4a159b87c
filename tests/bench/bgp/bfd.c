// SPDX-License-Identifier: GPL-2.0-or-later

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "bfd.h"

#define SESSIONS_MAX	256
#define PORT		3784
#define SOURCE_PORT	49152
#define PACKET		24
#define VERSION		(1 << 5)
#define POLL		0x20
#define FINAL		0x10
#define SLOW_US		1000000		/* while not up, RFC 5880 6.8.3 */
#define MS		1000000ull	/* ns */

enum state {
	ADMIN_DOWN,
	DOWN,
	INIT,
	UP,
};

static struct session {
	int rx, tx;
	enum state state;
	bool polling;			/* our rate is not confirmed yet */
	uint32_t theirs;		/* their discriminator */
	uint32_t min_rx_us;		/* what they can take */
	uint64_t due;			/* ns, our next packet */
	uint64_t heard;			/* ns of real time, 0: not since reset */
	uint64_t silence;
	unsigned int down;
} sessions[SESSIONS_MAX];
static unsigned int n_sessions;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int epoll_fd;

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static int udp_socket(const uint8_t address[4], uint16_t port)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(&local.sin_addr, address, 4);
	if (fd < 0 || bind(fd, (void *)&local, sizeof(local)))
		err(1, "BFD %s", inet_ntoa(local.sin_addr));
	return fd;
}

unsigned int bfd_add(const uint8_t address[4])
{
	struct session *s = &sessions[n_sessions];
	int one = 1, ttl = 255;

	if (n_sessions == SESSIONS_MAX)
		errx(1, "too many BFD sessions");
	s->state = DOWN;
	s->rx = udp_socket(address, PORT);
	s->tx = udp_socket(address, SOURCE_PORT + n_sessions);
	if (setsockopt(s->rx, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    setsockopt(s->tx, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)))
		err(1, "BFD socket");
	return n_sessions++;
}

static void put32(uint8_t *p, uint32_t value)
{
	value = htonl(value);
	memcpy(p, &value, 4);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, 4);
	return ntohl(value);
}

/* RFC 5880 4.1 */
static void transmit(const struct session *s, uint8_t flags)
{
	uint8_t p[PACKET] = {
		VERSION, s->state << 6 | flags, BFD_MULTIPLIER, PACKET,
	};

	put32(p + 4, s - sessions + 1);
	put32(p + 8, s->theirs);
	put32(p + 12, s->state == UP ? BFD_INTERVAL_MS * 1000 : SLOW_US);
	put32(p + 16, BFD_INTERVAL_MS * 1000);
	/* A daemon that has no session yet leaves nobody to hear it. */
	(void)!send(s->tx, p, sizeof(p), MSG_NOSIGNAL);
}

/* Jitter takes up to a quarter off, RFC 5880 6.8.7. */
static void transmit_due(struct session *s, uint64_t now)
{
	uint64_t us = s->state == UP ? BFD_INTERVAL_MS * 1000 : SLOW_US;

	if (us < s->min_rx_us)
		us = s->min_rx_us;
	transmit(s, s->polling ? POLL : 0);
	s->due = now + us * (750 + now / 1000 % 250);
}

/* RFC 5880 6.8.6, from the bottom up. */
static void step(struct session *s, enum state theirs)
{
	enum state old = s->state;

	if (old == UP && theirs <= DOWN) {
		s->state = DOWN;
		s->down++;
	} else if (old == DOWN && theirs == DOWN) {
		s->state = INIT;
	} else if ((old == DOWN && theirs == INIT) ||
		   (old == INIT && theirs >= INIT)) {
		s->state = UP;
		s->polling = true;
	}
	if (s->state != old)
		s->due = 0;
}

static void receive(struct session *s, const uint8_t *p, uint64_t at)
{
	if (p[0] >> 5 != 1 || p[3] < PACKET)
		errx(1, "malformed BFD packet");
	if (s->heard && at > s->heard + s->silence)
		s->silence = at - s->heard;
	s->heard = at;
	s->theirs = get32(p + 4);
	s->min_rx_us = get32(p + 16);
	if (p[1] & FINAL)
		s->polling = false;
	step(s, p[1] >> 6);
	if (p[1] & POLL)
		transmit(s, FINAL);
}

/* All that has come for a session; the kernel says when. */
static void receive_all(struct session *s)
{
	char control[CMSG_SPACE(sizeof(struct timespec))];
	uint8_t p[64];
	struct iovec iov = { .iov_base = p, .iov_len = sizeof(p) };
	struct timespec ts;

	for (;;) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		struct cmsghdr *c;

		if (recvmsg(s->rx, &msg, 0) < PACKET)
			return;
		c = CMSG_FIRSTHDR(&msg);
		if (!c || c->cmsg_type != SO_TIMESTAMPNS)
			errx(1, "BFD packet without a time");
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		receive(s, p, ts.tv_sec * 1000 * MS + ts.tv_nsec);
	}
}

static uint64_t send_all(void)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), next = now + 10 * MS;
	unsigned int i;

	for (i = 0; i < n_sessions; i++) {
		if (sessions[i].due <= now)
			transmit_due(&sessions[i], now);
		if (sessions[i].due < next)
			next = sessions[i].due;
	}
	return (next - now) / MS + 1;
}

static void *serve(void *arg)
{
	struct epoll_event events[64];
	int wait = 0, n, i;

	(void)arg;
	for (;;) {
		n = epoll_wait(epoll_fd, events, 64, wait);
		pthread_mutex_lock(&lock);
		for (i = 0; i < n; i++)
			receive_all(events[i].data.ptr);
		wait = send_all();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

void bfd_start(const uint8_t target[4])
{
	struct sched_param param = { .sched_priority = 2 };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
	};
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int i;

	memcpy(&to.sin_addr, target, 4);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < n_sessions; i++) {
		struct epoll_event event = {
			.events = EPOLLIN,
			.data.ptr = &sessions[i],
		};

		if (connect(sessions[i].tx, (void *)&to, sizeof(to)) ||
		    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sessions[i].rx, &event))
			err(1, "BFD session");
	}
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_RR);
	pthread_attr_setschedparam(&attr, &param);
	if (pthread_create(&thread, &attr, serve, NULL))
		errx(1, "no thread for BFD");
}

bool bfd_up(void)
{
	unsigned int i;
	bool up = true;

	pthread_mutex_lock(&lock);
	for (i = 0; i < n_sessions; i++)
		up &= sessions[i].state == UP && !sessions[i].polling;
	pthread_mutex_unlock(&lock);
	return up;
}

void bfd_reset(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < n_sessions; i++) {
		sessions[i].heard = 0;
		sessions[i].silence = 0;
		sessions[i].down = 0;
	}
	pthread_mutex_unlock(&lock);
}

uint64_t bfd_silence(unsigned int first, unsigned int *down)
{
	uint64_t now = clock_ns(CLOCK_REALTIME), silence = 0, last;
	unsigned int i;

	*down = 0;
	pthread_mutex_lock(&lock);
	for (i = first; i < n_sessions; i++) {
		struct session *s = &sessions[i];

		/* What has not ended yet is a silence, too. */
		last = s->heard && now > s->heard ? now - s->heard : 0;
		if (last > s->silence)
			s->silence = last;
		if (s->silence > silence)
			silence = s->silence;
		*down += s->down;
	}
	pthread_mutex_unlock(&lock);
	return silence;
}
