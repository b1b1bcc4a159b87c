// SPDX-License-Identifier: GPL-2.0-only
/*
 * The large body of an LPM table: see lpm_trie.h for the structure.
 *
 * Every update follows one pattern: find the home of the route; get a block that has room
 * for it, the present one if that will do or else a private copy; write; publish the copy.
 * Only the copy takes memory.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include "lpm_bucket.h"
#include "lpm_node.h"
#include "lpm_wide.h"

/* ---- updates ---- */

/* The way to a place: node[i] is at level i and named by *entry[i]. */
struct path {
	struct lpm_node *node[LPM_LEVELS];
	u32 *entry[LPM_LEVELS + 1];	/* NULL: it has no word */
	unsigned int depth;	/* *entry[depth] is the first that names no node ... */
	u32 end;		/* ... but this, 0 if the path ends for another reason */
};

/* Follows @key from the entry @at for @level down to level @last or as far as nodes exist. */
static void path_find(const struct lpm_trie *trie, const u32 *at, unsigned int level,
		      struct lpm_key key, unsigned int last, struct path *path)
{
	struct lpm_node *node;
	u32 entry;
	u16 code;

	path->end = 0;
	for (; level <= last; level++) {
		path->entry[level] = (u32 *)at;
		entry = at ? lpm_entry_load(at) : 0;
		if ((entry & (LPM_CHILD | LPM_BUCKET)) != LPM_CHILD) {
			path->end = entry;
			break;
		}
		node = lpm_arena_at(&trie->arena, entry & LPM_INDEX);
		path->node[level] = node;
		code = READ_ONCE(node->run[lpm_node_run(node, lpm_key_byte(key, level))]);
		at = code < LPM_CODE_FAR ? NULL : lpm_code_far(node, code);
	}
	path->depth = level;
}

/* The bucket that a path ends at, NULL if it does not. */
static struct lpm_bucket *path_bucket(const struct lpm_trie *trie, const struct path *path)
{
	if (!(path->end & LPM_CHILD))
		return NULL;
	return lpm_arena_at(&trie->arena, path->end & LPM_INDEX);
}

/* Puts @entry in the place of the block at @level, which is freed. */
static void path_replace(struct lpm_trie *trie, struct path *path, struct lpm_key key,
			 unsigned int level, u32 entry)
{
	u32 old = *path->entry[level];

	lpm_entry_publish(path->entry[level], entry);
	if (level)
		vnet_lpm_wide_sync(trie, key, level - 1, lpm_key_byte(key, level - 1), 1);
	vnet_lpm_arena_free(&trie->arena, old & LPM_INDEX);
}

/* Frees what no reader has seen. */
static void subtree_free(struct lpm_trie *trie, u32 entry)
{
	const struct lpm_node *node = lpm_trie_child(trie, entry);
	unsigned int i, runs = entry & LPM_BUCKET ? 0 : lpm_node_runs(node);
	u32 below;

	for (i = 0; i < runs; i++) {
		below = lpm_code_entry(node, node->run[i], 0);
		if (below & LPM_CHILD)
			subtree_free(trie, below);
	}
	vnet_lpm_arena_free_now(&trie->arena, entry & LPM_INDEX);
}

/*
 * Puts nodes with nothing else above @entry, a subtree at level @bottom that no reader has
 * seen, until it reaches up to level @top. Returns the new entry; 0: no memory, all freed.
 */
static u32 subtree_raise(struct lpm_trie *trie, struct lpm_key key, u32 entry,
			 unsigned int bottom, unsigned int top)
{
	u32 index, *at;

	while (bottom-- > top) {
		at = vnet_lpm_node_open(trie, NULL, bottom, lpm_key_byte(key, bottom), &index);
		if (!at) {
			subtree_free(trie, entry);
			return 0;
		}
		*at = entry;
		entry = LPM_CHILD | index;
	}
	return entry;
}

/* A subtree for level @top that holds one route; 0: no memory. */
static u32 subtree_build(struct lpm_trie *trie, const struct lpm_route *route,
			 const struct lpm_spot *spot, unsigned int top)
{
	unsigned int bottom = max(top, lpm_bucket_top(spot->len));
	u32 index;

	if (bottom <= spot->level) {
		index = vnet_lpm_bucket_build(&trie->arena, NULL, bottom, route, GFP_ATOMIC);
		index |= index ? LPM_BUCKET : 0;
	} else {
		bottom = spot->level;
		vnet_lpm_node_insert(trie, NULL, spot, route->value, &index);
	}
	if (!index)
		return 0;
	return subtree_raise(trie, route->key, LPM_CHILD | index, bottom, top);
}

static void set_base(struct lpm_trie *trie, u32 entry, u32 base)
{
	struct lpm_block *block = lpm_arena_at(&trie->arena, entry & LPM_INDEX);

	block->base = base;
}

/* Inserts a route where there is nothing below yet. */
static int insert_below(struct lpm_trie *trie, const struct lpm_route *route,
			const struct lpm_spot *spot, struct path *path)
{
	unsigned int top = path->depth;
	u32 entry = subtree_build(trie, route, spot, top);
	u8 byte = top ? lpm_key_byte(route->key, top - 1) : 0;
	u32 *at = path->entry[top];
	u32 copy = 0;

	if (!entry)
		return -ENOMEM;
	if (top) {
		at = vnet_lpm_node_open(trie, path->node[top - 1], top - 1, byte, &copy);
		if (!at) {
			subtree_free(trie, entry);
			return -ENOMEM;
		}
	}
	set_base(trie, entry, *at);
	lpm_entry_publish(at, entry);
	if (copy)
		path_replace(trie, path, route->key, top - 1, LPM_CHILD | copy);
	if (top < 2) {
		vnet_lpm_wide_sync(trie, route->key, 0, 0, 256);
		if (spot->level)
			vnet_lpm_wide_sync(trie, route->key, 1, 0, 256);
	} else {
		vnet_lpm_wide_sync(trie, route->key, top - 1, byte, 1);
	}
	return 0;
}

/* Inserts a route into its home node. */
static int insert_home(struct lpm_trie *trie, const struct lpm_route *route,
		       const struct lpm_spot *spot, struct path *path, u32 *old)
{
	struct lpm_node *node = path->node[spot->level];
	u32 copy;

	*old = vnet_lpm_node_value(trie, node, spot);
	if (!vnet_lpm_node_insert(trie, node, spot, route->value, &copy))
		return -ENOMEM;
	if (copy)
		path_replace(trie, path, route->key, spot->level, LPM_CHILD | copy);
	vnet_lpm_wide_sync(trie, route->key, spot->level, spot->first, spot->slots);
	return 0;
}

static int insert_at(struct lpm_trie *trie, u32 *at, unsigned int level,
		     const struct lpm_route *route, u32 *old);

/* The first level at which a route is at home or differs from those of a bucket. */
static unsigned int split_level(const struct lpm_bucket *bucket, unsigned int level,
				const struct lpm_route *route)
{
	unsigned int split = (route->len - 1) / 8, i;
	struct lpm_route here;

	for (i = 0; i < bucket->head.count; i++) {
		if (!vnet_lpm_bucket_route(bucket, level, route->key, i, &here))
			continue;
		split = min(split, (here.len - 1U) / 8);
		split = min(split, lpm_key_common(here.key, route->key) / 8U);
	}
	return split;
}

/*
 * A subtree for @level with the routes of a bucket and one more: a node at the level at
 * which they part, so that no bucket below it gets them all. 0: no memory.
 */
static u32 bucket_burst(struct lpm_trie *trie, const struct lpm_bucket *bucket,
			unsigned int level, const struct lpm_route *route)
{
	unsigned int split = split_level(bucket, level, route), i;
	u32 index = vnet_lpm_node_blank(trie);
	u32 entry = LPM_CHILD | index, none;
	struct lpm_route here;
	int err;

	if (!index)
		return 0;
	err = insert_at(trie, &entry, split, route, &none);
	for (i = 0; !err && i < bucket->head.count; i++)
		if (vnet_lpm_bucket_route(bucket, level, route->key, i, &here))
			err = insert_at(trie, &entry, split, &here, &none);
	if (err) {
		subtree_free(trie, entry);
		return 0;
	}
	return subtree_raise(trie, route->key, entry, split, level);
}

/* Inserts a route into a bucket, or into what takes its place. */
static int insert_bucket(struct lpm_trie *trie, const struct lpm_route *route,
			 struct lpm_bucket *bucket, struct path *path, u32 *old)
{
	unsigned int level = path->depth;
	u32 entry;

	*old = vnet_lpm_bucket_get(bucket, level, route->key, route->len);
	if (*old) {
		vnet_lpm_bucket_set(bucket, level, route->key, route->len, route->value);
		return 0;
	}
	if (lpm_bucket_fits(level, route->len) &&
	    vnet_lpm_bucket_live(bucket, level) < LPM_BUCKET_MAX) {
		if (vnet_lpm_bucket_add(bucket, level, route))
			return 0;
		entry = vnet_lpm_bucket_build(&trie->arena, bucket, level, route,
					      GFP_ATOMIC);
		entry |= entry ? LPM_CHILD | LPM_BUCKET : 0;
	} else {
		entry = bucket_burst(trie, bucket, level, route);
	}
	if (!entry)
		return -ENOMEM;
	set_base(trie, entry, bucket->head.base);
	path_replace(trie, path, route->key, level, entry);
	return 0;
}

/* Inserts a route into the subtree that the entry @at for @level names. */
static int insert_at(struct lpm_trie *trie, u32 *at, unsigned int level,
		     const struct lpm_route *route, u32 *old)
{
	struct lpm_spot spot = lpm_spot_of(route->key, route->len);
	struct lpm_bucket *bucket;
	struct path path;

	*old = 0;
	path_find(trie, at, level, route->key, spot.level, &path);
	if (path.depth > spot.level)
		return insert_home(trie, route, &spot, &path, old);
	bucket = path_bucket(trie, &path);
	if (bucket)
		return insert_bucket(trie, route, bucket, &path, old);
	return insert_below(trie, route, &spot, &path);
}

/* ---- the short cut ---- */

/* The shorter prefixes of a level have more slots than it is worth. */
#define HASH_LEN_MIN	29

/* A change of shorter prefixes than these leaves them as they are. */
static bool hash_wants(u32 entry)
{
	return entry & LPM_CHILD || lpm_leaf_rank(entry) >= HASH_LEN_MIN;
}

/* The entry for the first four bytes of @key; 0: the walk ends above. */
static u32 hash_entry(const struct lpm_trie *trie, struct lpm_key key)
{
	struct path path;

	path_find(trie, &trie->root, 0, key, LPM_HASH_LEVEL - 1, &path);
	if (path.depth < LPM_HASH_LEVEL)
		return 0;
	return lpm_node_entry(path.node[LPM_HASH_LEVEL - 1],
			      lpm_key_byte(key, LPM_HASH_LEVEL - 1), LPM_HASH_LEVEL - 1);
}

/* Brings the short cut in line with an update of a route. */
static void hash_sync(struct lpm_trie *trie, struct lpm_key key, u8 len, gfp_t gfp)
{
	struct lpm_hash *hash = rcu_dereference_raw(trie->hash);
	unsigned int i, slots = 1;
	u32 entry;

	if (!hash || len < HASH_LEN_MIN)
		return;
	if (len < 8 * LPM_HASH_LEVEL)
		slots = 1U << (8 * LPM_HASH_LEVEL - len);
	for (i = 0; i < slots; i++) {
		entry = hash_entry(trie, key);
		vnet_lpm_hash_set(hash, key.hi >> 32, hash_wants(entry) ? entry : 0, gfp);
		key.hi += 1ULL << 32;
	}
}

int vnet_lpm_trie_insert(struct lpm_trie *trie, const struct lpm_route *route, u32 *old)
{
	int err;

	vnet_lpm_arena_reclaim(&trie->arena);
	err = insert_at(trie, &trie->root, 0, route, old);
	if (!err)
		hash_sync(trie, route->key, route->len, GFP_ATOMIC);
	return err;
}

/* Unlinks the block at a level of a path. */
static void path_cut(struct lpm_trie *trie, struct path *path, struct lpm_key key,
		     unsigned int level)
{
	const struct lpm_block *block = lpm_trie_child(trie, *path->entry[level]);

	path_replace(trie, path, key, level, block->base);
}

/* Looks after the nodes on a path from @level up once something has gone from the lowest. */
static void path_mend(struct lpm_trie *trie, struct path *path, struct lpm_key key, int level)
{
	u32 copy;

	for (; level >= 0; level--) {
		lpm_node_spoil(path->node[level]);
		if (vnet_lpm_node_in_use(path->node[level]))
			break;
		path_cut(trie, path, key, level);
	}
	if (level < 0 || !vnet_lpm_node_worn(path->node[level]))
		return;
	copy = vnet_lpm_node_repair(trie, path->node[level], level);
	if (copy)
		path_replace(trie, path, key, level, LPM_CHILD | copy);
}

static u32 remove_bucket(struct lpm_trie *trie, struct lpm_key key, u8 len,
			 struct lpm_bucket *bucket, struct path *path)
{
	unsigned int level = path->depth;
	u32 value = vnet_lpm_bucket_get(bucket, level, key, len);
	u32 copy;

	if (!value)
		return 0;
	vnet_lpm_bucket_set(bucket, level, key, len, 0);
	if (!vnet_lpm_bucket_live(bucket, level)) {
		path_cut(trie, path, key, level);
		path_mend(trie, path, key, level - 1);
		return value;
	}
	if (!vnet_lpm_bucket_worn(bucket, level))
		return value;
	copy = vnet_lpm_bucket_build(&trie->arena, bucket, level, NULL,
				     GFP_NOWAIT | __GFP_NOWARN);
	if (copy)
		path_replace(trie, path, key, level, LPM_CHILD | LPM_BUCKET | copy);
	return value;
}

static u32 remove_route(struct lpm_trie *trie, struct lpm_key key, u8 len)
{
	struct lpm_spot spot = lpm_spot_of(key, len);
	struct lpm_bucket *bucket;
	struct path path;
	u32 value;

	path_find(trie, &trie->root, 0, key, spot.level, &path);
	bucket = path_bucket(trie, &path);
	if (bucket)
		return remove_bucket(trie, key, len, bucket, &path);
	if (path.depth <= spot.level)
		return 0;
	value = vnet_lpm_node_value(trie, path.node[spot.level], &spot);
	if (!value)
		return 0;
	vnet_lpm_node_unset(trie, path.node[spot.level], &spot);
	vnet_lpm_wide_sync(trie, key, spot.level, spot.first, spot.slots);
	path_mend(trie, &path, key, spot.level);
	return value;
}

u32 vnet_lpm_trie_remove(struct lpm_trie *trie, struct lpm_key key, u8 len)
{
	u32 value;

	vnet_lpm_arena_reclaim(&trie->arena);
	value = remove_route(trie, key, len);
	if (value)
		hash_sync(trie, key, len, GFP_NOWAIT);
	return value;
}

/* ---- readers ---- */

u32 vnet_lpm_trie_walk(const struct lpm_trie *trie, struct lpm_key key)
{
	return lpm_trie_walk(trie, key, lpm_entry_load(&trie->root), 0, 0);
}

u32 vnet_lpm_trie_walk6(const struct lpm_trie *trie, const void *addr, u32 entry,
			unsigned int level, u32 best)
{
	return lpm_trie_walk(trie, lpm_key_load(addr, 128), entry, level, best);
}

u32 vnet_lpm_trie_get(const struct lpm_trie *trie, struct lpm_key key, u8 len)
{
	struct lpm_spot spot = lpm_spot_of(key, len);
	const struct lpm_bucket *bucket;
	struct path path;

	path_find(trie, &trie->root, 0, key, spot.level, &path);
	bucket = path_bucket(trie, &path);
	if (bucket)
		return vnet_lpm_bucket_get(bucket, path.depth, key, len);
	if (path.depth <= spot.level)
		return 0;
	return vnet_lpm_node_value(trie, path.node[spot.level], &spot);
}

u32 vnet_lpm_trie_lookup_shorter(const struct lpm_trie *trie, struct lpm_key key, u8 maxlen)
{
	unsigned int level = (maxlen - 1) / 8, bits;
	const struct lpm_bucket *bucket;
	struct path path;
	u32 leaf = 0;

	path_find(trie, &trie->root, 0, key, level, &path);
	bucket = path_bucket(trie, &path);
	if (bucket)
		leaf = vnet_lpm_bucket_shorter(bucket, key, path.depth, maxlen) ?:
		       READ_ONCE(bucket->head.base);
	bits = path.depth > level ? maxlen - 8 * level : 8;
	for (level = path.depth; !leaf && level--; bits = 8)
		leaf = vnet_lpm_node_match(trie, path.node[level], level,
					   lpm_key_byte(key, level), bits);
	return leaf;
}

/* Where in its node at @level the route, or what is below on the way to it, stands. */
static int route_rank(const struct lpm_route *route, unsigned int level)
{
	int first = lpm_key_byte(route->key, level) * 16;

	if (!route->len)
		return -1;
	if (route->len <= 8 * level + 8)
		return first + route->len - 8 * level;
	return first + LPM_RANK_CHILD;
}

bool vnet_lpm_trie_next(const struct lpm_trie *trie, struct lpm_route *route)
{
	unsigned int last = route->len ? (route->len - 1) / 8 : 0, level;
	const struct lpm_bucket *bucket;
	int rank[LPM_LEVELS];
	struct path path;
	u32 child;

	path_find(trie, &trie->root, 0, route->key, last, &path);
	for (level = 0; level < path.depth; level++)
		rank[level] = route_rank(route, level);
	bucket = path_bucket(trie, &path);
	if (bucket && vnet_lpm_bucket_next(bucket, path.depth, route))
		return true;
	while (level--) {
		rank[level] = vnet_lpm_node_next(trie, path.node[level], level, rank[level],
						 &route->value, &child);
		if (rank[level] == LPM_RANK_END)
			continue;
		route->key = lpm_key_set_byte(route->key, level, rank[level] / 16);
		route->len = 8 * level + rank[level] % 16;
		if (!child) {
			route->key = lpm_key_mask(route->key, route->len);
			return true;
		}
		level++;
		route->len = 0;
		if (child & LPM_BUCKET) {
			if (vnet_lpm_bucket_next(lpm_trie_child(trie, child), level, route))
				return true;
			continue;
		}
		path.node[level] = lpm_arena_at(&trie->arena, child & LPM_INDEX);
		rank[level++] = -1;
	}
	return false;
}

/* ---- life ---- */

struct lpm_trie *vnet_lpm_trie_create(bool ip6)
{
	struct lpm_trie *trie = kzalloc(sizeof(*trie), GFP_ATOMIC);

	if (!trie)
		return NULL;
	trie->head.kind = LPM_TRIE;
	trie->head.ip6 = ip6;
	if (ip6)
		RCU_INIT_POINTER(trie->hash, vnet_lpm_hash_create(GFP_ATOMIC | __GFP_NOWARN));
	return trie;
}

void vnet_lpm_trie_default(struct lpm_trie *trie, u32 value)
{
	struct lpm_key key = { };

	if (trie->head.ip6)
		return;
	trie->deflt = value;
	if (trie->root)
		vnet_lpm_wide_sync(trie, key, 0, 0, 256);
}

void vnet_lpm_trie_free(struct lpm_trie *trie)
{
	vnet_lpm_wide_free(rcu_dereference_raw(trie->wide));
	vnet_lpm_wide_free(trie->rising);
	vnet_lpm_hash_free(rcu_dereference_raw(trie->hash));
	vnet_lpm_arena_destroy(&trie->arena);
	kfree(trie);
}

static void trie_free_rcu(struct rcu_head *rcu)
{
	vnet_lpm_trie_free(container_of(rcu, struct lpm_trie, head.rcu));
}

void vnet_lpm_trie_free_rcu(struct lpm_trie *trie)
{
	call_rcu(&trie->head.rcu, trie_free_rcu);
}

void vnet_lpm_trie_stats(const struct lpm_trie *trie, struct vnet_lpm_stats *st)
{
	const struct lpm_arena *arena = &trie->arena;

	st->nodes = arena->blocks;
	st->bytes = ksize(trie) + vnet_lpm_arena_bytes(arena) +
		    vnet_lpm_hash_bytes(rcu_dereference_raw(trie->hash)) +
		    vnet_lpm_wide_bytes(rcu_dereference_raw(trie->wide)) +
		    vnet_lpm_wide_bytes(trie->rising);
	st->idle_bytes = vnet_lpm_arena_bytes(arena) - (size_t)arena->used * LPM_GRANULE;
}
