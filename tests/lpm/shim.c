// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory and RCU of the shim: an allocator that can be told to fail, and a
 * grace period that is over when every reader seen inside a section has been
 * seen outside of it.
 */
#include <pthread.h>
#include <stdio.h>
#include "shim.h"

#define MAX_READERS 16

long shim_fail_at;
bool shim_fail_all;
long shim_live;
size_t shim_bytes;

bool shim_fails(void)
{
	if (!shim_fail_at)
		return false;
	if (shim_fail_at > 1) {
		shim_fail_at--;
		return false;
	}
	if (!shim_fail_all)
		shim_fail_at = 0;
	return true;
}

/* What the slab allocator would take: powers of two, and 96 and 192. */
static size_t slab_size(size_t size)
{
	size_t round = 8;

	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	while (round < size)
		round *= 2;
	return round;
}

/* Objects of a power of two are aligned. */
#define OBJECT_ALIGN 64

struct kmem_cache {
	size_t size;
	long live;
};

/* What stands before each object */
struct object {
	size_t taken;
	struct kmem_cache *cache;	/* NULL: none */
};

static struct object *object_of(const void *p)
{
	return (struct object *)((char *)p - OBJECT_ALIGN);
}

static void *object_alloc(size_t size, size_t taken, struct kmem_cache *cache)
{
	struct object *object;
	void *block;

	if (shim_fails())
		return NULL;
	if (posix_memalign(&block, OBJECT_ALIGN, OBJECT_ALIGN + size))
		abort();
	object = block;
	object->taken = taken;
	object->cache = cache;
	if (cache)
		__atomic_fetch_add(&cache->live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shim_live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shim_bytes, taken, __ATOMIC_RELAXED);
	return (char *)block + OBJECT_ALIGN;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return object_alloc(size, slab_size(size), NULL);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned int flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *cache = malloc(sizeof(*cache));

	(void)name;
	(void)flags;
	(void)ctor;
	if (!cache || align > OBJECT_ALIGN)
		abort();
	cache->size = size;
	cache->live = 0;
	return cache;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	(void)gfp;
	return object_alloc(cache->size, cache->size, cache);
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (cache && cache->live) {
		fprintf(stderr, "shim: %ld objects left in a cache\n",
			cache->live);
		abort();
	}
	free(cache);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memset(p, 0, size) : NULL;
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kzalloc(n * size, gfp);
}

void kfree(const void *p)
{
	struct object *object;

	if (!p)
		return;
	object = object_of(p);
	if (object->cache)
		__atomic_fetch_sub(&object->cache->live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&shim_live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&shim_bytes, object->taken, __ATOMIC_RELAXED);
	free(object);
}

size_t ksize(const void *p)
{
	return p ? object_of(p)->taken : 0;
}

/*
 * Each reader thread shows the epoch in which its section began, 0 outside. All
 * of it is sequentially consistent: a reader whose section the writer does not
 * see yet will see what the writer has unlinked.
 */
static unsigned long epoch = 1;
static unsigned long readers[MAX_READERS][8];	/* a cache line each */
static int nr_readers;
static __thread unsigned long *mine;
static struct rcu_head *callbacks;	/* oldest first; only the writer's */
static struct rcu_head **callbacks_end = &callbacks;
static unsigned long callbacks_cookie;
static struct rcu_head **callbacks_due = &callbacks;

void rcu_read_lock(void)
{
	if (!mine) {
		int i = __atomic_fetch_add(&nr_readers, 1, __ATOMIC_SEQ_CST);

		if (i >= MAX_READERS)
			abort();
		mine = readers[i];
	}
	__atomic_store_n(mine, __atomic_load_n(&epoch, __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);
}

void rcu_read_unlock(void)
{
	__atomic_store_n(mine, 0, __ATOMIC_RELEASE);
}

unsigned long start_poll_synchronize_rcu(void)
{
	return __atomic_fetch_add(&epoch, 1, __ATOMIC_SEQ_CST);
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	int i, n = __atomic_load_n(&nr_readers, __ATOMIC_SEQ_CST);
	unsigned long seen;

	for (i = 0; i < n; i++) {
		seen = __atomic_load_n(readers[i], __ATOMIC_SEQ_CST);
		if (seen && seen <= cookie)
			return false;
	}
	return true;
}

static void run_callbacks(struct rcu_head **end)
{
	struct rcu_head *head = callbacks, *next, *stop = *end;

	callbacks = stop;
	if (!stop)
		callbacks_end = &callbacks;
	callbacks_due = &callbacks;
	for (; head != stop; head = next) {
		next = head->next;
		head->func(head);
	}
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	if (callbacks_due != &callbacks &&
	    poll_state_synchronize_rcu(callbacks_cookie))
		run_callbacks(callbacks_due);
	head->next = NULL;
	head->func = func;
	*callbacks_end = head;
	callbacks_end = &head->next;
	if (callbacks_due == &callbacks) {
		callbacks_due = callbacks_end;
		callbacks_cookie = start_poll_synchronize_rcu();
	}
}

void rcu_barrier(void)
{
	unsigned long cookie = start_poll_synchronize_rcu();

	while (!poll_state_synchronize_rcu(cookie))
		;
	run_callbacks(callbacks_end);
}

void shim_kfree_rcu(struct rcu_head *head)
{
	kfree(head);
}
