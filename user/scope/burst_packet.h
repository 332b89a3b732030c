/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two ends of `sluice burst-test` say to each other, version 1.
 *
 * Everything is UDP between one port of each end, in network byte order, and
 * begins with the same header:
 *
 *    0  magic    4  "SLBT"
 *    4  version  1  1
 *    5  type     1  BURST_HELLO …
 *    6  zero     2
 *    8  cookie   8  the receiver's; 0 in a HELLO
 *   16  nonce    8  the sender's, told back in every answer
 *   24  probe    4  number of the burst, rising from 1 within a session
 *   28  packets  4  START, STARTED, BUSY: in the burst. BURST: this one's index,
 *                  from 0. ASK, REPORT: number of the question
 *
 *   sender             receiver
 *   HELLO, 64 bytes →  ← WELCOME, 32, with the cookie
 *   START, 64       →  ← STARTED, 32, or BUSY, 32: somebody else is measuring
 *   BURST × packets →
 *   ASK, 384        →  ← REPORT, 384
 *   …                     START, BURST, ASK again, with the next probe
 *   END, 32         →  ← END, 32, also when that is over already
 *
 * A message is at least as long as that and may be padded; what lies behind is
 * not read. So no answer is longer than what it answers, each message has at
 * most one, and a BURST has none: nobody can make a receiver send more than he
 * sends himself. The cookie is a keyed hash of the sender's address, port and
 * nonce: until somebody has shown that he gets what is sent to his address, the
 * receiver keeps nothing of him. Only one sender is served at a time, because
 * two would measure each other.
 *
 * Behind the header of a REPORT:
 *
 *   32  packets     4  in the burst, as START said
 *   36  received    4  different ones of them
 *   40  first_lost  4  index of the first that is missing; packets: none is
 *   44  duplicates  4  that came again
 *   48  reordered   4  that came after one with a higher index (RFC 4737)
 *   52  overflowed  4  datagrams that the receiver's socket had no room for
 *   56  runs        4  of packets that are missing side by side
 *   60  zero        4
 *   64  marks  5 × 12  after how many arrivals (4), and when (8, ns after the
 *                      first): the first, those at a quarter, a half, three
 *                      quarters, and the last; all 0 if nothing arrived
 *  124  zero        4
 *  128  runs  32 ×  8  the first of them: index (4), packets (4)
 *
 * Nothing here reads a clock, prints or exits.
 */
#ifndef SLUICE_BURST_PACKET_H
#define SLUICE_BURST_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BURST_MAGIC		0x534c4254u
#define BURST_VERSION		1u

#define BURST_HEADER_BYTES	32u
#define BURST_REQUEST_BYTES	64u
#define BURST_REPORT_BYTES	384u

/* In a burst: 98 MB of full frames, more than a port's share of most switches. */
#define BURST_PACKETS_CEILING	65536u
#define BURST_RUNS_TOLD		32u
#define BURST_MARKS		5u

enum burst_type {
	BURST_NONE,		/* no message */
	BURST_HELLO,
	BURST_WELCOME,
	BURST_START,
	BURST_STARTED,
	BURST_BUSY,
	BURST_BURST,
	BURST_ASK,
	BURST_REPORT,
	BURST_END,
};

/**
 * struct burst_header - what every message begins with
 * @type: BURST_…
 * @cookie: the receiver's
 * @nonce: the sender's
 * @probe: number of the burst
 * @packets: in it; of a BURST its index, of an ASK its number
 */
struct burst_header {
	enum burst_type type;
	uint64_t cookie;
	uint64_t nonce;
	uint32_t probe;
	uint32_t packets;
};

struct burst_run {
	uint32_t first;
	uint32_t packets;
};

/**
 * struct burst_mark - when how many had arrived
 * @arrivals: the first is 1
 * @ns: after the first
 */
struct burst_mark {
	uint32_t arrivals;
	uint64_t ns;
};

/**
 * struct burst_report - what arrived of a burst
 * @packets: in the burst
 * @received: different ones of them
 * @first_lost: index of the first that is missing; @packets: none is
 * @duplicates: that came again
 * @reordered: that came after one with a higher index
 * @overflowed: datagrams that the receiver's socket had no room for
 * @runs: of packets that are missing side by side
 * @told: the first of these runs, at most BURST_RUNS_TOLD
 * @marks: of the arrivals, 0 if there are none
 */
struct burst_report {
	uint32_t packets;
	uint32_t received;
	uint32_t first_lost;
	uint32_t duplicates;
	uint32_t reordered;
	uint32_t overflowed;
	uint32_t runs;
	struct burst_run told[BURST_RUNS_TOLD];
	struct burst_mark marks[BURST_MARKS];
};

/* Write BURST_HEADER_BYTES. */
void burst_header_put(uint8_t *to, const struct burst_header *header);

/*
 * Read a message of @bytes, of which @captured are there. False: it is none of
 * ours, of another version, or shorter than its type must be.
 */
bool burst_header_get(const uint8_t *from, size_t captured, size_t bytes,
		      struct burst_header *ret);

/* The length that a message of that type has at least. */
size_t burst_type_bytes(enum burst_type type);

/* Write what stands behind the header of a REPORT: BURST_REPORT_BYTES in all. */
void burst_report_put(uint8_t *to, const struct burst_report *report);

/*
 * Read it, from a whole message. False: it contradicts itself, so nothing of it
 * counts.
 */
bool burst_report_get(const uint8_t *from, struct burst_report *ret);

#endif
