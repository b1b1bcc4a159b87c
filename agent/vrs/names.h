/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every text a user sees for a number of uapi/linux/vnet.h. */
#ifndef VRS_NAMES_H
#define VRS_NAMES_H

/* Azure's words */
const char *names_source(unsigned int route_class);
const char *names_state(unsigned int state);
const char *names_hop_type(unsigned int type);
/* Ours */
const char *names_class(unsigned int route_class);
const char *names_mirror_state(unsigned int state);
/* As "vrs subnet set" takes it. */
const char *names_propagation(unsigned int subnet_flags);
const char *names_peering_state(unsigned int state);
/* Why a route is not used; NULL if it is. */
const char *names_reason(unsigned int reason);
/* Why a packet is dropped; NULL if it is not. */
const char *names_drop(unsigned int drop);

#endif
