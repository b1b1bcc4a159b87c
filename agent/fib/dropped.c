// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/dropped.h"

#include <stdlib.h>

#include "lib/util.h"

/* Its place, .n if it is none of them. */
static size_t find(const struct dropped *dropped, const struct addr *hop)
{
	size_t i;

	for (i = 0; i < dropped->n; i++) {
		if (addr_equal(&dropped->hops[i], hop))
			break;
	}
	return i;
}

void dropped_add(struct dropped *dropped, const struct addr *hop)
{
	if (find(dropped, hop) < dropped->n)
		return;
	if (dropped->n == DROPPED_MAX) {
		dropped->more = true;
		return;
	}
	dropped->hops = xreallocarray(dropped->hops, dropped->n + 1,
				      sizeof(*dropped->hops));
	dropped->hops[dropped->n++] = *hop;
}

enum dropped_back dropped_back(struct dropped *dropped,
			       const struct addr *hop)
{
	size_t at = find(dropped, hop);

	if (at < dropped->n) {
		dropped->hops[at] = dropped->hops[--dropped->n];
		return DROPPED_THIS;
	}
	if (!dropped->more)
		return DROPPED_NOT;
	dropped_fini(dropped);
	return DROPPED_ALL;
}

void dropped_fini(struct dropped *dropped)
{
	free(dropped->hops);
	*dropped = (struct dropped){ 0 };
}
