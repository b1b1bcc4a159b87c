// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/fields.h"

#include <linux/vnet.h>

#include "conf/schema.h"
#include "lib/util.h"

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
	{ "internet-gateways", KIND_LIST, AT(conf_vnet, gateways),
	  .count = offsetof(struct conf_vnet, n_gateways),
	  .sub = &addr_schema },
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

const struct schema fields_root = {
	.size = sizeof(struct conf), .pos = NO_POS,
	.fields = root_fields, .n_fields = ARRAY_SIZE(root_fields),
};
