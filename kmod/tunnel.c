// SPDX-License-Identifier: GPL-2.0-only
/*
 * To other hosts and from them
 *
 *	NIC --> effective route --> endpoint on another host
 *		--> vnet_tunnel_send() --> VXLAN device --> underlay
 *
 *	underlay --> VXLAN device's rx handler --> host known? VNI ours?
 *		--> vnet_tunnel_resolve() --> NIC or host
 *
 * The sender's host routes, checks and answers; the receiver's finds the NIC. What
 * comes out of the tunnel never goes into it.
 */
#include "tunnel.h"

#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/dst_metadata.h>
#include <net/inet_dscp.h>
#include <net/inet_ecn.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/net_namespace.h>
#include <net/route.h>
#include <net/vxlan.h>

#include "compat.h"
#include "debugfs.h"
#include "deliver.h"
#include "effective.h"
#include "endpoint.h"
#include "forward.h"
#include "link.h"
#include "main.h"
#include "packet.h"
#include "port.h"
#include "remote.h"
#include "stats.h"
#include "sysfs.h"

/* What "tos inherit" is in a VXLAN device's configuration, no DSCP of its own */
#define VNET_TOS_INHERIT	1

/* ---- The device ---- */

struct vnet_tunnel *vnet_tunnel_of(const struct net_device *dev)
{
	if (rcu_access_pointer(dev->rx_handler) != vnet_forward_tunnel_rx)
		return NULL;
	return rcu_dereference_rtnl(dev->rx_handler_data);
}

static int check_dev(const struct net_device *dev, struct netlink_ext_ack *extack)
{
	const struct vxlan_dev *vxlan = netdev_priv(dev);

	if (!netif_is_vxlan(dev) || dev->type != ARPHRD_ETHER ||
	    !(vxlan->cfg.flags & VXLAN_F_COLLECT_METADATA)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "The tunnel is an external VXLAN device (ip link add ... type vxlan external nolearning)");
		return -EINVAL;
	}
	/* Before we see a packet, be it a stranger's, it would make an entry of it; and all
	 * hosts have one MAC.
	 */
	if (vxlan->cfg.flags & VXLAN_F_LEARN) {
		NL_SET_ERR_MSG_MOD(extack,
				   "The tunnel must not learn addresses (ip link set ... type vxlan nolearning)");
		return -EINVAL;
	}
	if (ether_addr_equal(dev->dev_addr, vnet_router_mac)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "The tunnel has the virtual router's MAC address, which all hosts send from, and would drop what comes from there");
		return -EINVAL;
	}
	return 0;
}

static struct vnet_tunnel *tunnel_alloc(struct vnet_net *vn, struct net_device *dev)
{
	const struct vxlan_dev *vxlan = netdev_priv(dev);
	struct vnet_tunnel *tunnel;

	tunnel = vnet_try_alloc(kzalloc(sizeof(*tunnel), GFP_KERNEL));
	if (!tunnel)
		return NULL;
	tunnel->dev = dev;
	tunnel->vn = vn;
	tunnel->inherit_ttl = vxlan->cfg.flags & VXLAN_F_TTL_INHERIT;
	tunnel->stats = vnet_stats_alloc();
	if (!tunnel->stats) {
		kfree(tunnel);
		return NULL;
	}
	return tunnel;
}

static void tunnel_free(struct vnet_tunnel *tunnel)
{
	vnet_stats_free(tunnel->stats);
	kfree(tunnel);
}

/* Unregistering the handler waits for all who have the tunnel. */
static void tunnel_release(struct vnet_tunnel *tunnel)
{
	struct vnet_net *vn = tunnel->vn;

	RCU_INIT_POINTER(vn->tunnel, NULL);
	vnet_remote_bind(vn, NULL);
	vnet_sysfs_tunnel_del(tunnel->dev);
	netdev_rx_handler_unregister(tunnel->dev);
	netdev_put(tunnel->dev, &tunnel->tracker);
	tunnel_free(tunnel);
}

void vnet_tunnel_del(struct vnet_net *vn)
{
	struct vnet_tunnel *tunnel = rtnl_dereference(vn->tunnel);

	if (tunnel)
		tunnel_release(tunnel);
}

static int tunnel_add(struct vnet_tunnel *tunnel, struct netlink_ext_ack *extack)
{
	struct net_device *dev = tunnel->dev;
	int err;

	err = netdev_rx_handler_register(dev, vnet_forward_tunnel_rx, tunnel);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "Something else receives the device's packets");
		return err;
	}
	err = vnet_sysfs_tunnel_add(dev);
	if (err)
		goto err_sysfs;
	err = vnet_remote_bind(tunnel->vn, dev);
	if (err)
		goto err_bind;
	netdev_hold(dev, &tunnel->tracker, GFP_KERNEL);
	rcu_assign_pointer(tunnel->vn->tunnel, tunnel);
	return 0;

err_bind:
	vnet_sysfs_tunnel_del(dev);
err_sysfs:
	netdev_rx_handler_unregister(dev);
	return err;
}

int vnet_tunnel_set(struct vnet_net *vn, struct net_device *dev,
		    struct netlink_ext_ack *extack)
{
	struct vnet_tunnel *tunnel = rtnl_dereference(vn->tunnel);
	int err;

	ASSERT_RTNL();

	err = check_dev(dev, extack);
	if (err)
		return err;
	if (tunnel && tunnel->dev == dev)
		return vnet_remote_bind(vn, dev);
	if (tunnel) {
		VNET_ERR_FMT(extack, "%s is the tunnel", netdev_name(tunnel->dev));
		return -EBUSY;
	}
	tunnel = tunnel_alloc(vn, dev);
	if (!tunnel)
		return -ENOMEM;
	err = tunnel_add(tunnel, extack);
	if (err)
		tunnel_free(tunnel);
	return err;
}

static int tunnel_netdev_event(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vnet_tunnel *tunnel;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	tunnel = vnet_tunnel_of(dev);
	if (tunnel)
		tunnel_release(tunnel);
	return NOTIFY_DONE;
}

struct notifier_block vnet_tunnel_netdev_nb = {
	.notifier_call = tunnel_netdev_event,
};

bool vnet_tunnel_up(const struct vnet_net *vn)
{
	const struct vnet_tunnel *tunnel = rcu_dereference(vn->tunnel);

	return tunnel && netif_running(tunnel->dev);
}

bool vnet_tunnel_claims(const struct vnet_packet *pkt)
{
	const struct vnet_net *vn = vnet_net(dev_net(pkt->vnet->dev));
	const struct vnet_tunnel *tunnel = rcu_dereference(vn->tunnel);
	const struct vxlan_dev *vxlan;

	if (!tunnel)
		return false;
	vxlan = netdev_priv(tunnel->dev);
	return vnet_packet_has_udp_port(pkt, vxlan->cfg.dst_port);
}

/* ---- From other hosts ---- */

static void sender_key(struct vnet_host_key *key, const struct ip_tunnel_info *info)
{
	memset(key, 0, sizeof(*key));
	key->family = ip_tunnel_info_af(info);
	if (key->family == AF_INET6)
		key->addr.ip6 = info->key.u.ipv6.src;
	else
		key->addr.ip4 = info->key.u.ipv4.src;
}

enum vnet_drop vnet_tunnel_identify(struct vnet_packet *pkt)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(pkt->skb);
	const struct vnet_net *vn = pkt->tunnel->vn;
	struct vnet_host_key key;
	__be32 vni;

	if (!info || info->mode & IP_TUNNEL_INFO_TX)
		return VNET_DROP_INTERNAL;
	vni = tunnel_id_to_key32(info->key.tun_id);
	pkt->vnet = xa_load((struct xarray *)&vn->vnis, be32_to_cpu(vni));
	if (!pkt->vnet)
		return VNET_DROP_UNKNOWN_VNI;
	sender_key(&key, info);
	pkt->host = vnet_remote_host(vn, &key);
	if (!pkt->host || !vnet_remote_serves(pkt->host, pkt->vnet))
		return VNET_DROP_UNKNOWN_HOST;
	return VNET_DROP_NONE;
}

static enum vnet_drop resolve_address(struct vnet_packet *pkt)
{
	const void *daddr = vnet_packet_daddr(pkt);
	struct vnet_target *target = &pkt->target;

	pkt->route.class = VNET_CLASS_SYSTEM;
	if (vnet_effective_host(pkt->vnet, pkt->family, daddr)) {
		pkt->route.type = VNET_HOP_HOST;
		target->vnet = pkt->vnet;
		return VNET_DROP_NONE;
	}
	pkt->route.type = VNET_HOP_VNET_LOCAL;
	target->ep = vnet_endpoint_find(pkt->vnet, pkt->family, daddr);
	target->port = target->ep ? rcu_dereference(target->ep->port) : NULL;
	return target->port ? VNET_DROP_NONE : VNET_DROP_NO_NIC;
}

enum vnet_drop vnet_tunnel_resolve(struct vnet_packet *pkt)
{
	const struct ethhdr *eth = eth_hdr(pkt->skb);
	enum vnet_drop reason;

	if (ether_addr_equal_unaligned(eth->h_dest, vnet_router_mac)) {
		reason = resolve_address(pkt);
		if (reason || !pkt->target.port)
			return reason;
	} else {
		pkt->route.class = VNET_CLASS_SYSTEM;
		pkt->route.type = VNET_HOP_VNET_LOCAL;
		pkt->target.port = vnet_port_by_mac(pkt->vnet, eth->h_dest);
		if (!pkt->target.port)
			return VNET_DROP_NO_NIC;
	}
	return vnet_effective_check_nic(NULL, pkt->family, vnet_packet_daddr(pkt),
					pkt->target.port);
}

/* ---- To other hosts ---- */

/* What is to go through the tunnel would come back to it for ever; or it would be a tenant's
 * who has the other host's address.
 */
static bool leads_astray(const struct net_device *dev, struct dst_entry *dst)
{
	if (dst->dev != dev && !vnet_link_is(dst->dev))
		return false;
	dst_release(dst);
	return true;
}

/* By all that the device looks one up by, but for the source port, which is another for
 * each flow: what is found is kept for it.
 */
static struct dst_entry *route_ip4(const struct net_device *dev,
				   struct ip_tunnel_info *info,
				   const struct sk_buff *skb)
{
	const struct vxlan_dev *vxlan = netdev_priv(dev);
	const struct vxlan_sock *vs = rcu_dereference(vxlan->vn4_sock);
	struct flowi4 fl4 = {
		.daddr = info->key.u.ipv4.dst,
		.saddr = info->key.u.ipv4.src,
		.flowi4_tos = info->key.tos & INET_DSCP_MASK,
		.flowi4_proto = IPPROTO_UDP,
		.flowi4_mark = skb->mark,
		.fl4_dport = vxlan->cfg.dst_port,
	};
	struct rtable *rt;

	if (!vs)
		return NULL;
	/* the VRF that the underlay is in */
	fl4.flowi4_oif = READ_ONCE(vs->sock->sk->sk_bound_dev_if);
	rt = ip_route_output_key(vxlan->net, &fl4);
	if (IS_ERR(rt) || leads_astray(dev, &rt->dst))
		return NULL;
	if (!skb->mark)
		dst_cache_set_ip4(&info->dst_cache, &rt->dst, fl4.saddr);
	return &rt->dst;
}

static struct dst_entry *route_ip6(const struct net_device *dev,
				   struct ip_tunnel_info *info,
				   const struct sk_buff *skb)
{
	const struct vxlan_dev *vxlan = netdev_priv(dev);
	const struct vxlan_sock *vs = rcu_dereference(vxlan->vn6_sock);
	struct flowi6 fl6 = {
		.daddr = info->key.u.ipv6.dst,
		.saddr = info->key.u.ipv6.src,
		.flowlabel = ip6_make_flowinfo(info->key.tos, info->key.label),
		.flowi6_proto = IPPROTO_UDP,
		.flowi6_mark = skb->mark,
		.fl6_dport = vxlan->cfg.dst_port,
	};
	struct dst_entry *dst;

	if (!vs)
		return NULL;
	fl6.flowi6_oif = READ_ONCE(vs->sock->sk->sk_bound_dev_if);
	dst = ipv6_stub->ipv6_dst_lookup_flow(vxlan->net, vs->sock->sk, &fl6, NULL);
	if (IS_ERR(dst) || leads_astray(dev, dst))
		return NULL;
	if (!skb->mark)
		dst_cache_set_ip6(&info->dst_cache, dst, &fl6.saddr);
	return dst;
}

/* The route to the other host as the VXLAN device finds it, and keeps it */
static struct dst_entry *underlay_route(const struct net_device *dev,
					struct ip_tunnel_info *info,
					const struct sk_buff *skb)
{
	struct dst_entry *dst;

	dst = skb->mark ? NULL : dst_cache_get(&info->dst_cache);
	if (dst)
		return leads_astray(dev, dst) ? NULL : dst;
	return ip_tunnel_info_af(info) == AF_INET6 ? route_ip6(dev, info, skb) :
						     route_ip4(dev, info, skb);
}

/* The largest IP packet that gets there in one piece, 0 if nothing does */
static unsigned int tunnel_mtu(const struct net_device *dev,
			       struct ip_tunnel_info *info,
			       const struct sk_buff *skb)
{
	struct dst_entry *dst = underlay_route(dev, info, skb);
	unsigned int mtu, overhead;

	if (!dst)
		return 0;
	overhead = (ip_tunnel_info_af(info) == AF_INET6 ?
		    sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
		   sizeof(struct udphdr) + sizeof(struct vxlanhdr) + ETH_HLEN;
	mtu = dst_mtu(dst);
	mtu = mtu > overhead ? mtu - overhead : 0;
	dst_release(dst);
	return min(mtu, READ_ONCE(dev->mtu));
}

/* What the device is to inherit, which in metadata mode is left to us; 0: nothing */
static u8 inherited_tos(const struct metadata_dst *md, const struct vnet_packet *pkt)
{
	u8 tos;

	if (likely(md->u.tun_info.key.tos != VNET_TOS_INHERIT))
		return 0;
	tos = pkt->family == AF_INET6 ? ipv6_get_dsfield(ipv6_hdr(pkt->skb)) :
					ip_hdr(pkt->skb)->tos;
	return tos & ~INET_ECN_MASK;
}

static u8 inherited_ttl(const struct vnet_tunnel *tunnel, const struct vnet_packet *pkt)
{
	if (likely(!tunnel->inherit_ttl))
		return 0;
	return pkt->family == AF_INET6 ? ipv6_hdr(pkt->skb)->hop_limit : ip_hdr(pkt->skb)->ttl;
}

/* One more of @md, which it takes the place of, for one packet; NULL: no memory */
static struct metadata_dst *inheriting(struct metadata_dst *md, u8 tos, u8 ttl)
{
	struct metadata_dst *own;

	own = vnet_try_alloc(metadata_dst_alloc(0, METADATA_IP_TUNNEL, GFP_ATOMIC));

	if (own) {
		own->u.tun_info = md->u.tun_info;
		own->u.tun_info.key.tos = tos ?: md->u.tun_info.key.tos;
		own->u.tun_info.key.ttl = ttl ?: md->u.tun_info.key.ttl;
		memset(&own->u.tun_info.dst_cache, 0, sizeof(own->u.tun_info.dst_cache));
	}
	dst_release(&md->dst);
	return own;
}

enum vnet_drop vnet_tunnel_send(struct vnet_packet *pkt)
{
	const struct vnet_remote *remote = pkt->target.remote;
	const struct vnet_net *vn = vnet_net(dev_net(pkt->vnet->dev));
	const struct vnet_tunnel *tunnel = rcu_dereference(vn->tunnel);
	struct metadata_dst *md = rcu_dereference(remote->vtep->md);
	struct vnet_way way = { .mac = remote->mac };
	enum vnet_drop reason;
	u8 tos, ttl;

	/* Held throughout: the last one to put it empties its cache of routes,
	 * which nobody else may be looking at then.
	 */
	if (!tunnel || !md || !netif_running(tunnel->dev) ||
	    !dst_hold_safe(&md->dst))
		return VNET_DROP_NO_TUNNEL;
	tos = inherited_tos(md, pkt);
	ttl = inherited_ttl(tunnel, pkt);
	if (tos || ttl)
		md = inheriting(md, tos, ttl);
	if (!md)
		return VNET_DROP_NO_MEMORY;
	way.dev = tunnel->dev;
	way.stats = tunnel->stats;
	way.dst = &md->dst;
	way.mtu = tunnel_mtu(tunnel->dev, &md->u.tun_info, pkt->skb);
	reason = way.mtu ? vnet_deliver_out(pkt, &way) : VNET_DROP_HOST_UNREACHABLE;
	dst_release(&md->dst);
	return reason;
}
