// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends packets of SIZE bytes that may not be fragmented, as a guest's stack
 * would not: an ICMP error, a later fragment, or many UDP packets at once. They
 * go to the virtual router, whoever else may know a smaller path MTU.
 *
 * usage: toobig DEVICE icmp-error|fragment|flood SRC DST SIZE [COUNT]
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/packet.h"

static const unsigned char router[ETH_ALEN] = {
	0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc
};

static unsigned char frame[ETH_HLEN + 9000];
static size_t size;			/* of the IP packet */

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void make_ip4(const char *kind, const char *src, const char *dst)
{
	struct iphdr *iph = (struct iphdr *)(frame + ETH_HLEN);
	int fragment = strcmp(kind, "fragment") == 0;
	int error = strcmp(kind, "icmp-error") == 0;
	struct icmphdr *icmp = (struct icmphdr *)(iph + 1);

	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(size);
	iph->frag_off = htons(IP_DF | (fragment ? 185 : 0));
	iph->ttl = 64;
	iph->protocol = error ? IPPROTO_ICMP : IPPROTO_UDP;
	if (inet_pton(AF_INET, src, &iph->saddr) != 1 ||
	    inet_pton(AF_INET, dst, &iph->daddr) != 1)
		errx(2, "%s, %s: no addresses", src, dst);
	iph->check = checksum(iph, sizeof(*iph));
	if (error)
		icmp->type = ICMP_DEST_UNREACH;
}

static void make_ip6(const char *kind, const char *src, const char *dst)
{
	struct ip6_hdr *ip6h = (struct ip6_hdr *)(frame + ETH_HLEN);
	struct icmp6_hdr *icmp = (struct icmp6_hdr *)(ip6h + 1);

	if (strcmp(kind, "icmp-error") != 0)
		errx(2, "%s: not in IPv6", kind);
	ip6h->ip6_vfc = 6 << 4;
	ip6h->ip6_plen = htons(size - sizeof(*ip6h));
	ip6h->ip6_nxt = IPPROTO_ICMPV6;
	ip6h->ip6_hlim = 64;
	if (inet_pton(AF_INET6, src, &ip6h->ip6_src) != 1 ||
	    inet_pton(AF_INET6, dst, &ip6h->ip6_dst) != 1)
		errx(2, "%s, %s: no addresses", src, dst);
	icmp->icmp6_type = ICMP6_DST_UNREACH;
}

int main(int argc, char **argv)
{
	unsigned long count;
	struct ethhdr *eth = (struct ethhdr *)frame;
	int fd;

	if (argc < 6)
		errx(2, "usage: toobig DEVICE KIND SRC DST SIZE [COUNT]");
	size = strtoul(argv[5], NULL, 10);
	count = argc > 6 ? strtoul(argv[6], NULL, 10) : 1;
	if (size < 100 || size > sizeof(frame) - ETH_HLEN)
		errx(2, "%s: no size", argv[5]);
	fd = packet_open(argv[1], eth->h_source);
	memcpy(eth->h_dest, router, ETH_ALEN);
	if (strchr(argv[3], ':')) {
		eth->h_proto = htons(ETH_P_IPV6);
		make_ip6(argv[2], argv[3], argv[4]);
	} else {
		eth->h_proto = htons(ETH_P_IP);
		make_ip4(argv[2], argv[3], argv[4]);
	}
	while (count-- > 0)
		if (send(fd, frame, ETH_HLEN + size, 0) < 0)
			err(1, "%s: send", argv[1]);
	return 0;
}
