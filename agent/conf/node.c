// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/utf8.h"
#include "lib/util.h"

#define DEPTH_MAX	16
#define NODES_MAX	1000000
#define KEYS_MAX	64		/* of one mapping */
#define SHOWN_MAX	40		/* bytes of a key in an error */

struct reader {
	yaml_parser_t parser;
	const char *file;
	struct conf_error *err;
	size_t n_nodes;
};

/* What comes from the file must not move the cursor of who reads of it. */
static void make_printable(char *text)
{
	size_t len;

	for (; *text != '\0'; text += len) {
		len = utf8_printable_len((uint8_t *)text, strlen(text));
		if (len == 0)
			*text = '?';
		len = MAX(len, 1u);
	}
}

void conf_error_set(struct conf_error *err, const char *file,
		    struct conf_pos pos, const char *fmt, ...)
{
	size_t size = sizeof(err->text);
	va_list ap;
	int n;

	err->pos = pos;
	if (pos.line > 0)
		n = snprintf(err->text, size, "%s:%u:%u: ", file, pos.line,
			     pos.column);
	else
		n = snprintf(err->text, size, "%s: ", file);
	if (n >= 0 && (size_t)n < size) {
		va_start(ap, fmt);
		vsnprintf(err->text + n, size - n, fmt, ap);
		va_end(ap);
	}
	utf8_make_whole(err->text);
	make_printable(err->text);
}

static struct conf_pos mark_pos(yaml_mark_t mark)
{
	return (struct conf_pos){ mark.line + 1, mark.column + 1 };
}

static bool fail(struct reader *r, yaml_mark_t mark, const char *what)
{
	conf_error_set(r->err, r->file, mark_pos(mark), "%s", what);
	return false;
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
	yaml_parser_t *parser = &r->parser;
	yaml_mark_t mark;

	if (yaml_parser_parse(parser, event))
		return true;
	if (parser->error == YAML_MEMORY_ERROR)
		return fail(r, parser->mark, "out of memory");
	mark = parser->error == YAML_READER_ERROR ? parser->mark :
						    parser->problem_mark;
	conf_error_set(r->err, r->file, mark_pos(mark), "%s%s%s",
		       parser->context ? parser->context : "",
		       parser->context ? ": " : "",
		       parser->problem ? parser->problem : "not YAML");
	return false;
}

static bool read_node(struct reader *r, const yaml_event_t *event,
		      struct node *node, unsigned int depth);

static struct node *append(struct node *node)
{
	if (node->n == node->size) {
		node->size = MAX(node->size * 2, (size_t)4);
		node->child = xreallocarray(node->child, node->size,
					    sizeof(*node->child));
	}
	memset(&node->child[node->n], 0, sizeof(*node->child));
	return &node->child[node->n++];
}

/* The last child is a new key. */
static bool check_key(struct reader *r, const struct node *mapping)
{
	const struct node *key = &mapping->child[mapping->n - 1];
	size_t i;

	if (key->kind != NODE_SCALAR) {
		conf_error_set(r->err, r->file, key->pos,
			       "expected a key, got a list or mapping");
		return false;
	}
	if (mapping->n > 2 * KEYS_MAX) {
		conf_error_set(r->err, r->file, key->pos, "too many keys");
		return false;
	}
	for (i = 0; i + 1 < mapping->n; i += 2) {
		if (strcmp(mapping->child[i].text, key->text) != 0)
			continue;
		conf_error_set(r->err, r->file, key->pos,
			       "key \"%.*s\" is here twice, first in line %u",
			       (int)node_key_len(key), key->text,
			       mapping->child[i].pos.line);
		return false;
	}
	return true;
}

static bool read_children(struct reader *r, struct node *node,
			  yaml_event_type_t end, unsigned int depth)
{
	yaml_event_t event;
	bool ok = true;

	while (ok) {
		if (!next_event(r, &event))
			return false;
		if (event.type == end) {
			yaml_event_delete(&event);
			return true;
		}
		ok = read_node(r, &event, append(node), depth + 1);
		yaml_event_delete(&event);
		if (ok && node->kind == NODE_MAPPING && node->n % 2 == 1)
			ok = check_key(r, node);
	}
	return false;
}

static bool read_scalar(struct reader *r, const yaml_event_t *event,
			struct node *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	if (event->data.scalar.anchor)
		return fail(r, event->start_mark, "anchors are not supported");
	if (event->data.scalar.tag)
		return fail(r, event->start_mark, "tags are not supported");
	if (memchr(text, '\0', len))
		return fail(r, event->start_mark, "NUL in a value");
	node->text = xstrdup(text);
	node->span.start = event->start_mark.index;
	node->span.end = event->end_mark.index;
	node->one_line = event->start_mark.line == event->end_mark.line;
	return true;
}

static bool read_node(struct reader *r, const yaml_event_t *event,
		      struct node *node, unsigned int depth)
{
	const yaml_event_t *e = event;

	node->pos = mark_pos(event->start_mark);
	if (depth > DEPTH_MAX)
		return fail(r, event->start_mark, "nested too deeply");
	if (++r->n_nodes > NODES_MAX)
		return fail(r, event->start_mark, "too many values");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = NODE_SCALAR;
		return read_scalar(r, event, node);
	case YAML_SEQUENCE_START_EVENT:
		node->kind = NODE_LIST;
		if (e->data.sequence_start.anchor)
			return fail(r, e->start_mark,
				    "anchors are not supported");
		if (e->data.sequence_start.tag)
			return fail(r, e->start_mark,
				    "tags are not supported");
		return read_children(r, node, YAML_SEQUENCE_END_EVENT, depth);
	case YAML_MAPPING_START_EVENT:
		node->kind = NODE_MAPPING;
		if (e->data.mapping_start.anchor)
			return fail(r, e->start_mark,
				    "anchors are not supported");
		if (e->data.mapping_start.tag)
			return fail(r, e->start_mark,
				    "tags are not supported");
		return read_children(r, node, YAML_MAPPING_END_EVENT, depth);
	case YAML_ALIAS_EVENT:
		return fail(r, e->start_mark, "aliases are not supported");
	default:
		return fail(r, e->start_mark, "the file is empty");
	}
}

static bool skip_event(struct reader *r, yaml_event_type_t type,
		       const char *otherwise)
{
	yaml_event_t event;
	bool ok;

	if (!next_event(r, &event))
		return false;
	ok = event.type == type;
	if (!ok)
		fail(r, event.start_mark, otherwise);
	yaml_event_delete(&event);
	return ok;
}

static bool read_document(struct reader *r, struct node *root)
{
	yaml_event_t event;
	bool ok;

	if (!skip_event(r, YAML_STREAM_START_EVENT, "not YAML") ||
	    !skip_event(r, YAML_DOCUMENT_START_EVENT, "the file is empty") ||
	    !next_event(r, &event))
		return false;
	ok = read_node(r, &event, root, 0);
	yaml_event_delete(&event);
	return ok &&
	       skip_event(r, YAML_DOCUMENT_END_EVENT, "not YAML") &&
	       skip_event(r, YAML_STREAM_END_EVENT,
			  "expected one document, got another");
}

struct node *node_parse(const char *file, const void *text, size_t len,
			struct conf_error *err)
{
	struct reader r = { .file = file, .err = err };
	struct node *root;
	bool ok;

	if (!yaml_parser_initialize(&r.parser)) {
		conf_error_set(err, file, (struct conf_pos){ 0, 0 },
			       "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text, len);
	root = xcalloc(1, sizeof(*root));
	ok = read_document(&r, root);
	yaml_parser_delete(&r.parser);
	if (ok)
		return root;
	node_free(root);
	return NULL;
}

static void clear(struct node *node)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		clear(&node->child[i]);
	free(node->child);
	free(node->text);
}

void node_free(struct node *root)
{
	clear(root);
	free(root);
}

const struct node *node_find(const struct node *mapping, const char *key)
{
	size_t i;

	for (i = 0; mapping->kind == NODE_MAPPING && i < mapping->n; i += 2) {
		if (strcmp(mapping->child[i].text, key) == 0)
			return &mapping->child[i + 1];
	}
	return NULL;
}

const char *node_describe_kind(const struct node *node)
{
	if (node->kind != NODE_SCALAR)
		return node->kind == NODE_LIST ? "a list" : "a mapping";
	return node->text[0] == '\0' ? "nothing" : "one value";
}

const char *node_describe(const struct node *node, char *buf, size_t size)
{
	size_t n;

	if (node->kind != NODE_SCALAR || node->text[0] == '\0')
		return node_describe_kind(node);
	n = utf8_whole_len(node->text, size - sizeof("\"...\""));
	snprintf(buf, size, "\"%.*s%s\"", (int)n, node->text,
		 node->text[n] != '\0' ? "..." : "");
	return buf;
}

size_t node_key_len(const struct node *key)
{
	size_t word = strcspn(key->text, ":= \t");

	return utf8_whole_len(key->text, MIN(word, (size_t)SHOWN_MAX));
}
