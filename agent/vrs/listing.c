// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel has of a kind, listed as text or as JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/listing.h"

bool listing_begin(struct listing *list, const struct request *req,
		   unsigned int n, const char *const *titles)
{
	*list = (struct listing){ .req = req };
	if (req->device)
		list->ifindex = vrs_ifindex(req->device);
	if ((req->device && !list->ifindex) || !vrs_open(&list->g))
		return false;
	if (req->json)
		list->rows = json_array();
	else
		table_init(&list->table, n, titles);
	return true;
}

struct names {
	size_t n;
	struct {
		int ifindex;
		char name[IFNAMSIZ];
	} *vnets;
};

static void add_name(const struct genl_vnet *vnet, void *arg)
{
	struct names *names = arg;

	names->vnets = xreallocarray(names->vnets, names->n + 1,
				     sizeof(*names->vnets));
	names->vnets[names->n].ifindex = vnet->ifindex;
	vrs_device(vnet->name, names->vnets[names->n++].name);
}

/* The socket takes one request at a time: first the names, then their rows. */
void listing_each_vnet(struct listing *list,
		       void (*get)(struct listing *list, int ifindex))
{
	struct netlink_error cut = { 0 };
	struct names names = { 0 };
	unsigned int tries = 0;
	size_t i;
	int rc;

	do {
		names.n = 0;
		rc = genl_get_vnets(&list->g, list->ifindex, add_name, &names,
				    &list->err);
	} while (vrs_again(rc, &tries));
	list->unread = rc < 0;
	for (i = 0; i < names.n && !list->err.error; i++) {
		list->vnet = names.vnets[i].name;
		get(list, names.vnets[i].ifindex);
		/* The others are listed all the same. */
		if (list->err.error == EINTR) {
			cut = list->err;
			list->err.error = 0;
		}
	}
	if (!list->err.error)
		list->err = cut;
	free(names.vnets);
}

/* No rows are not the same as none that could be read. */
static void print_rows(struct listing *list)
{
	bool read = !list->unread && vrs_list_read(&list->err);

	if (!list->rows) {
		if (read)
			table_print(&list->table);
		table_free(&list->table);
	} else if (read) {
		json_show(list->rows);
	} else {
		json_decref(list->rows);
	}
}

int listing_end(struct listing *list, const char *what)
{
	const char *device = list->req->device;

	genl_close(&list->g);
	print_rows(list);
	if (list->unread)
		return vrs_kernel_error(device ? device : what, &list->err);
	return vrs_list_error(device ? device : what, &list->err);
}
