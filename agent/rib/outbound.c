// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Outbound route maps. They come after everything else: they see what would be
 * sent, our own AS in front. A group of peers with one map remembers which
 * prefixes the map has let out, so that only these are withdrawn.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

struct bgp_attrs *outbound_apply(const struct group *group,
				 struct bgp_attrs *attrs, uint64_t class)
{
	struct rib_map_result result;

	result = rib_map_apply(group->map, attrs, class,
			       group->how.prepend_as);
	/* Of what is replaced outsum.c tells. */
	if (result.replaced) {
		free(attrs);
		free(result.attrs);
		return NULL;
	}
	if (result.drop || result.attrs) {
		free(attrs);
		return result.attrs;
	}
	return attrs;
}

struct bgp_attrs *outbound_attrs(const struct table *t,
				 const struct group *group,
				 const struct prefix *prefix, uint16_t origin,
				 uint32_t attrs)
{
	struct bgp_attrs *out = adjout_export(t, group, origin, attrs);

	if (!out || !group->map)
		return out;
	return outbound_apply(group, out, rib_map_class(group->map, prefix));
}

bool outbound_has(const struct group *group, uint32_t net)
{
	return net / 64 < group->n_has &&
	       group->has[net / 64] >> net % 64 & 1;
}

void outbound_set(struct group *group, uint32_t net, bool has)
{
	uint32_t word = net / 64, n;

	if (word >= group->n_has) {
		if (!has)
			return;
		n = MAX(word + 1, group->n_has * 2);
		group->has = xreallocarray(group->has, n,
					   sizeof(*group->has));
		memset(group->has + group->n_has, 0,
		       (n - group->n_has) * sizeof(*group->has));
		group->n_has = n;
	}
	if (has)
		group->has[word] |= 1ull << net % 64;
	else
		group->has[word] &= ~(1ull << net % 64);
}

uint32_t outbound_count(const struct table *t, const struct rib_peer *peer)
{
	const struct group *group = peer->af[t->af].group;
	uint32_t id, n = 0;

	for (id = net_next(&t->nets, 0); id != NET_NONE;
	     id = net_next(&t->nets, id + 1))
		n += outbound_has(group, id) &&
		     peer_has(peer, net_get(&t->nets, id)->sent);
	return n;
}
