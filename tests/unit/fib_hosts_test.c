// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a VNet has at other hosts: only what differs is changed, and it is not
 * found out by a look at all for each.
 */
#include <string.h>

#include "fib/state.h"
#include "ktap.h"
#include "lib/mac.h"
#include "lib/util.h"
#include "unit/compared.h"

#define N_ENDPOINTS	1000
#define HOST		0xc0a80000	/* 192.168.0.0, in the underlay */
#define FIRST		0x0a010000	/* 10.1.0.0 */

static struct fib_endpoint endpoints[N_ENDPOINTS];
static struct fib_vnet spec = { .vni = 1, .endpoints = endpoints };
static struct fib fib;
static struct vnet blue = { .fib = &fib, .spec = &spec };

/* ---- the kernel -------------------------------------------------------- */

static struct genl_endpoint kernel[N_ENDPOINTS];
static size_t n_kernel;
static unsigned int n_set, n_deleted;

static struct genl_endpoint *held(const struct addr *addr)
{
	size_t i;

	for (i = 0; i < n_kernel; i++)
		if (__real_addr_equal(&kernel[i].addr, addr))
			return &kernel[i];
	return NULL;
}

int genl_get_endpoints(struct genl *g, int vnet_ifindex, genl_endpoint_cb *cb,
		       void *arg, struct netlink_error *err)
{
	size_t i;

	(void)g;
	(void)vnet_ifindex;
	(void)err;
	for (i = 0; i < n_kernel; i++)
		cb(&kernel[i], arg);
	return 0;
}

int genl_set_endpoint(struct genl *g, int vnet_ifindex,
		      const struct genl_endpoint *endpoint,
		      struct netlink_error *err)
{
	struct genl_endpoint *to = held(&endpoint->addr);

	(void)g;
	(void)vnet_ifindex;
	(void)err;
	ktap_must(to || n_kernel < N_ENDPOINTS);
	if (!to)
		to = &kernel[n_kernel++];
	*to = *endpoint;
	to->vni = endpoint->vni ? endpoint->vni : spec.vni;
	memcpy(to->mac, mac_of_router, sizeof(to->mac));
	n_set++;
	return 0;
}

int genl_del_endpoint(struct genl *g, int vnet_ifindex,
		      const struct addr *addr, struct netlink_error *err)
{
	struct genl_endpoint *gone = held(addr);

	(void)g;
	(void)vnet_ifindex;
	(void)err;
	ktap_must(gone);
	*gone = kernel[--n_kernel];
	n_deleted++;
	return 0;
}

/* ---- what is not looked at here ---------------------------------------- */

int genl_resolve(struct genl *g, struct netlink_error *err)
{
	(void)g;
	(void)err;
	return 0;
}

int genl_get_tunnel(struct genl *g, struct genl_tunnel *tunnel,
		    struct netlink_error *err)
{
	(void)g;
	(void)tunnel;
	(void)err;
	return 0;
}

int genl_set_tunnel(struct genl *g, int ifindex, struct netlink_error *err)
{
	(void)g;
	(void)ifindex;
	(void)err;
	return 0;
}

int genl_del_tunnel(struct genl *g, struct netlink_error *err)
{
	(void)g;
	(void)err;
	return 0;
}

const struct rtm_link *links_by_name(struct links *links, const char *name)
{
	(void)links;
	(void)name;
	return NULL;
}

void vnet_count(struct vnet *vnet, const char *what,
		const struct netlink_error *err)
{
	(void)vnet;
	(void)what;
	(void)err;
}

void vnet_unread(struct vnet *vnet, const char *what,
		 const struct netlink_error *err)
{
	(void)vnet;
	(void)what;
	(void)err;
}

/* ---- passes ------------------------------------------------------------ */

/* The first @n, in an order that is not theirs, at one of ten hosts. */
static void describe(size_t n, uint32_t hosts)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t at = i * 7 % n;

		endpoints[at].address = addr_from_v4(FIRST + i);
		endpoints[at].host = addr_from_v4(hosts + i % 10);
	}
	spec.n_endpoints = n;
}

static void pass(void)
{
	n_set = 0;
	n_deleted = 0;
	n_compared = 0;
	hosts_release(&blue);
	hosts_apply(&blue);
}

/* Whether the kernel has what is described, and nothing else. */
static bool right(void)
{
	size_t i;

	for (i = 0; i < spec.n_endpoints; i++) {
		const struct genl_endpoint *is = held(&endpoints[i].address);

		if (!is || !__real_addr_equal(&is->host, &endpoints[i].host))
			return false;
	}
	return n_kernel == spec.n_endpoints;
}

static void test_few_looks(void)
{
	if (!ktap_ok(n_compared < 100 * N_ENDPOINTS,
		     "without a look at all for each"))
		printf("# %u times\n", n_compared);
}

int main(void)
{
	ktap_start();
	describe(N_ENDPOINTS, HOST);
	pass();
	ktap_ok(right() && n_set == N_ENDPOINTS && n_deleted == 0,
		"what is not there is set");
	pass();
	ktap_ok(right() && n_set == 0, "what is there is left alone");
	test_few_looks();
	describe(N_ENDPOINTS, HOST + 5);
	pass();
	ktap_ok(right() && n_set == N_ENDPOINTS && n_deleted == 0,
		"what moves to another host is not away meanwhile");
	test_few_looks();
	describe(N_ENDPOINTS / 2, HOST + 5);
	pass();
	ktap_ok(right() && n_set == 0 && n_deleted == N_ENDPOINTS / 2,
		"what is not described is taken away");
	spec.vni = 2;
	pass();
	ktap_ok(right() && n_set == N_ENDPOINTS / 2 &&
		n_deleted == N_ENDPOINTS / 2,
		"and first what would have two VNIs at a host");
	return ktap_finish();
}
