/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_RIB_MAP_TEXT_H
#define UNIT_RIB_MAP_TEXT_H

#include "rib/rib.h"

/* A route map of these rules: lines as they stand below "rules:". */
struct rib_map *rib_map_from_text(const char *rules);

#endif
