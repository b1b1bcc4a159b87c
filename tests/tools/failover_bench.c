// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long are flows lost when one of two NVAs goes?
 *
 *	failover_bench [-b] -n COUNT [-r RATE] COMMAND-DOWN COMMAND-UP
 *		       COMMAND-REMOVE
 *
 * Namespaces nva1 (10.77.1.1) and nva2 (10.77.1.2) announce the same COUNT
 * prefixes to 10.77.0.1 in AS 65000; with -b nva2 with a longer AS path. UDP
 * from namespace vm1 to 64 of the prefixes goes at RATE packets a second.
 * Then, one after the other: nva1's carrier is lost (COMMAND-DOWN) and comes
 * back (COMMAND-UP), its session is reset and comes back, and it is removed
 * (COMMAND-REMOVE). Prints "FIGURE VALUE" lines: the milliseconds that the
 * packets to nva1 were lost, or after a reset still went there; for what
 * comes back, the packets that were lost.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bgp/speaker.h"

#define SECOND		1000000000ull
#define FLOWS		64
#define PORT		9999
#define PACKETS_MAX	4000000

struct packet {
	uint64_t sent;			/* ns */
	uint8_t at;			/* NVA it came to, 0: none */
};

static const char *const netns[2] = { "nva1", "nva2" };
static struct packet *packets;
static uint32_t n_packets;
static unsigned int rate = 2000;
static int out, in[2];
static struct sockaddr_in flows[FLOWS];
static struct speaker speakers[2];
static struct origin origins[2];
static struct feed feeds[2];

static void figure(const char *name, double value)
{
	printf("%s %.6g\n", name, value);
	fflush(stdout);
}

static void enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

/*
 * Flows
 */

static void open_flows(const struct origin *o)
{
	int bytes = 16 * 1024 * 1024;
	unsigned int i;

	for (i = 0; i < FLOWS; i++) {
		flows[i].sin_family = AF_INET;
		flows[i].sin_port = htons(PORT);
		flows[i].sin_addr.s_addr = htonl(routes_address(o,
				(uint64_t)i * o->count / FLOWS));
	}
	for (i = 0; i < 2; i++) {
		enter(netns[i]);
		in[i] = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK,
			       htons(ETH_P_IP));
		if (in[i] < 0 || setsockopt(in[i], SOL_SOCKET, SO_RCVBUFFORCE,
					    &bytes, sizeof(bytes)))
			err(1, "packet socket");
	}
	enter("vm1");
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (out < 0)
		err(1, "socket");
}

static void receive(unsigned int nva)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		uint32_t number;
	} __attribute__((packed)) p;
	ssize_t n;

	while ((n = recv(in[nva], &p, sizeof(p), 0)) >= 0)
		if (n == sizeof(p) && p.ip.protocol == IPPROTO_UDP &&
		    p.udp.dest == htons(PORT) && p.number < n_packets)
			packets[p.number].at = nva + 1;
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

static void flow_until(uint64_t end)
{
	static uint64_t next;
	uint64_t now = now_ns();

	if (next + SECOND < now)
		next = now;
	for (; now < end; now = now_ns()) {
		/* What could not be sent in time is sent late, not dropped. */
		for (; next <= now; next += SECOND / rate)
			send_one();
		receive(0);
		receive(1);
		speakers_run(0);
	}
}

static void flow_for(uint64_t ns)
{
	flow_until(now_ns() + ns);
}

/* Those of the packets from @from on that came to nobody. */
static unsigned int lost_since(uint32_t from)
{
	unsigned int n = 0;

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

	enter(netns[i]);
	while (speakers[i].state != SPEAKER_ESTABLISHED) {
		if (now_ns() > end)
			errx(1, "the session of %s does not come up",
			     netns[i]);
		if (speakers[i].state == SPEAKER_CLOSED)
			speaker_connect(&speakers[i]);
		flow_for(SECOND / 10);
	}
	speaker_send(&speakers[i], &feeds[i]);
}

/*
 * Until the flows have been where they should be for a second: nva1 has its
 * share of them, and nobody lost one.
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
		from = n_packets;
		part = share();
		good = part >= least && !lost_since(from) ? good + 1 : 0;
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
	open_flows(&origins[0]);
}

/*
 * Events
 */

static void run_command(const char *command)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		flow_for(SECOND / 1000);
	if (status)
		errx(1, "%s: status %d", command, status);
}

static void lose(const char *name, const char *command)
{
	double part = share();
	uint32_t from = n_packets;

	run_command(command);
	flow_for(2 * SECOND);
	figure(name, lost_since(from) * 1000.0 / (rate * part));
}

/* The data plane of nva1 goes on: what counts is where packets still go. */
static void reset(void)
{
	double part = share();
	uint64_t at = now_ns(), last = at;
	uint32_t from = n_packets;
	unsigned int lost;

	speaker_reset(&speakers[0]);
	flow_for(2 * SECOND);
	lost = lost_since(from);
	for (; from < n_packets; from++)
		if (packets[from].at == 1)
			last = packets[from].sent;
	figure("close", (last - at) / 1e6 + lost * 1000.0 / (rate * part));
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	bool backup = false;
	uint32_t from;
	double least;
	int c;

	while ((c = getopt(argc, argv, "bn:r:")) != -1) {
		switch (c) {
		case 'b':
			backup = true;
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
	argv += optind;
	if (count < FLOWS || argc - optind != 3)
		errx(2, "usage: see the head of failover_bench.c");
	least = backup ? 1 : 0.2;
	set_up(count, backup);
	connect_speaker(0);
	settle(1);
	connect_speaker(1);
	flow_for(5 * SECOND);
	settle(least);

	lose("carrier", argv[0]);
	from = n_packets;
	run_command(argv[1]);
	/* Its own link was down, too: it begins anew. */
	speaker_reset(&speakers[0]);
	connect_speaker(0);
	settle(least);
	figure("carrier_back", lost_since(from));
	reset();
	from = n_packets;
	connect_speaker(0);
	settle(least);
	figure("close_back", lost_since(from));
	lose("removed", argv[2]);
	return 0;
}
