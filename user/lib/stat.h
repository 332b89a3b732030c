/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statistics of the qdisc, as one table over struct tc_sluice_xstats, and
 * those of a flow, as one over struct tc_sluice_flow_xstats; of an fq in sluice's
 * place, as one over struct tc_fq_qd_stats, and of a device's rate beside it, as one over
 * struct sluice_edt.
 *
 * The structs only ever grow at its end, so an older or newer module sends a
 * shorter or longer one: a field is there when it lies wholly inside of what
 * was received.
 */
#ifndef SLUICE_STAT_H
#define SLUICE_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kernel/uapi/sluice.h"

enum sluice_stat_group {
	SLUICE_STAT_PASSED,	/* what came and what left */
	SLUICE_STAT_BROKEN,	/* promises that could not be kept */
	SLUICE_STAT_LOST,
	SLUICE_STAT_MARKED,
	SLUICE_STAT_TIMERS,
	SLUICE_STAT_FLOWS,
	SLUICE_STAT_GROUPS,
};

/**
 * struct sluice_stat - one number of a struct
 * @key: its name, also the JSON key
 * @offset: where it lies
 * @size: 4 or 8 bytes
 * @group: what it belongs to
 * @is_time: a time in ns, shown with a unit
 * @is_signed: it may be negative
 * @is_gauge: it goes up and down; the others only grow
 * @help: what it is, in one sentence; NULL for numbers of a flow
 */
struct sluice_stat {
	const char *key;
	uint16_t offset;
	uint16_t size;
	enum sluice_stat_group group;
	bool is_time;
	bool is_signed;
	bool is_gauge;
	const char *help;
};

/**
 * struct sluice_histogram - one histogram of the struct
 * @key: its name, also the JSON key
 * @offset: where it lies
 * @n_buckets: its buckets, 8 bytes each
 * @is_time: its values are ns, else frames
 * @help: what it counts, in one sentence
 */
struct sluice_histogram {
	const char *key;
	uint16_t offset;
	uint16_t n_buckets;
	bool is_time;
	const char *help;
};

/* Each ends with a row whose key is NULL. */
extern const struct sluice_stat sluice_stat_table[];
extern const struct sluice_stat sluice_flow_stat_table[];
extern const struct sluice_stat sluice_fq_stat_table[];
extern const struct sluice_stat sluice_edt_stat_table[];
extern const struct sluice_histogram sluice_histogram_table[];

/* Bytes received end before this field does: its value is not known. */
bool sluice_stat_is_there(const struct sluice_stat *stat, size_t received);
bool sluice_histogram_is_there(const struct sluice_histogram *hist, size_t received);

/* A number of the struct that the table is of. */
uint64_t sluice_stat_value(const void *xstats, const struct sluice_stat *stat);
const __u64 *sluice_histogram_counts(const struct tc_sluice_xstats *xstats,
				const struct sluice_histogram *hist);

/*
 * The value that a share of the counted ones does not exceed, as a bucket: the
 * first one up to which at least @parts of @whole lie. Returns false when
 * nothing was counted.
 */
bool sluice_histogram_quantile(const __u64 *counts, unsigned int n_buckets,
			  uint64_t parts, uint64_t whole,
			  unsigned int *ret_bucket);

#endif
