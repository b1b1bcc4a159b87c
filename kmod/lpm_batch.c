// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups of many keys at once in the large body of an LPM table: see lpm_wide.h, where IPv4
 * has what it needs once it has direct access.
 *
 * That is what vnet_lpm_lookup_many() (lpm.h) offers to owners of a table. In this module
 * itself only the self-test calls it.
 *
 * All keys take each step together: what one step asks memory for, the next finds in the
 * cache. Steps that all keys take have no branches that depend on what is found, for
 * these are what nothing predicts: keys are put on the lists of who goes on by adding a
 * condition to the length of the list.
 */
#include <linux/kernel.h>
#include "lpm_wide.h"

/* The keys of one batch and how far each has got. */
struct batch {
	const struct lpm_key *key;
	u32 *leaf;			/* results */
	u32 entry[LPM_BATCH];		/* to go on with */
	u32 best[LPM_BATCH];		/* last base on the way */
	const void *child[LPM_BATCH];	/* what the entry names */
	u8 busy[LPM_BATCH];		/* the keys that go on, @n of them */
	u8 at_bucket[LPM_BATCH];	/* those that do not because they are at a bucket */
	unsigned int n;
};

/* One level down, from nodes, for the keys in busy[]. */
static void step_nodes(struct batch *b, unsigned int level)
{
	const u16 *at[LPM_BATCH] __uninitialized;
	unsigned int i, k;

	for (i = 0; i < b->n; i++) {
		k = b->busy[i];
		at[i] = lpm_trie_step(b->child[k], lpm_key_byte(b->key[k], level), &b->best[k]);
		prefetch(at[i]);
	}
	for (i = 0; i < b->n; i++) {
		k = b->busy[i];
		b->entry[k] = lpm_code_entry(b->child[k], READ_ONCE(*at[i]), level);
	}
}

/* Asks for the blocks that the entries of some keys name. */
static void fetch(const struct lpm_trie *trie, struct batch *b, const u8 *list, unsigned int n)
{
	const char *child;
	unsigned int i;

	for (i = 0; i < n; i++) {
		child = lpm_trie_child(trie, b->entry[list[i]]);
		b->child[list[i]] = child;
		prefetch(child);
		lpm_node_prefetch((const void *)child);
	}
}

/* Keeps in busy[] the keys whose entries name nodes; the others are at their ends. */
static void sort_out(const struct lpm_trie *trie, struct batch *b, unsigned int level)
{
	unsigned int i, k, nodes = 0, buckets = 0;
	u32 entry;

	for (i = 0; i < b->n; i++) {
		k = b->busy[i];
		entry = b->entry[k];
		b->leaf[k] = lpm_either(entry, b->best[k]);
		b->at_bucket[buckets] = k;
		buckets += entry >> 30 == (LPM_CHILD | LPM_BUCKET) >> 30;
		b->busy[nodes] = k;
		nodes += entry >> 30 == LPM_CHILD >> 30;
	}
	b->n = nodes;
	fetch(trie, b, b->busy, nodes);
	fetch(trie, b, b->at_bucket, buckets);
	for (i = 0; i < buckets; i++) {
		k = b->at_bucket[i];
		b->leaf[k] = lpm_bucket_lookup(b->child[k], b->key[k], level, b->best[k]);
	}
}

/* Takes the keys in busy[] from their entries for @level to their ends. */
static void descend(const struct lpm_trie *trie, struct batch *b, unsigned int level)
{
	for (sort_out(trie, b, level); b->n; sort_out(trie, b, level))
		step_nodes(b, level++);
}

/* Takes the keys in busy[] through the trie without the short cut. */
static void walk_all(const struct lpm_trie *trie, const struct lpm_wide *wide, struct batch *b)
{
	unsigned int i, k;

	for (i = 0; i < b->n; i++) {
		k = b->busy[i];
		b->best[k] = wide ? READ_ONCE(wide->top[b->key[k].hi >> 56]) : 0;
		b->entry[k] = wide ? lpm_wide_entry(wide, b->key[k]) :
				      lpm_entry_load(&trie->root);
	}
	descend(trie, b, wide ? 2 : 0);
}

/* Lists those keys that direct access does not have the answer to. */
static void below_wide(const struct lpm_wide *wide, struct batch *b)
{
	unsigned int i, n = 0;
	u32 entry;

	for (i = 0; i < b->n; i++) {
		entry = lpm_wide_entry(wide, b->key[i]);
		b->leaf[i] = lpm_either(entry, READ_ONCE(wide->top[b->key[i].hi >> 56]));
		b->busy[n] = i;
		n += entry >> 31;
	}
	b->n = n;
}

/* Takes the keys in busy[] through the short cut; leaves those that find nothing there. */
static void take_hash(const struct lpm_trie *trie, const struct lpm_hash *hash, struct batch *b)
{
	unsigned int i, k, some = b->n, n = 0;
	u8 all[LPM_BATCH] __uninitialized;

	for (i = 0; i < some; i++) {
		k = b->busy[i];
		all[i] = k;
		b->entry[k] = lpm_hash_find(hash, b->key[k].hi >> 32);
		b->best[k] = 0;
	}
	descend(trie, b, LPM_HASH_LEVEL);
	for (i = 0; i < some; i++) {
		b->busy[n] = all[i];
		n += !b->leaf[all[i]];
	}
	b->n = n;
}

void vnet_lpm_trie_lookup_many(const struct lpm_trie *trie, const struct lpm_key *key,
			       unsigned int n, u32 *leaf)
{
	const struct lpm_hash *hash = rcu_dereference_raw(trie->hash);
	const struct lpm_wide *wide = lpm_trie_wide6(trie);
	struct batch b __uninitialized;
	unsigned int i;

	b.key = key;
	b.leaf = leaf;
	b.n = n;
	for (i = 0; i < n; i++) {
		b.busy[i] = i;
		if (wide)
			prefetch(lpm_wide_at(wide, key[i]));
	}
	if (hash) {
		for (i = 0; i < n; i++)
			lpm_hash_prefetch(hash, key[i].hi >> 32);
		if (wide)
			below_wide(wide, &b);
		take_hash(trie, hash, &b);
	}
	walk_all(trie, wide, &b);
}
