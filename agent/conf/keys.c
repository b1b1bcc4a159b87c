// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys: read from files of their own, and kept out of others' sight. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/node.h"
#include "lib/util.h"

/* What is wrong with who may read or write the file; NULL: nothing. */
static const char *check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != 0 || st.st_mode & 077)
		return "expected a file of root's that nobody else may read "
		       "or write (mode 0600)";
	return NULL;
}

/* The first line, to @key (CONF_KEY_MAX + 1 bytes). */
static const char *read_line(int fd, char *key)
{
	ssize_t n = read(fd, key, CONF_KEY_MAX + 1);
	size_t len, i;

	if (n < 0)
		return strerror(errno);
	for (len = 0; len < (size_t)n && key[len] != '\n'; len++)
		;
	for (i = 0; i < len; i++) {
		if (key[i] < ' ' || key[i] > '~')
			len = 0;
	}
	if (len == 0 || len > CONF_KEY_MAX)
		return "expected 1 to 80 printable characters in the first "
		       "line";
	key[len] = '\0';
	return NULL;
}

static const char *read_key(const char *path, char **key)
{
	char line[CONF_KEY_MAX + 2];
	const char *problem;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return strerror(errno);
	problem = check_owner(fd);
	if (!problem)
		problem = read_line(fd, line);
	if (!problem)
		*key = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	close(fd);
	return problem;
}

static bool read_neighbor(const struct conf_vnet *vnet,
			  struct conf_neighbor *neighbor, const char *name,
			  struct conf_error *err)
{
	const char *problem = NULL, *which = "md5-key-file";
	const char *path = neighbor->md5_key_file;
	size_t i;

	if (path)
		problem = read_key(path, &neighbor->md5_key);
	for (i = 0; !problem && i < neighbor->n_ao_keys; i++) {
		which = "tcp-ao: key-file";
		path = neighbor->ao_keys[i].key_file;
		if (path)
			problem = read_key(path, &neighbor->ao_keys[i].key);
	}
	if (!problem)
		return true;
	conf_error_set(err, name, neighbor->pos,
		       "vnet \"%s\": neighbor \"%s\": %s: %s: %s", vnet->name,
		       neighbor->name, which, path, problem);
	return false;
}

static bool read_server(const struct conf_vnet *vnet, const char *name,
			struct conf_error *err)
{
	size_t i;

	for (i = 0; vnet->server && i < vnet->server->n_neighbors; i++) {
		if (!read_neighbor(vnet, &vnet->server->neighbors[i], name,
				   err))
			return false;
	}
	return true;
}

bool conf_read_keys(struct conf *conf, const char *name,
		    struct conf_error *err)
{
	size_t i;

	for (i = 0; i < conf->n_vnets; i++) {
		if (!read_server(&conf->vnets[i], name, err))
			return false;
	}
	return true;
}

/* Either may be NULL. */
static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool conf_ao_key_equal(const struct conf_ao_key *a,
		       const struct conf_ao_key *b)
{
	return a->send_id == b->send_id && a->recv_id == b->recv_id &&
	       a->algorithm == b->algorithm && text_equal(a->key, b->key) &&
	       text_equal(a->key_file, b->key_file);
}

static int span_cmp(const void *pa, const void *pb)
{
	const struct conf_span *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* The first byte of each character is not one of these. */
static bool continues(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* A quoted text becomes a bare one, of one letter. */
void conf_blank_secrets(const struct conf *conf, char *text, size_t len)
{
	struct conf_span *spans = xcalloc(conf->n_secrets + 1,
					  sizeof(*spans));
	size_t at, chars = 0, i = 0;

	if (conf->n_secrets > 0)
		memcpy(spans, conf->secrets, conf->n_secrets * sizeof(*spans));
	qsort(spans, conf->n_secrets, sizeof(*spans), span_cmp);
	for (at = 0; at < len && i < conf->n_secrets; at++) {
		if (continues(text[at]))
			continue;
		if (chars == spans[i].end)
			i++;
		if (i < conf->n_secrets && chars >= spans[i].start)
			text[at] = chars == spans[i].start ? 'x' : ' ';
		chars++;
	}
	free(spans);
}
