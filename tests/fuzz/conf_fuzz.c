// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: whatever the file, either one error with a place, or a
 * configuration that prints as a file that reads and prints the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/conf_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct conf *conf, size_t *size)
{
	char *text;
	FILE *out = open_memstream(&text, size);

	if (!out)
		abort();
	conf_print(conf, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_error err = { .text = "" };
	struct conf *conf, *again;
	char *first, *second;
	size_t len, len_again;

	conf = conf_parse("fuzz", data, size, &err);
	if (!conf) {
		if (strncmp(err.text, "fuzz:", 5) != 0 || err.pos.line == 0 ||
		    strchr(err.text, '\n'))
			abort();
		return 0;
	}
	first = print(conf, &len);
	again = conf_parse("again", first, len, &err);
	if (!again)
		abort();
	second = print(again, &len_again);
	if (len != len_again || memcmp(first, second, len) != 0)
		abort();
	conf_free(conf);
	conf_free(again);
	free(first);
	free(second);
	return 0;
}
