/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest TTL of what a neighbor sends (RFC 5082): ttl-security.
 */
#ifndef VRSD_MIN_TTL_H
#define VRSD_MIN_TTL_H

#include "vrsd/msg.h"

/* Have the kernel drop what arrives with less; 0: nothing. 0 or -1 and errno */
int min_ttl_set(int fd, int family, uint8_t ttl);
/* Have what is accepted by a listening socket know how it came in. */
int min_ttl_listen(int fd);

/**
 * min_ttl_admit - ask of a connection what is asked of the neighbor
 * @fd: just accepted
 * @refused: how many have been, of this neighbor or range
 *
 * A listening socket asks for no more than the least of its neighbors' TTLs.
 * So what has arrived before this is called may come from too far away.
 *
 * Return: whether it may be used. Of a TTL that is too low, or not known, the
 * log tells, less and less often.
 */
bool min_ttl_admit(const struct msg_conf_peer *conf, const struct addr *remote,
		   int fd, uint64_t *refused);

#endif
