/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the virtual router tells senders by ICMP: that a packet was too big; and what the
 * host is not to be told.
 */
#ifndef _VNET_ICMP_H
#define _VNET_ICMP_H

#include <linux/types.h>

struct ratelimit_state;
struct vnet_packet;

/**
 * vnet_icmp_too_big() - tell the sender of a packet which size would do
 * @pkt: a checked packet with a target, that will be dropped; left unchanged
 * @mtu: the largest IP packet that goes this way
 *
 * From the first address of the sender's subnet (or the receiver's, if the sender
 * is not here; or of the address space), which is the router's, unless it is the
 * sender's own. Not in answer to
 * ICMP errors and later fragments (RFC 1122 3.2.2, RFC 4443 2.4 (e)), and for each
 * sender no more often than the kernel lets a host send ICMP by default: 1000 a
 * second, 50 at once.
 *
 * Context: RCU, softirqs off.
 */
void vnet_icmp_too_big(const struct vnet_packet *pkt, unsigned int mtu);

/**
 * vnet_icmp_steers() - does an ICMP error say how packets are to be sent?
 * @pkt: a checked packet of a guest
 *
 * Context: RCU.
 * Return: true for "too big" and redirects, also if that is not to be told
 */
bool vnet_icmp_steers(const struct vnet_packet *pkt);

/**
 * vnet_icmp_misleads() - would an ICMP error change how the host routes?
 * @pkt: a checked packet of a guest to an address of the host
 *
 * The host looks up what is quoted to it in its main table, by nothing but the quotation: so
 * any path of its own could be narrowed or turned, that of tunnels to other hosts too. There are
 * no redirects in a VNet, and "too big" has a meaning for TCP, which compares the quotation
 * with its connection. So the host is told of nothing else by the virtual router at another
 * host, either.
 *
 * Context: RCU.
 * Return: true also if that is not to be told
 */
bool vnet_icmp_misleads(const struct vnet_packet *pkt);

/**
 * vnet_icmp_quotes_own() - is an ICMP error about a packet to who sends it?
 * @pkt: a checked packet of a NIC, which vnet_icmp_steers()
 *
 * Context: RCU.
 * Return: true if what it quotes was sent to an address of the NIC; false also if
 *	that is not to be told
 */
bool vnet_icmp_quotes_own(const struct vnet_packet *pkt);

void vnet_icmp_limit_init(struct ratelimit_state *limit);

#endif /* _VNET_ICMP_H */
