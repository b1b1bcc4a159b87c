// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dense traffic without end: a burst of UDP packets, each of another flow, to
 * every address in turn, then a pause, whether or not anybody takes them.
 * Between two packets of a burst there is no time for a test to change
 * anything, so changes meet packets on their way.
 *
 * usage: blast [-n PACKETS] [-p MILLISECONDS] ADDRESS...
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ADDRS	16
#define MAX_BURST	256
#define FIRST_PORT	9000

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static unsigned int burst = 32, pause_ms = 5;
static union address to[MAX_ADDRS][MAX_BURST];
static int fds[2];		/* IPv4, IPv6 */

static void parse_address(const char *text, union address *addr, unsigned int i)
{
	if (inet_pton(AF_INET, text, &addr->in.sin_addr) == 1) {
		addr->sa.sa_family = AF_INET;
		addr->in.sin_port = htons(FIRST_PORT + i);
	} else if (inet_pton(AF_INET6, text, &addr->in6.sin6_addr) == 1) {
		addr->sa.sa_family = AF_INET6;
		addr->in6.sin6_port = htons(FIRST_PORT + i);
	} else {
		errx(2, "%s: no address", text);
	}
}

/* What cannot be sent is not: there will be more. */
static void send_burst(union address *addrs)
{
	bool v6 = addrs->sa.sa_family == AF_INET6;
	struct mmsghdr msgs[MAX_BURST];
	char payload[18] = "blast";
	struct iovec iov = { payload, sizeof(payload) };
	unsigned int i;

	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < burst; i++) {
		msgs[i].msg_hdr.msg_name = &addrs[i];
		msgs[i].msg_hdr.msg_namelen = v6 ? sizeof(addrs->in6) :
						   sizeof(addrs->in);
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	sendmmsg(fds[v6], msgs, burst, 0);
}

static unsigned int number(const char *text, unsigned int max)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (n < 1 || n > max)
		errx(2, "%s: not 1 to %u", text, max);
	return n;
}

int main(int argc, char **argv)
{
	unsigned int num, i, j;
	int c;

	while ((c = getopt(argc, argv, "n:p:")) != -1) {
		if (c == 'n')
			burst = number(optarg, MAX_BURST);
		else if (c == 'p')
			pause_ms = number(optarg, 1000);
		else
			return 2;
	}
	num = argc - optind;
	if (num < 1 || num > MAX_ADDRS)
		errx(2, "usage: blast [-n PACKETS] [-p MILLISECONDS] "
		     "ADDRESS...");
	for (i = 0; i < num; i++)
		for (j = 0; j < burst; j++)
			parse_address(argv[optind + i], &to[i][j], j);
	fds[0] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	fds[1] = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fds[0] < 0 || fds[1] < 0)
		err(1, "socket");
	for (;; usleep(pause_ms * 1000))
		for (i = 0; i < num; i++)
			send_burst(to[i]);
}
