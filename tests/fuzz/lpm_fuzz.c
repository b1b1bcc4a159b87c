// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the LPM table: the input is a list of operations on a table and its
 * oracle, which must agree on the answers. First byte: the family and whether
 * the trie gets its direct access; then for each operation one byte and what it
 * needs.
 */
#include <stdio.h>
#include "lpm/oracle.h"
#include "../../kmod/lpm_wide.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define MAX_ROUTES 1500

/* Some of the values that follow are near and some are far. */
#define FIRST_VALUE (VNET_LPM_VALUE_NEAR - 16)

struct input {
	const u8 *at;
	size_t left;
};

static u8 take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "lpm_fuzz: %s\n", what);
	abort();
}

/* A length and as many bytes as it covers; the rest is zero. */
static struct vnet_prefix take_prefix(struct input *in, unsigned int bits)
{
	struct vnet_prefix prefix = { .len = take(in) % (bits + 1) };
	unsigned int i;

	for (i = 0; i < prefix.len; i += 8)
		prefix.addr[i / 8] = take(in);
	for (i = prefix.len; i < bits; i++)
		prefix.addr[i / 8] &= ~(0x80 >> i % 8);
	return prefix;
}

/* @fail: the allocation that fails, 0: none */
static void insert(struct vnet_lpm *t, struct oracle *o,
		   const struct vnet_prefix *prefix, u32 value,
		   unsigned int fail)
{
	u32 old = 0;
	int err;

	shim_fail_at = fail;
	err = vnet_lpm_insert(t, prefix, value, &old);
	shim_fail_at = 0;
	must(!err || (fail && err == -ENOMEM), "insert fails");
	if (!err)
		must(old == oracle_insert(o, prefix, value),
		     "insert tells another old value");
}

static void remove_route(struct vnet_lpm *t, struct oracle *o,
			 const struct vnet_prefix *prefix)
{
	u32 want = oracle_remove(o, prefix), old = 0;

	must(vnet_lpm_remove(t, prefix, &old) == (want ? 0 : -ENOENT) &&
		     old == want,
	     "remove disagrees");
}

static void look_up(const struct vnet_lpm *t, const struct oracle *o,
		    const u8 *addr, unsigned int maxlen)
{
	const struct vnet_lpm *tables[VNET_LPM_TABLES] = { NULL, t };
	struct vnet_lpm_match match[VNET_LPM_TABLES];
	u8 len = 0, want_len = 0;
	u32 want = oracle_lookup(o, addr, o->bits, &want_len);
	u32 got;

	got = vnet_lpm_lookup(t, addr, &len);
	must(got == want && (!want || len == want_len), "lookup disagrees");
	vnet_lpm_lookup_tables(tables, addr, match);
	must(match[1].value == want && (!want || match[1].len == want_len),
	     "lookup of several tables disagrees");
	want = oracle_lookup(o, addr, maxlen, &want_len);
	got = vnet_lpm_lookup_shorter(t, addr, maxlen, &len);
	must(got == want && (!want || len == want_len),
	     "lookup_shorter disagrees");
}

static void walk(const struct vnet_lpm *t, struct oracle *o)
{
	struct vnet_lpm_cursor c = { };
	unsigned int i;

	oracle_sort(o);
	for (i = 0; vnet_lpm_next(t, &c); i++)
		must(i < o->count && c.value == o->route[i].value &&
		     !memcmp(&c.prefix, &o->route[i].prefix, sizeof(c.prefix)),
		     "walk disagrees");
	must(i == o->count && i == vnet_lpm_routes(t), "walk ends early");
}

/* Addresses about one address in one batch, as each of them by itself. */
static void look_up_many(const struct vnet_lpm *t, const struct oracle *o,
			 const u8 *addr)
{
	u8 near[24][16], len[24], want_len = 0;
	const void *addrs[24];
	u32 got[24], want;
	unsigned int i;

	for (i = 0; i < 24; i++) {
		memcpy(near[i], addr, 16);
		near[i][i % (o->bits / 8)] ^= i;
		addrs[i] = near[i];
	}
	vnet_lpm_prefetch_many(t, addrs, 24);
	vnet_lpm_lookup_many(t, addrs, 24, got, len);
	for (i = 0; i < 24; i++) {
		want = oracle_lookup(o, near[i], o->bits, &want_len);
		must(got[i] == want && (!want || len[i] == want_len),
		     "batch disagrees");
	}
}

/*
 * Many IPv6 routes that differ in the bytes about which the short cut through
 * the trie begins, so that its pages fill, grow and have gaps closed.
 */
static void bulk_short_cut(struct vnet_lpm *t, struct oracle *o, u64 seed)
{
	struct vnet_prefix prefix = { };
	unsigned int i, bit;

	for (i = 0; i < 600 && o->count < MAX_ROUTES; i++) {
		prefix.len = 27 + random_below(&seed, 22);
		prefix.addr[0] = 0x20;
		for (bit = 2; bit < 6; bit++)
			prefix.addr[bit] = random_next(&seed) >> 56;
		for (bit = prefix.len; bit < 48; bit++)
			prefix.addr[bit / 8] &= ~(0x80 >> bit % 8);
		insert(t, o, &prefix, FIRST_VALUE + i, 0);
	}
}

/* Many routes at once, so that a few bytes get beyond the small body. */
static void bulk(struct vnet_lpm *t, struct oracle *o, u64 seed)
{
	struct vnet_prefix prefix;
	unsigned int i;

	for (i = 0; i < 600 && o->count < MAX_ROUTES; i++) {
		random_prefix(&seed, o->bits, 3, &prefix);
		insert(t, o, &prefix, FIRST_VALUE + i, 0);
	}
}

static void operate(struct vnet_lpm *t, struct oracle *o, struct input *in)
{
	u8 what = take(in);
	struct vnet_prefix prefix = take_prefix(in, o->bits);

	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		if (o->count < MAX_ROUTES)
			insert(t, o, &prefix, FIRST_VALUE + what / 8,
			       what % 8 == 2 ? 1 + what / 8 % 4 : 0);
		break;
	case 3:
		remove_route(t, o, &prefix);
		break;
	case 4:
		if (o->count)
			prefix = o->route[take(in) % o->count].prefix;
		remove_route(t, o, &prefix);
		break;
	case 5:
		if (what & 8 && o->bits == 128)
			bulk_short_cut(t, o, what);
		else
			bulk(t, o, 1 + what);
		break;
	case 6:
		while (o->count > what) {
			prefix = o->route[o->count / 2].prefix;
			remove_route(t, o, &prefix);
		}
		break;
	case 7:
		walk(t, o);
		break;
	}
	look_up(t, o, prefix.addr, take(in) % (o->bits + 1));
	look_up_many(t, o, prefix.addr);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 how = take(&in);
	int family = how & 1 ? AF_INET6 : AF_INET;
	struct vnet_lpm t;
	spinlock_t lock;
	struct oracle o;
	int i;

	vnet_lpm_init(&t, family, &lock);
	oracle_init(&o, family);
	while (in.left) {
		operate(&t, &o, &in);
		for (i = 0; how & 2 && i < 8; i++)
			vnet_lpm_widen(&t);
	}
	walk(&t, &o);
	vnet_lpm_destroy(&t);
	oracle_free(&o);
	rcu_barrier();
	must(!shim_live, "memory leaks");
	return 0;
}
