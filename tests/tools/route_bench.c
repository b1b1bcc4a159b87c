// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast do routes reach the kernel's table?
 *
 *	route_bench [-o] [-p] [-w FIFO] -t TABLE -n COUNT bgp NETNS
 *	route_bench [-o] -t TABLE -n COUNT netlink NEXTHOP-ID
 *
 * bgp: a speaker in namespace NETNS, 10.77.1.1 in AS 64600, announces COUNT
 * prefixes to 10.77.0.1 in AS 65000. netlink: a process of its own writes the
 * same prefixes in batches, with nothing else to do. Both end when the kernel
 * has told of all of them, and print "FIGURE VALUE" lines.
 *
 *	-o	only routes that are offloaded count
 *	-p	meanwhile another speaker, 10.77.1.2, announces a prefix each
 *		50 ms: how long until the kernel tells of it? And how long
 *		does the first speaker hear nothing?
 *	-w	begin when FIFO, which is opened when the kernel is listened
 *		to, comes to its end. The kernel tells who listens last first,
 *		and copies the message for the next if that one wanted it: a
 *		daemon that drops what it has set off itself has to start
 *		after us, or pays for our listening.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bgp/figure.h"
#include "bench/bgp/speaker.h"
#include "fib/fib.h"
#include "tools/netns.h"

#define SECOND		1000000000ull
#define LIMIT		1200		/* seconds */
#define BATCH_BYTES	(64 * 1024)
#define RECEIVE_BYTES	(512 * 1024 * 1024)
/*
 * ms between looks at what the kernel tells. Each disturbs who writes: no more
 * than the figures need.
 */
#define PROBE_WAIT	1
#define LOAD_WAIT	10
/* Seconds. Keepalives come in a third of it: several during the load. */
#define PROBE_HOLD	9
#define LOAD_HOLD	30

static struct {
	uint32_t table;
	bool offload;			/* only those count */
	struct mnl_socket *nl;
	uint8_t present[SLOTS / 8];
	unsigned int count;
	uint64_t probe_sent[PROBES_MAX], probe_took[PROBES_MAX];
	unsigned int probes, probes_seen;
} watch;

/*
 * What the kernel tells
 */

static void watch_open(void)
{
	int group = RTNLGRP_IPV4_ROUTE, bytes = RECEIVE_BYTES, fd;

	watch.nl = mnl_socket_open(NETLINK_ROUTE);
	if (!watch.nl || mnl_socket_bind(watch.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	fd = mnl_socket_get_fd(watch.nl);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    mnl_socket_setsockopt(watch.nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)))
		err(1, "netlink");
}

static void note_probe(unsigned int i)
{
	if (i >= watch.probes || watch.probe_took[i])
		return;
	watch.probe_took[i] = now_ns() - watch.probe_sent[i];
	watch.probes_seen++;
}

static void note(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	uint32_t table = rtm->rtm_table, slot = 0;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    (watch.offload && !(rtm->rtm_flags & RTM_F_OFFLOAD)))
		return;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_TABLE)
			table = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == RTA_DST)
			slot = get32(mnl_attr_get_payload(attr)) >> 8;
	}
	if (table != watch.table || slot >> 16 == 10)
		return;
	if (slot >= PROBE_SLOT && slot < PROBE_SLOT + PROBES_MAX) {
		note_probe(slot - PROBE_SLOT);
		return;
	}
	watch.count += !(watch.present[slot / 8] >> slot % 8 & 1);
	watch.present[slot / 8] |= 1 << slot % 8;
}

/* All that has been told by now. */
static void watch_read(void)
{
	static char buf[256 * 1024];
	const struct nlmsghdr *nlh;
	ssize_t n;
	int left;

	for (;;) {
		n = recv(mnl_socket_get_fd(watch.nl), buf, sizeof(buf),
			 MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			err(1, "what the kernel told was lost");
		left = n;
		for (nlh = (void *)buf; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			note(nlh);
	}
}

/*
 * By BGP
 */

static struct speaker speakers[2];
static struct origin origins[2];

static void connect_speaker(unsigned int i, unsigned int hold)
{
	uint64_t end = now_ns() + 60 * SECOND;

	origins[i].index = i;
	origins[i].as = 64600 + i;
	memcpy(origins[i].address, (uint8_t[]){ 10, 77, 1, 1 + i }, 4);
	speakers[i] = (struct speaker){
		.as = origins[i].as,
		.hold = hold,
		.fd = -1,
	};
	memcpy(speakers[i].address, origins[i].address, 4);
	while (speakers[i].state != SPEAKER_ESTABLISHED) {
		if (now_ns() > end)
			errx(1, "session %u does not come up", i);
		if (speakers[i].state == SPEAKER_CLOSED)
			speaker_connect(&speakers[i]);
		speakers_run(100);
	}
}

static void send_probe(void)
{
	static struct feed feed;

	feed_free(&feed);
	feed_probe(&feed, &origins[1], watch.probes);
	watch.probe_sent[watch.probes++] = now_ns();
	speaker_send(&speakers[1], &feed);
}

static void probe_figures(void)
{
	unsigned int n = watch.probes;

	if (watch.probes_seen < n)
		errx(1, "%u of %u probes arrived", watch.probes_seen, n);
	qsort(watch.probe_took, n, sizeof(uint64_t), ascending);
	figure("probes", n);
	figure("silence", speaker_silence(&speakers[0]) / 1e9);
	figure("probe_p50", watch.probe_took[n / 2] / 1e6);
	figure("probe_p99", watch.probe_took[(n * 99 + 99) / 100 - 1] / 1e6);
}

static void run_bgp(unsigned int count, bool probing)
{
	static const uint8_t target[4] = { 10, 77, 0, 1 };
	unsigned int hold = probing ? PROBE_HOLD : LOAD_HOLD;
	uint64_t start, next = 0, now;
	struct feed feed = { 0 };

	speakers_init(target, 65000);
	connect_speaker(0, hold);
	if (probing)
		connect_speaker(1, hold);
	origins[0].count = count;
	feed_announce(&feed, &origins[0]);
	start = now_ns();
	speaker_send(&speakers[0], &feed);
	while (watch.count < count) {
		now = now_ns();
		if (now > start + LIMIT * SECOND)
			errx(1, "only %u of %u routes after %d seconds",
			     watch.count, count, LIMIT);
		if (probing && now > next && watch.probes < PROBES_MAX) {
			send_probe();
			next = now + SECOND / 20;
		}
		speakers_run(probing ? PROBE_WAIT : LOAD_WAIT);
		watch_read();
	}
	figure("rate", count / ((now_ns() - start) / 1e9));
	/* The load may have been over before a keepalive was due. */
	now = now_ns() + (hold / 3 + 1) * SECOND;
	while (probing && now_ns() < now) {
		speakers_run(10);
		watch_read();
	}
	if (speakers[0].lost || speakers[1].lost)
		errx(1, "a session was lost");
	if (probing)
		probe_figures();
}

/*
 * By netlink alone
 */

static size_t put_route(void *at, uint32_t slot, unsigned int len,
			uint32_t nexthop, bool last)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	uint8_t dst[4] = { slot >> 16, slot >> 8, slot };
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_NEWROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE |
			   (last ? NLM_F_ACK : 0);
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = len;
	rtm->rtm_protocol = RTPROT_BGP;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(nlh, RTA_DST, 4, dst);
	mnl_attr_put_u32(nlh, RTA_TABLE, watch.table);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, FIB_METRIC);
	mnl_attr_put_u32(nlh, RTA_NH_ID, nexthop);
	return MNL_ALIGN(nlh->nlmsg_len);
}

static void take_answer(struct mnl_socket *nl)
{
	char buf[8192];
	ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	const struct nlmsghdr *nlh = (void *)buf;
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (n < 0)
		err(1, "netlink");
	if (nlh->nlmsg_type == NLMSG_ERROR && e->error)
		errx(1, "a route was refused: %s", strerror(-e->error));
}

/* The prefixes of a feed, written as they are decoded. */
static void write_feed(struct mnl_socket *nl, const struct feed *feed,
		       uint32_t nexthop)
{
	static char buf[BATCH_BYTES + 256];
	const uint8_t *m = feed->data, *end = m + feed->len, *p;
	size_t used = 0;
	uint32_t slot;
	bool last;

	for (; m < end; m += get16(m + 16)) {
		p = m + BGP_HEADER + 2;
		p += 2 + get16(p);
		while (p < m + get16(m + 16)) {
			slot = p[1] << 16 | (p[0] > 8 ? p[2] << 8 : 0) |
			       (p[0] > 16 ? p[3] : 0);
			last = used > BATCH_BYTES - 256 ||
			       (p + 1 + (p[0] + 7) / 8 == end);
			used += put_route(buf + used, slot, p[0], nexthop,
					  last);
			p += 1 + (p[0] + 7) / 8;
			if (!last)
				continue;
			if (mnl_socket_sendto(nl, buf, used) < 0)
				err(1, "netlink");
			take_answer(nl);
			used = 0;
		}
	}
}

static pid_t start_writer(const struct feed *feed, uint32_t nexthop)
{
	struct mnl_socket *nl;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	nl = mnl_socket_open(NETLINK_ROUTE);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	write_feed(nl, feed, nexthop);
	_exit(0);
}

/* Watched beside the writer and as seldom as vrsd is, or it is no measure. */
static void run_netlink(unsigned int count, uint32_t nexthop)
{
	struct origin origin = {
		.as = 64600,
		.address = { 10, 77, 1, 1 },
		.count = count,
	};
	struct feed feed = { 0 };
	bool ended = false;
	int status = 0;
	uint64_t start;
	pid_t pid;

	feed_announce(&feed, &origin);
	start = now_ns();
	pid = start_writer(&feed, nexthop);
	while (watch.count < count) {
		if (ended)
			errx(1, "%u of %u routes are there", watch.count,
			     count);
		usleep(LOAD_WAIT * 1000);
		ended = waitpid(pid, &status, WNOHANG) == pid;
		watch_read();
	}
	figure("rate", count / ((now_ns() - start) / 1e9));
	if (!ended)
		waitpid(pid, &status, 0);
	if (status)
		errx(1, "the writer failed");
}

static void await_end(const char *fifo)
{
	int fd = open(fifo, O_RDONLY);
	char c;

	if (fd < 0 || read(fd, &c, 1) != 0)
		err(1, "%s", fifo);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *fifo = NULL;
	bool probing = false;
	unsigned int count = 0;
	int c;

	while ((c = getopt(argc, argv, "opw:t:n:")) != -1) {
		switch (c) {
		case 'o':
			watch.offload = true;
			break;
		case 'p':
			probing = true;
			break;
		case 'w':
			fifo = optarg;
			break;
		case 't':
			watch.table = atoi(optarg);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	argv += optind;
	if (!count || !watch.table || !argv[0] || !argv[1])
		errx(2, "usage: see the head of route_bench.c");
	watch_open();
	if (fifo)
		await_end(fifo);
	if (!strcmp(argv[0], "bgp")) {
		netns_enter(argv[1]);
		run_bgp(count, probing);
	} else {
		run_netlink(count, atoi(argv[1]));
	}
	return 0;
}
