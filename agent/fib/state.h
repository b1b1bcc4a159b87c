/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of fib/ share among themselves; fib.h is for the others.
 *
 *	fib.c		the calls of fib.h, timers, who is told what
 *	program.c	operations of want.c to the kernel, a batch a turn
 *	audit.c		dumps of next hops and routes to want.c
 *	monitor.c	the kernel's notifications, and what they set off
 *	index.c		VNets by their devices and tables, and what they name
 *	vnet.c		a VNet's device, addresses, subnets and NICs
 *	hosts.c		what a VNet has at other hosts
 *	peering.c	its sides of peerings, and what lies behind them
 *	rows.c		a VNet's system and user-defined routes
 *	spec.c		copies of descriptions
 *	dropped.c	next hops that groups are without
 */
#ifndef FIB_STATE_H
#define FIB_STATE_H

#include <uthash.h>

#include "fib/batch.h"
#include "fib/dropped.h"
#include "fib/fib.h"
#include "fib/genl.h"
#include "fib/links.h"
#include "fib/nhid.h"
#include "fib/netlink.h"
#include "fib/want.h"
#include "lib/loop.h"

struct audit;
struct monitor;
struct rtm_route;
struct table_of;

struct vnet {
	struct fib *fib;
	struct fib_vnet *spec;		/* as wanted */
	struct want *want;
	int ifindex;			/* of the device, 0: not there; set by
					 * index_set_device() */
	bool up;			/* BGP routes can be programmed */
	bool was_up;			/* this device, in a pass before */
	bool raised;			/* by us, which is not told yet */
	bool loose;			/* its reverse path filter was set */
	bool ready;			/* up, and instance addresses are set */
	bool due;			/* is to be looked after */
	bool waiting;			/* for that since it was described */
	bool settled;			/* was ready as described */
	bool tell;			/* even if nothing has changed */
	bool looked;			/* it is known what was left of it: */
	bool kept4, kept6;		/* device and address spaces */
	struct dropped dropped;		/* next hops that groups are without */
	uint32_t *left;			/* route tables to be emptied */
	size_t n_left;
	unsigned int changes;		/* made while looking after it */
	char problem[NETLINK_TEXT_LEN + 64];	/* the first, or "" */
	int told_ifindex;		/* of the last event, 0: not ready */
	char told_problem[NETLINK_TEXT_LEN + 64];
	UT_hash_handle hh;		/* by VNI, which is spec->vni */
	uint32_t vni;
	UT_hash_handle hh_ifindex;	/* by .ifindex, unless it is 0 */
};

/* That a description names a device */
struct naming {
	const char *device;
	struct vnet *vnet;		/* whose description it is */
	const struct fib_nic *nic;	/* NULL: as something else */
	bool peer;			/* as that of a peer */
};

/* By what messages of the kernel name: many come at once, of many VNets. */
struct index {
	struct vnet *by_ifindex;
	struct table_of *tables;	/* sorted */
	size_t n_tables;
	struct naming *names;		/* sorted by device */
	size_t n_names;
};

struct fib {
	struct fib_events events;
	void *arg;
	struct netlink program;	/* batches of operations */
	struct netlink talk;		/* single requests, short dumps */
	struct netlink dump;		/* long dumps */
	struct genl genl;
	struct monitor *monitor;
	struct audit *audit;
	struct batch *batch;
	struct nhid *ids;
	struct links links;
	struct vnet *vnets;		/* by VNI */
	struct index index;
	struct loop_job *program_job;
	struct loop_timer *vnet_timer;	/* VNets that are due */
	struct loop_timer *check_timer;	/* everything, now and then */
	uint32_t turn;			/* VNI that was programmed last */
	uint32_t looked;		/* VNI that was looked after last */
	bool busy;			/* idle was not told yet */
	bool described;			/* there was a configuration */
	bool configured;		/* no pass since the last one */
	size_t n_waiting;		/* VNets with .waiting */
	bool came_up;			/* a VNet has, and it is not audited */
	struct fib_stats stats;		/* requests, refused, repairs, audits */
};

/* fib.c */
struct vnet *fib_find_vnet(const struct fib *fib, uint32_t vni);
/* Something is queued. */
void fib_work(struct fib *fib);
/* A VNet is to be looked after soon. */
void fib_vnet_due(struct vnet *vnet);
void fib_repaired(struct vnet *vnet, unsigned int differences);

/* program.c */
void program_run(void *fib);
/* Whether a route of a BGP table is one of those that we program. */
bool program_is_ours(const struct rtm_route *route);

/* audit.c */
/* From here on no id is taken that a next hop in the kernel has. */
struct audit *audit_new(struct fib *fib);
void audit_free(struct audit *audit);
/* Begin within @ms, unless one runs: then again when that has ended. */
void audit_soon(struct audit *audit, uint64_t ms);
/* Something that it relies on has changed: begin anew, if it runs. */
void audit_restart(struct audit *audit);

/* monitor.c */
struct monitor *monitor_new(struct fib *fib);
void monitor_free(struct monitor *monitor);
/*
 * What devices there are, before that is told: VNets whose own is another one
 * lose it. If it cannot be had all is compared a little later.
 */
void monitor_read_devices(struct monitor *monitor);

/* index.c */
/* @vnet has this device; 0: none. */
void index_set_device(struct vnet *vnet, int ifindex);
/* The VNet that has it; NULL: none has. */
struct vnet *index_by_device(const struct fib *fib, int ifindex);
/*
 * Descriptions have changed. What they name is not to be asked for between
 * that and this.
 */
void index_update(struct fib *fib);
/* The VNet whose table it is, for BGP or else; NULL: it is nobody's. */
struct vnet *index_by_table(const struct fib *fib, uint32_t table);
/* The *@n places that name a device. */
const struct naming *index_by_name(const struct fib *fib, const char *name,
				   size_t *n);
void index_free(struct fib *fib);

/* vnet.c */
/* Bring the kernel to the VNet's description, as far as possible. */
void vnet_apply(struct vnet *vnet);
/* What an earlier run made is there before a pass has looked at it. */
void vnet_find_device(struct vnet *vnet);
/* Take out of @vnet what @spec does not have any more. */
void vnet_release(struct vnet *vnet, const struct fib_vnet *spec);
/* Delete the device, and the routes of ours that stay behind. */
void vnet_delete(struct vnet *vnet, const char *why);
/* A device that is or could be the VNet's has changed: @link is its state. */
void vnet_check_device(struct vnet *vnet, const struct rtm_link *link);
/* Note what could not be done; the first is kept. */
void vnet_problem(struct vnet *vnet, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Note that @what could not be read; if it has only changed, try again soon. */
void vnet_unread(struct vnet *vnet, const char *what,
		 const struct netlink_error *err);
/* Count a change that was made, or note the problem of @what. */
void vnet_count(struct vnet *vnet, const char *what,
		const struct netlink_error *err);
/* Send one request; counts it as a change, or notes the problem of @what. */
bool vnet_request(struct vnet *vnet, const char *what, struct nlmsghdr *nlh);

/* hosts.c */
/* All need the module. */
/* Take the tunnel away if the VNets that had one have none in @vnets. */
void hosts_release_tunnel(struct fib *fib, const struct fib_vnet *vnets,
			  size_t n);
/* Take away what is at other hosts no more: its address may be a NIC's now. */
void hosts_release(struct vnet *vnet);
/* The tunnel and the endpoints; their addresses may have been NICs' before. */
void hosts_apply(struct vnet *vnet);

/* peering.c */
/* Bring the sides that the VNet has of peerings to its description. */
void peering_apply(struct vnet *vnet);
/* Index of a peer's device, 0: it is not there. */
int peering_ifindex(const struct vnet *vnet, const struct fib_peering *side);
/*
 * Index of the device behind which a next hop is: the VNet's or a peer's, 0 if
 * that is not there.
 */
int peering_hop_ifindex(const struct vnet *vnet, const struct addr *hop);

/* rows.c */
/* Routes that are to be there, before what is not to be is taken away. */
void rows_apply(struct vnet *vnet);
/* Remove our rows from all tables. */
void rows_release(struct vnet *vnet);
/*
 * Note the route tables that @spec, to come, does not have any more: subnets
 * still use them; and empty them when none does.
 */
void rows_leave(struct vnet *vnet, const struct fib_vnet *spec);
void rows_empty_left(struct vnet *vnet);

/* spec.c */
struct fib_vnet *spec_copy(const struct fib_vnet *spec);
void spec_free(struct fib_vnet *spec);
/* Whether a device made for @a does for @b. */
bool spec_same_device(const struct fib_vnet *a, const struct fib_vnet *b);
/* Whether @name is the device of one that it is peered with. */
bool spec_names_peer(const struct fib_vnet *spec, const char *name);
/*
 * Whether @addr is elsewhere in @to than it was in @from: at another NIC or
 * host, or somewhere at last. @from: NULL if there was none.
 */
bool spec_moves(const struct fib_vnet *from, const struct fib_vnet *to,
		const struct addr *addr);

#endif
