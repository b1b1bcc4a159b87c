/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

/* Print "NAME VALUE". */
void figure(const char *name, double value);

/* For qsort() of uint64_t. */
int ascending(const void *a, const void *b);

#endif
