// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations to the kernel. One batch of one VNet a turn of the loop: while a
 * million routes are on their way, what else there is to do waits no longer
 * than a batch takes, and no VNet waits for another's routes.
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "fib/rtm.h"
#include "fib/state.h"
#include "lib/log.h"

bool program_is_ours(const struct rtm_route *route)
{
	return route->metric == FIB_METRIC && nhid_is_ours(route->nhid) &&
	       (route->protocol == RTPROT_BGP ||
		route->protocol == VNET_PROTO_GATEWAY);
}

static struct nlmsghdr *encode_nexthop(const struct vnet *vnet,
				       const struct want_op *op, void *buf)
{
	struct rtm_nexthop nexthop = {
		.id = op->id,
		.protocol = RTPROT_BGP,
	};

	if (op->type == WANT_SET_HOP) {
		nexthop.ifindex = peering_hop_ifindex(vnet, &op->gateway);
		nexthop.gateway = op->gateway;
	} else {
		if (op->backed)
			nexthop.protocol = VNET_PROTO_STANDBY;
		nexthop.n_members = op->n_members;
		nexthop.n_standby = op->n_standby;
		memcpy(nexthop.members, op->members,
		       op->n_members * sizeof(*op->members));
	}
	return rtm_put_nexthop(buf, NLM_F_CREATE | NLM_F_REPLACE, &nexthop);
}

static struct rtm_route bgp_route(const struct vnet *vnet,
				  const struct want_op *op)
{
	return (struct rtm_route){
		.table = vnet->spec->bgp_table,
		.metric = FIB_METRIC,
		.protocol = op->of_gateway ? VNET_PROTO_GATEWAY : RTPROT_BGP,
		.prefix = op->prefix,
		.nhid = op->id,
	};
}

/* @last: the message before, if it has set a route too */
static struct nlmsghdr *encode_set_route(const struct vnet *vnet,
					 const struct want_op *op, void *buf,
					 const struct nlmsghdr *last)
{
	struct rtm_route route = bgp_route(vnet, op);
	const struct rtmsg *rtm;

	if (last && last->nlmsg_type == RTM_NEWROUTE) {
		rtm = mnl_nlmsg_get_payload(last);
		if (rtm->rtm_family == op->prefix.addr.family &&
		    rtm->rtm_protocol == route.protocol)
			return rtm_put_route_like(buf, last, &op->prefix,
						  op->id);
	}
	return rtm_put_route(buf, NLM_F_CREATE | NLM_F_REPLACE, &route);
}

static struct nlmsghdr *encode(const struct vnet *vnet,
			       const struct want_op *op, void *buf,
			       const struct nlmsghdr *last)
{
	struct rtm_route route;

	switch (op->type) {
	case WANT_SET_HOP:
	case WANT_SET_GROUP:
		return encode_nexthop(vnet, op, buf);
	case WANT_DEL_NEXTHOP:
		return rtm_del_nexthop(buf, op->id);
	case WANT_SET_ROUTE:
		return encode_set_route(vnet, op, buf, last);
	case WANT_DEL_ROUTE:
		route = bgp_route(vnet, op);
		/* whichever it has: the metric is ours */
		route.protocol = RTPROT_UNSPEC;
		return rtm_del_route(buf, &route);
	}
	return NULL;
}

/* Which routes were refused is known only to those who want them. */
static void look_for_room(struct vnet *vnet)
{
	static const struct addr all;
	struct fib *fib = vnet->fib;

	if (want_room_again(vnet->want) && fib->events.hop_back)
		fib->events.hop_back(fib->arg, vnet->vni, &all);
}

static void run_vnet(struct vnet *vnet)
{
	static struct want_op ops[BATCH_MAX];
	struct fib *fib = vnet->fib;
	size_t i, n = want_take(vnet->want, ops, BATCH_MAX);
	struct nlmsghdr *nlh = NULL;

	for (i = 0; i < n; i++) {
		nlh = encode(vnet, &ops[i], batch_next(fib->batch), nlh);
		batch_add(fib->batch, nlh);
	}
	if (n > 0 && !batch_send(fib->batch, &fib->program)) {
		log_warn("%s: answers of the kernel were lost, comparing",
			 vnet->spec->name);
		audit_soon(fib->audit, 0);
	}
	fib->stats.requests += n;
	for (i = 0; i < n; i++) {
		const struct netlink_error *err = batch_result(fib->batch, i);

		fib->stats.refused += err->error != 0;
		want_done(vnet->want, &ops[i], err->error, err->text);
	}
	look_for_room(vnet);
	/* A peer's BGP routes cannot be used before its own have gone. */
	if (vnet->problem[0] && !want_has_routes(vnet->want))
		fib_vnet_due(vnet);
}

/*
 * No device can be had, and it is known why. Whoever waits for an answer, to go
 * on with another configuration perhaps, gets it.
 */
static bool is_stuck(const struct vnet *vnet)
{
	return !vnet->up && !vnet->due && vnet->problem[0];
}

static bool has_work(const struct vnet *vnet)
{
	return vnet->up ? want_runnable(vnet->want) :
			  is_stuck(vnet) && want_waiting(vnet->want);
}

/* The next VNet in turn that has something to do. */
static struct vnet *next_vnet(struct fib *fib, bool *idle)
{
	struct vnet *vnet, *tmp, *first = NULL, *next = NULL;
	bool behind = false;

	*idle = true;
	HASH_ITER(hh, fib->vnets, vnet, tmp) {
		*idle = *idle && want_idle(vnet->want);
		if (has_work(vnet)) {
			if (behind && !next)
				next = vnet;
			if (!first)
				first = vnet;
		}
		behind = behind || vnet->vni == fib->turn;
	}
	return next ? next : first;
}

void program_run(void *arg)
{
	struct fib *fib = arg;
	struct vnet *vnet;
	bool idle;

	vnet = next_vnet(fib, &idle);
	if (vnet) {
		fib->turn = vnet->vni;
		if (vnet->up)
			run_vnet(vnet);
		else
			want_put_off(vnet->want, BATCH_MAX, ENODEV,
				     vnet->problem);
		loop_defer(fib->program_job);
		return;
	}
	if (idle && fib->busy && fib->events.idle)
		fib->events.idle(fib->arg);
	if (idle)
		fib->busy = false;
}
