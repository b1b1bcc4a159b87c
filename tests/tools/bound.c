// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One TCP connection of a socket that may be bound to a device, with a TTL.
 *
 *	bound [-d DEV] [-t TTL] listen ADDR PORT	prints what it receives
 *	bound [-d DEV] [-t TTL] connect ADDR PORT	sends its standard input
 *
 * The listener then sends "got N bytes" and the client prints it, so that both
 * directions have been used when the status is 0.
 */
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *device;
static int ttl;

static int open_socket(const struct addrinfo *ai)
{
	int fd, one = 1;

	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd < 0)
		err(1, "socket");
	if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				 strlen(device)) < 0)
		err(1, "%s", device);
	if (ttl && ai->ai_family == AF_INET &&
	    setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) < 0)
		err(1, "TTL %d", ttl);
	if (ttl && ai->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl,
		       sizeof(ttl)) < 0)
		err(1, "hop limit %d", ttl);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		err(1, "SO_REUSEADDR");
	return fd;
}

/* Until the end of @from; returns the number of bytes */
static unsigned long copy(int from, int to)
{
	unsigned long total = 0;
	char buf[65536];
	ssize_t n, done, m;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (done = 0; done < n; done += m) {
			m = write(to, buf + done, n - done);
			if (m < 0)
				err(1, "write");
		}
		total += n;
	}
	if (n < 0)
		err(1, "read");
	return total;
}

static void serve(int fd, const struct addrinfo *ai)
{
	int conn;

	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0)
		err(1, "bind");
	if (listen(fd, 1) < 0)
		err(1, "listen");
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		err(1, "accept");
	dprintf(conn, "got %lu bytes\n", copy(conn, STDOUT_FILENO));
	close(conn);
}

static void use(int fd, const struct addrinfo *ai)
{
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)
		err(1, "connect");
	copy(STDIN_FILENO, fd);
	shutdown(fd, SHUT_WR);
	if (copy(fd, STDOUT_FILENO) == 0)
		errx(1, "no answer");
}

static void usage(void)
{
	fputs("usage: bound [-d DEV] [-t TTL] listen|connect ADDR PORT\n",
	      stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct addrinfo *ai, hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	int c, fd;

	while ((c = getopt(argc, argv, "d:t:")) != -1) {
		switch (c) {
		case 'd':
			device = optarg;
			break;
		case 't':
			ttl = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 3)
		usage();
	c = getaddrinfo(argv[optind + 1], argv[optind + 2], &hints, &ai);
	if (c != 0)
		errx(1, "%s", gai_strerror(c));
	fd = open_socket(ai);
	if (strcmp(argv[optind], "listen") == 0)
		serve(fd, ai);
	else if (strcmp(argv[optind], "connect") == 0)
		use(fd, ai);
	else
		usage();
	freeaddrinfo(ai);
	return 0;
}
