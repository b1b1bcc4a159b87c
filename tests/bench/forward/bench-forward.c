// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet generator of the forwarding benchmark: sends UDP packets, or TCP packets
 * that are still to be cut into segments, out of a device as fast as they are
 * taken, to destinations in random order.
 *
 * Loading the module is the run; it never stays. The log says
 *	bench: NAME NANOSECONDS CYCLES
 * for each packet, generator and sink included.
 *
 * With cpus=N, N processors send at once, each out of a device of its own (g0, g1,
 * ...) and from an address of its own, and an emulator is told when: see stores.c.
 */
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/interrupt.h>
#include <linux/ip.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/tcp.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <linux/vmalloc.h>
#include <net/ip.h>

static char *name = "";
module_param(name, charp, 0);
static char *dev = "g0";
module_param(dev, charp, 0);
static char *mac = "";
module_param(mac, charp, 0);
static unsigned int count = 500000;
module_param(count, uint, 0);
static unsigned int first;	/* of the destinations */
module_param(first, uint, 0);
static bool gso;
module_param(gso, bool, 0);
static unsigned int cpus;
module_param(cpus, uint, 0);
static bool shared;		/* write to one place from all, to have that found */
module_param(shared, bool, 0);

#define MAX_CPUS	8
#define BURST		32
#define NUM_ADDRS	(1U << 20)
#define SEGMENT		1448U
#define GSO_PAYLOAD	(44 * SEGMENT)

static __be32 *addrs;
static struct page *page;
static u8 dest[ETH_ALEN];
static atomic_long_t sent;

/* Who sends: one, or one a processor */
struct sender {
	struct net_device *out;
	__be32 saddr;
	struct completion done;
	int err;
};

static u64 cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* Unicast addresses all over the Internet; splitmix64 */
static int make_addrs(void)
{
	u64 state = 4, z;
	unsigned int i;

	addrs = vmalloc(array_size(NUM_ADDRS, sizeof(*addrs)));
	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < NUM_ADDRS; i++) {
		z = state += 0x9e3779b97f4a7c15ULL;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
		addrs[i] = htonl((11 + (z >> 32) % 115) << 24 | (z & 0xffffff));
	}
	return 0;
}

static void put_ip(struct sk_buff *skb, u8 protocol, unsigned int len,
		   __be32 saddr, __be32 daddr)
{
	struct iphdr *iph = skb_put(skb, sizeof(*iph));

	*iph = (struct iphdr) {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol,
		.tot_len = htons(sizeof(*iph) + len),
		.saddr = saddr, .daddr = daddr,
	};
	ip_send_check(iph);
}

static struct sk_buff *make_udp(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	struct udphdr *udp;

	put_ip(skb, IPPROTO_UDP, 26, saddr, daddr);
	udp = skb_put_zero(skb, 26);
	udp->source = htons(9);
	udp->dest = htons(9);
	udp->len = htons(26);
	return skb;
}

/* The payload is the same page again and again. */
static struct sk_buff *make_tcp(struct sk_buff *skb, __be32 saddr, __be32 daddr)
{
	unsigned int left, part, i = 0;
	struct tcphdr *tcp;

	put_ip(skb, IPPROTO_TCP, sizeof(*tcp) + GSO_PAYLOAD, saddr, daddr);
	skb_set_transport_header(skb, ETH_HLEN + sizeof(struct iphdr));
	tcp = skb_put_zero(skb, sizeof(*tcp));
	tcp->source = htons(9);
	tcp->dest = htons(9);
	tcp->doff = 5;
	tcp->ack = 1;
	for (left = GSO_PAYLOAD; left; left -= part) {
		part = min_t(unsigned int, left, PAGE_SIZE);
		get_page(page);
		skb_add_rx_frag(skb, i++, page, 0, part, PAGE_SIZE);
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb_shinfo(skb)->gso_size = SEGMENT;
	skb_shinfo(skb)->gso_segs = GSO_PAYLOAD / SEGMENT;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	return skb;
}

static struct sk_buff *make_packet(const struct sender *sender, __be32 daddr)
{
	struct net_device *out = sender->out;
	struct sk_buff *skb = netdev_alloc_skb(out, 128);
	struct ethhdr *eth;

	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	eth = skb_put(skb, sizeof(*eth));
	ether_addr_copy(eth->h_dest, dest);
	ether_addr_copy(eth->h_source, out->dev_addr);
	eth->h_proto = htons(ETH_P_IP);
	skb->protocol = htons(ETH_P_IP);
	skb_set_network_header(skb, ETH_HLEN);
	return gso ? make_tcp(skb, sender->saddr, daddr) :
		     make_udp(skb, sender->saddr, daddr);
}

/* What is sent is received at once, or else by a thread: it goes first, so that
 * no queue overflows.
 */
static int send_burst(const struct sender *sender, unsigned int from)
{
	struct sk_buff *skb;
	unsigned int i;

	local_bh_disable();
	for (i = from; i < from + BURST; i++) {
		skb = make_packet(sender, addrs[i % NUM_ADDRS]);
		if (shared)
			atomic_long_inc(&sent);
		if (!skb || dev_queue_xmit(skb) != NET_XMIT_SUCCESS)
			break;
	}
	local_bh_enable();
	while (local_softirq_pending())
		yield();
	return i == from + BURST ? 0 : -EIO;
}

static int send_all(const struct sender *sender)
{
	unsigned int i;

	for (i = 0; i < count; i += BURST)
		if (send_burst(sender, first + i))
			return -EIO;
	return 0;
}

static int run(struct sender *sender)
{
	u64 begin, begin_cycles, ns, spent;
	unsigned int num = roundup(count, BURST);

	sender->out = dev_get_by_name(current->nsproxy->net_ns, dev);
	if (!sender->out)
		return -ENODEV;
	sender->saddr = htonl(0x0a010004);
	begin = ktime_get_ns();
	begin_cycles = cycles();
	sender->err = send_all(sender);
	ns = ktime_get_ns() - begin;
	spent = cycles() - begin_cycles;
	dev_put(sender->out);
	if (!sender->err)
		pr_info("bench: %s %llu %llu\n", name, div_u64(10 * ns, num),
			div_u64(spent, num));
	return sender->err;
}

static int sender_thread(void *data)
{
	struct sender *sender = data;

	sender->err = send_all(sender);
	complete(&sender->done);
	return 0;
}

static int start_sender(struct sender *sender, unsigned int cpu)
{
	char g[IFNAMSIZ];
	struct task_struct *task;

	snprintf(g, sizeof(g), "g%u", cpu);
	init_completion(&sender->done);
	sender->saddr = htonl(0x0a010004 + cpu);
	sender->out = dev_get_by_name(current->nsproxy->net_ns, g);
	if (!sender->out)
		return -ENODEV;
	task = kthread_run_on_cpu(sender_thread, sender, cpu, "bench/%u");
	if (!IS_ERR(task))
		return 0;
	dev_put(sender->out);
	return PTR_ERR(task);
}

/* Without effect on any processor; stores.c knows them by their displacements. */
static void stores_begin(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x56, 0x4e, 0x45, 0x01" ::: "memory");
}

static void stores_end(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x56, 0x4e, 0x45, 0x02" ::: "memory");
}

static int run_on_cpus(struct sender *senders)
{
	unsigned int i, started;
	int err = 0;

	stores_begin();
	for (started = 0; started < cpus; started++) {
		err = start_sender(&senders[started], started);
		if (err)
			break;
	}
	for (i = 0; i < started; i++) {
		wait_for_completion(&senders[i].done);
		dev_put(senders[i].out);
		err = err ?: senders[i].err;
	}
	stores_end();
	return err;
}

static int __init bench_init(void)
{
	static struct sender senders[MAX_CPUS];
	int err = -ENOMEM;

	if (!mac_pton(mac, dest) || cpus > MAX_CPUS)
		return -EINVAL;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (page && !make_addrs())
		err = cpus ? run_on_cpus(senders) : run(senders);
	vfree(addrs);
	if (page)
		put_page(page);
	return err ?: -EAGAIN;
}
module_init(bench_init);

MODULE_DESCRIPTION("Packet generator of the forwarding benchmark");
MODULE_LICENSE("GPL");
