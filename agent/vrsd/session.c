// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The BGP sessions of the speaker. What peers announce goes to the tables in
 * parsed form, and the tables' messages go out as they are.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgp/notify.h"
#include "lib/hash.h"
#include "lib/idhash.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/ribpeer.h"
#include "vrsd/session.h"
#include "vrsd/session_dynamic.h"
#include "vrsd/session_listen.h"
#include "vrsd/session_peer.h"

#define QUERIES_MAX	1024		/* at a time, more than clients have */

static struct {
	struct peer_table peers;	/* of struct session_peer */
	struct idhash index;		/* of their numbers, by addresses */
	struct peer_table problems;	/* of char: why it is refused */
	struct bgp_update *parser;
	TAILQ_HEAD(, session_peer) asked;	/* for something by tables */
	struct loop_job *asked_job;
	struct msg_query *queries;	/* not yet answered */
	size_t n_queries;
} session;

struct session_peer *session_find(uint32_t number)
{
	return peer_table_get(&session.peers, number);
}

struct session_peer *session_next(const struct session_peer *peer)
{
	return peer_table_next(&session.peers, peer ? peer->conf.id.peer : 0);
}

/*
 * Peers by their addresses. Two have the same only until a configuration is
 * read: one that goes, and one that is in its place.
 */

static uint32_t hash_addresses(uint32_t vni, const struct addr *local,
			       const struct addr *remote)
{
	struct {
		uint32_t vni;
		uint8_t local[16], remote[16];
	} key = { .vni = vni };

	memcpy(key.local, local->bytes, addr_bytes(local));
	memcpy(key.remote, remote->bytes, addr_bytes(remote));
	return hash_bytes(&key, sizeof(key));
}

static uint32_t hash_number(const void *ctx, uint32_t number)
{
	const struct row_peer_id *id = &session_find(number)->conf.id;

	(void)ctx;
	return hash_addresses(id->vni, &id->local, &id->remote);
}

/* The first with these addresses that is not @but. */
static struct session_peer *find_other(const struct session_peer *but,
				       uint32_t vni, const struct addr *local,
				       const struct addr *remote)
{
	struct idhash_probe probe = idhash_probe(&session.index,
				hash_addresses(vni, local, remote));
	struct session_peer *peer, *first = NULL;
	uint32_t number;

	while (idhash_next(&session.index, &probe, &number)) {
		peer = session_find(number);
		if (peer != but && peer->conf.id.vni == vni &&
		    addr_equal(&peer->conf.id.local, local) &&
		    addr_equal(&peer->conf.id.remote, remote) &&
		    (!first || number < first->conf.id.peer))
			first = peer;
	}
	return first;
}

struct session_peer *session_find_by_address(uint32_t vni,
					     const struct addr *local,
					     const struct addr *remote)
{
	return find_other(NULL, vni, local, remote);
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

struct session_peer *session_new(const struct msg_conf_peer *conf)
{
	struct session_peer *peer = session_peer_new(conf, session.parser);
	uint32_t number = conf->id.peer;

	peer_table_set(&session.peers, number, peer);
	idhash_insert(&session.index, hash_number(NULL, number), number);
	return peer;
}

void session_remove(struct session_peer *peer, enum bgp_cease why)
{
	uint32_t number = peer->conf.id.peer;

	idhash_remove(&session.index, hash_number(NULL, number), number);
	peer_table_set(&session.peers, number, NULL);
	session_peer_free(peer, why);
}

static void conf_peer(const struct msg_conf_peer *conf)
{
	uint32_t number = conf->id.peer;
	struct session_peer *peer;

	if (number == 0 || number > MSG_PEERS_MAX ||
	    conf->n_asns > CONF_ASNS_MAX)
		proc_violation(PROC_PARENT, MSG_CONF_PEER);
	peer = session_find(number);
	if (peer && !same_session(&peer->conf, conf)) {
		session_remove(peer, BGP_CEASE_PEER_DECONFIGURED);
		peer = NULL;
	}
	session_dynamic_conf(conf);
	if (peer)
		session_peer_update(peer, conf);
	else if (!conf->range.addr.family)
		peer = session_new(conf);
	if (peer)
		peer->wanted = true;
}

/* Whether a neighbor that dialled in has a peer of its own now. */
static bool dynamic_over(const struct session_peer *peer)
{
	const struct row_peer_id *id = &peer->conf.id;

	return session_peer_dynamic(peer) &&
	       find_other(peer, id->vni, &id->local, &id->remote);
}

static void conf_end(void)
{
	struct session_peer *peer, *next;

	session_dynamic_conf_end();
	for (peer = session_next(NULL); peer; peer = next) {
		next = session_next(peer);
		if (!peer->wanted || dynamic_over(peer)) {
			session_remove(peer, BGP_CEASE_PEER_DECONFIGURED);
			continue;
		}
		peer->wanted = false;
		session_peer_start(peer);
		/* BFD may be new for it. */
		session_peer_tell_bfd(peer);
	}
	session_dynamic_look_after();
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
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
 * Messages
 */

static void dialed(uint32_t number, int fd, int error)
{
	struct session_peer *peer = session_find(number);

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
	struct session_peer *peer = session_find(msg->peer);
	struct bgp_error err;

	/* Another may have taken its place meanwhile. */
	if (!peer || !addr_equal(&peer->conf.id.remote, &msg->remote))
		return;
	bgp_notify_cease(&err, BGP_CEASE_BFD_DOWN, NULL);
	bgp_peer_fail(&peer->bgp, &err);
}

/*
 * What tables ask for. They may do so while the state machine is dealing with
 * the peer, which is not to be gone back into then: so a job does it.
 */

static void do_asked(void *arg)
{
	struct session_peer *peer;
	enum session_asked what;

	(void)arg;
	while ((peer = TAILQ_FIRST(&session.asked))) {
		what = peer->asked;
		session_forget_asked(peer);
		session_peer_do(peer, what);
	}
}

static void ask(struct session_peer *peer, enum session_asked what)
{
	if (!peer->asked)
		TAILQ_INSERT_TAIL(&session.asked, peer, ask);
	peer->asked = MAX(peer->asked, what);
	loop_defer(session.asked_job);
}

void session_forget_asked(struct session_peer *peer)
{
	if (peer->asked)
		TAILQ_REMOVE(&session.asked, peer, ask);
	peer->asked = SESSION_ASKED_NOTHING;
}

void session_ask_refresh(uint32_t number)
{
	struct session_peer *peer = session_find(number);

	if (peer)
		ask(peer, SESSION_ASKED_REFRESH);
}

void session_over_limit(uint32_t number, uint32_t restart)
{
	struct session_peer *peer = session_find(number);

	if (!peer)
		return;
	peer->restart = restart;
	ask(peer, SESSION_ASKED_STOP);
}

void session_send(const struct rib_send *send)
{
	struct session_peer *peer;
	struct out_buf *buf;
	size_t offset;
	uint32_t i;

	buf = out_gather(send->data, send->len, &offset);
	for (i = 0; i < send->n_peers; i++) {
		peer = session_find(send->peers[i]);
		if (peer)
			session_conn_send(peer, buf, offset, send->len);
	}
}

/*
 * Queries. An answer is sent whole, 80 MB of 65,535 sessions, so it has to wait
 * until control has taken the one before.
 */

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

static void forget_query(size_t at)
{
	session.n_queries--;
	memmove(session.queries + at, session.queries + at + 1,
		(session.n_queries - at) * sizeof(*session.queries));
}

void session_query_go_on(void)
{
	struct msg_query next;

	while (session.n_queries > 0 &&
	       !chan_congested(proc_chan(PROC_CONTROL))) {
		next = session.queries[0];
		forget_query(0);
		query_peers(&next);
		session_dynamic_query(&next);
		proc_query_end(next.id, 0, NULL);
	}
}

void session_query(const struct msg_query *query)
{
	if (session.n_queries == QUERIES_MAX)
		proc_violation(PROC_CONTROL, MSG_QUERY);
	session.queries = xreallocarray(session.queries, session.n_queries + 1,
					sizeof(*session.queries));
	session.queries[session.n_queries++] = *query;
	session_query_go_on();
}

void session_query_cancel(uint32_t id)
{
	size_t i;

	for (i = 0; i < session.n_queries; i++) {
		if (session.queries[i].id == id) {
			forget_query(i);
			return;
		}
	}
}

bool session_message(uint16_t type, const void *body, int fd)
{
	const struct msg_dial_failed *failed = body;

	switch (type) {
	case MSG_CONF_PEER:
		conf_peer(body);
		return true;
	case MSG_CONF_PEERS_END:
		conf_end();
		return true;
	case MSG_LISTENER:
		session_listen_open(body, fd);
		return true;
	case MSG_FORWARDING:
		session_listen_forwarding(body);
		return true;
	case MSG_LISTENER_CLOSE:
		session_listen_close(body);
		return true;
	case MSG_DIALED:
		dialed(*(const uint32_t *)body, fd, 0);
		return true;
	case MSG_DIAL_FAILED:
		dialed(failed->peer, -1, failed->error);
		return true;
	case MSG_PEER_PROBLEM:
		peer_problem(body);
		return true;
	case MSG_UNREACHABLE:
		unreachable(body);
		return true;
	case MSG_BFD_DOWN:
		bfd_down(body);
		return true;
	default:
		return false;
	}
}

void session_shutdown(void)
{
	struct session_peer *peer;

	/* Nothing follows for anybody else any more. */
	ribpeer_end();
	while ((peer = session_next(NULL))) {
		bgp_peer_leave(&peer->bgp);
		session_remove(peer, BGP_CEASE_ADMIN_SHUTDOWN);
	}
}

void session_init(void)
{
	session_peer_init();
	session.parser = bgp_update_new();
	idhash_init(&session.index, hash_number, NULL);
	session_dynamic_init();
	TAILQ_INIT(&session.asked);
	session.asked_job = loop_job_new(do_asked, NULL);
}
