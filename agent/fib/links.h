/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network devices there are, by index and by name. */
#ifndef FIB_LINKS_H
#define FIB_LINKS_H

#include <uthash.h>

#include "fib/netlink.h"
#include "fib/rtm.h"

struct link {
	struct rtm_link is;
	bool seen;			/* by the dump that runs */
	UT_hash_handle hh;		/* by index */
	UT_hash_handle hh_name;
};

struct links {
	struct link *by_index;
	struct link *by_name;
	/*
	 * A device has its carrier (@up), or not any more, or is gone. Called
	 * while a message is taken: it must make no requests. May be NULL.
	 */
	void (*moved)(void *arg, const char *name, bool up);
	void *arg;
};

/* Take over what a message says; false if it is not about a device. */
bool links_update(struct links *links, const struct nlmsghdr *nlh);
/* Ask the kernel for all. Returns 0 or -errno. */
int links_read(struct links *links, struct netlink *nl,
	       struct netlink_error *err);
/* Ask for one. Returns 0 or -errno. */
int links_read_one(struct links *links, struct netlink *nl, const char *name,
		   struct netlink_error *err);
void links_free(struct links *links);

const struct rtm_link *links_by_index(struct links *links, int ifindex);
const struct rtm_link *links_by_name(struct links *links, const char *name);
/* The name of a device, or "-". */
const char *links_name(struct links *links, int ifindex);

#endif
