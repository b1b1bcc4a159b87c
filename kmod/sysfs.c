// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VNet and its NICs are and have counted, one value in a file.
 *
 * /sys/class/net/<VNet>/vnet/: vni, table, bgp_table, max_routes,
 * ecmp_symmetric, num_nics and counters. The NICs are the lower_* links beside it,
 * as for every master.
 * /sys/class/net/<NIC>/vnet_nic/: mac, forwarding, num_addrs and counters.
 * /sys/class/net/<VXLAN device>/vnet_tunnel/: counters, of all other hosts.
 *
 * Addresses are root's to read, as in generic netlink. Nothing here waits for
 * RTNL, which is held while the files are removed.
 */
#include "sysfs.h"

#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/sysfs.h>

#include "debugfs.h"
#include "link.h"
#include "port.h"
#include "stats.h"
#include "tunnel.h"

static struct vnet *vnet_of(const struct device *dev)
{
	return vnet_link_priv(to_net_dev(dev));
}

/* Identity of a VNet */

static ssize_t vni_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%u\n", vnet_of(dev)->vni);
}
static DEVICE_ATTR_RO(vni);

static ssize_t table_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", vnet_of(dev)->table_id);
}
static DEVICE_ATTR_RO(table);

static ssize_t bgp_table_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", vnet_of(dev)->bgp_table_id);
}
static DEVICE_ATTR_RO(bgp_table);

static ssize_t max_routes_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(vnet_of(dev)->max_routes));
}
static DEVICE_ATTR_RO(max_routes);

static ssize_t ecmp_symmetric_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(vnet_of(dev)->ecmp_symmetric));
}
static DEVICE_ATTR_RO(ecmp_symmetric);

static ssize_t num_nics_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(vnet_of(dev)->num_ports));
}
static DEVICE_ATTR_RO(num_nics);

/* What a NIC may be and do */

#define SHOW_CONFIG(_name, _format, _value...)				\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	const struct vnet_port_config *config;				\
	const struct vnet_port *port;					\
	ssize_t ret = -ENODEV;						\
									\
	rcu_read_lock();						\
	port = vnet_port_get_rcu(to_net_dev(dev));			\
	if (port) {							\
		config = rcu_dereference(port->config);			\
		ret = sysfs_emit(buf, _format "\n", _value);		\
	}								\
	rcu_read_unlock();						\
	return ret;							\
}

SHOW_CONFIG(mac, "%pM", config->mac)
static DEVICE_ATTR_ADMIN_RO(mac);

SHOW_CONFIG(forwarding, "%d", !!(config->flags & VNET_NIC_F_FORWARDING))
static DEVICE_ATTR_RO(forwarding);

SHOW_CONFIG(num_addrs, "%u", config->num_addrs)
static DEVICE_ATTR_RO(num_addrs);

/* Counters, of a VNet, a NIC and the way to other hosts alike */

struct counter_attribute {
	struct device_attribute attr;
	size_t offset;			/* in struct vnet_stats_sum */
	char name[24];
};

struct traffic_counter {
	const char *name;
	size_t offset;
};

static const struct traffic_counter traffic[] = {
	{ "rx_packets", offsetof(struct vnet_stats_sum, rx_packets) },
	{ "rx_bytes", offsetof(struct vnet_stats_sum, rx_bytes) },
	{ "tx_packets", offsetof(struct vnet_stats_sum, tx_packets) },
	{ "tx_bytes", offsetof(struct vnet_stats_sum, tx_bytes) },
};

/* Of a VNet only: what the host sends into it, and is handed from it */
static const struct traffic_counter host_traffic[] = {
	{ "rx_packets", offsetof(struct vnet_stats_sum, host_rx_packets) },
	{ "rx_bytes", offsetof(struct vnet_stats_sum, host_rx_bytes) },
	{ "tx_packets", offsetof(struct vnet_stats_sum, host_tx_packets) },
	{ "tx_bytes", offsetof(struct vnet_stats_sum, host_tx_bytes) },
};

#define FIRST_DROP	(VNET_DROP_NONE + 1)
#define NUM_COUNTERS	(ARRAY_SIZE(traffic) + __VNET_DROP_LAST - FIRST_DROP)
#define NUM_HOST	ARRAY_SIZE(host_traffic)

/* Those of all three come first. */
static struct counter_attribute counters[NUM_COUNTERS + NUM_HOST];

static int sum_of(const struct net_device *dev, struct vnet_stats_sum *sum)
{
	const struct vnet_tunnel *tunnel;
	const struct vnet_port *port;

	if (vnet_link_is(dev)) {
		vnet_stats_sum_vnet(vnet_link_priv(dev), sum);
		return 0;
	}
	rcu_read_lock();
	port = vnet_port_get_rcu(dev);
	tunnel = vnet_tunnel_of(dev);
	if (port)
		vnet_stats_sum(port->stats, sum);
	else if (tunnel)
		vnet_stats_sum(tunnel->stats, sum);
	rcu_read_unlock();
	return port || tunnel ? 0 : -ENODEV;
}

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	const struct counter_attribute *counter =
		container_of(attr, struct counter_attribute, attr);
	struct vnet_stats_sum sum;
	int err = sum_of(to_net_dev(dev), &sum);

	if (err)
		return err;
	return sysfs_emit(buf, "%llu\n",
			  *(u64 *)((char *)&sum + counter->offset));
}

/* What stands here is followed by the counters. */
static struct attribute *vnet_attrs[6 + NUM_COUNTERS + NUM_HOST + 1] = {
	&dev_attr_vni.attr,
	&dev_attr_table.attr,
	&dev_attr_bgp_table.attr,
	&dev_attr_max_routes.attr,
	&dev_attr_ecmp_symmetric.attr,
	&dev_attr_num_nics.attr,
};

static struct attribute *port_attrs[3 + NUM_COUNTERS + 1] = {
	&dev_attr_mac.attr,
	&dev_attr_forwarding.attr,
	&dev_attr_num_addrs.attr,
};

static struct attribute *tunnel_attrs[NUM_COUNTERS + 1];

const struct attribute_group vnet_sysfs_group = {
	.name = "vnet",
	.attrs = vnet_attrs,
};

static const struct attribute_group port_group = {
	.name = "vnet_nic",
	.attrs = port_attrs,
};

static const struct attribute_group tunnel_group = {
	.name = "vnet_tunnel",
	.attrs = tunnel_attrs,
};

static void add_counter(struct counter_attribute *counter, const char *prefix,
			const char *name, size_t offset)
{
	size_t i = counter - counters;

	snprintf(counter->name, sizeof(counter->name), "%s%s", prefix, name);
	counter->offset = offset;
	counter->attr.attr.name = counter->name;
	counter->attr.attr.mode = 0444;
	counter->attr.show = counter_show;
	vnet_attrs[ARRAY_SIZE(vnet_attrs) - 1 - ARRAY_SIZE(counters) + i] =
		&counter->attr.attr;
	if (i >= NUM_COUNTERS)
		return;
	port_attrs[ARRAY_SIZE(port_attrs) - 1 - NUM_COUNTERS + i] =
		&counter->attr.attr;
	tunnel_attrs[i] = &counter->attr.attr;
}

void __init vnet_sysfs_init(void)
{
	struct counter_attribute *counter = counters;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(traffic); i++)
		add_counter(counter++, "", traffic[i].name, traffic[i].offset);
	for (i = FIRST_DROP; i < __VNET_DROP_LAST; i++)
		add_counter(counter++, "drop_", vnet_stats_drop_name(i),
			    offsetof(struct vnet_stats_sum, drops[i]));
	for (i = 0; i < NUM_HOST; i++)
		add_counter(counter++, "host_", host_traffic[i].name,
			    host_traffic[i].offset);
}

int vnet_sysfs_port_add(struct vnet_port *port)
{
	return vnet_try(sysfs_create_group(&port->dev->dev.kobj, &port_group));
}

void vnet_sysfs_port_del(struct vnet_port *port)
{
	sysfs_remove_group(&port->dev->dev.kobj, &port_group);
}

int vnet_sysfs_tunnel_add(struct net_device *dev)
{
	return vnet_try(sysfs_create_group(&dev->dev.kobj, &tunnel_group));
}

void vnet_sysfs_tunnel_del(struct net_device *dev)
{
	sysfs_remove_group(&dev->dev.kobj, &tunnel_group);
}
