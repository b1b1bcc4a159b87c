// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The run directory:
 *
 *	lock		held by the parent: one vrsd for one directory
 *	vrsd.sock	the control socket, for root and the service's group
 *	empty/		the file system of the other processes
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/protocol.h"
#include "lib/log.h"
#include "vrsd/parent.h"

#define BACKLOG	64

static void make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) && errno != EEXIST)
		fatal("%s", path);
	if (lstat(path, &st))
		fatal("%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		fatalx("%s: not a directory that only root can write", path);
}

bool rundir_open(const struct options *opt)
{
	bool before;
	int dir, fd;

	make_dir(opt->run_dir, 0755);
	make_dir(opt->sandbox.root, 0555);
	dir = open(opt->run_dir, O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		fatal("%s", opt->run_dir);
	before = !faccessat(dir, "lock", F_OK, AT_SYMLINK_NOFOLLOW);
	fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		fatal("%s/lock", opt->run_dir);
	/* Not closed again: it is held as long as this process lives. */
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			fatalx("another vrsd is running on %s", opt->run_dir);
		fatal("%s/lock", opt->run_dir);
	}
	close(dir);
	return before;
}

int rundir_socket(const struct options *opt)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t size = sizeof(sun.sun_path);
	mode_t old;
	int fd;

	if ((size_t)snprintf(sun.sun_path, size, "%s/" CTL_SOCKET,
			     opt->run_dir) >= size)
		fatalx("%s: too long for the path of a socket", opt->run_dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		fatal("socket");
	/* Ours by the lock, so one that is there is of an earlier run. */
	if (unlink(sun.sun_path) && errno != ENOENT)
		fatal("%s", sun.sun_path);
	old = umask(0117);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
	    chown(sun.sun_path, 0, opt->sandbox.gid) || listen(fd, BACKLOG))
		fatal("%s", sun.sun_path);
	umask(old);
	return fd;
}
