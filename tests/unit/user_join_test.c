// SPDX-License-Identifier: GPL-2.0
/* The same packets at two places (join.h), with packets made by hand. */
#include <math.h>
#include <stdlib.h>

#include "../../user/scope/figure.h"
#include "../../user/scope/join.h"
#include "../../user/scope/pair_viewer.h"
#include "core_random.h"
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
static struct scope_packet packet_of(uint64_t time_ns, uint32_t sequence,
				     uint32_t segments)
{
	return (struct scope_packet){
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
}

static void tcp(enum scope_join_side side, uint64_t time_ns, uint32_t sequence,
		uint32_t segments)
{
	struct scope_packet packet = packet_of(time_ns, sequence, segments);

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

	struct scope_join_lately lately;

	begin(false);
	for (uint32_t i = 0; i < 4000; i++) {
		tcp(SCOPE_JOIN_FIRST, far_ns + i * MS_NS, i * MSS, 1);
		tcp(SCOPE_JOIN_SECOND, (i / 2 * 2 + 3) * MS_NS, i * MSS, 1);
		if (i == 1999)
			scope_join_lately_take(&join, &lately);
	}
	tap_u64(lately.ways, 2000, "pairs: lately, before the middle");
	tap_u64((uint64_t)(lately.min_ns - join.way_min_ns), 0, "pairs: the quickest of them");
	tap_u64((uint64_t)(lately.max_ns - lately.min_ns), MS_NS, "pairs: and the slowest");
	tap_real((double)(lately.base_ns - lately.min_ns) +
		 lately.sum_over_base_ns / (double)lately.ways, MS_NS / 2., "pairs: and their mean");
	scope_join_lately_take(&join, &lately);
	tap_u64(lately.ways, 2000, "pairs: and behind it");
	scope_join_lately_take(&join, &lately);
	tap_u64(lately.ways, 0, "pairs: each is told once");
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

/* A super-packet as a capture has it: nobody tells its segments. */
static void tcp_long(enum scope_join_side side, uint64_t time_ns,
		     uint32_t sequence, uint32_t segments)
{
	struct scope_packet packet = packet_of(time_ns, sequence, segments);

	packet.segment_bytes = 0;
	scope_join_add(&join, side, &packet);
}

/* What is long in a capture is found again where it is a super-packet, whichever comes first. */
static void test_long(void)
{
	for (unsigned int expands = 0; expands < 2; expands++) {
		begin(expands);
		for (uint32_t i = 0; i < 100; i++) {
			if (i % 2)
				tcp(SCOPE_JOIN_FIRST, i * 10 * MS_NS, i * 4 * MSS, 4);
			tcp_long(SCOPE_JOIN_SECOND, i * 10 * MS_NS + 100,
				 i * 4 * MSS, 4);
			if (!(i % 2))
				tcp(SCOPE_JOIN_FIRST, i * 10 * MS_NS, i * 4 * MSS, 4);
		}
		scope_join_finish(&join);
		tap_u64(join.both_pkts, 400, expands ? "long, expanded: all frames are found" :
						       "long: all frames are found");
		tap_u64(join.place[SCOPE_JOIN_SECOND].pkts, 400, "long: they count as their frames");
		tap_u64(join.place[SCOPE_JOIN_SECOND].supers, 100, "long: in super-packets");
		tap_u64(join.mixed_pkts, 0, "long: they are what they were there");
		tap_u64(join.ways, expands ? 400 : 100, "long: ways are known");
		tap_u64(scope_join_later_ns(&join, 1000000), 0, "long: and alike");
		tap_real(scope_join_retention(&join, SCOPE_JOIN_BEF), 1, "long: their spacing is kept");
		tap_u64(join.place[SCOPE_JOIN_FIRST].meter.bytes,
			join.place[SCOPE_JOIN_SECOND].meter.bytes, "long: they have the same bytes");
		tap_u64(join.place[SCOPE_JOIN_SECOND].long_pkts, 0, "long: none is left");
		end();
	}

	begin(false);
	tcp(SCOPE_JOIN_FIRST, 0, 0, 4);
	tcp(SCOPE_JOIN_FIRST, MS_NS, 4 * MSS, 2);
	tcp_long(SCOPE_JOIN_SECOND, MS_NS, 0, 6);
	scope_join_finish(&join);
	tap_u64(join.both_pkts, 0, "long: joined anew on the way, nobody knows what it is of");
	tap_u64(join.place[SCOPE_JOIN_SECOND].long_pkts, 1, "long: which is counted");
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

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

/* Delay variation against its definition: D - D_min, and the nearest rank of the shares. */
static void test_variation(void)
{
	enum { PKTS = 20000 };
	static const uint32_t shares_ppm[] = { 500000, 990000, 999000, 1000000 };
	static const char *const figures[] = { "pdv_p50", "pdv_p99", "pdv_p999", "pdv_max" };
	static double delay_ns[PKTS];
	uint64_t behind_ns = 86400 * SLUICE_NS_PER_S;	/* the second clock, so that delays are below 0 */
	u64 state = 11;
	uint64_t last_ns = 0;
	static struct scope scope = { .join = &join };
	const struct scope_lane *lane = scope.lane;
	double least = 1e18;

	begin(false);
	for (uint32_t i = 0; i < PKTS; i++) {
		uint64_t sent_ns = behind_ns + i * 10000ull;
		uint64_t way_ns = 50000 + random_bits(&state, 20);
		uint64_t came_ns = sent_ns - behind_ns + way_ns;

		/* in the order of the place, as packets of a queue */
		came_ns = came_ns < last_ns ? last_ns : came_ns;
		last_ns = came_ns;
		delay_ns[i] = (double)came_ns - (double)sent_ns;
		least = fmin(least, delay_ns[i]);
		tcp(SCOPE_JOIN_FIRST, sent_ns, i * MSS, 1);
		tcp(SCOPE_JOIN_SECOND, came_ns, i * MSS, 1);
	}
	scope_join_finish(&join);
	qsort(delay_ns, PKTS, sizeof(*delay_ns), compare);
	for (int i = 0; i < 4; i++) {
		uint32_t rank = (uint32_t)((uint64_t)PKTS * shares_ppm[i] / 1000000);

		tap_real((double)scope_join_later_ns(&join, shares_ppm[i]), delay_ns[rank - 1] - least, "variation: by its definition, whatever the clocks' offset");
		tap_real(scope_figure_find(figures[i])->value(&scope, lane), delay_ns[rank - 1] - least, "variation: as a figure too");
	}
	end();
	begin(false);
	tcp(SCOPE_JOIN_FIRST, 0, 0, 1);
	scope_join_finish(&join);
	tap_ok(isnan(scope_figure_find("pdv_p99")->value(&scope, lane)), "variation: not known where nothing came");
	scope.join = NULL;
	tap_ok(isnan(scope_figure_find("pdv_p99")->value(&scope, lane)), "variation: nor at one place");
	end();
}

/* More ways than are kept: the least and the longest are of all, and quantiles near. */
static void test_sample(void)
{
	uint32_t count = SCOPE_JOIN_WAYS + SCOPE_JOIN_WAYS / 4;

	begin(false);
	for (uint32_t i = 0; i < count; i++) {
		/* 1000 to 1999 us in turn, and one of each kind beyond */
		uint64_t way_ns = (1000 + i % 1000) * 1000ull;

		if (i == 1000)
			way_ns = 500000;
		if (i == 2000)
			way_ns = 9 * MS_NS;
		udp(SCOPE_JOIN_FIRST, i * 10 * MS_NS, i + 1, 1);
		udp(SCOPE_JOIN_SECOND, i * 10 * MS_NS + way_ns, i + 1, 1);
	}
	scope_join_finish(&join);
	tap_u64(scope_join_ways_kept(&join), SCOPE_JOIN_WAYS, "sample: a million ways are kept");
	tap_u64(join.ways, count, "sample: of a quarter more");
	tap_u64(scope_join_later_ns(&join, 1000000), 8500000, "sample: the longest less the shortest is of all");
	tap_ok(fabs((double)scope_join_later_ns(&join, 500000) - 1e6) < 5e3, "sample: the median is the median of all, within 0.5 %");
	end();
}

/* ---- the view of both ---- */

/* A packet waits for the other place for longer than a second: it came when it was found. */
static void test_view_border(void)
{
	static const uint64_t now_ns[SCOPE_PAIR_PLACES];
	static const bool has_missed[SCOPE_PAIR_PLACES];
	static struct scope places[SCOPE_PAIR_PLACES];
	static struct scope_pair_view view;
	struct scope_pair_viewer *viewer =
		scope_pair_viewer_open(&places[0], &places[1]);

	if (!viewer)
		abort();
	begin(false);
	tcp(SCOPE_JOIN_SECOND, 1, 1, 1);
	for (unsigned int i = 0; i < SCOPE_SLOTS_PS; i++)
		scope_pair_viewer_turn(viewer, places, &join, now_ns, has_missed);
	tcp(SCOPE_JOIN_FIRST, 0, 1, 1);
	scope_pair_viewer_turn(viewer, places, &join, now_ns, has_missed);
	scope_pair_viewer_fill(viewer, &view);
	tap_u64(view.both_pkts, 1, "view: one was found at both");
	tap_u64(view.place[0].pkts, 1, "view: of one there");
	tap_u64(view.place[1].pkts, 1, "view: and one here, a second before");
	scope_pair_viewer_close(viewer);
	end();
}

int main(void)
{
	test_spacing();
	test_variation();
	test_sample();
	test_order();
	test_copies();
	test_supers();
	test_long();
	test_bundles();
	test_bounds();
	test_view_border();
	return tap_done();
}
