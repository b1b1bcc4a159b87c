/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the kernel's interface that kmod/lpm*.c uses, in user space, so
 * that the production files are compiled unchanged into tests, fuzzers and
 * benchmarks. The headers in include/ lead here. Memory accesses that the
 * kernel marks are atomic ones here, so ThreadSanitizer judges the same
 * accesses that the kernel's memory model does.
 */
#ifndef _LPM_SHIM_H
#define _LPM_SHIM_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define __rcu
#define __aligned(n) __attribute__((__aligned__(n)))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef noinline
#define noinline __attribute__((noinline))
#endif
#define static_assert(cond) _Static_assert(cond, #cond)
#define U8_MAX UINT8_MAX
#define U32_MAX UINT32_MAX
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define ALIGN(n, to) (DIV_ROUND_UP(n, to) * (to))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define prefetch(p) __builtin_prefetch(p)

#define OPTIMIZER_HIDE_VAR(v) __asm__ ("" : "+r"(v))

#define __force
#define be32_to_cpu(x) be32toh(x)
#define be64_to_cpu(x) be64toh(x)
#define cpu_to_be32(x) htobe32(x)
#define cpu_to_be64(x) htobe64(x)

static inline u32 __get_unaligned_cpu32(const void *p)
{
	u32 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline u64 __get_unaligned_cpu64(const void *p)
{
	u64 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* bits */
#define BITS_PER_LONG (8 * (unsigned int)sizeof(long))
#define DECLARE_BITMAP(name, bits) \
	unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]
#define __ffs64(x) ((unsigned int)__builtin_ctzll(x))
#define hweight64(x) ((unsigned int)__builtin_popcountll(x))

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~(1UL << bit % BITS_PER_LONG);
}

static inline bool test_bit(unsigned int bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline unsigned int find_next_bit(const unsigned long *map,
					 unsigned int size, unsigned int bit)
{
	unsigned long rest;

	for (; bit < size; bit = (bit | (BITS_PER_LONG - 1)) + 1) {
		rest = map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG;
		if (rest) {
			bit += __builtin_ctzl(rest);
			break;
		}
	}
	return bit < size ? bit : size;
}

/* marked accesses */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* locks: each test serialises its writers itself */
typedef struct {
	int unused;
} spinlock_t;

#define lockdep_is_held(lock) ((void)(lock), true)

/* RCU: shim.c; one thread at a time may write */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);
void rcu_barrier(void);

/* Consume is not implemented by compilers; acquire costs the same on x86. */
#define rcu_dereference_raw(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_dereference_check(p, c) ((void)(c), rcu_dereference_raw(p))
#define rcu_dereference_protected(p, c) ((void)(c), (p))
#define rcu_access_pointer(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELAXED)

/* kfree_rcu() takes the address of the object from that of its head. */
#define kfree_rcu(ptr, member)                                        \
	do {                                                          \
		_Static_assert(offsetof(typeof(*(ptr)), member) == 0, \
			       "head first");                         \
		call_rcu(&(ptr)->member, shim_kfree_rcu);             \
	} while (0)

void shim_kfree_rcu(struct rcu_head *head);

/* memory */
typedef unsigned int gfp_t;

#define GFP_ATOMIC 1U
#define GFP_NOWAIT 2U
#define GFP_KERNEL 4U
#define __GFP_NOWARN 8U

/* An allocation fails when it falls to 0; with shim_fail_all, also the next. */
extern long shim_fail_at;
extern bool shim_fail_all;
bool shim_fails(void);
extern long shim_live;		/* allocations not freed */
extern size_t shim_bytes;	/* as ksize() counts them */

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void kfree(const void *p);
size_t ksize(const void *p);

/*
 * What comes from a cache is freed by kfree(), and counted as all memory is. To
 * destroy a cache before all of it has been freed ends the test.
 */
struct kmem_cache;

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned int flags,
				     void (*ctor)(void *));
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_destroy(struct kmem_cache *cache);

#endif /* _LPM_SHIM_H */
