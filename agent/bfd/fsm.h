/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BFD session in asynchronous mode, RFC 5880 section 6.8, without sockets
 * or clock. We play the active role, never ask for Demand mode and have no
 * echo function; of a neighbor that asks us to be silent in Demand mode we
 * are.
 *
 * The caller finds the session that a packet is for, does what struct bfd_ops
 * asks for, and says when a timer has run out.
 */
#ifndef BFD_FSM_H
#define BFD_FSM_H

#include "bfd/packet.h"

#define BFD_SLOW_TX	1000000		/* us, while not Up (6.8.3) */

/* What is configured. */
struct bfd_conf {
	uint32_t min_tx;		/* us, as we would like to send */
	uint32_t min_rx;		/* us, as we can receive */
	uint8_t mult;
};

struct bfd;

struct bfd_ops {
	/* Send BFD_PACKET_LEN bytes. */
	void (*send)(struct bfd *bfd, const uint8_t *data);
	/* (Re)start a timer, @us from now; 0 stops it. Then bfd_*_due(). */
	void (*tx_timer)(struct bfd *bfd, uint32_t us);
	void (*detect_timer)(struct bfd *bfd, uint64_t us);
	/* bfd->state is new. */
	void (*state)(struct bfd *bfd, enum bfd_state old);
	/* A random number below @n. */
	uint32_t (*random)(uint32_t n);
};

struct bfd {
	struct bfd_conf conf;
	const struct bfd_ops *ops;
	uint8_t state;			/* enum bfd_state */
	uint8_t diag;			/* why it left Up last */
	uint32_t disc;			/* ours, not 0 */
	uint32_t min_tx, min_rx;	/* us, as we announce them */
	uint32_t used_tx, used_rx;	/* us, until a poll is answered */
	bool polling;			/* Poll bit until Final comes */
	uint32_t tx_interval;		/* us, agreed on; 0: not sending */
	uint64_t detect_time;		/* us, agreed on; 0: not known yet */
	/* As the neighbor said last: */
	uint8_t remote_state, remote_diag, remote_mult;
	bool remote_demand;
	uint32_t remote_disc;		/* 0: not heard of */
	uint32_t remote_min_tx, remote_min_rx;
	uint64_t rx, tx;		/* packets */
	uint32_t ups;			/* times it came Up */
};

/**
 * bfd_init - a session in Down, at rest until bfd_start()
 * @disc: random, unique on this system, not 0
 */
void bfd_init(struct bfd *bfd, const struct bfd_conf *conf, uint32_t disc,
	      const struct bfd_ops *ops);
void bfd_start(struct bfd *bfd);
/* Say AdminDown, from now on. */
void bfd_admin_down(struct bfd *bfd);
/* Other parameters, by a poll sequence if it is Up. */
void bfd_change(struct bfd *bfd, const struct bfd_conf *conf);

/* A packet of the neighbor. */
void bfd_receive(struct bfd *bfd, const struct bfd_packet *packet);
void bfd_tx_due(struct bfd *bfd);
void bfd_detect_due(struct bfd *bfd);

#endif
