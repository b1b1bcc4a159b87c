// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a datapath of Open vSwitch's kernel module with two ports and one flow,
 * which sends every IPv4 packet of the first port out of the second.
 *
 *	ovs DATAPATH IN OUT
 */
#include <endian.h>
#include <err.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/openvswitch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char buf[8192];
static struct mnl_socket *nl;
static unsigned int seq;

static struct nlmsghdr *begin(uint16_t type, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static int find_id(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(uint16_t *)data = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int find_family(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), find_id, data);
}

static void talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data,
		 const char *what)
{
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "%s", what);
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			err(1, "%s", what);
		rc = mnl_cb_run(buf, n, seq, mnl_socket_get_portid(nl), cb,
				data);
	} while (rc > 0);
	if (rc < 0)
		err(1, "%s", what);
}

static uint16_t family(const char *name)
{
	struct nlmsghdr *nlh = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	uint16_t id = 0;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	talk(nlh, find_family, &id, name);
	return id;
}

static struct nlmsghdr *begin_ovs(const char *name, uint8_t cmd, int dp)
{
	struct nlmsghdr *nlh = begin(family(name), cmd, 1);
	struct ovs_header *ovs;

	ovs = mnl_nlmsg_put_extra_header(nlh, sizeof(*ovs));
	ovs->dp_ifindex = dp;
	return nlh;
}

static int find_dp(const struct nlmsghdr *nlh, void *data)
{
	const struct ovs_header *ovs =
		mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr));

	*(int *)data = ovs->dp_ifindex;
	return MNL_CB_OK;
}

static int new_datapath(const char *name)
{
	struct nlmsghdr *nlh = begin_ovs(OVS_DATAPATH_FAMILY,
					 OVS_DP_CMD_NEW, 0);
	int dp = 0;

	nlh->nlmsg_flags |= NLM_F_ECHO;
	mnl_attr_put_strz(nlh, OVS_DP_ATTR_NAME, name);
	mnl_attr_put_u32(nlh, OVS_DP_ATTR_UPCALL_PID, 0);
	mnl_attr_put_u32(nlh, OVS_DP_ATTR_USER_FEATURES,
			 OVS_DP_F_UNALIGNED);
	talk(nlh, find_dp, &dp, "datapath");
	return dp;
}

static void new_port(int dp, uint32_t number, const char *name)
{
	struct nlmsghdr *nlh = begin_ovs(OVS_VPORT_FAMILY, OVS_VPORT_CMD_NEW,
					 dp);

	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_PORT_NO, number);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	mnl_attr_put_strz(nlh, OVS_VPORT_ATTR_NAME, name);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_UPCALL_PID, 0);
	talk(nlh, NULL, NULL, name);
}

/* What must be the same: port and protocol; all else is the mask's zeros. */
static void put_key(struct nlmsghdr *nlh, uint16_t attr, bool mask)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);
	struct ovs_key_ethernet eth = { };
	struct ovs_key_ipv4 ip = { };

	mnl_attr_put_u32(nlh, OVS_KEY_ATTR_IN_PORT, mask ? UINT32_MAX : 1);
	mnl_attr_put(nlh, OVS_KEY_ATTR_ETHERNET, sizeof(eth), &eth);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE,
			 mask ? 0xffff : htobe16(ETH_P_IP));
	mnl_attr_put(nlh, OVS_KEY_ATTR_IPV4, sizeof(ip), &ip);
	mnl_attr_nest_end(nlh, nest);
}

static void new_flow(int dp)
{
	struct nlmsghdr *nlh = begin_ovs(OVS_FLOW_FAMILY, OVS_FLOW_CMD_NEW, dp);
	struct nlattr *nest;

	nlh->nlmsg_flags |= NLM_F_CREATE;
	put_key(nlh, OVS_FLOW_ATTR_KEY, false);
	put_key(nlh, OVS_FLOW_ATTR_MASK, true);
	nest = mnl_attr_nest_start(nlh, OVS_FLOW_ATTR_ACTIONS);
	mnl_attr_put_u32(nlh, OVS_ACTION_ATTR_OUTPUT, 2);
	mnl_attr_nest_end(nlh, nest);
	talk(nlh, NULL, NULL, "flow");
}

int main(int argc, char **argv)
{
	int dp;

	if (argc != 4)
		errx(2, "usage: ovs DATAPATH IN OUT");
	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	dp = new_datapath(argv[1]);
	new_port(dp, 1, argv[2]);
	new_port(dp, 2, argv[3]);
	new_flow(dp);
	return 0;
}
