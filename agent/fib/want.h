/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BGP routes that one VNet should have in the kernel, and what is to be
 * told the kernel to get there. Nothing here speaks to it: want_take() gives
 * operations, want_done() hears what came of each, and the audit functions
 * hear what a dump has found. So all of it can be tested against a model.
 *
 * A route is queued at most once, with the latest wish; operations come in an
 * order in which the kernel can take them: hops, groups, routes, and at last
 * the removal of groups and hops that no route needs any more.
 */
#ifndef FIB_WANT_H
#define FIB_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/fib.h"
#include "fib/nhid.h"
#include "lib/addr.h"

struct want;

enum want_op_type {
	WANT_SET_HOP,			/* id, gateway */
	WANT_SET_GROUP,			/* id, backed, members */
	WANT_SET_ROUTE,			/* prefix, of_gateway, id: group */
	WANT_DEL_ROUTE,			/* prefix */
	WANT_DEL_NEXTHOP,		/* id, of a hop or group */
};

struct want_op {
	enum want_op_type type;
	uint32_t id;
	struct addr gateway;
	struct prefix prefix;
	bool of_gateway;		/* as fib_way.gateway */
	bool backed;			/* has a backup, perhaps not yet */
	unsigned int n_members;
	unsigned int n_standby;		/* of these, the last: 0 or 1 */
	uint32_t members[FIB_MAX_HOPS];
	void *object;			/* for want_done() */
};

/* A wanted route was installed or failed; may call into want. */
typedef void want_state_cb(void *arg, const struct prefix *prefix,
			   enum fib_route_state state, int error,
			   const char *text);

/*
 * Operations are given only after the first audit, which takes over what an
 * earlier run left, or after want_fresh().
 */
struct want *want_new(struct nhid *ids, want_state_cb *cb, void *arg);
void want_free(struct want *want);
/* There is nothing to be taken over. */
void want_fresh(struct want *want);

/* As fib_routes_set() of one, fib_hop_down() and fib_sweep(). */
void want_set(struct want *want, const struct prefix *prefix,
	      const struct fib_way *way);
bool want_hop_down(struct want *want, const struct addr *hop);
void want_sweep(struct want *want);
/*
 * Whether wishes were refused because there were too many sets of next hops,
 * and now there is room for many: whoever has them may set them again. Said
 * once, and not for each set that goes, since it means all routes.
 */
bool want_room_again(struct want *want);

/**
 * want_take - the next operations
 *
 * There may be none although want_runnable() is true: ask again later. All of
 * a batch may be sent before the first answer is in. want_done() is to be
 * called for each, in order, before the next want_take().
 */
size_t want_take(struct want *want, struct want_op *ops, size_t max);
/* @error: errno, 0 for done; @text: the kernel's words */
void want_done(struct want *want, const struct want_op *op, int error,
	       const char *text);
/* Whether some route is wanted, or the kernel may have one. */
bool want_has_routes(const struct want *want);
bool want_idle(const struct want *want);
/* Whether want_take() is worth a call: not idle, and adoption is done. */
bool want_runnable(const struct want *want);
/*
 * While nothing can be programmed, @text says why: answer up to @max of the
 * wishes that wait. want_retry() tries them when that is over.
 */
void want_put_off(struct want *want, size_t max, int error, const char *text);
/* Whether some wait. */
bool want_waiting(const struct want *want);

/* How many next hops the kernel may hold, and their ids; the caller frees. */
size_t want_hop_ids(const struct want *want, uint32_t **ids);
/* The kernel has dropped all: set everything again. */
void want_lost(struct want *want);
/* Try again what failed. */
void want_retry(struct want *want);

/*
 * Audit: begin, then every next-hop object with an id of ours (hops before
 * groups) and every route, then end. A begin without an end is void. An
 * object that we know nothing of is not wanted: false. In the first audit it
 * is taken over: give it only what is this VNet's. @placed: the hop is behind
 * the right device.
 */
bool want_adopted(const struct want *want);
/* Whether an object is one of the VNet's. */
bool want_knows(struct want *want, uint32_t id);
void want_audit_begin(struct want *want);
bool want_audit_hop(struct want *want, uint32_t id, const struct addr *gateway,
		    bool placed);
/* @n_standby of the @n members, the last ones, stand by */
bool want_audit_group(struct want *want, uint32_t id, const uint32_t *members,
		      size_t n, size_t n_standby);
void want_audit_route(struct want *want, const struct prefix *prefix,
		      uint32_t nhid, bool of_gateway, bool offload_failed);
/* Returns how many differences were found since begin; they are queued. */
unsigned int want_audit_end(struct want *want);
/* Whether it missed some that may be there all the same: audit again. */
bool want_audit_unsure(const struct want *want);

void want_add_stats(const struct want *want, struct fib_stats *stats);

#endif
