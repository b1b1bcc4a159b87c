// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mac.h"

const uint8_t mac_of_router[MAC_LEN] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };

bool mac_parse(const char *str, uint8_t *out)
{
	char digits[3] = "";
	unsigned int i;

	for (i = 0; i < MAC_LEN; i++, str += 3) {
		if (!isxdigit((unsigned char)str[0]) ||
		    !isxdigit((unsigned char)str[1]) ||
		    str[2] != (i + 1 < MAC_LEN ? ':' : '\0'))
			return false;
		memcpy(digits, str, 2);
		out[i] = strtoul(digits, NULL, 16);
	}
	return true;
}

const char *mac_format(const uint8_t *mac, char *buf)
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

bool mac_equal(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, MAC_LEN) == 0;
}

bool mac_is_unicast(const uint8_t *mac)
{
	static const uint8_t zero[MAC_LEN];

	return !(mac[0] & 1) && !mac_equal(mac, zero);
}
