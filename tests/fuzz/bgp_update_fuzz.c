// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The body of an UPDATE, after a byte that chooses the session. What is
 * announced has canonical attributes, and says the same when it is written
 * again and read back.
 */

#include <string.h>

#include "bgp/update.h"
#include "fuzz/bgp_fuzz.h"

#define NLRI_MAX	256

static struct bgp_update_rules rules_of(uint8_t choice)
{
	uint8_t both = 1 << BGP_IPV4_UNICAST | 1 << BGP_IPV6_UNICAST;

	return (struct bgp_update_rules){
		.wire = {
			.as4 = choice & 1,
			.max_len = BGP_MSG_MAX_EXT,
			.families = choice & 2 ? both : choice >> 6,
			.add_path_rx = choice & 4 ? both : 0,
			.add_path_tx = choice & 4 ? both : 0,
			.ext_nexthop = choice & 2 ? 1 : 0,
		},
		.role = choice >> 5 < BGP_ROLE_CONFLICT ? choice >> 5 :
							  BGP_ROLE_NONE,
		.remote_as = 65001,
		.originator = 0x0a010404,
		.router_id = 0x0a010105,
		.cluster_id = 0x0a010104,
		.ebgp = choice & 8,
		.first_as = choice & 16 ? 65001 : 0,
	};
}

/* All of a block's prefixes can be read; the first ones are returned. */
static size_t read_nlri(const struct bgp_update_block *block, bool add_path,
			struct bgp_nlri *nlri)
{
	struct rbuf r = block->nlri;
	struct bgp_nlri one;
	size_t n = 0;

	while (bgp_nlri_next(&r, block->af, add_path, &one)) {
		HOLDS(one.prefix.len <= addr_bits(&one.prefix.addr));
		if (n < NLRI_MAX)
			nlri[n++] = one;
	}
	HOLDS(!r.left && n);
	return n;
}

static void print(const struct bgp_attrs *attrs)
{
	char text[300];
	int part;

	bgp_as_path_format(attrs, text, sizeof(text));
	HOLDS(strlen(text) < sizeof(text));
	for (part = 0; part < BGP_PART_COUNT; part++)
		bgp_communities_format(attrs, part, text, sizeof(text));
}

static void again(const struct bgp_attrs *attrs, enum bgp_af af,
		  const struct bgp_nlri *nlri, size_t n,
		  struct bgp_update_rules rules)
{
	static uint8_t msg[BGP_MSG_MAX_EXT];
	static struct bgp_update *parser;
	struct wbuf w = wbuf_make(msg, sizeof(msg));
	const struct bgp_attrs *got;

	if (!parser)
		parser = bgp_update_new();
	/* It would get what a reflector adds a second time. */
	rules.cluster_id = 0;
	if (attrs->marks & BGP_MARK_REFLECTED ||
	    !bgp_update_reach(&w, &rules.wire, attrs, af, nlri, n))
		return;
	bgp_update_parse(parser, rbuf_make(msg + BGP_HEADER_LEN,
					   w.len - BGP_HEADER_LEN), &rules);
	HOLDS(parser->verdict == BGP_ACCEPT && parser->n_blocks == 1);
	got = bgp_update_attrs(parser, &parser->block[0]);
	HOLDS(bgp_attrs_equal(attrs, got));
}

static void export(const struct bgp_attrs *attrs)
{
	struct bgp_export how = {
		.nexthop = addr_from_v4(0x0a010104),
		.prepend_as = 65515,
		.otc = attrs->size & 2 ? 65515 : 0,
		.no_otc = attrs->size & 4,
		.ebgp = attrs->size & 1,
	};
	struct bgp_attrs *out = bgp_attrs_export(attrs, &how);

	HOLDS(!out || bgp_attrs_valid(out, out->size));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bgp_nlri nlri[NLRI_MAX];
	static struct bgp_update *u;
	struct bgp_update_rules rules;
	const struct bgp_update_block *block;
	const struct bgp_attrs *attrs;
	unsigned int i;
	size_t n;

	if (size < 1 + 4 || size > 1 + BGP_MSG_MAX_EXT - BGP_HEADER_LEN)
		return 0;
	if (!u)
		u = bgp_update_new();
	rules = rules_of(data[0]);
	bgp_update_parse(u, rbuf_make(data + 1, size - 1), &rules);
	HOLDS(u->verdict == BGP_ACCEPT || u->error.text[0]);
	HOLDS((u->verdict == BGP_SESSION_RESET) == (u->error.code != 0));
	HOLDS(u->verdict != BGP_SESSION_RESET || !u->n_blocks);
	for (i = 0; i < u->n_blocks; i++) {
		block = &u->block[i];
		HOLDS(rules.wire.families & bgp_af_bit(block->af));
		n = read_nlri(block, rules.wire.add_path_rx, nlri);
		if (block->withdraw)
			continue;
		HOLDS(u->verdict < BGP_TREAT_AS_WITHDRAW);
		attrs = bgp_update_attrs(u, block);
		HOLDS(bgp_attrs_valid(attrs, attrs->size));
		print(attrs);
		export(attrs);
		again(attrs, block->af, nlri, n, rules);
	}
	return 0;
}
