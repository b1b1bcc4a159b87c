// SPDX-License-Identifier: GPL-2.0-only
/* Direct access to the third level of an LPM trie: see lpm_wide.h. */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "lpm_node.h"
#include "lpm_wide.h"

static_assert(256 % LPM_WIDE_STEP == 0);

/* The slots of who has none of its own; nobody writes to them. */
static const u32 no_child[256];
static const u16 no_code[256];

/* ---- readers ---- */

/* In no hurry, so by way of the node or the root. */
u32 vnet_lpm_wide_rest(const struct lpm_wide *wide, const u8 *addr, u8 *plen)
{
	const struct lpm_trie *trie = wide->trie;
	struct lpm_key key = lpm_key_load(addr, 32);
	u32 child = lpm_entry_load(lpm_wide_child(wide, addr[0], addr[1]));
	u16 code = READ_ONCE(*lpm_wide_code(wide, addr[0], addr[1]));
	u32 leaf = 0;

	if (child)
		leaf = lpm_trie_walk(trie, key, LPM_CHILD | child, 2, 0);
	else if (code == LPM_WIDE_FAR)
		leaf = lpm_trie_walk(trie, key, lpm_entry_load(&trie->root), 0, 0);
	else if (code)
		leaf = lpm_code_leaf(code, 2);
	leaf = lpm_either(leaf, READ_ONCE(wide->top[addr[0]]));
	*plen = leaf >> LPM_LEN_SHIFT;
	return lpm_leaf_value(leaf);
}

/* Nearly all ends one level below, so there is no more to do together. */
void vnet_lpm_wide_lookup_many(const struct lpm_wide *wide, const void *const *addr,
			       unsigned int n, u32 *value, u8 *plen)
{
	const struct lpm_node *node[LPM_BATCH] __uninitialized;
	unsigned int i;

	for (i = 0; i < n; i++) {
		node[i] = lpm_wide_node(wide, addr[i]);
		prefetch(node[i]);
		lpm_wide_prefetch(node[i]);
	}
	for (i = 0; i < n; i++)
		value[i] = lpm_wide_value(wide, node[i], addr[i], &plen[i]);
}

/* ---- writers ---- */

/* What readers use, or else what is being set up. */
static struct lpm_wide *wide_of(const struct lpm_trie *trie)
{
	return rcu_dereference_raw(trie->wide) ?: trie->rising;
}

static bool has_slots(const struct lpm_wide *wide, u8 byte)
{
	return rcu_access_pointer(wide->child[byte]) != no_child;
}

static bool has_codes(const struct lpm_wide *wide, u8 byte)
{
	return rcu_access_pointer(wide->code[byte]) != no_code;
}

/* Gives a first byte slots of its own; false: no memory. */
static bool add_slots(struct lpm_wide *wide, u8 byte)
{
	u32 *child = kcalloc(256, sizeof(*child), GFP_ATOMIC | __GFP_NOWARN);
	u16 *code = NULL;

	if (!child)
		return false;
	if (!wide->trie->head.ip6) {
		code = kcalloc(256, sizeof(*code), GFP_ATOMIC | __GFP_NOWARN);
		if (!code) {
			kfree(child);
			return false;
		}
		rcu_assign_pointer(wide->code[byte], code);
	}
	rcu_assign_pointer(wide->child[byte], child);
	return true;
}

/* What covers all of a slot, as a code. */
static u16 cover_code(const struct lpm_trie *trie, u32 entry)
{
	u32 leaf = lpm_entry_leaf(trie, entry);

	if (!leaf)
		return 0;
	return lpm_leaf_value(leaf) < VNET_LPM_VALUE_NEAR ? lpm_near_code(leaf, 2) : LPM_WIDE_FAR;
}

static u32 top_code(u32 leaf)
{
	u32 value = min_t(u32, lpm_leaf_value(leaf), LPM_CODE_VALUE);

	return ((leaf >> LPM_LEN_SHIFT) - lpm_code_len(0, 2)) << LPM_CODE_SHIFT | value;
}

/* Copies a range of the root node's leaves. */
static void copy_top(const struct lpm_trie *trie, struct lpm_wide *wide,
		     unsigned int first, unsigned int slots)
{
	const struct lpm_node *root = lpm_trie_child(trie, trie->root);
	unsigned int slot;
	u32 leaf;

	for (slot = first; slot < first + slots; slot++) {
		leaf = lpm_entry_leaf(trie, lpm_node_entry(root, slot, 0));
		leaf = leaf ?: trie->deflt;
		WRITE_ONCE(wide->top[slot], leaf);
		WRITE_ONCE(wide->top_code[slot], top_code(leaf));
	}
}

static void copy_run(struct lpm_wide *wide, u8 byte, unsigned int slot, unsigned int end,
		     u32 entry)
{
	u32 *children = rcu_dereference_raw(wide->child[byte]);
	u16 *codes = rcu_dereference_raw(wide->code[byte]), code = 0;
	bool ip6 = wide->trie->head.ip6;

	if (!ip6) {
		code = cover_code(wide->trie, entry);
		entry = entry & LPM_CHILD ? entry & LPM_INDEX : 0;
	}
	for (; slot < end; slot++) {
		lpm_entry_publish(&children[slot], entry);
		if (!ip6)
			WRITE_ONCE(codes[slot], code);
	}
}

/* Copies a range of a second-level node's entries. */
static void copy_node(struct lpm_wide *wide, const struct lpm_node *node, u8 byte,
		      unsigned int first, unsigned int slots)
{
	unsigned int slot = first, end;

	for (; slot < first + slots; slot = end) {
		end = min(lpm_node_next_run(node, slot), first + slots);
		copy_run(wide, byte, slot, end, lpm_node_entry(node, slot, 1));
	}
}

void vnet_lpm_wide_sync(struct lpm_trie *trie, struct lpm_key key, unsigned int level,
			unsigned int first, unsigned int slots)
{
	struct lpm_wide *wide = wide_of(trie);
	u8 byte = lpm_key_byte(key, 0);
	u32 entry;

	if (!wide || level > 1)
		return;
	if (level == 0) {
		copy_top(trie, wide, first, slots);
		return;
	}
	if (byte >= wide->done)
		return;
	entry = lpm_node_entry(lpm_trie_child(trie, trie->root), byte, 0);
	copy_node(wide, lpm_trie_child(trie, entry), byte, first, slots);
}

bool vnet_lpm_wide_prepare(struct lpm_trie *trie, struct lpm_key key, u8 len)
{
	struct lpm_wide *wide = wide_of(trie);
	u8 byte = lpm_key_byte(key, 0);

	if (!wide || byte >= wide->done || len <= 8 || has_slots(wide, byte))
		return true;
	return add_slots(wide, byte);
}

static struct lpm_wide *wide_create(struct lpm_trie *trie)
{
	struct lpm_wide *wide = kzalloc(sizeof(*wide), GFP_ATOMIC | __GFP_NOWARN);
	unsigned int byte;

	if (!wide)
		return NULL;
	wide->trie = trie;
	for (byte = 0; byte < 256; byte++) {
		RCU_INIT_POINTER(wide->child[byte], (u32 *)no_child);
		RCU_INIT_POINTER(wide->code[byte], (u16 *)no_code);
	}
	copy_top(trie, wide, 0, 256);
	return wide;
}

/* The next first byte; false: no memory. */
static bool wide_add_byte(const struct lpm_trie *trie, struct lpm_wide *wide)
{
	u8 byte = wide->done;
	u32 entry = lpm_node_entry(lpm_trie_child(trie, trie->root), byte, 0);

	if (entry & LPM_CHILD) {
		if (!add_slots(wide, byte))
			return false;
		copy_node(wide, lpm_trie_child(trie, entry), byte, 0, 256);
	}
	wide->done++;
	return true;
}

/*
 * Makes the empty block a node without routes, once: readers of an earlier direct access may
 * be in it still.
 */
static void place_blank(struct lpm_trie *trie)
{
	struct lpm_node *node = lpm_arena_at(&trie->arena, 0);

	static_assert(sizeof(*node) + sizeof(node->run[0]) <= LPM_ARENA_EMPTY);
	if (!node->map[0])
		memcpy(node, &vnet_lpm_blank, struct_size(&vnet_lpm_blank, run, 1));
}

bool vnet_lpm_wide_rise(struct lpm_trie *trie)
{
	struct lpm_wide *wide = trie->rising;
	unsigned int step;

	if (rcu_access_pointer(trie->wide) || !trie->root)
		return rcu_access_pointer(trie->wide);
	if (!wide) {
		wide = wide_create(trie);
		if (!wide)
			return false;
		place_blank(trie);
	}
	trie->rising = wide;
	for (step = 0; step < LPM_WIDE_STEP; step++) {
		if (wide_add_byte(trie, wide))
			continue;
		trie->rising = NULL;
		vnet_lpm_wide_free(wide);
		return false;
	}
	if (wide->done < 256)
		return false;
	trie->rising = NULL;
	rcu_assign_pointer(trie->wide, wide);
	return true;
}

static void wide_free_rcu(struct rcu_head *rcu)
{
	vnet_lpm_wide_free(container_of(rcu, struct lpm_wide, rcu));
}

void vnet_lpm_wide_drop(struct lpm_trie *trie)
{
	struct lpm_wide *wide = rcu_dereference_raw(trie->wide);

	vnet_lpm_wide_free(trie->rising);
	trie->rising = NULL;
	if (!wide)
		return;
	RCU_INIT_POINTER(trie->wide, NULL);
	call_rcu(&wide->rcu, wide_free_rcu);
}

/* The trie may be gone. */
void vnet_lpm_wide_free(struct lpm_wide *wide)
{
	unsigned int byte;

	for (byte = 0; wide && byte < 256; byte++) {
		if (has_slots(wide, byte))
			kfree(rcu_dereference_raw(wide->child[byte]));
		if (has_codes(wide, byte))
			kfree(rcu_dereference_raw(wide->code[byte]));
	}
	kfree(wide);
}

size_t vnet_lpm_wide_bytes(const struct lpm_wide *wide)
{
	size_t bytes = ksize(wide);
	unsigned int byte;

	for (byte = 0; wide && byte < 256; byte++) {
		if (has_slots(wide, byte))
			bytes += 256 * sizeof(u32);
		if (has_codes(wide, byte))
			bytes += 256 * sizeof(u16);
	}
	return bytes;
}
