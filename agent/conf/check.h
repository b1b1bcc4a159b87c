/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration must hold beyond the shape of each value. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/schema.h"

/*
 * Check a configuration as a whole, and fill in what follows from other
 * parts of it (a subnet's table). False with r->err at the first error.
 */
bool check_conf(const struct schema_reader *r, struct conf *conf);

/* check_map.c: one route map, and whether it replaces prefixes. */
bool check_map(const struct schema_reader *r, const struct conf_map *map);
bool check_map_replaces(const struct conf_map *map);

/* check_keys.c: how neighbors are authenticated, and if that fits together. */
bool check_keys(const struct schema_reader *r, const struct conf_vnet *vnet);

/*
 * check_azure.c: what Azure does not have, in profile azure. What is not given
 * is filled in as Azure has it.
 */
bool check_azure(const struct schema_reader *r, const struct conf *conf,
		 const struct conf_vnet *vnet);

#endif
