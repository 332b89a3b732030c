// SPDX-License-Identifier: GPL-2.0
/* pcapng made by hand: every block that is read, every one that is refused. */
#include "user_pcapng.h"

/* With the flags option behind a comment. */
static void put_flagged(struct bytes *bytes, uint32_t flags, uint32_t captured)
{
	size_t begin = block_begin(bytes, EPB);

	for (int i = 0; i < 3; i++)
		put32(bytes, 0);
	put32(bytes, captured);
	put32(bytes, captured);
	put_data(bytes, captured);
	put_option(bytes, 1, "why", 3);
	put16(bytes, 2);
	put16(bytes, 4);
	put32(bytes, flags);
	put32(bytes, 0);
	block_end(bytes, begin);
}

static void test_orders(bool is_swapped)
{
	struct bytes bytes = { .is_swapped = is_swapped };
	struct sluice_pcap_record a, b, c;
	struct sluice_pcap *pcap;

	put_section(&bytes);
	put_interface(&bytes, 1, 96, 2, "eth0", 4);
	put_packet(&bytes, 0, T_S * 1000000 + 5, 61, 1514);
	put_packet(&bytes, 0, T_S * 1000000 + 7, 96, 96);
	pcap = open_bytes(&bytes);
	if (!tap_ok(pcap != NULL, is_swapped ? "pcapng of the other byte order" : "pcapng"))
		return;
	tap_ok(sluice_pcap_next(pcap, &a) == 1 && a.captured_bytes == 61 &&
	       a.data[60] == 60 && a.frame_bytes == 1514 && a.has_time &&
	       a.time_ns == T_S * SECOND_NS + 5000 && a.interface == 0 &&
	       a.link_type == 1 && a.direction == SLUICE_PCAP_ANY &&
	       sluice_pcap_next(pcap, &b) == 1 && b.captured_bytes == 96 &&
	       b.time_ns == T_S * SECOND_NS + 7000 &&
	       sluice_pcap_next(pcap, &c) == 0 && !*sluice_pcap_error(pcap),
	       "its records, and its end");
	tap_ok(sluice_pcap_info(pcap)->is_pcapng &&
	       sluice_pcap_info(pcap)->is_swapped == is_swapped &&
	       sluice_pcap_info(pcap)->interfaces == 1 &&
	       sluice_pcap_info(pcap)->link_type == 1 &&
	       sluice_pcap_info(pcap)->snap_bytes == 96 &&
	       sluice_pcap_info(pcap)->resolution_ns == 1000 &&
	       !strcmp(sluice_pcap_interface(pcap, 0)->name, "eth0"),
	       "what its interface says, µs where it says nothing");
	sluice_pcap_close(pcap);
}

/* One stamp in units of this resolution, with an offset in seconds. */
static void expect_time(uint8_t resolution, uint64_t stamp, int64_t offset_s,
			uint64_t wanted_ns, uint32_t wanted_resolution_ns,
			const char *claim)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record record = { 0 };
	struct sluice_pcap *pcap;
	size_t begin;

	put_section(&bytes);
	begin = block_begin(&bytes, IDB);
	put32(&bytes, 1);
	put32(&bytes, 0);
	put_option(&bytes, 9, &resolution, 1);
	put_option(&bytes, 14, &offset_s, 8);
	block_end(&bytes, begin);
	put_packet(&bytes, 0, stamp, 60, 60);
	pcap = open_bytes(&bytes);
	if (!tap_ok(pcap && sluice_pcap_next(pcap, &record) == 1 &&
		    record.time_ns == wanted_ns &&
		    sluice_pcap_info(pcap)->resolution_ns == wanted_resolution_ns,
		    claim))
		printf("# %s time %" PRIu64 ", wanted %" PRIu64 ": %s\n", error,
		       record.time_ns, wanted_ns,
		       pcap ? sluice_pcap_error(pcap) : "");
	sluice_pcap_close(pcap);
}

static void test_times(void)
{
	expect_time(NANOSECONDS, T_S * SECOND_NS + 1, 0, T_S * SECOND_NS + 1, 1,
		    "ns stamps");
	expect_time(NANOSECONDS, INT64_MAX, 0, INT64_MAX, 1,
		    "the last ns that JSON can tell");
	expect_time(0, T_S, 0, T_S * SECOND_NS, 1000000000, "stamps in seconds");
	expect_time(3, T_S * 1000 + 1, -1, (T_S - 1) * SECOND_NS + 1000000, 1000000,
		    "ms, and an offset back");
	expect_time(12, 1700000ull * 1000000000000 + 1999, 3600,
		    1703600ull * SECOND_NS + 1, 1, "ps stamps are cut, not rounded up");
	expect_time(27, UINT64_MAX, 0, 18, 1, "stamps finer than light passes an atom");
	expect_time(0x80 | 20, (T_S << 20) + 1, 0, T_S * SECOND_NS + 953, 954,
		    "units of 2^-20 s");
	expect_time(0x80 | 32, (T_S << 32) + 0x80000000, 0,
		    T_S * SECOND_NS + 500000000, 1, "units of 2^-32 s, as NTP has");
	expect_time(0x80, T_S, 0, T_S * SECOND_NS, 1000000000, "units of 2^0 s");
	expect_time(0x80 | 63, 1ull << 63, 5, 6 * SECOND_NS, 1, "units of 2^-63 s");
	expect_time(NANOSECONDS, 5 * SECOND_NS, -5, 0, 1, "an offset back to 1970");
}

static void expect_no_time(uint8_t resolution, uint64_t stamp, int64_t offset_s,
			   const char *claim)
{
	struct bytes bytes = { 0 };
	size_t begin;

	put_section(&bytes);
	put_resolution(&bytes, NANOSECONDS);
	begin = block_begin(&bytes, IDB);
	put32(&bytes, 1);
	put32(&bytes, 0);
	put_option(&bytes, 9, &resolution, 1);
	put_option(&bytes, 14, &offset_s, 8);
	block_end(&bytes, begin);
	put_packet(&bytes, 0, 1, 60, 60);
	put_packet(&bytes, 1, stamp, 60, 60);
	expect_end(&bytes, 1, "record 2 has a time outside of 1970 to 2262", claim);
}

static void test_bad_times(void)
{
	struct bytes bytes = { 0 };

	expect_no_time(0, UINT64_MAX, 0, "seconds that no 64 bits of ns hold");
	expect_no_time(MICROSECONDS, INT64_MAX / 1000 + 1, 0, "the first µs too late");
	expect_no_time(0x80 | 20, UINT64_MAX, 0, "2^-20 s too late");
	expect_no_time(NANOSECONDS, 5 * SECOND_NS - 1, -5, "1 ns before 1970");
	expect_no_time(NANOSECONDS, UINT64_MAX, 1, "an offset beyond the end");
	put_section(&bytes);
	put_resolution(&bytes, 28);
	expect_end(&bytes, -1, "10 to the power of 28", "a resolution of 10^-28 s");
	bytes.size = 0;
	put_section(&bytes);
	put_resolution(&bytes, 0x80 | 64);
	expect_end(&bytes, -1, "2 to the power of 64", "a resolution of 2^-64 s");
	bytes.size = 0;
	put_section(&bytes);
	put_interface(&bytes, 1, 0, 14, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
	expect_end(&bytes, -1, "offset of time", "an offset of 292 thousand million years");
}

/* Interfaces of other kinds, named on the way, and of a second section. */
static void test_interfaces(void)
{
	struct bytes bytes = { 0 };
	uint64_t speed = 10000000000ull;
	struct sluice_pcap_record r[4];
	struct sluice_pcap *pcap;

	put_section(&bytes);
	put_interface(&bytes, 1, 0, 8, &speed, 8);
	put_packet(&bytes, 0, T_S * 1000000, 60, 60);
	put_interface(&bytes, 101, 0, 2, "tun\x1b[31m", 8);
	put_packet(&bytes, 1, T_S * 1000000 + 1, 60, 60);
	bytes.is_swapped = true;
	put_section(&bytes);
	put_resolution(&bytes, NANOSECONDS);
	put_packet(&bytes, 0, T_S * SECOND_NS + 9, 60, 60);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_info(pcap)->interfaces == 1,
	       "interfaces in front of the first record are known at once");
	tap_ok(sluice_pcap_next_batch(pcap, r, 4) == 1 &&
	       sluice_pcap_info(pcap)->interfaces == 1,
	       "a batch ends in front of an interface, so that info is of its records");
	tap_ok(sluice_pcap_next_batch(pcap, r + 1, 3) == 1 &&
	       sluice_pcap_next_batch(pcap, r + 2, 2) == 1 &&
	       r[0].interface == 0 && r[0].link_type == 1 &&
	       r[1].interface == 1 && r[1].link_type == 101 &&
	       r[1].time_ns == T_S * SECOND_NS + 1000 && r[2].interface == 2 &&
	       r[2].time_ns == T_S * SECOND_NS + 9 && r[2].data[59] == 59 &&
	       sluice_pcap_next_batch(pcap, r, 4) == 0,
	       "two sections of either byte order");
	tap_ok(sluice_pcap_info(pcap)->interfaces == 3 &&
	       sluice_pcap_interface(pcap, 0)->speed_bits_ps == speed &&
	       sluice_pcap_interface(pcap, 1)->link_type == 101 &&
	       sluice_pcap_interface(pcap, 2)->resolution_ns == 1 &&
	       sluice_pcap_info(pcap)->resolution_ns == 1000,
	       "each with what it says; the file has the coarsest resolution");
	tap_text(sluice_pcap_interface(pcap, 1)->name, "tun?[31m",
		 "a name does nothing to a terminal");
	sluice_pcap_close(pcap);
}

static void test_flags(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record r[4];
	struct sluice_pcap *pcap;

	put_section(&bytes);
	put_interface(&bytes, 1, 0, 13, "\4", 1);
	put_flagged(&bytes, 1, 64);
	put_flagged(&bytes, 2, 65);
	put_flagged(&bytes, 0, 66);
	put_flagged(&bytes, 2 | 2 << 5, 67);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 4) == 4 &&
	       r[0].direction == SLUICE_PCAP_IN && r[1].direction == SLUICE_PCAP_OUT &&
	       r[2].direction == SLUICE_PCAP_ANY && r[3].direction == SLUICE_PCAP_OUT,
	       "flags tell in from out");
	tap_ok(r[0].frame_bytes == 60 && r[0].captured_bytes == 60 &&
	       r[1].frame_bytes == 61 && r[3].frame_bytes == 65,
	       "the FCS of the interface, or of the packet, is taken off");
	sluice_pcap_close(pcap);
	bytes = (struct bytes){ 0 };
	put_section(&bytes);
	put_interface(&bytes, 1, 0, 13, "\40", 1);
	put_flagged(&bytes, 1, 64);
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 4) == 1 &&
	       r[0].frame_bytes == 60,
	       "the same where the interface counts it in bits");
	sluice_pcap_close(pcap);
}

static void test_old_blocks(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap_record r[3];
	struct sluice_pcap *pcap;
	size_t begin;

	put_section(&bytes);
	put_interface(&bytes, 1, 64, 0, NULL, 0);
	begin = block_begin(&bytes, OPB);
	put16(&bytes, 0);
	put16(&bytes, 12);		/* drops */
	put32(&bytes, (uint32_t)(T_S * 1000000 >> 32));
	put32(&bytes, (uint32_t)(T_S * 1000000));
	put32(&bytes, 62);
	put32(&bytes, 1514);
	put_data(&bytes, 62);
	put_option(&bytes, 2, "\2\0\0\0", 4);
	block_end(&bytes, begin);
	for (uint32_t original = 63; original < 100; original += 30) {
		begin = block_begin(&bytes, SPB);
		put32(&bytes, original);
		put_data(&bytes, original < 64 ? original : 64);
		block_end(&bytes, begin);
	}
	pcap = open_bytes(&bytes);
	tap_ok(pcap && sluice_pcap_next_batch(pcap, r, 3) == 3 &&
	       r[0].captured_bytes == 62 && r[0].frame_bytes == 1514 &&
	       r[0].time_ns == T_S * SECOND_NS && r[0].has_time &&
	       r[0].direction == SLUICE_PCAP_OUT, "the obsolete packet block");
	tap_ok(r[1].captured_bytes == 63 && r[1].frame_bytes == 63 &&
	       r[2].captured_bytes == 64 && r[2].frame_bytes == 93 &&
	       !r[1].has_time && r[1].time_ns == r[0].time_ns,
	       "simple blocks, which have no time and say so");
	sluice_pcap_close(pcap);
}

/* Other blocks may be longer than the reader's buffer. */
static void test_skipped(void)
{
	enum { LONG = 3 << 20 };
	struct bytes bytes = { 0 }, tail = { 0 };
	char path[] = "/tmp/sluice-pcapng-XXXXXX";
	struct sluice_pcap_record r[3];
	struct sluice_pcap *pcap = NULL;
	size_t begin;
	int fd = mkstemp(path);

	put_section(&bytes);
	put_resolution(&bytes, NANOSECONDS);
	put_packet(&bytes, 0, 1, 60, 60);
	begin = block_begin(&bytes, NRB);
	block_end(&bytes, begin);
	put_packet(&bytes, 0, 2, 60, 60);
	begin = bytes.size;
	put32(&bytes, 0x40000bad);
	put32(&bytes, LONG);
	put32(&tail, LONG);
	put_packet(&tail, 0, 3, 60, 60);
	if (fd < 0 || pwrite(fd, bytes.data, bytes.size, 0) < 0 ||
	    pwrite(fd, tail.data, tail.size, (off_t)begin + LONG - 4) < 0)
		abort();
	close(fd);
	tap_ok(!sluice_pcap_open(&pcap, path, error, sizeof(error)) &&
	       sluice_pcap_next_batch(pcap, r, 3) == 2 && r[1].time_ns == 2 &&
	       r[1].data[59] == 59 && sluice_pcap_next_batch(pcap, r, 3) == 1 &&
	       r[0].time_ns == 3 && r[0].data[59] == 59 &&
	       sluice_pcap_next_batch(pcap, r, 3) == 0,
	       "unknown blocks are skipped, one of 3 MB too");
	sluice_pcap_close(pcap);
	unlink(path);
}

/* One good record, then a block with a field set to a value: what is said. */
static void test_bad_blocks(void)
{
	static const struct {
		size_t at;		/* in the second packet's block */
		uint32_t value;
		const char *sentence;
		const char *claim;
	} cases[] = {
		{ 4, 0, "impossible length of 0", "a block of 0 bytes" },
		{ 4, 8, "impossible length of 8", "a block shorter than any" },
		{ 4, 93, "impossible length of 93", "a length that is no multiple of 4" },
		{ 4, 28, "length of 28 at its start and of", "a length that ends inside the block" },
		{ 4, 96, "cut short inside record 2", "a length beyond the file" },
		{ 4, 0xfffffffc, "impossible length of 4294967292", "a length of 4 GiB" },
		{ 88, 12, "at its start and of 12 at its end", "another length at the end" },
		{ 8, 1, "interface 1 of 1", "an interface that nobody described" },
		{ 8, 0xffffffff, "interface 4294967295 of 1", "interface 2^32 - 1" },
		{ 20, 61, "captured length of 61, at most 60", "more bytes than the block has" },
		{ 20, 0xffffffff, "captured length of 4294967295", "captured length of 4 GiB" },
		{ 24, 0xffffffff, "frame length of 4294967295", "frame length of 4 GiB" },
		{ 0, 0x0a0d0d0a, "without its byte order", "a section without its byte order" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes = { 0 };
		size_t begin;

		put_section(&bytes);
		put_resolution(&bytes, NANOSECONDS);
		put_packet(&bytes, 0, 1, 60, 60);
		begin = bytes.size;
		put_packet(&bytes, 0, 2, 60, 60);
		memcpy(bytes.data + begin + cases[i].at, &cases[i].value, 4);
		expect_end(&bytes, 1, cases[i].sentence, cases[i].claim);
	}
}

static void test_bad_headers(void)
{
	struct bytes bytes = { 0 };
	size_t begin;

	put_section(&bytes);
	bytes.data[12] = 2;
	expect_end(&bytes, -1, "pcapng format version 2", "another version");
	bytes.data[12] = 1;
	bytes.data[4] = 12;
	expect_end(&bytes, -1, "impossible length of 12", "a section shorter than its header");
	bytes.size = 6;
	expect_end(&bytes, -1, "cut short inside a block at byte 0", "six bytes of pcapng");
	bytes.size = 0;
	put_section(&bytes);
	put_packet(&bytes, 0, 1, 60, 60);
	expect_end(&bytes, 0, "interface 0 of 0", "a record without any interface");
	bytes.size = 0;
	put_section(&bytes);
	begin = block_begin(&bytes, IDB);
	put32(&bytes, 1);
	block_end(&bytes, begin);
	expect_end(&bytes, -1, "impossible length of 16", "an interface without its fields");
	bytes.size = 0;
	put_section(&bytes);
	put_interface(&bytes, 1, 0, 9, "\6\6", 2);
	expect_end(&bytes, -1, "cannot have a length of 2", "an option of another length");
	bytes.data[bytes.size - 10] = 200;
	expect_end(&bytes, -1, "option beyond its end", "an option longer than its block");
	bytes.size = 0;
	put_section(&bytes);
	put_interface(&bytes, 1, 0, 0, NULL, 0);
	put_flagged(&bytes, 0, 60);
	bytes.data[bytes.size - 22] = 200;
	expect_end(&bytes, 0, "option beyond its end", "a record's option longer than its block");
}

/* Cut at every byte: whole records, then a sentence unless a block ended there. */
static void test_cut(void)
{
	struct bytes bytes = { 0 };
	bool is_right = true;
	size_t ends[4], end = 0;

	put_section(&bytes);
	put_resolution(&bytes, NANOSECONDS);
	ends[0] = bytes.size;
	for (int i = 1; i < 4; i++) {
		put_packet(&bytes, 0, (uint64_t)i, 59 + (uint32_t)i, 1514);
		ends[i] = bytes.size;
	}
	for (bytes.size = ends[0]; bytes.size < ends[3]; bytes.size++) {
		struct sluice_pcap *pcap = open_bytes(&bytes);
		struct sluice_pcap_record r[8];
		int got = -2, count = 0;

		while (end < 3 && bytes.size >= ends[end + 1])
			end++;
		while (pcap && (got = sluice_pcap_next_batch(pcap, r, 8)) > 0)
			count += got;
		/* A block of unknown type: it may be one in front of the records. */
		if (!pcap && bytes.size < ends[0] + 8)
			got = strstr(error, "cut short inside a block") ? -1 : 1;
		is_right &= count == (int)end &&
			    got == (bytes.size == ends[end] ? 0 : -1);
		sluice_pcap_close(pcap);
	}
	tap_ok(is_right, "cut at every byte: whole records, then a sentence");
}

int main(void)
{
	test_orders(false);
	test_orders(true);
	test_times();
	test_bad_times();
	test_interfaces();
	test_flags();
	test_old_blocks();
	test_skipped();
	test_bad_blocks();
	test_bad_headers();
	test_cut();
	return tap_done();
}
