/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of vrsd: read from YAML, checked as a whole, and handed
 * on as plain structs. Nothing outside this folder knows YAML.
 *
 * A configuration is accepted or refused in one piece. Whoever holds one may
 * read it for as long as it likes; it never changes.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define CONF_NAME_MAX		63	/* bytes of a neighbor's or route
					 * table's name */
#define CONF_SIZE_MAX		(16u << 20)	/* bytes of a file */
#define CONF_DEFAULT_ASN	65515
#define CONF_DEFAULT_HOLD_TIME	180	/* seconds */
#define CONF_DEFAULT_STALE_TIME	120	/* seconds */
#define CONF_DEFAULT_PREFIX_RESTART 60	/* seconds */
#define CONF_DEFAULT_PREFIX_LIMIT 2000000u
#define CONF_PATH_LIMIT		4000000u	/* of a session with ADD-PATH,
						 * or the prefix limit */
#define CONF_ATTR_LIMIT		(1ull << 30)	/* bytes of a session */
#define CONF_AZURE_PREFIXES	4000	/* of a peer, in profile azure */
#define CONF_AZURE_TOTAL	10000	/* of a VNet */
#define CONF_AZURE_PREFIX_RESTART 5	/* seconds, as it dials again */
#define CONF_AZURE_PEERS	8
#define CONF_AZURE_INSTANCES	2
#define CONF_DEFAULT_LIMIT	16	/* sessions with a range */
#define CONF_DEFAULT_BFD_INTERVAL 300	/* ms */
#define CONF_DEFAULT_BFD_MULTIPLIER 3
#define CONF_LIMIT_MAX		1024
#define CONF_PATHS_MAX		16	/* sent of one prefix */
#define CONF_ASNS_MAX		64	/* of a neighbor */
#define CONF_MESSAGE_MAX	255	/* bytes, RFC 9003 */
#define CONF_KEY_MAX		80	/* bytes, what the kernel takes */
#define CONF_AO_KEYS_MAX	16	/* of a neighbor */
#define CONF_DEFAULT_RESTART_TIME 120	/* seconds */
#define CONF_DEFAULT_DEFERRAL_TIME 30	/* seconds */

/* Where something was written; line and column count from 1. */
struct conf_pos {
	uint32_t line;
	uint32_t column;
};

/* One error, whole: "FILE:LINE:COLUMN: WHERE: WHAT". */
struct conf_error {
	struct conf_pos pos;		/* line 0: not about one place */
	char text[1024];
};

enum conf_nh_type {
	CONF_NH_VIRTUAL_APPLIANCE,	/* .next_hop holds */
	CONF_NH_VNET_LOCAL,
	CONF_NH_INTERNET,
	CONF_NH_NONE,			/* drop */
};

/* What a neighbor is: an NVA is external, a gateway is in our AS. */
enum conf_kind {
	CONF_NVA,
	CONF_VPN,
	CONF_EXPRESSROUTE,
	CONF_KINDS,
};

/* Which routes to a prefix win before AS_PATH is looked at. */
enum conf_preference {
	CONF_PREFER_EXPRESSROUTE,	/* over VPN gateways and NVAs */
	CONF_PREFER_VPN,		/* VPN gateways and NVAs over it */
	CONF_PREFER_AS_PATH,		/* none */
};

/* What we are to a neighbor, RFC 9234. */
enum conf_role {
	CONF_ROLE_NONE,
	CONF_ROLE_PROVIDER,
	CONF_ROLE_RS,
	CONF_ROLE_RS_CLIENT,
	CONF_ROLE_CUSTOMER,
	CONF_ROLE_PEER,
};

/* What a key of TCP-AO is used with; the number is that of the MAC's bits. */
enum conf_ao_algorithm {
	CONF_AO_HMAC_SHA_1_96,		/* RFC 5926 */
	CONF_AO_AES_128_CMAC_96,	/* RFC 5926 */
	CONF_AO_HMAC_SHA_256_96,
	CONF_AO_HMAC_SHA_256_128,
};

/* Whose habits the route server has where they differ. */
enum conf_profile {
	CONF_PROFILE_DEFAULT,		/* ours */
	CONF_PROFILE_AZURE,
};

/* What is done about prefixes beyond a limit. */
enum conf_excess {
	CONF_EXCESS_DROP,		/* they are not taken */
	CONF_EXCESS_WARN,
	CONF_EXCESS_TEARDOWN,		/* the session ends for a while */
};

enum conf_condition {
	CONF_EQUALS,			/* a prefix of the list; all communities
					 * of the list; this very AS path */
	CONF_CONTAINS,			/* or inside one; any of the list */
};

enum conf_verb {
	CONF_DROP,
	CONF_ADD,
	CONF_REPLACE,
	CONF_REMOVE,
};

enum conf_next {
	CONF_TERMINATE,
	CONF_CONTINUE,
};

/* From whom a subnet has BGP routes */
enum conf_propagation {
	CONF_PROPAGATE_ALL,
	CONF_PROPAGATE_NONE,
	CONF_PROPAGATE_ROUTE_SERVER,
	CONF_PROPAGATE_GATEWAY,
};

struct conf_space {
	struct conf_pos pos;
	struct prefix prefix;
};

struct conf_subnet {
	struct conf_pos pos;
	struct prefix prefix;
	char *route_table;		/* name, NULL: none */
	uint32_t table;			/* kernel table of it, 0: none */
	enum conf_propagation propagation;
};

/* One side of a VNet peering */
struct conf_peering {
	struct conf_pos pos;
	char vnet[IFNAMSIZ];		/* the peer, unique in the VNet */
	bool vnet_access;
	bool forwarded_traffic;		/* is taken from the peer */
	bool gateway_transit;		/* the peer may use our BGP routes */
	bool remote_gateways;		/* we use the peer's */
};

struct conf_nic {
	struct conf_pos pos;
	char device[IFNAMSIZ];
	bool has_mac;			/* else the kernel's choice */
	uint8_t mac[6];
	struct addr *addresses;
	size_t n_addresses;
	bool ip_forwarding;
	bool own_routes;		/* has BGP routes to itself */
};

struct conf_bfd {
	uint16_t interval;		/* ms, as we send and receive */
	uint16_t multiplier;
	bool multihop;
};

/* A master key tuple, RFC 5925 */
struct conf_ao_key {
	struct conf_pos pos;
	uint16_t send_id;		/* 0..255, as the neighbor's recv-id */
	uint16_t recv_id;
	enum conf_ao_algorithm algorithm;
	char *key;			/* NULL: see conf_read_keys() */
	char *key_file;			/* path */
};

/* An address of the VNet that is at another host */
struct conf_endpoint {
	struct conf_pos pos;
	struct addr address;		/* unique in the VNet */
	struct addr host;		/* in the underlay */
	uint32_t vni;			/* there, 0: as here */
	bool has_mac;			/* else the virtual router's */
	uint8_t mac[6];
};

/*
 * One neighbor, or whoever dials in from a range of addresses: then .address
 * has no family and .range has. The AS is .asn or, if that is 0, one of .asns.
 */
struct conf_neighbor {
	struct conf_pos pos;
	char *name;			/* unique in the VNet */
	struct addr address;		/* unique in the VNet */
	struct prefix range;		/* ranges are disjoint */
	uint32_t asn;			/* of a gateway: the server's */
	uint32_t *asns;
	size_t n_asns;
	uint16_t limit;			/* sessions with .range, an instance */
	char *md5_key;			/* NULL: none; see conf_read_keys() */
	char *md5_key_file;		/* path */
	struct conf_ao_key *ao_keys;	/* TCP-AO, the one to use first */
	size_t n_ao_keys;
	uint16_t ttl_security;		/* most hops away, 0: not looked at */
	struct conf_bfd *bfd;		/* NULL: none */
	enum conf_kind kind;
	bool as_override;		/* its AS in a path becomes ours */
	uint16_t allowas_in;		/* ours may be in a path so often */
	bool graceful_restart;		/* RFC 4724, both ways */
	enum conf_role role;
	bool strict_role;		/* it must tell its own */
	bool add_path_receive;		/* RFC 7911 */
	uint16_t add_path_send;		/* paths of a prefix, 0: one, without */
	uint32_t prefix_limit;		/* of a session, 0: none */
	enum conf_excess excess;
	uint16_t prefix_restart;	/* seconds after a teardown, 0: never */
	char *inbound;			/* names of route maps, NULL: none */
	char *outbound;
	bool shutdown;			/* there are to be no sessions */
	char *shutdown_message;		/* why, NULL: not said */
};

#define CONF_INSTANCES_MAX	16
#define CONF_SESSIONS_MAX	65535	/* of all VNets, ranges being full */
#define CONF_NIC_ADDRS_MAX	256	/* the module takes no more */

/*
 * Instance i of the route server is the i-th IPv4 address and the i-th IPv6
 * address of .addresses: see conf_server_instance().
 */
struct conf_server {
	struct conf_pos pos;
	uint32_t asn;
	struct addr *addresses;		/* in the order written */
	size_t n_addresses;
	uint16_t hold_time;		/* seconds, 0 or at least 3 */
	uint16_t send_hold_time;	/* seconds, 0: by the hold time */
	uint16_t stale_time;		/* seconds routes outlive a restart */
	enum conf_profile profile;
	bool branch_to_branch;		/* gateways, NVAs and each other */
	enum conf_preference preference;
	uint16_t restart_time;		/* seconds neighbors are to keep ours,
					 * 0: no graceful restart */
	uint32_t long_lived_time;	/* seconds after that, 0: none */
	uint16_t deferral_time;		/* seconds to wait with decisions */
	struct conf_neighbor *neighbors;
	size_t n_neighbors;
	const struct conf_neighbor **by_address;	/* ranges first */
};

struct conf_vnet {
	struct conf_pos pos;
	char name[IFNAMSIZ];		/* also the device's */
	uint32_t vni;			/* 1..2^24 - 1 */
	uint32_t table;			/* kernel table, system routes */
	uint32_t bgp_table;
	uint32_t max_routes;		/* of a class and family, 0: no limit */
	bool ecmp_symmetric;		/* one next hop for both directions */
	char internet[IFNAMSIZ];	/* device, "": no Internet */
	struct addr *gateways;		/* behind it, at most one a family */
	size_t n_gateways;
	struct conf_space *spaces;	/* disjoint, at least one */
	size_t n_spaces;
	struct conf_subnet *subnets;	/* disjoint */
	size_t n_subnets;
	struct conf_nic *nics;
	size_t n_nics;
	struct conf_endpoint *endpoints;
	size_t n_endpoints;
	struct conf_peering *peerings;
	size_t n_peerings;
	struct conf_server *server;	/* NULL: no route server */
};

struct conf_route {
	struct conf_pos pos;
	struct prefix prefix;		/* unique in its table */
	enum conf_nh_type type;
	struct addr next_hop;
};

struct conf_route_table {
	struct conf_pos pos;
	char *name;			/* unique */
	char vnet[IFNAMSIZ];
	uint32_t table;			/* kernel table */
	bool bgp_inside;		/* BGP routes count inside spaces */
	bool keep_lost;			/* BGP routes outlive their next hops */
	struct conf_route *routes;
	size_t n_routes;
};

/* What a criterion or an action is about: one of three, NULL if it is not. */
struct conf_subject {
	struct prefix *prefixes;
	size_t n_prefixes;
	uint32_t *communities;
	size_t n_communities;
	uint32_t *as_path;
	size_t n_as_path;
};

struct conf_criterion {
	struct conf_pos pos;
	enum conf_condition condition;
	struct conf_subject subject;
};

struct conf_action {
	struct conf_pos pos;
	enum conf_verb verb;
	struct conf_subject subject;
};

struct conf_rule {
	struct conf_pos pos;
	char *name;			/* unique in its map */
	struct conf_criterion *match;	/* all must hold */
	size_t n_match;
	struct conf_action *actions;
	size_t n_actions;
	enum conf_next next;		/* if it matched */
};

struct conf_map {
	struct conf_pos pos;
	char *name;			/* unique */
	struct conf_rule *rules;
	size_t n_rules;
};

/* Where a key stands in the text, in characters. */
struct conf_span {
	size_t start, end;
};

struct conf {
	char tunnel[IFNAMSIZ];		/* VXLAN device, "": none */
	struct conf_vnet *vnets;
	size_t n_vnets;
	struct conf_route_table *tables;
	size_t n_tables;
	const struct conf_route_table **by_name;
	struct conf_map *maps;
	size_t n_maps;
	struct conf_span *secrets;
	size_t n_secrets;
};

/**
 * conf_load - read and check a file
 * @path: also the name in error texts
 * @err: filled on error
 *
 * Return: the configuration, for conf_free(), or NULL.
 */
struct conf *conf_load(const char *path, struct conf_error *err);
/* The same from memory; @name stands for the file in error texts. */
struct conf *conf_parse(const char *name, const void *text, size_t len,
			struct conf_error *err);
void conf_free(struct conf *conf);

/**
 * conf_read_keys - read the files that hold keys
 * @name: stands for the configuration's file in error texts
 *
 * Such a file must be root's alone; its first line is the key. Nobody else
 * than who sets keys on sockets calls this.
 * Return: false with @err if one cannot be had.
 */
bool conf_read_keys(struct conf *conf, const char *name,
		    struct conf_error *err);
/*
 * Overwrite the keys in the text that @conf was parsed from. What is left can
 * be parsed, to the same configuration but for the keys.
 */
void conf_blank_secrets(const struct conf *conf, char *text, size_t len);
bool conf_ao_key_equal(const struct conf_ao_key *a,
		       const struct conf_ao_key *b);

const char *conf_nh_type_name(enum conf_nh_type type);

/* map.c */
const struct conf_map *conf_map_find(const struct conf *conf,
				     const char *name);
/* Whether two maps do the same. */
bool conf_map_equal(const struct conf_map *a, const struct conf_map *b);
/* Communities with a meaning to Azure, which no map may touch. */
bool conf_community_reserved(uint32_t community);
#define CONF_MAP_PREFIX_CRITERIA	64	/* in one map, at most */

/* Find by name; NULL if there is none. */
const struct conf_vnet *conf_vnet_find(const struct conf *conf,
				       const char *name);
const struct conf_route_table *conf_table_find(const struct conf *conf,
					       const char *name);

/* AF_INET or AF_INET6, of its address or range. */
int conf_neighbor_family(const struct conf_neighbor *neighbor);
/* The neighbor at @addr, else the range it is in, else NULL. */
const struct conf_neighbor *
conf_neighbor_find(const struct conf_server *server, const struct addr *addr);

/* The side that @vnet has towards @peer, or NULL. */
const struct conf_peering *conf_peering_find(const struct conf_vnet *vnet,
					     const char *peer);
/*
 * Whether both sides are there and @spoke uses the gateways of @hub: its
 * address spaces are announced like the hub's own then.
 */
bool conf_peering_transits(const struct conf_vnet *hub,
			   const struct conf_vnet *spoke);

/* How many instances the server has, and one's address (family 0: none). */
size_t conf_server_instances(const struct conf_server *server);
struct addr conf_server_instance(const struct conf_server *server,
				 size_t instance, int family);
/* The number of the instance that has the address, SIZE_MAX: none has. */
size_t conf_server_instance_of(const struct conf_server *server,
			       const struct addr *local);

#endif
