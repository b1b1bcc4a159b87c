/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are shown to people. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * utf8_printable_len - the character at the beginning of a text
 * @left: bytes there are, at least one
 *
 * Return: its bytes, if it is well-formed and prints; 0 else. Control
 * characters do not, neither the 7-bit ones nor U+0080 to U+009F.
 */
size_t utf8_printable_len(const uint8_t *text, size_t left);
/* Whether all of a string prints. */
bool utf8_printable(const char *text);

/**
 * utf8_whole_len - where to cut a text, so that no half a character is left
 * @max: bytes that it may have
 *
 * Return: its bytes, without those of a last character that is not whole.
 */
size_t utf8_whole_len(const char *text, size_t max);
/* Take half a character away that snprintf() has left at the end. */
void utf8_make_whole(char *text);

#endif
