// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a VNet has at other hosts. As with all that hangs on a VNet's device,
 * what there is is compared with what should be, and only the difference is
 * changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/state.h"
#include "lib/log.h"
#include "lib/mac.h"
#include "lib/util.h"

/*
 * The old one goes only if there is nothing else against the new one, which is
 * found out by asking for it, and comes back if there was.
 */
static void set_tunnel(struct vnet *vnet, const struct rtm_link *link, int old)
{
	struct genl *genl = &vnet->fib->genl;
	struct netlink_error err, ignored;

	genl_set_tunnel(genl, link->ifindex, &err);
	if (old && err.error == EBUSY) {
		genl_del_tunnel(genl, &ignored);
		genl_set_tunnel(genl, link->ifindex, &err);
		if (err.error)
			genl_set_tunnel(genl, old, &ignored);
	}
	vnet_count(vnet, link->name, &err);
}

/*
 * The tunnel is one for all VNets: the first to find that it is not as
 * described sets it. A device that is not there yet is waited for.
 */
static void apply_tunnel(struct vnet *vnet)
{
	const struct rtm_link *link;
	struct genl_tunnel is;
	struct netlink_error err;

	if (vnet->spec->tunnel[0] == '\0')
		return;
	link = links_by_name(&vnet->fib->links, vnet->spec->tunnel);
	if (!link)
		return;
	if (genl_get_tunnel(&vnet->fib->genl, &is, &err) < 0) {
		vnet_unread(vnet, "the tunnel", &err);
		return;
	}
	if (is.ifindex != link->ifindex)
		set_tunnel(vnet, link, is.ifindex);
}

static bool have_tunnel(const struct fib_vnet *vnets, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (vnets[i].tunnel[0])
			return true;
	}
	return false;
}

void hosts_release_tunnel(struct fib *fib, const struct fib_vnet *vnets,
			  size_t n)
{
	struct netlink_error err = { 0 };
	struct vnet *vnet, *tmp;
	bool had = false;

	HASH_ITER(hh, fib->vnets, vnet, tmp)
		had = had || vnet->spec->tunnel[0];
	if (!had || have_tunnel(vnets, n) || genl_resolve(&fib->genl, &err) < 0)
		return;
	genl_del_tunnel(&fib->genl, &err);
	if (err.error)
		log_warn("the tunnel: %s", err.text);
}

struct endpoint_diff {
	struct vnet *vnet;
	const struct fib_endpoint **by_address;	/* of the spec, sorted */
	const struct fib_endpoint **by_host;
	bool *right;			/* for each endpoint of the spec */
	struct addr *stale;
	size_t n_stale;
};

static uint32_t vni_at_host(const struct fib_vnet *spec,
			    const struct fib_endpoint *endpoint)
{
	return endpoint->vni ? endpoint->vni : spec->vni;
}

static bool same_place(const struct fib_vnet *spec,
		       const struct fib_endpoint *endpoint,
		       const struct genl_endpoint *is)
{
	const uint8_t *mac = endpoint->has_mac ? endpoint->mac : mac_of_router;

	return addr_equal(&endpoint->host, &is->host) &&
	       vni_at_host(spec, endpoint) == is->vni &&
	       mac_equal(mac, is->mac);
}

static int compare_addresses(const void *pa, const void *pb)
{
	const struct fib_endpoint *const *a = pa, *const *b = pb;

	return addr_cmp(&(*a)->address, &(*b)->address);
}

static int compare_hosts(const void *pa, const void *pb)
{
	const struct fib_endpoint *const *a = pa, *const *b = pb;

	return addr_cmp(&(*a)->host, &(*b)->host);
}

static const struct fib_endpoint **sort(const struct fib_vnet *spec,
					int (*compare)(const void *pa,
						       const void *pb))
{
	const struct fib_endpoint **sorted;
	size_t i;

	sorted = xcalloc(spec->n_endpoints + 1, sizeof(*sorted));
	for (i = 0; i < spec->n_endpoints; i++)
		sorted[i] = &spec->endpoints[i];
	qsort(sorted, spec->n_endpoints, sizeof(*sorted), compare);
	return sorted;
}

static const struct fib_endpoint *find(const struct endpoint_diff *diff,
				       const struct addr *addr)
{
	const struct fib_endpoint key = { .address = *addr };
	const struct fib_endpoint *wanted = &key, **found;

	found = bsearch(&wanted, diff->by_address,
			diff->vnet->spec->n_endpoints, sizeof(wanted),
			compare_addresses);
	return found ? *found : NULL;
}

/*
 * A VNet has one VNI at a host, which any endpoint there is described with:
 * what has another is in the way.
 */
static bool in_the_way(const struct endpoint_diff *diff,
		       const struct genl_endpoint *is)
{
	const struct fib_endpoint key = { .host = is->host };
	const struct fib_endpoint *wanted = &key, **found;
	const struct fib_vnet *spec = diff->vnet->spec;

	found = bsearch(&wanted, diff->by_host, spec->n_endpoints,
			sizeof(wanted), compare_hosts);
	return found && vni_at_host(spec, *found) != is->vni;
}

/*
 * What only moves to another host is set there, which the kernel does at once:
 * no packet finds it at none.
 */
static void compare_endpoint(const struct genl_endpoint *is, void *arg)
{
	struct endpoint_diff *diff = arg;
	const struct fib_vnet *spec = diff->vnet->spec;
	const struct fib_endpoint *endpoint = find(diff, &is->addr);

	if (endpoint && same_place(spec, endpoint, is)) {
		diff->right[endpoint - spec->endpoints] = true;
		return;
	}
	if (endpoint && !in_the_way(diff, is))
		return;
	diff->stale = xreallocarray(diff->stale, diff->n_stale + 1,
				    sizeof(*diff->stale));
	diff->stale[diff->n_stale++] = is->addr;
}

static void set_endpoint(struct vnet *vnet,
			 const struct fib_endpoint *endpoint)
{
	struct genl_endpoint set = {
		.addr = endpoint->address,
		.host = endpoint->host,
		.vni = endpoint->vni,
		.has_mac = endpoint->has_mac,
	};
	char text[ADDR_STRLEN];
	struct netlink_error err;

	memcpy(set.mac, endpoint->mac, sizeof(set.mac));
	genl_set_endpoint(&vnet->fib->genl, vnet->ifindex, &set, &err);
	vnet_count(vnet, addr_format(&endpoint->address, text), &err);
}

static void delete_stale(struct vnet *vnet, const struct endpoint_diff *diff)
{
	char text[ADDR_STRLEN];
	struct netlink_error err;
	size_t i;

	for (i = 0; i < diff->n_stale; i++) {
		genl_del_endpoint(&vnet->fib->genl, vnet->ifindex,
				  &diff->stale[i], &err);
		vnet_count(vnet, addr_format(&diff->stale[i], text), &err);
	}
}

static void set_missing(struct vnet *vnet, const struct endpoint_diff *diff)
{
	size_t i;

	for (i = 0; i < vnet->spec->n_endpoints; i++) {
		if (!diff->right[i])
			set_endpoint(vnet, &vnet->spec->endpoints[i]);
	}
}

static void change(struct vnet *vnet, void (*fn)(struct vnet *vnet,
					const struct endpoint_diff *diff))
{
	struct endpoint_diff diff = {
		.vnet = vnet,
		.by_address = sort(vnet->spec, compare_addresses),
		.by_host = sort(vnet->spec, compare_hosts),
		.right = xcalloc(vnet->spec->n_endpoints + 1, sizeof(bool)),
	};
	struct netlink_error err;

	if (genl_get_endpoints(&vnet->fib->genl, vnet->ifindex,
			       compare_endpoint, &diff, &err) < 0)
		vnet_unread(vnet, "endpoints", &err);
	else
		fn(vnet, &diff);
	free(diff.by_address);
	free(diff.by_host);
	free(diff.right);
	free(diff.stale);
}

void hosts_release(struct vnet *vnet)
{
	change(vnet, delete_stale);
}

void hosts_apply(struct vnet *vnet)
{
	apply_tunnel(vnet);
	change(vnet, set_missing);
}
