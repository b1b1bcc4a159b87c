// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

static const char *log_process = "vrsd";
static enum log_level log_level = LOG_LEVEL_INFO;
static bool log_journal;	/* lines start with <N>, not with a word */

static const char *const level_names[] = {
	[LOG_LEVEL_ERR] = "error: ",
	[LOG_LEVEL_WARN] = "warning: ",
	[LOG_LEVEL_NOTICE] = "",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "debug: ",
};

void log_init(const char *process, enum log_level level)
{
	log_process = process;
	log_level = level;
	log_journal = getenv("JOURNAL_STREAM");
}

bool log_sparsely(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

/* One write, so that lines of several processes do not mix. */
static void write_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[1024];
	size_t len;
	ssize_t ret;
	int saved = errno;

	if (level > log_level)
		return;
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
	ret = write(STDERR_FILENO, line, len);
	(void)ret;	/* there is nowhere left to complain */
	errno = saved;
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
	log_err("%s: %s", text, strerror(error));
	exit(1);
}

void fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_ERR, fmt, ap);
	va_end(ap);
	exit(1);
}
