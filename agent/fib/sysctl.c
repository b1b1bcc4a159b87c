// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

/* With it, a changed next hop is told once for each route that has it. */
static const char compat_mode[] = "/proc/sys/net/ipv4/nexthop_compat_mode";

/*
 * How many bytes of IPv4 tables' old nodes may wait to be freed before whoever
 * changes a route waits for all readers, with the lock held that all network
 * changes need: with the kernel's 512 KiB at each few thousand routes.
 */
static const char sync_mem[] = "/proc/sys/net/ipv4/fib_sync_mem";
static const char sync_mem_bytes[] = "16777216";

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		log_info("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* 0: it is not there, as in all network namespaces but the host's. */
static unsigned long get(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		log_info("%s: %s", path, strerror(errno));
	close(fd);
	return strtoul(text, NULL, 10);
}

void sysctl_tune(void)
{
	unsigned long bytes = get(sync_mem);

	set(compat_mode, "0");
	if (bytes > 0 && bytes < strtoul(sync_mem_bytes, NULL, 10))
		set(sync_mem, sync_mem_bytes);
}
