// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual networks: the parts of the module, in the order in which they start.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "debugfs.h"
#include "dest.h"
#include "endpoint.h"
#include "fib.h"
#include "genl.h"
#include "link.h"
#include "lpm.h"
#include "main.h"
#include "nexthop.h"
#include "port.h"
#include "remote.h"
#include "sysfs.h"
#include "tunnel.h"

static unsigned int vnet_net_id;

struct vnet_net *vnet_net(const struct net *net)
{
	return net_generic(net, vnet_net_id);
}

#ifdef NL_SET_ERR_MSG_TEXT
const char *vnet_main_text(const char *fmt, ...)
{
	static char texts[256][96];
	static atomic_t next;
	va_list args;
	char *text;

	text = texts[(unsigned int)atomic_inc_return(&next) % ARRAY_SIZE(texts)];
	va_start(args, fmt);
	vsnprintf(text, sizeof(texts[0]), fmt, args);
	va_end(args);
	return text;
}
#endif

static int __net_init net_init(struct net *net)
{
	struct vnet_net *vn = vnet_net(net);
	int err;

	vn->net = net;
	INIT_LIST_HEAD(&vn->vnets);
	xa_init(&vn->vnis);
	spin_lock_init(&vn->peering_lock);
	err = vnet_endpoint_init_net(vn);
	if (err)
		return err;
	err = vnet_dest_init_net(vn);
	if (err)
		goto err_dest;
	err = vnet_nexthop_init_net(vn);
	if (err)
		goto err_nexthop;
	err = vnet_remote_init_net(vn);
	if (err)
		goto err_remote;
	err = vnet_fib_init_net(vn);
	if (err)
		goto err_fib;
	return 0;

err_fib:
	vnet_remote_exit_net(vn);
err_remote:
	vnet_nexthop_exit_net(vn);
err_nexthop:
	vnet_dest_exit_net(vn);
err_dest:
	vnet_endpoint_exit_net(vn);
	return err;
}

/* The devices of the namespace are gone, and with them the tables. */
static void __net_exit net_exit(struct net *net)
{
	struct vnet_net *vn = vnet_net(net);

	WARN_ON_ONCE(!list_empty(&vn->vnets));
	vnet_fib_exit_net(vn);
	vnet_remote_exit_net(vn);
	vnet_nexthop_exit_net(vn);
	vnet_dest_exit_net(vn);
	vnet_endpoint_exit_net(vn);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &vnet_net_id,
	.size = sizeof(struct vnet_net),
};

/* What neither the build nor the loader can know */
static int check_kernel(void)
{
	if (!ipv6_mod_enabled()) {
		pr_err("IPv6 is disabled (ipv6.disable=1), a VNet needs it\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int __init vnet_init(void)
{
	int err;

	err = check_kernel();
	if (err)
		return err;
	vnet_lpm_setup();
#ifdef DEBUG
	if (!vnet_lpm_selftest()) {
		err = -ENOTRECOVERABLE;
		goto err_selftest;
	}
#endif
	vnet_sysfs_init();
	vnet_debugfs_init();
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_net;
	err = register_netdevice_notifier(&vnet_port_netdev_nb);
	if (err)
		goto err_port;
	err = register_netdevice_notifier(&vnet_tunnel_netdev_nb);
	if (err)
		goto err_tunnel;
	err = vnet_link_init();
	if (err)
		goto err_link;
	err = vnet_genl_init();
	if (err)
		goto err_genl;
	return 0;

err_genl:
	vnet_link_uninit();
err_link:
	unregister_netdevice_notifier(&vnet_tunnel_netdev_nb);
err_tunnel:
	unregister_netdevice_notifier(&vnet_port_netdev_nb);
err_port:
	unregister_pernet_subsys(&net_ops);
err_net:
	vnet_debugfs_uninit();
#ifdef DEBUG
err_selftest:
#endif
	rcu_barrier();
	vnet_lpm_cleanup();
	return err;
}

static void __exit vnet_exit(void)
{
	vnet_genl_uninit();
	vnet_link_uninit();
	unregister_netdevice_notifier(&vnet_tunnel_netdev_nb);
	unregister_netdevice_notifier(&vnet_port_netdev_nb);
	unregister_pernet_subsys(&net_ops);
	vnet_debugfs_uninit();
	rcu_barrier();
	vnet_lpm_cleanup();
}

module_init(vnet_init);
module_exit(vnet_exit);

MODULE_DESCRIPTION("Virtual networks with effective routes");
MODULE_AUTHOR("The vnet authors");
MODULE_LICENSE("GPL");
/* With it comes srcversion, which tells one build's source from another's. */
MODULE_VERSION(VNET_VERSION);
MODULE_ALIAS_RTNL_LINK("vnet");
MODULE_ALIAS_GENL_FAMILY(VNET_GENL_NAME);
