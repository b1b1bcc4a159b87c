// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes in memory: the flat form, what it tells, and exporting it. */

#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/attr.h"
#include "ktap.h"

#define BYTES(...)	((const uint8_t[]){ __VA_ARGS__ })
#define PART(...) \
	rbuf_make(BYTES(__VA_ARGS__), sizeof(BYTES(__VA_ARGS__)))

#define AS_65001	0, 0, 0xfd, 0xe9
#define AS_65002	0, 0, 0xfd, 0xea

static struct addr v4(uint32_t number)
{
	return addr_from_v4(number);
}

/* 65001 {65001 65002}, two communities, an unknown and a CLUSTER_LIST. */
static struct bgp_attr_set sample(void)
{
	static const uint8_t path[] = {
		AS_SEQUENCE, 1, AS_65001, AS_SET, 2, AS_65001, AS_65002,
	};
	static const uint8_t communities[] = {
		0xfd, 0xe9, 0, 1, 0xff, 0xff, 0xff, 2,
	};
	static const uint8_t other[] = {
		0x80, 10, 4, 1, 2, 3, 4, 0xe0, 99, 1, 0xaa,
	};

	return (struct bgp_attr_set){
		.flags = BGP_ATTRS_MED | BGP_ATTRS_AGGREGATOR,
		.origin = BGP_ORIGIN_EGP,
		.med = 7,
		.local_pref = 99,	/* without its flag: not there */
		.aggregator_as = 65001,
		.aggregator_id = 0x0a010204,
		.nexthop = v4(0x0a010204),
		.part = {
			[BGP_PART_AS_PATH] = rbuf_make(path, sizeof(path)),
			[BGP_PART_COMMUNITIES] =
				rbuf_make(communities, sizeof(communities)),
			[BGP_PART_OTHER] = rbuf_make(other, sizeof(other)),
		},
	};
}

static void test_pack(void)
{
	struct bgp_attr_set set = sample(), back;
	struct bgp_attrs *a = bgp_attrs_new(&set), *b;
	uint32_t small[8];
	struct addr nexthop;

	ktap_ok(bgp_attrs_valid(a, a->size), "a packed set is valid");
	ktap_ok(a->size == BGP_ATTRS_HEADER_LEN + 16 + 8 + 11,
		"and as long as its parts");
	ktap_ok(a->first_as == 65001 && a->as_path_hops == 2,
		"first AS and hops are worked out");
	ktap_ok(!a->local_pref, "a value without its flag is 0");
	nexthop = bgp_attrs_nexthop(a);
	ktap_ok(addr_to_v4(&nexthop) == 0x0a010204, "the next hop is there");
	bgp_attrs_unpack(a, &back);
	b = bgp_attrs_new(&back);
	ktap_ok(bgp_attrs_equal(a, b), "unpacked and packed again it is equal");
	ktap_ok(!bgp_attrs_pack(&set, small, sizeof(small)),
		"too little room is told");
	free(a);
	free(b);
}

/* Every byte of a flat set is either checked or part of its value. */
static void test_valid(void)
{
	struct bgp_attr_set set = sample(), other;
	struct bgp_attrs *a = bgp_attrs_new(&set), *copy = malloc(a->size);
	struct bgp_attrs *again;
	size_t i, accepted = 0;
	bool ok = true;

	for (i = 0; i < a->size; i++)
		ok &= !bgp_attrs_valid(a, i);
	ktap_ok(ok, "cut short it is not valid");
	for (i = 0; i < 8 * (size_t)a->size; i++) {
		memcpy(copy, a, a->size);
		((uint8_t *)copy)[i / 8] ^= 1 << i % 8;
		if (!bgp_attrs_valid(copy, a->size))
			continue;
		accepted++;
		bgp_attrs_unpack(copy, &other);
		again = bgp_attrs_new(&other);
		ok &= bgp_attrs_equal(copy, again);
		free(again);
	}
	ktap_ok(ok && accepted, "what is accepted with a bit changed is "
		"canonical (%zu of %u)", accepted, 8 * a->size);

	other = sample();
	other.part[BGP_PART_COMMUNITIES] =
		PART(0xff, 0xff, 0xff, 2, 0xfd, 0xe9, 0, 1);
	again = bgp_attrs_new(&other);
	ktap_ok(!bgp_attrs_valid(again, again->size),
		"communities out of order are not");
	free(again);
	other = sample();
	other.part[BGP_PART_OTHER] = PART(0x40, 1, 1, 0);
	again = bgp_attrs_new(&other);
	ktap_ok(!bgp_attrs_valid(again, again->size),
		"an ORIGIN among the others is not");
	free(again);
	free(a);
	free(copy);
}

static void test_path(void)
{
	struct bgp_attr_set set = sample();
	struct bgp_attrs *a = bgp_attrs_new(&set);
	char text[64];

	bgp_as_path_format(a, text, sizeof(text));
	ktap_ok(!strcmp(text, "65001 {65001 65002}"), "path: %s", text);
	bgp_as_path_format(a, text, 14);
	ktap_ok(!strcmp(text, "65001 {65..."), "path in little room: %s",
		text);
	ktap_ok(bgp_as_path_contains(a, 65002) &&
		!bgp_as_path_contains(a, 65003), "contains, sets included");
	free(a);
}

static void test_communities(void)
{
	struct bgp_attr_set set = sample();
	struct bgp_attrs *a = bgp_attrs_new(&set);
	char text[64];

	ktap_ok(bgp_community_present(a, BGP_COMMUNITY_NO_ADVERTISE) &&
		bgp_community_present(a, 65001u << 16 | 1) &&
		!bgp_community_present(a, BGP_COMMUNITY_NO_EXPORT) &&
		!bgp_community_present(a, 0xfffffff0), "present or not");
	bgp_communities_format(a, BGP_PART_COMMUNITIES, text, sizeof(text));
	ktap_ok(!strcmp(text, "65001:1 no-advertise"), "%s", text);
	bgp_communities_format(a, BGP_PART_LARGE_COMMUNITIES, text,
			       sizeof(text));
	ktap_ok(!*text, "none");
	free(a);
}

/* What Azure does towards an NVA, azure-behaviour 1.5. */
static void test_export_ebgp(void)
{
	struct bgp_export how = {
		.nexthop = v4(0x0a010104),
		.prepend_as = 65515,
		.ebgp = true,
	};
	struct bgp_attr_set set = sample(), out;
	struct bgp_attrs *a, *b;
	char text[64];

	set.flags |= BGP_ATTRS_LOCAL_PREF;
	a = bgp_attrs_new(&set);
	b = bgp_attrs_export(a, &how);
	bgp_attrs_unpack(b, &out);
	bgp_as_path_format(b, text, sizeof(text));
	ktap_ok(bgp_attrs_valid(b, b->size), "what is exported is canonical");
	ktap_ok(!strcmp(text, "65515 65001 {65001 65002}") &&
		b->first_as == 65515 && b->as_path_hops == 3,
		"our AS comes first: %s", text);
	ktap_ok(addr_to_v4(&out.nexthop) == 0x0a010104,
		"our address is the next hop");
	ktap_ok(!(out.flags & (BGP_ATTRS_MED | BGP_ATTRS_LOCAL_PREF)),
		"no MULTI_EXIT_DISC, no LOCAL_PREF");
	ktap_ok(out.part[BGP_PART_OTHER].left == 4 &&
		out.part[BGP_PART_OTHER].pos[1] == 99,
		"what is not transitive stays here");
	ktap_ok(out.part[BGP_PART_COMMUNITIES].left == 8,
		"communities go along");
	free(a);
	free(b);
}

static void test_export_ibgp(void)
{
	struct bgp_export how = { .ebgp = false };
	struct bgp_attr_set set = sample(), out;
	struct bgp_attrs *a = bgp_attrs_new(&set);
	struct bgp_attrs *b = bgp_attrs_export(a, &how);

	bgp_attrs_unpack(b, &out);
	ktap_ok(b->first_as == 65001 && b->as_path_hops == 2 &&
		addr_to_v4(&out.nexthop) == 0x0a010204,
		"path and next hop are kept");
	ktap_ok(out.flags & BGP_ATTRS_LOCAL_PREF &&
		out.local_pref == BGP_LOCAL_PREF_DEFAULT,
		"LOCAL_PREF is always there");
	ktap_ok(out.flags & BGP_ATTRS_MED && out.med == 7,
		"MULTI_EXIT_DISC is kept");
	ktap_ok(out.part[BGP_PART_OTHER].left == 11,
		"what is not transitive is kept");
	free(a);
	free(b);
}

/* RFC 4360 6 */
static void test_ext_communities(void)
{
	static const uint8_t list[] = {
		0x00, 2, 0xfd, 0xe9, 0, 1, 0, 0, 0x43, 0, 0, 0, 0, 0, 0, 1,
		0x80, 2, 0, 0, 0, 0, 0, 2, 0xc3, 0, 0, 0, 0, 0, 0, 3,
	};
	static const uint8_t kept[] = {
		0x00, 2, 0xfd, 0xe9, 0, 1, 0, 0, 0x80, 2, 0, 0, 0, 0, 0, 2,
	};
	struct bgp_export how = { .ebgp = true };
	struct bgp_attr_set set = {
		.flags = BGP_ATTRS_PARTIAL_EXT_COMMUNITIES,
		.part[BGP_PART_EXT_COMMUNITIES] =
			rbuf_make(list, sizeof(list)),
	};
	struct bgp_attrs *a = bgp_attrs_new(&set);
	struct bgp_attrs *b = bgp_attrs_export(a, &how);
	struct rbuf ext = bgp_attrs_part(b, BGP_PART_EXT_COMMUNITIES);

	ktap_ok(ext.left == sizeof(kept) &&
		!memcmp(ext.pos, kept, sizeof(kept)) &&
		b->flags & BGP_ATTRS_PARTIAL_EXT_COMMUNITIES &&
		bgp_attrs_valid(b, b->size),
		"extended communities of the AS do not leave it");
	free(b);
	how.ebgp = false;
	b = bgp_attrs_export(a, &how);
	ktap_ok(b->part_len[BGP_PART_EXT_COMMUNITIES] == sizeof(list),
		"within it they are kept");
	free(a);
	free(b);

	set.part[BGP_PART_EXT_COMMUNITIES] = rbuf_make(list + 8, 8);
	how.ebgp = true;
	a = bgp_attrs_new(&set);
	b = bgp_attrs_export(a, &how);
	ktap_ok(b->part_len[BGP_PART_EXT_COMMUNITIES] == 0 && b->flags == 0,
		"where there are no others, nothing is left");
	free(a);
	free(b);
}

static void test_prepend(void)
{
	static uint8_t path[UINT16_MAX];
	struct bgp_export how = { .prepend_as = 65515, .ebgp = true };
	struct bgp_attr_set set = { .nexthop = v4(0x0a010204) };
	struct bgp_attrs *a, *b;

	a = bgp_attrs_new(&set);
	b = bgp_attrs_export(a, &how);
	ktap_ok(b->part_len[BGP_PART_AS_PATH] == 6 && b->first_as == 65515,
		"in front of nothing: a new segment");
	free(a);
	free(b);

	path[0] = AS_SEQUENCE;
	path[1] = AS_SEGMENT_MAX;
	memset(path + 2, 1, 4 * AS_SEGMENT_MAX);
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, 2 + 4 * AS_SEGMENT_MAX);
	a = bgp_attrs_new(&set);
	b = bgp_attrs_export(a, &how);
	ktap_ok(b->part_len[BGP_PART_AS_PATH] == 8 + 4 * AS_SEGMENT_MAX &&
		b->as_path_hops == 1 + AS_SEGMENT_MAX &&
		bgp_attrs_valid(b, b->size),
		"in front of a full segment: a new one");
	free(a);
	free(b);

	set.part[BGP_PART_AS_PATH] = rbuf_make(path, UINT16_MAX);
	a = bgp_attrs_new(&set);
	ktap_ok(!bgp_attrs_export(a, &how), "in front of too much: refused");
	free(a);
}

/* RFC 9234 5, egress; what else is carried on stays in order. */
static void test_otc(void)
{
	static const uint8_t with[] = {
		0xe0, 34, 1, 0xbb, 0xc0, 35, 4, 0, 0, 0xfd, 0xe9,
		0xe0, 99, 1, 0xaa,
	};
	static const uint8_t without[] = {
		0xe0, 34, 1, 0xbb, 0xe0, 99, 1, 0xaa,
	};
	static const uint8_t added[] = {
		0xe0, 34, 1, 0xbb, 0xc0, 35, 4, 0, 0, 0xff, 0xeb,
		0xe0, 99, 1, 0xaa,
	};
	struct bgp_export how = { .otc = 65515, .ebgp = true };
	struct bgp_attr_set set = { .nexthop = v4(0x0a010204) };
	struct bgp_attrs *a, *b;
	struct rbuf other;

	set.part[BGP_PART_OTHER] = rbuf_make(without, sizeof(without));
	a = bgp_attrs_new(&set);
	b = bgp_attrs_export(a, &how);
	other = bgp_attrs_part(b, BGP_PART_OTHER);
	ktap_ok(other.left == sizeof(added) &&
		!memcmp(other.pos, added, other.left) &&
		bgp_attrs_valid(b, b->size),
		"to a customer: OTC with our AS is added");
	free(b);
	how = (struct bgp_export){ .no_otc = true, .ebgp = true };
	b = bgp_attrs_export(a, &how);
	ktap_ok(b && bgp_attrs_part(b, BGP_PART_OTHER).left == sizeof(without),
		"to a provider: what has none goes as it is");
	free(a);
	free(b);

	set.part[BGP_PART_OTHER] = rbuf_make(with, sizeof(with));
	a = bgp_attrs_new(&set);
	ktap_ok(!bgp_attrs_export(a, &how), "and what has OTC does not go");
	how = (struct bgp_export){ .otc = 65515, .ebgp = true };
	b = bgp_attrs_export(a, &how);
	other = bgp_attrs_part(b, BGP_PART_OTHER);
	ktap_ok(other.left == sizeof(with) &&
		!memcmp(other.pos, with, other.left),
		"to a customer: OTC that is there stays");
	free(a);
	free(b);
}

int main(void)
{
	ktap_start();
	test_otc();
	test_pack();
	test_valid();
	test_path();
	test_communities();
	test_export_ebgp();
	test_export_ibgp();
	test_ext_communities();
	test_prepend();
	return ktap_finish();
}
