// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging files. They are read under RCU and never wait for RTNL, which is
 * held while they are removed.
 */
#include "debugfs.h"

#include <linux/debugfs.h>
#include <linux/ns_common.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "dest.h"
#include "endpoint.h"
#include "fib.h"
#include "link.h"
#include "lpm.h"
#include "mirror.h"
#include "nexthop.h"
#include "port.h"
#include "stats.h"
#include "subnet.h"
#include "trace.h"

static const struct {
	u8 value;
	const char *name;
} classes[] = { VNET_TRACE_CLASSES }, types[] = { VNET_TRACE_TYPES };

static_assert(ARRAY_SIZE(classes) == __VNET_CLASS_LAST);
static_assert(ARRAY_SIZE(types) == __VNET_HOP_LAST);

static void show_addr(struct seq_file *m, int family, const void *addr)
{
	if (family == AF_INET6)
		seq_printf(m, "%pI6c", addr);
	else
		seq_printf(m, "%pI4", addr);
}

typedef void (*table_show)(struct seq_file *m, struct vnet_table *table);

/* One table of routes may serve many subnets, and is then shown for each. */
static void show_tables(struct seq_file *m, table_show show)
{
	const struct vnet *vnet = m->private;
	const struct vnet_subnet *subnet;

	rcu_read_lock();
	show(m, vnet->system);
	show(m, vnet->bgp);
	list_for_each_entry_rcu(subnet, &vnet->subnets, node)
		if (subnet->user)
			show(m, subnet->user);
	rcu_read_unlock();
}

static void show_mirror(struct seq_file *m, const struct vnet_table *table,
			struct vnet_mirror *mirror)
{
	struct vnet_mirror_info info;
	struct vnet_lpm_stats shape;

	vnet_mirror_info(mirror, &info);
	spin_lock_bh(&mirror->lock);
	vnet_lpm_stats(&mirror->lpm, &shape);
	spin_unlock_bh(&mirror->lock);
	seq_printf(m, "table %u %s %s %s routes %u destinations %u bytes %llu nodes %u lpm %zu idle %zu\n",
		   table->id, classes[table->class].name,
		   mirror->family == AF_INET6 ? "ipv6" : "ipv4",
		   info.state == VNET_MIRROR_LIVE ? "live" : "replaying",
		   info.routes, info.dests, info.bytes, shape.nodes,
		   shape.bytes, shape.idle_bytes);
}

static void show_table(struct seq_file *m, struct vnet_table *table)
{
	int af;

	for (af = 0; af < VNET_AF_NUM; af++)
		show_mirror(m, table, &table->mirror[af]);
}

static int mirrors_show(struct seq_file *m, void *unused)
{
	show_tables(m, show_table);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mirrors);

static void show_spaces(struct seq_file *m, const struct vnet_mirror *mirror)
{
	static const char *const names[] = {
		[VNET_SPACE_OWN] = "own",
		[VNET_SPACE_PEER] = "peer",
		[VNET_SPACE_NOBODY] = "nobody",
	};
	struct vnet_lpm_cursor cursor = {};

	while (vnet_lpm_next(&mirror->spaces, &cursor)) {
		show_addr(m, mirror->family, cursor.prefix.addr);
		seq_printf(m, "/%u %s\n", cursor.prefix.len, names[cursor.value]);
	}
}

static int spaces_show(struct seq_file *m, void *unused)
{
	const struct vnet *vnet = m->private;
	int af;

	rcu_read_lock();
	for (af = 0; af < VNET_AF_NUM; af++)
		show_spaces(m, &vnet->system->mirror[af]);
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(spaces);

static int subnets_show(struct seq_file *m, void *unused)
{
	const struct vnet *vnet = m->private;
	const struct vnet_subnet *subnet;

	rcu_read_lock();
	list_for_each_entry_rcu(subnet, &vnet->subnets, node) {
		show_addr(m, subnet->family, &subnet->addr);
		seq_printf(m, "/%u table %u flags %#x\n", subnet->len,
			   subnet->user ? subnet->user->id : 0, subnet->flags);
	}
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(subnets);

static void show_port(struct seq_file *m, const struct vnet_port *port)
{
	const struct vnet_port_config *config = rcu_dereference(port->config);
	struct vnet_stats_sum sum;
	int i;

	vnet_stats_sum(port->stats, &sum);
	seq_printf(m, "%s mac %pM flags %#x rx %llu tx %llu drops %llu",
		   port->dev->name, config->mac, config->flags,
		   sum.rx_packets, sum.tx_packets, sum.dropped);
	for (i = 0; i < config->num_addrs; i++) {
		seq_putc(m, ' ');
		show_addr(m, config->addrs[i]->key.family,
			  &config->addrs[i]->key.addr);
	}
	seq_putc(m, '\n');
}

static int nics_show(struct seq_file *m, void *unused)
{
	const struct vnet *vnet = m->private;
	const struct vnet_port *port;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &vnet->ports, node)
		show_port(m, port);
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nics);

static void show_members(struct seq_file *m, const struct vnet_nhset *set)
{
	const struct vnet_endpoint *ep;
	const struct vnet_port *port;
	u64 packets, bytes;
	int i;

	for (i = 0; i < set->num; i++) {
		ep = set->members[i].ep;
		port = rcu_dereference(ep->port);
		seq_putc(m, ' ');
		show_addr(m, ep->key.family, &ep->key.addr);
		vnet_stats_sum_hop(READ_ONCE(ep->hop_stats), &packets, &bytes);
		seq_printf(m, "@%s weight %u packets %llu",
			   port ? port->dev->name : "nobody",
			   set->members[i].weight, packets);
		if (i >= set->active)
			seq_puts(m, " standby");
	}
}

static void show_dest(struct seq_file *m, const struct vnet_mirror *mirror,
		      const struct vnet_dest *dest)
{
	const struct vnet_nhset *set = vnet_dest_nhset(dest);

	seq_printf(m, "table %u %s %s routes %u nhid %u", mirror->table->id,
		   mirror->family == AF_INET6 ? "ipv6" : "ipv4",
		   types[dest->action.type].name, READ_ONCE(dest->routes),
		   dest->action.nh ? dest->action.nh->id : 0);
	if (set)
		show_members(m, set);
	seq_putc(m, '\n');
}

static void show_dests(struct seq_file *m, struct vnet_table *table)
{
	struct vnet_dest *dest;
	unsigned long index;
	int af;

	for (af = 0; af < VNET_AF_NUM; af++)
		xa_for_each(&table->mirror[af].dests, index, dest)
			if (READ_ONCE(dest->routes))
				show_dest(m, &table->mirror[af], dest);
}

static int next_hops_show(struct seq_file *m, void *unused)
{
	show_tables(m, show_dests);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(next_hops);

static struct dentry *root;

bool vnet_debugfs_faults[__VNET_FAULT_LAST];
atomic_t vnet_debugfs_alloc_nth;

static const char *const fault_names[__VNET_FAULT_LAST] = {
	[VNET_FAULT_ROUTE_ADD] = "route_add",
	[VNET_FAULT_NEXTHOP_ADD] = "nexthop_add",
	[VNET_FAULT_PORT_ADD] = "port_add",
};

void vnet_debugfs_init(void)
{
	struct dentry *faults;
	int i;

	root = debugfs_create_dir("vnet", NULL);
	faults = debugfs_create_dir("fault", root);
	for (i = 0; i < __VNET_FAULT_LAST; i++)
		debugfs_create_bool(fault_names[i], 0600, faults,
				    &vnet_debugfs_faults[i]);
	debugfs_create_atomic_t("alloc_nth", 0600, faults,
				&vnet_debugfs_alloc_nth);
}

void vnet_debugfs_uninit(void)
{
	debugfs_remove(root);
}

void vnet_debugfs_add(struct vnet *vnet)
{
	char name[32];

	/* names of devices change and are those of one namespace */
	snprintf(name, sizeof(name), "%u:%u", dev_net(vnet->dev)->ns.inum,
		 vnet->vni);
	vnet->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("mirrors", 0400, vnet->debugfs, vnet,
			    &mirrors_fops);
	debugfs_create_file("spaces", 0400, vnet->debugfs, vnet, &spaces_fops);
	debugfs_create_file("subnets", 0400, vnet->debugfs, vnet,
			    &subnets_fops);
	debugfs_create_file("nics", 0400, vnet->debugfs, vnet, &nics_fops);
	debugfs_create_file("next_hops", 0400, vnet->debugfs, vnet,
			    &next_hops_fops);
}

void vnet_debugfs_del(struct vnet *vnet)
{
	debugfs_remove(vnet->debugfs);
}
