// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram to the socket named in the environment is all there is to
 * sd_notify(3); a privileged process needs no library for that.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "vrsd/vrsd.h"

void notify_manager(const char *state, bool wait)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;
	int fd;

	if (!path)
		return;
	len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(sun.sun_path)) {
		log_warn("NOTIFY_SOCKET \"%s\" is no socket address", path);
		return;
	}
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state),
		   MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT),
		   (struct sockaddr *)&sun,
		   offsetof(struct sockaddr_un, sun_path) + len) < 0)
		log_warn("cannot notify the service manager");
	if (fd >= 0)
		close(fd);
}
