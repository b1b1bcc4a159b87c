/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of rib/ share: the structs behind rib.h.
 *
 *	rib.c		the VNet's table as a whole, turns
 *	space.c		address spaces
 *	peer.c		peers and neighbors
 *	adjin.c		paths come and go; sweeping of void paths
 *	limit.c		how much of a peer is taken
 *	inbound.c	what inbound route maps make of them
 *	summary.c	paths that stand for others
 *	revise.c	all prefixes once more
 *	decide.c	the decision process, and who must hear of its outcome
 *	adjout.c	what is sent to whom: changes, dumps
 *	group.c		who is sent the same
 *	lag.c		slow peers
 *	paths.c		the same with ADD-PATH
 *	outbound.c	what outbound route maps make of it
 *	outsum.c	prefixes that they sum up
 *	pack.c		prefixes with equal attributes into shared UPDATEs
 *	feed.c		routes for the kernel
 *	walk.c		views
 *
 * Below them, knowing nothing of the above: net.c, attrset.c, idq.c, idset.c;
 * and idhash.c, slab.c, pages.c of lib/.
 */
#ifndef RIB_TABLE_H
#define RIB_TABLE_H

#include "bgp/msg.h"
#include "bgp/update.h"
#include "rib/attrset.h"
#include "rib/idq.h"
#include "rib/idset.h"
#include "rib/net.h"
#include "rib/rib.h"

#define NEIGHBOR_OWN	0		/* our own routes */
#define NEIGHBOR_NONE	UINT16_MAX
#define ORIGIN_OWN	0
#define ORIGIN_NONE	UINT16_MAX	/* nobody has been sent anything */
#define PEER_OWN	0

/* Kinds of peers as a mask. */
#define AUDIENCE(kind)	(1u << (kind))
#define AUDIENCE_ALL	(AUDIENCE(CONF_KINDS) - 1)

#define EPOCHS		4
#define VOID_NONE	EPOCHS		/* void_age: no path is void */

struct pack;
struct outsum;
struct summary;
struct outsum_told;
struct feed_error;

/* All sessions with one address. */
struct neighbor {
	struct addr addr;
	uint32_t n_peers;		/* entry is free if 0 and not sourced */
	/* Prefixes whose path was sent last, by whom it was sent to. */
	uint32_t sourced[BGP_AF_COUNT][CONF_KINDS];
	uint16_t origin[AUDIENCE_ALL + 1];	/* 0: not there yet */
};

/* Whose path was sent, and what kinds of peers have it: all but itself. */
struct origin {
	uint16_t neighbor;
	uint8_t audience;
};

/* Prefixes that changed while a peer could not take them. */
struct lag {
	struct idset nets;
	struct idset last;		/* as .nets, when all else is told */
	uint32_t behind;		/* of table.out: to be sent first */
	uint32_t again;			/* all from here on have yet to be in
					 * .nets; NET_NONE: they have not */
};

static inline bool lag_has(const struct lag *lag, uint32_t id)
{
	return idset_has(&lag->nets, id) || idset_has(&lag->last, id);
}

/* Peers that get the same bytes. */
struct group {
	struct group *next;
	struct bgp_wire wire;
	struct bgp_export how;		/* with the next hop of own routes */
	enum conf_kind kind;
	struct rib_map *map;		/* held; NULL: none */
	struct paths *paths;		/* NULL: it is not sent several */
	struct outsum *sums;		/* NULL: the map sums nothing up */
	uint64_t *has;			/* with a map: prefixes it let out; */
	uint32_t n_has;			/* words; not used with .paths */
	struct rib_peer **member;
	uint32_t n_members;
	uint32_t n_leaving;		/* members of another, from this */
	bool adopting;			/* .paths lacks what no member that has
					 * come from another looked at */
	uint32_t n_syncing;		/* members being dumped to */
	uint32_t cursor;		/* where their dump goes on */
};

struct peer_af {
	struct summary **summary;	/* those with a contribution */
	uint32_t n_summaries;
	struct group *group;		/* NULL: nothing is sent */
	struct group *leaving;		/* the group it comes from: of prefixes
					 * from .move_cursor on that are not in
					 * .lag it has what that group has;
					 * NULL: none */
	uint32_t move_cursor;
	uint8_t epoch;			/* of paths heard now, modulo EPOCHS */
	uint8_t void_age;		/* paths of that many epochs ago or
					 * more are to be withdrawn */
	uint32_t count[EPOCHS];		/* paths by epoch */
	uint32_t more;			/* of this one, those by which a
					 * prefix has more than one */
	bool eor_due;			/* after the dump */
	bool borr_due;			/* before the next one, RFC 7313 */
	bool eorr_due;			/* after it */
	bool ageing;			/* stale paths become long-lived */
	bool syncing;			/* the dump has yet to come round */
	bool wrapped;			/* to where it was when we came: */
	uint32_t sync_start;
	uint8_t path_ids;		/* with ADD-PATH: may have up to this */
	struct lag *lag;		/* NULL: is sent changes as they come */
	uint64_t feed_turn;		/* see feed.c */
	struct outsum_told *told;	/* of the group's summaries; or NULL */
	uint64_t told_version;
};

struct rib_peer {
	struct rib *rib;
	struct rib_peer_conf conf;
	char *name;
	uint16_t index;			/* in rib->peer */
	uint16_t neighbor;		/* in rib->neighbor */
	uint16_t rank;			/* in order of neighbor address */
	uint8_t class;			/* routing preference, 0 is better */
	bool up;
	bool paused;
	bool removed;			/* goes when its paths have gone */
	bool remap;			/* its paths go through its map anew */
	struct rib_session session;
	struct peer_af af[BGP_AF_COUNT];
};

/*
 * Next hops whose prefixes are to be handed out once more: those that are
 * looked for now, and those that came while it went on.
 */
#define AGAIN_MAX	16

struct again {
	struct addr hop[2][AGAIN_MAX];	/* one of no family is all of them */
	uint8_t n[2];
	uint8_t now;
	uint32_t cursor;		/* next prefix to look at */
};

struct feed {
	struct idq queue;		/* NET_FEED: of peers with many ... */
	struct idq express;		/* ... and of those with few changes */
	uint32_t noted_queue;		/* first ones in .queue, and ... */
	uint32_t noted_express;		/* ... in .express: see feed_note(); */
	uint32_t noted_answers;		/* once both are out, still to come */
	uint64_t served;		/* handed out so far */
	uint8_t pick;			/* of express or queue, by turns */
	struct rib_peer *cause;		/* whose changes are decided on */
	uint32_t n_unanswered;
	bool blocked;			/* until rib_route_ready() */
	struct feed_error *error;	/* see feed.c */
	uint32_t n_errors, size_errors;
	struct idhash error_index;
	char **text;			/* error texts, each once */
	uint32_t n_texts;
	struct addr *hops;		/* scratch */
	uint32_t size_hops;
	struct again again;
};

/* What all prefixes are looked at for once more, as a mask. */
enum {
	REVISE_PATHS = 0x01,		/* what is accepted, who is preferred */
	REVISE_MAPS = 0x02,		/* maps of peers with .remap */
	REVISE_SPACES = 0x04,		/* what is inside an address space */
	REVISE_STANDING = 0x08,		/* the kernel was told what follows from
					 * how peers stood before */
	REVISE_INSIDE = 0x10,		/* ... from rib->program_inside */
};

struct revision {
	uint8_t what;			/* 0: nothing has changed */
	uint8_t again;			/* and then all of them for this */
	uint32_t cursor;		/* prefixes from here on */
	uint32_t walks;			/* that have come to their end */
	uint32_t awaited;		/* how many until others may go on */
};

struct table {
	struct rib *rib;
	enum bgp_af af;
	struct net_store nets;
	uint32_t sweep_cursor;
	struct revision revision;
	bool ageing;			/* paths of peers with .ageing are */
	uint32_t ageing_cursor;		/* looked for from here on */
	struct idq out;			/* NET_OUT */
	bool review;			/* who gets what changed; prefixes */
	uint32_t review_cursor;		/* from here on are to be looked at */
	struct group *groups;
	uint32_t n_path_groups;		/* those with .paths */
	uint32_t n_outsums;		/* those with .sums */
	uint32_t n_sent[CONF_KINDS];	/* prefixes sent to peers of a kind */
	uint32_t n_lagging;		/* peers with a struct lag */
	struct feed feed;
	uint32_t n_usable;		/* prefixes with a best path */
};

struct rib {
	struct rib_conf conf;
	const struct rib_ops *ops;
	void *arg;
	struct attrset_pool attrs;
	struct table table[BGP_AF_COUNT];
	struct prefix *summary;		/* prefixes maps replace others by */
	uint32_t n_summaries;
	struct prefix *spaces;		/* address spaces, see space.c */
	uint32_t n_spaces;
	bool program_inside;		/* what is suppressed, but not ours */
	uint32_t own_attrs;		/* of our own routes */
	struct rib_peer **peer;		/* by index; 0 is no session */
	uint32_t n_peers;		/* entries, NULL ones included */
	struct neighbor *neighbor;
	uint32_t n_neighbors;		/* entries */
	struct origin *origin;
	uint32_t n_origins;
	struct pack *pack;
	struct rib_walk *walks;
	uint64_t decision;		/* stamp of decide.c */
	uint32_t move_nets;		/* looked at in one piece when a peer
					 * changes groups; less in tests */
	bool awake;			/* ops->wake was called, or running */
	bool woken;			/* in this pass, by a table or others */
	bool held;			/* rib_hold() */
	bool restarted;			/* the kernel may have what we do not
					 * know of */
};

/* rib.c */
void rib_wake(struct rib *rib);
/* Prefixes in use, of both families. */
uint32_t rib_prefixes(const struct rib *rib);

/* space.c */
/* The address space that @prefix is equal to or inside; NULL: none. */
const struct prefix *rib_space_covering(const struct rib *rib,
					const struct prefix *prefix);
/* NET_SUPPRESSED if there is one, or 0. */
unsigned int space_flag(const struct rib *rib, const struct prefix *prefix);

/* peer.c */
struct rib_peer *peer_own_new(struct rib *rib);
void peer_free(struct rib_peer *peer);
/* Free it if it was removed and nothing refers to it any more. */
void peer_try_free(struct rib_peer *peer);
/* A neighbor with an audience. */
uint16_t peer_origin(struct rib *rib, uint16_t neighbor, uint8_t audience);
/* Whether an address is that of a session's own end. */
bool peer_local_addr(const void *rib, const struct addr *addr);
/* Paths that are to be withdrawn. */
uint32_t peer_void_paths(const struct rib_peer *peer, enum bgp_af af);

/* Whether a peer has what was sent of a prefix. */
static inline bool peer_has(const struct rib_peer *peer, uint16_t sent)
{
	const struct origin *origin;

	if (sent == ORIGIN_NONE)
		return false;
	origin = &peer->rib->origin[sent];
	return origin->neighbor != peer->neighbor &&
	       origin->audience & AUDIENCE(peer->conf.policy.kind);
}

/* Whether a path is not eligible. */
static inline bool why_refused(unsigned int why)
{
	return why >= RIB_WHY_NOT_UNICAST && why <= RIB_WHY_SUMMARIZED;
}

static inline unsigned int path_age(const struct rib_peer *peer,
				    enum bgp_af af,
				    const struct rib_path *path)
{
	return (peer->af[af].epoch + EPOCHS - path->epoch) % EPOCHS;
}

static inline bool path_void(const struct rib *rib, enum bgp_af af,
			     const struct rib_path *path)
{
	const struct rib_peer *peer = rib->peer[path->peer];

	return path_age(peer, af, path) >= peer->af[af].void_age;
}

/*
 * What it takes to decide on a prefix of @n paths: 1 for few. Pieces of work
 * are measured by it, as with ADD-PATH a prefix can have very many.
 */
static inline uint32_t decide_cost(uint32_t n)
{
	return 1 + n / 16;
}

/* adjin.c */
void adjin_own_add(struct table *t, const struct prefix *prefix);
void adjin_own_del(struct table *t, const struct prefix *prefix);
/*
 * Withdraw void paths among the next @max prefixes, fewer if they have many;
 * whether some are left.
 */
bool adjin_sweep(struct table *t, uint32_t max);
/* Withdraw those of one prefix, which something else keeps from being freed. */
void adjin_sweep_net(struct table *t, uint32_t id);
/* Withdraw all of them now. */
void adjin_sweep_all(struct table *t);
/* Free a prefix that nothing refers to. */
void adjin_release(struct table *t, uint32_t id);

/*
 * Mark some stale paths of peers with .ageing as long-lived, or withdraw them
 * (NO_LLGR); whether there are more.
 */
bool adjin_long_lived(struct table *t);
/* Another set of attributes for a path, not owned; whether it is one. */
bool adjin_change(struct table *t, uint32_t id, uint16_t peer,
		  uint32_t path_id, uint32_t attrs);
/*
 * The path by which a peer's summary stands for others: make it so as of an
 * epoch; give it other attributes if it is still there; or remove it.
 */
void adjin_summary_set(struct table *t, struct rib_peer *peer,
		       const struct prefix *prefix, uint32_t attrs,
		       unsigned int epoch);
void adjin_summary_change(struct table *t, const struct rib_peer *peer,
			  const struct prefix *prefix, uint32_t attrs);
void adjin_summary_unset(struct table *t, struct rib_peer *peer,
			 const struct prefix *prefix);

/* limit.c */
/*
 * Whether the peer has others of the prefix besides @path, of this epoch and
 * with ADD-PATH.
 */
bool limit_has_more(const struct table *t, struct net *net,
		    const struct rib_path *path);
/* Whether one more path is not to be taken; counted in @excess then. */
bool limit_exceeded(struct table *t, const struct rib_peer *peer,
		    const struct net_key *key, struct rib_excess *excess);
/* Whether its attributes take too much, this set that is new included. */
bool limit_attrs_exceeded(const struct rib_peer *peer, uint32_t attrs);

/* inbound.c */
#define INBOUND_CLASSES	16

/* What one peer's map makes of one set of attributes, by class of prefix. */
struct inbound {
	struct rib *rib;
	const struct rib_map *map;
	bool applied;			/* to this set; else it stays raw */
	uint32_t raw;
	uint32_t n;
	struct {
		uint64_t class;
		uint32_t attrs;		/* held */
	} known[INBOUND_CLASSES];
};

void inbound_begin(struct inbound *in, const struct rib_peer *peer,
		   uint32_t raw);
/* The attributes of a path, not owned. */
uint32_t inbound_attrs(struct inbound *in, const struct prefix *prefix);
void inbound_end(struct inbound *in);
/* If no walk goes through maps any more, all peers' paths have. */
void inbound_done(struct rib *rib);

struct remap_path;

/* Some prefixes whose paths go through their peers' maps again. */
struct remap {
	struct table *t;
	struct inbound *in;		/* by peer */
	struct remap_path *path;	/* of the prefix looked at */
	uint32_t size;
};

void remap_begin(struct remap *remap, struct table *t);
/* Those of peers with .remap; returns what it took. */
uint32_t remap_net(struct remap *remap, uint32_t id);
void remap_end(struct remap *remap);

/* revise.c */
/* Have all prefixes looked at for this (REVISE_), some at a time. */
void revise_begin(struct table *t, unsigned int what);
void revise_all(struct rib *rib, unsigned int what);
/* For a peer, which may ask for it all the time: nobody waits longer. */
void revise_for_peer(struct table *t, unsigned int what);
/* Whether some have yet to be, as far as that keeps others waiting. */
bool revise_waiting(const struct table *t);
/* One piece; whether there is more. */
bool revise_run(struct table *t);

/* summary.c */
/*
 * A path with a SUMMED set, heard in an epoch, has come; it has been heard
 * again; or it has gone.
 */
void summary_add(struct table *t, struct rib_peer *peer, uint32_t attrs,
		 unsigned int epoch);
void summary_touch(struct table *t, struct rib_peer *peer, uint32_t attrs);
void summary_del(struct table *t, struct rib_peer *peer, uint32_t attrs);
/* Forget those of a peer that is going. */
void summaries_free(struct peer_af *af);
/* The number of a prefix in rib->summary. */
uint32_t summary_prefix(struct rib *rib, const struct prefix *prefix);

/* outbound.c */
/*
 * What one prefix looks like to a group; NULL: it does not see it. For
 * free(3).
 */
struct bgp_attrs *outbound_attrs(const struct table *t,
				 const struct group *group,
				 const struct prefix *prefix, uint16_t origin,
				 uint32_t attrs);
/* The same of attributes that adjout_export() made, for a class. */
struct bgp_attrs *outbound_apply(const struct group *group,
				 struct bgp_attrs *attrs, uint64_t class);
bool outbound_has(const struct group *group, uint32_t net);
void outbound_set(struct group *group, uint32_t net, bool has);
/* How many prefixes a peer of a group with a map has been sent. */
uint32_t outbound_count(const struct table *t, const struct rib_peer *peer);

/* outsum.c */
/* Have what it needs if the group's map replaces prefixes of the family. */
void outsum_begin(struct table *t, struct group *group);
/* One piece of work for a group that is new; whether there was any. */
bool outsum_fill(struct table *t, struct group *group);
/* Whether there is more of it: nobody is told of summaries before. */
bool outsum_filling(const struct group *group);
/* The group is gone. */
void outsum_end(struct table *t, struct outsum *sums);
/* What is sent of a prefix, or to whom, has changed. */
void outsum_update(struct table *t, uint32_t id);
/* Whether nobody else is to tell the group of a prefix. */
bool outsum_owns(const struct group *group, uint32_t net);
/* Whether some group needs the prefix. */
bool outsum_refers(const struct table *t, uint32_t id);
/* A member has come, is going, is to be told all again, or was elsewhere. */
void outsum_join(struct peer_af *af);
void outsum_leave(struct peer_af *af);
void outsum_refresh(struct peer_af *af);
void outsum_move(struct table *t, struct rib_peer *peer,
		 const struct group *before);
/* Tell a member what is different; whether something might have been. */
bool outsum_run(struct table *t, struct rib_peer *peer);
/* What a member has of a summary by this prefix; NULL: nothing. */
const struct bgp_attrs *outsum_told(const struct peer_af *af, uint32_t net);
uint32_t outsum_count(const struct peer_af *af);
/* Memory of a group's summaries. */
uint64_t outsum_bytes(const struct group *group);

/* decide.c */
#define CHOICE_USED	16
#define ATTRSET_NONE	UINT32_MAX

/* What a prefix's choice was, to see whether it has changed. */
struct choice {
	uint32_t n_used;		/* BEST and MULTIPATH */
	uint32_t used[CHOICE_USED];	/* attribute sets of the first */
	uint32_t backup;		/* attribute set, ATTRSET_NONE: none */
	uint16_t source;		/* neighbor of the best path */
	bool suppressed;
	bool withheld;			/* from the kernel */
	bool gateway;			/* all used are of gateways */
};

/* Before a change to the paths of a prefix. */
void decide_begin(const struct table *t, struct net *net,
		  struct choice *choice);
/* Decide, queue what follows, free the prefix if it is of no use. */
void decide_commit(struct table *t, uint32_t id, const struct choice *before);
/*
 * What a path that has yet to be added will be, if the others stay as they
 * are: MULTIPATH, or why it is not used. decide_admit() is then all there is to
 * do for it, the last path of the prefix. BEST: all are to be decided on.
 */
enum rib_why decide_newcomer(const struct table *t, struct net *net,
			     const struct rib_path *path);
void decide_admit(struct table *t, uint32_t id, enum rib_why why);
/* Whether nothing is wrong with what a peer has sent, before any route map. */
bool decide_accepts(const struct rib_peer *peer, uint32_t attrs);
/* The kinds of peers that a path may be sent to, as a mask. */
unsigned int decide_audience(const struct rib *rib,
			     const struct rib_path *path);
/* The path to send on, and to whom; NULL: none. */
const struct rib_path *decide_export(const struct table *t, struct net *net,
				     uint16_t *origin);
/* All that can be used, the best first: the one after @last, NULL: the first */
const struct rib_path *decide_next(const struct table *t, struct net *net,
				   const struct rib_path *last);
/* The next hops in order, at most @max; returns how many there are. */
uint32_t decide_nexthops(const struct table *t, struct net *net,
			 struct addr *hops, uint32_t max);
/* Whether all paths that are used, if any, are gateways'. */
bool decide_gateway(const struct table *t, struct net *net);
/* The next hop of the best of the paths that are not used, or NULL. */
const struct addr *decide_backup(const struct table *t, struct net *net);

/* adjout.c */
void adjout_mark(struct table *t, uint32_t id);
/* Attributes as a group is to be sent them; NULL: none of its. */
struct bgp_attrs *adjout_export(const struct table *t,
				const struct group *group, uint16_t origin,
				uint32_t attrs);
void adjout_join(struct table *t, struct rib_peer *peer);
void adjout_leave(struct table *t, struct rib_peer *peer);
void adjout_refresh(struct table *t, struct rib_peer *peer);
/* Have all peers sent what they should have now and had not, or the reverse */
void adjout_review(struct table *t);
/* What a peer is to be sent has changed, by its policy. */
void adjout_regroup(struct table *t, struct rib_peer *peer);
/* Whether a slow peer has yet to hear of the prefix. */
bool adjout_lagging(const struct table *t, uint32_t id);
/* One bounded piece of work; whether there is more. */
bool adjout_run(struct table *t);
void adjout_fini(struct table *t);
uint64_t adjout_bytes(const struct table *t);

/* paths.c */
#define PATHS_MAX	CONF_PATHS_MAX

/* A path that peers have been sent under an identifier of its own. */
struct sent_path {
	uint32_t attrs;			/* held while it is kept */
	uint32_t path_id;		/* as received */
	uint16_t peer;
	uint16_t origin;		/* with the group's kind as audience */
	uint8_t id;			/* as sent; 0: not yet known */
	bool summary;
};

/* What a group of peers that are sent several paths of a prefix has. */
struct paths {
	uint8_t max;			/* of one prefix; also the highest id */
	struct slab sets[PATHS_MAX];	/* arrays of sent_path, by length - 1 */
	uint32_t *set;			/* by net: length and place, 0: none */
	uint32_t size;
	struct idset changed;		/* prefixes to be looked at */
};

struct paths *paths_new(uint8_t max);
/* All prefixes are to be looked at: for a group's first member. */
void paths_fill(struct table *t, struct group *group);
/*
 * Have a group that may be new know what is sent of a prefix, unsent: a member
 * that comes from the group @from has it from there.
 */
void paths_adopt(struct table *t, struct group *group,
		 const struct group *from, uint32_t id);
void paths_free(struct table *t, struct paths *paths);
/* A prefix's paths, or who may have them, have changed. */
void paths_mark(struct table *t, uint32_t id);
void paths_mark_all(struct table *t);
/* Whether some group has yet to do with the prefix. */
bool paths_refer(const struct table *t, uint32_t id);
/* What has been sent of a prefix. */
const struct sent_path *paths_get(const struct group *group, uint32_t id,
				  uint32_t *n);
/* What is to be sent of it; without regard to the group's map if not @map. */
uint32_t paths_select(struct table *t, const struct group *group,
		      struct net *net, bool map, struct sent_path *list);
/* Whether a peer that changes groups is to be sent a prefix anew. */
bool paths_differ(struct table *t, const struct rib_peer *peer,
		  const struct group *before, const struct group *after,
		  uint32_t id);
/* One piece of work; whether there was any. */
bool paths_run(struct table *t, struct group *group);
/* All that has been sent of a prefix, for those being dumped to. */
void paths_announce(struct pack *b, const struct group *group, uint32_t id);
/* For a peer of which it is not known what it has of a prefix. */
void paths_replace(struct table *t, struct pack *b,
		   const struct rib_peer *peer, uint32_t net);
/* How many paths a peer has been sent. */
uint32_t paths_count(const struct table *t, const struct rib_peer *peer);
uint64_t paths_bytes(const struct paths *paths);

/* pack.c: collect prefixes, then write them for one group after another */
#define PACK_MAX	8192		/* prefixes */

struct pack_target {
	struct group *group;		/* what it has of .has is updated */
	bool syncing;			/* only members being dumped to */
	const struct rib_peer *only;	/* only this one, NULL: all */
};

struct pack *pack_new(struct rib *rib);
void pack_free(struct pack *b);
/* A turn begins. */
void pack_begin(struct pack *b);
/* Empty it; it holds at most PACK_MAX prefixes. */
void pack_reset(struct pack *b, struct table *t);
/* The same of one that all groups are sent: it is to be the smaller. */
void pack_reset_all(struct pack *b, struct table *t);
/* Whether it takes @n more, by their number and what they will take to tell. */
bool pack_takes(const struct pack *b, uint32_t n);
/*
 * Whether so much has been sent in this turn that what can wait for the next
 * one should: others are to have theirs, and it all waits in memory.
 */
bool pack_much(const struct pack *b);
/* Announce to the origin's audience; @path_id: RFC 7911, 0 without it. */
void pack_announce(struct pack *b, uint32_t net, uint32_t path_id,
		   uint32_t attrs, uint16_t origin);
/* Withdraw from the origin's audience. */
void pack_withdraw(struct pack *b, uint32_t net, uint32_t path_id,
		   uint16_t origin);
/* Withdraw from the neighbor itself, whose path is now the one sent. */
void pack_withdraw_only(struct pack *b, uint32_t net, uint32_t path_id,
			uint16_t origin);
void pack_send(struct pack *b, const struct pack_target *to);
/* To one peer at once: a prefix with these attributes; NULL: withdraw it. */
void pack_send_one(struct table *t, const struct rib_peer *peer, uint32_t net,
		   const struct bgp_attrs *attrs);
/* Let go of prefixes that exist only to be withdrawn. */
void pack_release(struct pack *b);
/* To one peer: End-of-RIB, and the marks around a refresh (RFC 7313). */
void pack_send_eor(struct table *t, const struct rib_peer *peer);
void pack_send_refresh(struct table *t, const struct rib_peer *peer,
		       enum bgp_refresh what);

/* feed.c */
void feed_init(struct table *t);
void feed_fini(struct table *t);
/* Mark all prefixes that have this next hop, or fall back on it. */
void feed_again(struct table *t, const struct addr *hop);
/* Whose changes feed_mark() will be told of; NULL: of several. */
void feed_cause(struct table *t, struct rib_peer *peer);
void feed_mark(struct table *t, uint32_t id);
uint32_t feed_waiting(const struct feed *feed);
/* Note what waits for its turn or an answer; whether that has had both. */
void feed_note(struct feed *feed);
bool feed_noted_done(const struct feed *feed);
/* Hand out some routes; whether more can be now. */
bool feed_run(struct table *t);
void feed_done(struct table *t, const struct prefix *prefix, int error,
	       const char *text);
enum rib_route_state feed_state(const struct table *t, struct net *net,
				uint32_t id, int *error, const char **text);
uint64_t feed_bytes(const struct table *t);

/* walk.c */
void walk_peer_gone(struct rib *rib, const struct rib_peer *peer);

#endif
