/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in columns as wide as their widest cell, two blanks between them. */
#ifndef VRS_TABLE_H
#define VRS_TABLE_H

#include <stddef.h>

struct table {
	unsigned int n_columns;
	size_t n_cells, n_allocated;
	char **cells;			/* row by row, the first is the head */
};

/* Begin with the head line: @n column titles. */
void table_init(struct table *table, unsigned int n, const char *const *titles);
/* Append the next cell; rows follow from their number. NULL is empty. */
void table_add(struct table *table, const char *text);
void table_addf(struct table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Append an item, behind a comma if there is one, to the last cell. */
void table_add_item(struct table *table, const char *item);
/* Print all to standard output. */
void table_print(const struct table *table);
void table_free(struct table *table);

#endif
