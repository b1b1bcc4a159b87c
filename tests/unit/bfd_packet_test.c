// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BFD packets: data/bfd_packet.txt, and that what is built is read the same,
 * of random packets. The seed is printed; give it as argument to repeat a run.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bfd/packet.h"
#include "ktap.h"
#include "unit/vectors.h"

#define ROUNDS	10000

static void run(const struct vector *vector, char *out)
{
	struct rbuf r = vector_bytes(vector, "packet");
	uint8_t again[BFD_PACKET_LEN];
	struct bfd_packet p;
	const char *problem = bfd_packet_parse(r.pos, r.left, &p);

	if (problem) {
		vector_say(out, "%s\n", problem);
		return;
	}
	vector_say(out, "%s %s mult %u disc %u -> %u tx %u rx %u%s%s%s\n",
		   bfd_state_name(p.state), bfd_diag_name(p.diag), p.mult,
		   p.my_disc, p.your_disc, p.min_tx, p.min_rx,
		   p.poll ? " poll" : "", p.final ? " final" : "",
		   p.demand ? " demand" : "");
	bfd_packet_build(&p, again);
	if (memcmp(again, r.pos, sizeof(again)))
		vector_say(out, "rebuilt otherwise\n");
}

void vector_result(bool ok, const struct vector *vector, const char *got)
{
	if (!ktap_ok(ok, "%s", vector->name))
		printf("got:\n%s", got);
}

static uint64_t random_state;

static uint32_t random_u32(void)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return random_state >> 32;
}

/* One that may be sent. */
static void random_packet(struct bfd_packet *p)
{
	p->diag = random_u32() % (BFD_DIAG_MAX + 1);
	p->state = random_u32() % BFD_STATES;
	p->poll = random_u32() % 2;
	p->final = !p->poll && random_u32() % 2;
	p->demand = random_u32() % 2;
	p->mult = 1 + random_u32() % 255;
	p->my_disc = random_u32() | 1;
	p->your_disc = random_u32();
	if (p->state == BFD_DOWN && random_u32() % 2)
		p->your_disc = 0;
	else
		p->your_disc |= 1;
	p->min_tx = random_u32();
	p->min_rx = random_u32();
}

static bool packets_equal(const struct bfd_packet *a,
			  const struct bfd_packet *b)
{
	return a->diag == b->diag && a->state == b->state &&
	       a->poll == b->poll && a->final == b->final &&
	       a->demand == b->demand && a->mult == b->mult &&
	       a->my_disc == b->my_disc && a->your_disc == b->your_disc &&
	       a->min_tx == b->min_tx && a->min_rx == b->min_rx;
}

static void test_round_trip(void)
{
	uint8_t data[BFD_PACKET_LEN], again[BFD_PACKET_LEN];
	unsigned int round, same = 0;
	struct bfd_packet p, back;

	for (round = 0; round < ROUNDS; round++) {
		random_packet(&p);
		bfd_packet_build(&p, data);
		if (bfd_packet_parse(data, sizeof(data), &back))
			continue;
		bfd_packet_build(&back, again);
		same += packets_equal(&p, &back) &&
			!memcmp(data, again, sizeof(data));
	}
	ktap_ok(same == ROUNDS, "random packets: %u of %u", same, ROUNDS);
}

int main(int argc, char **argv)
{
	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) :
				  (uint64_t)time(NULL);
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)random_state);
	vectors_run("tests/unit/data/bfd_packet.txt", run);
	test_round_trip();
	return ktap_finish();
}
