// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where rib runs: on session's CPU while there is little to do, and anywhere
 * when there is much or session moves about.
 */

#include <sched.h>

#include "ktap.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "vrsd/near.h"

static cpu_set_t all;
static unsigned int cpus[2];		/* two that we may run on */
static unsigned int n_cpus;

static void find_cpus(void)
{
	unsigned int cpu;

	ktap_must(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (cpu = 0; cpu < CPU_SETSIZE && n_cpus < 2; cpu++)
		if (CPU_ISSET(cpu, &all))
			cpus[n_cpus++] = cpu;
}

static void end_turn(void *arg)
{
	(void)arg;
	loop_exit(0);
}

/* Run the loop for @ms: what is deferred is done. */
static void pass(unsigned int ms)
{
	struct loop_timer *timer = loop_timer_new(end_turn, NULL);

	loop_timer_set(timer, ms);
	loop_run();
	loop_timer_free(timer);
}

/* @n updates from session on @cpu, in one turn. */
static void turn(unsigned int n, unsigned int cpu, bool more)
{
	while (n-- > 0)
		near_update(cpu);
	near_turn(more);
	pass(1);
}

static bool anywhere(void)
{
	cpu_set_t now;

	ktap_must(sched_getaffinity(0, sizeof(now), &now) == 0);
	return CPU_EQUAL(&now, &all);
}

static bool only_on(unsigned int cpu)
{
	cpu_set_t now;

	ktap_must(sched_getaffinity(0, sizeof(now), &now) == 0);
	return CPU_COUNT(&now) == 1 && CPU_ISSET(cpu, &now);
}

int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_ERR);
	find_cpus();
	loop_init();
	near_init();
	turn(1, UINT16_MAX, false);
	ktap_ok(anywhere(), "session's CPU is not known");
	turn(0, 0, false);
	ktap_ok(anywhere(), "nothing to do");
	if (n_cpus < 2) {
		turn(1, cpus[0], false);
		ktap_ok(anywhere(), "there is one CPU only: nothing to choose");
		return ktap_finish();
	}
	turn(1, cpus[1], false);
	ktap_ok(only_on(cpus[1]), "a lone update: where session is");
	turn(NEAR_LITTLE, cpus[1], false);
	ktap_ok(only_on(cpus[1]), "a few: still there");
	turn(1, cpus[0], false);
	ktap_ok(anywhere(), "session has moved: anywhere");
	turn(1, cpus[0], false);
	ktap_ok(anywhere(), "and for a while");
	pass(NEAR_CALM + 1);
	turn(1, cpus[0], false);
	ktap_ok(only_on(cpus[0]), "then where it is now");
	turn(NEAR_LITTLE + 1, cpus[0], false);
	ktap_ok(anywhere(), "many updates: anywhere");
	pass(NEAR_CALM + 1);
	turn(1, cpus[0], false);
	ktap_ok(only_on(cpus[0]), "calm again");
	turn(0, 0, true);
	ktap_ok(anywhere(), "work that takes more than a turn: anywhere");
	return ktap_finish();
}
