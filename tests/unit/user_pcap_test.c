// SPDX-License-Identifier: GPL-2.0
/*
 * The capture reader on good, cut, damaged and hostile classic files: the right
 * numbers or one sentence, never a crash.
 */
#include "../../user/lib/frame.h"
#include "user_capture.h"

static void test_good(uint32_t magic, bool is_swapped, const char *claim)
{
	bool is_ns = magic == 0xa1b23c4d;
	struct bytes bytes = { .is_swapped = is_swapped };
	struct sluice_pcap_record a, b, c;
	struct sluice_pcap *pcap;

	put_header(&bytes, magic, 96, 1);
	put_record(&bytes, 1700000000, 123456, 60, 60);
	put_record(&bytes, 1700000001, 999999, 96, 1514);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next(pcap, &a) == 1 && a.captured_bytes == 60 &&
	       a.data[59] == 59 && a.frame_bytes == 60 &&
	       a.time_ns == 1700000000000000000ull + 123456 * (is_ns ? 1 : 1000) &&
	       sluice_pcap_next(pcap, &b) == 1 && b.frame_bytes == 1514 &&
	       b.captured_bytes == 96 &&
	       b.time_ns == 1700000001000000000ull + 999999 * (is_ns ? 1 : 1000) &&
	       sluice_pcap_next(pcap, &c) == 0 && !*sluice_pcap_error(pcap) &&
	       sluice_pcap_info(pcap)->resolution_ns == (is_ns ? 1 : 1000) &&
	       sluice_pcap_info(pcap)->is_swapped == is_swapped &&
	       sluice_pcap_info(pcap)->snap_bytes == 96, claim);
	sluice_pcap_close(pcap);
}

static void test_bad_header(void)
{
	struct bytes bytes = { 0 };

	expect_end(&bytes, -1, "empty", "an empty file");
	put32(&bytes, 0xa1b2cd34);
	expect_end(&bytes, -1, "editcap", "the variant with longer headers, and what to do");
	bytes.size = 3;
	expect_end(&bytes, -1, "has 3 bytes", "three bytes");
	bytes.size = 0;
	put32(&bytes, 0x464c457f);
	expect_end(&bytes, -1, "not a capture file", "another kind of file");
	bytes.size = 0;
	put_header(&bytes, 0xa1b2c3d4, 96, 1);
	bytes.size = 20;
	expect_end(&bytes, -1, "inside its header", "a header cut short");
	bytes.size = 24;
	bytes.data[4] = 9;
	expect_end(&bytes, -1, "version 9", "another version");
	tap_ok(!open_bytes(&bytes) && strlen(error) > 10, "refusal leaves a sentence");
}

static void test_bad_records(void)
{
	static const struct {
		uint32_t fraction, captured, original;
		const char *sentence;
		const char *claim;
	} cases[] = {
		{ 0, 0xffffffff, 60, "captured length of 4294967295", "captured length of 4 GiB" },
		{ 0, 262145, 60, "captured length of 262145", "captured length one above the limit" },
		{ 0, 262144, 60, "cut short inside record 2", "captured length beyond the end" },
		{ 0, 60, 0xffffffff, "frame length of 4294967295", "frame length of 4 GiB" },
		{ 1000000000, 60, 60, "time fraction of 1000000000", "fraction of a whole second" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes = { 0 };

		put_header(&bytes, 0xa1b23c4d, 96, 1);
		put_record(&bytes, 1, 0, 60, 60);
		put_record(&bytes, 2, cases[i].fraction, cases[i].captured,
			   cases[i].original);
		expect_end(&bytes, 1, cases[i].sentence, cases[i].claim);
	}
}

static void test_cut(void)
{
	struct bytes bytes = { 0 };
	bool is_right = true;

	put_header(&bytes, 0xa1b23c4d, 96, 1);
	put_record(&bytes, 1, 0, 60, 60);
	put_record(&bytes, 2, 0, 60, 1514);
	for (bytes.size = 24; bytes.size < 24 + 2 * 76; bytes.size++) {
		struct sluice_pcap *pcap = open_bytes(&bytes);
		struct sluice_pcap_record record;
		size_t whole = (bytes.size - 24) / 76, part = (bytes.size - 24) % 76;
		size_t count = 0;
		int got;

		while ((got = sluice_pcap_next(pcap, &record)) > 0)
			count++;
		is_right &= count == whole && got == (part ? -1 : 0);
		sluice_pcap_close(pcap);
	}
	tap_ok(is_right, "cut at every byte: whole records, then a sentence");
}

static void test_odd_lengths(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap;

	put_header(&bytes, 0xa1b23c4d, 96, 0x24000001);
	put_record(&bytes, 1, 0, 64, 64);
	put_record(&bytes, 1, 0, 70, 20);
	put_record(&bytes, 1, 0, 0, 0);
	pcap = open_bytes(&bytes);
	tap_ok(sluice_pcap_next(pcap, &record) == 1 && record.frame_bytes == 60 &&
	       record.captured_bytes == 60 &&
	       sluice_pcap_info(pcap)->link_type == 1, "an FCS of 4 bytes is taken off");
	tap_ok(sluice_pcap_next(pcap, &record) == 1 && record.frame_bytes == 66,
	       "a frame is at least as long as what was captured");
	tap_ok(sluice_pcap_next(pcap, &record) == 1 && record.frame_bytes == 0,
	       "an empty record");
	sluice_pcap_close(pcap);
}

/* A batch may end early, and holds its data until the next one. */
static void test_batches(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record r[5];
	struct sluice_pcap *pcap;

	put_header(&bytes, 0xa1b23c4d, 96, 1);
	for (uint32_t i = 0; i < 7; i++)
		put_record(&bytes, i, 0, 60 + i, 60 + i);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 5) == 5 &&
	       r[0].captured_bytes == 60 && r[0].data[59] == 59 &&
	       r[4].captured_bytes == 64 && r[4].data[63] == 63 && r[4].has_time &&
	       r[4].interface == 0 && r[4].link_type == 1, "a batch of five");
	tap_ok(sluice_pcap_next(pcap, r) == 1 && r[0].captured_bytes == 65 &&
	       sluice_pcap_next_batch(pcap, r, 5) == 1 && r[0].captured_bytes == 66 &&
	       sluice_pcap_next_batch(pcap, r, 5) == 0, "then one, then the rest");
	sluice_pcap_close(pcap);
	bytes.size -= 1;
	pcap = open_bytes(&bytes);
	tap_ok(sluice_pcap_next_batch(pcap, r, 5) == 5 &&
	       sluice_pcap_next_batch(pcap, r, 5) == 1 &&
	       sluice_pcap_next_batch(pcap, r, 5) == -1 &&
	       strstr(sluice_pcap_error(pcap), "inside record 7"),
	       "what is whole comes before the sentence");
	sluice_pcap_close(pcap);
}

/* Time that goes back is passed on as it is; what to make of it is not known here. */
static void test_back(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record r[3];
	struct sluice_pcap *pcap;

	put_header(&bytes, 0xa1b23c4d, 96, 1);
	put_record(&bytes, 5, 7, 60, 60);
	put_record(&bytes, 3, 999999999, 60, 60);
	put_record(&bytes, 0xffffffff, 0, 60, 60);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 3) == 3 &&
	       r[0].time_ns == 5000000007 && r[1].time_ns == 3999999999 &&
	       r[2].time_ns == 4294967295000000000ull, "time that goes back, and far ahead");
	sluice_pcap_close(pcap);
}

/* The type of a Linux cooked packet, in the first bytes of a record. */
static void test_cooked(uint32_t link, size_t at, const char *claim)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record r[4];
	struct sluice_pcap *pcap;

	put_header(&bytes, 0xa1b23c4d, 96, link);
	for (uint32_t i = 0; i < 2; i++) {
		put_record(&bytes, 1, 0, 60, 60);
		bytes.data[bytes.size - 60 + at] = i ? 4 : 0;
	}
	put_record(&bytes, 1, 0, (uint32_t)at, 60);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 4) == 3 &&
	       r[0].direction == SLUICE_PCAP_IN && r[1].direction == SLUICE_PCAP_OUT &&
	       r[2].direction == SLUICE_PCAP_ANY && r[0].link_type == link, claim);
	sluice_pcap_close(pcap);
}

/* Captures with a few bytes changed at random: an end or a sentence, always. */
static void test_mutations(void)
{
	struct bytes good = { 0 };
	uint64_t state = 1, ends = 0;
	unsigned int rounds = 5000;

	put_header(&good, 0xa1b23c4d, 96, 1);
	for (uint32_t i = 0; i < 8; i++)
		put_record(&good, i, i, 60 + i, 1514);
	for (unsigned int round = 0; round < rounds; round++) {
		struct bytes bad = good;
		struct sluice_pcap_record record;
		struct sluice_frame frame;
		struct sluice_pcap *pcap;
		int got = -1;

		for (int i = 0; i < 4; i++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			bad.data[(state >> 40) % bad.size] = (uint8_t)(state >> 32);
		}
		pcap = open_bytes(&bad);
		while (pcap && (got = sluice_pcap_next(pcap, &record)) > 0)
			sluice_frame_parse(record.data, record.captured_bytes,
					   record.link_type, &frame);
		ends += got == 0 || *(pcap ? sluice_pcap_error(pcap) : error);
		sluice_pcap_close(pcap);
	}
	tap_u64(ends, rounds, "5000 damaged captures: each ends well or with a sentence");
}

int main(void)
{
	test_good(0xa1b2c3d4, false, "µs stamps");
	test_good(0xa1b23c4d, false, "ns stamps");
	test_good(0xa1b2c3d4, true, "µs stamps, other byte order");
	test_good(0xa1b23c4d, true, "ns stamps, other byte order");
	test_bad_header();
	test_bad_records();
	test_cut();
	test_odd_lengths();
	test_batches();
	test_back();
	test_cooked(113, 1, "Linux cooked packets tell in from out");
	test_cooked(276, 10, "and of version 2");
	test_mutations();
	return tap_done();
}
