// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of messages: every one has exactly the senders, receivers and
 * sizes it is meant to have, and nobody can say anything else.
 */

#include <string.h>

#include "ktap.h"
#include "vrsd/msg.h"

/* How many messages @from may send to @to, of any valid length. */
static unsigned int vocabulary(enum proc_id from, enum proc_id to)
{
	unsigned int type, n = 0;
	size_t len;

	for (type = 0; type < MSG_TYPE_COUNT + 5; type++) {
		for (len = 0; len < 4096; len++) {
			if (!msg_valid(from, to, type, len, false) &&
			    !msg_valid(from, to, type, len, true))
				continue;
			n++;
			break;
		}
	}
	return n;
}

static const struct {
	enum proc_id from, to;
	unsigned int n;
} edges[] = {
	{ PROC_PARENT, PROC_SPEAKER, 14 },
	{ PROC_PARENT, PROC_KERNEL, 5 },
	{ PROC_PARENT, PROC_CONTROL, 5 },
	{ PROC_PARENT, PROC_BFD, 8 },
	{ PROC_SPEAKER, PROC_PARENT, 4 },
	{ PROC_SPEAKER, PROC_KERNEL, 4 },
	{ PROC_SPEAKER, PROC_CONTROL, 7 },
	{ PROC_SPEAKER, PROC_BFD, 2 },
	{ PROC_KERNEL, PROC_PARENT, 5 },
	{ PROC_KERNEL, PROC_SPEAKER, 3 },
	{ PROC_KERNEL, PROC_CONTROL, 3 },
	{ PROC_CONTROL, PROC_PARENT, 2 },
	{ PROC_CONTROL, PROC_SPEAKER, 3 },
	{ PROC_CONTROL, PROC_KERNEL, 3 },
	{ PROC_CONTROL, PROC_BFD, 3 },
	{ PROC_BFD, PROC_PARENT, 2 },
	{ PROC_BFD, PROC_SPEAKER, 1 },
	{ PROC_BFD, PROC_KERNEL, 1 },
	{ PROC_BFD, PROC_CONTROL, 3 },
};

static unsigned int expected(enum proc_id from, enum proc_id to)
{
	size_t i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (edges[i].from == from && edges[i].to == to)
			return edges[i].n;
	return 0;
}

static void test_edges(void)
{
	enum proc_id from, to;
	unsigned int n;

	for (from = 0; from < PROC_COUNT; from++) {
		for (to = 0; to < PROC_COUNT; to++) {
			n = vocabulary(from, to);
			ktap_ok(n == expected(from, to),
				"%s can say %u things to %s, expected %u",
				proc_name(from), n, proc_name(to),
				expected(from, to));
		}
	}
}

static void test_sizes(void)
{
	ktap_ok(msg_valid(PROC_SPEAKER, PROC_PARENT, MSG_DIAL, 4, false),
		"DIAL has a number");
	ktap_ok(!msg_valid(PROC_SPEAKER, PROC_PARENT, MSG_DIAL, 3, false) &&
		!msg_valid(PROC_SPEAKER, PROC_PARENT, MSG_DIAL, 5, false),
		"neither less nor more");
	ktap_ok(!msg_valid(PROC_SPEAKER, PROC_PARENT, MSG_DIAL, 4, true),
		"and no descriptor");
	ktap_ok(msg_valid(PROC_PARENT, PROC_SPEAKER, MSG_DIALED, 4, true) &&
		!msg_valid(PROC_PARENT, PROC_SPEAKER, MSG_DIALED, 4, false),
		"DIALED has one");
	ktap_ok(msg_valid(PROC_SPEAKER, PROC_KERNEL, MSG_ROUTES,
			  sizeof(struct msg_routes) + 1000, false) &&
		!msg_valid(PROC_SPEAKER, PROC_KERNEL, MSG_ROUTES,
			   sizeof(struct msg_routes) - 1, false),
		"ROUTES has a tail of any length");
	ktap_ok(!strcmp(msg_name(MSG_ROUTES), "ROUTES") &&
		!strcmp(msg_name(0), "unknown") &&
		!strcmp(msg_name(MSG_TYPE_COUNT), "unknown"),
		"types have names, others are unknown");
}

static void test_strings(void)
{
	struct msg_conf_bfd conf;
	struct msg_query query;

	memset(&conf, 0, sizeof(conf));
	ktap_ok(msg_strings_end(MSG_CONF_BFD, &conf), "empty strings end");
	memset(conf.id.neighbor, 'x', sizeof(conf.id.neighbor));
	ktap_ok(!msg_strings_end(MSG_CONF_BFD, &conf),
		"a neighbor's name without an end is found");
	conf.id.neighbor[sizeof(conf.id.neighbor) - 1] = '\0';
	ktap_ok(msg_strings_end(MSG_CONF_BFD, &conf), "the longest one ends");
	memset(&query, 'x', sizeof(query));
	ktap_ok(!msg_strings_end(MSG_QUERY, &query),
		"a VNet's name without an end is found");
}

static void test_names(void)
{
	enum proc_id id;

	for (id = 0; id < PROC_COUNT; id++)
		ktap_ok(proc_find(proc_name(id)) == id, "%s is found",
			proc_name(id));
	ktap_ok(proc_find("x") == PROC_COUNT, "others are not");
}

int main(void)
{
	ktap_start();
	test_edges();
	test_sizes();
	test_strings();
	test_names();
	return ktap_finish();
}
