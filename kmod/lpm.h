/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Longest-prefix match: one table of one address family, from prefix to a
 * 24-bit value. What the value means is the owner's business: an index of a
 * route, of a next-hop group, ...
 *
 * Readers hold rcu_read_lock() (softirq is fine), take no lock, write nothing
 * and never wait. Writers are serialised by the owner's spinlock, may run in
 * atomic context and never sleep. A reader beside an update gets, for every
 * address, the answer from before or after it, never a third one. What an update replaces
 * is freed by an RCU callback of this module: rcu_barrier() before it is unloaded.
 *
 * Addresses and prefixes are bytes in network order, so pointers to the
 * addresses in an IP header, to a __be32 or to a struct in6_addr are used as
 * they are.
 */
#ifndef _VNET_LPM_H
#define _VNET_LPM_H

#include <linux/in6.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Values are 1 .. VNET_LPM_VALUE_MAX; 0 says "no route". */
#define VNET_LPM_VALUE_MAX	((1U << 24) - 1)
/* Those below this take the least memory and, in large IPv4 tables, time. */
#define VNET_LPM_VALUE_NEAR	3072

/* An address prefix; bits after the first @len must be zero. */
struct vnet_prefix {
	union {
		u8 addr[16];		/* IPv4: the first four bytes */
		__be32 ip4;
		struct in6_addr ip6;
	};
	u8 len;				/* in bits: 0 .. 32 or 128 */
};

struct vnet_lpm_body;
struct lpm_trie;
struct lpm_wide;

/* A table; embedded by its owner, all members private to lpm*.c. */
struct vnet_lpm {
	struct lpm_wide __rcu *direct;	/* the fast way through an IPv4 body, NULL if it has none */
	struct vnet_lpm_body __rcu *body; /* all but the default route; NULL: none */
	struct lpm_trie *rising;	/* what a small body is about to become, or NULL */
	u32 deflt;			/* value of the default route, 0: none */
	u8 bits;			/* address width, 32 or 128 */
	u32 routes;
	spinlock_t *lock;		/* the owner's, serialises writers */
};

/* Where an iteration stands; zero it to begin. */
struct vnet_lpm_cursor {
	struct vnet_prefix prefix;	/* the route just returned */
	u32 value;
	bool started;
};

struct vnet_lpm_stats {
	u32 routes;
	u32 nodes;			/* and buckets of a trie, 0 for a small table */
	size_t bytes;			/* memory taken, all included */
	size_t idle_bytes;		/* of these, in no use: free or waiting for readers */
};

/**
 * vnet_lpm_setup() - have small tables take less memory
 *
 * Process context; before the first table is made. Without it they work as well.
 */
void vnet_lpm_setup(void);

/* Process context; when no table is left and rcu_barrier() has been called since. */
void vnet_lpm_cleanup(void);

/**
 * vnet_lpm_init() - make an empty table
 * @t: the table
 * @family: AF_INET or AF_INET6
 * @lock: the owner's lock that every writer holds (taken with _bh)
 */
void vnet_lpm_init(struct vnet_lpm *t, int family, spinlock_t *lock);

/**
 * vnet_lpm_destroy() - free a table
 * @t: the table, which no reader and no writer can reach any more: call it from
 *     an RCU callback or after synchronize_rcu(). Any context.
 */
void vnet_lpm_destroy(struct vnet_lpm *t);

/**
 * vnet_lpm_insert() - add a route or replace its value
 * @t: the table, its lock held
 * @prefix: where to
 * @value: 1 .. VNET_LPM_VALUE_MAX
 * @old: set to the value that was replaced, 0 if the prefix is new; may be NULL
 *
 * Replacing a value takes no memory, and cannot fail for lack of it, unless the new one is
 * VNET_LPM_VALUE_NEAR or more and the old one less.
 *
 * Return: 0, or with nothing changed: -EINVAL for a prefix longer than the
 * family's addresses or with bits beyond its length, or for a value out of range;
 * -ENOMEM.
 */
int vnet_lpm_insert(struct vnet_lpm *t, const struct vnet_prefix *prefix,
		    u32 value, u32 *old);

/**
 * vnet_lpm_remove() - remove a route
 * @t: the table, its lock held
 * @prefix: which
 * @old: set to the value it had; may be NULL
 *
 * Takes no memory, so it cannot fail for lack of it.
 *
 * Return: 0, -ENOENT, or -EINVAL as for vnet_lpm_insert().
 */
int vnet_lpm_remove(struct vnet_lpm *t, const struct vnet_prefix *prefix, u32 *old);

/**
 * vnet_lpm_flush() - remove all routes
 * @t: the table, its lock held. Cannot fail.
 */
void vnet_lpm_flush(struct vnet_lpm *t);

/**
 * vnet_lpm_get() - the value of exactly this prefix
 * @t: the table; under rcu_read_lock() or its lock
 * @prefix: which
 *
 * Return: the value, 0 if there is no such route.
 */
u32 vnet_lpm_get(const struct vnet_lpm *t, const struct vnet_prefix *prefix);

/**
 * vnet_lpm_lookup() - longest-prefix match
 * @t: the table; under rcu_read_lock()
 * @addr: 4 or 16 bytes in network order, no alignment needed
 * @plen: set to the length of the matching prefix if there is one
 *
 * Return: the value of the longest prefix that covers the address, 0 if none.
 */
u32 vnet_lpm_lookup(const struct vnet_lpm *t, const void *addr, u8 *plen);

/**
 * struct vnet_lpm_match - what vnet_lpm_lookup() answers
 * @value: the value, 0: none
 * @len: length of the prefix, valid where @value is not 0
 */
struct vnet_lpm_match {
	u32 value;
	u8 len;
};

#define VNET_LPM_TABLES	3	/* that a packet is looked up in */

/**
 * vnet_lpm_lookup_tables() - vnet_lpm_lookup() in several tables
 * @tables: of one family, under rcu_read_lock(); NULL = nothing matches. The largest first: while
 *	memory is waited for on its behalf, the others are looked up.
 * @addr: as for vnet_lpm_lookup()
 * @match: as many results
 */
void vnet_lpm_lookup_tables(const struct vnet_lpm *const tables[VNET_LPM_TABLES],
			    const void *addr, struct vnet_lpm_match match[VNET_LPM_TABLES]);

/**
 * vnet_lpm_prefetch_many() - have the memory of some lookups on its way
 * @t: the table; under rcu_read_lock()
 * @addr: @n pointers to what will be looked up
 * @n: how many, no limit; but more than 16 get in each other's way
 *
 * For a caller that has something else to do before it looks up. What is not in the caches is
 * asked for as far as that can be done without waiting for it; with direct access (many IPv4
 * routes), what one address would have to wait for is asked for while others are.
 */
void vnet_lpm_prefetch_many(const struct vnet_lpm *t, const void *const *addr, unsigned int n);

/**
 * vnet_lpm_lookup_many() - vnet_lpm_lookup() for a batch of packets
 * @t: the table; under rcu_read_lock()
 * @addr: @n pointers to addresses
 * @n: how many, no limit
 * @value: @n results, 0 for none
 * @plen: @n lengths, valid where the value is not 0
 *
 * The memory accesses of up to 16 lookups overlap in large tables, so a batch costs a fraction
 * of as many single lookups once the table is larger than the caches. IPv4 has that with direct
 * access (many routes).
 *
 * For owners of a table that have many addresses to look up in it alone. Forwarding asks
 * several tables for each packet (vnet_lpm_lookup_tables()) and has vnet_lpm_prefetch_many().
 */
void vnet_lpm_lookup_many(const struct vnet_lpm *t, const void *const *addr,
			  unsigned int n, u32 *value, u8 *plen);

/**
 * vnet_lpm_lookup_shorter() - longest match among prefixes up to a length
 * @t: the table; under rcu_read_lock() or its lock
 * @addr: as for vnet_lpm_lookup()
 * @maxlen: longest prefix length that may match
 * @plen: set to the length of the matching prefix if there is one
 *
 * For a caller that must pass over a match: slower than vnet_lpm_lookup(), yet
 * bounded by the depth of the table.
 *
 * Return: the value, 0 if none.
 */
u32 vnet_lpm_lookup_shorter(const struct vnet_lpm *t, const void *addr,
			    u8 maxlen, u8 *plen);

/**
 * vnet_lpm_next() - the route after the one the cursor stands on
 * @t: the table; under rcu_read_lock() or its lock
 * @c: the cursor, all zero to begin
 *
 * Routes come in ascending order of address, shorter prefixes first. The lock may be
 * dropped between two calls and the table may change: routes present all the time
 * are returned exactly once. To continue where a dump stopped, keep the cursor.
 *
 * Return: true with the route in @c, false at the end.
 */
bool vnet_lpm_next(const struct vnet_lpm *t, struct vnet_lpm_cursor *c);

/* Number of routes; any context. */
static inline u32 vnet_lpm_routes(const struct vnet_lpm *t)
{
	return READ_ONCE(t->routes);
}

/**
 * vnet_lpm_stats() - size of a table
 * @t: the table, its lock held
 * @st: filled in
 */
void vnet_lpm_stats(const struct vnet_lpm *t, struct vnet_lpm_stats *st);

#ifdef DEBUG
/* Random operations against a plain list; at module load, process context. */
bool vnet_lpm_selftest(void);
#endif

#endif /* _VNET_LPM_H */
