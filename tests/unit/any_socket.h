/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another socket in the place of a netlink one, which the test opens: what is
 * set of it is taken. For one file of a program that is linked with
 * $(any_socket_libs).
 */
#ifndef TESTS_UNIT_ANY_SOCKET_H
#define TESTS_UNIT_ANY_SOCKET_H

#include "fib/netlink.h"

int __wrap_netlink_open(struct netlink *nl, int bus);
int __wrap_netlink_set_room(const struct netlink *nl, int bytes);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type,
				 void *buf, socklen_t len);

int __wrap_netlink_set_room(const struct netlink *nl, int bytes)
{
	(void)nl;
	(void)bytes;
	return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type,
				 void *buf, socklen_t len)
{
	(void)nl;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

#endif
