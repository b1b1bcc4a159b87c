// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sockets, with what protects them: keys (auth.h) and a smallest TTL
 * (RFC 5082).
 *
 * Keys are of a listening socket, those of each neighbor or range of them, and
 * the kernel gives a connection its own. Whose keys the kernel does not take
 * could come in without, so apply.c has speaker refuse it (sockets_problem())
 * until it does; all others go on.
 */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/util.h"
#include "vrsd/min_ttl.h"
#include "vrsd/parent.h"
#include "vrsd/proc.h"

#define RETRY_MS	500
#define KEY_RETRY_MS	5000		/* keys that the kernel did not take */
#define BACKLOG		128
#define TTL_MAX		255

/*
 * With a hold time of 0 BGP never finds out that the other side is gone: then
 * TCP does, in ten minutes. Usual hold times end before that.
 */
#define KEEPALIVE_IDLE	300		/* seconds */
#define KEEPALIVE_EACH	60
#define KEEPALIVE_COUNT	5

/* The keys of a neighbor or a range. */
struct held_key {
	struct prefix who;
	struct auth auth;
	struct auth set;		/* what the listening socket has */
	char problem[AUTH_PROBLEM_MAX];	/* why that is not all, or "" */
	bool wanted;
};

struct listener {
	struct listener *next;
	uint32_t vni;
	struct addr local;
	char device[IFNAMSIZ];
	unsigned int ifindex;		/* of device when it was bound */
	int fd;				/* speaker has it, too; -1: not open */
	uint8_t min_ttl;
	struct held_key *keys;
	size_t n_keys;
	bool complained;		/* about not being able to open it */
	bool wanted;			/* since sockets_mark() */
};

static struct listener *listeners;
static struct loop_timer *retry_timer, *key_timer;

int sockets_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int keep_alive(int fd)
{
	return sockets_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) ||
	       sockets_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE) ||
	       sockets_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH) ||
	       sockets_set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
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
	if (sockets_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    sockets_set(fd, IPPROTO_IP, IP_FREEBIND, 1) ||
	    (v6 && sockets_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
	    (v6 ? sockets_set(fd, IPPROTO_IPV6, IPV6_TCLASS,
			      IPTOS_PREC_INTERNETCONTROL) :
		  sockets_set(fd, IPPROTO_IP, IP_TOS,
			      IPTOS_PREC_INTERNETCONTROL)) ||
	    (v6 ? sockets_set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL_MAX) :
		  sockets_set(fd, IPPROTO_IP, IP_TTL, TTL_MAX)) ||
	    sockets_set(fd, IPPROTO_TCP, TCP_NODELAY, 1) || keep_alive(fd) ||
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
		 const char *device, uint8_t min_ttl, const struct auth *auth)
{
	struct prefix who = prefix_make(remote, addr_bits(remote));
	char problem[AUTH_PROBLEM_MAX];
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, BGP_PORT, &ss);
	int fd = open_socket(local, 0, device);

	if (fd < 0)
		return -1;
	if ((min_ttl && min_ttl_set(fd, remote->family, min_ttl)) ||
	    !auth_dial(fd, &who, auth, problem) ||
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

/* Speaker may have one of before that could not be opened again. */
static void close_listener(struct listener *ln)
{
	struct msg_listener msg = { .vni = ln->vni, .local = ln->local };

	chan_send(proc_chan(PROC_SPEAKER), MSG_LISTENER_CLOSE, &msg,
		  sizeof(msg));
	close_fd(ln);
}

/* Have the socket hold the key as it is now; whether its problem is another. */
static bool set_key(struct held_key *key, int fd)
{
	char before[AUTH_PROBLEM_MAX];

	memcpy(before, key->problem, sizeof(before));
	key->problem[0] = '\0';
	if (!auth_listen(fd, &key->who, &key->set, &key->auth, key->problem))
		loop_timer_set(key_timer, KEY_RETRY_MS);
	return strcmp(before, key->problem) != 0;
}

static bool set_keys(struct listener *ln, int fd)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < ln->n_keys; i++)
		changed |= set_key(&ln->keys[i], fd);
	return changed;
}

/* There may be room by now, or a module that was not there. */
static void retry_keys(void *arg)
{
	struct listener *ln;
	bool changed = false;
	size_t i;

	(void)arg;
	for (ln = listeners; ln; ln = ln->next)
		for (i = 0; ln->fd >= 0 && i < ln->n_keys; i++)
			if (ln->keys[i].problem[0])
				changed |= set_key(&ln->keys[i], ln->fd);
	if (changed)
		apply_protection();
}

const char *sockets_problem(uint32_t vni, const struct addr *local,
			    const struct prefix *who)
{
	const struct listener *ln;
	size_t i;

	for (ln = listeners; ln; ln = ln->next) {
		if (ln->vni != vni || !addr_equal(&ln->local, local))
			continue;
		for (i = 0; i < ln->n_keys; i++)
			if (prefix_equal(&ln->keys[i].who, who))
				return ln->keys[i].problem;
	}
	return "";
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

static bool set_protection(struct listener *ln, int fd)
{
	if (min_ttl_set(fd, ln->local.family, ln->min_ttl)) {
		complain(ln, "smallest TTL: ");
		return false;
	}
	set_keys(ln, fd);
	return true;
}

/* No socket has any of the keys. */
static void unset_keys(struct listener *ln)
{
	size_t i;

	for (i = 0; i < ln->n_keys; i++) {
		auth_forget(&ln->keys[i].set);
		ln->keys[i].problem[0] = '\0';
	}
}

/* Nobody is let in before the keys are there. */
static bool begin_listening(struct listener *ln, int fd)
{
	if (fd < 0 || min_ttl_listen(fd)) {
		complain(ln, "");
		return false;
	}
	if (!set_protection(ln, fd))
		return false;
	if (listen(fd, BACKLOG)) {
		complain(ln, "");
		return false;
	}
	return true;
}

/* One that speaker has already is replaced, and its connections with it. */
static void open_listener(struct listener *ln)
{
	struct msg_listener msg = {
		.vni = ln->vni,
		.local = ln->local,
		.kept = apply_kept(ln->vni),
	};
	char text[ADDR_STRLEN];
	bool ok;
	int fd;

	close_fd(ln);
	unset_keys(ln);
	ln->ifindex = ln->device[0] ? if_nametoindex(ln->device) : 0;
	fd = open_socket(&ln->local, BGP_PORT, ln->device);
	ok = begin_listening(ln, fd);
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
	chan_send_fd(proc_chan(PROC_SPEAKER), MSG_LISTENER, &msg, sizeof(msg),
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
	apply_protection();
}

/*
 * Keys
 */

static void drop_key(struct held_key *key)
{
	auth_forget(&key->auth);
	auth_forget(&key->set);
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
		*key = (struct held_key){ .who = from->who };
	} else {
		key = &ln->keys[i];
		auth_forget(&key->auth);
	}
	key->auth = auth_dup(from->auth);
	key->wanted = true;
}

/* Hold @keys and no others; those that go are taken from the socket. */
static void hold_keys(struct listener *ln, const struct socket_key *keys,
		      size_t n)
{
	static const struct auth none;
	char problem[AUTH_PROBLEM_MAX];
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
			auth_listen(ln->fd, &ln->keys[i].who,
				    &ln->keys[i].set, &none, problem);
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
	key_timer = loop_timer_new(retry_keys, NULL);
}
