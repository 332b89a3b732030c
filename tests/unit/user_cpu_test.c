// SPDX-License-Identifier: GPL-2.0
/*
 * Processors by the millisecond: figures in closed form (constant, on and off, in turns), the
 * slots of a live view, and the arithmetic of the BPF programs with its reader on random
 * events, against time counted interval by interval.
 */
#include <stdlib.h>

#include "../../user/scope/cpu_reader.h"
#include "../../user/scope/cpu_slots.h"
#include "core_random.h"
#include "user_tap.h"

#define MS_NS	UINT64_C(1000000)
#define PPM_P99	990000u

/* ---- figures ---- */

static struct scope_cpu cpu;

/* Processors 4 and 7. */
static void cpu_begin(void)
{
	static const uint32_t id[] = { 4, 7 };

	scope_cpu_done(&cpu);
	if (scope_cpu_init(&cpu, 2, id))
		exit(1);
}

/* A millisecond of both: busy so much. */
static void add(uint64_t number, uint32_t first_ns, uint32_t second_ns)
{
	const struct scope_cpu_ms row[2] = {
		{ { first_ns, 0, 0 } }, { { second_ns, 0, 0 } },
	};

	scope_cpu_add(&cpu, number, row);
}

static void test_constant(void)
{
	cpu_begin();
	for (uint64_t i = 0; i < 3500; i++)
		add(i, 250000, 750000);
	scope_cpu_finish(&cpu);
	tap_real(scope_cpu_mean_share(&cpu, SCOPE_CPU_BUSY), .5,
		 "constant: the mean of all");
	tap_real(scope_cpu_peak_share(&cpu, SCOPE_CPU_BUSY), .5,
		 "constant: its highest millisecond");
	tap_real(scope_cpu_quantile_share(&cpu, SCOPE_CPU_BUSY, PPM_P99), .5,
		 "constant: its p99");
	tap_real(cpu.pmr[SCOPE_CPU_BUSY].pmr, 1, "constant: PMR of all is 1");
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 1,
		 "constant: PMR of one is 1");
	tap_u64(cpu.peak[SCOPE_CPU_BUSY].cpu, 7, "constant: which has most");
	tap_real(cpu.peak[SCOPE_CPU_BUSY].peak_share, .75,
		 "constant: how much that is");
	tap_real(cpu.cpu[0].ns[SCOPE_CPU_BUSY], 3500. * 250000,
		 "constant: all of the first one's time");
}

/* Each fifth millisecond whole, the others nothing: 5. */
static void test_on_off(void)
{
	cpu_begin();
	for (uint64_t i = 0; i < 2000; i++)
		add(i, i % 5 ? 0 : MS_NS, 0);
	scope_cpu_finish(&cpu);
	tap_real(cpu.pmr[SCOPE_CPU_BUSY].pmr, 5, "on and off: PMR of all");
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 5, "on and off: PMR of one");
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].mean_share, .2,
		 "on and off: the mean of its second");
	tap_real(cpu.peak[SCOPE_CPU_BUSY].peak_share, 1,
		 "on and off: one processor is full");
	tap_real(scope_cpu_peak_share(&cpu, SCOPE_CPU_BUSY), .5,
		 "on and off: all together are half full");
	tap_u64(cpu.one_pmr[SCOPE_CPU_BUSY].cpu, 4, "on and off: which one");
	tap_real(cpu.pmr[SCOPE_CPU_SOFTIRQ].pmr, 0, "nothing has no PMR");
}

/* In turns, so that all together is constant and each one is not. */
static void test_turns(void)
{
	cpu_begin();
	for (uint64_t i = 0; i < 1000; i++)
		add(i, i % 2 ? MS_NS : 0, i % 2 ? 0 : MS_NS);
	scope_cpu_finish(&cpu);
	tap_real(cpu.pmr[SCOPE_CPU_BUSY].pmr, 1, "in turns: PMR of all");
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 2, "in turns: PMR of one");
}

static void test_seconds(void)
{
	/* 10 of 1000 in the first second, 100 of 1300 in what is left of the second one. */
	cpu_begin();
	for (uint64_t i = 0; i < 2300; i++)
		add(i, i < 10 || (i >= 2000 && i < 2100) ? MS_NS : 0, 0);
	scope_cpu_finish(&cpu);
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 100,
		 "seconds: the worst one counts, alone");
	tap_real(cpu.peak[SCOPE_CPU_BUSY].mean_share, 100 / 1300.,
		 "seconds: the last one takes what is left");

	cpu_begin();
	for (uint64_t i = 0; i < 300; i++)
		add(i, i < 3 ? MS_NS : 0, 0);
	scope_cpu_finish(&cpu);
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 100,
		 "seconds: less than one is one");

	/* A single wake-up of an idle processor: 1000 by the words, and no figure. */
	cpu_begin();
	for (uint64_t i = 0; i < 1000; i++)
		add(i, i ? 0 : 50000, 0);
	scope_cpu_finish(&cpu);
	tap_real(cpu.one_pmr[SCOPE_CPU_BUSY].pmr, 0,
		 "seconds: below 1 % a processor has no PMR");
	tap_real(cpu.pmr[SCOPE_CPU_BUSY].pmr, 1000, "seconds: all together have");
}

static void test_p99(void)
{
	for (uint64_t busy = 10; busy <= 11; busy++) {
		cpu_begin();
		for (uint64_t i = 0; i < 1000; i++)
			add(i, i < busy ? MS_NS : 1000, i < busy ? MS_NS : 1000);
		tap_real(scope_cpu_quantile_share(&cpu, SCOPE_CPU_BUSY, PPM_P99),
			 busy == 10 ? .001 : 1, "p99: nearest rank");
	}
}

static void test_series(void)
{
	uint64_t busy_ns = 0, ms = 0;

	cpu_begin();
	for (uint64_t i = 7; i < 40000; i++)
		if (i % 1000 != 500)
			add(i, i == 33333 ? 900000 : 1000, 2000);
	tap_u64(cpu.missed_ms, 40, "series: what was left out is missed");
	tap_u64(cpu.bin_ns, 4 * MS_NS, "series: bins are joined");
	for (uint32_t i = 0; i < cpu.bins; i++) {
		busy_ns += cpu.bin[i].busy_ns;
		ms += cpu.bin[i].ms;
	}
	tap_u64(ms, 40000 - 7 - 40, "series: milliseconds are kept");
	tap_u64(busy_ns, ms * 3000 + 899000, "series: and their time");
	tap_u64(cpu.bin[33333 / 4].max_ns[SCOPE_CPU_BUSY], 900000,
		"series: the highest of a bin");
	tap_u64(cpu.bin[33333 / 4 + 1].max_ns[SCOPE_CPU_BUSY], 2000,
		"series: and of the next one");
}

/* ---- slots ---- */

static void test_slots(void)
{
	static const uint32_t id[] = { 4, 7 };
	struct scope_cpu_view view = { .missed_ms = 3 };
	struct scope_cpu_slots slots;

	if (scope_cpu_slots_init(&slots, 2, id))
		exit(1);
	for (uint64_t i = 0; i < 1000; i++) {
		const struct scope_cpu_ms row[2] = {
			{ { i == 600 ? 800000 : 100000, i == 300 ? 50000 : 0, 0 } },
			{ { 500000, 0, i == 999 ? 7000 : 0 } },
		};

		scope_cpu_slots_add(&slots, i, row);
	}
	scope_cpu_slots_fill(&slots, 4, 4, &view);
	tap_ok(view.is_known && view.cpus == 2 && view.missed_ms == 3,
	       "slots: there is something");
	tap_real(view.all[SCOPE_CPU_BUSY].peak_share, .65,
		 "slots: the highest millisecond of all");
	tap_real(view.all[SCOPE_CPU_BUSY].mean_share, .30035,
		 "slots: and the mean");
	tap_u64(view.one[SCOPE_CPU_BUSY].cpu, 4,
		"slots: the processor with the highest");
	tap_real(view.one[SCOPE_CPU_BUSY].mean_share, .1007,
		 "slots: its own mean");
	tap_real(view.one[SCOPE_CPU_IRQ].peak_share, .007,
		 "slots: of interrupts it is another one");
	tap_u64(view.slots, 4, "slots: a history");
	tap_real(view.history[2], .8, "slots: of the highest milliseconds");
	tap_real(view.history[1], .5, "slots: of any processor");
	scope_cpu_slots_fill(&slots, 2, 1, &view);
	tap_real(view.one[SCOPE_CPU_SOFTIRQ].peak_share, .05,
		 "slots: the second one alone");
	tap_u64(view.one[SCOPE_CPU_BUSY].cpu, 7, "slots: has another highest");
	scope_cpu_slots_fill(&slots, 9, 2, &view);
	tap_ok(!view.is_known, "slots: nothing is in front of its time");
	scope_cpu_slots_add(&slots, 250 * UINT64_C(5000),
			    (struct scope_cpu_ms[2]){ { { 9, 0, 0 } } });
	scope_cpu_slots_fill(&slots, 5001, SCOPE_SLOTS, &view);
	tap_real(view.all[SCOPE_CPU_BUSY].mean_share, 4.5e-6,
		 "slots: after a long silence the old ones are gone");
	scope_cpu_slots_done(&slots);
}

/* ---- events: the arithmetic of bpf/ ---- */

static uint64_t clock_ns;
static bool is_idle;
static void (*interrupt)(void);

#define IDLE_TASK	0x1000u
#define OTHER_TASK	0x2000u

static uint64_t bpf_ktime_get_ns(void)
{
	void (*now)(void) = interrupt;

	interrupt = NULL;
	if (now)
		now();
	return clock_ns;
}

static uint64_t bpf_get_current_pid_tgid(void)
{
	return is_idle ? 0 : 77;
}

static uint64_t bpf_get_current_task(void)
{
	return is_idle ? IDLE_TASK : OTHER_TASK;
}

#define __noinline __attribute__((noinline))
#include "../../bpf/cpu_event.h"

static struct cpu_ring rings[2];

/* What the processor did, from when on: the truth. */
static struct {
	uint64_t from_ns;
	uint32_t does;
} past[1u << 16];

static uint32_t pasts;

static void past_add(uint32_t does)
{
	if (pasts == sizeof(past) / sizeof(past[0]))
		exit(1);
	past[pasts].from_ns = clock_ns;
	past[pasts++].does = does;
}

/* A millisecond by the truth, counted from the newest back. */
static struct scope_cpu_ms past_ms(uint64_t start_ns)
{
	struct scope_cpu_ms ret = { { 0 } };
	uint64_t end_ns = start_ns + MS_NS;

	for (uint32_t i = pasts; i-- && end_ns > start_ns;) {
		uint64_t from_ns = past[i].from_ns > start_ns ?
				   past[i].from_ns : start_ns;

		if (from_ns >= end_ns)
			continue;
		if (past[i].does)
			ret.ns[SCOPE_CPU_BUSY] += end_ns - from_ns;
		if (past[i].does & CPU_IRQ)
			ret.ns[SCOPE_CPU_IRQ] += end_ns - from_ns;
		else if (past[i].does & CPU_SOFTIRQ)
			ret.ns[SCOPE_CPU_SOFTIRQ] += end_ns - from_ns;
		end_ns = from_ns;
	}
	return ret;
}

/* One that may come now. */
static void event_make(u64 *random)
{
	uint32_t does = pasts ? past[pasts - 1].does : 0;

	if (does & CPU_IRQ) {
		cpu_event(&rings[1], CPU_IRQ, 0, 0);
		does &= ~CPU_IRQ;
	} else if (random_below(random, 4) == 0) {
		cpu_event(&rings[1], 0, CPU_IRQ, 0);
		does |= CPU_IRQ;
	} else if (does & CPU_SOFTIRQ) {
		cpu_event(&rings[1], CPU_SOFTIRQ, 0, 0);
		does &= ~CPU_SOFTIRQ;
	} else if (random_below(random, 3) == 0) {
		cpu_event(&rings[1], 0, CPU_SOFTIRQ, 0);
		does |= CPU_SOFTIRQ;
	} else {
		bool to_idle = random_below(random, 2);

		cpu_event(&rings[1], CPU_DOES, 0,
			  to_idle ? IDLE_TASK : OTHER_TASK);
		is_idle = to_idle;
		does = to_idle ? 0 : CPU_TASK;
	}
	past_add(does);
}

static struct scope_cpu_ms row[1];
static const uint32_t which[] = { 1 };
static struct scope_cpu_reader reader;
static uint64_t rows, wrong_rows, last_number;

static void row_check(void *context, uint64_t number,
		      const struct scope_cpu_ms *got)
{
	struct scope_cpu_ms wanted = past_ms(reader.start_ns + number * MS_NS);

	(void)context;
	rows++;
	if (memcmp(&wanted, got, sizeof(wanted)) ||
	    (rows > 1 && number <= last_number)) {
		if (!wrong_rows++)
			printf("# ms %" PRIu64 ": busy %u %u softirq %u %u irq %u %u\n",
			       number, got->ns[0], wanted.ns[0], got->ns[1],
			       wanted.ns[1], got->ns[2], wanted.ns[2]);
	}
	last_number = number;
}

static void events_begin(void)
{
	memset(rings, 0, sizeof(rings));
	reader = (struct scope_cpu_reader){
		.rings = rings, .id = which, .cpus = 1, .row = row,
	};
	clock_ns = 123456789;
	is_idle = true;
	pasts = 0;
	rows = wrong_rows = 0;
	past_add(0);
	/* The look at the start. */
	cpu_event(&rings[1], 0, 0, 0);
}

/* Events some us apart, and now and then none for up to 4 s; looks of any distance. */
static void test_events(void)
{
	uint64_t look_ns = 0, start_ns;
	u64 random = 11;

	events_begin();
	for (uint32_t i = 0; i < 3000; i++) {
		clock_ns += 1 + random_bits(&random, 20);
		event_make(&random);
	}
	start_ns = clock_ns + 4321;
	clock_ns += 30000;
	scope_cpu_reader_start(&reader, start_ns, clock_ns);
	for (uint32_t i = 0; i < 60000; i++) {
		clock_ns += 1 + random_bits(&random,
					    random_below(&random, 500) ? 21 : 32);
		if (random_below(&random, 2))
			event_make(&random);
		if (clock_ns < look_ns)
			continue;
		scope_cpu_reader_read(&reader, clock_ns, row_check, NULL);
		look_ns = clock_ns + random_bits(&random, 29);
	}
	tap_u64(wrong_rows, 0, "events: every millisecond has its time, to the ns");
	tap_ok(rows > 5000, "events: and there were many");
	tap_ok(last_number > rows,
	       "events: those that were written over are left out");
	tap_u64(rings[1].phase_ns, start_ns % MS_NS,
		"events: milliseconds begin where the packets' do");
}

/* Without an event since: what is under way goes on. */
static void test_under_way(void)
{
	static const struct {
		uint32_t does;
		const char *claim;
	} cases[] = {
		{ 0, "under way: idle for seconds" },
		{ CPU_TASK, "under way: a task for seconds" },
		{ CPU_TASK | CPU_SOFTIRQ, "under way: a softirq for seconds" },
		{ CPU_IRQ, "under way: an interrupt while idle" },
	};

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		events_begin();
		clock_ns += 100;
		cpu_event(&rings[1], CPU_DOES, cases[i].does, IDLE_TASK);
		past_add(cases[i].does);
		scope_cpu_reader_start(&reader, clock_ns - 50, clock_ns);
		for (uint32_t k = 0; k < 8; k++) {
			clock_ns += 250 * MS_NS;
			scope_cpu_reader_read(&reader, clock_ns, row_check,
					      NULL);
		}
		tap_ok(!wrong_rows && rows > 1900, cases[i].claim);
	}
}

/* Busy for long without an event, and nobody looked: what is written when it ends is the newest part. */
static void test_lost(void)
{
	events_begin();
	clock_ns += 100;
	cpu_event(&rings[1], CPU_DOES, 0, OTHER_TASK);
	past_add(CPU_TASK);
	is_idle = false;
	scope_cpu_reader_start(&reader, clock_ns, clock_ns);
	clock_ns += 300 * MS_NS + 500000;
	cpu_event(&rings[1], CPU_DOES, 0, IDLE_TASK);
	past_add(0);
	clock_ns += 10 * MS_NS;
	scope_cpu_reader_read(&reader, clock_ns, row_check, NULL);
	tap_ok(!wrong_rows, "lost: no millisecond is taken for an idle one");
	tap_u64(rows, CPU_RING_FILL_MS + 8, "lost: those at the end are there");
}

/* A processor that has not been idle yet, and is read. */
static void busy_begin(void)
{
	events_begin();
	memset(rings, 0, sizeof(rings));
	is_idle = false;
	pasts = 0;
	past_add(CPU_TASK);
	cpu_event(&rings[1], 0, 0, 0);
	scope_cpu_reader_start(&reader, clock_ns, clock_ns);
}

/* Of such a processor its first idle time is known by the next event. */
static void test_unknown_idle(void)
{
	busy_begin();
	clock_ns += 5300000;
	cpu_event(&rings[1], CPU_DOES, 0, IDLE_TASK);
	past_add(0);
	is_idle = true;
	clock_ns += 4100000;
	cpu_event(&rings[1], CPU_DOES, 0, OTHER_TASK);
	past_add(CPU_TASK);
	is_idle = false;
	clock_ns += 20 * MS_NS;
	scope_cpu_reader_read(&reader, clock_ns, row_check, NULL);
	tap_ok(!wrong_rows && rows > 20, "the idle task is learnt");
	tap_u64(rings[1].idle_task, IDLE_TASK, "by its address");
}

/* From one task to another on such a processor: not taken for idle in between. */
static void test_untold_task(void)
{
	busy_begin();
	for (uint32_t i = 0; i < 100; i++) {
		clock_ns += 7300000;
		scope_cpu_reader_read(&reader, clock_ns, row_check, NULL);
		cpu_event(&rings[1], CPU_DOES, 0, OTHER_TASK);
	}
	tap_u64(wrong_rows, 0, "from task to task: no millisecond is taken for an idle one");
	tap_ok(rows > 650, "from task to task: and they are read");
}

static void irq_inside(void)
{
	cpu_event(&rings[1], 0, CPU_IRQ, 0);
	clock_ns += 7000;
	cpu_event(&rings[1], CPU_IRQ, 0, 0);
}

static void test_interrupted(void)
{
	const struct cpu_ms *ms = &rings[1].ms[CPU_RING_AT(200 * MS_NS)];

	events_begin();
	clock_ns = 200 * MS_NS;
	cpu_event(&rings[1], CPU_DOES, 0, OTHER_TASK);
	is_idle = false;
	clock_ns += 100000;
	interrupt = irq_inside;
	cpu_event(&rings[1], 0, CPU_SOFTIRQ, 0);
	clock_ns += 50000;
	interrupt = irq_inside;
	cpu_event(&rings[1], CPU_SOFTIRQ, 0, 0);
	clock_ns += 100;
	cpu_event(&rings[1], CPU_DOES, 0, IDLE_TASK);
	tap_u64(ms->busy_ns, 164100,
		"an interrupt inside a program: no time is lost, none counts twice");
	tap_u64(ms->softirq_ns, 57000,
		"and what it takes counts as what it interrupts");
	tap_u64(rings[1].is_writing, 0, "and nothing stays open");
}

static void count_rows(void *context, uint64_t number,
		       const struct scope_cpu_ms *got)
{
	(void)number;
	(void)got;
	++*(uint32_t *)context;
}

static void test_reader(void)
{
	uint32_t count = 0;

	events_begin();
	scope_cpu_reader_start(&reader, clock_ns, clock_ns);
	tap_u64(reader.next_ns, clock_ns + 3 * MS_NS,
		"reader: what processors do not know of yet is left out");
	clock_ns += 10 * MS_NS;
	rings[1].is_writing = 1;
	scope_cpu_reader_read(&reader, clock_ns, count_rows, &count);
	tap_u64(count, 0, "reader: what is being written waits");
	rings[1].is_writing = 0;
	scope_cpu_reader_read(&reader, clock_ns, count_rows, &count);
	tap_u64(count, 5, "reader: then it is there, but for the last 2 ms");
	/* A clock that stepped back. */
	clock_ns += 10 * MS_NS;
	rings[1].ms[CPU_RING_AT(reader.next_ns)] = (struct cpu_ms){
		.start_ns = reader.next_ns, .busy_ns = 1000007,
	};
	scope_cpu_reader_read(&reader, reader.next_ns + 3 * MS_NS, count_rows,
			      &count);
	tap_u64(row[0].ns[SCOPE_CPU_BUSY], 1000000,
		"reader: a millisecond has no more than its own time");
}

int main(void)
{
	test_constant();
	test_on_off();
	test_turns();
	test_seconds();
	test_p99();
	test_series();
	scope_cpu_done(&cpu);
	test_slots();
	test_events();
	test_under_way();
	test_lost();
	test_unknown_idle();
	test_untold_task();
	test_interrupted();
	test_reader();
	return tap_done();
}
