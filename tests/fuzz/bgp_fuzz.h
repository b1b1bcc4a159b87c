/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BGP fuzzers share. */
#ifndef TESTS_FUZZ_BGP_FUZZ_H
#define TESTS_FUZZ_BGP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A property that no input may break. */
#define HOLDS(cond) do { \
	if (!(cond)) \
		abort(); \
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
