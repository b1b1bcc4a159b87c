// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <string.h>

#include "ctl/request.h"
#include "lib/utf8.h"
#include "lib/util.h"

#define SHOWN_MAX	64		/* bytes of a name that is not known */

enum filter {
	VNET = 1,
	NEIGHBOR = 2,
	MAP = 4,			/* and needed */
};

/* The commands and what may narrow them. */
static const struct {
	const char *name;
	unsigned int filters;
} commands[CTL_COMMANDS] = {
	[CTL_PEERS] = { "peers", VNET | NEIGHBOR },
	[CTL_LEARNED] = { "learned", VNET | NEIGHBOR },
	[CTL_ADVERTISED] = { "advertised", VNET | NEIGHBOR },
	[CTL_ROUTES] = { "routes", VNET },
	[CTL_POLICY_TEST] = { "policy-test", VNET | NEIGHBOR | MAP },
	[CTL_BFD] = { "bfd", VNET | NEIGHBOR },
	[CTL_STATUS] = { "status", 0 },
	[CTL_PROBLEMS] = { "problems", 0 },
	[CTL_RELOAD] = { "reload", 0 },
};

static bool find_command(const char *name, enum ctl_command *command)
{
	unsigned int i;

	for (i = 0; i < CTL_COMMANDS; i++) {
		if (strcmp(name, commands[i].name))
			continue;
		*command = i;
		return true;
	}
	return false;
}

/* Always false: what is wrong. */
static bool unknown(const char *what, const char *name, char *error,
		    size_t size)
{
	snprintf(error, size, "unknown %s \"%.*s\"", what,
		 (int)utf8_whole_len(name, SHOWN_MAX), name);
	return false;
}

/* A string member that is allowed and fits; says itself what is wrong. */
static bool take_filter(const char *key, const json_t *value, bool allowed,
			char *dst, size_t dst_size, char *error, size_t size)
{
	const char *text = json_string_value(value);

	if (!allowed) {
		snprintf(error, size, "\"%s\" does not apply to this command",
			 key);
		return false;
	}
	if (!text || !*text || strlen(text) >= dst_size) {
		snprintf(error, size, "\"%s\": expected 1..%zu characters",
			 key, dst_size - 1);
		return false;
	}
	strcpy(dst, text);
	return true;
}

static bool take_direction(const json_t *value, bool allowed, bool *outbound,
			   char *error, size_t size)
{
	char text[4] = "";

	if (!take_filter("direction", value, allowed, text, sizeof(text),
			 error, size))
		return false;
	*outbound = !strcmp(text, "out");
	if (*outbound || !strcmp(text, "in"))
		return true;
	snprintf(error, size, "\"direction\": expected in or out");
	return false;
}

static bool take_members(json_t *object, struct ctl_request *req, char *error,
			 size_t size)
{
	unsigned int filters = commands[req->command].filters;
	const char *key;
	json_t *value;
	bool ok = true;

	json_object_foreach(object, key, value) {
		if (!strcmp(key, "command")) {
			continue;
		} else if (!strcmp(key, "vnet")) {
			ok = take_filter(key, value, filters & VNET,
					 req->vnet, sizeof(req->vnet), error,
					 size);
		} else if (!strcmp(key, "neighbor")) {
			ok = take_filter(key, value, filters & NEIGHBOR,
					 req->neighbor, sizeof(req->neighbor),
					 error, size);
		} else if (!strcmp(key, "map")) {
			ok = take_filter(key, value, filters & MAP,
					 req->map, sizeof(req->map), error,
					 size);
		} else if (!strcmp(key, "direction")) {
			ok = take_direction(value, filters & MAP,
					    &req->outbound, error, size);
		} else {
			ok = unknown("member", key, error, size);
		}
		if (!ok)
			return false;
	}
	if (filters & MAP && !req->map[0]) {
		snprintf(error, size, "\"map\" is missing");
		return false;
	}
	return true;
}

bool ctl_request_parse(const char *line, size_t len, struct ctl_request *req,
		       char *error, size_t size)
{
	json_error_t why;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	const char *name = json_string_value(json_object_get(object,
							     "command"));
	bool ok = false;

	memset(req, 0, sizeof(*req));
	if (!object)
		snprintf(error, size, "the request is not JSON: %s", why.text);
	else if (!name)
		snprintf(error, size, "the request names no command");
	else if (!find_command(name, &req->command))
		unknown("command", name, error, size);
	else
		ok = take_members(object, req, error, size);
	json_decref(object);
	return ok;
}
