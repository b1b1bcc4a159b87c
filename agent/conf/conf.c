// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/schema.h"
#include "lib/util.h"

const char *const conf_propagation_names[] = {
	[CONF_PROPAGATE_ALL] = "true",
	[CONF_PROPAGATE_NONE] = "false",
	[CONF_PROPAGATE_ROUTE_SERVER] = "route-server",
	[CONF_PROPAGATE_GATEWAY] = "gateway",
	NULL,
};

const char *const conf_kind_names[] = {
	[CONF_NVA] = "nva",
	[CONF_VPN] = "vpn",
	[CONF_EXPRESSROUTE] = "expressroute",
	NULL,
};

const char *const conf_profile_names[] = {
	[CONF_PROFILE_DEFAULT] = "default",
	[CONF_PROFILE_AZURE] = "azure",
	NULL,
};

const char *const conf_excess_names[] = {
	[CONF_EXCESS_DROP] = "drop-excess",
	[CONF_EXCESS_WARN] = "warn",
	[CONF_EXCESS_TEARDOWN] = "teardown",
	NULL,
};

const char *const conf_preference_names[] = {
	[CONF_PREFER_EXPRESSROUTE] = "ExpressRoute",
	[CONF_PREFER_VPN] = "VpnGateway",
	[CONF_PREFER_AS_PATH] = "ASPath",
	NULL,
};

const char *const conf_role_names[] = {
	[CONF_ROLE_NONE] = "none",
	[CONF_ROLE_PROVIDER] = "provider",
	[CONF_ROLE_RS] = "rs",
	[CONF_ROLE_RS_CLIENT] = "rs-client",
	[CONF_ROLE_CUSTOMER] = "customer",
	[CONF_ROLE_PEER] = "peer",
	NULL,
};

const char *const conf_ao_algorithm_names[] = {
	[CONF_AO_HMAC_SHA_1_96] = "hmac-sha-1-96",
	[CONF_AO_AES_128_CMAC_96] = "aes-128-cmac-96",
	[CONF_AO_HMAC_SHA_256_96] = "hmac-sha-256-96",
	[CONF_AO_HMAC_SHA_256_128] = "hmac-sha-256-128",
	NULL,
};

/*
 * Thousands of subnets have a route table, and thousands of sessions a
 * neighbor: these are found by pointers to all, in order.
 */

static int name_cmp(const void *pa, const void *pb)
{
	const struct conf_route_table *const *a = pa, *const *b = pb;

	return strcmp((*a)->name, (*b)->name);
}

static int address_cmp(const void *pa, const void *pb)
{
	const struct conf_neighbor *const *a = pa, *const *b = pb;

	return addr_cmp(&(*a)->address, &(*b)->address);
}

static void sort_neighbors(struct conf_server *server)
{
	size_t i, n = server->n_neighbors;

	server->by_address = xcalloc(n + 1, sizeof(*server->by_address));
	for (i = 0; i < n; i++)
		server->by_address[i] = &server->neighbors[i];
	qsort(server->by_address, n, sizeof(*server->by_address), address_cmp);
}

static void sort_all(struct conf *conf)
{
	size_t i;

	conf->by_name = xcalloc(conf->n_tables + 1, sizeof(*conf->by_name));
	for (i = 0; i < conf->n_tables; i++)
		conf->by_name[i] = &conf->tables[i];
	qsort(conf->by_name, conf->n_tables, sizeof(*conf->by_name), name_cmp);
	for (i = 0; i < conf->n_vnets; i++)
		if (conf->vnets[i].server)
			sort_neighbors(conf->vnets[i].server);
}

static void forget_order(struct conf *conf)
{
	size_t i;

	free(conf->by_name);
	for (i = 0; i < conf->n_vnets; i++)
		if (conf->vnets[i].server)
			free(conf->vnets[i].server->by_address);
}

struct conf *conf_parse(const char *name, const void *text, size_t len,
			struct conf_error *err)
{
	struct schema_reader r = { .file = name, .err = err };
	struct node *root = node_parse(name, text, len, err);
	struct conf *conf;
	bool ok;

	if (!root)
		return NULL;
	conf = xcalloc(1, sizeof(*conf));
	ok = schema_read(&r, root, conf);
	if (ok) {
		sort_all(conf);
		ok = check_conf(&r, conf);
	}
	node_free(root);
	free(r.place);
	conf->secrets = r.secrets;
	conf->n_secrets = r.n_secrets;
	if (ok)
		return conf;
	conf_free(conf);
	return NULL;
}

static void *fail(struct conf_error *err, const char *path, const char *what)
{
	conf_error_set(err, path, (struct conf_pos){ 0, 0 }, "%s", what);
	return NULL;
}

/* All of a file, at most CONF_SIZE_MAX bytes; NULL with @err. */
static char *read_file(const char *path, size_t *len, struct conf_error *err)
{
	FILE *file = fopen(path, "re");
	size_t size = 4096;
	char *text;

	if (!file)
		return fail(err, path, strerror(errno));
	text = xmalloc(size);
	*len = 0;
	for (;;) {
		*len += fread(text + *len, 1, size - *len, file);
		if (*len < size || size > CONF_SIZE_MAX)
			break;
		size *= 2;
		text = xreallocarray(text, size, 1);
	}
	if (ferror(file)) {
		fail(err, path, strerror(errno));
		free(text);
		text = NULL;
	} else if (*len > CONF_SIZE_MAX) {
		fail(err, path, "larger than 16 MiB");
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

struct conf *conf_load(const char *path, struct conf_error *err)
{
	struct conf *conf;
	size_t len;
	char *text;

	text = read_file(path, &len, err);
	if (!text)
		return NULL;
	conf = conf_parse(path, text, len, err);
	free(text);
	return conf;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	forget_order(conf);
	schema_free(conf);
	free(conf->secrets);
	free(conf);
}

const struct conf_peering *conf_peering_find(const struct conf_vnet *vnet,
					     const char *peer)
{
	size_t i;

	for (i = 0; i < vnet->n_peerings; i++) {
		if (strcmp(vnet->peerings[i].vnet, peer) == 0)
			return &vnet->peerings[i];
	}
	return NULL;
}

bool conf_peering_transits(const struct conf_vnet *hub,
			   const struct conf_vnet *spoke)
{
	const struct conf_peering *lends = conf_peering_find(hub, spoke->name);
	const struct conf_peering *uses = conf_peering_find(spoke, hub->name);

	return lends && uses && lends->gateway_transit &&
	       uses->remote_gateways;
}

const char *conf_nh_type_name(enum conf_nh_type type)
{
	static const char *const name[] = {
		[CONF_NH_VIRTUAL_APPLIANCE] = "VirtualAppliance",
		[CONF_NH_VNET_LOCAL] = "VnetLocal",
		[CONF_NH_INTERNET] = "Internet",
		[CONF_NH_NONE] = "None",
	};

	return name[type];
}

const struct conf_vnet *conf_vnet_find(const struct conf *conf,
				       const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_vnets; i++) {
		if (strcmp(conf->vnets[i].name, name) == 0)
			return &conf->vnets[i];
	}
	return NULL;
}

const struct conf_route_table *conf_table_find(const struct conf *conf,
					       const char *name)
{
	const struct conf_route_table key = { .name = (char *)name };
	const struct conf_route_table *wanted = &key, **found;

	found = bsearch(&wanted, conf->by_name, conf->n_tables,
			sizeof(*conf->by_name), name_cmp);
	return found ? *found : NULL;
}

int conf_neighbor_family(const struct conf_neighbor *neighbor)
{
	return neighbor->address.family ? neighbor->address.family :
					  neighbor->range.addr.family;
}

const struct conf_neighbor *
conf_neighbor_find(const struct conf_server *server, const struct addr *addr)
{
	const struct conf_neighbor key = { .address = *addr };
	const struct conf_neighbor *wanted = &key, *range, **found;
	size_t i;

	found = bsearch(&wanted, server->by_address, server->n_neighbors,
			sizeof(*server->by_address), address_cmp);
	if (found)
		return *found;
	for (i = 0; i < server->n_neighbors; i++) {
		range = server->by_address[i];
		if (range->address.family)
			break;
		if (prefix_contains(&range->range, addr))
			return range;
	}
	return NULL;
}

struct addr conf_server_instance(const struct conf_server *server,
				 size_t instance, int family)
{
	size_t i;

	for (i = 0; i < server->n_addresses; i++) {
		if (server->addresses[i].family == family && instance-- == 0)
			return server->addresses[i];
	}
	return (struct addr){ 0 };
}

size_t conf_server_instance_of(const struct conf_server *server,
			       const struct addr *local)
{
	size_t instance = 0, i;

	for (i = 0; i < server->n_addresses; i++) {
		if (addr_equal(&server->addresses[i], local))
			return instance;
		instance += server->addresses[i].family == local->family;
	}
	return SIZE_MAX;
}

size_t conf_server_instances(const struct conf_server *server)
{
	size_t n = 0;

	while (conf_server_instance(server, n, AF_INET).family != 0 ||
	       conf_server_instance(server, n, AF_INET6).family != 0)
		n++;
	return n;
}
