// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of next hops
 *
 * Choosing is weighted rendezvous hashing. A hash of member and bucket stands for
 * a number u in (0, 1]; -ln(u) / weight is then distributed exponentially with
 * rate weight, and the member with the least of them wins: with a probability
 * proportional to its weight, whoever else takes part. What that gives is
 * written into a table once, when a set is made. Only a flow whose member cannot
 * take it right now is decided anew for each packet, among those who can.
 */
#include "nhset.h"

#include <linux/bitmap.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "link.h"
#include "port.h"

struct vnet_nhset *vnet_nhset_alloc(unsigned int max, gfp_t gfp,
				    struct netlink_ext_ack *extack)
{
	struct vnet_nhset *set;

	if (max > VNET_NHSET_MAX) {
		VNET_ERR_FMT(extack, "A route of a VNet has at most %u next hops",
			     VNET_NHSET_MAX);
		return ERR_PTR(-E2BIG);
	}
	set = vnet_try_alloc(kzalloc(struct_size(set, members, max), gfp));
	if (!set)
		return ERR_PTR(-ENOMEM);
	set->max = max;
	return set;
}

static u8 gateway_kind(const struct vnet_gateway *gw)
{
	if (gw->reject)
		return VNET_NHSET_REJECT;
	if (!vnet_link_is(gw->dev))
		return VNET_NHSET_OUT;
	return gw->family ? VNET_NHSET_HOPS : VNET_NHSET_VNET;
}

/* splitmix64: every bit of the result depends on every bit of @x. */
static u64 mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

#define GOLDEN	0x9e3779b97f4a7c15ULL

/* A next hop that stands in a set twice has two chances. */
static u64 member_key(const struct vnet_nhset *set,
		      const struct vnet_endpoint *ep)
{
	const __be32 *addr = ep->key.addr.ip6.s6_addr32;
	u64 key = 0;
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (set->members[i].ep == ep)
			key++;
	for (i = 0; i < sizeof(ep->key.addr) / sizeof(*addr); i++)
		key = mix(key + GOLDEN + be32_to_cpu(addr[i]));
	return key;
}

static void nhset_append(struct vnet_nhset *set, struct vnet_endpoint *ep,
			 u16 weight)
{
	struct vnet_nhset_member *member = &set->members[set->num];

	member->ep = ep;
	member->key = member_key(set, ep);
	member->weight = weight;
	set->num++;
	set->active = set->num;
	set->paths++;
}

static void nhset_begin(struct vnet_nhset *set, const struct vnet_gateway *gw)
{
	set->kind = gateway_kind(gw);
	set->family = set->kind == VNET_NHSET_HOPS ? gw->family : 0;
	if (set->kind == VNET_NHSET_VNET)
		set->vnet = vnet_link_priv(gw->dev);
}

/* Several next hops are either gateways in VNets, all of one family, or none of
 * our business.
 */
static int nhset_check(const struct vnet_nhset *set,
		       const struct vnet_gateway *gw,
		       struct netlink_ext_ack *extack)
{
	u8 kind = gateway_kind(gw);

	if (kind != set->kind || kind == VNET_NHSET_VNET) {
		NL_SET_ERR_MSG_MOD(extack,
				   "Next hops in VNets and others cannot be mixed");
		return -EOPNOTSUPP;
	}
	if (kind == VNET_NHSET_HOPS && gw->family != set->family) {
		NL_SET_ERR_MSG_MOD(extack,
				   "IPv4 and IPv6 next hops cannot be mixed");
		return -EOPNOTSUPP;
	}
	return 0;
}

int vnet_nhset_add(struct vnet_nhset *set, const struct vnet_gateway *gw,
		   struct netlink_ext_ack *extack)
{
	struct vnet_endpoint *ep;
	int err;

	if (set->paths == set->max) {
		NL_SET_ERR_MSG_MOD(extack, "More next hops than were announced");
		return -E2BIG;
	}
	if (set->paths) {
		err = nhset_check(set, gw, extack);
		if (err)
			return err;
	} else {
		nhset_begin(set, gw);
	}
	if (set->kind != VNET_NHSET_HOPS) {
		set->paths++;
		return 0;
	}
	if (gw->encap) {
		NL_SET_ERR_MSG_MOD(extack,
				   "A next hop in a VNet has no encapsulation");
		return -EOPNOTSUPP;
	}

	ep = vnet_endpoint_get_hop(vnet_link_priv(gw->dev), gw->family, gw->addr);
	if (!ep)
		return -ENOMEM;
	nhset_append(set, ep, gw->weight);
	return 0;
}

bool vnet_nhset_has(const struct vnet_nhset *set,
		    const struct vnet_endpoint *ep)
{
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (set->members[i].ep == ep)
			return true;
	return false;
}

struct vnet_nhset *vnet_nhset_without(const struct vnet_nhset *set,
				      const struct vnet_endpoint *ep)
{
	const struct vnet_nhset_member *member;
	struct vnet_nhset *rest;

	rest = vnet_nhset_alloc(set->paths, GFP_ATOMIC, NULL);
	if (IS_ERR(rest))
		return NULL;
	rest->kind = set->kind;
	rest->family = set->family;
	for (member = set->members; member < set->members + set->num; member++)
		if (member->ep != ep)
			nhset_append(rest, vnet_endpoint_use(member->ep),
				     member->weight);
	if (!set->num)
		rest->paths = set->paths - 1;
	return rest;
}

static void nhset_free_rcu(struct rcu_head *rcu)
{
	struct vnet_nhset *set = container_of(rcu, struct vnet_nhset, rcu);

	kvfree(set->table);
	bitmap_free(set->activity);
	bitmap_free(set->told);
	kfree(set);
}

void vnet_nhset_free(struct vnet_nhset *set)
{
	unsigned int i;

	if (!set)
		return;
	for (i = 0; i < set->num; i++)
		vnet_endpoint_put(set->members[i].ep);
	call_rcu(&set->rcu, nhset_free_rcu);
}

bool vnet_nhset_equal(const struct vnet_nhset *a, const struct vnet_nhset *b)
{
	unsigned int i;

	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->family != b->family ||
	    a->vnet != b->vnet || a->num != b->num || a->active != b->active ||
	    a->paths != b->paths)
		return false;
	for (i = 0; i < a->num; i++)
		if (a->members[i].ep != b->members[i].ep ||
		    a->members[i].weight != b->members[i].weight)
			return false;
	return true;
}

/* ---- Choosing ---- */

/*
 * -ln(x / 2^32) in units of 2^-32, for x in 1..2^32: x is multiplied by factors
 * (1 + 2^-i) whose logarithms are known until it is 2^32. What is missing after
 * the last one is its own logarithm, as far as it matters.
 */
static u64 neg_ln(u64 x)
{
	static const u32 ln_factor[] = {	/* ln(1 + 2^-i), i = 1.. */
		1741459379, 958394255, 505874286, 260380768, 132163268,
		66589974, 33424039, 16744533, 8380427, 4192257,
		2096640, 1048448, 524256, 262136, 131070,
		65536,
	};
	const u64 one = 1ULL << 32, ln_2 = 2977044472ULL;
	unsigned int i, shift = max(32 - fls64(x), 0);
	u64 ln = shift * ln_2;

	x <<= shift;
	for (i = 0; i < ARRAY_SIZE(ln_factor); i++) {
		u64 product = x + (x >> (i + 1));

		if (product > one)
			continue;
		x = product;
		ln += ln_factor[i];
	}
	return ln + one - x;
}

/* The best so far: least -ln(u) for its weight, then the greatest hash */
struct best {
	const struct vnet_nhset_member *member;
	u64 hash;
	u64 ln;
};

/* Logarithms are slow, and -ln(u) >= 1 - u: most members lose by that. */
static void best_try(struct best *best, const struct vnet_nhset_member *member,
		     unsigned int bucket)
{
	u64 hash = mix(member->key + (bucket + 1) * GOLDEN);
	u64 u = (hash >> 32) + 1, mine, theirs;

	if (best->member) {
		theirs = best->ln * member->weight;
		if (((1ULL << 32) - u) * best->member->weight > theirs)
			return;
		mine = neg_ln(u) * best->member->weight;
		if (mine > theirs || (mine == theirs && hash < best->hash))
			return;
	}
	best->member = member;
	best->hash = hash;
	best->ln = neg_ln(u);
}

/* An empty table for indexes up to @max */
static int make_table(struct vnet_nhset *set, unsigned int buckets, unsigned int max, gfp_t gfp)
{
	set->bits = roundup_pow_of_two(fls(max));
	set->table = vnet_try_alloc(kvcalloc(BITS_TO_LONGS(buckets * set->bits),
					     sizeof(*set->table), gfp));
	if (!set->table)
		return -ENOMEM;
	set->buckets = buckets;
	return 0;
}

static void set_table(struct vnet_nhset *set, unsigned int bucket, unsigned int i)
{
	unsigned int at = bucket * set->bits, shift = at % BITS_PER_LONG;
	unsigned long *word = &set->table[BIT_WORD(at)];

	WRITE_ONCE(*word, (*word & ~((BIT(set->bits) - 1) << shift)) |
			  (unsigned long)i << shift);
}

int vnet_nhset_seal(struct vnet_nhset *set, gfp_t gfp)
{
	unsigned int bucket, i;

	if (set->active < 2 || set->table)
		return 0;
	if (make_table(set, VNET_NHSET_BUCKETS, set->active - 1, gfp))
		return -ENOMEM;
	for (bucket = 0; bucket < VNET_NHSET_BUCKETS; bucket++) {
		struct best best = {};

		for (i = 0; i < set->active; i++)
			best_try(&best, &set->members[i], bucket);
		set_table(set, bucket, best.member - set->members);
	}
	return 0;
}

/* ---- Tables of the kernel's ---- */

int vnet_nhset_set_table(struct vnet_nhset *set, unsigned int buckets)
{
	int err = make_table(set, buckets, VNET_NHSET_NOBODY, GFP_KERNEL);

	set->activity = vnet_try_alloc(bitmap_zalloc(buckets, GFP_KERNEL));
	set->told = vnet_try_alloc(bitmap_zalloc(buckets, GFP_KERNEL));
	return err || !set->activity || !set->told ? -ENOMEM : 0;
}

/* Its share in 256, as weights go: what it is shown with, and gets of the flows
 * of members that cannot take them.
 */
static void weigh(const struct vnet_nhset *set, struct vnet_nhset_member *member)
{
	u32 share = DIV_ROUND_CLOSEST(member->buckets * 256, set->buckets);

	WRITE_ONCE(member->weight, clamp_t(u32, share, 1, 256));
}

static void add_buckets(struct vnet_nhset *set, unsigned int i, int n)
{
	struct vnet_nhset_member *member = &set->members[i];

	if (i == VNET_NHSET_NOBODY)
		return;
	WRITE_ONCE(member->buckets, member->buckets + n);
	weigh(set, member);
}

void vnet_nhset_move(struct vnet_nhset *set, unsigned int bucket,
		     unsigned int from, unsigned int to)
{
	set_table(set, bucket, to);
	add_buckets(set, to, 1);
	add_buckets(set, from, -1);
}

struct vnet_nhset *vnet_nhset_resize(const struct vnet_nhset *set,
				     unsigned int more)
{
	u16 moved[VNET_NHSET_MAX];
	struct vnet_nhset *copy;
	unsigned int i;

	copy = vnet_nhset_alloc(min(set->num + more, VNET_NHSET_MAX),
				GFP_KERNEL, NULL);
	if (IS_ERR(copy))
		return NULL;
	if (vnet_nhset_set_table(copy, set->buckets)) {
		vnet_nhset_free(copy);
		return NULL;
	}
	copy->kind = set->kind;
	copy->family = set->family;
	for (i = 0; i < set->num; i++) {
		moved[i] = copy->num;
		if (set->members[i].buckets)
			nhset_append(copy,
				     vnet_endpoint_use(set->members[i].ep), 1);
	}
	for (i = 0; i < set->buckets; i++) {
		unsigned int to = vnet_nhset_whose(set, i);

		if (to != VNET_NHSET_NOBODY)
			to = moved[to];
		vnet_nhset_move(copy, i, VNET_NHSET_NOBODY, to);
	}
	bitmap_copy(copy->activity, set->activity, set->buckets);
	return copy;
}

/* A port is asked once whether it is up: it may come up in between. */
static enum vnet_nhset_state
member_state(const struct vnet_nhset_member *member, const struct vnet_port *own)
{
	const struct vnet_port *port = rcu_dereference(member->ep->port);

	if (port && !vnet_port_up(port))
		return VNET_NHSET_DOWN;
	if (port)
		return port == own ? VNET_NHSET_OWN : VNET_NHSET_USABLE;
	if (vnet_endpoint_usable(member->ep))
		return VNET_NHSET_USABLE;
	return rcu_access_pointer(member->ep->remote) ? VNET_NHSET_DOWN :
							VNET_NHSET_GONE;
}

enum vnet_nhset_state vnet_nhset_best_state(const struct vnet_nhset *set,
					    const struct vnet_port *own)
{
	enum vnet_nhset_state best = VNET_NHSET_GONE, state;
	unsigned int i;

	for (i = 0; i < set->num; i++) {
		if (i == set->active && best == VNET_NHSET_USABLE)
			break;
		if (!vnet_nhset_takes_flows(set, &set->members[i]))
			continue;
		state = member_state(&set->members[i], own);
		if (state == VNET_NHSET_OWN)
			return state;
		best = min(best, state);
	}
	return best;
}

bool vnet_nhset_on_standby(const struct vnet_nhset *set)
{
	unsigned int i;

	for (i = 0; i < set->active; i++)
		if (vnet_nhset_takes_flows(set, &set->members[i]) &&
		    vnet_nhset_member_usable(&set->members[i]))
			return false;
	return true;
}

bool vnet_nhset_leads_to(const struct vnet_nhset *set,
			 const struct vnet_port *port)
{
	unsigned int i;

	for (i = 0; i < set->num; i++)
		if (vnet_nhset_takes_flows(set, &set->members[i]) &&
		    rcu_access_pointer(set->members[i].ep->port) == port)
			return true;
	return false;
}

/* Of the members @from to @to */
static const struct vnet_nhset_member *
select_usable(const struct vnet_nhset *set, unsigned int from, unsigned int to,
	      unsigned int bucket)
{
	struct best best = {};
	unsigned int i;

	for (i = from; i < to; i++)
		if (vnet_nhset_takes_flows(set, &set->members[i]) &&
		    vnet_nhset_member_usable(&set->members[i]))
			best_try(&best, &set->members[i], bucket);
	return best.member;
}

/* None is usable: one to tell the reason by */
static const struct vnet_nhset_member *
select_down(const struct vnet_nhset *set)
{
	unsigned int i;

	for (i = 0; i < set->active; i++)
		if (vnet_nhset_takes_flows(set, &set->members[i]))
			return &set->members[i];
	return NULL;
}

const struct vnet_endpoint *
vnet_nhset_select_other(const struct vnet_nhset *set, unsigned int bucket)
{
	const struct vnet_nhset_member *member;

	member = select_usable(set, 0, set->active, bucket);
	if (!member)
		member = select_usable(set, set->active, set->num, bucket);
	if (!member)
		member = select_down(set);
	return member ? member->ep : NULL;
}
