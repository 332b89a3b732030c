/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader for classic capture files (pcap-savefile(5)): µs or ns stamps,
 * either byte order, from a file or a pipe. Captures are hostile input: every
 * length is checked before it is used, and a damaged file ends the reading
 * with one sentence.
 */
#ifndef SLUICE_PCAP_H
#define SLUICE_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LINKTYPE_ numbers of the registry at tcpdump.org that we name. */
#define SLUICE_LINKTYPE_ETHERNET	1u
#define SLUICE_LINKTYPE_RAW		101u

struct sluice_pcap;

struct sluice_pcap_info {
	uint32_t link_type;
	uint32_t fcs_bytes;		/* of each frame's length; 0 if unknown */
	uint32_t snap_bytes;		/* as the file says */
	uint32_t resolution_ns;		/* of the stamps: 1 or 1000 */
	bool is_swapped;		/* written on a machine of the other order */
};

struct sluice_pcap_record {
	uint64_t time_ns;		/* since 1970, the clock of the capture */
	uint32_t frame_bytes;		/* length on the medium, without FCS */
	uint32_t captured_bytes;	/* of data; at most frame_bytes */
	const uint8_t *data;		/* valid until the next call */
};

/*
 * Open a file ("-" is standard input) and read its header. Returns 0, or -1
 * with a sentence in error. The handle is given back with sluice_pcap_close.
 */
int sluice_pcap_open(struct sluice_pcap **ret_pcap, const char *path,
		     char *error, size_t error_size);

/* Accepts NULL. */
void sluice_pcap_close(struct sluice_pcap *pcap);

const struct sluice_pcap_info *sluice_pcap_info(const struct sluice_pcap *pcap);

/*
 * The next record. Returns 1 with *ret_record filled, 0 at the end of the
 * file, -1 if the file is cut short or damaged; everything returned so far
 * is good. sluice_pcap_error then holds the sentence.
 */
int sluice_pcap_next(struct sluice_pcap *pcap,
		     struct sluice_pcap_record *ret_record);

/* "" as long as nothing went wrong. */
const char *sluice_pcap_error(const struct sluice_pcap *pcap);

#endif
