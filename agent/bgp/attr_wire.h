/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path attributes as they are in an UPDATE: the table that knows each of them,
 * and what the halves of update.h need of it.
 */
#ifndef BGP_ATTR_WIRE_H
#define BGP_ATTR_WIRE_H

#include "bgp/attr.h"
#include "bgp/update.h"

#define ATTR_OPTIONAL	0x80
#define ATTR_TRANSITIVE	0x40
#define ATTR_PARTIAL	0x20
#define ATTR_EXTENDED	0x10	/* length of two bytes */

struct attr {
	uint8_t flags;
	uint8_t code;
	struct rbuf value;
	struct rbuf whole;		/* header and value */
};

/* What came in one MP_REACH or MP_UNREACH. */
struct attr_mp {
	bool present;			/* of a family of this session */
	enum bgp_af af;
	struct addr nexthop;
	struct rbuf nlri;
};

/* The state of parsing the attributes of one UPDATE. */
struct attr_parse {
	const struct bgp_update_rules *rules;
	struct bgp_update *update;	/* gets verdict and attributes */
	bool body;			/* prefixes follow the attributes */
	struct wbuf scratch;		/* memory for converted values */
	struct attr attr;		/* the one at hand */
	uint32_t seen[8];		/* a bit per code: it was there */
	uint32_t kept[8];		/* it goes to BGP_PART_OTHER */
	unsigned int n_kept;
	struct rbuf as_path;		/* usable values as they came */
	struct rbuf as4_path;
	struct rbuf as4_aggregator;
	struct attr_mp reach, unreach;
	uint16_t offset[256];		/* last: where in the list, if kept */
};

/* Append an attribute with the flags it has, its length in canonical form. */
void attr_put(struct wbuf *w, uint8_t flags, uint8_t code, struct rbuf value);

/* Split the first one off; false: none, or it is cut short. */
bool attr_next(struct rbuf *list, struct attr *attr);

/* BGP_PART_OTHER: ascending codes, canonical lengths. */
bool attr_list_valid(struct rbuf list);
/* Append the transitive attributes of a list. */
void attr_list_transitive(struct wbuf *w, struct rbuf list);

/* OTC (RFC 9234) in a list; false: it is not there. */
bool attr_list_otc(struct rbuf list, uint32_t *as);
/* Append a list that has none, with one. */
void attr_list_add_otc(struct wbuf *w, struct rbuf list, uint32_t as);

/*
 * reflect.c: what came from an internal peer gets what a route reflector adds,
 * and BGP_MARK_REFLECTED if we have reflected it before.
 */
void reflect_mark(struct attr_parse *p);

bool attr_seen(const struct attr_parse *p, uint8_t code);

/**
 * attr_fault - the one place where an error gets its consequence
 * @subcode: of the UPDATE Message Error, should it come to a reset; the
 *	attribute at hand is its data
 *
 * The worst verdict of an UPDATE stands, and the text that goes with it.
 */
void attr_fault(struct attr_parse *p, enum bgp_verdict verdict,
		uint8_t subcode, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Parse a list of attributes into p->update->attrs and *p. */
void attr_parse_list(struct attr_parse *p, struct rbuf list);

/**
 * attr_build_list - write all attributes in the order of their codes
 * @nexthop: with NEXT_HOP; otherwise MP_REACH carries it
 */
void attr_build_list(struct wbuf *w, const struct bgp_wire *wire,
		     const struct bgp_attrs *attrs, bool nexthop);

#endif
