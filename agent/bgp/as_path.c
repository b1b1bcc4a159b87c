// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *  A segment:  1 byte   type
 *              1 byte   number of AS numbers
 *              2n or 4n bytes of AS numbers
 */

#include <stdio.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/attr.h"
#include "lib/util.h"

static bool next_as(struct rbuf *r, unsigned int as_size, uint32_t *as)
{
	uint16_t narrow;

	if (as_size == 4)
		return rbuf_u32(r, as);
	if (!rbuf_u16(r, &narrow))
		return false;
	*as = narrow;
	return true;
}

static void put_as(struct wbuf *w, unsigned int as_size, uint32_t as)
{
	if (as_size == 4)
		wbuf_u32(w, as);
	else
		wbuf_u16(w, as > UINT16_MAX ? BGP_AS_TRANS : as);
}

bool as_path_next(struct rbuf *path, unsigned int as_size,
		  struct as_segment *segment)
{
	return rbuf_u8(path, &segment->type) &&
	       rbuf_u8(path, &segment->count) &&
	       rbuf_sub(path, as_size * segment->count, &segment->as);
}

static const char *type_check(uint8_t type, bool confed)
{
	switch (type) {
	case AS_SET:
	case AS_SEQUENCE:
		return NULL;
	case AS_CONFED_SEQUENCE:
	case AS_CONFED_SET:
		return confed ? NULL : "confederation segment";
	default:
		return "unknown segment type";
	}
}

const char *as_path_check(struct rbuf path, unsigned int as_size, bool confed)
{
	struct as_segment segment;
	const char *error;
	uint32_t as;

	while (path.left) {
		if (!as_path_next(&path, as_size, &segment))
			return "segment longer than the attribute";
		error = type_check(segment.type, confed);
		if (error)
			return error;
		if (!segment.count)
			return "empty segment";
		while (next_as(&segment.as, as_size, &as))
			if (!as)
				return "AS 0";
	}
	return NULL;
}

static uint32_t segment_hops(const struct as_segment *segment)
{
	switch (segment->type) {
	case AS_SEQUENCE:
		return segment->count;
	case AS_SET:
		return 1;
	default:
		return 0;
	}
}

uint32_t as_path_hops(struct rbuf path, unsigned int as_size)
{
	struct as_segment segment;
	uint32_t hops = 0;

	while (as_path_next(&path, as_size, &segment))
		hops += segment_hops(&segment);
	return hops;
}

uint32_t as_path_first(struct rbuf path)
{
	struct as_segment segment;
	uint32_t as = 0;

	if (as_path_next(&path, 4, &segment) && segment.type == AS_SEQUENCE)
		rbuf_u32(&segment.as, &as);
	return as;
}

bool as_path_has_wide(struct rbuf path)
{
	struct as_segment segment;
	uint32_t as;

	while (as_path_next(&path, 4, &segment))
		while (rbuf_u32(&segment.as, &as))
			if (as > UINT16_MAX)
				return true;
	return false;
}

/* The first @count numbers of a segment. */
static void copy_segment(struct wbuf *w, struct as_segment segment,
			 unsigned int count, unsigned int from,
			 unsigned int to)
{
	uint32_t as;

	wbuf_u8(w, segment.type);
	wbuf_u8(w, count);
	while (count-- && next_as(&segment.as, from, &as))
		put_as(w, to, as);
}

void as_path_convert(struct wbuf *w, struct rbuf path, unsigned int from,
		     unsigned int to)
{
	struct as_segment segment;

	while (as_path_next(&path, from, &segment))
		copy_segment(w, segment, segment.count, from, to);
}

void as_path_merge(struct wbuf *w, struct rbuf path, struct rbuf as4_path)
{
	uint32_t hops = as_path_hops(path, 2);
	uint32_t known = as_path_hops(as4_path, 4);
	struct as_segment segment;
	uint32_t lead, n;

	if (known > hops) {
		as_path_convert(w, path, 2, 4);
		return;
	}
	lead = hops - known;
	while (lead && as_path_next(&path, 2, &segment)) {
		n = MIN(lead, segment_hops(&segment));
		copy_segment(w, segment,
			     segment.type == AS_SET ? segment.count : n, 2, 4);
		lead -= n;
	}
	while (as_path_next(&as4_path, 4, &segment))
		if (segment.type == AS_SEQUENCE || segment.type == AS_SET)
			copy_segment(w, segment, segment.count, 4, 4);
}

void as_path_prepend(struct wbuf *w, struct rbuf path, uint32_t as)
{
	struct rbuf rest = path;
	struct as_segment segment;

	wbuf_u8(w, AS_SEQUENCE);
	if (as_path_next(&rest, 4, &segment) && segment.type == AS_SEQUENCE &&
	    segment.count < AS_SEGMENT_MAX) {
		wbuf_u8(w, segment.count + 1);
		wbuf_u32(w, as);
		wbuf_rbuf(w, segment.as);
		wbuf_rbuf(w, rest);
		return;
	}
	wbuf_u8(w, 1);
	wbuf_u32(w, as);
	wbuf_rbuf(w, path);
}

void as_path_replace(struct wbuf *w, struct rbuf path, uint32_t old,
		     uint32_t new)
{
	struct as_segment segment;
	uint32_t as;

	while (as_path_next(&path, 4, &segment)) {
		wbuf_u8(w, segment.type);
		wbuf_u8(w, segment.count);
		while (rbuf_u32(&segment.as, &as))
			wbuf_u32(w, as == old ? new : as);
	}
}

unsigned int bgp_as_path_count(const struct bgp_attrs *attrs, uint32_t as)
{
	struct rbuf path = bgp_attrs_part(attrs, BGP_PART_AS_PATH);
	struct as_segment segment;
	unsigned int n = 0;
	uint32_t hop;

	while (as_path_next(&path, 4, &segment))
		while (rbuf_u32(&segment.as, &hop))
			n += hop == as;
	return n;
}

bool bgp_as_path_contains(const struct bgp_attrs *attrs, uint32_t as)
{
	return bgp_as_path_count(attrs, as) > 0;
}

static void put_text(struct wbuf *w, const char *text)
{
	wbuf_copy(w, text, strlen(text));
}

static void format_segment(struct wbuf *w, struct as_segment segment)
{
	bool set = segment.type == AS_SET;
	const char *gap = set ? "{" : "";
	char number[16];
	uint32_t as;

	if (w->len)
		put_text(w, " ");
	while (rbuf_u32(&segment.as, &as)) {
		snprintf(number, sizeof(number), "%s%u", gap, as);
		put_text(w, number);
		gap = " ";
	}
	if (set)
		put_text(w, "}");
}

void bgp_as_path_format(const struct bgp_attrs *attrs, char *buf, size_t size)
{
	struct rbuf path = bgp_attrs_part(attrs, BGP_PART_AS_PATH);
	struct wbuf w = wbuf_make(buf, size - 1);
	struct as_segment segment;

	while (as_path_next(&path, 4, &segment))
		format_segment(&w, segment);
	buf[w.len] = '\0';
	if (!wbuf_ok(&w) && w.len > 3)
		strcpy(buf + w.len - 3, "...");
}
