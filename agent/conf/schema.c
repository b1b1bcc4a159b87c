// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/schema.h"

#include <ctype.h>
#include <limits.h>
#include <linux/vnet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "lib/util.h"

enum kind {
	KIND_NAME,			/* char *, letters digits . _ - */
	KIND_PATH,			/* char *, absolute */
	KIND_SECRET,			/* char *, never in an error text */
	KIND_MESSAGE,			/* char *, for people */
	KIND_DEVICE,			/* char[IFNAMSIZ] */
	KIND_U16,
	KIND_U32,
	KIND_BOOL,
	KIND_ADDR,			/* struct addr */
	KIND_PREFIX,			/* struct prefix */
	KIND_MAC,			/* uint8_t[6] */
	KIND_NH_TYPE,			/* enum conf_nh_type */
	KIND_WORD,			/* unsigned int, index of .words */
	KIND_COMMUNITY,			/* uint32_t, 65001:1 */
	KIND_LIST,			/* pointer and count */
	KIND_STRUCT,			/* pointer, NULL if not there */
};

struct schema;

struct field {
	const char *key;
	enum kind kind;
	size_t offset;			/* in the struct */
	bool required;
	uint32_t min, max;		/* U16, U32 */
	uint32_t def;			/* U16, U32, BOOL */
	const struct schema *sub;	/* LIST, STRUCT */
	size_t count;			/* LIST: offset of a size_t */
	size_t has;			/* MAC: offset of a bool */
	const char *const *words;	/* WORD; the first is the default */
};

/* A struct, and the fields that it is written as. */
struct schema {
	const char *noun;		/* "neighbor", for errors */
	const char *label;		/* key that names one, NULL: none */
	size_t size;
	size_t pos;			/* offset of a struct conf_pos */
	const struct field *fields;
	size_t n_fields;
	bool scalar;			/* written as the one field's value */
};

#define NO_POS	SIZE_MAX

/* Where we are: 'vnet "blue": neighbor "sdwan": '. */
struct place {
	const struct place *up;
	const char *noun;
	const char *key;
	const char *name;
	size_t index;			/* from 1, if there is no name */
};

/* ---- the tables ------------------------------------------------------ */

#define AT(type, member)	.offset = offsetof(struct type, member)

static const struct field space_fields[] = {
	{ "address space", KIND_PREFIX, AT(conf_space, prefix) },
};

static const struct schema space_schema = {
	.noun = "address space", .size = sizeof(struct conf_space),
	.pos = offsetof(struct conf_space, pos),
	.fields = space_fields, .n_fields = ARRAY_SIZE(space_fields),
	.scalar = true,
};

static const struct field addr_fields[] = {
	{ "address", KIND_ADDR, .offset = 0 },
};

static const struct schema addr_schema = {
	.noun = "address", .size = sizeof(struct addr), .pos = NO_POS,
	.fields = addr_fields, .n_fields = ARRAY_SIZE(addr_fields),
	.scalar = true,
};

static const struct field subnet_fields[] = {
	{ "prefix", KIND_PREFIX, AT(conf_subnet, prefix), .required = true },
	{ "route-table", KIND_NAME, AT(conf_subnet, route_table) },
	{ "propagation", KIND_WORD, AT(conf_subnet, propagation),
	  .words = conf_propagation_names },
};

static const struct schema subnet_schema = {
	.noun = "subnet", .label = "prefix",
	.size = sizeof(struct conf_subnet),
	.pos = offsetof(struct conf_subnet, pos),
	.fields = subnet_fields, .n_fields = ARRAY_SIZE(subnet_fields),
};

static const struct field nic_fields[] = {
	{ "device", KIND_DEVICE, AT(conf_nic, device), .required = true },
	{ "mac", KIND_MAC, AT(conf_nic, mac),
	  .has = offsetof(struct conf_nic, has_mac) },
	{ "addresses", KIND_LIST, AT(conf_nic, addresses),
	  .count = offsetof(struct conf_nic, n_addresses),
	  .sub = &addr_schema },
	{ "ip-forwarding", KIND_BOOL, AT(conf_nic, ip_forwarding) },
	{ "own-routes", KIND_BOOL, AT(conf_nic, own_routes) },
};

static const struct schema nic_schema = {
	.noun = "nic", .label = "device", .size = sizeof(struct conf_nic),
	.pos = offsetof(struct conf_nic, pos),
	.fields = nic_fields, .n_fields = ARRAY_SIZE(nic_fields),
};

static const struct field asn_fields[] = {
	{ "asn", KIND_U32, .offset = 0, .min = 1, .max = UINT32_MAX - 1 },
};

static const struct schema asn_schema = {
	.noun = "asn", .size = sizeof(uint32_t), .pos = NO_POS,
	.fields = asn_fields, .n_fields = ARRAY_SIZE(asn_fields),
	.scalar = true,
};

static const struct field endpoint_fields[] = {
	{ "address", KIND_ADDR, AT(conf_endpoint, address),
	  .required = true },
	{ "host", KIND_ADDR, AT(conf_endpoint, host), .required = true },
	{ "mac", KIND_MAC, AT(conf_endpoint, mac),
	  .has = offsetof(struct conf_endpoint, has_mac) },
	{ "vni", KIND_U32, AT(conf_endpoint, vni), .min = 1,
	  .max = VNET_VNI_MAX },
};

static const struct schema endpoint_schema = {
	.noun = "endpoint", .label = "address",
	.size = sizeof(struct conf_endpoint),
	.pos = offsetof(struct conf_endpoint, pos),
	.fields = endpoint_fields, .n_fields = ARRAY_SIZE(endpoint_fields),
};

static const struct field bfd_fields[] = {
	{ "interval", KIND_U16, AT(conf_bfd, interval), .min = 10,
	  .max = 60000, .def = CONF_DEFAULT_BFD_INTERVAL },
	{ "multiplier", KIND_U16, AT(conf_bfd, multiplier), .min = 1,
	  .max = 255, .def = CONF_DEFAULT_BFD_MULTIPLIER },
	{ "multihop", KIND_BOOL, AT(conf_bfd, multihop) },
};

static const struct schema bfd_schema = {
	.noun = "bfd", .size = sizeof(struct conf_bfd), .pos = NO_POS,
	.fields = bfd_fields, .n_fields = ARRAY_SIZE(bfd_fields),
};

static const struct field ao_key_fields[] = {
	{ "send-id", KIND_U16, AT(conf_ao_key, send_id), .required = true,
	  .max = UINT8_MAX },
	{ "recv-id", KIND_U16, AT(conf_ao_key, recv_id), .required = true,
	  .max = UINT8_MAX },
	{ "algorithm", KIND_WORD, AT(conf_ao_key, algorithm),
	  .words = conf_ao_algorithm_names },
	{ "key", KIND_SECRET, AT(conf_ao_key, key) },
	{ "key-file", KIND_PATH, AT(conf_ao_key, key_file) },
};

static const struct schema ao_key_schema = {
	.noun = "tcp-ao key", .size = sizeof(struct conf_ao_key),
	.pos = offsetof(struct conf_ao_key, pos),
	.fields = ao_key_fields, .n_fields = ARRAY_SIZE(ao_key_fields),
};

static const struct field peering_fields[] = {
	{ "vnet", KIND_DEVICE, AT(conf_peering, vnet), .required = true },
	{ "allow-vnet-access", KIND_BOOL, AT(conf_peering, vnet_access),
	  .def = 1 },
	{ "allow-forwarded-traffic", KIND_BOOL,
	  AT(conf_peering, forwarded_traffic) },
	{ "allow-gateway-transit", KIND_BOOL,
	  AT(conf_peering, gateway_transit) },
	{ "use-remote-gateways", KIND_BOOL,
	  AT(conf_peering, remote_gateways) },
};

static const struct schema peering_schema = {
	.noun = "peering", .label = "vnet",
	.size = sizeof(struct conf_peering),
	.pos = offsetof(struct conf_peering, pos),
	.fields = peering_fields, .n_fields = ARRAY_SIZE(peering_fields),
};

static const struct field neighbor_fields[] = {
	{ "name", KIND_NAME, AT(conf_neighbor, name), .required = true },
	{ "address", KIND_ADDR, AT(conf_neighbor, address) },
	{ "range", KIND_PREFIX, AT(conf_neighbor, range) },
	{ "limit", KIND_U16, AT(conf_neighbor, limit), .min = 1,
	  .max = CONF_LIMIT_MAX, .def = CONF_DEFAULT_LIMIT },
	{ "asn", KIND_U32, AT(conf_neighbor, asn), .min = 1,
	  .max = UINT32_MAX - 1 },
	{ "asns", KIND_LIST, AT(conf_neighbor, asns),
	  .count = offsetof(struct conf_neighbor, n_asns),
	  .sub = &asn_schema },
	{ "md5-key", KIND_SECRET, AT(conf_neighbor, md5_key) },
	{ "md5-key-file", KIND_PATH, AT(conf_neighbor, md5_key_file) },
	{ "tcp-ao", KIND_LIST, AT(conf_neighbor, ao_keys),
	  .count = offsetof(struct conf_neighbor, n_ao_keys),
	  .sub = &ao_key_schema },
	{ "ttl-security", KIND_U16, AT(conf_neighbor, ttl_security),
	  .max = 254 },
	{ "bfd", KIND_STRUCT, AT(conf_neighbor, bfd), .sub = &bfd_schema },
	{ "kind", KIND_WORD, AT(conf_neighbor, kind),
	  .words = conf_kind_names },
	{ "as-override", KIND_BOOL, AT(conf_neighbor, as_override) },
	{ "allowas-in", KIND_U16, AT(conf_neighbor, allowas_in), .max = 10 },
	{ "graceful-restart", KIND_BOOL, AT(conf_neighbor, graceful_restart),
	  .def = 1 },
	{ "role", KIND_WORD, AT(conf_neighbor, role),
	  .words = conf_role_names },
	{ "strict-role", KIND_BOOL, AT(conf_neighbor, strict_role) },
	{ "add-path-receive", KIND_BOOL,
	  AT(conf_neighbor, add_path_receive) },
	{ "add-path-send", KIND_U16, AT(conf_neighbor, add_path_send),
	  .max = CONF_PATHS_MAX },
	{ "prefix-limit", KIND_U32, AT(conf_neighbor, prefix_limit),
	  .max = UINT32_MAX, .def = CONF_DEFAULT_PREFIX_LIMIT },
	{ "prefix-limit-action", KIND_WORD, AT(conf_neighbor, excess),
	  .words = conf_excess_names },
	{ "prefix-limit-restart", KIND_U16, AT(conf_neighbor, prefix_restart),
	  .max = 65535, .def = CONF_DEFAULT_PREFIX_RESTART },
	{ "inbound-route-map", KIND_NAME, AT(conf_neighbor, inbound) },
	{ "outbound-route-map", KIND_NAME, AT(conf_neighbor, outbound) },
	{ "shutdown", KIND_BOOL, AT(conf_neighbor, shutdown) },
	{ "shutdown-message", KIND_MESSAGE,
	  AT(conf_neighbor, shutdown_message) },
};

static const struct schema neighbor_schema = {
	.noun = "neighbor", .label = "name",
	.size = sizeof(struct conf_neighbor),
	.pos = offsetof(struct conf_neighbor, pos),
	.fields = neighbor_fields, .n_fields = ARRAY_SIZE(neighbor_fields),
};

static const struct field server_fields[] = {
	{ "asn", KIND_U32, AT(conf_server, asn), .min = 1,
	  .max = UINT32_MAX - 1, .def = CONF_DEFAULT_ASN },
	{ "addresses", KIND_LIST, AT(conf_server, addresses),
	  .count = offsetof(struct conf_server, n_addresses),
	  .sub = &addr_schema, .required = true },
	{ "hold-time", KIND_U16, AT(conf_server, hold_time), .max = 65535,
	  .def = CONF_DEFAULT_HOLD_TIME },
	{ "send-hold-time", KIND_U16, AT(conf_server, send_hold_time),
	  .max = 65535 },
	{ "stale-time", KIND_U16, AT(conf_server, stale_time), .max = 65535,
	  .def = CONF_DEFAULT_STALE_TIME },
	{ "profile", KIND_WORD, AT(conf_server, profile),
	  .words = conf_profile_names },
	{ "branch-to-branch", KIND_BOOL, AT(conf_server, branch_to_branch) },
	{ "routing-preference", KIND_WORD, AT(conf_server, preference),
	  .words = conf_preference_names },
	{ "restart-time", KIND_U16, AT(conf_server, restart_time),
	  .max = 4095, .def = CONF_DEFAULT_RESTART_TIME },
	{ "long-lived-time", KIND_U32, AT(conf_server, long_lived_time),
	  .max = 0xffffff },
	{ "deferral-time", KIND_U16, AT(conf_server, deferral_time),
	  .max = 3600, .def = CONF_DEFAULT_DEFERRAL_TIME },
	{ "neighbors", KIND_LIST, AT(conf_server, neighbors),
	  .count = offsetof(struct conf_server, n_neighbors),
	  .sub = &neighbor_schema },
};

static const struct schema server_schema = {
	.noun = "route-server", .size = sizeof(struct conf_server),
	.pos = offsetof(struct conf_server, pos),
	.fields = server_fields, .n_fields = ARRAY_SIZE(server_fields),
};

static const struct field vnet_fields[] = {
	{ "name", KIND_DEVICE, AT(conf_vnet, name), .required = true },
	{ "vni", KIND_U32, AT(conf_vnet, vni), .required = true,
	  .min = 1, .max = VNET_VNI_MAX },
	{ "table", KIND_U32, AT(conf_vnet, table), .required = true,
	  .min = 1, .max = UINT32_MAX },
	{ "bgp-table", KIND_U32, AT(conf_vnet, bgp_table), .required = true,
	  .min = 1, .max = UINT32_MAX },
	{ "address-spaces", KIND_LIST, AT(conf_vnet, spaces),
	  .count = offsetof(struct conf_vnet, n_spaces),
	  .sub = &space_schema, .required = true },
	{ "internet", KIND_DEVICE, AT(conf_vnet, internet) },
	{ "max-routes", KIND_U32, AT(conf_vnet, max_routes),
	  .max = UINT32_MAX },
	{ "ecmp-symmetric", KIND_BOOL, AT(conf_vnet, ecmp_symmetric),
	  .def = 1 },
	{ "subnets", KIND_LIST, AT(conf_vnet, subnets),
	  .count = offsetof(struct conf_vnet, n_subnets),
	  .sub = &subnet_schema },
	{ "nics", KIND_LIST, AT(conf_vnet, nics),
	  .count = offsetof(struct conf_vnet, n_nics), .sub = &nic_schema },
	{ "endpoints", KIND_LIST, AT(conf_vnet, endpoints),
	  .count = offsetof(struct conf_vnet, n_endpoints),
	  .sub = &endpoint_schema },
	{ "peerings", KIND_LIST, AT(conf_vnet, peerings),
	  .count = offsetof(struct conf_vnet, n_peerings),
	  .sub = &peering_schema },
	{ "route-server", KIND_STRUCT, AT(conf_vnet, server),
	  .sub = &server_schema },
};

static const struct schema vnet_schema = {
	.noun = "vnet", .label = "name", .size = sizeof(struct conf_vnet),
	.pos = offsetof(struct conf_vnet, pos),
	.fields = vnet_fields, .n_fields = ARRAY_SIZE(vnet_fields),
};

static const struct field route_fields[] = {
	{ "prefix", KIND_PREFIX, AT(conf_route, prefix), .required = true },
	{ "next-hop-type", KIND_NH_TYPE, AT(conf_route, type),
	  .required = true },
	{ "next-hop", KIND_ADDR, AT(conf_route, next_hop) },
};

static const struct schema route_schema = {
	.noun = "route", .label = "prefix", .size = sizeof(struct conf_route),
	.pos = offsetof(struct conf_route, pos),
	.fields = route_fields, .n_fields = ARRAY_SIZE(route_fields),
};

static const struct field table_fields[] = {
	{ "name", KIND_NAME, AT(conf_route_table, name), .required = true },
	{ "vnet", KIND_DEVICE, AT(conf_route_table, vnet), .required = true },
	{ "table", KIND_U32, AT(conf_route_table, table), .required = true,
	  .min = 1, .max = UINT32_MAX },
	{ "bgp-inside", KIND_BOOL, AT(conf_route_table, bgp_inside) },
	{ "keep-lost", KIND_BOOL, AT(conf_route_table, keep_lost) },
	{ "routes", KIND_LIST, AT(conf_route_table, routes),
	  .count = offsetof(struct conf_route_table, n_routes),
	  .sub = &route_schema },
};

static const struct schema table_schema = {
	.noun = "route-table", .label = "name",
	.size = sizeof(struct conf_route_table),
	.pos = offsetof(struct conf_route_table, pos),
	.fields = table_fields, .n_fields = ARRAY_SIZE(table_fields),
};

static const struct field prefix_fields[] = {
	{ "prefix", KIND_PREFIX, .offset = 0 },
};

static const struct schema prefix_schema = {
	.noun = "prefix", .size = sizeof(struct prefix), .pos = NO_POS,
	.fields = prefix_fields, .n_fields = ARRAY_SIZE(prefix_fields),
	.scalar = true,
};

static const struct field community_fields[] = {
	{ "community", KIND_COMMUNITY, .offset = 0 },
};

static const struct schema community_schema = {
	.noun = "community", .size = sizeof(uint32_t), .pos = NO_POS,
	.fields = community_fields, .n_fields = ARRAY_SIZE(community_fields),
	.scalar = true,
};

#define SUBJECT(type)							\
	{ "prefixes", KIND_LIST, AT(type, subject.prefixes),		\
	  .count = offsetof(struct type, subject.n_prefixes),		\
	  .sub = &prefix_schema },					\
	{ "communities", KIND_LIST, AT(type, subject.communities),	\
	  .count = offsetof(struct type, subject.n_communities),	\
	  .sub = &community_schema },					\
	{ "as-path", KIND_LIST, AT(type, subject.as_path),		\
	  .count = offsetof(struct type, subject.n_as_path),		\
	  .sub = &asn_schema }

static const struct field criterion_fields[] = {
	{ "condition", KIND_WORD, AT(conf_criterion, condition),
	  .words = conf_condition_names, .required = true },
	SUBJECT(conf_criterion),
};

static const struct schema criterion_schema = {
	.noun = "criterion", .size = sizeof(struct conf_criterion),
	.pos = offsetof(struct conf_criterion, pos),
	.fields = criterion_fields, .n_fields = ARRAY_SIZE(criterion_fields),
};

static const struct field action_fields[] = {
	{ "type", KIND_WORD, AT(conf_action, verb),
	  .words = conf_verb_names, .required = true },
	SUBJECT(conf_action),
};

static const struct schema action_schema = {
	.noun = "action", .size = sizeof(struct conf_action),
	.pos = offsetof(struct conf_action, pos),
	.fields = action_fields, .n_fields = ARRAY_SIZE(action_fields),
};

static const struct field rule_fields[] = {
	{ "name", KIND_NAME, AT(conf_rule, name), .required = true },
	{ "match", KIND_LIST, AT(conf_rule, match),
	  .count = offsetof(struct conf_rule, n_match),
	  .sub = &criterion_schema },
	{ "actions", KIND_LIST, AT(conf_rule, actions),
	  .count = offsetof(struct conf_rule, n_actions),
	  .sub = &action_schema },
	{ "next-step", KIND_WORD, AT(conf_rule, next),
	  .words = conf_next_names },
};

static const struct schema rule_schema = {
	.noun = "rule", .label = "name", .size = sizeof(struct conf_rule),
	.pos = offsetof(struct conf_rule, pos),
	.fields = rule_fields, .n_fields = ARRAY_SIZE(rule_fields),
};

static const struct field map_fields[] = {
	{ "name", KIND_NAME, AT(conf_map, name), .required = true },
	{ "rules", KIND_LIST, AT(conf_map, rules),
	  .count = offsetof(struct conf_map, n_rules), .sub = &rule_schema },
};

static const struct schema map_schema = {
	.noun = "route-map", .label = "name", .size = sizeof(struct conf_map),
	.pos = offsetof(struct conf_map, pos),
	.fields = map_fields, .n_fields = ARRAY_SIZE(map_fields),
};

static const struct field root_fields[] = {
	{ "tunnel", KIND_DEVICE, AT(conf, tunnel) },
	{ "vnets", KIND_LIST, AT(conf, vnets), .required = true,
	  .count = offsetof(struct conf, n_vnets), .sub = &vnet_schema },
	{ "route-tables", KIND_LIST, AT(conf, tables),
	  .count = offsetof(struct conf, n_tables), .sub = &table_schema },
	{ "route-maps", KIND_LIST, AT(conf, maps),
	  .count = offsetof(struct conf, n_maps), .sub = &map_schema },
};

static const struct schema root_schema = {
	.size = sizeof(struct conf), .pos = NO_POS,
	.fields = root_fields, .n_fields = ARRAY_SIZE(root_fields),
};

/* ---- errors ---------------------------------------------------------- */

#define NAME_SHOWN	63		/* bytes of it */

static void format_place(const struct place *at, char *buf, size_t size)
{
	size_t n;

	if (!at)
		return;
	format_place(at->up, buf, size);
	n = strlen(buf);
	if (at->key)
		snprintf(buf + n, size - n, "%s: ", at->key);
	else if (at->name)
		snprintf(buf + n, size - n, "%s \"%.*s\": ", at->noun,
			 (int)utf8_whole_len(at->name, NAME_SHOWN), at->name);
	else if (at->index > 0)
		snprintf(buf + n, size - n, "%s %zu: ", at->noun, at->index);
	else if (at->noun)
		snprintf(buf + n, size - n, "%s: ", at->noun);
}

static bool fail(struct schema_reader *r, const struct place *at,
		 struct conf_pos pos, const char *what)
{
	char where[300] = "";

	format_place(at, where, sizeof(where));
	conf_error_set(r->err, r->file, pos, "%s%s", where, what);
	return false;
}

/* "expected ..., got ...". */
static bool unexpected(struct schema_reader *r, const struct place *at,
		       const struct node *node, const char *expected)
{
	char got[NODE_DESCRIBE_LEN], what[256];

	snprintf(what, sizeof(what), "expected %s, got %s", expected,
		 node_describe(node, got, sizeof(got)));
	return fail(r, at, node->pos, what);
}

/* A text in the place of a list or mapping may be a key: it is not shown. */
static bool unexpected_kind(struct schema_reader *r, const struct place *at,
			    const struct node *node, const char *expected)
{
	char what[64];

	snprintf(what, sizeof(what), "expected %s, got %s", expected,
		 node_describe_kind(node));
	return fail(r, at, node->pos, what);
}

static void remember(struct schema_reader *r, const void *member,
		     struct conf_pos pos)
{
	if (r->n_places == r->size_places) {
		r->size_places = MAX(r->size_places * 2, (size_t)64);
		r->place = xreallocarray(r->place, r->size_places,
					 sizeof(*r->place));
	}
	r->place[r->n_places++] = (struct schema_place){ member, pos };
}

/* ---- scalars --------------------------------------------------------- */

static bool parse_number(const char *text, uint32_t min, uint32_t max,
			 uint32_t *out)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!isdigit((unsigned char)text[i]) || i == 10)
			return false;
		value = value * 10 + text[i] - '0';
	}
	if (i == 0 || value < min || value > max)
		return false;
	*out = value;
	return true;
}

static bool parse_device(const char *text, char *out)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] == '/' || text[i] == ':' ||
		    !isgraph((unsigned char)text[i]) || i + 1 == IFNAMSIZ)
			return false;
	}
	if (i == 0 || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	memcpy(out, text, i + 1);
	return true;
}

static bool valid_name(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!isalnum((unsigned char)text[i]) &&
		    !strchr("._-", text[i]))
			return false;
	}
	return i > 0 && i <= CONF_NAME_MAX;
}

static bool parse_mac(const char *text, uint8_t *mac)
{
	char digits[3] = "";
	size_t i;

	if (strlen(text) != 17)
		return false;
	for (i = 0; i < 6; i++) {
		memcpy(digits, text + 3 * i, 2);
		if (!isxdigit((unsigned char)digits[0]) ||
		    !isxdigit((unsigned char)digits[1]) ||
		    (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = strtoul(digits, NULL, 16);
	}
	return true;
}

static bool parse_nh_type(const char *text, enum conf_nh_type *out)
{
	enum conf_nh_type type;

	for (type = CONF_NH_VIRTUAL_APPLIANCE; type <= CONF_NH_NONE; type++) {
		if (strcmp(text, conf_nh_type_name(type)) == 0) {
			*out = type;
			return true;
		}
	}
	return false;
}

/* "65001:1" */
static bool read_community(struct schema_reader *r, const struct place *at,
			   const struct node *node, uint32_t *member)
{
	const char *colon = strchr(node->text, ':');
	uint32_t high, low;
	char text[8] = "";

	if (colon && colon - node->text < (ptrdiff_t)sizeof(text)) {
		memcpy(text, node->text, colon - node->text);
		if (parse_number(text, 0, UINT16_MAX, &high) &&
		    parse_number(colon + 1, 0, UINT16_MAX, &low)) {
			*member = high << 16 | low;
			return true;
		}
	}
	return unexpected(r, at, node, "a community as 65001:1");
}

static bool read_word(struct schema_reader *r, const struct place *at,
		      const struct field *field, const struct node *node,
		      unsigned int *member)
{
	char expected[160];
	size_t n = 0;
	unsigned int i;

	for (i = 0; field->words[i]; i++) {
		if (strcmp(node->text, field->words[i]) == 0) {
			*member = i;
			return true;
		}
		n += snprintf(expected + n, sizeof(expected) - n, "%s%s",
			      i == 0 ? "" : field->words[i + 1] ? ", " :
			      " or ", field->words[i]);
	}
	return unexpected(r, at, node, expected);
}

static bool read_number(struct schema_reader *r, const struct place *at,
			const struct field *field, const struct node *node,
			void *member)
{
	char expected[64];
	uint32_t value;

	if (parse_number(node->text, field->min, field->max, &value)) {
		if (field->kind == KIND_U16)
			*(uint16_t *)member = value;
		else
			*(uint32_t *)member = value;
		return true;
	}
	snprintf(expected, sizeof(expected), "%u..%u", field->min,
		 field->max);
	return unexpected(r, at, node, expected);
}

/* lib's texts say what is wrong with an address or prefix. */
static bool read_with(struct schema_reader *r, const struct place *at,
		      const struct node *node, const char *expected,
		      const char *problem)
{
	char text[160];

	if (!problem)
		return true;
	snprintf(text, sizeof(text), "%s (%s)", expected, problem);
	return unexpected(r, at, node, text);
}

static bool read_bool(struct schema_reader *r, const struct place *at,
		      const struct node *node, bool *member)
{
	*member = strcmp(node->text, "true") == 0;
	return *member || strcmp(node->text, "false") == 0 ||
	       unexpected(r, at, node, "true or false");
}

static bool printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

/* What is not one may be the key that was to be in the file: not shown. */
static bool read_path(struct schema_reader *r, const struct place *at,
		      const struct node *node, char **member)
{
	if (node->text[0] != '/' || strlen(node->text) >= PATH_MAX ||
	    !printable(node->text))
		return fail(r, at, node->pos, "expected an absolute path");
	*member = xstrdup(node->text);
	return true;
}

static bool read_secret(struct schema_reader *r, const struct place *at,
			const struct node *node, char **member)
{
	size_t len = strlen(node->text);

	if (len == 0 || len > CONF_KEY_MAX || !printable(node->text) ||
	    !node->one_line)
		return fail(r, at, node->pos, "expected 1 to 80 printable "
			    "characters on one line");
	*member = xstrdup(node->text);
	r->secrets = xreallocarray(r->secrets, r->n_secrets + 1,
				   sizeof(*r->secrets));
	r->secrets[r->n_secrets++] = node->span;
	return true;
}

static bool read_message(struct schema_reader *r, const struct place *at,
			 const struct node *node, char **member)
{
	size_t len = strlen(node->text);

	if (len == 0 || len > CONF_MESSAGE_MAX || !utf8_printable(node->text))
		return unexpected(r, at, node, "1 to 255 bytes of printable "
				  "text");
	*member = xstrdup(node->text);
	return true;
}

static bool read_scalar(struct schema_reader *r, const struct place *at,
			const struct field *field, const struct node *node,
			void *object)
{
	void *member = (char *)object + field->offset;

	if (node->kind != NODE_SCALAR)
		return unexpected(r, at, node, "one value");
	remember(r, member, node->pos);
	switch (field->kind) {
	case KIND_PATH:
		return read_path(r, at, node, member);
	case KIND_SECRET:
		return read_secret(r, at, node, member);
	case KIND_MESSAGE:
		return read_message(r, at, node, member);
	case KIND_NAME:
		if (!valid_name(node->text))
			break;
		*(char **)member = xstrdup(node->text);
		return true;
	case KIND_DEVICE:
		return parse_device(node->text, member) ||
		       unexpected(r, at, node, "a device name (1 to 15 "
				  "characters without space, '/' and ':')");
	case KIND_U16:
	case KIND_U32:
		return read_number(r, at, field, node, member);
	case KIND_BOOL:
		return read_bool(r, at, node, member);
	case KIND_ADDR:
		return read_with(r, at, node, "an IPv4 or IPv6 address",
				 addr_parse(node->text, member));
	case KIND_PREFIX:
		return read_with(r, at, node, "a prefix as 10.1.0.0/16",
				 prefix_parse(node->text, member));
	case KIND_MAC:
		*(bool *)((char *)object + field->has) = true;
		return parse_mac(node->text, member) ||
		       unexpected(r, at, node,
				  "a MAC address as 02:00:00:00:00:04");
	case KIND_NH_TYPE:
		return parse_nh_type(node->text, member) ||
		       unexpected(r, at, node, "VirtualAppliance, VnetLocal, "
				  "Internet or None");
	case KIND_COMMUNITY:
		return read_community(r, at, node, member);
	case KIND_WORD:
		return read_word(r, at, field, node, member);
	case KIND_LIST:
	case KIND_STRUCT:
		abort();
	}
	return unexpected(r, at, node,
			  "a name of 1 to 63 letters, digits, '.', '_', '-'");
}

/* ---- structs --------------------------------------------------------- */

static bool read_struct(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *node,
			void *object);

static bool read_list(struct schema_reader *r, const struct place *at,
		      const struct field *field, const struct node *node,
		      void *object)
{
	const struct schema *sub = field->sub;
	void **list = (void **)((char *)object + field->offset);
	size_t *count = (size_t *)((char *)object + field->count);
	struct place element = { .up = at->up, .noun = sub->noun };
	const struct node *name, *child;
	size_t i;

	if (node->kind != NODE_LIST)
		return unexpected_kind(r, at, node, "a list");
	remember(r, list, node->pos);
	/* Never NULL: an empty list is not the same as none. */
	*list = xcalloc(node->n + 1, sub->size);
	for (i = 0; i < node->n; i++) {
		child = &node->child[i];
		name = sub->label ? node_find(child, sub->label) : NULL;
		element.name = name && name->kind == NODE_SCALAR &&
			       name->text[0] != '\0' ? name->text : NULL;
		element.index = i + 1;
		(*count)++;
		if (!read_struct(r, &element, sub, child,
				 (char *)*list + i * sub->size))
			return false;
	}
	return true;
}

static bool read_pointer(struct schema_reader *r, const struct place *at,
			 const struct field *field, const struct node *node,
			 void *object)
{
	void **pointer = (void **)((char *)object + field->offset);

	*pointer = xcalloc(1, field->sub->size);
	return read_struct(r, at, field->sub, node, *pointer);
}

static bool read_field(struct schema_reader *r, const struct place *up,
		       const struct field *field, const struct node *node,
		       void *object)
{
	struct place at = { .up = up, .key = field->key };

	if (field->kind == KIND_LIST)
		return read_list(r, &at, field, node, object);
	if (field->kind == KIND_STRUCT)
		return read_pointer(r, &at, field, node, object);
	return read_scalar(r, &at, field, node, object);
}

static void set_default(const struct field *field, void *object)
{
	void *member = (char *)object + field->offset;

	if (field->kind == KIND_U16)
		*(uint16_t *)member = field->def;
	else if (field->kind == KIND_U32)
		*(uint32_t *)member = field->def;
	else if (field->kind == KIND_BOOL)
		*(bool *)member = field->def;
}

static bool unknown_key(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *key)
{
	char what[512];
	size_t i, n;

	n = snprintf(what, sizeof(what), "unknown key \"%.*s\", expected",
		     (int)node_key_len(key), key->text);
	for (i = 0; i < schema->n_fields && n < sizeof(what); i++)
		n += snprintf(what + n, sizeof(what) - n, "%s %s",
			      i == 0 ? "" :
			      i + 1 == schema->n_fields ? " or" : ",",
			      schema->fields[i].key);
	return fail(r, at, key->pos, what);
}

static bool check_keys(struct schema_reader *r, const struct place *at,
		       const struct schema *schema, const struct node *node)
{
	size_t i, j;

	for (i = 0; i < node->n; i += 2) {
		for (j = 0; j < schema->n_fields; j++) {
			if (strcmp(schema->fields[j].key,
				   node->child[i].text) == 0)
				break;
		}
		if (j == schema->n_fields)
			return unknown_key(r, at, schema, &node->child[i]);
	}
	return true;
}

static bool read_struct(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *node,
			void *object)
{
	const struct field *field;
	const struct node *value;
	char what[80];
	size_t i;

	if (schema->pos != NO_POS)
		*(struct conf_pos *)((char *)object + schema->pos) = node->pos;
	if (schema->scalar)
		return read_scalar(r, at, schema->fields, node, object);
	if (node->kind != NODE_MAPPING)
		return unexpected_kind(r, at, node, "keys and values");
	if (!check_keys(r, at, schema, node))
		return false;
	for (i = 0; i < schema->n_fields; i++) {
		field = &schema->fields[i];
		set_default(field, object);
		value = node_find(node, field->key);
		if (value && !read_field(r, at, field, value, object))
			return false;
		if (value || !field->required)
			continue;
		snprintf(what, sizeof(what), "%s is missing", field->key);
		return fail(r, at, node->pos, what);
	}
	return true;
}

static int place_cmp(const void *pa, const void *pb)
{
	const struct schema_place *a = pa, *b = pb;

	return a->member < b->member ? -1 : a->member > b->member;
}

bool schema_read(struct schema_reader *r, const struct node *root,
		 struct conf *conf)
{
	if (!read_struct(r, NULL, &root_schema, root, conf))
		return false;
	if (r->n_places > 0)
		qsort(r->place, r->n_places, sizeof(*r->place), place_cmp);
	return true;
}

struct conf_pos schema_pos(const struct schema_reader *r, const void *member,
			   struct conf_pos otherwise)
{
	struct schema_place key = { .member = member };
	const struct schema_place *place = NULL;

	if (r->n_places > 0)
		place = bsearch(&key, r->place, r->n_places,
				sizeof(*r->place), place_cmp);
	return place ? place->pos : otherwise;
}

/* ---- freeing --------------------------------------------------------- */

static void free_struct(const struct schema *schema, void *object)
{
	const struct field *field;
	void **member;
	size_t i, j, n;

	for (i = 0; i < schema->n_fields; i++) {
		field = &schema->fields[i];
		member = (void **)((char *)object + field->offset);
		if (field->kind == KIND_LIST) {
			n = *(size_t *)((char *)object + field->count);
			for (j = 0; j < n; j++)
				free_struct(field->sub, (char *)*member +
					    j * field->sub->size);
		} else if (field->kind == KIND_STRUCT && *member) {
			free_struct(field->sub, *member);
		} else if (field->kind == KIND_SECRET && *member) {
			explicit_bzero(*member, strlen(*member));
		} else if (field->kind != KIND_NAME &&
			   field->kind != KIND_MESSAGE &&
			   field->kind != KIND_PATH) {
			continue;
		}
		free(*member);
	}
}

void schema_free(struct conf *conf)
{
	free_struct(&root_schema, conf);
}
