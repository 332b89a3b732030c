// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope's BPF programs cost a packet, by BPF_PROG_TEST_RUN: each runs a
 * few thousand times on one frame of TCP, best of 7. An empty program of the same
 * type is subtracted, which leaves out what calling a program costs. What a packet
 * socket costs around its filter (a clone of the packet) is not in it.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../bpf/scope_record.h"
#include "../../user/scope/live_bpf.h"

#define ROUNDS		7u
#define REPEAT		20000u
#define FRAME_BYTES	1514u
/* A filter of a socket is run on what lies behind the first Ethernet header. */
#define FRONT_BYTES	14u
#define LANE_BYTES	(2u << 20)

/* To 1500 bytes of IP, of TCP with time stamps. */
static uint8_t frame[FRONT_BYTES + FRAME_BYTES];
static struct scope_lane *lanes;
static size_t lane_value_bytes;
static unsigned int cpus;

static void frame_make(void)
{
	uint8_t *data = frame + FRONT_BYTES;

	/* An Ethernet type that nobody looks into. */
	frame[12] = 0x88;
	frame[13] = 0xb5;
	data[12] = 0x08;
	data[14] = 0x45;
	data[16] = 1500 >> 8;
	data[17] = 1500 & 255;
	data[23] = 6;
	data[46] = 0x80;
}

/* All that was written is read; returns how many records it was. */
static uint64_t lanes_empty(void)
{
	uint64_t records = 0;
	unsigned int i;

	for (i = 0; i < cpus; i++) {
		struct scope_lane *lane = (void *)
			((uint8_t *)lanes + i * lane_value_bytes);

		records += (lane->head - lane->tail) / SCOPE_RECORD_IPV4_BYTES;
		lane->tail = lane->head;
	}
	return records;
}

/* ns of one run, best of all rounds; -1: it failed. @wanted: records it must leave. */
static int best_ns(int prog_fd, bool is_socket, uint32_t wanted)
{
	uint32_t best = UINT32_MAX;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = REPEAT,
			    .data_in = is_socket ? frame : frame + FRONT_BYTES,
			    .data_size_in = is_socket ? sizeof(frame) :
							FRAME_BYTES);

		if (bpf_prog_test_run_opts(prog_fd, &run) ||
		    lanes_empty() != wanted)
			return -1;
		if (run.duration < best)
			best = run.duration;
	}
	return (int)best;
}

static int small_program(bool is_socket, bool has_clock)
{
	struct bpf_insn steps[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(is_socket ? BPF_PROG_TYPE_SOCKET_FILTER :
					 BPF_PROG_TYPE_SCHED_CLS,
			     "bench", "GPL", steps + !has_clock,
			     3 - !has_clock, NULL);
}

static int line_print(const char *name, int prog_fd, bool is_socket,
		      uint32_t wanted, int empty_ns)
{
	int ns = best_ns(prog_fd, is_socket, wanted);

	if (ns < 0 || empty_ns < 0) {
		fprintf(stderr, "programs: %s did not run\n", name);
		return 1;
	}
	printf("| %-38s | %6d | %6d |\n", name, ns, ns - empty_ns);
	return 0;
}

static int off_set(const struct scope_bpf_objects *objects, uint32_t is_off)
{
	struct scope_control control = { .is_off = is_off };
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(objects->control), &zero,
				   &control, BPF_ANY);
}

static int table_print(const struct scope_bpf_objects *objects)
{
	static const struct {
		const char *name;
		const char *program;
		bool is_socket;
		bool is_off;
		bool has_records;
	} lines[] = {
		{ "off, at tc's hook", "scope_out", false, true, false },
		{ "off, at the packet socket", "scope_tap", true, true, false },
		{ "sums of 100 us", "scope_count_out", false, false, false },
		{ "every packet, at tc's hook", "scope_out", false, false, true },
		{ "every packet, at the packet socket", "scope_tap", true, false, true },
	};
	int empty[2], failed = 0;
	unsigned int i;

	for (i = 0; i < 2; i++)
		empty[i] = best_ns(small_program(i, false), i, 0);
	printf("| %-38s | %6s | %6s |\n", "ns per packet", "run", "less empty");
	printf("|----------------------------------------|--------|--------|\n");
	for (i = 0; i < 2; i++)
		printf("| %-38s | %6d | %6d |\n", i ? "empty, at the packet socket" :
		       "empty, at tc's hook", empty[i], 0);
	failed |= line_print("reading the clock, at tc's hook",
			     small_program(false, true), false, 0, empty[0]);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int fd = bpf_program__fd(
			bpf_object__find_program_by_name(objects->object,
							 lines[i].program));

		failed |= off_set(objects, lines[i].is_off) ||
			  line_print(lines[i].name, fd, lines[i].is_socket,
				     lines[i].has_records ? REPEAT : 0,
				     empty[lines[i].is_socket]);
	}
	return failed;
}

int main(void)
{
	int count = libbpf_num_possible_cpus();
	struct scope_bpf_objects objects;
	struct scope_bpf_sizes sizes = {
		.cpus = count < 1 ? 1 : (unsigned int)count,
		.lane_bytes = LANE_BYTES, .has_out = true, .has_in = true,
		.has_tap = true, .has_hooks = true, .is_counting = true,
	};
	int failed = scope_bpf_load(&objects, &sizes);

	frame_make();
	cpus = sizes.cpus;
	lane_value_bytes = (SCOPE_LANE_VALUE_BYTES(LANE_BYTES) + 7) & ~(size_t)7;
	if (!failed) {
		lanes = mmap(NULL, cpus * lane_value_bytes,
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(objects.lanes), 0);
		failed = lanes == MAP_FAILED || table_print(&objects);
	}
	if (failed)
		fputs("programs: BPF programs cannot be run here: it needs root\n",
		      stderr);
	scope_bpf_unload(&objects);
	return failed ? 1 : 0;
}
