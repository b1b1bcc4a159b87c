// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "bgp/nlri.h"

static unsigned int af_bytes(enum bgp_af af)
{
	return bgp_af_info[af].family == AF_INET ? 4 : 16;
}

static unsigned int prefix_bytes(unsigned int len)
{
	return (len + 7) / 8;
}

/*
 *  4 bytes   path identifier (RFC 7911 only)
 *  1 byte    length in bits
 *  0 to 16   as many bytes as the length needs
 */
static bool next(struct rbuf *r, enum bgp_af af, bool add_path,
		 uint32_t *path_id, uint8_t *len, struct rbuf *bytes)
{
	*path_id = 0;
	if (add_path && !rbuf_u32(r, path_id))
		return false;
	return rbuf_u8(r, len) && *len <= 8 * af_bytes(af) &&
	       rbuf_sub(r, prefix_bytes(*len), bytes);
}

bool bgp_nlri_next(struct rbuf *r, enum bgp_af af, bool add_path,
		   struct bgp_nlri *out)
{
	struct prefix *prefix = &out->prefix;
	struct rbuf copy = *r;
	struct rbuf bytes;

	if (!next(&copy, af, add_path, &out->path_id, &prefix->len, &bytes))
		return false;
	memset(&prefix->addr, 0, sizeof(prefix->addr));
	prefix->addr.family = bgp_af_info[af].family;
	if (bytes.left) {
		memcpy(prefix->addr.bytes, bytes.pos, bytes.left);
		if (prefix->len % 8)
			prefix->addr.bytes[bytes.left - 1] &=
				0xff00 >> prefix->len % 8;
	}
	*r = copy;
	return true;
}

bool bgp_nlri_valid(struct rbuf r, enum bgp_af af, bool add_path)
{
	struct rbuf bytes;
	uint32_t path_id;
	uint8_t len;

	while (r.left)
		if (!next(&r, af, add_path, &path_id, &len, &bytes))
			return false;
	return true;
}

size_t bgp_nlri_len(const struct bgp_nlri *nlri, bool add_path)
{
	return (add_path ? 4 : 0) + 1 + prefix_bytes(nlri->prefix.len);
}

void bgp_nlri_build(struct wbuf *w, const struct bgp_nlri *nlri,
		    bool add_path)
{
	if (add_path)
		wbuf_u32(w, nlri->path_id);
	wbuf_u8(w, nlri->prefix.len);
	wbuf_copy(w, nlri->prefix.addr.bytes,
		  prefix_bytes(nlri->prefix.len));
}
