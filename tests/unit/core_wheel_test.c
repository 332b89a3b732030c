// SPDX-License-Identifier: GPL-2.0
/*
 * P10 of wheel.h: against a list that is searched the slow way, over a million
 * random operations, with wide levels of all sizes; exact order, first in first
 * out among equals, the exact next time, a bounded number of moves per node and
 * of nodes per slot.
 */
#include <stdlib.h>

#include "../../core/wheel.h"
#include "core_random.h"
#include "user_tap.h"

#define SEED		0x52
#define OPERATIONS	1000000
#define NODES		96

/**
 * struct model_node - a node and what the reference knows of it
 * @node: the node, first, so that the ring leads back here
 * @time_ns: when it must come: its due time, or the wheel's if that is later
 * @arrival: number of its arrival
 * @is_in: it waits
 */
struct model_node {
	struct pace_wheel_node node;
	u64 time_ns;
	u64 arrival;
	bool is_in;
};

struct model {
	struct pace_wheel wheel;
	struct model_node nodes[NODES];
	u64 now_ns;		/* the latest time that it was advanced to */
	u64 arrivals;
	u64 state;
	bool has_deleted;
	const char *broken;	/* the first promise that did not hold */
};

/* Its memory is given back by wheel_free(). */
static void wheel_make(struct pace_wheel *wheel, u32 wide_bits, u64 now_ns)
{
	void *memory = calloc(1, pace_wheel_memory_bytes(wide_bits));

	if (!memory)
		abort();
	pace_wheel_init(wheel, memory, wide_bits, now_ns);
}

static void wheel_free(struct pace_wheel *wheel)
{
	free(wheel->level[0].slots);
}

static void model_expect(struct model *model, bool is_met, const char *promise)
{
	if (!is_met && !model->broken)
		model->broken = promise;
}

/* The node that must come first, NULL when none waits. */
static struct model_node *model_first(struct model *model)
{
	struct model_node *first = NULL;
	u32 i;

	for (i = 0; i < NODES; i++) {
		struct model_node *node = &model->nodes[i];

		if (!node->is_in)
			continue;
		if (!first || pace_before(node->time_ns, first->time_ns) ||
		    (node->time_ns == first->time_ns &&
		     node->arrival < first->arrival))
			first = node;
	}
	return first;
}

static void model_add(struct model *model, u64 due_ns)
{
	struct model_node *node;
	u32 i;

	for (i = 0; i < NODES && model->nodes[i].is_in; i++)
		;
	if (i == NODES)
		return;
	node = &model->nodes[i];
	node->node.due_ns = due_ns;
	node->time_ns = pace_later_of(due_ns, model->now_ns);
	node->arrival = model->arrivals++;
	node->is_in = true;
	pace_wheel_add(&model->wheel, &node->node);
}

static void model_del(struct model *model)
{
	struct model_node *node =
		&model->nodes[random_below(&model->state, NODES)];

	if (!node->is_in)
		return;
	pace_wheel_del(&model->wheel, &node->node);
	node->is_in = false;
	model->has_deleted = true;
}

static void model_advance(struct model *model, u64 now_ns)
{
	bool is_back = pace_before(now_ns, model->now_ns);
	struct pace_wheel_node *due = NULL;
	u32 handed, seen = 0;

	handed = pace_wheel_advance(&model->wheel, now_ns, &due);
	while (due) {
		struct model_node *first = model_first(model);

		model_expect(model, first && &first->node == due->next,
			     "order of time, then of arrival");
		if (model->broken)
			return;
		model_expect(model, !pace_before(now_ns, first->time_ns),
			     "never early");
		first->is_in = false;
		pace_ring_del(&due, &first->node);
		seen++;
	}
	model->now_ns = pace_later_of(model->now_ns, now_ns);
	model_expect(model, seen == handed, "the count of what is handed out");
	model_expect(model, model->wheel.now_ns == model->now_ns,
		     "the wheel's time is the latest");
	if (!is_back)
		model_expect(model, !model_first(model) ||
			     pace_before(now_ns, model_first(model)->time_ns),
			     "nothing due is kept back");
}

static void model_check_next(struct model *model)
{
	struct model_node *first = model_first(model);
	u64 next_ns;
	bool has_next = pace_wheel_next_ns(&model->wheel, &next_ns);

	model_expect(model, has_next == (first != NULL), "next: none or some");
	if (!has_next || !first)
		return;
	model_expect(model, !pace_before(first->time_ns, next_ns),
		     "next: never later than the earliest");
	if (!model->has_deleted)
		model_expect(model, next_ns == first->time_ns,
			     "next: exactly the earliest");
	model_expect(model, !pace_before(next_ns, model->now_ns),
		     "next: not in the past");
}

/* All that wait go on in a wheel of another size. */
static void model_move(struct model *model)
{
	u32 wide_bits = PACE_WHEEL_WIDE_BITS_MIN +
			(u32)random_below(&model->state, 8);
	struct pace_wheel other;
	u32 n_nodes = model->wheel.n_nodes;

	wheel_make(&other, wide_bits, model->now_ns);
	pace_wheel_move(&other, &model->wheel);
	model_expect(model, !model->wheel.levels && !model->wheel.n_nodes &&
			    other.n_nodes == n_nodes, "move: all of them");
	wheel_free(&model->wheel);
	model->wheel = other;
}

/* Near, far, equal to another node's, or already passed. */
static u64 model_pick_time(struct model *model, u32 reach_bits)
{
	u64 now_ns = model->now_ns;
	u32 i;

	switch (random_below(&model->state, 8)) {
	case 0:
		i = (u32)random_below(&model->state, NODES);
		return model->nodes[i].is_in ? model->nodes[i].time_ns : now_ns;
	case 1:
		return now_ns - random_bits(&model->state, 20);
	default:
		return now_ns + random_bits(&model->state, reach_bits);
	}
}

static u64 model_pick_advance(struct model *model, u32 reach_bits)
{
	u64 next_ns = model->now_ns;

	switch (random_below(&model->state, 16)) {
	case 0:
		return next_ns + random_bits(&model->state, reach_bits);
	case 1:
		return next_ns - random_bits(&model->state, 10);
	case 2:
		pace_wheel_next_ns(&model->wheel, &next_ns);
		return next_ns - 1;
	case 3:
		return next_ns + random_bits(&model->state, 8);
	default:
		pace_wheel_next_ns(&model->wheel, &next_ns);
		return next_ns;
	}
}

static void test_random(const char *claim, u32 wide_bits, u64 start_ns,
			u32 reach_bits, bool may_delete)
{
	struct model *model = calloc(1, sizeof(*model));
	u32 i;

	if (!model)
		abort();
	model->state = SEED;
	model->now_ns = start_ns;
	wheel_make(&model->wheel, wide_bits, start_ns);
	for (i = 0; i < OPERATIONS && !model->broken; i++) {
		if (!random_below(&model->state, 4096))
			model_move(model);
		switch (random_below(&model->state, 4)) {
		case 0:
			model_advance(model,
				      model_pick_advance(model, reach_bits));
			break;
		case 1:
			if (may_delete)
				model_del(model);
			break;
		default:
			model_add(model, model_pick_time(model, reach_bits));
		}
		model_check_next(model);
	}
	if (!tap_ok(!model->broken, claim))
		printf("# operation %u: %s\n", i, model->broken);
	wheel_free(&model->wheel);
	free(model);
}

/* When a lazy next time turns out empty, the one after it is later. */
static void test_lazy_next(void)
{
	struct model *model = calloc(1, sizeof(*model));
	u32 i, wakeups_worst = 0;

	if (!model)
		abort();
	model->state = SEED;
	wheel_make(&model->wheel, 12, 0);
	for (i = 0; i < 100000; i++) {
		u64 now_ns = model->now_ns;
		struct model_node *first;
		u32 wakeups = 0;

		model_add(model, now_ns + random_bits(&model->state, 40));
		model_add(model, now_ns + random_bits(&model->state, 40));
		first = model_first(model);
		if (!first)
			continue;
		pace_wheel_del(&model->wheel, &first->node);
		first->is_in = false;
		while ((first = model_first(model)) && first->is_in &&
		       wakeups <= PACE_WHEEL_LEVELS) {
			u64 next_ns;

			if (!pace_wheel_next_ns(&model->wheel, &next_ns))
				break;
			model_advance(model, next_ns);
			wakeups++;
			if (!first->is_in)
				break;
		}
		if (wakeups > wakeups_worst)
			wakeups_worst = wakeups;
	}
	tap_ok(!model->broken && wakeups_worst <= PACE_WHEEL_LEVELS,
	       "P10 after a deletion, at most one idle wakeup per level");
	printf("# at most %u wakeups\n", wakeups_worst);
	wheel_free(&model->wheel);
	free(model);
}

/*
 * At the time of the earliest node each call empties one slot, so that a node
 * changes its level at most once per call and every move is seen.
 */
static void test_moves(void)
{
	enum { COUNT = 512 };
	static struct pace_wheel_node nodes[COUNT];
	static u32 moves[COUNT];
	struct pace_wheel wheel;
	u32 i, worst = 0, handed = 0, calls = 0;
	u64 state = SEED, next_ns;
	bool is_downward = true;

	wheel_make(&wheel, 12, 0);
	for (i = 0; i < COUNT; i++) {
		nodes[i].due_ns = random_bits(&state, 63);
		pace_wheel_add(&wheel, &nodes[i]);
	}
	while (pace_wheel_next_ns(&wheel, &next_ns)) {
		struct pace_wheel_node *due = NULL;
		u8 before[COUNT];

		for (i = 0; i < COUNT; i++)
			before[i] = nodes[i].next ? nodes[i].level : 255;
		handed += pace_wheel_advance(&wheel, next_ns, &due);
		calls++;
		while (due) {
			struct pace_wheel_node *node = due->next;

			moves[node - nodes]++;
			pace_ring_del(&due, node);
		}
		for (i = 0; i < COUNT; i++) {
			if (!nodes[i].next || nodes[i].level == before[i])
				continue;
			moves[i]++;
			is_downward = is_downward &&
				      nodes[i].level < before[i];
		}
	}
	for (i = 0; i < COUNT; i++)
		worst = moves[i] > worst ? moves[i] : worst;
	tap_ok(handed == COUNT && is_downward && worst <= PACE_WHEEL_LEVELS,
	       "P10 a node moves at most once per level, and only downwards");
	printf("# at most %u moves, %u calls for %u nodes\n", worst, calls,
	       COUNT);
	wheel_free(&wheel);
}

static u32 ring_length(const struct pace_wheel_node *tail)
{
	const struct pace_wheel_node *node = tail;
	u32 length = 0;

	if (!tail)
		return 0;
	do
		length++;
	while ((node = node->next) != tail);
	return length;
}

/*
 * What a single call may cost: a million flows that send every 3 s come to 87
 * departures per slot of the wide level, and no slot beyond it is needed.
 */
static void test_longest_slot(void)
{
	const u32 count = 1000000;
	struct pace_wheel_node *nodes = calloc(count, sizeof(*nodes));
	u32 i, longest = 0, level_most = 0;
	struct pace_wheel wheel;
	u64 state = SEED;

	if (!nodes)
		abort();
	wheel_make(&wheel, 16, 1ULL << 60);
	for (i = 0; i < count; i++) {
		nodes[i].due_ns = (1ULL << 60) +
				  random_below(&state, 3 * PACE_NSEC_PER_SEC);
		pace_wheel_add(&wheel, &nodes[i]);
		if (nodes[i].level > level_most)
			level_most = nodes[i].level;
	}
	for (i = 0; i <= wheel.level[PACE_WHEEL_WIDE].mask; i++) {
		const struct pace_wheel_slot *slots =
			wheel.level[PACE_WHEEL_WIDE].slots;
		u32 length = ring_length(slots[i].tail);

		longest = length > longest ? length : longest;
	}
	tap_ok(level_most == PACE_WHEEL_WIDE && longest < 150,
	       "P10 a call opens no more than what leaves within 262 us");
	printf("# of a million nodes at most %u in one slot\n", longest);
	wheel_free(&wheel);
	free(nodes);
}

/* A million nodes at once: all of them, in order, and none twice. */
static void test_million(void)
{
	const u32 count = 1000000;
	struct pace_wheel_node *nodes = calloc(count, sizeof(*nodes));
	struct pace_wheel wheel;
	struct pace_wheel_node *due = NULL, *node, *before = NULL;
	u32 i, handed, out_of_order = 0;
	u64 state = SEED;

	if (!nodes)
		abort();
	wheel_make(&wheel, 12, 1);
	for (i = 0; i < count; i++) {
		nodes[i].due_ns = 1 + random_below(&state, 10000000);
		pace_wheel_add(&wheel, &nodes[i]);
	}
	handed = pace_wheel_advance(&wheel, 10000000, &due);
	node = due;
	for (i = 0; node && i < handed; i++) {
		node = node->next;
		if (before && (node->due_ns < before->due_ns ||
			       (node->due_ns == before->due_ns &&
				node < before)))
			out_of_order++;
		before = node;
	}
	tap_ok(handed == count && node == due && !out_of_order &&
	       !wheel.n_nodes && !wheel.levels,
	       "P10 a million nodes come out in order");
	free(nodes);
	wheel_free(&wheel);
}

int main(void)
{
	test_random("near times", 12, 0, 14, false);
	test_random("near times, with deletions", 12, 12345, 14, true);
	test_random("times as on a network", 12, 1000000007, 34, false);
	test_random("times as on a network, with deletions", 16, 77, 34, true);
	test_random("around the narrowest wide level", 6, 99, 26, true);
	test_random("around the widest", 18, 99, 38, true);
	test_random("huge jumps", 12, 0, 48, true);
	test_random("from just below 2^63", 13, (1ULL << 63) - 1000, 24, true);
	test_random("far below 2^63 and across", 14,
		    (1ULL << 63) - (1ULL << 50), 44, false);
	test_random("through the end of 64 bits", 15, ~0ULL - (1ULL << 30), 24,
		    true);
	test_lazy_next();
	test_moves();
	test_longest_slot();
	test_million();
	return tap_done();
}
