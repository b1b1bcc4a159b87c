/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a route of the kernel means in the table of a VNet.
 */
#ifndef _VNET_ROUTE_H
#define _VNET_ROUTE_H

#include "dest.h"
#include "lpm.h"

struct fib6_entry_notifier_info;
struct fib6_info;
struct fib_entry_notifier_info;
struct netlink_ext_ack;
struct vnet_mirror;

/**
 * struct vnet_route - a route of the kernel, translated
 * @prefix: its prefix
 * @action: what it says; references to @action.nh and @action.set are held
 */
struct vnet_route {
	struct vnet_prefix prefix;
	struct vnet_action action;
};

/* Results of translation beside errors */
#define VNET_ROUTE_USED		0
#define VNET_ROUTE_IGNORED	1	/* of no concern to VNets */

/* Only the prefix */
void vnet_route_prefix4(struct vnet_prefix *prefix,
			const struct fib_entry_notifier_info *info);
void vnet_route_prefix6(struct vnet_prefix *prefix, const struct fib6_info *rt);

/**
 * vnet_route_from_fib4() - translate an IPv4 route
 * @route: result
 * @mirror: of the table it is in
 * @info: event
 *
 * Context: RCU.
 * Return: VNET_ROUTE_USED, to be released; VNET_ROUTE_IGNORED; -EOPNOTSUPP if a
 *	VNet cannot do what it says, with the reason in the extack; -ENOMEM
 */
int vnet_route_from_fib4(struct vnet_route *route,
			 const struct vnet_mirror *mirror,
			 const struct fib_entry_notifier_info *info);

/**
 * vnet_route_from_fib6() - translate an IPv6 route with its siblings
 * @route: result
 * @mirror: of the table it is in
 * @rt: one of the siblings
 * @extack: reason of a refusal, or NULL
 *
 * Context: RCU, and whoever changes the table waits.
 * Return: as vnet_route_from_fib4()
 */
int vnet_route_from_fib6(struct vnet_route *route,
			 const struct vnet_mirror *mirror,
			 struct fib6_info *rt, struct netlink_ext_ack *extack);

/* References that nobody has taken over */
void vnet_route_release(struct vnet_route *route);

#endif /* _VNET_ROUTE_H */
