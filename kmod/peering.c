// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peerings: few per VNet, looked through only when one of them, an address space
 * or a route into another VNet changes. All that a packet needs to know of the
 * two sides is computed then, into one word of each (struct vnet_peering.effect)
 * and one pointer of the VNet (struct vnet.gateway).
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "compat.h"
#include "debugfs.h"
#include "fib.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "mirror.h"
#include "peering.h"

/* ---- Objects ---- */

static struct vnet_peering *peering_find(struct vnet *vnet,
					 const struct vnet *peer)
{
	struct vnet_peering *peering;

	list_for_each_entry(peering, &vnet->peerings, node)
		if (peering->peer == peer)
			return peering;
	return NULL;
}

static struct vnet_peering *peering_create(struct vnet *vnet, struct vnet *peer)
{
	struct vnet_peering *peering;

	peering = vnet_try_alloc(kzalloc(sizeof(*peering), GFP_ATOMIC));
	if (!peering)
		return NULL;
	peering->vnet = vnet;
	peering->peer = peer;
	list_add_tail_rcu(&peering->node, &vnet->peerings);
	return peering;
}

static struct vnet_peering *peering_get(struct vnet *vnet, struct vnet *peer,
					unsigned int routes)
{
	struct vnet_net *vn = vnet_net(dev_net(vnet->dev));
	struct vnet_peering *peering;

	spin_lock_bh(&vn->peering_lock);
	peering = peering_find(vnet, peer) ?: peering_create(vnet, peer);
	if (peering) {
		peering->users++;
		WRITE_ONCE(peering->routes, peering->routes + routes);
	}
	spin_unlock_bh(&vn->peering_lock);
	return peering;
}

struct vnet_peering *vnet_peering_get_route(struct vnet *vnet, struct vnet *peer)
{
	return peering_get(vnet, peer, 1);
}

static void peering_put(struct vnet_peering *peering, unsigned int routes)
{
	struct vnet_net *vn = vnet_net(dev_net(peering->vnet->dev));

	spin_lock_bh(&vn->peering_lock);
	WRITE_ONCE(peering->routes, peering->routes - routes);
	if (!--peering->users) {
		list_del_rcu(&peering->node);
		kfree_rcu(peering, rcu);
	}
	spin_unlock_bh(&vn->peering_lock);
}

void vnet_peering_put_route(struct vnet_peering *peering)
{
	peering_put(peering, 1);
}

/* RTNL: the side of @vnet, if it is configured. RTNL keeps it. */
static struct vnet_peering *peering_configured(struct vnet *vnet,
					       const struct vnet *peer)
{
	struct vnet_net *vn = vnet_net(dev_net(vnet->dev));
	struct vnet_peering *peering;

	ASSERT_RTNL();

	spin_lock_bh(&vn->peering_lock);
	peering = peering_find(vnet, peer);
	/* One that is there for its routes only may go with them at any time. */
	if (peering && !peering->configured)
		peering = NULL;
	spin_unlock_bh(&vn->peering_lock);
	return peering;
}

u8 vnet_peering_state(const struct vnet_peering *peering)
{
	if (peering->effect & VNET_PEERED_F_UP)
		return VNET_PEERING_CONNECTED;
	return peering->was_up ? VNET_PEERING_DISCONNECTED :
				 VNET_PEERING_INITIATED;
}

/* ---- What two sides amount to ---- */

/* Does @side's VNet use the BGP table of its peer? */
static bool lends_gateway(const struct vnet_peering *side)
{
	return side->configured && side->other->configured &&
	       side->flags & VNET_PEERING_F_USE_REMOTE_GATEWAYS &&
	       side->other->flags & VNET_PEERING_F_GATEWAY_TRANSIT;
}

static void update_gateway(const struct vnet_peering *side)
{
	struct vnet *vnet = side->vnet;

	if (lends_gateway(side))
		rcu_assign_pointer(vnet->gateway, side->peer);
	else if (rtnl_dereference(vnet->gateway) == side->peer)
		RCU_INIT_POINTER(vnet->gateway, NULL);
}

/* Does @vnet use any VNet's BGP table instead of its own? */
static void update_borrows(struct vnet *vnet)
{
	struct vnet_peering *peering;
	bool borrows = false;

	rcu_read_lock();
	list_for_each_entry_rcu(peering, &vnet->peerings, node)
		borrows |= peering->configured &&
			   peering->flags & VNET_PEERING_F_USE_REMOTE_GATEWAYS;
	rcu_read_unlock();
	WRITE_ONCE(vnet->borrows, borrows);
}

static void update_effect(struct vnet_peering *side,
			  const struct vnet_peering *other)
{
	u32 effect = 0;

	if (side->configured && other->configured) {
		effect = VNET_PEERED_F_UP;
		if (side->flags & VNET_PEERING_F_VNET_ACCESS)
			effect |= VNET_PEERED_F_ACCESS;
		if (other->flags & VNET_PEERING_F_FORWARDED_TRAFFIC)
			effect |= VNET_PEERED_F_FORWARD;
	}
	side->was_up = side->configured &&
		       (side->was_up || side->effect & VNET_PEERED_F_UP);
	if (side->effect == effect)
		return;
	WRITE_ONCE(side->effect, effect);
	vnet_mirror_peering_changed(&side->vnet->system->mirror[VNET_AF_IP4], side);
	vnet_mirror_peering_changed(&side->vnet->system->mirror[VNET_AF_IP6], side);
}

/* @side has changed. */
static void peering_update(struct vnet_peering *side)
{
	struct vnet_peering *other = side->other;

	update_effect(side, other);
	update_effect(other, side);
	update_borrows(side->vnet);
	update_gateway(side);
	if (other->configured)
		update_gateway(other);
	vnet_net(dev_net(side->vnet->dev))->generation++;
}

/* ---- Address spaces ---- */

static void refuse_overlap(struct netlink_ext_ack *extack, int family,
			   const struct vnet_prefix *prefix,
			   const struct vnet *vnet)
{
	char text[INET6_ADDRSTRLEN];

	VNET_ERR_FMT(extack, "Address spaces overlap: %s/%u, %s",
		     vnet_addr_text(text, family, prefix->addr), prefix->len,
		     netdev_name(vnet->dev));
}

/* RCU: does @prefix overlap a space of @vnet's own? */
static bool overlaps_own(const struct vnet *vnet, int family,
			 const struct vnet_prefix *prefix)
{
	const struct vnet_mirror *system =
		&vnet->system->mirror[vnet_af(family)];
	struct vnet_lpm_cursor next = { .prefix = *prefix, .started = true };
	u8 len;

	if (vnet_lpm_lookup_shorter(&system->spaces, prefix->addr, prefix->len,
				    &len) == VNET_SPACE_OWN)
		return true;
	while (vnet_lpm_next(&system->spaces, &next) &&
	       vnet_mirror_within(family, &next.prefix, prefix))
		if (next.value == VNET_SPACE_OWN)
			return true;
	return false;
}

/* RTNL: is a space of @a's own in the way of one of @b's? */
static int check_pair(const struct vnet *a, const struct vnet *b,
		      struct netlink_ext_ack *extack)
{
	enum vnet_af af;
	int err = 0;

	rcu_read_lock();
	for (af = 0; af < VNET_AF_NUM && !err; af++) {
		const struct vnet_mirror *system = &a->system->mirror[af];
		struct vnet_lpm_cursor space = {};

		while (!err && vnet_lpm_next(&system->spaces, &space)) {
			if (space.value != VNET_SPACE_OWN ||
			    !overlaps_own(b, system->family, &space.prefix))
				continue;
			refuse_overlap(extack, system->family, &space.prefix, b);
			err = -EEXIST;
		}
	}
	rcu_read_unlock();
	return err;
}

/* The peer's spaces against one's own and those of all other peers */
static int check_spaces(struct vnet *vnet, const struct vnet *peer,
			struct netlink_ext_ack *extack)
{
	struct vnet_peering *other;
	int err;

	err = check_pair(peer, vnet, extack);
	rcu_read_lock();
	list_for_each_entry_rcu(other, &vnet->peerings, node)
		if (!err && other->configured && other->peer != peer)
			err = check_pair(peer, other->peer, extack);
	rcu_read_unlock();
	return err;
}

/* RCU: whose space @prefix, if it were @vnet's, would be in the way of as @hub sees it:
 * @hub's own and its other peers', if it has a side towards @vnet
 */
static const struct vnet *find_overlap_at(const struct vnet *hub,
					  const struct vnet *vnet, int family,
					  const struct vnet_prefix *prefix)
{
	const struct vnet *found = NULL;
	const struct vnet_peering *side;
	bool peered = false;

	list_for_each_entry_rcu(side, &hub->peerings, node) {
		if (!READ_ONCE(side->configured))
			continue;
		if (side->peer == vnet)
			peered = true;
		else if (!found && overlaps_own(side->peer, family, prefix))
			found = side->peer;
	}
	if (!peered)
		return NULL;
	return overlaps_own(hub, family, prefix) ? hub : found;
}

int vnet_peering_check_space(const struct vnet_mirror *mirror,
			     const struct vnet_prefix *prefix,
			     struct netlink_ext_ack *extack)
{
	const struct vnet *vnet = mirror->table->vnet, *found = NULL;
	const struct vnet_peering *end;

	rcu_read_lock();
	list_for_each_entry_rcu(end, &vnet->peerings, node) {
		if (READ_ONCE(end->configured) &&
		    overlaps_own(end->peer, mirror->family, prefix))
			found = end->peer;
		else
			found = find_overlap_at(end->peer, vnet, mirror->family,
						prefix);
		if (found)
			break;
	}
	if (found)
		refuse_overlap(extack, mirror->family, prefix, found);
	rcu_read_unlock();
	return found ? -EEXIST : 0;
}

/* ---- Changes ---- */

static int check_remote(struct vnet *vnet, const struct vnet *peer,
			struct netlink_ext_ack *extack)
{
	const struct vnet_peering *other, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(other, &vnet->peerings, node)
		if (other->configured && other->peer != peer &&
		    other->flags & VNET_PEERING_F_USE_REMOTE_GATEWAYS)
			found = other;
	if (found)
		VNET_ERR_FMT(extack, "The VNet uses the gateways of %s already",
			     netdev_name(found->peer->dev));
	rcu_read_unlock();
	return found ? -EBUSY : 0;
}

static int check_flags(struct vnet *vnet, const struct vnet *peer, u32 flags,
		       struct netlink_ext_ack *extack)
{
	const u32 both = VNET_PEERING_F_USE_REMOTE_GATEWAYS |
			 VNET_PEERING_F_GATEWAY_TRANSIT;

	if (!(flags & VNET_PEERING_F_USE_REMOTE_GATEWAYS))
		return 0;
	if ((flags & both) == both) {
		NL_SET_ERR_MSG_MOD(extack,
				   "A side lends its gateways or uses the peer's, not both");
		return -EINVAL;
	}
	return check_remote(vnet, peer, extack);
}

/* From now on the VNet's own BGP table takes no route, so it has to be empty. */
static int borrow(struct vnet *vnet, struct netlink_ext_ack *extack)
{
	const struct vnet_mirror *mirror = vnet->bgp->mirror;
	bool borrowed = vnet->borrows;

	WRITE_ONCE(vnet->borrows, true);
	if (vnet_mirror_empty(&vnet->bgp->mirror[VNET_AF_IP4]) &&
	    vnet_mirror_empty(&vnet->bgp->mirror[VNET_AF_IP6]))
		return 0;
	WRITE_ONCE(vnet->borrows, borrowed);
	VNET_ERR_FMT(extack, "The VNet has BGP routes of its own, in table %u",
		     mirror->table->id);
	return -EBUSY;
}

static int check_new(struct vnet *vnet, const struct vnet *peer,
		     struct netlink_ext_ack *extack)
{
	if (vnet != peer)
		return check_spaces(vnet, peer, extack);
	NL_SET_ERR_MSG_MOD(extack, "A VNet cannot be peered with itself");
	return -EINVAL;
}

/* Both sides are there from now on, so that each finds the other. */
static struct vnet_peering *peering_new(struct vnet *vnet, struct vnet *peer,
					struct netlink_ext_ack *extack)
{
	struct vnet_peering *side, *other;
	int err;

	err = check_new(vnet, peer, extack);
	if (err)
		return ERR_PTR(err);
	side = peering_get(vnet, peer, 0);
	other = peering_get(peer, vnet, 0);
	if (side && other) {
		side->other = other;
		return side;
	}
	if (side)
		peering_put(side, 0);
	if (other)
		peering_put(other, 0);
	return ERR_PTR(-ENOMEM);
}

static void peering_release(struct vnet_peering *side)
{
	struct vnet_peering *other = side->other;

	side->other = NULL;
	peering_put(other, 0);
	peering_put(side, 0);
}

static int check_change(struct vnet *vnet, const struct vnet *peer, u32 flags,
			struct netlink_ext_ack *extack)
{
	int err = check_flags(vnet, peer, flags, extack);

	if (!err && flags & VNET_PEERING_F_USE_REMOTE_GATEWAYS)
		err = borrow(vnet, extack);
	return err;
}

int vnet_peering_set(struct vnet *vnet, struct vnet *peer, const u32 *flags,
		     struct netlink_ext_ack *extack)
{
	struct vnet_peering *side = peering_configured(vnet, peer);
	bool is_new = !side;
	u32 want;
	int err;

	if (is_new)
		side = peering_new(vnet, peer, extack);
	if (IS_ERR(side))
		return PTR_ERR(side);
	want = flags ? *flags :
	       is_new ? VNET_PEERING_F_VNET_ACCESS : side->flags;
	err = check_change(vnet, peer, want, extack);
	if (err) {
		if (is_new)
			peering_release(side);
		return err;
	}
	side->flags = want;
	WRITE_ONCE(side->configured, true);
	peering_update(side);
	return 0;
}

static void peering_remove(struct vnet_peering *side)
{
	WRITE_ONCE(side->configured, false);
	side->flags = 0;
	peering_update(side);
	peering_release(side);
}

int vnet_peering_del(struct vnet *vnet, struct vnet *peer,
		     struct netlink_ext_ack *extack)
{
	struct vnet_peering *side = peering_configured(vnet, peer);

	if (!side) {
		NL_SET_ERR_MSG_MOD(extack, "There is no such peering");
		return -ENOENT;
	}
	peering_remove(side);
	return 0;
}

/* A side that the peer has configured is found by its other end, here. */
void vnet_peering_del_all(struct vnet *vnet)
{
	struct vnet_peering *end, *side;

	rcu_read_lock();
	list_for_each_entry_rcu(end, &vnet->peerings, node) {
		side = peering_configured(end->peer, vnet);
		if (side)
			peering_remove(side);
		if (end->configured)
			peering_remove(end);
	}
	rcu_read_unlock();
}
