// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The session process: BGP sessions, and nothing else. It opens no socket; the
 * parent hands it listening ones, and connecting ones as it asks for them.
 * What peers announce goes to rib in parsed form, and rib's messages go out
 * as they are. When rib falls behind, no peer is read from until it has
 * caught up; sessions are kept alive meanwhile.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgp/notify.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/session_peer.h"
#include "vrsd/vrsd.h"

#define ACCEPTS_MAX	64		/* in one loop turn ... */
#define STRANGERS_MAX	4		/* ... of which all peers are asked */
#define ACCEPT_REST_MS	1000		/* when there is nothing to accept by */

struct session_listener {
	struct session_listener *next;
	struct msg_listener conf;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *rest;	/* until it accepts again */
	bool lost;			/* MSG_FORWARDING: not at present */
};

/* A place for one neighbor of a range. */
struct slot {
	struct msg_conf_peer conf;
	uint64_t ttl_refused;		/* connections, for their TTL; or */
	uint64_t over_limit;		/* as no place was left */
	bool wanted;			/* by the configuration being read */
};

static struct {
	struct peer_table peers;	/* of struct session_peer */
	struct peer_table slots;	/* of struct slot: for who dials in */
	struct peer_table problems;	/* of char: why it is refused */
	struct session_listener *listeners;
	struct bgp_update *parser;
	struct loop_job *dynamic_job;
	struct loop_timer *dynamic_later;
	uint64_t rests;			/* of listeners */
} session;

static struct session_peer *find(uint32_t number)
{
	return peer_table_get(&session.peers, number);
}

struct session_peer *session_next(const struct session_peer *peer)
{
	return peer_table_next(&session.peers, peer ? peer->conf.id.peer : 0);
}

static struct slot *next_slot(const struct slot *slot)
{
	return peer_table_next(&session.slots, slot ? slot->conf.id.peer : 0);
}

/*
 * Configuration
 */

static bool as_allowed(const struct msg_conf_peer *conf, uint32_t as)
{
	size_t i;

	if (as == 0)
		return true;		/* has not said it yet */
	if (conf->id.remote_as)
		return conf->id.remote_as == as;
	for (i = 0; i < conf->n_asns; i++)
		if (conf->asns[i] == as)
			return true;
	return false;
}

/* Whether the peer with @live can go on under @conf. */
static bool same_session(const struct msg_conf_peer *live,
			 const struct msg_conf_peer *conf)
{
	return live->id.vni == conf->id.vni &&
	       addr_equal(&live->id.local, &conf->id.local) &&
	       prefix_equal(&live->range, &conf->range) &&
	       (conf->range.addr.family ||
		addr_equal(&live->id.remote, &conf->id.remote)) &&
	       live->id.local_as == conf->id.local_as &&
	       as_allowed(conf, live->id.remote_as);
}

static void remove_peer(struct session_peer *peer, enum bgp_cease why)
{
	peer_table_set(&session.peers, peer->conf.id.peer, NULL);
	session_peer_free(peer, why);
}

static void forget_slot(uint32_t number)
{
	free(peer_table_get(&session.slots, number));
	peer_table_set(&session.slots, number, NULL);
}

static void conf_slot(const struct msg_conf_peer *conf)
{
	struct slot *slot = peer_table_get(&session.slots, conf->id.peer);

	if (!slot)
		slot = xcalloc(1, sizeof(*slot));
	slot->conf = *conf;
	slot->wanted = true;
	peer_table_set(&session.slots, conf->id.peer, slot);
}

static void conf_peer(const struct msg_conf_peer *conf)
{
	uint32_t number = conf->id.peer;
	struct session_peer *peer;

	if (number == 0 || number > MSG_PEERS_MAX ||
	    conf->n_asns > CONF_ASNS_MAX)
		proc_violation(PROC_PARENT, MSG_CONF_PEER);
	peer = find(number);
	if (peer && !same_session(&peer->conf, conf)) {
		remove_peer(peer, BGP_CEASE_PEER_DECONFIGURED);
		peer = NULL;
	}
	if (conf->range.addr.family)
		conf_slot(conf);
	else
		forget_slot(number);
	if (peer)
		session_peer_update(peer, conf);
	else if (!conf->range.addr.family)
		peer = session_peer_new(conf, session.parser);
	peer_table_set(&session.peers, number, peer);
	if (peer)
		peer->wanted = true;
}

/* Whether a neighbor that dialled in has a peer of its own now. */
static bool dynamic_over(const struct session_peer *peer)
{
	struct session_peer *other = NULL;

	if (!session_peer_dynamic(peer))
		return false;
	while ((other = session_next(other)))
		if (other != peer && other->conf.id.vni == peer->conf.id.vni &&
		    addr_equal(&other->conf.id.local, &peer->conf.id.local) &&
		    addr_equal(&other->conf.id.remote, &peer->conf.id.remote))
			return true;
	return false;
}

static void sweep_slots(void)
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

static void conf_end(void)
{
	struct session_peer *peer, *next;

	sweep_slots();
	for (peer = session_next(NULL); peer; peer = next) {
		next = session_next(peer);
		if (!peer->wanted || dynamic_over(peer)) {
			remove_peer(peer, BGP_CEASE_PEER_DECONFIGURED);
			continue;
		}
		peer->wanted = false;
		session_peer_start(peer);
		/* BFD may be new for it. */
		session_peer_tell_bfd(peer);
	}
	session_look_after_dynamic();
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
}

/*
 * Neighbors that dial in
 */

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
			loop_timer_set(session.dynamic_later, 1000);
			continue;
		}
		log_info("%s: gone, forgotten", peer->name);
		remove_peer(peer, BGP_CEASE_PEER_DECONFIGURED);
	}
}

void session_look_after_dynamic(void)
{
	loop_defer(session.dynamic_job);
}

static struct session_peer *start_dynamic(const struct slot *slot,
					  const struct addr *remote)
{
	struct msg_conf_peer conf = slot->conf;
	struct session_peer *peer;

	conf.id.remote = *remote;
	peer = session_peer_new(&conf, session.parser);
	peer->wanted = slot->wanted;
	peer_table_set(&session.peers, conf.id.peer, peer);
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
	return find(slot->conf.id.peer)->calls_ms;
}

/*
 * The place of one that is only remembered. The calls that it had count for
 * whoever comes next: many addresses have no more of them than one.
 */
static struct session_peer *take_place(const struct slot *slot,
				       const struct addr *remote)
{
	struct session_peer *gone = find(slot->conf.id.peer);
	uint64_t calls_ms = calls_of(slot), refused = gone->calls_refused;
	struct session_peer *peer;

	remove_peer(gone, BGP_CEASE_PEER_DECONFIGURED);
	peer = start_dynamic(slot, remote);
	peer->calls_ms = calls_ms;
	peer->calls_refused = refused;
	return peer;
}

/*
 * A place for @remote, if it is in a range and there is one left, or one whose
 * neighbor is only remembered: that which has had the fewest calls of late.
 */
static struct session_peer *find_dynamic(const struct msg_listener *where,
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
		peer = find(slot->conf.id.peer);
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

/*
 * Keys that the kernel does not hold
 */

const char *session_problem(uint32_t number)
{
	const char *problem = peer_table_get(&session.problems, number);

	return problem ? problem : "";
}

static void peer_problem(const struct msg_peer_problem *msg)
{
	if (msg->peer == 0 || msg->peer > MSG_PEERS_MAX)
		proc_violation(PROC_PARENT, MSG_PEER_PROBLEM);
	free(peer_table_get(&session.problems, msg->peer));
	peer_table_set(&session.problems, msg->peer,
		       msg->problem[0] ? xstrdup(msg->problem) : NULL);
}

/*
 * Listeners
 */

static struct session_peer *find_by_address(const struct msg_listener *where,
					    const struct addr *remote)
{
	struct session_peer *peer = NULL;

	while ((peer = session_next(peer))) {
		const struct row_peer_id *id = &peer->conf.id;

		if (id->vni == where->vni &&
		    addr_equal(&id->local, &where->local) &&
		    addr_equal(&id->remote, remote))
			return peer;
	}
	return NULL;
}

static const struct session_listener *listener_of(const struct row_peer_id *id)
{
	const struct session_listener *listener = session.listeners;

	for (; listener; listener = listener->next)
		if (listener->conf.vni == id->vni &&
		    addr_equal(&listener->conf.local, &id->local))
			return listener;
	return NULL;
}

uint8_t session_kept(const struct row_peer_id *id)
{
	const struct session_listener *listener = listener_of(id);

	return listener ? listener->conf.kept : 0;
}

bool session_forwards(const struct row_peer_id *id)
{
	const struct session_listener *listener = listener_of(id);

	return listener && !listener->lost;
}

/* RFC 4724 4.1: what has been lost is not said to have been kept. */
static void forwarding(const struct msg_forwarding *msg)
{
	struct session_listener *listener = session.listeners;
	struct session_peer *peer = NULL;

	for (; listener; listener = listener->next) {
		if (listener->conf.vni != msg->vni)
			continue;
		listener->lost = !msg->on;
		if (listener->lost)
			listener->conf.kept = 0;
	}
	while (!msg->on && (peer = session_next(peer)))
		if (peer->conf.id.vni == msg->vni)
			peer->held = false;
}

/* Who has dialed in; NULL: nobody that may. */
static struct session_peer *find_caller(const struct msg_listener *where,
					const struct addr *remote, int fd)
{
	struct session_peer *peer = find_by_address(where, remote);

	if (!peer)
		return find_dynamic(where, remote, fd);
	return min_ttl_admit(&peer->conf, remote, fd, &peer->ttl_refused) ?
	       peer : NULL;
}

static void refuse(const struct session_listener *listener,
		   const struct addr *remote, int fd)
{
	char from[ADDR_STRLEN], to[ADDR_STRLEN];

	log_debug("vni %u: connection from %s to %s: refused",
		  listener->conf.vni, addr_format(remote, from),
		  addr_format(&listener->conf.local, to));
	close(fd);
}

static void rest_over(void *arg)
{
	struct session_listener *listener = arg;

	loop_fd_want(listener->watch, LOOP_READ);
}

/*
 * Whether the connection could not be taken for lack of descriptors or memory.
 * It stays, so the listener would be ready again at once: all the process's
 * time would go there.
 */
static bool nothing_left(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

static void listener_rest(struct session_listener *listener, int error)
{
	uint64_t n = ++session.rests;
	char text[ADDR_STRLEN];

	if (log_sparsely(n))
		log_err("vni %u: connections to %s cannot be accepted: %s "
			"(%llu so far)", listener->conf.vni,
			addr_format(&listener->conf.local, text),
			strerror(error), (unsigned long long)n);
	loop_fd_want(listener->watch, 0);
	loop_timer_set(listener->rest, ACCEPT_REST_MS);
}

static void accept_ready(int fd, unsigned int ready, void *arg)
{
	struct session_listener *listener = arg;
	struct sockaddr_storage ss;
	struct addr remote;
	unsigned int i, strangers = 0;
	struct session_peer *peer;
	int conn;

	(void)ready;
	for (i = 0; i < ACCEPTS_MAX && strangers < STRANGERS_MAX; i++) {
		socklen_t len = sizeof(ss);

		conn = accept4(fd, (struct sockaddr *)&ss, &len,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (conn < 0) {
			if (nothing_left(errno))
				listener_rest(listener, errno);
			break;
		}
		remote = addr_from_sockaddr(&ss);
		peer = session_conn_hung_up(conn) ? NULL :
		       find_caller(&listener->conf, &remote, conn);
		if (peer) {
			session_conn_accept(peer, conn);
		} else {
			refuse(listener, &remote, conn);
			strangers++;
		}
	}
}

/* Returns whether there was one. */
static bool listener_close(const struct msg_listener *conf)
{
	struct session_listener **p = &session.listeners, *listener;

	for (; (listener = *p); p = &listener->next) {
		if (listener->conf.vni != conf->vni ||
		    !addr_equal(&listener->conf.local, &conf->local))
			continue;
		*p = listener->next;
		loop_fd_free(listener->watch);
		loop_timer_free(listener->rest);
		close(listener->fd);
		free(listener);
		return true;
	}
	return false;
}

/* The device they were bound to is gone: nothing will come through them. */
static void drop_connections(const struct msg_listener *conf)
{
	struct session_peer *peer = NULL;

	while ((peer = session_next(peer))) {
		if (peer->conf.id.vni != conf->vni ||
		    !addr_equal(&peer->conf.id.local, &conf->local))
			continue;
		session_conn_drop(peer, "the VNet's device is new");
		peer->held = false;
	}
}

static void listener_open(const struct msg_listener *conf, int fd)
{
	struct session_listener *listener;

	if (listener_close(conf))
		drop_connections(conf);
	listener = xcalloc(1, sizeof(*listener));

	listener->conf = *conf;
	listener->fd = fd;
	listener->watch = loop_fd_new(fd, LOOP_READ, accept_ready, listener);
	listener->rest = loop_timer_new(rest_over, listener);
	listener->next = session.listeners;
	session.listeners = listener;
}

/*
 * Messages
 */

static void dialed(uint32_t number, int fd, int error)
{
	struct session_peer *peer = find(number);

	if (peer)
		session_conn_dialed(peer, fd, error);
	else if (fd >= 0)
		close(fd);
}

/* There is nobody to wait for until the hold timer ends. */
static void unreachable(const struct msg_hop *msg)
{
	struct session_peer *peer = NULL;

	while ((peer = session_next(peer))) {
		if (peer->conf.id.vni != msg->vni ||
		    !addr_equal(&peer->conf.id.remote, &msg->hop) ||
		    !peer->bgp.session)
			continue;
		bgp_peer_unreachable(&peer->bgp,
				     "its NIC has lost its carrier");
	}
}

/* RFC 5882: what BFD has lost is lost, whatever the hold timer says. */
static void bfd_down(const struct msg_bfd_peer *msg)
{
	struct session_peer *peer = find(msg->peer);
	struct bgp_error err;

	/* Another may have taken its place meanwhile. */
	if (!peer || !addr_equal(&peer->conf.id.remote, &msg->remote))
		return;
	bgp_notify_cease(&err, BGP_CEASE_BFD_DOWN, NULL);
	bgp_peer_fail(&peer->bgp, &err);
}

/* The peer, if the session that rib means is still there. */
static struct session_peer *meant(const struct msg_peer_ref *ref)
{
	struct session_peer *peer = find(ref->peer);

	return peer && peer->serial == ref->serial && peer->bgp.session ?
	       peer : NULL;
}

static void heard(const struct msg_peer_ref *ref)
{
	struct session_peer *peer = meant(ref);

	if (peer)
		peer->heard = true;
}

static void ask_refresh(const struct msg_peer_ref *ref)
{
	struct session_peer *peer = meant(ref);

	if (peer)
		session_peer_ask_refresh(peer);
}

static void over_limit(const struct msg_over_limit *msg)
{
	struct session_peer *peer = meant(&msg->ref);

	if (peer)
		session_peer_over_limit(peer, msg->restart);
}

static void send_messages(const struct msg_send *msg, size_t len)
{
	const uint32_t *numbers = (const void *)(msg + 1);
	struct out_buf *buf;
	struct session_peer *peer;
	size_t offset;
	uint32_t i;

	if (len != sizeof(*msg) + msg->n_peers * sizeof(*numbers) + msg->len)
		proc_violation(PROC_RIB, MSG_SEND);
	if (!bgp_msgs_sendable(numbers + msg->n_peers, msg->len))
		proc_violation(PROC_RIB, MSG_SEND);
	buf = out_gather(numbers + msg->n_peers, msg->len, &offset);
	for (i = 0; i < msg->n_peers; i++) {
		peer = find(numbers[i]);
		if (peer)
			session_conn_send(peer, buf, offset, msg->len);
	}
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

static void query_refused(const struct msg_query *query)
{
	struct msg_row_peer msg = { .query = query->id };
	const struct slot *slot = NULL;

	while ((slot = next_slot(slot))) {
		const struct row_peer_id *id = &slot->conf.id;

		if (find(id->peer) || !speaks(slot) ||
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

/* Sessions are few enough to be answered in one batch. */
static void query_peers(const struct msg_query *query)
{
	struct msg_row_peer msg = { .query = query->id };
	struct session_peer *peer = NULL;

	while ((peer = session_next(peer))) {
		if (!peer_asked_for(&peer->conf.id, query))
			continue;
		session_peer_row(peer, &msg.row);
		chan_send(proc_chan(PROC_CONTROL), MSG_ROW_PEER, &msg,
			  sizeof(msg));
	}
}

static void query(const struct msg_query *query)
{
	if (query->kind == QUERY_PEERS) {
		query_peers(query);
		query_refused(query);
	} else if (query->kind == QUERY_STATUS) {
		proc_send_status(query->id);
	}
	proc_query_end(query->id, 0, NULL);
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const struct msg_dial_failed *failed = body;

	switch (type) {
	case MSG_CONF_PEER:
		conf_peer(body);
		break;
	case MSG_CONF_END:
		conf_end();
		break;
	case MSG_LISTENER:
		listener_open(body, fd);
		break;
	case MSG_FORWARDING:
		forwarding(body);
		break;
	case MSG_LISTENER_CLOSE:
		listener_close(body);
		break;
	case MSG_DIALED:
		dialed(*(const uint32_t *)body, fd, 0);
		break;
	case MSG_DIAL_FAILED:
		dialed(failed->peer, -1, failed->error);
		break;
	case MSG_PEER_PROBLEM:
		peer_problem(body);
		break;
	case MSG_UNREACHABLE:
		unreachable(body);
		break;
	case MSG_BFD_DOWN:
		bfd_down(body);
		break;
	case MSG_PEER_HEARD:
		heard(body);
		break;
	case MSG_ASK_REFRESH:
		ask_refresh(body);
		break;
	case MSG_OVER_LIMIT:
		over_limit(body);
		break;
	case MSG_SEND:
		send_messages(body, len);
		break;
	case MSG_QUERY:
		query(body);
		break;
	case MSG_QUERY_MORE:
	case MSG_QUERY_CANCEL:
		break;			/* the answer was sent whole */
	default:
		proc_violation(from, type);
	}
}

static void drained(enum proc_id to)
{
	if (to == PROC_RIB)
		session_conn_pause_reading(false);
}

static void shutdown_sessions(void)
{
	struct session_peer *peer;

	while ((peer = session_next(NULL))) {
		bgp_peer_leave(&peer->bgp);
		remove_peer(peer, BGP_CEASE_ADMIN_SHUTDOWN);
	}
	loop_exit(0);
}

static const struct proc_ops ops = {
	.message = message,
	.drained = drained,
	.shutdown = shutdown_sessions,
};

int session_main(const struct options *opt)
{
	proc_init(PROC_SESSION, &ops);
	session_peer_init();
	session.parser = bgp_update_new();
	session.dynamic_job = loop_job_new(forget_dynamic, NULL);
	session.dynamic_later = loop_timer_new(forget_dynamic, NULL);
	sandbox_enter(PROC_SESSION, &opt->sandbox);
	return loop_run();
}
