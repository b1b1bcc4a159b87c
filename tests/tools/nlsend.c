// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends one netlink request, right or wrong, and tells the answer.
 *
 *	nlsend genl CMD [dump] ATTRIBUTE...	generic netlink family "vnet"
 *	nlsend link NAME ATTRIBUTE...		RTM_NEWLINK, attributes IFLA_*
 *	nlsend nexthop ATTRIBUTE...		RTM_NEWNEXTHOP, NHA_*: groups
 *						larger than ip(8) can
 *
 * An ATTRIBUTE is TYPE=VALUE, types being numbers. VALUE is u8:N, u16:N,
 * u32:N, hex:BYTES, str:TEXT, "[" (opens a nest, flagged as one), "(" (opens a
 * nest without the flag); "]" closes either.
 *
 *	nlsend genl 5 2=u32:7 16=[ 1=hex:0a010004 ]
 *
 * Prints "ok", or the error, the offset of the offending attribute if the
 * kernel names one, and its explanation: "EINVAL @20: vnet: ...". The status is
 * 0 or 1; 2 if there was no answer.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE	65536
#define MAX_DEPTH	8

static struct mnl_socket *sock;
static char buffer[BUFFER_SIZE];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "nlsend: %s\n", what);
	exit(2);
}

static void socket_open(int protocol)
{
	int on = 1;

	sock = mnl_socket_open(protocol);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die("socket");
	if (mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    mnl_socket_setsockopt(sock, NETLINK_GET_STRICT_CHK, &on,
				  sizeof(on)))
		die("socket option");
}

static void put_hex(struct nlmsghdr *nlh, int type, const char *text)
{
	unsigned char bytes[4096];
	unsigned int value;
	size_t len = 0;

	while (len < sizeof(bytes) && sscanf(text, "%2x", &value) == 1) {
		bytes[len++] = value;
		text += 2;
	}
	mnl_attr_put(nlh, type, len, bytes);
}

static void put_value(struct nlmsghdr *nlh, int type, const char *value)
{
	const char *text = strchr(value, ':');

	if (!text++)
		die("attribute without value");
	if (!strncmp(value, "u8:", 3))
		mnl_attr_put_u8(nlh, type, strtoul(text, NULL, 0));
	else if (!strncmp(value, "u16:", 4))
		mnl_attr_put_u16(nlh, type, strtoul(text, NULL, 0));
	else if (!strncmp(value, "u32:", 4))
		mnl_attr_put_u32(nlh, type, strtoul(text, NULL, 0));
	else if (!strncmp(value, "hex:", 4))
		put_hex(nlh, type, text);
	else if (!strncmp(value, "str:", 4))
		mnl_attr_put_strz(nlh, type, text);
	else
		die("attribute of unknown kind");
}

static void put_attrs(struct nlmsghdr *nlh, char **args)
{
	struct nlattr *nests[MAX_DEPTH];
	unsigned int depth = 0;
	char *value;
	int type;

	for (; *args; args++) {
		if (!strcmp(*args, "]")) {
			if (!depth)
				die("nothing to close");
			mnl_attr_nest_end(nlh, nests[--depth]);
			continue;
		}
		type = strtol(*args, &value, 0);
		if (*value++ != '=')
			die("attribute without type");
		if (!strcmp(value, "[") || !strcmp(value, "(")) {
			if (depth == MAX_DEPTH)
				die("nested too deep");
			nests[depth] = mnl_attr_nest_start(nlh, type);
			if (*value == '(')
				nests[depth]->nla_type &= ~NLA_F_NESTED;
			depth++;
		} else {
			put_value(nlh, type, value);
		}
	}
}

static const struct nlmsghdr *send_and_receive(struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		die("send");
	if (mnl_socket_recvfrom(sock, buffer, sizeof(buffer)) <= 0)
		die("receive");
	return (const struct nlmsghdr *)buffer;
}

struct answer {
	int error;
	unsigned int offset;
	const char *text;
};

static int answer_attr(const struct nlattr *attr, void *data)
{
	struct answer *answer = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		answer->text = mnl_attr_get_str(attr);
	else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
		answer->offset = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/* The answer: its explanation follows the request, or only its header */
static void answer_parse(struct answer *answer, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned int skip = sizeof(*err);

	if (nlh->nlmsg_type == NLMSG_DONE) {
		answer->error = -*(const int *)mnl_nlmsg_get_payload(nlh);
		skip = sizeof(int);
	} else if (nlh->nlmsg_type == NLMSG_ERROR) {
		answer->error = -err->error;
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += err->msg.nlmsg_len - sizeof(struct nlmsghdr);
	} else {
		return;
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, skip, answer_attr, answer);
}

static int report(struct nlmsghdr *request)
{
	struct answer answer = { 0 };

	answer_parse(&answer, send_and_receive(request));
	if (!answer.error) {
		puts("ok");
		return 0;
	}
	printf("%s", strerrorname_np(answer.error));
	if (answer.offset)
		printf(" @%u", answer.offset);
	printf(": %s\n", answer.text ? answer.text : "no explanation");
	return 1;
}

static struct nlmsghdr *genl_begin(char *request, int family, int cmd,
				   int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *head;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->cmd = cmd;
	head->version = 1;
	return nlh;
}

static int family_id(void)
{
	char request[256] = { 0 };
	const struct nlmsghdr *answer;
	const struct nlattr *attr;
	struct nlmsghdr *nlh;

	nlh = genl_begin(request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "vnet");
	answer = send_and_receive(nlh);
	if (answer->nlmsg_type == NLMSG_ERROR)
		die("no family vnet");
	mnl_attr_for_each(attr, answer, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			return mnl_attr_get_u16(attr);
	die("no family id");
}

static int send_genl(char **args)
{
	static char request[BUFFER_SIZE];
	int cmd = atoi(*args++), flags = NLM_F_ACK;
	struct nlmsghdr *nlh;

	if (*args && !strcmp(*args, "dump")) {
		flags = NLM_F_DUMP;
		args++;
	}
	socket_open(NETLINK_GENERIC);
	nlh = genl_begin(request, family_id(), cmd, flags);
	put_attrs(nlh, args);
	return report(nlh);
}

/* @header: bytes of what the type has before its attributes */
static int send_new(uint16_t type, size_t header, const char *ifname,
		    char **args)
{
	static char request[BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
			   NLM_F_EXCL;
	mnl_nlmsg_put_extra_header(nlh, header);
	if (ifname)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, ifname);
	socket_open(NETLINK_ROUTE);
	put_attrs(nlh, args);
	return report(nlh);
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "genl"))
		return send_genl(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "link"))
		return send_new(RTM_NEWLINK, sizeof(struct ifinfomsg), argv[2],
				argv + 3);
	if (argc >= 3 && !strcmp(argv[1], "nexthop"))
		return send_new(RTM_NEWNEXTHOP, sizeof(struct nhmsg), NULL,
				argv + 2);
	die("usage: genl CMD [dump] ATTRIBUTE... | link NAME ATTRIBUTE... | "
	    "nexthop ATTRIBUTE...");
}
