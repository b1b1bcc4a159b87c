/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other way round than lpm_hash_mix(). */
#ifndef TESTS_LPM_UNMIX_H
#define TESTS_LPM_UNMIX_H

#include "../../kmod/lpm_hash.h"

/* The four bytes that have a mix */
static inline u32 unmix(u32 mix)
{
	u32 factor = lpm_hash_mix(1), inverse = 1;
	unsigned int i;

	/* Each round doubles the bits that are right. */
	for (i = 0; i < 5; i++)
		inverse *= 2 - factor * inverse;
	return mix * inverse;
}

#endif /* TESTS_LPM_UNMIX_H */
