// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The decision process on the cases of data/rib/decide.txt, which says how
 * they are written; and names for every step.
 */
#include <string.h>

#include "bgp/attr_wire.h"
#include "ktap.h"
#include "lib/hash.h"
#include "lib/util.h"
#include "rib/rib.h"
#include "unit/rib_cases.h"
#include "unit/rib_sent.h"
#include "unit/vectors.h"

#define DATA		"tests/unit/data/rib/decide.txt"
#define N_NEIGHBORS	4
#define N_SESSIONS	(2 * N_NEIGHBORS)
#define LOCAL_AS	65515

static struct rib_peer *peer[N_SESSIONS];
static char sent[N_SESSIONS][VECTOR_TEXT]; /* last of the prefix */
static bool heard[N_SESSIONS];		/* and whether since "mark" */
static bool marked;
static enum conf_kind kind[N_NEIGHBORS];
static enum bgp_role role[N_NEIGHBORS];	/* ours */
static struct rib_policy policy;
static char hops[VECTOR_TEXT];
static struct prefix subject;		/* what the case is about */
static struct bgp_update *parser;
static struct rib *rib;

static struct addr instance(unsigned int session)
{
	return addr_from_v4(0x0a010104 + session % 2);
}

/* ---- what the RIB does ----------------------------------------------- */

static void take_block(unsigned int session,
		       const struct bgp_update_block *block)
{
	char *to = sent[session];
	const struct bgp_attrs *attrs = NULL;
	struct rbuf nlri = block->nlri;
	char buf[PREFIX_STRLEN], path[128];
	struct bgp_nlri entry;
	struct addr hop;
	uint32_t otc;

	if (!block->withdraw)
		attrs = bgp_update_attrs(parser, block);
	while (bgp_nlri_next(&nlri, block->af, false, &entry)) {
		if (!prefix_equal(&entry.prefix, &subject))
			continue;
		heard[session] = true;
		to[0] = '\0';
		if (!attrs)
			continue;
		bgp_as_path_format(attrs, path, sizeof(path));
		hop = bgp_attrs_nexthop(attrs);
		vector_say(to, "%s path %s%s", prefix_format(&subject, buf),
			   path, path[0] ? " " : "");
		vector_say(to, "hop %s", addr_format(&hop, buf));
		bgp_communities_format(attrs, BGP_PART_COMMUNITIES, path,
				       sizeof(path));
		if (path[0])
			vector_say(to, " community %s", path);
		if (attr_list_otc(bgp_attrs_part(attrs, BGP_PART_OTHER), &otc))
			vector_say(to, " otc %u", otc);
	}
}

static void on_send(void *arg, const struct rib_send *send)
{
	const struct bgp_update_rules rules = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.ebgp = kind[send->peers[0] / 2] == CONF_NVA,
	};
	struct rbuf stream = rbuf_make(send->data, send->len);
	unsigned int b;
	size_t i;

	(void)arg;
	while (rib_sent_next(&stream, parser, &rules)) {
		for (b = 0; b < parser->n_blocks; b++) {
			for (i = 0; i < send->n_peers; i++)
				take_block(send->peers[i], &parser->block[b]);
		}
	}
}

static bool on_route(void *arg, const struct rib_route *route)
{
	char buf[ADDR_STRLEN];
	size_t i;

	if (!cases_route(arg, route))
		return false;
	if (prefix_equal(&route->prefix, &subject)) {
		hops[0] = '\0';
		for (i = 0; i < route->n_nexthops; i++)
			vector_say(hops, " %s",
				   addr_format(&route->nexthops[i], buf));
		vector_say(hops, "%s", route->gateway ? " gateway" : "");
	}
	return true;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct rib_ops ops = { on_send, on_route, on_wake };

static void up(unsigned int session)
{
	struct rib_session agreed = {
		.wire = { .as4 = true, .max_len = BGP_MSG_MAX, .families = 3 },
		.nexthop = { instance(session) },
		.role = role[session / 2],
	};

	agreed.nexthop[1] = agreed.nexthop[0];
	agreed.nexthop[1].family = 0;
	rib_peer_up(peer[session], &agreed);
}

static void add_session(unsigned int i)
{
	unsigned int neighbor = i / 2;
	struct rib_peer_conf session = {
		.id = i,
		.name = "nva",
		.neighbor = addr_from_v4(0x0a010201 + neighbor),
		.local = instance(i),
		.as = kind[neighbor] == CONF_NVA ? 65001 + neighbor : LOCAL_AS,
		.policy.kind = kind[neighbor],
	};

	peer[i] = rib_peer_add(rib, &session);
	up(i);
}

static void start(void)
{
	struct rib_conf conf = { .local_as = LOCAL_AS };
	struct prefix space;
	unsigned int i;

	memset(kind, 0, sizeof(kind));
	memset(role, 0, sizeof(role));
	memset(&policy, 0, sizeof(policy));
	rib = rib_new(&conf, &ops, NULL);
	prefix_parse("10.1.0.0/16", &space);
	rib_space_add(rib, &space);
	/* The order in which they come must not matter. */
	for (i = N_SESSIONS; i-- > 0;)
		add_session(i);
	memset(sent, 0, sizeof(sent));
	marked = false;
	hops[0] = '\0';
}

/* ---- what the case says ---------------------------------------------- */

static unsigned int session_parse(const char *word)
{
	if (word[0] < 'a' || word[0] >= 'a' + N_NEIGHBORS || word[1] != '/' ||
	    (word[2] != '1' && word[2] != '2'))
		cases_die("no such session");
	return (word[0] - 'a') * 2 + word[2] - '1';
}

static unsigned int word_among(const char *word, const char *const *words)
{
	unsigned int i;

	for (i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	cases_die("no such word");
	return 0;
}

/* A path on its way to be announced. */
struct path {
	struct bgp_attr_set set;
	struct wbuf as_path, communities, other;
	bool own;			/* nothing is said of the AS path */
};

/* The value of a key that has one; false: it is not such a key. */
static bool take_value(struct path *p, const char *key, const char *word)
{
	static const char *const origins[] = { "igp", "egp", "incomplete",
					       NULL };

	if (!strcmp(key, "hop")) {
		if (addr_parse(word, &p->set.nexthop))
			cases_die("no next hop");
	} else if (!strcmp(key, "origin")) {
		p->set.origin = word_among(word, origins);
	} else if (!strcmp(key, "med")) {
		p->set.med = strtoul(word, NULL, 10);
		p->set.flags |= BGP_ATTRS_MED;
	} else if (!strcmp(key, "local-pref")) {
		p->set.local_pref = strtoul(word, NULL, 10);
		p->set.flags |= BGP_ATTRS_LOCAL_PREF;
	} else if (!strcmp(key, "otc")) {
		attr_list_add_otc(&p->other, rbuf_make(NULL, 0),
				  strtoul(word, NULL, 10));
	} else {
		return false;
	}
	return true;
}

static bool is_key(const char *word)
{
	return !strcmp(word, "as") || !strcmp(word, "hop") ||
	       !strcmp(word, "community") || !strcmp(word, "origin") ||
	       !strcmp(word, "med") || !strcmp(word, "local-pref") ||
	       !strcmp(word, "otc");
}

static void take_words(struct path *p)
{
	unsigned int high, low;
	const char *key = "as";
	char *word;

	while ((word = strtok(NULL, " \n"))) {
		if (!strcmp(word, "leak")) {
			p->set.marks |= BGP_MARK_LEAK;
		} else if (!strcmp(word, "reflected")) {
			p->set.marks |= BGP_MARK_REFLECTED;
		} else if (is_key(word)) {
			key = word;
			p->own &= strcmp(word, "as") != 0;
		} else if (take_value(p, key, word)) {
			continue;
		} else if (!strcmp(key, "as")) {
			wbuf_u32(&p->as_path, strtoul(word, NULL, 10));
		} else if (sscanf(word, "%u:%u", &high, &low) == 2) {
			wbuf_u32(&p->communities, high << 16 | low);
		}
	}
}

static void announce(unsigned int session, char *rest)
{
	struct bgp_nlri nlri = { .path_id = 0 };
	uint8_t path[64], communities[64], other[16], wire[32];
	struct wbuf w = wbuf_make(wire, sizeof(wire));
	struct path p = {
		.set.nexthop = addr_from_v4(0x0a010201 + session / 2),
		.as_path = wbuf_make(path, sizeof(path)),
		.communities = wbuf_make(communities, sizeof(communities)),
		.other = wbuf_make(other, sizeof(other)),
		.own = kind[session / 2] == CONF_NVA,
	};
	struct bgp_attrs *attrs;
	enum bgp_af af;
	char *word = strtok(rest, " \n");

	if (!word || prefix_parse(word, &nlri.prefix))
		cases_die("no prefix");
	subject = nlri.prefix;
	af = subject.addr.family == AF_INET ? BGP_IPV4_UNICAST :
					      BGP_IPV6_UNICAST;
	wbuf_u16(&p.as_path, 0x0200);
	take_words(&p);
	if (p.own)
		wbuf_u32(&p.as_path, 65001 + session / 2);
	path[1] = (p.as_path.len - 2) / 4;
	p.set.part[BGP_PART_AS_PATH] =
		rbuf_make(path, path[1] ? p.as_path.len : 0);
	p.set.part[BGP_PART_COMMUNITIES] =
		rbuf_make(communities, p.communities.len);
	p.set.part[BGP_PART_OTHER] = rbuf_make(other, p.other.len);
	attrs = bgp_attrs_new(&p.set);
	bgp_nlri_build(&w, &nlri, false);
	rib_peer_announce(peer[session], af, attrs, rbuf_make(wire, w.len));
	free(attrs);
}

/* The neighbor comes again as what it is now. */
static void come_again(unsigned int neighbor)
{
	unsigned int i;

	for (i = 2 * neighbor; i < 2 * neighbor + 2; i++) {
		rib_peer_remove(peer[i]);
		cases_settle(rib);
		add_session(i);
	}
}

static void set_peer(unsigned int neighbor, bool override, unsigned int own)
{
	struct rib_peer_policy now = {
		.kind = kind[neighbor],
		.as_override = override,
		.allow_own_as = own,
	};

	rib_peer_set_policy(peer[2 * neighbor], &now);
	rib_peer_set_policy(peer[2 * neighbor + 1], &now);
}

/* What is about policy; false: it is not. */
static bool do_policy(const char *word, char *rest)
{
	static const char *const kinds[] = { "nva", "vpn", "expressroute",
					     NULL };
	static const char *const roles[] = { "none", "provider", "rs",
					     "rs-client", "customer", "peer",
					     NULL };
	static const char *const preferences[] = { "ExpressRoute",
						   "VpnGateway", "ASPath",
						   NULL };
	const char *first = strtok(rest, " \n");
	const char *second = strtok(NULL, " \n");

	if (!strcmp(word, "kind")) {
		kind[first[0] - 'a'] = word_among(second, kinds);
		come_again(first[0] - 'a');
	} else if (!strcmp(word, "role")) {
		role[first[0] - 'a'] = word_among(second, roles);
		come_again(first[0] - 'a');
	} else if (!strcmp(word, "branch-to-branch")) {
		policy.branch_to_branch = !strcmp(first, "on");
	} else if (!strcmp(word, "prefer")) {
		policy.preference = word_among(first, preferences);
	} else if (!strcmp(word, "as-override")) {
		set_peer(first[0] - 'a', true, 0);
	} else if (!strcmp(word, "allowas-in")) {
		set_peer(first[0] - 'a', false, atoi(second));
	} else if (!strcmp(word, "mark")) {
		marked = true;
	} else {
		return false;
	}
	rib_set_policy(rib, &policy);
	cases_settle(rib);
	return true;
}

static void do_line(char *line)
{
	char *rest = line + strcspn(line, " \n");
	struct prefix space;
	char *word;

	if (*rest != '\0')
		*rest++ = '\0';
	if (!strcmp(line, "space") || !strcmp(line, "nospace")) {
		rest[strcspn(rest, "\n")] = '\0';
		if (prefix_parse(rest, &space))
			cases_die("no prefix");
		cases_settle(rib);
		ktap_must(line[0] == 's' ? rib_space_add(rib, &space) :
					   rib_space_del(rib, &space));
	} else if (!strcmp(line, "long-lived")) {
		cases_settle(rib);
		word = strtok(rest, " \n");
		rib_peer_long_lived(peer[session_parse(word)],
				    BGP_IPV4_UNICAST);
	} else if (line[1] != '/' && strcmp(line, "down") != 0) {
		cases_settle(rib);
		if (!do_policy(line, rest))
			cases_die("no such line");
		if (!strcmp(line, "mark"))
			memset(heard, 0, sizeof(heard));
	} else if (!strcmp(line, "down")) {
		cases_settle(rib);
		word = strtok(rest, " \n");
		rib_peer_down(peer[session_parse(word)],
			      strtok(NULL, " \n") ? 3 : 0, 0);
	} else {
		announce(session_parse(line), rest);
	}
}

static bool on_row(void *arg, const struct rib_row *row)
{
	(void)arg;
	if (!prefix_equal(&row->prefix, &subject))
		return true;
	/* Of what is not in use there is nothing in the kernel. */
	if ((row->why <= RIB_WHY_SAME_NEXT_HOP && !row->suppressed_by) !=
	    (row->state == RIB_ROUTE_INSTALLED))
		vector_say(arg, "state %d: ", row->state);
	vector_say(arg, "%c/%c %s%s%s\n", 'a' + row->peer->id / 2,
		   '1' + row->peer->id % 2, rib_why_name(row->why),
		   row->suppressed_by && row->why != RIB_WHY_OWN_SPACE ?
		   " suppressed" : "", row->stale ? " stale" : "");
	return true;
}

/* Rows of a prefix come in order of peer index: sort them by session. */
static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void learned(char *out)
{
	char rows[VECTOR_TEXT] = "", *line[64];
	struct rib_walk *walk;
	size_t i, n = 0;

	walk = rib_walk_new(rib, subject.addr.family == AF_INET ? 0 : 1,
			    RIB_VIEW_LEARNED, NULL);
	while (rib_walk_run(walk, 100, on_row, rows))
		;
	rib_walk_free(walk);
	for (line[n] = strtok(rows, "\n"); line[n]; line[n] = strtok(NULL,
								     "\n"))
		n++;
	qsort(line, n, sizeof(*line), line_cmp);
	for (i = 0; i < n; i++)
		vector_say(out, "%s\n", line[i]);
}

/* All that may be said of the case; "to" lines only where it is expected. */
static void outcome(const char *expected, char *out)
{
	char line[64];
	unsigned int i;

	learned(out);
	vector_say(out, "hops%s\n", hops);
	for (i = 0; i < N_SESSIONS; i++) {
		snprintf(line, sizeof(line), "to %c/%c ", 'a' + i / 2,
			 '1' + i % 2);
		if (strstr(expected, line))
			vector_say(out, "%s%s\n", line,
				   marked && !heard[i] ? "nothing new" :
				   sent[i][0] ? sent[i] : "-");
	}
}

static void finish(const char *name, const char *expected)
{
	char got[VECTOR_TEXT] = "";

	cases_settle(rib);
	outcome(expected, got);
	if (!ktap_ok(strcmp(got, expected) == 0, "%s", name))
		printf("got:\n%swant:\n%s", got, expected);
	rib_free(rib);
}

static void test_names(void)
{
	enum rib_why a, b;
	bool ok = true;

	for (a = 0; a < RIB_WHY_COUNT; a++) {
		ok &= rib_why_name(a) != NULL;
		for (b = 0; ok && b < a; b++)
			ok &= strcmp(rib_why_name(a), rib_why_name(b)) != 0;
	}
	ktap_ok(ok, "every step has a name of its own");
}

int main(void)
{
	static const struct cases_ops case_ops = { start, do_line, finish };

	ktap_start();
	hash_init();
	parser = bgp_update_new();
	cases_run(DATA, &case_ops);
	test_names();
	bgp_update_free(parser);
	return ktap_finish();
}
