/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for the kernel (SO_ATTACH_FILTER) that lets a socket for BFD
 * receive what neighbors send and drops all else, before anybody is woken.
 */
#ifndef BFD_FILTER_H
#define BFD_FILTER_H

#include <stddef.h>

#include "lib/addr.h"

/*
 * A socket may hold as much as net.core.optmem_max, 20 KiB, and while a program
 * is replaced it should hold both: so many addresses of IPv6 take less than 10.
 */
#define BFD_FILTER_ADDRS	64

/* Whose packets are let in. All zero: nobody's. */
struct bfd_filter {
	struct addr *addrs;		/* of one family */
	size_t n;
	uint8_t min_ttl;		/* the least of theirs */
};

/* @min_ttl: of its packets, 0: any */
void bfd_filter_add(struct bfd_filter *filter, const struct addr *addr,
		    uint8_t min_ttl);

/**
 * bfd_filter_set - have @fd receive only what is let in
 * @filter: any number of addresses; is empty afterwards
 *
 * Of more than BFD_FILTER_ADDRS only as many first bits count as leave no more
 * that differ, so others are let in, too. If the kernel does not take it all
 * are: what was set before would keep out who is new.
 * Return: 0, or -1 with errno set.
 */
int bfd_filter_set(struct bfd_filter *filter, int fd);

#endif
