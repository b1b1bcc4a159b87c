/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, and standard descriptors, that are always there: running out ends the
 * process with a message.
 */
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

void *xmalloc(size_t size);
/* @n zeroed elements of @size bytes; the product is checked. */
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *ptr, size_t n, size_t size);
char *xstrdup(const char *str);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Occupy those of descriptors 0 to 2 that are closed, before another file gets
 * the number and with it what is meant for standard output or error.
 */
void open_std_fds(void);

#endif
