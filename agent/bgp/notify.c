// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <string.h>

#include "bgp/msg.h"
#include "bgp/notify.h"
#include "lib/utf8.h"
#include "lib/util.h"

void bgp_notify_build(struct wbuf *w, const struct bgp_error *err)
{
	size_t begin = bgp_msg_begin(w, BGP_MSG_NOTIFICATION);

	wbuf_u8(w, err->code);
	wbuf_u8(w, err->subcode);
	wbuf_copy(w, err->data, err->data_len);
	bgp_msg_end(w, begin);
}

/* RFC 9003 2: the Ceases that carry a text. */
static bool carries_text(const struct bgp_error *err)
{
	return err->code == BGP_ERR_CEASE &&
	       (err->subcode == BGP_CEASE_ADMIN_SHUTDOWN ||
		err->subcode == BGP_CEASE_ADMIN_RESET);
}

/*
 * The peer's text into @buf, cut to fit. It ends up in logs, JSON and on
 * terminals, so what is not printable UTF-8 becomes '?'.
 */
static void copy_text(const struct bgp_error *err, char *buf, size_t size)
{
	struct rbuf r = rbuf_make(err->data, err->data_len);
	struct wbuf w = wbuf_make(buf, size - 1);
	struct rbuf text;
	uint8_t announced;
	size_t len;

	buf[0] = '\0';
	if (!carries_text(err) || !rbuf_u8(&r, &announced) ||
	    !rbuf_sub(&r, announced, &text))
		return;
	while (text.left) {
		len = utf8_printable_len(text.pos, text.left);
		if (wbuf_room(&w) < MAX(len, 1u))
			break;
		if (len)
			wbuf_copy(&w, text.pos, len);
		else
			wbuf_u8(&w, '?');
		rbuf_skip(&text, MAX(len, 1u));
	}
	buf[w.len] = '\0';
}

/* "Cease, Administrative Shutdown: "back at noon"" */
static void describe(struct bgp_error *err)
{
	const char *sub = bgp_error_subcode_name(err->code, err->subcode);
	struct bgp_error inner = { .code = 0 };
	char text[BGP_SHUTDOWN_TEXT_MAX + 1];
	char number[16] = "";

	/* RFC 8538 3: the error that is meant is inside. */
	if (err->code == BGP_ERR_CEASE &&
	    err->subcode == BGP_CEASE_HARD_RESET && err->data_len >= 2) {
		inner.code = err->data[0];
		inner.subcode = err->data[1];
		inner.data_len = err->data_len - 2;
		memcpy(inner.data, err->data + 2, inner.data_len);
	}
	if (inner.code && inner.subcode != BGP_CEASE_HARD_RESET) {
		describe(&inner);
		snprintf(err->text, sizeof(err->text), "%.380s (hard reset)",
			 inner.text);
		return;
	}
	copy_text(err, text, sizeof(text));
	if (!*sub && err->subcode)
		snprintf(number, sizeof(number), "subcode %u", err->subcode);
	snprintf(err->text, sizeof(err->text), "%s%s%s%s%s%s%s",
		 bgp_error_code_name(err->code), err->subcode ? ", " : "",
		 sub, number, *text ? ": \"" : "", text, *text ? "\"" : "");
}

void bgp_notify_parse(struct rbuf body, struct bgp_error *err)
{
	struct rbuf r = body;
	uint8_t code = 0, subcode = 0;

	if (rbuf_u8(&r, &code))
		rbuf_u8(&r, &subcode);
	bgp_error_set(err, code, subcode, r.pos, r.left, "%s", "");
	describe(err);
}

/* The length of @text, cut so that no UTF-8 sequence is. */
static size_t text_len(const char *text)
{
	size_t len = strlen(text);

	if (len <= BGP_SHUTDOWN_TEXT_MAX)
		return len;
	len = BGP_SHUTDOWN_TEXT_MAX;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void bgp_notify_cease(struct bgp_error *err, enum bgp_cease subcode,
		      const char *text)
{
	uint8_t data[1 + BGP_SHUTDOWN_TEXT_MAX];
	struct wbuf w = wbuf_make(data, sizeof(data));
	size_t len;

	bgp_error_set(err, BGP_ERR_CEASE, subcode, NULL, 0, "%s", "");
	if (text && *text && carries_text(err)) {
		len = text_len(text);
		wbuf_u8(&w, len);
		wbuf_copy(&w, text, len);
		bgp_error_set(err, BGP_ERR_CEASE, subcode, data, w.len,
			      "%s", "");
	}
	describe(err);
}
