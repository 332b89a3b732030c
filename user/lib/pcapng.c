// SPDX-License-Identifier: GPL-2.0
/*
 * pcapng (draft-ietf-opsawg-pcapng): a file is a row of blocks, all fields in
 * the byte order of the section's writer.
 *
 *   type 32 | length 32 | body, padded to 32 bits | length 32
 *   section:    byte order magic | major 16, minor 16 | section length 64 | options
 *   interface:  link type 16, 0 | snap length | options
 *   enhanced:   interface | time, high | time, low | captured | original | bytes | options
 *   obsolete:   interface 16, drops 16 | as the enhanced one
 *   simple:     original | bytes                     of interface 0, without a time
 *   statistics: interface | time, high | time, low | options
 *   options:    code 16, length 16, value, padded to 32 bits; up to code 0
 *
 * Blocks of other types are skipped. Interfaces are numbered from 0 in each
 * section; here on through the file.
 */
#include "pcap_parts.h"

#include <inttypes.h>

#define BLOCK_HEADER_BYTES	8u
#define BLOCK_MIN_BYTES		12u
/* Of a block that we look into; comments may make it long. */
#define BLOCK_MAX_BYTES		(384u << 10)
#define SECTION_MIN_BYTES	28u
#define PACKET_HEADER_BYTES	28u
#define SIMPLE_HEADER_BYTES	12u
#define ORDER_MAGIC		0x1a2b3c4du

enum { BLOCK_INTERFACE = 1, BLOCK_OBSOLETE = 2, BLOCK_SIMPLE = 3,
       BLOCK_STATISTICS = 5, BLOCK_ENHANCED = 6 };
#define BLOCK_SECTION		PCAP_MAGIC_PCAPNG

#define OPTION_FLAGS	2
#define OPTION_DROPPED	4		/* of enhanced blocks */
#define DROPS_UNKNOWN	0xffffu		/* of obsolete ones */
#define FLAGS_DIRECTION(flags)	((flags) & 3)	/* 1: in, 2: out */
#define FLAGS_FCS(flags)	((flags) >> 5 & 15)

int pcapng_fail_block(struct sluice_pcap *pcap, const char *what,
		      uint64_t value)
{
	return pcap_fail(pcap, "damaged at byte %" PRIu64 ": the block behind record %" PRIu64 " has %s %" PRIu64 "; the records before it are good",
			 pcap->offset, pcap->records, what, value);
}

static int fail_short_block(struct sluice_pcap *pcap)
{
	return pcap_fail(pcap, "cut short inside a block at byte %" PRIu64 ", behind record %" PRIu64 "; the records before it are good",
			 pcap->offset, pcap->records);
}

/* ---- records ---- */

static int stamp_to_ns(struct sluice_pcap *pcap,
		       const struct pcap_interface *interface, uint64_t stamp,
		       uint64_t *ret_ns)
{
	bool has_overflow = false;
	unsigned __int128 wide;
	uint64_t ns = 0;

	switch (interface->scale) {
	case PCAP_TIMES:
		has_overflow = __builtin_mul_overflow(stamp, interface->factor, &ns);
		break;
	case PCAP_DIVIDED:
		ns = stamp / interface->factor;
		break;
	case PCAP_SHIFTED:
		wide = (unsigned __int128)stamp * PCAPNG_NS_PER_S >> interface->factor;
		has_overflow = wide >> 64 != 0;
		ns = (uint64_t)wide;
		break;
	}
	has_overflow |= __builtin_add_overflow(ns, interface->offset_ns, &ns);
	if (has_overflow || ns > INT64_MAX)
		return pcap_fail(pcap, "damaged at byte %" PRIu64 ": record %" PRIu64 " has a time outside of 1970 to 2262; the records before it are good",
				 pcap->offset, pcap->records + 1);
	*ret_ns = ns;
	return 0;
}

/* What lies behind a record's bytes; 0 where it is not there. */
struct packet_options {
	uint32_t flags;
	uint64_t dropped_pkts;		/* since the interface's packet before */
};

static int packet_options(struct sluice_pcap *pcap, const uint8_t *at,
			  const uint8_t *end, struct packet_options *ret)
{
	struct pcapng_option option;
	int got;

	while ((got = pcapng_option_next(pcap, &at, end, &option)) > 0) {
		if (option.code == OPTION_FLAGS && option.bytes == 4)
			ret->flags = pcap_get32(pcap, option.value);
		if (option.code == OPTION_DROPPED && option.bytes == 8)
			ret->dropped_pkts = pcap_get64(pcap, option.value);
	}
	if (got < 0)
		return pcapng_fail_block(pcap, "an option beyond its end of",
				  (uint64_t)(end - pcap->buffer - pcap->begin));
	return 0;
}

static const struct pcap_interface *
packet_interface(struct sluice_pcap *pcap, uint32_t number,
		 struct sluice_pcap_record *record)
{
	uint32_t known = pcap->info.interfaces - pcap->section_first;

	if (number >= known) {
		pcap_fail(pcap, "damaged at byte %" PRIu64 ": record %" PRIu64 " is of interface %" PRIu32 " of %" PRIu32 "; the records before it are good",
			  pcap->offset, pcap->records + 1, number, known);
		return NULL;
	}
	record->interface = pcap->section_first + number;
	record->link_type =
		(uint16_t)pcap->interfaces[record->interface].known.link_type;
	record->direction = SLUICE_PCAP_ANY;
	return &pcap->interfaces[record->interface];
}

static int check_lengths(struct sluice_pcap *pcap, uint32_t captured,
			 uint32_t original, uint32_t room)
{
	if (room > SLUICE_PCAP_CAPTURED_MAX_BYTES)
		room = SLUICE_PCAP_CAPTURED_MAX_BYTES;
	if (captured > room)
		return pcap_fail_damaged(pcap, "a captured length of", captured,
					 room);
	if (original > PCAP_FRAME_MAX_BYTES)
		return pcap_fail_damaged(pcap, "a frame length of", original,
					 PCAP_FRAME_MAX_BYTES);
	return 0;
}

/* An enhanced block, or the obsolete one, which differs in its first field. */
static int packet_block(struct sluice_pcap *pcap, const uint8_t *block,
			uint32_t length, bool is_obsolete,
			struct sluice_pcap_record *record)
{
	static const uint8_t directions[] = { SLUICE_PCAP_ANY, SLUICE_PCAP_IN,
					      SLUICE_PCAP_OUT, SLUICE_PCAP_ANY };
	const uint8_t *options, *end = block + length - PCAPNG_TRAILER_BYTES;
	const struct pcap_interface *interface;
	struct packet_options said = { 0 };
	uint32_t captured, original, fcs;
	uint64_t stamp;

	if (length < PACKET_HEADER_BYTES + PCAPNG_TRAILER_BYTES)
		return pcapng_fail_block(pcap, "an impossible length of", length);
	interface = packet_interface(pcap, is_obsolete ?
				     pcap_get16(pcap, block + 8) :
				     pcap_get32(pcap, block + 8), record);
	captured = pcap_get32(pcap, block + 20);
	original = pcap_get32(pcap, block + 24);
	stamp = (uint64_t)pcap_get32(pcap, block + 12) << 32 |
		pcap_get32(pcap, block + 16);
	if (!interface ||
	    check_lengths(pcap, captured, original,
			  length - PACKET_HEADER_BYTES - PCAPNG_TRAILER_BYTES) < 0 ||
	    stamp_to_ns(pcap, interface, stamp, &record->time_ns) < 0)
		return -1;
	record->data = block + PACKET_HEADER_BYTES;
	options = record->data + pcapng_padded(captured);
	if (options < end && packet_options(pcap, options, end, &said) < 0)
		return -1;
	if (is_obsolete && pcap_get16(pcap, block + 10) != DROPS_UNKNOWN)
		said.dropped_pkts = pcap_get16(pcap, block + 10);
	if (said.dropped_pkts)
		pcapng_interface_dropped(pcap, record->interface,
					 said.dropped_pkts);
	fcs = FLAGS_FCS(said.flags) ? FLAGS_FCS(said.flags) :
				      interface->known.fcs_bytes;
	pcap_record_lengths(record, captured, original, fcs);
	record->direction = directions[FLAGS_DIRECTION(said.flags)];
	if (record->direction == SLUICE_PCAP_ANY && pcap_is_sll(record->link_type))
		record->direction = pcap_sll_direction(record);
	record->has_time = true;
	pcap->last_ns = record->time_ns;
	return 1;
}

static int simple_block(struct sluice_pcap *pcap, const uint8_t *block,
			uint32_t length, struct sluice_pcap_record *record)
{
	const struct pcap_interface *interface;
	uint32_t captured, original, room;

	if (length < SIMPLE_HEADER_BYTES + PCAPNG_TRAILER_BYTES)
		return pcapng_fail_block(pcap, "an impossible length of", length);
	interface = packet_interface(pcap, 0, record);
	if (!interface)
		return -1;
	room = length - SIMPLE_HEADER_BYTES - PCAPNG_TRAILER_BYTES;
	original = pcap_get32(pcap, block + 8);
	captured = original;
	if (interface->known.snap_bytes && captured > interface->known.snap_bytes)
		captured = interface->known.snap_bytes;
	if (check_lengths(pcap, captured, original, room) < 0)
		return -1;
	record->data = block + SIMPLE_HEADER_BYTES;
	pcap_record_lengths(record, captured, original,
			    interface->known.fcs_bytes);
	if (pcap_is_sll(record->link_type))
		record->direction = pcap_sll_direction(record);
	record->has_time = false;
	record->time_ns = pcap->last_ns;
	return 1;
}

/* ---- blocks ---- */

static bool is_packet(uint32_t type)
{
	return type == BLOCK_ENHANCED || type == BLOCK_OBSOLETE ||
	       type == BLOCK_SIMPLE;
}

static bool is_looked_into(uint32_t type)
{
	return is_packet(type) || type == BLOCK_INTERFACE ||
	       type == BLOCK_STATISTICS;
}

static void consume(struct sluice_pcap *pcap, uint32_t bytes)
{
	pcap->begin += bytes;
	pcap->offset += bytes;
}

/* The block at the buffer's begin starts a section: 0 or -1. */
static int section_block(struct sluice_pcap *pcap)
{
	const uint8_t *block = pcap->buffer + pcap->begin;
	uint32_t length, magic;
	uint16_t major;
	int got = pcap_fill(pcap, SECTION_MIN_BYTES);

	if (got <= 0)
		return got < 0 ? -1 : fail_short_block(pcap);
	block = pcap->buffer + pcap->begin;
	memcpy(&magic, block + 8, sizeof(magic));
	pcap->info.is_swapped = magic == __builtin_bswap32(ORDER_MAGIC);
	if (magic != ORDER_MAGIC && !pcap->info.is_swapped)
		return pcap_fail(pcap, "damaged at byte %" PRIu64 ": a section of pcapng starts without its byte order; the records before it are good",
				 pcap->offset);
	length = pcap_get32(pcap, block + 4);
	major = pcap_get16(pcap, block + 12);
	if (major != 1)
		return pcap_fail(pcap, "pcapng format version %u is not known (version 1 is); the records before byte %" PRIu64 " are good",
				 major, pcap->offset);
	if (length < SECTION_MIN_BYTES)
		return pcapng_fail_block(pcap, "an impossible length of", length);
	pcap->section_first = pcap->info.interfaces;
	return 0;
}

static int check_trailer(struct sluice_pcap *pcap, const uint8_t *end,
			 uint32_t length)
{
	uint32_t again = pcap_get32(pcap, end - PCAPNG_TRAILER_BYTES);

	if (again == length)
		return 0;
	return pcap_fail(pcap, "damaged at byte %" PRIu64 ": the block behind record %" PRIu64 " has a length of %" PRIu32 " at its start and of %" PRIu32 " at its end; the records before it are good",
			 pcap->offset, pcap->records, length, again);
}

/* Blocks that nobody looks into may be of any length. 0 or -1. */
static int skip(struct sluice_pcap *pcap, uint32_t length)
{
	uint64_t start = pcap->offset;
	uint32_t left = length;
	int got;

	while (left > PCAPNG_TRAILER_BYTES) {
		uint32_t some = left - PCAPNG_TRAILER_BYTES;

		got = pcap_fill(pcap, 1);
		if (got <= 0)
			break;
		if (some > pcap->end - pcap->begin)
			some = (uint32_t)(pcap->end - pcap->begin);
		consume(pcap, some);
		left -= some;
	}
	got = pcap_fill(pcap, PCAPNG_TRAILER_BYTES);
	if (got < 0)
		return -1;
	pcap->offset = start;
	if (!got || left > PCAPNG_TRAILER_BYTES)
		return fail_short_block(pcap);
	if (check_trailer(pcap, pcap->buffer + pcap->begin + PCAPNG_TRAILER_BYTES, length))
		return -1;
	pcap->begin += PCAPNG_TRAILER_BYTES;
	pcap->offset = start + length;
	return 0;
}

/*
 * The type and length of the next block. Returns 1, 0 at the end of the file or
 * if may_read is false and the file would have to be read, -1.
 */
static int block_peek(struct sluice_pcap *pcap, bool may_read,
		      uint32_t *ret_type, uint32_t *ret_length)
{
	const uint8_t *block;
	int got;

	if (!may_read && pcap->end - pcap->begin < SECTION_MIN_BYTES)
		return 0;
	got = pcap_fill(pcap, BLOCK_HEADER_BYTES);
	if (got < 0)
		return -1;
	if (!got)
		return pcap->end == pcap->begin ? 0 : fail_short_block(pcap);
	memcpy(ret_type, pcap->buffer + pcap->begin, sizeof(*ret_type));
	if (*ret_type == BLOCK_SECTION && section_block(pcap) < 0)
		return -1;
	block = pcap->buffer + pcap->begin;
	*ret_type = pcap_get32(pcap, block);
	*ret_length = pcap_get32(pcap, block + 4);
	if (*ret_length < BLOCK_MIN_BYTES || *ret_length % 4 ||
	    (is_looked_into(*ret_type) && *ret_length > BLOCK_MAX_BYTES))
		return pcapng_fail_block(pcap, "an impossible length of",
					 *ret_length);
	return 1;
}

/* All of the block that was peeked at. Returns as block_peek. */
static int block_fill(struct sluice_pcap *pcap, bool may_read, uint32_t type,
		      uint32_t length)
{
	int got;

	if (!may_read && pcap->end - pcap->begin < length)
		return 0;
	if (!is_looked_into(type))
		return 1;
	got = pcap_fill(pcap, length);
	if (got <= 0)
		return got < 0 ? -1 : is_packet(type) ? pcap_fail_short(pcap)
						      : fail_short_block(pcap);
	return check_trailer(pcap, pcap->buffer + pcap->begin + length,
			     length) < 0 ? -1 : 1;
}

/* A block that is no record: 0 or -1. */
static int block_take(struct sluice_pcap *pcap, uint32_t type, uint32_t length)
{
	const uint8_t *block = pcap->buffer + pcap->begin;

	if (!is_looked_into(type))
		return skip(pcap, length);
	if (type == BLOCK_INTERFACE ?
	    pcapng_interface_block(pcap, block, length) < 0 :
	    pcapng_statistics_block(pcap, block, length) < 0)
		return -1;
	consume(pcap, length);
	return 0;
}

int pcapng_open(struct sluice_pcap *pcap)
{
	uint32_t type, length;
	int got;

	while ((got = block_peek(pcap, true, &type, &length)) > 0) {
		if (is_packet(type))
			return 0;
		if (block_fill(pcap, true, type, length) < 0 ||
		    block_take(pcap, type, length) < 0)
			return -1;
	}
	return got;
}

static int packet_take(struct sluice_pcap *pcap, uint32_t type, uint32_t length,
		       struct sluice_pcap_record *record)
{
	const uint8_t *block = pcap->buffer + pcap->begin;
	int got = type == BLOCK_SIMPLE ?
		  simple_block(pcap, block, length, record) :
		  packet_block(pcap, block, length, type == BLOCK_OBSOLETE, record);

	if (got > 0) {
		consume(pcap, length);
		pcap->records++;
	}
	return got;
}

/*
 * What most blocks are: enhanced ones without options, whole in the buffer, of an
 * interface whose stamps are whole ns, µs, ms. Returns how many; the first that
 * is not so, or not right, is left to the others. is_swapped is a constant where
 * this is called.
 */
static inline __attribute__((always_inline))
int plain_walk(struct sluice_pcap *pcap, struct sluice_pcap_record *ret_records,
	       int max, bool is_swapped)
{
	const uint8_t *at = pcap->buffer + pcap->begin;
	size_t left = pcap->end - pcap->begin;
	uint32_t known = pcap->info.interfaces - pcap->section_first;
	int count = 0;

	while (count < max && left >= PACKET_HEADER_BYTES + PCAPNG_TRAILER_BYTES) {
		struct sluice_pcap_record *record = &ret_records[count];
		const struct pcap_interface *interface;
		/* Type, length, interface, time, captured, original; length again. */
		uint32_t h[8];

		memcpy(h, at, PACKET_HEADER_BYTES);
		for (int i = 0; i < 7 && is_swapped; i++)
			h[i] = __builtin_bswap32(h[i]);
		if (h[0] != BLOCK_ENHANCED || h[1] > left || h[2] >= known ||
		    h[5] > SLUICE_PCAP_CAPTURED_MAX_BYTES ||
		    h[6] > PCAP_FRAME_MAX_BYTES ||
		    h[1] != PACKET_HEADER_BYTES + PCAPNG_TRAILER_BYTES +
			    pcapng_padded(h[5]))
			break;
		memcpy(&h[7], at + h[1] - PCAPNG_TRAILER_BYTES, sizeof(h[7]));
		interface = &pcap->interfaces[pcap->section_first + h[2]];
		if ((is_swapped ? __builtin_bswap32(h[7]) : h[7]) != h[1] ||
		    interface->scale != PCAP_TIMES || interface->offset_ns ||
		    pcap_is_sll(interface->known.link_type) ||
		    __builtin_mul_overflow((uint64_t)h[3] << 32 | h[4],
					   interface->factor, &record->time_ns) ||
		    record->time_ns > INT64_MAX)
			break;
		record->data = at + PACKET_HEADER_BYTES;
		pcap_record_lengths(record, h[5], h[6], interface->known.fcs_bytes);
		record->interface = pcap->section_first + h[2];
		record->link_type = (uint16_t)interface->known.link_type;
		record->direction = SLUICE_PCAP_ANY;
		record->has_time = true;
		at += h[1];
		left -= h[1];
		count++;
	}
	if (count)
		pcap->last_ns = ret_records[count - 1].time_ns;
	pcap->records += (uint64_t)count;
	consume(pcap, (uint32_t)(at - pcap->buffer - pcap->begin));
	return count;
}

int pcapng_next_batch(struct sluice_pcap *pcap,
		      struct sluice_pcap_record *ret_records, int max)
{
	uint32_t type, length;
	int count = 0, got = 1;

	while (got > 0) {
		/* Reading more of the file would overwrite what the batch has. */
		bool may_read;

		count += pcap->info.is_swapped ?
			 plain_walk(pcap, ret_records + count, max - count, true) :
			 plain_walk(pcap, ret_records + count, max - count, false);
		if (count == max)
			break;
		may_read = !count;
		got = block_peek(pcap, may_read, &type, &length);
		if (got > 0)
			got = block_fill(pcap, may_read, type, length);
		/* What info says holds for all of a batch. */
		if (got <= 0 || (count && type == BLOCK_INTERFACE))
			break;
		if (is_packet(type)) {
			got = packet_take(pcap, type, length, &ret_records[count]);
			count += got > 0;
		} else if (block_take(pcap, type, length) < 0) {
			got = -1;
		}
	}
	return count ? count : got;
}
