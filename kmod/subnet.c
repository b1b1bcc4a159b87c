// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subnets: few per VNet, looked through only when a subnet or the addresses of
 * a NIC change. One that changes is replaced, so that no packet sees the new flags
 * with the old table.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "compat.h"
#include "debugfs.h"
#include "fib.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "mirror.h"
#include "port.h"
#include "subnet.h"

struct vnet_subnet *vnet_subnet_get(struct vnet *vnet, int family,
				    const union vnet_addr *addr, u8 len)
{
	struct vnet_subnet *subnet;

	list_for_each_entry(subnet, &vnet->subnets, node)
		if (subnet->family == family && subnet->len == len &&
		    vnet_addr_equal(family, &subnet->addr, addr))
			return subnet;
	return NULL;
}

struct vnet_subnet *vnet_subnet_of(struct vnet *vnet, int family,
				   const union vnet_addr *addr)
{
	struct vnet_subnet *subnet;

	list_for_each_entry(subnet, &vnet->subnets, node)
		if (subnet->family == family &&
		    vnet_addr_in(family, addr, &subnet->addr, subnet->len))
			return subnet;
	return NULL;
}

static int subnet_check_space(const struct vnet *vnet,
			      const struct vnet_subnet_change *change,
			      struct netlink_ext_ack *extack)
{
	const struct vnet_mirror *system =
		&vnet->system->mirror[vnet_af(change->family)];
	u32 space;
	u8 len;

	rcu_read_lock();
	space = vnet_lpm_lookup_shorter(&system->spaces, &change->addr,
					change->len, &len);
	rcu_read_unlock();
	if (space == VNET_SPACE_OWN)
		return 0;
	NL_SET_ERR_MSG_MOD(extack,
			   "The subnet is not inside an address space of the VNet");
	return -ERANGE;
}

static int subnet_check_overlap(struct vnet *vnet,
				const struct vnet_subnet_change *change,
				struct netlink_ext_ack *extack)
{
	struct vnet_subnet *subnet;
	char text[INET6_ADDRSTRLEN];

	list_for_each_entry(subnet, &vnet->subnets, node) {
		if (subnet->family != change->family ||
		    !vnet_addr_in(subnet->family, &subnet->addr, &change->addr,
				  min(subnet->len, change->len)))
			continue;
		VNET_ERR_FMT(extack, "The subnet overlaps %s/%u",
			     vnet_addr_text(text, subnet->family, &subnet->addr),
			     subnet->len);
		return -EEXIST;
	}
	return 0;
}

static int subnet_check(struct vnet *vnet, const struct vnet_subnet_change *change,
			struct netlink_ext_ack *extack)
{
	return subnet_check_space(vnet, change, extack) ?:
	       subnet_check_overlap(vnet, change, extack);
}

/* What takes the place of @old, NULL for a new subnet. */
static struct vnet_subnet *subnet_make(const struct vnet_subnet *old,
				       const struct vnet_subnet_change *change)
{
	struct vnet_subnet *subnet;

	subnet = vnet_try_alloc(kzalloc(sizeof(*subnet), GFP_KERNEL));
	if (!subnet)
		return NULL;
	subnet->family = change->family;
	subnet->addr = change->addr;
	subnet->len = change->len;
	if (change->set_flags)
		subnet->flags = change->flags;
	else if (old)
		subnet->flags = old->flags;
	if (change->set_table)
		subnet->user = change->table;
	else if (old)
		subnet->user = old->user;
	return subnet;
}

static void subnet_add(struct vnet *vnet, struct vnet_subnet *subnet)
{
	list_add_tail_rcu(&subnet->node, &vnet->subnets);
	vnet_net(dev_net(vnet->dev))->generation++;
	vnet_port_bind(vnet, subnet);
}

/* @subnet has a reference of its own to its table, or the one that @old had. */
static void subnet_replace(struct vnet *vnet, struct vnet_subnet *old,
			   struct vnet_subnet *subnet, bool own_reference)
{
	list_replace_rcu(&old->node, &subnet->node);
	vnet_port_bind(vnet, subnet);
	if (old->user && own_reference)
		vnet_fib_table_put(old->user);
	kfree_rcu(old, rcu);
}

int vnet_subnet_set(struct vnet *vnet, const struct vnet_subnet_change *change,
		    struct netlink_ext_ack *extack)
{
	struct vnet_subnet *old, *subnet;
	int err;

	ASSERT_RTNL();

	old = vnet_subnet_get(vnet, change->family, &change->addr, change->len);
	err = old ? 0 : subnet_check(vnet, change, extack);
	if (err)
		return err;
	subnet = subnet_make(old, change);
	if (!subnet)
		return -ENOMEM;
	if (old)
		subnet_replace(vnet, old, subnet, change->set_table);
	else
		subnet_add(vnet, subnet);
	return 0;
}

static void subnet_remove(struct vnet *vnet, struct vnet_subnet *subnet)
{
	list_del_rcu(&subnet->node);
	vnet_net(dev_net(vnet->dev))->generation++;
	vnet_port_unbind(vnet, subnet);
	kfree_rcu(subnet, rcu);
}

void vnet_subnet_del(struct vnet *vnet, struct vnet_subnet *subnet)
{
	struct vnet_table *user = subnet->user;

	subnet_remove(vnet, subnet);
	if (user)
		vnet_fib_table_put(user);
}

void vnet_subnet_del_all(struct vnet *vnet)
{
	struct vnet_subnet *subnet, *next;

	list_for_each_entry_safe(subnet, next, &vnet->subnets, node)
		subnet_remove(vnet, subnet);
}
