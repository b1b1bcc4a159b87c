// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/util.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Whether all is well, in a process whose descriptors these are. */
static bool standard(bool input, bool output, bool error)
{
	bool open[] = { input, output, error };
	char c = 0;
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (!open[fd])
			close(fd);
	open_std_fds();
	for (fd = 0; fd < 3; fd++)
		if (!is_open(fd))
			return false;
	if (!input && (read(STDIN_FILENO, &c, 1) == 0 || errno != EBADF))
		return false;
	for (fd = 1; fd < 3; fd++)
		if (!open[fd] && (write(fd, &c, 1) == 1 || errno != EBADF))
			return false;
	return true;
}

static void test_standard(bool input, bool output, bool error,
			  const char *name)
{
	pid_t pid = fork();
	int status;

	ktap_must(pid >= 0);
	if (pid == 0)
		_exit(!standard(input, output, error));
	ktap_must(waitpid(pid, &status, 0) == pid);
	ktap_ok(status == 0, "%s", name);
}

int main(void)
{
	ktap_start();
	test_standard(false, false, false, "closed: all three");
	test_standard(false, true, true, "closed: standard input");
	test_standard(true, false, true, "closed: standard output");
	test_standard(true, true, false, "closed: standard error");
	test_standard(true, true, true, "closed: none");
	return ktap_finish();
}
