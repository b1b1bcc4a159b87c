// SPDX-License-Identifier: GPL-2.0-or-later

#include <sys/random.h>

#include "lib/log.h"
#include "lib/random.h"

uint32_t random_u32(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), 0) < 0)
		fatal("getrandom");
	return value;
}

uint32_t random_below(uint32_t n)
{
	return (uint64_t)random_u32() * n >> 32;
}
