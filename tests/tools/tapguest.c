// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What holds a guest's NIC on the host, as an emulator does: creates the tap
 * NIC here and the tap eth0, with address MAC, in network namespace NETNS, and
 * carries frames between the two. The namespace's stack is the guest's. With -o
 * both have offloads (IFF_VNET_HDR): segmentation and checksums are left to the
 * other side.
 *
 * usage: tapguest [-o] NIC NETNS MAC
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/netns.h"

static char frame[sizeof(struct virtio_net_hdr) + 65536 + 256];

static int open_tap(const char *name, int offloads)
{
	const unsigned int features = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
				      TUN_F_TSO_ECN;
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		err(1, "/dev/net/tun");
	if (offloads)
		req.ifr_flags |= IFF_VNET_HDR;
	memcpy(req.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (ioctl(fd, TUNSETIFF, &req) < 0)
		err(1, "%s", name);
	if (offloads && ioctl(fd, TUNSETOFFLOAD, features) < 0)
		err(1, "%s: offloads", name);
	return fd;
}

static void set_mac(int fd, const char *text)
{
	struct ifreq req = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	unsigned char *mac = (unsigned char *)req.ifr_hwaddr.sa_data;

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1],
		   &mac[2], &mac[3], &mac[4], &mac[5]) != 6)
		errx(2, "%s: no MAC address", text);
	if (ioctl(fd, SIOCSIFHWADDR, &req) < 0)
		err(1, "eth0: %s", text);
}

/* All that is there; a frame that the other side does not take is lost. */
static void carry(int from, int to)
{
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		if (write(to, frame, n) < 0 && errno != EAGAIN &&
		    errno != EIO && errno != EINVAL)
			err(1, "write");
	if (n < 0 && errno != EAGAIN && errno != EIO)
		err(1, "read");
}

int main(int argc, char **argv)
{
	int offloads = argc > 1 && strcmp(argv[1], "-o") == 0;
	struct pollfd fds[2];

	if (argc - offloads != 4)
		errx(2, "usage: tapguest [-o] NIC NETNS MAC");
	argv += offloads;
	fds[0].fd = open_tap(argv[1], offloads);
	netns_enter(argv[2]);
	fds[1].fd = open_tap("eth0", offloads);
	set_mac(fds[1].fd, argv[3]);
	fds[0].events = POLLIN;
	fds[1].events = POLLIN;
	while (poll(fds, 2, -1) > 0) {
		carry(fds[0].fd, fds[1].fd);
		carry(fds[1].fd, fds[0].fd);
	}
	err(1, "poll");
}
