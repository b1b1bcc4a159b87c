/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AS_PATH as bytes; for the codec. Others use what attr.h says of it. */
#ifndef BGP_AS_PATH_H
#define BGP_AS_PATH_H

#include "lib/buf.h"

enum as_segment_type {
	AS_SET = 1,
	AS_SEQUENCE = 2,
	AS_CONFED_SEQUENCE = 3,		/* RFC 5065 */
	AS_CONFED_SET = 4,
};

#define AS_SEGMENT_MAX	255		/* AS numbers in one segment */

struct as_segment {
	uint8_t type;
	uint8_t count;			/* AS numbers */
	struct rbuf as;			/* their bytes */
};

/* Split off one segment with AS numbers of @as_size (2 or 4) bytes. */
bool as_path_next(struct rbuf *path, unsigned int as_size,
		  struct as_segment *segment);

/**
 * as_path_check - RFC 7606 7.2 and RFC 7607
 * @confed: take confederation segments, which nobody outside of one may send
 *
 * Return: NULL, or a constant text that says what is malformed.
 */
const char *as_path_check(struct rbuf path, unsigned int as_size, bool confed);

/* RFC 4271 9.1.2.2 a): a set counts as one. */
uint32_t as_path_hops(struct rbuf path, unsigned int as_size);
/* The leftmost AS of a path with 4-octet numbers; 0: empty or a set. */
uint32_t as_path_first(struct rbuf path);
/* Whether an AS number does not fit into two octets. */
bool as_path_has_wide(struct rbuf path);

/* Append @path with its AS numbers changed in size; AS_TRANS if too big. */
void as_path_convert(struct wbuf *w, struct rbuf path, unsigned int from,
		     unsigned int to);
/**
 * as_path_merge - rebuild the path that an old speaker could not carry
 * @w: 4-octet result
 * @path: checked AS_PATH, 2-octet
 * @as4_path: checked AS4_PATH; its confederation segments are left out
 *
 * RFC 6793 4.2.3: what @path has in front of @as4_path, and @as4_path.
 */
void as_path_merge(struct wbuf *w, struct rbuf path, struct rbuf as4_path);
/* Append @path with @old, wherever it is, replaced by @new; 4-octet. */
void as_path_replace(struct wbuf *w, struct rbuf path, uint32_t old,
		     uint32_t new);
/* Append @path with @as in front; both 4-octet. */
void as_path_prepend(struct wbuf *w, struct rbuf path, uint32_t as);

#endif
