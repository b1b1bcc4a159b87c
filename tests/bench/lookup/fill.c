// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills what the lookup benchmark compares with, routing tables of the kernel and
 * a BPF LPM trie, and times what the kernel does at that.
 *
 *	fill routes 4|6 COUNT TABLE FIRST LAST	by turns to the next hops with the
 *						ids FIRST to LAST, which exist;
 *						prints the seconds
 *	fill both 4|6 COUNT TABLE TABLE FIRST LAST
 *						the same into two tables by turns;
 *						prints the time of each piece
 *	fill udr COUNT TABLES TABLE FIRST LAST	400 routes each into so many tables
 *						from TABLE on, which go with COUNT
 *	fill replace NAME ID ROUNDS MEMBER...	next-hop group ID becomes the first
 *						half of its members, then the second,
 *						so often; prints the time of each
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
#include <linux/nexthop.h>
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

/* Requests on their way to the kernel, of which the last one of a batch is answered. */
struct writer {
	struct mnl_socket *nl;
	char *buf;
	size_t used;
	uint32_t seq;
};

static struct writer make_writer(void)
{
	struct writer w = {
		.nl = mnl_socket_open(NETLINK_ROUTE),
		.buf = malloc(BATCH_BYTES + 256),
	};
	int sndbuf = 4 * BATCH_BYTES;

	if (!w.nl || !w.buf || mnl_socket_bind(w.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	setsockopt(mnl_socket_get_fd(w.nl), SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf,
		   sizeof(sndbuf));
	return w;
}

static void free_writer(struct writer *w)
{
	mnl_socket_close(w->nl);
	free(w->buf);
}

/* @last: waits until the kernel has done all */
static void write_route(struct writer *w, bool v6, struct bench_prefix p, uint32_t table,
			uint32_t nhid, bool last)
{
	last = last || w->used + 256 > BATCH_BYTES;
	put_route(w->buf + w->used, v6, p, table, nhid, ++w->seq, last);
	w->used += NLMSG_ALIGN(((struct nlmsghdr *)(w->buf + w->used))->nlmsg_len);
	if (!last)
		return;
	if (mnl_socket_sendto(w->nl, w->buf, w->used) < 0)
		err(1, "netlink");
	take_answers(w->nl, w->seq);
	w->used = 0;
}

/* Next hops by id, taken by turns */
struct nexthops {
	uint32_t first;
	uint32_t last;
};

static struct nexthops make_nexthops(char **argv)
{
	struct nexthops nh = { atoi(argv[0]), atoi(argv[1]) };

	if (!nh.first || nh.last < nh.first)
		errx(2, "next hops from %s to %s", argv[0], argv[1]);
	return nh;
}

static uint32_t nexthop(struct nexthops nh, uint32_t turn)
{
	return nh.first + turn % (nh.last - nh.first + 1);
}

/* Routes @from to @to; returns the seconds. */
static double write_range(struct writer *w, bool v6, const struct bench_prefix *p,
			  uint32_t from, uint32_t to, uint32_t table, struct nexthops nh)
{
	double begin = now();
	uint32_t i;

	for (i = from; i < to; i++)
		write_route(w, v6, p[i], table, nexthop(nh, i), i == to - 1);
	return now() - begin;
}

static void fill_routes(bool v6, uint32_t n, uint32_t table, struct nexthops nh)
{
	struct bench_prefix *p = make_prefixes(v6, n);
	struct writer w = make_writer();

	printf("%.3f\n", write_range(&w, v6, p, 0, n, table, nh));
	free_writer(&w);
	free(p);
}

#define PIECES	20

static void fill_both(bool v6, uint32_t n, uint32_t plain, uint32_t mirrored,
		      struct nexthops nh)
{
	struct bench_prefix *p = make_prefixes(v6, n);
	uint32_t i, from, to, size = (n + PIECES - 1) / PIECES;
	struct writer w = make_writer();

	for (i = 0; i < PIECES; i++) {
		from = i * size;
		to = from + size < n ? from + size : n;
		printf("bench: %d mirror plain ns %.1f\n", v6 ? 6 : 4,
		       write_range(&w, v6, p, from, to, plain, nh) * 1e9 / (to - from));
		printf("bench: %d mirror mirrored ns %.1f\n", v6 ? 6 : 4,
		       write_range(&w, v6, p, from, to, mirrored, nh) * 1e9 / (to - from));
	}
	free_writer(&w);
	free(p);
}

/* The default route, 99 private networks, and prefixes that the full table has as well. */
static struct bench_prefix user_route(const struct bench_prefix *p, uint32_t n,
				      uint32_t table, uint32_t i)
{
	struct bench_prefix route = { };

	if (!i)
		return route;
	if (i >= 100)
		return p[(table * 300 + i) * 7ULL % n];
	route.hi = (0xac100000ULL + ((i - 1) << 8)) << 32;
	route.len = 24;
	return route;
}

static void fill_udr(uint32_t n, uint32_t tables, uint32_t table, struct nexthops nh)
{
	struct bench_prefix *p = make_prefixes(false, n);
	struct writer w = make_writer();
	uint32_t i, k;

	for (k = 0; k < tables; k++)
		for (i = 0; i < 400; i++)
			write_route(&w, false, user_route(p, n, k, i), table + k,
				    nexthop(nh, i + k),
				    k == tables - 1 && i == 399);
	free_writer(&w);
	free(p);
}

static void put_group(void *at, uint32_t id, char **member, uint32_t n, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	struct nexthop_grp grp[16] = { };
	struct nhmsg *nhm;
	uint32_t i;

	nlh->nlmsg_type = RTM_NEWNEXTHOP;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK;
	nlh->nlmsg_seq = seq;
	nhm = mnl_nlmsg_put_extra_header(nlh, sizeof(*nhm));
	nhm->nh_family = AF_UNSPEC;
	nhm->nh_protocol = RTPROT_BGP;
	mnl_attr_put_u32(nlh, NHA_ID, id);
	for (i = 0; i < n; i++)
		grp[i].id = atoi(member[i]);
	mnl_attr_put(nlh, NHA_GROUP, n * sizeof(grp[0]), grp);
}

static void replace(const char *name, uint32_t id, uint32_t rounds, char **member,
		    uint32_t members)
{
	struct writer w = make_writer();
	uint32_t half = members / 2, i;
	double begin;

	if (!half || half > 16)
		errx(2, "a group has 1 to 16 members");
	for (i = 0; i < rounds; i++) {
		put_group(w.buf, id, member + (i % 2 ? half : 0), half, ++w.seq);
		begin = now();
		if (mnl_socket_sendto(w.nl, w.buf, ((struct nlmsghdr *)w.buf)->nlmsg_len) < 0)
			err(1, "netlink");
		take_answers(w.nl, w.seq);
		printf("bench: group replace %s us %.2f\n", name, (now() - begin) * 1e6);
	}
	free_writer(&w);
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

	if (argc == 7 && !strcmp(argv[1], "routes"))
		fill_routes(v6, atoi(argv[3]), atoi(argv[4]), make_nexthops(argv + 5));
	else if (argc == 8 && !strcmp(argv[1], "both"))
		fill_both(v6, atoi(argv[3]), atoi(argv[4]), atoi(argv[5]),
			  make_nexthops(argv + 6));
	else if (argc == 7 && !strcmp(argv[1], "udr"))
		fill_udr(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), make_nexthops(argv + 5));
	else if (argc > 6 && !strcmp(argv[1], "replace"))
		replace(argv[2], atoi(argv[3]), atoi(argv[4]), argv + 5, argc - 5);
	else if (argc > 5 && !strcmp(argv[1], "map"))
		run_with(fill_map(v6, atoi(argv[3]), atoi(argv[4])), argv + 5);
	else
		errx(2, "usage: fill routes|both|udr|replace|map ..., see fill.c");
	return 0;
}
