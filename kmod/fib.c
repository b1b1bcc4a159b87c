// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the kernel's routing tables
 *
 * The kernel tells of every change of its best route to a prefix by notifier,
 * in the order in which it makes them, before it answers the request. We follow
 * at once: so a route that a VNet cannot do is refused in the request that adds
 * it, and one that is accepted is in use when the request returns.
 *
 * One notifier follows the tables that are live. A table that may have had
 * routes before it was ours is read by a second one, registered for as long as
 * that takes, because registering is how the kernel has its tables read. While
 * it is, both hear the same events in the same order: the second applies them
 * to the tables being read; once they are live, only what the first one has not.
 * The kernel reads everything again if anything has changed, and gives up after
 * some times. Then nobody but the first one hears what changes, and a table of
 * which it has heard nothing is live: the kernel reads each of them under its lock
 * or RCU, and passes over none of the routes that stay. Only the others are read
 * again.
 *
 * Locking: changes of one table come one by one (RTNL for IPv4, the table's own
 * lock for IPv6), in atomic context. Tables come and go under RTNL. We rely on
 * no more than that, and on each mirror's own lock. But of IPv6 routes with several
 * next hops we are told after that lock has been dropped, and any of them may expire.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/fib_notifier.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "debugfs.h"
#include "endpoint.h"
#include "fib.h"
#include "link.h"
#include "main.h"
#include "mirror.h"
#include "nexthop.h"
#include "route.h"

#define REPLAY_RETRY_DELAY	(HZ / 20)
#define SETTLE_TIMEOUT		(3 * HZ)

/* ---- Routes ---- */

enum route_flag {
	ROUTE_OFFLOAD,
	ROUTE_TRAP,
	ROUTE_FAILED,
};

static const struct rhashtable_params table_params = {
	.key_len = sizeof(u32),
	.key_offset = offsetof(struct vnet_table, id),
	.head_offset = offsetof(struct vnet_table, node),
	.automatic_shrinking = true,
};

/* RTNL or RCU: the table with this id, or NULL */
static struct vnet_table *table_find(struct vnet_net *vn, u32 id)
{
	return rhashtable_lookup_fast(&vn->tables, &id, table_params);
}

/* While both notifiers hear a mirror's events, the second leaves out what the
 * first has done. Events of a table come one at a time.
 */
static bool entry_turn(struct vnet_mirror *mirror,
		       enum vnet_mirror_writer writer, const void *event)
{
	if (writer == VNET_MIRROR_BY_EVENT) {
		if (!vnet_mirror_follow(mirror))
			return false;
		WRITE_ONCE(mirror->heard, event);
		return true;
	}
	if (!vnet_mirror_turn(mirror, writer))
		return false;
	if (READ_ONCE(mirror->heard) != event)
		return true;
	WRITE_ONCE(mirror->heard, NULL);
	return false;
}

static void entry_failed(struct vnet_mirror *mirror,
			 enum vnet_mirror_writer writer, int err)
{
	if (writer == VNET_MIRROR_BY_REPLAY && !mirror->refused++)
		mirror->refusal = err;
}

static enum route_flag route_flag(const struct vnet_route *route)
{
	return route->action.type == VNET_HOP_HOST ? ROUTE_TRAP : ROUTE_OFFLOAD;
}

static void entry4_flag(struct net *net,
			const struct fib_entry_notifier_info *info,
			enum route_flag flag)
{
	const struct fib_rt_info fri = {
		.fi = info->fi,
		.tb_id = info->tb_id,
		.dst = cpu_to_be32(info->dst),
		.dst_len = info->dst_len,
		.dscp = info->dscp,
		.type = info->type,
		.offload = flag == ROUTE_OFFLOAD,
		.trap = flag == ROUTE_TRAP,
		.offload_failed = flag == ROUTE_FAILED,
	};

	fib_alias_hw_flags_set(net, &fri);
}

/* The kernel ignores our refusal when it tells of a worse route because the best
 * one was deleted. That it does so shows in the metrics; between two of the same
 * metric it does not show, and the old one stays in use until the new one goes.
 * One with a TOS comes before all that have none, whatever the metrics, and is refused
 * in earnest, but for one that was there before.
 */
static bool entry4_old_is_gone(const struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
			       const struct vnet_route *route,
			       const struct fib_entry_notifier_info *info)
{
	const struct vnet_action *old;

	if (info->dscp)
		return writer == VNET_MIRROR_BY_REPLAY;
	old = vnet_mirror_action(mirror, &route->prefix);
	return old && route->action.priority > old->priority;
}

static int entry4_set(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		      const struct fib_entry_notifier_info *info)
{
	struct net *net = dev_net(mirror->table->vnet->dev);
	struct vnet_route route;
	bool stays;
	int err;

	err = vnet_route_from_fib4(&route, mirror, info);
	if (err == VNET_ROUTE_IGNORED) {
		vnet_mirror_del(mirror, writer, &route.prefix);
		return 0;
	}
	if (!err) {
		err = vnet_mirror_set(mirror, writer, &route.prefix,
				      &route.action, info->info.extack);
		vnet_route_release(&route);
	}
	if (err == -ESRCH)
		return 0;
	stays = err && entry4_old_is_gone(mirror, writer, &route, info);
	if (stays)
		vnet_mirror_del(mirror, writer, &route.prefix);
	if (err)
		entry_failed(mirror, writer, err);
	/* Where listeners are told of flags they are not told if what is refused goes again. */
	if (!err || stays || writer == VNET_MIRROR_BY_REPLAY ||
	    !READ_ONCE(net->ipv4.sysctl_fib_notify_on_flag_change))
		entry4_flag(net, info, err ? ROUTE_FAILED : route_flag(&route));
	return err;
}

static void entry4_del(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		       const struct fib_entry_notifier_info *info)
{
	struct vnet_prefix prefix;

	vnet_route_prefix4(&prefix, info);
	vnet_mirror_del(mirror, writer, &prefix);
}

static int entry4_event(struct vnet_net *vn, enum vnet_mirror_writer writer,
			unsigned long event, const struct fib_notifier_info *ptr)
{
	const struct fib_entry_notifier_info *info =
		container_of(ptr, struct fib_entry_notifier_info, info);
	struct vnet_table *table = table_find(vn, info->tb_id);
	struct vnet_mirror *mirror;

	if (!table)
		return 0;
	mirror = &table->mirror[VNET_AF_IP4];
	if (!entry_turn(mirror, writer, ptr))
		return 0;
	if (event != FIB_EVENT_ENTRY_DEL)
		return entry4_set(mirror, writer, info);
	entry4_del(mirror, writer, info);
	return 0;
}

static void entry6_flag_one(struct fib6_info *rt, enum route_flag flag)
{
	WRITE_ONCE(rt->offload, flag == ROUTE_OFFLOAD);
	WRITE_ONCE(rt->trap, flag == ROUTE_TRAP);
	WRITE_ONCE(rt->offload_failed, flag == ROUTE_FAILED);
}

/* fib6_info_hw_flags_set() may sleep, to tell listeners; here that is forbidden,
 * and needless, because the kernel tells of the route after we are done.
 */
static void entry6_flag(struct fib6_info *rt, enum route_flag flag)
{
	struct fib6_info *iter;

	entry6_flag_one(rt, flag);
	if (rt->nh || !READ_ONCE(rt->fib6_nsiblings))
		return;
	list_for_each_entry_rcu(iter, &rt->fib6_siblings, fib6_siblings) {
		entry6_flag_one(iter, flag);
		/* Who expires meanwhile is not met again, and the others go round for ever. */
		if (!READ_ONCE(rt->fib6_nsiblings))
			break;
	}
}

/* A replacement that is in the tree already when we are told of it stays or goes
 * regardless of what was there before: that is gone.
 */
static bool entry6_old_is_gone(const struct fib6_info *rt, unsigned long event)
{
	return event == FIB_EVENT_ENTRY_REPLACE && !rt->fib6_src.plen &&
	       rcu_access_pointer(rt->fib6_node);
}

static int entry6_set(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		      unsigned long event, struct fib6_info *rt,
		      struct netlink_ext_ack *extack)
{
	struct vnet_route route;
	int err;

	err = vnet_route_from_fib6(&route, mirror, rt, extack);
	if (err == VNET_ROUTE_IGNORED) {
		vnet_mirror_del(mirror, writer, &route.prefix);
		return 0;
	}
	if (!err) {
		err = vnet_mirror_set(mirror, writer, &route.prefix,
				      &route.action, extack);
		vnet_route_release(&route);
	}
	if (err == -ESRCH)
		return 0;
	if (err && entry6_old_is_gone(rt, event))
		vnet_mirror_del(mirror, writer, &route.prefix);
	if (err)
		entry_failed(mirror, writer, err);
	/* One more hop that is refused goes, and those it has been put beside stay; but not
	 * those that have been there before us.
	 */
	if (!err || event != FIB_EVENT_ENTRY_APPEND || writer == VNET_MIRROR_BY_REPLAY)
		entry6_flag(rt, err ? ROUTE_FAILED : route_flag(&route));
	return err;
}

static const struct vnet_endpoint *entry6_endpoint(const struct fib6_info *rt)
{
	const struct fib_nh_common *nhc = &rt->fib6_nh->nh_common;

	if (!nhc->nhc_dev || !vnet_link_is(nhc->nhc_dev) ||
	    nhc->nhc_gw_family != AF_INET6)
		return NULL;
	return vnet_endpoint_find(vnet_link_priv(nhc->nhc_dev), AF_INET6,
				  &nhc->nhc_gw.ipv6);
}

/* The kernel tells of siblings together, with their number, or one by one. It may also announce
 * the deletion of a hop that it never announced as added, when it undoes a multipath request
 * because a later hop was refused. A hop that has been among others still shows that, though not
 * on older kernels.
 */
static void entry6_del(struct vnet_mirror *mirror, enum vnet_mirror_writer writer,
		       const struct fib6_entry_notifier_info *info)
{
	struct fib6_info *rt = info->rt;
	bool others = !list_empty(&rt->fib6_siblings);
	struct vnet_prefix prefix;

	vnet_route_prefix6(&prefix, rt);
	if (rt->nh || info->nsiblings)
		vnet_mirror_del(mirror, writer, &prefix);
	else if (vnet_mirror_del_hop(mirror, writer, &prefix, entry6_endpoint(rt), others))
		entry6_flag(list_next_entry(rt, fib6_siblings), ROUTE_FAILED);
}

static int entry6_event(struct vnet_net *vn, enum vnet_mirror_writer writer,
			unsigned long event, const struct fib_notifier_info *ptr)
{
	const struct fib6_entry_notifier_info *info =
		container_of(ptr, struct fib6_entry_notifier_info, info);
	struct vnet_mirror *mirror;
	struct vnet_table *table;

	table = table_find(vn, info->rt->fib6_table->tb6_id);
	if (!table)
		return 0;
	mirror = &table->mirror[VNET_AF_IP6];
	if (!entry_turn(mirror, writer, ptr))
		return 0;
	/* Never mirrored, and no reason to forget the route that has its prefix. */
	if (event == FIB_EVENT_ENTRY_DEL && info->rt->fib6_src.plen)
		return 0;
	if (event != FIB_EVENT_ENTRY_DEL)
		return entry6_set(mirror, writer, event, info->rt,
				  ptr->extack);
	entry6_del(mirror, writer, info);
	return 0;
}

static int entry_event(struct vnet_net *vn, enum vnet_mirror_writer writer,
		       unsigned long event, const struct fib_notifier_info *info)
{
	switch (event) {
	case FIB_EVENT_ENTRY_REPLACE:
	case FIB_EVENT_ENTRY_APPEND:
	case FIB_EVENT_ENTRY_ADD:
	case FIB_EVENT_ENTRY_DEL:
		break;
	default:
		return 0;
	}
	switch (info->family) {
	case AF_INET:
		return entry4_event(vn, writer, event, info);
	case AF_INET6:
		return entry6_event(vn, writer, event, info);
	default:
		return 0;
	}
}

static int live_notify(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct vnet_net *vn = container_of(nb, struct vnet_net, fib_nb);

	return notifier_from_errno(entry_event(vn, VNET_MIRROR_BY_EVENT, event,
					     ptr));
}

/* ---- Replay ---- */

/* A route that was there before us cannot be refused; it is marked and counted
 * instead.
 */
static int replay_notify(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	struct vnet_net *vn = container_of(nb, struct vnet_net, replay_nb);

	/* All is live already: the kernel need not read on. */
	if (!vn->replaying)
		return notifier_from_errno(-ECANCELED);
	entry_event(vn, VNET_MIRROR_BY_REPLAY, event, ptr);
	return NOTIFY_DONE;
}

enum replay_step {
	REPLAY_BEGIN,	/* whatever is not live is to be read */
	REPLAY_RESTART,	/* it has been, and something changed meanwhile */
	REPLAY_LIVE,	/* it has been read */
	REPLAY_END,	/* and no event is under way */
	REPLAY_FAILED,	/* it has not */
};

static bool replay_mirror(struct vnet_mirror *mirror, enum replay_step step)
{
	if (step == REPLAY_BEGIN) {
		if (!READ_ONCE(mirror->live))
			vnet_mirror_switch(mirror, false, true, true);
		return READ_ONCE(mirror->replaying);
	}
	if (!READ_ONCE(mirror->replaying))
		return false;
	switch (step) {
	case REPLAY_LIVE:
		vnet_mirror_switch(mirror, true, true, false);
		break;
	case REPLAY_END:
		vnet_mirror_switch(mirror, true, false, false);
		break;
	case REPLAY_FAILED:
		vnet_mirror_switch(mirror, false, false, true);
		break;
	default:
		return !vnet_mirror_has_read(mirror);
	}
	return true;
}

/* Returns whether any mirror takes part in this round, or did in what ends */
static bool replay_step(struct vnet_net *vn, enum replay_step step)
{
	struct vnet_table *table;
	struct vnet *vnet;
	bool any = false;

	rtnl_lock();
	list_for_each_entry(vnet, &vn->vnets, node)
		list_for_each_entry(table, &vnet->tables, owned) {
			any |= replay_mirror(&table->mirror[VNET_AF_IP4], step);
			any |= replay_mirror(&table->mirror[VNET_AF_IP6], step);
		}
	rtnl_unlock();
	return any;
}

static void replay_restart(struct notifier_block *nb)
{
	struct vnet_net *vn = container_of(nb, struct vnet_net, replay_nb);

	vn->replaying = replay_step(vn, REPLAY_RESTART);
}

static void replay_work(struct work_struct *work)
{
	struct vnet_net *vn = container_of(to_delayed_work(work),
					   struct vnet_net, replay_work);

	vn->replaying = replay_step(vn, REPLAY_BEGIN);
	if (!vn->replaying)
		return;
	if (register_fib_notifier(vn->net, &vn->replay_nb, replay_restart,
				  NULL)) {
		if (replay_step(vn, REPLAY_FAILED))
			queue_delayed_work(system_long_wq, &vn->replay_work,
					   REPLAY_RETRY_DELAY);
		return;
	}
	replay_step(vn, REPLAY_LIVE);
	unregister_fib_notifier(vn->net, &vn->replay_nb);
	replay_step(vn, REPLAY_END);
}

/* ---- Tables ---- */

static bool kernel_has_table4(struct net *net, u32 id)
{
	struct hlist_head *head;
	struct fib_table *tb;
	bool found = false;

	head = &net->ipv4.fib_table_hash[id & (FIB_TABLE_HASHSZ - 1)];
	rcu_read_lock();
	hlist_for_each_entry_rcu(tb, head, tb_hlist)
		found |= tb->tb_id == id;
	rcu_read_unlock();
	return found;
}

/* Live at once, unless the kernel has routes that we have not heard of. In this
 * order nothing is lost if it makes its table meanwhile.
 */
static void mirror_start(struct vnet_net *vn, struct vnet_mirror *mirror)
{
	u32 id = mirror->table->id;

	vnet_mirror_switch(mirror, true, false, false);
	if (mirror->family == AF_INET ? !kernel_has_table4(vn->net, id) :
					!fib6_get_table(vn->net, id))
		return;
	vnet_mirror_switch(mirror, false, false, true);
	queue_delayed_work(system_long_wq, &vn->replay_work, 0);
}

static struct vnet_table *table_create(struct vnet *vnet, u32 id, u8 class)
{
	struct vnet_net *vn = vnet_net(dev_net(vnet->dev));
	static atomic64_t serial;
	struct vnet_table *table;

	table = vnet_try_alloc(kzalloc(sizeof(*table), GFP_KERNEL));
	if (!table)
		return NULL;
	table->id = id;
	table->serial = atomic64_inc_return(&serial);
	table->class = class;
	table->vnet = vnet;
	table->users = 1;
	vnet_mirror_init(&table->mirror[VNET_AF_IP4], table, AF_INET);
	vnet_mirror_init(&table->mirror[VNET_AF_IP6], table, AF_INET6);
	if (vnet_try(rhashtable_insert_fast(&vn->tables, &table->node, table_params))) {
		kfree(table);
		return NULL;
	}
	list_add_tail(&table->owned, &vnet->tables);
	mirror_start(vn, &table->mirror[VNET_AF_IP4]);
	mirror_start(vn, &table->mirror[VNET_AF_IP6]);
	return table;
}

static bool table_reserved(u32 id)
{
	return id == RT_TABLE_UNSPEC || id == RT_TABLE_COMPAT ||
	       id == RT_TABLE_DEFAULT || id == RT_TABLE_MAIN ||
	       id == RT_TABLE_LOCAL;
}

static const char *table_role(const struct vnet_table *table)
{
	static const char * const names[] = {
		[VNET_CLASS_SYSTEM] = "system",
		[VNET_CLASS_BGP] = "BGP",
		[VNET_CLASS_USER] = "user-defined",
	};

	return names[table->class];
}

struct vnet_table *vnet_fib_table_get(struct vnet *vnet, u32 id, u8 class,
				      struct netlink_ext_ack *extack)
{
	struct vnet_table *table;

	ASSERT_RTNL();

	if (table_reserved(id)) {
		VNET_ERR_FMT(extack, "Table %u is reserved by the kernel", id);
		return ERR_PTR(-EINVAL);
	}
	table = table_find(vnet_net(dev_net(vnet->dev)), id);
	if (!table) {
		table = table_create(vnet, id, class);
		return table ?: ERR_PTR(-ENOMEM);
	}
	if (table->vnet != vnet || table->class != class ||
	    class != VNET_CLASS_USER) {
		VNET_ERR_FMT(extack, "Table %u is the %s table of %s", id,
			     table_role(table), netdev_name(table->vnet->dev));
		return ERR_PTR(-EBUSY);
	}
	table->users++;
	return table;
}

/* To readers a table is live or it is not: it is emptied when none is left. */
static void table_unlink(struct vnet_table *table)
{
	struct vnet_net *vn = vnet_net(dev_net(table->vnet->dev));

	rhashtable_remove_fast(&vn->tables, &table->node, table_params);
	vnet_mirror_switch(&table->mirror[VNET_AF_IP4], false, false, false);
	vnet_mirror_switch(&table->mirror[VNET_AF_IP6], false, false, false);
}

static void table_free(struct vnet_table *table)
{
	list_del(&table->owned);
	vnet_mirror_destroy(&table->mirror[VNET_AF_IP4]);
	vnet_mirror_destroy(&table->mirror[VNET_AF_IP6]);
	kfree(table);
}

void vnet_fib_table_put(struct vnet_table *table)
{
	ASSERT_RTNL();

	if (--table->users)
		return;
	table_unlink(table);
	synchronize_net();
	table_free(table);
}

void vnet_fib_table_drop_all(struct vnet *vnet)
{
	struct vnet_table *table, *next;

	ASSERT_RTNL();

	if (list_empty(&vnet->tables))
		return;
	list_for_each_entry(table, &vnet->tables, owned)
		table_unlink(table);
	synchronize_net();
	list_for_each_entry_safe(table, next, &vnet->tables, owned)
		table_free(table);
}

struct vnet_table *vnet_fib_table_settle(struct vnet_net *vn,
					 struct vnet_table *table,
					 struct netlink_ext_ack *extack)
{
	unsigned long deadline = jiffies + SETTLE_TIMEOUT;
	u64 serial = table->serial;
	u32 id = table->id;

	while (!vnet_fib_table_live(table)) {
		if (time_after(jiffies, deadline)) {
			NL_SET_ERR_MSG_MOD(extack,
					   "Routing tables change too fast to be read");
			return ERR_PTR(-EBUSY);
		}
		rtnl_unlock();
		flush_delayed_work(&vn->replay_work);
		cond_resched();
		rtnl_lock();
		table = table_find(vn, id);
		if (!table || table->serial != serial) {
			NL_SET_ERR_MSG_MOD(extack, "The VNet has been deleted");
			return ERR_PTR(-ENODEV);
		}
	}
	return table;
}

int vnet_fib_table_check(const struct vnet_table *table,
			 struct netlink_ext_ack *extack)
{
	const struct vnet_mirror *mirror = &table->mirror[VNET_AF_IP4];

	if (!mirror->refused)
		mirror = &table->mirror[VNET_AF_IP6];
	if (!mirror->refused)
		return 0;
	if (mirror->refusal == -ENOSPC)
		VNET_ERR_FMT(extack, "Table %u is full: max_routes is %u, and %u are beyond it",
			     table->id, READ_ONCE(table->vnet->max_routes),
			     mirror->refused);
	else
		VNET_ERR_FMT(extack, "Table %u has %u routes that cannot be used: offload_failed",
			     table->id, mirror->refused);
	return mirror->refusal;
}

/* ---- Namespaces ---- */

/* The kernel reads its tables to us, which fails as long as they change more
 * often than that takes. Other modules that need namespaces have to wait with us.
 */
static int register_patiently(struct vnet_net *vn)
{
	unsigned int delay;
	int err;

	for (delay = 10; delay < 5000; delay *= 2) {
		err = register_fib_notifier(vn->net, &vn->fib_nb, NULL, NULL);
		if (err != -EBUSY)
			return err;
		msleep(delay);
	}
	pr_err("routing tables change too fast to follow them, try again later\n");
	return err;
}

int vnet_fib_init_net(struct vnet_net *vn)
{
	int err;

	err = vnet_try(rhashtable_init(&vn->tables, &table_params));
	if (err)
		return err;
	INIT_DELAYED_WORK(&vn->replay_work, replay_work);

	/* Last, so that nobody refuses a route after we have accepted it; the
	 * one for replay comes behind the other, as it registers later.
	 */
	vn->fib_nb.notifier_call = live_notify;
	vn->fib_nb.priority = INT_MIN;
	vn->replay_nb.notifier_call = replay_notify;
	vn->replay_nb.priority = INT_MIN;
	err = register_patiently(vn);
	if (err)
		rhashtable_destroy(&vn->tables);
	return err;
}

void vnet_fib_exit_net(struct vnet_net *vn)
{
	cancel_delayed_work_sync(&vn->replay_work);
	unregister_fib_notifier(vn->net, &vn->fib_nb);
	WARN_ON_ONCE(atomic_read(&vn->tables.nelems));
	rhashtable_destroy(&vn->tables);
}
