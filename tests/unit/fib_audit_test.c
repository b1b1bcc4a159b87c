// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be found in the kernel, and changes while it is looked for: an
 * audit hears of routes in an order of its own, while operations go on. The
 * kernel of this test takes all that it is given.
 */
#include <string.h>

#include "fib/group.h"
#include "fib/want.h"
#include "ktap.h"
#include "lib/util.h"

#define BATCH		16
#define N_STRANGE	3

static struct prefix v4, v6;
static struct addr gateway;
static uint32_t hop_id, group_id;
static unsigned int n_set, n_deleted;
static enum want_op_type last_op;
static size_t batch = BATCH;

static void on_state(void *arg, const struct prefix *prefix,
		     enum fib_route_state state, int error, const char *text)
{
	(void)arg;
	(void)prefix;
	(void)state;
	(void)error;
	(void)text;
}

static void take(const struct want_op *op)
{
	if (op->type == WANT_SET_HOP)
		hop_id = op->id;
	else if (op->type == WANT_SET_GROUP)
		group_id = op->id;
	n_set += op->type == WANT_SET_ROUTE;
	n_deleted += op->type == WANT_DEL_ROUTE;
	last_op = op->type;
}

static void run(struct want *want)
{
	struct want_op ops[BATCH];
	size_t i, n;

	while (want_runnable(want)) {
		n = want_take(want, ops, batch);
		for (i = 0; i < n; i++)
			take(&ops[i]);
		for (i = 0; i < n; i++)
			want_done(want, &ops[i], 0, "");
	}
}

static void set(struct want *want, const struct prefix *prefix, size_t n)
{
	want_set(want, prefix, &(struct fib_way){ .hops = &gateway,
						  .n_hops = n });
}

static struct want *start(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);

	want_fresh(want);
	set(want, &v4, 1);
	set(want, &v6, 1);
	run(want);
	n_set = n_deleted = 0;
	return want;
}

/* The kernel has both next-hop objects, or the hop only. */
static void audit_nexthops(struct want *want, bool group)
{
	want_audit_begin(want);
	want_audit_hop(want, hop_id, &gateway, true);
	if (group)
		want_audit_group(want, group_id, &hop_id, 1, 0);
}

static void audit_route(struct want *want, const struct prefix *prefix)
{
	want_audit_route(want, prefix, group_id, false, false);
}

/* The kernel has put together its answer before it deletes a route. */
static void test_withdrawn(struct nhid *ids)
{
	struct want *want = start(ids);
	struct prefix strange;
	unsigned int i;

	audit_nexthops(want, true);
	audit_route(want, &v6);
	set(want, &v4, 0);
	run(want);
	audit_route(want, &v4);
	ktap_ok(want_audit_end(want) == 0,
		"a route withdrawn while it is looked for is no difference");
	audit_nexthops(want, true);
	audit_route(want, &v4);
	audit_route(want, &v6);
	n_deleted = 0;
	run(want);
	ktap_ok(n_deleted == 1, "if it is there all the same it goes");
	want_free(want);

	want = start(ids);
	audit_nexthops(want, true);
	audit_route(want, &v4);
	audit_route(want, &v6);
	set(want, &v6, 0);
	run(want);
	strange = v4;
	for (i = 0; i < N_STRANGE; i++) {
		strange.addr.bytes[1]++;
		audit_route(want, &strange);
		run(want);
	}
	ktap_ok(want_audit_end(want) == N_STRANGE,
		"those that never were ours are, however many");
	want_free(want);
}

/* With a group its routes go, whatever dumps may leave out otherwise. */
static void test_group_lost(struct nhid *ids)
{
	struct want *want = start(ids);

	audit_nexthops(want, false);
	want_audit_end(want);
	ktap_ok(!want_audit_unsure(want), "of a lost group, all routes are");
	run(want);
	ktap_ok(n_set == 2, "and set again, IPv6 too");
	want_free(want);
}

/* One of a group's hops goes meanwhile, and it is to be set once more. */
static void test_group_changes(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct addr hops[] = { gateway, addr_from_v4(0x0a010205) };

	want_fresh(want);
	want_set(want, &v6, &(struct fib_way){ .hops = hops, .n_hops = 2 });
	run(want);
	want_audit_begin(want);
	want_audit_hop(want, hop_id - 1, &hops[0], true);
	want_audit_hop(want, hop_id, &hops[1], true);
	want_audit_group(want, group_id, (uint32_t[]){ hop_id - 1, hop_id }, 2,
			 0);
	want_hop_down(want, &hops[1]);
	ktap_ok(want_audit_end(want) == 0 && want_audit_unsure(want),
		"an IPv6 route of a group that changes may be there");
	want_free(want);
}

/* The kernel has it, but the module does not, and is not asked of it again. */
static void test_not_taken(struct nhid *ids)
{
	struct want *want = start(ids);

	audit_nexthops(want, true);
	want_audit_route(want, &v4, group_id, false, true);
	audit_route(want, &v6);
	want_audit_end(want);
	run(want);
	ktap_ok(n_deleted == 1 && n_set == 1 && last_op == WANT_SET_ROUTE,
		"what the module has not taken is removed and set");
	n_set = 0;
	want_retry(want);
	run(want);
	ktap_ok(n_deleted == 1 && n_set == 0, "once, if it then does");
	set(want, &v4, 0);
	run(want);
	ktap_ok(n_deleted == 2, "and removed when it is withdrawn");
	want_free(want);
}

/* A group that is used once more before its removal's turn has come */
static void test_ticket(struct nhid *ids)
{
	struct groups groups;
	struct nhgroup *group;

	groups_init(&groups, ids);
	group = groups_get(&groups, &gateway, 1, NULL);
	groups_number(&groups, &group->obj);
	groups_put(&groups, group);
	groups.clock += 2;
	group = groups_get(&groups, &gateway, 1, NULL);
	groups_put(&groups, group);
	ktap_ok(groups_next_reap(&groups, 1) == 0,
		"is not removed before the route that left it last");
	ktap_ok(groups_next_reap(&groups, 2) != 0, "but then");
	groups_fini(&groups);
}

int main(void)
{
	struct nhid *ids = nhid_new();

	ktap_start();
	gateway = addr_from_v4(0x0a010204);
	prefix_parse("10.250.0.0/16", &v4);
	prefix_parse("2001:db8:250::/48", &v6);
	test_withdrawn(ids);
	test_group_lost(ids);
	test_group_changes(ids);
	test_not_taken(ids);
	batch = 1;
	test_not_taken(ids);
	batch = BATCH;
	test_ticket(ids);
	nhid_free(ids);
	return ktap_finish();
}
