/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the capture reader share: pcap.c has the handle and
 * classic files, pcapng.c the blocks of pcapng, pcapng_interface.c what they
 * say of interfaces, pcap_source.c the bytes, however they are packed, and
 * pcap_xz.c the library for xz.
 */
#ifndef SLUICE_PCAP_PARTS_H
#define SLUICE_PCAP_PARTS_H

#include <string.h>
#include <sys/types.h>

#include "pcap.h"

/* A super-packet of "BIG TCP" is below 512 KiB; nothing real is longer. */
#define PCAP_FRAME_MAX_BYTES	(1u << 20)
/*
 * Holds the largest record, and stays in the second level cache between the
 * kernel's copy and our reading: larger ones are no faster.
 */
#define PCAP_BUFFER_BYTES	(512u << 10)
#define PCAP_ERROR_BYTES	320
#define PCAP_MAGIC_PCAPNG	0x0a0d0d0au

struct pcap_source;

/* How an interface's stamps become ns: × factor, or ÷ divisor, or × 1e9 ÷ 2^shift. */
enum pcap_scale { PCAP_TIMES, PCAP_DIVIDED, PCAP_SHIFTED };

struct pcap_interface {
	struct sluice_pcap_interface known;
	enum pcap_scale scale;
	uint64_t factor;		/* or divisor, or shift */
	int64_t offset_ns;		/* added to each stamp */
	uint64_t if_dropped_pkts;	/* since the capture began: by the interface, */
	uint64_t os_dropped_pkts;	/* and by the system behind it */
	uint64_t between_dropped_pkts;	/* what packets say was dropped before them */
};

struct sluice_pcap {
	struct pcap_source *source;
	const volatile bool *is_stopped;	/* NULL: nobody says so */
	struct sluice_pcap_info info;
	uint32_t fraction_limit;	/* classic: stamps' fraction is below this */
	size_t begin;			/* unread bytes: buffer[begin..end) */
	size_t end;
	uint64_t offset;		/* of buffer[begin] in the unpacked file */
	uint64_t records;		/* returned so far */
	uint64_t last_ns;		/* pcapng: the last record's time */
	uint32_t section_first;		/* pcapng: number of the section's interface 0 */
	uint32_t interfaces_room;
	struct pcap_interface *interfaces;
	char path[128];
	char error[PCAP_ERROR_BYTES];
	uint8_t buffer[PCAP_BUFFER_BYTES];
};

/* ---- pcap.c ---- */

/* Note the sentence, behind the file's name. Returns -1. */
int pcap_fail(struct sluice_pcap *pcap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The file ends where a record should go on: say how much of it is good. */
int pcap_fail_short(struct sluice_pcap *pcap);
int pcap_fail_damaged(struct sluice_pcap *pcap, const char *field,
		      uint32_t value, uint32_t limit);

/*
 * Make at least `bytes` unread bytes lie together in the buffer.
 * Returns 1, 0 if the file ends before, -1 on a read error.
 */
int pcap_fill(struct sluice_pcap *pcap, size_t bytes);

/* One interface more. NULL with a sentence: no memory. */
struct pcap_interface *pcap_interface_add(struct sluice_pcap *pcap);
/* Its fields are final: let info know them. */
void pcap_interface_added(struct sluice_pcap *pcap);

/* Which way a Linux cooked frame went, by its first bytes. */
uint8_t pcap_sll_direction(const struct sluice_pcap_record *record);

static inline uint32_t pcap_get32(const struct sluice_pcap *pcap,
				  const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return pcap->info.is_swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t pcap_get16(const struct sluice_pcap *pcap,
				  const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof(value));
	return pcap->info.is_swapped ? __builtin_bswap16(value) : value;
}

static inline uint64_t pcap_get64(const struct sluice_pcap *pcap,
				  const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return pcap->info.is_swapped ? __builtin_bswap64(value) : value;
}

/* Lengths as the file gives them become the record's. */
static inline void pcap_record_lengths(struct sluice_pcap_record *record,
				       uint32_t captured, uint32_t original,
				       uint32_t fcs_bytes)
{
	if (original < captured)
		original = captured;
	if (original > fcs_bytes)
		original -= fcs_bytes;
	record->frame_bytes = original;
	record->captured_bytes = captured < original ? captured : original;
}

static inline bool pcap_is_sll(uint32_t link_type)
{
	return link_type == SLUICE_LINKTYPE_SLL ||
	       link_type == SLUICE_LINKTYPE_SLL2;
}

/* ---- pcapng.c ---- */

/* The section header, and all blocks in front of the first record. 0 or -1. */
int pcapng_open(struct sluice_pcap *pcap);
/* As sluice_pcap_next_batch. */
int pcapng_next_batch(struct sluice_pcap *pcap,
		      struct sluice_pcap_record *ret_records, int max);

/* A block that holds no record is wrong: says what and where. Returns -1. */
int pcapng_fail_block(struct sluice_pcap *pcap, const char *what,
		      uint64_t value);

/* ---- pcapng_interface.c ---- */

#define PCAPNG_TRAILER_BYTES	4u	/* of each block: its length again */
#define PCAPNG_NS_PER_S		1000000000ull

struct pcapng_option {
	uint16_t code;
	uint16_t bytes;
	const uint8_t *value;
};

/*
 * The option at *at, which goes on to the next; the last ends at end.
 * Returns 1, 0 at the end of the options, -1 if one is longer than the block.
 */
int pcapng_option_next(const struct sluice_pcap *pcap, const uint8_t **at,
		       const uint8_t *end, struct pcapng_option *ret);

/* The whole block, whose length has been checked against its end. 0 or -1. */
int pcapng_interface_block(struct sluice_pcap *pcap, const uint8_t *block,
			   uint32_t length);
int pcapng_statistics_block(struct sluice_pcap *pcap, const uint8_t *block,
			    uint32_t length);

/* A packet of the interface says that so many before it were dropped. */
void pcapng_interface_dropped(struct sluice_pcap *pcap, uint32_t interface,
			      uint64_t pkts);

static inline size_t pcapng_padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

/* ---- pcap_source.c ---- */

/*
 * Takes fd, or opens path if fd is negative, and finds out how the data is
 * packed. 0, or -1 or -EOPNOTSUPP with a sentence.
 */
int pcap_source_open(struct sluice_pcap *pcap, const char *path, int fd);
/* Accepts NULL. */
void pcap_source_close(struct pcap_source *source);
/*
 * The next bytes, unpacked, at most room of them. Returns how many, 0 at the
 * end, -1 with a sentence.
 */
ssize_t pcap_source_read(struct sluice_pcap *pcap, uint8_t *to, size_t room);

#endif
