// SPDX-License-Identifier: GPL-2.0-only
/* Updates of and walks through one node of an LPM trie; see lpm_trie.h. */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include "lpm_node.h"

const struct lpm_node vnet_lpm_blank = {
	.map = { 1 },
	.before = { 0, 1, 1, 1 },
	.run = { 0 },
};

static bool node_breaks(const struct lpm_node *node, unsigned int slot)
{
	return slot == 256 || node->map[slot >> 6] >> (slot & 63) & 1;
}

static u32 *node_list(const struct lpm_node *node)
{
	return (u32 *)&node->run[lpm_node_runs(node)];
}

static u8 list_place(unsigned int first, u8 bits)
{
	return 1U << bits | first >> (8 - bits);
}

static u8 place_of(u32 listed)
{
	return listed >> LPM_LEN_SHIFT;
}

static u8 place_bits(u8 place)
{
	return fls(place) - 1;
}

static u8 place_first(u8 place)
{
	return place << (8 - place_bits(place));
}

static u32 *list_find(const struct lpm_node *node, const struct lpm_spot *spot)
{
	u8 place = list_place(spot->first, spot->bits);
	u32 *list = node_list(node);
	unsigned int i;

	for (i = 0; i < node->head.count; i++)
		if (place_of(READ_ONCE(list[i])) == place)
			return &list[i];
	return NULL;
}

/* The longest listed route that covers a slot with at most @bits bits; 0 if none. */
static u32 list_cover(const struct lpm_node *node, u8 slot, u8 bits)
{
	const u32 *list = node_list(node);
	unsigned int i, best_bits = 0;
	u32 listed, best = 0;
	u8 place, len;

	for (i = 0; i < node->head.count; i++) {
		listed = READ_ONCE(list[i]);
		place = place_of(listed);
		len = place_bits(place);
		if (!lpm_leaf_value(listed) || len > bits || len <= best_bits ||
		    list_place(slot, len) != place)
			continue;
		best = listed;
		best_bits = len;
	}
	return best;
}

static u32 listed_leaf(u32 listed, unsigned int level)
{
	if (!listed)
		return 0;
	return lpm_leaf(lpm_leaf_value(listed), 8 * level + place_bits(place_of(listed)));
}

/* The route that owns a slot, 0 if it has none of all eight bits. */
static u32 node_owner(const struct lpm_trie *trie, const struct lpm_node *node, u8 slot)
{
	u32 leaf = lpm_entry_leaf(trie, lpm_node_entry(node, slot));

	return lpm_leaf_rank(leaf) % 8 ? 0 : leaf;
}

u32 vnet_lpm_node_value(const struct lpm_trie *trie, const struct lpm_node *node,
			const struct lpm_spot *spot)
{
	u32 *listed;

	if (spot->bits == 8)
		return lpm_leaf_value(node_owner(trie, node, spot->first));
	listed = list_find(node, spot);
	return listed ? lpm_leaf_value(READ_ONCE(*listed)) : 0;
}

bool vnet_lpm_node_in_use(const struct lpm_node *node)
{
	unsigned int runs = lpm_node_runs(node);
	unsigned int i;

	for (i = 0; i < runs; i++)
		if (node->run[i])
			return true;
	for (i = 0; i < node->head.count; i++)
		if (lpm_leaf_value(node->run[runs + i]))
			return true;
	return false;
}

/*
 * Whether a run must begin at @slot. Between equal leaves it must if two routes of the
 * same length and value meet, which they do at multiples of their size: each must be
 * removable in place.
 */
static bool run_needed(unsigned int slot, u32 before, u32 entry)
{
	unsigned int bits;

	if (!slot || before != entry)
		return true;
	if (!entry)
		return false;
	bits = (lpm_leaf_len(entry) - 1) % 8 + 1;
	return !(slot & ((1U << (8 - bits)) - 1));
}

/*
 * Copies the runs and listed routes that are needed to @dst, or only counts them if that
 * is NULL.
 */
static unsigned int node_pack(const struct lpm_node *src, struct lpm_node *dst)
{
	unsigned int slot, run = 0, kept = 0, i;
	u32 entry, last = 0;

	if (dst)
		memset(dst->map, 0, sizeof(dst->map));
	for (slot = 0; slot < 256; slot = lpm_node_next_run(src, slot)) {
		entry = src->run[run++];
		if (!run_needed(slot, last, entry))
			continue;
		if (dst) {
			dst->map[slot >> 6] |= 1ULL << (slot & 63);
			dst->run[kept] = entry;
		}
		last = entry;
		kept++;
	}
	for (i = 0; i < src->head.count; i++) {
		entry = src->run[run + i];
		if (!lpm_leaf_value(entry))
			continue;
		if (dst)
			dst->run[kept] = entry;
		kept++;
	}
	return kept;
}

/* Sets what follows from the map of a node that holds @entries. */
static void node_recount(struct lpm_node *node, unsigned int entries)
{
	unsigned int word;

	node->before[0] = 0;
	for (word = 0; word < 3; word++)
		node->before[word + 1] = node->before[word] + lpm_popcount(node->map[word]);
	node->head.count = entries - lpm_node_runs(node);
	node->head.stale = 0;
}

/* A private copy with room for @extra more entries, without what is stale; 0: no memory. */
static u32 node_clone(struct lpm_trie *trie, const struct lpm_node *src, unsigned int extra,
		      gfp_t gfp)
{
	unsigned int entries = lpm_node_runs(src) + src->head.count;
	struct lpm_node *dst;
	u32 index;

	if (src->head.stale)
		entries = node_pack(src, NULL);
	index = vnet_lpm_arena_alloc(&trie->arena, struct_size(src, run, entries + extra), gfp);
	if (!index)
		return 0;
	dst = lpm_arena_at(&trie->arena, index);
	dst->head.base = src->head.base;
	if (src->head.stale) {
		node_pack(src, dst);
	} else {
		memcpy(dst->map, src->map, sizeof(dst->map));
		memcpy(dst->run, src->run, entries * sizeof(dst->run[0]));
	}
	node_recount(dst, entries);
	return index;
}

/* Makes a run begin at @slot of a private node that has the room. */
static void node_break(struct lpm_node *node, unsigned int slot)
{
	unsigned int word = slot >> 6;
	u32 *run, *end;

	if (node_breaks(node, slot))
		return;
	run = &node->run[lpm_node_run(node, slot)];
	end = node_list(node) + node->head.count;
	memmove(run + 1, run, (end - run) * sizeof(*run));
	node->map[word] |= 1ULL << (slot & 63);
	while (++word < 4)
		node->before[word]++;
}

struct lpm_node *vnet_lpm_node_cut(struct lpm_trie *trie, const struct lpm_node *node,
				   unsigned int first, unsigned int slots, unsigned int list,
				   gfp_t gfp, u32 *copy)
{
	struct lpm_node *new;
	unsigned int extra = list;

	node = node ?: &vnet_lpm_blank;
	*copy = 0;
	if (!list && node_breaks(node, first) && node_breaks(node, first + slots))
		return (struct lpm_node *)node;
	extra += node->head.stale || !node_breaks(node, first);
	extra += node->head.stale || !node_breaks(node, first + slots);
	*copy = node_clone(trie, node, extra, gfp);
	if (!*copy)
		return NULL;
	new = lpm_arena_at(&trie->arena, *copy);
	node_break(new, first);
	node_break(new, first + slots);
	return new;
}

struct lpm_node *vnet_lpm_node_cut_spot(struct lpm_trie *trie, const struct lpm_node *node,
					const struct lpm_spot *spot, gfp_t gfp, u32 *copy)
{
	bool list = spot->bits < 8 && !(node && list_find(node, spot));

	return vnet_lpm_node_cut(trie, node, spot->first, spot->slots, list, gfp, copy);
}

u32 vnet_lpm_node_blank(struct lpm_trie *trie, gfp_t gfp)
{
	return node_clone(trie, &vnet_lpm_blank, 0, gfp);
}

bool vnet_lpm_node_worn(const struct lpm_node *node)
{
	return 8 * node->head.stale >= lpm_node_runs(node) + node->head.count;
}

u32 vnet_lpm_node_repair(struct lpm_trie *trie, const struct lpm_node *node)
{
	return node_clone(trie, node, 0, GFP_NOWAIT | __GFP_NOWARN);
}

/*
 * Makes @leaf the answer of a range wherever no prefix longer than @len has it. Readers
 * may be in the node, and are in its children.
 */
static void node_paint(struct lpm_trie *trie, struct lpm_node *node, const struct lpm_spot *spot,
		       u32 leaf)
{
	unsigned int run = lpm_node_run(node, spot->first);
	unsigned int last = lpm_node_run(node, spot->first + spot->slots - 1);
	struct lpm_block *below;
	u32 *at;

	for (; run <= last; run++) {
		at = &node->run[run];
		if (*at & LPM_CHILD) {
			below = lpm_arena_at(&trie->arena, *at & LPM_INDEX);
			at = &below->base;
		}
		if (lpm_leaf_rank(*at) <= spot->len)
			WRITE_ONCE(*at, leaf);
	}
}

void vnet_lpm_node_set(struct lpm_trie *trie, struct lpm_node *node, const struct lpm_spot *spot,
		       u32 value)
{
	u32 listed = (u32)list_place(spot->first, spot->bits) << LPM_LEN_SHIFT | value;
	u32 *at;

	if (spot->bits < 8) {
		at = list_find(node, spot) ?: node_list(node) + node->head.count++;
		WRITE_ONCE(*at, listed);
	}
	node_paint(trie, node, spot, lpm_leaf(value, spot->len));
}

void vnet_lpm_node_unset(struct lpm_trie *trie, struct lpm_node *node,
			 const struct lpm_spot *spot)
{
	u32 cover = list_cover(node, spot->first, spot->bits - 1);

	node_paint(trie, node, spot, listed_leaf(cover, spot->level));
	if (spot->bits < 8)
		WRITE_ONCE(*list_find(node, spot),
			   (u32)list_place(spot->first, spot->bits) << LPM_LEN_SHIFT);
}

u32 vnet_lpm_node_match(const struct lpm_trie *trie, const struct lpm_node *node,
			unsigned int level, u8 slot, unsigned int bits)
{
	u32 leaf = bits == 8 ? node_owner(trie, node, slot) : 0;

	return leaf ?: listed_leaf(list_cover(node, slot, bits), level);
}

/* The least rank above @rank among the node's listed routes. */
static int list_next(const struct lpm_node *node, int rank, u32 *value)
{
	const u32 *list = node_list(node);
	int best = LPM_RANK_END, here;
	unsigned int i;
	u32 listed;
	u8 place;

	for (i = 0; i < node->head.count; i++) {
		listed = READ_ONCE(list[i]);
		place = place_of(listed);
		here = place_first(place) * 16 + place_bits(place);
		if (here <= rank || here >= best || !lpm_leaf_value(listed))
			continue;
		best = here;
		*value = lpm_leaf_value(listed);
	}
	return best;
}

int vnet_lpm_node_next(const struct lpm_trie *trie, const struct lpm_node *node, int rank,
		       u32 *value, u32 *child)
{
	int slot = rank < 0 ? 0 : rank / 16;
	int best = list_next(node, rank, value);
	u32 entry, owner;

	*child = 0;
	/* Only a run's first slot can have something below or a route of eight bits. */
	if (!node_breaks(node, slot))
		slot = lpm_node_next_run(node, slot);
	/* A listed route that begins in the same slot comes before both. */
	for (; slot * 16 + 8 < best; slot = lpm_node_next_run(node, slot)) {
		entry = lpm_node_entry(node, slot);
		owner = node_owner(trie, node, slot);
		if (owner && slot * 16 + 8 > rank) {
			*value = lpm_leaf_value(owner);
			return slot * 16 + 8;
		}
		if (entry & LPM_CHILD && slot * 16 + LPM_RANK_CHILD > rank) {
			*child = entry;
			return slot * 16 + LPM_RANK_CHILD;
		}
	}
	return best;
}
