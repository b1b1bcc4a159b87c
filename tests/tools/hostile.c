// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that sends whatever it likes: frames of every kind, mutated, cut and
 * padded, and pure noise; while all that its neighbours receive is watched.
 *
 *	hostile [-gr] [-n COUNT] [-t SECONDS] [-s SEED] FROM NEIGHBOUR...
 *
 * FROM and NEIGHBOUR are names of VMs (network namespaces with an eth0). Ends
 * after COUNT frames or SECONDS, whatever comes first. With -g frames have what
 * a guest on a tap says about them: checksums to be filled in, segments to be
 * cut; what the kernel refuses to send is not counted. With -r FROM may
 * forward, and the neighbours are next hops, so packets have any addresses.
 *
 * Prints "sent N refused N heard N". Status 1, after a line about each, if a
 * neighbour received a frame that is not from the virtual router to it, or
 * whose addresses are not those of these VMs.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		64
#define MAX_LEN		1514
#define MAX_VMS		8
#define MAX_ADDRS	32
#define IP		ETH_HLEN	/* offsets in a frame */
#define IP4_LEN		20
#define IP6_LEN		40

struct vm {
	const char *name;
	int fd;
	uint8_t mac[ETH_ALEN];
};

struct frame {
	struct virtio_net_hdr hdr;
	uint8_t data[MAX_LEN];
	size_t len;
};

/* A frame in hex that the mutations begin with; checksums are made later. */
#define ROUTER	"123456789abc"
#define SELF	"000000000000"		/* replaced by the guest's MAC */
#define IP4(proto, len) "0800" "4500" len "00010000" "40" proto "0000" \
	"00000000" "00000000"
#define IP6(proto, len, hops) "86dd" "60000000" len proto hops \
	"00000000000000000000000000000000" "00000000000000000000000000000000"

static const char *const bases[] = {
	/* ICMP echo, UDP, TCP SYN to the BGP port, GRE, IP in IP, ESP */
	ROUTER SELF IP4("01", "0024") "0000000000010001" "6162636465666768",
	ROUTER SELF IP4("11", "0024") "14e90035" "00100000" "6162636465666768",
	ROUTER SELF IP4("06", "0028") "9c4000b3" "0000000100000000" "50022000"
	"00000000",
	ROUTER SELF IP4("2f", "0030") "00000800" "45000014" "00010000"
	"40010000" "0a010004" "0a010005" "0000",
	ROUTER SELF IP4("04", "0028") "45000014" "00010000" "40010000"
	"0a010004" "0a010005",
	ROUTER SELF IP4("32", "0024") "00000001" "00000001" "6162636465666768",
	/* VXLAN with a frame inside, DHCP, ICMP unreachable, redirect */
	ROUTER SELF IP4("11", "004a") "ab1212b5" "00360000" "08000000"
	"00138900" "020000000002" "020000000001" "0800" "4500001c" "00010000"
	"40010000" "0a010004" "0a010005" "0800f7fe" "00000001",
	"ffffffffffff" SELF IP4("11", "0028") "00440043" "00140000" "01010600"
	"12345678" "00000000",
	ROUTER SELF IP4("01", "0038") "03040000" "00000500" "4500001c"
	"00010000" "40110000" "0a010005" "0a010004" "00350035" "00080000",
	ROUTER SELF IP4("01", "0038") "05010000" "0a010001" "4500001c"
	"00010000" "40110000" "0a010005" "0a010004" "00350035" "00080000",
	/* options and fragments */
	ROUTER SELF "0800" "46000028" "00010000" "40010000" "0000000000000000"
	"01010100" "0000000000010001" "6162636465666768",
	ROUTER SELF "0800" "45000024" "00012000" "40110000" "0000000000000000"
	"14e90035" "00300000" "6162636465666768",
	ROUTER SELF "0800" "45000024" "00010002" "40110000" "0000000000000000"
	"6162636465666768" "6162636465666768",
	/* ARP request, reply, gratuitous, RARP */
	"ffffffffffff" SELF "0806" "0001080006040001" SELF "0a010004"
	"000000000000" "0a010005",
	ROUTER SELF "0806" "0001080006040002" SELF "0a010004" ROUTER "0a010001",
	"ffffffffffff" SELF "0806" "0001080006040001" SELF "0a010004"
	"000000000000" "0a010004",
	"ffffffffffff" SELF "8035" "0001080006040003" SELF "00000000" SELF
	"00000000",
	/* IPv6: echo, UDP, hop-by-hop, routing, fragment, destination */
	ROUTER SELF IP6("3a", "0010", "40") "8100000000010001"
	"6162636465666768",
	ROUTER SELF IP6("11", "0010", "40") "14e90035" "00100000"
	"6162636465666768",
	ROUTER SELF IP6("00", "0018", "40") "3a00050200000000"
	"8100000000010001" "6162636465666768",
	ROUTER SELF IP6("2b", "0028", "40") "3a02000100000000"
	"fd000010000100000000000000000005" "8100000000010001"
	"6162636465666768",
	ROUTER SELF IP6("2c", "0018", "40") "3a00000100000001"
	"8100000000010001" "6162636465666768",
	ROUTER SELF IP6("3c", "0018", "ff") "3a00010400000000"
	"8800000060000000" "6162636465666768",
	/* neighbour discovery: NS, NA, RS, RA, redirect; MLD, too big */
	"3333ff000005" SELF IP6("3a", "0020", "ff") "8700000000000000"
	"fd000010000100000000000000000005" "0101" SELF,
	ROUTER SELF IP6("3a", "0020", "ff") "8800000060000000"
	"fd000010000100000000000000000005" "0201" SELF,
	"333300000002" SELF IP6("3a", "0010", "ff") "8500000000000000" "0101"
	SELF,
	"333300000001" SELF IP6("3a", "0010", "ff") "8600000040000e10"
	"0000000000000000",
	ROUTER SELF IP6("3a", "0028", "ff") "8900000000000000"
	"fd000010000100000000000000000001" "fd000010000100000000000000000005",
	"333300000016" SELF IP6("3a", "0008", "01") "8300000000000000",
	ROUTER SELF IP6("3a", "0038", "40") "0200000000000500" "60000000"
	"00083a40" "fd000010000100000000000000000005"
	"fd000010000100000000000000000004" "8000000000010001",
	/* what is not IP: VLAN, QinQ, MPLS, PPPoE, LLDP, STP, EAPOL, MACsec */
	ROUTER SELF "8100" "0005" IP4("01", "0024") "0000000000010001"
	"6162636465666768",
	ROUTER SELF "88a8" "0005" "8100" "0005" IP4("01", "0024")
	"0000000000010001" "6162636465666768",
	ROUTER SELF "8847" "00064140" "45000014",
	ROUTER SELF "8864" "11000001" "0016" "0021" "45000014",
	"0180c200000e" SELF "88cc" "0207040200000000010402",
	"0180c2000000" SELF "0026" "424203" "0000000000",
	"0180c2000003" SELF "888e" "01010000",
	ROUTER SELF "88e5" "0c000000" "00000001" "6162636465666768",
};

#define NUM_BASES	(sizeof(bases) / sizeof(bases[0]))

/* Addresses that a packet is sent from and to: the VMs' own, and these. */
static const char *const places4[] = {
	"0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "10.1.0.1",
	"10.1.1.4", "10.1.0.99", "10.1.255.255", "10.250.0.1", "8.8.8.8",
	"192.0.2.1", "169.254.0.1",
};

static const char *const places6[] = {
	"::", "::1", "ff02::1", "ff02::2", "ff05::1", "fe80::1",
	"fe80::1234:5678:9abc", "fd00:10:1::1", "fd00:10:1::99",
	"::ffff:10.1.0.5", "2001:db8::1", "64:ff9b::a01:5",
};

static uint8_t base_data[NUM_BASES][128];
static size_t base_len[NUM_BASES];
static struct vm vms[MAX_VMS];		/* the first one is hostile */
static unsigned int num_vms;
static uint32_t own4[MAX_ADDRS], to4[MAX_ADDRS];
static struct in6_addr own6[MAX_ADDRS], to6[MAX_ADDRS];
static unsigned int num_own4, num_own6, num_to4, num_to6;
static bool gso, routed;
static uint64_t rng;
static unsigned long heard, leaks;

/* splitmix64 */
static uint64_t random64(void)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return random64() % n;
}

static bool one_in(unsigned int n)
{
	return below(n) == 0;
}

/*
 * VMs
 */

static void learn_addrs(struct vm *vm)
{
	struct ifaddrs *all, *ifa;

	if (getifaddrs(&all) < 0)
		err(1, "%s", vm->name);
	for (ifa = all; ifa; ifa = ifa->ifa_next) {
		struct sockaddr *sa = ifa->ifa_addr;

		if (!sa || strcmp(ifa->ifa_name, "eth0"))
			continue;
		if (sa->sa_family == AF_PACKET)
			memcpy(vm->mac, ((struct sockaddr_ll *)sa)->sll_addr,
			       ETH_ALEN);
		else if (sa->sa_family == AF_INET && num_own4 < MAX_ADDRS)
			own4[num_own4++] =
				((struct sockaddr_in *)sa)->sin_addr.s_addr;
		else if (sa->sa_family == AF_INET6 && num_own6 < MAX_ADDRS)
			own6[num_own6++] =
				((struct sockaddr_in6 *)sa)->sin6_addr;
	}
	freeifaddrs(all);
}

static int open_socket(const struct vm *vm, bool receive)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = receive ? htons(ETH_P_ALL) : 0,
		.sll_ifindex = if_nametoindex("eth0"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, sll.sll_protocol);
	int size = 64 << 20, on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0)
		err(1, "%s: packet socket", vm->name);
	if (receive)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	else if (gso && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				   sizeof(on)) < 0)
		err(1, "PACKET_VNET_HDR");
	return fd;
}

static void add_vm(const char *name)
{
	struct vm *vm = &vms[num_vms++];
	char path[64];
	int here, there;

	vm->name = name;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	here = open("/proc/self/ns/net", O_RDONLY);
	there = open(path, O_RDONLY);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		err(1, "%s", name);
	learn_addrs(vm);
	vm->fd = open_socket(vm, vm != vms);
	if (setns(here, CLONE_NEWNET) < 0)
		err(1, "setns");
	close(here);
	close(there);
}

/*
 * Watching
 */

static bool is_own4(const uint8_t *addr)
{
	unsigned int i;

	for (i = 0; i < num_own4; i++)
		if (!memcmp(addr, &own4[i], 4))
			return true;
	return false;
}

static bool is_own6(const uint8_t *addr)
{
	unsigned int i;

	for (i = 0; i < num_own6; i++)
		if (!memcmp(addr, &own6[i], 16))
			return true;
	return addr[0] == 0xfe && addr[1] == 0x80;	/* the router's ND */
}

/* Why a frame should not have come to @vm, or NULL */
static const char *judge(const struct vm *vm, const uint8_t *f, size_t len)
{
	static const uint8_t router[] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };
	uint16_t type;

	if (len < ETH_HLEN)
		return "is cut";
	type = f[12] << 8 | f[13];
	if (memcmp(f + ETH_ALEN, router, ETH_ALEN))
		return "is not from the router";
	if (memcmp(f, vm->mac, ETH_ALEN))
		return "is for another MAC";
	if (type == ETH_P_ARP)
		return NULL;
	if (type == ETH_P_IP && len >= IP + IP4_LEN)
		return routed ? NULL :
		       !is_own4(f + IP + 12) ? "has a foreign source" :
		       !is_own4(f + IP + 16) ? "has a foreign destination" :
					       NULL;
	if (type == ETH_P_IPV6 && len >= IP + IP6_LEN)
		return routed ? NULL :
		       !is_own6(f + IP + 8) ? "has a foreign source" :
		       !is_own6(f + IP + 24) ? "has a foreign destination" :
					       NULL;
	return "is no IP";
}

static void watch(const struct vm *vm)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	uint8_t frame[2048];
	const char *why;
	ssize_t len, i;

	while ((len = recvfrom(vm->fd, frame, sizeof(frame), 0,
			       (struct sockaddr *)&from, &from_len)) >= 0) {
		from_len = sizeof(from);
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		heard++;
		why = judge(vm, frame, len);
		if (!why)
			continue;
		if (leaks++ >= 10)
			continue;
		printf("# %s received a frame that %s:", vm->name, why);
		for (i = 0; i < len && i < 80; i++)
			printf("%s%02x", i % 2 ? "" : " ", frame[i]);
		putchar('\n');
	}
}

static void watch_all(void)
{
	unsigned int i;

	for (i = 1; i < num_vms; i++)
		watch(&vms[i]);
}

/*
 * Making frames
 */

static size_t unhex(const char *hex, uint8_t *out)
{
	unsigned int byte;
	size_t n;

	for (n = 0; hex[2 * n] && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = byte;
	return n;
}

static uint32_t place4(void)
{
	if (one_in(3))
		return to4[below(num_to4)];
	return own4[one_in(2) ? 0 : below(num_own4)];
}

static struct in6_addr place6(void)
{
	if (one_in(3))
		return to6[below(num_to6)];
	return own6[one_in(2) ? 0 : below(num_own6)];
}

static void set_addresses(struct frame *f)
{
	uint16_t type = f->data[12] << 8 | f->data[13];
	struct in6_addr a6, b6;
	uint32_t a4, b4;

	memcpy(f->data + ETH_ALEN, vms[0].mac, ETH_ALEN);
	if (type == ETH_P_ARP && f->len >= IP + 28) {
		memcpy(f->data + IP + 8, vms[0].mac, ETH_ALEN);
	} else if (type == ETH_P_IP && f->len >= IP + IP4_LEN) {
		a4 = one_in(4) ? place4() : own4[0];
		b4 = place4();
		memcpy(f->data + IP + 12, &a4, 4);
		memcpy(f->data + IP + 16, &b4, 4);
	} else if (type == ETH_P_IPV6 && f->len >= IP + IP6_LEN) {
		a6 = one_in(4) ? place6() : own6[0];
		b6 = place6();
		memcpy(f->data + IP + 8, &a6, 16);
		memcpy(f->data + IP + 24, &b6, 16);
	}
}

static void set_checksum(struct frame *f)
{
	unsigned int hlen = (f->data[IP] & 15) * 4, i;
	uint32_t sum = 0;

	if (f->data[12] != 0x08 || f->data[13] != 0 || hlen < IP4_LEN ||
	    f->len < IP + hlen)
		return;
	f->data[IP + 10] = 0;
	f->data[IP + 11] = 0;
	for (i = 0; i < hlen; i += 2)
		sum += f->data[IP + i] << 8 | f->data[IP + i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	f->data[IP + 10] = ~sum >> 8;
	f->data[IP + 11] = ~sum;
}

/* As long as it may be, if its header says how long it is. */
static void grow(struct frame *f)
{
	bool v6 = f->data[12] == 0x86 && f->data[13] == 0xdd;
	bool v4 = f->data[12] == 0x08 && f->data[13] == 0x00;
	size_t len = f->len + below(MAX_LEN - f->len + 1), said;

	if (!v4 && !v6)
		return;
	memset(f->data + f->len, random64(), len - f->len);
	f->len = len;
	said = v4 ? len - IP : len - IP - IP6_LEN;
	f->data[IP + (v4 ? 2 : 4)] = said >> 8;
	f->data[IP + (v4 ? 3 : 5)] = said;
}

static void mutate(struct frame *f)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xfe, 0xff };
	size_t at = below(f->len), n;

	switch (below(8)) {
	case 0:
		f->data[at] ^= 1 << below(8);
		break;
	case 1:
		f->data[at] = edges[below(sizeof(edges))];
		break;
	case 2:
		f->data[at] = random64();
		break;
	case 3:		/* cut */
		f->len = at < ETH_HLEN ? ETH_HLEN : at;
		break;
	case 4:		/* pad */
		n = below(MAX_LEN - f->len + 1);
		memset(f->data + f->len, random64(), n);
		f->len += n;
		break;
	case 5:		/* insert */
		n = 1 + below(8);
		if (f->len + n > MAX_LEN)
			break;
		memmove(f->data + at + n, f->data + at, f->len - at);
		f->len += n;
		break;
	case 6:		/* in the network header, where it matters most */
		at = IP + below(IP6_LEN);
		if (at < f->len)
			f->data[at] = random64();
		break;
	case 7:		/* another guest's, or a group's, hardware address */
		at = one_in(2) ? 0 : ETH_ALEN;
		memcpy(f->data + at, vms[below(num_vms)].mac, ETH_ALEN);
		f->data[at] |= one_in(4);
		break;
	}
}

static void make_noise(struct frame *f)
{
	uint64_t r;
	size_t i;

	f->len = ETH_HLEN + below(one_in(4) ? MAX_LEN - ETH_HLEN + 1 : 100);
	for (i = 0; i < f->len; i += sizeof(r)) {
		r = random64();
		memcpy(f->data + i, &r, f->len - i < sizeof(r) ? f->len - i :
								 sizeof(r));
	}
	if (one_in(2))
		memcpy(f->data, "\x12\x34\x56\x78\x9a\xbc", ETH_ALEN);
	if (!one_in(4))
		memcpy(f->data + ETH_ALEN, vms[0].mac, ETH_ALEN);
	if (one_in(2))
		memcpy(f->data + 12, one_in(2) ? "\x08\x00" : "\x86\xdd", 2);
}

/* What a guest's driver says about a frame, mostly nonsense */
static void make_header(struct frame *f)
{
	static const uint8_t types[] = {
		VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4,
		VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP, 5, 0x80,
	};
	struct virtio_net_hdr *hdr = &f->hdr;

	memset(hdr, 0, sizeof(*hdr));
	if (!one_in(3)) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = one_in(2) ? IP + IP4_LEN : below(f->len + 4);
		hdr->csum_offset = one_in(2) ? 16 : below(32);
	}
	if (one_in(2)) {
		hdr->gso_type = types[below(sizeof(types))];
		hdr->gso_size = below(one_in(2) ? 16 : 1500);
		hdr->hdr_len = below(f->len + 4);
	}
}

/* A tag that is cut the kernel drops before anybody could count it. */
static void complete_vlan(struct frame *f)
{
	bool vlan = (f->data[12] == 0x81 && f->data[13] == 0) ||
		    (f->data[12] == 0x88 && f->data[13] == 0xa8);
	size_t need = ETH_HLEN + 6;

	if (!vlan || f->len >= need)
		return;
	memset(f->data + f->len, 0, need - f->len);
	f->len = need;
}

static void make_frame(struct frame *f)
{
	unsigned int n, base;

	if (one_in(16)) {
		make_noise(f);
	} else {
		base = below(NUM_BASES);
		f->len = base_len[base];
		memcpy(f->data, base_data[base], f->len);
		set_addresses(f);
		if (one_in(4))
			grow(f);
		for (n = one_in(8) ? 0 : 1 + below(4); n > 0; n--)
			mutate(f);
	}
	if (!one_in(4))
		set_checksum(f);
	complete_vlan(f);
	if (gso)
		make_header(f);
}

/*
 * Sending
 */

/* How many of a batch were sent; the others were refused. */
static unsigned int send_batch(struct frame *frames)
{
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	unsigned int i = 0, sent = 0;
	size_t hdr = gso ? sizeof(frames->hdr) : 0;
	int n;

	for (i = 0; i < BATCH; i++) {
		iov[i].iov_base = frames[i].data - hdr;
		iov[i].iov_len = frames[i].len + hdr;
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < BATCH; ) {
		n = sendmmsg(vms[0].fd, msgs + i, BATCH - i, 0);
		if (n > 0) {
			sent += n;
			i += n;
		} else if (errno == ENOBUFS || errno == EAGAIN) {
			usleep(1000);
		} else {
			i++;
		}
	}
	return sent;
}

static void run(unsigned long count, unsigned int seconds)
{
	static struct frame frames[BATCH];
	time_t end = time(NULL) + seconds;
	unsigned long sent = 0, made = 0;
	unsigned int i, quiet;

	while (sent < count && time(NULL) < end) {
		for (i = 0; i < BATCH; i++)
			make_frame(&frames[i]);
		sent += send_batch(frames);
		made += BATCH;
		watch_all();
	}
	for (quiet = 0; quiet < 5; quiet++) {
		usleep(50000);
		watch_all();
	}
	printf("sent %lu refused %lu heard %lu\n", sent, made - sent, heard);
}

static void learn_places(void)
{
	size_t i;

	for (i = 0; i < sizeof(places4) / sizeof(places4[0]); i++)
		inet_pton(AF_INET, places4[i], &to4[num_to4++]);
	for (i = 0; i < sizeof(places6) / sizeof(places6[0]); i++)
		inet_pton(AF_INET6, places6[i], &to6[num_to6++]);
}

int main(int argc, char **argv)
{
	unsigned long count = 1000000;
	unsigned int seconds = 120;
	size_t i;
	int c;

	rng = time(NULL);
	while ((c = getopt(argc, argv, "grn:t:s:")) != -1) {
		if (c == 'g')
			gso = true;
		else if (c == 'r')
			routed = true;
		else if (c == 'n')
			count = strtoul(optarg, NULL, 0);
		else if (c == 't')
			seconds = atoi(optarg);
		else if (c == 's')
			rng = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind < 2 || argc - optind > MAX_VMS)
		errx(2, "usage: hostile [-gr] [-n COUNT] [-t SECONDS] "
		     "[-s SEED] FROM NEIGHBOUR...");
	printf("# seed %llu\n", (unsigned long long)rng);
	for (; optind < argc; optind++)
		add_vm(argv[optind]);
	if (num_own4 < num_vms || num_own6 < num_vms)
		errx(1, "each VM needs an IPv4 and an IPv6 address");
	learn_places();
	for (i = 0; i < NUM_BASES; i++)
		base_len[i] = unhex(bases[i], base_data[i]);
	run(count, seconds);
	return leaks > 0;
}
