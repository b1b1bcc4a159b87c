// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "lib/buf.h"

bool rbuf_skip(struct rbuf *r, size_t len)
{
	if (r->left < len)
		return false;
	r->pos += len;
	r->left -= len;
	return true;
}

bool rbuf_u8(struct rbuf *r, uint8_t *value)
{
	const uint8_t *p = r->pos;

	if (!rbuf_skip(r, 1))
		return false;
	*value = p[0];
	return true;
}

bool rbuf_u16(struct rbuf *r, uint16_t *value)
{
	const uint8_t *p = r->pos;

	if (!rbuf_skip(r, 2))
		return false;
	*value = p[0] << 8 | p[1];
	return true;
}

bool rbuf_u32(struct rbuf *r, uint32_t *value)
{
	const uint8_t *p = r->pos;

	if (!rbuf_skip(r, 4))
		return false;
	*value = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	return true;
}

bool rbuf_sub(struct rbuf *r, size_t len, struct rbuf *sub)
{
	const uint8_t *p = r->pos;

	if (!rbuf_skip(r, len))
		return false;
	*sub = rbuf_make(p, len);
	return true;
}

/* Room for @len bytes, or NULL and an error that sticks. */
static uint8_t *wbuf_grow(struct wbuf *w, size_t len)
{
	uint8_t *p;

	if (w->failed || wbuf_room(w) < len) {
		w->failed = true;
		return NULL;
	}
	p = w->data + w->len;
	w->len += len;
	return p;
}

void wbuf_u8(struct wbuf *w, uint8_t value)
{
	uint8_t *p = wbuf_grow(w, 1);

	if (p)
		p[0] = value;
}

static void put_u16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

void wbuf_u16(struct wbuf *w, uint16_t value)
{
	uint8_t *p = wbuf_grow(w, 2);

	if (p)
		put_u16(p, value);
}

void wbuf_u32(struct wbuf *w, uint32_t value)
{
	uint8_t *p = wbuf_grow(w, 4);

	if (p) {
		put_u16(p, value >> 16);
		put_u16(p + 2, value);
	}
}

void wbuf_copy(struct wbuf *w, const void *src, size_t len)
{
	uint8_t *p = wbuf_grow(w, len);

	if (p && len)
		memcpy(p, src, len);
}

void wbuf_rbuf(struct wbuf *w, struct rbuf r)
{
	wbuf_copy(w, r.pos, r.left);
}

size_t wbuf_reserve(struct wbuf *w, size_t len)
{
	size_t at = w->len;
	uint8_t *p = wbuf_grow(w, len);

	if (p && len)
		memset(p, 0, len);
	return at;
}

void wbuf_set_u16(struct wbuf *w, size_t at, uint16_t value)
{
	if (!w->failed)
		put_u16(w->data + at, value);
}

void wbuf_fill_u8(struct wbuf *w, size_t at)
{
	size_t len;

	if (w->failed)
		return;
	len = w->len - at - 1;
	if (len > UINT8_MAX)
		w->failed = true;
	else
		w->data[at] = len;
}

void wbuf_fill_u16(struct wbuf *w, size_t at)
{
	size_t len;

	if (w->failed)
		return;
	len = w->len - at - 2;
	if (len > UINT16_MAX)
		w->failed = true;
	else
		put_u16(w->data + at, len);
}
