/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many addresses were compared, for a test that something is found without
 * a look at all. For one file of a program that is linked with
 * $(compared_libs).
 */
#ifndef TESTS_UNIT_COMPARED_H
#define TESTS_UNIT_COMPARED_H

#include "lib/addr.h"

static unsigned int n_compared;

int __real_addr_cmp(const struct addr *a, const struct addr *b);
int __wrap_addr_cmp(const struct addr *a, const struct addr *b);
bool __real_addr_equal(const struct addr *a, const struct addr *b);
bool __wrap_addr_equal(const struct addr *a, const struct addr *b);

int __wrap_addr_cmp(const struct addr *a, const struct addr *b)
{
	n_compared++;
	return __real_addr_cmp(a, b);
}

bool __wrap_addr_equal(const struct addr *a, const struct addr *b)
{
	n_compared++;
	return __real_addr_equal(a, b);
}

#endif
