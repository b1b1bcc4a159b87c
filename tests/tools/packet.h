/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_PACKET_H
#define TOOLS_PACKET_H

#include <stdint.h>

/* A packet socket on @device; the device's own MAC address goes to @mac. */
int packet_open(const char *device, uint8_t *mac);

#endif
