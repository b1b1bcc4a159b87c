// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/pages.h"

#include <sys/mman.h>

#include "lib/log.h"

/*
 * Chunks kept for whoever asks next, so that a table at the edge of a chunk
 * costs no system call each time it grows and shrinks.
 */
#define SPARE_MAX	8

static void *spare[SPARE_MAX];
static unsigned int n_spare;

/*
 * From here on in pages of 2 MiB where the system lets those who ask have them:
 * what is looked up at random would miss the TLB each time.
 */
#define HUGE_FROM	(4u << 20)	/* bytes */

void *pages_get(size_t bytes)
{
	void *mem;

	if (bytes == PAGES_CHUNK && n_spare > 0)
		return spare[--n_spare];
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		fatal("out of memory");
	if (bytes >= HUGE_FROM)
		madvise(mem, bytes, MADV_HUGEPAGE);
	return mem;
}

void pages_put(void *mem, size_t bytes)
{
	if (bytes == PAGES_CHUNK && n_spare < SPARE_MAX)
		spare[n_spare++] = mem;
	else if (mem)
		munmap(mem, bytes);
}
