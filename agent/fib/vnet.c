// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VNet's device and what hangs on it. Everything is a comparison: read what
 * there is, change what differs, so that the same code sets up, adopts after a
 * restart, follows a new configuration and repairs. A step that fails is noted
 * and the others go on, except that nothing works without the device.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/rtm.h"
#include "fib/state.h"
#include "lib/log.h"
#include "lib/util.h"

void vnet_problem(struct vnet *vnet, const char *fmt, ...)
{
	va_list ap;

	if (vnet->problem[0])
		return;
	va_start(ap, fmt);
	vsnprintf(vnet->problem, sizeof(vnet->problem), fmt, ap);
	va_end(ap);
}

void vnet_unread(struct vnet *vnet, const char *what,
		 const struct netlink_error *err)
{
	if (err->error == EINTR)
		fib_vnet_due(vnet);
	else
		vnet_problem(vnet, "reading %s: %s", what, err->text);
}

bool vnet_request(struct vnet *vnet, const char *what, struct nlmsghdr *nlh)
{
	struct netlink_error err;

	if (netlink_talk(&vnet->fib->talk, nlh, NULL, NULL, &err) < 0) {
		vnet_problem(vnet, "%s: %s", what, err.text);
		return false;
	}
	vnet->changes++;
	return true;
}

/*
 * The device
 */

/* What was just made is not heard of before the loop's next turn. */
static void read_device(struct vnet *vnet)
{
	struct netlink_error err;

	if (links_read_one(&vnet->fib->links, &vnet->fib->talk,
			   vnet->spec->name, &err) < 0)
		vnet_unread(vnet, vnet->spec->name, &err);
}

/* Nothing of an earlier run is there: the device is new, or was down. */
static void left_nothing(struct vnet *vnet)
{
	want_fresh(vnet->want);
	vnet->looked = true;
	vnet->kept4 = vnet->kept6 = false;
}

static const struct rtm_link *create_device(struct vnet *vnet)
{
	const struct fib_vnet *spec = vnet->spec;
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_link link = {
		.vni = spec->vni,
		.table = spec->table,
		.bgp_table = spec->bgp_table,
		.max_routes = spec->max_routes,
		.ecmp_symmetric = spec->ecmp_symmetric,
	};

	snprintf(link.name, sizeof(link.name), "%s", spec->name);
	if (!vnet_request(vnet, spec->name, rtm_new_vnet(buf, &link)))
		return NULL;
	log_notice("vnet %s: made", spec->name);
	left_nothing(vnet);
	vnet->settled = false;
	read_device(vnet);
	return links_by_name(&vnet->fib->links, spec->name);
}

static bool is_device_of(const struct fib_vnet *spec,
			 const struct rtm_link *link)
{
	return link->is_vnet && link->vni == spec->vni &&
	       link->table == spec->table &&
	       link->bgp_table == spec->bgp_table;
}

static bool is_right_device(struct vnet *vnet, const struct rtm_link *link)
{
	if (is_device_of(vnet->spec, link))
		return true;
	if (!link->is_vnet)
		vnet_problem(vnet, "%s: exists and is not a VNet", link->name);
	else
		vnet_problem(vnet,
			     "%s: exists with vni %u table %u bgp_table %u",
			     link->name, link->vni, link->table,
			     link->bgp_table);
	return false;
}

void vnet_find_device(struct vnet *vnet)
{
	const struct rtm_link *link;

	link = links_by_name(&vnet->fib->links, vnet->spec->name);
	if (!vnet->ifindex && link && is_device_of(vnet->spec, link))
		index_set_device(vnet, link->ifindex);
}

static void set_options(struct vnet *vnet, const struct rtm_link *link)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_link change = *link;

	if (link->max_routes == vnet->spec->max_routes &&
	    link->ecmp_symmetric == vnet->spec->ecmp_symmetric)
		return;
	change.max_routes = vnet->spec->max_routes;
	change.ecmp_symmetric = vnet->spec->ecmp_symmetric;
	vnet_request(vnet, link->name, rtm_set_vnet(buf, &change));
}

/*
 * A device that is taken down while we run stays down, whatever else is
 * configured anew: whoever did it has a reason.
 */
static bool bring_up(struct vnet *vnet, const struct rtm_link *link)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

	if (!link->up && !vnet->raised) {
		left_nothing(vnet);
		if (vnet->was_up) {
			vnet_problem(vnet, "%s: device is down", link->name);
			return false;
		}
		if (!vnet_request(vnet, link->name,
				  rtm_set_up(buf, link->ifindex)))
			return false;
		vnet->raised = true;
	}
	/* once: the kernel tells of it, and that is a reason for a pass */
	if (!vnet->loose)
		netlink_talk(&vnet->fib->talk,
			     rtm_set_loose_rp_filter(buf, link->ifindex), NULL,
			     NULL, &(struct netlink_error){ 0 });
	vnet->loose = true;
	vnet->was_up = true;
	return true;
}

/* Create or adopt it; false if there is no device to go on with. */
static bool apply_device(struct vnet *vnet)
{
	const struct rtm_link *link;

	link = links_by_name(&vnet->fib->links, vnet->spec->name);
	if (!link)
		link = create_device(vnet);
	if (!link || !is_right_device(vnet, link))
		return false;
	if (link->ifindex != vnet->ifindex)
		vnet->was_up = vnet->loose = false;
	index_set_device(vnet, link->ifindex);
	set_options(vnet, link);
	return bring_up(vnet, link);
}

/* The kernel drops routes and next hops of a device that goes down. */
static void device_lost(struct vnet *vnet)
{
	struct fib *fib = vnet->fib;

	if (vnet->up) {
		if (fib->events.lost)
			fib->events.lost(fib->arg, vnet->vni);
		/* That it is back, too, even if it is before we look. */
		vnet->tell = true;
		vnet->up = false;
		want_lost(vnet->want);
		audit_restart(vnet->fib->audit);
	}
	vnet->ready = false;
	vnet->raised = vnet->loose = false;
	vnet->kept4 = vnet->kept6 = false;
	fib_vnet_due(vnet);
}

/*
 * After we have set a device up, what was told before is heard first: that it
 * is down is old until it is told to be up.
 */
void vnet_check_device(struct vnet *vnet, const struct rtm_link *link)
{
	bool other;

	if (link->ifindex != vnet->ifindex)
		return;
	if (link->up)
		vnet->raised = false;
	if (!link->up && !link->gone && vnet->raised)
		return;
	other = link->gone || strcmp(link->name, vnet->spec->name) != 0;
	if (other || !link->up)
		device_lost(vnet);
	if (other)
		index_set_device(vnet, 0);
}

/*
 * Instance addresses
 */

struct address_diff {
	struct vnet *vnet;
	bool *there;			/* for each address of the spec */
	struct rtm_address *stale;	/* ours and not wanted */
	size_t n_stale;
};

static void compare_address(const struct nlmsghdr *nlh, void *arg)
{
	struct address_diff *diff = arg;
	const struct fib_vnet *spec = diff->vnet->spec;
	struct rtm_address is;
	size_t i;

	if (!rtm_get_address(nlh, &is) || is.ifindex != diff->vnet->ifindex)
		return;
	for (i = 0; i < spec->n_addresses; i++) {
		if (addr_equal(&spec->addresses[i], &is.addr)) {
			diff->there[i] = true;
			return;
		}
	}
	if (is.protocol != FIB_PROTO_CONFIG)
		return;
	diff->stale = xreallocarray(diff->stale, diff->n_stale + 1,
				    sizeof(*diff->stale));
	diff->stale[diff->n_stale++] = is;
}

static bool add_address(struct vnet *vnet, const struct addr *addr)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8))), text[ADDR_STRLEN];
	struct rtm_address address = {
		.ifindex = vnet->ifindex,
		.addr = *addr,
		.len = addr_bits(addr),
		.protocol = FIB_PROTO_CONFIG,
	};

	return vnet_request(vnet, addr_format(addr, text),
			    rtm_put_address(buf, &address));
}

/* Whether all are there in the end. */
static bool change_addresses(struct address_diff *diff)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8))), text[ADDR_STRLEN];
	const struct fib_vnet *spec = diff->vnet->spec;
	bool all = true;
	size_t i;

	/* first: with the last address of a device the kernel drops routes */
	for (i = 0; i < spec->n_addresses; i++) {
		if (!diff->there[i] &&
		    !add_address(diff->vnet, &spec->addresses[i]))
			all = false;
	}
	for (i = 0; i < diff->n_stale; i++)
		vnet_request(diff->vnet,
			     addr_format(&diff->stale[i].addr, text),
			     rtm_del_address(buf, &diff->stale[i]));
	return all;
}

static bool apply_addresses(struct vnet *vnet)
{
	struct address_diff diff = {
		.vnet = vnet,
		.there = xcalloc(vnet->spec->n_addresses + 1, sizeof(bool)),
	};
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct netlink_error err;
	bool all = false;

	if (netlink_dump(&vnet->fib->talk,
			 rtm_dump_addresses(buf, vnet->ifindex),
			 compare_address, &diff, &err) < 0)
		vnet_unread(vnet, "addresses", &err);
	else
		all = change_addresses(&diff);
	free(diff.there);
	free(diff.stale);
	return all;
}

/*
 * Subnets
 */

struct subnet_diff {
	const struct fib_vnet *spec;
	bool *right;			/* for each subnet of the spec */
	struct prefix *stale;
	size_t n_stale;
};

static void compare_subnet(const struct genl_subnet *is, void *arg)
{
	struct subnet_diff *diff = arg;
	size_t i;

	for (i = 0; i < diff->spec->n_subnets; i++) {
		const struct fib_subnet *subnet = &diff->spec->subnets[i];

		if (prefix_equal(&subnet->prefix, &is->prefix)) {
			diff->right[i] = subnet->table == is->table &&
					 subnet->flags == is->flags;
			return;
		}
	}
	diff->stale = xreallocarray(diff->stale, diff->n_stale + 1,
				    sizeof(*diff->stale));
	diff->stale[diff->n_stale++] = is->prefix;
}

void vnet_count(struct vnet *vnet, const char *what,
		const struct netlink_error *err)
{
	if (err->error)
		vnet_problem(vnet, "%s: %s", what, err->text);
	else
		vnet->changes++;
}

static bool set_subnet(struct vnet *vnet, const struct fib_subnet *subnet)
{
	struct genl_subnet set = {
		.prefix = subnet->prefix,
		.table = subnet->table,
		.flags = subnet->flags,
	};
	char text[PREFIX_STRLEN];
	struct netlink_error err;

	genl_set_subnet(&vnet->fib->genl, vnet->ifindex, &set, &err);
	vnet_count(vnet, prefix_format(&subnet->prefix, text), &err);
	return err.error == 0;
}

static bool delete_subnet(struct vnet *vnet, const struct prefix *prefix)
{
	char text[PREFIX_STRLEN];
	struct netlink_error err;

	genl_del_subnet(&vnet->fib->genl, vnet->ifindex, prefix, &err);
	vnet_count(vnet, prefix_format(prefix, text), &err);
	return err.error == 0;
}

/*
 * Subnets may not overlap. What is in the way of @prefix goes right before
 * that comes: in between, NICs are without their route table.
 */
static bool make_room(struct vnet *vnet, struct subnet_diff *diff,
		      const struct prefix *prefix)
{
	bool all = true;
	size_t i = 0;

	while (i < diff->n_stale) {
		if (!prefix_overlaps(&diff->stale[i], prefix)) {
			i++;
			continue;
		}
		all = delete_subnet(vnet, &diff->stale[i]) && all;
		diff->stale[i] = diff->stale[--diff->n_stale];
	}
	return all;
}

/* Whether all are right in the end, and which. */
static bool change_subnets(struct vnet *vnet, struct subnet_diff *diff)
{
	const struct fib_vnet *spec = vnet->spec;
	bool all = true;
	size_t i;

	for (i = 0; i < spec->n_subnets; i++) {
		if (diff->right[i])
			continue;
		all = make_room(vnet, diff, &spec->subnets[i].prefix) && all;
		diff->right[i] = set_subnet(vnet, &spec->subnets[i]);
		all = diff->right[i] && all;
	}
	for (i = 0; i < diff->n_stale; i++)
		all = delete_subnet(vnet, &diff->stale[i]) && all;
	return all;
}

static bool apply_subnets(struct vnet *vnet, bool *right)
{
	struct subnet_diff diff = { .spec = vnet->spec, .right = right };
	struct netlink_error err;
	bool all = false;

	if (genl_get_subnets(&vnet->fib->genl, vnet->ifindex, compare_subnet,
			     &diff, &err) < 0)
		vnet_unread(vnet, "subnets", &err);
	else
		all = change_subnets(vnet, &diff);
	free(diff.stale);
	return all;
}

/*
 * NICs
 */

static bool same_addresses(const struct fib_nic *nic, const struct genl_nic *is)
{
	size_t i;

	if (nic->n_addresses != is->n_addrs)
		return false;
	for (i = 0; i < nic->n_addresses; i++) {
		if (!addr_equal(&nic->addresses[i], &is->addrs[i]))
			return false;
	}
	return true;
}

static bool same_mac(const struct fib_nic *nic, const struct genl_nic *is)
{
	return !nic->has_mac || (is->has_mac &&
				 memcmp(nic->mac, is->mac, 6) == 0);
}

/* False if an address is still another NIC's. */
static bool set_nic(struct vnet *vnet, const struct fib_nic *nic, int ifindex)
{
	struct genl_nic_set set = {
		.ifindex = ifindex,
		.mac = nic->has_mac ? nic->mac : NULL,
		.set_flags = true,
		.flags = nic->flags,
		.set_addrs = true,
		.n_addrs = nic->n_addresses,
		.addrs = nic->addresses,
	};
	struct genl_nic is;
	struct netlink_error err;

	if (genl_get_nic(&vnet->fib->genl, ifindex, &is, &err) == 0 &&
	    same_mac(nic, &is) && same_addresses(nic, &is) &&
	    nic->flags == is.flags)
		return true;
	genl_set_nic(&vnet->fib->genl, &set, &err);
	vnet_count(vnet, nic->device, &err);
	return err.error != EADDRINUSE;
}

static bool has_address(const struct fib_nic *nic, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < nic->n_addresses; i++) {
		if (addr_equal(&nic->addresses[i], addr))
			return true;
	}
	return false;
}

static bool is_another_nics(const struct fib_vnet *spec,
			    const struct fib_nic *nic, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < spec->n_nics; i++) {
		if (&spec->nics[i] != nic && has_address(&spec->nics[i], addr))
			return true;
	}
	return false;
}

/* Take away what another one is to have. */
static void strip_nic(struct vnet *vnet, const struct fib_nic *nic, int ifindex)
{
	struct genl_nic_set set = { .ifindex = ifindex, .set_addrs = true };
	struct netlink_error err;
	struct genl_nic is;
	size_t i;

	if (genl_get_nic(&vnet->fib->genl, ifindex, &is, &err) < 0)
		return;
	for (i = 0; i < is.n_addrs; i++) {
		if (!is_another_nics(vnet->spec, nic, &is.addrs[i]))
			is.addrs[set.n_addrs++] = is.addrs[i];
	}
	if (set.n_addrs == is.n_addrs)
		return;
	set.addrs = is.addrs;
	genl_set_nic(&vnet->fib->genl, &set, &err);
	vnet_count(vnet, nic->device, &err);
}

static bool enslave(struct vnet *vnet, const struct rtm_link *link)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

	if (link->master == vnet->ifindex)
		return true;
	/* each NIC is in one VNet of the file only: they do not quarrel */
	if (link->master && !index_by_device(vnet->fib, link->master)) {
		vnet_problem(vnet, "%s: belongs to %s already", link->name,
			     links_name(&vnet->fib->links, link->master));
		return false;
	}
	if (!vnet_request(vnet, link->name,
			  rtm_set_master(buf, link->ifindex, vnet->ifindex,
					 true)))
		return false;
	log_debug("vnet %s: NIC %s added", vnet->spec->name, link->name);
	return true;
}

/*
 * Without its subnet, a NIC would have none of the routes that keep its packets
 * from going elsewhere: it waits.
 */
static bool has_subnets(const struct fib_vnet *spec, const struct fib_nic *nic,
			const bool *right)
{
	size_t i, j;

	for (i = 0; i < spec->n_subnets; i++) {
		for (j = 0; !right[i] && j < nic->n_addresses; j++) {
			if (prefix_contains(&spec->subnets[i].prefix,
					    &nic->addresses[j]))
				return false;
		}
	}
	return true;
}

static bool apply_nics_once(struct vnet *vnet, const bool *right)
{
	const struct rtm_link *link;
	bool ok = true;
	size_t i;

	for (i = 0; i < vnet->spec->n_nics; i++) {
		const struct fib_nic *nic = &vnet->spec->nics[i];

		link = links_by_name(&vnet->fib->links, nic->device);
		if (link && has_subnets(vnet->spec, nic, right) &&
		    enslave(vnet, link))
			ok = set_nic(vnet, nic, link->ifindex) && ok;
	}
	return ok;
}

/* NICs that swap addresses have to let go of them first. */
static void apply_nics(struct vnet *vnet, const bool *right)
{
	char problem[sizeof(vnet->problem)];
	const struct rtm_link *link;
	size_t i;

	memcpy(problem, vnet->problem, sizeof(problem));
	if (apply_nics_once(vnet, right))
		return;
	memcpy(vnet->problem, problem, sizeof(problem));
	for (i = 0; i < vnet->spec->n_nics; i++) {
		const struct fib_nic *nic = &vnet->spec->nics[i];

		link = links_by_name(&vnet->fib->links, nic->device);
		if (link && link->master == vnet->ifindex)
			strip_nic(vnet, nic, link->ifindex);
	}
	apply_nics_once(vnet, right);
}

static bool has_nic(const struct fib_vnet *spec, const char *device)
{
	size_t i;

	for (i = 0; spec && i < spec->n_nics; i++) {
		if (strcmp(spec->nics[i].device, device) == 0)
			return true;
	}
	return false;
}

static void release_nic(struct vnet *vnet, const char *device)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	const struct rtm_link *link;

	link = links_by_name(&vnet->fib->links, device);
	if (!link || !vnet->ifindex || link->master != vnet->ifindex)
		return;
	if (vnet_request(vnet, device,
			 rtm_set_master(buf, link->ifindex, 0, false)))
		log_info("vnet %s: NIC %s removed", vnet->spec->name, device);
}

/*
 * Whole VNets
 */

void vnet_release(struct vnet *vnet, const struct fib_vnet *spec)
{
	size_t i;

	for (i = 0; i < vnet->spec->n_nics; i++) {
		if (!has_nic(spec, vnet->spec->nics[i].device))
			release_nic(vnet, vnet->spec->nics[i].device);
	}
}

/* What leads into peered VNets does not go with the device. */
static void release_hops(struct vnet *vnet)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct netlink_error err;
	uint32_t *ids;
	size_t i, n;

	n = want_hop_ids(vnet->want, &ids);
	for (i = 0; i < n; i++)
		netlink_talk(&vnet->fib->talk, rtm_del_nexthop(buf, ids[i]),
			     NULL, NULL, &err);
	free(ids);
}

/* Nor do reject routes. */
void vnet_delete(struct vnet *vnet, const char *why)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

	vnet->problem[0] = '\0';
	if (vnet->ifindex &&
	    vnet_request(vnet, vnet->spec->name,
			 rtm_del_link(buf, vnet->ifindex)))
		log_notice("vnet %s: removed, as %s", vnet->spec->name, why);
	release_hops(vnet);
	rows_release(vnet);
	if (vnet->problem[0])
		log_warn("%s", vnet->problem);
	index_set_device(vnet, 0);
	device_lost(vnet);
}

/* @right: by subnet of the description, whether the kernel has it so */
static void apply_parts(struct vnet *vnet, bool *right)
{
	peering_apply(vnet);
	if (apply_subnets(vnet, right))
		rows_empty_left(vnet);
	hosts_release(vnet);
	apply_nics(vnet, right);
	hosts_apply(vnet);
}

/* False if there is no device that is up. */
static bool apply_steps(struct vnet *vnet)
{
	struct netlink_error err;
	bool *right;

	vnet->ready = false;
	if (!apply_device(vnet))
		return false;
	vnet->ready = apply_addresses(vnet);
	rows_apply(vnet);
	if (genl_resolve(&vnet->fib->genl, &err) < 0) {
		vnet_problem(vnet, "%s", err.text);
		return true;
	}
	right = xcalloc(vnet->spec->n_subnets + 1, sizeof(*right));
	apply_parts(vnet, right);
	free(right);
	return true;
}

/* What an earlier run left is read before anything is programmed. */
static void start_routes(struct vnet *vnet)
{
	if (!vnet->up) {
		vnet->up = true;
		want_retry(vnet->want);
		vnet->fib->came_up = true;
	}
}

void vnet_apply(struct vnet *vnet)
{
	vnet->changes = 0;
	vnet->problem[0] = '\0';
	if (apply_steps(vnet))
		start_routes(vnet);
	/* without a device, to say so of its routes */
	fib_work(vnet->fib);
}
