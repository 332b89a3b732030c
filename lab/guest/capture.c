// SPDX-License-Identifier: GPL-2.0
/*
 * lab-capture FILE COMMAND…: captures while COMMAND runs, into pcap files
 * with nanosecond stamps, and ends with its exit code; 1 if a frame was lost.
 *
 * FILE has a line per capture: "capture NS DEVICE in|out PCAP". Each is a
 * packet socket with a TPACKET_V3 ring: the kernel fills blocks of many
 * frames, this process wakes once per block, and writes once per megabyte.
 * Virtual time passes only between packets, so a stamp is the exact instant
 * at which the frame passed the device.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define CAPTURES_MAX 256
#define SNAP_BYTES 96u
#define BLOCK_BYTES (256u << 10)
/* Per ring: this process runs before virtual time goes on, so few are enough. */
#define BLOCKS 4u
/* A block that never fills is handed over after this long. */
#define RETIRE_MS 1000
#define OUT_BYTES (1u << 20)
#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_ETHERNET 1

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct pcap_file_header {
	uint32_t magic;
	uint16_t major, minor;
	int32_t zone;
	uint32_t sigfigs, snap_bytes, link_type;
};

struct pcap_record {
	uint32_t sec, nsec, captured_bytes, frame_bytes;
};

struct capture {
	char ns[16], device[16], path[64];
	bool is_out;		/* frames leaving the device, else arriving */
	int fd;
	int file;
	uint8_t *ring;
	unsigned int block;	/* the next one to read */
	uint8_t *out;
	size_t out_used;
};

static void out_flush(struct capture *capture)
{
	size_t done = 0;

	while (done < capture->out_used) {
		ssize_t part = write(capture->file, capture->out + done,
				     capture->out_used - done);

		if (part < 0)
			die("cannot write %s", capture->path);
		done += (size_t)part;
	}
	capture->out_used = 0;
}

/* Both MAC addresses, before which no tag can stand. */
#define MACS_BYTES 12u
#define TAG_BYTES 4u

/*
 * The frame as the wire would have it, cut to SNAP_BYTES: the kernel keeps a
 * VLAN tag that the device inserts beside the frame. Returns bytes written.
 */
static uint32_t frame_put(uint8_t *to, const struct tpacket3_hdr *header,
			  uint32_t tag_bytes)
{
	const uint8_t *frame = (const uint8_t *)header + header->tp_mac;
	uint32_t captured = header->tp_snaplen + tag_bytes;
	uint16_t tag[2] = { htons(header->hv1.tp_vlan_tpid),
			    htons((uint16_t)header->hv1.tp_vlan_tci) };

	if (captured > SNAP_BYTES)
		captured = SNAP_BYTES;
	if (!tag_bytes) {
		memcpy(to, frame, captured);
		return captured;
	}
	memcpy(to, frame, MACS_BYTES);
	memcpy(to + MACS_BYTES, tag, TAG_BYTES);
	memcpy(to + MACS_BYTES + TAG_BYTES, frame + MACS_BYTES,
	       captured - MACS_BYTES - TAG_BYTES);
	return captured;
}

static void record_put(struct capture *capture,
		       const struct tpacket3_hdr *header)
{
	uint32_t tag_bytes = header->tp_status & TP_STATUS_VLAN_VALID &&
			     header->tp_snaplen >= MACS_BYTES ? TAG_BYTES : 0;
	struct pcap_record record = {
		.sec = header->tp_sec, .nsec = header->tp_nsec,
		.frame_bytes = header->tp_len + tag_bytes,
	};
	uint8_t *to;

	if (capture->out_used + sizeof(record) + SNAP_BYTES > OUT_BYTES)
		out_flush(capture);
	to = capture->out + capture->out_used;
	record.captured_bytes = frame_put(to + sizeof(record), header, tag_bytes);
	memcpy(to, &record, sizeof(record));
	capture->out_used += sizeof(record) + record.captured_bytes;
}

/* A tap on a device sees both directions; keep the one that was asked for. */
static bool is_wanted(const struct capture *capture,
		      const struct tpacket3_hdr *header)
{
	const struct sockaddr_ll *address = (const void *)
		((const uint8_t *)header + TPACKET_ALIGN(sizeof(*header)));

	return (address->sll_pkttype == PACKET_OUTGOING) == capture->is_out;
}

/* Hand all full blocks to the file. */
static void ring_drain(struct capture *capture)
{
	for (;;) {
		struct tpacket_block_desc *block = (void *)
			(capture->ring + (size_t)capture->block * BLOCK_BYTES);
		struct tpacket_hdr_v1 *status = &block->hdr.bh1;
		const uint8_t *at;
		uint32_t i;

		if (!(__atomic_load_n(&status->block_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			return;
		at = (const uint8_t *)block + status->offset_to_first_pkt;
		for (i = 0; i < status->num_pkts; i++) {
			const struct tpacket3_hdr *header = (const void *)at;

			if (is_wanted(capture, header))
				record_put(capture, header);
			at += header->tp_next_offset;
		}
		__atomic_store_n(&status->block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		capture->block = (capture->block + 1) % BLOCKS;
	}
}

/* Only the first SNAP_BYTES of a frame go into the ring. */
static void snap_set(int fd)
{
	struct sock_filter keep[] = {
		BPF_STMT(BPF_RET | BPF_K, SNAP_BYTES),
	};
	struct sock_fprog program = { .len = 1, .filter = keep };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)))
		die("cannot set the snap length");
}

static void ring_open(struct capture *capture)
{
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_BYTES, .tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCKS,
		.tp_retire_blk_tov = RETIRE_MS,
	};
	/* Stamped at capture: not the departure time that a frame carries. */
	int version = TPACKET_V3, stamp = SOF_TIMESTAMPING_RAW_HARDWARE, one = 1;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL) };

	capture->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (capture->fd < 0)
		die("cannot open a packet socket");
	address.sll_ifindex = (int)if_nametoindex(capture->device);
	if (setsockopt(capture->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(capture->fd, SOL_PACKET, PACKET_TIMESTAMP, &stamp,
		       sizeof(stamp)) ||
	    (!capture->is_out &&
	     setsockopt(capture->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
			sizeof(one))) ||
	    setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &request,
		       sizeof(request)))
		die("cannot set up the capture of %s", capture->device);
	snap_set(capture->fd);
	capture->ring = mmap(NULL, (size_t)BLOCK_BYTES * BLOCKS,
			     PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd, 0);
	if (capture->ring == MAP_FAILED)
		die("cannot map the ring of %s", capture->device);
	if (bind(capture->fd, (struct sockaddr *)&address, sizeof(address)))
		die("cannot capture %s", capture->device);
}

static void file_open(struct capture *capture)
{
	const struct pcap_file_header header = {
		.magic = PCAP_MAGIC_NS, .major = 2, .minor = 4,
		.snap_bytes = SNAP_BYTES, .link_type = PCAP_ETHERNET,
	};

	capture->file = open(capture->path,
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	capture->out = malloc(OUT_BYTES);
	if (capture->file < 0 || !capture->out)
		die("cannot write %s", capture->path);
	memcpy(capture->out, &header, sizeof(header));
	capture->out_used = sizeof(header);
}

static unsigned int captures_open(struct capture *captures, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int count = 0;
	char direction[8];

	if (!file)
		die("cannot read %s", path);
	while (count < CAPTURES_MAX &&
	       fscanf(file, " capture %15s %15s %7s %63s", captures[count].ns,
		      captures[count].device, direction,
		      captures[count].path) == 4) {
		struct capture *capture = &captures[count++];

		capture->is_out = !strcmp(direction, "out");
		netns_enter(capture->ns);
		ring_open(capture);
		file_open(capture);
	}
	if (!feof(file))
		die("%s: line %u cannot be understood", path, count + 1);
	fclose(file);
	return count;
}

/* Returns the number of frames that the kernel had no room for. */
static unsigned int capture_close(struct capture *capture)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t size = sizeof(stats);

	ring_drain(capture);
	out_flush(capture);
	if (getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &stats,
		       &size))
		die("cannot read the statistics of %s", capture->device);
	if (close(capture->file))
		die("cannot write %s", capture->path);
	close(capture->fd);
	return stats.tp_drops;
}

static void drain_all(struct capture *captures, unsigned int count, int wait_ms)
{
	static struct pollfd polls[CAPTURES_MAX];
	unsigned int i;

	for (i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = captures[i].fd,
					    .events = POLLIN };
	if (poll(polls, count, wait_ms) < 0 && errno != EINTR)
		die("cannot wait for frames");
	for (i = 0; i < count; i++)
		ring_drain(&captures[i]);
}

/*
 * Fork now, run command when a byte is written to *ret_start_fd: a process
 * that has a ring mapped must not fork (kernel 7.3 then complains of bad page
 * maps in the child).
 */
static pid_t command_start(char **command, int *ret_start_fd)
{
	int start[2];
	pid_t child;
	char byte;

	if (pipe2(start, O_CLOEXEC))
		die("cannot make a pipe");
	child = fork();
	if (child < 0)
		die("cannot fork");
	if (child) {
		close(start[0]);
		*ret_start_fd = start[1];
		return child;
	}
	close(start[1]);
	if (read(start[0], &byte, 1) != 1)
		exit(1);
	execvp(command[0], command);
	die("cannot run %s", command[0]);
}

int main(int argc, char **argv)
{
	static struct capture captures[CAPTURES_MAX];
	unsigned int count, lost = 0, i;
	int status = 0, start_fd;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: lab-capture FILE COMMAND...\n");
		return 2;
	}
	child = command_start(argv + 2, &start_fd);
	count = captures_open(captures, argv[1]);
	if (write(start_fd, "s", 1) != 1)
		die("cannot start the command");
	while (waitpid(child, &status, WNOHANG) != child)
		drain_all(captures, count, RETIRE_MS);
	/* the last blocks are handed over when their time is up */
	for (i = 0; i < 3; i++) {
		sleep_until_mono_ns(clock_ns(CLOCK_MONOTONIC) + NSEC_PER_SEC);
		drain_all(captures, count, 0);
	}
	for (i = 0; i < count; i++)
		lost += capture_close(&captures[i]);
	if (lost)
		die("%u frames were not captured", lost);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
