// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib/rtm.h"
#include "lib/util.h"

#define RECV_SIZE	8192

struct batch {
	size_t n;			/* requests */
	size_t len;			/* bytes */
	bool sent;
	struct nlmsghdr *last;
	struct netlink_error results[BATCH_MAX];
	char recv[RECV_SIZE] __attribute__((aligned(8)));
	char buf[BATCH_MAX * RTM_MSG_MAX] __attribute__((aligned(8)));
};

struct batch *batch_new(void)
{
	return xcalloc(1, sizeof(struct batch));
}

void batch_free(struct batch *batch)
{
	free(batch);
}

void *batch_next(struct batch *batch)
{
	if (batch->sent) {
		batch->n = 0;
		batch->len = 0;
		batch->sent = false;
	}
	return batch->buf + batch->len;
}

void batch_add(struct batch *batch, struct nlmsghdr *nlh)
{
	batch->last = nlh;
	batch->len += MNL_ALIGN(nlh->nlmsg_len);
	netlink_error_set(&batch->results[batch->n++], 0, NULL);
}

static void number(struct batch *batch, struct netlink *nl)
{
	int left = batch->len;
	struct nlmsghdr *nlh;

	for (nlh = (void *)batch->buf; mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		nlh->nlmsg_seq = ++nl->seq;
		nlh->nlmsg_pid = nl->portid;
	}
	batch->last->nlmsg_flags |= NLM_F_ACK;
}

/* Whether the answer to the last request was among them. */
static bool take_answers(struct batch *batch, const struct netlink *nl,
			 int left)
{
	uint32_t first = nl->seq - (batch->n - 1);
	const struct nlmsghdr *nlh;
	bool ended = false;

	for (nlh = (void *)batch->recv; mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		uint32_t i = nlh->nlmsg_seq - first;

		if (nlh->nlmsg_type != NLMSG_ERROR || i >= batch->n)
			continue;
		netlink_error_parse(nlh, &batch->results[i]);
		ended = ended || i == batch->n - 1;
	}
	return ended;
}

static void fail_all(struct batch *batch, int error)
{
	size_t i;

	for (i = 0; i < batch->n; i++)
		netlink_error_set(&batch->results[i], error, NULL);
}

bool batch_send(struct batch *batch, struct netlink *nl)
{
	ssize_t len;

	batch->sent = true;
	if (batch->n == 0)
		return true;
	number(batch, nl);
	if (mnl_socket_sendto(nl->sock, batch->buf, batch->len) < 0) {
		fail_all(batch, errno);
		return true;
	}
	do {
		len = recv(netlink_fd(nl), batch->recv, sizeof(batch->recv),
			   MSG_DONTWAIT);
		if (len < 0)
			return false;
	} while (!take_answers(batch, nl, len));
	return true;
}

const struct netlink_error *batch_result(const struct batch *batch, size_t i)
{
	return &batch->results[i];
}
