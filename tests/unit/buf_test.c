// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "ktap.h"
#include "lib/buf.h"

static void test_read(void)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct rbuf r = rbuf_make(bytes, sizeof(bytes)), before, sub;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	ktap_ok(rbuf_u8(&r, &u8) && u8 == 1, "u8");
	ktap_ok(rbuf_u16(&r, &u16) && u16 == 0x0203, "u16");
	ktap_ok(rbuf_u32(&r, &u32) && u32 == 0x04050607, "u32");
	before = r;
	ktap_ok(!rbuf_u32(&r, &u32) && u32 == 0x04050607 &&
		r.pos == before.pos && r.left == 2,
		"a read beyond the end moves and changes nothing");
	ktap_ok(!rbuf_sub(&r, 3, &sub) && !rbuf_skip(&r, 3) && r.left == 2,
		"neither do sub and skip");
	ktap_ok(!rbuf_skip(&r, SIZE_MAX) && r.left == 2, "nor the longest");
	ktap_ok(rbuf_sub(&r, 2, &sub) && !r.left && sub.left == 2 &&
		sub.pos[1] == 9, "sub");
	r = rbuf_make(NULL, 0);
	ktap_ok(!rbuf_u8(&r, &u8) && rbuf_sub(&r, 0, &sub) && !sub.left,
		"nothing can be read from nothing");
}

static void test_write(void)
{
	static const uint8_t four[] = { 1, 2, 3, 4 };
	uint8_t bytes[12];
	struct wbuf w = wbuf_make(bytes, 8);
	size_t outer, inner;

	memset(bytes, 0xee, sizeof(bytes));
	outer = wbuf_reserve(&w, 2);
	wbuf_u8(&w, 1);
	inner = wbuf_reserve(&w, 1);
	wbuf_u16(&w, 0x0304);
	wbuf_u8(&w, 9);
	wbuf_fill_u8(&w, inner);
	wbuf_fill_u16(&w, outer);
	ktap_ok(wbuf_ok(&w) && w.len == 7 && wbuf_room(&w) == 1,
		"what fits is written");
	ktap_ok(bytes[1] == 5 && bytes[3] == 3 && bytes[4] == 3,
		"lengths count what is behind them");
	wbuf_u16(&w, 1);
	ktap_ok(!wbuf_ok(&w) && w.len == 7, "what does not fit is an error");
	wbuf_u8(&w, 1);
	wbuf_set_u16(&w, 0, 0xffff);
	ktap_ok(w.len == 7 && bytes[0] == 0, "and nothing is written after it");
	ktap_ok(bytes[7] == 0xee && bytes[8] == 0xee, "or behind the end");
	w = wbuf_make(bytes, 4);
	wbuf_rbuf(&w, rbuf_make(four, 4));
	ktap_ok(wbuf_ok(&w) && !wbuf_room(&w) && bytes[3] == 4,
		"the last byte can be used");
	w = wbuf_make(NULL, 0);
	wbuf_copy(&w, NULL, 0);
	ktap_ok(wbuf_ok(&w), "nothing fits into nothing");
}

static void test_fill(void)
{
	static uint8_t bytes[70000];
	struct wbuf w = wbuf_make(bytes, sizeof(bytes));
	size_t at = wbuf_reserve(&w, 1);

	wbuf_reserve(&w, 255);
	wbuf_fill_u8(&w, at);
	ktap_ok(wbuf_ok(&w) && bytes[0] == 255, "255 bytes have a length");
	wbuf_u8(&w, 0);
	wbuf_fill_u8(&w, at);
	ktap_ok(!wbuf_ok(&w), "256 do not");
	w = wbuf_make(bytes, sizeof(bytes));
	at = wbuf_reserve(&w, 2);
	wbuf_reserve(&w, 65535);
	wbuf_fill_u16(&w, at);
	ktap_ok(wbuf_ok(&w) && bytes[0] == 255 && bytes[1] == 255,
		"65535 bytes have a length of two");
	wbuf_u8(&w, 0);
	wbuf_fill_u16(&w, at);
	ktap_ok(!wbuf_ok(&w), "65536 do not");
}

int main(void)
{
	ktap_start();
	test_read();
	test_write();
	test_fill();
	return ktap_finish();
}
