// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sides of peerings. The kernel wants the peer's device by its index, so a
 * side, and all that leads into the peer, waits until the device is there.
 */
#include <stdlib.h>
#include <string.h>

#include "fib/state.h"
#include "lib/util.h"

int peering_ifindex(const struct vnet *vnet, const struct fib_peering *side)
{
	const struct rtm_link *link;

	link = links_by_name(&vnet->fib->links, side->device);
	return link && link->is_vnet ? link->ifindex : 0;
}

static bool is_behind(const struct fib_peering *side, const struct addr *hop)
{
	size_t i;

	for (i = 0; i < side->n_spaces; i++) {
		if (prefix_contains(&side->spaces[i], hop))
			return true;
	}
	return false;
}

int peering_hop_ifindex(const struct vnet *vnet, const struct addr *hop)
{
	const struct fib_vnet *spec = vnet->spec;
	size_t i;

	for (i = 0; i < spec->n_peerings; i++) {
		if (is_behind(&spec->peerings[i], hop))
			return peering_ifindex(vnet, &spec->peerings[i]);
	}
	return vnet->ifindex;
}

struct side_diff {
	const struct vnet *vnet;
	bool *right;			/* for each side of the spec */
	int *stale;			/* peers of sides not wanted */
	size_t n_stale;
};

static void compare_side(const struct genl_peering *is, void *arg)
{
	struct side_diff *diff = arg;
	const struct fib_vnet *spec = diff->vnet->spec;
	size_t i;

	for (i = 0; i < spec->n_peerings; i++) {
		if (peering_ifindex(diff->vnet, &spec->peerings[i]) !=
		    is->peer_ifindex)
			continue;
		diff->right[i] = spec->peerings[i].flags == is->flags;
		return;
	}
	diff->stale = xreallocarray(diff->stale, diff->n_stale + 1,
				    sizeof(*diff->stale));
	diff->stale[diff->n_stale++] = is->peer_ifindex;
}

static void set_side(struct vnet *vnet, const struct fib_peering *side)
{
	struct genl_peering set = {
		.vnet_ifindex = vnet->ifindex,
		.peer_ifindex = peering_ifindex(vnet, side),
		.flags = side->flags,
	};
	struct netlink_error err;

	if (!set.peer_ifindex)
		return;
	genl_set_peering(&vnet->fib->genl, &set, &err);
	vnet_count(vnet, side->device, &err);
}

/* What goes makes room for what comes: remote gateways are one side's only. */
static void change_sides(struct vnet *vnet, const struct side_diff *diff)
{
	const struct fib_vnet *spec = vnet->spec;
	struct netlink_error err;
	size_t i;

	for (i = 0; i < diff->n_stale; i++) {
		genl_del_peering(&vnet->fib->genl, vnet->ifindex,
				 diff->stale[i], &err);
		vnet_count(vnet, links_name(&vnet->fib->links,
					    diff->stale[i]), &err);
	}
	for (i = 0; i < spec->n_peerings; i++) {
		if (!diff->right[i] && !(spec->peerings[i].flags &
		    VNET_PEERING_F_USE_REMOTE_GATEWAYS))
			set_side(vnet, &spec->peerings[i]);
	}
	for (i = 0; i < spec->n_peerings; i++) {
		if (!diff->right[i] && spec->peerings[i].flags &
		    VNET_PEERING_F_USE_REMOTE_GATEWAYS)
			set_side(vnet, &spec->peerings[i]);
	}
}

void peering_apply(struct vnet *vnet)
{
	struct side_diff diff = {
		.vnet = vnet,
		.right = xcalloc(vnet->spec->n_peerings + 1, sizeof(bool)),
	};
	struct netlink_error err;

	if (genl_get_peerings(&vnet->fib->genl, vnet->ifindex, compare_side,
			      &diff, &err) < 0)
		vnet_unread(vnet, "peerings", &err);
	else
		change_sides(vnet, &diff);
	free(diff.right);
	free(diff.stale);
}
