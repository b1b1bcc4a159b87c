// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers by their addresses: they are found, and neighbors of ranges that have a
 * peer of their own now, without a look at all for each. And what their tables
 * ask for waits until nobody is in the middle of something.
 */
#include <stdlib.h>

#include "bgp/notify.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "unit/compared.h"
#include "vrsd/proc.h"
#include "vrsd/ribpeer.h"
#include "vrsd/session.h"
#include "vrsd/session_dynamic.h"
#include "vrsd/session_listen.h"
#include "vrsd/session_peer.h"

#define N_NEIGHBORS	1000
#define VNI		7
#define INSTANCE	0x0a010004	/* 10.1.0.4 */
#define FIRST		0x0a010100	/* 10.1.1.0, the address of the first */
#define LOOKS_MAX	10		/* at a peer, in a reload */

static loop_cb *job;
static bool deferred;
static unsigned int n_asked[SESSION_ASKED_STOP + 1];

/* ---- the process, with as much of a peer as is looked at --------------- */

struct loop_job *loop_job_new(loop_cb *cb, void *arg)
{
	(void)arg;
	job = cb;
	return NULL;
}

void loop_defer(struct loop_job *it)
{
	(void)it;
	deferred = true;
}

static void do_job(void)
{
	if (deferred)
		job(NULL);
	deferred = false;
}

void session_peer_do(struct session_peer *peer, enum session_asked what)
{
	(void)peer;
	n_asked[what]++;
}

void ribpeer_end(void)
{
}

struct session_peer *session_peer_new(const struct msg_conf_peer *conf,
				      struct bgp_update *parser)
{
	struct session_peer *peer = xcalloc(1, sizeof(*peer));

	(void)parser;
	peer->conf = *conf;
	return peer;
}

void session_peer_free(struct session_peer *peer, enum bgp_cease why)
{
	(void)why;
	session_forget_asked(peer);
	free(peer);
}

void session_peer_update(struct session_peer *peer,
			 const struct msg_conf_peer *conf)
{
	(void)peer;
	(void)conf;
}

void session_peer_start(struct session_peer *peer)
{
	(void)peer;
}

void session_peer_tell_bfd(const struct session_peer *peer)
{
	(void)peer;
}

void session_peer_row(const struct session_peer *peer, struct row_peer *row)
{
	(void)peer;
	(void)row;
}

void session_peer_init(void)
{
}

void session_dynamic_conf(const struct msg_conf_peer *conf)
{
	(void)conf;
}

void session_dynamic_conf_end(void)
{
}

void session_dynamic_look_after(void)
{
}

void session_dynamic_query(const struct msg_query *query)
{
	(void)query;
}

void session_dynamic_init(void)
{
}

void session_listen_open(const struct msg_listener *conf, int fd)
{
	(void)conf;
	(void)fd;
}

bool session_listen_close(const struct msg_listener *conf)
{
	(void)conf;
	return false;
}

void session_listen_forwarding(const struct msg_forwarding *msg)
{
	(void)msg;
}

void session_conn_dialed(struct session_peer *peer, int fd, int error)
{
	(void)peer;
	(void)fd;
	(void)error;
}

void session_conn_send(struct session_peer *peer, struct out_buf *buf,
		       size_t offset, size_t len)
{
	(void)peer;
	(void)buf;
	(void)offset;
	(void)len;
}

struct bgp_update *bgp_update_new(void)
{
	return NULL;
}

void bgp_peer_unreachable(struct bgp_peer *peer, const char *why)
{
	(void)peer;
	(void)why;
}

void bgp_peer_fail(struct bgp_peer *peer, const struct bgp_error *err)
{
	(void)peer;
	(void)err;
}

void bgp_peer_leave(struct bgp_peer *peer)
{
	(void)peer;
}

void bgp_notify_cease(struct bgp_error *err, enum bgp_cease why,
		      const char *text)
{
	(void)err;
	(void)why;
	(void)text;
}

struct out_buf *out_gather(const void *data, size_t len, size_t *offset)
{
	(void)data;
	(void)len;
	(void)offset;
	return NULL;
}

struct chan *proc_chan(enum proc_id other)
{
	(void)other;
	return NULL;
}

void chan_send(struct chan *ch, uint16_t type, const void *body, size_t len)
{
	(void)ch;
	(void)type;
	(void)body;
	(void)len;
}

bool chan_congested(const struct chan *ch)
{
	(void)ch;
	return false;
}

void proc_violation(enum proc_id from, uint16_t type)
{
	(void)from;
	(void)type;
	abort();
}

void proc_query_end(uint32_t query, int error, const char *text)
{
	(void)query;
	(void)error;
	(void)text;
}

/* ---- configurations ---------------------------------------------------- */

/* Number 1 to N_NEIGHBORS are places of a range. */
static struct msg_conf_peer place(unsigned int i)
{
	struct addr range = addr_from_v4(FIRST & ~0xffffu);

	return (struct msg_conf_peer){
		.id = {
			.peer = i + 1,
			.vni = VNI,
			.local = addr_from_v4(INSTANCE),
		},
		.range = prefix_make(&range, 16),
	};
}

/* What has the neighbor @i, by its own address. */
static struct msg_conf_peer neighbor(unsigned int i)
{
	struct msg_conf_peer conf = place(i);

	conf.id.peer += N_NEIGHBORS;
	conf.id.remote = addr_from_v4(FIRST + i);
	conf.range = (struct prefix){ 0 };
	return conf;
}

static void tell(const struct msg_conf_peer *conf)
{
	ktap_must(session_message(MSG_CONF_PEER, conf, -1));
}

/* A range, and every @by-th neighbor in it also by itself; 0: none. */
static void reload(unsigned int by)
{
	struct msg_conf_peer conf;
	unsigned int i;

	n_compared = 0;
	for (i = 0; i < N_NEIGHBORS; i++) {
		conf = place(i);
		tell(&conf);
	}
	for (i = 0; by && i < N_NEIGHBORS; i += by) {
		conf = neighbor(i);
		tell(&conf);
	}
	ktap_must(session_message(MSG_CONF_PEERS_END, NULL, -1));
}

static void dial_in(unsigned int i)
{
	struct msg_conf_peer conf = place(i);

	conf.id.remote = addr_from_v4(FIRST + i);
	session_new(&conf);
}

/* ---- peers -------------------------------------------------------------- */

static struct session_peer *found(unsigned int i)
{
	struct addr local = addr_from_v4(INSTANCE);
	struct addr remote = addr_from_v4(FIRST + i);

	return session_find_by_address(VNI, &local, &remote);
}

/* Whether all that dialled in are there but every @by-th, which has its own. */
static bool right(unsigned int by)
{
	unsigned int i;

	for (i = 0; i < N_NEIGHBORS; i++) {
		bool own = by && i % by == 0;
		uint32_t number = own ? N_NEIGHBORS + i + 1 : i + 1;

		if (!found(i) || found(i) != session_find(number) ||
		    (own && session_find(i + 1)))
			return false;
	}
	return true;
}

static void test_few_looks(void)
{
	if (!ktap_ok(n_compared < LOOKS_MAX * N_NEIGHBORS,
		     "without a look at all for each"))
		printf("# %u times\n", n_compared);
}

static void test_range(void)
{
	unsigned int i;

	reload(0);
	for (i = 0; i < N_NEIGHBORS; i++)
		dial_in(i);
	ktap_ok(right(0), "who has dialled in is found by address");
	reload(0);
	ktap_ok(right(0), "and stays over a reload");
	test_few_looks();
	reload(3);
	ktap_ok(right(3), "unless it has a peer of its own now");
	test_few_looks();
	reload(0);
	ktap_ok(!found(0) && found(1), "which goes when it is not named");
}

/* Whether so many were told to announce everything again, and to stop. */
static bool asked(unsigned int again, unsigned int stop)
{
	return n_asked[SESSION_ASKED_REFRESH] == again &&
	       n_asked[SESSION_ASKED_STOP] == stop;
}

static void test_asked(void)
{
	struct session_peer *one = found(1), *other = found(2);

	session_over_limit(one->conf.id.peer, 60);
	session_ask_refresh(one->conf.id.peer);
	session_ask_refresh(other->conf.id.peer);
	ktap_ok(asked(0, 0), "what a table asks for is not done at once");
	do_job();
	ktap_ok(asked(1, 1) && one->restart == 60,
		"but in a moment, of each what matters most");
	session_ask_refresh(one->conf.id.peer);
	session_ask_refresh(one->conf.id.peer);
	do_job();
	do_job();
	ktap_ok(asked(2, 1), "and once");
	session_over_limit(one->conf.id.peer, 0);
	session_ask_refresh(other->conf.id.peer);
	session_forget_asked(one);
	do_job();
	ktap_ok(asked(3, 1), "not if it has been forgotten meanwhile");
	session_over_limit(N_NEIGHBORS + 1, 0);
	do_job();
	ktap_ok(asked(3, 1), "nor of one that is not there");
}

/* The one that goes and the one that comes are both there for a while. */
static void test_same_addresses(void)
{
	struct msg_conf_peer conf = neighbor(0);

	tell(&conf);
	conf.id.peer++;
	tell(&conf);
	ktap_ok(found(0) == session_find(conf.id.peer - 1),
		"of two with the same addresses the first is found");
	session_remove(found(0), BGP_CEASE_PEER_DECONFIGURED);
	ktap_ok(found(0) == session_find(conf.id.peer), "and then the other");
	session_shutdown();
	ktap_ok(!found(0), "and none when all are gone");
}

int main(void)
{
	ktap_start();
	hash_init();
	session_init();
	test_range();
	test_asked();
	test_same_addresses();
	return ktap_finish();
}
