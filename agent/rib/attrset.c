// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/attrset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/log.h"
#include "lib/pages.h"
#include "lib/util.h"

#define INDEX_MAX	0x3ffffffu	/* per class, see attrset_get() */

/* Room for any index of a peer; memory is taken for those that there are. */
#define CHARGED_BYTES	((UINT16_MAX + 1) * sizeof(uint64_t))

static uint32_t attrset_hash(const void *ctx, uint32_t id)
{
	return attrset_get(ctx, id)->hash;
}

static uint32_t addr_hash(const struct addr *addr)
{
	return hash_bytes(addr->bytes, addr_bytes(addr));
}

static uint32_t nexthop_hash(const void *ctx, uint32_t id)
{
	const struct attrset_pool *pool = ctx;

	return addr_hash(&nexthop_get(pool, id)->addr);
}

void attrset_pool_init(struct attrset_pool *pool, uint32_t local_as)
{
	unsigned int class;

	memset(pool, 0, sizeof(*pool));
	pool->local_as = local_as;
	pool->charged = pages_get(CHARGED_BYTES);
	slab_init(&pool->slab[0], sizeof(struct attrset *));
	for (class = 1; class < ATTRSET_CLASSES; class++)
		slab_init(&pool->slab[class], class * 8);
	slab_init(&pool->nexthops, sizeof(struct nexthop));
	idhash_init(&pool->index, attrset_hash, pool);
	idhash_init(&pool->nexthop_index, nexthop_hash, pool);
}

static void big_free(void *pool, uint32_t id)
{
	struct slab *slab = &((struct attrset_pool *)pool)->slab[0];

	if (id >> 26 == 0)
		free(*(void **)slab_get(slab, id));
}

void attrset_pool_fini(struct attrset_pool *pool)
{
	unsigned int class;

	idhash_each(&pool->index, big_free, pool);
	for (class = 0; class < ATTRSET_CLASSES; class++)
		slab_fini(&pool->slab[class]);
	idhash_fini(&pool->index);
	idhash_fini(&pool->nexthop_index);
	slab_fini(&pool->nexthops);
	pages_put(pool->charged, CHARGED_BYTES);
}

/* ---- next hops ------------------------------------------------------- */

static bool nexthop_find(const struct attrset_pool *pool,
			 const struct addr *addr, uint32_t *id)
{
	struct idhash_probe probe = idhash_probe(&pool->nexthop_index,
						 addr_hash(addr));

	while (idhash_next(&pool->nexthop_index, &probe, id)) {
		if (addr_equal(&nexthop_get(pool, *id)->addr, addr))
			return true;
	}
	return false;
}

bool attrset_has_nexthop(const struct attrset_pool *pool,
			 const struct addr *addr)
{
	uint32_t id;

	return nexthop_find(pool, addr, &id);
}

static uint32_t nexthop_intern(struct attrset_pool *pool,
			       const struct addr *addr)
{
	uint32_t id;

	if (nexthop_find(pool, addr, &id)) {
		nexthop_get(pool, id)->refs++;
		return id;
	}
	id = slab_alloc(&pool->nexthops);
	*nexthop_get(pool, id) = (struct nexthop){
		.addr = *addr,
		.refs = 1,
		.own = pool->own && pool->own(pool->own_ctx, addr),
	};
	idhash_insert(&pool->nexthop_index, addr_hash(addr), id);
	return id;
}

static void nexthop_put(struct attrset_pool *pool, uint32_t id)
{
	struct nexthop *nexthop = nexthop_get(pool, id);

	if (--nexthop->refs > 0)
		return;
	idhash_remove(&pool->nexthop_index, addr_hash(&nexthop->addr), id);
	slab_release(&pool->nexthops, id);
}

bool attrset_review_nexthop(struct attrset_pool *pool,
			    const struct addr *addr)
{
	struct nexthop *nexthop;
	uint32_t id;
	bool was;

	/* Our own routes have none in either family. */
	if (addr->family == 0 || !nexthop_find(pool, addr, &id))
		return false;
	nexthop = nexthop_get(pool, id);
	was = nexthop->own;
	nexthop->own = pool->own && pool->own(pool->own_ctx, addr);
	return nexthop->own != was;
}

/*
 * An address that a packet can be sent to. A v4-mapped one is what some
 * speakers put where they have no IPv6 address of their own.
 */
static bool nexthop_usable(const struct addr *addr)
{
	return addr_is_unicast(addr) && !addr_is_link_local(addr) &&
	       !(addr->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->in6));
}

/* ---- attribute sets -------------------------------------------------- */

static uint16_t community_flags(const struct bgp_attrs *flat)
{
	uint16_t flags = 0;

	if (flat->part_len[BGP_PART_COMMUNITIES] == 0)
		return 0;
	if (bgp_community_present(flat, BGP_COMMUNITY_NO_ADVERTISE) ||
	    bgp_community_present(flat, BGP_COMMUNITY_BLACKHOLE))
		flags |= ATTRSET_NO_ADVERTISE;
	if (bgp_community_present(flat, BGP_COMMUNITY_GRACEFUL_SHUTDOWN))
		flags |= ATTRSET_LEAST;
	if (bgp_community_present(flat, BGP_COMMUNITY_LLGR_STALE))
		flags |= ATTRSET_LEAST | ATTRSET_LLGR_STALE;
	if (bgp_community_present(flat, BGP_COMMUNITY_NO_EXPORT) ||
	    bgp_community_present(flat, BGP_COMMUNITY_NO_EXPORT_SUBCONFED))
		flags |= ATTRSET_NO_EXPORT;
	if (bgp_community_present(flat, BGP_COMMUNITY_ROUTE_SERVER))
		flags |= ATTRSET_ROUTE_SERVER;
	if (bgp_community_of(flat, BGP_COMMUNITY_AZURE_HIGH))
		flags |= ATTRSET_AZURE;
	return flags;
}

static uint16_t attrs_flags(const struct attrset_pool *pool,
			    const struct bgp_attrs *flat,
			    const struct addr *nexthop)
{
	uint16_t flags = community_flags(flat);

	if (bgp_as_path_contains(flat, pool->local_as))
		flags |= ATTRSET_LOOP;
	if (flat->marks & BGP_MARK_LEAK)
		flags |= ATTRSET_LEAK;
	if (flat->marks & BGP_MARK_REFLECTED)
		flags |= ATTRSET_REFLECTED;
	if (!nexthop_usable(nexthop))
		flags |= ATTRSET_BAD_NEXT_HOP;
	return flags;
}

static uint32_t attrset_alloc(struct attrset_pool *pool, size_t size,
			      struct attrset **set)
{
	uint32_t class = (size + 7) / 8;
	uint32_t at;

	if (class >= ATTRSET_CLASSES)
		class = 0;
	at = slab_alloc(&pool->slab[class]);
	if (at > INDEX_MAX)
		fatalx("too many attribute sets");
	if (class == 0) {
		*set = xmalloc(size);
		*(struct attrset **)slab_get(&pool->slab[0], at) = *set;
		pool->n_big++;
		pool->big_bytes += size;
	} else {
		*set = slab_get(&pool->slab[class], at);
	}
	return class << 26 | at;
}

/* Bytes of a set with these attributes; of a derived one more follow. */
static size_t set_size(const struct bgp_attrs *flat, bool derived)
{
	size_t size = offsetof(struct attrset, flat) + flat->size;

	if (!derived)
		return size;
	return (size + 3) / 4 * 4 + sizeof(struct attrset_origin);
}

static struct attrset_origin *set_origin(struct attrset *set)
{
	return (void *)((char *)set + set_size(&set->flat, true) -
			sizeof(struct attrset_origin));
}

static uint32_t attrset_new(struct attrset_pool *pool,
			    const struct bgp_attrs *flat, uint32_t hash,
			    const struct attrset_origin *origin)
{
	struct addr addr = bgp_attrs_nexthop(flat);
	struct attrset *set;
	uint32_t id;

	id = attrset_alloc(pool, set_size(flat, origin), &set);
	set->refs = 1;
	set->hash = hash;
	set->chain = 0;
	set->nexthop = nexthop_intern(pool, &addr);
	set->hops = MIN(flat->as_path_hops, ATTRSET_HOPS_MAX);
	set->flags = attrs_flags(pool, flat, &addr);
	set->owner = pool->owner;
	pool->charged[set->owner] += set_size(flat, origin);
	memcpy(&set->flat, flat, flat->size);
	if (origin)
		*set_origin(set) = *origin;
	idhash_insert(&pool->index, hash, id);
	return id;
}

uint32_t attrset_intern(struct attrset_pool *pool,
			const struct bgp_attrs *flat)
{
	uint32_t hash = hash_bytes(flat, flat->size);
	struct idhash_probe probe = idhash_probe(&pool->index, hash);
	struct attrset *set;
	uint32_t id;

	while (idhash_next(&pool->index, &probe, &id)) {
		set = attrset_get(pool, id);
		if (set->hash == hash && !(set->flags & ATTRSET_DERIVED) &&
		    bgp_attrs_equal(&set->flat, flat)) {
			set->refs++;
			return id;
		}
	}
	return attrset_new(pool, flat, hash, NULL);
}

#define VERDICTS	(ATTRSET_DROPPED | ATTRSET_SUMMED)
/* What is judged by what the peer sent. */
#define JUDGED_RAW	(ATTRSET_LOOP | ATTRSET_ROUTE_SERVER | \
			 ATTRSET_AZURE | ATTRSET_LLGR_STALE | \
			 ATTRSET_LEAK | ATTRSET_REFLECTED)

uint32_t attrset_derive(struct attrset_pool *pool, uint32_t raw,
			const struct bgp_attrs *flat, uint16_t flags,
			uint32_t summary)
{
	uint32_t hash = hash_bytes(flat, flat->size) ^ raw * 2654435769u;
	struct idhash_probe probe = idhash_probe(&pool->index, hash);
	struct attrset_origin origin = { raw, summary };
	struct attrset *set;
	uint32_t id;

	while (idhash_next(&pool->index, &probe, &id)) {
		set = attrset_get(pool, id);
		if (set->hash == hash && set->flags & ATTRSET_DERIVED &&
		    (set->flags & VERDICTS) == flags &&
		    memcmp(set_origin(set), &origin, sizeof(origin)) == 0 &&
		    bgp_attrs_equal(&set->flat, flat)) {
			set->refs++;
			return id;
		}
	}
	attrset_hold(pool, raw);
	id = attrset_new(pool, flat, hash, &origin);
	set = attrset_get(pool, id);
	set->flags &= ~JUDGED_RAW;
	set->flags |= (attrset_get(pool, raw)->flags & JUDGED_RAW) |
		      ATTRSET_DERIVED | flags;
	if (set->flags & ATTRSET_LLGR_STALE)
		set->flags |= ATTRSET_LEAST;
	return id;
}

uint32_t attrset_raw(const struct attrset_pool *pool, uint32_t id)
{
	struct attrset *set = attrset_get(pool, id);

	return set->flags & ATTRSET_DERIVED ? set_origin(set)->raw : id;
}

uint32_t attrset_summary(const struct attrset_pool *pool, uint32_t id)
{
	return set_origin(attrset_get(pool, id))->summary;
}

void attrset_put(struct attrset_pool *pool, uint32_t id)
{
	struct attrset *set = attrset_get(pool, id);
	bool derived = set->flags & ATTRSET_DERIVED;
	uint32_t raw = derived ? set_origin(set)->raw : id;

	if (--set->refs > 0)
		return;
	idhash_remove(&pool->index, set->hash, id);
	nexthop_put(pool, set->nexthop);
	pool->charged[set->owner] -= set_size(&set->flat, derived);
	if (id >> 26 == 0) {
		pool->n_big--;
		pool->big_bytes -= set_size(&set->flat, derived);
		free(set);
	}
	slab_release(&pool->slab[id >> 26], id & INDEX_MAX);
	if (derived)
		attrset_put(pool, raw);
}

bool attrset_is_new(const struct attrset_pool *pool, uint32_t id)
{
	const struct attrset *set = attrset_get(pool, id);

	return set->refs == 1 && set->owner == pool->owner;
}

uint64_t attrset_bytes(const struct attrset_pool *pool)
{
	uint64_t bytes = idhash_bytes(&pool->index) + pool->big_bytes;
	unsigned int class;

	for (class = 0; class < ATTRSET_CLASSES; class++)
		bytes += slab_bytes(&pool->slab[class]);
	return bytes;
}
