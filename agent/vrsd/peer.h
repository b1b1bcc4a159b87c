/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sessions, tables and bfd do alike with the peers that each has. */
#ifndef VRSD_PEER_H
#define VRSD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrsd/msg.h"

/* What there is of each peer, by its number. */
struct peer_table {
	void **at;			/* [number - 1], NULL: nothing */
	size_t n;
};

/* NULL if there is nothing; @number may be any. */
static inline void *peer_table_get(const struct peer_table *table,
				   uint32_t number)
{
	return number > 0 && number <= table->n ? table->at[number - 1] : NULL;
}

/* What has the next number after @number, which may be 0; NULL: nothing. */
void *peer_table_next(const struct peer_table *table, uint32_t number);
/* @number: at least 1; @what: NULL: nothing any more. */
void peer_table_set(struct peer_table *table, uint32_t number, void *what);

/* A peer in lines of the log. */
char *peer_name(const struct row_peer_id *id);
/* Whether @neighbor is its name or its address. */
bool peer_is_neighbor(const struct row_peer_id *id, const char *neighbor);
/* Whether it is asked for, by name, or all are. */
bool peer_asked_for(const struct row_peer_id *id,
		    const struct msg_query *query);

#endif
