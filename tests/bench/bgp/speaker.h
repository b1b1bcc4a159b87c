/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BGP speakers, many in one process, IPv4 unicast only: they open a session,
 * send what they are given, and count what comes back.
 */
#ifndef BENCH_SPEAKER_H
#define BENCH_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "routes.h"

/* What one speaker has been told, prefix by prefix. */
struct ledger {
	uint8_t path[SLOTS];		/* length + 1, 0: not there */
	uint32_t present;
	uint64_t sum;			/* of the path lengths */
	uint64_t probe_at[PROBES_MAX];	/* ns, 0: not seen */
};

enum speaker_state {
	SPEAKER_CLOSED,
	SPEAKER_CONNECTING,
	SPEAKER_OPEN_SENT,
	SPEAKER_ESTABLISHED,
};

struct speaker {
	uint32_t as;
	uint8_t address[4];
	unsigned int hold;		/* seconds, proposed */
	struct ledger *ledger;		/* NULL: it only counts */
	bool deaf;			/* does not read */
	enum speaker_state state;
	int fd;
	uint8_t *in;
	size_t in_len;
	const uint8_t *out;		/* being sent */
	size_t out_len;
	bool repeat;			/* send it again and again */
	const struct feed *feed;
	uint64_t keepalive_due;		/* ns */
	uint64_t announced, withdrawn, updates, bytes;
	uint64_t last_update;		/* ns, when the last UPDATE came */
	uint64_t last_heard;		/* any message */
	uint64_t silence;		/* longest time between two: see below */
	uint64_t established_at;
	unsigned int lost;		/* sessions that the other end closed */
};

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void speakers_init(const uint8_t target[4], uint32_t target_as);
void speaker_connect(struct speaker *s);
/* Close the session by a TCP reset. */
void speaker_reset(struct speaker *s);
/* The same by a NOTIFICATION: Cease, Administrative Shutdown. */
void speaker_cease(struct speaker *s);
/* Send what is in @feed, which stays the caller's. */
void speaker_send(struct speaker *s, const struct feed *feed);
void speaker_deaf(struct speaker *s, bool deaf);
/* ns: the longest time without a message, one that has not ended included. */
uint64_t speaker_silence(const struct speaker *s);
/* Serve all speakers for at most @ms. */
void speakers_run(int ms);

#endif
