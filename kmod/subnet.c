// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subnets: few per VNet, looked through only when a subnet or the addresses of
 * a NIC change.
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

	list_for_each_entry(subnet, &vnet->subnets, node) {
		if (subnet->family != change->family ||
		    !vnet_addr_in(subnet->family, &subnet->addr, &change->addr,
				  min(subnet->len, change->len)))
			continue;
		if (subnet->family == AF_INET)
			VNET_ERR_FMT(extack, "The subnet overlaps %pI4/%u",
				     &subnet->addr.ip4, subnet->len);
		else
			VNET_ERR_FMT(extack, "The subnet overlaps %pI6c/%u",
				     &subnet->addr.ip6, subnet->len);
		return -EEXIST;
	}
	return 0;
}

static struct vnet_subnet *
subnet_create(struct vnet *vnet, const struct vnet_subnet_change *change,
	      struct netlink_ext_ack *extack)
{
	struct vnet_subnet *subnet;
	int err;

	err = subnet_check_space(vnet, change, extack) ?:
	      subnet_check_overlap(vnet, change, extack);
	if (err)
		return ERR_PTR(err);
	subnet = vnet_try_alloc(kzalloc(sizeof(*subnet), GFP_KERNEL));
	if (!subnet)
		return ERR_PTR(-ENOMEM);
	subnet->family = change->family;
	subnet->addr = change->addr;
	subnet->len = change->len;
	list_add_tail_rcu(&subnet->node, &vnet->subnets);
	vnet_net(dev_net(vnet->dev))->generation++;
	return subnet;
}

static void subnet_set_table(struct vnet_subnet *subnet,
			     struct vnet_table *table)
{
	struct vnet_table *old;

	old = rcu_replace_pointer(subnet->user, table, lockdep_rtnl_is_held());
	if (old)
		vnet_fib_table_put(old);
}

int vnet_subnet_set(struct vnet *vnet, const struct vnet_subnet_change *change,
		    struct netlink_ext_ack *extack)
{
	struct vnet_subnet *subnet;
	bool is_new;

	ASSERT_RTNL();

	subnet = vnet_subnet_get(vnet, change->family, &change->addr,
				 change->len);
	is_new = !subnet;
	if (is_new)
		subnet = subnet_create(vnet, change, extack);
	if (IS_ERR(subnet))
		return PTR_ERR(subnet);
	if (change->set_flags)
		WRITE_ONCE(subnet->flags, change->flags);
	if (change->set_table)
		subnet_set_table(subnet, change->table);
	if (is_new)
		vnet_port_bind(vnet, subnet);
	return 0;
}

void vnet_subnet_del(struct vnet *vnet, struct vnet_subnet *subnet)
{
	list_del_rcu(&subnet->node);
	vnet_net(dev_net(vnet->dev))->generation++;
	vnet_port_unbind(vnet, subnet);
	subnet_set_table(subnet, NULL);
	kfree_rcu(subnet, rcu);
}

void vnet_subnet_del_all(struct vnet *vnet)
{
	struct vnet_subnet *subnet, *next;

	list_for_each_entry_safe(subnet, next, &vnet->subnets, node)
		vnet_subnet_del(vnet, subnet);
}
