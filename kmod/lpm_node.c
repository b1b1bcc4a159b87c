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

/* Where a route is in its node: the bits of the byte that it fixes, behind a leading 1. */
static unsigned int place_of(unsigned int slot, unsigned int bits)
{
	return 1U << bits | slot >> (8 - bits);
}

static unsigned int place_bits(unsigned int place)
{
	return fls(place) - 1;
}

static unsigned int place_first(unsigned int place)
{
	return place << (8 - place_bits(place)) & 0xff;
}

static unsigned int leaf_bits(u32 leaf, unsigned int level)
{
	return lpm_leaf_len(leaf) - 8 * level;
}

static u32 run_entry(const struct lpm_node *node, unsigned int run, unsigned int level)
{
	return lpm_code_entry(node, READ_ONCE(node->run[run]), level);
}

/* The same if it is a leaf, else 0. */
static u32 run_leaf(const struct lpm_node *node, unsigned int run, unsigned int level)
{
	u32 entry = run_entry(node, run, level);

	return entry & LPM_CHILD ? 0 : entry;
}

static u16 near_code(unsigned int bits, u32 value)
{
	return (bits + 7) << LPM_CODE_SHIFT | value;
}

static u16 far_code(const struct lpm_node *node, const u32 *word)
{
	return LPM_CODE_FAR + (lpm_node_word(node, 0) - word);
}

/* ---- hidden routes ---- */

static u32 *hidden_leaves(const struct lpm_node *node)
{
	return (u32 *)node->run + DIV_ROUND_UP(lpm_node_runs(node), 2);
}

/* Their places; 0: removed, but the leaf may be in use as a word. */
static u8 *hidden_places(const struct lpm_node *node)
{
	return (u8 *)(hidden_leaves(node) + node->head.count);
}

static int hidden_find(const struct lpm_node *node, unsigned int place)
{
	const u8 *places = hidden_places(node);
	int i;

	for (i = 0; i < node->head.count; i++)
		if (READ_ONCE(places[i]) == place)
			return i;
	return -1;
}

/* Whether a run that is not all in [@first, @end) shows the route at @place. */
static bool node_shows(const struct lpm_node *node, unsigned int level, unsigned int place,
		       unsigned int first, unsigned int end)
{
	unsigned int bits = place_bits(place), slot = place_first(place);
	unsigned int last = slot + (256 >> bits), run = lpm_node_run(node, slot), next;
	u32 leaf;

	for (; slot < last; slot = next) {
		next = lpm_node_next_run(node, slot);
		leaf = run_leaf(node, run++, level);
		if (leaf && leaf_bits(leaf, level) == bits && (slot < first || next > end))
			return true;
	}
	return false;
}

/*
 * What runs in a range show of routes of fewer than @bits bits, which cover all of it: the
 * leaf of the longest, 0 if there is none.
 */
static u32 range_cover(const struct lpm_node *node, unsigned int level, unsigned int first,
		       unsigned int end, unsigned int bits)
{
	unsigned int run = lpm_node_run(node, first), slot;
	u32 leaf;

	for (slot = first; slot < end; slot = lpm_node_next_run(node, slot)) {
		leaf = run_leaf(node, run++, level);
		if (leaf && leaf_bits(leaf, level) < bits)
			return leaf;
	}
	return 0;
}

/* The same, if no run will show that route once others take this range, and none lists it. */
static u32 range_hides(const struct lpm_node *node, unsigned int level, unsigned int first,
		       unsigned int end, unsigned int bits)
{
	u32 leaf = range_cover(node, level, first, end, bits);
	unsigned int place = leaf ? place_of(first, leaf_bits(leaf, level)) : 0;

	if (!leaf || hidden_find(node, place) >= 0 ||
	    node_shows(node, level, place, first, end))
		return 0;
	return leaf;
}

/* Whether a route would be shown: somewhere in its range nothing longer is. */
static bool range_shows(const struct lpm_node *node, const struct lpm_spot *spot)
{
	unsigned int slot = spot->first, run = lpm_node_run(node, slot);
	u32 entry;

	if (spot->bits == 8)
		return true;
	for (; slot < spot->first + spot->slots; slot = lpm_node_next_run(node, slot)) {
		entry = run_entry(node, run++, spot->level);
		if (!(entry & LPM_CHILD) && lpm_leaf_rank(entry) <= spot->len)
			return true;
	}
	return false;
}

/* ---- copies ---- */

/* A copy to be: with runs that break at both ends of a range, where others will be shown. */
struct copy {
	const struct lpm_node *src;
	struct lpm_node *dst;
	unsigned int level;
	unsigned int first;		/* of the range */
	unsigned int end;
	bool pack;			/* drop what removals have left */
	u32 hide;			/* leaf of a route to list as hidden, or 0 */
	unsigned int runs;
	unsigned int hidden;
	unsigned int far;		/* words */
	bool as_is;			/* of which those of .src keep their numbers */
	u32 last;			/* entry of the last run */
};

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

static void pack_run(struct copy *c, unsigned int slot, u16 code, u32 entry)
{
	if (c->dst) {
		c->dst->map[slot >> 6] |= 1ULL << (slot & 63);
		c->dst->run[c->runs] = code;
	}
	c->runs++;
	c->far += code >= LPM_CODE_FAR;
	c->last = entry;
}

/* Copies the runs that are needed, or only counts them as long as there is no .dst. */
static void pack_runs(struct copy *c)
{
	unsigned int slot, next, run = 0;
	u32 entry;
	u16 code;

	c->runs = 0;
	c->far = 0;
	for (slot = 0; slot < 256; slot = next) {
		next = lpm_node_next_run(c->src, slot);
		code = c->src->run[run++];
		entry = lpm_code_entry(c->src, code, c->level);
		if (slot == c->first || slot == c->end || run_needed(slot, c->last, entry))
			pack_run(c, slot, code, entry);
		if (slot < c->first && c->first < next)
			pack_run(c, c->first, code, entry);
		if (slot < c->end && c->end < next)
			pack_run(c, c->end, code, entry);
	}
}

/* Sets what follows from the map of a node. */
static void node_recount(struct lpm_node *node)
{
	unsigned int word;

	node->before[0] = 0;
	for (word = 0; word < 3; word++)
		node->before[word + 1] = node->before[word] + lpm_popcount(node->map[word]);
}

/* Makes a run begin at @slot of a node of @runs so far. */
static void break_run(struct lpm_node *node, unsigned int slot, unsigned int runs)
{
	unsigned int run = lpm_node_run(node, slot);

	memmove(&node->run[run + 1], &node->run[run], (runs - run) * sizeof(node->run[0]));
	node->map[slot >> 6] |= 1ULL << (slot & 63);
	node_recount(node);
}

static void count_break(struct copy *c, unsigned int slot)
{
	if (node_breaks(c->src, slot))
		return;
	c->runs++;
	c->far += c->src->run[lpm_node_run(c->src, slot)] >= LPM_CODE_FAR;
}

/*
 * Counts all runs that there are and are going to be. Words remain as they are, which is quick,
 * as long as the runs, had each its own, would take no fewer: some share one, and some words
 * are left over. Where something has been removed, packing sorts them out.
 */
static void count_runs(struct copy *c)
{
	unsigned int i, far = 0, words;
	u16 code, last = 0;

	c->runs = lpm_node_runs(c->src);
	for (i = 0; i < c->runs; i++) {
		code = c->src->run[i];
		far += code >= LPM_CODE_FAR;
		last = max(last, code);
	}
	c->far = far;
	count_break(c, c->first);
	count_break(c, c->end);
	words = last < LPM_CODE_FAR ? 0 : last + 1 - LPM_CODE_FAR;
	c->as_is = words <= c->far;
	c->far = min(c->far, words);
}

static void copy_runs(struct copy *c)
{
	unsigned int runs = lpm_node_runs(c->src);

	memcpy(c->dst->before, c->src->before, sizeof(c->dst->before));
	memcpy(c->dst->map, c->src->map, sizeof(c->dst->map));
	memcpy(c->dst->run, c->src->run, runs * sizeof(c->dst->run[0]));
	if (!node_breaks(c->dst, c->first))
		break_run(c->dst, c->first, runs++);
	if (!node_breaks(c->dst, c->end))
		break_run(c->dst, c->end, runs);
}

/* Copies the words that runs have or, as they are, all. */
static void copy_words(struct copy *c)
{
	unsigned int words = 0;
	u16 *run = c->dst->run;
	u32 *word;

	if (c->as_is) {
		memcpy(lpm_node_word(c->dst, c->far) + 1, lpm_node_word(c->src, c->far) + 1,
		       c->far * sizeof(*word));
		return;
	}
	for (; words < c->far; run++) {
		if (*run < LPM_CODE_FAR)
			continue;
		word = lpm_node_word(c->dst, words++);
		*word = *lpm_code_far(c->src, *run);
		*run = far_code(c->dst, word);
	}
}

/* Copies the hidden routes, or only counts them. */
static void copy_hidden(struct copy *c)
{
	const u32 *leaves = hidden_leaves(c->src);
	const u8 *places = hidden_places(c->src);
	unsigned int i, kept = 0;

	for (i = 0; i < c->src->head.count; i++) {
		if (!places[i] || (c->pack && node_shows(c->src, c->level, places[i],
							 c->first, c->end)))
			continue;
		if (c->dst) {
			hidden_leaves(c->dst)[kept] = leaves[i];
			hidden_places(c->dst)[kept] = places[i];
		}
		kept++;
	}
	if (c->dst && c->hide) {
		hidden_leaves(c->dst)[kept] = c->hide;
		hidden_places(c->dst)[kept] = place_of(c->first, leaf_bits(c->hide, c->level));
	}
	c->hidden = kept + !!c->hide;
}

/*
 * A private copy whose runs break at both ends of a range, which lists the route of a leaf that
 * covers the range, or that is it, as hidden unless that is 0, with a spare word unless @spare
 * is NULL. Returns its index, 0: no memory.
 */
static u32 node_copy(struct lpm_trie *trie, const struct lpm_node *src, unsigned int level,
		     unsigned int first, unsigned int end, u32 hide, gfp_t gfp, u32 **spare)
{
	struct copy c = {
		.src = src, .level = level, .first = first, .end = end,
		.pack = src->head.stale, .hide = hide,
	};
	size_t bytes;
	u32 index;

	if (c.pack)
		pack_runs(&c);
	else
		count_runs(&c);
	copy_hidden(&c);
	bytes = ALIGN(struct_size(src, run, c.runs), sizeof(u32)) +
		(c.hidden + c.far + !!spare) * sizeof(u32) + ALIGN(c.hidden, sizeof(u32));
	index = vnet_lpm_arena_alloc(&trie->arena, bytes, gfp);
	if (!index)
		return 0;
	c.dst = lpm_arena_at(&trie->arena, index);
	c.dst->head.base = src->head.base;
	c.dst->head.stale = 0;
	c.dst->head.count = c.hidden;
	if (c.pack) {
		memset(c.dst->map, 0, sizeof(c.dst->map));
		pack_runs(&c);
		node_recount(c.dst);
	} else {
		copy_runs(&c);
	}
	copy_hidden(&c);
	copy_words(&c);
	if (spare)
		*spare = lpm_node_word(c.dst, c.far);
	return index;
}

u32 vnet_lpm_node_blank(struct lpm_trie *trie)
{
	return node_copy(trie, &vnet_lpm_blank, 0, 0, 0, 0, GFP_ATOMIC, NULL);
}

bool vnet_lpm_node_worn(const struct lpm_node *node)
{
	return 8 * node->head.stale >= lpm_node_runs(node) + node->head.count;
}

u32 vnet_lpm_node_repair(struct lpm_trie *trie, const struct lpm_node *node, unsigned int level)
{
	return node_copy(trie, node, level, 0, 0, 0, GFP_NOWAIT | __GFP_NOWARN, NULL);
}

u32 *vnet_lpm_node_open(struct lpm_trie *trie, const struct lpm_node *node, unsigned int level,
			u8 slot, u32 *copy)
{
	struct lpm_node *new;
	u32 *word, hide;
	u16 *run;

	node = node ?: &vnet_lpm_blank;
	/* The route that owns the slot is not hidden by what is below. */
	hide = range_hides(node, level, slot, slot + 1, 8);
	*copy = node_copy(trie, node, level, slot, slot + 1, hide, GFP_ATOMIC, &word);
	if (!*copy)
		return NULL;
	new = lpm_arena_at(&trie->arena, *copy);
	run = &new->run[lpm_node_run(new, slot)];
	*word = lpm_code_entry(new, *run, level);
	*run = far_code(new, word);
	return word;
}

/* ---- routes ---- */

/* The leaf of a route, 0 if it is not there. */
static u32 node_find(const struct lpm_trie *trie, const struct lpm_node *node,
		     const struct lpm_spot *spot)
{
	unsigned int slot = spot->first, run = lpm_node_run(node, slot);
	u32 leaf;
	int i;

	for (; slot < spot->first + spot->slots; slot = lpm_node_next_run(node, slot)) {
		leaf = run_entry(node, run++, spot->level);
		/* What is below shows the route that owns the slot. */
		if (leaf & LPM_CHILD)
			leaf = spot->bits == 8 ? lpm_entry_leaf(trie, leaf) : 0;
		if (leaf && lpm_leaf_len(leaf) == spot->len)
			return leaf;
	}
	i = spot->bits < 8 ? hidden_find(node, place_of(spot->first, spot->bits)) : -1;
	return i < 0 ? 0 : READ_ONCE(hidden_leaves(node)[i]);
}

u32 vnet_lpm_node_value(const struct lpm_trie *trie, const struct lpm_node *node,
			const struct lpm_spot *spot)
{
	return lpm_leaf_value(node_find(trie, node, spot));
}

bool vnet_lpm_node_in_use(const struct lpm_node *node)
{
	const u8 *places = hidden_places(node);
	unsigned int i;

	for (i = 0; i < lpm_node_runs(node); i++)
		if (node->run[i] >= LPM_CODE_FAR ? *lpm_code_far(node, node->run[i]) :
						   node->run[i])
			return true;
	for (i = 0; i < node->head.count; i++)
		if (places[i])
			return true;
	return false;
}

/*
 * Makes @leaf the answer of a range wherever no prefix longer than @spot has it: by its @code
 * or, if that is NULL, in the words that the codes there name. Readers may be in the node,
 * and are in its children.
 */
static void node_paint(struct lpm_trie *trie, struct lpm_node *node, const struct lpm_spot *spot,
		       const u16 *code, u32 leaf)
{
	unsigned int run = lpm_node_run(node, spot->first);
	unsigned int last = lpm_node_run(node, spot->first + spot->slots - 1);
	struct lpm_block *below;
	u32 entry;

	for (; run <= last; run++) {
		entry = run_entry(node, run, spot->level);
		if (entry & LPM_CHILD) {
			below = lpm_arena_at(&trie->arena, entry & LPM_INDEX);
			if (lpm_leaf_rank(below->base) <= spot->len)
				WRITE_ONCE(below->base, leaf);
		} else if (lpm_leaf_rank(entry) <= spot->len) {
			if (code)
				WRITE_ONCE(node->run[run], *code);
			else
				lpm_entry_publish(lpm_code_far(node, node->run[run]), leaf);
		}
	}
}

/* Whether a route, of which the node has the leaf @had or 0, can be written to it in place. */
static bool node_fits(const struct lpm_node *node, const struct lpm_spot *spot, u32 value, u32 had)
{
	unsigned int end = spot->first + spot->slots;

	if (had)
		return value < VNET_LPM_VALUE_NEAR || lpm_leaf_value(had) >= VNET_LPM_VALUE_NEAR;
	/* Readers find a route in the runs that show it, so these go in copies only. */
	return value < VNET_LPM_VALUE_NEAR && node_breaks(node, spot->first) &&
	       node_breaks(node, end) && range_shows(node, spot) &&
	       !range_cover(node, spot->level, spot->first, end, spot->bits);
}

/* The leaf of the route that is to be listed as hidden when one is inserted, 0 if none is. */
static u32 node_hides(const struct lpm_node *node, const struct lpm_spot *spot, u32 leaf, u32 had)
{
	if (had)
		return 0;
	if (!range_shows(node, spot))
		return leaf;
	return range_hides(node, spot->level, spot->first, spot->first + spot->slots, spot->bits);
}

/* Writes a route to a node that has room for it; @word is for a value that is not near. */
static void node_set(struct lpm_trie *trie, struct lpm_node *node, const struct lpm_spot *spot,
		     u32 leaf, u32 *word)
{
	int i = spot->bits < 8 ? hidden_find(node, place_of(spot->first, spot->bits)) : -1;
	u32 value = lpm_leaf_value(leaf);
	u16 code = 0;

	if (value < VNET_LPM_VALUE_NEAR)
		code = near_code(spot->bits, value);
	else if (word)
		code = far_code(node, word);
	if (word)
		*word = leaf;
	if (i >= 0)
		WRITE_ONCE(hidden_leaves(node)[i], leaf);
	node_paint(trie, node, spot, code ? &code : NULL, leaf);
}

struct lpm_node *vnet_lpm_node_insert(struct lpm_trie *trie, const struct lpm_node *old,
				      const struct lpm_spot *spot, u32 value, u32 *copy)
{
	const struct lpm_node *src = old ?: &vnet_lpm_blank;
	u32 had = node_find(trie, src, spot), leaf = lpm_leaf(value, spot->len);
	struct lpm_node *node = (struct lpm_node *)src;
	u32 *word = NULL;

	*copy = 0;
	if (!old || !node_fits(src, spot, value, had)) {
		*copy = node_copy(trie, src, spot->level, spot->first, spot->first + spot->slots,
				  node_hides(src, spot, leaf, had), GFP_ATOMIC,
				  value < VNET_LPM_VALUE_NEAR ? NULL : &word);
		if (!*copy)
			return NULL;
		node = lpm_arena_at(&trie->arena, *copy);
	}
	node_set(trie, node, spot, leaf, word);
	return node;
}

/* Finds the longest route of fewer bits that covers a spot: its leaf and its code, or 0. */
static u32 node_cover(const struct lpm_node *node, const struct lpm_spot *spot, u16 *code)
{
	unsigned int slot, run = 0, bits, best_bits = 0, i;
	u32 leaf, best = 0, *leaves = hidden_leaves(node);
	const u8 *places = hidden_places(node);

	*code = 0;
	for (slot = 0; slot < 256; slot = lpm_node_next_run(node, slot), run++) {
		leaf = run_leaf(node, run, spot->level);
		bits = leaf ? leaf_bits(leaf, spot->level) : 0;
		if (bits <= best_bits || bits >= spot->bits ||
		    place_of(slot, bits) != place_of(spot->first, bits))
			continue;
		best = leaf;
		best_bits = bits;
		*code = node->run[run];
	}
	for (i = 0; i < node->head.count; i++) {
		bits = places[i] ? place_bits(places[i]) : 0;
		if (bits <= best_bits || bits >= spot->bits ||
		    places[i] != place_of(spot->first, bits))
			continue;
		best = leaves[i];
		best_bits = bits;
		*code = far_code(node, &leaves[i]);
		if (lpm_leaf_value(best) < VNET_LPM_VALUE_NEAR)
			*code = near_code(bits, lpm_leaf_value(best));
	}
	return best;
}

void vnet_lpm_node_unset(struct lpm_trie *trie, struct lpm_node *node,
			 const struct lpm_spot *spot)
{
	u16 code;
	u32 cover = node_cover(node, spot, &code);
	int i;

	node_paint(trie, node, spot, &code, cover);
	i = spot->bits < 8 ? hidden_find(node, place_of(spot->first, spot->bits)) : -1;
	if (i >= 0)
		WRITE_ONCE(hidden_places(node)[i], 0);
}

u32 vnet_lpm_node_match(const struct lpm_trie *trie, const struct lpm_node *node,
			unsigned int level, u8 slot, unsigned int bits)
{
	const u32 *leaves = hidden_leaves(node);
	const u8 *places = hidden_places(node);
	unsigned int at, run = 0, len, best_len = 0, i;
	u32 leaf, best = 0;
	u8 place;

	for (at = 0; at < 256; at = lpm_node_next_run(node, at), run++) {
		leaf = lpm_entry_leaf(trie, run_entry(node, run, level));
		len = leaf ? leaf_bits(leaf, level) : 0;
		if (len <= best_len || len > bits || place_of(at, len) != place_of(slot, len))
			continue;
		best = leaf;
		best_len = len;
	}
	for (i = 0; i < node->head.count; i++) {
		place = READ_ONCE(places[i]);
		len = place ? place_bits(place) : 0;
		if (len <= best_len || len > bits || place != place_of(slot, len))
			continue;
		best = READ_ONCE(leaves[i]);
		best_len = len;
	}
	return best;
}

/* The least rank above @rank among the hidden routes. */
static int hidden_next(const struct lpm_node *node, int rank, u32 *value)
{
	const u32 *leaves = hidden_leaves(node);
	const u8 *places = hidden_places(node);
	int best = LPM_RANK_END, here;
	unsigned int i;
	u8 place;

	for (i = 0; i < node->head.count; i++) {
		place = READ_ONCE(places[i]);
		if (!place)
			continue;
		here = place_first(place) * 16 + place_bits(place);
		if (here <= rank || here >= best)
			continue;
		best = here;
		*value = lpm_leaf_value(READ_ONCE(leaves[i]));
	}
	return best;
}

int vnet_lpm_node_next(const struct lpm_trie *trie, const struct lpm_node *node,
		       unsigned int level, int rank, u32 *value, u32 *child)
{
	int best = hidden_next(node, rank, value), here;
	unsigned int slot, run = 0, bits;
	u32 entry, leaf;

	*child = 0;
	for (slot = 0; slot < 256; slot = lpm_node_next_run(node, slot)) {
		entry = run_entry(node, run++, level);
		leaf = lpm_entry_leaf(trie, entry);
		bits = leaf ? leaf_bits(leaf, level) : 0;
		here = (slot & (0xff00 >> bits)) * 16 + bits;
		if (leaf && here > rank && here < best) {
			best = here;
			*value = lpm_leaf_value(leaf);
			*child = 0;
		}
		here = slot * 16 + LPM_RANK_CHILD;
		if (entry & LPM_CHILD && here > rank && here < best) {
			best = here;
			*child = entry;
		}
	}
	return best;
}
