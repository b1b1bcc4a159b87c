/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of communities as bytes; for the codec. */
#ifndef BGP_COMMUNITY_H
#define BGP_COMMUNITY_H

#include <stdbool.h>

#include "lib/buf.h"

#define COMMUNITY_LEN		4	/* RFC 1997 */
#define EXT_COMMUNITY_LEN	8	/* RFC 4360 */
#define EXT_COMMUNITY_NON_TRANSITIVE	0x40	/* in its first byte */
#define LARGE_COMMUNITY_LEN	12	/* RFC 8092 */

/**
 * community_sort - the canonical form: ascending, each once
 * @w: where the result goes
 * @list: a whole number of elements
 * @len: bytes of an element
 *
 * Return: the result.
 */
struct rbuf community_sort(struct wbuf *w, struct rbuf list, size_t len);
/* Append the extended ones that may leave the AS (RFC 4360 6). */
struct rbuf ext_community_transitive(struct wbuf *w, struct rbuf list);
/* Whether a list is in canonical form. */
bool community_sorted(struct rbuf list, size_t len);

#endif
