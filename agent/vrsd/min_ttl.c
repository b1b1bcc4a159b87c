// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "vrsd/min_ttl.h"

/* Where a header has it. */
#define IP_TTL_AT	8
#define IPV6_HOPS_AT	7
#define SYN_MAX		512		/* headers of a SYN */
#define TTL_UNKNOWN	(-1)

int min_ttl_set(int fd, int family, uint8_t ttl)
{
	bool v6 = family == AF_INET6;
	int value = ttl;

	return setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			  v6 ? IPV6_MINHOPCOUNT : IP_MINTTL, &value,
			  sizeof(value));
}

int min_ttl_listen(int fd)
{
	int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof(on));
}

/* Of the SYN that began a connection. The kernel tells once. */
static int syn_ttl(int fd, int family)
{
	size_t at = family == AF_INET6 ? IPV6_HOPS_AT : IP_TTL_AT;
	uint8_t syn[SYN_MAX];
	socklen_t len = sizeof(syn);

	if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len) ||
	    len <= at)
		return TTL_UNKNOWN;
	return syn[at];
}

static void say_refused(const struct msg_conf_peer *conf,
			const struct addr *remote, int ttl, uint64_t n)
{
	char from[ADDR_STRLEN], comes[40] = "its TTL is not known";

	if (!log_sparsely(n))
		return;
	if (ttl != TTL_UNKNOWN)
		snprintf(comes, sizeof(comes), "it comes with a TTL of %d",
			 ttl);
	log_warn("vnet %s neighbor %s: %s refused, %s, "
		 "ttl-security asks for %u (%" PRIu64 " so far)",
		 conf->id.vnet, conf->id.neighbor, addr_format(remote, from),
		 comes, conf->min_ttl, n);
}

/*
 * Of a flood of SYNs the kernel remembers none: what comes then must not have
 * said anything yet.
 */
static bool silent(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) == 0 && n == 0;
}

bool min_ttl_admit(const struct msg_conf_peer *conf, const struct addr *remote,
		   int fd, uint64_t *refused)
{
	int ttl;

	if (conf->min_ttl == 0)
		return true;
	ttl = syn_ttl(fd, remote->family);
	if (ttl != TTL_UNKNOWN && ttl < conf->min_ttl) {
		say_refused(conf, remote, ttl, ++*refused);
		return false;
	}
	if (min_ttl_set(fd, remote->family, conf->min_ttl)) {
		log_err("vnet %s neighbor %s: smallest TTL: %s", conf->id.vnet,
			conf->id.neighbor, strerror(errno));
		return false;
	}
	if (ttl == TTL_UNKNOWN && !silent(fd)) {
		say_refused(conf, remote, ttl, ++*refused);
		return false;
	}
	return true;
}
