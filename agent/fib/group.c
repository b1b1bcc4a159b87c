// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/hash.h"

/* Which sets there are is the peers' choice: they must not choose a bucket. */
#define HASH_FUNCTION(key, len, value) \
	((value) = (unsigned int)hash_bytes((key), (len)))

#include "fib/group.h"

#include <stdlib.h>
#include <string.h>

#include "fib/fib.h"
#include "lib/util.h"

void groups_init(struct groups *groups, struct nhid *ids)
{
	memset(groups, 0, sizeof(*groups));
	groups->ids = ids;
	STAILQ_INIT(&groups->set_queue[NHOBJ_HOP]);
	STAILQ_INIT(&groups->set_queue[NHOBJ_GROUP]);
	TAILQ_INIT(&groups->reap_queue);
}

void groups_fini(struct groups *groups)
{
	struct nhgroup *group, *group_next;
	struct nhobj *obj, *obj_next;
	struct hop *hop, *hop_next;

	/* the table of sets does not have all groups, so by id and by queue */
	HASH_ITER(hh_id, groups->by_id, obj, obj_next) {
		HASH_DELETE(hh_id, groups->by_id, obj);
		if (obj->kind == NHOBJ_GROUP &&
		    !((struct nhgroup *)obj)->keyed)
			free(obj);
	}
	HASH_ITER(hh, groups->by_hops, group, group_next) {
		HASH_DELETE(hh, groups->by_hops, group);
		free(group);
	}
	HASH_ITER(hh, groups->by_addr, hop, hop_next) {
		HASH_DELETE(hh, groups->by_addr, hop);
		free(hop);
	}
}

/*
 * Queues and ids
 */

void groups_queue_set(struct groups *groups, struct nhobj *obj)
{
	obj->in_kernel = false;
	obj->touched = true;
	if (obj->set_queued)
		return;
	obj->set_queued = true;
	STAILQ_INSERT_TAIL(&groups->set_queue[obj->kind], obj, set_entry);
}

/*
 * Removal waits for the routes that were queued before: those that leave this
 * object are among them. It may have been queued, and used again since.
 */
static void queue_reap(struct groups *groups, struct nhobj *obj)
{
	if (obj->reap_queued)
		TAILQ_REMOVE(&groups->reap_queue, obj, reap_entry);
	obj->reap_queued = true;
	obj->ticket = groups->clock;
	TAILQ_INSERT_TAIL(&groups->reap_queue, obj, reap_entry);
}

bool groups_number(struct groups *groups, struct nhobj *obj)
{
	if (obj->id)
		return true;
	obj->id = nhid_get(groups->ids);
	if (!obj->id)
		return false;
	HASH_ADD(hh_id, groups->by_id, id, sizeof(obj->id), obj);
	return true;
}

static void adopt_id(struct groups *groups, struct nhobj *obj, uint32_t id)
{
	obj->id = id;
	obj->in_kernel = true;
	obj->seen = true;
	obj->failure = 0;
	HASH_ADD(hh_id, groups->by_id, id, sizeof(obj->id), obj);
}

struct nhobj *groups_find(struct groups *groups, uint32_t id)
{
	struct nhobj *obj;

	HASH_FIND(hh_id, groups->by_id, &id, sizeof(id), obj);
	return obj;
}

/*
 * Hops
 */

/*
 * An address as a table's key: without the bytes that a short one leaves
 * undefined.
 */
static struct addr addr_key(const struct addr *addr)
{
	struct addr key;

	memset(&key, 0, sizeof(key));
	key.family = addr->family;
	memcpy(key.bytes, addr->bytes, addr_bytes(addr));
	return key;
}

static struct hop *find_hop(struct groups *groups, const struct addr *addr)
{
	struct addr key = addr_key(addr);
	struct hop *hop;

	HASH_FIND(hh, groups->by_addr, &key, sizeof(key), hop);
	return hop;
}

static struct hop *new_hop(struct groups *groups, const struct addr *addr)
{
	struct hop *hop = xcalloc(1, sizeof(*hop));

	hop->obj.kind = NHOBJ_HOP;
	hop->addr = addr_key(addr);
	HASH_ADD(hh, groups->by_addr, addr, sizeof(hop->addr), hop);
	groups->n_hops++;
	return hop;
}

/*
 * A hop that is on its way out may have been removed from the kernel before
 * the group that takes it up now is set: then it is queued again, ahead of it.
 */
static struct hop *get_hop(struct groups *groups, const struct addr *addr)
{
	struct hop *hop = find_hop(groups, addr);

	if (!hop)
		hop = new_hop(groups, addr);
	if (!hop->obj.in_kernel)
		groups_queue_set(groups, &hop->obj);
	hop->obj.refs++;
	return hop;
}

static void put_hop(struct groups *groups, struct hop *hop)
{
	if (--hop->obj.refs == 0)
		queue_reap(groups, &hop->obj);
}

/*
 * Groups
 */

/* The hops and behind them the backup. */
static size_t key_size(size_t n)
{
	return (n + 1) * sizeof(struct hop *);
}

static void key_group(struct groups *groups, struct nhgroup *group)
{
	HASH_ADD_KEYPTR(hh, groups->by_hops, group->hops,
			key_size(group->n_hops), group);
	group->keyed = true;
}

static void unkey_group(struct groups *groups, struct nhgroup *group)
{
	if (group->keyed)
		HASH_DELETE(hh, groups->by_hops, group);
	if (groups->last == group)
		groups->last = NULL;
	group->keyed = false;
}

static struct nhgroup *find_group(struct groups *groups,
				  struct hop *const *hops, size_t n)
{
	struct nhgroup *group;

	HASH_FIND(hh, groups->by_hops, hops, key_size(n), group);
	return group;
}

static struct nhgroup *new_group(struct groups *groups, struct hop *const *hops,
				 size_t n)
{
	struct nhgroup *group = xcalloc(1, sizeof(*group) + key_size(n));

	group->obj.kind = NHOBJ_GROUP;
	group->n_hops = n;
	memcpy(group->hops, hops, key_size(n));
	groups->n_groups++;
	return group;
}

bool group_equals(const struct nhgroup *group, const struct addr *addrs,
		  size_t n, const struct addr *backup)
{
	size_t i;

	if (group->n_hops != n || !group->hops[n] != !backup ||
	    (backup && !addr_equal(&group->hops[n]->addr, backup)))
		return false;
	for (i = 0; i < n; i++) {
		if (!addr_equal(&group->hops[i]->addr, &addrs[i]))
			return false;
	}
	return true;
}

/* The group of @addrs if all its hops are known and so is it. */
static struct nhgroup *lookup_group(struct groups *groups,
				    const struct addr *addrs, size_t n,
				    const struct addr *backup)
{
	struct hop *hops[FIB_MAX_HOPS + 1];
	size_t i;

	/* A peer's routes come one after the other. */
	if (groups->last && group_equals(groups->last, addrs, n, backup))
		return groups->last;
	for (i = 0; i < n; i++) {
		hops[i] = find_hop(groups, &addrs[i]);
		if (!hops[i])
			return NULL;
	}
	hops[n] = backup ? find_hop(groups, backup) : NULL;
	if (backup && !hops[n])
		return NULL;
	groups->last = find_group(groups, hops, n);
	return groups->last;
}

struct nhgroup *groups_get(struct groups *groups, const struct addr *addrs,
			   size_t n, const struct addr *backup)
{
	struct nhgroup *group = lookup_group(groups, addrs, n, backup);
	struct hop *hops[FIB_MAX_HOPS + 1];
	size_t i;

	if (!group) {
		if (groups->n_groups >= GROUPS_MAX)
			return NULL;
		for (i = 0; i < n; i++)
			hops[i] = get_hop(groups, &addrs[i]);
		hops[n] = backup ? get_hop(groups, backup) : NULL;
		group = new_group(groups, hops, n);
		key_group(groups, group);
	}
	/* one that was on its way out may be without its object */
	if (!group->obj.in_kernel && !group->obj.failure)
		groups_queue_set(groups, &group->obj);
	group->obj.refs++;
	return group;
}

void groups_put(struct groups *groups, struct nhgroup *group)
{
	if (--group->obj.refs == 0)
		queue_reap(groups, &group->obj);
}

static void forget_hop(struct groups *groups, struct hop *hop)
{
	HASH_DELETE(hh, groups->by_addr, hop);
	groups->n_hops--;
	free(hop);
}

static void forget_group(struct groups *groups, struct nhgroup *group)
{
	unsigned int i;

	unkey_group(groups, group);
	for (i = 0; i < group->n_hops; i++)
		put_hop(groups, group->hops[i]);
	if (group->hops[i])
		put_hop(groups, group->hops[i]);
	groups->n_groups--;
	free(group);
}

static void forget(struct groups *groups, struct nhobj *obj)
{
	if (obj->set_queued)
		STAILQ_REMOVE(&groups->set_queue[obj->kind], obj, nhobj,
			      set_entry);
	if (obj->id) {
		HASH_DELETE(hh_id, groups->by_id, obj);
		nhid_put(groups->ids, obj->id);
	}
	if (obj->kind == NHOBJ_HOP)
		forget_hop(groups, (struct hop *)obj);
	else
		forget_group(groups, (struct nhgroup *)obj);
}

struct nhobj *groups_next_set(struct groups *groups, enum nhobj_kind kind)
{
	struct nhobj *obj;

	while ((obj = STAILQ_FIRST(&groups->set_queue[kind])) != NULL) {
		STAILQ_REMOVE_HEAD(&groups->set_queue[kind], set_entry);
		obj->set_queued = false;
		if (obj->refs > 0 && !obj->in_kernel)
			return obj;
	}
	return NULL;
}

uint32_t groups_next_reap(struct groups *groups, uint64_t sent)
{
	struct nhobj *obj;
	uint32_t id;

	while ((obj = TAILQ_FIRST(&groups->reap_queue)) != NULL &&
	       obj->ticket <= sent) {
		TAILQ_REMOVE(&groups->reap_queue, obj, reap_entry);
		obj->reap_queued = false;
		if (obj->refs > 0)
			continue;
		id = obj->id;
		forget(groups, obj);
		if (id)
			return id;
	}
	return 0;
}

bool groups_idle(const struct groups *groups)
{
	return STAILQ_EMPTY(&groups->set_queue[NHOBJ_HOP]) &&
	       STAILQ_EMPTY(&groups->set_queue[NHOBJ_GROUP]) &&
	       TAILQ_EMPTY(&groups->reap_queue);
}

/*
 * Every group is either in the table of sets or has an id: only groups that
 * the kernel had are ever taken out of the table.
 */
static void each_group(struct groups *groups,
		       void (*func)(struct groups *, struct nhgroup *, void *),
		       void *arg)
{
	struct nhgroup *group, *group_next;
	struct nhobj *obj, *obj_next;

	HASH_ITER(hh_id, groups->by_id, obj, obj_next) {
		if (obj->kind == NHOBJ_GROUP)
			func(groups, (struct nhgroup *)obj, arg);
	}
	HASH_ITER(hh, groups->by_hops, group, group_next) {
		if (!group->obj.id)
			func(groups, group, arg);
	}
}

static void queue_group(struct groups *groups, struct nhgroup *group, void *arg)
{
	(void)arg;
	group->obj.failure = 0;
	groups_queue_set(groups, &group->obj);
}

void groups_queue_all(struct groups *groups)
{
	struct hop *hop, *next;

	HASH_ITER(hh, groups->by_addr, hop, next) {
		hop->obj.failure = 0;
		groups_queue_set(groups, &hop->obj);
	}
	each_group(groups, queue_group, NULL);
}

static bool has_failed(const struct nhgroup *group)
{
	unsigned int i;

	if (group->obj.failure)
		return true;
	for (i = 0; i < group->n_hops; i++) {
		if (group->hops[i]->obj.failure)
			return true;
	}
	return group->hops[i] && group->hops[i]->obj.failure;
}

static void retry_group(struct groups *groups, struct nhgroup *group, void *arg)
{
	(void)arg;
	if (has_failed(group))
		groups_queue_set(groups, &group->obj);
}

void groups_retry(struct groups *groups)
{
	struct hop *hop, *next;

	HASH_ITER(hh, groups->by_addr, hop, next) {
		if (hop->obj.failure)
			groups_queue_set(groups, &hop->obj);
	}
	each_group(groups, retry_group, NULL);
}

/* The place of @hop in @group, n_hops of the backup, more if it has none. */
static unsigned int place_of(const struct nhgroup *group, const struct hop *hop)
{
	unsigned int i;

	for (i = 0; i <= group->n_hops && group->hops[i] != hop; i++)
		;
	return i;
}

struct drop {
	struct hop *hop;
	bool any;
};

static void drop_member(struct groups *groups, struct nhgroup *group, void *arg)
{
	struct drop *drop = arg;
	struct hop *hop = drop->hop;
	unsigned int i = place_of(group, hop);

	if (i > group->n_hops || group->obj.refs == 0 ||
	    (group->n_hops == 1 && !group->hops[1]) ||
	    !groups_number(groups, &group->obj))
		return;
	unkey_group(groups, group);
	if (i == group->n_hops) {
		group->hops[i] = NULL;
	} else if (group->n_hops == 1) {
		group->hops[0] = group->hops[1];
		group->hops[1] = NULL;
	} else {
		memmove(&group->hops[i], &group->hops[i + 1],
			key_size(group->n_hops - i - 1));
		group->n_hops--;
	}
	if (!find_group(groups, group->hops, group->n_hops))
		key_group(groups, group);
	groups_queue_set(groups, &group->obj);
	put_hop(groups, hop);
	drop->any = true;
}

bool groups_hop_down(struct groups *groups, const struct addr *addr)
{
	struct drop drop = { .hop = find_hop(groups, addr) };

	if (drop.hop)
		each_group(groups, drop_member, &drop);
	return drop.any;
}

/*
 * Adoption
 */

struct hop *groups_adopt_hop(struct groups *groups, uint32_t id,
			     const struct addr *addr)
{
	struct hop *hop = find_hop(groups, addr);

	if (hop && hop->obj.id)
		return NULL;
	if (!hop)
		hop = new_hop(groups, addr);
	adopt_id(groups, &hop->obj, id);
	return hop;
}

static int compare_hops(const void *a, const void *b)
{
	const struct hop *const *left = a, *const *right = b;

	return addr_cmp(&(*left)->addr, &(*right)->addr);
}

/* The hops that the kernel's group consists of, in our order. */
static bool find_members(struct groups *groups, const uint32_t *members,
			 size_t n, bool backup, struct hop **hops)
{
	struct nhobj *obj;
	size_t i;

	hops[n] = NULL;
	for (i = 0; i < n + backup; i++) {
		obj = groups_find(groups, members[i]);
		if (!obj || obj->kind != NHOBJ_HOP)
			return false;
		hops[i] = (struct hop *)obj;
	}
	qsort(hops, n, sizeof(*hops), compare_hops);
	return true;
}

struct nhgroup *groups_adopt_group(struct groups *groups, uint32_t id,
				   const uint32_t *members, size_t n,
				   bool backup)
{
	struct hop *hops[FIB_MAX_HOPS + 1];
	struct nhgroup *group, *same;
	size_t i;

	if (!find_members(groups, members, n, backup, hops))
		return NULL;
	same = find_group(groups, hops, n);
	if (same && !same->obj.id) {
		adopt_id(groups, &same->obj, id);
		return same;
	}
	group = new_group(groups, hops, n);
	for (i = 0; i < n + backup; i++)
		hops[i]->obj.refs++;
	if (!same)
		key_group(groups, group);
	adopt_id(groups, &group->obj, id);
	return group;
}

void groups_reap_unused(struct groups *groups)
{
	struct nhobj *obj, *next;

	HASH_ITER(hh_id, groups->by_id, obj, next) {
		if (obj->refs == 0)
			queue_reap(groups, obj);
	}
}

/*
 * Audit
 */

void groups_audit_begin(struct groups *groups)
{
	struct nhobj *obj, *next;

	HASH_ITER(hh_id, groups->by_id, obj, next) {
		obj->seen = false;
		obj->lost = false;
		obj->touched = false;
	}
}

unsigned int groups_audit_end(struct groups *groups)
{
	struct nhobj *obj, *next;
	unsigned int lost = 0;

	HASH_ITER(hh_id, groups->by_id, obj, next) {
		if (!obj->in_kernel || obj->seen || obj->touched)
			continue;
		groups_queue_set(groups, obj);
		obj->lost = true;
		lost++;
	}
	return lost;
}
