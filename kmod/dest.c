// SPDX-License-Identifier: GPL-2.0-only
/*
 * Destinations: one hash per network namespace, keyed by mirror and action,
 * finds the one that a route can share; an index per mirror leads from the
 * value in the lookup structure to it.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "debugfs.h"
#include "dest.h"
#include "fib.h"
#include "link.h"
#include "main.h"
#include "nexthop.h"
#include "peering.h"

struct dest_key {
	const struct vnet_mirror *mirror;
	const struct vnet_action *action;
};

static u32 action_hash(const struct vnet_mirror *mirror,
		       const struct vnet_action *action, u32 seed)
{
	const struct vnet_nhset *set = action->set;
	unsigned int i;
	u32 hash;

	hash = jhash_3words(action->type | action->flags << 8 |
			    action->protocol << 16, action->priority,
			    action->nh ? action->nh->id : 0, seed);
	hash = jhash(&mirror, sizeof(mirror), hash);
	hash = jhash(&action->peer, sizeof(action->peer), hash);
	for (i = 0; set && i < set->num; i++)
		hash = jhash(&set->members[i].ep, sizeof(set->members[i].ep),
			     hash ^ set->members[i].weight);
	return hash;
}

static u32 dest_key_hash(const void *data, u32 len, u32 seed)
{
	const struct dest_key *key = data;

	return action_hash(key->mirror, key->action, seed);
}

static u32 dest_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct vnet_dest *dest = data;

	return action_hash(dest->mirror, &dest->action, seed);
}

static int dest_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct dest_key *key = arg->key;
	const struct vnet_action *a = key->action;
	const struct vnet_dest *dest = obj;
	const struct vnet_action *b = &dest->action;

	return !(key->mirror == dest->mirror && a->type == b->type &&
		 a->flags == b->flags && a->protocol == b->protocol &&
		 a->priority == b->priority && a->peer == b->peer &&
		 a->nh == b->nh && vnet_nhset_equal(a->set, b->set));
}

static const struct rhashtable_params dest_params = {
	.head_offset = offsetof(struct vnet_dest, node),
	.hashfn = dest_key_hash,
	.obj_hashfn = dest_obj_hash,
	.obj_cmpfn = dest_cmp,
	.automatic_shrinking = true,
};

int vnet_dest_init_net(struct vnet_net *vn)
{
	return vnet_try(rhashtable_init(&vn->dests, &dest_params));
}

void vnet_dest_exit_net(struct vnet_net *vn)
{
	WARN_ON_ONCE(atomic_read(&vn->dests.nelems));
	rhashtable_destroy(&vn->dests);
}

static struct vnet_net *mirror_net(const struct vnet_mirror *mirror)
{
	return vnet_net(dev_net(mirror->table->vnet->dev));
}

/* Makes the list long enough for @index, if there is memory. */
static void list_extend(struct vnet_mirror *mirror, u32 index)
{
	struct vnet_dest_list *old, *new;
	struct vnet_dest *dest;
	unsigned long i;
	u32 size;

	old = rcu_dereference_protected(mirror->list,
					lockdep_is_held(&mirror->lock));
	if (index >= VNET_MIRROR_LIST_MAX || (old && index < old->size))
		return;
	size = max_t(u32, roundup_pow_of_two(index + 1), VNET_MIRROR_LIST_MIN);
	new = vnet_try_alloc(kzalloc(struct_size(new, dest, size),
				     GFP_ATOMIC | __GFP_NOWARN));
	if (!new)
		return;
	new->size = size;
	xa_for_each_range(&mirror->dests, i, dest, 0, size - 1)
		RCU_INIT_POINTER(new->dest[i], dest);
	rcu_assign_pointer(mirror->list, new);
	if (old)
		kfree_rcu(old, rcu);
}

/* What is behind an index is found without a walk, if it is one of the first. */
static void list_set(struct vnet_mirror *mirror, u32 index, struct vnet_dest *dest)
{
	struct vnet_dest_list *list;

	if (dest)
		list_extend(mirror, index);
	list = rcu_dereference_protected(mirror->list,
					 lockdep_is_held(&mirror->lock));
	if (list && index < list->size)
		rcu_assign_pointer(list->dest[index], dest);
	/* Pairs with vnet_dest_of(): the index is made known by a plain store. */
	smp_wmb();
}

static struct vnet_dest *dest_create(struct vnet_mirror *mirror,
				     const struct vnet_action *action)
{
	struct vnet_dest *dest;

	vnet_dest_reclaim(mirror, false);
	if (action->set && vnet_nhset_seal(action->set, GFP_ATOMIC))
		return NULL;
	dest = vnet_try_alloc(kzalloc(sizeof(*dest), GFP_ATOMIC));
	if (!dest)
		return NULL;
	dest->action = *action;
	dest->mirror = mirror;
	INIT_LIST_HEAD(&dest->retired);
	if (action->peer) {
		dest->peering = vnet_peering_get_route(mirror->table->vnet,
						       action->peer);
		if (!dest->peering)
			goto err_peering;
	}
	if (vnet_try(xa_alloc(&mirror->dests, &dest->index, dest,
			      XA_LIMIT(1, VNET_LPM_VALUE_MAX), GFP_ATOMIC)))
		goto err_index;
	if (vnet_try(rhashtable_insert_fast(&mirror_net(mirror)->dests,
					    &dest->node, dest_params)))
		goto err_hash;
	if (action->nh)
		refcount_inc(&action->nh->refcnt);
	list_set(mirror, dest->index, dest);
	mirror->num_dests++;
	return dest;

err_hash:
	xa_erase(&mirror->dests, dest->index);
err_index:
	if (dest->peering)
		vnet_peering_put_route(dest->peering);
err_peering:
	kfree_rcu(dest, rcu);
	return NULL;
}

struct vnet_dest *vnet_dest_get(struct vnet_mirror *mirror,
				struct vnet_action *action)
{
	const struct dest_key key = { .mirror = mirror, .action = action };
	struct vnet_dest *dest;

	lockdep_assert_held(&mirror->lock);

	dest = rhashtable_lookup_fast(&mirror_net(mirror)->dests, &key,
				      dest_params);
	if (!dest)
		dest = dest_create(mirror, action);
	else
		vnet_nhset_free(action->set);
	if (!dest)
		return NULL;
	action->set = NULL;
	dest->routes++;
	return dest;
}

void vnet_dest_put(struct vnet_dest *dest)
{
	struct vnet_mirror *mirror = dest->mirror;

	lockdep_assert_held(&mirror->lock);

	if (--dest->routes)
		return;
	rhashtable_remove_fast(&mirror_net(mirror)->dests, &dest->node,
			       dest_params);
	mirror->num_dests--;
	vnet_nhset_free(dest->action.set);
	if (dest->action.nh)
		vnet_nexthop_put(dest->action.nh);
	if (dest->peering)
		vnet_peering_put_route(dest->peering);
	dest->grace = get_state_synchronize_rcu();
	list_add_tail(&dest->retired, &mirror->retired);
	vnet_dest_reclaim(mirror, false);
}

/* In one go. Who creates or retires one frees as many, so they do not pile up. */
#define RECLAIM_MAX	16

/* An index must not mean another destination, or none, to a reader who has
 * looked it up: it is free again only after a grace period.
 */
bool vnet_dest_reclaim(struct vnet_mirror *mirror, bool last)
{
	struct vnet_dest *dest, *next;
	unsigned int n = 0;

	lockdep_assert_held(&mirror->lock);

	list_for_each_entry_safe(dest, next, &mirror->retired, retired) {
		if (!last && !poll_state_synchronize_rcu(dest->grace))
			break;
		if (n++ == RECLAIM_MAX)
			return true;
		list_del(&dest->retired);
		list_set(mirror, dest->index, NULL);
		xa_erase(&mirror->dests, dest->index);
		kfree_rcu(dest, rcu);
	}
	return false;
}
