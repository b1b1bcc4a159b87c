// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills what the lookup benchmark compares with: a routing table of the kernel,
 * or a BPF LPM trie.
 *
 *	fill routes 4|6 COUNT TABLE NEXTHOPS	nhid 1..NEXTHOPS, which exist
 *	fill map 4|6 COUNT NEXTHOPS COMMAND...	COMMAND with the map's file
 *						descriptor in place of "@"
 */
#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "prefixes.h"

#define BATCH_BYTES	(256 << 10)

static struct bench_prefix *make_prefixes(bool v6, uint32_t n)
{
	struct bench_prefix *p = calloc(n, sizeof(*p));
	uint32_t slots = 4, *seen;

	while (slots < 2 * n)
		slots *= 2;
	seen = calloc(slots, sizeof(*seen));
	if (!p || !seen)
		err(1, "%u prefixes", n);
	bench_prefixes(v6, p, n, seen, slots);
	free(seen);
	return p;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void put_route(void *at, bool v6, struct bench_prefix p, uint32_t table,
		      uint32_t nhid, uint32_t seq, bool ack)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	uint64_t addr[2] = { htobe64(p.hi), 0 };
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_NEWROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL |
			   (ack ? NLM_F_ACK : 0);
	nlh->nlmsg_seq = seq;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = v6 ? AF_INET6 : AF_INET;
	rtm->rtm_dst_len = p.len;
	rtm->rtm_protocol = RTPROT_BGP;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	mnl_attr_put(nlh, RTA_DST, v6 ? 16 : 4, addr);
	mnl_attr_put_u32(nlh, RTA_TABLE, table);
	mnl_attr_put_u32(nlh, RTA_NH_ID, nhid);
}

/* Every answer up to that to the last request of a batch. */
static void take_answers(struct mnl_socket *nl, uint32_t last)
{
	static char buf[64 << 10];
	const struct nlmsghdr *nlh;
	const struct nlmsgerr *e;
	ssize_t n;
	int len;

	for (;;) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			err(1, "netlink");
		len = n;
		for (nlh = (void *)buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			e = mnl_nlmsg_get_payload(nlh);
			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error)
				errx(1, "route %u: %s", nlh->nlmsg_seq,
				     strerror(-e->error));
			if (nlh->nlmsg_seq == last)
				return;
		}
	}
}

static void fill_routes(bool v6, uint32_t n, uint32_t table, uint32_t nexthops)
{
	struct bench_prefix *p = make_prefixes(v6, n);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	char *buf = malloc(BATCH_BYTES + 256);
	int sndbuf = 4 * BATCH_BYTES;
	double begin = now();
	size_t used = 0;
	uint32_t i;

	if (!nl || !buf || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf,
		   sizeof(sndbuf));
	for (i = 0; i < n; i++) {
		bool last = i == n - 1 || used + 256 > BATCH_BYTES;

		put_route(buf + used, v6, p[i], table, 1 + i % nexthops, i + 1,
			  last);
		used += NLMSG_ALIGN(((struct nlmsghdr *)(buf + used))->nlmsg_len);
		if (!last)
			continue;
		if (mnl_socket_sendto(nl, buf, used) < 0)
			err(1, "netlink");
		take_answers(nl, i + 1);
		used = 0;
	}
	printf("%.3f\n", now() - begin);
	mnl_socket_close(nl);
	free(buf);
	free(p);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int make_map(bool v6, uint32_t n)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_LPM_TRIE,
		.key_size = 4 + (v6 ? 16 : 4),
		.value_size = 4,
		.max_entries = n,
		.map_flags = BPF_F_NO_PREALLOC,
	};
	int fd = bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0)
		err(1, "BPF map");
	return fd;
}

static int fill_map(bool v6, uint32_t n, uint32_t nexthops)
{
	size_t size = v6 ? 20 : 8;
	struct bench_prefix *p = make_prefixes(v6, n);
	uint32_t *values = calloc(n, sizeof(*values)), i;
	uint8_t *keys = calloc(n, size);
	union bpf_attr attr = { };
	int fd = make_map(v6, n);

	if (!values || !keys)
		err(1, "BPF map");
	for (i = 0; i < n; i++) {
		uint32_t len = p[i].len;
		uint64_t addr = htobe64(p[i].hi);

		memcpy(keys + i * size, &len, 4);
		memcpy(keys + i * size + 4, &addr, v6 ? 8 : 4);
		values[i] = 1 + i % nexthops;
	}
	attr.batch.map_fd = fd;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = n;
	if (bpf(BPF_MAP_UPDATE_BATCH, &attr) < 0)
		err(1, "BPF map: update");
	free(keys);
	free(values);
	free(p);
	/* A map's descriptor is closed on exec by default. */
	if (fcntl(fd, F_SETFD, 0) < 0)
		err(1, "BPF map");
	return fd;
}

/* Every "@" alone behind a "=" at the end of a word becomes the number. */
static void run_with(int fd, char **argv)
{
	char **a, *word;

	for (a = argv; *a; a++) {
		size_t len = strlen(*a);

		if (len < 2 || strcmp(*a + len - 2, "=@"))
			continue;
		if (asprintf(&word, "%.*s%d", (int)len - 1, *a, fd) < 0)
			err(1, "%s", *a);
		*a = word;
	}
	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

int main(int argc, char **argv)
{
	bool v6 = argc > 2 && !strcmp(argv[2], "6");

	if (argc == 6 && !strcmp(argv[1], "routes"))
		fill_routes(v6, atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	else if (argc > 5 && !strcmp(argv[1], "map"))
		run_with(fill_map(v6, atoi(argv[3]), atoi(argv[4])), argv + 5);
	else
		errx(2, "usage: fill routes 4|6 COUNT TABLE NEXTHOPS\n"
		     "       fill map 4|6 COUNT NEXTHOPS COMMAND...");
	return 0;
}
