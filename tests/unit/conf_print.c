// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/conf_print.h"

#include <ctype.h>
#include <string.h>

#include "conf/schema.h"
#include "lib/mac.h"

static const char *on_off(bool value)
{
	return value ? "true" : "false";
}

/* Device names may hold what means something in YAML. */
static void print_text(FILE *out, const char *text)
{
	const char *p;

	for (p = text; isalnum((unsigned char)*p) || (p > text &&
	     *p != '\0' && strchr("._-", *p)); p++)
		;
	if (*p == '\0' && p > text) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (p = text; *p != '\0'; p++)
		fprintf(out, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	putc('"', out);
}

static void print_key(FILE *out, const char *key, const char *text)
{
	fputs(key, out);
	print_text(out, text);
	putc('\n', out);
}

static void print_addr(FILE *out, const struct addr *addr)
{
	char buf[ADDR_STRLEN];

	print_text(out, addr_format(addr, buf));
}

static void print_prefix(FILE *out, const struct prefix *prefix)
{
	const char *quote = prefix->addr.family == AF_INET6 ? "\"" : "";
	char buf[PREFIX_STRLEN];

	fprintf(out, "%s%s%s", quote, prefix_format(prefix, buf), quote);
}

static void print_addrs(FILE *out, const struct addr *addr, size_t n)
{
	size_t i;

	fputs("[", out);
	for (i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : "", out);
		print_addr(out, &addr[i]);
	}
	fputs("]\n", out);
}

static void print_spaces(FILE *out, const struct conf_vnet *vnet)
{
	size_t i;

	fputs("    address-spaces: [", out);
	for (i = 0; i < vnet->n_spaces; i++) {
		fputs(i > 0 ? ", " : "", out);
		print_prefix(out, &vnet->spaces[i].prefix);
	}
	fputs("]\n", out);
}

static void print_subnets(FILE *out, const struct conf_vnet *vnet)
{
	const struct conf_subnet *subnet;
	size_t i;

	fputs(vnet->n_subnets > 0 ? "    subnets:\n" : "    subnets: []\n",
	      out);
	for (i = 0; i < vnet->n_subnets; i++) {
		subnet = &vnet->subnets[i];
		fputs("      - prefix: ", out);
		print_prefix(out, &subnet->prefix);
		putc('\n', out);
		if (subnet->route_table)
			print_key(out, "        route-table: ",
				  subnet->route_table);
		fprintf(out, "        propagation: %s\n",
			conf_propagation_names[subnet->propagation]);
	}
}

static void print_mac(FILE *out, const uint8_t *mac)
{
	char buf[MAC_STRLEN];

	fprintf(out, "        mac: \"%s\"\n", mac_format(mac, buf));
}

static void print_nics(FILE *out, const struct conf_vnet *vnet)
{
	const struct conf_nic *nic;
	size_t i;

	fputs(vnet->n_nics > 0 ? "    nics:\n" : "    nics: []\n", out);
	for (i = 0; i < vnet->n_nics; i++) {
		nic = &vnet->nics[i];
		print_key(out, "      - device: ", nic->device);
		if (nic->has_mac)
			print_mac(out, nic->mac);
		fputs("        addresses: ", out);
		print_addrs(out, nic->addresses, nic->n_addresses);
		fprintf(out, "        ip-forwarding: %s\n",
			on_off(nic->ip_forwarding));
		fprintf(out, "        own-routes: %s\n",
			on_off(nic->own_routes));
	}
}

static void print_peerings(FILE *out, const struct conf_vnet *vnet)
{
	const struct conf_peering *peering;
	size_t i;

	fputs(vnet->n_peerings > 0 ? "    peerings:\n" :
				     "    peerings: []\n", out);
	for (i = 0; i < vnet->n_peerings; i++) {
		peering = &vnet->peerings[i];
		print_key(out, "      - vnet: ", peering->vnet);
		fprintf(out, "        allow-vnet-access: %s\n"
			"        allow-forwarded-traffic: %s\n"
			"        allow-gateway-transit: %s\n"
			"        use-remote-gateways: %s\n",
			on_off(peering->vnet_access),
			on_off(peering->forwarded_traffic),
			on_off(peering->gateway_transit),
			on_off(peering->remote_gateways));
	}
}

static void print_endpoints(FILE *out, const struct conf_vnet *vnet)
{
	const struct conf_endpoint *endpoint;
	size_t i;

	fputs(vnet->n_endpoints > 0 ? "    endpoints:\n" :
				      "    endpoints: []\n", out);
	for (i = 0; i < vnet->n_endpoints; i++) {
		endpoint = &vnet->endpoints[i];
		fputs("      - address: ", out);
		print_addr(out, &endpoint->address);
		fputs("\n        host: ", out);
		print_addr(out, &endpoint->host);
		putc('\n', out);
		if (endpoint->has_mac)
			print_mac(out, endpoint->mac);
		if (endpoint->vni)
			fprintf(out, "        vni: %u\n", endpoint->vni);
	}
}

static void print_asns(FILE *out, const struct conf_neighbor *neighbor)
{
	size_t i;

	if (neighbor->asn != 0) {
		fprintf(out, "          asn: %u\n", neighbor->asn);
		return;
	}
	fputs("          asns: [", out);
	for (i = 0; i < neighbor->n_asns; i++)
		fprintf(out, "%s%u", i > 0 ? ", " : "", neighbor->asns[i]);
	fputs("]\n", out);
}

static void print_ao_keys(FILE *out, const struct conf_neighbor *neighbor)
{
	const struct conf_ao_key *key;
	size_t i;

	if (neighbor->n_ao_keys > 0)
		fputs("          tcp-ao:\n", out);
	for (i = 0; i < neighbor->n_ao_keys; i++) {
		key = &neighbor->ao_keys[i];
		fprintf(out, "            - send-id: %u\n"
			"              recv-id: %u\n"
			"              algorithm: %s\n", key->send_id,
			key->recv_id, conf_ao_algorithm_names[key->algorithm]);
		if (key->key_file)
			print_key(out, "              key-file: ",
				  key->key_file);
		else
			print_key(out, "              key: ", key->key);
	}
}

static void print_neighbor(FILE *out, const struct conf_neighbor *neighbor)
{
	print_key(out, "        - name: ", neighbor->name);
	if (neighbor->range.addr.family != 0) {
		fputs("          range: ", out);
		print_prefix(out, &neighbor->range);
		fprintf(out, "\n          limit: %u\n", neighbor->limit);
	} else {
		fputs("          address: ", out);
		print_addr(out, &neighbor->address);
		putc('\n', out);
	}
	print_asns(out, neighbor);
	fprintf(out, "          kind: %s\n          as-override: %s\n"
		"          allowas-in: %u\n", conf_kind_names[neighbor->kind],
		on_off(neighbor->as_override), neighbor->allowas_in);
	fprintf(out, "          prefix-limit: %u\n"
		"          prefix-limit-action: %s\n"
		"          prefix-limit-restart: %u\n", neighbor->prefix_limit,
		conf_excess_names[neighbor->excess], neighbor->prefix_restart);
	if (neighbor->inbound)
		print_key(out, "          inbound-route-map: ",
			  neighbor->inbound);
	if (neighbor->outbound)
		print_key(out, "          outbound-route-map: ",
			  neighbor->outbound);
	if (neighbor->md5_key_file)
		print_key(out, "          md5-key-file: ",
			  neighbor->md5_key_file);
	else if (neighbor->md5_key)
		print_key(out, "          md5-key: ", neighbor->md5_key);
	print_ao_keys(out, neighbor);
	fprintf(out, "          ttl-security: %u\n", neighbor->ttl_security);
	if (neighbor->bfd)
		fprintf(out, "          bfd: { interval: %u, multiplier: %u, "
			"multihop: %s }\n", neighbor->bfd->interval,
			neighbor->bfd->multiplier,
			on_off(neighbor->bfd->multihop));
	fprintf(out, "          graceful-restart: %s\n          role: %s\n"
		"          strict-role: %s\n"
		"          add-path-receive: %s\n"
		"          add-path-send: %u\n",
		on_off(neighbor->graceful_restart),
		conf_role_names[neighbor->role], on_off(neighbor->strict_role),
		on_off(neighbor->add_path_receive), neighbor->add_path_send);
	fprintf(out, "          shutdown: %s\n", on_off(neighbor->shutdown));
	if (neighbor->shutdown_message)
		print_key(out, "          shutdown-message: ",
			  neighbor->shutdown_message);
}

static void print_server(FILE *out, const struct conf_server *server)
{
	size_t i;

	fprintf(out, "    route-server:\n      asn: %u\n      addresses: ",
		server->asn);
	print_addrs(out, server->addresses, server->n_addresses);
	fprintf(out, "      hold-time: %u\n      send-hold-time: %u\n"
		"      stale-time: %u\n", server->hold_time,
		server->send_hold_time, server->stale_time);
	fprintf(out, "      profile: %s\n",
		conf_profile_names[server->profile]);
	fprintf(out, "      branch-to-branch: %s\n"
		"      routing-preference: %s\n",
		on_off(server->branch_to_branch),
		conf_preference_names[server->preference]);
	fprintf(out, "      restart-time: %u\n      long-lived-time: %u\n"
		"      deferral-time: %u\n", server->restart_time,
		server->long_lived_time, server->deferral_time);
	fputs(server->n_neighbors > 0 ? "      neighbors:\n" :
					"      neighbors: []\n", out);
	for (i = 0; i < server->n_neighbors; i++)
		print_neighbor(out, &server->neighbors[i]);
}

static void print_vnet(FILE *out, const struct conf_vnet *vnet)
{
	print_key(out, "  - name: ", vnet->name);
	fprintf(out, "    vni: %u\n    table: %u\n    bgp-table: %u\n",
		vnet->vni, vnet->table, vnet->bgp_table);
	print_spaces(out, vnet);
	if (vnet->internet[0] != '\0')
		print_key(out, "    internet: ", vnet->internet);
	if (vnet->n_gateways > 0) {
		fputs("    internet-gateways: ", out);
		print_addrs(out, vnet->gateways, vnet->n_gateways);
	}
	fprintf(out, "    max-routes: %u\n", vnet->max_routes);
	fprintf(out, "    ecmp-symmetric: %s\n",
		on_off(vnet->ecmp_symmetric));
	print_subnets(out, vnet);
	print_nics(out, vnet);
	print_endpoints(out, vnet);
	print_peerings(out, vnet);
	if (vnet->server)
		print_server(out, vnet->server);
}

static void print_table(FILE *out, const struct conf_route_table *table)
{
	const struct conf_route *route;
	size_t i;

	print_key(out, "  - name: ", table->name);
	print_key(out, "    vnet: ", table->vnet);
	fprintf(out, "    table: %u\n    bgp-inside: %s\n", table->table,
		on_off(table->bgp_inside));
	print_key(out, "    keep-lost: ", on_off(table->keep_lost));
	fputs(table->n_routes > 0 ? "    routes:\n" : "    routes: []\n", out);
	for (i = 0; i < table->n_routes; i++) {
		route = &table->routes[i];
		fputs("      - prefix: ", out);
		print_prefix(out, &route->prefix);
		fprintf(out, "\n        next-hop-type: %s\n",
			conf_nh_type_name(route->type));
		if (route->type != CONF_NH_VIRTUAL_APPLIANCE)
			continue;
		fputs("        next-hop: ", out);
		print_addr(out, &route->next_hop);
		putc('\n', out);
	}
}

static void print_numbers(FILE *out, const char *key, const uint32_t *number,
			  size_t n, bool communities)
{
	size_t i;

	if (!number)
		return;
	fprintf(out, ", %s: [", key);
	for (i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : "", out);
		if (communities)
			fprintf(out, "\"%u:%u\"", number[i] >> 16,
				number[i] & 0xffff);
		else
			fprintf(out, "%u", number[i]);
	}
	fputs("]", out);
}

static void print_subject(FILE *out, const struct conf_subject *subject)
{
	size_t i;

	if (subject->prefixes) {
		fputs(", prefixes: [", out);
		for (i = 0; i < subject->n_prefixes; i++) {
			fputs(i > 0 ? ", " : "", out);
			print_prefix(out, &subject->prefixes[i]);
		}
		fputs("]", out);
	}
	print_numbers(out, "communities", subject->communities,
		      subject->n_communities, true);
	print_numbers(out, "as-path", subject->as_path, subject->n_as_path,
		      false);
	fputs(" }\n", out);
}

static void print_rule(FILE *out, const struct conf_rule *rule)
{
	size_t i;

	print_key(out, "      - name: ", rule->name);
	fputs(rule->n_match > 0 ? "        match:\n" : "        match: []\n",
	      out);
	for (i = 0; i < rule->n_match; i++) {
		fprintf(out, "          - { condition: %s",
			conf_condition_names[rule->match[i].condition]);
		print_subject(out, &rule->match[i].subject);
	}
	fputs(rule->n_actions > 0 ? "        actions:\n" :
				    "        actions: []\n", out);
	for (i = 0; i < rule->n_actions; i++) {
		fprintf(out, "          - { type: %s",
			conf_verb_names[rule->actions[i].verb]);
		print_subject(out, &rule->actions[i].subject);
	}
	fprintf(out, "        next-step: %s\n", conf_next_names[rule->next]);
}

static void print_map(FILE *out, const struct conf_map *map)
{
	size_t i;

	print_key(out, "  - name: ", map->name);
	fputs(map->n_rules > 0 ? "    rules:\n" : "    rules: []\n", out);
	for (i = 0; i < map->n_rules; i++)
		print_rule(out, &map->rules[i]);
}

void conf_print(const struct conf *conf, FILE *out)
{
	size_t i;

	if (conf->tunnel[0] != '\0')
		print_key(out, "tunnel: ", conf->tunnel);
	fputs(conf->n_vnets > 0 ? "vnets:\n" : "vnets: []\n", out);
	for (i = 0; i < conf->n_vnets; i++)
		print_vnet(out, &conf->vnets[i]);
	fputs(conf->n_tables > 0 ? "route-tables:\n" : "route-tables: []\n",
	      out);
	for (i = 0; i < conf->n_tables; i++)
		print_table(out, &conf->tables[i]);
	fputs(conf->n_maps > 0 ? "route-maps:\n" : "route-maps: []\n", out);
	for (i = 0; i < conf->n_maps; i++)
		print_map(out, &conf->maps[i]);
}
