// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line against the table of commands. A word may be shortened as
 * long as it is not ambiguous ("sh eff vm1"), as with ip(8) and bgpctl(8).
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mac.h"
#include "lib/util.h"
#include "vrs/vrs.h"

/*
 * Operands
 */

static bool parse_number(const char *text, unsigned long max,
			 unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return isdigit(text[0]) && !*end && !errno && *value <= max;
}

static const char *parse_device(struct request *req, const char *text)
{
	if (strlen(text) >= IFNAMSIZ)
		return "device names have at most 15 characters";
	req->device = text;
	return NULL;
}

static const char *parse_peer(struct request *req, const char *text)
{
	req->peer = text;
	return NULL;
}

static const char *parse_map(struct request *req, const char *text)
{
	req->map = text;
	return NULL;
}

static const char *parse_direction(struct request *req, const char *text)
{
	if (strcmp(text, "in") != 0 && strcmp(text, "out") != 0)
		return "expected in or out";
	req->direction = text;
	return NULL;
}

static void complete_direction(void)
{
	puts("in\nout");
}

static const char *parse_address(struct request *req, const char *text)
{
	return addr_parse(text, &req->address);
}

static const char *parse_host(struct request *req, const char *text)
{
	return addr_parse(text, &req->host);
}

static const char *parse_vni(struct request *req, const char *text)
{
	unsigned long value;

	if (!parse_number(text, VNET_VNI_MAX, &value) || value < 1)
		return "expected a number from 1 to 16777215";
	req->vni = value;
	return NULL;
}

static const char *parse_nic_address(struct request *req, const char *text)
{
	bool none = strcmp(text, "none") == 0;
	const char *problem;

	if (req->set_addrs && (none || req->n_addrs == 0))
		return "none and others exclude each other";
	req->set_addrs = true;
	if (none)
		return NULL;
	if (req->n_addrs == ARRAY_SIZE(req->addrs))
		return "too many addresses";
	problem = addr_parse(text, &req->addrs[req->n_addrs]);
	if (!problem)
		req->n_addrs++;
	return problem;
}

static const char *parse_prefix(struct request *req, const char *text)
{
	return prefix_parse(text, &req->prefix);
}

static const char *parse_mac(struct request *req, const char *text)
{
	if (!mac_parse(text, req->mac))
		return "expected six bytes in hex, xx:xx:xx:xx:xx:xx";
	req->set_mac = true;
	return NULL;
}

static const char *parse_table(struct request *req, const char *text)
{
	unsigned long value = 0;

	if (strcmp(text, "none") != 0 &&
	    !parse_number(text, UINT32_MAX, &value))
		return "expected a table id or none";
	req->table = value;
	req->set_table = true;
	return NULL;
}

static const char *parse_switch(const char *text, bool *value, bool *set)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return "expected on or off";
	*value = strcmp(text, "on") == 0;
	*set = true;
	return NULL;
}

static const char *parse_own_routes(struct request *req, const char *text)
{
	return parse_switch(text, &req->own_routes, &req->set_own_routes);
}

static const char *parse_inside(struct request *req, const char *text)
{
	return parse_switch(text, &req->inside, &req->set_inside);
}

static const char *parse_keep_lost(struct request *req, const char *text)
{
	return parse_switch(text, &req->keep_lost, &req->set_keep_lost);
}

static const char *parse_peer_vnet(struct request *req, const char *text)
{
	if (strlen(text) >= IFNAMSIZ)
		return "device names have at most 15 characters";
	req->peer_vnet = text;
	return NULL;
}

static const char *parse_peering(struct request *req, const char *text,
				 uint32_t flag)
{
	bool value, set;
	const char *problem = parse_switch(text, &value, &set);

	if (problem)
		return problem;
	req->set_peering |= flag;
	if (value)
		req->peering |= flag;
	return NULL;
}

static const char *parse_access(struct request *req, const char *text)
{
	return parse_peering(req, text, VNET_PEERING_F_VNET_ACCESS);
}

static const char *parse_forwarded(struct request *req, const char *text)
{
	return parse_peering(req, text, VNET_PEERING_F_FORWARDED_TRAFFIC);
}

static const char *parse_transit(struct request *req, const char *text)
{
	return parse_peering(req, text, VNET_PEERING_F_GATEWAY_TRANSIT);
}

static const char *parse_remote(struct request *req, const char *text)
{
	return parse_peering(req, text, VNET_PEERING_F_USE_REMOTE_GATEWAYS);
}

static const char *parse_source(struct request *req, const char *text)
{
	return addr_parse(text, &req->flow.src);
}

static const char *parse_protocol(struct request *req, const char *text)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} names[] = {
		{ "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
		{ "sctp", IPPROTO_SCTP }, { "tcp", IPPROTO_TCP },
		{ "udp", IPPROTO_UDP },
	};
	unsigned long value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			req->flow.protocol = names[i].protocol;
			return NULL;
		}
	}
	if (!parse_number(text, UINT8_MAX, &value))
		return "expected tcp, udp, sctp, icmp, icmpv6 or 0..255";
	req->flow.protocol = value;
	return NULL;
}

static const char *parse_port(const char *text, uint16_t *port)
{
	unsigned long value;

	if (!parse_number(text, UINT16_MAX, &value))
		return "expected a port, 0..65535";
	*port = value;
	return NULL;
}

static const char *parse_sport(struct request *req, const char *text)
{
	return parse_port(text, &req->flow.sport);
}

static const char *parse_dport(struct request *req, const char *text)
{
	return parse_port(text, &req->flow.dport);
}

static const char *parse_forwarding(struct request *req, const char *text)
{
	return parse_switch(text, &req->forwarding, &req->set_forwarding);
}

static const char *parse_propagation(struct request *req, const char *text)
{
	static const struct {
		const char *name;
		uint32_t flags;
	} names[] = {
		{ "on", 0 },
		{ "off", VNET_SUBNET_F_NO_PROPAGATION },
		{ "route-server", VNET_SUBNET_F_NO_GATEWAY },
		{ "gateway", VNET_SUBNET_F_NO_ROUTE_SERVER },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			req->propagation = names[i].flags;
			req->set_propagation = true;
			return NULL;
		}
	}
	return "expected on, off, route-server or gateway";
}

static void complete_propagation(void)
{
	puts("on\noff\nroute-server\ngateway");
}

static void complete_protocol(void)
{
	puts("tcp\nudp\nsctp\nicmp\nicmpv6");
}

static void complete_switch(void)
{
	puts("on\noff");
}

/* What does not print cannot be typed either. */
static void complete_name(const char *name)
{
	char text[IFNAMSIZ];

	if (strcmp(vrs_device(name, text), name) == 0)
		puts(text);
}

static void print_vnet(const struct genl_vnet *vnet, void *arg)
{
	(void)arg;
	complete_name(vnet->name);
}

static void print_nic(const struct genl_nic *nic, void *arg)
{
	(void)arg;
	complete_name(nic->name);
}

/* Completion is silent about what it cannot find out. */
static void complete_vnet(void)
{
	struct netlink_error err;
	struct genl g;

	if (genl_open(&g, &err) < 0)
		return;
	if (genl_resolve(&g, &err) == 0)
		genl_get_vnets(&g, 0, print_vnet, NULL, &err);
	genl_close(&g);
}

static void complete_nic(void)
{
	struct netlink_error err;
	struct genl g;

	if (genl_open(&g, &err) < 0)
		return;
	if (genl_resolve(&g, &err) == 0)
		genl_get_nics(&g, 0, print_nic, NULL, &err);
	genl_close(&g);
}

const struct operand operand_nic = { "NIC", parse_device, complete_nic };
const struct operand operand_vnet = { "VNET", parse_device, complete_vnet };
const struct operand operand_peer = { "PEER", parse_peer, NULL };
const struct operand operand_map = { "MAP", parse_map, NULL };
const struct operand operand_direction = {
	"in|out", parse_direction, complete_direction
};
const struct operand operand_address = { "ADDRESS", parse_address, NULL };
const struct operand operand_nic_address = {
	"ADDRESS", parse_nic_address, NULL
};
const struct operand operand_host = { "HOST", parse_host, NULL };
const struct operand operand_vni = { "VNI", parse_vni, NULL };
const struct operand operand_device = { "DEVICE", parse_device, NULL };
const struct operand operand_prefix = { "PREFIX", parse_prefix, NULL };
const struct operand operand_mac = { "MAC", parse_mac, NULL };
const struct operand operand_table = { "TABLE", parse_table, NULL };
const struct operand operand_forwarding = {
	"on|off", parse_forwarding, complete_switch
};
const struct operand operand_propagation = {
	"on|off|route-server|gateway", parse_propagation, complete_propagation
};
const struct operand operand_own_routes = {
	"on|off", parse_own_routes, complete_switch
};
const struct operand operand_inside = {
	"on|off", parse_inside, complete_switch
};
const struct operand operand_keep_lost = {
	"on|off", parse_keep_lost, complete_switch
};
const struct operand operand_peer_vnet = {
	"PEER", parse_peer_vnet, complete_vnet
};
const struct operand operand_access = {
	"on|off", parse_access, complete_switch
};
const struct operand operand_forwarded = {
	"on|off", parse_forwarded, complete_switch
};
const struct operand operand_transit = {
	"on|off", parse_transit, complete_switch
};
const struct operand operand_remote = {
	"on|off", parse_remote, complete_switch
};
const struct operand operand_source = { "ADDRESS", parse_source, NULL };
const struct operand operand_protocol = {
	"PROTOCOL", parse_protocol, complete_protocol
};
const struct operand operand_sport = { "PORT", parse_sport, NULL };
const struct operand operand_dport = { "PORT", parse_dport, NULL };

/*
 * Words
 */

static unsigned int count_operands(const struct command *command)
{
	unsigned int n = 0;

	while (n < COMMAND_OPERANDS && command->operands[n])
		n++;
	return n;
}

static unsigned int count_words(const struct command *command)
{
	const char *blank = command->words;
	unsigned int n = 1;

	while ((blank = strchr(blank, ' ')) != NULL) {
		blank++;
		n++;
	}
	return n;
}

/* Copy word number @i of a command; false behind the last. */
static bool get_word(const struct command *command, unsigned int i, char *word,
		     size_t size)
{
	const char *pos = command->words;

	while (i--) {
		pos = strchr(pos, ' ');
		if (!pos)
			return false;
		pos++;
	}
	snprintf(word, size, "%.*s", (int)strcspn(pos, " "), pos);
	return true;
}

static bool word_matches(const char *word, const char *typed, bool exact)
{
	if (exact)
		return strcmp(word, typed) == 0;
	return strncmp(word, typed, strlen(typed)) == 0;
}

/* Whether the first @n words of @command are @words, in full or begun. */
static bool starts_with(const struct command *command, unsigned int n,
			char *const *words, bool exact)
{
	char word[32];
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!get_word(command, i, word, sizeof(word)) ||
		    !word_matches(word, words[i], exact))
			return false;
	}
	return true;
}

/* The only command whose words all match; NULL if there is none or several. */
static const struct command *find_command(unsigned int n, char *const *words,
					  bool *ambiguous)
{
	const struct command *command, *found = NULL;

	*ambiguous = false;
	for (command = vrs_commands; command->words; command++) {
		unsigned int n_words = count_words(command);

		if (n < n_words || !starts_with(command, n_words, words, false))
			continue;
		if (starts_with(command, n_words, words, true))
			return command;
		*ambiguous = found;
		found = command;
	}
	return *ambiguous ? NULL : found;
}

static const struct keyword *find_keyword(const struct command *command,
					  const char *typed)
{
	const struct keyword *keyword, *found = NULL;

	for (keyword = command->keywords; keyword && keyword->name; keyword++) {
		if (word_matches(keyword->name, typed, true))
			return keyword;
		if (!word_matches(keyword->name, typed, false))
			continue;
		if (found)
			return NULL;
		found = keyword;
	}
	return found;
}

/*
 * How many of the words are operands. Keywords have a value each: of an even
 * number of words that may be keywords none is the operand that may be missing.
 */
static unsigned int count_taken(const struct command *command, unsigned int n,
				char *const *words)
{
	unsigned int n_operands = count_operands(command);
	unsigned int needed = n_operands - command->n_optional;

	if (n > needed && (n - needed) % 2 == 0 &&
	    find_keyword(command, words[needed]))
		return needed;
	return MIN(n, n_operands);
}

static bool parse_operand(const struct command *command, const char *name,
			  const struct operand *operand, const char *text,
			  struct request *req)
{
	const char *problem = operand->parse(req, text);

	if (problem)
		vrs_error("%s: %s \"%s\": %s", command->words, name, text,
			  problem);
	return !problem;
}

static bool parse_keywords(const struct command *command, int n,
			   char *const *words, struct request *req)
{
	const struct keyword *keyword;
	unsigned long seen = 0;
	int i;

	for (i = 0; i < n; i += 2) {
		keyword = find_keyword(command, words[i]);
		if (!keyword) {
			vrs_error("%s: unexpected \"%s\"", command->words,
				  words[i]);
			return false;
		}
		if (i + 1 == n) {
			vrs_error("%s: %s needs a value, %s", command->words,
				  keyword->name, keyword->operand->name);
			return false;
		}
		if (seen & (1UL << (keyword - command->keywords)) &&
		    !keyword->repeat) {
			vrs_error("%s: %s is given twice", command->words,
				  keyword->name);
			return false;
		}
		seen |= 1UL << (keyword - command->keywords);
		if (!parse_operand(command, keyword->name, keyword->operand,
				   words[i + 1], req))
			return false;
	}
	return true;
}

const struct command *parse_request(int n_words, char *const *words,
				    struct request *req)
{
	const struct command *command;
	unsigned int i, taken, n_operands;
	bool ambiguous;

	command = find_command(n_words, words, &ambiguous);
	if (!command) {
		vrs_error("%s command \"%s%s%s\", see vrs --help",
			  ambiguous ? "ambiguous" : "unknown", words[0],
			  n_words > 1 ? " " : "", n_words > 1 ? words[1] : "");
		return NULL;
	}
	n_words -= count_words(command);
	words += count_words(command);

	n_operands = count_operands(command);
	taken = count_taken(command, n_words, words);
	for (i = 0; i < taken; i++) {
		const struct operand *operand = command->operands[i];

		if (!parse_operand(command, operand->name, operand, words[i],
				   req))
			return NULL;
	}
	if (i + command->n_optional < n_operands) {
		vrs_error("%s: needs %s", command->words,
			  command->operands[i]->name);
		return NULL;
	}
	return parse_keywords(command, n_words - taken, words + taken, req) ?
	       command : NULL;
}

/*
 * Completion and help
 */

/* Print those that may be given behind the @n words, some of which are. */
static void complete_keywords(const struct command *command, unsigned int n,
			      char *const *words)
{
	const struct keyword *keyword = command->keywords;
	unsigned int i;

	for (; keyword && keyword->name; keyword++) {
		for (i = 0; i < n; i += 2) {
			if (find_keyword(command, words[i]) == keyword)
				break;
		}
		if (i >= n || keyword->repeat)
			puts(keyword->name);
	}
}

/*
 * What may follow when @n words behind the command's own are complete. How
 * many there will be nobody knows yet: in the place of an operand that may be
 * missing, what begins a keyword is one.
 */
static void complete_rest(const struct command *command, unsigned int n,
			  char *const *words)
{
	unsigned int taken = count_operands(command);
	unsigned int needed = taken - command->n_optional;
	const struct operand *operand = NULL;
	const struct keyword *keyword;
	bool is_value;

	if (needed < taken && needed < n &&
	    find_keyword(command, words[needed]))
		taken = needed;
	is_value = n > taken && (n - taken) % 2 == 1;
	if (n < taken) {
		operand = command->operands[n];
	} else if (is_value) {
		keyword = find_keyword(command, words[n - 1]);
		operand = keyword ? keyword->operand : NULL;
	}
	if (operand && operand->complete)
		operand->complete();
	if (n >= needed && !is_value)
		complete_keywords(command, n > taken ? n - taken : 0,
				  words + taken);
}

void parse_complete(int n_words, char *const *words)
{
	unsigned int n = n_words > 0 ? n_words - 1 : 0;
	const struct command *command;
	bool ambiguous;
	char word[32], last[32] = "";

	command = find_command(n, words, &ambiguous);
	if (command) {
		complete_rest(command, n - count_words(command),
			      words + count_words(command));
		return;
	}
	for (command = vrs_commands; command->words; command++) {
		if (!starts_with(command, n, words, false) ||
		    !get_word(command, n, word, sizeof(word)) ||
		    strcmp(word, last) == 0)
			continue;
		puts(word);
		memcpy(last, word, sizeof(last));
	}
}

static void help_command(const struct command *command)
{
	unsigned int i, n = count_operands(command);
	const struct keyword *keyword;

	printf("  vrs %s", command->words);
	for (i = 0; i < n; i++)
		printf(i + command->n_optional < n ? " %s" : " [%s]",
		       command->operands[i]->name);
	for (keyword = command->keywords; keyword && keyword->name; keyword++)
		printf(" [%s %s]%s", keyword->name, keyword->operand->name,
		       keyword->repeat ? "..." : "");
	printf("%s\n      %s\n", command->takes_all ? " [--all]" : "",
	       command->help);
}

void parse_help(void)
{
	const struct command *command;

	for (command = vrs_commands; command->words; command++)
		help_command(command);
}
