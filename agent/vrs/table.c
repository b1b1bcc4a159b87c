// SPDX-License-Identifier: GPL-2.0-or-later
#include "vrs/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

static void append(struct table *table, char *text)
{
	if (table->n_cells == table->n_allocated) {
		table->n_allocated = table->n_allocated * 2 + 64;
		table->cells = xreallocarray(table->cells, table->n_allocated,
					     sizeof(*table->cells));
	}
	table->cells[table->n_cells++] = text;
}

void table_init(struct table *table, unsigned int n, const char *const *titles)
{
	unsigned int i;

	*table = (struct table){ .n_columns = n };
	for (i = 0; i < n; i++)
		table_add(table, titles[i]);
}

void table_add(struct table *table, const char *text)
{
	append(table, xstrdup(text ? text : ""));
}

void table_addf(struct table *table, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("");
	va_end(ap);
	append(table, text);
}

void table_add_item(struct table *table, const char *item)
{
	char **cell = &table->cells[table->n_cells - 1];
	size_t len = strlen(*cell);

	*cell = xreallocarray(*cell, len + strlen(item) + 2, 1);
	sprintf(*cell + len, "%s%s", len ? "," : "", item);
}

static int column_width(const struct table *table, unsigned int column)
{
	size_t i, width = 0;

	for (i = column; i < table->n_cells; i += table->n_columns)
		width = MAX(width, strlen(table->cells[i]));
	return width;
}

/* Nothing is printed behind the last cell that is not empty. */
static void print_row(char *const *cells, const int *widths, unsigned int n)
{
	unsigned int i;

	while (n > 1 && cells[n - 1][0] == '\0')
		n--;
	for (i = 0; i + 1 < n; i++)
		printf("%-*s  ", widths[i], cells[i]);
	puts(cells[n - 1]);
}

void table_print(const struct table *table)
{
	int *widths = xcalloc(table->n_columns, sizeof(*widths));
	size_t i;

	for (i = 0; i < table->n_columns; i++)
		widths[i] = column_width(table, i);
	for (i = 0; i < table->n_cells; i += table->n_columns)
		print_row(&table->cells[i], widths, table->n_columns);
	free(widths);
}

void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
}
