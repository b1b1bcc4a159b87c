/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an LPM table should say: a list of routes, searched from end to end. And
 * the random prefixes that tests feed to both.
 */
#ifndef _LPM_ORACLE_H
#define _LPM_ORACLE_H

#include "../../kmod/lpm.h"

struct oracle_route {
	struct vnet_prefix prefix;
	u32 value;
};

struct oracle {
	unsigned int bits;
	unsigned int count;
	unsigned int room;
	struct oracle_route *route;
};

void oracle_init(struct oracle *o, int family);
void oracle_free(struct oracle *o);

/* Both return the former value, 0 if there was none. */
u32 oracle_insert(struct oracle *o, const struct vnet_prefix *prefix,
		  u32 value);
u32 oracle_remove(struct oracle *o, const struct vnet_prefix *prefix);

u32 oracle_get(const struct oracle *o, const struct vnet_prefix *prefix);
u32 oracle_lookup(const struct oracle *o, const u8 *addr, unsigned int maxlen,
		  u8 *plen);

/* Puts the routes in the order of vnet_lpm_next(). */
void oracle_sort(struct oracle *o);

bool prefix_covers(const struct vnet_prefix *prefix, const u8 *addr);

/* xorshift64*; the state must not be 0. */
u64 random_next(u64 *state);
unsigned int random_below(u64 *state, unsigned int bound);

/*
 * A random prefix whose bytes come from few values, so that prefixes nest,
 * neighbour and repeat; @spread is the number of values a byte may have.
 */
void random_prefix(u64 *state, unsigned int bits, unsigned int spread,
		   struct vnet_prefix *prefix);

/* A random address in, just before or just after a prefix. */
void random_addr(u64 *state, unsigned int bits, const struct vnet_prefix *near,
		 u8 *addr);

#endif /* _LPM_ORACLE_H */
