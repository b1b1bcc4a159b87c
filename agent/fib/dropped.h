/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next hops that groups are without because they are down: those whose
 * routes must be said once more when they are back.
 *
 * They are few. When there are more than fit, which could be any, the next one
 * that is back has all routes said once more; what is down still is no loss
 * then, because a NIC without carrier is passed over by the module, too.
 */
#ifndef FIB_DROPPED_H
#define FIB_DROPPED_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/addr.h"

#define DROPPED_MAX	1024

struct dropped {
	struct addr *hops;
	size_t n;
	bool more;			/* there was no room for some */
};

enum dropped_back {
	DROPPED_NOT,			/* nothing was without it */
	DROPPED_THIS,			/* its routes are to be said */
	DROPPED_ALL,			/* all routes are */
};

void dropped_add(struct dropped *dropped, const struct addr *hop);
/* @hop is back; what is to be done for it is forgotten here. */
enum dropped_back dropped_back(struct dropped *dropped,
			       const struct addr *hop);
void dropped_fini(struct dropped *dropped);

#endif
