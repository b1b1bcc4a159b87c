// SPDX-License-Identifier: GPL-2.0-only
/*
 * NICs
 *
 * A NIC's configuration is one object, replaced as a whole: the data path sees
 * the old one or the new one. Its addresses are endpoints, whose pointer to
 * the NIC is what makes packets find it.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "debugfs.h"
#include "effective.h"
#include "endpoint.h"
#include "fib.h"
#include "icmp.h"
#include "link.h"
#include "main.h"
#include "mirror.h"
#include "port.h"
#include "stats.h"
#include "subnet.h"
#include "sysfs.h"

static struct vnet_port_config *port_config(const struct vnet_port *port)
{
	return rtnl_dereference(port->config);
}

/* So many addresses are compared sooner than one is looked up. */
#define FEW_ADDRS	4

static bool is_addr(const struct vnet_endpoint *ep, int family, const void *addr)
{
	if (ep->key.family != family)
		return false;
	if (family == AF_INET)
		return ep->key.addr.ip4 == get_unaligned((const __be32 *)addr);
	return !memcmp(&ep->key.addr.ip6, addr, sizeof(ep->key.addr.ip6));
}

bool vnet_port_owns(const struct vnet_port *port, int family, const void *addr)
{
	const struct vnet_port_config *config = rcu_dereference(port->config);
	const struct vnet_endpoint *ep;
	unsigned int i;

	if (config->num_addrs <= FEW_ADDRS) {
		for (i = 0; i < config->num_addrs; i++)
			if (is_addr(config->addrs[i], family, addr))
				return true;
		return false;
	}
	ep = vnet_endpoint_find(port->vnet, family, addr);
	return ep && rcu_access_pointer(ep->port) == port;
}

/* ---- Configuration ---- */

static struct vnet_port_config *config_alloc(struct vnet_port *port,
					     unsigned int num_addrs)
{
	struct vnet_port_config *config;

	config = vnet_try_alloc(kzalloc(struct_size(config, addrs, num_addrs),
					GFP_KERNEL));
	if (config)
		config->port = port;
	return config;
}

static void config_free(struct vnet_port_config *config)
{
	unsigned int i;

	for (i = 0; i < config->num_addrs; i++)
		vnet_endpoint_put(config->addrs[i]);
	kfree_rcu(config, rcu);
}

static bool config_has(const struct vnet_port_config *config,
		       const struct vnet_endpoint *ep)
{
	unsigned int i;

	for (i = 0; i < config->num_addrs; i++)
		if (config->addrs[i] == ep)
			return true;
	return false;
}

static const struct vnet_endpoint *
config_primary(const struct vnet_port_config *config, int family)
{
	unsigned int i;

	for (i = 0; i < config->num_addrs; i++)
		if (config->addrs[i]->key.family == family)
			return config->addrs[i];
	return NULL;
}

const struct vnet_endpoint *vnet_port_primary(const struct vnet_port *port, int family)
{
	return config_primary(rcu_dereference(port->config), family);
}

static struct hlist_head *mac_bucket(const struct vnet *vnet, const u8 *mac)
{
	u32 hash = jhash(mac, ETH_ALEN, vnet->vni);

	return &vnet_net(dev_net(vnet->dev))->macs[hash_32(hash, VNET_MAC_HASH_BITS)];
}

struct vnet_port *vnet_port_by_mac(const struct vnet *vnet, const u8 *mac)
{
	const struct vnet_port_config *config;

	hlist_for_each_entry_rcu(config, mac_bucket(vnet, mac), by_mac)
		if (config->port->vnet == vnet &&
		    ether_addr_equal_unaligned(config->mac, mac))
			return config->port;
	return NULL;
}

static void config_publish_mac(struct vnet_port_config *config)
{
	if (config->num_addrs)
		hlist_add_head_rcu(&config->by_mac,
				   mac_bucket(config->port->vnet, config->mac));
}

static void config_withdraw_mac(struct vnet_port_config *config)
{
	if (config->num_addrs)
		hlist_del_rcu(&config->by_mac);
}

static void port_rebind(struct vnet_port *port, int family)
{
	const struct vnet_endpoint *primary;
	struct vnet_subnet *subnet = NULL;

	primary = config_primary(port_config(port), family);
	if (primary)
		subnet = vnet_subnet_of(port->vnet, family, &primary->key.addr);
	rcu_assign_pointer(port->subnet[vnet_af(family)], subnet);
}

void vnet_port_bind(struct vnet *vnet, struct vnet_subnet *subnet)
{
	struct vnet_port_config *config;
	const struct vnet_endpoint *ep;
	struct vnet_port *port;

	ASSERT_RTNL();

	list_for_each_entry(port, &vnet->ports, node) {
		config = port_config(port);
		ep = config_primary(config, subnet->family);
		if (ep && vnet_addr_in(subnet->family, &ep->key.addr,
				       &subnet->addr, subnet->len))
			rcu_assign_pointer(port->subnet[vnet_af(subnet->family)],
					   subnet);
	}
}

void vnet_port_unbind(struct vnet *vnet, struct vnet_subnet *subnet)
{
	enum vnet_af af = vnet_af(subnet->family);
	struct vnet_port *port;

	ASSERT_RTNL();

	list_for_each_entry(port, &vnet->ports, node)
		if (rcu_access_pointer(port->subnet[af]) == subnet)
			RCU_INIT_POINTER(port->subnet[af], NULL);
}

/* Addresses that the new configuration has as well never lead nowhere. */
static void port_set_config(struct vnet_port *port,
			    struct vnet_port_config *config)
{
	struct vnet_port_config *old = port_config(port);
	unsigned int i;

	rcu_assign_pointer(port->config, config);
	config_publish_mac(config);
	config_withdraw_mac(old);
	for (i = 0; i < config->num_addrs; i++)
		vnet_endpoint_own(config->addrs[i], port);
	for (i = 0; i < old->num_addrs; i++)
		if (!config_has(config, old->addrs[i]))
			RCU_INIT_POINTER(old->addrs[i]->port, NULL);
	port_rebind(port, AF_INET);
	port_rebind(port, AF_INET6);
	config_free(old);
}

/* ---- Changes ---- */

static void addr_refuse(struct netlink_ext_ack *extack, int family,
			const union vnet_addr *addr, const char *what,
			const char *whose)
{
	char text[INET6_ADDRSTRLEN];

	VNET_ERR_FMT(extack, "%s is %s%s", vnet_addr_text(text, family, addr),
		     what, whose);
}

int vnet_port_check_addr(const struct vnet *vnet, int family,
			 const union vnet_addr *addr,
			 struct netlink_ext_ack *extack)
{
	const struct vnet_mirror *system = &vnet->system->mirror[vnet_af(family)];
	int err = 0;
	u8 len;

	rcu_read_lock();
	if (!vnet_addr_is_host(family, addr)) {
		addr_refuse(extack, family, addr, "no address a NIC can have",
			    "");
		err = -EADDRNOTAVAIL;
	} else if (vnet_mirror_space(system, addr, &len) != VNET_SPACE_OWN) {
		addr_refuse(extack, family, addr, "outside the VNet", "");
		err = -ERANGE;
	} else if (vnet_effective_host(vnet, family, addr)) {
		addr_refuse(extack, family, addr, "the host's", "");
		err = -EADDRINUSE;
	}
	rcu_read_unlock();
	return err;
}

static int addr_check_owner(const struct vnet_port *port,
			    const struct vnet_endpoint *ep,
			    struct netlink_ext_ack *extack)
{
	const struct vnet_port *owner = rtnl_dereference(ep->port);

	if (rtnl_dereference(ep->remote)) {
		addr_refuse(extack, ep->key.family, &ep->key.addr,
			    "at another host", "");
		return -EADDRINUSE;
	}
	if (!owner || owner == port)
		return 0;
	addr_refuse(extack, ep->key.family, &ep->key.addr, "the address of ",
		    netdev_name(owner->dev));
	return -EADDRINUSE;
}

static int config_add_addr(struct vnet_port_config *config,
			   const struct vnet_port *port, int family,
			   const union vnet_addr *addr,
			   struct netlink_ext_ack *extack)
{
	struct vnet_endpoint *ep;
	int err;

	err = vnet_port_check_addr(port->vnet, family, addr, extack);
	if (err)
		return err;
	ep = vnet_endpoint_get(port->vnet, family, addr);
	if (!ep)
		return -ENOMEM;
	if (config_has(config, ep)) {
		addr_refuse(extack, family, addr, "given twice", "");
		err = -EEXIST;
	} else {
		err = addr_check_owner(port, ep, extack);
	}
	if (err) {
		vnet_endpoint_put(ep);
		return err;
	}
	config->addrs[config->num_addrs++] = ep;
	return 0;
}

static int config_set_addrs(struct vnet_port_config *config,
			    const struct vnet_port *port,
			    const struct vnet_port_change *change,
			    struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err;

	for (i = 0; i < change->num_addrs; i++) {
		err = config_add_addr(config, port, change->addrs[i].family,
				      &change->addrs[i].addr, extack);
		if (err)
			return err;
	}
	return 0;
}

static void config_keep_addrs(struct vnet_port_config *config,
			      const struct vnet_port_config *old)
{
	unsigned int i;

	for (i = 0; i < old->num_addrs; i++)
		config->addrs[i] = vnet_endpoint_use(old->addrs[i]);
	config->num_addrs = old->num_addrs;
}

static int config_check_mac(const struct vnet_port_config *config,
			    struct netlink_ext_ack *extack)
{
	if (is_zero_ether_addr(config->mac)) {
		if (!config->num_addrs)
			return 0;
		NL_SET_ERR_MSG_MOD(extack,
				   "A NIC needs its MAC address before its addresses");
		return -EINVAL;
	}
	if (is_multicast_ether_addr(config->mac) ||
	    ether_addr_equal(config->mac, vnet_router_mac)) {
		VNET_ERR_FMT(extack, "%pM is no MAC address a NIC can have",
			     config->mac);
		return -EADDRNOTAVAIL;
	}
	return 0;
}

int vnet_port_change(struct vnet_port *port,
		     const struct vnet_port_change *change,
		     struct netlink_ext_ack *extack)
{
	const struct vnet_port_config *old = port_config(port);
	struct vnet_port_config *config;
	int err = 0;

	ASSERT_RTNL();

	config = config_alloc(port, change->set_addrs ? change->num_addrs :
							old->num_addrs);
	if (!config)
		return -ENOMEM;
	config->flags = change->set_flags ? change->flags : old->flags;
	ether_addr_copy(config->mac, change->mac ?: old->mac);
	if (change->set_addrs)
		err = config_set_addrs(config, port, change, extack);
	else
		config_keep_addrs(config, old);
	err = err ?: config_check_mac(config, extack);
	if (err) {
		config_free(config);
		return err;
	}
	port_set_config(port, config);
	return 0;
}

/* ---- Enslaving ---- */

static int port_check(const struct net_device *dev,
		      struct netlink_ext_ack *extack)
{
	if (dev->type != ARPHRD_ETHER || dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG_MOD(extack, "A NIC is an Ethernet device");
		return -EINVAL;
	}
	if (vnet_link_is(dev) || netif_is_l3_master(dev)) {
		NL_SET_ERR_MSG_MOD(extack, "A VNet or VRF cannot be a NIC");
		return -ELOOP;
	}
	return 0;
}

static struct vnet_port *port_alloc(struct vnet *vnet, struct net_device *dev)
{
	struct vnet_port_config *config;
	struct vnet_port *port;

	port = vnet_try_alloc(kzalloc(sizeof(*port), GFP_KERNEL));
	if (!port)
		return NULL;
	config = config_alloc(port, 0);
	port->stats = vnet_stats_alloc();
	if (!config || !port->stats) {
		kfree(config);
		vnet_stats_free(port->stats);
		kfree(port);
		return NULL;
	}
	port->dev = dev;
	port->vnet = vnet;
	vnet_icmp_limit_init(&port->icmp_limit);
	RCU_INIT_POINTER(port->config, config);
	return port;
}

/* No reader can have come by the port, or all have left it. */
static void port_free(struct vnet_port *port)
{
	config_free(port_config(port));
	vnet_stats_free(port->stats);
	kfree(port);
}

int vnet_port_add(struct net_device *vnet_dev, struct net_device *dev,
		  struct netlink_ext_ack *extack)
{
	struct vnet *vnet = vnet_link_priv(vnet_dev);
	struct vnet_port *port;
	int err;

	ASSERT_RTNL();

	err = port_check(dev, extack);
	if (err)
		return err;
	port = port_alloc(vnet, dev);
	if (!port)
		return -ENOMEM;

	err = netdev_rx_handler_register(dev, vnet_forward_rx, port);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "Something else receives the device's packets");
		goto err_handler;
	}
	err = netdev_master_upper_dev_link(dev, vnet_dev, NULL, NULL, extack);
	if (err)
		goto err_link;
	err = vnet_debugfs_fault(VNET_FAULT_PORT_ADD) ? -ENOMEM :
							vnet_sysfs_port_add(port);
	if (err)
		goto err_sysfs;

	netdev_hold(dev, &port->tracker, GFP_KERNEL);
	dev_disable_lro(dev);
	list_add_tail_rcu(&port->node, &vnet->ports);
	WRITE_ONCE(vnet->num_ports, vnet->num_ports + 1);
	vnet_net(dev_net(dev))->generation++;
	return 0;

err_sysfs:
	netdev_upper_dev_unlink(dev, vnet_dev);
err_link:
	netdev_rx_handler_unregister(dev);
err_handler:
	port_free(port);
	return err;
}

static void port_forget_addrs(struct vnet_port *port)
{
	struct vnet_port_config *config = port_config(port);
	unsigned int i;

	config_withdraw_mac(config);
	for (i = 0; i < config->num_addrs; i++)
		RCU_INIT_POINTER(config->addrs[i]->port, NULL);
}

/* After unregistering the handler, which waits for RCU readers, nobody has the
 * port: its addresses have been taken away before.
 */
static void port_release(struct vnet_port *port)
{
	struct vnet *vnet = port->vnet;

	vnet_sysfs_port_del(port);
	list_del_rcu(&port->node);
	WRITE_ONCE(vnet->num_ports, vnet->num_ports - 1);
	vnet_net(dev_net(port->dev))->generation++;
	port_forget_addrs(port);
	netdev_rx_handler_unregister(port->dev);
	netdev_upper_dev_unlink(port->dev, vnet->dev);
	vnet_stats_retire(vnet, port->stats);
	netdev_put(port->dev, &port->tracker);
	port_free(port);
}

int vnet_port_del(struct net_device *vnet_dev, struct net_device *dev)
{
	struct vnet_port *port = vnet_port_get_rcu(dev);

	ASSERT_RTNL();

	if (!port || port->vnet->dev != vnet_dev)
		return -EINVAL;
	port_release(port);
	return 0;
}

static int port_netdev_event(struct notifier_block *nb, unsigned long event,
			     void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vnet_port *port = vnet_port_get_rcu(dev);

	if (!port)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_UNREGISTER:
		port_release(port);
		break;
	case NETDEV_PRE_TYPE_CHANGE:
		return NOTIFY_BAD;
	}
	return NOTIFY_DONE;
}

struct notifier_block vnet_port_netdev_nb = {
	.notifier_call = port_netdev_event,
};
