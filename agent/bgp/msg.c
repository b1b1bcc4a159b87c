// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "bgp/msg.h"
#include "lib/util.h"

#define MARKER_LEN	16

static const uint8_t marker[MARKER_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static const struct {
	const char *name;
	uint16_t min_len;		/* RFC 4271 6.1 */
} msg_info[] = {
	[BGP_MSG_OPEN] = { "OPEN", 29 },
	[BGP_MSG_UPDATE] = { "UPDATE", 23 },
	[BGP_MSG_NOTIFICATION] = { "NOTIFICATION", 21 },
	[BGP_MSG_KEEPALIVE] = { "KEEPALIVE", BGP_HEADER_LEN },
	[BGP_MSG_ROUTE_REFRESH] = { "ROUTE-REFRESH", BGP_HEADER_LEN },
};

const char *bgp_msg_type_name(enum bgp_msg_type type)
{
	if ((unsigned int)type >= ARRAY_SIZE(msg_info) || !msg_info[type].name)
		return "unknown message";
	return msg_info[type].name;
}

static bool bad_length(uint16_t len, uint8_t type, uint16_t max_len)
{
	/* RFC 8654 4: these two never grow. */
	if (type == BGP_MSG_OPEN || type == BGP_MSG_KEEPALIVE)
		max_len = BGP_MSG_MAX;
	if (type == BGP_MSG_KEEPALIVE && len != BGP_HEADER_LEN)
		return true;
	return len < msg_info[type].min_len || len > max_len;
}

static enum bgp_frame header_error(struct bgp_error *err, uint8_t subcode,
				   const void *data, size_t len,
				   const char *what, unsigned int value)
{
	bgp_error_set(err, BGP_ERR_HEADER, subcode, data, len, "%s: %u", what,
		      value);
	return BGP_FRAME_ERROR;
}

enum bgp_frame bgp_msg_next(struct rbuf *stream, uint16_t max_len,
			    enum bgp_msg_type *type, struct rbuf *body,
			    struct bgp_error *err)
{
	struct rbuf r = *stream;
	const uint8_t *len_pos;
	struct rbuf mark;
	uint16_t len;
	uint8_t code;

	if (!rbuf_sub(&r, MARKER_LEN, &mark))
		return BGP_FRAME_PARTIAL;
	if (memcmp(mark.pos, marker, MARKER_LEN)) {
		bgp_error_set(err, BGP_ERR_HEADER, BGP_HEADER_NOT_SYNCHRONIZED,
			      NULL, 0, "message marker is not all ones");
		return BGP_FRAME_ERROR;
	}
	len_pos = r.pos;
	if (!rbuf_u16(&r, &len) || !rbuf_u8(&r, &code))
		return BGP_FRAME_PARTIAL;
	if (len < BGP_HEADER_LEN)
		return header_error(err, BGP_HEADER_BAD_LENGTH, len_pos, 2,
				    "message length", len);
	if (code == 0 || code > BGP_MSG_TYPE_MAX)
		return header_error(err, BGP_HEADER_BAD_TYPE, &code, 1,
				    "message type", code);
	if (bad_length(len, code, max_len))
		return header_error(err, BGP_HEADER_BAD_LENGTH, len_pos, 2,
				    bgp_msg_type_name(code), len);
	if (!rbuf_sub(&r, len - BGP_HEADER_LEN, body))
		return BGP_FRAME_PARTIAL;
	*type = code;
	*stream = r;
	return BGP_FRAME_MESSAGE;
}

size_t bgp_msg_begin(struct wbuf *w, enum bgp_msg_type type)
{
	size_t begin = w->len;

	wbuf_copy(w, marker, MARKER_LEN);
	wbuf_u16(w, 0);
	wbuf_u8(w, type);
	return begin;
}

void bgp_msg_end(struct wbuf *w, size_t begin)
{
	wbuf_set_u16(w, begin + MARKER_LEN, w->len - begin);
}

void bgp_keepalive_build(struct wbuf *w)
{
	bgp_msg_end(w, bgp_msg_begin(w, BGP_MSG_KEEPALIVE));
}

void bgp_refresh_build(struct wbuf *w, enum bgp_af af, enum bgp_refresh what)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_ROUTE_REFRESH);

	wbuf_u16(w, bgp_af_info[af].afi);
	wbuf_u8(w, what);
	wbuf_u8(w, bgp_af_info[af].safi);
	bgp_msg_end(w, begin);
}

/*
 * RFC 7313 5: a BoRR or EoRR of a wrong length is an error of its own, and the
 * whole message goes back. Anything else is a bad length like any other.
 */
static enum bgp_refresh_verdict refresh_bad_length(struct rbuf body,
						   bool enhanced,
						   struct bgp_error *err)
{
	uint16_t len = BGP_HEADER_LEN + body.left;
	uint8_t msg[BGP_ERROR_DATA_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	size_t begin;

	begin = bgp_msg_begin(&w, BGP_MSG_ROUTE_REFRESH);
	wbuf_rbuf(&w, rbuf_make(body.pos, MIN(body.left, wbuf_room(&w))));
	wbuf_set_u16(&w, begin + MARKER_LEN, len);
	if (enhanced && body.left > 2 &&
	    (body.pos[2] == BGP_REFRESH_BEGIN ||
	     body.pos[2] == BGP_REFRESH_END))
		bgp_error_set(err, BGP_ERR_ROUTE_REFRESH, 1, msg, w.len,
			      "ROUTE-REFRESH of %u bytes", len);
	else
		header_error(err, BGP_HEADER_BAD_LENGTH, msg + MARKER_LEN, 2,
			     "ROUTE-REFRESH", len);
	return BGP_REFRESH_ERROR;
}

enum bgp_refresh_verdict bgp_refresh_parse(struct rbuf body, bool enhanced,
					   enum bgp_af *af,
					   enum bgp_refresh *what,
					   struct bgp_error *err)
{
	struct rbuf r = body;
	uint8_t subtype, safi;
	uint16_t afi;

	if (!rbuf_u16(&r, &afi) || !rbuf_u8(&r, &subtype) ||
	    !rbuf_u8(&r, &safi) || r.left)
		return refresh_bad_length(body, enhanced, err);
	/* RFC 2918 calls the byte reserved: alone, it says nothing. */
	if (!enhanced)
		subtype = BGP_REFRESH_REQUEST;
	if (!bgp_af_find(afi, safi, af) || subtype > BGP_REFRESH_END)
		return BGP_REFRESH_IGNORE;
	*what = subtype;
	return BGP_REFRESH_OK;
}
