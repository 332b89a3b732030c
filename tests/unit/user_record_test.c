// SPDX-License-Identifier: GPL-2.0
/* The file that is recorded: what begins it, what is in it, and what it says is not. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/lib/pcap.h"
#include "../../user/scope/pcapng_write.h"
#include "../../user/scope/record_parts.h"
#include "../../user/scope/record_ring.h"
#include "user_tap.h"

/* ---- triggers ---- */

static void test_trigger_words(void)
{
	struct scope_trigger trigger = { 0 };
	char error[256];

	tap_ok(!scope_trigger_parse("burst:8gbit", &trigger, error,
				    sizeof(error)), "trigger: a rate");
	tap_u64(trigger.burst_bytes, 1000000, "trigger: 8gbit is 1 MB in 1 ms");
	tap_ok(!scope_trigger_parse("burst:64kB", &trigger, error,
				    sizeof(error)), "trigger: a size");
	tap_u64(trigger.burst_bytes, 64000, "trigger: bytes in 1 ms");
	tap_ok(!scope_trigger_parse("loss", &trigger, error, sizeof(error)) &&
	       !scope_trigger_parse("rto", &trigger, error, sizeof(error)) &&
	       trigger.is_loss && trigger.is_rto, "trigger: several");
	tap_ok(scope_trigger_parse("burst:", &trigger, error, sizeof(error)) < 0,
	       "trigger: a burst of what?");
	tap_ok(scope_trigger_parse("burst:7bit", &trigger, error,
				   sizeof(error)) < 0, "trigger: less than a byte");
	tap_ok(scope_trigger_parse("drop", &trigger, error, sizeof(error)) < 0,
	       "trigger: no such word");
	tap_text(error, "'drop'", "trigger: and it is quoted");
}

static void test_trigger_burst(void)
{
	const struct scope_trigger trigger = { .burst_bytes = 3000 };
	struct scope_trigger_run run = { 0 };
	struct scope_packet packet = { .direction = SCOPE_OUT };
	struct scope_flow_event event = { .is_retransmitted = true };
	unsigned int fired = 0, at = 0;

	/* 1500 a packet, one in 100 us, and from the tenth on one in 600 us. */
	for (unsigned int i = 0; i < 20; i++) {
		packet.time_ns = i < 10 ? i * UINT64_C(100000) :
			       UINT64_C(1000000) * (i - 8);
		if (scope_trigger_take(&trigger, &run, &packet, 1500, &event)) {
			fired++;
			at = i;
		}
	}
	tap_u64(fired, 1, "trigger: once in a millisecond");
	tap_u64(at, 1, "trigger: by the packet that makes it full");
	packet.direction = SCOPE_IN;
	packet.time_ns = 0;
	scope_trigger_take(&trigger, &run, &packet, 2000, &event);
	packet.direction = SCOPE_OUT;
	tap_ok(!scope_trigger_take(&trigger, &run, &packet, 2000, &event),
	       "trigger: directions are not added");
}

/* ---- blocks ---- */

static void test_packet_block(void)
{
	/* As the draft draws it, on a machine of this order. */
	static const uint8_t wanted[] = {
		6, 0, 0, 0, 52, 0, 0, 0, 1, 0, 0, 0,
		2, 0, 0, 0, 4, 3, 2, 1, 5, 0, 0, 0, 100, 0, 0, 0,
		'a', 'b', 'c', 'd', 'e', 0, 0, 0,
		2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
	};
	const struct scope_pcapng_packet packet = {
		.interface = 1, .time_ns = UINT64_C(0x201020304),
		.data = (const uint8_t *)"abcde", .captured_bytes = 5,
		.bytes = 100, .direction = SCOPE_IN,
	};
	uint8_t block[SCOPE_PCAPNG_ROOM];
	size_t bytes = scope_pcapng_packet(block, &packet);

	tap_u64(bytes, sizeof(wanted), "pcapng: length of a packet block");
	tap_ok(__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ ||
	       !memcmp(block, wanted, sizeof(wanted)), "pcapng: its bytes");
	tap_u64(scope_pcapng_block_bytes(block), sizeof(wanted),
		"pcapng: its length is read");
	tap_u64(scope_pcapng_packet_time(block), packet.time_ns,
		"pcapng: its time is read");
}

/* ---- the ring ---- */

static size_t ring_block(uint8_t *to, uint64_t time_ns)
{
	const struct scope_pcapng_packet packet = {
		.time_ns = time_ns, .data = (const uint8_t *)"0123456789",
		.captured_bytes = 10, .bytes = 10, .direction = SCOPE_OUT,
	};

	return scope_pcapng_packet(to, &packet);
}

/* Take what is marked; returns the sum of the packets' times, *pkts how many. */
static uint64_t ring_take(struct scope_ring *ring, unsigned int *pkts)
{
	static uint8_t all[65536];
	size_t count, filled = 0;
	const uint8_t *bytes;
	uint64_t sum = 0;

	while ((count = scope_ring_next(ring, &bytes))) {
		memcpy(all + filled, bytes, count);
		filled += count;
		scope_ring_written(ring, count);
	}
	*pkts = 0;
	for (size_t at = 0; at < filled; at += scope_pcapng_block_bytes(all + at)) {
		sum += scope_pcapng_packet_time(all + at);
		++*pkts;
	}
	return sum;
}

static void test_ring(void)
{
	uint8_t block[SCOPE_PCAPNG_ROOM];
	uint32_t bytes = (uint32_t)ring_block(block, 0);
	unsigned int i, pkts, refused = 0;
	struct scope_ring ring;
	uint64_t marked;

	/* Ten blocks and a part: blocks lie across the end. */
	if (!tap_ok(!scope_ring_init(&ring, bytes * 10 + 8), "a ring"))
		return;
	for (i = 1; i <= 25; i++) {
		ring_block(block, i);
		refused += !scope_ring_add(&ring, block, bytes);
	}
	tap_u64(refused, 0, "ring: what is not marked gives way");
	tap_u64(scope_ring_mark(&ring, 22, UINT64_MAX, &marked), 4, "ring: packets since");
	tap_u64(marked, bytes * 4, "ring: and their bytes");
	tap_u64(scope_ring_mark(&ring, 0, UINT64_MAX, &marked), 0, "ring: none is marked twice");
	for (i = 26; i <= 40; i++) {
		ring_block(block, i);
		refused += !scope_ring_add(&ring, block, bytes);
	}
	tap_u64(refused, 9, "ring: what still has to be written does not give way");
	scope_ring_close(&ring);
	tap_u64(ring_take(&ring, &pkts), 22 + 23 + 24 + 25 + 26 + 27 + 28 + 29 + 30 + 31,
		"ring: what comes out is what was marked");
	tap_u64(pkts, 10, "ring: all that there was room for");
	for (i = 50; i <= 53; i++) {
		ring_block(block, i);
		scope_ring_add(&ring, block, bytes);
	}
	tap_u64(scope_ring_next(&ring, &(const uint8_t *){ NULL }), 0,
		"ring: closed, nothing more is marked");
	tap_u64(scope_ring_mark(&ring, 0, UINT64_MAX, &marked), 4,
		"ring: a second mark begins behind the first");
	scope_ring_close(&ring);
	tap_u64(ring_take(&ring, &pkts), 50 + 51 + 52 + 53, "ring: and holds what came since");
	for (i = 60; i <= 63; i++) {
		ring_block(block, i);
		scope_ring_add(&ring, block, bytes);
	}
	tap_u64(scope_ring_mark(&ring, 0, bytes * 2 + 4, &marked), 2,
		"ring: no more is marked than may be");
	scope_ring_close(&ring);
	tap_u64(ring_take(&ring, &pkts), 62 + 63, "ring: the newest of it");
	scope_ring_done(&ring);
}

/* ---- the file ---- */

static const struct scope_live_losses no_losses;

#define TAIL_MAX_BYTES	1000u		/* statistics, behind what is limited */

static void file_add(struct scope_record *record, uint64_t time_ns,
		     bool is_again)
{
	static const uint8_t data[60] = { 2, 1, 2, 3, 4, 5 };
	const struct sluice_captured captured = {
		.real_ns = time_ns, .data = data, .captured_bytes = 60,
		.bytes = 1014, .link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	const struct scope_packet packet = {
		.time_ns = time_ns, .bytes = 1014, .direction = SCOPE_OUT,
	};
	const struct scope_flow_event event = { .is_retransmitted = is_again };

	scope_record_add(record, &captured, &packet, 1038, &event);
}

/* Packets a millisecond apart; the 500th and the 1500th are sent again. */
static void test_file(void)
{
	const uint64_t start_ns = UINT64_C(1700000000123456789);
	struct scope_record_config config = {
		.path = "build/tests/unit/record.pcapng",
		.ring_bytes = SCOPE_RECORD_RING_MIN, .around_ns = 100000000,
		.trigger.is_loss = true,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
		.vantage = { { .name = "qdisc:x" }, { .name = "received:x" } },
	};
	const struct scope_live_losses losses = {
		.missed_pkts = 3, .unshown_pkts = 4, .unstamped_pkts = 5,
	};
	struct scope_record_state state;
	struct sluice_pcap_record one;
	struct scope_record *record;
	struct sluice_pcap *pcap;
	uint64_t pkts = 0, first_ns = 0, last_ns = 0, wrong = 0;
	char error[256] = "";

	if (!tap_ok(!scope_record_open(&record, &config, error, sizeof(error)),
		    "file: it is there"))
		return;
	for (unsigned int i = 0; i < 2000; i++)
		file_add(record, start_ns + i * UINT64_C(1000000),
			 i == 500 || i == 1500);
	scope_record_close(record, &losses, &state);
	tap_u64(state.triggers, 2, "file: two triggers");
	tap_u64(state.pkts, 402, "file: a tenth of a second around each");
	tap_u64((uint64_t)-state.err, 0, "file: all is written");
	if (!tap_ok(!sluice_pcap_open(&pcap, config.path, error, sizeof(error)),
		    "file: our reader opens it"))
		return;
	while (sluice_pcap_next(pcap, &one) > 0) {
		first_ns = pkts++ ? first_ns : one.time_ns;
		last_ns = one.time_ns;
		wrong += one.frame_bytes != 1014 || one.captured_bytes != 60 ||
			 one.data[1] != 1;
	}
	tap_u64(pkts, 402, "file: the packets are in it");
	tap_u64(wrong, 0, "file: with their lengths and bytes");
	tap_u64(first_ns, start_ns + 400000000, "file: from the nanosecond");
	tap_u64(last_ns, start_ns + 1600000000, "file: to the nanosecond");
	tap_text(sluice_pcap_error(pcap), "", "file: it is not cut");
	tap_ok(!*sluice_pcap_error(pcap), "file: nor damaged");
	tap_u64(sluice_pcap_info(pcap)->dropped_pkts, 3 + 4 + 5,
		"file: what is missing in it, once");
	tap_ok(sluice_pcap_interface(pcap, 0)->has_dropped_count &&
	       sluice_pcap_interface(pcap, 1)->has_statistics &&
	       !sluice_pcap_interface(pcap, 1)->has_dropped_count,
	       "file: of which direction it is is left open");
	tap_u64(sluice_pcap_interface(pcap, 0)->received_pkts, 2000,
		"file: how many there were, with those that are not in it");
	sluice_pcap_close(pcap);
}

static void test_file_limit(void)
{
	struct scope_record_config config = {
		.path = "build/tests/unit/record.pcapng",
		.ring_bytes = SCOPE_RECORD_RING_MIN,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	struct scope_record_state state;
	struct sluice_pcap_record one;
	struct scope_record *record;
	struct sluice_pcap *pcap;
	struct stat status;
	char error[256] = "";
	uint64_t pkts = 0;

	if (!tap_ok(!scope_record_open(&record, &config, error, sizeof(error)),
		    "limit: it is there"))
		return;
	for (unsigned int i = 0; i < 20000; i++)
		file_add(record, i * UINT64_C(1000), false);
	scope_record_close(record, &no_losses, &state);
	tap_ok(state.is_full && state.bytes <= SCOPE_RECORD_RING_MIN + TAIL_MAX_BYTES &&
	       state.bytes > SCOPE_RECORD_RING_MIN - 1000,
	       "limit: without a trigger a file is as long as the ring");
	tap_ok(!stat(config.path, &status) && (uint64_t)status.st_size == state.bytes,
	       "limit: as long as is said");
	if (tap_ok(!sluice_pcap_open(&pcap, config.path, error, sizeof(error)),
		   "limit: our reader opens it")) {
		while (sluice_pcap_next(pcap, &one) > 0)
			pkts++;
		tap_u64(pkts, state.pkts, "limit: the packets are in it");
		tap_u64(sluice_pcap_interface(pcap, 0)->received_pkts, pkts,
			"limit: it ended then, and is no part of what came later");
		sluice_pcap_close(pcap);
	}
	unlink(config.path);
	config.path = "/dev/full";
	tap_ok(scope_record_open(&record, &config, error, sizeof(error)) ==
	       -ENOSPC, "limit: a full disk is told at once");
	tap_text(error, "/dev/full cannot be recorded to: No space", "limit: in a sentence");
	config.path = "/nosuch/file";
	tap_ok(scope_record_open(&record, &config, error, sizeof(error)) ==
	       -ENOENT, "limit: so is a path that is not there");
}

/* Triggers each mark nearly all of the ring, until the file has its length. */
static void test_file_rings(void)
{
	struct scope_record_config config = {
		.path = "build/tests/unit/record.pcapng",
		.ring_bytes = SCOPE_RECORD_RING_MIN,
		.around_ns = UINT64_C(10000000000),
		.trigger.is_loss = true,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	uint64_t most = SCOPE_RECORD_FILE_RINGS * (uint64_t)SCOPE_RECORD_RING_MIN;
	struct scope_record_state state;
	struct scope_record *record;
	uint64_t time_ns = 0;
	char error[256] = "";

	if (!tap_ok(!scope_record_open(&record, &config, error, sizeof(error)),
		    "rings: the file is there"))
		return;
	for (unsigned int i = 0; i < SCOPE_RECORD_FILE_RINGS + 6; i++) {
		for (unsigned int k = 0; k < 8000; k++)
			file_add(record, time_ns += 1000000, k == 7999);
		/* What is marked is written before the ring is needed again. */
		for (unsigned int k = 0; k < 5000; k++) {
			scope_record_look(record, &state);
			if (!state.is_waiting)
				break;
			usleep(1000);
		}
		time_ns += 2 * config.around_ns;
	}
	scope_record_close(record, &no_losses, &state);
	tap_ok(state.is_full && state.bytes <= most + TAIL_MAX_BYTES &&
	       state.bytes > most - 1000,
	       "rings: triggers make it as long as it may be");
	tap_u64(state.unrecorded_pkts, 0, "rings: there was room for all");
	unlink(config.path);
}

static void test_file_tag(void)
{
	static const uint8_t data[SLUICE_CAPTURE_SNAP_BYTES] = {
		2, 1, 2, 3, 4, 5, 2, 7, 8, 9, 10, 11, 0x08, 0x00, 0x45,
	};
	static const uint8_t tag[] = { 11, 0x88, 0xa8, 0x20, 0x64, 0x08, 0x00, 0x45 };
	const struct sluice_captured captured = {
		.data = data, .captured_bytes = sizeof(data), .bytes = 1018,
		.tag = 0x88a82064, .link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	const struct scope_packet packet = { .bytes = 1018, .direction = SCOPE_IN };
	const struct scope_flow_event event = { .is_retransmitted = false };
	struct scope_record_config config = {
		.path = "build/tests/unit/record.pcapng",
		.ring_bytes = SCOPE_RECORD_RING_MIN,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	struct scope_record_state state;
	struct sluice_pcap_record one;
	struct scope_record *record;
	struct sluice_pcap *pcap;
	char error[256] = "";

	if (!tap_ok(!scope_record_open(&record, &config, error, sizeof(error)),
		    "tag: the file is there"))
		return;
	scope_record_add(record, &captured, &packet, 1042, &event);
	scope_record_close(record, &no_losses, &state);
	if (!tap_ok(!sluice_pcap_open(&pcap, config.path, error, sizeof(error)) &&
		    sluice_pcap_next(pcap, &one) > 0, "tag: our reader reads it"))
		return;
	tap_u64(one.captured_bytes, sizeof(data) + 4, "tag: it is one of the bytes");
	tap_u64(one.frame_bytes, 1018, "tag: of the length that has it");
	tap_ok(!memcmp(one.data + 11, tag, sizeof(tag)),
	       "tag: it stands behind the addresses");
	sluice_pcap_close(pcap);
	unlink(config.path);
}

/* All of the pipe goes to the file. */
static void *pipe_read(void *data)
{
	const int *ends = data;
	char bytes[65536];
	ssize_t more;

	while ((more = read(ends[0], bytes, sizeof(bytes))) > 0)
		if (write(ends[2], bytes, (size_t)more) != more)
			abort();
	return NULL;
}

/* A reader that takes nothing for long: what there is no room for is missing, and no part. */
static void test_file_slow(void)
{
	struct scope_record_config config = {
		.path = "build/tests/unit/record.pcapng", .is_fifo = true,
		.ring_bytes = SCOPE_RECORD_RING_MIN,
		.around_ns = UINT64_C(10000000000), .trigger.is_loss = true,
		.link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	const unsigned int all = 20000;
	struct scope_record_state state;
	struct sluice_pcap_record one;
	struct scope_record *record;
	struct sluice_pcap *pcap;
	char error[256] = "";
	uint64_t pkts = 0;
	pthread_t reader;
	int ends[3];

	if (pipe(ends) || fcntl(ends[1], F_SETFL, O_NONBLOCK))
		abort();
	ends[2] = open(config.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	config.fifo_fd = ends[1];
	if (!tap_ok(!scope_record_open(&record, &config, error, sizeof(error)),
		    "slow: it is there"))
		return;
	for (unsigned int i = 0; i < all; i++)
		file_add(record, i * UINT64_C(1000), !i);
	if (pthread_create(&reader, NULL, pipe_read, ends))
		abort();
	scope_record_close(record, &no_losses, &state);
	pthread_join(reader, NULL);
	close(ends[0]);
	close(ends[2]);
	tap_ok(state.unrecorded_pkts > 1000, "slow: there was no room for many");
	if (!tap_ok(!sluice_pcap_open(&pcap, config.path, error, sizeof(error)),
		    "slow: our reader opens it"))
		return;
	while (sluice_pcap_next(pcap, &one) > 0)
		pkts++;
	tap_u64(pkts + state.unrecorded_pkts, all, "slow: the others are in it");
	tap_u64(sluice_pcap_info(pcap)->dropped_pkts, state.unrecorded_pkts,
		"slow: those are missing");
	tap_u64(sluice_pcap_interface(pcap, 0)->received_pkts, pkts,
		"slow: and are not once more what triggers left out");
	sluice_pcap_close(pcap);
	unlink(config.path);
}

int main(void)
{
	test_trigger_words();
	test_trigger_burst();
	test_packet_block();
	test_ring();
	test_file();
	test_file_limit();
	test_file_rings();
	test_file_tag();
	test_file_slow();
	return tap_done();
}
