/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging to standard error, one write per line. Where that is the journal each
 * line starts with the <N> syslog level that journald understands; elsewhere
 * with the level in words. A line that cannot be written is lost, and
 * the next that can be comes after one that says how many were.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {			/* syslog(3) numbers */
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/**
 * log_init - name this process and choose what is printed
 * @process: e.g. "speaker"; kept by reference
 * @level: the least severe level printed
 */
void log_init(const char *process, enum log_level level);

/**
 * log_nonblock - have no line wait for who reads the log
 *
 * Without it a write to a pipe, a terminal or a socket that is full waits. To
 * be called while what standard error is can still be opened.
 */
void log_nonblock(void);

/*
 * Whether to log the @n-th of what others can make happen without end: the
 * first, second, fourth, eighth...
 */
bool log_sparsely(uint64_t n);

void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Log an error, for which they may wait a second, and exit(1): fatal() appends
 * strerror(errno), fatalx() not.
 */
void fatal(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
