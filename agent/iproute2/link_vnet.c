// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ip(8) knows of link kind "vnet". It loads this as link_vnet.so when it
 * meets the kind:
 *
 *	ip link add blue type vnet vni 5001 table 100 bgp_table 101
 *	ip link set blue type vnet max_routes 400 ecmp_symmetric 0
 *	ip [-j] -d link show blue
 *
 * iproute2 installs no header for plugins. The declarations below are those of
 * its functions, which ip exports to what it loads, and of its struct
 * link_util, unchanged since iproute2 4.12.
 */
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vnet.h>
#include <stdio.h>
#include <string.h>

struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *lu, int argc, char **argv,
			 struct nlmsghdr *n);
	void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *lu, FILE *f, struct rtattr *xs);
	void (*print_help)(struct link_util *lu, int argc, char **argv,
			   FILE *f);
	int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

/* Of the enums that print_color_uint() takes: PRINT_ANY and COLOR_NONE */
#define PRINT_ANY	4
#define COLOR_NONE	6

/* Size of the message that ip has for us */
#define MESSAGE_SIZE	1024

int addattr32(struct nlmsghdr *n, int maxlen, int type, __u32 data);
int get_u32(__u32 *val, const char *arg, int base);
int print_color_uint(int type, int color, const char *key, const char *fmt,
		     unsigned int value);
void duparg(const char *key, const char *arg) __attribute__((noreturn));
void incomplete_command(void) __attribute__((noreturn));
void invarg(const char *msg, const char *arg) __attribute__((noreturn));

struct link_util vnet_link_util;

static const struct option {
	const char *name;
	const char *format;
	const char *range;
	int attr;
} options[] = {
	{ "vni", "vni %u ", "a VNI is a number from 1 to 16777215",
	  IFLA_VNET_VNI },
	{ "table", "table %u ", "a table is a number", IFLA_VNET_TABLE },
	{ "bgp_table", "bgp_table %u ", "a table is a number",
	  IFLA_VNET_BGP_TABLE },
	{ "max_routes", "max_routes %u ",
	  "the route limit is a number, 0 for none", IFLA_VNET_MAX_ROUTES },
	{ "ecmp_symmetric", "ecmp_symmetric %u ",
	  "ecmp_symmetric is 0 or 1", IFLA_VNET_ECMP_SYMMETRIC },
};

#define NUM_OPTIONS	(sizeof(options) / sizeof(options[0]))

static void vnet_help(struct link_util *lu, int argc, char **argv, FILE *f)
{
	(void)lu;
	(void)argc;
	(void)argv;
	fputs("Usage: ... vnet vni VNI table ID bgp_table ID [ max_routes N ]\n"
	      "                [ ecmp_symmetric 0|1 ]\n"
	      "\n"
	      "Where: VNI := 1..16777215, unique in the network namespace\n"
	      "       ID  := routing table that no other VNet has\n"
	      "       N   := most routes of a class and family, 0: no limit\n",
	      f);
}

static const struct option *option_find(const char *name)
{
	size_t i;

	for (i = 0; i < NUM_OPTIONS; i++)
		if (strcmp(name, options[i].name) == 0)
			return &options[i];
	return NULL;
}

static int vnet_parse(struct link_util *lu, int argc, char **argv,
		      struct nlmsghdr *n)
{
	const struct option *opt;
	unsigned int seen = 0;
	__u32 value;

	for (; argc > 0; argc -= 2, argv += 2) {
		opt = option_find(argv[0]);
		if (opt == NULL) {
			if (strcmp(argv[0], "help") != 0)
				fprintf(stderr, "vnet: unknown option \"%s\"\n",
					argv[0]);
			vnet_help(lu, argc, argv, stderr);
			return -1;
		}
		if (argc < 2)
			incomplete_command();
		if (seen & (1U << opt->attr))
			duparg(opt->name, argv[1]);
		seen |= 1U << opt->attr;
		if (get_u32(&value, argv[1], 0) != 0)
			invarg(opt->range, argv[1]);
		addattr32(n, MESSAGE_SIZE, opt->attr, value);
	}
	return 0;
}

static void vnet_print(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	const struct rtattr *rta;
	__u32 value;
	size_t i;

	(void)lu;
	(void)f;
	if (tb == NULL)
		return;
	for (i = 0; i < NUM_OPTIONS; i++) {
		rta = tb[options[i].attr];
		if (rta == NULL || RTA_PAYLOAD(rta) < sizeof(value))
			continue;
		memcpy(&value, RTA_DATA(rta), sizeof(value));
		if (options[i].attr == IFLA_VNET_MAX_ROUTES && value == 0)
			continue;
		print_color_uint(PRINT_ANY, COLOR_NONE, options[i].name,
				 options[i].format, value);
	}
}

struct link_util vnet_link_util = {
	.id = "vnet",
	.maxattr = IFLA_VNET_MAX,
	.parse_opt = vnet_parse,
	.print_opt = vnet_print,
	.print_help = vnet_help,
};
