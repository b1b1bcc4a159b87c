/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the parent process. */
#ifndef VRSD_PARENT_H
#define VRSD_PARENT_H

#include "conf/conf.h"
#include "vrsd/auth.h"
#include "vrsd/msg.h"
#include "vrsd/vrsd.h"

/*
 * spawn.c: the other processes
 */

/* Start all, with channels to each other; @opt->no_kernel leaves one out. */
void spawn_all(const struct options *opt);
bool spawn_alive(enum proc_id proc);
/*
 * Take note of those that have ended. Return: whether any ended that was not
 * told to; the log says which and how.
 */
bool spawn_reap(void);
/* Ask those who are alive to end, in an order that leaves the kernel alone. */
void spawn_shutdown(void);
void spawn_kill(enum proc_id proc);
void spawn_kill_all(void);
/* Whether it waits for something in the kernel that no signal interrupts. */
bool spawn_waits(enum proc_id proc);

/*
 * watchdog.c: does a process hang?
 */

/*
 * Kill one that does, until watchdog_stop(), if the service manager wants to
 * hear that all is well ($WATCHDOG_USEC, sd_watchdog_enabled(3)).
 */
void watchdog_start(void);
void watchdog_stop(void);
/* MSG_PONG */
void watchdog_answered(enum proc_id proc);

/*
 * apply.c: from a configuration to what the processes do
 */

/**
 * apply_start - put a configuration into force
 * @conf: becomes the owner's here
 * @text: what it was parsed from, likewise
 *
 * Ends with a call of @done; not to be called again before that.
 */
void apply_start(struct conf *conf, char *text, size_t len,
		 void (*done)(void));
/* MSG_CONF_DONE */
void apply_answered(enum proc_id from);
/* MSG_VNET_READY: its listeners and connections can be bound. */
void apply_vnet_ready(const struct msg_vnet_ready *ready);
/* MSG_VNET_LOST: what was kept of it is not any more. */
void apply_vnet_lost(uint32_t vni);
/* The families that the VNet forwarded while there was no vrsd. */
uint8_t apply_kept(uint32_t vni);
/* MSG_DIAL */
void apply_dial(uint32_t peer);
/* MSG_REKEY: give a connection of the peer its keys of now; closes @fd. */
void apply_rekey(uint32_t peer, int fd);
/* Tell speaker whom it must refuse because its keys are not there. */
void apply_protection(void);
void apply_init(const struct options *opt);

/*
 * sockets.c: what speaker cannot open itself
 */

/* Keys for whoever is in @who. */
struct socket_key {
	struct prefix who;
	const struct auth *auth;	/* not kept */
};

/**
 * sockets_listen - have speaker listen, again if the device is not the one
 *		    it was; if that cannot be done now it is tried again
 * @device: "": any
 * @min_ttl: of all that is received, 0: any
 * @keys: one for each prefix, at most
 */
void sockets_listen(uint32_t vni, const struct addr *local,
		    const char *device, uint8_t min_ttl,
		    const struct socket_key *keys, size_t n_keys);
/* Close the listeners that were not asked for between these two. */
void sockets_mark(void);
void sockets_sweep(void);
/* Why the kernel does not hold the keys for @who as they are, or "". */
const char *sockets_problem(uint32_t vni, const struct addr *local,
			    const struct prefix *who);
/* A socket that is connecting, or -1 with errno set. */
int sockets_dial(const struct addr *local, const struct addr *remote,
		 const char *device, uint8_t min_ttl, const struct auth *auth);
void sockets_init(void);
/* An option of a socket that is a number; -1 with errno set. */
int sockets_set(int fd, int level, int option, int value);

/*
 * bfdsock.c: what bfd cannot open itself
 */

/* As sockets_listen(), for BFD. */
void bfdsock_open(uint32_t vni, const struct addr *local, const char *device,
		  bool multihop);
/* Close, in a while, those that were not asked for between these two. */
void bfdsock_mark(void);
void bfdsock_sweep(void);
void bfdsock_init(void);

/*
 * segments.c
 */

/* Log what the kernel drops from now on for its signature or TTL. */
void segments_watch(void);

/*
 * rundir.c
 */

/*
 * Be the only one on this run directory, and make all that is in it. Return:
 * whether there was one before; the directory does not outlive a boot.
 */
bool rundir_open(const struct options *opt);
/* The listening control socket, to be handed over. */
int rundir_socket(const struct options *opt);

#endif
