// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/attr.h"
#include "bgp/attr_wire.h"
#include "bgp/community.h"
#include "lib/util.h"

static size_t flat_size(const struct bgp_attr_set *set)
{
	size_t i, size = BGP_ATTRS_HEADER_LEN;

	for (i = 0; i < BGP_PART_COUNT; i++)
		size += set->part[i].left;
	return size;
}

static uint32_t if_flag(const struct bgp_attr_set *set, uint8_t flag,
			uint32_t value)
{
	return set->flags & flag ? value : 0;
}

size_t bgp_attrs_pack(const struct bgp_attr_set *set, void *buf, size_t size)
{
	struct rbuf path = set->part[BGP_PART_AS_PATH];
	struct bgp_attrs *attrs = buf;
	uint8_t *pos = attrs->data;
	size_t i;

	if (size < flat_size(set))
		return 0;
	memset(attrs, 0, BGP_ATTRS_HEADER_LEN);
	attrs->size = flat_size(set);
	attrs->as_path_hops = as_path_hops(path, 4);
	attrs->first_as = as_path_first(path);
	attrs->med = if_flag(set, BGP_ATTRS_MED, set->med);
	attrs->local_pref = if_flag(set, BGP_ATTRS_LOCAL_PREF,
				    set->local_pref);
	attrs->aggregator_as = if_flag(set, BGP_ATTRS_AGGREGATOR,
				       set->aggregator_as);
	attrs->aggregator_id = if_flag(set, BGP_ATTRS_AGGREGATOR,
				       set->aggregator_id);
	attrs->flags = set->flags;
	attrs->origin = set->origin;
	attrs->marks = set->marks;
	attrs->nexthop_family = set->nexthop.family;
	memcpy(attrs->nexthop, set->nexthop.bytes, addr_bytes(&set->nexthop));
	for (i = 0; i < BGP_PART_COUNT; i++) {
		attrs->part_len[i] = set->part[i].left;
		if (set->part[i].left)
			memcpy(pos, set->part[i].pos, set->part[i].left);
		pos += set->part[i].left;
	}
	return attrs->size;
}

struct bgp_attrs *bgp_attrs_new(const struct bgp_attr_set *set)
{
	size_t size = flat_size(set);
	struct bgp_attrs *attrs = xmalloc(size);

	bgp_attrs_pack(set, attrs, size);
	return attrs;
}

struct rbuf bgp_attrs_part(const struct bgp_attrs *attrs,
			   enum bgp_attrs_part part)
{
	const uint8_t *pos = attrs->data;
	unsigned int i;

	for (i = 0; i < part; i++)
		pos += attrs->part_len[i];
	return rbuf_make(pos, attrs->part_len[part]);
}

struct addr bgp_attrs_nexthop(const struct bgp_attrs *attrs)
{
	return addr_make(attrs->nexthop_family, attrs->nexthop);
}

void bgp_attrs_unpack(const struct bgp_attrs *attrs, struct bgp_attr_set *set)
{
	const uint8_t *pos = attrs->data;
	size_t i;

	*set = (struct bgp_attr_set){
		.flags = attrs->flags,
		.origin = attrs->origin,
		.marks = attrs->marks,
		.med = attrs->med,
		.local_pref = attrs->local_pref,
		.aggregator_as = attrs->aggregator_as,
		.aggregator_id = attrs->aggregator_id,
		.nexthop = bgp_attrs_nexthop(attrs),
	};
	for (i = 0; i < BGP_PART_COUNT; i++) {
		set->part[i] = rbuf_make(pos, attrs->part_len[i]);
		pos += attrs->part_len[i];
	}
}

bool bgp_attrs_equal(const struct bgp_attrs *a, const struct bgp_attrs *b)
{
	return a->size == b->size && !memcmp(a, b, a->size);
}

static bool nexthop_valid(const struct bgp_attrs *attrs)
{
	static const uint8_t zero[16];
	struct addr nexthop;

	if (attrs->nexthop_family && attrs->nexthop_family != AF_INET &&
	    attrs->nexthop_family != AF_INET6)
		return false;
	nexthop = bgp_attrs_nexthop(attrs);
	return !memcmp(attrs->nexthop + addr_bytes(&nexthop), zero,
		       sizeof(zero) - addr_bytes(&nexthop));
}

static bool parts_valid(const struct bgp_attr_set *set)
{
	const struct rbuf *part = set->part;

	return !as_path_check(part[BGP_PART_AS_PATH], 4, false) &&
	       community_sorted(part[BGP_PART_COMMUNITIES],
				COMMUNITY_LEN) &&
	       community_sorted(part[BGP_PART_EXT_COMMUNITIES],
				EXT_COMMUNITY_LEN) &&
	       community_sorted(part[BGP_PART_LARGE_COMMUNITIES],
				LARGE_COMMUNITY_LEN) &&
	       attr_list_valid(part[BGP_PART_OTHER]);
}

/* Canonical means that packing again gives the same header. */
bool bgp_attrs_valid(const void *data, size_t size)
{
	const struct bgp_attrs *attrs = data;
	struct bgp_attr_set set;
	struct rbuf path;

	if (size < BGP_ATTRS_HEADER_LEN || attrs->size != size ||
	    attrs->marks & ~BGP_MARKS ||
	    attrs->origin > BGP_ORIGIN_INCOMPLETE || !nexthop_valid(attrs))
		return false;
	bgp_attrs_unpack(attrs, &set);
	if (flat_size(&set) != size || !parts_valid(&set))
		return false;
	path = set.part[BGP_PART_AS_PATH];
	return attrs->as_path_hops == as_path_hops(path, 4) &&
	       attrs->first_as == as_path_first(path) &&
	       attrs->med == if_flag(&set, BGP_ATTRS_MED, set.med) &&
	       attrs->local_pref == if_flag(&set, BGP_ATTRS_LOCAL_PREF,
					    set.local_pref) &&
	       attrs->aggregator_as == if_flag(&set, BGP_ATTRS_AGGREGATOR,
					       set.aggregator_as) &&
	       attrs->aggregator_id == if_flag(&set, BGP_ATTRS_AGGREGATOR,
					       set.aggregator_id);
}

/* What an internal or an external peer must or must not be told. */
static void scope(struct bgp_attr_set *set, bool ebgp, struct wbuf *w)
{
	struct rbuf *ext = &set->part[BGP_PART_EXT_COMMUNITIES];
	size_t begin = w->len;

	if (!ebgp) {
		if (!(set->flags & BGP_ATTRS_LOCAL_PREF))
			set->local_pref = BGP_LOCAL_PREF_DEFAULT;
		set->flags |= BGP_ATTRS_LOCAL_PREF;
		return;
	}
	set->flags &= ~(BGP_ATTRS_LOCAL_PREF | BGP_ATTRS_MED);
	attr_list_transitive(w, set->part[BGP_PART_OTHER]);
	set->part[BGP_PART_OTHER] = rbuf_make(w->data + begin,
					      w->len - begin);
	*ext = ext_community_transitive(w, *ext);
	if (!ext->left)
		set->flags &= ~BGP_ATTRS_PARTIAL_EXT_COMMUNITIES;
}

static void export_path(struct bgp_attr_set *set, const struct bgp_export *how,
			struct wbuf *w)
{
	struct rbuf *path = &set->part[BGP_PART_AS_PATH];
	size_t begin = w->len;

	if (how->override_as) {
		as_path_replace(w, *path, how->override_as, how->prepend_as);
		*path = rbuf_make(w->data + begin, w->len - begin);
		begin = w->len;
	}
	if (how->prepend_as) {
		as_path_prepend(w, *path, how->prepend_as);
		*path = rbuf_make(w->data + begin, w->len - begin);
	}
}

static void export_communities(struct bgp_attr_set *set, uint32_t community,
			       struct wbuf *w)
{
	struct rbuf *list = &set->part[BGP_PART_COMMUNITIES];
	size_t begin = w->len;

	wbuf_rbuf(w, *list);
	wbuf_u32(w, community);
	*list = community_sort(w, rbuf_make(w->data + begin, w->len - begin),
			       COMMUNITY_LEN);
}

struct rbuf bgp_other_otc(struct rbuf other)
{
	struct attr attr;

	while (attr_next(&other, &attr)) {
		if (attr.code == BGP_ATTR_OTC)
			return attr.whole;
	}
	return rbuf_make(NULL, 0);
}

bool bgp_attrs_has_otc(const struct bgp_attrs *attrs)
{
	return bgp_other_otc(bgp_attrs_part(attrs, BGP_PART_OTHER)).left > 0;
}

/* RFC 9234 5, egress; false: not to this peer. */
static bool export_otc(struct bgp_attr_set *set, const struct bgp_export *how,
		       struct wbuf *w)
{
	struct rbuf *other = &set->part[BGP_PART_OTHER];
	size_t begin = w->len;
	uint32_t as;

	if (!how->otc && !how->no_otc)
		return true;
	if (attr_list_otc(*other, &as))
		return !how->no_otc;
	if (!how->otc)
		return true;
	attr_list_add_otc(w, *other, how->otc);
	*other = rbuf_make(w->data + begin, w->len - begin);
	return other->left <= UINT16_MAX;
}

struct bgp_attrs *bgp_attrs_export(const struct bgp_attrs *attrs,
				   const struct bgp_export *how)
{
	/* Twice what may be copied and then changed, and what is added. */
	size_t size = 2 * attrs->size + 32;
	uint8_t *scratch = xmalloc(size);
	struct wbuf w = wbuf_make(scratch, size);
	struct bgp_attrs *result = NULL;
	struct bgp_attr_set set;

	bgp_attrs_unpack(attrs, &set);
	if (how->nexthop.family)
		set.nexthop = how->nexthop;
	export_path(&set, how, &w);
	if (how->community)
		export_communities(&set, how->community, &w);
	scope(&set, how->ebgp, &w);
	if (!export_otc(&set, how, &w)) {
		free(scratch);
		return NULL;
	}
	if (set.part[BGP_PART_AS_PATH].left <= UINT16_MAX &&
	    set.part[BGP_PART_COMMUNITIES].left <= UINT16_MAX)
		result = bgp_attrs_new(&set);
	free(scratch);
	return result;
}

struct bgp_attrs *bgp_attrs_with_community(const struct bgp_attrs *attrs,
					   uint32_t community)
{
	struct rbuf list = bgp_attrs_part(attrs, BGP_PART_COMMUNITIES);
	size_t size = list.left + COMMUNITY_LEN;
	struct bgp_attrs *result;
	struct bgp_attr_set set;
	uint8_t *scratch;
	struct wbuf w;

	if (bgp_community_present(attrs, community) || size > UINT16_MAX)
		return NULL;
	scratch = xmalloc(2 * size);
	w = wbuf_make(scratch, 2 * size);
	wbuf_rbuf(&w, list);
	wbuf_u32(&w, community);
	bgp_attrs_unpack(attrs, &set);
	set.part[BGP_PART_COMMUNITIES] =
		community_sort(&w, rbuf_make(scratch, size), COMMUNITY_LEN);
	result = bgp_attrs_new(&set);
	free(scratch);
	return result;
}

const char *bgp_origin_name(uint8_t origin)
{
	static const char *const names[] = {
		[BGP_ORIGIN_IGP] = "igp",
		[BGP_ORIGIN_EGP] = "egp",
		[BGP_ORIGIN_INCOMPLETE] = "incomplete",
	};

	return origin < ARRAY_SIZE(names) ? names[origin] : "invalid";
}
