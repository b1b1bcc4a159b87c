/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only two ways protocol code touches bytes.
 *
 * rbuf, a bounded read cursor: every get returns false and moves nothing when
 * too little is left. wbuf, a writer with a sticky error: once something did
 * not fit, all later writes are void, and one wbuf_ok() at the end tells.
 * Numbers are in network byte order on the wire, host byte order in C.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rbuf {
	const uint8_t *pos;		/* next byte */
	size_t left;			/* bytes from pos to the end */
};

static inline struct rbuf rbuf_make(const void *data, size_t len)
{
	return (struct rbuf){ .pos = data, .left = len };
}

bool rbuf_u8(struct rbuf *r, uint8_t *value);
bool rbuf_u16(struct rbuf *r, uint16_t *value);
bool rbuf_u32(struct rbuf *r, uint32_t *value);
bool rbuf_skip(struct rbuf *r, size_t len);
/* Split the next @len bytes off into a cursor of their own. */
bool rbuf_sub(struct rbuf *r, size_t len, struct rbuf *sub);

struct wbuf {
	uint8_t *data;			/* start of the caller's memory */
	size_t len;			/* bytes written */
	size_t size;			/* bytes available */
	bool failed;			/* something did not fit */
};

static inline struct wbuf wbuf_make(void *data, size_t size)
{
	return (struct wbuf){ .data = data, .size = size };
}

void wbuf_u8(struct wbuf *w, uint8_t value);
void wbuf_u16(struct wbuf *w, uint16_t value);
void wbuf_u32(struct wbuf *w, uint32_t value);
void wbuf_copy(struct wbuf *w, const void *src, size_t len);
/* Append what is left in @r. */
void wbuf_rbuf(struct wbuf *w, struct rbuf r);

/*
 * A length field that is known only later: reserve it, write what it counts,
 * then fill it with the number of bytes written behind it.
 */
size_t wbuf_reserve(struct wbuf *w, size_t len);
void wbuf_fill_u8(struct wbuf *w, size_t at);
void wbuf_fill_u16(struct wbuf *w, size_t at);
/* Overwrite two bytes at @at. */
void wbuf_set_u16(struct wbuf *w, size_t at, uint16_t value);

static inline size_t wbuf_room(const struct wbuf *w)
{
	return w->size - w->len;
}

static inline bool wbuf_ok(const struct wbuf *w)
{
	return !w->failed;
}

#endif
