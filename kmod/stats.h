/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet counters of NICs and VNets: per CPU, 64 bits.
 *
 * Every frame a NIC sends is counted as received and then once more: as
 * transmitted by the NIC (or the host) that gets it, or as one drop reason of
 * the NIC that sent it. The host, seen from a VNet, is such a NIC too.
 */
#ifndef _VNET_STATS_H
#define _VNET_STATS_H

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <linux/vnet.h>

struct vnet;

/* One CPU's counters of one NIC. Written with softirqs off. */
struct vnet_stats {
	u64_stats_t rx_packets;		/* from the guest */
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;		/* to the guest */
	u64_stats_t tx_bytes;
	u64_stats_t dropped;		/* for whatever reason */
	u64_stats_t refused;		/* by the host: the kernel has counted them
					 * as dropped at the VNet's device
					 */
	u64_stats_t drop[__VNET_DROP_LAST];
	struct u64_stats_sync syncp;
};

/* One CPU's counters of one next hop: what was handed to it because a route
 * names it. Written with softirqs off.
 */
struct vnet_hop_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync syncp;
};

/* The sum over all CPUs, as shown to the user */
struct vnet_stats_sum {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 host_rx_packets;		/* of a VNet: from the host, and to it */
	u64 host_rx_bytes;
	u64 host_tx_packets;
	u64 host_tx_bytes;
	u64 dropped;			/* the sum of @drops */
	u64 refused;			/* not among these if the sender is
					 * in another VNet
					 */
	u64 drops[__VNET_DROP_LAST];
};

/**
 * vnet_stats_alloc() - counters at zero
 *
 * Context: process.
 * Return: NULL if out of memory
 */
struct vnet_stats __percpu *vnet_stats_alloc(void);
void vnet_stats_free(struct vnet_stats __percpu *stats);

/* Any context. NULL: no memory */
struct vnet_hop_stats __percpu *vnet_stats_alloc_hop(gfp_t gfp);
void vnet_stats_free_hop(struct vnet_hop_stats __percpu *stats);

/* Any context; @stats may be NULL. */
void vnet_stats_sum_hop(const struct vnet_hop_stats __percpu *stats,
			u64 *packets, u64 *bytes);

/**
 * vnet_stats_init() - prepare counters that are not per CPU
 * @stats: struct vnet.gone
 */
void vnet_stats_init(struct vnet_stats *stats);

/**
 * vnet_stats_retire() - keep what a NIC has counted in its VNet's totals
 * @vnet: the VNet the NIC leaves
 * @stats: the NIC's, which no packet can be counted by any more
 *
 * Context: RTNL.
 */
void vnet_stats_retire(struct vnet *vnet,
		       const struct vnet_stats __percpu *stats);

/**
 * vnet_stats_sum() - counters of one NIC
 * @stats: the NIC's
 * @sum: result
 *
 * Context: any.
 */
void vnet_stats_sum(const struct vnet_stats __percpu *stats,
		    struct vnet_stats_sum *sum);

/**
 * vnet_stats_sum_vnet() - totals of a VNet
 * @vnet: the VNet
 * @sum: result: what its NICs count and have counted that were NICs before,
 *	what the host has sent and been handed, and what was dropped of that
 *
 * Context: any. Without RTNL, a NIC that is just leaving may be missed.
 */
void vnet_stats_sum_vnet(const struct vnet *vnet, struct vnet_stats_sum *sum);

/* A drop reason's name as genl, sysfs and traces show it: a word with _ */
const char *vnet_stats_drop_name(enum vnet_drop reason);

/* ndo_get_stats64 of the VNet's device */
void vnet_stats_get64(struct net_device *dev, struct rtnl_link_stats64 *stats);

static inline void vnet_stats_count_rx(struct vnet_stats __percpu *percpu,
				       unsigned int bytes)
{
	struct vnet_stats *stats = this_cpu_ptr(percpu);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->rx_packets);
	u64_stats_add(&stats->rx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
}

static inline void vnet_stats_count_tx(struct vnet_stats __percpu *percpu,
				       unsigned int bytes)
{
	struct vnet_stats *stats = this_cpu_ptr(percpu);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
}

static inline void vnet_stats_count_drop(struct vnet_stats __percpu *percpu,
					 enum vnet_drop reason)
{
	struct vnet_stats *stats = this_cpu_ptr(percpu);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->dropped);
	u64_stats_inc(&stats->drop[reason]);
	u64_stats_update_end(&stats->syncp);
}

static inline void vnet_stats_count_refused(struct vnet_stats __percpu *percpu)
{
	struct vnet_stats *stats = this_cpu_ptr(percpu);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->refused);
	u64_stats_update_end(&stats->syncp);
}

static inline void vnet_stats_count_hop(struct vnet_hop_stats __percpu *percpu,
					unsigned int bytes)
{
	struct vnet_hop_stats *stats = this_cpu_ptr(percpu);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->packets);
	u64_stats_add(&stats->bytes, bytes);
	u64_stats_update_end(&stats->syncp);
}

#endif /* _VNET_STATS_H */
