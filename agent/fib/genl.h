/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of the generic netlink family "vnet" (uapi/linux/vnet.h says what
 * each request means). Every function returns 0 or -errno and fills in @err
 * with the kernel's words. Arrays that a callback is given belong to the
 * caller of the callback and live as long as the call.
 */
#ifndef FIB_GENL_H
#define FIB_GENL_H

#include <linux/vnet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "fib/netlink.h"
#include "lib/addr.h"

#define GENL_MAX_ADDRS	256		/* of one NIC */
#define GENL_NAME_LEN	32

struct genl {
	struct netlink nl;
	uint16_t family;		/* message type of the family */
};

struct genl_drop {
	uint8_t reason;			/* enum vnet_drop */
	char name[GENL_NAME_LEN];
	uint64_t packets;
};

struct genl_stats {
	uint64_t rx_packets, rx_bytes;	/* from the guests */
	uint64_t tx_packets, tx_bytes;	/* to the guests */
	unsigned int n_drops;
	struct genl_drop drops[64];
};

struct genl_mirror {
	uint8_t route_class;		/* enum vnet_route_class */
	uint8_t family;
	uint8_t state;			/* enum vnet_mirror_state */
	uint32_t routes;
	uint64_t bytes;
};

struct genl_vnet {
	int ifindex;
	char name[IFNAMSIZ];
	uint32_t vni, table, bgp_table, max_routes, n_nics;
	bool ecmp_symmetric;
	unsigned int n_spaces;
	struct prefix *spaces;
	unsigned int n_mirrors;
	struct genl_mirror mirrors[(VNET_CLASS_MAX + 1) * 2];
	struct genl_stats stats;
};

struct genl_subnet {
	struct prefix prefix;
	uint32_t table;			/* 0: none */
	uint32_t flags;			/* VNET_SUBNET_F_* */
};

/* One side of a peering */
struct genl_peering {
	int vnet_ifindex;		/* whose side */
	int peer_ifindex;
	uint32_t flags;			/* VNET_PEERING_F_* */
	uint8_t state;			/* enum vnet_peering_state */
};

struct genl_nic {
	int ifindex;
	int vnet_ifindex;
	char name[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[6];
	uint32_t flags;			/* VNET_NIC_F_* */
	unsigned int n_addrs;
	struct addr addrs[GENL_MAX_ADDRS];
	struct genl_stats stats;
};

/* What to change of a NIC; what is not set stays as it is */
struct genl_nic_set {
	int ifindex;
	const uint8_t *mac;		/* 6 bytes, or NULL */
	bool set_flags;
	uint32_t flags;
	bool set_addrs;
	unsigned int n_addrs;
	const struct addr *addrs;
};

/* An address of a VNet that is at another host */
struct genl_endpoint {
	struct addr addr;
	struct addr host;
	uint32_t vni;			/* there; to set, 0: as here */
	bool has_mac;			/* to set, without: the router's */
	uint8_t mac[6];
};

/* The VXLAN device to other hosts */
struct genl_tunnel {
	int ifindex;			/* 0: none */
	char name[IFNAMSIZ];
	struct genl_stats stats;
};

struct genl_hop {
	struct addr addr;		/* none: directly there */
	uint16_t weight;
	int ifindex;			/* of the NIC, 0: nobody owns addr */
	uint32_t flags;			/* VNET_HOP_F_* */
	struct addr host;		/* that addr is at, none: this one */
	uint64_t packets, bytes;	/* handed to it as a next hop */
};

struct genl_route {
	uint8_t route_class;		/* enum vnet_route_class */
	uint8_t state;			/* enum vnet_route_state */
	uint8_t reason;			/* enum vnet_route_reason */
	uint8_t type;			/* enum vnet_hop_type */
	uint8_t protocol;		/* rtm_protocol */
	uint32_t table;
	uint32_t nhid;
	int peer_ifindex;		/* of a peering's row; else 0 */
	struct prefix prefix;
	unsigned int n_hops;
	struct genl_hop *hops;
};

/* What is asked of a lookup; what is not given does not count */
struct genl_flow {
	struct addr dst;
	struct addr src;		/* family 0: an address of the NIC */
	uint8_t protocol;		/* IPPROTO_* */
	uint16_t sport, dport;		/* host order */
};

struct genl_lookup {
	bool has_route;
	struct genl_route route;	/* the winner */
	bool has_hop;
	struct genl_hop hop;		/* the chosen one of its next hops */
	uint8_t drop;			/* enum vnet_drop */
	unsigned int n_candidates;
	struct genl_route *candidates;	/* what else matched, longest first */
};

typedef void genl_vnet_cb(const struct genl_vnet *vnet, void *arg);
typedef void genl_subnet_cb(const struct genl_subnet *subnet, void *arg);
typedef void genl_peering_cb(const struct genl_peering *peering, void *arg);
typedef void genl_nic_cb(const struct genl_nic *nic, void *arg);
typedef void genl_endpoint_cb(const struct genl_endpoint *endpoint,
			      void *arg);
typedef void genl_route_cb(const struct genl_route *route, void *arg);

/* Open the socket, which is there without the module, too. */
int genl_open(struct genl *g, struct netlink_error *err);
/*
 * Find the family; to be repeated when the module may have been loaded anew.
 * ENOENT: it is not loaded.
 */
int genl_resolve(struct genl *g, struct netlink_error *err);
void genl_close(struct genl *g);

/* One VNet by the index of its device, or all if that is 0. */
int genl_get_vnets(struct genl *g, int ifindex, genl_vnet_cb *cb, void *arg,
		   struct netlink_error *err);

int genl_set_subnet(struct genl *g, int vnet_ifindex,
		    const struct genl_subnet *subnet,
		    struct netlink_error *err);
int genl_del_subnet(struct genl *g, int vnet_ifindex,
		    const struct prefix *prefix, struct netlink_error *err);
int genl_get_subnets(struct genl *g, int vnet_ifindex, genl_subnet_cb *cb,
		     void *arg, struct netlink_error *err);

/* Of @peering its ends and flags count. */
int genl_set_peering(struct genl *g, const struct genl_peering *peering,
		     struct netlink_error *err);
int genl_del_peering(struct genl *g, int vnet_ifindex, int peer_ifindex,
		     struct netlink_error *err);
/* The sides of one VNet, or all if @vnet_ifindex is 0. */
int genl_get_peerings(struct genl *g, int vnet_ifindex, genl_peering_cb *cb,
		      void *arg, struct netlink_error *err);

int genl_set_nic(struct genl *g, const struct genl_nic_set *set,
		 struct netlink_error *err);
int genl_get_nic(struct genl *g, int ifindex, struct genl_nic *nic,
		 struct netlink_error *err);
/* Those of one VNet, or all if @vnet_ifindex is 0. */
int genl_get_nics(struct genl *g, int vnet_ifindex, genl_nic_cb *cb, void *arg,
		  struct netlink_error *err);

int genl_set_endpoint(struct genl *g, int vnet_ifindex,
		      const struct genl_endpoint *endpoint,
		      struct netlink_error *err);
int genl_del_endpoint(struct genl *g, int vnet_ifindex, const struct addr *addr,
		      struct netlink_error *err);
int genl_get_endpoints(struct genl *g, int vnet_ifindex, genl_endpoint_cb *cb,
		       void *arg, struct netlink_error *err);

int genl_set_tunnel(struct genl *g, int ifindex, struct netlink_error *err);
int genl_del_tunnel(struct genl *g, struct netlink_error *err);
int genl_get_tunnel(struct genl *g, struct genl_tunnel *tunnel,
		    struct netlink_error *err);

/* @family: AF_INET, AF_INET6 or 0 for both */
int genl_get_effective(struct genl *g, int nic_ifindex, int family,
		       genl_route_cb *cb, void *arg, struct netlink_error *err);
/* @out is to be freed with genl_lookup_free(), whatever the result. */
int genl_lookup(struct genl *g, int nic_ifindex, const struct genl_flow *flow,
		struct genl_lookup *out, struct netlink_error *err);
void genl_lookup_free(struct genl_lookup *lookup);

#endif
