/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UPDATE: RFC 4271 4.3 and 6.3, RFC 4760, RFC 6793, RFC 7606. */
#ifndef BGP_UPDATE_H
#define BGP_UPDATE_H

#include "bgp/attr.h"
#include "bgp/bgp.h"
#include "bgp/nlri.h"
#include "lib/buf.h"

/* What an error in an UPDATE leads to (RFC 7606 2), mildest first. */
enum bgp_verdict {
	BGP_ACCEPT,
	BGP_ATTR_DISCARD,
	BGP_TREAT_AS_WITHDRAW,
	BGP_SESSION_RESET,
	BGP_VERDICT_COUNT,
};

/* What parsing must know about the session. */
struct bgp_update_rules {
	struct bgp_wire wire;
	bool ebgp;			/* the peer is external */
	uint32_t first_as;		/* AS_PATH must begin so; 0: any */
	enum bgp_role role;		/* ours */
	uint32_t remote_as;		/* the peer's, for OTC */
	uint32_t originator;		/* an internal peer's identifier */
	uint32_t router_id;		/* ours */
	uint32_t cluster_id;		/* ours, RFC 4456; 0: no reflector */
};

/* Prefixes of one family that share one fate. */
struct bgp_update_block {
	enum bgp_af af;
	bool withdraw;
	struct addr nexthop;		/* of what is announced */
	struct rbuf nlri;		/* checked: bgp_nlri_next() only ends */
};

#define BGP_UPDATE_BLOCKS	4	/* v4 and MP, each out and in */

/*
 * A parsed UPDATE. Withdrawals come before announcements. It points into the
 * message, and is good until the next parse or until the message goes.
 */
struct bgp_update {
	enum bgp_verdict verdict;
	struct bgp_error error;		/* text: of the worst fault; the rest
					 * if verdict is SESSION_RESET */
	bool eor;			/* End-of-RIB of eor_af, RFC 4724 2 */
	enum bgp_af eor_af;
	unsigned int n_blocks;
	struct bgp_update_block block[BGP_UPDATE_BLOCKS];
	struct bgp_attr_set attrs;	/* next hop: see the block */
	uint8_t *scratch;		/* private */
	struct bgp_attrs *flat;		/* private */
};

/* One serves a process: parsing is not re-entered. */
struct bgp_update *bgp_update_new(void);
void bgp_update_free(struct bgp_update *u);

/* Parse the body of an UPDATE; returns u->verdict. */
enum bgp_verdict bgp_update_parse(struct bgp_update *u, struct rbuf body,
				  const struct bgp_update_rules *rules);

/* Flat attributes of an announcing block; valid until the next call. */
const struct bgp_attrs *bgp_update_attrs(struct bgp_update *u,
					 const struct bgp_update_block *block);

const char *bgp_verdict_name(enum bgp_verdict verdict);

/**
 * bgp_update_reach - write one UPDATE that announces prefixes
 * @w: room for wire->max_len bytes; the message is appended
 * @attrs: as bgp_attrs_export() made them, next hop of a family @af can use
 * @nlri: prefixes of @af
 * @n: how many there are
 *
 * Fills the message as far as it goes.
 * Return: how many prefixes it took. 0 (and nothing written) means that the
 * attributes leave no room on this session; RFC 8654 4: withdraw instead.
 */
size_t bgp_update_reach(struct wbuf *w, const struct bgp_wire *wire,
			const struct bgp_attrs *attrs, enum bgp_af af,
			const struct bgp_nlri *nlri, size_t n);
/* The same for withdrawing. */
size_t bgp_update_unreach(struct wbuf *w, const struct bgp_wire *wire,
			  enum bgp_af af, const struct bgp_nlri *nlri,
			  size_t n);
/* End-of-RIB, RFC 4724 2. */
void bgp_update_eor(struct wbuf *w, enum bgp_af af);

#endif
