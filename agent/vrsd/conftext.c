// SPDX-License-Identifier: GPL-2.0-or-later
#include "vrsd/conftext.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/proc.h"

static char *text;
static size_t text_len;

void conftext_add(const void *piece, size_t len)
{
	if (len > CONF_SIZE_MAX - text_len)
		proc_violation(PROC_PARENT, MSG_CONF_TEXT);
	text = xreallocarray(text, 1, text_len + len);
	memcpy(text + text_len, piece, len);
	text_len += len;
}

struct conf *conftext_end(void)
{
	struct conf *conf;
	struct conf_error err;

	conf = conf_parse("configuration", text, text_len, &err);
	if (!conf)
		fatalx("the parent sent what it cannot have accepted: %s",
		       err.text);
	free(text);
	text = NULL;
	text_len = 0;
	return conf;
}
