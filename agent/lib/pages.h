/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory by the page straight from mmap(2), so that what a large table gives
 * up goes back to the system at once, whatever else malloc(3) holds.
 */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <stddef.h>

#define PAGES_CHUNK	(64u << 10)	/* bytes; a size that is cached */

/* All zero, unless of PAGES_CHUNK bytes: such a piece may have had a user. */
void *pages_get(size_t bytes);
void pages_put(void *mem, size_t bytes);

#endif
