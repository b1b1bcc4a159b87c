// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgp/bgp.h"
#include "lib/util.h"

#define SAFI_UNICAST	1

const struct bgp_af_info bgp_af_info[BGP_AF_COUNT] = {
	[BGP_IPV4_UNICAST] = { 1, SAFI_UNICAST, AF_INET, "ipv4-unicast" },
	[BGP_IPV6_UNICAST] = { 2, SAFI_UNICAST, AF_INET6, "ipv6-unicast" },
};

bool bgp_af_find(uint16_t afi, uint8_t safi, enum bgp_af *af)
{
	unsigned int i;

	for (i = 0; i < BGP_AF_COUNT; i++) {
		if (bgp_af_info[i].afi != afi || bgp_af_info[i].safi != safi)
			continue;
		*af = i;
		return true;
	}
	return false;
}

void bgp_error_set(struct bgp_error *err, uint8_t code, uint8_t subcode,
		   const void *data, size_t len, const char *fmt, ...)
{
	va_list ap;

	if (len > sizeof(err->data))
		len = sizeof(err->data);
	err->code = code;
	err->subcode = subcode;
	err->hard = false;
	err->data_len = len;
	if (len)
		memcpy(err->data, data, len);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}

static const char *const header_names[] = {
	[BGP_HEADER_NOT_SYNCHRONIZED] = "Connection Not Synchronized",
	[BGP_HEADER_BAD_LENGTH] = "Bad Message Length",
	[BGP_HEADER_BAD_TYPE] = "Bad Message Type",
};

static const char *const open_names[] = {
	[BGP_OPEN_BAD_VERSION] = "Unsupported Version Number",
	[BGP_OPEN_BAD_PEER_AS] = "Bad Peer AS",
	[BGP_OPEN_BAD_IDENTIFIER] = "Bad BGP Identifier",
	[BGP_OPEN_BAD_PARAMETER] = "Unsupported Optional Parameter",
	[5] = "Authentication Failure",
	[BGP_OPEN_BAD_HOLD_TIME] = "Unacceptable Hold Time",
	[BGP_OPEN_BAD_CAPABILITY] = "Unsupported Capability",
	[BGP_OPEN_ROLE_MISMATCH] = "Role Mismatch",
};

static const char *const update_names[] = {
	[BGP_UPDATE_BAD_ATTR_LIST] = "Malformed Attribute List",
	[BGP_UPDATE_UNKNOWN_WELL_KNOWN] =
		"Unrecognized Well-known Attribute",
	[BGP_UPDATE_MISSING_WELL_KNOWN] = "Missing Well-known Attribute",
	[BGP_UPDATE_BAD_FLAGS] = "Attribute Flags Error",
	[BGP_UPDATE_BAD_LENGTH] = "Attribute Length Error",
	[BGP_UPDATE_BAD_ORIGIN] = "Invalid ORIGIN Attribute",
	[7] = "AS Routing Loop",
	[BGP_UPDATE_BAD_NEXT_HOP] = "Invalid NEXT_HOP Attribute",
	[BGP_UPDATE_BAD_OPTIONAL] = "Optional Attribute Error",
	[BGP_UPDATE_BAD_NETWORK] = "Invalid Network Field",
	[BGP_UPDATE_BAD_AS_PATH] = "Malformed AS_PATH",
};

static const char *const fsm_names[] = {
	[BGP_FSM_IN_OPENSENT] = "Unexpected Message in OpenSent State",
	[BGP_FSM_IN_OPENCONFIRM] = "Unexpected Message in OpenConfirm State",
	[BGP_FSM_IN_ESTABLISHED] = "Unexpected Message in Established State",
};

static const char *const cease_names[] = {
	[BGP_CEASE_MAX_PREFIXES] = "Maximum Number of Prefixes Reached",
	[BGP_CEASE_ADMIN_SHUTDOWN] = "Administrative Shutdown",
	[BGP_CEASE_PEER_DECONFIGURED] = "Peer De-configured",
	[BGP_CEASE_ADMIN_RESET] = "Administrative Reset",
	[BGP_CEASE_REJECTED] = "Connection Rejected",
	[BGP_CEASE_CONFIG_CHANGE] = "Other Configuration Change",
	[BGP_CEASE_COLLISION] = "Connection Collision Resolution",
	[BGP_CEASE_OUT_OF_RESOURCES] = "Out of Resources",
	[BGP_CEASE_HARD_RESET] = "Hard Reset",
	[BGP_CEASE_BFD_DOWN] = "BFD Down",
};

static const char *const refresh_names[] = {
	[1] = "Invalid Message Length",
};

static const struct {
	const char *name;
	const char *const *sub;
	size_t n_sub;
} codes[] = {
#define CODE(text, table)	{ text, table, ARRAY_SIZE(table) }
	[BGP_ERR_HEADER] = CODE("Message Header Error", header_names),
	[BGP_ERR_OPEN] = CODE("OPEN Message Error", open_names),
	[BGP_ERR_UPDATE] = CODE("UPDATE Message Error", update_names),
	[BGP_ERR_HOLD_TIMER] = { "Hold Timer Expired", NULL, 0 },
	[BGP_ERR_FSM] = CODE("Finite State Machine Error", fsm_names),
	[BGP_ERR_CEASE] = CODE("Cease", cease_names),
	[BGP_ERR_ROUTE_REFRESH] =
		CODE("ROUTE-REFRESH Message Error", refresh_names),
	[BGP_ERR_SEND_HOLD_TIMER] = { "Send Hold Timer Expired", NULL, 0 },
#undef CODE
};

const char *bgp_error_code_name(uint8_t code)
{
	if (code >= ARRAY_SIZE(codes) || !codes[code].name)
		return "Unknown Error";
	return codes[code].name;
}

const char *bgp_error_subcode_name(uint8_t code, uint8_t subcode)
{
	if (code >= ARRAY_SIZE(codes) || subcode >= codes[code].n_sub ||
	    !codes[code].sub[subcode])
		return "";
	return codes[code].sub[subcode];
}
