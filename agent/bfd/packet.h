/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD control packets, RFC 5880 section 4.1. */
#ifndef BFD_PACKET_H
#define BFD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BFD_PORT_SINGLE_HOP	3784	/* RFC 5881 */
#define BFD_PORT_MULTIHOP	4784	/* RFC 5883 */
#define BFD_PACKET_LEN		24	/* without authentication */

enum bfd_state {			/* as on the wire */
	BFD_ADMIN_DOWN,
	BFD_DOWN,
	BFD_INIT,
	BFD_UP,
	BFD_STATES,
};

enum bfd_diag {				/* as on the wire */
	BFD_DIAG_NONE = 0,
	BFD_DIAG_EXPIRED = 1,		/* detection time */
	BFD_DIAG_ECHO_FAILED = 2,
	BFD_DIAG_NEIGHBOR_DOWN = 3,	/* it said so */
	BFD_DIAG_FORWARDING_RESET = 4,
	BFD_DIAG_PATH_DOWN = 5,
	BFD_DIAG_CONCATENATED_DOWN = 6,
	BFD_DIAG_ADMIN_DOWN = 7,
	BFD_DIAG_REVERSE_DOWN = 8,
	BFD_DIAG_MAX = 31,
};

/* Host byte order; intervals in microseconds. */
struct bfd_packet {
	uint8_t diag;			/* 0..BFD_DIAG_MAX */
	uint8_t state;			/* enum bfd_state */
	bool poll;
	bool final;
	bool demand;
	uint8_t mult;			/* detection multiplier, not 0 */
	uint32_t my_disc;		/* not 0 */
	uint32_t your_disc;
	uint32_t min_tx;		/* as it would like to send */
	uint32_t min_rx;		/* as it can receive, 0: nothing */
};

/**
 * bfd_packet_parse - the checks of 6.8.6 that need no session
 * @packet: unchanged if it is refused
 *
 * Authenticated packets are refused: no session of ours uses that.
 * Return: NULL, or what is wrong.
 */
const char *bfd_packet_parse(const void *data, size_t len,
			     struct bfd_packet *packet);
/* Write BFD_PACKET_LEN bytes to @data. */
void bfd_packet_build(const struct bfd_packet *packet, uint8_t *data);

const char *bfd_state_name(unsigned int state);
const char *bfd_diag_name(unsigned int diag);

#endif
