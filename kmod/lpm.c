// SPDX-License-Identifier: GPL-2.0-only
/*
 * Longest-prefix match: the table. See lpm.h.
 *
 * A table has one of two bodies, chosen by its size and replaced by one pointer store:
 * most tables hold tens of routes and want to be small, a few hold a million and want to
 * be fast (lpm_small.h, lpm_trie.h). The default route is in neither: it would be the
 * only one that covers everything.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include "lpm_small.h"
#include "lpm_wide.h"

/* The distances keep a table that hovers about a limit from changing all the time. */
#define RISE_MIN	(LPM_SMALL_MAX - 24)	/* routes from which a trie is prepared ... */
#define RISE_STEP	24		/* ... by so many routes at each insertion */
#define TRIE_MIN	128		/* routes below which a trie becomes small again */
#define WIDE_MIN	16384		/* routes that are worth 400 KiB of direct access */
#define WIDE_KEEP	4096		/* ... and below which it goes again */
#define WIDE_RETRY	1024		/* insertions between two attempts at it */

static struct lpm_small *small_body(struct vnet_lpm_body *body)
{
	return container_of(body, struct lpm_small, head);
}

static struct lpm_trie *trie_body(struct vnet_lpm_body *body)
{
	return container_of(body, struct lpm_trie, head);
}

static struct vnet_lpm_body *body_locked(const struct vnet_lpm *t)
{
	return rcu_dereference_protected(t->body, lockdep_is_held(t->lock));
}

static struct vnet_lpm_body *body_read(const struct vnet_lpm *t)
{
	return rcu_dereference_check(t->body, lockdep_is_held(t->lock));
}

static const struct lpm_wide *direct_read(const struct vnet_lpm *t)
{
	return rcu_dereference_check(t->direct, lockdep_is_held(t->lock));
}

static void small_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct vnet_lpm_body, rcu));
}

/* Not by kfree_rcu(), as rcu_barrier() is to wait for it: vnet_lpm_cleanup() comes next. */
static void body_free_rcu(struct vnet_lpm_body *body)
{
	if (!body)
		return;
	if (body->kind == LPM_TRIE)
		vnet_lpm_trie_free_rcu(trie_body(body));
	else
		call_rcu(&body->rcu, small_free);
}

/* Publishes a body in the place of the present one. */
static void body_replace(struct vnet_lpm *t, struct vnet_lpm_body *new)
{
	struct vnet_lpm_body *old = body_locked(t);

	RCU_INIT_POINTER(t->direct, NULL);
	rcu_assign_pointer(t->body, new);
	body_free_rcu(old);
}

/* Routes without the default. */
static u32 body_routes(const struct vnet_lpm *t)
{
	return t->routes - !!t->deflt;
}

static void count_routes(struct vnet_lpm *t, int diff)
{
	WRITE_ONCE(t->routes, t->routes + diff);
}

static bool prefix_valid(const struct vnet_lpm *t, const struct vnet_prefix *prefix)
{
	struct lpm_key key = lpm_key_load(prefix->addr, t->bits);

	if (prefix->len > t->bits)
		return false;
	if (!prefix->len)
		return !key.hi && !key.lo;
	return lpm_key_equal(key, lpm_key_mask(key, prefix->len));
}

static bool body_next(struct vnet_lpm_body *body, struct lpm_route *route)
{
	if (!body)
		return false;
	if (body->kind == LPM_TRIE)
		return vnet_lpm_trie_next(trie_body(body), route);
	return vnet_lpm_small_next(small_body(body), route);
}

/*
 * A small body becomes a trie a few routes at a time, so that no insertion pays for all of
 * it: t->rising has the routes up to and with .risen and follows them until it has all.
 */
static void rise_drop(struct vnet_lpm *t)
{
	if (t->rising)
		vnet_lpm_trie_free(t->rising);
	t->rising = NULL;
}

/* Whether the trie has what the small body has of a route. */
static bool rise_has(const struct vnet_lpm *t, const struct lpm_route *route)
{
	return t->rising && !lpm_route_before(&t->rising->risen, route);
}

/* A route was added to the small body or has another value. */
static void rise_follow(struct vnet_lpm *t, const struct lpm_route *route)
{
	u32 none;

	if (rise_has(t, route) && vnet_lpm_trie_insert(t->rising, route, &none))
		rise_drop(t);
}

/* Moves at most @count routes on; false: no memory, to begin anew. */
static bool rise(struct vnet_lpm *t, struct vnet_lpm_body *body, unsigned int count)
{
	struct lpm_route route;
	u32 none;

	if (!t->rising)
		t->rising = vnet_lpm_trie_create(t->bits == 128);
	if (!t->rising)
		return false;
	route = t->rising->risen;
	while (count-- && body_next(body, &route)) {
		if (vnet_lpm_trie_insert(t->rising, &route, &none)) {
			rise_drop(t);
			return false;
		}
		t->rising->risen = route;
	}
	return true;
}

/* Puts a trie in the place of the small body, with one more route. */
static int rise_finish(struct vnet_lpm *t, struct vnet_lpm_body *body,
		       const struct lpm_route *route)
{
	struct lpm_trie *trie;
	u32 none;

	if (!rise(t, body, LPM_SMALL_MAX))
		return -ENOMEM;
	trie = t->rising;
	if (vnet_lpm_trie_insert(trie, route, &none))
		return -ENOMEM;
	vnet_lpm_trie_default(trie, t->deflt);
	t->rising = NULL;
	body_replace(t, &trie->head);
	return 0;
}

/* Makes a table of @count routes in a trie small again, if there is memory. */
static void shrink(struct vnet_lpm *t, struct vnet_lpm_body *body, unsigned int count)
{
	struct lpm_route route = { };
	struct lpm_small *small;
	bool long6 = false;

	while (body_next(body, &route))
		long6 |= route.len > 64;
	small = vnet_lpm_small_alloc(count, t->bits == 128, long6, GFP_NOWAIT | __GFP_NOWARN);
	if (!small)
		return;
	memset(&route, 0, sizeof(route));
	while (body_next(body, &route))
		vnet_lpm_small_put(small, &route);
	body_replace(t, &small->head);
}

void vnet_lpm_setup(void)
{
	vnet_lpm_small_setup();
}

void vnet_lpm_cleanup(void)
{
	vnet_lpm_small_cleanup();
}

void vnet_lpm_init(struct vnet_lpm *t, int family, spinlock_t *lock)
{
	RCU_INIT_POINTER(t->direct, NULL);
	RCU_INIT_POINTER(t->body, NULL);
	t->rising = NULL;
	t->deflt = 0;
	t->bits = family == AF_INET ? 32 : 128;
	t->routes = 0;
	t->lock = lock;
}

void vnet_lpm_destroy(struct vnet_lpm *t)
{
	struct vnet_lpm_body *body = rcu_dereference_protected(t->body, true);

	rise_drop(t);
	if (body && body->kind == LPM_TRIE)
		vnet_lpm_trie_free(trie_body(body));
	else
		kfree(body);
	RCU_INIT_POINTER(t->direct, NULL);
	RCU_INIT_POINTER(t->body, NULL);
}

void vnet_lpm_flush(struct vnet_lpm *t)
{
	WRITE_ONCE(t->deflt, 0);
	WRITE_ONCE(t->routes, 0);
	rise_drop(t);
	body_replace(t, NULL);
}

static int insert_small(struct vnet_lpm *t, struct vnet_lpm_body *body,
			const struct lpm_route *route, u32 *old)
{
	struct lpm_small *small = body ? small_body(body) : NULL;
	u32 *at = small ? vnet_lpm_small_at(small, route->key, route->len) : NULL;

	if (at) {
		*old = lpm_leaf_value(*at);
		small->head.live += !*old;
		WRITE_ONCE(*at, lpm_leaf(route->value, route->len));
		rise_follow(t, route);
		return 0;
	}
	*old = 0;
	if (small && small->head.live == LPM_SMALL_MAX)
		return rise_finish(t, body, route);
	small = vnet_lpm_small_build(small, route, t->bits == 128, GFP_ATOMIC);
	if (!small)
		return -ENOMEM;
	body_replace(t, &small->head);
	rise_follow(t, route);
	if (small->head.live >= RISE_MIN)
		rise(t, &small->head, RISE_STEP);
	return 0;
}

void vnet_lpm_widen(struct vnet_lpm *t)
{
	struct vnet_lpm_body *body = body_locked(t);
	struct lpm_trie *trie;

	if (!body || body->kind != LPM_TRIE)
		return;
	trie = trie_body(body);
	if (vnet_lpm_wide_rise(trie) && !body->ip6)
		rcu_assign_pointer(t->direct, rcu_dereference_raw(trie->wide));
}

void vnet_lpm_narrow(struct vnet_lpm *t)
{
	struct vnet_lpm_body *body = body_locked(t);

	if (!body || body->kind != LPM_TRIE)
		return;
	RCU_INIT_POINTER(t->direct, NULL);
	vnet_lpm_wide_drop(trie_body(body));
}

static int insert_trie(struct vnet_lpm *t, struct lpm_trie *trie,
		       const struct lpm_route *route, u32 *old)
{
	int err;

	/* Readers do without direct access then, until there is memory for it. */
	if (!vnet_lpm_wide_prepare(trie, route->key, route->len))
		vnet_lpm_narrow(t);
	err = vnet_lpm_trie_insert(trie, route, old);
	if (!err && t->routes >= WIDE_MIN && !rcu_access_pointer(trie->wide) &&
	    (trie->rising || ++trie->waited % WIDE_RETRY == 0))
		vnet_lpm_widen(t);
	return err;
}

/* The lock held; 0: no default route. */
static void set_default(struct vnet_lpm *t, u32 value)
{
	struct vnet_lpm_body *body = body_locked(t);

	WRITE_ONCE(t->deflt, value);
	if (body && body->kind == LPM_TRIE)
		vnet_lpm_trie_default(trie_body(body), value);
}

int vnet_lpm_insert(struct vnet_lpm *t, const struct vnet_prefix *prefix, u32 value, u32 *old)
{
	struct vnet_lpm_body *body = body_locked(t);
	struct lpm_route route = {
		.key = lpm_key_load(prefix->addr, t->bits),
		.len = prefix->len,
		.value = value,
	};
	u32 had;
	int err;

	if (!value || value > VNET_LPM_VALUE_MAX || !prefix_valid(t, prefix))
		return -EINVAL;
	if (!route.len) {
		had = t->deflt;
		set_default(t, value);
	} else {
		if (body && body->kind == LPM_TRIE)
			err = insert_trie(t, trie_body(body), &route, &had);
		else
			err = insert_small(t, body, &route, &had);
		if (err)
			return err;
	}
	count_routes(t, !had);
	if (old)
		*old = had;
	return 0;
}

static u32 remove_small(struct vnet_lpm *t, struct lpm_small *small, struct lpm_key key, u8 len)
{
	u32 *at = vnet_lpm_small_at(small, key, len);
	u32 value = at ? lpm_leaf_value(*at) : 0;
	struct lpm_route route = { .key = key, .len = len };
	struct lpm_small *new;

	if (!value)
		return 0;
	WRITE_ONCE(*at, lpm_leaf(0, len));
	small->head.live--;
	if (small->head.live < RISE_MIN)
		rise_drop(t);
	else if (rise_has(t, &route))
		vnet_lpm_trie_remove(t->rising, key, len);
	if (!small->head.live) {
		body_replace(t, NULL);
	} else if (small->head.live <= small->head.count / 2) {
		new = vnet_lpm_small_build(small, NULL, t->bits == 128, GFP_NOWAIT | __GFP_NOWARN);
		if (new)
			body_replace(t, &new->head);
	}
	return value;
}

static u32 remove_trie(struct vnet_lpm *t, struct lpm_trie *trie, struct lpm_key key, u8 len)
{
	u32 value = vnet_lpm_trie_remove(trie, key, len);
	u32 left = body_routes(t) - 1;

	if (!value)
		return 0;
	if (!left)
		body_replace(t, NULL);
	else if (left < TRIE_MIN)
		shrink(t, &trie->head, left);
	else if (left == WIDE_KEEP - 1)
		vnet_lpm_narrow(t);
	return value;
}

int vnet_lpm_remove(struct vnet_lpm *t, const struct vnet_prefix *prefix, u32 *old)
{
	struct lpm_key key = lpm_key_load(prefix->addr, t->bits);
	struct vnet_lpm_body *body = body_locked(t);
	u32 had = 0;

	if (!prefix_valid(t, prefix))
		return -EINVAL;
	if (!prefix->len)
		had = t->deflt;
	else if (body && body->kind == LPM_TRIE)
		had = remove_trie(t, trie_body(body), key, prefix->len);
	else if (body)
		had = remove_small(t, small_body(body), key, prefix->len);
	if (!had)
		return -ENOENT;
	count_routes(t, -1);
	if (!prefix->len)
		set_default(t, 0);
	if (old)
		*old = had;
	return 0;
}

u32 vnet_lpm_get(const struct vnet_lpm *t, const struct vnet_prefix *prefix)
{
	struct vnet_lpm_body *body = body_read(t);
	struct lpm_key key;
	u32 *at;

	if (!prefix_valid(t, prefix))
		return 0;
	if (!prefix->len)
		return READ_ONCE(t->deflt);
	if (!body)
		return 0;
	key = lpm_key_load(prefix->addr, t->bits);
	if (body->kind == LPM_TRIE)
		return vnet_lpm_trie_get(trie_body(body), key, prefix->len);
	at = vnet_lpm_small_at(small_body(body), key, prefix->len);
	return at ? lpm_leaf_value(READ_ONCE(*at)) : 0;
}

/* A leaf, or else the default route, as the caller sees it. */
static __always_inline u32 result(const struct vnet_lpm *t, bool ip6, u32 leaf, u8 *plen)
{
	/* In IPv4 the leaf may be that of the default route. */
	*plen = ip6 ? lpm_leaf_rank(leaf) : leaf >> LPM_LEN_SHIFT;
	return lpm_either(lpm_leaf_value(leaf), READ_ONCE(t->deflt));
}

/* Apart, so that neither saves registers that only the other one uses. */
static noinline u32 trie_lookup6(const struct vnet_lpm *t, const struct lpm_trie *trie,
				 const void *addr, u8 *plen)
{
	return result(t, true, lpm_trie_lookup6(trie, addr), plen);
}

static noinline u32 body_lookup(const struct vnet_lpm *t, struct vnet_lpm_body *body,
				const void *addr, u8 *plen)
{
	struct lpm_key key = lpm_key_load(addr, t->bits);
	u32 leaf;

	if (body->kind == LPM_TRIE)
		leaf = vnet_lpm_trie_walk(trie_body(body), key);
	else
		leaf = lpm_small_lookup(small_body(body), key);
	return result(t, t->bits == 128, leaf, plen);
}

/* Whether there is nothing for an address but the default route, as far as that is known at once */
static __always_inline bool body_passes(struct vnet_lpm_body *body, const void *addr)
{
	if (!body)
		return true;
	return body->kind == LPM_SMALL && !body->ip6 &&
	       !lpm_small_reaches(small_body(body), lpm_key_load(addr, 32).hi >> 32);
}

static __always_inline u32 table_lookup(const struct vnet_lpm *t, const void *addr, u8 *plen)
{
	const struct lpm_wide *direct = direct_read(t);
	struct vnet_lpm_body *body;
	const struct lpm_node *node;

	if (direct) {
		node = lpm_wide_node(direct, addr);
		lpm_wide_prefetch(node);
		return lpm_wide_value(direct, node, addr, plen);
	}
	body = body_read(t);
	if (body_passes(body, addr)) {
		*plen = 0;
		return READ_ONCE(t->deflt);
	}
	if (body->kind == LPM_TRIE && body->ip6)
		return trie_lookup6(t, trie_body(body), addr, plen);
	return body_lookup(t, body, addr, plen);
}

u32 vnet_lpm_lookup(const struct vnet_lpm *t, const void *addr, u8 *plen)
{
	return table_lookup(t, addr, plen);
}

/* In place for each, as what is to be predicted differs from one to the other. */
void vnet_lpm_lookup_tables(const struct vnet_lpm *const tables[VNET_LPM_TABLES],
			    const void *addr, struct vnet_lpm_match match[VNET_LPM_TABLES])
{
	static_assert(VNET_LPM_TABLES == 3);

	match[0].value = tables[0] ? table_lookup(tables[0], addr, &match[0].len) : 0;
	match[1].value = tables[1] ? table_lookup(tables[1], addr, &match[1].len) : 0;
	match[2].value = tables[2] ? table_lookup(tables[2], addr, &match[2].len) : 0;
}

static void prefetch_one(const struct lpm_wide *direct, struct vnet_lpm_body *body,
			 const void *addr)
{
	const struct lpm_node *node;

	if (direct) {
		node = lpm_wide_node(direct, addr);
		prefetch(node);
		lpm_wide_prefetch(node);
	} else if (body && body->kind == LPM_TRIE) {
		lpm_trie_prefetch(trie_body(body), addr);
	} else if (body) {
		lpm_small_prefetch(small_body(body));
	}
}

void vnet_lpm_prefetch_many(const struct vnet_lpm *t, const void *const *addr, unsigned int n)
{
	const struct lpm_wide *direct = direct_read(t);
	struct vnet_lpm_body *body = body_read(t);
	const u8 *byte;
	unsigned int i;

	for (i = 0; direct && i < n; i++) {
		byte = addr[i];
		prefetch(lpm_wide_child(direct, byte[0], byte[1]));
		prefetch(lpm_wide_code(direct, byte[0], byte[1]));
	}
	/* What is asked for of a small body is the same for all addresses. */
	if (body && body->kind == LPM_SMALL)
		n = min(n, 1U);
	for (i = 0; i < n; i++)
		prefetch_one(direct, body, addr[i]);
}

/* At most LPM_BATCH, in a large IPv6 body */
static void trie_lookup_some(const struct vnet_lpm *t, const struct lpm_trie *trie,
			     const void *const *addr, unsigned int n, u32 *value, u8 *plen)
{
	unsigned int i;

	vnet_lpm_trie_lookup_many(trie, addr, n, value);
	for (i = 0; i < n; i++)
		value[i] = result(t, true, value[i], &plen[i]);
}

/* At most LPM_BATCH, where there was no direct access a moment ago */
static void lookup_some(const struct vnet_lpm *t, struct vnet_lpm_body *body,
			const void *const *addr, unsigned int n, u32 *value, u8 *plen)
{
	unsigned int i;

	if (body && body->kind == LPM_TRIE && body->ip6)
		return trie_lookup_some(t, trie_body(body), addr, n, value, plen);
	for (i = 0; i < n; i++)
		value[i] = vnet_lpm_lookup(t, addr[i], &plen[i]);
}

void vnet_lpm_lookup_many(const struct vnet_lpm *t, const void *const *addr, unsigned int n,
			  u32 *value, u8 *plen)
{
	const struct lpm_wide *direct = direct_read(t);
	struct vnet_lpm_body *body = body_read(t);
	unsigned int some;

	for (; n; n -= some, addr += some, value += some, plen += some) {
		some = min_t(unsigned int, n, LPM_BATCH);
		if (direct)
			vnet_lpm_wide_lookup_many(direct, addr, some, value, plen);
		else
			lookup_some(t, body, addr, some, value, plen);
	}
}

u32 vnet_lpm_lookup_shorter(const struct vnet_lpm *t, const void *addr, u8 maxlen, u8 *plen)
{
	struct lpm_key key = lpm_key_load(addr, t->bits);
	struct vnet_lpm_body *body = body_read(t);
	u32 leaf = 0;

	maxlen = min(maxlen, t->bits);
	if (!body || !maxlen)
		return result(t, t->bits == 128, 0, plen);
	if (body->kind == LPM_TRIE)
		leaf = vnet_lpm_trie_lookup_shorter(trie_body(body), key, maxlen);
	else
		leaf = vnet_lpm_small_lookup_shorter(small_body(body), key, maxlen);
	return result(t, t->bits == 128, leaf, plen);
}

bool vnet_lpm_next(const struct vnet_lpm *t, struct vnet_lpm_cursor *c)
{
	struct lpm_route route = { .len = c->prefix.len };

	if (!c->started) {
		c->started = true;
		memset(&c->prefix, 0, sizeof(c->prefix));
		c->value = READ_ONCE(t->deflt);
		if (c->value)
			return true;
		route.len = 0;
	} else if (route.len) {
		route.key = lpm_key_load(c->prefix.addr, t->bits);
	}
	if (!body_next(body_read(t), &route))
		return false;
	lpm_key_store(c->prefix.addr, t->bits, route.key);
	c->prefix.len = route.len;
	c->value = route.value;
	return true;
}

void vnet_lpm_stats(const struct vnet_lpm *t, struct vnet_lpm_stats *st)
{
	struct vnet_lpm_body *body = body_locked(t);
	struct vnet_lpm_stats rising;

	memset(st, 0, sizeof(*st));
	st->routes = t->routes;
	if (body && body->kind == LPM_TRIE)
		vnet_lpm_trie_stats(trie_body(body), st);
	else if (body)
		st->bytes = ksize(body);
	if (t->rising) {
		vnet_lpm_trie_stats(t->rising, &rising);
		st->bytes += rising.bytes;
		st->idle_bytes += rising.bytes;
	}
}

#ifdef DEBUG
#include "selftest/lpm.c"
#endif
