/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route server daemon. One program in five processes, each with the
 * rights that its task needs:
 *
 *	parent	  reads the configuration, opens listening and connecting
 *		  sockets, starts and ends the others
 *	speaker	  BGP sessions and tables: every byte that a peer sends is
 *		  parsed here; best paths, what to advertise, what to program
 *	kernel	  VNets, NICs and routes in the kernel, by netlink
 *	control	  answers vrs
 *	bfd	  sees within a second that a peer is gone, and has nothing
 *		  else to do that could keep it from seeing that
 *
 * They share nothing but messages (msg.h). When one of them ends unasked, all
 * end, with a line in the log that says which and how, and the service manager
 * starts them again: there is one way to recover, it is the one that a kill,
 * a crash and an upgrade take, and it costs no packet, because the kernel
 * holds the routes and the next run takes them over.
 */
#ifndef VRSD_VRSD_H
#define VRSD_VRSD_H

#include <stdbool.h>

#include "vrsd/sandbox.h"

#define VRSD_CONFIG	"/etc/vrsd.yaml"

struct options {
	const char *config;		/* path */
	const char *run_dir;
	bool no_kernel;			/* program nothing */
	bool debug;
	bool check;			/* only check the configuration */
	bool restarted;			/* another ran here since the boot */
	struct sandbox sandbox;
	char **argv;			/* for the processes to be started */
	int argc;
};

/* parent.c: the daemon itself; returns its exit status. */
int parent_main(const struct options *opt);

/* The others, in files of their names; each returns its exit status. */
int speaker_main(const struct options *opt);
int kernel_main(const struct options *opt);
int control_main(const struct options *opt);
int bfd_main(const struct options *opt);

/*
 * notify.c: tell the service manager, if there is one (sd_notify(3)); @wait
 * until it has room for that.
 */
void notify_manager(const char *state, bool wait);

#endif
