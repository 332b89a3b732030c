// SPDX-License-Identifier: GPL-2.0
#include "pcap_xz.h"

#include <string.h>
#include <unistd.h>

#include "pcap.h"
#include "pcap_library.h"

static struct pcap_xz_library liblzma;
static char why_not[256];		/* "": it was not tried, or it is there */

bool pcap_xz_is(const uint8_t *bytes)
{
	return !memcmp(bytes, "\xfd" "7zXZ", PCAP_XZ_MAGIC_BYTES);
}

static void load(void)
{
	static const char *const files[] = { "liblzma.so.5" };
	const struct pcap_function functions[] = {
		{ "lzma_stream_decoder", (void **)&liblzma.stream_decoder },
		{ "lzma_code", (void **)&liblzma.code },
		{ "lzma_end", (void **)&liblzma.end },
	};

	(void)pcap_library_load(files, sizeof(files) / sizeof(files[0]),
				functions,
				sizeof(functions) / sizeof(functions[0]),
				why_not, sizeof(why_not));
}

const struct pcap_xz_library *pcap_xz_load(const char **ret_why)
{
	if (!liblzma.code && !*why_not)
		load();
	*ret_why = why_not;
	return *why_not ? NULL : &liblzma;
}

void sluice_pcap_prepare(int fd)
{
	uint8_t bytes[PCAP_XZ_MAGIC_BYTES];
	off_t at = lseek(fd, 0, SEEK_CUR);
	const char *why;

	/* who takes the first bytes of a pipe has them: there it is not known yet */
	if (at >= 0 && pread(fd, bytes, sizeof(bytes), at) == sizeof(bytes) &&
	    !pcap_xz_is(bytes))
		return;
	(void)pcap_xz_load(&why);
}
