// SPDX-License-Identifier: GPL-2.0-only
/*
 * Effective routes
 *
 * Three tables are looked up, and the longest match wins; at the same length
 * the user-defined route, then BGP, then system. The BGP table is the VNet's own,
 * or that of the peer whose gateways it uses. A route that does not take part is
 * passed over as if it were not there:
 *
 * - BGP, in a subnet without propagation from where it was learned;
 * - BGP, equal to or inside an address space of this or a peered VNet: those are
 *   reached directly, whatever an appliance announces, unless the subnet's route
 *   table says otherwise; likewise those of the peer whose gateways it uses, and of
 *   others that do, which that peer's route server announces itself;
 * - BGP, which the very NIC that sends is a next hop of, unless it wants that: it has
 *   a way of its own, and the other next hops would send back to it;
 * - BGP, all of whose next hops are gone or down, as if it were withdrawn, unless the
 *   subnet keeps it: then only for a NIC that is one of them;
 * - a route into another VNet, unless both sides are peered;
 * - a reserved range of the platform (None), if an address space covers it, or
 *   if the default route has been taken from the platform: whoever took it is
 *   to decide about the reserved ranges as well.
 *
 * A user-defined route always takes part: if its next hop is not there, or not
 * within reach, its packets are dropped. Whoever wrote it wants no other way.
 *
 * bgp_reason() and system_reason() are the only judges of that. Lookup passes
 * over what they name, the dump of all rows shows it with the reason.
 *
 * An address of the host itself comes before all of this: it is no route of
 * the VNet but the end of one, as the addresses of the NICs are.
 */
#include "compat.h"
#include "dest.h"
#include "effective.h"
#include "endpoint.h"
#include "fib.h"
#include "link.h"
#include "mirror.h"
#include "nexthop.h"
#include "peering.h"
#include "port.h"
#include "subnet.h"

/* The tables as one sender sees them */
struct view {
	const struct vnet_mirror *system;
	const struct vnet_mirror *bgp;
	const struct vnet_mirror *user;		/* NULL: none */
	const struct vnet *gateway;		/* whose table @bgp is; NULL: its own */
	const struct vnet_port *from;		/* NULL: the host */
	u32 flags;				/* VNET_SUBNET_F_* */
	bool outside;				/* known: in no address space */
};

/* The longest match in one of them */
struct match {
	u32 index;			/* 0: none */
	u8 len;
	const struct vnet_dest *dest;	/* NULL: none, or nobody has asked for it */
};

/* Until a table has been read, there is no right answer. In place, as a lookup then has no need
 * of the memory.
 */
static __always_inline bool view_init(struct view *view, const struct vnet *vnet,
				      const struct vnet_port *from, int family)
{
	const struct vnet *gateway = rcu_dereference(vnet->gateway);
	enum vnet_af af = vnet_af(family);
	const struct vnet_subnet *subnet = NULL;

	if (from)
		subnet = rcu_dereference(from->subnet[af]);

	view->system = &vnet->system->mirror[af];
	view->bgp = &(gateway ?: vnet)->bgp->mirror[af];
	view->gateway = gateway;
	view->user = subnet && subnet->user ? &subnet->user->mirror[af] : NULL;
	view->from = from;
	view->flags = subnet ? subnet->flags : 0;
	view->outside = false;
	return READ_ONCE(view->system->live) && READ_ONCE(view->bgp->live) &&
	       (!view->user || READ_ONCE(view->user->live));
}

bool vnet_effective_ready(const struct vnet_port *port)
{
	struct view view;
	bool ready;

	rcu_read_lock();
	ready = view_init(&view, port->vnet, port, AF_INET) &&
		view_init(&view, port->vnet, port, AF_INET6);
	rcu_read_unlock();
	return ready;
}

static const struct vnet_mirror *view_mirror(const struct view *view, u8 class)
{
	switch (class) {
	case VNET_CLASS_SYSTEM:
		return view->system;
	case VNET_CLASS_BGP:
		return view->bgp;
	default:
		return view->user;
	}
}

/* Who has found an index finds what it stands for until rcu_read_unlock(), never NULL. */
static __always_inline void match_dest(const struct vnet_mirror *mirror, struct match *match)
{
	match->dest = match->index ? vnet_dest_of(mirror, match->index) : NULL;
}

static bool match_longest(const struct vnet_mirror *mirror, const void *daddr,
			  struct match *match)
{
	match->index = vnet_lpm_lookup(&mirror->lpm, daddr, &match->len);
	match_dest(mirror, match);
	return match->dest;
}

/* Without what they lead to, which is far away and needed of few. The largest table comes first. */
static __always_inline void match_all(const struct view *view, const void *daddr,
				      struct match *user, struct match *bgp,
				      struct match *system)
{
	const struct vnet_lpm *const tables[VNET_LPM_TABLES] = {
		&view->bgp->lpm, view->user ? &view->user->lpm : NULL, &view->system->lpm,
	};
	struct vnet_lpm_match found[VNET_LPM_TABLES] __uninitialized;

	vnet_lpm_lookup_tables(tables, daddr, found);
	*bgp = (struct match) { .index = found[0].value, .len = found[0].len };
	*user = (struct match) { .index = found[1].value, .len = found[1].len };
	*system = (struct match) { .index = found[2].value, .len = found[2].len };
}

/* @match: shorter than this one */
static bool match_shorter(const struct vnet_mirror *mirror, const void *daddr,
			  struct match *match)
{
	match->index = 0;
	if (match->len)
		match->index = vnet_lpm_lookup_shorter(&mirror->lpm, daddr,
						       match->len - 1, &match->len);
	match_dest(mirror, match);
	return match->dest;
}

static const struct vnet_dest *dest_exact(const struct vnet_mirror *mirror,
					  const struct vnet_prefix *prefix)
{
	u32 index = vnet_lpm_get(&mirror->lpm, prefix);

	return index ? vnet_dest_of(mirror, index) : NULL;
}

static void prefix_of(struct vnet_prefix *prefix, int family, const void *raw,
		      u8 len)
{
	union vnet_addr addr, masked;

	vnet_addr_set(&addr, family, raw);
	vnet_addr_prefix(&masked, family, &addr, len);
	memset(prefix, 0, sizeof(*prefix));
	memcpy(prefix->addr, &masked, vnet_addr_len(family));
	prefix->len = len;
}

static bool inside_space(const struct view *view, const void *addr, u8 len)
{
	u8 space_len;

	switch (vnet_mirror_space(view->system, addr, &space_len)) {
	case VNET_SPACE_OWN:
	case VNET_SPACE_PEER:
		return space_len <= len;
	default:
		return false;
	}
}

/* Does the route server that the BGP table is from announce that address space itself? */
static noinline bool inside_announced(const struct view *view, const void *addr, u8 len)
{
	const struct vnet_mirror *system;
	const struct vnet_dest *dest;
	struct vnet_prefix space;
	u8 space_len;
	u32 whose;

	system = &view->gateway->system->mirror[vnet_af(view->system->family)];
	whose = vnet_mirror_space(system, addr, &space_len);
	if (!whose || space_len > len)
		return false;
	if (whose != VNET_SPACE_PEER)
		return whose == VNET_SPACE_OWN;
	prefix_of(&space, system->family, addr, space_len);
	dest = dest_exact(system, &space);
	return dest && dest->peering &&
	       rcu_access_pointer(dest->peering->peer->gateway) == view->gateway;
}

/* Does the subnet take routes from where this one was learned? */
static bool propagated(const struct view *view, const struct vnet_dest *dest)
{
	u32 source = dest->action.protocol == VNET_PROTO_GATEWAY ?
		     VNET_SUBNET_F_NO_GATEWAY : VNET_SUBNET_F_NO_ROUTE_SERVER;

	return !(view->flags & (VNET_SUBNET_F_NO_PROPAGATION | source));
}

static bool takes_own(const struct vnet_port *port)
{
	return rcu_dereference(port->config)->flags & VNET_NIC_F_OWN_ROUTES;
}

/* A route without a next hop that packets could be handed to. Who has it kept gets it as if
 * all its next hops were there; but not a NIC that is one of them, as when it alone is up.
 */
static enum vnet_route_reason
lost_reason(const struct view *view, const struct vnet_nhset *set, enum vnet_route_reason why)
{
	if (!(view->flags & VNET_SUBNET_F_KEEP_LOST))
		return why;
	if (why == VNET_REASON_NEXT_HOP_DOWN && view->from && !takes_own(view->from) &&
	    vnet_nhset_leads_to(set, view->from))
		return VNET_REASON_OWN_NEXT_HOP;
	return VNET_REASON_NONE;
}

static __always_inline enum vnet_route_reason
hops_reason(const struct view *view, const struct vnet_dest *dest)
{
	const struct vnet_nhset *set;

	if (dest->action.type != VNET_HOP_GATEWAY)
		return VNET_REASON_NONE;
	set = vnet_dest_nhset(dest);
	if (!set)
		return lost_reason(view, set, VNET_REASON_NEXT_HOP_GONE);
	switch (vnet_nhset_state(set, view->from)) {
	case VNET_NHSET_USABLE:
		return VNET_REASON_NONE;
	case VNET_NHSET_OWN:
		return takes_own(view->from) ? VNET_REASON_NONE :
					       VNET_REASON_OWN_NEXT_HOP;
	case VNET_NHSET_DOWN:
		return lost_reason(view, set, VNET_REASON_NEXT_HOP_DOWN);
	default:
		return lost_reason(view, set, VNET_REASON_NEXT_HOP_GONE);
	}
}

/* Why a BGP route to @addr/@len takes no part. In place, as each packet asks. */
static __always_inline enum vnet_route_reason
bgp_reason(const struct view *view, const void *addr, u8 len, const struct vnet_dest *dest)
{
	if (view->flags && !propagated(view, dest))
		return VNET_REASON_NO_PROPAGATION;
	if (!view->outside && !(view->flags & VNET_SUBNET_F_BGP_INSIDE) &&
	    (inside_space(view, addr, len) ||
	     (view->gateway && inside_announced(view, addr, len))))
		return VNET_REASON_INSIDE_SPACE;
	return hops_reason(view, dest);
}

/* Has the default route been taken from the platform? */
static bool default_overridden(const struct view *view)
{
	static const struct vnet_prefix any;
	const struct vnet_dest *dest;

	dest = view->user ? dest_exact(view->user, &any) : NULL;
	if (dest)
		return dest->action.type == VNET_HOP_APPLIANCE ||
		       dest->action.type == VNET_HOP_GATEWAY;
	dest = dest_exact(view->bgp, &any);
	return dest && !bgp_reason(view, any.addr, 0, dest);
}

/* Why a system route to @addr/@len takes no part */
static enum vnet_route_reason system_reason(const struct view *view,
					    const void *addr, u8 len,
					    const struct vnet_dest *dest)
{
	if (dest->peering &&
	    !(vnet_peering_effect(dest->peering) & VNET_PEERED_F_UP))
		return VNET_REASON_NOT_PEERED;
	if (!(dest->action.flags & VNET_DEST_F_RESERVED))
		return VNET_REASON_NONE;
	if (inside_space(view, addr, len))
		return VNET_REASON_SPACE_COVERS;
	if (default_overridden(view))
		return VNET_REASON_DEFAULT_OVERRIDDEN;
	return VNET_REASON_NONE;
}

static bool pass_over_bgp(const struct view *view, const void *daddr,
			  struct match *match)
{
	while (match->dest && bgp_reason(view, daddr, match->len, match->dest))
		match_shorter(view->bgp, daddr, match);
	return match->dest;
}

static bool pass_over_system(const struct view *view, const void *daddr,
			     struct match *match)
{
	while (match->dest && system_reason(view, daddr, match->len, match->dest))
		match_shorter(view->system, daddr, match);
	return match->dest;
}

/* Does a match of a better class win over one of a worse? */
static bool beats(const struct match *better, const struct match *worse)
{
	return better->index && (!worse->index || better->len >= worse->len);
}

static bool longer(const struct match *a, const struct match *b)
{
	return a->index && (!b->index || a->len > b->len);
}

/* Nobody has a link in common with anybody. */
static bool link_local(int family, const void *addr)
{
	return family == AF_INET6 &&
	       ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL;
}

/* A side without access to its peer drops what is for it. */
static u8 effective_type(const struct vnet_dest *dest)
{
	u32 effect = dest->peering ? vnet_peering_effect(dest->peering) : 0;

	if (effect & VNET_PEERED_F_UP && !(effect & VNET_PEERED_F_ACCESS))
		return VNET_HOP_NONE;
	return dest->action.type;
}

static enum vnet_drop answer(struct vnet_effective *res, u8 class,
			     const struct match *match)
{
	res->dest = match->dest;
	res->set = vnet_dest_nhset(match->dest);
	res->type = effective_type(match->dest);
	res->class = class;
	res->plen = match->len;
	return VNET_DROP_NONE;
}

/* An address space is a system route: where at most the Internet's matches, there is none. */
static bool outside_spaces(const struct match *system)
{
	return !system->dest || (!system->len && system->dest->action.type ==
						 VNET_HOP_INTERNET);
}

void vnet_effective_prefetch(const struct vnet *vnet, int family,
			     const void *const *daddr, unsigned int n)
{
	const struct vnet *gateway = rcu_dereference(vnet->gateway);

	vnet_lpm_prefetch_many(&(gateway ?: vnet)->bgp->mirror[vnet_af(family)].lpm,
			       daddr, n);
}

/* A class is judged only where it would win. */
enum vnet_drop vnet_effective_lookup(const struct vnet *vnet,
				     const struct vnet_port *from, int family,
				     const void *daddr,
				     struct vnet_effective *res)
{
	struct match user __uninitialized, bgp __uninitialized, system __uninitialized;
	struct view view __uninitialized;

	if (!view_init(&view, vnet, from, family) || link_local(family, daddr))
		goto none;

	/* Memory answers several requests at once: nothing is judged before all have been made. */
	match_all(&view, daddr, &user, &bgp, &system);
	match_dest(view.system, &system);
	if (system.dest && system.dest->action.type == VNET_HOP_HOST)
		return answer(res, VNET_CLASS_SYSTEM, &system);
	view.outside = !view.gateway && outside_spaces(&system);

	if (!beats(&user, &system))
		pass_over_system(&view, daddr, &system);
	if (!beats(&user, &bgp) && !longer(&system, &bgp)) {
		match_dest(view.bgp, &bgp);
		pass_over_bgp(&view, daddr, &bgp);
	}

	if (beats(&user, &bgp) && beats(&user, &system)) {
		match_dest(view.user, &user);
		return answer(res, VNET_CLASS_USER, &user);
	}
	if (beats(&bgp, &system))
		return answer(res, VNET_CLASS_BGP, &bgp);
	if (system.dest)
		return answer(res, VNET_CLASS_SYSTEM, &system);
none:
	res->dest = NULL;
	res->set = NULL;
	return VNET_DROP_NO_ROUTE;
}

/* ---- From the route to the NIC ---- */

static bool resolve_endpoint(struct vnet_target *target)
{
	target->port = rcu_dereference(target->ep->port);
	if (!target->port)
		target->remote = rcu_dereference(target->ep->remote);
	return target->port || target->remote;
}

static enum vnet_drop resolve_address(const struct vnet *vnet, int family,
				      const void *daddr,
				      struct vnet_target *target)
{
	target->ep = vnet_endpoint_find(vnet, family, daddr);
	return target->ep && resolve_endpoint(target) ? VNET_DROP_NONE :
							VNET_DROP_NO_NIC;
}

bool vnet_effective_host(const struct vnet *vnet, int family, const void *addr)
{
	struct match match;

	return match_longest(&vnet->system->mirror[vnet_af(family)], addr,
			     &match) &&
	       match.dest->action.type == VNET_HOP_HOST;
}

bool vnet_effective_routed(const struct vnet *vnet, int family, const void *addr)
{
	struct match match;

	return match_longest(&vnet->system->mirror[vnet_af(family)], addr, &match) &&
	       (!match.dest->peering ||
		vnet_peering_effect(match.dest->peering) & VNET_PEERED_F_UP);
}

/* What others have sent crosses a peering only where the far side takes it. */
static enum vnet_drop check_crossing(const struct vnet *vnet, int family,
				     const void *saddr,
				     const struct vnet_peering *peering)
{
	u8 len;

	if (!saddr || vnet_peering_effect(peering) & VNET_PEERED_F_FORWARD ||
	    vnet_mirror_space(&vnet->system->mirror[vnet_af(family)], saddr,
			      &len) == VNET_SPACE_OWN)
		return VNET_DROP_NONE;
	return VNET_DROP_FORWARDED;
}

static enum vnet_drop resolve_peer(const struct vnet *vnet, int family,
				   const void *saddr, const void *daddr,
				   const struct vnet_peering *peering,
				   struct vnet_target *target)
{
	enum vnet_drop drop = check_crossing(vnet, family, saddr, peering);

	if (drop)
		return drop;
	if (vnet_effective_host(peering->peer, family, daddr)) {
		target->vnet = peering->peer;
		return VNET_DROP_NONE;
	}
	return resolve_address(peering->peer, family, daddr, target);
}

/* The side of a peering in whose address space an address is, connected or not; NULL = the
 * address is in no peer. A reserved range steps aside where a space covers it, and elsewhere
 * leads nowhere.
 */
static const struct vnet_peering *peering_of(const struct vnet *vnet, int family,
					     const void *addr)
{
	const struct vnet_mirror *system = &vnet->system->mirror[vnet_af(family)];
	struct match match;

	match_longest(system, addr, &match);
	while (match.dest && match.dest->action.flags & VNET_DEST_F_RESERVED)
		match_shorter(system, addr, &match);
	return match.dest ? match.dest->peering : NULL;
}

const struct vnet *vnet_effective_peer(const struct vnet *vnet, int family, const void *addr)
{
	const struct vnet_peering *peering = peering_of(vnet, family, addr);

	if (!peering || !(vnet_peering_effect(peering) & VNET_PEERED_F_UP))
		return NULL;
	return peering->peer;
}

/* The way into a peer that the address of a next hop shows, NULL = none */
static const struct vnet_peering *way_to(const struct vnet *vnet, int family,
					 const void *addr, const struct vnet *to)
{
	const struct vnet_peering *peering = peering_of(vnet, family, addr);

	if (!peering || peering->peer != to ||
	    !(vnet_peering_effect(peering) & VNET_PEERED_F_ACCESS))
		return NULL;
	return peering;
}

bool vnet_effective_reaches(const struct vnet *vnet, int family,
			    const void *addr, const struct vnet *to)
{
	return to == vnet || way_to(vnet, family, addr, to);
}

/* A next hop has to be in the VNet or in one that is peered with it. */
static enum vnet_drop check_hop(const struct vnet *vnet, int family,
				const void *saddr,
				const struct vnet_endpoint *ep)
{
	const struct vnet_peering *peering;

	if (ep->key.vnet == vnet)
		return VNET_DROP_NONE;
	peering = way_to(vnet, family, &ep->key.addr, ep->key.vnet);
	return peering ? check_crossing(vnet, family, saddr, peering) :
			 VNET_DROP_UNREACHABLE;
}

static enum vnet_drop resolve_hops(const struct vnet *vnet, int family,
				   const void *saddr,
				   const struct vnet_effective *res, u32 hash,
				   struct vnet_target *target)
{
	enum vnet_drop drop;

	if (!res->set)
		return VNET_DROP_NEXT_HOP_GONE;
	target->ep = vnet_nhset_select(res->set, hash);
	if (!target->ep)
		return VNET_DROP_NEXT_HOP_GONE;
	drop = check_hop(vnet, family, saddr, target->ep);
	if (drop)
		return drop;
	return resolve_endpoint(target) ? VNET_DROP_NONE :
					  VNET_DROP_NEXT_HOP_GONE;
}

static __always_inline enum vnet_drop check_nic(const struct vnet_port *from, int family,
						const void *daddr, const struct vnet_port *to)
{
	if (to == from)
		return VNET_DROP_SAME_NIC;
	if (!vnet_port_up(to))
		return VNET_DROP_NIC_DOWN;
	if (!(rcu_dereference(to->config)->flags & VNET_NIC_F_FORWARDING) &&
	    !vnet_port_owns(to, family, daddr))
		return VNET_DROP_NOT_FORWARDING;
	return VNET_DROP_NONE;
}

enum vnet_drop vnet_effective_check_nic(const struct vnet_port *from, int family,
					const void *daddr,
					const struct vnet_port *to)
{
	return check_nic(from, family, daddr, to);
}

/* An address space is not in the Internet. The host would follow its routes into VNets, where
 * perhaps nobody is to get in.
 */
static enum vnet_drop check_internet(const struct vnet *vnet, int family, const void *daddr)
{
	u8 len;

	return vnet_mirror_space(&vnet->system->mirror[vnet_af(family)], daddr, &len) ?
	       VNET_DROP_NO_ROUTE : VNET_DROP_NONE;
}

enum vnet_drop vnet_effective_resolve(const struct vnet *vnet,
				      const struct vnet_port *from, int family,
				      const void *saddr, const void *daddr,
				      const struct vnet_effective *res,
				      u32 hash, struct vnet_target *target)
{
	enum vnet_drop drop;

	target->port = NULL;
	target->remote = NULL;
	target->ep = NULL;
	target->vnet = vnet;

	switch (res->type) {
	case VNET_HOP_HOST:
		return VNET_DROP_NONE;
	case VNET_HOP_INTERNET:
		return check_internet(vnet, family, daddr);
	case VNET_HOP_VNET_LOCAL:
		drop = resolve_address(vnet, family, daddr, target);
		break;
	case VNET_HOP_PEERING:
		drop = resolve_peer(vnet, family, saddr, daddr,
				    res->dest->peering, target);
		break;
	case VNET_HOP_APPLIANCE:
	case VNET_HOP_GATEWAY:
		drop = resolve_hops(vnet, family, saddr, res, hash, target);
		break;
	default:
		return VNET_DROP_NEXT_HOP_NONE;
	}
	if (drop || !target->port)
		return drop;
	return check_nic(from, family, daddr, target->port);
}

/* ---- All rows ---- */

static void row_beaten(struct vnet_row *row, enum vnet_route_reason reason)
{
	row->state = VNET_ROUTE_INVALID;
	row->reason = reason;
}

/* Azure does not list what it filters; what has lost its next hop is listed. */
static u8 state_by_reason(u8 reason)
{
	switch (reason) {
	case VNET_REASON_NONE:
		return VNET_ROUTE_ACTIVE;
	case VNET_REASON_NEXT_HOP_GONE:
	case VNET_REASON_NEXT_HOP_DOWN:
		return VNET_ROUTE_INVALID;
	default:
		return VNET_ROUTE_HIDDEN;
	}
}

static bool bgp_at(const struct view *view, const struct vnet_prefix *prefix)
{
	const struct vnet_dest *dest = dest_exact(view->bgp, prefix);

	return dest && !bgp_reason(view, prefix->addr, prefix->len, dest);
}

static void row_judge(const struct view *view, struct vnet_row *row)
{
	const struct vnet_prefix *prefix = &row->prefix;

	row->reason = VNET_REASON_NONE;
	if (row->class == VNET_CLASS_BGP)
		row->reason = bgp_reason(view, prefix->addr, prefix->len,
					 row->dest);
	else if (row->class == VNET_CLASS_SYSTEM)
		row->reason = system_reason(view, prefix->addr, prefix->len,
					    row->dest);
	row->state = state_by_reason(row->reason);
	if (row->reason || row->class == VNET_CLASS_USER)
		return;
	if (view->user && dest_exact(view->user, prefix))
		row_beaten(row, VNET_REASON_USER_WINS);
	else if (row->class == VNET_CLASS_SYSTEM && bgp_at(view, prefix))
		row_beaten(row, VNET_REASON_BGP_WINS);
}

/* @row with its prefix and class set; false if there is no such route */
static bool row_fill(const struct view *view, struct vnet_row *row)
{
	const struct vnet_mirror *mirror = view_mirror(view, row->class);

	row->dest = mirror ? dest_exact(mirror, &row->prefix) : NULL;
	if (!row->dest || row->dest->action.type == VNET_HOP_HOST)
		return false;
	row->table = mirror->table->id;
	row->type = effective_type(row->dest);
	row_judge(view, row);
	return true;
}

static int prefix_cmp(const struct vnet_prefix *a, const struct vnet_prefix *b,
		      int family)
{
	return memcmp(a->addr, b->addr, vnet_addr_len(family)) ?:
	       a->len - b->len;
}

/* The first prefix of any class after @prefix */
static bool next_prefix(const struct view *view, int family,
			struct vnet_prefix *prefix, bool started)
{
	struct vnet_lpm_cursor next, best = {};
	u8 class;

	for (class = 0; class <= VNET_CLASS_MAX; class++) {
		const struct vnet_mirror *mirror = view_mirror(view, class);

		next = (struct vnet_lpm_cursor) {
			.prefix = *prefix,
			.started = started,
		};
		if (!mirror || !vnet_lpm_next(&mirror->lpm, &next))
			continue;
		if (!best.started ||
		    prefix_cmp(&next.prefix, &best.prefix, family) < 0)
			best = next;
	}
	*prefix = best.prefix;
	return best.started;
}

/* A lower class at the same prefix */
static bool row_lower(const struct view *view, struct vnet_row *row)
{
	while (row->class-- > 0)
		if (row_fill(view, row))
			return true;
	return false;
}

bool vnet_effective_next(const struct vnet_port *port, int family,
			 struct vnet_row *row, bool started)
{
	struct view view;

	if (!view_init(&view, port->vnet, port, family))
		return false;
	if (started && row_lower(&view, row))
		return true;
	while (next_prefix(&view, family, &row->prefix, started)) {
		started = true;
		row->class = VNET_CLASS_MAX + 1;
		if (row_lower(&view, row))
			return true;
	}
	return false;
}

/* The longest prefix of any class that matches and has at most @max bits */
static bool longest_prefix(const struct view *view, int family,
			   const void *daddr, int max,
			   struct vnet_prefix *prefix)
{
	bool found = false;
	u8 class, len;

	for (class = 0; class <= VNET_CLASS_MAX; class++) {
		const struct vnet_mirror *mirror = view_mirror(view, class);

		if (!mirror || !vnet_lpm_lookup_shorter(&mirror->lpm, daddr,
							max, &len))
			continue;
		if (!found || len > prefix->len)
			prefix->len = len;
		found = true;
	}
	return found;
}

bool vnet_effective_shorter(const struct vnet_port *port, int family,
			    const void *daddr, struct vnet_row *row,
			    bool started)
{
	int max = started ? row->prefix.len - 1 : vnet_addr_bits(family);
	struct view view;

	if (!view_init(&view, port->vnet, port, family))
		return false;
	if (started && row_lower(&view, row))
		return true;
	for (; max >= 0; max = row->prefix.len - 1) {
		if (!longest_prefix(&view, family, daddr, max, &row->prefix))
			return false;
		prefix_of(&row->prefix, family, daddr, row->prefix.len);
		row->class = VNET_CLASS_MAX + 1;
		if (row_lower(&view, row))
			return true;
	}
	return false;
}
