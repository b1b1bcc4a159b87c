// SPDX-License-Identifier: GPL-2.0-or-later
/* Route maps: their words, and when two are the same. */
#include <string.h>

#include "conf/schema.h"
#include "lib/util.h"

const char *const conf_condition_names[] = {
	[CONF_EQUALS] = "Equals",
	[CONF_CONTAINS] = "Contains",
	NULL,
};

const char *const conf_verb_names[] = {
	[CONF_DROP] = "Drop",
	[CONF_ADD] = "Add",
	[CONF_REPLACE] = "Replace",
	[CONF_REMOVE] = "Remove",
	NULL,
};

const char *const conf_next_names[] = {
	[CONF_TERMINATE] = "Terminate",
	[CONF_CONTINUE] = "Continue",
	NULL,
};

const struct conf_map *conf_map_find(const struct conf *conf,
				     const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_maps; i++) {
		if (strcmp(conf->maps[i].name, name) == 0)
			return &conf->maps[i];
	}
	return NULL;
}

bool conf_community_reserved(uint32_t community)
{
	static const struct { uint16_t high, low; } reserved[] = {
		{ 65515, 10000 }, { 65515, 20000 }, { 65517, 12001 },
		{ 65517, 12002 }, { 65517, 12003 }, { 65517, 12005 },
		{ 65517, 12006 }, { 65517, 12076 }, { 65517, 65517 },
		{ 65518, 12076 }, { 65518, 65518 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (community >> 16 == reserved[i].high &&
		    (community & 0xffff) == reserved[i].low)
			return true;
	}
	return false;
}

static bool numbers_equal(const uint32_t *a, size_t n_a, const uint32_t *b,
			  size_t n_b)
{
	return n_a == n_b && !a == !b &&
	       (n_a == 0 || memcmp(a, b, n_a * sizeof(*a)) == 0);
}

static bool subject_equal(const struct conf_subject *a,
			  const struct conf_subject *b)
{
	size_t i;

	if (a->n_prefixes != b->n_prefixes || !a->prefixes != !b->prefixes)
		return false;
	for (i = 0; i < a->n_prefixes; i++) {
		if (!prefix_equal(&a->prefixes[i], &b->prefixes[i]))
			return false;
	}
	return numbers_equal(a->communities, a->n_communities,
			     b->communities, b->n_communities) &&
	       numbers_equal(a->as_path, a->n_as_path, b->as_path,
			     b->n_as_path);
}

static bool rule_equal(const struct conf_rule *a, const struct conf_rule *b)
{
	size_t i;

	if (a->n_match != b->n_match || a->n_actions != b->n_actions ||
	    a->next != b->next)
		return false;
	for (i = 0; i < a->n_match; i++) {
		if (a->match[i].condition != b->match[i].condition ||
		    !subject_equal(&a->match[i].subject, &b->match[i].subject))
			return false;
	}
	for (i = 0; i < a->n_actions; i++) {
		if (a->actions[i].verb != b->actions[i].verb ||
		    !subject_equal(&a->actions[i].subject,
				   &b->actions[i].subject))
			return false;
	}
	return true;
}

bool conf_map_equal(const struct conf_map *a, const struct conf_map *b)
{
	size_t i;

	if (a->n_rules != b->n_rules)
		return false;
	for (i = 0; i < a->n_rules; i++) {
		if (!rule_equal(&a->rules[i], &b->rules[i]))
			return false;
	}
	return true;
}
