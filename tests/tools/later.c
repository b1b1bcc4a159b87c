// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One UDP datagram that its sender wants to be delivered at a later time
 * (SO_TXTIME), which who has no privilege may ask for.
 *
 *	later SECONDS ADDR PORT
 */
#include <err.h>
#include <linux/net_tstamp.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t in_ns(unsigned int seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec + seconds) * 1000000000ull + now.tv_nsec;
}

static void send_at(int fd, const struct addrinfo *to, uint64_t time)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(time))];
	} control = { 0 };
	struct iovec iov = { &time, sizeof(time) };
	struct msghdr msg = {
		.msg_name = to->ai_addr,
		.msg_namelen = to->ai_addrlen,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_TXTIME;
	cmsg->cmsg_len = CMSG_LEN(sizeof(time));
	memcpy(CMSG_DATA(cmsg), &time, sizeof(time));
	if (sendmsg(fd, &msg, 0) < 0)
		err(1, "sendmsg");
}

int main(int argc, char **argv)
{
	struct sock_txtime txtime = { .clockid = CLOCK_MONOTONIC };
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *to;
	int fd, rc;

	if (argc != 4)
		errx(1, "usage: later SECONDS ADDR PORT");
	rc = getaddrinfo(argv[2], argv[3], &hints, &to);
	if (rc)
		errx(1, "%s: %s", argv[2], gai_strerror(rc));
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime,
				 sizeof(txtime)) < 0)
		err(1, "SO_TXTIME");
	send_at(fd, to, in_ns(atoi(argv[1])));
	return 0;
}
