// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UPDATE, received.
 *
 *  2   length of the withdrawn routes
 *  n   withdrawn IPv4 prefixes
 *  2   length of the path attributes
 *  n   path attributes: attr_wire.c
 *      announced IPv4 prefixes
 *
 * Where one field ends and the next begins must be beyond doubt, or the
 * session cannot go on. All other errors have RFC 7606's milder outcomes.
 */

#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/attr_wire.h"
#include "bgp/update.h"
#include "lib/util.h"

/*
 * Converted values are at most what a message holds, the AS_PATH of an old
 * speaker grows to twice its size, and what is carried along is copied up to
 * three times: with OTC, and with what a reflector adds.
 */
#define SCRATCH_SIZE	(4 * (size_t)BGP_MSG_MAX_EXT)

struct bgp_update *bgp_update_new(void)
{
	struct bgp_update *u = xcalloc(1, sizeof(*u));

	u->scratch = xmalloc(SCRATCH_SIZE);
	u->flat = xmalloc(BGP_ATTRS_SIZE_MAX);
	return u;
}

void bgp_update_free(struct bgp_update *u)
{
	if (!u)
		return;
	free(u->scratch);
	free(u->flat);
	free(u);
}

const char *bgp_verdict_name(enum bgp_verdict verdict)
{
	static const char *const names[BGP_VERDICT_COUNT] = {
		[BGP_ACCEPT] = "accept",
		[BGP_ATTR_DISCARD] = "attribute-discard",
		[BGP_TREAT_AS_WITHDRAW] = "treat-as-withdraw",
		[BGP_SESSION_RESET] = "session-reset",
	};

	return names[verdict];
}

/* The fields of the message. */
struct fields {
	struct rbuf withdrawn;
	struct rbuf attrs;
	struct rbuf nlri;
};

static bool split(struct rbuf r, struct fields *f)
{
	uint16_t len;

	if (!rbuf_u16(&r, &len) || !rbuf_sub(&r, len, &f->withdrawn) ||
	    !rbuf_u16(&r, &len) || !rbuf_sub(&r, len, &f->attrs))
		return false;
	f->nlri = r;
	return true;
}

/* A fault of the message rather than of an attribute. */
static void fault(struct attr_parse *p, enum bgp_verdict verdict,
		  uint8_t subcode, const char *text)
{
	p->attr = (struct attr){ .code = 0 };
	attr_fault(p, verdict, subcode, "%s", text);
}

/* The prefixes outside of the attributes are IPv4 unicast. */
static void body_parse(struct attr_parse *p, struct fields *f)
{
	const struct bgp_wire *wire = &p->rules->wire;
	uint8_t bit = bgp_af_bit(BGP_IPV4_UNICAST);
	bool add_path = wire->add_path_rx & bit;

	if (!bgp_nlri_valid(f->withdrawn, BGP_IPV4_UNICAST, add_path) ||
	    !bgp_nlri_valid(f->nlri, BGP_IPV4_UNICAST, add_path)) {
		fault(p, BGP_SESSION_RESET, BGP_UPDATE_BAD_NETWORK,
		      "malformed prefix");
		return;
	}
	if (!(wire->families & bit) && (f->withdrawn.left || f->nlri.left)) {
		fault(p, BGP_ATTR_DISCARD, 0,
		      "ipv4-unicast is not in use on this session");
		f->withdrawn.left = 0;
		f->nlri.left = 0;
	}
	p->body = f->nlri.left;
}

/* RFC 7606 3.d */
static void require(struct attr_parse *p)
{
	if (!p->body && !p->reach.present)
		return;
	if (!attr_seen(p, BGP_ATTR_ORIGIN))
		fault(p, BGP_TREAT_AS_WITHDRAW, 0, "ORIGIN is missing");
	if (!attr_seen(p, BGP_ATTR_AS_PATH))
		fault(p, BGP_TREAT_AS_WITHDRAW, 0, "AS_PATH is missing");
	if (p->body && !attr_seen(p, BGP_ATTR_NEXT_HOP))
		fault(p, BGP_TREAT_AS_WITHDRAW, 0, "NEXT_HOP is missing");
}

/*
 * RFC 6793 4.2.3: an AGGREGATOR that does not say AS_TRANS was put there by an
 * old speaker after the new ones, and what these said is void.
 */
static bool as4_usable(struct attr_parse *p)
{
	struct bgp_attr_set *attrs = &p->update->attrs;
	struct rbuf r = p->as4_aggregator;

	if (!r.left || !(attrs->flags & BGP_ATTRS_AGGREGATOR))
		return true;
	if (attrs->aggregator_as != BGP_AS_TRANS)
		return false;
	rbuf_u32(&r, &attrs->aggregator_as);
	rbuf_u32(&r, &attrs->aggregator_id);
	return true;
}

static void finish_as_path(struct attr_parse *p)
{
	struct rbuf *path = &p->update->attrs.part[BGP_PART_AS_PATH];
	size_t begin = p->scratch.len;
	uint32_t first;

	if (p->rules->wire.as4) {
		*path = p->as_path;
	} else {
		if (as4_usable(p) && p->as4_path.left)
			as_path_merge(&p->scratch, p->as_path, p->as4_path);
		else
			as_path_convert(&p->scratch, p->as_path, 2, 4);
		*path = rbuf_make(p->scratch.data + begin,
				  p->scratch.len - begin);
	}
	if (path->left > UINT16_MAX)
		fault(p, BGP_TREAT_AS_WITHDRAW, 0, "AS_PATH is too long");
	first = p->rules->first_as;
	if (first && (p->body || p->reach.present) &&
	    as_path_first(*path) != first)
		fault(p, BGP_TREAT_AS_WITHDRAW, 0,
		      "AS_PATH does not begin with the peer's AS");
}

static void add_block(struct bgp_update *u, enum bgp_af af, bool withdraw,
		      struct rbuf nlri, const struct addr *nexthop)
{
	struct bgp_update_block *block = &u->block[u->n_blocks];

	if (!nlri.left)
		return;
	*block = (struct bgp_update_block){
		.af = af,
		.withdraw = withdraw,
		.nlri = nlri,
	};
	if (!withdraw)
		block->nexthop = *nexthop;
	u->n_blocks++;
}

static void add_blocks(struct attr_parse *p, const struct fields *f)
{
	struct bgp_update *u = p->update;
	bool withdraw = u->verdict == BGP_TREAT_AS_WITHDRAW;

	add_block(u, BGP_IPV4_UNICAST, true, f->withdrawn, NULL);
	if (p->unreach.present)
		add_block(u, p->unreach.af, true, p->unreach.nlri, NULL);
	add_block(u, BGP_IPV4_UNICAST, withdraw, f->nlri, &u->attrs.nexthop);
	if (p->reach.present)
		add_block(u, p->reach.af, withdraw, p->reach.nlri,
			  &p->reach.nexthop);
}

/* RFC 4724 2: nothing at all, or an MP_UNREACH_NLRI with nothing in it. */
static void find_eor(struct attr_parse *p, struct rbuf body,
		     const struct fields *f)
{
	struct bgp_update *u = p->update;

	if (body.left == 4) {
		u->eor = p->rules->wire.families &
			 bgp_af_bit(BGP_IPV4_UNICAST);
		u->eor_af = BGP_IPV4_UNICAST;
	} else if (p->unreach.present && !p->unreach.nlri.left &&
		   f->attrs.left == p->attr.whole.left &&
		   body.left == 4 + f->attrs.left) {
		u->eor = true;
		u->eor_af = p->unreach.af;
	}
}

/*
 * RFC 7606 5.2: an error in attributes that belong to no prefixes. There may
 * have been some, so nothing milder than a reset is safe.
 */
static void reset_if_unsure(struct attr_parse *p, const struct fields *f,
			    bool announces)
{
	if (p->update->verdict < BGP_TREAT_AS_WITHDRAW || announces ||
	    attr_seen(p, BGP_ATTR_MP_REACH))
		return;
	if (p->attr.code == BGP_ATTR_MP_UNREACH &&
	    p->attr.whole.left == f->attrs.left)
		return;
	p->update->verdict = BGP_SESSION_RESET;
}

static void parse(struct attr_parse *p, struct rbuf body)
{
	struct fields f;
	bool announces;

	if (!split(body, &f)) {
		fault(p, BGP_SESSION_RESET, BGP_UPDATE_BAD_ATTR_LIST,
		      "lengths of the fields contradict the message's");
		return;
	}
	announces = f.nlri.left;
	body_parse(p, &f);
	if (p->update->verdict == BGP_SESSION_RESET)
		return;
	attr_parse_list(p, f.attrs);
	reset_if_unsure(p, &f, announces);
	if (p->update->verdict == BGP_SESSION_RESET)
		return;
	find_eor(p, body, &f);
	require(p);
	finish_as_path(p);
	add_blocks(p, &f);
}

enum bgp_verdict bgp_update_parse(struct bgp_update *u, struct rbuf body,
				  const struct bgp_update_rules *rules)
{
	struct attr_parse p;

	/* .kept tells which of the offsets count: they need no clearing. */
	memset(&p, 0, offsetof(struct attr_parse, offset));
	p.rules = rules;
	p.update = u;
	p.scratch = wbuf_make(u->scratch, SCRATCH_SIZE);
	u->verdict = BGP_ACCEPT;
	u->error.code = 0;
	u->error.text[0] = '\0';
	u->eor = false;
	u->n_blocks = 0;
	u->attrs = (struct bgp_attr_set){ .flags = 0 };
	parse(&p, body);
	if (u->verdict != BGP_SESSION_RESET)
		u->error.code = 0;
	return u->verdict;
}

const struct bgp_attrs *bgp_update_attrs(struct bgp_update *u,
					 const struct bgp_update_block *block)
{
	u->attrs.nexthop = block->nexthop;
	bgp_attrs_pack(&u->attrs, u->flat, BGP_ATTRS_SIZE_MAX);
	return u->flat;
}
