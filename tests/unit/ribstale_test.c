// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long stale paths stay, and when they go: when their time is over, and
 * not before a peer has had time to announce them again, whatever the
 * configuration says of restarts of our own. Time is played here.
 */
#include <string.h>

#include "ktap.h"
#include "lib/loop.h"
#include "vrsd/ribs.h"

#define AF	BGP_IPV4_UNICAST
#define BIT	bgp_af_bit(AF)

struct loop_timer {
	loop_cb *cb;
	void *arg;
	uint64_t left;			/* ms */
	bool running;
};

static struct loop_timer timers[BGP_AF_COUNT];
static unsigned int n_timers, n_swept, n_long_lived, n_forgotten;
static uint64_t now_ms = 1;
static uint8_t kept_stale;		/* at the last loss */

uint64_t loop_now_ms(void)
{
	return now_ms;
}

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg)
{
	struct loop_timer *timer = &timers[n_timers++];

	*timer = (struct loop_timer){ .cb = cb, .arg = arg };
	return timer;
}

void loop_timer_set(struct loop_timer *timer, uint64_t ms)
{
	timer->left = ms;
	timer->running = true;
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer->running = false;
}

void loop_timer_free(struct loop_timer *timer)
{
	timer->running = false;
}

static void pass(unsigned int seconds)
{
	uint64_t ms = seconds * 1000ull;
	unsigned int i;

	now_ms += ms;
	for (i = 0; i < n_timers; i++) {
		if (!timers[i].running)
			continue;
		timers[i].left -= timers[i].left < ms ? timers[i].left : ms;
		if (timers[i].left)
			continue;
		timers[i].running = false;
		timers[i].cb(timers[i].arg);
	}
}

void rib_peer_down(struct rib_peer *peer, uint8_t keep, uint8_t keep_stale)
{
	(void)peer;
	(void)keep;
	kept_stale = keep_stale;
}

bool rib_peer_stale(struct rib_peer *peer, enum bgp_af af)
{
	(void)peer;
	(void)af;
	return true;
}

void rib_peer_sweep(struct rib_peer *peer, enum bgp_af af)
{
	(void)peer;
	n_swept += af == AF;
}

void rib_peer_long_lived(struct rib_peer *peer, enum bgp_af af)
{
	(void)peer;
	n_long_lived += af == AF;
}

void ribpeer_forget(struct ribs_peer *peer)
{
	(void)peer;
	n_forgotten++;
}

/* The server of a VNet where nothing waits for our own restarts */
static struct conf_server server = { .stale_time = 0 };
static struct conf_vnet conf = { .server = &server };
static struct ribs_vnet vnet = { .conf = &conf };
static struct ribs_peer peer;

static void start(void)
{
	memset(&peer, 0, sizeof(peer));
	peer.vnet = &vnet;
	peer.up = true;
	peer.end_of_rib = true;
	peer.families = BIT;
	peer.complete = BIT;
	n_timers = n_swept = n_long_lived = n_forgotten = 0;
	ribstale_init(&peer);
}

static void go_down(uint32_t long_lived)
{
	struct ribpeer_down down = { .kept = BIT, .restart_time = { 20, 20 } };

	down.long_lived_time[AF] = long_lived;
	peer.up = false;
	ribstale_down(&peer, &down);
}

static void come_back(uint8_t forwarding, uint8_t long_lived)
{
	struct ribpeer_up up = {
		.end_of_rib = true,
		.forwarding = forwarding,
		.long_lived_forwarding = long_lived,
	};

	peer.up = true;
	ribstale_up(&peer, &up);
}

static void test_only_long_lived(void)
{
	struct ribpeer_down down = { .kept = BIT };

	down.restart_time[!AF] = 20;
	down.long_lived_time[AF] = 60;
	start();
	peer.up = false;
	ribstale_down(&peer, &down);
	ktap_ok(n_long_lived == 1, "no time to restart: long-lived at once");
	come_back(0, BIT);
	ktap_ok(n_swept == 0, "and kept by a peer that is back at once");
	ribstale_fini(&peer);
}

static void test_return(void)
{
	start();
	go_down(0);
	pass(19);
	come_back(BIT, 0);
	pass(60);
	ktap_ok(n_swept == 0, "back, it has time to announce all again");
	ribstale_end_of_rib(&peer, AF);
	ktap_ok(n_swept == 1 && !peer.stale, "until End-of-RIB");
	pass(3600);
	ktap_ok(n_swept == 1, "once");
	ribstale_fini(&peer);

	start();
	go_down(0);
	come_back(BIT, 0);
	pass(3600);
	ktap_ok(n_swept == 1 && !peer.stale,
		"which is not waited for for ever");
	ktap_ok(n_forgotten == 0, "the peer itself stays");
	ribstale_fini(&peer);

	start();
	go_down(0);
	come_back(0, BIT);
	ktap_ok(n_swept == 1, "what was not forwarded on goes at once");
	ribstale_fini(&peer);
}

static void test_away(void)
{
	start();
	go_down(0);
	pass(19);
	ktap_ok(n_swept == 0, "away, it has its restart time");
	pass(1);
	ktap_ok(n_swept == 1 && n_forgotten == 1, "and no more");
	ribstale_fini(&peer);

	start();
	go_down(50);
	pass(20);
	ktap_ok(n_swept == 0 && n_long_lived == 1, "or is long-lived then");
	pass(50);
	ktap_ok(n_swept == 1 && n_forgotten == 1, "and goes after that");
	ribstale_fini(&peer);
}

/* RFC 9494 4.2 */
static void test_long_lived(void)
{
	start();
	go_down(100);
	pass(20);
	come_back(BIT, 0);
	ktap_ok(n_swept == 1, "of long-lived ones their own F bit says that");
	ribstale_fini(&peer);

	start();
	go_down(100);
	pass(20);
	pass(40);
	come_back(0, BIT);
	ktap_ok(n_swept == 0, "and whatever the other is, they stay");
	pass(10);
	go_down(100);
	ktap_ok(kept_stale == BIT, "even if it is lost once more");
	pass(20);
	ktap_ok(n_swept == 0 && n_long_lived == 2, "what it had said, too");
	pass(29);
	come_back(0, BIT);
	ktap_ok(n_swept == 0, "back once more they are still long-lived");
	go_down(0);
	ktap_ok(kept_stale == BIT, "and kept");
	ktap_ok(n_swept == 0, "for no longer than at first");
	pass(1);
	ktap_ok(n_swept == 1 && n_forgotten == 1,
		"until that is over, whatever its restart time");
	ribstale_fini(&peer);

	start();
	go_down(100);
	pass(10);
	come_back(BIT, 0);
	go_down(100);
	ktap_ok(kept_stale == 0, "of others only the last session's stay");
	ribstale_fini(&peer);
}

/* RFC 9494 4.2: that it is back does not make their time longer. */
static void test_late(void)
{
	start();
	go_down(100);
	pass(20);
	pass(90);
	come_back(0, BIT);
	pass(10);
	ktap_ok(n_swept == 1 && n_forgotten == 0,
		"back, it has no longer than they may last");
	ktap_ok(ribstale_kept(&peer, BIT) == 0,
		"lost before End-of-RIB, nothing of it is kept");
	ribstale_end_of_rib(&peer, AF);
	ktap_ok(ribstale_kept(&peer, BIT) == BIT, "after that it is");
	ribstale_fini(&peer);

	start();
	go_down(1000);
	pass(20);
	come_back(0, BIT);
	pass(360);
	ktap_ok(n_swept == 1 && ribstale_kept(&peer, BIT) == BIT,
		"nor does it have longer than others if they may last");
	ribstale_fini(&peer);
}

static void test_limit(void)
{
	start();
	go_down(100);
	ribstale_limit(&peer, 0);
	pass(20);
	ktap_ok(n_swept == 1 && n_long_lived == 0,
		"told not to be long-lived, they are not");
	ribstale_fini(&peer);

	start();
	go_down(100);
	pass(20);
	ribstale_limit(&peer, 200);
	pass(99);
	ktap_ok(n_swept == 0, "a longer time does not make theirs longer");
	ribstale_fini(&peer);

	start();
	go_down(100);
	pass(20);
	ribstale_limit(&peer, 10);
	pass(10);
	ktap_ok(n_swept == 1 && n_forgotten == 1, "a shorter one does");
	ribstale_fini(&peer);
}

static void test_refresh(void)
{
	start();
	ribstale_refresh(&peer, AF, BGP_REFRESH_BEGIN);
	pass(60);
	ktap_ok(n_swept == 0, "after BoRR it has time to announce all again");
	ribstale_refresh(&peer, AF, BGP_REFRESH_END);
	ktap_ok(n_swept == 1 && !peer.refreshing, "until EoRR");
	ribstale_fini(&peer);

	start();
	ribstale_refresh(&peer, AF, BGP_REFRESH_BEGIN);
	pass(300);
	ribstale_refresh(&peer, AF, BGP_REFRESH_BEGIN);
	pass(60);
	ktap_ok(n_swept == 1 && !peer.refreshing,
		"no longer than six minutes, and another BoRR adds nothing");
	ribstale_refresh(&peer, AF, BGP_REFRESH_END);
	ktap_ok(n_swept == 1, "an EoRR that comes later means nothing");
	ribstale_fini(&peer);

	start();
	ribstale_refresh(&peer, AF, BGP_REFRESH_BEGIN);
	go_down(0);
	ktap_ok(kept_stale == BIT, "lost before, it has what it had");
	ribstale_fini(&peer);
}

int main(void)
{
	ktap_start();
	test_only_long_lived();
	test_return();
	test_away();
	test_long_lived();
	test_late();
	test_limit();
	test_refresh();
	return ktap_finish();
}
