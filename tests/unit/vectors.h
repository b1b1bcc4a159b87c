/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test vectors from text files:
 *
 *	# a comment
 *	let path 40 02 06 02 01 00 00 fd e9	a piece to use as $path
 *
 *	A case's name
 *	  attrs $path 40 01 01 00		keyword and bytes in hex
 *	  as2					or a keyword alone
 *	= what the program under test
 *	= must say of it, line by line
 */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/buf.h"

#define VECTOR_INPUTS	8
#define VECTOR_BYTES	70000
#define VECTOR_TEXT	4096

struct vector {
	char name[160];
	unsigned int n_inputs;
	struct vector_input {
		char keyword[32];
		size_t len;
		uint8_t data[VECTOR_BYTES];
	} input[VECTOR_INPUTS];
	char expect[VECTOR_TEXT];	/* lines, each with its newline */
};

/* Write into @out (VECTOR_TEXT) what becomes of @vector. */
typedef void vector_fn(const struct vector *vector, char *out);

/* Run all cases of a file, each as one KTAP result. */
void vectors_run(const char *path, vector_fn *fn);

bool vector_has(const struct vector *vector, const char *keyword);
/* The bytes of a keyword; none if it is not there. */
struct rbuf vector_bytes(const struct vector *vector, const char *keyword);

/* Append to @out. */
__attribute__((format(printf, 2, 3)))
static inline void vector_say(char *out, const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, VECTOR_TEXT - len, fmt, ap);
	va_end(ap);
}

void vector_say_hex(char *out, const void *data, size_t len);

/* Provided by the program: a KTAP result. */
void vector_result(bool ok, const struct vector *vector, const char *got);

#endif
