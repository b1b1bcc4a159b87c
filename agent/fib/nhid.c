// SPDX-License-Identifier: GPL-2.0-or-later
#include "fib/nhid.h"

#include <stdlib.h>

#include "fib/fib.h"
#include "lib/util.h"

#define NHID_COUNT	(FIB_NHID_LAST - FIB_NHID_FIRST + 1)

/* Two megabytes of zero pages, of which only those in use become real */
struct nhid {
	uint32_t next;			/* where to look first */
	uint8_t used[NHID_COUNT / 8];
};

struct nhid *nhid_new(void)
{
	return xcalloc(1, sizeof(struct nhid));
}

void nhid_free(struct nhid *ids)
{
	free(ids);
}

bool nhid_is_ours(uint32_t id)
{
	return id >= FIB_NHID_FIRST && id <= FIB_NHID_LAST;
}

static bool is_used(const struct nhid *ids, uint32_t index)
{
	return ids->used[index / 8] & (1u << index % 8);
}

uint32_t nhid_get(struct nhid *ids)
{
	uint32_t i, index;

	for (i = 0; i < NHID_COUNT; i++) {
		index = (ids->next + i) % NHID_COUNT;
		if (!is_used(ids, index)) {
			ids->used[index / 8] |= 1u << index % 8;
			ids->next = (index + 1) % NHID_COUNT;
			return FIB_NHID_FIRST + index;
		}
	}
	return 0;
}

void nhid_reserve(struct nhid *ids, uint32_t id)
{
	uint32_t index = id - FIB_NHID_FIRST;

	if (!nhid_is_ours(id))
		return;
	ids->used[index / 8] |= 1u << index % 8;
	if (ids->next <= index)
		ids->next = (index + 1) % NHID_COUNT;
}

void nhid_put(struct nhid *ids, uint32_t id)
{
	uint32_t index = id - FIB_NHID_FIRST;

	if (nhid_is_ours(id))
		ids->used[index / 8] &= ~(1u << index % 8);
}
