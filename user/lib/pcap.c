// SPDX-License-Identifier: GPL-2.0
/*
 * The handle, and classic files. The file is read in large blocks; records are
 * returned in place. Layout (pcap-savefile(5)), all fields 32 bits in the
 * writer's byte order unless noted:
 *
 *   magic | major 16, minor 16 | 0 | 0 | snap length | link type
 *   seconds | fraction | captured length | original length | bytes ...
 */
#include "pcap_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_HEADER_BYTES	24u
#define RECORD_HEADER_BYTES	16u

#define MAGIC_US		0xa1b2c3d4u
#define MAGIC_NS		0xa1b23c4du
#define MAGIC_MODIFIED		0xa1b2cd34u

/* The link type field (draft-ietf-opsawg-pcap): type in the low 16 bits. */
#define LINK_TYPE_MASK		0x0000ffffu
#define LINK_HAS_FCS		0x04000000u
#define LINK_FCS_SHIFT		28		/* above: its length, in 16 bits */

/* A file that describes more interfaces than this is no capture. */
#define INTERFACES_MAX		65536u

/* Packet type of a Linux cooked frame that this host sent. */
#define SLL_OUTGOING		4

int pcap_fail(struct sluice_pcap *pcap, const char *format, ...)
{
	int used = snprintf(pcap->error, sizeof(pcap->error), "%s: ",
			    pcap->path);
	va_list args;

	va_start(args, format);
	vsnprintf(pcap->error + used, sizeof(pcap->error) - (size_t)used,
		  format, args);
	va_end(args);
	return -1;
}

int pcap_fail_short(struct sluice_pcap *pcap)
{
	return pcap_fail(pcap, "cut short inside record %" PRIu64 " at byte %" PRIu64 "; the records before it are good",
			 pcap->records + 1, pcap->offset);
}

int pcap_fail_damaged(struct sluice_pcap *pcap, const char *field,
		      uint32_t value, uint32_t limit)
{
	return pcap_fail(pcap, "damaged at byte %" PRIu64 ": record %" PRIu64 " has %s %" PRIu32 ", at most %" PRIu32 " is possible; the records before it are good",
			 pcap->offset, pcap->records + 1, field, value, limit);
}

int pcap_fill(struct sluice_pcap *pcap, size_t bytes)
{
	ssize_t got = 1;

	if (pcap->end - pcap->begin >= bytes)
		return 1;
	memmove(pcap->buffer, pcap->buffer + pcap->begin,
		pcap->end - pcap->begin);
	pcap->end -= pcap->begin;
	pcap->begin = 0;
	while (pcap->end < bytes && got) {
		got = pcap_source_read(pcap, pcap->buffer + pcap->end,
				       PCAP_BUFFER_BYTES - pcap->end);
		if (got < 0)
			return -1;
		pcap->end += (size_t)got;
	}
	return pcap->end >= bytes;
}

struct pcap_interface *pcap_interface_add(struct sluice_pcap *pcap)
{
	struct pcap_interface *interface;

	if (pcap->info.interfaces == INTERFACES_MAX) {
		pcap_fail(pcap, "describes more than %u interfaces; the records before byte %" PRIu64 " are good",
			  INTERFACES_MAX, pcap->offset);
		return NULL;
	}
	if (pcap->info.interfaces == pcap->interfaces_room) {
		uint32_t room = pcap->interfaces_room ? pcap->interfaces_room * 2 : 2;
		void *larger = realloc(pcap->interfaces,
				       room * sizeof(*pcap->interfaces));

		if (!larger) {
			pcap_fail(pcap, "no memory for %" PRIu32 " interfaces", room);
			return NULL;
		}
		pcap->interfaces = larger;
		pcap->interfaces_room = room;
	}
	interface = &pcap->interfaces[pcap->info.interfaces];
	memset(interface, 0, sizeof(*interface));
	return interface;
}

void pcap_interface_added(struct sluice_pcap *pcap)
{
	const struct sluice_pcap_interface *known =
		&pcap->interfaces[pcap->info.interfaces].known;

	if (!pcap->info.interfaces++) {
		pcap->info.link_type = known->link_type;
		pcap->info.fcs_bytes = known->fcs_bytes;
		pcap->info.snap_bytes = known->snap_bytes;
	}
	if (pcap->info.resolution_ns < known->resolution_ns)
		pcap->info.resolution_ns = known->resolution_ns;
}

static int refuse_magic(struct sluice_pcap *pcap, uint32_t magic)
{
	if (magic == MAGIC_MODIFIED ||
	    magic == __builtin_bswap32(MAGIC_MODIFIED))
		return pcap_fail(pcap, "this is the pcap variant with longer record headers of old Linux tools; convert it with: editcap -F nsecpcap IN OUT");
	return pcap_fail(pcap, "not a capture file (it starts with 0x%08" PRIx32 ")",
			 magic);
}

static int classic_open(struct sluice_pcap *pcap, uint32_t magic)
{
	const uint8_t *header = pcap->buffer;
	uint32_t native = __builtin_bswap32(magic), link;
	struct pcap_interface *only;
	uint16_t major;

	pcap->info.is_swapped = native == MAGIC_US || native == MAGIC_NS;
	if (!pcap->info.is_swapped)
		native = magic;
	if (native != MAGIC_US && native != MAGIC_NS)
		return refuse_magic(pcap, magic);
	if (pcap->end < FILE_HEADER_BYTES)
		return pcap_fail(pcap, "the file ends inside its header, after %zu of 24 bytes",
				 pcap->end);
	major = pcap_get16(pcap, header + 4);
	if (major != 2)
		return pcap_fail(pcap, "pcap format version %u is not known (version 2 is)",
				 major);
	only = pcap_interface_add(pcap);
	if (!only)
		return -1;
	link = pcap_get32(pcap, header + 20);
	only->known.link_type = link & LINK_TYPE_MASK;
	if (link & LINK_HAS_FCS)
		only->known.fcs_bytes = (link >> LINK_FCS_SHIFT) * 2;
	only->known.snap_bytes = pcap_get32(pcap, header + 16);
	only->known.resolution_ns = native == MAGIC_NS ? 1 : 1000;
	pcap_interface_added(pcap);
	pcap->fraction_limit = native == MAGIC_NS ? 1000000000 : 1000000;
	pcap->begin = FILE_HEADER_BYTES;
	pcap->offset = FILE_HEADER_BYTES;
	return 0;
}

static int read_file_header(struct sluice_pcap *pcap)
{
	uint32_t magic;

	if (pcap_fill(pcap, FILE_HEADER_BYTES) < 0)
		return -1;
	if (pcap->end == 0)
		return pcap_fail(pcap, "the file is empty");
	if (pcap->end < sizeof(magic))
		return pcap_fail(pcap, "not a capture file (it has %zu bytes)",
				 pcap->end);
	memcpy(&magic, pcap->buffer, sizeof(magic));
	if (magic != PCAP_MAGIC_PCAPNG)
		return classic_open(pcap, magic);
	pcap->info.is_pcapng = true;
	return pcapng_open(pcap);
}

/* Of the file in fd, or of path if fd is negative. */
static int open_any(struct sluice_pcap **ret_pcap, const char *path, int fd,
		    const char *name, const volatile bool *is_stopped,
		    char *error, size_t error_size)
{
	struct sluice_pcap *pcap = malloc(sizeof(*pcap));
	int err;

	if (!pcap) {
		snprintf(error, error_size, "%s: no memory to read it", name);
		return -1;
	}
	memset(pcap, 0, offsetof(struct sluice_pcap, buffer));
	pcap->is_stopped = is_stopped;
	pcap->info.link_type = SLUICE_LINKTYPE_NONE;
	pcap->info.resolution_ns = 1;
	snprintf(pcap->path, sizeof(pcap->path), "%s", name);
	err = pcap_source_open(pcap, path, fd);
	if (!err)
		err = read_file_header(pcap);
	if (err < 0) {
		snprintf(error, error_size, "%s", pcap->error);
		sluice_pcap_close(pcap);
		return err;
	}
	*ret_pcap = pcap;
	return 0;
}

int sluice_pcap_open(struct sluice_pcap **ret_pcap, const char *path,
		     char *error, size_t error_size)
{
	if (!strcmp(path, "-"))
		return open_any(ret_pcap, path, STDIN_FILENO, "standard input",
				NULL, error, error_size);
	return open_any(ret_pcap, path, -1, path, NULL, error, error_size);
}

int sluice_pcap_open_fd(struct sluice_pcap **ret_pcap, int fd, const char *name,
			char *error, size_t error_size)
{
	return open_any(ret_pcap, name, fd, name, NULL, error, error_size);
}

int sluice_pcap_open_fd_until(struct sluice_pcap **ret_pcap, int fd,
			      const char *name, const volatile bool *is_stopped,
			      char *error, size_t error_size)
{
	return open_any(ret_pcap, name, fd, name, is_stopped, error, error_size);
}

void sluice_pcap_close(struct sluice_pcap *pcap)
{
	if (!pcap)
		return;
	pcap_source_close(pcap->source);
	free(pcap->interfaces);
	free(pcap);
}

const struct sluice_pcap_info *sluice_pcap_info(const struct sluice_pcap *pcap)
{
	return &pcap->info;
}

const struct sluice_pcap_interface *
sluice_pcap_interface(const struct sluice_pcap *pcap, uint32_t number)
{
	return &pcap->interfaces[number].known;
}

const char *sluice_pcap_error(const struct sluice_pcap *pcap)
{
	return pcap->error;
}

uint8_t pcap_sll_direction(const struct sluice_pcap_record *record)
{
	uint32_t at = record->link_type == SLUICE_LINKTYPE_SLL ? 1 : 10;

	if (record->captured_bytes <= at)
		return SLUICE_PCAP_ANY;
	return record->data[at] == SLL_OUTGOING ? SLUICE_PCAP_OUT
						: SLUICE_PCAP_IN;
}

/* The header of a file where a record would be: two captures, one behind the other. */
static bool is_file_header(const uint32_t header[4])
{
	return !header[2] && !header[3] &&
	       (header[0] == MAGIC_US || header[0] == MAGIC_NS ||
		header[0] == __builtin_bswap32(MAGIC_US) ||
		header[0] == __builtin_bswap32(MAGIC_NS));
}

static void classic_damaged(struct sluice_pcap *pcap, const uint32_t header[4])
{
	uint32_t fraction = header[1], captured = header[2], original = header[3];

	if (is_file_header(header))
		pcap_fail(pcap, "another capture begins at byte %" PRIu64 " (mergecap joins captures); the records before it are good",
			  pcap->offset);
	else if (fraction >= pcap->fraction_limit)
		pcap_fail_damaged(pcap, "a time fraction of", fraction,
				  pcap->fraction_limit - 1);
	else if (captured > SLUICE_PCAP_CAPTURED_MAX_BYTES)
		pcap_fail_damaged(pcap, "a captured length of", captured,
				  SLUICE_PCAP_CAPTURED_MAX_BYTES);
	else
		pcap_fail_damaged(pcap, "a frame length of", original,
				  PCAP_FRAME_MAX_BYTES);
}

/* So many records in front of at are over. */
static void classic_pass(struct sluice_pcap *pcap, const uint8_t *at, int count)
{
	size_t begin = (size_t)(at - pcap->buffer);

	pcap->offset += begin - pcap->begin;
	pcap->records += (uint64_t)count;
	pcap->begin = begin;
}

/*
 * Records that lie in the buffer whole: how many. *ret_wanted is how many bytes
 * the one behind them needs, if there is more room for it. is_swapped is a
 * constant where this is called, so that there is one loop for each order.
 */
static inline __attribute__((always_inline))
int classic_walk(struct sluice_pcap *pcap,
		 struct sluice_pcap_record *ret_records, int max,
		 bool is_swapped, size_t *ret_wanted)
{
	const uint8_t *at = pcap->buffer + pcap->begin;
	size_t left = pcap->end - pcap->begin;
	const struct sluice_pcap_info info = pcap->info;
	uint32_t limit = pcap->fraction_limit;
	int count = 0;

	*ret_wanted = RECORD_HEADER_BYTES;
	while (count < max && left >= RECORD_HEADER_BYTES) {
		struct sluice_pcap_record *record = &ret_records[count];
		uint32_t header[4];

		memcpy(header, at, sizeof(header));
		for (int i = 0; i < 4 && is_swapped; i++)
			header[i] = __builtin_bswap32(header[i]);
		/* A frame of no bytes is one of these by its number less one. */
		if (__builtin_expect((header[1] >= limit) |
				     (header[2] > SLUICE_PCAP_CAPTURED_MAX_BYTES) |
				     (header[3] - 1 >= PCAP_FRAME_MAX_BYTES), 0) &&
		    (header[1] >= limit ||
		     header[2] > SLUICE_PCAP_CAPTURED_MAX_BYTES ||
		     header[3] > PCAP_FRAME_MAX_BYTES || is_file_header(header))) {
			classic_pass(pcap, at, count);
			classic_damaged(pcap, header);
			return count;
		}
		*ret_wanted = RECORD_HEADER_BYTES + header[2];
		if (left < *ret_wanted)
			break;
		record->time_ns = header[0] * 1000000000ull +
				  (uint64_t)header[1] * info.resolution_ns;
		record->data = at + RECORD_HEADER_BYTES;
		pcap_record_lengths(record, header[2], header[3], info.fcs_bytes);
		record->interface = 0;
		record->link_type = (uint16_t)info.link_type;
		record->direction = SLUICE_PCAP_ANY;
		record->has_time = true;
		at += *ret_wanted;
		left -= *ret_wanted;
		*ret_wanted = RECORD_HEADER_BYTES;
		count++;
	}
	classic_pass(pcap, at, count);
	return count;
}

static int classic_next_batch(struct sluice_pcap *pcap,
			      struct sluice_pcap_record *ret_records, int max)
{
	size_t wanted = RECORD_HEADER_BYTES;
	int count = 0, got;

	do {
		got = pcap_fill(pcap, wanted);
		if (got <= 0)
			return got < 0 ? -1 :
			       pcap->end == pcap->begin ? 0 : pcap_fail_short(pcap);
		count = pcap->info.is_swapped ?
			classic_walk(pcap, ret_records, max, true, &wanted) :
			classic_walk(pcap, ret_records, max, false, &wanted);
	} while (!count && !pcap->error[0]);
	if (pcap_is_sll(pcap->info.link_type))
		for (int i = 0; i < count; i++)
			ret_records[i].direction = pcap_sll_direction(&ret_records[i]);
	return count ? count : -1;
}

int sluice_pcap_next_batch(struct sluice_pcap *pcap,
			   struct sluice_pcap_record *ret_records, int max)
{
	if (pcap->error[0])
		return -1;
	return pcap->info.is_pcapng ? pcapng_next_batch(pcap, ret_records, max)
				    : classic_next_batch(pcap, ret_records, max);
}

int sluice_pcap_next(struct sluice_pcap *pcap,
		     struct sluice_pcap_record *ret_record)
{
	return sluice_pcap_next_batch(pcap, ret_record, 1);
}
