/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NOTIFICATION, and the text an operator can put into a Cease (RFC 9003). */
#ifndef BGP_NOTIFY_H
#define BGP_NOTIFY_H

#include "bgp/bgp.h"
#include "lib/buf.h"

#define BGP_SHUTDOWN_TEXT_MAX	255	/* bytes of UTF-8 */

void bgp_notify_build(struct wbuf *w, const struct bgp_error *err);

/**
 * bgp_notify_parse - the body of a NOTIFICATION
 * @body: bytes after the header; at least two, bgp_msg_next() saw to it
 * @err: code, subcode, data and a printable text; control characters that a
 *	shutdown communication may hold are replaced
 */
void bgp_notify_parse(struct rbuf body, struct bgp_error *err);

/**
 * bgp_notify_cease - prepare a Cease
 * @text: shutdown communication, NULL for none; sent with Administrative
 *	Shutdown and Reset only, cut at a character of 255 bytes
 */
void bgp_notify_cease(struct bgp_error *err, enum bgp_cease subcode,
		      const char *text);

#endif
