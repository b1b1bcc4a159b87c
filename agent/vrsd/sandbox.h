/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking away from a process all that its task does not need.
 *
 * speaker	nothing: it parses what peers send; whoever took it over could
 *		have routes programmed in the VNets, and nothing else
 * kernel	keeps CAP_NET_ADMIN; hears no peer
 * control	nothing
 * bfd		nothing; it has its memory locked and is scheduled first, and
 *		says which packets its sockets are to receive (bfd/filter.h)
 *
 * Each runs as an unprivileged user in an empty directory that it sees as the
 * whole file system, may not open even that (Landlock, where the kernel has
 * it), and may make the system calls of its list only. Others fail with EPERM
 * rather than end the process, so that a C library that begins to try a new
 * one does not take the service down; those of another ABI do end it. What it
 * works with it is handed over its channels as open descriptors.
 *
 * The parent keeps the user root, for the configuration file, and
 * CAP_NET_BIND_SERVICE, CAP_KILL and nothing else.
 */
#ifndef VRSD_SANDBOX_H
#define VRSD_SANDBOX_H

#include <sys/types.h>

#include "vrsd/msg.h"

struct sandbox {
	uid_t uid;
	gid_t gid;
	const char *root;		/* an empty directory */
};

/* For good; whatever does not work ends the process. */
void sandbox_enter(enum proc_id proc, const struct sandbox *sandbox);

/* Its parts, for sandbox_try(): all but the list of system calls, and that. */
void sandbox_confine(enum proc_id proc, const struct sandbox *sandbox);
void sandbox_limit_calls(enum proc_id proc);
/* A part of the first: forbid every use of every path, by Landlock. */
void sandbox_limit_files(void);
/* The version of the kernel's Landlock, 0 if it has none. */
int sandbox_landlock(void);

/**
 * sandbox_try - show that the sandbox of @proc holds
 *
 * Enters it and tries what must not work, with a line of KTAP for each, and
 * names the system calls that are let in.
 * Return: exit status, 0 if all was refused.
 */
int sandbox_try(enum proc_id proc, const struct sandbox *sandbox);

#endif
