// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: subnets
 */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "fib.h"
#include "genl.h"
#include "link.h"
#include "subnet.h"

const struct nla_policy vnet_genl_subnet_policy[VNET_A_SUBNET_MAX + 1] = {
	[VNET_A_SUBNET_ADDR]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[VNET_A_SUBNET_LEN]	= { .type = NLA_U8 },
	[VNET_A_SUBNET_TABLE]	= { .type = NLA_U32 },
	[VNET_A_SUBNET_FLAGS]	= NLA_POLICY_MASK(NLA_U32, VNET_SUBNET_F_ALL),
};

static int subnet_parse_prefix(struct vnet_subnet_change *change,
			       struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *addr = attrs[VNET_A_SUBNET_ADDR];
	struct nlattr *len = attrs[VNET_A_SUBNET_LEN];
	union vnet_addr prefix;
	int family;

	if (!addr || !len) {
		NL_SET_ERR_MSG_MOD(extack, "The subnet's prefix is missing");
		return -EINVAL;
	}
	family = vnet_genl_addr(&change->addr, addr, extack);
	if (family < 0)
		return family;
	change->family = family;
	change->len = nla_get_u8(len);
	if (change->len > vnet_addr_bits(change->family)) {
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "vnet: The prefix is longer than an address");
		return -EINVAL;
	}
	vnet_addr_prefix(&prefix, change->family, &change->addr, change->len);
	if (!vnet_addr_equal(change->family, &prefix, &change->addr)) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "vnet: The prefix has bits beyond its length");
		return -EINVAL;
	}
	return 0;
}

static int subnet_parse(struct vnet_subnet_change *change, struct nlattr **attrs,
			struct genl_info *info)
{
	struct nlattr *nest = info->attrs[VNET_A_SUBNET];
	int err;

	memset(change, 0, sizeof(*change));
	if (!nest) {
		NL_SET_ERR_MSG_MOD(info->extack, "VNET_A_SUBNET is missing");
		return -EINVAL;
	}
	err = nla_parse_nested(attrs, VNET_A_SUBNET_MAX, nest, vnet_genl_subnet_policy,
			       info->extack);
	return err ?: subnet_parse_prefix(change, attrs, info->extack);
}

/* A table that has routes already is mirrored before the subnet is bound to it. If one of them
 * cannot be, its packets would go another way: then it is none at all, as if that route came
 * later.
 */
static int subnet_set_table(struct vnet *vnet,
			    struct vnet_subnet_change *change, u32 id,
			    struct netlink_ext_ack *extack)
{
	struct vnet_table *table;
	int err;

	table = vnet_fib_table_get(vnet, id, VNET_CLASS_USER, extack);
	if (IS_ERR(table))
		return PTR_ERR(table);
	vnet = vnet_genl_settle(table, extack);
	if (IS_ERR(vnet)) {
		if (vnet == ERR_PTR(-EBUSY))
			vnet_fib_table_put(table);
		return PTR_ERR(vnet);
	}
	change->table = table;
	err = vnet_fib_table_check(table, extack) ?:
	      vnet_subnet_set(vnet, change, extack);
	if (err)
		vnet_fib_table_put(table);
	return err;
}

static int subnet_set(struct vnet *vnet, struct vnet_subnet_change *change,
		      struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	u32 id = 0;

	if (attrs[VNET_A_SUBNET_FLAGS]) {
		change->set_flags = true;
		change->flags = nla_get_u32(attrs[VNET_A_SUBNET_FLAGS]);
	}
	if (attrs[VNET_A_SUBNET_TABLE]) {
		change->set_table = true;
		id = nla_get_u32(attrs[VNET_A_SUBNET_TABLE]);
	}
	vnet = vnet_genl_settle(vnet->system, extack);
	if (IS_ERR(vnet))
		return PTR_ERR(vnet);
	return id ? subnet_set_table(vnet, change, id, extack) :
		    vnet_subnet_set(vnet, change, extack);
}

int vnet_genl_subnet_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_SUBNET_MAX + 1];
	struct vnet_subnet_change change;
	struct vnet *vnet;
	int err;

	err = subnet_parse(&change, attrs, info);
	if (err)
		return err;
	rtnl_lock();
	vnet = vnet_genl_vnet(genl_info_net(info), info->attrs, info->extack);
	err = IS_ERR(vnet) ? PTR_ERR(vnet) :
	      subnet_set(vnet, &change, attrs, info->extack);
	rtnl_unlock();
	return err;
}

static int subnet_del(struct vnet *vnet, const struct vnet_subnet_change *change,
		      struct netlink_ext_ack *extack)
{
	struct vnet_subnet *subnet;

	subnet = vnet_subnet_get(vnet, change->family, &change->addr,
				 change->len);
	if (!subnet) {
		NL_SET_ERR_MSG_MOD(extack, "The VNet has no such subnet");
		return -ENOENT;
	}
	vnet_subnet_del(vnet, subnet);
	return 0;
}

int vnet_genl_subnet_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_SUBNET_MAX + 1];
	struct vnet_subnet_change change;
	struct vnet *vnet;
	int err;

	err = subnet_parse(&change, attrs, info);
	if (err)
		return err;
	rtnl_lock();
	vnet = vnet_genl_vnet(genl_info_net(info), info->attrs, info->extack);
	err = IS_ERR(vnet) ? PTR_ERR(vnet) :
	      subnet_del(vnet, &change, info->extack);
	rtnl_unlock();
	return err;
}

static int fill_subnet(struct sk_buff *skb, const void *object)
{
	const struct vnet_subnet *subnet = object;
	const struct vnet_table *user = subnet->user;
	struct nlattr *nest;

	nest = nla_nest_start(skb, VNET_A_SUBNET);
	if (!nest ||
	    nla_put(skb, VNET_A_SUBNET_ADDR, vnet_addr_len(subnet->family),
		    &subnet->addr) ||
	    nla_put_u8(skb, VNET_A_SUBNET_LEN, subnet->len) ||
	    nla_put_u32(skb, VNET_A_SUBNET_TABLE, user ? user->id : 0) ||
	    nla_put_u32(skb, VNET_A_SUBNET_FLAGS, subnet->flags))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int subnet_dump_vnet(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct vnet *vnet, long *i)
{
	struct vnet_subnet *subnet;
	int err = 0;

	list_for_each_entry(subnet, &vnet->subnets, node) {
		if (*i >= cb->args[0])
			err = vnet_genl_fill(skb, cb, VNET_CMD_SUBNET_GET,
					     fill_subnet, subnet);
		if (err)
			return err;
		++*i;
	}
	return 0;
}

int vnet_genl_subnet_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_one(skb, cb, subnet_dump_vnet);
}
