// SPDX-License-Identifier: GPL-2.0-only
/*
 * Next hops
 *
 * The kernel tells of its next-hop objects by notifier, under RTNL. Each is
 * kept with the set of endpoints it leads to, and a route that refers to an
 * object by id refers to ours. When the kernel changes a group, or a member of
 * one, it tells of the group as a whole: we build the new set and publish it
 * by one pointer.
 *
 * The kernel deletes an object first and the routes that use it afterwards. In
 * between, and should one stay behind, those routes find an object without a
 * set and drop.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/nexthop.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "link.h"
#include "main.h"
#include "nexthop.h"
#include "port.h"

struct vnet_nhset *vnet_nhset_alloc(unsigned int max, gfp_t gfp,
				    struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;

	if (max > VNET_NHSET_MAX) {
		VNET_ERR_FMT(extack, "A route of a VNet has at most %u next hops",
			     VNET_NHSET_MAX);
		return ERR_PTR(-E2BIG);
	}
	set = kzalloc(struct_size(set, members, max), gfp);
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->max = max;
	return set;
}

static u8 gateway_kind(const struct vnet_gateway *gw)
{
	if (gw->reject)
		return VNET_NHSET_REJECT;
	if (!vnet_link_is(gw->dev))
		return VNET_NHSET_OUT;
	return gw->family ? VNET_NHSET_HOPS : VNET_NHSET_VNET;
}

static void nhset_append(struct vnet_nhset *set, struct vnet_endpoint *ep,
			 u16 weight)
{
	struct vnet_nhset_member *member = &set->members[set->num++];

	member->ep = ep;
	member->weight = weight;
	set->total += weight;
	member->bound = set->total;
	set->paths++;
}

static void nhset_begin(struct vnet_nhset *set, const struct vnet_gateway *gw)
{
	set->kind = gateway_kind(gw);
	set->family = gw->family;
	if (set->kind == VNET_NHSET_VNET)
		set->vnet = vnet_link_priv(gw->dev);
}

/* Several next hops are either gateways in VNets, all of one family, or none of
 * our business.
 */
static int nhset_check(const struct vnet_nhset *set,
		       const struct vnet_gateway *gw,
		       struct netlink_ext_ack *extack)
{
	u8 kind = gateway_kind(gw);

	if (kind != set->kind || kind == VNET_NHSET_VNET) {
		NL_SET_ERR_MSG_MOD(extack,
				   "Next hops in VNets and others cannot be mixed");
		return -EOPNOTSUPP;
	}
	if (kind == VNET_NHSET_HOPS && gw->family != set->family) {
		NL_SET_ERR_MSG_MOD(extack,
				   "IPv4 and IPv6 next hops cannot be mixed");
		return -EOPNOTSUPP;
	}
	return 0;
}

int vnet_nhset_add(struct vnet_nhset *set, const struct vnet_gateway *gw,
		   struct netlink_ext_ack *extack)
{
	struct vnet_endpoint *ep;
	int err;

	if (set->paths == set->max)
		return -E2BIG;
	if (set->paths) {
		err = nhset_check(set, gw, extack);
		if (err)
			return err;
	} else {
		nhset_begin(set, gw);
	}
	if (set->kind != VNET_NHSET_HOPS) {
		set->paths++;
		return 0;
	}
	if (gw->encap) {
		NL_SET_ERR_MSG_MOD(extack,
				   "A next hop in a VNet has no encapsulation");
		return -EOPNOTSUPP;
	}

	ep = vnet_endpoint_get(vnet_link_priv(gw->dev), gw->family, gw->addr);
	if (!ep)
		return -ENOMEM;
	nhset_append(set, ep, gw->weight);
	return 0;
}

bool vnet_nhset_has(const struct vnet_nhset *set,
		    const struct vnet_endpoint *ep)
{
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (set->members[i].ep == ep)
			return true;
	return false;
}

struct vnet_nhset *vnet_nhset_without(const struct vnet_nhset *set,
				      const struct vnet_endpoint *ep)
{
	const struct vnet_nhset_member *member;
	struct vnet_nhset *rest;

	rest = vnet_nhset_alloc(set->paths, GFP_ATOMIC, NULL);
	if (IS_ERR(rest))
		return NULL;
	rest->kind = set->kind;
	rest->family = set->family;
	for (member = set->members; member < set->members + set->num; member++)
		if (member->ep != ep)
			nhset_append(rest, vnet_endpoint_use(member->ep),
				     member->weight);
	if (!set->num)
		rest->paths = set->paths - 1;
	return rest;
}

void vnet_nhset_free(struct vnet_nhset *set)
{
	unsigned int i;

	if (!set)
		return;
	for (i = 0; i < set->num; i++)
		vnet_endpoint_put(set->members[i].ep);
	kfree_rcu(set, rcu);
}

bool vnet_nhset_equal(const struct vnet_nhset *a, const struct vnet_nhset *b)
{
	unsigned int i;

	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->family != b->family ||
	    a->vnet != b->vnet || a->num != b->num || a->paths != b->paths)
		return false;
	for (i = 0; i < a->num; i++)
		if (a->members[i].ep != b->members[i].ep ||
		    a->members[i].weight != b->members[i].weight)
			return false;
	return true;
}

/* The same for both directions of a flow and on every host: the two ends are
 * combined so that their order does not count.
 */
u32 vnet_nexthop_hash(const struct vnet_flow *flow)
{
	unsigned int len = vnet_addr_len(flow->family);
	u32 src = jhash(&flow->src, len, (__force u32)flow->sport);
	u32 dst = jhash(&flow->dst, len, (__force u32)flow->dport);

	return jhash_3words(src + dst, src ^ dst, flow->protocol, 0);
}

static bool member_usable(const struct vnet_nhset_member *member,
			  const struct vnet_port *skip)
{
	const struct vnet_port *port = rcu_dereference(member->ep->port);

	return port && port != skip && netif_running(port->dev) &&
	       netif_carrier_ok(port->dev);
}

static const struct vnet_nhset_member *
select_any(const struct vnet_nhset *set, u32 hash)
{
	u32 point = reciprocal_scale(hash, set->total);
	unsigned int i;

	for (i = 0; i < set->num - 1; i++)
		if (point < set->members[i].bound)
			break;
	return &set->members[i];
}

static const struct vnet_nhset_member *
select_usable(const struct vnet_nhset *set, u32 hash,
	      const struct vnet_port *skip)
{
	const struct vnet_nhset_member *last = NULL;
	u32 total = 0, sum = 0, point;
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (member_usable(&set->members[i], skip))
			total += set->members[i].weight;

	point = reciprocal_scale(hash, total);
	for (i = 0; i < set->num && sum <= point; i++) {
		if (!member_usable(&set->members[i], skip))
			continue;
		last = &set->members[i];
		sum += last->weight;
	}
	return last;
}

/* None is usable: one to tell the reason by */
static const struct vnet_nhset_member *
select_down(const struct vnet_nhset *set, const struct vnet_port *skip)
{
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (!skip || rcu_access_pointer(set->members[i].ep->port) != skip)
			return &set->members[i];
	return NULL;
}

const struct vnet_endpoint *
vnet_nexthop_select(const struct vnet_nhset *set, u32 hash,
		    const struct vnet_port *skip)
{
	const struct vnet_nhset_member *member = select_any(set, hash);

	if (likely(member_usable(member, skip)))
		return member->ep;
	member = select_usable(set, hash, skip) ?: select_down(set, skip);
	return member ? member->ep : NULL;
}

static const struct rhashtable_params nexthop_params = {
	.key_len = sizeof_field(struct vnet_nexthop, id),
	.key_offset = offsetof(struct vnet_nexthop, id),
	.head_offset = offsetof(struct vnet_nexthop, node),
	.automatic_shrinking = true,
};

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

	nh = kzalloc(sizeof(*nh), GFP_KERNEL);
	if (!nh)
		return -ENOMEM;
	nh->id = id;
	RCU_INIT_POINTER(nh->set, set);
	refcount_set(&nh->refcnt, 1);
	err = rhashtable_insert_fast(&vn->nexthops, &nh->node, nexthop_params);
	if (err)
		kfree(nh);
	return err;
}

/* Routes were classified by what their next-hop object is: it stays that as
 * long as one refers to it.
 */
static int nexthop_change(struct vnet_nexthop *nh, struct vnet_nhset *set,
			  struct netlink_ext_ack *extack)
{
	struct vnet_nhset *old = rtnl_dereference(nh->set);

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
static bool nexthop_offloaded(const struct vnet_nexthop *nh)
{
	return rtnl_dereference(nh->set)->kind == VNET_NHSET_HOPS;
}

static void nexthop_delete(struct vnet_net *vn, u32 id)
{
	struct vnet_nexthop *nh;

	nh = rhashtable_lookup_fast(&vn->nexthops, &id, nexthop_params);
	if (!nh)
		return;
	if (nexthop_offloaded(nh))
		nexthop_set_hw_flags(vn->net, id, false, false);
	rhashtable_remove_fast(&vn->nexthops, &nh->node, nexthop_params);
	vnet_nhset_free(rcu_replace_pointer(nh->set, NULL,
					    lockdep_rtnl_is_held()));
	vnet_nexthop_put(nh);
}

static int nhset_add_info(struct vnet_nhset *set,
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
	err = nhset_add_info(set, info, 1, extack);
	if (err) {
		vnet_nhset_free(set);
		return ERR_PTR(err);
	}
	return set;
}

static struct vnet_nhset *
nhset_of_group(const struct nh_notifier_grp_info *info,
	       struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;
	unsigned int i;
	int err;

	set = vnet_nhset_alloc(info->num_nh, GFP_KERNEL, extack);
	if (IS_ERR(set))
		return set;
	for (i = 0; i < info->num_nh; i++) {
		err = nhset_add_info(set, &info->nh_entries[i].nh,
				     info->nh_entries[i].weight, extack);
		if (err) {
			vnet_nhset_free(set);
			return ERR_PTR(err);
		}
	}
	return set;
}

/* A resilient group that leads into a VNet */
static bool res_table_ours(const struct nh_notifier_res_table_info *info)
{
	unsigned int i;

	for (i = 0; i < info->num_nh_buckets; i++)
		if (info->nhs[i].dev && vnet_link_is(info->nhs[i].dev))
			return true;
	return false;
}

/* NULL: an object that no route of ours can refer to */
static struct vnet_nhset *nhset_of_info(const struct nh_notifier_info *info)
{
	switch (info->type) {
	case NH_NOTIFIER_INFO_TYPE_SINGLE:
		if (info->nh->is_fdb)
			return NULL;
		return nhset_of_single(info->nh, info->extack);
	case NH_NOTIFIER_INFO_TYPE_GRP:
		if (info->nh_grp->is_fdb)
			return NULL;
		return nhset_of_group(info->nh_grp, info->extack);
	case NH_NOTIFIER_INFO_TYPE_RES_TABLE:
		if (!res_table_ours(info->nh_res_table))
			return NULL;
		NL_SET_ERR_MSG_MOD(info->extack,
				   "Resilient groups cannot lead into a VNet");
		return ERR_PTR(-EOPNOTSUPP);
	default:
		return NULL;
	}
}

static int nexthop_replace(struct vnet_net *vn,
			   const struct nh_notifier_info *info)
{
	bool offload, offloaded;
	struct vnet_nexthop *nh;
	struct vnet_nhset *set;
	int err;

	if (vnet_debugfs_fault(VNET_FAULT_NEXTHOP_ADD))
		return -ENOMEM;
	set = nhset_of_info(info);
	if (IS_ERR_OR_NULL(set))
		return PTR_ERR_OR_ZERO(set);

	offload = set->kind == VNET_NHSET_HOPS;
	nh = rhashtable_lookup_fast(&vn->nexthops, &info->id, nexthop_params);
	offloaded = nh && nexthop_offloaded(nh);
	if (nh)
		err = nexthop_change(nh, set, info->extack);
	else
		err = nexthop_create(vn, info->id, set);
	if (err) {
		vnet_nhset_free(set);
		return err;
	}
	if (offload || offloaded)
		nexthop_set_hw_flags(vn->net, info->id, offload, false);
	return 0;
}

static int nexthop_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	struct vnet_net *vn = container_of(nb, struct vnet_net, nexthop_nb);
	const struct nh_notifier_info *info = ptr;
	int err = 0;

	ASSERT_RTNL();

	switch (event) {
	case NEXTHOP_EVENT_REPLACE:
	case NEXTHOP_EVENT_RES_TABLE_PRE_REPLACE:
		err = nexthop_replace(vn, info);
		break;
	case NEXTHOP_EVENT_DEL:
		nexthop_delete(vn, info->id);
		break;
	}
	return notifier_from_errno(err);
}

int vnet_nexthop_init_net(struct vnet_net *vn)
{
	int err;

	err = rhashtable_init(&vn->nexthops, &nexthop_params);
	if (err)
		return err;
	vn->nexthop_nb.notifier_call = nexthop_event;
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
	rhashtable_free_and_destroy(&vn->nexthops, nexthop_free, NULL);
}
