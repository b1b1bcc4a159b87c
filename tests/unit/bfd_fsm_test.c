// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BFD sessions: two of them on a line with a clock of our own, which may lose
 * packets, and one that is told what a neighbor could say.
 */
#include <stdlib.h>
#include <string.h>

#include "bfd/fsm.h"
#include "ktap.h"
#include "lib/util.h"

#define NEVER	UINT64_MAX
#define MS	1000ULL

struct end {
	struct bfd bfd;
	struct end *other;
	uint64_t tx_at, detect_at;
	bool deaf;			/* what is sent to it is lost */
	unsigned int sent, finals, polls;
	unsigned int downs;
	uint64_t least, most;		/* between packets while Up and calm */
	uint64_t last_sent;
};

static struct end ends[2];
static uint64_t now;
static uint32_t seed = 1;
static struct bfd_packet last[2];	/* sent by each */

static struct end *end_of(struct bfd *bfd)
{
	return container_of(bfd, struct end, bfd);
}

/* Delivered when the sender has returned. */
static struct {
	struct end *to;
	struct bfd_packet packet;
} line[64];
static unsigned int n_line;

static void ops_send(struct bfd *bfd, const uint8_t *data)
{
	struct end *end = end_of(bfd);
	struct bfd_packet packet;

	ktap_must(!bfd_packet_parse(data, BFD_PACKET_LEN, &packet));
	last[end - ends] = packet;
	end->sent++;
	end->finals += packet.final;
	end->polls += packet.poll;
	if (!packet.final) {
		if (end->last_sent != NEVER) {
			end->least = MIN(end->least, now - end->last_sent);
			end->most = MAX(end->most, now - end->last_sent);
		}
		end->last_sent = now;
	}
	if (!end->other || end->other->deaf)
		return;
	ktap_must(n_line < ARRAY_SIZE(line));
	line[n_line].to = end->other;
	line[n_line++].packet = packet;
}

static void ops_tx_timer(struct bfd *bfd, uint32_t us)
{
	end_of(bfd)->tx_at = us ? now + us : NEVER;
}

static void ops_detect_timer(struct bfd *bfd, uint64_t us)
{
	end_of(bfd)->detect_at = us ? now + us : NEVER;
}

static void ops_state(struct bfd *bfd, enum bfd_state old)
{
	if (old == BFD_UP)
		end_of(bfd)->downs++;
}

static uint32_t ops_random(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * n >> 32;
}

static const struct bfd_ops ops = {
	.send = ops_send,
	.tx_timer = ops_tx_timer,
	.detect_timer = ops_detect_timer,
	.state = ops_state,
	.random = ops_random,
};

static void deliver(void)
{
	unsigned int i;

	for (i = 0; i < n_line; i++)
		bfd_receive(&line[i].to->bfd, &line[i].packet);
	n_line = 0;
}

static void run_until(uint64_t until)
{
	unsigned int i;

	for (;;) {
		uint64_t next = NEVER;

		deliver();
		for (i = 0; i < 2; i++) {
			next = MIN(next, ends[i].tx_at);
			next = MIN(next, ends[i].detect_at);
		}
		if (next > until)
			break;
		now = next;
		for (i = 0; i < 2; i++) {
			if (ends[i].detect_at == now) {
				ends[i].detect_at = NEVER;
				bfd_detect_due(&ends[i].bfd);
			} else if (ends[i].tx_at == now) {
				ends[i].tx_at = NEVER;
				bfd_tx_due(&ends[i].bfd);
			}
		}
	}
	now = until;
}

static void run_ms(uint64_t ms)
{
	run_until(now + ms * MS);
}

static void measure(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ends[i].least = NEVER;
		ends[i].most = ends[i].sent = ends[i].polls = 0;
		ends[i].finals = 0;
		ends[i].last_sent = NEVER;
	}
}

static struct bfd_conf conf(uint32_t tx_ms, uint32_t rx_ms, uint8_t mult)
{
	return (struct bfd_conf){ tx_ms * 1000, rx_ms * 1000, mult };
}

static void fresh(struct bfd_conf a, struct bfd_conf b)
{
	n_line = 0;
	memset(ends, 0, sizeof(ends));
	ends[0].tx_at = ends[0].detect_at = NEVER;
	ends[1].tx_at = ends[1].detect_at = NEVER;
	ends[0].other = &ends[1];
	ends[1].other = &ends[0];
	bfd_init(&ends[0].bfd, &a, 100, &ops);
	bfd_init(&ends[1].bfd, &b, 200, &ops);
	bfd_start(&ends[0].bfd);
	bfd_start(&ends[1].bfd);
}

static bool both(enum bfd_state state)
{
	return ends[0].bfd.state == state && ends[1].bfd.state == state;
}

static void test_up(void)
{
	fresh(conf(100, 100, 3), conf(200, 50, 5));
	run_ms(5000);
	ktap_ok(both(BFD_UP), "both come up");
	ktap_ok(ends[0].bfd.tx_interval == 100 * MS &&
		ends[1].bfd.tx_interval == 200 * MS,
		"each sends at the slower of its and the other's wish");
	ktap_ok(ends[0].bfd.detect_time == 5 * 200 * MS &&
		ends[1].bfd.detect_time == 3 * 100 * MS,
		"the other's multiplier counts");
	ktap_ok(!ends[0].bfd.polling && !ends[1].bfd.polling,
		"polls have been answered");
	measure();
	run_ms(60000);
	ktap_ok(ends[0].least >= 75 * MS && ends[0].most <= 100 * MS,
		"jitter takes a quarter at most");
	ktap_ok(ends[0].most - ends[0].least > 10 * MS, "and is there");
	ktap_ok(ends[0].downs + ends[1].downs == 0, "nobody goes down");
	ktap_ok(ends[0].polls + ends[1].polls == 0, "nor polls for nothing");
}

static void test_mult_one(void)
{
	fresh(conf(100, 100, 1), conf(100, 100, 3));
	run_ms(5000);
	measure();
	run_ms(60000);
	ktap_ok(both(BFD_UP) && ends[0].downs + ends[1].downs == 0 &&
		ends[0].least >= 75 * MS && ends[0].most <= 90 * MS,
		"with one chance only a tenth is left for the way");
}

static void test_slow_start(void)
{
	fresh(conf(50, 50, 3), conf(50, 50, 3));
	ends[0].deaf = ends[1].deaf = true;
	run_ms(3000);
	measure();
	run_ms(60000);
	ktap_ok(ends[0].least >= 750 * MS && ends[0].sent <= 81 &&
		ends[0].sent >= 59, "nobody there: one packet a second");
	ktap_ok(last[0].your_disc == 0 && last[0].state == BFD_DOWN &&
		last[0].min_tx == BFD_SLOW_TX, "that says so");
}

static void test_death(void)
{
	fresh(conf(100, 100, 3), conf(100, 100, 3));
	run_ms(5000);
	ends[0].deaf = true;
	run_ms(299);
	ktap_ok(both(BFD_UP) || ends[0].downs == 1,
		"silence is borne for a while");
	run_ms(2);
	ktap_ok(ends[0].bfd.state == BFD_DOWN &&
		ends[0].bfd.diag == BFD_DIAG_EXPIRED, "and then is death");
	ktap_ok(ends[0].bfd.remote_disc == 0,
		"whoever answers is a stranger");
	run_ms(2);
	ktap_ok(ends[1].bfd.state == BFD_DOWN &&
		ends[1].bfd.diag == BFD_DIAG_NEIGHBOR_DOWN,
		"the other hears of it at once");
	ends[0].deaf = false;
	run_ms(5000);
	ktap_ok(both(BFD_UP) && ends[0].bfd.ups == 2, "it comes back");
}

static void test_restart(void)
{
	struct bfd_conf again = conf(100, 100, 3);

	fresh(conf(100, 100, 3), conf(100, 100, 3));
	run_ms(5000);
	bfd_init(&ends[1].bfd, &again, 201, &ops);
	ends[1].detect_at = NEVER;
	bfd_start(&ends[1].bfd);
	run_ms(1);
	ktap_ok(ends[0].downs == 1, "who begins anew was down");
	run_ms(5000);
	ktap_ok(both(BFD_UP) && ends[0].bfd.remote_disc == 201,
		"and comes up with its new discriminator");
}

static void test_poll(void)
{
	struct bfd_conf slower = conf(400, 400, 4), faster = conf(100, 100, 3);

	fresh(faster, faster);
	run_ms(5000);
	ends[1].deaf = true;		/* so the poll is not answered */
	bfd_change(&ends[0].bfd, &slower);
	ktap_ok(last[0].poll && last[0].min_tx == 400 * MS,
		"a change is announced by a poll");
	ktap_ok(ends[0].bfd.tx_interval == 100 * MS,
		"but not used until it is answered");
	ktap_ok(ends[0].bfd.detect_time == 3 * 400 * MS,
		"what makes us wait longer is used at once");
	ends[1].deaf = false;
	run_ms(500);
	ktap_ok(!ends[0].bfd.polling && ends[1].finals > 0 &&
		ends[0].bfd.tx_interval == 400 * MS, "then it is");
	measure();
	run_ms(20000);
	ktap_ok(ends[0].least >= 300 * MS && ends[1].least >= 300 * MS &&
		ends[0].downs + ends[1].downs == 0, "by both");
	bfd_change(&ends[0].bfd, &faster);
	ktap_ok(ends[0].bfd.used_rx == 400 * MS && last[0].poll,
		"what makes us wait shorter is not");
	run_ms(1000);
	ktap_ok(ends[0].bfd.detect_time == 3 * 100 * MS &&
		ends[0].downs + ends[1].downs == 0, "until it is answered");
	bfd_change(&ends[0].bfd, &(struct bfd_conf){ 100000, 100000, 9 });
	run_ms(1);
	ktap_ok(ends[1].bfd.detect_time == 9 * 100 * MS &&
		!ends[0].bfd.polling, "a multiplier needs no poll");
}

/* Intervals that are no other while the session is down. */
static void test_poll_lost(void)
{
	struct bfd_conf faster = conf(1000, 1000, 3);

	fresh(conf(1000, 3000, 3), conf(1000, 1000, 3));
	run_ms(10000);
	ktap_must(both(BFD_UP) && ends[0].bfd.detect_time == 9000 * MS);
	ends[0].deaf = true;
	bfd_change(&ends[0].bfd, &faster);
	run_ms(10000);
	ktap_ok(ends[0].downs == 1, "a poll is not answered any more");
	ends[0].deaf = false;
	run_ms(10000);
	ktap_ok(both(BFD_UP) && ends[0].bfd.detect_time == 3000 * MS,
		"what it has announced is used all the same");
}

static void test_admin_down(void)
{
	fresh(conf(100, 100, 3), conf(100, 100, 3));
	run_ms(5000);
	bfd_admin_down(&ends[1].bfd);
	run_ms(1);
	ktap_ok(ends[0].bfd.state == BFD_DOWN &&
		ends[0].bfd.diag == BFD_DIAG_NEIGHBOR_DOWN &&
		ends[0].bfd.remote_state == BFD_ADMIN_DOWN,
		"AdminDown is told");
	measure();
	run_ms(10000);
	ktap_ok(ends[1].bfd.state == BFD_ADMIN_DOWN &&
		ends[0].bfd.state == BFD_DOWN && ends[1].sent >= 9 &&
		ends[1].least >= 750 * MS, "slowly, and stays");
}

/* A neighbor that is only what the test says. */
static void say(struct end *to, struct bfd_packet packet)
{
	packet.mult = packet.mult ? packet.mult : 3;
	packet.my_disc = 999;
	if (packet.state == BFD_INIT || packet.state == BFD_UP)
		packet.your_disc = to->bfd.disc;
	bfd_receive(&to->bfd, &packet);
}

static void test_table(void)
{
	static const enum bfd_state next[BFD_STATES][BFD_STATES] = {
		[BFD_ADMIN_DOWN] = { BFD_ADMIN_DOWN, BFD_ADMIN_DOWN,
				     BFD_ADMIN_DOWN, BFD_ADMIN_DOWN },
		/* hears:      AdminDown Down      Init      Up */
		[BFD_DOWN] = { BFD_DOWN, BFD_INIT, BFD_UP, BFD_DOWN },
		[BFD_INIT] = { BFD_DOWN, BFD_INIT, BFD_UP, BFD_UP },
		[BFD_UP] = { BFD_DOWN, BFD_DOWN, BFD_UP, BFD_UP },
	};
	unsigned int state, heard;

	for (state = 0; state < BFD_STATES; state++) {
		for (heard = 0; heard < BFD_STATES; heard++) {
			fresh(conf(100, 100, 3), conf(100, 100, 3));
			ends[0].other = NULL;
			ends[0].bfd.state = state;
			say(&ends[0], (struct bfd_packet){
				.state = heard, .min_tx = 100000,
				.min_rx = 100000 });
			ktap_ok(ends[0].bfd.state == next[state][heard],
				"%s hears %s: %s", bfd_state_name(state),
				bfd_state_name(heard),
				bfd_state_name(ends[0].bfd.state));
		}
	}
}

static void test_odd(void)
{
	struct bfd_packet up = { .state = BFD_UP, .min_tx = 100000,
				 .min_rx = 100000 };

	fresh(conf(100, 100, 3), conf(100, 100, 3));
	ends[0].other = NULL;
	say(&ends[0], (struct bfd_packet){ .state = BFD_INIT,
					   .min_tx = 100000,
					   .min_rx = 100000 });
	ktap_must(ends[0].bfd.state == BFD_UP);
	up.final = true;
	say(&ends[0], up);
	up.final = false;
	measure();
	up.poll = true;
	say(&ends[0], up);
	ktap_ok(ends[0].finals == 1 && ends[0].sent == 1 && last[0].final &&
		!last[0].poll, "a poll is answered at once");
	up.poll = false;
	up.min_rx = 0;
	say(&ends[0], up);
	ktap_ok(ends[0].tx_at == NEVER, "who can receive nothing gets nothing");
	up.min_rx = 100000;
	say(&ends[0], up);
	ktap_ok(ends[0].tx_at != NEVER, "until it can again");
	up.demand = true;
	say(&ends[0], up);
	ktap_ok(ends[0].tx_at == NEVER, "in Demand mode we are silent");
	measure();
	up.poll = true;
	say(&ends[0], up);
	ktap_ok(ends[0].finals == 1, "but answer polls");
	up.demand = up.poll = false;
	up.min_rx = 5000000;
	say(&ends[0], up);
	ktap_ok(ends[0].bfd.tx_interval == 5000000,
		"who can receive little gets little");
	up.mult = 255;
	up.min_tx = UINT32_MAX;
	say(&ends[0], up);
	ktap_ok(ends[0].bfd.detect_time == 255ULL * UINT32_MAX,
		"a detection time of two weeks does not overflow");
}

/* Whatever is lost on the way, both agree when nothing is lost any more. */
static void test_loss(void)
{
	unsigned int round, good = 0;

	for (round = 1; round <= 200; round++) {
		unsigned int i;

		seed = round;
		fresh(conf(50 + ops_random(500), 50 + ops_random(500),
			   1 + ops_random(5)),
		      conf(50 + ops_random(500), 50 + ops_random(500),
			   1 + ops_random(5)));
		for (i = 0; i < 40; i++) {
			ends[0].deaf = ops_random(3) == 0;
			ends[1].deaf = ops_random(3) == 0;
			run_ms(ops_random(400));
		}
		ends[0].deaf = ends[1].deaf = false;
		run_ms(10000);
		good += both(BFD_UP) && !ends[0].bfd.polling &&
			!ends[1].bfd.polling;
	}
	ktap_ok(good == 200, "%u of 200 lossy lines recover", good);
}

int main(void)
{
	ktap_start();
	test_up();
	test_mult_one();
	test_slow_start();
	test_death();
	test_restart();
	test_poll();
	test_poll_lost();
	test_admin_down();
	test_table();
	test_odd();
	test_loss();
	return ktap_finish();
}
