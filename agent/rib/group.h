/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups: peers that are sent the same, encoded once. */
#ifndef RIB_GROUP_H
#define RIB_GROUP_H

#include "rib/table.h"

/* The group that a peer belongs to; made if there is none. */
struct group *group_get(struct table *t, const struct rib_peer *peer);
void group_add(struct table *t, struct group *group, struct rib_peer *peer);
/* These free it when nobody is in it, or still comes from it. */
void group_remove(struct table *t, struct group *group,
		  const struct rib_peer *peer);
void group_put(struct table *t, struct group *group);

#endif
