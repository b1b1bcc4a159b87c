// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OPEN. What RFC 5492 calls a capability is one row of a table here: its
 * parser, its builder and its name. A row either is a flag of struct bgp_caps
 * and has no value on the wire, or has two functions of its own.
 */

#include <string.h>

#include "bgp/msg.h"
#include "bgp/open.h"
#include "lib/util.h"

#define PARAM_CAPABILITIES	2
#define PARAM_EXTENDED		255	/* RFC 9072 */

#define ADD_PATH_RECEIVE	1
#define ADD_PATH_SEND		2

struct cap {
	uint8_t code;
	const char *name;
	size_t flag;		/* offset of a bool, if there is no parse */
	/* Read one value; false if it is malformed. */
	bool (*parse)(struct rbuf value, struct bgp_caps *caps);
	/* Write as many entries as @caps calls for. */
	void (*build)(struct wbuf *w, const struct bgp_caps *caps);
	/* Whether @caps has it, for the log. */
	bool (*present)(const struct bgp_caps *caps);
};

#define RESTART_R		0x8000
#define RESTART_N		0x4000	/* RFC 8538 */
#define RESTART_F		0x80

static size_t cap_begin(struct wbuf *w, uint8_t code)
{
	wbuf_u8(w, code);
	return wbuf_reserve(w, 1);
}

/* Multiprotocol, RFC 4760 8: AFI (2), reserved (1), SAFI (1) */
static bool mp_parse(struct rbuf value, struct bgp_caps *caps)
{
	uint8_t reserved, safi;
	enum bgp_af af;
	uint16_t afi;

	if (!rbuf_u16(&value, &afi) || !rbuf_u8(&value, &reserved) ||
	    !rbuf_u8(&value, &safi) || value.left)
		return false;
	caps->mp = true;
	if (bgp_af_find(afi, safi, &af))
		caps->families |= bgp_af_bit(af);
	return true;
}

void bgp_open_mp_caps(struct wbuf *w, const struct bgp_caps *caps)
{
	enum bgp_af af;
	size_t len;

	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(caps->families & bgp_af_bit(af)))
			continue;
		len = cap_begin(w, BGP_CAP_MP);
		wbuf_u16(w, bgp_af_info[af].afi);
		wbuf_u8(w, 0);
		wbuf_u8(w, bgp_af_info[af].safi);
		wbuf_fill_u8(w, len);
	}
}

/* Extended next hop, RFC 8950 4: repeated AFI (2), SAFI (2), next hop's (2) */
static bool ext_nexthop_parse(struct rbuf value, struct bgp_caps *caps)
{
	uint16_t afi, safi, nexthop;
	enum bgp_af af;

	while (value.left) {
		if (!rbuf_u16(&value, &afi) || !rbuf_u16(&value, &safi) ||
		    !rbuf_u16(&value, &nexthop))
			return false;
		if (safi <= UINT8_MAX && bgp_af_find(afi, safi, &af) &&
		    nexthop == bgp_af_info[BGP_IPV6_UNICAST].afi)
			caps->ext_nexthop |= bgp_af_bit(af);
	}
	return true;
}

static bool ext_nexthop_present(const struct bgp_caps *caps)
{
	return caps->ext_nexthop;
}

static void ext_nexthop_build(struct wbuf *w, const struct bgp_caps *caps)
{
	enum bgp_af af;
	size_t len;

	if (!caps->ext_nexthop)
		return;
	len = cap_begin(w, BGP_CAP_EXTENDED_NEXT_HOP);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(caps->ext_nexthop & bgp_af_bit(af)))
			continue;
		wbuf_u16(w, bgp_af_info[af].afi);
		wbuf_u16(w, bgp_af_info[af].safi);
		wbuf_u16(w, bgp_af_info[BGP_IPV6_UNICAST].afi);
	}
	wbuf_fill_u8(w, len);
}

/* Role, RFC 9234 4.1: one byte; said twice, it must be the same. */
static bool role_parse(struct rbuf value, struct bgp_caps *caps)
{
	uint8_t role;

	if (!rbuf_u8(&value, &role) || value.left)
		return false;
	role = MIN(role + 1, BGP_ROLE_CONFLICT);
	if (caps->role && caps->role != role)
		role = BGP_ROLE_CONFLICT;
	caps->role = role;
	return true;
}

static bool role_present(const struct bgp_caps *caps)
{
	return caps->role;
}

static void role_build(struct wbuf *w, const struct bgp_caps *caps)
{
	size_t len;

	if (!caps->role)
		return;
	len = cap_begin(w, BGP_CAP_ROLE);
	wbuf_u8(w, caps->role - 1);
	wbuf_fill_u8(w, len);
}

/*
 * Graceful restart, RFC 4724 3: flags and restart time (2), then repeated AFI
 * (2), SAFI (1), flags (1). Without an entry the capability says that
 * End-of-RIB is sent and understood. Of several the last one counts.
 */
static bool gr_parse(struct rbuf value, struct bgp_caps *caps)
{
	struct bgp_cap_restart *restart = &caps->restart;
	uint8_t safi, flags;
	uint16_t word, afi;
	enum bgp_af af;

	if (!rbuf_u16(&value, &word))
		return false;
	caps->end_of_rib = true;
	restart->restarting = word & RESTART_R;
	restart->notification = word & RESTART_N;
	restart->time = word & BGP_RESTART_TIME_MAX;
	restart->families = 0;
	restart->forwarding = 0;
	while (value.left) {
		if (!rbuf_u16(&value, &afi) || !rbuf_u8(&value, &safi) ||
		    !rbuf_u8(&value, &flags))
			return false;
		if (!bgp_af_find(afi, safi, &af))
			continue;
		restart->families |= bgp_af_bit(af);
		if (flags & RESTART_F)
			restart->forwarding |= bgp_af_bit(af);
	}
	return true;
}

static void gr_build(struct wbuf *w, const struct bgp_caps *caps)
{
	const struct bgp_cap_restart *restart = &caps->restart;
	enum bgp_af af;
	size_t len;

	if (!caps->end_of_rib)
		return;
	len = cap_begin(w, BGP_CAP_GRACEFUL_RESTART);
	wbuf_u16(w, (restart->restarting ? RESTART_R : 0) |
		    (restart->notification ? RESTART_N : 0) | restart->time);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(restart->families & bgp_af_bit(af)))
			continue;
		wbuf_u16(w, bgp_af_info[af].afi);
		wbuf_u8(w, bgp_af_info[af].safi);
		wbuf_u8(w, restart->forwarding & bgp_af_bit(af) ?
			   RESTART_F : 0);
	}
	wbuf_fill_u8(w, len);
}

/* Long-lived, RFC 9494 3: repeated AFI (2), SAFI (1), flags (1), time (3) */
static bool long_lived_parse(struct rbuf value, struct bgp_caps *caps)
{
	struct bgp_cap_restart *restart = &caps->restart;
	uint8_t safi, flags, high;
	uint16_t afi, low;
	enum bgp_af af;

	while (value.left) {
		if (!rbuf_u16(&value, &afi) || !rbuf_u8(&value, &safi) ||
		    !rbuf_u8(&value, &flags) || !rbuf_u8(&value, &high) ||
		    !rbuf_u16(&value, &low))
			return false;
		if (!bgp_af_find(afi, safi, &af))
			continue;
		restart->long_lived |= bgp_af_bit(af);
		if (flags & RESTART_F)
			restart->long_lived_forwarding |= bgp_af_bit(af);
		restart->long_lived_time[af] = high << 16 | low;
	}
	return true;
}

static bool long_lived_present(const struct bgp_caps *caps)
{
	return caps->restart.long_lived;
}

static void long_lived_build(struct wbuf *w, const struct bgp_caps *caps)
{
	const struct bgp_cap_restart *restart = &caps->restart;
	enum bgp_af af;
	size_t len;

	if (!restart->long_lived)
		return;
	len = cap_begin(w, BGP_CAP_LONG_LIVED);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		if (!(restart->long_lived & bgp_af_bit(af)))
			continue;
		wbuf_u16(w, bgp_af_info[af].afi);
		wbuf_u8(w, bgp_af_info[af].safi);
		wbuf_u8(w, restart->long_lived_forwarding & bgp_af_bit(af) ?
			   RESTART_F : 0);
		wbuf_u8(w, restart->long_lived_time[af] >> 16);
		wbuf_u16(w, restart->long_lived_time[af]);
	}
	wbuf_fill_u8(w, len);
}

static bool gr_present(const struct bgp_caps *caps)
{
	return caps->end_of_rib;
}

/* 4-octet AS number, RFC 6793 3: AS (4) */
static bool as4_parse(struct rbuf value, struct bgp_caps *caps)
{
	caps->as4 = true;
	return rbuf_u32(&value, &caps->as) && !value.left;
}

static void as4_build(struct wbuf *w, const struct bgp_caps *caps)
{
	size_t len;

	if (!caps->as4)
		return;
	len = cap_begin(w, BGP_CAP_AS4);
	wbuf_u32(w, caps->as);
	wbuf_fill_u8(w, len);
}

static bool as4_present(const struct bgp_caps *caps)
{
	return caps->as4;
}

/* ADD-PATH, RFC 7911 4: repeated AFI (2), SAFI (1), send/receive (1) */
static bool add_path_parse(struct rbuf value, struct bgp_caps *caps)
{
	uint8_t safi, what;
	enum bgp_af af;
	uint16_t afi;

	while (value.left) {
		if (!rbuf_u16(&value, &afi) || !rbuf_u8(&value, &safi) ||
		    !rbuf_u8(&value, &what))
			return false;
		if (!bgp_af_find(afi, safi, &af) || what > 3)
			continue;
		if (what & ADD_PATH_RECEIVE)
			caps->add_path_rx |= bgp_af_bit(af);
		if (what & ADD_PATH_SEND)
			caps->add_path_tx |= bgp_af_bit(af);
	}
	return true;
}

static bool add_path_present(const struct bgp_caps *caps)
{
	return caps->add_path_rx | caps->add_path_tx;
}

static void add_path_build(struct wbuf *w, const struct bgp_caps *caps)
{
	enum bgp_af af;
	uint8_t what;
	size_t len;

	if (!add_path_present(caps))
		return;
	len = cap_begin(w, BGP_CAP_ADD_PATH);
	for (af = 0; af < BGP_AF_COUNT; af++) {
		what = 0;
		if (caps->add_path_rx & bgp_af_bit(af))
			what |= ADD_PATH_RECEIVE;
		if (caps->add_path_tx & bgp_af_bit(af))
			what |= ADD_PATH_SEND;
		if (!what)
			continue;
		wbuf_u16(w, bgp_af_info[af].afi);
		wbuf_u8(w, bgp_af_info[af].safi);
		wbuf_u8(w, what);
	}
	wbuf_fill_u8(w, len);
}

/* In the order in which they are sent. */
static const struct cap cap_table[] = {
	{
		.code = BGP_CAP_MP,
		.name = "multiprotocol",
		.parse = mp_parse,
		.build = bgp_open_mp_caps,
	}, {
		.code = BGP_CAP_ROUTE_REFRESH,
		.name = "route-refresh",
		.flag = offsetof(struct bgp_caps, route_refresh),
	}, {
		.code = BGP_CAP_EXTENDED_NEXT_HOP,
		.name = "extended-next-hop",
		.parse = ext_nexthop_parse,
		.build = ext_nexthop_build,
		.present = ext_nexthop_present,
	}, {
		.code = BGP_CAP_EXTENDED_MESSAGE,
		.name = "extended-message",
		.flag = offsetof(struct bgp_caps, extended_message),
	}, {
		.code = BGP_CAP_ROLE,
		.name = "role",
		.parse = role_parse,
		.build = role_build,
		.present = role_present,
	}, {
		.code = BGP_CAP_GRACEFUL_RESTART,
		.name = "graceful-restart",
		.parse = gr_parse,
		.build = gr_build,
		.present = gr_present,
	}, {
		.code = BGP_CAP_AS4,
		.name = "as4",
		.parse = as4_parse,
		.build = as4_build,
		.present = as4_present,
	}, {
		.code = BGP_CAP_ADD_PATH,
		.name = "add-path",
		.parse = add_path_parse,
		.build = add_path_build,
		.present = add_path_present,
	}, {
		.code = BGP_CAP_ENHANCED_REFRESH,
		.name = "enhanced-refresh",
		.flag = offsetof(struct bgp_caps, enhanced_refresh),
	}, {
		.code = BGP_CAP_LONG_LIVED,
		.name = "long-lived-graceful-restart",
		.parse = long_lived_parse,
		.build = long_lived_build,
		.present = long_lived_present,
	},
};

static const struct cap *cap_find(uint8_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cap_table); i++)
		if (cap_table[i].code == code)
			return &cap_table[i];
	return NULL;
}

static bool cap_present(const struct cap *cap, const struct bgp_caps *caps)
{
	if (cap->present)
		return cap->present(caps);
	return *(const bool *)((const char *)caps + cap->flag);
}

static bool cap_parse(struct rbuf *r, struct bgp_caps *caps)
{
	const struct cap *cap;
	struct rbuf value;
	uint8_t code, len;

	if (!rbuf_u8(r, &code) || !rbuf_u8(r, &len) ||
	    !rbuf_sub(r, len, &value))
		return false;
	cap = cap_find(code);
	if (!cap) {
		caps->unknown += caps->unknown < UINT8_MAX;
		return true;
	}
	if (cap->parse)
		return cap->parse(value, caps);
	*(bool *)((char *)caps + cap->flag) = true;
	return !value.left;
}

static void caps_build(struct wbuf *w, const struct bgp_caps *caps)
{
	const struct cap *cap;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cap_table); i++) {
		cap = &cap_table[i];
		if (cap->build)
			cap->build(w, caps);
		else if (cap_present(cap, caps))
			wbuf_fill_u8(w, cap_begin(w, cap->code));
	}
}

/*
 *  1   version
 *  2   my AS, AS_TRANS if it needs four octets
 *  2   hold time
 *  4   BGP identifier
 *  1   length of the optional parameters: one, that has all capabilities
 */
void bgp_open_build(struct wbuf *w, const struct bgp_open *open)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_OPEN);
	size_t params, caps;

	wbuf_u8(w, BGP_VERSION);
	wbuf_u16(w, open->as > UINT16_MAX ? BGP_AS_TRANS : open->as);
	wbuf_u16(w, open->hold_time);
	wbuf_u32(w, open->router_id);
	params = wbuf_reserve(w, 1);
	wbuf_u8(w, PARAM_CAPABILITIES);
	caps = wbuf_reserve(w, 1);
	caps_build(w, &open->caps);
	if (w->len == caps + 1)
		w->len = params + 1;	/* none: no parameter either */
	else
		wbuf_fill_u8(w, caps);
	wbuf_fill_u8(w, params);
	bgp_msg_end(w, begin);
}

static bool open_error(struct bgp_error *err, uint8_t subcode,
		       const char *text, unsigned int value)
{
	bgp_error_set(err, BGP_ERR_OPEN, subcode, NULL, 0, "%s: %u", text,
		      value);
	return false;
}

static bool malformed(struct bgp_error *err, const char *what)
{
	bgp_error_set(err, BGP_ERR_OPEN, BGP_OPEN_UNSPECIFIC, NULL, 0,
		      "malformed %s in OPEN", what);
	return false;
}

/*
 * Split the parameters off. In RFC 9072's form a parameter of type 255 comes
 * first and is no parameter: a length of two bytes follows, and each
 * parameter has a length of two bytes as well.
 */
static bool params_split(struct rbuf r, struct rbuf *params, bool *extended)
{
	uint16_t len16;
	uint8_t len;

	if (!rbuf_u8(&r, &len))
		return false;
	*extended = len && r.left && r.pos[0] == PARAM_EXTENDED;
	if (!*extended) {
		*params = r;
		return r.left == len;
	}
	rbuf_skip(&r, 1);
	return rbuf_u16(&r, &len16) && rbuf_sub(&r, len16, params) && !r.left;
}

static bool param_next(struct rbuf *r, bool extended, uint8_t *type,
		       struct rbuf *value)
{
	uint16_t len;
	uint8_t len8;

	if (!rbuf_u8(r, type))
		return false;
	if (extended) {
		if (!rbuf_u16(r, &len))
			return false;
	} else {
		if (!rbuf_u8(r, &len8))
			return false;
		len = len8;
	}
	return rbuf_sub(r, len, value);
}

static bool params_parse(struct rbuf r, struct bgp_caps *caps,
			 struct bgp_error *err)
{
	struct rbuf params, value;
	bool extended;
	uint8_t type;

	if (!params_split(r, &params, &extended))
		return malformed(err, "optional parameters");
	while (params.left) {
		if (!param_next(&params, extended, &type, &value))
			return malformed(err, "optional parameters");
		if (type != PARAM_CAPABILITIES)
			return open_error(err, BGP_OPEN_BAD_PARAMETER,
					  "optional parameter", type);
		while (value.left)
			if (!cap_parse(&value, caps))
				return malformed(err, "capability");
	}
	return true;
}

bool bgp_open_parse(struct rbuf body, struct bgp_open *open,
		    struct bgp_error *err)
{
	static const uint8_t our_version[2] = { 0, BGP_VERSION };
	struct rbuf r = body;
	uint8_t version;
	uint16_t as;

	memset(open, 0, sizeof(*open));
	if (!rbuf_u8(&r, &version) || !rbuf_u16(&r, &as) ||
	    !rbuf_u16(&r, &open->hold_time) ||
	    !rbuf_u32(&r, &open->router_id))
		return malformed(err, "header");
	if (version != BGP_VERSION) {
		open_error(err, BGP_OPEN_BAD_VERSION, "version", version);
		err->data_len = sizeof(our_version);
		memcpy(err->data, our_version, sizeof(our_version));
		return false;
	}
	if (!params_parse(r, &open->caps, err))
		return false;
	open->as = open->caps.as4 ? open->caps.as : as;
	if (!as || !open->as)			/* RFC 7607 */
		return open_error(err, BGP_OPEN_BAD_PEER_AS, "AS", 0);
	if (open->hold_time == 1 || open->hold_time == 2)
		return open_error(err, BGP_OPEN_BAD_HOLD_TIME, "hold time",
				  open->hold_time);
	if (!open->router_id)			/* RFC 6286 2.1 */
		return open_error(err, BGP_OPEN_BAD_IDENTIFIER,
				  "BGP identifier", 0);
	return true;
}

/* A speaker without any MP capability speaks IPv4 unicast, RFC 4760 8. */
static uint8_t families(const struct bgp_caps *caps)
{
	if (caps->mp || caps->families)
		return caps->families;
	return bgp_af_bit(BGP_IPV4_UNICAST);
}

bool bgp_roles_agree(enum bgp_role local, const struct bgp_caps *remote,
		     bool strict)
{
	static const uint8_t counterpart[] = {
		[BGP_ROLE_PROVIDER] = BGP_ROLE_CUSTOMER,
		[BGP_ROLE_RS] = BGP_ROLE_RS_CLIENT,
		[BGP_ROLE_RS_CLIENT] = BGP_ROLE_RS,
		[BGP_ROLE_CUSTOMER] = BGP_ROLE_PROVIDER,
		[BGP_ROLE_PEER] = BGP_ROLE_PEER,
	};

	if (!local)
		return true;
	if (!remote->role)
		return !strict;
	return remote->role == counterpart[local];
}

const char *bgp_role_name(enum bgp_role role)
{
	static const char *const names[] = {
		[BGP_ROLE_PROVIDER] = "provider",
		[BGP_ROLE_RS] = "rs",
		[BGP_ROLE_RS_CLIENT] = "rs-client",
		[BGP_ROLE_CUSTOMER] = "customer",
		[BGP_ROLE_PEER] = "peer",
		[BGP_ROLE_NONE] = "none",
		[BGP_ROLE_CONFLICT] = "invalid",
	};

	return names[role];
}

void bgp_open_negotiate(const struct bgp_caps *local,
			const struct bgp_caps *remote, struct bgp_wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->as4 = local->as4 && remote->as4;
	wire->families = families(local) & families(remote);
	wire->add_path_rx = wire->families & local->add_path_rx &
			    remote->add_path_tx;
	wire->add_path_tx = wire->families & local->add_path_tx &
			    remote->add_path_rx;
	wire->ext_nexthop = wire->families & local->ext_nexthop &
			    remote->ext_nexthop;
	/* RFC 9494 4.5: not without graceful restart */
	if (local->end_of_rib && remote->end_of_rib)
		wire->long_lived = wire->families &
				   local->restart.long_lived &
				   remote->restart.long_lived;
	wire->max_len = local->extended_message && remote->extended_message ?
			BGP_MSG_MAX_EXT : BGP_MSG_MAX;
}

static void append(struct wbuf *w, const char *word)
{
	if (w->len)
		wbuf_u8(w, ' ');
	wbuf_copy(w, word, strlen(word));
}

void bgp_caps_format(const struct bgp_caps *caps, char *buf, size_t size)
{
	struct wbuf w = wbuf_make(buf, size - 1);
	enum bgp_af af;
	size_t i;

	for (af = 0; af < BGP_AF_COUNT; af++)
		if (caps->families & bgp_af_bit(af))
			append(&w, bgp_af_info[af].name);
	for (i = 0; i < ARRAY_SIZE(cap_table); i++)
		if (cap_table[i].code != BGP_CAP_MP &&
		    cap_present(&cap_table[i], caps))
			append(&w, cap_table[i].name);
	buf[w.len] = '\0';
}
