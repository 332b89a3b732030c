/* SPDX-License-Identifier: GPL-2.0 */
/* Capture files made by hand, byte by byte, and read as files. */
#ifndef SLUICE_TESTS_USER_CAPTURE_H
#define SLUICE_TESTS_USER_CAPTURE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/lib/pcap.h"
#include "user_tap.h"

struct bytes {
	uint8_t data[8192];
	size_t size;
	bool is_swapped;
};

static inline void put32(struct bytes *bytes, uint32_t value)
{
	if (bytes->is_swapped)
		value = __builtin_bswap32(value);
	memcpy(bytes->data + bytes->size, &value, 4);
	bytes->size += 4;
}

static inline void put_header(struct bytes *bytes, uint32_t magic, uint32_t snap,
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

static inline void put_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction,
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
static inline struct sluice_pcap *open_bytes(const struct bytes *bytes)
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

/* Reading ends with this sentence after so many good records. */
static inline void expect_end(const struct bytes *bytes, int good,
			      const char *sentence, const char *claim)
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

#endif
