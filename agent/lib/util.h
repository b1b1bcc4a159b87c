/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is always there: running out ends the process with a message. */
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

#endif
