/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VNet device as layer 3 master: sockets bound to it live in its system
 * table, and no packet of a VNet reaches a socket that is not bound to it.
 */
#ifndef _VNET_L3MDEV_H
#define _VNET_L3MDEV_H

struct l3mdev_ops;
struct net_device;

extern const struct l3mdev_ops vnet_l3mdev_ops;

/**
 * vnet_l3mdev_add_rules() - have packets of a VNet routed by its system table
 * @dev: the VNet's device, whose network namespace it is about
 *
 * Adds "1000: from all lookup [l3mdev-table]" in both families, unless it is
 * there. VRF devices share the rule, so it stays when the last VNet goes.
 *
 * Context: RTNL.
 * Return: 0 or a negative errno
 */
int vnet_l3mdev_add_rules(const struct net_device *dev);

#endif /* _VNET_L3MDEV_H */
