// SPDX-License-Identifier: GPL-2.0-or-later

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/sandbox.h"
#include "vrsd/tcp_ao.h"

#define FOR(proc)	(1u << (proc))
#define CHILDREN	(FOR(PROC_SPEAKER) | FOR(PROC_KERNEL) | \
			 FOR(PROC_CONTROL) | FOR(PROC_BFD))

/* System calls without a look at their arguments, and who may make them. */
static const struct {
	int call;
	unsigned int procs;
} calls[] = {
	/* the loop and its channels */
	{ SCMP_SYS(epoll_wait), CHILDREN },
	{ SCMP_SYS(epoll_pwait), CHILDREN },
	{ SCMP_SYS(epoll_ctl), CHILDREN },
	{ SCMP_SYS(clock_gettime), CHILDREN },
	{ SCMP_SYS(gettimeofday), CHILDREN },
	{ SCMP_SYS(recvmsg), CHILDREN },
	{ SCMP_SYS(sendmsg), CHILDREN },
	{ SCMP_SYS(close), CHILDREN },
	{ SCMP_SYS(write), CHILDREN },		/* log lines */
	{ SCMP_SYS(poll), CHILDREN },		/* the last one */
	{ SCMP_SYS(writev), CHILDREN },
	{ SCMP_SYS(pread64), CHILDREN },	/* own memory use */
	{ SCMP_SYS(getpid), CHILDREN },
	{ SCMP_SYS(restart_syscall), CHILDREN },
	{ SCMP_SYS(rt_sigreturn), CHILDREN },
	{ SCMP_SYS(exit_group), CHILDREN },
	/* memory */
	{ SCMP_SYS(brk), CHILDREN },
	{ SCMP_SYS(munmap), CHILDREN },
	{ SCMP_SYS(mremap), CHILDREN },
	{ SCMP_SYS(madvise), CHILDREN },
	{ SCMP_SYS(futex), CHILDREN },
	/* connections */
	{ SCMP_SYS(accept4), FOR(PROC_SPEAKER) | FOR(PROC_CONTROL) },
	{ SCMP_SYS(read), FOR(PROC_SPEAKER) | FOR(PROC_CONTROL) },
	/* timers' jitter */
	{ SCMP_SYS(getrandom), FOR(PROC_SPEAKER) | FOR(PROC_BFD) },
	/* netlink */
	{ SCMP_SYS(sendto), FOR(PROC_KERNEL) },
	{ SCMP_SYS(recvfrom), FOR(PROC_KERNEL) },
};

static void allow(scmp_filter_ctx ctx, int call, unsigned int n_args,
		  struct scmp_arg_cmp arg)
{
	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, n_args, &arg))
		fatalx("sandbox: no rule for system call %d", call);
}

static void allow_option(scmp_filter_ctx ctx, int level, int option)
{
	struct scmp_arg_cmp args[] = {
		SCMP_A1(SCMP_CMP_EQ, level),
		SCMP_A2(SCMP_CMP_EQ, option),
	};

	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt),
				   ARRAY_SIZE(args), args))
		fatalx("sandbox: no rule for socket option %d", option);
}

static void allow_state(scmp_filter_ctx ctx, int level, int option)
{
	struct scmp_arg_cmp args[] = {
		SCMP_A1(SCMP_CMP_EQ, level),
		SCMP_A2(SCMP_CMP_EQ, option),
	};

	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt),
				   ARRAY_SIZE(args), args))
		fatalx("sandbox: no rule for socket option %d", option);
}

/* System calls that are harmless with some arguments only. */
static void allow_partly(scmp_filter_ctx ctx, enum proc_id proc)
{
	struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	allow(ctx, SCMP_SYS(mmap), 1, no_exec);
	allow(ctx, SCMP_SYS(mprotect), 1, no_exec);
	if (proc == PROC_SPEAKER) {
		allow(ctx, SCMP_SYS(ioctl), 1,
		      SCMP_A1(SCMP_CMP_EQ, FIONREAD));
		allow_state(ctx, SOL_SOCKET, SO_ERROR);
		allow_state(ctx, IPPROTO_TCP, TCP_SAVED_SYN);
		allow_state(ctx, IPPROTO_TCP, TCP_AO_INFO);
		/* a connection, for the parent to change its keys */
		allow(ctx, SCMP_SYS(fcntl), 1,
		      SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC));
		allow_option(ctx, IPPROTO_IP, IP_MINTTL);
		allow_option(ctx, IPPROTO_IPV6, IPV6_MINHOPCOUNT);
		allow_option(ctx, SOL_SOCKET, SO_LINGER);
		allow_option(ctx, IPPROTO_TCP, TCP_USER_TIMEOUT);
	}
	if (proc == PROC_CONTROL)
		allow_state(ctx, SOL_SOCKET, SO_PEERCRED);
	if (proc == PROC_BFD) {
		allow_option(ctx, SOL_SOCKET, SO_ATTACH_FILTER);
		allow_option(ctx, SOL_SOCKET, SO_DETACH_FILTER);
	}
}

void sandbox_limit_calls(enum proc_id proc)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	unsigned int i;
	int rc;

	if (!ctx)
		fatalx("sandbox: out of memory");
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].procs & FOR(proc))
			allow(ctx, calls[i].call, 0,
			      (struct scmp_arg_cmp){ 0 });
	allow_partly(ctx, proc);
	rc = seccomp_load(ctx);
	if (rc < 0) {
		errno = -rc;
		fatal("sandbox: seccomp");
	}
	seccomp_release(ctx);
}

/*
 * What each version of Landlock can forbid (Linux: landlock(7)); this is
 * newer than the header that the C library comes with may be.
 */
struct ruleset {
	uint64_t fs;
	uint64_t net;			/* version 4: bind, connect by TCP */
	uint64_t scoped;		/* version 6: sockets, signals */
};

int sandbox_landlock(void)
{
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION);

	return MAX(version, 0);
}

/* As far as this kernel can. */
void sandbox_limit_files(void)
{
	struct ruleset rules = { .fs = (1 << 13) - 1 };
	size_t size = sizeof(rules.fs);
	int version = sandbox_landlock(), fd;

	if (version < 1)
		return;
	if (version >= 2)
		rules.fs |= 1 << 13;	/* moving between directories */
	if (version >= 3)
		rules.fs |= 1 << 14;	/* truncating */
	if (version >= 5)
		rules.fs |= 1 << 15;	/* ioctl of devices */
	if (version >= 4) {
		rules.net = 3;
		size += sizeof(rules.net);
	}
	if (version >= 6) {
		rules.scoped = 3;
		size += sizeof(rules.scoped);
	}
	fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0))
		fatal("sandbox: landlock");
	close(fd);
}

static void limit_resources(void)
{
	static const struct rlimit none;

	if (setrlimit(RLIMIT_CORE, &none) || setrlimit(RLIMIT_NPROC, &none))
		fatal("sandbox: setrlimit");
}

/* capng_* look at /proc, so what is to be kept is said before chroot(2). */
static void choose_caps(enum proc_id proc)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (proc == PROC_KERNEL)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			     CAP_NET_ADMIN);
	if (proc == PROC_PARENT)
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			      CAP_NET_BIND_SERVICE, CAP_KILL, -1);
}

void sandbox_confine(enum proc_id proc, const struct sandbox *sandbox)
{
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fatal("sandbox: no_new_privs");
	choose_caps(proc);
	if (proc == PROC_PARENT) {
		if (capng_apply(CAPNG_SELECT_BOTH))
			fatal("sandbox: cannot drop capabilities");
		return;
	}
	limit_resources();
	if (chdir(sandbox->root) || chroot("."))
		fatal("sandbox: %s", sandbox->root);
	rc = capng_change_id(sandbox->uid, sandbox->gid,
			     CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	if (rc)
		fatalx("sandbox: cannot drop privileges (%d)", rc);
	sandbox_limit_files();
}

void sandbox_enter(enum proc_id proc, const struct sandbox *sandbox)
{
	sandbox_confine(proc, sandbox);
	if (proc != PROC_PARENT)
		sandbox_limit_calls(proc);
}
