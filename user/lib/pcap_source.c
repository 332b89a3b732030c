// SPDX-License-Identifier: GPL-2.0
/*
 * Where a capture's bytes come from: a file or a pipe, as they are or through
 * zlib, libzstd or liblzma. What the first bytes say decides, not the file's name.
 * Memory is bounded whatever the packed data claims: zlib needs 32 KiB, libzstd
 * refuses a window of more than 128 MiB, and liblzma gets as much in all, of which
 * "xz -9" takes half.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "pcap_parts.h"
#include "pcap_xz.h"

#define PACKED_BYTES	(128u << 10)
#define MAGIC_BYTES	PCAP_XZ_MAGIC_BYTES	/* the longest */
#define XZ_BYTES	(128u << 20)
/* inflateInit2: a window of 2^15, and a gzip header (16). */
#define GZIP_WINDOW	(15 + 16)

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD, PACKED_XZ };

struct pcap_source {
	int fd;
	enum packing packing;
	bool has_ended;			/* read returned 0 */
	bool is_inside;			/* a gzip member, zstd frame, xz stream has begun */
	const char *broken;		/* why nothing can follow; NULL: it can */
	z_stream gzip;
	ZSTD_DStream *zstd;
	const struct pcap_xz_library *liblzma;
	lzma_stream xz;
	size_t begin;			/* packed[begin..end) is still to be used */
	size_t end;
	uint8_t packed[PACKED_BYTES];
};

/* Of these the sentence says more. */
static const char cut_short[] = "it is cut short";
static const char too_large[] = "it takes too much memory";

static const struct {
	uint8_t magic[MAGIC_BYTES];
	uint8_t bytes;
	const char *name;
	const char *program;
} not_read[] = {
	{ { 'B', 'Z', 'h' }, 3, "bzip2", "bzip2" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4", "lz4" },
};

/* As read(2), and again after a signal, unless it was one that ends the file. */
static ssize_t read_retry(const struct sluice_pcap *pcap, uint8_t *to, size_t room)
{
	ssize_t got;

	do {
		got = read(pcap->source->fd, to, room);
		if (got < 0 && errno == EINTR && pcap->is_stopped &&
		    *pcap->is_stopped)
			return 0;
	} while (got < 0 && errno == EINTR);
	return got;
}

/* More packed bytes behind those that are left. 1, 0 at the end, -1. */
static int source_fill(struct sluice_pcap *pcap)
{
	struct pcap_source *source = pcap->source;
	ssize_t got;

	if (source->has_ended)
		return 0;
	memmove(source->packed, source->packed + source->begin,
		source->end - source->begin);
	source->end -= source->begin;
	source->begin = 0;
	got = read_retry(pcap, source->packed + source->end,
			 sizeof(source->packed) - source->end);
	if (got < 0)
		return pcap_fail(pcap, "reading failed: %s", strerror(errno));
	source->has_ended = got == 0;
	source->end += (size_t)got;
	return got != 0;
}

static bool is_gzip(const struct pcap_source *source)
{
	return source->end - source->begin >= 2 &&
	       source->packed[source->begin] == 0x1f &&
	       source->packed[source->begin + 1] == 0x8b;
}

/* A frame of data, or one that zstd skips. */
static bool is_zstd(const struct pcap_source *source)
{
	const uint8_t *at = source->packed + source->begin;

	return source->end - source->begin >= 4 &&
	       (!memcmp(at, "\x28\xb5\x2f\xfd", 4) ||
		((at[0] & 0xf0) == 0x50 && !memcmp(at + 1, "\x2a\x4d\x18", 3)));
}

static int xz_begin(struct sluice_pcap *pcap)
{
	struct pcap_source *source = pcap->source;
	const char *why;

	source->liblzma = pcap_xz_load(&why);
	if (!source->liblzma) {
		pcap_fail(pcap, "this is compressed with xz, and liblzma cannot be loaded (%s); on Debian the package is liblzma5",
			  why);
		return -EOPNOTSUPP;
	}
	/* streams behind one another are one, as xz has it */
	if (source->liblzma->stream_decoder(&source->xz, XZ_BYTES,
					    LZMA_CONCATENATED) != LZMA_OK)
		return pcap_fail(pcap, "no memory to unpack it");
	source->packing = PACKED_XZ;
	return 0;
}

static int source_detect(struct sluice_pcap *pcap)
{
	struct pcap_source *source = pcap->source;
	int got = 1;

	while (source->end < MAGIC_BYTES && got > 0)
		got = source_fill(pcap);
	if (got < 0)
		return -1;
	for (size_t i = 0; i < sizeof(not_read) / sizeof(not_read[0]); i++)
		if (source->end >= not_read[i].bytes &&
		    !memcmp(source->packed, not_read[i].magic, not_read[i].bytes))
			return pcap_fail(pcap, "this is compressed with %s, which is not read here; unpack it on the way in: %s -dc FILE | sluice ... -",
					 not_read[i].name, not_read[i].program);
	if (is_gzip(source)) {
		if (inflateInit2(&source->gzip, GZIP_WINDOW) != Z_OK)
			return pcap_fail(pcap, "no memory to unpack it");
		source->packing = PACKED_GZIP;
	} else if (is_zstd(source)) {
		source->zstd = ZSTD_createDStream();
		if (!source->zstd)
			return pcap_fail(pcap, "no memory to unpack it");
		source->packing = PACKED_ZSTD;
	} else if (source->end >= MAGIC_BYTES && pcap_xz_is(source->packed)) {
		got = xz_begin(pcap);
		if (got < 0)
			return got;
	}
	pcap->info.is_compressed = source->packing != PACKED_NOT;
	return 0;
}

int pcap_source_open(struct sluice_pcap *pcap, const char *path, int fd)
{
	struct pcap_source *source = malloc(sizeof(*source));

	if (!source) {
		if (fd > STDIN_FILENO)
			close(fd);
		return pcap_fail(pcap, "no memory to read it");
	}
	memset(source, 0, offsetof(struct pcap_source, packed));
	pcap->source = source;
	source->fd = fd < 0 ? open(path, O_RDONLY | O_CLOEXEC) : fd;
	if (source->fd < 0)
		return pcap_fail(pcap, "cannot be opened: %s", strerror(errno));
	return source_detect(pcap);
}

void pcap_source_close(struct pcap_source *source)
{
	if (!source)
		return;
	if (source->packing == PACKED_GZIP)
		inflateEnd(&source->gzip);
	ZSTD_freeDStream(source->zstd);
	if (source->packing == PACKED_XZ)
		source->liblzma->end(&source->xz);
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	free(source);
}

static size_t gzip_step(struct pcap_source *source, uint8_t *to, size_t room)
{
	z_stream *gzip = &source->gzip;
	int got;

	if (!source->is_inside && !is_gzip(source)) {
		source->broken = "something that is not gzip follows it";
		return 0;
	}
	gzip->next_in = source->packed + source->begin;
	gzip->avail_in = (uInt)(source->end - source->begin);
	gzip->next_out = to;
	gzip->avail_out = (uInt)room;
	source->is_inside = true;
	got = inflate(gzip, Z_NO_FLUSH);
	source->begin = source->end - gzip->avail_in;
	if (got == Z_STREAM_END) {
		source->is_inside = false;
		inflateReset(gzip);
	} else if (got == Z_MEM_ERROR) {
		source->broken = "no memory to unpack it";
	} else if (got != Z_OK && got != Z_BUF_ERROR) {
		source->broken = gzip->msg ? gzip->msg : "it is damaged";
	}
	return room - gzip->avail_out;
}

static size_t zstd_step(struct pcap_source *source, uint8_t *to, size_t room)
{
	ZSTD_outBuffer out = { to, room, 0 };
	ZSTD_inBuffer in = { source->packed, source->end, source->begin };
	size_t got = ZSTD_decompressStream(source->zstd, &out, &in);

	source->begin = in.pos;
	source->is_inside = got != 0;
	if (ZSTD_isError(got))
		source->broken = ZSTD_getErrorName(got);
	return out.pos;
}

static size_t xz_step(struct pcap_source *source, uint8_t *to, size_t room)
{
	lzma_stream *xz = &source->xz;
	lzma_ret got;

	xz->next_in = source->packed + source->begin;
	xz->avail_in = source->end - source->begin;
	xz->next_out = to;
	xz->avail_out = room;
	got = source->liblzma->code(xz, source->has_ended ? LZMA_FINISH :
							    LZMA_RUN);
	source->begin = source->end - xz->avail_in;
	source->is_inside = got != LZMA_STREAM_END;
	if (got == LZMA_MEMLIMIT_ERROR)
		source->broken = too_large;
	else if (got == LZMA_MEM_ERROR)
		source->broken = "no memory to unpack it";
	else if (got == LZMA_OPTIONS_ERROR)
		source->broken = "it was packed in a way that this liblzma does not know";
	else if (got != LZMA_OK && got != LZMA_STREAM_END &&
		 got != LZMA_BUF_ERROR)
		source->broken = "a length or a check sum in it is wrong";
	return room - xz->avail_out;
}

static const struct {
	const char *name;
	/* Uses packed bytes; returns how many it made. Sets broken, is_inside. */
	size_t (*step)(struct pcap_source *source, uint8_t *to, size_t room);
} packings[] = {
	[PACKED_GZIP] = { "gzip", gzip_step },
	[PACKED_ZSTD] = { "zstd", zstd_step },
	[PACKED_XZ] = { "xz", xz_step },
};

/* Nothing can follow: says why, and how far the records may be good. */
static int fail_broken(struct sluice_pcap *pcap)
{
	const char *name = packings[pcap->source->packing].name;
	const char *why = pcap->source->broken;
	uint64_t unpacked = pcap->offset + pcap->end - pcap->begin;

	if (why == cut_short)
		return pcap_fail(pcap, "the %s data is cut short behind byte %" PRIu64 " of what was packed; the records before it are good",
				 name, unpacked);
	if (why == too_large)
		return pcap_fail(pcap, "the %s data takes more than %u MiB to unpack behind byte %" PRIu64 " of what was packed; the records before it are good; unpack it on the way in: %s -dc FILE | sluice ... -",
				 name, XZ_BYTES >> 20, unpacked, name);
	return pcap_fail(pcap, "the %s data is damaged (%s) behind byte %" PRIu64 " of what was packed; the records before it are good",
			 name, why, unpacked);
}

static ssize_t unpack(struct sluice_pcap *pcap, uint8_t *to, size_t room)
{
	struct pcap_source *source = pcap->source;
	size_t made = 0;

	for (;;) {
		if (source->broken)
			return fail_broken(pcap);
		/* A magic number may be cut by the end of a read. */
		if (source->end - source->begin < (source->is_inside ? 1 : MAGIC_BYTES)) {
			int got = source_fill(pcap);

			if (got < 0)
				return -1;
			if (!got && source->begin == source->end && !source->is_inside)
				return 0;
			if (got && !source->is_inside)
				continue;
		}
		made = packings[source->packing].step(source, to, room);
		if (made)
			return (ssize_t)made;
		if (source->is_inside && source->has_ended && !source->broken &&
		    source->begin == source->end)
			source->broken = cut_short;
	}
}

ssize_t pcap_source_read(struct sluice_pcap *pcap, uint8_t *to, size_t room)
{
	struct pcap_source *source = pcap->source;
	size_t left = source->end - source->begin;
	ssize_t got;

	if (source->packing != PACKED_NOT)
		return unpack(pcap, to, room);
	if (left) {
		if (left > room)
			left = room;
		memcpy(to, source->packed + source->begin, left);
		source->begin += left;
		return (ssize_t)left;
	}
	got = source->has_ended ? 0 : read_retry(pcap, to, room);
	if (got < 0)
		return pcap_fail(pcap, "reading failed: %s", strerror(errno));
	source->has_ended = got == 0;
	return got;
}
