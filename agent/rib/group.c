// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/group.h"

#include <stdlib.h>

#include "lib/util.h"

static bool wire_equal(const struct bgp_wire *a, const struct bgp_wire *b)
{
	return a->as4 == b->as4 && a->max_len == b->max_len &&
	       a->families == b->families &&
	       a->add_path_tx == b->add_path_tx &&
	       a->ext_nexthop == b->ext_nexthop &&
	       a->long_lived == b->long_lived;
}

static bool how_equal(const struct bgp_export *a, const struct bgp_export *b)
{
	return addr_equal(&a->nexthop, &b->nexthop) &&
	       a->prepend_as == b->prepend_as &&
	       a->override_as == b->override_as &&
	       a->community == b->community && a->ebgp == b->ebgp &&
	       a->otc == b->otc && a->no_otc == b->no_otc;
}

/* What becomes of a route on its way to a peer. */
static struct bgp_export peer_how(const struct table *t,
				  const struct rib_peer *peer)
{
	const struct rib_peer_policy *policy = &peer->conf.policy;
	uint32_t local_as = t->rib->conf.local_as;
	bool ebgp = peer->conf.as != local_as;
	enum bgp_role role = peer->session.role;

	return (struct bgp_export){
		.nexthop = peer->session.nexthop[t->af],
		.prepend_as = ebgp ? local_as : 0,
		.override_as = ebgp && policy->as_override ?
			       peer->conf.as : 0,
		.community = policy->kind == CONF_EXPRESSROUTE ?
			     BGP_COMMUNITY_ROUTE_SERVER : 0,
		.otc = role == BGP_ROLE_PROVIDER || role == BGP_ROLE_PEER ||
		       role == BGP_ROLE_RS ? local_as : 0,
		.no_otc = role == BGP_ROLE_CUSTOMER || role == BGP_ROLE_PEER ||
			  role == BGP_ROLE_RS_CLIENT,
		.ebgp = ebgp,
	};
}

/* How many paths of a prefix it is sent; 0: one, without ADD-PATH. */
static uint8_t peer_paths(const struct table *t, const struct rib_peer *peer)
{
	if (!(peer->session.wire.add_path_tx & bgp_af_bit(t->af)))
		return 0;
	return MIN(MAX(peer->conf.policy.add_path_send, 1), PATHS_MAX);
}

struct group *group_get(struct table *t, const struct rib_peer *peer)
{
	const struct bgp_wire *wire = &peer->session.wire;
	struct bgp_export how = peer_how(t, peer);
	uint8_t paths = peer_paths(t, peer);
	struct group *group;

	for (group = t->groups; group; group = group->next) {
		if (group->kind == peer->conf.policy.kind &&
		    group->map == peer->conf.policy.out &&
		    (group->paths ? group->paths->max : 0) == paths &&
		    wire_equal(&group->wire, wire) &&
		    how_equal(&group->how, &how))
			return group;
	}
	group = xcalloc(1, sizeof(*group));
	group->wire = *wire;
	group->how = how;
	group->kind = peer->conf.policy.kind;
	group->map = rib_map_hold(peer->conf.policy.out);
	if (paths > 0) {
		group->paths = paths_new(paths);
		t->n_path_groups++;
	}
	group->next = t->groups;
	t->groups = group;
	if (group->map && !group->paths)
		outsum_begin(t, group);
	return group;
}

void group_add(struct table *t, struct group *group, struct rib_peer *peer)
{
	group->member = xreallocarray(group->member, group->n_members + 1,
				      sizeof(*group->member));
	group->member[group->n_members++] = peer;
	peer->af[t->af].group = group;
	if (group->paths)
		peer->af[t->af].path_ids = MAX(peer->af[t->af].path_ids,
					       group->paths->max);
}

void group_put(struct table *t, struct group *group)
{
	struct group **link = &t->groups;

	if (group->n_members > 0 || group->n_leaving > 0)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	if (group->sums)
		outsum_end(t, group->sums);
	if (group->paths) {
		t->n_path_groups--;
		paths_free(t, group->paths);
	}
	rib_map_put(group->map);
	free(group->has);
	free(group->member);
	free(group);
}

void group_remove(struct table *t, struct group *group,
		  const struct rib_peer *peer)
{
	uint32_t i;

	for (i = 0; group->member[i] != peer; i++)
		;
	group->member[i] = group->member[--group->n_members];
	group_put(t, group);
}
