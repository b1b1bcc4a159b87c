// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Route maps on the cases of data/rib/map.txt, which says how they are
 * written: what a map makes of single routes, and of a table with peers.
 */
#include <string.h>

#include "bgp/attr_wire.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "unit/rib_cases.h"
#include "unit/rib_map_text.h"
#include "unit/rib_sent.h"
#include "unit/vectors.h"

#define DATA		"tests/unit/data/rib/map.txt"
#define LOCAL_AS	65515
#define N_PEERS		3
#define N_ROUTES	16

static struct rib_peer *peer[N_PEERS], *instance;
static struct bgp_update *parser;
static struct rib *rib;
static struct prefix spaces[4];
static unsigned int n_spaces;
static bool slow;			/* b has been paused */
static struct rib_peer_policy policy[N_PEERS];
static char map_rules[VECTOR_TEXT];	/* of the next map */

/* What peer b has been sent and has not had withdrawn since. */
static struct {
	struct prefix prefix;
	char text[256];
} table[N_ROUTES];
static unsigned int n_table, n_updates;

static void describe(char *buf, const struct prefix *prefix,
		     const struct bgp_attrs *attrs)
{
	char text[128];
	uint32_t otc;

	vector_say(buf, "%s", prefix_format(prefix, text));
	bgp_as_path_format(attrs, text, sizeof(text));
	vector_say(buf, "%s%s", text[0] ? " path " : "", text);
	bgp_communities_format(attrs, BGP_PART_COMMUNITIES, text,
			       sizeof(text));
	vector_say(buf, "%s%s", text[0] ? " community " : "", text);
	if (attr_list_otc(bgp_attrs_part(attrs, BGP_PART_OTHER), &otc))
		vector_say(buf, " otc=%u", otc);
}

/* ---- the table ------------------------------------------------------- */

static void sent(const struct prefix *prefix, const struct bgp_attrs *attrs)
{
	char text[VECTOR_TEXT] = "";
	unsigned int i;

	n_updates++;
	for (i = 0; i < n_table; i++)
		if (prefix_equal(&table[i].prefix, prefix))
			break;
	if (!attrs) {
		/* A map that lets nothing out withdraws nothing; only of a
		 * slow peer it is not known what it has.
		 */
		ktap_must(i < n_table || slow);
		if (i == n_table)
			return;
		table[i] = table[--n_table];
		return;
	}
	ktap_must(i < N_ROUTES);
	n_table = MAX(n_table, i + 1);
	describe(text, prefix, attrs);
	table[i].prefix = *prefix;
	snprintf(table[i].text, sizeof(table[i].text), "%.255s", text);
}

static bool is_for_b(const struct rib_send *send)
{
	size_t i;

	for (i = 0; i < send->n_peers; i++)
		if (send->peers[i] == 1)
			return true;
	return false;
}

static void on_send(void *arg, const struct rib_send *send)
{
	static const struct bgp_update_rules rules = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.ebgp = true,
	};
	struct rbuf stream = rbuf_make(send->data, send->len), nlri;
	const struct bgp_attrs *attrs;
	struct bgp_nlri entry;
	unsigned int b;

	(void)arg;
	while (rib_sent_next(&stream, parser, &rules)) {
		for (b = 0; b < parser->n_blocks; b++) {
			nlri = parser->block[b].nlri;
			attrs = parser->block[b].withdraw ? NULL :
				bgp_update_attrs(parser, &parser->block[b]);
			while (is_for_b(send) &&
			       bgp_nlri_next(&nlri, 0, false, &entry))
				sent(&entry.prefix, attrs);
		}
	}
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { on_send, cases_route, on_wake };

/* Peer a announces, peers b and c listen, and are alike. */
static void start(void)
{
	struct rib_session agreed = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 1,
			  .long_lived = 1 },
		.nexthop = { addr_from_v4(0x0a010104) },
	};
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct rib_peer_conf session;
	unsigned int i;

	rib = rib_new(&conf, &ops, NULL);
	memset(policy, 0, sizeof(policy));
	map_rules[0] = '\0';
	n_table = n_updates = 0;
	slow = false;
	for (i = 0; i < N_PEERS; i++) {
		session = (struct rib_peer_conf){
			.id = i,
			.name = "nva",
			.neighbor = addr_from_v4(0x0a010201 + i),
			.local = addr_from_v4(0x0a010104),
			.as = 65001 + i,
		};
		peer[i] = rib_peer_add(rib, &session);
		rib_peer_up(peer[i], &agreed);
	}
	cases_settle(rib);
}

static void update(char *rest, bool withdraw)
{
	struct bgp_nlri nlri = { .path_id = 0 };
	uint8_t path[64], communities[64], other[16], wire[32];
	struct wbuf p = wbuf_make(path, sizeof(path));
	struct wbuf c = wbuf_make(communities, sizeof(communities));
	struct wbuf o = wbuf_make(other, sizeof(other));
	struct wbuf w = wbuf_make(wire, sizeof(wire));
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010201) };
	char *word = strtok(rest, " \n");
	unsigned int high, low;
	struct bgp_attrs *attrs;
	bool in_path = true;

	if (!word || prefix_parse(word, &nlri.prefix))
		cases_die("no prefix");
	wbuf_u16(&p, 0x0200);
	while ((word = strtok(NULL, " \n"))) {
		if (!strcmp(word, "as") || !strcmp(word, "community"))
			in_path = word[0] == 'a';
		else if (!strncmp(word, "hop=", 4))
			addr_parse(word + 4, &set.nexthop);
		else if (!strncmp(word, "otc=", 4))
			attr_list_add_otc(&o, rbuf_make(NULL, 0),
					  strtoul(word + 4, NULL, 10));
		else if (in_path)
			wbuf_u32(&p, strtoul(word, NULL, 10));
		else if (sscanf(word, "%u:%u", &high, &low) == 2)
			wbuf_u32(&c, high << 16 | low);
	}
	if (p.len == 2)
		wbuf_u32(&p, 65001);
	path[1] = (p.len - 2) / 4;
	set.part[BGP_PART_AS_PATH] = rbuf_make(path, p.len);
	set.part[BGP_PART_COMMUNITIES] = rbuf_make(communities, c.len);
	set.part[BGP_PART_OTHER] = rbuf_make(other, o.len);
	attrs = bgp_attrs_new(&set);
	bgp_nlri_build(&w, &nlri, false);
	if (withdraw)
		rib_peer_withdraw(peer[0], 0, rbuf_make(wire, w.len));
	else
		rib_peer_announce(peer[0], 0, attrs, rbuf_make(wire, w.len));
	free(attrs);
}

/* ---- maps ------------------------------------------------------------ */

/* The inbound map of a, or the outbound one of b and c. */
static void set_map(bool in, struct rib_map *map)
{
	unsigned int i;

	policy[0].in = in ? map : policy[0].in;
	for (i = 1; i < N_PEERS; i++)
		policy[i].out = in ? policy[i].out : map;
	for (i = 0; i < N_PEERS; i++)
		if (peer[i])
			rib_peer_set_policy(peer[i], &policy[i]);
	rib_map_put(map);		/* the peers hold it */
}

/* Another address of ours, as long as there is a session with it. */
static void set_instance(char *address)
{
	struct rib_peer_conf conf = {
		.id = N_PEERS,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010201),
		.as = 65001,
	};

	if (instance)
		rib_peer_remove(instance);
	instance = NULL;
	if (!address || addr_parse(address, &conf.local))
		return;
	instance = rib_peer_add(rib, &conf);
}

/* ---- cases ----------------------------------------------------------- */

static bool on_row(void *arg, const struct rib_row *row)
{
	char hop[ADDR_STRLEN];
	struct addr addr = bgp_attrs_nexthop(row->attrs);

	if (!row->peer || row->peer->id != 0)
		return true;
	vector_say(arg, "a ");
	describe(arg, &row->prefix, row->attrs);
	if (!addr_equal(&addr, &row->peer->neighbor))
		vector_say(arg, " hop=%s", addr_format(&addr, hop));
	vector_say(arg, " %s\n", rib_why_name(row->why));
	return true;
}

static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void outcome(char *got)
{
	struct rib_walk *walk = rib_walk_new(rib, 0, RIB_VIEW_LEARNED, NULL);
	char *line[N_ROUTES];
	unsigned int i;

	while (rib_walk_run(walk, 100, on_row, got))
		;
	rib_walk_free(walk);
	for (i = 0; i < n_table; i++)
		line[i] = table[i].text;
	qsort(line, n_table, sizeof(*line), line_cmp);
	for (i = 0; i < n_table; i++)
		vector_say(got, "b %s\n", line[i]);
	if (rib_peer_stats(peer[1], 0).advertised != n_table)
		vector_say(got, "counted %u\n",
			   rib_peer_stats(peer[1], 0).advertised);
}

static void finish(const char *name, const char *expected)
{
	char got[VECTOR_TEXT] = "";
	struct rib_mem mem;

	cases_settle(rib);
	outcome(got);
	if (strstr(expected, "updates "))
		vector_say(got, "updates %u\n", n_updates);
	if (!ktap_ok(strcmp(got, expected) == 0, "%s", name))
		printf("got:\n%swant:\n%s", got, expected);
	rib_peer_remove(peer[0]);
	peer[0] = NULL;
	set_instance(NULL);
	while (n_spaces > 0)
		rib_space_del(rib, &spaces[--n_spaces]);
	cases_settle(rib);
	set_map(false, NULL);		/* its summaries are there till then */
	cases_settle(rib);
	rib_mem(rib, &mem);
	ktap_ok(mem.paths == 0 && mem.prefixes == 0 && mem.attrs == 1 &&
		n_table == 0, "%s: nothing is left", name);
	rib_free(rib);
}

static void add_space(char *rest)
{
	rest[strcspn(rest, "\n")] = '\0';
	ktap_must(n_spaces < ARRAY_SIZE(spaces) &&
		  !prefix_parse(rest, &spaces[n_spaces]) &&
		  rib_space_add(rib, &spaces[n_spaces]));
	n_spaces++;
}

static void do_line(char *line)
{
	char *rest = line + strcspn(line, " \n");

	if (line[0] == ' ') {
		vector_say(map_rules, "%s", line);
		return;
	}
	if (*rest != '\0')
		*rest++ = '\0';
	if (!strcmp(line, "in") || !strcmp(line, "out")) {
		cases_settle(rib);
		set_map(line[0] == 'i',
			map_rules[0] ? rib_map_from_text(map_rules) : NULL);
		map_rules[0] = '\0';
		cases_settle(rib);
	} else if (!strcmp(line, "announce") || !strcmp(line, "withdraw")) {
		update(rest, line[0] == 'w');
	} else if (!strcmp(line, "space")) {
		add_space(rest);
	} else if (!strcmp(line, "instance")) {
		cases_settle(rib);
		set_instance(strtok(rest, " \n"));
	} else if (!strcmp(line, "mark")) {
		cases_settle(rib);
		n_updates = 0;
	} else if (!strcmp(line, "stale")) {
		rib_peer_stale(peer[0], 0);
	} else if (!strcmp(line, "long-lived")) {
		rib_peer_long_lived(peer[0], 0);
	} else if (!strcmp(line, "refresh")) {
		rib_peer_refresh(peer[1], 0);
	} else if (!strcmp(line, "pause")) {
		rib_peer_pause(peer[1]);
		slow = true;
	} else if (!strcmp(line, "resume")) {
		rib_peer_resume(peer[1]);
	} else if (!strcmp(line, "sweep")) {
		rib_peer_sweep(peer[0], 0);
		cases_settle(rib);
	} else {
		cases_die("no such line");
	}
}

/* ---- long lists ------------------------------------------------------ */

/* Attributes with communities 0:0 up to @n of them, in order. */
static struct bgp_attrs *with_communities(unsigned int n)
{
	static uint8_t list[UINT16_MAX];
	struct bgp_attr_set set = { .nexthop = addr_from_v4(0x0a010201) };
	struct wbuf w = wbuf_make(list, sizeof(list));
	unsigned int i;

	for (i = 0; i < n; i++)
		wbuf_u32(&w, i);
	ktap_must(wbuf_ok(&w));
	set.part[BGP_PART_COMMUNITIES] = rbuf_make(list, w.len);
	return bgp_attrs_new(&set);
}

/* How many communities a map of one action leaves; 0: it drops the route. */
static size_t left_by(const char *action, const struct bgp_attrs *attrs)
{
	struct rib_map_result result;
	struct rib_map *map;
	char text[256];
	size_t n;

	snprintf(text, sizeof(text), "      - { name: r, actions: [%s] }\n",
		 action);
	map = rib_map_from_text(text);
	result = rib_map_apply(map, attrs, 0, 0);
	n = bgp_attrs_part(result.attrs ?: attrs, BGP_PART_COMMUNITIES).left /
	    sizeof(uint32_t);
	free(result.attrs);
	rib_map_put(map);
	return result.drop ? 0 : n;
}

/* No peer can have a rule left out by a list that is long. */
static void test_long(void)
{
	static const unsigned int most = UINT16_MAX / 4;
	struct bgp_attrs *long_list = with_communities(most);
	struct bgp_attrs *half = with_communities(most / 2 + 2);

	ktap_ok(left_by("{ type: Add, communities: [\"65001:1\"] }", half) ==
		most / 2 + 3, "a community is added to a long list");
	ktap_ok(left_by("{ type: Remove, communities: [\"0:1\"] }",
			long_list) == most - 1, "removed from the longest");
	ktap_ok(left_by("{ type: Add, communities: [\"0:1\"] }", long_list) ==
		most, "added to it where it is there already");
	ktap_ok(left_by("{ type: Add, communities: [\"65001:1\"] }",
			long_list) == 0,
		"and with one more than a message holds the route is dropped");
	free(long_list);
	free(half);
}

int main(void)
{
	static const struct cases_ops case_ops = { start, do_line, finish };

	ktap_start();
	hash_init();
	parser = bgp_update_new();
	cases_run(DATA, &case_ops);
	test_long();
	bgp_update_free(parser);
	return ktap_finish();
}
