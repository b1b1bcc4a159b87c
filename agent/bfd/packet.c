// SPDX-License-Identifier: GPL-2.0-or-later
#include "bfd/packet.h"

#include "lib/buf.h"
#include "lib/util.h"

#define VERSION		1

enum flag {
	FLAG_POLL = 0x20,
	FLAG_FINAL = 0x10,
	FLAG_AUTH = 0x04,
	FLAG_DEMAND = 0x02,
	FLAG_MULTIPOINT = 0x01,
};

static const char *check(const struct bfd_packet *packet, uint8_t flags)
{
	if (packet->mult == 0)
		return "no detection multiplier";
	if (flags & FLAG_MULTIPOINT)
		return "multipoint";
	if (packet->my_disc == 0)
		return "no discriminator";
	if (packet->your_disc == 0 && packet->state != BFD_DOWN &&
	    packet->state != BFD_ADMIN_DOWN)
		return "state without our discriminator";
	if (flags & FLAG_AUTH)
		return "authenticated";
	if (packet->poll && packet->final)
		return "poll and final at once";
	return NULL;
}

const char *bfd_packet_parse(const void *data, size_t len,
			     struct bfd_packet *packet)
{
	struct rbuf r = rbuf_make(data, len);
	uint8_t first, flags, length;
	struct bfd_packet p;
	const char *problem;

	if (!rbuf_u8(&r, &first) || !rbuf_u8(&r, &flags) ||
	    !rbuf_u8(&r, &p.mult) || !rbuf_u8(&r, &length) ||
	    !rbuf_u32(&r, &p.my_disc) || !rbuf_u32(&r, &p.your_disc) ||
	    !rbuf_u32(&r, &p.min_tx) || !rbuf_u32(&r, &p.min_rx) ||
	    !rbuf_skip(&r, sizeof(uint32_t)))	/* echo, which we do not do */
		return "too short";
	if (first >> 5 != VERSION)
		return "another version";
	if (length < BFD_PACKET_LEN || length > len)
		return "wrong length";
	p.diag = first & BFD_DIAG_MAX;
	p.state = flags >> 6;
	p.poll = flags & FLAG_POLL;
	p.final = flags & FLAG_FINAL;
	p.demand = flags & FLAG_DEMAND;
	problem = check(&p, flags);
	if (!problem)
		*packet = p;
	return problem;
}

void bfd_packet_build(const struct bfd_packet *packet, uint8_t *data)
{
	struct wbuf w = wbuf_make(data, BFD_PACKET_LEN);

	wbuf_u8(&w, VERSION << 5 | packet->diag);
	wbuf_u8(&w, packet->state << 6 | (packet->poll ? FLAG_POLL : 0) |
		(packet->final ? FLAG_FINAL : 0) |
		(packet->demand ? FLAG_DEMAND : 0));
	wbuf_u8(&w, packet->mult);
	wbuf_u8(&w, BFD_PACKET_LEN);
	wbuf_u32(&w, packet->my_disc);
	wbuf_u32(&w, packet->your_disc);
	wbuf_u32(&w, packet->min_tx);
	wbuf_u32(&w, packet->min_rx);
	wbuf_u32(&w, 0);
}

const char *bfd_state_name(unsigned int state)
{
	static const char *const names[BFD_STATES] = {
		[BFD_ADMIN_DOWN] = "AdminDown",
		[BFD_DOWN] = "Down",
		[BFD_INIT] = "Init",
		[BFD_UP] = "Up",
	};

	return state < BFD_STATES ? names[state] : "unknown";
}

const char *bfd_diag_name(unsigned int diag)
{
	static const char *const names[] = {
		[BFD_DIAG_NONE] = "No Diagnostic",
		[BFD_DIAG_EXPIRED] = "Control Detection Time Expired",
		[BFD_DIAG_ECHO_FAILED] = "Echo Function Failed",
		[BFD_DIAG_NEIGHBOR_DOWN] = "Neighbor Signaled Session Down",
		[BFD_DIAG_FORWARDING_RESET] = "Forwarding Plane Reset",
		[BFD_DIAG_PATH_DOWN] = "Path Down",
		[BFD_DIAG_CONCATENATED_DOWN] = "Concatenated Path Down",
		[BFD_DIAG_ADMIN_DOWN] = "Administratively Down",
		[BFD_DIAG_REVERSE_DOWN] = "Reverse Concatenated Path Down",
	};

	return diag < ARRAY_SIZE(names) ? names[diag] : "unknown";
}
