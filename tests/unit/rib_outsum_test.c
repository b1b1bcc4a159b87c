// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Summaries by outbound route maps under random changes: peers announce,
 * withdraw, slow down, ask again, come and go, and get other maps. Whenever all
 * is done each has what is offered to it, put through its map and summed up by
 * this test; and what is listed as advertised is what it has.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "rib/table.h"
#include "unit/rib_map_text.h"
#include "unit/rib_sent.h"

#define LOCAL_AS	65515
#define N_PEERS		5	/* 2 and 3 are sessions of one NVA */
#define GATEWAY		4
#define N_SPECIFICS	6	/* in each of two /16s, which are there, too */
#define N_PREFIXES	(2 * N_SPECIFICS + 3)
#define ROUNDS		400	/* with each seed */
#define SEEDS		4

static const char *const rules[] = {
	"    - { name: r, match: [{ condition: Equals, prefixes: [10.2.0.0/24,"
	" 10.2.1.0/24, 10.2.2.0/24] }],"
	" actions: [{ type: Replace, prefixes: [10.2.0.0/16] }] }\n",
	"    - { name: r, match: [{ condition: Contains, prefixes:"
	" [10.2.0.0/16] }],"
	" actions: [{ type: Replace, prefixes: [10.2.0.0/16] }],"
	" next-step: Continue }\n"
	"    - { name: s, actions: [{ type: Add, communities:"
	" [\"65001:9\"] }] }\n",
	"    - { name: r, match: [{ condition: Contains, prefixes:"
	" [10.2.0.0/16, 10.3.0.0/16] }],"
	" actions: [{ type: Replace, prefixes: [10.2.0.0/15] }] }\n",
	"    - { name: d, match: [{ condition: Equals, prefixes:"
	" [10.2.1.0/24, 10.3.0.0/16] }], actions: [{ type: Drop }] }\n"
	"    - { name: r, match: [{ condition: Equals, prefixes:"
	" [10.2.0.0/24, 10.2.1.0/24] }],"
	" actions: [{ type: Replace, prefixes: [10.2.0.0/16] }] }\n"
	"    - { name: s, match: [{ condition: Equals, prefixes:"
	" [10.3.0.0/24, 10.3.3.0/24] }],"
	" actions: [{ type: Replace, prefixes: [10.3.0.0/16] }] }\n",
	"    - { name: p, actions: [{ type: Add, as-path: [64600] }] }\n",
};

static struct rib *rib;
static struct bgp_update *parser;
static struct rib_peer *peer[N_PEERS];
static struct rib_peer_policy policy[N_PEERS];
static struct rib_map *maps[ARRAY_SIZE(rules) + 1];	/* the last: none */

/* Routes by prefix, as one peer has or should have them. */
struct view {
	struct {
		char text[200];		/* "": none */
		struct addr hop;
		bool real;
	} route[N_PREFIXES];
};

static struct view has[N_PEERS], listed;

static struct prefix nth(unsigned int n)
{
	static const struct { uint32_t addr; int len; } wide[] = {
		{ 0x0a020000, 16 }, { 0x0a030000, 16 }, { 0x0a020000, 15 },
	};
	struct addr addr;
	int len = 24;

	if (n < 2 * N_SPECIFICS) {
		addr = addr_from_v4(0x0a020000 +
				    (n / N_SPECIFICS << 16) +
				    (n % N_SPECIFICS << 8));
	} else {
		addr = addr_from_v4(wide[n - 2 * N_SPECIFICS].addr);
		len = wide[n - 2 * N_SPECIFICS].len;
	}
	return prefix_make(&addr, len);
}

static unsigned int number(const struct prefix *prefix)
{
	struct prefix this;
	unsigned int n;

	for (n = 0; n < N_PREFIXES; n++) {
		this = nth(n);
		if (prefix_equal(&this, prefix))
			break;
	}
	ktap_must(n < N_PREFIXES);
	return n;
}

static void describe(char *text, const struct bgp_attrs *attrs)
{
	char path[64], communities[64], hop[ADDR_STRLEN];
	struct addr addr = bgp_attrs_nexthop(attrs);

	bgp_as_path_format(attrs, path, sizeof(path));
	bgp_communities_format(attrs, BGP_PART_COMMUNITIES, communities,
			       sizeof(communities));
	snprintf(text, 200, "path %s hop %s community %s%s", path,
		 addr_format(&addr, hop), communities,
		 attrs->flags & BGP_ATTRS_LOCAL_PREF ? " internal" : "");
}

/* ---- what peers are sent --------------------------------------------- */

static void take(unsigned int to, const struct bgp_update_block *block)
{
	struct rbuf nlri = block->nlri;
	struct bgp_nlri entry;
	char *text;

	while (bgp_nlri_next(&nlri, 0, false, &entry)) {
		text = has[to].route[number(&entry.prefix)].text;
		text[0] = '\0';
		if (!block->withdraw)
			describe(text, bgp_update_attrs(parser, block));
	}
}

#define SUMMARY		(2 * N_SPECIFICS)	/* 10.2.0.0/16 */

static bool watched, gap;

/* Whether peer 1 has 10.2.0.0/16, or all of its /24 */
static bool all_there(void)
{
	unsigned int n = 0;

	while (n < N_SPECIFICS && has[1].route[n].text[0])
		n++;
	return n == N_SPECIFICS || has[1].route[SUMMARY].text[0];
}

static void on_send(void *arg, const struct rib_send *send)
{
	const struct bgp_update_rules update_rules = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.ebgp = send->peers[0] != GATEWAY,
	};
	struct rbuf stream = rbuf_make(send->data, send->len);
	unsigned int b;
	size_t i;

	(void)arg;
	while (rib_sent_next(&stream, parser, &update_rules)) {
		for (b = 0; b < parser->n_blocks; b++)
			for (i = 0; i < send->n_peers; i++)
				take(send->peers[i], &parser->block[b]);
		gap |= watched && !all_there();
	}
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

/* ---- what is done ---------------------------------------------------- */

static void up(unsigned int n)
{
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.nexthop = { addr_from_v4(0x0a010104 + n % 2) },
	};

	memset(&has[n], 0, sizeof(has[n]));
	rib_peer_up(peer[n], &session);
}

static void add(unsigned int n)
{
	struct rib_peer_conf conf = {
		.id = n,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010200 + (n == 3 ? 2 : n)),
		.local = addr_from_v4(0x0a010104 + n % 2),
		.as = n == GATEWAY ? LOCAL_AS : 65000 + (n == 3 ? 2 : n),
	};

	policy[n] = (struct rib_peer_policy){
		.kind = n == GATEWAY ? CONF_VPN : CONF_NVA,
	};
	conf.policy = policy[n];
	peer[n] = rib_peer_add(rib, &conf);
	up(n);
}

/* @hops: 0 withdraws. */
static void say(unsigned int n, unsigned int prefix, unsigned int hops)
{
	struct bgp_nlri nlri = { .prefix = nth(prefix) };
	struct bgp_attr_set set = {
		.nexthop = addr_from_v4(0x0a010900 + random() % 4),
	};
	uint8_t path[32], buf[8];
	struct wbuf w = wbuf_make(path, sizeof(path));
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct bgp_attrs *attrs;
	unsigned int i;

	bgp_nlri_build(&to, &nlri, false);
	if (hops == 0) {
		rib_peer_withdraw(peer[n], 0, rbuf_make(buf, to.len));
		return;
	}
	wbuf_u16(&w, 0x0200 + hops);
	for (i = 0; i < hops; i++)
		wbuf_u32(&w, 65000 + n);
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, w.len);
	attrs = bgp_attrs_new(&set);
	rib_peer_announce(peer[n], 0, attrs, rbuf_make(buf, to.len));
	free(attrs);
}

static void announce(unsigned int n)
{
	unsigned int prefix = random() % N_PREFIXES;

	say(n, prefix, random() % 3 == 0 ? 0 : 1 + random() % 3);
}

/* Sessions of one group have a map together more often than by chance. */
static void another_map(void)
{
	struct rib_map *map = maps[random() % ARRAY_SIZE(maps)];
	unsigned int from = random() % N_PEERS;
	unsigned int to = from + 1 + random() % (N_PEERS - from), n;

	/* Whatever else happens does so in the midst of it. */
	rib->move_nets = 1 + random() % 4;
	for (n = from; n < to; n++) {
		policy[n].out = map;
		rib_peer_set_policy(peer[n], &policy[n]);
	}
}

static const char *const spaces[] = { "10.2.4.0/24", "10.3.0.0/16" };

/* All routes go, which those that are slow have yet to hear of. */
static void withdraw_all(void)
{
	struct prefix space;
	unsigned int n, i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		prefix_parse(spaces[i], &space);
		rib_space_del(rib, &space);
	}
	for (n = 0; n < N_PEERS; n++)
		for (i = 0; i < N_PREFIXES; i++)
			say(n, i, 0);
	while (rib_run(rib, 0))
		;
}

static void step(void)
{
	unsigned int n = random() % N_PEERS, what = random() % 100;
	struct prefix space;

	if (what < 60) {
		announce(n);
	} else if (what < 68) {
		another_map();
	} else if (what < 72) {
		rib_peer_pause(peer[n]);
	} else if (what < 78) {
		rib_peer_resume(peer[n]);
	} else if (what < 80) {
		rib_peer_refresh(peer[n], 0);
	} else if (what < 82) {
		rib_peer_down(peer[n], 0, 0);
		up(n);
	} else if (what < 84) {
		prefix_parse(spaces[random() % 2], &space);
		if (!rib_space_add(rib, &space))
			rib_space_del(rib, &space);
	} else if (what < 85) {
		withdraw_all();
	} else if (what < 86) {
		rib_set_policy(rib, &(struct rib_policy){
			.branch_to_branch = random() % 2,
		});
	} else {
		rib_run(rib, 0);
	}
}

/* ---- what is to come of it ------------------------------------------- */

struct asked {
	const struct rib_map *map;
	struct view *view;
	bool external;
};

/* Of several the one with the lowest next hop, a real one last. */
static void put(struct view *view, unsigned int n,
		const struct bgp_attrs *attrs, bool real, bool internal)
{
	struct addr hop = bgp_attrs_nexthop(attrs);
	char text[200];

	describe(text, attrs);
	if (internal && !strstr(text, " internal"))
		strcat(text, " internal");
	if (view->route[n].text[0] &&
	    (view->route[n].real != real ? real :
	     addr_cmp(&view->route[n].hop, &hop) <= 0))
		return;
	strcpy(view->route[n].text, text);
	view->route[n].hop = hop;
	view->route[n].real = real;
}

static bool on_offered(void *arg, const struct rib_row *row)
{
	const struct asked *asked = arg;
	struct rib_map_result result = { .drop = false };

	if (asked->map)
		result = rib_map_apply(asked->map, row->attrs,
				rib_map_class(asked->map, &row->prefix),
				asked->external ? LOCAL_AS : 0);
	if (!result.drop)
		put(asked->view, number(result.replaced ?: &row->prefix),
		    result.attrs ? result.attrs : row->attrs,
		    !result.replaced, !asked->external);
	free(result.attrs);
	return true;
}

static bool on_advertised(void *arg, const struct rib_row *row)
{
	struct view *view = arg;

	describe(view->route[number(&row->prefix)].text, row->attrs);
	return true;
}

static void walk(unsigned int n, enum rib_view what, rib_row_cb *cb, void *arg)
{
	struct rib_walk *walk = rib_walk_new(rib, 0, what, peer[n]);

	while (rib_walk_run(walk, 100, cb, arg))
		;
	rib_walk_free(walk);
}

static bool compare(unsigned int n, const char *what, const struct view *a,
		    const struct view *b)
{
	char prefix[PREFIX_STRLEN];
	struct prefix this;
	bool same = true;
	unsigned int i;

	for (i = 0; i < N_PREFIXES; i++) {
		if (!strcmp(a->route[i].text, b->route[i].text))
			continue;
		this = nth(i);
		printf("# peer %u, %s: %s\n#  has  %s\n#  want %s\n", n, what,
		       prefix_format(&this, prefix), a->route[i].text,
		       b->route[i].text);
		same = false;
	}
	return same;
}

static bool check_peer(unsigned int n)
{
	struct view want = { 0 };
	struct asked asked = {
		.map = policy[n].out,
		.view = &want,
		.external = n != GATEWAY,
	};
	unsigned int i, count = 0;

	walk(n, RIB_VIEW_OFFERED, on_offered, &asked);
	memset(&listed, 0, sizeof(listed));
	walk(n, RIB_VIEW_ADVERTISED, on_advertised, &listed);
	for (i = 0; i < N_PREFIXES; i++)
		count += want.route[i].text[0] != '\0';
	if (rib_peer_stats(peer[n], 0).advertised != count) {
		printf("# peer %u: counted %u, not %u\n", n,
		       rib_peer_stats(peer[n], 0).advertised, count);
		return false;
	}
	return compare(n, "sent", &has[n], &want) &&
	       compare(n, "listed", &listed, &want);
}

static bool settled(void)
{
	bool same = true;
	unsigned int n;

	for (n = 0; n < N_PEERS; n++)
		rib_peer_resume(peer[n]);
	while (rib_run(rib, 1000))
		;
	for (n = 0; same && n < N_PEERS; n++)
		same = check_peer(n);
	return same;
}

static void test_random(unsigned int seed)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	unsigned int n, round, steps;
	struct rib_mem mem;
	bool same = true;

	srandom(seed);
	rib = rib_new(&conf, &ops, NULL);
	for (n = 0; n < N_PEERS; n++)
		add(n);
	for (round = 0; same && round < ROUNDS; round++) {
		for (steps = random() % 12; steps > 0; steps--)
			step();
		same = settled();
	}
	ktap_ok(same, "seed %u: each peer has its routes, summed up", seed);
	for (n = 0; n < N_PEERS; n++)
		rib_peer_remove(peer[n]);
	while (rib_run(rib, 1000))
		;
	rib_mem(rib, &mem);
	ktap_ok(mem.paths <= 2 && mem.prefixes <= 2,
		"seed %u: nothing is left but address spaces", seed);
	rib_free(rib);
}

/* ---- one instead of many, and many instead of one -------------------- */

/* To another map, and to @then in the midst of it */
static void move_to(struct rib_map *map, struct rib_map *then, uint32_t pieces,
		    bool slow)
{
	policy[1].out = map;
	rib->move_nets = pieces;
	if (slow)
		rib_peer_pause(peer[1]);
	rib_peer_set_policy(peer[1], &policy[1]);
	gap = false;
	watched = true;
	rib_run(rib, 0);
	if (then != map) {
		policy[1].out = then;
		rib_peer_set_policy(peer[1], &policy[1]);
	}
	while (rib_run(rib, 0))
		;
	if (slow)
		rib_peer_resume(peer[1]);
	while (rib_run(rib, 0))
		;
	watched = false;
}

static void there_and_back(uint32_t pieces, bool slow, const char *how)
{
	move_to(maps[1], maps[1], pieces, slow);
	ktap_ok(!gap && !has[1].route[0].text[0] &&
		has[1].route[SUMMARY].text[0],
		"a summary is there before its parts go, %s", how);
	move_to(NULL, slow ? maps[4] : NULL, pieces, slow);
	ktap_ok(!gap && has[1].route[0].text[0] &&
		!has[1].route[SUMMARY].text[0],
		"they are before it goes, %s", how);
}

static void test_gap(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct prefix space;
	unsigned int n;

	rib = rib_new(&conf, &ops, NULL);
	for (n = 0; n < N_SPECIFICS; n++) {
		space = nth(n);
		rib_space_add(rib, &space);
	}
	add(1);
	while (rib_run(rib, 0))
		;
	there_and_back(1, false, "one by one");
	there_and_back(1000, false, "all in one piece");
	there_and_back(1, true, "for a slow one whose map changes again");
	rib_free(rib);
}

/* ---- what one that has gone knew alone ------------------------------- */

static void run(void)
{
	while (rib_run(rib, 0))
		;
}

/*
 * A slow one is to be told that a summary has gone, and of a route to the same
 * prefix. When it leaves there is not a prefix in the table but those it has
 * missed, so that the memory of the first is gone with the last.
 */
static void test_leave(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct rib_mem mem;
	unsigned int n;

	rib = rib_new(&conf, &ops, NULL);
	add(0);
	add(1);
	policy[1].out = maps[1];
	rib_peer_set_policy(peer[1], &policy[1]);
	for (n = 0; n <= SUMMARY; n++)
		say(0, n, 1);
	run();
	ktap_must(has[1].route[SUMMARY].text[0]);
	rib_peer_pause(peer[1]);
	policy[1].out = NULL;
	rib_peer_set_policy(peer[1], &policy[1]);
	run();
	for (n = 0; n <= SUMMARY; n++)
		say(0, n, 0);
	run();
	rib_mem(rib, &mem);
	ktap_must(mem.prefixes > 0);
	rib_peer_down(peer[1], 0, 0);
	run();
	rib_mem(rib, &mem);
	ktap_ok(mem.prefixes == 0,
		"what a slow one has missed goes with it, be it twice");
	rib_free(rib);
}

/* ---- what no map takes away ------------------------------------------ */

static uint8_t last[BGP_MSG_MAX];
static size_t last_len;

static void on_single(void *arg, const struct rib_send *send)
{
	(void)arg;
	last_len = send->len;
	ktap_must(send->len <= sizeof(last));
	memcpy(last, send->data, send->len);
}

static const struct rib_ops single_ops = { .send = on_single,
					   .wake = on_wake };

/* Whether the last message has these attributes. */
static bool sent_with(const void *attr, size_t len)
{
	return memmem(last, last_len, attr, len);
}

/* One of kind @kind to whom we are @role is sent a summary. */
static void summary_to(enum conf_kind kind, enum bgp_role role)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct rib_peer_conf taker = {
		.id = GATEWAY,
		.name = "taker",
		.neighbor = addr_from_v4(0x0a010204),
		.local = addr_from_v4(0x0a010104),
		.as = kind == CONF_NVA ? 65004 : LOCAL_AS,
		.policy = { .kind = kind, .out = maps[0] },
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
		.no_end_of_rib = true,
		.role = role,
	};
	struct prefix space;

	rib = rib_new(&conf, &single_ops, NULL);
	prefix_parse("10.2.1.0/24", &space);
	rib_space_add(rib, &space);
	last_len = 0;
	rib_peer_up(rib_peer_add(rib, &taker), &session);
	while (rib_run(rib, 1000))
		;
	rib_free(rib);
}

static void test_restored(void)
{
	static const uint8_t local_pref[] = { 0x40, 5, 4, 0, 0, 0, 100 };
	static const uint8_t mark[] = { 0xc0, 8, 4, 0xff, 0xed, 0xff, 0xed };
	static const uint8_t otc[] = { 0xc0, 35, 4, 0, 0, 0xff, 0xeb };
	static const uint8_t as_path[] = { 0x40, 2, 6, 2, 1, 0, 0, 0xff, 0xeb };

	summary_to(CONF_EXPRESSROUTE, BGP_ROLE_NONE);
	ktap_ok(sent_with(mark, sizeof(mark)) &&
		sent_with(local_pref, sizeof(local_pref)) &&
		!sent_with(as_path, sizeof(as_path)),
		"an ExpressRoute gateway is sent a summary with 65517:65517");
	summary_to(CONF_VPN, BGP_ROLE_NONE);
	ktap_ok(!sent_with(mark, sizeof(mark)) &&
		sent_with(local_pref, sizeof(local_pref)),
		"a VPN gateway is not, but with LOCAL_PREF");
	summary_to(CONF_NVA, BGP_ROLE_PROVIDER);
	ktap_ok(sent_with(otc, sizeof(otc)) &&
		sent_with(as_path, sizeof(as_path)) &&
		!sent_with(local_pref, sizeof(local_pref)),
		"a customer is sent one with OTC (RFC 9234)");
	summary_to(CONF_NVA, BGP_ROLE_NONE);
	ktap_ok(last_len > 0 && !sent_with(otc, sizeof(otc)),
		"who is none is not");
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 20261126;
	unsigned int i;

	ktap_start();
	hash_init();
	parser = bgp_update_new();
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		maps[i] = rib_map_from_text(rules[i]);
	for (i = 0; i < SEEDS; i++)
		test_random(seed + i);
	test_gap();
	test_leave();
	test_restored();
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		rib_map_put(maps[i]);
	bgp_update_free(parser);
	return ktap_finish();
}
