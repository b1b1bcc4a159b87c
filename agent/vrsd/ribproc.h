/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the rib process. */
#ifndef VRSD_RIBPROC_H
#define VRSD_RIBPROC_H

#include "conf/conf.h"
#include "rib/rib.h"
#include "vrsd/msg.h"

struct ribproc_vnet {
	struct ribproc_vnet *next;
	uint32_t vni;
	const struct conf_vnet *conf;	/* in force; NULL: is being removed */
	struct rib *rib;
	uint32_t local_as;
	bool draining;			/* until the kernel has dropped all */
	bool swept;			/* stale routes of the run before */
	bool patience_over;		/* with peers that are not back */
	struct loop_timer *patience;
};

struct ribproc_peer {
	struct ribproc_vnet *vnet;
	struct rib_peer *rib;
	uint32_t serial;
	struct row_peer_id id;
	uint8_t families;		/* bgp_af_bit()s in use */
	uint8_t complete;		/* those it has sent End-of-RIB for */
};

/* ribproc.c: what there is. The session with this number, or NULL. */
struct ribproc_peer *ribproc_peer(uint32_t number);
/* One after the other, beginning with NULL. */
struct ribproc_peer *ribproc_peer_next(const struct ribproc_peer *peer);
struct ribproc_vnet *ribproc_vnet(uint32_t vni);
struct ribproc_vnet *ribproc_vnets(void);

/* ribquery.c */
void ribquery_begin(const struct msg_query *msg);
void ribquery_more(uint32_t id);
void ribquery_cancel(uint32_t id);
/* Call before these go. */
void ribquery_peer_gone(const struct ribproc_peer *peer);
void ribquery_vnet_gone(const struct ribproc_vnet *vnet);

#endif
