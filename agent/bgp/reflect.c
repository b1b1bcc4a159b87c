// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Route reflection, RFC 4456: gateways are internal peers, and hear of each
 * other through us. What a reflector adds is added to what comes in, so that
 * what is kept is what goes on to internal peers; to external ones it does
 * not, being non-transitive.
 */

#include "bgp/attr_wire.h"

/* One of ours is named: it has been here. */
static bool is_us(const struct bgp_update_rules *rules, uint32_t id)
{
	return id == rules->router_id || id == rules->cluster_id;
}

static bool been_here(const struct bgp_update_rules *rules,
		      uint32_t originator, struct rbuf clusters)
{
	uint32_t id;

	while (rbuf_u32(&clusters, &id))
		if (id == rules->cluster_id)
			return true;
	return is_us(rules, originator);
}

static void put_u32(struct wbuf *w, uint8_t code, uint32_t id)
{
	uint8_t bytes[sizeof(id)];
	struct wbuf value = wbuf_make(bytes, sizeof(bytes));

	wbuf_u32(&value, id);
	attr_put(w, ATTR_OPTIONAL, code, rbuf_make(bytes, sizeof(bytes)));
}

/* With ours in front. */
static struct rbuf prepend(struct wbuf *w, uint32_t id, struct rbuf clusters)
{
	size_t begin = w->len;

	wbuf_u32(w, id);
	wbuf_rbuf(w, clusters);
	return rbuf_make(w->data + begin, w->len - begin);
}

void reflect_mark(struct attr_parse *p)
{
	struct rbuf *other = &p->update->attrs.part[BGP_PART_OTHER];
	const struct bgp_update_rules *rules = p->rules;
	uint32_t originator = rules->originator;
	struct rbuf clusters = rbuf_make(NULL, 0), rest = *other, after = rest;
	struct wbuf *w = &p->scratch;
	struct attr attr;
	size_t begin;

	if (rules->ebgp || !rules->cluster_id)
		return;
	for (; attr_next(&rest, &attr) && attr.code <= BGP_ATTR_CLUSTER_LIST;
	     after = rest) {
		if (attr.code == BGP_ATTR_ORIGINATOR_ID)
			rbuf_u32(&attr.value, &originator);
		else if (attr.code == BGP_ATTR_CLUSTER_LIST)
			clusters = attr.value;
	}
	if (been_here(rules, originator, clusters))
		p->update->attrs.marks |= BGP_MARK_REFLECTED;
	clusters = prepend(w, rules->cluster_id, clusters);
	begin = w->len;
	rest = *other;
	while (attr_next(&rest, &attr) && attr.code < BGP_ATTR_ORIGINATOR_ID)
		wbuf_rbuf(w, attr.whole);
	put_u32(w, BGP_ATTR_ORIGINATOR_ID, originator);
	attr_put(w, ATTR_OPTIONAL, BGP_ATTR_CLUSTER_LIST, clusters);
	wbuf_rbuf(w, after);
	*other = rbuf_make(w->data + begin, w->len - begin);
}
