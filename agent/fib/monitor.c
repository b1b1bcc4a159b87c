// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's notifications. Devices are followed closely, since NICs come
 * and go all day. Of routes and next hops only what others did to ours counts,
 * and it does not count how: a comparison (audit.c) finds what to repair. So
 * does it when notifications were lost.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fib/rtm.h"
#include "fib/state.h"
#include "lib/log.h"
#include "lib/util.h"

#define ROOM		(16 << 20)	/* bytes */
#define RECV_SIZE	32768
#define TURN_MESSAGES	256		/* at most in one turn of the loop */
#define TURN_DISCARDS	16384		/* if they are not looked at */
#define AUDIT_DELAY	100		/* ms, for what comes with it */
#define RETRY_DELAY	1000		/* ms, if devices could not be read */

struct monitor {
	struct fib *fib;
	struct netlink nl;
	struct loop_fd *fd;
	struct loop_timer *retry;	/* to discard on or compare again */
	bool overrun;			/* what is queued is to be discarded */
};

/*
 * Drop in the kernel what our own requests set off: there may be a million of
 * them. Only devices are followed whoever changes them. The filter loads
 * numbers in network order, so what it compares with is swapped.
 */
static int set_filter(struct monitor *monitor)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 htonl(monitor->fib->program.portid), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 htonl(monitor->fib->talk.portid), 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWLINK), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0u),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	return setsockopt(netlink_fd(&monitor->nl), SOL_SOCKET,
			  SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int join(struct monitor *monitor)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_NEXTHOP, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (mnl_socket_setsockopt(monitor->nl.sock,
					  NETLINK_ADD_MEMBERSHIP,
					  (void *)(uintptr_t)&groups[i],
					  sizeof(groups[i])) < 0)
			return -1;
	}
	return 0;
}

/* Whether somebody else's route could be in a table that is looked after. */
static void on_route(struct fib *fib, const struct nlmsghdr *nlh)
{
	struct rtm_route route;
	struct vnet *vnet;

	if (!rtm_get_route(nlh, &route))
		return;
	vnet = index_by_table(fib, route.table);
	if (!vnet)
		return;
	if (vnet->spec->table != route.table) {
		if (program_is_ours(&route))
			audit_soon(fib->audit, AUDIT_DELAY);
	} else if (route.type != RTM_ROUTE_OTHER) {
		fib_vnet_due(vnet);
	}
}

static void on_nexthop(struct fib *fib, const struct nlmsghdr *nlh)
{
	struct rtm_nexthop nexthop;

	if (rtm_get_nexthop(nlh, &nexthop) && nhid_is_ours(nexthop.id))
		audit_soon(fib->audit, AUDIT_DELAY);
}

/* Whoever is behind a NIC can be reached (@up), or cannot any more. */
static void nic_moved(struct fib *fib, uint32_t vni, const struct fib_nic *nic,
		      bool up)
{
	size_t i;

	for (i = 0; i < nic->n_addresses; i++) {
		if (up) {
			fib_hop_up(fib, vni, &nic->addresses[i]);
			continue;
		}
		fib_hop_down(fib, vni, &nic->addresses[i]);
		if (fib->events.nic_down)
			fib->events.nic_down(fib->arg, vni,
					     &nic->addresses[i]);
	}
}

/* Those who are peered with the NIC's VNet may have it as next hop, too. */
static void carrier_moved(struct vnet *vnet, const struct fib_nic *nic, bool up)
{
	struct fib *fib = vnet->fib;
	const struct naming *naming;
	size_t n;

	nic_moved(fib, vnet->vni, nic, up);
	naming = index_by_name(fib, vnet->spec->name, &n);
	for (; n > 0; naming++, n--) {
		if (naming->peer)
			nic_moved(fib, naming->vnet->vni, nic, up);
	}
}

static void link_moved(void *arg, const char *name, bool up)
{
	const struct naming *naming;
	struct fib *fib = arg;
	size_t n;

	naming = index_by_name(fib, name, &n);
	for (; n > 0; naming++, n--) {
		if (naming->nic)
			carrier_moved(naming->vnet, naming->nic, up);
	}
}

static void on_link(struct fib *fib, const struct nlmsghdr *nlh)
{
	const struct naming *naming;
	struct rtm_link link;
	struct vnet *vnet;
	size_t n;

	if (!rtm_get_link(nlh, &link))
		return;
	links_update(&fib->links, nlh);
	vnet = index_by_device(fib, link.ifindex);
	if (vnet)
		vnet_check_device(vnet, &link);
	naming = index_by_name(fib, link.name, &n);
	for (; n > 0; naming++, n--) {
		fib_vnet_due(naming->vnet);
		/* the kernel drops what led through it, and says nothing */
		if (naming->peer)
			audit_soon(fib->audit, AUDIT_DELAY);
	}
}

/*
 * With the last IPv4 address of a device the kernel drops the routes out of it,
 * and says nothing: those of each VNet that leads there.
 */
static void address_lost(struct fib *fib, int ifindex)
{
	const struct naming *naming;
	size_t n;

	naming = index_by_name(fib, links_name(&fib->links, ifindex), &n);
	for (; n > 0; naming++, n--) {
		if (!naming->nic)
			fib_vnet_due(naming->vnet);
	}
}

static void on_address(struct fib *fib, const struct nlmsghdr *nlh)
{
	struct rtm_address address;
	struct vnet *vnet;

	if (!rtm_get_address(nlh, &address))
		return;
	vnet = index_by_device(fib, address.ifindex);
	if (vnet)
		fib_vnet_due(vnet);
	if (nlh->nlmsg_type == RTM_DELADDR)
		address_lost(fib, address.ifindex);
}

static void on_message(struct fib *fib, const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		on_link(fib, nlh);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		on_route(fib, nlh);
		break;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		on_nexthop(fib, nlh);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		on_address(fib, nlh);
		break;
	}
}

/* Its device may be down, or another one. */
static void check_device(struct vnet *vnet)
{
	const struct rtm_link gone = {
		.ifindex = vnet->ifindex,
		.gone = true,
	};
	const struct rtm_link *link;

	link = links_by_index(&vnet->fib->links, vnet->ifindex);
	/* That it was down before we set it up may have yet to be told. */
	if (vnet->ifindex && !(link && vnet->raised))
		vnet_check_device(vnet, link ? link : &gone);
}

void monitor_read_devices(struct monitor *monitor)
{
	struct fib *fib = monitor->fib;
	struct vnet *vnet, *tmp;
	struct netlink_error err;

	if (links_read(&fib->links, &fib->talk, &err) < 0) {
		log_warn("reading devices: %s, comparing again", err.text);
		loop_timer_set(monitor->retry, RETRY_DELAY);
	}
	HASH_ITER(hh, fib->vnets, vnet, tmp)
		check_device(vnet);
}

/* What was lost could have been anything. */
static void compare(struct monitor *monitor)
{
	struct fib *fib = monitor->fib;
	struct vnet *vnet, *tmp;

	monitor_read_devices(monitor);
	HASH_ITER(hh, fib->vnets, vnet, tmp)
		fib_vnet_due(vnet);
	audit_soon(fib->audit, AUDIT_DELAY);
}

/*
 * The kernel says that it has lost something before it gives out what it had
 * queued until then, and goes on losing, without a word, until all of that is
 * read. So what there is is compared when the queue is empty: what is told
 * later is newer.
 */
static void discard(struct monitor *monitor, int fd)
{
	unsigned int turn = TURN_DISCARDS;
	struct vnet *vnet, *tmp;
	char byte;

	while (turn-- > 0) {
		if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0 ||
		    errno == ENOBUFS)
			continue;
		monitor->overrun = false;
		/* what was told before is read or lost */
		HASH_ITER(hh, monitor->fib->vnets, vnet, tmp)
			vnet->raised = false;
		compare(monitor);
		return;
	}
	/* Perhaps that was all, and the socket is never ready again. */
	loop_timer_set(monitor->retry, 0);
}

static void retry(void *arg)
{
	struct monitor *monitor = arg;

	if (monitor->overrun)
		discard(monitor, netlink_fd(&monitor->nl));
	else
		compare(monitor);
}

static void overrun(struct monitor *monitor, int fd)
{
	log_notice("notifications of the kernel were lost, comparing");
	monitor->overrun = true;
	discard(monitor, fd);
}

static void on_readable(int fd, unsigned int ready, void *arg)
{
	static char buf[RECV_SIZE] __attribute__((aligned(8)));
	unsigned int turn = TURN_MESSAGES;
	const struct nlmsghdr *nlh;
	struct monitor *monitor = arg;
	ssize_t len;
	int left;

	(void)ready;
	if (monitor->overrun) {
		discard(monitor, fd);
		return;
	}
	while (turn-- > 0) {
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			overrun(monitor, fd);
		if (len <= 0)
			return;
		left = len;
		for (nlh = (void *)buf; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			on_message(monitor->fib, nlh);
	}
}

struct monitor *monitor_new(struct fib *fib)
{
	struct monitor *monitor = xcalloc(1, sizeof(*monitor));
	int rc;

	monitor->fib = fib;
	rc = netlink_open(&monitor->nl, NETLINK_ROUTE);
	if (rc < 0) {
		free(monitor);
		errno = -rc;
		return NULL;
	}
	if (netlink_set_room(&monitor->nl, ROOM) < 0 ||
	    set_filter(monitor) < 0 || join(monitor) < 0) {
		rc = errno;
		netlink_close(&monitor->nl);
		free(monitor);
		errno = rc;
		return NULL;
	}
	fib->links.moved = link_moved;
	fib->links.arg = fib;
	monitor->fd = loop_fd_new(netlink_fd(&monitor->nl), LOOP_READ,
				  on_readable, monitor);
	monitor->retry = loop_timer_new(retry, monitor);
	return monitor;
}

void monitor_free(struct monitor *monitor)
{
	loop_timer_free(monitor->retry);
	loop_fd_free(monitor->fd);
	netlink_close(&monitor->nl);
	free(monitor);
}
