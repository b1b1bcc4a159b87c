// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two speakers that dial each other, over transports that deliver everything
 * in order but in any interleaving. Whatever happens first, they must end up
 * with one session, over the same transport at both ends, that stays.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/fsm.h"
#include "ktap.h"
#include "lib/log.h"
#include "lib/util.h"

#define SEEDS		3000
#define LINKS		64
#define STEPS		4000
#define PIPE_SIZE	4096

struct link {
	bool used;
	bool syn;			/* the acceptor has not heard yet */
	bool up;			/* the dialler has not heard yet */
	struct speaker *acceptor;
	struct bgp_conn *end[2];	/* dialler, acceptor; NULL: has left */
	uint8_t pipe[2][PIPE_SIZE];	/* bytes on their way to that end */
	size_t filled[2];
	size_t arrived[2];		/* as many of them are there */
};

struct speaker {
	struct bgp_peer peer;
	uint64_t deadline[BGP_DIRECTIONS][BGP_TIMER_COUNT];
};

static struct speaker speakers[2];
/*
 * A connection may be up for the dialler before the acceptor takes it, and is
 * taken even if the dialler has left; beside a session that means a restart.
 */
static bool graceful;
static struct link links[LINKS];
static struct bgp_update *parser;
static uint64_t now;
static unsigned int resets;
static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (random_state >> 33) % n;
}

static struct speaker *speaker_of(struct bgp_conn *conn)
{
	return container_of(conn->peer, struct speaker, peer);
}

static int end_of(const struct link *link, const struct bgp_conn *conn)
{
	return link->end[0] == conn ? 0 : 1;
}

static void op_connect(struct bgp_conn *conn)
{
	struct link *link = links;

	while (link->used)
		ktap_must(++link < links + LINKS);
	*link = (struct link){
		.used = true,
		.syn = true,
		.up = graceful,
		.acceptor = &speakers[speaker_of(conn) == &speakers[0]],
		.end = { conn },
	};
	conn->io = link;
}

static bool op_half_open(const struct bgp_conn *conn)
{
	return conn->io;
}

static void op_close(struct bgp_conn *conn)
{
	struct link *link = conn->io;
	int end = end_of(link, conn);

	link->end[end] = NULL;
	link->filled[end] = link->arrived[end] = 0;
	if (link->syn && (link->up || !graceful))
		link->used = false;
	conn->io = NULL;
}

static void op_send(struct bgp_conn *conn, const void *msg, size_t len)
{
	struct link *link = conn->io;
	int other = !end_of(link, conn);

	if (!link->end[other] && !link->syn)
		return;
	ktap_must(link->filled[other] + len <= PIPE_SIZE);
	memcpy(link->pipe[other] + link->filled[other], msg, len);
	link->filled[other] += len;
}

static void op_timer_set(struct bgp_conn *conn, enum bgp_timer timer,
			 uint64_t ms)
{
	speaker_of(conn)->deadline[conn->direction][timer] = now + ms;
}

static void op_timer_stop(struct bgp_conn *conn, enum bgp_timer timer)
{
	speaker_of(conn)->deadline[conn->direction][timer] = UINT64_MAX;
}

static void op_state(struct bgp_conn *conn, enum bgp_state old)
{
	(void)conn;
	(void)old;
}

static void op_established(struct bgp_peer *peer)
{
	(void)peer;
}

static void op_down(struct bgp_peer *peer, const struct bgp_error *err)
{
	(void)peer;
	(void)err;
	resets++;
}

static const struct bgp_io_ops ops = {
	.connect = op_connect,
	.half_open = op_half_open,
	.close = op_close,
	.send = op_send,
	.timer_set = op_timer_set,
	.timer_stop = op_timer_stop,
	.random = random_below,
	.state = op_state,
	.established = op_established,
	.down = op_down,
};

static void syn_arrives(struct link *link)
{
	struct bgp_conn *conn = bgp_peer_incoming(&link->acceptor->peer);
	struct bgp_conn *dialler = link->end[0];

	link->syn = false;
	if (!conn) {
		link->used = false;
		if (dialler)
			bgp_conn_closed(dialler, "refused");
		return;
	}
	link->end[1] = conn;
	link->up |= !graceful;
	conn->io = link;
	bgp_conn_opened(conn);
}

static void bytes_arrive(struct link *link, int end)
{
	size_t more = link->filled[end] - link->arrived[end];
	uint8_t *pipe = link->pipe[end];
	struct bgp_conn *conn = link->end[end];
	size_t used;

	link->arrived[end] += 1 + random_below(more);
	used = bgp_conn_input(conn, pipe, link->arrived[end], 100);
	if (link->end[end] != conn)
		return;
	memmove(pipe, pipe + used, link->filled[end] - used);
	link->filled[end] -= used;
	link->arrived[end] -= used;
}

/* One thing that can happen at an end of a link; false if there is none. */
static bool end_step(struct link *link, int end)
{
	struct bgp_conn *conn = link->end[end];

	if (!conn)
		return false;
	if (link->filled[end] > link->arrived[end]) {
		bytes_arrive(link, end);
		return true;
	}
	if (link->end[!end])
		return false;
	link->end[end] = NULL;
	conn->io = NULL;
	bgp_conn_closed(conn, "closed by peer");
	return true;
}

static bool link_step(struct link *link)
{
	int end = random_below(2);

	if (link->syn && (!link->up || random_below(2))) {
		syn_arrives(link);
		return true;
	}
	if (link->up && link->end[0]) {
		link->up = false;
		bgp_conn_opened(link->end[0]);
		return true;
	}
	if (link->syn)
		return false;
	if (end_step(link, end) || end_step(link, !end))
		return true;
	if (!link->end[0] && !link->end[1])
		link->used = false;
	return false;
}

/*
 * False if nothing is on its way any more. All links that there are have the
 * same chance.
 */
static bool network_step(void)
{
	struct link *used[LINKS], *link;
	unsigned int n = 0, i;

	for (i = 0; i < LINKS; i++)
		if (links[i].used)
			used[n++] = &links[i];
	while (n) {
		i = random_below(n);
		link = used[i];
		if (link_step(link))
			return true;
		used[i] = used[--n];
	}
	return false;
}

static void clock_step(void)
{
	enum bgp_timer timer, first_timer = 0;
	struct bgp_conn *first = NULL;
	uint64_t when = UINT64_MAX;
	unsigned int s, d;

	for (s = 0; s < 2; s++)
		for (d = 0; d < BGP_DIRECTIONS; d++)
			for (timer = 0; timer < BGP_TIMER_COUNT; timer++) {
				if (speakers[s].deadline[d][timer] >= when)
					continue;
				when = speakers[s].deadline[d][timer];
				first = &speakers[s].peer.conn[d];
				first_timer = timer;
			}
	ktap_must(first);
	now = MAX(now, when);
	speaker_of(first)->deadline[first->direction][first_timer] =
		UINT64_MAX;
	bgp_conn_timer(first, first_timer);
}

static bool one_session(void)
{
	const struct bgp_conn *a = speakers[0].peer.session;
	const struct bgp_conn *b = speakers[1].peer.session;

	return a && b && a->io == b->io;
}

static void speaker_init(unsigned int i, uint32_t id)
{
	struct bgp_peer_conf conf = {
		.local_as = 65001 + i,
		.remote_as = 65002 - i,
		.router_id = id,
		.hold_time = 180,
		.connect_retry = 5,
		.caps = { .families = 1, .as4 = true },
	};

	conf.caps.end_of_rib = graceful;
	conf.caps.restart.families = graceful;
	memset(speakers[i].deadline, 0xff, sizeof(speakers[i].deadline));
	bgp_peer_init(&speakers[i].peer, &conf, &ops, parser, "peer", NULL);
}

/*
 * The number of sessions lost on the way, or -1 if there is none at the end.
 * @slow: timers expire while messages are on their way
 */
static int run(unsigned int seed, bool slow)
{
	unsigned int step;

	random_state = seed;
	memset(links, 0, sizeof(links));
	now = 1000;
	resets = 0;
	speaker_init(0, 2);
	speaker_init(1, 1 + seed % 3);
	bgp_peer_start(&speakers[0].peer);
	if (seed % 2)
		clock_step();
	bgp_peer_start(&speakers[1].peer);
	for (step = 0; step < STEPS && !one_session(); step++)
		if ((slow && random_below(50) == 0) || !network_step())
			clock_step();
	for (step = 0; step < STEPS && network_step(); step++)
		;
	return one_session() && step < STEPS ? (int)resets : -1;
}

static void test_runs(const char *network, bool slow, int tolerated)
{
	unsigned int seed, n_lost = 0;
	int result, worst = 0;

	for (seed = 0; seed < SEEDS; seed++) {
		result = run(seed, slow);
		if (result < 0)
			break;
		worst = MAX(worst, result);
		n_lost += result > 0;
	}
	printf("# %s: some are lost in %u\n", network, n_lost);
	ktap_ok(seed == SEEDS, "%s: %u interleavings end in one session "
		"(seed %u)", network, SEEDS, seed);
	ktap_ok(worst <= tolerated, "%s: at most %d are lost on the way (%d)",
		network, tolerated, worst);
}

/*
 * One end may hold a connection for dead while what would tell better is on
 * its way. That may cost a session, but not in a loop; and nothing else may.
 */
int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_ERR);
	parser = bgp_update_new();
	test_runs("fast", false, 0);
	test_runs("slow", true, 2);
	graceful = true;
	test_runs("late to accept", false, 0);
	test_runs("late and slow", true, 2);
	bgp_update_free(parser);
	return ktap_finish();
}
