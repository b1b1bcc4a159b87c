// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The speaker process: BGP sessions (session.c) and, for each VNet, the table
 * that they fill and are told from (ribs.c). They call each other, so nothing
 * lies between what one peer announces and what the others are told but turns
 * of the loop, which keep the peers apart. Neither opens a socket: the parent
 * hands over listening ones, and connecting ones as they are asked for.
 */

#include "lib/loop.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"
#include "vrsd/session.h"
#include "vrsd/vrsd.h"

static void query(const struct msg_query *query)
{
	if (query->kind == QUERY_PEERS)
		session_query(query);
	else
		ribquery_begin(query);
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const uint32_t *number = body;

	switch (type) {
	case MSG_QUERY:
		query(body);
		break;
	case MSG_QUERY_MORE:
		/* Answers about sessions are sent whole. */
		ribquery_more(*number);
		break;
	case MSG_QUERY_CANCEL:
		session_query_cancel(*number);
		ribquery_cancel(*number);
		break;
	default:
		if (!session_message(type, body, fd) &&
		    !ribs_message(type, body, len))
			proc_violation(from, type);
	}
}

static void drained(enum proc_id to)
{
	if (to == PROC_KERNEL)
		ribs_kernel_ready();
	else if (to == PROC_CONTROL)
		session_query_go_on();
}

static void shut_down(void)
{
	session_shutdown();
	loop_exit(0);
}

static const struct proc_ops ops = {
	.message = message,
	.drained = drained,
	.shutdown = shut_down,
};

int speaker_main(const struct options *opt)
{
	proc_init(PROC_SPEAKER, &ops);
	session_init();
	ribs_init(!opt->no_kernel, opt->restarted);
	sandbox_enter(PROC_SPEAKER, &opt->sandbox);
	return loop_run();
}
