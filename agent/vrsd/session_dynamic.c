// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/session_dynamic.h"

/* A place for one neighbor of a range. */
struct slot {
	struct msg_conf_peer conf;
	uint64_t ttl_refused;		/* connections, for their TTL; or */
	uint64_t over_limit;		/* as no place was left */
	bool wanted;			/* by the configuration being read */
};

static struct peer_table slots;		/* of struct slot */
static struct loop_job *job;
static struct loop_timer *later;

static struct slot *next_slot(const struct slot *slot)
{
	return peer_table_next(&slots, slot ? slot->conf.id.peer : 0);
}

static void forget_slot(uint32_t number)
{
	free(peer_table_get(&slots, number));
	peer_table_set(&slots, number, NULL);
}

static void conf_slot(const struct msg_conf_peer *conf)
{
	struct slot *slot = peer_table_get(&slots, conf->id.peer);

	if (!slot)
		slot = xcalloc(1, sizeof(*slot));
	slot->conf = *conf;
	slot->wanted = true;
	peer_table_set(&slots, conf->id.peer, slot);
}

void session_dynamic_conf(const struct msg_conf_peer *conf)
{
	if (conf->range.addr.family)
		conf_slot(conf);
	else
		forget_slot(conf->id.peer);
}

void session_dynamic_conf_end(void)
{
	struct slot *slot, *next;

	for (slot = next_slot(NULL); slot; slot = next) {
		next = next_slot(slot);
		if (!slot->wanted)
			forget_slot(slot->conf.id.peer);
		else
			slot->wanted = false;
	}
}

/*
 * One that is stopped for a while stays, as does one that has dialled in too
 * often: it is not to begin anew before its time.
 */
static bool over(const struct session_peer *peer)
{
	return session_peer_dynamic(peer) &&
	       (peer->bgp.started || peer->conf.shutdown) &&
	       !peer->bgp.conn[BGP_INCOMING].attached &&
	       !peer->bgp.conn[BGP_OUTGOING].attached;
}

static void forget_dynamic(void *arg)
{
	struct session_peer *peer, *next;

	(void)arg;
	for (peer = session_next(NULL); peer; peer = next) {
		next = session_next(peer);
		if (!over(peer))
			continue;
		if (session_conn_calls(peer)) {
			loop_timer_set(later, 1000);
			continue;
		}
		log_info("%s: gone, forgotten", peer->name);
		session_remove(peer, BGP_CEASE_PEER_DECONFIGURED);
	}
}

void session_dynamic_look_after(void)
{
	loop_defer(job);
}

static struct session_peer *start_dynamic(const struct slot *slot,
					  const struct addr *remote)
{
	struct msg_conf_peer conf = slot->conf;
	struct session_peer *peer;

	conf.id.remote = *remote;
	peer = session_new(&conf);
	peer->wanted = slot->wanted;
	bgp_peer_start(&peer->bgp);
	return peer;
}

static void say_over_limit(struct slot *slot, const struct addr *remote)
{
	uint64_t n = ++slot->over_limit;
	char text[ADDR_STRLEN];

	if (log_sparsely(n))
		log_warn("vnet %s neighbor %s: %s refused, the limit is "
			 "reached (%llu so far)", slot->conf.id.vnet,
			 slot->conf.id.neighbor, addr_format(remote, text),
			 (unsigned long long)n);
}

static uint64_t calls_of(const struct slot *slot)
{
	return session_find(slot->conf.id.peer)->calls_ms;
}

/*
 * The place of one that is only remembered. The calls that it had count for
 * whoever comes next: many addresses have no more of them than one.
 */
static struct session_peer *take_place(const struct slot *slot,
				       const struct addr *remote)
{
	struct session_peer *gone = session_find(slot->conf.id.peer);
	uint64_t calls_ms = calls_of(slot), refused = gone->calls_refused;
	struct session_peer *peer;

	session_remove(gone, BGP_CEASE_PEER_DECONFIGURED);
	peer = start_dynamic(slot, remote);
	peer->calls_ms = calls_ms;
	peer->calls_refused = refused;
	return peer;
}

/*
 * A place for @remote, if it is in a range and there is one left, or one whose
 * neighbor is only remembered: that which has had the fewest calls of late.
 */
struct session_peer *session_dynamic_find(const struct msg_listener *where,
					  const struct addr *remote, int fd)
{
	struct slot *full = NULL, *gone = NULL, *slot = NULL;
	const struct session_peer *peer;

	while ((slot = next_slot(slot))) {
		if (slot->conf.id.vni != where->vni ||
		    !addr_equal(&slot->conf.id.local, &where->local) ||
		    !prefix_contains(&slot->conf.range, remote))
			continue;
		if (session_problem(slot->conf.id.peer)[0] ||
		    slot->conf.shutdown)
			return NULL;
		peer = session_find(slot->conf.id.peer);
		if (!peer)
			return min_ttl_admit(&slot->conf, remote, fd,
					     &slot->ttl_refused) ?
			       start_dynamic(slot, remote) : NULL;
		full = slot;
		if (over(peer) &&
		    (!gone || peer->calls_ms < calls_of(gone)))
			gone = slot;
	}
	if (gone && min_ttl_admit(&gone->conf, remote, fd,
				  &gone->ttl_refused))
		return take_place(gone, remote);
	if (full && !gone)
		say_over_limit(full, remote);
	return NULL;
}

/* The first place of a range that is refused: one row speaks for all. */
static bool speaks(const struct slot *slot)
{
	const struct slot *other = NULL;

	if (!session_problem(slot->conf.id.peer)[0])
		return false;
	while ((other = next_slot(other)) != slot) {
		if (other->conf.id.vni == slot->conf.id.vni &&
		    addr_equal(&other->conf.id.local, &slot->conf.id.local) &&
		    prefix_equal(&other->conf.range, &slot->conf.range))
			return false;
	}
	return true;
}

void session_dynamic_query(const struct msg_query *query)
{
	struct msg_row_peer msg = { .query = query->id };
	const struct slot *slot = NULL;

	while ((slot = next_slot(slot))) {
		const struct row_peer_id *id = &slot->conf.id;

		if (session_find(id->peer) || !speaks(slot) ||
		    !peer_asked_for(id, query))
			continue;
		msg.row.id = *id;
		msg.row.protection = slot->conf.protection;
		snprintf(msg.row.problem, sizeof(msg.row.problem), "%s",
			 session_problem(id->peer));
		chan_send(proc_chan(PROC_CONTROL), MSG_ROW_PEER, &msg,
			  sizeof(msg));
	}
}

void session_dynamic_init(void)
{
	job = loop_job_new(forget_dynamic, NULL);
	later = loop_timer_new(forget_dynamic, NULL);
}
