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

struct list {
	uint32_t first, last;		/* entries */
	uint32_t n;
};

struct entry {
	uint32_t net;
	uint32_t next;
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
	struct entry entry[PACK_MAX];
	struct chain chain[PACK_MAX];
	struct bgp_nlri nlri[PACK_MAX];
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

void pack_reset(struct pack *b, struct table *t)
{
	const struct rib *rib = b->rib;

	b->table = t;
	b->n_entries = b->n_chains = b->n_sources = 0;
	if (b->size_peers < rib->n_peers) {
		b->peers = xreallocarray(b->peers, rib->n_peers,
					 sizeof(*b->peers));
		b->size_peers = rib->n_peers;
	}
}

bool pack_full(const struct pack *b)
{
	return b->n_entries == PACK_MAX;
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

static void list_add(struct pack *b, struct list *list, uint32_t net)
{
	uint32_t at = b->n_entries++;

	b->entry[at] = (struct entry){ .net = net, .next = END };
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

void pack_announce(struct pack *b, uint32_t net, uint32_t attrs,
		   uint16_t origin)
{
	list_add(b, &chain_get(b, attrs, origin)->list, net);
}

void pack_withdraw(struct pack *b, uint32_t net, uint16_t origin)
{
	list_add(b, &source_get(b, origin)->withdraw, net);
}

void pack_withdraw_only(struct pack *b, uint32_t net, uint16_t origin)
{
	list_add(b, &source_get(b, origin)->only, net);
}

void pack_release(struct pack *b)
{
	uint32_t i;

	for (i = 0; i < b->n_entries; i++)
		adjin_release(b->table, b->entry[i].net);
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
	b->out = wbuf_make(b->buf, sizeof(b->buf));
}

static struct wbuf *room(struct pack *b, const struct group *group)
{
	if (wbuf_room(&b->out) < group->wire.max_len)
		flush(b);
	return &b->out;
}

static void load(struct pack *b, const struct list *list)
{
	const struct net_store *nets = &b->table->nets;
	uint32_t at = list->first;
	uint32_t i;

	for (i = 0; i < list->n; i++, at = b->entry[at].next)
		b->nlri[i] = (struct bgp_nlri){
			.prefix = net_prefix(nets, net_get(nets,
						b->entry[at].net)),
		};
}

static void put_unreach(struct pack *b, const struct group *group,
			const struct list *list)
{
	size_t done = 0;

	load(b, list);
	while (done < list->n)
		done += bgp_update_unreach(room(b, group), &group->wire,
					   b->table->af, b->nlri + done,
					   list->n - done);
}

/*
 * Attributes that may not be sent, or leave no room for a prefix on this
 * session: then what was sent before does not hold any more, either (RFC 8654
 * 4).
 */
static void put_reach(struct pack *b, const struct group *group,
		      const struct chain *chain)
{
	struct bgp_attrs *attrs = adjout_export(b->table, group,
						chain->origin, chain->attrs);
	size_t done = 0, n = 1;

	load(b, &chain->list);
	while (attrs && n > 0 && done < chain->list.n) {
		n = bgp_update_reach(room(b, group), &group->wire, attrs,
				     b->table->af, b->nlri + done,
				     chain->list.n - done);
		done += n;
	}
	free(attrs);
	if (done < chain->list.n)
		put_unreach(b, group, &chain->list);
}

static void send_source(struct pack *b, const struct pack_target *to,
			const struct source *source)
{
	const struct origin *origin = &b->rib->origin[source->origin];
	uint32_t at;

	if (origin->audience & AUDIENCE(to->group->kind) &&
	    targets(b, to, origin->neighbor, false)) {
		put_unreach(b, to->group, &source->withdraw);
		for (at = source->first; at != END; at = b->chain[at].next)
			put_reach(b, to->group, &b->chain[at]);
		flush(b);
	}
	if (source->only.n > 0 && targets(b, to, origin->neighbor, true)) {
		put_unreach(b, to->group, &source->only);
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
