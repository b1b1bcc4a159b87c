// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log lines to a standard error that nobody reads: none waits or is torn, and
 * what is lost is counted.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/log.h"

#define LINES		2000		/* more than anything here holds */
#define LINE_SIZE	1024
#define TIME_LIMIT	30		/* seconds, for a line that waits */
#define NOTICE		"test: warning: lines of the log lost before this one: "

static char text[4 * LINES * LINE_SIZE];	/* what has been read */
static size_t text_len;
static char letters[LINE_SIZE + 1];
static int real_stderr;

/* Of all lengths, and some that are cut. */
static void log_number(unsigned int n)
{
	log_info("%u %.*s", n, n * 37 % LINE_SIZE, letters);
}

static size_t expected(char *line, unsigned int n)
{
	snprintf(line, LINE_SIZE, "test: %u %.*s", n, n * 37 % LINE_SIZE,
		 letters);
	return strlen(strcat(line, "\n"));
}

/* What there is to read until now. */
static void drain(int fd)
{
	ssize_t n;

	while ((n = read(fd, text + text_len,
			 sizeof(text) - text_len - 1)) > 0)
		text_len += n;
	text[text_len] = '\0';
}

/*
 * How many lines the text accounts for, those that it says were lost included;
 * 0 if one is not as it was logged.
 */
static unsigned int accounted(unsigned int *lost)
{
	char line[LINE_SIZE + 1], *pos = text;
	unsigned int n = 0, gap;
	size_t len;

	*lost = 0;
	while (*pos) {
		if (sscanf(pos, NOTICE "%u", &gap) == 1) {
			n += gap;
			*lost += gap;
			pos = strchr(pos, '\n');
			if (!pos++)
				return 0;
			continue;
		}
		len = expected(line, n++);
		if (strncmp(pos, line, len) != 0)
			return 0;
		pos += len;
	}
	return n;
}

static void set_stderr(int fd)
{
	ktap_must(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	log_nonblock();
	text_len = 0;
}

static void fill(void)
{
	unsigned int i;

	for (i = 0; i < LINES; i++)
		log_number(i);
}

static void set_nonblock(int fd)
{
	ktap_must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

/* Nobody reads; then somebody does, and there is another line. */
static void test_full(const char *what, int reader, int writer)
{
	unsigned int lost, n;

	set_nonblock(reader);
	set_stderr(writer);
	fill();
	ktap_ok(true, "%s: no line waits", what);
	ktap_ok(!(fcntl(writer, F_GETFL) & O_NONBLOCK),
		"%s: that is so for the log alone", what);
	drain(reader);
	log_number(LINES);
	drain(reader);
	n = accounted(&lost);
	ktap_ok(n == LINES + 1 && lost > 0 && lost < LINES,
		"%s: lines are whole, or told to be lost", what);
	printf("# %u of %u lost\n", lost, n);
	close(reader);
	close(writer);
}

static void test_socket(int type, const char *what)
{
	int fds[2], size = 1;		/* the least there is */

	ktap_must(socketpair(AF_UNIX, type, 0, fds) == 0);
	ktap_must(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size,
			     sizeof(size)) == 0);
	test_full(what, fds[0], fds[1]);
	ktap_must(socketpair(AF_UNIX, type, 0, fds) == 0);
	test_full(what, fds[0], fds[1]);
}

static void test_pipe(void)
{
	int fds[2];

	ktap_must(pipe(fds) == 0);
	test_full("a pipe", fds[0], fds[1]);
}

/* One that takes a part of a line may do so. */
static void test_terminal(void)
{
	int screen = posix_openpt(O_RDWR | O_NOCTTY), tty;
	struct termios mode;

	ktap_must(screen >= 0 && grantpt(screen) == 0 &&
		  unlockpt(screen) == 0);
	tty = open(ptsname(screen), O_RDWR | O_NOCTTY);
	ktap_must(tty >= 0 && tcgetattr(tty, &mode) == 0);
	cfmakeraw(&mode);
	ktap_must(tcsetattr(tty, TCSANOW, &mode) == 0);
	set_nonblock(screen);
	set_stderr(tty);
	fill();
	ktap_ok(true, "a terminal: no line waits");
	ktap_ok(!(fcntl(tty, F_GETFL) & O_NONBLOCK),
		"a terminal: that is so for the log alone");
	do {
		drain(screen);
		log_info("last");
		drain(screen);
	} while (!strstr(text, "test: last\n"));
	ktap_ok(strstr(text, NOTICE), "a terminal: what is lost is told");
	close(screen);
	close(tty);
}

/* Which others write to as well, by the same open file. */
static void test_file(void)
{
	FILE *file = tmpfile();
	int fd;

	ktap_must(file);
	fd = fileno(file);
	set_stderr(fd);
	dprintf(fd, "before\n");
	log_info("between");
	dprintf(fd, "after\n");
	ktap_must(lseek(fd, 0, SEEK_SET) == 0);
	drain(fd);
	ktap_ok(strcmp(text, "before\ntest: between\nafter\n") == 0,
		"a file is written to behind what others write");
	fclose(file);
}

static void test_journal_is(const char *stream, int reader,
			    const char *prefix, const char *name)
{
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("test", LOG_LEVEL_INFO);
	log_warn("here");
	text_len = 0;
	drain(reader);
	ktap_ok(strncmp(text, prefix, strlen(prefix)) == 0, "%s", name);
	unsetenv("JOURNAL_STREAM");
	log_init("test", LOG_LEVEL_INFO);
}

static void test_journal(void)
{
	char stream[64];
	struct stat st;
	int fds[2];

	ktap_must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	ktap_must(fstat(fds[1], &st) == 0);
	set_nonblock(fds[0]);
	set_stderr(fds[1]);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	test_journal_is(stream, fds[0], "<4>test: here",
			"lines to the journal have levels");
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + 1);
	test_journal_is(stream, fds[0], "test: warning: here",
			"not if it is another descriptor that goes there");
	test_journal_is("x", fds[0], "test: warning: here",
			"nor if the variable makes no sense");
	close(fds[0]);
	close(fds[1]);
}

/* A process that finds the socket full, and has a last line; the reader. */
static int last_line(pid_t *pid)
{
	int fds[2];

	ktap_must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	*pid = fork();
	ktap_must(*pid >= 0);
	if (*pid == 0) {
		alarm(TIME_LIMIT);
		set_stderr(fds[1]);
		fill();
		close(fds[1]);
		fatalx("that was it");
	}
	close(fds[1]);
	return fds[0];
}

static bool ends_with_1(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 1;
}

static void test_fatal(void)
{
	pid_t pid;
	int fd = last_line(&pid);

	ktap_ok(ends_with_1(pid), "a process ends when nobody reads why");
	close(fd);
	fd = last_line(&pid);
	usleep(300 * 1000);
	drain(fd);
	ktap_ok(ends_with_1(pid) && strstr(text, NOTICE) &&
		strstr(text, "test: error: that was it\n"),
		"a reader that is late reads why");
	close(fd);
}

int main(void)
{
	ktap_start();
	alarm(TIME_LIMIT);
	unsetenv("JOURNAL_STREAM");
	memset(letters, 'x', LINE_SIZE);
	real_stderr = dup(STDERR_FILENO);
	log_init("test", LOG_LEVEL_INFO);
	test_socket(SOCK_STREAM, "a stream socket");
	test_socket(SOCK_DGRAM, "a datagram socket");
	test_pipe();
	test_terminal();
	test_file();
	test_journal();
	test_fatal();
	dup2(real_stderr, STDERR_FILENO);
	return ktap_finish();
}
