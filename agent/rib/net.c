// SPDX-License-Identifier: GPL-2.0-or-later
#include "rib/net.h"

#include <string.h>

#include "lib/hash.h"
#include "lib/log.h"
#include "lib/util.h"

/* Lengths of path arrays. */
static const uint16_t class_size[NET_LENGTHS] = {
	2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256,
	512, 1024, 4096, 16384, 32768, NET_PATHS_MAX,
};

/*
 * Multilinear hashing under a secret key: two prefixes that a peer chooses
 * meet with the probability of chance, at a fraction of SipHash's cost.
 */
static uint32_t key_hash(const struct net_store *store, const uint8_t *key,
			 uint8_t len)
{
	uint64_t hash = store->hash_key[0] + len * store->hash_key[1];
	uint32_t word;
	unsigned int i;

	for (i = 0; i < store->key_len / 4u; i++) {
		memcpy(&word, key + 4 * i, 4);
		hash += word * store->hash_key[i + 2];
	}
	return hash >> 32;
}

static uint32_t net_hash(const void *ctx, uint32_t id)
{
	const struct net_store *store = ctx;
	const struct net *net = net_get(store, id);

	return key_hash(store, net->key, net->len);
}

void net_store_init(struct net_store *store, int family)
{
	unsigned int i;

	memset(store, 0, sizeof(*store));
	store->family = family;
	store->key_len = family == AF_INET ? 4 : 16;
	slab_init(&store->nets, sizeof(struct net) + store->key_len);
	for (i = 0; i < NET_CLASSES; i++)
		slab_init(&store->many[i], class_size[i % NET_LENGTHS] *
			  (sizeof(struct rib_path) +
			   i / NET_LENGTHS * sizeof(uint32_t)));
	idhash_init(&store->index, net_hash, store);
	for (i = 0; i < ARRAY_SIZE(store->hash_key); i++)
		store->hash_key[i] = hash_bytes(&i, sizeof(i));
}

void net_store_fini(struct net_store *store)
{
	unsigned int i;

	slab_fini(&store->nets);
	for (i = 0; i < NET_CLASSES; i++)
		slab_fini(&store->many[i]);
	idhash_fini(&store->index);
}

void net_key_hash(const struct net_store *store, struct net_key *key)
{
	key->hash = key_hash(store, key->prefix.addr.bytes, key->prefix.len);
	idhash_prefetch(&store->index, key->hash);
}

const struct net *net_key_touch(const struct net_store *store,
				const struct net_key *key)
{
	struct idhash_probe probe = idhash_probe(&store->index, key->hash);
	const struct net *net;
	uint32_t id;

	if (!idhash_next(&store->index, &probe, &id))
		return NULL;
	net = net_get(store, id);
	__builtin_prefetch(net);
	return net;
}

void net_touch_paths(const struct net_store *store, const struct net *net)
{
	if (net && net->flags & NET_MANY)
		__builtin_prefetch(slab_get(&store->many[net->many.class],
					    net->many.id));
}

uint32_t net_key_find(const struct net_store *store,
		      const struct net_key *key)
{
	struct idhash_probe probe = idhash_probe(&store->index, key->hash);
	const struct prefix *prefix = &key->prefix;
	const struct net *net;
	uint32_t id;

	while (idhash_next(&store->index, &probe, &id)) {
		net = net_get(store, id);
		if (net->len == prefix->len &&
		    memcmp(net->key, prefix->addr.bytes, store->key_len) == 0)
			return id;
	}
	return NET_NONE;
}

uint32_t net_key_add(struct net_store *store, const struct net_key *key)
{
	uint32_t id = net_key_find(store, key);
	struct net *net;

	if (id != NET_NONE)
		return id;
	id = slab_alloc(&store->nets);
	net = net_get(store, id);
	net->one = (struct rib_path){ .attrs = NET_NONE };
	net->sent = UINT16_MAX;
	net->len = key->prefix.len;
	net->flags = NET_LIVE;
	memcpy(net->key, key->prefix.addr.bytes, store->key_len);
	idhash_insert(&store->index, key->hash, id);
	return id;
}

uint32_t net_find(const struct net_store *store, const struct prefix *prefix)
{
	struct net_key key = { .prefix = *prefix };

	net_key_hash(store, &key);
	return net_key_find(store, &key);
}

uint32_t net_add(struct net_store *store, const struct prefix *prefix)
{
	struct net_key key = { .prefix = *prefix };

	net_key_hash(store, &key);
	return net_key_add(store, &key);
}

void net_del_soon(const struct net_store *store, uint32_t id)
{
	const struct net *net = net_get(store, id);

	idhash_prefetch(&store->index, key_hash(store, net->key, net->len));
}

void net_del(struct net_store *store, uint32_t id)
{
	struct net *net = net_get(store, id);

	idhash_remove(&store->index, key_hash(store, net->key, net->len), id);
	net->flags = 0;
	slab_release(&store->nets, id);
}

struct net *net_try(const struct net_store *store, uint32_t id)
{
	struct net *net;

	if (!slab_mapped(&store->nets, id))
		return NULL;
	net = net_get(store, id);
	return net->flags & NET_LIVE ? net : NULL;
}

uint32_t net_next(const struct net_store *store, uint32_t id)
{
	uint32_t end = net_end(store);

	for (;;) {
		id = slab_seek(&store->nets, id);
		if (id == end)
			return NET_NONE;
		if (net_get(store, id)->flags & NET_LIVE)
			return id;
		id++;
	}
}

void net_prefix_read(const struct net_store *store, const struct net *net,
		     struct prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->addr.family = store->family;
	if (store->family == AF_INET)
		memcpy(prefix->addr.bytes, net->key, 4);
	else
		memcpy(prefix->addr.bytes, net->key, 16);
	prefix->len = net->len;
}

struct prefix net_prefix(const struct net_store *store, const struct net *net)
{
	struct prefix prefix;

	net_prefix_read(store, net, &prefix);
	return prefix;
}

int net_cmp(const struct net_store *store, const struct net *a,
	    const struct net *b)
{
	int cmp = memcmp(a->key, b->key, store->key_len);

	return cmp != 0 ? cmp : a->len - b->len;
}

struct rib_path *net_paths(const struct net_store *store, struct net *net,
			   uint32_t *n)
{
	if (!(net->flags & NET_MANY)) {
		*n = net->one.attrs != NET_NONE;
		return &net->one;
	}
	*n = net->many.n;
	return slab_get(&store->many[net->many.class], net->many.id);
}

static bool is_wide(const struct net *net)
{
	return net->flags & NET_MANY && net->many.class >= NET_LENGTHS;
}

static uint32_t *ids_of(const struct net_store *store, unsigned int class,
			uint32_t id)
{
	struct rib_path *paths = slab_get(&store->many[class], id);

	return (uint32_t *)(paths + class_size[class % NET_LENGTHS]);
}

uint32_t *net_path_ids(const struct net_store *store, const struct net *net)
{
	if (!is_wide(net))
		return NULL;
	return ids_of(store, net->many.class, net->many.id);
}

/* The first @n paths go into an array of another class. */
static void many_resize(struct net_store *store, struct net *net, uint32_t n,
			unsigned int class)
{
	const uint32_t *ids = net_path_ids(store, net);
	bool had = net->flags & NET_MANY;
	uint32_t old_id = net->many.id;
	unsigned int old_class = net->many.class;
	uint32_t id = slab_alloc(&store->many[class]);
	uint32_t used;

	memcpy(slab_get(&store->many[class], id),
	       net_paths(store, net, &used), n * sizeof(struct rib_path));
	if (class >= NET_LENGTHS && ids)
		memcpy(ids_of(store, class, id), ids, n * sizeof(*ids));
	else if (class >= NET_LENGTHS)
		memset(ids_of(store, class, id), 0, n * sizeof(*ids));
	if (had)
		slab_release(&store->many[old_class], old_id);
	net->many.id = id;
	net->many.n = n;
	net->many.class = class;
	net->flags |= NET_MANY;
}

/* Room for one more than @n, which the caller has seen to be possible. */
static void make_room(struct net_store *store, struct net *net, uint32_t n,
		      bool wide)
{
	unsigned int length = 0;

	if (net->flags & NET_MANY)
		length = net->many.class % NET_LENGTHS;
	if (n == class_size[length])
		length++;
	if (length == NET_LENGTHS)
		fatalx("bug: a path of a prefix that is full");
	if (!(net->flags & NET_MANY) || wide != is_wide(net) ||
	    length != net->many.class % NET_LENGTHS)
		many_resize(store, net, n, length + wide * NET_LENGTHS);
}

uint32_t net_path_id(const struct net_store *store, struct net *net,
		     const struct rib_path *path)
{
	const uint32_t *ids = net_path_ids(store, net);
	uint32_t n;

	return ids ? ids[path - net_paths(store, net, &n)] : 0;
}

struct rib_path *net_path_add(struct net_store *store, struct net *net,
			      uint32_t path_id)
{
	bool wide = path_id != 0 || is_wide(net);
	struct rib_path *paths;
	uint32_t n;

	store->n_paths++;
	net_paths(store, net, &n);
	if (n == 0 && !wide)
		return &net->one;
	make_room(store, net, n, wide);
	net->many.n++;
	if (wide)
		net_path_ids(store, net)[n] = path_id;
	paths = net_paths(store, net, &n);
	return paths + n - 1;
}

/* An only path needs no array, unless it has an identifier. */
static void many_shrink(struct net_store *store, struct net *net, uint32_t n)
{
	const uint32_t *ids = net_path_ids(store, net);
	unsigned int length = net->many.class % NET_LENGTHS;
	struct rib_path one = { .attrs = NET_NONE };

	if (n == 0 || (n == 1 && (!ids || ids[0] == 0))) {
		if (n == 1)
			one = *net_paths(store, net, &n);
		slab_release(&store->many[net->many.class], net->many.id);
		net->flags &= ~NET_MANY;
		net->one = one;
	} else if (length > 0 && n + 1 < class_size[length - 1]) {
		many_resize(store, net, n, net->many.class - 1);
	}
}

void net_path_del(struct net_store *store, struct net *net, uint32_t at)
{
	uint32_t *ids = net_path_ids(store, net);
	struct rib_path *paths;
	uint32_t n;

	store->n_paths--;
	paths = net_paths(store, net, &n);
	n--;
	if (!(net->flags & NET_MANY)) {
		net->one.attrs = NET_NONE;
		return;
	}
	memmove(paths + at, paths + at + 1, (n - at) * sizeof(*paths));
	if (ids)
		memmove(ids + at, ids + at + 1, (n - at) * sizeof(*ids));
	net->many.n = n;
	many_shrink(store, net, n);
}

uint64_t net_prefix_bytes(const struct net_store *store)
{
	return slab_bytes(&store->nets) + idhash_bytes(&store->index);
}

uint64_t net_path_bytes(const struct net_store *store)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < NET_CLASSES; i++)
		bytes += slab_bytes(&store->many[i]);
	return bytes;
}
