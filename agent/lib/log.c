// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/log.h"

#define LINE_SIZE	1024		/* below PIPE_BUF: all or nothing */
#define LAST_LINE_MS	1000

static const char *log_process = "vrsd";
static enum log_level log_level = LOG_LEVEL_INFO;
static bool log_journal;	/* lines start with <N>, not with a word */
static bool log_socket;		/* to be written to without waiting */
static unsigned long log_lost;	/* lines, and not yet told */

static const char *const level_names[] = {
	[LOG_LEVEL_ERR] = "error: ",
	[LOG_LEVEL_WARN] = "warning: ",
	[LOG_LEVEL_NOTICE] = "",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "debug: ",
};

/* Or it is another descriptor that does, as systemd.exec(5) has it. */
static bool goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st))
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void log_init(const char *process, enum log_level level)
{
	log_process = process;
	log_level = level;
	log_journal = goes_to_journal();
}

bool log_sparsely(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

/*
 * A terminal and a pipe are opened again, because whether a write waits is a
 * property of the opened file, which is the shell's and other programs', too.
 * Not so a file, where we would write over what they have written; it does not
 * wait for a reader. What cannot be opened is left as it is.
 */
void log_nonblock(void)
{
	struct stat st;
	int fd, mode;

	if (fstat(STDERR_FILENO, &st))
		return;
	log_socket = S_ISSOCK(st.st_mode);
	if (!S_ISFIFO(st.st_mode) && !isatty(STDERR_FILENO))
		return;
	/* open for reading, too, it may be its pipe's only reader */
	mode = fcntl(STDERR_FILENO, F_GETFL) & O_ACCMODE;
	fd = open("/proc/self/fd/2",
		  mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/*
 * One write, so that lines of several processes do not mix. A UNIX stream
 * socket, too, takes all of a line or nothing: it is one buffer to the kernel.
 */
static bool put(char *line, size_t len)
{
	struct iovec iov = { .iov_base = line, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t ret;

	if (log_socket)
		ret = sendmsg(STDERR_FILENO, &msg,
			      MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		ret = write(STDERR_FILENO, line, len);
	return ret == (ssize_t)len;
}

static bool put_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];
	size_t len;

	if (log_journal)
		len = snprintf(line, sizeof(line), "<%d>%s: ", level,
			       log_process);
	else
		len = snprintf(line, sizeof(line), "%s: %s", log_process,
			       level_names[level]);
	len += vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	line[len++] = '\n';
	return put(line, len);
}

__attribute__((format(printf, 1, 2)))
static bool put_warning(const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = put_line(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
	return ok;
}

/* A line that cannot be written is counted: there is nowhere to complain. */
static void write_line(enum log_level level, const char *fmt, va_list ap)
{
	int saved = errno;

	if (level > log_level)
		return;
	if (log_lost &&
	    put_warning("lines of the log lost before this one: %lu", log_lost))
		log_lost = 0;
	if (log_lost || !put_line(level, fmt, ap))
		log_lost++;
	errno = saved;
}

/*
 * The line that says why a process ends is worth a moment, for a reader that is
 * behind. Not more: one that is stuck must not keep the process, and with it
 * the others, from ending and being started again.
 */
static void await_reader(void)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	poll(&pfd, 1, LAST_LINE_MS);
}

#define LOG_FUNCTION(name, level)					\
	void name(const char *fmt, ...)					\
	{								\
		va_list ap;						\
									\
		va_start(ap, fmt);					\
		write_line(level, fmt, ap);				\
		va_end(ap);						\
	}

LOG_FUNCTION(log_err, LOG_LEVEL_ERR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void fatal(const char *fmt, ...)
{
	char text[512];
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	await_reader();
	log_err("%s: %s", text, strerror(error));
	exit(1);
}

void fatalx(const char *fmt, ...)
{
	va_list ap;

	await_reader();
	va_start(ap, fmt);
	write_line(LOG_LEVEL_ERR, fmt, ap);
	va_end(ap);
	exit(1);
}
