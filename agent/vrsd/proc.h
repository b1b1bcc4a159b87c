/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all processes of vrsd have in common: a loop, channels to the others,
 * and messages that are checked before anybody looks at them. One process has
 * one set of these, so they are not passed around.
 */
#ifndef VRSD_PROC_H
#define VRSD_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrsd/chan.h"
#include "vrsd/msg.h"

#define PROC_PARENT_FD	3	/* a child's channel to its parent */

struct proc_ops {
	/*
	 * A message that may be sent to this process by @from. @fd is -1 or
	 * the callee's; @body is aligned for any of the structs of msg.h.
	 */
	void (*message)(enum proc_id from, uint16_t type, const void *body,
			size_t len, int fd);
	/* The channel to @to was congested and is no more; may be NULL. */
	void (*drained)(enum proc_id to);
	/* MSG_SHUTDOWN; NULL: leave the loop. */
	void (*shutdown)(void);
	/* The channel to @from has ended; NULL: that is the parent's business,
	 * and the parent's channel ending is the end.
	 */
	void (*lost)(enum proc_id from);
};

/* Begin: loop, signals, hash key. */
void proc_init(enum proc_id self, const struct proc_ops *ops);
/*
 * Signals to the process group or the whole service are the parent's; a child
 * ends when the parent says so, or is gone.
 */
void proc_ignore_signals(void);

/* Talk to @other through @fd, a connected stream socket. */
void proc_attach(enum proc_id other, int fd);

/* The channel to @other; the parent attaches all before anything else. */
struct chan *proc_chan(enum proc_id other);
/* Whether there is one: kernel may not run. */
bool proc_has_chan(enum proc_id other);

/* The process that sent the message being handled broke the rules. */
void proc_violation(enum proc_id from, uint16_t type)
	__attribute__((noreturn));

/* Answer a QUERY_STATUS; the caller fills in what only it knows. */
void proc_status(struct row_status *row);
/* The same of a process that knows nothing more. */
void proc_send_status(uint32_t query);
/* The end of an answer; @text may be NULL. */
void proc_query_end(uint32_t query, int error, const char *text);

#endif
