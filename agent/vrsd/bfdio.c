// SPDX-License-Identifier: GPL-2.0-or-later
#include "vrsd/bfdio.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bfd/packet.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/proc.h"

#define READS_TURN	16		/* packets of a socket in one turn */
#define STRAY_MAX	512		/* packets for nobody, */
#define STRAY_MS	200		/* in this time */

static struct {
	const struct bfdio_ops *ops;
	struct bfdio_sock *socks;
	struct loop_job *filter;	/* those that have become stale */
} bfdio;

bool bfdio_is(const struct bfdio_sock *sock, const struct msg_bfd_socket *id)
{
	return sock->id.vni == id->vni && sock->id.multihop == id->multihop &&
	       addr_equal(&sock->id.local, &id->local);
}

struct bfdio_sock *bfdio_find(const struct msg_bfd_socket *id)
{
	struct bfdio_sock *sock;

	for (sock = bfdio.socks; sock; sock = sock->next)
		if (bfdio_is(sock, id))
			break;
	return sock;
}

/*
 * What the kernel lets in
 */

static void set_filter(struct bfdio_sock *sock)
{
	if (bfd_filter_set(&sock->filter, sock->receiver)) {
		if (!sock->complained)
			log_warn("BFD looks at all that comes, as the kernel "
				 "takes no filter: %s", strerror(errno));
		sock->complained = true;
	}
	sock->stale = false;
}

static void set_filters(void *arg)
{
	struct bfdio_sock *sock;

	(void)arg;
	bfdio.ops->neighbors();
	for (sock = bfdio.socks; sock; sock = sock->next)
		if (sock->stale)
			set_filter(sock);
}

/* Once, when all has come that this turn brings. */
void bfdio_change(struct bfdio_sock *sock)
{
	if (!sock)
		return;
	sock->stale = true;
	loop_defer(bfdio.filter);
}

/*
 * Receiving
 */

static void rested(void *arg)
{
	struct bfdio_sock *sock = arg;

	loop_fd_want(sock->watch, LOOP_READ);
}

static void stray(struct bfdio_sock *sock)
{
	if (!loop_timer_running(sock->rest)) {
		sock->stray = 0;
		loop_timer_set(sock->rest, STRAY_MS);
	}
	if (++sock->stray == STRAY_MAX)
		loop_fd_want(sock->watch, 0);
}

/* TTL or hop limit; 0: unknown. */
static int ttl_of(struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	int ttl = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
		if ((cmsg->cmsg_level == IPPROTO_IP &&
		     cmsg->cmsg_type == IP_TTL) ||
		    (cmsg->cmsg_level == IPPROTO_IPV6 &&
		     cmsg->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, CMSG_DATA(cmsg), sizeof(ttl));
	return ttl;
}

bool bfdio_read(struct bfdio_sock *sock)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int)) * 2];
	} control;
	struct sockaddr_storage ss;
	uint8_t data[256];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_name = &ss,
		.msg_namelen = sizeof(ss),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct addr remote;
	ssize_t n = recvmsg(sock->receiver, &msg, MSG_DONTWAIT);

	if (n < 0)
		return false;
	remote = addr_from_sockaddr(&ss);
	if (!bfdio.ops->input(sock, &remote, ttl_of(&msg), data, n))
		stray(sock);
	return true;
}

static void ready(int fd, unsigned int ready, void *arg)
{
	unsigned int i;

	(void)fd;
	(void)ready;
	for (i = 0; i < READS_TURN && bfdio_read(arg); i++)
		;
}

/*
 * Sending
 */

int bfdio_send(const struct bfdio_sock *sock, const struct addr *remote,
	       const uint8_t *data)
{
	uint16_t port = sock->id.multihop ? BFD_PORT_MULTIHOP :
					    BFD_PORT_SINGLE_HOP;
	struct sockaddr_storage ss;
	struct iovec iov = {
		.iov_base = (void *)data,
		.iov_len = BFD_PACKET_LEN,
	};
	struct msghdr msg = {
		.msg_name = &ss,
		.msg_namelen = addr_to_sockaddr(remote, port, &ss),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	if (sock->sender < 0)
		return 0;
	return sendmsg(sock->sender, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ?
	       -1 : 0;
}

/*
 * Sockets come and go
 */

void bfdio_close(const struct msg_bfd_socket *id)
{
	struct bfdio_sock *sock = bfdio_find(id), **p;

	if (!sock)
		return;
	for (p = &bfdio.socks; *p != sock; p = &(*p)->next)
		;
	*p = sock->next;
	bfdio.ops->give(sock, NULL);
	loop_fd_free(sock->watch);
	loop_timer_free(sock->rest);
	close(sock->receiver);
	if (sock->sender >= 0)
		close(sock->sender);
	free(sock);
}

void bfdio_receiver(const struct msg_bfd_socket *id, int fd)
{
	struct bfdio_sock *sock;

	bfdio_close(id);
	sock = xcalloc(1, sizeof(*sock));
	sock->id = *id;
	sock->receiver = fd;
	sock->sender = -1;
	sock->watch = loop_fd_new(fd, LOOP_READ, ready, sock);
	sock->rest = loop_timer_new(rested, sock);
	sock->next = bfdio.socks;
	bfdio.socks = sock;
	bfdio.ops->give(sock, sock);
	bfdio_change(sock);
}

void bfdio_sender(const struct msg_bfd_socket *id, int fd)
{
	struct bfdio_sock *sock = bfdio_find(id);

	if (!sock || sock->sender >= 0)
		proc_violation(PROC_PARENT, MSG_BFD_SENDER);
	sock->sender = fd;
}

void bfdio_init(const struct bfdio_ops *ops)
{
	bfdio.ops = ops;
	bfdio.filter = loop_job_new(set_filters, NULL);
}
