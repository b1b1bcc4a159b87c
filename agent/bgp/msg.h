/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The message header, and the two messages that are nearly nothing else. */
#ifndef BGP_MSG_H
#define BGP_MSG_H

#include "bgp/bgp.h"
#include "lib/buf.h"

/* What the header of the next message in a byte stream says. */
enum bgp_frame {
	BGP_FRAME_PARTIAL,		/* more bytes are needed */
	BGP_FRAME_MESSAGE,		/* one whole message */
	BGP_FRAME_ERROR,		/* RFC 4271 6.1 */
};

/**
 * bgp_msg_next - split one message off a stream
 * @stream: received bytes; moved past the message if it is whole
 * @max_len: longest message agreed on; OPEN and KEEPALIVE never exceed 4096
 * @type: message type
 * @body: what follows the header
 * @err: the NOTIFICATION to send on BGP_FRAME_ERROR
 */
enum bgp_frame bgp_msg_next(struct rbuf *stream, uint16_t max_len,
			    enum bgp_msg_type *type, struct rbuf *body,
			    struct bgp_error *err);

/* Write a header whose length bgp_msg_end() fills in; returns its offset. */
size_t bgp_msg_begin(struct wbuf *w, enum bgp_msg_type type);
void bgp_msg_end(struct wbuf *w, size_t begin);

void bgp_keepalive_build(struct wbuf *w);

const char *bgp_msg_type_name(enum bgp_msg_type type);

/* ROUTE-REFRESH, RFC 2918; the subtypes are RFC 7313's. */
enum bgp_refresh {
	BGP_REFRESH_REQUEST = 0,
	BGP_REFRESH_BEGIN = 1,
	BGP_REFRESH_END = 2,
};

/* What to do about a received ROUTE-REFRESH. */
enum bgp_refresh_verdict {
	BGP_REFRESH_OK,
	BGP_REFRESH_IGNORE,		/* family or subtype not in use */
	BGP_REFRESH_ERROR,		/* bad length: *err is set */
};

void bgp_refresh_build(struct wbuf *w, enum bgp_af af, enum bgp_refresh what);
/**
 * bgp_refresh_parse - the body of a ROUTE-REFRESH
 * @body: bytes after the header
 * @enhanced: RFC 7313 was agreed on, so subtypes mean something
 */
enum bgp_refresh_verdict bgp_refresh_parse(struct rbuf body, bool enhanced,
					   enum bgp_af *af,
					   enum bgp_refresh *what,
					   struct bgp_error *err);

#endif
