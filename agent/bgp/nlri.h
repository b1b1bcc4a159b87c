/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes on the wire: RFC 4271 4.3, RFC 4760 5, with RFC 7911 path ids. */
#ifndef BGP_NLRI_H
#define BGP_NLRI_H

#include "bgp/bgp.h"
#include "lib/buf.h"

struct bgp_nlri {
	uint32_t path_id;		/* 0 without ADD-PATH */
	struct prefix prefix;
};

/**
 * bgp_nlri_next - read one prefix
 * @r: moved past it
 * @add_path: a path identifier precedes each prefix
 *
 * Bits after the prefix length are ignored, as RFC 4271 4.3 wants.
 * Return: false at the end and for a length that cannot be; @r->left tells
 * which. A list that bgp_nlri_valid() accepted only ends.
 */
bool bgp_nlri_next(struct rbuf *r, enum bgp_af af, bool add_path,
		   struct bgp_nlri *out);
/* Whether a whole list is well-formed. */
bool bgp_nlri_valid(struct rbuf r, enum bgp_af af, bool add_path);
/* Bytes of one entry. */
size_t bgp_nlri_len(const struct bgp_nlri *nlri, bool add_path);
void bgp_nlri_build(struct wbuf *w, const struct bgp_nlri *nlri,
		    bool add_path);

#endif
