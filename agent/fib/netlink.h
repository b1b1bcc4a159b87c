/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A netlink socket for requests and their answers, over libmnl.
 *
 * The kernel works off a request inside sendmsg(2): when that returns, the
 * answer is queued. So a request and its answer are one call here, and it
 * waits for nothing else. Only dumps go on in pieces, which netlink_dump_next()
 * takes one at a time.
 */
#ifndef FIB_NETLINK_H
#define FIB_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_MSG_SIZE	8192	/* room for any single request */
#define NETLINK_TEXT_LEN	256

struct netlink {
	struct mnl_socket *sock;
	uint32_t seq;			/* of the last request */
	uint32_t portid;
	bool interrupted;		/* the dump that runs is inconsistent */
};

/* What the kernel said to a request */
struct netlink_error {
	int error;			/* errno, 0: done */
	char text[NETLINK_TEXT_LEN];	/* extack if there was one, strerror if
					 * not; with error 0 a warning or ""
					 */
};

/*
 * One message of an answer. It is valid during the call only, which makes no
 * requests.
 */
typedef void netlink_cb(const struct nlmsghdr *nlh, void *arg);

/**
 * netlink_open - open a socket
 * @bus: NETLINK_ROUTE or NETLINK_GENERIC
 *
 * Acknowledgements do not carry the request back, errors carry the kernel's
 * words, dumps are filtered strictly. Return: 0 or -errno.
 */
int netlink_open(struct netlink *nl, int bus);
void netlink_close(struct netlink *nl);
int netlink_fd(const struct netlink *nl);
/* Room for @bytes of messages that are not read yet; needs CAP_NET_ADMIN. */
int netlink_set_room(const struct netlink *nl, int bytes);

/**
 * netlink_msg - begin a request
 * @buf: NETLINK_MSG_SIZE bytes, aligned for any type
 * @type: message type
 * @flags: NLM_F_* besides NLM_F_REQUEST
 */
struct nlmsghdr *netlink_msg(void *buf, uint16_t type, uint16_t flags);

/* Fill in errno, and its text unless the kernel gave one. Returns -@error. */
int netlink_error_set(struct netlink_error *err, int error, const char *text);

/**
 * netlink_error_parse - what an NLMSG_ERROR or NLMSG_DONE message says
 *
 * Return: false if the message is too short to say anything.
 */
bool netlink_error_parse(const struct nlmsghdr *nlh, struct netlink_error *err);

/**
 * netlink_talk - send one request and take its answer
 * @cb: called for each message that is not the acknowledgement; may be NULL
 *
 * Return: 0 or -errno, with @err filled in both cases.
 */
int netlink_talk(struct netlink *nl, struct nlmsghdr *nlh, netlink_cb *cb,
		 void *arg, struct netlink_error *err);

/**
 * netlink_dump - send a dump request and take all of its answer
 *
 * A dump that the kernel calls inconsistent (NLM_F_DUMP_INTR) is not repeated
 * here, since @cb has already seen it: -EINTR.
 *
 * Return: 0 or -errno, with @err filled in both cases.
 */
int netlink_dump(struct netlink *nl, struct nlmsghdr *nlh, netlink_cb *cb,
		 void *arg, struct netlink_error *err);

/* Send a dump request whose answer is taken with netlink_dump_next(). */
int netlink_dump_start(struct netlink *nl, struct nlmsghdr *nlh,
		       struct netlink_error *err);

/**
 * netlink_dump_next - take the next piece of a dump
 *
 * Return: 1 if more is to come, 0 at the end, -errno if it failed, -EINTR if
 * it is to be done again.
 */
int netlink_dump_next(struct netlink *nl, netlink_cb *cb, void *arg,
		      struct netlink_error *err);

#endif
