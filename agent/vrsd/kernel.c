// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel process: what the configuration and speaker want, said to fib, and
 * what became of it, said back. It has CAP_NET_ADMIN, and no peer's bytes come
 * to it: only routes and next hops that speaker and bfd made of them, of a form
 * that is checked here.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "fib/fib.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/utf8.h"
#include "lib/util.h"
#include "vrsd/conftext.h"
#include "vrsd/proc.h"
#include "vrsd/vrsd.h"

static struct {
	struct fib *fib;
	struct conf *conf;
} kernel;

static const struct conf_vnet *find_vnet(uint32_t vni)
{
	size_t i;

	for (i = 0; kernel.conf && i < kernel.conf->n_vnets; i++)
		if (kernel.conf->vnets[i].vni == vni)
			return &kernel.conf->vnets[i];
	return NULL;
}

/*
 * From the configuration's structs to fib's
 */

static const struct prefix *copy_spaces(const struct conf_vnet *conf)
{
	struct prefix *spaces = xcalloc(conf->n_spaces, sizeof(*spaces));
	size_t i;

	for (i = 0; i < conf->n_spaces; i++)
		spaces[i] = conf->spaces[i].prefix;
	return spaces;
}

/* The kernel knows subnets only: what a route table wants is their flag. */
static uint32_t subnet_flags(const struct conf *conf,
			     const struct conf_subnet *subnet)
{
	static const uint32_t flags[] = {
		[CONF_PROPAGATE_NONE] = VNET_SUBNET_F_NO_PROPAGATION,
		[CONF_PROPAGATE_ALL] = 0,
		[CONF_PROPAGATE_ROUTE_SERVER] = VNET_SUBNET_F_NO_GATEWAY,
		[CONF_PROPAGATE_GATEWAY] = VNET_SUBNET_F_NO_ROUTE_SERVER,
	};
	const struct conf_route_table *table = subnet->route_table ?
		conf_table_find(conf, subnet->route_table) : NULL;

	return flags[subnet->propagation] |
	       (table && table->bgp_inside ? VNET_SUBNET_F_BGP_INSIDE : 0) |
	       (table && table->keep_lost ? VNET_SUBNET_F_KEEP_LOST : 0);
}

static const struct fib_subnet *copy_subnets(const struct conf *all,
					     const struct conf_vnet *conf)
{
	struct fib_subnet *subnets = xcalloc(conf->n_subnets,
					     sizeof(*subnets));
	size_t i;

	for (i = 0; i < conf->n_subnets; i++) {
		subnets[i].prefix = conf->subnets[i].prefix;
		subnets[i].table = conf->subnets[i].table;
		subnets[i].flags = subnet_flags(all, &conf->subnets[i]);
	}
	return subnets;
}

static uint32_t peering_flags(const struct conf_peering *side)
{
	return (side->vnet_access ? VNET_PEERING_F_VNET_ACCESS : 0) |
	       (side->forwarded_traffic ?
		VNET_PEERING_F_FORWARDED_TRAFFIC : 0) |
	       (side->gateway_transit ? VNET_PEERING_F_GATEWAY_TRANSIT : 0) |
	       (side->remote_gateways ?
		VNET_PEERING_F_USE_REMOTE_GATEWAYS : 0);
}

/* Rows into a peer that has no side are of no use. */
static const struct fib_peering *copy_peerings(const struct conf *all,
					       const struct conf_vnet *conf)
{
	struct fib_peering *sides = xcalloc(conf->n_peerings, sizeof(*sides));
	size_t i;

	for (i = 0; i < conf->n_peerings; i++) {
		const struct conf_peering *from = &conf->peerings[i];
		const struct conf_vnet *peer = conf_vnet_find(all, from->vnet);

		memcpy(sides[i].device, from->vnet, sizeof(from->vnet));
		sides[i].flags = peering_flags(from);
		if (!conf_peering_find(peer, conf->name))
			continue;
		sides[i].spaces = copy_spaces(peer);
		sides[i].n_spaces = peer->n_spaces;
	}
	return sides;
}

static const struct fib_nic *copy_nics(const struct conf_vnet *conf)
{
	struct fib_nic *nics = xcalloc(conf->n_nics, sizeof(*nics));
	size_t i;

	for (i = 0; i < conf->n_nics; i++) {
		const struct conf_nic *from = &conf->nics[i];

		memcpy(nics[i].device, from->device, sizeof(from->device));
		nics[i].has_mac = from->has_mac;
		memcpy(nics[i].mac, from->mac, sizeof(from->mac));
		nics[i].addresses = from->addresses;
		nics[i].n_addresses = from->n_addresses;
		nics[i].flags =
			(from->ip_forwarding ? VNET_NIC_F_FORWARDING : 0) |
			(from->own_routes ? VNET_NIC_F_OWN_ROUTES : 0);
	}
	return nics;
}

static const struct fib_endpoint *copy_endpoints(const struct conf_vnet *conf)
{
	struct fib_endpoint *endpoints = xcalloc(conf->n_endpoints,
						 sizeof(*endpoints));
	size_t i;

	for (i = 0; i < conf->n_endpoints; i++) {
		const struct conf_endpoint *from = &conf->endpoints[i];

		endpoints[i].address = from->address;
		endpoints[i].host = from->host;
		endpoints[i].vni = from->vni;
		endpoints[i].has_mac = from->has_mac;
		memcpy(endpoints[i].mac, from->mac, sizeof(from->mac));
	}
	return endpoints;
}

static const struct fib_user_route *
copy_routes(const struct conf_route_table *conf)
{
	static const enum fib_user_type types[] = {
		[CONF_NH_VIRTUAL_APPLIANCE] = FIB_USER_APPLIANCE,
		[CONF_NH_VNET_LOCAL] = FIB_USER_VNET_LOCAL,
		[CONF_NH_INTERNET] = FIB_USER_INTERNET,
		[CONF_NH_NONE] = FIB_USER_NONE,
	};
	struct fib_user_route *routes = xcalloc(conf->n_routes,
						sizeof(*routes));
	size_t i;

	for (i = 0; i < conf->n_routes; i++) {
		routes[i].prefix = conf->routes[i].prefix;
		routes[i].type = types[conf->routes[i].type];
		routes[i].next_hop = conf->routes[i].next_hop;
	}
	return routes;
}

static const struct fib_user_table *copy_tables(const struct conf *conf,
						const char *vnet, size_t *n)
{
	struct fib_user_table *tables = xcalloc(conf->n_tables,
						sizeof(*tables));
	size_t i;

	*n = 0;
	for (i = 0; i < conf->n_tables; i++) {
		const struct conf_route_table *from = &conf->tables[i];

		if (strcmp(from->vnet, vnet))
			continue;
		tables[*n].table = from->table;
		tables[*n].routes = copy_routes(from);
		tables[(*n)++].n_routes = from->n_routes;
	}
	return tables;
}

static void copy_internet(struct fib_vnet *vnet, const struct conf_vnet *from)
{
	size_t i;

	memcpy(vnet->internet, from->internet, sizeof(from->internet));
	for (i = 0; i < from->n_gateways; i++) {
		if (from->gateways[i].family == AF_INET)
			vnet->gateway4 = from->gateways[i];
		else
			vnet->gateway6 = from->gateways[i];
	}
}

static void vnet_fill(struct fib_vnet *vnet, const struct conf *conf,
		      const struct conf_vnet *from)
{
	vnet->vni = from->vni;
	memcpy(vnet->name, from->name, sizeof(from->name));
	vnet->table = from->table;
	vnet->bgp_table = from->bgp_table;
	vnet->max_routes = from->max_routes;
	vnet->ecmp_symmetric = from->ecmp_symmetric;
	copy_internet(vnet, from);
	vnet->spaces = copy_spaces(from);
	vnet->n_spaces = from->n_spaces;
	if (from->server) {
		vnet->addresses = from->server->addresses;
		vnet->n_addresses = from->server->n_addresses;
	}
	vnet->subnets = copy_subnets(conf, from);
	vnet->n_subnets = from->n_subnets;
	vnet->tables = copy_tables(conf, from->name, &vnet->n_tables);
	vnet->nics = copy_nics(from);
	vnet->n_nics = from->n_nics;
	memcpy(vnet->tunnel, conf->tunnel, sizeof(conf->tunnel));
	vnet->endpoints = copy_endpoints(from);
	vnet->n_endpoints = from->n_endpoints;
	vnet->peerings = copy_peerings(conf, from);
	vnet->n_peerings = from->n_peerings;
}

static void vnet_drop(struct fib_vnet *vnet)
{
	size_t i;

	for (i = 0; i < vnet->n_tables; i++)
		free((void *)vnet->tables[i].routes);
	for (i = 0; i < vnet->n_peerings; i++)
		free((void *)vnet->peerings[i].spaces);
	free((void *)vnet->peerings);
	free((void *)vnet->spaces);
	free((void *)vnet->subnets);
	free((void *)vnet->tables);
	free((void *)vnet->nics);
	free((void *)vnet->endpoints);
}

static void configure(const struct conf *conf)
{
	struct fib_vnet *vnets = xcalloc(conf->n_vnets, sizeof(*vnets));
	size_t i;

	for (i = 0; i < conf->n_vnets; i++)
		vnet_fill(&vnets[i], conf, &conf->vnets[i]);
	fib_configure(kernel.fib, vnets, conf->n_vnets);
	for (i = 0; i < conf->n_vnets; i++)
		vnet_drop(&vnets[i]);
	free(vnets);
}

static void conf_end(void)
{
	struct conf *conf = conftext_end();

	configure(conf);
	conf_free(kernel.conf);
	kernel.conf = conf;
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
}

/*
 * Routes
 */

/* In one message with the last ones, as long as it is to be had. */
static void tell_done(uint32_t vni, const struct prefix *prefix)
{
	struct chan *ch = proc_chan(PROC_SPEAKER);
	static uint32_t of;

	if (vni == of &&
	    chan_extend(ch, MSG_ROUTES_DONE, prefix, sizeof(*prefix),
			sizeof(vni) + MSG_PREFIXES_MAX * sizeof(*prefix)))
		return;
	chan_send2(ch, MSG_ROUTES_DONE, &vni, sizeof(vni), prefix,
		   sizeof(*prefix));
	of = vni;
}

static void tell_failed(uint32_t vni, const struct prefix *prefix, int error,
			const char *text)
{
	struct msg_route_failed msg = {
		.vni = vni,
		.error = error ? error : EIO,
		.prefix = *prefix,
	};

	chan_send2(proc_chan(PROC_SPEAKER), MSG_ROUTE_FAILED, &msg,
		   sizeof(msg), text, strlen(text));
}

static bool prefixes_valid(const struct prefix *prefixes, size_t n)
{
	size_t i;

	if (n == 0 || n > MSG_PREFIXES_MAX)
		return false;
	for (i = 0; i < n; i++) {
		if (!addr_bits(&prefixes[i].addr) ||
		    prefixes[i].len > addr_bits(&prefixes[i].addr))
			return false;
	}
	return true;
}

static void routes(const struct msg_routes *msg, size_t len)
{
	const struct addr *hops = (const void *)(msg + 1);
	size_t n_hops = (size_t)msg->n_hops + msg->n_backups, i, n;
	const struct prefix *prefixes = (const void *)(hops + n_hops);
	size_t fixed = sizeof(*msg) + n_hops * sizeof(*hops);
	struct fib_way way = {
		.hops = hops,
		.n_hops = msg->n_hops,
		.gateway = msg->gateway,
	};

	n = len < fixed ? 0 : (len - fixed) / sizeof(*prefixes);
	if (msg->n_hops > MSG_HOPS_MAX || msg->n_backups > 1 ||
	    len != fixed + n * sizeof(*prefixes) ||
	    !prefixes_valid(prefixes, n))
		proc_violation(PROC_SPEAKER, MSG_ROUTES);
	if (msg->n_backups)
		way.backup = &hops[msg->n_hops];
	fib_routes_set(kernel.fib, msg->vni, prefixes, n, &way);
	/* fib tells of routes that are wanted only. */
	for (i = 0; msg->n_hops == 0 && i < n; i++)
		tell_done(msg->vni, &prefixes[i]);
}

static void fib_route(void *arg, uint32_t vni, const struct prefix *prefix,
		      enum fib_route_state state, int error, const char *text)
{
	(void)arg;
	if (state == FIB_ROUTE_INSTALLED)
		tell_done(vni, prefix);
	else
		tell_failed(vni, prefix, error, text);
}

static void fib_vnet(void *arg, uint32_t vni, bool ready, const char *text)
{
	const struct conf_vnet *vnet = find_vnet(vni);
	struct msg_vnet_ready msg = { .vni = vni };
	enum bgp_af af;

	(void)arg;
	if (text)
		log_err("vnet %s: %s", vnet ? vnet->name : "?", text);
	if (!ready)
		return;
	for (af = 0; af < BGP_AF_COUNT; af++)
		if (fib_kept(kernel.fib, vni, bgp_af_info[af].family))
			msg.kept |= bgp_af_bit(af);
	chan_send(proc_chan(PROC_PARENT), MSG_VNET_READY, &msg, sizeof(msg));
}

static void tell_hop(enum proc_id to, uint16_t type, uint32_t vni,
		     const struct addr *hop)
{
	struct msg_hop msg;

	memset(&msg, 0, sizeof(msg));
	msg.vni = vni;
	msg.hop = *hop;
	chan_send(proc_chan(to), type, &msg, sizeof(msg));
}

static void fib_nic_down(void *arg, uint32_t vni, const struct addr *addr)
{
	(void)arg;
	tell_hop(PROC_PARENT, MSG_NIC_DOWN, vni, addr);
}

static void fib_hop_back(void *arg, uint32_t vni, const struct addr *hop)
{
	(void)arg;
	tell_hop(PROC_SPEAKER, MSG_HOP_BACK, vni, hop);
}

static void fib_lost(void *arg, uint32_t vni)
{
	(void)arg;
	chan_send(proc_chan(PROC_PARENT), MSG_VNET_LOST, &vni, sizeof(vni));
}

static void fib_repaired(void *arg, uint32_t vni, unsigned int differences)
{
	const struct conf_vnet *vnet = find_vnet(vni);

	(void)arg;
	log_warn("vnet %s: %u differences between what the kernel held and "
		 "what is wanted, repaired", vnet ? vnet->name : "?",
		 differences);
}

static const struct fib_events fib_events = {
	.route = fib_route,
	.vnet = fib_vnet,
	.nic_down = fib_nic_down,
	.hop_back = fib_hop_back,
	.lost = fib_lost,
	.repaired = fib_repaired,
};

static void query_status(uint32_t id)
{
	struct msg_row_status msg = { .query = id };
	struct fib_stats stats;

	proc_status(&msg.row);
	if (fib_get_stats(kernel.fib, 0, &stats)) {
		msg.row.prefixes = stats.routes;
		msg.row.failed = stats.failed;
		msg.row.audits = stats.audits;
		msg.row.repairs = stats.repairs;
	}
	chan_send(proc_chan(PROC_CONTROL), MSG_ROW_STATUS, &msg, sizeof(msg));
}

static void query_problems(uint32_t id)
{
	const struct conf_vnet *vnet;
	struct msg_row_problem msg;
	const char *text;
	size_t i;

	for (i = 0; kernel.conf && i < kernel.conf->n_vnets; i++) {
		vnet = &kernel.conf->vnets[i];
		text = fib_vnet_problem(kernel.fib, vnet->vni);
		if (!text)
			continue;
		msg = (struct msg_row_problem){ .query = id };
		snprintf(msg.row.vnet, sizeof(msg.row.vnet), "%s", vnet->name);
		snprintf(msg.row.text, sizeof(msg.row.text), "%s", text);
		utf8_make_whole(msg.row.text);
		chan_send(proc_chan(PROC_CONTROL), MSG_ROW_PROBLEM, &msg,
			  sizeof(msg));
	}
}

static void query(const struct msg_query *query)
{
	if (query->kind == QUERY_STATUS)
		query_status(query->id);
	else if (query->kind == QUERY_PROBLEMS)
		query_problems(query->id);
	proc_query_end(query->id, 0, NULL);
}

static void hop(enum proc_id from, uint16_t type, const struct msg_hop *msg)
{
	if (!addr_bits(&msg->hop))
		proc_violation(from, type);
	if (type == MSG_HOP_DOWN)
		fib_hop_down(kernel.fib, msg->vni, &msg->hop);
	else
		fib_hop_up(kernel.fib, msg->vni, &msg->hop);
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	(void)fd;
	switch (type) {
	case MSG_CONF_TEXT:
		conftext_add(body, len);
		break;
	case MSG_CONF_END:
		conf_end();
		break;
	case MSG_ROUTES:
		routes(body, len);
		break;
	case MSG_HOP_DOWN:
	case MSG_HOP_UP:
		hop(from, type, body);
		break;
	case MSG_SWEEP:
		fib_sweep(kernel.fib, *(const uint32_t *)body);
		break;
	case MSG_QUERY:
		query(body);
		break;
	case MSG_QUERY_MORE:
	case MSG_QUERY_CANCEL:
		break;			/* the answer was sent whole */
	default:
		proc_violation(from, type);
	}
}

static const struct proc_ops ops = {
	.message = message,
};

int kernel_main(const struct options *opt)
{
	proc_init(PROC_KERNEL, &ops);
	kernel.fib = fib_open(&fib_events, NULL);
	if (!kernel.fib)
		return 1;
	sandbox_enter(PROC_KERNEL, &opt->sandbox);
	return loop_run();
}
