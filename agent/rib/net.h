/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prefixes of one family and the paths of each: 16 bytes for an IPv4
 * prefix with one path, 28 for IPv6, and 6 to 12 for the hash table.
 */
#ifndef RIB_NET_H
#define RIB_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/idhash.h"
#include "lib/slab.h"

#define NET_NONE	UINT32_MAX	/* no such prefix */
#define NET_PATHS_MAX	UINT16_MAX	/* of one prefix */

struct rib_path {
	uint32_t attrs;			/* attribute set */
	uint16_t peer;			/* index of the peer, 0: own route */
	uint8_t hops : 7;		/* of the attributes, at most 127 */
	uint8_t summary : 1;		/* made by a map, see summary.c */
	unsigned int why : 4;		/* enum rib_why */
	unsigned int epoch : 2;		/* session it was heard in */
	unsigned int checked : 1;	/* .why tells whether it is eligible */
	unsigned int least : 1;		/* by its attributes, least preferred */
};

_Static_assert(sizeof(struct rib_path) == 8, "rib_path has grown");

enum net_flag {
	NET_LIVE = 0x01,		/* not on the free list */
	NET_MANY = 0x02,		/* paths are in .many */
	NET_OUT = 0x04,			/* in the export queue */
	NET_FEED = 0x08,		/* in the kernel queue */
	NET_SUPPRESSED = 0x10,		/* equal to or inside own space */
	NET_STATE = 0xe0,		/* enum net_state */
};

/* What the kernel side has been told, and what it said. */
enum net_state {
	NET_ABSENT,
	NET_ADDING,			/* handed out, no answer yet */
	NET_ADDING_AGAIN,		/* and has changed since */
	NET_REMOVING,
	NET_REMOVING_AGAIN,
	NET_INSTALLED,
	NET_FAILED,			/* details in feed.c */
};

struct net {
	union {
		struct rib_path one;	/* .one.attrs NET_NONE: no path */
		struct {
			uint32_t id;	/* in the slab of .class */
			uint16_t n;
			uint8_t class;
		} many;
	};
	uint16_t sent;			/* origin: what peers have */
	uint8_t len;
	uint8_t flags;			/* enum net_flag */
	uint8_t key[];			/* 4 or 16 bytes */
};

/*
 * Arrays of paths come in lengths, and each length narrow or wide: a wide one
 * has the path identifiers (RFC 7911) behind the paths, 4 bytes for each. All
 * paths of a prefix are in a wide one as soon as one of them has another
 * identifier than 0.
 */
#define NET_LENGTHS	24
#define NET_CLASSES	(2 * NET_LENGTHS)

struct net_store {
	uint8_t family;
	uint8_t key_len;
	struct slab nets;
	struct slab many[NET_CLASSES];	/* arrays of paths, by class */
	struct idhash index;
	uint64_t hash_key[6];		/* secret */
	uint64_t n_paths;
};

void net_store_init(struct net_store *store, int family);
void net_store_fini(struct net_store *store);

static inline struct net *net_get(const struct net_store *store, uint32_t id)
{
	return slab_get(&store->nets, id);
}

/* NET_NONE if it is not there. */
uint32_t net_find(const struct net_store *store, const struct prefix *prefix);
/* Find or make; one with neither path, flag nor state is new. */
uint32_t net_add(struct net_store *store, const struct prefix *prefix);

/*
 * The same for many at a time: a large store is not in the cache, so have the
 * memory of all on its way before the first is looked at. net_key_hash() for
 * all, net_key_touch() for all, net_touch_paths() for what that has returned,
 * and then find or add.
 */
struct net_key {
	struct prefix prefix;
	uint32_t hash;
	uint32_t path_id;		/* of a path of it; 0: has none */
};

void net_key_hash(const struct net_store *store, struct net_key *key);
const struct net *net_key_touch(const struct net_store *store,
				const struct net_key *key);
/* @net may be NULL. */
void net_touch_paths(const struct net_store *store, const struct net *net);
uint32_t net_key_find(const struct net_store *store,
		      const struct net_key *key);
uint32_t net_key_add(struct net_store *store, const struct net_key *key);
/* Many are about to be deleted: have what that takes on its way. */
void net_del_soon(const struct net_store *store, uint32_t id);
/* It must have no path. */
void net_del(struct net_store *store, uint32_t id);

/* The prefix that a kept id stands for now; NULL: none any more. */
struct net *net_try(const struct net_store *store, uint32_t id);
/* The next prefix with an id of at least @id in scan order, or NET_NONE. */
uint32_t net_next(const struct net_store *store, uint32_t id);
static inline uint32_t net_end(const struct net_store *store)
{
	return slab_end(&store->nets);
}

struct prefix net_prefix(const struct net_store *store, const struct net *net);
/* The same in place, for what is done for each prefix that is sent. */
void net_prefix_read(const struct net_store *store, const struct net *net,
		     struct prefix *prefix);
/* As prefix_cmp(). */
int net_cmp(const struct net_store *store, const struct net *a,
	    const struct net *b);

static inline enum net_state net_state(const struct net *net)
{
	return net->flags >> 5;
}

/* ---- paths of a prefix, an array in order of preference -------------- */

struct rib_path *net_paths(const struct net_store *store, struct net *net,
			   uint32_t *n);
/* Their identifiers, in the same order; NULL: all are 0. */
uint32_t *net_path_ids(const struct net_store *store, const struct net *net);
uint32_t net_path_id(const struct net_store *store, struct net *net,
		     const struct rib_path *path);
/*
 * Append an empty one with this identifier; moves the others. There must be
 * less than NET_PATHS_MAX.
 */
struct rib_path *net_path_add(struct net_store *store, struct net *net,
			      uint32_t path_id);
/* Remove the @at-th; keeps the order of the others. */
void net_path_del(struct net_store *store, struct net *net, uint32_t at);

uint64_t net_prefix_bytes(const struct net_store *store);
uint64_t net_path_bytes(const struct net_store *store);

#endif
