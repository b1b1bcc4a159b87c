// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/near.h"

#define NOWHERE		CPU_SETSIZE

static struct {
	bool off;			/* not to be had here */
	cpu_set_t all;
	unsigned int cpu;		/* the only one; NOWHERE: any of all */
	unsigned int seen;		/* where session was */
	unsigned int updates;		/* in this turn */
	uint64_t calm_ms;		/* from when on there is calm */
	struct loop_job *move_job;
} near;

/* A job, so that what is to be sent leaves before. */
static void move(void *arg)
{
	cpu_set_t set;

	(void)arg;
	CPU_ZERO(&set);
	if (near.cpu == NOWHERE)
		set = near.all;
	else
		CPU_SET(near.cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return;
	near.off = true;
	log_warn("cannot choose a CPU: %s", strerror(errno));
}

static void go(unsigned int cpu)
{
	near.cpu = cpu;
	loop_defer(near.move_job);
}

void near_init(void)
{
	near.cpu = NOWHERE;
	near.seen = NOWHERE;
	near.move_job = loop_job_new(move, NULL);
	near.off = sched_getaffinity(0, sizeof(near.all), &near.all) != 0 ||
		   CPU_COUNT(&near.all) < 2;
}

void near_update(unsigned int cpu)
{
	near.updates++;
	near.seen = cpu;
}

void near_turn(bool more)
{
	bool much = more || near.updates > NEAR_LITTLE;
	bool any = near.updates > 0;
	bool astray = any && near.cpu != NOWHERE && near.cpu != near.seen;

	near.updates = 0;
	if (near.off || (!any && !much))
		return;
	if (much || astray) {
		near.calm_ms = loop_now_ms() + NEAR_CALM;
		if (near.cpu != NOWHERE)
			go(NOWHERE);
	} else if (near.cpu == NOWHERE && near.seen < CPU_SETSIZE &&
		   CPU_ISSET(near.seen, &near.all) &&
		   loop_now_ms() >= near.calm_ms) {
		go(near.seen);
	}
}
