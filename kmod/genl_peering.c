// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: peerings
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "fib.h"
#include "genl.h"
#include "link.h"
#include "main.h"
#include "peering.h"

const struct nla_policy vnet_genl_peering_policy[VNET_A_PEERING_MAX + 1] = {
	[VNET_A_PEERING_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_PEERING_FLAGS]	 = NLA_POLICY_MASK(NLA_U32, VNET_PEERING_F_ALL),
};

/* The two ends that a request names */
struct ends {
	struct vnet *vnet;
	struct vnet *peer;
};

static int peering_parse(struct nlattr **attrs, struct genl_info *info)
{
	struct nlattr *nest = info->attrs[VNET_A_PEERING];
	int err;

	if (!nest) {
		NL_SET_ERR_MSG_MOD(info->extack, "VNET_A_PEERING is missing");
		return -EINVAL;
	}
	err = nla_parse_nested(attrs, VNET_A_PEERING_MAX, nest,
			       vnet_genl_peering_policy, info->extack);
	if (err)
		return err;
	if (!attrs[VNET_A_PEERING_IFINDEX]) {
		NL_SET_ERR_MSG_MOD(info->extack, "The peer is missing");
		return -EINVAL;
	}
	return 0;
}

static int find_ends(struct ends *ends, struct nlattr **attrs,
		     struct genl_info *info)
{
	struct net *net = genl_info_net(info);

	ends->vnet = vnet_genl_vnet(net, info->attrs, info->extack);
	if (IS_ERR(ends->vnet))
		return PTR_ERR(ends->vnet);
	ends->peer = vnet_genl_vnet_of(net, attrs[VNET_A_PEERING_IFINDEX],
				       info->extack);
	return PTR_ERR_OR_ZERO(ends->peer);
}

/* A table that has to be read before the two can be compared, or NULL */
static struct vnet_table *unread(const struct ends *ends)
{
	if (!vnet_fib_table_live(ends->vnet->system))
		return ends->vnet->system;
	if (!vnet_fib_table_live(ends->vnet->bgp))
		return ends->vnet->bgp;
	if (!vnet_fib_table_live(ends->peer->system))
		return ends->peer->system;
	return NULL;
}

/* Waiting for a table drops RTNL: either VNet may be gone afterwards. */
static int settle_ends(struct ends *ends, struct nlattr **attrs,
		       struct genl_info *info)
{
	struct vnet_net *vn = vnet_net(genl_info_net(info));
	struct vnet_table *table;
	int err;

	err = find_ends(ends, attrs, info);
	while (!err && (table = unread(ends))) {
		table = vnet_fib_table_settle(vn, table, info->extack);
		err = PTR_ERR_OR_ZERO(table) ?: find_ends(ends, attrs, info);
	}
	return err;
}

int vnet_genl_peering_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_PEERING_MAX + 1];
	struct nlattr *flags;
	struct ends ends;
	u32 value;
	int err;

	err = peering_parse(attrs, info);
	if (err)
		return err;
	flags = attrs[VNET_A_PEERING_FLAGS];
	if (flags)
		value = nla_get_u32(flags);
	rtnl_lock();
	err = settle_ends(&ends, attrs, info);
	if (!err)
		err = vnet_peering_set(ends.vnet, ends.peer,
				       flags ? &value : NULL, info->extack);
	rtnl_unlock();
	return err;
}

int vnet_genl_peering_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_PEERING_MAX + 1];
	struct ends ends;
	int err;

	err = peering_parse(attrs, info);
	if (err)
		return err;
	rtnl_lock();
	err = find_ends(&ends, attrs, info);
	if (!err)
		err = vnet_peering_del(ends.vnet, ends.peer, info->extack);
	rtnl_unlock();
	return err;
}

static int fill_peering(struct sk_buff *skb, const void *object)
{
	const struct vnet_peering *side = object;
	struct nlattr *nest;

	if (nla_put_u32(skb, VNET_A_IFINDEX, side->vnet->dev->ifindex))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, VNET_A_PEERING);
	if (!nest ||
	    nla_put_u32(skb, VNET_A_PEERING_IFINDEX, side->peer->dev->ifindex) ||
	    nla_put_u32(skb, VNET_A_PEERING_FLAGS, side->flags) ||
	    nla_put_u8(skb, VNET_A_PEERING_STATE, vnet_peering_state(side)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Continues at side number cb->args[0]; @i counts those passed. RTNL keeps what is
 * configured; the rest of the list may change.
 */
static int peering_dump_vnet(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct vnet *vnet, long *i)
{
	const struct vnet_peering *side;
	int err = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(side, &vnet->peerings, node) {
		if (!side->configured)
			continue;
		if (*i >= cb->args[0])
			err = vnet_genl_fill(skb, cb, VNET_CMD_PEERING_GET,
					     fill_peering, side);
		if (err)
			break;
		++*i;
	}
	rcu_read_unlock();
	return err;
}

int vnet_genl_peering_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_any(skb, cb, peering_dump_vnet);
}
