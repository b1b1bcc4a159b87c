// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A map is gone through rule by rule. All criteria of a rule must hold for
 * what the rules before have made of the route; then its actions are done in
 * order. A rule that did not match hands on to the next, whatever its next
 * step; a route that no rule ends is let through as it has become.
 */
#include "rib/map.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/community.h"
#include "lib/util.h"

struct criterion {
	enum conf_condition condition;
	uint64_t class_bit;		/* 0: it is not about prefixes */
	struct prefix *prefix;		/* sorted */
	uint32_t *number;
	size_t n;
	bool communities;		/* else the AS path */
};

struct action {
	enum conf_verb verb;
	struct prefix prefix;		/* to replace by; family 0: none */
	uint64_t class;			/* of it */
	uint32_t *number;
	size_t n;
	bool communities;
};

struct rule {
	struct criterion *match;
	size_t n_match;
	struct action *action;
	size_t n_actions;
	enum conf_next next;
};

struct rib_map {
	unsigned int refs;
	struct rule *rule;
	size_t n_rules;
	uint64_t class_bits;		/* in use; 0: prefixes do not matter */
};

/* A route under way. A part changes between two places in turns. */
struct work {
	struct bgp_attr_set set;
	uint64_t class;
	const struct prefix *replaced;
	bool changed, dropped;
	uint32_t keep_as;
};

/* A part of any length, and behind it the same in order. */
#define SCRATCH_SIZE	(2 * (UINT16_MAX + 1))

static uint8_t scratch[BGP_PART_COUNT][2][SCRATCH_SIZE];

/* ---- making ---------------------------------------------------------- */

static int by_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static void *copy(const void *from, size_t n, size_t size)
{
	void *to = xcalloc(n + 1, size);

	if (n > 0)
		memcpy(to, from, n * size);
	return to;
}

static void copy_numbers(const struct conf_subject *from, uint32_t **number,
			 size_t *n, bool *communities)
{
	*communities = from->communities != NULL;
	*n = *communities ? from->n_communities : from->n_as_path;
	*number = copy(*communities ? from->communities : from->as_path, *n,
		       sizeof(**number));
}

static struct criterion criterion_new(struct rib_map *map,
				      const struct conf_criterion *from)
{
	struct criterion to = { .condition = from->condition };

	if (!from->subject.prefixes) {
		copy_numbers(&from->subject, &to.number, &to.n,
			     &to.communities);
		return to;
	}
	to.n = from->subject.n_prefixes;
	to.prefix = copy(from->subject.prefixes, to.n, sizeof(*to.prefix));
	qsort(to.prefix, to.n, sizeof(*to.prefix), by_prefix);
	to.class_bit = map->class_bits + 1;
	map->class_bits |= to.class_bit;
	return to;
}

static struct action action_new(const struct conf_action *from)
{
	struct action to = { .verb = from->verb };

	if (from->subject.prefixes)
		to.prefix = from->subject.prefixes[0];
	else
		copy_numbers(&from->subject, &to.number, &to.n,
			     &to.communities);
	return to;
}

static struct rule rule_new(struct rib_map *map, const struct conf_rule *from)
{
	struct rule to = {
		.match = xcalloc(from->n_match + 1, sizeof(*to.match)),
		.n_match = from->n_match,
		.action = xcalloc(from->n_actions + 1, sizeof(*to.action)),
		.n_actions = from->n_actions,
		.next = from->next,
	};
	size_t i;

	for (i = 0; i < to.n_match; i++)
		to.match[i] = criterion_new(map, &from->match[i]);
	for (i = 0; i < to.n_actions; i++)
		to.action[i] = action_new(&from->actions[i]);
	return to;
}

struct rib_map *rib_map_new(const struct conf_map *conf)
{
	struct rib_map *map = xcalloc(1, sizeof(*map));
	struct action *action;
	size_t i, j;

	map->refs = 1;
	map->n_rules = conf->n_rules;
	map->rule = xcalloc(map->n_rules + 1, sizeof(*map->rule));
	for (i = 0; i < map->n_rules; i++)
		map->rule[i] = rule_new(map, &conf->rules[i]);
	for (i = 0; i < map->n_rules; i++) {
		for (j = 0; j < map->rule[i].n_actions; j++) {
			action = &map->rule[i].action[j];
			action->class = rib_map_class(map, &action->prefix);
		}
	}
	return map;
}

struct rib_map *rib_map_hold(struct rib_map *map)
{
	if (map)
		map->refs++;
	return map;
}

static void rule_free(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->n_match; i++) {
		free(rule->match[i].prefix);
		free(rule->match[i].number);
	}
	for (i = 0; i < rule->n_actions; i++)
		free(rule->action[i].number);
	free(rule->match);
	free(rule->action);
}

void rib_map_put(struct rib_map *map)
{
	size_t i;

	if (!map || --map->refs > 0)
		return;
	for (i = 0; i < map->n_rules; i++)
		rule_free(&map->rule[i]);
	free(map->rule);
	free(map);
}

bool rib_map_replaces(const struct rib_map *map, size_t i,
		      struct prefix *prefix)
{
	const struct rule *rule;
	size_t r, a;

	for (r = 0; r < map->n_rules; r++) {
		rule = &map->rule[r];
		for (a = 0; a < rule->n_actions; a++) {
			if (rule->action[a].prefix.addr.family == 0)
				continue;
			*prefix = rule->action[a].prefix;
			if (i-- == 0)
				return true;
		}
	}
	return false;
}

/* ---- prefixes -------------------------------------------------------- */

/* Whether one of a sorted list is @prefix, or if @inside covers it. */
static bool prefixes_match(const struct criterion *c,
			   const struct prefix *prefix)
{
	struct prefix outer = *prefix;
	int len, least = c->condition == CONF_CONTAINS ? 0 : prefix->len;

	for (len = prefix->len; len >= least; len--) {
		outer = prefix_make(&prefix->addr, len);
		if (bsearch(&outer, c->prefix, c->n, sizeof(outer), by_prefix))
			return true;
	}
	return false;
}

uint64_t rib_map_class(const struct rib_map *map, const struct prefix *prefix)
{
	const struct criterion *c;
	uint64_t class = 0;
	size_t i, j;

	if (map->class_bits == 0 || prefix->addr.family == 0)
		return 0;
	for (i = 0; i < map->n_rules; i++) {
		for (j = 0; j < map->rule[i].n_match; j++) {
			c = &map->rule[i].match[j];
			if (c->class_bit != 0 && prefixes_match(c, prefix))
				class |= c->class_bit;
		}
	}
	return class;
}

/* ---- criteria -------------------------------------------------------- */

static bool among(const uint32_t *number, size_t n, uint32_t value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (number[i] == value)
			return true;
	}
	return false;
}

static bool path_equals(const struct criterion *c, struct rbuf path)
{
	struct as_segment segment;
	size_t at = 0;
	uint32_t as;

	while (as_path_next(&path, 4, &segment)) {
		if (segment.type != AS_SEQUENCE)
			return false;
		while (rbuf_u32(&segment.as, &as)) {
			if (at == c->n || c->number[at++] != as)
				return false;
		}
	}
	return at == c->n;
}

static bool path_contains(const struct criterion *c, struct rbuf path)
{
	struct as_segment segment;
	uint32_t as;

	while (as_path_next(&path, 4, &segment)) {
		while (rbuf_u32(&segment.as, &as)) {
			if (among(c->number, c->n, as))
				return true;
		}
	}
	return false;
}

static bool has_community(struct rbuf list, uint32_t community)
{
	uint32_t value;

	while (rbuf_u32(&list, &value)) {
		if (value == community)
			return true;
	}
	return false;
}

/* Equals: all of them are there; Contains: any is. */
static bool communities_match(const struct criterion *c, struct rbuf list)
{
	bool all = c->condition == CONF_EQUALS;
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (has_community(list, c->number[i]) != all)
			return !all;
	}
	return all;
}

static bool holds(const struct criterion *c, const struct work *work)
{
	if (c->class_bit != 0)
		return work->class & c->class_bit;
	if (c->communities)
		return communities_match(c,
				work->set.part[BGP_PART_COMMUNITIES]);
	if (c->condition == CONF_EQUALS)
		return path_equals(c, work->set.part[BGP_PART_AS_PATH]);
	return path_contains(c, work->set.part[BGP_PART_AS_PATH]);
}

static bool matches(const struct rule *rule, const struct work *work)
{
	size_t i;

	for (i = 0; i < rule->n_match; i++) {
		if (!holds(&rule->match[i], work))
			return false;
	}
	return true;
}

/* ---- actions --------------------------------------------------------- */

/* A place for a part to be written anew, other than where it is now. */
static struct wbuf rewrite(const struct work *work, enum bgp_attrs_part part)
{
	const uint8_t *now = work->set.part[part].pos;
	bool second = now >= scratch[part][0] && now < scratch[part][1];

	return wbuf_make(scratch[part][second], SCRATCH_SIZE);
}

/*
 * A part that became too long for a message is no reason to let a route pass
 * without what was to be done to it.
 */
static void rewritten(struct work *work, enum bgp_attrs_part part,
		      const struct wbuf *w, struct rbuf result)
{
	work->dropped |= !wbuf_ok(w) || result.left > UINT16_MAX;
	work->set.part[part] = result;
	work->changed = true;
}

static void add_path(struct work *work, const struct action *action)
{
	enum bgp_attrs_part part = BGP_PART_AS_PATH;
	struct wbuf w;
	size_t i;

	for (i = action->n; i > 0; i--) {
		w = rewrite(work, part);
		as_path_prepend(&w, work->set.part[part],
				action->number[i - 1]);
		rewritten(work, part, &w, rbuf_make(w.data, w.len));
	}
}

static void clear_path(struct work *work)
{
	enum bgp_attrs_part part = BGP_PART_AS_PATH;
	struct wbuf w;

	work->set.part[part] = rbuf_make(NULL, 0);
	work->changed = true;
	if (work->keep_as == 0)
		return;
	w = rewrite(work, part);
	as_path_prepend(&w, work->set.part[part], work->keep_as);
	rewritten(work, part, &w, rbuf_make(w.data, w.len));
}

/* Azure's own, and what says that a route is a last resort (RFC 9494 4.3) */
static bool stays(uint32_t community)
{
	return conf_community_reserved(community) ||
	       community == BGP_COMMUNITY_LLGR_STALE;
}

/* Of what there is, what stays. */
static void put_communities(struct wbuf *w, struct rbuf list,
			    const struct action *action, bool all)
{
	uint32_t value;

	while (rbuf_u32(&list, &value)) {
		if (stays(value) ||
		    (!all && !among(action->number, action->n, value)))
			wbuf_u32(w, value);
	}
}

static void change_communities(struct work *work, const struct action *action)
{
	enum bgp_attrs_part part = BGP_PART_COMMUNITIES;
	struct rbuf list = work->set.part[part];
	struct wbuf w = rewrite(work, part);
	size_t i;

	put_communities(&w, list, action, action->verb == CONF_REPLACE);
	for (i = 0; action->verb != CONF_REMOVE && i < action->n; i++)
		wbuf_u32(&w, action->number[i]);
	list = community_sort(&w, rbuf_make(w.data, w.len), COMMUNITY_LEN);
	rewritten(work, part, &w, list);
}

/*
 * What sums others up has of them only what all routes must have, and OTC:
 * what must not leak must not in a summary (RFC 9234 5).
 */
static void replace_prefix(struct work *work, const struct action *action)
{
	struct rbuf otc = bgp_other_otc(work->set.part[BGP_PART_OTHER]);

	clear_path(work);
	work->set = (struct bgp_attr_set){
		.origin = BGP_ORIGIN_IGP,
		.nexthop = work->set.nexthop,
		.part[BGP_PART_AS_PATH] = work->set.part[BGP_PART_AS_PATH],
		.part[BGP_PART_OTHER] = otc,
	};
	work->class = action->class;
	work->replaced = &action->prefix;
}

static void act(struct work *work, const struct action *action)
{
	if (action->verb == CONF_DROP) {
		work->dropped = true;
	} else if (action->prefix.addr.family != 0) {
		replace_prefix(work, action);
	} else if (action->communities) {
		change_communities(work, action);
	} else {
		if (action->verb == CONF_REPLACE)
			clear_path(work);
		add_path(work, action);
	}
}

struct rib_map_result rib_map_apply(const struct rib_map *map,
				    const struct bgp_attrs *attrs,
				    uint64_t class, uint32_t keep_as)
{
	struct work work = { .class = class, .keep_as = keep_as };
	struct rib_map_result result = { .drop = false };
	const struct rule *rule;
	size_t i, j;

	bgp_attrs_unpack(attrs, &work.set);
	for (i = 0; i < map->n_rules && !work.dropped; i++) {
		rule = &map->rule[i];
		if (!matches(rule, &work))
			continue;
		for (j = 0; j < rule->n_actions && !work.dropped; j++)
			act(&work, &rule->action[j]);
		if (rule->next == CONF_TERMINATE)
			break;
	}
	result.drop = work.dropped;
	result.replaced = work.replaced;
	if (work.changed && !work.dropped) {
		result.attrs = bgp_attrs_new(&work.set);
		if (bgp_attrs_equal(result.attrs, attrs)) {
			free(result.attrs);
			result.attrs = NULL;
		}
	}
	return result;
}
