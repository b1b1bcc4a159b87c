/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: clients, their request lines, and answers at the speed
 * at which each client reads its own.
 */
#ifndef CTL_SERVER_H
#define CTL_SERVER_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl/request.h"

struct ctl_client;

struct ctl_server_ops {
	/* Answer with any number of ctl_client_row()s and a finish. */
	void (*request)(struct ctl_client *client,
			const struct ctl_request *req);
	/* There is room for rows again; not called unless it was full. */
	void (*drained)(struct ctl_client *client);
	/* It hung up before its answer was finished. */
	void (*gone)(struct ctl_client *client);
};

/* Serve on @fd, a listening socket. */
void ctl_server_start(int fd, const struct ctl_server_ops *ops);

/* Send one row; takes the reference. */
void ctl_client_row(struct ctl_client *client, json_t *row);
/* Enough rows wait to be read; hold back. */
bool ctl_client_full(const struct ctl_client *client);
/* The end of the answer, an error unless NULL; @client is gone. */
void ctl_client_finish(struct ctl_client *client, const char *error);
/* Whether it is a process of root. */
bool ctl_client_is_root(const struct ctl_client *client);
/*
 * What it asked for takes long. It has a place only until it hangs up, not
 * until there is an answer: what is not answered yet is for the caller to
 * bound.
 */
void ctl_client_may_leave(struct ctl_client *client);

void ctl_client_set_ctx(struct ctl_client *client, void *ctx);
void *ctl_client_ctx(const struct ctl_client *client);

#endif
