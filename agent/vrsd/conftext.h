/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as the parent sends it to a process that needs all of it:
 * in pieces, and accepted by the parent before.
 */
#ifndef VRSD_CONFTEXT_H
#define VRSD_CONFTEXT_H

#include <stddef.h>

struct conf;

/* MSG_CONF_TEXT: the next piece. */
void conftext_add(const void *text, size_t len);
/* MSG_CONF_END: what came, to be freed with conf_free(). */
struct conf *conftext_end(void);

#endif
