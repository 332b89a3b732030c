// SPDX-License-Identifier: GPL-2.0
/* What pcapng says is missing in it: in statistics, and with packets; neither twice. */
#include "user_pcapng.h"

enum { IF_RECEIVED = 4, IF_DROPPED = 5, OS_DROPPED = 7, PACKET_DROPPED = 4 };

static void put_count(struct bytes *bytes, uint16_t code, uint64_t count)
{
	put16(bytes, code);
	put16(bytes, 8);
	put64(bytes, count);
}

/* Statistics with one count. */
static void put_statistics(struct bytes *bytes, uint32_t interface, uint16_t code,
			   uint64_t count)
{
	size_t begin = block_begin(bytes, ISB);

	put32(bytes, interface);
	put64(bytes, 0);
	put_count(bytes, code, count);
	block_end(bytes, begin);
}

/* A packet that says how many were dropped before it. */
static void put_after(struct bytes *bytes, uint32_t interface, uint64_t count)
{
	if (bytes->is_swapped)
		count = __builtin_bswap64(count);
	put_packet_option(bytes, interface, T_S * SECOND_NS, 60, 60,
			  PACKET_DROPPED, &count, 8);
}

static void put_start(struct bytes *bytes, unsigned int interfaces)
{
	put_section(bytes);
	while (interfaces--)
		put_resolution(bytes, NANOSECONDS);
}

/* All records read, with none of them lost. NULL: the file is not good. */
static struct sluice_pcap *read_all(const struct bytes *bytes, uint64_t pkts)
{
	struct sluice_pcap *pcap = open_bytes(bytes);
	struct sluice_pcap_record r[4];
	uint64_t count = 0;
	int got = -1;

	while (pcap && (got = sluice_pcap_next_batch(pcap, r, 4)) > 0)
		count += (uint64_t)got;
	if (got == 0 && count == pkts)
		return pcap;
	printf("# %d after %" PRIu64 ": %s\n", got, count,
	       pcap ? sluice_pcap_error(pcap) : error);
	sluice_pcap_close(pcap);
	return NULL;
}

/* Of interface 0, or of the file where it has more. */
static void expect_dropped(const struct bytes *bytes, uint64_t pkts,
			   uint64_t dropped, bool is_counted, const char *claim)
{
	struct sluice_pcap *pcap = read_all(bytes, pkts);

	if (!tap_ok(pcap && sluice_pcap_info(pcap)->dropped_pkts == dropped &&
		    sluice_pcap_interface(pcap, 0)->has_dropped_count == is_counted,
		    claim) && pcap)
		printf("# dropped %" PRIu64 ", wanted %" PRIu64 "\n",
		       sluice_pcap_info(pcap)->dropped_pkts, dropped);
	sluice_pcap_close(pcap);
}

static void test_statistics(bool is_swapped)
{
	struct bytes bytes = { .is_swapped = is_swapped };
	size_t begin;

	put_start(&bytes, 1);
	put_packet(&bytes, 0, 1, 60, 60);
	expect_dropped(&bytes, 1, 0, false, "without statistics it is not known what is missing");
	put_statistics(&bytes, 0, IF_RECEIVED, 100);
	expect_dropped(&bytes, 1, 0, false, "statistics that do not count what was dropped leave it open");
	put_statistics(&bytes, 0, IF_DROPPED, 0);
	expect_dropped(&bytes, 1, 0, true, "none was dropped");
	put_statistics(&bytes, 0, IF_DROPPED, UINT64_MAX);
	expect_dropped(&bytes, 1, 0, true, "a count that the writer did not know is none");
	put_statistics(&bytes, 0, IF_DROPPED, 700);
	put_packet(&bytes, 0, 2, 60, 60);
	put_statistics(&bytes, 0, IF_DROPPED, 1000);
	expect_dropped(&bytes, 2, 1000, true, "counts are since the start: the last one counts");
	put_statistics(&bytes, 0, OS_DROPPED, 30);
	expect_dropped(&bytes, 2, 1030, true, "what the system dropped comes to what the interface did");
	put_statistics(&bytes, 0, IF_DROPPED, 5);
	expect_dropped(&bytes, 2, 1030, true, "the highest, where another capture was put behind it");
	begin = block_begin(&bytes, ISB);
	put32(&bytes, 0);
	put64(&bytes, 0);
	block_end(&bytes, begin);
	expect_dropped(&bytes, 2, 1030, true, "statistics without any option");
}

static void test_packets(bool is_swapped)
{
	struct bytes bytes = { .is_swapped = is_swapped };
	size_t begin;

	put_start(&bytes, 2);
	put_after(&bytes, 0, 0);
	expect_dropped(&bytes, 1, 0, false, "a packet before which none was dropped");
	put_after(&bytes, 0, 10);
	put_packet(&bytes, 0, 3, 60, 60);
	put_after(&bytes, 1, 4);
	expect_dropped(&bytes, 4, 14, false, "what packets say is added up");
	begin = block_begin(&bytes, OPB);
	put16(&bytes, 1);
	put16(&bytes, 12);
	for (int i = 0; i < 4; i++)
		put32(&bytes, i < 2 ? 0 : 60);
	put_data(&bytes, 60);
	block_end(&bytes, begin);
	expect_dropped(&bytes, 5, 26, false, "the obsolete block's drops, too");
	begin = block_begin(&bytes, OPB);
	put16(&bytes, 1);
	put16(&bytes, UINT16_MAX);
	for (int i = 0; i < 4; i++)
		put32(&bytes, i < 2 ? 0 : 60);
	put_data(&bytes, 60);
	block_end(&bytes, begin);
	expect_dropped(&bytes, 6, 26, false, "where it says that it does not know them");
	put_statistics(&bytes, 0, IF_DROPPED, 10);
	expect_dropped(&bytes, 6, 26, true, "statistics of the same count nothing twice");
	put_statistics(&bytes, 0, IF_DROPPED, 12);
	expect_dropped(&bytes, 6, 28, true, "they may count more, behind the last packet");
	put_statistics(&bytes, 1, OS_DROPPED, 3);
	expect_dropped(&bytes, 6, 28, true, "or less, where packets were taken out: the higher counts");
}

/* Each section numbers its interfaces anew. */
static void test_sections(void)
{
	struct bytes bytes = { 0 };
	struct sluice_pcap *pcap;

	put_start(&bytes, 2);
	put_packet(&bytes, 0, 1, 60, 60);
	put_statistics(&bytes, 1, IF_DROPPED, 7);
	bytes.is_swapped = true;
	put_start(&bytes, 1);
	put_after(&bytes, 0, 5);
	put_statistics(&bytes, 0, IF_DROPPED, UINT64_MAX - 1);
	pcap = read_all(&bytes, 2);
	tap_ok(pcap && !sluice_pcap_interface(pcap, 0)->dropped_pkts &&
	       !sluice_pcap_interface(pcap, 0)->has_statistics &&
	       sluice_pcap_interface(pcap, 1)->dropped_pkts == 7 &&
	       sluice_pcap_interface(pcap, 1)->section_first == 0 &&
	       sluice_pcap_interface(pcap, 2)->section_first == 2 &&
	       sluice_pcap_interface(pcap, 2)->dropped_pkts > 1ull << 40,
	       "each interface of each section has its own");
	tap_ok(pcap && sluice_pcap_info(pcap)->dropped_pkts ==
	       7 + sluice_pcap_interface(pcap, 2)->dropped_pkts,
	       "and the file their sum, which does not overflow");
	sluice_pcap_close(pcap);
}

static void test_bad(void)
{
	struct bytes bytes = { 0 };
	size_t begin, start;

	put_start(&bytes, 1);
	put_packet(&bytes, 0, 1, 60, 60);
	start = bytes.size;
	put_statistics(&bytes, 1, IF_DROPPED, 1);
	expect_end(&bytes, 1, "statistics of an interface that is not there, number 1",
		   "statistics of an interface that nobody described");
	bytes.size = start;
	begin = block_begin(&bytes, ISB);
	put32(&bytes, 0);
	put32(&bytes, 0);
	block_end(&bytes, begin);
	expect_end(&bytes, 1, "impossible length of 20", "statistics without their fields");
	bytes.size = start;
	begin = block_begin(&bytes, ISB);
	put32(&bytes, 0);
	put64(&bytes, 0);
	put_option(&bytes, IF_DROPPED, "\1\0\0\0", 4);
	block_end(&bytes, begin);
	expect_end(&bytes, 1, "cannot have a length of 4", "a count of another length");
	bytes.data[bytes.size - 10] = 200;
	expect_end(&bytes, 1, "option beyond its end", "an option longer than its block");
	bytes.size -= 4;
	expect_end(&bytes, 1, "cut short inside a block", "statistics that are cut");
}

int main(void)
{
	test_statistics(false);
	test_statistics(true);
	test_packets(false);
	test_packets(true);
	test_sections();
	test_bad();
	return tap_done();
}
