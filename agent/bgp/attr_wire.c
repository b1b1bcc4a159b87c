// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Path attributes on the wire.
 *
 *  1   flags: optional, transitive, partial, extended length
 *  1   code
 *  1   length, or 2 with the extended length flag
 *  n   value
 *
 * attr_types[] has a row for each attribute we know: its name, the flags it
 * must have, and how to parse and build its value. A parser that does not like
 * a value calls attr_fault() with one of RFC 7606's verdicts and returns; what
 * the verdict means is decided there and in bgp_update_parse(), nowhere else.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/attr_wire.h"
#include "bgp/community.h"
#include "lib/util.h"

#define MP_NEXTHOP_V6_PAIR	32	/* global and link-local, RFC 2545 3 */

/* What building needs to know. */
struct attr_build {
	const struct bgp_wire *wire;
	struct bgp_attr_set set;
	bool nexthop;			/* NEXT_HOP is wanted */
};

struct attr_type {
	const char *name;
	uint8_t flags;			/* ATTR_OPTIONAL, ATTR_TRANSITIVE */
	void (*parse)(struct attr_parse *p);
	/* Write the attribute if the set has it; NULL: not from a set. */
	void (*build)(struct wbuf *w, const struct attr_build *b,
		      uint8_t code);
};

static const struct attr_type *type_of(uint8_t code);

/* Split off one attribute; false if the list ends within one. */
bool attr_next(struct rbuf *list, struct attr *attr)
{
	const uint8_t *begin = list->pos;
	uint8_t len8;
	uint16_t len;

	if (!rbuf_u8(list, &attr->flags) || !rbuf_u8(list, &attr->code))
		return false;
	if (attr->flags & ATTR_EXTENDED) {
		if (!rbuf_u16(list, &len))
			return false;
	} else {
		if (!rbuf_u8(list, &len8))
			return false;
		len = len8;
	}
	if (!rbuf_sub(list, len, &attr->value))
		return false;
	attr->whole = rbuf_make(begin, list->pos - begin);
	return true;
}

/* Header of an attribute whose value has @len bytes. */
static void put_header(struct wbuf *w, uint8_t flags, uint8_t code, size_t len)
{
	flags &= ~ATTR_EXTENDED;
	if (len > UINT16_MAX)
		w->failed = true;
	wbuf_u8(w, len > UINT8_MAX ? flags | ATTR_EXTENDED : flags);
	wbuf_u8(w, code);
	if (len > UINT8_MAX)
		wbuf_u16(w, len);
	else
		wbuf_u8(w, len);
}

void attr_put(struct wbuf *w, uint8_t flags, uint8_t code, struct rbuf value)
{
	put_header(w, flags, code, value.left);
	wbuf_rbuf(w, value);
}

void attr_list_transitive(struct wbuf *w, struct rbuf list)
{
	struct attr attr;

	while (attr_next(&list, &attr))
		if (attr.flags & ATTR_TRANSITIVE)
			wbuf_rbuf(w, attr.whole);
}

bool attr_list_otc(struct rbuf list, uint32_t *as)
{
	struct attr attr;

	while (attr_next(&list, &attr))
		if (attr.code == BGP_ATTR_OTC)
			return rbuf_u32(&attr.value, as);
	return false;
}

void attr_list_add_otc(struct wbuf *w, struct rbuf list, uint32_t as)
{
	struct rbuf rest = list;
	struct attr attr;

	while (attr_next(&rest, &attr) && attr.code < BGP_ATTR_OTC) {
		wbuf_rbuf(w, attr.whole);
		list = rest;
	}
	put_header(w, ATTR_OPTIONAL | ATTR_TRANSITIVE, BGP_ATTR_OTC, 4);
	wbuf_u32(w, as);
	wbuf_rbuf(w, list);
}

static void bit_set(uint32_t set[8], uint8_t code)
{
	set[code / 32] |= 1u << code % 32;
}

static bool bit_test(const uint32_t set[8], uint8_t code)
{
	return set[code / 32] >> code % 32 & 1;
}

bool attr_seen(const struct attr_parse *p, uint8_t code)
{
	return bit_test(p->seen, code);
}

void attr_fault(struct attr_parse *p, enum bgp_verdict verdict,
		uint8_t subcode, const char *fmt, ...)
{
	struct bgp_error *err = &p->update->error;
	const struct attr *attr = &p->attr;
	size_t len = attr->whole.left;
	const struct attr_type *type = type_of(attr->code);
	char text[96];
	va_list ap;

	if (verdict <= p->update->verdict)
		return;
	p->update->verdict = verdict;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (type)
		bgp_error_set(err, BGP_ERR_UPDATE, subcode, attr->whole.pos,
			      len, "%s: %s", type->name, text);
	else if (len)
		bgp_error_set(err, BGP_ERR_UPDATE, subcode, attr->whole.pos,
			      len, "attribute %u: %s", attr->code, text);
	else
		bgp_error_set(err, BGP_ERR_UPDATE, subcode, NULL, 0, "%s",
			      text);
}

static bool length_is(struct attr_parse *p, size_t len,
		      enum bgp_verdict otherwise)
{
	if (p->attr.value.left == len)
		return true;
	attr_fault(p, otherwise, BGP_UPDATE_BAD_LENGTH,
		   "length %zu, expected %zu", p->attr.value.left, len);
	return false;
}

/* A list of at least one element. */
static bool length_of(struct attr_parse *p, size_t unit)
{
	size_t len = p->attr.value.left;

	if (len && len % unit == 0)
		return true;
	attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_LENGTH,
		   "length %zu, not a multiple of %zu", len, unit);
	return false;
}

/* RFC 7606 7.5, 7.9, 7.10: these mean nothing between ASes. */
static bool internal_only(struct attr_parse *p)
{
	if (!p->rules->ebgp)
		return true;
	attr_fault(p, BGP_ATTR_DISCARD, 0, "from an external peer");
	return false;
}

/* Put the attribute at hand, whatever it says, with those carried along. */
static void keep(struct attr_parse *p)
{
	bit_set(p->kept, p->attr.code);
	p->n_kept++;
}

static void set_flag(struct attr_parse *p, uint8_t flag, uint8_t partial)
{
	p->update->attrs.flags |= flag;
	if (p->attr.flags & ATTR_PARTIAL)
		p->update->attrs.flags |= partial;
}

static void put_u32(struct wbuf *w, uint8_t flags, uint8_t code,
		    uint32_t value)
{
	put_header(w, flags, code, 4);
	wbuf_u32(w, value);
}

static uint8_t partial(const struct attr_build *b, uint8_t flag)
{
	return b->set.flags & flag ? ATTR_PARTIAL : 0;
}

/* ORIGIN, RFC 4271 5.1.1, RFC 7606 7.1 */

static void origin_parse(struct attr_parse *p)
{
	uint8_t origin;

	if (!length_is(p, 1, BGP_TREAT_AS_WITHDRAW))
		return;
	rbuf_u8(&p->attr.value, &origin);
	if (origin > BGP_ORIGIN_INCOMPLETE)
		attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_ORIGIN,
			   "value %u", origin);
	else
		p->update->attrs.origin = origin;
}

static void origin_build(struct wbuf *w, const struct attr_build *b,
			 uint8_t code)
{
	put_header(w, ATTR_TRANSITIVE, code, 1);
	wbuf_u8(w, b->set.origin);
}

/* AS_PATH, RFC 4271 5.1.2, RFC 7606 7.2 */

static void as_path_parse(struct attr_parse *p)
{
	unsigned int as_size = p->rules->wire.as4 ? 4 : 2;
	const char *error;

	error = as_path_check(p->attr.value, as_size, false);
	if (error)
		attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_AS_PATH,
			   "%s", error);
	else
		p->as_path = p->attr.value;
}

static size_t narrow_len(struct rbuf path)
{
	struct as_segment segment;
	size_t len = 0;

	while (as_path_next(&path, 4, &segment))
		len += 2 + 2 * segment.count;
	return len;
}

static void as_path_build(struct wbuf *w, const struct attr_build *b,
			  uint8_t code)
{
	struct rbuf path = b->set.part[BGP_PART_AS_PATH];

	if (b->wire->as4) {
		attr_put(w, ATTR_TRANSITIVE, code, path);
		return;
	}
	put_header(w, ATTR_TRANSITIVE, code, narrow_len(path));
	as_path_convert(w, path, 4, 2);
}

/* NEXT_HOP, RFC 4271 5.1.3 and 6.3, RFC 7606 7.3 */

/* Nor of IPv4 all of 0.0.0.0/8 and 240.0.0.0/4. */
static bool host_address(const struct addr *addr)
{
	if (addr->family == AF_INET &&
	    (addr->bytes[0] == 0 || addr->bytes[0] >= 240))
		return false;
	return addr_is_unicast(addr);
}

static void nexthop_parse(struct attr_parse *p)
{
	struct addr addr;

	/* RFC 4760 3: with no prefixes behind, it is ignored. */
	if (!p->body || !length_is(p, 4, BGP_TREAT_AS_WITHDRAW))
		return;
	addr = addr_make(AF_INET, p->attr.value.pos);
	if (!host_address(&addr))
		attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_NEXT_HOP,
			   "not a host address");
	else
		p->update->attrs.nexthop = addr;
}

static void nexthop_build(struct wbuf *w, const struct attr_build *b,
			  uint8_t code)
{
	if (b->nexthop)
		put_u32(w, ATTR_TRANSITIVE, code,
			addr_to_v4(&b->set.nexthop));
}

/* MULTI_EXIT_DISC, RFC 4271 5.1.4, RFC 7606 7.4 */

static void med_parse(struct attr_parse *p)
{
	if (!length_is(p, 4, BGP_TREAT_AS_WITHDRAW))
		return;
	rbuf_u32(&p->attr.value, &p->update->attrs.med);
	set_flag(p, BGP_ATTRS_MED, 0);
}

static void med_build(struct wbuf *w, const struct attr_build *b, uint8_t code)
{
	if (b->set.flags & BGP_ATTRS_MED)
		put_u32(w, ATTR_OPTIONAL, code, b->set.med);
}

/* LOCAL_PREF, RFC 4271 5.1.5, RFC 7606 7.5 */

static void local_pref_parse(struct attr_parse *p)
{
	if (!internal_only(p) || !length_is(p, 4, BGP_TREAT_AS_WITHDRAW))
		return;
	rbuf_u32(&p->attr.value, &p->update->attrs.local_pref);
	set_flag(p, BGP_ATTRS_LOCAL_PREF, 0);
}

static void local_pref_build(struct wbuf *w, const struct attr_build *b,
			     uint8_t code)
{
	if (b->set.flags & BGP_ATTRS_LOCAL_PREF)
		put_u32(w, ATTR_TRANSITIVE, code, b->set.local_pref);
}

/* ATOMIC_AGGREGATE, RFC 4271 5.1.6, RFC 7606 7.6 */

static void atomic_parse(struct attr_parse *p)
{
	if (length_is(p, 0, BGP_ATTR_DISCARD))
		set_flag(p, BGP_ATTRS_ATOMIC, 0);
}

static void atomic_build(struct wbuf *w, const struct attr_build *b,
			 uint8_t code)
{
	if (b->set.flags & BGP_ATTRS_ATOMIC)
		put_header(w, ATTR_TRANSITIVE, code, 0);
}

/* AGGREGATOR, RFC 4271 5.1.7, RFC 6793, RFC 7606 7.7 */

static void aggregator_parse(struct attr_parse *p)
{
	bool as4 = p->rules->wire.as4;
	uint16_t narrow = 0;
	uint32_t as, id;

	if (!length_is(p, as4 ? 8 : 6, BGP_ATTR_DISCARD))
		return;
	if (as4) {
		rbuf_u32(&p->attr.value, &as);
	} else {
		rbuf_u16(&p->attr.value, &narrow);
		as = narrow;
	}
	rbuf_u32(&p->attr.value, &id);
	if (!as) {
		attr_fault(p, BGP_ATTR_DISCARD, 0, "AS 0");	/* RFC 7607 */
		return;
	}
	p->update->attrs.aggregator_as = as;
	p->update->attrs.aggregator_id = id;
	set_flag(p, BGP_ATTRS_AGGREGATOR, BGP_ATTRS_PARTIAL_AGGREGATOR);
}

static void aggregator_build(struct wbuf *w, const struct attr_build *b,
			     uint8_t code)
{
	uint8_t flags = ATTR_OPTIONAL | ATTR_TRANSITIVE |
			partial(b, BGP_ATTRS_PARTIAL_AGGREGATOR);
	uint32_t as = b->set.aggregator_as;

	if (!(b->set.flags & BGP_ATTRS_AGGREGATOR))
		return;
	put_header(w, flags, code, b->wire->as4 ? 8 : 6);
	if (b->wire->as4)
		wbuf_u32(w, as);
	else
		wbuf_u16(w, as > UINT16_MAX ? BGP_AS_TRANS : as);
	wbuf_u32(w, b->set.aggregator_id);
}

/* The three kinds of communities, RFC 7606 7.8 and 7.14, RFC 8092 5 */

static void community_parse(struct attr_parse *p, enum bgp_attrs_part part,
			    size_t unit, uint8_t partial_flag)
{
	if (!length_of(p, unit))
		return;
	p->update->attrs.part[part] = community_sort(&p->scratch,
						     p->attr.value, unit);
	set_flag(p, 0, partial_flag);
}

static void community_build(struct wbuf *w, const struct attr_build *b,
			    uint8_t code, enum bgp_attrs_part part,
			    uint8_t partial_flag)
{
	if (b->set.part[part].left)
		attr_put(w, ATTR_OPTIONAL | ATTR_TRANSITIVE |
			    partial(b, partial_flag),
			 code, b->set.part[part]);
}

static void communities_parse(struct attr_parse *p)
{
	community_parse(p, BGP_PART_COMMUNITIES, COMMUNITY_LEN,
			BGP_ATTRS_PARTIAL_COMMUNITIES);
}

static void communities_build(struct wbuf *w, const struct attr_build *b,
			      uint8_t code)
{
	community_build(w, b, code, BGP_PART_COMMUNITIES,
			BGP_ATTRS_PARTIAL_COMMUNITIES);
}

static void ext_communities_parse(struct attr_parse *p)
{
	community_parse(p, BGP_PART_EXT_COMMUNITIES, EXT_COMMUNITY_LEN,
			BGP_ATTRS_PARTIAL_EXT_COMMUNITIES);
}

static void ext_communities_build(struct wbuf *w, const struct attr_build *b,
				  uint8_t code)
{
	community_build(w, b, code, BGP_PART_EXT_COMMUNITIES,
			BGP_ATTRS_PARTIAL_EXT_COMMUNITIES);
}

static void large_communities_parse(struct attr_parse *p)
{
	community_parse(p, BGP_PART_LARGE_COMMUNITIES, LARGE_COMMUNITY_LEN,
			BGP_ATTRS_PARTIAL_LARGE_COMMUNITIES);
}

static void large_communities_build(struct wbuf *w,
				    const struct attr_build *b, uint8_t code)
{
	community_build(w, b, code, BGP_PART_LARGE_COMMUNITIES,
			BGP_ATTRS_PARTIAL_LARGE_COMMUNITIES);
}

/* ORIGINATOR_ID and CLUSTER_LIST, RFC 4456, RFC 7606 7.9 and 7.10 */

static void originator_parse(struct attr_parse *p)
{
	if (internal_only(p) && length_is(p, 4, BGP_TREAT_AS_WITHDRAW))
		keep(p);
}

static void cluster_list_parse(struct attr_parse *p)
{
	if (internal_only(p) && length_of(p, 4))
		keep(p);
}

/* OTC, RFC 9234 5 */

static void otc_parse(struct attr_parse *p)
{
	if (length_is(p, 4, BGP_TREAT_AS_WITHDRAW))
		keep(p);
}

/* AS4_PATH and AS4_AGGREGATOR, RFC 6793 4.2.3 and 6: from old speakers only */

static bool old_speaker_only(struct attr_parse *p)
{
	if (!p->rules->wire.as4)
		return true;
	attr_fault(p, BGP_ATTR_DISCARD, 0, "from a 4-octet AS speaker");
	return false;
}

static void as4_path_parse(struct attr_parse *p)
{
	const char *error;

	if (!old_speaker_only(p))
		return;
	error = as_path_check(p->attr.value, 4, true);
	if (error)
		attr_fault(p, BGP_ATTR_DISCARD, 0, "%s", error);
	else
		p->as4_path = p->attr.value;
}

static void as4_path_build(struct wbuf *w, const struct attr_build *b,
			   uint8_t code)
{
	struct rbuf path = b->set.part[BGP_PART_AS_PATH];

	if (!b->wire->as4 && as_path_has_wide(path))
		attr_put(w, ATTR_OPTIONAL | ATTR_TRANSITIVE, code, path);
}

static void as4_aggregator_parse(struct attr_parse *p)
{
	struct rbuf value = p->attr.value;
	uint32_t as;

	if (!old_speaker_only(p) || !length_is(p, 8, BGP_ATTR_DISCARD))
		return;
	rbuf_u32(&value, &as);
	if (as)
		p->as4_aggregator = p->attr.value;
	else
		attr_fault(p, BGP_ATTR_DISCARD, 0, "AS 0");
}

static void as4_aggregator_build(struct wbuf *w, const struct attr_build *b,
				 uint8_t code)
{
	if (b->wire->as4 || b->set.aggregator_as <= UINT16_MAX)
		return;
	put_header(w, ATTR_OPTIONAL | ATTR_TRANSITIVE |
		   partial(b, BGP_ATTRS_PARTIAL_AGGREGATOR), code, 8);
	wbuf_u32(w, b->set.aggregator_as);
	wbuf_u32(w, b->set.aggregator_id);
}

/*
 * MP_REACH_NLRI and MP_UNREACH_NLRI, RFC 4760, RFC 2545, RFC 7606 5.3 and 7.11.
 * Where the prefixes cannot be told, nothing milder than a reset is safe.
 */

static void mp_reset(struct attr_parse *p, const char *text)
{
	attr_fault(p, BGP_SESSION_RESET, BGP_UPDATE_BAD_OPTIONAL, "%s", text);
}

/* The family; false if the attribute is to be left alone or is broken. */
static bool mp_family(struct attr_parse *p, struct rbuf *r, enum bgp_af *af)
{
	uint16_t afi;
	uint8_t safi;

	if (!rbuf_u16(r, &afi) || !rbuf_u8(r, &safi)) {
		mp_reset(p, "too short");
		return false;
	}
	if (bgp_af_find(afi, safi, af) &&
	    p->rules->wire.families & bgp_af_bit(*af))
		return true;
	attr_fault(p, BGP_ATTR_DISCARD, 0,
		   "AFI %u SAFI %u is not in use on this session", afi, safi);
	return false;
}

static bool mp_prefixes(struct attr_parse *p, struct attr_mp *mp,
			struct rbuf r, enum bgp_af af)
{
	bool add_path = p->rules->wire.add_path_rx & bgp_af_bit(af);

	if (!bgp_nlri_valid(r, af, add_path)) {
		mp_reset(p, "malformed prefix");
		return false;
	}
	mp->present = true;
	mp->af = af;
	mp->nlri = r;
	return true;
}

/*
 * Of an IPv6 pair of next hops the global one counts: the other is for the
 * sender's own link, and in a VNet there is none. RFC 8950: prefixes of IPv4
 * may have such next hops, too, where that was agreed on.
 */
static int nexthop_family(const struct attr_parse *p, enum bgp_af af,
			  size_t len)
{
	int family = bgp_af_info[af].family;

	if (len == 16 || len == MP_NEXTHOP_V6_PAIR)
		return family == AF_INET6 ||
		       p->rules->wire.ext_nexthop & bgp_af_bit(af) ?
		       AF_INET6 : AF_UNSPEC;
	return len == 4 && family == AF_INET ? AF_INET : AF_UNSPEC;
}

/*
 *  2   AFI
 *  1   SAFI
 *  1   length of the next hop
 *  n   next hop
 *  1   reserved
 *      prefixes
 */
static void mp_reach_parse(struct attr_parse *p)
{
	struct rbuf r = p->attr.value;
	struct rbuf nexthop;
	uint8_t len, reserved;
	enum bgp_af af;
	int family;

	if (!mp_family(p, &r, &af))
		return;
	if (!rbuf_u8(&r, &len) || !rbuf_sub(&r, len, &nexthop) ||
	    !rbuf_u8(&r, &reserved)) {
		mp_reset(p, "too short");
		return;
	}
	family = nexthop_family(p, af, len);
	if (!family) {
		mp_reset(p, "next hop length");
		return;
	}
	if (!mp_prefixes(p, &p->reach, r, af))
		return;
	p->reach.nexthop = addr_make(family, nexthop.pos);
	if (!host_address(&p->reach.nexthop))
		attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_NEXT_HOP,
			   "next hop is not a host address");
}

static void mp_unreach_parse(struct attr_parse *p)
{
	struct rbuf r = p->attr.value;
	enum bgp_af af;

	if (mp_family(p, &r, &af))
		mp_prefixes(p, &p->unreach, r, af);
}

#define WELL_KNOWN	ATTR_TRANSITIVE
#define OPTIONAL	ATTR_OPTIONAL
#define BOTH		(ATTR_OPTIONAL | ATTR_TRANSITIVE)

static const struct attr_type attr_types[] = {
	[BGP_ATTR_ORIGIN] = {
		"ORIGIN", WELL_KNOWN, origin_parse, origin_build },
	[BGP_ATTR_AS_PATH] = {
		"AS_PATH", WELL_KNOWN, as_path_parse, as_path_build },
	[BGP_ATTR_NEXT_HOP] = {
		"NEXT_HOP", WELL_KNOWN, nexthop_parse, nexthop_build },
	[BGP_ATTR_MED] = {
		"MULTI_EXIT_DISC", OPTIONAL, med_parse, med_build },
	[BGP_ATTR_LOCAL_PREF] = {
		"LOCAL_PREF", WELL_KNOWN, local_pref_parse,
		local_pref_build },
	[BGP_ATTR_ATOMIC_AGGREGATE] = {
		"ATOMIC_AGGREGATE", WELL_KNOWN, atomic_parse, atomic_build },
	[BGP_ATTR_AGGREGATOR] = {
		"AGGREGATOR", BOTH, aggregator_parse, aggregator_build },
	[BGP_ATTR_COMMUNITIES] = {
		"COMMUNITIES", BOTH, communities_parse, communities_build },
	[BGP_ATTR_ORIGINATOR_ID] = {
		"ORIGINATOR_ID", OPTIONAL, originator_parse, NULL },
	[BGP_ATTR_CLUSTER_LIST] = {
		"CLUSTER_LIST", OPTIONAL, cluster_list_parse, NULL },
	[BGP_ATTR_MP_REACH] = {
		"MP_REACH_NLRI", OPTIONAL, mp_reach_parse, NULL },
	[BGP_ATTR_MP_UNREACH] = {
		"MP_UNREACH_NLRI", OPTIONAL, mp_unreach_parse, NULL },
	[BGP_ATTR_EXT_COMMUNITIES] = {
		"EXTENDED_COMMUNITIES", BOTH, ext_communities_parse,
		ext_communities_build },
	[BGP_ATTR_AS4_PATH] = {
		"AS4_PATH", BOTH, as4_path_parse, as4_path_build },
	[BGP_ATTR_AS4_AGGREGATOR] = {
		"AS4_AGGREGATOR", BOTH, as4_aggregator_parse,
		as4_aggregator_build },
	[BGP_ATTR_LARGE_COMMUNITIES] = {
		"LARGE_COMMUNITIES", BOTH, large_communities_parse,
		large_communities_build },
	[BGP_ATTR_OTC] = {
		"OTC", BOTH, otc_parse, NULL },
};

static const struct attr_type *type_of(uint8_t code)
{
	if (code >= ARRAY_SIZE(attr_types) || !attr_types[code].name)
		return NULL;
	return &attr_types[code];
}

bool attr_list_valid(struct rbuf list)
{
	const struct attr_type *type;
	struct attr attr;
	int last = -1;

	while (list.left) {
		if (!attr_next(&list, &attr) || attr.code <= last ||
		    !!(attr.flags & ATTR_EXTENDED) !=
		    (attr.value.left > UINT8_MAX))
			return false;
		type = type_of(attr.code);
		if (type && type->parse != originator_parse &&
		    type->parse != cluster_list_parse &&
		    (type->parse != otc_parse || attr.value.left != 4))
			return false;
		last = attr.code;
	}
	return true;
}

/* RFC 4271 5 and 6.3: carry it on, drop it, or give up. */
static void unknown_parse(struct attr_parse *p)
{
	if (!(p->attr.flags & ATTR_OPTIONAL))
		attr_fault(p, BGP_SESSION_RESET,
			   BGP_UPDATE_UNKNOWN_WELL_KNOWN,
			   "unknown, but not optional");
	else if (p->attr.flags & ATTR_TRANSITIVE)
		keep(p);
}

/* RFC 7606 3.g */
static void duplicate(struct attr_parse *p)
{
	uint8_t code = p->attr.code;

	if (code == BGP_ATTR_MP_REACH || code == BGP_ATTR_MP_UNREACH) {
		p->attr.whole.left = 0;		/* goes without data */
		attr_fault(p, BGP_SESSION_RESET, BGP_UPDATE_BAD_ATTR_LIST,
			   "more than once");
	} else {
		attr_fault(p, BGP_ATTR_DISCARD, 0, "more than once");
	}
}

static void parse_one(struct attr_parse *p)
{
	const struct attr_type *type = type_of(p->attr.code);

	if (attr_seen(p, p->attr.code)) {
		duplicate(p);
		return;
	}
	bit_set(p->seen, p->attr.code);
	if (!type) {
		unknown_parse(p);
		return;
	}
	/* RFC 7606 3.c. The prefixes to withdraw must be found even so. */
	if ((p->attr.flags ^ type->flags) & (ATTR_OPTIONAL | ATTR_TRANSITIVE)) {
		attr_fault(p, BGP_TREAT_AS_WITHDRAW, BGP_UPDATE_BAD_FLAGS,
			   "flags 0x%02x", p->attr.flags);
		if (type->parse != mp_reach_parse &&
		    type->parse != mp_unreach_parse)
			return;
	}
	type->parse(p);
}

/* Partial is for those we do not know, and stays with those we do. */
static uint8_t kept_flags(const struct attr *attr)
{
	const struct attr_type *type = type_of(attr->code);

	if (!type)
		return BOTH | ATTR_PARTIAL;
	if (type->flags & ATTR_TRANSITIVE)
		return type->flags | (attr->flags & ATTR_PARTIAL);
	return type->flags;
}

/* Gather what is carried on, in the order of codes. */
static void collect_kept(struct attr_parse *p, struct rbuf list)
{
	struct rbuf *other = &p->update->attrs.part[BGP_PART_OTHER];
	size_t begin = p->scratch.len;
	unsigned int code;
	struct attr attr;
	struct rbuf at;

	for (code = 0; p->n_kept && code < 256; code++) {
		if (!bit_test(p->kept, code))
			continue;
		at = list;
		rbuf_skip(&at, p->offset[code]);
		attr_next(&at, &attr);
		attr_put(&p->scratch, kept_flags(&attr), code, attr.value);
	}
	*other = rbuf_make(p->scratch.data + begin, p->scratch.len - begin);
}

/*
 * RFC 9234 5, ingress. What a customer of ours, or a client, sends on although
 * its own provider has sent it for customers only is a leak; so is what a peer
 * has from somebody else in this way. What those send who may send it is
 * marked, if they have not done so.
 */
static void check_otc(struct attr_parse *p)
{
	struct rbuf *other = &p->update->attrs.part[BGP_PART_OTHER];
	const struct bgp_update_rules *rules = p->rules;
	bool down = rules->role == BGP_ROLE_PROVIDER ||
		    rules->role == BGP_ROLE_RS;
	size_t begin = p->scratch.len;
	uint32_t as = 0;
	bool has;

	if (rules->role == BGP_ROLE_NONE)
		return;
	has = attr_list_otc(*other, &as);
	if (has && (down || (rules->role == BGP_ROLE_PEER &&
			     as != rules->remote_as)))
		p->update->attrs.marks |= BGP_MARK_LEAK;
	if (has || down)
		return;
	attr_list_add_otc(&p->scratch, *other, rules->remote_as);
	*other = rbuf_make(p->scratch.data + begin, p->scratch.len - begin);
}

void attr_parse_list(struct attr_parse *p, struct rbuf list)
{
	struct rbuf r = list;
	size_t offset;

	while (r.left && p->update->verdict < BGP_SESSION_RESET) {
		offset = list.left - r.left;
		if (!attr_next(&r, &p->attr)) {
			p->attr = (struct attr){ .code = 0 };
			attr_fault(p, BGP_TREAT_AS_WITHDRAW,
				   BGP_UPDATE_BAD_ATTR_LIST,
				   "attributes longer than their list");
			break;
		}
		if (!attr_seen(p, p->attr.code))
			p->offset[p->attr.code] = offset;
		parse_one(p);
	}
	collect_kept(p, list);
	check_otc(p);
	reflect_mark(p);
}

void attr_build_list(struct wbuf *w, const struct bgp_wire *wire,
		     const struct bgp_attrs *attrs, bool nexthop)
{
	struct attr_build b = { .wire = wire, .nexthop = nexthop };
	unsigned int code;
	struct rbuf other, rest;
	struct attr attr;

	bgp_attrs_unpack(attrs, &b.set);
	other = b.set.part[BGP_PART_OTHER];
	for (code = 0; code < ARRAY_SIZE(attr_types); code++) {
		rest = other;
		if (attr_next(&rest, &attr) && attr.code == code) {
			wbuf_rbuf(w, attr.whole);
			other = rest;
		} else if (attr_types[code].build) {
			attr_types[code].build(w, &b, code);
		}
	}
	wbuf_rbuf(w, other);
}
