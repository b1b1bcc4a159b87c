// SPDX-License-Identifier: GPL-2.0-or-later

#include "vrsd/auth.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/util.h"
#include "vrsd/tcp_ao.h"

/* Of one connection: its neighbor's, and those of the range it is in, twice
 * while they are exchanged.
 */
#define SOCKET_KEYS_MAX	(4 * CONF_AO_KEYS_MAX)

static const struct {
	const char *name;		/* the kernel's */
	uint8_t mac_len;		/* bytes */
} algorithms[] = {
	[CONF_AO_HMAC_SHA_1_96] = { "hmac(sha1)", 12 },
	[CONF_AO_AES_128_CMAC_96] = { "cmac(aes128)", 12 },
	[CONF_AO_HMAC_SHA_256_96] = { "hmac(sha256)", 12 },
	[CONF_AO_HMAC_SHA_256_128] = { "hmac(sha256)", 16 },
};

/*
 * Keeping keys
 */

static struct conf_ao_key key_dup(const struct conf_ao_key *key)
{
	struct conf_ao_key copy = *key;

	copy.key = xstrdup(key->key);
	copy.key_file = NULL;
	return copy;
}

static void key_forget(struct conf_ao_key *key)
{
	explicit_bzero(key->key, strlen(key->key));
	free(key->key);
}

static void md5_forget(struct auth *auth)
{
	if (auth->md5)
		explicit_bzero(auth->md5, strlen(auth->md5));
	free(auth->md5);
	auth->md5 = NULL;
}

static struct auth make(const char *md5, const struct conf_ao_key *ao,
			size_t n)
{
	struct auth auth = { .md5 = md5 ? xstrdup(md5) : NULL, .n_ao = n };
	size_t i;

	if (n)
		auth.ao = xcalloc(n, sizeof(*auth.ao));
	for (i = 0; i < n; i++)
		auth.ao[i] = key_dup(&ao[i]);
	return auth;
}

struct auth auth_copy(const struct conf_neighbor *neighbor)
{
	return make(neighbor->md5_key, neighbor->ao_keys,
		    neighbor->n_ao_keys);
}

struct auth auth_dup(const struct auth *auth)
{
	return make(auth->md5, auth->ao, auth->n_ao);
}

void auth_forget(struct auth *auth)
{
	size_t i;

	md5_forget(auth);
	for (i = 0; i < auth->n_ao; i++)
		key_forget(&auth->ao[i]);
	free(auth->ao);
	*auth = (struct auth){ 0 };
}

static bool has_key(const struct auth *auth, const struct conf_ao_key *key)
{
	size_t i;

	for (i = 0; i < auth->n_ao; i++)
		if (conf_ao_key_equal(&auth->ao[i], key))
			return true;
	return false;
}

/* Whether another key has one of its identifiers, which nobody can roll to. */
static bool clashes(const struct auth *auth, const struct conf_ao_key *key)
{
	size_t i;

	for (i = 0; i < auth->n_ao; i++)
		if ((auth->ao[i].send_id == key->send_id ||
		     auth->ao[i].recv_id == key->recv_id) &&
		    !conf_ao_key_equal(&auth->ao[i], key))
			return true;
	return false;
}

static bool md5_equal(const struct auth *a, const struct auth *b)
{
	return a->md5 && b->md5 ? strcmp(a->md5, b->md5) == 0 :
				  a->md5 == b->md5;
}

enum auth_change auth_compare(const struct auth *old, const struct auth *new)
{
	bool same = old->n_ao == new->n_ao;
	size_t i, common = 0;

	if (!md5_equal(old, new) || !old->n_ao != !new->n_ao)
		return AUTH_OTHER;
	for (i = 0; i < new->n_ao; i++) {
		if (clashes(old, &new->ao[i]))
			return AUTH_OTHER;
		common += has_key(old, &new->ao[i]);
		same = same && conf_ao_key_equal(&old->ao[i], &new->ao[i]);
	}
	if (same)
		return AUTH_SAME;
	return common ? AUTH_ROLLED : AUTH_OTHER;
}

/*
 * Setting keys
 */

/* For errno; false, as a convenience. */
static bool explain(char *problem, const char *what, const char *missing,
		    const char *option)
{
	int error = errno;

	if (error == ENOPROTOOPT)
		snprintf(problem, AUTH_PROBLEM_MAX,
			 "%s: this kernel does not have it (%s)", what,
			 option);
	else if (error == ENOMEM)
		snprintf(problem, AUTH_PROBLEM_MAX, "%s: one key more than "
			 "net.core.optmem_max has room for", what);
	else if (error == ENOENT && missing)
		snprintf(problem, AUTH_PROBLEM_MAX,
			 "%s: this kernel does not have %s", what, missing);
	else
		snprintf(problem, AUTH_PROBLEM_MAX, "%s: %s", what,
			 strerror(error));
	errno = error;
	return false;
}

/* @key NULL: none any more. */
static bool set_md5(int fd, const struct prefix *who, const char *key,
		    char *problem)
{
	struct tcp_md5sig sig = {
		.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX,
		.tcpm_prefixlen = who->len,
		.tcpm_keylen = key ? strlen(key) : 0,
	};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&who->addr, 0, &ss);
	int rc;

	memcpy(&sig.tcpm_addr, &ss, len);
	if (key)
		memcpy(sig.tcpm_key, key, sig.tcpm_keylen);
	rc = setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, &sig, sizeof(sig));
	explicit_bzero(&sig, sizeof(sig));
	return !rc || explain(problem, "TCP MD5", NULL, "CONFIG_TCP_MD5SIG");
}

static bool explain_ao(char *problem, const struct conf_ao_key *key)
{
	return explain(problem, "TCP-AO",
		       key ? algorithms[key->algorithm].name : NULL,
		       "CONFIG_TCP_AO, since Linux 6.7");
}

/* @first: the one to begin a connection with. */
static bool add_ao(int fd, const struct prefix *who,
		   const struct conf_ao_key *key, bool first, char *problem)
{
	struct tcp_ao_add add = {
		.set_current = first,
		.set_rnext = first,
		.prefix = who->len,
		.sndid = key->send_id,
		.rcvid = key->recv_id,
		.maclen = algorithms[key->algorithm].mac_len,
		.keylen = strlen(key->key),
	};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&who->addr, 0, &ss);
	int rc;

	memcpy(&add.addr, &ss, len);
	memcpy(add.key, key->key, add.keylen);
	strcpy(add.alg_name, algorithms[key->algorithm].name);
	rc = setsockopt(fd, IPPROTO_TCP, TCP_AO_ADD_KEY, &add, sizeof(add));
	explicit_bzero(&add, sizeof(add));
	return !rc || explain_ao(problem, key);
}

/* @use: if it is in use on a connection, the one to use instead, or NULL. */
static bool del_ao(int fd, const struct prefix *who, uint8_t send_id,
		   uint8_t recv_id, const struct conf_ao_key *use, bool listens,
		   char *problem)
{
	struct tcp_ao_del del = {
		.set_current = use != NULL,
		.del_async = listens,
		.prefix = who->len,
		.sndid = send_id,
		.rcvid = recv_id,
		.current_key = use ? use->send_id : 0,
	};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&who->addr, 0, &ss);

	memcpy(&del.addr, &ss, len);
	return !setsockopt(fd, IPPROTO_TCP, TCP_AO_DEL_KEY, &del,
			   sizeof(del)) || explain_ao(problem, NULL);
}

bool auth_dial(int fd, const struct prefix *who, const struct auth *auth,
	       char *problem)
{
	size_t i;

	if (auth->md5)
		return set_md5(fd, who, auth->md5, problem);
	for (i = 0; i < auth->n_ao; i++)
		if (!add_ao(fd, who, &auth->ao[i], i == 0, problem))
			return false;
	return true;
}

/* What goes goes first: the kernel has no two kinds of keys for an address. */
static bool listen_without(int fd, const struct prefix *who, struct auth *held,
			   const struct auth *auth, char *problem)
{
	size_t i, kept = 0;
	bool ok = true;

	if (held->md5 && !auth->md5) {
		ok = set_md5(fd, who, NULL, problem);
		md5_forget(held);
	}
	for (i = 0; i < held->n_ao; i++) {
		struct conf_ao_key *key = &held->ao[i];

		if (has_key(auth, key)) {
			held->ao[kept++] = *key;
			continue;
		}
		if (!del_ao(fd, who, key->send_id, key->recv_id, NULL, true,
			    problem))
			ok = false;
		key_forget(key);
	}
	held->n_ao = kept;
	return ok;
}

bool auth_listen(int fd, const struct prefix *who, struct auth *held,
		 const struct auth *auth, char *problem)
{
	bool ok = listen_without(fd, who, held, auth, problem);
	size_t i;

	if (ok && !md5_equal(held, auth)) {
		ok = set_md5(fd, who, auth->md5, problem);
		if (ok) {
			md5_forget(held);
			held->md5 = xstrdup(auth->md5);
		}
	}
	for (i = 0; ok && i < auth->n_ao; i++) {
		if (has_key(held, &auth->ao[i]))
			continue;
		ok = add_ao(fd, who, &auth->ao[i], false, problem);
		if (!ok)
			break;
		held->ao = xreallocarray(held->ao, held->n_ao + 1,
					 sizeof(*held->ao));
		held->ao[held->n_ao++] = key_dup(&auth->ao[i]);
	}
	return ok;
}

/*
 * Rolling keys over
 */

static bool is_for(const struct tcp_ao_getsockopt *key,
		   const struct prefix *who)
{
	struct sockaddr_storage ss;
	struct addr addr;

	memcpy(&ss, &key->addr, sizeof(ss));
	addr = addr_from_sockaddr(&ss);
	return key->prefix == who->len && addr_equal(&addr, &who->addr);
}

/* Those that are for @who, first in @keys (SOCKET_KEYS_MAX); -1: errno. */
static int get_keys(int fd, const struct prefix *who,
		    struct tcp_ao_getsockopt *keys)
{
	socklen_t len = sizeof(*keys);
	unsigned int i, n, found = 0;

	memset(keys, 0, SOCKET_KEYS_MAX * sizeof(*keys));
	keys->nkeys = SOCKET_KEYS_MAX;
	keys->get_all = 1;
	if (getsockopt(fd, IPPROTO_TCP, TCP_AO_GET_KEYS, keys, &len))
		return -1;
	n = MIN(keys->nkeys, (unsigned int)SOCKET_KEYS_MAX);
	for (i = 0; i < n; i++)
		if (is_for(&keys[i], who))
			keys[found++] = keys[i];
	explicit_bzero(keys + found, (SOCKET_KEYS_MAX - found) * sizeof(*keys));
	return found;
}

static bool same_ids(const struct tcp_ao_getsockopt *is,
		     const struct conf_ao_key *key)
{
	return is->sndid == key->send_id && is->rcvid == key->recv_id;
}

static bool add_missing(int fd, const struct prefix *who,
			const struct auth *auth,
			const struct tcp_ao_getsockopt *keys, int n,
			char *problem)
{
	size_t i;
	int j;

	for (i = 0; i < auth->n_ao; i++) {
		for (j = 0; j < n; j++)
			if (same_ids(&keys[j], &auth->ao[i]))
				break;
		if (j == n && !add_ao(fd, who, &auth->ao[i], false, problem))
			return false;
	}
	return true;
}

/*
 * Have the other side use @key from now on, if it has it. What we use is what
 * it asks for in the same way.
 */
static bool ask_for(int fd, const struct conf_ao_key *key, char *problem)
{
	struct tcp_ao_info_opt info = {
		.set_rnext = 1,
		.ao_required = 1,
		.rnext = key->recv_id,
	};

	return !setsockopt(fd, IPPROTO_TCP, TCP_AO_INFO, &info,
			   sizeof(info)) || explain_ao(problem, NULL);
}

static bool wanted(const struct auth *auth, const struct tcp_ao_getsockopt *is)
{
	size_t i;

	for (i = 0; i < auth->n_ao; i++)
		if (same_ids(is, &auth->ao[i]))
			return true;
	return false;
}

bool auth_roll(int fd, const struct prefix *who, const struct auth *auth,
	       char *problem)
{
	struct tcp_ao_getsockopt *keys = xcalloc(SOCKET_KEYS_MAX,
						 sizeof(*keys));
	int i, n = get_keys(fd, who, keys);
	bool ok = n >= 0 || explain_ao(problem, NULL);

	ok = ok && add_missing(fd, who, auth, keys, n, problem) &&
	     ask_for(fd, &auth->ao[0], problem);
	for (i = 0; ok && i < n; i++)
		if (!wanted(auth, &keys[i]))
			ok = del_ao(fd, who, keys[i].sndid, keys[i].rcvid,
				    keys[i].is_current ? &auth->ao[0] : NULL,
				    false, problem);
	explicit_bzero(keys, SOCKET_KEYS_MAX * sizeof(*keys));
	free(keys);
	return ok;
}
