/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPU the rib process runs on. A lone update goes from session to rib
 * and back, and to wake an idle CPU takes longer than all else that is done
 * for it. So while there is little to do, rib stays on the CPU that session
 * was last seen on, where it runs as soon as session waits. When there is much
 * to do, or session moves about, it is for the scheduler to say.
 */
#ifndef VRSD_NEAR_H
#define VRSD_NEAR_H

#include <stdbool.h>

#define NEAR_LITTLE	16		/* updates in a turn */
#define NEAR_CALM	100		/* ms since there was more, or a move */

/* Before the sandbox; the CPUs that the process may run on now are all. */
void near_init(void);
/* An update has come from session, which ran on @cpu. */
void near_update(unsigned int cpu);
/* The end of a turn's work; @more: it has not been done with all. */
void near_turn(bool more);

#endif
