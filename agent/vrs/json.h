/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON output with jansson; running out of memory ends the program. */
#ifndef VRS_JSON_H
#define VRS_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* json_pack() that does not fail */
json_t *json_build(const char *fmt, ...);

/* @value as one line, for free(); @value is released. */
char *json_line(json_t *value);

/* Print @value, indented, to standard output and release it. */
void json_show(json_t *value);

/*
 * A long list, printed element by element so that it need not be in memory:
 * {"NAME": [ ... ]}. Nothing is printed before the first element or the end,
 * and without an end it is no JSON: nobody takes what is cut short for whole.
 */
struct json_list {
	const char *name;
	bool started;			/* something is printed */
};

void json_list_begin(struct json_list *list, const char *name);
/* Print one element and release it. */
void json_list_add(struct json_list *list, json_t *value);
void json_list_end(struct json_list *list);

#endif
