// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: endpoints on other hosts, and the tunnel to them
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "endpoint.h"
#include "fib.h"
#include "genl.h"
#include "link.h"
#include "main.h"
#include "remote.h"
#include "stats.h"
#include "tunnel.h"

/* ---- Endpoints ---- */

static struct netlink_range_validation vni_range = {
	.min = 1,
	.max = VNET_VNI_MAX,
};

const struct nla_policy vnet_genl_endpoint_policy[VNET_A_ENDPOINT_MAX + 1] = {
	[VNET_A_ENDPOINT_ADDR]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[VNET_A_ENDPOINT_HOST]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[VNET_A_ENDPOINT_VNI]	= NLA_POLICY_FULL_RANGE(NLA_U32, &vni_range),
	[VNET_A_ENDPOINT_MAC]	= NLA_POLICY_EXACT_LEN(ETH_ALEN),
};

/* Returns the family, or -EINVAL */
static int parse_addr(union vnet_addr *addr, const struct nlattr *attr,
		      const char *missing, struct netlink_ext_ack *extack)
{
	if (!attr) {
		VNET_ERR_FMT(extack, "The endpoint's %s is missing", missing);
		return -EINVAL;
	}
	return vnet_genl_addr(addr, attr, extack);
}

static int endpoint_parse(struct vnet_remote_change *change, struct nlattr **attrs,
			  struct genl_info *info)
{
	struct nlattr *nest = info->attrs[VNET_A_ENDPOINT];
	int ret;

	memset(change, 0, sizeof(*change));
	if (!nest) {
		NL_SET_ERR_MSG_MOD(info->extack, "VNET_A_ENDPOINT is missing");
		return -EINVAL;
	}
	ret = nla_parse_nested(attrs, VNET_A_ENDPOINT_MAX, nest,
			       vnet_genl_endpoint_policy, info->extack);
	if (ret)
		return ret;
	ret = parse_addr(&change->addr, attrs[VNET_A_ENDPOINT_ADDR], "address",
			 info->extack);
	if (ret < 0)
		return ret;
	change->family = ret;
	return 0;
}

/* What only VNET_CMD_ENDPOINT_SET needs */
static int endpoint_parse_place(struct vnet_remote_change *change,
				struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	int ret;

	ret = parse_addr(&change->host.addr, attrs[VNET_A_ENDPOINT_HOST], "host",
			 extack);
	if (ret < 0)
		return ret;
	change->host.family = ret;
	if (attrs[VNET_A_ENDPOINT_VNI])
		change->vni = nla_get_u32(attrs[VNET_A_ENDPOINT_VNI]);
	if (attrs[VNET_A_ENDPOINT_MAC])
		change->mac = nla_data(attrs[VNET_A_ENDPOINT_MAC]);
	return 0;
}

static int endpoint_set(struct genl_info *info,
			const struct vnet_remote_change *change)
{
	struct vnet *vnet;

	vnet = vnet_genl_vnet(genl_info_net(info), info->attrs, info->extack);
	if (!IS_ERR(vnet))
		vnet = vnet_genl_settle(vnet->system, info->extack);
	return IS_ERR(vnet) ? PTR_ERR(vnet) :
			      vnet_remote_set(vnet, change, info->extack);
}

int vnet_genl_endpoint_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_ENDPOINT_MAX + 1];
	struct vnet_remote_change change;
	int err;

	err = endpoint_parse(&change, attrs, info) ?:
	      endpoint_parse_place(&change, attrs, info->extack);
	if (err)
		return err;
	rtnl_lock();
	err = endpoint_set(info, &change);
	rtnl_unlock();
	return err;
}

static int endpoint_del(struct genl_info *info,
			const struct vnet_remote_change *change)
{
	struct vnet *vnet;
	int err;

	vnet = vnet_genl_vnet(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(vnet))
		return PTR_ERR(vnet);
	err = vnet_remote_del(vnet, change->family, &change->addr);
	if (err)
		NL_SET_ERR_MSG_MOD(info->extack,
				   "The VNet has no such endpoint on another host");
	return err;
}

int vnet_genl_endpoint_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[VNET_A_ENDPOINT_MAX + 1];
	struct vnet_remote_change change;
	int err;

	err = endpoint_parse(&change, attrs, info);
	if (err)
		return err;
	rtnl_lock();
	err = endpoint_del(info, &change);
	rtnl_unlock();
	return err;
}

static int fill_endpoint(struct sk_buff *skb, const void *object)
{
	const struct vnet_remote *remote = object;
	const struct vnet_endpoint_key *key = &remote->ep->key;
	const struct vnet_host_key *host = &remote->vtep->host->key;
	struct nlattr *nest = nla_nest_start(skb, VNET_A_ENDPOINT);

	if (!nest ||
	    nla_put(skb, VNET_A_ENDPOINT_ADDR, vnet_addr_len(key->family),
		    &key->addr) ||
	    nla_put(skb, VNET_A_ENDPOINT_HOST, vnet_addr_len(host->family),
		    &host->addr) ||
	    nla_put_u32(skb, VNET_A_ENDPOINT_VNI, remote->vtep->vni) ||
	    nla_put(skb, VNET_A_ENDPOINT_MAC, ETH_ALEN, remote->mac))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int endpoint_dump_vnet(struct sk_buff *skb, struct netlink_callback *cb,
			      const struct vnet *vnet, long *i)
{
	struct vnet_remote *remote;
	int err = 0;

	list_for_each_entry(remote, &vnet->remotes, node) {
		if (*i >= cb->args[0])
			err = vnet_genl_fill(skb, cb, VNET_CMD_ENDPOINT_GET,
					     fill_endpoint, remote);
		if (err)
			return err;
		++*i;
	}
	return 0;
}

int vnet_genl_endpoint_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_one(skb, cb, endpoint_dump_vnet);
}

/* ---- The tunnel ---- */

int vnet_genl_tunnel_set(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = vnet_genl_dev(net, info->attrs, info->extack);
	err = IS_ERR(dev) ? PTR_ERR(dev) :
			    vnet_tunnel_set(vnet_net(net), dev, info->extack);
	rtnl_unlock();
	return err;
}

int vnet_genl_tunnel_del(struct sk_buff *skb, struct genl_info *info)
{
	rtnl_lock();
	vnet_tunnel_del(vnet_net(genl_info_net(info)));
	rtnl_unlock();
	return 0;
}

static int fill_tunnel(struct sk_buff *skb, const void *object)
{
	const struct vnet_tunnel *tunnel = object;
	struct vnet_stats_sum sum;

	if (nla_put_u32(skb, VNET_A_IFINDEX, tunnel->dev->ifindex) ||
	    nla_put_string(skb, VNET_A_NAME, tunnel->dev->name))
		return -EMSGSIZE;
	vnet_stats_sum(tunnel->stats, &sum);
	return vnet_genl_fill_stats(skb, &sum);
}

int vnet_genl_tunnel_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vnet_net *vn = vnet_net(sock_net(skb->sk));
	const struct vnet_tunnel *tunnel;
	int err = 0;

	rtnl_lock();
	tunnel = rtnl_dereference(vn->tunnel);
	if (tunnel && !cb->args[0])
		err = vnet_genl_fill(skb, cb, VNET_CMD_TUNNEL_GET, fill_tunnel,
				     tunnel);
	rtnl_unlock();
	cb->args[0] = 1;
	return err ?: skb->len;
}
