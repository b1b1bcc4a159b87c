// SPDX-License-Identifier: GPL-2.0-only
/*
 * Next-hop objects
 *
 * The kernel tells of its next-hop objects by notifier, under RTNL but for the
 * buckets of resilient groups, so there is a lock of our own. Each object is
 * kept with the set of endpoints it leads to, and a route that refers to an
 * object by id refers to ours. When the kernel changes a group, or a member of
 * one, it tells of the group as a whole: we build the new set and publish it
 * by one pointer.
 *
 * The kernel deletes an object first and the routes that use it afterwards. In
 * between, and should one stay behind, those routes find an object without a
 * set and drop.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/nexthop.h>

#include "compat.h"
#include "debugfs.h"
#include "link.h"
#include "main.h"
#include "nexthop.h"
#include "resilient.h"

static const struct rhashtable_params nexthop_params = {
	.key_len = sizeof_field(struct vnet_nexthop, id),
	.key_offset = offsetof(struct vnet_nexthop, id),
	.head_offset = offsetof(struct vnet_nexthop, node),
	.automatic_shrinking = true,
};

static struct vnet_nexthop *nexthop_find(struct vnet_net *vn, u32 id)
{
	return rhashtable_lookup_fast(&vn->nexthops, &id, nexthop_params);
}

struct vnet_nexthop *vnet_nexthop_get(struct vnet_net *vn, u32 id)
{
	struct vnet_nexthop *nh;

	nh = rhashtable_lookup(&vn->nexthops, &id, nexthop_params);
	if (nh && !refcount_inc_not_zero(&nh->refcnt))
		nh = NULL;
	return nh;
}

void vnet_nexthop_put(struct vnet_nexthop *nh)
{
	if (!refcount_dec_and_test(&nh->refcnt))
		return;
	WARN_ON_ONCE(rcu_access_pointer(nh->set));
	kfree_rcu(nh, rcu);
}

static int nexthop_create(struct vnet_net *vn, u32 id, struct vnet_nhset *set)
{
	struct vnet_nexthop *nh;
	int err;

	nh = vnet_try_alloc(kzalloc(sizeof(*nh), GFP_KERNEL));
	if (!nh)
		return -ENOMEM;
	nh->id = id;
	RCU_INIT_POINTER(nh->set, set);
	refcount_set(&nh->refcnt, 1);
	err = vnet_try(rhashtable_insert_fast(&vn->nexthops, &nh->node, nexthop_params));
	if (err)
		kfree(nh);
	return err;
}

/* Routes were classified by what their next-hop object is: it stays that as
 * long as one refers to it.
 */
static int nexthop_change(struct vnet_net *vn, struct vnet_nexthop *nh,
			  struct vnet_nhset *set,
			  struct netlink_ext_ack *extack)
{
	struct vnet_nhset *old = vnet_nexthop_nhset(vn, nh);

	if (refcount_read(&nh->refcnt) > 1 &&
	    (old->kind != set->kind || old->family != set->family ||
	     old->vnet != set->vnet)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "Routes of a VNet use this next hop, its kind cannot change");
		return -EBUSY;
	}
	rcu_assign_pointer(nh->set, set);
	vnet_nhset_free(old);
	return 0;
}

/* Of objects that lead elsewhere the flags are somebody else's. */
static bool nexthop_offloaded(const struct vnet_net *vn,
			      const struct vnet_nexthop *nh)
{
	return vnet_nexthop_nhset(vn, nh)->kind == VNET_NHSET_HOPS;
}

static void nexthop_delete(struct vnet_net *vn, u32 id)
{
	struct vnet_nexthop *nh;

	nh = nexthop_find(vn, id);
	if (!nh)
		return;
	if (nexthop_offloaded(vn, nh))
		nexthop_set_hw_flags(vn->net, id, false, false);
	rhashtable_remove_fast(&vn->nexthops, &nh->node, nexthop_params);
	vnet_nhset_free(rcu_replace_pointer(nh->set, NULL,
					    lockdep_is_held(&vn->nexthop_lock)));
	vnet_nexthop_put(nh);
}

int vnet_nexthop_add_info(struct vnet_nhset *set,
			  const struct nh_notifier_single_info *info,
			  u16 weight, struct netlink_ext_ack *extack)
{
	const struct vnet_gateway gw = {
		.dev = info->dev,
		.family = info->gw_family,
		.addr = &info->ipv6,
		.weight = weight,
		.encap = info->has_encap,
		.reject = info->is_reject,
	};

	return vnet_nhset_add(set, &gw, extack);
}

static struct vnet_nhset *
nhset_of_single(const struct nh_notifier_single_info *info,
		struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;
	int err;

	set = vnet_nhset_alloc(1, GFP_KERNEL, extack);
	if (IS_ERR(set))
		return set;
	err = vnet_nexthop_add_info(set, info, 1, extack);
	if (err) {
		vnet_nhset_free(set);
		return ERR_PTR(err);
	}
	return set;
}

/* RTNL; the notifier does not tell of the protocol. */
static bool has_standby(const struct vnet_net *vn, u32 id)
{
	const struct nexthop *nh = nexthop_find_by_id(vn->net, id);

	return nh && nh->protocol == VNET_PROTO_STANDBY;
}

/* Members with weights from @min to @max */
static int nhset_add_group(struct vnet_nhset *set,
			   const struct nh_notifier_grp_info *info, u16 min, u16 max,
			   struct netlink_ext_ack *extack)
{
	const struct nh_notifier_grp_entry_info *entry;
	int err = 0;

	for (entry = info->nh_entries;
	     entry < info->nh_entries + info->num_nh && !err; entry++)
		if (entry->weight >= min && entry->weight <= max)
			err = vnet_nexthop_add_info(set, &entry->nh, entry->weight,
						    extack);
	return err;
}

/* Most groups of a host have nothing to do with VNets, and no limit of ours. */
static bool group_ours(const struct nh_notifier_grp_info *info)
{
	unsigned int i;

	for (i = 0; i < info->num_nh; i++)
		if (info->nh_entries[i].nh.dev && vnet_link_is(info->nh_entries[i].nh.dev))
			return true;
	return false;
}

static struct vnet_nhset *
nhset_of_group(const struct nh_notifier_grp_info *info, bool standby,
	       struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;
	u16 active;
	int err;

	/* Of another, one says what kind all are of. */
	if (!group_ours(info))
		return nhset_of_single(&info->nh_entries->nh, extack);
	set = vnet_nhset_alloc(info->num_nh, GFP_KERNEL, extack);
	if (IS_ERR(set))
		return set;
	err = nhset_add_group(set, info, standby ? 2 : 0, U16_MAX, extack);
	active = set->num;
	if (!err && standby)
		err = nhset_add_group(set, info, 0, 1, extack);
	if (err) {
		vnet_nhset_free(set);
		return ERR_PTR(err);
	}
	if (active)
		set->active = active;
	return set;
}

/* NULL: an object that no route of ours can refer to */
static struct vnet_nhset *nhset_of_info(struct vnet_net *vn,
					const struct nh_notifier_info *info)
{
	switch (info->type) {
	case NH_NOTIFIER_INFO_TYPE_SINGLE:
		if (info->nh->is_fdb)
			return NULL;
		return nhset_of_single(info->nh, info->extack);
	case NH_NOTIFIER_INFO_TYPE_GRP:
		if (info->nh_grp->is_fdb)
			return NULL;
		return nhset_of_group(info->nh_grp, has_standby(vn, info->id),
				      info->extack);
	case NH_NOTIFIER_INFO_TYPE_RES_TABLE:
		return vnet_resilient_set(vn, info->nh_res_table, info->extack);
	default:
		return NULL;
	}
}

/* A resilient group is told of another member bucket by bucket, after the kernel has made up its
 * mind: what it cannot take has to be refused before.
 */
static int nexthop_check_groups(struct vnet_net *vn, const struct nh_notifier_info *info,
				const struct vnet_nhset *set)
{
	const struct nexthop *member = nexthop_find_by_id(vn->net, info->id);
	const struct vnet_nhset *group;
	const struct nh_grp_entry *entry;
	struct vnet_nexthop *nh;

	if (!member)
		return 0;
	list_for_each_entry(entry, &member->grp_list, nh_list) {
		nh = nexthop_find(vn, entry->nh_parent->id);
		group = nh ? vnet_nexthop_nhset(vn, nh) : NULL;
		if (!group || !group->activity ||
		    (group->kind == set->kind && group->family == set->family))
			continue;
		NL_SET_ERR_MSG_MOD(info->extack,
				   "A resilient group in a VNet has this next hop, its kind cannot change");
		return -EBUSY;
	}
	return 0;
}

static int nexthop_replace(struct vnet_net *vn,
			   const struct nh_notifier_info *info)
{
	bool offload, offloaded;
	struct vnet_nexthop *nh;
	struct vnet_nhset *set;
	unsigned int i;
	int err;

	if (vnet_debugfs_fault(VNET_FAULT_NEXTHOP_ADD))
		return -ENOMEM;
	set = nhset_of_info(vn, info);
	if (IS_ERR(set))
		return PTR_ERR(set);
	if (!set) {
		nexthop_delete(vn, info->id);
		return 0;
	}
	err = nexthop_check_groups(vn, info, set) ?: vnet_nhset_seal(set, GFP_KERNEL);
	if (err)
		goto err_set;

	offload = set->kind == VNET_NHSET_HOPS;
	nh = nexthop_find(vn, info->id);
	offloaded = nh && nexthop_offloaded(vn, nh);
	if (nh)
		err = nexthop_change(vn, nh, set, info->extack);
	else
		err = nexthop_create(vn, info->id, set);
	if (err)
		goto err_set;
	if (offload || offloaded)
		nexthop_set_hw_flags(vn->net, info->id, offload, false);
	for (i = 0; set->activity && i < set->buckets; i++)
		nexthop_bucket_set_hw_flags(vn->net, info->id, i, true, false);
	return 0;

err_set:
	vnet_nhset_free(set);
	return err;
}

/* Which group it is, the kernel does not say in 6.1. */
static int nexthop_check_kind(struct vnet_net *vn, const struct nh_notifier_info *info,
			      const struct vnet_nhset *set)
{
	struct vnet_nexthop *nh = nexthop_find(vn, info->id);
	const struct vnet_nhset *group = nh ? vnet_nexthop_nhset(vn, nh) : NULL;
	bool ours = group && group->activity;

	if (!info->id || (ours ? group->kind == set->kind && group->family == set->family :
				 set->kind != VNET_NHSET_HOPS))
		return 0;
	NL_SET_ERR_MSG_MOD(info->extack,
			   "The kind of a resilient group's next hops cannot change");
	return -EBUSY;
}

/* A resilient group is about to change, bucket by bucket, which cannot be refused
 * then.
 */
static int nexthop_check(struct vnet_net *vn, const struct nh_notifier_info *info)
{
	struct vnet_nhset *set;
	int err;

	if (info->nh_grp->is_fdb)
		return 0;
	set = nhset_of_group(info->nh_grp, false, info->extack);
	if (IS_ERR(set))
		return PTR_ERR(set);
	err = nexthop_check_kind(vn, info, set);
	vnet_nhset_free(set);
	return err;
}

static int nexthop_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	struct vnet_net *vn = container_of(nb, struct vnet_net, nexthop_nb);
	const struct nh_notifier_info *info = ptr;
	int err = 0;

	mutex_lock(&vn->nexthop_lock);
	switch (event) {
	case NEXTHOP_EVENT_REPLACE:
		err = nexthop_replace(vn, info);
		break;
	case NEXTHOP_EVENT_RES_TABLE_PRE_REPLACE:
		err = nexthop_check(vn, info);
		break;
	case NEXTHOP_EVENT_BUCKET_REPLACE:
		err = vnet_resilient_move(vn, nexthop_find(vn, info->id),
					  info->nh_res_bucket, info->extack);
		break;
	case NEXTHOP_EVENT_DEL:
		nexthop_delete(vn, info->id);
		break;
	}
	mutex_unlock(&vn->nexthop_lock);
	/* The kernel may print the text without having made sure that there is one. */
	if (err == -ENOMEM)
		NL_SET_ERR_MSG_MOD(info->extack, "Out of memory");
	return notifier_from_errno(err);
}

int vnet_nexthop_init_net(struct vnet_net *vn)
{
	int err;

	err = vnet_try(rhashtable_init(&vn->nexthops, &nexthop_params));
	if (err)
		return err;
	mutex_init(&vn->nexthop_lock);
	vnet_resilient_init_net(vn);
	vn->nexthop_nb.notifier_call = nexthop_event;
	/* Nobody refuses an object after we have accepted it. */
	vn->nexthop_nb.priority = INT_MIN;
	err = register_nexthop_notifier(vn->net, &vn->nexthop_nb, NULL);
	if (err)
		vnet_nexthop_exit_net(vn);
	return err;
}

static void nexthop_free(void *ptr, void *arg)
{
	struct vnet_nexthop *nh = ptr;

	vnet_nhset_free(rcu_replace_pointer(nh->set, NULL, true));
	vnet_nexthop_put(nh);
}

void vnet_nexthop_exit_net(struct vnet_net *vn)
{
	unregister_nexthop_notifier(vn->net, &vn->nexthop_nb);
	vnet_resilient_exit_net(vn);
	rhashtable_free_and_destroy(&vn->nexthops, nexthop_free, NULL);
}
