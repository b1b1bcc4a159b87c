/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routes of the lookup benchmark: the same ones, from a number, in the
 * benchmark module and in the program that fills the kernel's own tables.
 *
 * Lengths are shared out as in a full Internet table. Addresses cluster: they
 * come from a limited number of blocks, popular ones oftener, and every other
 * prefix is the neighbour of the one before.
 */
#ifndef _BENCH_PREFIXES_H
#define _BENCH_PREFIXES_H

struct bench_prefix {
	__u64 hi;		/* host order; IPv4 in the upper 32 bits */
	__u8 len;
};

struct bench_rng {
	__u64 state;
};

/* splitmix64 */
static inline __u64 bench_random(struct bench_rng *rng)
{
	__u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* A number below @n, small ones oftener: the smaller of two. */
static inline __u32 bench_skewed(struct bench_rng *rng, __u32 n)
{
	__u64 r = bench_random(rng);
	__u32 a = (__u32)r % n, b = (__u32)(r >> 32) % n;

	return a < b ? a : b;
}

/* Shares of prefix lengths, in 1/10000 */
struct bench_share {
	__u8 from;
	__u8 to;
	__u16 share;
};

static const struct bench_share bench_shares4[] = {
	{ 24, 24, 6220 }, { 22, 22, 1100 }, { 23, 23, 1000 }, { 21, 21, 530 },
	{ 20, 20, 450 }, { 19, 19, 250 }, { 18, 18, 140 }, { 16, 16, 135 },
	{ 17, 17, 80 }, { 9, 15, 50 }, { 25, 32, 45 },
};

static const struct bench_share bench_shares6[] = {
	{ 48, 48, 4200 }, { 32, 32, 1200 }, { 44, 44, 1000 }, { 40, 40, 950 },
	{ 29, 31, 650 }, { 33, 39, 800 }, { 41, 43, 400 }, { 45, 47, 600 },
	{ 56, 56, 100 }, { 64, 64, 100 },
};

static inline __u8 bench_length(struct bench_rng *rng,
				const struct bench_share *s)
{
	__u64 r = bench_random(rng);
	__u32 at = (__u32)r % 10000;

	for (; at >= s->share; s++)
		at -= s->share;
	return s->from + (__u32)(r >> 32) % (s->to - s->from + 1);
}

/* A block: a /16 of unicast IPv4, a /29 of global IPv6. */
static inline __u64 bench_block(struct bench_rng *rng, int v6)
{
	__u64 mixed;

	if (!v6) {
		mixed = bench_skewed(rng, 40000) * 40503ULL % 57088;
		return (mixed + (1 << 8)) << 48;
	}
	mixed = bench_skewed(rng, 12000) * 2654435761ULL & 0x3ffffff;
	return 0x2000000000000000ULL | mixed << 35;
}

static inline struct bench_prefix bench_candidate(struct bench_rng *rng, int v6,
						  struct bench_prefix last)
{
	const __u8 block = v6 ? 29 : 16;
	struct bench_prefix p;
	__u64 r;

	p.len = bench_length(rng, v6 ? bench_shares6 : bench_shares4);
	r = bench_random(rng);
	if (last.len >= block && p.len >= block && (r & 1))
		p.hi = last.hi + (1ULL << (64 - last.len));
	else
		p.hi = bench_block(rng, v6) | r >> block;
	p.hi &= ~0ULL << (64 - p.len);
	return p;
}

static inline __u32 bench_slot(struct bench_prefix p, __u32 mask)
{
	return (p.hi ^ p.len) * 0x9e3779b97f4a7c15ULL >> 32 & mask;
}

/**
 * bench_prefixes - different prefixes, in random order
 * @p: room for @n
 * @seen: all zero, @slots of them, a power of two at least twice @n
 */
static inline void bench_prefixes(int v6, struct bench_prefix *p, __u32 n,
				  __u32 *seen, __u32 slots)
{
	struct bench_rng rng = { .state = v6 ? 6 : 4 };
	struct bench_prefix last = { };
	__u32 i = 0, at;

	while (i < n) {
		struct bench_prefix c = bench_candidate(&rng, v6, last);

		last = c;
		at = bench_slot(c, slots - 1);
		while (seen[at] && (p[seen[at] - 1].hi != c.hi ||
				    p[seen[at] - 1].len != c.len))
			at = (at + 1) & (slots - 1);
		if (seen[at])
			continue;
		p[i++] = c;
		seen[at] = i;
	}
	/* Neighbours come one after the other: shuffle. */
	for (i = n - 1; i > 0; i--) {
		__u32 j = bench_random(&rng) % (i + 1);

		last = p[i];
		p[i] = p[j];
		p[j] = last;
	}
}

#endif
