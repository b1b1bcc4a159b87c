// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The RIB alone: how fast paths go in, are decided on and come out as
 * encoded UPDATEs, and what memory they take; no socket, no kernel, nothing
 * parsed. Each scenario runs in a process of its own and prints one line of
 * JSON; the shapes are those of the BGP benchmark (S1 to S4). It is there to be
 * profiled, and for a look before and after a change; how vrsd does beside
 * others is what that benchmark says.
 *
 * rib_profile [-k] [SCENARIO...]	-k: with routes for a kernel
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bgp/update.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"

#define LOCAL_AS	65515
#define MEAN_SET	8		/* prefixes that share attributes */

struct scenario {
	const char *name;
	unsigned int n_peers;
	unsigned int n_prefixes;	/* of each peer */
	bool same;			/* all announce the same ones */
};

static const struct scenario scenarios[] = {
	{ "S1", 10, 10000, false },
	{ "S2", 4, 250000, false },
	{ "S3", 8, 100000, true },
	{ "S4", 100, 1000, false },
};

static uint64_t rng_state = 1;
static uint64_t bytes_out, bytes_copied, routes_out;
static struct rib *rib;
static struct prefix *waiting;		/* answers due to the RIB */
static size_t n_waiting, size_waiting;

static uint32_t rnd(uint32_t n)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return (rng_state >> 33) % n;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static size_t rss(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		exit(1);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void on_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	bytes_out += send->len;
	bytes_copied += send->len * send->n_peers;
}

static bool on_route(void *arg, const struct rib_route *route)
{
	(void)arg;
	if (n_waiting == size_waiting)
		return false;
	waiting[n_waiting++] = route->prefix;
	routes_out++;
	return true;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void run(void)
{
	size_t i;

	do {
		while (rib_run(rib, 10000))
			;
		for (i = 0; i < n_waiting; i++)
			rib_route_done(rib, BGP_IPV4_UNICAST, &waiting[i], 0,
				       NULL);
		n_waiting = 0;
		rib_route_ready(rib);
	} while (rib_run(rib, 0) || n_waiting > 0);
}

/* ---- load ------------------------------------------------------------ */

/* Updates made beforehand: u16 attribute bytes, u16 NLRI bytes, both. */
struct load {
	uint8_t *data;
	size_t len, size;
};

static struct bgp_attrs *make_attrs(unsigned int peer)
{
	uint8_t path[2 + 4 * 8], communities[4 * 8];
	struct wbuf w = wbuf_make(path, sizeof(path));
	struct wbuf c = wbuf_make(communities, sizeof(communities));
	struct bgp_attr_set set = {
		.nexthop = addr_from_v4(0x0a010a00 + peer),
	};
	unsigned int i, n = 1 + rnd(6);

	wbuf_u8(&w, 2);
	wbuf_u8(&w, n);
	wbuf_u32(&w, 65000 - peer);
	for (i = 1; i < n; i++)
		wbuf_u32(&w, 1 + rnd(60000));
	for (i = 0, n = rnd(10) < 6 ? 1 + rnd(8) : 0; i < n; i++)
		wbuf_u32(&c, 0x10000 * (i + 1) + rnd(1000));
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, w.len);
	set.part[BGP_PART_COMMUNITIES] = rbuf_make(communities, c.len);
	return bgp_attrs_new(&set);
}

static void load_add(struct load *load, const void *data, size_t len)
{
	len = (len + 3) & ~(size_t)3;
	while (load->len + len > load->size) {
		load->size = MAX(load->size * 2, (size_t)1 << 20);
		load->data = xreallocarray(load->data, load->size, 1);
	}
	memcpy(load->data + load->len, data, len);
	load->len += len;
}

/* Blocks of 8 neighbouring /24, scattered; 128.0.0.0/8 for 127.0.0.0/8. */
static uint32_t prefix_of(unsigned int index)
{
	uint32_t block = index / 8 * 2654435761u & 0xfffff;

	if (block >> 13 == 127)
		block += 1 << 13;
	return (block << 3 | index % 8) << 8;
}

static void make_load(struct load *load, const struct scenario *s,
		      unsigned int peer)
{
	unsigned int first = s->same ? 0 : peer * s->n_prefixes;
	unsigned int i = 0, n;
	uint8_t nlri[4096];
	struct bgp_attrs *attrs;
	uint32_t lens[2];
	struct wbuf w;

	while (i < s->n_prefixes) {
		w = wbuf_make(nlri, sizeof(nlri));
		for (n = 1 + rnd(2 * MEAN_SET); n > 0 && i < s->n_prefixes;
		     n--, i++) {
			wbuf_u8(&w, 24);
			wbuf_u16(&w, prefix_of(first + i) >> 16);
			wbuf_u8(&w, prefix_of(first + i) >> 8);
		}
		attrs = make_attrs(peer);
		lens[0] = attrs->size;
		lens[1] = w.len;
		load_add(load, lens, sizeof(lens));
		load_add(load, attrs, attrs->size);
		load_add(load, nlri, w.len);
		free(attrs);
	}
}

/* Play the next update of one peer; returns the offset behind it. */
static size_t play(struct rib_peer *peer, const struct load *load, size_t at,
		   bool withdraw)
{
	const uint32_t *lens = (const uint32_t *)(load->data + at);
	const uint8_t *attrs = load->data + at + 8;
	const uint8_t *nlri = attrs + ((lens[0] + 3) & ~3u);

	if (withdraw)
		rib_peer_withdraw(peer, BGP_IPV4_UNICAST,
				  rbuf_make(nlri, lens[1]));
	else
		rib_peer_announce(peer, BGP_IPV4_UNICAST,
				  (const struct bgp_attrs *)attrs,
				  rbuf_make(nlri, lens[1]));
	return at + 8 + ((lens[0] + 3) & ~3u) + ((lens[1] + 3) & ~3u);
}

/* All peers in turn, some updates each, as they arrive over sockets. */
static double play_all(struct rib_peer **peer, struct load *load,
		       unsigned int n, bool withdraw)
{
	size_t *at = xcalloc(n, sizeof(*at));
	double start = now();
	bool more = true;
	unsigned int i, j;

	while (more) {
		more = false;
		for (i = 0; i < n; i++) {
			for (j = 0; j < 400 && at[i] < load[i].len; j++)
				at[i] = play(peer[i], &load[i], at[i],
					     withdraw);
			more |= at[i] < load[i].len;
		}
		rib_run(rib, 1000);
	}
	run();
	free(at);
	return now() - start;
}

/* ---- scenarios ------------------------------------------------------- */

static struct rib_peer *add_peer(unsigned int i)
{
	struct addr instance = addr_from_v4(0x0a010104);
	struct rib_peer_conf conf = {
		.id = i + 1,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010a00 + i),
		.local = instance,
		.as = 65000 - i,
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = 4096, .families = 1 },
		.nexthop = { instance },
	};
	struct rib_peer *peer = rib_peer_add(rib, &conf);

	rib_peer_up(peer, &session);
	return peer;
}

static double cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_utime.tv_sec + use.ru_stime.tv_sec +
	       (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
}

static void measure(const struct scenario *s)
{
	struct rib_peer **peer = xcalloc(s->n_peers, sizeof(*peer));
	struct load *load = xcalloc(s->n_peers, sizeof(*load));
	struct rib_conf conf = { .local_as = LOCAL_AS };
	double t, paths = (double)s->n_peers * s->n_prefixes;
	size_t before, loaded;
	struct rib_mem mem;
	unsigned int i;

	for (i = 0; i < s->n_peers; i++)
		make_load(&load[i], s, i);
	size_waiting = 65536;
	waiting = xcalloc(size_waiting, sizeof(*waiting));
	rib = rib_new(&conf, &ops, NULL);
	for (i = 0; i < s->n_peers; i++)
		peer[i] = add_peer(i);
	add_peer(s->n_peers);		/* one that only listens */
	run();
	before = rss();
	t = cpu();
	printf("{\"scenario\": \"%s\", \"load_s\": %.3f, ", s->name,
	       play_all(peer, load, s->n_peers, false));
	rib_mem(rib, &mem);
	loaded = rss();
	printf("\"load_cpu_s\": %.3f, \"mb_encoded\": %.1f, \"mb_sent\": "
	       "%.1f, \"routes\": %lu, ", cpu() - t, bytes_out / 1e6,
	       bytes_copied / 1e6, routes_out);
	printf("\"rss_per_path\": %.1f, \"prefix_b\": %.1f, \"path_b\": %.1f, "
	       "\"attr_b\": %.1f, \"attr_sets\": %lu, ",
	       (loaded - before) / paths, mem.prefix_bytes / paths,
	       mem.path_bytes / paths, mem.attr_bytes / paths, mem.attrs);
	t = now();
	add_peer(s->n_peers + 1);
	run();
	printf("\"new_peer_s\": %.3f, ", now() - t);
	t = now();
	rib_peer_down(peer[0], 0, 0);
	run();
	printf("\"peer_lost_s\": %.3f, ", now() - t);
	printf("\"withdraw_s\": %.3f, ",
	       play_all(peer + 1, load + 1, s->n_peers - 1, true));
	printf("\"rss_left_per_path\": %.1f}\n", (rss() - before) / paths);
	rib_free(rib);
}

static int fork_measure(const struct scenario *s)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		measure(s);
		fflush(stdout);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

static bool chosen(const char *name, char **argv)
{
	char **arg;

	for (arg = argv; *arg; arg++) {
		if (strcmp(*arg, name) == 0)
			return true;
	}
	return arg == argv;
}

int main(int argc, char **argv)
{
	size_t i;
	int failed = 0;

	argv += argc > 0;
	if (*argv && strcmp(*argv, "-k") == 0) {
		ops.route = on_route;
		argv++;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	hash_init();
	for (i = 0; i < ARRAY_SIZE(scenarios); i++) {
		if (chosen(scenarios[i].name, argv))
			failed |= fork_measure(&scenarios[i]);
	}
	return failed;
}
