/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration must hold beyond the shape of each value. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/schema.h"

#define AS_TRANS	23456		/* RFC 6793 */

/*
 * Check a configuration as a whole, and fill in what follows from other
 * parts of it (a subnet's table). False with r->err at the first error.
 */
bool check_conf(const struct schema_reader *r, struct conf *conf);

/*
 * What follows is among the files of the check.
 *
 * What is being checked; of the last five, those that we are not in are none:
 * an error text begins with the others.
 */
struct check {
	const struct schema_reader *r;
	struct conf *conf;
	const struct conf_vnet *vnet;
	bool azure;			/* for what profile azure has */
	const struct conf_neighbor *neighbor;
	const struct conf_map *map;
	const struct conf_rule *rule;	/* of it */
};

/*
 * Complain, at the place where @member was written, or else @otherwise.
 * Returns false.
 */
bool check_fail(const struct check *c, const void *member,
		struct conf_pos otherwise, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Whether the key of this member is in the text. */
bool check_is_given(const struct check *c, const void *member);

/* Whether the prefix is in one of the VNet's address spaces. */
bool check_in_spaces(const struct conf_vnet *vnet,
		     const struct prefix *prefix);
/* An address that is to be in those of c->vnet; @name: of a @noun, or NULL. */
bool check_addr(const struct check *c, const struct addr *addr,
		struct conf_pos pos, const char *noun, const char *name);

struct check_piece {
	const struct prefix *prefix;
	struct conf_pos pos;
};

/* No @noun may overlap another. Sorts them. */
bool check_disjoint(const struct check *c, struct check_piece *piece,
		    size_t n, const char *noun);

/*
 * check_server.c: a route server and its neighbors; fills in what gateways
 * need not say. @sessions: of this VNet and those before.
 */
bool check_server(const struct check *c, struct conf_server *server,
		  size_t *sessions);

/* check_map.c: one route map, and whether it replaces prefixes. */
bool check_map(const struct check *c, const struct conf_map *map);
bool check_map_replaces(const struct conf_map *map);

/* check_keys.c: how neighbors are authenticated, and if that fits together. */
bool check_keys(const struct check *c);

/*
 * check_azure.c: what Azure does not have, in profile azure. What is not given
 * is filled in as Azure has it.
 */
bool check_azure(const struct check *c);

#endif
