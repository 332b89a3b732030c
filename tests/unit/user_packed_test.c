// SPDX-License-Identifier: GPL-2.0
/* Captures that are compressed, come through a pipe, or shrink while they are read. */
#include <fcntl.h>
#include <lzma.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "user_capture.h"

#define RECORDS		16u
#define FRAME_BYTES	200u

/* A capture of some kilobytes, in which no two records are the same. */
static void put_capture(struct bytes *bytes)
{
	put_header(bytes, 0xa1b23c4d, 0, 1);
	for (uint32_t i = 0; i < RECORDS; i++)
		put_record(bytes, i, i, FRAME_BYTES + i, 1514);
}

static struct bytes gzip(const void *data, size_t size)
{
	struct bytes packed = { 0 };
	z_stream stream = { 0 };

	if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY))
		abort();
	stream.next_in = (Bytef *)data;
	stream.avail_in = (uInt)size;
	stream.next_out = packed.data;
	stream.avail_out = sizeof(packed.data);
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	packed.size = sizeof(packed.data) - stream.avail_out;
	deflateEnd(&stream);
	return packed;
}

static struct bytes zstd(const void *data, size_t size)
{
	struct bytes packed = { 0 };
	ZSTD_CCtx *context = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	packed.size = ZSTD_compress2(context, packed.data, sizeof(packed.data),
				     data, size);
	if (ZSTD_isError(packed.size))
		abort();
	ZSTD_freeCCtx(context);
	return packed;
}

static struct bytes xz(const void *data, size_t size)
{
	struct bytes packed = { 0 };

	if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, data, size,
				    packed.data, &packed.size,
				    sizeof(packed.data)) != LZMA_OK)
		abort();
	return packed;
}

/* All records of put_capture, and then the end. */
static bool is_whole(struct sluice_pcap *pcap)
{
	struct sluice_pcap_record record;
	bool is_same = true;
	uint32_t count = 0;

	while (pcap && sluice_pcap_next(pcap, &record) > 0) {
		is_same &= record.time_ns == count * 1000000001ull &&
			   record.captured_bytes == FRAME_BYTES + count &&
			   record.data[FRAME_BYTES - 1] == (uint8_t)(FRAME_BYTES - 1);
		count++;
	}
	return is_same && count == RECORDS && !*sluice_pcap_error(pcap);
}

static void expect_whole(const struct bytes *bytes, const char *claim)
{
	struct sluice_pcap *pcap = open_bytes(bytes);

	if (!tap_ok(is_whole(pcap), claim))
		printf("# %s\n", pcap ? sluice_pcap_error(pcap) : error);
	sluice_pcap_close(pcap);
}

static void append(struct bytes *to, const struct bytes *more)
{
	memcpy(to->data + to->size, more->data, more->size);
	to->size += more->size;
}

typedef struct bytes (*pack_fn)(const void *data, size_t size);

static void test_packed(pack_fn pack, const char *name)
{
	struct bytes plain = { 0 }, packed, more;
	struct sluice_pcap *pcap;
	char claim[80];

	put_capture(&plain);
	packed = pack(plain.data, plain.size);
	expect_whole(&packed, name);
	pcap = open_bytes(&packed);
	tap_ok(pcap && sluice_pcap_info(pcap)->is_compressed, "it says so");
	sluice_pcap_close(pcap);
	packed = pack(plain.data, 1000);
	more = pack(plain.data + 1000, plain.size - 1000);
	append(&packed, &more);
	snprintf(claim, sizeof(claim), "%s in two parts", name);
	expect_whole(&packed, claim);
	more.size = 16;
	memset(more.data, 'x', more.size);
	packed = pack(plain.data, plain.size);
	append(&packed, &more);
	snprintf(claim, sizeof(claim), "%s with something behind it", name);
	expect_end(&packed, RECORDS, "data is damaged", claim);
	packed = pack(plain.data, plain.size);
	packed.size -= 2;
	snprintf(claim, sizeof(claim), "%s without its last two bytes", name);
	expect_end(&packed, RECORDS, "data is cut short", claim);
}

/* Cut at every byte: a refusal, or some good records and a sentence. */
static void test_packed_cut(pack_fn pack, const char *claim)
{
	struct bytes plain = { 0 }, packed;
	bool is_right = true;
	size_t whole;

	put_capture(&plain);
	packed = pack(plain.data, plain.size);
	whole = packed.size;
	for (packed.size = 1; packed.size < whole; packed.size++) {
		struct sluice_pcap *pcap = open_bytes(&packed);

		is_right &= !is_whole(pcap) &&
			    strlen(pcap ? sluice_pcap_error(pcap) : error) > 10;
		sluice_pcap_close(pcap);
	}
	tap_ok(is_right, claim);
}

/* One byte changed: whole, because it did not matter, or a sentence. */
static void test_packed_damage(pack_fn pack, const char *claim)
{
	struct bytes plain = { 0 }, packed;
	bool is_right = true;

	put_capture(&plain);
	packed = pack(plain.data, plain.size);
	for (size_t at = 0; at < packed.size; at++)
		for (int bit = 0; bit < 8; bit += 3) {
			struct bytes bad = packed;
			struct sluice_pcap *pcap;

			bad.data[at] ^= (uint8_t)(1 << bit);
			pcap = open_bytes(&bad);
			is_right &= is_whole(pcap) ||
				    strlen(pcap ? sluice_pcap_error(pcap) : error) > 10;
			sluice_pcap_close(pcap);
		}
	tap_ok(is_right, claim);
}

static void test_refused(void)
{
	static const uint8_t window[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8,
					  0x01, 0x00, 0x00 };
	struct bytes bytes = { 0 };

	memcpy(bytes.data, "BZh9............", 16);
	bytes.size = 16;
	expect_end(&bytes, -1, "bzip2 -dc FILE", "bzip2 is named, and what to do");
	memcpy(bytes.data, "\x04\x22\x4d\x18", 4);
	expect_end(&bytes, -1, "lz4 -dc FILE", "lz4 too");
	memcpy(bytes.data, window, sizeof(window));
	bytes.size = sizeof(window);
	expect_end(&bytes, -1, "too much memory", "a window of 2 TB is refused");
	memset(bytes.data, 0, 4000);
	bytes = gzip(bytes.data, 4000);
	expect_end(&bytes, -1, "not a capture file", "zeros, packed");
}

/* The head of the first block asks for 4 GiB, and its check sum is right. */
static void test_xz_memory(void)
{
	struct bytes plain = { 0 }, packed;
	uint8_t *head, *at;
	uint32_t bytes, sum;

	put_capture(&plain);
	packed = xz(plain.data, plain.size);
	head = packed.data + LZMA_STREAM_HEADER_SIZE;
	bytes = (*head + 1u) * 4 - 4;
	/* LZMA2's number, how many bytes it is told, and the size of its dictionary */
	at = memmem(head + 2, bytes - 2, "\x21\x01", 2);
	if (!at)
		abort();
	at[2] = 40;
	sum = htole32(lzma_crc32(head, bytes, 0));
	memcpy(head + bytes, &sum, sizeof(sum));
	expect_end(&packed, -1, "takes more than 128 MiB to unpack", "xz that asks for 4 GiB is refused");
	tap_text(error, "xz -dc FILE", "and what to do is said");
}

/* 64 MB of one byte in a packed file: memory does not follow. */
static void test_bomb(void)
{
	enum { STEP = 1 << 20, STEPS = 64 };
	struct bytes plain = { 0 };
	char path[] = "/tmp/sluice-bomb-XXXXXX";
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap = NULL;
	uint8_t *zeros = calloc(1, STEP);
	struct rusage before, after;
	uint64_t count = 0;
	gzFile file;
	int fd = mkstemp(path);

	file = fd < 0 ? NULL : gzdopen(fd, "wb6");
	if (!file || !zeros)
		abort();
	put_header(&plain, 0xa1b23c4d, 0, 1);
	gzwrite(file, plain.data, (unsigned int)plain.size);
	for (int i = 0; i < STEPS; i++)
		gzwrite(file, zeros, STEP);
	gzclose(file);
	free(zeros);
	getrusage(RUSAGE_SELF, &before);
	if (!sluice_pcap_open(&pcap, path, error, sizeof(error)))
		while (sluice_pcap_next(pcap, &record) > 0)
			count++;
	sluice_pcap_close(pcap);
	getrusage(RUSAGE_SELF, &after);
	unlink(path);
	tap_u64(count, (uint64_t)STEP * STEPS / 16, "64 MB of empty records from 64 kB");
	tap_ok(after.ru_maxrss - before.ru_maxrss < 16 << 10, "in less than 16 MB more");
}

/* The capture through a pipe in pieces of so many bytes, on standard input. */
static bool is_whole_piped(const struct bytes *bytes, size_t piece)
{
	struct sluice_pcap *pcap = NULL;
	bool is_good;
	int ends[2];
	pid_t writer;

	if (pipe(ends))
		abort();
	fflush(stdout);
	writer = fork();
	if (!writer) {
		for (size_t at = 0; at < bytes->size; at += piece)
			if (write(ends[1], bytes->data + at,
				  bytes->size - at < piece ? bytes->size - at : piece) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	is_good = !sluice_pcap_open(&pcap, "-", error, sizeof(error)) &&
		  is_whole(pcap);
	sluice_pcap_close(pcap);
	waitpid(writer, NULL, 0);
	return is_good;
}

static void test_pipe(void)
{
	struct bytes plain = { 0 }, packed;

	put_capture(&plain);
	tap_ok(is_whole_piped(&plain, 1), "a pipe, byte by byte");
	tap_ok(is_whole_piped(&plain, 3000), "a pipe in pieces");
	packed = gzip(plain.data, plain.size);
	tap_ok(is_whole_piped(&packed, 1), "gzip through a pipe, byte by byte");
	packed = zstd(plain.data, plain.size);
	tap_ok(is_whole_piped(&packed, 1), "zstd through a pipe, byte by byte");
	packed = xz(plain.data, plain.size);
	tap_ok(is_whole_piped(&packed, 1), "xz through a pipe, byte by byte");
	plain.size -= 1;
	tap_ok(!is_whole_piped(&plain, 1000), "a pipe that is cut is no whole capture");
}

/* What was there is good; what went away is missing, and no signal. */
static void test_shrinks(void)
{
	enum { MANY = 20000 };
	struct bytes one = { 0 };
	char path[] = "/tmp/sluice-shrinks-XXXXXX";
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap = NULL;
	int fd = mkstemp(path), got = -2, count = 0;

	put_header(&one, 0xa1b23c4d, 0, 1);
	if (fd < 0 || write(fd, one.data, one.size) < 0)
		abort();
	one.size = 0;
	put_record(&one, 1, 0, 100, 100);
	for (int i = 0; i < MANY; i++)
		if (write(fd, one.data, one.size) < 0)
			abort();
	if (!sluice_pcap_open(&pcap, path, error, sizeof(error))) {
		count = sluice_pcap_next(pcap, &record);
		if (ftruncate(fd, 5000))
			abort();
		while ((got = sluice_pcap_next(pcap, &record)) > 0)
			count++;
	}
	tap_ok(pcap && got == -1 && count > 1 && count < MANY &&
	       strstr(sluice_pcap_error(pcap), "cut short"),
	       "a file that shrinks while it is read is cut short");
	sluice_pcap_close(pcap);
	close(fd);
	unlink(path);
}

static void test_open(void)
{
	struct sluice_pcap *pcap = NULL;
	struct bytes plain = { 0 };
	int fd = memfd_create("capture", 0);

	tap_ok(sluice_pcap_open(&pcap, "/nonexistent/x.pcap", error, sizeof(error)) < 0 &&
	       strstr(error, "/nonexistent/x.pcap: cannot be opened: No such file"),
	       "a file that is not there");
	tap_ok(sluice_pcap_open(&pcap, "/tmp", error, sizeof(error)) < 0 &&
	       strstr(error, "/tmp: reading failed: Is a directory"), "a folder");
	put_capture(&plain);
	if (write(fd, plain.data, plain.size) < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	tap_ok(!sluice_pcap_open_fd(&pcap, fd, "opened before", error, sizeof(error)) &&
	       is_whole(pcap), "a file that somebody else opened");
	sluice_pcap_close(pcap);
	tap_ok(fcntl(fd, F_GETFD) < 0, "is closed with the reader");
}

int main(void)
{
	test_packed(gzip, "gzip");
	test_packed(zstd, "zstd");
	test_packed(xz, "xz");
	test_packed_cut(gzip, "gzip, cut at every byte");
	test_packed_cut(zstd, "zstd, cut at every byte");
	test_packed_cut(xz, "xz, cut at every byte");
	test_packed_damage(gzip, "gzip with a bit changed anywhere");
	test_packed_damage(zstd, "zstd with a bit changed anywhere");
	test_packed_damage(xz, "xz with a bit changed anywhere");
	test_refused();
	test_xz_memory();
	test_bomb();
	test_pipe();
	test_shrinks();
	test_open();
	return tap_done();
}
