// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of a ROUTE-REFRESH, after a byte that says whether RFC 7313 is on */

#include <string.h>

#include "bgp/msg.h"
#include "fuzz/bgp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t msg[64];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_error err = { .code = 0 };
	enum bgp_refresh what;
	enum bgp_af af;
	bool enhanced;

	if (size < 1 || size > BGP_MSG_MAX_EXT - BGP_HEADER_LEN)
		return 0;
	enhanced = *data++ & 1;
	size--;
	switch (bgp_refresh_parse(rbuf_make(data, size), enhanced, &af, &what,
				  &err)) {
	case BGP_REFRESH_ERROR:
		HOLDS(size != 4 && err.code);
		break;
	case BGP_REFRESH_IGNORE:
		HOLDS(size == 4);
		break;
	case BGP_REFRESH_OK:
		bgp_refresh_build(&w, af, what);
		HOLDS(wbuf_ok(&w) && size == 4);
		HOLDS(!memcmp(msg + BGP_HEADER_LEN, data, 2));
		break;
	}
	return 0;
}
