// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups of many keys at once in the large body of an IPv6 table. What IPv4 has once there is
 * direct access is in lpm_wide.c.
 *
 * That is what vnet_lpm_lookup_many() (lpm.h) offers to owners of a table. In this module
 * itself only the self-test calls it.
 *
 * All keys take each step together: what one step asks memory for, the next finds in the
 * cache. So nothing is to be gained by finding out early who has no need of a step, only
 * branches that nothing predicts.
 */
#include <linux/kernel.h>
#include "lpm_wide.h"

/*
 * Asks for the block that an entry names, all of a bucket of up to four routes; for whatever
 * there is, if it names none.
 */
static __always_inline const void *fetch(const struct lpm_trie *trie, u32 entry)
{
	const char *block;

	entry = entry & LPM_CHILD ? entry : 0;
	OPTIMIZER_HIDE_VAR(entry);
	block = lpm_trie_child(trie, entry);
	prefetch(block);
	prefetch(block + 40);
	return block;
}

/* What the short cut has for each address, and what that names */
static void find_many(const struct lpm_trie *trie, const struct lpm_hash *hash,
		      const void *const *addr, unsigned int n, u32 *entry, const void **block)
{
	const u64 *home[LPM_BATCH] __uninitialized;
	u32 mix[LPM_BATCH] __uninitialized;
	unsigned int i;

	for (i = 0; i < n; i++) {
		mix[i] = lpm_hash_mix(lpm_first_half(addr[i]) >> 32);
		home[i] = lpm_hash_start(hash, mix[i]);
		prefetch(home[i]);
	}
	for (i = 0; i < n; i++) {
		entry[i] = lpm_hash_find(hash, mix[i], home[i]);
		block[i] = fetch(trie, entry[i]);
	}
}

void vnet_lpm_trie_lookup_many(const struct lpm_trie *trie, const void *const *addr,
			       unsigned int n, u32 *leaf)
{
	const struct lpm_hash *hash = rcu_dereference_raw(trie->hash);
	const void *block[LPM_BATCH] __uninitialized;
	u32 entry[LPM_BATCH] __uninitialized;
	unsigned int i;

	if (hash)
		find_many(trie, hash, addr, n, entry, block);
	for (i = 0; i < n; i++)
		leaf[i] = hash ? lpm_trie_resume6(trie, addr[i], entry[i], block[i]) :
				 lpm_trie_descend6(trie, addr[i]);
}
