// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile azure: a route server that Azure could not be is refused, key by
 * key, and what it is without being told is filled in. docs/azure.md lists the
 * keys, and those that are ours and do no harm.
 */
#include "conf/check.h"
#include "lib/util.h"

/* Where we are, for error texts. */
struct place {
	const struct schema_reader *r;
	const struct conf *conf;
	const struct conf_vnet *vnet;
};

/* Something that may be wrong, with the member that says so. */
struct rule {
	bool wrong;
	const void *member;
	const char *what;
};

static bool is_given(const struct place *at, const void *member)
{
	return schema_pos(at->r, member, (struct conf_pos){ 0 }).line > 0;
}

/* @name: of a neighbor, or NULL. */
static bool refuse(const struct place *at, const void *member,
		   struct conf_pos otherwise, const char *name,
		   const char *what)
{
	conf_error_set(at->r->err, at->r->file,
		       schema_pos(at->r, member, otherwise),
		       "vnet \"%s\": profile azure: %s%s%s%s", at->vnet->name,
		       name ? "neighbor \"" : "", name ? name : "",
		       name ? "\": " : "", what);
	return false;
}

static bool check_rules(const struct place *at, const struct rule *rule,
			size_t n, struct conf_pos otherwise, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rule[i].wrong)
			return refuse(at, rule[i].member, otherwise, name,
				      rule[i].what);
	}
	return true;
}

/* ---- neighbors ------------------------------------------------------- */

/* An NVA is a name, an address and an AS number, and is limited always. */
static bool check_nva(const struct place *at, const struct conf_neighbor *n)
{
	const struct rule rule[] = {
		{ n->n_asns > 0, &n->asns, "there is no asns" },
		{ n->asn > UINT16_MAX, &n->asn,
		  "asn: expected at most 65535" },
		{ n->prefix_limit == 0 && is_given(at, &n->prefix_limit),
		  &n->prefix_limit, "prefix-limit: expected at least 1" },
		{ n->excess != CONF_EXCESS_TEARDOWN &&
		  is_given(at, &n->excess), &n->excess,
		  "prefix-limit-action: expected teardown" },
		{ n->prefix_restart != CONF_AZURE_PREFIX_RESTART &&
		  is_given(at, &n->prefix_restart), &n->prefix_restart,
		  "prefix-limit-restart: expected 5" },
	};

	return n->kind != CONF_NVA ||
	       check_rules(at, rule, ARRAY_SIZE(rule), n->pos, n->name);
}

static bool check_session(const struct place *at,
			  const struct conf_neighbor *n)
{
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
		{ n->graceful_restart && is_given(at, &n->graceful_restart),
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

	return check_rules(at, rule, ARRAY_SIZE(rule), n->pos, n->name);
}

static bool narrow(const struct place *at, const struct conf_neighbor *n,
		   const struct conf_subject *subject, struct conf_pos pos)
{
	size_t i;

	for (i = 0; i < subject->n_as_path; i++) {
		if (subject->as_path[i] > UINT16_MAX)
			return refuse(at, &subject->as_path[i], pos, n->name,
				      "route map: as-path: expected at most "
				      "65535");
	}
	return true;
}

/* Route maps know 2-octet AS numbers. */
static bool check_map_of(const struct place *at,
			 const struct conf_neighbor *n, const char *name)
{
	const struct conf_map *map = name ? conf_map_find(at->conf, name) :
					    NULL;
	const struct conf_rule *rule;
	size_t i, j;

	for (i = 0; map && i < map->n_rules; i++) {
		rule = &map->rules[i];
		for (j = 0; j < rule->n_match; j++) {
			if (!narrow(at, n, &rule->match[j].subject,
				    rule->match[j].pos))
				return false;
		}
		for (j = 0; j < rule->n_actions; j++) {
			if (!narrow(at, n, &rule->actions[j].subject,
				    rule->actions[j].pos))
				return false;
		}
	}
	return true;
}

static void fill_neighbor(const struct place *at, struct conf_neighbor *n)
{
	n->graceful_restart = false;
	if (n->kind != CONF_NVA)
		return;
	if (!is_given(at, &n->prefix_limit))
		n->prefix_limit = CONF_AZURE_PREFIXES;
	n->excess = CONF_EXCESS_TEARDOWN;
	n->prefix_restart = CONF_AZURE_PREFIX_RESTART;
}

static bool check_neighbors(const struct place *at,
			    const struct conf_server *server)
{
	struct conf_neighbor *n;
	size_t nvas = 0, i;

	for (i = 0; i < server->n_neighbors; i++) {
		n = &server->neighbors[i];
		if (!check_session(at, n) || !check_nva(at, n) ||
		    !check_map_of(at, n, n->inbound) ||
		    !check_map_of(at, n, n->outbound))
			return false;
		nvas += n->kind == CONF_NVA;
		if (nvas > CONF_AZURE_PEERS)
			return refuse(at, NULL, n->pos, NULL,
				      "expected at most 8 NVAs");
		fill_neighbor(at, n);
	}
	return true;
}

/* ---- the route server ------------------------------------------------ */

static bool check_families(const struct place *at,
			   const struct conf_server *server)
{
	const struct conf_vnet *vnet = at->vnet;
	size_t i;

	for (i = 0; i < vnet->n_spaces; i++) {
		if (vnet->spaces[i].prefix.addr.family != AF_INET)
			return refuse(at, &vnet->spaces[i].prefix,
				      vnet->spaces[i].pos, NULL,
				      "address-spaces: expected IPv4");
	}
	for (i = 0; i < server->n_addresses; i++) {
		if (server->addresses[i].family != AF_INET)
			return refuse(at, &server->addresses[i], server->pos,
				      NULL, "addresses: expected IPv4");
	}
	return true;
}

bool check_azure(const struct schema_reader *r, const struct conf *conf,
		 const struct conf_vnet *vnet)
{
	const struct place at = { .r = r, .conf = conf, .vnet = vnet };
	struct conf_server *s = vnet->server;
	const struct rule rule[] = {
		{ s->asn != CONF_DEFAULT_ASN, &s->asn, "asn: expected 65515" },
		{ s->hold_time != CONF_DEFAULT_HOLD_TIME, &s->hold_time,
		  "hold-time: expected 180" },
		{ s->n_addresses > CONF_AZURE_INSTANCES, &s->addresses,
		  "addresses: expected at most 2" },
		{ s->long_lived_time != 0, &s->long_lived_time,
		  "there is no long-lived-time" },
		{ s->restart_time != 0 && is_given(&at, &s->restart_time),
		  &s->restart_time, "there is no restart-time" },
	};

	if (!check_families(&at, s) ||
	    !check_rules(&at, rule, ARRAY_SIZE(rule), s->pos, NULL) ||
	    !check_neighbors(&at, s))
		return false;
	s->restart_time = 0;
	return true;
}
