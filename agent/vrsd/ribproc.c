// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rib process: a table for each VNet, between session, which brings what
 * peers announce, and kernel, which programs what is best. Messages are dealt
 * with as they come; what follows from them is done in turns of the loop, as
 * much as session and kernel can take.
 */

#include <string.h>

#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/conftext.h"
#include "vrsd/proc.h"
#include "vrsd/ribproc.h"
#include "vrsd/vrsd.h"

#define TURN_US		500		/* of work for a VNet, in a loop turn */

static struct {
	bool no_kernel;
	uint32_t turn;			/* VNI of the one to work on next */
	struct loop_job *work_job;
} ribs;

void ribproc_work(void)
{
	loop_defer(ribs.work_job);
}

void ribproc_wake(struct ribproc_vnet *vnet)
{
	vnet->due = true;
	ribproc_work();
}

/*
 * What the tables ask for
 */

static void ops_send(void *arg, const struct rib_send *send)
{
	struct msg_send msg = { .n_peers = send->n_peers, .len = send->len };
	size_t numbers = send->n_peers * sizeof(*send->peers);
	uint8_t *dst = chan_reserve(proc_chan(PROC_SESSION), MSG_SEND,
				    sizeof(msg) + numbers + send->len);

	(void)arg;
	memcpy(dst, &msg, sizeof(msg));
	memcpy(dst + sizeof(msg), send->peers, numbers);
	memcpy(dst + sizeof(msg) + numbers, send->data, send->len);
}

static bool ops_route(void *arg, const struct rib_route *route)
{
	struct ribproc_vnet *vnet = arg;
	struct msg_route msg = {
		.vni = vnet->vni,
		.n_hops = MIN(route->n_nexthops, MSG_HOPS_MAX),
		.n_backups = route->backup != NULL,
		.gateway = route->gateway,
		.prefix = route->prefix,
	};
	size_t hops = msg.n_hops * sizeof(*route->nexthops);
	uint8_t *dst;

	if (chan_congested(proc_chan(PROC_KERNEL)))
		return false;
	dst = chan_reserve(proc_chan(PROC_KERNEL), MSG_ROUTE, sizeof(msg) +
			   hops + msg.n_backups * sizeof(*route->backup));
	memcpy(dst, &msg, sizeof(msg));
	memcpy(dst + sizeof(msg), route->nexthops, hops);
	if (route->backup)
		memcpy(dst + sizeof(msg) + hops, route->backup,
		       sizeof(*route->backup));
	return true;
}

static void ops_wake(void *arg)
{
	ribproc_wake(arg);
}

static const struct rib_ops rib_ops = {
	.send = ops_send,
	.route = ops_route,
	.wake = ops_wake,
};

static const struct rib_ops rib_ops_no_kernel = {
	.send = ops_send,
	.wake = ops_wake,
};

const struct rib_ops *ribproc_ops(void)
{
	return ribs.no_kernel ? &rib_ops_no_kernel : &rib_ops;
}

bool ribproc_has_kernel(void)
{
	return !ribs.no_kernel;
}

/*
 * What the kernel says
 */

static void route_done(const struct msg_route_done *msg, size_t len)
{
	struct ribproc_vnet *vnet = ribvnet_find(msg->vni);
	size_t text_len = len - sizeof(*msg);
	enum bgp_af af;
	char text[256];

	if (!vnet)
		return;
	text_len = MIN(text_len, sizeof(text) - 1);
	memcpy(text, msg + 1, text_len);
	text[text_len] = '\0';
	af = msg->prefix.addr.family == AF_INET6 ? BGP_IPV6_UNICAST :
						   BGP_IPV4_UNICAST;
	rib_route_done(vnet->rib, af, &msg->prefix, msg->error,
		       text_len ? text : NULL);
	if (!vnet->swept || vnet->draining)
		ribproc_wake(vnet);
}

static void hop_back(const struct msg_hop *msg)
{
	struct ribproc_vnet *vnet = ribvnet_find(msg->vni);

	if (vnet && !vnet->draining)
		rib_route_again(vnet->rib, &msg->hop);
}

/*
 * Work
 */

static bool work_on(struct ribproc_vnet *vnet)
{
	vnet->due = false;
	if (rib_run(vnet->rib, TURN_US))
		vnet->due = true;
	else if (vnet->draining)
		ribvnet_finish_draining(vnet);
	ribstart_turn(vnet);
	riblimit_turn(vnet);
	return vnet->due;
}

/*
 * All VNets that are due, in turn, as far as session can take what they send.
 * One that sends so much that it cannot is not the first once more, or the
 * others would never come to theirs.
 */
static void work(void *arg)
{
	struct ribproc_vnet *first = ribvnet_find(ribs.turn);
	struct ribproc_vnet *vnet;
	bool more = false;

	(void)arg;
	if (!first)
		first = ribvnet_next(NULL);
	vnet = first;
	/* Where it ends before, drained() goes on. */
	while (vnet && !chan_congested(proc_chan(PROC_SESSION))) {
		if (vnet->due)
			more |= work_on(vnet);
		vnet = ribvnet_next(vnet);
		if (!vnet)
			vnet = ribvnet_next(NULL);
		ribs.turn = vnet->vni;
		if (vnet == first)
			break;
	}
	ribvnet_tell_done();
	if (more)
		ribproc_work();
}

static void drained(enum proc_id to)
{
	struct ribproc_vnet *vnet = NULL;

	if (to == PROC_KERNEL)
		while ((vnet = ribvnet_next(vnet)))
			rib_route_ready(vnet->rib);
	ribproc_work();
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const uint32_t *number = body;
	struct ribproc_peer *peer;

	(void)fd;
	switch (type) {
	case MSG_CONF_TEXT:
		conftext_add(body, len);
		break;
	case MSG_CONF_END:
		ribvnet_apply(conftext_end());
		break;
	case MSG_PEER_UP:
		ribpeer_up(body);
		break;
	case MSG_PEER_DOWN:
		ribpeer_down(body);
		break;
	case MSG_UPDATE:
		ribpeer_update(body, len);
		break;
	case MSG_END_OF_RIB:
		ribpeer_end_of_rib(body);
		break;
	case MSG_REFRESH:
		ribpeer_refresh(body);
		break;
	case MSG_PEER_SLOW:
		peer = ribpeer_find(*number);
		if (peer)
			rib_peer_pause(peer->rib);
		break;
	case MSG_PEER_READY:
		peer = ribpeer_find(*number);
		if (peer)
			rib_peer_resume(peer->rib);
		break;
	case MSG_ROUTE_DONE:
		route_done(body, len);
		break;
	case MSG_HOP_BACK:
		hop_back(body);
		break;
	case MSG_QUERY:
		ribquery_begin(body);
		break;
	case MSG_QUERY_MORE:
		ribquery_more(*number);
		break;
	case MSG_QUERY_CANCEL:
		ribquery_cancel(*number);
		break;
	default:
		proc_violation(from, type);
	}
}

static const struct proc_ops ops = {
	.message = message,
	.drained = drained,
};

int rib_main(const struct options *opt)
{
	proc_init(PROC_RIB, &ops);
	ribs.no_kernel = opt->no_kernel;
	ribvnet_init(opt->restarted);
	ribs.work_job = loop_job_new(work, NULL);
	sandbox_enter(PROC_RIB, &opt->sandbox);
	return loop_run();
}
