/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that nobody can foretell, from getrandom(2). */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdint.h>

uint32_t random_u32(void);
/* From 0 to @n - 1. */
uint32_t random_below(uint32_t n);

#endif
