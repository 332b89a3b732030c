/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader for capture files: pcap (pcap-savefile(5)) with µs or ns stamps and
 * pcapng (draft-ietf-opsawg-pcapng) with any, in either byte order, plain or
 * compressed with gzip, zstd or xz, from a file or a pipe. Captures are hostile
 * input: every length is checked before it is used, memory does not grow with
 * the file, and a damaged file ends the reading with one sentence.
 *
 * Files are read in blocks and never mapped: a file that shrinks meanwhile is
 * then cut short and no SIGBUS, and copying a block costs less than the faults
 * of a mapping.
 *
 * How to use it:
 *
 *	struct sluice_pcap_record records[64];
 *	int count;
 *
 *	if (sluice_pcap_open(&pcap, path, error, sizeof(error)) < 0)
 *		return refuse(error);
 *	while ((count = sluice_pcap_next_batch(pcap, records, 64)) > 0) {
 *		for (i = 0; i < count; i++) {
 *			is_ip[i] = sluice_frame_parse(records[i].data,
 *					records[i].captured_bytes,
 *					records[i].link_type, &frames[i]);
 *			if (is_ip[i])
 *				hashes[i] = sluice_flows_prepare(flows, &frames[i].key);
 *		}
 *		for (i = 0; i < count; i++)
 *			if (is_ip[i])
 *				numbers[i] = sluice_flows_number_prepared(flows,
 *						&frames[i].key, hashes[i]);
 *		... meters ...
 *	}
 *	if (count < 0)
 *		say(sluice_pcap_error(pcap));	what was read before it is good
 *	sluice_pcap_close(pcap);
 */
#ifndef SLUICE_PCAP_H
#define SLUICE_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LINKTYPE_ numbers of the registry at tcpdump.org that we name. */
#define SLUICE_LINKTYPE_NULL		0u
#define SLUICE_LINKTYPE_ETHERNET	1u
#define SLUICE_LINKTYPE_PPP		9u
#define SLUICE_LINKTYPE_PPP_HDLC	50u
#define SLUICE_LINKTYPE_RAW		101u
#define SLUICE_LINKTYPE_LOOP		108u
#define SLUICE_LINKTYPE_SLL		113u
#define SLUICE_LINKTYPE_IPV4		228u
#define SLUICE_LINKTYPE_IPV6		229u
#define SLUICE_LINKTYPE_SLL2		276u
/* What some systems write for RAW: their own number of it. */
#define SLUICE_LINKTYPE_RAW_BSD		12u
#define SLUICE_LINKTYPE_RAW_OPENBSD	14u
/* Of a file without any interface; the registry does not use it. */
#define SLUICE_LINKTYPE_NONE		0xffffu

/* The longest captured data of a record: the largest that libpcap writes. */
#define SLUICE_PCAP_CAPTURED_MAX_BYTES	262144u

struct sluice_pcap;

enum sluice_pcap_direction {
	SLUICE_PCAP_ANY,		/* the file does not tell */
	SLUICE_PCAP_OUT,
	SLUICE_PCAP_IN,
};

struct sluice_pcap_info {
	uint32_t link_type;		/* of the first interface */
	uint32_t fcs_bytes;		/* of it, of each frame's length; 0 if unknown */
	uint32_t snap_bytes;		/* of it, as the file says; 0: no limit */
	uint32_t resolution_ns;		/* of the stamps, at least 1; the coarsest so far */
	uint32_t interfaces;		/* so far: pcapng may name more on the way */
	uint64_t dropped_pkts;		/* of all interfaces, so far */
	bool is_swapped;		/* written on a machine of the other order */
	bool is_pcapng;
	bool is_compressed;
};

struct sluice_pcap_interface {
	char name[64];			/* "" where the file names none; printable */
	uint64_t speed_bits_ps;		/* 0: not known */
	uint32_t link_type;
	uint32_t fcs_bytes;
	uint32_t snap_bytes;
	uint32_t resolution_ns;
	uint32_t section_first;		/* number of interface 0 of its section */
	/*
	 * What pcapng says is missing, so far: statistics come at the end of a file. A
	 * pcap does not say.
	 */
	uint64_t dropped_pkts;		/* at least so many */
	uint64_t received_pkts;		/* that its statistics count; 0: they do not say */
	bool has_statistics;		/* of this interface, and */
	bool has_dropped_count;		/* they say how many, also none */
};

struct sluice_pcap_record {
	uint64_t time_ns;		/* since 1970, the clock of the capture */
	const uint8_t *data;		/* valid until the next call */
	uint32_t frame_bytes;		/* length on the medium, without FCS */
	uint32_t captured_bytes;	/* of data; at most frame_bytes */
	uint32_t interface;		/* from 0, in the order of the file */
	uint16_t link_type;		/* of that interface */
	uint8_t direction;		/* SLUICE_PCAP_… */
	bool has_time;			/* false: the file gives none (pcapng's simple
					 * blocks); time_ns is the record's before */
};

/*
 * Open a file ("-" is standard input) and read its header; of pcapng, all in
 * front of the first record. Returns 0, or with a sentence in error -1, or
 * -EOPNOTSUPP where a library is missing. The handle is given back with
 * sluice_pcap_close.
 */
int sluice_pcap_open(struct sluice_pcap **ret_pcap, const char *path,
		     char *error, size_t error_size);

/*
 * The same from an open file, which is closed with the handle; name stands for
 * it in sentences. For who opens a file with privileges and reads it without.
 */
int sluice_pcap_open_fd(struct sluice_pcap **ret_pcap, int fd, const char *name,
			char *error, size_t error_size);

/*
 * The same, but a signal that comes while bytes are waited for ends the file there if
 * *is_stopped is true then: that of a pipe into which nobody writes.
 */
int sluice_pcap_open_fd_until(struct sluice_pcap **ret_pcap, int fd,
			      const char *name, const volatile bool *is_stopped,
			      char *error, size_t error_size);

/*
 * Load what reading this open file may need, while that is possible: before a
 * sandbox. Takes nothing from it. Others need not call it.
 */
void sluice_pcap_prepare(int fd);

/* Closes the file; what the handle has given out ends with it. Accepts NULL. */
void sluice_pcap_close(struct sluice_pcap *pcap);

/* What is behind the pointer grows with the file as it is read. */
const struct sluice_pcap_info *sluice_pcap_info(const struct sluice_pcap *pcap);

/* Of number below info's interfaces. Valid until the next record is asked for. */
const struct sluice_pcap_interface *
sluice_pcap_interface(const struct sluice_pcap *pcap, uint32_t number);

/*
 * The next records, at most max and at least one; of a pipe, those that are
 * there. Returns how many, 0 at the end of the file, -1 if the file is cut
 * short or damaged; everything returned so far is good. sluice_pcap_error then
 * holds the sentence. The data of all records of a batch is valid until the
 * next call of this or of sluice_pcap_next.
 */
int sluice_pcap_next_batch(struct sluice_pcap *pcap,
			   struct sluice_pcap_record *ret_records, int max);

/* The same for one record: 1, 0 or -1. */
int sluice_pcap_next(struct sluice_pcap *pcap,
		     struct sluice_pcap_record *ret_record);

/* "" as long as nothing went wrong. */
const char *sluice_pcap_error(const struct sluice_pcap *pcap);

#endif
