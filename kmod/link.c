// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of kind "vnet"
 */
#include <linux/module.h>
#include <net/l3mdev.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "debugfs.h"
#include "fib.h"
#include "forward.h"
#include "icmp.h"
#include "l3mdev.h"
#include "link.h"
#include "main.h"
#include "mirror.h"
#include "peering.h"
#include "port.h"
#include "remote.h"
#include "subnet.h"
#include "sysfs.h"

static void link_put_tables(struct vnet *vnet)
{
	vnet_fib_table_drop_all(vnet);
	vnet->bgp = NULL;
	vnet->system = NULL;
}

static int link_get_tables(struct vnet *vnet, struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	struct vnet_table *table;

	table = vnet_fib_table_get(vnet, vnet->table_id, VNET_CLASS_SYSTEM, extack);
	if (IS_ERR(table)) {
		NL_SET_BAD_ATTR(extack, data[IFLA_VNET_TABLE]);
		return PTR_ERR(table);
	}
	vnet->system = table;

	table = vnet_fib_table_get(vnet, vnet->bgp_table_id, VNET_CLASS_BGP, extack);
	if (IS_ERR(table)) {
		NL_SET_BAD_ATTR(extack, data[IFLA_VNET_BGP_TABLE]);
		link_put_tables(vnet);
		return PTR_ERR(table);
	}
	vnet->bgp = table;
	return 0;
}

static int link_dev_init(struct net_device *dev)
{
	struct vnet *vnet = vnet_link_priv(dev);

	vnet->stats = vnet_stats_alloc();
	if (!vnet->stats)
		return -ENOMEM;
	dev->operstate = IF_OPER_UP;
	netdev_lockdep_set_classes(dev);
	return 0;
}

/* Nobody sends to or through the device any more. The kernel has dropped all routes that lead
 * there, but the mirrors may have kept one: see entry4_old_is_gone(). Or a replay that found such
 * a route earlier may still insert it; once our own tables are gone, which takes a grace period,
 * it cannot.
 */
static void link_dev_uninit(struct net_device *dev)
{
	struct vnet *vnet = vnet_link_priv(dev), *other;

	link_put_tables(vnet);
	list_for_each_entry(other, &vnet_net(dev_net(dev))->vnets, node) {
		vnet_mirror_forget(&other->system->mirror[VNET_AF_IP4], vnet);
		vnet_mirror_forget(&other->system->mirror[VNET_AF_IP6], vnet);
	}
}

/* Nobody has the device any more. */
static void link_dev_destroy(struct net_device *dev)
{
	vnet_stats_free(vnet_link_priv(dev)->stats);
}

const struct net_device_ops vnet_link_netdev_ops = {
	.ndo_init = link_dev_init,
	.ndo_uninit = link_dev_uninit,
	.ndo_start_xmit = vnet_forward_xmit,
	.ndo_get_stats64 = vnet_stats_get64,
	.ndo_add_slave = vnet_port_add,
	.ndo_del_slave = vnet_port_del,
};

static void link_setup(struct net_device *dev)
{
	ether_setup(dev);
	eth_hw_addr_set(dev, vnet_router_mac);

	dev->netdev_ops = &vnet_link_netdev_ops;
	dev->l3mdev_ops = &vnet_l3mdev_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = link_dev_destroy;
	dev->sysfs_groups[0] = &vnet_sysfs_group;

	dev->flags = IFF_MASTER | IFF_NOARP;
	dev->priv_flags |= IFF_L3MDEV_MASTER | IFF_NO_QUEUE | IFF_NO_RX_HANDLER;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	netif_keep_dst(dev);
	/* With less the kernel takes IPv6 down, and its routes with it */
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;

	vnet_compat_setup_dev(dev);
	dev->features |= NETIF_F_VLAN_CHALLENGED | NETIF_F_GSO_SOFTWARE |
			 NETIF_F_RXCSUM | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC |
			 NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA;
	dev->hw_features = dev->features;
	dev->hw_enc_features = dev->features;
}

static struct netlink_range_validation vni_range = {
	.min = 1,
	.max = VNET_VNI_MAX,
};

static const struct nla_policy link_policy[IFLA_VNET_MAX + 1] = {
	[IFLA_VNET_VNI]		= NLA_POLICY_FULL_RANGE(NLA_U32, &vni_range),
	[IFLA_VNET_TABLE]	= NLA_POLICY_MIN(NLA_U32, 1),
	[IFLA_VNET_BGP_TABLE]	= NLA_POLICY_MIN(NLA_U32, 1),
	[IFLA_VNET_MAX_ROUTES]	= { .type = NLA_U32 },
	[IFLA_VNET_ECMP_SYMMETRIC] = NLA_POLICY_MAX(NLA_U32, 1),
};

/* rtnetlink has parsed the attributes and let pass what it did not know. */
static int link_validate(struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[IFLA_VNET_MAX + 1], *nest;

	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "vnet: The address is the virtual router's, it cannot be set");
		return -EOPNOTSUPP;
	}
	nest = tb[IFLA_LINKINFO] ?
	       nla_find_nested(tb[IFLA_LINKINFO], IFLA_INFO_DATA) : NULL;
	if (!nest)
		return 0;
	return nla_parse(attrs, IFLA_VNET_MAX, nla_data(nest), nla_len(nest),
			 link_policy, extack);
}

static int link_check_required(struct nlattr *data[],
			       struct netlink_ext_ack *extack)
{
	if (!data || !data[IFLA_VNET_VNI]) {
		NL_SET_ERR_MSG_MOD(extack, "VNI is missing");
		return -EINVAL;
	}
	if (!data[IFLA_VNET_TABLE]) {
		NL_SET_ERR_MSG_MOD(extack, "System table id is missing");
		return -EINVAL;
	}
	if (!data[IFLA_VNET_BGP_TABLE]) {
		NL_SET_ERR_MSG_MOD(extack, "BGP table id is missing");
		return -EINVAL;
	}
	return 0;
}

static int link_check_vni(struct vnet_net *vn, struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	u32 vni = nla_get_u32(attr);
	struct vnet *vnet = xa_load(&vn->vnis, vni);

	if (!vnet)
		return 0;
	VNET_ERR_FMT(extack, "VNI %u is %s's", vni, netdev_name(vnet->dev));
	NL_SET_BAD_ATTR(extack, attr);
	return -EEXIST;
}

static void link_init(struct vnet *vnet, struct net_device *dev,
		      struct nlattr *data[])
{
	vnet->dev = dev;
	vnet->vni = nla_get_u32(data[IFLA_VNET_VNI]);
	vnet->table_id = nla_get_u32(data[IFLA_VNET_TABLE]);
	vnet->bgp_table_id = nla_get_u32(data[IFLA_VNET_BGP_TABLE]);
	if (data[IFLA_VNET_MAX_ROUTES])
		vnet->max_routes = nla_get_u32(data[IFLA_VNET_MAX_ROUTES]);
	vnet->ecmp_symmetric = !data[IFLA_VNET_ECMP_SYMMETRIC] ||
			       nla_get_u32(data[IFLA_VNET_ECMP_SYMMETRIC]);
	INIT_LIST_HEAD(&vnet->peerings);
	INIT_LIST_HEAD(&vnet->tables);
	INIT_LIST_HEAD(&vnet->ports);
	INIT_LIST_HEAD(&vnet->subnets);
	INIT_LIST_HEAD(&vnet->remotes);
	vnet_icmp_limit_init(&vnet->icmp_limit);
	vnet_stats_init(&vnet->gone);
}

static int link_new(struct net *src_net, struct net_device *dev,
		    struct nlattr *tb[], struct nlattr *data[],
		    struct netlink_ext_ack *extack)
{
	struct vnet_net *vn = vnet_net(dev_net(dev));
	struct vnet *vnet = vnet_link_priv(dev);
	int err;

	err = link_check_required(data, extack) ?:
	      link_check_vni(vn, data[IFLA_VNET_VNI], extack);
	if (err)
		return err;
	link_init(vnet, dev, data);
	err = link_get_tables(vnet, data, extack);
	if (err)
		return err;
	err = register_netdevice(dev);
	if (err) {
		link_put_tables(vnet);
		return err;
	}
	err = vnet_l3mdev_add_rules(dev);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "The FIB rule for VNets could not be added");
		goto err_unregister;
	}
	err = vnet_try(xa_err(xa_store(&vn->vnis, vnet->vni, vnet, GFP_KERNEL)));
	if (err)
		goto err_unregister;
	list_add_tail_rcu(&vnet->node, &vn->vnets);
	vn->generation++;
	vnet_debugfs_add(vnet);
	return 0;

err_unregister:
	unregister_netdevice(dev);
	return err;
}

static void link_del(struct net_device *dev, struct list_head *head)
{
	struct vnet *vnet = vnet_link_priv(dev);
	struct vnet_net *vn = vnet_net(dev_net(dev));
	struct vnet_port *port, *next;

	vnet_debugfs_del(vnet);
	xa_erase(&vn->vnis, vnet->vni);
	list_for_each_entry_safe(port, next, &vnet->ports, node)
		vnet_port_del(dev, port->dev);
	vnet_remote_del_all(vnet);
	vnet_subnet_del_all(vnet);
	vnet_peering_del_all(vnet);
	list_del_rcu(&vnet->node);
	vn->generation++;
	unregister_netdevice_queue(dev, head);
}

static int link_check_fixed(struct nlattr *attr, u32 value,
			    struct netlink_ext_ack *extack)
{
	if (!attr || nla_get_u32(attr) == value)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "vnet: VNI and tables of a VNet cannot change");
	return -EOPNOTSUPP;
}

static int link_change(struct net_device *dev, struct nlattr *tb[],
		       struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct vnet *vnet = vnet_link_priv(dev);
	int err;

	if (!data)
		return 0;
	err = link_check_fixed(data[IFLA_VNET_VNI], vnet->vni, extack) ?:
	      link_check_fixed(data[IFLA_VNET_TABLE], vnet->table_id, extack) ?:
	      link_check_fixed(data[IFLA_VNET_BGP_TABLE], vnet->bgp_table_id, extack);
	if (err)
		return err;
	if (data[IFLA_VNET_MAX_ROUTES])
		WRITE_ONCE(vnet->max_routes,
			   nla_get_u32(data[IFLA_VNET_MAX_ROUTES]));
	if (data[IFLA_VNET_ECMP_SYMMETRIC])
		WRITE_ONCE(vnet->ecmp_symmetric,
			   nla_get_u32(data[IFLA_VNET_ECMP_SYMMETRIC]));
	return 0;
}

static size_t link_size(const struct net_device *dev)
{
	return 5 * nla_total_size(sizeof(u32));
}

static int link_fill(struct sk_buff *skb, const struct net_device *dev)
{
	const struct vnet *vnet = vnet_link_priv(dev);

	if (nla_put_u32(skb, IFLA_VNET_VNI, vnet->vni) ||
	    nla_put_u32(skb, IFLA_VNET_TABLE, vnet->table_id) ||
	    nla_put_u32(skb, IFLA_VNET_BGP_TABLE, vnet->bgp_table_id) ||
	    nla_put_u32(skb, IFLA_VNET_MAX_ROUTES, vnet->max_routes) ||
	    nla_put_u32(skb, IFLA_VNET_ECMP_SYMMETRIC, vnet->ecmp_symmetric))
		return -EMSGSIZE;
	return 0;
}

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind = "vnet",
	.priv_size = sizeof(struct vnet),
	.maxtype = IFLA_VNET_MAX,
	.policy = link_policy,
	.setup = link_setup,
	.validate = link_validate,
	.newlink = link_new,
	.changelink = link_change,
	.dellink = link_del,
	.get_size = link_size,
	.fill_info = link_fill,
};

int vnet_link_init(void)
{
	return rtnl_link_register(&link_ops);
}

void vnet_link_uninit(void)
{
	rtnl_link_unregister(&link_ops);
}
