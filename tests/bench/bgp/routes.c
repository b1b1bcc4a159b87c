// SPDX-License-Identifier: GPL-2.0-or-later

#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"

#define ATTRS_MAX	256
#define GROUP_MAX	128		/* prefixes with one attribute set */
#define BLOCK		8		/* prefixes that lie side by side */

static uint32_t *blocks;		/* /21s that may be announced */
static uint32_t n_blocks;

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x9fb21c651e98df25ull;
	x = (x ^ (x >> 29)) * 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

static uint64_t mix2(uint64_t a, uint64_t b)
{
	return mix(mix(a + 0x632be59bd9b4e019ull) + b);
}

uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

uint8_t *message_begin(uint8_t *message, uint8_t type)
{
	memset(message, 0xff, 16);
	message[18] = type;
	return message + BGP_HEADER;
}

size_t message_end(uint8_t *message, const uint8_t *end)
{
	put16(message + 16, end - message);
	return end - message;
}

static void feed_add(struct feed *feed, const void *message, size_t len)
{
	if (feed->len + len > feed->size) {
		feed->size = (feed->len + len) * 2;
		feed->data = realloc(feed->data, feed->size);
		if (!feed->data)
			err(1, "feed");
	}
	memcpy(feed->data + feed->len, message, len);
	feed->len += len;
	feed->updates++;
}

void feed_free(struct feed *feed)
{
	free(feed->data);
	*feed = (struct feed){ 0 };
}

/*
 * Prefixes
 */

/* What some daemon refuses, and what the benchmark's own addresses are in. */
static bool reserved(uint32_t slot)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x000000, 0x00ffff }, { 0x0a0000, 0x0affff },
		{ 0x644000, 0x647fff }, { 0x7f0000, 0x7fffff },
		{ 0xa9fe00, 0xa9feff }, { 0xac1000, 0xac1fff },
		{ 0xc00000, 0xc000ff }, { 0xc05800, 0xc058ff },
		{ 0xc0a800, 0xc0a8ff }, { 0xc61200, 0xc619ff },
		{ 0xc63300, 0xc633ff }, { 0xcb0000, 0xcb00ff },
		{ 0xe00000, 0xffffff },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (slot >= ranges[i].first && slot <= ranges[i].last)
			return true;
	return false;
}

static void find_blocks(void)
{
	uint32_t slot;

	blocks = malloc(SLOTS / BLOCK * sizeof(*blocks));
	if (!blocks)
		err(1, "blocks");
	for (slot = 0; slot < SLOTS; slot += BLOCK)
		if (!reserved(slot))
			blocks[n_blocks++] = slot;
}

static uint32_t slot_of(unsigned int n)
{
	if (!blocks)
		find_blocks();
	if (n / BLOCK >= n_blocks)
		errx(1, "there are only %u prefixes", n_blocks * BLOCK);
	return blocks[(n / BLOCK) * 1299709ull % n_blocks] + n % BLOCK;
}

/* Short ones only where they cover no other's slot alone: any may nest. */
static unsigned int length_of(uint32_t slot)
{
	unsigned int zeros = slot ? __builtin_ctz(slot) : 8;
	unsigned int wanted = mix(slot) % 16;

	if (wanted < 4)
		return 24;
	return 24 - (zeros > 8 ? 8 : zeros);
}

static uint8_t *put_prefix(uint8_t *p, uint32_t slot, unsigned int len)
{
	*p++ = len;
	*p++ = slot >> 16;
	if (len > 8)
		*p++ = slot >> 8;
	if (len > 16)
		*p++ = slot;
	return p;
}

static uint8_t *put_numbered(uint8_t *p, unsigned int n)
{
	uint32_t slot = slot_of(n);

	return put_prefix(p, slot, length_of(slot));
}

/*
 * Attribute sets
 */

/* Prefixes in a group: each doubling of the size is 0.6 times as frequent. */
static unsigned int group_size(unsigned int first, uint64_t salt)
{
	uint64_t h = mix2(first, salt);
	unsigned int bits = 0;

	while (bits < 6 && h % 10 < 6) {
		h /= 10;
		bits++;
	}
	return (1u << bits) + (h >> 8) % (1u << bits);
}

static unsigned int path_length(const struct origin *o, unsigned int group)
{
	static const uint8_t lengths[20] = {
		1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 6,
	};

	return lengths[mix2(group, o->as) % 20] + o->prepend;
}

static uint32_t some_as(uint64_t h)
{
	return h % 4 ? 1000 + (h >> 8) % 50000 : 200000 + (h >> 8) % 100000;
}

static uint8_t *put_path(uint8_t *p, const struct origin *o,
			 unsigned int group, uint64_t h)
{
	unsigned int n = path_length(o, group), i;

	*p++ = 0x40;
	*p++ = 2;
	*p++ = 2 + 4 * n;
	*p++ = 2;
	*p++ = n;
	for (i = 0; i <= o->prepend; i++)
		p = put32(p, o->as);
	for (; i < n; i++)
		p = put32(p, some_as(mix2(h, i)));
	return p;
}

static uint8_t *put_communities(uint8_t *p, uint64_t h)
{
	unsigned int n = 1 + h % 6, i;

	*p++ = 0xc0;
	*p++ = 8;
	*p++ = 4 * n;
	for (i = 0; i < n; i++) {
		h = mix2(h, i);
		p = put16(p, 1000 + h % 50000);
		p = put16(p, (h >> 32) % 2000);
	}
	return p;
}

static uint8_t *put_large_communities(uint8_t *p, uint64_t h)
{
	*p++ = 0xc0;
	*p++ = 32;
	*p++ = 12;
	p = put32(p, some_as(h));
	p = put32(p, h >> 40 & 0xff);
	return put32(p, h >> 8 & 0xffff);
}

static uint8_t *put_attrs(uint8_t *p, const struct origin *o,
			  unsigned int group)
{
	uint64_t h = mix2(group, o->index + 1);

	*p++ = 0x40;
	*p++ = 1;
	*p++ = 1;
	*p++ = h % 8 ? 0 : 2;
	p = put_path(p, o, group, h);
	*p++ = 0x40;
	*p++ = 3;
	*p++ = 4;
	memcpy(p, o->address, 4);
	p += 4;
	if ((h >> 8) % 10 < 3) {
		*p++ = 0x80;
		*p++ = 4;
		*p++ = 4;
		p = put32(p, (h >> 16) % 200);
	}
	if ((h >> 24) % 10 < 6)
		p = put_communities(p, h >> 3);
	if ((h >> 32) % 10 < 1)
		p = put_large_communities(p, h >> 5);
	return p;
}

/*
 * Messages
 */

static void announce_group(struct feed *feed, const struct origin *o,
			   unsigned int first, unsigned int n)
{
	uint8_t message[BGP_MAX];
	uint8_t *p = message_begin(message, BGP_UPDATE), *attrs;
	unsigned int i;

	p = put16(p, 0);
	attrs = p + 2;
	p = put_attrs(attrs, o, first);
	put16(attrs - 2, p - attrs);
	for (i = 0; i < n; i++)
		p = put_numbered(p, o->first + first + i);
	feed_add(feed, message, message_end(message, p));
}

/* The groups of all who announce the same prefixes are the same. */
static unsigned int next_group(const struct origin *o, unsigned int first)
{
	unsigned int n = group_size(first, o->first);

	return n < o->count - first ? n : o->count - first;
}

void feed_announce(struct feed *feed, const struct origin *o)
{
	unsigned int first, n;

	for (first = 0; first < o->count; first += n) {
		n = next_group(o, first);
		announce_group(feed, o, first, n);
	}
}

void feed_withdraw(struct feed *feed, const struct origin *o)
{
	uint8_t message[BGP_MAX], *p, *list;
	unsigned int i = 0;

	while (i < o->count) {
		list = message_begin(message, BGP_UPDATE) + 2;
		for (p = list; i < o->count && p < message + BGP_MAX - 8; i++)
			p = put_numbered(p, o->first + i);
		put16(list - 2, p - list);
		p = put16(p, 0);
		feed_add(feed, message, message_end(message, p));
	}
}

void feed_probe(struct feed *feed, const struct origin *o, unsigned int n)
{
	uint8_t message[BGP_MAX];
	uint8_t *p = message_begin(message, BGP_UPDATE), *attrs;

	p = put16(p, 0);
	attrs = p + 2;
	p = put_attrs(attrs, o, 0x40000000 + n);
	put16(attrs - 2, p - attrs);
	p = put_prefix(p, PROBE_SLOT + n, 24);
	feed_add(feed, message, message_end(message, p));
}

uint32_t routes_address(const struct origin *o, unsigned int n)
{
	return slot_of(o->first + n) << 8 | 1;
}

/* The shortest path to a group that those of @n origins but @one have. */
static unsigned int best_path(const struct origin *o, unsigned int n,
			      unsigned int one, unsigned int group)
{
	unsigned int best = UINT_MAX, i, len;

	for (i = 0; i < n; i++) {
		len = path_length(&o[i], group);
		if (i != one && len < best)
			best = len;
	}
	return best;
}

uint64_t routes_sum(const struct origin *o, unsigned int n, bool same)
{
	unsigned int first, size, i;
	uint64_t sum = 0;

	for (i = 0; i < (same ? 1 : n); i++)
		for (first = 0; first < o[i].count; first += size) {
			size = next_group(&o[i], first);
			sum += (uint64_t)size * (same ?
				best_path(o, n, n, first) :
				path_length(&o[i], first));
		}
	return sum;
}

/*
 * Prefixes with a path from @one that is longer than all others' best; with
 * @sign -1, shorter.
 */
static unsigned int count_paths(const struct origin *o, unsigned int n,
				unsigned int one, int sign)
{
	unsigned int first, size, sum = 0;
	int more;

	for (first = 0; first < o->count; first += size) {
		size = next_group(o, first);
		more = (int)path_length(&o[one], first) -
		       (int)best_path(o, n, one, first);
		if (sign * more > 0)
			sum += size;
	}
	return sum;
}

unsigned int routes_longer(const struct origin *o, unsigned int n,
			   unsigned int one)
{
	return count_paths(o, n, one, 1);
}

unsigned int routes_shortest(const struct origin *o, unsigned int n,
			     unsigned int one)
{
	return count_paths(o, n, one, -1);
}
