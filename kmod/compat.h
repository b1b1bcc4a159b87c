/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions. No other file names one.
 */
#ifndef _VNET_COMPAT_H
#define _VNET_COMPAT_H

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/version.h>
#include <net/dst.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "vnet needs Linux 6.1 or newer"
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "vnet has not been ported beyond Linux 6.12"
#endif

#ifdef CONFIG_SLOB
#error "vnet needs SLUB or SLAB: it frees by kfree() what is from a cache of its own"
#endif

#ifndef CONFIG_64BIT
#error "vnet needs a 64-bit kernel: lookups read words of 64 bits at once"
#endif

/* Of a variable on the stack: whoever declares it fills it in, so that a kernel which clears
 * all of them (CONFIG_INIT_STACK_ALL_ZERO) need not.
 */
#ifndef __uninitialized
#define __uninitialized __attribute__((__uninitialized__))
#endif

/* A device that needs no transmit lock and stays in its network namespace */
static inline void vnet_compat_setup_dev(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	dev->features |= NETIF_F_LLTX | NETIF_F_NETNS_LOCAL;
#else
	dev->lltx = true;
#ifdef VNET_HAVE_NETNS_IMMUTABLE
	dev->netns_immutable = true;
#else
	dev->netns_local = true;
#endif
#endif
}

/* Total length of an IPv4 packet, which may exceed 64 KiB where the kernel can
 * say so
 */
static inline unsigned int vnet_compat_ip_totlen(const struct sk_buff *skb,
						 const struct iphdr *iph)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return iph_totlen(skb, iph);
#else
	return ntohs(iph->tot_len);
#endif
}

/* Flags of what a tunnel sends: no fragments, and a UDP checksum or not */
static inline void vnet_compat_tunnel_flags(struct ip_tunnel_key *key, bool csum)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	ip_tunnel_flags_zero(key->tun_flags);
	__set_bit(IP_TUNNEL_KEY_BIT, key->tun_flags);
	__set_bit(IP_TUNNEL_DONT_FRAGMENT_BIT, key->tun_flags);
	if (csum)
		__set_bit(IP_TUNNEL_CSUM_BIT, key->tun_flags);
#else
	key->tun_flags = TUNNEL_KEY | TUNNEL_DONT_FRAGMENT;
	if (csum)
		key->tun_flags |= TUNNEL_CSUM;
#endif
}

/* A route that lives on the stack */
static inline void vnet_compat_dst_init(struct dst_entry *dst, struct dst_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	dst_init(dst, ops, NULL, DST_OBSOLETE_NONE, DST_NOCOUNT);
#else
	dst_init(dst, ops, NULL, 1, DST_OBSOLETE_NONE, DST_NOCOUNT);
#endif
}

/* Attributes of the request that a dump answers */
static inline struct nlattr **vnet_compat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* Formatted extack messages. Before 6.2 an extack held a pointer only; the
 * texts are then kept in a ring long enough for those that wait to be sent.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define VNET_ERR_FMT(extack, fmt, args...) \
	NL_SET_ERR_MSG_FMT_MOD(extack, fmt, ##args)
#else
#define VNET_ERR_FMT(extack, fmt, args...) \
	NL_SET_ERR_MSG_TEXT(extack, \
			    vnet_main_text(KBUILD_MODNAME ": " fmt, ##args))

#define NL_SET_ERR_MSG_TEXT(extack, text) do {			\
	struct netlink_ext_ack *__extack = (extack);		\
								\
	if (__extack)						\
		__extack->_msg = (text);			\
} while (0)

const char *vnet_main_text(const char *fmt, ...) __printf(1, 2);
#endif

#endif /* _VNET_COMPAT_H */
