// SPDX-License-Identifier: GPL-2.0-or-later
#include "bfd/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/util.h"

#define WORD	sizeof(uint32_t)
/* TTL; loads; for each address four words and what follows; the end. */
#define CODE_MAX	(3 + 4 * 3 + BFD_FILTER_ADDRS * (4 * 2 + 1) + 1)

static int compare(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

/* How many bits the two begin with that are the same. */
static unsigned int common(const struct addr *a, const struct addr *b)
{
	unsigned int i, n = addr_bytes(a);

	for (i = 0; i < n && a->bytes[i] == b->bytes[i]; i++)
		;
	return i == n ? n * 8 :
	       i * 8 + __builtin_clz(a->bytes[i] ^ b->bytes[i]) - 24;
}

/* How many bits are looked at. @addrs are in order. */
static unsigned int bits(const struct addr *addrs, size_t n)
{
	unsigned int part[129] = { 0 };	/* pairs, behind so many bits */
	unsigned int len = 0;
	size_t i, differ = 1;

	for (i = 1; i < n; i++)
		part[common(&addrs[i - 1], &addrs[i])]++;
	while (len < addr_bits(&addrs[0]) &&
	       differ + part[len] <= BFD_FILTER_ADDRS)
		differ += part[len++];
	return len;
}

static uint32_t word(const struct addr *addr, unsigned int i)
{
	uint32_t word;

	memcpy(&word, addr->bytes + i * WORD, WORD);
	return ntohl(word);
}

static void put(struct sock_filter **code, struct sock_filter instruction)
{
	*(*code)++ = instruction;
}

#define PUT(code, op, k) \
	put(code, (struct sock_filter)BPF_STMT(op, k))
#define PUT_JUMP(code, op, k, jt, jf) \
	put(code, (struct sock_filter)BPF_JUMP(op, k, jt, jf))

/* Go on only if it comes from near enough. */
static void put_ttl(struct sock_filter **code, int family, uint8_t min_ttl)
{
	uint32_t at = SKF_NET_OFF + (family == AF_INET6 ?
				     offsetof(struct ip6_hdr, ip6_hlim) :
				     offsetof(struct iphdr, ttl));

	PUT(code, BPF_LD | BPF_B | BPF_ABS, at);
	PUT_JUMP(code, BPF_JMP | BPF_JGE | BPF_K, min_ttl, 1, 0);
	PUT(code, BPF_RET | BPF_K, 0);
}

/* Keep the first @len bits of the source address, as words in memory. */
static void put_load(struct sock_filter **code, const struct addr *addr,
		     unsigned int len)
{
	bool v6 = addr->family == AF_INET6;
	uint32_t at = SKF_NET_OFF + (v6 ? offsetof(struct ip6_hdr, ip6_src) :
					  offsetof(struct iphdr, saddr));
	struct addr ones, mask;
	unsigned int i;

	memset(&ones, 0xff, sizeof(ones));
	ones.family = addr->family;
	mask = addr_mask(&ones, len);
	for (i = 0; i < addr_bytes(addr) / WORD; i++) {
		PUT(code, BPF_LD | BPF_W | BPF_ABS, at + i * WORD);
		PUT(code, BPF_ALU | BPF_AND | BPF_K, word(&mask, i));
		PUT(code, BPF_ST, i);
	}
}

/* Let it in if it is @addr. */
static void put_compare(struct sock_filter **code, const struct addr *addr)
{
	unsigned int i, words = addr_bytes(addr) / WORD;

	for (i = 0; i < words; i++) {
		PUT(code, BPF_LD | BPF_MEM, i);
		PUT_JUMP(code, BPF_JMP | BPF_JEQ | BPF_K, word(addr, i), 0,
			 (words - i - 1) * 2 + 1);
	}
	PUT(code, BPF_RET | BPF_K, ~0u);
}

static void put_addrs(struct sock_filter **code, const struct addr *addrs,
		      size_t n)
{
	unsigned int len = bits(addrs, n);
	struct addr masked;
	size_t i;

	put_load(code, &addrs[0], len);
	for (i = 0; i < n; i++) {
		if (i > 0 && common(&addrs[i - 1], &addrs[i]) >= len)
			continue;
		masked = addr_mask(&addrs[i], len);
		put_compare(code, &masked);
	}
}

static size_t build(struct bfd_filter *filter, struct sock_filter *code)
{
	struct sock_filter *end = code;

	if (filter->n > 0) {
		qsort(filter->addrs, filter->n, sizeof(*filter->addrs),
		      compare);
		put_ttl(&end, filter->addrs[0].family, filter->min_ttl);
		put_addrs(&end, filter->addrs, filter->n);
	}
	PUT(&end, BPF_RET | BPF_K, 0);
	return end - code;
}

void bfd_filter_add(struct bfd_filter *filter, const struct addr *addr,
		    uint8_t min_ttl)
{
	if (filter->n == 0 || min_ttl < filter->min_ttl)
		filter->min_ttl = min_ttl;
	filter->addrs = xreallocarray(filter->addrs, filter->n + 1,
				      sizeof(*filter->addrs));
	filter->addrs[filter->n++] = *addr;
}

/* What a socket may have of memory may not do for an old and a new one. */
static int attach(int fd, const struct sock_fprog *program)
{
	int none = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program,
		       sizeof(*program)) == 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program,
			  sizeof(*program));
}

int bfd_filter_set(struct bfd_filter *filter, int fd)
{
	struct sock_filter code[CODE_MAX];
	struct sock_fprog program = {
		.len = build(filter, code),
		.filter = code,
	};
	int rc = attach(fd, &program);

	free(filter->addrs);
	*filter = (struct bfd_filter){ 0 };
	return rc;
}
