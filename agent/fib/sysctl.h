/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the kernel that many routes want. */
#ifndef FIB_SYSCTL_H
#define FIB_SYSCTL_H

/*
 * Set them where that is permitted, as in most containers it is not: what goes
 * on without them takes longer. Before the file system is taken away.
 */
void sysctl_tune(void);

#endif
