// SPDX-License-Identifier: GPL-2.0-or-later

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"

static unsigned int family_bytes(int family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

unsigned int addr_bytes(const struct addr *addr)
{
	return family_bytes(addr->family);
}

unsigned int addr_bits(const struct addr *addr)
{
	return 8 * addr_bytes(addr);
}

struct addr addr_make(int family, const void *bytes)
{
	struct addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.family = family;
	memcpy(addr.bytes, bytes, family_bytes(family));
	return addr;
}

struct addr addr_from_v4(uint32_t host)
{
	uint32_t net = htonl(host);

	return addr_make(AF_INET, &net);
}

uint32_t addr_to_v4(const struct addr *addr)
{
	return ntohl(addr->in4.s_addr);
}

const char *addr_parse(const char *str, struct addr *out)
{
	uint8_t bytes[16];
	int family = strchr(str, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, str, bytes) != 1)
		return "not an IPv4 or IPv6 address";
	*out = addr_make(family, bytes);
	return NULL;
}

const char *addr_format(const struct addr *addr, char *buf)
{
	if (!addr_bytes(addr) ||
	    !inet_ntop(addr->family, addr->bytes, buf, ADDR_STRLEN))
		strcpy(buf, "-");
	return buf;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_bytes(a));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

bool addr_is_unspecified(const struct addr *addr)
{
	static const uint8_t zero[16];

	return addr->family && !memcmp(addr->bytes, zero, addr_bytes(addr));
}

bool addr_is_loopback(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 127;
	return addr->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&addr->in6);
}

bool addr_is_multicast(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return (addr->bytes[0] & 0xf0) == 0xe0;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

bool addr_is_link_local(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return addr->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->in6);
}

bool addr_is_unicast(const struct addr *addr)
{
	return addr->family && !addr_is_unspecified(addr) &&
	       !addr_is_loopback(addr) && !addr_is_multicast(addr);
}

struct addr addr_mask(const struct addr *addr, unsigned int len)
{
	struct addr masked = *addr;
	unsigned int i, n = addr_bytes(addr);

	for (i = 0; i < n; i++) {
		if (len >= 8 * (i + 1))
			continue;
		masked.bytes[i] &= len > 8 * i ? 0xff00 >> (len - 8 * i) : 0;
	}
	return masked;
}

socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port,
			   struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = addr->family;
	if (addr->family == AF_INET) {
		sin->sin_port = htons(port);
		sin->sin_addr = addr->in4;
		return sizeof(*sin);
	}
	sin6->sin6_port = htons(port);
	sin6->sin6_addr = addr->in6;
	return sizeof(*sin6);
}

struct addr addr_from_sockaddr(const struct sockaddr_storage *ss)
{
	const struct in6_addr *in6;

	switch (ss->ss_family) {
	case AF_INET:
		return addr_make(AF_INET,
				 &((const struct sockaddr_in *)ss)->sin_addr);
	case AF_INET6:
		in6 = &((const struct sockaddr_in6 *)ss)->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(in6))
			return addr_make(AF_INET, &in6->s6_addr[12]);
		return addr_make(AF_INET6, in6);
	default:
		return (struct addr){ .family = 0 };
	}
}

/* Decimal digits only, no leading zero, at most @max; -1 if it is not that. */
static int parse_len(const char *str, unsigned int max)
{
	unsigned int value = 0;
	const char *p;

	if (!*str || (str[0] == '0' && str[1]))
		return -1;
	for (p = str; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		value = 10 * value + (*p - '0');
		if (value > max)
			return -1;
	}
	return value;
}

const char *prefix_parse(const char *str, struct prefix *out)
{
	char text[ADDR_STRLEN];
	const char *slash = strchr(str, '/');
	const char *error;
	struct addr addr, masked;
	int len;

	if (!slash)
		return "prefix length missing, expected ADDRESS/LENGTH";
	if ((size_t)(slash - str) >= sizeof(text))
		return "not an IPv4 or IPv6 address";
	memcpy(text, str, slash - str);
	text[slash - str] = '\0';
	error = addr_parse(text, &addr);
	if (error)
		return error;
	len = parse_len(slash + 1, addr_bits(&addr));
	if (len < 0)
		return addr.family == AF_INET ?
			"prefix length is not a number from 0 to 32" :
			"prefix length is not a number from 0 to 128";
	masked = addr_mask(&addr, len);
	if (!addr_equal(&addr, &masked))
		return "bits set behind the prefix length";
	*out = (struct prefix){ .addr = addr, .len = len };
	return NULL;
}

const char *prefix_format(const struct prefix *prefix, char *buf)
{
	char text[ADDR_STRLEN];

	snprintf(buf, PREFIX_STRLEN, "%s/%u",
		 addr_format(&prefix->addr, text), prefix->len);
	return buf;
}

/* 224.0.0.0/3 has more than multicast; all others have their bits within. */
bool prefix_is_unicast(const struct prefix *prefix)
{
	return !addr_is_loopback(&prefix->addr) &&
	       (!addr_is_multicast(&prefix->addr) || prefix->len < 4);
}

struct prefix prefix_make(const struct addr *addr, unsigned int len)
{
	return (struct prefix){ .addr = addr_mask(addr, len), .len = len };
}

int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int diff = addr_cmp(&a->addr, &b->addr);

	return diff ? diff : (int)a->len - b->len;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return prefix_cmp(a, b) == 0;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	const uint8_t *a = prefix->addr.bytes, *b = addr->bytes;
	unsigned int whole = prefix->len / 8, rest = prefix->len % 8;

	return prefix->addr.family == addr->family &&
	       memcmp(a, b, whole) == 0 &&
	       (!rest || ((a[whole] ^ b[whole]) & 0xff00 >> rest) == 0);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len &&
	       prefix_contains(outer, &inner->addr);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}
