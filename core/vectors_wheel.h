/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the wheel must answer: named cases as in vectors.h. Their sequences are
 * worked out by hand.
 */
#ifndef SLUICE_CORE_VECTORS_WHEEL_H
#define SLUICE_CORE_VECTORS_WHEEL_H

#include "types.h"
#include "vectors.h"
#include "wheel.h"

/* A time that nothing waits for. */
#define PACE_NEVER_NS		(~0ULL)

enum pace_wheel_op {
	PACE_WHEEL_END,
	PACE_WHEEL_ADD,		/* node "x" waits for time_ns */
	PACE_WHEEL_DEL,		/* node "x" waits no longer */
	PACE_WHEEL_NEXT,	/* the earliest waits for time_ns */
	PACE_WHEEL_ADVANCE,	/* at time_ns the nodes "xyz" are due */
};

struct pace_wheel_step {
	enum pace_wheel_op op;
	u64 time_ns;
	const char *nodes;	/* "a" .. "h", in their order */
};

struct pace_wheel_case {
	const char *name;
	u64 start_ns;
	struct pace_wheel_step steps[PACE_CASE_STEPS];
};

#define PACE_CASE_NODES	8

#define PACE_ADD(node, time_ns)	{ PACE_WHEEL_ADD, time_ns, node }
#define PACE_DEL(node)		{ PACE_WHEEL_DEL, 0, node }
#define PACE_NEXT(time_ns)	{ PACE_WHEEL_NEXT, time_ns, "" }
#define PACE_ADVANCE(time_ns, nodes)	{ PACE_WHEEL_ADVANCE, time_ns, nodes }

static const struct pace_wheel_case pace_wheel_cases[] = {
	{ "empty", 0, {
		PACE_NEXT(PACE_NEVER_NS), PACE_ADVANCE(1ULL << 40, ""),
		PACE_NEXT(PACE_NEVER_NS),
	} },
	{ "one node, not a nanosecond early", 0, {
		PACE_ADD("a", 100), PACE_NEXT(100), PACE_ADVANCE(99, ""),
		PACE_NEXT(100), PACE_ADVANCE(100, "a"),
		PACE_NEXT(PACE_NEVER_NS),
	} },
	{ "order of times over several levels", 0, {
		PACE_ADD("a", 5000), PACE_ADD("b", 70), PACE_ADD("c", 3),
		PACE_ADD("d", 64), PACE_ADD("e", 63), PACE_NEXT(3),
		PACE_ADVANCE(69, "ced"), PACE_NEXT(70),
		PACE_ADVANCE(5000, "ba"),
	} },
	{ "order of arrival among equals, from any level", 0, {
		PACE_ADD("a", 4106), PACE_ADVANCE(4000, ""),
		PACE_ADD("b", 4106), PACE_ADVANCE(4096, ""),
		PACE_ADD("c", 4106), PACE_NEXT(4106),
		PACE_ADVANCE(4105, ""), PACE_ADD("d", 4106),
		PACE_ADVANCE(4106, "abcd"),
	} },
	{ "a time that has passed is the present", 1000, {
		PACE_ADD("a", 10), PACE_ADD("b", 5), PACE_NEXT(1000),
		PACE_ADVANCE(1000, "ab"), PACE_ADD("c", 999),
		PACE_ADD("d", 1001), PACE_ADVANCE(1001, "cd"),
	} },
	{ "a clock that goes back changes nothing", 1000, {
		PACE_ADD("a", 2000), PACE_ADVANCE(500, ""), PACE_NEXT(2000),
		PACE_ADVANCE(1999, ""), PACE_ADVANCE(1998, ""),
		PACE_ADVANCE(2000, "a"),
	} },
	{ "a node taken out is not handed out", 0, {
		PACE_ADD("a", 100), PACE_ADD("b", 120), PACE_ADD("c", 110),
		PACE_DEL("a"), PACE_ADVANCE(109, ""), PACE_NEXT(110),
		PACE_DEL("c"), PACE_ADVANCE(119, ""), PACE_NEXT(120),
		PACE_ADVANCE(120, "b"), PACE_NEXT(PACE_NEVER_NS),
	} },
	{ "the only node of the lowest level is taken out", 0, {
		PACE_ADD("a", 7), PACE_ADD("b", 7000), PACE_DEL("a"),
		PACE_NEXT(7000), PACE_ADD("a", 6999), PACE_DEL("b"),
		PACE_NEXT(6999), PACE_ADVANCE(7000, "a"),
	} },
	{ "borders of slots", 63, {
		PACE_ADD("a", 64), PACE_ADD("b", 63), PACE_ADD("c", 4095),
		PACE_ADD("d", 4096), PACE_ADVANCE(63, "b"), PACE_NEXT(64),
		PACE_ADVANCE(64, "a"), PACE_ADVANCE(4095, "c"),
		PACE_NEXT(4096), PACE_ADVANCE(4096, "d"),
	} },
	{ "times around 2^63", (1ULL << 63) - 5, {
		PACE_ADD("a", (1ULL << 63) + 1),
		PACE_ADD("b", (1ULL << 63) - 1),
		PACE_ADD("c", 1ULL << 63), PACE_NEXT((1ULL << 63) - 1),
		PACE_ADVANCE(1ULL << 63, "bc"), PACE_NEXT((1ULL << 63) + 1),
		PACE_ADVANCE((1ULL << 63) + 1, "a"),
	} },
	{ "times around 2^64", ~0ULL - 100, {
		PACE_ADD("a", ~0ULL - 50), PACE_ADD("b", 5),
		PACE_ADVANCE(~0ULL - 50, "a"), PACE_NEXT(5),
		PACE_ADVANCE(~0ULL - 10, ""), PACE_ADVANCE(4, ""),
		PACE_ADVANCE(5, "b"),
	} },
	{ "an empty wheel's time moves on, too", 0, {
		PACE_ADVANCE(100, ""), PACE_ADD("a", 50), PACE_ADD("b", 40),
		PACE_NEXT(100), PACE_ADVANCE(99, ""), PACE_ADVANCE(100, "ab"),
	} },
	{ "a jump over 63 years", 0, {
		PACE_ADD("a", 1), PACE_ADD("b", 1000000000000000000ULL),
		PACE_ADD("c", 999999999999999999ULL),
		PACE_ADVANCE(2000000000000000000ULL, "acb"),
		PACE_ADD("d", 2000000000000000001ULL),
		PACE_NEXT(2000000000000000001ULL),
		PACE_ADVANCE(2000000000000000001ULL, "d"),
	} },
	{ "the wheel's time moves on while nothing is due", 0, {
		PACE_ADD("a", 300000), PACE_ADVANCE(262143, ""),
		PACE_ADD("b", 262144), PACE_ADVANCE(262150, "b"),
		PACE_ADD("c", 299999), PACE_NEXT(299999),
		PACE_ADVANCE(299999, "c"), PACE_ADVANCE(300000, "a"),
	} },
	{ "the wide level and what lies beyond, whatever its width", 0, {
		PACE_ADD("a", 1ULL << 40), PACE_ADD("b", (1ULL << 29) + 1),
		PACE_ADD("c", 1ULL << 18), PACE_ADD("d", 1ULL << 29),
		PACE_ADD("e", (1ULL << 40) - 1), PACE_ADD("f", 1ULL << 29),
		PACE_NEXT(1ULL << 18), PACE_ADVANCE(1ULL << 29, "cdf"),
		PACE_DEL("b"), PACE_NEXT((1ULL << 40) - 1),
		PACE_ADVANCE(1ULL << 40, "ea"), PACE_NEXT(PACE_NEVER_NS),
	} },
};

/* Do the nodes of a ring stand in this order, and no others? */
static inline bool pace_ring_is(const struct pace_wheel_node *tail,
				const struct pace_wheel_node *nodes,
				const char *names)
{
	const struct pace_wheel_node *node = tail;

	if (!tail)
		return !*names;
	do {
		node = node->next;
		if (!*names || node != &nodes[*names++ - 'a'])
			return false;
	} while (node != tail);
	return !*names;
}

static inline bool pace_wheel_step_holds(struct pace_wheel *wheel,
					 struct pace_wheel_node *nodes,
					 const struct pace_wheel_step *step)
{
	struct pace_wheel_node *node = *step->nodes ?
				       &nodes[*step->nodes - 'a'] : NULL;
	struct pace_wheel_node *due = NULL;
	u64 next_ns = PACE_NEVER_NS;

	switch (step->op) {
	case PACE_WHEEL_ADD:
		node->due_ns = step->time_ns;
		pace_wheel_add(wheel, node);
		return true;
	case PACE_WHEEL_DEL:
		pace_wheel_del(wheel, node);
		return true;
	case PACE_WHEEL_NEXT:
		return pace_wheel_next_ns(wheel, &next_ns) ==
		       (step->time_ns != PACE_NEVER_NS) &&
		       next_ns == step->time_ns;
	default:
		pace_wheel_advance(wheel, step->time_ns, &due);
		return pace_ring_is(due, nodes, step->nodes);
	}
}

/* @memory is what pace_wheel_init() wants for @wide_bits. */
static inline int pace_wheel_case_check(const struct pace_wheel_case *c,
					void *memory, u32 wide_bits)
{
	struct pace_wheel_node nodes[PACE_CASE_NODES] = { { 0 } };
	struct pace_wheel wheel;
	u32 i;

	pace_wheel_init(&wheel, memory, wide_bits, c->start_ns);
	for (i = 0; i < PACE_CASE_STEPS && c->steps[i].op; i++)
		if (!pace_wheel_step_holds(&wheel, nodes, &c->steps[i]))
			return (int)i + 1;
	return 0;
}

#endif
