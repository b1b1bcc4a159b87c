// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address spaces: which there are, in order of their addresses, and what is
 * inside one. A prefix keeps whether it is (NET_SUPPRESSED); when a space comes
 * or goes, revise.c puts that right.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

static enum bgp_af prefix_af(const struct prefix *prefix)
{
	return prefix->addr.family == AF_INET ? BGP_IPV4_UNICAST :
						BGP_IPV6_UNICAST;
}

/* How many begin at this address or before it. */
static uint32_t space_count(const struct rib *rib, const struct addr *addr)
{
	uint32_t low = 0, high = rib->n_spaces, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (addr_cmp(&rib->spaces[middle].addr, addr) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct prefix *rib_space_covering(const struct rib *rib,
				       const struct prefix *prefix)
{
	uint32_t n = space_count(rib, &prefix->addr);

	/* As they are disjoint, none before the last can. */
	return n > 0 && prefix_covers(&rib->spaces[n - 1], prefix) ?
	       &rib->spaces[n - 1] : NULL;
}

unsigned int space_flag(const struct rib *rib, const struct prefix *prefix)
{
	return rib_space_covering(rib, prefix) ? NET_SUPPRESSED : 0;
}

/*
 * The prefix of the space itself does not wait for its turn: neighbors are to
 * have our path in place of another, or the reverse, and no gap.
 */
static void put_right(struct table *t, const struct prefix *space)
{
	uint32_t id = net_find(&t->nets, space);
	struct choice before;
	struct net *net;

	if (id == NET_NONE)
		return;
	net = net_get(&t->nets, id);
	decide_begin(t, net, &before);
	net->flags = (net->flags & ~NET_SUPPRESSED) | space_flag(t->rib, space);
	decide_commit(t, id, &before);
}

bool rib_space_add(struct rib *rib, const struct prefix *prefix)
{
	struct table *t = &rib->table[prefix_af(prefix)];
	uint32_t at = space_count(rib, &prefix->addr);

	if (rib_space_covering(rib, prefix))
		return false;
	rib->spaces = xreallocarray(rib->spaces, rib->n_spaces + 1,
				    sizeof(*rib->spaces));
	memmove(&rib->spaces[at + 1], &rib->spaces[at],
		(rib->n_spaces++ - at) * sizeof(*rib->spaces));
	rib->spaces[at] = *prefix;
	put_right(t, prefix);
	adjin_own_add(t, prefix);
	revise_begin(t, REVISE_SPACES);
	return true;
}

bool rib_space_del(struct rib *rib, const struct prefix *prefix)
{
	struct table *t = &rib->table[prefix_af(prefix)];
	uint32_t at = space_count(rib, &prefix->addr);

	if (at == 0 || !prefix_equal(&rib->spaces[at - 1], prefix))
		return false;
	memmove(&rib->spaces[at - 1], &rib->spaces[at],
		(rib->n_spaces-- - at) * sizeof(*rib->spaces));
	put_right(t, prefix);
	adjin_own_del(t, prefix);
	revise_begin(t, REVISE_SPACES);
	return true;
}

void rib_program_inside(struct rib *rib, bool on)
{
	if (on == rib->program_inside)
		return;
	rib->program_inside = on;
	revise_all(rib, REVISE_INSIDE);
}
