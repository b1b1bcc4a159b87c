// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vrs - show and set virtual networks, their NICs and routes
 *
 * What the kernel knows (VNets, NICs, subnets, effective routes) is asked of
 * the kernel, and needs no agent. What the BGP speaker knows (peers, learned
 * and advertised routes) is asked of vrsd over its control socket.
 */
#include "vrs/vrs.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/protocol.h"
#include "lib/utf8.h"
#include "lib/util.h"

#define READS_MAX	5	/* of what changes while it is read */

static const struct keyword nic_keywords[] = {
	{ "mac", &operand_mac, false },
	{ "address", &operand_nic_address, true },
	{ "forwarding", &operand_forwarding, false },
	{ "own-routes", &operand_own_routes, false },
	{ NULL, NULL, false },
};

static const struct keyword subnet_keywords[] = {
	{ "route-table", &operand_table, false },
	{ "propagation", &operand_propagation, false },
	{ "bgp-inside", &operand_inside, false },
	{ "keep-lost", &operand_keep_lost, false },
	{ NULL, NULL, false },
};

static const struct keyword peering_keywords[] = {
	{ "vnet-access", &operand_access, false },
	{ "forwarded-traffic", &operand_forwarded, false },
	{ "gateway-transit", &operand_transit, false },
	{ "remote-gateways", &operand_remote, false },
	{ NULL, NULL, false },
};

static const struct keyword flow_keywords[] = {
	{ "source", &operand_source, false },
	{ "protocol", &operand_protocol, false },
	{ "source-port", &operand_sport, false },
	{ "destination-port", &operand_dport, false },
	{ NULL, NULL, false },
};

static const struct keyword endpoint_keywords[] = {
	{ "host", &operand_host, false },
	{ "mac", &operand_mac, false },
	{ "vni", &operand_vni, false },
	{ NULL, NULL, false },
};

static const struct keyword policy_keywords[] = {
	{ "direction", &operand_direction, false },
	{ "vnet", &operand_vnet, false },
	{ NULL, NULL, false },
};

/* Names of neighbors, and addresses, are unique only within a VNet. */
static const struct keyword peer_keywords[] = {
	{ "vnet", &operand_vnet, false },
	{ NULL, NULL, false },
};

const struct command vrs_commands[] = {
	{
		.words = "show vnets",
		.run = show_vnets,
		.help = "VNets with their tables, address spaces and routes",
	}, {
		.words = "show nics",
		.operands = { &operand_vnet },
		.n_optional = 1,
		.run = show_nics,
		.help = "NICs with their addresses and counters",
	}, {
		.words = "show subnets",
		.operands = { &operand_vnet },
		.n_optional = 1,
		.run = show_subnets,
		.help = "subnets with their route table and propagation",
	}, {
		.words = "show endpoints",
		.operands = { &operand_vnet },
		.n_optional = 1,
		.run = hosts_show_endpoints,
		.help = "addresses that are at other hosts",
	}, {
		.words = "show tunnel",
		.run = hosts_show_tunnel,
		.help = "the VXLAN device to other hosts, and its counters",
	}, {
		.words = "show peerings",
		.operands = { &operand_vnet },
		.n_optional = 1,
		.run = peering_show,
		.help = "sides of VNet peerings, and their state",
	}, {
		.words = "show effective-routes",
		.operands = { &operand_nic },
		.takes_all = true,
		.run = routes_effective,
		.help = "routes of a NIC as Azure lists them; all with --all",
	}, {
		.words = "show next-hop",
		.operands = { &operand_nic, &operand_address },
		.run = routes_next_hop,
		.help = "where a packet from a NIC to an address goes",
	}, {
		.words = "why",
		.operands = { &operand_nic, &operand_address },
		.keywords = flow_keywords,
		.run = why_run,
		.help = "the same, step by step: what matched, what won, why",
	}, {
		.words = "show peers",
		.operands = { &operand_peer },
		.n_optional = 1,
		.keywords = peer_keywords,
		.takes_all = true,
		.run = ask_peers,
		.help = "BGP sessions; what was agreed on with --all",
	}, {
		.words = "show bfd",
		.operands = { &operand_peer },
		.n_optional = 1,
		.keywords = peer_keywords,
		.run = ask_bfd,
		.help = "BFD sessions with a neighbor, or with all",
	}, {
		.words = "show learned",
		.operands = { &operand_peer },
		.n_optional = 1,
		.keywords = peer_keywords,
		.run = ask_learned,
		.help = "routes learned from a neighbor, or from all",
	}, {
		.words = "show advertised",
		.operands = { &operand_peer },
		.n_optional = 1,
		.keywords = peer_keywords,
		.run = ask_advertised,
		.help = "routes advertised to a neighbor, or to all",
	}, {
		.words = "show routes",
		.operands = { &operand_vnet },
		.n_optional = 1,
		.run = ask_loc_rib,
		.help = "the paths in use, of all neighbors together",
	}, {
		.words = "show status",
		.run = ask_status,
		.help = "the processes of vrsd, and how they keep the kernel",
	}, {
		.words = "show problems",
		.run = ask_problems,
		.help = "VNets and neighbors that are not as vrsd was told",
	}, {
		.words = "policy test",
		.operands = { &operand_map, &operand_peer },
		.n_optional = 1,
		.keywords = policy_keywords,
		.run = ask_policy_test,
		.help = "what a route map would do to the current routes",
	}, {
		.words = "reload",
		.run = ask_reload,
		.help = "have vrsd read its configuration again",
	}, {
		.words = "nic set",
		.operands = { &operand_nic },
		.keywords = nic_keywords,
		.run = configure_nic,
		.help = "set a NIC; addresses replace all that it has",
	}, {
		.words = "subnet set",
		.operands = { &operand_vnet, &operand_prefix },
		.keywords = subnet_keywords,
		.run = configure_subnet,
		.help = "create or change a subnet; what is not named stays",
	}, {
		.words = "subnet del",
		.operands = { &operand_vnet, &operand_prefix },
		.run = configure_subnet_del,
		.help = "remove a subnet",
	}, {
		.words = "endpoint set",
		.operands = { &operand_vnet, &operand_address },
		.keywords = endpoint_keywords,
		.run = hosts_set_endpoint,
		.help = "say at which other host an address is",
	}, {
		.words = "endpoint del",
		.operands = { &operand_vnet, &operand_address },
		.run = hosts_del_endpoint,
		.help = "forget an address at another host",
	}, {
		.words = "tunnel set",
		.operands = { &operand_device },
		.run = hosts_set_tunnel,
		.help = "reach other hosts through an external VXLAN device",
	}, {
		.words = "tunnel del",
		.run = hosts_del_tunnel,
		.help = "reach no other host",
	}, {
		.words = "peering set",
		.operands = { &operand_vnet, &operand_peer_vnet },
		.keywords = peering_keywords,
		.run = peering_set,
		.help = "create or change VNET's side; what is not named stays",
	}, {
		.words = "peering del",
		.operands = { &operand_vnet, &operand_peer_vnet },
		.run = peering_del,
		.help = "remove VNET's side of a peering",
	},
	{ .words = NULL },
};

int vrs_error(const char *fmt, ...)
{
	va_list ap;

	fputs("vrs: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return VRS_FAILED;
}

int vrs_kernel_error(const char *object, const struct netlink_error *err)
{
	if (err->error == 0)
		return VRS_OK;
	if (err->error == EINTR)
		return vrs_error("%s: changed while it was read", object);
	return vrs_error("%s: %s", object, err->text);
}

bool vrs_list_read(const struct netlink_error *err)
{
	return err->error == 0 || err->error == EINTR;
}

int vrs_list_error(const char *object, const struct netlink_error *err)
{
	int status = vrs_kernel_error(object, err);

	return vrs_list_read(err) ? VRS_OK : status;
}

bool vrs_again(int rc, unsigned int *tries)
{
	return rc == -EINTR && ++*tries < READS_MAX;
}

int vrs_ifindex(const char *name)
{
	int ifindex = if_nametoindex(name);

	if (!ifindex)
		vrs_error("%s: no such device", name);
	return ifindex;
}

const char *vrs_device(const char *name, char *text)
{
	size_t i, len, left = strnlen(name, IFNAMSIZ - 1);

	memmove(text, name, left);
	text[left] = '\0';
	for (i = 0; left > 0; i += len, left -= len) {
		len = utf8_printable_len((const uint8_t *)&text[i], left);
		if (len == 0) {
			text[i] = '?';
			len = 1;
		}
	}
	return text;
}

const char *vrs_ifname(int ifindex, char *name)
{
	return if_indextoname(ifindex, name) ? vrs_device(name, name) : "-";
}

bool vrs_open(struct genl *g)
{
	struct netlink_error err;

	if (genl_open(g, &err) == 0) {
		if (genl_resolve(g, &err) == 0)
			return true;
		genl_close(g);
	}
	vrs_error("%s", err.text);
	return false;
}

static void help(void)
{
	puts("vrs - show and set virtual networks, their NICs and routes\n\n"
	     "  vrs [-aj] [-s SOCKET] COMMAND\n\n"
	     "  -j, --json           JSON instead of text\n"
	     "  -a, --all            rows too that Azure does not list\n"
	     "  -s, --socket SOCKET  vrsd's control socket\n"
	     "  -h, --help           this text\n"
	     "  -V, --version        the version\n");
	parse_help();
}

static int run(int n_words, char *const *words, struct request *req)
{
	const struct command *command;

	if (n_words == 0) {
		vrs_error("a command is needed, see vrs --help");
		return VRS_USAGE;
	}
	command = parse_request(n_words, words, req);
	if (!command)
		return VRS_USAGE;
	if (req->all && !command->takes_all) {
		vrs_error("%s: --all has no meaning here", command->words);
		return VRS_USAGE;
	}
	return command->run(req);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct request req = { .socket = CTL_RUN_DIR "/" CTL_SOCKET };
	int option, status;

	open_std_fds();
	/* "--complete WORD...": the words so far, for shells */
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		parse_complete(argc - 2, argv + 2);
		return VRS_OK;
	}
	while ((option = getopt_long(argc, argv, "jas:hV", options,
				     NULL)) != -1) {
		switch (option) {
		case 'j':
			req.json = true;
			break;
		case 'a':
			req.all = true;
			break;
		case 's':
			req.socket = optarg;
			break;
		case 'h':
			help();
			return VRS_OK;
		case 'V':
			puts("vrs " VRS_VERSION);
			return VRS_OK;
		default:
			return VRS_USAGE;
		}
	}
	status = run(argc - optind, argv + optind, &req);
	if (fflush(stdout) != 0 || ferror(stdout))
		return vrs_error("standard output: %s", strerror(errno));
	return status;
}
