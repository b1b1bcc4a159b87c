// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/proc.h"
#include "vrsd/ribpeer.h"
#include "vrsd/session_peer.h"

#define READ_SIZE	(8 * 1024)	/* bytes of a peer in a loop turn */
#define TURN_SIZE	(32 * 1024)	/* bytes of all of them, about */
#define LAST_READS	1024		/* of one that is gone */

/*
 * Bytes waiting for a peer from which on its table is asked to hold back, and
 * below which to go on. Peers that are alike share these bytes.
 */
#define SLOW_HIGH	(16 * 1024 * 1024)
#define SLOW_LOW	(4 * 1024 * 1024)

/* How often a peer may dial in: so many times, and once in so many ms. */
#define CALLS_AT_ONCE	10
#define CALL_MS		500
#define UNREAD_MS	30000		/* of what is sent last */
#define HALF_OPEN_MS	1000		/* a dial that is not heard of yet */

/*
 * The hold timer is set anew by each message, which is far more often than it
 * fires; so it is only looked at again when it would fire.
 */
struct peer_timer {
	struct peer_conn *conn;
	struct loop_timer *timer;
	uint64_t deadline;		/* 0: not running */
	uint64_t fires;			/* when timer will, <= deadline */
};

static struct out_buf *sending;		/* see session_conn_send() */
static struct peer_conn *dirty;
static struct loop_job *flush_job;
static TAILQ_HEAD(, peer_conn) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static struct loop_job *read_job;	/* reads from those who wait */
static size_t turn_read;		/* bytes, in this turn */
static uint8_t input[BGP_MSG_MAX_EXT + READ_SIZE];

static void watch_update(struct peer_conn *conn)
{
	unsigned int want = 0;

	if (conn->connecting || conn->blocked)
		want |= LOOP_WRITE;
	if (!conn->connecting && !conn->waiting)
		want |= LOOP_READ;
	loop_fd_want(conn->watch, want);
}

/*
 * After each turn the tables have theirs, so that what many peers say does not
 * keep what follows from it waiting. Who has something to say when enough has
 * been read queues up for the next one; so those who always have do not keep it
 * from the others.
 */
static void wait_to_read(struct peer_conn *conn)
{
	if (conn->waiting)
		return;
	conn->waiting = true;
	TAILQ_INSERT_TAIL(&waiting, conn, wait);
	watch_update(conn);
}

static void wait_no_more(struct peer_conn *conn)
{
	if (!conn->waiting)
		return;
	conn->waiting = false;
	TAILQ_REMOVE(&waiting, conn, wait);
	watch_update(conn);
}

static void mark_dirty(struct peer_conn *conn)
{
	if (conn->dirty)
		return;
	conn->dirty = true;
	conn->next_dirty = dirty;
	dirty = conn;
	loop_defer(flush_job);
}

static void unmark_dirty(struct peer_conn *conn)
{
	struct peer_conn **p;

	for (p = &dirty; *p; p = &(*p)->next_dirty) {
		if (*p == conn) {
			*p = conn->next_dirty;
			break;
		}
	}
	conn->dirty = false;
}

/*
 * From now on acknowledgements may come from anywhere: the last one to a FIN
 * has the kernel's own TTL, not the peer's, and who has moved too far away
 * could not take more than the first of what it is still told.
 */
static void hang_up(const struct session_peer *peer, int fd)
{
	if (peer->conf.min_ttl &&
	    min_ttl_set(fd, peer->conf.id.remote.family, 0))
		log_err("%s: smallest TTL: %s", peer->name, strerror(errno));
	close(fd);
}

/*
 * What has been written waits for the peer in the kernel, without us, as long
 * as the kernel likes: who takes nothing and calls again and again would fill
 * its memory. It has some time; if what it is sent ends in the middle, none.
 */
static void limit_waiting(const struct peer_conn *conn)
{
	static const struct linger none = { .l_onoff = 1 };
	static const unsigned int ms = UNREAD_MS;
	const struct session_peer *peer = conn->peer;

	if (conn->out.bytes > 0 &&
	    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)))
		log_err("%s: SO_LINGER: %s", peer->name, strerror(errno));
	if (setsockopt(conn->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
		       sizeof(ms)))
		log_err("%s: TCP_USER_TIMEOUT: %s", peer->name,
			strerror(errno));
}

/* Drop the socket and all that belongs to it. */
static void conn_close(struct peer_conn *conn)
{
	if (conn->fd < 0)
		return;
	unmark_dirty(conn);
	wait_no_more(conn);
	loop_fd_free(conn->watch);
	conn->watch = NULL;
	limit_waiting(conn);
	hang_up(conn->peer, conn->fd);
	conn->fd = -1;
	conn->connecting = false;
	conn->blocked = false;
	out_queue_clear(&conn->out);
	free(conn->rest);
	conn->rest = NULL;
	conn->rest_len = 0;
}

/* The transport is gone without the state machine having asked for it. */
static void conn_lost(struct peer_conn *conn, const char *reason)
{
	conn_close(conn);
	bgp_conn_closed(conn->bgp, reason);
}

/*
 * Reading
 */

/* Whether the peer has said something that we have not got round to hearing. */
static bool unheard(const struct peer_conn *conn)
{
	int n = 0;

	return conn->fd >= 0 && ioctl(conn->fd, FIONREAD, &n) == 0 && n > 0;
}

static void conn_read(struct peer_conn *conn)
{
	size_t len = conn->rest_len, used;
	ssize_t n;

	if (len)
		memcpy(input, conn->rest, len);
	n = read(conn->fd, input + len, READ_SIZE);
	if (n > 0) {
		turn_read += n;
		loop_defer(read_job);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_lost(conn, n < 0 ? strerror(errno) : "closed by peer");
		return;
	}
	len += n;
	used = bgp_conn_input(conn->bgp, input, len, UINT_MAX);
	if (conn->fd < 0)
		return;
	len -= used;
	if (len > conn->rest_len)
		conn->rest = xreallocarray(conn->rest, 1, len);
	if (len)
		memcpy(conn->rest, input + used, len);
	conn->rest_len = len;
}

/* Read on; of one that cannot be written to any more, until nothing is left. */
static void conn_hear(struct peer_conn *conn)
{
	conn_read(conn);
	if (conn->fd < 0 || !conn->failed)
		return;
	if (++conn->last_reads == LAST_READS || !unheard(conn))
		conn_lost(conn, strerror(conn->failed));
}

static void next_turn(void *arg)
{
	struct peer_conn *conn;

	(void)arg;
	turn_read = 0;
	while (turn_read < TURN_SIZE && (conn = TAILQ_FIRST(&waiting))) {
		wait_no_more(conn);
		conn_hear(conn);
	}
}

/*
 * Writing
 */

static void check_slow(struct session_peer *peer, size_t queued)
{
	if (!peer->slow && queued > SLOW_HIGH) {
		peer->slow = true;
		log_info("%s: reads slowly, %zu bytes wait", peer->name,
			 queued);
		ribpeer_pause(peer->conf.id.peer);
	} else if (peer->slow && queued < SLOW_LOW) {
		peer->slow = false;
		ribpeer_resume(peer->conf.id.peer);
	}
}

/*
 * What the peer has said before it was gone is there still, and may be a
 * NOTIFICATION: then none of its routes are kept (RFC 4724 4, RFC 8538 3).
 */
static void write_failed(struct peer_conn *conn, int error)
{
	if (!unheard(conn)) {
		conn_lost(conn, strerror(error));
		return;
	}
	conn->failed = error;
	conn->last_reads = 0;
	conn->blocked = false;
	wait_to_read(conn);
	loop_defer(read_job);
}

static void conn_write(struct peer_conn *conn)
{
	ssize_t n;

	if (conn->failed)
		return;
	n = out_queue_write(&conn->out, conn->fd);
	if (n < 0) {
		write_failed(conn, errno);
		return;
	}
	conn->blocked = conn->out.bytes > 0;
	watch_update(conn);
	if (conn->bgp == conn->peer->bgp.session)
		check_slow(conn->peer, conn->out.bytes);
	bgp_conn_written(conn->bgp, n > 0, conn->blocked);
}

/* Who takes nothing at all is never ready to be written to: just more waits. */
static void flush_conn(struct peer_conn *conn)
{
	if (!conn->blocked)
		conn_write(conn);
	else if (conn->bgp == conn->peer->bgp.session)
		check_slow(conn->peer, conn->out.bytes);
}

static void flush_due(void *arg)
{
	struct peer_conn *conn;

	(void)arg;
	while ((conn = dirty)) {
		dirty = conn->next_dirty;
		conn->dirty = false;
		flush_conn(conn);
	}
}

void session_conn_send(struct session_peer *peer, struct out_buf *buf,
		       size_t offset, size_t len)
{
	sending = buf;
	bgp_peer_send(&peer->bgp, buf->data + offset, len);
	sending = NULL;
}

void session_conn_put(struct bgp_conn *bgp, const void *msg, size_t len)
{
	struct peer_conn *conn = session_conn_of(bgp);
	size_t offset = sending ? (const uint8_t *)msg - sending->data : 0;

	if (conn->fd < 0 || conn->failed)
		return;
	if (sending && conn->blocked)
		out_queue_ref_waiting(&conn->out, sending, offset, len);
	else if (sending)
		out_queue_ref(&conn->out, sending, offset, len);
	else
		out_queue_copy(&conn->out, msg, len);
	mark_dirty(conn);
}

/*
 * Whatever is due
 */

static void connected(struct peer_conn *conn)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error) {
		conn_lost(conn, strerror(error));
		return;
	}
	conn->connecting = false;
	watch_update(conn);
	bgp_conn_opened(conn->bgp);
}

static void conn_ready(int fd, unsigned int ready, void *arg)
{
	struct peer_conn *conn = arg;

	if (conn->connecting) {
		connected(conn);
		return;
	}
	if (ready & LOOP_READ && (turn_read >= TURN_SIZE ||
				  !TAILQ_EMPTY(&waiting)))
		wait_to_read(conn);
	else if (ready & LOOP_READ)
		conn_hear(conn);
	if (ready & LOOP_WRITE && conn->fd == fd)
		conn_write(conn);
}

/*
 * Connecting
 */

static void conn_attach(struct peer_conn *conn, int fd, bool connecting)
{
	conn->fd = fd;
	conn->failed = 0;
	conn->connecting = connecting;
	conn->watch = loop_fd_new(fd, 0, conn_ready, conn);
	watch_update(conn);
}

void session_conn_dial(struct bgp_conn *bgp)
{
	struct session_peer *peer = session_conn_of(bgp)->peer;

	peer->dials++;
	chan_send(proc_chan(PROC_PARENT), MSG_DIAL, &peer->conf.id.peer,
		  sizeof(peer->conf.id.peer));
}

void session_conn_dialed(struct session_peer *peer, int fd, int error)
{
	struct peer_conn *conn = &peer->conn[BGP_OUTGOING];

	if (peer->dials)
		peer->dials--;
	/* Only the last answer counts, and only if it is still waited for. */
	if (peer->dials || !conn->bgp->attached || conn->fd >= 0) {
		if (fd >= 0)
			hang_up(peer, fd);
		return;
	}
	if (fd < 0) {
		bgp_conn_closed(conn->bgp, strerror(error));
		return;
	}
	conn->dialed_ms = loop_now_ms();
	conn_attach(conn, fd, true);
}

/*
 * The parent dials: until its answer is here, and has been looked at, the other
 * end may know more than we do.
 */
bool session_conn_half_open(const struct bgp_conn *bgp)
{
	const struct peer_conn *conn = session_conn_of(bgp);

	return conn->peer->dials > 0 ||
	       (conn->connecting && conn->dialed_ms + HALF_OPEN_MS >
				    loop_now_ms());
}

void session_conn_rekey(const struct peer_conn *conn)
{
	const uint32_t *number = &conn->peer->conf.id.peer;
	int fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		chan_send_fd(proc_chan(PROC_PARENT), MSG_REKEY, number,
			     sizeof(*number), fd);
	else
		log_err("%s: keys: %s", conn->peer->name, strerror(errno));
}

bool session_conn_calls(const struct session_peer *peer)
{
	return peer->calls_ms > loop_now_ms();
}

/*
 * Each connection costs a handshake and some lines of the log, a session all
 * that it announces. Who has cause dials anew at once, some times; nobody goes
 * on for long at the expense of the others.
 */
static bool calls_too_often(struct session_peer *peer)
{
	uint64_t most = loop_now_ms() + (CALLS_AT_ONCE - 1) * CALL_MS, n;

	if (peer->calls_ms <= most)
		return false;
	n = ++peer->calls_refused;
	if (log_sparsely(n))
		log_warn("%s: dials in too often, refused (%llu so far)",
			 peer->name, (unsigned long long)n);
	return true;
}

bool session_conn_hung_up(int fd)
{
	uint8_t byte;
	struct iovec iov = { &byte, sizeof(byte) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(fd, &msg, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* The connection for one that was accepted, or NULL: it is refused. */
static struct bgp_conn *call_taken(struct session_peer *peer)
{
	struct bgp_conn *bgp;

	if (session_problem(peer->conf.id.peer)[0]) {
		log_debug("%s: its keys are not there", peer->name);
		return NULL;
	}
	if (calls_too_often(peer))
		return NULL;
	bgp = bgp_peer_incoming(&peer->bgp);
	if (bgp)
		peer->calls_ms = MAX(peer->calls_ms, loop_now_ms()) + CALL_MS;
	else
		log_debug("%s: connection refused in state %s", peer->name,
			  bgp_state_name(bgp_peer_state(&peer->bgp)));
	return bgp;
}

/*
 * What the peer has said before it dialled comes before this connection, as it
 * may say why: all of it, if nothing can be written to the other any more.
 */
static void hear_out(struct peer_conn *conn)
{
	if (!conn->connecting && unheard(conn))
		conn_hear(conn);
	while (conn->fd >= 0 && conn->failed)
		conn_hear(conn);
}

void session_conn_accept(struct session_peer *peer, int fd)
{
	struct bgp_conn *bgp;

	hear_out(&peer->conn[BGP_OUTGOING]);
	hear_out(&peer->conn[BGP_INCOMING]);
	bgp = call_taken(peer);
	if (!bgp) {
		hang_up(peer, fd);
		return;
	}
	conn_attach(session_conn_of(bgp), fd, false);
	/* The keys may have changed since it came; and which is asked for */
	if (peer->conf.protection == ROW_TCP_AO)
		session_conn_rekey(session_conn_of(bgp));
	bgp_conn_opened(bgp);
}

void session_conn_drop(struct session_peer *peer, const char *reason)
{
	enum bgp_direction i;

	/* First one that would come up if the other one went. */
	for (i = 0; i < BGP_DIRECTIONS; i++)
		if (peer->conn[i].bgp->waiting)
			conn_lost(&peer->conn[i], reason);
	for (i = 0; i < BGP_DIRECTIONS; i++)
		if (peer->conn[i].fd >= 0)
			conn_lost(&peer->conn[i], reason);
}

void session_conn_close(struct bgp_conn *bgp)
{
	struct peer_conn *conn = session_conn_of(bgp);

	if (conn->fd >= 0 && !conn->connecting)
		out_queue_write(&conn->out, conn->fd);
	conn_close(conn);
}

/*
 * Timers
 */

static void timer_fired(void *arg)
{
	struct peer_timer *timer = arg;
	struct peer_conn *conn = timer->conn;
	enum bgp_timer which = timer - conn->timers;
	uint64_t now = loop_now_ms();

	if (!timer->deadline)
		return;
	if (now < timer->deadline) {
		timer->fires = timer->deadline;
		loop_timer_set(timer->timer, timer->deadline - now);
		return;
	}
	if (which == BGP_TIMER_HOLD && unheard(conn)) {
		timer->deadline = timer->fires = now + 1000;
		loop_timer_set(timer->timer, 1000);
		return;
	}
	timer->deadline = 0;
	bgp_conn_timer(conn->bgp, which);
}

void session_conn_timer_set(struct bgp_conn *bgp, enum bgp_timer which,
			    uint64_t ms)
{
	struct peer_timer *timer = &session_conn_of(bgp)->timers[which];
	bool running = timer->deadline != 0;

	timer->deadline = loop_now_ms() + ms;
	if (running && timer->fires <= timer->deadline)
		return;
	timer->fires = timer->deadline;
	loop_timer_set(timer->timer, ms);
}

void session_conn_timer_stop(struct bgp_conn *bgp, enum bgp_timer which)
{
	struct peer_timer *timer = &session_conn_of(bgp)->timers[which];

	timer->deadline = 0;
	loop_timer_stop(timer->timer);
}

/*
 * The two of a peer
 */

void session_conn_init(struct session_peer *peer, enum bgp_direction direction)
{
	struct peer_conn *conn = &peer->conn[direction];
	enum bgp_timer i;

	conn->peer = peer;
	conn->bgp = &peer->bgp.conn[direction];
	conn->bgp->io = conn;
	conn->fd = -1;
	conn->timers = xcalloc(BGP_TIMER_COUNT, sizeof(*conn->timers));
	for (i = 0; i < BGP_TIMER_COUNT; i++) {
		conn->timers[i].conn = conn;
		conn->timers[i].timer = loop_timer_new(timer_fired,
						       &conn->timers[i]);
	}
}

void session_conn_fini(struct peer_conn *conn)
{
	enum bgp_timer i;

	conn_close(conn);
	for (i = 0; i < BGP_TIMER_COUNT; i++)
		loop_timer_free(conn->timers[i].timer);
	free(conn->timers);
}

void session_conn_setup(void)
{
	flush_job = loop_job_new(flush_due, NULL);
	read_job = loop_job_new(next_turn, NULL);
}
