/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to one network namespace, and which file has what:
 *
 *	link.c		VNets: devices of kind "vnet"
 *	l3mdev.c	... as layer 3 masters, for sockets bound to them
 *	port.c		NICs: devices enslaved to a VNet
 *	subnet.c	which NICs have which user-defined routes
 *	endpoint.c	addresses in VNets that packets can be handed to
 *	peering.c	sides of peerings, and what two of them amount to
 *	remote.c	what is on other hosts
 *	tunnel.c	the way there and from there, a VXLAN device
 *
 *	fib.c		follows the kernel's tables by notifiers
 *	route.c		what a route of the kernel means in a VNet
 *	mirror.c	one family of a table
 *	dest.c		what a route says apart from its prefix
 *	nexthop.c	the kernel's next-hop objects
 *	resilient.c	... and resilient groups of them
 *	nhset.c		sets of next hops, and which of them a flow gets
 *	lpm.c		longest-prefix match: a table, which has one of two bodies
 *	lpm_small.c	... for few routes
 *	lpm_trie.c	... for many, a trie
 *	lpm_node.c	nodes of a trie
 *	lpm_bucket.c	its subtrees while they have few routes
 *	lpm_arena.c	memory of both
 *	lpm_wide.c	direct access to its third level, where most IPv4 lookups end
 *	lpm_hash.c	a short cut through a trie of IPv6
 *	lpm_batch.c	lookups of many IPv6 addresses at once in a trie
 *
 *	forward.c	the data path, and the only place that drops
 *	packet.c	a packet on its way
 *	effective.c	the rules: a NIC's effective routes
 *	flow.c		which flow a packet is of, and its hash
 *	neigh.c		ARP and neighbour discovery
 *	icmp.c		"too big", and what the host is not to be told
 *	deliver.c	to the guest behind a NIC, or to the host
 *	stats.c		counters, names of drop reasons
 *
 *	genl.c		generic netlink: the family, and what its commands share
 *	genl_vnet.c	commands for VNets
 *	genl_subnet.c	... subnets
 *	genl_nic.c	... NICs
 *	genl_peering.c	... peerings
 *	genl_route.c	... effective routes and lookups
 *	genl_tunnel.c	... other hosts
 *	sysfs.c		identity and counters as files
 *	trace.c		tracepoints
 *	debugfs.c	inner state, and faults on demand
 *	main.c		start and end
 *
 * addr.h, compat.h and lpm_key.h have no .c file. What leads to what:
 *
 *	vnet				link.h
 *	  table of each class		fib.h
 *	    mirror of each family	mirror.h
 *	      lpm: prefix -> index	lpm.h
 *	      dest of an index: action	dest.h
 *	        nexthop, if by id	nexthop.h
 *	          nhset			nhset.h
 *	            endpoint		endpoint.h
 *	              port		port.h: a NIC of this host, or
 *	              remote		remote.h
 *	                vtep		a VNet at another host
 *	                  host
 *
 * Without next hops, the destination address itself names the endpoint: in the
 * VNet, or in the peer that dest.peering leads to (peering.h).
 */
#ifndef _VNET_MAIN_H
#define _VNET_MAIN_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct net;
struct vnet_tunnel;

#define VNET_MAC_HASH_BITS	10

/**
 * struct vnet_net - state of one network namespace
 * @net: the namespace
 * @generation: counts changes of the objects that dumps walk through (RTNL)
 * @vnets: VNets, linked by struct vnet.node; writers hold RTNL, readers RTNL or
 *	RCU
 * @tables: mirrored tables by table id, struct vnet_table (RTNL writes, RCU
 *	reads)
 * @fib_nb: follows all tables that are live
 * @replay_nb: reads the tables that had routes before they were mirrored
 * @replay_work: registers @replay_nb for one round
 * @replaying: there is something left to be read in this round (@replay_work)
 * @nexthop_nb: follows next-hop objects
 * @nexthop_lock: serialises changes of next-hop objects; inside RTNL, if that is
 *	held: the kernel moves buckets of resilient groups without it
 * @report_work: tells the kernel which buckets of resilient groups are in use
 * @nexthops: next-hop objects by id, struct vnet_nexthop
 * @dests: destinations of all mirrors by action, struct vnet_dest
 * @endpoints: addresses packets can be handed to, struct vnet_endpoint
 * @vnis: VNets by VNI (RTNL writes, RCU reads)
 * @macs: struct vnet_port_config.by_mac (RTNL writes, RCU reads)
 * @tunnel: leads to other hosts, NULL = none. Writers hold RTNL, readers RCU.
 * @hosts: other hosts by address, struct vnet_host (RTNL writes, RCU reads)
 * @vteps: VNets at other hosts, struct vnet_vtep.node (RTNL)
 * @peering_lock: serialises writers of struct vnet.peerings; taken with BH
 *	disabled, inside a mirror's lock
 * @endpoint_lock: serialises look-up-or-create and release in @endpoints;
 *	taken with BH disabled, inside a mirror's lock
 */
struct vnet_net {
	struct net *net;
	u32 generation;
	struct list_head vnets;
	struct rhashtable tables;
	struct notifier_block fib_nb;
	struct notifier_block replay_nb;
	struct delayed_work replay_work;
	bool replaying;
	struct notifier_block nexthop_nb;
	struct mutex nexthop_lock;	/* changes of next-hop objects */
	struct delayed_work report_work;
	struct rhashtable nexthops;
	struct rhashtable dests;
	struct rhashtable endpoints;
	struct xarray vnis;
	struct hlist_head macs[1 << VNET_MAC_HASH_BITS];
	struct vnet_tunnel __rcu *tunnel;
	struct rhashtable hosts;
	struct list_head vteps;
	spinlock_t peering_lock;	/* struct vnet.peerings */
	spinlock_t endpoint_lock;	/* look-up-or-create, release */
};

/* Any context, as long as @net is there: its state */
struct vnet_net *vnet_net(const struct net *net);

#endif /* _VNET_MAIN_H */
