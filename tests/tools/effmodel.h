/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of effective routes once more, as naive as can be: lists that are
 * looked through (see effrandom.c).
 */
#ifndef TESTS_EFFMODEL_H
#define TESTS_EFFMODEL_H

#include <linux/vnet.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

#define VNETS		4
#define NICS		3
#define GROUPS		24
#define GROUP_HOPS	3
#define ROUTES_MAX	2000	/* of one table */
#define ROWS_MAX	4000

enum { TABLE_SYSTEM, TABLE_BGP, TABLE_USER, TABLE_USER2, TABLES };

enum kind { KIND_NONE, KIND_LOCAL, KIND_PEER, KIND_INTERNET, KIND_HOPS };

struct hop {
	unsigned int vnet;
	struct addr addr;
};

struct group {
	uint32_t id;
	unsigned int n;
	struct hop hop[GROUP_HOPS];
};

struct route {
	struct prefix prefix;
	enum kind kind;
	uint8_t protocol;
	unsigned int peer;		/* KIND_PEER */
	uint32_t group;			/* KIND_HOPS: id */
};

struct table {
	unsigned int n;
	struct route route[ROUTES_MAX];
};

struct subnet {
	bool has_table;
	uint32_t flags;
};

struct nic {
	bool up, owns;			/* its addresses */
	uint32_t flags;
};

struct side {
	bool there;
	uint32_t flags;
};

struct model {
	struct {
		struct table table[TABLES];
		struct subnet subnet[2][2];	/* [number][IPv6] */
		struct nic nic[NICS];
	} vnet[VNETS];
	struct side side[VNETS][VNETS];
	struct group group[GROUPS];
};

struct row {
	struct prefix prefix;
	unsigned int class, state, reason, type, table;
};

struct rows {
	unsigned int n;
	struct row row[ROWS_MAX];
};

struct answer {
	bool found;
	struct row route;
	bool hop_ok;			/* the module's choice is a right one */
	unsigned int drop;
};

extern struct model model;

void model_init(void);
void model_put(unsigned int v, unsigned int table, const struct route *route);
void model_del(unsigned int v, unsigned int table, unsigned int i);

/* The address space of a VNet; and whether @prefix is that */
const struct prefix *model_spaces(unsigned int v, int family);
bool model_space(unsigned int v, const struct prefix *prefix);
struct prefix model_subnet(unsigned int v, unsigned int s, int family);
struct addr model_addr(unsigned int v, unsigned int nic, int family);
struct addr model_random_addr(int family);
uint32_t model_random_group(int family);

void model_rows(unsigned int v, unsigned int nic, int family,
		struct rows *rows);
/* @hop: whom the module has chosen, or NULL */
void model_lookup(unsigned int v, unsigned int nic, const struct addr *dst,
		  const struct addr *src, const struct addr *hop,
		  struct answer *answer);

#endif
