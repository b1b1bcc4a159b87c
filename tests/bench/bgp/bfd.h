/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The speakers' ends of BFD sessions with the daemon (RFC 5880, 5881): single
 * hop, asynchronous. They are served by a thread with real-time priority, and
 * packets are timed by the kernel, so that what the rest of the benchmark does
 * is not taken for the daemon's doing. Like the speakers, they share no code
 * with vrsd, which they measure.
 */
#ifndef BENCH_BFD_H
#define BENCH_BFD_H

#include <stdbool.h>
#include <stdint.h>

#define BFD_INTERVAL_MS	50		/* asked for by our end */
#define BFD_MULTIPLIER	3

/* One more session, from @address; its number, from 0. Before bfd_start(). */
unsigned int bfd_add(const uint8_t address[4]);
void bfd_start(const uint8_t target[4]);
/* Whether all sessions are up, and no timers are being negotiated. */
bool bfd_up(void);

/* Forget how long the daemon has been silent, and how often it was down. */
void bfd_reset(void);
/*
 * The longest time, in ns, between two packets of one session since then, and
 * in @down how often the daemon said that one is not up; those below @first do
 * not count.
 */
uint64_t bfd_silence(unsigned int first, unsigned int *down);

#endif
