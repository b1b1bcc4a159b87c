// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "lib/util.h"
#include "vrsd/msg.h"

#define BIT(proc)	(1u << (proc))
#define PARENT		BIT(PROC_PARENT)
#define SPEAKER		BIT(PROC_SPEAKER)
#define KERNEL		BIT(PROC_KERNEL)
#define CONTROL		BIT(PROC_CONTROL)
#define BFD		BIT(PROC_BFD)

enum msg_flag {
	FD = 1,				/* carries a descriptor */
	TAIL = 2,			/* bytes may follow the fixed part */
};

static const struct msg_info {
	const char *name;
	uint8_t from;
	uint8_t to;
	uint8_t flags;
	uint16_t len;			/* of the fixed part */
} msg_info[MSG_TYPE_COUNT] = {
#define MSG(type, from, to, flags, len) \
	[MSG_##type] = { #type, from, to, flags, len }

	MSG(CHANNEL, PARENT, SPEAKER | KERNEL | CONTROL | BFD, FD,
	    sizeof(uint32_t)),
	MSG(SHUTDOWN, PARENT, SPEAKER | KERNEL | CONTROL | BFD, 0, 0),
	MSG(PING, PARENT, SPEAKER | KERNEL | CONTROL | BFD, 0, 0),
	MSG(PONG, SPEAKER | KERNEL | CONTROL | BFD, PARENT, 0, 0),

	MSG(CONF_TEXT, PARENT, SPEAKER | KERNEL, TAIL, 0),
	MSG(CONF_BFD, PARENT, BFD, 0, sizeof(struct msg_conf_bfd)),
	MSG(CONF_END, PARENT, SPEAKER | KERNEL | BFD, 0, 0),
	MSG(CONF_PEER, PARENT, SPEAKER, 0, sizeof(struct msg_conf_peer)),
	MSG(CONF_PEERS_END, PARENT, SPEAKER, 0, 0),
	MSG(CONF_DONE, SPEAKER | KERNEL | BFD, PARENT, 0, 0),

	MSG(LISTENER, PARENT, SPEAKER, FD, sizeof(struct msg_listener)),
	MSG(LISTENER_CLOSE, PARENT, SPEAKER, 0, sizeof(struct msg_listener)),
	MSG(DIALED, PARENT, SPEAKER, FD, sizeof(uint32_t)),
	MSG(DIAL_FAILED, PARENT, SPEAKER, 0, sizeof(struct msg_dial_failed)),
	MSG(PEER_PROBLEM, PARENT, SPEAKER, 0,
	    sizeof(struct msg_peer_problem)),
	MSG(BFD_RECEIVER, PARENT, BFD, FD, sizeof(struct msg_bfd_socket)),
	MSG(BFD_SENDER, PARENT, BFD, FD, sizeof(struct msg_bfd_socket)),
	MSG(BFD_CLOSE, PARENT, BFD, 0, sizeof(struct msg_bfd_socket)),
	MSG(DIAL, SPEAKER, PARENT, 0, sizeof(uint32_t)),
	MSG(REKEY, SPEAKER, PARENT, FD, sizeof(uint32_t)),
	MSG(VNET_READY, KERNEL, PARENT, 0, sizeof(struct msg_vnet_ready)),
	MSG(VNET_LOST, KERNEL, PARENT, 0, sizeof(uint32_t)),
	MSG(FORWARDING, PARENT, SPEAKER, 0, sizeof(struct msg_forwarding)),
	MSG(NIC_DOWN, KERNEL, PARENT, 0, sizeof(struct msg_hop)),
	MSG(UNREACHABLE, PARENT, SPEAKER, 0, sizeof(struct msg_hop)),
	MSG(CONTROL_SOCKET, PARENT, CONTROL, FD, 0),
	MSG(RELOADED, PARENT, CONTROL, TAIL, sizeof(struct msg_query_end)),

	MSG(BFD_BEGIN, SPEAKER, BFD, 0, sizeof(struct msg_bfd_peer)),
	MSG(BFD_END, SPEAKER, BFD, 0, sizeof(struct msg_bfd_peer)),
	MSG(BFD_DOWN, BFD, SPEAKER, 0, sizeof(struct msg_bfd_peer)),

	MSG(ROUTES, SPEAKER, KERNEL, TAIL, sizeof(struct msg_routes)),
	MSG(HOP_DOWN, SPEAKER | BFD, KERNEL, 0, sizeof(struct msg_hop)),
	MSG(HOP_UP, SPEAKER, KERNEL, 0, sizeof(struct msg_hop)),
	MSG(HOP_BACK, KERNEL, SPEAKER, 0, sizeof(struct msg_hop)),
	MSG(SWEEP, SPEAKER, KERNEL, 0, sizeof(uint32_t)),
	MSG(ROUTES_DONE, KERNEL, SPEAKER, TAIL, sizeof(uint32_t)),
	MSG(ROUTE_FAILED, KERNEL, SPEAKER, TAIL,
	    sizeof(struct msg_route_failed)),

	MSG(QUERY, CONTROL, SPEAKER | KERNEL | BFD, 0,
	    sizeof(struct msg_query)),
	MSG(QUERY_MORE, CONTROL, SPEAKER | KERNEL | BFD, 0,
	    sizeof(uint32_t)),
	MSG(QUERY_CANCEL, CONTROL, SPEAKER | KERNEL | BFD, 0,
	    sizeof(uint32_t)),
	MSG(RELOAD, CONTROL, PARENT, 0, sizeof(uint32_t)),
	MSG(ROW_PEER, SPEAKER, CONTROL, 0, sizeof(struct msg_row_peer)),
	MSG(ROW_COUNTS, SPEAKER, CONTROL, 0, sizeof(struct msg_row_counts)),
	MSG(ROW_ROUTE, SPEAKER, CONTROL, TAIL, sizeof(struct msg_row_route)),
	MSG(ROW_STATUS, SPEAKER | KERNEL | BFD, CONTROL, 0,
	    sizeof(struct msg_row_status)),
	MSG(ROW_PROBLEM, KERNEL, CONTROL, 0, sizeof(struct msg_row_problem)),
	MSG(ROW_POLICY, SPEAKER, CONTROL, TAIL,
	    sizeof(struct msg_row_policy)),
	MSG(ROW_BFD, BFD, CONTROL, 0, sizeof(struct msg_row_bfd)),
	MSG(QUERY_BATCH, SPEAKER, CONTROL, 0, sizeof(uint32_t)),
	MSG(QUERY_END, SPEAKER | KERNEL | BFD, CONTROL, TAIL,
	    sizeof(struct msg_query_end)),
#undef MSG
};

bool msg_valid(enum proc_id from, enum proc_id to, uint16_t type, size_t len,
	       bool has_fd)
{
	const struct msg_info *info;

	if (type >= MSG_TYPE_COUNT)
		return false;
	info = &msg_info[type];
	return info->from & BIT(from) && info->to & BIT(to) &&
	       (info->flags & TAIL ? len >= info->len : len == info->len) &&
	       has_fd == !!(info->flags & FD);
}

#define ENDS(array)	(memchr((array), '\0', sizeof(array)) != NULL)

static bool id_ends(const struct row_peer_id *id)
{
	return ENDS(id->vnet) && ENDS(id->neighbor);
}

bool msg_strings_end(uint16_t type, const void *body)
{
	const struct msg_conf_peer *conf = body;
	const struct msg_conf_bfd *bfd = body;
	const struct msg_peer_problem *problem = body;
	const struct msg_query *query = body;
	const struct msg_row_peer *peer = body;
	const struct msg_row_route *route = body;
	const struct msg_row_status *status = body;
	const struct msg_row_problem *vnet = body;
	const struct msg_row_policy *policy = body;
	const struct msg_row_bfd *row_bfd = body;

	switch (type) {
	case MSG_CONF_PEER:
		return id_ends(&conf->id) && ENDS(conf->shutdown_message);
	case MSG_CONF_BFD:
		return id_ends(&bfd->id);
	case MSG_PEER_PROBLEM:
		return ENDS(problem->problem);
	case MSG_QUERY:
		return ENDS(query->vnet) && ENDS(query->neighbor) &&
		       ENDS(query->map);
	case MSG_ROW_PEER:
		return id_ends(&peer->row.id) &&
		       ENDS(peer->row.role) &&
		       ENDS(peer->row.capabilities) &&
		       ENDS(peer->row.sent_capabilities) &&
		       ENDS(peer->row.last_error) &&
		       ENDS(peer->row.problem);
	case MSG_ROW_ROUTE:
		return id_ends(&route->row.id) && ENDS(route->row.why) &&
		       ENDS(route->row.error_text);
	case MSG_ROW_POLICY:
		return id_ends(&policy->row.id);
	case MSG_ROW_STATUS:
		return ENDS(status->row.process);
	case MSG_ROW_PROBLEM:
		return ENDS(vnet->row.vnet) && ENDS(vnet->row.text);
	case MSG_ROW_BFD:
		return id_ends(&row_bfd->row.id);
	default:
		return true;
	}
}

const char *msg_name(uint16_t type)
{
	if (type >= MSG_TYPE_COUNT || !msg_info[type].name)
		return "unknown";
	return msg_info[type].name;
}

static const char *const proc_names[PROC_COUNT] = {
	[PROC_PARENT] = "parent",
	[PROC_SPEAKER] = "speaker",
	[PROC_KERNEL] = "kernel",
	[PROC_CONTROL] = "control",
	[PROC_BFD] = "bfd",
};

const char *proc_name(enum proc_id id)
{
	return id < PROC_COUNT ? proc_names[id] : "unknown";
}

enum proc_id proc_find(const char *name)
{
	unsigned int id;

	for (id = 0; id < PROC_COUNT; id++)
		if (!strcmp(name, proc_names[id]))
			break;
	return id;
}
