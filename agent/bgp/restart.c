// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "bgp/notify.h"
#include "bgp/restart.h"
#include "lib/util.h"

bool bgp_restart_notifies(const struct bgp_conn *conn)
{
	return conn->state == BGP_ESTABLISHED &&
	       conn->offered.restart.notification &&
	       conn->remote.caps.restart.notification;
}

/*
 * After these of ours, what the peer has announced holds no more. That they go
 * out as a Hard Reset is bgp_restart_harden()'s business alone.
 */
static bool is_final(const struct bgp_error *err)
{
	if (err->hard)
		return true;
	if (err->code != BGP_ERR_CEASE)
		return false;
	switch (err->subcode) {
	case BGP_CEASE_MAX_PREFIXES:
	case BGP_CEASE_ADMIN_SHUTDOWN:
	case BGP_CEASE_PEER_DECONFIGURED:
	case BGP_CEASE_BFD_DOWN:	/* the way to it is broken */
		return true;
	default:
		return false;
	}
}

/* RFC 9494 4.2: what only the one capability lists has no time by the other. */
static void keep_families(const struct bgp_conn *conn, struct bgp_kept *kept)
{
	const struct bgp_cap_restart *remote = &conn->remote.caps.restart;
	const struct bgp_cap_restart *local = &conn->offered.restart;
	enum bgp_af af;

	kept->families = remote->families & conn->wire.families;
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (kept->families & bgp_af_bit(af))
			kept->time[af] = remote->time;
		if (conn->wire.long_lived & bgp_af_bit(af))
			kept->long_lived_time[af] =
				MIN(remote->long_lived_time[af],
				    local->long_lived_time[af]);
		if (kept->long_lived_time[af])
			kept->families |= bgp_af_bit(af);
	}
}

/*
 * The peer must have said that it keeps forwarding; whether we ask the same
 * of it does not matter. Without RFC 8538 only the loss of the transport is a
 * restart, with it everything is but what is final. A peer that shuts down
 * with a Cease other than a Hard Reset means to be back.
 */
struct bgp_kept bgp_restart_kept(const struct bgp_conn *conn,
				 const struct bgp_error *err)
{
	const struct bgp_cap_restart *remote = &conn->remote.caps.restart;
	const struct bgp_cap_restart *local = &conn->offered.restart;
	bool told = err->code || conn->peer->last_error_received;
	struct bgp_kept kept = { 0 };

	if (!local->families)
		return kept;
	if (told && !(local->notification && remote->notification))
		return kept;
	if (conn->peer->last_error_received ?
	    err->code == BGP_ERR_CEASE && err->subcode == BGP_CEASE_HARD_RESET :
	    is_final(err))
		return kept;
	keep_families(conn, &kept);
	return kept;
}

void bgp_restart_harden(const struct bgp_conn *conn, struct bgp_error *err)
{
	uint8_t data[sizeof(err->data)];
	struct wbuf w = wbuf_make(data, sizeof(data));

	if (!bgp_restart_notifies(conn) || !is_final(err))
		return;
	wbuf_u8(&w, err->code);
	wbuf_u8(&w, err->subcode);
	wbuf_copy(&w, err->data, MIN(err->data_len, wbuf_room(&w)));
	err->code = BGP_ERR_CEASE;
	err->subcode = BGP_CEASE_HARD_RESET;
	err->data_len = w.len;
	memcpy(err->data, data, w.len);
}
