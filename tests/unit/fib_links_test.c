// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of devices: whose carrier has come or gone is told, whether a
 * notification says so or only a new reading of all.
 */
#include "fib/links.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "ktap.h"

#define DEVICES_MAX	4

/* The kernel's devices; index 0: none */
static struct device {
	int ifindex;
	const char *name;
	bool carrier;
} devices[DEVICES_MAX];
static struct links links;
static char told[128];

static struct nlmsghdr *message(void *buf, uint16_t type,
				const struct device *device)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifm;

	nlh->nlmsg_type = type;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_index = device->ifindex;
	ifm->ifi_flags = IFF_UP | (device->carrier ? IFF_LOWER_UP : 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, device->name);
	return nlh;
}

/* Called for netlink_dump(), as the linker is told. */
int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err);
int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	size_t i;

	(void)nl;
	(void)nlh;
	(void)err;
	for (i = 0; i < DEVICES_MAX; i++) {
		if (devices[i].ifindex)
			cb(message(buf, RTM_NEWLINK, &devices[i]), arg);
	}
	return 0;
}

static void moved(void *arg, const char *name, bool up)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%s%s ", up ? "+" : "-", name);
}

static bool was_told(const char *expected)
{
	bool same = strcmp(told, expected) == 0;

	if (!same)
		printf("# told: %s\n", told);
	told[0] = '\0';
	return same;
}

static void set(size_t i, int ifindex, const char *name, bool carrier)
{
	devices[i] = (struct device){ ifindex, name, carrier };
}

static void notify(uint16_t type, size_t i)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));

	links_update(&links, message(buf, type, &devices[i]));
}

static void read_all(void)
{
	struct netlink_error err;

	ktap_must(links_read(&links, NULL, &err) == 0);
}

static void notifications(void)
{
	set(0, 2, "tap0", false);
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told(""), "a device without carrier is nothing new");
	set(0, 2, "tap0", true);
	notify(RTM_NEWLINK, 0);
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told("+tap0 "), "its carrier is, once");
	set(0, 2, "tap9", true);
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told("-tap0 +tap9 "), "with another name it is another");
	set(0, 2, "tap0", true);
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told("-tap9 +tap0 "), "and back again");
	notify(RTM_DELLINK, 0);
	ktap_ok(was_told("-tap0 "), "and that it is gone");
}

/* Each name goes with the device that has it now. */
static void swapped(void)
{
	set(0, 2, "tap0", true);
	set(1, 3, "tap1", false);
	read_all();
	was_told("+tap0 ");
	set(0, 2, "tap1", true);
	set(1, 3, "tap0", false);
	read_all();
	ktap_ok(was_told("-tap0 +tap1 "), "names that were swapped are");
	set(0, 2, "tap0", true);
	set(1, 3, "tap1", false);
	notify(RTM_NEWLINK, 1);
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told("-tap1 +tap0 "), "whichever is heard of first");
	set(0, 0, NULL, false);
	set(1, 0, NULL, false);
	read_all();
	was_told("-tap0 ");
}

static void readings(void)
{
	set(0, 2, "tap0", true);
	set(1, 3, "tap1", true);
	set(2, 4, "tap2", false);
	read_all();
	ktap_ok(was_told("+tap0 +tap1 "), "a reading tells of carriers");
	read_all();
	ktap_ok(was_told(""), "once");
	set(0, 2, "tap0", false);
	set(2, 4, "tap2", true);
	read_all();
	ktap_ok(was_told("-tap0 +tap2 "), "and of those that have changed");
	notify(RTM_NEWLINK, 0);
	ktap_ok(was_told(""), "the notification comes too late to say more");
	set(1, 0, NULL, false);
	read_all();
	ktap_ok(was_told("-tap1 "), "a device that went is told of");
	set(2, 5, "tap2", false);
	read_all();
	ktap_ok(was_told("-tap2 "), "and one that another one is in place of");
	set(2, 6, "tap2", true);
	read_all();
	set(2, 7, "tap2", true);
	read_all();
	ktap_ok(was_told("+tap2 "), "but not if that has a carrier, too");
}

int main(void)
{
	ktap_start();
	links.moved = moved;
	notifications();
	swapped();
	readings();
	links_free(&links);
	return ktap_finish();
}
