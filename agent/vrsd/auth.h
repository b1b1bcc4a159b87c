/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What TCP segments of a neighbor are authenticated with: a key of TCP MD5
 * (RFC 2385), keys of TCP-AO (RFC 5925), or nothing. Sockets are the parent's
 * to protect, which alone knows keys.
 */
#ifndef VRSD_AUTH_H
#define VRSD_AUTH_H

#include <stdbool.h>

#include "conf/conf.h"

struct auth {
	char *md5;			/* NULL: none */
	struct conf_ao_key *ao;		/* the neighbor is asked to use the
					 * first; key files are read */
	size_t n_ao;
};

#define AUTH_PROBLEM_MAX	128		/* bytes, with the 0 */

/* What became of a neighbor's keys, for its sessions that are up. */
enum auth_change {
	AUTH_SAME,
	AUTH_ROLLED,			/* they go on, with other TCP-AO keys */
	AUTH_OTHER,			/* they cannot */
};

/* A copy of what is configured, for auth_forget(). */
struct auth auth_copy(const struct conf_neighbor *neighbor);
struct auth auth_dup(const struct auth *auth);
void auth_forget(struct auth *auth);
enum auth_change auth_compare(const struct auth *old, const struct auth *new);

/*
 * These return whether all could be done, and if not say in @problem
 * (AUTH_PROBLEM_MAX bytes) what the kernel does not do, with errno set.
 */

/* Of a socket that is to be connected to @who, a single address. */
bool auth_dial(int fd, const struct prefix *who, const struct auth *auth,
	       char *problem);
/*
 * Of a listening socket, for whoever connects from @who; @held, what it has,
 * is brought up to date also when not all can be done.
 */
bool auth_listen(int fd, const struct prefix *who, struct auth *held,
		 const struct auth *auth, char *problem);
/*
 * Of a connection with TCP-AO that is up, with keys for @who: add those of
 * @auth, ask the other side to use the first, and take away all others.
 */
bool auth_roll(int fd, const struct prefix *who, const struct auth *auth,
	       char *problem);

#endif
