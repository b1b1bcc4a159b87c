// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * After a start the kernel still holds the routes of the run before. They are
 * swept, for each VNet, when all of its neighbors have sent End-of-RIB on all
 * sessions, or after the stale time. Peers, too, may have kept what we had
 * told them; until the same moment, but not longer than the deferral time,
 * neither is told anything new, which might take away what is only not here
 * yet (RFC 4724 4.1).
 */

#include <stdint.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/proc.h"
#include "vrsd/ribs.h"

#define HURRY_MS	5000	/* see hurry() */

static void release(struct ribs_vnet *vnet, const char *why)
{
	if (!vnet->held)
		return;
	log_info("vnet %s: %s", vnet->conf->name, why);
	vnet->held = false;
	loop_timer_stop(vnet->deferral);
	rib_hold(vnet->rib, false);
}

static size_t sessions_of(const struct conf_server *server,
			  const struct conf_neighbor *neighbor)
{
	size_t n = 0, i;

	for (i = 0; i < conf_server_instances(server); i++)
		if (conf_server_instance(server, i,
					 neighbor->address.family).family)
			n++;
	return n;
}

/*
 * How many sessions the VNet has when all of its neighbors are there. Of a
 * range nobody knows that.
 */
static size_t sessions_expected(const struct conf_server *server)
{
	size_t n = 0, i;

	for (i = 0; i < server->n_neighbors; i++) {
		const struct conf_neighbor *neighbor = &server->neighbors[i];

		if (neighbor->shutdown)
			continue;
		if (neighbor->range.addr.family)
			return SIZE_MAX;
		n += sessions_of(server, neighbor);
	}
	return n;
}

/*
 * Whether all are up and have sent End-of-RIB. Unless @patient, those who do
 * not send it, or who have restarted as well and wait for ours, are not waited
 * for (RFC 4724 4.1).
 */
static bool all_complete(const struct ribs_vnet *vnet, bool patient)
{
	const struct ribs_peer *peer;
	size_t n = 0;

	for (peer = vnet->peers; peer; peer = peer->next)
		if (peer->up &&
		    (peer->complete == peer->families ||
		     (!patient && (!peer->end_of_rib || peer->restarting))))
			n++;
	return !vnet->conf->server ||
	       n >= sessions_expected(vnet->conf->server);
}

/* From now until then, or not at all. */
static void timer_until(struct loop_timer *timer, uint64_t ms)
{
	uint64_t now = loop_now_ms();

	loop_timer_set(timer, ms > now ? ms - now : 0);
}

static void defer_until(struct ribs_vnet *vnet, uint64_t ms)
{
	vnet->deferral_ms = ms;
	timer_until(vnet->deferral, ms);
}

static void deferral_ends(void *arg)
{
	release(arg, all_complete(arg, false) ? "all neighbors are back" :
		     "not all neighbors are back: going on without");
}

/* Wait no longer than for so long from now; false if that is so. */
static bool hurry(struct ribs_vnet *vnet)
{
	uint64_t ms = loop_now_ms() + HURRY_MS;

	if (vnet->deferral_ms <= ms)
		return false;
	vnet->hurry_ms = ms;
	defer_until(vnet, ms);
	return true;
}

/* Whether somebody is there of whom nobody can tell when all has come. */
static bool any_silent(const struct ribs_vnet *vnet)
{
	const struct ribs_peer *peer;

	for (peer = vnet->peers; peer; peer = peer->next)
		if (peer->up && !peer->end_of_rib &&
		    peer->complete != peer->families)
			return true;
	return false;
}

/* All that can be expected is here, or will be in a moment. */
static void release_if_due(struct ribs_vnet *vnet)
{
	if (!vnet->held || !all_complete(vnet, false))
		return;
	if (any_silent(vnet))
		hurry(vnet);
	else
		release(vnet, "all neighbors are back");
}

/*
 * Whether all that is wanted waits to be handed out, or has been. While
 * decisions are held back more is to come, unless nothing waits at all.
 */
static bool all_decided(const struct ribs_vnet *vnet)
{
	return !rib_revising(vnet->rib) &&
	       (!vnet->held || rib_route_settled(vnet->rib));
}

/*
 * What is wanted once all have come, or patience is over, is noted and goes to
 * the kernel first. What changes after that may do so all the time: it is not
 * waited for.
 */
static void sweep_if_due(struct ribs_vnet *vnet)
{
	if (vnet->swept)
		return;
	if (vnet->draining ||
	    (!vnet->patience_over && !all_complete(vnet, true))) {
		vnet->noted = false;
		return;
	}
	if (!vnet->noted && all_decided(vnet)) {
		rib_route_note(vnet->rib);
		vnet->noted = true;
	}
	if (!vnet->noted || !rib_route_noted_done(vnet->rib))
		return;
	vnet->swept = true;
	loop_timer_stop(vnet->patience);
	log_info("vnet %s: all routes are there, stale ones are removed",
		 vnet->conf->name);
	chan_send(proc_chan(PROC_KERNEL), MSG_SWEEP, &vnet->vni,
		  sizeof(vnet->vni));
}

static void patience_ends(void *arg)
{
	struct ribs_vnet *vnet = arg;

	vnet->patience_over = true;
	sweep_if_due(vnet);
}

void ribstart_init(struct ribs_vnet *vnet, bool kernel, bool restarted)
{
	const struct conf_server *server = vnet->conf->server;

	vnet->began_ms = loop_now_ms();
	vnet->swept = !kernel;
	vnet->patience = loop_timer_new(patience_ends, vnet);
	loop_timer_set(vnet->patience, server ? server->stale_time * 1000 : 0);
	vnet->deferral = loop_timer_new(deferral_ends, vnet);
	if (!restarted || !server)
		return;
	vnet->held = true;
	vnet->hurry_ms = UINT64_MAX;
	rib_hold(vnet->rib, true);
	defer_until(vnet, vnet->began_ms + server->deferral_time * 1000);
}

/* A table that is being emptied is not to wait for anybody. */
void ribstart_change(struct ribs_vnet *vnet)
{
	const struct conf_server *server = vnet->conf->server;
	uint64_t ms;

	vnet->noted = false;
	if (!server || vnet->draining) {
		release(vnet, "nobody is waited for any more");
	} else if (vnet->held) {
		ms = vnet->began_ms + server->deferral_time * 1000;
		defer_until(vnet, MIN(ms, vnet->hurry_ms));
	}
	if (!vnet->swept && !vnet->patience_over)
		timer_until(vnet->patience, vnet->began_ms +
			    (server ? server->stale_time * 1000 : 0));
}

void ribstart_fini(struct ribs_vnet *vnet)
{
	loop_timer_free(vnet->patience);
	loop_timer_free(vnet->deferral);
}

/*
 * Its routes are not to stay for long, nor are those who are still on their
 * way to be taken for gone because of one that has been.
 */
void ribstart_lost(struct ribs_vnet *vnet)
{
	if (vnet->held && hurry(vnet))
		log_info("vnet %s: a neighbor is lost: waiting for others for "
			 "%u s", vnet->conf->name, HURRY_MS / 1000);
}

void ribstart_turn(struct ribs_vnet *vnet)
{
	release_if_due(vnet);
	sweep_if_due(vnet);
}
