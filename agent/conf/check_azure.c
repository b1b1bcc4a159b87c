// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile azure: a route server that Azure could not be is refused, key by
 * key, and what it is without being told is filled in. docs/azure.md lists the
 * keys, and those that are ours and do no harm.
 */
#include "conf/check.h"
#include "lib/util.h"

/* Something that may be wrong, with the member that says so. */
struct rule {
	bool wrong;
	const void *member;
	const char *what;
};

static bool check_rules(const struct check *c, const struct rule *rule,
			size_t n, struct conf_pos otherwise)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rule[i].wrong)
			return check_fail(c, rule[i].member, otherwise, "%s",
					  rule[i].what);
	}
	return true;
}

/* ---- neighbors ------------------------------------------------------- */

/* An NVA is a name, an address and an AS number, and is limited always. */
static bool check_nva(const struct check *c)
{
	const struct conf_neighbor *n = c->neighbor;
	const struct rule rule[] = {
		{ n->n_asns > 0, &n->asns, "there is no asns" },
		{ n->asn > UINT16_MAX, &n->asn,
		  "asn: expected at most 65535" },
		{ n->prefix_limit == 0 && check_is_given(c, &n->prefix_limit),
		  &n->prefix_limit, "prefix-limit: expected at least 1" },
		{ n->excess != CONF_EXCESS_TEARDOWN &&
		  check_is_given(c, &n->excess), &n->excess,
		  "prefix-limit-action: expected teardown" },
		{ n->prefix_restart != CONF_AZURE_PREFIX_RESTART &&
		  check_is_given(c, &n->prefix_restart), &n->prefix_restart,
		  "prefix-limit-restart: expected 5" },
	};

	return n->kind != CONF_NVA ||
	       check_rules(c, rule, ARRAY_SIZE(rule), n->pos);
}

static bool check_session(const struct check *c)
{
	const struct conf_neighbor *n = c->neighbor;
	const struct rule rule[] = {
		{ n->range.addr.family != 0, &n->range, "there is no range" },
		{ n->address.family == AF_INET6, &n->address,
		  "expected an IPv4 address" },
		{ n->md5_key || n->md5_key_file,
		  n->md5_key ? &n->md5_key : &n->md5_key_file,
		  "there is no md5-key" },
		{ n->n_ao_keys > 0, &n->ao_keys, "there is no tcp-ao" },
		{ n->ttl_security != 0, &n->ttl_security,
		  "there is no ttl-security" },
		{ n->bfd, &n->bfd, "there is no bfd" },
		{ n->graceful_restart &&
		  check_is_given(c, &n->graceful_restart),
		  &n->graceful_restart, "there is no graceful-restart" },
		{ n->role != CONF_ROLE_NONE, &n->role, "there is no role" },
		{ n->add_path_receive, &n->add_path_receive,
		  "there is no add-path-receive" },
		{ n->add_path_send != 0, &n->add_path_send,
		  "there is no add-path-send" },
		{ n->as_override, &n->as_override, "there is no as-override" },
		{ n->allowas_in > 0, &n->allowas_in,
		  "there is no allowas-in" },
	};

	return check_rules(c, rule, ARRAY_SIZE(rule), n->pos);
}

static bool narrow(const struct check *c, const struct conf_subject *subject,
		   struct conf_pos pos)
{
	size_t i;

	for (i = 0; i < subject->n_as_path; i++) {
		if (subject->as_path[i] > UINT16_MAX)
			return check_fail(c, &subject->as_path[i], pos,
					  "route map: as-path: expected at "
					  "most 65535");
	}
	return true;
}

/* Route maps know 2-octet AS numbers. */
static bool check_map_of(const struct check *c, const char *name)
{
	const struct conf_map *map = name ? conf_map_find(c->conf, name) :
					    NULL;
	const struct conf_rule *rule;
	size_t i, j;

	for (i = 0; map && i < map->n_rules; i++) {
		rule = &map->rules[i];
		for (j = 0; j < rule->n_match; j++) {
			if (!narrow(c, &rule->match[j].subject,
				    rule->match[j].pos))
				return false;
		}
		for (j = 0; j < rule->n_actions; j++) {
			if (!narrow(c, &rule->actions[j].subject,
				    rule->actions[j].pos))
				return false;
		}
	}
	return true;
}

static void fill_neighbor(const struct check *c, struct conf_neighbor *n)
{
	n->graceful_restart = false;
	if (n->kind != CONF_NVA)
		return;
	if (!check_is_given(c, &n->prefix_limit))
		n->prefix_limit = CONF_AZURE_PREFIXES;
	n->excess = CONF_EXCESS_TEARDOWN;
	n->prefix_restart = CONF_AZURE_PREFIX_RESTART;
}

static bool check_neighbors(const struct check *c,
			    const struct conf_server *server)
{
	struct conf_neighbor *n;
	struct check at = *c;
	size_t nvas = 0, i;

	for (i = 0; i < server->n_neighbors; i++) {
		n = &server->neighbors[i];
		at.neighbor = n;
		if (!check_session(&at) || !check_nva(&at) ||
		    !check_map_of(&at, n->inbound) ||
		    !check_map_of(&at, n->outbound))
			return false;
		nvas += n->kind == CONF_NVA;
		if (nvas > CONF_AZURE_PEERS)
			return check_fail(c, NULL, n->pos,
					  "expected at most 8 NVAs");
		fill_neighbor(&at, n);
	}
	return true;
}

/* ---- the route server ------------------------------------------------ */

static bool check_families(const struct check *c,
			   const struct conf_server *server)
{
	const struct conf_vnet *vnet = c->vnet;
	size_t i;

	for (i = 0; i < vnet->n_spaces; i++) {
		if (vnet->spaces[i].prefix.addr.family != AF_INET)
			return check_fail(c, &vnet->spaces[i].prefix,
					  vnet->spaces[i].pos,
					  "address-spaces: expected IPv4");
	}
	for (i = 0; i < server->n_addresses; i++) {
		if (server->addresses[i].family != AF_INET)
			return check_fail(c, &server->addresses[i], server->pos,
					  "addresses: expected IPv4");
	}
	return true;
}

bool check_azure(const struct check *c)
{
	struct conf_server *s = c->vnet->server;
	struct check at = *c;
	const struct rule rule[] = {
		{ s->asn != CONF_DEFAULT_ASN, &s->asn, "asn: expected 65515" },
		{ s->hold_time != CONF_DEFAULT_HOLD_TIME, &s->hold_time,
		  "hold-time: expected 180" },
		{ s->n_addresses > CONF_AZURE_INSTANCES, &s->addresses,
		  "addresses: expected at most 2" },
		{ s->long_lived_time != 0, &s->long_lived_time,
		  "there is no long-lived-time" },
		{ s->restart_time != 0 && check_is_given(c, &s->restart_time),
		  &s->restart_time, "there is no restart-time" },
	};

	at.azure = true;
	if (!check_families(&at, s) ||
	    !check_rules(&at, rule, ARRAY_SIZE(rule), s->pos) ||
	    !check_neighbors(&at, s))
		return false;
	s->restart_time = 0;
	return true;
}
