// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue of wishes against a model of the kernel that is as strict as the
 * real one: a route needs its group, a group needs its hops, what is removed
 * takes with it what depends on it.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fib/group.h"
#include "fib/want.h"
#include "ktap.h"
#include "lib/util.h"

#define MODEL_IDS	4096
#define MODEL_ROUTES	256
#define BATCH		16

struct model_nexthop {
	bool used;
	bool is_group;
	bool backed;
	struct addr gateway;
	unsigned int n, n_standby;
	uint32_t members[FIB_MAX_HOPS];
};

struct model_route {
	bool used;
	bool of_gateway;
	uint32_t nhid;
};

/* The kernel: routes are 10.i.0.0/16 or 2001:db8:i::/48, by number. */
static struct model_nexthop nexthops[MODEL_IDS];
static struct model_route routes[MODEL_ROUTES];
/* Which are wished as gateways', by number */
static bool of_gateway[MODEL_ROUTES];
static unsigned int operations, group_sets, route_sets, refused;
static bool refuse_routes, refuse_hops;
static uint8_t refused_hop;
/* The number of one that dumps are without; MODEL_ROUTES: none */
static unsigned int hidden;

/* What the owner heard last of each route */
static enum fib_route_state states[MODEL_ROUTES];
static char texts[MODEL_ROUTES][64];
static unsigned int told;

static struct prefix prefix_of(unsigned int i)
{
	uint8_t bytes[16] = { 0 };
	struct addr addr;

	if (i < MODEL_ROUTES / 2) {
		addr = addr_from_v4(10u << 24 | i << 16);
		return prefix_make(&addr, 16);
	}
	memcpy(bytes, "\x20\x01\x0d\xb8", 4);
	bytes[5] = i;
	addr = addr_make(AF_INET6, bytes);
	return prefix_make(&addr, 48);
}

static unsigned int number_of(const struct prefix *prefix)
{
	if (prefix->addr.family == AF_INET)
		return prefix->addr.bytes[1];
	return prefix->addr.bytes[5];
}

static struct addr hop(unsigned int i)
{
	return addr_from_v4(0x0a010200 + i);
}

/*
 * The model
 */

static struct model_nexthop *nexthop(uint32_t id)
{
	return &nexthops[(id - FIB_NHID_FIRST) % MODEL_IDS];
}

static void drop_routes(uint32_t id)
{
	unsigned int i;

	for (i = 0; i < MODEL_ROUTES; i++) {
		if (routes[i].used && routes[i].nhid == id)
			routes[i].used = false;
	}
}

static void drop_member(struct model_nexthop *group, uint32_t id)
{
	unsigned int i, n = 0, n_standby = 0, first;

	first = group->n - group->n_standby;
	for (i = 0; i < group->n; i++) {
		if (group->members[i] == id)
			continue;
		n_standby += i >= first;
		group->members[n++] = group->members[i];
	}
	group->n = n;
	group->n_standby = n_standby < n ? n_standby : 0;
}

static int delete_nexthop(uint32_t id)
{
	unsigned int i;

	if (!nexthop(id)->used)
		return ENOENT;
	nexthop(id)->used = false;
	drop_routes(id);
	for (i = 0; i < MODEL_IDS; i++) {
		if (!nexthops[i].used || !nexthops[i].is_group)
			continue;
		drop_member(&nexthops[i], id);
		if (nexthops[i].n == 0)
			delete_nexthop(FIB_NHID_FIRST + i);
	}
	return 0;
}

static int set_hop(const struct want_op *op)
{
	if (refuse_hops && op->gateway.bytes[3] == refused_hop)
		return ENETUNREACH;
	*nexthop(op->id) = (struct model_nexthop){
		.used = true, .gateway = op->gateway,
	};
	return 0;
}

/*
 * What a group becomes by a replacement is judged by the protocol that it was
 * made with: it must not get one that stands by later.
 */
static bool kept_protocol(const struct want_op *op)
{
	const struct model_nexthop *group = nexthop(op->id);

	return !group->used || group->backed || !op->n_standby;
}

static int set_group(const struct want_op *op)
{
	struct model_nexthop *group = nexthop(op->id);
	unsigned int i;

	group_sets++;
	if (op->n_members == 0 || op->n_standby >= op->n_members ||
	    (op->n_standby && !op->backed) || !kept_protocol(op))
		return EINVAL;
	for (i = 0; i < op->n_members; i++) {
		if (!nexthop(op->members[i])->used ||
		    nexthop(op->members[i])->is_group)
			return EINVAL;
	}
	*group = (struct model_nexthop){
		.used = true, .is_group = true, .n = op->n_members,
		.backed = op->backed, .n_standby = op->n_standby,
	};
	memcpy(group->members, op->members, sizeof(group->members));
	return 0;
}

static int set_route(const struct want_op *op)
{
	route_sets++;
	if (refuse_routes)
		return ENOSPC;
	if (!nexthop(op->id)->used || !nexthop(op->id)->is_group)
		return EINVAL;
	routes[number_of(&op->prefix)] = (struct model_route){
		.used = true, .nhid = op->id, .of_gateway = op->of_gateway,
	};
	return 0;
}

static int apply(const struct want_op *op)
{
	struct model_route *route;

	operations++;
	switch (op->type) {
	case WANT_SET_HOP:
		return set_hop(op);
	case WANT_SET_GROUP:
		return set_group(op);
	case WANT_SET_ROUTE:
		return set_route(op);
	case WANT_DEL_NEXTHOP:
		return delete_nexthop(op->id);
	case WANT_DEL_ROUTE:
		route = &routes[number_of(&op->prefix)];
		if (!route->used)
			return ESRCH;
		route->used = false;
		return 0;
	}
	return EINVAL;
}

static bool step(struct want *want, size_t max)
{
	struct want_op ops[BATCH];
	int errors[BATCH];
	size_t i, n;

	if (!want_runnable(want))
		return false;
	n = want_take(want, ops, max);
	for (i = 0; i < n; i++) {
		errors[i] = apply(&ops[i]);
		refused += errors[i] && errors[i] != ESRCH;
	}
	for (i = 0; i < n; i++)
		want_done(want, &ops[i], errors[i],
			  errors[i] ? strerror(errors[i]) : "");
	return true;
}

static void run(struct want *want)
{
	unsigned int limit = 100000;

	while (step(want, BATCH) && limit--)
		;
}

static void on_state(void *arg, const struct prefix *prefix,
		     enum fib_route_state state, int error, const char *text)
{
	unsigned int i = number_of(prefix);

	(void)arg;
	(void)error;
	told++;
	states[i] = state;
	snprintf(texts[i], sizeof(texts[i]), "%s", text);
}

/* @astray: the id of a hop that is behind a wrong device, or 0 */
static unsigned int audit_with(struct want *want, uint32_t astray)
{
	unsigned int i;

	want_audit_begin(want);
	for (i = 0; i < MODEL_IDS; i++) {
		if (nexthops[i].used && !nexthops[i].is_group &&
		    !want_audit_hop(want, FIB_NHID_FIRST + i,
				    &nexthops[i].gateway,
				    FIB_NHID_FIRST + i != astray))
			delete_nexthop(FIB_NHID_FIRST + i);
	}
	for (i = 0; i < MODEL_IDS; i++) {
		if (nexthops[i].used && nexthops[i].is_group &&
		    !want_audit_group(want, FIB_NHID_FIRST + i,
				      nexthops[i].members, nexthops[i].n,
				      nexthops[i].n_standby))
			delete_nexthop(FIB_NHID_FIRST + i);
	}
	for (i = 0; i < MODEL_ROUTES; i++) {
		struct prefix prefix = prefix_of(i);

		if (routes[i].used && i != hidden)
			want_audit_route(want, &prefix, routes[i].nhid,
					 routes[i].of_gateway, false);
	}
	return want_audit_end(want);
}

/* Once more if it is not sure */
static unsigned int audit(struct want *want)
{
	unsigned int differences = audit_with(want, 0);

	if (want_audit_unsure(want))
		differences += audit_with(want, 0);
	return differences;
}

static void reset(void)
{
	memset(nexthops, 0, sizeof(nexthops));
	memset(routes, 0, sizeof(routes));
	memset(of_gateway, 0, sizeof(of_gateway));
	memset(states, 0, sizeof(states));
	operations = group_sets = route_sets = refused = told = 0;
	refuse_routes = refuse_hops = false;
	hidden = MODEL_ROUTES;
}

/*
 * Asking the model
 */

static unsigned int count_nexthops(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MODEL_IDS; i++)
		n += nexthops[i].used;
	return n;
}

static unsigned int count_routes(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MODEL_ROUTES; i++)
		n += routes[i].used;
	return n;
}

/* The hops of route @i's group that stand by, or the others */
static unsigned int members_of(unsigned int i, bool standby)
{
	struct model_nexthop *group = nexthop(routes[i].nhid);
	unsigned int j, found = 0;

	for (j = 0; j < group->n; j++) {
		if ((j >= group->n - group->n_standby) == standby)
			found |= 1u << nexthop(group->members[j])->
				       gateway.bytes[3];
	}
	return found;
}

/* Whether route @i leads to exactly the hops of @mask; 0: is not there. */
static bool leads_to(unsigned int i, unsigned int mask)
{
	if (!routes[i].used)
		return mask == 0;
	if (routes[i].of_gateway != of_gateway[i])
		return false;
	return members_of(i, false) == mask;
}

/* @backup: the number of one, 0: none */
static void set_way(struct want *want, unsigned int i, unsigned int mask,
		    unsigned int backup)
{
	struct prefix prefix = prefix_of(i);
	struct addr hops[32], last = hop(backup);
	struct fib_way way = {
		.hops = hops,
		.backup = backup ? &last : NULL,
		.gateway = of_gateway[i],
	};
	unsigned int j;

	/* downwards, so that the order given is not the order wanted */
	for (j = 32; j-- > 0;) {
		if (mask & (1u << j))
			hops[way.n_hops++] = hop(j);
	}
	want_set(want, &prefix, &way);
}

static void set_mask(struct want *want, unsigned int i, unsigned int mask)
{
	set_way(want, i, mask, 0);
}

/*
 * Tests
 */

static void test_basics(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);

	reset();
	set_mask(want, 1, 0x2);
	ktap_ok(!want_runnable(want), "nothing is taken before the adoption");
	want_fresh(want);
	run(want);
	ktap_ok(leads_to(1, 0x2) && states[1] == FIB_ROUTE_INSTALLED,
		"a route is installed through a hop and a group");
	ktap_ok(operations == 3, "with three operations");

	set_mask(want, 2, 0x2);
	run(want);
	ktap_ok(operations == 4, "the next route shares the group");

	set_mask(want, 200, 0x6);
	set_mask(want, 200, 0x2);
	set_mask(want, 200, 0x4);
	operations = route_sets = 0;
	run(want);
	ktap_ok(leads_to(200, 0x4) && route_sets == 1,
		"of several wishes only the last is sent");

	set_mask(want, 200, 0x4);
	operations = told = 0;
	run(want);
	ktap_ok(operations == 0 && told == 1,
		"the same wish again sends nothing, and is answered");

	set_mask(want, 1, 0);
	set_mask(want, 2, 0);
	set_mask(want, 200, 0);
	run(want);
	ktap_ok(count_routes() == 0 && count_nexthops() == 0,
		"withdrawn, nothing is left behind");
	ktap_ok(refused == 0, "the kernel refused nothing");
	want_free(want);
}

static void test_hop_down(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct addr dead = hop(2);
	unsigned int i, wrong = 0;

	reset();
	want_fresh(want);
	for (i = 0; i < 100; i++)
		set_mask(want, i, 0x6);
	set_mask(want, 100, 0x4);
	run(want);

	group_sets = route_sets = 0;
	ktap_ok(want_hop_down(want, &dead), "a hop in groups is down");
	ktap_ok(!want_hop_down(want, &dead), "and cannot be twice");
	run(want);
	for (i = 0; i < 100; i++)
		wrong += !leads_to(i, 0x2);
	ktap_ok(wrong == 0 && group_sets == 1 && route_sets == 0,
		"a dead hop leaves its group with one message");
	ktap_ok(leads_to(100, 0x4), "a group of one keeps its hop");

	for (i = 0; i < 100; i++)
		set_mask(want, i, 0x2);
	operations = told = 0;
	run(want);
	ktap_ok(operations == 0 && told == 100,
		"the routes' new sets then cost nothing, and are answered");

	set_mask(want, 100, 0);
	set_mask(want, 101, 0x2);
	run(want);
	ktap_ok(leads_to(101, 0x2) && count_nexthops() == 2,
		"the group goes on as that of the smaller set");
	want_free(want);
}

/* As set_mask() with bit 0 alone, and a backup. */
static void set_with_backup(struct want *want, unsigned int i)
{
	struct prefix prefix = prefix_of(i);
	struct addr used = hop(0), backup = hop(1);
	struct fib_way way = { .hops = &used, .n_hops = 1, .backup = &backup };

	want_set(want, &prefix, &way);
}

static void test_backup(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct want_op ops[4];
	struct addr first = hop(0);
	unsigned int i;

	reset();
	want_fresh(want);
	for (i = 0; i < 3; i++)
		set_with_backup(want, i);
	run(want);
	ktap_ok(leads_to(0, 1) && leads_to(2, 1), "a backup is not used");
	ktap_ok(count_nexthops() == 3 && members_of(0, true) == 2,
		"and stands by");
	want_hop_down(want, &first);
	ktap_ok(want_take(want, ops, 4) == 1 && ops[0].type == WANT_SET_GROUP,
		"it takes over in one request");
	ktap_ok(apply(&ops[0]) == 0, "that the kernel can take");
	want_done(want, &ops[0], 0, NULL);
	run(want);
	ktap_ok(leads_to(0, 2) && leads_to(2, 2), "for all routes");
	for (i = 0; i < 3; i++)
		set_mask(want, i, 2);
	run(want);
	ktap_ok(leads_to(1, 2), "and stays when it is the best");
	for (i = 0; i < 3; i++)
		set_mask(want, i, 0);
	run(want);
	ktap_ok(count_nexthops() + count_routes() == 0, "nothing is left");
	want_free(want);
}

/* A backup that goes, that others use, that an audit finds. */
static void test_standby(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct nhid *fresh = nhid_new();
	struct addr second = hop(1);
	unsigned int i;

	reset();
	want_fresh(want);
	set_with_backup(want, 0);
	set_mask(want, 1, 2);
	run(want);
	ktap_ok(leads_to(0, 1) && leads_to(1, 2) && count_nexthops() == 4,
		"one that others use is the same object");
	nexthop(routes[0].nhid)->n_standby = 0;
	ktap_ok(audit(want) == 1, "one that should stand by is found");
	run(want);
	ktap_ok(members_of(0, true) == 2 && audit(want) == 0, "and does then");
	want_free(want);

	for (i = 0; i < MODEL_IDS; i++) {
		if (nexthops[i].used)
			nhid_reserve(fresh, FIB_NHID_FIRST + i);
	}
	want = want_new(fresh, on_state, NULL);
	operations = 0;
	audit(want);
	set_with_backup(want, 0);
	set_mask(want, 1, 2);
	run(want);
	ktap_ok(operations == 0 && leads_to(0, 1) && members_of(0, true) == 2,
		"the next run takes it over as what it is");
	want_hop_down(want, &second);
	run(want);
	ktap_ok(leads_to(0, 1) && members_of(0, true) == 0,
		"a backup that is down stands by no longer");
	ktap_ok(leads_to(1, 2), "who has no other keeps it");
	set_with_backup(want, 0);
	run(want);
	ktap_ok(members_of(0, true) == 2, "and it does when it is back");
	set_mask(want, 0, 0);
	set_mask(want, 1, 0);
	run(want);
	ktap_ok(count_nexthops() + count_routes() == 0 && refused == 0,
		"nothing is left");
	want_free(want);
	nhid_free(fresh);
}

static void test_refusals(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);

	reset();
	want_fresh(want);
	refuse_routes = true;
	set_mask(want, 1, 0x2);
	run(want);
	ktap_ok(states[1] == FIB_ROUTE_FAILED &&
		strcmp(texts[1], strerror(ENOSPC)) == 0,
		"a refused route is told with the reason");
	refuse_routes = false;
	want_retry(want);
	run(want);
	ktap_ok(states[1] == FIB_ROUTE_INSTALLED && leads_to(1, 0x2),
		"and installed when tried again");

	refuse_hops = true;
	refused_hop = 3;
	set_mask(want, 2, 0x8);
	set_mask(want, 3, 0xc);
	run(want);
	ktap_ok(states[2] == FIB_ROUTE_FAILED &&
		strcmp(texts[2], strerror(ENETUNREACH)) == 0,
		"a refused hop fails its routes with its reason");
	ktap_ok(leads_to(3, 0x4), "a group does without a refused hop");
	refuse_hops = false;
	want_retry(want);
	run(want);
	ktap_ok(leads_to(2, 0x8) && leads_to(3, 0xc),
		"both get it when it is taken later");
	want_free(want);
}

/* Another run, which knows nothing but the ids that are taken */
static struct want *next_run(struct nhid *ids)
{
	unsigned int i;

	for (i = 0; i < MODEL_IDS; i++) {
		if (nexthops[i].used)
			nhid_reserve(ids, FIB_NHID_FIRST + i);
	}
	return want_new(ids, on_state, NULL);
}

static void test_restart(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct nhid *fresh = nhid_new();
	unsigned int i;

	reset();
	want_fresh(want);
	for (i = 0; i < 10; i++)
		set_mask(want, i, 0x6);
	set_mask(want, 10, 0x8);
	run(want);
	want_free(want);

	/* some wishes come early */
	want = next_run(fresh);
	set_mask(want, 0, 0x6);
	set_mask(want, 1, 0x4);
	set_mask(want, 20, 0x2);
	operations = told = 0;
	ktap_ok(audit(want) == 0, "what is taken over is no difference");
	run(want);
	ktap_ok(leads_to(0, 0x6) && leads_to(1, 0x4) && leads_to(20, 0x2),
		"early wishes are met");
	ktap_ok(leads_to(5, 0x6) && leads_to(10, 0x8) && told == 3,
		"stale routes stay and are not told");

	operations = told = 0;
	for (i = 2; i < 10; i++)
		set_mask(want, i, 0x6);
	run(want);
	ktap_ok(operations == 0 && told == 8,
		"a stale route that is wanted costs nothing");
	want_sweep(want);
	run(want);
	ktap_ok(leads_to(10, 0) && leads_to(9, 0x6),
		"the sweep takes what nobody wanted");
	ktap_ok(audit(want) == 0 && refused == 0, "no difference is left");
	want_free(want);
	nhid_free(fresh);
}

/* Told to sweep before it is known what there is */
static void test_early_sweep(void)
{
	struct nhid *first = nhid_new(), *next = nhid_new();
	struct want *want = want_new(first, on_state, NULL);
	unsigned int i;

	reset();
	want_fresh(want);
	for (i = 0; i < 10; i++)
		set_mask(want, i, 0x6);
	run(want);
	want_free(want);
	want = next_run(next);
	set_mask(want, 0, 0x6);
	want_sweep(want);
	audit(want);
	run(want);
	ktap_ok(leads_to(0, 0x6) && leads_to(1, 0) && leads_to(9, 0),
		"an early sweep takes what is found later");
	want_free(want);
	nhid_free(first);
	nhid_free(next);
}

static void test_repair(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct model_nexthop *group;
	unsigned int i;

	reset();
	want_fresh(want);
	for (i = 0; i < 10; i++)
		set_mask(want, i, 0x6);
	set_mask(want, 10, 0x8);
	run(want);

	routes[3].used = false;
	ktap_ok(audit(want) == 1, "a route that was taken away is found");
	run(want);
	ktap_ok(leads_to(3, 0x6), "and put back");

	routes[4].nhid = routes[10].nhid;
	routes[50] = routes[4];
	ktap_ok(audit(want) == 2, "a changed and a strange route are found");
	run(want);
	ktap_ok(leads_to(4, 0x6) && leads_to(50, 0), "and put right");

	group = nexthop(routes[10].nhid);
	operations = 0;
	ktap_ok(audit_with(want, group->members[0]) == 2,
		"a hop behind a wrong device is found, with its group");
	run(want);
	ktap_ok(operations == 2 && leads_to(10, 0x8), "and set anew");

	delete_nexthop(routes[0].nhid);
	ktap_ok(count_routes() == 1, "a group takes its routes with it");
	ktap_ok(audit(want) == 11, "it and they are found missing");
	run(want);
	for (i = 0; i < 10 && leads_to(i, 0x6); i++)
		;
	ktap_ok(i == 10 && audit(want) == 0, "and put back");

	memset(nexthops, 0, sizeof(nexthops));
	memset(routes, 0, sizeof(routes));
	want_lost(want);
	run(want);
	ktap_ok(leads_to(0, 0x6) && leads_to(10, 0x8) && audit(want) == 0,
		"all is put back when the device was down");
	want_free(want);
}

static void test_hidden(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);

	reset();
	want_fresh(want);
	set_mask(want, 1, 0x2);
	set_mask(want, 200, 0x2);
	run(want);

	operations = 0;
	hidden = 200;
	ktap_ok(audit_with(want, 0) == 0 && want_audit_unsure(want),
		"an IPv6 route that a dump is without may be there");
	hidden = MODEL_ROUTES;
	ktap_ok(audit_with(want, 0) == 0 && !want_audit_unsure(want),
		"if the next one has it");
	run(want);
	ktap_ok(operations == 0, "it is not set again");
	hidden = 200;
	ktap_ok(audit_with(want, 0) + audit_with(want, 0) == 1 &&
		!want_audit_unsure(want), "what two are without is lost");
	set_mask(want, 200, 0);
	run(want);
	ktap_ok(leads_to(200, 0), "and removed, if it is there all the same");
	hidden = 1;
	ktap_ok(audit_with(want, 0) == 1, "in IPv4, one dump is enough");
	want_free(want);
}

static void test_gateway(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);

	reset();
	of_gateway[1] = true;
	want_fresh(want);
	set_mask(want, 1, 0x2);
	set_mask(want, 2, 0x2);
	run(want);
	ktap_ok(leads_to(1, 0x2) && leads_to(2, 0x2) && operations == 4,
		"a gateway's route shares the group of an NVA's");
	of_gateway[1] = false;
	set_mask(want, 1, 0x2);
	run(want);
	ktap_ok(leads_to(1, 0x2) && operations == 5,
		"it is set anew when it is a gateway's no more");
	set_mask(want, 1, 0x2);
	run(want);
	ktap_ok(operations == 5, "and not without need");

	routes[2].of_gateway = true;
	ktap_ok(audit(want) == 1, "a changed protocol is found");
	run(want);
	ktap_ok(leads_to(2, 0x2), "and put right");
	of_gateway[2] = true;
	set_mask(want, 2, 0x2);
	run(want);
	want_free(want);

	want = want_new(ids, on_state, NULL);
	operations = 0;
	audit(want);
	set_mask(want, 2, 0x2);
	run(want);
	ktap_ok(leads_to(2, 0x2) && operations == 0,
		"what an earlier run left with the protocol is taken over");
	of_gateway[1] = true;
	set_mask(want, 1, 0x2);
	run(want);
	ktap_ok(leads_to(1, 0x2) && operations == 1,
		"and what has another is set anew");
	of_gateway[1] = false;
	of_gateway[2] = false;
	want_free(want);
}

/*
 * Random wishes, with a model of what they come to; now and then somebody
 * interferes and an audit repairs, a hop dies, the agent restarts.
 */
static unsigned int wanted[MODEL_ROUTES];
static unsigned int backups[MODEL_ROUTES];	/* its number, 0: none */

static void random_wish(struct want *want)
{
	unsigned int i = random() % MODEL_ROUTES;

	of_gateway[i] = random() % 4 == 0;
	wanted[i] = random() % 3 ? random() & random() & 0xfe : 0;
	backups[i] = random() % 3 ? 0 : 1 + random() % 7;
	set_way(want, i, wanted[i], backups[i]);
}

static void random_death(struct want *want)
{
	unsigned int i, dead = 1 + random() % 7;
	struct addr addr = hop(dead);

	want_hop_down(want, &addr);
	for (i = 0; i < MODEL_ROUTES; i++) {
		if (!(wanted[i] & (1u << dead)) && backups[i] != dead)
			continue;
		wanted[i] &= ~(1u << dead);
		if (!wanted[i] && backups[i] != dead)
			wanted[i] = 1u << backups[i] & 0xfe;
		if (backups[i] == dead || wanted[i] == 1u << backups[i])
			backups[i] = 0;
		set_way(want, i, wanted[i], backups[i]);
		if (random() % 4 == 0)
			step(want, 1 + random() % BATCH);
	}
}

static void random_damage(void)
{
	unsigned int i = random() % MODEL_ROUTES;

	if (random() % 3 == 0)
		routes[i].of_gateway = !routes[i].of_gateway;
	else if (random() % 2)
		routes[i].used = false;
	else if (routes[i].used)
		delete_nexthop(routes[i].nhid);
}

static struct want *random_restart(struct want *want, struct nhid *ids)
{
	unsigned int i;

	want_free(want);
	want = want_new(ids, on_state, NULL);
	for (i = 0; i < MODEL_ROUTES; i++) {
		if (i == MODEL_ROUTES / 2)
			audit(want);
		if (wanted[i])
			set_way(want, i, wanted[i], backups[i]);
	}
	want_sweep(want);
	return want;
}

/* Whether what stands by for route @i is its backup, and nothing else */
static bool falls_back(unsigned int i)
{
	unsigned int backup = 1u << backups[i] & 0xfe & ~wanted[i];

	return !wanted[i] || !members_of(i, false) ||
	       members_of(i, true) == backup;
}

static unsigned int count_wrong(void)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < MODEL_ROUTES; i++)
		wrong += !leads_to(i, wanted[i]) || !falls_back(i);
	return wrong;
}

static void test_random(struct nhid *ids)
{
	unsigned int round, i, wrong = 0, leaked = 0;
	unsigned int seed = time(NULL);
	struct want *want = want_new(ids, on_state, NULL);

	if (getenv("SEED"))
		seed = atoi(getenv("SEED"));
	printf("# SEED=%u\n", seed);
	srandom(seed);
	reset();
	memset(wanted, 0, sizeof(wanted));
	memset(backups, 0, sizeof(backups));
	want_fresh(want);
	for (round = 0; round < 300; round++) {
		for (i = random() % 100; i > 0; i--) {
			random_wish(want);
			if (random() % 8 == 0)
				step(want, 1 + random() % BATCH);
		}
		if (random() % 4 == 0)
			random_death(want);
		run(want);
		wrong += count_wrong();
		if (random() % 4 == 0) {
			random_damage();
			audit(want);
			run(want);
			wrong += count_wrong();
		}
		if (random() % 8 == 0) {
			want = random_restart(want, ids);
			run(want);
			wrong += count_wrong();
		}
	}
	ktap_ok(wrong == 0, "random wishes come true");
	ktap_ok(refused == 0, "in an order that the kernel can take");

	for (i = 0; i < MODEL_ROUTES; i++)
		set_mask(want, i, 0);
	run(want);
	leaked = count_nexthops() + count_routes();
	ktap_ok(leaked == 0, "nothing is left in the end");
	want_free(want);
}

static void test_limits(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	struct addr hops[FIB_MAX_HOPS + 8];
	struct fib_way way = { .hops = hops, .n_hops = ARRAY_SIZE(hops) };
	struct prefix prefix = prefix_of(1);
	unsigned int i;

	reset();
	want_fresh(want);
	for (i = 0; i < FIB_MAX_HOPS + 8; i++)
		hops[i] = hop(i / 2);
	want_set(want, &prefix, &way);
	run(want);
	ktap_ok(routes[1].used &&
		nexthop(routes[1].nhid)->n == FIB_MAX_HOPS / 2 + 4,
		"doubles do not count");
	for (i = 0; i < FIB_MAX_HOPS + 8; i++)
		hops[i] = hop(100 - i);
	want_set(want, &prefix, &way);
	run(want);
	ktap_ok(routes[1].used && nexthop(routes[1].nhid)->n == FIB_MAX_HOPS,
		"a set that is too large is cut");
	want_free(want);
}

/* More sets of next hops than there may be, all but one on their way out */
static void test_room(struct nhid *ids)
{
	struct want *want = want_new(ids, on_state, NULL);
	unsigned int mask;

	reset();
	want_fresh(want);
	for (mask = 1; mask <= GROUPS_MAX + 1; mask++)
		set_mask(want, 1, mask);
	ktap_ok(states[1] == FIB_ROUTE_FAILED &&
		strcmp(texts[1], "too many sets of next hops") == 0,
		"a set too many is refused");
	ktap_ok(!want_room_again(want), "there is no room yet");
	run(want);
	ktap_ok(want_room_again(want), "there is when the others are gone");
	ktap_ok(!want_room_again(want), "which is said once");
	set_mask(want, 1, GROUPS_MAX + 1);
	run(want);
	ktap_ok(states[1] == FIB_ROUTE_INSTALLED &&
		leads_to(1, GROUPS_MAX + 1), "and the wish is fulfilled");
	ktap_ok(!want_room_again(want), "nothing more is to be set again");
	set_mask(want, 1, 0);
	run(want);
	want_free(want);
}

int main(void)
{
	struct nhid *ids = nhid_new();

	ktap_start();
	test_basics(ids);
	test_hop_down(ids);
	test_backup(ids);
	test_standby(ids);
	test_refusals(ids);
	test_restart(ids);
	test_early_sweep();
	test_repair(ids);
	test_hidden(ids);
	test_gateway(ids);
	test_limits(ids);
	test_room(ids);
	test_random(ids);
	nhid_free(ids);
	return ktap_finish();
}
