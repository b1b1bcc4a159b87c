// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/session_dynamic.h"
#include "vrsd/session_listen.h"

#define ACCEPTS_MAX	64		/* in one loop turn ... */
#define STRANGERS_MAX	4		/* ... for whom ranges are searched */
#define ACCEPT_REST_MS	1000		/* when there is nothing to accept by */

struct session_listener {
	struct session_listener *next;
	struct msg_listener conf;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *rest;	/* until it accepts again */
	bool lost;			/* MSG_FORWARDING: not at present */
};

static struct session_listener *listeners;
static uint64_t rests;			/* of theirs */

static const struct session_listener *listener_of(const struct row_peer_id *id)
{
	const struct session_listener *listener = listeners;

	for (; listener; listener = listener->next)
		if (listener->conf.vni == id->vni &&
		    addr_equal(&listener->conf.local, &id->local))
			return listener;
	return NULL;
}

uint8_t session_listen_kept(const struct row_peer_id *id)
{
	const struct session_listener *listener = listener_of(id);

	return listener ? listener->conf.kept : 0;
}

bool session_listen_forwards(const struct row_peer_id *id)
{
	const struct session_listener *listener = listener_of(id);

	return listener && !listener->lost;
}

/* RFC 4724 4.1: what has been lost is not said to have been kept. */
void session_listen_forwarding(const struct msg_forwarding *msg)
{
	struct session_listener *listener = listeners;
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
	struct session_peer *peer = session_find_by_address(where->vni,
							    &where->local,
							    remote);

	if (!peer)
		return session_dynamic_find(where, remote, fd);
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
	uint64_t n = ++rests;
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
	struct session_peer *peer;
	unsigned int i, strangers = 0;
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

bool session_listen_close(const struct msg_listener *conf)
{
	struct session_listener **p = &listeners, *listener;

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

void session_listen_open(const struct msg_listener *conf, int fd)
{
	struct session_listener *listener;

	if (session_listen_close(conf))
		drop_connections(conf);
	listener = xcalloc(1, sizeof(*listener));

	listener->conf = *conf;
	listener->fd = fd;
	listener->watch = loop_fd_new(fd, LOOP_READ, accept_ready, listener);
	listener->rest = loop_timer_new(rest_over, listener);
	listener->next = listeners;
	listeners = listener;
}
