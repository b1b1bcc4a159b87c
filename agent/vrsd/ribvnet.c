// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"

struct route_map {
	const char *name;
	const struct conf_map *conf;
	struct rib_map *map;
};

static struct {
	bool restarted;
	struct conf *conf;
	bool applying;			/* MSG_CONF_DONE is owed */
	struct route_map *maps;
	size_t n_maps;
	struct ribs_vnet *vnets;	/* by VNI */
} tables;

struct ribs_vnet *ribvnet_find(uint32_t vni)
{
	struct ribs_vnet *vnet;

	HASH_FIND(hh, tables.vnets, &vni, sizeof(vni), vnet);
	return vnet;
}

struct ribs_vnet *ribvnet_next(const struct ribs_vnet *vnet)
{
	return vnet ? vnet->hh.next : tables.vnets;
}

struct rib_map *ribvnet_map(const char *name)
{
	size_t i;

	for (i = 0; name && i < tables.n_maps; i++)
		if (!strcmp(tables.maps[i].name, name))
			return tables.maps[i].map;
	return NULL;
}

static struct rib_policy vnet_policy(const struct conf_vnet *conf)
{
	const struct conf_server *server = conf->server;
	struct rib_policy policy = { 0 };

	if (server) {
		policy.branch_to_branch = server->branch_to_branch;
		policy.preference = server->preference;
		policy.max_prefixes = server->profile == CONF_PROFILE_AZURE ?
				      CONF_AZURE_TOTAL : 0;
	}
	return policy;
}

static uint32_t local_as(const struct conf_vnet *conf)
{
	return conf->server ? conf->server->asn : CONF_DEFAULT_ASN;
}

static void add_spaces(struct ribs_vnet *vnet, const struct conf_vnet *conf)
{
	size_t i;

	vnet->spaces = xreallocarray(vnet->spaces,
				     vnet->n_spaces + conf->n_spaces,
				     sizeof(*vnet->spaces));
	for (i = 0; i < conf->n_spaces; i++)
		vnet->spaces[vnet->n_spaces++] = conf->spaces[i].prefix;
}

static bool has_space(const struct ribs_vnet *vnet,
		      const struct prefix *prefix)
{
	size_t i;

	for (i = 0; i < vnet->n_spaces; i++)
		if (prefix_equal(&vnet->spaces[i], prefix))
			return true;
	return false;
}

/*
 * The VNet's own spaces, and those of the spokes that use its gateways: NVAs
 * reach both by the route server's VNet.
 */
static void vnet_set_spaces(struct ribs_vnet *vnet,
			    const struct conf_vnet *conf)
{
	struct prefix *old = vnet->spaces;
	size_t i, n_old = vnet->n_spaces;

	vnet->spaces = NULL;
	vnet->n_spaces = 0;
	if (conf)
		add_spaces(vnet, conf);
	for (i = 0; conf && i < tables.conf->n_vnets; i++)
		if (conf_peering_transits(conf, &tables.conf->vnets[i]))
			add_spaces(vnet, &tables.conf->vnets[i]);
	for (i = 0; i < n_old; i++)
		if (!has_space(vnet, &old[i]))
			rib_space_del(vnet->rib, &old[i]);
	/* Those that stay are not there twice: add says so, and does nothing */
	for (i = 0; i < vnet->n_spaces; i++)
		rib_space_add(vnet->rib, &vnet->spaces[i]);
	free(old);
}

static bool has_inside(const struct conf_vnet *conf)
{
	const struct conf_route_table *table;
	size_t i;

	for (i = 0; i < conf->n_subnets; i++) {
		const char *name = conf->subnets[i].route_table;

		table = name ? conf_table_find(tables.conf, name) : NULL;
		if (table && table->bgp_inside)
			return true;
	}
	return false;
}

/*
 * Some subnet may want what others do not, of the VNet or of a spoke that uses
 * its gateways: the kernel tells them apart.
 */
static bool wants_inside(const struct conf_vnet *conf)
{
	size_t i;

	if (has_inside(conf))
		return true;
	for (i = 0; i < tables.conf->n_vnets; i++)
		if (conf_peering_transits(conf, &tables.conf->vnets[i]) &&
		    has_inside(&tables.conf->vnets[i]))
			return true;
	return false;
}

static void vnet_begin(struct ribs_vnet *vnet)
{
	struct rib_conf conf = {
		.local_as = local_as(vnet->conf),
		.policy = vnet_policy(vnet->conf),
	};

	vnet->local_as = conf.local_as;
	vnet->rib = rib_new(&conf, ribs_ops(), vnet);
	vnet_set_spaces(vnet, vnet->conf);
	rib_program_inside(vnet->rib, wants_inside(vnet->conf));
}

static void vnet_add(const struct conf_vnet *conf)
{
	struct ribs_vnet *vnet = xcalloc(1, sizeof(*vnet));

	vnet->vni = conf->vni;
	vnet->conf = conf;
	HASH_ADD(hh, tables.vnets, vni, sizeof(vnet->vni), vnet);
	vnet_begin(vnet);
	ribstart_init(vnet, ribs_has_kernel(), tables.restarted);
	ribs_wake(vnet);
}

/* A table has one local AS: with another it is emptied and made anew. */
static void vnet_change(struct ribs_vnet *vnet,
			const struct conf_vnet *conf)
{
	struct rib_policy policy = vnet_policy(conf);

	vnet->conf = conf;
	if (local_as(conf) == vnet->local_as) {
		vnet_set_spaces(vnet, conf);
		rib_set_policy(vnet->rib, &policy);
		rib_program_inside(vnet->rib, wants_inside(conf));
		ribpeer_configure(vnet);
	} else {
		ribpeer_remove_all(vnet);
		vnet_set_spaces(vnet, NULL);
		ribquery_vnet_gone(vnet);
		vnet->draining = true;
	}
	ribstart_change(vnet);
	/* Perhaps for nobody that is not there yet. */
	ribs_wake(vnet);
}

static void vnet_remove(struct ribs_vnet *vnet)
{
	ribpeer_remove_all(vnet);
	ribquery_vnet_gone(vnet);
	HASH_DELETE(hh, tables.vnets, vnet);
	ribs_forget(vnet);
	ribstart_fini(vnet);
	rib_free(vnet->rib);
	free(vnet->spaces);
	free(vnet);
}

static const struct conf_vnet *conf_by_vni(const struct conf *conf,
					   uint32_t vni)
{
	size_t i;

	for (i = 0; i < conf->n_vnets; i++)
		if (conf->vnets[i].vni == vni)
			return &conf->vnets[i];
	return NULL;
}

/* A map that does what it did stays, so that nothing is gone through again. */
static struct rib_map *keep_map(const struct conf_map *conf)
{
	size_t i;

	for (i = 0; i < tables.n_maps; i++)
		if (!strcmp(tables.maps[i].name, conf->name) &&
		    conf_map_equal(tables.maps[i].conf, conf))
			return rib_map_hold(tables.maps[i].map);
	return rib_map_new(conf);
}

static void take_maps(const struct conf *conf)
{
	struct route_map *maps = xcalloc(conf->n_maps + 1, sizeof(*maps));
	size_t i;

	for (i = 0; i < conf->n_maps; i++)
		maps[i] = (struct route_map){
			.name = conf->maps[i].name,
			.conf = &conf->maps[i],
			.map = keep_map(&conf->maps[i]),
		};
	/* Peers that have one hold it. */
	for (i = 0; i < tables.n_maps; i++)
		rib_map_put(tables.maps[i].map);
	free(tables.maps);
	tables.maps = maps;
	tables.n_maps = conf->n_maps;
}

void ribvnet_apply(struct conf *conf)
{
	struct ribs_vnet *vnet, *next;
	struct conf *old = tables.conf;
	size_t i;

	take_maps(conf);
	tables.conf = conf;
	HASH_ITER(hh, tables.vnets, vnet, next) {
		if (!conf_by_vni(conf, vnet->vni))
			vnet_remove(vnet);
	}
	for (i = 0; i < conf->n_vnets; i++) {
		vnet = ribvnet_find(conf->vnets[i].vni);
		if (vnet)
			vnet_change(vnet, &conf->vnets[i]);
		else
			vnet_add(&conf->vnets[i]);
	}
	/* What is new later was not before. */
	tables.restarted = false;
	conf_free(old);
	tables.applying = true;
	ribs_work();
}

/* A table that was to be emptied is; a new one takes its place. */
void ribvnet_finish_draining(struct ribs_vnet *vnet)
{
	if (!rib_route_settled(vnet->rib))
		return;
	/* One may have begun since it drains. */
	ribquery_vnet_gone(vnet);
	rib_free(vnet->rib);
	vnet->draining = false;
	vnet_begin(vnet);
}

void ribvnet_tell_done(void)
{
	struct ribs_vnet *vnet = NULL;

	if (!tables.applying)
		return;
	while ((vnet = ribvnet_next(vnet)))
		if (vnet->draining || rib_revising(vnet->rib))
			return;
	tables.applying = false;
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
}

void ribvnet_init(bool restarted)
{
	tables.restarted = restarted;
}
