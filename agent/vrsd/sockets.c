// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define RETRY_MS	500
#define BACKLOG		128

struct listener {
	struct listener *next;
	uint32_t vni;
	struct addr local;
	char device[IFNAMSIZ];
	unsigned int ifindex;		/* of device when it was bound */
	bool open;			/* session has it */
	bool complained;		/* about not being able to open it */
	bool wanted;			/* since sockets_mark() */
};

static struct listener *listeners;
static struct loop_timer *retry_timer;

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/*
 * A TCP socket with @local and, if it is not "", in @device. The address need
 * not be there yet. Routing protocols are sent as network control (RFC 4594).
 */
static int open_socket(const struct addr *local, uint16_t port,
		       const char *device)
{
	bool v6 = local->family == AF_INET6;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, port, &ss);
	int fd = socket(local->family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    set_int(fd, IPPROTO_IP, IP_FREEBIND, 1) ||
	    (v6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
	    (v6 ? set_int(fd, IPPROTO_IPV6, IPV6_TCLASS,
			  IPTOS_PREC_INTERNETCONTROL) :
		  set_int(fd, IPPROTO_IP, IP_TOS,
			  IPTOS_PREC_INTERNETCONTROL)) ||
	    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) ||
	    (device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				     strlen(device))) ||
	    bind(fd, (struct sockaddr *)&ss, len)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int sockets_dial(const struct addr *local, const struct addr *remote,
		 const char *device)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, BGP_PORT, &ss);
	int fd = open_socket(local, 0, device);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void close_listener(const struct listener *ln)
{
	struct msg_listener msg = { .vni = ln->vni, .local = ln->local };

	if (ln->open)
		chan_send(proc_chan(PROC_SESSION), MSG_LISTENER_CLOSE, &msg,
			  sizeof(msg));
}

/* One that session has already is replaced, and its connections with it. */
static void open_listener(struct listener *ln)
{
	struct msg_listener msg = { .vni = ln->vni, .local = ln->local };
	char text[ADDR_STRLEN];
	int fd = open_socket(&ln->local, BGP_PORT, ln->device);

	if (fd < 0 || listen(fd, BACKLOG)) {
		if (!ln->complained)
			log_warn("cannot listen on %s%s%s yet: %s",
				 addr_format(&ln->local, text),
				 ln->device[0] ? " in " : "", ln->device,
				 strerror(errno));
		ln->complained = true;
		if (fd >= 0)
			close(fd);
		ln->open = false;
		loop_timer_set(retry_timer, RETRY_MS);
		return;
	}
	log_debug("listening on %s%s%s", addr_format(&ln->local, text),
		  ln->device[0] ? " in " : "", ln->device);
	chan_send_fd(proc_chan(PROC_SESSION), MSG_LISTENER, &msg, sizeof(msg),
		     fd);
	ln->open = true;
	ln->complained = false;
}

static void retry(void *arg)
{
	struct listener *ln;

	(void)arg;
	for (ln = listeners; ln; ln = ln->next)
		if (!ln->open)
			open_listener(ln);
}

static struct listener *find(uint32_t vni, const struct addr *local)
{
	struct listener *ln;

	for (ln = listeners; ln; ln = ln->next)
		if (ln->vni == vni && addr_equal(&ln->local, local))
			return ln;
	ln = xcalloc(1, sizeof(*ln));
	ln->vni = vni;
	ln->local = *local;
	ln->next = listeners;
	listeners = ln;
	return ln;
}

void sockets_listen(uint32_t vni, const struct addr *local, const char *device)
{
	unsigned int ifindex = device[0] ? if_nametoindex(device) : 0;
	struct listener *ln = find(vni, local);

	ln->wanted = true;
	if (ln->open && ln->ifindex == ifindex)
		return;
	memcpy(ln->device, device, strlen(device) + 1);
	ln->ifindex = ifindex;
	open_listener(ln);
}

void sockets_mark(void)
{
	struct listener *ln;

	for (ln = listeners; ln; ln = ln->next)
		ln->wanted = false;
}

void sockets_sweep(void)
{
	struct listener **p = &listeners, *ln;

	while ((ln = *p)) {
		if (ln->wanted) {
			p = &ln->next;
			continue;
		}
		*p = ln->next;
		close_listener(ln);
		free(ln);
	}
}

void sockets_init(void)
{
	retry_timer = loop_timer_new(retry, NULL);
}
