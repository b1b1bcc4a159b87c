// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/util.h"

#define RECV_SIZE	65536	/* the module fills all of that in a dump */

static int set_option(const struct netlink *nl, int option)
{
	int one = 1;

	return mnl_socket_setsockopt(nl->sock, option, &one, sizeof(one));
}

int netlink_open(struct netlink *nl, int bus)
{
	int error;

	nl->seq = 0;
	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    set_option(nl, NETLINK_CAP_ACK) < 0 ||
	    set_option(nl, NETLINK_EXT_ACK) < 0 ||
	    set_option(nl, NETLINK_GET_STRICT_CHK) < 0) {
		error = errno;
		netlink_close(nl);
		return -error;
	}
	nl->portid = mnl_socket_get_portid(nl->sock);
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

int netlink_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

int netlink_set_room(const struct netlink *nl, int bytes)
{
	return setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			  sizeof(bytes));
}

struct nlmsghdr *netlink_msg(void *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return nlh;
}

int netlink_error_set(struct netlink_error *err, int error, const char *text)
{
	err->error = error;
	if (!error && !text) {
		/* Once for each of a million routes: no printing. */
		err->text[0] = '\0';
		return 0;
	}
	if (!text)
		text = strerror(error);
	snprintf(err->text, sizeof(err->text), "%s", text);
	return -error;
}

static int find_text(const struct nlattr *attr, void *data)
{
	const char **text = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
		*text = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/*
 * Both kinds of message begin with a negative errno. An error goes on with the
 * header of the request, and the request itself unless it is capped, then the
 * attributes; the end of a dump with the attributes at once.
 */
bool netlink_error_parse(const struct nlmsghdr *nlh, struct netlink_error *err)
{
	const struct nlmsgerr *head = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	size_t skip = sizeof(int);
	const char *text = NULL;

	if (len < sizeof(int))
		return false;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		if (len < sizeof(*head))
			return false;
		skip = sizeof(*head);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += head->msg.nlmsg_len - sizeof(head->msg);
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && MNL_ALIGN(skip) <= len)
		mnl_attr_parse(nlh, MNL_ALIGN(skip), find_text, &text);
	netlink_error_set(err, -head->error, text);
	return true;
}

static int send_request(struct netlink *nl, struct nlmsghdr *nlh,
			struct netlink_error *err)
{
	nlh->nlmsg_seq = ++nl->seq;
	nlh->nlmsg_pid = nl->portid;
	nl->interrupted = false;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return netlink_error_set(err, errno, NULL);
	return netlink_error_set(err, 0, NULL);
}

/*
 * An acknowledgement or the end of a dump is the last of an answer. A dump
 * that was interrupted is read to its end all the same: the kernel starts no
 * other on this socket before.
 *
 * Return: 1 to go on, 0 at the end, -errno.
 */
static int take_one(struct netlink *nl, const struct nlmsghdr *nlh,
		    netlink_cb *cb, void *arg, struct netlink_error *err)
{
	if (nlh->nlmsg_seq != nl->seq || nlh->nlmsg_pid != nl->portid)
		return 1;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;

	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return 1;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		if (!netlink_error_parse(nlh, err))
			return netlink_error_set(err, EBADMSG, NULL);
		if (!err->error && nl->interrupted)
			return netlink_error_set(err, EINTR, NULL);
		return -err->error;
	default:
		if (cb)
			cb(nlh, arg);
		return 1;
	}
}

/*
 * Receive what is next, of whatever size: an answer to a single request is one
 * message. There is one buffer for all sockets: a callback makes no requests.
 */
static ssize_t receive(const struct netlink *nl, void **data)
{
	static size_t size;
	static void *buf;
	ssize_t len = recv(netlink_fd(nl), NULL, 0, MSG_PEEK | MSG_TRUNC);

	if (len < 0)
		return len;
	if (size < (size_t)len) {
		size = MAX(RECV_SIZE, len);
		buf = xreallocarray(buf, size, 1);
	}
	*data = buf;
	return mnl_socket_recvfrom(nl->sock, buf, size);
}

int netlink_dump_next(struct netlink *nl, netlink_cb *cb, void *arg,
		      struct netlink_error *err)
{
	const struct nlmsghdr *nlh;
	int left, rc;
	ssize_t len;
	void *buf;

	len = receive(nl, &buf);
	if (len < 0)
		return netlink_error_set(err, errno, NULL);
	left = len;
	for (nlh = buf; mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		rc = take_one(nl, nlh, cb, arg, err);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

int netlink_dump_start(struct netlink *nl, struct nlmsghdr *nlh,
		       struct netlink_error *err)
{
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return send_request(nl, nlh, err);
}

static int take_all(struct netlink *nl, netlink_cb *cb, void *arg,
		    struct netlink_error *err)
{
	int rc;

	do {
		rc = netlink_dump_next(nl, cb, arg, err);
	} while (rc > 0);
	return rc;
}

int netlink_dump(struct netlink *nl, struct nlmsghdr *nlh, netlink_cb *cb,
		 void *arg, struct netlink_error *err)
{
	int rc = netlink_dump_start(nl, nlh, err);

	return rc < 0 ? rc : take_all(nl, cb, arg, err);
}

int netlink_talk(struct netlink *nl, struct nlmsghdr *nlh, netlink_cb *cb,
		 void *arg, struct netlink_error *err)
{
	int rc;

	nlh->nlmsg_flags |= NLM_F_ACK;
	rc = send_request(nl, nlh, err);
	return rc < 0 ? rc : take_all(nl, cb, arg, err);
}
