// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof of the sandbox: be in it, and try to get out.
 *
 * First without the list of system calls, which would refuse everything before
 * anything else was asked. What is refused then is so by Landlock (in a
 * directory where a user without it may do all), by the lack of a capability or
 * by a limit. Then once more with the list, and with each system call that
 * there is.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/sandbox.h"

#define LAST_CALL	1023
#define X32_CALL	0x40000000	/* __X32_SYSCALL_BIT */
#define I386_GETPID	20
#define CALL_URETPROBE	335		/* newer than the headers may be */
#define CALL_UPROBE	336

static pid_t neighbor;			/* a process outside */
static struct sockaddr_un abstract = { .sun_family = AF_UNIX };
static int landlock;			/* the kernel's version, 0: none */
static unsigned int results;
static bool failed;

/* 0, or why not. */
static int outcome(long rc)
{
	return rc < 0 ? errno : 0;
}

/*
 * Files, in the directory that prepare_files() has made
 */

static int open_directory(void)
{
	return outcome(open(".", O_RDONLY | O_DIRECTORY));
}

static int read_file(void)
{
	return outcome(open("file", O_RDONLY));
}

static int write_file(void)
{
	return outcome(open("file", O_WRONLY));
}

static int cut_file(void)
{
	return outcome(truncate("file", 0));
}

static int read_secret(void)
{
	return outcome(open("secret", O_RDONLY));
}

static int create_file(void)
{
	return outcome(open("new", O_WRONLY | O_CREAT, 0600));
}

static int make_directory(void)
{
	return outcome(mkdir("new", 0700));
}

static int make_link(void)
{
	return outcome(symlink("file", "new"));
}

static int make_fifo(void)
{
	return outcome(mkfifo("new", 0600));
}

static int make_device(void)
{
	return outcome(mknod("new", S_IFCHR | 0600, makedev(1, 3)));
}

static int rename_file(void)
{
	return outcome(rename("file", "new"));
}

static int remove_file(void)
{
	return outcome(unlink("file"));
}

static int give_file(void)
{
	return outcome(chown("file", 1, 1));
}

static int execute(void)
{
	static char name[] = "file";
	char *argv[] = { name, NULL };

	return outcome(execv("file", argv));
}

static int listen_at_path(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "new" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return outcome(bind(fd, (void *)&sun, sizeof(sun)));
}

/*
 * Sockets
 */

static int with_socket(int family, int type, int protocol)
{
	return outcome(socket(family, type, protocol));
}

static int socket_inet(void)
{
	return with_socket(AF_INET, SOCK_STREAM, 0);
}

static int socket_inet6(void)
{
	return with_socket(AF_INET6, SOCK_DGRAM, 0);
}

static int socket_raw(void)
{
	return with_socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
}

static int socket_packet(void)
{
	return with_socket(AF_PACKET, SOCK_RAW, 0);
}

static int socket_netlink(void)
{
	return with_socket(AF_NETLINK, SOCK_RAW, 0);
}

static int socket_unix(void)
{
	return with_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int socket_pair(void)
{
	int fds[2];

	return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

/* At the loopback address, where nobody listens. */
static int use_port(int type, uint16_t port,
		    int (*use)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type, 0);

	return outcome(use(fd, (void *)&sin, sizeof(sin)));
}

static int bind_tcp(void)
{
	return use_port(SOCK_STREAM, 0, bind);
}

static int connect_tcp(void)
{
	return use_port(SOCK_STREAM, 1, connect);
}

static int bind_low_port(void)
{
	return use_port(SOCK_DGRAM, 179, bind);
}

static int connect_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return outcome(connect(fd, (void *)&abstract, sizeof(abstract)));
}

static int mark_packets(void)
{
	int mark = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

	return outcome(setsockopt(fd, SOL_SOCKET, SO_MARK, &mark,
				  sizeof(mark)));
}

static int bind_stdin(void)
{
	struct sockaddr sa = { .sa_family = AF_INET };

	return outcome(bind(STDIN_FILENO, &sa, sizeof(sa)));
}

static int connect_stdin(void)
{
	struct sockaddr sa = { .sa_family = AF_INET };

	return outcome(connect(STDIN_FILENO, &sa, sizeof(sa)));
}

static int option(int level, int name)
{
	int one = 1;

	return outcome(setsockopt(STDIN_FILENO, level, name, &one,
				  sizeof(one)));
}

static int attach_filter(void)
{
	return option(SOL_SOCKET, SO_ATTACH_FILTER);
}

static int set_ttl(void)
{
	return option(IPPROTO_IP, IP_TTL);
}

static int least_ttl(void)
{
	return option(IPPROTO_IP, IP_MINTTL);
}

static int reset_at_close(void)
{
	return option(SOL_SOCKET, SO_LINGER);
}

static int user_timeout(void)
{
	return option(IPPROTO_TCP, TCP_USER_TIMEOUT);
}

static int state(int level, int name)
{
	int value;
	socklen_t len = sizeof(value);

	return outcome(getsockopt(STDIN_FILENO, level, name, &value, &len));
}

static int peer_credentials(void)
{
	return state(SOL_SOCKET, SO_PEERCRED);
}

static int socket_error(void)
{
	return state(SOL_SOCKET, SO_ERROR);
}

static int first_segment(void)
{
	return state(IPPROTO_TCP, TCP_SAVED_SYN);
}

static int socket_type(void)
{
	return state(SOL_SOCKET, SO_TYPE);
}

static int change_stdin(void)
{
	return outcome(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK));
}

static int copy_stdin(void)
{
	return outcome(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

static int type_ahead(void)
{
	return outcome(ioctl(STDIN_FILENO, TIOCSTI, ""));
}

/*
 * Processes
 */

static int fork_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int trace_parent(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int kill_parent(void)
{
	return outcome(kill(getppid(), 0));
}

static int kill_neighbor(void)
{
	return outcome(kill(neighbor, 0));
}

static int trace_neighbor(void)
{
	return outcome(ptrace(PTRACE_ATTACH, neighbor, NULL, NULL));
}

static int map_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : 0;
}

static int make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int become_root(void)
{
	return outcome(setresuid(0, 0, 0));
}

static int become_another(void)
{
	return outcome(setresuid(1, 1, 1));
}

static int join_group(void)
{
	gid_t root = 0;

	return outcome(setgroups(1, &root));
}

static int raise_limit(void)
{
	struct rlimit limit = { .rlim_cur = 10, .rlim_max = 10 };

	return outcome(setrlimit(RLIMIT_NPROC, &limit));
}

static int come_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	return outcome(sched_setscheduler(0, SCHED_RR, &param));
}

static int leave_chroot(void)
{
	return outcome(chroot("."));
}

static int mount_something(void)
{
	return outcome(mount("none", ".", "tmpfs", 0, NULL));
}

static int new_user_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int new_network(void)
{
	return outcome(unshare(CLONE_NEWNET));
}

static int name_host(void)
{
	return outcome(syscall(SYS_sethostname, "", -1));
}

static int restart_host(void)
{
	return outcome(syscall(SYS_reboot, 0, 0, 0, NULL));
}

static int load_bpf(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	return outcome(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

/*
 * The attempts
 */

#define FOR(proc)	(1u << (proc))
#define PARENT		FOR(PROC_PARENT)
#define CHILDREN	(FOR(PROC_COUNT) - 1 - PARENT)
#define ALL		(CHILDREN | PARENT)

struct attempt {
	const char *what;
	int (*try)(void);
	int error;			/* what it must fail with ... */
	unsigned int refused;		/* ... in these processes */
	unsigned int allowed;		/* and must not in these */
	int landlock;			/* the version that refuses it */
};

static const struct attempt confined[] = {
	{ "open a directory", open_directory, EACCES, CHILDREN, PARENT, 1 },
	{ "read a file", read_file, EACCES, CHILDREN, PARENT, 1 },
	{ "write a file", write_file, EACCES, CHILDREN, 0, 1 },
	{ "truncate a file", cut_file, EACCES, CHILDREN, 0, 3 },
	{ "create a file", create_file, EACCES, CHILDREN, 0, 1 },
	{ "make a directory", make_directory, EACCES, CHILDREN, 0, 1 },
	{ "make a link", make_link, EACCES, CHILDREN, 0, 1 },
	{ "make a FIFO", make_fifo, EACCES, CHILDREN, 0, 1 },
	{ "rename a file", rename_file, EACCES, CHILDREN, 0, 1 },
	{ "remove a file", remove_file, EACCES, CHILDREN, 0, 1 },
	{ "listen at a path", listen_at_path, EACCES, CHILDREN, 0, 1 },
	{ "listen by TCP", bind_tcp, EACCES, CHILDREN, PARENT, 4 },
	{ "connect by TCP", connect_tcp, EACCES, CHILDREN, PARENT, 4 },
	{ "reach an abstract socket", connect_abstract, EPERM, CHILDREN,
	  PARENT, 6 },
	{ "signal another process", kill_neighbor, EPERM, CHILDREN, PARENT,
	  6 },
	{ "read another user's file", read_secret, EACCES, PARENT, 0, 0 },
	{ "give a file away", give_file, EPERM, PARENT, 0, 0 },
	{ "make a device", make_device, EPERM, PARENT, 0, 0 },
	{ "open a raw socket", socket_raw, EPERM, ALL, 0, 0 },
	{ "open a packet socket", socket_packet, EPERM, ALL, 0, 0 },
	{ "take a low port", bind_low_port, EACCES, CHILDREN, PARENT, 0 },
	{ "mark packets", mark_packets, EPERM, ALL & ~FOR(PROC_KERNEL),
	  FOR(PROC_KERNEL), 0 },
	{ "fork", fork_process, EAGAIN, CHILDREN, 0, 0 },
	{ "execute a file", execute, EAGAIN, CHILDREN, 0, 0 },
	{ "raise a limit", raise_limit, EPERM, CHILDREN, 0, 0 },
	{ "be scheduled first", come_first, EPERM, ALL, 0, 0 },
	{ "signal the parent", kill_parent, EPERM, CHILDREN, 0, 0 },
	{ "trace the parent", trace_parent, EPERM, CHILDREN, 0, 0 },
	{ "trace another process", trace_neighbor, EPERM, ALL, 0, 0 },
	{ "become root", become_root, EPERM, CHILDREN, 0, 0 },
	{ "become another user", become_another, EPERM, ALL, 0, 0 },
	{ "join a group", join_group, EPERM, ALL, 0, 0 },
	{ "change the root", leave_chroot, EPERM, ALL, 0, 0 },
	{ "mount", mount_something, EPERM, ALL, 0, 0 },
	{ "make a user namespace", new_user_namespace, EPERM, CHILDREN, 0,
	  0 },
	{ "make a network namespace", new_network, EPERM, ALL, 0, 0 },
	{ "name the host", name_host, EPERM, ALL, 0, 0 },
	{ "restart the host", restart_host, EPERM, ALL, 0, 0 },
};

/* With the list of system calls, for which all of this is one error. */
static const struct attempt filtered[] = {
	{ "make a TCP socket", socket_inet, EPERM, CHILDREN, 0, 0 },
	{ "make an IPv6 socket", socket_inet6, EPERM, CHILDREN, 0, 0 },
	{ "make a netlink socket", socket_netlink, EPERM, CHILDREN, 0, 0 },
	{ "make a UNIX socket", socket_unix, EPERM, CHILDREN, 0, 0 },
	{ "make a pair of sockets", socket_pair, EPERM, CHILDREN, 0, 0 },
	{ "bind", bind_stdin, EPERM, CHILDREN, 0, 0 },
	{ "connect", connect_stdin, EPERM, CHILDREN, 0, 0 },
	{ "attach a socket filter", attach_filter, EPERM,
	  CHILDREN & ~FOR(PROC_BFD), FOR(PROC_BFD), 0 },
	{ "set a TTL", set_ttl, EPERM, CHILDREN, 0, 0 },
	{ "set the least TTL", least_ttl, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "have a connection reset when it is closed", reset_at_close, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "limit how long data waits", user_timeout, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "ask for a socket's type", socket_type, EPERM, CHILDREN, 0, 0 },
	{ "ask for a socket's error", socket_error, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "ask for a connection's first segment", first_segment, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "ask for the peer's user", peer_credentials, EPERM,
	  CHILDREN & ~FOR(PROC_CONTROL), FOR(PROC_CONTROL), 0 },
	{ "change a descriptor", change_stdin, EPERM, CHILDREN, 0, 0 },
	{ "copy a descriptor", copy_stdin, EPERM,
	  CHILDREN & ~FOR(PROC_SPEAKER), FOR(PROC_SPEAKER), 0 },
	{ "type into a terminal", type_ahead, EPERM, CHILDREN, 0, 0 },
	{ "open a file", read_file, EPERM, CHILDREN, 0, 0 },
	{ "execute a file", execute, EPERM, CHILDREN, 0, 0 },
	{ "fork", fork_process, EPERM, CHILDREN, 0, 0 },
	{ "map executable memory", map_code, EPERM, CHILDREN, 0, 0 },
	{ "make memory executable", make_code, EPERM, CHILDREN, 0, 0 },
	{ "load a BPF program", load_bpf, EPERM, CHILDREN, 0, 0 },
};

/* stdio would make system calls of its own. */
__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	char line[160];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(1);
}

/* What a kernel's Landlock does not know it does not refuse. */
static void try_one(const struct attempt *attempt, enum proc_id proc,
		    const char *when)
{
	bool refused = attempt->refused & FOR(proc), ok;
	int error;

	if (!refused && !(attempt->allowed & FOR(proc)))
		return;
	if (refused && attempt->landlock > landlock) {
		say("ok %u %s cannot %s%s # SKIP Landlock is %d, not %d\n",
		    ++results, proc_name(proc), attempt->what, when, landlock,
		    attempt->landlock);
		return;
	}
	error = attempt->try();
	ok = (error == attempt->error) == refused;
	failed |= !ok;
	say("%sok %u %s %s %s%s\n", ok ? "" : "not ", ++results,
	    proc_name(proc), refused ? "cannot" : "can", attempt->what, when);
	if (!ok)
		say("# error %d\n", error);
}

/*
 * Processes of their own, which are in a part of the sandbox: that may end
 * them, and without the others it is seen that it is this one that refuses.
 */

enum part { PART_NONE, PART_FILES, PART_CALLS };

/* What the limit of processes would refuse first. */
static void child_executes(void)
{
	_exit(execute());
}

/* By the number that the system call has in the x32 ABI. */
static void child_calls_x32(void)
{
	_exit(syscall(X32_CALL | SYS_getpid) < 0);
}

/* By the entry that 32-bit programs use. */
static void child_calls_i386(void)
{
	long call = I386_GETPID;

	asm volatile("int $0x80" : "+a" (call) : : "memory");
	_exit(call < 0);
}

/* How a child ends that is in a part of the sandbox and does that. */
static int child_ends(enum part part, enum proc_id proc,
		      const struct sandbox *sandbox, void (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fatal("fork");
	if (pid == 0) {
		if (setresuid(sandbox->uid, sandbox->uid, sandbox->uid) ||
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(0);
		if (part == PART_FILES)
			sandbox_limit_files();
		else if (part == PART_CALLS)
			sandbox_limit_calls(proc);
		body();
	}
	if (waitpid(pid, &status, 0) != pid)
		fatal("waitpid");
	return status;
}

static void child_result(bool ok, enum proc_id proc, const char *what,
			 int status)
{
	failed |= !ok;
	say("%sok %u %s %s\n", ok ? "" : "not ", ++results, proc_name(proc),
	    what);
	if (!ok)
		say("# wait status %d\n", status);
}

static bool exits(int status, int error)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == error;
}

static bool is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/*
 * Some virtual machines have no such entry at all: without a filter, too, who
 * takes it is ended by a signal.
 */
static void try_i386(enum proc_id proc, const struct sandbox *sandbox)
{
	int status = child_ends(PART_NONE, proc, sandbox, child_calls_i386);

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) {
		child_result(true, proc, "has no i386 ABI here", status);
		return;
	}
	child_result(exits(status, 0), proc,
		     "has the i386 ABI without a filter", status);
	status = child_ends(PART_CALLS, proc, sandbox, child_calls_i386);
	child_result(is_killed(status), proc,
		     "is ended by a system call of the i386 ABI", status);
}

static void try_children(enum proc_id proc, const struct sandbox *sandbox)
{
	int status;

	status = child_ends(PART_NONE, proc, sandbox, child_executes);
	child_result(exits(status, ENOEXEC), proc,
		     "can reach a file to execute without Landlock", status);
	if (landlock > 0) {
		status = child_ends(PART_FILES, proc, sandbox, child_executes);
		child_result(exits(status, EACCES), proc,
			     "cannot execute a file with Landlock", status);
	}
	status = child_ends(PART_CALLS, proc, sandbox, child_calls_x32);
	child_result(is_killed(status), proc,
		     "is ended by a system call of the x32 ABI", status);
	try_i386(proc, sandbox);
}

/*
 * Two system calls do not return, and two are the kernel's own for probes, of
 * which no filter is asked.
 */
static bool not_tried(int call)
{
	return call == SYS_exit_group || call == SYS_rt_sigreturn ||
	       call == CALL_URETPROBE || call == CALL_UPROBE;
}

/*
 * Make each system call that there is, with arguments that do nothing, and name
 * those that are let in whatever their arguments.
 */
static void name_calls(enum proc_id proc)
{
	char *name;
	int call;

	say("# %s may call:", proc_name(proc));
	for (call = 0; call <= LAST_CALL; call++) {
		if (not_tried(call))
			continue;
		if (syscall(call, -1, -1, 0, -1, -1, -1) == -1 &&
		    errno == EPERM)
			continue;
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE,
							call);
		if (name)
			say(" %s", name);
		else
			say(" %d", call);
		free(name);
	}
	say("\n");
}

/* A file system that only we see, in which everybody may do everything. */
static void prepare_files(const struct sandbox *sandbox)
{
	int file, secret;

	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", sandbox->root, "tmpfs", 0, "mode=0777") ||
	    chdir(sandbox->root))
		fatal("%s", sandbox->root);
	file = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	secret = open("secret", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || fchmod(file, 0777) || secret < 0 ||
	    fchown(secret, sandbox->uid, sandbox->gid))
		fatal("%s", sandbox->root);
	close(file);
	close(secret);
}

/* A process of the user that all processes have, and a socket, both outside. */
static void prepare_neighbor(const struct sandbox *sandbox)
{
	int fds[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char c = 0;

	snprintf(abstract.sun_path + 1, sizeof(abstract.sun_path) - 1,
		 "vrsd-try-%d", getpid());
	if (bind(fd, (void *)&abstract, sizeof(abstract)) || listen(fd, 1) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		fatal("sockets");
	neighbor = fork();
	if (neighbor < 0)
		fatal("fork");
	if (neighbor == 0) {
		close(fds[0]);
		if (setresuid(sandbox->uid, sandbox->uid, sandbox->uid) ||
		    write(fds[1], &c, 1) != 1)
			_exit(1);
		_exit(read(fds[1], &c, 1));	/* until we are gone */
	}
	close(fds[1]);
	if (read(fds[0], &c, 1) != 1)
		fatalx("the other process has ended");
}

int sandbox_try(enum proc_id proc, const struct sandbox *sandbox)
{
	size_t i;

	prepare_files(sandbox);
	prepare_neighbor(sandbox);
	landlock = sandbox_landlock();
	say("TAP version 13\n");
	if (proc != PROC_PARENT)
		try_children(proc, sandbox);
	sandbox_confine(proc, sandbox);
	for (i = 0; i < ARRAY_SIZE(confined); i++)
		try_one(&confined[i], proc, "");
	if (proc != PROC_PARENT) {
		sandbox_limit_calls(proc);
		for (i = 0; i < ARRAY_SIZE(filtered); i++)
			try_one(&filtered[i], proc, " by a system call");
		name_calls(proc);
	}
	say("1..%u\n", results);
	return failed;
}
