// SPDX-License-Identifier: GPL-2.0-or-later
/* The oracle of the LPM tests, as plain as can be: see oracle.h. */
#include "oracle.h"

static bool bit(const u8 *addr, unsigned int i)
{
	return addr[i / 8] >> (7 - i % 8) & 1;
}

bool prefix_covers(const struct vnet_prefix *prefix, const u8 *addr)
{
	unsigned int i;

	if (memcmp(prefix->addr, addr, prefix->len / 8))
		return false;
	for (i = prefix->len & ~7; i < prefix->len; i++)
		if (bit(prefix->addr, i) != bit(addr, i))
			return false;
	return true;
}

static struct oracle_route *find(const struct oracle *o,
				 const struct vnet_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < o->count; i++)
		if (o->route[i].prefix.len == prefix->len &&
		    prefix_covers(prefix, o->route[i].prefix.addr))
			return &o->route[i];
	return NULL;
}

void oracle_init(struct oracle *o, int family)
{
	memset(o, 0, sizeof(*o));
	o->bits = family == AF_INET ? 32 : 128;
}

void oracle_free(struct oracle *o)
{
	free(o->route);
}

u32 oracle_insert(struct oracle *o, const struct vnet_prefix *prefix, u32 value)
{
	struct oracle_route *route = find(o, prefix);
	u32 old = 0;

	if (route) {
		old = route->value;
		route->value = value;
		return old;
	}
	if (o->count == o->room) {
		o->room = 2 * o->room + 16;
		o->route = realloc(o->route, o->room * sizeof(*o->route));
		if (!o->route)
			abort();
	}
	o->route[o->count].prefix = *prefix;
	o->route[o->count++].value = value;
	return 0;
}

u32 oracle_remove(struct oracle *o, const struct vnet_prefix *prefix)
{
	struct oracle_route *route = find(o, prefix);
	u32 old = 0;

	if (route) {
		old = route->value;
		*route = o->route[--o->count];
	}
	return old;
}

u32 oracle_get(const struct oracle *o, const struct vnet_prefix *prefix)
{
	struct oracle_route *route = find(o, prefix);

	return route ? route->value : 0;
}

u32 oracle_lookup(const struct oracle *o, const u8 *addr, unsigned int maxlen,
		  u8 *plen)
{
	const struct oracle_route *best = NULL, *route;
	unsigned int i;

	for (i = 0; i < o->count; i++) {
		route = &o->route[i];
		if (route->prefix.len <= maxlen &&
		    prefix_covers(&route->prefix, addr) &&
		    (!best || route->prefix.len > best->prefix.len))
			best = route;
	}
	if (!best)
		return 0;
	*plen = best->prefix.len;
	return best->value;
}

static int compare(const void *a, const void *b)
{
	const struct oracle_route *x = a, *y = b;

	return memcmp(x->prefix.addr, y->prefix.addr, sizeof(x->prefix.addr)) ?:
	       x->prefix.len - y->prefix.len;
}

void oracle_sort(struct oracle *o)
{
	if (o->count)
		qsort(o->route, o->count, sizeof(*o->route), compare);
}

u64 random_next(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ULL;
}

unsigned int random_below(u64 *state, unsigned int bound)
{
	return (random_next(state) >> 32) * bound >> 32;
}

static void mask(struct vnet_prefix *prefix)
{
	unsigned int i;

	for (i = prefix->len; i < 128; i++)
		prefix->addr[i / 8] &= ~(0x80 >> i % 8);
}

void random_prefix(u64 *state, unsigned int bits, unsigned int spread,
		   struct vnet_prefix *prefix)
{
	unsigned int i;

	memset(prefix, 0, sizeof(*prefix));
	for (i = 0; i < bits / 8; i++)
		prefix->addr[i] = random_below(state, spread) * 255 /
				  (spread - 1);
	/* In the last byte anything goes, so that nodes fill up. */
	prefix->len = random_below(state, bits + 1);
	if (prefix->len % 8)
		prefix->addr[prefix->len / 8] = random_next(state) >> 56;
	else if (prefix->len)
		prefix->addr[prefix->len / 8 - 1] = random_next(state) >> 56;
	mask(prefix);
}

void random_addr(u64 *state, unsigned int bits, const struct vnet_prefix *near,
		 u8 *addr)
{
	unsigned int i, what = random_below(state, 4);
	int step = what == 1 ? 1 : -1;
	u8 last = what == 1 ? 0 : 0xff;

	memcpy(addr, near->addr, bits / 8);
	for (i = near->len; i < bits; i++)
		if (what == 1 || (what > 2 && random_next(state) >> 63))
			addr[i / 8] |= 0x80 >> i % 8;
	if (what > 1)
		return;
	/* 0: the address before the first; 1: the one after the last. */
	for (i = bits / 8; i--;) {
		addr[i] += step;
		if (addr[i] != last)
			break;
	}
}
