/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next-hop objects of one VNet, as they should be in the kernel: a hop for
 * each address that routes lead to, and a group for each distinct set of them.
 * Routes refer to groups only, even if the set has one member, so that a
 * change of the set is one message whatever the number of routes. A group may
 * also have a backup, a hop that stands by: the module hands it packets while
 * no other has a NIC that is up, and when the last other is taken out it is a
 * member as any, by one message, too.
 *
 * Nothing here speaks to the kernel. What has to be told it is queued: objects
 * to be set (hops before the groups they are in), and objects that nobody
 * refers to any more, to be removed (groups before the hops they were in).
 */
#ifndef FIB_GROUP_H
#define FIB_GROUP_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "fib/nhid.h"
#include "lib/addr.h"

#define GROUPS_MAX	65536	/* groups of a VNet; peers choose how many */
#define GROUPS_FEW	(GROUPS_MAX / 8 * 7)	/* there is room again */

enum nhobj_kind {
	NHOBJ_HOP,
	NHOBJ_GROUP,
};

/* What hops and groups have in common */
struct nhobj {
	uint32_t id;			/* in the kernel; 0: not given yet */
	uint8_t kind;			/* enum nhobj_kind */
	uint8_t failure;		/* why it is not there, 0: no reason */
	bool in_kernel;			/* as it should be */
	bool set_queued, reap_queued;
	bool seen;			/* by the audit that runs */
	bool lost;			/* as it has found */
	bool touched;			/* set or queued since it began */
	size_t refs;
	uint64_t ticket;		/* when it was queued for removal */
	STAILQ_ENTRY(nhobj) set_entry;
	TAILQ_ENTRY(nhobj) reap_entry;
	UT_hash_handle hh_id;
};

struct hop {
	struct nhobj obj;		/* refs: groups it is in */
	struct addr addr;
	UT_hash_handle hh;		/* by address */
};

struct nhgroup {
	struct nhobj obj;		/* refs: routes that want it */
	bool keyed;			/* found by its set; the only such */
	UT_hash_handle hh;		/* by members */
	unsigned int n_hops;
	struct hop *hops[];		/* ordered by address; then the backup
					 * or NULL */
};

STAILQ_HEAD(nhobj_set_queue, nhobj);
TAILQ_HEAD(nhobj_reap_queue, nhobj);

struct groups {
	struct nhid *ids;
	struct hop *by_addr;
	struct nhgroup *by_hops;
	struct nhgroup *last;		/* that was looked up, or NULL */
	struct nhobj *by_id;
	struct nhobj_set_queue set_queue[2];	/* by kind: hops go first */
	struct nhobj_reap_queue reap_queue;
	uint64_t clock;			/* counts the routes ever queued */
	size_t n_hops, n_groups;
};

void groups_init(struct groups *groups, struct nhid *ids);
/* Frees all; ids stay taken, because the kernel keeps the objects. */
void groups_fini(struct groups *groups);

/**
 * groups_get - the group of a set of next hops, made if need be
 * @addrs: sorted and distinct, 1..FIB_MAX_HOPS
 * @backup: none of them, or NULL
 *
 * Return: the group with one more reference, or NULL if there are too many.
 */
struct nhgroup *groups_get(struct groups *groups, const struct addr *addrs,
			   size_t n, const struct addr *backup);
bool group_equals(const struct nhgroup *group, const struct addr *addrs,
		  size_t n, const struct addr *backup);
/* Drop a reference; the last one queues the group for removal. */
void groups_put(struct groups *groups, struct nhgroup *group);

/* Give an object the id it will have in the kernel; false if none is left. */
bool groups_number(struct groups *groups, struct nhobj *obj);
struct nhobj *groups_find(struct groups *groups, uint32_t id);
/* Queue an object to be set in the kernel. */
void groups_queue_set(struct groups *groups, struct nhobj *obj);
/* Queue all objects: the kernel has lost them. */
void groups_queue_all(struct groups *groups);
/* Queue those that failed, to try again, and the groups they are in. */
void groups_retry(struct groups *groups);

/**
 * groups_hop_down - take a hop out of the groups that have others
 *
 * The groups become those of the smaller sets; one that has no other hop
 * becomes that of its backup. Returns whether there was one.
 */
bool groups_hop_down(struct groups *groups, const struct addr *addr);

/* The next object to be set; it leaves the queue. NULL: none. */
struct nhobj *groups_next_set(struct groups *groups, enum nhobj_kind kind);
/*
 * The id of the next object to be removed from the kernel; it is forgotten
 * here. 0: none whose turn it is when @sent of the queued routes are sent.
 */
uint32_t groups_next_reap(struct groups *groups, uint64_t sent);
bool groups_idle(const struct groups *groups);

/*
 * Take over what the kernel holds. A hop that is wanted by that address and
 * has no id yet takes this one; else a new one is made. NULL: another object
 * stands for the same already, so the kernel's is superfluous.
 */
struct hop *groups_adopt_hop(struct groups *groups, uint32_t id,
			     const struct addr *addr);
/*
 * The members must be adopted; NULL if one is unknown. With @backup there is
 * one more, which stands by.
 */
struct nhgroup *groups_adopt_group(struct groups *groups, uint32_t id,
				   const uint32_t *members, size_t n,
				   bool backup);
/* Queue for removal what was adopted and is not referred to. */
void groups_reap_unused(struct groups *groups);

/* The audit: forget what was seen, ask what was not. */
void groups_audit_begin(struct groups *groups);
/* Queue what the kernel has lost; returns how much that was. */
unsigned int groups_audit_end(struct groups *groups);

#endif
