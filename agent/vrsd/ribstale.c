// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stale paths. A peer that restarts gracefully is down for a while, and its
 * paths stay in use: until it has announced what it still has, until it says
 * that it has not kept forwarding, or until the time is over that it asked
 * for. Then, if both ends agreed on it, they become long-lived: a last resort
 * that may stay for hours. A refresh between BoRR and EoRR works in the same
 * way on a session that is up.
 */

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/ribs.h"

/*
 * For which a peer that is there may take to announce everything, in seconds:
 * after its return until End-of-RIB, and from BoRR to EoRR. Enough for a full
 * table over a slow path; it only ends what would otherwise never end.
 */
#define PATIENCE	360

static enum bgp_af af_of(const struct ribs_stale *stale)
{
	return stale - stale->peer->af;
}

/*
 * Wait for so long, or for what is left of the long-lived time: it goes on
 * until End-of-RIB (RFC 9494 4.2).
 */
static void wait_for(struct ribs_stale *stale, uint64_t ms)
{
	uint64_t now = loop_now_ms(), end = stale->long_lived_ms;

	stale->last = end && end <= now + ms;
	if (stale->last)
		ms = end > now ? end - now : 0;
	loop_timer_set(stale->timer, ms);
}

static void over(struct ribs_peer *peer, enum bgp_af af)
{
	peer->stale &= ~bgp_af_bit(af);
	peer->refreshing &= ~bgp_af_bit(af);
	peer->af[af].long_lived_ms = 0;
	peer->af[af].waiting = false;
	loop_timer_stop(peer->af[af].timer);
	rib_peer_sweep(peer->rib, af);
}

static void begin_long_lived(struct ribs_stale *stale)
{
	struct ribs_peer *peer = stale->peer;
	uint64_t ms = stale->long_lived_time * 1000ull;

	log_info("vnet %s neighbor %s: %s routes are long-lived stale",
		 peer->id.vnet, peer->id.neighbor,
		 bgp_af_info[af_of(stale)].name);
	stale->long_lived_time = 0;
	stale->waiting = false;
	if (!stale->long_lived_ms)
		stale->long_lived_ms = loop_now_ms() + ms;
	wait_for(stale, ms);
	rib_peer_long_lived(peer->rib, af_of(stale));
}

static void stale_time_ends(void *arg)
{
	struct ribs_stale *stale = arg;
	struct ribs_peer *peer = stale->peer;
	enum bgp_af af = af_of(stale);

	if (!peer->up && stale->long_lived_time) {
		begin_long_lived(stale);
		return;
	}
	log_info("vnet %s neighbor %s: stale %s routes are removed",
		 peer->id.vnet, peer->id.neighbor, bgp_af_info[af].name);
	stale->late = peer->up && stale->last;
	over(peer, af);
	if (!peer->up && !peer->stale)
		ribpeer_forget(peer);
}

void ribstale_init(struct ribs_peer *peer)
{
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		peer->af[af].peer = peer;
		peer->af[af].timer = loop_timer_new(stale_time_ends,
						    &peer->af[af]);
	}
}

void ribstale_fini(struct ribs_peer *peer)
{
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		loop_timer_free(peer->af[af].timer);
}

/*
 * RFC 9494 4.2: if their long-lived time has ended on a session that ends
 * before its End-of-RIB, what it has announced goes with it.
 */
uint8_t ribstale_kept(const struct ribs_peer *peer, uint8_t families)
{
	uint8_t kept = families & peer->families;
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (peer->af[af].late)
			kept &= ~bgp_af_bit(af);
	}
	return kept;
}

/*
 * What was stale already and stays so: long-lived paths, whose time is not over
 * because of another restart (RFC 9494 4.2), and those that a refresh had yet
 * to confirm.
 */
static uint8_t stale_before(const struct ribs_peer *peer)
{
	uint8_t before = peer->refreshing;
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++)
		if (peer->stale & bgp_af_bit(af) && peer->af[af].long_lived_ms)
			before |= bgp_af_bit(af);
	return before;
}

/*
 * Nor does the time begin anew, or stand still while it may restart. It is one
 * for all paths of a family, those of the last session, too.
 */
static uint32_t long_lived_time(const struct ribs_stale *stale,
				const struct ribpeer_down *down)
{
	enum bgp_af af = af_of(stale);
	uint64_t begins = loop_now_ms() + down->restart_time[af] * 1000ull;
	uint32_t time = down->long_lived_time[af];

	if (!stale->long_lived_ms)
		return time;
	if (stale->long_lived_ms <= begins)
		return 0;
	return MIN(time, (stale->long_lived_ms - begins + 999) / 1000);
}

/* A time of zero: what was asked for is over at once, or long-lived. */
static void keep(struct ribs_stale *stale, const struct ribpeer_down *down)
{
	const struct row_peer_id *id = &stale->peer->id;
	uint16_t time = down->restart_time[af_of(stale)];

	stale->long_lived_time = long_lived_time(stale, down);
	if (time == 0 && stale->long_lived_time) {
		begin_long_lived(stale);
		return;
	}
	wait_for(stale, time * 1000ull);
	log_info("vnet %s neighbor %s: its %s routes are kept for at most %u s",
		 id->vnet, id->neighbor, bgp_af_info[af_of(stale)].name, time);
}

void ribstale_down(struct ribs_peer *peer, const struct ribpeer_down *down)
{
	uint8_t kept = ribstale_kept(peer, down->kept);
	enum bgp_af af;

	rib_peer_down(peer->rib, kept, kept & stale_before(peer));
	for (af = 0; af < BGP_AF_COUNT; af++) {
		struct ribs_stale *stale = &peer->af[af];

		loop_timer_stop(stale->timer);
		stale->waiting = kept & bgp_af_bit(af);
		stale->late = false;
		if (stale->waiting)
			keep(stale, down);
		else
			stale->long_lived_ms = 0;
	}
	peer->stale = kept;
	peer->refreshing = 0;
}

void ribstale_up(struct ribs_peer *peer, const struct ribpeer_up *up)
{
	uint8_t forwarding;
	enum bgp_af af;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(peer->stale & bgp_af_bit(af)))
			continue;
		peer->af[af].waiting = false;
		/* RFC 4724 4.2: not if it has lost its forwarding state. */
		forwarding = peer->af[af].long_lived_ms ?
			     up->long_lived_forwarding : up->forwarding;
		if (up->end_of_rib &&
		    forwarding & peer->families & bgp_af_bit(af))
			wait_for(&peer->af[af], PATIENCE * 1000ull);
		else
			over(peer, af);
	}
}

void ribstale_limit(struct ribs_peer *peer, uint32_t long_lived_time)
{
	uint64_t ms = long_lived_time * 1000ull, end = loop_now_ms() + ms;
	enum bgp_af af;

	for (af = 0; !peer->up && af < BGP_AF_COUNT; af++) {
		struct ribs_stale *stale = &peer->af[af];

		stale->long_lived_time = MIN(stale->long_lived_time,
					     long_lived_time);
		if (stale->long_lived_ms <= end)
			continue;
		stale->long_lived_ms = end;
		if (!stale->waiting)
			wait_for(stale, ms);
	}
}

void ribstale_end_of_rib(struct ribs_peer *peer, enum bgp_af af)
{
	peer->af[af].late = false;
	if (peer->stale & bgp_af_bit(af))
		over(peer, af);
}

/*
 * RFC 7313 4: a BoRR before the first End-of-RIB, and an EoRR without a BoRR,
 * mean nothing. An EoRR that does not come is not waited for for ever, and
 * another BoRR does not make it longer: what was heard since the first stays.
 * Who begins again and again has to wait for the sweeps that he causes.
 */
void ribstale_refresh(struct ribs_peer *peer, enum bgp_af af,
		      enum bgp_refresh what)
{
	uint8_t bit = bgp_af_bit(af);

	if (what == BGP_REFRESH_BEGIN && !(peer->refreshing & bit) &&
	    (!peer->end_of_rib || peer->complete & bit) &&
	    rib_peer_stale(peer->rib, af)) {
		peer->refreshing |= bit;
		wait_for(&peer->af[af], PATIENCE * 1000ull);
	} else if (what == BGP_REFRESH_END && peer->refreshing & bit) {
		over(peer, af);
	} else {
		log_debug("vnet %s neighbor %s: %s of %s is ignored",
			  peer->id.vnet, peer->id.neighbor,
			  what == BGP_REFRESH_END ? "EoRR" : "BoRR",
			  bgp_af_info[af].name);
	}
}
