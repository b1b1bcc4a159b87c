// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is asked of vrsd: one request line, then rows as they come, one JSON
 * object a line, the last with a status (ctl/protocol.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/protocol.h"
#include "lib/util.h"
#include "vrs/json.h"
#include "vrs/table.h"
#include "vrs/vrs.h"

/* Called for each row; the row is the caller's. */
typedef void row_cb(json_t *row, void *arg);

static FILE *connect_agent(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	FILE *stream;
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		vrs_error("%s: path is too long", path);
		return NULL;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		vrs_error("%s: %s%s", path, strerror(errno),
			  errno == ENOENT || errno == ECONNREFUSED ?
			  ", is vrsd running?" : "");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	stream = fdopen(fd, "r");
	if (!stream) {
		vrs_error("%s: %s", path, strerror(errno));
		close(fd);
	}
	return stream;
}

/* A word of the command line may have any bytes, one of the protocol not. */
static bool is_text(const char *word)
{
	json_t *text = json_string(word ? word : "");
	bool ok = text;

	if (!ok)
		vrs_error("\"%s\" is not UTF-8", word);
	json_decref(text);
	return ok;
}

/*
 * vrsd may have answered and hung up already, without a look at what is asked:
 * to have been too late is no error.
 */
static bool send_request(FILE *stream, const char *command,
			 const struct request *req)
{
	char *line = json_line(json_build("{s:s, s:s*, s:s*, s:s*, s:s*}",
					  "command", command,
					  "vnet", req->device,
					  "neighbor", req->peer,
					  "map", req->map,
					  "direction", req->direction));
	size_t len = strlen(line);
	ssize_t sent = send(fileno(stream), line, len, MSG_NOSIGNAL);

	free(line);
	return sent == (ssize_t)len || (sent < 0 && errno == EPIPE);
}

/* Whether @row is the last of an answer, and the exit status that it means. */
static bool is_status(const json_t *row, int *status)
{
	const char *text = json_string_value(json_object_get(row, "status"));
	const char *message;

	if (!text)
		return false;
	*status = VRS_OK;
	if (strcmp(text, "ok") == 0)
		return true;
	message = json_string_value(json_object_get(row, "message"));
	*status = vrs_error("%s", message ? message : text);
	return true;
}

static int read_answer(FILE *stream, row_cb *cb, void *arg)
{
	int status = VRS_FAILED;
	bool ended = false;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (!ended && (len = getline(&line, &size, stream)) > 0) {
		json_t *row = json_loadb(line, len, 0, NULL);

		ended = !row || is_status(row, &status);
		if (!row)
			vrs_error("vrsd's answer is not JSON");
		else if (!ended && cb)
			cb(row, arg);
		json_decref(row);
	}
	if (!ended)
		vrs_error("vrsd ended its answer too early");
	free(line);
	return status;
}

static int ask(const struct request *req, const char *command, row_cb *cb,
	       void *arg)
{
	FILE *stream;
	int status;

	if (!is_text(req->device) || !is_text(req->peer) || !is_text(req->map))
		return VRS_USAGE;
	stream = connect_agent(req->socket);
	if (!stream)
		return VRS_FAILED;
	if (send_request(stream, command, req))
		status = read_answer(stream, cb, arg);
	else
		status = vrs_error("%s: %s", req->socket, strerror(errno));
	fclose(stream);
	return status;
}

/*
 * Rows as text
 */

/* One column: a title and the member it shows */
struct column {
	const char *title;
	const char *member;
};

struct text_view {
	const struct column *columns;
	unsigned int n;
	struct table table;
};

static void add_cell(struct table *table, const json_t *value)
{
	if (json_is_string(value))
		table_add(table, json_string_value(value));
	else if (json_is_integer(value))
		table_addf(table, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		table_addf(table, "%.3f", json_real_value(value));
	else if (json_is_boolean(value))
		table_add(table, json_is_true(value) ? "yes" : "no");
	else
		table_add(table, NULL);
}

static void add_text(json_t *row, void *arg)
{
	struct text_view *view = arg;
	unsigned int i;

	for (i = 0; i < view->n; i++)
		add_cell(&view->table,
			 json_object_get(row, view->columns[i].member));
}

static int ask_text(const struct request *req, const char *command,
		    const struct column *columns, unsigned int n)
{
	struct text_view view = { .columns = columns, .n = n };
	const char *titles[16];
	unsigned int i;
	int status;

	for (i = 0; i < n; i++)
		titles[i] = columns[i].title;
	table_init(&view.table, n, titles);
	status = ask(req, command, add_text, &view);
	if (status == VRS_OK)
		table_print(&view.table);
	table_free(&view.table);
	return status;
}

/*
 * Peers and BFD sessions
 */

static const struct column peer_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Address", "address" },
	{ "ASN", "asn" },
	{ "Local Address", "localAddress" },
	{ "State", "state" },
	{ "Shutdown", "shutdown" },
	{ "Seconds", "seconds" },
	{ "Restart In", "restartIn" },
	{ "Learned", "learned" },
	{ "Advertised", "advertised" },
	{ "Last Error", "lastError" },
	{ "Problem", "problem" },
};

/* With --all: what each end has offered. */
static const struct column agreement_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Address", "address" },
	{ "Local Address", "localAddress" },
	{ "State", "state" },
	{ "Router ID", "routerId" },
	{ "Hold Time", "holdTime" },
	{ "Restart Time", "restartTime" },
	{ "Role", "role" },
	{ "Authentication", "authentication" },
	{ "Capabilities Received", "capabilities" },
	{ "Capabilities Sent", "sentCapabilities" },
};

static const struct column bfd_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Address", "address" },
	{ "Local Address", "localAddress" },
	{ "State", "state" },
	{ "Seconds", "seconds" },
	{ "Diagnostic", "diagnostic" },
	{ "Remote State", "remoteState" },
	{ "Transmit ms", "transmitInterval" },
	{ "Detection ms", "detectionTime" },
	{ "Up", "up" },
};

static const struct column status_columns[] = {
	{ "Process", "process" },
	{ "PID", "pid" },
	{ "Seconds", "seconds" },
	{ "Memory", "rss" },
	{ "Prefixes", "prefixes" },
	{ "Paths", "paths" },
	{ "Failed Routes", "failedRoutes" },
	{ "Comparisons", "comparisons" },
	{ "Repairs", "repairs" },
};

static const struct column problem_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Local Address", "localAddress" },
	{ "Problem", "problem" },
};

static void add_row_json(json_t *row, void *arg)
{
	json_array_append(arg, row);
}

/* Rows as they are: text in these columns, or a JSON array. */
static int ask_rows(const struct request *req, const char *command,
		    const struct column *columns, unsigned int n)
{
	json_t *rows;
	int status;

	if (!req->json)
		return ask_text(req, command, columns, n);
	rows = json_array();
	status = ask(req, command, add_row_json, rows);
	if (status == VRS_OK)
		json_show(rows);
	else
		json_decref(rows);
	return status;
}

int ask_peers(const struct request *req)
{
	if (req->all)
		return ask_rows(req, "peers", agreement_columns,
				ARRAY_SIZE(agreement_columns));
	return ask_rows(req, "peers", peer_columns, ARRAY_SIZE(peer_columns));
}

/*
 * Policy
 */

static const struct column policy_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Local Address", "localAddress" },
	{ "Network", "network" },
	{ "AS Path", "asPath" },
	{ "Communities", "communities" },
	{ "Result", "result" },
	{ "New Network", "newNetwork" },
	{ "New AS Path", "newAsPath" },
	{ "New Communities", "newCommunities" },
};

int ask_policy_test(const struct request *req)
{
	return ask_rows(req, "policy-test", policy_columns,
			ARRAY_SIZE(policy_columns));
}

int ask_bfd(const struct request *req)
{
	return ask_rows(req, "bfd", bfd_columns, ARRAY_SIZE(bfd_columns));
}

int ask_status(const struct request *req)
{
	return ask_rows(req, "status", status_columns,
			ARRAY_SIZE(status_columns));
}

int ask_problems(const struct request *req)
{
	return ask_rows(req, "problems", problem_columns,
			ARRAY_SIZE(problem_columns));
}

/*
 * Learned and advertised routes, in JSON by instance as Azure shows them. The
 * rows of all instances come mixed and may be many: each instance's are kept
 * in a file until all are there.
 */

static const struct column route_columns[] = {
	{ "VNet", "vnet" },
	{ "Neighbor", "neighbor" },
	{ "Local Address", "localAddress" },
	{ "Network", "network" },
	{ "Path ID", "pathId" },
	{ "Next Hop", "nextHop" },
	{ "Source Peer", "sourcePeer" },
	{ "Origin", "origin" },
	{ "AS Path", "asPath" },
	{ "Weight", "weight" },
	{ "Best", "best" },
	{ "Stale", "stale" },
	{ "State", "state" },
	{ "Why", "why" },
	{ "Error", "error" },
};

struct by_instance {
	FILE *files[CONF_INSTANCES_MAX];
	bool failed;
};

static void add_route_json(json_t *row, void *arg)
{
	json_int_t i = json_integer_value(json_object_get(row, "instance"));
	struct by_instance *by = arg;
	bool first;

	if (i < 0 || i >= CONF_INSTANCES_MAX || by->failed)
		return;
	first = !by->files[i];
	if (first)
		by->files[i] = tmpfile();
	by->failed = !by->files[i] ||
		     fputs(first ? "\n    " : ",\n    ", by->files[i]) == EOF ||
		     json_dumpf(row, by->files[i], 0) < 0;
}

/* What was put into the files is there, and not only on its way. */
static bool all_written(const struct by_instance *by)
{
	unsigned int i;

	for (i = 0; i < CONF_INSTANCES_MAX; i++) {
		if (by->files[i] && fflush(by->files[i]) == EOF)
			return false;
	}
	return true;
}

static void copy_file(FILE *file)
{
	char buf[BUFSIZ];
	size_t len;

	rewind(file);
	while ((len = fread(buf, 1, sizeof(buf), file)) > 0)
		fwrite(buf, 1, len, stdout);
}

/* Azure has two instances: both are there, even if they have no rows. */
static void print_by_instance(const struct by_instance *by)
{
	unsigned int i;

	puts("{");
	for (i = 0; i < CONF_INSTANCES_MAX; i++) {
		if (i >= 2 && !by->files[i])
			continue;
		printf("  \"RouteServiceRole_IN_%u\": [", i);
		if (by->files[i])
			copy_file(by->files[i]);
		puts("],");
	}
	puts("  \"value\": null\n}");
}

static int ask_routes_json(const struct request *req, const char *command)
{
	struct by_instance by = { 0 };
	unsigned int i;
	int status;

	status = ask(req, command, add_route_json, &by);
	if (status == VRS_OK && (by.failed || !all_written(&by)))
		status = vrs_error("temporary file: %s", strerror(errno));
	if (status == VRS_OK)
		print_by_instance(&by);
	for (i = 0; i < CONF_INSTANCES_MAX; i++) {
		if (by.files[i])
			fclose(by.files[i]);
	}
	return status;
}

static int ask_routes(const struct request *req, const char *command)
{
	if (req->json)
		return ask_routes_json(req, command);
	return ask_text(req, command, route_columns,
			ARRAY_SIZE(route_columns));
}

int ask_learned(const struct request *req)
{
	return ask_routes(req, "learned");
}

int ask_advertised(const struct request *req)
{
	return ask_routes(req, "advertised");
}

/* Of no instance: rows as they are. */
int ask_loc_rib(const struct request *req)
{
	return ask_rows(req, "routes", route_columns,
			ARRAY_SIZE(route_columns));
}

int ask_reload(const struct request *req)
{
	return ask(req, "reload", NULL, NULL);
}
