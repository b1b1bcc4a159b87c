/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of both families in one type, in network byte order.
 */
#ifndef _VNET_ADDR_H
#define _VNET_ADDR_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/inetdevice.h>
#include <linux/kernel.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>
#include <net/ipv6.h>

/**
 * union vnet_addr - an IPv4 or IPv6 address; the family stands beside it
 * @ip4: AF_INET; the rest of the union is zero, so that it compares as a whole
 * @ip6: AF_INET6
 */
union vnet_addr {
	__be32 ip4;
	struct in6_addr ip6;
};

/* Index of per-family arrays */
enum vnet_af {
	VNET_AF_IP4,
	VNET_AF_IP6,
	VNET_AF_NUM
};

static inline enum vnet_af vnet_af(int family)
{
	return family == AF_INET6 ? VNET_AF_IP6 : VNET_AF_IP4;
}

/* Bytes of an address */
static inline unsigned int vnet_addr_len(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32);
}

/* Bits of an address */
static inline unsigned int vnet_addr_bits(int family)
{
	return 8 * vnet_addr_len(family);
}

/* @raw: 4 or 16 bytes in network order, not necessarily aligned */
static inline void vnet_addr_set(union vnet_addr *addr, int family,
				 const void *raw)
{
	if (family == AF_INET)
		memset(addr, 0, sizeof(*addr));
	memcpy(addr, raw, vnet_addr_len(family));
}

static inline bool vnet_addr_equal(int family, const union vnet_addr *a,
				   const union vnet_addr *b)
{
	if (family == AF_INET)
		return a->ip4 == b->ip4;
	return ipv6_addr_equal(&a->ip6, &b->ip6);
}

/* @prefix: @addr without the bits beyond @len */
static inline void vnet_addr_prefix(union vnet_addr *prefix, int family,
				    const union vnet_addr *addr, u8 len)
{
	memset(prefix, 0, sizeof(*prefix));
	if (family == AF_INET)
		prefix->ip4 = addr->ip4 & inet_make_mask(len);
	else
		ipv6_addr_prefix(&prefix->ip6, &addr->ip6, len);
}

/* Is @addr inside @prefix/@len? Both: 4 or 16 bytes in network order, aligned */
static inline bool vnet_addr_in(int family, const void *addr, const void *prefix, u8 len)
{
	const __be32 *a = addr, *p = prefix;

	if (family == AF_INET)
		return !((*a ^ *p) & inet_make_mask(len));
	return ipv6_prefix_equal(addr, prefix, len);
}

/* An address as messages show it, 4 or 16 bytes in network order; in @text, which is returned */
static inline const char *vnet_addr_text(char text[INET6_ADDRSTRLEN], int family,
					 const void *addr)
{
	snprintf(text, INET6_ADDRSTRLEN, family == AF_INET ? "%pI4" : "%pI6c", addr);
	return text;
}

/* May a NIC or a host have the address? */
static inline bool vnet_addr_is_host(int family, const union vnet_addr *addr)
{
	if (family == AF_INET)
		return !ipv4_is_zeronet(addr->ip4) && !ipv4_is_loopback(addr->ip4) &&
		       !ipv4_is_multicast(addr->ip4) && !ipv4_is_lbcast(addr->ip4);
	return ipv6_addr_type(&addr->ip6) & IPV6_ADDR_UNICAST &&
	       !(ipv6_addr_type(&addr->ip6) & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL));
}

#endif /* _VNET_ADDR_H */
