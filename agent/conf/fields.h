/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the configuration, as tables that schema.c goes by. */
#ifndef CONF_FIELDS_H
#define CONF_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_NAME,			/* char *, letters digits . _ - */
	KIND_PATH,			/* char *, absolute */
	KIND_SECRET,			/* char *, never in an error text */
	KIND_MESSAGE,			/* char *, for people */
	KIND_DEVICE,			/* char[IFNAMSIZ] */
	KIND_U16,
	KIND_U32,
	KIND_BOOL,
	KIND_ADDR,			/* struct addr */
	KIND_PREFIX,			/* struct prefix */
	KIND_MAC,			/* uint8_t[6] */
	KIND_NH_TYPE,			/* enum conf_nh_type */
	KIND_WORD,			/* unsigned int, index of .words */
	KIND_COMMUNITY,			/* uint32_t, 65001:1 */
	KIND_LIST,			/* pointer and count */
	KIND_STRUCT,			/* pointer, NULL if not there */
};

struct schema;

struct field {
	const char *key;
	enum kind kind;
	size_t offset;			/* in the struct */
	bool required;
	uint32_t min, max;		/* U16, U32 */
	uint32_t def;			/* U16, U32, BOOL */
	const struct schema *sub;	/* LIST, STRUCT */
	size_t count;			/* LIST: offset of a size_t */
	size_t has;			/* MAC: offset of a bool */
	const char *const *words;	/* WORD; the first is the default */
};

/* A struct, and the fields that it is written as. */
struct schema {
	const char *noun;		/* "neighbor", for errors */
	const char *label;		/* key that names one, NULL: none */
	size_t size;
	size_t pos;			/* offset of a struct conf_pos */
	const struct field *fields;
	size_t n_fields;
	bool scalar;			/* written as the one field's value */
};

#define NO_POS	SIZE_MAX

extern const struct schema fields_root;

#endif
