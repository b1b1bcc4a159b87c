// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of an OPEN: what is accepted keeps its meaning when rebuilt. */

#include <string.h>

#include "bgp/open.h"
#include "fuzz/bgp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_open open, again;
	struct bgp_error err = { .code = 0 };
	struct bgp_wire wire;
	char text[2][256];

	if (!bgp_open_parse(rbuf_make(data, size), &open, &err)) {
		HOLDS(err.code == BGP_ERR_OPEN && err.text[0]);
		return 0;
	}
	HOLDS(open.as && open.router_id &&
	      (open.hold_time == 0 || open.hold_time >= 3));
	bgp_open_negotiate(&open.caps, &open.caps, &wire);
	bgp_open_build(&w, &open);
	HOLDS(wbuf_ok(&w));
	HOLDS(bgp_open_parse(rbuf_make(msg + BGP_HEADER_LEN,
				       w.len - BGP_HEADER_LEN),
			     &again, &err));
	bgp_caps_format(&open.caps, text[0], sizeof(text[0]));
	bgp_caps_format(&again.caps, text[1], sizeof(text[1]));
	HOLDS(!strcmp(text[0], text[1]));
	HOLDS(again.as == open.as && again.router_id == open.router_id &&
	      again.hold_time == open.hold_time &&
	      again.caps.families == open.caps.families &&
	      again.caps.add_path_rx == open.caps.add_path_rx &&
	      again.caps.add_path_tx == open.caps.add_path_tx);
	return 0;
}
