/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP output for test programs: one file, one counter, no library.
 *
 *	int main(void)
 *	{
 *		ktap_start();
 *		ktap_ok(add(1, 1) == 2, "one and one is two");
 *		return ktap_finish();
 *	}
 *
 * A program that does not get to ktap_finish() has failed: only there is the
 * plan printed, unless ktap_plan() announced it.
 */
#ifndef TESTS_KTAP_H
#define TESTS_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int ktap_planned;
static unsigned int ktap_count;
static unsigned int ktap_failed;

/* Line buffered, so that a crash loses no result. */
static inline void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

static inline void ktap_plan(unsigned int results)
{
	ktap_planned = results;
	printf("1..%u\n", results);
}

__attribute__((format(printf, 4, 5)))
static inline bool ktap_result(bool ok, const char *file, int line,
			       const char *fmt, ...)
{
	va_list ap;

	printf("%s %u ", ok ? "ok" : "not ok", ++ktap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!ok) {
		ktap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	return ok;
}

/* One result; returns @cond so that a test can stop where going on is vain. */
#define ktap_ok(cond, ...) \
	ktap_result((cond), __FILE__, __LINE__, __VA_ARGS__)

static inline void ktap_skip(const char *name, const char *reason)
{
	printf("ok %u %s # SKIP %s\n", ++ktap_count, name, reason);
}

/* Set-up without which no result means anything. */
#define ktap_must(cond) do { \
	if (!(cond)) { \
		printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #cond); \
		exit(1); \
	} \
} while (0)

/* Returns the program's exit status. */
static inline int ktap_finish(void)
{
	if (ktap_planned == 0)
		printf("1..%u\n", ktap_count);
	else if (ktap_planned != ktap_count)
		printf("Bail out! planned %u results, had %u\n", ktap_planned,
		       ktap_count);
	return ktap_count == 0 || ktap_failed > 0 ||
	       (ktap_planned != 0 && ktap_planned != ktap_count);
}

#endif
