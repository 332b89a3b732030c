// SPDX-License-Identifier: GPL-2.0
/*
 * The capture reader and the frame parser on good, cut, damaged and hostile
 * input: the right numbers or one sentence, never a crash.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/pcap.h"
#include "../../user/lib/udp_stamp.h"
#include "user_tap.h"

struct bytes {
	uint8_t data[8192];
	size_t size;
	bool is_swapped;
};

static void put32(struct bytes *bytes, uint32_t value)
{
	if (bytes->is_swapped)
		value = __builtin_bswap32(value);
	memcpy(bytes->data + bytes->size, &value, 4);
	bytes->size += 4;
}

static void put_header(struct bytes *bytes, uint32_t magic, uint32_t snap,
		       uint32_t link)
{
	uint16_t version[2] = { 2, 4 };

	if (bytes->is_swapped)
		for (int i = 0; i < 2; i++)
			version[i] = __builtin_bswap16(version[i]);
	put32(bytes, magic);
	memcpy(bytes->data + bytes->size, version, 4);
	bytes->size += 4;
	put32(bytes, 0);
	put32(bytes, 0);
	put32(bytes, snap);
	put32(bytes, link);
}

static void put_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction,
		       uint32_t captured, uint32_t original)
{
	put32(bytes, seconds);
	put32(bytes, fraction);
	put32(bytes, captured);
	put32(bytes, original);
	for (uint32_t i = 0; i < captured && captured < 4096; i++)
		bytes->data[bytes->size++] = (uint8_t)i;
}

static char error[512];

/* Open the bytes as a file; the path serves until the next call. */
static struct sluice_pcap *open_bytes(const struct bytes *bytes)
{
	static int fd = -1;
	struct sluice_pcap *pcap = NULL;
	char path[64];

	if (fd >= 0)
		close(fd);
	fd = memfd_create("capture", 0);
	if (write(fd, bytes->data, bytes->size) != (ssize_t)bytes->size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error[0] = '\0';
	return sluice_pcap_open(&pcap, path, error, sizeof(error)) ? NULL : pcap;
}

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

/* Reading ends with this sentence after so many good records. */
static void expect_end(const struct bytes *bytes, int good, const char *sentence,
		       const char *claim)
{
	struct sluice_pcap *pcap = open_bytes(bytes);
	struct sluice_pcap_record record;
	int got, count = 0;

	if (!pcap) {
		tap_text(good < 0 ? error : "refused at once", sentence, claim);
		return;
	}
	while ((got = sluice_pcap_next(pcap, &record)) > 0)
		count++;
	if (!tap_ok(got < 0 && count == good &&
		    strstr(sluice_pcap_error(pcap), sentence) &&
		    sluice_pcap_next(pcap, &record) < 0, claim))
		printf("# %d after %d records: %s\n", got, count,
		       sluice_pcap_error(pcap));
	sluice_pcap_close(pcap);
}

static void test_bad_header(void)
{
	struct bytes bytes = { 0 };

	expect_end(&bytes, -1, "empty", "an empty file");
	put32(&bytes, 0x0a0d0d0a);
	expect_end(&bytes, -1, "pcapng", "pcapng is named");
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

	put_header(&bytes, 0xa1b23c4d, 96, 0x44000001);
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
					   1, &frame);
		ends += got == 0 || *(pcap ? sluice_pcap_error(pcap) : error);
		sluice_pcap_close(pcap);
	}
	tap_u64(ends, rounds, "5000 damaged captures: each ends well or with a sentence");
}

/* Ethernet, IPv4, UDP with a stamp. */
static const uint8_t udp_frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 52, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 1, 1, 10, 0, 0, 1,
	0x27, 0x11, 0x13, 0x89, 0, 32, 0, 0,
	0x53, 0x4c, 0x55, 0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5,
	0x17, 0x97, 0x9c, 0xfe, 0x36, 0x2a, 0, 7,
};

static void test_frames(void)
{
	struct sluice_frame frame;
	struct sluice_udp_stamp stamp = { 0 };
	uint8_t vlan[sizeof(udp_frame) + 4], copy[24];
	char text[64];

	tap_ok(sluice_frame_parse(udp_frame, sizeof(udp_frame), 1, &frame) &&
	       frame.has_ports && frame.key.source_port == 10001 &&
	       frame.key.destination_port == 5001 && frame.payload_bytes == 24 &&
	       frame.payload_captured_bytes == 24, "UDP over IPv4");
	tap_ok(sluice_udp_stamp_get(frame.payload, 24, &stamp) &&
	       stamp.source == 9 && stamp.sequence == 5 &&
	       stamp.departure_real_ns == 1700000000000000007ull, "its stamp");
	tap_ok(!sluice_udp_stamp_get(frame.payload, 23, &stamp), "a cut stamp is none");
	sluice_udp_stamp_put(copy, &stamp);
	tap_ok(!memcmp(copy, frame.payload, 24), "a stamp written is the stamp read");
	sluice_flow_address_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "10.0.1.1", "the source as text");
	memcpy(vlan, udp_frame, 12);
	memcpy(vlan + 12, (uint8_t[]){ 0x81, 0, 0, 7 }, 4);
	memcpy(vlan + 16, udp_frame + 12, sizeof(udp_frame) - 12);
	tap_ok(sluice_frame_parse(vlan, sizeof(vlan), 1, &frame) &&
	       frame.key.source_port == 10001 && frame.payload_bytes == 24,
	       "the same inside a VLAN");
}

/* Every prefix of exactly its size (ASan watches), and with every byte changed. */
static void test_frame_damage(void)
{
	struct sluice_frame frame;
	unsigned int parsed = 0;

	for (uint32_t size = 0; size <= sizeof(udp_frame); size++) {
		uint8_t *exact = malloc(size ? size : 1);

		memcpy(exact, udp_frame, size);
		parsed += sluice_frame_parse(exact, size, 1, &frame);
		parsed += sluice_frame_parse(exact, size, 101, &frame);
		free(exact);
	}
	tap_u64(parsed, sizeof(udp_frame) - 34 + 1, "every prefix: IP from 34 bytes on");
	for (uint32_t at = 12; at < 42; at++)
		for (int value = 0; value < 256; value++) {
			uint8_t *exact = malloc(sizeof(udp_frame));

			memcpy(exact, udp_frame, sizeof(udp_frame));
			exact[at] = (uint8_t)value;
			if (sluice_frame_parse(exact, sizeof(udp_frame), 1, &frame) &&
			    frame.payload && frame.payload_captured_bytes)
				parsed += frame.payload[frame.payload_captured_bytes - 1];
			free(exact);
		}
	tap_ok(parsed > 0, "every header byte changed: nothing read outside");
}

/* Ethernet, IPv4, TCP with 4 bytes of payload. */
static const uint8_t tcp_frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 1, 1, 10, 0, 0, 1,
	0x27, 0x11, 0x13, 0x89, 0xfe, 0xdc, 0xba, 0x98, 0, 0, 0, 1,
	0x50, 0x18, 2, 0, 0, 0, 0, 0, 'd', 'a', 't', 'a',
};

static void test_tcp_sequence(void)
{
	struct sluice_frame frame;

	tap_ok(sluice_frame_parse(tcp_frame, sizeof(tcp_frame), 1, &frame) &&
	       frame.payload_bytes == 4 && frame.tcp_sequence == 0xfedcba98,
	       "the sequence number of TCP");
	tap_ok(sluice_frame_parse(tcp_frame, 53, 1, &frame) &&
	       !frame.payload_bytes && !frame.tcp_sequence,
	       "none when TCP's header is cut");
}

static void test_ipv6(void)
{
	uint8_t packet[40 + 8 + 8 + 4] = { 0x60, 0, 0, 0, 0, 20, 0, 64 };
	struct sluice_frame frame;
	char text[64];

	packet[23] = 1;			/* ::1 */
	packet[40] = 17;		/* hop-by-hop, then UDP */
	packet[48] = 0x27;
	packet[49] = 0x11;
	packet[53] = 12;
	tap_ok(sluice_frame_parse(packet, sizeof(packet), 101, &frame) &&
	       frame.key.source_port == 10001 && frame.key.protocol == 17 &&
	       frame.payload_bytes == 4, "UDP behind an IPv6 extension header");
	sluice_flow_address_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "::1", "an IPv6 source as text");
	packet[41] = 255;
	tap_ok(sluice_frame_parse(packet, sizeof(packet), 101, &frame) &&
	       !frame.has_ports, "an extension header beyond the frame");
}

static void test_flows(void)
{
	struct sluice_flows *flows = sluice_flows_create();
	struct sluice_flow_key key = { .ip_version = 4, .protocol = 6 };
	bool is_right = true;

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 50000; i++) {
			key.source_port = (uint16_t)i;
			key.source[0] = (uint8_t)(i >> 16);
			key.destination[3] = (uint8_t)i;
			is_right &= sluice_flows_number(flows, &key) == i;
		}
	tap_ok(is_right && sluice_flows_count(flows) == 50000,
	       "50,000 flows keep their numbers");
	sluice_flows_free(flows);
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
	test_mutations();
	test_frames();
	test_frame_damage();
	test_tcp_sequence();
	test_ipv6();
	test_flows();
	return tap_done();
}
