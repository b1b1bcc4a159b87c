/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP addresses and prefixes of both families, by value. An all-zero struct
 * addr is "no address" (family 0) and differs from 0.0.0.0 and ::.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
	uint8_t family;			/* AF_INET, AF_INET6 or 0 */
	union {
		struct in_addr in4;	/* network byte order */
		struct in6_addr in6;
		uint8_t bytes[16];	/* IPv4 uses the first four */
	};
};

struct prefix {
	struct addr addr;		/* host bits are zero */
	uint8_t len;			/* bits */
};

#define ADDR_STRLEN	INET6_ADDRSTRLEN	/* buffer for addr_format */
#define PREFIX_STRLEN	(ADDR_STRLEN + 4)	/* buffer for prefix_format */

/* Address from @bytes in network byte order: 4 for AF_INET, 16 for AF_INET6. */
struct addr addr_make(int family, const void *bytes);
/* IPv4 address from a number in host byte order. */
struct addr addr_from_v4(uint32_t host);
/* The number of an IPv4 address in host byte order. */
uint32_t addr_to_v4(const struct addr *addr);

/* Bytes and bits of an address: 4 and 32, 16 and 128, or 0 for no address. */
unsigned int addr_bytes(const struct addr *addr);
unsigned int addr_bits(const struct addr *addr);

/**
 * addr_parse - one IPv4 or IPv6 address, nothing before or after it
 * @str: text; IPv4 needs four decimal parts without leading zeros
 * @out: the address; unchanged on error
 *
 * Return: NULL, or a constant text that says what is wrong.
 */
const char *addr_parse(const char *str, struct addr *out);

/* Print into @buf (ADDR_STRLEN); "-" for no address. Returns @buf. */
const char *addr_format(const struct addr *addr, char *buf);

/* Total order: by family, then as unsigned numbers. Negative, 0, positive. */
int addr_cmp(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_unspecified(const struct addr *addr);
bool addr_is_loopback(const struct addr *addr);
bool addr_is_multicast(const struct addr *addr);
bool addr_is_link_local(const struct addr *addr);
/* Whether it can be that of one host, on its link at least. */
bool addr_is_unicast(const struct addr *addr);

/* The address with every bit after the first @len cleared. */
struct addr addr_mask(const struct addr *addr, unsigned int len);

/* Socket address of @addr and @port (host byte order); returns its length. */
socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port,
			   struct sockaddr_storage *ss);
/* Address of an AF_INET or AF_INET6 socket address; v4-mapped becomes v4. */
struct addr addr_from_sockaddr(const struct sockaddr_storage *ss);

/**
 * prefix_parse - "ADDRESS/LENGTH"
 * @str: text; the length is required and host bits must be zero
 * @out: the prefix; unchanged on error
 *
 * Return: NULL, or a constant text that says what is wrong.
 */
const char *prefix_parse(const char *str, struct prefix *out);

/* Print into @buf (PREFIX_STRLEN). Returns @buf. */
const char *prefix_format(const struct prefix *prefix, char *buf);

/* Whether not all of it is multicast or loopback; the default is unicast. */
bool prefix_is_unicast(const struct prefix *prefix);

/* Prefix from an address with its host bits cleared. */
struct prefix prefix_make(const struct addr *addr, unsigned int len);
/* Total order: by address, then shorter before longer. */
int prefix_cmp(const struct prefix *a, const struct prefix *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Whether @addr is inside @prefix; false across families. */
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
/* Whether @inner equals @outer or is more specific than it. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

#endif
