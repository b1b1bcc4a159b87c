/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_NETNS_H
#define TOOLS_NETNS_H

/* Sockets from now on are in namespace @name; what is open is not. */
void netns_enter(const char *name);

#endif
