/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From nodes to structs by table: what each key is, and its default. */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "conf/node.h"

/* The words of enumerations, in order, with NULL at the end. */
extern const char *const conf_propagation_names[];
extern const char *const conf_kind_names[];
extern const char *const conf_role_names[];
extern const char *const conf_ao_algorithm_names[];
extern const char *const conf_preference_names[];
extern const char *const conf_profile_names[];
extern const char *const conf_excess_names[];
extern const char *const conf_condition_names[];
extern const char *const conf_verb_names[];
extern const char *const conf_next_names[];

/*
 * Where each value was written, for errors that only show when the whole is
 * looked at: by the address of the member that holds it.
 */
struct schema_place {
	const void *member;
	struct conf_pos pos;
};

struct schema_reader {
	const char *file;
	struct conf_error *err;
	struct schema_place *place;
	size_t n_places, size_places;
	struct conf_span *secrets;	/* for struct conf */
	size_t n_secrets;
};

/* Read a configuration; what it owns must be freed also if this fails. */
bool schema_read(struct schema_reader *r, const struct node *root,
		 struct conf *conf);
void schema_free(struct conf *conf);

/* Where a member was written, or else what it is in: @otherwise. */
struct conf_pos schema_pos(const struct schema_reader *r, const void *member,
			   struct conf_pos otherwise);

#endif
