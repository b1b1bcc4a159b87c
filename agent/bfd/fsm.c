// SPDX-License-Identifier: GPL-2.0-or-later
#include "bfd/fsm.h"

#include <string.h>

#include "lib/util.h"

/*
 * Sending
 */

static void send_packet(struct bfd *bfd, bool poll, bool final)
{
	struct bfd_packet packet = {
		.diag = bfd->diag,
		.state = bfd->state,
		.poll = poll,
		.final = final,
		.mult = bfd->conf.mult,
		.my_disc = bfd->disc,
		.your_disc = bfd->remote_disc,
		.min_tx = bfd->min_tx,
		.min_rx = bfd->min_rx,
	};
	uint8_t data[BFD_PACKET_LEN];

	bfd_packet_build(&packet, data);
	bfd->tx++;
	bfd->ops->send(bfd, data);
}

/* 6.8.7: a quarter less at most; with one chance only, a tenth at least. */
static uint32_t jitter(const struct bfd *bfd, uint32_t us)
{
	uint32_t least = us / 4 * 3;
	uint32_t most = bfd->conf.mult == 1 ? us / 10 * 9 : us;

	return least + bfd->ops->random(most - least + 1);
}

static bool silenced(const struct bfd *bfd)
{
	if (bfd->remote_min_rx == 0)
		return true;
	return bfd->remote_demand && bfd->state == BFD_UP &&
	       bfd->remote_state == BFD_UP && !bfd->polling;
}

static void schedule_tx(struct bfd *bfd)
{
	bfd->tx_interval = silenced(bfd) ? 0 :
			   MAX(bfd->used_tx, bfd->remote_min_rx);
	bfd->ops->tx_timer(bfd, bfd->tx_interval ?
			   jitter(bfd, bfd->tx_interval) : 0);
}

/* What has changed the neighbor is to know at once. */
static void send_now(struct bfd *bfd)
{
	if (bfd->remote_min_rx != 0)
		send_packet(bfd, bfd->polling, false);
	schedule_tx(bfd);
}

/* Go on as before if the interval is the same. */
static void reschedule_tx(struct bfd *bfd)
{
	uint32_t us = silenced(bfd) ? 0 :
		      MAX(bfd->used_tx, bfd->remote_min_rx);

	if (us != bfd->tx_interval)
		schedule_tx(bfd);
}

static void restart_detection(struct bfd *bfd)
{
	bfd->detect_time = (uint64_t)bfd->remote_mult *
			   MAX(bfd->used_rx, bfd->remote_min_tx);
	bfd->ops->detect_timer(bfd, bfd->detect_time);
}

/*
 * 6.8.3: what is new is announced at once, and used at once if it makes
 * nobody wait in vain: we may send more often and wait longer.
 */
static void announce(struct bfd *bfd)
{
	uint32_t min_tx = bfd->state == BFD_UP ?
			  bfd->conf.min_tx : MAX(bfd->conf.min_tx,
						 (uint32_t)BFD_SLOW_TX);

	if (bfd->min_tx == min_tx && bfd->min_rx == bfd->conf.min_rx)
		return;
	bfd->min_tx = min_tx;
	bfd->min_rx = bfd->conf.min_rx;
	bfd->polling = bfd->state == BFD_UP;
	if (!bfd->polling || min_tx < bfd->used_tx)
		bfd->used_tx = min_tx;
	if (!bfd->polling || bfd->min_rx > bfd->used_rx)
		bfd->used_rx = bfd->min_rx;
}

/* What was announced is in use: it is answered, or nobody is there to. */
static void poll_ends(struct bfd *bfd)
{
	bfd->polling = false;
	bfd->used_tx = bfd->min_tx;
	bfd->used_rx = bfd->min_rx;
}

/*
 * States
 */

static void change_state(struct bfd *bfd, enum bfd_state state,
			 enum bfd_diag diag)
{
	enum bfd_state old = bfd->state;

	bfd->state = state;
	bfd->diag = diag;
	if (state == BFD_UP)
		bfd->ups++;
	else
		poll_ends(bfd);
	announce(bfd);
	bfd->ops->state(bfd, old);
}

/* 6.8.6, the state machine; whether the state has changed. */
static bool state_event(struct bfd *bfd, enum bfd_state remote)
{
	enum bfd_state old = bfd->state;

	if (remote == BFD_ADMIN_DOWN) {
		if (old != BFD_DOWN)
			change_state(bfd, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
		return old != bfd->state;
	}
	switch (old) {
	case BFD_DOWN:
		if (remote == BFD_DOWN)
			change_state(bfd, BFD_INIT, BFD_DIAG_NONE);
		else if (remote == BFD_INIT)
			change_state(bfd, BFD_UP, BFD_DIAG_NONE);
		break;				/* Up: it has not noticed yet */
	case BFD_INIT:
		if (remote == BFD_INIT || remote == BFD_UP)
			change_state(bfd, BFD_UP, BFD_DIAG_NONE);
		break;				/* Down: nor has it here */
	case BFD_UP:
		if (remote == BFD_DOWN)
			change_state(bfd, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
		break;
	default:				/* we are AdminDown */
		break;
	}
	return old != bfd->state;
}

void bfd_receive(struct bfd *bfd, const struct bfd_packet *packet)
{
	bool changed;

	bfd->rx++;
	bfd->remote_disc = packet->my_disc;
	bfd->remote_state = packet->state;
	bfd->remote_diag = packet->diag;
	bfd->remote_demand = packet->demand;
	bfd->remote_mult = packet->mult;
	bfd->remote_min_tx = packet->min_tx;
	bfd->remote_min_rx = packet->min_rx;
	if (packet->final && bfd->polling)
		poll_ends(bfd);
	if (bfd->state == BFD_ADMIN_DOWN)
		return;
	changed = state_event(bfd, packet->state);
	restart_detection(bfd);
	if (packet->poll)
		send_packet(bfd, false, true);
	if (changed)
		send_now(bfd);
	else
		reschedule_tx(bfd);
}

void bfd_tx_due(struct bfd *bfd)
{
	if (!silenced(bfd))
		send_packet(bfd, bfd->polling, false);
	schedule_tx(bfd);
}

/* Whoever answers later is a neighbor that we know nothing of. */
void bfd_detect_due(struct bfd *bfd)
{
	bool was = bfd->state == BFD_UP || bfd->state == BFD_INIT;

	bfd->remote_disc = 0;
	bfd->remote_state = BFD_DOWN;
	bfd->remote_demand = false;
	bfd->remote_min_rx = 1;
	bfd->detect_time = 0;
	if (was)
		change_state(bfd, BFD_DOWN, BFD_DIAG_EXPIRED);
	if (was)
		send_now(bfd);
	else
		reschedule_tx(bfd);
}

/*
 * The owner's wishes
 */

void bfd_init(struct bfd *bfd, const struct bfd_conf *conf, uint32_t disc,
	      const struct bfd_ops *ops)
{
	memset(bfd, 0, sizeof(*bfd));
	bfd->conf = *conf;
	bfd->ops = ops;
	bfd->disc = disc;
	bfd->state = BFD_DOWN;
	bfd->remote_state = BFD_DOWN;
	bfd->remote_min_rx = 1;
	announce(bfd);
}

void bfd_start(struct bfd *bfd)
{
	send_now(bfd);
}

void bfd_admin_down(struct bfd *bfd)
{
	if (bfd->state == BFD_ADMIN_DOWN)
		return;
	bfd->ops->detect_timer(bfd, 0);
	change_state(bfd, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
	send_now(bfd);
}

void bfd_change(struct bfd *bfd, const struct bfd_conf *conf)
{
	bool other_mult = bfd->conf.mult != conf->mult;

	bfd->conf = *conf;
	announce(bfd);
	/* The neighbor takes the multiplier from any packet. */
	if (bfd->polling || other_mult)
		send_now(bfd);
	if (bfd->detect_time && bfd->state != BFD_ADMIN_DOWN)
		restart_detection(bfd);
}
