// SPDX-License-Identifier: GPL-2.0-or-later
/* The state machine alone: each state and event, and its timers. */

#include <stdio.h>
#include <string.h>

#include "bgp/event.h"
#include "bgp/notify.h"
#include "fsm_rig.h"
#include "lib/log.h"
#include "lib/util.h"

static void start(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_START, NULL);
}

static void stop(struct bgp_conn *conn)
{
	struct bgp_error err;

	bgp_notify_cease(&err, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
	bgp_fsm(conn, BGP_EV_STOP, &err);
}

static void connect_retry(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_CONNECT_RETRY, NULL);
}

static void hold(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_HOLD, NULL);
}

static void keepalive_timer(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_KEEPALIVE_TIMER, NULL);
}

static void send_hold(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_SEND_HOLD, NULL);
}

static void tcp_up(struct bgp_conn *conn)
{
	bgp_conn_opened(conn);
}

static void tcp_fails(struct bgp_conn *conn)
{
	bgp_conn_closed(conn, "reset");
}

static void header_error(struct bgp_conn *conn)
{
	uint8_t msg[BGP_HEADER_LEN] = { 0 };
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	w.len = sizeof(msg);
	feed(conn, &w);
}

static void open_error(struct bgp_conn *conn)
{
	recv_open_of(conn, (struct says){ .hold_time = 1 });
}

static void collision(struct bgp_conn *conn)
{
	bgp_fsm(conn, BGP_EV_COLLISION, NULL);
}

static void notify_version(struct bgp_conn *conn)
{
	recv_notification(conn, BGP_ERR_OPEN, BGP_OPEN_BAD_VERSION);
}

static void notify(struct bgp_conn *conn)
{
	recv_notification(conn, BGP_ERR_CEASE, BGP_CEASE_ADMIN_RESET);
}

static void update(struct bgp_conn *conn)
{
	recv_update(conn, true);
}

static void update_error(struct bgp_conn *conn)
{
	recv_update(conn, false);
}

/*
 * RFC 4271 8.2.2: each state, each event that can happen in it, the next state
 * and what is done.
 */
static const struct step {
	enum bgp_state state;
	const char *event;
	void (*happen)(struct bgp_conn *conn);
	enum bgp_state next;
	const char *actions;
} steps[] = {
#define STEP(state, event, next, actions) \
	{ BGP_ ## state, #event, event, BGP_ ## next, actions }
	STEP(IDLE, stop, IDLE, ""),
	STEP(IDLE, tcp_fails, IDLE, ""),
	STEP(IDLE, hold, IDLE, ""),
	STEP(IDLE, connect_retry, IDLE, ""),
	STEP(IDLE, keepalive_timer, IDLE, ""),
	STEP(IDLE, collision, IDLE, ""),

	STEP(CONNECT, start, CONNECT, ""),
	STEP(CONNECT, stop, IDLE, "out close"),
	STEP(CONNECT, connect_retry, CONNECT, "out close, out connect"),
	STEP(CONNECT, tcp_up, OPENSENT, "out send OPEN"),
	STEP(CONNECT, tcp_fails, IDLE, ""),
	STEP(CONNECT, hold, IDLE, "out close"),
	STEP(CONNECT, keepalive_timer, IDLE, "out close"),
	STEP(CONNECT, collision, IDLE, "out close"),

	STEP(ACTIVE, start, ACTIVE, ""),
	STEP(ACTIVE, stop, IDLE, ""),
	STEP(ACTIVE, connect_retry, CONNECT, "out connect"),
	STEP(ACTIVE, tcp_up, OPENSENT, "out send OPEN"),
	STEP(ACTIVE, tcp_fails, IDLE, ""),
	STEP(ACTIVE, hold, IDLE, ""),
	STEP(ACTIVE, keepalive_timer, IDLE, ""),
	STEP(ACTIVE, collision, IDLE, ""),

	STEP(OPENSENT, start, OPENSENT, ""),
	STEP(OPENSENT, stop, IDLE, "out send NOTIFICATION 6/2, out close"),
	STEP(OPENSENT, hold, IDLE, "out send NOTIFICATION 4/0, out close"),
	STEP(OPENSENT, tcp_fails, ACTIVE, ""),
	STEP(OPENSENT, recv_open, OPENCONFIRM, "out send KEEPALIVE"),
	STEP(OPENSENT, header_error, IDLE,
	     "out send NOTIFICATION 1/1, out close"),
	STEP(OPENSENT, open_error, IDLE,
	     "out send NOTIFICATION 2/6, out close"),
	STEP(OPENSENT, collision, IDLE,
	     "out send NOTIFICATION 6/7, out close"),
	STEP(OPENSENT, notify_version, IDLE, "out close"),
	STEP(OPENSENT, notify, IDLE, "out close"),
	STEP(OPENSENT, connect_retry, IDLE,
	     "out send NOTIFICATION 5/1, out close"),
	STEP(OPENSENT, keepalive_timer, IDLE,
	     "out send NOTIFICATION 5/1, out close"),
	STEP(OPENSENT, recv_keepalive, IDLE,
	     "out send NOTIFICATION 5/1, out close"),
	STEP(OPENSENT, update, IDLE, "out send NOTIFICATION 5/1, out close"),
	STEP(OPENSENT, update_error, IDLE,
	     "out send NOTIFICATION 5/1, out close"),
	STEP(OPENSENT, recv_refresh, IDLE,
	     "out send NOTIFICATION 5/1, out close"),

	STEP(OPENCONFIRM, start, OPENCONFIRM, ""),
	STEP(OPENCONFIRM, stop, IDLE, "out send NOTIFICATION 6/2, out close"),
	STEP(OPENCONFIRM, hold, IDLE, "out send NOTIFICATION 4/0, out close"),
	STEP(OPENCONFIRM, send_hold, IDLE,
	     "out send NOTIFICATION 8/0, out close"),
	STEP(OPENCONFIRM, keepalive_timer, OPENCONFIRM, "out send KEEPALIVE"),
	STEP(OPENCONFIRM, tcp_fails, IDLE, ""),
	STEP(OPENCONFIRM, notify, IDLE, "out close"),
	STEP(OPENCONFIRM, notify_version, IDLE, "out close"),
	STEP(OPENCONFIRM, header_error, IDLE,
	     "out send NOTIFICATION 1/1, out close"),
	STEP(OPENCONFIRM, open_error, IDLE,
	     "out send NOTIFICATION 2/6, out close"),
	STEP(OPENCONFIRM, recv_open, IDLE,
	     "out send NOTIFICATION 5/2, out close"),
	STEP(OPENCONFIRM, collision, IDLE,
	     "out send NOTIFICATION 6/7, out close"),
	STEP(OPENCONFIRM, recv_keepalive, ESTABLISHED, "up"),
	STEP(OPENCONFIRM, connect_retry, IDLE,
	     "out send NOTIFICATION 5/2, out close"),
	STEP(OPENCONFIRM, update, IDLE,
	     "out send NOTIFICATION 5/2, out close"),
	STEP(OPENCONFIRM, update_error, IDLE,
	     "out send NOTIFICATION 5/2, out close"),
	STEP(OPENCONFIRM, recv_refresh, IDLE,
	     "out send NOTIFICATION 5/2, out close"),

	STEP(ESTABLISHED, start, ESTABLISHED, ""),
	STEP(ESTABLISHED, stop, IDLE,
	     "out send NOTIFICATION 6/2, out close, down 6/2"),
	STEP(ESTABLISHED, hold, IDLE,
	     "out send NOTIFICATION 4/0, out close, down 4/0"),
	STEP(ESTABLISHED, send_hold, IDLE,
	     "out send NOTIFICATION 8/0, out close, down 8/0"),
	STEP(ESTABLISHED, keepalive_timer, ESTABLISHED, "out send KEEPALIVE"),
	STEP(ESTABLISHED, tcp_fails, IDLE, "down 0/0"),
	STEP(ESTABLISHED, recv_open, IDLE,
	     "out send NOTIFICATION 5/3, out close, down 5/3"),
	STEP(ESTABLISHED, open_error, IDLE,
	     "out send NOTIFICATION 5/3, out close, down 5/3"),
	STEP(ESTABLISHED, header_error, IDLE,
	     "out send NOTIFICATION 1/1, out close, down 1/1"),
	STEP(ESTABLISHED, collision, IDLE,
	     "out send NOTIFICATION 6/7, out close, down 6/7"),
	STEP(ESTABLISHED, notify, IDLE, "out close, down 6/4"),
	STEP(ESTABLISHED, notify_version, IDLE, "out close, down 2/1"),
	STEP(ESTABLISHED, recv_keepalive, ESTABLISHED, ""),
	STEP(ESTABLISHED, update, ESTABLISHED, "update of 1"),
	STEP(ESTABLISHED, update_error, IDLE,
	     "out send NOTIFICATION 3/10, out close, down 3/10"),
	STEP(ESTABLISHED, recv_refresh, ESTABLISHED, "refresh ipv6-unicast 0"),
	STEP(ESTABLISHED, connect_retry, IDLE,
	     "out send NOTIFICATION 5/3, out close, down 5/3"),
#undef STEP
};

static void test_steps(void)
{
	const struct step *step;
	char name[64];
	bool ok;

	for (step = steps; step < steps + ARRAY_SIZE(steps); step++) {
		reach(out, step->state);
		/* Alone: what the other one does is tested below. */
		in->state = BGP_IDLE;
		step->happen(out);
		snprintf(name, sizeof(name), "%s, %s",
			 bgp_state_name(step->state), step->event);
		ok = same(did(), step->actions);
		ktap_ok(ok && out->state == step->next, "%s: %s", name,
			bgp_state_name(out->state));
	}
}

static void test_start(void)
{
	fresh();
	bgp_peer_start(&peer);
	EXPECT("out connect", "start dials");
	ktap_ok(out->state == BGP_CONNECT && in->state == BGP_ACTIVE,
		"start waits for connections as well");
	ktap_ok(time_left(out, BGP_TIMER_CONNECT_RETRY) == 5000,
		"the ConnectRetryTimer runs");

	conf.passive = true;
	fresh();
	conf.passive = false;
	bgp_peer_start(&peer);
	EXPECT("", "a passive peer does not dial");
	ktap_ok(bgp_peer_incoming(&peer) == in, "but takes connections");
	bgp_conn_opened(in);
	EXPECT("in send OPEN", "and is the first to say OPEN");
	ktap_ok(bgp_peer_incoming(&peer) == in, "who dials anew is let in");
	EXPECT("in close", "in place of a connection without an OPEN");
	bgp_conn_opened(in);
	recv_open(in);
	ktap_ok(!bgp_peer_incoming(&peer), "not of one with it");

	fresh();
	ktap_ok(!bgp_peer_incoming(&peer), "a peer that is down takes none");
}

static void test_other_conf(void)
{
	reach(out, BGP_OPENCONFIRM);
	peer.conf.remote_as++;
	recv_keepalive(out);
	EXPECT("out send NOTIFICATION 2/2, out close",
	       "an OPEN that is not acceptable any more makes no session");
}

static void test_retry(void)
{
	reach(out, BGP_CONNECT);
	bgp_conn_closed(out, "refused");
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 5000 &&
		!running(out, BGP_TIMER_CONNECT_RETRY),
		"a refused connection is tried again after the retry time");
	ktap_ok(!strcmp(peer.last_error.text, "refused"),
		"and the reason is kept");
	expire(out, BGP_TIMER_IDLE_HOLD);
	EXPECT("out connect", "it is");

	reach(out, BGP_CONNECT);
	expire(out, BGP_TIMER_CONNECT_RETRY);
	EXPECT("out close, out connect", "one without an answer is too");

	reach(out, BGP_OPENSENT);
	bgp_conn_closed(out, "reset");
	ktap_ok(out->state == BGP_ACTIVE &&
		time_left(out, BGP_TIMER_CONNECT_RETRY) == 5000,
		"a peer that hangs up without a word is dialled again");
	expire(out, BGP_TIMER_CONNECT_RETRY);
	EXPECT("out connect", "it is, from Active");

	reach(out, BGP_ESTABLISHED);
	bgp_conn_closed(out, "reset");
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 5000 &&
		time_left(in, BGP_TIMER_IDLE_HOLD) == 0,
		"after a lost session: dial later, take connections at once");
	expire(in, BGP_TIMER_IDLE_HOLD);
	ktap_ok(bgp_peer_incoming(&peer) == in, "they are taken");

	reach(out, BGP_OPENSENT);
	recv_notification(out, BGP_ERR_CEASE, BGP_CEASE_REJECTED);
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 5000 &&
		bgp_peer_incoming(&peer) == in, "a Cease damps nothing");
}

static void test_damping(void)
{
	unsigned int i;

	reach(out, BGP_ESTABLISHED);
	recv_update(out, false);
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 5000 &&
		time_left(in, BGP_TIMER_IDLE_HOLD) == 5000,
		"after an error both directions rest");
	ktap_ok(!bgp_peer_incoming(&peer), "connections are refused");
	expire(in, BGP_TIMER_IDLE_HOLD);
	ktap_ok(bgp_peer_incoming(&peer) == in, "until the time is over");

	reach(out, BGP_OPENSENT);
	for (i = 0; i < 5; i++) {
		recv_open_of(out, (struct says){ .as = 65009 });
		expire(out, BGP_TIMER_IDLE_HOLD);
		bgp_conn_opened(out);
	}
	recv_open_of(out, (struct says){ .as = 65009 });
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 30000,
		"the rest doubles, up to 30 s");
	expire(out, BGP_TIMER_IDLE_HOLD);
	bgp_conn_opened(out);
	recv_open(out);
	recv_keepalive(out);
	expire(out, BGP_TIMER_KEEPALIVE);
	ktap_ok(peer.idle_hold == 30, "a session alone excuses nothing");
	expire(out, BGP_TIMER_IDLE_HOLD);
	ktap_ok(out->state == BGP_ESTABLISHED, "half a minute passes");
	recv_update(out, false);
	ktap_ok(time_left(out, BGP_TIMER_IDLE_HOLD) == 5000,
		"a session that lasted is a new beginning");
}

static void test_timers(void)
{
	static const struct {
		int ours, theirs;
		unsigned int hold, keepalive;
	} cases[] = {
		{ 180, 90, 90000, 30000 }, { 60, 180, 60000, 20000 },
		{ 180, 3, 3000, 1000 }, { 180, -1, 0, 0 }, { 0, 180, 0, 0 },
	};
	bool ok, zero;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		conf.hold_time = cases[i].ours;
		reach(out, BGP_OPENSENT);
		conf.hold_time = 180;
		ok = time_left(out, BGP_TIMER_HOLD) == 240000;
		recv_open_of(out, (struct says){
			.hold_time = cases[i].theirs });
		zero = !cases[i].hold;
		if (zero)
			ok &= !running(out, BGP_TIMER_HOLD) &&
			      !running(out, BGP_TIMER_KEEPALIVE);
		else
			ok &= time_left(out, BGP_TIMER_HOLD) ==
				cases[i].hold &&
			      time_left(out, BGP_TIMER_KEEPALIVE) ==
				cases[i].keepalive;
		ktap_ok(ok, "hold times %d and %d: timers of %u and %u ms",
			cases[i].ours, MAX(cases[i].theirs, 0),
			cases[i].hold, cases[i].keepalive);
	}
	reach(out, BGP_ESTABLISHED);
	now += 80000;
	recv_keepalive(out);
	ok = time_left(out, BGP_TIMER_HOLD) == 90000;
	now += 80000;
	recv_update(out, true);
	ok &= time_left(out, BGP_TIMER_HOLD) == 90000;
	ktap_ok(ok, "KEEPALIVE and UPDATE restart the HoldTimer");
	did();
	expire(out, BGP_TIMER_HOLD);
	EXPECT("out send NOTIFICATION 4/0, out close, down 4/0",
	       "silence ends the session");
}

/* 8.2.2: the KeepaliveTimer is restarted by each KEEPALIVE and UPDATE. */
static void test_keepalive(void)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	size_t begin = bgp_msg_begin(&w, BGP_MSG_UPDATE);

	wbuf_u16(&w, 0);
	wbuf_u16(&w, 0);
	bgp_msg_end(&w, begin);
	reach(out, BGP_ESTABLISHED);
	now += 20000;
	bgp_peer_send(&peer, msg, w.len);
	ktap_ok(time_left(out, BGP_TIMER_KEEPALIVE) == 30000,
		"an UPDATE puts the next KEEPALIVE off");
	now += 20000;
	w = wbuf_make(msg, sizeof(msg));
	bgp_refresh_build(&w, BGP_IPV4_UNICAST, BGP_REFRESH_REQUEST);
	bgp_peer_send(&peer, msg, w.len);
	ktap_ok(time_left(out, BGP_TIMER_KEEPALIVE) == 10000,
		"a ROUTE-REFRESH does not: it need not count over there");
	did();
	expire(out, BGP_TIMER_KEEPALIVE);
	EXPECT("out send KEEPALIVE", "then it is due");
	ktap_ok(time_left(out, BGP_TIMER_KEEPALIVE) == 30000,
		"and the next one");
	reach(out, BGP_OPENSENT);
	recv_open_of(out, (struct says){ .hold_time = -1 });
	recv_keepalive(out);
	w = wbuf_make(msg, sizeof(msg));
	begin = bgp_msg_begin(&w, BGP_MSG_UPDATE);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 0);
	bgp_msg_end(&w, begin);
	bgp_peer_send(&peer, msg, w.len);
	ktap_ok(!running(out, BGP_TIMER_KEEPALIVE),
		"without a hold time an UPDATE starts none");
}

static void test_connect_retries(void)
{
	reach(out, BGP_CONNECT);
	ktap_ok(peer.connect_retries == 0, "the ConnectRetryCounter at start");
	bgp_conn_closed(out, "refused");
	expire(out, BGP_TIMER_IDLE_HOLD);
	bgp_conn_opened(out);
	recv_notification(out, BGP_ERR_CEASE, BGP_CEASE_REJECTED);
	ktap_ok(peer.connect_retries == 2, "counts what failed");
	expire(out, BGP_TIMER_IDLE_HOLD);
	bgp_conn_opened(out);
	bgp_conn_closed(out, "reset");
	ktap_ok(out->state == BGP_ACTIVE && peer.connect_retries == 2,
		"but not the way from OpenSent to Active");
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
	ktap_ok(peer.connect_retries == 0, "until a stop");
}

static void test_send_hold(void)
{
	reach(out, BGP_ESTABLISHED);
	bgp_conn_written(out, true, false);
	ktap_ok(!running(out, BGP_TIMER_SEND_HOLD),
		"no SendHoldTimer while everything goes out");
	bgp_conn_written(out, false, true);
	ktap_ok(time_left(out, BGP_TIMER_SEND_HOLD) == 480000,
		"it starts when the transport is behind");
	now += 1000;
	bgp_conn_written(out, false, true);
	ktap_ok(time_left(out, BGP_TIMER_SEND_HOLD) == 479000,
		"it goes on while nothing moves");
	bgp_conn_written(out, true, true);
	ktap_ok(time_left(out, BGP_TIMER_SEND_HOLD) == 480000,
		"any progress restarts it");
	bgp_conn_written(out, true, false);
	ktap_ok(!running(out, BGP_TIMER_SEND_HOLD), "catching up stops it");
	bgp_conn_written(out, false, true);
	expire(out, BGP_TIMER_SEND_HOLD);
	EXPECT("out send NOTIFICATION 8/0, out close, down 8/0",
	       "a stuck peer is let go");

	reach(out, BGP_ESTABLISHED);
	peer.conf.send_hold_time = 100;
	bgp_conn_written(out, false, true);
	ktap_ok(time_left(out, BGP_TIMER_SEND_HOLD) == 100000,
		"it runs as long as it is said to");
	peer.conf.send_hold_time = 0;
	out->hold_time = 300;
	bgp_conn_written(out, true, true);
	ktap_ok(time_left(out, BGP_TIMER_SEND_HOLD) == 600000,
		"and else for twice the hold time, if that is more");
	bgp_conn_written(out, true, false);
	out->hold_time = 0;
	bgp_conn_written(out, false, true);
	ktap_ok(!running(out, BGP_TIMER_SEND_HOLD),
		"without a hold time it does not run");
}

static void test_open(void)
{
	reach(out, BGP_OPENSENT);
	recv_open_of(out, (struct says){ .as = 65009 });
	EXPECT("out send NOTIFICATION 2/2, out close", "another AS");
	ktap_ok(!strcmp(peer.last_error.text,
			"Bad Peer AS: 65009, expected 65001"),
		"says which and which was expected");

	reach(out, BGP_OPENSENT);
	out->offered.families = 1 << BGP_IPV4_UNICAST;
	recv_open_of(out, (struct says){ .families = 1 << BGP_IPV6_UNICAST });
	EXPECT("out send NOTIFICATION 2/7, out close", "no common family");
	ktap_ok(peer.last_error.data_len == 6 &&
		!memcmp(peer.last_error.data, "\1\4\0\1\0\1", 6),
		"the data lists the families we have");

	reach(out, BGP_OPENSENT);
	recv_open_of(out, (struct says){ .id = 0x0a010104 });
	EXPECT("out send KEEPALIVE",
	       "our own identifier from another AS, RFC 6286");

	conf.remote_as = 0;
	conf.asns = (const uint32_t[]){ 65009, REMOTE_AS };
	conf.n_asns = 2;
	reach(out, BGP_OPENSENT);
	recv_open_of(out, (struct says){ 0 });
	EXPECT("out send KEEPALIVE", "one of several AS numbers");
	reach(out, BGP_OPENSENT);
	recv_open_of(out, (struct says){ .as = 65010 });
	EXPECT("out send NOTIFICATION 2/2, out close", "none of several");
	conf.n_asns = 0;

	conf.remote_as = LOCAL_AS;
	reach(out, BGP_OPENSENT);
	conf.remote_as = REMOTE_AS;
	recv_open_of(out, (struct says){ .as = LOCAL_AS, .id = 0x0a010104 });
	EXPECT("out send NOTIFICATION 2/3, out close",
	       "our own identifier from our own AS");
}

static void test_stop(void)
{
	enum bgp_timer timer;
	bool quiet = true;

	reach(out, BGP_ESTABLISHED);
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, "back at noon");
	EXPECT("out send NOTIFICATION 6/2, out close, down 6/2",
	       "stop says Cease");
	for (timer = 0; timer < BGP_TIMER_COUNT; timer++)
		quiet &= !running(out, timer) && !running(in, timer);
	ktap_ok(quiet, "and leaves no timer");
	ktap_ok(!bgp_peer_incoming(&peer), "and takes no connection");
	bgp_peer_start(&peer);
	EXPECT("out connect", "until it is started again");

}

static void test_fail(void)
{
	struct bgp_error err;

	bgp_notify_cease(&err, BGP_CEASE_MAX_PREFIXES, NULL);
	reach(out, BGP_ESTABLISHED);
	ktap_ok(bgp_peer_state(&peer) == BGP_ESTABLISHED,
		"a peer is in its better connection's state");
	bgp_peer_fail(&peer, &err);
	EXPECT("out send NOTIFICATION 6/1, out close, down 6/1",
	       "a limit ends the session");
	ktap_ok(running(out, BGP_TIMER_IDLE_HOLD), "which comes back later");
	bgp_peer_fail(&peer, &err);
	EXPECT("", "without a session there is nothing to end");
}

static void recv_refresh_of(struct bgp_conn *conn, uint8_t subtype,
			    uint8_t safi, size_t more)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	size_t begin = bgp_msg_begin(&w, BGP_MSG_ROUTE_REFRESH);

	wbuf_u16(&w, 2);
	wbuf_u8(&w, subtype);
	wbuf_u8(&w, safi);
	wbuf_reserve(&w, more);
	bgp_msg_end(&w, begin);
	feed(conn, &w);
}

static void test_refresh(void)
{
	reach(out, BGP_ESTABLISHED);
	recv_refresh_of(out, 0, 70, 0);
	EXPECT("", "ROUTE-REFRESH of an unknown family is ignored");
	out->wire.families = 1 << BGP_IPV4_UNICAST;
	recv_refresh_of(out, 0, 1, 0);
	EXPECT("", "so is one of a family that is not in use");
	recv_refresh_of(out, 0, 1, 1);
	EXPECT("out send NOTIFICATION 1/2, out close, down 1/2",
	       "a bad length is an error");

	reach(out, BGP_ESTABLISHED);
	out->offered.enhanced_refresh = true;
	out->remote.caps.enhanced_refresh = true;
	recv_refresh_of(out, BGP_REFRESH_BEGIN, 1, 0);
	EXPECT("refresh ipv6-unicast 1", "begin of refresh, once agreed on");
	recv_refresh_of(out, BGP_REFRESH_BEGIN, 1, 1);
	EXPECT("out send NOTIFICATION 7/1, out close, down 7/1",
	       "a bad length of it is an error of its own");
}

static void test_input(void)
{
	uint8_t stream[200];
	struct wbuf w = wbuf_make(stream, sizeof(stream));
	size_t used;
	int i;

	reach(out, BGP_ESTABLISHED);
	for (i = 0; i < 4; i++)
		bgp_keepalive_build(&w);
	used = bgp_conn_input(out, stream, w.len - 1, 2);
	ktap_ok(used == 2 * BGP_HEADER_LEN, "the budget is kept");
	used += bgp_conn_input(out, stream + used, w.len - 1 - used, 9);
	ktap_ok(used == 3 * BGP_HEADER_LEN, "part of a message waits");
	ktap_ok(peer.stats.rx[BGP_MSG_KEEPALIVE] == 4, "all are counted");

	reach(out, BGP_ESTABLISHED);
	ktap_ok(bgp_peer_send(&peer, stream, w.len) &&
		peer.stats.tx[BGP_MSG_KEEPALIVE] == 5,
		"messages sent in one go are counted one by one");
	reach(out, BGP_OPENCONFIRM);
	ktap_ok(!bgp_peer_send(&peer, stream, w.len),
		"without a session nothing is sent");
}

int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_ERR);
	rig_init();
	test_steps();
	test_start();
	test_other_conf();
	test_retry();
	test_damping();
	test_timers();
	test_keepalive();
	test_connect_retries();
	test_send_hold();
	test_open();
	test_stop();
	test_fail();
	test_refresh();
	test_input();
	rig_fini();
	return ktap_finish();
}
