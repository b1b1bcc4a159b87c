// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: the family, and what its commands have in common. They are in
 * genl_*.c, a file for each kind of object. Everything is done under RTNL.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "debugfs.h"
#include "fib.h"
#include "genl.h"
#include "link.h"
#include "main.h"
#include "port.h"
#include "stats.h"

/* ---- Objects a request names ---- */

static const struct nlattr *ifindex_of(struct nlattr **attrs,
				       struct netlink_ext_ack *extack)
{
	if (!attrs[VNET_A_IFINDEX])
		NL_SET_ERR_MSG_MOD(extack, "VNET_A_IFINDEX is missing");
	return attrs[VNET_A_IFINDEX];
}

static struct net_device *dev_of(struct net *net, const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	struct net_device *dev = __dev_get_by_index(net, nla_get_u32(attr));

	if (dev)
		return dev;
	NL_SET_ERR_MSG_ATTR(extack, attr, "vnet: There is no such device");
	return ERR_PTR(-ENODEV);
}

struct net_device *vnet_genl_dev(struct net *net, struct nlattr **attrs,
				 struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = ifindex_of(attrs, extack);

	return attr ? dev_of(net, attr, extack) : ERR_PTR(-EINVAL);
}

struct vnet *vnet_genl_vnet_of(struct net *net, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	struct net_device *dev = dev_of(net, attr, extack);

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	if (!vnet_link_is(dev)) {
		NL_SET_BAD_ATTR(extack, attr);
		VNET_ERR_FMT(extack, "%s is no VNet", netdev_name(dev));
		return ERR_PTR(-EINVAL);
	}
	return vnet_link_priv(dev);
}

struct vnet *vnet_genl_vnet(struct net *net, struct nlattr **attrs,
			    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = ifindex_of(attrs, extack);

	return attr ? vnet_genl_vnet_of(net, attr, extack) : ERR_PTR(-EINVAL);
}

struct vnet_port *vnet_genl_port(struct net *net, struct nlattr **attrs,
				 struct netlink_ext_ack *extack)
{
	struct net_device *dev = vnet_genl_dev(net, attrs, extack);
	struct vnet_port *port;

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	port = vnet_port_get_rcu(dev);
	if (!port) {
		NL_SET_BAD_ATTR(extack, attrs[VNET_A_IFINDEX]);
		VNET_ERR_FMT(extack, "%s is no NIC of a VNet", netdev_name(dev));
		return ERR_PTR(-EINVAL);
	}
	return port;
}

/* Waiting for a table drops RTNL: the VNet may be gone afterwards, or another. */
struct vnet *vnet_genl_settle(struct vnet_table *table,
			      struct netlink_ext_ack *extack)
{
	struct vnet_net *vn = vnet_net(dev_net(table->vnet->dev));

	table = vnet_fib_table_settle(vn, table, extack);
	return IS_ERR(table) ? ERR_CAST(table) : table->vnet;
}

int vnet_genl_addr(union vnet_addr *addr, const struct nlattr *attr,
		   struct netlink_ext_ack *extack)
{
	int family;

	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		family = AF_INET;
		break;
	case sizeof(struct in6_addr):
		family = AF_INET6;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "vnet: An address has 4 or 16 bytes");
		return -EINVAL;
	}
	vnet_addr_set(addr, family, nla_data(attr));
	return family;
}

/* ---- Answers ---- */

static int fill_message(struct sk_buff *skb, u32 portid, u32 seq, int flags,
			u8 cmd, vnet_genl_fill_fn fill, const void *object,
			struct netlink_callback *cb)
{
	void *head;
	int err;

	head = genlmsg_put(skb, portid, seq, &vnet_genl_family, flags, cmd);
	if (!head)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, head);
	err = fill(skb, object);
	if (err) {
		genlmsg_cancel(skb, head);
		return err;
	}
	genlmsg_end(skb, head);
	return 0;
}

int vnet_genl_fill(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		   vnet_genl_fill_fn fill, const void *object)
{
	return fill_message(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			    NLM_F_MULTI, cmd, fill, object, cb);
}

int vnet_genl_reply(struct genl_info *info, vnet_genl_fill_fn fill,
		    const void *object)
{
	struct sk_buff *skb;
	size_t size;
	int err;

	for (size = GENLMSG_DEFAULT_SIZE; size <= SZ_1M; size *= 4) {
		skb = vnet_try_alloc(genlmsg_new(size, GFP_KERNEL));
		if (!skb)
			return -ENOMEM;
		err = fill_message(skb, info->snd_portid, info->snd_seq, 0,
				   info->genlhdr->cmd, fill, object, NULL);
		if (!err)
			return genlmsg_reply(skb, info);
		nlmsg_free(skb);
		if (err != -EMSGSIZE)
			return err;
	}
	return -EMSGSIZE;
}

/* Objects may be larger than what the kernel takes a message to be by default: a route with
 * VNET_NHSET_MAX next hops at hosts of IPv6 takes 47 KiB. Who asks has to be prepared for 64.
 */
static int dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = SKB_WITH_OVERHEAD(SZ_64K);
	return 0;
}

int vnet_genl_dump_result(const struct sk_buff *skb, int err)
{
	if (err && err != -EMSGSIZE)
		return err;
	return skb->len ?: err;
}

static int dump_all(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct vnet_net *vn, vnet_genl_dump_fn dump, long *i)
{
	struct vnet *vnet;
	int err = 0;

	list_for_each_entry(vnet, &vn->vnets, node) {
		err = dump(skb, cb, vnet, i);
		if (err)
			break;
	}
	return err;
}

static int dump_vnets(struct sk_buff *skb, struct netlink_callback *cb,
		      vnet_genl_dump_fn dump, bool any)
{
	struct nlattr **attrs = vnet_compat_dump_attrs(cb);
	struct vnet_net *vn = vnet_net(sock_net(skb->sk));
	struct vnet *vnet;
	long i = 0;
	int err;

	rtnl_lock();
	cb->seq = vn->generation;
	if (any && !attrs[VNET_A_IFINDEX]) {
		err = dump_all(skb, cb, vn, dump, &i);
	} else {
		vnet = vnet_genl_vnet(vn->net, attrs, cb->extack);
		err = IS_ERR(vnet) ? PTR_ERR(vnet) : dump(skb, cb, vnet, &i);
	}
	rtnl_unlock();
	cb->args[0] = i;
	return vnet_genl_dump_result(skb, err);
}

int vnet_genl_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		       vnet_genl_dump_fn dump)
{
	return dump_vnets(skb, cb, dump, false);
}

int vnet_genl_dump_any(struct sk_buff *skb, struct netlink_callback *cb,
		       vnet_genl_dump_fn dump)
{
	return dump_vnets(skb, cb, dump, true);
}

static int fill_counter(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, VNET_A_STATS_PAD);
}

static int fill_drop(struct sk_buff *skb, u8 reason, u64 packets)
{
	struct nlattr *nest;

	if (!packets)
		return 0;
	nest = nla_nest_start(skb, VNET_A_STATS_DROP);
	if (!nest ||
	    nla_put_u8(skb, VNET_A_DROP_REASON, reason) ||
	    nla_put_string(skb, VNET_A_DROP_NAME, vnet_stats_drop_name(reason)) ||
	    nla_put_u64_64bit(skb, VNET_A_DROP_PACKETS, packets, VNET_A_DROP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int vnet_genl_fill_stats(struct sk_buff *skb, const struct vnet_stats_sum *sum)
{
	struct nlattr *nest;
	int i;

	nest = nla_nest_start(skb, VNET_A_STATS);
	if (!nest ||
	    fill_counter(skb, VNET_A_STATS_RX_PACKETS, sum->rx_packets) ||
	    fill_counter(skb, VNET_A_STATS_RX_BYTES, sum->rx_bytes) ||
	    fill_counter(skb, VNET_A_STATS_TX_PACKETS, sum->tx_packets) ||
	    fill_counter(skb, VNET_A_STATS_TX_BYTES, sum->tx_bytes))
		return -EMSGSIZE;
	for (i = 0; i < __VNET_DROP_LAST; i++)
		if (fill_drop(skb, i, sum->drops[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* ---- Family ---- */

static const struct nla_policy dev_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy subnet_change_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_SUBNET]		= NLA_POLICY_NESTED(vnet_genl_subnet_policy),
};

static const struct nla_policy nic_change_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_NIC_MAC]	= NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[VNET_A_NIC_FLAGS]	= NLA_POLICY_MASK(NLA_U32, VNET_NIC_F_ALL),
	[VNET_A_NIC_ADDRS]	= NLA_POLICY_NESTED(vnet_genl_nic_addr_policy),
};

static const struct nla_policy endpoint_change_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_ENDPOINT]	= NLA_POLICY_NESTED(vnet_genl_endpoint_policy),
};

static const struct nla_policy effective_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_FAMILY]		= { .type = NLA_U8 },
};

static const struct nla_policy lookup_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_LOOKUP_DST]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[VNET_A_LOOKUP_SRC]	= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[VNET_A_LOOKUP_PROTO]	= { .type = NLA_U8 },
	[VNET_A_LOOKUP_SPORT]	= { .type = NLA_U16 },
	[VNET_A_LOOKUP_DPORT]	= { .type = NLA_U16 },
};

static const struct nla_policy peering_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_PEERING]	= NLA_POLICY_NESTED(vnet_genl_peering_policy),
};

/* Reads need the privilege as well: they show the addresses of tenants. */
static const struct genl_ops genl_ops[] = {
	{
		.cmd = VNET_CMD_VNET_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.doit = vnet_genl_vnet_get,
		.start = dump_start,
		.dumpit = vnet_genl_vnet_dump,
	}, {
		.cmd = VNET_CMD_SUBNET_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = subnet_change_policy,
		.maxattr = ARRAY_SIZE(subnet_change_policy) - 1,
		.doit = vnet_genl_subnet_set,
	}, {
		.cmd = VNET_CMD_SUBNET_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = subnet_change_policy,
		.maxattr = ARRAY_SIZE(subnet_change_policy) - 1,
		.doit = vnet_genl_subnet_del,
	}, {
		.cmd = VNET_CMD_SUBNET_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.start = dump_start,
		.dumpit = vnet_genl_subnet_dump,
	}, {
		.cmd = VNET_CMD_NIC_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = nic_change_policy,
		.maxattr = ARRAY_SIZE(nic_change_policy) - 1,
		.doit = vnet_genl_nic_set,
	}, {
		.cmd = VNET_CMD_NIC_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.doit = vnet_genl_nic_get,
		.start = dump_start,
		.dumpit = vnet_genl_nic_dump,
	}, {
		.cmd = VNET_CMD_EFFECTIVE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = effective_policy,
		.maxattr = ARRAY_SIZE(effective_policy) - 1,
		.start = dump_start,
		.dumpit = vnet_genl_effective_dump,
	}, {
		.cmd = VNET_CMD_LOOKUP,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = lookup_policy,
		.maxattr = ARRAY_SIZE(lookup_policy) - 1,
		.doit = vnet_genl_lookup,
	}, {
		.cmd = VNET_CMD_ENDPOINT_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = endpoint_change_policy,
		.maxattr = ARRAY_SIZE(endpoint_change_policy) - 1,
		.doit = vnet_genl_endpoint_set,
	}, {
		.cmd = VNET_CMD_ENDPOINT_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = endpoint_change_policy,
		.maxattr = ARRAY_SIZE(endpoint_change_policy) - 1,
		.doit = vnet_genl_endpoint_del,
	}, {
		.cmd = VNET_CMD_ENDPOINT_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.start = dump_start,
		.dumpit = vnet_genl_endpoint_dump,
	}, {
		.cmd = VNET_CMD_TUNNEL_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.doit = vnet_genl_tunnel_set,
	}, {
		.cmd = VNET_CMD_TUNNEL_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = vnet_genl_tunnel_del,
	}, {
		.cmd = VNET_CMD_TUNNEL_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = dump_start,
		.dumpit = vnet_genl_tunnel_dump,
	}, {
		.cmd = VNET_CMD_PEERING_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = peering_policy,
		.maxattr = ARRAY_SIZE(peering_policy) - 1,
		.doit = vnet_genl_peering_set,
	}, {
		.cmd = VNET_CMD_PEERING_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = peering_policy,
		.maxattr = ARRAY_SIZE(peering_policy) - 1,
		.doit = vnet_genl_peering_del,
	}, {
		.cmd = VNET_CMD_PEERING_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.start = dump_start,
		.dumpit = vnet_genl_peering_dump,
	},
};

struct genl_family vnet_genl_family __ro_after_init = {
	.name = VNET_GENL_NAME,
	.version = VNET_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = genl_ops,
	.n_ops = ARRAY_SIZE(genl_ops),
	.resv_start_op = VNET_CMD_VNET_GET,
};

int vnet_genl_init(void)
{
	return genl_register_family(&vnet_genl_family);
}

void vnet_genl_uninit(void)
{
	genl_unregister_family(&vnet_genl_family);
}
