// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers of the session process: by their addresses they are found, and
 * neighbors of ranges that have a peer of their own now, without a look at all
 * for each.
 */
#include <stdlib.h>

#include "bgp/notify.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "unit/compared.h"
#include "vrsd/proc.h"
#include "vrsd/session_dynamic.h"
#include "vrsd/session_listen.h"
#include "vrsd/vrsd.h"

#define N_NEIGHBORS	1000
#define VNI		7
#define INSTANCE	0x0a010004	/* 10.1.0.4 */
#define FIRST		0x0a010100	/* 10.1.1.0, the address of the first */
#define LOOKS_MAX	10		/* at a peer, in a reload */

static const struct proc_ops *session;

/* ---- the process, with as much of a peer as is looked at --------------- */

void proc_init(enum proc_id self, const struct proc_ops *ops)
{
	(void)self;
	hash_init();
	session = ops;
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

void session_peer_over_limit(struct session_peer *peer, uint32_t restart)
{
	(void)peer;
	(void)restart;
}

void session_peer_ask_refresh(struct session_peer *peer)
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

void session_conn_pause_reading(bool pause)
{
	(void)pause;
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

bool bgp_msgs_sendable(const void *msgs, size_t len)
{
	(void)msgs;
	(void)len;
	return false;
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

void proc_send_status(uint32_t query)
{
	(void)query;
}

void proc_query_end(uint32_t query, int error, const char *text)
{
	(void)query;
	(void)error;
	(void)text;
}

void sandbox_enter(enum proc_id proc, const struct sandbox *sandbox)
{
	(void)proc;
	(void)sandbox;
}

int loop_run(void)
{
	return 0;
}

void loop_exit(int status)
{
	(void)status;
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
	session->message(PROC_PARENT, MSG_CONF_PEER, conf, sizeof(*conf), -1);
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
	session->message(PROC_PARENT, MSG_CONF_END, NULL, 0, -1);
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
	session->shutdown();
	ktap_ok(!found(0), "and none when all are gone");
}

int main(void)
{
	static const struct options opt;

	ktap_start();
	session_main(&opt);
	test_range();
	test_same_addresses();
	return ktap_finish();
}
