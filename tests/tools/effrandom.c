// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * effrandom - random VNets against a naive model of the rules
 *
 *	effrandom SEED ROUNDS
 *
 * guest/random.sh has made four VNets "v0".."v3" with three NICs "n00".."n32"
 * each. Every round changes some of their routes, peerings, subnets and NICs at
 * random, in the kernel and in the model, and compares for each NIC and family
 * all rows of the module with those of the model, and some lookups. The model
 * keeps lists and looks through them; it shares no code with the module.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "effmodel.h"
#include "fib/genl.h"
#include "fib/rtm.h"
#include "ktap.h"
#include "lib/util.h"

#define CHANGES		12	/* a round */
#define LOOKUPS		12	/* a NIC, family and round */

static struct netlink route_nl;
static struct genl genl;
static int vnet_index[VNETS], nic_index[VNETS][NICS], uplink;
static unsigned int failures;

static unsigned int rnd(unsigned int n)
{
	return rand() % n;
}

static void die(const char *what, const struct netlink_error *err)
{
	printf("Bail out! %s: %s\n", what, err ? err->text : strerror(errno));
	exit(1);
}

/*
 * Changes
 */

static void send_route(const char *what, struct nlmsghdr *nlh)
{
	struct netlink_error err;

	if (netlink_talk(&route_nl, nlh, NULL, NULL, &err) < 0)
		die(what, &err);
}

static uint32_t table_id(unsigned int v, unsigned int table)
{
	return 100 + 10 * v + table;
}

/* What the model's route is to the kernel */
static struct rtm_route kernel_route(unsigned int v, unsigned int table,
				     const struct route *route)
{
	struct rtm_route msg = {
		.prefix = route->prefix,
		.table = table_id(v, table),
		.metric = 5,
		.protocol = route->protocol,
	};

	switch (route->kind) {
	case KIND_NONE:
		msg.type = RTM_ROUTE_BLACKHOLE;
		break;
	case KIND_LOCAL:
		msg.ifindex = vnet_index[v];
		break;
	case KIND_PEER:
		msg.ifindex = vnet_index[route->peer];
		break;
	case KIND_INTERNET:
		msg.ifindex = uplink;
		break;
	case KIND_HOPS:
		msg.nhid = route->group;
		break;
	}
	return msg;
}

static void add_route(unsigned int v, unsigned int table,
		      const struct route *route)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_route msg = kernel_route(v, table, route);

	send_route("add route", rtm_put_route(buf, NLM_F_CREATE |
					      NLM_F_REPLACE, &msg));
	model_put(v, table, route);
}

static void del_route(unsigned int v, unsigned int table, unsigned int i)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_route msg;

	msg = kernel_route(v, table, &model.vnet[v].table[table].route[i]);
	send_route("delete route", rtm_del_route(buf, &msg));
	model_del(v, table, i);
}

/* Prefixes meet, cover one another and hit the special ranges. */
static struct prefix random_prefix(int family)
{
	struct addr addr = model_random_addr(family);
	static const unsigned int lens[] = { 0, 0, 8, 10, 12, 14, 15, 16, 17,
					     24, 32 };
	unsigned int len = lens[rnd(ARRAY_SIZE(lens))];

	return prefix_make(&addr, family == AF_INET ? len :
			   len == 0 ? 0 : len == 32 ? 128 : len + 16);
}

static bool is_space(unsigned int v, const struct prefix *prefix)
{
	unsigned int w;

	/* rows of spaces come and go as such only */
	for (w = 0; w < VNETS; w++)
		if (model_space(w, prefix) && (w == v || v == VNETS))
			return true;
	return false;
}

static void change_bgp(int family)
{
	struct route route = {
		.prefix = random_prefix(family),
		.protocol = rnd(3) ? RTPROT_BGP : VNET_PROTO_GATEWAY,
		.kind = KIND_HOPS,
		.group = model_random_group(family),
	};

	/* v2 and v3 have no BGP routes: they may use those of v0 and v1 */
	add_route(rnd(2), TABLE_BGP, &route);
}

static void change_user(int family)
{
	static const enum kind kinds[] = { KIND_HOPS, KIND_HOPS, KIND_NONE,
					   KIND_LOCAL, KIND_INTERNET };
	struct route route = {
		.prefix = random_prefix(family),
		.protocol = rnd(4) ? RTPROT_STATIC : VNET_PROTO_GATEWAY,
		.kind = kinds[rnd(ARRAY_SIZE(kinds))],
		.group = model_random_group(family),
	};

	add_route(rnd(VNETS), TABLE_USER + rnd(2), &route);
}

static void change_system(int family)
{
	struct route route = { .prefix = random_prefix(family) };
	unsigned int v = rnd(VNETS);

	if (is_space(VNETS, &route.prefix))
		return;
	if (route.prefix.len == 0) {
		route.kind = KIND_INTERNET;
		route.protocol = RTPROT_STATIC;
	} else {
		route.kind = KIND_NONE;
		route.protocol = family == AF_INET && rnd(2) ? RTPROT_KERNEL :
							       RTPROT_STATIC;
	}
	add_route(v, TABLE_SYSTEM, &route);
}

/* A row into a peer, whether it is one or not */
static void change_peer_row(int family)
{
	struct route route = {
		.protocol = RTPROT_STATIC,
		.kind = KIND_PEER,
		.peer = rnd(VNETS),
	};
	unsigned int v = rnd(VNETS);

	route.prefix = *model_spaces(route.peer, family);
	if (v != route.peer)
		add_route(v, TABLE_SYSTEM, &route);
}

static void change_delete(int family)
{
	unsigned int v = rnd(VNETS), table = rnd(TABLES), i;
	struct table *t = &model.vnet[v].table[table];

	if (!t->n)
		return;
	i = rnd(t->n);
	if (t->route[i].kind == KIND_LOCAL && table == TABLE_SYSTEM)
		return;
	if (t->route[i].prefix.addr.family == family)
		del_route(v, table, i);
}

static void change_peering(int family)
{
	unsigned int v = rnd(VNETS), w = rnd(VNETS), other;
	struct netlink_error err;
	struct genl_peering set = {
		.vnet_ifindex = vnet_index[v],
		.peer_ifindex = vnet_index[w],
		.flags = rnd(VNET_PEERING_F_ALL + 1),
	};

	(void)family;
	if (v == w)
		return;
	if (model.side[v][w].there && rnd(3) == 0) {
		genl_del_peering(&genl, vnet_index[v], vnet_index[w], &err);
		model.side[v][w].there = false;
		if (err.error)
			die("delete peering", &err);
		return;
	}
	if (v < 2 || set.flags & VNET_PEERING_F_GATEWAY_TRANSIT)
		set.flags &= ~VNET_PEERING_F_USE_REMOTE_GATEWAYS;
	for (other = 0; other < VNETS; other++)
		if (other != w && model.side[v][other].there &&
		    model.side[v][other].flags &
		    VNET_PEERING_F_USE_REMOTE_GATEWAYS)
			set.flags &= ~VNET_PEERING_F_USE_REMOTE_GATEWAYS;
	if (genl_set_peering(&genl, &set, &err) < 0)
		die("set peering", &err);
	model.side[v][w] = (struct side){ true, set.flags };
}

static void change_subnet(int family)
{
	unsigned int v = rnd(VNETS), s = rnd(2);
	struct genl_subnet subnet = {
		.prefix = model_subnet(v, s, family),
		.table = rnd(4) ? table_id(v, TABLE_USER + s) : 0,
	};
	static const uint32_t flags[] = {
		0, 0, VNET_SUBNET_F_NO_PROPAGATION,
		VNET_SUBNET_F_NO_ROUTE_SERVER, VNET_SUBNET_F_NO_GATEWAY,
		VNET_SUBNET_F_BGP_INSIDE, VNET_SUBNET_F_KEEP_LOST,
	};
	struct netlink_error err;

	subnet.flags = flags[rnd(ARRAY_SIZE(flags))];
	if (genl_set_subnet(&genl, vnet_index[v], &subnet, &err) < 0)
		die("set subnet", &err);
	model.vnet[v].subnet[s][family == AF_INET6] = (struct subnet){
		subnet.table != 0, subnet.flags,
	};
}

/* Down, without its addresses, or with other flags */
static void change_nic(int family)
{
	unsigned int v = rnd(VNETS), n = rnd(NICS);
	struct nic *nic = &model.vnet[v].nic[n];
	struct ifreq ifr = { .ifr_flags = 0 };
	struct addr addrs[] = { model_addr(v, n, AF_INET),
				model_addr(v, n, AF_INET6) };
	struct genl_nic_set set = {
		.ifindex = nic_index[v][n],
		.set_flags = true,
		.flags = rnd(VNET_NIC_F_ALL + 1),
		.set_addrs = true,
		.n_addrs = rnd(4) ? 2 : 0,
		.addrs = addrs,
	};
	struct netlink_error err;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)family;
	if (genl_set_nic(&genl, &set, &err) < 0)
		die("set NIC", &err);
	nic->flags = set.flags;
	nic->owns = set.n_addrs;
	nic->up = rnd(4) != 0;
	if_indextoname(nic_index[v][n], ifr.ifr_name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		die("SIOCGIFFLAGS", NULL);
	ifr.ifr_flags &= ~IFF_UP;
	ifr.ifr_flags |= nic->up ? IFF_UP : 0;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		die("SIOCSIFFLAGS", NULL);
	close(fd);
}

static void change(void)
{
	static void (*const changes[])(int family) = {
		change_bgp, change_bgp, change_bgp, change_user, change_user,
		change_user, change_system, change_peer_row, change_peer_row,
		change_delete, change_delete, change_delete, change_peering,
		change_peering, change_subnet, change_subnet, change_nic,
	};

	changes[rnd(ARRAY_SIZE(changes))](rnd(2) ? AF_INET : AF_INET6);
}

/*
 * Comparison
 */

static void complain(unsigned int v, unsigned int n, const char *what,
		     const char *expected, const char *got)
{
	failures++;
	printf("# n%u%u: %s: model %s, module %s\n", v, n, what, expected, got);
}

static const char *describe(const struct row *row, char *buf, size_t size)
{
	char prefix[PREFIX_STRLEN];

	snprintf(buf, size, "%s class %u state %u reason %u type %u table %u",
		 prefix_format(&row->prefix, prefix), row->class, row->state,
		 row->reason, row->type, row->table);
	return buf;
}

static bool same_row(const struct row *a, const struct row *b)
{
	return prefix_equal(&a->prefix, &b->prefix) && a->class == b->class &&
	       a->state == b->state && a->reason == b->reason &&
	       a->type == b->type && a->table == b->table;
}

static void from_kernel(struct row *row, const struct genl_route *route)
{
	*row = (struct row){
		.prefix = route->prefix,
		.class = route->route_class,
		.state = route->state,
		.reason = route->reason,
		.type = route->type,
		.table = (route->table - 100) % 10,
	};
}

static void add_kernel_row(const struct genl_route *route, void *arg)
{
	struct rows *rows = arg;

	if (rows->n < ROWS_MAX)
		from_kernel(&rows->row[rows->n++], route);
}

/* In the order of prefixes, at one prefix the best class first */
static int row_cmp(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int cmp = prefix_cmp(&a->prefix, &b->prefix);

	return cmp ? cmp : (int)b->class - (int)a->class;
}

static void compare_rows(unsigned int v, unsigned int n, int family)
{
	static struct rows ours, theirs;
	char a[200], b[200];
	struct netlink_error err;
	unsigned int i;

	theirs.n = 0;
	if (genl_get_effective(&genl, nic_index[v][n], family, add_kernel_row,
			       &theirs, &err) < 0)
		die("effective routes", &err);
	model_rows(v, n, family, &ours);
	qsort(ours.row, ours.n, sizeof(ours.row[0]), row_cmp);
	for (i = 0; i < ours.n && i < theirs.n; i++) {
		if (!same_row(&ours.row[i], &theirs.row[i])) {
			complain(v, n, "row", describe(&ours.row[i], a,
						       sizeof(a)),
				 describe(&theirs.row[i], b, sizeof(b)));
			return;
		}
	}
	if (ours.n != theirs.n) {
		snprintf(a, sizeof(a), "%u", ours.n);
		snprintf(b, sizeof(b), "%u", theirs.n);
		complain(v, n, "number of rows", a, b);
	}
}

static void compare_lookup(unsigned int v, unsigned int n, int family)
{
	struct genl_flow flow = {
		.dst = model_random_addr(family),
		.protocol = 6, .sport = rnd(65536), .dport = 80,
	};
	char a[300], b[300], dst[ADDR_STRLEN], what[100];
	struct genl_lookup got;
	struct netlink_error err;
	struct row won = { 0 };
	struct answer want;
	bool right;

	if (rnd(2))
		flow.src = rnd(2) ? model_addr(v, n, family) :
				    model_random_addr(family);
	if (genl_lookup(&genl, nic_index[v][n], &flow, &got, &err) < 0)
		die("lookup", &err);
	if (got.has_route)
		from_kernel(&won, &got.route);
	model_lookup(v, n, &flow.dst, flow.src.family ? &flow.src : NULL,
		     got.has_hop ? &got.hop.addr : NULL, &want);
	right = want.found == got.has_route &&
		(!want.found || same_row(&want.route, &won)) &&
		want.hop_ok && want.drop == got.drop;
	if (!right) {
		snprintf(what, sizeof(what), "lookup of %s",
			 addr_format(&flow.dst, dst));
		describe(&want.route, a, sizeof(a) - 60);
		snprintf(a + strlen(a), 60, " found %d drop %u", want.found,
			 want.drop);
		describe(&won, b, sizeof(b) - 60);
		snprintf(b + strlen(b), 60, " found %d drop %u hop ok %d",
			 got.has_route, got.drop, want.hop_ok);
		complain(v, n, what, a, b);
	}
	genl_lookup_free(&got);
}

static void compare(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	unsigned int v, n, f, i;

	for (v = 0; v < VNETS; v++)
		for (n = 0; n < NICS; n++)
			for (f = 0; f < 2; f++) {
				compare_rows(v, n, families[f]);
				for (i = 0; i < LOOKUPS; i++)
					compare_lookup(v, n, families[f]);
			}
}

/*
 * Set-up
 */

/* A next-hop object for each of the model's groups: a group of hops, whose
 * numbers follow.
 */
static void make_group(const struct group *group)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct rtm_nexthop msg = { .protocol = RTPROT_BGP };
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		struct rtm_nexthop hop = {
			.id = group->id + 1 + i,
			.protocol = RTPROT_BGP,
			.ifindex = vnet_index[group->hop[i].vnet],
			.gateway = group->hop[i].addr,
		};

		msg.members[msg.n_members++] = hop.id;
		send_route("hop", rtm_put_nexthop(buf, NLM_F_CREATE, &hop));
	}
	msg.id = group->id;
	send_route("group", rtm_put_nexthop(buf, NLM_F_CREATE, &msg));
}

static void find_devices(void)
{
	char name[IFNAMSIZ];
	unsigned int v, n;

	uplink = if_nametoindex("uplink");
	for (v = 0; v < VNETS; v++) {
		snprintf(name, sizeof(name), "v%u", v);
		vnet_index[v] = if_nametoindex(name);
		for (n = 0; n < NICS; n++) {
			snprintf(name, sizeof(name), "n%u%u", v, n);
			nic_index[v][n] = if_nametoindex(name);
			if (!vnet_index[v] || !nic_index[v][n] || !uplink)
				die(name, NULL);
		}
	}
}

static void set_up(void)
{
	struct netlink_error err;
	unsigned int v, i;

	if (netlink_open(&route_nl, NETLINK_ROUTE) < 0 ||
	    genl_open(&genl, &err) < 0 || genl_resolve(&genl, &err) < 0)
		die("netlink", NULL);
	find_devices();
	model_init();
	for (v = 0; v < VNETS; v++) {
		struct route route = { .kind = KIND_LOCAL,
				       .protocol = RTPROT_STATIC };

		route.prefix = *model_spaces(v, AF_INET);
		add_route(v, TABLE_SYSTEM, &route);
		route.prefix = *model_spaces(v, AF_INET6);
		add_route(v, TABLE_SYSTEM, &route);
	}
	for (i = 0; i < GROUPS; i++)
		make_group(&model.group[i]);
}

/* NICs get their addresses once the spaces are there. */
static void set_nics(void)
{
	struct netlink_error err;
	unsigned int v, n;

	for (v = 0; v < VNETS; v++)
		for (n = 0; n < NICS; n++) {
			struct addr addrs[] = { model_addr(v, n, AF_INET),
						model_addr(v, n, AF_INET6) };
			struct genl_nic_set set = {
				.ifindex = nic_index[v][n],
				.set_addrs = true,
				.n_addrs = 2,
				.addrs = addrs,
			};

			if (genl_set_nic(&genl, &set, &err) < 0)
				die("set NIC", &err);
		}
}

int main(int argc, char **argv)
{
	unsigned int rounds, i, j;

	if (argc != 3)
		return 2;
	ktap_start();
	printf("# seed %s\n", argv[1]);
	srand(strtoul(argv[1], NULL, 0));
	rounds = strtoul(argv[2], NULL, 0);
	set_up();
	set_nics();
	for (i = 0; i < rounds && failures == 0; i++) {
		for (j = 0; j < CHANGES; j++)
			change();
		compare();
	}
	ktap_ok(failures == 0, "%u rounds agree with the model", i);
	return ktap_finish();
}
