/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of a device into a pcapng file: all of them up to a size, or those
 * around what was waited for.
 *
 * Each packet goes, as a block of the file, into a ring in memory; the newest
 * are kept there. When a trigger fires, what is younger than a time is marked to be
 * written, and what follows for as long. A thread writes what is marked, so that
 * a slow disk holds up nothing: when the ring is full of what still has to be
 * written, packets are counted and not recorded.
 */
#ifndef SLUICE_SCOPE_RECORD_H
#define SLUICE_SCOPE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/capture.h"
#include "flows.h"
#include "live.h"
#include "packet.h"

#define SCOPE_RECORD_RING_BYTES	(64u << 20)
#define SCOPE_RECORD_RING_MIN	(1u << 20)
#define SCOPE_RECORD_RING_MAX	(UINT64_C(16) << 30)
/* A file with triggers becomes so many rings long at most. */
#define SCOPE_RECORD_FILE_RINGS	16u
#define SCOPE_RECORD_AROUND_NS	UINT64_C(1000000000)

struct scope_record;

/* What to wait for; none of it: everything is recorded. */
struct scope_trigger {
	uint64_t burst_bytes;		/* in an aligned millisecond of a direction; 0: no */
	bool is_loss;			/* a packet that is sent again */
	bool is_rto;			/* the same after 200 ms of silence */
};

/*
 * Add "burst:RATE", "burst:BYTES", "loss" or "rto" to what is waited for. Returns 0,
 * or -EINVAL with a phrase that quotes the text.
 */
int scope_trigger_parse(const char *text, struct scope_trigger *trigger,
			char *error, size_t error_size);

/*
 * A FIFO must have a reader before anything is looked at: what came while one waits for
 * him would be missed. Returns the FIFO, open; -ENXIO: nobody reads it yet; -EINVAL: it
 * is no FIFO; or -errno.
 */
int scope_record_fifo(const char *path);

struct scope_record_config {
	const char *path;
	bool is_fifo;			/* the next one is it, open, and is taken over */
	int fifo_fd;
	uint64_t ring_bytes;
	uint64_t around_ns;		/* in front of a trigger, and behind it */
	struct scope_trigger trigger;
	uint32_t link_type;		/* others are not recorded */
	struct scope_vantage vantage[2];	/* out, in */
};

/* Returns 0, or -errno with a sentence; the file is there then. */
int scope_record_open(struct scope_record **ret,
		      const struct scope_record_config *config, char *error,
		      size_t error_size);

/*
 * A packet that the scope has taken, with its bytes, which counts wire_bytes. What goes
 * to the file is the time that it was captured with: that of a NIC's clock as it is.
 */
void scope_record_add(struct scope_record *record,
		      const struct sluice_captured *captured,
		      const struct scope_packet *packet, uint32_t wire_bytes,
		      const struct scope_flow_event *event);

/**
 * struct scope_record_state - how it goes
 * @pkts: marked to be written
 * @bytes: of the file, with what still waits
 * @unrecorded_pkts: should have been, but there was no room in the ring
 * @triggers: that fired
 * @is_full: the file has the size that it may have
 * @has_ended: so, and without a trigger it is all of what came until then
 * @is_waiting: something is marked and not written yet, so its room is taken
 * @err: why nothing more can be written, as -errno; 0: it can
 */
struct scope_record_state {
	uint64_t pkts;
	uint64_t bytes;
	uint64_t unrecorded_pkts;
	uint64_t triggers;
	bool is_full;
	bool has_ended;
	bool is_waiting;
	int err;
};

/* How it goes now, while the thread writes; waits for its lock, never for the disk. */
void scope_record_look(struct scope_record *record,
		       struct scope_record_state *ret);

/*
 * Write what waits, how many packets there were and how many are missing, of which losses
 * has those that were not seen until it ended, and close the file. It then holds whole blocks, also when
 * the disk is full.
 */
void scope_record_close(struct scope_record *record,
			const struct scope_live_losses *losses,
			struct scope_record_state *ret);

#endif
