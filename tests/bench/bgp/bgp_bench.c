// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One scenario against one daemon: speakers announce, a monitor that announces
 * nothing takes note of what the daemon makes of it. Prints "FIGURE VALUE"
 * lines; ends with status 1 if the daemon did not do what it must.
 *
 *	bgp_bench [-s] [-q] [-b] -p PID -n SPEAKERS -m PREFIXES PHASE...
 *
 *	-s	all announce the same prefixes
 *	-q	fewer probes
 *	-b	all have a BFD session, too
 *	-p	the daemon's first process
 *
 * Phases, in any order behind load: load, join, probe, loss, flood, stall,
 * flap, withdraw. The daemon is 10.77.0.1 in AS 65000, the monitor 10.77.200.1
 * in AS 64999, speaker I 10.77.1.(I + 1) in AS 64600 + I.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bfd.h"
#include "figure.h"
#include "speaker.h"
#include "usage.h"

#define SPEAKERS_MAX	200
#define LIMIT		120		/* seconds for a phase */
#define HOLD		9		/* seconds: keepalives every 3 */
#define SECOND		1000000000ull

static const uint8_t daemon_address[4] = { 10, 77, 0, 1 };
static const uint32_t daemon_as = 65000;

static struct {
	unsigned int n, m;
	bool same, quick, bfd;
	struct usage usage;
	struct origin origin[SPEAKERS_MAX];
	struct speaker speaker[SPEAKERS_MAX];
	struct feed announce[SPEAKERS_MAX];
	unsigned int first;		/* speaker that is still there */
	struct speaker monitor;
	struct ledger ledger;
	unsigned int present;		/* what it should hold ... */
	uint64_t sum;			/* ... and the sum of path lengths */
	uint64_t empty, loaded;		/* bytes of memory */
	bool failed;
} bench;

static void fail(const char *what, double got, double expected)
{
	fprintf(stderr, "%s: %.15g, not %.15g\n", what, got, expected);
	bench.failed = true;
}

/* Until @done says so; errors out after LIMIT. */
static void run_until(bool (*done)(void), const char *what)
{
	uint64_t end = now_ns() + LIMIT * SECOND;

	while (!done()) {
		speakers_run(20);
		if (now_ns() > end)
			errx(1, "%s: not done after %d seconds (%u prefixes)",
			     what, LIMIT, bench.ledger.present);
	}
}

static void run_for(uint64_t ns)
{
	uint64_t end = now_ns() + ns, now;

	while ((now = now_ns()) < end)
		speakers_run((end - now) / 1000000 > 20 ? 20 : 1);
}

static uint64_t last_update(void)
{
	uint64_t last = bench.monitor.last_update;
	unsigned int i;

	for (i = 0; i < bench.n; i++)
		if (bench.speaker[i].last_update > last)
			last = bench.speaker[i].last_update;
	return last;
}

/* Until nobody has been sent anything for a while; when the last came. */
static uint64_t settle(uint64_t since)
{
	uint64_t quiet = (bench.quick ? 1 : 2) * SECOND, last;

	for (;;) {
		last = last_update();
		if (last < since)
			last = since;
		if (now_ns() > last + quiet)
			return last;
		speakers_run(20);
	}
}

/*
 * Sessions
 */

static void connect_some(struct speaker *s, unsigned int n)
{
	uint64_t end = now_ns() + 30 * SECOND, again = 0;
	unsigned int i, up = 0, pending;

	while (up < n) {
		if (now_ns() > end)
			errx(1, "only %u of %u sessions come up", up, n);
		/* A few at a time, and those that were refused again. */
		for (i = 0, up = 0, pending = 0; i < n; i++) {
			up += s[i].state == SPEAKER_ESTABLISHED;
			pending += s[i].state == SPEAKER_CONNECTING ||
				   s[i].state == SPEAKER_OPEN_SENT;
		}
		for (i = 0; i < n && now_ns() >= again && pending < 20; i++)
			if (s[i].state == SPEAKER_CLOSED) {
				speaker_connect(&s[i]);
				pending++;
			}
		if (now_ns() >= again)
			again = now_ns() + SECOND / 10;
		speakers_run(20);
	}
}

static void set_up(void)
{
	unsigned int i;

	for (i = 0; i < bench.n; i++) {
		struct origin *o = &bench.origin[i];
		struct speaker *s = &bench.speaker[i];

		*o = (struct origin){
			.index = i,
			.as = 64600 + i,
			.address = { 10, 77, 1, 1 + i },
			.count = bench.m,
			.first = bench.same ? 0 : i * bench.m,
		};
		feed_announce(&bench.announce[i], o);
		s->as = o->as;
		s->hold = HOLD;
		s->fd = -1;
		memcpy(s->address, o->address, 4);
	}
	bench.monitor = (struct speaker){
		.as = 64999,
		.hold = HOLD,
		.fd = -1,
		.address = { 10, 77, 200, 1 },
		.ledger = &bench.ledger,
	};
}

/* Speaker I's session is number I; those of @bench.speaker[0] may go down. */
static void start_bfd(void)
{
	unsigned int i;

	for (i = 0; i < bench.n; i++)
		bfd_add(bench.speaker[i].address);
	bfd_add(bench.monitor.address);
	bfd_start(daemon_address);
	run_until(bfd_up, "BFD");
}

/* What those who are there announce is what the monitor should hold. */
static void expect(void)
{
	unsigned int n = bench.n - bench.first;

	bench.present = bench.same ? bench.m : n * bench.m;
	bench.sum = routes_sum(bench.origin + bench.first, n, bench.same);
}

static bool monitor_complete(void)
{
	return bench.ledger.present == bench.present &&
	       bench.ledger.sum == bench.sum;
}

static bool monitor_empty(void)
{
	return bench.ledger.present == 0;
}

static void check_monitor(const char *phase)
{
	if (bench.ledger.present != bench.present)
		fail(phase, bench.ledger.present, bench.present);
	if (bench.ledger.sum != bench.sum)
		fail("sum of path lengths", bench.ledger.sum, bench.sum);
}

/*
 * Speakers only count what they are told. Every one must hear at least of all
 * that the others announce, or, where all announce the same, of each prefix
 * for which another has a shorter path than it.
 */
static void check_speakers(void)
{
	uint64_t wanted = (uint64_t)(bench.n - 1) * bench.m;
	unsigned int i;

	for (i = 0; i < bench.n; i++) {
		if (bench.same)
			wanted = routes_longer(bench.origin, bench.n, i);
		if (bench.speaker[i].announced < wanted)
			fail("prefixes told to a speaker",
			     bench.speaker[i].announced, wanted);
	}
}

static void mark_told(uint64_t *told)
{
	unsigned int i;

	for (i = 0; i < bench.n; i++)
		told[i] = bench.speaker[i].announced +
			  bench.speaker[i].withdrawn;
}

/*
 * Of each prefix that only speaker @gone had, or had with the shortest path,
 * all who are there must have been told something since mark_told().
 */
static void check_told(const uint64_t *told, unsigned int gone)
{
	uint64_t wanted = bench.m, got;
	unsigned int i;

	if (bench.same)
		wanted = routes_shortest(bench.origin, bench.n, gone);
	for (i = bench.first; i < bench.n; i++) {
		got = bench.speaker[i].announced + bench.speaker[i].withdrawn -
		      told[i];
		if (got < wanted)
			fail("prefixes told anew to a speaker", got, wanted);
	}
}

/*
 * Phases
 */

static void phase_load(void)
{
	uint64_t start, last, monitor;
	double cpu;
	unsigned int i;

	bench.empty = usage_memory(&bench.usage);
	cpu = usage_cpu(&bench.usage);
	start = now_ns();
	for (i = 0; i < bench.n; i++)
		speaker_send(&bench.speaker[i], &bench.announce[i]);
	run_until(monitor_complete, "load");
	monitor = now_ns();
	last = settle(start);
	check_monitor("load");
	check_speakers();
	figure("load", (last - start) / 1e9);
	figure("load_monitor", (monitor - start) / 1e9);
	figure("load_cpu", usage_cpu(&bench.usage) - cpu);
	bench.loaded = usage_memory(&bench.usage);
	figure("memory", bench.loaded);
	figure("bytes_per_path", ((double)bench.loaded - bench.empty) /
				 bench.n / bench.m);
}

/* A new session with the monitor: it wants the whole table. */
static void phase_join(void)
{
	speaker_reset(&bench.monitor);
	run_for(2 * SECOND);
	memset(&bench.ledger, 0, sizeof(bench.ledger));
	connect_some(&bench.monitor, 1);
	run_until(monitor_complete, "join");
	figure("join", (bench.monitor.last_update -
			bench.monitor.established_at) / 1e9);
	settle(0);
	check_monitor("join");
}

static uint64_t probe_sent[PROBES_MAX];

/* How long does one prefix of the last speaker take to the monitor? */
static void probe(unsigned int first, unsigned int n)
{
	struct speaker *s = &bench.speaker[bench.n - 1];
	static struct feed feed;
	unsigned int i;

	for (i = first; i < first + n; i++) {
		feed_free(&feed);
		feed_probe(&feed, &bench.origin[bench.n - 1], i);
		probe_sent[i] = now_ns();
		speaker_send(s, &feed);
		run_for(SECOND / 100);
	}
}

static void probe_figures(const char *name, unsigned int first, unsigned int n)
{
	static uint64_t took[PROBES_MAX];
	unsigned int i, seen = 0;
	char text[64];

	run_for(SECOND);
	for (i = first; i < first + n; i++)
		if (bench.ledger.probe_at[i])
			took[seen++] = bench.ledger.probe_at[i] - probe_sent[i];
	if (seen < n)
		fail("probes that arrived", seen, n);
	if (!seen)
		return;
	qsort(took, seen, sizeof(*took), ascending);
	snprintf(text, sizeof(text), "%s_p50", name);
	figure(text, took[seen / 2] / 1e6);
	snprintf(text, sizeof(text), "%s_p99", name);
	figure(text, took[(seen * 99 + 99) / 100 - 1] / 1e6);
}

static void phase_probe(void)
{
	unsigned int n = bench.quick ? 500 : 1000;

	probe(0, n);
	probe_figures("probe", 0, n);
}

/* One speaker is lost: its prefixes go, or come from another. */
static void phase_loss(void)
{
	uint64_t told[SPEAKERS_MAX], start, last;

	mark_told(told);
	start = now_ns();
	speaker_reset(&bench.speaker[bench.first++]);
	expect();
	run_until(monitor_complete, "loss");
	last = settle(start);
	check_monitor("loss");
	check_told(told, bench.first - 1);
	figure("loss", (last - start) / 1e9);
}

static void phase_withdraw(void)
{
	uint64_t start = now_ns(), memory;
	unsigned int i;

	for (i = bench.first; i < bench.n; i++)
		speaker_reset(&bench.speaker[i]);
	run_until(monitor_empty, "withdraw");
	figure("withdraw", (now_ns() - start) / 1e9);
	run_for(3 * SECOND);
	memory = usage_memory(&bench.usage);
	figure("memory_kept", ((double)memory - bench.empty) /
			      ((double)bench.loaded - bench.empty));
}

/*
 * One speaker misbehaves; what do the others notice?
 */

static void quiet_begin(unsigned int *lost)
{
	unsigned int i;

	if (bench.bfd) {
		run_until(bfd_up, "BFD");
		bfd_reset();
	}
	*lost = bench.monitor.lost;
	for (i = 1; i < bench.n; i++) {
		*lost += bench.speaker[i].lost;
		bench.speaker[i].silence = 0;
	}
	bench.monitor.silence = 0;
}

/* The same of their BFD sessions: in milliseconds, of what detects in 150. */
static void quiet_end_bfd(const char *name)
{
	unsigned int down;
	char text[64];

	snprintf(text, sizeof(text), "%s_bfd", name);
	figure(text, bfd_silence(1, &down) / 1e6);
	if (down)
		fail("BFD sessions of others lost", down, 0);
}

/* Sessions of others that were lost, and the longest silence towards one. */
static void quiet_end(const char *name, unsigned int lost_before)
{
	uint64_t silence = speaker_silence(&bench.monitor), one;
	unsigned int lost = bench.monitor.lost, i;
	char text[64];

	for (i = 1; i < bench.n; i++) {
		lost += bench.speaker[i].lost;
		one = speaker_silence(&bench.speaker[i]);
		if (one > silence)
			silence = one;
	}
	if (lost != lost_before)
		fail("sessions of others lost", lost - lost_before, 0);
	snprintf(text, sizeof(text), "%s_silence", name);
	figure(text, silence / 1e9);
	if (bench.bfd)
		quiet_end_bfd(name);
}

/* Withdraws all and announces it again, as fast as the daemon reads. */
static void flood_begin(struct speaker *s)
{
	static struct feed feed;
	unsigned int i = s - bench.speaker;

	feed_free(&feed);
	feed_withdraw(&feed, &bench.origin[i]);
	feed_announce(&feed, &bench.origin[i]);
	s->repeat = true;
	speaker_send(s, &feed);
}

/* To the end of the feed: then all is announced. */
static void flood_end(struct speaker *s)
{
	s->repeat = false;
	run_until(monitor_complete, "flood");
	settle(0);
	check_monitor("flood");
}

static void phase_flood(void)
{
	unsigned int lost, n = bench.quick ? 50 : 100;
	uint64_t start, seen;

	quiet_begin(&lost);
	flood_begin(&bench.speaker[0]);
	run_for(SECOND / 2);
	seen = bench.monitor.announced + bench.monitor.withdrawn;
	start = now_ns();
	probe(200, n);
	seen = bench.monitor.announced + bench.monitor.withdrawn - seen;
	figure("flood_rate", seen / ((now_ns() - start) / 1e9));
	run_for(bench.quick ? SECOND : 4 * SECOND);
	probe_figures("flood", 200, n);
	quiet_end("flood", lost);
	flood_end(&bench.speaker[0]);
}

/* It stops to read, and more is waiting for it than buffers take. */
static void phase_stall(void)
{
	unsigned int lost, n = bench.quick ? 50 : 100;

	quiet_begin(&lost);
	speaker_deaf(&bench.speaker[0], true);
	flood_begin(&bench.speaker[1]);
	run_for(2 * SECOND);
	flood_end(&bench.speaker[1]);
	probe(300, n);
	probe_figures("stall", 300, n);
	quiet_end("stall", lost);
	speaker_deaf(&bench.speaker[0], false);
	settle(0);
	check_monitor("stall");
}

/* Its session comes, brings all, and is reset, again and again. */
static void phase_flap(void)
{
	unsigned int lost, i, n = bench.quick ? 5 : 10;
	struct speaker *s = &bench.speaker[0];

	quiet_begin(&lost);
	for (i = 0; i < n; i++) {
		speaker_reset(s);
		probe(400 + 10 * i, 5);
		connect_some(s, 1);
		speaker_send(s, &bench.announce[0]);
		probe(405 + 10 * i, 5);
	}
	probe_figures("flap", 400, 10 * n);
	quiet_end("flap", lost);
	run_until(monitor_complete, "flap");
	settle(0);
	check_monitor("flap");
}

static const struct {
	const char *name;
	void (*run)(void);
} phases[] = {
	{ "load", phase_load },
	{ "join", phase_join },
	{ "probe", phase_probe },
	{ "loss", phase_loss },
	{ "flood", phase_flood },
	{ "stall", phase_stall },
	{ "flap", phase_flap },
	{ "withdraw", phase_withdraw },
};

static void run_phase(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (!strcmp(phases[i].name, name)) {
			phases[i].run();
			return;
		}
	errx(2, "no phase is called \"%s\"", name);
}

int main(int argc, char **argv)
{
	int pid = 0, c;

	while ((c = getopt(argc, argv, "sqbp:n:m:")) != -1) {
		switch (c) {
		case 's':
			bench.same = true;
			break;
		case 'q':
			bench.quick = true;
			break;
		case 'b':
			bench.bfd = true;
			break;
		case 'p':
			pid = atoi(optarg);
			break;
		case 'n':
			bench.n = atoi(optarg);
			break;
		case 'm':
			bench.m = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (!pid || bench.n < 2 || bench.n > SPEAKERS_MAX || !bench.m)
		errx(2, "usage: see the head of bgp_bench.c");
	speakers_init(daemon_address, daemon_as);
	set_up();
	connect_some(&bench.monitor, 1);
	connect_some(bench.speaker, bench.n);
	if (bench.bfd)
		start_bfd();
	run_for(SECOND * 3 / 2);
	usage_find(&bench.usage, pid);
	expect();
	for (; optind < argc; optind++)
		run_phase(argv[optind]);
	return bench.failed;
}
