// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several paths of one prefix to a peer (RFC 7911), told step by step: which
 * identifier each has, and that no more is sent than has changed. That what
 * peers have in the end is right is rib_oracle_test's.
 */
#include <string.h>

#include "conf/conf.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "unit/rib_map_text.h"
#include "unit/rib_sent.h"

#define LOCAL_AS	65515
#define SOURCES		4		/* peers with these ids announce */
#define TAKER		10		/* and these are sent paths */
#define TWIN		11
#define IDS		(CONF_PATHS_MAX + 1)

static struct rib *rib;
static struct bgp_update *parser;
static struct rib_peer *peer[TWIN + 1];
static char has[TWIN + 1][IDS][64];	/* AS path by identifier */
static unsigned int reached, unreached, sends;
static unsigned int lost;		/* what a peer had was withdrawn */
static enum bgp_role taker_role;	/* ours to it, RFC 9234 */
static bool otc;			/* what is said has it */
static bool hop6;			/* and an IPv6 next hop */
static bool twin_hop6;			/* TWIN takes such, RFC 8950 */
static bool one_path;			/* without ADD-PATH */

static struct addr host(unsigned int n)
{
	return addr_from_v4(0x0a010200 + n);
}

static struct prefix the_prefix(void)
{
	struct addr addr = addr_from_v4(0x0afa0000);

	return prefix_make(&addr, 16);
}

/* ---- what is sent ---------------------------------------------------- */

static void take_block(uint32_t id, const struct bgp_update_block *block)
{
	struct rbuf nlri = block->nlri;
	struct bgp_nlri entry;

	while (bgp_nlri_next(&nlri, block->af, !one_path, &entry)) {
		ktap_must(entry.path_id < IDS);
		reached += !block->withdraw;
		unreached += block->withdraw;
		lost += block->withdraw && has[id][entry.path_id][0];
		has[id][entry.path_id][0] = '\0';
		if (!block->withdraw)
			bgp_as_path_format(bgp_update_attrs(parser, block),
					   has[id][entry.path_id],
					   sizeof(has[id][0]));
	}
}

static void take(uint32_t id, struct rbuf stream)
{
	const struct bgp_update_rules rules = {
		.wire = { .as4 = true, .families = 1,
			  .add_path_rx = !one_path, .ext_nexthop = 1 },
	};
	unsigned int i;

	while (rib_sent_next(&stream, parser, &rules)) {
		for (i = 0; i < parser->n_blocks; i++)
			take_block(id, &parser->block[i]);
	}
}

static void on_send(void *arg, const struct rib_send *send)
{
	size_t i;

	(void)arg;
	sends++;
	for (i = 0; i < send->n_peers; i++) {
		if (send->peers[i] >= TAKER)
			take(send->peers[i],
			     rbuf_make(send->data, send->len));
	}
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { .send = on_send, .wake = on_wake };

static void run(void)
{
	reached = unreached = lost = sends = 0;
	while (rib_run(rib, 1000))
		;
}

/* ---- what is done ---------------------------------------------------- */

static void add_peer(unsigned int n, const struct rib_peer_policy *policy)
{
	struct rib_peer_conf conf = {
		.id = n,
		.name = "nva",
		.neighbor = host(n),
		.local = addr_from_v4(0x0a010104),
		.as = policy->kind == CONF_NVA ? 65000 + n : LOCAL_AS,
		.policy = *policy,
	};
	struct rib_session session = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .add_path_tx = n >= TAKER && !one_path,
			  .ext_nexthop = n == TWIN && twin_hop6 },
		.nexthop = { conf.local },
		.role = n == TAKER ? taker_role : BGP_ROLE_NONE,
	};

	peer[n] = rib_peer_add(rib, &conf);
	memset(has[n], 0, sizeof(has[n]));
	rib_peer_up(peer[n], &session);
}

static void start(const struct rib_peer_policy *policy)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	unsigned int n;

	rib = rib_new(&conf, &ops, NULL);
	for (n = 1; n <= SOURCES; n++)
		add_peer(n, &(struct rib_peer_policy){ .kind = CONF_NVA });
	add_peer(TAKER, policy);
	run();
}

/* From peer @n with so many AS numbers, or none: withdrawn. */
static void say(unsigned int n, unsigned int hops)
{
	static const uint8_t attr[] = { 0xc0, 35, 4, 0, 0, 0xfd, 0xe9 };
	struct bgp_nlri nlri = { .prefix = the_prefix() };
	uint8_t path[64], buf[8];
	struct wbuf w = wbuf_make(path, sizeof(path));
	struct wbuf to = wbuf_make(buf, sizeof(buf));
	struct bgp_attr_set set = { .nexthop = host(n) };
	struct bgp_attrs *attrs;
	unsigned int i;

	if (hop6)
		set.nexthop = addr_make(AF_INET6, (uint8_t[16]){ 0xfd, n });
	bgp_nlri_build(&to, &nlri, false);
	if (hops == 0) {
		rib_peer_withdraw(peer[n], 0, rbuf_make(buf, to.len));
		return;
	}
	wbuf_u8(&w, 2);
	wbuf_u8(&w, hops);
	for (i = 0; i < hops; i++)
		wbuf_u32(&w, 65000 + n);
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, w.len);
	if (otc)
		set.part[BGP_PART_OTHER] = rbuf_make(attr, sizeof(attr));
	attrs = bgp_attrs_new(&set);
	rib_peer_announce(peer[n], 0, attrs, rbuf_make(buf, to.len));
	free(attrs);
}

static void set_policy(struct rib_peer_policy policy)
{
	rib_peer_set_policy(peer[TAKER], &policy);
	rib_map_put(policy.out);	/* the peer holds it */
	run();
}

static struct rib_map *drop_map(const char *as)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "      - name: r\n"
		 "        match: [{ condition: Contains, as-path: [%s] }]\n"
		 "        actions: [{ type: Drop }]\n", as);
	return rib_map_from_text(text);
}

/* Whether a peer has this by identifiers 1 to 3; NULL: nothing. */
static bool peer_has(unsigned int n, const char *one, const char *two,
		     const char *three)
{
	const char *const want[] = { one, two, three };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (strcmp(has[n][i + 1], want[i] ? want[i] : "") != 0) {
			printf("# identifier %u: \"%s\"\n", i + 1,
			       has[n][i + 1]);
			return false;
		}
	}
	return has[n][0][0] == '\0' && has[n][4][0] == '\0';
}

static void finish(const char *name)
{
	struct rib_mem mem;
	unsigned int n;

	for (n = 1; n <= SOURCES; n++)
		rib_peer_remove(peer[n]);
	run();
	ktap_ok(peer_has(TAKER, NULL, NULL, NULL), "%s: all is withdrawn",
		name);
	rib_peer_remove(peer[TAKER]);
	run();
	rib_mem(rib, &mem);
	ktap_ok(mem.prefixes == 0 && mem.attrs == 1, "%s: nothing is left",
		name);
	rib_free(rib);
}

/* ---- cases ----------------------------------------------------------- */

static void test_identifiers(void)
{
	start(&(struct rib_peer_policy){ .add_path_send = 2 });
	say(1, 1);
	say(2, 2);
	say(3, 3);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001", "65515 65002 65002", NULL) &&
		reached == 2, "the two best of three are sent");
	say(1, 0);
	run();
	ktap_ok(peer_has(TAKER, "65515 65003 65003 65003",
			 "65515 65002 65002", NULL) &&
		reached == 1 && unreached == 0,
		"the next replaces one that goes, the other stays as it is");
	say(1, 1);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001", "65515 65002 65002", NULL) &&
		reached == 1 && unreached == 0, "and is replaced in turn");
	say(2, 0);
	say(3, 0);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001", NULL, NULL) && reached == 0 &&
		unreached == 1, "a path goes by itself");
	say(1, 2);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001 65001", NULL, NULL) &&
		reached == 1 && unreached == 0, "another of the same source");
	rib_peer_refresh(peer[TAKER], 0);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001 65001", NULL, NULL) &&
		reached == 1, "asked for again, it is sent again");
	finish("identifiers");
}

static void test_number(void)
{
	start(&(struct rib_peer_policy){ .add_path_send = 2 });
	say(1, 1);
	say(2, 2);
	say(3, 3);
	run();
	set_policy((struct rib_peer_policy){ .add_path_send = 3 });
	ktap_ok(peer_has(TAKER, "65515 65001", "65515 65002 65002",
			 "65515 65003 65003 65003"),
		"one more is sent when that is allowed");
	set_policy((struct rib_peer_policy){ .add_path_send = 1 });
	ktap_ok(peer_has(TAKER, "65515 65001", NULL, NULL),
		"and withdrawn when it is not");
	finish("number");
}

static void test_map(void)
{
	start(&(struct rib_peer_policy){ .add_path_send = 2 });
	say(1, 1);
	say(2, 2);
	say(3, 3);
	run();
	set_policy((struct rib_peer_policy){
		.add_path_send = 2,
		.out = drop_map("65001"),
	});
	ktap_ok(peer_has(TAKER, "65515 65003 65003 65003",
			 "65515 65002 65002", NULL),
		"what a map drops takes no place");
	set_policy((struct rib_peer_policy){
		.add_path_send = 2,
		.out = drop_map("65004"),
	});
	ktap_ok(peer_has(TAKER, "65515 65001", "65515 65002 65002", NULL),
		"another map lets it out");
	set_policy((struct rib_peer_policy){
		.add_path_send = 2,
		.out = drop_map("65003"),
	});
	ktap_ok(reached == 0 && unreached == 0,
		"a map that changes nothing sends nothing");
	/* All prefixes are decided anew for this, before it is their turn. */
	set_policy((struct rib_peer_policy){
		.add_path_send = 2,
		.allow_own_as = 1,
		.out = drop_map("65004"),
	});
	ktap_ok(unreached == 0 && peer_has(TAKER, "65515 65001",
					   "65515 65002 65002", NULL),
		"with another policy inbound none is taken away");
	finish("map");
}

/* RFC 9234 5: as with a map */
static void test_role(void)
{
	taker_role = BGP_ROLE_CUSTOMER;
	start(&(struct rib_peer_policy){ .add_path_send = 2 });
	taker_role = BGP_ROLE_NONE;
	otc = true;
	say(1, 1);
	otc = false;
	say(2, 2);
	say(3, 3);
	run();
	ktap_ok(peer_has(TAKER, "65515 65002 65002",
			 "65515 65003 65003 65003", NULL),
		"what may not go to a provider takes no place");
	finish("role");
}

static void test_group(void)
{
	struct rib_peer_policy policy = { .add_path_send = 3 };

	start(&policy);
	say(1, 1);
	say(2, 2);
	run();
	add_peer(TWIN, &policy);
	run();
	ktap_ok(peer_has(TWIN, "65515 65001", "65515 65002 65002", NULL),
		"one that comes later has the same identifiers");
	say(3, 3);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001", "65515 65002 65002",
			 "65515 65003 65003 65003") &&
		peer_has(TWIN, "65515 65001", "65515 65002 65002",
			 "65515 65003 65003 65003") && sends == 1,
		"what is new is encoded once for both");
	rib_peer_pause(peer[TWIN]);
	say(4, 4);
	say(1, 0);
	run();
	ktap_ok(peer_has(TWIN, "65515 65001", "65515 65002 65002",
			 "65515 65003 65003 65003") &&
		peer_has(TAKER, "65515 65004 65004 65004 65004",
			 "65515 65002 65002", "65515 65003 65003 65003"),
		"a paused one is left alone");
	say(2, 0);
	run();
	rib_peer_resume(peer[TWIN]);
	run();
	ktap_ok(peer_has(TWIN, "65515 65004 65004 65004 65004", NULL,
			 "65515 65003 65003 65003"),
		"and told what is new and what has gone");
	rib_peer_remove(peer[TWIN]);
	finish("group");
}

/*
 * A group that just has got a member knows of no paths before its turn: who
 * comes there with some is not to lose them until then.
 */
static void test_move(void)
{
	struct rib_peer_policy two = { .add_path_send = 2 };
	struct rib_peer_policy three = { .add_path_send = 3 };

	start(&two);
	say(1, 1);
	say(2, 2);
	run();
	rib_peer_set_policy(peer[TAKER], &three);
	add_peer(TWIN, &three);
	run();
	ktap_ok(lost == 0 &&
		peer_has(TAKER, "65515 65001", "65515 65002 65002", NULL) &&
		peer_has(TWIN, "65515 65001", "65515 65002 65002", NULL),
		"one comes up where another goes: none is taken away");
	rib_peer_remove(peer[TWIN]);
	run();
	add_peer(TWIN, &two);
	rib_peer_set_policy(peer[TAKER], &two);
	run();
	ktap_ok(lost == 0 &&
		peer_has(TAKER, "65515 65001", "65515 65002 65002", NULL) &&
		peer_has(TWIN, "65515 65001", "65515 65002 65002", NULL),
		"one goes where another has just come up: likewise");
	rib_peer_remove(peer[TWIN]);
	run();
	add_peer(TWIN, &three);
	rib_peer_set_policy(peer[TAKER], &three);
	say(2, 0);
	run();
	ktap_ok(peer_has(TAKER, "65515 65001", NULL, NULL) &&
		peer_has(TWIN, "65515 65001", NULL, NULL),
		"but what has gone meanwhile is");
	rib_peer_remove(peer[TWIN]);
	finish("move");
}

/* Gateways hear of NVAs with branch-to-branch only. */
static void test_audience(void)
{
	struct rib_policy policy = { .branch_to_branch = true };

	start(&(struct rib_peer_policy){
		.kind = CONF_VPN,
		.add_path_send = 2,
	});
	say(1, 1);
	say(2, 1);
	run();
	ktap_ok(peer_has(TAKER, NULL, NULL, NULL),
		"a gateway hears nothing of NVAs");
	rib_set_policy(rib, &policy);
	run();
	ktap_ok(peer_has(TAKER, "65001", "65002", NULL),
		"but with branch-to-branch does");
	policy.branch_to_branch = false;
	rib_set_policy(rib, &policy);
	run();
	ktap_ok(peer_has(TAKER, NULL, NULL, NULL), "as long as it is on");
	finish("audience");
}

static void test_next_hop(void)
{
	struct rib_policy policy = { .branch_to_branch = true };
	struct rib_peer_policy gateway = {
		.kind = CONF_VPN,
		.add_path_send = 2,
	};
	unsigned int id = one_path ? 0 : 1;

	start(&gateway);
	twin_hop6 = true;
	add_peer(TWIN, &gateway);
	twin_hop6 = false;
	rib_set_policy(rib, &policy);
	say(1, 1);
	run();
	ktap_ok(strcmp(has[TAKER][id], "65001") == 0 &&
		strcmp(has[TWIN][id], "65001") == 0,
		"gateways are told a next hop as it is");
	hop6 = true;
	say(1, 2);
	run();
	hop6 = false;
	ktap_ok(!has[TAKER][id][0] && lost == 1,
		"one of IPv6 not where that is not agreed on");
	ktap_ok(strcmp(has[TWIN][id], "65001 65001") == 0,
		"but where it is");
	if (!one_path) {
		say(2, 3);
		run();
		ktap_ok(peer_has(TAKER, "65002 65002 65002", NULL, NULL),
			"it takes no place");
	}
	rib_peer_remove(peer[TWIN]);
	finish("next hop");
}

int main(void)
{
	ktap_start();
	hash_init();
	parser = bgp_update_new();
	test_identifiers();
	test_number();
	test_map();
	test_role();
	test_group();
	test_move();
	test_audience();
	test_next_hop();
	one_path = true;
	test_next_hop();
	bgp_update_free(parser);
	return ktap_finish();
}
