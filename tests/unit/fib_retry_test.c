// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes that the kernel does not have: a table that is full is asked rarely
 * whether it is still, and without a device there are answers all the same.
 */
#include <errno.h>
#include <string.h>

#include "fib/want.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"

#define BATCH		16
#define MANY		5000

static unsigned int n_installed, n_put_off;

static void count_state(void *arg, const struct prefix *prefix,
			enum fib_route_state state, int error, const char *text)
{
	(void)arg;
	(void)prefix;
	n_installed += state == FIB_ROUTE_INSTALLED;
	n_put_off += state == FIB_ROUTE_FAILED && error == ENODEV &&
		     strcmp(text, "no device") == 0;
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

/* 20.0.0.0/24 and those behind it, by number */
static void wish(struct want *want, unsigned int i, size_t n_hops)
{
	struct addr addr = addr_from_v4(20u << 24 | i << 8);
	struct addr via = addr_from_v4(0x0a010201);
	struct fib_way way = { .hops = &via, .n_hops = n_hops };
	struct prefix prefix = prefix_make(&addr, 24);

	want_set(want, &prefix, &way);
}

static void test_full(void)
{
	struct nhid *ids = nhid_new();
	struct want *want = want_new(ids, count_state, NULL);
	unsigned int i;

	want_fresh(want);
	for (i = 0; i < MANY; i++)
		wish(want, i, 1);
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

static void put_off(struct want *want)
{
	while (want_waiting(want))
		want_put_off(want, BATCH, ENODEV, "no device");
}

static void test_put_off(void)
{
	struct nhid *ids = nhid_new();
	struct want *want = want_new(ids, count_state, NULL);
	struct fib_stats stats = { 0 };
	unsigned int i;

	n_installed = 0;
	for (i = 0; i < MANY; i++)
		wish(want, i, 1);
	put_off(want);
	ktap_ok(n_put_off == MANY, "without a device, all are answered");
	wish(want, 0, 1);
	wish(want, 1, 0);
	put_off(want);
	ktap_ok(n_put_off == MANY + 1, "whoever asks again, too");
	want_fresh(want);
	want_retry(want);
	run_full(want, MANY);
	want_add_stats(want, &stats);
	ktap_ok(n_installed == MANY - 1 && stats.routes == MANY - 1,
		"when there is one, what is wanted then is set");
	want_free(want);
	nhid_free(ids);
}

int main(void)
{
	ktap_start();
	hash_init();
	test_full();
	test_put_off();
	return ktap_finish();
}
