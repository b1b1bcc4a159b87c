/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process and all that it started cost. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdint.h>

#define USAGE_MAX	32		/* processes */

struct usage {
	int pids[USAGE_MAX];
	int n;
};

/* Those that are there now. */
void usage_find(struct usage *usage, int pid);
/* Seconds on a CPU so far, by all threads that are still there. */
double usage_cpu(const struct usage *usage);
/* Bytes in memory, what is shared with others in proportion. */
uint64_t usage_memory(const struct usage *usage);

#endif
