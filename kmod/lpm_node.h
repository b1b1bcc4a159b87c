/* SPDX-License-Identifier: GPL-2.0-only */
/* Updates of and walks through one node of an LPM trie; see lpm_trie.h. */
#ifndef _VNET_LPM_NODE_H
#define _VNET_LPM_NODE_H

#include <linux/minmax.h>
#include "lpm_trie.h"

/* A prefix within its home node. */
struct lpm_spot {
	unsigned int level;	/* of the node */
	unsigned int first;	/* slot */
	unsigned int slots;
	u8 bits;		/* of the node's byte, 1 .. 8 */
	u8 len;			/* all in all */
};

static inline struct lpm_spot lpm_spot_of(struct lpm_key key, u8 len)
{
	struct lpm_spot spot = { .level = (len - 1) / 8, .len = len };

	spot.bits = len - 8 * spot.level;
	spot.slots = 1U << (8 - spot.bits);
	spot.first = lpm_key_byte(key, spot.level);
	return spot;
}

static inline unsigned int lpm_node_runs(const struct lpm_node *node)
{
	return node->before[3] + lpm_popcount(node->map[3]);
}

/* Where the run after the one of @slot begins, 256 if there is none. */
static inline unsigned int lpm_node_next_run(const struct lpm_node *node, unsigned int slot)
{
	u64 rest;

	for (slot++; slot < 256; slot = (slot | 63) + 1) {
		rest = node->map[slot >> 6] >> (slot & 63);
		if (rest)
			return slot + __ffs64(rest);
	}
	return 256;
}

static inline u32 lpm_node_entry(const struct lpm_node *node, u8 slot, unsigned int level)
{
	return lpm_code_entry(node, READ_ONCE(node->run[lpm_node_run(node, slot)]), level);
}

/* The leaf of an entry: a child's is its base. */
static inline u32 lpm_entry_leaf(const struct lpm_trie *trie, u32 entry)
{
	const struct lpm_block *below;

	if (!(entry & LPM_CHILD))
		return entry;
	below = lpm_trie_child(trie, entry);
	return READ_ONCE(below->base);
}

/*
 * A private copy, its index in @copy, of @node at @level, NULL for one without routes, in
 * which @slot has a word of its own for what is going to be below. Returns the word, with the
 * leaf that the slot had; NULL: no memory.
 */
u32 *vnet_lpm_node_open(struct lpm_trie *trie, const struct lpm_node *node, unsigned int level,
			u8 slot, u32 *copy);

/*
 * A node like @old, NULL for one without routes, with one more route or another value of it:
 * @old itself if it will do, in which readers may be, or a private copy, its index in @copy.
 * NULL: no memory.
 */
struct lpm_node *vnet_lpm_node_insert(struct lpm_trie *trie, const struct lpm_node *old,
				      const struct lpm_spot *spot, u32 value, u32 *copy);

/* A node without routes: its index, 0: no memory. */
u32 vnet_lpm_node_blank(struct lpm_trie *trie);

/*
 * Whether removals have left so much in the node that it should be copied; then the copy's
 * index, 0 if there is no memory.
 */
bool vnet_lpm_node_worn(const struct lpm_node *node);
u32 vnet_lpm_node_repair(struct lpm_trie *trie, const struct lpm_node *node, unsigned int level);

/* Notes that something in the node has become superfluous. */
static inline void lpm_node_spoil(struct lpm_node *node)
{
	if (node->head.stale < U8_MAX)
		node->head.stale++;
}

/* Removes a route from a node. Readers may be in it. */
void vnet_lpm_node_unset(struct lpm_trie *trie, struct lpm_node *node,
			 const struct lpm_spot *spot);

/* Whether there is any route in the node or below. */
bool vnet_lpm_node_in_use(const struct lpm_node *node);

/* The value of a route whose home the node is, 0 if it is not there. */
u32 vnet_lpm_node_value(const struct lpm_trie *trie, const struct lpm_node *node,
			const struct lpm_spot *spot);

/* The leaf of the longest route of at most @bits bits in this node, at @level; 0 if none. */
u32 vnet_lpm_node_match(const struct lpm_trie *trie, const struct lpm_node *node,
			unsigned int level, u8 slot, unsigned int bits);

/*
 * What a node holds has a rank in the order of iteration: 16 times the first slot plus
 * the bits of a route or, for a child, more than any route there.
 */
#define LPM_RANK_CHILD	9
#define LPM_RANK_END	(256 * 16)

/*
 * The least rank above @rank in the node, with the value of a route or else, in @child, the
 * entry of what is below; 0 there if it is a route.
 */
int vnet_lpm_node_next(const struct lpm_trie *trie, const struct lpm_node *node,
		       unsigned int level, int rank, u32 *value, u32 *child);

#endif /* _VNET_LPM_NODE_H */
