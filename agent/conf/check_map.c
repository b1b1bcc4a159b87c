// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a route map says what can be done. */
#include "conf/check.h"

#include <string.h>

static bool check_one(const struct check *c, struct conf_pos pos,
		      const struct conf_subject *subject)
{
	if (!!subject->prefixes + !!subject->communities +
	    !!subject->as_path == 1)
		return true;
	return check_fail(c, NULL, pos,
			  "expected one of prefixes, communities and as-path");
}

static bool check_criterion(const struct check *c,
			    const struct conf_criterion *criterion)
{
	return check_one(c, criterion->pos, &criterion->subject);
}

/*
 * Azure's own, which have a meaning to it, and those of nobody. Of those that
 * no NVA may use these are without the ones for documentation (RFC 5398).
 */
static bool map_asn_reserved(uint32_t asn)
{
	return asn == 8074 || asn == 8075 || asn == 12076 || asn == AS_TRANS ||
	       asn == 65515 || (asn >= 65517 && asn <= 65520) || asn == 65535;
}

static bool check_numbers(const struct check *c,
			  const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	uint32_t value;
	size_t i;

	for (i = 0; i < subject->n_as_path; i++) {
		if (map_asn_reserved(subject->as_path[i]))
			return check_fail(c, &subject->as_path[i], action->pos,
					  "asn %u is reserved",
					  subject->as_path[i]);
	}
	for (i = 0; i < subject->n_communities; i++) {
		value = subject->communities[i];
		if (conf_community_reserved(value))
			return check_fail(c, &subject->communities[i],
					  action->pos,
					  "community %u:%u is reserved",
					  value >> 16, value & 0xffff);
	}
	return true;
}

/*
 * What a prefix is replaced by must cover it. So the rule must match by
 * prefix, and only what is inside.
 */
static bool check_replace(const struct check *c,
			  const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	const struct conf_subject *match;
	char buf[PREFIX_STRLEN];
	bool by_prefix = false;
	size_t i, j;

	if (subject->n_prefixes != 1)
		return check_fail(c, &subject->prefixes, action->pos,
				  "expected one prefix to replace others by");
	prefix_format(&subject->prefixes[0], buf);
	for (i = 0; i < c->rule->n_match; i++) {
		match = &c->rule->match[i].subject;
		for (j = 0; j < match->n_prefixes; j++) {
			if (!prefix_covers(&subject->prefixes[0],
					   &match->prefixes[j]))
				return check_fail(c, &subject->prefixes[0],
						  action->pos,
						  "%s does not cover all that "
						  "the rule matches", buf);
			by_prefix = true;
		}
	}
	return by_prefix ||
	       check_fail(c, &subject->prefixes[0], action->pos,
			  "%s does not cover all that the rule matches", buf);
}

static bool check_action(const struct check *c,
			 const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	bool none = !subject->prefixes && !subject->communities &&
		    !subject->as_path;

	if (action->verb == CONF_DROP)
		return none || check_fail(c, NULL, action->pos,
					  "Drop: expected nothing else");
	if (!check_one(c, action->pos, subject))
		return false;
	if (subject->prefixes && action->verb != CONF_REPLACE)
		return check_fail(c, &subject->prefixes, action->pos,
				  "prefixes: expected Replace or Drop");
	if (subject->prefixes)
		return check_replace(c, action);
	if (subject->as_path && action->verb == CONF_REMOVE)
		return check_fail(c, &subject->as_path, action->pos,
				  "as-path: expected Add, Replace or Drop");
	return check_numbers(c, action);
}

static bool check_rule(struct check *c, const struct conf_rule *rule,
		       size_t *by_prefix)
{
	size_t i;

	c->rule = rule;
	for (i = 0; i < rule->n_match; i++) {
		if (!check_criterion(c, &rule->match[i]))
			return false;
		*by_prefix += rule->match[i].subject.prefixes != NULL;
	}
	if (*by_prefix > CONF_MAP_PREFIX_CRITERIA)
		return check_fail(c, NULL, rule->pos, "expected at most %u "
				  "criteria with prefixes in a map",
				  CONF_MAP_PREFIX_CRITERIA);
	for (i = 0; i < rule->n_actions; i++) {
		if (!check_action(c, &rule->actions[i]))
			return false;
	}
	return true;
}

static bool check_name(struct check *c, size_t index)
{
	size_t i;

	c->rule = &c->map->rules[index];
	for (i = 0; i < index; i++) {
		if (strcmp(c->map->rules[i].name, c->rule->name) == 0)
			return check_fail(c, &c->rule->name, c->rule->pos,
					  "is here twice, first in line %u",
					  c->map->rules[i].pos.line);
	}
	return true;
}

bool check_map(const struct check *c, const struct conf_map *map)
{
	struct check at = *c;
	size_t by_prefix = 0, i;

	at.map = map;
	for (i = 0; i < map->n_rules; i++) {
		if (!check_rule(&at, &map->rules[i], &by_prefix) ||
		    !check_name(&at, i))
			return false;
	}
	return true;
}

bool check_map_replaces(const struct conf_map *map)
{
	size_t i, j;

	for (i = 0; i < map->n_rules; i++) {
		for (j = 0; j < map->rules[i].n_actions; j++) {
			if (map->rules[i].actions[j].subject.prefixes)
				return true;
		}
	}
	return false;
}
