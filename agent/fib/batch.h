/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many requests in one sendmsg(2). Only the last one is acknowledged: the
 * kernel works them off in order and answers every one that fails, so one that
 * has no answer when the last one has was done.
 */
#ifndef FIB_BATCH_H
#define FIB_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "fib/netlink.h"

#define BATCH_MAX	256	/* requests */

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *batch);

/* Where the next request is to be written, RTM_MSG_MAX bytes. */
void *batch_next(struct batch *batch);
/* Take the request that was written there; at most BATCH_MAX. */
void batch_add(struct batch *batch, struct nlmsghdr *nlh);

/**
 * batch_send - send what was added, and take the answers
 *
 * Return: false if answers were lost, so that some requests may have failed
 * that count as done.
 */
bool batch_send(struct batch *batch, struct netlink *nl);

/* What became of request @i of the last batch_send(); until the next add. */
const struct netlink_error *batch_result(const struct batch *batch, size_t i);

#endif
