// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a route map says what can be done. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/check.h"

/* Where we are, for error texts. */
struct place {
	const struct schema_reader *r;
	const struct conf_map *map;
	const struct conf_rule *rule;
};

__attribute__((format(printf, 4, 5)))
static bool fail(const struct place *at, const void *member,
		 struct conf_pos otherwise, const char *fmt, ...)
{
	struct conf_pos pos = schema_pos(at->r, member, otherwise);
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	conf_error_set(at->r->err, at->r->file, pos,
		       "route-map \"%s\": rule \"%s\": %s", at->map->name,
		       at->rule->name, what);
	return false;
}

static bool check_one(const struct place *at, struct conf_pos pos,
		      const struct conf_subject *subject)
{
	if (!!subject->prefixes + !!subject->communities +
	    !!subject->as_path == 1)
		return true;
	return fail(at, NULL, pos,
		    "expected one of prefixes, communities and as-path");
}

static bool check_criterion(const struct place *at,
			    const struct conf_criterion *criterion)
{
	return check_one(at, criterion->pos, &criterion->subject);
}

/* Azure's own, which have a meaning to it, and those of nobody. */
static bool asn_reserved(uint32_t asn)
{
	return asn == 8074 || asn == 8075 || asn == 12076 || asn == 23456 ||
	       asn == 65515 || (asn >= 65517 && asn <= 65520) || asn == 65535;
}

static bool check_numbers(const struct place *at,
			  const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	uint32_t value;
	size_t i;

	for (i = 0; i < subject->n_as_path; i++) {
		if (asn_reserved(subject->as_path[i]))
			return fail(at, &subject->as_path[i], action->pos,
				    "asn %u is reserved", subject->as_path[i]);
	}
	for (i = 0; i < subject->n_communities; i++) {
		value = subject->communities[i];
		if (conf_community_reserved(value))
			return fail(at, &subject->communities[i], action->pos,
				    "community %u:%u is reserved",
				    value >> 16, value & 0xffff);
	}
	return true;
}

/*
 * What a prefix is replaced by must cover it. So the rule must match by
 * prefix, and only what is inside.
 */
static bool check_replace(const struct place *at,
			  const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	const struct conf_subject *match;
	char buf[PREFIX_STRLEN];
	bool by_prefix = false;
	size_t i, j;

	if (subject->n_prefixes != 1)
		return fail(at, &subject->prefixes, action->pos,
			    "expected one prefix to replace others by");
	prefix_format(&subject->prefixes[0], buf);
	for (i = 0; i < at->rule->n_match; i++) {
		match = &at->rule->match[i].subject;
		for (j = 0; j < match->n_prefixes; j++) {
			if (!prefix_covers(&subject->prefixes[0],
					   &match->prefixes[j]))
				return fail(at, &subject->prefixes[0],
					    action->pos, "%s does not cover "
					    "all that the rule matches", buf);
			by_prefix = true;
		}
	}
	return by_prefix ||
	       fail(at, &subject->prefixes[0], action->pos,
		    "%s does not cover all that the rule matches", buf);
}

static bool check_action(const struct place *at,
			 const struct conf_action *action)
{
	const struct conf_subject *subject = &action->subject;
	bool none = !subject->prefixes && !subject->communities &&
		    !subject->as_path;

	if (action->verb == CONF_DROP)
		return none || fail(at, NULL, action->pos,
				    "Drop: expected nothing else");
	if (!check_one(at, action->pos, subject))
		return false;
	if (subject->prefixes && action->verb != CONF_REPLACE)
		return fail(at, &subject->prefixes, action->pos,
			    "prefixes: expected Replace or Drop");
	if (subject->prefixes)
		return check_replace(at, action);
	if (subject->as_path && action->verb == CONF_REMOVE)
		return fail(at, &subject->as_path, action->pos,
			    "as-path: expected Add, Replace or Drop");
	return check_numbers(at, action);
}

static bool check_rule(struct place *at, const struct conf_rule *rule,
		       size_t *by_prefix)
{
	size_t i;

	at->rule = rule;
	for (i = 0; i < rule->n_match; i++) {
		if (!check_criterion(at, &rule->match[i]))
			return false;
		*by_prefix += rule->match[i].subject.prefixes != NULL;
	}
	if (*by_prefix > CONF_MAP_PREFIX_CRITERIA)
		return fail(at, NULL, rule->pos, "expected at most %u "
			    "criteria with prefixes in a map",
			    CONF_MAP_PREFIX_CRITERIA);
	for (i = 0; i < rule->n_actions; i++) {
		if (!check_action(at, &rule->actions[i]))
			return false;
	}
	return true;
}

static bool check_name(struct place *at, size_t index)
{
	size_t i;

	at->rule = &at->map->rules[index];
	for (i = 0; i < index; i++) {
		if (strcmp(at->map->rules[i].name, at->rule->name) == 0)
			return fail(at, &at->rule->name, at->rule->pos,
				    "is here twice, first in line %u",
				    at->map->rules[i].pos.line);
	}
	return true;
}

bool check_map(const struct schema_reader *r, const struct conf_map *map)
{
	struct place at = { .r = r, .map = map };
	size_t by_prefix = 0, i;

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
