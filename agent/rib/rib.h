/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routing information base of one VNet, both families.
 *
 *   peers --> Adj-RIB-In --> decision --> Loc-RIB --+--> UPDATEs for peers
 *                               ^                   +--> routes for the kernel
 *                     address spaces (own routes)
 *
 * Routes are decided on when they arrive; what follows from that is done in
 * rib_run(), in bounded turns. What waits is one mark per prefix, so that the
 * latest state wins and no queue grows with the number of changes.
 *
 * There is no Adj-RIB-Out: a prefix remembers whose path was sent last, and
 * everything else follows from the Loc-RIB. (Only for peers that are sent
 * several paths of a prefix there is one, shared by those alike.) UPDATEs are
 * encoded once for all peers that get the same bytes.
 *
 * Nothing here knows sockets or the kernel. One thread; callbacks are made
 * from rib_run() only, but for rib_ops.wake, and must not call back, except
 * rib_peer_pause().
 */
#ifndef RIB_RIB_H
#define RIB_RIB_H

#include "bgp/attr.h"
#include "bgp/nlri.h"
#include "conf/conf.h"
#include "rib/map.h"
#include "lib/addr.h"

struct rib;
struct rib_peer;			/* one session: neighbor x instance */
struct rib_walk;

/* ---- the table ------------------------------------------------------- */

/* UPDATE messages for some peers. */
struct rib_send {
	const uint8_t *data;		/* one or more whole messages */
	size_t len;			/* bytes, at most RIB_SEND_MAX */
	const uint32_t *peers;		/* ids of those it goes to */
	size_t n_peers;
};

#define RIB_SEND_MAX	(128u << 10)

/* A prefix as the kernel should have it. */
struct rib_route {
	enum bgp_af af;
	struct prefix prefix;
	const struct addr *nexthops;	/* in order of neighbor address */
	size_t n_nexthops;		/* 0: no such route */
	const struct addr *backup;	/* of the next best path, or NULL */
	bool gateway;			/* all next hops are of gateways */
};

struct rib_ops {
	/* Queue messages. Pause a peer whose queue has become too long. */
	void (*send)(void *arg, const struct rib_send *send);
	/*
	 * Program one prefix and answer with rib_route_done(); until then no
	 * other version of it is handed out. False: no room; the route is
	 * offered again after rib_route_ready(). NULL: there is no kernel.
	 */
	bool (*route)(void *arg, const struct rib_route *route);
	/* There is work for rib_run(); called once per idle period. */
	void (*wake)(void *arg);
};

/* What may be changed while peers are up: they are sent the difference. */
struct rib_policy {
	bool branch_to_branch;		/* gateways hear of NVAs and of each
					 * other, and NVAs of gateways */
	enum conf_preference preference;
	/* Prefixes in use; one more is not taken. 0: any number. What is
	 * there stays when this becomes less, as with a peer's limits.
	 */
	uint32_t max_prefixes;
};

struct rib_conf {
	uint32_t local_as;
	struct rib_policy policy;
};

struct rib *rib_new(const struct rib_conf *conf, const struct rib_ops *ops,
		    void *arg);
/* Free everything; no callback is made. */
void rib_free(struct rib *rib);

void rib_set_policy(struct rib *rib, const struct rib_policy *policy);

/**
 * rib_run - do waiting work
 * @budget_us: come back after about so many microseconds
 *
 * Return: whether work is left that can go on now.
 */
bool rib_run(struct rib *rib, uint64_t budget_us);
/*
 * Paths are decided on, but nothing follows from it: neither the kernel nor
 * peers are told. After a restart, until all that peers have is here.
 */
void rib_hold(struct rib *rib, bool hold);

/*
 * Address spaces, which do not overlap: originated to all peers, and no route
 * equal to or inside one is programmed or sent on; with rib_run() for those
 * that are there. False if it, or one around it, was there / it was not there.
 */
bool rib_space_add(struct rib *rib, const struct prefix *prefix);
bool rib_space_del(struct rib *rib, const struct prefix *prefix);

/*
 * Whether what is inside a space, though not what is equal to one, is
 * programmed all the same, with rib_run(). It is not sent on in any case. Off
 * at first.
 */
void rib_program_inside(struct rib *rib, bool on);

/* ---- peers ----------------------------------------------------------- */

/* The same of one peer. */
struct rib_peer_policy {
	enum conf_kind kind;
	bool as_override;		/* its AS in a path becomes ours */
	uint8_t allow_own_as;		/* ours may be in a path so often */
	uint8_t add_path_send;		/* paths of a prefix, if agreed on */
	uint32_t limit;			/* prefixes taken from it, 0: any */
	uint32_t path_limit;		/* and paths with ADD-PATH, 0: any */
	uint64_t attr_limit;		/* bytes of attributes that nobody else
					 * had before, 0: any */
	struct rib_map *in, *out;	/* held as long as needed; or NULL */
};

struct rib_peer_conf {
	uint32_t id;			/* the caller's; unique in the table */
	const char *name;		/* the neighbor's, copied */
	struct addr neighbor;		/* sessions of one neighbor share it */
	struct addr local;		/* the instance's address */
	uint32_t as;			/* the neighbor's */
	struct rib_peer_policy policy;
};

/* What the session has agreed on. */
struct rib_session {
	struct bgp_wire wire;
	bool enhanced_refresh;		/* RFC 7313 */
	bool no_end_of_rib;		/* is not sent */
	enum bgp_role role;		/* ours, RFC 9234 */
	/* Next hop to send, by family; no address: the family is not sent. */
	struct addr nexthop[BGP_AF_COUNT];
};

struct rib_peer *rib_peer_add(struct rib *rib,
			      const struct rib_peer_conf *conf);
/* Withdraw its paths and forget it; @peer is gone on return. */
void rib_peer_remove(struct rib_peer *peer);
/*
 * With rib_run() its paths go through another inbound map and are decided on
 * again, and it is sent what is different now. Until a path's turn comes it is
 * what the old policy made of it; what is announced is subject to the new one
 * at once.
 */
void rib_peer_set_policy(struct rib_peer *peer,
			 const struct rib_peer_policy *policy);
/* Whether a change of policies or address spaces has yet to come to some. */
bool rib_revising(const struct rib *rib);

/* Established: the peer is sent the table, then as a rule End-of-RIB. */
void rib_peer_up(struct rib_peer *peer, const struct rib_session *session);
/*
 * The session has ended. Its paths are withdrawn or, in the families of
 * @keep (bgp_af_bit()s), become stale: still used, until announced again or
 * swept. What was stale before is withdrawn but in those of @keep_stale, once:
 * what is two sessions old goes in any case.
 */
void rib_peer_down(struct rib_peer *peer, uint8_t keep, uint8_t keep_stale);

/*
 * Make all paths stale (RFC 7313 BoRR), and withdraw those still stale. False:
 * not yet, those of the last time are still being withdrawn.
 */
bool rib_peer_stale(struct rib_peer *peer, enum bgp_af af);
void rib_peer_sweep(struct rib_peer *peer, enum bgp_af af);

/*
 * Long-lived stale, RFC 9494 4.2: stale paths are marked so, and used if
 * there is nothing better; those with NO_LLGR are withdrawn. rib_run() does it.
 */
void rib_peer_long_lived(struct rib_peer *peer, enum bgp_af af);

/* What was not taken, and why. */
struct rib_excess {
	uint32_t prefixes;		/* beyond the peer's limit */
	uint32_t paths;			/* of ADD-PATH: beyond that */
	uint32_t many;			/* of one prefix */
	uint32_t total;			/* beyond what all may have */
	uint32_t attrs;			/* for their attributes, be they new
					 * or not: these are withdrawn */
};

/**
 * rib_peer_announce - paths received
 * @attrs: with the next hop of this family
 * @nlri: checked by bgp_nlri_valid()
 */
struct rib_excess rib_peer_announce(struct rib_peer *peer, enum bgp_af af,
				    const struct bgp_attrs *attrs,
				    struct rbuf nlri);
void rib_peer_withdraw(struct rib_peer *peer, enum bgp_af af,
		       struct rbuf nlri);
/* Whether a tenth of the paths and attributes that it may have is free. */
bool rib_peer_has_room(const struct rib_peer *peer);

/* The peer asks for the table again (RFC 2918). */
void rib_peer_refresh(struct rib_peer *peer, enum bgp_af af);

/*
 * Its output queue is too long: from now on remember only which prefixes
 * have changed. Resume sends their state of then.
 */
void rib_peer_pause(struct rib_peer *peer);
void rib_peer_resume(struct rib_peer *peer);

/*
 * Prefixes held from it, of all families, each once whatever paths it has,
 * and without stale ones: what it has said since they became stale is all that
 * it is responsible for.
 */
uint32_t rib_peer_held(const struct rib_peer *peer);

/* Counters of one peer and family. */
struct rib_peer_stats {
	uint32_t learned;		/* prefixes held from it; with ADD-PATH
					 * paths */
	uint32_t advertised;		/* prefixes it has been sent; with
					 * ADD-PATH paths */
	bool walked;			/* all of the table, to count these */
};

struct rib_peer_stats rib_peer_stats(const struct rib_peer *peer,
				     enum bgp_af af);

/* ---- the kernel ------------------------------------------------------ */

enum rib_route_state {
	RIB_ROUTE_NONE,			/* not to be in the kernel, nor is */
	RIB_ROUTE_PENDING,
	RIB_ROUTE_INSTALLED,
	RIB_ROUTE_FAILED,
};

/* The answer to ops->route; @error: errno or 0, @text: may be NULL. */
void rib_route_done(struct rib *rib, enum bgp_af af,
		    const struct prefix *prefix, int error, const char *text);
/*
 * The kernel process has taken a next hop out of sets, and it is back: hand out
 * once more the prefixes that have it, in small steps; if it has no family, all
 * prefixes.
 */
void rib_route_again(struct rib *rib, const struct addr *hop);
/* There is room for routes again. */
void rib_route_ready(struct rib *rib);
/*
 * Whether every route wanted now has been answered for; then what the kernel
 * has beyond the routes handed out is nobody's.
 */
bool rib_route_settled(const struct rib *rib);
/*
 * Note the routes that now wait for their turn or an answer; whether these have
 * had both, though others may come all the time. True if none were noted.
 */
void rib_route_note(struct rib *rib);
bool rib_route_noted_done(const struct rib *rib);

/* ---- views ----------------------------------------------------------- */

/* Where a path lost, in the order of the decision process. */
enum rib_why {
	RIB_WHY_BEST,			/* the one that is sent on */
	RIB_WHY_MULTIPATH,		/* used next to the best */
	RIB_WHY_SAME_NEXT_HOP,		/* would be, but its hop is in use */
	RIB_WHY_NOT_UNICAST,		/* prefix is multicast or loopback */
	RIB_WHY_LOOP,			/* own AS in AS_PATH */
	RIB_WHY_NEXT_HOP,		/* our own or no unicast address */
	RIB_WHY_LEAK,			/* RFC 9234 */
	RIB_WHY_REFLECTED,		/* by us before, RFC 4456 */
	RIB_WHY_COMMUNITY,		/* a gateway's, marked as from us */
	RIB_WHY_ROUTE_MAP,		/* dropped by the inbound one */
	RIB_WHY_SUMMARIZED,		/* it made one of several */
	RIB_WHY_OWN_SPACE,		/* prefix is an address space */
	RIB_WHY_LEAST_PREFERRED,	/* graceful shutdown, LLGR stale */
	RIB_WHY_PREFERENCE,		/* another kind of peer has it */
	RIB_WHY_AS_PATH_LENGTH,
	RIB_WHY_COUNT,
};

/* "as-path-length" and so on. */
const char *rib_why_name(enum rib_why why);

enum rib_view {
	RIB_VIEW_LEARNED,		/* paths of one peer, or of all */
	RIB_VIEW_ADVERTISED,		/* what one peer has been sent */
	RIB_VIEW_OFFERED,		/* the same without an outbound map */
	RIB_VIEW_LOC,			/* prefixes in use, best path first */
};

/* One row; everything is valid during the callback only. */
struct rib_row {
	enum bgp_af af;
	struct prefix prefix;
	const struct bgp_attrs *attrs;	/* for ADVERTISED: as it was sent */
	const struct bgp_attrs *raw;	/* for LEARNED: as it was received,
					 * NULL: a summary */
	const struct rib_peer_conf *peer; /* who sent it, NULL: own route */
	uint32_t path_id;		/* as received; for ADVERTISED: as it
					 * was sent; RFC 7911, 0: none */
	enum rib_why why;
	bool stale;
	/* The prefix is inside this address space: not programmed. */
	const struct prefix *suppressed_by;	/* NULL: it is not */
	enum rib_route_state state;	/* NONE of a path not in use */
	int error;			/* errno of RIB_ROUTE_FAILED */
	const char *error_text;		/* may be NULL */
};

/* False: no room; the row is offered again by the next rib_walk_run(). */
typedef bool rib_row_cb(void *arg, const struct rib_row *row);

/**
 * rib_walk_new - iterate in order of prefix, in as many steps as one likes
 * @peer: needed for ADVERTISED; NULL: all
 *
 * The table may change between steps. What is there all the time is visited
 * exactly once.
 */
struct rib_walk *rib_walk_new(struct rib *rib, enum bgp_af af,
			      enum rib_view view,
			      const struct rib_peer *peer);
/* Visit about @max prefixes. Return: whether there is more. */
bool rib_walk_run(struct rib_walk *walk, size_t max, rib_row_cb *cb,
		  void *arg);
/* A walk must be freed before its peer or its table. */
void rib_walk_free(struct rib_walk *walk);

/* What the table holds, and in how much memory. */
struct rib_mem {
	uint64_t prefixes, prefix_bytes;
	uint64_t paths, path_bytes;	/* one path of a prefix needs none */
	uint64_t attrs, attr_bytes;
	uint64_t nexthops;
	uint64_t queue_bytes;		/* waiting work, slow peers */
};

void rib_mem(const struct rib *rib, struct rib_mem *mem);

struct rib_stats {
	uint32_t prefixes[BGP_AF_COUNT];	/* with a usable path */
	uint32_t pending[BGP_AF_COUNT];
	uint32_t failed[BGP_AF_COUNT];
};

void rib_stats(const struct rib *rib, struct rib_stats *stats);

#endif
