// SPDX-License-Identifier: GPL-2.0-or-later
/* Setting NICs and subnets, directly in the kernel. */
#include <stdio.h>
#include <string.h>

#include "vrs/vrs.h"

#define SUBNET_F_SOURCES	(VNET_SUBNET_F_NO_PROPAGATION | \
				 VNET_SUBNET_F_NO_ROUTE_SERVER | \
				 VNET_SUBNET_F_NO_GATEWAY)

/* Those that are not named stay. */
static int nic_flags(struct genl *g, const struct request *req,
		     struct genl_nic_set *set, struct netlink_error *err)
{
	struct genl_nic nic;
	int rc = genl_get_nic(g, set->ifindex, &nic, err);

	set->flags = nic.flags;
	if (req->set_forwarding)
		set->flags &= ~VNET_NIC_F_FORWARDING;
	if (req->forwarding)
		set->flags |= VNET_NIC_F_FORWARDING;
	if (req->set_own_routes)
		set->flags &= ~VNET_NIC_F_OWN_ROUTES;
	if (req->own_routes)
		set->flags |= VNET_NIC_F_OWN_ROUTES;
	return rc;
}

int configure_nic(const struct request *req)
{
	struct genl_nic_set set = {
		.mac = req->set_mac ? req->mac : NULL,
		.set_flags = req->set_forwarding || req->set_own_routes,
		.set_addrs = req->set_addrs,
		.addrs = req->addrs,
		.n_addrs = req->n_addrs,
	};
	struct netlink_error err;
	struct genl g;

	if (!req->set_mac && !set.set_flags && !req->set_addrs) {
		vrs_error("nic set: nothing to set: "
			  "name mac, address, forwarding or own-routes");
		return VRS_USAGE;
	}
	set.ifindex = vrs_ifindex(req->device);
	if (!set.ifindex || !vrs_open(&g))
		return VRS_FAILED;
	if (!set.set_flags || nic_flags(&g, req, &set, &err) == 0)
		genl_set_nic(&g, &set, &err);
	genl_close(&g);
	return vrs_kernel_error(req->device, &err);
}

/* The subnet of a prefix among those that the kernel has */
struct subnet_search {
	const struct prefix *prefix;
	struct genl_subnet found;
};

static void match_subnet(const struct genl_subnet *subnet, void *arg)
{
	struct subnet_search *search = arg;

	if (prefix_equal(&subnet->prefix, search->prefix))
		search->found = *subnet;
}

static int set_subnet(struct genl *g, int ifindex, const struct request *req,
		      struct netlink_error *err)
{
	struct subnet_search search = { .prefix = &req->prefix };
	struct genl_subnet *subnet = &search.found;
	unsigned int tries = 0;
	int rc;

	do {
		memset(subnet, 0, sizeof(*subnet));
		rc = genl_get_subnets(g, ifindex, match_subnet, &search, err);
	} while (vrs_again(rc, &tries));
	if (rc < 0)
		return rc;
	subnet->prefix = req->prefix;
	if (req->set_table)
		subnet->table = req->table;
	if (req->set_propagation)
		subnet->flags &= ~SUBNET_F_SOURCES;
	subnet->flags |= req->propagation;
	if (req->set_inside)
		subnet->flags &= ~VNET_SUBNET_F_BGP_INSIDE;
	if (req->inside)
		subnet->flags |= VNET_SUBNET_F_BGP_INSIDE;
	if (req->set_keep_lost)
		subnet->flags &= ~VNET_SUBNET_F_KEEP_LOST;
	if (req->keep_lost)
		subnet->flags |= VNET_SUBNET_F_KEEP_LOST;
	return genl_set_subnet(g, ifindex, subnet, err);
}

static int report(const struct request *req, const struct netlink_error *err)
{
	char object[IFNAMSIZ + PREFIX_STRLEN + 10], prefix[PREFIX_STRLEN];

	snprintf(object, sizeof(object), "%s: subnet %s", req->device,
		 prefix_format(&req->prefix, prefix));
	return vrs_kernel_error(object, err);
}

int configure_subnet(const struct request *req)
{
	int ifindex = vrs_ifindex(req->device);
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	set_subnet(&g, ifindex, req, &err);
	genl_close(&g);
	return report(req, &err);
}

int configure_subnet_del(const struct request *req)
{
	int ifindex = vrs_ifindex(req->device);
	struct netlink_error err;
	struct genl g;

	if (!ifindex || !vrs_open(&g))
		return VRS_FAILED;
	genl_del_subnet(&g, ifindex, &req->prefix, &err);
	genl_close(&g);
	return report(req, &err);
}
