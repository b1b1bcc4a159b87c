// SPDX-License-Identifier: GPL-2.0-or-later

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/util.h"

static void *checked(void *ptr)
{
	if (!ptr)
		fatalx("out of memory");
	return ptr;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *ptr, size_t n, size_t size)
{
	if (!n || !size)
		n = size = 1;
	return checked(reallocarray(ptr, n, size));
}

char *xstrdup(const char *str)
{
	return checked(strdup(str));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap, again;
	char *str;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		fatalx("cannot format a string");
	str = xmalloc(len + 1);
	vsnprintf(str, len + 1, fmt, again);
	va_end(again);
	return str;
}

/* Opened the wrong way around, so that using them fails as if closed. */
void open_std_fds(void)
{
	int fd, mode;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd)
			fatal("/dev/null");
	}
}
