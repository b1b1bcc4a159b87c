// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A BFD session and a neighbor that says anything: whatever comes, what is
 * sent can be read, no timer runs amok, and no state is left out.
 *
 * Each step of the input is a byte: what happens, and for a packet its length,
 * with the packet behind it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "bfd/fsm.h"
#include "lib/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(cond) do { \
	if (!(cond)) \
		abort(); \
} while (0)

static unsigned int sent;

static void ops_send(struct bfd *bfd, const uint8_t *data)
{
	struct bfd_packet packet;

	/* The neighbor's discriminator may be 0 only where that is allowed. */
	if (!bfd->remote_disc)
		HOLDS(bfd->state == BFD_DOWN || bfd->state == BFD_ADMIN_DOWN);
	HOLDS(!bfd_packet_parse(data, BFD_PACKET_LEN, &packet));
	HOLDS(packet.my_disc == bfd->disc && packet.state == bfd->state);
	HOLDS(bfd->state == BFD_UP || packet.min_tx >= BFD_SLOW_TX);
	HOLDS(++sent < 4);
}

static void ops_tx_timer(struct bfd *bfd, uint32_t us)
{
	HOLDS(us == 0 || us >= bfd->used_tx / 4 * 3);
	HOLDS(us == 0 || us >= bfd->remote_min_rx / 4 * 3);
}

static void ops_detect_timer(struct bfd *bfd, uint64_t us)
{
	HOLDS(us == 0 || us >= bfd->conf.min_rx || us >= bfd->used_rx);
}

static void ops_state(struct bfd *bfd, enum bfd_state old)
{
	HOLDS(bfd->state < BFD_STATES && old < BFD_STATES);
}

static uint32_t ops_random(uint32_t n)
{
	return n - 1;
}

static const struct bfd_ops ops = {
	.send = ops_send,
	.tx_timer = ops_tx_timer,
	.detect_timer = ops_detect_timer,
	.state = ops_state,
	.random = ops_random,
};

static size_t hear(struct bfd *bfd, const uint8_t *data, size_t size)
{
	size_t len = MIN((size_t)data[0] >> 2, size - 1);
	struct bfd_packet packet;

	if (!bfd_packet_parse(data + 1, len, &packet)) {
		HOLDS(packet.mult && packet.my_disc);
		bfd_receive(bfd, &packet);
		HOLDS(bfd->remote_disc == packet.my_disc);
	}
	return 1 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bfd_conf conf = { 100000, 100000, 3 };
	size_t at = 0;
	struct bfd bfd;

	sent = 0;
	bfd_init(&bfd, &conf, 0x12345678, &ops);
	bfd_start(&bfd);
	while (at < size) {
		sent = 0;
		switch (data[at] & 3) {
		case 0:
			bfd_tx_due(&bfd);
			at++;
			break;
		case 1:
			bfd_detect_due(&bfd);
			at++;
			break;
		case 2:
			conf.min_tx = conf.min_rx = 10000 * (data[at] + 1);
			conf.mult = 1 + (data[at] >> 2);
			bfd_change(&bfd, &conf);
			at++;
			break;
		default:
			at += hear(&bfd, data + at, size - at);
			break;
		}
	}
	bfd_admin_down(&bfd);
	return 0;
}
