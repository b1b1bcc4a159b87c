/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases for a RIB, from text files:
 *
 *	# a comment
 *
 *	== A case's name
 *	what happens
 *	line by line
 *	= what must have come of it,
 *	= line by line
 */
#ifndef UNIT_RIB_CASES_H
#define UNIT_RIB_CASES_H

#include "rib/rib.h"

struct cases_ops {
	void (*start)(void);
	void (*line)(char *line);	/* with its newline */
	/* @expected: at most VECTOR_TEXT bytes */
	void (*finish)(const char *name, const char *expected);
};

/* Run all cases of a file. */
void cases_run(const char *path, const struct cases_ops *ops);

/* The line that is read makes no sense. */
void cases_die(const char *what);

/* For struct rib_ops: routes wait to be answered for by cases_settle(). */
bool cases_route(void *arg, const struct rib_route *route);

/* Until nothing is left to be done, and all is programmed. */
void cases_settle(struct rib *rib);

#endif
