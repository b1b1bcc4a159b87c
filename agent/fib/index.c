// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "fib/state.h"
#include "lib/util.h"

/*
 * Devices
 */

void index_set_device(struct vnet *vnet, int ifindex)
{
	struct index *index = &vnet->fib->index;

	if (vnet->ifindex)
		HASH_DELETE(hh_ifindex, index->by_ifindex, vnet);
	vnet->ifindex = ifindex;
	if (ifindex)
		HASH_ADD(hh_ifindex, index->by_ifindex, ifindex,
			 sizeof(vnet->ifindex), vnet);
}

struct vnet *index_by_device(const struct fib *fib, int ifindex)
{
	struct vnet *vnet;

	HASH_FIND(hh_ifindex, fib->index.by_ifindex, &ifindex, sizeof(ifindex),
		  vnet);
	return vnet;
}

/*
 * Tables
 */

struct table_of {
	uint32_t table;
	struct vnet *vnet;
};

static int compare_tables(const void *pa, const void *pb)
{
	const struct table_of *a = pa, *b = pb;

	return (a->table > b->table) - (a->table < b->table);
}

struct vnet *index_by_table(const struct fib *fib, uint32_t table)
{
	const struct table_of key = { .table = table }, *found = NULL;
	const struct index *index = &fib->index;

	if (index->n_tables)
		found = bsearch(&key, index->tables, index->n_tables,
				sizeof(key), compare_tables);
	return found ? found->vnet : NULL;
}

static void add_tables(struct index *index, struct vnet *vnet)
{
	struct table_of *at = index->tables + index->n_tables;

	at[0] = (struct table_of){ vnet->spec->table, vnet };
	at[1] = (struct table_of){ vnet->spec->bgp_table, vnet };
	index->n_tables += 2;
}

/*
 * Names of devices
 */

static int compare_names(const void *pa, const void *pb)
{
	const struct naming *a = pa, *b = pb;

	return strcmp(a->device, b->device);
}

/* The first that is not before @name. */
static size_t seek(const struct index *index, const char *name)
{
	size_t low = 0, high = index->n_names, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(index->names[middle].device, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct naming *index_by_name(const struct fib *fib, const char *name,
				   size_t *n)
{
	const struct index *index = &fib->index;
	size_t first = seek(index, name), end = first;

	while (end < index->n_names &&
	       strcmp(index->names[end].device, name) == 0)
		end++;
	*n = end - first;
	return index->names + first;
}

static void add_name(struct index *index, const struct naming *naming)
{
	if (naming->device[0])
		index->names[index->n_names++] = *naming;
}

static void add_names(struct index *index, struct vnet *vnet)
{
	const struct fib_vnet *spec = vnet->spec;
	struct naming naming = { .vnet = vnet };
	size_t i;

	naming.device = spec->name;
	add_name(index, &naming);
	naming.device = spec->internet;
	add_name(index, &naming);
	naming.device = spec->tunnel;
	add_name(index, &naming);
	for (i = 0; i < spec->n_nics; i++) {
		naming.device = spec->nics[i].device;
		naming.nic = &spec->nics[i];
		add_name(index, &naming);
	}
	naming.nic = NULL;
	naming.peer = true;
	for (i = 0; i < spec->n_peerings; i++) {
		naming.device = spec->peerings[i].device;
		add_name(index, &naming);
	}
}

/*
 * All
 */

static void make_room(struct fib *fib)
{
	size_t n_tables = 0, n_names = 0;
	struct index *index = &fib->index;
	struct vnet *vnet, *next;

	HASH_ITER(hh, fib->vnets, vnet, next) {
		n_tables += 2;
		n_names += 3 + vnet->spec->n_nics + vnet->spec->n_peerings;
	}
	index->tables = xreallocarray(index->tables, n_tables + 1,
				      sizeof(*index->tables));
	index->names = xreallocarray(index->names, n_names + 1,
				     sizeof(*index->names));
	index->n_tables = 0;
	index->n_names = 0;
}

void index_update(struct fib *fib)
{
	struct index *index = &fib->index;
	struct vnet *vnet, *next;

	make_room(fib);
	HASH_ITER(hh, fib->vnets, vnet, next) {
		add_tables(index, vnet);
		add_names(index, vnet);
	}
	qsort(index->tables, index->n_tables, sizeof(*index->tables),
	      compare_tables);
	qsort(index->names, index->n_names, sizeof(*index->names),
	      compare_names);
}

void index_free(struct fib *fib)
{
	free(fib->index.tables);
	free(fib->index.names);
}
