/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/debug/vnet/: inner state of the module, for people who debug it.
 *
 *	fault/<name>		write 1: that step fails from now on, 0: no more
 *	fault/alloc_nth		write N: the Nth allocation of the module from now on fails,
 *				once; reads how many are left
 *	<netns inode>:<VNI>/	a VNet: mirrors, spaces, subnets, nics, next_hops
 *
 * There is no interface promise for anything here.
 */
#ifndef _VNET_DEBUGFS_H
#define _VNET_DEBUGFS_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct vnet;

/* Steps that can be made to fail as if there were no memory */
enum vnet_fault {
	VNET_FAULT_ROUTE_ADD,	/* inserting a route into a mirror */
	VNET_FAULT_NEXTHOP_ADD,	/* mirroring a next-hop object */
	VNET_FAULT_PORT_ADD,	/* the last step of enslaving a NIC */
	__VNET_FAULT_LAST
};

#ifdef CONFIG_DEBUG_FS

extern bool vnet_debugfs_faults[__VNET_FAULT_LAST];

static inline bool vnet_debugfs_fault(enum vnet_fault fault)
{
	return unlikely(READ_ONCE(vnet_debugfs_faults[fault]));
}

extern atomic_t vnet_debugfs_alloc_nth;

/* Is this the allocation that is to fail? Any context. */
static inline bool vnet_debugfs_fault_alloc(void)
{
	return unlikely(atomic_read(&vnet_debugfs_alloc_nth)) &&
	       !atomic_dec_if_positive(&vnet_debugfs_alloc_nth);
}

void vnet_debugfs_init(void);
void vnet_debugfs_uninit(void);

/* Under RTNL: a VNet that has been registered, and one before it goes. Neither
 * can fail in a way the caller needs to know.
 */
void vnet_debugfs_add(struct vnet *vnet);
void vnet_debugfs_del(struct vnet *vnet);

#else

static inline bool vnet_debugfs_fault(enum vnet_fault fault)
{
	return false;
}

static inline bool vnet_debugfs_fault_alloc(void)
{
	return false;
}

static inline void vnet_debugfs_init(void) {}
static inline void vnet_debugfs_uninit(void) {}
static inline void vnet_debugfs_add(struct vnet *vnet) {}
static inline void vnet_debugfs_del(struct vnet *vnet) {}

#endif

/**
 * vnet_try_alloc() - an allocation that can be made to fail
 * @alloc: an expression that allocates, which is not evaluated if it is to fail
 *
 * Every allocation of the module is made in this or in vnet_try(), but for what the
 * fast path seldom allocates, and for the inner ones of vnet_lpm_insert(), which
 * unit tests let fail one by one.
 *
 * Context: that of @alloc.
 * Return: what @alloc returns; NULL if it is to fail
 */
#define vnet_try_alloc(alloc)	(vnet_debugfs_fault_alloc() ? NULL : (alloc))

/* The same of what allocates and returns 0 or an error, which is -ENOMEM then */
#define vnet_try(call)		(vnet_debugfs_fault_alloc() ? -ENOMEM : (call))

#endif /* _VNET_DEBUGFS_H */
