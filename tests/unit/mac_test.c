// SPDX-License-Identifier: GPL-2.0-or-later
/* MAC addresses: read and written, and what is none. */
#include <string.h>

#include "ktap.h"
#include "lib/mac.h"

static void test_good(const char *text, const char *again, bool unicast)
{
	char buf[MAC_STRLEN];
	uint8_t mac[MAC_LEN];

	ktap_ok(mac_parse(text, mac) &&
		strcmp(mac_format(mac, buf), again) == 0 &&
		mac_is_unicast(mac) == unicast, "%s is %s, %s", text, again,
		unicast ? "unicast" : "not unicast");
}

static void test_bad(const char *text)
{
	uint8_t mac[MAC_LEN];

	ktap_ok(!mac_parse(text, mac), "\"%s\" is none", text);
}

int main(void)
{
	static const char *const bad[] = {
		"", "0", "02", "02:", "02:00:00:00:00", "02:00:00:00:00:",
		"02:00:00:00:00:0", "02:00:00:00:00:04:", "02:00:00:00:00:044",
		"02-00-00-00-00-04", "02:00:00:00:00:0g", "+2:00:00:00:00:04",
		" 2:00:00:00:00:04", "2:0:0:0:0:4", "0x:00:00:00:00:04",
	};
	char buf[MAC_STRLEN];
	size_t i;

	test_good("02:00:00:00:00:04", "02:00:00:00:00:04", true);
	test_good("0A:bC:dE:fF:10:99", "0a:bc:de:ff:10:99", true);
	test_good("00:00:00:00:00:00", "00:00:00:00:00:00", false);
	test_good("01:00:5e:00:00:01", "01:00:5e:00:00:01", false);
	test_good("ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff", false);
	ktap_ok(strcmp(mac_format(mac_of_router, buf),
		       "12:34:56:78:9a:bc") == 0, "the virtual router's");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		test_bad(bad[i]);
	return ktap_finish();
}
