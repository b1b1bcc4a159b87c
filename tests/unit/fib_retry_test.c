// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table that is full: how often it is asked whether it is still.
 */
#include <errno.h>
#include <string.h>

#include "fib/want.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"

#define BATCH		16
#define MANY		5000

static unsigned int n_installed;

static void count_state(void *arg, const struct prefix *prefix,
			enum fib_route_state state, int error, const char *text)
{
	(void)arg;
	(void)prefix;
	(void)error;
	(void)text;
	n_installed += state == FIB_ROUTE_INSTALLED;
}

/* A table with so much room; returns how many routes it was asked to take. */
static unsigned int run_full(struct want *want, unsigned int room)
{
	struct want_op ops[BATCH];
	unsigned int asked = 0;
	int errors[BATCH];
	size_t i, n;

	while (want_runnable(want)) {
		n = want_take(want, ops, BATCH);
		for (i = 0; i < n; i++) {
			errors[i] = 0;
			if (ops[i].type != WANT_SET_ROUTE)
				continue;
			asked++;
			if (room > 0)
				room--;
			else
				errors[i] = ENOSPC;
		}
		for (i = 0; i < n; i++)
			want_done(want, &ops[i], errors[i],
				  errors[i] ? strerror(errors[i]) : "");
	}
	return asked;
}

static void test_full(void)
{
	struct nhid *ids = nhid_new();
	struct want *want = want_new(ids, count_state, NULL);
	struct addr via = addr_from_v4(0x0a010201), addr;
	struct fib_way way = { .hops = &via, .n_hops = 1 };
	struct prefix prefix;
	unsigned int i;

	want_fresh(want);
	for (i = 0; i < MANY; i++) {
		addr = addr_from_v4(20u << 24 | i << 8);
		prefix = prefix_make(&addr, 24);
		want_set(want, &prefix, &way);
	}
	ktap_ok(run_full(want, 10) == MANY && n_installed == 10,
		"a table is full");
	want_retry(want);
	ktap_ok(run_full(want, 0) < MANY / 2, "few are tried again");
	want_retry(want);
	ktap_ok(run_full(want, 100) < MANY / 2 && n_installed == 110,
		"some more if there is some room");
	want_retry(want);
	run_full(want, MANY);
	ktap_ok(n_installed == MANY, "and all when there is");
	want_free(want);
	nhid_free(ids);
}

int main(void)
{
	ktap_start();
	hash_init();
	test_full();
	return ktap_finish();
}
