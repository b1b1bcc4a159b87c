// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of the control socket that read slowly: who answers hears that there
 * is room again while the answer goes on, and nothing when it is complete. And
 * those that wait long: who answers hears at once that one has hung up, if it
 * may.
 */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/server.h"
#include "ktap.h"
#include "lib/loop.h"

#define LONG_MS		1500		/* to wait, and to be looked at then */

/* Who answers: gone with the end of the answer, as control.c's. */
struct ask {
	unsigned int drained;
};

static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static socklen_t addr_len = sizeof(addr.sun_family);
static const char *error;		/* that the answer ends with */
static bool at_once;			/* it ends when the client is full */
static bool later;			/* or when it is told to */
static bool may_leave;
static struct ctl_client *waiting;	/* for that */
static unsigned int drained, gone;
static char last[256];			/* line that the client has read */
static size_t last_len;

static void fill(struct ctl_client *client)
{
	unsigned int i;

	for (i = 0; i < 100000 && !ctl_client_full(client); i++)
		ctl_client_row(client, json_pack("{s:s}", "some", "row"));
}

static void finish(struct ctl_client *client)
{
	struct ask *ask = ctl_client_ctx(client);

	ctl_client_finish(client, error);
	free(ask);
}

static void on_request(struct ctl_client *client,
		       const struct ctl_request *req)
{
	(void)req;
	ctl_client_set_ctx(client, calloc(1, sizeof(struct ask)));
	if (later) {
		waiting = client;
		if (may_leave)
			ctl_client_may_leave(client);
		loop_exit(0);
		return;
	}
	fill(client);
	if (at_once)
		finish(client);
}

static void on_drained(struct ctl_client *client)
{
	struct ask *ask = ctl_client_ctx(client);

	drained = ++ask->drained;
	finish(client);
}

static void on_gone(struct ctl_client *client)
{
	free(ctl_client_ctx(client));
	gone++;
	loop_exit(0);
}

static const struct ctl_server_ops ops = {
	.request = on_request,
	.drained = on_drained,
	.gone = on_gone,
};

static void start(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ktap_must(fd >= 0);
	/* the kernel chooses a name */
	ktap_must(bind(fd, (struct sockaddr *)&addr, addr_len) == 0);
	addr_len = sizeof(addr);
	ktap_must(getsockname(fd, (struct sockaddr *)&addr, &addr_len) == 0);
	ktap_must(listen(fd, 1) == 0);
	ctl_server_start(fd, &ops);
}

static void take(char c)
{
	if (last_len && last[last_len - 1] == '\n')
		last_len = 0;
	if (last_len < sizeof(last) - 1)
		last[last_len++] = c;
	last[last_len] = '\0';
}

/* The last line is kept; all is read when the server hangs up. */
static void on_readable(int fd, unsigned int ready, void *arg)
{
	char buf[4096];
	ssize_t i, n = read(fd, buf, sizeof(buf));

	(void)ready;
	(void)arg;
	for (i = 0; i < n; i++)
		take(buf[i]);
	if (n <= 0)
		loop_exit(0);
}

static int call(void)
{
	static const char request[] = "{\"command\":\"peers\"}\n";
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ktap_must(connect(fd, (struct sockaddr *)&addr, addr_len) == 0);
	ktap_must(write(fd, request, strlen(request)) > 0);
	last_len = 0;
	return fd;
}

/* Until the server hangs up. */
static void read_answer(int fd)
{
	struct loop_fd *watch = loop_fd_new(fd, LOOP_READ, on_readable, NULL);

	loop_run();
	loop_fd_free(watch);
	close(fd);
}

static void ask(const char *end, bool when_full)
{
	error = end;
	at_once = when_full;
	drained = 0;
	read_answer(call());
}

static void on_time(void *arg)
{
	(void)arg;
	loop_exit(0);
}

/* For LONG_MS, or until who answers hears that somebody has hung up. */
static void run(void)
{
	struct loop_timer *timer = loop_timer_new(on_time, NULL);

	loop_timer_set(timer, LONG_MS);
	loop_run();
	loop_timer_free(timer);
}

/* One that waits for its answer. */
static int call_long(void)
{
	int fd = call();

	later = true;
	gone = 0;
	loop_run();
	return fd;
}

static void test_waiting(void)
{
	int fd = call_long();

	close(fd);
	run();
	ktap_ok(gone == 0, "who hangs up keeps its place until the answer");
	finish(waiting);

	may_leave = true;
	fd = call_long();
	close(fd);
	run();
	ktap_ok(gone == 1, "who may leave is not waited for");

	fd = call_long();
	shutdown(fd, SHUT_WR);
	run();
	ktap_ok(gone == 0, "who only says nothing more is");
	error = NULL;
	finish(waiting);
	read_answer(fd);
	ktap_ok(strcmp(last, "{\"status\":\"ok\"}\n") == 0, "and answered");

	fd = call_long();
	shutdown(fd, SHUT_WR);
	run();
	close(fd);
	run();
	ktap_ok(gone == 1, "unless it hangs up later");
}

int main(void)
{
	ktap_start();
	signal(SIGPIPE, SIG_IGN);
	loop_init();
	start();
	ask(NULL, false);
	ktap_ok(drained == 1, "who answers hears that there is room again");
	ktap_ok(strcmp(last, "{\"status\":\"ok\"}\n") == 0, "and may finish");
	ask(NULL, true);
	ktap_ok(drained == 0, "it hears nothing when it has finished");
	ktap_ok(strcmp(last, "{\"status\":\"ok\"}\n") == 0,
		"and the client has the answer");
	ask("half a character: \xc3", true);
	ktap_ok(strstr(last, "{\"status\":\"error\",") == last,
		"an error that is not UTF-8 is answered all the same");
	test_waiting();
	return ktap_finish();
}
