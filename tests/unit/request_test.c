// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests of the control protocol, good ones and others. */

#include <string.h>

#include "ctl/request.h"
#include "ktap.h"

#define TWENTY	"abcdefghijklmnopqrst"
#define SIXTY	TWENTY TWENTY TWENTY

static const struct {
	const char *line;
	const char *error;		/* what it says, NULL: accepted */
	enum ctl_command command;
	const char *vnet, *neighbor;
} cases[] = {
	{ "{\"command\":\"peers\"}", NULL, CTL_PEERS, "", "" },
	{ "{\"command\":\"routes\",\"vnet\":\"blue\"}", NULL, CTL_ROUTES,
	  "blue", "" },
	{ " { \"neighbor\" : \"10.1.2.4\", \"vnet\": \"abcdefghijklmno\","
	  " \"command\" : \"learned\" } ", NULL, CTL_LEARNED,
	  "abcdefghijklmno", "10.1.2.4" },
	{ "{\"command\":\"reload\"}", NULL, CTL_RELOAD, "", "" },
	{ "", "not JSON", 0, NULL, NULL },
	{ "{\"command\":\"peers\"", "not JSON", 0, NULL, NULL },
	{ "{\"command\":\"peers\"}}", "not JSON", 0, NULL, NULL },
	{ "[]", "names no command", 0, NULL, NULL },
	{ "{}", "names no command", 0, NULL, NULL },
	{ "{\"command\":1}", "names no command", 0, NULL, NULL },
	{ "{\"command\":\"Peers\"}", "unknown command \"Peers\"", 0, NULL,
	  NULL },
	/* cut, and not within a character */
	{ "{\"command\":\"" SIXTY "abc\u00e9\"}",
	  "unknown command \"" SIXTY "abc\"", 0, NULL, NULL },
	{ "{\"command\":\"peers\",\"" SIXTY "ab\u20ac\":1}",
	  "unknown member \"" SIXTY "ab\"", 0, NULL, NULL },
	{ "{\"command\":\"" SIXTY "ab\u00e9\"}",
	  "unknown command \"" SIXTY "ab\u00e9\"", 0, NULL, NULL },
	{ "{\"command\":\"peers\",\"command\":\"routes\"}", "not JSON", 0,
	  NULL, NULL },
	{ "{\"command\":\"peers\",\"vnet\":\"\"}", "\"vnet\": expected 1..15",
	  0, NULL, NULL },
	{ "{\"command\":\"peers\",\"vnet\":\"abcdefghijklmnop\"}",
	  "\"vnet\": expected 1..15", 0, NULL, NULL },
	{ "{\"command\":\"peers\",\"neighbor\":[]}",
	  "\"neighbor\": expected", 0, NULL, NULL },
	{ "{\"command\":\"routes\",\"neighbor\":\"x\"}", "does not apply", 0,
	  NULL, NULL },
	{ "{\"command\":\"peers\",\"limit\":1}", "unknown member \"limit\"",
	  0, NULL, NULL },
};

static bool as_expected(size_t i)
{
	struct ctl_request req;
	char error[160] = "";
	bool ok = ctl_request_parse(cases[i].line, strlen(cases[i].line),
				    &req, error, sizeof(error));

	if (cases[i].error)
		return !ok && strstr(error, cases[i].error);
	return ok && req.command == cases[i].command &&
	       !strcmp(req.vnet, cases[i].vnet) &&
	       !strcmp(req.neighbor, cases[i].neighbor);
}

int main(void)
{
	size_t i;

	ktap_start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ktap_ok(as_expected(i), "%s: %s", cases[i].line,
			cases[i].error ? cases[i].error : "accepted");
	return ktap_finish();
}
