// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's emulator: which cache lines of the kernel do two processors
 * write, and how often? Between two instructions that the guest marks (see
 * bench-forward.c) all stores are counted, by processor and line. Those lines that
 * two have written at least MIN times each are told, and who wrote them last:
 *
 *	window 1
 *	line 0xffff888003a4f2c0 20032 20032 by 0xffffffffc0215fa1
 *	window 1 ends: 1 lines, 734512 stores
 *
 * arguments: out=FILE,min=MIN
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What QEMU offers, of version 1 of its interface, as far as it is used here */
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { CB_NO_REGS = 0, MEM_WRITES = 2 };

bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int cpu, void *data), int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data),
	int flags, int rw, void *data);

#define EXPORT		__attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define NUM_CPUS	2
#define NUM_LINES	(1U << 20)	/* that one processor writes in a window */
#define LINE_SHIFT	6

struct line {
	uint64_t number;	/* address >> LINE_SHIFT; 0: not used */
	uint64_t stores;
	uint64_t last;		/* address of the instruction */
};

/* Each is written by its processor alone. */
static struct line lines[NUM_CPUS][NUM_LINES];
static uint64_t lost[NUM_CPUS];
static volatile bool counting;
static unsigned int windows;
static unsigned long min = 1;
static FILE *out;

static struct line *find(unsigned int cpu, uint64_t number)
{
	uint64_t i = number * 0x9e3779b97f4a7c15ULL >> 44, tries;

	for (tries = 0; tries < NUM_LINES / 2; tries++, i++) {
		struct line *line = &lines[cpu][i % NUM_LINES];

		if (!line->number || line->number == number)
			return line;
	}
	return NULL;
}

static void store(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *insn)
{
	struct line *line;

	/* Loads are told, too, whatever was asked for. */
	if (!counting || cpu >= NUM_CPUS || !(vaddr >> 63) || !qemu_plugin_mem_is_store(info))
		return;
	line = find(cpu, vaddr >> LINE_SHIFT);
	if (!line) {
		lost[cpu]++;
		return;
	}
	line->number = vaddr >> LINE_SHIFT;
	line->stores++;
	line->last = (uintptr_t)insn;
}

static void begin(unsigned int cpu, void *unused)
{
	(void)cpu;
	(void)unused;
	memset(lines, 0, sizeof(lines));
	memset(lost, 0, sizeof(lost));
	fprintf(out, "window %u\n", ++windows);
	counting = true;
}

/* Everybody who counts has stopped to send by now. */
static void end(unsigned int cpu, void *unused)
{
	unsigned int i, num = 0;
	uint64_t total = 0;

	(void)cpu;
	(void)unused;
	counting = false;
	for (i = 0; i < NUM_LINES; i++) {
		const struct line *a = &lines[0][i], *b;

		total += a->stores + lines[1][i].stores;
		if (!a->number || a->stores < min)
			continue;
		b = find(1, a->number);
		if (!b || b->stores < min)
			continue;
		num++;
		fprintf(out, "line 0x%llx %llu %llu by 0x%llx\n",
			(unsigned long long)a->number << LINE_SHIFT,
			(unsigned long long)a->stores, (unsigned long long)b->stores,
			(unsigned long long)a->last);
	}
	if (lost[0] || lost[1])
		fprintf(out, "window %u: too many lines\n", windows);
	else
		fprintf(out, "window %u ends: %u lines, %llu stores\n", windows, num,
			(unsigned long long)total);
	fflush(out);
}

/* 0 for no mark, 1 for the beginning, 2 for the end */
static int mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x84, 0x00, 0x56, 0x4e, 0x45 };
	const uint8_t *bytes = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != sizeof(nop) + 1 || memcmp(bytes, nop, sizeof(nop)))
		return 0;
	return bytes[sizeof(nop)];
}

/* The kernel's instructions only */
static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
		int m;

		if (!(vaddr >> 63))
			continue;
		m = mark(insn);
		if (m)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, m == 1 ? begin : end,
							       CB_NO_REGS, NULL);
		qemu_plugin_register_vcpu_mem_cb(insn, store, CB_NO_REGS, MEM_WRITES,
						 (void *)(uintptr_t)vaddr);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "min=", 4) == 0)
			min = strtoul(argv[i] + 4, NULL, 10);
		else if (strncmp(argv[i], "out=", 4) == 0)
			out = fopen(argv[i] + 4, "w");
	}
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
