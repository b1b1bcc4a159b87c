// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/schema.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/fields.h"
#include "lib/mac.h"
#include "lib/utf8.h"
#include "lib/util.h"

/* Where we are: 'vnet "blue": neighbor "sdwan": '. */
struct place {
	const struct place *up;
	const char *noun;
	const char *key;
	const char *name;
	size_t index;			/* from 1, if there is no name */
};

/* ---- errors ---------------------------------------------------------- */

#define NAME_SHOWN	63		/* bytes of it */

static void format_place(const struct place *at, char *buf, size_t size)
{
	size_t n;

	if (!at)
		return;
	format_place(at->up, buf, size);
	n = strlen(buf);
	if (at->key)
		snprintf(buf + n, size - n, "%s: ", at->key);
	else if (at->name)
		snprintf(buf + n, size - n, "%s \"%.*s\": ", at->noun,
			 (int)utf8_whole_len(at->name, NAME_SHOWN), at->name);
	else if (at->index > 0)
		snprintf(buf + n, size - n, "%s %zu: ", at->noun, at->index);
	else if (at->noun)
		snprintf(buf + n, size - n, "%s: ", at->noun);
}

static bool fail(struct schema_reader *r, const struct place *at,
		 struct conf_pos pos, const char *what)
{
	char where[300] = "";

	format_place(at, where, sizeof(where));
	conf_error_set(r->err, r->file, pos, "%s%s", where, what);
	return false;
}

/* "expected ..., got ...". */
static bool unexpected(struct schema_reader *r, const struct place *at,
		       const struct node *node, const char *expected)
{
	char got[NODE_DESCRIBE_LEN], what[256];

	snprintf(what, sizeof(what), "expected %s, got %s", expected,
		 node_describe(node, got, sizeof(got)));
	return fail(r, at, node->pos, what);
}

/* A text in the place of a list or mapping may be a key: it is not shown. */
static bool unexpected_kind(struct schema_reader *r, const struct place *at,
			    const struct node *node, const char *expected)
{
	char what[64];

	snprintf(what, sizeof(what), "expected %s, got %s", expected,
		 node_describe_kind(node));
	return fail(r, at, node->pos, what);
}

static void remember(struct schema_reader *r, const void *member,
		     struct conf_pos pos)
{
	if (r->n_places == r->size_places) {
		r->size_places = MAX(r->size_places * 2, (size_t)64);
		r->place = xreallocarray(r->place, r->size_places,
					 sizeof(*r->place));
	}
	r->place[r->n_places++] = (struct schema_place){ member, pos };
}

/* ---- scalars --------------------------------------------------------- */

static bool parse_number(const char *text, uint32_t min, uint32_t max,
			 uint32_t *out)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!isdigit((unsigned char)text[i]) || i == 10)
			return false;
		value = value * 10 + text[i] - '0';
	}
	if (i == 0 || value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* The kernel makes another name of one with a %. */
static bool parse_device(const char *text, char *out)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (strchr("/:%", text[i]) ||
		    !isgraph((unsigned char)text[i]) || i + 1 == IFNAMSIZ)
			return false;
	}
	if (i == 0 || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	memcpy(out, text, i + 1);
	return true;
}

static bool valid_name(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!isalnum((unsigned char)text[i]) &&
		    !strchr("._-", text[i]))
			return false;
	}
	return i > 0 && i <= CONF_NAME_MAX;
}

static bool parse_nh_type(const char *text, enum conf_nh_type *out)
{
	enum conf_nh_type type;

	for (type = CONF_NH_VIRTUAL_APPLIANCE; type <= CONF_NH_NONE; type++) {
		if (strcmp(text, conf_nh_type_name(type)) == 0) {
			*out = type;
			return true;
		}
	}
	return false;
}

/* "65001:1" */
static bool read_community(struct schema_reader *r, const struct place *at,
			   const struct node *node, uint32_t *member)
{
	const char *colon = strchr(node->text, ':');
	uint32_t high, low;
	char text[8] = "";

	if (colon && colon - node->text < (ptrdiff_t)sizeof(text)) {
		memcpy(text, node->text, colon - node->text);
		if (parse_number(text, 0, UINT16_MAX, &high) &&
		    parse_number(colon + 1, 0, UINT16_MAX, &low)) {
			*member = high << 16 | low;
			return true;
		}
	}
	return unexpected(r, at, node, "a community as 65001:1");
}

static bool read_word(struct schema_reader *r, const struct place *at,
		      const struct field *field, const struct node *node,
		      unsigned int *member)
{
	char expected[160];
	size_t n = 0;
	unsigned int i;

	for (i = 0; field->words[i]; i++) {
		if (strcmp(node->text, field->words[i]) == 0) {
			*member = i;
			return true;
		}
		n += snprintf(expected + n, sizeof(expected) - n, "%s%s",
			      i == 0 ? "" : field->words[i + 1] ? ", " :
			      " or ", field->words[i]);
	}
	return unexpected(r, at, node, expected);
}

static bool read_number(struct schema_reader *r, const struct place *at,
			const struct field *field, const struct node *node,
			void *member)
{
	char expected[64];
	uint32_t value;

	if (parse_number(node->text, field->min, field->max, &value)) {
		if (field->kind == KIND_U16)
			*(uint16_t *)member = value;
		else
			*(uint32_t *)member = value;
		return true;
	}
	snprintf(expected, sizeof(expected), "%u..%u", field->min,
		 field->max);
	return unexpected(r, at, node, expected);
}

/* lib's texts say what is wrong with an address or prefix. */
static bool read_with(struct schema_reader *r, const struct place *at,
		      const struct node *node, const char *expected,
		      const char *problem)
{
	char text[160];

	if (!problem)
		return true;
	snprintf(text, sizeof(text), "%s (%s)", expected, problem);
	return unexpected(r, at, node, text);
}

static bool read_bool(struct schema_reader *r, const struct place *at,
		      const struct node *node, bool *member)
{
	*member = strcmp(node->text, "true") == 0;
	return *member || strcmp(node->text, "false") == 0 ||
	       unexpected(r, at, node, "true or false");
}

static bool printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

/* What is not one may be the key that was to be in the file: not shown. */
static bool read_path(struct schema_reader *r, const struct place *at,
		      const struct node *node, char **member)
{
	if (node->text[0] != '/' || strlen(node->text) >= PATH_MAX ||
	    !printable(node->text))
		return fail(r, at, node->pos, "expected an absolute path");
	*member = xstrdup(node->text);
	return true;
}

static bool read_secret(struct schema_reader *r, const struct place *at,
			const struct node *node, char **member)
{
	size_t len = strlen(node->text);

	if (len == 0 || len > CONF_KEY_MAX || !printable(node->text) ||
	    !node->one_line)
		return fail(r, at, node->pos, "expected 1 to 80 printable "
			    "characters on one line");
	*member = xstrdup(node->text);
	r->secrets = xreallocarray(r->secrets, r->n_secrets + 1,
				   sizeof(*r->secrets));
	r->secrets[r->n_secrets++] = node->span;
	return true;
}

static bool read_message(struct schema_reader *r, const struct place *at,
			 const struct node *node, char **member)
{
	size_t len = strlen(node->text);

	if (len == 0 || len > CONF_MESSAGE_MAX || !utf8_printable(node->text))
		return unexpected(r, at, node, "1 to 255 bytes of printable "
				  "text");
	*member = xstrdup(node->text);
	return true;
}

static bool read_scalar(struct schema_reader *r, const struct place *at,
			const struct field *field, const struct node *node,
			void *object)
{
	void *member = (char *)object + field->offset;

	if (node->kind != NODE_SCALAR)
		return unexpected(r, at, node, "one value");
	remember(r, member, node->pos);
	switch (field->kind) {
	case KIND_PATH:
		return read_path(r, at, node, member);
	case KIND_SECRET:
		return read_secret(r, at, node, member);
	case KIND_MESSAGE:
		return read_message(r, at, node, member);
	case KIND_NAME:
		if (!valid_name(node->text))
			break;
		*(char **)member = xstrdup(node->text);
		return true;
	case KIND_DEVICE:
		return parse_device(node->text, member) ||
		       unexpected(r, at, node, "a device name (1 to 15 "
				  "characters without space, '/', ':' and "
				  "'%')");
	case KIND_U16:
	case KIND_U32:
		return read_number(r, at, field, node, member);
	case KIND_BOOL:
		return read_bool(r, at, node, member);
	case KIND_ADDR:
		return read_with(r, at, node, "an IPv4 or IPv6 address",
				 addr_parse(node->text, member));
	case KIND_PREFIX:
		return read_with(r, at, node, "a prefix as 10.1.0.0/16",
				 prefix_parse(node->text, member));
	case KIND_MAC:
		*(bool *)((char *)object + field->has) = true;
		return mac_parse(node->text, member) ||
		       unexpected(r, at, node,
				  "a MAC address as 02:00:00:00:00:04");
	case KIND_NH_TYPE:
		return parse_nh_type(node->text, member) ||
		       unexpected(r, at, node, "VirtualAppliance, VnetLocal, "
				  "Internet or None");
	case KIND_COMMUNITY:
		return read_community(r, at, node, member);
	case KIND_WORD:
		return read_word(r, at, field, node, member);
	case KIND_LIST:
	case KIND_STRUCT:
		abort();
	}
	return unexpected(r, at, node,
			  "a name of 1 to 63 letters, digits, '.', '_', '-'");
}

/* ---- structs --------------------------------------------------------- */

static bool read_struct(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *node,
			void *object);

static bool read_list(struct schema_reader *r, const struct place *at,
		      const struct field *field, const struct node *node,
		      void *object)
{
	const struct schema *sub = field->sub;
	void **list = (void **)((char *)object + field->offset);
	size_t *count = (size_t *)((char *)object + field->count);
	struct place element = { .up = at->up, .noun = sub->noun };
	const struct node *name, *child;
	size_t i;

	if (node->kind != NODE_LIST)
		return unexpected_kind(r, at, node, "a list");
	remember(r, list, node->pos);
	/* Never NULL: an empty list is not the same as none. */
	*list = xcalloc(node->n + 1, sub->size);
	for (i = 0; i < node->n; i++) {
		child = &node->child[i];
		name = sub->label ? node_find(child, sub->label) : NULL;
		element.name = name && name->kind == NODE_SCALAR &&
			       name->text[0] != '\0' ? name->text : NULL;
		element.index = i + 1;
		(*count)++;
		if (!read_struct(r, &element, sub, child,
				 (char *)*list + i * sub->size))
			return false;
	}
	return true;
}

static bool read_pointer(struct schema_reader *r, const struct place *at,
			 const struct field *field, const struct node *node,
			 void *object)
{
	void **pointer = (void **)((char *)object + field->offset);

	*pointer = xcalloc(1, field->sub->size);
	return read_struct(r, at, field->sub, node, *pointer);
}

static bool read_field(struct schema_reader *r, const struct place *up,
		       const struct field *field, const struct node *node,
		       void *object)
{
	struct place at = { .up = up, .key = field->key };

	if (field->kind == KIND_LIST)
		return read_list(r, &at, field, node, object);
	if (field->kind == KIND_STRUCT)
		return read_pointer(r, &at, field, node, object);
	return read_scalar(r, &at, field, node, object);
}

static void set_default(const struct field *field, void *object)
{
	void *member = (char *)object + field->offset;

	if (field->kind == KIND_U16)
		*(uint16_t *)member = field->def;
	else if (field->kind == KIND_U32)
		*(uint32_t *)member = field->def;
	else if (field->kind == KIND_BOOL)
		*(bool *)member = field->def;
}

static bool unknown_key(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *key)
{
	char what[512];
	size_t i, n;

	n = snprintf(what, sizeof(what), "unknown key \"%.*s\", expected",
		     (int)node_key_len(key), key->text);
	for (i = 0; i < schema->n_fields && n < sizeof(what); i++)
		n += snprintf(what + n, sizeof(what) - n, "%s %s",
			      i == 0 ? "" :
			      i + 1 == schema->n_fields ? " or" : ",",
			      schema->fields[i].key);
	return fail(r, at, key->pos, what);
}

static bool check_keys(struct schema_reader *r, const struct place *at,
		       const struct schema *schema, const struct node *node)
{
	size_t i, j;

	for (i = 0; i < node->n; i += 2) {
		for (j = 0; j < schema->n_fields; j++) {
			if (strcmp(schema->fields[j].key,
				   node->child[i].text) == 0)
				break;
		}
		if (j == schema->n_fields)
			return unknown_key(r, at, schema, &node->child[i]);
	}
	return true;
}

static bool read_struct(struct schema_reader *r, const struct place *at,
			const struct schema *schema, const struct node *node,
			void *object)
{
	const struct field *field;
	const struct node *value;
	char what[80];
	size_t i;

	if (schema->pos != NO_POS)
		*(struct conf_pos *)((char *)object + schema->pos) = node->pos;
	if (schema->scalar)
		return read_scalar(r, at, schema->fields, node, object);
	if (node->kind != NODE_MAPPING)
		return unexpected_kind(r, at, node, "keys and values");
	if (!check_keys(r, at, schema, node))
		return false;
	for (i = 0; i < schema->n_fields; i++) {
		field = &schema->fields[i];
		set_default(field, object);
		value = node_find(node, field->key);
		if (value && !read_field(r, at, field, value, object))
			return false;
		if (value || !field->required)
			continue;
		snprintf(what, sizeof(what), "%s is missing", field->key);
		return fail(r, at, node->pos, what);
	}
	return true;
}

static int place_cmp(const void *pa, const void *pb)
{
	const struct schema_place *a = pa, *b = pb;

	return a->member < b->member ? -1 : a->member > b->member;
}

bool schema_read(struct schema_reader *r, const struct node *root,
		 struct conf *conf)
{
	if (!read_struct(r, NULL, &fields_root, root, conf))
		return false;
	if (r->n_places > 0)
		qsort(r->place, r->n_places, sizeof(*r->place), place_cmp);
	return true;
}

struct conf_pos schema_pos(const struct schema_reader *r, const void *member,
			   struct conf_pos otherwise)
{
	struct schema_place key = { .member = member };
	const struct schema_place *place = NULL;

	if (r->n_places > 0)
		place = bsearch(&key, r->place, r->n_places,
				sizeof(*r->place), place_cmp);
	return place ? place->pos : otherwise;
}

/* ---- freeing --------------------------------------------------------- */

static void free_struct(const struct schema *schema, void *object)
{
	const struct field *field;
	void **member;
	size_t i, j, n;

	for (i = 0; i < schema->n_fields; i++) {
		field = &schema->fields[i];
		member = (void **)((char *)object + field->offset);
		if (field->kind == KIND_LIST) {
			n = *(size_t *)((char *)object + field->count);
			for (j = 0; j < n; j++)
				free_struct(field->sub, (char *)*member +
					    j * field->sub->size);
		} else if (field->kind == KIND_STRUCT && *member) {
			free_struct(field->sub, *member);
		} else if (field->kind == KIND_SECRET && *member) {
			explicit_bzero(*member, strlen(*member));
		} else if (field->kind != KIND_NAME &&
			   field->kind != KIND_MESSAGE &&
			   field->kind != KIND_PATH) {
			continue;
		}
		free(*member);
	}
}

void schema_free(struct conf *conf)
{
	free_struct(&fields_root, conf);
}
