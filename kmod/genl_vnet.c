// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: VNets
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "fib.h"
#include "genl.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "mirror.h"
#include "stats.h"

static int fill_space(struct sk_buff *skb, int family,
		      const struct vnet_prefix *prefix)
{
	struct nlattr *nest = nla_nest_start(skb, VNET_A_SPACE);

	if (!nest ||
	    nla_put(skb, VNET_A_PREFIX_ADDR, vnet_addr_len(family),
		    prefix->addr) ||
	    nla_put_u8(skb, VNET_A_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_spaces(struct sk_buff *skb, const struct vnet_mirror *system)
{
	struct vnet_lpm_cursor cursor = {};
	int err = 0;

	rcu_read_lock();
	while (!err && vnet_lpm_next(&system->spaces, &cursor))
		if (cursor.value == VNET_SPACE_OWN)
			err = fill_space(skb, system->family, &cursor.prefix);
	rcu_read_unlock();
	return err;
}

static int fill_mirror(struct sk_buff *skb, struct vnet_mirror *mirror)
{
	struct vnet_mirror_info info;
	struct nlattr *nest;

	vnet_mirror_info(mirror, &info);
	nest = nla_nest_start(skb, VNET_A_MIRROR);
	if (!nest ||
	    nla_put_u8(skb, VNET_A_MIRROR_CLASS, mirror->table->class) ||
	    nla_put_u8(skb, VNET_A_MIRROR_FAMILY, mirror->family) ||
	    nla_put_u8(skb, VNET_A_MIRROR_STATE, info.state) ||
	    nla_put_u32(skb, VNET_A_MIRROR_ROUTES, info.routes) ||
	    nla_put_u64_64bit(skb, VNET_A_MIRROR_BYTES, info.bytes,
			      VNET_A_MIRROR_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_table(struct sk_buff *skb, struct vnet_table *table)
{
	return fill_mirror(skb, &table->mirror[VNET_AF_IP4]) ?:
	       fill_mirror(skb, &table->mirror[VNET_AF_IP6]);
}

static int fill_vnet(struct sk_buff *skb, const void *object)
{
	const struct vnet *vnet = object;
	struct vnet_stats_sum sum;

	if (nla_put_u32(skb, VNET_A_IFINDEX, vnet->dev->ifindex) ||
	    nla_put_string(skb, VNET_A_NAME, vnet->dev->name) ||
	    nla_put_u32(skb, VNET_A_VNI, vnet->vni) ||
	    nla_put_u32(skb, VNET_A_TABLE, vnet->table_id) ||
	    nla_put_u32(skb, VNET_A_BGP_TABLE, vnet->bgp_table_id) ||
	    nla_put_u32(skb, VNET_A_MAX_ROUTES, vnet->max_routes) ||
	    nla_put_u32(skb, VNET_A_ECMP_SYMMETRIC, vnet->ecmp_symmetric) ||
	    nla_put_u32(skb, VNET_A_NUM_NICS, vnet->num_ports))
		return -EMSGSIZE;
	vnet_stats_sum_vnet(vnet, &sum);
	return fill_spaces(skb, &vnet->system->mirror[VNET_AF_IP4]) ?:
	       fill_spaces(skb, &vnet->system->mirror[VNET_AF_IP6]) ?:
	       fill_table(skb, vnet->system) ?: fill_table(skb, vnet->bgp) ?:
	       vnet_genl_fill_stats(skb, &sum);
}

int vnet_genl_vnet_get(struct sk_buff *skb, struct genl_info *info)
{
	struct vnet *vnet;
	int err;

	rtnl_lock();
	vnet = vnet_genl_vnet(genl_info_net(info), info->attrs, info->extack);
	err = IS_ERR(vnet) ? PTR_ERR(vnet) :
	      vnet_genl_reply(info, fill_vnet, vnet);
	rtnl_unlock();
	return err;
}

int vnet_genl_vnet_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vnet_net *vn = vnet_net(sock_net(skb->sk));
	struct vnet *vnet;
	long i = 0;
	int err = 0;

	rtnl_lock();
	cb->seq = vn->generation;
	list_for_each_entry(vnet, &vn->vnets, node) {
		if (i >= cb->args[0])
			err = vnet_genl_fill(skb, cb, VNET_CMD_VNET_GET,
					     fill_vnet, vnet);
		if (err)
			break;
		i++;
	}
	rtnl_unlock();
	cb->args[0] = i;
	return vnet_genl_dump_result(skb, err);
}
