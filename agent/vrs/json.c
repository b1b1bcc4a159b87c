// SPDX-License-Identifier: GPL-2.0-or-later
#include "vrs/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/util.h"

json_t *json_build(const char *fmt, ...)
{
	json_error_t error;
	json_t *value;
	va_list ap;

	va_start(ap, fmt);
	value = json_vpack_ex(&error, 0, fmt, ap);
	va_end(ap);
	if (!value) {
		fprintf(stderr, "vrs: JSON: %s\n", error.text);
		exit(1);
	}
	return value;
}

char *json_line(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT), *line;

	if (!text) {
		fputs("vrs: JSON: out of memory\n", stderr);
		exit(1);
	}
	line = xasprintf("%s\n", text);
	free(text);
	json_decref(value);
	return line;
}

void json_show(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(value);
}

void json_list_begin(struct json_list *list, const char *name)
{
	*list = (struct json_list){ .name = name };
}

static void list_start(struct json_list *list)
{
	printf("{\"%s\": [", list->name);
	list->started = true;
}

void json_list_add(struct json_list *list, json_t *value)
{
	if (list->started)
		putchar(',');
	else
		list_start(list);
	fputs("\n  ", stdout);
	json_dumpf(value, stdout, 0);
	json_decref(value);
}

void json_list_end(struct json_list *list)
{
	if (list->started)
		putchar('\n');
	else
		list_start(list);
	puts("]}");
}
