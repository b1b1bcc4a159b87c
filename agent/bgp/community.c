// SPDX-License-Identifier: GPL-2.0-or-later

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/attr.h"
#include "bgp/community.h"
#include "lib/util.h"

static int cmp4(const void *a, const void *b)
{
	return memcmp(a, b, COMMUNITY_LEN);
}

static int cmp8(const void *a, const void *b)
{
	return memcmp(a, b, EXT_COMMUNITY_LEN);
}

static int cmp12(const void *a, const void *b)
{
	return memcmp(a, b, LARGE_COMMUNITY_LEN);
}

bool community_sorted(struct rbuf list, size_t len)
{
	size_t at;

	if (list.left % len)
		return false;
	for (at = len; at < list.left; at += len)
		if (memcmp(list.pos + at - len, list.pos + at, len) >= 0)
			return false;
	return true;
}

/* Drop repetitions from a sorted list; returns what is left of it. */
static size_t unique(uint8_t *list, size_t size, size_t len)
{
	size_t at, kept = 0;

	for (at = 0; at < size; at += len) {
		if (kept && !memcmp(list + kept - len, list + at, len))
			continue;
		memmove(list + kept, list + at, len);
		kept += len;
	}
	return kept;
}

struct rbuf community_sort(struct wbuf *w, struct rbuf list, size_t len)
{
	uint8_t *copy = w->data + w->len;
	size_t begin = w->len;

	if (community_sorted(list, len))
		return list;
	wbuf_rbuf(w, list);
	if (!wbuf_ok(w))
		return rbuf_make(NULL, 0);
	qsort(copy, list.left / len, len,
	      len == COMMUNITY_LEN ? cmp4 :
	      len == EXT_COMMUNITY_LEN ? cmp8 : cmp12);
	w->len = begin + unique(copy, list.left, len);
	return rbuf_make(copy, w->len - begin);
}

struct rbuf ext_community_transitive(struct wbuf *w, struct rbuf list)
{
	size_t begin = w->len;
	struct rbuf one;

	while (rbuf_sub(&list, EXT_COMMUNITY_LEN, &one)) {
		if (!(one.pos[0] & EXT_COMMUNITY_NON_TRANSITIVE))
			wbuf_rbuf(w, one);
	}
	return rbuf_make(w->data + begin, w->len - begin);
}

bool bgp_community_present(const struct bgp_attrs *attrs, uint32_t community)
{
	struct rbuf list = bgp_attrs_part(attrs, BGP_PART_COMMUNITIES);
	uint32_t value;

	while (rbuf_u32(&list, &value))
		if (value >= community)
			return value == community;
	return false;
}

bool bgp_community_of(const struct bgp_attrs *attrs, uint16_t high)
{
	struct rbuf list = bgp_attrs_part(attrs, BGP_PART_COMMUNITIES);
	uint32_t value;

	while (rbuf_u32(&list, &value))
		if (value >> 16 >= high)
			return value >> 16 == high;
	return false;
}

static const struct {
	uint32_t value;
	const char *name;
} well_known[] = {
	{ BGP_COMMUNITY_GRACEFUL_SHUTDOWN, "graceful-shutdown" },
	{ BGP_COMMUNITY_LLGR_STALE, "llgr-stale" },
	{ BGP_COMMUNITY_NO_LLGR, "no-llgr" },
	{ BGP_COMMUNITY_BLACKHOLE, "blackhole" },
	{ BGP_COMMUNITY_NO_EXPORT, "no-export" },
	{ BGP_COMMUNITY_NO_ADVERTISE, "no-advertise" },
	{ BGP_COMMUNITY_NO_EXPORT_SUBCONFED, "no-export-subconfed" },
};

static void format_community(struct rbuf r, char *buf, size_t size)
{
	uint32_t value = 0;
	size_t i;

	rbuf_u32(&r, &value);
	for (i = 0; i < ARRAY_SIZE(well_known); i++) {
		if (well_known[i].value != value)
			continue;
		snprintf(buf, size, "%s", well_known[i].name);
		return;
	}
	snprintf(buf, size, "%u:%u", value >> 16, value & 0xffff);
}

/*
 * RFC 4360 3 and RFC 5668: type 0 is AS (2) and number (4), type 1 address (4)
 * and number (2), type 2 AS (4) and number (2). Subtype 2 is a route target, 3
 * a route origin. Everything else is shown as the number it is.
 */
static void format_ext(struct rbuf r, char *buf, size_t size)
{
	uint32_t high = 0, low = 0;
	uint8_t type, subtype;
	const char *name;

	rbuf_u32(&r, &high);
	rbuf_u32(&r, &low);
	type = high >> 24;
	subtype = high >> 16;
	name = subtype == 2 ? "rt" : "ro";
	if (type > 2 || (subtype != 2 && subtype != 3)) {
		snprintf(buf, size, "0x%08" PRIx32 "%08" PRIx32, high, low);
	} else if (type == 0) {
		snprintf(buf, size, "%s:%u:%u", name, high & 0xffff, low);
	} else {
		high = high << 16 | low >> 16;
		low &= 0xffff;
		if (type == 1)
			snprintf(buf, size, "%s:%u.%u.%u.%u:%u", name,
				 high >> 24, high >> 16 & 0xff,
				 high >> 8 & 0xff, high & 0xff, low);
		else
			snprintf(buf, size, "%s:%u:%u", name, high, low);
	}
}

static void format_large(struct rbuf r, char *buf, size_t size)
{
	uint32_t part[3] = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(part); i++)
		rbuf_u32(&r, &part[i]);
	snprintf(buf, size, "%u:%u:%u", part[0], part[1], part[2]);
}

static const struct {
	size_t len;
	void (*format)(struct rbuf r, char *buf, size_t size);
} kinds[BGP_PART_COUNT] = {
	[BGP_PART_COMMUNITIES] = { COMMUNITY_LEN, format_community },
	[BGP_PART_EXT_COMMUNITIES] = { EXT_COMMUNITY_LEN, format_ext },
	[BGP_PART_LARGE_COMMUNITIES] = { LARGE_COMMUNITY_LEN, format_large },
};

void bgp_communities_format(const struct bgp_attrs *attrs,
			    enum bgp_attrs_part part, char *buf, size_t size)
{
	struct rbuf list = bgp_attrs_part(attrs, part);
	struct wbuf w = wbuf_make(buf, size - 1);
	struct rbuf element;
	char text[64];

	while (kinds[part].len && rbuf_sub(&list, kinds[part].len, &element)) {
		kinds[part].format(element, text, sizeof(text));
		if (w.len)
			wbuf_u8(&w, ' ');
		wbuf_copy(&w, text, strlen(text));
	}
	buf[w.len] = '\0';
	if (!wbuf_ok(&w) && w.len > 3)
		strcpy(buf + w.len - 3, "...");
}
