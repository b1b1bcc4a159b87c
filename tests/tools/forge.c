// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends one packet out of a device that the sender's stack would not: with any
 * addresses, over IPv4 or IPv6.
 *
 *	forge [-f | -d] [-t TOS] DEV MAC vxlan SRC DST VNI TO-MAC FROM TO
 *		an echo request in VXLAN, from FROM to TO
 *	forge [-f] [-t TOS] [-c OFFSET] DEV MAC udp SRC SPORT DST DPORT
 *	forge [-t TOS] [-g SIZE] DEV MAC tcp SRC SPORT DST DPORT FLAGS \
 *			SEQ ACK [LENGTH]
 *		FLAGS are letters as tcpdump prints them: S, R, A, F, P
 *	forge [-f] DEV MAC error SRC DST TYPE CODE NUMBER PROTOCOL FROM TO
 *		ICMP with NUMBER behind its checksum, which is an MTU or a
 *		gateway, and a packet of PROTOCOL from FROM to TO behind that
 *
 * MAC is the frame's destination. With -f, the packet comes in two fragments.
 * With -d, UDP in IPv6 does so behind another fragment header, which says that
 * it is whole and is alone in the first one, and behind options. With -c, the
 * checksum is left to others, who are to write it at OFFSET behind the IP
 * header. With -g SIZE, DEV is a tap that nobody has, the packet is TCP over
 * IPv4 to be cut into segments of SIZE, and its header is shorter than any can
 * be.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/packet.h"

#define VXLAN_PORT	4789
#define FIRST_FRAGMENT	16	/* bytes of payload */

struct addr {
	int family;
	union {
		struct in_addr ip4;
		struct in6_addr ip6;
	};
};

/* Grows from its end to its start: payload first, then header by header */
struct packet {
	uint8_t data[2048];
	size_t begin;
};

static uint8_t tos;
static int fragments, behind_another;
static int checksum_at = -1;
static unsigned int segment;
static char **args;	/* what is left of the command line */

static const char *next_arg(void)
{
	if (!*args)
		errx(2, "too few arguments, see the head of forge.c");
	return *args++;
}

static unsigned long next_number(unsigned long max)
{
	const char *arg = next_arg();
	unsigned long n;
	char *end;

	n = strtoul(arg, &end, 10);
	if (*end || end == arg || n > max)
		errx(2, "%s: no number up to %lu", arg, max);
	return n;
}

static void next_mac(uint8_t *mac)
{
	const char *arg = next_arg();

	if (sscanf(arg, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2,
		   mac + 3, mac + 4, mac + 5) != ETH_ALEN)
		errx(2, "%s: no MAC address", arg);
}

static struct addr next_addr(void)
{
	const char *arg = next_arg();
	struct addr addr;

	addr.family = strchr(arg, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr.family, arg, &addr.ip6) != 1)
		errx(2, "%s: no address", arg);
	return addr;
}

static void *push(struct packet *p, size_t len)
{
	if (p->begin < len)
		errx(2, "too long");
	p->begin -= len;
	return memset(p->data + p->begin, 0, len);
}

static size_t length(const struct packet *p)
{
	return sizeof(p->data) - p->begin;
}

static uint32_t sum(const void *data, size_t len, uint32_t acc)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		acc += i % 2 ? bytes[i] : bytes[i] << 8;
	return acc;
}

static uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons(~acc);
}

/* Of all there is, with the pseudo header of IPv4 or IPv6 */
static uint16_t checksum(const struct packet *p, const struct addr *src,
			 const struct addr *dst, uint8_t protocol)
{
	size_t len = src->family == AF_INET6 ? 16 : 4;
	uint32_t acc = protocol + length(p);

	acc = sum(&src->ip6, len, acc);
	acc = sum(&dst->ip6, len, acc);
	return fold(sum(p->data + p->begin, length(p), acc));
}

static void push_ip4(struct packet *p, const struct addr *src,
		     const struct addr *dst, uint8_t protocol)
{
	size_t len = length(p);
	struct iphdr *iph = push(p, sizeof(*iph));

	*iph = (struct iphdr) {
		.version = 4, .ihl = 5, .ttl = 64, .tos = tos,
		.tot_len = htons(sizeof(*iph) + len), .id = htons(getpid()),
		.protocol = protocol,
		.saddr = src->ip4.s_addr, .daddr = dst->ip4.s_addr,
	};
	iph->check = fold(sum(iph, sizeof(*iph), 0));
}

static void push_ip6(struct packet *p, const struct addr *src,
		     const struct addr *dst, uint8_t protocol)
{
	size_t len = length(p);
	struct ip6_hdr *ip6h = push(p, sizeof(*ip6h));

	ip6h->ip6_flow = htonl(6 << 28 | tos << 20);
	ip6h->ip6_plen = htons(len);
	ip6h->ip6_nxt = protocol;
	ip6h->ip6_hlim = 64;
	ip6h->ip6_src = src->ip6;
	ip6h->ip6_dst = dst->ip6;
}

/* Returns the EtherType */
static uint16_t push_ip(struct packet *p, const struct addr *src,
			const struct addr *dst, uint8_t protocol)
{
	if (src->family != dst->family)
		errx(2, "source and destination of two families");
	if (src->family == AF_INET6) {
		push_ip6(p, src, dst, protocol);
		return ETH_P_IPV6;
	}
	push_ip4(p, src, dst, protocol);
	return ETH_P_IP;
}

static void push_eth(struct packet *p, const uint8_t *dst, const uint8_t *src,
		     uint16_t type)
{
	struct ethhdr *eth = push(p, sizeof(*eth));

	memcpy(eth->h_dest, dst, ETH_ALEN);
	memcpy(eth->h_source, src, ETH_ALEN);
	eth->h_proto = htons(type);
}

/* Returns the EtherType */
static uint16_t push_echo(struct packet *p, const struct addr *src,
			  const struct addr *dst)
{
	uint8_t *icmp;

	push(p, 32);
	icmp = push(p, 8);
	icmp[0] = src->family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	if (src->family == AF_INET6) {
		*(uint16_t *)(icmp + 2) = checksum(p, src, dst, IPPROTO_ICMPV6);
		return push_ip(p, src, dst, IPPROTO_ICMPV6);
	}
	*(uint16_t *)(icmp + 2) = fold(sum(icmp, length(p), 0));
	return push_ip(p, src, dst, IPPROTO_ICMP);
}

static void push_vxlan(struct packet *p, const uint8_t *src_mac)
{
	uint32_t vni = next_number((1 << 24) - 1), *vxlan;
	uint8_t dst_mac[ETH_ALEN];
	struct addr src, dst;

	next_mac(dst_mac);
	src = next_addr();
	dst = next_addr();
	push_eth(p, dst_mac, src_mac, push_echo(p, &src, &dst));
	vxlan = push(p, 8);
	vxlan[0] = htonl(0x08000000);
	vxlan[1] = htonl(vni << 8);
}

static void push_udp(struct packet *p, const struct addr *src, uint16_t sport,
		     const struct addr *dst, uint16_t dport)
{
	size_t len = length(p);
	struct udphdr *udp = push(p, sizeof(*udp));

	udp->source = htons(sport);
	udp->dest = htons(dport);
	udp->len = htons(sizeof(*udp) + len);
	udp->check = checksum(p, src, dst, IPPROTO_UDP);
}

static void push_tcp(struct packet *p, const struct addr *src, uint16_t sport,
		     const struct addr *dst, uint16_t dport)
{
	const char *flags = next_arg();
	uint32_t seq = next_number(UINT32_MAX), ack = next_number(UINT32_MAX);
	struct tcphdr *tcp;

	push(p, *args ? next_number(1000) : 0);
	tcp = push(p, sizeof(*tcp));
	tcp->source = htons(sport);
	tcp->dest = htons(dport);
	tcp->seq = htonl(seq);
	tcp->ack_seq = htonl(ack);
	tcp->doff = segment ? 4 : 5;
	tcp->syn = !!strchr(flags, 'S');
	tcp->rst = !!strchr(flags, 'R');
	tcp->ack = !!strchr(flags, 'A');
	tcp->fin = !!strchr(flags, 'F');
	tcp->psh = !!strchr(flags, 'P');
	tcp->window = htons(1000);
	tcp->check = checksum(p, src, dst, IPPROTO_TCP);
}

/* Little more than the header of what is quoted. Returns the protocol. */
static uint8_t push_error(struct packet *p, const struct addr *src,
			  const struct addr *dst)
{
	uint8_t type = next_number(UINT8_MAX), code = next_number(UINT8_MAX);
	uint32_t number = next_number(UINT32_MAX);
	uint8_t protocol = next_number(UINT8_MAX), *icmp;
	struct addr from = next_addr(), to = next_addr();

	push(p, 8);
	push_ip(p, &from, &to, protocol);
	icmp = push(p, 8);
	icmp[0] = type;
	icmp[1] = code;
	*(uint32_t *)(icmp + 4) = htonl(number);
	if (src->family == AF_INET6) {
		*(uint16_t *)(icmp + 2) = checksum(p, src, dst, IPPROTO_ICMPV6);
		return IPPROTO_ICMPV6;
	}
	*(uint16_t *)(icmp + 2) = fold(sum(icmp, length(p), 0));
	return IPPROTO_ICMP;
}

/* The guest's side of @device, which takes segmentation headers */
static int open_tap(const char *device)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(req.ifr_name, device, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) < 0)
		err(1, "%s, as a tap", device);
	return fd;
}

/* In front of a frame, for a tap */
static void push_segmentation(struct packet *p)
{
	struct virtio_net_hdr *hdr = push(p, sizeof(*hdr));
	size_t start = ETH_HLEN + sizeof(struct iphdr);

	*hdr = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = start + sizeof(struct tcphdr),
		.gso_size = segment,
		.csum_start = start,
		.csum_offset = offsetof(struct tcphdr, check),
	};
}

/* In front of a frame: what is left of the work */
static void push_deferral(struct packet *p, const struct addr *src)
{
	struct virtio_net_hdr *hdr = push(p, sizeof(*hdr));

	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->csum_start = ETH_HLEN + (src->family == AF_INET6 ?
				      sizeof(struct ip6_hdr) :
				      sizeof(struct iphdr));
	hdr->csum_offset = checksum_at;
}

/* Insert a fragment header; only the first and the last of two */
static void fragment_header(struct packet *p, unsigned int offset, int more,
			    uint8_t protocol)
{
	struct ip6_frag *frag = push(p, sizeof(*frag));

	frag->ip6f_nxt = protocol;
	frag->ip6f_offlg = htons(offset | more);
	frag->ip6f_ident = htonl(getpid());
}

/* Headers between IPv6's and that of UDP, which a first fragment cuts in two */
static uint8_t push_another(struct packet *p)
{
	uint8_t *options = push(p, 8);

	options[0] = IPPROTO_UDP;
	options[2] = IP6OPT_PADN;
	options[3] = 4;
	fragment_header(p, 0, 0, IPPROTO_DSTOPTS);
	return IPPROTO_FRAGMENT;
}

/* @offset and @len of @all, which is what follows the IP header */
static void send_part(int fd, const struct packet *all, size_t offset,
		      size_t len, const struct addr *src,
		      const struct addr *dst, uint8_t protocol,
		      const uint8_t *dst_mac, const uint8_t *src_mac)
{
	int more = offset + len < length(all), whole = len == length(all);
	struct packet p = { .begin = sizeof(p.data) };
	struct iphdr *iph;
	uint16_t type;

	memcpy(push(&p, len), all->data + all->begin + offset, len);
	if (!whole && src->family == AF_INET6) {
		fragment_header(&p, offset, more, protocol);
		protocol = IPPROTO_FRAGMENT;
	}
	type = push_ip(&p, src, dst, protocol);
	if (!whole && src->family == AF_INET) {
		iph = (struct iphdr *)(p.data + p.begin);
		iph->frag_off = htons(offset / 8 | (more ? IP_MF : 0));
		iph->check = 0;
		iph->check = fold(sum(iph, sizeof(*iph), 0));
	}
	push_eth(&p, dst_mac, src_mac, type);
	if (segment)
		push_segmentation(&p);
	if (checksum_at >= 0)
		push_deferral(&p, src);
	if (write(fd, p.data + p.begin, length(&p)) < 0)
		err(1, "write");
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:dfg:t:")) != -1) {
		if (c == 'f' || c == 'd')
			fragments = 1;
		if (c == 'd')
			behind_another = 1;
		else if (c == 'c')
			checksum_at = strtoul(optarg, NULL, 0);
		else if (c == 'g')
			segment = strtoul(optarg, NULL, 0);
		else if (c == 't')
			tos = strtoul(optarg, NULL, 0);
		else if (c != 'f')
			errx(2, "see the head of forge.c");
	}
	args = argv + optind;
}

static void send_all(int fd, const struct packet *all, const struct addr *src,
		     const struct addr *dst, uint8_t protocol,
		     const uint8_t *dst_mac, const uint8_t *src_mac)
{
	size_t first = length(all);

	if (fragments)
		first = behind_another ? sizeof(struct ip6_frag) :
					 FIRST_FRAGMENT;
	send_part(fd, all, 0, first, src, dst, protocol, dst_mac, src_mac);
	if (fragments)
		send_part(fd, all, first, length(all) - first, src, dst,
			  protocol, dst_mac, src_mac);
}

/* What follows the IP header, which is of the protocol that is returned */
static uint8_t push_payload(struct packet *p, const char *kind,
			    const uint8_t *src_mac, struct addr *src,
			    struct addr *dst)
{
	int vxlan = strcmp(kind, "vxlan") == 0, tcp = strcmp(kind, "tcp") == 0;
	uint16_t sport = 50000, dport = VXLAN_PORT;
	int ports = tcp || strcmp(kind, "udp") == 0;

	*src = next_addr();
	if (ports)
		sport = next_number(UINT16_MAX);
	*dst = next_addr();
	if (ports)
		dport = next_number(UINT16_MAX);
	if (strcmp(kind, "error") == 0)
		return push_error(p, src, dst);
	if (tcp) {
		push_tcp(p, src, sport, dst, dport);
		return IPPROTO_TCP;
	}
	if (vxlan)
		push_vxlan(p, src_mac);
	else if (ports)
		push(p, 32);
	else
		errx(2, "%s: vxlan, udp, tcp or error", kind);
	push_udp(p, src, sport, dst, dport);
	return behind_another ? push_another(p) : IPPROTO_UDP;
}

int main(int argc, char **argv)
{
	struct packet all = { .begin = sizeof(all.data) };
	uint8_t src_mac[ETH_ALEN], dst_mac[ETH_ALEN];
	struct addr src, dst;
	const char *device;
	uint8_t protocol;
	int fd;

	parse_options(argc, argv);
	device = next_arg();
	fd = packet_open(device, src_mac);
	if (checksum_at >= 0 && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR,
					   &(int){ 1 }, sizeof(int)) < 0)
		err(1, "%s", device);
	if (segment) {
		close(fd);
		fd = open_tap(device);
	}
	next_mac(dst_mac);
	protocol = push_payload(&all, next_arg(), src_mac, &src, &dst);
	send_all(fd, &all, &src, &dst, protocol, dst_mac, src_mac);
	return 0;
}
