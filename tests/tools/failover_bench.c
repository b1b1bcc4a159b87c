// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long are flows lost when one of two NVAs goes?
 *
 *	failover_bench [-b] [-e ENDS] -n COUNT [-r RATE]
 *		COMMAND-LOADED COMMAND-BFD COMMAND-REMOVE
 *
 * Namespaces nva1 (10.77.1.1) and nva2 (10.77.1.2) announce the same COUNT
 * prefixes to 10.77.0.1 in AS 65000; with -b nva2 with a longer AS path. Their
 * NICs are the taps nva1 and nva2 here, and the taps eth0 there: we are what is
 * between these, as an emulator is. UDP from namespace vm1 to 64 of the
 * prefixes goes at RATE packets a second. Then, when the kernel has all routes
 * and COMMAND-LOADED has been run, one after the other: nva1's carrier is lost
 * and comes back; its session ends by a TCP reset and comes back, and the same
 * by a NOTIFICATION, ENDS times (1); it falls silent when BFD is up
 * (COMMAND-BFD succeeds) and comes back; and its NIC is removed
 * (COMMAND-REMOVE). Prints "FIGURE VALUE" lines, for each time one:
 * the milliseconds until the last packet that was lost, or after the end of a
 * session that still went to nva1; for what comes back, the packets that were
 * lost.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bgp/figure.h"
#include "bench/bgp/speaker.h"
#include "tools/netns.h"

#define SECOND		1000000000ull
#define FLOWS		64
#define PORT		9999
#define BURST		64
#define HEAR_MAX	8		/* messages at once */
#define PACKETS_MAX	4000000

struct packet {
	uint64_t sent;			/* ns */
	uint8_t at;			/* NVA it came to, 0: none */
};

static const char *const netns[2] = { "nva1", "nva2" };
static struct packet *packets;
static uint32_t n_packets;
static unsigned int rate = 4000;
static uint64_t next_send;		/* ns, when the next packet is due */
static int out;
static int kernel;			/* hears of routes and next hops */
static bool kernel_moved, kernel_changed;
static int nic[2], guest[2];		/* both ends of each NVA's wire */
static bool silent[2];			/* it is cut */
static int home;			/* the namespace of the NICs */
static struct sockaddr_in flows[FLOWS];
static struct speaker speakers[2];
static struct origin origins[2];
static struct feed feeds[2];

/*
 * Flows
 */

static void open_flows(const struct origin *o)
{
	unsigned int i;

	for (i = 0; i < FLOWS; i++) {
		flows[i].sin_family = AF_INET;
		flows[i].sin_port = htons(PORT);
		flows[i].sin_addr.s_addr = htonl(routes_address(o,
				(uint64_t)i * o->count / FLOWS));
	}
	netns_enter("vm1");
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (out < 0)
		err(1, "socket");
}

/* Whether a frame for an NVA is one of the flows': then that is its end. */
static bool take(unsigned int nva, const void *frame, ssize_t n)
{
	struct {
		struct ether_header ether;
		struct iphdr ip;
		struct udphdr udp;
		uint32_t number;
	} __attribute__((packed)) p;

	if (n < (ssize_t)sizeof(p))
		return false;
	memcpy(&p, frame, sizeof(p));
	if (p.ether.ether_type != htons(ETHERTYPE_IP) ||
	    p.ip.protocol != IPPROTO_UDP || p.udp.dest != htons(PORT))
		return false;
	if (p.number < n_packets)
		packets[p.number].at = nva + 1;
	return true;
}

/* What one side does not take, or is not there for, is lost as on any wire. */
static void carry(unsigned int nva)
{
	static uint8_t frame[65536];
	bool cut = silent[nva];
	ssize_t n;

	while ((n = read(nic[nva], frame, sizeof(frame))) > 0)
		if (!cut && !take(nva, frame, n) &&
		    write(guest[nva], frame, n) < 0)
			continue;
	while ((n = read(guest[nva], frame, sizeof(frame))) > 0)
		if (!cut && write(nic[nva], frame, n) < 0)
			continue;
}

/* Not all of a million routes at once: the wires wait meanwhile. */
static void hear_kernel(void)
{
	static char buf[65536];
	unsigned int i;

	for (i = 0; i < HEAR_MAX; i++) {
		if (recv(kernel, buf, sizeof(buf), MSG_DONTWAIT) <= 0 &&
		    errno != ENOBUFS)
			return;
		kernel_moved = kernel_changed = true;
	}
}

static void open_kernel(void)
{
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_NEXTHOP };
	static const struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	unsigned int i;

	/* Who has no address does not hear what is told to all but 0. */
	kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (kernel < 0 || bind(kernel, (void *)&self, sizeof(self)))
		err(1, "netlink");
	for (i = 0; i < 2; i++)
		if (setsockopt(kernel, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])))
			err(1, "netlink group");
}

static int open_tap(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		err(1, "/dev/net/tun");
	strncpy(req.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &req))
		err(1, "tap %s", name);
	return fd;
}

/* Before any other namespace is entered */
static void open_wires(void)
{
	unsigned int i;

	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		err(1, "network namespace");
	for (i = 0; i < 2; i++)
		nic[i] = open_tap(netns[i]);
	for (i = 0; i < 2; i++) {
		netns_enter(netns[i]);
		guest[i] = open_tap("eth0");
	}
}

static void send_one(void)
{
	uint32_t number = n_packets++;

	if (n_packets == PACKETS_MAX)
		errx(1, "too many packets");
	packets[number].sent = now_ns();
	sendto(out, &number, sizeof(number), 0, (void *)&flows[number % FLOWS],
	       sizeof(flows[0]));
}

static void serve(void)
{
	carry(0);
	carry(1);
	hear_kernel();
	speakers_run(0);
}

/*
 * Until the next packet is due, or something is there to be carried: where
 * there is one processor, vrsd needs it.
 */
static void rest(void)
{
	uint64_t now = now_ns();
	struct timespec wait = { 0 };
	struct pollfd fds[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		fds[i].fd = i < 2 ? nic[i] : guest[i - 2];
		fds[i].events = POLLIN;
	}
	if (next_send <= now)
		return;
	wait.tv_nsec = next_send - now;
	if (ppoll(fds, 4, &wait, NULL) < 0 && errno != EINTR)
		err(1, "poll");
}

static void flow_until(uint64_t end)
{
	uint64_t now = now_ns();
	unsigned int n;

	if (next_send + SECOND < now)
		next_send = now;
	for (; now < end; now = now_ns()) {
		/*
		 * What could not be sent in time is sent late, not dropped; and
		 * not all at once, which no queue would take. What has come to
		 * a NIC must not be found lost when that is removed.
		 */
		for (n = 0; next_send <= now && n < BURST; n++) {
			send_one();
			carry(0);
			carry(1);
			next_send += SECOND / rate;
		}
		serve();
		rest();
	}
}

static void flow_for(uint64_t ns)
{
	flow_until(now_ns() + ns);
}

/* Send nothing for a while: what is on its way arrives. */
static void drain(void)
{
	uint64_t end = now_ns() + SECOND / 5;

	while (now_ns() < end)
		serve();
	next_send = end;
}

/* Those of the packets from @from on that came to nobody. */
static unsigned int lost_since(uint32_t from)
{
	unsigned int n = 0;

	drain();
	for (; from < n_packets; from++)
		n += packets[from].at == 0;
	return n;
}

/* What part of the packets goes to nva1? */
static double share(void)
{
	uint32_t from = n_packets, i;
	unsigned int n = 0;

	flow_for(SECOND / 2);
	for (i = from; i < n_packets; i++)
		n += packets[i].at == 1;
	return (double)n / (n_packets - from);
}

/*
 * Sessions
 */

static void connect_speaker(unsigned int i)
{
	uint64_t end = now_ns() + 60 * SECOND;

	netns_enter(netns[i]);
	while (speakers[i].state != SPEAKER_ESTABLISHED) {
		if (now_ns() > end)
			errx(1, "the session of %s does not come up",
			     netns[i]);
		if (speakers[i].state == SPEAKER_CLOSED)
			speaker_connect(&speakers[i]);
		flow_for(SECOND / 10);
	}
	kernel_changed = false;
	speaker_send(&speakers[i], &feeds[i]);
}

/*
 * Until the flows have been where they should be for more than a second: nva1
 * has its share of them, nobody lost one, and the kernel, having heard of what
 * was announced last, hears of no route.
 */
static void settle(double least)
{
	uint64_t end = now_ns() + 600 * SECOND;
	unsigned int good = 0;
	uint32_t from;
	double part;

	while (good < 3) {
		if (now_ns() > end)
			errx(1, "flows do not settle");
		/* BFD may have ended it on a machine that is too busy. */
		if (speakers[0].state == SPEAKER_CLOSED)
			connect_speaker(0);
		from = n_packets;
		kernel_moved = false;
		part = share();
		good = part >= least && !lost_since(from) &&
		       kernel_changed && !kernel_moved ? good + 1 : 0;
	}
}

static void set_up(unsigned int count, bool backup)
{
	static const uint8_t target[4] = { 10, 77, 0, 1 };
	unsigned int i;

	packets = calloc(PACKETS_MAX, sizeof(*packets));
	if (!packets)
		err(1, "packets");
	speakers_init(target, 65000);
	for (i = 0; i < 2; i++) {
		origins[i] = (struct origin){
			.as = 64600,
			.address = { 10, 77, 1, 1 + i },
			.count = count,
			.prepend = backup ? i : 0,
		};
		feed_announce(&feeds[i], &origins[i]);
		speakers[i] = (struct speaker){
			.as = 64600,
			.hold = 30,
			.fd = -1,
			.address = { 10, 77, 1, 1 + i },
		};
	}
	open_kernel();
	open_wires();
	open_flows(&origins[0]);
}

/*
 * Events
 */

static int run_command(const char *command)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (setns(home, CLONE_NEWNET))
			_exit(127);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		flow_for(SECOND / 1000);
	return status;
}

/* Milliseconds from @at to the last packet since @from that was lost. */
static double lost_until(uint32_t from, uint64_t at)
{
	uint64_t last = at;

	drain();
	for (; from < n_packets; from++)
		if (packets[from].at == 0 && packets[from].sent > last)
			last = packets[from].sent;
	return (last - at) / 1e6;
}

/*
 * What has come to the NIC by then has left it; what it is given while it has
 * no carrier goes nowhere.
 */
static void set_carrier(bool on)
{
	int value = on;

	carry(0);
	silent[0] = !on;
	if (ioctl(nic[0], TUNSETCARRIER, &value))
		err(1, "carrier");
}

static void lose_carrier(void)
{
	uint32_t from;
	uint64_t at;

	flow_for(SECOND / 10);
	set_carrier(false);
	at = now_ns();
	from = n_packets;
	flow_for(2 * SECOND);
	figure("carrier", lost_until(from, at));
	figure("carrier_packets", lost_since(from));
}

/* When it is gone is seen by the first packet that is lost. */
static void lose_nic(const char *command)
{
	uint32_t from = n_packets, first;

	if (run_command(command))
		errx(1, "%s failed", command);
	flow_for(2 * SECOND);
	drain();
	for (first = from; first < n_packets && packets[first].at; first++)
		;
	figure("removed", first == n_packets ? 0 :
	       lost_until(first, packets[first].sent) + 1000.0 / rate);
}

/* The data plane of nva1 goes on: what counts is where packets still go. */
static void lose_session(const char *name, void (*end)(struct speaker *))
{
	uint64_t at, last;
	uint32_t from;
	double lost;

	flow_for(SECOND / 10);
	at = last = now_ns();
	from = n_packets;
	end(&speakers[0]);
	flow_for(2 * SECOND);
	lost = lost_until(from, at);
	for (; from < n_packets; from++)
		if (packets[from].at == 1)
			last = packets[from].sent;
	figure(name, lost > (last - at) / 1e6 ? lost : (last - at) / 1e6);
}

/*
 * It says nothing, and its NIC has its carrier. It must have its share before:
 * BFD may have taken it away on a machine that is too busy for it.
 */
static void fall_silent(const char *bfd_is_up, double least)
{
	uint64_t at, end = now_ns() + 60 * SECOND;
	uint32_t from;

	while (run_command(bfd_is_up) || share() < least) {
		if (now_ns() > end)
			errx(1, "BFD does not come up to stay");
		if (speakers[0].state == SPEAKER_CLOSED)
			connect_speaker(0);
	}
	silent[0] = true;
	at = now_ns();
	from = n_packets;
	flow_for(2 * SECOND);
	figure("silent", lost_until(from, at));
	silent[0] = false;
	speaker_reset(&speakers[0]);
}

static void come_back(const char *name, double least)
{
	uint32_t from = n_packets;

	connect_speaker(0);
	settle(least);
	figure(name, lost_since(from));
}

int main(int argc, char **argv)
{
	unsigned int count = 0, ends = 1;
	bool backup = false;
	double least;
	int c;

	while ((c = getopt(argc, argv, "be:n:r:")) != -1) {
		switch (c) {
		case 'b':
			backup = true;
			break;
		case 'e':
			ends = atoi(optarg);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'r':
			rate = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (count < FLOWS || rate == 0 || argc - optind != 3)
		errx(2, "usage: see the head of failover_bench.c");
	least = backup ? 1 : 0.2;
	set_up(count, backup);
	connect_speaker(0);
	settle(1);
	connect_speaker(1);
	settle(least);

	if (run_command(argv[optind]))
		errx(1, "%s failed", argv[optind]);
	lose_carrier();
	set_carrier(true);
	/* Its own link was down, too: it begins anew. */
	speaker_reset(&speakers[0]);
	come_back("carrier_back", least);
	for (; ends > 0; ends--) {
		lose_session("close", speaker_reset);
		come_back("close_back", least);
		lose_session("notify", speaker_cease);
		come_back("notify_back", least);
	}
	fall_silent(argv[optind + 1], least);
	come_back("silent_back", least);
	lose_nic(argv[optind + 2]);
	return 0;
}
