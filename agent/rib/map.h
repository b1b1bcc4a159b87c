/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Route maps, compiled: what a route becomes on its way in or out.
 *
 * What a map makes of attributes depends on them and on which of the map's
 * criteria the prefix meets. The latter is the prefix's class; so one result
 * holds for all prefixes of a class that share attributes, and a map that
 * does not look at prefixes knows one class.
 */
#ifndef RIB_MAP_H
#define RIB_MAP_H

#include "bgp/attr.h"
#include "conf/conf.h"

struct rib_map;

/* A copy of what @conf says, with one reference. */
struct rib_map *rib_map_new(const struct conf_map *conf);
struct rib_map *rib_map_hold(struct rib_map *map);
/* @map may be NULL. */
void rib_map_put(struct rib_map *map);

/* The @i-th of the prefixes by which it replaces others; false: no more. */
bool rib_map_replaces(const struct rib_map *map, size_t i,
		      struct prefix *prefix);

/* Which of the map's criteria a prefix meets: a bit each. */
uint64_t rib_map_class(const struct rib_map *map, const struct prefix *prefix);

struct rib_map_result {
	bool drop;
	const struct prefix *replaced;	/* by this one; NULL: it is not */
	struct bgp_attrs *attrs;	/* for free(3); NULL: as they were */
};

/**
 * rib_map_apply - what becomes of a route
 * @class: of its prefix
 * @keep_as: this AS stays in front when the path is replaced; 0: none
 */
struct rib_map_result rib_map_apply(const struct rib_map *map,
				    const struct bgp_attrs *attrs,
				    uint64_t class, uint32_t keep_as);

#endif
