// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control process: answers clients of the control socket with what it
 * asks of the others. A request is a few steps, each a query to one process;
 * rows are passed on as JSON as they come, and no more are asked for than the
 * client reads, so that nobody but the client waits for a slow client.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/fsm.h"
#include "ctl/server.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/utf8.h"
#include "lib/util.h"
#include "vrsd/proc.h"
#include "vrsd/vrsd.h"

/* A query, and what its rows are for. */
struct step {
	enum proc_id proc;
	enum query_kind kind;
	bool silent;			/* not for the client */
};

#define STEPS_MAX	3
#define RELOADS_MAX	1024		/* at a time; the parent takes more */

static const struct command {
	struct step steps[STEPS_MAX];
	size_t n_steps;
	enum row_view view;
} commands[CTL_COMMANDS] = {
	[CTL_PEERS] = {
		.steps = { { PROC_SPEAKER, QUERY_COUNTS, true },
			   { PROC_SPEAKER, QUERY_PEERS, false } },
		.n_steps = 2,
	},
	/* There are neighbors without a session, whom no table knows. */
	[CTL_LEARNED] = {
		.steps = { { PROC_SPEAKER, QUERY_PEERS, true },
			   { PROC_SPEAKER, QUERY_LEARNED, false } },
		.n_steps = 2,
		.view = ROW_LEARNED,
	},
	[CTL_ADVERTISED] = {
		.steps = { { PROC_SPEAKER, QUERY_PEERS, true },
			   { PROC_SPEAKER, QUERY_ADVERTISED, false } },
		.n_steps = 2,
		.view = ROW_ADVERTISED,
	},
	[CTL_ROUTES] = {
		.steps = { { PROC_SPEAKER, QUERY_LOC_RIB, false } },
		.n_steps = 1,
		.view = ROW_LOC_RIB,
	},
	[CTL_POLICY_TEST] = {
		.steps = { { PROC_SPEAKER, QUERY_PEERS, true },
			   { PROC_SPEAKER, QUERY_POLICY, false } },
		.n_steps = 2,
	},
	[CTL_BFD] = {
		.steps = { { PROC_SPEAKER, QUERY_PEERS, true },
			   { PROC_BFD, QUERY_BFD, false } },
		.n_steps = 2,
	},
	[CTL_STATUS] = {
		.steps = { { PROC_SPEAKER, QUERY_STATUS, false },
			   { PROC_BFD, QUERY_STATUS, false },
			   { PROC_KERNEL, QUERY_STATUS, false } },
		.n_steps = 3,
	},
	[CTL_PROBLEMS] = {
		.steps = { { PROC_SPEAKER, QUERY_PEERS, false },
			   { PROC_KERNEL, QUERY_PROBLEMS, false } },
		.n_steps = 2,
	},
};

struct ask {
	struct ask *next;
	uint32_t id;
	struct ctl_client *client;
	struct ctl_request req;
	const struct command *command;	/* NULL: reload */
	size_t step;
	bool waiting;			/* there is more; the client is slow */
	size_t peers;			/* sessions that the request is about */
	struct msg_row_counts *counts;	/* in order once all are there */
	size_t n_counts;
};

static struct ask *asks;
static uint32_t last_id;
static unsigned int reloads;		/* that the parent has to answer */
static bool no_kernel;

static struct ask *ask_find(uint32_t id)
{
	struct ask *ask;

	for (ask = asks; ask; ask = ask->next)
		if (ask->id == id)
			break;
	return ask;
}

static void ask_free(struct ask *ask)
{
	struct ask **p = &asks;

	while (*p != ask)
		p = &(*p)->next;
	*p = ask->next;
	free(ask->counts);
	free(ask);
}

static void ask_finish(struct ask *ask, const char *error)
{
	ctl_client_finish(ask->client, error);
	ask_free(ask);
}

static const struct step *ask_step(const struct ask *ask)
{
	return &ask->command->steps[ask->step];
}

static void begin_step(struct ask *ask)
{
	struct msg_query query = {
		.id = ask->id,
		.kind = ask_step(ask)->kind,
	};

	memcpy(query.vnet, ask->req.vnet, sizeof(query.vnet));
	memcpy(query.neighbor, ask->req.neighbor, sizeof(query.neighbor));
	memcpy(query.map, ask->req.map, sizeof(query.map));
	query.outbound = ask->req.outbound;
	chan_send(proc_chan(ask_step(ask)->proc), MSG_QUERY, &query,
		  sizeof(query));
}

static void send_own_status(struct ask *ask)
{
	struct row_status row;

	proc_status(&row);
	ctl_client_row(ask->client, row_status_json(&row));
}

/* What was named and is not there; false if all is. */
static bool nobody_meant(const struct ask *ask, char *text, size_t size)
{
	if (ask->peers || (!ask->req.neighbor[0] && !ask->req.vnet[0]))
		return false;
	if (!ask->req.vnet[0])
		snprintf(text, size, "no neighbor \"%s\"", ask->req.neighbor);
	else if (!ask->req.neighbor[0])
		snprintf(text, size, "no VNet \"%s\" with neighbors",
			 ask->req.vnet);
	else
		snprintf(text, size, "no neighbor \"%s\" in VNet \"%s\"",
			 ask->req.neighbor, ask->req.vnet);
	return true;
}

static int counts_cmp(const void *pa, const void *pb)
{
	const struct msg_row_counts *a = pa, *b = pb;

	return a->peer < b->peer ? -1 : a->peer > b->peer;
}

static void next_step(struct ask *ask)
{
	const struct step *done = ask_step(ask);
	char text[160];

	if (done->kind == QUERY_PEERS &&
	    nobody_meant(ask, text, sizeof(text))) {
		ask_finish(ask, text);
		return;
	}
	if (ask->n_counts)
		qsort(ask->counts, ask->n_counts, sizeof(*ask->counts),
		      counts_cmp);
	ask->step++;
	if (ask->step < ask->command->n_steps && no_kernel &&
	    ask_step(ask)->proc == PROC_KERNEL)
		ask->step++;
	if (ask->step < ask->command->n_steps) {
		begin_step(ask);
		return;
	}
	if (ask->req.command == CTL_STATUS)
		send_own_status(ask);
	ask_finish(ask, NULL);
}

/*
 * Answers
 */

static void row_counts(struct ask *ask, const struct msg_row_counts *msg)
{
	ask->counts = xreallocarray(ask->counts, ask->n_counts + 1,
				    sizeof(*ask->counts));
	ask->counts[ask->n_counts++] = *msg;
}

/* NULL: no table knows the peer. */
static const struct msg_row_counts *find_counts(const struct ask *ask,
						uint32_t peer)
{
	const struct msg_row_counts wanted = { .peer = peer };

	if (!ask->n_counts)
		return NULL;
	return bsearch(&wanted, ask->counts, ask->n_counts,
		       sizeof(*ask->counts), counts_cmp);
}

static void row_peer(struct ask *ask, const struct row_peer *from)
{
	const struct msg_row_counts *counts = find_counts(ask, from->id.peer);
	struct row_peer row = *from;

	ask->peers++;
	if (ask_step(ask)->silent)
		return;
	if (ask->req.command == CTL_PROBLEMS) {
		if (row.problem[0])
			ctl_client_row(ask->client,
				       row_peer_problem_json(&row));
		return;
	}
	if (counts) {
		row.learned = counts->learned;
		row.advertised = counts->advertised;
	}
	ctl_client_row(ask->client, row_peer_json(&row));
}

static void row_route(struct ask *ask, const struct msg_row_route *msg,
		      size_t len)
{
	const struct bgp_attrs *attrs = (const void *)(msg + 1);

	if (msg->attrs_len != len - sizeof(*msg) ||
	    !bgp_attrs_valid(attrs, msg->attrs_len))
		proc_violation(PROC_SPEAKER, MSG_ROW_ROUTE);
	ctl_client_row(ask->client, row_route_json(&msg->row, attrs,
						   ask->command->view));
}

static void row_policy(struct ask *ask, const struct msg_row_policy *msg,
		       size_t len)
{
	const uint8_t *before = (const uint8_t *)(msg + 1);
	size_t at = ((size_t)msg->before_len + 3) & ~(size_t)3;
	const uint8_t *after = before + at;

	len -= sizeof(*msg);
	if (msg->row.outcome >= ROW_OUTCOMES || at > len ||
	    !bgp_attrs_valid(before, msg->before_len) ||
	    !bgp_attrs_valid(after, len - at))
		proc_violation(PROC_SPEAKER, MSG_ROW_POLICY);
	ctl_client_row(ask->client,
		       row_policy_json(&msg->row, (const void *)before,
				       (const void *)after));
}

static void batch_ends(struct ask *ask)
{
	if (ctl_client_full(ask->client)) {
		ask->waiting = true;
		return;
	}
	ask->waiting = false;
	chan_send(proc_chan(ask_step(ask)->proc), MSG_QUERY_MORE, &ask->id,
		  sizeof(ask->id));
}

static void query_ends(struct ask *ask, const struct msg_query_end *end,
		       size_t len)
{
	char *text;

	if (!end->error && ask->command) {
		next_step(ask);
		return;
	}
	text = xasprintf("%.*s", (int)(len - sizeof(*end)),
			 (const char *)(end + 1));
	utf8_make_whole(text);
	ask_finish(ask, end->error ? text : NULL);
	free(text);
}

/* NULL: it may. */
static const char *refused(const struct ctl_client *client,
			   const struct ctl_request *req)
{
	if (req->command != CTL_RELOAD)
		return NULL;
	if (!ctl_client_is_root(client))
		return "only root may do this";
	/* Clients may be gone, but their reloads are not. */
	return reloads < RELOADS_MAX ? NULL : "too many reloads wait";
}

static void client_asks(struct ctl_client *client,
			const struct ctl_request *req)
{
	const char *error = refused(client, req);
	struct ask *ask;

	if (error) {
		ctl_client_finish(client, error);
		return;
	}
	ask = xcalloc(1, sizeof(*ask));
	ask->id = ++last_id;
	ask->client = client;
	ask->req = *req;
	ask->next = asks;
	asks = ask;
	ctl_client_set_ctx(client, ask);
	if (req->command == CTL_RELOAD) {
		ctl_client_may_leave(client);
		reloads++;
		chan_send(proc_chan(PROC_PARENT), MSG_RELOAD, &ask->id,
			  sizeof(ask->id));
		return;
	}
	ask->command = &commands[req->command];
	begin_step(ask);
}

static void client_drained(struct ctl_client *client)
{
	struct ask *ask = ctl_client_ctx(client);

	if (ask->waiting)
		batch_ends(ask);
}

static void client_gone(struct ctl_client *client)
{
	struct ask *ask = ctl_client_ctx(client);

	if (ask->command)
		chan_send(proc_chan(ask_step(ask)->proc), MSG_QUERY_CANCEL,
			  &ask->id, sizeof(ask->id));
	ask_free(ask);
}

static const struct ctl_server_ops server_ops = {
	.request = client_asks,
	.drained = client_drained,
	.gone = client_gone,
};

/* All that others say but the socket begins with the number of the query. */
static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const struct msg_row_problem *problem = body;
	const struct msg_row_status *status = body;
	const struct msg_row_bfd *bfd = body;
	const struct msg_row_peer *peer = body;
	struct ask *ask;

	if (type == MSG_CONTROL_SOCKET) {
		ctl_server_start(fd, &server_ops);
		return;
	}
	if (type == MSG_RELOADED)
		reloads--;
	ask = ask_find(*(const uint32_t *)body);
	if (!ask)
		return;			/* the client is gone */
	if (ask->command ? from != ask_step(ask)->proc : from != PROC_PARENT)
		proc_violation(from, type);
	switch (type) {
	case MSG_ROW_PEER:
		if (peer->row.state > BGP_ESTABLISHED)
			proc_violation(from, type);
		row_peer(ask, &peer->row);
		break;
	case MSG_ROW_COUNTS:
		row_counts(ask, body);
		break;
	case MSG_ROW_ROUTE:
		row_route(ask, body, len);
		break;
	case MSG_ROW_POLICY:
		row_policy(ask, body, len);
		break;
	case MSG_ROW_BFD:
		ctl_client_row(ask->client, row_bfd_json(&bfd->row));
		break;
	case MSG_ROW_STATUS:
		ctl_client_row(ask->client, row_status_json(&status->row));
		break;
	case MSG_ROW_PROBLEM:
		ctl_client_row(ask->client,
			       row_vnet_problem_json(&problem->row));
		break;
	case MSG_QUERY_BATCH:
		batch_ends(ask);
		break;
	case MSG_QUERY_END:
	case MSG_RELOADED:
		query_ends(ask, body, len);
		break;
	default:
		proc_violation(from, type);
	}
}

static const struct proc_ops ops = {
	.message = message,
};

int control_main(const struct options *opt)
{
	proc_init(PROC_CONTROL, &ops);
	no_kernel = opt->no_kernel;
	sandbox_enter(PROC_CONTROL, &opt->sandbox);
	return loop_run();
}
