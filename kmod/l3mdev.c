// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VNet device as layer 3 master.
 */
#include "l3mdev.h"

#include <linux/fib_rules.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/fib_rules.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netlink.h>

#include "debugfs.h"
#include "link.h"

/* Where VRF devices put the same rule */
#define RULE_PRIORITY	1000

static u32 fib_table(const struct net_device *dev)
{
	return vnet_link_priv(dev)->table_id;
}

/*
 * A packet from a guest, or looped back by the host. The slave flag is what keeps
 * it from sockets that are not bound to the VNet, whatever
 * net.ipv4.tcp_l3mdev_accept says about devices that are no slaves.
 */
static struct sk_buff *l3_rcv(struct net_device *dev, struct sk_buff *skb,
			      u16 family)
{
	if (family == AF_INET)
		IPCB(skb)->flags |= IPSKB_L3SLAVE;
	else if (family == AF_INET6)
		IP6CB(skb)->flags |= IP6SKB_L3SLAVE;
	if (skb->pkt_type == PACKET_LOOPBACK)
		skb->pkt_type = PACKET_HOST;
	return skb;
}

const struct l3mdev_ops vnet_l3mdev_ops = {
	.l3mdev_fib_table = fib_table,
	.l3mdev_l3_rcv = l3_rcv,
};

static int fill_rule(struct sk_buff *skb, u8 family)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, 0, 0, 0, sizeof(*frh), NLM_F_EXCL);
	if (!nlh)
		return -EMSGSIZE;
	frh = nlmsg_data(nlh);
	memset(frh, 0, sizeof(*frh));
	frh->family = family;
	frh->action = FR_ACT_TO_TBL;
	if (nla_put_u8(skb, FRA_PROTOCOL, RTPROT_KERNEL) ||
	    nla_put_u8(skb, FRA_L3MDEV, 1) ||
	    nla_put_u32(skb, FRA_PRIORITY, RULE_PRIORITY))
		return -EMSGSIZE;
	nlmsg_end(skb, nlh);
	return 0;
}

static int add_rule(const struct net_device *dev, u8 family)
{
	struct sk_buff *skb;
	int err;

	skb = vnet_try_alloc(nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL));
	if (!skb)
		return -ENOMEM;
	err = fill_rule(skb, family);
	if (!err) {
		/* this is where the rule code finds the namespace */
		skb->sk = dev_net(dev)->rtnl;
		err = fib_nl_newrule(skb, nlmsg_hdr(skb), NULL);
	}
	nlmsg_free(skb);
	return err == -EEXIST ? 0 : err;
}

int vnet_l3mdev_add_rules(const struct net_device *dev)
{
	return add_rule(dev, AF_INET) ?: add_rule(dev, AF_INET6);
}
