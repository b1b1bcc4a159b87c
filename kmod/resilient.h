/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resilient next-hop groups, in which the kernel decides which bucket of flows is
 * whose, and moves a bucket only when it is idle or has to. It is told which are
 * in use.
 */
#ifndef _VNET_RESILIENT_H
#define _VNET_RESILIENT_H

struct netlink_ext_ack;
struct nh_notifier_res_bucket_info;
struct nh_notifier_res_table_info;
struct vnet_net;
struct vnet_nexthop;
struct vnet_nhset;

void vnet_resilient_init_net(struct vnet_net *vn);
void vnet_resilient_exit_net(struct vnet_net *vn);

/* nexthop_lock: the set of a new group; NULL if it does not lead into VNets */
struct vnet_nhset *
vnet_resilient_set(struct vnet_net *vn,
		   const struct nh_notifier_res_table_info *info,
		   struct netlink_ext_ack *extack);

/* nexthop_lock, perhaps without RTNL: the kernel moves a bucket of @nh, which is
 * NULL if the group does not lead into VNets.
 */
int vnet_resilient_move(struct vnet_net *vn, struct vnet_nexthop *nh,
			const struct nh_notifier_res_bucket_info *info,
			struct netlink_ext_ack *extack);

#endif /* _VNET_RESILIENT_H */
