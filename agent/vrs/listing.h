/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has of a kind, listed as text or as JSON. */
#ifndef VRS_LISTING_H
#define VRS_LISTING_H

#include <jansson.h>
#include <stdbool.h>

#include "fib/genl.h"
#include "vrs/table.h"
#include "vrs/vrs.h"

struct listing {
	const struct request *req;
	struct genl g;
	int ifindex;			/* of the device asked for, 0: all */
	const char *vnet;		/* whose rows are being listed */
	json_t *rows;			/* NULL: text */
	struct table table;
	bool unread;			/* nor is known what there is */
	struct netlink_error err;
};

/**
 * listing_begin() - connect to the module and begin with no rows
 * @list: what is being listed
 * @req: of its device, or of all if it names none
 * @n: number of @titles
 * @titles: of the columns
 *
 * Return: false with the reason printed.
 */
bool listing_begin(struct listing *list, const struct request *req,
		   unsigned int n, const char *const *titles);

/* Let @get list what each VNet has (or the one asked for). */
void listing_each_vnet(struct listing *list,
		       void (*get)(struct listing *list, int ifindex));

/*
 * Print, unless reading has failed, and disconnect. @what: the rows' name in
 * errors. Returns vrs_exit.
 */
int listing_end(struct listing *list, const char *what);

#endif
