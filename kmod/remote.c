// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints on other hosts
 *
 *	endpoint (address) --> remote (MAC) --> vtep (VNI) --> host
 *
 * Hosts are found by the source address of what arrives, and what is known to be
 * at a host says which VNets it may send into. The tunnel's parameters are made
 * when an endpoint is set, or the VXLAN device, not per packet.
 */
#include "remote.h"

#include <linux/etherdevice.h>
#include <linux/rhashtable.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/dst_metadata.h>
#include <net/net_namespace.h>
#include <net/vxlan.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "forward.h"
#include "link.h"
#include "main.h"
#include "peering.h"
#include "port.h"
#include "tunnel.h"

static const struct rhashtable_params host_params = {
	.key_len = sizeof(struct vnet_host_key),
	.key_offset = offsetof(struct vnet_host, key),
	.head_offset = offsetof(struct vnet_host, node),
	.automatic_shrinking = true,
};

int vnet_remote_init_net(struct vnet_net *vn)
{
	INIT_LIST_HEAD(&vn->vteps);
	return vnet_try(rhashtable_init(&vn->hosts, &host_params));
}

void vnet_remote_exit_net(struct vnet_net *vn)
{
	WARN_ON_ONCE(atomic_read(&vn->hosts.nelems));
	rhashtable_destroy(&vn->hosts);
}

static struct vnet_net *vnet_net_of(const struct vnet *vnet)
{
	return vnet_net(dev_net(vnet->dev));
}

/* ---- Parameters of the tunnel ---- */

static void set_key_ip4(struct ip_tunnel_info *info, const struct vnet_vtep *vtep,
			const struct vxlan_config *cfg)
{
	info->key.u.ipv4.dst = vtep->host->key.addr.ip4;
	if (cfg->saddr.sa.sa_family == AF_INET)
		info->key.u.ipv4.src = cfg->saddr.sin.sin_addr.s_addr;
	vnet_compat_tunnel_flags(&info->key,
				 !(cfg->flags & VXLAN_F_UDP_ZERO_CSUM_TX));
}

static void set_key_ip6(struct ip_tunnel_info *info, const struct vnet_vtep *vtep,
			const struct vxlan_config *cfg)
{
	info->mode |= IP_TUNNEL_INFO_IPV6;
	info->key.u.ipv6.dst = vtep->host->key.addr.ip6;
	if (cfg->saddr.sa.sa_family == AF_INET6)
		info->key.u.ipv6.src = cfg->saddr.sin6.sin6_addr;
	vnet_compat_tunnel_flags(&info->key,
				 !(cfg->flags & VXLAN_F_UDP_ZERO_CSUM6_TX));
}

/* A device in metadata mode ignores what it has been configured with. */
static struct metadata_dst *md_create(const struct vnet_vtep *vtep,
				      const struct net_device *dev)
{
	const struct vxlan_config *cfg = &((struct vxlan_dev *)netdev_priv(dev))->cfg;
	struct ip_tunnel_info *info;
	struct metadata_dst *md;

	md = vnet_try_alloc(metadata_dst_alloc(0, METADATA_IP_TUNNEL, GFP_KERNEL));
	if (!md)
		return NULL;
	info = &md->u.tun_info;
	if (vnet_try(dst_cache_init(&info->dst_cache, GFP_KERNEL))) {
		metadata_dst_free(md);
		return NULL;
	}
	info->mode = IP_TUNNEL_INFO_TX;
	info->key.tun_id = key32_to_tunnel_id(cpu_to_be32(vtep->vni));
	info->key.tos = cfg->tos;
	info->key.ttl = cfg->ttl;
	info->key.label = cfg->label;
	if (vtep->host->key.family == AF_INET6)
		set_key_ip6(info, vtep, cfg);
	else
		set_key_ip4(info, vtep, cfg);
	return md;
}

/* Packets on their way have references of their own. */
static void vtep_set_md(struct vnet_vtep *vtep, struct metadata_dst *md)
{
	md = rcu_replace_pointer(vtep->md, md, lockdep_rtnl_is_held());
	if (md)
		dst_release(&md->dst);
}

static int prepare_all(struct vnet_net *vn, const struct net_device *dev)
{
	struct vnet_vtep *vtep;

	list_for_each_entry(vtep, &vn->vteps, node) {
		vtep->fresh = md_create(vtep, dev);
		if (!vtep->fresh)
			return -ENOMEM;
	}
	return 0;
}

/* All or none: what was prepared is taken into use, or given back. */
int vnet_remote_bind(struct vnet_net *vn, const struct net_device *dev)
{
	int err = dev ? prepare_all(vn, dev) : 0;
	struct vnet_vtep *vtep;

	ASSERT_RTNL();

	list_for_each_entry(vtep, &vn->vteps, node) {
		if (!err)
			vtep_set_md(vtep, vtep->fresh);
		else if (vtep->fresh)
			dst_release(&vtep->fresh->dst);
		vtep->fresh = NULL;
	}
	return err;
}

/* ---- Hosts ---- */

static struct vnet_host *host_get(struct vnet_net *vn,
				  const struct vnet_host_key *key)
{
	struct vnet_host *host;

	host = rhashtable_lookup_fast(&vn->hosts, key, host_params);
	if (host)
		return host;
	host = vnet_try_alloc(kzalloc(sizeof(*host), GFP_KERNEL));
	if (!host)
		return NULL;
	host->key = *key;
	xa_init(&host->vteps);
	if (vnet_try(rhashtable_insert_fast(&vn->hosts, &host->node, host_params))) {
		kfree(host);
		return NULL;
	}
	return host;
}

/* A host where nothing is any more is a stranger. */
static void host_release(struct vnet_net *vn, struct vnet_host *host)
{
	if (!xa_empty(&host->vteps))
		return;
	rhashtable_remove_fast(&vn->hosts, &host->node, host_params);
	kfree_rcu(host, rcu);
}

const struct vnet_host *vnet_remote_host(const struct vnet_net *vn,
					 const struct vnet_host_key *key)
{
	return rhashtable_lookup((struct rhashtable *)&vn->hosts, key,
				 host_params);
}

static bool serves_peer(struct xarray *vteps, const struct vnet *vnet)
{
	const struct vnet_peering *peering;

	list_for_each_entry_rcu(peering, &vnet->peerings, node)
		if (vnet_peering_used(peering) &&
		    xa_load(vteps, peering->peer->vni))
			return true;
	return false;
}

bool vnet_remote_serves(const struct vnet_host *host, const struct vnet *vnet)
{
	struct xarray *vteps = (struct xarray *)&host->vteps;

	return xa_load(vteps, vnet->vni) || serves_peer(vteps, vnet);
}

/* ---- VNets at hosts ---- */

static struct vnet_vtep *vtep_create(struct vnet_net *vn, struct vnet_host *host,
				     const struct vnet *vnet, u32 vni)
{
	const struct vnet_tunnel *tunnel = rtnl_dereference(vn->tunnel);
	struct vnet_vtep *vtep;

	vtep = vnet_try_alloc(kzalloc(sizeof(*vtep), GFP_KERNEL));
	if (!vtep)
		return NULL;
	vtep->host = host;
	vtep->vnet = vnet;
	vtep->vni = vni;
	if (tunnel) {
		struct metadata_dst *md = md_create(vtep, tunnel->dev);

		if (!md)
			goto err_md;
		RCU_INIT_POINTER(vtep->md, md);
	}
	if (vnet_try(xa_err(xa_store(&host->vteps, vnet->vni, vtep, GFP_KERNEL))))
		goto err_store;
	list_add_tail(&vtep->node, &vn->vteps);
	return vtep;

err_store:
	vtep_set_md(vtep, NULL);
err_md:
	kfree(vtep);
	return NULL;
}

/* Is what is about to be replaced the only endpoint there? */
static bool vtep_is_only(const struct vnet_vtep *vtep, const struct vnet_endpoint *ep)
{
	const struct vnet_remote *old = rtnl_dereference(ep->remote);

	return old && old->vtep == vtep && vtep->users == 1;
}

/* A VNet has one VNI at a host. The last endpoint with another takes it along. */
static struct vnet_vtep *vtep_get(struct vnet *vnet, const struct vnet_endpoint *ep,
				  const struct vnet_remote_change *change,
				  struct netlink_ext_ack *extack)
{
	struct vnet_net *vn = vnet_net_of(vnet);
	u32 vni = change->vni ?: vnet->vni;
	struct vnet_host *host;
	struct vnet_vtep *vtep;

	host = host_get(vn, &change->host);
	if (!host)
		return ERR_PTR(-ENOMEM);
	vtep = xa_load(&host->vteps, vnet->vni);
	if (vtep && vtep->vni != vni && vtep_is_only(vtep, ep))
		vtep = NULL;
	if (vtep && vtep->vni != vni) {
		VNET_ERR_FMT(extack,
			     "At that host, %s has endpoints with VNI %u already",
			     netdev_name(vnet->dev), vtep->vni);
		return ERR_PTR(-EEXIST);
	}
	if (!vtep)
		vtep = vtep_create(vn, host, vnet, vni);
	if (!vtep) {
		host_release(vn, host);
		return ERR_PTR(-ENOMEM);
	}
	vtep->users++;
	return vtep;
}

static void vtep_put(struct vnet_vtep *vtep)
{
	struct vnet_host *host = vtep->host;

	if (--vtep->users)
		return;
	list_del(&vtep->node);
	if (xa_load(&host->vteps, vtep->vnet->vni) == vtep)
		xa_erase(&host->vteps, vtep->vnet->vni);
	host_release(vnet_net_of(vtep->vnet), host);
	vtep_set_md(vtep, NULL);
	kfree_rcu(vtep, rcu);
}

/* ---- Endpoints ---- */

static int check_host(const struct vnet_host_key *host,
		      struct netlink_ext_ack *extack)
{
	if (vnet_addr_is_host(host->family, &host->addr))
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "That is no address another host can have");
	return -EADDRNOTAVAIL;
}

static int check_owner(const struct vnet_endpoint *ep,
		       struct netlink_ext_ack *extack)
{
	const struct vnet_port *owner = rtnl_dereference(ep->port);

	if (!owner)
		return 0;
	VNET_ERR_FMT(extack, "The address is %s's, on this host",
		     netdev_name(owner->dev));
	return -EADDRINUSE;
}

static void remote_free(struct vnet_remote *remote)
{
	if (remote->vtep)
		vtep_put(remote->vtep);
	if (remote->ep)
		vnet_endpoint_put(remote->ep);
	kfree_rcu(remote, rcu);
}

static int remote_fill(struct vnet_remote *remote, struct vnet *vnet,
		       const struct vnet_remote_change *change,
		       struct netlink_ext_ack *extack)
{
	struct vnet_vtep *vtep;
	int err;

	remote->ep = vnet_endpoint_get(vnet, change->family, &change->addr);
	if (!remote->ep)
		return -ENOMEM;
	err = check_owner(remote->ep, extack);
	if (err)
		return err;
	ether_addr_copy(remote->mac, change->mac ?: vnet_router_mac);
	if (!is_valid_ether_addr(remote->mac)) {
		NL_SET_ERR_MSG_MOD(extack, "That is no MAC address a NIC can have");
		return -EADDRNOTAVAIL;
	}
	/* Last: it may take the place of what is there. */
	vtep = vtep_get(vnet, remote->ep, change, extack);
	if (IS_ERR(vtep))
		return PTR_ERR(vtep);
	remote->vtep = vtep;
	return 0;
}

static void remote_publish(struct vnet *vnet, struct vnet_remote *remote)
{
	struct vnet_remote *old = rtnl_dereference(remote->ep->remote);

	rcu_assign_pointer(remote->ep->remote, remote);
	if (old) {
		list_replace(&old->node, &remote->node);
		remote_free(old);
		return;
	}
	list_add_tail(&remote->node, &vnet->remotes);
	vnet_net_of(vnet)->generation++;
}

int vnet_remote_set(struct vnet *vnet, const struct vnet_remote_change *change,
		    struct netlink_ext_ack *extack)
{
	struct vnet_remote *remote;
	int err;

	ASSERT_RTNL();

	err = check_host(&change->host, extack) ?:
	      vnet_port_check_addr(vnet, change->family, &change->addr, extack);
	if (err)
		return err;
	remote = vnet_try_alloc(kzalloc(sizeof(*remote), GFP_KERNEL));
	if (!remote)
		return -ENOMEM;
	err = remote_fill(remote, vnet, change, extack);
	if (err) {
		remote_free(remote);
		return err;
	}
	remote_publish(vnet, remote);
	return 0;
}

static void remote_withdraw(struct vnet *vnet, struct vnet_remote *remote)
{
	RCU_INIT_POINTER(remote->ep->remote, NULL);
	list_del(&remote->node);
	vnet_net_of(vnet)->generation++;
	remote_free(remote);
}

int vnet_remote_del(struct vnet *vnet, int family, const union vnet_addr *addr)
{
	struct vnet_remote *remote = NULL;
	struct vnet_endpoint *ep;

	ASSERT_RTNL();

	rcu_read_lock();
	ep = vnet_endpoint_find(vnet, family, addr);
	if (ep)
		remote = rtnl_dereference(ep->remote);
	rcu_read_unlock();
	if (!remote)
		return -ENOENT;
	remote_withdraw(vnet, remote);
	return 0;
}

void vnet_remote_del_all(struct vnet *vnet)
{
	struct vnet_remote *remote, *next;

	list_for_each_entry_safe(remote, next, &vnet->remotes, node)
		remote_withdraw(vnet, remote);
}
