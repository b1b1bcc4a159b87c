// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/util.h"
#include "unit/rib_cases.h"
#include "unit/vectors.h"

static const char *file;
static unsigned int line_number;
static struct rib_route due[64];
static unsigned int n_due;

void cases_die(const char *what)
{
	printf("Bail out! %s:%u: %s\n", file, line_number, what);
	exit(1);
}

void cases_run(const char *path, const struct cases_ops *ops)
{
	char line[512], name[160] = "", expected[VECTOR_TEXT] = "";
	FILE *f = fopen(path, "r");

	ktap_must(f);
	file = path;
	line_number = 0;
	while (fgets(line, sizeof(line), f)) {
		line_number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (strncmp(line, "== ", 3) == 0) {
			if (name[0])
				ops->finish(name, expected);
			snprintf(name, sizeof(name), "%.*s",
				 (int)strcspn(line + 3, "\n"), line + 3);
			expected[0] = '\0';
			ops->start();
		} else if (strncmp(line, "= ", 2) == 0) {
			vector_say(expected, "%s", line + 2);
		} else {
			ops->line(line);
		}
	}
	ops->finish(name, expected);
	fclose(f);
}

bool cases_route(void *arg, const struct rib_route *route)
{
	(void)arg;
	if (n_due == ARRAY_SIZE(due))
		return false;
	due[n_due++] = *route;
	return true;
}

void cases_settle(struct rib *rib)
{
	do {
		while (rib_run(rib, 1000))
			;
		while (n_due > 0) {
			n_due--;
			rib_route_done(rib, due[n_due].af, &due[n_due].prefix,
				       0, NULL);
		}
	} while (rib_run(rib, 1000) || n_due > 0);
}
