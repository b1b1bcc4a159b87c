// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/rib_model.h"

#include <string.h>

struct session session[N_SESSIONS];
struct prefix prefix[BGP_AF_COUNT][N_PREFIXES];
struct prefix space[BGP_AF_COUNT][N_SPACES];
bool space_on[BGP_AF_COUNT][N_SPACES];
bool inside_on;
const char *bad;

/* ---- the world: addresses ------------------------------------------- */

static struct addr v4(unsigned int a, unsigned int b, unsigned int c,
		      unsigned int d)
{
	return addr_from_v4(a << 24 | b << 16 | c << 8 | d);
}

static struct addr v6(unsigned int net, unsigned int host)
{
	uint8_t bytes[16] = { 0xfd, 0, 0, 0x10, 0, net };

	bytes[15] = host;
	return addr_make(AF_INET6, bytes);
}

struct addr neighbor_addr(unsigned int neighbor)
{
	return v4(10, 1, 2, 10 + neighbor);
}

struct addr instance_addr(enum bgp_af af, unsigned int instance)
{
	return af == BGP_IPV4_UNICAST ? v4(10, 1, 1, 4 + instance) :
					v6(1, 4 + instance);
}

struct addr hop_addr(enum bgp_af af, unsigned int hop)
{
	if (hop == N_NEIGHBORS + 1)
		return instance_addr(af, 0);
	return af == BGP_IPV4_UNICAST ? v4(10, 1, 2, 10 + hop) :
					v6(1, 0x10 + hop);
}

void make_prefixes(void)
{
	struct addr addr;
	unsigned int i;

	for (i = 0; i < N_PREFIXES; i++) {
		/* A third of them is inside what may be an address space. */
		addr = i % 3 == 0 ? v4(10, 1 + i / 3 % N_SPACES, i, 0) :
				    v4(10, 100 + i, 0, 0);
		prefix[0][i] = prefix_make(&addr, 16 + i % 9);
		addr = i % 3 == 0 ? v6(1 + i / 3 % N_SPACES, 0) :
				    v6(100 + i, 0);
		addr.bytes[7] = i;
		prefix[1][i] = prefix_make(&addr, i % 6 == 0 ? 48 : 64);
	}
	addr = v4(0, 0, 0, 0);
	prefix[0][1] = prefix_make(&addr, 0);
	addr = v4(232, 0, 0, 0);
	prefix[0][PREFIX_BAD] = prefix_make(&addr, 8);
	addr = addr_make(AF_INET6, (uint8_t[16]){ 0xff, 0x3e });
	prefix[1][PREFIX_BAD] = prefix_make(&addr, 16);
	for (i = 0; i < N_SPACES; i++) {
		addr = v4(10, 1 + i, 0, 0);
		space[0][i] = prefix_make(&addr, 16);
		addr = v6(1 + i, 0);
		space[1][i] = prefix_make(&addr, 48);
	}
}

/* Some prefixes are the same as an earlier one: only the first counts. */
unsigned int prefix_index(enum bgp_af af, const struct prefix *which)
{
	unsigned int i;

	for (i = 0; i < N_PREFIXES; i++) {
		if (prefix_equal(&prefix[af][i], which))
			return i;
	}
	for (i = 0; i < N_SPACES; i++) {
		if (prefix_equal(&space[af][i], which))
			return N_PREFIXES;
	}
	bad = "a prefix that nobody announced";
	return N_PREFIXES;
}

/* ---- the model ------------------------------------------------------- */

static bool model_eligible(unsigned int p, const struct spec *spec,
			   enum rib_why *why)
{
	unsigned int i;

	if (p == PREFIX_BAD) {
		*why = RIB_WHY_NOT_UNICAST;
		return false;
	}
	for (i = 0; i < spec->n_as; i++) {
		if (spec->as[i] == LOCAL_AS) {
			*why = RIB_WHY_LOOP;
			return false;
		}
	}
	*why = RIB_WHY_NEXT_HOP;
	return spec->hop != N_NEIGHBORS + 1;
}

/*
 * The last neighbor's sessions have ADD-PATH: each path identifier is a lane
 * of its own. All others have one lane each that is used.
 */
const uint32_t path_id[N_LANES] = {
	[N_LANES - 4] = 0, 5, 7, 0x80000000,
};

bool add_path(unsigned int s)
{
	return s >= N_SESSIONS - N_INSTANCES;
}

const struct model_path *path_of(unsigned int lane, enum bgp_af af,
				 unsigned int p)
{
	return &session[lane / N_IDS].path[lane % N_IDS][af][p];
}

/* What counts before the next hop; the least wins. */
static unsigned int cost(const struct spec *spec)
{
	return spec->resort << 8 | spec->n_as;
}

/*
 * Lanes are in order of neighbor, then instance, then identifier, as the RIB
 * ranks them.
 */
void model_decide(enum bgp_af af, unsigned int p, struct decision *d)
{
	const struct model_path *path;
	unsigned int s, i, least = UINT32_MAX;
	bool used[N_HOPS] = { false };

	*d = (struct decision){ .best = -1 };
	for (i = 0; i < N_SPACES; i++) {
		if (!space_on[af][i])
			continue;
		d->own |= prefix_equal(&space[af][i], &prefix[af][p]);
		d->suppressed |= prefix_covers(&space[af][i], &prefix[af][p]);
	}
	for (s = 0; s < N_LANES; s++) {
		path = path_of(s, af, p);
		if (path->there &&
		    model_eligible(p, &path->spec, &d->why[s]) &&
		    cost(&path->spec) < least)
			least = cost(&path->spec);
	}
	for (s = 0; s < N_LANES; s++) {
		path = path_of(s, af, p);
		if (!path->there ||
		    !model_eligible(p, &path->spec, &d->why[s]))
			continue;
		if (d->own) {
			d->why[s] = RIB_WHY_OWN_SPACE;
		} else if (path->spec.resort > least >> 8) {
			d->why[s] = RIB_WHY_LEAST_PREFERRED;
		} else if (cost(&path->spec) > least) {
			d->why[s] = RIB_WHY_AS_PATH_LENGTH;
		} else if (used[path->spec.hop]) {
			d->why[s] = RIB_WHY_SAME_NEXT_HOP;
		} else {
			d->why[s] = d->best < 0 ? RIB_WHY_BEST :
						  RIB_WHY_MULTIPATH;
			if (d->best < 0)
				d->best = s;
			used[path->spec.hop] = true;
			d->hop[d->n_hops++] = hop_addr(af, path->spec.hop);
		}
	}
	if (d->suppressed && !inside_on)
		d->n_hops = 0;
}

/* Those of the later neighbors are sent several paths, by identifier. */
bool add_path_sent(unsigned int s)
{
	return s >= N_SESSIONS - 3 * N_INSTANCES;
}

/* A path as session @s gets it. */
static struct received as_sent(enum bgp_af af, unsigned int s,
			       const struct spec *spec)
{
	struct received sent = {
		.hop = instance_addr(af, s % N_INSTANCES),
		.as = { LOCAL_AS },
		.n_as = 1 + spec->n_as,
	};

	memcpy(sent.as + 1, spec->as, sizeof(spec->as));
	return sent;
}

/* The next in order of preference that may be used: the lane, or -1. */
static int model_next(const struct decision *d, enum bgp_af af,
		      unsigned int p, const bool *done)
{
	const struct model_path *path, *best = NULL;
	unsigned int lane;
	int next = -1;

	for (lane = 0; lane < N_LANES; lane++) {
		path = path_of(lane, af, p);
		if (!path->there || done[lane] ||
		    (d->why[lane] > RIB_WHY_SAME_NEXT_HOP &&
		     d->why[lane] != RIB_WHY_LEAST_PREFERRED &&
		     d->why[lane] != RIB_WHY_AS_PATH_LENGTH))
			continue;
		if (!best || cost(&path->spec) < cost(&best->spec)) {
			best = path;
			next = lane;
		}
	}
	return next;
}

static bool same_spec(const struct spec *a, const struct spec *b)
{
	return a->n_as == b->n_as && a->hop == b->hop &&
	       a->no_advertise == b->no_advertise && a->resort == b->resort &&
	       memcmp(a->as, b->as, sizeof(a->as)) == 0;
}

/* With ADD-PATH: all that session @s is to have been sent; how many. */
unsigned int model_paths(const struct decision *d, enum bgp_af af,
			 unsigned int p, unsigned int s,
			 struct received *expected)
{
	const struct spec *spec, *taken[SENT_IDS];
	bool done[N_LANES] = { false };
	unsigned int i, n_taken = 0, n = 0;
	int lane;

	if (d->own) {
		expected[0] = as_sent(af, s, &(struct spec){ 0 });
		return 1;
	}
	while (!d->suppressed && n_taken < session[s].max_paths &&
	       (lane = model_next(d, af, p, done)) >= 0) {
		done[lane] = true;
		spec = &path_of(lane, af, p)->spec;
		for (i = 0; i < n_taken && !same_spec(taken[i], spec); i++)
			;
		if (spec->no_advertise || i < n_taken)
			continue;
		taken[n_taken++] = spec;
		if ((unsigned int)lane / N_IDS / N_INSTANCES !=
		    s / N_INSTANCES)
			expected[n++] = as_sent(af, s, spec);
	}
	return n;
}

/* What session @s is to have been sent; false: nothing. */
bool model_export(const struct decision *d, enum bgp_af af,
		  unsigned int p, unsigned int s,
		  struct received *expected)
{
	const struct spec *spec;

	*expected = as_sent(af, s, &(struct spec){ 0 });
	if (d->own)
		return true;
	if (d->best < 0 || d->suppressed)
		return false;
	spec = &path_of(d->best, af, p)->spec;
	if (spec->no_advertise ||
	    (unsigned int)d->best / N_IDS / N_INSTANCES == s / N_INSTANCES)
		return false;
	*expected = as_sent(af, s, spec);
	return true;
}

void model_age(unsigned int s, enum bgp_af af, unsigned int max)
{
	struct model_path *path;
	unsigned int p;

	for (p = 0; p < N_IDS * N_PREFIXES; p++) {
		path = &session[s].path[p % N_IDS][af][p / N_IDS];
		if (++path->age > max)
			path->there = false;
	}
}
