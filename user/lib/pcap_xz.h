/* SPDX-License-Identifier: GPL-2.0 */
/*
 * liblzma, which unpacks xz: loaded when a capture needs it and not linked, for
 * few are packed so, and each command would wait for it.
 */
#ifndef SLUICE_PCAP_XZ_H
#define SLUICE_PCAP_XZ_H

#include <lzma.h>
#include <stdbool.h>

#define PCAP_XZ_MAGIC_BYTES	6u

struct pcap_xz_library {
	__typeof__(lzma_stream_decoder) *stream_decoder;
	__typeof__(lzma_code) *code;
	__typeof__(lzma_end) *end;
};

/* At least PCAP_XZ_MAGIC_BYTES of them. */
bool pcap_xz_is(const uint8_t *bytes);

/*
 * Loads it once. NULL: it cannot be had, and *ret_why says why: what was said the
 * first time, before a sandbox refused more.
 */
const struct pcap_xz_library *pcap_xz_load(const char **ret_why);

#endif
