/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interned attribute sets: equal attributes are kept once, counted by
 * reference, and named by an id. Next hops are interned next to them, for
 * "the same next hop" is asked for each path.
 */
#ifndef RIB_ATTRSET_H
#define RIB_ATTRSET_H

#include "bgp/attr.h"
#include "lib/addr.h"
#include "lib/idhash.h"
#include "lib/slab.h"

#define ATTRSET_CLASSES		64	/* of 8 bytes; class 0: any size */
#define ATTRSET_HOPS_MAX	127

enum attrset_flag {
	ATTRSET_LOOP = 0x01,		/* own AS in AS_PATH */
	ATTRSET_REFLECTED = 0x02,	/* by us, RFC 4456 */
	ATTRSET_BAD_NEXT_HOP = 0x04,	/* none, or nobody can have it */
	ATTRSET_NO_ADVERTISE = 0x08,
	ATTRSET_NO_EXPORT = 0x10,	/* or not out of the confederation */
	ATTRSET_ROUTE_SERVER = 0x20,	/* 65517:65517 */
	ATTRSET_AZURE = 0x40,		/* any 65517:N */
	ATTRSET_LEAST = 0x80,		/* GRACEFUL_SHUTDOWN, LLGR_STALE */
	ATTRSET_LLGR_STALE = 0x100,
	ATTRSET_LEAK = 0x200,
	/* A map has made it of another set: see attrset_derive(). */
	ATTRSET_DERIVED = 0x400,
	ATTRSET_DROPPED = 0x800,	/* its route is not to be used */
	ATTRSET_SUMMED = 0x1000,		/* but another instead */
};

struct attrset {
	uint32_t refs;
	uint32_t hash;
	uint32_t chain;			/* scratch of pack.c */
	uint32_t nexthop;		/* id, see nexthop_get() */
	uint8_t hops;			/* AS_PATH length, at most HOPS_MAX */
	uint16_t flags;			/* enum attrset_flag */
	uint16_t owner;			/* who is charged with it */
	struct bgp_attrs flat;
};

struct nexthop {
	struct addr addr;
	uint32_t refs;			/* attribute sets; 0: is freed */
	uint64_t stamp;			/* scratch of decide.c */
	bool own;			/* an address of the route server */
};

struct attrset_pool {
	struct slab slab[ATTRSET_CLASSES];
	struct idhash index;
	uint32_t local_as;
	uint64_t n_big, big_bytes;	/* class 0 beyond the pointers */
	struct slab nexthops;
	struct idhash nexthop_index;
	/* Whether an address is the route server's own. */
	bool (*own)(const void *ctx, const struct addr *addr);
	const void *own_ctx;
	/*
	 * Whoever is the first to have a set is charged with its memory until
	 * it goes, be it by others that it is used then: bytes by owner, and
	 * the owner of sets that are made now.
	 */
	uint64_t *charged;
	uint16_t owner;
};

void attrset_pool_init(struct attrset_pool *pool, uint32_t local_as);
void attrset_pool_fini(struct attrset_pool *pool);

/* The id of attributes equal to @flat, with one reference more. */
uint32_t attrset_intern(struct attrset_pool *pool,
			const struct bgp_attrs *flat);
void attrset_put(struct attrset_pool *pool, uint32_t id);

/* What a derived set also holds. */
struct attrset_origin {
	uint32_t raw;			/* id of what it was made of */
	uint32_t summary;		/* what SUMMED means to the caller */
};

/**
 * attrset_derive - the id of what a map has made of a set
 * @raw: the set's id; held as long as the result is there
 * @flat: the attributes now
 * @flags: DROPPED or SUMMED
 * @summary: kept with it, equal sets have equal ones
 *
 * It is told apart from an equal set that peers have sent, and what makes a
 * path ineligible in @raw does so in it.
 */
uint32_t attrset_derive(struct attrset_pool *pool, uint32_t raw,
			const struct bgp_attrs *flat, uint16_t flags,
			uint32_t summary);
/* What peers have sent: @id, or what it was derived from. */
uint32_t attrset_raw(const struct attrset_pool *pool, uint32_t id);
/* Of a set with SUMMED. */
uint32_t attrset_summary(const struct attrset_pool *pool, uint32_t id);

static inline struct attrset *attrset_get(const struct attrset_pool *pool,
					  uint32_t id)
{
	const struct slab *slab = &pool->slab[id >> 26];
	void *mem = slab_get(slab, id & 0x3ffffff);

	return id >> 26 != 0 ? mem : *(struct attrset **)mem;
}

static inline struct nexthop *nexthop_get(const struct attrset_pool *pool,
					  uint32_t id)
{
	return slab_get(&pool->nexthops, id);
}

/*
 * How much of a last resort a route is: 0 is none. RFC 9494 4.3: any that is
 * not long-lived stale is better, be it in graceful shutdown.
 */
static inline unsigned int attrset_resort(const struct attrset_pool *pool,
					  uint32_t id)
{
	uint16_t flags = attrset_get(pool, id)->flags;

	return flags & ATTRSET_LLGR_STALE ? 2 : !!(flags & ATTRSET_LEAST);
}

/* The next hop of a set. */
static inline struct nexthop *attrset_nexthop(const struct attrset_pool *pool,
					      uint32_t id)
{
	return nexthop_get(pool, attrset_get(pool, id)->nexthop);
}

static inline void attrset_hold(struct attrset_pool *pool, uint32_t id)
{
	attrset_get(pool, id)->refs++;
}

/* Whether some set has this next hop. */
bool attrset_has_nexthop(const struct attrset_pool *pool,
			 const struct addr *addr);
/* Ask pool->own again about a next hop; whether that has changed. */
bool attrset_review_nexthop(struct attrset_pool *pool,
			    const struct addr *addr);

/* Whether the pool has @id only since a moment ago, at its owner's cost. */
bool attrset_is_new(const struct attrset_pool *pool, uint32_t id);
uint64_t attrset_bytes(const struct attrset_pool *pool);

#endif
