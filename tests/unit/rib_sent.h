/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a RIB has sent, one UPDATE after the other */
#ifndef UNIT_RIB_SENT_H
#define UNIT_RIB_SENT_H

#include "bgp/msg.h"
#include "bgp/update.h"
#include "ktap.h"

/* Take the next one off, into @parser; false if there is none. */
static inline bool rib_sent_next(struct rbuf *stream, struct bgp_update *parser,
				 const struct bgp_update_rules *rules)
{
	enum bgp_msg_type type;
	struct bgp_error err;
	struct rbuf body;

	if (!stream->left)
		return false;
	ktap_must(bgp_msg_next(stream, BGP_MSG_MAX, &type, &body, &err) ==
		  BGP_FRAME_MESSAGE && type == BGP_MSG_UPDATE);
	ktap_must(bgp_update_parse(parser, body, rules) == BGP_ACCEPT);
	return true;
}

#endif
