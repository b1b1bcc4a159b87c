// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How neighbors are authenticated. The kernel has the keys of all of them on
 * one listening socket, so what it does not hold side by side is refused: two
 * kinds of keys for one address, or two TCP-AO keys with one identifier.
 */
#include "conf/check.h"

static bool has_md5(const struct conf_neighbor *neighbor)
{
	return neighbor->md5_key || neighbor->md5_key_file;
}

/* RFC 5925 section 3.1: identifiers do not overlap. */
static bool check_ids(const struct check *c, const struct conf_ao_key *key,
		      const struct conf_ao_key *others, size_t n,
		      const char *whose)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool send = key->send_id == others[i].send_id;

		if (send || key->recv_id == others[i].recv_id)
			return check_fail(c, send ? &key->send_id :
						    &key->recv_id, key->pos,
					  "tcp-ao: %s %u is also of another "
					  "key%s%s%s",
					  send ? "send-id" : "recv-id",
					  send ? key->send_id : key->recv_id,
					  whose ? ", of neighbor \"" : "",
					  whose ? whose : "",
					  whose ? "\"" : "");
	}
	return true;
}

static bool check_ao(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	size_t i;

	if (neighbor->n_ao_keys == 0 || neighbor->n_ao_keys > CONF_AO_KEYS_MAX)
		return check_fail(c, &neighbor->ao_keys, neighbor->pos,
				  "tcp-ao: expected 1 to %u keys",
				  CONF_AO_KEYS_MAX);
	for (i = 0; i < neighbor->n_ao_keys; i++) {
		const struct conf_ao_key *key = &neighbor->ao_keys[i];

		if (!key->key == !key->key_file)
			return check_fail(c, &key->key_file, key->pos,
					  "tcp-ao: expected either key or "
					  "key-file");
		if (!check_ids(c, key, neighbor->ao_keys, i, NULL))
			return false;
	}
	return true;
}

static bool check_neighbor(const struct check *c)
{
	const struct conf_neighbor *neighbor = c->neighbor;

	if (neighbor->md5_key && neighbor->md5_key_file)
		return check_fail(c, &neighbor->md5_key_file, neighbor->pos,
				  "expected either md5-key or md5-key-file");
	if (!neighbor->ao_keys)
		return true;
	if (has_md5(neighbor))
		return check_fail(c, &neighbor->ao_keys, neighbor->pos,
				  "expected either %s or tcp-ao",
				  neighbor->md5_key ? "md5-key" :
						      "md5-key-file");
	return check_ao(c);
}

/*
 * A key that the kernel has for a range it wants of all in the range, so one
 * without a key of that kind could never get through.
 */
static bool check_inside(const struct check *c,
			 const struct conf_neighbor *range)
{
	const struct conf_neighbor *neighbor = c->neighbor;
	size_t i;

	if (has_md5(range) ? has_md5(neighbor) :
	    !range->n_ao_keys || neighbor->n_ao_keys) {
		for (i = 0; i < neighbor->n_ao_keys; i++) {
			if (!check_ids(c, &neighbor->ao_keys[i],
				       range->ao_keys, range->n_ao_keys,
				       range->name))
				return false;
		}
		return true;
	}
	if (!has_md5(neighbor) && !neighbor->n_ao_keys)
		return check_fail(c, &neighbor->address, neighbor->pos,
				  "expected a key, because neighbor \"%s\" "
				  "has one for its address", range->name);
	return check_fail(c, has_md5(neighbor) ?
			  (const void *)&neighbor->md5_key :
			  &neighbor->ao_keys, neighbor->pos,
			  "expected %s, because neighbor \"%s\" has it for "
			  "its address", has_md5(range) ? "md5-key" : "tcp-ao",
			  range->name);
}

bool check_keys(const struct check *c)
{
	const struct conf_server *server = c->vnet->server;
	struct check at = *c;
	size_t i, j;

	for (i = 0; i < server->n_neighbors; i++) {
		at.neighbor = &server->neighbors[i];
		if (!check_neighbor(&at))
			return false;
	}
	for (i = 0; i < server->n_neighbors; i++) {
		const struct conf_neighbor *range = &server->neighbors[i];

		for (j = 0; range->range.addr.family &&
		     j < server->n_neighbors; j++) {
			at.neighbor = &server->neighbors[j];
			if (prefix_contains(&range->range,
					    &at.neighbor->address) &&
			    !check_inside(&at, range))
				return false;
		}
	}
	return true;
}
