/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers that lag: which prefixes they have missed, and their catching up. */
#ifndef RIB_LAG_H
#define RIB_LAG_H

#include "rib/table.h"

/* From now on it lags; what is left of its dump is remembered bit by bit. */
void lag_start(struct table *t, struct rib_peer *peer);
void lag_free(struct table *t, struct rib_peer *peer);
/* It is to be told again of all that it may have from @from to @to - 1. */
void lag_set_range(struct table *t, struct peer_af *af, uint32_t from,
		   uint32_t to);
/* All that lag miss a change of @id. With ADD-PATH, paths_run() does it. */
void lag_set_all(struct table *t, uint32_t id);
/* So many of those that slow peers have passed over were sent. */
void lag_moves_on(struct table *t, uint32_t n);
/* Send a piece of what it has missed, if it can take it. Whether it did. */
bool lag_run(struct table *t, struct rib_peer *peer);

#endif
