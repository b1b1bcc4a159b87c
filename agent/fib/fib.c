// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process that programs the kernel, seen from outside: fib.h. state.h says
 * which file does what.
 *
 *	fib_configure --> vnet.c, rows.c --\
 *	fib_routes_set -> want.c --> program.c --> kernel
 *	                    ^                        |
 *	                    |  what differs          v
 *	                  audit.c <-- dumps --- monitor.c (notifications)
 *
 * A VNet is looked after a short while after something about it has changed,
 * so that ten thousand NICs that come up together are one pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fib/state.h"
#include "fib/sysctl.h"
#include "lib/log.h"
#include "lib/util.h"

#define VNET_DELAY	20		/* ms from a change to the pass */
#define VNETS_AT_ONCE	8		/* passes in one turn of the loop */
#define ANSWERS_ROOM	(1 << 20)	/* bytes, if all of a batch fails */
#define CHECK_INTERVAL	60000		/* ms between comparisons of all */

struct vnet *fib_find_vnet(const struct fib *fib, uint32_t vni)
{
	struct vnet *vnet;

	HASH_FIND(hh, fib->vnets, &vni, sizeof(vni), vnet);
	return vnet;
}

/*
 * Who is told what
 */

static void tell_route(void *arg, const struct prefix *prefix,
		       enum fib_route_state state, int error, const char *text)
{
	struct vnet *vnet = arg;
	struct fib *fib = vnet->fib;

	if (fib->events.route)
		fib->events.route(fib->arg, vnet->vni, prefix, state, error,
				  text);
}

void fib_repaired(struct vnet *vnet, unsigned int differences)
{
	struct fib *fib = vnet->fib;

	fib->stats.repairs += differences;
	if (fib->events.repaired)
		fib->events.repaired(fib->arg, vnet->vni, differences);
}

void fib_work(struct fib *fib)
{
	fib->busy = true;
	loop_defer(fib->program_job);
}

/*
 * Passes over VNets
 */

void fib_vnet_due(struct vnet *vnet)
{
	vnet->due = true;
	if (!loop_timer_running(vnet->fib->vnet_timer))
		loop_timer_set(vnet->fib->vnet_timer, VNET_DELAY);
}

static void tell_vnet(struct vnet *vnet)
{
	int ifindex = vnet->ready ? vnet->ifindex : 0;
	struct fib *fib = vnet->fib;

	if (!vnet->tell && ifindex == vnet->told_ifindex &&
	    strcmp(vnet->problem, vnet->told_problem) == 0)
		return;
	if (vnet->told_problem[0] && !vnet->problem[0])
		log_notice("%s: all is as described now", vnet->spec->name);
	vnet->tell = false;
	vnet->told_ifindex = ifindex;
	memcpy(vnet->told_problem, vnet->problem, sizeof(vnet->problem));
	if (fib->events.vnet)
		fib->events.vnet(fib->arg, vnet->vni, vnet->ready,
				 vnet->problem[0] ? vnet->problem : NULL);
}

static void set_waiting(struct vnet *vnet, bool waiting)
{
	vnet->fib->n_waiting += waiting - vnet->waiting;
	vnet->waiting = waiting;
}

static void look_after(struct vnet *vnet)
{
	vnet->due = false;
	set_waiting(vnet, false);
	vnet_apply(vnet);
	/* A pass that is to be made again may have missed it. */
	if (vnet->due && !vnet->problem[0])
		memcpy(vnet->problem, vnet->told_problem,
		       sizeof(vnet->problem));
	if (vnet->settled && vnet->changes)
		log_info("%s: %u changes", vnet->spec->name, vnet->changes);
	vnet->settled = vnet->settled || vnet->ready;
	tell_vnet(vnet);
}

/* Some may have waited for what another VNet had, and its pass took away. */
static void try_again(struct fib *fib)
{
	struct vnet *vnet, *next;

	fib->configured = false;
	HASH_ITER(hh, fib->vnets, vnet, next) {
		if (vnet->problem[0])
			fib_vnet_due(vnet);
	}
}

static struct vnet *next_vnet(const struct fib *fib, const struct vnet *vnet)
{
	return vnet && vnet->hh.next ? vnet->hh.next : fib->vnets;
}

/* One serves all that come up in their first pass. */
static void audit_come_up(struct fib *fib)
{
	if (!fib->came_up || fib->n_waiting > 0)
		return;
	fib->came_up = false;
	audit_restart(fib->audit);
}

/*
 * Some of them, in turn: with a thousand VNets, others wait for this process,
 * too.
 */
static void run_due(void *arg)
{
	struct fib *fib = arg;
	struct vnet *vnet = fib_find_vnet(fib, fib->looked);
	unsigned int n = 0, left = HASH_COUNT(fib->vnets);

	for (; left > 0; left--) {
		vnet = next_vnet(fib, vnet);
		if (!vnet->due)
			continue;
		if (n++ == VNETS_AT_ONCE) {
			audit_come_up(fib);
			loop_timer_set(fib->vnet_timer, 0);
			return;
		}
		fib->looked = vnet->vni;
		look_after(vnet);
	}
	audit_come_up(fib);
	if (fib->configured)
		try_again(fib);
}

static void check_all(void *arg)
{
	struct vnet *vnet, *next;
	struct fib *fib = arg;

	HASH_ITER(hh, fib->vnets, vnet, next)
		fib_vnet_due(vnet);
	audit_soon(fib->audit, 0);
	loop_timer_set(fib->check_timer, CHECK_INTERVAL);
}

/*
 * Life
 */

static bool open_sockets(struct fib *fib)
{
	struct netlink_error err;
	int rc;

	rc = netlink_open(&fib->program, NETLINK_ROUTE);
	if (rc == 0 && netlink_set_room(&fib->program, ANSWERS_ROOM) < 0)
		rc = -errno;
	if (rc == 0)
		rc = netlink_open(&fib->talk, NETLINK_ROUTE);
	if (rc == 0)
		rc = netlink_open(&fib->dump, NETLINK_ROUTE);
	if (rc == 0)
		rc = genl_open(&fib->genl, &err);
	if (rc < 0) {
		errno = -rc;
		return false;
	}
	fib->monitor = monitor_new(fib);
	return fib->monitor;
}

static void close_sockets(struct fib *fib)
{
	if (fib->monitor)
		monitor_free(fib->monitor);
	genl_close(&fib->genl);
	netlink_close(&fib->dump);
	netlink_close(&fib->talk);
	netlink_close(&fib->program);
}

struct fib *fib_open(const struct fib_events *events, void *arg)
{
	struct fib *fib = xcalloc(1, sizeof(*fib));
	int error;

	fib->events = *events;
	fib->arg = arg;
	if (!open_sockets(fib)) {
		error = errno;
		log_err("netlink: %s", strerror(error));
		close_sockets(fib);
		free(fib);
		errno = error;
		return NULL;
	}
	sysctl_tune();
	fib->ids = nhid_new();
	fib->batch = batch_new();
	fib->program_job = loop_job_new(program_run, fib);
	fib->vnet_timer = loop_timer_new(run_due, fib);
	fib->check_timer = loop_timer_new(check_all, fib);
	fib->audit = audit_new(fib);
	loop_timer_set(fib->check_timer, CHECK_INTERVAL);
	return fib;
}

static void forget_vnet(struct vnet *vnet)
{
	index_set_device(vnet, 0);
	set_waiting(vnet, false);
	HASH_DELETE(hh, vnet->fib->vnets, vnet);
	want_free(vnet->want);
	spec_free(vnet->spec);
	dropped_fini(&vnet->dropped);
	free(vnet->left);
	free(vnet);
}

void fib_close(struct fib *fib)
{
	struct vnet *vnet, *next;

	HASH_ITER(hh, fib->vnets, vnet, next)
		forget_vnet(vnet);
	close_sockets(fib);
	audit_free(fib->audit);
	loop_timer_free(fib->check_timer);
	loop_timer_free(fib->vnet_timer);
	loop_job_free(fib->program_job);
	batch_free(fib->batch);
	nhid_free(fib->ids);
	links_free(&fib->links);
	index_free(fib);
	free(fib);
}

/*
 * Configuration
 */

static const struct fib_vnet *find_spec(const struct fib_vnet *vnets, size_t n,
					uint32_t vni)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (vnets[i].vni == vni)
			return &vnets[i];
	}
	return NULL;
}

static bool find_name(const struct fib_vnet *vnets, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(vnets[i].name, name) == 0)
			return true;
	}
	return false;
}

/*
 * What goes makes room for what comes, in another VNet perhaps: all of it
 * first.
 */
static void release(struct fib *fib, const struct fib_vnet *vnets, size_t n)
{
	const struct fib_vnet *spec;
	struct vnet *vnet, *next;

	HASH_ITER(hh, fib->vnets, vnet, next) {
		spec = find_spec(vnets, n, vnet->vni);
		vnet_find_device(vnet);
		if (!spec) {
			vnet_delete(vnet, "it is not in the configuration");
			forget_vnet(vnet);
		} else if (!spec_same_device(spec, vnet->spec)) {
			/* its routes are still wanted, in another place */
			vnet_delete(vnet, "its name or tables have changed");
		} else {
			vnet_release(vnet, spec);
			rows_leave(vnet, spec);
		}
	}
}

static struct vnet *add_vnet(struct fib *fib, uint32_t vni)
{
	struct vnet *vnet = xcalloc(1, sizeof(*vnet));

	vnet->fib = fib;
	vnet->vni = vni;
	vnet->want = want_new(fib->ids, tell_route, vnet);
	HASH_ADD(hh, fib->vnets, vni, sizeof(vnet->vni), vnet);
	return vnet;
}

/* Of a VNet that is peered with @user as it was; NULL: no such VNet was. */
static const struct fib_vnet *old_peer(const struct vnet *user,
				       const struct fib_vnet *peer)
{
	const struct vnet *vnet = fib_find_vnet(user->fib, peer->vni);

	return vnet && spec_names_peer(user->spec, vnet->spec->name) ?
	       vnet->spec : NULL;
}

/* Whether @hop is elsewhere for @user, in it or in a peer, than it was. */
static bool hop_moves(const struct vnet *user, const struct fib_vnet *vnets,
		      size_t n, const struct addr *hop)
{
	const struct fib_vnet *spec = find_spec(vnets, n, user->vni);
	size_t i;

	if (spec_moves(user->spec, spec, hop))
		return true;
	for (i = 0; i < n; i++) {
		if (spec_names_peer(spec, vnets[i].name) &&
		    spec_moves(old_peer(user, &vnets[i]), &vnets[i], hop))
			return true;
	}
	return false;
}

/*
 * A next hop may have been down where it was, and is elsewhere now: nothing
 * else would tell that it is back, unless it is a neighbor.
 */
static void move_hops(struct fib *fib, const struct fib_vnet *vnets, size_t n)
{
	struct vnet *vnet, *next;
	struct addr hop;
	size_t i;

	HASH_ITER(hh, fib->vnets, vnet, next) {
		/* one that is back leaves its place to the last */
		for (i = vnet->dropped.n; i > 0; i--) {
			hop = vnet->dropped.hops[i - 1];
			if (hop_moves(vnet, vnets, n, &hop))
				fib_hop_up(fib, vnet->vni, &hop);
		}
	}
}

static void describe(struct fib *fib, const struct fib_vnet *spec)
{
	struct vnet *vnet = fib_find_vnet(fib, spec->vni);

	if (!vnet)
		vnet = add_vnet(fib, spec->vni);
	if (vnet->spec)
		spec_free(vnet->spec);
	vnet->spec = spec_copy(spec);
	vnet->settled = false;
	vnet->loose = false;
	vnet->tell = true;
	vnet->due = true;
	set_waiting(vnet, true);
}

/*
 * Somebody's, or of a configuration that changed while nobody ran. Of one that
 * is in the way it is told when its place is needed.
 */
static void name_others(const struct fib *fib, const struct fib_vnet *vnets,
			size_t n)
{
	const struct link *link;

	for (link = fib->links.by_index; link; link = link->hh.next)
		if (link->is.is_vnet && !find_spec(vnets, n, link->is.vni) &&
		    !find_name(vnets, n, link->is.name))
			log_notice("vnet %s: left alone, as it is not in the "
				   "configuration", link->is.name);
}

void fib_configure(struct fib *fib, const struct fib_vnet *vnets, size_t n)
{
	size_t i;

	monitor_read_devices(fib->monitor);
	if (!fib->described)
		name_others(fib, vnets, n);
	fib->described = true;
	hosts_release_tunnel(fib, vnets, n);
	release(fib, vnets, n);
	move_hops(fib, vnets, n);
	for (i = 0; i < n; i++)
		describe(fib, &vnets[i]);
	index_update(fib);
	audit_restart(fib->audit);
	fib->configured = true;
	loop_timer_set(fib->vnet_timer, 0);
}

/*
 * Routes
 */

void fib_routes_set(struct fib *fib, uint32_t vni,
		    const struct prefix *prefixes, size_t n,
		    const struct fib_way *way)
{
	struct vnet *vnet = fib_find_vnet(fib, vni);
	size_t i;

	/* Speaker may not have heard yet that it is gone. */
	if (!vnet)
		return;
	for (i = 0; i < n; i++)
		want_set(vnet->want, &prefixes[i], way);
	fib_work(fib);
}

void fib_hop_down(struct fib *fib, uint32_t vni, const struct addr *hop)
{
	struct vnet *vnet = fib_find_vnet(fib, vni);

	if (!vnet)
		return;
	if (want_hop_down(vnet->want, hop))
		dropped_add(&vnet->dropped, hop);
	fib_work(fib);
}

void fib_hop_up(struct fib *fib, uint32_t vni, const struct addr *hop)
{
	static const struct addr all;
	struct vnet *vnet = fib_find_vnet(fib, vni);
	enum dropped_back back;

	if (!vnet)
		return;
	back = dropped_back(&vnet->dropped, hop);
	if (back != DROPPED_NOT && fib->events.hop_back)
		fib->events.hop_back(fib->arg, vni,
				     back == DROPPED_ALL ? &all : hop);
}

void fib_sweep(struct fib *fib, uint32_t vni)
{
	struct vnet *vnet = fib_find_vnet(fib, vni);

	if (!vnet)
		return;
	want_sweep(vnet->want);
	fib_work(fib);
}

bool fib_kept(const struct fib *fib, uint32_t vni, int family)
{
	const struct vnet *vnet = fib_find_vnet(fib, vni);

	return vnet && (family == AF_INET ? vnet->kept4 : vnet->kept6);
}

const char *fib_vnet_problem(const struct fib *fib, uint32_t vni)
{
	const struct vnet *vnet;

	HASH_FIND(hh, fib->vnets, &vni, sizeof(vni), vnet);
	return vnet && vnet->told_problem[0] ? vnet->told_problem : NULL;
}

bool fib_get_stats(const struct fib *fib, uint32_t vni, struct fib_stats *out)
{
	struct vnet *vnet, *next;
	bool found = vni == 0;

	*out = fib->stats;
	HASH_ITER(hh, fib->vnets, vnet, next) {
		if (vni && vnet->vni != vni)
			continue;
		want_add_stats(vnet->want, out);
		found = true;
	}
	return found;
}
