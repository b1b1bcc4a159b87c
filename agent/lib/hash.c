// SPDX-License-Identifier: GPL-2.0-or-later
/* SipHash (Aumasson and Bernstein, 2012). */

#include <endian.h>
#include <string.h>
#include <sys/random.h>

#include "lib/hash.h"
#include "lib/log.h"

static uint8_t hash_key[16];

void hash_init(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) != sizeof(hash_key))
		fatal("getrandom");
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	while (n--)
		word = word << 8 | p[n];
	return word;
}

static inline uint64_t load_le64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

static inline uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_rounds(uint64_t v[4], unsigned int n)
{
	while (n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

uint64_t hash_siphash(unsigned int c, unsigned int d, const uint8_t key[16],
		      const void *data, size_t len)
{
	uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
	uint64_t v[4] = {
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
	};
	const uint8_t *p = data;
	uint64_t word;
	size_t left;

	for (left = len; left >= 8; left -= 8, p += 8) {
		word = load_le64(p);
		v[3] ^= word;
		sip_rounds(v, c);
		v[0] ^= word;
	}
	word = (uint64_t)len << 56 | load_le(p, left);
	v[3] ^= word;
	sip_rounds(v, c);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_rounds(v, d);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_bytes(const void *data, size_t len)
{
	return hash_siphash(1, 3, hash_key, data, len);
}
