// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes for the kernel: each prefix whose set of next hops has changed is
 * handed out once, with the set of then, and not again before it has been
 * answered for. What the answer was is kept with the prefix.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/table.h"

#define RUN_ROUTES	4096		/* handed out in one piece */
#define UNANSWERED_MAX	512		/* one batch in work, one behind */
#define EXPRESS_AHEAD	256		/* see lane() */
#define QUEUE_SHARE	4		/* one in so many, beside express */
#define TEXTS_MAX	64		/* different error texts kept */
#define RUN_AGAIN	8192		/* looked at in one piece */

struct feed_error {
	uint32_t net;
	int error;
	const char *text;
};

static uint32_t id_hash(uint32_t id)
{
	return id * 2654435769u;
}

static uint32_t error_hash(const void *ctx, uint32_t at)
{
	const struct feed *feed = ctx;

	return id_hash(feed->error[at].net);
}

void feed_init(struct table *t)
{
	idhash_init(&t->feed.error_index, error_hash, &t->feed);
}

void feed_fini(struct table *t)
{
	struct feed *feed = &t->feed;

	while (feed->n_texts > 0)
		free(feed->text[--feed->n_texts]);
	free(feed->text);
	free(feed->error);
	free(feed->hops);
	idhash_fini(&feed->error_index);
	idq_fini(&feed->queue);
	idq_fini(&feed->express);
}

/* ---- errors ---------------------------------------------------------- */

static const char *text_intern(struct feed *feed, const char *text)
{
	uint32_t i;

	if (!text)
		return NULL;
	for (i = 0; i < feed->n_texts; i++) {
		if (strcmp(feed->text[i], text) == 0)
			return feed->text[i];
	}
	if (i == TEXTS_MAX)
		return NULL;
	feed->text = xreallocarray(feed->text, i + 1, sizeof(*feed->text));
	feed->text[feed->n_texts++] = xstrdup(text);
	return feed->text[i];
}

static bool error_find(const struct feed *feed, uint32_t net, uint32_t *at)
{
	struct idhash_probe probe = idhash_probe(&feed->error_index,
						 id_hash(net));

	while (idhash_next(&feed->error_index, &probe, at)) {
		if (feed->error[*at].net == net)
			return true;
	}
	return false;
}

static void error_add(struct feed *feed, uint32_t net, int error,
		      const char *text)
{
	uint32_t at = feed->n_errors;

	if (at == feed->size_errors) {
		feed->size_errors = MAX(at * 2, 16u);
		feed->error = xreallocarray(feed->error, feed->size_errors,
					    sizeof(*feed->error));
	}
	feed->n_errors++;
	feed->error[at] = (struct feed_error){
		.net = net,
		.error = error,
		.text = text_intern(feed, text),
	};
	idhash_insert(&feed->error_index, id_hash(net), at);
}

static void error_del(struct feed *feed, uint32_t net)
{
	uint32_t at, last = feed->n_errors - 1;

	if (!error_find(feed, net, &at))
		return;
	idhash_remove(&feed->error_index, id_hash(net), at);
	if (at != last) {
		idhash_remove(&feed->error_index,
			      id_hash(feed->error[last].net), last);
		feed->error[at] = feed->error[last];
		idhash_insert(&feed->error_index,
			      id_hash(feed->error[at].net), at);
	}
	if (--feed->n_errors == 0) {
		free(feed->error);
		feed->error = NULL;
		feed->size_errors = 0;
	}
}

/* ---- states ---------------------------------------------------------- */

static void set_state(struct table *t, struct net *net, uint32_t id,
		      enum net_state state)
{
	if (net_state(net) == NET_FAILED)
		error_del(&t->feed, id);
	net->flags = (net->flags & ~NET_STATE) | state << 5;
}

/*
 * While one peer's million routes are on their way, the few of another do not
 * wait behind them. Each peer has a turn, a number of routes served: a change
 * moves its turn on by one, and one that has been quiet catches up with those
 * served. Who is not far ahead of them goes first.
 */
static struct idq *lane(struct table *t)
{
	struct feed *feed = &t->feed;
	uint64_t *turn;

	if (!feed->cause)
		return &feed->queue;
	turn = &feed->cause->af[t->af].feed_turn;
	*turn = MAX(*turn, feed->served) + 1;
	return *turn <= feed->served + EXPRESS_AHEAD ? &feed->express :
						       &feed->queue;
}

/* What has been handed out already had its turn, but changed on its way. */
static struct idq *lane_again(struct feed *feed)
{
	return feed->express.n < EXPRESS_AHEAD ? &feed->express : &feed->queue;
}

void feed_cause(struct table *t, struct rib_peer *peer)
{
	t->feed.cause = peer;
}

static void push(struct table *t, struct net *net, uint32_t id,
		 struct idq *queue)
{
	net->flags |= NET_FEED;
	idq_push(queue, id);
	rib_wake(t->rib);
}

void feed_mark(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);

	if (net->flags & NET_FEED || !t->rib->ops->route)
		return;
	switch (net_state(net)) {
	case NET_ADDING:
		set_state(t, net, id, NET_ADDING_AGAIN);
		return;
	case NET_REMOVING:
		set_state(t, net, id, NET_REMOVING_AGAIN);
		return;
	case NET_ADDING_AGAIN:
	case NET_REMOVING_AGAIN:
		return;
	case NET_ABSENT:
	case NET_INSTALLED:
	case NET_FAILED:
		break;
	}
	push(t, net, id, lane(t));
}

static uint32_t nexthops(struct table *t, struct net *net)
{
	struct feed *feed = &t->feed;
	uint32_t n = decide_nexthops(t, net, feed->hops, feed->size_hops);

	if (n > feed->size_hops) {
		feed->hops = xreallocarray(feed->hops, n, sizeof(*feed->hops));
		feed->size_hops = n;
		decide_nexthops(t, net, feed->hops, n);
	}
	return n;
}

/* ---- once more ------------------------------------------------------- */

void feed_again(struct table *t, const struct addr *hop)
{
	struct again *again = &t->feed.again;
	unsigned int list = again->now ^ (again->n[again->now] > 0);
	uint8_t i;

	for (i = 0; i < again->n[list]; i++) {
		if (addr_equal(&again->hop[list][i], hop))
			return;
	}
	if (i < AGAIN_MAX)
		again->hop[list][again->n[list]++] = *hop;
	else
		again->hop[list][0].family = 0;
	rib_wake(t->rib);
}

static bool is_again(const struct again *again, const struct addr *hop)
{
	uint8_t i;

	for (i = 0; i < again->n[again->now]; i++) {
		if (again->hop[again->now][i].family == 0 ||
		    addr_equal(&again->hop[again->now][i], hop))
			return true;
	}
	return false;
}

static void again_one(struct table *t, uint32_t id)
{
	struct net *net = net_get(&t->nets, id);
	const struct again *again = &t->feed.again;
	const struct addr *backup;
	uint32_t i, n = nexthops(t, net);
	bool found = false;

	for (i = 0; i < n && !found; i++)
		found = is_again(again, &t->feed.hops[i]);
	backup = n > 0 && !found ? decide_backup(t, net) : NULL;
	if (found || (backup && is_again(again, backup)))
		feed_mark(t, id);
}

/* Whether more is to be looked at. */
static bool again_run(struct table *t)
{
	struct again *again = &t->feed.again;
	uint32_t i, id;

	if (again->n[again->now] == 0)
		return false;
	for (i = 0; i < RUN_AGAIN; i++) {
		id = net_next(&t->nets, again->cursor);
		if (id == NET_NONE) {
			again->n[again->now] = 0;
			again->now ^= 1;
			again->cursor = 0;
			break;
		}
		again->cursor = id + 1;
		again_one(t, id);
	}
	return again->n[again->now] > 0;
}

/* ---- handing out ----------------------------------------------------- */

static struct rib_route route_of(struct table *t, struct net *net)
{
	uint32_t n = nexthops(t, net);

	return (struct rib_route){
		.af = t->af,
		.prefix = net_prefix(&t->nets, net),
		.nexthops = t->feed.hops,
		.n_nexthops = n,
		.backup = n > 0 ? decide_backup(t, net) : NULL,
		.gateway = n > 0 && decide_gateway(t, net),
	};
}

/*
 * False: no room. The kernel's side has moved everything off the next hop of a
 * peer that is lost before the sweep comes to all of its paths, and must not be
 * told of them once more.
 */
static bool hand_out(struct table *t, uint32_t id)
{
	struct rib_route route;
	struct net *net;
	uint32_t n;

	adjin_sweep_net(t, id);
	net = net_get(&t->nets, id);
	route = route_of(t, net);
	n = route.n_nexthops;
	if (n == 0 && net_state(net) == NET_ABSENT && !t->rib->restarted) {
		net->flags &= ~NET_FEED;
		adjin_release(t, id);
		return true;
	}
	if (!t->rib->ops->route(t->rib->arg, &route))
		return false;
	net->flags &= ~NET_FEED;
	set_state(t, net, id, n > 0 ? NET_ADDING : NET_REMOVING);
	t->feed.n_unanswered++;
	t->feed.served++;
	return true;
}

uint32_t feed_waiting(const struct feed *feed)
{
	return feed->express.n + feed->queue.n;
}

void feed_note(struct feed *feed)
{
	feed->noted_queue = feed->queue.n;
	feed->noted_express = feed->express.n;
	feed->noted_answers = feed->n_unanswered;
}

bool feed_noted_done(const struct feed *feed)
{
	return feed->noted_queue == 0 && feed->noted_express == 0 &&
	       feed->noted_answers == 0;
}

/*
 * Queues are first in, first out: those noted are the first to leave. Answers
 * come in that order but for a few: as many are awaited as there are to come.
 */
static void take(struct feed *feed, struct idq *queue)
{
	uint32_t *noted = queue == &feed->express ? &feed->noted_express :
						    &feed->noted_queue;
	uint32_t id;

	idq_pop(queue, &id);
	if (*noted > 0 && --*noted == 0)
		feed->noted_answers = feed->n_unanswered;
	feed->pick++;
}

/* Whether one more may be handed out. */
static bool feed_open(const struct feed *feed)
{
	return !feed->blocked && feed->n_unanswered < UNANSWERED_MAX;
}

/* Peers that change something all the time do not keep all else waiting. */
static struct idq *next_queue(struct feed *feed)
{
	bool shared = feed->express.n > 0 && feed->queue.n > 0;

	if (shared)
		return feed->pick % QUEUE_SHARE ? &feed->express :
						  &feed->queue;
	return feed->express.n > 0 ? &feed->express : &feed->queue;
}

bool feed_run(struct table *t)
{
	struct feed *feed = &t->feed;
	bool more = again_run(t);
	struct idq *queue;
	uint32_t id, i;

	for (i = 0; i < RUN_ROUTES && feed_open(feed); i++) {
		queue = next_queue(feed);
		if (!idq_peek(queue, &id))
			return more;
		if (!hand_out(t, id)) {
			feed->blocked = true;
			return more;
		}
		take(feed, queue);
	}
	return more || (feed_open(feed) && feed_waiting(feed) > 0);
}

void feed_done(struct table *t, const struct prefix *prefix, int error,
	       const char *text)
{
	uint32_t id = net_find(&t->nets, prefix);
	struct net *net;
	enum net_state old;

	if (id == NET_NONE)
		return;
	net = net_get(&t->nets, id);
	old = net_state(net);
	if (old == NET_ABSENT)
		return;
	if (old != NET_INSTALLED && old != NET_FAILED) {
		if (t->feed.n_unanswered-- == UNANSWERED_MAX)
			rib_wake(t->rib);
		if (t->feed.noted_answers > 0)
			t->feed.noted_answers--;
	}
	if (old == NET_REMOVING || old == NET_REMOVING_AGAIN) {
		set_state(t, net, id, NET_ABSENT);
	} else if (error == 0) {
		set_state(t, net, id, NET_INSTALLED);
	} else {
		set_state(t, net, id, NET_FAILED);
		error_add(&t->feed, id, error, text);
	}
	if (old == NET_ADDING_AGAIN || old == NET_REMOVING_AGAIN)
		push(t, net, id, lane_again(&t->feed));
	else
		adjin_release(t, id);
}

enum rib_route_state feed_state(const struct table *t, struct net *net,
				uint32_t id, int *error, const char **text)
{
	uint32_t at;

	*error = 0;
	*text = NULL;
	if (net->flags & NET_FEED)
		return RIB_ROUTE_PENDING;
	switch (net_state(net)) {
	case NET_ABSENT:
		return RIB_ROUTE_NONE;
	case NET_INSTALLED:
		return RIB_ROUTE_INSTALLED;
	case NET_FAILED:
		if (error_find(&t->feed, id, &at)) {
			*error = t->feed.error[at].error;
			*text = t->feed.error[at].text;
		}
		return RIB_ROUTE_FAILED;
	case NET_ADDING:
	case NET_ADDING_AGAIN:
	case NET_REMOVING:
	case NET_REMOVING_AGAIN:
		break;
	}
	return RIB_ROUTE_PENDING;
}

uint64_t feed_bytes(const struct table *t)
{
	return idq_bytes(&t->feed.queue) + idq_bytes(&t->feed.express) +
	       t->feed.size_errors * sizeof(*t->feed.error) +
	       idhash_bytes(&t->feed.error_index);
}
