// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "lib/util.h"
#include "vrsd/peer.h"

void *peer_table_next(const struct peer_table *table, uint32_t number)
{
	size_t i;

	for (i = number; i < table->n; i++)
		if (table->at[i])
			return table->at[i];
	return NULL;
}

static void make_room(struct peer_table *table, uint32_t number)
{
	if (number <= table->n)
		return;
	table->at = xreallocarray(table->at, number, sizeof(*table->at));
	memset(table->at + table->n, 0,
	       (number - table->n) * sizeof(*table->at));
	table->n = number;
}

void peer_table_set(struct peer_table *table, uint32_t number, void *what)
{
	make_room(table, number);
	table->at[number - 1] = what;
}

char *peer_name(const struct row_peer_id *id)
{
	char remote[ADDR_STRLEN], local[ADDR_STRLEN];

	return xasprintf("vnet %s neighbor %s (%s) instance %s", id->vnet,
			 id->neighbor, addr_format(&id->remote, remote),
			 addr_format(&id->local, local));
}

bool peer_is_neighbor(const struct row_peer_id *id, const char *neighbor)
{
	char text[ADDR_STRLEN];

	return !strcmp(neighbor, id->neighbor) ||
	       (id->remote.family &&
		!strcmp(neighbor, addr_format(&id->remote, text)));
}

bool peer_asked_for(const struct row_peer_id *id,
		    const struct msg_query *query)
{
	return (!query->vnet[0] || !strcmp(query->vnet, id->vnet)) &&
	       (!query->neighbor[0] ||
		peer_is_neighbor(id, query->neighbor));
}
