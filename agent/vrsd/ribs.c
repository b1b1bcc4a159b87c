// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table for each VNet, between sessions, which bring what peers announce, and
 * kernel, which programs what is best. What is announced is dealt with as it
 * comes; what follows from it is done in turns of the loop, between which
 * sessions are read from and written to, and as much as kernel can take.
 */

#include <bsd/sys/queue.h>
#include <string.h>

#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/conftext.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"
#include "vrsd/session.h"

#define VNET_US		500		/* of work for a VNet, in a loop turn */
#define TURN_MS		2		/* and about that for all */

static struct {
	bool kernel;			/* there is one to program */
	TAILQ_HEAD(, ribs_vnet) due;	/* whoever has waited longest first */
	unsigned int n_due;
	struct loop_job *work_job;
} ribs;

void ribs_work(void)
{
	loop_defer(ribs.work_job);
}

void ribs_wake(struct ribs_vnet *vnet)
{
	if (!vnet->due) {
		TAILQ_INSERT_TAIL(&ribs.due, vnet, turn);
		ribs.n_due++;
	}
	vnet->due = true;
	ribs_work();
}

void ribs_forget(struct ribs_vnet *vnet)
{
	if (vnet->due) {
		TAILQ_REMOVE(&ribs.due, vnet, turn);
		ribs.n_due--;
	}
	vnet->due = false;
}

/*
 * What the tables ask for
 */

static void ops_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	session_send(send);
}

/* What prefixes in one message have in common, as it begins. */
struct way {
	struct msg_routes msg;
	struct addr hops[MSG_HOPS_MAX + 1];
};

static size_t way_of(const struct ribs_vnet *vnet,
		     const struct rib_route *route, struct way *way)
{
	size_t n = MIN(route->n_nexthops, MSG_HOPS_MAX);

	way->msg = (struct msg_routes){
		.vni = vnet->vni,
		.n_hops = n,
		.n_backups = route->backup != NULL,
		.gateway = route->gateway,
	};
	memcpy(way->hops, route->nexthops, n * sizeof(*way->hops));
	if (route->backup)
		way->hops[n++] = *route->backup;
	return sizeof(way->msg) + n * sizeof(*way->hops);
}

/* In one message with the last ones, if they lead to the same. */
static bool ops_route(void *arg, const struct rib_route *route)
{
	struct chan *ch = proc_chan(PROC_KERNEL);
	static struct way last;
	struct way way;
	size_t len;

	if (chan_congested(ch))
		return false;
	len = way_of(arg, route, &way);
	if (memcmp(&way, &last, len) == 0 &&
	    chan_extend(ch, MSG_ROUTES, &route->prefix, sizeof(route->prefix),
			len + MSG_PREFIXES_MAX * sizeof(route->prefix)))
		return true;
	chan_send2(ch, MSG_ROUTES, &way, len, &route->prefix,
		   sizeof(route->prefix));
	memcpy(&last, &way, len);
	return true;
}

static void ops_wake(void *arg)
{
	ribs_wake(arg);
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

const struct rib_ops *ribs_ops(void)
{
	return ribs.kernel ? &rib_ops : &rib_ops_no_kernel;
}

bool ribs_has_kernel(void)
{
	return ribs.kernel;
}

/*
 * What the kernel says
 */

static void answered(struct ribs_vnet *vnet, const struct prefix *prefix,
		     int error, const char *text)
{
	rib_route_done(vnet->rib, prefix->addr.family == AF_INET6 ?
		       BGP_IPV6_UNICAST : BGP_IPV4_UNICAST, prefix, error,
		       text);
	if (!vnet->swept || vnet->draining)
		ribs_wake(vnet);
}

static void routes_done(const uint32_t *vni, size_t len)
{
	struct ribs_vnet *vnet = ribvnet_find(*vni);
	const struct prefix *prefix = (const void *)(vni + 1);
	size_t n = (len - sizeof(*vni)) / sizeof(*prefix);

	for (; vnet && n > 0; n--)
		answered(vnet, prefix++, 0, NULL);
}

static void route_failed(const struct msg_route_failed *msg, size_t len)
{
	struct ribs_vnet *vnet = ribvnet_find(msg->vni);
	size_t text_len = len - sizeof(*msg);
	char text[256];

	if (!vnet)
		return;
	text_len = MIN(text_len, sizeof(text) - 1);
	memcpy(text, msg + 1, text_len);
	text[text_len] = '\0';
	answered(vnet, &msg->prefix, msg->error, text_len ? text : NULL);
}

static void hop_back(const struct msg_hop *msg)
{
	struct ribs_vnet *vnet = ribvnet_find(msg->vni);

	if (vnet && !vnet->draining)
		rib_route_again(vnet->rib, &msg->hop);
}

/*
 * Work
 */

static void work_on(struct ribs_vnet *vnet)
{
	ribs_forget(vnet);
	if (rib_run(vnet->rib, VNET_US))
		ribs_wake(vnet);
	else if (vnet->draining)
		ribvnet_finish_draining(vnet);
	ribstart_turn(vnet);
	riblimit_turn(vnet);
}

/* Each VNet that is due, once, as far as the turn goes. */
static void work(void *arg)
{
	uint64_t end = loop_now_ms() + TURN_MS;
	unsigned int n;

	(void)arg;
	for (n = ribs.n_due; n > 0; n--) {
		work_on(TAILQ_FIRST(&ribs.due));
		if (loop_now_ms() >= end)
			break;
	}
	ribvnet_tell_done();
	if (ribs.n_due > 0)
		ribs_work();
}

void ribs_kernel_ready(void)
{
	struct ribs_vnet *vnet = NULL;

	while ((vnet = ribvnet_next(vnet)))
		rib_route_ready(vnet->rib);
}

bool ribs_message(uint16_t type, const void *body, size_t len)
{
	switch (type) {
	case MSG_CONF_TEXT:
		conftext_add(body, len);
		return true;
	case MSG_CONF_END:
		ribvnet_apply(conftext_end());
		return true;
	case MSG_ROUTES_DONE:
		routes_done(body, len);
		return true;
	case MSG_ROUTE_FAILED:
		route_failed(body, len);
		return true;
	case MSG_HOP_BACK:
		hop_back(body);
		return true;
	default:
		return false;
	}
}

void ribs_init(bool kernel, bool restarted)
{
	ribs.kernel = kernel;
	TAILQ_INIT(&ribs.due);
	ribs.work_job = loop_job_new(work, NULL);
	ribvnet_init(restarted);
}
