// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "lib/addr.h"
#include "lib/util.h"

static struct addr addr(const char *text)
{
	struct addr a = { .family = 0 };

	ktap_must(!addr_parse(text, &a));
	return a;
}

static struct prefix prefix(const char *text)
{
	struct prefix p = { .len = 0 };

	ktap_must(!prefix_parse(text, &p));
	return p;
}

static void test_addr_parse(void)
{
	static const char *const good[] = {
		"0.0.0.0", "10.1.2.4", "255.255.255.255", "::", "::1",
		"fd00:10:1::4", "2001:db8::ffff:0:1",
	};
	static const char *const bad[] = {
		"", "10.1.2", "10.1.2.256", "10.1.2.04", "10.1.2.4 ",
		" 10.1.2.4", "10.1.2.4/32", "0x0a.1.2.3", "10.1.2.3.4",
		":", ":::", "fd00::1::2", "fd00::12345", "fe80::1%eth0", "x",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
	};
	char text[ADDR_STRLEN];
	struct addr a, b;
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ok = !addr_parse(good[i], &a) &&
		     !strcmp(addr_format(&a, text), good[i]);
		ktap_ok(ok, "%s is read and printed", good[i]);
	}
	b = a;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ktap_ok(addr_parse(bad[i], &a) && addr_equal(&a, &b),
			"'%s' is refused and changes nothing", bad[i]);
	a = (struct addr){ .family = 0 };
	ktap_ok(!strcmp(addr_format(&a, text), "-"), "no address is '-'");
}

static void test_prefix_parse(void)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "10.0.0.0", "prefix length missing, "
			      "expected ADDRESS/LENGTH" },
		{ "10.0.0.0/33", "prefix length is not a number from 0 to 32" },
		{ "10.0.0.0/", "prefix length is not a number from 0 to 32" },
		{ "10.0.0.0/08", "prefix length is not a number from 0 to 32" },
		{ "10.0.0.0/+8", "prefix length is not a number from 0 to 32" },
		{ "10.0.0.0/8x", "prefix length is not a number from 0 to 32" },
		{ "10.0.0.0/99999999999",
		  "prefix length is not a number from 0 to 32" },
		{ "fd00::/129",
		  "prefix length is not a number from 0 to 128" },
		{ "10.1.0.0/8", "bits set behind the prefix length" },
		{ "fd00:0:0:1::/63", "bits set behind the prefix length" },
		{ "10.1/16", "not an IPv4 or IPv6 address" },
		{ "/8", "not an IPv4 or IPv6 address" },
		{ "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/8",
		  "not an IPv4 or IPv6 address" },
	};
	static const char *const good[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.1.2.4/32", "128.0.0.0/1",
		"::/0", "fd00:10:1::/48", "fd00::1/128", "fd00:0:0:2::/63",
	};
	struct prefix p = prefix("192.0.2.0/24"), before = p;
	char text[PREFIX_STRLEN];
	const char *error;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error = prefix_parse(bad[i].text, &p);
		ktap_ok(error && !strcmp(error, bad[i].error) &&
			prefix_equal(&p, &before), "%s: %s", bad[i].text,
			error ? error : "accepted");
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ktap_ok(!prefix_parse(good[i], &p) &&
			!strcmp(prefix_format(&p, text), good[i]),
			"%s is read and printed", good[i]);
}

/* The bits of an address one by one, to check masks against. */
static int bit(const struct addr *a, unsigned int i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

static void test_mask(void)
{
	struct addr all = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	struct addr v4 = addr("255.255.255.255"), masked;
	unsigned int len, i;
	bool ok = true;

	for (len = 0; len <= 128; len++) {
		masked = addr_mask(&all, len);
		for (i = 0; i < 128; i++)
			ok &= bit(&masked, i) == (i < len);
		if (len > 32)
			continue;
		masked = addr_mask(&v4, len);
		for (i = 0; i < 32; i++)
			ok &= bit(&masked, i) == (i < len);
	}
	ktap_ok(ok, "masks of every length");
}

static int by_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static void test_order(void)
{
	static const char *const sorted[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.128.0.0/9",
		"200.0.0.0/8", "::/0", "fd00::/8", "fd00::/16", "fe00::/8",
	};
	struct prefix list[9];
	char text[PREFIX_STRLEN];
	bool ok = true;
	size_t i;

	for (i = 0; i < 9; i++)
		list[i] = prefix(sorted[8 - i]);
	qsort(list, 9, sizeof(list[0]), by_prefix);
	for (i = 0; i < 9; i++)
		ok &= !strcmp(prefix_format(&list[i], text), sorted[i]);
	ktap_ok(ok, "family, address, then shorter before longer");
}

static void test_relations(void)
{
	struct prefix ten = prefix("10.0.0.0/8"), all4 = prefix("0.0.0.0/0");
	struct prefix part = prefix("10.250.0.0/16"), all6 = prefix("::/0");
	struct prefix other = prefix("11.0.0.0/8");
	struct addr inside = addr("10.255.255.255"), six = addr("a00::");

	ktap_ok(prefix_contains(&ten, &inside) &&
		!prefix_contains(&other, &inside), "contains");
	ktap_ok(!prefix_contains(&all4, &six) &&
		!prefix_contains(&all6, &inside) &&
		prefix_contains(&all6, &six),
		"not across families, though the bits are equal");
	ktap_ok(prefix_covers(&ten, &part) && prefix_covers(&ten, &ten) &&
		!prefix_covers(&part, &ten) && !prefix_covers(&other, &part),
		"covers");
	ktap_ok(prefix_overlaps(&part, &ten) && prefix_overlaps(&ten, &part) &&
		!prefix_overlaps(&ten, &other) &&
		!prefix_overlaps(&all4, &all6), "overlaps");
}

static void test_kinds(void)
{
	struct addr a;

	a = addr("0.0.0.0");
	ktap_ok(addr_is_unspecified(&a), "0.0.0.0 is unspecified");
	a = (struct addr){ .family = 0 };
	ktap_ok(!addr_is_unspecified(&a), "no address is not");
	a = addr("127.1.2.3");
	ktap_ok(addr_is_loopback(&a), "127/8 is loopback");
	a = addr("::1");
	ktap_ok(addr_is_loopback(&a), "::1 is loopback");
	a = addr("239.1.1.1");
	ktap_ok(addr_is_multicast(&a), "239.1.1.1 is multicast");
	a = addr("ff02::1");
	ktap_ok(addr_is_multicast(&a), "ff02::1 is multicast");
	a = addr("fe80::1");
	ktap_ok(addr_is_link_local(&a), "fe80::1 is link-local");
	a = addr("169.254.1.1");
	ktap_ok(addr_is_link_local(&a), "169.254.1.1 is link-local");
	ktap_ok(addr_is_unicast(&a), "and unicast");
}

static void test_unicast_addr(void)
{
	static const char *const none[] = {
		"0.0.0.0", "127.1.2.3", "224.0.0.1", "::", "::1", "ff02::1",
	};
	struct addr a = { .family = 0 };
	size_t i;

	ktap_ok(!addr_is_unicast(&a), "no address is not unicast");
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		a = addr(none[i]);
		ktap_ok(!addr_is_unicast(&a), "%s is not unicast", none[i]);
	}
	a = addr("10.0.0.0");
	ktap_ok(addr_is_unicast(&a), "10.0.0.0 is unicast");
	a = addr("2001:db8::1");
	ktap_ok(addr_is_unicast(&a), "2001:db8::1 is unicast");
}

/* RFC 4271 6.3 */
static void test_unicast(void)
{
	static const struct {
		const char *prefix;
		bool unicast;
	} cases[] = {
		{ "0.0.0.0/0", true }, { "::/0", true },
		{ "127.0.0.0/8", false }, { "127.0.0.1/32", false },
		{ "126.0.0.0/7", true }, { "128.0.0.0/1", true },
		{ "224.0.0.0/3", true }, { "224.0.0.0/4", false },
		{ "239.255.0.0/16", false }, { "240.0.0.0/4", true },
		{ "::1/128", false }, { "::/127", true },
		{ "ff00::/8", false }, { "fe00::/7", true },
	};
	struct prefix prefix;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ktap_must(!prefix_parse(cases[i].prefix, &prefix));
		ktap_ok(prefix_is_unicast(&prefix) == cases[i].unicast,
			"%s is %s", cases[i].prefix,
			cases[i].unicast ? "unicast" : "not");
	}
}

static void test_sockaddr(void)
{
	struct addr a = addr("10.1.2.4"), b = addr("fd00::4"), back, mapped;
	struct sockaddr_storage ss;

	addr_to_sockaddr(&a, 179, &ss);
	back = addr_from_sockaddr(&ss);
	ktap_ok(addr_equal(&a, &back), "IPv4 socket address and back");
	addr_to_sockaddr(&b, 179, &ss);
	back = addr_from_sockaddr(&ss);
	ktap_ok(addr_equal(&b, &back), "IPv6 socket address and back");
	mapped = addr("::ffff:10.1.2.4");
	addr_to_sockaddr(&mapped, 179, &ss);
	back = addr_from_sockaddr(&ss);
	ktap_ok(addr_equal(&a, &back), "a mapped address is the IPv4 one");
	back = addr_from_v4(addr_to_v4(&a));
	ktap_ok(addr_equal(&a, &back) && addr_to_v4(&a) == 0x0a010204,
		"IPv4 as a number");
}

int main(void)
{
	ktap_start();
	test_addr_parse();
	test_prefix_parse();
	test_mask();
	test_order();
	test_relations();
	test_kinds();
	test_unicast_addr();
	test_unicast();
	test_sockaddr();
	return ktap_finish();
}
