/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is on other hosts: an address of a VNet, the host it is at, and what a
 * frame to it has to look like. The hosts named here are the known ones: nobody
 * else's VXLAN is listened to.
 *
 * What netlink calls an endpoint (VNET_CMD_ENDPOINT_*) is a struct vnet_remote:
 * struct vnet_endpoint (endpoint.h) is any address, on this host or another.
 */
#ifndef _VNET_REMOTE_H
#define _VNET_REMOTE_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "addr.h"

struct metadata_dst;
struct net_device;
struct netlink_ext_ack;
struct vnet;
struct vnet_endpoint;
struct vnet_net;

/**
 * struct vnet_host_key - identity of another host
 * @addr: its address in the underlay, unused bytes are zero
 * @family: AF_INET or AF_INET6, 32 bits wide so that the key has no padding
 */
struct vnet_host_key {
	union vnet_addr addr;
	u32 family;
};

/**
 * struct vnet_host - another host; there while an endpoint is at it
 * @node: in struct vnet_net.hosts
 * @key: identity
 * @vteps: struct vnet_vtep by the VNI their VNet has here (RTNL writes, RCU reads)
 * @rcu: for freeing
 */
struct vnet_host {
	struct rhash_head node;
	struct vnet_host_key key;
	struct xarray vteps;
	struct rcu_head rcu;
};

/**
 * struct vnet_vtep - a VNet at another host; there while an endpoint is
 * @host: the other host
 * @vnet: the VNet
 * @vni: what the VNet is called there
 * @users: endpoints (RTNL)
 * @node: in struct vnet_net.vteps (RTNL)
 * @md: where the VXLAN device is to send what is for the VNet there; NULL while
 *	there is no such device. Writers hold RTNL, readers RCU. It is counted per
 *	packet: a line that all CPUs which send there write.
 * @fresh: the next @md, while it is being changed for all (RTNL)
 * @rcu: for freeing
 */
struct vnet_vtep {
	struct vnet_host *host;
	const struct vnet *vnet;
	u32 vni;
	unsigned int users;
	struct list_head node;
	struct metadata_dst __rcu *md;
	struct metadata_dst *fresh;
	struct rcu_head rcu;
};

/**
 * struct vnet_remote - an endpoint on another host; never changes
 * @ep: the address, a reference is held
 * @vtep: where it is
 * @mac: destination of frames to it
 * @node: in struct vnet.remotes (RTNL)
 * @rcu: for freeing
 */
struct vnet_remote {
	struct vnet_endpoint *ep;
	struct vnet_vtep *vtep;
	u8 mac[ETH_ALEN];
	struct list_head node;
	struct rcu_head rcu;
};

int vnet_remote_init_net(struct vnet_net *vn);
void vnet_remote_exit_net(struct vnet_net *vn);

/**
 * struct vnet_remote_change - what VNET_CMD_ENDPOINT_SET asks for
 * @addr: address in the VNet
 * @family: its family
 * @host: the other host
 * @vni: 0 = the VNet's own
 * @mac: NULL = the virtual router's
 */
struct vnet_remote_change {
	union vnet_addr addr;
	u8 family;
	struct vnet_host_key host;
	u32 vni;
	const u8 *mac;
};

/* RTNL: create or replace an endpoint, all of the change or nothing */
int vnet_remote_set(struct vnet *vnet, const struct vnet_remote_change *change,
		    struct netlink_ext_ack *extack);
/* RTNL: -ENOENT if the address is at no other host */
int vnet_remote_del(struct vnet *vnet, int family, const union vnet_addr *addr);
/* RTNL; the VNet goes */
void vnet_remote_del_all(struct vnet *vnet);

/**
 * vnet_remote_bind() - send by a VXLAN device as it is configured now, or by none
 * @vn: namespace
 * @dev: the device, NULL = none
 *
 * Context: RTNL.
 * Return: 0; -ENOMEM, and nothing has changed. Cannot fail without a device.
 */
int vnet_remote_bind(struct vnet_net *vn, const struct net_device *dev);

/**
 * vnet_remote_host() - look a host up
 * @vn: namespace
 * @key: its address
 *
 * Context: RCU, softirq safe.
 * Return: the host if it is known, or NULL
 */
const struct vnet_host *vnet_remote_host(const struct vnet_net *vn,
					 const struct vnet_host_key *key);

/**
 * vnet_remote_serves() - may a host send into a VNet?
 * @host: the host
 * @vnet: the VNet
 *
 * Context: RCU, softirq safe.
 * Return: true if an endpoint of the VNet is there, or one of a peered VNet
 */
bool vnet_remote_serves(const struct vnet_host *host, const struct vnet *vnet);

#endif /* _VNET_REMOTE_H */
