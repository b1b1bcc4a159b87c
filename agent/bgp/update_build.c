// SPDX-License-Identifier: GPL-2.0-or-later
/* UPDATE, sent. */

#include "bgp/attr_wire.h"
#include "bgp/msg.h"
#include "bgp/update.h"
#include "lib/util.h"

/* A writer for one message, behind what @w holds. */
static struct wbuf message(const struct wbuf *w, uint16_t max_len)
{
	if (!wbuf_ok(w))
		return wbuf_make(NULL, 0);
	return wbuf_make(w->data + w->len, MIN(wbuf_room(w), max_len));
}

/* As many prefixes as fit, with @keep bytes left free behind them. */
static size_t put_prefixes(struct wbuf *w, bool add_path,
			   const struct bgp_nlri *nlri, size_t n, size_t keep)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (wbuf_room(w) < keep + bgp_nlri_len(&nlri[i], add_path))
			break;
		bgp_nlri_build(w, &nlri[i], add_path);
	}
	return i;
}

/* IPv4 prefixes behind the attributes, RFC 4271 4.3. */
static size_t reach_body(struct wbuf *w, const struct bgp_wire *wire,
			 const struct bgp_attrs *attrs, bool add_path,
			 const struct bgp_nlri *nlri, size_t n)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_UPDATE);
	size_t len;

	wbuf_u16(w, 0);
	len = wbuf_reserve(w, 2);
	attr_build_list(w, wire, attrs, true);
	wbuf_fill_u16(w, len);
	n = put_prefixes(w, add_path, nlri, n, 0);
	bgp_msg_end(w, begin);
	return n;
}

/* An MP attribute: always with two bytes of length. */
static size_t mp_begin(struct wbuf *w, uint8_t code, enum bgp_af af)
{
	size_t len;

	wbuf_u8(w, ATTR_OPTIONAL | ATTR_EXTENDED);
	wbuf_u8(w, code);
	len = wbuf_reserve(w, 2);
	wbuf_u16(w, bgp_af_info[af].afi);
	wbuf_u8(w, bgp_af_info[af].safi);
	return len;
}

/*
 * Prefixes in MP_REACH_NLRI, which comes first (RFC 7606 5.1). How many fit
 * depends on what follows, so that is written once to learn its size.
 */
static size_t reach_mp(struct wbuf *w, const struct bgp_wire *wire,
		       const struct bgp_attrs *attrs, enum bgp_af af,
		       bool add_path, const struct bgp_nlri *nlri, size_t n)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_UPDATE);
	struct addr nexthop = bgp_attrs_nexthop(attrs);
	size_t list, mp, others;

	wbuf_u16(w, 0);
	list = wbuf_reserve(w, 2);
	others = w->len;
	attr_build_list(w, wire, attrs, false);
	if (!wbuf_ok(w))
		return 0;
	others = w->len - others;
	w->len -= others;

	mp = mp_begin(w, BGP_ATTR_MP_REACH, af);
	wbuf_u8(w, addr_bytes(&nexthop));
	wbuf_copy(w, nexthop.bytes, addr_bytes(&nexthop));
	wbuf_u8(w, 0);
	n = put_prefixes(w, add_path, nlri, n, others);
	wbuf_fill_u16(w, mp);
	attr_build_list(w, wire, attrs, false);
	wbuf_fill_u16(w, list);
	bgp_msg_end(w, begin);
	return n;
}

size_t bgp_update_reach(struct wbuf *w, const struct bgp_wire *wire,
			const struct bgp_attrs *attrs, enum bgp_af af,
			const struct bgp_nlri *nlri, size_t n)
{
	struct wbuf msg = message(w, wire->max_len);
	bool add_path = wire->add_path_tx & bgp_af_bit(af);

	if (af == BGP_IPV4_UNICAST && attrs->nexthop_family == AF_INET)
		n = reach_body(&msg, wire, attrs, add_path, nlri, n);
	else
		n = reach_mp(&msg, wire, attrs, af, add_path, nlri, n);
	if (!wbuf_ok(&msg) || !n)
		return 0;
	w->len += msg.len;
	return n;
}

size_t bgp_update_unreach(struct wbuf *w, const struct bgp_wire *wire,
			  enum bgp_af af, const struct bgp_nlri *nlri,
			  size_t n)
{
	struct wbuf msg = message(w, wire->max_len);
	bool add_path = wire->add_path_tx & bgp_af_bit(af);
	size_t begin = bgp_msg_begin(&msg, BGP_MSG_UPDATE);
	size_t len, mp;

	len = wbuf_reserve(&msg, 2);
	if (af == BGP_IPV4_UNICAST) {
		n = put_prefixes(&msg, add_path, nlri, n, 2);
		wbuf_fill_u16(&msg, len);
		wbuf_u16(&msg, 0);
	} else {
		len = wbuf_reserve(&msg, 2);
		mp = mp_begin(&msg, BGP_ATTR_MP_UNREACH, af);
		n = put_prefixes(&msg, add_path, nlri, n, 0);
		wbuf_fill_u16(&msg, mp);
		wbuf_fill_u16(&msg, len);
	}
	bgp_msg_end(&msg, begin);
	if (!wbuf_ok(&msg) || !n)
		return 0;
	w->len += msg.len;
	return n;
}

void bgp_update_eor(struct wbuf *w, enum bgp_af af)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_UPDATE);
	struct wbuf value;
	uint8_t family[3];

	wbuf_u16(w, 0);
	if (af == BGP_IPV4_UNICAST) {
		wbuf_u16(w, 0);
	} else {
		value = wbuf_make(family, sizeof(family));
		wbuf_u16(&value, bgp_af_info[af].afi);
		wbuf_u8(&value, bgp_af_info[af].safi);
		wbuf_u16(w, 3 + value.len);
		attr_put(w, ATTR_OPTIONAL, BGP_ATTR_MP_UNREACH,
			 rbuf_make(family, value.len));
	}
	bgp_msg_end(w, begin);
}
