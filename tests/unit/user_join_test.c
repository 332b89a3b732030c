// SPDX-License-Identifier: GPL-2.0
/* The same packets at two places (join.h), with packets made by hand. */
#include <math.h>
#include <stdlib.h>

#include "../../user/scope/join.h"
#include "user_tap.h"

#define HEADERS		54u
#define MSS		1000u
#define MS_NS		1000000ull

static struct scope_join join;

static void begin(bool expands_supers)
{
	struct scope_join_config config = { .expands_supers = expands_supers };

	if (scope_join_init(&join, &config) < 0)
		abort();
}

/* The end of a test: what it asked is still there until the next begins. */
static void end(void)
{
	scope_join_done(&join);
}

/* Data of TCP; more than one segment is a super-packet. */
static void tcp(enum scope_join_side side, uint64_t time_ns, uint32_t sequence,
		uint32_t segments)
{
	struct scope_packet packet = {
		.time_ns = time_ns, .bytes = HEADERS + MSS * segments,
		.segment_bytes = segments > 1 ? MSS : 0, .is_ip = true,
		.frame = {
			.key = { .source = { 1 }, .destination = { 2 },
				 .source_port = 80, .ip_version = 4,
				 .protocol = SLUICE_PROTOCOL_TCP },
			.has_transport = true, .header_bytes = HEADERS,
			.payload_bytes = MSS * segments,
			.tcp_sequence = sequence,
		},
	};

	scope_join_add(&join, side, &packet);
}

static void udp(enum scope_join_side side, uint64_t time_ns, uint64_t mark,
		uint32_t segments)
{
	struct scope_packet packet = {
		.time_ns = time_ns, .bytes = 42 + MSS * segments,
		.segment_bytes = segments > 1 ? MSS : 0, .is_ip = true,
		.mark = mark,
		.frame = {
			.key = { .source = { 1 }, .destination = { 2 },
				 .source_port = 53, .ip_version = 4,
				 .protocol = SLUICE_PROTOCOL_UDP },
			.has_transport = true, .header_bytes = 42,
			.payload_bytes = MSS * segments,
		},
	};

	scope_join_add(&join, side, &packet);
}

/* 1 ms apart there, in pairs here: every first one waits 1 ms for the next. */
static void test_spacing(void)
{
	uint64_t far_ns = 3600 * SLUICE_NS_PER_S;	/* the other clock is ahead */

	begin(false);
	for (uint32_t i = 0; i < 4000; i++) {
		tcp(SCOPE_JOIN_FIRST, far_ns + i * MS_NS, i * MSS, 1);
		tcp(SCOPE_JOIN_SECOND, (i / 2 * 2 + 3) * MS_NS, i * MSS, 1);
	}
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 4000, "pairs: all are found");
	tap_u64(scope_join_later_ns(&join, 500000), 0, "pairs: half take the shortest way");
	tap_u64(scope_join_later_ns(&join, 1000000), MS_NS, "pairs: the others 1 ms longer, though a clock is ahead by an hour");
	tap_real(scope_join_value(&join, SCOPE_JOIN_FIRST, SCOPE_JOIN_COV), 0, "pairs: even there");
	tap_real(scope_join_value(&join, SCOPE_JOIN_FIRST, SCOPE_JOIN_BEF), 1, "pairs: no excess there");
	tap_ok(fabs(scope_join_value(&join, SCOPE_JOIN_SECOND, SCOPE_JOIN_COV) - 1) < 1e-3,
	       "pairs: gaps of 0 and 2 ms vary by 1");
	tap_ok(fabs(scope_join_retention(&join, SCOPE_JOIN_BEF) - 2) < 1e-2,
	       "pairs: two packets meet where one was alone");
	tap_ok(isnan(scope_join_retention(&join, SCOPE_JOIN_COV)),
	       "pairs: a ratio to 0 is not known");
	end();
}

/* Whichever place is told first, and with others between. */
static void test_order(void)
{
	begin(false);
	for (uint32_t i = 0; i < 100; i++)
		tcp(SCOPE_JOIN_SECOND, (i + 5) * MS_NS, i * MSS, 1);
	for (uint32_t i = 0; i < 100; i++) {
		tcp(SCOPE_JOIN_FIRST, i * MS_NS, i * MSS, 1);
		/* Of these nobody hears at the second. */
		udp(SCOPE_JOIN_FIRST, i * MS_NS, i, 1);
	}
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 100, "order: the second place may be told first");
	tap_u64(join.place[SCOPE_JOIN_FIRST].pkts, 200, "order: what did not come is counted");
	tap_real(scope_join_retention(&join, SCOPE_JOIN_BEF), 1, "order: spacing is that of what came");
	tap_u64(join.place[SCOPE_JOIN_FIRST].meter.pkts, 100, "order: and of nothing else");
	end();
}

/* Copies of UDP are taken in their order, copies of TCP are not judged. */
static void test_copies(void)
{
	begin(false);
	for (uint32_t i = 0; i < 1000; i++)
		udp(SCOPE_JOIN_FIRST, i * MS_NS, 7, 1);
	for (uint32_t i = 0; i < 1000; i++)
		udp(SCOPE_JOIN_SECOND, i * MS_NS + (i == 999) * 5, 7, 1);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 1000, "copies: all of UDP, though they look alike");
	tap_u64(scope_join_later_ns(&join, 999000), 0, "copies: in their order");
	tap_u64(scope_join_later_ns(&join, 1000000), 5, "copies: to the last");
	end();

	begin(false);
	tcp(SCOPE_JOIN_FIRST, 0, 0, 1);
	tcp(SCOPE_JOIN_FIRST, 1 * MS_NS, 1000, 1);
	tcp(SCOPE_JOIN_FIRST, 200 * MS_NS, 0, 1);
	tcp(SCOPE_JOIN_SECOND, 2 * MS_NS, 1000, 1);
	tcp(SCOPE_JOIN_SECOND, 201 * MS_NS, 0, 1);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 2, "copies: what was sent again came once");
	tap_u64(join.copied_pkts, 1, "copies: which of the two is not known");
	tap_u64(join.ways, 1, "copies: so it has no way");
	end();
}

static void frames_of_super(uint32_t number)
{
	tcp(SCOPE_JOIN_FIRST, number * 10 * MS_NS, number * 4 * MSS, 4);
	for (uint32_t i = 0; i < 4; i++)
		tcp(SCOPE_JOIN_SECOND, number * 10 * MS_NS + i * MS_NS + 100,
		    (number * 4 + i) * MSS, 1);
}

static void test_supers(void)
{
	begin(false);
	for (uint32_t i = 0; i < 200; i++)
		frames_of_super(i);
	scope_join_finish(&join);
	tap_u64(join.place[SCOPE_JOIN_FIRST].pkts, 800, "supers: count as their frames");
	tap_u64(join.both_pkts, 800, "supers: each frame is found");
	tap_u64(join.inside_pkts, 600, "supers: three of four lay inside");
	tap_u64(join.ways, 200, "supers: the first has a way");
	tap_u64(scope_join_later_ns(&join, 1000000), 0, "supers: which is the same for all");
	tap_ok(isnan(scope_join_value(&join, SCOPE_JOIN_SECOND, SCOPE_JOIN_BEF)),
	       "supers: are not compared with frames");
	end();

	begin(true);
	for (uint32_t i = 0; i < 200; i++)
		frames_of_super(i);
	scope_join_finish(&join);
	tap_u64(join.ways, 800, "expanded: each frame has a way");
	tap_u64(scope_join_later_ns(&join, 1000000), 3 * MS_NS, "expanded: of the one stamp");
	tap_u64(join.place[SCOPE_JOIN_FIRST].meter.pkts, 800, "expanded: measured as frames");
	tap_ok(scope_join_retention(&join, SCOPE_JOIN_BEF) < .7, "expanded: what is cut and spaced is less of a burst");
	end();

	begin(false);
	tcp(SCOPE_JOIN_FIRST, 0, 0, 4);
	tcp(SCOPE_JOIN_FIRST, MS_NS, 4 * MSS, 2);
	tcp(SCOPE_JOIN_SECOND, MS_NS, 0, 6);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 6, "joined: a receiver may join what was sent as two");
	tap_u64(join.mixed_pkts, 1, "joined: which is no longer the same");
	end();
}

static void test_bundles(void)
{
	begin(false);
	udp(SCOPE_JOIN_FIRST, 0, 1, 5);
	udp(SCOPE_JOIN_SECOND, 10, 1, 5);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 5, "bundles: whole at both places");
	tap_u64(join.place[SCOPE_JOIN_FIRST].untold_pkts, 0, "bundles: nothing is left");
	end();

	begin(false);
	udp(SCOPE_JOIN_FIRST, 0, 1, 3);
	for (uint32_t i = 1; i <= 3; i++)
		udp(SCOPE_JOIN_SECOND, i * 10, i, 1);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 1, "bundles: cut on the way, the first is found");
	tap_u64(join.place[SCOPE_JOIN_FIRST].untold_pkts, 2, "bundles: the others are said to be untold");
	end();
}

/* More wait than are kept: memory is bounded, and it is said. */
static void test_bounds(void)
{
	uint32_t count = SCOPE_JOIN_ENTRIES + 50000;

	begin(false);
	for (uint32_t i = 0; i < count; i++)
		udp(SCOPE_JOIN_FIRST, i, i + 1, 1);
	tap_ok(join.forgotten_pkts >= 50000, "bounds: what is forgotten is counted");
	udp(SCOPE_JOIN_SECOND, count, 1, 1);
	udp(SCOPE_JOIN_SECOND, count, count, 1);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 1, "bounds: the oldest is not found, the newest is");
	end();
}

int main(void)
{
	test_spacing();
	test_order();
	test_copies();
	test_supers();
	test_bundles();
	test_bounds();
	return tap_done();
}
