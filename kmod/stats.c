// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet counters, their sums and the names of drop reasons.
 *
 * A VNet keeps no totals of its own, which would be one more cache line to
 * write for each packet: they are summed over its NICs when somebody asks. What
 * a NIC has counted is kept when it leaves.
 */
#include "stats.h"

#include <linux/rtnetlink.h>

#include "debugfs.h"
#include "link.h"
#include "port.h"
#include "trace.h"

static const struct {
	enum vnet_drop reason;
	const char *name;
} drops[] = {
	{ VNET_DROP_NONE, "none" },
	VNET_TRACE_DROPS
};

static_assert(ARRAY_SIZE(drops) == __VNET_DROP_LAST);

const char *vnet_stats_drop_name(enum vnet_drop reason)
{
	return reason < ARRAY_SIZE(drops) ? drops[reason].name : "unknown";
}

void vnet_stats_init(struct vnet_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	u64_stats_init(&stats->syncp);
}

struct vnet_stats __percpu *vnet_stats_alloc(void)
{
	return vnet_try_alloc(netdev_alloc_pcpu_stats(struct vnet_stats));
}

void vnet_stats_free(struct vnet_stats __percpu *stats)
{
	free_percpu(stats);
}

struct vnet_hop_stats __percpu *vnet_stats_alloc_hop(gfp_t gfp)
{
	return vnet_try_alloc(__netdev_alloc_pcpu_stats(struct vnet_hop_stats, gfp));
}

void vnet_stats_free_hop(struct vnet_hop_stats __percpu *stats)
{
	free_percpu(stats);
}

void vnet_stats_sum_hop(const struct vnet_hop_stats __percpu *percpu,
			u64 *packets, u64 *bytes)
{
	const struct vnet_hop_stats *stats;
	unsigned int start;
	u64 p, b;
	int cpu;

	*packets = 0;
	*bytes = 0;
	if (!percpu)
		return;
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(percpu, cpu);
		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			p = u64_stats_read(&stats->packets);
			b = u64_stats_read(&stats->bytes);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		*packets += p;
		*bytes += b;
	}
}

/* One set of counters, read as of one moment, added to @sum */
static void add_one(const struct vnet_stats *stats, bool reasons,
		    struct vnet_stats_sum *sum)
{
	struct vnet_stats_sum now;
	unsigned int start;
	int i, num = reasons ? __VNET_DROP_LAST : 0;

	do {
		start = u64_stats_fetch_begin(&stats->syncp);
		now.rx_packets = u64_stats_read(&stats->rx_packets);
		now.rx_bytes = u64_stats_read(&stats->rx_bytes);
		now.tx_packets = u64_stats_read(&stats->tx_packets);
		now.tx_bytes = u64_stats_read(&stats->tx_bytes);
		now.dropped = u64_stats_read(&stats->dropped);
		now.refused = u64_stats_read(&stats->refused);
		for (i = 0; i < num; i++)
			now.drops[i] = u64_stats_read(&stats->drop[i]);
	} while (u64_stats_fetch_retry(&stats->syncp, start));

	sum->rx_packets += now.rx_packets;
	sum->rx_bytes += now.rx_bytes;
	sum->tx_packets += now.tx_packets;
	sum->tx_bytes += now.tx_bytes;
	sum->dropped += now.dropped;
	sum->refused += now.refused;
	for (i = 0; i < num; i++)
		sum->drops[i] += now.drops[i];
}

static void add_all(const struct vnet_stats __percpu *stats, bool reasons,
		    struct vnet_stats_sum *sum)
{
	int cpu;

	for_each_possible_cpu(cpu)
		add_one(per_cpu_ptr(stats, cpu), reasons, sum);
}

void vnet_stats_retire(struct vnet *vnet,
		       const struct vnet_stats __percpu *stats)
{
	struct vnet_stats *gone = &vnet->gone;
	struct vnet_stats_sum sum = {};
	int i;

	ASSERT_RTNL();
	add_all(stats, true, &sum);

	local_bh_disable();
	u64_stats_update_begin(&gone->syncp);
	u64_stats_add(&gone->rx_packets, sum.rx_packets);
	u64_stats_add(&gone->rx_bytes, sum.rx_bytes);
	u64_stats_add(&gone->tx_packets, sum.tx_packets);
	u64_stats_add(&gone->tx_bytes, sum.tx_bytes);
	u64_stats_add(&gone->dropped, sum.dropped);
	for (i = 0; i < __VNET_DROP_LAST; i++)
		u64_stats_add(&gone->drop[i], sum.drops[i]);
	u64_stats_update_end(&gone->syncp);
	local_bh_enable();
}

void vnet_stats_sum(const struct vnet_stats __percpu *stats,
		    struct vnet_stats_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
	add_all(stats, true, sum);
}

static void sum_vnet(const struct vnet *vnet, bool reasons,
		     struct vnet_stats_sum *sum)
{
	struct vnet_port *port;

	memset(sum, 0, sizeof(*sum));
	add_all(vnet->stats, reasons, sum);
	/* what the host sent and received is not the guests' */
	sum->host_rx_packets = sum->rx_packets;
	sum->host_rx_bytes = sum->rx_bytes;
	sum->host_tx_packets = sum->tx_packets;
	sum->host_tx_bytes = sum->tx_bytes;
	sum->rx_packets = 0;
	sum->rx_bytes = 0;
	sum->tx_packets = 0;
	sum->tx_bytes = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &vnet->ports, node)
		add_all(port->stats, reasons, sum);
	rcu_read_unlock();
	add_one(&vnet->gone, reasons, sum);
}

void vnet_stats_sum_vnet(const struct vnet *vnet, struct vnet_stats_sum *sum)
{
	sum_vnet(vnet, true, sum);
}

/* Called for each message about the device, so the reasons are left out. */
void vnet_stats_get64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct vnet_stats_sum sum;

	sum_vnet(vnet_link_priv(dev), false, &sum);
	stats->rx_packets = sum.rx_packets;
	stats->rx_bytes = sum.rx_bytes;
	/* The kernel adds what it has counted itself, of packets from peers, too: only
	 * then it is no less than 0.
	 */
	stats->rx_dropped = sum.dropped - sum.refused;
	stats->tx_packets = sum.tx_packets;
	stats->tx_bytes = sum.tx_bytes;
}
