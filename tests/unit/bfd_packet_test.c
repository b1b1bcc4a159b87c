// SPDX-License-Identifier: GPL-2.0-or-later
/* BFD packets: data/bfd_packet.txt, and that what is built is read the same. */
#include <string.h>

#include "bfd/packet.h"
#include "ktap.h"
#include "unit/vectors.h"

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

int main(void)
{
	ktap_start();
	vectors_run("tests/unit/data/bfd_packet.txt", run);
	return ktap_finish();
}
