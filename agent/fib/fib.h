/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel should hold, and that it does.
 *
 * The process that owns a struct fib says what it wants: the VNets as the
 * configuration describes them, and for each VNet the next hops of BGP
 * prefixes. fib programs it through netlink in the background, a batch per
 * turn of the loop (lib/loop.h), the latest wish winning, and reports what
 * became of each route. It keeps looking: what somebody else took away comes
 * back.
 *
 * What is ours in the kernel, and so is adopted after a restart and removed
 * when no longer wanted:
 *   next-hop objects  protocol bgp, ids FIB_NHID_FIRST..FIB_NHID_LAST
 *   BGP table         routes with protocol bgp or VNET_PROTO_GATEWAY, of metric
 *                     FIB_METRIC, that refer to such an object
 *   system table and  routes with protocol FIB_PROTO_CONFIG, and reserved
 *   route tables      ranges (blackhole, protocol kernel)
 *   subnets, sides    all of a VNet that is configured
 *   of peerings
 *   NICs              those that this configuration or the one before names
 * Routes of others in the same tables are left alone, and win against a BGP
 * route of ours to the same prefix, because ours have the metric FIB_METRIC.
 *
 * VNets are named by their VNI. All calls are made from the loop's thread; no
 * call waits for anything but the kernel's own work on one request. Callbacks
 * come from the loop and from within calls, and must change nothing.
 */
#ifndef FIB_FIB_H
#define FIB_FIB_H

#include <linux/vnet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define FIB_NHID_FIRST		0x56000000u
#define FIB_NHID_LAST		0x56ffffffu
#define FIB_PROTO_CONFIG	86	/* rtm_protocol */
#define FIB_METRIC		20000	/* above what ip(8) gives by itself */
#define FIB_MAX_HOPS		64	/* next hops of one route */

struct fib;

/* Next-hop types of user-defined routes */
enum fib_user_type {
	FIB_USER_APPLIANCE,		/* next_hop, in the VNet or a peer */
	FIB_USER_VNET_LOCAL,
	FIB_USER_INTERNET,		/* the VNet's internet device */
	FIB_USER_NONE,
};

struct fib_user_route {
	struct prefix prefix;
	enum fib_user_type type;
	struct addr next_hop;		/* of an appliance */
};

/* A route table (user-defined routes), bound to subnets by its table id */
struct fib_user_table {
	uint32_t table;			/* kernel table id */
	const struct fib_user_route *routes;
	size_t n_routes;
};

struct fib_subnet {
	struct prefix prefix;
	uint32_t table;			/* of a route table; 0: none */
	uint32_t flags;			/* VNET_SUBNET_F_* */
};

/* One side of a VNet peering. Without spaces it leads nowhere yet. */
struct fib_peering {
	char device[IFNAMSIZ];		/* of the peer; need not be there yet */
	uint32_t flags;			/* VNET_PEERING_F_* */
	const struct prefix *spaces;	/* of the peer */
	size_t n_spaces;
};

struct fib_nic {
	char device[IFNAMSIZ];		/* need not be there yet */
	bool has_mac;			/* else it stays as it is */
	uint8_t mac[6];			/* the guest's */
	const struct addr *addresses;	/* the first of a family is primary */
	size_t n_addresses;
	uint32_t flags;			/* VNET_NIC_F_* */
};

/* An address of the VNet that is at another host */
struct fib_endpoint {
	struct addr address;
	struct addr host;		/* in the underlay */
	uint32_t vni;			/* there; 0: as here */
	bool has_mac;			/* else the virtual router's */
	uint8_t mac[6];
};

struct fib_vnet {
	uint32_t vni;
	char name[IFNAMSIZ];		/* of the VNet device */
	uint32_t table;
	uint32_t bgp_table;
	uint32_t max_routes;		/* per class and family; 0: no limit */
	bool ecmp_symmetric;		/* both directions of a flow go alike */
	char internet[IFNAMSIZ];	/* device of the default route or "" */
	struct addr gateway4, gateway6;	/* behind it; no family: none */
	const struct prefix *spaces;
	size_t n_spaces;
	const struct addr *addresses;	/* of the route server's instances */
	size_t n_addresses;
	const struct fib_subnet *subnets;
	size_t n_subnets;
	const struct fib_user_table *tables;
	size_t n_tables;
	const struct fib_nic *nics;
	size_t n_nics;
	char tunnel[IFNAMSIZ];		/* VXLAN device to other hosts or "" */
	const struct fib_endpoint *endpoints;
	size_t n_endpoints;
	const struct fib_peering *peerings;
	size_t n_peerings;
};

enum fib_route_state {
	FIB_ROUTE_INSTALLED,		/* the kernel holds it as wanted */
	FIB_ROUTE_FAILED,		/* refused; tried again later */
};

/* What the owner hears. Any may be NULL. */
struct fib_events {
	/*
	 * A route that is wanted was installed, or failed: @error is an errno
	 * and @text says why (the kernel's extack or strerror). Withdrawn
	 * routes are not reported.
	 */
	void (*route)(void *arg, uint32_t vni, const struct prefix *prefix,
		      enum fib_route_state state, int error, const char *text);
	/*
	 * The VNet is as far as it can be: after a configuration, when that
	 * has changed or its device is another one, and after .lost. @ready:
	 * its device is up and has the instances' addresses, so that listeners
	 * can be bound.
	 * @text is the first thing that could not be done ("vm1: ..."), or
	 * NULL. A NIC whose device is not there yet is waited for, not told.
	 */
	void (*vnet)(void *arg, uint32_t vni, bool ready, const char *text);
	/*
	 * The NIC of this address has lost its carrier, or is gone. What
	 * fib_hop_down() does has been done.
	 */
	void (*nic_down)(void *arg, uint32_t vni, const struct addr *addr);
	/*
	 * A next hop that fib_hop_down() has taken out of groups is back. Who
	 * still wants routes with it sets them once more; if it has no family,
	 * all routes: there were too many to remember, or too many sets of
	 * next hops, so that routes were refused, and there is room again.
	 */
	void (*hop_back)(void *arg, uint32_t vni, const struct addr *hop);
	/* The VNet's device is gone or down, and all that was in it with it. */
	void (*lost)(void *arg, uint32_t vni);
	/* A comparison with the kernel found and repaired @differences > 0. */
	void (*repaired)(void *arg, uint32_t vni, unsigned int differences);
	/* Nothing is queued any more: the kernel holds all it accepted. */
	void (*idle)(void *arg);
};

/**
 * fib_open - open the sockets
 * @events: copied
 * @arg: passed to each event
 *
 * Needs CAP_NET_ADMIN now and for as long as it lives, and the loop. Tries to
 * set what many routes want of the kernel (sysctl.h); call it before the file
 * system is taken away. Without the module the socket part works, and each
 * VNet fails with the kernel's words.
 *
 * Return: NULL with errno set and the reason logged.
 */
struct fib *fib_open(const struct fib_events *events, void *arg);

/* Forget everything; the kernel keeps what it holds. */
void fib_close(struct fib *fib);

/**
 * fib_configure - the VNets that should be, all of them
 * @vnets: copied, with what it points to
 *
 * Creates or adopts each VNet device and brings system rows, route tables,
 * subnets and NICs to what is described. A VNet that the last configuration
 * named and this one does not is deleted, and its BGP routes are forgotten. A
 * VNet whose VNI stays and whose name or table changes is made anew.
 */
void fib_configure(struct fib *fib, const struct fib_vnet *vnets, size_t n);

/* Where a BGP route leads. */
struct fib_way {
	const struct addr *hops;	/* distinct, in any order; of more than
					 * FIB_MAX_HOPS the first ones */
	size_t n_hops;			/* 0: nowhere, the route is to go */
	const struct addr *backup;	/* takes over if all hops are down, see
					 * fib_hop_down(); NULL: none */
	bool gateway;			/* to gateways only, no NVA: it gets
					 * their protocol */
};

/**
 * fib_routes_set - the next hops that BGP prefixes should have
 * @vni: a configured VNet; others are ignored
 *
 * For each that has next hops events->route answers, for the last call if there
 * were several, also when the kernel holds the route already, and when the VNet
 * has no device: then FIB_ROUTE_FAILED says why.
 */
void fib_routes_set(struct fib *fib, uint32_t vni,
		    const struct prefix *prefixes, size_t n,
		    const struct fib_way *way);

/**
 * fib_hop_down - a next hop is gone
 *
 * Takes it out of every group that has another member, one message a group
 * however many routes use it, ahead of all that is queued. Say this first and
 * the new sets of the prefixes afterwards: those that now have what the group
 * already holds cost nothing.
 */
void fib_hop_down(struct fib *fib, uint32_t vni, const struct addr *hop);

/**
 * fib_hop_up - a next hop can be reached
 *
 * Told by whoever hears of it; that a NIC has its carrier again is seen here.
 */
void fib_hop_up(struct fib *fib, uint32_t vni, const struct addr *hop);

/**
 * fib_sweep - remove the stale routes of a VNet
 *
 * After a restart the routes of the run before stay until this call: make it
 * when the peers have told everything (End-of-RIB) or had time to. Before it
 * every fib_routes_set() of the same prefix takes the stale route over.
 */
void fib_sweep(struct fib *fib, uint32_t vni);

/**
 * fib_kept - whether packets of a family were forwarded while no one ran us
 * @family: AF_INET, AF_INET6
 *
 * The VNet's device was there and up, with address spaces of that family, when
 * we first looked, and has not been lost since. To be asked when events->vnet
 * says that the VNet is ready. BGP routes that somebody took away meanwhile,
 * and nothing else, go unnoticed: there may have been none.
 */
bool fib_kept(const struct fib *fib, uint32_t vni, int family);

struct fib_stats {
	size_t routes;			/* wanted */
	size_t stale;
	size_t queued;
	size_t failed;
	size_t groups;
	size_t hops;
	uint64_t requests;		/* sent since fib_open */
	uint64_t refused;
	uint64_t repairs;		/* differences found and repaired */
	uint64_t audits;
};

/*
 * What the last events->vnet said could not be done; NULL: nothing, or there is
 * no such VNet.
 */
const char *fib_vnet_problem(const struct fib *fib, uint32_t vni);
/* Of one VNet, or of all if @vni is 0. False if there is no such VNet. */
bool fib_get_stats(const struct fib *fib, uint32_t vni, struct fib_stats *out);

#endif
