// SPDX-License-Identifier: GPL-2.0
/*
 * Live views of traffic of which packets were not seen (METRICS rule f): the same traffic
 * is looked at whole and with holes, turn by turn. In slots without a mark gaps and
 * trains are those of the whole; and marks do not stay longer than they must.
 */
#include <stdlib.h>

#include "../../user/scope/view_holes.h"
#include "core_random.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define START_NS	(1700000000 * SLUICE_NS_PER_S)
#define MS		1000000ull
#define TURNS		80u

/* One place, as a view looks at it. */
struct look {
	struct scope scope;
	struct scope_slots slots[2];
	uint64_t end;
};

static struct look whole, part;
static struct scope_holes holes;

static void look_begin(struct look *look)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1, .uncertainty_ns = 1 },
	};

	memset(look, 0, sizeof(*look));
	scope_init(&look->scope, &config);
}

static void look_add(struct look *look, uint64_t at_ns)
{
	struct scope_packet packet = scope_tcp_packet(at_ns, 0, false, 0, 1000, 0);
	struct scope_flow_event event;

	packet.direction = SCOPE_OUT;
	scope_add(&look->scope, &packet, &event);
}

static void look_turn(struct look *look, uint64_t now_ns)
{
	look->end = scope_slots_turn(look->slots, &look->scope, look->end, now_ns);
}

static bool is_same(uint64_t slot)
{
	struct scope_slot all, seen;

	scope_slots_sum(whole.slots, slot + 1, 1, &all);
	scope_slots_sum(part.slots, slot + 1, 1, &seen);
	return !memcmp(all.gaps, seen.gaps, sizeof(all.gaps)) &&
	       !memcmp(all.train_pkts, seen.train_pkts, sizeof(all.train_pkts));
}

/* Slots without a mark that are not those of the whole; *ret_marked: how many have one. */
static uint64_t wrong_slots(uint64_t *ret_marked, uint64_t *ret_changed)
{
	uint64_t wrong = 0;

	*ret_marked = *ret_changed = 0;
	for (uint64_t slot = 0; slot < part.end; slot++) {
		bool is_marked = scope_holes_within(&holes, slot + 1, 1);

		*ret_marked += is_marked;
		*ret_changed += !is_same(slot);
		wrong += !is_marked && !is_same(slot);
	}
	return wrong;
}

/* What traffic is made of: gaps within trains, between them, and how long those are. */
struct kind {
	const char *name;
	uint32_t near_ns;
	uint32_t far_ns;
	uint32_t train;
	uint32_t hole_one_in;		/* turns */
};

static uint64_t gap_next(const struct kind *kind, u64 *state)
{
	return random_below(state, kind->train) ?
	       1 + random_below(state, kind->near_ns) :
	       1 + random_below(state, kind->far_ns);
}

/*
 * From the second turn on, at random, packets from some time in it on are not seen,
 * up to its end. The first one is seen, so both have the same slots.
 */
static void test_kind(const struct kind *kind)
{
	u64 state = 0x5107 + kind->train;
	uint64_t at_ns = START_NS, now_ns = START_NS, marked, changed, wrong;
	char claim[128];

	look_begin(&whole);
	look_begin(&part);
	memset(&holes, 0, sizeof(holes));
	for (uint32_t i = 0; i < TURNS; i++) {
		bool has_hole = i && !random_below(&state, kind->hole_one_in);
		uint64_t from_ns = now_ns + random_below(&state, SCOPE_SLOT_NS);
		bool has_missed = false;

		for (now_ns += SCOPE_SLOT_NS; at_ns < now_ns;
		     at_ns += gap_next(kind, &state)) {
			look_add(&whole, at_ns);
			if (has_hole && at_ns >= from_ns)
				has_missed = true;
			else
				look_add(&part, at_ns);
		}
		look_turn(&whole, now_ns);
		look_turn(&part, now_ns);
		scope_holes_turn(&holes, &part.scope, part.end, now_ns, has_missed);
	}
	wrong = wrong_slots(&marked, &changed);
	snprintf(claim, sizeof(claim), "holes: %s: a slot without a mark is that of the whole",
		 kind->name);
	if (!tap_ok(!wrong && changed > 2, claim))
		printf("# %" PRIu64 " of %" PRIu64 " are not\n", wrong, changed);
	snprintf(claim, sizeof(claim), "holes: %s: and most have none", kind->name);
	if (!tap_ok(marked < part.end * 3 / 4, claim))
		printf("# %" PRIu64 " of %" PRIu64 " have one\n", marked, part.end);
	tap_ok(holes.had_any, "holes: it is known that there were any");
	scope_done(&whole.scope);
	scope_done(&part.scope);
}

/* A packet at each of these times; the view turns until there is none. Marks as text. */
static void expect_marks(const uint64_t *at_ms, uint32_t count, uint32_t missed_turn,
			 const char *marks, const char *claim)
{
	char got[64] = "";
	uint32_t next = 0;

	look_begin(&part);
	memset(&holes, 0, sizeof(holes));
	for (uint32_t i = 1; i <= strlen(marks); i++) {
		uint64_t now_ns = START_NS + i * (uint64_t)SCOPE_SLOT_NS;

		for (; next < count && START_NS + at_ms[next] * MS < now_ns; next++)
			look_add(&part, START_NS + at_ms[next] * MS);
		look_turn(&part, now_ns);
		scope_holes_turn(&holes, &part.scope, part.end, now_ns,
				 i == missed_turn);
	}
	for (uint32_t i = 0; i < strlen(marks); i++)
		got[i] = scope_holes_within(&holes, i + 1, 1) ? 'x' : '.';
	tap_text(got, marks, claim);
	scope_done(&part.scope);
}

static void test_marks(void)
{
	static const uint64_t steady[] = { 0, 100, 300, 600, 900, 1200, 1500, 1800, 2100, 2400 };
	static const uint64_t pause[] = { 0, 100, 300, 2600, 2700 };
	static const uint64_t pauses[] = { 0, 100, 300, 1600, 2600 };
	static const uint64_t late[] = { 1100, 1300, 1600, 1900, 2200, 2400 };

	expect_marks(steady, 10, 0, "...........", "holes: none");
	expect_marks(steady, 10, 4, "..xxxxxx...",
		     "holes: since the turn before, until the train of the next packet has ended");
	expect_marks(pause, 5, 3, ".xxx.....xxx",
		     "holes: where the next packet comes late, its slot has one");
	expect_marks(pauses, 5, 3, ".xxx.xxx.xxx.",
		     "holes: and where the train that this is in ends");
	expect_marks(late, 6, 2, "xxx........",
		     "holes: in front of all that was seen");
}

static void test_spans(void)
{
	static const uint64_t steady[] = { 0, 100, 300, 600, 900, 1200 };
	static struct scope from_start = { .start_ns = START_NS };

	expect_marks(steady, 6, 3, ".xxxxx...", "holes: one");
	tap_ok(!scope_holes_within(&holes, 1, 1) && scope_holes_within(&holes, 2, 4) &&
	       scope_holes_within(&holes, 6, 4) && scope_holes_within(&holes, 8, 4) &&
	       !scope_holes_within(&holes, 10, 4) && scope_holes_within(&holes, 10, 1000),
	       "holes: in the slots in front of one");
	tap_ok(scope_holes_between(&holes, &from_start, START_NS, START_NS + 260 * MS) &&
	       !scope_holes_between(&holes, &from_start, START_NS, START_NS + 240 * MS) &&
	       scope_holes_between(&holes, &from_start, START_NS + 1490 * MS, START_NS + 9000 * MS) &&
	       !scope_holes_between(&holes, &from_start, START_NS + 1510 * MS, START_NS + 9000 * MS),
	       "holes: between two times");
	tap_ok(!scope_holes_within(&holes, 5 + SCOPE_SLOTS, 4),
	       "holes: a slot that took the place of one has none");
	holes.is_anywhere = true;
	tap_ok(scope_holes_within(&holes, 1, 1), "holes: where it is not known when, anywhere");
}

int main(void)
{
	static const struct kind kinds[] = {
		{ "single packets", 1000000, 4000000, 2, 12 },
		{ "trains", 50000, 3000000, 20, 12 },
		{ "trains of seconds", 90000, 2000000, 20000, 12 },
		{ "pauses of seconds", 40000000, 2000000000, 10, 6 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		test_kind(&kinds[i]);
	test_marks();
	test_spans();
	return tap_done();
}
