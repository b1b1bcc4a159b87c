// SPDX-License-Identifier: GPL-2.0-or-later
/* Setting NICs and subnets, directly in the kernel. */
#include <stdio.h>

#include "vrs/vrs.h"

int configure_nic(const struct request *req)
{
	struct genl_nic_set set = {
		.mac = req->set_mac ? req->mac : NULL,
		.set_flags = req->set_forwarding,
		.flags = req->forwarding ? VNET_NIC_F_FORWARDING : 0,
		.set_addrs = req->set_addrs,
		.addrs = req->addrs,
		.n_addrs = req->n_addrs,
	};
	struct netlink_error err;
	struct genl g;

	if (!req->set_mac && !req->set_forwarding && !req->set_addrs) {
		vrs_error("nic set: nothing to set: "
			  "name mac, address or forwarding");
		return VRS_USAGE;
	}
	set.ifindex = vrs_ifindex(req->device);
	if (!set.ifindex || !vrs_open(&g))
		return VRS_FAILED;
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
	int rc;

	rc = genl_get_subnets(g, ifindex, match_subnet, &search, err);
	if (rc < 0)
		return rc;
	subnet->prefix = req->prefix;
	if (req->set_table)
		subnet->table = req->table;
	if (req->set_propagation && req->propagation)
		subnet->flags &= ~VNET_SUBNET_F_NO_PROPAGATION;
	if (req->set_propagation && !req->propagation)
		subnet->flags |= VNET_SUBNET_F_NO_PROPAGATION;
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
