// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pack is a set of prefixes to be announced or withdrawn, in chains of
 * those that share attributes and origin, so that each chain fills UPDATEs
 * and each UPDATE is encoded once for all peers that get it.
 *
 * Everything of one origin goes to the same peers: its audience.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "rib/table.h"

#define END	UINT32_MAX
#define BYTES_MAX	(512 * 1024)	/* in a pack, each group is sent that */
#define TURN_BYTES	(32 * 1024 * 1024)	/* for all peers, */
#define SHARE_BYTES	(TURN_BYTES / 4)	/* for all groups at once */
#define NLRI_BYTES	8		/* about */
/* Attributes that leave room for few prefixes are sent again and again. */
#define ATTRS_LARGE	1024
#define RELEASE_AHEAD	8	/* prefixes */

struct list {
	uint32_t first, last;		/* entries */
	uint32_t n;
};

struct entry {
	uint32_t net;
	uint32_t path_id;
	uint32_t next;
};

/* A prefix of a chain that goes through a map. */
struct mapped {
	uint64_t class;
	uint32_t net;
	uint32_t path_id;
};

struct chain {
	uint32_t attrs;
	uint16_t origin;
	uint32_t next;			/* chain of the same origin */
	struct list list;
};

/* What is of one origin. */
struct source {
	uint16_t origin;
	uint32_t first, last;		/* chains */
	struct list withdraw;		/* from its audience */
	struct list only;		/* from the neighbor alone */
};

struct pack {
	struct rib *rib;
	struct table *table;
	uint32_t n_entries, n_chains, n_sources;
	size_t bytes, bytes_max;	/* what to tell it takes, about */
	size_t sent;			/* bytes, in this turn */
	struct entry entry[PACK_MAX];
	struct chain chain[PACK_MAX];
	struct bgp_nlri nlri[PACK_MAX];
	struct mapped mapped[PACK_MAX];
	struct source *source;
	uint32_t size_sources;
	uint32_t *source_of;		/* by origin: index in source */
	uint32_t *peers;		/* ids a message goes to */
	uint32_t size_peers, n_peers;
	struct wbuf out;
	uint8_t buf[RIB_SEND_MAX];
};

struct pack *pack_new(struct rib *rib)
{
	struct pack *b = xmalloc(sizeof(*b));

	b->rib = rib;
	b->n_entries = b->n_chains = b->n_sources = 0;
	b->bytes = b->sent = 0;
	b->source = NULL;
	b->source_of = NULL;
	b->peers = NULL;
	b->size_sources = b->size_peers = 0;
	return b;
}

void pack_free(struct pack *b)
{
	free(b->source);
	free(b->source_of);
	free(b->peers);
	free(b);
}

void pack_begin(struct pack *b)
{
	b->sent = 0;
}

void pack_reset(struct pack *b, struct table *t)
{
	const struct rib *rib = b->rib;

	b->table = t;
	b->n_entries = b->n_chains = b->n_sources = 0;
	b->bytes = 0;
	b->bytes_max = BYTES_MAX;
	if (b->size_peers < rib->n_peers) {
		b->peers = xreallocarray(b->peers, rib->n_peers,
					 sizeof(*b->peers));
		b->size_peers = rib->n_peers;
	}
}

void pack_reset_all(struct pack *b, struct table *t)
{
	const struct group *group;
	size_t n = 1;

	pack_reset(b, t);
	for (group = t->groups; group; group = group->next)
		n++;
	b->bytes_max = MIN(BYTES_MAX, SHARE_BYTES / n);
}

bool pack_takes(const struct pack *b, uint32_t n)
{
	return PACK_MAX - b->n_entries >= n && b->bytes < b->bytes_max;
}

bool pack_much(const struct pack *b)
{
	return b->sent >= TURN_BYTES;
}

/* ---- collecting ------------------------------------------------------ */

static void sources_grow(struct pack *b)
{
	uint32_t n = b->rib->n_origins;

	b->source_of = xreallocarray(b->source_of, n, sizeof(*b->source_of));
	b->source = xreallocarray(b->source, n, sizeof(*b->source));
	while (b->size_sources < n)
		b->source_of[b->size_sources++] = 0;
}

static struct source *source_get(struct pack *b, uint16_t origin)
{
	uint32_t at;

	if (origin >= b->size_sources)
		sources_grow(b);
	at = b->source_of[origin];
	if (at < b->n_sources && b->source[at].origin == origin)
		return &b->source[at];
	at = b->n_sources++;
	b->source_of[origin] = at;
	b->source[at] = (struct source){
		.origin = origin,
		.first = END,
		.last = END,
	};
	return &b->source[at];
}

static void list_add(struct pack *b, struct list *list, uint32_t net,
		     uint32_t path_id)
{
	uint32_t at = b->n_entries++;

	b->entry[at] = (struct entry){
		.net = net,
		.path_id = path_id,
		.next = END,
	};
	if (list->n++ == 0)
		list->first = at;
	else
		b->entry[list->last].next = at;
	list->last = at;
}

static struct chain *chain_get(struct pack *b, uint32_t attrs,
			       uint16_t origin)
{
	struct attrset *set = attrset_get(&b->rib->attrs, attrs);
	struct source *source;
	struct chain *chain;
	uint32_t at = set->chain;

	if (at < b->n_chains && b->chain[at].attrs == attrs &&
	    b->chain[at].origin == origin)
		return &b->chain[at];
	at = set->chain = b->n_chains++;
	chain = &b->chain[at];
	*chain = (struct chain){
		.attrs = attrs,
		.origin = origin,
		.next = END,
	};
	source = source_get(b, origin);
	if (source->last == END)
		source->first = at;
	else
		b->chain[source->last].next = at;
	source->last = at;
	return chain;
}

void pack_announce(struct pack *b, uint32_t net, uint32_t path_id,
		   uint32_t attrs, uint16_t origin)
{
	struct chain *chain = chain_get(b, attrs, origin);
	size_t size = attrset_get(&b->rib->attrs, attrs)->flat.size;

	b->bytes += NLRI_BYTES;
	if (chain->list.n == 0 || size > ATTRS_LARGE)
		b->bytes += size;
	list_add(b, &chain->list, net, path_id);
}

void pack_withdraw(struct pack *b, uint32_t net, uint32_t path_id,
		   uint16_t origin)
{
	list_add(b, &source_get(b, origin)->withdraw, net, path_id);
}

void pack_withdraw_only(struct pack *b, uint32_t net, uint32_t path_id,
			uint16_t origin)
{
	list_add(b, &source_get(b, origin)->only, net, path_id);
}

void pack_release(struct pack *b)
{
	struct table *t = b->table;
	const struct net *net;
	uint32_t i, ahead;

	for (i = 0; i < b->n_entries; i++) {
		ahead = i + RELEASE_AHEAD;
		net = ahead < b->n_entries ?
			net_try(&t->nets, b->entry[ahead].net) : NULL;
		if (net && net->sent == ORIGIN_NONE)
			net_del_soon(&t->nets, b->entry[ahead].net);
		/* One that is there by several identifiers may have gone. */
		if (net_try(&t->nets, b->entry[i].net))
			adjin_release(t, b->entry[i].net);
	}
}

/* ---- writing --------------------------------------------------------- */

static void targets_add(struct pack *b, const struct pack_target *to,
			const struct rib_peer *peer)
{
	const struct peer_af *af = &peer->af[b->table->af];

	if (to->only ? to->only != peer : af->lag != NULL)
		return;
	if (to->syncing && !af->syncing)
		return;
	b->peers[b->n_peers++] = peer->conf.id;
}

/* Those of a group that are (@same), or are not, sessions of @neighbor. */
static bool targets(struct pack *b, const struct pack_target *to,
		    uint16_t neighbor, bool same)
{
	const struct group *group = to->group;
	uint32_t i;

	b->n_peers = 0;
	for (i = 0; i < group->n_members; i++) {
		if ((group->member[i]->neighbor == neighbor) == same)
			targets_add(b, to, group->member[i]);
	}
	b->out = wbuf_make(b->buf, sizeof(b->buf));
	return b->n_peers > 0;
}

static void flush(struct pack *b)
{
	struct rib_send send = {
		.data = b->buf,
		.len = b->out.len,
		.peers = b->peers,
		.n_peers = b->n_peers,
	};

	if (send.len > 0)
		b->rib->ops->send(b->rib->arg, &send);
	b->sent += send.len;
	b->out = wbuf_make(b->buf, sizeof(b->buf));
}

static struct wbuf *room(struct pack *b, const struct group *group)
{
	if (wbuf_room(&b->out) < group->wire.max_len)
		flush(b);
	return &b->out;
}

static void nlri_set(const struct pack *b, struct bgp_nlri *nlri, uint32_t net,
		     uint32_t path_id)
{
	const struct net_store *nets = &b->table->nets;

	nlri->path_id = path_id;
	net_prefix_read(nets, net_get(nets, net), &nlri->prefix);
}

/* Returns how many there are for the group. */
static size_t load(struct pack *b, const struct group *group,
		   const struct list *list)
{
	uint32_t at = list->first;
	uint32_t i;
	size_t n = 0;

	for (i = 0; i < list->n; i++, at = b->entry[at].next) {
		if (!outsum_owns(group, b->entry[at].net))
			nlri_set(b, &b->nlri[n++], b->entry[at].net,
				 b->entry[at].path_id);
	}
	return n;
}

/* Write @n of those that are loaded, from @at on. */
static void write_unreach(struct pack *b, const struct group *group, size_t at,
			  size_t n)
{
	size_t end = at + n;

	while (at < end)
		at += bgp_update_unreach(room(b, group), &group->wire,
					 b->table->af, b->nlri + at, end - at);
}

/* So many from @at on need at least the room that the first one does. */
static size_t no_shorter(const struct pack *b, size_t at, size_t len)
{
	size_t n = 1;

	while (at + n < len &&
	       b->nlri[at + n].prefix.len >= b->nlri[at].prefix.len)
		n++;
	return n;
}

/*
 * Attributes that may not be sent, or leave no room for a prefix on this
 * session: then what was sent of that before does not hold any more, either
 * (RFC 8654 4).
 */
static void write_reach(struct pack *b, const struct group *group,
			const struct bgp_attrs *attrs, size_t len)
{
	size_t done = 0, n;

	while (done < len) {
		n = attrs ? bgp_update_reach(room(b, group), &group->wire,
					     attrs, b->table->af,
					     b->nlri + done, len - done) : 0;
		if (n == 0) {
			n = attrs ? no_shorter(b, done, len) : len;
			write_unreach(b, group, done, n);
		}
		done += n;
	}
}

/* Whether it is remembered which prefixes a map has let out. */
static bool has_kept(const struct group *group)
{
	return group->map && !group->paths;
}

/* With a map: those that it has let out. */
static size_t load_had(struct pack *b, const struct pack_target *to,
		       const struct list *list)
{
	uint32_t at = list->first;
	uint32_t i, net;
	size_t n = 0;

	for (i = 0; i < list->n; i++, at = b->entry[at].next) {
		net = b->entry[at].net;
		if (outsum_owns(to->group, net))
			continue;
		if (!to->only && !outbound_has(to->group, net))
			continue;
		nlri_set(b, &b->nlri[n++], net, 0);
		if (!to->only && !to->syncing)
			outbound_set(to->group, net, false);
	}
	return n;
}

static void put_unreach(struct pack *b, const struct pack_target *to,
			const struct list *list)
{
	size_t n;

	if (has_kept(to->group))
		n = load_had(b, to, list);
	else
		n = load(b, to->group, list);
	write_unreach(b, to->group, 0, n);
}

/* ---- through a map --------------------------------------------------- */

static int by_class(const void *pa, const void *pb)
{
	const struct mapped *a = pa, *b = pb;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->net != b->net)
		return a->net < b->net ? -1 : 1;
	return a->path_id < b->path_id ? -1 : a->path_id > b->path_id;
}

static void load_mapped(struct pack *b, const struct group *group,
			const struct list *list)
{
	uint32_t at = list->first;
	struct bgp_nlri nlri;
	uint32_t i;

	for (i = 0; i < list->n; i++, at = b->entry[at].next) {
		b->mapped[i].net = b->entry[at].net;
		b->mapped[i].path_id = b->entry[at].path_id;
		nlri_set(b, &nlri, b->entry[at].net, 0);
		b->mapped[i].class = rib_map_class(group->map, &nlri.prefix);
	}
	qsort(b->mapped, list->n, sizeof(*b->mapped), by_class);
}

/* Those of one class, @attrs NULL: dropped. */
static void put_class(struct pack *b, const struct pack_target *to,
		      const struct mapped *mapped, size_t n,
		      const struct bgp_attrs *attrs)
{
	struct group *group = to->group;
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (outsum_owns(group, mapped[i].net))
			continue;
		/* Who is dumped to has nothing of it, a slow one may have. */
		if (!attrs && has_kept(group) && to->syncing) {
			outbound_set(group, mapped[i].net, false);
			continue;
		}
		if (!attrs && has_kept(group) && !to->only &&
		    !outbound_has(group, mapped[i].net))
			continue;
		nlri_set(b, &b->nlri[kept++], mapped[i].net,
			 mapped[i].path_id);
		if (has_kept(group))
			outbound_set(group, mapped[i].net, attrs != NULL);
	}
	if (attrs)
		write_reach(b, group, attrs, kept);
	else
		write_unreach(b, group, 0, kept);
}

static void put_mapped(struct pack *b, const struct pack_target *to,
		       const struct chain *chain)
{
	size_t i, n, len = chain->list.n;
	struct bgp_attrs *attrs;

	load_mapped(b, to->group, &chain->list);
	for (i = 0; i < len; i += n) {
		for (n = 1; i + n < len &&
		     b->mapped[i + n].class == b->mapped[i].class; n++)
			;
		attrs = adjout_export(b->table, to->group, chain->origin,
				      chain->attrs);
		if (attrs)
			attrs = outbound_apply(to->group, attrs,
					       b->mapped[i].class);
		put_class(b, to, &b->mapped[i], n, attrs);
		free(attrs);
	}
}

static void put_reach(struct pack *b, const struct pack_target *to,
		      const struct chain *chain)
{
	struct bgp_attrs *attrs;

	if (to->group->map) {
		put_mapped(b, to, chain);
		return;
	}
	attrs = adjout_export(b->table, to->group, chain->origin,
			      chain->attrs);
	write_reach(b, to->group, attrs, load(b, to->group, &chain->list));
	free(attrs);
}

static void send_source(struct pack *b, const struct pack_target *to,
			const struct source *source)
{
	const struct origin *origin = &b->rib->origin[source->origin];
	uint32_t at;

	if (origin->audience & AUDIENCE(to->group->kind) &&
	    targets(b, to, origin->neighbor, false)) {
		put_unreach(b, to, &source->withdraw);
		for (at = source->first; at != END; at = b->chain[at].next)
			put_reach(b, to, &b->chain[at]);
		flush(b);
	}
	if (source->only.n > 0 && targets(b, to, origin->neighbor, true)) {
		write_unreach(b, to->group, 0,
			      load(b, to->group, &source->only));
		flush(b);
	}
}

void pack_send(struct pack *b, const struct pack_target *to)
{
	uint32_t i;

	for (i = 0; i < b->n_sources; i++)
		send_source(b, to, &b->source[i]);
}

static struct pack *begin_single(struct table *t, const struct rib_peer *peer)
{
	struct pack *b = t->rib->pack;

	b->peers[0] = peer->conf.id;
	b->n_peers = 1;
	b->out = wbuf_make(b->buf, sizeof(b->buf));
	return b;
}

void pack_send_one(struct table *t, const struct rib_peer *peer, uint32_t net,
		   const struct bgp_attrs *attrs)
{
	const struct group *group = peer->af[t->af].group;
	struct pack *b = begin_single(t, peer);

	nlri_set(b, &b->nlri[0], net, 0);
	if (attrs)
		write_reach(b, group, attrs, 1);
	else
		write_unreach(b, group, 0, 1);
	flush(b);
}

void pack_send_eor(struct table *t, const struct rib_peer *peer)
{
	struct pack *b = begin_single(t, peer);

	bgp_update_eor(&b->out, t->af);
	flush(b);
}

void pack_send_refresh(struct table *t, const struct rib_peer *peer,
		       enum bgp_refresh what)
{
	struct pack *b = begin_single(t, peer);

	bgp_refresh_build(&b->out, t->af, what);
	flush(b);
}
