// SPDX-License-Identifier: GPL-2.0
/*
 * The file is read in large blocks; a record that lies in the block whole is
 * returned in place. Layout (pcap-savefile(5)), all fields 32 bits in the
 * writer's byte order unless noted:
 *
 *   magic | major 16, minor 16 | 0 | 0 | snap length | link type
 *   seconds | fraction | captured length | original length | bytes ...
 */
#include "pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_HEADER_BYTES	24u
#define RECORD_HEADER_BYTES	16u
/* Larger than any record: the largest snap length that libpcap writes. */
#define CAPTURED_MAX_BYTES	262144u
/* A super-packet of "BIG TCP" is below 512 KiB; nothing real is longer. */
#define FRAME_MAX_BYTES		(1u << 20)
#define BUFFER_BYTES		(320u << 10)	/* holds the largest record */
#define ERROR_BYTES		320

#define MAGIC_US		0xa1b2c3d4u
#define MAGIC_NS		0xa1b23c4du
#define MAGIC_MODIFIED		0xa1b2cd34u
#define MAGIC_PCAPNG		0x0a0d0d0au

/* The link type field: type in the low 28 bits, then the FCS length. */
#define LINK_TYPE_MASK		0x03ffffffu
#define LINK_HAS_FCS		0x04000000u
#define LINK_FCS_SHIFT		28

struct sluice_pcap {
	int fd;
	bool has_ended;			/* read returned 0 */
	struct sluice_pcap_info info;
	uint32_t fraction_limit;	/* stamps' fraction is below this */
	size_t begin;			/* unread bytes: buffer[begin..end) */
	size_t end;
	uint64_t offset;		/* of buffer[begin] in the file */
	uint64_t records;		/* returned so far */
	char path[128];
	char error[ERROR_BYTES];
	uint8_t buffer[BUFFER_BYTES];
};

static int fail(struct sluice_pcap *pcap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct sluice_pcap *pcap, const char *format, ...)
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

static uint32_t get32(const struct sluice_pcap *pcap, const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return pcap->info.is_swapped ? __builtin_bswap32(value) : value;
}

/*
 * Make at least `bytes` unread bytes lie together in the buffer.
 * Returns 1, 0 if the file ends before, -1 on a read error.
 */
static int fill(struct sluice_pcap *pcap, size_t bytes)
{
	if (pcap->end - pcap->begin >= bytes)
		return 1;
	memmove(pcap->buffer, pcap->buffer + pcap->begin,
		pcap->end - pcap->begin);
	pcap->end -= pcap->begin;
	pcap->begin = 0;
	while (pcap->end < bytes && !pcap->has_ended) {
		ssize_t got = read(pcap->fd, pcap->buffer + pcap->end,
				   BUFFER_BYTES - pcap->end);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(pcap, "reading failed: %s", strerror(errno));
		if (got == 0)
			pcap->has_ended = true;
		pcap->end += (size_t)got;
	}
	return pcap->end >= bytes;
}

static int refuse_magic(struct sluice_pcap *pcap, uint32_t magic)
{
	if (magic == MAGIC_PCAPNG)
		return fail(pcap, "this is pcapng, which is not read here; convert it with: editcap -F nsecpcap IN OUT");
	if (magic == MAGIC_MODIFIED ||
	    magic == __builtin_bswap32(MAGIC_MODIFIED))
		return fail(pcap, "this is the pcap variant with longer record headers of old Linux tools; convert it with: editcap -F nsecpcap IN OUT");
	return fail(pcap, "not a capture file (it starts with 0x%08" PRIx32 ")",
		    magic);
}

static int read_file_header(struct sluice_pcap *pcap)
{
	const uint8_t *header = pcap->buffer;
	uint32_t magic, native, link;
	uint16_t major;
	int got = fill(pcap, FILE_HEADER_BYTES);

	if (got < 0)
		return -1;
	if (!got && pcap->end == 0)
		return fail(pcap, "the file is empty");
	if (pcap->end < sizeof(magic))
		return fail(pcap, "not a capture file (it has %zu bytes)",
			    pcap->end);
	memcpy(&magic, header, sizeof(magic));
	native = __builtin_bswap32(magic);
	pcap->info.is_swapped = native == MAGIC_US || native == MAGIC_NS;
	if (!pcap->info.is_swapped)
		native = magic;
	if (native != MAGIC_US && native != MAGIC_NS)
		return refuse_magic(pcap, magic);
	if (!got)
		return fail(pcap, "the file ends inside its header, after %zu of 24 bytes",
			    pcap->end);
	memcpy(&major, header + 4, sizeof(major));
	if (pcap->info.is_swapped)
		major = __builtin_bswap16(major);
	if (major != 2)
		return fail(pcap, "pcap format version %u is not known (version 2 is)",
			    major);
	link = get32(pcap, header + 20);
	pcap->info.link_type = link & LINK_TYPE_MASK;
	pcap->info.fcs_bytes = link & LINK_HAS_FCS ? link >> LINK_FCS_SHIFT : 0;
	pcap->info.snap_bytes = get32(pcap, header + 16);
	pcap->info.resolution_ns = native == MAGIC_NS ? 1 : 1000;
	pcap->fraction_limit = native == MAGIC_NS ? 1000000000 : 1000000;
	pcap->begin = FILE_HEADER_BYTES;
	pcap->offset = FILE_HEADER_BYTES;
	return 0;
}

int sluice_pcap_open(struct sluice_pcap **ret_pcap, const char *path,
		     char *error, size_t error_size)
{
	struct sluice_pcap *pcap = malloc(sizeof(*pcap));
	bool is_stdin = !strcmp(path, "-");

	if (!pcap) {
		snprintf(error, error_size, "%s: no memory to read it", path);
		return -1;
	}
	memset(pcap, 0, offsetof(struct sluice_pcap, buffer));
	snprintf(pcap->path, sizeof(pcap->path), "%s",
		 is_stdin ? "standard input" : path);
	pcap->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (pcap->fd < 0)
		fail(pcap, "cannot be opened: %s", strerror(errno));
	if (pcap->fd < 0 || read_file_header(pcap) < 0) {
		snprintf(error, error_size, "%s", pcap->error);
		sluice_pcap_close(pcap);
		return -1;
	}
	*ret_pcap = pcap;
	return 0;
}

void sluice_pcap_close(struct sluice_pcap *pcap)
{
	if (!pcap)
		return;
	if (pcap->fd > STDIN_FILENO)
		close(pcap->fd);
	free(pcap);
}

const struct sluice_pcap_info *sluice_pcap_info(const struct sluice_pcap *pcap)
{
	return &pcap->info;
}

const char *sluice_pcap_error(const struct sluice_pcap *pcap)
{
	return pcap->error;
}

/* The file ends where a record should go on: say how much of it is good. */
static int fail_short(struct sluice_pcap *pcap)
{
	return fail(pcap, "cut short inside record %" PRIu64 " at byte %" PRIu64 "; the records before it are good",
		    pcap->records + 1, pcap->offset);
}

static int fail_damaged(struct sluice_pcap *pcap, const char *field,
			uint32_t value, uint32_t limit)
{
	return fail(pcap, "damaged at byte %" PRIu64 ": record %" PRIu64 " has %s %" PRIu32 ", at most %" PRIu32 " is possible; the records before it are good",
		    pcap->offset, pcap->records + 1, field, value, limit);
}

int sluice_pcap_next(struct sluice_pcap *pcap,
		     struct sluice_pcap_record *ret_record)
{
	uint32_t seconds, fraction, captured, original;
	const uint8_t *header;
	int got;

	if (pcap->error[0])
		return -1;
	got = fill(pcap, RECORD_HEADER_BYTES);
	if (got <= 0)
		return got < 0 ? -1 :
		       pcap->end == pcap->begin ? 0 : fail_short(pcap);
	header = pcap->buffer + pcap->begin;
	seconds = get32(pcap, header);
	fraction = get32(pcap, header + 4);
	captured = get32(pcap, header + 8);
	original = get32(pcap, header + 12);
	if (fraction >= pcap->fraction_limit)
		return fail_damaged(pcap, "a time fraction of", fraction,
				    pcap->fraction_limit - 1);
	if (captured > CAPTURED_MAX_BYTES)
		return fail_damaged(pcap, "a captured length of", captured,
				    CAPTURED_MAX_BYTES);
	if (original > FRAME_MAX_BYTES)
		return fail_damaged(pcap, "a frame length of", original,
				    FRAME_MAX_BYTES);
	got = fill(pcap, RECORD_HEADER_BYTES + captured);
	if (got <= 0)
		return got < 0 ? -1 : fail_short(pcap);
	ret_record->data = pcap->buffer + pcap->begin + RECORD_HEADER_BYTES;
	pcap->begin += RECORD_HEADER_BYTES + captured;
	pcap->offset += RECORD_HEADER_BYTES + captured;
	pcap->records++;
	if (original < captured)
		original = captured;
	if (original > pcap->info.fcs_bytes)
		original -= pcap->info.fcs_bytes;
	ret_record->time_ns = seconds * 1000000000ull +
			      (uint64_t)fraction * pcap->info.resolution_ns;
	ret_record->frame_bytes = original;
	ret_record->captured_bytes = captured < original ? captured : original;
	return 1;
}
