// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: NICs
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "genl.h"
#include "link.h"
#include "port.h"
#include "stats.h"

const struct nla_policy vnet_genl_nic_addr_policy[VNET_A_NIC_ADDR_MAX + 1] = {
	[VNET_A_NIC_ADDR]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
};

static int nic_count_addrs(struct nlattr *nest, struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int rem, num = 0;

	nla_for_each_nested(attr, nest, rem)
		num++;
	if (num > VNET_PORT_MAX_ADDRS) {
		VNET_ERR_FMT(extack, "A NIC has at most %u addresses",
			     VNET_PORT_MAX_ADDRS);
		NL_SET_BAD_ATTR(extack, nest);
		return -E2BIG;
	}
	return num;
}

/* Allocates change->addrs */
static int nic_parse_addrs(struct vnet_port_change *change, struct nlattr *nest,
			   struct netlink_ext_ack *extack)
{
	int rem, num, family, i = 0;
	struct nlattr *attr;

	num = nic_count_addrs(nest, extack);
	if (num < 0)
		return num;
	change->set_addrs = true;
	change->num_addrs = num;
	change->addrs = vnet_try_alloc(kcalloc(num, sizeof(*change->addrs), GFP_KERNEL));
	if (!change->addrs)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, rem) {
		family = vnet_genl_addr(&change->addrs[i].addr, attr, extack);
		if (family < 0)
			return family;
		change->addrs[i++].family = family;
	}
	return 0;
}

static int nic_parse(struct vnet_port_change *change, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	memset(change, 0, sizeof(*change));
	if (attrs[VNET_A_NIC_MAC])
		change->mac = nla_data(attrs[VNET_A_NIC_MAC]);
	if (attrs[VNET_A_NIC_FLAGS]) {
		change->set_flags = true;
		change->flags = nla_get_u32(attrs[VNET_A_NIC_FLAGS]);
	}
	if (!attrs[VNET_A_NIC_ADDRS])
		return 0;
	return nic_parse_addrs(change, attrs[VNET_A_NIC_ADDRS], info->extack);
}

/* Whether an address is inside the VNet is known once its table has been read. */
static int nic_settle(const struct vnet_port *port,
		      struct netlink_ext_ack *extack)
{
	struct vnet *vnet = vnet_genl_settle(port->vnet->system, extack);

	return PTR_ERR_OR_ZERO(vnet);
}

static int nic_change(struct net *net, struct genl_info *info,
		      const struct vnet_port_change *change)
{
	struct vnet_port *port;
	int err;

	port = vnet_genl_port(net, info->attrs, info->extack);
	if (IS_ERR(port))
		return PTR_ERR(port);
	err = nic_settle(port, info->extack);
	if (err)
		return err;
	port = vnet_genl_port(net, info->attrs, info->extack);
	if (IS_ERR(port))
		return PTR_ERR(port);
	return vnet_port_change(port, change, info->extack);
}

int vnet_genl_nic_set(struct sk_buff *skb, struct genl_info *info)
{
	struct vnet_port_change change;
	int err;

	err = nic_parse(&change, info);
	if (!err) {
		rtnl_lock();
		err = nic_change(genl_info_net(info), info, &change);
		rtnl_unlock();
	}
	kfree(change.addrs);
	return err;
}

static int fill_addrs(struct sk_buff *skb, const struct vnet_port_config *config)
{
	const struct vnet_endpoint_key *key;
	struct nlattr *nest;
	unsigned int i;

	nest = nla_nest_start(skb, VNET_A_NIC_ADDRS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < config->num_addrs; i++) {
		key = &config->addrs[i]->key;
		if (nla_put(skb, VNET_A_NIC_ADDR, vnet_addr_len(key->family),
			    &key->addr))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_nic(struct sk_buff *skb, const void *object)
{
	const struct vnet_port *port = object;
	const struct vnet_port_config *config = rtnl_dereference(port->config);
	struct vnet_stats_sum sum;

	if (nla_put_u32(skb, VNET_A_IFINDEX, port->dev->ifindex) ||
	    nla_put_string(skb, VNET_A_NAME, port->dev->name) ||
	    nla_put_u32(skb, VNET_A_VNET_IFINDEX, port->vnet->dev->ifindex) ||
	    nla_put_u32(skb, VNET_A_NIC_FLAGS, config->flags))
		return -EMSGSIZE;
	if (!is_zero_ether_addr(config->mac) &&
	    nla_put(skb, VNET_A_NIC_MAC, ETH_ALEN, config->mac))
		return -EMSGSIZE;
	vnet_stats_sum(port->stats, &sum);
	return fill_addrs(skb, config) ?: vnet_genl_fill_stats(skb, &sum);
}

int vnet_genl_nic_get(struct sk_buff *skb, struct genl_info *info)
{
	struct vnet_port *port;
	int err;

	rtnl_lock();
	port = vnet_genl_port(genl_info_net(info), info->attrs, info->extack);
	err = IS_ERR(port) ? PTR_ERR(port) :
	      vnet_genl_reply(info, fill_nic, port);
	rtnl_unlock();
	return err;
}

/* Continues at NIC number cb->args[0]; @i counts those passed */
static int nic_dump_vnet(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct vnet *vnet, long *i)
{
	struct vnet_port *port;
	int err = 0;

	list_for_each_entry(port, &vnet->ports, node) {
		if (*i >= cb->args[0])
			err = vnet_genl_fill(skb, cb, VNET_CMD_NIC_GET,
					     fill_nic, port);
		if (err)
			return err;
		++*i;
	}
	return 0;
}

int vnet_genl_nic_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_any(skb, cb, nic_dump_vnet);
}
