// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel holds of ours, compared with what should be there. Next-hop
 * objects are read at once, since there are few; routes piece by piece, one a
 * turn of the loop, while operations go on: want.c does not judge what it has
 * touched meanwhile.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "fib/rtm.h"
#include "fib/state.h"
#include "lib/log.h"
#include "lib/util.h"

#define TRIES_MAX	5	/* of a dump that changes while it is read */
#define RETRY_DELAY	100	/* ms, after a dump that has failed */
#define RETRY_MAX	10000	/* ms, after many in a row */
#define REST_FACTOR	10	/* rest so many times as long as it took */

/* One dump of routes: of a VNet's BGP table and one family */
struct step {
	uint32_t vni;
	int family;
};

struct audit {
	struct fib *fib;
	struct loop_timer *timer;	/* to begin */
	struct loop_job *job;		/* to go on */
	struct rtm_nexthop *nexthops;
	size_t n_nexthops, size;	/* size: allocated */
	struct step *steps;
	size_t n_steps, step;		/* step: the one that runs */
	bool running, dumping, again;
	uint64_t began, earliest;	/* ms */
	uint64_t retry;			/* ms, the next delay */
};

/* The VNet that a device is of, if it is one of ours and up. */
static struct vnet *vnet_by_ifindex(struct fib *fib, int ifindex)
{
	struct vnet *vnet = index_by_device(fib, ifindex);

	return vnet && vnet->up ? vnet : NULL;
}

/*
 * Next-hop objects
 */

static void take_nexthop(const struct nlmsghdr *nlh, void *arg)
{
	struct rtm_nexthop nexthop;
	struct audit *audit = arg;
	bool whole = rtm_get_nexthop(nlh, &nexthop);

	/* whoever's it is */
	nhid_reserve(audit->fib->ids, nexthop.id);
	if (!whole || !nhid_is_ours(nexthop.id) ||
	    (nexthop.protocol != RTPROT_BGP &&
	     nexthop.protocol != VNET_PROTO_STANDBY))
		return;
	if (audit->n_nexthops == audit->size) {
		audit->size = audit->size * 2 + 16;
		audit->nexthops = xreallocarray(audit->nexthops, audit->size,
						sizeof(*audit->nexthops));
	}
	audit->nexthops[audit->n_nexthops++] = nexthop;
}

static int read_nexthops(struct audit *audit)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	unsigned int tries = TRIES_MAX;
	struct netlink_error err;
	int rc;

	do {
		audit->n_nexthops = 0;
		rc = netlink_dump(&audit->fib->talk, rtm_dump_nexthops(buf),
				  take_nexthop, audit, &err);
	} while (rc == -EINTR && --tries);
	if (rc < 0)
		log_warn("reading next hops: %s, comparing again", err.text);
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	const struct rtm_nexthop *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static const struct rtm_nexthop *find_nexthop(const struct audit *audit,
					      uint32_t id)
{
	struct rtm_nexthop key = { .id = id };

	return bsearch(&key, audit->nexthops, audit->n_nexthops, sizeof(key),
		       compare_ids);
}

/* The VNet behind whose device a hop or the first one of a group is. */
static struct vnet *nexthop_vnet(const struct audit *audit,
				 const struct rtm_nexthop *nexthop)
{
	const struct rtm_nexthop *member = nexthop;

	if (nexthop->n_members)
		member = find_nexthop(audit, nexthop->members[0]);
	return member ? vnet_by_ifindex(audit->fib, member->ifindex) : NULL;
}

static void remove_nexthop(struct audit *audit, struct vnet *vnet, uint32_t id)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	struct netlink_error err;

	netlink_talk(&audit->fib->talk, rtm_del_nexthop(buf, id), NULL, NULL,
		     &err);
	log_info("%s: next-hop object %u is not wanted, removed",
		 vnet->spec->name, id);
	fib_repaired(vnet, 1);
}

static bool is_placed(const struct vnet *vnet,
		      const struct rtm_nexthop *nexthop)
{
	return nexthop->ifindex ==
	       peering_hop_ifindex(vnet, &nexthop->gateway);
}

static bool compare_nexthop(struct vnet *vnet,
			    const struct rtm_nexthop *nexthop)
{
	if (nexthop->n_members)
		return want_audit_group(vnet->want, nexthop->id,
					nexthop->members, nexthop->n_members,
					nexthop->n_standby);
	return want_audit_hop(vnet->want, nexthop->id, &nexthop->gateway,
			      is_placed(vnet, nexthop));
}

/*
 * The VNet that knows of an object behind the device of @vnet: it, or one that
 * is peered with it. *@open: one of these may still take it over.
 */
static struct vnet *find_owner(struct vnet *vnet,
			       const struct rtm_nexthop *nexthop, bool *open)
{
	const struct fib_peering *side = vnet->spec->peerings;
	const struct fib_peering *end = side + vnet->spec->n_peerings;
	struct vnet *owner = vnet;

	*open = false;
	for (;;) {
		if (owner && want_knows(owner->want, nexthop->id))
			return owner;
		*open = *open || (owner && !want_adopted(owner->want));
		if (side == end)
			return NULL;
		owner = vnet_by_ifindex(vnet->fib,
					peering_ifindex(vnet, side++));
	}
}

/* One that is not peered any more with who has the device, or is not up */
static struct vnet *find_former_owner(struct fib *fib, uint32_t id)
{
	struct vnet *vnet, *tmp;

	HASH_ITER(hh, fib->vnets, vnet, tmp) {
		if (want_knows(vnet->want, id))
			return vnet;
	}
	return NULL;
}

/*
 * What nobody knows is left by an earlier run, of the VNet whose routes use
 * it: take_over(), or of nobody, if all have taken over what is theirs.
 */
static void judge_nexthop(struct audit *audit,
			  const struct rtm_nexthop *nexthop)
{
	struct vnet *vnet = nexthop_vnet(audit, nexthop), *owner;
	bool open;

	if (!vnet)
		return;
	owner = find_owner(vnet, nexthop, &open);
	if (!owner && !open)
		owner = find_former_owner(audit->fib, nexthop->id);
	if (owner && !owner->up)
		return;
	if (owner ? !compare_nexthop(owner, nexthop) : !open)
		remove_nexthop(audit, vnet, nexthop->id);
}

static void compare_nexthops(struct audit *audit)
{
	size_t i;

	if (audit->n_nexthops == 0)
		return;
	qsort(audit->nexthops, audit->n_nexthops, sizeof(*audit->nexthops),
	      compare_ids);
	for (i = 0; i < audit->n_nexthops; i++) {
		if (!audit->nexthops[i].n_members)
			judge_nexthop(audit, &audit->nexthops[i]);
	}
	for (i = 0; i < audit->n_nexthops; i++) {
		if (audit->nexthops[i].n_members)
			judge_nexthop(audit, &audit->nexthops[i]);
	}
}

/* In the first audit of a VNet: its is what its routes use. */
static void take_over(struct audit *audit, struct vnet *vnet, uint32_t id)
{
	const struct rtm_nexthop *group, *hop;
	size_t i;

	if (want_knows(vnet->want, id))
		return;
	group = find_nexthop(audit, id);
	for (i = 0; group && i < group->n_members; i++) {
		hop = find_nexthop(audit, group->members[i]);
		if (!hop || !is_placed(vnet, hop))
			return;
		compare_nexthop(vnet, hop);
	}
	if (group && group->n_members)
		compare_nexthop(vnet, group);
}

static bool anything_unclaimed(const struct audit *audit)
{
	struct vnet *vnet;
	bool open;
	size_t i;

	for (i = 0; i < audit->n_nexthops; i++) {
		vnet = nexthop_vnet(audit, &audit->nexthops[i]);
		if (vnet && !find_owner(vnet, &audit->nexthops[i], &open))
			return true;
	}
	return false;
}

/*
 * Routes
 */

static void take_route(const struct nlmsghdr *nlh, void *arg)
{
	struct vnet *vnet = arg;
	struct rtm_route route;

	if (!rtm_get_route(nlh, &route) ||
	    route.table != vnet->spec->bgp_table ||
	    !program_is_ours(&route))
		return;
	if (!want_adopted(vnet->want))
		take_over(vnet->fib->audit, vnet, route.nhid);
	want_audit_route(vnet->want, &route.prefix, route.nhid,
			 route.protocol == VNET_PROTO_GATEWAY,
			 route.offload_failed);
}

static void add_step(struct audit *audit, uint32_t vni, int family)
{
	audit->steps = xreallocarray(audit->steps, audit->n_steps + 1,
				     sizeof(*audit->steps));
	audit->steps[audit->n_steps++] = (struct step){ vni, family };
}

static void plan(struct audit *audit)
{
	struct vnet *vnet, *tmp;

	audit->n_steps = 0;
	audit->step = 0;
	HASH_ITER(hh, audit->fib->vnets, vnet, tmp) {
		if (!vnet->up)
			continue;
		want_audit_begin(vnet->want);
		add_step(audit, vnet->vni, AF_INET);
		add_step(audit, vnet->vni, AF_INET6);
	}
}

static int start_dump(struct audit *audit, const struct vnet *vnet)
{
	char buf[RTM_MSG_MAX] __attribute__((aligned(8)));
	int rc, family = audit->steps[audit->step].family;
	struct netlink_error err;
	struct nlmsghdr *nlh;

	nlh = rtm_dump_routes(buf, family, vnet->spec->bgp_table);
	rc = netlink_dump_start(&audit->fib->dump, nlh, &err);
	audit->dumping = rc == 0;
	return rc;
}

/* Take a piece. A table that is not there, because it is empty, is no error. */
static int continue_dump(struct audit *audit, struct vnet *vnet)
{
	struct netlink_error err;
	int rc;

	rc = netlink_dump_next(&audit->fib->dump, take_route, vnet, &err);
	if (rc <= 0)
		audit->dumping = false;
	return rc == -ENOENT ? 0 : rc;
}

static void finish_vnet(struct vnet *vnet)
{
	unsigned int differences = want_audit_end(vnet->want);

	if (differences)
		fib_repaired(vnet, differences);
	if (want_audit_unsure(vnet->want))
		vnet->fib->audit->again = true;
}

/*
 * Course
 */

static void rest(struct audit *audit)
{
	uint64_t now = loop_now_ms();

	audit->running = false;
	audit->earliest = now + (now - audit->began) * REST_FACTOR;
	if (audit->again)
		audit_soon(audit, 0);
	audit->again = false;
}

/* Later, if what went wrong stays so: that must not keep us busy. */
static void fail(struct audit *audit)
{
	audit->again = false;
	rest(audit);
	audit_soon(audit, audit->retry);
	audit->retry = MIN(2 * audit->retry, RETRY_MAX);
}

/* A piece of what is left of a dump is read away, for the sake of the next. */
static bool discard_piece(struct audit *audit)
{
	struct netlink_error err;

	if (!audit->dumping)
		return false;
	audit->dumping = netlink_dump_next(&audit->fib->dump, NULL, NULL,
					   &err) > 0;
	return true;
}

/*
 * Not while VNets come up, one after the other: when all have had their first
 * pass, run_due() begins anew. What is behind the device of one that has taken
 * over its own, and is nobody's, would be removed, though it may be of one that
 * is not up yet.
 */
static void begin(void *arg)
{
	struct audit *audit = arg;

	if (audit->fib->came_up)
		return;
	if (discard_piece(audit)) {
		loop_timer_set(audit->timer, 0);
		return;
	}
	audit->began = loop_now_ms();
	audit->running = true;
	audit->fib->stats.audits++;
	plan(audit);
	if (audit->n_steps == 0) {
		rest(audit);
		return;
	}
	if (read_nexthops(audit) < 0) {
		fail(audit);
		return;
	}
	compare_nexthops(audit);
	loop_defer(audit->job);
}

/* What nobody has claimed in a first audit is removed in another one. */
static void end(struct audit *audit)
{
	struct vnet *vnet;
	bool first = false;
	size_t i;

	for (i = 0; i < audit->n_steps; i += 2) {
		vnet = fib_find_vnet(audit->fib, audit->steps[i].vni);
		if (!vnet || !vnet->up)
			continue;
		first = first || !want_adopted(vnet->want);
		finish_vnet(vnet);
	}
	if (first && anything_unclaimed(audit))
		audit->again = true;
	audit->retry = RETRY_DELAY;
	fib_work(audit->fib);
	rest(audit);
}

static void go_on(void *arg)
{
	struct audit *audit = arg;
	struct vnet *vnet;
	int rc;

	if (!audit->running)
		return;
	if (audit->step == audit->n_steps) {
		end(audit);
		return;
	}
	vnet = fib_find_vnet(audit->fib, audit->steps[audit->step].vni);
	rc = audit->dumping ? 1 : start_dump(audit, vnet);
	if (rc >= 0)
		rc = continue_dump(audit, vnet);
	if (rc < 0) {
		log_warn("%s: reading routes: %s, comparing again",
			 vnet->spec->name, strerror(-rc));
		fail(audit);
		return;
	}
	if (rc == 0)
		audit->step++;
	loop_defer(audit->job);
}

void audit_soon(struct audit *audit, uint64_t ms)
{
	uint64_t now = loop_now_ms();

	if (audit->running) {
		audit->again = true;
		return;
	}
	if (loop_timer_running(audit->timer))
		return;
	if (now + ms < audit->earliest)
		ms = audit->earliest - now;
	loop_timer_set(audit->timer, ms);
}

void audit_restart(struct audit *audit)
{
	audit->running = false;
	audit->again = false;
	audit->earliest = 0;
	audit->retry = RETRY_DELAY;
	loop_timer_set(audit->timer, 0);
}

struct audit *audit_new(struct fib *fib)
{
	struct audit *audit = xcalloc(1, sizeof(*audit));

	audit->retry = RETRY_DELAY;
	audit->fib = fib;
	audit->timer = loop_timer_new(begin, audit);
	audit->job = loop_job_new(go_on, audit);
	/* A VNet that has left nothing may begin before others are audited. */
	read_nexthops(audit);
	return audit;
}

void audit_free(struct audit *audit)
{
	loop_timer_free(audit->timer);
	loop_job_free(audit->job);
	free(audit->nexthops);
	free(audit->steps);
	free(audit);
}
