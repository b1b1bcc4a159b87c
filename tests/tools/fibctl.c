// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fibctl - agent/fib/ without the rest of the agent: commands on standard
 * input, one a line, what it tells on standard output.
 *
 *	fibctl [-p DEVICE]
 *
 *	vnet NAME VNI TABLE BGP-TABLE [MAX-ROUTES]
 *					describe a VNet; the next lines
 *	space PREFIX			add to the last one
 *	address ADDRESS
 *	internet DEVICE [GATEWAY]...
 *	subnet PREFIX TABLE on|off
 *	table TABLE			a route table; the next lines add to it
 *	udr PREFIX appliance ADDRESS | local | internet | none
 *	nic DEVICE MAC|- on|off [ADDRESS...]
 *	configure			fib_configure() what was described
 *	describe			begin a new description
 *	route VNI PREFIX [HOP...]	fib_routes_set()
 *	gateway VNI PREFIX [HOP...]	the same, of gateways
 *	many VNI COUNT [HOP...]		the same for COUNT prefixes of 20/8
 *	down VNI HOP | sweep VNI | audit
 *	deaf				hear no more notifications of the kernel
 *	check				do now what is done each minute
 *	idle				wait until nothing is queued
 *	sleep MILLISECONDS
 *	echo TEXT			print, when everything before is done
 *	stats VNI
 *	quit				as does the end of the input
 *
 * With -p, the line "pretend" has DEVICE stand in for the device of the only
 * VNet, so that routes can be tested where there is no module.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fib/state.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"

#define WORDS_MAX	80
#define LIST_MAX	64
#define INPUT_MAX	65536

/* A VNet's description, as the lines add to it */
struct description {
	struct fib_vnet vnet;
	struct prefix spaces[LIST_MAX];
	struct addr addresses[LIST_MAX];
	struct fib_subnet subnets[LIST_MAX];
	struct fib_user_table tables[LIST_MAX];
	struct fib_user_route routes[LIST_MAX][LIST_MAX];
	struct fib_nic nics[LIST_MAX];
	struct addr nic_addresses[LIST_MAX][LIST_MAX];
};

static struct fib *fib;
static struct loop_timer *timer;
static struct loop_job *job;
static const char *pretended;
static struct description *descriptions[LIST_MAX];
static size_t n_descriptions;
static bool waiting, is_idle = true;
static struct loop_fd *input_fd;
static char input[INPUT_MAX];
static size_t input_len;

static void die(const char *what, const char *text)
{
	fprintf(stderr, "fibctl: %s: \"%s\"\n", what, text ? text : "");
	exit(2);
}

static struct addr get_addr(const char *text)
{
	struct addr addr;

	if (!text || addr_parse(text, &addr))
		die("not an address", text);
	return addr;
}

static struct prefix get_prefix(const char *text)
{
	struct prefix prefix;

	if (!text || prefix_parse(text, &prefix))
		die("not a prefix", text);
	return prefix;
}

static uint32_t get_number(const char *text)
{
	char *end;
	unsigned long value;

	if (!text)
		die("a number is missing", text);
	value = strtoul(text, &end, 0);
	if (*end || value > UINT32_MAX)
		die("not a number", text);
	return value;
}

static bool get_switch(const char *text)
{
	if (!text || (strcmp(text, "on") != 0 && strcmp(text, "off") != 0))
		die("neither on nor off", text);
	return strcmp(text, "on") == 0;
}

/*
 * What fib tells
 */

static const char *state_name(enum fib_route_state state)
{
	static const char *const names[] = {
		[FIB_ROUTE_INSTALLED] = "installed",
		[FIB_ROUTE_FAILED] = "failed",
	};

	return names[state];
}

/* Thousands of good news are no news. */
static void on_route(void *arg, uint32_t vni, const struct prefix *prefix,
		     enum fib_route_state state, int error, const char *text)
{
	char buf[PREFIX_STRLEN];

	(void)arg;
	(void)error;
	prefix_format(prefix, buf);
	if (state == FIB_ROUTE_INSTALLED && strncmp(buf, "20.", 3) == 0)
		return;
	printf("route %u %s %s%s%s\n", vni, buf, state_name(state),
	       text[0] ? " " : "", text);
}

static void on_vnet(void *arg, uint32_t vni, bool ready, const char *text)
{
	(void)arg;
	printf("vnet %u %s%s%s\n", vni, ready ? "ready" : "not-ready",
	       text ? " " : "", text ? text : "");
}

static void on_lost(void *arg, uint32_t vni)
{
	(void)arg;
	printf("lost %u\n", vni);
}

static void on_repaired(void *arg, uint32_t vni, unsigned int differences)
{
	(void)arg;
	printf("repaired %u %u\n", vni, differences);
}

static void on_hop_back(void *arg, uint32_t vni, const struct addr *hop)
{
	char buf[ADDR_STRLEN] = "all";

	(void)arg;
	if (hop->family)
		addr_format(hop, buf);
	printf("back %u %s\n", vni, buf);
}

static void on_idle(void *arg)
{
	(void)arg;
	is_idle = true;
	if (waiting)
		loop_defer(job);
	waiting = false;
}

/*
 * Descriptions
 */

static struct description *last(void)
{
	if (n_descriptions == 0)
		die("no VNet is described", NULL);
	return descriptions[n_descriptions - 1];
}

static void cmd_vnet(char **words)
{
	struct description *d = xcalloc(1, sizeof(*d));

	if (n_descriptions == LIST_MAX)
		die("too many", words[0]);
	snprintf(d->vnet.name, sizeof(d->vnet.name), "%s", words[1]);
	d->vnet.vni = get_number(words[2]);
	d->vnet.table = get_number(words[3]);
	d->vnet.bgp_table = get_number(words[4]);
	if (words[5])
		d->vnet.max_routes = get_number(words[5]);
	d->vnet.spaces = d->spaces;
	d->vnet.addresses = d->addresses;
	d->vnet.subnets = d->subnets;
	d->vnet.tables = d->tables;
	d->vnet.nics = d->nics;
	descriptions[n_descriptions++] = d;
}

static void cmd_space(char **words)
{
	struct description *d = last();

	d->spaces[d->vnet.n_spaces++] = get_prefix(words[1]);
}

static void cmd_address(char **words)
{
	struct description *d = last();

	d->addresses[d->vnet.n_addresses++] = get_addr(words[1]);
}

static void cmd_internet(char **words)
{
	struct fib_vnet *vnet = &last()->vnet;
	struct addr gateway;

	snprintf(vnet->internet, IFNAMSIZ, "%s", words[1]);
	for (words += 2; *words; words++) {
		gateway = get_addr(*words);
		if (gateway.family == AF_INET)
			vnet->gateway4 = gateway;
		else
			vnet->gateway6 = gateway;
	}
}

static void cmd_subnet(char **words)
{
	struct description *d = last();

	d->subnets[d->vnet.n_subnets++] = (struct fib_subnet){
		.prefix = get_prefix(words[1]),
		.table = get_number(words[2]),
		.flags = get_switch(words[3]) ? 0 :
			 VNET_SUBNET_F_NO_PROPAGATION,
	};
}

static void cmd_table(char **words)
{
	struct description *d = last();
	size_t i = d->vnet.n_tables++;

	d->tables[i].table = get_number(words[1]);
	d->tables[i].routes = d->routes[i];
}

static void cmd_udr(char **words)
{
	struct description *d = last();
	struct fib_user_table *table = &d->tables[d->vnet.n_tables - 1];
	struct fib_user_route *route;

	if (d->vnet.n_tables == 0 || !words[2])
		die("no route table", words[1]);
	route = &d->routes[d->vnet.n_tables - 1][table->n_routes++];
	route->prefix = get_prefix(words[1]);
	if (strcmp(words[2], "appliance") == 0) {
		route->type = FIB_USER_APPLIANCE;
		route->next_hop = get_addr(words[3]);
	} else if (strcmp(words[2], "local") == 0) {
		route->type = FIB_USER_VNET_LOCAL;
	} else if (strcmp(words[2], "internet") == 0) {
		route->type = FIB_USER_INTERNET;
	} else {
		route->type = FIB_USER_NONE;
	}
}

static void cmd_nic(char **words)
{
	struct description *d = last();
	size_t i = d->vnet.n_nics++, j;
	struct fib_nic *nic = &d->nics[i];

	snprintf(nic->device, sizeof(nic->device), "%s", words[1]);
	nic->has_mac = sscanf(words[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx",
			      &nic->mac[0], &nic->mac[1], &nic->mac[2],
			      &nic->mac[3], &nic->mac[4], &nic->mac[5]) == 6;
	nic->flags = get_switch(words[3]) ? VNET_NIC_F_FORWARDING : 0;
	nic->addresses = d->nic_addresses[i];
	for (j = 4; words[j]; j++)
		d->nic_addresses[i][nic->n_addresses++] = get_addr(words[j]);
}

static void cmd_describe(char **words)
{
	(void)words;
	while (n_descriptions > 0)
		free(descriptions[--n_descriptions]);
}

static void cmd_configure(char **words)
{
	struct fib_vnet vnets[LIST_MAX];
	size_t i;

	(void)words;
	for (i = 0; i < n_descriptions; i++)
		vnets[i] = descriptions[i]->vnet;
	fib_configure(fib, vnets, n_descriptions);
}

/* DEVICE takes the place of the device that could not be made. */
static void cmd_pretend(char **words)
{
	struct vnet *vnet = fib->vnets;
	struct link *link;

	(void)words;
	HASH_FIND(hh_name, fib->links.by_name, pretended, strlen(pretended),
		  link);
	if (!link || !vnet)
		die("no such device, or no VNet", pretended);
	link->is.is_vnet = true;
	link->is.vni = vnet->vni;
	index_set_device(vnet, link->is.ifindex);
	vnet->up = true;
	audit_restart(fib->audit);
	fib_work(fib);
}

/*
 * Routes
 */

static size_t get_hops(char **words, struct addr *hops)
{
	size_t n;

	for (n = 0; words[n]; n++)
		hops[n] = get_addr(words[n]);
	return n;
}

static void cmd_route(char **words)
{
	struct prefix prefix = get_prefix(words[2]);
	struct addr hops[WORDS_MAX];
	struct fib_way way = {
		.hops = hops,
		.n_hops = get_hops(words + 3, hops),
		.gateway = strcmp(words[0], "gateway") == 0,
	};

	fib_routes_set(fib, get_number(words[1]), &prefix, 1, &way);
	is_idle = false;
}

static void cmd_many(char **words)
{
	uint32_t i, n = get_number(words[2]), vni = get_number(words[1]);
	struct addr hops[WORDS_MAX], addr;
	struct fib_way way = {
		.hops = hops,
		.n_hops = get_hops(words + 3, hops),
	};
	struct prefix prefix;

	for (i = 0; i < n; i++) {
		addr = addr_from_v4((20u << 24) + (i << 4));
		prefix = prefix_make(&addr, 28);
		fib_routes_set(fib, vni, &prefix, 1, &way);
	}
	is_idle = false;
}

static void cmd_down(char **words)
{
	struct addr hop = get_addr(words[2]);

	fib_hop_down(fib, get_number(words[1]), &hop);
	is_idle = false;
}

static void cmd_sweep(char **words)
{
	fib_sweep(fib, get_number(words[1]));
	is_idle = false;
}

static void cmd_audit(char **words)
{
	(void)words;
	audit_restart(fib->audit);
}

/* Leave all groups, of whatever netlink socket is in some. */
static void cmd_deaf(char **words)
{
	uint32_t groups[2];
	int fd, group, left = 0;
	socklen_t len;

	(void)words;
	for (fd = 0; fd < sysconf(_SC_OPEN_MAX) && fd < 256; fd++) {
		len = sizeof(groups);
		if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS,
			       groups, &len))
			continue;
		for (group = 1; group <= (int)(8 * sizeof(groups)); group++)
			left += !setsockopt(fd, SOL_NETLINK,
					    NETLINK_DROP_MEMBERSHIP, &group,
					    sizeof(group));
	}
	if (!left)
		die("nothing was heard before", words[0]);
}

static void cmd_check(char **words)
{
	if (!loop_timer_running(fib->check_timer))
		die("it is never done", words[0]);
	loop_timer_set(fib->check_timer, 0);
}

static void cmd_stats(char **words)
{
	struct fib_stats stats;

	if (!fib_get_stats(fib, get_number(words[1]), &stats))
		die("no such VNet", words[1]);
	printf("stats routes %zu stale %zu queued %zu failed %zu "
	       "groups %zu hops %zu\n", stats.routes, stats.stale,
	       stats.queued, stats.failed, stats.groups, stats.hops);
	printf("requests %" PRIu64 " refused %" PRIu64 "\n", stats.requests,
	       stats.refused);
}

static void cmd_echo(char **words)
{
	for (words++; *words; words++)
		printf("%s%s", *words, words[1] ? " " : "\n");
}

static void cmd_sleep(char **words)
{
	loop_timer_set(timer, get_number(words[1]));
}

static void cmd_idle(char **words)
{
	(void)words;
	waiting = !is_idle;
	fib_work(fib);
}

static void cmd_quit(char **words)
{
	(void)words;
	loop_exit(0);
}

static const struct {
	const char *name;
	void (*func)(char **words);
	unsigned int n_words;		/* at least, with the name */
	bool waits;			/* the next line is read later */
} commands[] = {
	{ "vnet", cmd_vnet, 5, false },
	{ "space", cmd_space, 2, false },
	{ "address", cmd_address, 2, false },
	{ "internet", cmd_internet, 2, false },
	{ "subnet", cmd_subnet, 4, false },
	{ "table", cmd_table, 2, false },
	{ "udr", cmd_udr, 3, false },
	{ "nic", cmd_nic, 4, false },
	{ "describe", cmd_describe, 1, false },
	{ "configure", cmd_configure, 1, false },
	{ "pretend", cmd_pretend, 1, false },
	{ "route", cmd_route, 3, false },
	{ "gateway", cmd_route, 3, false },
	{ "many", cmd_many, 3, false },
	{ "down", cmd_down, 3, false },
	{ "sweep", cmd_sweep, 2, false },
	{ "audit", cmd_audit, 1, false },
	{ "deaf", cmd_deaf, 1, false },
	{ "check", cmd_check, 1, false },
	{ "stats", cmd_stats, 2, false },
	{ "echo", cmd_echo, 1, false },
	{ "sleep", cmd_sleep, 2, true },
	{ "idle", cmd_idle, 1, true },
	{ "quit", cmd_quit, 1, true },
};

/* Returns whether the next line can be read at once. */
static bool run_line(char *line)
{
	char *words[WORDS_MAX + 1], *word;
	size_t i, n = 0;

	for (word = strtok(line, " \t\n"); word && n < WORDS_MAX;
	     word = strtok(NULL, " \t\n"))
		words[n++] = word;
	words[n] = NULL;
	if (n == 0)
		return true;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, words[0]) != 0)
			continue;
		if (n < commands[i].n_words)
			die("words are missing behind", words[0]);
		commands[i].func(words);
		if (commands[i].func == cmd_idle && is_idle)
			return true;
		return !commands[i].waits;
	}
	die("unknown command", words[0]);
	return false;
}

/*
 * Lines are taken as they come, while the loop goes on with its own work; one
 * that waits for something keeps those behind it waiting.
 */
static void run_lines(void *arg)
{
	char *end;

	(void)arg;
	while ((end = memchr(input, '\n', input_len)) != NULL) {
		char line[INPUT_MAX];
		size_t len = end + 1 - input;

		memcpy(line, input, len);
		line[len - 1] = '\0';
		input_len -= len;
		memmove(input, input + len, input_len);
		if (!run_line(line)) {
			loop_fd_want(input_fd, 0);
			return;
		}
	}
	loop_fd_want(input_fd, LOOP_READ);
}

static void on_input(int fd, unsigned int ready, void *arg)
{
	ssize_t len = read(fd, input + input_len, sizeof(input) - input_len);

	(void)ready;
	if (len <= 0) {
		loop_exit(0);
		return;
	}
	input_len += len;
	run_lines(arg);
}

int main(int argc, char **argv)
{
	static const struct fib_events events = {
		.route = on_route,
		.vnet = on_vnet,
		.hop_back = on_hop_back,
		.lost = on_lost,
		.repaired = on_repaired,
		.idle = on_idle,
	};
	int option, status;

	while ((option = getopt(argc, argv, "p:")) != -1) {
		if (option != 'p')
			return 2;
		pretended = optarg;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_init("fibctl", LOG_LEVEL_INFO);
	hash_init();
	loop_init();
	fib = fib_open(&events, NULL);
	if (!fib)
		return 1;
	timer = loop_timer_new(run_lines, NULL);
	job = loop_job_new(run_lines, NULL);
	input_fd = loop_fd_new(STDIN_FILENO, LOOP_READ, on_input, NULL);
	status = loop_run();
	cmd_describe(NULL);
	loop_fd_free(input_fd);
	loop_timer_free(timer);
	loop_job_free(job);
	fib_close(fib);
	loop_fini();
	return status;
}
