/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the RIB and of the world around it, for rib_oracle_test: all in
 * plain arrays, each answer computed from scratch.
 */
#ifndef UNIT_RIB_MODEL_H
#define UNIT_RIB_MODEL_H

#include "lib/addr.h"
#include "rib/rib.h"

#define N_NEIGHBORS	5
#define N_INSTANCES	2
#define N_SESSIONS	(N_NEIGHBORS * N_INSTANCES)
#define N_IDS		2		/* paths of a prefix from a session */
#define N_LANES		(N_SESSIONS * N_IDS)
#define N_PREFIXES	48		/* of each family */
#define PREFIX_BAD	2		/* of these: is multicast */
#define N_SPACES	4
#define LOCAL_AS	65515
#define PATH_MAX_LEN	4
#define HOPS_MAX	N_LANES
#define N_HOPS		(N_NEIGHBORS + 2) /* own, one shared, and ours */
#define SENT_IDS	4		/* 0 and those that we send */

struct spec {				/* attributes of a path */
	uint32_t as[PATH_MAX_LEN];
	unsigned int n_as;
	unsigned int hop;		/* which next hop */
	bool no_advertise;
	unsigned int resort;		/* 1: in graceful shutdown, 2: stale */
};

struct model_path {
	bool there;
	unsigned int age;		/* epochs since it was heard */
	struct spec spec;
};

struct received {			/* what a peer was sent last */
	bool there;
	uint32_t as[PATH_MAX_LEN + 1];
	unsigned int n_as;
	struct addr hop;
};

struct session {
	struct rib_peer *peer;
	uint32_t id;
	bool up, paused;
	bool extended;			/* 64 KiB messages */
	bool v6;			/* IPv6 agreed on */
	unsigned int max_paths;		/* of a prefix that it is sent */
	unsigned int eors[BGP_AF_COUNT];
	struct model_path path[N_IDS][BGP_AF_COUNT][N_PREFIXES];
	struct received received[BGP_AF_COUNT][N_PREFIXES][SENT_IDS];
};

struct decision {
	enum rib_why why[N_LANES];
	int best;			/* session, -1: none */
	bool own, suppressed;
	struct addr hop[HOPS_MAX];
	size_t n_hops;
};

extern struct session session[N_SESSIONS];
extern struct prefix prefix[BGP_AF_COUNT][N_PREFIXES];
extern struct prefix space[BGP_AF_COUNT][N_SPACES];
extern bool space_on[BGP_AF_COUNT][N_SPACES];
extern bool inside_on;			/* rib_program_inside() */
extern const uint32_t path_id[N_LANES];
extern const char *bad;			/* what was wrong in a callback */

struct addr neighbor_addr(unsigned int neighbor);
struct addr instance_addr(enum bgp_af af, unsigned int instance);
struct addr hop_addr(enum bgp_af af, unsigned int hop);
/* Fill prefix and space. */
void make_prefixes(void);
/* Some prefixes are the same as an earlier one: only the first counts. */
unsigned int prefix_index(enum bgp_af af, const struct prefix *which);
/* Whether session @s sends several paths of a prefix, by identifier ... */
bool add_path(unsigned int s);
/* ... or is sent several. */
bool add_path_sent(unsigned int s);
/* The path of a lane, there or not. */
const struct model_path *path_of(unsigned int lane, enum bgp_af af,
				 unsigned int p);
/* The decision on prefix @p. */
void model_decide(enum bgp_af af, unsigned int p, struct decision *d);
/* What session @s is to have been sent; false: nothing. */
bool model_export(const struct decision *d, enum bgp_af af, unsigned int p,
		  unsigned int s, struct received *expected);
/* With ADD-PATH: all that session @s is to have been sent; how many. */
unsigned int model_paths(const struct decision *d, enum bgp_af af,
			 unsigned int p, unsigned int s,
			 struct received *expected);
/* Another epoch of a session: its paths are of @max ago, or gone. */
void model_age(unsigned int s, enum bgp_af af, unsigned int max);

#endif
