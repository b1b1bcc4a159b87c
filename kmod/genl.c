// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: the family, and its commands for VNets, subnets and NICs. The
 * others are in genl_route.c, genl_tunnel.c and genl_peering.c. Everything is done under
 * RTNL.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "fib.h"
#include "genl.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "mirror.h"
#include "port.h"
#include "stats.h"
#include "subnet.h"

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

/* ---- VNets ---- */

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

static int vnet_get(struct sk_buff *skb, struct genl_info *info)
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

static int vnet_dump(struct sk_buff *skb, struct netlink_callback *cb)
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

/* ---- Subnets ---- */

static const struct nla_policy subnet_policy[VNET_A_SUBNET_MAX + 1] = {
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
	err = nla_parse_nested(attrs, VNET_A_SUBNET_MAX, nest, subnet_policy,
			       info->extack);
	return err ?: subnet_parse_prefix(change, attrs, info->extack);
}

/* Waiting for a table drops RTNL: the VNet may be gone afterwards, or another. */
struct vnet *vnet_genl_settle(struct vnet_table *table,
			      struct netlink_ext_ack *extack)
{
	struct vnet_net *vn = vnet_net(dev_net(table->vnet->dev));

	table = vnet_fib_table_settle(vn, table, extack);
	return IS_ERR(table) ? ERR_CAST(table) : table->vnet;
}

/* A table that has routes already is mirrored before the subnet is bound to it. */
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
	err = vnet_subnet_set(vnet, change, extack);
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

static int subnet_set_doit(struct sk_buff *skb, struct genl_info *info)
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

static int subnet_del_doit(struct sk_buff *skb, struct genl_info *info)
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

static int subnet_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_one(skb, cb, subnet_dump_vnet);
}

/* ---- NICs ---- */

static const struct nla_policy nic_addr_policy[VNET_A_NIC_ADDR_MAX + 1] = {
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

static int nic_set_doit(struct sk_buff *skb, struct genl_info *info)
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

static int nic_get(struct sk_buff *skb, struct genl_info *info)
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

static int nic_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vnet_genl_dump_any(skb, cb, nic_dump_vnet);
}

/* ---- Family ---- */

static const struct nla_policy dev_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy subnet_change_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_SUBNET]		= NLA_POLICY_NESTED(subnet_policy),
};

static const struct nla_policy nic_change_policy[] = {
	[VNET_A_IFINDEX]	= NLA_POLICY_MIN(NLA_U32, 1),
	[VNET_A_NIC_MAC]	= NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[VNET_A_NIC_FLAGS]	= NLA_POLICY_MASK(NLA_U32, VNET_NIC_F_ALL),
	[VNET_A_NIC_ADDRS]	= NLA_POLICY_NESTED(nic_addr_policy),
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
		.doit = vnet_get,
		.start = dump_start,
		.dumpit = vnet_dump,
	}, {
		.cmd = VNET_CMD_SUBNET_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = subnet_change_policy,
		.maxattr = ARRAY_SIZE(subnet_change_policy) - 1,
		.doit = subnet_set_doit,
	}, {
		.cmd = VNET_CMD_SUBNET_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = subnet_change_policy,
		.maxattr = ARRAY_SIZE(subnet_change_policy) - 1,
		.doit = subnet_del_doit,
	}, {
		.cmd = VNET_CMD_SUBNET_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.start = dump_start,
		.dumpit = subnet_dump,
	}, {
		.cmd = VNET_CMD_NIC_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = nic_change_policy,
		.maxattr = ARRAY_SIZE(nic_change_policy) - 1,
		.doit = nic_set_doit,
	}, {
		.cmd = VNET_CMD_NIC_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dev_policy,
		.maxattr = ARRAY_SIZE(dev_policy) - 1,
		.doit = nic_get,
		.start = dump_start,
		.dumpit = nic_dump,
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
