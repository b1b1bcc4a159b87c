/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids of our next-hop objects: FIB_NHID_FIRST..FIB_NHID_LAST, unique in
 * the network namespace, not in a VNet. An id that was given back is used
 * again as late as possible, so that what is read in the kernel's log or in a
 * packet trace a moment later still means one thing.
 */
#ifndef FIB_NHID_H
#define FIB_NHID_H

#include <stdbool.h>
#include <stdint.h>

struct nhid;

struct nhid *nhid_new(void);
void nhid_free(struct nhid *ids);
/* A free id, or 0 if there is none. */
uint32_t nhid_get(struct nhid *ids);
/* Mark an id that was found in the kernel; others than ours are ignored. */
void nhid_reserve(struct nhid *ids, uint32_t id);
void nhid_put(struct nhid *ids, uint32_t id);
/* Whether an id is one of ours, used or not. */
bool nhid_is_ours(uint32_t id);

#endif
