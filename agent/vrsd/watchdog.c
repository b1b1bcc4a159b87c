// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who hangs is as bad as who has ended, and worse for the kernel's routes:
 * nobody withdraws what is gone. So while the service manager wants to hear
 * that vrsd is alive, the others are asked whether they are, and it hears
 * nothing while one is silent. Who is for half of its time is killed, and that
 * ends the service. If it is this process that hangs, the manager ends it.
 *
 * Who waits for the kernel, as process kernel does while others change the
 * network, does not hang: it could not be killed, and would come no further if
 * it were started anew.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

/* Parts of the time that the manager waits, and how many are too late. */
#define TICKS		4
#define LATE_MAX	2

static struct {
	uint64_t tick_ms;
	struct loop_timer *timer;	/* NULL: nobody wants to hear */
	struct {
		bool asked;		/* and has not answered */
		unsigned int late;	/* ticks, without a break, hanging */
	} proc[PROC_COUNT];
} watchdog;

static void kill_late(enum proc_id proc)
{
	log_err("process %s has not answered for %.1f seconds: killed",
		proc_name(proc), LATE_MAX * watchdog.tick_ms / 1000.0);
	spawn_kill(proc);
}

/* Whether it hangs, as far as one can tell. */
static bool look_at(enum proc_id proc)
{
	if (!spawn_alive(proc))
		return false;
	if (!watchdog.proc[proc].asked) {
		watchdog.proc[proc].asked = true;
		watchdog.proc[proc].late = 0;
		chan_send(proc_chan(proc), MSG_PING, NULL, 0);
		return false;
	}
	if (spawn_waits(proc)) {
		log_warn("process %s does not answer, as it waits for the "
			 "kernel", proc_name(proc));
		watchdog.proc[proc].late = 0;
		return false;
	}
	if (++watchdog.proc[proc].late >= LATE_MAX)
		kill_late(proc);
	return true;
}

static void tick(void *arg)
{
	bool hangs = false;
	enum proc_id proc;

	(void)arg;
	loop_timer_set(watchdog.timer, watchdog.tick_ms);
	for (proc = PROC_PARENT + 1; proc < PROC_COUNT; proc++)
		hangs |= look_at(proc);
	if (!hangs)
		notify_manager("WATCHDOG=1", false);
}

void watchdog_answered(enum proc_id proc)
{
	watchdog.proc[proc].asked = false;
}

void watchdog_stop(void)
{
	if (watchdog.timer)
		loop_timer_stop(watchdog.timer);
}

/* A positive number from the environment, 0 if there is none. */
static unsigned long long number(const char *name)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || !value) {
		log_warn("%s \"%s\" is not a positive number", name, text);
		return 0;
	}
	return value;
}

void watchdog_start(void)
{
	unsigned long long usec = number("WATCHDOG_USEC");
	unsigned long long pid = number("WATCHDOG_PID");

	if (!usec || (pid && pid != (unsigned long long)getpid()))
		return;
	watchdog.tick_ms = MAX(usec / 1000 / TICKS, 1);
	watchdog.timer = loop_timer_new(tick, NULL);
	tick(NULL);
}
