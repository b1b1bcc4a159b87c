// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mirror holds no more per prefix than its lookup structure does: the value
 * found there is the index of a destination, which prefixes share.
 *
 * In a system table, routes directly into this VNet or a peered one are the
 * address spaces. Their prefixes are held once more by themselves, because
 * whether a BGP route is inside one has to be known for every packet that one
 * could take.
 */
#include "compat.h"
#include "debugfs.h"
#include "dest.h"
#include "fib.h"
#include "link.h"
#include "mirror.h"
#include "nexthop.h"
#include "peering.h"

void vnet_mirror_init(struct vnet_mirror *mirror, struct vnet_table *table,
		      int family)
{
	mirror->table = table;
	mirror->family = family;
	spin_lock_init(&mirror->lock);
	vnet_lpm_init(&mirror->lpm, family, &mirror->lock);
	vnet_lpm_init(&mirror->spaces, family, &mirror->lock);
	xa_init_flags(&mirror->dests, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&mirror->retired);
}

/* Nobody else has the mirror, and softirqs need not wait for all of it. */
static void breathe(struct vnet_mirror *mirror)
{
	spin_unlock_bh(&mirror->lock);
	cond_resched();
	spin_lock_bh(&mirror->lock);
}

#define FLUSH_PIECE	256	/* destinations */

static void mirror_flush(struct vnet_mirror *mirror, bool last)
{
	struct vnet_dest *dest;
	unsigned int n = 0;
	unsigned long index;

	vnet_lpm_flush(&mirror->lpm);
	vnet_lpm_flush(&mirror->spaces);
	xa_for_each(&mirror->dests, index, dest) {
		if (!dest->routes)
			continue;
		dest->routes = 1;
		vnet_dest_put(dest);
		if (last && ++n % FLUSH_PIECE == 0)
			breathe(mirror);
	}
}

void vnet_mirror_destroy(struct vnet_mirror *mirror)
{
	spin_lock_bh(&mirror->lock);
	mirror_flush(mirror, true);
	while (vnet_dest_reclaim(mirror, true))
		breathe(mirror);
	spin_unlock_bh(&mirror->lock);
	vnet_lpm_destroy(&mirror->lpm);
	vnet_lpm_destroy(&mirror->spaces);
	xa_destroy(&mirror->dests);
	kfree(rcu_dereference_protected(mirror->list, true));
	RCU_INIT_POINTER(mirror->list, NULL);
}

bool vnet_mirror_turn(const struct vnet_mirror *mirror,
		      enum vnet_mirror_writer writer)
{
	return writer == VNET_MIRROR_BY_REPLAY ? READ_ONCE(mirror->replaying) :
						 READ_ONCE(mirror->live);
}

static u32 dest_space(const struct vnet_dest *dest)
{
	if (dest->mirror->table->class != VNET_CLASS_SYSTEM)
		return 0;
	switch (dest->action.type) {
	case VNET_HOP_VNET_LOCAL:
		return VNET_SPACE_OWN;
	case VNET_HOP_PEERING:
		return vnet_peering_effect(dest->peering) & VNET_PEERED_F_UP ?
		       VNET_SPACE_PEER : VNET_SPACE_NOBODY;
	default:
		return 0;
	}
}

bool vnet_mirror_within(int family, const struct vnet_prefix *inner,
			const struct vnet_prefix *outer)
{
	return inner->len >= outer->len &&
	       vnet_addr_in(family, inner->addr, outer->addr, outer->len);
}

static int space_check(struct vnet_mirror *mirror,
		       const struct vnet_prefix *prefix,
		       struct netlink_ext_ack *extack)
{
	struct vnet_lpm_cursor next = { .prefix = *prefix, .started = true };
	char text[INET6_ADDRSTRLEN];
	u8 len;

	if (prefix->len && vnet_lpm_lookup_shorter(&mirror->spaces, prefix->addr,
						   prefix->len - 1, &len)) {
		VNET_ERR_FMT(extack, "Address spaces overlap: it is inside a /%u",
			     len);
		return -EEXIST;
	}
	if (vnet_lpm_next(&mirror->spaces, &next) &&
	    vnet_mirror_within(mirror->family, &next.prefix, prefix)) {
		VNET_ERR_FMT(extack, "Address spaces overlap: %s/%u is inside",
			     vnet_addr_text(text, mirror->family, next.prefix.addr),
			     next.prefix.len);
		return -EEXIST;
	}
	return 0;
}

/* Cannot fail: it removes, or replaces a value */
static void space_restore(struct vnet_mirror *mirror,
			  const struct vnet_prefix *prefix, u32 space)
{
	if (space)
		vnet_lpm_insert(&mirror->spaces, prefix, space, NULL);
	else
		vnet_lpm_remove(&mirror->spaces, prefix, NULL);
}

static int space_insert(struct vnet_mirror *mirror,
			const struct vnet_prefix *prefix, u32 space,
			struct netlink_ext_ack *extack)
{
	int err;

	err = space_check(mirror, prefix, extack);
	if (err)
		return err;
	return vnet_try(vnet_lpm_insert(&mirror->spaces, prefix, space, NULL));
}

/* A VNet that uses the BGP table of another has none of its own. */
static int mirror_check_owner(const struct vnet_mirror *mirror,
			      struct netlink_ext_ack *extack)
{
	const struct vnet_table *table = mirror->table;

	if (table->class != VNET_CLASS_BGP || !READ_ONCE(table->vnet->borrows))
		return 0;
	VNET_ERR_FMT(extack, "Table %u is not in use: %s uses remote gateways",
		     table->id, netdev_name(table->vnet->dev));
	return -EBUSY;
}

static int mirror_check_limit(const struct vnet_mirror *mirror,
			      const struct vnet_prefix *prefix,
			      struct netlink_ext_ack *extack)
{
	u32 max = READ_ONCE(mirror->table->vnet->max_routes);

	if (!max || vnet_lpm_routes(&mirror->lpm) < max ||
	    vnet_lpm_get(&mirror->lpm, prefix))
		return 0;
	VNET_ERR_FMT(extack, "Table %u is full: max_routes is %u",
		     mirror->table->id, max);
	return -ENOSPC;
}

static int mirror_insert(struct vnet_mirror *mirror,
			 const struct vnet_prefix *prefix,
			 struct vnet_dest *dest,
			 struct netlink_ext_ack *extack)
{
	u32 old_space = vnet_lpm_get(&mirror->spaces, prefix);
	u32 old, space = dest_space(dest);
	int err;

	if (space) {
		err = space_insert(mirror, prefix, space, extack);
		if (err)
			return err;
	}
	err = vnet_debugfs_fault(VNET_FAULT_ROUTE_ADD) ? -ENOMEM :
	      vnet_try(vnet_lpm_insert(&mirror->lpm, prefix, dest->index, &old));
	if (err) {
		if (space)
			space_restore(mirror, prefix, old_space);
		return err;
	}
	if (old_space && !space)
		vnet_lpm_remove(&mirror->spaces, prefix, NULL);
	if (old)
		vnet_dest_put(vnet_dest_of(mirror, old));
	return 0;
}

static int mirror_set(struct vnet_mirror *mirror,
		      const struct vnet_prefix *prefix,
		      struct vnet_action *action,
		      struct netlink_ext_ack *extack)
{
	struct vnet_dest *dest;
	int err;

	err = mirror_check_owner(mirror, extack) ?:
	      mirror_check_limit(mirror, prefix, extack);
	if (err)
		return err;
	dest = vnet_dest_get(mirror, action);
	if (!dest)
		return -ENOMEM;
	err = mirror_insert(mirror, prefix, dest, extack);
	if (err)
		vnet_dest_put(dest);
	return err;
}

/* What it compares with belongs to other VNets, and is not held by our lock. */
static int mirror_check_peers(const struct vnet_mirror *mirror,
			      const struct vnet_prefix *prefix,
			      const struct vnet_action *action,
			      struct netlink_ext_ack *extack)
{
	if (mirror->table->class != VNET_CLASS_SYSTEM ||
	    action->type != VNET_HOP_VNET_LOCAL)
		return 0;
	return vnet_peering_check_space(mirror, prefix, extack);
}

int vnet_mirror_set(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		    const struct vnet_prefix *prefix,
		    struct vnet_action *action, struct netlink_ext_ack *extack)
{
	int err;

	if (!vnet_mirror_turn(mirror, writer))
		return -ESRCH;
	err = mirror_check_peers(mirror, prefix, action, extack);
	if (err)
		return err;
	spin_lock_bh(&mirror->lock);
	err = vnet_mirror_turn(mirror, writer) ?
	      mirror_set(mirror, prefix, action, extack) : -ESRCH;
	spin_unlock_bh(&mirror->lock);
	return err;
}

static void mirror_del(struct vnet_mirror *mirror,
		       const struct vnet_prefix *prefix)
{
	u32 old;

	if (vnet_lpm_remove(&mirror->lpm, prefix, &old))
		return;
	vnet_lpm_remove(&mirror->spaces, prefix, NULL);
	vnet_dest_put(vnet_dest_of(mirror, old));
}

void vnet_mirror_del(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		     const struct vnet_prefix *prefix)
{
	spin_lock_bh(&mirror->lock);
	if (vnet_mirror_turn(mirror, writer))
		mirror_del(mirror, prefix);
	spin_unlock_bh(&mirror->lock);
}

static int mirror_del_hop(struct vnet_mirror *mirror,
			  const struct vnet_prefix *prefix,
			  const struct vnet_endpoint *ep, bool others)
{
	const struct vnet_action *old = vnet_mirror_action(mirror, prefix);
	struct vnet_action action;
	int err;

	if (!old || !old->set || old->set->paths < 2) {
		if (!others)
			mirror_del(mirror, prefix);
		return 0;
	}
	if (old->set->kind == VNET_NHSET_HOPS && !vnet_nhset_has(old->set, ep))
		return 0;
	action = *old;
	action.set = vnet_nhset_without(old->set, ep);
	err = action.set ? mirror_set(mirror, prefix, &action, NULL) : -ENOMEM;
	vnet_nhset_free(action.set);
	if (err)
		mirror_del(mirror, prefix);
	return err;
}

int vnet_mirror_del_hop(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
			const struct vnet_prefix *prefix,
			const struct vnet_endpoint *ep, bool others)
{
	int err = 0;

	spin_lock_bh(&mirror->lock);
	if (vnet_mirror_turn(mirror, writer))
		err = mirror_del_hop(mirror, prefix, ep, others);
	spin_unlock_bh(&mirror->lock);
	return err;
}

const struct vnet_action *vnet_mirror_action(const struct vnet_mirror *mirror,
					     const struct vnet_prefix *prefix)
{
	u32 index = vnet_lpm_get(&mirror->lpm, prefix);
	const struct vnet_dest *dest;

	dest = index ? vnet_dest_of(mirror, index) : NULL;
	return dest ? &dest->action : NULL;
}

bool vnet_mirror_follow(struct vnet_mirror *mirror)
{
	bool live;

	if (READ_ONCE(mirror->live))
		return true;
	spin_lock_bh(&mirror->lock);
	live = mirror->live;
	if (!live)
		mirror->touched = true;
	spin_unlock_bh(&mirror->lock);
	return live;
}

static void mirror_begin(struct vnet_mirror *mirror)
{
	mirror_flush(mirror, false);
	mirror->touched = false;
	mirror->refused = 0;
}

bool vnet_mirror_has_read(struct vnet_mirror *mirror)
{
	bool live;

	spin_lock_bh(&mirror->lock);
	live = !mirror->touched;
	if (!live)
		mirror_begin(mirror);
	WRITE_ONCE(mirror->live, live);
	WRITE_ONCE(mirror->replaying, !live);
	spin_unlock_bh(&mirror->lock);
	return live;
}

void vnet_mirror_switch(struct vnet_mirror *mirror, bool live, bool replaying,
			bool flush)
{
	spin_lock_bh(&mirror->lock);
	if (flush)
		mirror_begin(mirror);
	WRITE_ONCE(mirror->live, live);
	WRITE_ONCE(mirror->replaying, replaying);
	spin_unlock_bh(&mirror->lock);
}

void vnet_mirror_peering_changed(struct vnet_mirror *mirror,
				 const struct vnet_peering *peering)
{
	struct vnet_lpm_cursor space = {};
	const struct vnet_dest *dest;
	u32 index;

	spin_lock_bh(&mirror->lock);
	while (vnet_lpm_next(&mirror->spaces, &space)) {
		index = vnet_lpm_get(&mirror->lpm, &space.prefix);
		dest = vnet_dest_of(mirror, index);
		if (dest->peering == peering)
			space_restore(mirror, &space.prefix, dest_space(dest));
	}
	spin_unlock_bh(&mirror->lock);
}

void vnet_mirror_forget(struct vnet_mirror *mirror, const struct vnet *peer)
{
	struct vnet_lpm_cursor space = {};

	spin_lock_bh(&mirror->lock);
	/* A route into another VNet is an address space, up or not. */
	while (vnet_lpm_next(&mirror->spaces, &space))
		if (vnet_mirror_action(mirror, &space.prefix)->peer == peer)
			mirror_del(mirror, &space.prefix);
	spin_unlock_bh(&mirror->lock);
}

bool vnet_mirror_empty(struct vnet_mirror *mirror)
{
	bool empty;

	spin_lock_bh(&mirror->lock);
	empty = !vnet_lpm_routes(&mirror->lpm);
	spin_unlock_bh(&mirror->lock);
	return empty;
}

u32 vnet_mirror_space(const struct vnet_mirror *mirror, const void *addr,
		      u8 *len)
{
	return vnet_lpm_lookup(&mirror->spaces, addr, len);
}

void vnet_mirror_info(struct vnet_mirror *mirror, struct vnet_mirror_info *info)
{
	struct vnet_lpm_stats lpm, spaces;

	spin_lock_bh(&mirror->lock);
	vnet_lpm_stats(&mirror->lpm, &lpm);
	vnet_lpm_stats(&mirror->spaces, &spaces);
	info->state = mirror->live ? VNET_MIRROR_LIVE : VNET_MIRROR_REPLAYING;
	info->routes = lpm.routes;
	info->dests = mirror->num_dests;
	info->bytes = sizeof(*mirror) + lpm.bytes + spaces.bytes +
		      (u64)mirror->num_dests * sizeof(struct vnet_dest) +
		      ksize(rcu_dereference_protected(mirror->list,
						      lockdep_is_held(&mirror->lock)));
	spin_unlock_bh(&mirror->lock);
}
