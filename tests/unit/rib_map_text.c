// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "ktap.h"
#include "unit/rib_map_text.h"

struct rib_map *rib_map_from_text(const char *rules)
{
	struct conf_error err = { .text = "" };
	struct rib_map *map;
	struct conf *conf;
	char text[5000];

	snprintf(text, sizeof(text),
		 "vnets: []\nroute-maps:\n  - name: m\n    rules:\n%s", rules);
	conf = conf_parse("map", text, strlen(text), &err);
	if (!conf)
		printf("# %s\n", err.text);
	ktap_must(conf);
	map = rib_map_new(&conf->maps[0]);
	conf_free(conf);
	return map;
}
