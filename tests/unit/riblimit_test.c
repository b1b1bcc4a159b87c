// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was not taken for paths or attributes is asked for again when there is
 * room, and not before. What tables have around them is played here.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/loop.h"
#include "vrsd/ribs.h"
#include "vrsd/session.h"

#define AF	BGP_IPV4_UNICAST
#define MINUTE	60000

static unsigned int n_asked, n_timers;
static uint64_t now = MINUTE;

void session_ask_refresh(uint32_t number)
{
	(void)number;
	n_asked++;
}

void session_over_limit(uint32_t number, uint32_t restart)
{
	(void)number;
	(void)restart;
}

uint64_t loop_now_ms(void)
{
	return now;
}

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg)
{
	(void)cb;
	(void)arg;
	return NULL;
}

void loop_timer_set(struct loop_timer *timer, uint64_t ms)
{
	(void)timer;
	(void)ms;
	n_timers++;
}

void loop_timer_free(struct loop_timer *timer)
{
	(void)timer;
}

static void on_send(void *arg, const struct rib_send *send)
{
	(void)arg;
	(void)send;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static struct rib *rib;
static struct ribs_vnet vnet;
static struct ribs_peer peer;

static void start(const struct rib_peer_policy *policy, uint32_t limit,
		  enum conf_excess excess)
{
	struct rib_conf conf = { .local_as = 65515 };
	struct rib_peer_conf one = {
		.id = 1,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010201),
		.local = addr_from_v4(0x0a010104),
		.as = 65001,
		.policy = *policy,
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .add_path_rx = policy->path_limit ? 1 : 0 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};

	rib = rib_new(&conf, &ops, NULL);
	memset(&peer, 0, sizeof(peer));
	peer.vnet = &vnet;
	peer.rib = rib_peer_add(rib, &one);
	peer.up = true;
	peer.limit.max = limit;
	peer.limit.bound = policy->limit;
	peer.limit.excess = excess;
	riblimit_init(&peer);
	rib_peer_up(peer.rib, &session);
	riblimit_up(&peer);
	n_asked = 0;
	n_timers = 0;
	now += MINUTE;
}

static void stop(void)
{
	riblimit_fini(&peer);
	rib_free(rib);
}

/* One prefix: with @size bytes of communities like no other's; 0 withdraws. */
static void say(unsigned int n, uint32_t id, size_t size)
{
	struct addr addr = addr_from_v4(0x14000000 + (n << 8));
	struct bgp_nlri nlri = {
		.path_id = id,
		.prefix = prefix_make(&addr, 24),
	};
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010201) };
	uint8_t large[1200], buf[16];
	struct wbuf w = wbuf_make(large, sizeof(large));
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct bgp_attrs *attrs;

	bgp_nlri_build(&to, &nlri, id != 0);
	if (size == 0) {
		rib_peer_withdraw(peer.rib, AF, rbuf_make(buf, to.len));
		riblimit_room(&peer);
		return;
	}
	while (w.len < size) {
		wbuf_u32(&w, n);
		wbuf_u32(&w, w.len);
		wbuf_u32(&w, 0);
	}
	set.part[BGP_PART_LARGE_COMMUNITIES] = rbuf_make(large, w.len);
	attrs = bgp_attrs_new(&set);
	riblimit_announce(&peer, AF, attrs, rbuf_make(buf, to.len));
	riblimit_room(&peer);
	free(attrs);
}

static void test_attrs(enum conf_excess excess, uint32_t limit)
{
	struct rib_peer_policy policy = { .attr_limit = 40000 };
	unsigned int n;

	start(&policy, limit, excess);
	for (n = 0; n < 50; n++)
		say(n, 0, 1200);
	ktap_ok(rib_peer_held(peer.rib) < 40 && peer.limit.told_attrs &&
		n_asked == 0, "attributes are full, nothing is asked for");
	say(0, 0, 0);
	ktap_ok(n_asked == 0, "one less is no room yet");
	say(1, 0, 12);
	say(3, 0, 12);
	say(2, 0, 12);
	ktap_ok(n_asked == 1 && !peer.limit.told_attrs,
		"it is asked when smaller ones make room");
	say(4, 0, 0);
	ktap_ok(n_asked == 1 && n_timers == 0, "once");
	for (n = 60; n < 80; n++)
		say(n, 0, 1200);
	ktap_ok(peer.limit.told_attrs, "the log says it again");
	for (n = 5; n < 10; n++)
		say(n, 0, 0);
	ktap_ok(n_asked == 1 && n_timers > 0, "not again at once");
	now += MINUTE;
	riblimit_room(&peer);
	ktap_ok(n_asked == 2, "but later");
	stop();
}

static void test_paths(void)
{
	struct rib_peer_policy policy = { .path_limit = 100 };
	unsigned int n;

	start(&policy, 0, CONF_EXCESS_DROP);
	for (n = 0; n < 101; n++)
		say(n, 1, 12);
	for (n = 0; n < 9; n++)
		say(n, 1, 0);
	ktap_ok(n_asked == 0, "nine paths in a hundred are no room");
	say(9, 1, 0);
	ktap_ok(n_asked == 1, "ten are");
	stop();

	start(&policy, 0, CONF_EXCESS_DROP);
	for (n = 0; n < 65; n++)
		say(0, 1 + n, 12);
	ktap_ok(peer.limit.told_paths, "of a prefix there may be too many");
	say(0, 1, 0);
	ktap_ok(n_asked == 0, "which is never asked for again");
	stop();
}

/* One that is just to be told of is bounded all the same. */
static void test_warn(void)
{
	struct rib_peer_policy policy = { .limit = 20 };
	struct conf_neighbor neighbor = {
		.prefix_limit = 5,
		.excess = CONF_EXCESS_WARN,
	};
	unsigned int n;

	ktap_ok(riblimit_bound(&neighbor) == CONF_DEFAULT_PREFIX_LIMIT,
		"warn: the bound is the default limit");
	neighbor.prefix_limit = 3000000;
	ktap_ok(riblimit_bound(&neighbor) == 3000000,
		"warn: or the limit, if that is more");
	neighbor.prefix_limit = 0;
	ktap_ok(riblimit_bound(&neighbor) == 0, "none if there is to be none");
	neighbor.prefix_limit = 5;
	neighbor.excess = CONF_EXCESS_DROP;
	ktap_ok(riblimit_bound(&neighbor) == 5, "drop-excess: the limit");

	start(&policy, 5, CONF_EXCESS_WARN);
	for (n = 0; n < 6; n++)
		say(n, 0, 12);
	ktap_ok(rib_peer_held(peer.rib) == 6 && peer.limit.told &&
		!peer.limit.told_excess, "warn: more are taken");
	for (; n < 30; n++)
		say(n, 0, 12);
	ktap_ok(rib_peer_held(peer.rib) == 20 && peer.limit.told_excess,
		"up to the bound, which is told, too");
	say(0, 0, 0);
	ktap_ok(n_asked == 0, "one less is no room yet");
	say(1, 0, 0);
	ktap_ok(n_asked == 1 && peer.limit.told && !peer.limit.told_excess,
		"two are: the others are asked for");
	stop();
}

int main(void)
{
	ktap_start();
	hash_init();
	test_attrs(CONF_EXCESS_DROP, 0);
	test_attrs(CONF_EXCESS_WARN, 5);
	test_paths();
	test_warn();
	return ktap_finish();
}
