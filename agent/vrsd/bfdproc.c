// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bfd process: BFD sessions (RFC 5880, 5881, 5883) with BGP neighbors,
 * and nothing else, so that nothing keeps it from sending in time. The parent
 * hands it its sockets. When a neighbor is lost that BGP is up with, it tells
 * speaker, which ends the BGP session, and kernel, which moves routes off the
 * next hop, at once. A neighbor whose BGP has gone before (its daemon has
 * restarted, say, and it keeps forwarding) is BGP's own matter.
 *
 * There is a session for each peer that is to have one; of a range, for those
 * that have dialled in. A discriminator is random and found by
 * hash, and a packet is of a session only if it comes from the neighbor's
 * address, to ours, and by the port of the right kind.
 *
 * A neighbor that sends too much is muted for a while: the kernel is to drop
 * what comes from it, which takes time, and room in a socket that others need.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uthash.h>

#include "bfd/fsm.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/random.h"
#include "lib/util.h"
#include "vrsd/bfdio.h"
#include "vrsd/peer.h"
#include "vrsd/proc.h"
#include "vrsd/vrsd.h"

#define READS_MAX	512		/* about twice what a socket holds */
#define HEARD_MAX	500		/* packets of a neighbor in a second: */
					/* each 10 ms, and what has waited */
#define MUTED_MS	1000		/* whoever sends more */
#define FINALS_MAX	100		/* answers to polls in a second */
#define CHANGES_TOLD	16		/* of those in quick succession */
#define CHANGES_NEW_MS	60000		/* without one, they begin anew */
#define CHANGES_REST_MS	5000		/* without one, the outcome is told */
#define FAREWELL_MS	5000		/* AdminDown is said so long at least */

/* A timer of which the deadline moves with each packet. */
struct deadline {
	struct loop_timer *timer;
	uint64_t at;			/* ms, 0: not running */
	uint64_t fires;			/* when timer will, <= at */
};

/* Whom a packet is for that does not know our discriminator yet. */
struct peer_key {
	uint32_t vni;
	uint32_t multihop;
	struct addr local;
	struct addr remote;
};

struct bfd_peer {
	struct bfd bfd;
	struct msg_conf_bfd conf;	/* id.remote: none if nobody is there */
	char *name;			/* for log lines */
	bool wanted;			/* by the configuration being read */
	bool leaving;			/* says AdminDown, and is freed then */
	bool in_use;			/* BGP is up */
	bool lost;			/* and BFD has gone down since */
	struct loop_timer *tx;
	struct deadline detect;
	uint64_t since_ms;		/* in this state */
	unsigned int changes;		/* of state, in quick succession */
	bool told_up;			/* by the log */
	struct loop_timer *rest;	/* when it may have to tell */
	uint64_t discarded;		/* packets */
	uint64_t second;		/* that these are about: */
	unsigned int heard, finals;
	struct loop_timer *muted;	/* runs while it is */
	uint64_t mutings;
	struct bfdio_sock *sock;	/* NULL: comes */
	struct peer_key key;
	UT_hash_handle hh;		/* by bfd.disc */
	UT_hash_handle hh_key;
};

static struct {
	struct peer_table peers;
	struct bfd_peer *by_disc, *by_key;	/* those that run */
} bfds;

static struct bfd_peer *find(uint32_t number)
{
	return peer_table_get(&bfds.peers, number);
}

static struct bfd_peer *next_peer(const struct bfd_peer *peer)
{
	return peer_table_next(&bfds.peers, peer ? peer->conf.id.peer : 0);
}

static struct msg_bfd_socket socket_of(const struct bfd_peer *peer)
{
	return (struct msg_bfd_socket){
		.vni = peer->conf.id.vni,
		.local = peer->conf.id.local,
		.multihop = peer->conf.multihop,
	};
}

static void find_sock_of(struct bfd_peer *peer)
{
	struct msg_bfd_socket id = socket_of(peer);

	peer->sock = bfdio_find(&id);
}

static void io_give(const struct bfdio_sock *sock, struct bfdio_sock *now)
{
	struct bfd_peer *peer = NULL;
	struct msg_bfd_socket id;

	while ((peer = next_peer(peer))) {
		id = socket_of(peer);
		if (bfdio_is(sock, &id))
			peer->sock = now;
	}
}

static bool runs(const struct bfd_peer *peer)
{
	return peer->conf.id.remote.family != 0;
}

static struct bfd_peer *find_disc(uint32_t disc)
{
	struct bfd_peer *peer;

	HASH_FIND(hh, bfds.by_disc, &disc, sizeof(disc), peer);
	return peer;
}

static uint32_t draw_disc(void)
{
	uint32_t disc;

	do {
		disc = random_u32();
	} while (disc == 0 || find_disc(disc));
	return disc;
}

/*
 * What the state machine asks for
 */

static struct bfd_peer *peer_of(struct bfd *bfd)
{
	return container_of(bfd, struct bfd_peer, bfd);
}

/* What cannot be sent is lost, as on the way: BFD is made for that. */
static void ops_send(struct bfd *bfd, const uint8_t *data)
{
	struct bfd_peer *peer = peer_of(bfd);

	if (peer->sock &&
	    bfdio_send(peer->sock, &peer->conf.id.remote, data))
		log_debug("%s: %s", peer->name, strerror(errno));
}

static void ops_tx_timer(struct bfd *bfd, uint32_t us)
{
	struct bfd_peer *peer = peer_of(bfd);

	if (us)
		loop_timer_set(peer->tx, MAX(us / 1000, 1U));
	else
		loop_timer_stop(peer->tx);
}

static void ops_detect_timer(struct bfd *bfd, uint64_t us)
{
	struct deadline *detect = &peer_of(bfd)->detect;
	uint64_t ms = (us + 999) / 1000;
	bool running = detect->at != 0;

	if (!us) {
		detect->at = 0;
		loop_timer_stop(detect->timer);
		return;
	}
	detect->at = loop_now_ms() + ms;
	if (running && detect->fires <= detect->at)
		return;
	detect->fires = detect->at;
	loop_timer_set(detect->timer, ms);
}

/* Whether all that BGP has of the neighbor is lost. */
static bool all_lost(const struct bfd_peer *lost)
{
	struct bfd_peer *peer = NULL;

	while ((peer = next_peer(peer))) {
		if (peer->conf.id.vni != lost->conf.id.vni ||
		    !addr_equal(&peer->conf.id.remote,
				&lost->conf.id.remote))
			continue;
		if (peer->in_use && !peer->lost)
			return false;
	}
	return true;
}

/* The short way: whoever else hears of it later hears the same. */
static void tell_lost(struct bfd_peer *peer)
{
	struct msg_bfd_peer down = {
		.peer = peer->conf.id.peer,
		.remote = peer->conf.id.remote,
	};
	struct msg_hop hop = {
		.vni = peer->conf.id.vni,
		.hop = peer->conf.id.remote,
	};

	if (!peer->in_use)
		return;
	peer->lost = true;
	if (proc_has_chan(PROC_KERNEL) && all_lost(peer)) {
		chan_send(proc_chan(PROC_KERNEL), MSG_HOP_DOWN, &hop,
			  sizeof(hop));
		chan_flush(proc_chan(PROC_KERNEL));
	}
	chan_send(proc_chan(PROC_SPEAKER), MSG_BFD_DOWN, &down, sizeof(down));
	chan_flush(proc_chan(PROC_SPEAKER));
}

/*
 * A neighbor can have it change as often as it likes, in everybody's log. After
 * some times in quick succession, the 32nd, 64th, 128th... is told, and what
 * has come of it.
 */
static bool worth_telling(struct bfd_peer *peer)
{
	if (loop_now_ms() - peer->since_ms > CHANGES_NEW_MS)
		peer->changes = 0;
	peer->changes++;
	return peer->changes <= CHANGES_TOLD || log_sparsely(peer->changes);
}

static void tell_state(struct bfd_peer *peer)
{
	bool up = peer->bfd.state == BFD_UP;
	char often[40] = "";

	peer->told_up = up;
	if (peer->changes > CHANGES_TOLD)
		snprintf(often, sizeof(often), " (%u times on end)",
			 peer->changes);
	log_notice("%s: BFD is %s%s%s", peer->name, up ? "up" : "down: ",
		   up ? "" : bfd_diag_name(peer->bfd.diag), often);
}

static void changes_rest(void *arg)
{
	struct bfd_peer *peer = arg;

	if (peer->told_up != (peer->bfd.state == BFD_UP))
		tell_state(peer);
}

static void log_state(struct bfd_peer *peer)
{
	if (worth_telling(peer))
		tell_state(peer);
	else
		loop_timer_set(peer->rest, CHANGES_REST_MS);
}

static void ops_state(struct bfd *bfd, enum bfd_state old)
{
	struct bfd_peer *peer = peer_of(bfd);

	if (bfd->state == BFD_UP || old == BFD_UP)
		log_state(peer);
	peer->since_ms = loop_now_ms();
	if (bfd->state == BFD_UP)
		peer->lost = false;
	if (old != BFD_UP)
		return;
	/* RFC 5882 3.2: AdminDown, theirs or ours, is no failure. */
	if (bfd->state == BFD_DOWN && bfd->remote_state != BFD_ADMIN_DOWN)
		tell_lost(peer);
}

static const struct bfd_ops ops_bfd = {
	.send = ops_send,
	.tx_timer = ops_tx_timer,
	.detect_timer = ops_detect_timer,
	.state = ops_state,
	.random = random_below,
};

/*
 * Receiving
 */

/* Addresses may have bytes that mean nothing: all of the key is hashed. */
static struct peer_key make_key(const struct msg_bfd_socket *sock,
				const struct addr *remote)
{
	struct peer_key key;

	memset(&key, 0, sizeof(key));
	key.vni = sock->vni;
	key.multihop = sock->multihop;
	key.local.family = sock->local.family;
	memcpy(key.local.bytes, sock->local.bytes, addr_bytes(&sock->local));
	key.remote.family = remote->family;
	memcpy(key.remote.bytes, remote->bytes, addr_bytes(remote));
	return key;
}

static struct bfd_peer *find_neighbor(const struct peer_key *key)
{
	struct bfd_peer *peer;

	HASH_FIND(hh_key, bfds.by_key, key, sizeof(*key), peer);
	return peer;
}

/* 6.8.6: by our discriminator, or, before it is known, by address. */
static struct bfd_peer *find_receiver(const struct peer_key *key, uint32_t disc)
{
	struct bfd_peer *peer;

	if (!disc)
		return find_neighbor(key);
	peer = find_disc(disc);
	return peer && !memcmp(&peer->key, key, sizeof(*key)) ? peer : NULL;
}

static bool is_muted(const struct bfd_peer *peer)
{
	return loop_timer_running(peer->muted);
}

static bool is_heard(const struct bfd_peer *peer)
{
	return runs(peer) && !peer->leaving && !is_muted(peer);
}

static void io_neighbors(void)
{
	struct bfd_peer *peer = NULL;

	while ((peer = next_peer(peer)))
		if (is_heard(peer) && peer->sock && peer->sock->stale)
			bfd_filter_add(&peer->sock->filter,
				       &peer->conf.id.remote,
				       peer->conf.min_ttl);
}

static void unmute(void *arg)
{
	struct bfd_peer *peer = arg;

	peer->heard = 0;
	bfdio_change(peer->sock);
}

static void mute(struct bfd_peer *peer)
{
	if (log_sparsely(++peer->mutings))
		log_warn("%s: more than %u BFD packets in a second, it is not "
			 "heard for %u ms (%" PRIu64 " times so far)",
			 peer->name, HEARD_MAX, MUTED_MS, peer->mutings);
	loop_timer_set(peer->muted, MUTED_MS);
	bfdio_change(peer->sock);
}

static bool too_many(struct bfd_peer *peer)
{
	uint64_t second = loop_now_ms() / 1000;

	if (second != peer->second) {
		peer->second = second;
		peer->heard = 0;
		peer->finals = 0;
	}
	return ++peer->heard > HEARD_MAX;
}

static bool admit(struct bfd_peer *peer, int ttl)
{
	bool muted = is_muted(peer);

	if (!muted && too_many(peer)) {
		mute(peer);
		muted = true;
	}
	if (!muted && ttl >= peer->conf.min_ttl)
		return true;
	peer->discarded++;
	return false;
}

/* Each poll is answered at once, so somebody could have us send a lot. */
static bool too_many_polls(struct bfd_peer *peer)
{
	return ++peer->finals > FINALS_MAX;
}

static void take(struct bfd_peer *peer, const struct bfd_packet *packet)
{
	if (packet->poll && too_many_polls(peer))
		peer->discarded++;
	else
		bfd_receive(&peer->bfd, packet);
}

static bool io_input(struct bfdio_sock *sock, const struct addr *remote,
		     int ttl, const uint8_t *data, size_t len)
{
	struct peer_key key = make_key(&sock->id, remote);
	struct bfd_peer *peer = find_neighbor(&key);
	struct bfd_packet packet;

	if (!peer || !admit(peer, ttl))
		return false;
	if (bfd_packet_parse(data, len, &packet))
		return true;
	peer = find_receiver(&key, packet.your_disc);
	if (peer)
		take(peer, &packet);
	return true;
}

static const struct bfdio_ops io_ops = {
	.input = io_input,
	.neighbors = io_neighbors,
	.give = io_give,
};

/*
 * Timers
 */

static void tx_fired(void *arg)
{
	struct bfd_peer *peer = arg;

	bfd_tx_due(&peer->bfd);
}

static void peer_free(struct bfd_peer *peer);

static bool overdue(const struct bfd_peer *peer)
{
	return peer->detect.at && loop_now_ms() >= peer->detect.at;
}

/* Nothing is lost that is only unread, after we were kept from running. */
static void read_until_heard(const struct bfd_peer *peer)
{
	unsigned int i;

	for (i = 0; i < READS_MAX && overdue(peer); i++)
		if (!peer->sock || !bfdio_read(peer->sock))
			break;
}

static void detect_fired(void *arg)
{
	struct bfd_peer *peer = arg;
	struct deadline *detect = &peer->detect;
	uint64_t now;

	if (peer->leaving) {
		peer_free(peer);
		return;
	}
	read_until_heard(peer);
	now = loop_now_ms();
	if (!detect->at)
		return;
	if (now < detect->at) {
		detect->fires = detect->at;
		loop_timer_set(detect->timer, detect->at - now);
		return;
	}
	detect->at = 0;
	bfd_detect_due(&peer->bfd);
}

/*
 * Peers
 */

static struct bfd_conf conf_of(const struct msg_conf_bfd *conf)
{
	return (struct bfd_conf){
		.min_tx = conf->interval * 1000,
		.min_rx = conf->interval * 1000,
		.mult = conf->mult,
	};
}

static void name_peer(struct bfd_peer *peer)
{
	free(peer->name);
	peer->name = peer_name(&peer->conf.id);
}

/* Who still says goodbye to the neighbor of @peer is not to talk against it. */
static void end_farewell(const struct bfd_peer *peer)
{
	struct bfd_peer *other = NULL;

	while ((other = next_peer(other))) {
		if (!other->leaving ||
		    memcmp(&other->key, &peer->key, sizeof(peer->key)))
			continue;
		peer_free(other);
		return;
	}
}

static void begin(struct bfd_peer *peer)
{
	struct bfd_conf conf = conf_of(&peer->conf);
	struct msg_bfd_socket where = socket_of(peer);

	name_peer(peer);
	find_sock_of(peer);
	peer->key = make_key(&where, &peer->conf.id.remote);
	end_farewell(peer);
	peer->since_ms = loop_now_ms();
	bfdio_change(peer->sock);
	bfd_init(&peer->bfd, &conf, draw_disc(), &ops_bfd);
	HASH_ADD(hh, bfds.by_disc, bfd.disc, sizeof(peer->bfd.disc), peer);
	HASH_ADD(hh_key, bfds.by_key, key, sizeof(peer->key), peer);
	bfd_start(&peer->bfd);
}

/* At once, without a word. */
static void end(struct bfd_peer *peer)
{
	peer->in_use = false;
	if (!runs(peer))
		return;
	HASH_DELETE(hh, bfds.by_disc, peer);
	HASH_DELETE(hh_key, bfds.by_key, peer);
	loop_timer_stop(peer->tx);
	loop_timer_stop(peer->detect.timer);
	loop_timer_stop(peer->muted);
	bfdio_change(peer->sock);
	peer->detect.at = 0;
	memset(&peer->conf.id.remote, 0, sizeof(peer->conf.id.remote));
}

static void peer_free(struct bfd_peer *peer)
{
	end(peer);
	peer_table_set(&bfds.peers, peer->conf.id.peer, NULL);
	loop_timer_free(peer->tx);
	loop_timer_free(peer->detect.timer);
	loop_timer_free(peer->rest);
	loop_timer_free(peer->muted);
	free(peer->name);
	free(peer);
}

static struct bfd_peer *peer_new(const struct msg_conf_bfd *conf)
{
	struct bfd_peer *peer = xcalloc(1, sizeof(*peer));

	peer->conf = *conf;
	peer->tx = loop_timer_new(tx_fired, peer);
	peer->detect.timer = loop_timer_new(detect_fired, peer);
	peer->rest = loop_timer_new(changes_rest, peer);
	peer->muted = loop_timer_new(unmute, peer);
	peer_table_set(&bfds.peers, conf->id.peer, peer);
	if (runs(peer))
		begin(peer);
	return peer;
}

/* Whether there is a new session with the same neighbor. */
static bool has_successor(const struct bfd_peer *peer)
{
	struct bfd_peer *other = NULL;

	while ((other = next_peer(other)))
		if (other != peer && runs(other) && !other->leaving &&
		    !memcmp(&other->key, &peer->key, sizeof(peer->key)))
			return true;
	return false;
}

/*
 * Say goodbye for a while: without a word the neighbor would see a failure.
 * But not against what a successor says to the same neighbor.
 */
static void leave(struct bfd_peer *peer)
{
	if (!runs(peer) || has_successor(peer)) {
		peer_free(peer);
		return;
	}
	if (peer->leaving)
		return;
	peer->leaving = true;
	bfdio_change(peer->sock);
	bfd_admin_down(&peer->bfd);
	loop_timer_set(peer->detect.timer, FAREWELL_MS);
}

/*
 * At once, as another takes its place: without a word the neighbor would see a
 * failure (6.8.16), so not with one packet that may be lost.
 */
static void say_farewell(struct bfd_peer *peer)
{
	bfd_admin_down(&peer->bfd);
	bfd_tx_due(&peer->bfd);
	bfd_tx_due(&peer->bfd);
}

static bool same_session(const struct msg_conf_bfd *a,
			 const struct msg_conf_bfd *b)
{
	return a->id.vni == b->id.vni && a->multihop == b->multihop &&
	       addr_equal(&a->id.local, &b->id.local) &&
	       prefix_equal(&a->range, &b->range) &&
	       (a->range.addr.family ||
		addr_equal(&a->id.remote, &b->id.remote));
}

static void change(struct bfd_peer *peer, const struct msg_conf_bfd *conf)
{
	bool other_ttl = peer->conf.min_ttl != conf->min_ttl;
	struct addr remote = peer->conf.id.remote;
	struct bfd_conf params = conf_of(conf);

	peer->conf = *conf;
	peer->conf.id.remote = remote;
	if (!runs(peer))
		return;
	if (other_ttl)
		bfdio_change(peer->sock);
	name_peer(peer);
	bfd_change(&peer->bfd, &params);
}

static void conf_peer(const struct msg_conf_bfd *conf)
{
	struct bfd_peer *peer = find(conf->id.peer);

	if (conf->id.peer == 0 || conf->id.peer > MSG_PEERS_MAX ||
	    conf->interval == 0 || conf->mult == 0 ||
	    (conf->range.addr.family == 0) ==
	    (conf->id.remote.family == 0))
		proc_violation(PROC_PARENT, MSG_CONF_BFD);
	if (peer && (peer->leaving || !same_session(&peer->conf, conf))) {
		if (runs(peer))
			say_farewell(peer);
		peer_free(peer);
		peer = NULL;
	}
	if (peer)
		change(peer, conf);
	else
		peer = peer_new(conf);
	peer->wanted = true;
}

static void conf_end(void)
{
	struct bfd_peer *peer, *next;

	for (peer = next_peer(NULL); peer; peer = next) {
		next = next_peer(peer);
		if (!peer->wanted)
			leave(peer);
		else
			peer->wanted = false;
	}
	chan_send(proc_chan(PROC_PARENT), MSG_CONF_DONE, NULL, 0);
}

/*
 * BGP is up. Without BFD there is no such peer here; one that dialled in is
 * new.
 */
static void bgp_begin(const struct msg_bfd_peer *msg)
{
	struct bfd_peer *peer = find(msg->peer);

	if (!peer || peer->leaving)
		return;
	if (peer->conf.range.addr.family &&
	    !addr_equal(&peer->conf.id.remote, &msg->remote) &&
	    prefix_contains(&peer->conf.range, &msg->remote)) {
		end(peer);
		peer->conf.id.remote = msg->remote;
		begin(peer);
	}
	if (addr_equal(&peer->conf.id.remote, &msg->remote) && !peer->in_use) {
		peer->in_use = true;
		peer->lost = false;
	}
}

static void bgp_end(const struct msg_bfd_peer *msg)
{
	struct bfd_peer *peer = find(msg->peer);

	if (!peer || !addr_equal(&peer->conf.id.remote, &msg->remote))
		return;
	peer->in_use = false;
	if (!peer->conf.range.addr.family || peer->leaving)
		return;
	bfd_admin_down(&peer->bfd);
	end(peer);
}

/*
 * Messages
 */

static void fill_row(const struct bfd_peer *peer, struct row_bfd *row)
{
	const struct bfd *bfd = &peer->bfd;

	*row = (struct row_bfd){
		.id = peer->conf.id,
		.state = bfd->state,
		.remote_state = bfd->remote_state,
		.diag = bfd->diag,
		.remote_diag = bfd->remote_diag,
		.multihop = peer->conf.multihop,
		.mult = bfd->conf.mult,
		.remote_mult = bfd->remote_mult,
		.polling = bfd->polling,
		.disc = bfd->disc,
		.remote_disc = bfd->remote_disc,
		.tx_us = bfd->tx_interval,
		.rx_us = MAX(bfd->used_rx, bfd->remote_min_tx),
		.detect_us = bfd->detect_time,
		.since_ms = loop_now_ms() - peer->since_ms,
		.rx = bfd->rx,
		.tx = bfd->tx,
		.discarded = peer->discarded,
		.ups = bfd->ups,
	};
}

static void query_sessions(const struct msg_query *query)
{
	struct msg_row_bfd msg = { .query = query->id };
	struct bfd_peer *peer = NULL;

	while ((peer = next_peer(peer))) {
		if (!runs(peer) || peer->leaving ||
		    !peer_asked_for(&peer->conf.id, query))
			continue;
		fill_row(peer, &msg.row);
		chan_send(proc_chan(PROC_CONTROL), MSG_ROW_BFD, &msg,
			  sizeof(msg));
	}
}

static void query(const struct msg_query *query)
{
	if (query->kind == QUERY_BFD)
		query_sessions(query);
	else if (query->kind == QUERY_STATUS)
		proc_send_status(query->id);
	proc_query_end(query->id, 0, NULL);
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	(void)len;
	switch (type) {
	case MSG_CONF_BFD:
		conf_peer(body);
		break;
	case MSG_CONF_END:
		conf_end();
		break;
	case MSG_BFD_RECEIVER:
		bfdio_receiver(body, fd);
		break;
	case MSG_BFD_SENDER:
		bfdio_sender(body, fd);
		break;
	case MSG_BFD_CLOSE:
		bfdio_close(body);
		break;
	case MSG_BFD_BEGIN:
		bgp_begin(body);
		break;
	case MSG_BFD_END:
		bgp_end(body);
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

/* Neighbors are not to take our end for a failure of the network. */
static void shutdown_sessions(void)
{
	struct bfd_peer *peer = NULL;

	while ((peer = next_peer(peer)))
		if (runs(peer))
			bfd_admin_down(&peer->bfd);
	loop_exit(0);
}

static const struct proc_ops ops = {
	.message = message,
	.shutdown = shutdown_sessions,
};

/*
 * Neither paging nor other processes are to delay us. What the system does
 * not permit we do without.
 */
static void become_prompt(void)
{
	static const struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };
	static const struct sched_param param = { .sched_priority = 1 };

	int future = 0;

	/* Memory to come is bound by a limit once we are nobody. */
	if (!setrlimit(RLIMIT_MEMLOCK, &no_limit))
		future = MCL_FUTURE | MCL_ONFAULT;
	if (mlockall(MCL_CURRENT | future))
		log_warn("memory is not locked: %s", strerror(errno));
	if (sched_setscheduler(0, SCHED_RR, &param))
		log_warn("no real-time scheduling: %s", strerror(errno));
}

int bfd_main(const struct options *opt)
{
	proc_init(PROC_BFD, &ops);
	bfdio_init(&io_ops);
	become_prompt();
	sandbox_enter(PROC_BFD, &opt->sandbox);
	return loop_run();
}
