// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of a NOTIFICATION: its text prints, and it is rebuilt equal. */

#include <string.h>

#include "bgp/msg.h"
#include "bgp/notify.h"
#include "fuzz/bgp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t msg[BGP_MSG_MAX];
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	struct bgp_error err;
	const char *p;

	if (size < 2 || size > BGP_MSG_MAX - BGP_HEADER_LEN)
		return 0;
	bgp_notify_parse(rbuf_make(data, size), &err);
	for (p = err.text; *p; p++)
		HOLDS((unsigned char)*p >= 0x20 && *p != 0x7f);
	HOLDS(p < err.text + sizeof(err.text));
	bgp_notify_build(&w, &err);
	HOLDS(wbuf_ok(&w) && w.len == BGP_HEADER_LEN + size);
	HOLDS(!memcmp(msg + BGP_HEADER_LEN, data, size));
	return 0;
}
