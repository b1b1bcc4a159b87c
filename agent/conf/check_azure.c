// SPDX-License-Identifier: GPL-2.0-or-later
/* Profile azure: a route server that Azure could not be is refused. */
#include "conf/check.h"

static bool refuse(const struct schema_reader *r, const struct conf_vnet *vnet,
		   const void *member, struct conf_pos otherwise,
		   const char *name, const char *what)
{
	conf_error_set(r->err, r->file, schema_pos(r, member, otherwise),
		       "vnet \"%s\": profile azure: %s%s%s%s", vnet->name,
		       name ? "neighbor \"" : "", name ? name : "",
		       name ? "\": " : "", what);
	return false;
}

static bool check_neighbor(const struct schema_reader *r,
			   const struct conf_vnet *vnet,
			   const struct conf_neighbor *neighbor)
{
	if (neighbor->address.family != AF_INET)
		return refuse(r, vnet, &neighbor->address, neighbor->pos,
			      neighbor->name, "expected an IPv4 address");
	if (neighbor->asn == 0 || neighbor->asn > UINT16_MAX)
		return refuse(r, vnet, &neighbor->asn, neighbor->pos,
			      neighbor->name, "asn: expected at most 65535");
	if (neighbor->as_override)
		return refuse(r, vnet, &neighbor->as_override, neighbor->pos,
			      neighbor->name, "there is no as-override");
	if (neighbor->allowas_in > 0)
		return refuse(r, vnet, &neighbor->allowas_in, neighbor->pos,
			      neighbor->name, "there is no allowas-in");
	return true;
}

bool check_azure(const struct schema_reader *r, const struct conf_vnet *vnet)
{
	const struct conf_server *server = vnet->server;
	size_t nvas = 0, i;

	if (server->asn != CONF_DEFAULT_ASN)
		return refuse(r, vnet, &server->asn, server->pos, NULL,
			      "asn: expected 65515");
	if (server->hold_time != CONF_DEFAULT_HOLD_TIME)
		return refuse(r, vnet, &server->hold_time, server->pos, NULL,
			      "hold-time: expected 180");
	for (i = 0; i < server->n_neighbors; i++) {
		if (!check_neighbor(r, vnet, &server->neighbors[i]))
			return false;
		nvas += server->neighbors[i].kind == CONF_NVA;
		if (nvas > CONF_AZURE_PEERS)
			return refuse(r, vnet, NULL, server->neighbors[i].pos,
				      NULL, "expected at most 8 NVAs");
	}
	return true;
}
