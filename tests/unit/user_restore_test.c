// SPDX-License-Identifier: GPL-2.0
/*
 * M1 as a property, on a kernel made of trees: whatever tree was there, however
 * far `on` got before it was killed or refused, and whatever `off` is refused,
 * the way back leads to the same tree.
 */
#include "../../user/lib/dumped.h"
#include "../../user/lib/fq.h"
#include "../../user/lib/restore.h"
#include "core_random.h"
#include "fake_kernel.h"
#include "user_tap.h"

#include <errno.h>
#include <stdlib.h>

#define SEED	0x5ca1e
#define ROUNDS	20000
#define QUEUES_MAX 5

/* ---- random devices ---- */

static const char *const kinds[] = {
	"fq", "fq_codel", "pfifo_fast", "pfifo", "tbf", "cake", SLUICE_KIND,
};

static const char *kind_pick(u64 *state)
{
	return kinds[random_below(state, sizeof(kinds) / sizeof(kinds[0]))];
}

/* An attribute that no kind corrects, with a random value. */
static void put_random(u64 *state, uint32_t parent, uint32_t handle)
{
	struct {
		struct nlattr attr;
		uint32_t value;
	} options = { { sizeof(options), 60 }, (uint32_t)random_next(state) };
	const char *kind = kind_pick(state);
	bool has_options = random_below(state, 4);

	fake_kernel_put(parent, handle, kind, has_options ? &options : NULL,
			has_options ? sizeof(options) : 0);
}

/*
 * Handles like those of people, of tc (8001 and more) and of the command's own
 * mq (5c0), so that they meet.
 */
static uint32_t handle_pick(u64 *state)
{
	static const uint32_t majors[] = { 1, 2, 0x5c0, 0x5c1, 0x8001, 0x8002,
					   0x8003, 0x8004 };
	uint32_t handle;

	do {
		handle = majors[random_below(state, 8)] << 16;
	} while (!sluice_tree_is_free(&fake_kernel.tree, handle));
	return handle;
}

static void device_random(u64 *state)
{
	unsigned int queues = 1 + (unsigned int)random_below(state, QUEUES_MAX);
	unsigned int i;
	uint32_t mq;

	fake_kernel_begin(queues);
	switch (random_below(state, 4)) {
	case 0:
		return;
	case 1:
		put_random(state, TC_H_ROOT, handle_pick(state));
		return;
	}
	if (queues == 1)
		return;
	mq = handle_pick(state);
	fake_kernel_put(TC_H_ROOT, mq, "mq", NULL, 0);
	for (i = 1; i <= queues; i++)
		if (random_below(state, 2))
			put_random(state, TC_H_MAKE(mq, i), handle_pick(state));
}

static struct sluice_tree tree_now(void)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_tree tree;

	if (sluice_tree_read(NULL, FAKE_IFINDEX, &tree, message))
		abort();
	return tree;
}

/* ---- the properties ---- */

/* `on` of that kind, up to the change with number @refuse_at (0: all of it). */
static int on_take(const struct sluice_tree *before, const char *kind,
		   unsigned int refuse_at, bool is_answer_lost)
{
	struct sluice_wish wish = { .kind = kind, .found = before };
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_plan plan;
	int err;

	sluice_plan_base(before, &wish.base);
	if (sluice_plan_on(before, fake_kernel.queues, &wish, &plan))
		abort();
	fake_kernel.changes = 0;
	fake_kernel.refuse_at = refuse_at;
	fake_kernel.is_answer_lost = is_answer_lost;
	err = sluice_plan_apply(NULL, FAKE_IFINDEX, &plan, message);
	fake_kernel.refuse_at = 0;
	sluice_plan_done(&plan);
	return err;
}

static int off_take(const struct sluice_tree *before, unsigned int refuse_at,
		    bool is_answer_lost, bool *ret_is_back)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_tree live = tree_now();
	int err;

	fake_kernel.changes = 0;
	fake_kernel.refuse_at = refuse_at;
	fake_kernel.is_answer_lost = is_answer_lost;
	err = sluice_restore(NULL, FAKE_IFINDEX, before, 1000, &live, message);
	fake_kernel.refuse_at = 0;
	*ret_is_back = sluice_tree_is_equal(before, &live);
	sluice_tree_done(&live);
	return err;
}

/* Qdiscs that `on` of that kind has put there, by what off knows them by. */
static unsigned int pacers(const struct sluice_tree *tree, const char *kind,
			   const struct sluice_tree *before)
{
	unsigned int i, count = 0;

	for (i = 0; i < tree->count; i++)
		count += sluice_node_is_put(&tree->nodes[i], kind, before);
	return count;
}

/* With the module, or without. */
static const char *pacer_pick(u64 *state)
{
	return random_below(state, 2) ? SLUICE_KIND : SLUICE_FQ_KIND;
}

static void test_round_trip(void)
{
	u64 state = SEED, i;
	unsigned int paced = 0, known = 0, back = 0, quiet = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct sluice_tree before, during;
		const char *kind = pacer_pick(&state);
		struct sluice_plan plan;
		bool is_back;

		device_random(&state);
		before = tree_now();
		if (!on_take(&before, kind, 0, false)) {
			during = tree_now();
			paced += pacers(&during, kind, &before) ==
				 fake_kernel.queues;
			known += strcmp(kind, SLUICE_FQ_KIND) ||
				 !pacers(&before, kind, &before);
			sluice_tree_done(&during);
		}
		back += !off_take(&before, 0, false, &is_back) && is_back;
		during = tree_now();
		if (sluice_plan_restore(&before, &during, &plan))
			abort();
		quiet += !plan.count;
		sluice_plan_done(&plan);
		sluice_tree_done(&during);
		sluice_tree_done(&before);
	}
	tap_u64(paced, ROUNDS, "on: a sluice, or an fq, on every queue of any device");
	tap_u64(known, ROUNDS, "on: no fq that was there is taken for its own");
	tap_u64(back, ROUNDS, "M1: off leads from there to any tree");
	tap_u64(quiet, ROUNDS, "M1: and then there is nothing left to do");
	tap_ok(!fake_kernel.has_grafted, "no step moves a qdisc that is there");
}

static void test_killed(void)
{
	unsigned int back = 0, again = 0, honest = 0;
	u64 state = SEED + 1, i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned int at = 1 + (unsigned int)random_below(&state, 7);
		const char *kind = pacer_pick(&state);
		struct sluice_tree before;
		bool is_back;
		int err;

		device_random(&state);
		before = tree_now();
		on_take(&before, kind, at, random_below(&state, 2));
		/* The way back is refused, too, at some point. */
		err = off_take(&before, (unsigned int)random_below(&state, 8),
			       random_below(&state, 2), &is_back);
		honest += err || is_back;
		back += !off_take(&before, 0, false, &is_back) && is_back;
		on_take(&before, kind, 0, false);
		again += !off_take(&before, 0, false, &is_back) && is_back;
		sluice_tree_done(&before);
	}
	tap_u64(honest, ROUNDS, "M1: off says 0 only when it is done");
	tap_u64(back, ROUNDS,
		"M1: off restores what an on and an off left half done");
	tap_u64(again, ROUNDS, "M1: and so it does the next time");
}

/* A root that was changed in place, by somebody who kept kind and handle. */
static void test_in_place(void)
{
	struct sluice_tree before;
	bool is_back;
	int err;

	fake_kernel_begin(1);
	fake_kernel_put(TC_H_ROOT, 0x10000, "fq", "\x08\0\x3c\0abc", 8);
	before = tree_now();
	fake_kernel_put(TC_H_ROOT, 0x10000, "fq", "\x08\0\x3c\0xyz", 8);
	err = off_take(&before, 0, false, &is_back);
	tap_ok(!err && is_back, "M1: what refuses to be changed is made anew");
	sluice_tree_done(&before);
}

static bool is_launch(const struct sluice_step *step, uint32_t parent,
		      uint64_t horizon_ns)
{
	return step->parent == parent && !step->saved && !step->is_delete &&
	       step->options.given == 1u << TCA_SLUICE_OFFLOAD_HORIZON_NS &&
	       step->options.values[TCA_SLUICE_OFFLOAD_HORIZON_NS] == horizon_ns;
}

/*
 * Nobody but sluice sends by a queue with launch times: they are the last thing
 * that is asked for, and the first that is taken back.
 */
static void test_launch(void)
{
	const unsigned int attribute = TCA_SLUICE_OFFLOAD_HORIZON_NS;
	struct sluice_wish wish = { .kind = SLUICE_KIND };
	struct sluice_tree before, during;
	struct sluice_plan plan;
	unsigned int i, last;
	char message[SLUICE_MESSAGE_SIZE];
	bool is_split = true, is_first = true;

	fake_kernel_begin(2);
	before = tree_now();
	wish.found = &before;
	sluice_options_set(&wish.given, TCA_SLUICE_MAXRATE_BYTES_PS, 125000);
	sluice_options_set(&wish.given, attribute, 200000);
	if (sluice_plan_on(&before, 2, &wish, &plan))
		abort();
	last = plan.count - 1;
	for (i = 0; i < plan.count - 2; i++)
		is_split &= !sluice_options_has(&plan.steps[i].options, attribute);
	tap_ok(plan.count == 5 && is_split &&
	       sluice_options_has(&plan.steps[2].options,
				  TCA_SLUICE_MAXRATE_BYTES_PS) &&
	       is_launch(&plan.steps[last - 1], plan.steps[1].parent, 200000) &&
	       is_launch(&plan.steps[last], plan.steps[2].parent, 200000),
	       "launch times: on asks for them when sluice is there");
	if (sluice_plan_apply(NULL, FAKE_IFINDEX, &plan, message))
		abort();
	sluice_plan_done(&plan);
	during = tree_now();
	if (sluice_plan_restore(&before, &during, &plan))
		abort();
	for (i = 0; i < 2; i++)
		is_first &= is_launch(&plan.steps[i], during.nodes[1 + i].parent, 0);
	tap_ok(plan.count == 3 && is_first && plan.steps[2].is_delete,
	       "launch times: off takes them back before sluice goes");
	sluice_plan_done(&plan);
	sluice_tree_done(&during);
	sluice_options_set(&wish.given, attribute, 0);
	if (sluice_plan_on(&before, 1, &wish, &plan))
		abort();
	tap_ok(plan.count == 1, "launch times: none take no step");
	sluice_plan_done(&plan);
	sluice_tree_done(&before);
}

static void test_rehearsal(const char *kind)
{
	const struct sluice_link link = { .ifindex = FAKE_IFINDEX };
	struct sluice_wish wish = { .kind = kind };
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_tree before, after;
	struct sluice_plan plan;
	int err;

	fake_kernel_begin(3);
	before = tree_now();
	wish.found = &before;
	if (sluice_plan_on(&before, 3, &wish, &plan))
		abort();
	err = sluice_plan_rehearse(NULL, &link, &before, &plan, message);
	after = tree_now();
	tap_ok(!err && !*message && sluice_tree_is_equal(&before, &after),
	       "M2: a rehearsal changes nothing");
	fake_kernel.changes = 0;
	fake_kernel.refuse_at = 1;
	err = sluice_plan_rehearse(NULL, &link, &before, &plan, message);
	tap_ok(err == -ENOMEM, "M2: a rehearsal that is refused says so");
	sluice_plan_done(&plan);
	sluice_tree_done(&before);
	sluice_tree_done(&after);
}

/* ---- what dumps round ---- */

/* As the kernel: in units of 1024 ns, both ways rounded down. */
static uint32_t codel_shown(uint32_t us)
{
	uint64_t units = (uint64_t)us * 1000 >> 10;

	return (uint32_t)((units << 10) / 1000);
}

static void test_codel(void)
{
	bool is_met = true;
	uint32_t us;

	for (us = 0; us < 10000000; us++)
		is_met = is_met && codel_shown(sluice_dumped_codel_us(
					codel_shown(us))) == codel_shown(us);
	tap_ok(is_met, "fq_codel: every time up to 10 s comes back as it was");
}

/* psched_ratecfg_precompute__(), psched_l2t_ns() and PSCHED_SHIFT of the kernel. */
static uint64_t ticks_shown(uint64_t bytes, uint64_t rate_bytes_ps)
{
	uint64_t factor = 1000000000;
	uint32_t mult;
	unsigned int shift = 0;

	for (;;) {
		mult = (uint32_t)(factor / rate_bytes_ps);
		if (mult & (1u << 31) || factor & (1ull << 63))
			break;
		factor <<= 1;
		shift++;
	}
	return (bytes * mult) >> shift >> 6;
}

static void test_burst(void)
{
	u64 state = SEED, i;
	bool is_met = true, is_exact = true;

	for (i = 0; i < 1000000; i++) {
		uint64_t rate_bytes_ps = 1 + random_below(&state, UINT64_C(1) <<
						 (3 + random_below(&state, 34)));
		uint16_t overhead = (uint16_t)random_below(&state, 100);
		uint32_t burst = (uint32_t)random_below(&state, 10000000);
		uint64_t ticks = ticks_shown((uint64_t)burst + overhead, rate_bytes_ps);
		uint32_t again;

		if (ticks >= UINT32_MAX)
			continue;
		again = sluice_dumped_burst_bytes((uint32_t)ticks, rate_bytes_ps,
						  overhead);
		is_met = is_met && again >= burst &&
			 ticks_shown((uint64_t)again + overhead, rate_bytes_ps) == ticks;
		/* Below 125 Mbit/s a byte is more than a tick. */
		if (rate_bytes_ps < 15000000)
			is_exact = is_exact && again == burst;
	}
	tap_ok(is_met, "tbf: a bucket holds no less than before, and shows the same");
	tap_ok(is_exact, "tbf: at low rates it holds the same");
	tap_u64(sluice_dumped_burst_bytes(5000, 0, 0), 0, "tbf: no rate");
	tap_u64(sluice_dumped_burst_bytes(UINT32_MAX, UINT64_MAX, 0), 0,
		"tbf: a rate beyond all numbers");
	tap_u64(sluice_dumped_burst_bytes(1, 1, 0), 0,
		"tbf: ticks that are no number of bytes");
	tap_u64(sluice_dumped_burst_bytes(18, 6250000000u, 0), 7600,
		"tbf: 18 ticks at 50 Gbit/s");
}

int main(void)
{
	test_round_trip();
	test_killed();
	test_in_place();
	test_launch();
	test_rehearsal(SLUICE_KIND);
	test_rehearsal(SLUICE_FQ_KIND);
	test_codel();
	test_burst();
	sluice_tree_done(&fake_kernel.tree);
	return tap_done();
}
