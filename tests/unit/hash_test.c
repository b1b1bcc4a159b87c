// SPDX-License-Identifier: GPL-2.0-or-later

#include <inttypes.h>

#include "ktap.h"
#include "lib/hash.h"

/*
 * The paper's test values for SipHash-2-4: key 00 01 .. 0f, message 00 01 ..
 * of the given length. SipHash-1-3 is the same code with other counts.
 */
static const struct {
	size_t len;
	uint64_t hash;
} paper[] = {
	{ 0, 0x726fdb47dd0e0e31 },
	{ 1, 0x74f839c593dc67fd },
	{ 15, 0xa129ca6149be45e5 },
};

int main(void)
{
	uint8_t key[16], message[64];
	uint64_t hash;
	size_t i, n;

	ktap_start();
	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (i = 0; i < sizeof(message); i++)
		message[i] = i;
	for (i = 0; i < sizeof(paper) / sizeof(paper[0]); i++) {
		hash = hash_siphash(2, 4, key, message, paper[i].len);
		ktap_ok(hash == paper[i].hash,
			"SipHash-2-4 of %zu bytes: %016" PRIx64,
			paper[i].len, hash);
	}
	hash_init();
	hash = hash_bytes(message, 32);
	for (i = 0, n = 0; i < 32 * 8; i++) {
		message[i / 8] ^= 1 << i % 8;
		n += hash_bytes(message, 32) != hash;
		message[i / 8] ^= 1 << i % 8;
	}
	ktap_ok(n == 32 * 8, "every bit counts");
	ktap_ok(hash_bytes(message, 32) == hash, "equal bytes, equal hash");
	ktap_ok(hash_siphash(1, 3, key, message, 32) != hash,
		"under a key of this process's own");
	return ktap_finish();
}
