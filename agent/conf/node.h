/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML file as a tree of scalars, lists and mappings with their places.
 * What we accept is the plain part of YAML: one document, no anchors, aliases
 * or tags, no key twice. Every scalar is text; what it means is for the
 * schema to say (so "no" and 010 surprise nobody).
 */
#ifndef CONF_NODE_H
#define CONF_NODE_H

#include "conf/conf.h"

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAPPING,
};

struct node {
	enum node_kind kind;
	struct conf_pos pos;
	char *text;			/* of a scalar */
	struct conf_span span;		/* of a scalar */
	bool one_line;
	struct node *child;		/* elements; for a mapping key, value,
					 * key, value */
	size_t n, size;			/* children */
};

/* Fill @err; the text gets FILE:LINE:COLUMN in front. */
void conf_error_set(struct conf_error *err, const char *file,
		    struct conf_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Parse; NULL with @err on error. */
struct node *node_parse(const char *file, const void *text, size_t len,
			struct conf_error *err);
void node_free(struct node *root);

/* The value of a mapping's key; NULL if it has none. */
const struct node *node_find(const struct node *mapping, const char *key);

/* For "got ...": quoted and cut, or what kind of node it is. */
const char *node_describe(const struct node *node, char *buf, size_t size);
#define NODE_DESCRIBE_LEN	64

/* The same without its text, where that may be a secret in a wrong place. */
const char *node_describe_kind(const struct node *node);

/*
 * How much of a key an error text has. "md5-key:secret" is a key: what is
 * behind a word is left out.
 */
size_t node_key_len(const struct node *key);

#endif
