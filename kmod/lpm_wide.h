/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct access to the third level of an LPM trie, by the first two bytes of the address, for
 * tables that are worth 400 KiB: what the walk from the root would find there.
 *
 * Nearly all IPv4 routes end in the third byte, so what comes after decides how fast a lookup
 * is: few instructions, as more lookups then wait for memory at the same time, and no branch
 * on what nothing predicts. So each slot has two parts, which are there whether or not there is
 * anything to find: the node, or the blank one, and the code (lpm_trie.h) of the longest route
 * of 9 to 16 bits, which is the answer where the node has none. Where neither has one it is
 * that of the first byte, a code as well.
 */
#ifndef _VNET_LPM_WIDE_H
#define _VNET_LPM_WIDE_H

#include "lpm_trie.h"

struct lpm_wide {
	struct rcu_head rcu;
	const struct lpm_trie *trie;
	unsigned int done;		/* first bytes that have been copied: 256, for a reader */
	u32 top[256];			/* by the first byte: leaf of at most 8 bits or .deflt */
	/*
	 * IPv4: the same as a code, whose length is negative. A value that is not near says that
	 * the leaf does not fit in; the value 0, that there is none.
	 */
	u32 top_code[256];
	/*
	 * By both bytes. In IPv4 the index of the node, 0: none; in IPv6 the entry. First bytes
	 * that never had a node on the second level share slots that are empty.
	 */
	u32 __rcu *child[256];
	/* IPv4: the code of the longest route of 9 to 16 bits, or LPM_WIDE_FAR. */
	u16 __rcu *code[256];
};

#define LPM_WIDE_FAR	0xffff	/* names no word: the leaf does not fit in a code */
#define LPM_WIDE_STEP	4	/* first bytes at each call of vnet_lpm_wide_rise() */

/* By the first two bytes; slots of its own replace the shared ones in front of readers. */
static __always_inline const u32 *lpm_wide_child(const struct lpm_wide *wide,
						 unsigned long first, unsigned long second)
{
	return &rcu_dereference_raw(wide->child[first])[second];
}

static __always_inline const u16 *lpm_wide_code(const struct lpm_wide *wide,
						unsigned long first, unsigned long second)
{
	return &rcu_dereference_raw(wide->code[first])[second];
}

/* Where direct access leads for an IPv4 address. */
static __always_inline const struct lpm_node *
lpm_wide_node(const struct lpm_wide *wide, const u8 *addr)
{
	return lpm_arena_at(&wide->trie->arena,
			    lpm_entry_load(lpm_wide_child(wide, addr[0], addr[1])));
}

/* Asks for most of what a lookup may read of a node there, wherever in a line it begins. */
static __always_inline void lpm_wide_prefetch(const struct lpm_node *node)
{
	prefetch((const char *)node + 56);
	prefetch((const char *)node + 112);
}

/* The value, where a code does not say it: one that is not near, or of more than 24 bits. */
u32 vnet_lpm_wide_rest(const struct lpm_wide *wide, const u8 *addr, u8 *plen);

/* From that node down: the value. */
static __always_inline u32 lpm_wide_value(const struct lpm_wide *wide,
					  const struct lpm_node *node, const u8 *addr, u8 *plen)
{
	u32 cover = lpm_either(READ_ONCE(*lpm_wide_code(wide, addr[0], addr[1])),
			       READ_ONCE(wide->top_code[addr[0]]));
	u32 code = lpm_either(READ_ONCE(node->run[lpm_node_run(node, addr[2])]), cover);
	u32 value = code & LPM_CODE_VALUE;

	/* All that names a word ends like that, too. */
	if (unlikely(value >= VNET_LPM_VALUE_NEAR))
		return vnet_lpm_wide_rest(wide, addr, plen);
	*plen = lpm_code_len(code, 2);
	return value;
}

/* The same for at most LPM_BATCH addresses at once. */
void vnet_lpm_wide_lookup_many(const struct lpm_wide *wide, const void *const *addr,
			       unsigned int n, u32 *value, u8 *plen);

/* The entry for an IPv6 key */
static inline u32 lpm_wide_entry(const struct lpm_wide *wide, struct lpm_key key)
{
	return lpm_entry_load(lpm_wide_child(wide, key.hi >> 56, key.hi >> 48 & 0xff));
}

/* ---- IPv6, together with the short cut (lpm_hash.h) ---- */

/*
 * From @entry for @level down, as lpm_trie_walk(): out of the way of the lookups that end before,
 * which have no need of the second half of the address.
 */
u32 vnet_lpm_trie_walk6(const struct lpm_trie *trie, const void *addr, u32 entry,
			unsigned int level, u32 best);

static inline u64 lpm_first_half(const void *addr)
{
	return lpm_key_load(addr, 128).hi;
}

/* The leaf of the longest prefix that covers an address, 0 if none, without the short cut. */
static __always_inline u32 lpm_trie_descend6(const struct lpm_trie *trie, const void *addr)
{
	const struct lpm_wide *wide = rcu_dereference_raw(trie->wide);
	struct lpm_key key = { .hi = lpm_first_half(addr) };
	u32 entry, best;

	if (!wide)
		return vnet_lpm_trie_walk6(trie, addr, lpm_entry_load(&trie->root), 0, 0);
	best = READ_ONCE(wide->top[key.hi >> 56]);
	entry = lpm_wide_entry(wide, key);
	if (!(entry & LPM_CHILD))
		return lpm_either(entry, best);
	/*
	 * An address that no route is near to ends in this level. It has no buckets, and
	 * nodes of a line or two, not worth a prefetch.
	 */
	entry = lpm_trie_down(lpm_trie_child(trie, entry), key, 2, &best);
	if (!(entry & LPM_CHILD))
		return lpm_either(entry, best);
	return vnet_lpm_trie_walk6(trie, addr, entry, 3, best);
}

/*
 * The same from what the short cut has for the address: nearly always a bucket, or nothing.
 * @block is what the entry names, if it names anything.
 */
static __always_inline u32 lpm_trie_resume6(const struct lpm_trie *trie, const void *addr,
					    u32 entry, const void *block)
{
	const struct lpm_bucket *bucket = block;
	u32 leaf = 0;

	if (likely(entry >= (LPM_CHILD | LPM_BUCKET))) {
		leaf = lpm_bucket_match(bucket, lpm_first_half(addr) << 32, LPM_HASH_LEVEL);
		if (unlikely(!leaf))
			leaf = READ_ONCE(bucket->head.base);
	} else if (entry) {
		leaf = vnet_lpm_trie_walk6(trie, addr, entry, LPM_HASH_LEVEL, 0);
	}
	return likely(leaf) ? leaf : lpm_trie_descend6(trie, addr);
}

/* The leaf of the longest prefix that covers an address, 0 if none */
static inline u32 lpm_trie_lookup6(const struct lpm_trie *trie, const void *addr)
{
	const struct lpm_hash *hash = rcu_dereference_raw(trie->hash);
	u32 mix = lpm_hash_mix(lpm_first_half(addr) >> 32);
	u32 entry = hash ? lpm_hash_find(hash, mix, lpm_hash_start(hash, mix)) : 0;
	const void *block = entry & LPM_CHILD ? lpm_trie_child(trie, entry) : NULL;

	return lpm_trie_resume6(trie, addr, entry, block);
}

/* Asks for what lpm_trie_lookup6() looks at first; for IPv4 nothing. */
static inline void lpm_trie_prefetch(const struct lpm_trie *trie, const void *addr)
{
	const struct lpm_hash *hash = rcu_dereference_raw(trie->hash);

	if (hash)
		prefetch(lpm_hash_start(hash, lpm_hash_mix(lpm_first_half(addr) >> 32)));
}

/* lpm_trie_lookup6() for at most LPM_BATCH IPv6 addresses at once. */
void vnet_lpm_trie_lookup_many(const struct lpm_trie *trie, const void *const *addr,
			       unsigned int n, u32 *leaf);

/* ---- for writers, the table's lock held ---- */

/*
 * Sets up direct access, for some first bytes at each call so that no update pays for all of
 * it, or gives it up. Without memory it begins anew. True: it is there.
 */
bool vnet_lpm_wide_rise(struct lpm_trie *trie);
void vnet_lpm_wide_drop(struct lpm_trie *trie);

/* The same for a table and its readers (lpm.c). */
void vnet_lpm_widen(struct vnet_lpm *t);
void vnet_lpm_narrow(struct vnet_lpm *t);

/* Has slots ready for what a route may put there; false: no memory. */
bool vnet_lpm_wide_prepare(struct lpm_trie *trie, struct lpm_key key, u8 len);

/* Brings the slots in line with a range of the node at @level on the way to @key. */
void vnet_lpm_wide_sync(struct lpm_trie *trie, struct lpm_key key, unsigned int level,
			unsigned int first, unsigned int slots);

/* No reader left. */
void vnet_lpm_wide_free(struct lpm_wide *wide);

/* Memory taken from the system, in bytes. */
size_t vnet_lpm_wide_bytes(const struct lpm_wide *wide);

#endif /* _VNET_LPM_WIDE_H */
