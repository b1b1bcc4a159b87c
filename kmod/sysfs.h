/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/class/net/<VNet>/vnet/ and /sys/class/net/<NIC>/vnet_nic/
 */
#ifndef _VNET_SYSFS_H
#define _VNET_SYSFS_H

struct attribute_group;
struct net_device;
struct vnet_port;

/* Before all others, at module load */
void vnet_sysfs_init(void);

/* For dev->sysfs_groups[0] of the VNet device, before it is registered */
extern const struct attribute_group vnet_sysfs_group;

/**
 * vnet_sysfs_port_add() - make /sys/class/net/<NIC>/vnet_nic/
 * @port: a NIC that is complete
 *
 * Context: RTNL.
 * Return: 0 or a negative errno
 */
int vnet_sysfs_port_add(struct vnet_port *port);

/* Remove it, before the port is released; RTNL. */
void vnet_sysfs_port_del(struct vnet_port *port);

/* The same for /sys/class/net/<VXLAN device>/vnet_tunnel/ */
int vnet_sysfs_tunnel_add(struct net_device *dev);
void vnet_sysfs_tunnel_del(struct net_device *dev);

#endif /* _VNET_SYSFS_H */
