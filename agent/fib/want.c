// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/want.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/group.h"
#include "lib/hash.h"
#include "lib/idhash.h"
#include "lib/slab.h"
#include "lib/util.h"

#define FAILURES_MAX	255
/*
 * A table that is full refuses whatever one more neighbor announces, and each
 * refusal takes the lock that all the host's network changes need. So few are
 * tried again, and more only as long as some are taken.
 */
#define RETRY_FIRST	1000
#define RETRY_MORE	2

/*
 * One route, kept small because there are many: 24 bytes and the address. It
 * is in its table as long as it is wanted or may be in the kernel.
 */
struct route {
	STAILQ_ENTRY(route) entry;	/* in the queue */
	struct nhgroup *group;		/* NULL: is to be removed */
	uint8_t queued : 1;
	uint8_t in_kernel : 1;		/* as wanted */
	uint8_t maybe : 1;		/* there in this or another form */
	uint8_t stale : 1;		/* of an earlier run */
	uint8_t seen : 1;		/* by the audit that runs */
	uint8_t of_gateway : 1;		/* its protocol says so */
	uint8_t touched : 1;		/* sent or queued since it began */
	uint8_t missed : 1;		/* by the one before, if IPv6 */
	uint8_t failure;		/* index of the reason, 0: none */
	uint8_t family : 4;		/* 0: free memory */
	uint8_t anew : 1;		/* is to be removed before it is set */
	uint8_t len;
	uint32_t hash;			/* of the prefix; an index that grows
					 * wants all of them at once */
	uint8_t addr[];			/* 4 or 16 bytes */
};

/* The routes of one family. */
struct routes {
	struct slab slab;
	struct idhash index;		/* by prefix */
	uint32_t retry;			/* id, before it all have been tried */
	bool wrapped;			/* and it was at the end since then */
};

STAILQ_HEAD(route_queue, route);

/* Reasons are few: the kernel has only so many words. */
struct failure {
	int error;
	char *text;
};

struct want {
	struct groups groups;
	struct routes v4, v6;
	size_t n_routes, n_queued, n_stale, n_failed;
	struct route_queue queue;
	uint64_t sent;			/* routes that have left the queue */
	bool no_room;			/* there were too many groups */
	bool adopted;			/* what an earlier run left is known */
	bool sweep_due;			/* then it is to go */
	unsigned int differences;	/* of the audit that runs */
	bool unsure;			/* the audit missed what may be there */
	bool forgot;			/* routes that it may have yet to see */
	struct failure failures[FAILURES_MAX];	/* [0] is not used */
	unsigned int n_failures;
	want_state_cb *cb;
	void *arg;
};

/*
 * The table
 */

static uint32_t hash_prefix(const struct prefix *prefix)
{
	unsigned int bytes = addr_bytes(&prefix->addr);
	uint8_t key[17];

	memcpy(key, prefix->addr.bytes, bytes);
	key[bytes] = prefix->len;
	return hash_bytes(key, bytes + 1);
}

static struct route *route_get(const struct routes *routes, uint32_t id)
{
	return slab_get(&routes->slab, id);
}

static uint32_t hash_id(const void *ctx, uint32_t id)
{
	return route_get(ctx, id)->hash;
}

static void routes_init(struct routes *routes, unsigned int addr_bytes)
{
	size_t size = offsetof(struct route, addr) + addr_bytes;
	size_t align = _Alignof(struct route);

	slab_init(&routes->slab, (size + align - 1) / align * align);
	idhash_init(&routes->index, hash_id, routes);
}

static void routes_fini(struct routes *routes)
{
	idhash_fini(&routes->index);
	slab_fini(&routes->slab);
}

static struct routes *routes_of(struct want *want, uint8_t family)
{
	return family == AF_INET ? &want->v4 : &want->v6;
}

static struct route *find_route(struct want *want,
				const struct prefix *prefix, uint32_t hash)
{
	struct routes *routes = routes_of(want, prefix->addr.family);
	struct idhash_probe probe = idhash_probe(&routes->index, hash);
	unsigned int bytes = addr_bytes(&prefix->addr);
	struct route *route;
	uint32_t id;

	while (idhash_next(&routes->index, &probe, &id)) {
		route = route_get(routes, id);
		if (route->len == prefix->len &&
		    memcmp(route->addr, prefix->addr.bytes, bytes) == 0)
			return route;
	}
	return NULL;
}

static struct route *new_route(struct want *want, const struct prefix *prefix,
			       uint32_t hash)
{
	struct routes *routes = routes_of(want, prefix->addr.family);
	uint32_t id = slab_alloc(&routes->slab);
	struct route *route = route_get(routes, id);

	memset(route, 0, offsetof(struct route, addr));
	route->family = prefix->addr.family;
	route->len = prefix->len;
	route->hash = hash;
	memcpy(route->addr, prefix->addr.bytes, addr_bytes(&prefix->addr));
	idhash_insert(&routes->index, hash, id);
	want->n_routes++;
	return route;
}

static void free_route(struct want *want, struct route *route)
{
	struct routes *routes = routes_of(want, route->family);
	struct idhash_probe probe = idhash_probe(&routes->index, route->hash);
	uint32_t id;

	want->n_routes--;
	want->n_stale -= route->stale;
	want->n_failed -= route->failure != 0;
	while (idhash_next(&routes->index, &probe, &id)) {
		if (route_get(routes, id) != route)
			continue;
		idhash_remove(&routes->index, route->hash, id);
		route->family = 0;
		slab_release(&routes->slab, id);
		return;
	}
}

static struct prefix route_prefix(const struct route *route)
{
	return (struct prefix){
		.addr = addr_make(route->family, route->addr),
		.len = route->len,
	};
}

static void each_of(struct want *want, const struct routes *routes,
		    void (*func)(struct want *, struct route *))
{
	const struct slab *slab = &routes->slab;
	struct route *route;
	uint32_t id;

	for (id = slab_seek(slab, 0); id < slab_end(slab);
	     id = slab_seek(slab, id + 1)) {
		route = route_get(routes, id);
		if (route->family)
			func(want, route);
	}
}

/* Call @func for each route; it may queue, not free. */
static void each_route(struct want *want,
		       void (*func)(struct want *, struct route *))
{
	each_of(want, &want->v4, func);
	each_of(want, &want->v6, func);
}

/*
 * States
 */

static void queue_route(struct want *want, struct route *route)
{
	route->touched = 1;
	if (route->queued)
		return;
	route->queued = 1;
	want->n_queued++;
	want->groups.clock++;
	STAILQ_INSERT_TAIL(&want->queue, route, entry);
}

static void set_stale(struct want *want, struct route *route, bool stale)
{
	want->n_stale += stale - route->stale;
	route->stale = stale;
}

static void set_failure(struct want *want, struct route *route,
			uint8_t failure)
{
	want->n_failed += (failure != 0) - (route->failure != 0);
	route->failure = failure;
}

/* Index of a reason; when there are too many, the last stands for the rest. */
static uint8_t intern_failure(struct want *want, int error, const char *text)
{
	unsigned int i;

	for (i = 1; i <= want->n_failures; i++) {
		if (want->failures[i].error == error &&
		    strcmp(want->failures[i].text, text) == 0)
			return i;
	}
	if (i == FAILURES_MAX)
		return i - 1;
	want->failures[i].error = error;
	want->failures[i].text = xstrdup(text);
	want->n_failures = i;
	return i;
}

static void tell(struct want *want, const struct route *route,
		 enum fib_route_state state)
{
	const struct failure *failure = &want->failures[route->failure];
	struct prefix prefix = route_prefix(route);

	/* Nobody has asked for a stale route yet. */
	if (!route->stale)
		want->cb(want->arg, &prefix, state, failure->error,
			 failure->text ? failure->text : "");
}

static void installed(struct want *want, struct route *route)
{
	route->in_kernel = 1;
	set_failure(want, route, 0);
	tell(want, route, FIB_ROUTE_INSTALLED);
}

static void failed(struct want *want, struct route *route, uint8_t failure)
{
	route->in_kernel = 0;
	set_failure(want, route, failure);
	tell(want, route, FIB_ROUTE_FAILED);
}

/*
 * Wishes
 */

struct want *want_new(struct nhid *ids, want_state_cb *cb, void *arg)
{
	struct want *want = xcalloc(1, sizeof(*want));

	groups_init(&want->groups, ids);
	STAILQ_INIT(&want->queue);
	want->cb = cb;
	want->arg = arg;
	routes_init(&want->v4, 4);
	routes_init(&want->v6, 16);
	return want;
}

void want_free(struct want *want)
{
	unsigned int i;

	for (i = 1; i <= want->n_failures; i++)
		free(want->failures[i].text);
	groups_fini(&want->groups);
	routes_fini(&want->v4);
	routes_fini(&want->v6);
	free(want);
}

void want_fresh(struct want *want)
{
	want->adopted = true;
}

/* Sorted copy of @hops without doubles; returns how many are left. */
static size_t normalize(const struct addr *hops, size_t n, struct addr *out)
{
	size_t i, j, count = 0;

	for (i = 0; i < n && count < FIB_MAX_HOPS; i++) {
		for (j = count; j > 0 && addr_cmp(&out[j - 1], &hops[i]) > 0;
		     j--)
			out[j] = out[j - 1];
		if (j > 0 && addr_equal(&out[j - 1], &hops[i])) {
			memmove(&out[j], &out[j + 1],
				(count - j) * sizeof(*out));
			continue;
		}
		out[j] = hops[i];
		count++;
	}
	return count;
}

/*
 * The old group is left last: the new one may share its hops, and the removal
 * of what is not shared must come after this route in the queue.
 */
static void assign(struct want *want, struct route *route,
		   struct nhgroup *group)
{
	struct nhgroup *old = route->group;

	route->group = group;
	route->in_kernel = 0;
	set_failure(want, route, 0);
	queue_route(want, route);
	if (old)
		groups_put(&want->groups, old);
}

static void withdraw(struct want *want, struct route *route)
{
	set_stale(want, route, false);
	assign(want, route, NULL);
}

/*
 * Not remembered, so not tried again before the next wish for this prefix,
 * which is asked for when there is room.
 */
static void refuse(struct want *want, struct route *route)
{
	want->no_room = true;
	withdraw(want, route);
	failed(want, route, intern_failure(want, ENOSPC,
					   "too many sets of next hops"));
}

static bool contains(const struct addr *hops, size_t n,
		     const struct addr *addr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (addr_equal(&hops[i], addr))
			return true;
	return false;
}

void want_set(struct want *want, const struct prefix *prefix,
	      const struct fib_way *way)
{
	uint32_t hash = hash_prefix(prefix);
	struct route *route = find_route(want, prefix, hash);
	const struct addr *backup = way->backup;
	struct addr sorted[FIB_MAX_HOPS];
	struct nhgroup *group;
	size_t n;

	n = normalize(way->hops, way->n_hops, sorted);
	if (n == 0) {
		if (route)
			withdraw(want, route);
		return;
	}
	if (backup && (n == FIB_MAX_HOPS || contains(sorted, n, backup)))
		backup = NULL;
	if (!route)
		route = new_route(want, prefix, hash);
	set_stale(want, route, false);
	if (route->of_gateway != way->gateway)
		route->in_kernel = 0;
	route->of_gateway = way->gateway;
	if (route->group && group_equals(route->group, sorted, n, backup)) {
		/* every wish has an answer, if not a request */
		queue_route(want, route);
		return;
	}
	group = groups_get(&want->groups, sorted, n, backup);
	if (group)
		assign(want, route, group);
	else
		refuse(want, route);
}

bool want_room_again(struct want *want)
{
	if (!want->no_room || want->groups.n_groups > GROUPS_FEW)
		return false;
	want->no_room = false;
	return true;
}

bool want_hop_down(struct want *want, const struct addr *hop)
{
	return groups_hop_down(&want->groups, hop);
}

static void sweep_route(struct want *want, struct route *route)
{
	if (route->stale)
		withdraw(want, route);
}

void want_sweep(struct want *want)
{
	want->sweep_due = !want->adopted;
	if (want->adopted && want->n_stale)
		each_route(want, sweep_route);
}

size_t want_hop_ids(const struct want *want, uint32_t **ids)
{
	struct hop *hop, *next;
	size_t n = 0;

	*ids = xcalloc(want->groups.n_hops + 1, sizeof(**ids));
	HASH_ITER(hh, want->groups.by_addr, hop, next) {
		if (hop->obj.id)
			(*ids)[n++] = hop->obj.id;
	}
	return n;
}

static void lose_route(struct want *want, struct route *route)
{
	route->in_kernel = 0;
	route->maybe = 0;
	route->anew = 0;
	if (route->group)
		queue_route(want, route);
}

void want_lost(struct want *want)
{
	groups_queue_all(&want->groups);
	each_route(want, lose_route);
}

/* It was not the next hops. */
static bool is_refused(const struct route *route)
{
	return route->family && route->failure && route->group &&
	       route->group->obj.in_kernel && !route->queued;
}

/* The next @n of those that were refused. */
static void retry_refused(struct want *want, struct routes *routes,
			  unsigned int n)
{
	struct route *route;

	while (n > 0) {
		routes->retry = slab_seek(&routes->slab, routes->retry);
		if (routes->retry >= slab_end(&routes->slab)) {
			if (routes->wrapped)
				return;
			routes->wrapped = true;
			routes->retry = 0;
			continue;
		}
		route = route_get(routes, routes->retry++);
		if (!is_refused(route))
			continue;
		queue_route(want, route);
		n--;
	}
}

/* What waits for its next hops costs the kernel nothing. */
static void retry_route(struct want *want, struct route *route)
{
	if (route->failure && route->group && !route->group->obj.in_kernel)
		queue_route(want, route);
}

void want_retry(struct want *want)
{
	groups_retry(&want->groups);
	if (!want->n_failed)
		return;
	each_route(want, retry_route);
	want->v4.wrapped = want->v6.wrapped = false;
	retry_refused(want, &want->v4, RETRY_FIRST);
	retry_refused(want, &want->v6, RETRY_FIRST);
}

/*
 * Operations
 */

static size_t take_hops(struct want *want, struct want_op *ops, size_t max)
{
	struct nhobj *obj;
	size_t n = 0;

	while (n < max &&
	       (obj = groups_next_set(&want->groups, NHOBJ_HOP)) != NULL) {
		if (!groups_number(&want->groups, obj)) {
			obj->failure = intern_failure(want, ENOSPC,
						      "no next-hop id is left");
			continue;
		}
		ops[n++] = (struct want_op){
			.type = WANT_SET_HOP,
			.id = obj->id,
			.gateway = ((struct hop *)obj)->addr,
			.object = obj,
		};
	}
	return n;
}

/*
 * A group has those of its hops that the kernel has taken. The backup stands by
 * unless it is the only one.
 */
static void live_members(const struct nhgroup *group, struct want_op *op,
			 uint8_t *failure)
{
	const struct hop *backup = group->hops[group->n_hops];
	unsigned int i, n = 0;

	for (i = 0; i < group->n_hops; i++) {
		const struct nhobj *hop = &group->hops[i]->obj;

		if (hop->in_kernel)
			op->members[n++] = hop->id;
		else
			*failure = hop->failure;
	}
	op->backed = backup;
	op->n_standby = n > 0 && backup && backup->obj.in_kernel;
	if (backup && backup->obj.in_kernel)
		op->members[n++] = backup->obj.id;
	op->n_members = n;
}

static size_t take_groups(struct want *want, struct want_op *ops, size_t max)
{
	struct nhobj *obj;
	size_t n = 0;

	while (n < max &&
	       (obj = groups_next_set(&want->groups, NHOBJ_GROUP)) != NULL) {
		struct want_op *op = &ops[n];

		op->type = WANT_SET_GROUP;
		op->object = obj;
		live_members((struct nhgroup *)obj, op, &obj->failure);
		if (op->n_members == 0)
			continue;
		if (!groups_number(&want->groups, obj)) {
			obj->failure = intern_failure(want, ENOSPC,
						      "no next-hop id is left");
			continue;
		}
		op->id = obj->id;
		n++;
	}
	return n;
}

/* Returns whether there is something to be sent. */
static bool take_route(struct want *want, struct route *route,
		       struct want_op *op)
{
	if (!route->group) {
		if (!route->maybe) {
			free_route(want, route);
			return false;
		}
		op->type = WANT_DEL_ROUTE;
	} else if (route->in_kernel) {
		installed(want, route);
		return false;
	} else if (!route->group->obj.in_kernel) {
		failed(want, route, route->group->obj.failure);
		return false;
	} else if (route->anew) {
		route->anew = 0;
		queue_route(want, route);
		op->type = WANT_DEL_ROUTE;
	} else {
		op->type = WANT_SET_ROUTE;
		op->id = route->group->obj.id;
		op->of_gateway = route->of_gateway;
		route->maybe = 1;
	}
	op->object = route;
	op->prefix = route_prefix(route);
	return true;
}

static struct route *next_route(struct want *want)
{
	struct route *route = STAILQ_FIRST(&want->queue);

	if (!route)
		return NULL;
	STAILQ_REMOVE_HEAD(&want->queue, entry);
	route->queued = 0;
	want->n_queued--;
	want->sent++;
	return route;
}

/* What turns out to need no operation takes time, too. */
static size_t take_routes(struct want *want, struct want_op *ops, size_t max)
{
	size_t n = 0, budget = 4 * max;
	struct route *route;

	while (n < max && budget-- > 0 && (route = next_route(want)) != NULL)
		n += take_route(want, route, &ops[n]);
	return n;
}

static size_t take_removals(struct want *want, struct want_op *ops, size_t max)
{
	size_t n = 0;
	uint32_t id;

	while (n < max &&
	       (id = groups_next_reap(&want->groups, want->sent)) != 0)
		ops[n++] = (struct want_op){ .type = WANT_DEL_NEXTHOP,
					     .id = id };
	return n;
}

/*
 * What a group consists of depends on which hops the kernel took, and whether
 * a route can be set on its group: so a batch is of one of these kinds only.
 */
size_t want_take(struct want *want, struct want_op *ops, size_t max)
{
	size_t n;

	if (!want->adopted)
		return 0;
	n = take_hops(want, ops, max);
	if (n == 0)
		n = take_groups(want, ops, max);
	if (n == 0) {
		n = take_routes(want, ops, max);
		n += take_removals(want, ops + n, max - n);
	}
	return n;
}

/* A route that may be there and is not wanted is a comparison's to find. */
void want_put_off(struct want *want, size_t max, int error, const char *text)
{
	uint8_t failure = intern_failure(want, error, text);
	struct route *route;

	while (max-- > 0 && (route = next_route(want)) != NULL) {
		if (route->group)
			failed(want, route, failure);
		else
			free_route(want, route);
	}
}

static void nhobj_done(struct want *want, struct nhobj *obj, int error,
		       const char *text)
{
	obj->touched = true;
	if (obj->set_queued)
		return;
	obj->in_kernel = error == 0;
	obj->failure = error ? intern_failure(want, error, text) : 0;
}

/* What is queued again gets an answer of its own. */
static void set_route_done(struct want *want, struct route *route, int error,
			   const char *text)
{
	bool was_refused = route->failure;

	route->touched = 1;
	if (route->queued)
		return;
	if (error) {
		failed(want, route, intern_failure(want, error, text));
		return;
	}
	installed(want, route);
	if (was_refused)
		retry_refused(want, routes_of(want, route->family),
			      RETRY_MORE);
}

static void del_route_done(struct want *want, struct route *route, int error)
{
	route->touched = 1;
	/* one that is wanted may have been set by now */
	if (!route->group && (error == 0 || error == ESRCH))
		route->maybe = 0;
	if (!route->queued && !route->group) {
		want->forgot |= !route->seen;
		free_route(want, route);
	}
}

void want_done(struct want *want, const struct want_op *op, int error,
	       const char *text)
{
	switch (op->type) {
	case WANT_SET_HOP:
	case WANT_SET_GROUP:
		nhobj_done(want, op->object, error, text);
		break;
	case WANT_SET_ROUTE:
		set_route_done(want, op->object, error, text);
		break;
	case WANT_DEL_ROUTE:
		del_route_done(want, op->object, error);
		break;
	case WANT_DEL_NEXTHOP:
		break;
	}
}

bool want_has_routes(const struct want *want)
{
	return want->n_routes > 0;
}

bool want_idle(const struct want *want)
{
	return STAILQ_EMPTY(&want->queue) && groups_idle(&want->groups);
}

bool want_runnable(const struct want *want)
{
	return want->adopted && !want_idle(want);
}

bool want_waiting(const struct want *want)
{
	return want->n_queued > 0;
}

/*
 * Audit
 */

static void unsee_route(struct want *want, struct route *route)
{
	(void)want;
	route->seen = 0;
	route->touched = 0;
}

bool want_adopted(const struct want *want)
{
	return want->adopted;
}

bool want_knows(struct want *want, uint32_t id)
{
	return groups_find(&want->groups, id);
}

void want_audit_begin(struct want *want)
{
	want->differences = 0;
	want->unsure = false;
	want->forgot = false;
	groups_audit_begin(&want->groups);
	each_route(want, unsee_route);
}

/* The kernel holds an object of ours, but not with the right content. */
static void audit_differs(struct want *want, struct nhobj *obj)
{
	if (obj->touched || !obj->in_kernel)
		return;
	groups_queue_set(&want->groups, obj);
	want->differences++;
}

bool want_audit_hop(struct want *want, uint32_t id, const struct addr *gateway,
		    bool placed)
{
	struct nhobj *obj = groups_find(&want->groups, id);

	if (!obj && !want->adopted)
		return groups_adopt_hop(&want->groups, id, gateway) != NULL;
	if (!obj || obj->kind != NHOBJ_HOP)
		return false;
	obj->seen = true;
	if (!placed || !addr_equal(&((struct hop *)obj)->addr, gateway))
		audit_differs(want, obj);
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static bool same_members(const struct nhgroup *group, const uint32_t *members,
			 size_t n, size_t n_standby)
{
	uint32_t theirs[FIB_MAX_HOPS];
	struct want_op ours;
	uint8_t failure;

	live_members(group, &ours, &failure);
	if (ours.n_members != n || ours.n_standby != n_standby)
		return false;
	memcpy(theirs, members, n * sizeof(*theirs));
	/* there is one that stands by or none */
	qsort(ours.members, n - n_standby, sizeof(*theirs), compare_ids);
	qsort(theirs, n - n_standby, sizeof(*theirs), compare_ids);
	return memcmp(ours.members, theirs, n * sizeof(*theirs)) == 0;
}

bool want_audit_group(struct want *want, uint32_t id, const uint32_t *members,
		      size_t n, size_t n_standby)
{
	struct nhobj *obj = groups_find(&want->groups, id);

	if (!obj && !want->adopted)
		return n_standby <= 1 &&
		       groups_adopt_group(&want->groups, id, members,
					  n - n_standby, n_standby > 0);
	if (!obj || obj->kind != NHOBJ_GROUP)
		return false;
	obj->seen = true;
	if (!same_members((struct nhgroup *)obj, members, n, n_standby))
		audit_differs(want, obj);
	return true;
}

/* Found at the first audit, before anyone wanted it: of an earlier run. */
static void adopt_route(struct want *want, struct route *route, uint32_t nhid,
			bool of_gateway)
{
	struct nhobj *obj = groups_find(&want->groups, nhid);

	if (!obj || obj->kind != NHOBJ_GROUP) {
		queue_route(want, route);
		return;
	}
	route->group = (struct nhgroup *)obj;
	route->in_kernel = 1;
	route->of_gateway = of_gateway;
	set_stale(want, route, true);
	obj->refs++;
}

static void audit_unknown(struct want *want, const struct prefix *prefix,
			  uint32_t hash, uint32_t nhid, bool of_gateway)
{
	struct route *route = new_route(want, prefix, hash);

	route->maybe = 1;
	route->seen = 1;
	if (!want->adopted) {
		adopt_route(want, route, nhid, of_gateway);
		return;
	}
	/* The kernel has pieces of a dump ready before they are asked for. */
	want->differences += !want->forgot;
	queue_route(want, route);
}

static void audit_known(struct want *want, struct route *route, uint32_t nhid,
			bool of_gateway, bool offload_failed)
{
	bool right = route->group && route->group->obj.id == nhid &&
		     route->of_gateway == of_gateway;

	/* The kernel does not ask the module about one that it has. */
	route->anew = right && offload_failed;
	if (route->anew) {
		failed(want, route, intern_failure(want, EIO,
			"the module could not take it (rt_offload_failed)"));
		return;
	}
	if (right && !route->in_kernel) {
		route->in_kernel = 1;
		queue_route(want, route);
	} else if (!right) {
		want->differences += want->adopted && route->in_kernel;
		route->in_kernel = 0;
		queue_route(want, route);
	}
}

void want_audit_route(struct want *want, const struct prefix *prefix,
		      uint32_t nhid, bool of_gateway, bool offload_failed)
{
	uint32_t hash = hash_prefix(prefix);
	struct route *route = find_route(want, prefix, hash);

	if (!route) {
		audit_unknown(want, prefix, hash, nhid, of_gateway);
		return;
	}
	route->seen = 1;
	route->missed = 0;
	route->maybe = 1;
	if (!want->adopted || !route->touched)
		audit_known(want, route, nhid, of_gateway, offload_failed);
}

/*
 * The kernel leaves out some IPv6 routes, without a word, if others go while
 * it dumps them: lost is what two dumps do not have, or whose group is lost.
 */
static bool is_hidden(struct want *want, struct route *route)
{
	if (route->family != AF_INET6 || route->missed ||
	    route->group->obj.lost)
		return false;
	route->missed = 1;
	want->unsure = true;
	return true;
}

/* Perhaps it is there all the same: maybe stays set. */
static void find_lost(struct want *want, struct route *route)
{
	if (!route->in_kernel || route->seen || route->touched ||
	    is_hidden(want, route))
		return;
	route->in_kernel = 0;
	route->missed = 0;
	queue_route(want, route);
	want->differences++;
}

unsigned int want_audit_end(struct want *want)
{
	want->differences += groups_audit_end(&want->groups);
	each_route(want, find_lost);
	if (!want->adopted)
		groups_reap_unused(&want->groups);
	want->adopted = true;
	if (want->sweep_due)
		want_sweep(want);
	want_retry(want);
	return want->differences;
}

bool want_audit_unsure(const struct want *want)
{
	return want->unsure;
}

void want_add_stats(const struct want *want, struct fib_stats *stats)
{
	stats->routes += want->n_routes - want->n_stale;
	stats->stale += want->n_stale;
	stats->queued += want->n_queued;
	stats->failed += want->n_failed;
	stats->groups += want->groups.n_groups;
	stats->hops += want->groups.n_hops;
}
