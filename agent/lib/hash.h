/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyed hash for tables whose keys a peer chooses: SipHash-1-3 under a key
 * drawn at start, so nobody outside can aim at one bucket.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Draw this process's key; before the sandbox closes getrandom(2). */
void hash_init(void);

/* Hash of @len bytes under this process's key. */
uint64_t hash_bytes(const void *data, size_t len);

/**
 * hash_siphash - SipHash-c-d, the algorithm itself
 * @c: rounds per 8-byte word
 * @d: rounds at the end
 * @key: 16 bytes
 */
uint64_t hash_siphash(unsigned int c, unsigned int d, const uint8_t key[16],
		      const void *data, size_t len);

#endif
