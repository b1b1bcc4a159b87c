// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A start with many VNets that an earlier run has left: what they have in the
 * kernel is read once, when all of them are up, not each time that some more
 * are; and no next hop of theirs is taken for nobody's. Devices may change
 * while they are read, and another configuration may come before all were
 * looked at.
 */
#include "fib/state.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fib/rtm.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "unit/any_socket.h"

#define N_VNETS		200
#define N_ROUTES	5		/* of each */
#define N_MANY		3000		/* of one, later */
#define BGP_TABLES	10000		/* the number of the first one */
#define N_OTHERS	8		/* timers: ours take another order */
#define LOOK_MS		5		/* how often it is looked at ... */
#define LOOKS_MAX	2000		/* ... until it takes too long */

static struct fib_vnet specs[N_VNETS];
static struct fib_peering peerings[N_VNETS][2];
static struct prefix spaces[N_VNETS];	/* by VNet */
static struct fib *fib;
static struct fib_stats stats;

/* ---- what the kernel has ----------------------------------------------- */

/*
 * VNet number i has the device number i + 1. Its routes use one group of one
 * hop, that is in the VNet before it and so behind that one's device.
 */
static unsigned int n_nexthop_dumps, n_routes_read, n_removed;
static unsigned int n_deleted, n_created;	/* devices */
static unsigned int interruptions;	/* of dumps of devices */
static bool down;			/* devices, as far as is told */

static struct {
	uint32_t vnet;			/* of a dump of routes */
	unsigned int left;		/* routes to come */
} dump;

static uint32_t hop_id(uint32_t i)
{
	return FIB_NHID_FIRST + 2 * i;
}

static uint32_t group_id(uint32_t i)
{
	return hop_id(i) + 1;
}

static uint32_t before(uint32_t i)
{
	return i == 0 ? N_VNETS - 1 : i - 1;
}

static uint32_t behind(uint32_t i)
{
	return (i + 1) % N_VNETS;
}

static int device(uint32_t i)
{
	return i + 1;
}

static struct addr address_in(uint32_t i)
{
	return addr_from_v4(0x0a000004 + (i << 8));
}

static void give_links(netlink_cb *cb, void *arg)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_link link = { 0 };
	struct ifinfomsg *ifm;
	struct nlmsghdr *nlh;
	uint32_t i;

	for (i = 0; i < N_VNETS; i++) {
		memcpy(link.name, specs[i].name, sizeof(link.name));
		link.vni = specs[i].vni;
		link.table = specs[i].table;
		link.bgp_table = specs[i].bgp_table;
		nlh = rtm_new_vnet(buf, &link);
		ifm = mnl_nlmsg_get_payload(nlh);
		ifm->ifi_index = device(i);
		ifm->ifi_flags = down ? 0 : IFF_UP | IFF_LOWER_UP;
		cb(nlh, arg);
	}
}

static void give_nexthops(netlink_cb *cb, void *arg)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_nexthop hop = { .protocol = RTPROT_BGP };
	struct rtm_nexthop group = { .protocol = RTPROT_BGP, .n_members = 1 };
	uint32_t i;

	for (i = 0; i < N_VNETS; i++) {
		hop.id = hop_id(i);
		hop.ifindex = device(before(i));
		hop.gateway = address_in(before(i));
		cb(rtm_put_nexthop(buf, 0, &hop), arg);
		group.id = group_id(i);
		group.members[0] = hop.id;
		cb(rtm_put_nexthop(buf, 0, &group), arg);
	}
}

int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err);
int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err)
{
	(void)nl;
	if (nlh->nlmsg_type == RTM_GETLINK && interruptions) {
		interruptions--;
		return netlink_error_set(err, EINTR, NULL);
	}
	if (nlh->nlmsg_type == RTM_GETLINK)
		give_links(cb, arg);
	if (nlh->nlmsg_type == RTM_GETNEXTHOP) {
		n_nexthop_dumps++;
		give_nexthops(cb, arg);
	}
	return netlink_error_set(err, 0, NULL);
}

int __wrap_netlink_dump_start(struct netlink *nl, struct nlmsghdr *nlh,
			      struct netlink_error *err);
int __wrap_netlink_dump_start(struct netlink *nl, struct nlmsghdr *nlh,
			      struct netlink_error *err)
{
	struct rtm_route route;

	(void)nl;
	nlh->nlmsg_type = RTM_NEWROUTE;
	ktap_must(rtm_get_route(nlh, &route));
	dump.vnet = route.table - BGP_TABLES;
	dump.left = route.prefix.addr.family == AF_INET ? N_ROUTES : 0;
	return netlink_error_set(err, 0, NULL);
}

/* One route a piece */
int __wrap_netlink_dump_next(struct netlink *nl, netlink_cb *cb, void *arg,
			     struct netlink_error *err);
int __wrap_netlink_dump_next(struct netlink *nl, netlink_cb *cb, void *arg,
			     struct netlink_error *err)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_route route = {
		.prefix = { addr_from_v4(0xc6120000 + (dump.left << 8)), 24 },
		.table = BGP_TABLES + dump.vnet,
		.metric = FIB_METRIC,
		.protocol = RTPROT_BGP,
		.nhid = group_id(dump.vnet),
	};

	(void)nl;
	netlink_error_set(err, 0, NULL);
	if (dump.left == 0)
		return 0;
	dump.left--;
	n_routes_read++;
	if (cb)
		cb(rtm_put_route(buf, 0, &route), arg);
	return 1;
}

static bool is_new_device(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_type == RTM_NEWLINK &&
	       nlh->nlmsg_flags & NLM_F_CREATE;
}

int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err);
int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *nlh,
			netlink_cb *cb, void *arg, struct netlink_error *err)
{
	(void)nl;
	(void)cb;
	(void)arg;
	n_removed += nlh->nlmsg_type == RTM_DELNEXTHOP;
	n_deleted += nlh->nlmsg_type == RTM_DELLINK;
	if (is_new_device(nlh)) {
		n_created++;
		return netlink_error_set(err, EEXIST, NULL);
	}
	return netlink_error_set(err, 0, NULL);
}

/* ---- what else is asked for -------------------------------------------- */

/* Without the module there are no subnets and NICs. */
int __wrap_genl_resolve(struct genl *g, struct netlink_error *err);
int __wrap_genl_resolve(struct genl *g, struct netlink_error *err)
{
	(void)g;
	return netlink_error_set(err, ENOENT, "not here");
}

int __wrap_netlink_open(struct netlink *nl, int bus)
{
	(void)bus;
	nl->sock = mnl_socket_fdopen(socket(AF_UNIX, SOCK_DGRAM, 0));
	ktap_must(nl->sock);
	return 0;
}

/* Of the host, nothing is to be changed. */
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	errno = EACCES;
	return -1;
}

/* ---- VNets -------------------------------------------------------------- */

static void peer(struct fib_peering *side, uint32_t with)
{
	snprintf(side->device, sizeof(side->device), "v%u", with);
	side->spaces = &spaces[with];
	side->n_spaces = 1;
}

static void describe(uint32_t i)
{
	struct fib_vnet *spec = &specs[i];
	struct addr inside = address_in(i);

	spec->vni = i + 1;
	snprintf(spec->name, sizeof(spec->name), "v%u", i);
	spec->table = 1000 + i;
	spec->bgp_table = BGP_TABLES + i;
	spaces[i] = prefix_make(&inside, 24);
	spec->spaces = &spaces[i];
	spec->n_spaces = 1;
	peer(&peerings[i][0], before(i));
	peer(&peerings[i][1], behind(i));
	spec->peerings = peerings[i];
	spec->n_peerings = 2;
}

/* ---- a start ------------------------------------------------------------ */

static struct loop_timer *looking;
static struct loop_job *asking;
static unsigned int n_looks;

static bool all_up(void)
{
	struct vnet *vnet, *next;

	HASH_ITER(hh, fib->vnets, vnet, next) {
		if (!vnet->up)
			return false;
	}
	return true;
}

/* As notifications do that come meanwhile */
static void ask(void *arg)
{
	(void)arg;
	if (all_up())
		return;
	audit_soon(fib->audit, 0);
	loop_defer(asking);
}

static void look(void *arg)
{
	(void)arg;
	fib_get_stats(fib, 0, &stats);
	if (stats.stale == N_VNETS * N_ROUTES || ++n_looks == LOOKS_MAX)
		loop_exit(0);
	else
		loop_timer_set(looking, LOOK_MS);
}

static void never(void *arg)
{
	(void)arg;
}

static unsigned int n_problems;

static void on_vnet(void *arg, uint32_t vni, bool ready, const char *text)
{
	(void)arg;
	(void)vni;
	(void)ready;
	n_problems += text && strstr(text, "is down");
}

static void begin(void)
{
	static const struct fib_events events = { .vnet = on_vnet };

	n_nexthop_dumps = n_routes_read = n_removed = n_looks = 0;
	n_deleted = n_created = 0;
	fib = fib_open(&events, NULL);
	/* no more than the ids of their next hops */
	ktap_must(fib && n_nexthop_dumps == 1);
	n_nexthop_dumps = 0;
	fib_configure(fib, specs, N_VNETS);
}

static void start(void)
{
	begin();
	loop_defer(asking);
	loop_timer_set(looking, LOOK_MS);
	loop_run();
	fib_close(fib);
}

static void test_start(unsigned int n_others)
{
	start();
	ktap_ok(stats.stale == N_VNETS * N_ROUTES && n_removed == 0,
		"beside %u timers all that was left is taken over", n_others);
	if (!ktap_ok(n_nexthop_dumps == 1 &&
		     n_routes_read == N_VNETS * N_ROUTES, "and read once"))
		printf("# next hops %u times, %u routes\n", n_nexthop_dumps,
		       n_routes_read);
}

/* Devices come and go all the time while they are read. */
static void test_interrupted(void)
{
	interruptions = 7;
	start();
	ktap_ok(stats.stale == N_VNETS * N_ROUTES && n_removed == 0,
		"devices that could not be read are read later");
	ktap_ok(n_created > 0 && n_deleted == 0,
		"and are found to be there until then");
}

/* All VNets become due once more whenever some were looked after. */
static struct loop_job *churning;

static void churn(void *arg)
{
	struct vnet *vnet, *next;

	(void)arg;
	HASH_ITER(hh, fib->vnets, vnet, next)
		fib_vnet_due(vnet);
	loop_defer(churning);
}

static void test_churn(void)
{
	churning = loop_job_new(churn, NULL);
	begin();
	loop_defer(churning);
	loop_timer_set(looking, LOOK_MS);
	loop_run();
	ktap_ok(stats.stale == N_VNETS * N_ROUTES && n_nexthop_dumps == 1,
		"passes that never end are not waited for");
	fib_close(fib);
	loop_job_free(churning);
}

/* Another pass comes before the kernel has told that a device is up, by us. */
static void look_again(void *arg)
{
	struct vnet *vnet, *next;

	(void)arg;
	if (n_looks++ == 2)
		loop_exit(0);
	HASH_ITER(hh, fib->vnets, vnet, next)
		fib_vnet_due(vnet);
	loop_timer_set(looking, 500);
}

static void test_raised(void)
{
	struct rtm_link old = { .ifindex = device(0) };
	struct loop_timer *timer = looking;

	down = true;
	looking = loop_timer_new(look_again, NULL);
	begin();
	loop_timer_set(looking, 500);
	loop_run();
	ktap_ok(all_up() && n_problems == 0,
		"a device that was set up just now is not down: %u",
		n_problems);
	down = false;
	fib_configure(fib, specs, N_VNETS);
	memcpy(old.name, specs[0].name, sizeof(old.name));
	vnet_check_device(fib_find_vnet(fib, specs[0].vni), &old);
	ktap_ok(all_up(), "nor is it when that is read before it is told");
	fib_close(fib);
	loop_timer_free(looking);
	looking = timer;
}

/* Somebody sets devices down, and there is another configuration. */
static void test_set_down(void)
{
	struct loop_timer *timer = looking;

	begin();
	loop_timer_set(looking, LOOK_MS);
	loop_run();
	looking = loop_timer_new(look_again, NULL);
	n_looks = n_problems = 0;
	down = true;
	fib_configure(fib, specs, N_VNETS);
	loop_timer_set(looking, 500);
	loop_run();
	ktap_ok(!fib->vnets->up && n_problems >= N_VNETS,
		"devices that were set down stay down: %u", n_problems);
	fib_close(fib);
	loop_timer_free(looking);
	looking = timer;
	down = false;
}

/* Half of the VNets go before they were looked at. */
static void test_reload(void)
{
	begin();
	fib_configure(fib, specs, N_VNETS / 2);
	ktap_ok(n_deleted == N_VNETS / 2,
		"VNets that another configuration is without go: %u",
		n_deleted);
	fib_close(fib);
}

/* An audit begins anew in the middle of a dump of many routes. */
static void read_some(void *arg)
{
	(void)arg;
	if (dump.left > 0 && n_routes_read > 0)
		loop_exit(0);
	else
		loop_timer_set(looking, 0);
}

static void test_restart(void)
{
	struct loop_timer *timer = looking;
	unsigned int before_it;

	looking = loop_timer_new(read_some, NULL);
	begin();
	loop_timer_set(looking, 0);
	loop_run();
	dump.left = N_MANY;
	before_it = n_routes_read;
	audit_restart(fib->audit);
	ktap_ok(n_routes_read - before_it <= 1,
		"what is left of a dump is not read at once");
	loop_timer_free(looking);
	looking = timer;
	loop_timer_set(looking, LOOK_MS);
	loop_run();
	ktap_ok(stats.stale == N_VNETS * N_ROUTES && n_removed == 0 &&
		n_routes_read >= before_it + N_MANY + N_VNETS * N_ROUTES,
		"but before the next begins: %u", n_routes_read);
	fib_close(fib);
}

int main(void)
{
	struct loop_timer *others[N_OTHERS];
	uint32_t i;

	ktap_start();
	hash_init();
	loop_init();
	looking = loop_timer_new(look, NULL);
	asking = loop_job_new(ask, NULL);
	for (i = 0; i < N_VNETS; i++)
		describe(i);
	for (i = 0; i < N_OTHERS; i++) {
		test_start(i);
		others[i] = loop_timer_new(never, NULL);
		loop_timer_set(others[i], 3600000);
	}
	for (i = 0; i < N_OTHERS; i++)
		loop_timer_free(others[i]);
	test_interrupted();
	test_churn();
	test_raised();
	test_set_down();
	test_reload();
	test_restart();
	loop_timer_free(looking);
	loop_job_free(asking);
	loop_fini();
	return ktap_finish();
}
