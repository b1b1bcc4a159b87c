// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which routes outlive a session (RFC 4724, RFC 8538, RFC 9494), and how one
 * is ended that should leave some, or none. What is offered to a peer that has
 * refused what it was offered before (RFC 5492), or has a role.
 */

#include <stdio.h>
#include <string.h>

#include "bgp/event.h"
#include "bgp/notify.h"
#include "bgp/restart.h"
#include "fsm_rig.h"
#include "lib/log.h"

#define BOTH	(1 << BGP_IPV4_UNICAST | 1 << BGP_IPV6_UNICAST)

static struct bgp_update *parser;
static struct bgp_error sent;		/* the last NOTIFICATION */
static bool closed;
static size_t open_len;			/* of the last OPEN */
static unsigned int downs;

static void op_conn(struct bgp_conn *conn)
{
	(void)conn;
}

static void op_close(struct bgp_conn *conn)
{
	(void)conn;
	closed = true;
}

static void op_send(struct bgp_conn *conn, const void *msg, size_t len)
{
	const uint8_t *p = msg;

	(void)conn;
	if (p[18] == BGP_MSG_OPEN)
		open_len = len;
	if (p[18] == BGP_MSG_NOTIFICATION)
		bgp_notify_parse(rbuf_make(p + 19, len - 19), &sent);
}

static void op_timer_set(struct bgp_conn *conn, enum bgp_timer timer,
			 uint64_t ms)
{
	(void)conn;
	(void)timer;
	(void)ms;
}

static void op_timer_stop(struct bgp_conn *conn, enum bgp_timer timer)
{
	(void)conn;
	(void)timer;
}

static uint32_t op_random(uint32_t n)
{
	(void)n;
	return 0;
}

static void op_state(struct bgp_conn *conn, enum bgp_state old)
{
	(void)conn;
	(void)old;
}

static void op_established(struct bgp_peer *p)
{
	(void)p;
}

static void op_down(struct bgp_peer *p, const struct bgp_error *err)
{
	(void)p;
	(void)err;
	downs++;
}

static bool op_half_open(const struct bgp_conn *conn)
{
	(void)conn;
	return false;
}

static const struct bgp_io_ops ops = {
	.connect = op_conn,
	.half_open = op_half_open,
	.close = op_close,
	.send = op_send,
	.timer_set = op_timer_set,
	.timer_stop = op_timer_stop,
	.random = op_random,
	.state = op_state,
	.established = op_established,
	.down = op_down,
};

static struct bgp_caps caps_of(uint32_t as, bool notification)
{
	return (struct bgp_caps){
		.families = BOTH,
		.as4 = true,
		.as = as,
		.end_of_rib = true,
		.restart = {
			.notification = notification,
			.time = 120,
			.families = BOTH,
			.forwarding = BOTH,
		},
	};
}

/* OPEN of an outgoing connection that is up has been sent. */
static void dialled(const struct bgp_caps *local)
{
	conf.caps = *local;
	bgp_peer_init(&peer, &conf, &ops, parser, "peer", NULL);
	bgp_peer_start(&peer);
	bgp_conn_opened(out);
}

/* A peer that offers @remote ends the handshake. */
static void establish(struct bgp_conn *conn, const struct bgp_caps *remote)
{
	struct bgp_open open = {
		.as = 65001,
		.router_id = 0x0a010204,
		.hold_time = 180,
		.caps = *remote,
	};
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	bgp_open_build(&w, &open);
	bgp_keepalive_build(&w);
	feed(conn, &w);
	/* As if it had sent routes: another connection is not waited for. */
	bgp_conn_settle(conn);
	ktap_must(peer.session == conn);
	memset(&sent, 0, sizeof(sent));
	closed = false;
	downs = 0;
}

/* A session with a peer that offers @remote. */
static void up(const struct bgp_caps *local, const struct bgp_caps *remote)
{
	dialled(local);
	establish(out, remote);
}

static void up_with(bool notification)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, notification);

	up(&local, &remote);
}

/* One connection is the session, the other one is in OpenSent. */
static void up_beside(struct bgp_conn *session)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, true);

	dialled(&local);
	bgp_conn_opened(bgp_peer_incoming(&peer));
	establish(session, &remote);
}

static void test_transport(void)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, false);

	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(peer.kept.families == BOTH && peer.kept.time[0] == 120,
		"lost transport: both families are kept, as long as asked");

	remote.restart.families = 1 << BGP_IPV6_UNICAST;
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(peer.kept.families == 1 << BGP_IPV6_UNICAST,
		"only the families that it names");

	remote.restart.families = 0;
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(!peer.kept.families, "none, if it only helps");

	remote = caps_of(65001, false);
	remote.families = 1 << BGP_IPV4_UNICAST;
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(peer.kept.families == 1 << BGP_IPV4_UNICAST,
		"none that the session did not have");

	local.restart = (struct bgp_cap_restart){ .time = 0 };
	remote = caps_of(65001, false);
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(!peer.kept.families, "none, if we do not offer it");
}

static void test_long_lived(void)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, false);

	local.restart.long_lived = BOTH;
	local.restart.long_lived_time[0] = 3600;
	local.restart.long_lived_time[1] = 3600;
	remote.restart.long_lived = 1 << BGP_IPV4_UNICAST;
	remote.restart.long_lived_time[0] = 86400;
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(peer.kept.long_lived_time[0] == 3600 &&
		peer.kept.long_lived_time[1] == 0,
		"long-lived: the shorter time, where both offer it");
	remote.restart.families = 1 << BGP_IPV6_UNICAST;
	up(&local, &remote);
	bgp_conn_closed(out, "reset");
	ktap_ok(peer.kept.families == BOTH && peer.kept.time[0] == 0 &&
		peer.kept.long_lived_time[0] == 3600 &&
		peer.kept.time[1] == 120,
		"at once, if only that is offered for a family");
	remote.end_of_rib = false;
	up(&local, &remote);
	ktap_ok(!out->wire.long_lived, "not without graceful restart");
}

static void test_notification(void)
{
	static const struct {
		uint8_t code, subcode;
		bool received;
		bool old, new;		/* kept without and with RFC 8538 */
	} cases[] = {
		{ BGP_ERR_HOLD_TIMER, 0, false, false, true },
		{ BGP_ERR_HOLD_TIMER, 0, true, false, true },
		{ BGP_ERR_UPDATE, 1, true, false, true },
		{ 0, 0, true, false, true },
		{ BGP_ERR_CEASE, BGP_CEASE_ADMIN_RESET, true, false, true },
		{ BGP_ERR_CEASE, BGP_CEASE_ADMIN_SHUTDOWN, true, false, true },
		{ BGP_ERR_CEASE, BGP_CEASE_HARD_RESET, true, false, false },
		{ BGP_ERR_CEASE, BGP_CEASE_CONFIG_CHANGE, false, false, true },
		{ BGP_ERR_CEASE, BGP_CEASE_ADMIN_SHUTDOWN, false, false,
		  false },
		{ BGP_ERR_CEASE, BGP_CEASE_MAX_PREFIXES, false, false, false },
		{ BGP_ERR_CEASE, BGP_CEASE_BFD_DOWN, false, false, false },
	};
	struct bgp_error err;
	unsigned int i, with;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (with = 0; with < 2; with++) {
			up_with(with);
			bgp_error_set(&err, cases[i].code, cases[i].subcode,
				      NULL, 0, "test");
			if (cases[i].received)
				recv_notification(out, cases[i].code,
						  cases[i].subcode);
			else
				bgp_peer_fail(&peer, &err);
			ktap_ok(downs == 1 && !!peer.kept.families ==
				(with ? cases[i].new : cases[i].old),
				"%s %u/%u with%s notification support",
				cases[i].received ? "received" : "sent",
				cases[i].code, cases[i].subcode,
				with ? "" : "out");
		}
	}
}

static void test_hard_reset(void)
{
	static const char text[] = "back never";

	up_with(true);
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, text);
	ktap_ok(sent.code == BGP_ERR_CEASE &&
		sent.subcode == BGP_CEASE_HARD_RESET &&
		sent.data[0] == BGP_ERR_CEASE &&
		sent.data[1] == BGP_CEASE_ADMIN_SHUTDOWN &&
		!memcmp(sent.data + 3, text, strlen(text)),
		"a shutdown is a hard reset where that is understood");
	ktap_ok(!strcmp(sent.text, "Cease, Administrative Shutdown: "
			"\"back never\" (hard reset)"),
		"and is read as what it is");
	up_with(false);
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, text);
	ktap_ok(sent.subcode == BGP_CEASE_ADMIN_SHUTDOWN,
		"and a plain one elsewhere");
}

/* The NOTIFICATION as it went out: code, subcode, data. */
static bool sent_bytes(const char *bytes, size_t len)
{
	return sent.code == (uint8_t)bytes[0] &&
	       sent.subcode == (uint8_t)bytes[1] &&
	       sent.data_len == len - 2 &&
	       !memcmp(sent.data, bytes + 2, len - 2);
}

/* RFC 8538 3.1: what is meant is inside, and only for those who know that. */
static void test_hard_encoding(void)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, true);
	struct bgp_error err;

	up_with(true);
	bgp_peer_unreachable(&peer, "no carrier");
	ktap_ok(sent_bytes("\x06\x09\x06\x00", 4) && !peer.kept.families,
		"unreachable: a Hard Reset with a Cease inside");
	ktap_ok(!strcmp(peer.last_error.text, "no carrier") && peer.started &&
		out->state == BGP_CONNECT,
		"says why, and dials anew");
	up_with(false);
	bgp_peer_unreachable(&peer, "no carrier");
	ktap_ok(sent_bytes("\x06\x00", 2) && !peer.kept.families,
		"a plain Cease without notification support");
	local.restart.notification = false;
	up(&local, &remote);
	bgp_peer_unreachable(&peer, "no carrier");
	ktap_ok(sent_bytes("\x06\x00", 2), "or if just the peer has it");

	up_with(true);
	bgp_notify_cease(&err, BGP_CEASE_MAX_PREFIXES, NULL);
	bgp_peer_fail(&peer, &err);
	ktap_ok(sent_bytes("\x06\x09\x06\x01", 4), "a limit");
	up_with(true);
	bgp_notify_cease(&err, BGP_CEASE_BFD_DOWN, NULL);
	bgp_peer_fail(&peer, &err);
	ktap_ok(sent_bytes("\x06\x09\x06\x0a", 4), "BFD");
	up_with(true);
	bgp_peer_stop(&peer, BGP_CEASE_PEER_DECONFIGURED, NULL);
	ktap_ok(sent_bytes("\x06\x09\x06\x03", 4), "removed");
	up_with(true);
	bgp_peer_stop(&peer, BGP_CEASE_CONFIG_CHANGE, NULL);
	bgp_peer_start(&peer);
	ktap_ok(sent_bytes("\x06\x06", 2) && peer.kept.families == BOTH,
		"a change of configuration is no Hard Reset");
	bgp_conn_opened(out);
	memset(&sent, 0, sizeof(sent));
	bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
	ktap_ok(sent_bytes("\x06\x02", 2),
		"nor anything before a session is up");
}

static void test_leave(void)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, false);

	up_with(true);
	bgp_peer_leave(&peer);
	ktap_ok(sent.code == BGP_ERR_CEASE &&
		sent.subcode == BGP_CEASE_ADMIN_RESET && closed,
		"leaving: a Cease that is no hard reset");
	up_with(false);
	bgp_peer_leave(&peer);
	ktap_ok(!sent.code && closed && !peer.session,
		"without notification support no NOTIFICATION at all");
	remote.end_of_rib = false;
	up(&local, &remote);
	bgp_peer_leave(&peer);
	ktap_ok(sent.subcode == BGP_CEASE_ADMIN_SHUTDOWN,
		"a shutdown if the peer knows nothing of it");
	ktap_ok(!peer.started, "no new session follows");
}

/* RFC 4724 5: the peer has restarted, and dials before we have noticed. */
static void test_dials_anew(void)
{
	struct bgp_caps local = caps_of(65515, true);
	struct bgp_caps remote = caps_of(65001, false);

	up_with(false);
	ktap_ok(bgp_peer_incoming(&peer) == in && downs == 1 &&
		peer.kept.families == BOTH && !sent.code,
		"a restarted peer's new connection replaces the session");
	remote.restart.families = 0;
	up(&local, &remote);
	ktap_ok(!bgp_peer_incoming(&peer) && downs == 0,
		"without graceful restart it is refused");
}

static void refused(void)
{
	recv_notification(out, BGP_ERR_OPEN, BGP_OPEN_BAD_PARAMETER);
}

static void dial_again(void)
{
	bgp_conn_timer(out, BGP_TIMER_IDLE_HOLD);
	bgp_conn_opened(out);
}

/* The body of the OPEN of a speaker from before there were capabilities */
static void recv_bare_open(bool confirmed)
{
	struct bgp_open open = {
		.as = 65001,
		.router_id = 0x0a010204,
		.hold_time = 180,
	};
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));

	bgp_open_build(&w, &open);
	if (confirmed)
		bgp_keepalive_build(&w);
	feed(out, &w);
}

/* RFC 5492 3 */
static void test_bare(void)
{
	struct bgp_caps local = caps_of(65515, true);

	dialled(&local);
	refused();
	ktap_ok(out->state == BGP_IDLE && bgp_peer_incoming(&peer) == in &&
		peer.idle_hold == 5, "refused capabilities damp nothing");
	dial_again();
	ktap_ok(open_len == 29 && out->bare && !out->offered.families,
		"the next OPEN has none");
	recv_bare_open(true);
	ktap_ok(peer.session == out && !out->wire.as4 &&
		out->wire.families == 1 << BGP_IPV4_UNICAST &&
		out->wire.max_len == BGP_MSG_MAX,
		"a session of IPv4 and 2-octet AS numbers");
	bgp_conn_closed(out, "reset");
	ktap_ok(!peer.kept.families, "of which nothing is kept");
	dial_again();
	ktap_ok(open_len > 29 && !out->bare, "the one after it begins anew");

	dialled(&local);
	refused();
	dial_again();
	refused();
	dial_again();
	ktap_ok(open_len > 29, "so does one after a bare one was refused");
	dialled(&local);
	recv_bare_open(false);
	refused();
	dial_again();
	ktap_ok(open_len == 29, "its own OPEN may come before it refuses ours");
	bgp_peer_stop(&peer, BGP_CEASE_CONFIG_CHANGE, NULL);
	ktap_ok(!peer.bare, "a new start begins anew");

	dialled(&local);
	recv_notification(out, BGP_ERR_OPEN, BGP_OPEN_BAD_PEER_AS);
	dial_again();
	ktap_ok(open_len > 29, "another error is no reason");
}

/* What there is no session without */
static void test_not_bare(void)
{
	struct bgp_caps local = caps_of(65515, true);

	dialled(&local);
	peer.conf.remote_as = 4200000001;
	refused();
	ktap_ok(!peer.bare && strstr(peer.last_error.text, "four octets"),
		"not without 4-octet AS numbers, if its own is one: %s",
		peer.last_error.text);
	dialled(&local);
	peer.conf.strict_role = true;
	refused();
	ktap_ok(!peer.bare && strstr(peer.last_error.text, "role"),
		"nor without a role that it must tell");
	ktap_ok(peer.idle_hold == 10, "and that is damped");
}

static void test_roles(void)
{
	struct bgp_caps remote = { .mp = true };
	unsigned int local, role, agree = 0;

	for (local = BGP_ROLE_PROVIDER; local < BGP_ROLE_CONFLICT; local++) {
		for (role = BGP_ROLE_PROVIDER; role <= BGP_ROLE_CONFLICT;
		     role++) {
			remote.role = role;
			agree += bgp_roles_agree(local, &remote, false);
		}
	}
	ktap_ok(agree == 5, "each role has one counterpart");
	remote.role = BGP_ROLE_RS_CLIENT;
	ktap_ok(bgp_roles_agree(BGP_ROLE_RS, &remote, true),
		"route server and client are such");
	ktap_ok(bgp_roles_agree(BGP_ROLE_NONE, &remote, true),
		"without a role of ours the peer's does not matter");
	remote.role = BGP_ROLE_NONE;
	ktap_ok(bgp_roles_agree(BGP_ROLE_RS, &remote, false) &&
		!bgp_roles_agree(BGP_ROLE_RS, &remote, true),
		"a peer without one is refused in strict mode only");
}

static void test_beside(void)
{
	up_beside(out);
	bgp_conn_closed(in, "reset");
	ktap_ok(in->state == BGP_IDLE && peer.session == out,
		"beside a session a connection that is lost is over");
	ktap_ok(!peer.last_error.text[0], "which is no error of the session");
	up_beside(in);
	bgp_conn_closed(out, "reset");
	ktap_ok(out->state == BGP_IDLE && peer.session == in,
		"nor is there any dialling beside one");

	up_beside(out);
	ktap_ok(bgp_peer_incoming(&peer) == in && !peer.session && downs == 1,
		"who dials anew has restarted, though it was dialling already");
}

int main(void)
{
	ktap_start();
	log_init("test", LOG_LEVEL_ERR);
	parser = bgp_update_new();
	test_transport();
	test_long_lived();
	test_notification();
	test_hard_reset();
	test_hard_encoding();
	test_leave();
	test_dials_anew();
	test_beside();
	test_bare();
	test_not_bare();
	test_roles();
	bgp_update_free(parser);
	return ktap_finish();
}
