// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope's BPF programs cost a packet, by BPF_PROG_TEST_RUN: each runs a
 * few thousand times on one frame, all of them in turns, best of ROUNDS. An empty program of
 * the same type is subtracted, which leaves out what calling a program costs. What a packet
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

#define ROUNDS		300u
#define REPEAT		10000u
#define FRAME_BYTES	1514u
/* A filter of a socket is run on what lies behind the first Ethernet header. */
#define FRONT_BYTES	14u
#define LANE_BYTES	(2u << 20)

enum frame_kind { FRAME_TCP4, FRAME_TCP6, FRAME_UDP4, FRAMES };

/**
 * struct loaded - programs and the ring that they fill
 * @objects: them
 * @lanes: mapped
 */
struct loaded {
	struct scope_bpf_objects objects;
	struct scope_lane *lanes;
};

/**
 * struct line - of the table
 * @name: what is measured
 * @loaded: where the program is; NULL: it fills no ring
 * @prog_fd: the program
 * @frame: what it is run on
 * @is_socket: it is a packet socket's, else of tc's hook
 * @is_off: it is switched off meanwhile
 * @has_records: each packet must leave a record
 * @best_ns: of a run
 */
struct line {
	const char *name;
	struct loaded *loaded;
	int prog_fd;
	enum frame_kind frame;
	bool is_socket;
	bool is_off;
	bool has_records;
	uint32_t best_ns;
};

static uint8_t frames[FRAMES][FRONT_BYTES + FRAME_BYTES];
static size_t lane_value_bytes;
static unsigned int cpus;

/* 1500 bytes of IP: TCP with time stamps, or UDP. */
static void frame_make(enum frame_kind kind)
{
	uint8_t *data = frames[kind] + FRONT_BYTES;
	uint8_t *transport = data + (kind == FRAME_TCP6 ? 54 : 34);
	uint16_t rest_bytes = 1500 - (kind == FRAME_TCP6 ? 40 : 20);

	/* An Ethernet type that nobody looks into. */
	frames[kind][12] = 0x88;
	frames[kind][13] = 0xb5;
	if (kind == FRAME_TCP6) {
		data[12] = 0x86;
		data[13] = 0xdd;
		data[14] = 0x60;
		data[18] = (uint8_t)(rest_bytes >> 8);
		data[19] = (uint8_t)rest_bytes;
		data[20] = 6;
	} else {
		data[12] = 0x08;
		data[14] = 0x45;
		data[16] = 1500 >> 8;
		data[17] = 1500 & 255;
		data[23] = kind == FRAME_UDP4 ? 17 : 6;
	}
	if (kind == FRAME_UDP4) {
		transport[4] = (uint8_t)(rest_bytes >> 8);
		transport[5] = (uint8_t)rest_bytes;
	} else {
		transport[12] = 0x80;
		memcpy(transport + 20, "\x01\x01\x08\x0a", 4);
	}
}

/* All that was written is read; returns how many bytes it was. */
static uint64_t lanes_empty(struct loaded *loaded)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < cpus; i++) {
		struct scope_lane *lane = (void *)
			((uint8_t *)loaded->lanes + i * lane_value_bytes);

		bytes += lane->head - lane->tail;
		lane->tail = lane->head;
	}
	return bytes;
}

static int off_set(const struct loaded *loaded, uint32_t is_off)
{
	struct scope_control control = { .is_off = is_off };
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(loaded->objects.control), &zero,
				   &control, BPF_ANY);
}

static int line_run(struct line *line)
{
	const uint8_t *front = frames[line->frame];
	uint64_t wanted = !line->has_records ? 0 :
			  line->frame == FRAME_TCP6 ? SCOPE_RECORD_IPV6_BYTES :
						      SCOPE_RECORD_IPV4_BYTES;
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = REPEAT,
		    .data_in = line->is_socket ? front : front + FRONT_BYTES,
		    .data_size_in = FRAME_BYTES +
				    (line->is_socket ? FRONT_BYTES : 0));

	if (line->loaded && off_set(line->loaded, line->is_off))
		return -1;
	if (bpf_prog_test_run_opts(line->prog_fd, &run) ||
	    (line->loaded && lanes_empty(line->loaded) != wanted * REPEAT)) {
		fprintf(stderr, "programs: %s did not run\n", line->name);
		return -1;
	}
	if (run.duration < line->best_ns)
		line->best_ns = run.duration;
	return 0;
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

static int hook_program(const struct loaded *loaded, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(
					loaded->objects.object, name));
}

static int loaded_open(struct loaded *ret, const struct scope_bpf_sizes *sizes)
{
	if (scope_bpf_load(&ret->objects, sizes))
		return -1;
	ret->lanes = mmap(NULL, cpus * lane_value_bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED, bpf_map__fd(ret->objects.lanes), 0);
	return ret->lanes == MAP_FAILED ? -1 : 0;
}

/* The first two lines are the empty programs. */
static int table_print(struct line *lines, unsigned int count)
{
	for (unsigned int i = 0; i < ROUNDS; i++)
		for (unsigned int j = 0; j < count; j++)
			if (line_run(&lines[j]))
				return -1;
	printf("| %-38s | %6s | %6s |\n", "ns per packet", "run", "less empty");
	printf("|----------------------------------------|--------|--------|\n");
	for (unsigned int j = 0; j < count; j++)
		printf("| %-38s | %6u | %6d |\n", lines[j].name,
		       lines[j].best_ns, (int)lines[j].best_ns -
				(int)lines[lines[j].is_socket].best_ns);
	return 0;
}

static int measure(struct loaded *usual, struct loaded *hooks)
{
	int tap = bpf_program__fd(usual->objects.tap);
	int tap_copy = bpf_program__fd(hooks->objects.tap);
	bool is_copying = strcmp(bpf_program__name(usual->objects.tap),
				 "scope_tap");
	int hook = hook_program(hooks, "scope_out");
	struct line lines[] = {
		{ .name = "empty, at tc's hook",
		  .prog_fd = small_program(false, false) },
		{ .name = "empty, at the packet socket", .is_socket = true,
		  .prog_fd = small_program(true, false) },
		{ .name = "reading the clock, at tc's hook",
		  .prog_fd = small_program(false, true) },
		{ .name = "off, at tc's hook", .loaded = hooks, .prog_fd = hook,
		  .is_off = true },
		{ .name = "off, at the packet socket", .loaded = usual,
		  .prog_fd = tap, .is_socket = true, .is_off = true },
		{ .name = "sums of ticks, at tc's hook", .loaded = hooks,
		  .prog_fd = hook_program(hooks, "scope_count_out") },
		{ .name = "every packet, at tc's hook", .loaded = hooks,
		  .prog_fd = hook, .has_records = true },
		{ .name = "every packet, at the packet socket", .loaded = usual,
		  .prog_fd = tap, .is_socket = true, .has_records = true },
		{ .name = "the same, TCP in IPv6", .loaded = usual,
		  .prog_fd = tap, .frame = FRAME_TCP6, .is_socket = true,
		  .has_records = true },
		{ .name = "the same, UDP in IPv4", .loaded = usual,
		  .prog_fd = tap, .frame = FRAME_UDP4, .is_socket = true,
		  .has_records = true },
		{ .name = "the same, TCP in IPv4, headers copied",
		  .loaded = hooks, .prog_fd = tap_copy, .is_socket = true,
		  .has_records = true },
	};
	unsigned int count = sizeof(lines) / sizeof(lines[0]);

	for (unsigned int i = 0; i < count; i++)
		lines[i].best_ns = UINT32_MAX;
	if (is_copying)
		fputs("programs: this kernel does not let the packet socket's program read headers in place\n",
		      stderr);
	return table_print(lines, count);
}

int main(void)
{
	struct scope_bpf_sizes sizes = {
		.lane_bytes = LANE_BYTES, .has_out = true, .has_in = true,
		.has_tap = true,
	};
	struct loaded usual, hooks;
	int failed;

	cpus = scope_bpf_cpus();
	sizes.cpus = cpus;
	lane_value_bytes = (SCOPE_LANE_VALUE_BYTES(LANE_BYTES) + 7) & ~(size_t)7;
	for (int kind = 0; kind < FRAMES; kind++)
		frame_make((enum frame_kind)kind);
	failed = loaded_open(&usual, &sizes);
	sizes.copies_headers = true;
	sizes.has_hooks = true;
	sizes.is_counting = true;
	failed = failed || loaded_open(&hooks, &sizes) ||
		 measure(&usual, &hooks);
	if (failed)
		fputs("programs: BPF programs cannot be run here: it needs root\n",
		      stderr);
	scope_bpf_unload(&usual.objects);
	scope_bpf_unload(&hooks.objects);
	return failed ? 1 : 0;
}
