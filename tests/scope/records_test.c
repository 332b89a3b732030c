// SPDX-License-Identifier: GPL-2.0
/*
 * The records of the scope's BPF programs: at tc's hook, and at the packet socket by reading
 * headers in place or by copying them. All make the same of a frame, whatever it is, whole or
 * cut anywhere. Needs root. Exit code 3: the kernel has no way to run programs, or to
 * read in place.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../../bpf/scope_record.h"
#include "../../user/scope/live_bpf.h"
#include "../unit/user_tap.h"

/* A filter of a socket is run on what lies behind the first Ethernet header. */
#define FRONT_BYTES	14u
#define FRAME_MAX	256u
#define LANE_BYTES	SCOPE_LANE_BYTES_MIN
#define MUTATIONS	1000u
#define NOT_RUN		UINT32_MAX

enum { PLACED, COPIED, HOOK, PROGRAMS };

static const char *const program_names[PROGRAMS] = {
	"scope_tap", "scope_tap_copy", "scope_in",
};

/**
 * struct loaded - a program, and where it leaves its records
 * @objects: it and its maps
 * @lanes: mapped
 * @fd: the program
 */
struct loaded {
	struct scope_bpf_objects objects;
	uint8_t *lanes;
	int fd;
};

static struct loaded programs[PROGRAMS];
static unsigned int cpus;
static uint8_t frame[FRONT_BYTES + FRAME_MAX];
static unsigned int bytes;		/* of the frame, without what is in front */

/* ---- frames ---- */

static void put(const void *data, unsigned int count)
{
	memcpy(frame + FRONT_BYTES + bytes, data, count);
	bytes += count;
}

static void put_bytes(const char *hex)
{
	unsigned int value;

	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		sscanf(hex, "%2x", &value);
		put(&(uint8_t){ (uint8_t)value }, 1);
	}
}

#define ETHERNET	"020000000002 020000000001 "
#define ADDRESSES4	"0a090001 0a090002 "
#define ADDRESSES6	"fd090000000000000000000000000001 fd090000000000000000000000000002 "
#define MAC_CONTROL	"0180c2000001 020000000001 8808 "
#define PAYLOAD		"00112233445566778899aabbccddeeff"

/* What has lengths has right ones, or those that the case is about. */
static const char *const cases[] = {
	/* TCP in IPv4: plain, with time stamps, with SACK below the ACK, behind time stamps too */
	ETHERNET "0800 45000038 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "0800 45000044 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 80180100 00000000 0101080a 00000005 00000006" PAYLOAD,
	ETHERNET "0800 45000034 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000902 80100100 00000000 0101050a 00000005 00000105",
	ETHERNET "0800 45000040 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000902 b0100100 00000000 0101080a 00000005 00000006 0101050a 00000005 00000105",
	ETHERNET "0800 45000040 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 b0100100 00000000 0101080a 00000005 00000006 0101050a 00000105 00000205",
	/* of a frame that was too short */
	ETHERNET "0800 45000028 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50100100 00000000 000000000000",
	/* options of IP; a header of TCP that is too short; a length beyond the frame, and none */
	ETHERNET "0800 46000050 00014000 40060000 " ADDRESSES4 "01010100 1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "0800 45000038 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 40180100 00000000" PAYLOAD,
	ETHERNET "0800 45000538 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "0800 45000000 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	/* fragments of IPv4, UDP, ICMP, ARP */
	ETHERNET "0800 45000038 00012000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "0800 45000038 00010010 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "0800 4500002c 00014000 40110000 " ADDRESSES4 "1f90c350 00180000" PAYLOAD,
	ETHERNET "0800 4500001e 00014000 40110000 " ADDRESSES4 "1f90c350 000a0000 0102",
	ETHERNET "0800 4500002c 00014000 40010000 " ADDRESSES4 "08001234 00010001" PAYLOAD,
	ETHERNET "0806 00010800 06040001 020000000001 0a090001 000000000000 0a090002",
	/* one tag, two, three */
	ETHERNET "8100 0064 0800 45000038 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "88a8 0065 8100 0064 0800 45000038 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "88a8 0065 8100 0064 8100 0001 0800 45000038 00014000 40060000 " ADDRESSES4 "1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	/* IPv6: TCP, UDP, behind extensions, fragments, behind too many bytes of extensions */
	ETHERNET "86dd 60000000 00300640 " ADDRESSES6 "1f90c350 00000001 00000902 80180100 00000000 0101050a 00000005 00000105" PAYLOAD,
	ETHERNET "86dd 60000000 00181140 " ADDRESSES6 "1f90c350 00180000" PAYLOAD,
	ETHERNET "86dd 60000000 00340040 " ADDRESSES6 "3c000502 00000100 06000502 00000100 1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "86dd 60000000 002c2c40 " ADDRESSES6 "06000001 00000001 1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "86dd 60000000 002c2c40 " ADDRESSES6 "06000010 00000001 1f90c350 00000001 00000002 50180100 00000000" PAYLOAD,
	ETHERNET "86dd 60000000 005c0040 " ADDRESSES6 "06060504 " PAYLOAD PAYLOAD PAYLOAD "00000000 1f90c350 00000001 00000002 50180100 00000000",
	/* PAUSE, to the other station, too; priority flow control; what looks like PAUSE behind a tag */
	MAC_CONTROL "0001 0000 0000",
	ETHERNET "8808 0001 ffff 0000",
	MAC_CONTROL "0101 00ff 0000",
	"0180c2000001 020000000001 8100 0064 8808 0001 0000",
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* @is_raw: of a device without a header of its own. */
static void frame_make(unsigned int number, bool is_raw)
{
	memset(frame, 0, sizeof(frame));
	frame[12] = 0x88;
	frame[13] = 0xb5;
	bytes = 0;
	put_bytes(cases[number]);
	if (is_raw) {
		bytes -= FRONT_BYTES;
		memmove(frame + FRONT_BYTES, frame + 2 * FRONT_BYTES, bytes);
	}
}

/* ---- what the programs make of them ---- */

static int program_load(unsigned int which, bool is_raw)
{
	struct loaded *loaded = &programs[which];
	struct scope_bpf_sizes sizes = {
		.cpus = cpus, .lane_bytes = LANE_BYTES, .is_raw = is_raw,
		.has_out = true, .has_in = true,
		.has_tap = which != HOOK, .has_hooks = which == HOOK,
		.copies_headers = which == COPIED,
	};
	int err = scope_bpf_load(&loaded->objects, &sizes);

	if (err)
		return err;
	loaded->fd = bpf_program__fd(which == HOOK ?
		bpf_object__find_program_by_name(loaded->objects.object,
						 program_names[HOOK]) :
		loaded->objects.tap);
	loaded->lanes = mmap(NULL, cpus * SCOPE_LANE_VALUE_BYTES(LANE_BYTES),
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(loaded->objects.lanes), 0);
	return loaded->lanes == MAP_FAILED ? -ENOMEM : 0;
}

static void program_unload(unsigned int which)
{
	munmap(programs[which].lanes, cpus * SCOPE_LANE_VALUE_BYTES(LANE_BYTES));
	scope_bpf_unload(&programs[which].objects);
}

/*
 * Its record of the frame without the time; returns its length, 0: there is none, or it is not
 * alone, NOT_RUN: the kernel runs no program at tc's hook on so short a packet of IP.
 */
static uint32_t record_make(unsigned int which, struct scope_record *ret)
{
	bool is_socket = which != HOOK;
	const struct scope_record *record;
	uint32_t found = 0;
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = 1,
		    .data_in = is_socket ? frame : frame + FRONT_BYTES,
		    .data_size_in = bytes + (is_socket ? FRONT_BYTES : 0));

	memset(ret, 0, sizeof(*ret));
	if (bpf_prog_test_run_opts(programs[which].fd, &run))
		return which == HOOK && errno == EINVAL ? NOT_RUN : 0;
	for (unsigned int i = 0; i < cpus; i++) {
		struct scope_lane *lane = (void *)(programs[which].lanes +
				i * SCOPE_LANE_VALUE_BYTES(LANE_BYTES));

		if (lane->head == lane->tail)
			continue;
		record = (const void *)(lane->data +
				(lane->tail & SCOPE_LANE_MASK(LANE_BYTES)));
		found = (uint32_t)(lane->head - lane->tail);
		if (found != scope_bpf_record_bytes(record))
			return 0;
		memcpy(ret, record, found);
		ret->mono_ns = 0;
		lane->tail = lane->head;
	}
	return found;
}

static uint64_t runs, differences, complete;

static void frame_compare(const char *what, unsigned int number)
{
	struct scope_record first, other;
	uint32_t first_bytes = record_make(PLACED, &first);

	runs++;
	complete += (first.flags & SCOPE_RECORD_TRANSPORT) != 0;
	for (unsigned int which = COPIED; which < PROGRAMS; which++) {
		uint32_t other_bytes = record_make(which, &other);

		if (other_bytes == NOT_RUN ||
		    (first_bytes && first_bytes == other_bytes &&
		     !memcmp(&first, &other, first_bytes)))
			continue;
		if (differences++ < 10)
			printf("# %s, case %u, %u bytes: %s %u bytes flags %x, %s %u bytes flags %x\n",
			       what, number, bytes, program_names[PLACED],
			       first_bytes, first.flags, program_names[which],
			       other_bytes, other.flags);
	}
}

static void all_compare(bool is_raw)
{
	runs = differences = complete = 0;
	for (unsigned int number = 0; number < CASES; number++) {
		frame_make(number, is_raw);
		for (unsigned int whole = bytes; bytes >= FRONT_BYTES; bytes--)
			frame_compare(bytes == whole ? "whole" : "cut", number);
	}
	tap_u64(differences, 0, is_raw ? "packets that begin with IP: all make the same record, also of those that are cut anywhere" :
		"all make the same record, also of frames that are cut anywhere");
	tap_ok(runs > 1000 && complete > runs / 6 && complete < runs,
	       "with TCP's or UDP's header in some, and not in all");
	srandom(1);
	runs = differences = complete = 0;
	for (unsigned int i = 0; i < MUTATIONS; i++) {
		unsigned int number = (unsigned int)random() % CASES;

		frame_make(number, is_raw);
		for (unsigned int j = 0; j < 1u + i % 3; j++)
			frame[FRONT_BYTES + (is_raw ? 0 : 12) +
			      (unsigned int)random() % 64] =
				(uint8_t)random();
		frame_compare("changed", number);
	}
	tap_u64(differences, 0, "and of frames with wrong bytes");
	tap_ok(complete > runs / 5 && complete < runs,
	       "with TCP's or UDP's header in some of these, too");
}

/* One whose fields are known, so that they are not the same nothing. */
static void plain_check(void)
{
	struct scope_record record;

	frame_make(1, false);
	tap_u64(record_make(PLACED, &record), SCOPE_RECORD_IPV4_BYTES,
		"TCP in IPv4 with time stamps");
	tap_ok(record.flags == (SCOPE_RECORD_IN | SCOPE_RECORD_IP |
				SCOPE_RECORD_PORTS | SCOPE_RECORD_TRANSPORT) &&
	       record.length == 82 && record.header_bytes == 66 &&
	       record.protocol == 6 && record.tcp_flags == 0x18 &&
	       !memcmp(&record.source_port, "\x1f\x90\xc3\x50", 4) &&
	       !memcmp(&record.tcp_sequence, "\0\0\0\1\0\0\0\2\1\0", 10) &&
	       !memcmp(record.address, "\x0a\x09\0\1\x0a\x09\0\2", 8),
	       "has its fields in their places");
}

/* Told by the type right behind the addresses, in one that is whole and in one that ends there. */
static void mac_control_check(void)
{
	unsigned int wrong = 0, found = 0, none = 0;
	struct scope_record record;

	for (unsigned int number = 0; number < CASES; number++) {
		frame_make(number, false);
		for (unsigned int i = 0; i < 2 * PROGRAMS; i++) {
			bool is_it = frame[FRONT_BYTES + 12] == 0x88 &&
				     frame[FRONT_BYTES + 13] == 0x08;

			bytes = i < PROGRAMS ? bytes : FRONT_BYTES;
			if (record_make(i % PROGRAMS, &record) == NOT_RUN)
				continue;
			wrong += is_it ? record.flags != (SCOPE_RECORD_IN |
						SCOPE_RECORD_MAC_CONTROL) :
				 (record.flags & SCOPE_RECORD_MAC_CONTROL) != 0;
			*(is_it ? &found : &none) += 1;
		}
	}
	tap_u64(wrong, 0, "frames of MAC control are told, and no others");
	tap_ok(found == 3 * 2 * PROGRAMS && none > found, "some of each");
}

int main(void)
{
	cpus = scope_bpf_cpus();
	for (int is_raw = 0; is_raw < 2; is_raw++) {
		for (unsigned int which = 0; which < PROGRAMS; which++)
			if (program_load(which, is_raw)) {
				puts("Bail out! this needs root, and a kernel that loads BPF");
				return 1;
			}
		if (!is_raw) {
			tap_ok(!strcmp(bpf_program__name(programs[COPIED].objects.tap),
				       program_names[COPIED]),
			       "headers are copied where that is asked for");
			plain_check();
			mac_control_check();
		}
		all_compare(is_raw);
		for (unsigned int which = 0; which < PROGRAMS; which++)
			program_unload(which);
	}
	return tap_done();
}
