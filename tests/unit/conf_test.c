// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: files that are accepted (data/conf/NAME.yaml, printed
 * back as NAME.out), files that are refused (data/conf/errors.txt), and keys.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ktap.h"
#include "lib/util.h"
#include "unit/compared.h"
#include "unit/conf_print.h"

#define DATA	"tests/unit/data/conf/"

static char *read_all(const char *path)
{
	static char buf[65536];
	FILE *file = fopen(path, "r");

	ktap_must(file);
	buf[fread(buf, 1, sizeof(buf) - 1, file)] = '\0';
	fclose(file);
	return buf;
}

static char *print(const struct conf *conf)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	conf_print(conf, out);
	fclose(out);
	return text;
}

static void test_accepted(const char *name)
{
	struct conf_error err = { .text = "" };
	struct conf *conf, *again;
	char path[128], *text, *second;

	snprintf(path, sizeof(path), DATA "%s.yaml", name);
	conf = conf_load(path, &err);
	if (!ktap_ok(conf, "%s.yaml is accepted", name)) {
		printf("# %s\n", err.text);
		return;
	}
	text = print(conf);
	snprintf(path, sizeof(path), DATA "%s.out", name);
	if (!ktap_ok(strcmp(text, read_all(path)) == 0,
		     "%s.yaml is printed as %s.out", name, name))
		fputs(text, stdout);
	again = conf_parse("printed", text, strlen(text), &err);
	ktap_must(again);
	second = print(again);
	ktap_ok(strcmp(text, second) == 0, "%s.out is printed as itself",
		name);
	free(text);
	free(second);
	conf_free(conf);
	conf_free(again);
}

/* ---- errors ---------------------------------------------------------- */

#define VNET \
	"vnets:\n" \
	"  - name: blue\n" \
	"    vni: 5001\n" \
	"    table: 100\n" \
	"    bgp-table: 101\n" \
	"    address-spaces: [10.1.0.0/16, \"fd00:10:1::/48\"]\n"
#define SERVER	VNET \
	"    route-server:\n" \
	"      addresses: [10.1.1.4, 10.1.1.5]\n"
#define AZURE \
	"vnets:\n" \
	"  - name: blue\n" \
	"    vni: 5001\n" \
	"    table: 100\n" \
	"    bgp-table: 101\n" \
	"    address-spaces: [10.1.0.0/16]\n" \
	"    route-server:\n" \
	"      addresses: [10.1.1.4, 10.1.1.5]\n" \
	"      profile: azure\n"
#define AZURE_NVA AZURE \
	"      neighbors:\n" \
	"        - name: sdwan\n" \
	"          address: 10.1.2.4\n" \
	"          asn: 65001\n"

static const struct {
	const char *name, *text;
} macros[] = {
	{ "@vnet\n", VNET },
	{ "@server\n", SERVER },
	{ "@azure\n", AZURE },
	{ "@azure-nva\n", AZURE_NVA },
	{ "@table\n", VNET "route-tables:\n  - name: fw\n    vnet: blue\n"
		      "    table: 2001\n    routes:\n" },
};

static void append(char *text, size_t size, const char *line)
{
	size_t i, n = strlen(text);

	for (i = 0; i < ARRAY_SIZE(macros); i++) {
		if (strcmp(line, macros[i].name) == 0)
			line = macros[i].text;
	}
	snprintf(text + n, size - n, "%s", line);
}

/* Equal, where "@" in what is expected stands for anything. */
static bool matches(const char *expected, const char *got)
{
	const char *at = strchr(expected, '@');
	size_t tail;

	if (!at)
		return strcmp(expected, got) == 0;
	tail = strlen(at + 1);
	return strncmp(expected, got, at - expected) == 0 &&
	       strlen(got) >= tail &&
	       strcmp(got + strlen(got) - tail, at + 1) == 0;
}

static void test_refused(const char *name, const char *text,
			 const char *expected)
{
	char want[1100];
	struct conf_error err = { .text = "" };
	struct conf *conf = conf_parse("file", text, strlen(text), &err);

	snprintf(want, sizeof(want), "file:%s", expected);
	if (!ktap_ok(!conf && matches(want, err.text), "refused: %s", name))
		printf("#   got  %s\n#   want %s\n",
		       conf ? "no error" : err.text, want);
	conf_free(conf);
}

static void test_errors(void)
{
	static char text[65536];
	char line[1024], name[128] = "";
	FILE *file = fopen(DATA "errors.txt", "r");

	ktap_must(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "== ", 3) == 0) {
			snprintf(name, sizeof(name), "%.*s",
				 (int)strcspn(line + 3, "\n"), line + 3);
			text[0] = '\0';
		} else if (strncmp(line, "-- ", 3) == 0) {
			line[strcspn(line, "\n")] = '\0';
			test_refused(name, text, line + 3);
			name[0] = '\0';
		} else if (name[0] != '\0') {
			append(text, sizeof(text), line);
		}
	}
	fclose(file);
}

static void test_files(void)
{
	char path[] = "/tmp/conf_testXXXXXX";
	struct conf_error err;
	int fd = mkstemp(path);

	ktap_must(fd >= 0);
	ktap_ok(!conf_load("no/such/file", &err) &&
		strcmp(err.text, "no/such/file: No such file or directory")
		== 0, "a file that is not there");
	ktap_ok(!conf_load("/", &err) &&
		strcmp(err.text, "/: Is a directory") == 0, "a directory");
	ktap_must(ftruncate(fd, CONF_SIZE_MAX + 1) == 0);
	ktap_ok(!conf_load(path, &err) &&
		strstr(err.text, ": larger than 16 MiB"), "a huge file");
	ktap_must(ftruncate(fd, 0) == 0 && write(fd, "a: \xff\n", 5) == 5);
	ktap_ok(!conf_load(path, &err) && strstr(err.text, ":1:") &&
		strstr(err.text, "UTF-8"), "not UTF-8: %s", err.text);
	close(fd);
	unlink(path);
}

/* ---- values ---------------------------------------------------------- */

static void test_values(void)
{
	const struct conf_server *server;
	const struct conf_vnet *vnet;
	struct conf_error err;
	struct conf *conf = conf_load(DATA "full.yaml", &err);
	struct addr addr;

	ktap_must(conf);
	vnet = conf_vnet_find(conf, "blue");
	ktap_must(vnet && vnet->server);
	server = vnet->server;
	ktap_ok(conf->n_vnets == 3 && !conf_vnet_find(conf, "green"),
		"VNets are found by name");
	ktap_ok(vnet->subnets[0].table == 2001 && vnet->subnets[1].table == 0,
		"a subnet has its route table's number");
	ktap_ok(vnet->subnets[1].propagation == CONF_PROPAGATE_ALL &&
		vnet->subnets[0].propagation == CONF_PROPAGATE_NONE,
		"propagation is on unless turned off");
	ktap_ok(vnet->subnets[2].propagation == CONF_PROPAGATE_ROUTE_SERVER &&
		vnet->subnets[3].propagation == CONF_PROPAGATE_GATEWAY,
		"or on for one source");
	ktap_ok(conf_peering_transits(vnet, &conf->vnets[2]) &&
		!conf_peering_transits(&conf->vnets[2], vnet),
		"a spoke uses the gateways of its hub");
	ktap_ok(vnet->nics[0].has_mac && vnet->nics[0].mac[5] == 4 &&
		!vnet->nics[2].has_mac, "a NIC may have a MAC address");
	ktap_ok(server->neighbors[2].kind == CONF_EXPRESSROUTE &&
		server->neighbors[2].asn == server->asn,
		"a gateway is in the route server's AS without saying so");
	ktap_ok(conf_server_instances(server) == 2, "two instances");
	addr = conf_server_instance(server, 1, AF_INET6);
	ktap_ok(addr_equal(&addr, &server->addresses[3]),
		"the second IPv6 address is the second instance's");
	ktap_ok(conf_server_instance(server, 2, AF_INET).family == 0,
		"there is no third instance");
	ktap_ok(!conf->vnets[1].server && conf->vnets[1].internet[0] == '\0',
		"what is optional may be left out");
	conf_free(conf);
}

/* ---- looking up ------------------------------------------------------ */

#define N_NEIGHBORS	1000
#define NEIGHBOR	"        - { name: n%u, address: 10.1.%u.%u, asn: 1 }\n"
#define RANGE		"        - { name: r%u, range: 10.1.%u.0/24, asn: 1 }\n"

/* Neighbors from 10.1.20.0 on, some of them in two ranges. */
static struct conf *many_neighbors(void)
{
	struct conf_error err = { .text = "" };
	struct conf *conf;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	unsigned int i;

	fputs(SERVER "      neighbors:\n", out);
	fprintf(out, RANGE, 1, 21);
	for (i = N_NEIGHBORS; i-- > 0; )
		if (i % 4)
			fprintf(out, NEIGHBOR, i, 20 + i / 256, i % 256);
	fprintf(out, RANGE, 2, 22);
	fclose(out);
	conf = conf_parse("file", text, size, &err);
	if (!conf)
		printf("# %s\n", err.text);
	free(text);
	ktap_must(conf);
	return conf;
}

static bool is_called(const struct conf_server *server, unsigned int i)
{
	struct addr addr = addr_from_v4(0x0a011400 + i);
	const struct conf_neighbor *found = conf_neighbor_find(server, &addr);
	char name[16];

	if (i % 4 == 0 && i / 256 != 1 && i / 256 != 2)
		return !found;
	snprintf(name, sizeof(name), i % 4 ? "n%u" : "r%u",
		 i % 4 ? i : i / 256);
	return found && strcmp(found->name, name) == 0;
}

static void test_neighbors(void)
{
	struct conf *conf = many_neighbors();
	bool ok = true;
	unsigned int i;

	n_compared = 0;
	for (i = 0; i < N_NEIGHBORS; i++)
		ok = ok && is_called(conf->vnets[0].server, i);
	ktap_ok(ok, "neighbors are found by address, others by their range");
	if (!ktap_ok(n_compared < 20 * N_NEIGHBORS,
		     "without a look at all neighbors each time"))
		printf("# %u times\n", n_compared);
	conf_free(conf);
}

/* ---- keys ------------------------------------------------------------ */

#define KEYED(key) \
	"\xef\xbb\xbf# Schlüssel, ключи\n" SERVER "      neighbors:\n" \
	"        - { name: a, md5-key: " key ", address: 10.1.2.4, asn: 1 }\n" \
	"        - name: b\n          address: 10.1.2.5\n" \
	"          asn: 2\n          md5-key: other secret # said\n" \
	"        - name: c\n          address: 10.1.2.6\n          asn: 3\n" \
	"          tcp-ao: [{ send-id: 1, recv-id: 2, key: third secret }]\n"

static void test_blank(const char *what, const char *original)
{
	struct conf_error err = { .text = "" };
	char *text = xstrdup(original);
	size_t len = strlen(text);
	struct conf *conf, *blank;
	const struct conf_neighbor *a, *b;

	conf = conf_parse("file", text, len, &err);
	if (!conf)
		printf("# %s\n", err.text);
	ktap_must(conf);
	conf_blank_secrets(conf, text, len);
	ktap_ok(!strstr(text, "secret") && strlen(text) == len,
		"%s: overwritten", what);
	blank = conf_parse("blank", text, len, &err);
	if (!ktap_ok(blank, "%s: what is left is accepted", what))
		printf("# %s\n%s", err.text, text);
	ktap_must(blank);
	a = blank->vnets[0].server->neighbors;
	b = conf->vnets[0].server->neighbors;
	ktap_ok(!strcmp(a[0].md5_key, "x") && !strcmp(a[1].md5_key, "x") &&
		addr_equal(&a[0].address, &b[0].address) &&
		a[0].asn == 1 && a[1].asn == 2,
		"%s: all else is the same", what);
	ktap_ok(!strcmp(a[2].ao_keys[0].key, "x") &&
		a[2].ao_keys[0].recv_id == 2 &&
		!strcmp(b[2].ao_keys[0].key, "third secret"),
		"%s: TCP-AO as well", what);
	ktap_ok(!strcmp(b[1].md5_key, "other secret") &&
		strstr(b[0].md5_key, "secret"), "%s: the keys were read", what);
	conf_free(conf);
	conf_free(blank);
	free(text);
}

/* An 80 character limit that a longer text of the same key must not meet. */
#define LONG	"secret-----------------------------------" \
		"---------------------------------------"

static void test_keys(void)
{
	test_blank("plain", KEYED("secret"));
	test_blank("quoted", KEYED("'it''s secret: {'"));
	test_blank("double quotes", KEYED("\"a \\\"secret\\\", \\x41\""));
	test_blank("long", KEYED("\"" LONG "\""));
}

static void key_file_is(const char *what, const char *path, const char *key,
			const char *problem)
{
	struct conf_error err = { .text = "" };
	char text[1024], *got;
	struct conf *conf;
	bool ok;

	snprintf(text, sizeof(text), SERVER "      neighbors:\n"
		 "        - { name: a, address: 10.1.2.4, asn: 1, "
		 "md5-key-file: %s }\n", path);
	conf = conf_parse("file", text, strlen(text), &err);
	ktap_must(conf);
	ok = conf_read_keys(conf, "file", &err);
	got = conf->vnets[0].server->neighbors[0].md5_key;
	if (problem)
		ok = !ok && strstr(err.text, problem) &&
		     strstr(err.text, "file:10:11: vnet \"blue\": neighbor "
			    "\"a\": md5-key-file: ") == err.text;
	else
		ok = ok && got && !strcmp(got, key);
	if (!ktap_ok(ok, "key file: %s", what))
		printf("# %s\n", err.text);
	conf_free(conf);
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	ktap_must(file && fputs(text, file) >= 0);
	fclose(file);
	ktap_must(chmod(path, mode) == 0);
}

static void test_key_files(void)
{
	char dir[] = "/tmp/conf_testXXXXXX", path[64], link[64];

	ktap_must(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	if (geteuid() == 0) {
		put(path, "secret of two words\nmore\n", 0600);
		key_file_is("the first line", path, "secret of two words",
			    NULL);
		put(path, LONG, 0400);
		key_file_is("without a newline", path, LONG, NULL);
		ktap_must(symlink(path, link) == 0);
		key_file_is("a symbolic link", link, NULL, "Too many levels");
		put(path, LONG "x\n", 0600);
		key_file_is("too long", path, NULL, "1 to 80 printable");
		put(path, "\n", 0600);
		key_file_is("empty", path, NULL, "1 to 80 printable");
		put(path, "a\tb\n", 0600);
		key_file_is("not printable", path, NULL, "1 to 80 printable");
		put(path, "secret\n", 0640);
		key_file_is("others may read it", path, NULL, "mode 0600");
		ktap_must(chmod(path, 0600) == 0 && chown(path, 1, 1) == 0);
		key_file_is("another's", path, NULL, "a file of root's");
		unlink(link);
		unlink(path);
	} else {
		ktap_skip("key files", "needs root");
	}
	key_file_is("missing", path, NULL, "No such file");
	key_file_is("a directory", "/", NULL, "not a regular file");
	rmdir(dir);
}

int main(void)
{
	ktap_start();
	test_accepted("full");
	test_accepted("small");
	test_accepted("flow");
	test_accepted("azure");
	test_errors();
	test_files();
	test_values();
	test_neighbors();
	test_keys();
	test_key_files();
	return ktap_finish();
}
