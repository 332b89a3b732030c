/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that a device is given to send, seen by a packet socket: behind the
 * qdisc and in front of the driver. What the device or the stack behind the
 * qdisc cuts is one packet here, with the length of its segments. Where it is
 * asked for, also frames that the device received, behind GRO. On `lo` a packet
 * is seen when it is sent and when it is received.
 *
 * It changes nothing on the device, and needs CAP_NET_RAW. Part of libsluice:
 * nothing here prints or exits.
 */
#ifndef SLUICE_CAPTURE_H
#define SLUICE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct sluice_capture;

/* Until a frame is handed over, at most: a block of the ring may not be full. */
#define SLUICE_CAPTURE_DELAY_MS	20
/* Of a packet, at most: its headers. */
#define SLUICE_CAPTURE_SNAP_BYTES	160u

/**
 * struct sluice_captured - one packet
 * @real_ns: the kernel's clock when it passed, CLOCK_REALTIME, in software; with
 *	@has_hardware_stamp the NIC's clock
 * @data: its first bytes
 * @captured_bytes: how many
 * @bytes: its length at the tap, with a VLAN tag that the device inserts
 * @tag: that tag, which is not in @data: protocol << 16 | control; 0: none
 * @segment_bytes: payload of each of its frames; 0: it is a frame
 * @link_type: SLUICE_LINKTYPE_… of pcap.h
 * @is_received: otherwise it is sent
 * @has_hardware_stamp: only where that was asked for
 */
struct sluice_captured {
	uint64_t real_ns;
	const uint8_t *data;
	uint32_t captured_bytes;
	uint32_t bytes;
	uint32_t tag;
	uint32_t segment_bytes;
	uint32_t link_type;
	bool is_received;
	bool has_hardware_stamp;
};

/*
 * 16 MB of ring hold 60,000 frames: 75 ms at 10 Gb/s, in which this process must
 * have run once.
 */
#define SLUICE_CAPTURE_RING_BYTES	(16u << 20)

/**
 * struct sluice_capture_config - what to show
 * @ifindex: the device
 * @ring_bytes: how much memory of the kernel to take, at least 1 MB; less if it
 *	is short of it
 * @has_sent: frames that it is given to send
 * @has_received: frames that it received
 * @wants_hardware_stamps: received ones with the stamp of the NIC, if it gives one
 */
struct sluice_capture_config {
	int ifindex;
	uint32_t ring_bytes;
	bool has_sent;
	bool has_received;
	bool wants_hardware_stamps;
};

/* Returns 0 or -errno: -EPERM without the privilege. */
int sluice_capture_open_for(struct sluice_capture **ret,
			    const struct sluice_capture_config *config);
/* The same for frames that are sent alone. */
int sluice_capture_open(struct sluice_capture **ret, int ifindex,
			uint32_t ring_bytes);
/* Accepts NULL. */
void sluice_capture_close(struct sluice_capture *capture);

/* Readable when frames are there. */
int sluice_capture_fd(const struct sluice_capture *capture);

/*
 * Hand over what is there, at most as much as the ring holds: it ends however fast
 * frames come. @receive returns 0 or -errno, which ends it and is returned.
 */
int sluice_capture_drain(struct sluice_capture *capture,
			 int (*receive)(const struct sluice_captured *captured,
					void *data),
			 void *data);

/**
 * struct sluice_capture_losses - what the socket has not shown
 * @missed_pkts: there was no room for them
 * @unshown_pkts: super-packets whose kind the kernel cannot tell a packet socket
 *	(UDP bundles before Linux 6.2)
 */
struct sluice_capture_losses {
	uint64_t missed_pkts;
	uint64_t unshown_pkts;
};

/* Since the last call, or since it was opened. Returns 0 or -errno. */
int sluice_capture_losses(struct sluice_capture *capture,
			  struct sluice_capture_losses *ret);

#endif
