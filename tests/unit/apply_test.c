// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The numbers of peers: a session keeps its own from one configuration to the
 * next, which is not looked for among all others. What the processes would be
 * told is looked at here; that it does what it should is another test's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "unit/compared.h"
#include "vrsd/chan.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define N_NEIGHBORS	1000
#define FIRST		0x0a010100	/* 10.1.1.0, the address of the first */
#define N_SLOTS		4
#define LOOKS_MAX	10		/* at a peer, in a reload */

static struct {
	bool neighbor[N_NEIGHBORS];
	unsigned int slots;		/* of a range, 0: there is none */
} wanted;
/* As session is told; 0: it is not. */
static uint32_t number[N_NEIGHBORS], before[N_NEIGHBORS];
static uint32_t slot[N_SLOTS];
static unsigned int n_slots, n_done;

/* ---- what else is in the parent --------------------------------------- */

struct chan *proc_chan(enum proc_id other)
{
	(void)other;
	return NULL;
}

void proc_violation(enum proc_id from, uint16_t type)
{
	(void)from;
	(void)type;
	abort();
}

void chan_send(struct chan *ch, uint16_t type, const void *body, size_t len)
{
	const struct msg_conf_peer *conf = body;

	(void)ch;
	(void)len;
	if (type != MSG_CONF_PEER)
		return;
	if (conf->id.remote.family)
		number[addr_to_v4(&conf->id.remote) - FIRST] = conf->id.peer;
	else if (n_slots < N_SLOTS)
		slot[n_slots++] = conf->id.peer;
}

void chan_send_fd(struct chan *ch, uint16_t type, const void *body, size_t len,
		  int fd)
{
	(void)ch;
	(void)type;
	(void)body;
	(void)len;
	(void)fd;
}

bool chan_congested(const struct chan *ch)
{
	(void)ch;
	return false;
}

void sockets_listen(uint32_t vni, const struct addr *local,
		    const char *device, uint8_t min_ttl,
		    const struct socket_key *keys, size_t n_keys)
{
	(void)vni;
	(void)local;
	(void)device;
	(void)min_ttl;
	(void)keys;
	(void)n_keys;
}

void sockets_mark(void)
{
}

void sockets_sweep(void)
{
}

const char *sockets_problem(uint32_t vni, const struct addr *local,
			    const struct prefix *who)
{
	(void)vni;
	(void)local;
	(void)who;
	return "";
}

int sockets_dial(const struct addr *local, const struct addr *remote,
		 const char *device, uint8_t min_ttl, const struct auth *auth)
{
	(void)local;
	(void)remote;
	(void)device;
	(void)min_ttl;
	(void)auth;
	return -1;
}

void sockets_init(void)
{
}

void bfdsock_open(uint32_t vni, const struct addr *local, const char *device,
		  bool multihop)
{
	(void)vni;
	(void)local;
	(void)device;
	(void)multihop;
}

void bfdsock_mark(void)
{
}

void bfdsock_sweep(void)
{
}

void bfdsock_init(void)
{
}

/* ---- configurations ---------------------------------------------------- */

static char *write_conf(void)
{
	struct addr addr;
	char *text = NULL, buf[ADDR_STRLEN];
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	fputs("vnets:\n"
	      "  - name: blue\n"
	      "    vni: 1\n"
	      "    table: 100\n"
	      "    bgp-table: 101\n"
	      "    address-spaces: [10.1.0.0/16]\n"
	      "    route-server:\n"
	      "      addresses: [10.1.0.4]\n"
	      "      neighbors:\n", out);
	if (wanted.slots)
		fprintf(out, "        - { name: range, range: 10.1.240.0/24, "
			"asn: 65001, limit: %u }\n", wanted.slots);
	for (i = 0; i < N_NEIGHBORS; i++) {
		addr = addr_from_v4(FIRST + i);
		if (wanted.neighbor[i])
			fprintf(out, "        - { name: n%zu, address: %s, "
				"asn: 65001 }\n", i, addr_format(&addr, buf));
	}
	fclose(out);
	return text;
}

static void done(void)
{
	n_done++;
}

/* Put what is wanted into force, each process answering at once. */
static void apply(void)
{
	struct conf_error err = { .text = "" };
	char *text = write_conf();
	struct conf *conf = conf_parse("test", text, strlen(text), &err);

	if (!conf)
		printf("# %s\n", err.text);
	ktap_must(conf);
	memcpy(before, number, sizeof(before));
	memset(number, 0, sizeof(number));
	n_slots = 0;
	n_compared = 0;
	n_done = 0;
	apply_start(conf, text, strlen(text), done);
	apply_answered(PROC_SPEAKER);
	apply_answered(PROC_BFD);
	apply_answered(PROC_SPEAKER);
	ktap_must(n_done == 1);
}

/* Have those whose index leaves @rest, by @by, or not any more. */
static void want(unsigned int by, unsigned int rest, bool on)
{
	size_t i;

	for (i = rest; i < N_NEIGHBORS; i += by)
		wanted.neighbor[i] = on;
}

/* ---- their numbers ----------------------------------------------------- */

/* Whether those that were there before are what they were. */
static bool kept(void)
{
	size_t i;

	for (i = 0; i < N_NEIGHBORS; i++)
		if (before[i] && number[i] && before[i] != number[i])
			return false;
	return true;
}

/* Whether there are @n, all told apart by numbers of @from to @to. */
static bool numbered(unsigned int n, uint32_t from, uint32_t to)
{
	bool seen[2 * N_NEIGHBORS] = { false };
	size_t i;

	for (i = 0; i < N_NEIGHBORS; i++) {
		if (!number[i])
			continue;
		if (number[i] < from || number[i] > to || seen[number[i]])
			return false;
		seen[number[i]] = true;
		n--;
	}
	return n == 0;
}

static void test_few_looks(void)
{
	if (!ktap_ok(n_compared < LOOKS_MAX * N_NEIGHBORS,
		     "none is looked for among all others"))
		printf("# %u times\n", n_compared);
}

static void test_neighbors(void)
{
	want(2, 0, true);
	want(2, 1, true);
	apply();
	ktap_ok(numbered(N_NEIGHBORS, 1, N_NEIGHBORS), "all have a number");
	test_few_looks();
	apply();
	ktap_ok(kept() && numbered(N_NEIGHBORS, 1, N_NEIGHBORS),
		"the same when there is nothing new");
	test_few_looks();
	want(2, 0, false);
	apply();
	ktap_ok(kept() && numbered(N_NEIGHBORS / 2, 1, N_NEIGHBORS),
		"and when others are gone");
	want(2, 1, false);
	want(4, 0, true);
	apply();
	ktap_ok(numbered(N_NEIGHBORS / 4, 1, N_NEIGHBORS / 2),
		"new ones have the lowest that are free");
	want(2, 1, true);
	apply();
	ktap_ok(kept() && numbered(3 * N_NEIGHBORS / 4, 1, N_NEIGHBORS),
		"and so have those that come back");
	want(2, 0, false);
	want(4, 2, true);
	apply();
	ktap_ok(kept() && number[2] == 3 * N_NEIGHBORS / 4 + 1 &&
		numbered(3 * N_NEIGHBORS / 4, 1, N_NEIGHBORS),
		"none has that of one that goes with the same reload");
	test_few_looks();
}

static void test_range(void)
{
	uint32_t first[2];

	want(1, 0, false);
	want(10, 0, true);
	apply();
	wanted.slots = 2;
	apply();
	ktap_ok(n_slots == 2 && slot[0] != slot[1],
		"each session of a range has one of its own");
	memcpy(first, slot, sizeof(first));
	wanted.slots = N_SLOTS;
	want(10, 5, true);
	apply();
	ktap_ok(kept() && n_slots == N_SLOTS && slot[2] != slot[3] &&
		memcmp(first, slot, sizeof(first)) == 0,
		"which it keeps when there may be more");
}

int main(void)
{
	static const struct options opt = { .no_kernel = true };

	ktap_start();
	hash_init();
	apply_init(&opt);
	test_neighbors();
	test_range();
	return ktap_finish();
}
