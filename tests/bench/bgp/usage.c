// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

static int parent_of(const char *pid)
{
	char path[300], line[512], *p;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		p = strrchr(line, ')');
		if (p)
			sscanf(p, ") %*c %d", &parent);
	}
	fclose(f);
	return parent;
}

static int has(const struct usage *usage, int pid)
{
	int i;

	for (i = 0; i < usage->n; i++)
		if (usage->pids[i] == pid)
			return 1;
	return 0;
}

/* One generation; returns whether there was any. */
static int find_children(struct usage *usage)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int found = 0, pid;

	if (!dir)
		err(1, "/proc");
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid = atoi(entry->d_name);
		if (has(usage, pid) || !has(usage, parent_of(entry->d_name)))
			continue;
		if (usage->n == USAGE_MAX)
			errx(1, "more than %d processes", USAGE_MAX);
		usage->pids[usage->n++] = pid;
		found = 1;
	}
	closedir(dir);
	return found;
}

void usage_find(struct usage *usage, int pid)
{
	usage->n = 1;
	usage->pids[0] = pid;
	while (find_children(usage))
		;
}

static double threads_cpu(int pid)
{
	unsigned long long ns;
	struct dirent *entry;
	char path[300];
	double sum = 0;
	FILE *f;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid,
			 entry->d_name);
		f = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%llu", &ns) == 1)
			sum += ns / 1e9;
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return sum;
}

double usage_cpu(const struct usage *usage)
{
	double sum = 0;
	int i;

	for (i = 0; i < usage->n; i++)
		sum += threads_cpu(usage->pids[i]);
	return sum;
}

uint64_t usage_memory(const struct usage *usage)
{
	char path[64], line[256];
	uint64_t sum = 0;
	FILE *f;
	int i;

	for (i = 0; i < usage->n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup",
			 usage->pids[i]);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, "Pss:", 4))
				sum += strtoull(line + 4, NULL, 10) * 1024;
		if (f)
			fclose(f);
	}
	return sum;
}
