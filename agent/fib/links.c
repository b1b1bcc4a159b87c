// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/links.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/util.h"

static struct link *find_index(struct links *links, int ifindex)
{
	struct link *link;

	HASH_FIND(hh, links->by_index, &ifindex, sizeof(ifindex), link);
	return link;
}

static struct link *find_name(struct links *links, const char *name)
{
	struct link *link;

	HASH_FIND(hh_name, links->by_name, name, strlen(name), link);
	return link;
}

static void forget(struct links *links, struct link *link)
{
	HASH_DELETE(hh, links->by_index, link);
	HASH_DELETE(hh_name, links->by_name, link);
	free(link);
}

static void add(struct links *links, const struct rtm_link *is)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->is = *is;
	link->seen = true;
	HASH_ADD(hh, links->by_index, is.ifindex, sizeof(link->is.ifindex),
		 link);
	HASH_ADD_KEYPTR(hh_name, links->by_name, link->is.name,
			strlen(link->is.name), link);
}

static void tell(struct links *links, const char *name, bool up)
{
	if (links->moved)
		links->moved(links->arg, name, up);
}

static bool has_carrier(const struct link *link)
{
	return link && link->is.carrier;
}

/*
 * A name may already be another's: of two devices that swap their names, one
 * is heard of first.
 */
bool links_update(struct links *links, const struct nlmsghdr *nlh)
{
	struct link *named, *link;
	char renamed[IFNAMSIZ] = "";
	struct rtm_link is;
	bool was_up, up;

	if (!rtm_get_link(nlh, &is))
		return false;
	up = is.carrier && !is.gone;
	named = find_name(links, is.name);
	was_up = has_carrier(named);
	link = find_index(links, is.ifindex);
	if (link && link != named) {
		if (has_carrier(link))
			memcpy(renamed, link->is.name, sizeof(renamed));
		forget(links, link);
	}
	if (named && (named == link || !is.gone))
		forget(links, named);
	if (!is.gone)
		add(links, &is);
	if (*renamed)
		tell(links, renamed, false);
	if (up != was_up && (!is.gone || named == link))
		tell(links, is.name, up);
	return true;
}

static void take_link(const struct nlmsghdr *nlh, void *arg)
{
	links_update(arg, nlh);
}

/* They went while nobody listened. */
static void forget_unseen(struct links *links)
{
	struct link *link, *next;

	HASH_ITER(hh, links->by_index, link, next) {
		if (link->seen)
			continue;
		if (link->is.carrier)
			tell(links, link->is.name, false);
		forget(links, link);
	}
}

int links_read(struct links *links, struct netlink *nl,
	       struct netlink_error *err)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct link *link, *next;
	unsigned int tries = 5;
	int rc;

	do {
		HASH_ITER(hh, links->by_index, link, next)
			link->seen = false;
		rc = netlink_dump(nl, rtm_dump_links(buf), take_link, links,
				  err);
	} while (rc == -EINTR && --tries);
	if (rc == 0)
		forget_unseen(links);
	return rc;
}

int links_read_one(struct links *links, struct netlink *nl, const char *name,
		   struct netlink_error *err)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

	return netlink_talk(nl, rtm_ask_link(buf, name), take_link, links, err);
}

void links_free(struct links *links)
{
	struct link *link, *next;

	HASH_ITER(hh, links->by_index, link, next)
		forget(links, link);
}

const struct rtm_link *links_by_index(struct links *links, int ifindex)
{
	struct link *link = find_index(links, ifindex);

	return link ? &link->is : NULL;
}

const struct rtm_link *links_by_name(struct links *links, const char *name)
{
	struct link *link = find_name(links, name);

	return link ? &link->is : NULL;
}

const char *links_name(struct links *links, int ifindex)
{
	const struct rtm_link *link = links_by_index(links, ifindex);

	return link ? link->name : "-";
}
