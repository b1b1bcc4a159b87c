// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof of the sandbox: be in it, and try to get out.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/util.h"
#include "vrsd/sandbox.h"

static bool open_file(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool open_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool create_file(void)
{
	return open("/x", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool make_directory(void)
{
	return mkdir("/x", 0700) == 0;
}

static bool socket_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool socket_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool socket_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool bind_stdin(void)
{
	struct sockaddr sa = { .sa_family = AF_INET };

	return bind(STDIN_FILENO, &sa, sizeof(sa)) == 0 || errno != EPERM;
}

static bool execute(void)
{
	static char name[] = "sh";
	char *argv[] = { name, NULL };

	execv("/bin/sh", argv);
	return errno != EPERM;
}

static bool fork_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool kill_parent(void)
{
	return kill(getppid(), 0) == 0 || errno != EPERM;
}

static bool map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool become_root(void)
{
	return setresuid(0, 0, 0) == 0;
}

static bool leave_chroot(void)
{
	return chroot("/") == 0;
}

static bool mount_something(void)
{
	return mount("none", "/", "tmpfs", 0, NULL) == 0;
}

static bool new_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool load_bpf(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) >= 0 ||
	       errno != EPERM;
}

/* Each returns whether it worked. */
static const struct {
	const char *what;
	bool (*try)(void);
} attempts[] = {
	{ "open /etc/passwd", open_file },
	{ "open /", open_root },
	{ "create a file", create_file },
	{ "make a directory", make_directory },
	{ "socket(AF_INET)", socket_inet },
	{ "socket(AF_NETLINK)", socket_netlink },
	{ "socket(AF_UNIX)", socket_unix },
	{ "bind", bind_stdin },
	{ "execve /bin/sh", execute },
	{ "fork", fork_process },
	{ "trace the parent", trace_parent },
	{ "signal the parent", kill_parent },
	{ "map executable memory", map_code },
	{ "make memory executable", make_code },
	{ "become root", become_root },
	{ "chroot", leave_chroot },
	{ "mount", mount_something },
	{ "make a user namespace", new_namespace },
	{ "load a BPF program", load_bpf },
};

/* stdio would make system calls of its own. */
__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	char line[128];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(1);
}

int sandbox_try(enum proc_id proc, const struct sandbox *sandbox)
{
	bool worked, any = false;
	size_t i;

	say("TAP version 13\n1..%zu\n", ARRAY_SIZE(attempts));
	sandbox_enter(proc, sandbox);
	for (i = 0; i < ARRAY_SIZE(attempts); i++) {
		worked = attempts[i].try();
		any |= worked;
		say("%sok %zu %s cannot %s\n", worked ? "not " : "", i + 1,
		    proc_name(proc), attempts[i].what);
	}
	return any;
}
