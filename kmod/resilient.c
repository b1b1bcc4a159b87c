// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resilient next-hop groups
 *
 * The set of such a group has the kernel's table of buckets in place of one that
 * is computed. Each bucket that the kernel moves is one entry written; a next hop
 * that comes or goes makes a new set. A bucket whose next hop cannot take
 * packets goes to another until the kernel moves it.
 */
#include "resilient.h"

#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <net/nexthop.h>

#include "compat.h"
#include "endpoint.h"
#include "link.h"
#include "main.h"
#include "nexthop.h"

/* Timers of groups have a resolution of seconds. */
#define REPORT_INTERVAL	HZ

static bool leads_into_vnet(const struct nh_notifier_single_info *info)
{
	return info->dev && vnet_link_is(info->dev);
}

static bool table_ours(const struct nh_notifier_res_table_info *info)
{
	unsigned int i;

	for (i = 0; i < info->num_nh_buckets; i++)
		if (leads_into_vnet(&info->nhs[i]))
			return true;
	return false;
}

/* Index of the member that a next hop is, the number of members if it is none */
static unsigned int find_member(const struct vnet_nhset *set,
				const struct nh_notifier_single_info *info)
{
	const struct vnet_endpoint_key *key;
	unsigned int i;

	if (!leads_into_vnet(info))
		return set->num;
	for (i = 0; i < set->num; i++) {
		key = &set->members[i].ep->key;
		if (key->vnet == vnet_link_priv(info->dev) &&
		    key->family == info->gw_family &&
		    !memcmp(&key->addr, &info->ipv6,
			    vnet_addr_len(info->gw_family)))
			break;
	}
	return i;
}

static int add_member(struct vnet_nhset *set,
		      const struct nh_notifier_single_info *info,
		      struct netlink_ext_ack *extack)
{
	if (set->num == set->max) {
		VNET_ERR_FMT(extack, "A route of a VNet has at most %u next hops",
			     VNET_NHSET_MAX);
		return -E2BIG;
	}
	if (!leads_into_vnet(info) || !info->gw_family) {
		NL_SET_ERR_MSG_MOD(extack,
				   "Next hops in VNets and others cannot be mixed");
		return -EOPNOTSUPP;
	}
	return vnet_nexthop_add_info(set, info, 1, extack);
}

static int fill(struct vnet_nhset *set,
		const struct nh_notifier_res_table_info *info,
		struct netlink_ext_ack *extack)
{
	unsigned int bucket, i;
	int err;

	err = vnet_nhset_set_table(set, info->num_nh_buckets);
	for (bucket = 0; bucket < info->num_nh_buckets && !err; bucket++) {
		i = find_member(set, &info->nhs[bucket]);
		if (i == set->num)
			err = add_member(set, &info->nhs[bucket], extack);
		if (!err)
			vnet_nhset_move(set, bucket, VNET_NHSET_NOBODY, i);
	}
	return err;
}

struct vnet_nhset *
vnet_resilient_set(struct vnet_net *vn,
		   const struct nh_notifier_res_table_info *info,
		   struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;
	int err;

	if (!table_ours(info))
		return NULL;
	set = vnet_nhset_alloc(min_t(unsigned int, info->num_nh_buckets,
				     VNET_NHSET_MAX), GFP_KERNEL, extack);
	if (IS_ERR(set))
		return set;
	err = fill(set, info, extack);
	if (err) {
		vnet_nhset_free(set);
		return ERR_PTR(err);
	}
	schedule_delayed_work(&vn->report_work, REPORT_INTERVAL);
	return set;
}

static struct vnet_nhset *replace(struct vnet_net *vn, struct vnet_nexthop *nh,
				  struct vnet_nhset *fresh)
{
	vnet_nhset_free(rcu_replace_pointer(nh->set, fresh,
					    lockdep_is_held(&vn->nexthop_lock)));
	return fresh;
}

/* A set with one more member, which has no bucket yet */
static struct vnet_nhset *grow(struct vnet_net *vn, struct vnet_nexthop *nh,
			       const struct nh_notifier_single_info *info,
			       struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set = vnet_nexthop_nhset(vn, nh), *fresh;
	int err;

	if (info->gw_family != set->family) {
		NL_SET_ERR_MSG_MOD(extack,
				   "Next hops in VNets and others, or of both families, cannot be mixed");
		return ERR_PTR(-EOPNOTSUPP);
	}
	fresh = vnet_nhset_resize(set, 1);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	err = add_member(fresh, info, extack);
	if (err) {
		vnet_nhset_free(fresh);
		return ERR_PTR(err);
	}
	return replace(vn, nh, fresh);
}

/* Without memory a member that has lost its last bucket stays, and gets none. */
static void shrink(struct vnet_net *vn, struct vnet_nexthop *nh)
{
	struct vnet_nhset *fresh;

	fresh = vnet_nhset_resize(vnet_nexthop_nhset(vn, nh), 0);
	if (fresh)
		replace(vn, nh, fresh);
}

static void move(struct vnet_net *vn, struct vnet_nexthop *nh,
		 unsigned int bucket, unsigned int to)
{
	struct vnet_nhset *set = vnet_nexthop_nhset(vn, nh);
	unsigned int from = vnet_nhset_whose(set, bucket);

	if (from == to)
		return;
	vnet_nhset_move(set, bucket, from, to);
	if (from != VNET_NHSET_NOBODY && !set->members[from].buckets)
		shrink(vn, nh);
}

int vnet_resilient_move(struct vnet_net *vn, struct vnet_nexthop *nh,
			const struct nh_notifier_res_bucket_info *info,
			struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set = nh ? vnet_nexthop_nhset(vn, nh) : NULL;
	unsigned int bucket = info->bucket_index, to;

	if (!set || !set->activity) {
		if (!leads_into_vnet(&info->new_nh))
			return 0;
		NL_SET_ERR_MSG_MOD(extack,
				   "Next hops in VNets and others cannot be mixed");
		return -EOPNOTSUPP;
	}
	if (bucket >= set->buckets) {
		NL_SET_ERR_MSG_MOD(extack, "The group has no such bucket");
		return -EINVAL;
	}
	to = find_member(set, &info->new_nh);
	if (to == set->num) {
		set = grow(vn, nh, &info->new_nh, extack);
		if (IS_ERR(set)) {
			/* It moves all the same: not to whom it was taken from. But if it
			 * is a next hop that is replaced, it does not, unless that is taken
			 * back.
			 */
			if (info->force && (info->old_nh.id != info->new_nh.id || !extack))
				move(vn, nh, bucket, VNET_NHSET_NOBODY);
			return PTR_ERR(set);
		}
		to = set->num - 1;
	}
	move(vn, nh, bucket, to);
	nexthop_bucket_set_hw_flags(vn->net, nh->id, bucket, true, false);
	return 0;
}

/* ---- Activity ---- */

/* What packets mark meanwhile is for the next time. */
static void report(struct vnet_net *vn, u32 id, struct vnet_nhset *set)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(set->buckets); i++)
		set->told[i] = READ_ONCE(set->activity[i]) ?
			       xchg(&set->activity[i], 0) : 0;
	nexthop_res_grp_activity_update(vn->net, id, set->buckets, set->told);
}

static void report_all(struct work_struct *work)
{
	struct vnet_net *vn = container_of(to_delayed_work(work),
					   struct vnet_net, report_work);
	struct rhashtable_iter iter;
	struct vnet_nexthop *nh;
	struct vnet_nhset *set;
	bool any = false;

	rhashtable_walk_enter(&vn->nexthops, &iter);
	rhashtable_walk_start(&iter);
	while ((nh = rhashtable_walk_next(&iter))) {
		any |= IS_ERR(nh);	/* resized: what was missed comes later */
		set = IS_ERR(nh) ? NULL : rcu_dereference(nh->set);
		if (!set || !set->activity)
			continue;
		report(vn, nh->id, set);
		any = true;
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	if (any)
		schedule_delayed_work(&vn->report_work, REPORT_INTERVAL);
}

void vnet_resilient_init_net(struct vnet_net *vn)
{
	INIT_DELAYED_WORK(&vn->report_work, report_all);
}

/* After the last group is gone */
void vnet_resilient_exit_net(struct vnet_net *vn)
{
	cancel_delayed_work_sync(&vn->report_work);
}
