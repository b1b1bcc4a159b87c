// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a peer says before it hangs up is heard, also if what waited for it
 * cannot be written any more, and whatever is looked at first; and so is who
 * has little to say beside those who never stop.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/proc.h"
#include "vrsd/ribpeer.h"
#include "vrsd/session_peer.h"

#define WAITING		(16u << 20)	/* bytes, more than a socket takes */
#define LAST		'!'		/* a peer's last word */

static struct session_peer peer;
static struct bgp_conn *conn;
static struct loop_timer *settled;
static size_t heard;			/* bytes */
static bool heard_last, closed;

/* Those who say all they can, and then one who has little to say. */
#define FLOODERS	16
#define CROWD		(FLOODERS + 1)
#define TURNS		1000u
#define TURN_SIZE	(32u << 10)	/* bytes that are read in a turn */

static struct {
	struct session_peer peer[CROWD];
	int far[CROWD];
	size_t heard[CROWD];
	unsigned int turns;
	struct loop_job *turn;
} crowd;

/* ---- the state machine, and what else is not here --------------------- */

/* Who is heard says as much again. */
static size_t crowd_input(struct session_peer *from, const void *data,
			  size_t len)
{
	size_t i = from - crowd.peer;

	crowd.heard[i] += len;
	ktap_must(write(crowd.far[i], data, len) == (ssize_t)len);
	loop_defer(crowd.turn);
	return len;
}

size_t bgp_conn_input(struct bgp_conn *bgp, const void *data, size_t len,
		      unsigned int budget)
{
	(void)budget;
	if (session_conn_of(bgp)->peer != &peer)
		return crowd_input(session_conn_of(bgp)->peer, data, len);
	heard += len;
	heard_last = memchr(data, LAST, len);
	if (heard_last) {
		session_conn_close(conn);
		loop_exit(0);
	}
	return len;
}

void bgp_conn_closed(struct bgp_conn *bgp, const char *reason)
{
	(void)bgp;
	printf("# closed: %s\n", reason);
	closed = true;
	loop_exit(0);
}

void bgp_conn_opened(struct bgp_conn *bgp)
{
	(void)bgp;
}

void bgp_conn_written(struct bgp_conn *bgp, bool progress, bool pending)
{
	(void)bgp;
	(void)progress;
	(void)pending;
}

void bgp_conn_timer(struct bgp_conn *bgp, enum bgp_timer timer)
{
	(void)bgp;
	(void)timer;
}

struct bgp_conn *bgp_peer_incoming(struct bgp_peer *bgp)
{
	return &bgp->conn[BGP_INCOMING];
}

bool bgp_peer_send(struct bgp_peer *bgp, const void *msgs, size_t len)
{
	(void)bgp;
	(void)msgs;
	return len > 0;
}

enum bgp_state bgp_peer_state(const struct bgp_peer *bgp)
{
	return bgp->conn[BGP_INCOMING].state;
}

const char *bgp_state_name(enum bgp_state state)
{
	(void)state;
	return "";
}

const char *session_problem(uint32_t number)
{
	(void)number;
	return "";
}

int min_ttl_set(int fd, int family, uint8_t ttl)
{
	(void)fd;
	(void)family;
	(void)ttl;
	return 0;
}

void ribpeer_pause(uint32_t number)
{
	(void)number;
}

void ribpeer_resume(uint32_t number)
{
	(void)number;
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

void chan_send_fd(struct chan *ch, uint16_t type, const void *body, size_t len,
		  int fd)
{
	chan_send(ch, type, body, len);
	close(fd);
}

/* ---- a connection ---------------------------------------------------- */

/* One end becomes the peer's connection, the other is returned. */
static int call(struct session_peer *who)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listening = socket(AF_INET, SOCK_STREAM, 0), far, near, on = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ktap_must(bind(listening, (void *)&addr, len) == 0 &&
		  listen(listening, 1) == 0 &&
		  getsockname(listening, (void *)&addr, &len) == 0);
	far = socket(AF_INET, SOCK_STREAM, 0);
	ktap_must(connect(far, (void *)&addr, len) == 0 &&
		  setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on,
			     sizeof(on)) == 0);
	near = accept(listening, NULL, NULL);
	ktap_must(near >= 0 && fcntl(near, F_SETFL, O_NONBLOCK) == 0);
	close(listening);
	session_conn_accept(who, near);
	return far;
}

static void on_settled(void *arg)
{
	(void)arg;
	loop_exit(0);
}

static void settle(unsigned int ms)
{
	loop_timer_set(settled, ms);
	loop_run();
}

static void put(size_t len)
{
	uint8_t *bytes = xcalloc(1, len);

	session_conn_put(conn, bytes, len);
	free(bytes);
}

/* It says so much, and then hangs up on what it has not read. */
static void hang_up(int far, size_t len)
{
	uint8_t *bytes = xcalloc(1, len);

	bytes[len - 1] = LAST;
	ktap_must(write(far, bytes, len) == (ssize_t)len);
	close(far);
	free(bytes);
}

static void test_gone(size_t len, bool blocked, const char *how)
{
	int far = call(&peer);

	heard = 0;
	heard_last = closed = false;
	put(blocked ? WAITING : 100);
	settle(50);
	hang_up(far, len);
	if (!blocked)
		put(100);
	settle(1000);
	ktap_ok(heard == len && heard_last && !closed,
		"%s: %zu bytes of %zu are heard", how, heard, len);
	session_conn_close(conn);
}

/* Why it hung up is heard before it is let in again. */
static void test_again(void)
{
	int far = call(&peer);

	settle(50);
	heard = 0;
	heard_last = false;
	hang_up(far, 30);
	far = call(&peer);
	ktap_ok(heard_last, "who calls again has been heard to the end");
	session_conn_close(conn);
	close(far);
}

static void turn(void *arg)
{
	(void)arg;
	if (++crowd.turns == TURNS)
		loop_exit(0);
}

/* What a quarter of them say is all that is read in a turn. */
static void test_crowd(void)
{
	static const uint8_t flood[16 << 10];
	size_t least = SIZE_MAX, all = 0, i;

	crowd.turn = loop_job_new(turn, NULL);
	for (i = 0; i < CROWD; i++) {
		ssize_t len = i < FLOODERS ? sizeof(flood) : 1;

		session_conn_init(&crowd.peer[i], BGP_OUTGOING);
		session_conn_init(&crowd.peer[i], BGP_INCOMING);
		crowd.far[i] = call(&crowd.peer[i]);
		ktap_must(write(crowd.far[i], flood, len) == len);
	}
	loop_run();
	for (i = 0; i < FLOODERS; i++) {
		least = MIN(least, crowd.heard[i]);
		all += crowd.heard[i];
	}
	ktap_ok(least > TURNS * TURN_SIZE / FLOODERS / 2,
		"of %u who flood each is heard, %zu bytes", FLOODERS, least);
	/* Of two turns of the loop the job may see one. */
	ktap_ok(all < 3 * TURNS * TURN_SIZE,
		"and no more of all than is to be in a turn, %zu bytes", all);
	ktap_ok(crowd.heard[FLOODERS] > TURNS / 8,
		"and so is who speaks beside them, %zu times",
		crowd.heard[FLOODERS]);
	for (i = 0; i < CROWD; i++) {
		session_conn_fini(&crowd.peer[i].conn[BGP_OUTGOING]);
		session_conn_fini(&crowd.peer[i].conn[BGP_INCOMING]);
		close(crowd.far[i]);
	}
	loop_job_free(crowd.turn);
}

int main(void)
{
	ktap_start();
	loop_init();
	settled = loop_timer_new(on_settled, NULL);
	session_conn_setup();
	session_conn_init(&peer, BGP_OUTGOING);
	session_conn_init(&peer, BGP_INCOMING);
	conn = &peer.bgp.conn[BGP_INCOMING];
	test_gone(30, true, "who takes nothing hangs up");
	test_gone(50000, true, "and has said more than is read at once");
	test_gone(50000, false, "who takes all hangs up meanwhile");
	test_again();
	test_crowd();
	session_conn_fini(&peer.conn[BGP_OUTGOING]);
	session_conn_fini(&peer.conn[BGP_INCOMING]);
	loop_timer_free(settled);
	loop_fini();
	return ktap_finish();
}
