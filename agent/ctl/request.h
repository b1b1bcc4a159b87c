/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request line of the control protocol, parsed and checked. */
#ifndef CTL_REQUEST_H
#define CTL_REQUEST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/rows.h"

enum ctl_command {
	CTL_PEERS,
	CTL_LEARNED,
	CTL_ADVERTISED,
	CTL_ROUTES,
	CTL_POLICY_TEST,
	CTL_BFD,
	CTL_STATUS,
	CTL_PROBLEMS,
	CTL_RELOAD,
	CTL_COMMANDS,
};

struct ctl_request {
	enum ctl_command command;
	char vnet[IFNAMSIZ];		/* "": not named */
	char neighbor[ROW_NAME_MAX];	/* likewise */
	char map[ROW_NAME_MAX];		/* of "policy-test" */
	bool outbound;
};

/**
 * ctl_request_parse - one line
 * @error: what is wrong with it, for who sent it
 * @size: bytes at @error
 */
bool ctl_request_parse(const char *line, size_t len, struct ctl_request *req,
		       char *error, size_t size);

#endif
