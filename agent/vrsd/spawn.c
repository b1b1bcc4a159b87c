// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processes are this program again, executed anew rather than forked:
 * nothing of the parent's memory is in them, and each has an address space
 * layout of its own.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define CHANNEL_BUFFER	(16 * 1024)	/* bytes, per direction */

static struct child {
	pid_t pid;			/* 0: not running */
	bool asked;			/* to end */
} children[PROC_COUNT];

static const enum proc_id siblings[][2] = {
	{ PROC_SPEAKER, PROC_KERNEL },
	{ PROC_BFD, PROC_SPEAKER },
	{ PROC_BFD, PROC_KERNEL },
	{ PROC_CONTROL, PROC_SPEAKER },
	{ PROC_CONTROL, PROC_KERNEL },
	{ PROC_CONTROL, PROC_BFD },
};

bool spawn_alive(enum proc_id proc)
{
	return children[proc].pid != 0;
}

static void channel_pair(int fds[2])
{
	int size = CHANNEL_BUFFER, i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       fds))
		fatal("socketpair");
	for (i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
			       sizeof(size)))
			fatal("SO_SNDBUFFORCE");
}

static void exec_child(const struct options *opt, enum proc_id proc, int fd)
{
	char **argv = xcalloc(opt->argc + 4, sizeof(*argv));
	char *option = xasprintf("--process=%s", proc_name(proc));

	int n = 0;

	argv[n++] = opt->argv[0];
	/* before all others: there may be a "--" among them */
	argv[n++] = option;
	if (opt->restarted)
		argv[n++] = xstrdup("--restarted");
	memcpy(argv + n, opt->argv + 1, (opt->argc - 1) * sizeof(*argv));
	if (fd == PROC_PARENT_FD)
		fcntl(fd, F_SETFD, 0);
	else
		dup2(fd, PROC_PARENT_FD);
	/* as long as the program begins, too: what is ignored stays so */
	proc_ignore_signals();
	execv("/proc/self/exe", argv);
	fatal("cannot start process %s", proc_name(proc));
}

static void spawn(const struct options *opt, enum proc_id proc)
{
	int fds[2];
	pid_t pid;

	channel_pair(fds);
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (pid == 0)
		exec_child(opt, proc, fds[1]);
	close(fds[1]);
	children[proc].pid = pid;
	proc_attach(proc, fds[0]);
}

static void introduce(enum proc_id a, enum proc_id b)
{
	uint32_t other;
	int fds[2];

	if (!spawn_alive(a) || !spawn_alive(b))
		return;
	channel_pair(fds);
	other = b;
	chan_send_fd(proc_chan(a), MSG_CHANNEL, &other, sizeof(other), fds[0]);
	other = a;
	chan_send_fd(proc_chan(b), MSG_CHANNEL, &other, sizeof(other), fds[1]);
}

/* Each session is a descriptor. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void spawn_all(const struct options *opt)
{
	enum proc_id proc;
	size_t i;

	raise_descriptor_limit();
	for (proc = PROC_PARENT + 1; proc < PROC_COUNT; proc++)
		if (proc != PROC_KERNEL || !opt->no_kernel)
			spawn(opt, proc);
	for (i = 0; i < ARRAY_SIZE(siblings); i++)
		introduce(siblings[i][0], siblings[i][1]);
}

static bool ended(enum proc_id proc, int status)
{
	struct child *child = &children[proc];

	child->pid = 0;
	if (child->asked) {
		log_debug("process %s has ended", proc_name(proc));
		return false;
	}
	if (WIFSIGNALED(status))
		log_err("process %s was ended by signal %d (%s)",
			proc_name(proc), WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		log_err("process %s has ended with status %d",
			proc_name(proc), WEXITSTATUS(status));
	return true;
}

bool spawn_reap(void)
{
	bool unasked = false;
	enum proc_id proc;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (proc = 0; proc < PROC_COUNT; proc++)
			if (children[proc].pid == pid)
				unasked |= ended(proc, status);
	return unasked;
}

static bool ask(enum proc_id proc)
{
	struct child *child = &children[proc];

	if (!child->pid)
		return false;
	if (!child->asked)
		chan_send(proc_chan(proc), MSG_SHUTDOWN, NULL, 0);
	child->asked = true;
	return true;
}

/*
 * The routes in the kernel are to stay, whatever speaker loses while it says
 * goodbye to its peers: so it goes last.
 */
void spawn_shutdown(void)
{
	bool others = false;

	others |= ask(PROC_KERNEL);
	others |= ask(PROC_BFD);
	others |= ask(PROC_CONTROL);
	if (!others)
		ask(PROC_SPEAKER);
}

void spawn_kill(enum proc_id proc)
{
	if (children[proc].pid)
		kill(children[proc].pid, SIGKILL);
}

void spawn_kill_all(void)
{
	enum proc_id proc;

	for (proc = 0; proc < PROC_COUNT; proc++) {
		if (!spawn_alive(proc))
			continue;
		log_warn("process %s does not end: killed", proc_name(proc));
		spawn_kill(proc);
	}
}

bool spawn_waits(enum proc_id proc)
{
	char *path = xasprintf("/proc/%d/stat", children[proc].pid);
	char text[512], *name_end;
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n < 0)
		return false;
	text[n] = '\0';
	name_end = strrchr(text, ')');
	return name_end && !strncmp(name_end, ") D ", 4);
}
