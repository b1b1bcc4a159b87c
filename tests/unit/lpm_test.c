// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Longest-prefix match against a naive oracle: random operations on both
 * families and in tables of all shapes, every allocation failing in turn, and
 * what each update must leave behind in memory. LPM_SEED=n repeats a run.
 */
#include <stdio.h>
#include <time.h>
#include "ktap.h"
#include "lpm/oracle.h"
#include "lpm/unmix.h"
#include "../../kmod/lpm_bucket.h"
#include "../../kmod/lpm_small.h"
#include "../../kmod/lpm_wide.h"

static u64 seed;
static spinlock_t lock;

/* ---- the inside of a trie ---- */

struct census {
	u32 blocks;
	u32 granules;
	u32 routes;
	bool ok;
};

static void count_block(const struct lpm_trie *trie, u32 entry,
			unsigned int level, struct census *c);

static u32 base_of(const struct lpm_trie *trie, u32 entry)
{
	const struct lpm_block *block = lpm_trie_child(trie, entry);

	return block->base;
}

/* Whether all routes that one covers come before it. */
static bool bucket_ordered(const struct lpm_bucket *bucket, unsigned int level,
			   unsigned int place)
{
	const struct lpm_key any = { };
	struct lpm_route route, other;

	vnet_lpm_bucket_route(bucket, level, any, place, &route);
	while (++place < bucket->head.count)
		if (vnet_lpm_bucket_route(bucket, level, any, place, &other) &&
		    other.len >= route.len &&
		    lpm_key_equal(lpm_key_mask(other.key, route.len),
				  route.key))
			return false;
	return true;
}

static void count_bucket(const struct lpm_bucket *bucket, unsigned int level,
			 struct census *c)
{
	unsigned int places = bucket->head.count, words = places, live = 0;
	const struct lpm_key any = { };
	struct lpm_route route;
	unsigned int i;

	for (i = 0; i < places; i++) {
		if (!vnet_lpm_bucket_route(bucket, level, any, i, &route))
			continue;
		live++;
		if (route.len <= 8 * level || !bucket_ordered(bucket, level, i))
			c->ok = false;
	}
	if (level >= LPM_BUCKET_LONG)
		words *= 2;
	else if (places != 1 && places != 2 && places != 4 && places != 8)
		c->ok = false;
	/* Without memory, what has become too large stays. */
	if (!shim_fail_all && level < LPM_BUCKET_LONG &&
	    places >= 4 * (live > 4 ? 8 : live > 2 ? 4 : live))
		c->ok = false;
	if (!shim_fail_all && level >= LPM_BUCKET_LONG && places != live)
		c->ok = false;
	if (!live || places > LPM_BUCKET_MAX || level < LPM_BUCKET_TOP ||
	    sizeof(*bucket) + words * sizeof(bucket->place[0]) >
		    8U * bucket->head.granules)
		c->ok = false;
	c->routes += live;
}

/* Whether a run of the node shows the route that is listed as hidden. */
static bool shown(const struct lpm_node *node, unsigned int level, u32 hidden,
		  u8 place)
{
	unsigned int slot, run = 0, bits = fls(place) - 1, here;
	u32 entry;

	for (slot = 0; slot < 256; slot++) {
		if (!(node->map[slot / 64] >> slot % 64 & 1))
			continue;
		entry = lpm_code_entry(node, node->run[run++], level);
		here = 1U << bits | slot >> (8 - bits);
		if (entry == hidden && here == place)
			return true;
	}
	return false;
}

/* How many routes a node at @level shows, each where it is seen first. */
static unsigned int count_shown(const struct lpm_trie *trie,
				const struct lpm_node *node, unsigned int level,
				unsigned int *children, struct census *c)
{
	unsigned int slot, run = 0, routes = 0, bits, place;
	u64 seen[8] = { };
	u32 entry, leaf;

	for (slot = 0; slot < 256; slot++) {
		if (!(node->map[slot / 64] >> slot % 64 & 1))
			continue;
		entry = lpm_code_entry(node, node->run[run++], level);
		leaf = entry;
		if (entry & LPM_CHILD) {
			count_block(trie, entry, level + 1, c);
			leaf = base_of(trie, entry);
			++*children;
		}
		if (!leaf)
			continue;
		bits = lpm_leaf_len(leaf) - 8 * level;
		if (bits < 1 || bits > 8) {
			c->ok = false;
			continue;
		}
		if (entry & LPM_CHILD && bits < 8)
			continue;
		place = 1U << bits | slot >> (8 - bits);
		routes += !(seen[place / 64] >> place % 64 & 1);
		seen[place / 64] |= 1ULL << place % 64;
	}
	return routes;
}

/* A run's word is that of a hidden route, or comes after all of these. */
static bool word_fits(const struct lpm_node *node, unsigned int runs,
		      const u32 *word)
{
	const u32 *hidden = (const u32 *)node->run + (runs + 1) / 2;
	const u32 *end = hidden + node->head.count;

	return (word >= hidden && word < end) ||
	       word >= end + (node->head.count + 3) / 4;
}

static void count_node(const struct lpm_trie *trie, const struct lpm_node *node,
		       unsigned int level, struct census *c)
{
	unsigned int runs = node->before[3] + lpm_popcount(node->map[3]), i;
	unsigned int children = 0, routes;
	const u32 *leaves = (const u32 *)node->run + (runs + 1) / 2;
	const u8 *places = (const u8 *)(leaves + node->head.count);

	routes = count_shown(trie, node, level, &children, c);
	for (i = 0; i < node->head.count; i++)
		routes += places[i] &&
			  !shown(node, level, leaves[i], places[i]);
	/* No node is there for nothing, and none has outgrown its place. */
	if ((!routes && !children) ||
	    sizeof(*node) + (runs + 1) / 2 * 4 + node->head.count * 4 +
		    (node->head.count + 3) / 4 * 4 > 8U * node->head.granules)
		c->ok = false;
	for (i = 0; i < runs; i++)
		if (node->run[i] >= LPM_CODE_FAR &&
		    !word_fits(node, runs, lpm_code_far(node, node->run[i])))
			c->ok = false;
	c->routes += routes;
}

static void count_block(const struct lpm_trie *trie, u32 entry,
			unsigned int level, struct census *c)
{
	const struct lpm_block *block = lpm_trie_child(trie, entry);

	c->blocks++;
	c->granules += block->granules;
	if (entry & LPM_BUCKET)
		count_bucket(lpm_trie_child(trie, entry), level, c);
	else
		count_node(trie, lpm_trie_child(trie, entry), level, c);
}

static const struct lpm_block *block_at(const struct lpm_arena *arena,
					u32 index)
{
	return lpm_arena_at(arena, index);
}

static u32 count_list(const struct lpm_arena *arena, u32 index)
{
	u32 granules = 0;

	for (; index; index = block_at(arena, index)->next)
		granules += block_at(arena, index)->granules;
	return granules;
}

/*
 * All granules of all chunks are in a block, in a hole or on the way there, and
 * no hole is followed by another.
 */
static bool arena_whole(const struct lpm_arena *arena)
{
	u32 granules = arena->used, bin, index, end;
	const unsigned long *marks;
	const u32 *hole;

	granules += count_list(arena, arena->fresh) +
		    count_list(arena, arena->waiting) +
		    count_list(arena, arena->done);
	for (bin = 0; bin < LPM_BINS; bin++) {
		if (test_bit(bin, arena->filled) != !!arena->bin[bin])
			return false;
		for (index = arena->bin[bin]; index; index = hole[1]) {
			hole = lpm_arena_at(arena, index);
			granules += hole[0];
			end = index % LPM_CHUNK_GRANULES + hole[0];
			marks = lpm_arena_at(arena,
					     (index & -LPM_CHUNK_GRANULES) +
					     LPM_ARENA_EMPTY / LPM_GRANULE);
			if (end < LPM_CHUNK_GRANULES && test_bit(end, marks))
				return false;
		}
	}
	return granules ==
	       arena->taken * (LPM_CHUNK_GRANULES - LPM_CHUNK_GRANULES / 64 -
			       LPM_ARENA_EMPTY / LPM_GRANULE);
}

/* What a walk finds at the level of the short cut, 0 if it ends above. */
static u32 walked_entry(const struct lpm_trie *trie, u32 word)
{
	u32 entry = trie->root, level, run;
	const struct lpm_node *node;

	for (level = 0; level < LPM_HASH_LEVEL; level++) {
		if (!(entry & LPM_CHILD) || entry & LPM_BUCKET)
			return 0;
		node = lpm_trie_child(trie, entry);
		run = lpm_node_run(node, word >> (24 - 8 * level));
		entry = lpm_code_entry(node, node->run[run], level);
	}
	return entry;
}

/* What the short cut holds is what a walk finds, and is found. */
static bool page_sound(const struct lpm_trie *trie, const struct lpm_hash *hash,
		       unsigned int page)
{
	u32 last = U32_MAX >> (hash->slots[page] & LPM_HASH_TAG);
	const u64 *slots = lpm_hash_slots(hash->slots[page]);
	u32 i, used = 0, mix, entry;

	for (i = 0; i <= last; i++) {
		if (!slots[i])
			continue;
		used++;
		mix = page << (32 - LPM_HASH_PAGE_BITS) |
		      slots[i] >> LPM_HASH_MIX;
		entry = slots[i];
		if (walked_entry(trie, unmix(mix)) != entry ||
		    lpm_hash_find(hash, mix, lpm_hash_start(hash, mix)) !=
			    entry)
			return false;
	}
	return used == hash->page[page].used;
}

static bool hash_sound(const struct lpm_trie *trie)
{
	unsigned int i;

	for (i = 0; trie->hash && i < LPM_HASH_PAGES; i++)
		if (!page_sound(trie, trie->hash, i))
			return false;
	return true;
}

/* The entry of a slot of a node at @level, 0 if @node is none. */
static u32 entry_of(const struct lpm_trie *trie, u32 node, u8 slot,
		    unsigned int level)
{
	const struct lpm_node *at;

	if (!(node & LPM_CHILD))
		return 0;
	at = lpm_trie_child(trie, node);
	return lpm_code_entry(at, at->run[lpm_node_run(at, slot)], level);
}

static u32 leaf_of(const struct lpm_trie *trie, u32 entry)
{
	return entry & LPM_CHILD ? base_of(trie, entry) : entry;
}

/* What an IPv4 slot of direct access has to say of an entry: see lpm_wide.h. */
static bool slot_says(const struct lpm_trie *trie, u32 child, u16 code,
		      u32 entry)
{
	u32 leaf = leaf_of(trie, entry);

	if (child != (entry & LPM_CHILD ? entry & LPM_INDEX : 0))
		return false;
	if (lpm_leaf_value(leaf) >= VNET_LPM_VALUE_NEAR)
		return code == LPM_WIDE_FAR;
	return leaf ? code && lpm_code_leaf(code, 2) == leaf : !code;
}

/* What it has to say of a first byte. */
static bool top_says(u32 code, u32 leaf)
{
	u32 value = code & LPM_CODE_VALUE;

	if (lpm_leaf_value(leaf) >= VNET_LPM_VALUE_NEAR)
		return value >= VNET_LPM_VALUE_NEAR;
	return value == lpm_leaf_value(leaf) &&
	       (!leaf || lpm_code_len(code, 2) == leaf >> LPM_LEN_SHIFT);
}

/* Direct access, finished or not, says what the first two levels say. */
static bool wide_sound(const struct lpm_trie *trie)
{
	const struct lpm_wide *wide = trie->wide ?: trie->rising;
	unsigned int slot;
	u32 top, entry;

	for (slot = 0; wide && slot < 256; slot++) {
		top = leaf_of(trie, entry_of(trie, trie->root, slot, 0));
		top = top ?: trie->deflt;
		if (wide->top[slot] != top ||
		    !top_says(wide->top_code[slot], top))
			return false;
	}
	for (slot = 0; wide && slot < 256 * wide->done; slot++) {
		entry = entry_of(trie, trie->root, slot >> 8, 0);
		entry = entry_of(trie, entry, slot, 1);
		if (trie->head.ip6 ?
		    wide->child[slot >> 8][slot & 255] != entry :
		    !slot_says(trie, wide->child[slot >> 8][slot & 255],
			       wide->code[slot >> 8][slot & 255], entry))
			return false;
	}
	return true;
}

static struct lpm_trie *trie_of(const struct vnet_lpm *t)
{
	if (!t->body || t->body->kind != LPM_TRIE)
		return NULL;
	return container_of(t->body, struct lpm_trie, head);
}

static bool trie_sound(const struct vnet_lpm *t)
{
	const struct lpm_trie *trie = trie_of(t);
	struct census c = { .ok = true };

	if (!trie)
		return true;
	if (trie->root)
		count_block(trie, trie->root, 0, &c);
	return c.ok && c.blocks == trie->arena.blocks &&
	       c.granules == trie->arena.used &&
	       c.routes + !!t->deflt == t->routes &&
	       arena_whole(&trie->arena) && hash_sound(trie) &&
	       wide_sound(trie);
}

/* ---- a table beside its oracle ---- */

struct pair {
	struct vnet_lpm t;
	struct oracle o;
	u64 rnd;
};

static void pair_init(struct pair *p, int family, u64 salt)
{
	vnet_lpm_init(&p->t, family, &lock);
	oracle_init(&p->o, family);
	p->rnd = seed * 1000003 + salt * 2 + 1;
}

static bool pair_free(struct pair *p)
{
	vnet_lpm_destroy(&p->t);
	oracle_free(&p->o);
	rcu_barrier();
	return shim_live == 0;
}

/* Several tables at once, as each of them by itself */
static bool same_tables(const struct pair *p, const u8 *addr, u32 want,
			u8 want_len)
{
	struct vnet_lpm_match got[VNET_LPM_TABLES];
	unsigned int none = addr[3] % (VNET_LPM_TABLES + 1), i;
	const struct vnet_lpm *tables[VNET_LPM_TABLES];
	bool ok = true;

	for (i = 0; i < VNET_LPM_TABLES; i++)
		tables[i] = i == none ? NULL : &p->t;
	vnet_lpm_lookup_tables(tables, addr, got);
	for (i = 0; i < VNET_LPM_TABLES; i++)
		ok = ok && got[i].value == (i == none ? 0 : want) &&
		     (!got[i].value || got[i].len == want_len);
	return ok;
}

static bool same_addr(const struct pair *p, const u8 *addr, unsigned int maxlen)
{
	u8 want_len = 0, len = 0;
	u32 want = oracle_lookup(&p->o, addr, maxlen, &want_len);
	u32 got;

	if (maxlen < p->o.bits) {
		got = vnet_lpm_lookup_shorter(&p->t, addr, maxlen, &len);
	} else {
		got = vnet_lpm_lookup(&p->t, addr, &len);
		if (!same_tables(p, addr, want, want_len))
			return false;
	}
	if (got == want && (!want || len == want_len))
		return true;
	printf("# maxlen %u: %u/%u instead of %u/%u\n", maxlen, got, len, want,
	       want_len);
	return false;
}

/* A random address near a random route, or near @near if there is none. */
static void pick_addr(struct pair *p, const struct vnet_prefix *near, u8 *addr)
{
	if (p->o.count && random_below(&p->rnd, 2))
		near = &p->o.route[random_below(&p->rnd, p->o.count)].prefix;
	random_addr(&p->rnd, p->o.bits, near, addr);
}

static bool same_near(struct pair *p, const struct vnet_prefix *near,
		      unsigned int n)
{
	u8 addr[16];
	bool ok = true;

	while (n--) {
		pick_addr(p, near, addr);
		ok = ok && same_addr(p, addr, p->o.bits) &&
		     same_addr(p, addr, random_below(&p->rnd, p->o.bits + 1));
	}
	return ok && vnet_lpm_get(&p->t, near) == oracle_get(&p->o, near);
}

static bool same_batch(struct pair *p, const struct vnet_prefix *near)
{
	unsigned int n = random_below(&p->rnd, 40), i;
	const void *addr[40];
	u8 bytes[40][16], len[40], want_len = 0;
	u32 value[40];

	for (i = 0; i < n; i++) {
		pick_addr(p, near, bytes[i]);
		addr[i] = bytes[i];
	}
	vnet_lpm_prefetch_many(&p->t, addr, n);
	vnet_lpm_lookup_many(&p->t, addr, n, value, len);
	for (i = 0; i < n; i++)
		if (value[i] != vnet_lpm_lookup(&p->t, addr[i], &want_len) ||
		    (value[i] && len[i] != want_len))
			return false;
	return true;
}

static bool same_walk(struct pair *p)
{
	struct vnet_lpm_cursor c = { };
	unsigned int i;

	oracle_sort(&p->o);
	for (i = 0; vnet_lpm_next(&p->t, &c); i++)
		if (i == p->o.count || c.value != p->o.route[i].value ||
		    c.prefix.len != p->o.route[i].prefix.len ||
		    memcmp(c.prefix.addr, p->o.route[i].prefix.addr, 16))
			return false;
	return i == p->o.count && vnet_lpm_routes(&p->t) == i;
}

static bool same_all(struct pair *p)
{
	unsigned int i;
	u8 addr[16];

	for (i = 0; i < p->o.count; i++) {
		random_addr(&p->rnd, p->o.bits, &p->o.route[i].prefix, addr);
		if (!same_addr(p, addr, p->o.bits))
			return false;
	}
	return same_walk(p) && trie_sound(&p->t);
}

static bool both_set(struct pair *p, const struct vnet_prefix *prefix,
		     u32 value)
{
	u32 old = 0;

	return vnet_lpm_insert(&p->t, prefix, value, &old) == 0 &&
	       old == oracle_insert(&p->o, prefix, value);
}

static bool both_insert(struct pair *p, const struct vnet_prefix *prefix)
{
	/* Half of the time a value that others are likely to have. */
	bool few = random_below(&p->rnd, 2);
	u32 max = few ? 3 : VNET_LPM_VALUE_MAX;

	return both_set(p, prefix, 1 + random_below(&p->rnd, max));
}

static bool both_remove(struct pair *p, const struct vnet_prefix *prefix)
{
	u32 want = oracle_remove(&p->o, prefix), old = 0;
	int err = vnet_lpm_remove(&p->t, prefix, &old);

	return err == (want ? 0 : -ENOENT) && old == want;
}

/* ---- tests ---- */

struct shape {
	const char *name;
	int family;
	unsigned int spread;	/* see random_prefix() */
	unsigned int steps;
	unsigned int low, high;	/* routes: the table breathes between the two */
	bool wide;
};

static const struct shape shapes[] = {
	{ "IPv4, few routes", AF_INET, 2, 20000, 0, 20, false },
	{ "IPv4, small", AF_INET, 3, 20000, 0, 300, false },
	{ "IPv4, body to body", AF_INET, 4, 30000, 60, 700, false },
	{ "IPv4, trie", AF_INET, 6, 20000, 500, 2500, false },
	{ "IPv4, wide trie", AF_INET, 6, 20000, 500, 2500, true },
	{ "IPv4, sparse wide trie", AF_INET, 256, 20000, 500, 2500, true },
	{ "IPv4, dense wide trie", AF_INET, 2, 20000, 1, 2000, true },
	{ "IPv6, few routes", AF_INET6, 2, 20000, 0, 20, false },
	{ "IPv6, small", AF_INET6, 3, 20000, 0, 300, false },
	{ "IPv6, body to body", AF_INET6, 2, 30000, 60, 700, false },
	{ "IPv6, trie", AF_INET6, 2, 15000, 500, 2000, false },
	{ "IPv6, wide trie", AF_INET6, 2, 15000, 500, 2000, true },
};

static bool step(struct pair *p, const struct shape *s, unsigned int i)
{
	/* A wave from low to high and back, five times. */
	unsigned int phase = i % (s->steps / 5) * 2 / (s->steps / 5);
	unsigned int odds = phase == 0 ? 70 : 25;
	struct vnet_prefix prefix;
	bool ok;

	if (p->o.count <= s->low)
		odds = 90;
	if (p->o.count >= s->high)
		odds = 10;
	random_prefix(&p->rnd, p->o.bits, s->spread, &prefix);
	if (p->o.count && random_below(&p->rnd, 100) < 50)
		prefix = p->o.route[random_below(&p->rnd, p->o.count)].prefix;
	ok = random_below(&p->rnd, 100) < odds ? both_insert(p, &prefix) :
						 both_remove(p, &prefix);
	if (s->wide && i % 8 == 0)
		vnet_lpm_widen(&p->t);
	return ok && same_near(p, &prefix, 3) &&
	       (i % 16 || same_batch(p, &prefix)) && (i % 512 || same_all(p));
}

static void test_random(const struct shape *s)
{
	struct pair p;
	unsigned int i;
	bool ok = true;

	pair_init(&p, s->family, s - shapes);
	for (i = 0; ok && i < s->steps; i++)
		ok = step(&p, s, i);
	ok = ok && same_all(&p);
	/* Down to nothing, in random order. */
	while (ok && p.o.count) {
		struct vnet_prefix prefix =
			p.o.route[random_below(&p.rnd, p.o.count)].prefix;

		ok = both_remove(&p, &prefix) &&
		     (p.o.count % 32 || same_all(&p));
	}
	ok = ok && !p.t.body;
	ktap_ok(ok, "%s: %u random operations", s->name, i);
	ktap_ok(pair_free(&p), "%s: all memory given back", s->name);
}

/* Blocks come from chunks: without this only the rare new chunk could fail. */
u32 __real_vnet_lpm_arena_alloc(struct lpm_arena *arena, size_t bytes,
				gfp_t gfp);
u32 __wrap_vnet_lpm_arena_alloc(struct lpm_arena *arena, size_t bytes,
				gfp_t gfp);

u32 __wrap_vnet_lpm_arena_alloc(struct lpm_arena *arena, size_t bytes,
				gfp_t gfp)
{
	if (shim_fails())
		return 0;
	return __real_vnet_lpm_arena_alloc(arena, bytes, gfp);
}

/* Some that are near and some that are far: see VNET_LPM_VALUE_NEAR. */
static u32 random_value(u64 *rnd)
{
	return VNET_LPM_VALUE_NEAR - 16 + random_below(rnd, 32);
}

/* Inserts with each allocation failing in turn, removes with all failing. */
static void test_memory(int family, unsigned int spread, bool wide)
{
	struct vnet_prefix prefix;
	struct pair p;
	unsigned int i, refused = 0;
	bool ok = true;
	int err, nth;

	pair_init(&p, family, 100 + wide);
	for (i = 0; ok && i < 1500; i++) {
		random_prefix(&p.rnd, p.o.bits, spread, &prefix);
		for (nth = 1; ok; nth++) {
			u32 value = random_value(&p.rnd);

			shim_fail_at = nth;
			err = vnet_lpm_insert(&p.t, &prefix, value, NULL);
			if (!err) {
				oracle_insert(&p.o, &prefix, value);
				break;
			}
			refused++;
			ok = err == -ENOMEM && !shim_fail_at &&
			     same_near(&p, &prefix, 4) && trie_sound(&p.t);
		}
		shim_fail_at = i % 256 ? 0 : 1;
		if (wide)
			vnet_lpm_widen(&p.t);
		shim_fail_at = 0;
		ok = ok && same_near(&p, &prefix, 4);
	}
	ok = ok && same_all(&p);
	ktap_ok(ok && refused > 1000,
		"IPv%d%s: %u refusals for want of memory change nothing",
		family == AF_INET ? 4 : 6, wide ? ", wide" : "", refused);
	shim_fail_at = 1;
	shim_fail_all = true;
	while (ok && p.o.count) {
		prefix = p.o.route[random_below(&p.rnd, p.o.count)].prefix;
		ok = both_remove(&p, &prefix) && same_near(&p, &prefix, 4) &&
		     (p.o.count % 64 || same_all(&p));
	}
	ktap_ok(ok && !p.t.routes,
		"IPv%d%s: routes are removed, replaced without memory",
		family == AF_INET ? 4 : 6, wide ? ", wide" : "");
	shim_fail_at = 0;
	shim_fail_all = false;
	ktap_ok(pair_free(&p), "all memory given back");
}

static struct vnet_prefix prefix4(u32 addr, u8 len)
{
	struct vnet_prefix prefix = { .len = len };

	prefix.ip4 = cpu_to_be32(addr);
	return prefix;
}

static void test_refusals(void)
{
	struct vnet_prefix prefix = prefix4(0x0a000001, 24);
	struct vnet_lpm t;
	u32 old;

	vnet_lpm_init(&t, AF_INET, &lock);
	ktap_ok(vnet_lpm_insert(&t, &prefix, 1, NULL) == -EINVAL,
		"bits after the prefix are refused");
	prefix = prefix4(0, 33);
	ktap_ok(vnet_lpm_insert(&t, &prefix, 1, NULL) == -EINVAL,
		"a prefix longer than an address is refused");
	prefix = prefix4(0x0a000000, 8);
	ktap_ok(vnet_lpm_insert(&t, &prefix, 0, NULL) == -EINVAL &&
			vnet_lpm_insert(&t, &prefix, VNET_LPM_VALUE_MAX + 1,
					NULL) == -EINVAL,
		"values out of range are refused");
	ktap_ok(vnet_lpm_remove(&t, &prefix, &old) == -ENOENT && !t.routes,
		"what is not there cannot be removed");
}

/*
 * The runs that a route has between others have one word together, and so they
 * have when the node is copied for another route.
 */
static void test_shared_word(void)
{
	u32 far = VNET_LPM_VALUE_NEAR, used = 0;
	struct vnet_prefix prefix;
	unsigned int i;
	struct pair p;
	bool ok = true;

	pair_init(&p, AF_INET, 301);
	for (i = 0; ok && i < 512; i++) {
		prefix = prefix4(0x0a000000 + (i << (i < 64 ? 9 : 10)), 24);
		ok = both_set(&p, &prefix, 1 + i);
	}
	prefix = prefix4(0x0a000000, 17);
	ok = ok && both_set(&p, &prefix, far);
	for (i = 0; ok && i < 8; i++) {
		prefix = prefix4(0x0a008100 + (i << 10), 24);
		used = trie_of(&p.t)->arena.used;
		/* Two codes and what the arena may give away. */
		ok = both_set(&p, &prefix, 1) &&
		     trie_of(&p.t)->arena.used <= used + 2;
	}
	ktap_ok(ok && same_all(&p), "runs of one route share its word");
	ktap_ok(pair_free(&p), "all memory given back");
}

/* Values that need words come and go, and leave none behind for long. */
static void test_words(void)
{
	u32 far = VNET_LPM_VALUE_NEAR, limit = 0;
	unsigned int i, route;
	struct pair p;
	bool ok = true;

	pair_init(&p, AF_INET, 300);
	for (i = 0; ok && i < 20000; i++) {
		struct vnet_prefix prefix;

		route = i < 512 ? i : random_below(&p.rnd, 512);
		prefix = prefix4(0x0a000000 + (route << 8), 24);
		ok = both_set(&p, &prefix, i < 512 ? far + i :
					   random_value(&p.rnd));
		if (i == 511)
			limit = trie_of(&p.t)->arena.used + 2;
		ok = ok && (i < 512 || trie_of(&p.t)->arena.used <= limit) &&
		     (i % 512 || same_all(&p));
	}
	ktap_ok(ok, "words of values that are not near do not grow in number");
	ktap_ok(pair_free(&p), "all memory given back");
}

/* A dump goes on where it stopped while routes before and after come and go. */
static void test_resume(int family)
{
	struct vnet_lpm_cursor c = { };
	struct vnet_prefix prefix;
	unsigned int i, seen = 0;
	struct oracle stay;
	struct pair p;
	bool ok = true;

	pair_init(&p, family, 200);
	for (i = 0; i < 800; i++) {
		random_prefix(&p.rnd, p.o.bits, 3, &prefix);
		both_insert(&p, &prefix);
	}
	/* Every second route stays. */
	oracle_sort(&p.o);
	oracle_init(&stay, family);
	for (i = 0; i < p.o.count; i += 2)
		oracle_insert(&stay, &p.o.route[i].prefix, p.o.route[i].value);
	oracle_sort(&stay);
	while (ok && vnet_lpm_next(&p.t, &c)) {
		if (seen < stay.count &&
		    c.prefix.len == stay.route[seen].prefix.len &&
		    !memcmp(c.prefix.addr, stay.route[seen].prefix.addr, 16))
			seen++;
		for (i = 0; ok && i < 3; i++) {
			random_prefix(&p.rnd, p.o.bits, 3, &prefix);
			if (oracle_get(&stay, &prefix))
				continue;
			if (random_below(&p.rnd, 2))
				ok = both_insert(&p, &prefix);
			else
				ok = both_remove(&p, &prefix);
		}
	}
	ktap_ok(ok && seen == stay.count,
		"IPv%d: a dump of a changing table misses no route",
		family == AF_INET ? 4 : 6);
	vnet_lpm_flush(&p.t);
	memset(&c, 0, sizeof(c));
	ktap_ok(!vnet_lpm_next(&p.t, &c) && !vnet_lpm_routes(&p.t),
		"a flushed table is empty");
	oracle_free(&stay);
	ktap_ok(pair_free(&p), "all memory given back");
}

static struct vnet_prefix high_prefix(u8 len, unsigned int i)
{
	struct vnet_prefix prefix = { .len = len };

	prefix.addr[0] = 0xf0;
	prefix.addr[len / 8 - 2] = i >> 8;
	prefix.addr[len / 8 - 1] = i;
	return prefix;
}

static void put_route4(struct vnet_lpm *t, u32 addr, u8 len)
{
	struct vnet_prefix prefix = prefix4(addr, len);

	if (vnet_lpm_insert(t, &prefix, 1, NULL))
		abort();
}

/*
 * Whether the map of a small body has the blocks of a route and, but for that
 * of some others, no other
 */
static bool maps_exactly(u32 addr, u8 len, unsigned int places)
{
	unsigned int shift = places < LPM_SMALL_MANY ? LPM_MAP_SHIFT :
						       LPM_MAP_SHIFT_MANY;
	u32 span = len + shift < 32 ? 1U << (32 - len - shift) : 1, block;
	const u32 others = 0x0a000000;
	const struct lpm_small *small;
	struct vnet_lpm t;
	bool ok = true;
	unsigned int i;

	vnet_lpm_init(&t, AF_INET, &lock);
	put_route4(&t, addr, len);
	for (i = 1; i < places; i++)
		put_route4(&t, others + i, 32);
	small = container_of(t.body, struct lpm_small, head);
	for (block = 0; block >> (32 - shift) == 0; block++)
		ok = ok && lpm_small_reaches(small, block << shift) ==
				   (block - (addr >> shift) < span ||
				    (places > 1 && block == others >> shift));
	vnet_lpm_destroy(&t);
	rcu_barrier();
	return ok;
}

static void test_map(unsigned int places)
{
	unsigned int wrong = 0, len;

	for (len = 1; len <= 32; len++) {
		wrong += !maps_exactly(0, len, places);
		wrong += !maps_exactly(0xac1fff5fU & ~0U << (32 - len), len,
				       places);
		wrong += !maps_exactly(~0U << (32 - len), len, places);
	}
	ktap_ok(!wrong, "%u places: the map names the blocks of a route alone",
		places);
}

/*
 * A small body of each size. Its addresses are above whatever follows them in
 * the block, so a search that goes there comes back with something wrong.
 */
static void test_every_size(int family, u8 len)
{
	struct vnet_prefix prefix;
	struct vnet_lpm t;
	unsigned int i, k, wrong = 0;
	u8 found;

	vnet_lpm_init(&t, family, &lock);
	for (i = 0; i < LPM_SMALL_MAX; i++) {
		prefix = high_prefix(len, i * 7 % LPM_SMALL_MAX);
		wrong += vnet_lpm_insert(&t, &prefix, 1 + i, NULL) != 0;
		wrong += t.body->kind != LPM_SMALL;
		for (k = 0; k <= i; k++) {
			prefix = high_prefix(len, k * 7 % LPM_SMALL_MAX);
			wrong += vnet_lpm_lookup(&t, prefix.addr, &found) !=
				 1 + k;
			wrong += vnet_lpm_get(&t, &prefix) != 1 + k;
		}
	}
	ktap_ok(!wrong, "IPv%d, /%u: small bodies of each size find each route",
		t.bits == 32 ? 4 : 6, len);
	vnet_lpm_destroy(&t);
	rcu_barrier();
}

/* 100 routes of a VNet: default, address space, subnets, branch offices. */
static void test_size(int family)
{
	unsigned int bits = family == AF_INET ? 32 : 128, i;
	struct vnet_prefix prefix = { };
	struct vnet_lpm_stats st;
	struct vnet_lpm t;

	vnet_lpm_init(&t, family, &lock);
	vnet_lpm_insert(&t, &prefix, 1, NULL);
	prefix.addr[0] = 10;
	prefix.len = 8;
	vnet_lpm_insert(&t, &prefix, 2, NULL);
	prefix.addr[1] = 1;
	prefix.len = bits == 32 ? 24 : 64;
	for (i = 0; i < 98; i++) {
		prefix.addr[prefix.len / 8 - 1] = i;
		vnet_lpm_insert(&t, &prefix, 3 + i, NULL);
	}
	vnet_lpm_stats(&t, &st);
	ktap_ok(st.routes == 100 && st.bytes + sizeof(t) <= 2048,
		"100 IPv%d routes take %zu bytes, at most 2048",
		bits == 32 ? 4 : 6, st.bytes + sizeof(t));
	vnet_lpm_destroy(&t);
	rcu_barrier();
}

/*
 * All other tests go without caches: their blocks, longer than what was asked
 * for, would hide an access beyond it.
 */
static void test_sizes(void)
{
	vnet_lpm_setup();
	test_size(AF_INET);
	test_size(AF_INET6);
	vnet_lpm_cleanup();
}

/* ---- in place ---- */

static u32 arena_used(struct pair *p)
{
	return container_of(p->t.body, struct lpm_trie, head)->arena.used;
}

/* A route of a bucket goes and comes back without memory, and nothing moves. */
static void test_in_place(void)
{
	struct vnet_prefix prefix = { .len = 48 };
	unsigned int i, had;
	bool ok = true;
	struct pair p;

	pair_init(&p, AF_INET6, 0);
	for (i = 0; i < 999; i++) {
		prefix.ip4 = htobe32(0x20010000 | i / 3);
		prefix.addr[5] = i % 3;
		ok = ok && both_set(&p, &prefix, 1 + i);
	}
	ok = ok && p.t.body->kind == LPM_TRIE;
	had = ok ? arena_used(&p) : 0;
	shim_fail_at = 1;
	shim_fail_all = true;
	for (i = 0; ok && i < 999; i++) {
		prefix.ip4 = htobe32(0x20010000 | i / 3);
		prefix.addr[5] = i % 3;
		ok = both_remove(&p, &prefix) &&
		     both_set(&p, &prefix, 2001 + i) &&
		     arena_used(&p) == had && same_near(&p, &prefix, 1);
	}
	ktap_ok(ok, "routes of a bucket come and go in place");
	shim_fail_at = 0;
	shim_fail_all = false;
	ktap_ok(pair_free(&p), "all memory given back");
}

int main(void)
{
	const char *given = getenv("LPM_SEED");
	unsigned int i;

	ktap_start();
	seed = given ? strtoull(given, NULL, 0) : (u64)time(NULL);
	printf("# LPM_SEED=%llu\n", (unsigned long long)seed);
	test_refusals();
	test_sizes();
	test_map(1);
	test_map(LPM_SMALL_MANY - 1);
	test_map(LPM_SMALL_MANY);
	test_every_size(AF_INET, 24);
	test_every_size(AF_INET6, 64);
	test_every_size(AF_INET6, 112);
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		test_random(&shapes[i]);
	test_memory(AF_INET, 4, false);
	test_memory(AF_INET, 4, true);
	test_memory(AF_INET, 256, true);
	test_memory(AF_INET6, 2, false);
	test_memory(AF_INET6, 2, true);
	test_shared_word();
	test_words();
	test_resume(AF_INET);
	test_resume(AF_INET6);
	test_in_place();
	return ktap_finish();
}
