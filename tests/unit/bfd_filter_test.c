// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom the filter lets in, by packets through the kernel, on the loopback
 * device of a network namespace. The seed is printed; give it as argument to
 * repeat a run.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bfd/filter.h"
#include "ktap.h"

#define MANY		200
#define OPTMEM_MAX	20480		/* the kernel's, before 6.8 */

static const char *family_name;
static struct addr local;
static struct sockaddr_storage to;
static socklen_t to_len;
static int receiver;
static uint64_t random_state;

static uint32_t random_u32(void)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return random_state >> 32;
}

static struct addr address(const char *text)
{
	struct addr addr;

	ktap_must(!addr_parse(text, &addr));
	return addr;
}

/* All of 127.0.0.0/8 is ours. Some are much alike. */
static struct addr random_address(void)
{
	struct addr addr = local;
	unsigned int i;

	for (i = 1; i < addr_bytes(&addr); i++) {
		addr.bytes[i] = random_u32();
		if (i < addr_bytes(&addr) - 2 && random_u32() % 2)
			addr.bytes[i] = 1;
	}
	addr.bytes[0] = addr.family == AF_INET ? 127 : 0xfd;
	return addr;
}

static void make_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		ktap_skip("filter", "no network namespace of our own");
		exit(ktap_finish());
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ktap_must(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

/* That IPv6 sends from an address it has not does not disturb it. */
static int socket_at(const struct addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(addr, 0, &ss);
	int fd = socket(addr->family, SOCK_DGRAM, 0), on = 1;

	ktap_must(fd >= 0 &&
		  !setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) &&
		  !bind(fd, (struct sockaddr *)&ss, len));
	return fd;
}

static void open_receiver(const char *text)
{
	local = address(text);
	family_name = local.family == AF_INET ? "IPv4" : "IPv6";
	receiver = socket_at(&local);
	to_len = sizeof(to);
	ktap_must(!getsockname(receiver, (struct sockaddr *)&to, &to_len));
}

static unsigned int meminfo(unsigned int what)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof(info);

	ktap_must(!getsockopt(receiver, SOL_SOCKET, SO_MEMINFO, info, &len));
	return info[what];
}

/* Whether a packet comes through; else it has been dropped. */
static bool passes(int sender)
{
	unsigned int dropped = meminfo(SK_MEMINFO_DROPS);
	char byte = 0;

	ktap_must(sendto(sender, &byte, 1, 0, (struct sockaddr *)&to,
			 to_len) == 1);
	for (;;) {
		if (recv(receiver, &byte, 1, MSG_DONTWAIT) == 1)
			return true;
		ktap_must(errno == EAGAIN);
		if (meminfo(SK_MEMINFO_DROPS) != dropped)
			return false;
	}
}

static bool comes_in(const struct addr *from)
{
	int fd = socket_at(from);
	bool in;

	in = passes(fd);
	close(fd);
	return in;
}

static int set(const struct addr *addrs, size_t n)
{
	struct bfd_filter filter = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		bfd_filter_add(&filter, &addrs[i], 0);
	return bfd_filter_set(&filter, receiver);
}

static void test_one(void)
{
	struct addr neighbor = random_address(), other;
	unsigned int bit, let_in = 0;

	ktap_ok(comes_in(&neighbor), "%s: without a filter", family_name);
	ktap_ok(!set(NULL, 0) && !comes_in(&neighbor), "%s: nobody",
		family_name);
	ktap_ok(!set(&neighbor, 1) && comes_in(&neighbor), "%s: a neighbor",
		family_name);
	for (bit = 8; bit < addr_bits(&local); bit++) {
		other = neighbor;
		other.bytes[bit / 8] ^= 0x80 >> bit % 8;
		let_in += comes_in(&other);
	}
	ktap_ok(!let_in, "%s: addresses that differ in a bit", family_name);
	other = random_address();
	ktap_ok(!set(&other, 1) && comes_in(&other) && !comes_in(&neighbor),
		"%s: another instead", family_name);
}

/* The naive way to the number of bits that count. */
static unsigned int bits_of(const struct addr *addrs, size_t n)
{
	unsigned int len = addr_bits(&local) + 1;
	struct prefix a, b;
	size_t differ, i, j;

	do {
		len--;
		for (differ = 0, i = 0; i < n; i++) {
			a = prefix_make(&addrs[i], len);
			for (j = 0; j < i; j++) {
				b = prefix_make(&addrs[j], len);
				if (prefix_equal(&a, &b))
					break;
			}
			differ += j == i;
		}
	} while (differ > BFD_FILTER_ADDRS);
	return len;
}

static bool has(const struct addr *addrs, size_t n, unsigned int len,
		const struct addr *addr)
{
	struct prefix prefix;
	size_t i;

	for (i = 0; i < n; i++) {
		prefix = prefix_make(&addrs[i], len);
		if (prefix_contains(&prefix, addr))
			return true;
	}
	return false;
}

static void test_many(size_t n)
{
	struct addr addrs[MANY], other;
	unsigned int len, right = 0, inside = 0;
	size_t i;

	for (i = 0; i < n; i++)
		addrs[i] = random_address();
	len = bits_of(addrs, n);
	ktap_must(!set(addrs, n));
	for (i = 0; i < n; i++)
		inside += comes_in(&addrs[i]);
	ktap_ok(inside == n, "%s: %zu neighbors", family_name, n);
	for (i = 0; i < MANY; i++) {
		other = random_address();
		right += comes_in(&other) == has(addrs, n, len, &other);
	}
	ktap_ok(right == MANY, "%s: strangers to %zu, by %u bits", family_name,
		n, len);
}

static void set_ttl(int fd, int ttl)
{
	bool v6 = local.family == AF_INET6;

	ktap_must(!setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			      v6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl,
			      sizeof(ttl)));
}

/* That which the nearest may have who has the least asked of it. */
static void test_ttl(void)
{
	struct addr near = random_address(), far = random_address();
	struct bfd_filter filter = { 0 };
	int fd = socket_at(&near), ttl;
	bool right = true;

	bfd_filter_add(&filter, &near, 255);
	ktap_must(!bfd_filter_set(&filter, receiver));
	for (ttl = 1; ttl <= 255; ttl++) {
		set_ttl(fd, ttl);
		right &= passes(fd) == (ttl == 255);
	}
	ktap_ok(right, "%s: one hop", family_name);
	bfd_filter_add(&filter, &near, 255);
	bfd_filter_add(&filter, &far, 128);
	ktap_must(!bfd_filter_set(&filter, receiver));
	for (ttl = 1; ttl <= 255; ttl++) {
		set_ttl(fd, ttl);
		right &= passes(fd) == (ttl >= 128);
	}
	ktap_ok(right, "%s: several hops", family_name);
	close(fd);
}

/* What is between the header and UDP changes nothing. */
static void test_options(void)
{
	static const uint8_t nops[4] = { 1, 1, 1, 1 };
	static const uint8_t padding[8] = { 0, 0, 1, 4 };
	struct addr neighbor = random_address(), other = random_address();
	bool v6 = local.family == AF_INET6;
	int in, out;

	ktap_must(!set(&neighbor, 1));
	in = socket_at(&neighbor);
	out = socket_at(&other);
	ktap_must(!setsockopt(in, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			      v6 ? IPV6_DSTOPTS : IP_OPTIONS,
			      v6 ? padding : nops, v6 ? 8 : 4));
	ktap_must(!setsockopt(out, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			      v6 ? IPV6_DSTOPTS : IP_OPTIONS,
			      v6 ? padding : nops, v6 ? 8 : 4));
	ktap_ok(passes(in) && !passes(out), "%s: options", family_name);
	close(in);
	close(out);
}

/* The kernel takes up more for numbers of which the first bit is set. */
static void test_memory(void)
{
	struct addr addrs[MANY];
	size_t i;

	for (i = 0; i < MANY; i++) {
		memset(&addrs[i], 0xff, sizeof(addrs[i]));
		addrs[i].family = local.family;
		addrs[i].bytes[addr_bytes(&local) - 1] = i;
	}
	ktap_must(!set(addrs, BFD_FILTER_ADDRS));
	ktap_ok(meminfo(SK_MEMINFO_OPTMEM) < OPTMEM_MAX / 2,
		"%s: two of %u bytes are not too much", family_name,
		meminfo(SK_MEMINFO_OPTMEM));
	ktap_must(!set(addrs, MANY));
	ktap_ok(meminfo(SK_MEMINFO_OPTMEM) < OPTMEM_MAX / 2,
		"%s: nor of %u", family_name, meminfo(SK_MEMINFO_OPTMEM));
}

/* No program loads both kinds of address, so the kernel does not take it. */
static void test_failure(void)
{
	struct addr neighbor = random_address();
	struct addr both[] = { address("192.0.2.1"), address("2001:db8::1") };

	ktap_must(!set(&both[local.family == AF_INET6], 1));
	ktap_ok(!comes_in(&neighbor) && set(both, 2) && errno == EINVAL &&
		comes_in(&neighbor), "%s: if it fails, all", family_name);
}

static void test_family(const char *text)
{
	open_receiver(text);
	test_one();
	test_many(BFD_FILTER_ADDRS);
	test_many(BFD_FILTER_ADDRS + 1);
	test_many(MANY);
	test_ttl();
	test_options();
	test_memory();
	test_failure();
	close(receiver);
}

int main(int argc, char **argv)
{
	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) :
				  (uint64_t)time(NULL);
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)random_state);
	make_network();
	test_family("127.0.0.1");
	test_family("::1");
	return ktap_finish();
}
