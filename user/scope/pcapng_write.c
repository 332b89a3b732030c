// SPDX-License-Identifier: GPL-2.0
/* Blocks of a pcapng file; see pcapng_write.h. */
#include "pcapng_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../lib/version.h"
#include "scope.h"

#define TEXT_MAX		255u	/* of one option */

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

#define MAGIC			0x1a2b3c4du

enum option_code {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_SPEED = 8,
	OPTION_IF_RESOLUTION = 9,
	OPTION_EPB_FLAGS = 2,
	OPTION_SHB_APPLICATION = 4,
	OPTION_ISB_RECEIVED = 4,
	OPTION_ISB_DROPPED = 5,
};

#define RESOLUTION_NS		9u	/* 10^-9 s */
#define FLAG_IN			1u
#define FLAG_OUT		2u
#define TIME_AT			12u	/* in a packet block: high half, low half */

/* A block that grows. */
struct block {
	uint8_t *start;
	size_t bytes;
};

static void put(struct block *block, const void *data, size_t bytes)
{
	memcpy(block->start + block->bytes, data, bytes);
	block->bytes += bytes;
}

static void put_u32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void put_u16(struct block *block, uint16_t value)
{
	put(block, &value, sizeof(value));
}

/* High half first, whatever the byte order is. */
static void put_time(struct block *block, uint64_t time_ns)
{
	put_u32(block, (uint32_t)(time_ns >> 32));
	put_u32(block, (uint32_t)time_ns);
}

static void pad(struct block *block)
{
	while (block->bytes % 4)
		block->start[block->bytes++] = 0;
}

static void option_put(struct block *block, enum option_code code,
		       const void *data, size_t bytes)
{
	put_u16(block, (uint16_t)code);
	put_u16(block, (uint16_t)bytes);
	put(block, data, bytes);
	pad(block);
}

static void option_text(struct block *block, enum option_code code,
			const char *text)
{
	size_t bytes = text ? strlen(text) : 0;

	if (bytes)
		option_put(block, code, text,
			   bytes < TEXT_MAX ? bytes : TEXT_MAX);
}

static struct block block_begin(uint8_t *to, enum block_type type)
{
	struct block block = { to, 0 };

	put_u32(&block, type);
	put_u32(&block, 0);
	return block;
}

/* The length stands in front and behind. */
static size_t block_end(struct block *block)
{
	uint32_t bytes;

	put_u32(block, OPTION_END);
	bytes = (uint32_t)block->bytes + 4;
	put_u32(block, bytes);
	memcpy(block->start + 4, &bytes, sizeof(bytes));
	return bytes;
}

size_t scope_pcapng_section(uint8_t *to, const char *comment)
{
	struct block block = block_begin(to, BLOCK_SECTION);

	put_u32(&block, MAGIC);
	put_u16(&block, 1);
	put_u16(&block, 0);
	/* its length: not known */
	put_u32(&block, UINT32_MAX);
	put_u32(&block, UINT32_MAX);
	option_text(&block, OPTION_COMMENT, comment);
	option_text(&block, OPTION_SHB_APPLICATION, "sluice " SLUICE_VERSION);
	return block_end(&block);
}

size_t scope_pcapng_interface(uint8_t *to, uint32_t link_type,
			      uint32_t snap_bytes,
			      const struct scope_vantage *vantage)
{
	struct block block = block_begin(to, BLOCK_INTERFACE);
	const uint8_t resolution = RESOLUTION_NS;
	char text[TEXT_MAX + 1];
	size_t bytes;

	put_u16(&block, (uint16_t)link_type);
	put_u16(&block, 0);
	put_u32(&block, snap_bytes);
	option_text(&block, OPTION_IF_NAME, vantage->name);
	bytes = (size_t)snprintf(text, sizeof(text),
		 "stamps: %s, wrong by %u ns or more%s",
		 scope_stamp_name(vantage->stamp), vantage->uncertainty_ns,
		 vantage->is_coalesced ?
		 "; stamped after interrupt moderation and joining" : "");
	if (vantage->stamp == SCOPE_STAMP_HARDWARE)
		snprintf(text + bytes, sizeof(text) - bytes,
			 "; times are of the NIC's clock %s, which was %" PRId64 " ns (wrong by up to %u) ahead of CLOCK_REALTIME when looking began",
			 vantage->clock, vantage->clock_ahead_ns,
			 vantage->clock_error_ns);
	option_text(&block, OPTION_IF_DESCRIPTION, text);
	if (vantage->line_rate_bits_ps)
		option_put(&block, OPTION_IF_SPEED, &vantage->line_rate_bits_ps,
			   sizeof(vantage->line_rate_bits_ps));
	option_put(&block, OPTION_IF_RESOLUTION, &resolution,
		   sizeof(resolution));
	return block_end(&block);
}

size_t scope_pcapng_packet(uint8_t *to,
			   const struct scope_pcapng_packet *packet)
{
	struct block block = block_begin(to, BLOCK_PACKET);
	uint32_t flags = packet->direction == SCOPE_IN ? FLAG_IN :
			 packet->direction == SCOPE_OUT ? FLAG_OUT : 0;

	put_u32(&block, packet->interface);
	put_time(&block, packet->time_ns);
	put_u32(&block, packet->captured_bytes);
	put_u32(&block, packet->bytes);
	put(&block, packet->data, packet->captured_bytes);
	pad(&block);
	option_text(&block, OPTION_COMMENT, packet->comment);
	option_put(&block, OPTION_EPB_FLAGS, &flags, sizeof(flags));
	return block_end(&block);
}

size_t scope_pcapng_statistics(uint8_t *to, uint32_t interface,
			       uint64_t time_ns, uint64_t received_pkts,
			       const uint64_t *dropped_pkts, const char *comment)
{
	struct block block = block_begin(to, BLOCK_STATISTICS);

	put_u32(&block, interface);
	put_time(&block, time_ns);
	option_text(&block, OPTION_COMMENT, comment);
	option_put(&block, OPTION_ISB_RECEIVED, &received_pkts,
		   sizeof(received_pkts));
	if (dropped_pkts)
		option_put(&block, OPTION_ISB_DROPPED, dropped_pkts,
			   sizeof(*dropped_pkts));
	return block_end(&block);
}

uint32_t scope_pcapng_block_bytes(const uint8_t *block)
{
	uint32_t bytes;

	memcpy(&bytes, block + 4, sizeof(bytes));
	return bytes;
}

uint64_t scope_pcapng_packet_time(const uint8_t *block)
{
	uint32_t half[2];

	memcpy(half, block + TIME_AT, sizeof(half));
	return (uint64_t)half[0] << 32 | half[1];
}
