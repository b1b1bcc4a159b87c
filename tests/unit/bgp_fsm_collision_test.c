// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two connections with one peer, RFC 4271 6.8. bgp_collide_test.c lets two
 * speakers meet.
 */

#include "bgp/event.h"
#include "fsm_rig.h"
#include "lib/log.h"

/* Both connections are in OpenSent; OPEN comes on @first. */
static void meet(struct bgp_conn *first, struct says says)
{
	fresh();
	bgp_peer_start(&peer);
	bgp_conn_opened(out);
	bgp_conn_opened(bgp_peer_incoming(&peer));
	recv_open_of(first, says);
	did();
}

/* OPEN comes on @second, too: what is done then. */
static const char *collide(struct bgp_conn *first, struct bgp_conn *second,
			   struct says says)
{
	meet(first, says);
	recv_open_of(second, says);
	return did();
}

/* Our KEEPALIVE is sent when the other connection comes. */
static void come_late(struct says says)
{
	fresh();
	bgp_peer_start(&peer);
	bgp_conn_opened(out);
	recv_open_of(out, says);
	bgp_conn_opened(bgp_peer_incoming(&peer));
	did();
	recv_keepalive(out);
}

/* @first is confirmed while the other one is in OpenSent. */
static void collide_up(struct bgp_conn *first, struct says says)
{
	meet(first, says);
	recv_keepalive(first);
}

/* The peer's identifier, so that its connection is to stay */
static const struct says higher = { .id = 0x0a010204 };

/* A connection that is bound to lose does not become a session before. */
static void test_loser_waits(void)
{
	collide_up(out, higher);
	EXPECT("", "one that is to go does not come up");
	recv_open_of(in, higher);
	EXPECT("out send NOTIFICATION 6/7, out close, in send KEEPALIVE",
	       "it goes when the other's OPEN comes");
	recv_keepalive(in);
	EXPECT("up", "and the other comes up");

	meet(out, higher);
	bgp_conn_closed(in, "reset");
	EXPECT("out send KEEPALIVE", "one that is not confirmed is told");
	recv_keepalive(out);
	EXPECT("up", "and comes up when it is");

	come_late(higher);
	EXPECT("", "nor one that was told before the other came");
	bgp_conn_closed(in, "reset");
	EXPECT("up", "which is not told again");
	come_late((struct says){ .id = 1 });
	EXPECT("up", "it does not wait if it is to stay");
}

static void test_other_goes(void)
{
	collide_up(out, higher);
	bgp_conn_closed(in, "reset");
	EXPECT("out send KEEPALIVE, up",
	       "it comes up when the other is closed");
	ktap_ok(in->state == BGP_IDLE && !running(in, BGP_TIMER_IDLE_HOLD) &&
		!running(in, BGP_TIMER_CONNECT_RETRY), "which rests then");

	collide_up(out, higher);
	recv_notification(in, BGP_ERR_CEASE, BGP_CEASE_COLLISION);
	EXPECT("in close, out send KEEPALIVE, up",
	       "and when the peer gives the other up");
}

static void test_other_is_late(void)
{
	collide_up(out, higher);
	ktap_ok(time_left(in, BGP_TIMER_HOLD) <= 5000,
		"the other's OPEN is due then");
	expire(in, BGP_TIMER_HOLD);
	EXPECT("in send NOTIFICATION 6/7, in close, out send KEEPALIVE, up",
	       "and not waited for");

	meet(out, (struct says){ .id = 0x0a010204, .hold_time = 3 });
	ktap_ok(time_left(in, BGP_TIMER_HOLD) == 1000,
		"sooner where the peer will not wait so long");

	collide_up(out, higher);
	now += 1000;
	recv_keepalive(out);
	ktap_ok(same(did(), "") && time_left(in, BGP_TIMER_HOLD) == 4000,
		"another KEEPALIVE is sent in OpenConfirm, too");

	collide_up(out, higher);
	bgp_conn_closed(out, "reset");
	EXPECT("", "if this one goes the other's OPEN");
	ktap_ok(time_left(in, BGP_TIMER_HOLD) == 240000, "has time again");
	expire(in, BGP_TIMER_HOLD);
	EXPECT("in send NOTIFICATION 4/0, in close", "but not for ever");
}

static void test_peer_decides(void)
{
	collide_up(out, higher);
	recv_update(out, true);
	EXPECT("out send KEEPALIVE, up, update of 1",
	       "a peer that sends routes has decided");
	recv_open_of(in, higher);
	EXPECT("in send NOTIFICATION 6/7, in close", "and the other goes");

	collide_up(out, higher);
	recv_refresh(out);
	EXPECT("out send KEEPALIVE, up, refresh ipv6-unicast 0",
	       "as has one that asks for ours");
}

static void test_stop(void)
{
	collide_up(out, higher);
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
	EXPECT("out send NOTIFICATION 6/2, out close, "
	       "in send NOTIFICATION 6/2, in close",
	       "when stopped it does not come up");
	collide_up(in, (struct says){ .id = 1 });
	EXPECT("", "the same with the other one");
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
	EXPECT("out send NOTIFICATION 6/2, out close, "
	       "in send NOTIFICATION 6/2, in close", "and there");
}

/* The peer's connection is confirmed; ours may be up, for all that we know. */
static void dial_beside(void)
{
	half_open = true;
	fresh();
	bgp_peer_start(&peer);
	bgp_conn_opened(bgp_peer_incoming(&peer));
	did();
	recv_open_of(in, (struct says){ .id = 0x0a010204 });
	recv_keepalive(in);
	half_open = false;
}

static void test_dial_waits(void)
{
	dial_beside();
	EXPECT("", "a dial that the peer may have is waited for");
	bgp_conn_closed(out, "refused");
	EXPECT("in send KEEPALIVE, up", "until it fails");
	ktap_ok(out->state == BGP_IDLE &&
		!running(out, BGP_TIMER_CONNECT_RETRY),
		"and is not tried again");

	dial_beside();
	did();
	expire(out, BGP_TIMER_HOLD);
	EXPECT("out close, in send KEEPALIVE, up", "or takes too long");

	dial_beside();
	bgp_conn_opened(out);
	EXPECT("out send OPEN", "one that is up");
	ktap_ok(time_left(out, BGP_TIMER_HOLD) <= 5000, "has no longer");
	recv_open_of(out, (struct says){ .id = 0x0a010204 });
	EXPECT("out send NOTIFICATION 6/7, out close, in send KEEPALIVE, up",
	       "and is a collision when its OPEN comes");

	dial_beside();
	bgp_conn_closed(in, "reset");
	did();
	ktap_ok(out->state == BGP_CONNECT && !running(out, BGP_TIMER_HOLD),
		"beside one that is lost it goes on");
}

static void test_collision(void)
{
	struct says lower = { .id = 1 }, tie = { .id = 0x0a010104 };

	ktap_ok(same(collide(out, in, higher), "out send NOTIFICATION 6/7, "
		     "out close, in send KEEPALIVE"),
		"the peer's identifier is higher: its connection stays");
	ktap_ok(same(collide(in, out, higher), "out send NOTIFICATION 6/7, "
		     "out close, in send KEEPALIVE"),
		"whichever OPEN came first");
	ktap_ok(same(collide(in, out, lower), "in send NOTIFICATION 6/7, "
		     "in close, out send KEEPALIVE"),
		"ours is higher: ours stays");
	ktap_ok(same(collide(out, in, lower), "in send NOTIFICATION 6/7, "
		     "in close, out send KEEPALIVE"),
		"whichever OPEN came first");
	ktap_ok(same(collide(in, out, tie), "in send NOTIFICATION 6/7, "
		     "in close, out send KEEPALIVE"),
		"equal identifiers: the higher AS, RFC 6286");

	collide_up(out, lower);
	EXPECT("", "the preferred connection waits for the other, too");
	recv_open_of(in, lower);
	EXPECT("in send NOTIFICATION 6/7, in close, out send KEEPALIVE, up",
	       "and comes up when that is out of the way");
	ktap_ok(peer.session == out && !bgp_peer_incoming(&peer),
		"and no other is taken");

	fresh();
	bgp_peer_start(&peer);
	bgp_conn_opened(bgp_peer_incoming(&peer));
	did();
	recv_open(in);
	EXPECT("out close, in send KEEPALIVE",
	       "once a connection stands, dialling ends");
	recv_notification(in, BGP_ERR_CEASE, BGP_CEASE_ADMIN_RESET);
	ktap_ok(running(out, BGP_TIMER_IDLE_HOLD),
		"and goes on when it fell");
}

int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_ERR);
	rig_init();
	test_collision();
	test_loser_waits();
	test_other_goes();
	test_other_is_late();
	test_peer_decides();
	test_stop();
	test_dial_waits();
	rig_fini();
	return ktap_finish();
}
