// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "fib/state.h"
#include "lib/util.h"

static void *copy_array(const void *array, size_t n, size_t size)
{
	void *copy = xcalloc(n ? n : 1, size);

	if (n)
		memcpy(copy, array, n * size);
	return copy;
}

#define COPY(array, n)	copy_array((array), (n), sizeof(*(array)))

static struct fib_user_table *copy_tables(const struct fib_vnet *spec)
{
	struct fib_user_table *tables = COPY(spec->tables, spec->n_tables);
	size_t i;

	for (i = 0; i < spec->n_tables; i++)
		tables[i].routes = COPY(tables[i].routes, tables[i].n_routes);
	return tables;
}

static struct fib_nic *copy_nics(const struct fib_vnet *spec)
{
	struct fib_nic *nics = COPY(spec->nics, spec->n_nics);
	size_t i;

	for (i = 0; i < spec->n_nics; i++)
		nics[i].addresses = COPY(nics[i].addresses,
					 nics[i].n_addresses);
	return nics;
}

static struct fib_peering *copy_peerings(const struct fib_vnet *spec)
{
	struct fib_peering *sides = COPY(spec->peerings, spec->n_peerings);
	size_t i;

	for (i = 0; i < spec->n_peerings; i++)
		sides[i].spaces = COPY(sides[i].spaces, sides[i].n_spaces);
	return sides;
}

struct fib_vnet *spec_copy(const struct fib_vnet *spec)
{
	struct fib_vnet *copy = COPY(spec, 1);

	copy->spaces = COPY(spec->spaces, spec->n_spaces);
	copy->addresses = COPY(spec->addresses, spec->n_addresses);
	copy->subnets = COPY(spec->subnets, spec->n_subnets);
	copy->tables = copy_tables(spec);
	copy->nics = copy_nics(spec);
	copy->endpoints = COPY(spec->endpoints, spec->n_endpoints);
	copy->peerings = copy_peerings(spec);
	return copy;
}

/* The copies are ours, whatever the description promises its readers. */
static void free_copy(const void *copy)
{
	free((void *)(uintptr_t)copy);
}

void spec_free(struct fib_vnet *spec)
{
	size_t i;

	for (i = 0; i < spec->n_tables; i++)
		free_copy(spec->tables[i].routes);
	for (i = 0; i < spec->n_nics; i++)
		free_copy(spec->nics[i].addresses);
	for (i = 0; i < spec->n_peerings; i++)
		free_copy(spec->peerings[i].spaces);
	free_copy(spec->spaces);
	free_copy(spec->addresses);
	free_copy(spec->subnets);
	free_copy(spec->tables);
	free_copy(spec->nics);
	free_copy(spec->endpoints);
	free_copy(spec->peerings);
	free(spec);
}

bool spec_same_device(const struct fib_vnet *a, const struct fib_vnet *b)
{
	return strcmp(a->name, b->name) == 0 && a->vni == b->vni &&
	       a->table == b->table && a->bgp_table == b->bgp_table;
}

bool spec_names_peer(const struct fib_vnet *spec, const char *name)
{
	size_t i;

	for (i = 0; i < spec->n_peerings; i++) {
		if (strcmp(spec->peerings[i].device, name) == 0)
			return true;
	}
	return false;
}

static const char *find_device(const struct fib_vnet *spec,
			       const struct addr *addr)
{
	const struct fib_nic *nic;
	size_t i, j;

	for (i = 0; i < spec->n_nics; i++) {
		nic = &spec->nics[i];
		for (j = 0; j < nic->n_addresses; j++) {
			if (addr_equal(&nic->addresses[j], addr))
				return nic->device;
		}
	}
	return NULL;
}

static const struct addr *find_host(const struct fib_vnet *spec,
				    const struct addr *addr)
{
	size_t i;

	for (i = 0; i < spec->n_endpoints; i++) {
		if (addr_equal(&spec->endpoints[i].address, addr))
			return &spec->endpoints[i].host;
	}
	return NULL;
}

bool spec_moves(const struct fib_vnet *from, const struct fib_vnet *to,
		const struct addr *addr)
{
	const struct addr *host = find_host(to, addr), *old_host;
	const char *device = find_device(to, addr), *old_device;

	if (!from || (!device && !host))
		return device || host;
	old_device = find_device(from, addr);
	old_host = find_host(from, addr);
	if (device)
		return !old_device || strcmp(device, old_device) != 0;
	return !old_host || !addr_equal(host, old_host);
}
