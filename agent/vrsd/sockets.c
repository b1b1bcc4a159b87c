// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sockets, with what protects them: TCP MD5 signatures (RFC 2385) and a
 * smallest TTL (RFC 5082).
 *
 * Keys are of a listening socket, one for each neighbor or range of them, and
 * the kernel gives a connection its own. So a listener whose keys the kernel
 * does not take is closed, rather than let in who has no signature.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define RETRY_MS	500
#define BACKLOG		128
#define TTL_MAX		255

/* A key that the kernel has. */
struct held_key {
	struct prefix who;
	char *md5;
	bool wanted;
};

struct listener {
	struct listener *next;
	uint32_t vni;
	struct addr local;
	char device[IFNAMSIZ];
	unsigned int ifindex;		/* of device when it was bound */
	int fd;				/* session has it, too; -1: not open */
	uint8_t min_ttl;
	struct held_key *keys;
	size_t n_keys;
	bool complained;		/* about not being able to open it */
	bool wanted;			/* since sockets_mark() */
};

static struct listener *listeners;
static struct loop_timer *retry_timer;

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int set_min_ttl(int fd, int family, uint8_t min_ttl)
{
	return family == AF_INET6 ?
	       set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, min_ttl) :
	       set_int(fd, IPPROTO_IP, IP_MINTTL, min_ttl);
}

/* @key "": none any more. */
static int set_md5(int fd, const struct prefix *who, const char *key)
{
	struct tcp_md5sig sig = {
		.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX,
		.tcpm_prefixlen = who->len,
		.tcpm_keylen = strlen(key),
	};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&who->addr, 0, &ss);
	int rc;

	memcpy(&sig.tcpm_addr, &ss, len);
	memcpy(sig.tcpm_key, key, sig.tcpm_keylen);
	rc = setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, &sig, sizeof(sig));
	explicit_bzero(&sig, sizeof(sig));
	return rc;
}

/*
 * A TCP socket with @local and, if it is not "", in @device. The address need
 * not be there yet. Routing protocols are sent as network control (RFC 4594),
 * and with the highest TTL, which the other side may look at.
 */
static int open_socket(const struct addr *local, uint16_t port,
		       const char *device)
{
	bool v6 = local->family == AF_INET6;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, port, &ss);
	int fd = socket(local->family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    set_int(fd, IPPROTO_IP, IP_FREEBIND, 1) ||
	    (v6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
	    (v6 ? set_int(fd, IPPROTO_IPV6, IPV6_TCLASS,
			  IPTOS_PREC_INTERNETCONTROL) :
		  set_int(fd, IPPROTO_IP, IP_TOS,
			  IPTOS_PREC_INTERNETCONTROL)) ||
	    (v6 ? set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL_MAX) :
		  set_int(fd, IPPROTO_IP, IP_TTL, TTL_MAX)) ||
	    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) ||
	    (device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				     strlen(device))) ||
	    bind(fd, (struct sockaddr *)&ss, len)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int sockets_dial(const struct addr *local, const struct addr *remote,
		 const char *device, uint8_t min_ttl, const char *md5)
{
	struct prefix who = prefix_make(remote, addr_bits(remote));
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, BGP_PORT, &ss);
	int fd = open_socket(local, 0, device);

	if (fd < 0)
		return -1;
	if ((min_ttl && set_min_ttl(fd, remote->family, min_ttl)) ||
	    (md5 && set_md5(fd, &who, md5)) ||
	    (connect(fd, (struct sockaddr *)&ss, len) &&
	     errno != EINPROGRESS)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void close_fd(struct listener *ln)
{
	if (ln->fd >= 0)
		close(ln->fd);
	ln->fd = -1;
}

static void close_listener(struct listener *ln)
{
	struct msg_listener msg = { .vni = ln->vni, .local = ln->local };

	if (ln->fd >= 0)
		chan_send(proc_chan(PROC_SESSION), MSG_LISTENER_CLOSE, &msg,
			  sizeof(msg));
	close_fd(ln);
}

static void complain(struct listener *ln, const char *what)
{
	char text[ADDR_STRLEN];
	int error = errno;

	if (!ln->complained)
		log_warn("cannot listen on %s%s%s yet: %s%s",
			 addr_format(&ln->local, text),
			 ln->device[0] ? " in " : "", ln->device, what,
			 strerror(error));
	ln->complained = true;
	loop_timer_set(retry_timer, RETRY_MS);
}

/* Sets them all again, which costs nothing if the kernel has them. */
static bool set_protection(struct listener *ln, int fd)
{
	char who[PREFIX_STRLEN], what[PREFIX_STRLEN + 64];
	size_t i;

	if (set_min_ttl(fd, ln->local.family, ln->min_ttl)) {
		complain(ln, "smallest TTL: ");
		return false;
	}
	for (i = 0; i < ln->n_keys; i++) {
		if (!set_md5(fd, &ln->keys[i].who, ln->keys[i].md5))
			continue;
		snprintf(what, sizeof(what), "key of %s%s: ",
			 prefix_format(&ln->keys[i].who, who),
			 errno != ENOMEM ? "" :
			 " is one more than net.core.optmem_max has room for");
		complain(ln, what);
		return false;
	}
	return true;
}

/* One that session has already is replaced, and its connections with it. */
static void open_listener(struct listener *ln)
{
	struct msg_listener msg = { .vni = ln->vni, .local = ln->local };
	char text[ADDR_STRLEN];
	bool ok;
	int fd;

	close_fd(ln);
	ln->ifindex = ln->device[0] ? if_nametoindex(ln->device) : 0;
	fd = open_socket(&ln->local, BGP_PORT, ln->device);
	ok = fd >= 0 && !listen(fd, BACKLOG);
	if (!ok)
		complain(ln, "");
	else
		ok = set_protection(ln, fd);
	if (ok)
		ln->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ln->fd < 0) {
		if (ok)
			complain(ln, "");
		if (fd >= 0)
			close(fd);
		return;
	}
	log_debug("listening on %s%s%s", addr_format(&ln->local, text),
		  ln->device[0] ? " in " : "", ln->device);
	chan_send_fd(proc_chan(PROC_SESSION), MSG_LISTENER, &msg, sizeof(msg),
		     fd);
	ln->complained = false;
}

static void retry(void *arg)
{
	struct listener *ln;

	(void)arg;
	for (ln = listeners; ln; ln = ln->next)
		if (ln->fd < 0)
			open_listener(ln);
}

/*
 * Keys
 */

static void drop_key(struct held_key *key)
{
	explicit_bzero(key->md5, strlen(key->md5));
	free(key->md5);
}

static void hold_key(struct listener *ln, const struct socket_key *from)
{
	struct held_key *key;
	size_t i;

	for (i = 0; i < ln->n_keys; i++)
		if (prefix_equal(&ln->keys[i].who, &from->who))
			break;
	if (i == ln->n_keys) {
		ln->keys = xreallocarray(ln->keys, ++ln->n_keys,
					 sizeof(*ln->keys));
		key = &ln->keys[i];
		key->who = from->who;
	} else {
		key = &ln->keys[i];
		drop_key(key);
	}
	key->md5 = xstrdup(from->md5);
	key->wanted = true;
}

/* Hold @keys and no others; those that go are taken from the socket. */
static void hold_keys(struct listener *ln, const struct socket_key *keys,
		      size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < ln->n_keys; i++)
		ln->keys[i].wanted = false;
	for (i = 0; i < n; i++)
		hold_key(ln, &keys[i]);
	for (i = 0; i < ln->n_keys; i++) {
		if (ln->keys[i].wanted) {
			ln->keys[kept++] = ln->keys[i];
			continue;
		}
		if (ln->fd >= 0)
			set_md5(ln->fd, &ln->keys[i].who, "");
		drop_key(&ln->keys[i]);
	}
	ln->n_keys = kept;
}

static struct listener *find(uint32_t vni, const struct addr *local)
{
	struct listener *ln;

	for (ln = listeners; ln; ln = ln->next)
		if (ln->vni == vni && addr_equal(&ln->local, local))
			return ln;
	ln = xcalloc(1, sizeof(*ln));
	ln->vni = vni;
	ln->local = *local;
	ln->fd = -1;
	ln->next = listeners;
	listeners = ln;
	return ln;
}

void sockets_listen(uint32_t vni, const struct addr *local,
		    const char *device, uint8_t min_ttl,
		    const struct socket_key *keys, size_t n_keys)
{
	unsigned int ifindex = device[0] ? if_nametoindex(device) : 0;
	struct listener *ln = find(vni, local);

	ln->wanted = true;
	ln->min_ttl = min_ttl;
	hold_keys(ln, keys, n_keys);
	if (ln->fd >= 0 && ln->ifindex == ifindex) {
		if (!set_protection(ln, ln->fd))
			close_listener(ln);
		return;
	}
	memcpy(ln->device, device, strlen(device) + 1);
	open_listener(ln);
}

void sockets_mark(void)
{
	struct listener *ln;

	for (ln = listeners; ln; ln = ln->next)
		ln->wanted = false;
}

void sockets_sweep(void)
{
	struct listener **p = &listeners, *ln;

	while ((ln = *p)) {
		if (ln->wanted) {
			p = &ln->next;
			continue;
		}
		*p = ln->next;
		close_listener(ln);
		hold_keys(ln, NULL, 0);
		free(ln->keys);
		free(ln);
	}
}

void sockets_init(void)
{
	retry_timer = loop_timer_new(retry, NULL);
}
