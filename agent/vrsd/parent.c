// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define SHUTDOWN_MS	3000		/* until who is left is killed */
#define ASKED_MAX	4096		/* more than control asks for */

static struct {
	const struct options *opt;
	bool started;			/* a configuration is in force */
	bool busy;			/* one is being put into force */
	bool again;			/* SIGHUP meanwhile */
	uint32_t *asked;		/* reloads to be answered ... */
	size_t n_asked;
	size_t n_served;		/* ... when this one is over */
	bool ending;
	int status;
	struct loop_timer *kill_timer;
} parent;

/*
 * Configuration
 */

/* The whole file, or NULL with *@err saying why not. */
static char *read_file(const char *path, size_t *len, struct conf_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && !fstat(fd, &st)) {
		if (st.st_size > (off_t)CONF_SIZE_MAX) {
			errno = EFBIG;
		} else {
			text = xmalloc(st.st_size + 1);
			n = read(fd, text, st.st_size);
		}
	}
	if (n < 0) {
		snprintf(err->text, sizeof(err->text), "%s: %s", path,
			 strerror(errno));
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	*len = MAX(n, 0);
	return text;
}

static struct conf *load(char **text, size_t *len, struct conf_error *err)
{
	const char *path = parent.opt->config;
	struct conf *conf;

	*text = read_file(path, len, err);
	if (!*text)
		return NULL;
	conf = conf_parse(path, *text, *len, err);
	if (conf && !conf_read_keys(conf, path, err)) {
		conf_free(conf);
		conf = NULL;
	}
	/* The others are told all but the keys. */
	if (conf)
		conf_blank_secrets(conf, *text, *len);
	else
		free(*text);
	return conf;
}

/* It was read by root with all that root may, which is over. */
static void check_readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		log_warn("%s: %s: it cannot be reloaded; root without "
			 "capabilities has to be able to read it", path,
			 strerror(errno));
	else
		close(fd);
}

static void reload(void);

static void answer(uint32_t id, const char *error)
{
	struct msg_query_end end = { .query = id, .error = error ? EINVAL : 0 };

	chan_send2(proc_chan(PROC_CONTROL), MSG_RELOADED, &end, sizeof(end),
		   error, error ? strlen(error) : 0);
}

/* Tell those who asked for the reload that is over. */
static void answer_served(const char *error)
{
	size_t i;

	for (i = 0; i < parent.n_served; i++)
		answer(parent.asked[i], error);
	parent.n_asked -= parent.n_served;
	if (parent.n_asked)
		memmove(parent.asked, parent.asked + parent.n_served,
			parent.n_asked * sizeof(*parent.asked));
	parent.n_served = 0;
}

static void applied(void)
{
	parent.busy = false;
	answer_served(NULL);
	if (!parent.started) {
		parent.started = true;
		log_notice("version %s serves %s", VRS_VERSION,
			   parent.opt->config);
		notify_manager("READY=1", true);
		watchdog_start();
	} else {
		log_notice("%s is in force", parent.opt->config);
	}
	if (parent.again || parent.n_asked)
		reload();
}

static void reload(void)
{
	struct conf_error err = { 0 };
	struct conf *conf;
	size_t len;
	char *text;

	if (parent.busy) {
		parent.again = true;
		return;
	}
	parent.again = false;
	parent.n_served = parent.n_asked;
	conf = load(&text, &len, &err);
	if (!conf) {
		log_err("%s", err.text);
		log_err("the configuration stays as it was");
		answer_served(err.text);
		return;
	}
	parent.busy = true;
	apply_start(conf, text, len, applied);
}

static void reload_asked(uint32_t id)
{
	if (parent.n_asked >= ASKED_MAX)
		proc_violation(PROC_CONTROL, MSG_RELOAD);
	parent.asked = xreallocarray(parent.asked, parent.n_asked + 1,
				     sizeof(*parent.asked));
	parent.asked[parent.n_asked++] = id;
	reload();
}

/*
 * The end
 */

static void shut_down(int status)
{
	if (parent.ending)
		return;
	parent.ending = true;
	parent.status = status;
	watchdog_stop();
	notify_manager("STOPPING=1", true);
	loop_timer_set(parent.kill_timer, SHUTDOWN_MS);
	spawn_shutdown();
}

static void kill_due(void *arg)
{
	(void)arg;
	spawn_kill_all();
}

static void child_ended(void *arg)
{
	enum proc_id proc;

	(void)arg;
	if (spawn_reap() && !parent.ending) {
		log_err("ending, because no process can do without another");
		shut_down(1);
	}
	if (!parent.ending)
		return;
	spawn_shutdown();
	for (proc = 0; proc < PROC_COUNT; proc++)
		if (spawn_alive(proc))
			return;
	loop_exit(parent.status);
}

static void terminate(void *arg)
{
	(void)arg;
	log_notice("ending as asked; the routes in the kernel stay");
	shut_down(0);
}

static void hangup(void *arg)
{
	(void)arg;
	reload();
}

static void message(enum proc_id from, uint16_t type, const void *body,
		    size_t len, int fd)
{
	const uint32_t *number = body;

	switch (type) {
	case MSG_PONG:
		watchdog_answered(from);
		break;
	case MSG_CONF_DONE:
		apply_answered(from);
		break;
	case MSG_NIC_DOWN:
		chan_send(proc_chan(PROC_SPEAKER), MSG_UNREACHABLE, body,
			  len);
		break;
	case MSG_VNET_READY:
		apply_vnet_ready(body);
		break;
	case MSG_VNET_LOST:
		apply_vnet_lost(*number);
		break;
	case MSG_DIAL:
		apply_dial(*number);
		break;
	case MSG_REKEY:
		apply_rekey(*number, fd);
		break;
	case MSG_RELOAD:
		reload_asked(*number);
		break;
	default:
		proc_violation(from, type);
	}
}

/* SIGCHLD tells, too. */
static void lost(enum proc_id from)
{
	log_debug("channel to %s has ended", proc_name(from));
}

static const struct proc_ops ops = {
	.message = message,
	.lost = lost,
};

static void watch_signals(void)
{
	loop_signal(SIGCHLD, child_ended, NULL);
	loop_signal(SIGTERM, terminate, NULL);
	loop_signal(SIGINT, terminate, NULL);
	loop_signal(SIGHUP, hangup, NULL);
	parent.kill_timer = loop_timer_new(kill_due, NULL);
}

int parent_main(const struct options *given)
{
	static struct options opt;
	struct conf_error err = { 0 };
	struct conf *conf;
	size_t len;
	char *text;

	opt = *given;
	parent.opt = &opt;
	if (geteuid() != 0)
		fatalx("needs to be started by root");
	/* What whoever started us forgot to close is not for the children. */
	closefrom(STDERR_FILENO + 1);
	conf = load(&text, &len, &err);
	if (!conf) {
		log_err("%s", err.text);
		return 1;
	}
	opt.restarted = rundir_open(&opt);
	proc_init(PROC_PARENT, &ops);
	watch_signals();
	spawn_all(&opt);
	chan_send_fd(proc_chan(PROC_CONTROL), MSG_CONTROL_SOCKET, NULL, 0,
		     rundir_socket(&opt));
	sandbox_enter(PROC_PARENT, &opt.sandbox);
	check_readable(opt.config);
	apply_init(&opt);
	segments_watch();
	parent.busy = true;
	apply_start(conf, text, len, applied);
	return loop_run();
}
