// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All prefixes once more, when something has changed that may concern any of
 * them: what is accepted, what inbound maps make of it, what is inside an
 * address space, how peers stand. One walk in pieces does all that is asked for
 * before it begins; for what is asked meanwhile there is another. Until a
 * prefix's turn comes it is as it was; then it is put right in one step, so
 * nothing is accepted that has not been through its map.
 */
#include "rib/table.h"

#define REVISE_COST	4096		/* of one piece */

void revise_begin(struct table *t, unsigned int what)
{
	struct revision *rev = &t->revision;
	bool going = rev->cursor > 0;

	rev->what |= what;
	/* To the end first, so that there is one. */
	if (going)
		rev->again |= what;
	if (what)
		rev->awaited = rev->walks + 1 + going;
	rib_wake(t->rib);
}

void revise_for_peer(struct table *t, unsigned int what)
{
	uint32_t awaited = t->revision.awaited;
	bool waiting = revise_waiting(t);

	revise_begin(t, what);
	if (waiting)
		t->revision.awaited = awaited;
}

void revise_all(struct rib *rib, unsigned int what)
{
	unsigned int af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		revise_begin(&rib->table[af], what);
}

bool revise_waiting(const struct table *t)
{
	return t->revision.walks != t->revision.awaited;
}

/*
 * Whether the kernel was told what follows from how things stood before, of
 * which @before knows nothing. What it has of the inside of a space may even
 * have lost all its paths since.
 */
static bool must_tell(const struct table *t, const struct net *net,
		      const struct choice *before)
{
	if (t->revision.what & REVISE_INSIDE && net->flags & NET_SUPPRESSED)
		return true;
	return t->revision.what & REVISE_STANDING && before->n_used > 0 &&
	       !before->withheld;
}

/* Returns what it took. */
static uint32_t decide_again(struct table *t, uint32_t id,
			     unsigned int suppressed)
{
	struct net *net = net_get(&t->nets, id);
	struct rib_path *paths;
	struct choice before;
	uint32_t i, n;

	decide_begin(t, net, &before);
	if (must_tell(t, net, &before))
		feed_mark(t, id);
	net->flags = (net->flags & ~NET_SUPPRESSED) | suppressed;
	paths = net_paths(&t->nets, net, &n);
	if (t->revision.what & REVISE_PATHS)
		for (i = 0; i < n; i++)
			paths[i].checked = false;
	decide_commit(t, id, &before);
	return n + decide_cost(n);
}

static uint32_t revise_net(struct table *t, struct remap *remap, uint32_t id)
{
	unsigned int what = t->revision.what, was, is;
	struct prefix prefix;
	uint32_t cost = 1;
	struct net *net;

	if (what & REVISE_MAPS)
		cost += remap_net(remap, id);
	net = net_get(&t->nets, id);
	was = is = net->flags & NET_SUPPRESSED;
	if (what & REVISE_SPACES) {
		prefix = net_prefix(&t->nets, net);
		is = space_flag(t->rib, &prefix);
	}
	if (what & (REVISE_PATHS | REVISE_STANDING) || was != is ||
	    (what & REVISE_INSIDE && was))
		cost += decide_again(t, id, is);
	return cost;
}

static void walk_done(struct table *t)
{
	struct revision *rev = &t->revision;

	rev->what = rev->again;
	rev->again = 0;
	rev->cursor = 0;
	/* Nobody waited for this one. */
	if (rev->walks++ == rev->awaited)
		rev->awaited = rev->walks;
	inbound_done(t->rib);
}

bool revise_run(struct table *t)
{
	struct revision *rev = &t->revision;
	bool maps = rev->what & REVISE_MAPS;
	uint32_t id, cost = 0;
	struct remap remap;

	if (!rev->what)
		return false;
	if (maps)
		remap_begin(&remap, t);
	while (cost < REVISE_COST) {
		id = net_next(&t->nets, rev->cursor);
		if (id == NET_NONE) {
			walk_done(t);
			break;
		}
		rev->cursor = id + 1;
		cost += revise_net(t, &remap, id);
	}
	if (maps)
		remap_end(&remap);
	return rev->what != 0;
}
