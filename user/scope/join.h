/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same packets seen at two places, the first and then the second: how long
 * each took between them, whether all arrived, and what became of the spacing
 * of those that did (METRICS: pacing retention). A packet is known again by its
 * flow, TCP's sequence and ACK numbers or the first bytes of its payload, and the
 * length of that; copies are taken in their order.
 *
 * Packets of a place come in the order of its stamps, those of the two in any:
 * whichever of a pair comes second finds the other. So the clocks of the two
 * places need not agree: only differences to the shortest way are reported, in
 * which their offset cancels (RFC 5481's PDV = D - D_min). One clock that runs
 * faster than the other does not.
 *
 * A super-packet stands for its frames, and is joined frame by frame: one may be
 * whole in front of a device and cut behind it, or joined by the receiver. Only the
 * first of its frames has its stamp; the others have been seen inside of it. A capture
 * does not tell that a long packet of TCP is one; where the other place has it whole, it
 * is taken for the same frames.
 */
#ifndef SLUICE_SCOPE_JOIN_H
#define SLUICE_SCOPE_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/metrics.h"
#include "packet.h"

/* Frames on their way at once; the oldest are forgotten then. */
#define SCOPE_JOIN_SLOTS	(1u << 20)
/* Packets of a place that are kept until what was sent before them has come. */
#define SCOPE_JOIN_ENTRIES	(1u << 20)
/* So many ways are kept; of more, a sample of that size. */
#define SCOPE_JOIN_WAYS		(1u << 20)

enum scope_join_side { SCOPE_JOIN_FIRST, SCOPE_JOIN_SECOND, SCOPE_JOIN_SIDES };

/**
 * struct scope_join_config - how to join
 * @expands_supers: a super-packet counts as frames that all have its stamp
 * @uncertainty_ns: of stamps at each place
 */
struct scope_join_config {
	bool expands_supers;
	uint32_t uncertainty_ns[SCOPE_JOIN_SIDES];
};

struct scope_join_slot {
	uint64_t print;			/* fingerprint; 0: free */
	uint32_t number;		/* of its packet, in the order of its place */
	uint32_t last;			/* of those that look alike and are not TCP */
	uint16_t frame;			/* of that packet */
	uint8_t side;
	bool is_copy;			/* others with that print waited with it */
};

/* A packet that waits for its turn to be measured. */
struct scope_join_entry {
	uint64_t time_ns;
	uint32_t bytes;			/* that count for it whole, without overhead */
	uint32_t next;			/* number of the next one that looks alike, if there is one */
	uint16_t frame_bytes;		/* of each of its frames but the last */
	uint16_t rest_bytes;		/* of the last */
	uint16_t frames;
	uint16_t matched;		/* of them, at the other place */
	bool has_first;			/* its first one was */
};

/**
 * struct scope_join_place - what one place saw
 * @pkts: frames that can be known again; a super-packet counts as its frames
 * @supers: super-packets among what they came in
 * @long_pkts: longer than a frame, of which nobody told the frames, and not found
 * @untold_pkts: frames inside of bundles of UDP: what they begin with is not seen
 * @unseen_pkts: that passed here and were not handed over, told at the end
 * @left_out_pkts: that a file's interfaces received and it has not, likewise
 * @entries: SCOPE_JOIN_ENTRIES, by number
 * @head: number of the next one
 * @tail: number of the oldest that waits
 * @meter: of packets that were found at both places
 */
struct scope_join_place {
	uint64_t pkts;
	uint64_t supers;
	uint64_t long_pkts;
	uint64_t untold_pkts;
	uint64_t unseen_pkts;
	uint64_t left_out_pkts;
	struct scope_join_entry *entries;
	uint64_t head;
	uint64_t tail;
	bool has_meter;
	struct sluice_meter meter;
};

/**
 * struct scope_join_lately - the ways since it was taken the last time
 * @ways: how many; 0: the rest says nothing
 * @base_ns: the first of them
 * @sum_over_base_ns: of all, beyond that
 * @min_ns: the shortest
 * @max_ns: the longest
 */
struct scope_join_lately {
	uint64_t ways;
	int64_t base_ns;
	double sum_over_base_ns;
	int64_t min_ns;
	int64_t max_ns;
};

/**
 * struct scope_join - both places
 * @both_pkts: frames found at both
 * @inside_pkts: of them, that lay inside of a super-packet at one: how long they took
 *	is not known
 * @copied_pkts: of them, sent more than once: which copy came is not known
 * @mixed_pkts: packets that were super-packets at one place and not at the other
 * @forgotten_pkts: frames that had waited for less than 10 s
 */
struct scope_join {
	struct scope_join_config config;
	struct scope_join_slot *slots;
	struct scope_join_place place[SCOPE_JOIN_SIDES];
	uint64_t both_pkts;
	uint64_t inside_pkts;
	uint64_t copied_pkts;
	uint64_t mixed_pkts;
	uint64_t forgotten_pkts;
	bool has_no_memory;		/* figures of spacing are not known */
	int64_t *ways_ns;		/* SCOPE_JOIN_WAYS, in the clocks as they are */
	uint64_t ways;			/* that there were */
	int64_t way_min_ns;		/* of all of them, whatever is kept */
	int64_t way_max_ns;
	uint64_t sample_state;		/* of the draw once there are more */
	struct scope_join_lately lately;
};

/* 0 or -1 (no memory); done accepts one that init refused. */
int scope_join_init(struct scope_join *join,
		    const struct scope_join_config *config);
void scope_join_done(struct scope_join *join);

/*
 * A packet of a place, in the order of its stamps. Without IP, or without a header
 * behind it, it cannot be known again and counts in nothing.
 */
void scope_join_add(struct scope_join *join, enum scope_join_side side,
		    const struct scope_packet *packet);

/* The account of the last ways; a new one begins. For what is shown while it runs. */
void scope_join_lately_take(struct scope_join *join,
			    struct scope_join_lately *ret);

/* The end: sorts the ways. No packets after this. */
void scope_join_finish(struct scope_join *join);

/* All was seen, at both places. Else nothing but counts is known: see scope_is_whole(). */
static inline bool scope_join_is_whole(const struct scope_join *join)
{
	return !join->place[SCOPE_JOIN_FIRST].unseen_pkts &&
	       !join->place[SCOPE_JOIN_SECOND].unseen_pkts;
}

/*
 * How much longer than the shortest way share_ppm of the packets took, at most
 * (nearest rank; a million is all of them); after _finish.
 */
uint64_t scope_join_later_ns(const struct scope_join *join, uint32_t share_ppm);

/* How many ways that is of: all, or a sample. */
uint64_t scope_join_ways_kept(const struct scope_join *join);

/* Figures of spacing of the packets that were found at both places. */
enum scope_join_figure {
	SCOPE_JOIN_BEF,			/* burst excess at 1.25 times the mean */
	SCOPE_JOIN_COV,			/* coefficient of variation of the gaps */
};

/*
 * One of a place, and the second's over the first's; after _finish. NAN: not
 * known: nothing was found at both, not all was seen, or super-packets of one place
 * would be compared with frames of the other.
 */
double scope_join_value(const struct scope_join *join, enum scope_join_side side,
			enum scope_join_figure figure);

/* Stamps of a place are wrong by more from here on. */
void scope_join_coarsen(struct scope_join *join, enum scope_join_side side,
			uint32_t uncertainty_ns);
/* Delays that differ by less are not told apart. */
uint32_t scope_join_least_ns(const struct scope_join *join);
double scope_join_retention(const struct scope_join *join,
			    enum scope_join_figure figure);

#endif
