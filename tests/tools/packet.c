// SPDX-License-Identifier: GPL-2.0-or-later

#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tools/packet.h"

int packet_open(const char *device, uint8_t *mac)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(device),
	};
	struct ifreq req = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0)
		err(1, "packet socket");
	memcpy(req.ifr_name, device, strnlen(device, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFHWADDR, &req) < 0 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "%s", device);
	memcpy(mac, req.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}
