// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames that a guest should not send, and some that it may: each is sent from
 * VM "vm1", and the one counter that explains it must go up by one, no other.
 *
 * Expects a VNet with NICs vm1 (02:00:00:00:00:01, 10.1.0.4, fd00:10:1::4) and
 * vm2 (10.1.0.5, fd00:10:1::5), whose guests are in network namespaces of the
 * same names, vm1's with IPv6 switched off on eth0 so that nothing but this
 * program speaks there.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"

#define ETH_LEN		14
#define IP4		ETH_LEN			/* offsets in a frame */
#define IP4_SRC		(IP4 + 12)
#define IP4_DST		(IP4 + 16)
#define ICMP4		(IP4 + 20)
#define IP6		ETH_LEN
#define IP6_HOPS	(IP6 + 7)
#define IP6_SRC		(IP6 + 8)
#define IP6_DST		(IP6 + 24)
#define ICMP6		(IP6 + 40)
#define ARP		ETH_LEN
#define ARP_OP		(ARP + 6)
#define ARP_SHA		(ARP + 8)
#define ARP_SIP		(ARP + 14)
#define ARP_TIP		(ARP + 24)

#define ROUTER		"123456789abc"
#define GUEST		"020000000001"
#define GUEST4		"0a010004"
#define OTHER4		"0a010005"
#define FREE4		"0a010063"
#define GUEST6		"fd000010000100000000000000000004"
#define OTHER6		"fd000010000100000000000000000005"
#define FREE6		"fd000010000100000000000000000063"
#define LINKLOCAL6	"fe800000000000000000000000000004"
#define ANY6		"00000000000000000000000000000000"
#define LOOPBACK6	"00000000000000000000000000000001"
#define MAPPED6		"00000000000000000000ffff0a010005"

/* Counters of the sender, and those that say that a frame was answered or
 * forwarded.
 */
#define DROP(reason)	"vm1/vnet_nic/drop_" reason
#define ANSWERED	"vm1/vnet_nic/tx_packets"
#define FORWARDED	"vm2/vnet_nic/tx_packets"

enum base {
	ECHO4,		/* echo replies, which nobody answers */
	ECHO6,
	ARPREQ,
	SOLICIT,
};

/* Complete but for checksums, which are filled in. */
static const char *const bases[] = {
	[ECHO4] = ROUTER GUEST "0800"
		  "4500002400010000" "40010000" GUEST4 OTHER4
		  "0000000000010001" "6162636465666768",
	[ECHO6] = ROUTER GUEST "86dd"
		  "60000000" "0010" "3a40" GUEST6 OTHER6
		  "8100000000010001" "6162636465666768",
	[ARPREQ] = "ffffffffffff" GUEST "0806"
		   "0001080006040001" GUEST GUEST4 "000000000000" OTHER4,
	[SOLICIT] = "3333ff000005" GUEST "86dd"
		    "60000000" "0020" "3aff" GUEST6
		    "ff0200000000000000000001ff000005"
		    "8700000000000000" OTHER6 "0101" GUEST,
};

struct frame {
	uint8_t data[512];
	size_t len;
};

/* Write @hex at @offset, or insert it there. */
struct patch {
	size_t offset;
	const char *hex;
	bool insert;
};

/* A base, patched, with checksums, patched @late, cut or padded to @len */
struct test {
	const char *name;
	const char *counter;
	enum base base;
	struct patch patch[3];
	struct patch late;
	size_t len;
};

static const struct test tests[] = {
	/* Ethernet */
	{ "IPv4 for another NIC", FORWARDED, ECHO4 },
	{ "IPv6 for another NIC", FORWARDED, ECHO6 },
	{ "padding behind IPv4", FORWARDED, ECHO4, .len = 90 },
	{ "padding behind IPv6", FORWARDED, ECHO6, .len = 90 },
	{ "nothing but an Ethernet header", DROP("malformed"), ECHO4,
	  .len = ETH_LEN },
	{ "802.3 length for a type", DROP("protocol"), ECHO4,
	  {{ 12, "0024" }} },
	{ "unknown type", DROP("protocol"), ECHO4, {{ 12, "88b5" }} },
	{ "VLAN 5", DROP("protocol"), ECHO4, {{ 12, "81000005", true }} },
	{ "VLAN 5 in VLAN 5", DROP("protocol"), ECHO4,
	  {{ 12, "88a8000581000005", true }} },
	{ "priority tag", FORWARDED, ECHO4, {{ 12, "8100e000", true }} },
	{ "another MAC for the source", DROP("spoofed_mac"), ECHO4,
	  {{ 6, "020000000002" }} },
	{ "a group's MAC for the source", DROP("spoofed_mac"), ECHO4,
	  {{ 6, "030000000001" }} },
	{ "not to the router", DROP("not_router"), ECHO4,
	  {{ 0, "020000000002" }} },
	{ "broadcast to one address", DROP("multicast"), ECHO4,
	  {{ 0, "ffffffffffff" }} },

	/* IPv4 */
	{ "IPv4 header cut", DROP("malformed"), ECHO4, .len = IP4 + 19 },
	{ "IPv4 version 5", DROP("malformed"), ECHO4, {{ IP4, "55" }} },
	{ "IPv4 header of 16 bytes", DROP("malformed"), ECHO4,
	  {{ IP4, "44" }} },
	{ "IPv4 header longer than the frame", DROP("malformed"), ECHO4,
	  {{ IP4, "4f" }} },
	{ "IPv4 checksum", DROP("malformed"), ECHO4,
	  .late = { IP4 + 8, "3f" } },
	{ "IPv4 length beyond the frame", DROP("malformed"), ECHO4,
	  {{ IP4 + 2, "0025" }} },
	{ "IPv4 length within the header", DROP("malformed"), ECHO4,
	  {{ IP4 + 2, "0013" }} },
	{ "IPv4 options", FORWARDED, ECHO4,
	  {{ IP4, "46000028" }, { ICMP4, "01010100", true }} },
	{ "IPv4 first fragment", FORWARDED, ECHO4, {{ IP4 + 6, "2000" }} },
	{ "IPv4 last fragment", FORWARDED, ECHO4, {{ IP4 + 6, "0003" }} },
	{ "IPv4 from loopback", DROP("malformed"), ECHO4,
	  {{ IP4_SRC, "7f000001" }} },
	{ "IPv4 from a group", DROP("malformed"), ECHO4,
	  {{ IP4_SRC, "e0000001" }} },
	{ "IPv4 from broadcast", DROP("malformed"), ECHO4,
	  {{ IP4_SRC, "ffffffff" }} },
	{ "IPv4 to loopback", DROP("malformed"), ECHO4,
	  {{ IP4_DST, "7f000001" }} },
	{ "IPv4 to 0.0.0.0", DROP("malformed"), ECHO4,
	  {{ IP4_DST, "00000000" }} },
	{ "IPv4 to a group", DROP("multicast"), ECHO4,
	  {{ IP4_DST, "e0000005" }} },
	{ "IPv4 broadcast (DHCP)", DROP("multicast"), ECHO4,
	  {{ 0, "ffffffffffff" }, { IP4_SRC, "00000000ffffffff" }} },
	{ "IPv4 from another NIC's address", DROP("spoofed_addr"), ECHO4,
	  {{ IP4_SRC, OTHER4 }} },
	{ "IPv4 from nobody's address", DROP("spoofed_addr"), ECHO4,
	  {{ IP4_SRC, FREE4 }} },
	{ "IPv4 from 0.0.0.0", DROP("spoofed_addr"), ECHO4,
	  {{ IP4_SRC, "00000000" }} },
	{ "IPv4 to itself", DROP("same_nic"), ECHO4, {{ IP4_DST, GUEST4 }} },
	{ "IPv4 to nobody's address", DROP("no_nic"), ECHO4,
	  {{ IP4_DST, FREE4 }} },
	{ "IPv4 to an address without route", DROP("no_route"), ECHO4,
	  {{ IP4_DST, "cb00710a" }} },

	/* IPv6 */
	{ "IPv6 header cut", DROP("malformed"), ECHO6, .len = IP6 + 39 },
	{ "IPv6 version 4", DROP("malformed"), ECHO6, {{ IP6, "40" }} },
	{ "IPv6 length beyond the frame", DROP("malformed"), ECHO6,
	  {{ IP6 + 4, "0011" }} },
	{ "IPv6 length 0 with a jumbo option", DROP("malformed"), ECHO6,
	  {{ IP6 + 4, "000000" }} },
	{ "IPv6 from loopback", DROP("malformed"), ECHO6,
	  {{ IP6_SRC, LOOPBACK6 }} },
	{ "IPv6 from a group", DROP("malformed"), ECHO6,
	  {{ IP6_SRC, "ff02" }} },
	{ "IPv6 from an IPv4 address", DROP("malformed"), ECHO6,
	  {{ IP6_SRC, MAPPED6 }} },
	{ "IPv6 to loopback", DROP("malformed"), ECHO6,
	  {{ IP6_DST, LOOPBACK6 }} },
	{ "IPv6 to the unspecified address", DROP("malformed"), ECHO6,
	  {{ IP6_DST, ANY6 }} },
	{ "IPv6 to an IPv4 address", DROP("malformed"), ECHO6,
	  {{ IP6_DST, MAPPED6 }} },
	{ "IPv6 to a group", DROP("multicast"), ECHO6, {{ IP6_DST, "ff02" }} },
	{ "IPv6 to a link-local address", DROP("no_route"), ECHO6,
	  {{ IP6_DST, LINKLOCAL6 }} },
	{ "IPv6 from a link-local address", DROP("spoofed_addr"), ECHO6,
	  {{ IP6_SRC, LINKLOCAL6 }} },
	{ "IPv6 from another NIC's address", DROP("spoofed_addr"), ECHO6,
	  {{ IP6_SRC, OTHER6 }} },
	{ "IPv6 from the unspecified address", DROP("spoofed_addr"), ECHO6,
	  {{ IP6_SRC, ANY6 }} },
	{ "IPv6 to itself", DROP("same_nic"), ECHO6, {{ IP6_DST, GUEST6 }} },
	{ "IPv6 to nobody's address", DROP("no_nic"), ECHO6,
	  {{ IP6_DST, FREE6 }} },

	/* Neighbour discovery from guest to guest */
	{ "router advertisement to another NIC", DROP("neighbour"), ECHO6,
	  {{ IP6_HOPS, "ff" }, { ICMP6, "86" }} },
	{ "neighbour advertisement to another NIC", DROP("neighbour"), ECHO6,
	  {{ IP6_HOPS, "ff" }, { ICMP6, "88" }} },
	{ "redirect to another NIC", DROP("neighbour"), ECHO6,
	  {{ IP6_HOPS, "ff" }, { ICMP6, "89" }} },
	{ "neighbour advertisement behind a header", DROP("neighbour"), ECHO6,
	  {{ IP6 + 4, "00183cff" }, { ICMP6, "88" },
	   { ICMP6, "3a00010400000000", true }} },
	{ "neighbour advertisement nobody believes", FORWARDED, ECHO6,
	  {{ ICMP6, "88" }} },

	/* ARP */
	{ "ARP request for another NIC", ANSWERED, ARPREQ },
	{ "ARP request for nobody's address", ANSWERED, ARPREQ,
	  {{ ARP_TIP, FREE4 }} },
	{ "ARP request to the router", ANSWERED, ARPREQ, {{ 0, ROUTER }} },
	{ "ARP probe for another NIC's address", ANSWERED, ARPREQ,
	  {{ ARP_SIP, "00000000" }} },
	{ "ARP probe for nobody's address", DROP("neighbour"), ARPREQ,
	  {{ ARP_SIP, "00000000" }, { ARP_TIP, FREE4 }} },
	{ "ARP probe for its own address", DROP("neighbour"), ARPREQ,
	  {{ ARP_SIP, "00000000" }, { ARP_TIP, GUEST4 }} },
	{ "gratuitous ARP", DROP("neighbour"), ARPREQ,
	  {{ ARP_TIP, GUEST4 }} },
	{ "ARP reply", DROP("neighbour"), ARPREQ, {{ ARP_OP, "0002" }} },
	{ "ARP cut", DROP("malformed"), ARPREQ, .len = ARP + 27 },
	{ "ARP of another hardware type", DROP("malformed"), ARPREQ,
	  {{ ARP, "0006" }} },
	{ "ARP of another protocol", DROP("malformed"), ARPREQ,
	  {{ ARP + 2, "86dd" }} },
	{ "ARP with a long hardware address", DROP("malformed"), ARPREQ,
	  {{ ARP + 4, "08" }} },
	{ "ARP request for a group", DROP("malformed"), ARPREQ,
	  {{ ARP_TIP, "e0000001" }} },
	{ "ARP from another NIC's address", DROP("spoofed_addr"), ARPREQ,
	  {{ ARP_SIP, OTHER4 }, { ARP_TIP, FREE4 }} },
	{ "ARP from another MAC", DROP("spoofed_mac"), ARPREQ,
	  {{ ARP_SHA, "020000000002" }} },

	/* Neighbour solicitation */
	{ "solicitation for another NIC", ANSWERED, SOLICIT },
	{ "solicitation for nobody's address", ANSWERED, SOLICIT,
	  {{ ICMP6 + 8, FREE6 }} },
	{ "solicitation from a link-local address", ANSWERED, SOLICIT,
	  {{ IP6_SRC, LINKLOCAL6 }} },
	{ "solicitation for a link-local address", ANSWERED, SOLICIT,
	  {{ ICMP6 + 8, LINKLOCAL6 }} },
	{ "probe for another NIC's address", ANSWERED, SOLICIT,
	  {{ IP6_SRC, ANY6 }} },
	{ "probe for nobody's address", DROP("neighbour"), SOLICIT,
	  {{ IP6_SRC, ANY6 }, { ICMP6 + 8, FREE6 }} },
	{ "probe for its own address", DROP("neighbour"), SOLICIT,
	  {{ IP6_SRC, ANY6 }, { ICMP6 + 8, GUEST6 }} },
	{ "probe for its link-local address", DROP("neighbour"), SOLICIT,
	  {{ IP6_SRC, ANY6 }, { ICMP6 + 8, LINKLOCAL6 }} },
	{ "solicitation with a wrong checksum", DROP("malformed"), SOLICIT,
	  .late = { ICMP6 + 2, "0001" } },
	{ "solicitation for a group", DROP("malformed"), SOLICIT,
	  {{ ICMP6 + 8, "ff02" }} },
	{ "solicitation cut", DROP("malformed"), SOLICIT,
	  {{ IP6 + 4, "0017" }}, .len = ICMP6 + 23 },
	{ "solicitation from afar", DROP("multicast"), SOLICIT,
	  {{ IP6_HOPS, "40" }} },
	{ "solicitation from another NIC's address", DROP("spoofed_addr"),
	  SOLICIT, {{ IP6_SRC, OTHER6 }, { ICMP6 + 8, FREE6 }} },
};

#define NUM_TESTS	(sizeof(tests) / sizeof(tests[0]))

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n;
	unsigned int byte;

	for (n = 0; hex[2 * n] != '\0'; n++) {
		ktap_must(sscanf(hex + 2 * n, "%2x", &byte) == 1);
		out[n] = byte;
	}
	return n;
}

static void apply(struct frame *f, const struct patch *p)
{
	uint8_t bytes[64];
	size_t len;

	if (p->hex == NULL)
		return;
	len = unhex(p->hex, bytes);
	if (p->insert) {
		memmove(f->data + p->offset + len, f->data + p->offset,
			f->len - p->offset);
		f->len += len;
	}
	memcpy(f->data + p->offset, bytes, len);
}

static uint32_t sum(const uint8_t *data, size_t len, uint32_t acc)
{
	size_t i;

	for (i = 0; i < len; i++)
		acc += i % 2 ? data[i] : data[i] << 8;
	return acc;
}

static void put_checksum(uint8_t *field, uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	field[0] = ~acc >> 8;
	field[1] = ~acc;
}

/* Tags and options have been inserted by now; only what they leave in place
 * needs a checksum in the tests above.
 */
static void fill_checksums(struct frame *f, enum base base)
{
	size_t ip = ETH_LEN, hlen, icmp = ICMP6;
	uint32_t acc;

	if (base == ARPREQ)
		return;
	while (f->data[ip - 2] == 0x81 || f->data[ip - 2] == 0x88)
		ip += 4;
	if (base == ECHO4) {
		hlen = (f->data[ip] & 15) * 4;
		put_checksum(f->data + ip + 10,
			     sum(f->data + ip, hlen < 20 ? 20 : hlen, 0));
		return;
	}
	if (f->data[IP6 + 6] == IPPROTO_DSTOPTS)
		icmp += 8;
	acc = sum(f->data + IP6_SRC, 32, IPPROTO_ICMPV6 + f->len - icmp);
	put_checksum(f->data + icmp + 2,
		     sum(f->data + icmp, f->len - icmp, acc));
}

static void build(struct frame *f, const struct test *t)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	f->len = unhex(bases[t->base], f->data);
	for (i = 0; i < sizeof(t->patch) / sizeof(t->patch[0]); i++)
		apply(f, &t->patch[i]);
	fill_checksums(f, t->base);
	apply(f, &t->late);
	if (t->len != 0)
		f->len = t->len;
}

static unsigned long counter_read(const char *name)
{
	unsigned long value;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	file = fopen(path, "r");
	ktap_must(file != NULL);
	ktap_must(fscanf(file, "%lu", &value) == 1);
	fclose(file);
	return value;
}

/* All that can be said of frames from vm1, but for what it received */
static unsigned long explained(void)
{
	unsigned long total = counter_read(ANSWERED) + counter_read(FORWARDED);
	size_t i, j;

	for (i = 0; i < NUM_TESTS; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(tests[i].counter, tests[j].counter) == 0)
				break;
		if (j == i && strstr(tests[i].counter, "drop_") != NULL)
			total += counter_read(tests[i].counter);
	}
	return total;
}

static int open_in_guest(void)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };
	int here, there, fd;

	here = open("/proc/self/ns/net", O_RDONLY);
	there = open("/run/netns/vm1", O_RDONLY);
	ktap_must(here >= 0 && there >= 0);
	ktap_must(setns(there, CLONE_NEWNET) == 0);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	sll.sll_ifindex = if_nametoindex("eth0");
	ktap_must(fd >= 0 && sll.sll_ifindex != 0);
	ktap_must(bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == 0);
	ktap_must(setns(here, CLONE_NEWNET) == 0);
	return fd;
}

static void run(int fd, const struct test *t)
{
	unsigned long before = counter_read(t->counter), all = explained();
	struct frame f;
	int tries;

	build(&f, t);
	ktap_must(send(fd, f.data, f.len, 0) == (ssize_t)f.len);
	for (tries = 0; tries < 200 && explained() == all; tries++)
		usleep(10000);
	if (!ktap_ok(counter_read(t->counter) == before + 1 &&
		     explained() == all + 1, "%s: %s", t->name,
		     strrchr(t->counter, '/') + 1))
		printf("# %s %lu, was %lu; all %lu, was %lu\n", t->counter,
		       counter_read(t->counter), before, explained(), all);
}

int main(void)
{
	size_t i;
	int fd;

	ktap_start();
	ktap_plan(NUM_TESTS);
	fd = open_in_guest();
	for (i = 0; i < NUM_TESTS; i++)
		run(fd, &tests[i]);
	return ktap_finish();
}
