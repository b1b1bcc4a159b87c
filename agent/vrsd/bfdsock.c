// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BFD's UDP sockets, handed to bfd: for each instance address one that is
 * bound to BFD's port, and one to send from.
 */

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "bfd/packet.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define RETRY_MS	500
#define LINGER_MS	8000		/* while bfd says goodbye */
#define TTL_MAX		255
#define SENDER_PORT_MIN	49152		/* RFC 5881 section 4 */
#define SENDER_TRIES	64

struct bfdsock {
	struct bfdsock *next;
	struct msg_bfd_socket id;
	char device[IFNAMSIZ];
	unsigned int ifindex;		/* of device when they were bound */
	bool open;			/* bfd has them */
	bool complained;
	bool wanted;			/* since bfdsock_mark() */
};

static struct bfdsock *socks;
static struct loop_timer *retry_timer;
static struct loop_timer *sweep_timer;

/* With what single hop is known by: TTL 255, sent and to be looked at. */
static int set_options(int fd, int family, const char *device)
{
	int tos = IPTOS_PREC_INTERNETCONTROL;

	if (device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				    strlen(device)))
		return -1;
	if (sockets_set(fd, IPPROTO_IP, IP_FREEBIND, 1))
		return -1;
	if (family == AF_INET)
		return sockets_set(fd, IPPROTO_IP, IP_TTL, TTL_MAX) ||
		       sockets_set(fd, IPPROTO_IP, IP_TOS, tos) ||
		       sockets_set(fd, IPPROTO_IP, IP_RECVTTL, 1) ? -1 : 0;
	return sockets_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
	       sockets_set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL_MAX) ||
	       sockets_set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos) ||
	       sockets_set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) ? -1 : 0;
}

static int bind_port(int fd, const struct addr *local, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, port, &ss);

	return bind(fd, (struct sockaddr *)&ss, len);
}

/* A port that nobody can foretell. */
static int bind_sender(int fd, const struct addr *local)
{
	unsigned int tries;
	uint16_t port;

	for (tries = 0; tries < SENDER_TRIES; tries++) {
		if (getrandom(&port, sizeof(port), 0) < 0)
			return -1;
		if (!bind_port(fd, local, port | SENDER_PORT_MIN))
			return 0;
		if (errno != EADDRINUSE)
			return -1;
	}
	return -1;
}

static int open_socket(const struct bfdsock *sock, bool sender)
{
	const struct addr *local = &sock->id.local;
	uint16_t port = sock->id.multihop ? BFD_PORT_MULTIHOP :
					    BFD_PORT_SINGLE_HOP;
	int fd = socket(local->family,
			SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (set_options(fd, local->family, sock->device) ||
	    (sender ? bind_sender(fd, local) : bind_port(fd, local, port))) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void complain(struct bfdsock *sock)
{
	char text[ADDR_STRLEN];

	if (!sock->complained)
		log_warn("no BFD on %s%s%s yet: %s",
			 addr_format(&sock->id.local, text),
			 sock->device[0] ? " in " : "", sock->device,
			 strerror(errno));
	sock->complained = true;
	loop_timer_set(retry_timer, RETRY_MS);
}

static void close_sock(struct bfdsock *sock)
{
	if (sock->open)
		chan_send(proc_chan(PROC_BFD), MSG_BFD_CLOSE, &sock->id,
			  sizeof(sock->id));
	sock->open = false;
}

static void open_sock(struct bfdsock *sock)
{
	int receiver, sender = -1;

	close_sock(sock);
	sock->ifindex = sock->device[0] ? if_nametoindex(sock->device) : 0;
	receiver = open_socket(sock, false);
	if (receiver >= 0)
		sender = open_socket(sock, true);
	if (sender < 0) {
		complain(sock);
		if (receiver >= 0)
			close(receiver);
		return;
	}
	chan_send_fd(proc_chan(PROC_BFD), MSG_BFD_RECEIVER, &sock->id,
		     sizeof(sock->id), receiver);
	chan_send_fd(proc_chan(PROC_BFD), MSG_BFD_SENDER, &sock->id,
		     sizeof(sock->id), sender);
	sock->open = true;
	sock->complained = false;
}

static void retry(void *arg)
{
	struct bfdsock *sock;

	(void)arg;
	for (sock = socks; sock; sock = sock->next)
		if (!sock->open && sock->wanted)
			open_sock(sock);
}

static struct bfdsock *find(uint32_t vni, const struct addr *local,
			    bool multihop)
{
	struct bfdsock *sock;

	for (sock = socks; sock; sock = sock->next)
		if (sock->id.vni == vni && sock->id.multihop == multihop &&
		    addr_equal(&sock->id.local, local))
			return sock;
	sock = xcalloc(1, sizeof(*sock));
	sock->id.vni = vni;
	sock->id.local = *local;
	sock->id.multihop = multihop;
	sock->next = socks;
	socks = sock;
	return sock;
}

void bfdsock_open(uint32_t vni, const struct addr *local, const char *device,
		  bool multihop)
{
	unsigned int ifindex = device[0] ? if_nametoindex(device) : 0;
	struct bfdsock *sock = find(vni, local, multihop);

	sock->wanted = true;
	if (sock->open && sock->ifindex == ifindex)
		return;
	memcpy(sock->device, device, strlen(device) + 1);
	open_sock(sock);
}

void bfdsock_mark(void)
{
	struct bfdsock *sock;

	for (sock = socks; sock; sock = sock->next)
		sock->wanted = false;
}

static void sweep(void *arg)
{
	struct bfdsock **p = &socks, *sock;

	(void)arg;
	while ((sock = *p)) {
		if (sock->wanted) {
			p = &sock->next;
			continue;
		}
		*p = sock->next;
		close_sock(sock);
		free(sock);
	}
}

void bfdsock_sweep(void)
{
	loop_timer_set(sweep_timer, LINGER_MS);
}

void bfdsock_init(void)
{
	sweep_timer = loop_timer_new(sweep, NULL);
	retry_timer = loop_timer_new(retry, NULL);
}
