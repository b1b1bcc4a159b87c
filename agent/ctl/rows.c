// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "bfd/packet.h"
#include "bgp/fsm.h"
#include "ctl/rows.h"
#include "lib/util.h"

#define WEIGHT_LEARNED	32768		/* what Azure shows */
#define TEXT_MAX	4096		/* of a path or a list of communities */

/* NULL is out of memory: nothing that is packed here can be refused. */
static json_t *checked(json_t *json)
{
	if (!json)
		abort();
	return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, checked(value)))
		abort();
}

static void set_string(json_t *object, const char *key, const char *value)
{
	json_t *json = json_string(value);

	/* A peer's shutdown message need not be UTF-8 all the way. */
	set(object, key, json ? json : json_string("?"));
}

static void set_int(json_t *object, const char *key, uint64_t value)
{
	set(object, key, json_integer(value));
}

static void set_bool(json_t *object, const char *key, bool value)
{
	set(object, key, json_boolean(value));
}

static void set_addr(json_t *object, const char *key, const struct addr *addr)
{
	char text[ADDR_STRLEN];

	if (addr->family)
		set_string(object, key, addr_format(addr, text));
}

static void set_router_id(json_t *object, const char *key, uint32_t id)
{
	struct addr addr = addr_from_v4(id);

	if (id)
		set_addr(object, key, &addr);
}

/* Which session, as far as the row is about one. */
static void set_id(json_t *object, const struct row_peer_id *id)
{
	set_string(object, "vnet", id->vnet);
	if (!id->neighbor[0])
		return;
	set_string(object, "neighbor", id->neighbor);
	set_int(object, "instance", id->instance);
	set_addr(object, "localAddress", &id->local);
}

static json_t *messages(const uint64_t counts[])
{
	json_t *object = checked(json_object());

	set_int(object, "open", counts[BGP_MSG_OPEN]);
	set_int(object, "update", counts[BGP_MSG_UPDATE]);
	set_int(object, "notification", counts[BGP_MSG_NOTIFICATION]);
	set_int(object, "keepalive", counts[BGP_MSG_KEEPALIVE]);
	set_int(object, "refresh", counts[BGP_MSG_ROUTE_REFRESH]);
	return object;
}

/* How it is protected, and what has become of that. */
static void set_protection(json_t *object, const struct row_peer *row)
{
	static const char *const names[ROW_PROTECTIONS] = {
		[ROW_UNPROTECTED] = "none",
		[ROW_TCP_MD5] = "tcp-md5",
		[ROW_TCP_AO] = "tcp-ao",
	};
	json_t *ao;

	if (row->protection < ROW_PROTECTIONS)
		set_string(object, "authentication", names[row->protection]);
	if (row->problem[0])
		set_string(object, "problem", row->problem);
	if (!row->ao_known)
		return;
	ao = checked(json_object());
	set_int(ao, "sendId", row->ao_send_id);
	set_int(ao, "recvId", row->ao_recv_id);
	set_int(ao, "good", row->ao_good);
	set_int(ao, "bad", row->ao_bad);
	set(object, "tcpAo", ao);
}

json_t *row_peer_json(const struct row_peer *row)
{
	json_t *object = checked(json_object());

	set_id(object, &row->id);
	set_addr(object, "address", &row->id.remote);
	set_int(object, "asn", row->id.remote_as);
	set_int(object, "localAsn", row->id.local_as);
	set_string(object, "state", bgp_state_name(row->state));
	if (row->shutdown)
		set(object, "shutdown", checked(json_true()));
	set_int(object, "seconds", row->since_ms / 1000);
	if (row->restart_in)
		set_int(object, "restartIn", row->restart_in);
	set_int(object, "learned", row->learned);
	set_int(object, "advertised", row->advertised);
	if (row->state == BGP_ESTABLISHED) {
		set_router_id(object, "routerId", row->remote_id);
		set_int(object, "holdTime", row->hold_time);
		set_string(object, "capabilities", row->capabilities);
		set_string(object, "sentCapabilities", row->sent_capabilities);
		if (row->restart_time)
			set_int(object, "restartTime", row->restart_time);
		if (row->role[0])
			set_string(object, "role", row->role);
	}
	set(object, "received", messages(row->rx));
	set(object, "sent", messages(row->tx));
	set_int(object, "treatedAsWithdraw", row->treated_as_withdraw);
	set_int(object, "attributesDiscarded", row->attrs_discarded);
	set_int(object, "established", row->established);
	set_int(object, "connectRetries", row->connect_retries);
	set_int(object, "queued", row->queued);
	if (row->last_error[0])
		set_string(object, "lastError", row->last_error);
	set_protection(object, row);
	return object;
}

/* Azure joins AS numbers by "-". */
static void set_as_path(json_t *object, const char *key,
			const struct bgp_attrs *attrs)
{
	char text[TEXT_MAX], *p;

	bgp_as_path_format(attrs, text, sizeof(text));
	for (p = text; *p; p++)
		if (*p == ' ')
			*p = '-';
	set_string(object, key, text);
}

static void set_communities(json_t *object, const char *key,
			    const struct bgp_attrs *attrs,
			    enum bgp_attrs_part part)
{
	char text[TEXT_MAX];

	bgp_communities_format(attrs, part, text, sizeof(text));
	if (text[0])
		set_string(object, key, text);
}

static void set_attrs(json_t *object, const struct bgp_attrs *attrs)
{
	struct addr nexthop = bgp_attrs_nexthop(attrs);

	set_addr(object, "nextHop", &nexthop);
	set_as_path(object, "asPath", attrs);
	set_string(object, "bgpOrigin", bgp_origin_name(attrs->origin));
	if (attrs->flags & BGP_ATTRS_MED)
		set_int(object, "med", attrs->med);
	if (attrs->flags & BGP_ATTRS_LOCAL_PREF)
		set_int(object, "localPref", attrs->local_pref);
	set_communities(object, "communities", attrs, BGP_PART_COMMUNITIES);
	set_communities(object, "extCommunities", attrs,
			BGP_PART_EXT_COMMUNITIES);
	set_communities(object, "largeCommunities", attrs,
			BGP_PART_LARGE_COMMUNITIES);
}

static const char *azure_origin(const struct row_route *row,
				enum row_view view)
{
	if (view == ROW_ADVERTISED || row->own)
		return "Igp";
	return row->id.local_as == row->id.remote_as ? "IBgp" : "EBgp";
}

json_t *row_route_json(const struct row_route *row,
		       const struct bgp_attrs *attrs, enum row_view view)
{
	static const char *const states[] = {
		[ROW_ROUTE_NONE] = "none",
		[ROW_ROUTE_PENDING] = "pending",
		[ROW_ROUTE_INSTALLED] = "installed",
		[ROW_ROUTE_FAILED] = "failed",
	};
	json_t *object = checked(json_object());
	char prefix[PREFIX_STRLEN];
	bool sent = view == ROW_ADVERTISED;

	set_id(object, &row->id);
	set_string(object, "network", prefix_format(&row->prefix, prefix));
	set_attrs(object, attrs);
	if (!sent)
		set_addr(object, "sourcePeer", &row->source);
	set_string(object, "origin", azure_origin(row, view));
	set_int(object, "weight", sent || row->own ? 0 : WEIGHT_LEARNED);
	if (row->path_id)
		set_int(object, "pathId", row->path_id);
	if (sent)
		return object;
	set_bool(object, "best", row->best);
	if (row->stale)
		set_bool(object, "stale", true);
	if (row->why[0])
		set_string(object, "why", row->why);
	if (row->state < ARRAY_SIZE(states))
		set_string(object, "state", states[row->state]);
	if (row->state == ROW_ROUTE_FAILED)
		set_string(object, "error", row->error_text[0] ?
			   row->error_text : strerror(row->error));
	return object;
}

json_t *row_policy_json(const struct row_policy *row,
			const struct bgp_attrs *before,
			const struct bgp_attrs *after)
{
	static const char *const outcomes[ROW_OUTCOMES] = {
		[ROW_UNCHANGED] = "unchanged",
		[ROW_CHANGED] = "changed",
		[ROW_DROPPED] = "dropped",
		[ROW_REPLACED] = "replaced",
	};
	json_t *object = checked(json_object());
	char prefix[PREFIX_STRLEN];

	set_id(object, &row->id);
	set_string(object, "network", prefix_format(&row->network, prefix));
	set_as_path(object, "asPath", before);
	set_communities(object, "communities", before, BGP_PART_COMMUNITIES);
	set_string(object, "result", outcomes[row->outcome]);
	if (row->outcome == ROW_REPLACED)
		set_string(object, "newNetwork",
			   prefix_format(&row->prefix, prefix));
	if (row->outcome != ROW_CHANGED && row->outcome != ROW_REPLACED)
		return object;
	set_as_path(object, "newAsPath", after);
	set_communities(object, "newCommunities", after, BGP_PART_COMMUNITIES);
	return object;
}

/* Milliseconds, with what is left of them. */
static void set_ms(json_t *object, const char *key, uint64_t us)
{
	set(object, key, us % 1000 ? json_real(us / 1000.0) :
				     json_integer(us / 1000));
}

json_t *row_bfd_json(const struct row_bfd *row)
{
	json_t *object = checked(json_object());

	set_id(object, &row->id);
	set_addr(object, "address", &row->id.remote);
	set_string(object, "state", bfd_state_name(row->state));
	set_int(object, "seconds", row->since_ms / 1000);
	set_string(object, "diagnostic", bfd_diag_name(row->diag));
	set_string(object, "remoteState", bfd_state_name(row->remote_state));
	set_string(object, "remoteDiagnostic",
		   bfd_diag_name(row->remote_diag));
	set_bool(object, "multihop", row->multihop);
	set_int(object, "discriminator", row->disc);
	set_int(object, "remoteDiscriminator", row->remote_disc);
	set_ms(object, "transmitInterval", row->tx_us);
	set_ms(object, "receiveInterval", row->rx_us);
	set_ms(object, "detectionTime", row->detect_us);
	set_int(object, "multiplier", row->mult);
	set_int(object, "remoteMultiplier", row->remote_mult);
	set_bool(object, "polling", row->polling);
	set_int(object, "received", row->rx);
	set_int(object, "sent", row->tx);
	set_int(object, "discarded", row->discarded);
	set_int(object, "up", row->ups);
	return object;
}

json_t *row_status_json(const struct row_status *row)
{
	json_t *object = checked(json_object());

	set_string(object, "process", row->process);
	set_int(object, "pid", row->pid);
	set_int(object, "seconds", row->seconds);
	set_int(object, "rss", row->rss);
	set_int(object, "prefixes", row->prefixes);
	set_int(object, "paths", row->paths);
	set_int(object, "attributes", row->attributes);
	set_int(object, "failedRoutes", row->failed);
	set_int(object, "comparisons", row->audits);
	set_int(object, "repairs", row->repairs);
	return object;
}

json_t *row_peer_problem_json(const struct row_peer *row)
{
	json_t *object = checked(json_object());

	set_id(object, &row->id);
	set_string(object, "problem", row->problem);
	return object;
}

json_t *row_vnet_problem_json(const struct row_vnet_problem *row)
{
	json_t *object = checked(json_object());

	set_string(object, "vnet", row->vnet);
	set_string(object, "problem", row->text);
	return object;
}
