// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "lib/utf8.h"

/* By the first byte alone; 0: none begins so. */
static size_t sequence_len(uint8_t first)
{
	if (first < 0x7f)
		return 1;
	if (first < 0xc0 || first >= 0xf8)
		return 0;
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

size_t utf8_printable_len(const uint8_t *text, size_t left)
{
	static const uint32_t least[] = { 0, 0x20, 0xa0, 0x800, 0x10000 };
	size_t i, len = sequence_len(text[0]);
	uint32_t c = text[0];

	if (!len || len > left)
		return 0;
	if (len > 1)
		c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return len;
}

bool utf8_printable(const char *text)
{
	size_t left = strlen(text), len;

	for (; left; text += len, left -= len) {
		len = utf8_printable_len((const uint8_t *)text, left);
		if (!len)
			return false;
	}
	return true;
}

size_t utf8_whole_len(const char *text, size_t max)
{
	size_t len = strnlen(text, max), last = len;

	while (last > 0) {
		last--;
		if (((uint8_t)text[last] & 0xc0) != 0x80)
			break;
	}
	return sequence_len(text[last]) > len - last ? last : len;
}

void utf8_make_whole(char *text)
{
	text[utf8_whole_len(text, strlen(text))] = '\0';
}
