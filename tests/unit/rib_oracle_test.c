// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The RIB against a model of it (rib_model.h). Random announcements,
 * withdrawals, sessions that come and go, slow peers, address spaces, a slow
 * and failing kernel; from time to time the RIB is let run until it is idle,
 * and then each peer must have been sent, the kernel told, and the views show,
 * what the model says.
 *
 * rib_oracle_test [SEED [STEPS]]: the seed is printed, so that a failure can
 * be had again.
 */
#include <string.h>
#include <time.h>

#include "bgp/msg.h"
#include "bgp/update.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/table.h"
#include "unit/rib_model.h"

struct kernel_route {
	struct addr hop[HOPS_MAX];
	size_t n;
	bool answered;			/* else an answer is due */
	int error;
};

static struct kernel_route kernel[BGP_AF_COUNT][N_PREFIXES];
static struct bgp_update *parser;
static struct rib *rib;
static uint32_t next_id = 1;
static bool kernel_full;

static uint64_t rng_state;

static uint32_t rnd(uint32_t n)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return (rng_state >> 33) % n;
}
/* ---- callbacks ------------------------------------------------------- */

static void take_block(struct session *s, const struct bgp_update_block *block)
{
	const struct bgp_attrs *attrs = NULL;
	struct rbuf nlri = block->nlri, path;
	struct received *received;
	struct bgp_nlri entry;
	unsigned int i, p;
	uint8_t type, n;

	if (!block->withdraw)
		attrs = bgp_update_attrs(parser, block);
	while (bgp_nlri_next(&nlri, block->af, add_path_sent(s - session),
			     &entry)) {
		p = prefix_index(block->af, &entry.prefix);
		if (p == N_PREFIXES)
			continue;
		if (entry.path_id >= SENT_IDS) {
			bad = "a path identifier that is not expected";
			return;
		}
		received = &s->received[block->af][p][entry.path_id];
		*received = (struct received){ .there = attrs };
		if (!attrs)
			continue;
		received->hop = bgp_attrs_nexthop(attrs);
		path = bgp_attrs_part(attrs, BGP_PART_AS_PATH);
		if (!rbuf_u8(&path, &type) || !rbuf_u8(&path, &n) || n > 5)
			bad = "an AS_PATH of another shape";
		else
			received->n_as = n;
		for (i = 0; i < received->n_as; i++)
			rbuf_u32(&path, &received->as[i]);
	}
}

static void take_message(struct session *s, struct rbuf body)
{
	struct bgp_update_rules rules = {
		.wire = {
			.as4 = true,
			.max_len = s->extended ? BGP_MSG_MAX_EXT : BGP_MSG_MAX,
			.families = s->v6 ? 3 : 1,
			.add_path_rx = add_path_sent(s - session) ? 3 : 0,
		},
		.ebgp = true,
	};
	unsigned int i;

	if (bgp_update_parse(parser, body, &rules) != BGP_ACCEPT)
		bad = "an UPDATE with errors";
	if (parser->eor)
		s->eors[parser->eor_af]++;
	for (i = 0; i < parser->n_blocks; i++)
		take_block(s, &parser->block[i]);
}

static void take(uint32_t id, const uint8_t *data, size_t len)
{
	struct rbuf stream = rbuf_make(data, len), body;
	struct bgp_error err;
	enum bgp_msg_type type;
	unsigned int s;

	for (s = 0; s < N_SESSIONS && (session[s].id != id ||
				       !session[s].up); s++)
		;
	if (s == N_SESSIONS) {
		bad = "a message to a session that is down";
		return;
	}
	while (stream.left > 0) {
		if (bgp_msg_next(&stream, session[s].extended ?
				 BGP_MSG_MAX_EXT : BGP_MSG_MAX, &type, &body,
				 &err) != BGP_FRAME_MESSAGE ||
		    type != BGP_MSG_UPDATE) {
			bad = "bytes that are no UPDATE";
			return;
		}
		take_message(&session[s], body);
	}
}

static void on_send(void *arg, const struct rib_send *send)
{
	size_t i;

	(void)arg;
	for (i = 0; i < send->n_peers; i++)
		take(send->peers[i], send->data, send->len);
	if (send->len > RIB_SEND_MAX)
		bad = "more than RIB_SEND_MAX";
	if (rnd(20) == 0) {
		i = rnd(N_SESSIONS);
		session[i].paused = session[i].up;
		rib_peer_pause(session[i].peer);
	}
}

static bool on_route(void *arg, const struct rib_route *route)
{
	struct kernel_route *k;
	unsigned int p;

	(void)arg;
	if (rnd(10) == 0)
		kernel_full = true;
	if (kernel_full)
		return false;
	p = prefix_index(route->af, &route->prefix);
	if (p == N_PREFIXES) {
		bad = "a route for an address space";
		return true;
	}
	k = &kernel[route->af][p];
	if (!k->answered)
		bad = "a route handed out before the answer";
	k->answered = false;
	k->n = route->n_nexthops;
	if (k->n > 0)
		memcpy(k->hop, route->nexthops, k->n * sizeof(*k->hop));
	return true;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { on_send, on_route, on_wake };

/* ---- random steps ---------------------------------------------------- */

static void random_spec(unsigned int s, struct spec *spec)
{
	unsigned int i;

	*spec = (struct spec){
		.n_as = 1 + rnd(PATH_MAX_LEN - 1),
		.hop = rnd(4) > 0 ? s / N_INSTANCES : N_NEIGHBORS,
		.no_advertise = rnd(10) == 0,
		.resort = rnd(5) == 0 ? 1 + rnd(2) : 0,
	};
	for (i = 0; i < spec->n_as; i++)
		spec->as[i] = 65001 + rnd(3);
	if (rnd(15) == 0)
		spec->as[spec->n_as - 1] = LOCAL_AS;
	if (rnd(25) == 0)
		spec->hop = N_NEIGHBORS + 1;
}

static struct bgp_attrs *make_attrs(enum bgp_af af, const struct spec *spec)
{
	static const uint32_t resort[] = {
		BGP_COMMUNITY_GRACEFUL_SHUTDOWN, BGP_COMMUNITY_LLGR_STALE,
	};
	uint8_t path[2 + 4 * PATH_MAX_LEN], community[8];
	struct wbuf w = wbuf_make(path, sizeof(path));
	struct wbuf c = wbuf_make(community, sizeof(community));
	struct bgp_attr_set set = { .nexthop = hop_addr(af, spec->hop) };
	unsigned int i;

	wbuf_u8(&w, 2);
	wbuf_u8(&w, spec->n_as);
	for (i = 0; i < spec->n_as; i++)
		wbuf_u32(&w, spec->as[i]);
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, w.len);
	if (spec->resort > 0)
		wbuf_u32(&c, resort[spec->resort - 1]);
	if (spec->no_advertise)
		wbuf_u32(&c, BGP_COMMUNITY_NO_ADVERTISE);
	set.part[BGP_PART_COMMUNITIES] = rbuf_make(community, c.len);
	return bgp_attrs_new(&set);
}

/* With one of the session's identifiers, if it has such; tells which. */
static unsigned int put_nlri(struct wbuf *w, unsigned int s,
			     const struct prefix *what)
{
	unsigned int which = add_path(s) ? rnd(N_IDS) : 0;
	struct bgp_nlri nlri = {
		.prefix = *what,
		.path_id = path_id[s * N_IDS + which],
	};

	bgp_nlri_build(w, &nlri, add_path(s));
	return which;
}

static void step_announce(unsigned int s)
{
	enum bgp_af af = rnd(2);
	struct bgp_attrs *attrs;
	uint8_t buf[1024];
	struct wbuf w = wbuf_make(buf, sizeof(buf));
	struct spec spec;
	unsigned int i, p, which, n = 1 + rnd(8);

	random_spec(s, &spec);
	for (i = 0; i < n; i++) {
		p = rnd(N_PREFIXES);
		which = put_nlri(&w, s, &prefix[af][p]);
		p = prefix_index(af, &prefix[af][p]);
		session[s].path[which][af][p] = (struct model_path){
			.there = true,
			.spec = spec,
		};
	}
	attrs = make_attrs(af, &spec);
	rib_peer_announce(session[s].peer, af, attrs, rbuf_make(buf, w.len));
	free(attrs);
}

static void step_withdraw(unsigned int s)
{
	enum bgp_af af = rnd(2);
	uint8_t buf[1024];
	struct wbuf w = wbuf_make(buf, sizeof(buf));
	unsigned int i, p, which, n = 1 + rnd(8);

	for (i = 0; i < n; i++) {
		p = rnd(N_PREFIXES);
		which = put_nlri(&w, s, &prefix[af][p]);
		p = prefix_index(af, &prefix[af][p]);
		session[s].path[which][af][p].there = false;
	}
	rib_peer_withdraw(session[s].peer, af, rbuf_make(buf, w.len));
}

static void add_peer(unsigned int s)
{
	struct rib_peer_conf conf = {
		.id = next_id++,
		.name = "nva",
		.neighbor = neighbor_addr(s / N_INSTANCES),
		.local = instance_addr(0, s % N_INSTANCES),
		.as = 65001 + s / N_INSTANCES,
		.policy = { .add_path_send = session[s].max_paths },
	};

	session[s].id = conf.id;
	session[s].peer = rib_peer_add(rib, &conf);
}

static void step_up(unsigned int s)
{
	unsigned int instance = s % N_INSTANCES;
	struct session *this = &session[s];
	struct rib_session agreed;

	this->extended = rnd(2);
	this->v6 = rnd(4) > 0;
	agreed = (struct rib_session){
		.wire = {
			.as4 = true,
			.max_len = this->extended ? BGP_MSG_MAX_EXT :
						    BGP_MSG_MAX,
			.families = this->v6 ? 3 : 1,
			.add_path_rx = add_path(s) ? 3 : 0,
			.add_path_tx = add_path_sent(s) ? 3 : 0,
			.long_lived = 3,
		},
		.nexthop = { instance_addr(0, instance),
			     instance_addr(1, instance) },
	};
	this->up = true;
	this->paused = false;
	memset(this->received, 0, sizeof(this->received));
	memset(this->eors, 0, sizeof(this->eors));
	rib_peer_up(this->peer, &agreed);
}

static void step_down(unsigned int s)
{
	bool keep = rnd(2), keep_stale = rnd(2);

	rib_peer_down(session[s].peer, keep ? 3 : 0, keep_stale ? 3 : 0);
	session[s].up = false;
	session[s].paused = false;
	model_age(s, 0, keep ? 1 + keep_stale : 0);
	model_age(s, 1, keep ? 1 + keep_stale : 0);
}

static void step_replace(unsigned int s)
{
	rib_peer_remove(session[s].peer);
	session[s].up = false;
	memset(session[s].path, 0, sizeof(session[s].path));
	add_peer(s);
}

/* Another number of paths, while it is up or not. */
static void step_paths(unsigned int s)
{
	struct rib_peer_policy policy = { 0 };

	session[s].max_paths = 1 + rnd(SENT_IDS - 1);
	policy.add_path_send = session[s].max_paths;
	rib->move_nets = 1 + rnd(10);
	rib_peer_set_policy(session[s].peer, &policy);
}

static void step_stale(unsigned int s)
{
	enum bgp_af af = rnd(2);

	if (rib_peer_stale(session[s].peer, af))
		model_age(s, af, 1);
}

static void step_sweep(unsigned int s)
{
	enum bgp_af af = rnd(2);
	struct model_path *path;
	unsigned int p;

	rib_peer_sweep(session[s].peer, af);
	for (p = 0; p < N_IDS * N_PREFIXES; p++) {
		path = &session[s].path[p % N_IDS][af][p / N_IDS];
		if (path->age > 0)
			path->there = false;
	}
}

static void step_space(void)
{
	enum bgp_af af = rnd(2);
	unsigned int i = rnd(N_SPACES);
	bool on = space_on[af][i];

	if (on ? !rib_space_del(rib, &space[af][i]) :
		 !rib_space_add(rib, &space[af][i]))
		bad = "an address space that is there or not";
	space_on[af][i] = !on;
}

static void step_answers(unsigned int chance)
{
	struct kernel_route *k;
	unsigned int af, p;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		for (p = 0; p < N_PREFIXES; p++) {
			k = &kernel[af][p];
			if (k->answered || rnd(chance) > 0)
				continue;
			k->answered = true;
			k->error = rnd(8) == 0 && k->n > 0 ? 28 : 0;
			rib_route_done(rib, af, &prefix[af][p], k->error,
				       k->error ? "table is full" : NULL);
		}
	}
	kernel_full = false;
	rib_route_ready(rib);
}

/* Nothing has been handed out yet. */
static void reset_kernel(void)
{
	unsigned int af, p;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		for (p = 0; p < N_PREFIXES; p++)
			kernel[af][p] = (struct kernel_route){
				.answered = true,
			};
	}
	kernel_full = false;
}

static void resume(unsigned int s)
{
	if (!session[s].paused)
		return;
	session[s].paused = false;
	rib_peer_resume(session[s].peer);
}

static void step_session(unsigned int s, unsigned int what)
{
	if (what < 50)
		step_announce(s);
	else if (what < 70)
		step_withdraw(s);
	else if (what < 75)
		step_down(s);
	else if (what < 77)
		rib_peer_refresh(session[s].peer, rnd(2));
	else if (what < 79)
		step_stale(s);
	else if (what < 81)
		step_sweep(s);
	else if (what < 85)
		step_paths(s);
	else
		resume(s);
}

static void step(void)
{
	unsigned int s = rnd(N_SESSIONS);
	unsigned int what = rnd(100);

	if (what < 60 && session[s].up)
		step_session(s, rnd(100));
	else if (what < 60 && rnd(8) == 0)
		step_replace(s);
	else if (what < 60)
		step_up(s);
	else if (what < 62)
		step_space();
	else if (what < 63)
		rib_program_inside(rib, inside_on = !inside_on);
	else if (what < 76)
		step_answers(2);
	else
		rib_run(rib, 0);
}

/* ---- comparing ------------------------------------------------------- */

static bool settle(void)
{
	unsigned int i, s;

	for (i = 0; i < 1000; i++) {
		while (rib_run(rib, 1000))
			;
		for (s = 0; s < N_SESSIONS; s++)
			resume(s);
		step_answers(1);
		if (!rib_run(rib, 1000) && rib_route_settled(rib))
			break;
	}
	for (s = 0; s < N_SESSIONS; s++) {
		if (session[s].paused)
			return settle();
	}
	return i < 1000;
}

static bool same_received(const struct received *a, const struct received *b)
{
	return a->n_as == b->n_as && addr_equal(&a->hop, &b->hop) &&
	       memcmp(a->as, b->as, a->n_as * sizeof(a->as[0])) == 0;
}

static bool session_gets(const struct session *this, enum bgp_af af)
{
	return this->up && (af == BGP_IPV4_UNICAST || this->v6);
}

/* Each of what is expected by one identifier, and nothing else. */
static bool same_paths(const struct received *got,
		       const struct received *expected, unsigned int n)
{
	bool seen[SENT_IDS] = { false };
	unsigned int i, id, there = 0;

	for (id = 0; id < SENT_IDS; id++)
		there += got[id].there;
	for (i = 0; i < n; i++) {
		for (id = 1; id < SENT_IDS &&
		     (!got[id].there || seen[id] ||
		      !same_received(&got[id], &expected[i])); id++)
			;
		if (id == SENT_IDS)
			return false;
		seen[id] = true;
	}
	return there == n;
}

static bool check_paths(enum bgp_af af, unsigned int p, unsigned int s,
			const struct decision *d)
{
	struct received expected[SENT_IDS];
	unsigned int n = model_paths(d, af, p, s, expected);

	if (same_paths(session[s].received[af][p], expected, n))
		return true;
	printf("# af %u prefix %u session %u: not the %u paths\n", af, p, s,
	       n);
	return false;
}

static bool check_exports(enum bgp_af af, unsigned int p,
			  const struct decision *d)
{
	const struct received *got;
	struct received expected;
	unsigned int s;
	bool wanted;

	for (s = 0; s < N_SESSIONS; s++) {
		got = &session[s].received[af][p][0];
		if (!session_gets(&session[s], af))
			continue;
		if (add_path_sent(s)) {
			if (!check_paths(af, p, s, d))
				return false;
			continue;
		}
		wanted = model_export(d, af, p, s, &expected);
		if (got->there == wanted &&
		    (!wanted || same_received(got, &expected)))
			continue;
		printf("# af %u prefix %u session %u: %s\n", af, p, s,
		       !wanted ? "was sent, should not" :
		       !got->there ? "was not sent" : "was sent another");
		return false;
	}
	return true;
}

static bool check_kernel(enum bgp_af af, unsigned int p,
			 const struct decision *d)
{
	const struct kernel_route *k = &kernel[af][p];
	size_t i;

	if (k->n != d->n_hops) {
		printf("# af %u prefix %u: %zu next hops, expected %zu\n", af,
		       p, k->n, d->n_hops);
		return false;
	}
	for (i = 0; i < k->n; i++) {
		if (!addr_equal(&k->hop[i], &d->hop[i])) {
			printf("# af %u prefix %u: hop %zu differs\n", af, p,
			       i);
			return false;
		}
	}
	return true;
}

struct seen {
	enum bgp_af af;
	bool all;			/* no peer given */
	bool row[N_LANES][N_PREFIXES];
	struct prefix last;
	unsigned int rows;
	bool ok;
};

static bool on_learned(void *arg, const struct rib_row *row)
{
	struct seen *seen = arg;
	const struct kernel_route *k;
	struct decision d;
	unsigned int s, p;
	bool used;

	if (rnd(3) == 0)
		return false;
	p = prefix_index(seen->af, &row->prefix);
	for (s = 0; s < N_LANES &&
	     (session[s / N_IDS].id != row->peer->id ||
	      path_id[s] != row->path_id); s++)
		;
	if (s == N_LANES || p == N_PREFIXES || seen->row[s][p] ||
	    !path_of(s, seen->af, p)->there) {
		seen->ok = false;
		return true;
	}
	if (seen->rows++ > 0 && prefix_cmp(&seen->last, &row->prefix) > 0)
		seen->ok = false;
	seen->last = row->prefix;
	seen->row[s][p] = true;
	model_decide(seen->af, p, &d);
	k = &kernel[seen->af][p];
	used = d.n_hops > 0 && d.why[s] <= RIB_WHY_SAME_NEXT_HOP;
	seen->ok &= row->why == d.why[s] &&
		    row->stale == (path_of(s, seen->af, p)->age > 0) &&
		    (row->suppressed_by != NULL) == d.suppressed &&
		    row->state == (!used ? RIB_ROUTE_NONE :
				   k->error ? RIB_ROUTE_FAILED :
					      RIB_ROUTE_INSTALLED) &&
		    row->error == (used ? k->error : 0);
	return true;
}

static bool check_learned(enum bgp_af af)
{
	struct seen seen = { .af = af, .ok = true };
	unsigned int s, p, learned = 0;
	struct rib_walk *walk;

	walk = rib_walk_new(rib, af, RIB_VIEW_LEARNED, NULL);
	while (rib_walk_run(walk, 1 + rnd(10), on_learned, &seen))
		;
	rib_walk_free(walk);
	for (s = 0; s < N_LANES; s++) {
		if (s % N_IDS == 0)
			learned = 0;
		for (p = 0; p < N_PREFIXES; p++) {
			seen.ok &= seen.row[s][p] == path_of(s, af, p)->there;
			learned += path_of(s, af, p)->there;
		}
		if (s % N_IDS < N_IDS - 1)
			continue;
		seen.ok &= rib_peer_stats(session[s / N_IDS].peer, af).learned
			   == learned;
	}
	if (!seen.ok)
		printf("# af %u: the learned routes differ\n", af);
	return seen.ok;
}

static bool on_advertised(void *arg, const struct rib_row *row)
{
	(void)row;
	++*(unsigned int *)arg;
	return true;
}

/* Rows and counter of what a peer was sent; own spaces are not prefixes. */
static bool check_advertised(enum bgp_af af, unsigned int s)
{
	unsigned int i, p, expected = 0, rows = 0;
	struct rib_walk *walk;

	for (p = 0; p < N_PREFIXES * SENT_IDS; p++)
		expected += session[s].received[af][p / SENT_IDS]
					       [p % SENT_IDS].there;
	for (i = 0; i < N_SPACES; i++)
		expected += space_on[af][i] &&
			    prefix_index(af, &space[af][i]) == N_PREFIXES;
	if (!session_gets(&session[s], af))
		expected = 0;
	walk = rib_walk_new(rib, af, RIB_VIEW_ADVERTISED, session[s].peer);
	while (rib_walk_run(walk, 7, on_advertised, &rows))
		;
	rib_walk_free(walk);
	if (rows == expected &&
	    rib_peer_stats(session[s].peer, af).advertised == expected)
		return true;
	printf("# af %u session %u: %u advertised, expected %u\n", af, s,
	       rows, expected);
	return false;
}

static bool check_af(enum bgp_af af)
{
	struct decision d;
	unsigned int p, s;
	bool ok = true;

	for (p = 0; p < N_PREFIXES; p++) {
		if (prefix_index(af, &prefix[af][p]) != p)
			continue;
		model_decide(af, p, &d);
		ok = ok && check_exports(af, p, &d) && check_kernel(af, p, &d);
	}
	for (s = 0; s < N_SESSIONS; s++) {
		ok = ok && check_advertised(af, s);
		if (session[s].eors[af] != session_gets(&session[s], af) &&
		    session[s].up) {
			printf("# af %u session %u: %u times End-of-RIB\n",
			       af, s, session[s].eors[af]);
			ok = false;
		}
	}
	return ok && check_learned(af);
}

static bool check_all(void)
{
	if (!settle()) {
		puts("# the RIB does not come to rest");
		return false;
	}
	if (bad) {
		printf("# %s\n", bad);
		return false;
	}
	return check_af(BGP_IPV4_UNICAST) && check_af(BGP_IPV6_UNICAST);
}

/* Everything is withdrawn: nothing may be left. */
static bool check_empty(void)
{
	unsigned int s, af, i;
	struct rib_mem mem;

	for (s = 0; s < N_SESSIONS; s++) {
		rib_peer_remove(session[s].peer);
		session[s].up = session[s].paused = false;
	}
	for (af = 0; af < BGP_AF_COUNT; af++) {
		for (i = 0; i < N_SPACES; i++) {
			if (space_on[af][i])
				rib_space_del(rib, &space[af][i]);
		}
	}
	if (!settle())
		return false;
	rib_mem(rib, &mem);
	printf("# left: %lu prefixes, %lu paths, %lu attribute sets, %lu next "
	       "hops, %lu bytes queued\n", mem.prefixes, mem.paths, mem.attrs,
	       mem.nexthops, mem.queue_bytes);
	return mem.prefixes == 0 && mem.paths == 0 && mem.attrs == 1 &&
	       mem.nexthops == 1 && mem.queue_bytes == 0;
}

static bool run(unsigned int steps)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	unsigned int i, s;
	bool ok = true;

	rib = rib_new(&conf, &ops, NULL);
	reset_kernel();
	for (s = 0; s < N_SESSIONS; s++) {
		session[s].max_paths = 1 + rnd(SENT_IDS - 1);
		add_peer(s);
	}
	for (i = 0; i < steps && ok; i++) {
		step();
		if (rnd(30) == 0)
			ok = check_all();
	}
	if (!ok)
		printf("# at step %u\n", i);
	ktap_ok(ok, "%u random steps agree with the model", steps);
	ktap_ok(ok && check_empty(), "all is given back");
	rib_free(rib);
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) :
				   (uint64_t)time(NULL);
	unsigned int steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 20000;

	ktap_start();
	ktap_plan(2);
	printf("# seed %lu\n", seed);
	rng_state = seed;
	hash_init();
	parser = bgp_update_new();
	make_prefixes();
	run(steps);
	bgp_update_free(parser);
	return ktap_finish();
}
