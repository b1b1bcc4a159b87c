/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the speaker: the parts of agent/vrsd/rib*.c. */
#ifndef VRSD_RIBS_H
#define VRSD_RIBS_H

#include <bsd/sys/queue.h>
#include <uthash.h>

#include "bgp/msg.h"
#include "conf/conf.h"
#include "rib/rib.h"
#include "vrsd/msg.h"
#include "vrsd/ribpeer.h"

struct ribs_vnet {
	uint32_t vni;
	UT_hash_handle hh;		/* by VNI */
	const struct conf_vnet *conf;	/* in force; NULL: is being removed */
	struct rib *rib;
	struct ribs_peer *peers;	/* its own, in any order */
	bool due;			/* there is something to do for it: */
	TAILQ_ENTRY(ribs_vnet) turn;
	uint32_t local_as;
	struct prefix *spaces;		/* announced, and kept from routes */
	size_t n_spaces;
	bool draining;			/* until the kernel has dropped all */
	bool held;			/* decisions wait, RFC 4724 4.1 */
	struct loop_timer *deferral;	/* at most so long ... */
	uint64_t deferral_ms;		/* ... until then, */
	uint64_t hurry_ms;		/* or as nobody else is worth it */
	bool full;			/* some prefixes were not taken */
	uint64_t began_ms;
	bool swept;			/* stale routes of the run before */
	bool patience_over;		/* with peers that are not back */
	bool noted;			/* rib_route_note(): what goes first */
	struct loop_timer *patience;
};

/* Paths of a session that has ended, or that a refresh is to confirm. */
struct ribs_stale {
	struct ribs_peer *peer;
	struct loop_timer *timer;	/* until they go, or last long */
	uint32_t long_lived_time;	/* seconds, still to come; 0: none */
	uint64_t long_lived_ms;		/* they are it until then, 0: none is */
	bool waiting;			/* for its return; not yet that */
	bool last;			/* .timer is for the end of that */
	bool late;			/* and it was not back with all */
};

struct ribs_limit {
	uint32_t max;			/* prefixes of a session; 0: any */
	uint32_t bound;			/* none are taken beyond; 0: any */
	enum conf_excess excess;
	uint16_t restart;		/* seconds after a teardown */
	bool azure;			/* counts as Azure does */
	bool told;			/* that there are more; all is taken */
	bool told_excess;		/* that more are not taken */
	bool told_paths;		/* that there are too many paths */
	bool told_attrs;		/* that attributes take too much */
	bool told_total;		/* that the VNet has all it may have */
	bool over;			/* the session is being ended */
	uint32_t refused;		/* since it was last asked for all */
	bool refused_more;		/* for paths or attributes, likewise */
	uint64_t asked_ms;
	struct loop_timer *timer;	/* until it may be asked again */
};

struct ribs_peer {
	struct ribs_limit limit;
	struct ribs_vnet *vnet;
	struct ribs_peer *next;		/* of the VNet */
	struct rib_peer *rib;
	struct row_peer_id id;
	bool up;			/* else only stale paths are left */
	bool end_of_rib;		/* it sends that */
	bool restarting;		/* it has just restarted itself */
	uint8_t families;		/* bgp_af_bit()s in use */
	bool told_family;		/* that another is not taken */
	uint8_t complete;		/* those it has sent End-of-RIB for */
	uint8_t stale;			/* families with stale paths */
	uint8_t refreshing;		/* between BoRR and EoRR, RFC 7313 */
	struct ribs_stale af[BGP_AF_COUNT];
};

/* ribs.c: what goes on between sessions, the tables and kernel */
void ribs_init(bool kernel, bool restarted);
/* A message of another process: false if it is not for tables. */
bool ribs_message(uint16_t type, const void *body, size_t len);
/* Kernel takes more. */
void ribs_kernel_ready(void);
bool ribs_has_kernel(void);
const struct rib_ops *ribs_ops(void);
/* There is something to do for its table, or may be. */
void ribs_wake(struct ribs_vnet *vnet);
/* Nothing is to be done for it any more. */
void ribs_forget(struct ribs_vnet *vnet);
/* Have another look at those for which there is. */
void ribs_work(void);

/* ribvnet.c: the VNets, as configured */
void ribvnet_init(bool restarted);
struct ribs_vnet *ribvnet_find(uint32_t vni);
/* One after the other, as configured; NULL: the first. */
struct ribs_vnet *ribvnet_next(const struct ribs_vnet *vnet);
/* A route map that is in force; NULL if it is not, or @name is NULL. */
struct rib_map *ribvnet_map(const char *name);
/* Put a configuration into force, and keep it. */
void ribvnet_apply(struct conf *conf);
/* A table that was to be emptied may be: then a new one takes its place. */
void ribvnet_finish_draining(struct ribs_vnet *vnet);
/* Tell the parent, when all of the configuration is in force. */
void ribvnet_tell_done(void);

/* ribpeer.c: peers (see ribpeer.h). That with this number, or NULL. */
struct ribs_peer *ribpeer_find(uint32_t number);
/* Those of all VNets, one after the other, beginning with NULL. */
struct ribs_peer *ribpeer_next(const struct ribs_peer *peer);
/* Withdraw all that is left of a peer that is down, and forget it. */
void ribpeer_forget(struct ribs_peer *peer);
/* The VNet has another configuration. */
void ribpeer_configure(struct ribs_vnet *vnet);
void ribpeer_remove_all(struct ribs_vnet *vnet);

/* ribstart.c: what the kernel and the peers hold from the run before */
/*
 * @kernel: there is one to sweep; @restarted: peers may have kept what the run
 * before had told them.
 */
void ribstart_init(struct ribs_vnet *vnet, bool kernel, bool restarted);
void ribstart_fini(struct ribs_vnet *vnet);
/* The VNet has another configuration: times count anew, from the start on. */
void ribstart_change(struct ribs_vnet *vnet);
/* A neighbor is, and nothing of it is kept. */
void ribstart_lost(struct ribs_vnet *vnet);
/* Something may have come that was waited for. */
void ribstart_turn(struct ribs_vnet *vnet);

/* ribstale.c: graceful restart of peers, RFC 4724 4.2, RFC 9494, RFC 7313 */
void ribstale_init(struct ribs_peer *peer);
void ribstale_fini(struct ribs_peer *peer);
/* Of families that can be kept when the session ends, those that may be. */
uint8_t ribstale_kept(const struct ribs_peer *peer, uint8_t families);
/* The session has ended; something of it is kept. */
void ribstale_down(struct ribs_peer *peer, const struct ribpeer_down *down);
/* It is up again. */
void ribstale_up(struct ribs_peer *peer, const struct ribpeer_up *up);
/* Stale paths are to be long-lived for no more than so many seconds. */
void ribstale_limit(struct ribs_peer *peer, uint32_t long_lived_time);
void ribstale_end_of_rib(struct ribs_peer *peer, enum bgp_af af);
/* BoRR and EoRR. */
void ribstale_refresh(struct ribs_peer *peer, enum bgp_af af,
		      enum bgp_refresh what);

/* riblimit.c: how many prefixes a peer may have announced */
void riblimit_init(struct ribs_peer *peer);
void riblimit_fini(struct ribs_peer *peer);
/*
 * Beyond how many prefixes none are taken, 0: any. One that is just to be told
 * of has the bound that others have.
 */
uint32_t riblimit_bound(const struct conf_neighbor *neighbor);
void riblimit_set(struct ribs_peer *peer, const struct conf_server *server,
		  const struct conf_neighbor *neighbor);
void riblimit_up(struct ribs_peer *peer);
void riblimit_announce(struct ribs_peer *peer, enum bgp_af af,
		       const struct bgp_attrs *attrs, struct rbuf nlri);
/* It has withdrawn some. */
void riblimit_room(struct ribs_peer *peer);
/* The VNet may have fewer than it had. */
void riblimit_turn(struct ribs_vnet *vnet);

/* ribquery.c */
void ribquery_begin(const struct msg_query *msg);
void ribquery_more(uint32_t id);
void ribquery_cancel(uint32_t id);
/* Call before these go. */
void ribquery_peer_gone(const struct ribs_peer *peer);
void ribquery_vnet_gone(const struct ribs_vnet *vnet);

#endif
