// SPDX-License-Identifier: GPL-2.0-or-later

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/vectors.h"

struct piece {
	char name[32];
	size_t len;
	uint8_t data[512];
};

static struct piece pieces[32];
static unsigned int n_pieces;
static const char *file;
static unsigned int line_number;

static void die(const char *what)
{
	printf("Bail out! %s:%u: %s\n", file, line_number, what);
	exit(1);
}

static const struct piece *piece_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_pieces; i++)
		if (!strcmp(pieces[i].name, name))
			return &pieces[i];
	die("no such piece");
	return NULL;
}

static int digit(char c)
{
	if (!isxdigit((unsigned char)c))
		die("not hexadecimal");
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* "0a0b $piece 00*17": hex, named pieces, and repeated bytes. */
static size_t bytes_parse(const char *text, uint8_t *data, size_t size)
{
	struct wbuf w = wbuf_make(data, size);
	const struct piece *piece;
	unsigned int count;
	char word[128];
	char *star;
	int used;
	size_t i;

	for (; sscanf(text, " %127s%n", word, &used) == 1; text += used) {
		if (word[0] == '$') {
			piece = piece_find(word + 1);
			wbuf_copy(&w, piece->data, piece->len);
			continue;
		}
		star = strchr(word, '*');
		count = star ? atoi(star + 1) : 1;
		if (star)
			*star = '\0';
		while (count--)
			for (i = 0; word[i]; i += 2)
				wbuf_u8(&w, digit(word[i]) << 4 |
					    digit(word[i + 1]));
	}
	if (!wbuf_ok(&w))
		die("too many bytes");
	return w.len;
}

static void piece_add(const char *text)
{
	struct piece *piece = &pieces[n_pieces++];
	int used;

	if (n_pieces > 32 || sscanf(text, "%31s%n", piece->name, &used) != 1)
		die("bad piece");
	piece->len = bytes_parse(text + used, piece->data,
				 sizeof(piece->data));
}

static void input_add(struct vector *v, const char *text)
{
	struct vector_input *input = &v->input[v->n_inputs++];
	int used;

	if (v->n_inputs > VECTOR_INPUTS ||
	    sscanf(text, " %31s%n", input->keyword, &used) != 1)
		die("bad input");
	input->len = bytes_parse(text + used, input->data, VECTOR_BYTES);
}

static void finish(struct vector *v, vector_fn *fn)
{
	char got[VECTOR_TEXT] = "";

	if (!v->name[0])
		return;
	if (!v->expect[0])
		die("a case that expects nothing");
	fn(v, got);
	vector_result(!strcmp(got, v->expect), v, got);
	v->name[0] = '\0';
}

static void line_parse(struct vector *v, char *line, vector_fn *fn)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "let ", 4)) {
		piece_add(line + 4);
	} else if (line[0] == ' ' || line[0] == '\t') {
		input_add(v, line);
	} else if (line[0] == '=') {
		vector_say(v->expect, "%s\n", line + (line[1] == ' ' ? 2 : 1));
	} else if (line[0] && line[0] != '#') {
		finish(v, fn);
		snprintf(v->name, sizeof(v->name), "%.150s", line);
		v->n_inputs = 0;
		v->expect[0] = '\0';
	}
}

void vectors_run(const char *path, vector_fn *fn)
{
	static struct vector vector;
	char line[8192];
	FILE *f = fopen(path, "r");

	file = path;
	line_number = 0;
	n_pieces = 0;
	vector.name[0] = '\0';
	if (!f)
		die("cannot open");
	while (fgets(line, sizeof(line), f)) {
		line_number++;
		line_parse(&vector, line, fn);
	}
	finish(&vector, fn);
	fclose(f);
}

bool vector_has(const struct vector *v, const char *keyword)
{
	unsigned int i;

	for (i = 0; i < v->n_inputs; i++)
		if (!strcmp(v->input[i].keyword, keyword))
			return true;
	return false;
}

struct rbuf vector_bytes(const struct vector *v, const char *keyword)
{
	unsigned int i;

	for (i = 0; i < v->n_inputs; i++)
		if (!strcmp(v->input[i].keyword, keyword))
			return rbuf_make(v->input[i].data, v->input[i].len);
	return rbuf_make(NULL, 0);
}

void vector_say_hex(char *out, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		vector_say(out, "%02x", p[i]);
}
