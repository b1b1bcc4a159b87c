/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MAC addresses, as bytes. */
#ifndef LIB_MAC_H
#define LIB_MAC_H

#include <stdbool.h>
#include <stdint.h>

#define MAC_LEN		6
#define MAC_STRLEN	18		/* buffer for mac_format */

/* What VMs see of the virtual router. */
extern const uint8_t mac_of_router[MAC_LEN];

/* "02:00:00:00:00:04"; @out has no meaning if it is not that. */
bool mac_parse(const char *str, uint8_t *out);
/* Print into @buf (MAC_STRLEN). Returns @buf. */
const char *mac_format(const uint8_t *mac, char *buf);

bool mac_equal(const uint8_t *a, const uint8_t *b);
/* Whether it can be that of one interface. */
bool mac_is_unicast(const uint8_t *mac);

#endif
