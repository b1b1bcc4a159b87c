// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "conf/conf.h"

struct diff {
	conf_diff_cb *cb;
	void *arg;
	const struct conf_vnet *vnet;
	const struct conf_route_table *table;
};

/* How one kind of object is told apart and compared. */
struct kind {
	enum conf_object object;
	size_t size;
	bool (*same)(const void *a, const void *b);	/* by name */
	bool (*equal)(const void *a, const void *b);	/* in what is its own */
};

struct list {
	const void *item;
	size_t n;
};

static const void *find(const struct kind *kind, const struct list *list,
			const void *item, size_t hint)
{
	const char *items = list->item;
	size_t i;

	/* As a rule it is where it was. */
	if (hint < list->n && kind->same(items + hint * kind->size, item))
		return items + hint * kind->size;
	for (i = 0; i < list->n; i++) {
		if (kind->same(items + i * kind->size, item))
			return items + i * kind->size;
	}
	return NULL;
}

static void tell(struct diff *d, enum conf_object object, const void *old,
		 const void *new)
{
	struct conf_change change = {
		.object = object,
		.old = old,
		.new = new,
		.vnet = d->vnet,
		.table = d->table,
	};

	d->cb(d->arg, &change);
}

/* What is in @a and not in @b. */
static void tell_gone(struct diff *d, const struct kind *kind, struct list a,
		      struct list b)
{
	const char *item = a.item;
	size_t i;

	for (i = 0; i < a.n; i++, item += kind->size) {
		if (!find(kind, &b, item, i))
			tell(d, kind->object, item, NULL);
	}
}

static void tell_new(struct diff *d, const struct kind *kind, struct list a,
		     struct list b)
{
	const char *item = b.item;
	const void *old;
	size_t i;

	for (i = 0; i < b.n; i++, item += kind->size) {
		old = find(kind, &a, item, i);
		if (!old || !kind->equal(old, item))
			tell(d, kind->object, old, item);
	}
}

/* ---- kinds ----------------------------------------------------------- */

static bool always(const void *a, const void *b)
{
	(void)a;
	(void)b;
	return true;
}

static bool addrs_equal(const struct addr *a, size_t n_a,
			const struct addr *b, size_t n_b)
{
	size_t i;

	if (n_a != n_b)
		return false;
	for (i = 0; i < n_a; i++) {
		if (!addr_equal(&a[i], &b[i]))
			return false;
	}
	return true;
}

/* Either may be NULL. */
static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool space_same(const void *pa, const void *pb)
{
	const struct conf_space *a = pa, *b = pb;

	return prefix_equal(&a->prefix, &b->prefix);
}

static bool subnet_same(const void *pa, const void *pb)
{
	const struct conf_subnet *a = pa, *b = pb;

	return prefix_equal(&a->prefix, &b->prefix);
}

static bool subnet_equal(const void *pa, const void *pb)
{
	const struct conf_subnet *a = pa, *b = pb;

	return a->table == b->table && a->propagation == b->propagation;
}

static bool peering_same(const void *pa, const void *pb)
{
	const struct conf_peering *a = pa, *b = pb;

	return strcmp(a->vnet, b->vnet) == 0;
}

static bool peering_equal(const void *pa, const void *pb)
{
	const struct conf_peering *a = pa, *b = pb;

	return a->vnet_access == b->vnet_access &&
	       a->forwarded_traffic == b->forwarded_traffic &&
	       a->gateway_transit == b->gateway_transit &&
	       a->remote_gateways == b->remote_gateways;
}

static bool nic_same(const void *pa, const void *pb)
{
	const struct conf_nic *a = pa, *b = pb;

	return strcmp(a->device, b->device) == 0;
}

static bool nic_equal(const void *pa, const void *pb)
{
	const struct conf_nic *a = pa, *b = pb;

	return a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       a->ip_forwarding == b->ip_forwarding &&
	       a->own_routes == b->own_routes &&
	       addrs_equal(a->addresses, a->n_addresses, b->addresses,
			   b->n_addresses);
}

static bool endpoint_same(const void *pa, const void *pb)
{
	const struct conf_endpoint *a = pa, *b = pb;

	return addr_equal(&a->address, &b->address);
}

static bool endpoint_equal(const void *pa, const void *pb)
{
	const struct conf_endpoint *a = pa, *b = pb;

	return addr_equal(&a->host, &b->host) && a->vni == b->vni &&
	       a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

static bool addr_same(const void *a, const void *b)
{
	return addr_equal(a, b);
}

static bool bfd_equal(const struct conf_bfd *a, const struct conf_bfd *b)
{
	if (!a || !b)
		return a == b;
	return a->interval == b->interval && a->multiplier == b->multiplier &&
	       a->multihop == b->multihop;
}

bool conf_ao_key_equal(const struct conf_ao_key *a,
		       const struct conf_ao_key *b)
{
	return a->send_id == b->send_id && a->recv_id == b->recv_id &&
	       a->algorithm == b->algorithm && text_equal(a->key, b->key) &&
	       text_equal(a->key_file, b->key_file);
}

static bool ao_equal(const struct conf_neighbor *a,
		     const struct conf_neighbor *b)
{
	size_t i;

	if (a->n_ao_keys != b->n_ao_keys)
		return false;
	for (i = 0; i < a->n_ao_keys; i++) {
		if (!conf_ao_key_equal(&a->ao_keys[i], &b->ao_keys[i]))
			return false;
	}
	return true;
}

static bool neighbor_same(const void *pa, const void *pb)
{
	const struct conf_neighbor *a = pa, *b = pb;

	return strcmp(a->name, b->name) == 0;
}

static bool neighbor_equal(const void *pa, const void *pb)
{
	const struct conf_neighbor *a = pa, *b = pb;

	return addr_equal(&a->address, &b->address) &&
	       prefix_equal(&a->range, &b->range) && a->limit == b->limit &&
	       a->asn == b->asn && a->n_asns == b->n_asns &&
	       (a->n_asns == 0 ||
		memcmp(a->asns, b->asns, a->n_asns * sizeof(*a->asns)) == 0) &&
	       text_equal(a->md5_key, b->md5_key) &&
	       text_equal(a->md5_key_file, b->md5_key_file) &&
	       ao_equal(a, b) &&
	       a->ttl_security == b->ttl_security &&
	       bfd_equal(a->bfd, b->bfd) &&
	       a->kind == b->kind && a->as_override == b->as_override &&
	       a->allowas_in == b->allowas_in &&
	       a->graceful_restart == b->graceful_restart &&
	       a->role == b->role && a->strict_role == b->strict_role &&
	       a->add_path_receive == b->add_path_receive &&
	       a->add_path_send == b->add_path_send &&
	       a->prefix_limit == b->prefix_limit && a->excess == b->excess &&
	       a->prefix_restart == b->prefix_restart &&
	       text_equal(a->inbound, b->inbound) &&
	       text_equal(a->outbound, b->outbound) &&
	       a->shutdown == b->shutdown &&
	       text_equal(a->shutdown_message, b->shutdown_message);
}

static bool server_equal(const void *pa, const void *pb)
{
	const struct conf_server *a = pa, *b = pb;

	return a->asn == b->asn && a->hold_time == b->hold_time &&
	       a->send_hold_time == b->send_hold_time &&
	       a->stale_time == b->stale_time &&
	       a->profile == b->profile &&
	       a->branch_to_branch == b->branch_to_branch &&
	       a->preference == b->preference &&
	       a->restart_time == b->restart_time &&
	       a->long_lived_time == b->long_lived_time &&
	       a->deferral_time == b->deferral_time;
}

static bool vnet_equal(const void *pa, const void *pb)
{
	const struct conf_vnet *a = pa, *b = pb;

	return a->vni == b->vni && a->table == b->table &&
	       a->bgp_table == b->bgp_table &&
	       a->max_routes == b->max_routes &&
	       a->ecmp_symmetric == b->ecmp_symmetric &&
	       strcmp(a->internet, b->internet) == 0;
}

static bool route_same(const void *pa, const void *pb)
{
	const struct conf_route *a = pa, *b = pb;

	return prefix_equal(&a->prefix, &b->prefix);
}

static bool route_equal(const void *pa, const void *pb)
{
	const struct conf_route *a = pa, *b = pb;

	return a->type == b->type && addr_equal(&a->next_hop, &b->next_hop);
}

static bool table_equal(const void *pa, const void *pb)
{
	const struct conf_route_table *a = pa, *b = pb;

	return a->table == b->table && a->bgp_inside == b->bgp_inside &&
	       a->keep_lost == b->keep_lost && strcmp(a->vnet, b->vnet) == 0;
}

static bool map_same(const void *pa, const void *pb)
{
	const struct conf_map *a = pa, *b = pb;

	return strcmp(a->name, b->name) == 0;
}

static bool map_equal(const void *a, const void *b)
{
	return conf_map_equal(a, b);
}

static const struct kind map_kind = {
	CONF_MAP, sizeof(struct conf_map), map_same, map_equal,
};

static const struct kind space_kind = {
	CONF_SPACE, sizeof(struct conf_space), space_same, always,
};

static const struct kind subnet_kind = {
	CONF_SUBNET, sizeof(struct conf_subnet), subnet_same, subnet_equal,
};

static const struct kind nic_kind = {
	CONF_NIC, sizeof(struct conf_nic), nic_same, nic_equal,
};

static const struct kind endpoint_kind = {
	CONF_ENDPOINT, sizeof(struct conf_endpoint), endpoint_same,
	endpoint_equal,
};

static const struct kind peering_kind = {
	CONF_PEERING, sizeof(struct conf_peering), peering_same,
	peering_equal,
};

static const struct kind instance_kind = {
	CONF_INSTANCE, sizeof(struct addr), addr_same, always,
};

static const struct kind neighbor_kind = {
	CONF_NEIGHBOR, sizeof(struct conf_neighbor), neighbor_same,
	neighbor_equal,
};

static const struct kind route_kind = {
	CONF_ROUTE, sizeof(struct conf_route), route_same, route_equal,
};

/* ---- containers ------------------------------------------------------ */

typedef void tell_fn(struct diff *d, const struct kind *kind, struct list a,
		     struct list b);

static void diff_server_parts(struct diff *d, tell_fn *fn,
			      const struct conf_server *a,
			      const struct conf_server *b)
{
	static const struct conf_server none;

	a = a ? a : &none;
	b = b ? b : &none;
	fn(d, &instance_kind, (struct list){ a->addresses, a->n_addresses },
	   (struct list){ b->addresses, b->n_addresses });
	fn(d, &neighbor_kind, (struct list){ a->neighbors, a->n_neighbors },
	   (struct list){ b->neighbors, b->n_neighbors });
}

static void diff_vnet_parts(struct diff *d, tell_fn *fn,
			    const struct conf_vnet *a,
			    const struct conf_vnet *b)
{
	static const struct conf_vnet none;

	a = a ? a : &none;
	b = b ? b : &none;
	fn(d, &space_kind, (struct list){ a->spaces, a->n_spaces },
	   (struct list){ b->spaces, b->n_spaces });
	fn(d, &subnet_kind, (struct list){ a->subnets, a->n_subnets },
	   (struct list){ b->subnets, b->n_subnets });
	fn(d, &nic_kind, (struct list){ a->nics, a->n_nics },
	   (struct list){ b->nics, b->n_nics });
	fn(d, &endpoint_kind, (struct list){ a->endpoints, a->n_endpoints },
	   (struct list){ b->endpoints, b->n_endpoints });
	fn(d, &peering_kind, (struct list){ a->peerings, a->n_peerings },
	   (struct list){ b->peerings, b->n_peerings });
}

static void diff_table_parts(struct diff *d, tell_fn *fn,
			     const struct conf_route_table *a,
			     const struct conf_route_table *b)
{
	static const struct conf_route_table none;

	a = a ? a : &none;
	b = b ? b : &none;
	fn(d, &route_kind, (struct list){ a->routes, a->n_routes },
	   (struct list){ b->routes, b->n_routes });
}

static void vnet_gone(struct diff *d, const struct conf_vnet *old,
		      const struct conf_vnet *new)
{
	const struct conf_server *server = new ? new->server : NULL;

	d->vnet = new ? new : old;
	diff_server_parts(d, tell_gone, old->server, server);
	if (old->server && !server)
		tell(d, CONF_SERVER, old->server, NULL);
	diff_vnet_parts(d, tell_gone, old, new);
	if (!new)
		tell(d, CONF_VNET, old, NULL);
}

static void vnet_new(struct diff *d, const struct conf_vnet *old,
		     const struct conf_vnet *new)
{
	const struct conf_server *server = old ? old->server : NULL;

	d->vnet = new;
	if (!old || !vnet_equal(old, new))
		tell(d, CONF_VNET, old, new);
	diff_vnet_parts(d, tell_new, old, new);
	if (new->server && (!server || !server_equal(server, new->server)))
		tell(d, CONF_SERVER, server, new->server);
	diff_server_parts(d, tell_new, server, new->server);
}

static void table_gone(struct diff *d, const struct conf_route_table *old,
		       const struct conf_route_table *new)
{
	d->table = new ? new : old;
	diff_table_parts(d, tell_gone, old, new);
	if (!new)
		tell(d, CONF_ROUTE_TABLE, old, NULL);
}

static void table_new(struct diff *d, const struct conf_route_table *old,
		      const struct conf_route_table *new)
{
	d->table = new;
	if (!old || !table_equal(old, new))
		tell(d, CONF_ROUTE_TABLE, old, new);
	diff_table_parts(d, tell_new, old, new);
}

static void gone(struct diff *d, const struct conf *old,
		 const struct conf *new)
{
	size_t i;

	for (i = 0; i < old->n_vnets; i++)
		vnet_gone(d, &old->vnets[i],
			  conf_vnet_find(new, old->vnets[i].name));
	d->vnet = NULL;
	for (i = 0; i < old->n_tables; i++)
		table_gone(d, &old->tables[i],
			   conf_table_find(new, old->tables[i].name));
	d->table = NULL;
	tell_gone(d, &map_kind, (struct list){ old->maps, old->n_maps },
		  (struct list){ new->maps, new->n_maps });
}

/* Route maps and tables first: neighbors and subnets refer to them. */
static void added(struct diff *d, const struct conf *old,
		  const struct conf *new)
{
	size_t i;

	tell_new(d, &map_kind, (struct list){ old->maps, old->n_maps },
		 (struct list){ new->maps, new->n_maps });

	for (i = 0; i < new->n_tables; i++)
		table_new(d, conf_table_find(old, new->tables[i].name),
			  &new->tables[i]);
	d->table = NULL;
	for (i = 0; i < new->n_vnets; i++)
		vnet_new(d, conf_vnet_find(old, new->vnets[i].name),
			 &new->vnets[i]);
	d->vnet = NULL;
}

void conf_diff(const struct conf *old, const struct conf *new,
	       conf_diff_cb *cb, void *arg)
{
	static const struct conf none;
	struct diff d = { .cb = cb, .arg = arg };

	old = old ? old : &none;
	new = new ? new : &none;
	gone(&d, old, new);
	added(&d, old, new);
}

const char *conf_object_name(enum conf_object object)
{
	static const char *const name[] = {
		[CONF_VNET] = "vnet",
		[CONF_SPACE] = "address-space",
		[CONF_SUBNET] = "subnet",
		[CONF_NIC] = "nic",
		[CONF_ENDPOINT] = "endpoint",
		[CONF_PEERING] = "peering",
		[CONF_SERVER] = "route-server",
		[CONF_INSTANCE] = "instance",
		[CONF_NEIGHBOR] = "neighbor",
		[CONF_ROUTE_TABLE] = "route-table",
		[CONF_ROUTE] = "route",
		[CONF_MAP] = "route-map",
	};

	return name[object];
}
