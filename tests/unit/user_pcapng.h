/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks of pcapng, made by hand. */
#ifndef SLUICE_TESTS_USER_PCAPNG_H
#define SLUICE_TESTS_USER_PCAPNG_H

#include "user_capture.h"

#define SECOND_NS	1000000000ull
#define T_S		1700000000ull
#define MICROSECONDS	6
#define NANOSECONDS	9

enum { IDB = 1, OPB = 2, SPB = 3, NRB = 4, ISB = 5, EPB = 6, SHB = 0x0a0d0d0a };

static inline void put16(struct bytes *bytes, uint16_t value)
{
	if (bytes->is_swapped)
		value = __builtin_bswap16(value);
	memcpy(bytes->data + bytes->size, &value, 2);
	bytes->size += 2;
}

static inline void put64(struct bytes *bytes, uint64_t value)
{
	if (bytes->is_swapped)
		value = __builtin_bswap64(value);
	memcpy(bytes->data + bytes->size, &value, 8);
	bytes->size += 8;
}

static inline void pad(struct bytes *bytes)
{
	while (bytes->size % 4)
		bytes->data[bytes->size++] = 0;
}

static inline size_t block_begin(struct bytes *bytes, uint32_t type)
{
	put32(bytes, type);
	put32(bytes, 0);
	return bytes->size - 8;
}

/* The length of the block that began there, at both its ends. */
static inline void block_end(struct bytes *bytes, size_t begin)
{
	size_t end;

	pad(bytes);
	end = bytes->size + 4;
	bytes->size = begin + 4;
	put32(bytes, (uint32_t)(end - begin));
	bytes->size = end - 4;
	put32(bytes, (uint32_t)(end - begin));
}

static inline void put_option(struct bytes *bytes, uint16_t code, const void *value,
		       uint16_t size)
{
	put16(bytes, code);
	put16(bytes, size);
	memcpy(bytes->data + bytes->size, value, size);
	bytes->size += size;
	pad(bytes);
}

static inline void put_section(struct bytes *bytes)
{
	size_t begin = block_begin(bytes, SHB);

	put32(bytes, 0x1a2b3c4d);
	put16(bytes, 1);
	put16(bytes, 0);
	put64(bytes, UINT64_MAX);
	put_option(bytes, 4, "by hand", 7);
	block_end(bytes, begin);
}

/* With one option, if size is not 0. */
static inline void put_interface(struct bytes *bytes, uint16_t link, uint32_t snap,
			  uint16_t code, const void *value, uint16_t size)
{
	size_t begin = block_begin(bytes, IDB);

	put16(bytes, link);
	put16(bytes, 0);
	put32(bytes, snap);
	if (size)
		put_option(bytes, code, value, size);
	block_end(bytes, begin);
}

static inline void put_resolution(struct bytes *bytes, uint8_t resolution)
{
	put_interface(bytes, 1, 0, 9, &resolution, 1);
}

static inline void put_data(struct bytes *bytes, uint32_t captured)
{
	for (uint32_t i = 0; i < captured && captured < 4096; i++)
		bytes->data[bytes->size++] = (uint8_t)i;
	pad(bytes);
}

/* With one option, if size is not 0. */
static inline void put_packet_option(struct bytes *bytes, uint32_t interface,
				     uint64_t stamp, uint32_t captured,
				     uint32_t original, uint16_t code,
				     const void *value, uint16_t size)
{
	size_t begin = block_begin(bytes, EPB);

	put32(bytes, interface);
	put32(bytes, (uint32_t)(stamp >> 32));
	put32(bytes, (uint32_t)stamp);
	put32(bytes, captured);
	put32(bytes, original);
	put_data(bytes, captured);
	if (size)
		put_option(bytes, code, value, size);
	block_end(bytes, begin);
}

static inline void put_packet(struct bytes *bytes, uint32_t interface, uint64_t stamp,
			      uint32_t captured, uint32_t original)
{
	put_packet_option(bytes, interface, stamp, captured, original, 0, NULL, 0);
}

#endif
