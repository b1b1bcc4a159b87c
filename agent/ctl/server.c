// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/protocol.h"
#include "ctl/server.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"

#define CLIENTS_MAX	64
#define ACCEPTS_MAX	16		/* in one loop turn */
#define PATIENCE_MS	30000		/* with a client that is waited for */
#define LOOK_MS		1000		/* for one that says nothing more */
#define REST_MS		1000		/* when there is nothing to accept by */
#define REFUSED_PAUSE_MS 60000		/* until the log hears of it again */
#define QUEUE_FULL	(256 * 1024)	/* bytes waiting to be read */
#define QUEUE_LOW	(64 * 1024)

struct ctl_client {
	int fd;
	struct loop_fd *watch;
	struct loop_timer *patience;
	struct loop_timer *look;	/* whether a silent one is there */
	bool may_leave;			/* before there is an answer */
	struct ucred cred;
	void *ctx;
	char request[CTL_REQUEST_MAX];
	size_t request_len;
	bool asked;			/* the request is complete */
	bool silent;			/* it will say nothing more */
	bool finished;			/* the answer is, but not yet sent */
	bool full;
	char *out;
	size_t out_size, out_len, out_sent;
};

static struct {
	const struct ctl_server_ops *ops;
	struct loop_fd *watch;
	struct loop_timer *rest;
	unsigned int clients;
	uint64_t refused_ms;		/* that somebody was is told again */
} server;

static void client_free(struct ctl_client *client)
{
	server.clients--;
	loop_fd_free(client->watch);
	loop_timer_free(client->patience);
	loop_timer_free(client->look);
	close(client->fd);
	free(client->out);
	free(client);
}

static void client_gone(struct ctl_client *client)
{
	if (client->asked && !client->finished)
		server.ops->gone(client);
	client_free(client);
}

static void patience_ends(void *arg)
{
	client_gone(arg);
}

/*
 * What a client says after its request is ignored. It is to say that, and to
 * read what is there; our own work may take longer.
 */
static void watch_update(struct ctl_client *client)
{
	bool waiting = client->out_len > client->out_sent;
	unsigned int want = 0;

	if (!client->silent)
		want |= LOOP_READ;
	if (waiting)
		want |= LOOP_WRITE;
	loop_fd_want(client->watch, want);
	if (client->asked && !waiting)
		loop_timer_stop(client->patience);
	else if (!loop_timer_running(client->patience))
		loop_timer_set(client->patience, PATIENCE_MS);
}

/*
 * One that will say nothing more may still wait for its answer. One that has
 * hung up does not: it cannot even be sent nothing.
 */
static void look(void *arg)
{
	const struct msghdr nothing = { 0 };
	struct ctl_client *client = arg;

	if (sendmsg(client->fd, &nothing, MSG_NOSIGNAL) < 0 && errno == EPIPE)
		client_gone(client);
	else
		loop_timer_set(client->look, LOOK_MS);
}

/*
 * Answers
 */

static int append(const char *data, size_t len, void *arg)
{
	struct ctl_client *client = arg;

	if (client->out_len + len > client->out_size && client->out_sent) {
		client->out_len -= client->out_sent;
		memmove(client->out, client->out + client->out_sent,
			client->out_len);
		client->out_sent = 0;
	}
	if (client->out_len + len > client->out_size) {
		client->out_size = MAX(2 * client->out_size,
				       client->out_len + len);
		client->out = xreallocarray(client->out, 1, client->out_size);
	}
	memcpy(client->out + client->out_len, data, len);
	client->out_len += len;
	return 0;
}

static void append_line(struct ctl_client *client, json_t *row)
{
	if (json_dump_callback(row, append, client, JSON_COMPACT))
		fatalx("cannot write JSON");
	append("\n", 1, client);
	json_decref(row);
	watch_update(client);
}

void ctl_client_row(struct ctl_client *client, json_t *row)
{
	append_line(client, row);
	if (client->out_len - client->out_sent >= QUEUE_FULL)
		client->full = true;
}

bool ctl_client_full(const struct ctl_client *client)
{
	return client->full;
}

/* What a client or a file has said may be in it, UTF-8 or not. */
static json_t *error_object(const char *error)
{
	json_t *text = json_string(error);

	if (!text)
		text = json_string("an error whose text is not UTF-8");
	return json_pack("{s:s, s:o}", "status", "error", "message", text);
}

void ctl_client_finish(struct ctl_client *client, const char *error)
{
	json_t *last = error ? error_object(error) :
			       json_pack("{s:s}", "status", "ok");

	client->finished = true;
	/* who asked has forgotten it: nobody is to hear of it any more */
	client->full = false;
	client->ctx = NULL;
	append_line(client, last);
}

static void client_write(struct ctl_client *client)
{
	size_t left = client->out_len - client->out_sent;
	ssize_t n = write(client->fd, client->out + client->out_sent, left);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_gone(client);
		return;
	}
	if (n <= 0)
		return;
	loop_timer_set(client->patience, PATIENCE_MS);
	client->out_sent += n;
	left -= n;
	if (left == 0 && client->finished) {
		client_free(client);
		return;
	}
	if (left == 0)
		client->out_len = client->out_sent = 0;
	watch_update(client);
	if (client->full && left <= QUEUE_LOW) {
		client->full = false;
		server.ops->drained(client);
	}
}

/*
 * Requests
 */

static void request_complete(struct ctl_client *client, size_t len)
{
	struct ctl_request req;
	char error[160];

	client->asked = true;
	watch_update(client);
	if (ctl_request_parse(client->request, len, &req, error,
			      sizeof(error)))
		server.ops->request(client, &req);
	else
		ctl_client_finish(client, error);
}

static void client_read(struct ctl_client *client)
{
	size_t room = sizeof(client->request) - client->request_len;
	char *end, ignored[256];
	ssize_t n;

	if (client->asked)
		n = read(client->fd, ignored, sizeof(ignored));
	else
		n = read(client->fd, client->request + client->request_len,
			 room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (n == 0 && !client->asked)) {
		client_gone(client);
		return;
	}
	if (n == 0) {
		client->silent = true;
		watch_update(client);
		if (client->may_leave)
			look(client);
		return;
	}
	if (client->asked)
		return;
	client->request_len += n;
	end = memchr(client->request, '\n', client->request_len);
	if (end) {
		request_complete(client, end - client->request);
	} else if (client->request_len == sizeof(client->request)) {
		client->asked = true;
		ctl_client_finish(client, "the request is too long");
	}
}

static void client_ready(int fd, unsigned int ready, void *arg)
{
	struct ctl_client *client = arg;

	(void)fd;
	/* One at a time: either may free the client. */
	if (ready & LOOP_WRITE && client->out_len > client->out_sent)
		client_write(client);
	else if (ready & LOOP_READ)
		client_read(client);
}

static void client_new(int fd)
{
	struct ctl_client *client = xcalloc(1, sizeof(*client));
	socklen_t len = sizeof(client->cred);

	client->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->cred, &len))
		client->cred.uid = -1;
	client->watch = loop_fd_new(fd, LOOP_READ, client_ready, client);
	client->patience = loop_timer_new(patience_ends, client);
	client->look = loop_timer_new(look, client);
	loop_timer_set(client->patience, PATIENCE_MS);
	server.clients++;
}

/* Whoever may ask may do so again and again, and is not to fill the log. */
static void client_refuse(int fd)
{
	static const char answer[] =
		"{\"status\":\"error\",\"message\":\"too many clients\"}\n";
	ssize_t ret = write(fd, answer, strlen(answer));
	uint64_t now = loop_now_ms();

	(void)ret;	/* it need not listen */
	close(fd);
	if (now < server.refused_ms)
		return;
	log_warn("control socket: more than %u clients", CLIENTS_MAX);
	server.refused_ms = now + REFUSED_PAUSE_MS;
}

static void rest_over(void *arg)
{
	(void)arg;
	loop_fd_want(server.watch, LOOP_READ);
}

/* Who cannot be taken in, for lack of memory or descriptors, has to wait. */
static void rest(void)
{
	loop_fd_want(server.watch, 0);
	loop_timer_set(server.rest, REST_MS);
}

static void accept_ready(int listener, unsigned int ready, void *arg)
{
	unsigned int i;
	int fd;

	(void)ready;
	(void)arg;
	for (i = 0; i < ACCEPTS_MAX; i++) {
		fd = accept4(listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno != EAGAIN && errno != ECONNABORTED)
				rest();
			return;
		}
		if (server.clients < CLIENTS_MAX)
			client_new(fd);
		else
			client_refuse(fd);
	}
}

void ctl_server_start(int fd, const struct ctl_server_ops *ops)
{
	server.ops = ops;
	server.watch = loop_fd_new(fd, LOOP_READ, accept_ready, NULL);
	server.rest = loop_timer_new(rest_over, NULL);
}

bool ctl_client_is_root(const struct ctl_client *client)
{
	return client->cred.uid == 0;
}

void ctl_client_may_leave(struct ctl_client *client)
{
	client->may_leave = true;
}

void ctl_client_set_ctx(struct ctl_client *client, void *ctx)
{
	client->ctx = ctx;
}

void *ctl_client_ctx(const struct ctl_client *client)
{
	return client->ctx;
}
