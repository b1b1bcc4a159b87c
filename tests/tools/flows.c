// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many flows, and where each of them goes: one packet of every flow is sent
 * from a guest, and the guests that it may arrive at are listened to.
 *
 *	flows [-rpfe] [-n COUNT] CLIENT SERVER FROM TO...
 *
 * FROM and TO are names of VMs (network namespaces with an eth0). Flow number i
 * is between port 10000 + i of address CLIENT and port 443 of SERVER, UDP.
 *	-r	packets go from SERVER to CLIENT
 *	-p	the server's port changes as well, the client's does not
 *	-f	fragments: the first, which has the ports, and the last; the
 *		server's address is SERVER + i
 *	-e	ICMP errors about such packets instead, against their direction
 *
 * Prints a line for each flow: its number and the VM that got its packets, "-"
 * if one is missing, or more than one name if several got some.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FLOWS	60000
#define MAX_TO		16
#define TOS		0x88		/* marks what is ours */
#define MORE		1		/* fragments follow */

struct options {
	bool reverse;
	bool server_ports;
	bool fragments;
	bool errors;
	unsigned int count;
};

struct end {
	struct in6_addr addr;		/* IPv4: the first 4 bytes */
	uint16_t port;
};

static struct options opt = { .count = 1000 };
static bool v6;
static struct end client, server;
static uint8_t eth[ETH_HLEN] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };
static uint32_t got[MAX_FLOWS];		/* by flow, a bit for each TO */
static unsigned int packets[MAX_FLOWS];

static int open_at(const char *vm, uint8_t *mac)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };
	struct ifreq ifr = { .ifr_name = "eth0" };
	int here, there, fd, size = 64 << 20;
	char path[64];

	snprintf(path, sizeof(path), "/run/netns/%s", vm);
	here = open("/proc/self/ns/net", O_RDONLY);
	there = open(path, O_RDONLY);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		err(1, "%s", vm);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK,
		    mac ? 0 : htons(v6 ? ETH_P_IPV6 : ETH_P_IP));
	sll.sll_ifindex = if_nametoindex("eth0");
	sll.sll_protocol = mac ? 0 : htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0)
		err(1, "%s: packet socket", vm);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (mac) {
		if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
			err(1, "%s: eth0", vm);
		memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	}
	if (setns(here, CLONE_NEWNET) < 0)
		err(1, "setns");
	close(here);
	close(there);
	return fd;
}

static void add(struct in6_addr *addr, uint32_t n)
{
	uint32_t *word = &addr->s6_addr32[v6 ? 3 : 0];

	*word = htonl(ntohl(*word) + n);
}

/* The ends of flow @i, from -> to */
static void ends_of(unsigned int i, struct end *from, struct end *to)
{
	struct end a = client, b = server;

	a.port = htons(10000 + (opt.server_ports ? 0 : i));
	b.port = htons(opt.server_ports ? 10000 + i : 443);
	if (opt.fragments)
		add(&b.addr, i);
	*from = opt.reverse ? b : a;
	*to = opt.reverse ? a : b;
}

static uint16_t checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* An IP header for @len bytes; frag: offset in bytes, and MORE. Returns its
 * length, which is that of the fragment header too.
 */
static size_t put_ip(uint8_t *p, unsigned int i, const struct end *from,
		     const struct end *to, uint8_t protocol, size_t len,
		     unsigned int frag)
{
	struct ip6_hdr ip6 = { .ip6_hlim = 64, .ip6_nxt = protocol };
	struct iphdr ip4 = {
		.version = 4, .ihl = 5, .tos = TOS, .ttl = 64,
		.id = htons(i), .protocol = protocol,
		.tot_len = htons(sizeof(ip4) + len),
		.frag_off = htons(frag / 8 | (frag & MORE ? IP_MF : 0)),
		.saddr = from->addr.s6_addr32[0],
		.daddr = to->addr.s6_addr32[0],
	};
	struct ip6_frag fh = { .ip6f_nxt = protocol, .ip6f_ident = htonl(i) };
	size_t fh_len = frag ? sizeof(fh) : 0;

	if (!v6) {
		ip4.check = checksum(&ip4, sizeof(ip4), 0);
		memcpy(p, &ip4, sizeof(ip4));
		return sizeof(ip4);
	}
	ip6.ip6_flow = htonl(6 << 28 | TOS << 20 | i);
	ip6.ip6_plen = htons(len + fh_len);
	ip6.ip6_src = from->addr;
	ip6.ip6_dst = to->addr;
	fh.ip6f_offlg = htons((frag & ~7) | (frag & MORE));
	if (frag)
		ip6.ip6_nxt = IPPROTO_FRAGMENT;
	memcpy(p, &ip6, sizeof(ip6));
	memcpy(p + sizeof(ip6), &fh, fh_len);
	return sizeof(ip6) + fh_len;
}

static size_t put_udp(uint8_t *p, unsigned int i, const struct end *from,
		      const struct end *to, unsigned int frag)
{
	struct udphdr udp = { .source = from->port, .dest = to->port,
			      .len = htons(frag ? 24 : 16), .check = 0xffff };
	size_t hlen = put_ip(p, i, from, to, IPPROTO_UDP, 16, frag);

	memset(p + hlen, 0, 16);
	if (frag < 8)
		memcpy(p + hlen, &udp, sizeof(udp));
	return hlen + 16;
}

/* What @to says about a packet of @from's that it cannot take */
static size_t put_error(uint8_t *p, unsigned int i, const struct end *from,
			const struct end *to)
{
	uint8_t quoted[128], icmp[8] = { v6 ? ICMP6_PACKET_TOO_BIG :
					 ICMP_UNREACH,
					 v6 ? 0 : ICMP_UNREACH_NEEDFRAG };
	size_t len = put_udp(quoted, i, from, to, 0), hlen;

	hlen = put_ip(p, i, to, from, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		      sizeof(icmp) + len, 0);
	memcpy(p + hlen, icmp, sizeof(icmp));
	memcpy(p + hlen + sizeof(icmp), quoted, len);
	return hlen + sizeof(icmp) + len;
}

static void send_frame(int fd, uint8_t *frame, size_t len)
{
	memcpy(frame, eth, ETH_HLEN);
	while (send(fd, frame, ETH_HLEN + len, 0) < 0)
		usleep(1000);
}

static unsigned int send_flow(int fd, unsigned int i)
{
	uint8_t frame[256] = { 0 }, *ip = frame + ETH_HLEN;
	struct end from, to;

	ends_of(i, &from, &to);
	if (opt.errors) {
		send_frame(fd, frame, put_error(ip, i, &from, &to));
		return 1;
	}
	if (!opt.fragments) {
		send_frame(fd, frame, put_udp(ip, i, &from, &to, 0));
		return 1;
	}
	send_frame(fd, frame, put_udp(ip, i, &from, &to, MORE));
	send_frame(fd, frame, put_udp(ip, i, &from, &to, 16));
	return 2;
}

/* The flow a packet is of, -1 if it is none of ours */
static int flow_of(const uint8_t *ip, size_t len)
{
	uint32_t word;

	if (len < (v6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr)))
		return -1;
	memcpy(&word, ip, sizeof(word));
	if (v6)
		return (ntohl(word) >> 20 & 0xff) == TOS ?
		       (int)(ntohl(word) & 0xfffff) : -1;
	return ip[1] == TOS ? ip[4] << 8 | ip[5] : -1;
}

static unsigned int receive(int fd, unsigned int to)
{
	unsigned int n = 0;
	uint8_t frame[256];
	ssize_t len;
	int flow;

	while ((len = recv(fd, frame, sizeof(frame), 0)) >= 0) {
		flow = len < ETH_HLEN ? -1 :
		       flow_of(frame + ETH_HLEN, len - ETH_HLEN);
		if (flow < 0 || (unsigned int)flow >= opt.count)
			continue;
		got[flow] |= 1u << to;
		packets[flow]++;
		n++;
	}
	return n;
}

static void run(int fd, struct pollfd *pfd, unsigned int n)
{
	unsigned int i, j, due = 0, received = 0, quiet = 0;

	for (i = 0; i < opt.count; i++) {
		due += send_flow(fd, i);
		for (j = 0; i % 64 == 63 && j < n; j++)
			received += receive(pfd[j].fd, j);
	}
	while (received < due && quiet < 10) {
		quiet = poll(pfd, n, 100) == 0 ? quiet + 1 : 0;
		for (j = 0; j < n; j++)
			received += receive(pfd[j].fd, j);
	}
}

static void show(char **names, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < opt.count; i++) {
		printf("%u", i);
		for (j = 0; j < n; j++)
			if (got[i] & 1u << j)
				printf(" %s", names[j]);
		puts(got[i] && packets[i] == (opt.fragments ? 2 : 1) ? "" :
							       " -");
	}
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "rpfen:")) != -1) {
		switch (c) {
		case 'r':
			opt.reverse = true;
			break;
		case 'p':
			opt.server_ports = true;
			break;
		case 'f':
			opt.fragments = true;
			break;
		case 'e':
			opt.errors = true;
			break;
		case 'n':
			opt.count = atoi(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind < 4 || argc - optind > 3 + MAX_TO ||
	    opt.count > MAX_FLOWS)
		errx(2, "usage: flows [-rpfe] [-n COUNT] "
		     "CLIENT SERVER FROM TO...");
}

static void parse_addr(const char *text, struct in6_addr *addr)
{
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, addr) != 1)
		errx(2, "%s: not an address of the family", text);
}

int main(int argc, char **argv)
{
	struct pollfd pfd[MAX_TO];
	unsigned int i, n;
	int fd;

	parse_options(argc, argv);
	v6 = strchr(argv[optind], ':') != NULL;
	parse_addr(argv[optind], &client.addr);
	parse_addr(argv[optind + 1], &server.addr);
	fd = open_at(argv[optind + 2], eth + ETH_ALEN);
	eth[12] = v6 ? 0x86 : 0x08;
	eth[13] = v6 ? 0xdd : 0x00;
	n = argc - optind - 3;
	for (i = 0; i < n; i++)
		pfd[i] = (struct pollfd){ open_at(argv[optind + 3 + i], NULL),
					  POLLIN, 0 };
	run(fd, pfd, n);
	show(argv + optind + 3, n);
	return 0;
}
