/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The large body of an LPM table: a trie that consumes a byte of the address per
 * level, whose nodes keep their 256 slots as runs of equal entries.
 *
 * An entry is 0, a leaf (lpm_key.h) or, with the top bit set, the index of what hangs
 * below: a node or, where there are few routes, a bucket that lists them. Bit s of a
 * node's map says that a run begins at slot s, so the entry of a slot is found by
 * counting bits: one or two cache lines per level.
 *
 * A prefix lives in the one node in whose byte it ends, its home, and is pushed to
 * the slots of that node only, or it lives in a bucket. What hangs in a covered slot has
 * the leaf as its base; a reader remembers the last base on its way. So an update
 * touches one block and at most 256 bases, however many longer prefixes there are.
 *
 * With 10.0.0.0/8, 10.0.0.0/9 and 10.250.0.0/16, where - is nothing:
 *
 *	first byte, base -		second byte after 10, base /8
 *	slot   run			slot   run
 *	   0   -		+---->	   0   /9
 *	  10   child -----------+	 128   -
 *	  11   -			 250   /16
 *					 251   -
 *
 * 10.200.0.1 ends in the run that begins at 128, which has nothing, so it is the /8.
 *
 * Routes are kept nowhere else: runs show them, with lengths. Where longer ones cover a
 * route up, so that no run shows it, it is listed behind the runs.
 *
 * Nearly all entries are leaves of few different values, so a run takes two bytes, a code.
 * Entries that do not fit in are words further behind, which codes name.
 *
 * What changes in place: a code, a word, a base, a place in a bucket, by one store each. What
 * moves others happens in a copy that replaces the block by one store. Because the runs of a node
 * always break at the borders of its routes, a removal is done in place, so it needs no memory;
 * the copy that drops what it leaves behind can wait. A run that shows a route is not given to
 * another in place, so whoever searches a node for a route finds it.
 */
#ifndef _VNET_LPM_TRIE_H
#define _VNET_LPM_TRIE_H

#include <linux/prefetch.h>
#include "lpm_arena.h"
#include "lpm_hash.h"
#include "lpm_key.h"

#define LPM_CHILD	0x80000000U	/* an index, of a node ... */
#define LPM_BUCKET	0x40000000U	/* ... or, with this as well, of a bucket */
#define LPM_INDEX	(LPM_BUCKET - 1)
#define LPM_LEVELS	16
#define LPM_BATCH	16	/* most addresses in one lookup of many */

/* head.base: the leaf that covers all of the block, from the level above. */
struct lpm_node {
	struct lpm_block head;	/* .count: hidden routes; .stale: removals not yet dropped */
	u8 before[4];		/* runs that begin in earlier words of the map */
	u64 map[4];		/* bit s: a run begins at slot s; bit 0 is always set */
	/*
	 * The code of each run. Then, from a multiple of four bytes on, the leaves of hidden
	 * routes, u32 each; their places, u8 each (lpm_node.c). From the end of the block
	 * backwards, the words of entries that do not fit in a code.
	 */
	u16 run[];
};

/*
 * A code: 0 for nothing; a leaf, as its length, in four bits, above its value; or, from
 * LPM_CODE_FAR, the number of a word, counted from the end so that most copies keep it. After a
 * removal that word may be the leaf of a hidden route. Length 0 is the first bit of the byte
 * above this node's, 8 that of its own: so lpm_wide.h can tell routes that end there, too.
 */
#define LPM_CODE_SHIFT		12
#define LPM_CODE_VALUE		((1U << LPM_CODE_SHIFT) - 1)
#define LPM_CODE_FAR		(15U << LPM_CODE_SHIFT | VNET_LPM_VALUE_NEAR)

/*
 * The routes of a subtree while they are few, each behind those that it covers. All end in the
 * same half of an IPv6 address; and all before LPM_HASH_LEVEL if the bucket is above it, so that
 * what is below that level can be found there.
 *
 * At levels before LPM_BUCKET_LONG they end in the same quarter, which tells them apart, and each
 * is one word: the quarter, the value, and by how much to shift what differs in an address to have
 * no more than the route's bits. A reader compares with all places, as to stop before would
 * be a branch that nothing predicts: one, two, four or eight. From LPM_BUCKET_LONG on each takes
 * two words, the half of the address and the leaf, and there are no more places than routes.
 */
#define LPM_BUCKET_MAX	8
#define LPM_BUCKET_TOP	3	/* level: above, there are only nodes */
#define LPM_BUCKET_LONG	8	/* level: from here on, routes of more than 64 bits */

struct lpm_bucket {
	struct lpm_block head;	/* .count: places */
	u64 place[];		/* the word, or the leaf, is 0: no route */
};

/* A place of one word: above, the quarter of the address; the value; the shift. */
#define LPM_PLACE_VALUE		8	/* first bit */
#define LPM_PLACE_SHIFT		63	/* mask */

struct lpm_wide;

struct lpm_trie {
	struct vnet_lpm_body head;
	u32 root;			/* entry: 0 or a child */
	u32 deflt;			/* IPv4: leaf of the default route, for .top; else 0 */
	struct lpm_wide __rcu *wide;	/* lpm_wide.h; NULL: walk from the root */
	struct lpm_route risen;		/* last route that a small body has moved here */
	struct lpm_wide *rising;	/* what becomes .wide once it has all slots, or NULL */
	u32 waited;			/* insertions that would rather have had .wide */
	struct lpm_hash __rcu *hash;	/* IPv6; NULL: as if it were empty */
	struct lpm_arena arena;
};

/* A node without routes. */
extern const struct lpm_node vnet_lpm_blank;

/* The run that slot @slot belongs to. */
static inline unsigned long lpm_node_run(const struct lpm_node *node, u8 slot)
{
	unsigned long word = slot >> 6;
	/* Without those that begin behind the slot. */
	u64 starts = node->map[word] << (~slot & 63);

	return node->before[word] + lpm_popcount(starts) - 1;
}

static inline u32 lpm_entry_load(const u32 *entry)
{
	/*
	 * Pairs with lpm_entry_publish(): the index may belong to a chunk that the array
	 * of chunks did not have when a reader last looked, so no address dependency
	 * orders the two.
	 */
	return smp_load_acquire(entry);
}

static inline void lpm_entry_publish(u32 *at, u32 entry)
{
	/* Pairs with lpm_entry_load(): the node, and the chunk it is in, come first. */
	smp_store_release(at, entry);
}

static inline const void *lpm_trie_child(const struct lpm_trie *trie, u32 entry)
{
	return lpm_arena_at(&trie->arena, entry & LPM_INDEX);
}

/* Asks for what follows the first line of a node, while that is on its way. */
static inline void lpm_node_prefetch(const struct lpm_node *node)
{
	prefetch((const char *)node + 64);
	prefetch((const char *)node + 128);
}

/* The word with a number, of a code from LPM_CODE_FAR on */
static inline u32 *lpm_node_word(const struct lpm_node *node, unsigned long number)
{
	return (u32 *)((u64 *)node + node->head.granules) - 1 - number;
}

static inline u32 *lpm_code_far(const struct lpm_node *node, u16 code)
{
	return lpm_node_word(node, code - LPM_CODE_FAR);
}

/* Of a code that is neither 0 nor names a word, in a node at @level: its length, its leaf. */
static inline u8 lpm_code_len(u32 code, unsigned int level)
{
	return 8 * level - 7 + (code >> LPM_CODE_SHIFT);
}

static inline u32 lpm_code_leaf(u16 code, unsigned int level)
{
	return lpm_leaf(code & LPM_CODE_VALUE, lpm_code_len(code, level));
}

/* The code of a leaf whose value is near, likewise. */
static inline u16 lpm_near_code(u32 leaf, unsigned int level)
{
	return (lpm_leaf_len(leaf) + 7 - 8 * level) << LPM_CODE_SHIFT | lpm_leaf_value(leaf);
}

static inline u32 lpm_code_entry(const struct lpm_node *node, u16 code, unsigned int level)
{
	if (code >= LPM_CODE_FAR)
		return lpm_entry_load(lpm_code_far(node, code));
	return code ? lpm_code_leaf(code, level) : 0;
}

/* The quarter of the key that tells the routes of a bucket at @level apart, as in a place. */
static inline u64 lpm_place_quarter(struct lpm_key key, unsigned int level)
{
	return level < LPM_HASH_LEVEL ? key.hi & ~0ULL << 32 : key.hi << 32;
}

/* How many bits of the address come before that quarter. */
static inline unsigned int lpm_place_before(unsigned int level)
{
	return level < LPM_HASH_LEVEL ? 0 : 32;
}

static inline u64 lpm_place(struct lpm_key key, unsigned int level, u8 len, u32 value)
{
	return lpm_place_quarter(key, level) | (u64)value << LPM_PLACE_VALUE |
	       (64 - (len - lpm_place_before(level)));
}

static inline u8 lpm_place_len(u32 place, unsigned int level)
{
	return lpm_place_before(level) + 64 - (place & LPM_PLACE_SHIFT);
}

/* The lower half of a place if its route covers the address, or else @found. */
static __always_inline u32 lpm_place_match(const u64 *at, u64 quarter, u32 found)
{
	u64 place = READ_ONCE(*at);

	found = (place ^ quarter) >> (place & LPM_PLACE_SHIFT) ? found : place;
	OPTIMIZER_HIDE_VAR(found);
	return found;
}

/* The leaf of the longest match in a bucket before LPM_BUCKET_LONG, 0 if none. */
static __always_inline u32 lpm_bucket_match(const struct lpm_bucket *bucket, u64 quarter,
					    unsigned int level)
{
	const u64 *place = bucket->place;
	unsigned long last = bucket->head.count - 1;
	u32 found = 0;

	/* What has no route is not shifted, so that it differs in this bit. */
	quarter |= 1;
	if (last > 3) {
		found = lpm_place_match(&place[7], quarter, found);
		found = lpm_place_match(&place[6], quarter, found);
		found = lpm_place_match(&place[5], quarter, found);
		found = lpm_place_match(&place[4], quarter, found);
	}
	/* Where there are no more than two, or only one, these again. */
	found = lpm_place_match(&place[3 & last], quarter, found);
	found = lpm_place_match(&place[2 & last], quarter, found);
	found = lpm_place_match(&place[1 & last], quarter, found);
	found = lpm_place_match(&place[0], quarter, found);
	return found ? lpm_leaf(found >> LPM_PLACE_VALUE, lpm_place_len(found, level)) : 0;
}

/* The same in any bucket, of matches of at most @maxlen bits */
u32 vnet_lpm_bucket_shorter(const struct lpm_bucket *bucket, struct lpm_key key,
			    unsigned int level, u8 maxlen);

/* The longest match in a bucket at @level, else its base, else @best. */
static inline u32 lpm_bucket_lookup(const struct lpm_bucket *bucket, struct lpm_key key,
				    unsigned int level, u32 best)
{
	u32 leaf;

	/* Now, in case it goes once a route has come that is looked for too early ... */
	best = lpm_either(READ_ONCE(bucket->head.base), best);
	if (likely(level < LPM_BUCKET_LONG))
		leaf = lpm_bucket_match(bucket, lpm_place_quarter(key, level), level);
	else
		leaf = vnet_lpm_bucket_shorter(bucket, key, level, 128);
	/* ... and again, in case it has come and the route has gone. */
	return leaf ?: lpm_either(READ_ONCE(bucket->head.base), best);
}

/* From a node at @level one level down: the entry for the key; notes the node's base. */
static inline u32 lpm_trie_down(const struct lpm_node *node, struct lpm_key key,
				unsigned int level, u32 *best)
{
	u16 code;

	/* First, in case it goes once a route has come below. */
	*best = lpm_either(READ_ONCE(node->head.base), *best);
	code = READ_ONCE(node->run[lpm_node_run(node, lpm_key_byte(key, level))]);
	return lpm_code_entry(node, code, level);
}

/* From @entry for @level down: the longest match there or else @best. */
static inline u32 lpm_trie_walk(const struct lpm_trie *trie, struct lpm_key key, u32 entry,
				unsigned int level, u32 best)
{
	while (entry & LPM_CHILD) {
		const void *child = lpm_trie_child(trie, entry);

		if (entry & LPM_BUCKET)
			return lpm_bucket_lookup(child, key, level, best);
		lpm_node_prefetch(child);
		entry = lpm_trie_down(child, key, level++, &best);
	}
	return lpm_either(entry, best);
}

/* The same from the root, without any of the short cuts */
u32 vnet_lpm_trie_walk(const struct lpm_trie *trie, struct lpm_key key);

/* Any context: a trie without routes, NULL: no memory. */
struct lpm_trie *vnet_lpm_trie_create(bool ip6);

/* Makes known what the value of the default route is, 0 for none. */
void vnet_lpm_trie_default(struct lpm_trie *trie, u32 value);

/* Any context: frees a trie that no reader can be in, or once none can be any more. */
void vnet_lpm_trie_free(struct lpm_trie *trie);
void vnet_lpm_trie_free_rcu(struct lpm_trie *trie);

/*
 * For writers, the table's lock held. Insert sets @old to the value that the prefix had, 0 if
 * it is new; -ENOMEM: nothing has changed. Remove returns the value, 0 if there is no such
 * route; it cannot fail for lack of memory.
 */
int vnet_lpm_trie_insert(struct lpm_trie *trie, const struct lpm_route *route, u32 *old);
u32 vnet_lpm_trie_remove(struct lpm_trie *trie, struct lpm_key key, u8 len);

/* For readers and writers: the value of exactly this prefix, 0 if there is no such route. */
u32 vnet_lpm_trie_get(const struct lpm_trie *trie, struct lpm_key key, u8 len);

/* The same: the leaf of the longest match of at most @maxlen bits, 1 or more; 0 if none. */
u32 vnet_lpm_trie_lookup_shorter(const struct lpm_trie *trie, struct lpm_key key, u8 maxlen);

/* The route after @route, the first if its length is 0; false at the end. */
bool vnet_lpm_trie_next(const struct lpm_trie *trie, struct lpm_route *route);

/* The table's lock held: all of @st but .routes. */
void vnet_lpm_trie_stats(const struct lpm_trie *trie, struct vnet_lpm_stats *st);

#endif /* _VNET_LPM_TRIE_H */
