// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: one hash per network namespace from (VNet, address) to the NIC
 * that owns the address, or the place on another host, if there is one.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "debugfs.h"
#include "endpoint.h"
#include "link.h"
#include "main.h"
#include "port.h"
#include "tunnel.h"
#include "stats.h"

static const struct rhashtable_params endpoint_params = {
	.key_len = sizeof(struct vnet_endpoint_key),
	.key_offset = offsetof(struct vnet_endpoint, key),
	.head_offset = offsetof(struct vnet_endpoint, node),
	.automatic_shrinking = true,
};

int vnet_endpoint_init_net(struct vnet_net *vn)
{
	spin_lock_init(&vn->endpoint_lock);
	return vnet_try(rhashtable_init(&vn->endpoints, &endpoint_params));
}

void vnet_endpoint_exit_net(struct vnet_net *vn)
{
	WARN_ON_ONCE(atomic_read(&vn->endpoints.nelems));
	rhashtable_destroy(&vn->endpoints);
}

static void endpoint_key(struct vnet_endpoint_key *key, const struct vnet *vnet,
			 int family, const void *addr)
{
	memset(key, 0, sizeof(*key));
	key->vnet = vnet;
	vnet_addr_set(&key->addr, family, addr);
	key->family = family;
}

static struct vnet_endpoint *
endpoint_create(struct vnet_net *vn, const struct vnet_endpoint_key *key)
{
	struct vnet_endpoint *ep;

	ep = vnet_try_alloc(kzalloc(sizeof(*ep), GFP_ATOMIC));
	if (!ep)
		return NULL;
	ep->key = *key;
	ep->vn = vn;
	if (vnet_try(rhashtable_insert_fast(&vn->endpoints, &ep->node,
					    endpoint_params))) {
		kfree(ep);
		return NULL;
	}
	return ep;
}

struct vnet_endpoint *vnet_endpoint_get(const struct vnet *vnet, int family,
					const void *addr)
{
	struct vnet_net *vn = vnet_net(dev_net(vnet->dev));
	struct vnet_endpoint_key key;
	struct vnet_endpoint *ep;

	endpoint_key(&key, vnet, family, addr);
	spin_lock_bh(&vn->endpoint_lock);
	ep = rhashtable_lookup_fast(&vn->endpoints, &key, endpoint_params);
	if (!ep)
		ep = endpoint_create(vn, &key);
	if (ep)
		ep->users++;
	spin_unlock_bh(&vn->endpoint_lock);
	return ep;
}

/* endpoint_lock */
static void tell_port(struct vnet_endpoint *ep)
{
	struct vnet_port *port;

	rcu_read_lock();
	port = rcu_dereference(ep->port);
	if (port)
		WRITE_ONCE(port->is_hop, true);
	rcu_read_unlock();
}

void vnet_endpoint_own(struct vnet_endpoint *ep, struct vnet_port *port)
{
	spin_lock_bh(&ep->vn->endpoint_lock);
	rcu_assign_pointer(ep->port, port);
	if (ep->is_hop)
		tell_port(ep);
	spin_unlock_bh(&ep->vn->endpoint_lock);
}

/* Without memory for counters packets are not counted, until the address is
 * named by a route again.
 */
struct vnet_endpoint *vnet_endpoint_get_hop(const struct vnet *vnet, int family,
					    const void *addr)
{
	struct vnet_endpoint *ep = vnet_endpoint_get(vnet, family, addr);

	if (!ep || READ_ONCE(ep->hop_stats))
		return ep;
	spin_lock_bh(&ep->vn->endpoint_lock);
	if (!ep->is_hop) {
		ep->is_hop = true;
		tell_port(ep);
	}
	if (!ep->hop_stats)
		/* zero before anybody sees them */
		smp_store_release(&ep->hop_stats,
				  vnet_stats_alloc_hop(GFP_ATOMIC | __GFP_NOWARN));
	spin_unlock_bh(&ep->vn->endpoint_lock);
	return ep;
}

struct vnet_endpoint *vnet_endpoint_use(struct vnet_endpoint *ep)
{
	spin_lock_bh(&ep->vn->endpoint_lock);
	ep->users++;
	spin_unlock_bh(&ep->vn->endpoint_lock);
	return ep;
}

static void endpoint_free_rcu(struct rcu_head *rcu)
{
	struct vnet_endpoint *ep = container_of(rcu, struct vnet_endpoint, rcu);

	vnet_stats_free_hop(ep->hop_stats);
	kfree(ep);
}

void vnet_endpoint_put(struct vnet_endpoint *ep)
{
	struct vnet_net *vn = ep->vn;

	spin_lock_bh(&vn->endpoint_lock);
	if (!--ep->users) {
		rhashtable_remove_fast(&vn->endpoints, &ep->node,
				       endpoint_params);
		call_rcu(&ep->rcu, endpoint_free_rcu);
	}
	spin_unlock_bh(&vn->endpoint_lock);
}

struct vnet_endpoint *vnet_endpoint_find(const struct vnet *vnet, int family,
					 const void *addr)
{
	struct vnet_net *vn = vnet_net(dev_net(vnet->dev));
	struct vnet_endpoint_key key;

	endpoint_key(&key, vnet, family, addr);
	return rhashtable_lookup(&vn->endpoints, &key, endpoint_params);
}

bool vnet_endpoint_usable(const struct vnet_endpoint *ep)
{
	const struct vnet_port *port = rcu_dereference(ep->port);

	if (port)
		return vnet_port_up(port);
	return rcu_access_pointer(ep->remote) && vnet_tunnel_up(ep->vn);
}
