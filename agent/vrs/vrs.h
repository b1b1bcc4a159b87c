/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrs(8), the command line. A table of commands (vrs.c) says which words,
 * operands and keywords there are; parsing, help and completion (parse.c) all
 * read it. A command is a function that gets the request and returns the exit
 * status.
 */
#ifndef VRS_VRS_H
#define VRS_VRS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "fib/genl.h"
#include "lib/addr.h"

enum vrs_exit {
	VRS_OK = 0,
	VRS_FAILED = 1,			/* refused, not there, not answering */
	VRS_USAGE = 2,
};

/* What the command line said */
struct request {
	bool json;			/* -j */
	bool all;			/* -a */
	const char *socket;		/* -s: the agent's control socket */
	const char *device;		/* a VNet or NIC, NULL: all */
	const char *peer;		/* NULL: all */
	const char *map;		/* a route map */
	const char *direction;		/* of it, NULL: in */
	struct addr address;
	struct addr host;
	struct prefix prefix;
	bool set_mac, set_addrs, set_forwarding, set_table, set_propagation;
	bool set_own_routes, set_inside, set_keep_lost;
	uint8_t mac[6];
	bool forwarding, own_routes, inside, keep_lost;
	uint32_t propagation;		/* VNET_SUBNET_F_NO_* */
	const char *peer_vnet;
	uint32_t peering, set_peering;	/* VNET_PEERING_F_*: value, given */
	struct genl_flow flow;
	uint32_t table, vni;
	unsigned int n_addrs;
	struct addr addrs[GENL_MAX_ADDRS];
};

/* A value on the command line: how it is called, read and completed */
struct operand {
	const char *name;		/* as help prints it, "NIC" */
	/* Returns NULL, or what is wrong with @text. */
	const char *(*parse)(struct request *req, const char *text);
	/* Prints what could stand here, one a line; may be NULL. */
	void (*complete)(void);
};

struct keyword {
	const char *name;
	const struct operand *operand;
	bool repeat;			/* may be given more than once */
};

#define COMMAND_OPERANDS	2

struct command {
	const char *words;		/* "show effective-routes" */
	const struct operand *operands[COMMAND_OPERANDS];
	unsigned int n_optional;	/* of the operands, from the right */
	const struct keyword *keywords;	/* ends with a NULL name; or NULL */
	bool takes_all;			/* -a has a meaning */
	int (*run)(const struct request *req);
	const char *help;
};

/* vrs.c; ends with NULL words */
extern const struct command vrs_commands[];

/* parse.c */

/**
 * parse_request - find the command that @words name and read its operands
 *
 * Return: the command, or NULL with the reason printed.
 */
const struct command *parse_request(int n_words, char *const *words,
				    struct request *req);
/* Print what could follow @words, one a line; the last is being typed. */
void parse_complete(int n_words, char *const *words);
/* One line for each command. */
void parse_help(void);

extern const struct operand operand_nic, operand_vnet, operand_address,
	operand_nic_address, operand_prefix, operand_mac, operand_table,
	operand_forwarding, operand_propagation, operand_peer,
	operand_own_routes, operand_inside, operand_keep_lost,
	operand_peer_vnet,
	operand_access, operand_forwarded, operand_transit, operand_remote,
	operand_source, operand_protocol, operand_sport, operand_dport,
	operand_host, operand_vni, operand_device, operand_map,
	operand_direction;

/* vrs.c */

/* Print "vrs: ..." to standard error. Returns VRS_FAILED. */
int vrs_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Say what the kernel refused about @object; VRS_OK if nothing. */
int vrs_kernel_error(const char *object, const struct netlink_error *err);
/* The same of a list: VRS_OK, too, if it changed while it was read. */
int vrs_list_error(const char *object, const struct netlink_error *err);
/* Whether a list was read to its end, though it may have changed meanwhile. */
bool vrs_list_read(const struct netlink_error *err);
/*
 * Whether a dump that returned @rc has changed while it was read and is to be
 * read again, if something depends on it. *@tries counts, from 0.
 */
bool vrs_again(int rc, unsigned int *tries);
/* Index of device @name, or 0 with the reason printed. */
int vrs_ifindex(const char *name);
/*
 * Name of a device as it is shown, in @text[IFNAMSIZ]: the kernel takes any
 * bytes, those that do not print become question marks.
 */
const char *vrs_device(const char *name, char *text);
/* The same of the device with @ifindex; "-" if it is gone. */
const char *vrs_ifname(int ifindex, char *name);
/* Connection to the module; false with the reason printed. */
bool vrs_open(struct genl *g);

/* configure.c */
int configure_nic(const struct request *req);
int configure_subnet(const struct request *req);
int configure_subnet_del(const struct request *req);

/* peering.c */
int peering_show(const struct request *req);
int peering_set(const struct request *req);
int peering_del(const struct request *req);

/* show.c */
json_t *show_stats(const struct genl_stats *stats);

int show_vnets(const struct request *req);
int show_nics(const struct request *req);
int show_subnets(const struct request *req);

/* hosts.c */
int hosts_set_endpoint(const struct request *req);
int hosts_del_endpoint(const struct request *req);
int hosts_show_endpoints(const struct request *req);
int hosts_set_tunnel(const struct request *req);
int hosts_del_tunnel(const struct request *req);
int hosts_show_tunnel(const struct request *req);

/* routes.c */
int routes_effective(const struct request *req);
int routes_next_hop(const struct request *req);

/* why.c */
int why_run(const struct request *req);

/* ask.c */
int ask_peers(const struct request *req);
int ask_bfd(const struct request *req);
int ask_learned(const struct request *req);
int ask_advertised(const struct request *req);
int ask_loc_rib(const struct request *req);
int ask_policy_test(const struct request *req);
int ask_status(const struct request *req);
int ask_problems(const struct request *req);
int ask_reload(const struct request *req);

#endif
