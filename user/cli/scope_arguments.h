/* SPDX-License-Identifier: GPL-2.0 */
/* What `sluice scope` was asked for, and its ways to look. */
#ifndef SLUICE_SCOPE_ARGUMENTS_H
#define SLUICE_SCOPE_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../scope/figure.h"
#include "../scope/file.h"
#include "../scope/live.h"
#include "../scope/record.h"
#include "../scope/report.h"
#include "scope_target.h"

#define SCOPE_CONDITIONS_MAX	16u

struct scope_arguments {
	struct scope_target target[SCOPE_FILES_MAX];
	unsigned int targets;
	uint64_t line_rate_bits_ps;
	uint64_t bottleneck_bits_ps;
	uint64_t commanded_bits_ps;
	const char *filter;
	const char *interface;
	uint64_t top_flows;
	uint64_t for_ns;		/* 0: until told to stop */
	uint64_t interval_ns;
	bool is_live;			/* a device is among them: JSON is a line for each object */
	const char *record;		/* file; NULL: none */
	const char *record_word;	/* the last one that is about a recording; NULL: none */
	uint64_t ring_bytes;
	uint64_t around_ns;
	struct scope_trigger trigger;
	bool is_tap;			/* a packet socket, though there may be BPF */
	bool wants_hardware_stamps;
	bool may_switch_stamps_on;
	bool is_expanded;
	bool wants_departures;
	bool wants_cpu;
	bool wants_counters;
	bool is_json;
	bool is_prometheus;
	const char *report_path;	/* NULL: no page */
	struct scope_report_file *report;	/* open where there is a path */
	const char *condition_text[SCOPE_CONDITIONS_MAX];
	struct scope_condition condition[SCOPE_CONDITIONS_MAX];
	unsigned int conditions;
};

/* Text is what was asked for, and no form for programs. */
static inline bool
scope_is_for_people(const struct scope_arguments *arguments)
{
	return !arguments->is_json && !arguments->is_prometheus;
}

/* EXIT_DONE, or EXIT_USAGE and what is wrong has been said. */
int scope_arguments_parse(int argc, char **argv, struct scope_arguments *ret);

/**
 * struct scope_outcome - what was found
 * @scopes: finished ones
 * @count: how many
 * @join: of two of them
 * @note: why the packets ended early, without a full stop; NULL: they did not
 * @losses: what was not seen of devices; NULL: of files, whose scopes have what they say
 * @recorded: what became of the recording; NULL: there is none
 */
struct scope_outcome {
	const struct scope *scopes;
	unsigned int count;
	const struct scope_join *join;
	const char *note;
	const struct scope_live_losses *losses;
	const struct scope_record_state *recorded;
};

/*
 * Print it as asked for, write the page, and check the conditions on the last
 * scope. Returns an exit code.
 */
int scope_result(const struct scope_arguments *arguments,
		 const struct scope_outcome *outcome);

/* scope_device.c: look at the device until *is_stopped. Returns an exit code. */
int scope_device_look(const struct scope_arguments *arguments,
		      const volatile bool *is_stopped);

/* scope_counters.c: the same by counters alone. */
int scope_counters_look(const struct scope_arguments *arguments,
			const volatile bool *is_stopped);

/* scope_pair.c: the same for two places of which one at least is a device. */
int scope_pair_look(const struct scope_arguments *arguments,
		    const volatile bool *is_stopped);

#endif
