// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of the control socket that read slowly: who answers hears that there
 * is room again while the answer goes on, and nothing when it is complete.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/server.h"
#include "ktap.h"
#include "lib/loop.h"

/* Who answers: gone with the end of the answer, as control.c's. */
struct ask {
	unsigned int drained;
};

static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static socklen_t addr_len = sizeof(addr.sun_family);
static const char *error;		/* that the answer ends with */
static bool at_once;			/* it ends when the client is full */
static unsigned int drained;
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

static void ask(const char *end, bool when_full)
{
	static const char request[] = "{\"command\":\"peers\"}\n";
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct loop_fd *watch;

	error = end;
	at_once = when_full;
	drained = 0;
	last_len = 0;
	ktap_must(connect(fd, (struct sockaddr *)&addr, addr_len) == 0);
	ktap_must(write(fd, request, strlen(request)) > 0);
	watch = loop_fd_new(fd, LOOP_READ, on_readable, NULL);
	loop_run();
	loop_fd_free(watch);
	close(fd);
}

int main(void)
{
	ktap_start();
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
	return ktap_finish();
}
