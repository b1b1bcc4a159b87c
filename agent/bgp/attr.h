/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path attributes as the rest of the agent sees them.
 *
 * struct bgp_attrs is the form to keep: one flat, canonical block of memory.
 * Equal sets of attributes are equal bytes, whatever order or AS number size
 * the peer used, so a table can intern them by hash and memcmp, and another
 * process can take them as they are. struct bgp_attr_set is the form to make
 * and change: the same contents with pointers.
 */
#ifndef BGP_ATTR_H
#define BGP_ATTR_H

#include "bgp/bgp.h"
#include "lib/buf.h"

enum bgp_attr_code {
	BGP_ATTR_ORIGIN = 1,
	BGP_ATTR_AS_PATH = 2,
	BGP_ATTR_NEXT_HOP = 3,
	BGP_ATTR_MED = 4,
	BGP_ATTR_LOCAL_PREF = 5,
	BGP_ATTR_ATOMIC_AGGREGATE = 6,
	BGP_ATTR_AGGREGATOR = 7,
	BGP_ATTR_COMMUNITIES = 8,
	BGP_ATTR_ORIGINATOR_ID = 9,
	BGP_ATTR_CLUSTER_LIST = 10,
	BGP_ATTR_MP_REACH = 14,
	BGP_ATTR_MP_UNREACH = 15,
	BGP_ATTR_EXT_COMMUNITIES = 16,
	BGP_ATTR_AS4_PATH = 17,
	BGP_ATTR_AS4_AGGREGATOR = 18,
	BGP_ATTR_LARGE_COMMUNITIES = 32,
	BGP_ATTR_OTC = 35,		/* Only to Customer, RFC 9234 */
};

enum bgp_origin {
	BGP_ORIGIN_IGP = 0,
	BGP_ORIGIN_EGP = 1,
	BGP_ORIGIN_INCOMPLETE = 2,
};

enum bgp_attrs_flag {
	BGP_ATTRS_MED = 0x01,		/* .med holds */
	BGP_ATTRS_LOCAL_PREF = 0x02,	/* .local_pref holds */
	BGP_ATTRS_ATOMIC = 0x04,	/* ATOMIC_AGGREGATE */
	BGP_ATTRS_AGGREGATOR = 0x08,	/* .aggregator_* hold */
	/* Partial bits, which RFC 4271 5 lets nobody clear. */
	BGP_ATTRS_PARTIAL_AGGREGATOR = 0x10,
	BGP_ATTRS_PARTIAL_COMMUNITIES = 0x20,
	BGP_ATTRS_PARTIAL_EXT_COMMUNITIES = 0x40,
	BGP_ATTRS_PARTIAL_LARGE_COMMUNITIES = 0x80,
};

#define BGP_COMMUNITY_GRACEFUL_SHUTDOWN	0xffff0000u	/* RFC 8326 */
#define BGP_COMMUNITY_LLGR_STALE	0xffff0006u	/* RFC 9494 */
#define BGP_COMMUNITY_NO_LLGR		0xffff0007u
#define BGP_COMMUNITY_BLACKHOLE		0xffff029au	/* RFC 7999 */
#define BGP_COMMUNITY_NO_EXPORT		0xffffff01u
#define BGP_COMMUNITY_NO_ADVERTISE	0xffffff02u
#define BGP_COMMUNITY_NO_EXPORT_SUBCONFED 0xffffff03u

/*
 * Azure's mark of what a route server has told an ExpressRoute gateway, and
 * the first half of all marks of this kind.
 */
#define BGP_COMMUNITY_ROUTE_SERVER	0xffedffedu	/* 65517:65517 */
#define BGP_COMMUNITY_AZURE_HIGH	0xffed

/* What the session found out; never on the wire. */
enum bgp_attrs_mark {
	BGP_MARK_LEAK = 0x01,		/* a route leak, RFC 9234 5 */
	BGP_MARK_REFLECTED = 0x02,	/* it was here before, RFC 4456 8 */
	BGP_MARKS = 0x03,
};

#define BGP_LOCAL_PREF_DEFAULT	100

/*
 * The variable parts, in the order in which they lie in memory. Numbers in
 * them are in network byte order.
 */
enum bgp_attrs_part {
	BGP_PART_AS_PATH,	/* segments, 4-octet AS numbers */
	BGP_PART_COMMUNITIES,	/* ascending, each once */
	BGP_PART_EXT_COMMUNITIES,
	BGP_PART_LARGE_COMMUNITIES,
	BGP_PART_OTHER,		/* other attributes whole, by code */
	BGP_PART_COUNT,
};

struct bgp_attrs {
	uint32_t size;			/* bytes, this header included */
	uint32_t as_path_hops;		/* RFC 4271 9.1.2.2 a) */
	uint32_t first_as;		/* leftmost AS, 0: none or a set */
	uint32_t med;			/* 0 without BGP_ATTRS_MED */
	uint32_t local_pref;		/* 0 without BGP_ATTRS_LOCAL_PREF */
	uint32_t aggregator_as;		/* 0 without BGP_ATTRS_AGGREGATOR */
	uint32_t aggregator_id;		/* host byte order */
	uint8_t flags;			/* enum bgp_attrs_flag */
	uint8_t origin;			/* enum bgp_origin */
	uint8_t nexthop_family;		/* AF_INET, AF_INET6, 0: none */
	uint8_t marks;			/* enum bgp_attrs_mark */
	uint8_t nexthop[16];		/* IPv4 in the first four, rest zero */
	uint16_t part_len[BGP_PART_COUNT];	/* bytes */
	uint8_t data[];			/* the parts */
};

/* Not sizeof: padding in front of the parts would not be canonical. */
#define BGP_ATTRS_HEADER_LEN	offsetof(struct bgp_attrs, data)

struct bgp_attr_set {
	uint8_t flags;			/* enum bgp_attrs_flag */
	uint8_t origin;
	uint8_t marks;			/* enum bgp_attrs_mark */
	uint32_t med;
	uint32_t local_pref;
	uint32_t aggregator_as;
	uint32_t aggregator_id;
	struct addr nexthop;
	struct rbuf part[BGP_PART_COUNT];	/* not owned */
};

/* The most that bgp_attrs_pack() can need. */
#define BGP_ATTRS_SIZE_MAX \
	(BGP_ATTRS_HEADER_LEN + BGP_PART_COUNT * (size_t)UINT16_MAX)

/**
 * bgp_attrs_pack - make the flat form
 * @set: its parts must be canonical; at most 65535 bytes each
 * @buf: aligned for uint32_t
 * @size: bytes at @buf
 *
 * Return: bytes used, or 0 if @size is too small.
 */
size_t bgp_attrs_pack(const struct bgp_attr_set *set, void *buf, size_t size);
/* The same in memory of its own, to be freed with free(3). */
struct bgp_attrs *bgp_attrs_new(const struct bgp_attr_set *set);
/* Look at flat attributes as a set; valid as long as @attrs is. */
void bgp_attrs_unpack(const struct bgp_attrs *attrs, struct bgp_attr_set *set);
/* Whether @size bytes at @data are one whole flat set (from another process) */
bool bgp_attrs_valid(const void *data, size_t size);
bool bgp_attrs_equal(const struct bgp_attrs *a, const struct bgp_attrs *b);

struct rbuf bgp_attrs_part(const struct bgp_attrs *attrs,
			   enum bgp_attrs_part part);
/* OTC (RFC 9234), whole, of a BGP_PART_OTHER; empty: it is not there. */
struct rbuf bgp_other_otc(struct rbuf other);
bool bgp_attrs_has_otc(const struct bgp_attrs *attrs);
struct addr bgp_attrs_nexthop(const struct bgp_attrs *attrs);

/* How a route changes on its way to a peer. */
struct bgp_export {
	struct addr nexthop;		/* replaces the route's; family 0: no */
	uint32_t prepend_as;		/* in front of AS_PATH; 0: nothing */
	uint32_t override_as;		/* is replaced by prepend_as; 0: none */
	uint32_t community;		/* is added; 0: none */
	uint32_t otc;			/* OTC if there is none; 0: no */
	bool no_otc;			/* what has OTC may not go there */
	bool ebgp;			/* no MED, LOCAL_PREF, reflection */
};

/**
 * bgp_attrs_export - attributes as a group of peers is to be sent them
 *
 * RFC 4271 5.1: to an external peer MED, LOCAL_PREF and other non-transitive
 * attributes are left out, and non-transitive extended communities (RFC 4360
 * 6); to an internal one LOCAL_PREF is always there.
 * Return: memory to be freed with free(3); NULL if what is added does not fit.
 */
struct bgp_attrs *bgp_attrs_export(const struct bgp_attrs *attrs,
				   const struct bgp_export *how);

/*
 * The same attributes with one more community, to be freed with free(3);
 * NULL if it is there already or does not fit.
 */
struct bgp_attrs *bgp_attrs_with_community(const struct bgp_attrs *attrs,
					   uint32_t community);

const char *bgp_origin_name(uint8_t origin);

/* AS_PATH as "65001 65002 {65003 65004}"; cut with "..." if it is too long. */
void bgp_as_path_format(const struct bgp_attrs *attrs, char *buf, size_t size);
/* How often @as is in AS_PATH, and whether it is there at all. */
unsigned int bgp_as_path_count(const struct bgp_attrs *attrs, uint32_t as);
bool bgp_as_path_contains(const struct bgp_attrs *attrs, uint32_t as);

bool bgp_community_present(const struct bgp_attrs *attrs, uint32_t community);
/* Whether there is one whose first half, an AS as a rule, is @high. */
bool bgp_community_of(const struct bgp_attrs *attrs, uint16_t high);
/* "65001:1 no-export", "rt:65001:100", "65001:1:2"; "" if there are none. */
void bgp_communities_format(const struct bgp_attrs *attrs,
			    enum bgp_attrs_part part, char *buf, size_t size);

#endif
