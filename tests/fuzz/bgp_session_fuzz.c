// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A byte stream into a session, from the first byte on: each input is a list
 * of commands, one byte each, of which most are bytes from the peer. States
 * and transports must agree at every step.
 *
 *	00-0f	expire a timer
 *	10	dialling succeeds	11	the transport is lost
 *	12	the peer dials		13	stop	14	start
 *	15	from now on the peer may have heard of a dial, or not any more
 *	20 n	n bytes from the peer on the outgoing connection
 *	21 n	on the incoming one
 *	22 n n, 23 n n	the same, of two bytes, for extended messages
 *	30	a good OPEN and KEEPALIVE on the outgoing connection
 *	31	on the incoming one
 */

#include <string.h>

#include "bgp/fsm.h"
#include "fuzz/bgp_fuzz.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/util.h"

#define RX_SIZE	(2 * BGP_MSG_MAX_EXT)

static struct bgp_peer peer;
static struct bgp_update *parser;
static bool running[BGP_DIRECTIONS][BGP_TIMER_COUNT];
static bool attached[BGP_DIRECTIONS];
static uint8_t rx[BGP_DIRECTIONS][RX_SIZE];
static size_t rx_len[BGP_DIRECTIONS];
static bool is_up, half_open;

static void op_connect(struct bgp_conn *conn)
{
	HOLDS(!attached[conn->direction]);
	attached[conn->direction] = true;
}

static bool op_half_open(const struct bgp_conn *conn)
{
	HOLDS(attached[conn->direction]);
	return half_open;
}

static void op_close(struct bgp_conn *conn)
{
	HOLDS(attached[conn->direction]);
	attached[conn->direction] = false;
	rx_len[conn->direction] = 0;
}

static void op_send(struct bgp_conn *conn, const void *msg, size_t len)
{
	HOLDS(attached[conn->direction] && msg && len >= BGP_HEADER_LEN);
}

static void op_timer_set(struct bgp_conn *conn, enum bgp_timer timer,
			 uint64_t ms)
{
	HOLDS(ms <= 131070 * 1000ull);
	running[conn->direction][timer] = true;
}

static void op_timer_stop(struct bgp_conn *conn, enum bgp_timer timer)
{
	running[conn->direction][timer] = false;
}

static uint32_t op_random(uint32_t n)
{
	return n / 2;
}

static void op_state(struct bgp_conn *conn, enum bgp_state old)
{
	HOLDS(conn->state != old);
}

static void op_established(struct bgp_peer *p)
{
	HOLDS(!is_up && p->session->state == BGP_ESTABLISHED);
	is_up = true;
}

static void op_down(struct bgp_peer *p, const struct bgp_error *err)
{
	HOLDS(is_up && !p->session && err->text[0]);
	is_up = false;
}

static void op_update(struct bgp_peer *p, struct bgp_update *u)
{
	HOLDS(is_up && p->parser == u && u->verdict < BGP_SESSION_RESET);
}

static void op_refresh(struct bgp_peer *p, enum bgp_af af,
		       enum bgp_refresh what)
{
	HOLDS(is_up && p->session->wire.families & bgp_af_bit(af) &&
	      what <= BGP_REFRESH_END);
}

static const struct bgp_io_ops ops = {
	.connect = op_connect,
	.half_open = op_half_open,
	.close = op_close,
	.send = op_send,
	.timer_set = op_timer_set,
	.timer_stop = op_timer_stop,
	.random = op_random,
	.state = op_state,
	.established = op_established,
	.down = op_down,
	.update = op_update,
	.refresh = op_refresh,
};

static void input(struct bgp_conn *conn, const uint8_t *data, size_t len)
{
	unsigned int d = conn->direction;
	size_t used;

	if (!attached[d] || conn->state < BGP_OPENSENT ||
	    rx_len[d] + len > RX_SIZE)
		return;
	memcpy(rx[d] + rx_len[d], data, len);
	rx_len[d] += len;
	used = bgp_conn_input(conn, rx[d], rx_len[d], 1000);
	if (!attached[d])
		return;
	HOLDS(used <= rx_len[d]);
	memmove(rx[d], rx[d] + used, rx_len[d] - used);
	rx_len[d] -= used;
}

static void handshake(struct bgp_conn *conn)
{
	uint8_t msg[512];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_open open = {
		.as = 65001,
		.hold_time = 90,
		.router_id = 0x0a010204,
		.caps = peer.conf.caps,
	};

	open.caps.as = open.as;
	bgp_open_build(&w, &open);
	bgp_keepalive_build(&w);
	input(conn, msg, w.len);
}

static void incoming(void)
{
	struct bgp_conn *conn = bgp_peer_incoming(&peer);

	if (!conn)
		return;
	HOLDS(!attached[BGP_INCOMING]);
	attached[BGP_INCOMING] = true;
	bgp_conn_opened(conn);
}

static void lost(struct bgp_conn *conn)
{
	if (!attached[conn->direction])
		return;
	attached[conn->direction] = false;
	rx_len[conn->direction] = 0;
	bgp_conn_closed(conn, "lost");
}

static void expire(uint8_t command)
{
	struct bgp_conn *conn = &peer.conn[command & 1];
	unsigned int timer = command >> 1;

	if (timer >= BGP_TIMER_COUNT || !running[conn->direction][timer])
		return;
	running[conn->direction][timer] = false;
	bgp_conn_timer(conn, timer);
}

static void command(uint8_t byte)
{
	struct bgp_conn *out = &peer.conn[BGP_OUTGOING];

	switch (byte) {
	case 0x10:
		if (out->state == BGP_CONNECT)
			bgp_conn_opened(out);
		break;
	case 0x11:
		lost(out);
		lost(&peer.conn[BGP_INCOMING]);
		break;
	case 0x12:
		incoming();
		break;
	case 0x13:
		bgp_peer_stop(&peer, BGP_CEASE_ADMIN_SHUTDOWN, "x");
		break;
	case 0x14:
		bgp_peer_start(&peer);
		break;
	case 0x15:
		half_open = !half_open;
		break;
	case 0x30:
		handshake(out);
		break;
	case 0x31:
		handshake(&peer.conn[BGP_INCOMING]);
		break;
	default:
		if (byte < 0x10)
			expire(byte);
		break;
	}
}

/* What must be so between any two steps. */
static void check(void)
{
	const struct bgp_conn *conn;
	unsigned int d, up = 0;

	for (d = 0; d < BGP_DIRECTIONS; d++) {
		conn = &peer.conn[d];
		up += conn->state == BGP_ESTABLISHED;
		HOLDS(conn->attached == attached[d]);
		HOLDS(attached[d] == (conn->state == BGP_CONNECT ||
				      conn->state >= BGP_OPENSENT));
		if (conn->state == BGP_OPENSENT)
			HOLDS(running[d][BGP_TIMER_HOLD]);
		/* Not for ever. */
		if (conn->waiting)
			HOLDS(conn->state == BGP_OPENCONFIRM &&
			      running[!d][BGP_TIMER_HOLD]);
	}
	HOLDS(up == is_up && !!peer.session == is_up);
}

/* True if the command is for bytes from the peer, which follow it. */
static bool from_peer(uint8_t command, struct rbuf *r)
{
	const uint8_t *bytes;
	uint16_t len = 0;
	uint8_t n = 0;

	switch (command & 0xfe) {
	case 0x20:
		rbuf_u8(r, &n);
		len = n;
		break;
	case 0x22:
		rbuf_u16(r, &len);
		break;
	default:
		return false;
	}
	len = MIN(len, r->left);
	bytes = r->pos;
	rbuf_skip(r, len);
	input(&peer.conn[command & 1], bytes, len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bgp_peer_conf conf = {
		.local_as = 65515,
		.remote_as = 65001,
		.router_id = 0x0a010104,
		.hold_time = 180,
		.connect_retry = 5,
		.enforce_first_as = true,
		.caps = {
			.families = 3,
			.route_refresh = true,
			.enhanced_refresh = true,
			.extended_message = true,
			.end_of_rib = true,
			.as4 = true,
		},
	};
	struct rbuf r = rbuf_make(data, size);
	uint8_t byte;

	if (!parser) {
		log_init("fuzz", 0);
		parser = bgp_update_new();
	}
	memset(running, 0, sizeof(running));
	memset(attached, 0, sizeof(attached));
	memset(rx_len, 0, sizeof(rx_len));
	is_up = half_open = false;
	bgp_peer_init(&peer, &conf, &ops, parser, "fuzz", NULL);
	bgp_peer_start(&peer);
	while (rbuf_u8(&r, &byte)) {
		if (!from_peer(byte, &r))
			command(byte);
		check();
	}
	return 0;
}
