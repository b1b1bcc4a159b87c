// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's tracepoints as tracing programs use them: fields by the offsets
 * that the event's format tells, events by way of perf_event_open(2).
 *
 *	tracepoint perf EVENT FILTER -- COMMAND...
 *		as perf record --filter: a line for each event of COMMAND's time
 *	tracepoint bpf EVENT -- COMMAND...
 *		as bpftrace: a BPF program counts events by route class
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS		"/sys/kernel/tracing/events/vnet/"
#define MAX_CPUS	64
#define PAGES		16	/* of a ring; a power of two */
#define NUM_CLASSES	3

static int events[MAX_CPUS];
static void *rings[MAX_CPUS];
static long num_cpus;

/* A file of the event's directory in tracefs */
static void read_file(const char *event, const char *name, char *text,
		      size_t size)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), EVENTS "%s/%s", event, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	n = read(fd, text, size - 1);
	if (n < 0)
		err(1, "%s", path);
	text[n] = '\0';
	close(fd);
}

/* Does "type name" or "type name[N]", up to @end, declare @name? */
static int declares(const char *line, const char *end, const char *name)
{
	size_t len = strlen(name);

	return end - line > (ptrdiff_t)len && end[-len - 1] == ' ' &&
	       strncmp(end - len, name, len) == 0;
}

/* Where a field is in an event */
static int field_offset(const char *event, const char *name)
{
	char text[4096], *line;
	int offset;

	read_file(event, "format", text, sizeof(text));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!declares(line, line + strcspn(line, "[;"), name))
			continue;
		line = strstr(line, "offset:");
		if (line && sscanf(line, "offset:%d;", &offset) == 1)
			return offset;
		break;
	}
	errx(1, "%s has no field %s", event, name);
}

static void open_events(const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		.disabled = 1,
	};
	char id[32];
	long cpu;

	read_file(event, "id", id, sizeof(id));
	attr.config = strtoul(id, NULL, 10);
	num_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (num_cpus < 1 || num_cpus > MAX_CPUS)
		errx(1, "%ld CPUs", num_cpus);
	for (cpu = 0; cpu < num_cpus; cpu++) {
		events[cpu] = syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
				      0);
		if (events[cpu] < 0)
			err(1, "perf_event_open");
	}
}

static void control(unsigned long request, const void *arg)
{
	long cpu;

	for (cpu = 0; cpu < num_cpus; cpu++)
		if (ioctl(events[cpu], request, arg) < 0)
			err(1, "ioctl of a perf event");
}

static void run(char **command)
{
	int status;
	pid_t pid;

	control(PERF_EVENT_IOC_ENABLE, NULL);
	pid = fork();
	if (pid == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "%s", command[0]);
	control(PERF_EVENT_IOC_DISABLE, NULL);
}

/* ---- perf ---- */

static void map_rings(void)
{
	size_t size = (1 + PAGES) * getpagesize();
	long cpu;

	for (cpu = 0; cpu < num_cpus; cpu++) {
		rings[cpu] = mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_SHARED, events[cpu], 0);
		if (rings[cpu] == MAP_FAILED)
			err(1, "mmap");
	}
}

static void print_event(const char *event, const uint8_t *raw)
{
	char daddr[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, raw + field_offset(event, "daddr"), daddr,
		  sizeof(daddr));
	printf("vnet=%.*s nic=%.*s daddr=%s class=%u\n",
	       IFNAMSIZ, (const char *)raw + field_offset(event, "vnet"),
	       IFNAMSIZ, (const char *)raw + field_offset(event, "nic"),
	       daddr, raw[field_offset(event, "class")]);
}

/* The ring never got full, or this would see too few events. */
static void print_ring(const char *event, void *ring)
{
	const struct perf_event_mmap_page *page = ring;
	const uint8_t *data = (uint8_t *)ring + getpagesize();
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), at;
	const struct perf_event_header *header;

	if (head > (uint64_t)PAGES * getpagesize())
		errx(1, "more events than fit");
	for (at = 0; at < head; at += header->size) {
		header = (const void *)(data + at);
		if (header->type == PERF_RECORD_SAMPLE)
			print_event(event, data + at + sizeof(*header) +
					   sizeof(uint32_t));
		else
			errx(1, "record of type %u", header->type);
	}
}

static void record(const char *event, const char *filter, char **command)
{
	long cpu;

	open_events(event);
	control(PERF_EVENT_IOC_SET_FILTER, filter);
	map_rings();
	run(command);
	for (cpu = 0; cpu < num_cpus; cpu++)
		print_ring(event, rings[cpu]);
}

/* ---- BPF ---- */

static int bpf(int cmd, union bpf_attr *attr)
{
	int fd = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	if (fd < 0)
		err(1, "bpf command %d", cmd);
	return fd;
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = NUM_CLASSES,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* counts[class]++; the map ignores what is no class */
static int load_program(int map, int class)
{
	struct bpf_insn insns[] = {
		{ BPF_LDX | BPF_B | BPF_MEM, BPF_REG_2, BPF_REG_1, class, 0 },
		{ BPF_STX | BPF_W | BPF_MEM, BPF_REG_10, BPF_REG_2, -4, 0 },
		{ BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0,
		  map },
		{ 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem },
		{ BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1 },
		{ BPF_STX | BPF_DW | BPF_ATOMIC, BPF_REG_0, BPF_REG_1, 0,
		  BPF_ADD },
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static uint64_t count_of(int map, uint32_t class)
{
	uint64_t count = 0;
	union bpf_attr attr = {
		.map_fd = map,
		.key = (uintptr_t)&class,
		.value = (uintptr_t)&count,
	};

	bpf(BPF_MAP_LOOKUP_ELEM, &attr);
	return count;
}

/* A program belongs to the tracepoint, not to one CPU's event. */
static void count(const char *event, char **command)
{
	int map = make_map(), prog;
	uint32_t class;

	prog = load_program(map, field_offset(event, "class"));
	open_events(event);
	if (ioctl(events[0], PERF_EVENT_IOC_SET_BPF, prog) < 0)
		err(1, "PERF_EVENT_IOC_SET_BPF");
	run(command);
	for (class = 0; class < NUM_CLASSES; class++)
		printf("%s%u: %llu", class ? ", " : "", class,
		       (unsigned long long)count_of(map, class));
	printf("\n");
}

int main(int argc, char **argv)
{
	if (argc > 5 && strcmp(argv[1], "perf") == 0 &&
	    strcmp(argv[4], "--") == 0)
		record(argv[2], argv[3], argv + 5);
	else if (argc > 4 && strcmp(argv[1], "bpf") == 0 &&
		 strcmp(argv[3], "--") == 0)
		count(argv[2], argv + 4);
	else
		errx(2, "usage: tracepoint perf EVENT FILTER -- COMMAND...\n"
			"       tracepoint bpf EVENT -- COMMAND...");
	return 0;
}
