// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Next hops that groups are without, fewer and more than are remembered.
 */
#include "fib/dropped.h"
#include "ktap.h"

static struct dropped dropped;

static struct addr hop(unsigned int i)
{
	return addr_from_v4(0x0a010000 + i);
}

static void add(unsigned int from, unsigned int to)
{
	struct addr addr;

	for (; from < to; from++) {
		addr = hop(from);
		dropped_add(&dropped, &addr);
	}
}

static enum dropped_back back(unsigned int i)
{
	struct addr addr = hop(i);

	return dropped_back(&dropped, &addr);
}

static void test_few(void)
{
	unsigned int i, n = 0;

	add(0, 10);
	add(0, 10);
	ktap_ok(back(10) == DROPPED_NOT, "one that was not dropped is none");
	ktap_ok(back(3) == DROPPED_THIS, "one that was is told");
	ktap_ok(back(3) == DROPPED_NOT, "once, though it went twice");
	for (i = 0; i < 10; i++)
		n += back(i) == DROPPED_THIS;
	ktap_ok(n == 9, "the others are not forgotten for that");
}

static void test_many(void)
{
	add(0, DROPPED_MAX);
	ktap_ok(back(DROPPED_MAX) == DROPPED_NOT, "so many are known by name");
	add(DROPPED_MAX, DROPPED_MAX + 2);
	ktap_ok(back(5) == DROPPED_THIS,
		"one of these is told by name when there are more");
	ktap_ok(back(DROPPED_MAX) == DROPPED_ALL,
		"one that is not makes it all routes");
	ktap_ok(back(DROPPED_MAX + 1) == DROPPED_NOT && back(6) == DROPPED_NOT,
		"after which nothing is without any");
	add(20, 22);
	ktap_ok(back(30) == DROPPED_NOT && back(20) == DROPPED_THIS &&
		back(21) == DROPPED_THIS, "and it begins anew");
}

int main(void)
{
	ktap_start();
	test_few();
	test_many();
	dropped_fini(&dropped);
	return ktap_finish();
}
