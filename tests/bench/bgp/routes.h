/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmark's speakers announce: IPv4 prefixes /16 to /24 scattered
 * over the unicast space, and attribute sets as the Internet has them, with 8
 * prefixes on average and a heavy tail, AS paths of 1 to 6. All of it follows
 * from the numbers, so that two runs are alike.
 */
#ifndef BENCH_ROUTES_H
#define BENCH_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BGP_HEADER	19
#define BGP_MAX		4096

enum { BGP_OPEN = 1, BGP_UPDATE, BGP_NOTIFICATION, BGP_KEEPALIVE };

/* Whole messages, ready to be written. */
struct feed {
	uint8_t *data;
	size_t len, size;
	unsigned long updates;
};

/* One of those who announce. */
struct origin {
	unsigned int index;
	uint32_t as;
	uint8_t address[4];		/* its next hop */
	unsigned int count;		/* of its prefixes */
	unsigned int first;		/* number of the first of them */
	unsigned int prepend;		/* its AS so many times more */
};

void feed_announce(struct feed *feed, const struct origin *o);
void feed_withdraw(struct feed *feed, const struct origin *o);
void feed_free(struct feed *feed);
/* One prefix of those kept for probes, with attributes of its own. */
void feed_probe(struct feed *feed, const struct origin *o, unsigned int n);

/* A prefix is known by the upper 24 bits of its address. */
#define SLOTS		(1u << 24)
#define PROBE_SLOT	(198u << 16 | 18u << 8)	/* 198.18.0.0 - 198.25.255.255 */
#define PROBES_MAX	2048

/*
 * The sum of the AS path lengths that one who has the best path of each prefix
 * must see. @n origins, all announcing the same prefixes if @same.
 */
uint64_t routes_sum(const struct origin *o, unsigned int n, bool same);

/*
 * Of the prefixes that all @n origins announce: those for which another has a
 * shorter path than origin @one, and those for which all others have longer
 * ones.
 */
unsigned int routes_longer(const struct origin *o, unsigned int n,
			   unsigned int one);
unsigned int routes_shortest(const struct origin *o, unsigned int n,
			     unsigned int one);

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* An address in one of an origin's prefixes, in host byte order. */
uint32_t routes_address(const struct origin *o, unsigned int n);

uint8_t *put16(uint8_t *p, uint16_t v);
uint8_t *put32(uint8_t *p, uint32_t v);
/* Begins a message; its length is set by message_end(). */
uint8_t *message_begin(uint8_t *message, uint8_t type);
size_t message_end(uint8_t *message, const uint8_t *end);

#endif
