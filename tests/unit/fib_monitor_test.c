// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel's notifications set off: in the VNets that they are about,
 * and these are found without a look at all.
 */
#include "fib/state.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/rtm.h"
#include "ktap.h"
#include "lib/util.h"
#include "unit/any_socket.h"

#define N_VNETS		100
#define N_NICS		50		/* of each */
#define LOOKS_MAX	100		/* at names, for one message */

static struct fib_nic nics[N_VNETS][N_NICS];
static struct addr addresses[N_VNETS][N_NICS];
static struct fib_peering peerings[N_VNETS];
static struct fib_vnet specs[N_VNETS];
static struct vnet vnets[N_VNETS];
static struct fib fib;
static char told[128];

/* ---- names ------------------------------------------------------------- */

static unsigned int n_looks;

int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b)
{
	n_looks++;
	return __real_strcmp(a, b);
}

/* ---- the socket, and the loop ------------------------------------------ */

static loop_fd_cb *readable;
static void *readable_arg;
static int near, far;

int __wrap_netlink_open(struct netlink *nl, int bus)
{
	int pair[2];

	(void)bus;
	ktap_must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	near = pair[0];
	far = pair[1];
	nl->sock = mnl_socket_fdopen(near);
	return 0;
}

struct loop_fd *loop_fd_new(int fd, unsigned int want, loop_fd_cb *cb,
			    void *arg)
{
	(void)fd;
	(void)want;
	readable = cb;
	readable_arg = arg;
	return NULL;
}

void loop_fd_free(struct loop_fd *watch)
{
	(void)watch;
}

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg)
{
	(void)cb;
	(void)arg;
	return NULL;
}

void loop_timer_set(struct loop_timer *timer, uint64_t ms)
{
	(void)timer;
	(void)ms;
}

void loop_timer_free(struct loop_timer *timer)
{
	(void)timer;
}

/* ---- what is set off --------------------------------------------------- */

static void tell(const char *what, uint32_t vni)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s%u ", what, vni);
}

void fib_vnet_due(struct vnet *vnet)
{
	tell("due", vnet->vni);
}

void vnet_check_device(struct vnet *vnet, const struct rtm_link *link)
{
	tell(link->gone ? "gone" : "check", vnet->vni);
}

void audit_soon(struct audit *audit, uint64_t ms)
{
	(void)audit;
	(void)ms;
	strcat(told, "audit ");
}

void fib_hop_up(struct fib *of, uint32_t vni, const struct addr *hop)
{
	(void)of;
	(void)hop;
	tell("+", vni);
}

void fib_hop_down(struct fib *of, uint32_t vni, const struct addr *hop)
{
	(void)of;
	(void)hop;
	tell("-", vni);
}

bool program_is_ours(const struct rtm_route *route)
{
	return route->metric == FIB_METRIC;
}

/* ---- VNets -------------------------------------------------------------- */

/*
 * VNet number i has the VNI i, the device v<i> with the index i, the tables
 * 1000 + i and 2000 + i, and the NICs v<i>n<j>. Each is peered with the one
 * before it, but for the first.
 */
static void describe(unsigned int i)
{
	struct fib_vnet *spec = &specs[i];
	unsigned int j;

	spec->vni = i;
	snprintf(spec->name, sizeof(spec->name), "v%u", i);
	snprintf(spec->internet, sizeof(spec->internet), "eth0");
	spec->table = 1000 + i;
	spec->bgp_table = 2000 + i;
	for (j = 0; j < N_NICS; j++) {
		struct fib_nic *nic = &nics[i][j];

		snprintf(nic->device, sizeof(nic->device), "v%un%u", i, j);
		addresses[i][j] = addr_from_v4(0x0a000000 + i * N_NICS + j);
		nic->addresses = &addresses[i][j];
		nic->n_addresses = 1;
	}
	spec->nics = nics[i];
	spec->n_nics = N_NICS;
	if (i == 0)
		return;
	snprintf(peerings[i].device, sizeof(peerings[i].device), "v%u", i - 1);
	spec->peerings = &peerings[i];
	spec->n_peerings = 1;
}

static void add_vnets(void)
{
	unsigned int i;

	for (i = 0; i < N_VNETS; i++) {
		struct vnet *vnet = &vnets[i];

		describe(i);
		vnet->fib = &fib;
		vnet->spec = &specs[i];
		vnet->vni = i;
		HASH_ADD(hh, fib.vnets, vni, sizeof(vnet->vni), vnet);
		index_set_device(vnet, i);
	}
	index_update(&fib);
}

static void remove_vnets(void)
{
	struct vnet *vnet, *next;

	HASH_ITER(hh, fib.vnets, vnet, next) {
		index_set_device(vnet, 0);
		HASH_DELETE(hh, fib.vnets, vnet);
	}
	index_free(&fib);
}

/* Whoever looks at the description of another than @i falls. */
static void hide_all_but(unsigned int i)
{
	unsigned int j;

	for (j = 0; j < N_VNETS; j++)
		vnets[j].spec = j == i ? &specs[j] : NULL;
}

static void show_all(void)
{
	unsigned int i;

	for (i = 0; i < N_VNETS; i++)
		vnets[i].spec = &specs[i];
}

/* ---- notifications ------------------------------------------------------ */

static void notify(const struct nlmsghdr *nlh)
{
	told[0] = '\0';
	n_looks = 0;
	ktap_must(send(far, nlh, nlh->nlmsg_len, 0) == nlh->nlmsg_len);
	readable(near, LOOP_READ, readable_arg);
}

static void notify_link(uint16_t type, int ifindex, const char *name,
			bool carrier)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifm;

	nlh->nlmsg_type = type;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_index = ifindex;
	ifm->ifi_flags = IFF_UP | (carrier ? IFF_LOWER_UP : 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	notify(nlh);
}

static void notify_route(uint32_t table, uint32_t metric)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_route route = {
		.prefix = { addr_from_v4(0x0a000000), 8 },
		.table = table,
		.metric = metric,
		.ifindex = 1,
	};

	notify(rtm_put_route(buf, 0, &route));
}

static void notify_address(int ifindex)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_address address = {
		.ifindex = ifindex,
		.addr = addr_from_v4(0x0a000001),
		.len = 32,
	};

	notify(rtm_put_address(buf, &address));
}

static bool was_told(const char *expected)
{
	bool same = __real_strcmp(told, expected) == 0;

	if (!same)
		printf("# told: %s\n", told);
	return same;
}

static void test_few_looks(void)
{
	if (!ktap_ok(n_looks < LOOKS_MAX, "without a look at all names"))
		printf("# %u names\n", n_looks);
}

static void test_nics(void)
{
	notify_link(RTM_NEWLINK, 500, "v7n3", false);
	ktap_ok(was_told("due7 "), "a NIC is its VNet's");
	test_few_looks();
	notify_link(RTM_NEWLINK, 500, "v7n3", true);
	ktap_ok(was_told("+7 +8 due7 "),
		"that it is up is its VNet's and the peer's");
	test_few_looks();
	notify_link(RTM_DELLINK, 500, "v7n3", true);
	ktap_ok(was_told("-7 -8 due7 "), "and that it is gone");
	test_few_looks();
	notify_link(RTM_NEWLINK, 501, "v7n", true);
	ktap_ok(was_told(""), "one that nobody names is nobody's");
	test_few_looks();
}

static void test_devices(void)
{
	notify_link(RTM_NEWLINK, 7, "v7", true);
	ktap_ok(was_told("check7 due7 due8 audit ") ||
		was_told("check7 due8 audit due7 "),
		"a VNet's device is its own and the peer's");
	test_few_looks();
	notify_link(RTM_NEWLINK, 7, "other", true);
	ktap_ok(was_told("check7 "), "also with another name");
	test_few_looks();
	index_set_device(&vnets[7], 300);
	notify_link(RTM_DELLINK, 7, "other", true);
	ktap_ok(was_told(""), "not one that it has had before");
	notify_link(RTM_DELLINK, 300, "other", true);
	ktap_ok(was_told("gone7 "), "but the one that it has now");
	index_set_device(&vnets[7], 0);
	notify_link(RTM_DELLINK, 300, "other", true);
	ktap_ok(was_told(""), "if it has one");
	index_set_device(&vnets[7], 7);
}

static void test_tables(void)
{
	hide_all_but(40);
	notify_route(1040, 0);
	ktap_ok(was_told("due40 "), "a route in a VNet's table is that VNet's");
	notify_route(2040, FIB_METRIC);
	ktap_ok(was_told("audit "), "one like ours in its BGP table is ours");
	notify_route(2040, 0);
	ktap_ok(was_told(""), "another there is not");
	notify_route(3040, FIB_METRIC);
	ktap_ok(was_told(""), "nor is what is in nobody's table");
	show_all();
}

static void test_addresses(void)
{
	notify_address(40);
	ktap_ok(was_told("due40 "), "an address is that of its device's VNet");
	notify_address(400);
	ktap_ok(was_told(""), "if it is one");
}

/* Here, nobody has what the last one had. */
static void test_new_descriptions(void)
{
	specs[N_VNETS - 1].n_nics = 0;
	specs[N_VNETS - 1].table = 5000;
	index_update(&fib);
	notify_link(RTM_NEWLINK, 500, "v99n0", false);
	ktap_ok(was_told(""), "a NIC that is described no more is nobody's");
	notify_route(1099, 0);
	ktap_ok(was_told(""), "nor is such a table");
	notify_route(5000, 0);
	ktap_ok(was_told("due99 "), "but what is described now");
}

int main(void)
{
	struct monitor *monitor;

	ktap_start();
	fib.program.portid = 1;
	fib.talk.portid = 2;
	monitor = monitor_new(&fib);
	add_vnets();
	test_nics();
	test_devices();
	test_tables();
	test_addresses();
	test_new_descriptions();
	remove_vnets();
	links_free(&fib.links);
	monitor_free(monitor);
	close(far);
	return ktap_finish();
}
